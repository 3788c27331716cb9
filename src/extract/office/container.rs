//! A ZIP's bytes to its members, within limits on their number, sizes and ratios.
//!
//! Names are display text and keys, never paths. What is inflated is counted while it is inflated: what a ZIP says of its
//! sizes is not believed.

use std::cell::Cell;
use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use crate::model::Unreadable;

/// The largest DOCX seen has 900, most of them pictures.
const MEMBERS_MAX: usize = 10_000;
/// Of one member, inflated.
const MEMBER_BYTES_MAX: u64 = 64 << 20;
/// Of all members that are read, inflated.
const TOTAL_BYTES_MAX: u64 = 256 << 20;
/// XML shrinks to a fiftieth at best; deflate reaches a thousandth on zeros.
const RATIO_MAX: u64 = 200;
/// Below this, a ratio says nothing.
const RATIO_FROM_BYTES: u64 = 1 << 20;

/// An opened ZIP.
pub struct Container<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// In the order of the directory.
    names: Vec<String>,
    total: Cell<u64>,
}

impl<'a> Container<'a> {
    /// # Errors
    /// [`Unreadable::Damaged`] without a directory, [`Unreadable::TooComplex`] with too many members or members that share bytes.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged("its ZIP directory cannot be read"))?;
        if archive.len() > MEMBERS_MAX {
            return Err(too_complex(format!("over {MEMBERS_MAX} members")));
        }
        let mut names = Vec::new();
        let mut ranges = Vec::new();
        for index in 0..archive.len() {
            let member = archive.by_index_raw(index).map_err(|_| damaged("a member's header cannot be read"))?;
            let start = member.header_start();
            let end = member.data_start().unwrap_or(start).saturating_add(member.compressed_size());
            ranges.push(start..end);
            names.push(name_of(member.name_raw()));
        }
        ranges.sort_by_key(|range| range.start);
        if ranges.windows(2).any(|pair| pair[1].start < pair[0].end) {
            return Err(too_complex("members that share their bytes".to_owned()));
        }
        Ok(Self { archive, names, total: Cell::new(0) })
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether it has a member of that name; upper and lower case are one, as in Office itself.
    pub fn has(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// A member's bytes; `None` where there is none of that name.
    ///
    /// # Errors
    /// As [`Self::member`].
    pub fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, Unreadable> {
        self.position(name).map(|index| self.member(index)).transpose()
    }

    fn position(&self, name: &str) -> Option<usize> {
        let name = name.trim_start_matches('/');
        let same = |known: &String| known.trim_start_matches('/').replace('\\', "/").eq_ignore_ascii_case(name);
        self.names.iter().position(same)
    }

    /// The bytes of the member at that place of [`Self::names`].
    ///
    /// # Errors
    /// [`Unreadable::Encrypted`], [`Unreadable::TooComplex`] above a limit, [`Unreadable::Damaged`] where it does not inflate.
    pub fn member(&mut self, index: usize) -> Result<Vec<u8>, Unreadable> {
        let raw = self.archive.by_index_raw(index).map_err(|_| damaged("a member's header cannot be read"))?;
        if raw.encrypted() {
            return Err(Unreadable::Encrypted);
        }
        let packed = raw.compressed_size();
        drop(raw);
        let member = self.archive.by_index(index).map_err(|_| damaged("a member is packed by a method that is not deflate"))?;
        let left = TOTAL_BYTES_MAX.saturating_sub(self.total.get());
        let by_ratio = packed.saturating_mul(RATIO_MAX).max(RATIO_FROM_BYTES);
        let limit = MEMBER_BYTES_MAX.min(left).min(by_ratio);
        let mut bytes = Vec::new();
        let read = member.take(limit + 1).read_to_end(&mut bytes);
        self.total.set(self.total.get() + bytes.len() as u64);
        if bytes.len() as u64 > limit {
            return Err(too_complex(format!("a member that unpacks to over {limit} bytes")));
        }
        read.map_err(|_| damaged("a member cannot be unpacked"))?;
        Ok(bytes)
    }
}

/// UTF-8 where it is valid, whether or not the flag (bit 11) says so; else GB18030, as Windows in Chinese writes.
fn name_of(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(raw).0.into_owned(),
    }
}

fn damaged(what: &str) -> Unreadable {
    Unreadable::Damaged { what: what.to_owned() }
}

fn too_complex(limit: String) -> Unreadable {
    Unreadable::TooComplex { limit: format!("a ZIP with {limit}") }
}
