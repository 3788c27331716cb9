//! What has been kept for its time, and when it goes: once a day at a quiet hour, or when a person asks.
//!
//! A newest version stays as long as its notice is kept, and its pages as long as the site serves them, so that the next look
//! can compare like with like. What a subscriber has still to be told of waits.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::OwnedMutexGuard;

use super::house::{House, Setup, host_of};
use crate::model::{Cursor, Keep, Presence, Tracked};
use crate::schedule;
use crate::store::{Expired, Pruned, Result, StoreError};

/// Under it stands when it is done next. No subscriber can have a name with a slash at its beginning.
const NAME: &str = "/prune";
/// Who was not at work for so long, or whose clock jumped by as much, waits before anything goes: a wrong clock makes
/// everything old.
const JUMP: SignedDuration = SignedDuration::from_hours(10 * 24);
/// For so long.
const AFTER_JUMP: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What would go, and where it stands that it may.
pub struct Plan {
    pub expired: Expired,
    /// The notices among it.
    pub notices: Vec<Tracked>,
    /// Hosts whose notices are among it: nobody works on them while this is held.
    _turns: Vec<OwnedMutexGuard<()>>,
}

/// # Errors
/// Only the store's.
pub fn plan(house: &House, setup: &Setup) -> Result<Plan> {
    let now = house.clock.now();
    let told = told_up_to(house, setup)?;
    let keep = &setup.config.keep;
    let (mut expired, mut notices, mut turns) = (Expired::default(), Vec::new(), BTreeMap::new());
    for tracked in house.store.all_tracked(None)? {
        if !is_told(house, &tracked, told)? {
            continue;
        }
        let limits = setup.source(&tracked.source).map_or(keep.notices, |source| source.keep);
        if is_over(withdrawn_since(&tracked), limits.withdrawn_days, now) {
            // A visit that holds the notice would keep it again; it goes the next day then.
            let host = setup.source(&tracked.source).map_or(&tracked.url, |source| &source.listing);
            let host = host_of(host).unwrap_or_default();
            if !turns.contains_key(&host)
                && let Some(turn) = house.turn_if_free(&host)
            {
                turns.insert(host.clone(), turn);
            }
            if turns.contains_key(&host) {
                expired.notices.push(tracked.id.clone());
                notices.push(tracked);
            }
        } else if limits.pages_days().is_some() {
            versions(house, &tracked, &limits, now, &mut expired)?;
        }
    }
    expired.strays_before = keep.notices.pages_days().and_then(|days| before(now, days));
    if let Some(before) = keep.messages_days.and_then(|days| before(now, days)) {
        expired.messages = house.store.told_before(before)?;
    }
    let zone = TimeZone::get(&setup.config.zone).unwrap_or(TimeZone::UTC);
    expired.impact_before = keep.impact_days.and_then(|days| before(now, days)).map(|before| zone.to_datetime(before).date());
    Ok(Plan { expired, notices, _turns: turns.into_values().collect() })
}

/// Removes what the plan names.
///
/// # Errors
/// The store's.
pub fn carry_out(house: &House, plan: &Plan) -> Result<Pruned> {
    house.store.prune(&plan.expired, house.clock.now())
}

/// Whether the quiet hour has come; sets the next one.
///
/// # Errors
/// Only the store's.
pub fn is_due(house: &House, setup: &Setup) -> Result<bool> {
    let (keep, now) = (&setup.config.keep, house.clock.now());
    if keep.is_for_good(&setup.config.sources) {
        return Ok(false);
    }
    // An expression that never falls due was refused when the configuration was loaded.
    let next = schedule::next(&keep.at, &setup.config.zone, now).unwrap_or(now);
    let known = house.store.cursor(NAME)?;
    if let Some(due) = known.as_ref().and_then(|known| known.due)
        && now < due
        && due <= next
    {
        return Ok(false);
    }
    let before = known.as_ref().and_then(|known| known.told_at);
    let jumped = before.is_some_and(|before| now.duration_since(before).abs() > JUMP);
    let since = if jumped { Some(now) } else { known.as_ref().and_then(|known| known.since) };
    house.store.owe(&Cursor { name: NAME.to_owned(), up_to: 0, due: Some(next), since, told_at: Some(now) }, &[])?;
    if jumped {
        tracing::warn!("nothing is pruned for a week: the clock jumped, or nothing ran for ten days; `huitoukan prune` does it at once");
    }
    let is_settled = since.is_none_or(|since| now.duration_since(since) >= AFTER_JUMP);
    Ok(known.is_some() && is_settled)
}

/// The daily one. What cannot be removed now is tried again the next day.
///
/// # Errors
/// The store's, but for damage and a full disk, which are said and stop nothing else.
pub fn daily(house: &House, setup: &Setup) -> Result<()> {
    match plan(house, setup).and_then(|plan| carry_out(house, &plan)) {
        Ok(Pruned { notices, versions, pages, messages, months }) => {
            tracing::info!(
                notices,
                versions,
                pages,
                messages,
                months,
                "pruned what was kept for its time: {notices} notice(s), {versions} version(s), {pages} page(s), the words of {messages} message(s), {months} month(s) of impact"
            );
            Ok(())
        }
        Err(error @ (StoreError::Damaged { .. } | StoreError::Full { .. })) => {
            tracing::error!("what was kept for its time could not be pruned: {error}");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// The texts and pages of one notice that have been kept for their time.
fn versions(house: &House, tracked: &Tracked, limits: &Keep, now: Timestamp, expired: &mut Expired) -> Result<()> {
    let mut stood_until = tracked.last_seen;
    for number in (1..=tracked.versions).rev() {
        let Some(version) = house.store.version(&tracked.id, number)? else { break };
        let of = (tracked.id.clone(), number);
        if number < tracked.versions && is_over(Some(stood_until), limits.versions_days, now) {
            expired.versions.push(of);
        } else if is_over(Some(stood_until), limits.pages_days(), now) {
            expired.pages.push(of);
        }
        stood_until = version.captured_at;
    }
    Ok(())
}

fn withdrawn_since(tracked: &Tracked) -> Option<Timestamp> {
    match tracked.presence {
        Presence::Withdrawn { since, .. } => Some(since),
        _ => None,
    }
}

/// Number of the last change that every present subscriber was considered for.
fn told_up_to(house: &House, setup: &Setup) -> Result<u64> {
    let mut told = house.store.last_change()?;
    for subscriber in &setup.config.subscribers {
        for name in [subscriber.id.clone(), format!("{}/urgent", subscriber.id)] {
            told = house.store.cursor(&name)?.map_or(told, |cursor| told.min(cursor.up_to));
        }
    }
    Ok(told)
}

/// Whether every present subscriber was considered for all that happened to it: a digest compares texts.
fn is_told(house: &House, tracked: &Tracked, told: u64) -> Result<bool> {
    Ok(house.store.changes_of(&tracked.id)?.iter().all(|change| change.number <= told))
}

fn is_over(since: Option<Timestamp>, days: Option<u32>, now: Timestamp) -> bool {
    let end = days.and_then(|days| before(now, days));
    since.zip(end).is_some_and(|(since, end)| since < end)
}

fn before(now: Timestamp, days: u32) -> Option<Timestamp> {
    now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).ok()
}
