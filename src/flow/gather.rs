//! Changes to what one subscriber is to read of them: the digest as a value. Owes nothing and keeps nothing.

use std::collections::BTreeMap;

use regex::Regex;

use super::ask::{self, checks};
use super::follow;
use super::house::{House, Setup};
use super::remind::{self, Calendar, Wants};
use crate::diff;
use crate::model::{
    Baseline, Change, ChangeKind, Digest, Fact, Kind, NoticeId, Region, Relatives, Source, SourceId, SourceNews, Subscriber, Told, Tracked,
    Version,
};
use crate::store::{Result, Store};

/// Collects what the subscriber wants to hear of these changes, several changes of one notice told as one.
pub(super) fn gather(
    house: &House,
    setup: &Setup,
    subscriber: &Subscriber,
    changes: &[Change],
    calendar: &Calendar,
    wanted: impl Fn(Kind) -> bool,
) -> Result<Digest> {
    let mut digest = Digest {
        reminders: calendar.matters.clone(),
        overdue: calendar.overdue,
        late: calendar.late.clone(),
        facts: Vec::new(),
        composed_at: house.clock.now(),
        zone: subscriber.zone.clone(),
        told: Vec::new(),
        baselines: Vec::new(),
        sources: Vec::new(),
        alarms: Vec::new(),
        captured_until: calendar.matters.iter().map(|matter| matter.captured_at).max(),
    };
    let taste = Taste::of(subscriber);
    let is_baseline = |change: &Change| matches!(change.kind, ChangeKind::Baseline { .. });
    let had_passed = match subscriber.remind {
        Some(_) if changes.iter().any(is_baseline) => remind::had_passed(&*house.store)?,
        _ => BTreeMap::new(),
    };
    for change in merged(changes) {
        let kind = change.kind.kind();
        if !subscriber.kinds.contains(&kind) || !wanted(kind) {
            continue;
        }
        let source = setup.source(&change.source);
        match &change.kind {
            ChangeKind::Baseline { notices, oldest, newest } if taste.wants_place(&change.source, source.map(|source| &source.region)) => {
                digest.baselines.push(Baseline {
                    source_name: name_of(source, &change.source),
                    region: source.map(|source| source.region.clone()).unwrap_or_default(),
                    notices: *notices,
                    oldest: *oldest,
                    newest: *newest,
                    overdue: had_passed.get(&change.source).copied().unwrap_or_default(),
                });
            }
            ChangeKind::Ailing { problem } if taste.wants_place(&change.source, source.map(|source| &source.region)) => {
                digest.sources.push(source_news(house, &change, source, Some(problem.clone()))?);
            }
            ChangeKind::Recovered { .. } if taste.wants_place(&change.source, source.map(|source| &source.region)) => {
                digest.sources.push(source_news(house, &change, source, None)?);
            }
            kind => {
                let Some(notice) = kind.notice() else { continue };
                let Some(told) = tell(&*house.store, &change, notice, source, &taste)? else { continue };
                digest.captured_until = digest.captured_until.max(Some(told.captured_at));
                if subscriber.checks && matches!(told.kind, Kind::Published | Kind::Edited) {
                    digest.facts.extend(facts(house, &told)?);
                }
                digest.told.push(told);
            }
        }
    }
    if subscriber.kinds.contains(&Kind::Ailing) {
        digest.alarms = super::status::alarms(house, setup)?;
    }
    Ok(digest)
}

/// What is worth a second look in a new notice; of an edited one, what was not so before.
fn facts(house: &House, told: &Told) -> Result<Vec<Fact>> {
    let found = checks::checks(house, &ask::Which { notice: Some(told.notice.clone()), ..ask::Which::default() })?;
    let before = told.before.map(|(number, _)| house.store.version(&told.notice, number)).transpose()?.flatten();
    let known = before.map(|version| checks::of_version(&version)).unwrap_or_default();
    let is_new = |check: &checks::Check| !known.iter().any(|(name, fact, _)| *name == check.check && *fact == check.fact);
    let facts = found.into_iter().filter(is_new).map(|check| Fact {
        notice: told.notice.clone(),
        title: told.title.clone(),
        url: told.url.clone(),
        fact: check.fact,
        sentence: check.sentence,
    });
    Ok(facts.collect())
}

/// Publications and edits of one notice become one: as published in its newest version, or edited from the first to the last.
fn merged(changes: &[Change]) -> Vec<Change> {
    let mut merged: Vec<Change> = Vec::new();
    let mut open: BTreeMap<NoticeId, usize> = BTreeMap::new();
    for change in changes {
        match &change.kind {
            ChangeKind::Published { notice, .. } => {
                open.insert(notice.clone(), merged.len());
                merged.push(change.clone());
            }
            ChangeKind::Edited { notice, to, .. } => match open.get(notice).and_then(|place| merged.get_mut(*place)) {
                Some(earlier) => match &mut earlier.kind {
                    ChangeKind::Published { version, .. } => *version = *to,
                    ChangeKind::Edited { to: last, .. } => *last = *to,
                    _ => {}
                },
                None => {
                    open.insert(notice.clone(), merged.len());
                    merged.push(change.clone());
                }
            },
            // What is told of the notice anyway shows the text that has come.
            ChangeKind::Completed { notice, .. } if open.contains_key(notice) => {}
            kind => {
                if let Some(notice) = kind.notice() {
                    open.remove(notice);
                }
                merged.push(change.clone());
            }
        }
    }
    merged
}

/// What a subscriber wants, with its patterns compiled.
pub(super) struct Taste<'a> {
    subscriber: &'a Subscriber,
    patterns: Vec<Regex>,
}

impl<'a> Taste<'a> {
    /// The patterns were checked when the configuration was loaded; one that does not compile matches nothing.
    pub(super) fn of(subscriber: &'a Subscriber) -> Self {
        let patterns = subscriber.patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect();
        Self { subscriber, patterns }
    }

    fn wants_place(&self, source: &SourceId, region: Option<&Region>) -> bool {
        let Subscriber { sources, regions, .. } = self.subscriber;
        (sources.is_empty() || sources.contains(source))
            && (regions.is_empty() || region.is_some_and(|region| regions.iter().any(|wanted| wanted.contains(region))))
    }

    fn wants(&self, tracked: &Tracked, version: Option<&Version>) -> bool {
        let Subscriber { sectors, patterns, .. } = self.subscriber;
        let in_sector = |word: &String| {
            tracked.sector.as_ref().is_some_and(|sector| sector.contains(word.as_str())) || tracked.title.contains(word.as_str())
        };
        let body =
            || version.map(|version| version.document.blocks.iter().map(|block| block.text().into_owned()).collect::<Vec<_>>().join("\n"));
        self.wants_place(&tracked.source, Some(&tracked.region))
            && (sectors.is_empty() || sectors.iter().any(in_sector))
            && (patterns.is_empty()
                || self
                    .patterns
                    .iter()
                    .any(|pattern| pattern.is_match(&tracked.title) || body().is_some_and(|body| pattern.is_match(&body))))
    }
}

impl Wants for Taste<'_> {
    fn notice(&self, tracked: &Tracked, version: Option<&Version>) -> bool {
        self.wants(tracked, version)
    }
}

fn tell(store: &dyn Store, change: &Change, notice: &NoticeId, source: Option<&Source>, taste: &Taste) -> Result<Option<Told>> {
    let Some(tracked) = store.tracked(notice)? else { return Ok(None) };
    let (number, from) = match &change.kind {
        ChangeKind::Published { version, .. } | ChangeKind::Restored { version, .. } | ChangeKind::Completed { version, .. } => {
            (*version, None)
        }
        ChangeKind::Edited { from, to, .. } => (*to, Some(*from)),
        _ => (tracked.versions, None),
    };
    let version = store.version(notice, number)?;
    if !taste.wants(&tracked, version.as_ref()) {
        return Ok(None);
    }
    let before = from.map(|from| store.version(notice, from)).transpose()?.flatten();
    let difference = match (&before, &version) {
        (Some(before), Some(after)) => match diff::compare(before, &after.document, &after.notice) {
            // Edited and edited back within one digest: there is nothing to tell.
            None => return Ok(None),
            difference => difference,
        },
        _ => None,
    };
    let (last_seen, looks) = match &change.kind {
        ChangeKind::Withdrawn { last_seen, looks, .. } => (*last_seen, *looks),
        _ => (tracked.last_seen, 0),
    };
    let moved_to = match &change.kind {
        ChangeKind::Moved { address, .. } => Some(address.clone()),
        _ => None,
    };
    let relatives = match (&change.kind, &version) {
        (ChangeKind::Published { .. }, Some(version)) => follow::relatives(store, &tracked, version)?,
        _ => Relatives::default(),
    };
    Ok(Some(Told {
        relatives,
        change: change.number,
        kind: change.kind.kind(),
        at: change.at,
        notice: notice.clone(),
        title: version.as_ref().and_then(|version| version.document.title.clone()).unwrap_or_else(|| tracked.title.clone()),
        url: tracked.url.clone(),
        region: tracked.region.clone(),
        source_name: name_of(source, &tracked.source),
        issuer: version.as_ref().and_then(|version| version.notice.issuer.as_ref().map(|issuer| issuer.value.clone())),
        published: tracked.published,
        version: number,
        captured_at: version.as_ref().map_or(tracked.last_seen, |version| version.captured_at),
        files: version.as_ref().map(|version| version.document.files()).unwrap_or_default(),
        doubtful: version.as_ref().is_some_and(|version| !version.document.doubts.is_empty()),
        reading: version.map(|version| version.notice),
        before: before.map(|before| (before.number, before.captured_at)),
        difference,
        last_seen,
        looks,
        moved_to,
        copy_of: tracked.copy_of,
    }))
}

fn source_news(house: &House, change: &Change, source: Option<&Source>, problem: Option<crate::model::Problem>) -> Result<SourceNews> {
    let health = house.store.health(&change.source)?;
    Ok(SourceNews {
        source: change.source.clone(),
        source_name: name_of(source, &change.source),
        at: change.at,
        problem,
        last_success: match &change.kind {
            ChangeKind::Recovered { since } => Some(*since),
            _ => health.and_then(|health| health.last_success),
        },
    })
}

fn name_of(source: Option<&Source>, id: &SourceId) -> String {
    source.map_or_else(|| id.to_string(), |source| source.name.clone())
}
