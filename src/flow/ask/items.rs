//! Which problems were found, and what became of each.

use jiff::civil::Date;
use serde::Serialize;

use super::{Origin, Understood, Which, today, understood};
use crate::flow::house::House;
use crate::model::{Item, ItemId, Status};
use crate::store::Result;
use crate::{diff, parse};

/// One problem of one notice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ItemRow {
    /// Its name, which no renumbering changes.
    pub item_id: ItemId,
    #[serde(flatten)]
    pub origin: Origin,
    /// As a reader would say it: `3(2)`, `问题13`.
    pub item: String,
    pub path: Vec<String>,
    pub heading: String,
    pub problem: Option<String>,
    /// `None` where the notice marks none.
    pub status: Option<Status>,
    pub status_as_written: Option<String>,
    pub deadline: Option<Date>,
    /// The day that the notice set has passed, and it does not say that it is done.
    pub overdue: bool,
    /// The sentence that states the status, else the deadline, else the problem's heading.
    pub sentence: String,
}

/// What is asked of the problems, besides which notices.
#[derive(Debug, Clone, Default)]
pub struct Fate {
    /// `Some(None)`: those without a status.
    pub status: Option<Option<Status>>,
    pub overdue: bool,
}

/// In the order of the notices, newest first seen first, and of the items in them.
///
/// # Errors
/// Only the store's.
pub fn items(house: &House, which: &Which, fate: &Fate) -> Result<Vec<ItemRow>> {
    let today = today(house.clock.now());
    let mut rows = Vec::new();
    for told in understood(house, which)? {
        let notice = &told.version.notice;
        let named = notice.items.iter().zip(notice.item_ids(&told.tracked.id));
        let wanted = named.filter(|(item, _)| which.matches(words(&told, item).iter().map(String::as_str)));
        rows.extend(wanted.map(|(item, id)| row(&told, item, id, today)).filter(|row| fate.wants(row)));
    }
    Ok(rows)
}

impl Fate {
    fn wants(&self, row: &ItemRow) -> bool {
        self.status.is_none_or(|status| status == row.status) && (!self.overdue || row.overdue)
    }
}

/// The words of a problem: its heading, the problem, and what was done.
fn words(told: &Understood, item: &Item) -> Vec<String> {
    let mut words = vec![item.heading.value.clone()];
    words.extend(item.problem.as_ref().map(|problem| problem.value.clone()));
    words.extend(item.measures.iter().map(|measure| parse::quote(&told.version.document, *measure)));
    words
}

fn row(told: &Understood, item: &Item, item_id: ItemId, today: Date) -> ItemRow {
    let status = item.status.as_ref().map(|status| status.value);
    let deadline = item.deadline.as_ref().map(|deadline| deadline.value);
    let stated = [item.status.as_ref().and_then(|status| status.span), item.deadline.as_ref().and_then(|day| day.span), item.heading.span];
    let rests_on = stated.into_iter().flatten().next();
    ItemRow {
        item_id,
        origin: told.origin(),
        item: diff::label(item, &told.version.notice.items),
        path: item.path.clone(),
        heading: item.heading.value.clone(),
        problem: item.problem.as_ref().map(|problem| problem.value.clone()),
        status,
        status_as_written: item.status_as_written.clone(),
        deadline,
        overdue: deadline.is_some_and(|deadline| deadline < today) && status != Some(Status::Done),
        sentence: rests_on.map(|span| super::sentence(&told.version.document, span)).unwrap_or_default(),
    }
}
