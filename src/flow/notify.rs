//! Changes after a subscriber's cursor to deliveries owed, with the cursor, in one step (rule 4).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use regex::Regex;
use sha2::{Digest as _, Sha256};

use super::ask::{self, checks};
use super::follow;
use super::house::{House, Setup};
use super::remind::{self, Calendar, Wants};
use crate::model::{
    Baseline, Change, ChangeKind, Cursor, Delivery, DeliveryState, Digest, Fact, Kind, Message, NoticeId, Region, Relatives, Reminder,
    Source, SourceId, SourceNews, Subscriber, Told, Tracked, Version,
};
use crate::store::{Result, Store};
use crate::{diff, digest, schedule};

/// Changes considered for one digest at most; what is beyond goes into the next one at once.
const CHANGES_MAX: usize = 2_000;

/// Messages that wait for one recipient before nothing more is owed to it.
const WAITING_MAX: usize = 2;
/// A digest hour was served further ahead than this: the clock stood wrong by more than anybody sets it back for.
const SET_BACK_MAX: SignedDuration = SignedDuration::from_hours(36);

/// Owes every subscriber what is due now, urgent kinds at once. Returns how many deliveries are newly owed.
///
/// # Errors
/// Only the store's.
pub fn everyone(house: &House, setup: &Setup) -> Result<u32> {
    let _telling = house.telling();
    let mut owed = 0;
    let waiting = house.store.due(Timestamp::MAX)?;
    for subscriber in setup.config.subscribers.iter().filter(|subscriber| !is_backed_up(subscriber, &waiting)) {
        owed += urgent(house, setup, subscriber)?;
        owed += digest_hour(house, setup, subscriber)?;
    }
    Ok(owed)
}

/// Whether nobody of a subscriber can be reached for now: nothing more is owed then, and what happens meanwhile is told in one
/// message when the mails move again. Outboxes stay small however long a mail server is down.
fn is_backed_up(subscriber: &Subscriber, waiting: &[Delivery]) -> bool {
    let waits_in_vain = |recipient: &String| {
        let mine = || waiting.iter().filter(|delivery| delivery.subscriber == subscriber.id && delivery.recipient == *recipient);
        mine().count() >= WAITING_MAX && mine().any(|delivery| matches!(delivery.state, DeliveryState::Pending { attempts: 1.., .. }))
    };
    !subscriber.to.is_empty() && subscriber.to.iter().all(waits_in_vain)
}

fn urgent(house: &House, setup: &Setup, subscriber: &Subscriber) -> Result<u32> {
    let name = format!("{}/urgent", subscriber.id);
    let cursor = cursor(house, &name)?;
    owe(house, setup, subscriber, cursor, Calendar::default(), |kind| subscriber.urgent.contains(&kind))
}

fn digest_hour(house: &House, setup: &Setup, subscriber: &Subscriber) -> Result<u32> {
    let now = house.clock.now();
    let mut cursor = cursor(house, &subscriber.id)?;
    let served = cursor.told_at.filter(|served| *served <= now.saturating_add(SET_BACK_MAX).unwrap_or(Timestamp::MAX));
    let next = schedule::next(&subscriber.digest, &subscriber.zone, served.map_or(now, |served| served.max(now))).ok();
    match cursor.due {
        // A changed hour counts from now on; a missed one is made up once.
        Some(due) if due <= now => (cursor.due, cursor.told_at) = (next, Some(now)),
        Some(due) if next.is_some_and(|next| next < due) => {
            cursor.due = next;
            house.store.owe(&cursor, &[])?;
            return Ok(0);
        }
        Some(_) => return Ok(0),
        None => {
            cursor.due = next;
            house.store.owe(&cursor, &[])?;
            return Ok(0);
        }
    }
    let calendar = calendar(house, subscriber, &mut cursor)?;
    owe(house, setup, subscriber, cursor, calendar, |kind| !subscriber.urgent.contains(&kind))
}

/// Composes and owes what a subscriber's digest would say now, whatever the hour.
///
/// # Errors
/// Only the store's.
pub fn now(house: &House, setup: &Setup, subscriber: &Subscriber) -> Result<u32> {
    let _telling = house.telling();
    let mut cursor = cursor(house, &subscriber.id)?;
    let calendar = calendar(house, subscriber, &mut cursor)?;
    Ok(urgent(house, setup, subscriber)? + owe(house, setup, subscriber, cursor, calendar, |kind| !subscriber.urgent.contains(&kind))?)
}

/// What the subscriber's digest would say now, and nothing is kept; `None`: there is nothing to tell.
///
/// # Errors
/// Only the store's.
pub fn preview(house: &House, setup: &Setup, subscriber: &Subscriber) -> Result<Option<Message>> {
    let changes = untold(house, subscriber)?;
    let since = house.store.cursor(&subscriber.id)?.and_then(|cursor| cursor.since).unwrap_or_else(|| house.clock.now());
    let calendar = remind::calendar(&*house.store, subscriber, since, house.clock.now(), &Taste::of(subscriber))?;
    let digest = gather(house, setup, subscriber, &changes, &calendar, |_| true)?;
    Ok(digest::compose(&digest))
}

/// Changes that a subscriber has not been told of, whether it wants to hear of them or not.
///
/// # Errors
/// Only the store's.
pub fn untold(house: &House, subscriber: &Subscriber) -> Result<Vec<Change>> {
    // As in `cursor`: a new subscriber begins with what happens from now on.
    let last = house.store.last_change()?;
    let up_to = |name: &str| house.store.cursor(name).map(|cursor| cursor.map_or(last, |cursor| cursor.up_to));
    let (digest, urgent) = (up_to(&subscriber.id)?, up_to(&format!("{}/urgent", subscriber.id))?);
    let mut changes = house.store.changes(digest.min(urgent), CHANGES_MAX)?;
    changes.retain(|change| change.number > if subscriber.urgent.contains(&change.kind.kind()) { urgent } else { digest });
    Ok(changes)
}

/// What the calendar has to say now; from the first time on it is watched for this subscriber.
fn calendar(house: &House, subscriber: &Subscriber, cursor: &mut Cursor) -> Result<Calendar> {
    let now = house.clock.now();
    let since = *cursor.since.get_or_insert(now);
    remind::calendar(&*house.store, subscriber, since, now, &Taste::of(subscriber))
}

fn owe(
    house: &House,
    setup: &Setup,
    subscriber: &Subscriber,
    mut cursor: Cursor,
    mut calendar: Calendar,
    wanted: impl Fn(Kind) -> bool,
) -> Result<u32> {
    let mut owed = 0;
    loop {
        let changes = house.store.changes(cursor.up_to, CHANGES_MAX)?;
        if changes.is_empty() && calendar.told.is_empty() {
            if owed == 0 && !cursor.name.ends_with("/urgent") {
                house.store.owe(&cursor, &[])?;
            }
            return Ok(owed);
        }
        let is_full = changes.len() == CHANGES_MAX;
        cursor.up_to = changes.last().map_or(cursor.up_to, |last| last.number);
        let digest = gather(house, setup, subscriber, &changes, &calendar, &wanted)?;
        let deliveries = digest::compose(&digest)
            .map(|message| deliveries(&cursor, subscriber, &changes, &calendar.told, &message, house.clock.now()))
            .unwrap_or_default();
        house.store.owe_reminding(&cursor, &deliveries, &calendar.told)?;
        owed += u32::try_from(deliveries.len()).unwrap_or(u32::MAX);
        if !is_full {
            return Ok(owed);
        }
        calendar = Calendar::default();
    }
}

/// A new subscriber begins with what happens from now on, and with the whole of an archive that has just begun.
fn cursor(house: &House, name: &str) -> Result<Cursor> {
    match house.store.cursor(name)? {
        Some(cursor) => Ok(cursor),
        None => {
            let cursor = Cursor {
                name: name.to_owned(),
                up_to: house.store.last_change()?,
                due: None,
                since: Some(house.clock.now()),
                told_at: None,
            };
            house.store.owe(&cursor, &[])?;
            Ok(cursor)
        }
    }
}

/// One delivery per recipient (rule 4). Its id is made from the debt, so that the same debt is never owed twice.
fn deliveries(
    cursor: &Cursor,
    subscriber: &Subscriber,
    changes: &[Change],
    reminders: &[Reminder],
    message: &Message,
    now: Timestamp,
) -> Vec<Delivery> {
    let first = changes.first().map_or(0, |change| change.number);
    let reminded: String = reminders.iter().map(|reminder| format!("\n{}", reminder.of.name())).collect();
    subscriber
        .to
        .iter()
        .map(|recipient| {
            let debt = Sha256::digest(format!("{}\n{recipient}\n{first}\n{}{reminded}", cursor.name, cursor.up_to).as_bytes());
            Delivery {
                id: debt.iter().take(16).map(|byte| format!("{byte:02x}")).collect(),
                subscriber: subscriber.id.clone(),
                recipient: recipient.clone(),
                created_at: now,
                message: message.clone(),
                state: DeliveryState::Pending { attempts: 0, not_before: now, trouble: None },
            }
        })
        .collect()
}

/// Collects what the subscriber wants to hear of these changes, several changes of one notice told as one.
fn gather(
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
struct Taste<'a> {
    subscriber: &'a Subscriber,
    patterns: Vec<Regex>,
}

impl<'a> Taste<'a> {
    /// The patterns were checked when the configuration was loaded; one that does not compile matches nothing.
    fn of(subscriber: &'a Subscriber) -> Self {
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

/// Gives every new subscriber its cursors, so that nothing that happens from now on is missed.
///
/// # Errors
/// Only the store's.
pub fn begin(house: &House, setup: &Setup) -> Result<()> {
    let _telling = house.telling();
    for subscriber in &setup.config.subscribers {
        cursor(house, &format!("{}/urgent", subscriber.id))?;
        digest_due(house, subscriber)?;
    }
    Ok(())
}

fn digest_due(house: &House, subscriber: &Subscriber) -> Result<Cursor> {
    let mut cursor = cursor(house, &subscriber.id)?;
    if cursor.due.is_none() {
        cursor.due = schedule::next(&subscriber.digest, &subscriber.zone, house.clock.now()).ok();
        house.store.owe(&cursor, &[])?;
    }
    Ok(cursor)
}
