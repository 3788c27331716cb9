//! A folder on disk to an open database, with what is known to go wrong with it mended or named.
//!
//! ```text
//! lock          who has it open
//! format        that this is a store, and of which format
//! mark          number of the last commit known to be on disk: the records may not have fewer
//! gates         when which host may be asked again (`gates.rs`)
//! impact/       what each host was asked on each day (`traffic.rs`)
//! records/      sled
//! warc/         every page ever fetched
//! quarantine/   what was set aside while mending
//! rewriting     that the records are to be written anew, and how far that has come
//! ```
//! Never makes an empty store where anything of an earlier one is left.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::batch::{State, Trees};
use super::row::{Table, key};
use super::{Result, StoreError, archive, errors, row};

/// Raised when an older release could no longer read what this one writes.
pub(super) const FORMAT: u32 = 1;
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Folder {
    pub(super) trees: Trees,
    pub(super) mark: Mark,
    pub(super) warc: PathBuf,
    pub(super) quarantine: PathBuf,
}

/// The number of the last commit that is on disk, beside the records: if they lose their end, it is noticed.
#[derive(Debug)]
pub(super) struct Mark {
    file: File,
}

impl Mark {
    /// Not synced: after a power cut it may be too low, never too high.
    pub(super) fn set(&mut self, commits: u64) {
        // The file has its full length from the start, so that even a full disk takes this; a missed mark is only a missed check.
        let _ = self.file.rewind().and_then(|()| self.file.write_all(mark(commits).as_bytes()));
    }
}

/// The caller holds the lock.
pub(super) fn open(path: &Path) -> Result<Folder> {
    let (records, warc, quarantine) = (path.join("records"), path.join("warc"), path.join("quarantine"));
    finish_swap(path, &records)?;
    [&records, &warc, &quarantine].into_iter().try_for_each(|folder| make(folder))?;
    remove_leftovers(path)?;
    let is_store = is_marked(path)? || !archive::is_empty(&warc)?;
    put_strange_ones_aside(path, &quarantine)?;
    let db = records.join("db");
    if is_store && !is_written(&db)? {
        return Err(errors::damaged(format!("{} is missing, empty or no file, although this is a store", db.display())));
    }
    write_records_anew(path, &records)?;
    let trees = Trees::of(open_sled(&records, &quarantine)?, records.clone())?;
    let state = match trees.state()? {
        Some(state) if state.format > FORMAT => return Err(newer(path)),
        Some(state) => state,
        None if is_store => return Err(errors::damaged(format!("{} has lost its records", db.display()))),
        None => found(&trees)?,
    };
    let mark = open_mark(path, state.commits)?;
    sync_file(&db)?;
    [&records, path].into_iter().try_for_each(sync)?;
    write_marker(path)?;
    Ok(Folder { trees, mark, warc, quarantine })
}

/// Has the records written anew when the store is opened next: sled keeps in its log what was removed.
pub(super) fn ask_for_new_records(path: &Path) -> Result<()> {
    mark_rewriting(path, COPY)
}

/// What was set aside while mending is there to be looked at for a while, and holds copies of what goes.
const ASIDE_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Removes what was set aside long before `at`.
pub(super) fn thin_quarantine(path: &Path, at: Timestamp) -> Result<()> {
    let quarantine = path.join("quarantine");
    for entry in fs::read_dir(&quarantine).map_err(errors::at(&quarantine))? {
        let path = entry.map_err(errors::at(&quarantine))?.path();
        let metadata = fs::metadata(&path).map_err(errors::at(&path))?;
        let since = metadata.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
        if since.is_some_and(|since| at.duration_since(since) > ASIDE_KEPT) {
            let removed = if metadata.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(errors::at(&path))?;
        }
    }
    Ok(())
}

/// Copies of the log that were set aside while mending hold what was removed too.
pub(super) fn empty_quarantine(path: &Path) -> Result<()> {
    let quarantine = path.join("quarantine");
    fs::remove_dir_all(&quarantine).map_err(errors::at(&quarantine))?;
    make(&quarantine)
}

const COPY: &str = "copy\n";
const SWAP: &str = "swap\n";

fn mark_rewriting(path: &Path, step: &str) -> Result<()> {
    let (marker, new) = (path.join("rewriting"), path.join("rewriting.new"));
    fs::write(&new, step).map_err(errors::at(&new))?;
    sync_file(&new)?;
    fs::rename(&new, &marker).map_err(errors::at(&marker))?;
    sync(path)
}

fn rewriting(path: &Path) -> String {
    fs::read_to_string(path.join("rewriting")).unwrap_or_default()
}

/// Copies every row into a new database and lets it take the old one's place; the old one goes only when the new is on disk.
fn write_records_anew(path: &Path, records: &Path) -> Result<()> {
    if rewriting(path) != COPY {
        return Ok(());
    }
    let new = path.join("records.new");
    match copy_records(path, records, &new) {
        Ok(true) => {
            mark_rewriting(path, SWAP)?;
            finish_swap(path, records)
        }
        Ok(false) => Ok(()),
        // What is kept is more than what is to go: the store is opened, and the next start tries again.
        Err(StoreError::Full { .. }) => {
            let _ = fs::remove_dir_all(&new);
            tracing::warn!("no room to write the records anew: what was forgotten still lies in the old bytes of {}", records.display());
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// `false`: the old ones have lost something, which is told when they are opened, and nothing of them may go.
fn copy_records(path: &Path, records: &Path, new: &Path) -> Result<bool> {
    if is_there(new)? {
        fs::remove_dir_all(new).map_err(errors::at(new))?;
    }
    make(new)?;
    {
        let old = Trees::of(open_sled(records, &path.join("quarantine"))?, records.to_owned())?;
        if old.state()?.is_none_or(|state| state.commits < marked(path)) {
            return Ok(false);
        }
        let trees = Trees::of(try_sled(new)?, new.to_owned())?;
        for table in Table::ALL {
            for row in old.scan(table, b"") {
                let (key, row) = row?;
                trees.tree(table).insert(key, row).map_err(errors::sled_at(new))?;
            }
        }
        trees.flush()?;
    }
    sync_file(&new.join("db"))?;
    sync(new)?;
    Ok(true)
}

/// The new database stands in the old one's place, whatever was done of that before a kill.
fn finish_swap(path: &Path, records: &Path) -> Result<()> {
    if rewriting(path) != SWAP {
        return Ok(());
    }
    let new = path.join("records.new");
    if is_there(&new)? {
        if is_there(records)? {
            fs::remove_dir_all(records).map_err(errors::at(records))?;
        }
        fs::rename(&new, records).map_err(errors::at(records))?;
        sync(path)?;
    }
    let marker = path.join("rewriting");
    fs::remove_file(&marker).map_err(errors::at(&marker))?;
    sync(path)
}

/// What stands in the place of a file that is made again, and is no file: a folder, or a link that leads nowhere.
fn put_strange_ones_aside(path: &Path, quarantine: &Path) -> Result<()> {
    let months = path.join("impact");
    let beside = fs::read_dir(&months).into_iter().flatten().flatten().map(|entry| entry.path());
    let made_again = ["format", "mark", "gates", "ballast"].map(|name| path.join(name));
    for strange in made_again.into_iter().chain(beside) {
        if strange.symlink_metadata().is_ok() && !strange.metadata().is_ok_and(|there| there.is_file()) {
            let place = next_place(quarantine)?.join(strange.file_name().unwrap_or_default());
            fs::rename(&strange, &place).map_err(errors::at(&strange))?;
            tracing::warn!("{} was no file that can be read, and was put aside in {}", strange.display(), place.display());
        }
    }
    Ok(())
}

/// What a backup that was killed copied aside.
fn remove_leftovers(path: &Path) -> Result<()> {
    for entry in fs::read_dir(path).map_err(errors::at(path))? {
        let entry = entry.map_err(errors::at(path))?;
        if entry.file_name().to_string_lossy().starts_with(super::backup::ASIDE) {
            fs::remove_file(entry.path()).map_err(errors::at(&entry.path()))?;
        }
    }
    Ok(())
}

/// An empty database in the folder of a store that is being made from a backup, which is marked as a store.
pub(super) fn new_trees(path: &Path) -> Result<Trees> {
    let records = path.join("records");
    [&records, &path.join("quarantine")].into_iter().try_for_each(|folder| make(folder))?;
    let trees = Trees::of(try_sled(&records)?, records)?;
    write_marker(path)?;
    Ok(trees)
}

/// A folder that only its owner may read: pages are public, addresses of subscribers are not.
pub(super) fn make(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(errors::at(folder))
}

/// Makes the names in a folder durable.
pub(super) fn sync(folder: &Path) -> Result<()> {
    sync_file(folder)
}

fn sync_file(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(errors::at(path))
}

fn is_marked(path: &Path) -> Result<bool> {
    let marker = path.join("format");
    let words = match fs::read_to_string(&marker) {
        Ok(words) => words,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        // Something stands there, even if it is no marker any more.
        Err(_) if !marker.metadata().is_ok_and(|there| there.is_file()) => return Ok(true),
        Err(error) if error.kind() == ErrorKind::InvalidData => String::new(),
        Err(error) => return Err(errors::from_io(&error, &marker)),
    };
    match words.trim().strip_prefix("huitoukan store, format ").and_then(|format| format.parse::<u32>().ok()) {
        Some(format) if format > FORMAT => Err(newer(path)),
        Some(_) => Ok(true),
        // The records say it too: what this file has lost is written anew if they are whole.
        None => Ok(true),
    }
}

fn newer(path: &Path) -> StoreError {
    errors::other(format!("{}: a newer release wrote this store; use that release, or a copy that was made before it", path.display()))
}

fn write_marker(path: &Path) -> Result<()> {
    let (marker, words) = (path.join("format"), format!("huitoukan store, format {FORMAT}\n"));
    if fs::read_to_string(&marker).is_ok_and(|there| there == words) {
        return Ok(());
    }
    let new = path.join("format.new");
    fs::write(&new, words).map_err(errors::at(&new))?;
    sync_file(&new)?;
    fs::rename(&new, &marker).map_err(errors::at(&marker))?;
    sync(path)?;
    // The store's own name stands in the folder above.
    path.canonicalize().map_err(errors::at(path))?.parent().map_or(Ok(()), sync)
}

/// The state of a store that nothing was kept in yet.
fn found(trees: &Trees) -> Result<State> {
    let state = State { format: FORMAT, ..State::default() };
    let failed = errors::sled_at(&trees.path);
    trees.tree(Table::State).insert(key::STATE, row::to_json(Table::State, key::STATE, &state)?).map_err(&failed)?;
    trees.flush()?;
    Ok(state)
}

/// Whether it is a file with something in it.
fn is_written(file: &Path) -> Result<bool> {
    match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        there => there.map(|there| there.is_file() && there.len() > 0).map_err(errors::at(file)),
    }
}

/// With its checksum, so that a mark that was damaged is none, and does not refuse records that are whole.
fn mark(commits: u64) -> String {
    let digits = format!("{commits:020}");
    let mut checksum = flate2::Crc::new();
    checksum.update(digits.as_bytes());
    format!("{digits} {:08x}\n", checksum.sum())
}

/// Earlier releases wrote no checksum; 0 where there is no mark that can be read.
fn marked(path: &Path) -> u64 {
    let Ok(words) = fs::read_to_string(path.join("mark")) else { return 0 };
    let commits = words.get(..20).and_then(|digits| digits.parse().ok());
    let is_whole = |commits: &u64| words.trim_end().len() == 20 || words.trim_end() == mark(*commits).trim_end();
    commits.filter(is_whole).unwrap_or(0)
}

fn open_mark(path: &Path, commits: u64) -> Result<Mark> {
    let marked = marked(path);
    let path = path.join("mark");
    if commits < marked {
        return Err(errors::damaged(format!("the records end at commit {commits}, and {marked} commits were kept")));
    }
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(errors::at(&path))?;
    let mut mark = Mark { file };
    mark.set(commits);
    Ok(mark)
}

/// Opens sled; what it cannot open for reasons that are known is mended once.
fn open_sled(records: &Path, quarantine: &Path) -> Result<::sled::Db> {
    // A kill while sled opens leaves this behind, and sled then takes it for a snapshot and reports corruption for ever
    // (spacejam/sled 1527, 1533).
    for leftover in snapshots(records)?.iter().filter(|path| path.extension().is_some_and(|extension| extension == "generating")) {
        fs::remove_file(leftover).map_err(errors::at(leftover))?;
    }
    read_log(records)?;
    match try_sled(records) {
        Err(StoreError::Damaged { what, .. }) => {
            tracing::warn!("{what}; reading the whole log again");
            set_aside(records, quarantine)?;
            try_sled(records)
        }
        other => other,
    }
}

/// Reads the log once, to its end.
///
/// sled takes a read that fails while it opens for the end of the log, and overwrites what comes after it. What has been read
/// here does not fail there: it comes from memory.
///
/// # Errors
/// The disk cannot read it. Nothing was changed then.
fn read_log(records: &Path) -> Result<()> {
    let db = records.join("db");
    match File::open(&db).and_then(|log| io::copy(&mut io::BufReader::with_capacity(1 << 20, log), &mut io::sink())) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(errors::from_io(&error, &db)),
        _ => Ok(()),
    }
}

/// Moves away what sled makes again, its snapshots and settings, and copies the log, which opening it may cut.
fn set_aside(records: &Path, quarantine: &Path) -> Result<()> {
    let place = next_place(quarantine)?;
    let settings = records.join("conf");
    let settings = is_there(&settings)?.then_some(settings);
    for made_again in snapshots(records)?.into_iter().chain(settings) {
        let aside = place.join(made_again.file_name().unwrap_or_default());
        fs::rename(&made_again, &aside).map_err(errors::at(&made_again))?;
    }
    copy_log(records, &place)
}

/// A copy of the log as it is, before something is changed that was found wrong.
pub(super) fn copy_aside(records: &Path, quarantine: &Path) -> Result<()> {
    copy_log(records, &next_place(quarantine)?)
}

fn copy_log(records: &Path, place: &Path) -> Result<()> {
    let db = records.join("db");
    match fs::copy(&db, place.join("db")) {
        // Settings that a full disk cut short in the moment that the store was made: there is no log yet.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        copied => copied.map(drop).map_err(errors::at(&db)),
    }
}

fn next_place(quarantine: &Path) -> Result<PathBuf> {
    let mut number = 1;
    while is_there(&place_of(quarantine, number))? {
        number += 1;
    }
    let place = place_of(quarantine, number);
    make(&place)?;
    Ok(place)
}

fn place_of(quarantine: &Path, number: u32) -> PathBuf {
    quarantine.join(format!("records-{number}"))
}

/// An error of the disk is no answer: what cannot be looked at may well be there.
pub(super) fn is_there(path: &Path) -> Result<bool> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        there => there.map(|_| true).map_err(errors::at(path)),
    }
}

fn snapshots(records: &Path) -> Result<Vec<PathBuf>> {
    let mut snapshots = Vec::new();
    for entry in fs::read_dir(records).map_err(errors::at(records))? {
        let entry = entry.map_err(errors::at(records))?;
        if entry.file_name().to_string_lossy().starts_with("snap.") {
            snapshots.push(entry.path());
        }
    }
    Ok(snapshots)
}

fn try_sled(records: &Path) -> Result<::sled::Db> {
    let config = ::sled::Config::new().path(records).cache_capacity(CACHE_BYTES).flush_every_ms(None);
    let mut tries = 0;
    loop {
        // sled panics on some kinds of damage; that is damage too.
        let opened = catch_unwind(AssertUnwindSafe(|| config.open()));
        match opened {
            Ok(Ok(db)) => return Ok(db),
            // Our lock is held: nobody else has it open, but sled's own threads may let go of a store closed just now a moment late.
            Ok(Err(::sled::Error::Io(error))) if error.kind() == ErrorKind::Other && tries < 100 => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            Ok(Err(error)) => return Err(errors::sled_at(records)(error)),
            Err(_) => return Err(errors::damaged(format!("the records in {} cannot be read", records.display()))),
        }
    }
}
