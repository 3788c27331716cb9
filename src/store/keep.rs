//! What a commit brings, each thing to its rows; the rows that it is found by move with it.
//!
//! Reads and puts in the batch only; nothing is on disk before that is applied.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::archive::{Archive, Page, Place};
use super::batch::{Batch, Rows};
use super::row::{self, Form, Table, key};
use super::{Result, errors, texts};
use crate::model::{Change, Delivery, DeliveryState, Snapshot, Tracked, Version};

/// A delivery as it lies in the store, its message apart.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Envelope {
    pub(super) subscriber: String,
    pub(super) recipient: String,
    pub(super) created_at: Timestamp,
    pub(super) state: DeliveryState,
}

/// What a commit appends to the archive; `None` where it brings no snapshot.
pub(super) fn snapshots(batch: &mut Batch<'_>, archive: &Archive, snapshots: &[Snapshot]) -> Result<Option<Page>> {
    let Some(first) = snapshots.first() else { return Ok(None) };
    let mut page = archive.page(first.fetched_at);
    for snapshot in snapshots {
        let id = snapshot.id();
        let key = key::snapshot(&id);
        match batch.json::<Place>(Table::Snapshots, &key)? {
            Some(place) => page.meet_again(snapshot, &id, &place),
            None => {
                let place = page.keep(snapshot, &id);
                batch.put_json(Table::Snapshots, key, &place)?;
                batch.state.snapshots += 1;
            }
        }
    }
    Ok(Some(page))
}

pub(super) fn tracked(batch: &mut Batch<'_>, tracked: &Tracked) -> Result<()> {
    let notice = tracked.id.0.as_bytes();
    let before: Option<Tracked> = batch.json(Table::Notices, notice)?;
    let (old, new) = (before.as_ref().map(index_of).unwrap_or_default(), index_of(tracked));
    let named = |key: &[u8]| [key, notice].concat();
    old.iter().filter(|key| !new.contains(key)).for_each(|key| batch.remove(Table::Index, named(key)));
    new.iter().filter(|key| !old.contains(key)).for_each(|key| batch.put(Table::Index, named(key), Vec::new()));
    let address = key::address(&tracked.url);
    match before {
        // Where it stood before is kept: the old address still leads to it.
        Some(before) if before.url == tracked.url => {}
        Some(_) => batch.put(Table::Index, named(&address), Vec::new()),
        None => {
            batch.state.notices += 1;
            batch.put(Table::Index, named(&address), Vec::new());
        }
    }
    batch.put_json(Table::Notices, notice.to_vec(), tracked)
}

/// What a notice is found by as long as it says so.
fn index_of(tracked: &Tracked) -> Vec<Vec<u8>> {
    let words = (tracked.versions > 0).then(|| key::fingerprint(tracked.fingerprint));
    let bodies = super::bodies_of(tracked).map(key::body);
    std::iter::once(key::source(&tracked.source)).chain(words).chain(bodies).collect()
}

pub(super) fn version(batch: &mut Batch<'_>, version: &Version) -> Result<()> {
    if !texts::is_kept(batch, &version.id, version.number)? {
        batch.state.versions += 1;
    }
    texts::put(batch, version)
}

pub(super) fn change(batch: &mut Batch<'_>, change: &Change) -> Result<u64> {
    batch.state.changes += 1;
    let number = batch.state.changes;
    if let Some(notice) = change.kind.notice() {
        batch.put(Table::Index, [&key::changes_of(notice)[..], &number.to_be_bytes()].concat(), Vec::new());
    }
    batch.put_json(Table::Changes, number.to_be_bytes().to_vec(), &Change { number, ..change.clone() })?;
    Ok(number)
}

pub(super) fn delivery(batch: &mut Batch<'_>, delivery: &Delivery) -> Result<()> {
    if batch.get(Table::Deliveries, delivery.id.as_bytes())?.is_some() {
        return Ok(());
    }
    let message = serde_json::to_vec(&delivery.message).map_err(|error| errors::other(format!("delivery {}: {error}", delivery.id)))?;
    let key = message_key(&delivery.id);
    let sealed = row::seal(Table::Deliveries, &key, Form::Whole, &texts::pack(message)?);
    batch.put_pieces(Table::Deliveries, &key, &sealed)?;
    batch.put(Table::Index, key::by_time(key::DELIVERY, delivery.created_at, &delivery.id), Vec::new());
    let Delivery { subscriber, recipient, created_at, state, .. } = delivery.clone();
    put_envelope(batch, &delivery.id, &Envelope { subscriber, recipient, created_at, state })
}

/// # Errors
/// Where no such delivery is known.
pub(super) fn settle(batch: &mut Batch<'_>, delivery: &str, state: &DeliveryState) -> Result<()> {
    let known: Option<Envelope> = batch.json(Table::Deliveries, delivery.as_bytes())?;
    let known = known.ok_or_else(|| errors::unknown_delivery(delivery))?;
    *counted(batch, &known.state) -= 1;
    put_envelope(batch, delivery, &Envelope { state: state.clone(), ..known })
}

fn put_envelope(batch: &mut Batch<'_>, id: &str, envelope: &Envelope) -> Result<()> {
    let pending = key::by_time(key::PENDING, envelope.created_at, id);
    match envelope.state {
        DeliveryState::Pending { .. } => batch.put(Table::Index, pending, Vec::new()),
        DeliveryState::Sent { .. } | DeliveryState::Held { .. } => batch.remove(Table::Index, pending),
    }
    *counted(batch, &envelope.state) += 1;
    batch.put_json(Table::Deliveries, id.as_bytes().to_vec(), envelope)
}

fn counted<'a>(batch: &'a mut Batch<'_>, state: &DeliveryState) -> &'a mut u64 {
    match state {
        DeliveryState::Pending { .. } => &mut batch.state.pending,
        DeliveryState::Sent { .. } => &mut batch.state.sent,
        DeliveryState::Held { .. } => &mut batch.state.held,
    }
}

pub(super) fn message_key(id: &str) -> Vec<u8> {
    [id.as_bytes(), b"/"].concat()
}
