//! CSV by RFC 4180, in which no cell is one that a spreadsheet would compute.

use super::{Cell, Table};

pub(super) fn head(table: &Table, bom: bool) -> Vec<u8> {
    let mark = if bom { "\u{feff}" } else { "" };
    let line = csv_line(table.columns.iter().map(|column| column.name.to_owned()));
    format!("{mark}{line}").into_bytes()
}

pub(super) fn text(cell: &Cell) -> String {
    match cell {
        Cell::Nothing => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Integer(number) => number.to_string(),
        Cell::Number(number) => number.to_string(),
        Cell::Truth(truth) => truth.to_string(),
        Cell::Day(day) => day.to_string(),
        Cell::Moment(moment) => moment.to_string(),
    }
}

/// A record with its line end.
pub fn csv_line(cells: impl Iterator<Item = String>) -> String {
    format!("{}\r\n", cells.map(|cell| csv_cell(&cell)).collect::<Vec<_>>().join(","))
}

fn csv_cell(text: &str) -> String {
    let text = if is_formula(text) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n', '\'']) || text != text.trim() { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// What spreadsheets begin to compute at, also after white space and in full width.
fn is_formula(text: &str) -> bool {
    let begins = |text: &str| text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let is_blank = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}');
    begins(text) || begins(text.trim_start_matches(is_blank))
}

#[cfg(test)]
mod tests {
    use super::csv_cell;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(csv_cell(text), expected);
    }

    #[test]
    fn a_cell_that_a_spreadsheet_would_compute_is_made_text() {
        for formula in ["=1+1", "+1", "-1", "@A1", "\t=1", "\r1", " =1", "　＝1", "＋1", "－1", "＠A1", "\u{feff}=1"] {
            let cell = csv_cell(formula);
            assert!(cell.trim_start_matches('"').starts_with('\''), "{cell}");
        }
        check("问题1=甲", "问题1=甲");
        check("2025-06-30", "2025-06-30");
        check("", "");
    }

    #[test]
    fn commas_quotes_and_line_ends_are_quoted() {
        check("甲,乙", "\"甲,乙\"");
        check("称\"甲\"", "\"称\"\"甲\"\"\"");
        check("甲\n乙", "\"甲\n乙\"");
        check("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\"");
    }
}
