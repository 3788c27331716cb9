//! Rows in reading order to blocks: lines that were broken at the page's width become paragraphs again.
//!
//! Where a paragraph ends is told by the page, not by its words: a line with room for what begins the next one, an indent, a
//! wider gap, another size. Numbers of headings only support that.

use std::sync::LazyLock;

use regex::Regex;

use super::frame::Style;
use super::glyphs::is_wide;
use super::rows::{Row, units};
use super::tables;
use crate::model::Block;

/// A block and how it stands on the page.
pub(super) struct Placed {
    pub block: Block,
    /// In the middle of the page, or larger than the text.
    pub is_head: bool,
    pub em: f64,
    pub page: usize,
}

/// The blocks of a file.
pub(super) fn blocks(rows: &[Row]) -> Vec<Placed> {
    let style = Style::of(rows);
    let mut blocks: Vec<Placed> = Vec::new();
    let mut at = 0;
    let mut is_open = false;
    while at < rows.len() {
        if let Some(table) = tables::at(rows, at) {
            let (em, page) = (rows[at].em, rows[at].page);
            blocks.extend(table.rows.into_iter().map(|cells| Placed { block: Block::Row(cells), is_head: false, em, page }));
            (at, is_open) = (table.end, false);
            continue;
        }
        let row = &rows[at];
        let is_head = style.is_head(row);
        match blocks.last_mut().filter(|_| is_open && !begins(&style, &rows[at - 1], row)) {
            Some(Placed { block: Block::Paragraph(text) | Block::Heading(text), .. }) => append(text, &row.text()),
            _ => {
                let block = if is_head { Block::Heading(row.text()) } else { Block::Paragraph(row.text()) };
                blocks.push(Placed { block, is_head, em: row.em, page: row.page });
            }
        }
        (at, is_open) = (at + 1, true);
    }
    blocks
}

/// Whether a row begins a paragraph, by the row before it.
fn begins(style: &Style, before: &Row, row: &Row) -> bool {
    let (was_head, is_head) = (style.is_head(before), style.is_head(row));
    if was_head || is_head {
        return !(was_head && is_head && is_wrapped_head(style, before, row));
    }
    if style.is_aside(before) || style.is_aside(row) || is_other_size(before, row) {
        return true;
    }
    let is_same_place = before.page == row.page && before.column == row.column;
    if style.is_indented && style.offset(row) >= Style::INDENT_MIN {
        return true;
    }
    if has_room(style, before, row) {
        return true;
    }
    if is_same_place && row.middle - before.middle > style.pitch * 1.1 + 1.5 {
        return true;
    }
    let ends = before.text().ends_with(['。', '；', '！', '？', '：', ';', ')', '）']);
    let has_no_other_sign = !style.is_indented && (!style.is_spaced || !is_same_place);
    has_no_other_sign && ends && NUMBER.is_match(&row.text())
}

/// A title of several lines: large, close together, of one size; or of the text's size and as wide as the page.
fn is_wrapped_head(style: &Style, before: &Row, row: &Row) -> bool {
    let is_close = before.page == row.page && row.middle - before.middle < 2.4 * row.em.max(style.em);
    let is_large = style.is_large(row);
    is_close && !is_other_size(before, row) && (is_large || style.room(before) < 4.0 * before.em)
}

fn is_other_size(before: &Row, row: &Row) -> bool {
    // Rows of a few characters, or without Chinese ones, do not tell their size well; stretched ones only by their height.
    let tells = |row: &Row| row.cells.iter().flat_map(|cell| cell.text.chars()).filter(|character| is_wide(*character)).count() >= 4;
    let differ = |a: f64, b: f64, share: f64| (a - b).abs() > share * a.max(b);
    tells(before) && tells(row) && differ(before.em, row.em, 0.12) && differ(before.height, row.height, 0.06)
}

/// Whether the line before had room for what begins this one: then its paragraph had ended.
fn has_room(style: &Style, before: &Row, row: &Row) -> bool {
    let (ending, text) = (before.text(), row.text());
    let gap = match (ending.chars().last(), text.chars().next()) {
        (Some(last), Some(first)) if is_wide(last) != is_wide(first) => 0.3,
        (Some(last), Some(first)) if !is_wide(last) && !is_wide(first) => 0.5,
        _ => 0.0,
    };
    let room = style.room(before) / before.em;
    let need = units(unbroken(&text)) + gap;
    room > need + 0.2 || (style.is_justified && room > 0.8)
}

/// What of a text's beginning typesetters keep on one line (after Unicode Annex 14, simplified): no break before a closing mark,
/// after an opening one, inside of words and numbers, beside a straight quotation mark.
fn unbroken(text: &str) -> &str {
    let mut before: Option<char> = None;
    for (at, character) in text.char_indices() {
        if let Some(before) = before {
            let is_word = |c: char| c.is_ascii_graphic() && c != '-' || "%‰℃".contains(c);
            let is_held = "，、。；：！？）》〉」』】〕〗］｝”’“‘…—·,.;:!?)]}%‰℃/-\"'~～".contains(character)
                || "（《〈「『【〔〖［｛“‘”’([{\"'—".contains(before)
                || (is_word(before) && is_word(character))
                || before == '-' && character.is_ascii_digit();
            if !is_held {
                return &text[..at];
            }
        }
        before = Some(character);
    }
    text
}

/// Adds a line to a paragraph. Words of letters are parted by a space; a hyphen at a line's end is one of the typesetter.
pub(super) fn append(paragraph: &mut String, line: &str) {
    let (last, first) = (paragraph.chars().last(), line.chars().next());
    let (Some(last), Some(first)) = (last, first) else {
        paragraph.push_str(line);
        return;
    };
    let hyphenated = last == '-' && first.is_ascii_lowercase() && paragraph.chars().rev().nth(1).is_some_and(|c| c.is_ascii_lowercase());
    if hyphenated {
        paragraph.pop();
    } else if is_latin(last) && is_latin(first) && !is_address(paragraph) && !(last.is_ascii_digit() && first.is_ascii_digit()) {
        paragraph.push(' ');
    }
    paragraph.push_str(line);
}

/// Whether a text ends within an address of mail or web, which lines are broken in anywhere.
fn is_address(text: &str) -> bool {
    let begin = text
        .rfind(|character: char| !character.is_ascii_graphic())
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let word = &text[begin..];
    word.contains('@') || word.contains("://") || word.contains("www.")
}

/// Of a language that parts words by spaces. Chinese texts with half-width marks have none after them.
fn is_latin(character: char) -> bool {
    character.is_alphanumeric() && !is_wide(character)
}

/// Begins of headings and items: 一、 （一） 1. (1) ① 一是 第一，
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:第?[一二三四五六七八九十]{1,3}[、.．，]|[（(][一二三四五六七八九十]{1,3}[)）]|[0-9]{1,3}[.．、)）](?:[^0-9]|20[0-9]{2}年)|[（(][0-9]{1,3}[)）]|[①-⑳]|第[一二三四五六七八九十]{1,3}[章节条部]|(?:问题|整改|反馈)[^，。；：:]{0,12}[:：])")
        .expect("the pattern is a constant that the tests compile")
});

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check_unbroken(text: &str, expected: &str) {
        assert_eq!(super::unbroken(text), expected, "in {text:?}");
    }

    #[test]
    fn what_no_line_is_broken_in_is_known() {
        check_unbroken("省委统一", "省");
        check_unbroken("署,2023年", "署,2023");
        check_unbroken("2023年", "2023");
        check_unbroken("（一）加强", "（一）");
        check_unbroken("导。一是", "导。");
        check_unbroken("\"两个确立\"、坚", "\"两");
    }

    #[track_caller]
    fn check_append(before: &str, line: &str, expected: &str) {
        let mut paragraph = before.to_owned();
        super::append(&mut paragraph, line);
        assert_eq!(paragraph, expected);
    }

    #[test]
    fn chinese_lines_are_joined_without_and_words_with_a_space() {
        check_append("整改情", "况如下", "整改情况如下");
        check_append("根据", "2023年", "根据2023年");
        check_append("the web", "page", "the web page");
        check_append("inter-", "national", "international");
        check_append("电子邮箱：apjyj@exam", "ple.org", "电子邮箱：apjyj@example.org");
        check_append("0595-2235", "5925", "0595-22355925");
        check_append("", "通报", "通报");
    }
}
