use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Message;

/// One message owed to one recipient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Made from subscriber, recipient and the changes it tells of, so that the same debt is never owed twice:
    /// 32 lower-case hexadecimal digits. The Message-ID is made from it.
    pub id: String,
    pub subscriber: String,
    /// A mail address.
    pub recipient: String,
    pub created_at: Timestamp,
    pub message: Message,
    pub state: DeliveryState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum DeliveryState {
    /// In the outbox.
    Pending {
        attempts: u32,
        not_before: Timestamp,
        trouble: Option<String>,
    },
    Sent {
        at: Timestamp,
    },
    /// Refused for good: a person must look.
    Held {
        at: Timestamp,
        reason: String,
    },
    /// A person took it out of the outbox unsent.
    Dropped {
        at: Timestamp,
    },
}

/// How far a subscriber has been told, and when the next digest is due (stored, so that a missed hour is made up once).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The subscriber's id, followed by `/urgent` for what is told at once.
    pub name: String,
    /// Number of the last change considered.
    pub up_to: u64,
    pub due: Option<Timestamp>,
    /// Since when the calendar is watched for the subscriber: what had come before is counted, not told one by one.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// When a digest hour was last served: a clock that is set back past it does not make that hour come again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
}
