//! When to visit, when to look again, when a digest is due. Time is an argument; nothing here reads a clock.

mod cron;
mod pace;

use crate::model::{Source, Subscriber, Visit};

pub use cron::{check, next};
pub use pace::{
    ATTEMPT_WAIT_MAX, LOOK_WAIT_MAX, is_ahead, next_attempt, next_attempt_of, next_look, next_look_for_missing, next_look_for_unread,
    next_look_of, next_visit,
};

/// Each expression and zone once, in order: the jobs that wake the daemon.
pub fn distinct_expressions(sources: &[Source], subscribers: &[Subscriber]) -> Vec<Visit> {
    let visits = sources.iter().map(|source| source.visit.clone());
    let digests = subscribers.iter().map(|subscriber| Visit { cron: subscriber.digest.clone(), zone: subscriber.zone.clone() });
    let mut all: Vec<Visit> = visits.chain(digests).collect();
    all.sort_by(|a, b| (&a.cron, &a.zone).cmp(&(&b.cron, &b.zone)));
    all.dedup();
    all
}
