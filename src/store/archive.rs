//! The WARC files: appended to, synced before anything names what is in them, followed by a new one when large.
//!
//! A record that was appended and never named (killed before its commit) stays, harmless; half a record is cut off when the
//! store is opened, so that the next one begins where a reader looks for it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::warc::{self, At, Original};
use super::{Result, errors};
use crate::model::{Snapshot, SnapshotId};

/// Where a snapshot's response lies, and what a revisit of it needs to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) file: u32,
    pub(super) offset: u64,
    pub(super) bytes: u64,
    #[serde(flatten)]
    pub(super) original: Original,
}

#[derive(Debug)]
pub(super) struct Archive {
    folder: PathBuf,
    bytes_max: u64,
    /// Of the file that is appended to; 0 where there is none yet.
    number: u32,
    length: u64,
    file: Option<File>,
}

/// Records to append, not yet written.
#[derive(Debug)]
pub(super) struct Page {
    number: u32,
    name: String,
    offset: u64,
    bytes: Vec<u8>,
}

impl Archive {
    /// `known` says how much of which file the records name.
    ///
    /// # Errors
    /// Damaged where less is there than the records name.
    pub(super) fn open(folder: &Path, quarantine: &Path, bytes_max: u64, known: &BTreeMap<u32, u64>) -> Result<Self> {
        for (number, end) in known {
            let path = path_of(folder, *number);
            match fs::metadata(&path).map(|metadata| metadata.len()) {
                Ok(length) if length >= *end => {}
                Ok(length) => return Err(errors::damaged(format!("{} has {length} bytes and should have {end}", path.display()))),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    return Err(errors::damaged(format!("{} is missing", path.display())));
                }
                Err(error) => return Err(errors::from_io(&error, &path)),
            }
        }
        let number = numbers(folder)?.into_iter().max().unwrap_or(0);
        let mut archive = Self { folder: folder.to_owned(), bytes_max, number, length: 0, file: None };
        if number > 0 {
            let path = path_of(folder, number);
            let mut file = OpenOptions::new().read(true).write(true).open(&path).map_err(errors::at(&path))?;
            archive.length = cut_torn_tail(&mut file, &path, known.get(&number).copied().unwrap_or(0), quarantine)?;
            archive.file = Some(file);
        }
        Ok(archive)
    }

    /// `date` is when a file that must be begun for this says that it was begun.
    pub(super) fn page(&self, date: Timestamp) -> Page {
        let is_full = self.number == 0 || self.length >= self.bytes_max;
        let (number, offset) = if is_full { (self.number + 1, 0) } else { (self.number, self.length) };
        let mut page = Page { number, name: name_of(number), offset, bytes: Vec::new() };
        if offset == 0 {
            page.bytes = warc::info(page.at(), date);
        }
        page
    }

    /// Writes and syncs; returns the file's number and its length now.
    ///
    /// # Errors
    /// What was there before stays readable and appendable, whatever fails.
    pub(super) fn append(&mut self, page: &Page) -> Result<(u32, u64)> {
        let path = path_of(&self.folder, page.number);
        let failed = errors::at(&path);
        if page.number != self.number || self.file.is_none() {
            let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(&failed)?;
            (self.number, self.length, self.file) = (page.number, 0, Some(file));
        }
        let file = self.file.as_mut().expect("opened above");
        let end = page.offset + page.bytes.len() as u64;
        let written = file.seek(SeekFrom::Start(page.offset)).and_then(|_| file.write_all(&page.bytes)).and_then(|()| file.sync_all());
        if let Err(error) = written {
            // What cannot be cut now is overwritten by the next append, or cut when the store is opened.
            let _ = file.set_len(page.offset);
            return Err(failed(error));
        }
        if page.offset == 0 {
            super::folder::sync(&self.folder)?;
        }
        self.length = end;
        Ok((page.number, end))
    }
}

impl Archive {
    /// The number that no file has yet, and the file that bears it.
    pub(super) fn next(&self) -> Result<(u32, PathBuf)> {
        let number = numbers(&self.folder)?.into_iter().max().unwrap_or(0).max(self.number) + 1;
        Ok((number, self.path(number)))
    }

    pub(super) fn path(&self, number: u32) -> PathBuf {
        path_of(&self.folder, number)
    }

    pub(super) fn sync(&self) -> Result<()> {
        super::folder::sync(&self.folder)
    }

    /// Deletes a file that nothing names any more; what comes next is appended to the newest that is left.
    pub(super) fn delete(&mut self, number: u32) -> Result<()> {
        let path = path_of(&self.folder, number);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(errors::from_io(&error, &path)),
            _ => {}
        }
        super::folder::sync(&self.folder)?;
        self.number = numbers(&self.folder)?.into_iter().max().unwrap_or(0);
        (self.length, self.file) = (0, None);
        if self.number > 0 {
            let path = path_of(&self.folder, self.number);
            let file = OpenOptions::new().read(true).write(true).open(&path).map_err(errors::at(&path))?;
            self.length = file.metadata().map_err(errors::at(&path))?.len();
            self.file = Some(file);
        }
        Ok(())
    }
}

impl Page {
    fn at(&self) -> At<'_> {
        At { file: &self.name, offset: self.offset + self.bytes.len() as u64 }
    }

    /// The request and the response with its body.
    pub(super) fn keep(&mut self, snapshot: &Snapshot, id: &SnapshotId) -> Place {
        let record = self.ask(snapshot);
        let (offset, before) = (self.at().offset, self.bytes.len());
        self.bytes.extend(warc::response(snapshot, id, &record));
        let original = Original { record, url: snapshot.url.clone(), at: snapshot.fetched_at };
        Place { file: self.number, offset, bytes: (self.bytes.len() - before) as u64, original }
    }

    /// That the bytes kept at `place` were met again.
    pub(super) fn meet_again(&mut self, snapshot: &Snapshot, id: &SnapshotId, place: &Place) {
        let record = self.ask(snapshot);
        self.bytes.extend(warc::revisit(snapshot, id, &record, &place.original));
    }

    /// Adds the request, and returns the name that its answer must have.
    fn ask(&mut self, snapshot: &Snapshot) -> String {
        let answer = warc::name(self.at(), "answer");
        self.bytes.extend(warc::request(self.at(), snapshot, &answer));
        answer
    }
}

impl Place {
    /// Where it begins, and where what follows it does.
    pub(super) fn range(&self) -> (u64, u64) {
        (self.offset, self.offset + self.bytes)
    }
}

/// Whether whole records lie between these two places of a file, and nothing else.
///
/// # Errors
/// Damaged, with where.
pub(super) fn check_records(folder: &Path, number: u32, from: u64, to: u64) -> Result<()> {
    let path = path_of(folder, number);
    let mut records = Vec::new();
    let read = File::open(&path).and_then(|mut file| {
        file.seek(SeekFrom::Start(from))?;
        file.take(to - from).read_to_end(&mut records)
    });
    read.map_err(errors::at(&path))?;
    let whole = warc::whole_members(&records);
    if whole as u64 == to - from {
        return Ok(());
    }
    Err(errors::damaged(format!(
        "the record at {} of {}, which is no page: it is not what was written",
        from + whole as u64,
        path.display()
    )))
}

/// The snapshot that lies at `place`, its bytes checked against their digest.
pub(super) fn read(folder: &Path, id: &SnapshotId, place: &Place) -> Result<Snapshot> {
    let path = path_of(folder, place.file);
    let spoilt = |why: &str| errors::damaged(format!("the record at {} of {}: {why}", place.offset, path.display()));
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(errors::damaged(format!("{} is missing", path.display())));
        }
        Err(error) => return Err(errors::from_io(&error, &path)),
    };
    let mut member = Vec::new();
    file.seek(SeekFrom::Start(place.offset)).map_err(errors::at(&path))?;
    file.take(place.bytes).read_to_end(&mut member).map_err(errors::at(&path))?;
    if member.len() as u64 != place.bytes {
        return Err(spoilt("it is cut short"));
    }
    warc::read(&member, id).map_err(|why| spoilt(&why))
}

/// Whether any WARC file of ours is there.
pub(super) fn is_empty(folder: &Path) -> Result<bool> {
    Ok(numbers(folder)?.is_empty())
}

fn numbers(folder: &Path) -> Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(errors::at(folder))? {
        numbers.extend(entry.map_err(errors::at(folder))?.file_name().to_str().and_then(number_of));
    }
    Ok(numbers)
}

/// The number of a WARC file of ours; `None` of any other name.
pub(super) fn number_of(name: &str) -> Option<u32> {
    let number = name.strip_prefix("huitoukan-")?.strip_suffix(".warc.gz")?.parse().ok()?;
    (name_of(number) == name).then_some(number)
}

pub(super) fn name_of(number: u32) -> String {
    format!("huitoukan-{number:06}.warc.gz")
}

fn path_of(folder: &Path, number: u32) -> PathBuf {
    folder.join(name_of(number))
}

/// Leaves only whole members after `known` bytes, what is cut off aside in `quarantine`; returns the length then.
fn cut_torn_tail(file: &mut File, path: &Path, known: u64, quarantine: &Path) -> Result<u64> {
    let failed = errors::at(path);
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(known)).and_then(|_| file.read_to_end(&mut tail)).map_err(&failed)?;
    let whole = warc::whole_members(&tail);
    let end = known + whole as u64;
    if whole == tail.len() {
        return Ok(end);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // On a full disk the half of a record that nobody was promised is not worth refusing to start for.
    if let Err(error) = fs::write(quarantine.join(format!("{name}.{end}")), &tail[whole..]) {
        tracing::warn!("the unfinished record at the end of {name} could not be set aside: {error}");
    }
    file.set_len(end).and_then(|()| file.sync_all()).map_err(&failed)?;
    tracing::warn!(cut_bytes = tail.len() - whole, "{name} ended in an unfinished record, which was cut off");
    Ok(end)
}
