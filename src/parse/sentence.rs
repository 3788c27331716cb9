//! Where sentences begin and end in a folded line. A sentence ends with 。 ! or ?, never with a semicolon.

use std::ops::Range;

pub(super) fn sentences(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = within.start;
    let mut characters = text[within.clone()].char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        if !matches!(character, '。' | '!' | '?') {
            continue;
        }
        let mut end = within.start + offset + character.len_utf8();
        while let Some(&(next, closer)) = characters.peek() {
            if !matches!(closer, '”' | '’' | ')' | ']' | '》') {
                break;
            }
            end = within.start + next + closer.len_utf8();
            characters.next();
        }
        found.push(start..end);
        start = end;
    }
    if start < within.end {
        found.push(start..within.end);
    }
    found
}

/// The first sentence without its full stop; a stop inside quotation marks or brackets ends nothing.
pub(super) fn first_clause(text: &str, within: Range<usize>) -> Range<usize> {
    let mut depth = 0i32;
    for (offset, character) in text[within.clone()].char_indices() {
        match character {
            '“' | '(' | '《' | '[' => depth += 1,
            '”' | ')' | '》' | ']' => depth = (depth - 1).max(0),
            '。' if depth == 0 => return within.start..within.start + offset,
            _ => {}
        }
    }
    within
}
