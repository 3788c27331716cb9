//! The contract of a store, about notices and not about keys and values, so that another database can stand behind it.
//!
//! Everything acknowledged is on disk. A store never creates an empty one where one existed.
//! To add a backend: copy [`memory`], add one arm to [`open`]; `contract.rs` runs on it unchanged.

mod archive;
mod backup;
mod batch;
mod errors;
mod folder;
mod forget;
mod gates;
mod keep;
mod lines;
mod lock;
pub mod memory;
mod prune;
mod repair;
mod rewrite;
pub mod row;
mod sketches;
mod sled;
mod space;
mod texts;
mod traffic;
mod verify;
pub mod warc;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod samples;

use std::io::{Read, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use url::Url;

use crate::model::{
    Change, Cursor, Delivery, DeliveryState, Gate, Health, NoticeId, Reminder, Snapshot, SnapshotId, SourceId, Tracked, Traffic, Version,
};

/// What one step of a visit found out: kept wholly or not at all.
#[derive(Debug, Default)]
pub struct Commit {
    pub snapshots: Vec<Snapshot>,
    pub health: Option<Health>,
    pub tracked: Vec<Tracked>,
    /// A version that is already there with the same number is replaced: our code read it again.
    pub versions: Vec<Version>,
    /// Numbered by the store in this order.
    pub changes: Vec<Change>,
}

/// What of a notice is compared with all others, as `alike` writes it: derived, and made again when it is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    pub notice: NoticeId,
    /// The version that it was derived from.
    pub version: u32,
    pub problems: Vec<u8>,
    pub measures: Vec<u8>,
}

/// Which half of [`Derived`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    Problems,
    Measures,
}

/// Fatal but for [`StoreError::Full`]: the daemon stops and its supervisor restarts it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store {path} is in use by another process{}; stop it first", by.as_ref().map(|by| format!(" ({by})")).unwrap_or_default())]
    Locked { path: String, by: Option<String> },
    #[error("the store is damaged: {what}; {advice}")]
    Damaged { what: String, advice: String },
    /// Not fatal: nothing was kept, and the same may be tried again when there is room.
    #[error("the disk is full at {path}; free some space, nothing acknowledged is lost")]
    Full { path: String },
    // Its words hold the cause already, which is therefore not named as a source to be printed once more.
    #[error("the store cannot be used: {0}")]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

pub use self::sled::Sled;
pub use backup::Manifest;
pub use forget::Forgotten;
pub use memory::Memory;
pub use prune::{Expired, Pruned};
pub use repair::Repaired;
pub use space::{Free, Room};
pub use verify::Verdict;

/// Where things are kept.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A folder of the store's own; made where there is none.
    pub path: PathBuf,
    /// A WARC file that has grown to this size, in bytes, is followed by a new one.
    pub warc_bytes_max: u64,
    /// Size of the file that gives its room up when the disk is full, in bytes; 0: none.
    pub ballast_bytes: u64,
    pub free: Free,
}

impl Settings {
    /// Small enough to copy around one by one, large enough that a year has few of them.
    pub const WARC_BYTES_MAX: u64 = 256 * 1024 * 1024;

    /// Enough to open the store and to mark what was sent for some days.
    pub const BALLAST_BYTES: u64 = 16 * 1024 * 1024;

    pub fn at(path: impl Into<PathBuf>) -> Self {
        let (warc_bytes_max, ballast_bytes) = (Self::WARC_BYTES_MAX, Self::BALLAST_BYTES);
        Self { path: path.into(), warc_bytes_max, ballast_bytes, free: Free::Disk }
    }
}

/// Opens the store, or makes one where nothing is.
///
/// # Errors
/// [`StoreError::Locked`] while another process has it open; [`StoreError::Damaged`] where something is missing or
/// unreadable: nothing is ever started afresh over what was there.
pub fn open(settings: &Settings) -> Result<Box<dyn Store>> {
    Ok(Box::new(Sled::open(settings)?))
}

/// Makes a store of a backup, and looks at all of it before it says so.
///
/// # Errors
/// [`StoreError::Damaged`] where the backup is not whole; where the place is not empty. Nothing is overwritten.
pub fn restore(settings: &Settings, content: &mut dyn Read) -> Result<(Manifest, Verdict)> {
    Sled::restore(settings, content)
}

/// How much is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub notices: u64,
    pub versions: u64,
    pub snapshots: u64,
    pub changes: u64,
    pub pending: u64,
    pub held: u64,
    pub sent: u64,
    pub dropped: u64,
    pub bytes: u64,
}

pub trait Store: Send + Sync {
    /// Keeps all of it durably, and returns the numbers given to the changes.
    fn commit(&self, commit: &Commit) -> Result<Vec<u64>>;

    fn health(&self, source: &SourceId) -> Result<Option<Health>>;
    fn gate(&self, host: &str) -> Result<Option<Gate>>;
    /// Kept, though not synced: losing the last moments of it in a power cut costs one early request.
    fn set_gate(&self, gate: &Gate) -> Result<()>;
    /// Adds to what a host was asked on a day. Kept as gates are: a power cut may lose the last moments of it.
    fn add_traffic(&self, traffic: &Traffic) -> Result<()>;
    /// From this day on, by day and then by host.
    fn traffic(&self, since: Date) -> Result<Vec<Traffic>>;

    fn tracked(&self, notice: &NoticeId) -> Result<Option<Tracked>>;
    /// The notice that stands at this address, else the one that last did.
    fn tracked_at(&self, url: &Url) -> Result<Option<Tracked>>;
    /// All notices of a source, or of every source, newest first seen first.
    fn all_tracked(&self, source: Option<&SourceId>) -> Result<Vec<Tracked>>;
    /// Notices whose newest version has this fingerprint.
    fn twins(&self, fingerprint: u64) -> Result<Vec<NoticeId>>;
    /// Notices whose newest version tells of this body (its key), in the order of their names.
    fn of_body(&self, body: &str) -> Result<Vec<NoticeId>>;
    /// Names that begin with these letters, large or small, at most 10.
    fn named(&self, prefix: &str) -> Result<Vec<NoticeId>>;

    fn version(&self, notice: &NoticeId, number: u32) -> Result<Option<Version>>;
    /// As first captured: the same bytes met again, at another time or address, are the same snapshot.
    fn snapshot(&self, id: &SnapshotId) -> Result<Option<Snapshot>>;

    /// Changes numbered above `after`, in order, at most `max`.
    fn changes(&self, after: u64, max: usize) -> Result<Vec<Change>>;
    /// Number of the last change; 0 where there is none.
    fn last_change(&self) -> Result<u64>;
    fn changes_of(&self, notice: &NoticeId) -> Result<Vec<Change>>;

    fn cursor(&self, name: &str) -> Result<Option<Cursor>>;
    /// Moves the cursor and owes the deliveries in one step; a delivery that is already known is left as it is.
    fn owe(&self, cursor: &Cursor, deliveries: &[Delivery]) -> Result<()> {
        self.owe_reminding(cursor, deliveries, &[])
    }
    /// The same, and writes down in that step what was reminded of.
    fn owe_reminding(&self, cursor: &Cursor, deliveries: &[Delivery], reminders: &[Reminder]) -> Result<()>;
    /// What a subscriber was reminded of, in the order of the reminders' names.
    fn reminders(&self, subscriber: &str) -> Result<Vec<Reminder>>;
    /// Deliveries that are pending and may be tried now, oldest first.
    fn due(&self, now: Timestamp) -> Result<Vec<Delivery>>;
    /// Deliveries that are pending or held, oldest first.
    fn unsent(&self) -> Result<Vec<Delivery>>;
    /// Deliveries in any state, newest first, at most `max`.
    fn deliveries(&self, max: usize) -> Result<Vec<Delivery>>;
    /// Whether what is sent now could be marked as sent. Asked before sending: a message that cannot be marked would come again and
    /// again.
    ///
    /// # Errors
    /// [`StoreError::Full`] where there is no room for a mark, not even the ballast's.
    fn can_settle(&self) -> Result<()>;
    fn settle(&self, delivery: &str, state: &DeliveryState) -> Result<()>;

    /// Keeps what was derived; what was derived from another version than the newest is left out.
    fn keep_derived(&self, derived: &[Derived]) -> Result<()>;
    /// One half of all that was derived, in the order of the notices' names. A notice is missing from the moment that a version of it is
    /// kept until [`Store::keep_derived`].
    fn derived(&self, half: Half) -> Result<Vec<(NoticeId, Vec<u8>)>>;
    /// Notices of which nothing derived is kept, those never read included.
    fn underived(&self) -> Result<Vec<NoticeId>>;

    fn counts(&self) -> Result<Counts>;
    /// Whether there is room to keep anything.
    fn room(&self) -> Room;

    /// Whether a notice at this address, or one that said these words (0: too few to know it by), was forgotten.
    fn is_forgotten(&self, address: &Url, fingerprint: u64) -> Result<bool>;
    /// Removes notices with every version, page and word of theirs for good, so that only hashes of them are left.
    ///
    /// # Errors
    /// A notice that is not kept; messages that tell of one and are still to be sent.
    fn forget(&self, notices: &[NoticeId]) -> Result<Forgotten>;

    /// Deliveries sent or taken out before then whose words are still kept.
    fn told_before(&self, before: Timestamp) -> Result<Vec<String>>;
    /// How much [`Store::prune`] would remove; changes nothing.
    fn would_prune(&self, expired: &Expired) -> Result<Pruned>;
    /// Removes what has been kept for its time; that it was there stays known. Others may read and write meanwhile.
    ///
    /// # Errors
    /// A damaged record: what was removed before it was met is gone and the store is whole; the rest may be tried again.
    fn prune(&self, expired: &Expired, at: Timestamp) -> Result<Pruned>;
    /// When this page was removed by [`Store::prune`]; `None` where it was not.
    fn pruned_page(&self, page: &SnapshotId) -> Result<Option<Timestamp>>;
    /// The same of the text of a version.
    fn pruned_version(&self, notice: &NoticeId, number: u32) -> Result<Option<Timestamp>>;

    /// Makes again what can be made of the rest: by what things are found, and how much there is. What it changes is copied
    /// aside first.
    ///
    /// # Errors
    /// A damaged record of what cannot be made again: nothing is changed then, and a backup is what helps.
    fn repair(&self) -> Result<Repaired>;

    /// Writes all that is kept now into `out`, while others go on reading and writing.
    ///
    /// # Errors
    /// The store's; what cannot be written to `out`.
    fn backup(&self, made_at: Timestamp, out: &mut dyn Write) -> Result<Manifest>;

    /// Looks at everything that is kept, and changes nothing; `head` is one that an earlier look gave.
    ///
    /// # Errors
    /// Only where the look itself cannot go on: what is found wrong stands in the verdict.
    fn verify(&self, head: Option<&str>) -> Result<Verdict>;
}

/// Most names that [`Store::named`] gives.
const NAMED_MAX: usize = 10;

fn newest_first(all: &mut [Tracked]) {
    all.sort_by(|a, b| (b.first_seen, &a.id).cmp(&(a.first_seen, &b.id)));
}

/// Of several notices that have or had one address the one that stands there now is meant, then the latest.
fn standing(tracked: &Tracked, url: &Url) -> (bool, Timestamp, NoticeId) {
    (tracked.url == *url, tracked.first_seen, tracked.id.clone())
}

/// Keys of the bodies that a notice's newest version tells of.
fn bodies_of(tracked: &Tracked) -> impl Iterator<Item = &str> {
    tracked.gist.iter().flat_map(|gist| &gist.bodies).map(|body| body.key.as_str())
}

fn is_due(state: &DeliveryState, now: Timestamp) -> bool {
    matches!(state, DeliveryState::Pending { not_before, .. } if *not_before <= now)
}

fn is_over_before(state: &DeliveryState, before: Timestamp) -> bool {
    matches!(state, DeliveryState::Sent { at } | DeliveryState::Dropped { at } if *at < before)
}

fn is_unsent(state: &DeliveryState) -> bool {
    matches!(state, DeliveryState::Pending { .. } | DeliveryState::Held { .. })
}
