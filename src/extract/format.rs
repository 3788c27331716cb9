//! What format a body is in: by its first bytes, then by what the server says it is.

use super::office::Kind;
use crate::model::Snapshot;

/// The formats that can be read, and the rest by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    Html,
    Text,
    Pdf,
    Office(Kind),
    /// Named as a person would: `pdf`, `zip`, `image/png`.
    Unknown(String),
}

impl Format {
    /// First bytes weigh more than the header: attachments are often served as `application/octet-stream` or even `text/html`.
    pub fn of(snapshot: &Snapshot) -> Self {
        if is_pdf(&snapshot.body) {
            return Self::Pdf;
        }
        if let Some(kind) = Kind::of(&snapshot.body) {
            return Self::Office(kind);
        }
        if let Some(name) = by_magic(&snapshot.body) {
            return Self::Unknown(name.to_owned());
        }
        let named = snapshot.content_type().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match named.as_str() {
            "text/html" | "application/xhtml+xml" => Self::Html,
            "text/plain" | "" | "application/octet-stream" if looks_binary(&snapshot.body) => Self::Unknown("binary data".to_owned()),
            "text/plain" | "" | "application/octet-stream" if looks_like_html(&snapshot.body) => Self::Html,
            "text/plain" | "application/octet-stream" => Self::Text,
            "" if snapshot.body.contains(&b'<') => Self::Html,
            "" => Self::Text,
            "text/xml" | "application/xml" if looks_like_html(&snapshot.body) => Self::Html,
            // Many sites hand out a page or a plain text under the name of a Word file.
            other if is_office_name(other) && looks_like_html(&snapshot.body) => Self::Html,
            other if is_office_name(other) && !looks_binary(&snapshot.body) && !snapshot.body.is_empty() => Self::Text,
            other => Self::Unknown(other.to_owned()),
        }
    }
}

fn is_office_name(named: &str) -> bool {
    matches!(named, "application/msword" | "application/rtf" | "application/wps-office.wps" | "application/kswps")
        || named.starts_with("application/vnd.ms-")
        || named.starts_with("application/vnd.openxmlformats-")
        || named.ends_with("/ofd")
}

/// Readers look for the mark among the first 1024 bytes (PDF 1.7, implementation note 13): some servers put a line before it.
fn is_pdf(body: &[u8]) -> bool {
    let head = &body[..body.len().min(1024)];
    head.starts_with(b"%PDF-") || (!looks_like_html(head) && head.windows(5).any(|window| window == b"%PDF-"))
}

fn by_magic(body: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 5] =
        [(b"Rar!\x1A\x07", "rar"), (b"7z\xBC\xAF\x27\x1C", "7z"), (b"\x89PNG\r\n", "png"), (b"\xFF\xD8\xFF", "jpeg"), (b"GIF8", "gif")];
    MAGIC.iter().find(|(magic, _)| body.starts_with(magic)).map(|(_, name)| *name)
}

/// Zero bytes never stand in text, but in UTF-16, which then has a byte order mark.
fn looks_binary(body: &[u8]) -> bool {
    let head = &body[..body.len().min(1024)];
    head.contains(&0) && !head.starts_with(b"\xFF\xFE") && !head.starts_with(b"\xFE\xFF")
}

fn looks_like_html(body: &[u8]) -> bool {
    let head = body[..body.len().min(1024)].to_ascii_lowercase();
    [b"<!doctype html".as_slice(), b"<html", b"<head", b"<body", b"<meta", b"<div", b"<p>"]
        .iter()
        .any(|mark| head.windows(mark.len()).any(|window| window == *mark))
}

#[cfg(test)]
mod tests {
    use super::{Format, Kind};
    use crate::model::Snapshot;

    #[track_caller]
    fn check(content_type: Option<&str>, body: &[u8], expected: Format) {
        let url = "http://example.org/".parse().unwrap();
        let snapshot = Snapshot::of_body(url, content_type, body.to_vec(), jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(Format::of(&snapshot), expected, "{content_type:?} {}", String::from_utf8_lossy(body));
    }

    fn unknown(name: &str) -> Format {
        Format::Unknown(name.to_owned())
    }

    #[test]
    fn first_bytes_beat_the_header() {
        check(Some("text/html"), b"%PDF-1.4", Format::Pdf);
        check(Some("application/octet-stream"), b"\r\n\xEF\xBB\xBF%PDF-1.7\n", Format::Pdf);
        check(Some("text/html"), b"<html><p>%PDF-1.4 is the first line</p>", Format::Html);
        check(Some("text/html; charset=utf-8"), b"PK\x03\x04...", Format::Office(Kind::Zip));
        check(Some("text/plain"), b"{\\rtf1 a}", Format::Office(Kind::Rtf));
        check(None, b"<?xml version='1.0'?>\n<?mso-application progid=\"Word.Document\"?><w:wordDocument/>", Format::Office(Kind::WordXml));
        check(Some("application/msword"), b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>", Format::Office(Kind::Mime));
        check(Some("application/msword"), b"<html xmlns:o='urn:schemas-microsoft-com:office:office'>", Format::Html);
        check(Some("application/msword"), "通报".as_bytes(), Format::Text);
        check(Some("application/msword"), b"Rar!\x1A\x07\x00", unknown("rar"));
        check(Some("text/plain"), b"<!DOCTYPE html><html>", Format::Html);
        check(None, b"\0\x01\x02", unknown("binary data"));
    }

    #[test]
    fn the_header_decides_where_bytes_say_nothing() {
        check(Some("text/html; charset=gbk"), b"", Format::Html);
        check(Some("text/plain; charset=gbk"), "通报\n一、".as_bytes(), Format::Text);
        check(Some("application/json"), b"{}", unknown("application/json"));
        check(None, "<b>通报</b>".as_bytes(), Format::Html);
        check(None, "通报".as_bytes(), Format::Text);
    }
}
