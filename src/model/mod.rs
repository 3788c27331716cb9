//! The nouns of the house: plain data that the stages turn into one another and the edges move.
//!
//! Imports nothing of ours, reads no clock, does no I/O; what happens to a value is decided elsewhere.

mod body;
mod change;
mod delivery;
mod difference;
mod digest;
mod document;
mod file_name;
mod furniture;
mod health;
mod item_id;
mod keep;
mod listing;
mod notice;
mod part;
mod reminder;
mod snapshot;
mod source;
mod tracked;
mod version;

pub use body::{Body, Gist, Relative, Relatives};
pub use change::{Change, ChangeKind, Kind};
pub use delivery::{Cursor, Delivery, DeliveryState};
pub use difference::{Difference, FieldChange, ItemChange, ItemDifference, Passage, Piece};
pub use digest::{Baseline, Digest, Fact, Message, SourceNews, Subscriber, Told};
pub use document::{Attachment, Block, Document, Elsewhere, NoContent, Published, Unreadable};
pub use file_name::{file_name, is_control};
pub use furniture::Furniture;
pub use health::{Gate, Health, Problem, Traffic};
pub use item_id::ItemId;
pub use keep::Keep;
pub use listing::{Entry, Listing, Request, Unlisted};
pub use notice::{
    Claims, Contact, Field, Inspection, InspectionKind, Item, Level, Notice, Outcome, Section, Span, Stated, Status, Sum, Team, Topic,
    Unfinished, Word,
};
pub use part::{Part, PartKind, PartText, Watched};
pub use reminder::{Late, Matter, Reminder, ReminderOf};
pub use snapshot::{Page, Snapshot, SnapshotId, Validators};
pub use source::{JsonRule, Reach, Region, Render, RobotsRule, Rules, Source, SourceId, TitleRule, Tls, Visit};
pub use tracked::{Doubt, Newest, NoticeId, Presence, Tracked};
pub use version::Version;
