//! Rows of answers as a table, as JSON lines, or as a CSV that no spreadsheet runs.

use std::io::Write;

use anyhow::Context;
use regex::Regex;
use serde::Serialize;
use serde_json::Value;

use super::table::table;
use super::{Exit, Output, check};
use crate::flow::ask::Which;
use crate::flow::house::House;
use crate::model::{NoticeId, Region, SourceId};

/// Which notices are asked about.
#[derive(Debug, clap::Args)]
pub struct WhichArgs {
    /// In this place
    #[arg(long)]
    region: Option<String>,
    /// Of bodies of this sector, as the sources' files name it
    #[arg(long)]
    sector: Option<String>,
    /// From this source
    #[arg(long)]
    source: Option<String>,
    /// Whose words match this regular expression
    #[arg(long = "match", value_name = "PATTERN")]
    pattern: Option<String>,
}

impl WhichArgs {
    /// # Errors
    /// The pattern cannot be read; there never was such a source.
    pub fn which(&self, house: &House, notice: Option<NoticeId>) -> anyhow::Result<Which> {
        let pattern = self.pattern.as_deref();
        let pattern =
            pattern.map(|pattern| Regex::new(pattern).with_context(|| format!("--match {pattern:?} cannot be read"))).transpose()?;
        let source = self.source.clone().map(SourceId);
        if let Some(name) = &source
            && house.store.all_tracked(Some(name))?.is_empty()
        {
            check::source(&house.setup(), &name.0)?;
        }
        Ok(Which { notice, region: self.region.clone().map(Region), sector: self.sector.clone(), source, pattern })
    }
}

/// How the answers are printed.
#[derive(Debug, clap::Args)]
pub struct FormArgs {
    /// Print one JSON object per row
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV (UTF-8) with a header row; a cell that a spreadsheet would take for a formula begins with '
    #[arg(long)]
    csv: bool,
}

/// How one kind of answer is laid out.
pub struct Layout<T> {
    /// Keys of the JSON, in the order of the CSV's columns.
    pub columns: &'static [&'static str],
    pub headings: &'static [&'static str],
    pub row: fn(&T) -> Vec<String>,
}

impl FormArgs {
    pub fn print<T: Serialize>(&self, rows: &[T], layout: &Layout<T>, output: &mut Output) -> anyhow::Result<Exit> {
        if self.json {
            rows.iter().try_for_each(|row| output.json(row))?;
        } else if self.csv {
            write_line(output, layout.columns.iter().map(|column| (*column).to_owned()))?;
            for row in rows {
                let value = serde_json::to_value(row)?;
                write_line(output, layout.columns.iter().map(|column| text(&value[*column])))?;
            }
        } else if rows.is_empty() {
            writeln!(output.err, "nothing found")?;
        } else {
            let cells = rows.iter().map(layout.row).collect();
            writeln!(output.out, "{}", table(layout.headings, cells, output.width))?;
            writeln!(output.err, "{} row(s)", rows.len())?;
        }
        Ok(Exit::Well)
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// A record by RFC 4180.
fn write_line(output: &mut Output, cells: impl Iterator<Item = String>) -> anyhow::Result<()> {
    write!(output.out, "{}\r\n", cells.map(|cell| csv_cell(&cell)).collect::<Vec<_>>().join(","))?;
    Ok(())
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
