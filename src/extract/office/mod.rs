//! Files of office programs to a [`Document`]: DOCX, DOC and WPS, XLSX and XLS, OFD, RTF, Word's XML and MHTML, and ZIPs of files.
//!
//! A reader gives a [`Draft`](shape::Draft); [`shape::document`] makes the document of it. Nothing is executed, fetched or written; what a
//! file says of its own sizes is not believed. Encrypted files are named so.
//! To add a format: one file with a `read`, and an arm where [`read`], `of_zip` or `of_ole` tell formats apart.

mod container;
mod binary;
mod doc;
mod docx;
mod lists;
mod numerals;
mod ole;
mod rows;
mod shape;
mod symbols;
mod xls;
mod xml;

use crate::model::{Document, Snapshot, Unreadable};
use container::Container;

/// What the first bytes tell; the rest is told by what is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// DOCX, XLSX, OFD, or files in a ZIP.
    Zip,
    /// OLE compound file: DOC, WPS, XLS, ET, or an encrypted DOCX.
    Ole,
    Rtf,
    /// Word 2003 XML or a flat OPC package.
    WordXml,
    /// A page with its pictures, saved as one file (MHTML), often named `.doc`.
    Mime,
}

const TRACKED: &str = "the file has tracked changes (修订); it is read as if all were accepted";

impl Kind {
    pub fn of(body: &[u8]) -> Option<Self> {
        let head = &body[..body.len().min(1024)];
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return Some(Self::Zip);
        }
        if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
            return Some(Self::Ole);
        }
        let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
        let has = |mark: &[u8]| text.windows(mark.len()).any(|window| window.eq_ignore_ascii_case(mark));
        if text.starts_with(b"{\\rtf") {
            Some(Self::Rtf)
        } else if text.starts_with(b"<?xml") && (has(b"<w:wordDocument") || has(b"<pkg:package") || has(b"progid=\"Word.Document\"")) {
            Some(Self::WordXml)
        } else if has(b"MIME-Version:") && has(b"Content-Type:") && !text.starts_with(b"<") {
            Some(Self::Mime)
        } else {
            None
        }
    }
}

/// Reads a file; `nested` reads a file that lies in it.
///
/// # Errors
/// [`Unreadable`]; the caller reports it and keeps what it knew.
pub fn read(kind: Kind, snapshot: &Snapshot, nested: &dyn Fn(&Snapshot) -> Result<Document, Unreadable>) -> Result<Document, Unreadable> {
    let _ = nested;
    match kind {
        Kind::Zip => of_zip(snapshot),
        Kind::Ole => shape::document(ole::read(&snapshot.body)?),
        Kind::WordXml => shape::document(docx::read_flat(&snapshot.body)?),
        _ => Err(Unreadable::Format { format: "x".to_owned() }),
    }
}

fn of_zip(snapshot: &Snapshot) -> Result<Document, Unreadable> {
    let mut container = Container::open(&snapshot.body)?;
    if container.has("word/document.xml") {
        return shape::document(docx::read(&mut container)?);
    }
    Err(Unreadable::Format { format: "zip".to_owned() })
}
