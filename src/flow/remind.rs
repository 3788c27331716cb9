//! What the calendar has to say to a subscriber now, and what to write down so that it is said once.
//!
//! Decides nothing of the hour; what was told is kept in the same step as the digest that tells it (rule 4).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::follow::{self, Archive, Open};
use crate::diff;
use crate::model::{ItemId, Late, Matter, Reminder, ReminderOf, SourceId, Subscriber, Tracked, Version};
use crate::store::{Result, Store};

/// How alike two wordings of one problem are.
const REWORDED: f64 = 0.5;

/// Reminders for one digest, and the records of them.
#[derive(Debug, Default)]
pub struct Calendar {
    pub matters: Vec<Matter>,
    /// Deadlines that have passed and are open, those told before included.
    pub overdue: usize,
    pub late: Vec<Late>,
    pub told: Vec<Reminder>,
}

/// What a subscriber wants to hear of.
pub trait Wants {
    fn notice(&self, tracked: &Tracked, version: Option<&Version>) -> bool;
}

/// `since`: what had come before, and was known, is counted and not told.
///
/// # Errors
/// Only the store's.
pub fn calendar(store: &dyn Store, subscriber: &Subscriber, since: Timestamp, now: Timestamp, wants: &dyn Wants) -> Result<Calendar> {
    let mut calendar = Calendar::default();
    if subscriber.remind.is_none() && !subscriber.late {
        return Ok(calendar);
    }
    let zone = TimeZone::get(&subscriber.zone).unwrap_or(TimeZone::UTC);
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let known = store.reminders(&subscriber.id)?;
    let names: BTreeSet<&ReminderOf> = known.iter().map(|reminder| &reminder.of).collect();
    let mut archive = Archive::of(store)?;
    let mut tell = |of: ReminderOf, about: &str| {
        let is_new = !names.contains(&of) && !calendar.told.iter().any(|told| told.of == of);
        if is_new {
            calendar.told.push(Reminder { subscriber: subscriber.id.clone(), of, about: about.to_owned(), told_at: now });
        }
        is_new
    };
    if let Some(lead) = subscriber.remind {
        for open in follow::open_matters(&mut archive)? {
            let Open { tracked, version, matter, had_passed } = open;
            if days_to(day(now), matter.deadline) > i64::from(lead) || !wants.notice(&tracked, Some(&version)) {
                continue;
            }
            calendar.overdue += usize::from(matter.deadline < day(now));
            let was_known = matter.deadline < day(since) && tracked.first_seen < since;
            let of = ReminderOf::Deadline { item: matter.item.clone(), deadline: matter.deadline };
            if !had_passed && !was_known && !was_reworded(&known, &version, &matter) && tell(of, &matter.problem) {
                calendar.matters.push(matter);
            }
        }
    }
    if subscriber.late {
        for late in follow::late(&archive, day(now)) {
            let Some(known) = archive.notices.iter().find(|known| known.tracked.id == late.notice) else { continue };
            let began = late.feedback.saturating_add(jiff::Span::new().days(late.usual_days));
            let was_known = began < day(since) && known.tracked.first_seen < since;
            let had_passed = known.tracked.quiet && began < day(known.tracked.first_seen);
            let of = ReminderOf::Late { body: late.body.clone(), feedback: late.feedback };
            if !was_known && !had_passed && wants.notice(&known.tracked, None) && tell(of, &late.name) {
                calendar.late.push(late);
            }
        }
    }
    Ok(calendar)
}

/// Whether the same day was told of in words that the notice has since changed: a problem's name is made from its words.
fn was_reworded(known: &[Reminder], version: &Version, matter: &Matter) -> bool {
    let still_there = || {
        let notice = &version.notice;
        notice.item_ids(&matter.notice).into_iter().chain(ItemId::of_unfinished(&matter.notice, &notice.unfinished))
    };
    known.iter().any(|reminder| match &reminder.of {
        ReminderOf::Deadline { item, deadline } => {
            *deadline == matter.deadline
                && item.notice().as_ref() == Some(&matter.notice)
                && still_there().all(|id| id != *item)
                && diff::alike(&reminder.about, &matter.problem) >= REWORDED
        }
        ReminderOf::Late { .. } => false,
    })
}

/// How many deadlines had passed before the first visit of their source, with nothing seen after; by source.
///
/// # Errors
/// Only the store's.
pub fn had_passed(store: &dyn Store) -> Result<BTreeMap<SourceId, usize>> {
    let mut passed = BTreeMap::new();
    for open in follow::open_matters(&mut Archive::of(store)?)?.into_iter().filter(|open| open.had_passed) {
        *passed.entry(open.tracked.source).or_insert(0) += 1;
    }
    Ok(passed)
}

fn days_to(from: Date, to: Date) -> i64 {
    i64::from((to - from).get_days())
}
