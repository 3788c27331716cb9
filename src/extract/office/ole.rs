//! The streams of an OLE compound file (MS-CFB): DOC, WPS, XLS, ET, and files encrypted with a password.

use std::io::{Cursor, Read as _};

use cfb::CompoundFile;

use super::shape::Draft;
use super::{doc, xls};
use crate::model::Unreadable;

/// Of one stream. The largest DOC seen, full of pictures, has 40 MB.
const STREAM_BYTES_MAX: u64 = 256 << 20;

/// Reads by the streams that are in it.
///
/// # Errors
/// [`Unreadable::Encrypted`], [`Unreadable::Format`] for what is no text or table, [`Unreadable::Damaged`].
pub fn read(bytes: &[u8]) -> Result<Draft, Unreadable> {
    let mut file =
        CompoundFile::open(Cursor::new(bytes)).map_err(|_| Unreadable::Damaged { what: "its OLE directory cannot be read".to_owned() })?;
    if file.is_stream("/EncryptedPackage") {
        return Err(Unreadable::Encrypted);
    }
    if let Some(word) = stream(&mut file, "WordDocument") {
        let file = std::cell::RefCell::new(file);
        return doc::read(&word, |name| stream(&mut file.borrow_mut(), name));
    }
    if let Some(book) = stream(&mut file, "Workbook").or_else(|| stream(&mut file, "Book")) {
        return xls::read(&book);
    }
    let format = if file.is_stream("/PowerPoint Document") { "ppt" } else { "an OLE file that is neither DOC nor XLS" };
    Err(Unreadable::Format { format: format.to_owned() })
}

/// A stream as far as it can be read; `None` where there is none of that name.
fn stream(file: &mut CompoundFile<Cursor<&[u8]>>, name: &str) -> Option<Vec<u8>> {
    let stream = file.open_stream(format!("/{name}")).ok()?;
    let mut bytes = Vec::new();
    // What stands before a damaged sector is still read.
    let _ = stream.take(STREAM_BYTES_MAX).read_to_end(&mut bytes);
    Some(bytes)
}
