//! What a visit found and has not kept yet: several findings make one commit, which costs one sync.
//!
//! Nothing that waits here was acknowledged: a visit that is cut off finds it again.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::model::{NoticeId, Tracked};
use crate::store::Commit;

/// Readings that wait, at most: they are in memory.
const READINGS_MAX: usize = 8;
/// Records of notices, at most, most of which did not change.
const RECORDS_MAX: usize = 64;
/// Bytes of their pages and files, at most.
const BYTES_MAX: usize = 2 << 20;
/// What is fetched slowly does not wait for more: a kill would have it fetched again.
const WAIT_MAX: SignedDuration = SignedDuration::from_secs(20);

#[derive(Default)]
pub(super) struct Waiting {
    commit: Commit,
    since: Option<Timestamp>,
}

impl Waiting {
    /// Adds what is to be kept wholly or not at all; the newer record of a notice replaces the older one.
    pub fn add(&mut self, more: Commit, now: Timestamp) {
        let Commit { snapshots, health, tracked, versions, changes } = more;
        let is_replaced = |waits: &Tracked| tracked.iter().any(|newer| newer.id == waits.id);
        self.commit.tracked.retain(|waits| !is_replaced(waits));
        self.commit.snapshots.extend(snapshots);
        self.commit.health = health.or(self.commit.health.take());
        self.commit.tracked.extend(tracked);
        self.commit.versions.extend(versions);
        self.commit.changes.extend(changes);
        self.since.get_or_insert(now);
    }

    /// Whether it is time to keep it.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let bytes: usize = self.commit.snapshots.iter().map(|snapshot| snapshot.body.len()).sum();
        let has_waited = self.since.is_some_and(|since| now.duration_since(since) >= WAIT_MAX);
        let is_full = self.commit.versions.len() >= READINGS_MAX || self.commit.tracked.len() >= RECORDS_MAX || bytes >= BYTES_MAX;
        is_full || has_waited
    }

    /// All that waits; `None` where nothing does.
    pub fn take(&mut self) -> Option<Commit> {
        self.since.take().map(|_| std::mem::take(&mut self.commit))
    }

    pub fn tracked(&self, notice: &NoticeId) -> Option<&Tracked> {
        self.commit.tracked.iter().find(|tracked| tracked.id == *notice)
    }

    pub fn stands_at(&self, url: &Url) -> bool {
        self.commit.tracked.iter().any(|tracked| tracked.url == *url)
    }

    /// Those whose newest version has this fingerprint.
    pub fn twins(&self, fingerprint: u64) -> impl Iterator<Item = &Tracked> {
        self.commit.tracked.iter().filter(move |tracked| tracked.versions > 0 && tracked.fingerprint == fingerprint)
    }
}
