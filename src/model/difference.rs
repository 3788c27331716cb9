use serde::{Deserialize, Serialize};

use super::Status;

/// What a reader would notice between two versions: fields first, then items, then passages. Never all empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    pub fields: Vec<FieldChange>,
    pub items: Vec<ItemChange>,
    /// In the order of the newer version; removed ones where they stood.
    pub passages: Vec<Passage>,
}

impl Difference {
    /// How many characters the passages lose and gain.
    pub fn extent(&self) -> (usize, usize) {
        let mut extent = (0, 0);
        for piece in self.passages.iter().flat_map(|passage| &passage.pieces) {
            match piece {
                Piece::Same(_) => {}
                Piece::Deleted(text) => extent.0 += text.chars().count(),
                Piece::Inserted(text) => extent.1 += text.chars().count(),
            }
        }
        extent
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.items.is_empty() && self.passages.is_empty()
    }
}

/// One field of `Notice::fields` that says something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Stable name: `title`, `published`, `claims.measures`.
    pub name: String,
    /// The word for it in mails: 标题, 发布时间, 整改措施数.
    pub label: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// One problem of the notice whose fate changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemChange {
    /// The item's number as a reader would say it: `3(2)`, `问题13`.
    pub label: String,
    pub heading: String,
    pub what: ItemDifference,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemDifference {
    Added,
    Removed,
    Status {
        before: Option<Status>,
        after: Option<Status>,
        before_as_written: Option<String>,
        after_as_written: Option<String>,
    },
    Deadline {
        before: Option<jiff::civil::Date>,
        after: Option<jiff::civil::Date>,
    },
    Measures {
        before: u32,
        after: u32,
    },
    ResponsibleUnit {
        before: Option<String>,
        after: Option<String>,
    },
    ResponsiblePerson {
        before: Option<String>,
        after: Option<String>,
    },
    /// A new item that says a part of what this older one said, which goes on without it.
    SplitFrom {
        label: String,
    },
    /// An older item whose words stand in this newer one now.
    MergedInto {
        label: String,
    },
}

/// One block that was added, removed or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Index of the block in the older version; `None` where it was added.
    pub before: Option<usize>,
    /// Index of the block in the newer version; `None` where it was removed.
    pub after: Option<usize>,
    /// The heading that the block stands under, where there is one.
    pub under: Option<String>,
    /// The whole block in order; of an added or removed one a single piece.
    pub pieces: Vec<Piece>,
}

/// A stretch of text and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    Same(String),
    Deleted(String),
    Inserted(String),
}
