//! A page's words to rows: what stands at one height, cut into cells where wide gaps are.

use super::glyphs::{self, is_wide};
use super::{Page, Word};

/// What stands side by side on a page.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub page: usize,
    /// 0 where it runs over the whole page, else the column's number from the left.
    pub column: usize,
    /// From left to right; never empty, and none of them is.
    pub cells: Vec<Cell>,
    /// Height of its middle below the page's upper edge.
    pub middle: f64,
    /// Width of a Chinese character.
    pub em: f64,
}

#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub text: String,
    pub left: f64,
    pub right: f64,
}

/// A gap that is wider than so many characters parts two cells.
const CELL_GAP: f64 = 1.45;
/// A gap between two Chinese characters that is a space somebody typed: a quarter of a character at least.
const SPACE_GAP: f64 = 0.2;
/// Height over width of a word of several characters that stands upright.
const UPRIGHT_MAX: f64 = 3.2;

impl Row {
    pub(super) fn left(&self) -> f64 {
        self.cells.first().map_or(0.0, |cell| cell.left)
    }

    pub(super) fn right(&self) -> f64 {
        self.cells.last().map_or(0.0, |cell| cell.right)
    }

    pub(super) fn text(&self) -> String {
        self.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// The rows of a page, from top to bottom.
pub(super) fn of(page: &Page, number: usize) -> Vec<Row> {
    let mut lines: Vec<Vec<Word>> = Vec::new();
    for line in &page.lines {
        let words: Vec<Word> = line.words.iter().filter(|word| is_on(page, word)).map(plain).filter(|word| !word.text.is_empty()).collect();
        if !words.is_empty() && !is_vertical(&words) {
            lines.push(words);
        }
    }
    lines.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    let mut rows: Vec<Vec<Word>> = Vec::new();
    for line in lines {
        // Lines of neighbours in a row stand within half a character's height, and beside one another.
        let home = rows
            .iter_mut()
            .rev()
            .take(8)
            .find(|row| (middle(row) - middle(&line)).abs() < 0.4 * em(&line).min(em(row)) && is_beside(row, &line));
        match home {
            Some(row) => row.extend(line),
            None => rows.push(line),
        }
    }
    rows.into_iter().map(|words| row(words, number)).collect()
}

fn is_on(page: &Page, word: &Word) -> bool {
    let (x, y) = (f64::midpoint(word.left, word.right), f64::midpoint(word.top, word.bottom));
    let is_inside = x >= 0.0 && y >= 0.0 && x <= page.width && y <= page.height;
    is_inside || page.width <= 0.0 || page.height <= 0.0
}

fn plain(word: &Word) -> Word {
    let mut text = String::with_capacity(word.text.len());
    glyphs::append(word.text.trim(), &mut text);
    Word { text, ..*word }
}

/// Turned text (a stamp, a binding line, a watermark) is no part of the body: far higher than wide for its characters.
fn is_vertical(words: &[Word]) -> bool {
    words.iter().all(|word| {
        let count = word.text.chars().count();
        count >= 2 && word.bottom - word.top > UPRIGHT_MAX * (word.right - word.left)
    }) || words
        .iter()
        .any(|word| word.text.chars().count() >= 4 && word.bottom - word.top > 1.5 * (word.right - word.left) && !word.text.is_ascii())
}

fn middle(words: &[Word]) -> f64 {
    // The widest word tells where the line stands: small ones may be raised, or of another font.
    let widest = words.iter().max_by(|a, b| (a.right - a.left).total_cmp(&(b.right - b.left)));
    widest.map_or(0.0, |word| f64::midpoint(word.top, word.bottom))
}

/// The width of a Chinese character in these words; Latin letters are half as wide.
fn em(words: &[Word]) -> f64 {
    let measure = |chinese_only: bool| {
        let (mut width, mut count) = (0.0, 0.0);
        for word in words.iter().filter(|word| !chinese_only || word.text.contains(is_wide)) {
            width += word.right - word.left;
            count += units(&word.text);
        }
        (count > 0.0 && width > 0.0).then(|| width / count)
    };
    measure(true).or_else(|| measure(false)).unwrap_or(10.0).clamp(2.0, 200.0)
}

/// Width in Chinese characters.
pub(super) fn units(text: &str) -> f64 {
    text.chars().map(|character| if is_wide(character) { 1.0 } else { 0.5 }).sum()
}

fn is_beside(row: &[Word], line: &[Word]) -> bool {
    let overlap = |a: &Word, b: &Word| a.right.min(b.right) - a.left.max(b.left);
    !row.iter().any(|a| line.iter().any(|b| overlap(a, b) > 0.3 * em(line)))
}

fn row(mut words: Vec<Word>, page: usize) -> Row {
    words.sort_by(|a, b| a.left.total_cmp(&b.left));
    let (middle, em) = (middle(&words), em(&words));
    let usual = usual_gap(&words);
    let mut cells: Vec<Cell> = Vec::new();
    for word in words {
        match cells.last_mut() {
            Some(cell) if word.left - cell.right <= (CELL_GAP * em).max(2.5 * usual) => {
                let gap = word.left - cell.right;
                if is_spaced(&cell.text, &word.text, gap, em, usual) {
                    cell.text.push(' ');
                }
                cell.text.push_str(&word.text);
                cell.right = cell.right.max(word.right);
            }
            _ => cells.push(Cell { text: word.text, left: word.left, right: word.right }),
        }
    }
    Row { page, column: 0, cells, middle, em }
}

/// The gap that many words of a stretched line have; 0 where few words stand on it.
fn usual_gap(words: &[Word]) -> f64 {
    let mut gaps: Vec<f64> = words.windows(2).map(|pair| pair[1].left - pair[0].right).collect();
    let characters: usize = words.iter().map(|word| word.text.chars().count()).sum();
    if gaps.len() < 4 || words.len() * 3 < characters * 2 {
        return 0.0;
    }
    gaps.sort_by(f64::total_cmp);
    gaps[gaps.len() / 2].max(0.0)
}

/// Whether the gap between two words is a space. Between Chinese and Latin typesetters make gaps of their own.
fn is_spaced(before: &str, after: &str, gap: f64, em: f64, usual: f64) -> bool {
    let (Some(last), Some(first)) = (before.chars().last(), after.chars().next()) else { return false };
    match (is_wide(last), is_wide(first)) {
        (false, false) => gap > 0.08 * em,
        (true, true) => gap > SPACE_GAP * em + usual * 1.5 && !is_mark(last) && !is_mark(first),
        _ => gap > em,
    }
}

/// Marks have white space of their own inside of their squares.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{301F}' | '\u{FF01}'..='\u{FF0F}' | '\u{FF1A}'..='\u{FF20}' | '“' | '”' | '‘' | '’' | '…' | '—')
}
