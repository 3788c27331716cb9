//! Which problems are alike across bodies, how many bodies of a sector have one, and which measures are nearly the same text (照抄).
//!
//! What is compared is derived once per notice and kept beside it (`store::Derived`); what is missing is made first. That two texts are
//! alike is a number, never a reproach.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::{Origin, Understood, latest};
use crate::alike::problems::{Query, THE_SAME, Weights};
use crate::alike::{Lines, Sketch, SketchedItem, SketchedMeasure, measures, measures_of, statements};
use crate::flow::house::House;
use crate::model::{Item, ItemId, NoticeId, Presence, Region, Status, Tracked, Version};
use crate::store::{Derived, Half, Result};
use crate::{diff, parse};

/// What is asked of the archive.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    pub region: Option<Region>,
    pub sector: Option<String>,
    /// Most rows of an answer.
    pub limit: usize,
}

/// What others are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sample {
    Item { id: ItemId, words: String, measures: Vec<String> },
    Text(String),
}

/// A problem of another notice, the most alike first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alike {
    /// 0 to 1, in hundredths.
    pub likeness: f64,
    /// Alike enough to be counted as the same problem.
    pub same: bool,
    pub item_id: ItemId,
    #[serde(flatten)]
    pub origin: Origin,
    pub item: String,
    pub problem: String,
    pub status: Option<Status>,
    pub status_as_written: Option<String>,
    /// Bodies of this row's sector that have the problem, and all bodies of it, as far as the archive knows; `None` without a sector.
    pub sector_with: Option<u32>,
    pub sector_bodies: Option<u32>,
}

/// How many bodies of a sector have the problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Share {
    pub sector: String,
    pub with: u32,
    pub bodies: u32,
}

/// A measure whose text is nearly that of another one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Copied {
    /// Share of the character sequences that both have, 0 to 1, in hundredths.
    pub likeness: f64,
    /// The measure that was asked about.
    pub of: String,
    pub item_id: ItemId,
    #[serde(flatten)]
    pub origin: Origin,
    pub item: String,
    pub problem: String,
    /// Number among the measures of its item, from 1.
    pub number: u32,
    pub measure: String,
}

/// The item that bears this name, to compare others with; `None` where there is none.
///
/// # Errors
/// Only the store's.
pub fn sample(house: &House, id: &ItemId) -> Result<Option<Sample>> {
    let Some(notice) = id.notice() else { return Ok(None) };
    let Some(told) = latest(house, &notice)? else { return Ok(None) };
    Ok(told.item(id).map(|item| Sample::Item { id: id.clone(), words: item.words().to_owned(), measures: texts_of(&told.version, item) }))
}

/// Problems alike, and the sectors in which bodies have the same one, the sector with most of them first.
///
/// # Errors
/// Only the store's.
pub fn problems(house: &House, sample: &Sample, scope: &Scope) -> Result<(Vec<Alike>, Vec<Share>)> {
    derive_missing(house)?;
    let rows = house.store.derived(Half::Problems)?;
    let (words, own) = match sample {
        Sample::Item { id, words, .. } => (words, id.notice()),
        Sample::Text(text) => (text, None),
    };
    let sectors = Sectors::of(house);
    let sketches: Vec<(&NoticeId, Lines)> = rows.iter().filter_map(|(notice, bytes)| Some((notice, Lines::of(bytes)?))).collect();
    let weights = Weights::of(sample_of(&sketches).flat_map(|(_, lines)| lines.items()).flat_map(|(_, statements)| statements));
    let query = Query::new(&statements(words), &weights);
    let mut ranked: Vec<(f32, &str, &NoticeId)> = Vec::new();
    let mut bodies: BTreeMap<&str, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for (notice, lines) in &sketches {
        let sector = sectors.of_source(lines.source).unwrap_or(lines.sector);
        if !scope.holds(lines.region, sector) {
            continue;
        }
        let (with, all) = bodies.entry(sector).or_default();
        all.insert(lines.body);
        for (item, statements) in lines.items() {
            let score = query.score(statements, &weights, RELATED);
            if score >= THE_SAME {
                with.insert(lines.body);
            }
            if score >= RELATED && own.as_ref() != Some(notice) {
                ranked.push((score, item, notice));
            }
        }
    }
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
    let mut shares: Vec<Share> = bodies.iter().map(|(sector, (with, all))| share(sector, with.len(), all.len())).collect();
    let found = alike(house, &ranked, scope, &shares)?;
    shares.retain(|share| share.with > 0 && !share.sector.is_empty());
    shares.sort_by_key(|share| std::cmp::Reverse(share.with));
    Ok((found, shares))
}

/// Enough notices to know what is rare, spread over all of them, and the same ones every time.
fn sample_of<'a>(sketches: &'a [(&'a NoticeId, Lines<'a>)]) -> impl Iterator<Item = &'a (&'a NoticeId, Lines<'a>)> {
    const NOTICES: usize = 2_000;
    sketches.iter().step_by(sketches.len() / NOTICES + 1)
}

/// What is less alike is not listed at all.
const RELATED: f32 = THE_SAME / 2.0;

fn share(sector: &str, with: usize, bodies: usize) -> Share {
    let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
    Share { sector: sector.to_owned(), with: count(with), bodies: count(bodies) }
}

/// The first of the ranked as rows; what stands elsewhere now is told where it stands.
fn alike(house: &House, ranked: &[(f32, &str, &NoticeId)], scope: &Scope, shares: &[Share]) -> Result<Vec<Alike>> {
    let mut known = Known::default();
    let mut rows = Vec::new();
    for (score, item, notice) in ranked {
        if rows.len() == scope.limit {
            break;
        }
        let id = ItemId((*item).to_owned());
        let Some(told) = known.notice(house, notice)? else { continue };
        let Some(item) = told.item(&id) else { continue };
        let share = shares.iter().find(|share| Some(&share.sector) == told.sector.as_ref());
        rows.push(Alike {
            likeness: hundredths(*score),
            same: *score >= THE_SAME,
            item_id: id,
            origin: told.origin(),
            item: diff::label(item, &told.version.notice.items),
            problem: item.words().to_owned(),
            status: item.status.as_ref().map(|status| status.value),
            status_as_written: item.status_as_written.clone(),
            sector_with: share.map(|share| share.with),
            sector_bodies: share.map(|share| share.bodies),
        });
    }
    Ok(rows)
}

/// Measures of other notices whose text is nearly that of the sample's, by the sample's measures, the most alike first.
///
/// # Errors
/// Only the store's.
pub fn copies(house: &House, sample: &Sample, scope: &Scope) -> Result<Vec<Copied>> {
    derive_missing(house)?;
    let problems = house.store.derived(Half::Problems)?;
    let rows = house.store.derived(Half::Measures)?;
    let sectors = Sectors::of(house);
    let in_scope: BTreeMap<&NoticeId, Lines> = problems
        .iter()
        .filter_map(|(notice, bytes)| Some((notice, Lines::of(bytes)?)))
        .filter(|(_, lines)| scope.holds(lines.region, sectors.of_source(lines.source).unwrap_or(lines.sector)))
        .collect();
    let (wanted, own) = match sample {
        Sample::Item { id, measures, .. } => (measures.clone(), id.notice()),
        Sample::Text(text) => (vec![text.clone()], None),
    };
    let mut known = Known::default();
    let mut found = Vec::new();
    for text in &wanted {
        let Some(signature) = measures::Signature::of(text) else { continue };
        let mut near: Vec<(f32, &NoticeId, u16, u16)> = Vec::new();
        for (notice, bytes) in rows.iter().filter(|(notice, _)| own.as_ref() != Some(notice) && in_scope.contains_key(notice)) {
            let alike = measures_of(bytes).filter_map(|(item, number, other)| Some((signature.is_worth_a_look(other)?, item, number)));
            near.extend(alike.map(|(agreement, item, number)| (agreement, notice, item, number)));
        }
        near.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| (one.1, one.2, one.3).cmp(&(other.1, other.2, other.3))));
        // An estimate orders them, so that a few more than are wanted are read exactly.
        for (_, notice, item, number) in near.into_iter().take(scope.limit.saturating_mul(2).max(20)) {
            if let Some(told) = known.notice(house, notice)? {
                found.extend(copied(told, text, usize::from(item), usize::from(number)));
            }
        }
    }
    let at = |text: &str| wanted.iter().position(|wanted| wanted == text);
    found.sort_by(|one, other| {
        at(&one.of)
            .cmp(&at(&other.of))
            .then_with(|| other.likeness.total_cmp(&one.likeness))
            .then_with(|| (&one.item_id, one.number).cmp(&(&other.item_id, other.number)))
    });
    found.truncate(scope.limit);
    Ok(found)
}

fn copied(told: &Understood, of: &str, item: usize, number: usize) -> Option<Copied> {
    let notice = &told.version.notice;
    let item_id = notice.item_ids(&told.tracked.id).get(item)?.clone();
    let item = notice.items.get(item)?;
    let measure = parse::quote(&told.version.document, *item.measures.get(number)?);
    let likeness = measures::shared(of, &measure);
    (likeness >= measures::NEARLY_THE_SAME).then(|| Copied {
        likeness: hundredths(likeness),
        of: of.to_owned(),
        item_id,
        origin: told.origin(),
        item: diff::label(item, &notice.items),
        problem: item.words().to_owned(),
        number: u32::try_from(number + 1).unwrap_or(u32::MAX),
        measure,
    })
}

/// Makes what is compared of notices that were read since it was last made.
///
/// # Errors
/// Only the store's.
pub fn derive_missing(house: &House) -> Result<()> {
    /// Notices in one commit, which costs a sync.
    const AT_ONCE: usize = 200;
    let mut missing = house.store.underived()?;
    let strange = house.store.derived(Half::Problems)?.into_iter().filter(|(_, bytes)| Lines::of(bytes).is_none());
    missing.extend(strange.map(|(notice, _)| notice));
    for notices in missing.chunks(AT_ONCE) {
        let mut derived = Vec::new();
        for notice in notices {
            let Some(tracked) = house.store.tracked(notice)? else { continue };
            if let Some(version) = house.store.version(notice, tracked.versions)? {
                let (problems, measures) = sketch(&tracked, &version).to_bytes();
                derived.push(Derived { notice: notice.clone(), version: version.number, problems, measures });
            }
        }
        if !derived.is_empty() {
            house.store.keep_derived(&derived)?;
        }
    }
    Ok(())
}

/// What of a version is compared with others.
pub fn sketch(tracked: &Tracked, version: &Version) -> Sketch {
    let notice = &version.notice;
    let ids = notice.item_ids(&tracked.id);
    let items = notice.items.iter().zip(ids);
    let items =
        items.map(|(item, id)| SketchedItem::new(id, &item.heading.value, item.problem.as_ref().map(|problem| problem.value.as_str())));
    let mut measures = Vec::new();
    for (item, number) in notice.items.iter().zip(0_u16..) {
        for (text, place) in texts_of(version, item).iter().zip(0_u16..) {
            let signature = measures::Signature::of(text);
            measures.extend(signature.map(|signature| SketchedMeasure { item: number, number: place, signature }));
        }
    }
    Sketch {
        notice: tracked.id.clone(),
        version: version.number,
        source: tracked.source.0.clone(),
        region: tracked.region.0.clone(),
        sector: tracked.sector.clone().unwrap_or_default(),
        body: body(tracked, version),
        items: items.collect(),
        measures,
    }
}

/// Whose notice it is: two notices of one body must give one name, two bodies of one name in two places two.
fn body(tracked: &Tracked, version: &Version) -> String {
    let notice = &version.notice;
    let named = notice.issuer.as_ref().or(notice.inspection.target.as_ref()).or(notice.signed.as_ref());
    let Some(named) = named else { return format!("{}/{}", tracked.source, tracked.region) };
    let name: String = named.value.chars().filter(|c| !c.is_whitespace()).collect();
    let name = name.strip_prefix("中共").unwrap_or(&name).replace("工商业联合会", "工商联");
    let party = ["党组", "党委", "党工委", "党总支", "委员会"].into_iter().find_map(|ending| name.strip_suffix(ending));
    format!("{}/{}", tracked.region, party.unwrap_or(&name))
}

fn texts_of(version: &Version, item: &Item) -> Vec<String> {
    item.measures.iter().map(|measure| parse::quote(&version.document, *measure)).collect()
}

impl Scope {
    fn holds(&self, region: &str, sector: &str) -> bool {
        self.region.as_ref().is_none_or(|wanted| wanted.contains(&Region(region.to_owned())))
            && self.sector.as_ref().is_none_or(|wanted| wanted == sector)
    }
}

/// Sectors as the sources' files name them now; those of sources that are watched no more stand in the sketch.
struct Sectors(HashMap<String, String>);

impl Sectors {
    fn of(house: &House) -> Self {
        let setup = house.setup();
        Self(setup.config.sources.iter().filter_map(|source| Some((source.id.0.clone(), source.sector.clone()?))).collect())
    }

    fn of_source(&self, source: &str) -> Option<&str> {
        self.0.get(source).map(String::as_str)
    }
}

/// Notices that an answer names, each read once; a moved one is told of where it stands now.
#[derive(Default)]
struct Known(HashMap<NoticeId, Option<Understood>>);

impl Known {
    fn notice(&mut self, house: &House, notice: &NoticeId) -> Result<Option<&Understood>> {
        if !self.0.contains_key(notice) {
            let told = latest(house, notice)?.filter(|told| !matches!(told.tracked.presence, Presence::Moved { .. }));
            self.0.insert(notice.clone(), told);
        }
        Ok(self.0.get(notice).and_then(Option::as_ref))
    }
}

fn hundredths(value: f32) -> f64 {
    (f64::from(value) * 100.0).round() / 100.0
}
