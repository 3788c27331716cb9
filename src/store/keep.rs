//! What a commit brings, each thing to its rows; the rows that it is found by move with it.
//!
//! Reads and puts in the batch only; nothing is on disk before that is applied.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::archive::{Archive, Page, Place};
use super::batch::{Batch, Rows, Trees};
use super::row::{self, Form, Table, key};
use super::{Result, errors, sketches, texts};
use crate::model::{Change, ChangeKind, Delivery, DeliveryState, Message, NoticeId, Snapshot, SnapshotId, Tracked, Version};

/// A delivery as it lies in the store, its message apart.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Envelope {
    pub(super) subscriber: String,
    pub(super) recipient: String,
    pub(super) created_at: Timestamp,
    pub(super) state: DeliveryState,
    /// Its words were removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) emptied: bool,
}

/// A change as it lies in the store: it holds on to the page that it tells of and to the change before it, so that nothing
/// in the middle can be altered unnoticed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Linked {
    #[serde(flatten)]
    pub(super) change: Change,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<SnapshotId>,
    /// [`row::link`] of the change before; `None` of the first, and of those that releases before 0.2 kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<String>,
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
    sketches::forget(batch, &version.id)?;
    texts::put(batch, version)
}

/// `versions` are those of the same commit.
pub(super) fn change(batch: &mut Batch<'_>, change: &Change, versions: &[Version]) -> Result<u64> {
    let before = batch.get(Table::Changes, &batch.state.changes.to_be_bytes())?.map(|row| row::link(&row));
    batch.state.changes += 1;
    let number = batch.state.changes;
    if let Some(notice) = change.kind.notice() {
        batch.put(Table::Index, [&key::changes_of(notice)[..], &number.to_be_bytes()].concat(), Vec::new());
    }
    let page = page_of(change, versions);
    let linked = Linked { change: Change { number, ..change.clone() }, page, before };
    batch.put_json(Table::Changes, number.to_be_bytes().to_vec(), &linked)?;
    Ok(number)
}

/// The page that the change's version was read from, where the change brings one.
fn page_of(change: &Change, versions: &[Version]) -> Option<SnapshotId> {
    let (notice, number) = match &change.kind {
        ChangeKind::Published { notice, version } => (notice, version),
        ChangeKind::Edited { notice, to, .. } => (notice, to),
        _ => return None,
    };
    versions.iter().find(|version| version.id == *notice && version.number == *number).map(|version| version.snapshot.clone())
}

/// The pages and files that a version rests on.
pub(super) fn pages_of(version: &Version) -> Vec<&SnapshotId> {
    std::iter::once(&version.snapshot).chain(version.document.parts.iter().filter_map(|part| part.snapshot.as_ref())).collect()
}

pub(super) fn delivery(batch: &mut Batch<'_>, delivery: &Delivery) -> Result<()> {
    if batch.get(Table::Deliveries, delivery.id.as_bytes())?.is_some() {
        return Ok(());
    }
    put_message(batch, &delivery.id, &delivery.message)?;
    batch.put(Table::Index, key::by_time(key::DELIVERY, delivery.created_at, &delivery.id), Vec::new());
    let Delivery { subscriber, recipient, created_at, state, .. } = delivery.clone();
    put_envelope(batch, &delivery.id, &Envelope { subscriber, recipient, created_at, state, emptied: false })
}

/// # Errors
/// Where no such delivery is known.
pub(super) fn settle(batch: &mut Batch<'_>, delivery: &str, state: &DeliveryState) -> Result<()> {
    let known: Option<Envelope> = batch.json(Table::Deliveries, delivery.as_bytes())?;
    let known = known.ok_or_else(|| errors::unknown_delivery(delivery))?;
    *counted(batch, &known.state) -= 1;
    put_envelope(batch, delivery, &Envelope { state: state.clone(), ..known })
}

/// What a delivery says.
pub(super) fn message(trees: &Trees, id: &str) -> Result<Message> {
    let key = message_key(id);
    let spoilt = |why: &str| row::spoilt(Table::Deliveries, &key, why);
    let sealed = trees.pieces(Table::Deliveries, &key)?.ok_or_else(|| spoilt("it is missing"))?;
    let message = match row::unseal(Table::Deliveries, &key, &sealed)? {
        (Form::Whole, packed) => texts::unpack(packed).map_err(|error| spoilt(&error.to_string()))?,
        _ => return Err(spoilt("it is of another kind")),
    };
    serde_json::from_slice(&message).map_err(|error| spoilt(&error.to_string()))
}

fn put_message(batch: &mut Batch<'_>, id: &str, message: &Message) -> Result<()> {
    let message = serde_json::to_vec(message).map_err(|error| errors::other(format!("delivery {id}: {error}")))?;
    let key = message_key(id);
    let sealed = row::seal(Table::Deliveries, &key, Form::Whole, &texts::pack(message)?);
    batch.put_pieces(Table::Deliveries, &key, &sealed)
}

/// Puts `why` in the place of the words of a message that is not to be sent any more; that it was sent, when and to whom,
/// stays. Returns whether there is such a message.
pub(super) fn empty_message(batch: &mut Batch<'_>, id: &str, why: &str) -> Result<bool> {
    let Some(envelope) = batch.json::<Envelope>(Table::Deliveries, id.as_bytes())? else { return Ok(false) };
    put_message(batch, id, &Message { subject: why.to_owned(), text: why.to_owned(), html: String::new() })?;
    batch.put_json(Table::Deliveries, id.as_bytes().to_vec(), &Envelope { emptied: true, ..envelope })?;
    Ok(true)
}

fn put_envelope(batch: &mut Batch<'_>, id: &str, envelope: &Envelope) -> Result<()> {
    let pending = key::by_time(key::PENDING, envelope.created_at, id);
    match envelope.state {
        DeliveryState::Pending { .. } => batch.put(Table::Index, pending, Vec::new()),
        DeliveryState::Sent { .. } | DeliveryState::Held { .. } | DeliveryState::Dropped { .. } => {
            batch.remove(Table::Index, pending);
        }
    }
    *counted(batch, &envelope.state) += 1;
    batch.put_json(Table::Deliveries, id.as_bytes().to_vec(), envelope)
}

fn counted<'a>(batch: &'a mut Batch<'_>, state: &DeliveryState) -> &'a mut u64 {
    match state {
        DeliveryState::Pending { .. } => &mut batch.state.pending,
        DeliveryState::Sent { .. } => &mut batch.state.sent,
        DeliveryState::Held { .. } => &mut batch.state.held,
        DeliveryState::Dropped { .. } => &mut batch.state.dropped,
    }
}

/// Everything that a notice is found by now.
pub(super) fn names_of(tracked: &Tracked) -> Vec<Vec<u8>> {
    let keys = index_of(tracked).into_iter().chain([key::address(&tracked.url)]);
    keys.map(|key| [&key[..], tracked.id.0.as_bytes()].concat()).collect()
}

/// All that ever led to a notice, old addresses and its changes included.
pub(super) fn every_name_of(trees: &Trees, tracked: &Tracked) -> Result<Vec<Vec<u8>>> {
    let mut names = names_of(tracked);
    for ending in trees.endings(Table::Index, key::ADDRESS) {
        let ending = ending?;
        if notice_named(key::ADDRESS, &ending).as_ref() == Some(&tracked.id) {
            names.push([key::ADDRESS, &ending].concat());
        }
    }
    for ending in trees.endings(Table::Index, &key::changes_of(&tracked.id)) {
        names.push([&key::changes_of(&tracked.id)[..], &ending?].concat());
    }
    Ok(names)
}

/// The notice that an index row of this kind leads to, by what follows the kind in its key.
pub(super) fn notice_named(kind: &[u8], ending: &[u8]) -> Option<NoticeId> {
    let id = match kind {
        key::SOURCE => ending.iter().position(|byte| *byte == 0).map(|end| &ending[end + 1..]),
        key::WORDS => ending.get(8..),
        _ => ending.get(16..),
    };
    id.and_then(|id| String::from_utf8(id.to_vec()).ok()).map(NoticeId)
}

/// The notice and number that a piece of a version belongs to.
pub(super) fn version_of(key: &[u8]) -> Option<(NoticeId, u32)> {
    let (key, _piece) = key.split_last_chunk::<2>()?;
    let (key, number) = key.split_last_chunk::<4>()?;
    let notice = String::from_utf8(key.strip_suffix(b"/")?.to_vec()).ok()?;
    Some((NoticeId(notice), u32::from_be_bytes(*number)))
}

/// The id of a snapshot, by its key.
pub(super) fn snapshot_named(key: &[u8]) -> SnapshotId {
    match key.len() {
        32 => SnapshotId(key.iter().map(|byte| format!("{byte:02x}")).collect()),
        _ => SnapshotId(String::from_utf8_lossy(key).into_owned()),
    }
}

/// Whether the key is of a piece of a message: `id/` and two bytes.
pub(super) fn is_message_key(key: &[u8]) -> bool {
    key.len() > 2 && key[key.len() - 3] == b'/'
}

pub(super) fn message_key(id: &str) -> Vec<u8> {
    [id.as_bytes(), b"/"].concat()
}
