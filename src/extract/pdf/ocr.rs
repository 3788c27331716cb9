//! What tesseract sees on the picture of a page (`tsv`) to a page's words.

use super::{Line, Page, Word};

/// Surer than this, in percent: below it are specks, stamps and signatures.
const CONFIDENCE_MIN: f64 = 30.0;
const POINTS_PER_INCH: f64 = 72.0;

impl Page {
    /// This page with the words that were recognised on its picture of so many dots per inch.
    #[must_use]
    pub fn of_tesseract(&self, table: &str, dots_per_inch: f64) -> Self {
        let mut lines: Vec<(&str, Line)> = Vec::new();
        for row in table.lines() {
            let Some((place, word)) = word(row, POINTS_PER_INCH / dots_per_inch) else { continue };
            match lines.last_mut().filter(|(last, _)| *last == place) {
                Some((_, line)) => line.words.push(word),
                None => lines.push((place, Line { words: vec![word] })),
            }
        }
        Self { width: self.width, height: self.height, lines: lines.into_iter().map(|(_, line)| line).collect() }
    }
}

/// A word and where it belongs: the columns page, block, paragraph and line as they stand.
fn word(row: &str, scale: f64) -> Option<(&str, Word)> {
    let cells: Vec<&str> = row.splitn(12, '\t').collect();
    let [level, .., text] = cells.as_slice() else { return None };
    if cells.len() < 12 || *level != "5" || text.trim().is_empty() {
        return None;
    }
    let number = |at: usize| cells[at].parse::<f64>().ok().filter(|number| number.is_finite());
    if number(10)? < CONFIDENCE_MIN {
        return None;
    }
    let (left, top) = (number(6)? * scale, number(7)? * scale);
    let (right, bottom) = (left + number(8)? * scale, top + number(9)? * scale);
    let place = cells[..5].iter().map(|cell| cell.len() + 1).sum::<usize>();
    Some((&row[..place], Word { text: text.trim().to_owned(), left, right, top, bottom }))
}
