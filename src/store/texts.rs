//! Versions as they lie in the store: GB 18030, zstd, and of most of them only the difference from an earlier one.
//!
//! Versions 1, 9, 17 … of a notice are kept whole and the seven after each as a difference from that one, so that reading
//! any version undoes two compressions at most, and damage to one difference is the loss of that one alone.
//! GB 18030 holds Chinese in two bytes where UTF-8 needs three; compressed it is 14% smaller, and faster to compress.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
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

/// Refuses to unpack what no notice can be; the longest seen has 31 MB.
const RAW_BYTES_MAX: usize = 1 << 30;

/// A text as it is compressed: GB 18030 where that keeps every character, else UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Text {
    encoding: u8,
    bytes: Vec<u8>,
}

/// Keeps the version; where it replaces one that others were kept as a difference from, these are written anew.
pub(super) fn put(batch: &mut Batch<'_>, version: &Version) -> Result<()> {
    let (notice, number) = (&version.id, version.number);
    let raw = serde_json::to_string(version).map_err(|error| errors::other(format!("version {number} of {notice}: {error}")))?;
    let (text, base) = (Text::of_text(raw), base_of(number));
    if base != number {
        let against = text_of(batch, notice, base)?;
        return put_text(batch, notice, number, &text, against.as_ref());
    }
    let mut followers = Vec::new();
    for follower in number.saturating_add(1)..number.saturating_add(GROUP) {
        followers.extend(text_of(batch, notice, follower)?.map(|text| (follower, text)));
    }
    put_text(batch, notice, number, &text, None)?;
    for (follower, old) in followers {
        put_text(batch, notice, follower, &old, Some(&text))?;
    }
    Ok(())
}

/// Removes these versions, and returns those that were there; what was kept as a difference from one of them is kept whole.
pub(super) fn remove(batch: &mut Batch<'_>, notice: &NoticeId, numbers: &BTreeSet<u32>) -> Result<Vec<u32>> {
    let mut staying = BTreeMap::new();
    for base in numbers.iter().filter(|number| base_of(**number) == **number) {
        for follower in (base + 1..base.saturating_add(GROUP)).filter(|follower| !numbers.contains(follower)) {
            staying.extend(text_of(batch, notice, follower)?.map(|text| (follower, text)));
        }
    }
    let mut gone = Vec::new();
    for number in numbers {
        if is_kept(batch, notice, *number)? {
            batch.remove_pieces(Table::Versions, &key::version(notice, *number))?;
            gone.push(*number);
        }
    }
    for (follower, text) in staying {
        put_text(batch, notice, follower, &text, None)?;
    }
    Ok(gone)
}

pub(super) fn get(rows: &impl Rows, notice: &NoticeId, number: u32) -> Result<Option<Version>> {
    let Some(text) = text_of(rows, notice, number)? else { return Ok(None) };
    let key = key::version(notice, number);
    serde_json::from_slice(&text.into_raw()).map(Some).map_err(|error| row::spoilt(Table::Versions, &key, &error.to_string()))
}

pub(super) fn is_kept(rows: &impl Rows, notice: &NoticeId, number: u32) -> Result<bool> {
    rows.has_pieces(Table::Versions, &key::version(notice, number))
}

/// A text that stands for itself: a delivery's message.
pub(super) fn pack(raw: Vec<u8>) -> Result<Vec<u8>> {
    squeeze(&Text::of(raw), None).map_err(|error| errors::other(error.to_string()))
}

pub(super) fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    swell(packed, None).map(Text::into_raw)
}

fn base_of(number: u32) -> u32 {
    number - number.saturating_sub(1) % GROUP
}

fn put_text(batch: &mut Batch<'_>, notice: &NoticeId, number: u32, text: &Text, base: Option<&Text>) -> Result<()> {
    let key = key::version(notice, number);
    let squeezed = squeeze(text, base);
    let payload = squeezed.map_err(|error| errors::other(format!("version {number} of {notice} cannot be compressed: {error}")))?;
    let form = if base.is_some() { Form::Delta } else { Form::Whole };
    batch.put_pieces(Table::Versions, &key, &row::seal(Table::Versions, &key, form, &payload))
}

fn text_of(rows: &impl Rows, notice: &NoticeId, number: u32) -> Result<Option<Text>> {
    let key = key::version(notice, number);
    let Some(sealed) = rows.pieces(Table::Versions, &key)? else { return Ok(None) };
    let spoilt = |why: &str| row::spoilt(Table::Versions, &key, why);
    let (form, payload) = row::unseal(Table::Versions, &key, &sealed)?;
    let base = match (form, base_of(number)) {
        (Form::Whole, _) => None,
        (Form::Delta, base) if base < number => text_of(rows, notice, base)?,
        _ => return Err(spoilt("it is of another kind")),
    };
    if form == Form::Delta && base.is_none() {
        return Err(spoilt("the version that it is kept as a difference from is missing"));
    }
    swell(payload, base.as_ref()).map(Some).map_err(|error| spoilt(&error.to_string()))
}

const UTF_8: u8 = 0;
const GB_18030: u8 = 1;

impl Text {
    fn of(raw: Vec<u8>) -> Self {
        String::from_utf8(raw).map_or_else(|error| Self { encoding: UTF_8, bytes: error.into_bytes() }, Self::of_text)
    }

    fn of_text(text: String) -> Self {
        // Others have not the same place in the standard's editions of 2000, 2005 and 2022.
        let is_settled = |c| matches!(c, '\0'..='\u{9fa5}' | '\u{ff01}'..='\u{ff5e}') && c != '\u{1e3f}';
        if text.chars().all(is_settled)
            && let (encoded, _, false) = GB18030.encode(&text)
        {
            return Self { encoding: GB_18030, bytes: encoded.into_owned() };
        }
        Self { encoding: UTF_8, bytes: text.into_bytes() }
    }

    fn into_raw(self) -> Vec<u8> {
        match self.encoding {
            GB_18030 => GB18030.decode_without_bom_handling(&self.bytes).0.into_owned().into_bytes(),
            _ => self.bytes,
        }
    }

    fn in_encoding(&self, encoding: u8) -> Cow<'_, [u8]> {
        match self.encoding == encoding {
            true => Cow::Borrowed(&self.bytes),
            false => Cow::Owned(self.clone().into_raw()),
        }
    }
}

/// `encoding, zstd frame`; of a difference `encoding, CRC-32 of what it is a difference from, zstd frame`.
fn squeeze(text: &Text, base: Option<&Text>) -> io::Result<Vec<u8>> {
    let Some(base) = base else {
        let frame = zstd::bulk::Compressor::new(LEVEL)?.compress(&text.bytes)?;
        return Ok([&[text.encoding], frame.as_slice()].concat());
    };
    let encoding = if text.encoding == base.encoding { text.encoding } else { UTF_8 };
    let base = base.in_encoding(encoding);
    let frame = zstd::bulk::Compressor::with_dictionary(DELTA_LEVEL, &base)?.compress(&text.in_encoding(encoding))?;
    Ok([&[encoding], &checksum(&base)[..], &frame].concat())
}

fn swell(packed: &[u8], base: Option<&Text>) -> io::Result<Text> {
    let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let (encoding, packed) =
        packed.split_first().filter(|(encoding, _)| **encoding <= GB_18030).ok_or_else(|| invalid("its encoding is unknown"))?;
    let Some(base) = base else {
        let bytes = zstd::bulk::Decompressor::new()?.decompress(packed, RAW_BYTES_MAX)?;
        return Ok(Text { encoding: *encoding, bytes });
    };
    let (sum, frame) = packed.split_first_chunk::<4>().ok_or_else(|| invalid("it is cut short"))?;
    let base = base.in_encoding(*encoding);
    // Lest it ever be undone against something else than what it was made from.
    if checksum(&base) != *sum {
        return Err(invalid("the version that it is kept as a difference from is another one"));
    }
    let bytes = zstd::bulk::Decompressor::with_dictionary(&base)?.decompress(frame, RAW_BYTES_MAX)?;
    Ok(Text { encoding: *encoding, bytes })
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &[u8], base: Option<&[u8]>) {
        let base = base.map(|base| Text::of(base.to_vec()));
        let packed = squeeze(&Text::of(text.to_vec()), base.as_ref()).unwrap();
        assert_eq!(swell(&packed, base.as_ref()).unwrap().into_raw(), text, "{text:?} on {base:?}");
    }

    #[test]
    fn every_character_comes_back() {
        let all: String = ('\0'..=char::MAX).collect();
        let settled: String = all.chars().filter(|c| Text::of(c.to_string().into_bytes()).encoding == GB_18030).collect();
        assert!(settled.chars().count() > 40_000);
        check(all.as_bytes(), None);
        check(settled.as_bytes(), None);
        check(settled.as_bytes(), Some(all.as_bytes()));
        check("整改情况通报".as_bytes(), Some(all.as_bytes()));
        check(all.as_bytes(), Some("整改情况通报".as_bytes()));
        check("\u{e5e5}\u{e81e}\u{1e3f}".as_bytes(), Some("\u{feff}整改".as_bytes()));
    }

    #[test]
    fn what_is_empty_or_no_text_comes_back_too() {
        check(b"", None);
        check(b"", Some(b""));
        check(&[0xff, 0, 0x80], None);
        check(&[0xff, 0, 0x80], Some("整改".as_bytes()));
    }

    #[test]
    fn a_difference_is_not_undone_against_another_text() {
        let (one, other) = (Text::of("整改情况".into()), Text::of("巡察情况".into()));
        let packed = squeeze(&one, Some(&one)).unwrap();
        assert!(swell(&packed, Some(&other)).is_err());
    }

    #[test]
    fn every_eighth_version_is_whole() {
        assert_eq!([1, 2, 8, 9, 16, 17].map(base_of), [1, 1, 1, 9, 9, 17]);
    }
}
