use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Furniture, SourceId, Validators};

/// How a source is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Health {
    pub source: SourceId,
    /// The stored due time (schedule::next_visit): a restart loses nothing.
    pub next_visit: Timestamp,
    pub last_visit: Option<Timestamp>,
    pub last_success: Option<Timestamp>,
    /// Visits in a row that gave no listing.
    pub failures: u32,
    pub problem: Option<Problem>,
    /// Whether subscribers were told that it ails, so that they are told once and once when it recovers.
    pub told: bool,
    /// Of the first listing page as last read.
    pub validators: Validators,
    /// The family that last read the listing.
    pub family: Option<String>,
    /// Entries of the listing as last read wholly: so many of `recent` are of it, the rest had left it before.
    pub entries: u32,
    /// Whether the first visit is done: what is new from now on is announced.
    pub baseline: bool,
    /// Since when a mass change (redesign) is held back.
    pub held_since: Option<Timestamp>,
    /// Hashes of the entries last seen, at most `flow::list::RECENT_MAX`: tells where the known ones begin.
    #[serde(default)]
    pub recent: Vec<u64>,
    /// The listing that all this was learned from: another one is visited for the first time again.
    #[serde(default)]
    pub listing: Option<Url>,
    /// What its notices' pages have in common besides their texts.
    #[serde(default)]
    pub furniture: Furniture,
    /// Why older entries could not be reached, where the archive that the first visit read is not whole.
    #[serde(default)]
    pub partial: Option<String>,
}

impl Health {
    /// A source never visited, due at once.
    pub fn new(source: SourceId, now: Timestamp) -> Self {
        Self {
            source,
            next_visit: now,
            last_visit: None,
            last_success: None,
            failures: 0,
            problem: None,
            told: false,
            validators: Validators::default(),
            family: None,
            entries: 0,
            baseline: false,
            held_since: None,
            recent: Vec::new(),
            listing: None,
            furniture: Furniture::default(),
            partial: None,
        }
    }
}

/// What went wrong at a source, by name, with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A short name that does not change: `unreachable`, `robots`, `ruishu`, `no-entries`, `mass-change` …
    pub name: String,
    /// What was seen, in one line.
    pub evidence: String,
}

impl Problem {
    /// The name of what is no fault: nobody has asked for it yet.
    pub const NOT_FETCHED: &'static str = "not-fetched";
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.evidence)
    }
}

/// A host's gate: when the next request may pass; kept, so that it holds across restarts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Host name, with the port where it is not the scheme's own.
    pub host: String,
    pub not_before: Timestamp,
    /// When this was written; a clock that shows an earlier time has been set back since. `None` as earlier releases kept it.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// Present pause between two requests, in milliseconds; grows on slow answers, 429 and 503, shrinks back slowly.
    pub pause_ms: u64,
}

/// What one host was asked on one day: our burden on it (网络数据安全管理条例 第十八条).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// In the zone of the configuration.
    pub day: Date,
    /// Host name, with the port where it is not the scheme's own.
    pub host: String,
    /// Every one of them: those for robots.txt, redirects and retries included.
    pub requests: u64,
    /// Of these, how many got no answer.
    pub unanswered: u64,
    /// Bytes of answers as they came over the wire: header lines and bodies, compressed where they were.
    pub bytes: u64,
}

impl Traffic {
    pub fn add(&mut self, more: &Self) {
        self.requests = self.requests.saturating_add(more.requests);
        self.unanswered = self.unanswered.saturating_add(more.unanswered);
        self.bytes = self.bytes.saturating_add(more.bytes);
    }
}
