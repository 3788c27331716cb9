//! A body's bytes to text: which charset they are really in, whatever the page says of itself.
//!
//! Evidence is weighed in this order: byte order mark; bytes that are strictly valid UTF-8; what the HTTP header, the page's
//! `meta` and its XML declaration name, as far as the bytes agree; detection. Every label of the GBK line is read as GB18030,
//! which holds them all. Never fails: what makes no sense is replaced and counted.

mod prescan;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use url::Host;

use crate::model::{Page, Snapshot};

/// Detection costs 200 ms a megabyte and is sure from 32 characters on.
const DETECTED_BYTES: usize = 64 * 1024;

/// Decodes a body by the charset it is really in.
pub fn decode(snapshot: &Snapshot) -> Page {
    let body = snapshot.body.as_slice();
    let (encoding, skipped) = match Encoding::for_bom(body) {
        Some((encoding, length)) => (encoding, length),
        None => (charset_of(body, snapshot.content_type(), snapshot.url.host()), 0),
    };
    let (text, _) = encoding.decode_without_bom_handling(&body[skipped..]);
    let replaced = count_replaced(&text);
    Page {
        url: snapshot.url.clone(),
        content_type: snapshot.content_type().map(str::to_owned),
        text: text.into_owned(),
        charset: name_of(encoding),
        replaced,
    }
}

/// The charset of a body without a byte order mark.
fn charset_of(body: &[u8], content_type: Option<&str>, host: Option<Host<&str>>) -> &'static Encoding {
    if body.is_ascii() && !body.contains(&0x1b) {
        return UTF_8;
    }
    if is_utf8(body) {
        return UTF_8;
    }
    let declared = [content_type.and_then(header_charset).and_then(|label| wide_in_header(label, body)), prescan::declared(body)];
    let multibyte = declared.iter().flatten().copied().filter(|encoding| !encoding.is_single_byte());
    if let Some(encoding) = multibyte.clone().find(|encoding| fits(encoding, body)) {
        return encoding;
    }
    // No other charset's bytes are UTF-8 by chance, so a damaged page in it is known by what is left whole.
    if is_mostly(UTF_8, body) {
        return UTF_8;
    }
    // A single-byte charset can never be wrong by its bytes, so it proves nothing: a server's default Latin-1 in front of
    // GBK bytes is as frequent as a real one. Detection decides between them.
    let detected = detect(body, host);
    let narrow = declared.iter().flatten().copied().find(|encoding| encoding.is_single_byte());
    if !detected.is_single_byte() && fits(detected, body) {
        return detected;
    }
    match narrow {
        Some(encoding) => encoding,
        None if detected.is_single_byte() => multibyte.clone().find(|encoding| is_mostly(encoding, body)).unwrap_or(detected),
        None => fewest_replaced(body, multibyte.chain([detected, UTF_8, GB18030])),
    }
}

/// Whether the bytes make sense in the encoding but for a fifth of its characters: a page that was damaged on its way is still
/// what it says it is, and no Latin text, which every byte can be.
fn is_mostly(encoding: &'static Encoding, body: &[u8]) -> bool {
    let (text, _) = encoding.decode_without_bom_handling(body);
    count_replaced(&text) * 5 <= text.chars().filter(|character| !character.is_ascii()).count()
}

/// Valid UTF-8 but for a last character that was cut off, or with so few bad bytes among so many good sequences
/// (a foreign fragment, a damaged byte) that no other charset can explain the good ones.
fn is_utf8(body: &[u8]) -> bool {
    let (mut sequences, mut bad) = (0usize, 0usize);
    let mut rest = body;
    loop {
        let (valid, length, cut) = match std::str::from_utf8(rest) {
            Ok(text) => (text, rest.len(), true),
            Err(error) => {
                let valid = std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap_or_default();
                (valid, error.valid_up_to() + error.error_len().unwrap_or(0), error.error_len().is_none())
            }
        };
        sequences += valid.chars().filter(|character| !character.is_ascii()).count();
        if cut {
            return if bad == 0 { sequences > 0 } else { sequences >= 20 && bad * 50 < sequences };
        }
        bad += 1;
        if bad > 50 && bad * 50 > sequences {
            return false;
        }
        rest = &rest[length..];
    }
}

/// The `charset` parameter of a Content-Type.
fn header_charset(content_type: &str) -> Option<&str> {
    let at = content_type.to_ascii_lowercase().find("charset")?;
    let value = content_type[at + "charset".len()..].trim_start().strip_prefix('=')?.trim_start();
    let value = value.strip_prefix(['"', '\'']).unwrap_or(value);
    value.split(|c: char| c == ';' || c == '"' || c == '\'' || c == ',' || c.is_whitespace()).next()
}

/// UTF-16 without a byte order mark is believed only where the bytes show its zero halves.
fn wide_in_header(label: &str, body: &[u8]) -> Option<&'static Encoding> {
    let encoding = by_label(label.as_bytes())?;
    let wide = encoding == UTF_16LE || encoding == UTF_16BE;
    (!wide || body.iter().take(1024).any(|byte| *byte == 0)).then_some(encoding)
}

/// The encoding that a label stands for, by the Encoding Standard and what sites write besides.
///
/// `cp936` and `windows-936` are no labels of the standard but are printed by sites built on old Windows servers.
fn by_label(label: &[u8]) -> Option<&'static Encoding> {
    let label = label.trim_ascii().to_ascii_lowercase();
    let encoding = match label.as_slice() {
        b"cp936" | b"windows-936" | b"ms936" | b"gbk2312" | b"gb-2312" | b"gb_18030" | b"gb-18030" => GB18030,
        b"utf8mb4" | b"utf-8;" => UTF_8,
        _ => Encoding::for_label_no_replacement(&label)?,
    };
    Some(if encoding == encoding_rs::GBK { GB18030 } else { encoding })
}

/// Whether the bytes make sense in the encoding: at most one in a thousand of its characters has to be replaced.
fn fits(encoding: &'static Encoding, body: &[u8]) -> bool {
    let (text, wrong) = encoding.decode_without_bom_handling(body);
    if !wrong {
        return true;
    }
    let foreign = text.chars().filter(|character| !character.is_ascii()).count();
    count_replaced(&text) <= 1.max(foreign / 1000)
}

fn fewest_replaced(body: &[u8], candidates: impl Iterator<Item = &'static Encoding>) -> &'static Encoding {
    candidates.min_by_key(|encoding| count_replaced(&encoding.decode_without_bom_handling(body).0)).unwrap_or(UTF_8)
}

fn count_replaced(text: &str) -> usize {
    text.matches(char::REPLACEMENT_CHARACTER).count()
}

fn detect(body: &[u8], host: Option<Host<&str>>) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    let start = body.iter().position(|byte| !byte.is_ascii()).unwrap_or(0).saturating_sub(16);
    let part = &body[start..body.len().min(start + DETECTED_BYTES)];
    detector.feed(part, true);
    let top_level = match host {
        Some(Host::Domain(name)) => name.trim_end_matches('.').rsplit('.').next().map(str::to_ascii_lowercase),
        _ => None,
    };
    let top_level = top_level.filter(|label| !label.is_empty() && label.is_ascii());
    let guess = detector.guess(top_level.as_deref().map(str::as_bytes), Utf8Detection::Allow);
    if guess == encoding_rs::GBK { GB18030 } else { guess }
}

/// By the Encoding Standard, in lower case.
fn name_of(encoding: &'static Encoding) -> &'static str {
    const WITH_CAPITALS: [&str; 25] = [
        "utf-8",
        "gb18030",
        "big5",
        "utf-16le",
        "utf-16be",
        "shift_jis",
        "euc-jp",
        "euc-kr",
        "iso-2022-jp",
        "ibm866",
        "iso-8859-2",
        "iso-8859-3",
        "iso-8859-4",
        "iso-8859-5",
        "iso-8859-6",
        "iso-8859-7",
        "iso-8859-8",
        "iso-8859-8-i",
        "iso-8859-10",
        "iso-8859-13",
        "iso-8859-14",
        "iso-8859-15",
        "iso-8859-16",
        "koi8-r",
        "koi8-u",
    ];
    let encoding = if encoding == encoding_rs::GBK { GB18030 } else { encoding };
    let name = encoding.name();
    WITH_CAPITALS.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name)
}

/// The encoding that the page's first bytes name, `windows-1252` where they name none (as html5lib's tests want it).
#[cfg(test)]
fn named(body: &[u8]) -> &'static Encoding {
    Encoding::for_bom(body).map(|(encoding, _)| encoding).or_else(|| prescan::declared(body)).unwrap_or(encoding_rs::WINDOWS_1252)
}

#[cfg(test)]
mod tests;
