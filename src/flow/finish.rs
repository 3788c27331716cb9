//! The end of a visit: what it says of the source's health, and when the next one is due.

use jiff::{SignedDuration, Timestamp};

use super::crawl::{Report, Visit};
use super::list::{self, Listed};
use super::log;
use super::look::Failure;
use crate::model::{Change, ChangeKind, Problem, Validators};
use crate::schedule;
use crate::store::{Commit, Result};

/// Visits in a row without a listing before subscribers who asked are told that a source ails.
const TOLD_AFTER_FAILURES: u32 = 3;

impl Visit<'_> {
    /// The listing was well: keeps the source's health, its validators only if all that it named was read.
    pub(super) fn finish(mut self, listed: &Listed) -> Result<Report> {
        let now = self.now();
        self.report.entries = (!listed.unchanged).then_some(listed.entries.len());
        let was_first = !self.health.baseline;
        let mut changes = Vec::new();
        // Deep pages that never come must not keep a source in its first visit for ever: what is new would go unannounced.
        let has_tried_enough = self.health.failures + 1 >= TOLD_AFTER_FAILURES;
        if was_first && (listed.incomplete.is_none() || has_tried_enough) {
            changes.extend(self.baseline(listed)?);
            self.health.baseline = true;
        }
        // Later visits stop at what is known: only the first one says how far back the archive goes.
        if was_first && !listed.unchanged || listed.partial.is_some() {
            self.health.partial.clone_from(&listed.partial);
        }
        let is_whole = listed.incomplete.is_none() && !self.must_stop();
        self.health.validators = if is_whole { listed.validators.clone() } else { Validators::default() };
        if !listed.unchanged {
            self.health.family = listed.family.map(str::to_owned);
        }
        if is_whole && !listed.unchanged {
            self.health.entries = u32::try_from(listed.entries.len()).unwrap_or(u32::MAX);
            self.health.recent = list::recent(&listed.entries, &self.health.recent);
        }
        let before = (self.health.problem.clone(), self.health.failures);
        let held = self.health.problem.clone().filter(|_| self.health.held_since.is_some());
        let problem = listed.incomplete.clone().or(self.pages_problem.take()).or(held);
        self.health.failures = if problem.is_some() { self.health.failures + 1 } else { 0 };
        log::source(&self.source.id, before.0.as_ref(), before.1, problem.as_ref());
        changes.extend(self.take_problem(problem));
        self.health.last_success = Some(now);
        self.health.listing = Some(self.source.listing.clone());
        self.schedule();
        self.keep_health(changes)
    }

    pub(super) fn finish_ailing(mut self, failure: &Failure) -> Result<Report> {
        self.stay_away = failure.after;
        log::source(&self.source.id, self.health.problem.as_ref(), self.health.failures, Some(&failure.problem));
        self.health.failures += 1;
        let changes = self.take_problem(Some(failure.problem.clone()));
        self.schedule();
        self.keep_health(changes.into_iter().collect())
    }

    /// The host has asked to be left alone: nothing is asked, and nothing is held against the source.
    pub(super) fn put_off(mut self, until: Timestamp) -> Result<Report> {
        let evidence = format!("the host asked to be left alone until {}", until.strftime("%Y-%m-%d %H:%M UTC"));
        self.report.problem = Some(Problem { name: "asked-to-wait".to_owned(), evidence });
        self.health.next_visit = self.health.next_visit.max(until);
        self.keep_health(Vec::new())
    }

    /// Remembers a problem or its end; tells of it once when it breaks and once when it recovers.
    fn take_problem(&mut self, problem: Option<Problem>) -> Option<Change> {
        let is_lasting = self.health.failures >= TOLD_AFTER_FAILURES || self.health.held_since.is_some();
        self.report.problem.clone_from(&problem);
        self.health.problem.clone_from(&problem);
        match problem {
            Some(problem) if is_lasting && !self.health.told => {
                self.health.told = true;
                Some(self.change(ChangeKind::Ailing { problem }))
            }
            None if self.health.told => {
                self.health.told = false;
                let since = self.health.last_success.unwrap_or(self.now());
                Some(self.change(ChangeKind::Recovered { since }))
            }
            _ => None,
        }
    }

    fn baseline(&mut self, listed: &Listed) -> Result<Option<Change>> {
        self.flush()?;
        let mut quiet = self.house.store.all_tracked(Some(&self.source.id))?;
        quiet.retain(|tracked| tracked.quiet && self.is_listed(&tracked.url, listed));
        let notices = u32::try_from(quiet.len()).unwrap_or(u32::MAX);
        self.report.baseline = notices;
        if quiet.is_empty() {
            return Ok(None);
        }
        let dates = || quiet.iter().filter_map(|tracked| tracked.published);
        Ok(Some(self.change(ChangeKind::Baseline { notices, oldest: dates().min(), newest: dates().max() })))
    }

    fn schedule(&mut self) {
        let now = self.now();
        let present = self.house.setup();
        let hours = present.source(&self.source.id).map_or(&self.source.visit, |source| &source.visit);
        let next = schedule::next_visit(hours, &self.source.id, self.health.failures, now);
        let asked = self.stay_away.and_then(|after| now.saturating_add(SignedDuration::try_from(after).ok()?).ok());
        self.health.next_visit = asked.map_or(next, |asked| asked.max(next));
        self.health.last_visit = Some(now);
    }

    fn keep_health(mut self, changes: Vec<Change>) -> Result<Report> {
        let health = self.health.clone();
        self.keep(Commit { health: Some(health), changes, ..Commit::default() })?;
        self.flush()?;
        Ok(self.report)
    }
}
