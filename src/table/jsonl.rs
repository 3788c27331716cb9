//! One JSON object a line, its keys in the order of the columns; an empty cell is `null`.

use std::io::Write as _;

use super::{Cell, Failed, Table};

pub(super) fn row(table: &Table, cells: &[Cell], bytes: &mut Vec<u8>) -> Result<(), Failed> {
    for (column, cell) in table.columns.iter().zip(cells) {
        let before = if bytes.last().is_none_or(|byte| *byte == b'\n') { '{' } else { ',' };
        write!(bytes, "{before}\"{}\":", column.name)?;
        match cell {
            Cell::Nothing => bytes.extend(b"null"),
            Cell::Text(text) => serde_json::to_writer(&mut *bytes, text)?,
            Cell::Integer(number) => write!(bytes, "{number}")?,
            Cell::Number(number) => serde_json::to_writer(&mut *bytes, number)?,
            Cell::Truth(truth) => write!(bytes, "{truth}")?,
            Cell::Day(day) => write!(bytes, "\"{day}\"")?,
            Cell::Moment(moment) => write!(bytes, "\"{moment}\"")?,
        }
    }
    bytes.extend(b"}\n");
    Ok(())
}
