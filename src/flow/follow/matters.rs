//! Which promises with a day set are still open, by everything that the archive holds of the body.
//!
//! A later notice of the same body that tells of the matter as done closes it; one that sets it a later day carries it on.

use std::rc::Rc;

use jiff::civil::Date;

use super::{Archive, Known, is_same_round};
use crate::flow::ask::{sentence, today};
use crate::model::{Item, ItemId, Matter, Notice, Stated, Status, Topic, Tracked, Unfinished, Version};
use crate::store::Result;
use crate::{diff, parse};

/// How alike the words of two notices must be to be about one matter.
const ALIKE: f64 = 0.6;

/// An open matter and the notice that it is of.
pub struct Open {
    pub tracked: Tracked,
    pub version: Rc<Version>,
    pub matter: Matter,
    /// The day had passed when the source's first visit found the notice: counted, never told by itself.
    pub had_passed: bool,
}

/// In the order of their days. What a withdrawn notice promised is no longer followed, and a copy promises nothing anew.
///
/// # Errors
/// Only the store's.
pub fn open_matters(archive: &mut Archive<'_>) -> Result<Vec<Open>> {
    let mut open = Vec::new();
    for place in 0..archive.notices.len() {
        let known = &archive.notices[place];
        if !known.stands() || !known.gist.has_deadlines || is_copy(archive, known) {
            continue;
        }
        let Some(version) = archive.version(place)? else { continue };
        for matter in matters(&archive.notices[place].tracked, &version) {
            if is_open(archive, place, &matter)? {
                let tracked = archive.notices[place].tracked.clone();
                let had_passed = tracked.quiet && matter.deadline < today(tracked.first_seen);
                open.push(Open { tracked, version: version.clone(), matter, had_passed });
            }
        }
    }
    open.sort_by(|one, other| (one.matter.deadline, &one.matter.item).cmp(&(other.matter.deadline, &other.matter.item)));
    Ok(open)
}

fn is_copy(archive: &Archive<'_>, known: &Known) -> bool {
    let original = known.tracked.copy_of.as_ref();
    original.is_some_and(|original| archive.notices.iter().any(|other| other.tracked.id == *original && other.stands()))
}

/// What one notice has set a day for and does not call done. It often tells of a matter twice, with its problem and again
/// at the end: the problem speaks for both.
pub(super) fn matters(tracked: &Tracked, version: &Version) -> Vec<Matter> {
    let notice = &version.notice;
    let mut found: Vec<Matter> = Vec::new();
    for (item, id) in notice.items.iter().zip(notice.item_ids(&tracked.id)) {
        let Some(deadline) = item.deadline.as_ref().filter(|_| status(item) != Some(Status::Done)) else { continue };
        let label = diff::label(item, &notice.items);
        found.push(Matter {
            label: Some(label).filter(|label| !label.is_empty()),
            status: status(item),
            status_as_written: item.status_as_written.clone(),
            ..matter(tracked, version, id, item.problem.as_ref().unwrap_or(&item.heading), deadline)
        });
    }
    let ids = ItemId::of_unfinished(&tracked.id, &notice.unfinished);
    for (unfinished, id) in notice.unfinished.iter().zip(ids) {
        let Some(deadline) = &unfinished.deadline else { continue };
        if !is_told_by_item(unfinished, deadline, notice) {
            let made = matter(tracked, version, id, &unfinished.problem, deadline);
            found.push(Matter { status: Some(Status::Open), ..made });
        }
    }
    found
}

fn is_told_by_item(unfinished: &Unfinished, deadline: &Stated<Date>, notice: &Notice) -> bool {
    notice.items.iter().any(|item| {
        let same_day = item.deadline.as_ref().is_some_and(|day| day.value == deadline.value);
        let same_place = item.deadline.as_ref().is_some_and(|day| day.span.is_some() && day.span == deadline.span);
        // The section on what is unfinished may stand in an old text whose item has since been marked done.
        let is_done = status(item) == Some(Status::Done);
        same_place || ((same_day || is_done) && is_alike(item.words(), &unfinished.problem.value))
    })
}

fn status(item: &Item) -> Option<Status> {
    item.status.as_ref().map(|status| status.value)
}

fn matter(tracked: &Tracked, version: &Version, item: ItemId, problem: &Stated<String>, deadline: &Stated<Date>) -> Matter {
    let rests_on = deadline.span.or(problem.span);
    Matter {
        item,
        notice: tracked.id.clone(),
        title: tracked.title.clone(),
        url: tracked.url.clone(),
        region: tracked.region.clone(),
        issuer: version.notice.issuer.as_ref().map(|issuer| issuer.value.clone()),
        label: None,
        problem: problem.value.clone(),
        status: None,
        status_as_written: None,
        deadline: deadline.value,
        inferred: deadline.inferred,
        sentence: rests_on.map(|span| sentence(&version.document, span)).unwrap_or_default(),
        captured_at: version.captured_at,
    }
}

/// Whether no notice of the same body speaks for the matter in another way.
fn is_open(archive: &mut Archive<'_>, place: usize, matter: &Matter) -> Result<bool> {
    for other in archive.kin(place) {
        let (own, kin) = (&archive.notices[place], &archive.notices[other]);
        if kin.gist.topic != Topic::Rectification {
            continue;
        }
        let (is_later, same_round, stands) = (other > place, is_same_round(&own.gist, &kin.gist), kin.stands());
        let Some(version) = archive.version(other)? else { continue };
        let tracked = archive.notices[other].tracked.clone();
        let is_spoken_for = match is_later {
            true => reports_done(&version.notice, &matter.problem, same_round) || sets_a_later_day(&tracked, &version, matter),
            // The same promise of an earlier notice is followed there.
            false => {
                stands && matters(&tracked, &version).iter().any(|earlier| earlier.deadline == matter.deadline && is_one(earlier, matter))
            }
        };
        if is_spoken_for {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a later notice says that it is done: by itself, or with all that was found in the same inspection.
fn reports_done(notice: &Notice, problem: &str, same_round: bool) -> bool {
    let told: Vec<&Item> = notice.items.iter().filter(|item| is_alike(item.words(), problem)).collect();
    if !told.is_empty() {
        return told.iter().all(|item| status(item) == Some(Status::Done));
    }
    same_round && says_all_done(notice)
}

fn says_all_done(notice: &Notice) -> bool {
    let claims = &notice.claims;
    let value = |claim: &Option<Stated<u32>>| claim.as_ref().map(|claim| claim.value);
    let claims_all = value(&claims.open) == Some(0)
        || claims.rate.as_ref().is_some_and(|rate| rate.value >= 100.0)
        || (value(&claims.done).is_some() && value(&claims.done) == value(&claims.problems));
    claims_all && notice.unfinished.is_empty() && notice.items.iter().all(|item| matches!(status(item), None | Some(Status::Done)))
}

fn sets_a_later_day(tracked: &Tracked, version: &Version, matter: &Matter) -> bool {
    matters(tracked, version).iter().any(|later| later.deadline > matter.deadline && is_one(later, matter))
}

fn is_one(one: &Matter, other: &Matter) -> bool {
    is_alike(&one.problem, &other.problem)
}

fn is_alike(one: &str, other: &str) -> bool {
    let (one, other) = (parse::core_of_problem(one), parse::core_of_problem(other));
    let (shorter, longer) = if one.chars().count() < other.chars().count() { (&one, &other) } else { (&other, &one) };
    // 指导基层商会换届不及时 of 关于指导基层商会换届不及时、覆盖面不广.
    const WHOLE_MIN: usize = 6;
    (shorter.chars().count() >= WHOLE_MIN && longer.contains(shorter.as_str())) || diff::alike(&one, &other) >= ALIKE
}
