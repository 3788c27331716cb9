//! The measures of a rectification, in order: 一是 … 二是 …, numbered parts, or the whole as one.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::Span;

use super::dates::pattern;
use super::numeral;
use super::text::{Line, Place};

static SERIES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?P<is>[一二三四五六七八九十]{1,3})(?:是|要)|第(?P<th>[一二三四五六七八九十]{1,2})[,、]|其(?P<its>[一二三四五六七八九十])[,、:]",
    )
});

static BRACKETED: LazyLock<Regex> = LazyLock::new(|| pattern(r"[(](?P<chinese>[一二三四五六七八九十]{1,3})[)]"));
static NUMBERED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"[(](?P<bracketed>[0-9]{1,2})[)]|(?P<circled>[①-⑳])|(?P<digit>[0-9]{1,2})[.、)]"));

/// The measures in `places`; `numbered` are the starts of numbered parts among them.
pub(super) fn measures(lines: &[Line], places: &[Place], numbered: &[Place]) -> Vec<Span> {
    // Numbers inside the paragraphs count too where lines were joined: (一)….(二)….
    let bracketed = series(lines, places, &BRACKETED);
    if numbered.len() > 1 || bracketed.len() > 1 {
        return stretches(lines, places, if bracketed.len() > numbered.len() { &bracketed } else { numbered });
    }
    for pattern in [&SERIES, &NUMBERED] {
        let starts = series(lines, places, pattern);
        if starts.len() > 1 || (starts.len() == 1 && std::ptr::eq(pattern, &SERIES)) {
            return stretches(lines, places, &starts);
        }
    }
    places.first().map(|first| lines[first.line].span(first.range.clone())).into_iter().collect()
}

/// Where the numbers of a series stand that counts up from one; it may begin anew.
fn series(lines: &[Line], places: &[Place], pattern: &Regex) -> Vec<Place> {
    let mut found = Vec::new();
    let mut last = 0;
    for place in places {
        let text = &lines[place.line].text[place.range.clone()];
        for captures in pattern.captures_iter(text) {
            let Some(whole) = captures.get(0) else { continue };
            let Some(ordinal) = captures.iter().skip(1).flatten().find_map(|part| ordinal(part.as_str())) else { continue };
            if (ordinal == 1 || (last > 0 && (last + 1..=last + 2).contains(&ordinal))) && begins_clause(&text[..whole.start()]) {
                last = ordinal;
                found.push(Place { line: place.line, range: place.range.start + whole.start()..place.range.start + whole.end() });
            }
        }
    }
    found
}

fn ordinal(text: &str) -> Option<u32> {
    let first = text.chars().next()?;
    if ('①'..='⑳').contains(&first) { Some(first as u32 - '①' as u32 + 1) } else { numeral::whole(text) }
}

fn begins_clause(before: &str) -> bool {
    before.is_empty() || before.ends_with(['。', ';', ':', ',', '!', '?', ')', ']', '”', '"', '、', '.', '-'])
}

/// From each start to the next, or to the end of its line's place.
fn stretches(lines: &[Line], places: &[Place], starts: &[Place]) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut around = places.iter().peekable();
    for (index, start) in starts.iter().enumerate() {
        // Both run in the order of the text.
        while around.next_if(|place| (place.line, place.range.end) <= (start.line, start.range.start)).is_some() {}
        let next = starts.get(index + 1).filter(|next| next.line == start.line).map(|next| next.range.start);
        let end = around.peek().filter(|place| place.line == start.line).map(|place| place.range.end);
        spans.push(lines[start.line].span(start.range.start..next.or(end).unwrap_or(start.range.end).max(start.range.end)));
    }
    spans
}
