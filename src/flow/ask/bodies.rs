//! Which bodies the notices tell of, with what is known of each.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::{Which, today};
use crate::flow::follow::{self, Archive, Known, is_same_round};
use crate::flow::house::House;
use crate::model::{Body, Gist, NoticeId, Region, Topic};
use crate::store::Result;

/// One body, however it is spelled.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BodyRow {
    /// Its key: the same for every spelling.
    pub body: String,
    pub name: String,
    /// Every spelling met.
    pub names: Vec<String>,
    pub region: Region,
    pub sector: Option<String>,
    /// Rectification notices, copies and near copies left out.
    pub notices: usize,
    /// Inspections that they tell of.
    pub rounds: usize,
    pub copies: usize,
    /// Notices that tell of findings alone (巡察反馈).
    pub feedbacks: usize,
    /// Problems of the newest notice that it marks neither done nor standing.
    pub open_items: u32,
    /// Deadlines set and not reported done by anything seen; of these, those that have passed.
    pub deadlines: usize,
    pub overdue: usize,
    pub last_published: Option<Date>,
    /// When a notice of it last answered well.
    pub last_seen: jiff::Timestamp,
    /// In the order of time.
    pub ids: Vec<NoticeId>,
}

/// In the order of their places and names.
///
/// # Errors
/// Only the store's.
pub fn bodies(house: &House, which: &Which) -> Result<Vec<BodyRow>> {
    let today = today(house.clock.now());
    let mut archive = Archive::of(&*house.store)?;
    let mut set: BTreeMap<NoticeId, Vec<Date>> = BTreeMap::new();
    for open in follow::open_matters(&mut archive)? {
        set.entry(open.matter.notice).or_default().push(open.matter.deadline);
    }
    let mut rows = Vec::new();
    for (key, notices) in archive.bodies() {
        let Some(body) = body_of(key, &notices) else { continue };
        let is_meant = which.region.as_ref().is_none_or(|region| region.contains(&body.region))
            && which.sector.as_ref().is_none_or(|sector| is_of_sector(sector, body, &notices))
            && which.source.as_ref().is_none_or(|source| notices.iter().any(|known| known.tracked.source == *source));
        if is_meant {
            let originals = originals(house, &notices)?;
            let row = row(key, body, &notices, &originals, &set, today);
            rows.extend(which.matches(row.names.iter().map(String::as_str)).then_some(row));
        }
    }
    rows.sort_by(|one, other| (&one.region, &one.body).cmp(&(&other.region, &other.body)));
    Ok(rows)
}

/// By the body's own sector, or by what the source's file calls it.
fn is_of_sector(sector: &str, body: &Body, notices: &[&Known]) -> bool {
    body.sector.as_deref() == Some(sector) || notices.iter().any(|known| known.tracked.sector.as_deref() == Some(sector))
}

/// The longest spelling speaks for all.
fn body_of<'a>(key: &str, notices: &[&'a Known]) -> Option<&'a Body> {
    let spelled = notices.iter().flat_map(|known| &known.gist.bodies).filter(|body| body.key == key);
    spelled.max_by_key(|body| (body.name.chars().count(), std::cmp::Reverse(&body.name)))
}

/// Rectification notices without those that repeat an earlier one, word by word or nearly.
fn originals<'a>(house: &House, notices: &[&'a Known]) -> Result<Vec<&'a Known>> {
    let mut originals: Vec<&Known> = Vec::new();
    for known in notices.iter().filter(|known| known.gist.topic == Topic::Rectification && known.tracked.copy_of.is_none()) {
        let tracked = &known.tracked;
        let version = if originals.is_empty() { None } else { house.store.version(&tracked.id, tracked.versions)? };
        let mut is_copy = false;
        for original in version.iter().flat_map(|version| originals.iter().map(move |original| (version, original))) {
            is_copy = is_copy || follow::copied(&*house.store, known, original.0, original.1)?.is_some();
        }
        if !is_copy {
            originals.push(known);
        }
    }
    Ok(originals)
}

fn row(key: &str, body: &Body, notices: &[&Known], originals: &[&Known], set: &BTreeMap<NoticeId, Vec<Date>>, today: Date) -> BodyRow {
    let mut names: Vec<String> =
        notices.iter().flat_map(|known| &known.gist.bodies).filter(|body| body.key == key).map(|body| body.name.clone()).collect();
    names.sort();
    names.dedup();
    let of_topic = |topic: Topic| notices.iter().filter(move |known| known.gist.topic == topic);
    let deadlines: Vec<Date> = notices.iter().filter_map(|known| set.get(&known.tracked.id)).flatten().copied().collect();
    BodyRow {
        body: key.to_owned(),
        name: body.name.clone(),
        names,
        region: body.region.clone(),
        sector: body.sector.clone(),
        notices: originals.len(),
        rounds: rounds(originals),
        copies: of_topic(Topic::Rectification).count() - originals.len(),
        feedbacks: of_topic(Topic::Feedback).count(),
        open_items: originals.last().map_or(0, |known| known.gist.open),
        overdue: deadlines.iter().filter(|deadline| **deadline < today).count(),
        deadlines: deadlines.len(),
        last_published: notices.iter().filter_map(|known| known.tracked.published).max(),
        last_seen: notices.iter().map(|known| known.tracked.last_seen).max().unwrap_or_default(),
        ids: notices.iter().map(|known| known.tracked.id.clone()).collect(),
    }
}

/// A notice that does not say when the inspection was counts as a round of its own.
fn rounds(notices: &[&Known]) -> usize {
    let mut rounds: Vec<&Gist> = Vec::new();
    for known in notices {
        if !rounds.iter().any(|round| is_same_round(round, &known.gist)) {
            rounds.push(&known.gist);
        }
    }
    rounds.len()
}
