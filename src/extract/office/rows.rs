//! Cells of a table to rows; a table that only lays out the page to its cells' paragraphs.

use super::shape::{Look, Piece};
use crate::model::Block;

/// Tables in tables; real files have two.
const TABLES_MAX: usize = 32;

/// Paragraphs of a file in which cells and rows end with a mark, as in DOC and RTF.
#[derive(Debug, Default)]
pub struct Flow {
    pieces: Vec<Piece>,
    tables: Vec<Table>,
}

/// A table whose end was not met yet.
#[derive(Debug, Default)]
struct Table {
    rows: Vec<Vec<Cell>>,
    row: Vec<Cell>,
    cell: Vec<Piece>,
}

impl Flow {
    /// The next paragraph stands in so many tables.
    pub fn at_depth(&mut self, depth: usize) {
        let depth = depth.min(TABLES_MAX);
        while self.tables.len() > depth {
            self.close_table();
        }
        while self.tables.len() < depth {
            self.tables.push(Table::default());
        }
    }

    pub fn push(&mut self, piece: Piece) {
        self.open().push(piece);
    }

    /// A paragraph, whose line breaks part it.
    pub fn push_lines(&mut self, lines: Vec<String>, look: Look) {
        push_lines(lines, look, self.open());
    }

    pub fn end_cell(&mut self) {
        if let Some(table) = self.tables.last_mut() {
            let pieces = std::mem::take(&mut table.cell);
            table.row.push(Cell { pieces, span: 1 });
        }
    }

    pub fn end_row(&mut self) {
        if let Some(table) = self.tables.last_mut() {
            let row = std::mem::take(&mut table.row);
            table.rows.push(row);
            table.cell.clear();
        }
    }

    pub fn finish(mut self) -> Vec<Piece> {
        self.at_depth(0);
        self.pieces
    }

    fn open(&mut self) -> &mut Vec<Piece> {
        match self.tables.last_mut() {
            Some(table) => &mut table.cell,
            None => &mut self.pieces,
        }
    }

    /// What stands behind the last mark of a table that ends early is its last cell and row.
    fn close_table(&mut self) {
        let Some(mut table) = self.tables.pop() else { return };
        if !table.cell.is_empty() {
            table.row.push(Cell { pieces: table.cell, span: 1 });
        }
        if !table.row.is_empty() {
            table.rows.push(table.row);
        }
        push(table.rows, self.open());
    }
}

/// A paragraph, whose line breaks part it.
pub fn push_lines(lines: Vec<String>, look: Look, pieces: &mut Vec<Piece>) {
    for line in lines {
        let block = if look.heading.is_some() { Block::Heading(line) } else { Block::Paragraph(line) };
        pieces.push(Piece { block, look });
    }
}

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
