//! What a look at a notice proves, and what it does not: pure decisions, time is an argument.

use jiff::{SignedDuration, Timestamp};

use crate::model::{Doubt, Presence};

/// Looks in a row that must find a notice gone before it counts as withdrawn (rule 3).
const GONE_LOOKS_MIN: u32 = 4;
/// And the time that must lie between the first of them and the last: three days.
const GONE_FOR_MIN: SignedDuration = SignedDuration::from_hours(72);
/// How long a mass change is held back before it is believed.
const HELD_FOR: SignedDuration = SignedDuration::from_hours(24);
/// A mass change: at least this many notices, and at least a fifth of those that answered.
const MASS_MIN: usize = 3;
const MASS_SHARE: usize = 5;
/// A reading that keeps less than this share of the last version's characters, or is less alike, is doubtful.
const SHARE_MIN: f64 = 0.3;
const LIKENESS_MIN: f64 = 0.2;
/// How long a doubtful reading must stand before it is believed.
const DOUBT_FOR: SignedDuration = SignedDuration::from_hours(20);

/// What follows from not finding a notice at its address while its host answers well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absence {
    /// Not proven yet, or already announced: remember this.
    Noted(Presence),
    /// Proven now.
    Proven(Presence),
}

/// Counts one more look that found nothing. A notice that its listing still names is never proven to be withdrawn.
pub fn absent(presence: &Presence, still_listed: bool, now: Timestamp) -> Absence {
    match presence {
        Presence::Present => Absence::Noted(Presence::Missing { since: now, looks: 1 }),
        Presence::Missing { since, looks } => {
            let (since, looks) = (*since, looks + 1);
            if !still_listed && looks >= GONE_LOOKS_MIN && now.duration_since(since) >= GONE_FOR_MIN {
                Absence::Proven(Presence::Withdrawn { since, looks })
            } else {
                Absence::Noted(Presence::Missing { since, looks })
            }
        }
        Presence::Withdrawn { since, looks } => Absence::Noted(Presence::Withdrawn { since: *since, looks: looks + 1 }),
        Presence::Moved { to } => Absence::Noted(Presence::Moved { to: to.clone() }),
    }
}

/// What to do with the changes of one visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mass {
    /// Nothing unusual.
    Ordinary,
    /// So many at once that it looks like a redesign: mail nobody, tell the operator (rule 3).
    Hold { since: Timestamp },
    /// It has stood for a day: it is so.
    Believe,
}

/// Judges `affected` notices that changed or vanished among `looked` that were looked at.
pub fn mass_change(affected: usize, looked: usize, held_since: Option<Timestamp>, now: Timestamp) -> Mass {
    if affected < MASS_MIN || affected * MASS_SHARE < looked {
        return Mass::Ordinary;
    }
    if has_stood(held_since, now) { Mass::Believe } else { Mass::Hold { since: held_since.unwrap_or(now) } }
}

/// Whether a mass change has been held back long enough to be believed.
pub fn has_stood(held_since: Option<Timestamp>, now: Timestamp) -> bool {
    held_since.is_some_and(|since| now.duration_since(since) >= HELD_FOR)
}

/// Whether a reading is believed as a new version of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    Believed,
    /// Wait and see it again.
    Doubted(Doubt),
}

/// Doubts a reading that has little to do with the last version until the same has been seen for most of a day.
pub fn trust(share_kept: f64, likeness: f64, fingerprint: u64, doubt: Option<&Doubt>, now: Timestamp) -> Trust {
    if share_kept >= SHARE_MIN && likeness >= LIKENESS_MIN {
        return Trust::Believed;
    }
    seen_again(fingerprint, doubt, now)
}

/// Believes a doubtful reading when the same words have stood for most of a day.
pub fn seen_again(fingerprint: u64, doubt: Option<&Doubt>, now: Timestamp) -> Trust {
    match doubt {
        Some(doubt) if doubt.fingerprint == fingerprint && now.duration_since(doubt.since) >= DOUBT_FOR => Trust::Believed,
        Some(doubt) if doubt.fingerprint == fingerprint => Trust::Doubted(doubt.clone()),
        _ => Trust::Doubted(Doubt { fingerprint, since: now }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    /// Looks every `every` hours, `looks` times, at a notice that is gone; tells after how many it was proven.
    #[track_caller]
    fn check(every: i64, looks: i64, still_listed: bool, expected: Option<i64>) {
        let mut presence = Presence::Present;
        for look in 1..=looks {
            match absent(&presence, still_listed, hour(look * every)) {
                Absence::Noted(noted) => presence = noted,
                Absence::Proven(_) => return assert_eq!(Some(look), expected, "every {every} hours"),
            }
        }
        assert_eq!(None, expected, "every {every} hours, {looks} looks");
    }

    #[test]
    fn a_withdrawal_takes_four_looks_and_three_days() {
        check(24, 10, false, Some(4));
        check(12, 20, false, Some(7));
        check(48, 10, false, Some(4));
        check(1, 72, false, None);
    }

    #[test]
    fn what_its_listing_still_names_is_not_withdrawn() {
        check(24, 100, true, None);
    }

    #[test]
    fn a_fifth_of_the_notices_at_once_is_a_redesign_until_it_has_stood_for_a_day() {
        assert_eq!(mass_change(2, 2, None, hour(0)), Mass::Ordinary, "two notices are no mass");
        assert_eq!(mass_change(3, 16, None, hour(0)), Mass::Ordinary);
        assert_eq!(mass_change(3, 15, None, hour(0)), Mass::Hold { since: hour(0) });
        assert_eq!(mass_change(9, 9, Some(hour(0)), hour(23)), Mass::Hold { since: hour(0) });
        assert_eq!(mass_change(9, 9, Some(hour(0)), hour(24)), Mass::Believe);
    }

    #[test]
    fn a_text_unlike_the_last_one_is_believed_only_when_it_stays() {
        assert_eq!(trust(0.9, 0.8, 7, None, hour(0)), Trust::Believed);
        let Trust::Doubted(doubt) = trust(0.05, 0.9, 7, None, hour(0)) else { panic!("a body that shrank to a twentieth was believed") };
        assert_eq!(trust(0.05, 0.9, 7, Some(&doubt), hour(2)), Trust::Doubted(doubt.clone()));
        assert_eq!(trust(0.05, 0.9, 7, Some(&doubt), hour(20)), Trust::Believed);
        let Trust::Doubted(other) = trust(0.05, 0.9, 8, Some(&doubt), hour(20)) else { panic!("another doubtful text was believed") };
        assert_eq!(other.since, hour(20));
    }
}
