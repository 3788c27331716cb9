//! Removing a notice for good: its records, its pages out of the WARC files, its words out of messages; a tombstone stays.
//!
//! The tombstone holds hashes only: enough not to collect the notice again, nothing to read it by. Order, so that a kill at
//! any moment leaves a store that is whole: the WARC files without the pages are written anew beside the old ones and synced;
//! one transaction removes the rows, leads the other pages to the new files and dooms the old ones; the doomed are deleted,
//! at the latest when the store is opened again. sled keeps what was removed in its log until that is written anew, which
//! happens when the store is opened next (`folder.rs`).

use std::collections::{BTreeMap, BTreeSet};

use super::archive::{Archive, Place};
use super::batch::{Batch, Rows as _, Trees};
use super::rewrite::{self, Named, Rewritten};
use super::row::{self, Table, key};
use super::{Result, errors, keep, sketches, texts};
use crate::model::{Message, NoticeId, Reminder, ReminderOf, SnapshotId, Tracked};

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Forgotten {
    pub notices: u64,
    pub versions: u64,
    pub pages: u64,
    /// Messages sent whose words were removed.
    pub messages: u64,
}

/// What goes, and what it is recognised by.
pub(super) struct Going {
    notices: Vec<Tracked>,
    versions: Vec<(NoticeId, u32)>,
    pages: BTreeSet<SnapshotId>,
    /// Pages of the other notices.
    kept: BTreeSet<SnapshotId>,
    /// Every address that one of the pages was fetched from.
    addresses: BTreeSet<String>,
    titles: BTreeSet<String>,
}

/// Whether a notice at this address, or saying these words, was forgotten; 0 is no fingerprint.
pub(super) fn is_forgotten(trees: &Trees, address: &url::Url, fingerprint: u64) -> Result<bool> {
    let by_words = fingerprint != 0 && trees.get(Table::State, &key::forgotten_words(fingerprint))?.is_some();
    Ok(by_words || trees.get(Table::State, &key::forgotten_address(address))?.is_some())
}

impl Going {
    /// # Errors
    /// A notice that is not known.
    pub(super) fn of(trees: &Trees, ids: &[NoticeId]) -> Result<Self> {
        let (mut notices, mut versions, mut titles) = (Vec::new(), Vec::new(), BTreeSet::new());
        let (mut pages, mut kept) = (BTreeSet::new(), BTreeSet::new());
        for row in trees.scan(Table::Notices, b"") {
            let (key, row) = row?;
            let tracked: Tracked = row::from_json(Table::Notices, &key, &row)?;
            let goes = ids.contains(&tracked.id);
            for number in 1..=tracked.versions {
                let Some(version) = texts::get(trees, &tracked.id, number)? else { continue };
                let of = if goes { &mut pages } else { &mut kept };
                of.extend(keep::pages_of(&version).into_iter().cloned());
                if goes {
                    titles.extend(version.document.title);
                    versions.push((tracked.id.clone(), number));
                }
            }
            if goes {
                titles.insert(tracked.title.clone());
                notices.push(tracked);
            }
        }
        if let Some(unknown) = ids.iter().find(|id| !notices.iter().any(|tracked| tracked.id == **id)) {
            return Err(errors::other(format!("no notice {unknown} is kept")));
        }
        // A page whose very bytes are another notice's too stays that one's.
        pages.retain(|page| !kept.contains(page));
        let mut addresses: BTreeSet<String> = notices.iter().map(|tracked| tracked.url.to_string()).collect();
        for page in &pages {
            let place: Option<Place> = trees.json(Table::Snapshots, &key::snapshot(page))?;
            addresses.extend(place.map(|place| place.original.url.to_string()));
        }
        Ok(Self { notices, versions, pages, kept, addresses, titles })
    }

    fn is_in(&self, message: &Message) -> bool {
        let words = [&message.subject, &message.text, &message.html];
        let named = |name: &String| !name.is_empty() && words.iter().any(|text| text.contains(name.as_str()));
        self.addresses.iter().any(named) || self.titles.iter().any(|title| title.chars().count() > TITLE_CHARACTERS_MIN && named(title))
    }

    /// Deliveries whose message tells of it, and whether each may still be sent: one that is held is, when a person asks for it, and
    /// emptied it would tell nobody of the other notices in it.
    pub(super) fn messages(&self, trees: &Trees) -> Result<Vec<(String, bool)>> {
        let mut found = Vec::new();
        for row in trees.scan(Table::Deliveries, b"") {
            let (key, row) = row?;
            if keep::is_message_key(&key) {
                continue;
            }
            let envelope: keep::Envelope = row::from_json(Table::Deliveries, &key, &row)?;
            let id = String::from_utf8_lossy(&key).into_owned();
            if self.is_in(&keep::message(trees, &id)?) {
                found.push((id, super::is_unsent(&envelope.state)));
            }
        }
        Ok(found)
    }

    /// Puts all that follows into the batch.
    pub(super) fn remove(&self, batch: &mut Batch<'_>, messages: &[String], rewritten: &[Rewritten]) -> Result<Forgotten> {
        for tracked in &self.notices {
            remove_notice(batch, tracked)?;
            batch.put_json(Table::State, key::forgotten_notice(&tracked.id), &())?;
            batch.put_json(Table::State, key::forgotten_address(&tracked.url), &())?;
            if tracked.fingerprint != 0 {
                batch.put_json(Table::State, key::forgotten_words(tracked.fingerprint), &())?;
            }
        }
        remove_reminders(batch, |notice| self.notices.iter().any(|tracked| tracked.id == *notice))?;
        for (notice, number) in &self.versions {
            batch.remove_pieces(Table::Versions, &key::version(notice, *number))?;
            batch.state.versions -= 1;
        }
        for page in &self.pages {
            batch.remove(Table::Snapshots, key::snapshot(page));
            batch.put_json(Table::State, key::forgotten_page(page), &())?;
            batch.state.snapshots -= 1;
        }
        for id in messages {
            keep::empty_message(batch, id, "内容已按要求删除")?;
        }
        rewrite::lead_to(batch, rewritten, |page| self.pages.contains(page))?;
        let (notices, versions, pages) = (self.notices.len() as u64, self.versions.len() as u64, self.pages.len() as u64);
        Ok(Forgotten { notices, versions, pages, messages: messages.len() as u64 })
    }
}

/// Its record and all that leads to it; versions and pages are the caller's.
pub(super) fn remove_notice(batch: &mut Batch<'_>, tracked: &Tracked) -> Result<()> {
    batch.remove(Table::Notices, tracked.id.0.as_bytes().to_vec());
    sketches::forget(batch, &tracked.id)?;
    for key in keep::every_name_of(batch.trees(), tracked)? {
        batch.remove(Table::Index, key);
    }
    batch.state.notices -= 1;
    Ok(())
}

/// They say the problem in its own words.
pub(super) fn remove_reminders(batch: &mut Batch<'_>, goes: impl Fn(&NoticeId) -> bool) -> Result<()> {
    for row in batch.trees().scan(Table::State, key::REMINDER) {
        let (key, row) = row?;
        let reminder: Reminder = row::from_json(Table::State, &key, &row)?;
        let notice = match &reminder.of {
            ReminderOf::Deadline { item, .. } => item.notice(),
            ReminderOf::Late { .. } => None,
        };
        if notice.is_some_and(|notice| goes(&notice)) {
            batch.remove(Table::State, key);
        }
    }
    Ok(())
}

/// Titles as short as this are in other messages too.
const TITLE_CHARACTERS_MIN: usize = 12;

/// Writes anew, beside the old ones, the WARC files that hold something of what goes.
pub(super) fn rewrite(archive: &Archive, known: &BTreeMap<u32, u64>, going: &Going) -> Result<Vec<Rewritten>> {
    let goes = |record: &Named| match &record.page {
        Some(page) if going.pages.contains(page) => true,
        // The same bytes are another notice's, which finds them here.
        Some(page) if record.is_response && going.kept.contains(page) => false,
        _ => going.addresses.contains(&record.address),
    };
    let mut rewritten = Vec::new();
    for (number, bytes) in known {
        rewritten.extend(rewrite::without(archive, *number, *bytes, goes)?);
    }
    Ok(rewritten)
}
