//! A page saved with its pictures as one file (MHTML, RFC 2557), as Word and WPS do under the name `.doc`: its first part of HTML.

use encoding_rs::mem::decode_latin1;

use super::Nested;
use crate::model::{Document, Snapshot, Unreadable};

const PARTS_MAX: usize = 1000;
/// Multiparts in multiparts, and such files in ZIPs.
const DEPTH_MAX: usize = 4;

/// # Errors
/// [`Unreadable::NoBody`] without a part of HTML, and what the page's reader says.
pub fn read(snapshot: &Snapshot, depth: usize, nested: Nested<'_>) -> Result<Document, Unreadable> {
    let none = || Unreadable::NoBody { saw: "an MHTML file without a page".to_owned() };
    if depth >= DEPTH_MAX {
        return Err(none());
    }
    let (content_type, body) = page(&snapshot.body, 0).ok_or_else(none)?;
    nested(&Snapshot::of_body(snapshot.url.clone(), Some(&content_type), body, snapshot.fetched_at))
}

/// The first part of HTML: its Content-Type and its bytes, decoded.
fn page(entity: &[u8], depth: usize) -> Option<(String, Vec<u8>)> {
    let (head, body) = split(entity);
    let content_type = header(&head, "content-type").unwrap_or_default();
    if content_type.to_ascii_lowercase().starts_with("text/html") {
        let encoding = header(&head, "content-transfer-encoding").unwrap_or_default().trim().to_ascii_lowercase();
        let decoded = match encoding.as_str() {
            "base64" => base64(body),
            "quoted-printable" => quoted_printable(body),
            _ => body.to_vec(),
        };
        return Some((content_type, decoded));
    }
    let boundary = content_type.split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    if depth >= DEPTH_MAX || boundary.is_empty() {
        return None;
    }
    let mark = format!("--{boundary}");
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(mark.as_bytes()) && starts.len() < PARTS_MAX {
            starts.push(at);
        }
        at += line.len();
    }
    starts.push(body.len());
    starts.windows(2).find_map(|pair| {
        let part = &body[pair[0]..pair[1]];
        let line = part.iter().position(|byte| *byte == b'\n')?;
        page(&part[line + 1..], depth + 1)
    })
}

fn split(entity: &[u8]) -> (String, &[u8]) {
    let mut at = 0;
    for line in entity.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if line.trim_ascii().is_empty() && at > line.len() {
            break;
        }
    }
    (decode_latin1(&entity[..at]).into_owned(), &entity[at..])
}

/// A field's value, with folded lines in one.
fn header(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines();
    let is_it = |line: &&str| line.split_once(':').is_some_and(|(known, _)| known.trim().eq_ignore_ascii_case(name));
    let mut value = lines.by_ref().find(is_it)?.split_once(':')?.1.trim().to_owned();
    for folded in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        value.push(' ');
        value.push_str(folded.trim());
    }
    Some(value)
}

fn base64(body: &[u8]) -> Vec<u8> {
    let (mut decoded, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for byte in body {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => break,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held & 0xff) as u8);
        }
    }
    decoded
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'=' {
            decoded.push(*byte);
            continue;
        }
        if let Some(after) = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")) {
            rest = after;
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                rest = &rest[2..];
            }
            None => decoded.push(b'='),
        }
    }
    decoded
}
