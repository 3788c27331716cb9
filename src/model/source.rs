use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Keep, Topic};

/// A source's name in commands, logs and the store: the stem of its file in `config/sources/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub String);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One watched column (栏目) of one site.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub id: SourceId,
    pub name: String,
    pub listing: Url,
    pub region: Region,
    /// What kind of body publishes here, in the user's words: 工商联, 卫生健康.
    pub sector: Option<String>,
    /// Name of a member of `site::FAMILIES`; recognised from the page where `None`.
    pub family: Option<String>,
    pub rules: Rules,
    pub title: TitleRule,
    pub visit: Visit,
    /// Listing pages followed on the first visit; at least 1. Later visits stop at known entries.
    pub depth: u32,
    /// Notices published from this day on are announced even on the first visit.
    pub announce_since: Option<Date>,
    pub reach: Reach,
    pub render: Render,
    pub keep: Keep,
    /// What it is watched for, in the operator's words; stands in reports of sources.
    pub purpose: Option<String>,
}

impl Source {
    /// A source of which nothing but its address is known; visited at working hours.
    pub fn new(id: SourceId, listing: Url) -> Self {
        Self {
            name: id.0.clone(),
            id,
            listing,
            region: Region::default(),
            sector: None,
            family: None,
            rules: Rules::default(),
            title: TitleRule::default(),
            visit: Visit::default(),
            depth: 1,
            announce_since: None,
            reach: Reach::default(),
            render: Render::default(),
            keep: Keep::default(),
            purpose: None,
        }
    }
}

/// A place from large to small, separated by `/`: 福建/泉州/鲤城. May be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Region(pub String);

impl Region {
    /// Whether `other` is this place or lies in it: 福建 contains 福建/泉州, but not 福建省.
    pub fn contains(&self, other: &Region) -> bool {
        let (outer, inner) = (self.0.trim_matches('/'), other.0.trim_matches('/'));
        inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// CSS selectors that override what a family or the structure of a page says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// One element per entry of the listing.
    pub rows: Option<String>,
    /// The link inside a row; the row's first link where `None`.
    pub link: Option<String>,
    /// The element inside a row that holds the date.
    pub date: Option<String>,
    /// The link to the next listing page.
    pub next: Option<String>,
    /// The element(s) of a notice page that hold its body.
    pub body: Option<String>,
    /// Where the answer of a data service holds all this.
    pub json: Option<JsonRule>,
}

/// Where the JSON answer of a data service holds what a listing is made of.
///
/// A path is names (of arrays: numbers from 0) with dots between: `data.list`, `results.0.rows`. What is `None` is found by
/// the names that services commonly use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JsonRule {
    /// Path from the answer to the array of rows.
    pub rows: Option<String>,
    /// Path from a row to its address, or an address with paths in braces: `/detail?id={id}`.
    pub url: Option<String>,
    pub title: Option<String>,
    /// Path to a printed day, or a count of seconds or milliseconds.
    pub date: Option<String>,
    /// Path to the article itself; its page is not fetched then.
    pub body: Option<String>,
    /// Path from the answer to the address of the next page, or that address with `{page}` where its number stands.
    pub next: Option<String>,
    /// Path to how many rows there are on all pages.
    pub total: Option<String>,
    /// Path to how many pages there are.
    pub pages: Option<String>,
    /// What is sent by POST, a form or JSON, with `{page}` where the page's number stands; GET where `None`.
    pub request: Option<String>,
    /// Number of the first page; 1 where `None`.
    pub first: Option<u32>,
}

/// Which titles are notices: regular expressions; `take` empty means the built-in rule for `topics`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TitleRule {
    pub take: Vec<String>,
    pub skip: Vec<String>,
    /// What the built-in rule takes; empty means rectification notices alone.
    pub topics: Vec<Topic>,
}

/// When a source is visited: a cron expression of six fields (seconds first) and the name of its time zone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Visit {
    pub cron: String,
    pub zone: String,
}

impl Default for Visit {
    /// Every half hour of the working day in China.
    fn default() -> Self {
        Self { cron: "0 */30 8-20 * * Mon-Fri".to_owned(), zone: "Asia/Shanghai".to_owned() }
    }
}

/// How a source may be reached, beyond what is allowed everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Reach {
    /// Other hosts that redirects may lead to.
    pub hosts: Vec<String>,
    pub tls: Tls,
    /// `http://`, `https://` or `socks5://` address of a proxy.
    pub proxy: Option<String>,
    pub robots: RobotsRule,
    /// Pause between two requests, in milliseconds, where longer than the general one.
    pub pause_ms: Option<u64>,
}

/// Whether a source's pages are read as they are served or as a browser shows them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Render {
    #[default]
    AsServed,
    /// After their scripts ran, in a browser on this machine.
    Browser,
}

/// How a server's certificate is checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Tls {
    /// By the machine's certificate authorities.
    #[default]
    Strict,
    /// By the certificates in this PEM file, besides the machine's; for servers that leave out an intermediate one.
    ExtraAuthority(std::path::PathBuf),
    /// The server's own certificate has this SHA-256 fingerprint (64 hexadecimal digits); for self-signed and expired ones.
    Pinned(String),
}

/// Whether robots.txt is obeyed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum RobotsRule {
    #[default]
    Obey,
    /// Not asked, for the reason that the operator wrote down; the reason stands in every report.
    Ignore { reason: String },
}

impl RobotsRule {
    /// Why it is not obeyed; `None` where it is.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Obey => None,
            Self::Ignore { reason } => Some(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Region;

    #[track_caller]
    fn check(outer: &str, inner: &str, expected: bool) {
        assert_eq!(Region(outer.into()).contains(&Region(inner.into())), expected, "{outer} contains {inner}");
    }

    #[test]
    fn a_region_contains_itself_and_what_lies_in_it_but_no_namesake() {
        check("福建", "福建/泉州/鲤城", true);
        check("福建/泉州", "福建/泉州", true);
        check("福建/泉", "福建/泉州", false);
        check("浙江", "福建", false);
    }
}
