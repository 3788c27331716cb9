//! Readers of files: PDF's text with its places, office files, archives.
//!
//! A file that is a container of others is written here as text, so that mutations reach what is inside: parts, each after a
//! line `====name`. Bytes that do not begin so are taken as they are.

use std::io::{Cursor, Write as _};

use huitoukan::extract::pdf::{self, Direct, Pages, PdfText as _};

use super::sound;

/// What pdftotext writes with `-bbox-layout`.
pub fn pdf(bytes: &[u8]) {
    let pages = Pages::of_bbox(bytes);
    assert_eq!(pages, Pages::of_bbox(bytes), "taken twice");
    sound::same_twice(|| pdf::document(&pages), bytes.len());
    // The table of tesseract is read with the same bytes, as of a page of A4.
    let page = pdf::Page { width: 595.0, height: 842.0, lines: Vec::new() };
    let recognised = page.of_tesseract(&String::from_utf8_lossy(bytes), 200.0);
    let pages = Pages { pages: vec![recognised], doubts: Vec::new() };
    sound::same_twice(|| pdf::document(&pages), bytes.len());
}

/// A PDF itself, by our own reader.
pub fn direct(bytes: &[u8]) {
    let pages = Direct.text(bytes);
    assert_eq!(pages, Direct.text(bytes), "taken twice");
    let Ok(pages) = pages else { return };
    // Deflated: at best a thousandth of what is inside.
    sound::same_twice(|| pdf::document(&pages), bytes.len().saturating_mul(1_000));
}

pub fn docx(bytes: &[u8]) {
    let (file, length) = zipped(bytes, &[("[Content_Types].xml", b"<Types/>")]);
    sound::same_twice(|| open(&file), length);
}

pub fn xlsx(bytes: &[u8]) {
    let (file, length) = zipped(bytes, &[("[Content_Types].xml", b"<Types/>"), ("xl/_", b"")]);
    sound::same_twice(|| open(&file), length);
}

pub fn ofd(bytes: &[u8]) {
    let (file, length) = zipped(bytes, &[]);
    sound::same_twice(|| open(&file), length);
}

pub fn zip(bytes: &[u8]) {
    let (file, length) = zipped(bytes, &[]);
    sound::same_twice(|| open(&file), length);
}

pub fn doc(bytes: &[u8]) {
    let (file, length) = compound(bytes);
    sound::same_twice(|| open(&file), length);
}

pub fn xls(bytes: &[u8]) {
    let (file, length) = compound(bytes);
    sound::same_twice(|| open(&file), length);
}

pub fn rtf(bytes: &[u8]) {
    sound::file(Some("application/rtf"), bytes);
}

/// Word's flat XML and pages saved as one file.
pub fn mht(bytes: &[u8]) {
    sound::file(Some("application/msword"), bytes);
}

fn open(file: &[u8]) -> Result<huitoukan::model::Document, huitoukan::model::Unreadable> {
    huitoukan::extract::document(&sound::snapshot(Some("application/octet-stream"), file), &huitoukan::model::Rules::default())
}

/// A ZIP of the parts, not deflated, with those of `also` that are missing; and the length that its text is measured by.
fn zipped(bytes: &[u8], also: &[(&str, &[u8])]) -> (Vec<u8>, usize) {
    let Some(mut parts) = parts(bytes) else {
        // Deflated: at best a thousandth of what is inside.
        return (bytes.to_vec(), bytes.len().saturating_mul(1_000));
    };
    for (name, content) in also {
        if !parts.iter().any(|(known, _)| known == name) {
            parts.push(((*name).to_owned(), content));
        }
    }
    let mut file = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in parts {
        // A name that is there already is refused.
        if file.start_file(name, stored).is_ok() {
            file.write_all(content).expect("writing to memory does not fail");
        }
    }
    (file.finish().expect("writing to memory does not fail").into_inner(), bytes.len())
}

/// An OLE compound file of the parts as streams.
fn compound(bytes: &[u8]) -> (Vec<u8>, usize) {
    let Some(parts) = parts(bytes) else { return (bytes.to_vec(), bytes.len()) };
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("memory takes a file");
    for (name, content) in parts {
        // A name that OLE does not allow is left out; the writer itself minds only when it is too late.
        if name.encode_utf16().count() > OLE_NAME_MAX || name.contains(['/', '\\', ':', '!']) {
            continue;
        }
        if let Ok(mut stream) = file.create_stream(format!("/{name}")) {
            stream.write_all(content).expect("writing to memory does not fail");
        }
    }
    file.flush().expect("writing to memory does not fail");
    (file.into_inner().into_inner(), bytes.len())
}

/// UTF-16 units of a stream's name (MS-CFB, 2.6.1, which also names the four signs).
const OLE_NAME_MAX: usize = 31;

/// At most so many parts: the largest file in the corpora has fewer.
const PARTS_MAX: usize = 64;

pub fn parts(bytes: &[u8]) -> Option<Vec<(String, &[u8])>> {
    const MARK: &[u8] = b"====";
    let mut rest = bytes.strip_prefix(MARK)?;
    let mut parts = Vec::new();
    while parts.len() < PARTS_MAX {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { break };
        let name = String::from_utf8_lossy(&rest[..end]).into_owned();
        let content = &rest[end + 1..];
        let next = content.windows(MARK.len() + 1).position(|window| window[0] == b'\n' && window[1..] == *MARK);
        parts.push((name, &content[..next.unwrap_or(content.len())]));
        match next {
            Some(next) => rest = &content[next + 1 + MARK.len()..],
            None => break,
        }
    }
    Some(parts)
}
