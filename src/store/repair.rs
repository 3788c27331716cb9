//! Mends what can be made again: by what notices, changes and deliveries are found, and how much is counted.
//!
//! Ground truth is never touched: what is damaged there is for a backup. The records as they were are copied aside first.

use std::collections::{BTreeMap, BTreeSet};

use super::Result;
use super::batch::{Batch, Trees};
use super::keep::{self, Envelope, Linked};
use super::row::{self, Table, key};
use crate::model::{DeliveryState, NoticeId, Tracked};

/// What was mended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Repaired {
    /// Rows that something is found by and that were missing.
    pub found_again: u64,
    /// Rows that led nowhere.
    pub led_nowhere: u64,
    /// Numbers of the store about itself that were wrong.
    pub counts: u64,
    /// Lines of what hosts were asked that could not be read, and went.
    pub lines_left_out: u64,
}

impl Repaired {
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// # Errors
/// A record of ground truth that is damaged: nothing is mended then.
pub(super) fn repair(batch: &mut Batch<'_>) -> Result<Repaired> {
    let trees = batch.trees();
    let notices = notices(trees)?;
    let mut wanted: BTreeSet<Vec<u8>> = notices.values().flat_map(keep::names_of).collect();
    let changes = changes(trees, &notices, &mut wanted)?;
    let states = deliveries(trees, &mut wanted)?;
    let mut done = Repaired::default();
    let mut there = BTreeSet::new();
    for row in trees.scan(Table::Index, b"") {
        let (key, _) = row?;
        if wanted.contains(&key) || is_old_address(&key, &notices) {
            there.insert(key);
        } else {
            batch.remove(Table::Index, key);
            done.led_nowhere += 1;
        }
    }
    for key in wanted.difference(&there) {
        batch.put(Table::Index, key.clone(), Vec::new());
        done.found_again += 1;
    }
    done.counts = recount(batch, notices.len() as u64, changes, states)?;
    Ok(done)
}

fn notices(trees: &Trees) -> Result<BTreeMap<NoticeId, Tracked>> {
    let rows = trees.scan(Table::Notices, b"").map(|row| {
        let (key, row) = row?;
        let tracked: Tracked = row::from_json(Table::Notices, &key, &row)?;
        Ok((tracked.id.clone(), tracked))
    });
    rows.collect()
}

fn changes(trees: &Trees, notices: &BTreeMap<NoticeId, Tracked>, wanted: &mut BTreeSet<Vec<u8>>) -> Result<u64> {
    let mut last = 0;
    for row in trees.scan(Table::Changes, b"") {
        let (key, row) = row?;
        let linked: Linked = row::from_json(Table::Changes, &key, &row)?;
        last = last.max(linked.change.number);
        if let Some(notice) = linked.change.kind.notice().filter(|notice| notices.contains_key(*notice)) {
            wanted.insert([&key::changes_of(notice)[..], &key].concat());
        }
    }
    Ok(last)
}

/// How many there are of each state: pending, held, sent, dropped.
fn deliveries(trees: &Trees, wanted: &mut BTreeSet<Vec<u8>>) -> Result<[u64; 4]> {
    let mut states = [0; 4];
    for row in trees.scan(Table::Deliveries, b"") {
        let (key, row) = row?;
        if keep::is_message_key(&key) {
            continue;
        }
        let envelope: Envelope = row::from_json(Table::Deliveries, &key, &row)?;
        let id = String::from_utf8_lossy(&key).into_owned();
        wanted.insert(key::by_time(key::DELIVERY, envelope.created_at, &id));
        match envelope.state {
            DeliveryState::Pending { .. } => {
                wanted.insert(key::by_time(key::PENDING, envelope.created_at, &id));
                states[0] += 1;
            }
            DeliveryState::Held { .. } => states[1] += 1,
            DeliveryState::Sent { .. } => states[2] += 1,
            DeliveryState::Dropped { .. } => states[3] += 1,
        }
    }
    Ok(states)
}

/// Where a notice stood before cannot be made again, so that what is there of it stays.
fn is_old_address(key: &[u8], notices: &BTreeMap<NoticeId, Tracked>) -> bool {
    let notice = key.strip_prefix(key::ADDRESS).and_then(|ending| keep::notice_named(key::ADDRESS, ending));
    notice.is_some_and(|notice| notices.contains_key(&notice))
}

fn recount(batch: &mut Batch<'_>, notices: u64, changes: u64, [pending, held, sent, dropped]: [u64; 4]) -> Result<u64> {
    let mut versions = BTreeSet::new();
    for ending in batch.trees().endings(Table::Versions, b"") {
        versions.extend(keep::version_of(&ending?));
    }
    let snapshots = batch.trees().scan(Table::Snapshots, b"").count() as u64;
    let state = &mut batch.state;
    let counts = [
        (&mut state.notices, notices),
        (&mut state.versions, versions.len() as u64),
        (&mut state.snapshots, snapshots),
        (&mut state.changes, changes),
        (&mut state.pending, pending),
        (&mut state.held, held),
        (&mut state.sent, sent),
        (&mut state.dropped, dropped),
    ];
    let mut wrong = 0;
    for (said, are) in counts {
        wrong += u64::from(*said != are);
        *said = are;
    }
    Ok(wrong)
}
