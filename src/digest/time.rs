//! Instants to the words of a zone's calendar.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The calendar of one digest: its zone, and the year that need not be said.
pub(super) struct Calendar {
    zone: TimeZone,
    name: String,
    year: i16,
}

impl Calendar {
    /// An unknown zone is Coordinated Universal Time, and said to be.
    pub(super) fn of(zone: &str, now: Timestamp) -> Self {
        let (zone, name) = match TimeZone::get(zone) {
            Ok(found) if matches!(zone, "Asia/Shanghai" | "Asia/Chongqing" | "Asia/Harbin" | "PRC") => (found, "北京时间".to_owned()),
            Ok(found) => (found, zone.to_owned()),
            Err(_) => (TimeZone::UTC, "UTC".to_owned()),
        };
        let year = now.to_zoned(zone.clone()).year();
        Self { zone, name, year }
    }

    pub(super) fn date(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// `11月22日`, with the year where it is another.
    pub(super) fn day(&self, at: Timestamp) -> String {
        let date = self.date(at);
        let day = format!("{}月{}日", date.month(), date.day());
        if date.year() == self.year { day } else { format!("{}年{day}", date.year()) }
    }

    /// `11月22日 07:58`.
    pub(super) fn minute(&self, at: Timestamp) -> String {
        format!("{} {}", self.day(at), at.to_zoned(self.zone.clone()).strftime("%H:%M"))
    }

    /// What the times are told by: `北京时间`, else the zone's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Days from one date to another, as a calendar counts them.
    pub(super) fn days(&self, from: Timestamp, to: Timestamp) -> i64 {
        let span = self.date(from).until(self.date(to));
        span.map_or(0, |span| i64::from(span.get_days())).max(0)
    }
}
