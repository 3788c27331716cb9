//! Tables of problems: a row of column names (反馈问题, 整改措施, 责任人 …), then one problem a row.

use jiff::civil::Date;

use crate::model::{Item, Stated, Status};

use super::deadline::{self, Anchor};
use super::measures;
use super::outline::{Label, label_of};
use super::sentence::first_clause;
use super::status::{self, Mark};
use super::text::{Line, Place};

/// Lines of a table that has column names.
#[derive(Debug)]
pub(super) struct Table {
    /// The first line after the column names.
    pub first: usize,
    pub last: usize,
    columns: Vec<Option<Label>>,
}

impl Table {
    pub fn holds(&self, line: usize) -> bool {
        self.first <= line + 1 && line <= self.last
    }
}

/// The tables that name a column of problems and one of what was done.
pub(super) fn tables(lines: &[Line]) -> Vec<Table> {
    let mut found: Vec<Table> = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        if line.cells.len() < 2 {
            continue;
        }
        if let Some(columns) = columns(line) {
            found.push(Table { first: number + 1, last: number, columns });
        } else if let Some(table) = found.last_mut().filter(|table| table.last + 1 == number) {
            table.last = number;
        }
    }
    found
}

fn columns(line: &Line) -> Option<Vec<Option<Label>>> {
    let columns: Vec<Option<Label>> = line.cells.iter().map(|cell| label_of(&line.text[cell.clone()])).collect();
    let has = |wanted: fn(Label) -> bool| columns.iter().flatten().any(|label| wanted(*label));
    (has(|label| label == Label::Problem) && has(Label::is_rectification)).then_some(columns)
}

/// One item for each row with a problem; `path` is that of the heading the table stands below.
pub(super) fn items(lines: &[Line], table: &Table, path: &[String], anchor: Anchor) -> Vec<(usize, Item)> {
    (table.first..=table.last).filter_map(|number| Some((number, row(lines, number, table, path, anchor)?))).collect()
}

fn row(lines: &[Line], number: usize, table: &Table, path: &[String], anchor: Anchor) -> Option<Item> {
    let line = &lines[number];
    let cell = |label: Label| {
        let column = table.columns.iter().position(|column| *column == Some(label))?;
        line.cells.get(column).filter(|cell| !cell.is_empty()).cloned()
    };
    let problem = cell(Label::Problem)?;
    let heading = line.trimmed(first_clause(&line.text, problem.clone()), &[], &['。', ';', ':']);
    let mut told: Vec<_> = table
        .columns
        .iter()
        .zip(&line.cells)
        .filter(|(column, cell)| column.is_some_and(Label::is_rectification) && !cell.is_empty())
        .map(|(_, cell)| Place { line: number, range: cell.clone() })
        .collect();
    let mark = mark(line, cell(Label::Status), &mut told);
    let measured: Vec<Place> = cell(Label::Measures).map(|range| vec![Place { line: number, range }]).unwrap_or_else(|| told.clone());
    let is_done = mark.as_ref().is_some_and(|mark| mark.status == Some(Status::Done));
    let finished = cell(Label::Finished).filter(|_| !is_done);
    let span = |place: &Place| line.span(place.range.clone());
    Some(Item {
        path: path.iter().cloned().chain(serial(line)).collect(),
        heading: line.stated(heading),
        problem: Some(line.stated(problem)),
        rectification: told.first().map(span).zip(told.last().map(span)),
        measures: measures::measures(lines, &measured, &[]),
        status: mark.as_ref().and_then(|mark| Some(line.value(mark.status?, mark.range.clone()))),
        status_as_written: mark.as_ref().filter(|mark| mark.status.is_some()).map(|mark| line.quote(mark.range.clone())),
        responsible_unit: cell(Label::Unit).map(|range| line.stated(range)),
        responsible_person: cell(Label::Person).map(|range| line.stated(range)),
        deadline: cell(Label::Deadline)
            .or(finished)
            .and_then(|range| deadline::labelled(line, range, anchor.feedback))
            .or_else(|| promised(line, &told, mark.as_ref(), anchor)),
    })
}

/// The day that a cell of what was done promises.
fn promised(line: &Line, told: &[Place], mark: Option<&Mark>, anchor: Anchor) -> Option<Stated<Date>> {
    if mark.is_some_and(|mark| matches!(mark.status, Some(Status::Done | Status::Standing))) {
        return None;
    }
    told.iter().filter_map(|place| deadline::in_prose(line, place.range.clone(), anchor)).max_by_key(|promised| promised.value)
}

/// The status column's mark, or the mark in brackets that ends what was done, or a cell that is nothing but a mark.
fn mark(line: &Line, status: Option<std::ops::Range<usize>>, told: &mut Vec<Place>) -> Option<Mark> {
    if let Some(mark) = status.and_then(|range| status::labelled(&line.text, range)) {
        return Some(mark);
    }
    let last = told.last_mut()?;
    if let Some((mark, rest)) = status::trailing(line, last.range.clone()) {
        last.range = rest;
        return Some(mark);
    }
    let alone = status::sentence(&line.text, last.range.clone())?;
    if told.len() > 1 {
        told.pop();
    }
    Some(alone)
}

/// The number in the first cell.
fn serial(line: &Line) -> Option<String> {
    let first = &line.text[line.cells.first()?.clone()];
    let bare = first.trim_matches(['(', ')', '.', '、']);
    (!bare.is_empty() && bare.chars().count() <= 4 && bare.chars().all(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c)))
        .then(|| bare.to_owned())
}
