//! A value and its key to the bytes of a row, and back.
//!
//! A row is `format (1 byte), form (1), CRC-32 (4), payload`; the checksum covers the table and the key too, so that
//! damage, or a row in the wrong place, is named and never read as something else. Never touches the disk.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{Result, errors};
use crate::model::{NoticeId, SnapshotId, SourceId};

/// Raised when rows of an older release can no longer be read as they are.
const FORMAT: u8 = 1;
const HEAD_BYTES: usize = 6;

/// A tree of sled; what stands in which is the table in `sled.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    State,
    Notices,
    Versions,
    Snapshots,
    Changes,
    Deliveries,
    Index,
    Sketches,
}

impl Table {
    pub const ALL: [Self; 8] =
        [Self::State, Self::Notices, Self::Versions, Self::Snapshots, Self::Changes, Self::Deliveries, Self::Index, Self::Sketches];

    pub fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Notices => "notices",
            Self::Versions => "versions",
            Self::Snapshots => "snapshots",
            Self::Changes => "changes",
            Self::Deliveries => "deliveries",
            Self::Index => "index",
            Self::Sketches => "sketches",
        }
    }
}

/// How a payload is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Json,
    /// See `texts.rs`.
    Whole,
    Delta,
}

pub fn seal(table: Table, key: &[u8], form: Form, payload: &[u8]) -> Vec<u8> {
    let form = match form {
        Form::Json => 0,
        Form::Whole => 1,
        Form::Delta => 2,
    };
    let mut row = Vec::with_capacity(HEAD_BYTES + payload.len());
    row.extend([FORMAT, form]);
    row.extend(checksum(table, key, form, payload).to_be_bytes());
    row.extend_from_slice(payload);
    row
}

/// # Errors
/// Damaged, with the row's name, when it is not what was written under this key, or by a newer release.
pub fn unseal<'a>(table: Table, key: &[u8], row: &'a [u8]) -> Result<(Form, &'a [u8])> {
    let Some((head, payload)) = row.split_at_checked(HEAD_BYTES) else { return Err(spoilt(table, key, "it is cut short")) };
    if head[0] > FORMAT {
        return Err(spoilt(table, key, "a newer release wrote it"));
    }
    if head[0] != FORMAT || head[2..] != checksum(table, key, head[1], payload).to_be_bytes() {
        return Err(spoilt(table, key, "it does not match its checksum"));
    }
    let form = match head[1] {
        0 => Form::Json,
        1 => Form::Whole,
        2 => Form::Delta,
        _ => return Err(spoilt(table, key, "a newer release wrote it")),
    };
    Ok((form, payload))
}

/// By which the next change holds on to this one: SHA-256 of the whole row, in hexadecimal digits.
pub(super) fn link(row: &[u8]) -> String {
    Sha256::digest(row).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn to_json<T: Serialize>(table: Table, key: &[u8], value: &T) -> Result<Vec<u8>> {
    let payload = serde_json::to_vec(value).map_err(|error| errors::other(format!("{}: {error}", name(table, key))))?;
    Ok(seal(table, key, Form::Json, &payload))
}

pub fn from_json<T: DeserializeOwned>(table: Table, key: &[u8], row: &[u8]) -> Result<T> {
    match unseal(table, key, row)? {
        (Form::Json, payload) => serde_json::from_slice(payload).map_err(|error| spoilt(table, key, &error.to_string())),
        _ => Err(spoilt(table, key, "it is of another kind")),
    }
}

pub(super) fn spoilt(table: Table, key: &[u8], why: &str) -> super::StoreError {
    errors::damaged(format!("{}: {why}", name(table, key)))
}

/// `versions/7K3Q9M2D\0\0\0\u{1}`, with what is not printable escaped.
fn name(table: Table, key: &[u8]) -> String {
    format!("record {}/{}", table.name(), key.escape_ascii())
}

fn checksum(table: Table, key: &[u8], form: u8, payload: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(table.name().as_bytes());
    sum.update(&(key.len() as u64).to_be_bytes());
    sum.update(key);
    sum.update(&[form]);
    sum.update(payload);
    sum.sum()
}

/// Keys. Integers are big-endian, so that rows stand in the order of their numbers.
pub(super) mod key {
    use super::*;

    pub(in super::super) const STATE: &[u8] = b"state";
    pub(in super::super) const WARC: &[u8] = b"warc/";
    pub(in super::super) const HEALTH: &[u8] = b"health/";
    pub(in super::super) const CURSOR: &[u8] = b"cursor/";
    pub(in super::super) const REMINDER: &[u8] = b"reminder/";

    pub(in super::super) fn health(source: &SourceId) -> Vec<u8> {
        [HEALTH, source.0.as_bytes()].concat()
    }

    pub(in super::super) fn cursor(name: &str) -> Vec<u8> {
        [CURSOR, name.as_bytes()].concat()
    }

    pub(in super::super) fn reminder(subscriber: &str, name: &str) -> Vec<u8> {
        [REMINDER, subscriber.as_bytes(), b"\0", name.as_bytes()].concat()
    }

    pub(in super::super) fn warc(file: u32) -> Vec<u8> {
        [WARC, &file.to_be_bytes()].concat()
    }

    pub(in super::super) fn version(notice: &NoticeId, number: u32) -> Vec<u8> {
        [notice.0.as_bytes(), b"/", &number.to_be_bytes()].concat()
    }

    /// The digest's 32 bytes; of an id that is no digest, its letters.
    pub(in super::super) fn snapshot(id: &SnapshotId) -> Vec<u8> {
        let digits: Option<Vec<u8>> = id.0.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
        match digits {
            Some(digits) if digits.len() == 64 => digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect(),
            _ => id.0.as_bytes().to_vec(),
        }
    }

    pub(in super::super) const FORGOTTEN: &[u8] = b"forgotten/";
    pub(in super::super) const DOOMED: &[u8] = b"doomed/";

    pub(in super::super) fn forgotten_notice(notice: &NoticeId) -> Vec<u8> {
        [FORGOTTEN, b"notice/", notice.0.as_bytes()].concat()
    }

    pub(in super::super) fn forgotten_page(id: &SnapshotId) -> Vec<u8> {
        [FORGOTTEN, b"page/", &snapshot(id)].concat()
    }

    pub(in super::super) fn forgotten_address(url: &Url) -> Vec<u8> {
        [FORGOTTEN, &address(url)].concat()
    }

    pub(in super::super) fn forgotten_words(words: u64) -> Vec<u8> {
        [FORGOTTEN, &fingerprint(words)].concat()
    }

    pub(in super::super) const PRUNED: &[u8] = b"pruned/";

    pub(in super::super) fn pruned_notice(notice: &NoticeId) -> Vec<u8> {
        [PRUNED, b"notice/", notice.0.as_bytes()].concat()
    }

    pub(in super::super) fn pruned_page(id: &SnapshotId) -> Vec<u8> {
        [PRUNED, b"page/", &snapshot(id)].concat()
    }

    pub(in super::super) fn pruned_versions(notice: &NoticeId) -> Vec<u8> {
        [PRUNED, b"version/", notice.0.as_bytes(), b"/"].concat()
    }

    pub(in super::super) fn pruned_version(notice: &NoticeId, number: u32) -> Vec<u8> {
        [&pruned_versions(notice)[..], &number.to_be_bytes()].concat()
    }

    /// A WARC file that nothing names any more and that is to be deleted.
    pub(in super::super) fn doomed(file: u32) -> Vec<u8> {
        [DOOMED, &file.to_be_bytes()].concat()
    }

    pub(in super::super) const ADDRESS: &[u8] = b"address/";
    pub(in super::super) const SOURCE: &[u8] = b"source/";
    pub(in super::super) const WORDS: &[u8] = b"words/";

    pub(in super::super) fn address(url: &Url) -> Vec<u8> {
        [ADDRESS, &Sha256::digest(url.as_str().as_bytes())[..16]].concat()
    }

    pub(in super::super) fn source(source: &SourceId) -> Vec<u8> {
        [SOURCE, source.0.as_bytes(), b"\0"].concat()
    }

    pub(in super::super) fn fingerprint(fingerprint: u64) -> Vec<u8> {
        [WORDS, &fingerprint.to_be_bytes()].concat()
    }

    pub(in super::super) fn body(body: &str) -> Vec<u8> {
        [b"body/", body.as_bytes(), b"\0"].concat()
    }

    pub(in super::super) fn changes_of(notice: &NoticeId) -> Vec<u8> {
        [b"change/", notice.0.as_bytes(), b"\0"].concat()
    }

    pub(in super::super) const PENDING: &[u8] = b"pending/";
    pub(in super::super) const DELIVERY: &[u8] = b"delivery/";

    /// By time of creation, then by id.
    pub(in super::super) fn by_time(kind: &[u8], at: Timestamp, id: &str) -> Vec<u8> {
        // The sign bit is turned so that times before 1970 sort before those after it.
        let nanoseconds = (at.as_nanosecond() as u128) ^ (1 << 127);
        [kind, &nanoseconds.to_be_bytes(), id.as_bytes()].concat()
    }

    /// `part` first, so that one part of all sketches is read in one go.
    pub(in super::super) fn sketch(part: u8, notice: &[u8]) -> Vec<u8> {
        [&[part], notice, b"/"].concat()
    }

    pub(in super::super) const TIME_BYTES: usize = 16;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(table: Table, key: &[u8], row: &[u8], readable: bool) {
        assert_eq!(unseal(table, key, row).is_ok(), readable, "{table:?} {key:?} {row:?}");
    }

    #[test]
    fn a_row_is_read_only_where_it_was_written_and_as_it_was_written() {
        let row = seal(Table::Changes, b"1", Form::Json, b"{}");
        check(Table::Changes, b"1", &row, true);
        check(Table::Changes, b"2", &row, false);
        check(Table::Index, b"1", &row, false);
        check(Table::Changes, b"1", &row[..5], false);
        for at in 0..row.len() {
            for bit in 0..8 {
                let mut flipped = row.clone();
                flipped[at] ^= 1 << bit;
                check(Table::Changes, b"1", &flipped, false);
            }
        }
    }

    #[test]
    fn times_sort_as_they_follow_one_another() {
        let times = ["-009999-01-02T01:59:59Z", "1969-12-31T23:59:59.999999999Z", "1970-01-01T00:00:00Z", "2026-11-22T00:00:00Z"];
        let keys: Vec<_> = times.iter().map(|time| key::by_time(key::PENDING, time.parse().unwrap(), "")).collect();
        assert!(keys.is_sorted(), "{keys:?}");
    }
}
