//! When which host may be asked again, and which address: [`fetch`](crate::fetch) asks here before every single request.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit};

use super::addresses::{Addresses, PerAddress};
use super::clock::Clock;
use super::openings::Openings;
use crate::fetch::{Answer, Pass, Turnstile};
use crate::model::{Gate, Traffic};
use crate::store::Store;

/// Longest that a pause grows to by slow answers alone.
const PAUSE_MAX: SignedDuration = SignedDuration::from_secs(300);
/// Longest that a server can make us stay away by Retry-After or Crawl-delay: one day.
const STAY_AWAY_MAX: SignedDuration = SignedDuration::from_hours(24);
/// Shortest pause at hosts that are not in a private network of the operator's own.
const PUBLIC_PAUSE_MIN: Duration = Duration::from_secs(1);

/// One gate per host: one request at a time, a pause between, kept in the store so that it holds across restarts.
pub struct Gates {
    store: Arc<dyn Store>,
    clock: Clock,
    hosts: Mutex<HashMap<String, Arc<AsyncMutex<()>>>>,
    addresses: Addresses,
    openings: Openings,
    pace: Mutex<Pace>,
}

/// How fast hosts may be asked, from the configuration.
#[derive(Debug, Clone)]
pub struct Pace {
    pub pause: Duration,
    /// Hosts that may be asked faster than once a second: literal addresses in networks allowed as private.
    pub private_hosts: Vec<String>,
    /// Longer pauses that single sources ask for, by host.
    pub slower: HashMap<String, Duration>,
    pub per_address: PerAddress,
    /// In which zone a day begins.
    pub zone: TimeZone,
}

impl Gates {
    pub fn new(store: Arc<dyn Store>, clock: Clock, pace: Pace) -> Self {
        let addresses = Addresses::new(pace.per_address);
        let openings = Openings::by(clock.clone());
        Self { store, clock, hosts: Mutex::default(), addresses, openings, pace: Mutex::new(pace) }
    }

    /// Until when a host wants to be left alone, where that is longer than any pause.
    pub(super) fn shut_until(&self, host: &str) -> Option<Timestamp> {
        let (gate, now) = (self.gate(host)?, self.clock.now());
        let rest = self.openings.rest(&gate, now, STAY_AWAY_MAX);
        (rest > PAUSE_MAX).then(|| later(now, rest))
    }

    /// Whether a visit to this host would only wait, because others of its address are at work.
    pub(super) fn is_crowded(&self, host: &str, at_work: &HashSet<String>) -> bool {
        self.addresses.is_crowded(host, at_work)
    }

    /// Takes over the pace of a changed configuration.
    pub fn set_pace(&self, pace: Pace) {
        self.addresses.set_budget(pace.per_address);
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner) = pace;
    }

    fn shortest_pause(&self, host: &str) -> Duration {
        let pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let floor = if pace.private_hosts.iter().any(|private| private == host) { Duration::ZERO } else { PUBLIC_PAUSE_MIN };
        pace.slower.get(host).copied().unwrap_or_default().max(pace.pause).max(floor)
    }

    fn turn(&self, host: &str) -> Arc<AsyncMutex<()>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.entry(host.to_owned()).or_default().clone()
    }

    /// The gate as kept; an unreadable one counts as open, for the next commit will report the store's trouble.
    fn gate(&self, host: &str) -> Option<Gate> {
        self.store.gate(host).ok().flatten()
    }

    /// Waits until the address that a host was last found at may be asked. Which one that is shows with its first answer.
    async fn turn_at_address(&self, host: &str) -> Option<OwnedSemaphorePermit> {
        let (address, places, pause) = self.addresses.of(host)?;
        let place = places.acquire_owned().await.ok()?;
        let name = format!("address {address}");
        let rest = {
            let _alone = self.addresses.alone();
            let now = self.clock.now();
            let rest = self.gate(&name).map_or(SignedDuration::ZERO, |gate| self.openings.rest(&gate, now, PAUSE_MAX));
            self.shut(name, rest + signed(pause), pause, now);
            rest
        };
        self.clock.wait(rest).await;
        Some(place)
    }

    fn count(&self, host: &str, answer: &Answer, now: Timestamp) {
        let day = {
            let pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
            pace.zone.to_datetime(now).date()
        };
        let unanswered = u64::from(answer.status.is_none());
        let traffic = Traffic { day, host: host.to_owned(), requests: 1, unanswered, bytes: answer.bytes };
        if let Err(error) = self.store.add_traffic(&traffic) {
            tracing::warn!(host, "what {host} was asked could not be written down: {error}");
        }
    }

    /// Nothing passes for so long from now on.
    fn shut(&self, host: String, rest: SignedDuration, pause: Duration, now: Timestamp) {
        let gate = Gate { host, not_before: later(now, rest), since: Some(now), pause_ms: millis(pause) };
        self.openings.shut(&gate, now);
        if let Err(error) = self.store.set_gate(&gate) {
            tracing::warn!(host = gate.host, "the gate of {} could not be kept: {error}", gate.host);
        }
    }
}

impl Turnstile for Gates {
    fn pass<'a>(&'a self, host: &'a str) -> Pin<Box<dyn Future<Output = Pass> + Send + 'a>> {
        Box::pin(async move {
            let guard = self.turn(host).lock_owned().await;
            let kept = self.gate(host);
            if let Some(gate) = &kept {
                self.clock.wait(self.openings.rest(gate, self.clock.now(), STAY_AWAY_MAX)).await;
            }
            let place = self.turn_at_address(host).await;
            let at = self.clock.now();
            let pause = Duration::from_millis(kept.map_or(0, |gate| gate.pause_ms)).max(self.shortest_pause(host));
            self.shut(host.to_owned(), signed(pause), pause, at);
            Pass { at, guard: Box::new((guard, place)) }
        })
    }

    fn answered(&self, host: &str, answer: Answer) {
        let now = self.clock.now();
        if let Some(address) = answer.address {
            self.addresses.learn(host, address);
        }
        self.count(host, &answer, now);
        let shortest = self.shortest_pause(host).max(answer.crawl_delay.unwrap_or_default()).min(STAY_AWAY_MAX.unsigned_abs());
        let present = self.gate(host).map_or(shortest, |gate| Duration::from_millis(gate.pause_ms));
        let pause = next_pause(present, shortest, answer);
        let stay_away = answer.retry_after.unwrap_or_default().min(STAY_AWAY_MAX.unsigned_abs()).max(pause);
        self.shut(host.to_owned(), signed(stay_away), pause, now);
    }
}

/// The pause after an answer: doubled on trouble, at least as long as the answer took, shrinking by a quarter when all is well.
fn next_pause(present: Duration, shortest: Duration, answer: Answer) -> Duration {
    let struggling = matches!(answer.status, None | Some(429 | 500..=599));
    let wanted = if struggling { (present * 2).max(Duration::from_secs(1)) } else { (present * 3 / 4).max(answer.took) };
    wanted.min(PAUSE_MAX.unsigned_abs()).max(shortest)
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: Option<u16>, took_ms: u64) -> Answer {
        Answer { took: Duration::from_millis(took_ms), status, retry_after: None, crawl_delay: None, bytes: 0, address: None }
    }

    #[track_caller]
    fn check(present_ms: u64, status: Option<u16>, took_ms: u64, expected_ms: u64) {
        let pause = next_pause(Duration::from_millis(present_ms), Duration::from_secs(2), answer(status, took_ms));
        assert_eq!(pause.as_millis(), u128::from(expected_ms), "after {status:?} in {took_ms} ms at a pause of {present_ms} ms");
    }

    #[test]
    fn a_pause_grows_on_trouble_and_on_slow_answers_and_shrinks_back() {
        check(2_000, Some(200), 100, 2_000);
        check(2_000, Some(503), 100, 4_000);
        check(2_000, None, 100, 4_000);
        check(2_000, Some(200), 7_000, 7_000);
        check(8_000, Some(304), 50, 6_000);
        check(250_000, Some(429), 50, 300_000);
    }
}
