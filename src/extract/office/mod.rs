//! Files of office programs to a [`Document`]: DOCX, DOC and WPS, XLSX and XLS, OFD, RTF, Word's XML and MHTML, and ZIPs of files.
//!
//! A reader gives a [`Draft`](shape::Draft); [`shape::document`] makes the document of it. Nothing is executed, fetched or written; what a
//! file says of its own sizes is not believed. Encrypted files are named so.
//! To add a format: one file with a `read`, and an arm where [`read`], `of_zip` or `of_ole` tell formats apart.

mod container;
mod binary;
mod cells;
mod doc;
mod docx;
mod lists;
mod mime;
mod numerals;
mod ofd;
mod ole;
mod packed;
mod rows;
mod rtf;
mod shape;
mod sheet;
mod symbols;
mod xls;
mod xlsx;
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

/// Reads a file that lies in another one.
pub type Nested<'a> = &'a dyn Fn(&Snapshot) -> Result<Document, Unreadable>;

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

/// Reads a file that lies in `depth` others; `nested` reads a file that lies in it.
///
/// # Errors
/// [`Unreadable`]; the caller reports it and keeps what it knew.
pub fn read(kind: Kind, snapshot: &Snapshot, depth: usize, nested: Nested<'_>) -> Result<Document, Unreadable> {
    match kind {
        Kind::Zip => of_zip(snapshot, depth, nested),
        Kind::Ole => shape::document(ole::read(&snapshot.body)?),
        Kind::Rtf => shape::document(rtf::read(&snapshot.body)?),
        Kind::WordXml => shape::document(docx::read_flat(&snapshot.body)?),
        Kind::Mime => mime::read(snapshot, depth, nested),
    }
}

fn of_zip(snapshot: &Snapshot, depth: usize, nested: Nested<'_>) -> Result<Document, Unreadable> {
    let mut container = Container::open(&snapshot.body)?;
    let has_folder = |folder: &str| container.names().iter().any(|name| name.to_ascii_lowercase().starts_with(folder));
    if container.has("[Content_Types].xml") {
        if container.has("xl/workbook.xml") || has_folder("xl/") {
            return shape::document(xlsx::read(&mut container)?);
        }
        if has_folder("ppt/") {
            return Err(Unreadable::Format { format: "pptx".to_owned() });
        }
        return shape::document(docx::read(&mut container)?);
    }
    if container.has("OFD.xml") {
        return ofd::read(&mut container);
    }
    if let Some(format) = opendocument(&mut container) {
        return Err(Unreadable::Format { format });
    }
    packed::read(&mut container, snapshot, depth, nested)
}

/// The media type that an OpenDocument file names first.
fn opendocument(container: &mut Container<'_>) -> Option<String> {
    let named = container.part("mimetype").ok()??;
    let named = String::from_utf8_lossy(&named).trim().to_owned();
    named.starts_with("application/vnd.oasis.opendocument").then_some(named)
}
