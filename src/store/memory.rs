//! The store that forgets: the same contract in memory, for tests, rehearsals and dry runs.
//!
//! Never writes a file. What is asked of it one after the other it answers as the one on disk does.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use url::Url;

use super::{
    Commit, Counts, Derived, Expired, Forgotten, Half, Manifest, NAMED_MAX, Pruned, Repaired, Result, Room, Store, StoreError, Verdict,
};
use crate::model::{
    Change, Cursor, Delivery, DeliveryState, Gate, Health, Message, NoticeId, Reminder, Snapshot, SnapshotId, SourceId, Tracked, Traffic,
    Version,
};

#[derive(Debug, Default)]
pub struct Memory {
    kept: Mutex<Kept>,
    full: AtomicBool,
}

#[derive(Debug, Default)]
struct Kept {
    health: HashMap<SourceId, Health>,
    gates: HashMap<String, Gate>,
    traffic: BTreeMap<(Date, String), Traffic>,
    tracked: BTreeMap<NoticeId, Tracked>,
    /// Every address that a notice has or had.
    addresses: Vec<(Url, NoticeId)>,
    versions: BTreeMap<(NoticeId, u32), Version>,
    derived: BTreeMap<NoticeId, Derived>,
    snapshots: HashMap<SnapshotId, Snapshot>,
    changes: Vec<Change>,
    cursors: HashMap<String, Cursor>,
    deliveries: BTreeMap<String, Delivery>,
    /// Address and fingerprint of what was forgotten.
    forgotten: Vec<(Url, u64)>,
    reminders: BTreeMap<(String, String), Reminder>,
    pruned_pages: BTreeMap<SnapshotId, Timestamp>,
    pruned_versions: BTreeMap<(NoticeId, u32), Timestamp>,
    /// Deliveries whose words were removed.
    emptied: BTreeSet<String>,
}

impl Memory {
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on there is no room, or room again: for rehearsals of a full disk.
    pub fn fill(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    fn has_room(&self) -> Result<()> {
        match self.full.load(Ordering::SeqCst) {
            true => Err(StoreError::Full { path: "memory".to_owned() }),
            false => Ok(()),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn track(&mut self, tracked: &Tracked) {
        if !self.addresses.iter().any(|(url, id)| *url == tracked.url && *id == tracked.id) {
            self.addresses.push((tracked.url.clone(), tracked.id.clone()));
        }
        self.tracked.insert(tracked.id.clone(), tracked.clone());
    }

    fn count(&self, wanted: impl Fn(&DeliveryState) -> bool) -> u64 {
        self.deliveries.values().filter(|delivery| wanted(&delivery.state)).count() as u64
    }
}

impl Kept {
    /// The versions and pages that go, and how much that is of all.
    fn expiring(&self, expired: &Expired) -> (Vec<(NoticeId, u32)>, Vec<SnapshotId>, Pruned) {
        let is_newest = |(notice, number): &(NoticeId, u32)| self.tracked.get(notice).is_some_and(|tracked| tracked.versions == *number);
        let goes = |of: &(NoticeId, u32)| expired.notices.contains(&of.0) || expired.versions.contains(of) && !is_newest(of);
        let versions: Vec<_> = self.versions.keys().filter(|of| goes(of)).cloned().collect();
        let (mut wanted, mut leaving) = (BTreeSet::new(), BTreeSet::new());
        for (of, version) in &self.versions {
            let parts = version.document.parts.iter().filter_map(|part| part.snapshot.clone());
            let into = if goes(of) || expired.pages.contains(of) { &mut leaving } else { &mut wanted };
            into.extend(parts.chain([version.snapshot.clone()]));
        }
        let is_stray = |page: &Snapshot| expired.strays_before.is_some_and(|before| page.fetched_at < before);
        let pages = self.snapshots.iter().filter(|(id, page)| (leaving.contains(*id) || is_stray(page)) && !wanted.contains(*id));
        let pages: Vec<_> = pages.map(|(id, _)| id.clone()).collect();
        let months: BTreeSet<(i16, i8)> = match expired.impact_before {
            Some(day) => self.traffic.keys().filter(|(of, _)| is_month_before(*of, day)).map(|(of, _)| (of.year(), of.month())).collect(),
            None => BTreeSet::new(),
        };
        let notices = expired.notices.iter().filter(|id| self.tracked.contains_key(*id)).count() as u64;
        let messages = expired.messages.iter().filter(|id| self.deliveries.contains_key(*id)).count() as u64;
        let (number, months) = (versions.len() as u64, months.len() as u64);
        let pruned = Pruned { notices, versions: number, pages: pages.len() as u64, messages, months };
        (versions, pages, pruned)
    }
}

fn is_month_before(day: Date, before: Date) -> bool {
    (day.year(), day.month()) < (before.year(), before.month())
}

impl Store for Memory {
    fn commit(&self, commit: &Commit) -> Result<Vec<u64>> {
        self.has_room()?;
        let mut kept = self.kept();
        for snapshot in &commit.snapshots {
            kept.snapshots.entry(snapshot.id()).or_insert_with(|| snapshot.clone());
        }
        if let Some(health) = &commit.health {
            kept.health.insert(health.source.clone(), health.clone());
        }
        commit.tracked.iter().for_each(|tracked| kept.track(tracked));
        for version in &commit.versions {
            kept.derived.remove(&version.id);
            kept.versions.insert((version.id.clone(), version.number), version.clone());
        }
        let mut numbers = Vec::new();
        for change in &commit.changes {
            let number = kept.changes.len() as u64 + 1;
            kept.changes.push(Change { number, ..change.clone() });
            numbers.push(number);
        }
        Ok(numbers)
    }

    fn health(&self, source: &SourceId) -> Result<Option<Health>> {
        Ok(self.kept().health.get(source).cloned())
    }

    fn gate(&self, host: &str) -> Result<Option<Gate>> {
        Ok(self.kept().gates.get(host).cloned())
    }

    fn set_gate(&self, gate: &Gate) -> Result<()> {
        self.kept().gates.insert(gate.host.clone(), gate.clone());
        Ok(())
    }

    fn add_traffic(&self, traffic: &Traffic) -> Result<()> {
        let mut kept = self.kept();
        let key = (traffic.day, traffic.host.clone());
        kept.traffic.entry(key).and_modify(|known| known.add(traffic)).or_insert_with(|| traffic.clone());
        Ok(())
    }

    fn traffic(&self, since: Date) -> Result<Vec<Traffic>> {
        Ok(self.kept().traffic.values().filter(|traffic| traffic.day >= since).cloned().collect())
    }

    fn tracked(&self, notice: &NoticeId) -> Result<Option<Tracked>> {
        Ok(self.kept().tracked.get(notice).cloned())
    }

    fn tracked_at(&self, url: &Url) -> Result<Option<Tracked>> {
        let kept = self.kept();
        let here = kept.addresses.iter().filter(|(address, _)| address == url).filter_map(|(_, id)| kept.tracked.get(id));
        Ok(here.max_by_key(|tracked| super::standing(tracked, url)).cloned())
    }

    fn all_tracked(&self, source: Option<&SourceId>) -> Result<Vec<Tracked>> {
        let kept = self.kept();
        let mut all: Vec<_> = kept.tracked.values().filter(|one| source.is_none_or(|source| one.source == *source)).cloned().collect();
        super::newest_first(&mut all);
        Ok(all)
    }

    fn twins(&self, fingerprint: u64) -> Result<Vec<NoticeId>> {
        let kept = self.kept();
        let twins = kept.tracked.values().filter(|tracked| tracked.versions > 0 && tracked.fingerprint == fingerprint);
        Ok(twins.map(|tracked| tracked.id.clone()).collect())
    }

    fn of_body(&self, body: &str) -> Result<Vec<NoticeId>> {
        let kept = self.kept();
        let says = |tracked: &&Tracked| super::bodies_of(tracked).any(|key| key == body);
        Ok(kept.tracked.values().filter(says).map(|tracked| tracked.id.clone()).collect())
    }

    fn named(&self, prefix: &str) -> Result<Vec<NoticeId>> {
        let prefix = prefix.to_ascii_uppercase();
        Ok(self.kept().tracked.keys().filter(|id| id.0.starts_with(&prefix)).take(NAMED_MAX).cloned().collect())
    }

    fn version(&self, notice: &NoticeId, number: u32) -> Result<Option<Version>> {
        Ok(self.kept().versions.get(&(notice.clone(), number)).cloned())
    }

    fn snapshot(&self, id: &SnapshotId) -> Result<Option<Snapshot>> {
        Ok(self.kept().snapshots.get(id).cloned())
    }

    fn changes(&self, after: u64, max: usize) -> Result<Vec<Change>> {
        Ok(self.kept().changes.iter().filter(|change| change.number > after).take(max).cloned().collect())
    }

    fn last_change(&self) -> Result<u64> {
        Ok(self.kept().changes.len() as u64)
    }

    fn changes_of(&self, notice: &NoticeId) -> Result<Vec<Change>> {
        Ok(self.kept().changes.iter().filter(|change| change.kind.notice() == Some(notice)).cloned().collect())
    }

    fn cursor(&self, name: &str) -> Result<Option<Cursor>> {
        Ok(self.kept().cursors.get(name).cloned())
    }

    fn owe_reminding(&self, cursor: &Cursor, deliveries: &[Delivery], reminders: &[Reminder]) -> Result<()> {
        self.has_room()?;
        let mut kept = self.kept();
        kept.cursors.insert(cursor.name.clone(), cursor.clone());
        for delivery in deliveries {
            kept.deliveries.entry(delivery.id.clone()).or_insert_with(|| delivery.clone());
        }
        for reminder in reminders {
            kept.reminders.insert((reminder.subscriber.clone(), reminder.of.name()), reminder.clone());
        }
        Ok(())
    }

    fn reminders(&self, subscriber: &str) -> Result<Vec<Reminder>> {
        Ok(self.kept().reminders.values().filter(|reminder| reminder.subscriber == subscriber).cloned().collect())
    }

    fn due(&self, now: Timestamp) -> Result<Vec<Delivery>> {
        let kept = self.kept();
        let mut due: Vec<_> = kept.deliveries.values().filter(|delivery| super::is_due(&delivery.state, now)).cloned().collect();
        due.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(due)
    }

    fn unsent(&self) -> Result<Vec<Delivery>> {
        let kept = self.kept();
        let mut unsent: Vec<_> = kept.deliveries.values().filter(|delivery| super::is_unsent(&delivery.state)).cloned().collect();
        unsent.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(unsent)
    }

    fn deliveries(&self, max: usize) -> Result<Vec<Delivery>> {
        let mut all: Vec<_> = self.kept().deliveries.values().cloned().collect();
        all.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        all.truncate(max);
        Ok(all)
    }

    fn can_settle(&self) -> Result<()> {
        Ok(())
    }

    fn settle(&self, delivery: &str, state: &DeliveryState) -> Result<()> {
        let mut kept = self.kept();
        let known = kept.deliveries.get_mut(delivery).ok_or_else(|| super::errors::unknown_delivery(delivery))?;
        known.state = state.clone();
        Ok(())
    }

    fn keep_derived(&self, derived: &[Derived]) -> Result<()> {
        let mut kept = self.kept();
        for one in derived {
            if kept.tracked.get(&one.notice).is_some_and(|tracked| tracked.versions == one.version) {
                kept.derived.insert(one.notice.clone(), one.clone());
            }
        }
        Ok(())
    }

    fn derived(&self, half: Half) -> Result<Vec<(NoticeId, Vec<u8>)>> {
        let bytes = |derived: &Derived| match half {
            Half::Problems => derived.problems.clone(),
            Half::Measures => derived.measures.clone(),
        };
        Ok(self.kept().derived.iter().map(|(notice, derived)| (notice.clone(), bytes(derived))).collect())
    }

    fn underived(&self) -> Result<Vec<NoticeId>> {
        let kept = self.kept();
        Ok(kept.tracked.keys().filter(|notice| !kept.derived.contains_key(*notice)).cloned().collect())
    }

    fn counts(&self) -> Result<Counts> {
        let kept = self.kept();
        Ok(Counts {
            notices: kept.tracked.len() as u64,
            versions: kept.versions.len() as u64,
            snapshots: kept.snapshots.len() as u64,
            changes: kept.changes.len() as u64,
            pending: kept.count(|state| matches!(state, DeliveryState::Pending { .. })),
            held: kept.count(|state| matches!(state, DeliveryState::Held { .. })),
            sent: kept.count(|state| matches!(state, DeliveryState::Sent { .. })),
            dropped: kept.count(|state| matches!(state, DeliveryState::Dropped { .. })),
            bytes: kept.snapshots.values().map(|snapshot| snapshot.body.len() as u64).sum(),
        })
    }

    fn is_forgotten(&self, address: &Url, fingerprint: u64) -> Result<bool> {
        let kept = self.kept();
        Ok(kept.forgotten.iter().any(|(url, words)| url == address || (fingerprint != 0 && *words == fingerprint)))
    }

    fn forget(&self, notices: &[NoticeId]) -> Result<Forgotten> {
        let mut kept = self.kept();
        let mut forgotten = Forgotten::default();
        for id in notices {
            let tracked = kept.tracked.remove(id).ok_or_else(|| super::errors::other(format!("no notice {id} is kept")))?;
            kept.addresses.retain(|(_, notice)| notice != id);
            let before = kept.versions.len();
            kept.versions.retain(|(notice, _), _| notice != id);
            let Kept { snapshots, versions, .. } = &mut *kept;
            let pages = snapshots.len();
            snapshots.retain(|page, _| versions.values().any(|version| version.snapshot == *page));
            forgotten.notices += 1;
            forgotten.pages += (pages - kept.snapshots.len()) as u64;
            forgotten.versions += (before - kept.versions.len()) as u64;
            kept.forgotten.push((tracked.url, tracked.fingerprint));
        }
        Ok(forgotten)
    }

    fn told_before(&self, before: Timestamp) -> Result<Vec<String>> {
        let kept = self.kept();
        let over = kept.deliveries.values().filter(|delivery| super::is_over_before(&delivery.state, before));
        Ok(over.map(|delivery| delivery.id.clone()).filter(|id| !kept.emptied.contains(id)).collect())
    }

    fn would_prune(&self, expired: &Expired) -> Result<Pruned> {
        Ok(self.kept().expiring(expired).2)
    }

    fn prune(&self, expired: &Expired, at: Timestamp) -> Result<Pruned> {
        let mut kept = self.kept();
        let (versions, pages, pruned) = kept.expiring(expired);
        for version in versions {
            kept.versions.remove(&version);
            kept.pruned_versions.insert(version, at);
        }
        for page in pages {
            kept.snapshots.remove(&page);
            kept.pruned_pages.insert(page, at);
        }
        for id in &expired.notices {
            kept.tracked.remove(id);
            kept.derived.remove(id);
            kept.addresses.retain(|(_, notice)| notice != id);
            kept.pruned_versions.retain(|(notice, _), _| notice != id);
        }
        for id in &expired.messages {
            if let Some(delivery) = kept.deliveries.get_mut(id) {
                let gone = "内容已按保存期限删除".to_owned();
                delivery.message = Message { subject: gone.clone(), text: gone, html: String::new() };
            }
            kept.emptied.insert(id.clone());
        }
        if let Some(day) = expired.impact_before {
            kept.traffic.retain(|(of, _), _| !is_month_before(*of, day));
        }
        Ok(pruned)
    }

    fn pruned_page(&self, page: &SnapshotId) -> Result<Option<Timestamp>> {
        Ok(self.kept().pruned_pages.get(page).copied())
    }

    fn pruned_version(&self, notice: &NoticeId, number: u32) -> Result<Option<Timestamp>> {
        Ok(self.kept().pruned_versions.get(&(notice.clone(), number)).copied())
    }

    /// Nothing is kept twice here that could disagree.
    fn repair(&self) -> Result<Repaired> {
        Ok(Repaired::default())
    }

    fn backup(&self, _made_at: Timestamp, _out: &mut dyn Write) -> Result<Manifest> {
        Err(super::errors::other("what is kept in memory only cannot be backed up"))
    }

    fn room(&self) -> Room {
        let free = if self.has_room().is_ok() { u64::MAX } else { 0 };
        Room { path: "memory".to_owned(), free, needed: 1 }
    }

    /// Nothing can be damaged here, and nothing is linked: it only counts.
    fn verify(&self, _head: Option<&str>) -> Result<Verdict> {
        let Counts { notices, versions, snapshots, changes, pending, held, sent, dropped, .. } = self.counts()?;
        Ok(Verdict { notices, versions, snapshots, changes, deliveries: pending + held + sent + dropped, ..Verdict::default() })
    }
}
