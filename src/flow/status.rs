//! How things are, as values: for `sources`, `status`, `health`, and later the web page.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::house::{House, Setup, host_of};
use crate::model::{DeliveryState, Health, Region, Source};
use crate::store::{Counts, Result, Room};

/// A source that has not been read well for longer than this is overdue: silence is an alarm.
const OVERDUE_AFTER: SignedDuration = SignedDuration::from_hours(72);

/// A message that waits for longer than this needs a person: the mail server is down, or set wrongly.
const WAITS_LONG_AFTER: SignedDuration = SignedDuration::from_hours(6);

/// One source at a glance.
#[derive(Debug, Clone, Serialize)]
pub struct SourceStatus {
    pub id: String,
    pub name: String,
    pub region: Region,
    pub sector: Option<String>,
    pub listing: String,
    pub family: Option<String>,
    pub state: State,
    pub notices: usize,
    pub failures: u32,
    pub problem: Option<String>,
    pub last_success: Option<Timestamp>,
    pub next_visit: Option<Timestamp>,
    /// Why entries older than those recorded could not be reached.
    pub partial: Option<String>,
    /// Until when its host asked to be left alone (Retry-After), where that is longer than any pause.
    pub asked_to_wait_until: Option<Timestamp>,
    /// Why the site's robots.txt is not asked, in the operator's words; `None` where it is obeyed.
    pub robots_ignored: Option<String>,
    /// What it is watched for, as the configuration says.
    pub purpose: Option<String>,
    /// Pages that could not be read at the last look, with the reason.
    pub troubles: Vec<(String, String)>,
    /// Notices whose reading may be wrong, or whose last look waits to be confirmed.
    pub doubtful: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Well,
    /// Never visited.
    New,
    Ailing,
    /// A mass change is held back until somebody confirms it or it has stood for a day.
    Held,
    Overdue,
}

impl State {
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Well => "正常",
            Self::New => "未访问",
            Self::Ailing => "故障",
            Self::Held => "待确认",
            Self::Overdue => "超期",
        }
    }
}

/// Every source of the configuration, in its order.
///
/// # Errors
/// Only the store's.
pub fn sources(house: &House, setup: &Setup) -> Result<Vec<SourceStatus>> {
    let now = house.clock.now();
    setup.config.sources.iter().map(|source| one(house, source, now)).collect()
}

fn one(house: &House, source: &Source, now: Timestamp) -> Result<SourceStatus> {
    let health = house.store.health(&source.id)?;
    let tracked = house.store.all_tracked(Some(&source.id))?;
    let troubles = tracked.iter().filter_map(|tracked| Some((tracked.url.to_string(), tracked.trouble.clone()?))).collect();
    Ok(SourceStatus {
        id: source.id.to_string(),
        name: source.name.clone(),
        region: source.region.clone(),
        sector: source.sector.clone(),
        listing: source.listing.to_string(),
        family: health.as_ref().and_then(|health| health.family.clone()).or_else(|| source.family.clone()),
        state: state(health.as_ref(), now),
        notices: tracked.len(),
        failures: health.as_ref().map_or(0, |health| health.failures),
        problem: health.as_ref().and_then(|health| health.problem.as_ref()).map(ToString::to_string),
        partial: health.as_ref().and_then(|health| health.partial.clone()),
        last_success: health.as_ref().and_then(|health| health.last_success),
        next_visit: health.as_ref().map(|health| health.next_visit),
        asked_to_wait_until: host_of(&source.listing).and_then(|host| house.gates.shut_until(&host)),
        robots_ignored: source.reach.robots.reason().map(str::to_owned),
        purpose: source.purpose.clone(),
        troubles,
        doubtful: tracked.iter().filter(|tracked| !tracked.doubts.is_empty() || tracked.doubt.is_some()).count(),
    })
}

fn state(health: Option<&Health>, now: Timestamp) -> State {
    match health {
        None => State::New,
        Some(health) if health.held_since.is_some() => State::Held,
        Some(health) if health.problem.is_some() => State::Ailing,
        Some(health) if health.last_visit.is_none() => State::New,
        Some(health) if health.last_success.is_none_or(|success| now.duration_since(success) > OVERDUE_AFTER) => State::Overdue,
        Some(_) => State::Well,
    }
}

/// The whole at a glance.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    pub at: Timestamp,
    pub sources: usize,
    pub well: usize,
    pub ailing: usize,
    /// Sources whose host asked to be left alone for a while (Retry-After), and is.
    pub asked_to_wait: usize,
    pub notices: u64,
    /// Of them: read with doubts, or waiting to be seen again.
    pub doubtful: usize,
    pub versions: u64,
    pub snapshots: u64,
    pub changes: u64,
    pub store_bytes: u64,
    /// Files of notices whose text could not be had or read at the last look.
    pub attachments_unread: usize,
    pub digests_pending: u64,
    pub digests_held: u64,
    pub digests_sent: u64,
    pub digests_dropped: u64,
    /// Why nothing can be kept now; `None` when there is room.
    pub read_only: Option<String>,
    /// What a supervisor or an operator must know; empty when all is well.
    pub alarms: Vec<String>,
}

/// # Errors
/// Only the store's.
pub fn whole(house: &House, setup: &Setup) -> Result<Status> {
    let now = house.clock.now();
    let sources = sources(house, setup)?;
    let Counts { notices, versions, snapshots, changes, pending, held, sent, dropped, bytes } = house.store.counts()?;
    let well = sources.iter().filter(|source| source.state == State::Well).count();
    let ailing = sources.iter().filter(|source| !matches!(source.state, State::Well | State::New)).count();
    let mut alarms = source_alarms(&sources);
    alarms.extend(stuck_mail(house, now)?);
    let read_only = full(&house.store.room());
    alarms.extend(read_only.clone());
    Ok(Status {
        at: now,
        sources: sources.len(),
        well,
        ailing,
        asked_to_wait: sources.iter().filter(|source| source.asked_to_wait_until.is_some()).count(),
        notices,
        doubtful: sources.iter().map(|source| source.doubtful).sum(),
        versions,
        snapshots,
        changes,
        store_bytes: bytes,
        attachments_unread: attachments_unread(house)?,
        digests_pending: pending,
        digests_held: held,
        digests_sent: sent,
        digests_dropped: dropped,
        read_only,
        alarms,
    })
}

/// What waits for a person, one sentence each.
///
/// # Errors
/// Only the store's.
pub fn alarms(house: &House, setup: &Setup) -> Result<Vec<String>> {
    let now = house.clock.now();
    let mut alarms = source_alarms(&sources(house, setup)?);
    alarms.extend(stuck_mail(house, now)?);
    Ok(alarms)
}

fn source_alarms(sources: &[SourceStatus]) -> Vec<String> {
    let ailing = sources.iter().filter(|source| !matches!(source.state, State::Well | State::New));
    ailing
        .map(|source| {
            format!("source {}: {}", source.id, source.problem.clone().unwrap_or_else(|| "not read well for three days".to_owned()))
        })
        .collect()
}

fn full(room: &Room) -> Option<String> {
    let Room { path, free, needed } = room;
    let missing = needed.saturating_sub(*free).div_ceil(1 << 20);
    room.is_full().then(|| {
        format!("the disk is full at {path}: {free} bytes are free, {needed} are needed; free {missing} MiB, and it goes on by itself")
    })
}

fn attachments_unread(house: &House) -> Result<usize> {
    let tracked = house.store.all_tracked(None)?;
    Ok(tracked.iter().flat_map(|tracked| &tracked.parts).filter(|part| part.problem().is_some()).count())
}

/// Messages refused for good, each; and in one line those that have waited for long.
fn stuck_mail(house: &House, now: Timestamp) -> Result<Vec<String>> {
    let (mut alarms, mut waiting, mut oldest) = (Vec::new(), 0, None);
    for delivery in house.store.unsent()? {
        match delivery.state {
            DeliveryState::Held { reason, .. } => {
                alarms.push(format!("digest {} for {} is held: {reason}", delivery.id, delivery.subscriber));
            }
            DeliveryState::Pending { trouble, .. } if now.duration_since(delivery.created_at) > WAITS_LONG_AFTER => {
                waiting += 1;
                oldest = oldest.or(Some((delivery.created_at, trouble)));
            }
            DeliveryState::Pending { .. } | DeliveryState::Sent { .. } | DeliveryState::Dropped { .. } => {}
        }
    }
    alarms.extend(oldest.map(|(since, trouble)| {
        let trouble = trouble.unwrap_or_else(|| "no attempt was made".to_owned());
        format!("{waiting} digest(s) wait to be mailed, the oldest since {}: {trouble}", since.strftime("%Y-%m-%d %H:%M UTC"))
    }));
    Ok(alarms)
}
