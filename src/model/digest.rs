use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Difference, Kind, Late, Matter, Notice, NoticeId, Problem, Region, Relatives, SourceId};

/// Who hears about what, when, and how much. An empty list does not restrict.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscriber {
    /// Unique name; the first address where the configuration gives none.
    pub id: String,
    /// Mail addresses; each gets a delivery of its own.
    pub to: Vec<String>,
    /// Hours of the digest: a cron expression of six fields, seconds first.
    pub digest: String,
    /// Time zone of the hours and of every time in the mail.
    pub zone: String,
    pub regions: Vec<Region>,
    pub sources: Vec<SourceId>,
    /// Words of which the source's sector or the notice's title must hold one.
    pub sectors: Vec<String>,
    /// Regular expressions of which title or body must match one.
    pub patterns: Vec<String>,
    /// Kinds of change wanted; never empty. Ailing and recovered sources only where they are named.
    pub kinds: Vec<Kind>,
    /// Kinds that are told at once, not in the digest.
    pub urgent: Vec<Kind>,
    /// Days before a deadline that it is reminded of; 0 on the day itself, `None` never.
    pub remind: Option<u32>,
    /// Whether it hears of bodies that should have published and have not.
    pub late: bool,
    /// Whether it hears what is worth a second look.
    pub checks: bool,
}

/// One subscriber's news, ready to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Digest {
    pub composed_at: Timestamp,
    /// Time zone name that every time is shown in.
    pub zone: String,
    /// Told notices in the order of their change numbers, of the kinds published, edited, withdrawn, restored, moved.
    pub told: Vec<Told>,
    pub baselines: Vec<Baseline>,
    /// Sources that ail or have recovered; only for those who asked.
    pub sources: Vec<SourceNews>,
    /// 到期未见后续: deadlines that have come, or will within the subscriber's time, each told once.
    pub reminders: Vec<Matter>,
    /// How many deadlines have passed and are still open, those told before included.
    pub overdue: usize,
    /// 应有未见: each told once.
    pub late: Vec<Late>,
    /// 值得一看: of the notices told; only for those who asked.
    pub facts: Vec<Fact>,
    /// What waits for a person, one sentence each; for those who asked to hear of sources that ail. Told at the foot of a
    /// digest that goes anyway.
    pub alarms: Vec<String>,
    /// The newest capture that anything in here rests on.
    pub captured_until: Option<Timestamp>,
}

/// One change of one notice, with what a reader needs to understand it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub change: u64,
    pub kind: Kind,
    pub at: Timestamp,
    pub notice: NoticeId,
    pub title: String,
    /// The official address.
    pub url: Url,
    pub region: Region,
    pub source_name: String,
    pub issuer: Option<String>,
    pub published: Option<Date>,
    /// The version told of, when it was captured, and what it says; `None` where nothing was read.
    pub version: u32,
    pub captured_at: Timestamp,
    pub reading: Option<Notice>,
    /// One line for each of its files: its name, and whether it was read.
    pub files: Vec<String>,
    /// Of an edit: the version before, its capture and what is different.
    pub before: Option<(u32, Timestamp)>,
    pub difference: Option<Difference>,
    /// Of a withdrawal: when it last answered well, and how often it was looked for since.
    pub last_seen: Timestamp,
    pub looks: u32,
    /// Of a move: the new address.
    pub moved_to: Option<Url>,
    /// The notice's earlier twin at another address.
    pub copy_of: Option<NoticeId>,
    /// Whether our reading of the version may be wrong: the reader is told to look at the page.
    pub doubtful: bool,
    /// Of a new notice: what it belongs to.
    pub relatives: Relatives,
}

/// What is worth a second look in one notice, with the sentence it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    pub notice: NoticeId,
    pub title: String,
    pub url: Url,
    pub fact: String,
    pub sentence: String,
}

/// What a first visit recorded at a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    pub source_name: String,
    pub region: Region,
    pub notices: u32,
    pub oldest: Option<Date>,
    pub newest: Option<Date>,
    /// How many deadlines in them had passed before the visit, with nothing seen after.
    pub overdue: usize,
}

/// A source that ails, or has recovered.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceNews {
    pub source: SourceId,
    pub source_name: String,
    pub at: Timestamp,
    /// `None`: it has recovered.
    pub problem: Option<Problem>,
    pub last_success: Option<Timestamp>,
}

/// A mail as a value: what is said, not yet to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub subject: String,
    pub text: String,
    pub html: String,
}
