//! Rows of a page in two columns to the order in which they are read.

use super::rows::{Cell, Row};

/// Rows that two columns have at least; fewer side by side are a table or a signature.
const ROWS_MIN: usize = 8;
/// Narrowest space between columns, in characters.
const GUTTER: f64 = 1.0;

/// Rows of one page in reading order: what runs over both columns parts the page, above and below it left comes before right.
pub(super) fn in_order(rows: Vec<Row>) -> Vec<Row> {
    let Some(gutter) = gutter(&rows) else { return rows };
    let mut ordered = Vec::with_capacity(rows.len() * 2);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for row in rows {
        if crosses(&row, gutter) {
            ordered.append(&mut left);
            ordered.append(&mut right);
            ordered.push(row);
            continue;
        }
        let (before, after): (Vec<Cell>, Vec<Cell>) = row.cells.iter().cloned().partition(|cell| cell.right <= gutter);
        for (cells, side, column) in [(before, &mut left, 1), (after, &mut right, 2)] {
            if !cells.is_empty() {
                side.push(Row { cells, column, ..row.clone() });
            }
        }
    }
    ordered.append(&mut left);
    ordered.append(&mut right);
    ordered
}

fn crosses(row: &Row, gutter: f64) -> bool {
    row.cells.iter().any(|cell| cell.left < gutter && cell.right > gutter)
}

/// Where the white strip between two columns of prose runs, if there is one. Cells of a table do not fill their columns, lines of
/// prose do: most of those on the left reach the strip, most of those on the right begin at it.
fn gutter(rows: &[Row]) -> Option<f64> {
    let mut starts: Vec<f64> = rows.iter().flat_map(|row| row.cells.iter().skip(1).map(|cell| cell.left)).collect();
    starts.sort_by(f64::total_cmp);
    let em = rows.first()?.em;
    let near = |at: f64| starts.iter().filter(|start| (**start - at).abs() < 0.5 * em).count();
    let at = starts.iter().copied().max_by_key(|at| near(*at))?;
    if near(at) < ROWS_MIN {
        return None;
    }
    let gutter = at - 0.3 * em;
    let split = || rows.iter().filter(|row| !crosses(row, gutter));
    let (mut both, mut lefts_full, mut lefts) = (0, 0, 0);
    for row in split() {
        let end = row.cells.iter().filter(|cell| cell.right <= gutter).map(|cell| cell.right).fold(f64::MIN, f64::max);
        let begin = row.cells.iter().find(|cell| cell.left > gutter).map(|cell| cell.left);
        if end > f64::MIN {
            lefts += 1;
            lefts_full += usize::from(at - end < 3.0 * em && at - end > GUTTER * em);
        }
        both += usize::from(end > f64::MIN && begin.is_some_and(|begin| (begin - at).abs() < 2.6 * em));
    }
    (both >= ROWS_MIN && both * 2 > rows.len() && lefts_full * 2 > lefts).then_some(gutter)
}
