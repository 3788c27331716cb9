use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{NoticeId, Problem, SourceId};

/// What a site did, numbered 1, 2, 3 … without gaps in the order it was found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Given by the store when the change is committed; 0 before.
    pub number: u64,
    pub at: Timestamp,
    pub source: SourceId,
    pub kind: ChangeKind,
}

/// What happened, and to what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum ChangeKind {
    /// The first visit recorded these without announcing each (rule 6).
    Baseline {
        notices: u32,
        oldest: Option<Date>,
        newest: Option<Date>,
    },
    Published {
        notice: NoticeId,
        version: u32,
    },
    Edited {
        notice: NoticeId,
        from: u32,
        to: u32,
    },
    /// Nothing was edited: the text of a file that could not be read when the notice was announced has come.
    Completed {
        notice: NoticeId,
        version: u32,
    },
    Withdrawn {
        notice: NoticeId,
        last_seen: Timestamp,
        looks: u32,
    },
    /// Back at its address after it was withdrawn, saying what it said in `version`.
    Restored {
        notice: NoticeId,
        version: u32,
    },
    /// The same words now stand at another address of the same site.
    Moved {
        notice: NoticeId,
        to: NoticeId,
        address: Url,
    },
    Ailing {
        problem: Problem,
    },
    Recovered {
        since: Timestamp,
    },
}

/// The kinds of change, as subscribers name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Baseline,
    Published,
    Edited,
    Completed,
    Withdrawn,
    Restored,
    Moved,
    Ailing,
    Recovered,
}

impl Kind {
    /// Every kind, in the order a digest tells them.
    pub const ALL: [Self; 9] = [
        Self::Published,
        Self::Edited,
        Self::Completed,
        Self::Withdrawn,
        Self::Restored,
        Self::Moved,
        Self::Baseline,
        Self::Ailing,
        Self::Recovered,
    ];

    /// The word for it in mails and tables.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Published => "新增",
            Self::Edited => "修改",
            Self::Completed => "补全",
            Self::Withdrawn => "撤下",
            Self::Restored => "恢复",
            Self::Moved => "迁移",
            Self::Baseline => "首次收录",
            Self::Ailing => "来源故障",
            Self::Recovered => "来源恢复",
        }
    }

    /// The word for it in configuration and JSON.
    pub fn english(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Edited => "edited",
            Self::Completed => "completed",
            Self::Withdrawn => "withdrawn",
            Self::Restored => "restored",
            Self::Moved => "moved",
            Self::Baseline => "baseline",
            Self::Ailing => "ailing",
            Self::Recovered => "recovered",
        }
    }
}

impl ChangeKind {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Baseline { .. } => Kind::Baseline,
            Self::Published { .. } => Kind::Published,
            Self::Edited { .. } => Kind::Edited,
            Self::Completed { .. } => Kind::Completed,
            Self::Withdrawn { .. } => Kind::Withdrawn,
            Self::Restored { .. } => Kind::Restored,
            Self::Moved { .. } => Kind::Moved,
            Self::Ailing { .. } => Kind::Ailing,
            Self::Recovered { .. } => Kind::Recovered,
        }
    }

    /// The notice it happened to; `None` for what happened to a source.
    pub fn notice(&self) -> Option<&NoticeId> {
        match self {
            Self::Published { notice, .. }
            | Self::Edited { notice, .. }
            | Self::Completed { notice, .. }
            | Self::Withdrawn { notice, .. }
            | Self::Restored { notice, .. }
            | Self::Moved { notice, .. } => Some(notice),
            Self::Baseline { .. } | Self::Ailing { .. } | Self::Recovered { .. } => None,
        }
    }
}
