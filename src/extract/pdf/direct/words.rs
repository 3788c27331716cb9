//! Glyphs with their places to words and lines, as poppler makes them: the code behind tells paragraphs by their gaps.

use super::super::{Line, Word};

/// One character, or a few that share a glyph. Lengths are in points below and beside the page's upper left corner.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Glyph {
    pub text: String,
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    /// The line that it stands on.
    pub base: f64,
    /// Of its font, as it is printed.
    pub size: f64,
}

/// A gap that is wider than so many sizes ends a word.
const WORD_GAP: f64 = 0.1;
/// And one that is wider than so many ends a line: another column, another cell.
const LINE_GAP: f64 = 1.5;
/// Glyphs on lines that are no further apart, in sizes, stand on one.
const LEVEL: f64 = 0.15;
/// The same glyph again, no further away than so many sizes, is drawn to look bold.
const BOLD: f64 = 0.1;
/// Glyphs before one among which the same one may stand again: a line drawn twice is drawn line by line, mostly.
const BOLD_REACH: usize = 200;

/// Lines of words, each from left to right.
pub(super) fn lines(glyphs: Vec<Glyph>) -> Vec<Line> {
    let mut words = words(once(glyphs));
    words.sort_by(|a, b| a.base.total_cmp(&b.base));
    let mut levels: Vec<Vec<Placed>> = Vec::new();
    for word in words {
        match levels
            .last_mut()
            .filter(|level| level.first().is_some_and(|first| (word.base - first.base).abs() < LEVEL * word.size.min(first.size)))
        {
            Some(level) => level.push(word),
            None => levels.push(vec![word]),
        }
    }
    levels.into_iter().flat_map(apart).collect()
}

struct Placed {
    word: Word,
    base: f64,
    size: f64,
}

/// Without those that are drawn twice.
fn once(glyphs: Vec<Glyph>) -> Vec<Glyph> {
    let mut kept: Vec<Glyph> = Vec::with_capacity(glyphs.len());
    for glyph in glyphs {
        let near = BOLD * glyph.size;
        let is_again =
            |other: &Glyph| other.text == glyph.text && (other.left - glyph.left).abs() < near && (other.base - glyph.base).abs() < near;
        if !kept.iter().rev().take(BOLD_REACH).any(is_again) {
            kept.push(glyph);
        }
    }
    kept
}

fn words(glyphs: Vec<Glyph>) -> Vec<Placed> {
    let mut words: Vec<Placed> = Vec::new();
    let mut is_open = false;
    for glyph in glyphs {
        if glyph.text.chars().all(char::is_whitespace) {
            is_open = false;
            continue;
        }
        let home = words.last_mut().filter(|word| is_open && continues(word, &glyph));
        is_open = true;
        match home {
            Some(Placed { word, .. }) => {
                word.text.push_str(&glyph.text);
                word.right = word.right.max(glyph.right);
                word.top = word.top.min(glyph.top);
                word.bottom = word.bottom.max(glyph.bottom);
            }
            None => {
                let Glyph { text, left, right, top, bottom, base, size } = glyph;
                words.push(Placed { word: Word { text, left, right, top, bottom }, base, size });
            }
        }
    }
    words
}

fn continues(word: &Placed, glyph: &Glyph) -> bool {
    let gap = (glyph.left - word.word.right) / glyph.size;
    let is_level = (word.base - glyph.base).abs() < 0.5 && (word.size - glyph.size).abs() < 0.01 * glyph.size;
    is_level && gap.abs() < WORD_GAP
}

/// What stands on one level, cut where the gaps are wide.
fn apart(mut level: Vec<Placed>) -> Vec<Line> {
    level.sort_by(|a, b| a.word.left.total_cmp(&b.word.left));
    let mut lines: Vec<Line> = Vec::new();
    let mut end = f64::MIN;
    for Placed { word, size, .. } in level {
        let is_near = word.left - end < LINE_GAP * size;
        end = end.max(word.right);
        match lines.last_mut().filter(|_| is_near) {
            Some(line) => line.words.push(word),
            None => lines.push(Line { words: vec![word] }),
        }
    }
    lines
}
