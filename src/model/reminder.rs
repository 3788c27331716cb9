use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{ItemId, NoticeId, Region, Status};

/// What the calendar did, told to one subscriber: kept, so that it is told once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    pub subscriber: String,
    pub of: ReminderOf,
    /// The problem, or the body's name, as it was told.
    #[serde(default)]
    pub about: String,
    pub told_at: Timestamp,
}

/// What was reminded of. A deadline that an edit moved is another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum ReminderOf {
    /// 到期未见后续: the day that a notice set itself has come.
    Deadline { item: ItemId, deadline: Date },
    /// 应有未见: findings were fed back, and no rectification notice was seen after the usual time.
    Late { body: String, feedback: Date },
}

impl ReminderOf {
    /// Equal for the same reminder only; a part of the key it is kept under.
    pub fn name(&self) -> String {
        match self {
            Self::Deadline { item, deadline } => format!("deadline/{item}/{deadline}"),
            Self::Late { body, feedback } => format!("late/{feedback}/{body}"),
        }
    }
}

/// A matter with the day that the notice itself set for it, which nothing seen so far reports done.
#[derive(Debug, Clone, PartialEq)]
pub struct Matter {
    pub item: ItemId,
    pub notice: NoticeId,
    /// Title of the notice.
    pub title: String,
    pub url: Url,
    pub region: Region,
    pub issuer: Option<String>,
    /// The problem's number as a reader would say it; `None` of what only the section on unfinished matters tells of.
    pub label: Option<String>,
    pub problem: String,
    pub status: Option<Status>,
    pub status_as_written: Option<String>,
    pub deadline: Date,
    /// Part of the day is a conclusion of ours, such as the year.
    pub inferred: bool,
    /// The sentence that sets the day.
    pub sentence: String,
    /// When the version that says so was captured.
    pub captured_at: Timestamp,
}

/// A body whose findings were fed back, and of which no rectification notice was seen after the usual time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Late {
    /// The body's key.
    pub body: String,
    pub name: String,
    pub region: Region,
    pub sector: Option<String>,
    pub feedback: Date,
    /// The notice that tells of the feedback.
    pub notice: NoticeId,
    pub title: String,
    pub url: Url,
    /// Days since the feedback.
    pub days: i32,
    /// Days after which half of the notices had come: of this archive, or of a sample.
    pub usual_days: i32,
    /// How many notices of this archive that number rests on; 0: on the sample.
    pub usual_from: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_is_read_as_it_was_first_written() {
        let written = r#"{"subscriber":"office","of":{"what":"deadline","item":"7K3Q9M2D-4F7Q2K","deadline":"2025-06-30"},"told_at":"2026-11-22T00:00:00Z"}"#;
        let reminder: Reminder = serde_json::from_str(written).unwrap();
        assert_eq!(reminder.of.name(), "deadline/7K3Q9M2D-4F7Q2K/2025-06-30");
        let late = r#"{"what":"late","body":"福建/泉州/洛江·教育","feedback":"2026-01-10"}"#;
        assert_eq!(serde_json::from_str::<ReminderOf>(late).unwrap().name(), "late/2026-01-10/福建/泉州/洛江·教育");
    }
}
