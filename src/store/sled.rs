//! The store on disk: records in sled, pages in WARC files.
//!
//! | tree | key | value |
//! |---|---|---|
//! | `state` | `state` | how much is kept, JSON |
//! | | `health/` source | [`Health`] |
//! | | `cursor/` name | [`Cursor`] |
//! | | `reminder/` subscriber `\0` name | [`Reminder`] |
//! | | `forgotten/` kind `/` hash or name | tombstone (`forget.rs`) |
//! | | `pruned/` kind `/` hash or name | when it went by its time (`prune.rs`) |
//! | | `warc/` file number u32 | bytes of that file that are named |
//! | `notices` | notice | [`Tracked`] |
//! | `versions` | notice `/` number u32, piece u16 | [`Version`], compressed (`texts.rs`) |
//! | `snapshots` | SHA-256 (32 bytes) | file, offset, length (`archive.rs`) |
//! | `changes` | number u64 | [`Change`], with the hash of the change before it |
//! | `deliveries` | id | [`Delivery`] without its message |
//! | | id `/`, piece u16 | its message, compressed |
//! | `index` | `address/` hash of an address, notice | notices that stand or stood there |
//! | | `source/` source `\0` notice | notices of a source |
//! | | `body/` body's key `\0` notice | notices whose newest version tells of this body |
//! | | `words/` fingerprint u64, notice | notices whose newest version says this |
//! | | `change/` notice `\0` number u64 | its changes |
//! | | `pending/` time u128, id | the outbox |
//! | | `delivery/` time u128, id | all deliveries |
//! | `sketches` | `p` or `m`, notice, `/`, piece u16 | problems or measures to compare (`sketches.rs`) |
//!
//! Integers are big-endian. Values are JSON in the envelope of `row.rs`; those that may be large are cut into pieces.
//! Order of a commit: the pages appended and synced, then one transaction that names them, then the records synced.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use jiff::Timestamp;
use jiff::civil::Date;
use url::Url;

use super::archive::{self, Archive, Place};
use super::backup::{self, Backup, Manifest};
use super::batch::{Batch, Rows, Trees};
use super::folder::{self, Mark};
use super::forget::{self, Forgotten, Going};
use super::gates::Gates;
use super::keep::{self, Envelope};
use super::prune::{self, Expired, Pruned};
use super::repair::{self, Repaired};
use super::row::{self, Table, key};
use super::space::{Room, Space};
use super::traffic::Months;
use super::verify::{Look, Verdict};
use super::{Commit, Counts, Derived, Half, NAMED_MAX, Result, Settings, Store, StoreError, errors, lock, sketches, texts};
use crate::model::{
    Change, Cursor, Delivery, DeliveryState, Gate, Health, NoticeId, Reminder, Snapshot, SnapshotId, SourceId, Tracked, Traffic, Version,
};

#[derive(Debug)]
pub struct Sled {
    trees: Trees,
    warc: PathBuf,
    gates: Mutex<Gates>,
    traffic: Mutex<Months>,
    /// One commit at a time: change numbers are taken inside it.
    writer: Mutex<Writer>,
    /// Held by readers of several rows, and by a commit while it puts its own.
    rows: RwLock<()>,
    /// One at a time.
    pruning: Mutex<()>,
    path: PathBuf,
    space: Space,
    _lock: lock::Lock,
}

#[derive(Debug)]
struct Writer {
    archive: Archive,
    mark: Mark,
    /// sled's log, for the sync that sled leaves out.
    log: File,
    /// Pages that commits came to need since a pruning looked for what nobody needs; `None` while there is no such.
    needed: Option<BTreeSet<SnapshotId>>,
    /// Why nothing can be kept any more: what sled has in memory and what is on disk are no longer the same.
    broken: Option<Broken>,
}

#[derive(Debug)]
enum Broken {
    Full,
    Other(String),
}

impl Sled {
    /// # Errors
    /// As [`super::open`].
    pub fn open(settings: &Settings) -> Result<Self> {
        let path = &settings.path;
        folder::make(path)?;
        let lock = lock::take(path)?;
        let space = Space::at(path, settings.free.clone(), settings.ballast_bytes);
        let folder = folder::open(path)?;
        let log = folder.trees.path.join("db");
        let mut archive = Archive::open(&folder.warc, &folder.quarantine, settings.warc_bytes_max, &known_files(&folder.trees)?)?;
        delete_doomed(&folder.trees, &mut archive)?;
        let writer = Writer { archive, mark: folder.mark, log: File::open(&log).map_err(errors::at(&log))?, needed: None, broken: None };
        let (trees, warc, gates) = (folder.trees, folder.warc, Mutex::new(Gates::open(path)?));
        let traffic = Mutex::new(Months::below(path));
        let (writer, rows, pruning) = (Mutex::new(writer), RwLock::default(), Mutex::default());
        Ok(Self { trees, warc, gates, traffic, writer, rows, pruning, path: path.clone(), space, _lock: lock })
    }

    /// Reads a backup into the folder of `settings`, which must not hold anything, and looks at all of it.
    ///
    /// # Errors
    /// As [`super::restore`].
    pub fn restore(settings: &Settings, content: &mut dyn Read) -> Result<(Manifest, Verdict)> {
        let beside = backup::place_beside(&settings.path)?;
        let manifest = backup::read(&beside, content)?;
        let verdict = Self::open(&Settings { path: beside.clone(), ..settings.clone() })?.verify(None)?;
        if let Some(problem) = verdict.problems.first() {
            let what = format!("the backup holds a store that is not whole: {problem}");
            return Err(StoreError::Damaged { what, advice: format!("it lies in {} to be looked at", beside.display()) });
        }
        backup::put_in_place(&beside, &settings.path)?;
        Ok((manifest, verdict))
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writer>> {
        let writer = self.writer.lock().map_err(|_| errors::other("a commit broke off; the store must be opened again"))?;
        match &writer.broken {
            None => Ok(writer),
            Some(Broken::Full) if self.space.is_full() => Err(StoreError::Full { path: self.path.display().to_string() }),
            // sled goes on failing until it is opened again, room or not.
            Some(Broken::Full) => {
                Err(errors::other("the disk was full in the middle of a commit; there is room again, start the program again"))
            }
            Some(Broken::Other(why)) => Err(errors::other(format!("{why}; the store must be opened again"))),
        }
    }

    fn reading(&self) -> RwLockReadGuard<'_, ()> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the rows and returns when they are on disk.
    fn keep(&self, writer: &mut Writer, batch: Batch<'_>) -> Result<()> {
        let kept = self.put(batch).and_then(|commits| {
            // sled acknowledges a write that the disk does not have yet (its flush is no fsync on Linux); the contract says durable.
            self.trees.flush()?;
            writer.log.sync_all().map_err(errors::at(&self.trees.path))?;
            Ok(commits)
        });
        match kept {
            Ok(commits) => writer.mark.set(commits),
            Err(error) => {
                writer.broken = Some(match error {
                    StoreError::Full { .. } => Broken::Full,
                    _ => Broken::Other(error.to_string()),
                });
                return Err(error);
            }
        }
        Ok(())
    }

    fn put(&self, batch: Batch<'_>) -> Result<u64> {
        let _rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        Ok(batch.apply()?.commits)
    }

    fn months(&self) -> MutexGuard<'_, Months> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn prune_alone(&self, expired: &Expired, at: Timestamp) -> Result<Pruned> {
        let mut going = prune::Going::of(&self.trees, expired)?;
        let mut pages = 0;
        if !going.count().is_nothing() {
            folder::ask_for_new_records(&self.path)?;
            folder::thin_quarantine(&self.path, at)?;
        }
        for file in going.files(&self.trees)? {
            let mut writer = self.writer()?;
            going.pages.retain(|page| writer.needed.as_ref().is_none_or(|needed| !needed.contains(page)));
            let Some(bytes) = known_files(&self.trees)?.get(&file).copied() else { continue };
            self.space.for_pages(bytes)?;
            let mut batch = Batch::on(&self.trees)?;
            pages += going.remove_pages(&mut batch, &writer.archive, file, bytes, at)?;
            self.keep(&mut writer, batch)?;
            let _rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
            delete_doomed(&self.trees, &mut writer.archive)?;
        }
        let mut writer = self.writer()?;
        let mut batch = Batch::on(&self.trees)?;
        let mut pruned = Pruned { pages, ..going.remove_rows(&mut batch, at)? };
        if !pruned.is_nothing() {
            self.keep(&mut writer, batch)?;
        }
        drop(writer);
        if let Some(day) = expired.impact_before {
            let mut months = self.months();
            for month in months.over_before(day)? {
                months.remove(&month)?;
                pruned.months += 1;
            }
        }
        Ok(pruned)
    }

    fn tracked_of(&self, notices: impl Iterator<Item = Result<Vec<u8>>>) -> Result<Vec<Tracked>> {
        let mut all = Vec::new();
        for notice in notices {
            all.extend(self.tracked(&notice_id(&notice?)?)?);
        }
        Ok(all)
    }

    fn delivery(&self, id: &str) -> Result<Option<Delivery>> {
        let Some(envelope) = self.trees.json::<Envelope>(Table::Deliveries, id.as_bytes())? else { return Ok(None) };
        let message = keep::message(&self.trees, id)?;
        let Envelope { subscriber, recipient, created_at, state, .. } = envelope;
        Ok(Some(Delivery { id: id.to_owned(), subscriber, recipient, created_at, message, state }))
    }
}

impl Store for Sled {
    fn commit(&self, commit: &Commit) -> Result<Vec<u64>> {
        let mut writer = self.writer()?;
        self.space.for_pages(commit.snapshots.iter().map(|snapshot| snapshot.body.len() as u64).sum())?;
        let mut batch = Batch::on(&self.trees)?;
        let page = keep::snapshots(&mut batch, &writer.archive, &commit.snapshots)?;
        if let Some(health) = &commit.health {
            batch.put_json(Table::State, key::health(&health.source), health)?;
        }
        commit.tracked.iter().try_for_each(|tracked| keep::tracked(&mut batch, tracked))?;
        commit.versions.iter().try_for_each(|version| keep::version(&mut batch, version))?;
        let numbers = commit.changes.iter().map(|change| keep::change(&mut batch, change, &commit.versions)).collect::<Result<_>>()?;
        if let Some(page) = page {
            let (file, bytes) = writer.archive.append(&page)?;
            batch.put_json(Table::State, key::warc(file), &bytes)?;
        }
        if let Some(needed) = &mut writer.needed {
            needed.extend(prune::pages_of(commit).cloned());
        }
        self.keep(&mut writer, batch)?;
        Ok(numbers)
    }

    fn health(&self, source: &SourceId) -> Result<Option<Health>> {
        self.trees.json(Table::State, &key::health(source))
    }

    fn gate(&self, host: &str) -> Result<Option<Gate>> {
        Ok(self.gates.lock().unwrap_or_else(PoisonError::into_inner).get(host).cloned())
    }

    fn set_gate(&self, gate: &Gate) -> Result<()> {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner).set(gate)
    }

    fn add_traffic(&self, traffic: &Traffic) -> Result<()> {
        self.months().add(traffic)
    }

    fn traffic(&self, since: Date) -> Result<Vec<Traffic>> {
        self.months().since(since)
    }

    fn tracked(&self, notice: &NoticeId) -> Result<Option<Tracked>> {
        self.trees.json(Table::Notices, notice.0.as_bytes())
    }

    fn tracked_at(&self, url: &Url) -> Result<Option<Tracked>> {
        let _reading = self.reading();
        let here = self.tracked_of(self.trees.endings(Table::Index, &key::address(url)))?;
        Ok(here.into_iter().max_by_key(|tracked| super::standing(tracked, url)))
    }

    fn all_tracked(&self, source: Option<&SourceId>) -> Result<Vec<Tracked>> {
        let _reading = self.reading();
        let mut all = match source {
            Some(source) => self.tracked_of(self.trees.endings(Table::Index, &key::source(source)))?,
            None => {
                let rows = self.trees.scan(Table::Notices, b"");
                rows.map(|row| row.and_then(|(key, row)| row::from_json(Table::Notices, &key, &row))).collect::<Result<_>>()?
            }
        };
        super::newest_first(&mut all);
        Ok(all)
    }

    fn twins(&self, fingerprint: u64) -> Result<Vec<NoticeId>> {
        self.trees.endings(Table::Index, &key::fingerprint(fingerprint)).map(|notice| notice_id(&notice?)).collect()
    }

    fn of_body(&self, body: &str) -> Result<Vec<NoticeId>> {
        self.trees.endings(Table::Index, &key::body(body)).map(|notice| notice_id(&notice?)).collect()
    }

    fn named(&self, prefix: &str) -> Result<Vec<NoticeId>> {
        let prefix = prefix.to_ascii_uppercase();
        self.trees.scan(Table::Notices, prefix.as_bytes()).take(NAMED_MAX).map(|row| notice_id(&row?.0)).collect()
    }

    fn version(&self, notice: &NoticeId, number: u32) -> Result<Option<Version>> {
        let _reading = self.reading();
        texts::get(&self.trees, notice, number)
    }

    fn snapshot(&self, id: &SnapshotId) -> Result<Option<Snapshot>> {
        let _reading = self.reading();
        let place: Option<Place> = self.trees.json(Table::Snapshots, &key::snapshot(id))?;
        place.map(|place| archive::read(&self.warc, id, &place)).transpose()
    }

    fn changes(&self, after: u64, max: usize) -> Result<Vec<Change>> {
        let Some(first) = after.checked_add(1) else { return Ok(Vec::new()) };
        let failed = errors::sled_at(&self.trees.path);
        let rows = self.trees.tree(Table::Changes).range(first.to_be_bytes()..).take(max);
        rows.map(|row| row.map_err(&failed).and_then(|(key, row)| row::from_json(Table::Changes, &key, &row))).collect()
    }

    fn last_change(&self) -> Result<u64> {
        Ok(self.trees.state()?.unwrap_or_default().changes)
    }

    fn changes_of(&self, notice: &NoticeId) -> Result<Vec<Change>> {
        let _reading = self.reading();
        let mut changes = Vec::new();
        for number in self.trees.endings(Table::Index, &key::changes_of(notice)) {
            changes.extend(self.trees.json(Table::Changes, &number?)?);
        }
        Ok(changes)
    }

    fn cursor(&self, name: &str) -> Result<Option<Cursor>> {
        self.trees.json(Table::State, &key::cursor(name))
    }

    fn owe_reminding(&self, cursor: &Cursor, deliveries: &[Delivery], reminders: &[Reminder]) -> Result<()> {
        let mut writer = self.writer()?;
        self.space.for_pages(deliveries.iter().map(|delivery| delivery.message.html.len() as u64).sum())?;
        let mut batch = Batch::on(&self.trees)?;
        batch.put_json(Table::State, key::cursor(&cursor.name), cursor)?;
        deliveries.iter().try_for_each(|delivery| keep::delivery(&mut batch, delivery))?;
        for reminder in reminders {
            batch.put_json(Table::State, key::reminder(&reminder.subscriber, &reminder.of.name()), reminder)?;
        }
        self.keep(&mut writer, batch)
    }

    fn reminders(&self, subscriber: &str) -> Result<Vec<Reminder>> {
        let rows = self.trees.scan(Table::State, &key::reminder(subscriber, ""));
        rows.map(|row| row.and_then(|(key, row)| row::from_json(Table::State, &key, &row))).collect()
    }

    fn due(&self, now: Timestamp) -> Result<Vec<Delivery>> {
        let _reading = self.reading();
        let mut due = Vec::new();
        for ending in self.trees.endings(Table::Index, key::PENDING) {
            due.extend(self.delivery(&delivery_id(&ending?)?)?.filter(|delivery| super::is_due(&delivery.state, now)));
        }
        Ok(due)
    }

    fn unsent(&self) -> Result<Vec<Delivery>> {
        let _reading = self.reading();
        let state = self.trees.state()?.unwrap_or_default();
        let mut unsent = Vec::new();
        if state.pending + state.held == 0 {
            return Ok(unsent);
        }
        for ending in self.trees.endings(Table::Index, key::DELIVERY) {
            let id = delivery_id(&ending?)?;
            // Most were sent, and their messages are not read for that.
            let envelope: Option<Envelope> = self.trees.json(Table::Deliveries, id.as_bytes())?;
            if envelope.is_some_and(|envelope| super::is_unsent(&envelope.state)) {
                unsent.extend(self.delivery(&id)?);
            }
        }
        Ok(unsent)
    }

    fn deliveries(&self, max: usize) -> Result<Vec<Delivery>> {
        let _reading = self.reading();
        let mut deliveries = Vec::new();
        for ending in self.trees.endings(Table::Index, key::DELIVERY).rev().take(max) {
            deliveries.extend(self.delivery(&delivery_id(&ending?)?)?);
        }
        Ok(deliveries)
    }

    fn can_settle(&self) -> Result<()> {
        let _writer = self.writer()?;
        self.space.for_mark()
    }

    fn settle(&self, delivery: &str, state: &DeliveryState) -> Result<()> {
        let mut writer = self.writer()?;
        self.space.for_mark()?;
        let mut batch = Batch::on(&self.trees)?;
        keep::settle(&mut batch, delivery, state)?;
        self.keep(&mut writer, batch)
    }

    fn room(&self) -> Room {
        self.space.room()
    }

    fn verify(&self, head: Option<&str>) -> Result<Verdict> {
        let mut look = Look::at(&self.trees);
        look.impact(self.traffic.lock().unwrap_or_else(PoisonError::into_inner).unread());
        let pages = {
            // Also a writer that may not write any more still keeps others away.
            let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            look.records(known_files(&self.trees)?, head)?
        };
        look.pages(&self.warc, &pages)
    }

    fn is_forgotten(&self, address: &Url, fingerprint: u64) -> Result<bool> {
        forget::is_forgotten(&self.trees, address, fingerprint)
    }

    fn forget(&self, notices: &[NoticeId]) -> Result<Forgotten> {
        let mut writer = self.writer()?;
        let going = Going::of(&self.trees, notices)?;
        let messages = going.messages(&self.trees)?;
        let waiting = messages.iter().filter(|(_, is_pending)| *is_pending).count();
        if waiting > 0 {
            return Err(errors::other(format!(
                "{waiting} message(s) that tell of it wait in the outbox or are held there; send them (`huitoukan outbox retry --all`) or take them out (`huitoukan outbox drop`) first"
            )));
        }
        let messages: Vec<String> = messages.into_iter().map(|(id, _)| id).collect();
        self.space.for_pages(0)?;
        folder::ask_for_new_records(&self.path)?;
        folder::empty_quarantine(&self.path)?;
        let rewritten = forget::rewrite(&writer.archive, &known_files(&self.trees)?, &going)?;
        let mut batch = Batch::on(&self.trees)?;
        let forgotten = going.remove(&mut batch, &messages, &rewritten)?;
        self.keep(&mut writer, batch)?;
        // Whoever reads a page found its place in the old files.
        let _rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        delete_doomed(&self.trees, &mut writer.archive)?;
        Ok(forgotten)
    }

    fn told_before(&self, before: Timestamp) -> Result<Vec<String>> {
        prune::told_before(&self.trees, before)
    }

    fn would_prune(&self, expired: &Expired) -> Result<Pruned> {
        let months = expired.impact_before.map(|day| self.months().over_before(day)).transpose()?.unwrap_or_default();
        Ok(Pruned { months: months.len() as u64, ..prune::Going::of(&self.trees, expired)?.count() })
    }

    fn prune(&self, expired: &Expired, at: Timestamp) -> Result<Pruned> {
        let _alone = self.pruning.lock().unwrap_or_else(PoisonError::into_inner);
        self.writer()?.needed = Some(BTreeSet::new());
        let pruned = self.prune_alone(expired, at);
        self.writer()?.needed = None;
        pruned
    }

    fn pruned_page(&self, page: &SnapshotId) -> Result<Option<Timestamp>> {
        self.trees.json(Table::State, &key::pruned_page(page))
    }

    fn pruned_version(&self, notice: &NoticeId, number: u32) -> Result<Option<Timestamp>> {
        self.trees.json(Table::State, &key::pruned_version(notice, number))
    }

    fn repair(&self) -> Result<Repaired> {
        let mut writer = self.writer()?;
        self.space.for_pages(0)?;
        let mut batch = Batch::on(&self.trees)?;
        let mut repaired = repair::repair(&mut batch)?;
        if !repaired.is_nothing() {
            self.trees.flush()?;
            folder::copy_aside(&self.trees.path, &self.path.join("quarantine"))?;
            self.keep(&mut writer, batch)?;
        }
        repaired.lines_left_out = self.traffic.lock().unwrap_or_else(PoisonError::into_inner).repair()?;
        Ok(repaired)
    }

    fn backup(&self, made_at: Timestamp, out: &mut dyn Write) -> Result<Manifest> {
        let backup = {
            let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            Backup::of(&self.trees, &self.path, known_files(&self.trees)?)?
        };
        backup.write(&self.path, made_at, out)
    }

    fn keep_derived(&self, derived: &[Derived]) -> Result<()> {
        let mut writer = self.writer()?;
        self.space.for_pages(0)?;
        let mut batch = Batch::on(&self.trees)?;
        derived.iter().try_for_each(|derived| sketches::put(&mut batch, derived))?;
        self.keep(&mut writer, batch)
    }

    fn derived(&self, half: Half) -> Result<Vec<(NoticeId, Vec<u8>)>> {
        let _reading = self.reading();
        sketches::all(&self.trees, half)
    }

    fn underived(&self) -> Result<Vec<NoticeId>> {
        let _reading = self.reading();
        sketches::missing(&self.trees)
    }

    fn counts(&self) -> Result<Counts> {
        let state = self.trees.state()?.unwrap_or_default();
        Ok(Counts {
            notices: state.notices,
            versions: state.versions,
            snapshots: state.snapshots,
            changes: state.changes,
            pending: state.pending,
            held: state.held,
            sent: state.sent,
            dropped: state.dropped,
            bytes: bytes_in(&self.path),
        })
    }
}

fn notice_id(bytes: &[u8]) -> Result<NoticeId> {
    text(bytes).map(NoticeId)
}

/// Of a key by time, without `pending/` or `delivery/`.
fn delivery_id(ending: &[u8]) -> Result<String> {
    text(ending.get(key::TIME_BYTES..).unwrap_or_default())
}

fn text(bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| row::spoilt(Table::Index, bytes, "it is no text"))
}

/// Deletes the WARC files that nothing names any more. Their rows stay: to delete what is gone already does no harm.
fn delete_doomed(trees: &Trees, archive: &mut Archive) -> Result<()> {
    for ending in trees.endings(Table::State, key::DOOMED) {
        let ending = ending?;
        let number = <[u8; 4]>::try_from(ending.as_slice()).map_err(|_| row::spoilt(Table::State, &ending, "it is no file number"))?;
        archive.delete(u32::from_be_bytes(number))?;
    }
    Ok(())
}

fn known_files(trees: &Trees) -> Result<BTreeMap<u32, u64>> {
    let mut files = BTreeMap::new();
    for row in trees.scan(Table::State, key::WARC) {
        let (key, row) = row?;
        let number = key[key::WARC.len()..].try_into().map_err(|_| row::spoilt(Table::State, &key, "it is no file number"))?;
        files.insert(u32::from_be_bytes(number), row::from_json(Table::State, &key, &row)?);
    }
    Ok(files)
}

/// Bytes of all files below; what cannot be looked at counts as nothing.
fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_in(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    bytes.sum()
}
