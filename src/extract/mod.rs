//! Bytes to [`Document`], one file per format.
//!
//! Never looks at the site: two sites that serve the same bytes get the same document. The address only resolves links, and its
//! country helps to guess a charset that nothing else tells.
//! To add a format: one file with a `read`, one variant of [`Format`] and one arm in [`document`].

pub mod pdf;
pub mod plain;
mod charset;
mod format;
mod html;
mod info;
mod office;
mod text;
mod whole;

use crate::model::{Document, Furniture, Page, Rules, Snapshot, Unreadable};

pub use charset::decode;
use format::Format;
use pdf::PdfText;
pub use whole::{Gathered, whole};

/// Of our reading code. Raise it when stored snapshots would read differently; raising it never alarms anybody.
pub const REVISION: u32 = 3;

/// A page read, and what it can teach about its source's other pages.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    pub document: Document,
    /// Lines around the body, as [`Furniture::hash`] gives them.
    pub around: Vec<u32>,
}

/// Reads a snapshot; `rules.body` overrides where the body stands. PDF is a format that cannot be read.
///
/// # Errors
/// [`Unreadable`], with what was seen. A page without a body is never a document.
pub fn document(snapshot: &Snapshot, rules: &Rules) -> Result<Document, Unreadable> {
    document_with(snapshot, rules, &pdf::Unavailable)
}

/// The same where PDFs can be read, alone or inside of an archive.
///
/// # Errors
/// As [`document`], and what `pdf` says.
pub fn document_with(snapshot: &Snapshot, rules: &Rules, pdf: &dyn PdfText) -> Result<Document, Unreadable> {
    within(snapshot, rules, pdf, 0)
}

/// A file that lies in `depth` others.
fn within(snapshot: &Snapshot, rules: &Rules, pdf: &dyn PdfText, depth: usize) -> Result<Document, Unreadable> {
    match Format::of(snapshot) {
        Format::Html | Format::Text => Ok(reading(snapshot, &decode(snapshot), rules, &Furniture::default())?.document),
        Format::Pdf => pdf::read(&snapshot.body, pdf),
        Format::Office(kind) => office::read(kind, snapshot, depth, &|member| within(member, &Rules::default(), pdf, depth + 1)),
        Format::Unknown(format) => Err(Unreadable::Format { format }),
    }
}

/// Whether a snapshot is a page, whose readers are safe beside everything else, or of no format that is read at all.
/// Other files are read apart, by a process with limits.
pub fn is_page(snapshot: &Snapshot) -> bool {
    matches!(Format::of(snapshot), Format::Html | Format::Text | Format::Unknown(_))
}

/// The same for who has decoded the snapshot already and knows something of its source's pages.
///
/// # Errors
/// As [`document`].
pub fn reading(snapshot: &Snapshot, page: &Page, rules: &Rules, furniture: &Furniture) -> Result<Reading, Unreadable> {
    match Format::of(snapshot) {
        Format::Html => html::read(page, rules, furniture),
        Format::Text => Ok(Reading { document: text::read(page)?, around: Vec::new() }),
        Format::Pdf => Err(Unreadable::Format { format: "pdf".to_owned() }),
        Format::Office(_) => Ok(Reading { document: document(snapshot, rules)?, around: Vec::new() }),
        Format::Unknown(format) => Err(Unreadable::Format { format }),
    }
}

/// What makes a reading doubtful whatever the format: too many characters that had to be replaced.
fn doubts_of(page: &Page) -> Vec<String> {
    if page.replaced == 0 {
        return Vec::new();
    }
    let characters = page.text.chars().filter(|character| !character.is_ascii()).count();
    if page.replaced * 100 > characters {
        vec![format!("{} of {characters} characters could not be decoded as {}", page.replaced, page.charset)]
    } else {
        Vec::new()
    }
}
