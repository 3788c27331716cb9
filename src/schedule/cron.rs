//! A cron expression and a zone to the next instant that they mean.
//!
//! croner only ever sees wall-clock times; which instant a wall-clock time is, is decided here by the zone's own rules:
//! a time that a clock change skips falls due once, at the moment after the gap; one that comes twice, the first time.

use chrono::{NaiveDate, NaiveDateTime};
use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// A repeated hour holds this many seconds, and an expression may name each of them; two hours leave room for odd zones.
const REPEATS_MAX: usize = 2 * 3600;

/// The next time that a cron expression (six fields, seconds first) falls due after `after`, in the named time zone.
///
/// # Errors
/// The expression or the zone cannot be read, or it never falls due, with the reason.
pub fn next(cron: &str, zone: &str, after: Timestamp) -> Result<Timestamp, String> {
    let expression = parse(cron)?;
    let zone = find_zone(zone)?;
    let mut wall = zone.to_datetime(after);
    for _ in 0..REPEATS_MAX {
        wall = next_wall(&expression, wall).ok_or_else(|| never_due(cron))?;
        let due = instant(&zone, wall).ok_or_else(|| never_due(cron))?;
        if due > after {
            return Ok(due);
        }
    }
    Err(never_due(cron))
}

/// Whether an expression can be read and ever falls due in a zone that exists.
///
/// # Errors
/// What is wrong, and what to write instead.
pub fn check(cron: &str, zone: &str) -> Result<(), String> {
    // The jobs that wake the daemon take names of chrono-tz, which knows no other spelling: asia/shanghai is none.
    zone.parse::<chrono_tz::Tz>().map_err(|_| no_such_zone(zone))?;
    next(cron, zone, Timestamp::UNIX_EPOCH).map(|_| ())
}

fn parse(cron: &str) -> Result<Cron, String> {
    let fields = cron.split_whitespace().count();
    match fields {
        5 => return Err(format!("{cron:?} has five fields; write six, seconds first: \"0 {cron}\"")),
        1 if cron.trim().starts_with('@') => {}
        6 => {}
        _ => {
            return Err(format!(
                "{cron:?} has {fields} fields; write six: second minute hour day month weekday, for example \"0 0 8 * * Mon-Fri\""
            ));
        }
    }
    let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Disallowed).build();
    parser.parse(cron).map_err(|error| format!("{cron:?} is no cron expression: {}", reason(&error)))
}

fn reason(error: &CronError) -> String {
    match error {
        CronError::InvalidPattern(text) | CronError::IllegalCharacters(text) | CronError::ComponentError(text) => {
            text.trim_end_matches('.').to_owned()
        }
        other => other.to_string(),
    }
}

fn find_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| no_such_zone(name))
}

fn no_such_zone(name: &str) -> String {
    format!("there is no time zone {name:?}; write a name such as \"Asia/Shanghai\"")
}

fn never_due(cron: &str) -> String {
    format!("{cron:?} never falls due: no such day comes")
}

fn next_wall(expression: &Cron, after: DateTime) -> Option<DateTime> {
    let found = expression.find_next_occurrence(&to_chrono(after)?.and_utc(), false).ok()?;
    from_chrono(found.naive_utc())
}

fn instant(zone: &TimeZone, wall: DateTime) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(wall);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => {
            // Read with the offset before the gap, the skipped time lies at or after the change itself.
            let beyond = ambiguous.later().ok()?.checked_add(SignedDuration::from_secs(1)).ok()?;
            zone.preceding(beyond).next().map(|change| change.timestamp())
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
    }
}

fn to_chrono(time: DateTime) -> Option<NaiveDateTime> {
    let small = |value: i8| u32::try_from(value).ok();
    NaiveDate::from_ymd_opt(time.year().into(), small(time.month())?, small(time.day())?)?.and_hms_opt(
        small(time.hour())?,
        small(time.minute())?,
        small(time.second())?,
    )
}

fn from_chrono(time: NaiveDateTime) -> Option<DateTime> {
    use chrono::{Datelike, Timelike};
    let small = |value: u32| i8::try_from(value).ok();
    DateTime::new(
        i16::try_from(time.year()).ok()?,
        small(time.month())?,
        small(time.day())?,
        small(time.hour())?,
        small(time.minute())?,
        small(time.second())?,
        0,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::{check, next};

    #[track_caller]
    fn due(cron: &str, zone: &str, after: &str, expected: &[&str]) {
        let mut now = after.parse().unwrap();
        let found: Vec<String> = expected
            .iter()
            .map(|_| {
                now = next(cron, zone, now).unwrap();
                now.to_string()
            })
            .collect();
        assert_eq!(found, expected, "{cron} in {zone} after {after}");
    }

    #[track_caller]
    fn refused(cron: &str, zone: &str, part: &str) {
        let problem = check(cron, zone).unwrap_err();
        assert!(problem.contains(part), "{problem}");
    }

    #[test]
    fn hours_are_meant_in_the_named_zone() {
        due("0 0 8 * * *", "Asia/Shanghai", "2026-11-22T00:00:00Z", &["2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"]);
        due("0 0 8 * * *", "Asia/Shanghai", "2026-11-21T23:59:59.9Z", &["2026-11-22T00:00:00Z"]);
        due("0 0 8 * * *", "Europe/Berlin", "2026-11-22T00:00:00Z", &["2026-11-22T07:00:00Z"]);
    }

    #[test]
    fn office_hours_end_on_friday_and_begin_on_monday() {
        due(
            "0 */30 8-20 * * Mon-Fri",
            "Asia/Shanghai",
            "2026-11-20T12:00:00Z",
            &["2026-11-20T12:30:00Z", "2026-11-23T00:00:00Z", "2026-11-23T00:30:00Z"],
        );
    }

    #[test]
    fn an_hour_that_a_clock_change_skips_falls_due_once_right_after_it() {
        // Berlin 2026-03-29: 02:00 is 03:00 (01:00 UTC).
        due("0 30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
        due("0 0 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", &["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]);
        due("0 */20 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", &["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]);
        // Lord Howe moves its clocks by half an hour only.
        due("0 15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", &["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]);
        // Cairo skips midnight.
        due("0 0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", &["2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"]);
    }

    #[test]
    fn an_hour_that_comes_twice_falls_due_once() {
        // Berlin 2026-10-25: 03:00 is 02:00 again (01:00 UTC).
        due("0 30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
        due("0 30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", &["2026-10-26T01:30:00Z"]);
        due("* * * * * *", "Europe/Berlin", "2026-10-25T00:59:58Z", &["2026-10-25T00:59:59Z", "2026-10-25T02:00:00Z"]);
    }

    #[test]
    fn a_leap_day_waits_for_its_year() {
        due("0 0 8 29 2 *", "Asia/Shanghai", "2026-11-22T00:00:00Z", &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]);
        due("0 0 8 29 2 *", "Asia/Shanghai", "2096-03-01T00:00:00Z", &["2104-02-29T00:00:00Z"]);
        due("0 0 8 L 2 *", "UTC", "2026-11-22T00:00:00Z", &["2027-02-28T08:00:00Z", "2028-02-29T08:00:00Z"]);
    }

    #[test]
    fn the_thirty_two_bit_second_is_a_second_like_any_other() {
        due("0 * * * * *", "UTC", "2038-01-19T03:14:07Z", &["2038-01-19T03:15:00Z"]);
        due("0 30 2 * * *", "Europe/Berlin", "2050-03-26T12:00:00Z", &["2050-03-27T01:00:00Z"]);
    }

    #[test]
    fn the_end_of_the_calendar_is_refused_not_waited_for() {
        for end in ["9999-12-30T22:00:00Z", "9999-12-30T21:59:59Z", "5000-01-01T00:00:00Z"] {
            let result = next("0 0 8 1 1 *", "Pacific/Kiritimati", end.parse().unwrap());
            assert!(result.is_err(), "{end}: {result:?}");
        }
        assert!(next("* * * * * *", "UTC", jiff::Timestamp::MAX).is_err());
        assert!(next("* * * * * *", "UTC", jiff::Timestamp::MIN).is_ok_and(|due| due > jiff::Timestamp::MIN));
    }

    #[test]
    fn croners_own_kinds_of_expression_mean_what_they_say() {
        due("0 0 9 * * 5#L", "UTC", "2026-11-01T00:00:00Z", &["2026-11-27T09:00:00Z", "2026-12-25T09:00:00Z"]);
        due("0 0 9 * * Mon#1", "UTC", "2026-11-03T00:00:00Z", &["2026-12-07T09:00:00Z"]);
        due("0 0 9 15W * *", "UTC", "2026-11-01T00:00:00Z", &["2026-11-16T09:00:00Z", "2026-12-15T09:00:00Z"]);
        due("0 0 0 13 * +Fri", "UTC", "2026-11-14T00:00:00Z", &["2027-08-13T00:00:00Z"]);
        due("0 0 0 1 * Mon", "UTC", "2026-11-24T00:00:00Z", &["2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z"]);
        due("@daily", "UTC", "2026-11-22T05:00:00Z", &["2026-11-23T00:00:00Z"]);
    }

    /// One of each kind of the Open Cron Pattern Specification, which croner implements and tests at UTC.
    const KINDS: [&str; 20] = [
        "* * * * * *",
        "*/7 */11 * * * *",
        "5,35 10-12 1,13 * * *",
        "0 0/20 9-17/2 * * *",
        "0 0 12 ? * ?",
        "0 0 0 1 Jan,jul *",
        "0 30 6 * * Sun",
        "0 30 6 * * 7",
        "0 0 22 * * Fri-Sun",
        "0 0 9 * * Tue#2",
        "0 0 9 * * Thu#L",
        "0 15 10 L * *",
        "0 15 10 1W * *",
        "0 15 10 15W * *",
        "0 0 0 13 * Fri",
        "0 0 0 13 * +Fri",
        "0 59 23 31 12 *",
        "0 0 0 29 2 *",
        "@hourly",
        "@monthly",
    ];

    /// Moments on both sides of midnights, month ends, a leap day, and the second that 32 bits end with.
    const MOMENTS: [&str; 8] = [
        "2024-02-28T15:59:59Z",
        "2024-02-29T16:00:00Z",
        "2026-11-22T08:15:30Z",
        "2026-12-31T15:59:59Z",
        "2027-02-28T16:00:00Z",
        "2038-01-19T03:14:07Z",
        "2099-12-31T23:59:59Z",
        "2400-02-29T00:00:00Z",
    ];

    #[test]
    fn every_kind_of_expression_means_in_shanghai_what_it_means_at_greenwich_eight_hours_later() {
        let ahead = jiff::SignedDuration::from_hours(8);
        for cron in KINDS {
            for moment in MOMENTS {
                let mut now: jiff::Timestamp = moment.parse().unwrap();
                for _ in 0..20 {
                    let due = next(cron, "Asia/Shanghai", now).unwrap();
                    assert_eq!(due + ahead, next(cron, "UTC", now + ahead).unwrap(), "{cron} after {now}");
                    assert!(due > now, "{cron} after {now}");
                    now = due;
                }
            }
        }
    }

    #[test]
    fn no_hour_of_the_wall_clock_falls_due_twice_wherever_clocks_change() {
        for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "America/St_Johns", "Pacific/Apia"] {
            let in_zone = jiff::tz::TimeZone::get(zone).unwrap();
            for cron in ["0 */15 * * * *", "0 30 1,2,3 * * *", "0 0 0 * * *", "0 0 2 * 3,4,10,11 Sun"] {
                for (begin, end) in
                    [("2026-09-24", "2026-10-08"), ("2026-10-20", "2026-11-04"), ("2027-03-10", "2027-04-06"), ("2027-04-28", "2027-05-02")]
                {
                    let at = |day: &str| format!("{day}T00:00:00Z").parse::<jiff::Timestamp>().unwrap();
                    let (mut now, mut walls) = (at(begin), std::collections::BTreeSet::new());
                    while now < at(end) {
                        now = next(cron, zone, now).unwrap();
                        assert!(walls.insert(in_zone.to_datetime(now)), "{cron} in {zone}: {now} is a time that has been");
                    }
                }
            }
        }
    }

    #[test]
    fn what_never_comes_is_an_error_not_a_hang() {
        refused("0 0 0 31 2 *", "UTC", "never falls due");
        refused("0 0 0 30 2 *", "Asia/Shanghai", "never falls due");
        refused("0 0 0 31 4,6,9,11 *", "UTC", "never falls due");
        refused("0 0 0 1 * +Mon#5", "UTC", "never falls due");
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_what_to_write() {
        refused("0 8 * * *", "UTC", "write six, seconds first: \"0 0 8 * * *\"");
        refused("0 0 8 * * * 2027", "UTC", "7 fields");
        refused("", "UTC", "0 fields");
        refused("0 0 25 * * *", "UTC", "\"0 0 25 * * *\" is no cron expression");
        refused("0 0 8 * * Mo", "UTC", "is no cron expression");
        refused("@sometimes", "UTC", "is no cron expression");
        for nowhere in ["Asia/Peking", "asia/shanghai", "Etc/Unknown", "", "../etc/passwd", "+08:00"] {
            refused("0 0 8 * * *", nowhere, &format!("no time zone {nowhere:?}"));
        }
    }
}
