//! What a reader of an office format found, paragraph by paragraph, to a [`Document`].
//!
//! Here white space becomes single, empty blocks go, and the title, the info line and the editor's remark are told from the
//! body, as in plain text.

use std::sync::LazyLock;

use regex::Regex;

use super::super::html::plain;
use super::super::info;
use crate::model::{Block, Document, Unreadable};

/// Titles are at most this many lines.
const TITLE_LINES_MAX: usize = 4;
const TITLE_CHARACTERS_MAX: usize = 80;
/// How many paragraphs may stand above the title: 附件1, a number (发文字号), an office's name.
const ABOVE_TITLE_MAX: usize = 3;

/// What stands in a file, in order.
#[derive(Debug, Default)]
pub struct Draft {
    pub pieces: Vec<Piece>,
    pub doubts: Vec<String>,
}

/// A paragraph or row as written, with what its format says of its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    pub block: Block,
    pub look: Look,
}

/// How a paragraph looks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Look {
    /// Its style is called title (标题).
    pub is_title: bool,
    /// 1 for the highest heading.
    pub heading: Option<u8>,
    pub is_centred: bool,
    /// Of its first characters, in half points; 0 where not known.
    pub size: u16,
}

impl Draft {
    pub fn push(&mut self, block: Block, look: Look) {
        self.pieces.push(Piece { block, look });
    }

    /// A doubt is told once, however often it arises.
    pub fn doubt(&mut self, doubt: impl Into<String>) {
        let doubt = doubt.into();
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }
}

/// # Errors
/// [`Unreadable::NoBody`] where nothing but a title stands.
pub fn document(draft: Draft) -> Result<Document, Unreadable> {
    let mut pieces: Vec<Piece> = draft.pieces.into_iter().filter_map(tidied).collect();
    let title = take_title(&mut pieces);
    let mut blocks = pieces.into_iter().map(|piece| piece.block).collect();
    let info = info::take(&mut blocks);
    if blocks.is_empty() {
        let saw = title.map_or_else(|| "a file without text".to_owned(), |title| format!("nothing but the title {title:?}"));
        return Err(Unreadable::NoBody { saw });
    }
    Ok(Document { title, published: info.published, source: info.source, blocks, doubts: draft.doubts, ..Document::default() })
}

fn tidied(piece: Piece) -> Option<Piece> {
    let block = match piece.block {
        Block::Paragraph(text) => Block::Paragraph(plain::tidy(&text)),
        Block::Heading(text) => Block::Heading(plain::tidy(&text)),
        Block::Row(cells) => Block::Row(cells.iter().map(|cell| plain::tidy(cell)).collect()),
    };
    (!block.text().is_empty()).then_some(Piece { block, ..piece })
}

/// The first paragraphs that look like a title: by their style, or centred, or the only top heading; where the format says
/// nothing of the kind, a first line that is short and no sentence, as in plain text.
fn take_title(pieces: &mut Vec<Piece>) -> Option<String> {
    let at = title_at(pieces)?;
    let look = pieces[at].look;
    let mut end = at + 1;
    while end < at + TITLE_LINES_MAX && goes_on(pieces.get(end), look) && !ends_title(&pieces[end - 1]) {
        end += 1;
    }
    if end == pieces.len() && at == 0 && end == 1 {
        return None;
    }
    let mut title = String::new();
    for piece in pieces.drain(at..end) {
        let text = piece.block.text();
        let between_words = title.ends_with(|c: char| c.is_ascii_alphanumeric()) && text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if between_words {
            title.push(' ');
        }
        title.push_str(&text);
    }
    Some(title)
}

fn title_at(pieces: &[Piece]) -> Option<usize> {
    let prose = pieces.iter().position(|piece| !is_short(piece)).unwrap_or(pieces.len());
    let head = &pieces[..prose.min(ABOVE_TITLE_MAX + 1).min(pieces.len())];
    let by_style = head.iter().position(|piece| piece.look.is_title);
    let largest = head.iter().filter(|piece| piece.look.is_centred && !is_above(piece)).map(|piece| piece.look.size).max();
    let by_place = || head.iter().position(|piece| piece.look.is_centred && Some(piece.look.size) == largest && !is_above(piece));
    let by_heading = || head.iter().position(|piece| piece.look.heading == Some(1) && !NUMBERED.is_match(&piece.block.text()));
    let by_line = || {
        let first = pieces.first().filter(|first| pieces.len() > 1 && is_short(first))?;
        (!NUMBERED.is_match(&first.block.text()) && !ABOVE.is_match(&first.block.text())).then_some(0)
    };
    by_style.or_else(by_place).or_else(by_heading).or_else(by_line)
}

/// The next line of a title looks as the line before it, and is no date or remark in brackets below it.
fn goes_on(next: Option<&Piece>, look: Look) -> bool {
    let Some(next) = next else { return false };
    let is_alike = next.look == look && (look.is_centred || look.is_title);
    is_alike && is_short(next) && !BELOW.is_match(&next.block.text()) && !NUMBERED.is_match(&next.block.text())
}

/// What a notice's title ends with; a line after it is something else.
fn ends_title(piece: &Piece) -> bool {
    ["通报", "报告", "公告", "公示", "通知", "函"].iter().any(|end| piece.block.text().ends_with(end))
}

fn is_short(piece: &Piece) -> bool {
    if matches!(piece.block, Block::Row(_)) {
        return false;
    }
    let text = piece.block.text();
    text.chars().count() <= TITLE_CHARACTERS_MAX && !text.ends_with(['。', '；', ';', ':', '：'])
}

fn is_above(piece: &Piece) -> bool {
    ABOVE.is_match(&piece.block.text())
}

static ABOVE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^附\s*件\s*[0-9一二三四五六七八九十]*\s*[:：]?$|[〔\[（(]\s*20\d\d\s*[〕\]）)]\s*\d+\s*号$"));
static BELOW: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[（(〔【].*[）)〕】]$|^(?:20|二[〇○零O０])\S{0,3}\s*年.*日$|[〕\]]\s*\d+\s*号$"));
static NUMBERED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十0-9]{1,3}[）)]|[0-9]{1,3}[.．、])"));

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}

#[cfg(test)]
mod tests {
    use super::{Draft, Look, document};
    use crate::model::Block;

    const CENTRED: Look = Look { is_title: false, heading: None, is_centred: true, size: 44 };

    #[track_caller]
    fn check(lines: &[(&str, Look)], title: Option<&str>, first: &str) {
        let mut draft = Draft::default();
        for (line, look) in lines {
            draft.push(Block::Paragraph((*line).to_owned()), *look);
        }
        let read = document(draft).unwrap();
        assert_eq!(read.title.as_deref(), title);
        assert_eq!(read.blocks[0].text(), first);
    }

    #[test]
    fn a_centred_title_of_two_lines_is_one() {
        let body = ("根据统一部署，现将整改情况予以公布。", Look::default());
        check(&[("中共某县委", CENTRED), ("关于巡察整改情况的通报", CENTRED), body], Some("中共某县委关于巡察整改情况的通报"), body.0);
        let remark = ("（2024年9月12日）", CENTRED);
        check(&[("关于巡察整改情况的通报", CENTRED), remark, body], Some("关于巡察整改情况的通报"), remark.0);
        check(&[("附件1", Look::default()), ("关于巡察整改情况的通报", CENTRED), body], Some("关于巡察整改情况的通报"), "附件1");
    }

    #[test]
    fn a_first_line_without_a_look_is_a_title_as_in_plain_text() {
        check(&[("整改情况通报", Look::default()), ("已完成。", Look::default())], Some("整改情况通报"), "已完成。");
        check(&[("一、总体情况", Look::default()), ("已完成。", Look::default())], None, "一、总体情况");
        check(&[("已完成。", Look::default()), ("未完成。", Look::default())], None, "已完成。");
    }
}
