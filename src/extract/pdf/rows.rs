//! A page's words to rows: what stands at one height, cut into cells where wide gaps are.

use std::sync::LazyLock;

use regex::Regex;

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
    /// Width of a Chinese character; more where the row is stretched.
    pub em: f64,
    /// Height of the widest word's box: another one for another font too, but the same however a row is stretched.
    pub height: f64,
}

#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub text: String,
    pub left: f64,
    pub right: f64,
}

/// A gap that is wider than so many characters parts two cells.
const CELL_GAP: f64 = 0.95;
/// The same where the converter took both for lines of their own, since their neighbours above and below are apart, too.
const LINE_GAP: f64 = 0.5;
/// A gap between two Chinese characters that is a space somebody typed: they are a quarter of a character wide, and somewhat less
/// where a line is pressed.
const SPACE_GAP: f64 = 0.14;
/// Marks that follow one another are set closer than their squares, which then lie over each other
/// by half, or wholly where each is pushed towards the other.
const OVERLAP_MAX: f64 = 1.1;
/// Height over width of a word of several characters that stands upright.
const UPRIGHT_MAX: f64 = 3.2;

impl Row {
    pub(super) fn left(&self) -> f64 {
        self.cells.first().map_or(0.0, |cell| cell.left)
    }

    pub(super) fn right(&self) -> f64 {
        self.cells.last().map_or(0.0, |cell| cell.right)
    }

    pub(super) fn begins_with_mark(&self) -> bool {
        self.cells.first().is_some_and(|cell| cell.text.starts_with(is_mark))
    }

    pub(super) fn ends_with_mark(&self) -> bool {
        self.cells.last().is_some_and(|cell| cell.text.ends_with(is_mark))
    }

    pub(super) fn text(&self) -> String {
        self.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// The gap between Chinese and Latin characters that the typesetter of a file makes by itself, in characters: 0 or a quarter.
pub(super) fn mixed_gap(pages: &[Page]) -> f64 {
    let mut gaps = Vec::new();
    for line in pages.iter().flat_map(|page| &page.lines) {
        let em = em(&line.words);
        for word in &line.words {
            let mut is_before_wide = None;
            for is_wide in word.text.chars().map(script) {
                if std::mem::replace(&mut is_before_wide, is_wide).zip(is_wide).is_some_and(|(before, after)| before != after) {
                    gaps.push(0.0);
                }
            }
        }
        for pair in line.words.windows(2) {
            let ends = pair[0].text.chars().last().and_then(script).zip(pair[1].text.chars().next().and_then(script));
            let gap = (pair[1].left - pair[0].right) / em;
            if ends.is_some_and(|(before, after)| before != after) && (0.0..CELL_GAP).contains(&gap) {
                gaps.push(gap);
            }
        }
    }
    gaps.sort_by(f64::total_cmp);
    gaps.get(gaps.len() / 2).copied().unwrap_or_default()
}

/// Whether a letter or digit is Chinese rather than Latin; marks belong to neither.
fn script(character: char) -> Option<bool> {
    character.is_alphanumeric().then(|| is_wide(character))
}

/// The rows of a page, from top to bottom. `mixed` is the [`mixed_gap`] of the file.
pub(super) fn of(page: &Page, number: usize, mixed: f64) -> Vec<Row> {
    let mut lines: Vec<Vec<Word>> = Vec::new();
    for line in &page.lines {
        let words: Vec<Word> = line.words.iter().filter(|word| is_on(page, word)).map(plain).filter(|word| !word.text.is_empty()).collect();
        if !words.is_empty() && !is_vertical(&words) {
            lines.extend(at_one_height(words));
        }
    }
    lines.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    let mut rows: Vec<(Vec<Word>, Vec<f64>)> = Vec::new();
    for line in lines {
        let begin = line.iter().map(|word| word.left).fold(f64::MAX, f64::min);
        // Lines of neighbours in a row stand within half a character's height, and beside one another.
        let home = rows
            .iter_mut()
            .rev()
            .take(8)
            .find(|(row, _)| (middle(row) - middle(&line)).abs() < 0.4 * common_em(&line, row) && is_beside(row, &line));
        match home {
            Some((row, begins)) => {
                row.extend(line);
                begins.push(begin);
            }
            None => rows.push((line, vec![begin])),
        }
    }
    rows.into_iter().map(|(words, begins)| row(words, &begins, number, mixed)).collect()
}

/// Cells that are centred in their rows stand half a line apart, and converters take them for one line.
fn at_one_height(words: Vec<Word>) -> Vec<Vec<Word>> {
    let reach = 0.35 * em(&words);
    let mut lines: Vec<Vec<Word>> = Vec::new();
    for word in words {
        let height = f64::midpoint(word.top, word.bottom);
        match lines.iter_mut().find(|line| (middle(line) - height).abs() < reach) {
            Some(line) => line.push(word),
            None => lines.push(vec![word]),
        }
    }
    lines
}

fn is_on(page: &Page, word: &Word) -> bool {
    let (x, y) = (f64::midpoint(word.left, word.right), f64::midpoint(word.top, word.bottom));
    let is_inside = x >= 0.0 && y >= 0.0 && x <= page.width && y <= page.height;
    is_inside || page.width <= 0.0 || page.height <= 0.0
}

fn plain(word: &Word) -> Word {
    let mut text = String::with_capacity(word.text.len());
    glyphs::append(word.text.trim(), &mut text);
    // A font may name white space for a sign: blocks have it single.
    let mut was_space = false;
    text.retain(|character| !(std::mem::replace(&mut was_space, character.is_whitespace()) && character.is_whitespace()));
    Word { text: text.trim().to_owned(), ..*word }
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
    widest(words).map_or(0.0, |word| f64::midpoint(word.top, word.bottom))
}

fn height(words: &[Word]) -> f64 {
    widest(words).map_or(0.0, |word| word.bottom - word.top)
}

/// Tells where a line stands and how high it is: small words may be raised, or of another font.
fn widest(words: &[Word]) -> Option<&Word> {
    words.iter().max_by(|a, b| (a.right - a.left).total_cmp(&(b.right - b.left)))
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

/// The smaller of two; where one is nothing but marks, which a Latin font has half as wide, the other tells.
fn common_em(one: &[Word], other: &[Word]) -> f64 {
    let has_letters = |words: &[Word]| words.iter().any(|word| word.text.chars().any(char::is_alphanumeric));
    match (has_letters(one), has_letters(other)) {
        (true, false) => em(one),
        (false, true) => em(other),
        _ => em(one).min(em(other)),
    }
}

/// Width in Chinese characters.
pub(super) fn units(text: &str) -> f64 {
    text.chars().map(|character| if is_wide(character) { 1.0 } else { 0.5 }).sum()
}

fn is_beside(row: &[Word], line: &[Word]) -> bool {
    let overlap = |a: &Word, b: &Word| a.right.min(b.right) - a.left.max(b.left);
    !row.iter().any(|a| line.iter().any(|b| overlap(a, b) > OVERLAP_MAX * em(line)))
}

/// `begins`: where the converter saw lines of their own begin, at the left.
fn row(mut words: Vec<Word>, begins: &[f64], page: usize, mixed: f64) -> Row {
    words.sort_by(|a, b| a.left.total_cmp(&b.left));
    let (middle, em, height) = (middle(&words), em(&words), height(&words));
    let usual = usual_gap(&words);
    let words_before_date = words_before_date(&words, em);
    let mut cells: Vec<Cell> = Vec::new();
    for word in words {
        let widest = if begins.contains(&word.left) { LINE_GAP } else { CELL_GAP } * em;
        match cells.last_mut() {
            Some(cell) if word.left - cell.right <= widest.max(2.5 * usual) => {
                let gap = word.left - cell.right;
                if is_spaced(&cell.text, &word.text, gap / em, usual / em, mixed) {
                    cell.text.push(' ');
                }
                cell.text.push_str(&word.text);
                cell.right = cell.right.max(word.right);
            }
            _ => cells.push(Cell { text: word.text, left: word.left, right: word.right }),
        }
    }
    separate_date(&words_before_date, &mut cells);
    Row { page, column: 0, cells, middle, em, height }
}

/// 某某党组 2024年11月26日 in one line: what stands before the date, where a gap parts it from the date. It is as wide as those that
/// typesetters make by themselves, but two things that are no sentence are parted by it.
fn words_before_date(words: &[Word], em: f64) -> Option<String> {
    let gap = (1..words.len()).find(|at| words[*at].text.starts_with(|c: char| c.is_ascii_digit()))?;
    let text = |words: &[Word]| words.iter().map(|word| word.text.as_str()).collect::<String>();
    let (name, date) = (text(&words[..gap]), text(&words[gap..]));
    let is_name = (4..=40).contains(&name.chars().count()) && name.chars().all(|c| is_wide(c) && c.is_alphanumeric());
    let is_apart = words[gap].left - words[gap - 1].right > SPACE_GAP * em;
    (is_name && is_apart && DATE.is_match(&date)).then_some(name)
}

static DATE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^20[0-9]{2}年[0-9]{1,2}月[0-9]{1,2}日$").expect("the pattern is a constant that the tests compile"));

fn separate_date(name: &Option<String>, cells: &mut [Cell]) {
    if let (Some(name), [cell]) = (name, cells)
        && let Some(date) = cell.text.strip_prefix(name.as_str()).filter(|date| !date.starts_with(' '))
    {
        cell.text = format!("{name} {date}");
    }
}

/// The gap around single Chinese characters, which many of a stretched line stand in; 0 where few do.
fn usual_gap(words: &[Word]) -> f64 {
    let is_single = |word: &Word| word.text.chars().count() == 1 && word.text.contains(is_wide);
    let stretched = words.windows(2).filter(|pair| {
        let is_chinese = pair[0].text.ends_with(is_wide) && pair[1].text.starts_with(is_wide);
        is_chinese && (is_single(&pair[0]) || is_single(&pair[1]))
    });
    let mut gaps: Vec<f64> = stretched.map(|pair| pair[1].left - pair[0].right).collect();
    if gaps.len() < 3 {
        return 0.0;
    }
    gaps.sort_by(f64::total_cmp);
    gaps[gaps.len() / 2].max(0.0)
}

/// Whether the gap between two words is a space that somebody typed. All gaps are in characters: this one, the one around the
/// characters of a stretched line, and the one that the typesetter makes between Chinese and Latin.
fn is_spaced(before: &str, after: &str, gap: f64, usual: f64, mixed: f64) -> bool {
    let (Some(last), Some(first)) = (before.chars().last(), after.chars().next()) else { return false };
    match (is_wide(last), is_wide(first)) {
        (false, false) => gap > 0.08,
        (true, true) => gap > SPACE_GAP + usual * 1.5 && !is_mark(last) && !is_mark(first),
        // A comma or a bracket in half width is no Latin word.
        _ => gap > mixed + usual * 1.5 + 0.18 && last.is_alphanumeric() && first.is_alphanumeric(),
    }
}

/// Marks have white space of their own inside of their squares.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{301F}' | '\u{FF01}'..='\u{FF0F}' | '\u{FF1A}'..='\u{FF20}' | '“' | '”' | '‘' | '’' | '…' | '—')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, left: f64, right: f64, top: f64, bottom: f64) -> super::super::Line {
        super::super::Line { words: vec![Word { text: text.to_owned(), left, right, top, bottom }] }
    }

    #[track_caller]
    fn check(lines: Vec<super::super::Line>, expected: &[&str]) {
        let page = Page { width: 595.0, height: 842.0, lines };
        let rows: Vec<String> = of(&page, 0, 0.0).iter().map(Row::text).collect();
        assert_eq!(rows, expected);
    }

    /// Chromium sets it in another font, half as wide and lower, and poppler takes it for a line of its own (seen 2026-11).
    #[test]
    fn a_quotation_mark_of_a_latin_font_stays_with_its_line() {
        let below = || line("整改情况通报", 172.8, 213.0, 270.0, 287.4);
        check(
            vec![line("回头看”发现的问题", 176.3, 236.6, 249.3, 266.8), line("“", 172.8, 176.3, 255.9, 263.7), below()],
            &["“回头看”发现的问题", "整改情况通报"],
        );
        check(
            vec![line("“", 172.8, 176.3, 252.0, 259.8), line("回头看”", 176.3, 203.0, 249.3, 266.8), below()],
            &["“回头看”", "整改情况通报"],
        );
    }

    #[test]
    fn a_small_line_above_a_large_one_stays_apart() {
        check(vec![line("某市文件", 100.0, 220.0, 100.0, 136.0), line("内部资料", 300.0, 332.0, 90.0, 99.0)], &["内部资料", "某市文件"]);
    }
}
