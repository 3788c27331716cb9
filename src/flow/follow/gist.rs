use crate::model::{Gist, Notice, Status, Tracked};
use crate::parse;

/// What a notice's newest version says in short.
pub fn gist(notice: &Notice, tracked: &Tracked) -> Gist {
    let inspection = &notice.inspection;
    let status = |item: &crate::model::Item| item.status.as_ref().map(|status| status.value);
    let printed = u32::try_from(notice.items.len()).ok().filter(|count| *count > 0);
    let is_open = |status: Option<Status>| matches!(status, Some(Status::Open | Status::Partial));
    Gist {
        bodies: parse::bodies(notice, parse::Home { region: &tracked.region, source: &tracked.source }),
        topic: notice.topic,
        from: inspection.from.as_ref().map(|day| day.value),
        to: inspection.to.as_ref().map(|day| day.value),
        feedback: inspection.feedback.as_ref().map(|day| day.value),
        problems: notice.claims.problems.as_ref().map(|problems| problems.value).or(printed),
        open: notice.items.iter().filter(|item| is_open(status(item))).count() as u32,
        has_deadlines: notice.items.iter().any(|item| item.deadline.is_some() && status(item) != Some(Status::Done))
            || notice.unfinished.iter().any(|matter| matter.deadline.is_some()),
    }
}
