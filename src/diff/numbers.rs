//! Blocks that begin with a number: headings, and blocks of which nothing but the number changed.

use super::blocks::Altered;
use super::words::{fold, words};
use crate::model::{Block, FieldChange};

/// A paragraph up to this many characters that begins with a number and does not end as a sentence is a heading.
const HEADING_MAX: usize = 60;
/// Numbers that are named where many changed.
const NAMED_MAX: usize = 6;

pub(super) fn is_heading(block: &Block) -> bool {
    match block {
        Block::Heading(_) => true,
        Block::Paragraph(text) => {
            let ends_as_sentence = text.chars().next_back().and_then(fold).is_some_and(|last| matches!(last, '。' | ';' | '!' | ','));
            numbered(text) && text.chars().count() <= HEADING_MAX && !ends_as_sentence
        }
        Block::Row(_) => false,
    }
}

/// The heading that a long paragraph begins with: `问题13:桥梁纽带作用发挥不充分。收集企业…`.
pub(super) fn opening(text: &str) -> Option<String> {
    let (opening, rest) = text.split_once(|c| matches!(fold(c), Some('。' | ';')))?;
    (!rest.is_empty() && opening.chars().count() <= HEADING_MAX && numbered(opening)).then(|| opening.to_owned())
}

fn numbered(text: &str) -> bool {
    const LONGER_THAN_A_NUMBER: usize = 12;
    number(&text.chars().filter_map(fold).take(LONGER_THAN_A_NUMBER).collect::<String>()).is_some()
}

/// Takes out the blocks of which only the number changed, where there are several: one line says so. A problem put in between renumbers
/// all that follow, and that is one thing to a reader.
pub(super) fn renumbered(altered: Vec<Altered>, before: &[Block], after: &[Block]) -> (Vec<Altered>, Option<FieldChange>) {
    let change = |altered: &Altered| match (altered.before.len(), altered.after.len()) {
        (1, 1) => only_number(&before[altered.before.start].text(), &after[altered.after.start].text()),
        _ => None,
    };
    let numbers: Vec<(String, String)> = altered.iter().filter_map(change).collect();
    if numbers.len() < 2 {
        return (altered, None);
    }
    let said = |numbers: Vec<&str>| {
        let rest = if numbers.len() > NAMED_MAX { format!("等 {} 处", numbers.len()) } else { String::new() };
        numbers.into_iter().take(NAMED_MAX).collect::<Vec<_>>().join("、") + &rest
    };
    let field = FieldChange {
        name: "numbering".to_owned(),
        label: "编号".to_owned(),
        before: Some(said(numbers.iter().map(|(old, _)| old.as_str()).collect())),
        after: Some(said(numbers.iter().map(|(_, new)| new.as_str()).collect())),
    };
    (altered.into_iter().filter(|altered| change(altered).is_none()).collect(), Some(field))
}

/// The old and the new number where the rest says the same.
fn only_number(before: &str, after: &str) -> Option<(String, String)> {
    let (before, after) = (words(before), words(after));
    let (old, old_rest) = number(&before)?;
    let (new, new_rest) = number(&after)?;
    let bare = |number: &str| number.trim_end_matches(['.', '、', ':']).to_owned();
    (old_rest == new_rest && !old_rest.is_empty() && old != new).then(|| (bare(old), bare(new)))
}

/// The number that folded text begins with, and the rest: 一、 (一) 1. 1、 (1) 问题1: 第一, do. Not 一是, which names a measure.
fn number(words: &str) -> Option<(&str, &str)> {
    let named = words.starts_with("问题") || words.starts_with('(');
    let inner = words.strip_prefix("问题").unwrap_or(words).trim_start_matches(['(', '第']);
    let digits: usize =
        inner.chars().take_while(|c| c.is_ascii_digit() || "一二三四五六七八九十百".contains(*c)).take(4).map(char::len_utf8).sum();
    let rest = &inner[digits..];
    let mark = rest.chars().next();
    let rest = match mark {
        // 6.94万元 begins with a figure, not with a number
        Some('.') if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => return None,
        Some('.' | '、' | ':' | ')') => rest.trim_start_matches(['.', '、', ':', ')']),
        None if named => rest,
        _ => return None,
    };
    (digits > 0).then(|| words.split_at(words.len() - rest.len()))
}

#[cfg(test)]
mod tests {
    use super::{number, only_number, opening};

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(number(text).map(|(number, _)| number), expected, "{text}");
    }

    #[test]
    fn headings_are_known_by_their_numbers() {
        check("一、加强领导", Some("一、"));
        check("(二)聚焦群众身边", Some("(二)"));
        check("3.关于推进商会建设效率低的问题", Some("3."));
        check("问题13:桥梁纽带作用", Some("问题13:"));
        check("一是提高政治站位", None);
        check("6.94万元已追缴", None);
        check("2024年9月11日", None);
        check("", None);
    }

    #[test]
    fn a_long_paragraph_may_begin_with_its_heading() {
        assert_eq!(opening("问题13:作用不充分。收集困难83个。").as_deref(), Some("问题13:作用不充分"));
        assert_eq!(opening("一是加强学习。二是"), None);
    }

    #[test]
    fn a_block_may_change_nothing_but_its_number() {
        assert_eq!(only_number("3.关于作风的问题", "4.关于作风的问题"), Some(("3".to_owned(), "4".to_owned())));
        assert_eq!(only_number("3.关于作风的问题", "4.关于学风的问题"), None);
        assert_eq!(only_number("共27条", "共28条"), None);
    }
}
