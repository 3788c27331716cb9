//! Questions over what was understood, answered as values: for the command line, and later the web page.
//!
//! One file per question. An answer always carries the sentence it rests on, and is silent where the notice is (rule 8).
//! To add a question: copy a member file, and add the command that prints it.

pub mod bodies;
pub mod checks;
pub mod deadlines;
pub mod items;
pub mod late;

use jiff::Timestamp;
use jiff::civil::Date;
use regex::Regex;
use serde::Serialize;

use super::house::House;
use crate::model::{Document, NoticeId, Presence, Region, SourceId, Span, Tracked, Version};
use crate::parse;
use crate::store::Result;

/// Which notices and what of them is asked about; everything where nothing is set.
#[derive(Debug, Clone, Default)]
pub struct Which {
    pub notice: Option<NoticeId>,
    pub region: Option<Region>,
    pub sector: Option<String>,
    pub source: Option<SourceId>,
    /// The words of an answer match it.
    pub pattern: Option<Regex>,
}

/// A notice's newest version with what is known of it.
pub struct Understood {
    pub tracked: Tracked,
    pub sector: Option<String>,
    pub version: Version,
}

/// Where an answer comes from; the same in every row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    pub notice: NoticeId,
    pub version: u32,
    pub title: String,
    /// Whose notice it is; `None` where it does not say.
    pub issuer: Option<String>,
    pub region: Region,
    pub sector: Option<String>,
    pub source: SourceId,
    pub url: String,
    pub withdrawn: bool,
}

/// The newest version of every notice that stands at its address or was taken down; a moved one is asked about where it stands now.
///
/// # Errors
/// Only the store's.
pub fn understood(house: &House, which: &Which) -> Result<Vec<Understood>> {
    let setup = house.setup();
    let mut found = Vec::new();
    let all = match &which.notice {
        Some(notice) => house.store.tracked(notice)?.into_iter().collect(),
        None => house.store.all_tracked(which.source.as_ref())?,
    };
    for tracked in all {
        let source = setup.source(&tracked.source);
        let sector = source.and_then(|source| source.sector.clone()).or_else(|| tracked.sector.clone());
        let is_meant = which.source.as_ref().is_none_or(|source| *source == tracked.source)
            && which.region.as_ref().is_none_or(|region| region.contains(&tracked.region))
            && which.sector.as_ref().is_none_or(|wanted| sector.as_ref() == Some(wanted))
            && !matches!(tracked.presence, Presence::Moved { .. });
        if is_meant && let Some(version) = house.store.version(&tracked.id, tracked.versions)? {
            found.push(Understood { tracked, sector, version });
        }
    }
    Ok(found)
}

impl Which {
    pub(super) fn matches<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| words.into_iter().any(|text| pattern.is_match(text)))
    }
}

impl Understood {
    fn origin(&self) -> Origin {
        Origin {
            notice: self.tracked.id.clone(),
            version: self.version.number,
            title: self.tracked.title.clone(),
            issuer: self.version.notice.issuer.as_ref().map(|issuer| issuer.value.clone()),
            region: self.tracked.region.clone(),
            sector: self.sector.clone(),
            source: self.tracked.source.clone(),
            url: self.tracked.url.to_string(),
            withdrawn: matches!(self.tracked.presence, Presence::Withdrawn { .. }),
        }
    }
}

/// The day it is in China.
pub fn today(now: Timestamp) -> Date {
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap_or(jiff::tz::TimeZone::UTC);
    now.to_zoned(zone).date()
}

/// The whole sentence that states what stands at a span.
pub(super) fn sentence(document: &Document, span: Span) -> String {
    parse::quote(document, parse::sentence_around(document, span))
}
