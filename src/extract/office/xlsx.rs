//! XLSX (ECMA-376 SpreadsheetML) to the rows that are shown, sheet after sheet; hidden sheets, rows and columns are left out.

use std::collections::HashMap;

use super::cells;
use super::container::Container;
use super::shape::Draft;
use super::sheet::{self, Room, SHEETS_MAX, Sheet};
use super::xml::{self, Element};
use crate::model::Unreadable;

/// Stretches of hidden columns that are looked at.
const HIDDEN_MAX: usize = 1000;

/// # Errors
/// What [`Container`] and [`xml::parse`] say of the workbook; a sheet that cannot be read is a doubt.
pub fn read(container: &mut Container<'_>) -> Result<Draft, Unreadable> {
    let mut part = |name: &str| container.part(name)?.map(|bytes| xml::parse(&bytes)).transpose();
    let damaged = || Unreadable::Damaged { what: "it has no workbook".to_owned() };
    let workbook = part("xl/workbook.xml")?.ok_or_else(damaged)?;
    let rels = part("xl/_rels/workbook.xml.rels")?.unwrap_or_default();
    let mut draft = Draft::default();
    let book = Book {
        strings: part("xl/sharedStrings.xml")?.map(|root| root.children_named("si").map(string).collect()).unwrap_or_default(),
        formats: part("xl/styles.xml")?.map(|root| formats(&root)).unwrap_or_default(),
        from_1904: workbook.child("workbookPr").and_then(|own| own.attribute("date1904")).is_some_and(|own| own == "1" || own == "true"),
    };
    let (mut sheets, mut room) = (Vec::new(), Room::default());
    for own in workbook.child("sheets").into_iter().flat_map(|sheets| sheets.children_named("sheet")).take(SHEETS_MAX) {
        let name = own.attribute("name").unwrap_or_default();
        if own.attribute("state").is_some_and(|state| state != "visible") {
            draft.doubt(format!("the sheet {name} is hidden and not read"));
            continue;
        }
        let rel = |rel: &&Element| rel.attribute("Id").is_some() && rel.attribute("Id") == own.attribute("id");
        let Some(target) = rels.children_named("Relationship").find(rel).and_then(|rel| rel.attribute("Target")) else { continue };
        let path = if target.starts_with('/') { target.to_owned() } else { format!("xl/{target}") };
        match part(&path) {
            Ok(Some(root)) => {
                let sheet = book.sheet(name, &root, room);
                room = sheet.room;
                sheets.push(sheet);
            }
            Ok(None) => draft.doubt(format!("the sheet {name} is missing")),
            Err(problem) => draft.doubt(format!("the sheet {name} cannot be read: {problem}")),
        }
    }
    sheet::push(sheets, room, &mut draft);
    Ok(draft)
}

struct Book {
    strings: Vec<String>,
    /// The format code of each style of cells.
    formats: Vec<String>,
    from_1904: bool,
}

impl Book {
    fn sheet(&self, name: &str, root: &Element, room: Room) -> Sheet {
        let mut sheet = Sheet { name: name.to_owned(), room, ..Sheet::default() };
        let hidden = hidden_columns(root);
        let mut row_at = 0;
        for row in root.child("sheetData").into_iter().flat_map(|rows| rows.children_named("row")) {
            let named = row.attribute("r").and_then(|row| row.parse::<u32>().ok()).and_then(|row| row.checked_sub(1));
            row_at = named.unwrap_or(row_at);
            let is_hidden = row.attribute("hidden").is_some_and(|hidden| hidden == "1" || hidden == "true");
            let mut column_at = 0;
            for cell in row.children_named("c") {
                column_at = cell.attribute("r").and_then(place).map_or(column_at, |(_, column)| column);
                let is_seen = !is_hidden && !hidden.iter().any(|(from, to)| (*from..=*to).contains(&column_at));
                if is_seen && !sheet.room.is_full() {
                    sheet.put((row_at, column_at), self.cell(cell));
                }
                column_at = column_at.saturating_add(1);
            }
            row_at = row_at.saturating_add(1);
        }
        for merge in root.child("mergeCells").into_iter().flat_map(|merges| merges.children_named("mergeCell")) {
            let corners = merge.attribute("ref").and_then(|range| range.split_once(':'));
            if let Some((Some((top, left)), Some((bottom, right)))) = corners.map(|(from, to)| (place(from), place(to))) {
                sheet.merged.push((top, left, bottom, right));
            }
        }
        sheet
    }

    fn cell(&self, cell: &Element) -> String {
        let value = cell.child("v").map(Element::text).unwrap_or_default();
        match cell.attribute("t").unwrap_or("n") {
            "s" => value.trim().parse::<usize>().ok().and_then(|at| self.strings.get(at).cloned()).unwrap_or_default(),
            "inlineStr" => cell.child("is").map(string).unwrap_or_default(),
            "b" => if value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            "n" => {
                let style = cell.attribute("s").and_then(|style| style.parse::<usize>().ok()).unwrap_or(0);
                let format = self.formats.get(style).map_or("General", String::as_str);
                value.trim().parse().map(|number| cells::show(number, format, self.from_1904)).unwrap_or(value)
            }
            _ => value,
        }
    }
}

/// A string's runs, without the reading aids (`rPh`) of Japanese.
fn string(item: &Element) -> String {
    let mut text = String::new();
    for child in item.elements() {
        match &*child.name {
            "t" => text.push_str(&child.text()),
            "r" => text.extend(child.child("t").map(Element::text)),
            _ => {}
        }
    }
    text
}

fn formats(styles: &Element) -> Vec<String> {
    let id = |element: &Element| element.attribute("numFmtId").and_then(|id| id.parse::<u16>().ok());
    let own: HashMap<u16, &str> = styles
        .child("numFmts")
        .into_iter()
        .flat_map(|formats| formats.children_named("numFmt"))
        .filter_map(|format| Some((id(format)?, format.attribute("formatCode")?)))
        .collect();
    let styles = styles.child("cellXfs").into_iter().flat_map(|styles| styles.children_named("xf"));
    styles.map(|style| id(style).map_or("General", |id| own.get(&id).copied().unwrap_or(cells::built_in(id))).to_owned()).collect()
}

/// First and last column, counted from 0.
fn hidden_columns(root: &Element) -> Vec<(u32, u32)> {
    let columns = root.child("cols").into_iter().flat_map(|columns| columns.children_named("col"));
    let hidden = columns.filter(|column| column.attribute("hidden").is_some_and(|hidden| hidden == "1" || hidden == "true"));
    let number = |column: &Element, name| column.attribute(name)?.parse::<u32>().ok()?.checked_sub(1);
    hidden.filter_map(|column| Some((number(column, "min")?, number(column, "max")?))).take(HIDDEN_MAX).collect()
}

/// `C5` to row 4, column 2.
fn place(name: &str) -> Option<(u32, u32)> {
    let name = name.trim_start_matches('$');
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    let column =
        name.bytes().take(letters.min(4)).fold(0u32, |column, letter| column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    let row = name.get(letters..)?.trim_start_matches('$').parse::<u32>().ok()?;
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}
