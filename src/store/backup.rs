//! A whole store in one file, written while the store is at work, and a store out of such a file.
//!
//! A tar file (POSIX.1-1988): `records` (every row of every tree), `gates`, `impact/…`, `warc/…` as they lie in the folder, and
//! `manifest.json` with the SHA-256 of each at the end, so that half a backup is known to be half. The records are of one
//! moment; the archive is only ever appended to, so that what they name is in it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::batch::Trees;
use super::row::Table;
use super::{Result, StoreError, archive, errors, folder, traffic};

const RECORDS: &str = "records";
const GATES: &str = "gates";
const WARC: &str = "warc/";
const IMPACT: &str = "impact/";
const MANIFEST: &str = "manifest.json";
/// Beginning of the name of records that were copied aside; a kill may leave one behind.
pub(super) const ASIDE: &str = "backup.records-";
/// First line of `records`.
const RECORDS_HEAD: &[u8] = b"huitoukan records 1\n";
/// No key or row is longer: rows are cut into pieces.
const ROW_BYTES_MAX: u32 = 1 << 20;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format of the store that it was made of.
    pub format: u32,
    pub made_at: Timestamp,
    /// The release that made it.
    pub made_by: String,
    pub rows: u64,
    /// SHA-256 of every other member, in hexadecimal digits, by its name.
    pub members: BTreeMap<String, String>,
}

/// What to write, gathered while nobody else writes; the records aside in a file that goes away with this.
pub(super) struct Backup {
    records: PathBuf,
    rows: u64,
    warc: BTreeMap<u32, u64>,
}

impl Drop for Backup {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.records);
    }
}

impl Backup {
    /// Copies the rows aside; the caller lets nobody write meanwhile.
    pub(super) fn of(trees: &Trees, store: &Path, warc: BTreeMap<u32, u64>) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let records = store.join(format!("{ASIDE}{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
        let failed = errors::at(&records);
        let mut backup = Self { records: records.clone(), rows: 0, warc };
        let mut file = BufWriter::new(File::create(&records).map_err(&failed)?);
        file.write_all(RECORDS_HEAD).map_err(&failed)?;
        for table in Table::ALL {
            for row in trees.scan(table, b"") {
                let (key, row) = row?;
                put_row(&mut file, table, &key, &row).map_err(&failed)?;
                backup.rows += 1;
            }
        }
        file.flush().map_err(&failed)?;
        Ok(backup)
    }

    /// # Errors
    /// The store's as anywhere; what cannot be written to `out` is [`StoreError::Other`].
    pub(super) fn write(&self, store: &Path, made_at: Timestamp, out: &mut dyn Write) -> Result<Manifest> {
        let mut tar = Tar { tar: tar::Builder::new(out), made_at, members: BTreeMap::new() };
        tar.file(RECORDS, &self.records, None)?;
        if folder::is_there(&store.join(GATES))? {
            tar.file(GATES, &store.join(GATES), None)?;
        }
        for month in traffic::months(&store.join(IMPACT))? {
            tar.file(&format!("{IMPACT}{month}"), &store.join(IMPACT).join(&month), None)?;
        }
        for (number, bytes) in &self.warc {
            let name = archive::name_of(*number);
            tar.file(&format!("{WARC}{name}"), &store.join(WARC).join(&name), Some(*bytes))?;
        }
        let made_by = format!("huitoukan {}", env!("CARGO_PKG_VERSION"));
        let manifest = Manifest { format: folder::FORMAT, made_at, made_by, rows: self.rows, members: tar.members.clone() };
        let words = serde_json::to_vec_pretty(&manifest).map_err(|error| errors::other(error.to_string()))?;
        tar.append(MANIFEST, words.len() as u64, words.as_slice())?;
        tar.tar.finish().map_err(unwritten)?;
        Ok(manifest)
    }
}

struct Tar<'a> {
    tar: tar::Builder<&'a mut dyn Write>,
    made_at: Timestamp,
    members: BTreeMap<String, String>,
}

impl Tar<'_> {
    /// `bytes`: only so many of it, where it grows.
    fn file(&mut self, name: &str, path: &Path, bytes: Option<u64>) -> Result<()> {
        let file = File::open(path).map_err(errors::at(path))?;
        let there = file.metadata().map_err(errors::at(path))?.len();
        let bytes = bytes.unwrap_or(there);
        if there < bytes {
            return Err(errors::damaged(format!("{} has {there} bytes and should have {bytes}", path.display())));
        }
        let mut hashed = Hashed { inner: file.take(bytes), hash: Sha256::new() };
        self.append(name, bytes, &mut hashed)?;
        self.members.insert(name.to_owned(), hashed.hex());
        Ok(())
    }

    fn append(&mut self, name: &str, bytes: u64, content: impl Read) -> Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(self.made_at.as_second().try_into().unwrap_or(0));
        self.tar.append_data(&mut header, name, content).map_err(unwritten)
    }
}

fn unwritten(error: io::Error) -> StoreError {
    errors::other(format!("the backup cannot be written: {error}; see to its place, or write it elsewhere"))
}

fn put_row(out: &mut impl Write, table: Table, key: &[u8], row: &[u8]) -> io::Result<()> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.write_all(&[table as u8])?;
    out.write_all(&length(key))?;
    out.write_all(&length(row))?;
    out.write_all(key)?;
    out.write_all(row)
}

/// Reads a backup into the folder `store`, which must not hold anything yet; nobody sees it before all of it is there.
///
/// The caller looks at the store as a whole afterwards ([`super::Store::verify`]) before it says that it is restored.
///
/// # Errors
/// [`StoreError::Damaged`] with what is wrong with the backup; nothing is left behind then.
pub(super) fn read(store: &Path, content: &mut dyn Read) -> Result<Manifest> {
    let read = read_into(store, content);
    if read.is_err() {
        let _ = fs::remove_dir_all(store);
    }
    read
}

fn read_into(store: &Path, content: &mut dyn Read) -> Result<Manifest> {
    [WARC, IMPACT].into_iter().try_for_each(|folder| folder::make(&store.join(folder)))?;
    let (mut members, mut manifest) = (BTreeMap::new(), None::<Manifest>);
    let mut tar = tar::Archive::new(content);
    for member in tar.entries().map_err(unreadable)? {
        let mut member = member.map_err(unreadable)?;
        let name = String::from_utf8_lossy(&member.path_bytes()).into_owned();
        let warc = name.strip_prefix(WARC).filter(|name| archive::number_of(name).is_some());
        let month = name.strip_prefix(IMPACT).filter(|name| traffic::is_month(name));
        match name.as_str() {
            MANIFEST => manifest = Some(serde_json::from_reader(member.take(1 << 24)).map_err(|error| spoilt(error.to_string()))?),
            RECORDS | GATES => drop(members.insert(name.clone(), keep(&mut member, &store.join(&name))?)),
            _ if warc.is_some() || month.is_some() => drop(members.insert(name.clone(), keep(&mut member, &store.join(&name))?)),
            _ => return Err(spoilt(format!("it holds {name:?}, which no backup does"))),
        }
    }
    let manifest = manifest.ok_or_else(|| spoilt("it ends before its list of contents: it was not written to its end"))?;
    if manifest.format > folder::FORMAT {
        return Err(errors::other(format!("{} made this backup, a newer release; use that release to restore it", manifest.made_by)));
    }
    if let Some(name) = manifest.members.iter().find(|(name, hash)| members.get(*name) != Some(*hash)).map(|(name, _)| name) {
        return Err(spoilt(format!("{name} is not what was written")));
    }
    rows(store, manifest.rows)?;
    Ok(manifest)
}

/// A member to a file on disk; returns its SHA-256.
fn keep(member: &mut dyn Read, path: &Path) -> Result<String> {
    let failed = errors::at(path);
    let mut hashed = Hashed { inner: member, hash: Sha256::new() };
    let mut file = OpenOptions::new().create_new(true).write(true).open(path).map_err(&failed)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = hashed.read(&mut buffer).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        file.write_all(&buffer[..read]).map_err(&failed)?;
    }
    file.sync_all().map_err(&failed)?;
    Ok(hashed.hex())
}

/// The file `records` to the database that it came from.
fn rows(store: &Path, rows: u64) -> Result<()> {
    let path = store.join(RECORDS);
    let aside = store.join(ASIDE);
    fs::rename(&path, &aside).map_err(errors::at(&aside))?;
    let trees = folder::new_trees(store)?;
    let mut content = BufReader::new(File::open(&aside).map_err(errors::at(&aside))?);
    let mut head = [0; RECORDS_HEAD.len()];
    content.read_exact(&mut head).map_err(unreadable)?;
    if head != RECORDS_HEAD {
        return Err(spoilt("its records are of a kind that this release does not know"));
    }
    let mut found = 0;
    while let Some((table, key, row)) = next_row(&mut content)? {
        trees.tree(table).insert(key, row).map_err(errors::sled_at(&trees.path))?;
        found += 1;
    }
    if found != rows {
        return Err(spoilt(format!("it should hold {rows} records, and holds {found}")));
    }
    trees.flush()?;
    fs::remove_file(&aside).map_err(errors::at(&aside))
}

type Row = (Table, Vec<u8>, Vec<u8>);

fn next_row(content: &mut BufReader<File>) -> Result<Option<Row>> {
    let mut table = [0];
    if content.read(&mut table).map_err(unreadable)? == 0 {
        return Ok(None);
    }
    let table = *Table::ALL.get(usize::from(table[0])).ok_or_else(|| spoilt("it holds a table that this release does not know"))?;
    let mut length = || -> Result<u32> {
        let mut bytes = [0; 4];
        content.read_exact(&mut bytes).map_err(unreadable)?;
        Ok(u32::from_be_bytes(bytes))
            .and_then(|length| if length <= ROW_BYTES_MAX { Ok(length) } else { Err(spoilt("a record is too long")) })
    };
    let (key_bytes, row_bytes) = (length()?, length()?);
    let (mut key, mut row) = (vec![0; key_bytes as usize], vec![0; row_bytes as usize]);
    content.read_exact(&mut key).and_then(|()| content.read_exact(&mut row)).map_err(unreadable)?;
    Ok(Some((table, key, row)))
}

fn unreadable(error: io::Error) -> StoreError {
    spoilt(error.to_string())
}

fn spoilt(why: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged {
        what: format!("the backup: {why}"),
        advice: "nothing was restored; take another copy of it, or an earlier one".to_owned(),
    }
}

/// Counts the SHA-256 of what is read through it.
struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R> Hashed<R> {
    fn hex(&mut self) -> String {
        std::mem::take(&mut self.hash).finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        Ok(read)
    }
}

/// Makes what was read the store itself.
///
/// # Errors
/// Where something stands there meanwhile.
pub(super) fn put_in_place(made: &Path, store: &Path) -> Result<()> {
    if folder::is_there(store)? {
        // Only an empty folder gives way.
        fs::remove_dir(store).map_err(errors::at(store))?;
    }
    fs::rename(made, store).map_err(errors::at(store))?;
    match store.canonicalize().map_err(errors::at(store))?.parent() {
        Some(parent) => folder::sync(parent),
        None => Ok(()),
    }
}

/// Where a backup is read into before it is the store: beside it, so that a move is enough.
pub(super) fn place_beside(store: &Path) -> Result<PathBuf> {
    let is_empty = match fs::read_dir(store) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(errors::from_io(&error, store)),
    };
    if !is_empty {
        return Err(errors::other(format!(
            "{} is not empty: a backup is restored only where nothing is; move it away first",
            store.display()
        )));
    }
    let mut name = store.file_name().unwrap_or_default().to_owned();
    name.push(".restoring");
    let beside = store.with_file_name(name);
    if folder::is_there(&beside)? {
        // Of a restore that was ended half-way; nothing but a copy of the backup is in it.
        fs::remove_dir_all(&beside).map_err(errors::at(&beside))?;
    }
    Ok(beside)
}
