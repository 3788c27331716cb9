//! The text of a PDF with its places on the pages to a [`Document`].
//!
//! Opens no PDF by itself: whoever calls hands in a [`PdfText`], which knows a program that does, or is [`Direct`].

mod bbox;
mod columns;
mod direct;
mod frame;
mod furniture;
mod glyphs;
mod ocr;
mod paragraphs;
mod rows;
mod tables;
mod title;

use super::html::plain::Info;
use super::info;
use crate::model::{Block, Document, Unreadable};
pub use direct::Direct;
use rows::Row;

/// Turns a PDF's bytes into text with places. Implemented where the programs are that can, away from this code.
pub trait PdfText {
    /// # Errors
    /// [`Unreadable`]: encrypted, damaged, a limit was hit, no program at hand. The caller reports it.
    fn text(&self, bytes: &[u8]) -> Result<Pages, Unreadable>;
}

/// Where no converter is at hand: a PDF is a format that cannot be read.
pub struct Unavailable;

impl PdfText for Unavailable {
    fn text(&self, _: &[u8]) -> Result<Pages, Unreadable> {
        Err(Unreadable::Format { format: "pdf".to_owned() })
    }
}

/// The text of a PDF, page by page, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pages {
    pub pages: Vec<Page>,
    /// What the converter thinks may be wrong.
    pub doubts: Vec<String>,
}

/// One page. Lengths are in points (1/72 inch), measured from the upper left corner.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    pub width: f64,
    pub height: f64,
    /// In the order that the converter takes for reading order.
    pub lines: Vec<Line>,
}

/// Words that stand side by side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    pub words: Vec<Word>,
}

/// Characters without white space between them, and the box around them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Word {
    pub text: String,
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Pages {
    /// Whether hardly a page has text: pictures of pages, perhaps with a stamp or a page number over them.
    pub fn is_scanned(&self) -> bool {
        let written = self.pages.iter().filter(|page| page.characters() >= PAGE_CHARACTERS_MIN).count();
        written * 3 < self.pages.len()
    }
}

impl Page {
    fn characters(&self) -> usize {
        self.lines.iter().flat_map(|line| &line.words).map(|word| word.text.chars().count()).sum()
    }
}

/// A page with fewer characters has no text of its own: its number, a stamp, a scanner's mark.
const PAGE_CHARACTERS_MIN: usize = 20;

/// Reads a PDF.
///
/// # Errors
/// [`Unreadable`], those of the converter among them; [`Unreadable::Scanned`] where pages are pictures.
pub fn read(bytes: &[u8], converter: &dyn PdfText) -> Result<Document, Unreadable> {
    document(&converter.text(bytes)?)
}

/// The text of pages as a document.
///
/// # Errors
/// [`Unreadable::Scanned`], [`Unreadable::NoBody`].
pub fn document(pages: &Pages) -> Result<Document, Unreadable> {
    if pages.is_scanned() {
        return Err(Unreadable::Scanned { pages: pages.pages.len() });
    }
    let mixed = rows::mixed_gap(&pages.pages);
    let mut rows: Vec<Vec<Row>> = pages.pages.iter().enumerate().map(|(number, page)| rows::of(page, number, mixed)).collect();
    furniture::remove(&pages.pages, &mut rows);
    let rows: Vec<Row> = rows.into_iter().flat_map(columns::in_order).collect();
    let (title, mut blocks) = title::apart(paragraphs::blocks(&rows));
    let Info { published, source, .. } = info::take(&mut blocks);
    if blocks.is_empty() {
        return Err(Unreadable::NoBody { saw: format!("{} pages of a PDF without a paragraph", pages.pages.len()) });
    }
    let doubts = doubts(pages, &blocks);
    Ok(Document { title, published, source, blocks, doubts, ..Document::default() })
}

/// Unknown characters are told of above one in so many.
const UNKNOWN_SHARE: usize = 500;

fn doubts(pages: &Pages, blocks: &[Block]) -> Vec<String> {
    let mut doubts = pages.doubts.clone();
    let (mut characters, mut unknown) = (0, 0);
    for block in blocks {
        characters += block.text().chars().count();
        unknown += block.text().chars().filter(|character| glyphs::is_unknown(*character)).count();
    }
    if unknown * UNKNOWN_SHARE > characters {
        doubts.push(format!("{unknown} of {characters} characters have no meaning outside of the PDF's own fonts"));
    }
    let empty = pages.pages.iter().filter(|page| page.characters() < PAGE_CHARACTERS_MIN).count();
    if empty > 0 {
        doubts.push(format!("{empty} of {} pages are pictures or empty", pages.pages.len()));
    }
    doubts
}
