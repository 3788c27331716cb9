//! How soon to come back: to a source, to a notice, to a mail server.
//!
//! Spreads are made from names, never drawn: the same source, notice or message waits equally long on every machine.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::next;
use crate::model::{NoticeId, SourceId, Visit};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// Shortest wait before a page that could not be read is tried again.
const UNREAD_WAIT_MIN: SignedDuration = SignedDuration::from_mins(30);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Sources of the same window begin within this time after it opens.
const VISIT_SPREAD_MAX: SignedDuration = SignedDuration::from_mins(10);
const VISIT_BACKOFF_MIN: SignedDuration = SignedDuration::from_mins(15);
/// Short of a day, so that a source with one window a day misses none of them.
const VISIT_BACKOFF_MAX: SignedDuration = SignedDuration::from_hours(18);
const ATTEMPT_MAX: SignedDuration = SignedDuration::from_hours(6);

/// No message waits longer than this for its next attempt: [`ATTEMPT_MAX`] and its spread.
pub const ATTEMPT_WAIT_MAX: SignedDuration = SignedDuration::from_hours(7);
/// No notice waits longer than this for its next look.
pub const LOOK_WAIT_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Whether a stored due time lies ahead. One further ahead than `wait_max`, the longest that it can have been set to, was
/// written by a clock that stood wrong, and counts as due.
pub fn is_ahead(due: Timestamp, now: Timestamp, wait_max: SignedDuration) -> bool {
    due > now && due.duration_since(now) <= wait_max
}

/// When a source is visited next: its next window, spread by its name, later after failures.
///
/// After `n` failures in a row the next window that opens 15 min × 2ⁿ⁻¹ from now or later, and at most 18 hours:
/// a source that is down is asked once a day in the end. The spread is at most 10 minutes, and at most a quarter of
/// the time between two windows. An expression that never falls due, which config refuses, is visited daily.
pub fn next_visit(visit: &Visit, source: &SourceId, failures: u32, now: Timestamp) -> Timestamp {
    let earliest = if failures == 0 { now } else { later(now, doubled(VISIT_BACKOFF_MIN, failures, VISIT_BACKOFF_MAX)) };
    let Ok(window) = next(&visit.cron, &visit.zone, earliest) else { return later(now, DAY) };
    let following = next(&visit.cron, &visit.zone, window).map_or(DAY, |following| following.duration_since(window));
    later(window, spread(&source.0, VISIT_SPREAD_MAX.min(following / 4)))
}

/// When a known notice is looked at again: daily in its first 30 days, weekly in its first 180, then every 30 days.
pub fn next_look(first_seen: Timestamp, now: Timestamp) -> Timestamp {
    later(now, look_after(first_seen, now))
}

/// [`next_look`], up to a sixth sooner by the notice's name, so that notices found together are not all due together.
pub fn next_look_of(notice: &NoticeId, first_seen: Timestamp, now: Timestamp) -> Timestamp {
    let whole = look_after(first_seen, now);
    later(now, whole - spread(&notice.0, whole / 6))
}

/// When a notice that was not at its address is looked for again.
pub fn next_look_for_missing(now: Timestamp) -> Timestamp {
    later(now, SignedDuration::from_hours(12))
}

/// When a notice that was listed but could not yet be read is tried again: soon at first, once a day in the end.
pub fn next_look_for_unread(first_seen: Timestamp, now: Timestamp) -> Timestamp {
    let wait = (now.duration_since(first_seen) / 4).clamp(UNREAD_WAIT_MIN, DAY);
    later(now, wait)
}

/// How long a message waits after its `attempts`-th failure: a minute, doubled each time, six hours in the end.
pub fn next_attempt(attempts: u32) -> SignedDuration {
    doubled(MINUTE, attempts, ATTEMPT_MAX)
}

/// [`next_attempt`], up to an eighth longer by the delivery's id, so that a queue does not return all at once.
pub fn next_attempt_of(delivery: &str, attempts: u32) -> SignedDuration {
    let whole = next_attempt(attempts);
    whole + spread(delivery, whole / 8)
}

fn look_after(first_seen: Timestamp, now: Timestamp) -> SignedDuration {
    match now.duration_since(first_seen) {
        age if age < DAY * 30 => DAY,
        age if age < DAY * 180 => DAY * 7,
        _ => DAY * 30,
    }
}

/// `first` at the first time, doubled at each further one, at most `max`.
fn doubled(first: SignedDuration, times: u32, max: SignedDuration) -> SignedDuration {
    first.checked_mul(1_i32.checked_shl(times.saturating_sub(1).min(30)).unwrap_or(i32::MAX)).unwrap_or(max).min(max)
}

/// A whole number of seconds below `within`, always the same for a name.
fn spread(name: &str, within: SignedDuration) -> SignedDuration {
    let hash = Sha256::digest(name.as_bytes());
    let number = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    SignedDuration::from_secs(i64::from(number) % within.as_secs().max(1))
}

/// The calendar ends in 9999: later than that is then.
fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::{SignedDuration, Timestamp};

    use super::{next_attempt, next_attempt_of, next_look, next_look_for_missing, next_look_for_unread, next_look_of, next_visit};
    use crate::model::{NoticeId, SourceId, Visit};

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn visit(cron: &str) -> Visit {
        Visit { cron: cron.into(), zone: "Asia/Shanghai".into() }
    }

    fn minutes(from: Timestamp, to: Timestamp) -> i64 {
        to.duration_since(from).as_mins()
    }

    #[test]
    fn an_unread_notice_is_tried_soon_at_first_and_daily_in_the_end() {
        let found = time("2026-11-22T08:00:00Z");
        let wait_after = |hours: i64| {
            let now = found + SignedDuration::from_hours(hours);
            minutes(now, next_look_for_unread(found, now))
        };
        assert_eq!((wait_after(0), wait_after(8), wait_after(400)), (30, 120, 24 * 60));
    }

    #[test]
    fn sources_of_one_window_begin_at_different_moments_soon_after_it_opens() {
        let window = time("2026-11-23T00:00:00Z");
        let starts: BTreeSet<Timestamp> =
            (0..50).map(|n| next_visit(&visit("0 0 8 * * *"), &SourceId(format!("source-{n}")), 0, time("2026-11-22T12:00:00Z"))).collect();
        assert!(starts.len() > 35, "{} moments", starts.len());
        assert!(starts.iter().all(|start| (0..10).contains(&minutes(window, *start)) && *start >= window));
    }

    #[test]
    fn the_same_source_begins_at_the_same_moment_everywhere() {
        let source = SourceId("quanzhou-licheng".into());
        let at = next_visit(&visit("0 0 8 * * *"), &source, 0, time("2026-11-22T12:00:00Z"));
        assert_eq!(at, next_visit(&visit("0 0 8 * * *"), &source, 0, time("2026-11-22T15:00:00Z")));
    }

    #[test]
    fn a_tight_window_is_never_skipped_by_its_own_spread() {
        for n in 0..50 {
            let source = SourceId(format!("source-{n}"));
            let mut now = time("2026-11-23T00:00:00Z");
            for _ in 0..20 {
                let at = next_visit(&visit("0 * * * * *"), &source, 0, now);
                assert!(at.duration_since(now) <= SignedDuration::from_secs(75), "{source}: {now} to {at}");
                now = at;
            }
        }
    }

    #[test]
    fn a_source_that_fails_is_asked_ever_more_seldom_but_each_day() {
        let now = time("2026-11-23T00:10:00Z");
        let waits: Vec<i64> = [1, 3, 5, 7, 9, 40, u32::MAX]
            .iter()
            .map(|failures| minutes(now, next_visit(&visit("0 */30 * * * *"), &SourceId("s".into()), *failures, now)) / 60)
            .collect();
        assert!(waits.is_sorted(), "{waits:?}");
        assert!(waits[0] < 1 && (18..19).contains(waits.last().unwrap()), "{waits:?}");
        let daily = next_visit(&visit("0 0 8 * * *"), &SourceId("s".into()), 40, now);
        assert!((0..25 * 60).contains(&minutes(now, daily)), "{daily}");
    }

    #[test]
    fn a_source_that_fails_is_not_asked_outside_its_windows() {
        let at = next_visit(&visit("0 */30 8-20 * * Mon-Fri"), &SourceId("s".into()), 3, time("2026-11-20T12:20:00Z"));
        assert!((0..8).contains(&minutes(time("2026-11-23T00:00:00Z"), at)), "{at}");
    }

    #[track_caller]
    fn look(age_days: i64, expected_days: i64) {
        let first_seen = time("2026-01-01T00:00:00Z");
        let now = first_seen + SignedDuration::from_hours(24 * age_days);
        assert_eq!(next_look(first_seen, now).duration_since(now), SignedDuration::from_hours(24 * expected_days), "{age_days} days");
        let spread = next_look_of(&NoticeId("7K3Q9M2D".into()), first_seen, now).duration_since(now);
        let whole = SignedDuration::from_hours(24 * expected_days);
        assert!(spread <= whole && spread * 6 >= whole * 5, "{spread} of {whole}");
    }

    #[test]
    fn a_young_notice_is_looked_at_daily_an_old_one_monthly() {
        look(0, 1);
        look(29, 1);
        look(30, 7);
        look(179, 7);
        look(180, 30);
        look(4000, 30);
        look(-3, 1);
    }

    #[test]
    fn notices_found_together_are_not_all_due_together() {
        let now = time("2026-01-01T00:00:00Z");
        let due: BTreeSet<Timestamp> = (0..100).map(|n| next_look_of(&NoticeId(format!("N{n}")), now, now)).collect();
        assert!(due.len() > 90, "{}", due.len());
    }

    #[test]
    fn a_missing_notice_is_looked_for_twice_a_day() {
        let now = time("2026-01-01T00:00:00Z");
        assert_eq!(next_look_for_missing(now).duration_since(now), SignedDuration::from_hours(12));
    }

    #[test]
    fn a_refused_mail_waits_a_minute_then_twice_as_long_and_never_more_than_six_hours() {
        let waits: Vec<i64> = [0, 1, 2, 3, 4, 9, 10, 100, u32::MAX].iter().map(|n| next_attempt(*n).as_mins()).collect();
        assert_eq!(waits, [1, 1, 2, 4, 8, 256, 360, 360, 360]);
        let spread = next_attempt_of("0123456789abcdef0123456789abcdef", 10);
        assert!(spread >= next_attempt(10) && spread.as_mins() < 405, "{spread}");
    }

    #[test]
    fn the_end_of_the_calendar_is_not_overrun() {
        assert_eq!(next_look(Timestamp::MAX, Timestamp::MAX), Timestamp::MAX);
        assert_eq!(next_visit(&visit("0 0 8 * * *"), &SourceId("s".into()), 3, Timestamp::MAX), Timestamp::MAX);
    }
}
