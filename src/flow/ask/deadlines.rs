//! What bodies promised to finish, and by when.

use jiff::Span as Duration;
use jiff::civil::Date;
use serde::Serialize;

use super::{Origin, Understood, Which, today, understood};
use crate::diff;
use crate::flow::follow;
use crate::flow::house::House;
use crate::model::{ItemId, Span, Stated, Status};
use crate::store::Result;

/// One matter with the day that the notice itself set for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deadline {
    pub deadline: Date,
    /// `None` once the day has passed.
    pub days_left: Option<i32>,
    pub days_over: Option<i32>,
    /// The name of the problem, or of the unfinished matter.
    pub item_id: ItemId,
    #[serde(flatten)]
    pub origin: Origin,
    /// The problem's number; `None` of a matter that only the section on unfinished matters tells of.
    pub item: Option<String>,
    pub problem: String,
    pub status: Option<Status>,
    pub sentence: String,
    /// Part of the day is a conclusion of ours, such as the year.
    pub inferred: bool,
}

/// What is not done yet, the earliest day first. `within`: due in this time from today; what is overdue is always told.
///
/// # Errors
/// Only the store's.
pub fn deadlines(house: &House, which: &Which, within: Option<Duration>) -> Result<Vec<Deadline>> {
    let today = today(house.clock.now());
    let open: std::collections::BTreeSet<_> = follow::open_matters(&mut follow::Archive::of(&*house.store)?)?
        .into_iter()
        .map(|open| (open.matter.notice, open.matter.deadline, open.matter.problem))
        .collect();
    let last = within.and_then(|within| today.checked_add(within).ok());
    let mut found = Vec::new();
    for told in understood(house, which)? {
        found.extend(
            of_notice(&told, today)
                .into_iter()
                // What a later notice of the same body reports done is done.
                .filter(|due| due.origin.withdrawn || open.contains(&(due.origin.notice.clone(), due.deadline, due.problem.clone())))
                .filter(|due| last.is_none_or(|last| due.deadline <= last) && which.matches([due.problem.as_str(), due.sentence.as_str()])),
        );
    }
    found.sort_by(|a, b| (a.deadline, &a.origin.notice).cmp(&(b.deadline, &b.origin.notice)));
    Ok(found)
}

/// A notice often tells of one matter twice, with its problem and again at the end: the problem speaks for both.
fn of_notice(told: &Understood, today: Date) -> Vec<Deadline> {
    let notice = &told.version.notice;
    let mut found = Vec::new();
    let mut stated_by_items: Vec<(&str, &Stated<Date>)> = Vec::new();
    for (item, id) in notice.items.iter().zip(notice.item_ids(&told.tracked.id)) {
        let Some(deadline) = &item.deadline else { continue };
        let problem = item.problem.as_ref().unwrap_or(&item.heading);
        stated_by_items.push((&problem.value, deadline));
        let status = item.status.as_ref().map(|status| status.value);
        if status != Some(Status::Done) {
            let label = diff::label(item, &notice.items);
            found.push(due(told, today, (id, Some(label)), problem, status, deadline));
        }
    }
    for (matter, id) in notice.unfinished.iter().zip(ItemId::of_unfinished(&told.tracked.id, &notice.unfinished)) {
        let Some(deadline) = &matter.deadline else { continue };
        let is_told = stated_by_items.iter().any(|(problem, other)| {
            same_place(deadline.span, other.span) || (deadline.value == other.value && says(problem, &matter.problem.value))
        });
        if !is_told {
            found.push(due(told, today, (id, None), &matter.problem, Some(Status::Open), deadline));
        }
    }
    found
}

fn same_place(one: Option<Span>, other: Option<Span>) -> bool {
    one.is_some() && one == other
}

fn says(one: &str, other: &str) -> bool {
    one.contains(other) || other.contains(one)
}

fn due(
    told: &Understood,
    today: Date,
    (item_id, item): (ItemId, Option<String>),
    problem: &Stated<String>,
    status: Option<Status>,
    deadline: &Stated<Date>,
) -> Deadline {
    let days = (deadline.value - today).get_days();
    let rests_on = deadline.span.or(problem.span);
    Deadline {
        deadline: deadline.value,
        days_left: (days >= 0).then_some(days),
        days_over: (days < 0).then_some(-days),
        item_id,
        origin: told.origin(),
        item,
        problem: problem.value.clone(),
        status,
        sentence: rests_on.map(|span| super::sentence(&told.version.document, span)).unwrap_or_default(),
        inferred: deadline.inferred,
    }
}
