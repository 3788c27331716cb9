//! The cells of a worksheet, as shown, to rows; empty rows and columns are left out.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::shape::{Draft, Look};
use crate::model::Block;

/// Sheets of one workbook that are read: each may name the same bytes of the file again.
pub const SHEETS_MAX: usize = 1_000;
/// Of what all cells show, a byte more for each; a plan of a province's measures has some ten thousand cells. Cells name their
/// texts in a table, so a small file could show any amount.
const TEXT_BYTES_MAX: usize = 8 << 20;
/// Rows times columns of one sheet.
const PLACES_MAX: usize = 4_000_000;

/// How much text the sheets of a workbook may still show.
#[derive(Debug, Clone, Copy)]
pub struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(TEXT_BYTES_MAX)
    }
}

impl Room {
    pub fn is_full(&self) -> bool {
        self.0 == 0
    }

    fn take(&mut self, text: &str) -> bool {
        self.0 = self.0.saturating_sub(text.len() + 1);
        !self.is_full()
    }
}

#[derive(Debug, Default)]
pub struct Sheet {
    pub name: String,
    /// Row and column, each counted from 0, to what is shown.
    pub cells: BTreeMap<(u32, u32), String>,
    /// What is left of it behind this sheet.
    pub room: Room,
    /// Upper left row and column, lower right row and column.
    pub merged: Vec<(u32, u32, u32, u32)>,
}

/// Adds the sheets in their order, each under its name where there are several with text.
pub fn push(sheets: Vec<Sheet>, room: Room, draft: &mut Draft) {
    if room.is_full() {
        draft.doubt(format!("only the first {TEXT_BYTES_MAX} bytes of the workbook's text were read"));
    }
    let mut sheets: Vec<Sheet> = sheets.into_iter().filter(|sheet| !sheet.is_empty()).collect();
    let is_only = sheets.len() == 1;
    for sheet in &mut sheets {
        if !is_only {
            draft.push(Block::Heading(std::mem::take(&mut sheet.name)), Look { heading: Some(2), ..Look::default() });
        }
        sheet.rows(draft);
    }
}

impl Sheet {
    /// Shows a text in a cell, as long as there is room.
    pub fn put(&mut self, place: (u32, u32), text: String) {
        if self.room.take(&text) {
            self.cells.insert(place, text);
        }
    }

    fn is_empty(&self) -> bool {
        self.cells.values().all(|text| text.trim().is_empty())
    }

    fn rows(&self, draft: &mut Draft) {
        let filled = || self.cells.iter().filter(|(_, text)| !text.trim().is_empty());
        let columns: BTreeSet<u32> = filled().map(|((_, column), _)| *column).collect();
        let mut rows: BTreeMap<u32, Vec<(u32, String)>> = BTreeMap::new();
        for ((row, column), text) in filled() {
            // Lines in a cell are words side by side, as in tables of pages.
            rows.entry(*row).or_default().push((*column, text.replace(['\n', '\r'], " ")));
        }
        let over_columns: HashSet<(u32, u32)> =
            self.merged.iter().filter(|(_, left, _, right)| right > left).map(|(top, left, ..)| (*top, *left)).collect();
        // Cells strewn over a sheet are no table; as one they would fill the memory.
        let is_table = rows.len().saturating_mul(columns.len()) <= PLACES_MAX;
        let mut is_above = true;
        for (row, cells) in rows {
            // A line over the table (a caption, 填报单位:) stands in one cell that reaches over several.
            if let [(column, text)] = cells.as_slice()
                && (columns.len() == 1 || over_columns.contains(&(row, *column)))
            {
                draft.push(Block::Paragraph(text.clone()), Look { is_centred: is_above && columns.len() > 1, ..Look::default() });
                continue;
            }
            is_above = false;
            if !is_table {
                draft.push(Block::Row(cells.into_iter().map(|(_, text)| text).collect()), Look::default());
                continue;
            }
            let mut cells = cells.into_iter().peekable();
            let cell = |column: &u32| cells.next_if(|(at, _)| at == column).map(|(_, text)| text).unwrap_or_default();
            draft.push(Block::Row(columns.iter().map(cell).collect()), Look::default());
        }
    }
}
