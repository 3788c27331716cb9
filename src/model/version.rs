use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Document, Notice, NoticeId, SnapshotId};

/// A notice as one revision of our code read it from one snapshot; can be rebuilt from the snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    pub id: NoticeId,
    /// 1, 2, 3 … without gaps.
    pub number: u32,
    pub snapshot: SnapshotId,
    /// When the snapshot was captured.
    pub captured_at: Timestamp,
    /// `extract::REVISION` of the code that read it.
    pub revision: u32,
    pub document: Document,
    pub notice: Notice,
}
