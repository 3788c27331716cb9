//! WARC files written anew beside the old ones, without the records that go; the pages that stay are led to where they lie then.
//!
//! Reads one record at a time: a file is larger than memory. What goes is the caller's to say. The old file stays until
//! nothing names it any more.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use jiff::Timestamp;

use super::archive::{self, Archive, Place};
use super::batch::Batch;
use super::row::{self, Table, key};
use super::warc::{self, About, At};
use super::{Result, errors, keep};
use crate::model::SnapshotId;

/// A record of a file that is written anew.
pub(super) struct Named {
    pub(super) address: String,
    /// What it holds, or that its answer holds or refers to.
    pub(super) page: Option<SnapshotId>,
    pub(super) is_response: bool,
}

/// A file that was written anew under another number, without some of its records.
#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) old: u32,
    pub(super) new: u32,
    pub(super) bytes: u64,
    /// Where each record that stayed begins now, by where it began.
    pub(super) offsets: BTreeMap<u64, u64>,
}

/// A record, and where it lies.
struct Record {
    offset: u64,
    bytes: u64,
    date: Option<Timestamp>,
    /// `None` of a file's own first record.
    named: Option<Named>,
}

/// Writes a file anew under the next number, without the records that go; `None` where none goes.
///
/// # Errors
/// The disk's, or a record that cannot be read: nothing new is left behind then.
pub(super) fn without(archive: &Archive, number: u32, bytes: u64, goes: impl Fn(&Named) -> bool) -> Result<Option<Rewritten>> {
    let path = archive.path(number);
    let records = records(&path, bytes)?;
    let goes = |record: &Record| record.named.as_ref().is_some_and(&goes);
    if !records.iter().any(goes) {
        return Ok(None);
    }
    let (new, beside) = archive.next()?;
    let written = write(&path, &beside, &archive::name_of(new), records.iter().filter(|record| !goes(record)));
    let (bytes, offsets) = written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        errors::from_io(&error, &beside)
    })?;
    archive.sync()?;
    Ok(Some(Rewritten { old: number, new, bytes, offsets }))
}

fn records(path: &Path, bytes: u64) -> Result<Vec<Record>> {
    let file = File::open(path).map_err(errors::at(path))?;
    let mut from = Counted { inner: BufReader::new(file.take(bytes)), at: 0 };
    let mut records: Vec<Record> = Vec::new();
    while !from.fill_buf().map_err(errors::at(path))?.is_empty() {
        let offset = from.at;
        let about = warc::about(&mut from).map_err(|why| errors::damaged(format!("{} at {offset}: {why}", path.display())))?;
        let About { kind, address, page, date } = about;
        // A request stands before its answer.
        if let Some(Record { named: Some(asked), .. }) = records.last_mut()
            && asked.page.is_none()
        {
            asked.page.clone_from(&page);
        }
        let named = (kind != "warcinfo").then(|| Named { address, page, is_response: kind == "response" });
        records.push(Record { offset, bytes: from.at - offset, date, named });
    }
    Ok(records)
}

fn write<'a>(old: &Path, new: &Path, name: &str, records: impl Iterator<Item = &'a Record>) -> io::Result<(u64, BTreeMap<u64, u64>)> {
    let mut from = File::open(old)?;
    let mut into = BufWriter::new(File::create(new)?);
    let (mut at, mut offsets) = (0, BTreeMap::new());
    for record in records {
        match &record.named {
            // A file's first record names the file.
            None => {
                let info = warc::info(At { file: name, offset: 0 }, record.date.unwrap_or(Timestamp::UNIX_EPOCH));
                into.write_all(&info)?;
                at += info.len() as u64;
            }
            Some(_) => {
                offsets.insert(record.offset, at);
                from.seek(SeekFrom::Start(record.offset))?;
                at += io::copy(&mut (&mut from).take(record.bytes), &mut into)?;
            }
        }
    }
    into.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok((at, offsets))
}

/// The pages that moved to another file are found there, and the files that they left are doomed.
pub(super) fn lead_to(batch: &mut Batch<'_>, rewritten: &[Rewritten], goes: impl Fn(&SnapshotId) -> bool) -> Result<()> {
    if rewritten.is_empty() {
        return Ok(());
    }
    let mut moved = Vec::new();
    for row in batch.trees().scan(Table::Snapshots, b"") {
        let (key, row) = row?;
        let place: Place = row::from_json(Table::Snapshots, &key, &row)?;
        if let Some(file) = rewritten.iter().find(|file| file.old == place.file)
            && !goes(&keep::snapshot_named(&key))
        {
            let offset = file.offsets.get(&place.offset).copied();
            let offset = offset.ok_or_else(|| row::spoilt(Table::Snapshots, &key, "no record begins where it says"))?;
            moved.push((key, Place { file: file.new, offset, ..place }));
        }
    }
    moved.iter().try_for_each(|(key, place)| batch.put_json(Table::Snapshots, key.clone(), place))?;
    for file in rewritten {
        batch.remove(Table::State, key::warc(file.old));
        batch.put_json(Table::State, key::warc(file.new), &file.bytes)?;
        batch.put_json(Table::State, key::doomed(file.old), &())?;
    }
    Ok(())
}

/// Counts what is read through it.
struct Counted<R> {
    inner: R,
    at: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.inner.consume(bytes);
        self.at += bytes as u64;
    }
}
