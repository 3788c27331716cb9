//! Removing what has been kept for its time: texts and pages of old versions, whole notices, words of messages.
//!
//! Decides nothing: [`Expired`] names what goes. What stays is that it was there: hashes, the log of changes, every number.
//! Unlike what is forgotten it may be collected again. Order, so that a kill at any moment leaves a store that is whole: the
//! pages of one WARC file after the other, each with a tombstone in the transaction that removes it, others reading and
//! writing in between; then, in one transaction, the texts and all else.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::archive::{Archive, Place};
use super::batch::{Batch, Rows as _, Trees};
use super::rewrite::{self, Named};
use super::row::{self, Table, key};
use super::{Commit, Result, forget, keep, texts};
use crate::model::{NoticeId, SnapshotId, Tracked};

/// What has been kept for its time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expired {
    /// Go with every version and page.
    pub notices: Vec<NoticeId>,
    /// Versions that go with their pages; the newest of a notice stays whatever stands here.
    pub versions: Vec<(NoticeId, u32)>,
    /// Versions whose pages and files go; they cannot be read again then.
    pub pages: Vec<(NoticeId, u32)>,
    /// Pages that no version was read from go where they were captured before this.
    pub strays_before: Option<Timestamp>,
    /// Deliveries whose words go.
    pub messages: Vec<String>,
    /// What hosts were asked in months that ended before this day goes.
    pub impact_before: Option<Date>,
}

/// How much was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Pruned {
    pub notices: u64,
    pub versions: u64,
    pub pages: u64,
    pub messages: u64,
    /// Months of what hosts were asked.
    pub months: u64,
}

impl Pruned {
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What goes of a store, nothing of it needed by what stays.
pub(super) struct Going<'a> {
    expired: &'a Expired,
    notices: Vec<Tracked>,
    versions: BTreeMap<NoticeId, BTreeSet<u32>>,
    /// Versions of both that are there.
    texts: u64,
    pub(super) pages: BTreeSet<SnapshotId>,
}

impl<'a> Going<'a> {
    /// Others may write meanwhile; pages that they come to need are the caller's to take out.
    pub(super) fn of(trees: &Trees, expired: &'a Expired) -> Result<Self> {
        let mut going = Self { expired, notices: Vec::new(), versions: BTreeMap::new(), texts: 0, pages: BTreeSet::new() };
        let (mut wanted, mut leaving) = (BTreeSet::new(), BTreeSet::new());
        for (notice, number) in &expired.versions {
            going.versions.entry(notice.clone()).or_default().insert(*number);
        }
        let pageless: BTreeSet<(&NoticeId, u32)> = expired.pages.iter().map(|(notice, number)| (notice, *number)).collect();
        for row in trees.scan(Table::Notices, b"") {
            let (key, row) = row?;
            let tracked: Tracked = row::from_json(Table::Notices, &key, &row)?;
            let goes = expired.notices.contains(&tracked.id);
            if let Some(numbers) = going.versions.get_mut(&tracked.id) {
                numbers.retain(|number| *number < tracked.versions && !goes);
            }
            for number in 1..=tracked.versions {
                let Some(version) = texts::get(trees, &tracked.id, number)? else { continue };
                let is_old = going.versions.get(&tracked.id).is_some_and(|numbers| numbers.contains(&number));
                going.texts += u64::from(goes || is_old);
                let leaves = goes || is_old || pageless.contains(&(&tracked.id, number));
                let into = if leaves { &mut leaving } else { &mut wanted };
                into.extend(keep::pages_of(&version).into_iter().cloned());
            }
            let newest_leaves = goes || pageless.contains(&(&tracked.id, tracked.versions));
            let files = tracked.parts.iter().filter_map(|part| part.snapshot.clone());
            if newest_leaves {
                leaving.extend(files)
            } else {
                wanted.extend(files)
            }
            if goes {
                going.notices.push(tracked);
            }
        }
        going.pages = going.there(trees, &leaving)?;
        going.pages.retain(|page| !wanted.contains(page));
        Ok(going)
    }

    /// Of these pages those that are kept, and those that have lain about for too long.
    fn there(&self, trees: &Trees, leaving: &BTreeSet<SnapshotId>) -> Result<BTreeSet<SnapshotId>> {
        let mut pages = BTreeSet::new();
        for row in trees.scan(Table::Snapshots, b"") {
            let (key, row) = row?;
            let (page, place) = (keep::snapshot_named(&key), row::from_json::<Place>(Table::Snapshots, &key, &row)?);
            if leaving.contains(&page) || self.expired.strays_before.is_some_and(|before| place.original.at < before) {
                pages.insert(page);
            }
        }
        Ok(pages)
    }

    pub(super) fn count(&self) -> Pruned {
        Pruned {
            notices: self.notices.len() as u64,
            versions: self.texts,
            pages: self.pages.len() as u64,
            messages: self.expired.messages.len() as u64,
            months: 0,
        }
    }

    /// The WARC files that hold some of the pages.
    pub(super) fn files(&self, trees: &Trees) -> Result<BTreeSet<u32>> {
        let mut files = BTreeSet::new();
        for page in &self.pages {
            let place: Option<Place> = trees.json(Table::Snapshots, &key::snapshot(page))?;
            files.extend(place.map(|place| place.file));
        }
        Ok(files)
    }

    /// Puts into the batch that the pages of this file are gone; the caller deletes it afterwards.
    pub(super) fn remove_pages(&self, batch: &mut Batch<'_>, archive: &Archive, file: u32, bytes: u64, at: Timestamp) -> Result<u64> {
        let mut here = BTreeSet::new();
        for page in &self.pages {
            let place: Option<Place> = batch.json(Table::Snapshots, &key::snapshot(page))?;
            if place.is_some_and(|place| place.file == file) {
                here.insert(page.clone());
            }
        }
        let goes = |record: &Named| record.page.as_ref().is_some_and(|page| here.contains(page));
        let rewritten: Vec<_> = rewrite::without(archive, file, bytes, goes)?.into_iter().collect();
        rewrite::lead_to(batch, &rewritten, |page| here.contains(page))?;
        for page in &here {
            batch.remove(Table::Snapshots, key::snapshot(page));
            batch.put_json(Table::State, key::pruned_page(page), &at)?;
            batch.state.snapshots -= 1;
        }
        Ok(here.len() as u64)
    }

    /// Puts the rest into the batch.
    pub(super) fn remove_rows(&self, batch: &mut Batch<'_>, at: Timestamp) -> Result<Pruned> {
        let mut pruned = Pruned::default();
        for (notice, numbers) in &self.versions {
            // It may have been forgotten meanwhile.
            if batch.get(Table::Notices, notice.0.as_bytes())?.is_none() {
                continue;
            }
            for number in texts::remove(batch, notice, numbers)? {
                batch.put_json(Table::State, key::pruned_version(notice, number), &at)?;
                batch.state.versions -= 1;
                pruned.versions += 1;
            }
        }
        for tracked in &self.notices {
            if batch.get(Table::Notices, tracked.id.0.as_bytes())?.is_none() {
                continue;
            }
            let numbers: BTreeSet<u32> = (1..=tracked.versions).collect();
            let gone = texts::remove(batch, &tracked.id, &numbers)?.len() as u64;
            batch.state.versions -= gone;
            pruned.versions += gone;
            let tombs: Vec<_> = batch.trees().scan(Table::State, &key::pruned_versions(&tracked.id)).collect::<Result<_>>()?;
            tombs.into_iter().for_each(|(key, _)| batch.remove(Table::State, key));
            forget::remove_notice(batch, tracked)?;
            batch.put_json(Table::State, key::pruned_notice(&tracked.id), &at)?;
            pruned.notices += 1;
        }
        forget::remove_reminders(batch, |notice| self.notices.iter().any(|tracked| tracked.id == *notice))?;
        for id in &self.expired.messages {
            pruned.messages += u64::from(keep::empty_message(batch, id, "内容已按保存期限删除")?);
        }
        Ok(pruned)
    }
}

/// Every page that what is committed comes to need.
pub(super) fn pages_of(commit: &Commit) -> impl Iterator<Item = &SnapshotId> {
    let of_versions = commit.versions.iter().flat_map(keep::pages_of);
    of_versions.chain(commit.tracked.iter().flat_map(|tracked| &tracked.parts).filter_map(|part| part.snapshot.as_ref()))
}

/// Deliveries that were sent or taken out before then and whose words are still kept.
pub(super) fn told_before(trees: &Trees, before: Timestamp) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for row in trees.scan(Table::Deliveries, b"") {
        let (key, row) = row?;
        if keep::is_message_key(&key) {
            continue;
        }
        let envelope: keep::Envelope = row::from_json(Table::Deliveries, &key, &row)?;
        if !envelope.emptied && super::is_over_before(&envelope.state, before) {
            told.push(String::from_utf8_lossy(&key).into_owned());
        }
    }
    Ok(told)
}
