//! Rows with several cells below one another to a table's rows. PDFs do not say what is a table.

use std::sync::LazyLock;

use regex::Regex;

use super::rows::{Cell, Row};

/// Columns of a table at most; more are scattered words.
const COLUMNS_MAX: usize = 24;

/// The rows `begin..end` as a table: one list of cells per table row.
pub(super) struct Table {
    pub end: usize,
    pub rows: Vec<Vec<String>>,
}

/// The table that begins with this row, if one does.
pub(super) fn at(rows: &[Row], begin: usize) -> Option<Table> {
    let first = rows.get(begin).filter(|row| row.cells.len() >= 2)?;
    let mut columns: Vec<(f64, f64)> = first.cells.iter().map(|cell| (cell.left, cell.right)).collect();
    let mut end = begin + 1;
    let mut full = 1;
    let mut kept_end = end;
    while let Some(row) = rows.get(end) {
        let is_near =
            row.page == rows[end - 1].page && row.middle - rows[end - 1].middle < 4.0 * row.em || row.page == rows[end - 1].page + 1;
        if row.column != first.column || !is_near || !fits(row, &mut columns) {
            break;
        }
        end += 1;
        if row.cells.len() >= 2 {
            full += 1;
            kept_end = end;
        }
    }
    // Below the last full row only what goes on in its cells belongs to the table.
    while kept_end < end
        && rows[kept_end].middle - rows[kept_end - 1].middle < 1.7 * rows[kept_end].em
        && !begins_at_margin(&rows[kept_end], &columns)
    {
        kept_end += 1;
    }
    let is_table = full >= 3 || (full == 2 && first.cells.len() >= 3);
    (is_table && columns.len() <= COLUMNS_MAX && !is_prose(&rows[begin..kept_end]) && !is_list(&rows[begin..kept_end], columns.len()))
        .then(|| Table { end: kept_end, rows: grouped(&rows[begin..kept_end], &columns) })
}

fn begins_at_margin(row: &Row, columns: &[(f64, f64)]) -> bool {
    columns.first().is_some_and(|(left, _)| row.left() < left + row.em)
}

/// Whether each cell lies in one column; columns grow with their cells, and a cell beside all columns is a new one.
fn fits(row: &Row, columns: &mut Vec<(f64, f64)>) -> bool {
    let mut grown = columns.clone();
    for cell in &row.cells {
        let over: Vec<usize> =
            (0..grown.len()).filter(|at| cell.right.min(grown[*at].1) - cell.left.max(grown[*at].0) > 0.2 * row.em).collect();
        match over.as_slice() {
            [] => grown.push((cell.left, cell.right)),
            [one] => grown[*one] = (grown[*one].0.min(cell.left), grown[*one].1.max(cell.right)),
            _ => return false,
        }
    }
    grown.sort_by(|a, b| a.0.total_cmp(&b.0));
    if grown.windows(2).any(|pair| pair[0].1 > pair[1].0) {
        return false;
    }
    *columns = grown;
    true
}

/// Sentences that happen to have wide gaps, such as stretched lines: long rows of which most have one cell.
fn is_prose(rows: &[Row]) -> bool {
    let single = rows.iter().filter(|row| row.cells.len() < 2).count();
    single * 5 > rows.len() * 4
}

/// Items whose numbers stand apart from their text.
fn is_list(rows: &[Row], columns: usize) -> bool {
    columns == 2 && rows.iter().filter(|row| row.cells.len() == 2).all(|row| ITEM.is_match(&row.cells[0].text))
}

static ITEM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[（(]?[0-9一二三四五六七八九十]{1,3}[)）.．、]|第[一二三四五六七八九十]{1,3}[章节条、]?|[①-⑳]|[•●▪◆■○*-]|[\u{E000}-\u{F8FF}]|附件[0-9]*[:：])$")
        .expect("the pattern is a constant that the tests compile")
});

/// Lines of wrapped cells put together: a table row is what stands around one entry of the first column.
fn grouped(rows: &[Row], columns: &[(f64, f64)]) -> Vec<Vec<String>> {
    let column_of = |cell: &Cell| {
        let center = f64::midpoint(cell.left, cell.right);
        columns.iter().position(|(left, right)| (*left..=*right).contains(&center)).unwrap_or(0)
    };
    let has_first = |row: &Row| row.cells.iter().any(|cell| column_of(cell) == 0);
    let anchors: Vec<usize> = (0..rows.len()).filter(|at| has_first(&rows[*at])).collect();
    let mut begins = parted(rows, columns.len(), &column_of, &has_first);
    if begins.len() * 2 <= anchors.len() {
        begins = around_entries(rows, &anchors, columns.len());
    }
    begins.push(rows.len());
    begins.dedup();
    begins.windows(2).map(|pair| merged(&rows[pair[0]..pair[1]], columns.len(), &column_of)).collect()
}

/// Where table rows begin if they keep a distance: where the text of no column goes on at its usual pitch.
fn parted(rows: &[Row], columns: usize, column_of: &impl Fn(&Cell) -> usize, has_first: &impl Fn(&Row) -> bool) -> Vec<usize> {
    let heights: Vec<Vec<(usize, f64)>> = (0..columns)
        .map(|column| {
            let of_column = rows.iter().enumerate().filter(|(_, row)| row.cells.iter().any(|cell| column_of(cell) == column));
            of_column.map(|(at, row)| (at, row.middle)).collect()
        })
        .collect();
    let is_on_page = |pair: &[(usize, f64)]| rows[pair[0].0].page == rows[pair[1].0].page;
    let steps = heights.iter().flat_map(|lines| lines.windows(2).filter(|pair| is_on_page(pair)).map(|pair| pair[1].1 - pair[0].1));
    let pitch = steps.fold(f64::MAX, f64::min);
    let goes_on = |at: usize| {
        heights.iter().any(|lines| {
            let below = lines.partition_point(|(row, _)| *row < at);
            below > 0 && lines.get(below).is_some_and(|line| line.1 - lines[below - 1].1 < 1.2 * pitch)
        })
    };
    let begins = (1..rows.len()).filter(|at| if rows[*at].page == rows[*at - 1].page { !goes_on(*at) } else { has_first(&rows[*at]) });
    std::iter::once(0).chain(begins).collect()
}

/// Where table rows begin if nothing but the entries of the first column tells.
fn around_entries(rows: &[Row], anchors: &[usize], columns: usize) -> Vec<usize> {
    let mut begins = vec![0];
    // Where something stands above the first entry's line, entries stand in the middle of their rows.
    let is_centred = anchors.first().is_some_and(|first| *first > 0);
    for pair in anchors.windows(2) {
        let same_entry = pair[1] == pair[0] + 1 && is_wrapped(&rows[pair[0]], &rows[pair[1]], columns);
        if same_entry {
            continue;
        }
        begins.push(if is_centred { widest_gap(rows, pair[0], pair[1]) } else { pair[1] });
    }
    begins
}

/// A row goes on below where the next has fewer cells and stands close.
fn is_wrapped(row: &Row, next: &Row, columns: usize) -> bool {
    row.page == next.page && next.cells.len() < columns && next.cells.len() <= row.cells.len() && next.middle - row.middle < 1.25 * row.em
}

/// Between two entries: where the widest gap is, or half way.
fn widest_gap(rows: &[Row], above: usize, below: usize) -> usize {
    let gap = |at: usize| if rows[at].page == rows[at - 1].page { rows[at].middle - rows[at - 1].middle } else { f64::MAX };
    let half = usize::midpoint(above, below + 1);
    (above + 1..=below)
        .max_by(|a, b| {
            let distance = |at: usize| at.abs_diff(half);
            let (wide, other) = ((gap(*a) * 2.0).round(), (gap(*b) * 2.0).round());
            wide.total_cmp(&other).then(distance(*b).cmp(&distance(*a)))
        })
        .unwrap_or(below)
}

fn merged(rows: &[Row], columns: usize, column_of: &impl Fn(&Cell) -> usize) -> Vec<String> {
    let mut cells = vec![String::new(); columns];
    for cell in rows.iter().flat_map(|row| &row.cells) {
        super::paragraphs::append(&mut cells[column_of(cell)], &cell.text);
    }
    cells
}
