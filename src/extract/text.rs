//! Plain text to a [`Document`]: a line is a paragraph; the first may be the title, the next the info line.

use super::html::plain;
use crate::model::{Block, Document, Page, Unreadable};

/// Reads a text file.
///
/// # Errors
/// [`Unreadable::NoBody`] where it holds no line, or only a title.
pub fn read(page: &Page) -> Result<Document, Unreadable> {
    let mut lines: Vec<String> = page.text.lines().map(plain::tidy).filter(|line| !line.is_empty()).collect();
    let title = lines.first().filter(|first| lines.len() > 1 && is_title(first)).cloned();
    if title.is_some() {
        lines.remove(0);
    }
    let info = lines.first().filter(|line| plain::is_info(line)).map(|line| plain::read(std::slice::from_ref(line)));
    if info.is_some() {
        lines.remove(0);
    }
    while lines.last().is_some_and(|line| plain::is_tail_noise(line)) {
        lines.pop();
    }
    if lines.is_empty() {
        return Err(Unreadable::NoBody { saw: format!("{} bytes of text without a paragraph", page.text.len()) });
    }
    let info = info.unwrap_or_default();
    Ok(Document {
        title,
        published: info.published,
        source: info.source,
        blocks: lines.into_iter().map(Block::Paragraph).collect(),
        doubts: super::doubts_of(page),
        ..Document::default()
    })
}

/// A title is short and no sentence.
fn is_title(line: &str) -> bool {
    line.chars().count() <= 80 && !line.ends_with(['\u{3002}', '\u{ff1b}', ';', ':', '\u{ff1a}'])
}
