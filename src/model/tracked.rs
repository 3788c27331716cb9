use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{Gist, PartKind, Region, SnapshotId, SourceId, Topic, Validators, Watched};

/// A notice's name for people: eight characters of Crockford's base 32, `7K3Q9M2D`; the same on every machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(pub String);

impl NoticeId {
    /// `reuse` counts the other notices that stood at the same address before, usually 0.
    pub fn of(url: &Url, reuse: u32) -> Self {
        const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let hash = Sha256::digest(format!("{url}\n{reuse}").as_bytes());
        let bits = u64::from_be_bytes(std::array::from_fn(|index| hash[index]));
        Self((0..8).map(|place| char::from(DIGITS[(bits >> (59 - 5 * place)) as usize & 31])).collect())
    }
}

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What we know of one notice's address over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tracked {
    pub id: NoticeId,
    pub url: Url,
    pub source: SourceId,
    pub region: Region,
    pub sector: Option<String>,
    /// As last read, else as listed.
    pub title: String,
    /// As read from the page, else as listed.
    pub published: Option<Date>,
    pub first_seen: Timestamp,
    /// When it last answered well.
    pub last_seen: Timestamp,
    /// Number of the newest version.
    pub versions: u32,
    pub presence: Presence,
    /// Of the page as last read.
    pub validators: Validators,
    /// When to look at it again.
    pub next_look: Timestamp,
    /// Hash of the words of the newest version, to find moved and copied notices by; 0 where they are too few.
    pub fingerprint: u64,
    /// The notice that said the same earlier, at another address.
    pub copy_of: Option<NoticeId>,
    /// Why the last look gave no version, in one line; `None` after a good one.
    pub trouble: Option<String>,
    /// What kind of document its newest version is; `None` where nothing was read, or by an older release.
    #[serde(default)]
    pub topic: Option<Topic>,
    /// Found by the source's first visit: not announced when it is first read (rule 6).
    #[serde(default)]
    pub quiet: bool,
    /// A reading so unlike the last version that it waits to be seen again before it counts.
    #[serde(default)]
    pub doubt: Option<Doubt>,
    /// Its files, further pages and frames, as last looked at.
    #[serde(default)]
    pub parts: Vec<Watched>,
    /// Why the reading of the newest version may be wrong.
    #[serde(default)]
    pub doubts: Vec<String>,
    /// Of the newest version; `None` where none was read since gists are kept.
    #[serde(default)]
    pub gist: Option<Gist>,
    /// What a look needs of the newest version; `None` where none was read, or by an older release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Newest>,
}

impl Tracked {
    /// Since when it has been there: first seen, or its day of publication where a clock that stood in the past saw it before that.
    pub fn known_since(&self) -> Timestamp {
        let published = self.published.and_then(|day| day.to_zoned(TimeZone::UTC).ok()).map(|day| day.timestamp());
        let published = published.filter(|published| *published <= self.last_seen);
        published.map_or(self.first_seen, |published| published.max(self.first_seen))
    }
}

/// What a look must know of a notice's newest version: where nothing changed, the version itself is not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    /// The page's bytes.
    pub snapshot: SnapshotId,
    /// As [`super::Version::revision`].
    pub revision: u32,
    /// [`super::Furniture::generation`] up to which the page is known to read the same; `None` where nothing that is learned of its
    /// source's pages could make a difference.
    #[serde(default)]
    pub furniture: Option<u32>,
    /// Files, further pages and frames to ask for: what each is, its address, its name.
    #[serde(default)]
    pub parts: Vec<(PartKind, Url, String)>,
    /// Nothing but our own machine kept its file from being read: every look tries again.
    #[serde(default)]
    pub is_to_be_tried: bool,
}

/// A reading that may be a wall or a wrong page although nothing named it so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    pub fingerprint: u64,
    pub since: Timestamp,
}

/// Whether a notice stands at its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Presence {
    Present,
    /// Not there on `looks` looks in a row while the host answered well; not yet proven.
    Missing {
        since: Timestamp,
        looks: u32,
    },
    /// Announced as withdrawn (撤下).
    Withdrawn {
        since: Timestamp,
        looks: u32,
    },
    /// Announced as moved to the notice that says the same.
    Moved {
        to: NoticeId,
    },
}

#[cfg(test)]
mod tests {
    use super::NoticeId;

    #[test]
    fn a_notice_has_the_same_name_everywhere_and_another_when_its_address_is_reused() {
        let url = "https://www.qzlc.gov.cn/t20240912_1.htm".parse().unwrap();
        assert_eq!(NoticeId::of(&url, 0), NoticeId::of(&url, 0));
        assert_ne!(NoticeId::of(&url, 0), NoticeId::of(&url, 1));
        assert_eq!(NoticeId::of(&url, 0).0.len(), 8);
    }
}
