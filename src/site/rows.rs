//! A container that holds a listing to its entries: which nodes make up one row, what stands above and between rows,
//! which rows are never shown.

use std::collections::BTreeMap;

use ego_tree::NodeRef;
use scraper::{ElementRef, Node};

use super::outline::{self, Outline};
use super::row::{self, Reader, Surroundings};
use super::{dates, discover, text};
use crate::model::Entry;

/// Reads a container's rows; what stands between two rows belongs to the one that lacks a date.
pub(super) fn read_container(outline: &Outline<'_>, at: usize, reader: &Reader<'_>, entries: &mut Vec<Entry>) {
    let container = outline.places[at].element;
    let rows: Vec<usize> = discover::row_children(outline, at).collect();
    let segments = segments(outline, container, &rows);
    let columns = columns(container);
    let hidden = hidden(outline, &rows);
    let first = entries.len();
    let mut read: Vec<(usize, Surroundings<'_>)> = Vec::new();
    for (index, (nodes, row)) in segments.iter().zip(&rows).enumerate().filter(|(index, _)| !hidden[*index]) {
        let year = year_above(outline, *row, &rows);
        let month = month_above(outline, *row, &rows);
        let around = Surroundings { year, month, columns: &columns, shape: None };
        if let Some(entry) = reader.entry(nodes, around) {
            entries.push(entry);
            read.push((index, around));
        }
    }
    if reader.link.is_some() {
        return;
    }
    let Some(usual) = usual_shape(&entries[first..]) else { return };
    for ((index, around), entry) in read.into_iter().zip(&mut entries[first..]) {
        if row::shape(&entry.url) != usual
            && let Some(again) = reader.entry(&segments[index], Surroundings { shape: Some(&usual), ..around })
        {
            *entry = again;
        }
    }
    // 更多公告 at the end of a list: undated among dated rows, and no article by its address.
    let dated = entries[first..].iter().filter(|entry| entry.date.is_some()).count();
    let is_dated = dated * 5 >= (entries.len() - first) * 4;
    let is_more = |entry: &Entry| is_dated && entry.date.is_none() && row::shape(&entry.url) != usual && !outline::is_article(&entry.url);
    let kept: Vec<Entry> = entries.drain(first..).filter(|entry| !is_more(entry)).collect();
    entries.extend(kept);
}

/// The year that stands as a heading above a row; none where several stand in a row, to choose from.
fn year_above(outline: &Outline<'_>, row: usize, rows: &[usize]) -> Option<i16> {
    let mut above = outline.years.iter().rev().filter(|(place, _)| *place < row && !is_inside(outline, *place, rows));
    let (place, year) = above.next()?;
    // In the order of their texts, which is not that of their elements: 2024<b>2023</b>2022.
    let between = |other: usize| outline.between(other.min(*place)..other.max(*place));
    let is_choice = above.next().is_some_and(|(other, other_year)| other_year != year && between(*other).links == 0);
    (!is_choice).then_some(*year)
}

/// The month that stands as the nearest heading above a row, with no other year between.
fn month_above(outline: &Outline<'_>, row: usize, rows: &[usize]) -> Option<(i16, i8)> {
    let (place, month) = outline.months.iter().rev().find(|(place, _)| *place < row && !is_inside(outline, *place, rows))?;
    let later = outline.years.iter().rev().find(|(at, _)| *at < row && at > place);
    later.is_none().then_some(*month)
}

/// The shape of address that more than half of the entries have.
fn usual_shape(entries: &[Entry]) -> Option<String> {
    let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
    for entry in entries {
        *shapes.entry(row::shape(&entry.url)).or_default() += 1;
    }
    shapes.into_iter().find(|(_, count)| *count * 2 > entries.len()).map(|(shape, _)| shape)
}

fn is_inside(outline: &Outline<'_>, place: usize, rows: &[usize]) -> bool {
    let before = rows.partition_point(|row| *row <= place);
    before > 0 && place < outline.places[rows[before - 1]].end
}

fn segments<'a>(outline: &Outline<'a>, container: ElementRef<'a>, rows: &[usize]) -> Vec<Vec<NodeRef<'a, Node>>> {
    let own_dates = rows.iter().filter(|row| outline.within(**row).dates > 0).count();
    let mut segments: Vec<Vec<NodeRef<'a, Node>>> = Vec::with_capacity(rows.len());
    let mut between: Vec<NodeRef<'a, Node>> = Vec::new();
    let mut dates_first = None;
    for node in container.children() {
        let place = outline.position(node.id());
        if place.is_some_and(|place| rows.binary_search(&place).is_ok()) {
            let gap = std::mem::take(&mut between);
            let leading = *dates_first.get_or_insert(gap.iter().any(|node| holds_date(outline, *node)));
            let (mut before, after) = if leading { (gap, Vec::new()) } else { (Vec::new(), gap) };
            if let Some(last) = segments.last_mut() {
                last.extend(after);
            }
            before.push(node);
            segments.push(before);
        } else if own_dates * 2 < rows.len() && place.is_none_or(|place| outline.within(place).links == 0) {
            between.push(node);
        }
    }
    if dates_first == Some(false)
        && let Some(last) = segments.last_mut()
    {
        last.extend(between);
    }
    segments
}

fn holds_date(outline: &Outline<'_>, node: NodeRef<'_, Node>) -> bool {
    match node.value() {
        Node::Text(words) => dates::find(words).is_some() || matches!(dates::exact(words), Some(dates::Part::MonthDay(..))),
        _ => outline.position(node.id()).is_some_and(|place| outline.within(place).dates > 0),
    }
}

/// A table's column titles, from a row of it without links that names a title or a date.
fn columns(container: ElementRef<'_>) -> Vec<String> {
    let table = container.ancestors().filter_map(ElementRef::wrap).find(|element| element.value().name() == "table");
    let Some(table) = table.filter(|_| matches!(container.value().name(), "tbody" | "table" | "thead")) else { return Vec::new() };
    let head = table.descendent_elements().filter(|element| element.value().name() == "tr").take(3).find(|row| {
        let words: String = row.text().collect();
        words.chars().count() < 200
            && (words.contains("日期") || words.contains("时间") || words.contains("标题") || words.contains("名称"))
    });
    head.map_or(Vec::new(), |row| {
        let cells = row.child_elements().filter(|cell| matches!(cell.value().name(), "td" | "th"));
        cells.map(|cell| text::squeezed(&cell.text().collect::<String>()).replace(' ', "")).collect()
    })
}

/// Which rows a page holds but never shows: an empty flag where others have one (Beijing, `<i class="flag"></i>`),
/// or `display:none` above a row that is shown. Rows hidden at the end are only paged away.
fn hidden(outline: &Outline<'_>, rows: &[usize]) -> Vec<bool> {
    let flag = |row: usize| {
        let flags = outline.places[row]
            .element
            .descendent_elements()
            .find(|element| element.value().name() == "i" && element.value().classes().any(|class| class == "flag"));
        flags.map(|flag| flag.text().all(|words| words.trim().is_empty()))
    };
    let flags: Vec<Option<bool>> = rows.iter().map(|row| flag(*row)).collect();
    let marks_hidden = flags.iter().any(|flag| *flag != Some(true));
    let unshown: Vec<bool> = rows.iter().map(|row| is_unshown(outline.places[*row].element)).collect();
    let last_shown = unshown.iter().rposition(|unshown| !unshown).unwrap_or(0);
    (0..rows.len()).map(|index| marks_hidden && flags[index] == Some(true) || unshown[index] && index < last_shown).collect()
}

pub(super) fn is_unshown(element: ElementRef<'_>) -> bool {
    let style = element.value().attr("style").unwrap_or_default();
    element.value().attr("hidden").is_some() || style.replace(' ', "").to_ascii_lowercase().contains("display:none")
}
