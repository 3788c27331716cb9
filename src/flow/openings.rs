//! How long until a gate opens. While this process runs that is measured with a stopwatch: a clock that is set ahead opens no gate
//! early, and one that is set back keeps none shut. After a start it is made of the times in the store, and of what they
//! tell of the clock that wrote them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::clock::{Clock, Stopwatch};
use crate::model::Gate;

pub(super) struct Openings {
    stopwatch: Stopwatch,
    /// By the stopwatch.
    opens_at: Mutex<HashMap<String, SignedDuration>>,
}

impl Openings {
    pub(super) fn by(clock: Clock) -> Self {
        Self { stopwatch: Stopwatch::beside(clock), opens_at: Mutex::default() }
    }

    /// A gate was shut just now.
    pub(super) fn shut(&self, gate: &Gate, now: Timestamp) {
        let opens_at = self.stopwatch.read().saturating_add(gate.not_before.duration_since(now));
        self.opens_at.lock().unwrap_or_else(PoisonError::into_inner).insert(gate.host.clone(), opens_at);
    }

    /// Time until a gate opens; zero where it is open. Never more than `rest_max`: what is shut for longer by its times was
    /// shut by a clock that stood wrong.
    pub(super) fn rest(&self, gate: &Gate, now: Timestamp, rest_max: SignedDuration) -> SignedDuration {
        let opens_at = self.opens_at.lock().unwrap_or_else(PoisonError::into_inner).get(&gate.host).copied();
        let rest = opens_at.map_or_else(|| rest_by_its_times(gate, now), |opens_at| opens_at.saturating_sub(self.stopwatch.read()));
        if rest > rest_max { SignedDuration::ZERO } else { rest.max(SignedDuration::ZERO) }
    }
}

/// A gate that was shut later than now was shut by a clock that has been set back since. How much of its time has passed
/// cannot be told then, and all of it is waited for.
fn rest_by_its_times(gate: &Gate, now: Timestamp) -> SignedDuration {
    let from = gate.since.map_or(now, |since| since.max(now));
    gate.not_before.duration_since(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn gate(since: Option<&str>, not_before: &str) -> Gate {
        Gate { host: "www.example.gov.cn".to_owned(), not_before: time(not_before), pause_ms: 2000, since: since.map(time) }
    }

    #[track_caller]
    fn check(gate: &Gate, now: &str, expected_s: i64) {
        let openings = Openings::by(Clock::virtual_from(time(now)));
        assert_eq!(openings.rest(gate, time(now), DAY).as_secs(), expected_s, "{gate:?} at {now}");
    }

    #[test]
    fn after_a_start_the_times_count_as_far_as_the_clock_can_be_trusted() {
        let shut = gate(Some("2026-11-22T08:00:00Z"), "2026-11-22T08:10:00Z");
        check(&shut, "2026-11-22T08:04:00Z", 360);
        check(&shut, "2026-11-22T08:10:00Z", 0);
        check(&shut, "2026-11-23T08:00:00Z", 0);
        // Set back by an hour, a day, ten years: the whole pause, and no more.
        check(&shut, "2026-11-22T07:04:00Z", 600);
        check(&shut, "2026-11-21T08:04:00Z", 600);
        check(&shut, "2016-11-22T08:04:00Z", 600);
        // As an earlier release kept it.
        check(&gate(None, "2026-11-22T08:10:00Z"), "2026-11-22T08:04:00Z", 360);
        check(&gate(None, "2026-11-25T08:10:00Z"), "2026-11-22T08:04:00Z", 0);
    }

    #[test]
    fn while_it_runs_no_setting_of_the_clock_opens_a_gate_early_or_keeps_it_shut() {
        let (clock, now) = (Clock::virtual_from(time("2026-11-22T08:00:00Z")), time("2026-11-22T08:00:00Z"));
        let openings = Openings::by(clock.clone());
        openings.shut(&gate(Some("2026-11-22T08:00:00Z"), "2026-11-22T08:10:00Z"), now);
        clock.jump_to(time("2026-11-22T08:04:00Z"));
        for wall in ["2026-11-22T08:04:00Z", "2026-11-22T07:04:00Z", "2036-11-22T07:04:00Z", "2016-11-22T07:04:00Z"] {
            let gate = gate(Some("2026-11-22T08:00:00Z"), "2026-11-22T08:10:00Z");
            assert_eq!(openings.rest(&gate, time(wall), DAY).as_secs(), 360, "the clock says {wall}");
        }
    }
}
