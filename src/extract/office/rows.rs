//! Cells of a table to rows; a table that only lays out the page to its cells' paragraphs.

use super::shape::{Look, Piece};
use crate::model::Block;

/// A cell; one that a merged cell reaches into is empty.
#[derive(Debug, Default)]
pub struct Cell {
    pub pieces: Vec<Piece>,
    /// How many columns it takes; 0 and 1 are one.
    pub span: usize,
}

/// Real tables have under a hundred.
const SPAN_MAX: usize = 256;

/// Adds a table's rows. As on pages, a table is layout where no row has two cells with text, or its only row holds prose.
pub fn push(rows: Vec<Vec<Cell>>, pieces: &mut Vec<Piece>) {
    let filled = |row: &[Cell]| row.iter().filter(|cell| !cell.is_empty()).count();
    let is_prose = |cell: &Cell| cell.pieces.len() >= 4 && cell.pieces.iter().map(characters).sum::<usize>() > 100;
    let mut with_text = rows.iter().filter(|row| filled(row) > 0);
    let only = with_text.next().filter(|_| with_text.next().is_none());
    let is_layout = rows.iter().all(|row| filled(row) < 2) || only.is_some_and(|row| row.iter().any(is_prose));
    for row in rows {
        if is_layout || row.len() == 1 {
            pieces.extend(row.into_iter().flat_map(|cell| cell.pieces));
            continue;
        }
        let mut cells = Vec::new();
        for cell in row {
            let span = cell.span.clamp(1, SPAN_MAX);
            cells.push(cell.text());
            cells.extend(std::iter::repeat_n(String::new(), span - 1));
        }
        pieces.push(Piece { block: Block::Row(cells), look: Look::default() });
    }
}

impl Cell {
    fn is_empty(&self) -> bool {
        self.pieces.iter().all(|piece| characters(piece) == 0)
    }

    fn text(&self) -> String {
        let texts = self.pieces.iter().map(|piece| piece.block.text().trim().to_owned());
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

fn characters(piece: &Piece) -> usize {
    piece.block.text().chars().filter(|character| !character.is_whitespace()).count()
}
