//! Questions over what was understood, answered as values: for the command line, and later the web page.
//!
//! One file per question. An answer always carries the sentence it rests on, and is silent where the notice is (rule 8).
//! To add a question: copy a member file, and add the command that prints it.

pub mod bodies;
pub mod checks;
pub mod deadlines;
pub mod export;
pub mod items;
pub mod late;
pub mod notices;
pub mod similar;

use jiff::Timestamp;
use jiff::civil::Date;
use regex::Regex;
use serde::Serialize;

use super::house::{House, Setup};
use crate::model::{Document, Item, ItemId, NoticeId, Presence, Region, SourceId, Span, Topic, Tracked, Version};
use crate::parse;
use crate::store::Result;

/// Which notices and what of them is asked about; everything where nothing is set.
#[derive(Debug, Clone, Default)]
pub struct Which {
    pub notice: Option<NoticeId>,
    pub region: Option<Region>,
    pub sector: Option<String>,
    pub source: Option<SourceId>,
    /// The issuer or the title contains it.
    pub body: Option<String>,
    pub topic: Option<Topic>,
    /// Published, or where that is not known first seen, on this day or later.
    pub since: Option<Date>,
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
    for tracked in house.store.all_tracked(which.source.as_ref())? {
        let sector = sector_of(&setup, &tracked);
        if which.admits_address(&tracked, sector.as_deref())
            && !matches!(tracked.presence, Presence::Moved { .. })
            && let Some(version) = house.store.version(&tracked.id, tracked.versions)?
            && which.admits_version(&tracked, Some(&version))
        {
            found.push(Understood { tracked, sector, version });
        }
    }
    Ok(found)
}

/// What kind of body publishes it: as its source's file says now, else as it did.
fn sector_of(setup: &Setup, tracked: &Tracked) -> Option<String> {
    setup.source(&tracked.source).and_then(|source| source.sector.clone()).or_else(|| tracked.sector.clone())
}

/// The newest version of one notice; `None` where it was never read.
///
/// # Errors
/// Only the store's.
pub fn latest(house: &House, notice: &NoticeId) -> Result<Option<Understood>> {
    let Some(tracked) = house.store.tracked(notice)? else { return Ok(None) };
    let Some(version) = house.store.version(notice, tracked.versions)? else { return Ok(None) };
    let sector = sector_of(&house.setup(), &tracked);
    Ok(Some(Understood { tracked, sector, version }))
}

impl Which {
    /// Whether a notice is meant, with all that is said of it; its text is read only where that matters.
    ///
    /// # Errors
    /// Only the store's.
    pub fn admits(&self, house: &House, setup: &Setup, tracked: &Tracked) -> Result<bool> {
        if !self.admits_address(tracked, sector_of(setup, tracked).as_deref()) {
            return Ok(false);
        }
        if self.topic.is_none() && self.body.is_none() && self.pattern.is_none() {
            return Ok(true);
        }
        let version = house.store.version(&tracked.id, tracked.versions)?;
        let says = |version: &Version| version.document.blocks.iter().any(|block| self.matches([block.text().as_ref()]));
        let is_said = self.matches([tracked.title.as_str()]) || version.as_ref().is_some_and(says);
        Ok(is_said && self.admits_version(tracked, version.as_ref()))
    }

    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        let Self { notice, region, sector, source, body, topic, since, pattern } = self;
        notice.is_none()
            && region.is_none()
            && sector.is_none()
            && source.is_none()
            && body.is_none()
            && topic.is_none()
            && since.is_none()
            && pattern.is_none()
    }

    fn admits_address(&self, tracked: &Tracked, sector: Option<&str>) -> bool {
        self.notice.as_ref().is_none_or(|notice| *notice == tracked.id)
            && self.source.as_ref().is_none_or(|source| *source == tracked.source)
            && self.region.as_ref().is_none_or(|region| region.contains(&tracked.region))
            && self.sector.as_deref().is_none_or(|wanted| sector == Some(wanted))
            && self.since.is_none_or(|since| day(tracked) >= since)
    }

    fn admits_version(&self, tracked: &Tracked, version: Option<&Version>) -> bool {
        let notice = version.map(|version| &version.notice);
        let issuer = notice.and_then(|notice| notice.issuer.as_ref()).map(|issuer| issuer.value.as_str());
        self.topic.is_none_or(|topic| notice.is_some_and(|notice| notice.topic == topic))
            && self.body.as_deref().is_none_or(|body| issuer.is_some_and(|issuer| issuer.contains(body)) || tracked.title.contains(body))
    }

    pub(in crate::flow) fn matches<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| words.into_iter().any(|text| pattern.is_match(text)))
    }
}

impl Origin {
    /// Whose it is, for people.
    pub fn shown(&self) -> &str {
        self.issuer.as_deref().unwrap_or(&self.title)
    }
}

impl Understood {
    fn item(&self, id: &ItemId) -> Option<&Item> {
        let place = self.version.notice.item_ids(&self.tracked.id).iter().position(|other| other == id)?;
        self.version.notice.items.get(place)
    }

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

/// The day it was published, else the day it was first seen.
pub fn day(tracked: &Tracked) -> Date {
    tracked.published.unwrap_or_else(|| today(tracked.first_seen))
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
