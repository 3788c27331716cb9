//! Rows of answers as a table, as JSON lines, or as a CSV that no spreadsheet runs.

use std::io::Write;

use anyhow::Context;
use jiff::civil::Date;
use regex::Regex;
use serde::Serialize;
use serde_json::Value;

use super::table::table;
use super::{Exit, Output, check, desk};
use crate::flow::ask::Which;
use crate::flow::house::House;
use crate::model::{Region, SourceId, Topic};
use crate::table::csv_line;

/// Which notices are asked about.
#[derive(Debug, clap::Args)]
pub struct WhichArgs {
    /// In this place, such as 福建/泉州
    #[arg(long)]
    region: Option<String>,
    /// Of bodies of this sector, as the sources' files name it
    #[arg(long)]
    sector: Option<String>,
    /// From this source
    #[arg(long)]
    source: Option<String>,
    /// Of bodies whose name contains this
    #[arg(long)]
    body: Option<String>,
    /// Of this kind: rectification, feedback, audit, environment, summary …
    #[arg(long, value_parser = topic)]
    topic: Option<Topic>,
    /// Published (or, where that is not known, first seen) on this day or later
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// Whose words match this regular expression
    #[arg(long = "match", value_name = "PATTERN")]
    pattern: Option<String>,
}

fn topic(word: &str) -> Result<Topic, String> {
    let named =
        || Topic::of_name(word).ok_or_else(|| format!("no topic is called so; there are {}", Topic::RECORDED.map(Topic::name).join(", ")));
    serde_json::from_value(word.replace('-', "_").into()).or_else(|_| named())
}

impl WhichArgs {
    /// `notice`: the beginning of a name, or an address.
    ///
    /// # Errors
    /// The pattern cannot be read; there never was such a source or notice.
    pub fn which(&self, house: &House, notice: Option<&str>) -> anyhow::Result<Which> {
        let pattern = self.pattern.as_deref();
        let pattern =
            pattern.map(|pattern| Regex::new(pattern).with_context(|| format!("--match {pattern:?} cannot be read"))).transpose()?;
        let source = self.source.clone().map(SourceId);
        if let Some(name) = &source
            && house.store.all_tracked(Some(name))?.is_empty()
        {
            // A source that is watched no more keeps its notices, so its name is as good as any.
            check::source(&house.setup(), &name.0)?;
        }
        Ok(Which {
            notice: notice.map(|meant| desk::notice(house, meant)).transpose()?.map(|tracked| tracked.id),
            region: self.region.clone().map(Region),
            sector: self.sector.clone(),
            source,
            body: self.body.clone(),
            topic: self.topic,
            since: self.since,
            pattern,
        })
    }
}

/// How the answers are printed.
#[derive(Debug, clap::Args)]
pub struct FormArgs {
    /// Print one JSON object per row
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
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
    /// Neither JSON nor CSV.
    pub fn is_table(&self) -> bool {
        !self.json && !self.csv
    }

    pub fn print<T: Serialize>(&self, rows: &[T], layout: &Layout<T>, output: &mut Output) -> anyhow::Result<Exit> {
        self.print_or_say(rows, layout, ("row(s)", "nothing found"), output)
    }

    /// `unit`, `none`: what a person is told that so many were found of, and where there is none.
    pub fn print_or_say<T: Serialize>(
        &self,
        rows: &[T],
        layout: &Layout<T>,
        (unit, none): (&str, &str),
        output: &mut Output,
    ) -> anyhow::Result<Exit> {
        if self.json {
            rows.iter().try_for_each(|row| output.json(row))?;
        } else if self.csv {
            write!(output.out, "{}", csv_line(layout.columns.iter().map(|column| (*column).to_owned())))?;
            for row in rows {
                let value = serde_json::to_value(row)?;
                write!(output.out, "{}", csv_line(layout.columns.iter().map(|column| text(&value[*column]))))?;
            }
        } else if rows.is_empty() {
            writeln!(output.err, "{none}")?;
        } else {
            let cells =
                rows.iter().map(|row| (layout.row)(row).iter().map(|cell| cut(cell, usize::from(output.width))).collect()).collect();
            writeln!(output.out, "{}", table(layout.headings, cells, output.width))?;
            writeln!(output.err, "{} {unit}", rows.len())?;
        }
        Ok(Exit::Well)
    }
}

/// What is longer than a line is cut; JSON and CSV have it whole.
fn cut(text: &str, characters_max: usize) -> String {
    let mut characters = text.chars().filter(|c| !c.is_control());
    let mut shown: String = characters.by_ref().take(characters_max).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(" "),
        // A state with its circumstances, such as where a notice stands.
        Value::Object(all) if all.contains_key("is") => text(&all["is"]),
        other => other.to_string(),
    }
}
