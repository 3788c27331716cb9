//! What the log says of sources and mails that fail again and again: once, until it changes, and how often it was when it ends.

use crate::model::{Delivery, DeliveryState, Problem, SourceId, Tracked};
use crate::store::Store;

/// `before` is what ailed the source until this visit, for so many `failures`; `problem` what the visit met.
pub(super) fn source(id: &SourceId, before: Option<&Problem>, failures: u32, problem: Option<&Problem>) {
    match (before, problem) {
        (None, None) => {}
        (Some(before), Some(problem)) if before.name == problem.name => {
            tracing::debug!(source.id = %id, failures = failures + 1, "source {id} still ails: {problem}");
        }
        (None, Some(problem)) => tracing::warn!(source.id = %id, "source {id} ails: {problem}"),
        (Some(before), Some(problem)) => {
            tracing::warn!(source.id = %id, failures, "source {id} ails: {problem} (before that {}, {failures} time(s))", before.name);
        }
        (Some(before), None) => {
            tracing::info!(source.id = %id, failures, "source {id} is well again: {} is over after {failures} visit(s)", before.name);
        }
    }
}

/// A page or file that could not be read.
pub(super) fn notice(store: &dyn Store, tracked: &Tracked, trouble: &str) {
    // Of a store that cannot be read more will be heard.
    let known = store.tracked(&tracked.id).ok().flatten().and_then(|known| known.trouble);
    let (id, url) = (&tracked.id, &tracked.url);
    match known.is_some_and(|known| known.contains(trouble)) {
        true => tracing::debug!(notice.id = %id, "{url} still could not be read: {trouble}"),
        false => tracing::warn!(notice.id = %id, "{url} could not be read: {trouble}"),
    }
}

/// A message that could not be delivered this time.
pub(super) fn mail(delivery: &Delivery, trouble: &str) {
    let id = &delivery.id;
    match &delivery.state {
        DeliveryState::Pending { attempts, trouble: Some(before), .. } if before == trouble => {
            tracing::debug!(delivery.id = id, attempts = attempts + 1, "digest {id} still stays owed: {trouble}");
        }
        DeliveryState::Pending { attempts, .. } => {
            tracing::warn!(delivery.id = id, attempts = attempts + 1, "digest {id} stays owed: {trouble}");
        }
        _ => {}
    }
}
