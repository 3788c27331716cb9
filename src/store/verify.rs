//! A thorough look at a whole store: every checksum, every reference, every page against its digest, the chain of changes.
//!
//! Reads only. What it finds wrong are sentences; it goes on after each, so that one damaged record hides no other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::archive::{self, Place};
use super::batch::{Rows as _, Trees};
use super::keep::{self, Envelope, Linked};
use super::row::{self, Table, key};
use super::{Result, StoreError, texts};
use crate::model::{Cursor, DeliveryState, Health, NoticeId, Reminder, SnapshotId, Tracked};

/// What a look at a whole store found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Verdict {
    pub notices: u64,
    pub versions: u64,
    pub snapshots: u64,
    pub changes: u64,
    pub deliveries: u64,
    /// Pages, and texts of versions, that went by their time for keeping and are not missed.
    pub pruned_pages: u64,
    pub pruned_versions: u64,
    /// Number of the first change that holds the hash of the one before it; earlier releases did not link them.
    pub linked_from: Option<u64>,
    /// SHA-256 of the last change's record, in hexadecimal digits: whoever keeps it elsewhere can prove later that nothing
    /// before it was altered.
    pub head: Option<String>,
    /// Whether the head that was asked for stands in the chain; `None` where none was asked for.
    pub knows_head: Option<bool>,
    /// Empty where all is well.
    pub problems: Vec<String>,
}

/// The records, as they are when nobody writes.
pub(super) struct Look<'a> {
    trees: &'a Trees,
    verdict: Verdict,
    versions: BTreeSet<(NoticeId, u32)>,
    wanted_pages: BTreeMap<SnapshotId, String>,
    /// Keys of the tombstones of what was forgotten or pruned.
    tombs: BTreeSet<Vec<u8>>,
    /// How much of which WARC file is named.
    files: BTreeMap<u32, u64>,
}

impl<'a> Look<'a> {
    pub(super) fn at(trees: &'a Trees) -> Self {
        Self {
            trees,
            verdict: Verdict::default(),
            versions: BTreeSet::new(),
            wanted_pages: BTreeMap::new(),
            tombs: BTreeSet::new(),
            files: BTreeMap::new(),
        }
    }

    /// What hosts were asked, beside the records.
    pub(super) fn impact(&mut self, unread: Result<Vec<(PathBuf, usize)>>) {
        match unread {
            Ok(months) => {
                for (path, lines) in months {
                    self.problem(format!("{lines} line(s) of {} cannot be read: `impact` tells less than was asked", path.display()));
                }
            }
            Err(error) => self.problem(error.to_string()),
        }
    }

    /// Everything but the pages themselves; the caller lets nobody write meanwhile.
    pub(super) fn records(&mut self, files: BTreeMap<u32, u64>, head: Option<&str>) -> Result<Vec<(SnapshotId, Place)>> {
        self.files = files;
        for kind in [key::FORGOTTEN, key::PRUNED] {
            for row in self.trees.scan(Table::State, kind) {
                self.tombs.insert(row?.0);
            }
        }
        let tracked = self.notices()?;
        self.stray_versions()?;
        self.index(&tracked)?;
        self.changes(&tracked, head)?;
        self.state()?;
        self.deliveries()?;
        let pages = self.places()?;
        self.counts()?;
        Ok(pages)
    }

    /// The pages, one after the other; they are only ever appended, so that writing may go on.
    pub(super) fn pages(mut self, folder: &Path, pages: &[(SnapshotId, Place)]) -> Result<Verdict> {
        for (id, place) in pages {
            match archive::read(folder, id, place) {
                Ok(_) => {}
                Err(StoreError::Damaged { what, .. }) => self.verdict.problems.push(format!("page {id}: {what}")),
                Err(fatal) => return Err(fatal),
            }
        }
        for (number, end) in std::mem::take(&mut self.files) {
            let mut named: Vec<(u64, u64)> =
                pages.iter().filter(|(_, place)| place.file == number).map(|(_, place)| place.range()).collect();
            named.sort_unstable();
            self.between(folder, number, &named, end)?;
        }
        Ok(self.verdict)
    }

    /// What of an archive file no page lies in: requests, and that a page was met again.
    fn between(&mut self, folder: &Path, number: u32, named: &[(u64, u64)], end: u64) -> Result<()> {
        let mut at = 0;
        for (from, to) in named.iter().copied().chain([(end, end)]) {
            if at < from {
                let checked = archive::check_records(folder, number, at, from);
                self.note(checked)?;
            }
            at = at.max(to);
        }
        Ok(())
    }

    fn problem(&mut self, problem: impl Into<String>) {
        self.verdict.problems.push(problem.into());
    }

    /// A damaged record is a finding, anything else the end of the look.
    fn note<T>(&mut self, read: Result<T>) -> Result<Option<T>> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(StoreError::Damaged { what, .. }) => {
                self.problem(what);
                Ok(None)
            }
            Err(fatal) => Err(fatal),
        }
    }

    fn notices(&mut self) -> Result<BTreeMap<NoticeId, Tracked>> {
        let mut all = BTreeMap::new();
        for row in self.trees.scan(Table::Notices, b"") {
            let (key, row) = row?;
            let Some(tracked) = self.note(row::from_json::<Tracked>(Table::Notices, &key, &row))? else { continue };
            if tracked.id.0.as_bytes() != key {
                self.problem(format!("the record of notice {} stands under the name {}", tracked.id, key.escape_ascii()));
            }
            for number in 1..=tracked.versions {
                self.version(&tracked.id, number)?;
            }
            all.insert(tracked.id.clone(), tracked);
        }
        self.verdict.notices = all.len() as u64;
        Ok(all)
    }

    fn version(&mut self, notice: &NoticeId, number: u32) -> Result<()> {
        self.versions.insert((notice.clone(), number));
        match self.note(texts::get(self.trees, notice, number))? {
            Some(Some(version)) => {
                if (&version.id, version.number) != (notice, number) {
                    self.problem(format!("version {number} of notice {notice} says that it is {} of {}", version.number, version.id));
                }
                for page in keep::pages_of(&version) {
                    self.wanted_pages.entry(page.clone()).or_insert_with(|| format!("version {number} of notice {notice}"));
                }
            }
            Some(None) if self.tombs.contains(&key::pruned_version(notice, number)) => self.verdict.pruned_versions += 1,
            Some(None) => self.problem(format!("version {number} of notice {notice} is missing")),
            None => {}
        }
        Ok(())
    }

    /// Versions that no notice counts.
    fn stray_versions(&mut self) -> Result<()> {
        let mut found = BTreeSet::new();
        for ending in self.trees.endings(Table::Versions, b"") {
            let key = ending?;
            found.extend(keep::version_of(&key));
        }
        self.verdict.versions = found.len() as u64;
        let stray: Vec<_> = found.difference(&self.versions).cloned().collect();
        for (notice, number) in stray {
            self.problem(format!("version {number} of notice {notice} is kept, and the notice does not know it"));
        }
        Ok(())
    }

    /// Every notice is found by what it is found by, and nothing else is.
    fn index(&mut self, tracked: &BTreeMap<NoticeId, Tracked>) -> Result<()> {
        for tracked in tracked.values() {
            for key in keep::names_of(tracked) {
                if self.trees.get(Table::Index, &key)?.is_none() {
                    self.problem(format!("notice {} is not found by {}", tracked.id, key.escape_ascii()));
                }
            }
        }
        for table in [key::SOURCE, key::WORDS, key::ADDRESS] {
            for ending in self.trees.endings(Table::Index, table) {
                let ending = ending?;
                let id = keep::notice_named(table, &ending);
                if !id.as_ref().is_some_and(|id| tracked.contains_key(id)) {
                    let key = [table, &ending].concat();
                    self.problem(format!("the index leads to a notice that is not there, by {}", key.escape_ascii()));
                }
            }
        }
        Ok(())
    }

    fn changes(&mut self, tracked: &BTreeMap<NoticeId, Tracked>, head: Option<&str>) -> Result<()> {
        let (mut before, mut knows_head) = (None::<String>, false);
        let mut expected = 1u64;
        for row in self.trees.scan(Table::Changes, b"") {
            let (key, row) = row?;
            let number = <[u8; 8]>::try_from(key.as_slice()).map_or(0, u64::from_be_bytes);
            if number != expected {
                self.problem(format!("change {expected} is missing"));
            }
            expected = number.saturating_add(1);
            let link = row::link(&row);
            knows_head |= head == Some(link.as_str());
            if let Some(linked) = self.note(row::from_json::<Linked>(Table::Changes, &key, &row))? {
                self.change(number, &linked, before.as_deref(), tracked);
            }
            before = Some(link);
            self.verdict.changes += 1;
        }
        self.verdict.head = before;
        self.verdict.knows_head = head.map(|_| knows_head);
        if self.verdict.knows_head == Some(false) {
            self.problem("no change has the head that was asked for: changes were altered, cut off or begun anew since it was printed");
        }
        Ok(())
    }

    fn change(&mut self, number: u64, linked: &Linked, before: Option<&str>, tracked: &BTreeMap<NoticeId, Tracked>) {
        if linked.change.number != number {
            self.problem(format!("change {number} says that it is number {}", linked.change.number));
        }
        match (&linked.before, self.verdict.linked_from) {
            (Some(link), _) => {
                self.verdict.linked_from.get_or_insert(number);
                if Some(link.as_str()) != before {
                    self.problem(format!(
                        "change {number} does not follow the change {} that is kept: one of them was altered",
                        number - 1
                    ));
                }
            }
            (None, Some(_)) => self.problem(format!("change {number} is not linked to the one before it, although earlier ones are")),
            (None, None) => {}
        }
        let went =
            |notice: &NoticeId| self.tombs.contains(&key::forgotten_notice(notice)) || self.tombs.contains(&key::pruned_notice(notice));
        let is_lost = |notice: &&NoticeId| !tracked.contains_key(*notice) && !went(notice);
        if let Some(notice) = linked.change.kind.notice().filter(is_lost) {
            self.problem(format!("change {number} tells of notice {notice}, which is not there"));
        }
        if let Some(page) = &linked.page {
            self.wanted_pages.entry(page.clone()).or_insert_with(|| format!("change {number}"));
        }
    }

    /// Health, cursors and reminders.
    fn state(&mut self) -> Result<()> {
        let last = self.verdict.changes;
        for row in self.trees.scan(Table::State, key::HEALTH) {
            let (key, row) = row?;
            self.note(row::from_json::<Health>(Table::State, &key, &row))?;
        }
        for row in self.trees.scan(Table::State, key::REMINDER) {
            let (key, row) = row?;
            self.note(row::from_json::<Reminder>(Table::State, &key, &row))?;
        }
        for row in self.trees.scan(Table::State, key::CURSOR) {
            let (key, row) = row?;
            if let Some(cursor) = self.note(row::from_json::<Cursor>(Table::State, &key, &row))?
                && cursor.up_to > last
            {
                self.problem(format!("subscriber {} was told up to change {}, and there are {last}", cursor.name, cursor.up_to));
            }
        }
        Ok(())
    }

    fn deliveries(&mut self) -> Result<()> {
        let mut pending = BTreeSet::new();
        for row in self.trees.scan(Table::Deliveries, b"") {
            let (key, row) = row?;
            if keep::is_message_key(&key) {
                continue;
            }
            self.verdict.deliveries += 1;
            let id = String::from_utf8_lossy(&key).into_owned();
            let Some(envelope) = self.note(row::from_json::<Envelope>(Table::Deliveries, &key, &row))? else { continue };
            self.message(&id)?;
            if matches!(envelope.state, DeliveryState::Pending { .. }) {
                pending.insert(key::by_time(key::PENDING, envelope.created_at, &id));
            }
        }
        let mut listed = BTreeSet::new();
        for row in self.trees.scan(Table::Index, key::PENDING) {
            listed.insert(row?.0);
        }
        if pending != listed {
            self.problem(format!("{} deliveries are pending, and the outbox lists {}", pending.len(), listed.len()));
        }
        Ok(())
    }

    fn message(&mut self, id: &str) -> Result<()> {
        let read = keep::message(self.trees, id);
        self.note(read).map(|_| ())
    }

    fn places(&mut self) -> Result<Vec<(SnapshotId, Place)>> {
        let mut places = Vec::new();
        for row in self.trees.scan(Table::Snapshots, b"") {
            let (key, row) = row?;
            let id = keep::snapshot_named(&key);
            if let Some(place) = self.note(row::from_json::<Place>(Table::Snapshots, &key, &row))? {
                self.wanted_pages.remove(&id);
                places.push((id, place));
            }
        }
        self.verdict.snapshots = places.len() as u64;
        for (page, wanted_by) in std::mem::take(&mut self.wanted_pages) {
            if self.tombs.contains(&key::forgotten_page(&page)) {
                continue;
            }
            if self.tombs.contains(&key::pruned_page(&page)) {
                self.verdict.pruned_pages += 1;
                continue;
            }
            self.problem(format!("page {page} is not there, and {wanted_by} was read from it"));
        }
        Ok(places)
    }

    /// The numbers that every report shows, against what was counted just now.
    fn counts(&mut self) -> Result<()> {
        let Some(state) = self.trees.state()? else {
            self.problem("the record of how much is kept is missing");
            return Ok(());
        };
        let counted = [
            ("notices", state.notices, self.verdict.notices),
            ("versions", state.versions, self.verdict.versions),
            ("pages", state.snapshots, self.verdict.snapshots),
            ("changes", state.changes, self.verdict.changes),
            ("deliveries", state.pending + state.held + state.sent + state.dropped, self.verdict.deliveries),
        ];
        for (what, says, are) in counted {
            if says != are {
                self.problem(format!("the store says that it keeps {says} {what}, and {are} are there"));
            }
        }
        Ok(())
    }
}
