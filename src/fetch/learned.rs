//! What the robots.txt of each origin said, remembered for a day.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::robots::Robots;

/// How long an answer holds (RFC 9309, 2.4).
const GOOD: SignedDuration = SignedDuration::from_hours(24);
/// How long a host is left alone that would not say; also how long the last good answer is used without asking again.
const SILENT: SignedDuration = SignedDuration::from_mins(10);
/// How old a last good answer may be that stands in for one that cannot be had.
const STALE_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Origins remembered; each takes some hundred bytes.
const ORIGINS_MAX: usize = 10_000;

#[derive(Default)]
pub(super) struct Learned {
    origins: Mutex<HashMap<String, Known>>,
}

#[derive(Clone)]
struct Known {
    /// The rules, or why there are none.
    says: Result<Arc<Robots>, Arc<str>>,
    read_at: Timestamp,
    until: Timestamp,
}

impl Learned {
    /// What is known of an address's origin now; `None` where it must be asked.
    pub(super) fn recall(&self, url: &Url, now: Timestamp) -> Option<Result<Arc<Robots>, Arc<str>>> {
        let origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let known = origins.get(&url.origin().ascii_serialization())?;
        let left = known.until.duration_since(now);
        // Never longer than a day either, should the clock have been set back.
        (left.is_positive() && left <= GOOD).then(|| known.says.clone())
    }

    /// Remembers what an origin said, and returns what holds from now on: where it would not say, the last good answer if there is one.
    pub(super) fn learn(&self, url: &Url, says: Result<Robots, String>, now: Timestamp) -> Result<Arc<Robots>, Arc<str>> {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if origins.len() >= ORIGINS_MAX {
            origins.retain(|_, known| known.until > now);
        }
        if origins.len() >= ORIGINS_MAX {
            origins.clear();
        }
        let origin = url.origin().ascii_serialization();
        let known = match says {
            Ok(robots) => Known { says: Ok(Arc::new(robots)), read_at: now, until: after(now, GOOD) },
            Err(why) => {
                let last = origins.get(&origin).filter(|known| known.says.is_ok() && now.duration_since(known.read_at) <= STALE_MAX);
                let (says, read_at) = last.map_or_else(|| (Err(why.into()), now), |last| (last.says.clone(), last.read_at));
                Known { says, read_at, until: after(now, SILENT) }
            }
        };
        let says = known.says.clone();
        origins.insert(origin, known);
        says
    }
}

fn after(now: Timestamp, duration: SignedDuration) -> Timestamp {
    now.checked_add(duration).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    fn site() -> Url {
        Url::parse("http://www.example.gov.cn/a").unwrap()
    }

    #[test]
    fn rules_hold_for_a_day_and_for_their_origin_alone() {
        let learned = Learned::default();
        assert!(learned.recall(&site(), hours(0)).is_none());
        learned.learn(&site(), Ok(Robots::default()), hours(0)).unwrap();
        assert!(learned.recall(&site(), hours(23)).is_some());
        assert!(learned.recall(&site(), hours(24)).is_none());
        assert!(learned.recall(&site(), hours(-1)).is_none(), "the clock was set back: ask rather than trust for more than a day");
        assert!(learned.recall(&Url::parse("https://www.example.gov.cn/a").unwrap(), hours(1)).is_none());
    }

    #[test]
    fn the_last_good_rules_stand_in_for_thirty_days() {
        let learned = Learned::default();
        let rules = Robots::read(b"User-agent: *\nDisallow: /a", "x");
        learned.learn(&site(), Ok(rules), hours(0)).unwrap();
        let says = learned.learn(&site(), Err("503".into()), hours(25)).unwrap();
        assert!(!says.allows("http://www.example.gov.cn/a"));
        assert!(learned.learn(&site(), Err("503".into()), hours(30 * 24)).is_ok());
        assert!(learned.learn(&site(), Err("503".into()), hours(30 * 24 + 1)).is_err());
    }

    #[test]
    fn a_host_that_would_not_say_is_left_alone_for_ten_minutes() {
        let learned = Learned::default();
        assert!(learned.learn(&site(), Err("503".into()), hours(0)).is_err());
        assert!(matches!(learned.recall(&site(), hours(0)), Some(Err(_))));
        assert!(learned.recall(&site(), hours(1)).is_none());
    }
}
