//! Versions as they lie in the store: GB 18030, zstd, and of most of them only the difference from an earlier one.
//!
//! Versions 1, 9, 17 … of a notice are kept whole and the seven after each as a difference from that one, so that reading
//! any version undoes two compressions at most, and damage to one difference is the loss of that one alone.
//! GB 18030 holds Chinese in two bytes where UTF-8 needs three; compressed it is 14% smaller, and faster to compress.
//! A packed text is one byte that names its encoding and one zstd frame: `tail -c +2 | zstd -d | iconv -f gb18030`.

use std::borrow::Cow;
use std::io;

use encoding_rs::GB18030;

use super::batch::{Batch, Rows};
use super::row::{self, Form, Table, key};
use super::{Result, errors};
use crate::model::{NoticeId, Version};

/// How many versions share one that is kept whole.
const GROUP: u32 = 8;

/// Measured on real notices of 16 to 28 KB: 0.1 ms each; 9 would save 1% of the bytes at twice the time.
const LEVEL: i32 = 4;
/// Most of it is found in the other version at once, so that looking harder costs little.
const DELTA_LEVEL: i32 = 9;

/// How a packed text's first byte says it is encoded.
const UTF_8: u8 = 0;
const GB_18030: u8 = 1;

/// Refuses to unpack what no notice can be; the longest seen has 31 MB.
const RAW_BYTES_MAX: usize = 1 << 30;

/// Keeps the version; where it replaces one that others were kept as a difference from, these are written anew.
pub(super) fn put(batch: &mut Batch<'_>, version: &Version) -> Result<()> {
    let (notice, number) = (&version.id, version.number);
    let raw = serde_json::to_vec(version).map_err(|error| errors::other(format!("version {number} of {notice}: {error}")))?;
    let base = base_of(number);
    if base != number {
        let against = bytes(batch, notice, base)?;
        return put_bytes(batch, notice, number, &raw, against.as_deref());
    }
    let mut followers = Vec::new();
    for follower in number.saturating_add(1)..number.saturating_add(GROUP) {
        followers.extend(bytes(batch, notice, follower)?.map(|raw| (follower, raw)));
    }
    put_bytes(batch, notice, number, &raw, None)?;
    for (follower, old) in followers {
        put_bytes(batch, notice, follower, &old, Some(&raw))?;
    }
    Ok(())
}

pub(super) fn get(rows: &impl Rows, notice: &NoticeId, number: u32) -> Result<Option<Version>> {
    let Some(raw) = bytes(rows, notice, number)? else { return Ok(None) };
    let key = key::version(notice, number);
    serde_json::from_slice(&raw).map(Some).map_err(|error| row::spoilt(Table::Versions, &key, &error.to_string()))
}

pub(super) fn is_kept(rows: &impl Rows, notice: &NoticeId, number: u32) -> Result<bool> {
    Ok(rows.pieces(Table::Versions, &key::version(notice, number))?.is_some())
}

/// A text that stands for itself: a delivery's message.
pub(super) fn pack(raw: &[u8]) -> Result<Vec<u8>> {
    squeeze(raw, &[]).map_err(|error| errors::other(error.to_string()))
}

pub(super) fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    swell(packed, &[])
}

fn base_of(number: u32) -> u32 {
    number - number.saturating_sub(1) % GROUP
}

fn put_bytes(batch: &mut Batch<'_>, notice: &NoticeId, number: u32, raw: &[u8], base: Option<&[u8]>) -> Result<()> {
    let key = key::version(notice, number);
    let failed = |error: io::Error| errors::other(format!("version {number} of {notice} cannot be compressed: {error}"));
    let (form, payload) = match base {
        None => (Form::Whole, squeeze(raw, &[]).map_err(failed)?),
        // The checksum of what it is a difference from, lest it ever be undone against something else.
        Some(base) => (Form::Delta, [&checksum(base).to_be_bytes()[..], &squeeze(raw, base).map_err(failed)?].concat()),
    };
    batch.put_pieces(Table::Versions, &key, &row::seal(Table::Versions, &key, form, &payload))
}

fn bytes(rows: &impl Rows, notice: &NoticeId, number: u32) -> Result<Option<Vec<u8>>> {
    let key = key::version(notice, number);
    let Some(sealed) = rows.pieces(Table::Versions, &key)? else { return Ok(None) };
    let spoilt = |why: &str| row::spoilt(Table::Versions, &key, why);
    let unsqueezed = match row::unseal(Table::Versions, &key, &sealed)? {
        (Form::Whole, packed) => swell(packed, &[]),
        (Form::Delta, payload) => {
            let Some((sum, packed)) = payload.split_first_chunk::<4>() else { return Err(spoilt("it is cut short")) };
            let base = match base_of(number) {
                base if base < number => bytes(rows, notice, base)?,
                _ => None,
            };
            let base = base.ok_or_else(|| spoilt("the version that it is kept as a difference from is missing"))?;
            if checksum(&base).to_be_bytes() != *sum {
                return Err(spoilt("the version that it is kept as a difference from is another one"));
            }
            swell(packed, &base)
        }
        (Form::Json, _) => return Err(spoilt("it is of another kind")),
    };
    unsqueezed.map(Some).map_err(|error| spoilt(&error.to_string()))
}

fn checksum(raw: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(raw);
    sum.sum()
}

fn squeeze(raw: &[u8], base: &[u8]) -> io::Result<Vec<u8>> {
    let level = if base.is_empty() { LEVEL } else { DELTA_LEVEL };
    let (encoding, text, base) = match (in_gb_18030(raw), in_gb_18030(base)) {
        (Some(text), Some(base)) => (GB_18030, Cow::Owned(text), Cow::Owned(base)),
        _ => (UTF_8, Cow::Borrowed(raw), Cow::Borrowed(base)),
    };
    let frame = zstd::bulk::Compressor::with_dictionary(level, &base)?.compress(&text)?;
    Ok([&[encoding], frame.as_slice()].concat())
}

fn swell(packed: &[u8], base: &[u8]) -> io::Result<Vec<u8>> {
    let unknown = || io::Error::new(io::ErrorKind::InvalidData, "its encoding is unknown");
    let (encoding, frame) = packed.split_first().ok_or_else(unknown)?;
    let unpack = |base: &[u8]| zstd::bulk::Decompressor::with_dictionary(base)?.decompress(frame, RAW_BYTES_MAX);
    match *encoding {
        UTF_8 => unpack(base),
        GB_18030 => Ok(from_gb_18030(&unpack(&in_gb_18030(base).ok_or_else(unknown)?)?).into_bytes()),
        _ => Err(unknown()),
    }
}

/// `None` for bytes that are no text, and for characters whose place in the standard is not the same in its editions of 2000,
/// 2005 and 2022 (private use, a few rare ones).
fn in_gb_18030(raw: &[u8]) -> Option<Vec<u8>> {
    let is_settled = |c| matches!(c, '\0'..='\u{9fa5}' | '\u{ff01}'..='\u{ff5e}') && c != '\u{1e3f}';
    let text = std::str::from_utf8(raw).ok().filter(|text| text.chars().all(is_settled))?;
    let (encoded, _, has_lost) = GB18030.encode(text);
    (!has_lost).then(|| encoded.into_owned())
}

fn from_gb_18030(encoded: &[u8]) -> String {
    GB18030.decode_without_bom_handling(encoded).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, base: &str) {
        let packed = squeeze(text.as_bytes(), base.as_bytes()).unwrap();
        assert_eq!(swell(&packed, base.as_bytes()).unwrap(), text.as_bytes(), "{text:?} on {base:?}");
    }

    #[test]
    fn every_character_comes_back() {
        let all: String = ('\0'..=char::MAX).collect();
        let settled: String = all.chars().filter(|c| in_gb_18030(c.to_string().as_bytes()).is_some()).collect();
        assert!(settled.chars().count() > 40_000);
        check(&all, "");
        check(&settled, "");
        check(&all, "整改情况通报");
        check("整改情况通报", &all);
        check("\u{e5e5}\u{e81e}\u{1e3f}", "\u{feff}整改");
        check("", "");
    }

    #[test]
    fn what_is_no_text_comes_back_too() {
        let packed = squeeze(&[0xff, 0, 0x80], &[]).unwrap();
        assert_eq!(swell(&packed, &[]).unwrap(), [0xff, 0, 0x80]);
    }

    #[test]
    fn every_eighth_version_is_whole() {
        assert_eq!([1, 2, 8, 9, 16, 17].map(base_of), [1, 1, 1, 9, 9, 17]);
    }
}
