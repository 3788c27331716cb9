//! Keeps what the looks of one visit found: first readings, edits, absences, and what did not change.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::crawl::Visit;
use super::follow;
use super::judge::{self, Absence, Mass};
use super::list::{self, Listed};
use super::look::{Look, Seen};
use super::newest;
use super::read::{self, Reading};
use super::weigh::{Found, What};
use crate::model::{ChangeKind, NoticeId, Presence, Problem, Snapshot, Tracked, Validators, Version, Watched};
use crate::store::{Commit, Result};
use crate::{extract, schedule, site};

/// How long what says forgotten words is left alone; by then something else may stand there.
const FORGOTTEN_LOOK: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What the looks of one visit have found so far.
pub(super) struct Findings {
    accept_mass: bool,
    /// When the looks began: one moment for the whole visit, lest a day be over between two of its looks.
    began: Timestamp,
    /// Looks of this visit, at most.
    looks_max: usize,
    pub looked: usize,
    answered: usize,
    affected: usize,
    /// Of the affected ones, those of which it is not yet certain whether they are to be held back: a fifth of all at most.
    waiting: Vec<Found>,
}

impl Findings {
    /// `accept_mass` believes at once a mass change that would be held back.
    pub fn of_looks(looks_max: usize, accept_mass: bool, began: Timestamp) -> Self {
        Self { accept_mass, began, looks_max, looked: 0, answered: 0, affected: 0, waiting: Vec::new() }
    }

    /// Whether what changed is to be held back, as soon as no further look can turn that round.
    fn is_held(&self, held_since: Option<Timestamp>) -> Option<bool> {
        if self.accept_mass || judge::has_stood(held_since, self.began) {
            return Some(false);
        }
        let is_mass = judge::mass_change(self.affected, self.looks_max, held_since, self.began) != Mass::Ordinary;
        is_mass.then_some(true)
    }
}

impl Visit<'_> {
    /// Keeps what the first good look at a notice found, and what any look before that did not.
    pub(super) fn settle_first(&mut self, mut tracked: Tracked, look: Look) -> Result<()> {
        let now = self.now();
        match look {
            Look::Read(seen) => self.settle_first_reading(tracked, *seen),
            // Without a version no validators were sent and no bytes are known.
            Look::Same { .. } => Ok(()),
            Look::Gone => {
                tracked.trouble = Some("listed, but not at its address".to_owned());
                tracked.next_look = schedule::next_look_of(&tracked.id, tracked.known_since(), now);
                self.trouble(&tracked, "listed, but not at its address".to_owned());
                self.keep(Commit { tracked: vec![tracked], ..Commit::default() })
            }
            Look::Failed(failure) => {
                self.note(&failure);
                tracked.trouble = Some(failure.problem.to_string());
                tracked.next_look = schedule::next_look_for_unread(tracked.known_since(), now);
                self.trouble(&tracked, failure.problem.to_string());
                self.keep(Commit { tracked: vec![tracked], ..Commit::default() })
            }
        }
    }

    fn settle_first_reading(&mut self, tracked: Tracked, seen: Seen) -> Result<()> {
        let commit = self.first_reading(tracked, seen)?;
        self.keep(commit)
    }

    fn first_reading(&mut self, mut tracked: Tracked, seen: Seen) -> Result<Commit> {
        self.refusals = 0;
        self.note_parts(&seen.failures);
        let now = self.now();
        tracked.fingerprint = read::fingerprint(&seen.reading.document);
        if self.house.store.is_forgotten(&tracked.url, tracked.fingerprint)? {
            return Ok(self.forgotten(tracked));
        }
        self.learn_from(&tracked.title, &seen.reading);
        tracked.copy_of = self.twin(&tracked)?;
        take_reading(&mut tracked, &seen);
        tracked.versions = 1;
        tracked.next_look = next_look(&tracked, now);
        let kind = ChangeKind::Published { notice: tracked.id.clone(), version: 1 };
        let is_told = !tracked.quiet && tracked.copy_of.is_none();
        let (version, snapshots) = version(&tracked, seen);
        let changes = if is_told { vec![self.change(kind)] } else { Vec::new() };
        self.tell_parts(&tracked);
        Ok(Commit { snapshots, tracked: vec![tracked], versions: vec![version], changes, health: None })
    }

    /// The words of a notice that was forgotten on request stand at another address: nothing of them is kept.
    fn forgotten(&self, tracked: Tracked) -> Commit {
        let now = self.now();
        let next_look = now.saturating_add(FORGOTTEN_LOOK).unwrap_or(now);
        let (title, trouble) = ("(已按要求删除)".to_owned(), Some("its words were forgotten on request".to_owned()));
        Commit { tracked: vec![Tracked { title, trouble, next_look, fingerprint: 0, ..tracked }], ..Commit::default() }
    }

    /// Learns what the source's pages share. A doubtful page would teach what is not so.
    fn learn_from(&mut self, listed_title: &str, reading: &Reading) {
        if reading.document.doubts.is_empty() {
            let title = reading.document.title.as_deref().unwrap_or(listed_title);
            self.health.furniture.learn(title, &reading.around, reading.document.characters());
        }
    }

    /// The notice that said the same earlier. If it stood at this site, it has perhaps moved: it is looked at in this visit.
    ///
    /// Words that come back at another address after they were withdrawn are no copy: that is news.
    fn twin(&mut self, tracked: &Tracked) -> Result<Option<NoticeId>> {
        if tracked.fingerprint == 0 {
            return Ok(None);
        }
        let can_be_copied = |twin: &Tracked| twin.id != tracked.id && matches!(twin.presence, Presence::Present | Presence::Missing { .. });
        let Some(mut twin) = self.twins(tracked.fingerprint)?.into_iter().find(can_be_copied) else { return Ok(None) };
        let id = twin.id.clone();
        if twin.source == tracked.source && twin.presence == Presence::Present {
            twin.next_look = self.now();
            self.keep(Commit { tracked: vec![twin], ..Commit::default() })?;
        }
        Ok(Some(id))
    }

    /// Keeps one finding, or lets it wait as long as it may turn out to be part of a mass change.
    pub(super) fn settle(&mut self, found: Found, findings: &mut Findings, listed: &Listed) -> Result<()> {
        findings.looked += 1;
        findings.answered += usize::from(!matches!(found.what, What::Trouble(_)));
        if !found.is_affected() {
            return self.settle_one(found, listed);
        }
        findings.affected += 1;
        findings.waiting.push(found);
        match findings.is_held(self.health.held_since) {
            Some(is_held) => self.settle_waiting(findings, is_held, listed),
            None => Ok(()),
        }
    }

    /// Judges what still waits when the last look is done.
    pub(super) fn settle_rest(&mut self, mut findings: Findings, listed: &Listed) -> Result<()> {
        let (affected, answered) = (findings.affected, findings.answered);
        let mass = match judge::mass_change(affected, answered, self.health.held_since, findings.began) {
            Mass::Hold { .. } if findings.accept_mass => Mass::Believe,
            mass => mass,
        };
        let is_held = matches!(mass, Mass::Hold { .. });
        self.settle_waiting(&mut findings, is_held, listed)?;
        if let Mass::Hold { since } = mass {
            self.health.held_since = Some(since);
            let evidence = format!(
                "{affected} of {answered} notices changed or vanished at once; held back since {since}. If it is so: huitoukan check {} --accept",
                self.source.id
            );
            self.pages_problem = Some(Problem { name: "mass-change".to_owned(), evidence });
        } else if findings.looked > 0 {
            self.health.held_since = None;
        }
        Ok(())
    }

    fn settle_waiting(&mut self, findings: &mut Findings, is_held: bool, listed: &Listed) -> Result<()> {
        let now = self.now();
        for found in findings.waiting.drain(..) {
            if !is_held {
                self.settle_one(found, listed)?;
                continue;
            }
            let mut tracked = found.tracked;
            tracked.next_look = now.saturating_add(SignedDuration::from_hours(6)).unwrap_or(now);
            tracked.trouble = Some("changed together with many others; held back".to_owned());
            self.keep(Commit { tracked: vec![tracked], ..Commit::default() })?;
        }
        Ok(())
    }

    fn settle_one(&mut self, found: Found, listed: &Listed) -> Result<()> {
        let now = self.now();
        let Found { mut tracked, what } = found;
        match what {
            What::Same { validators, parts, fresh } => {
                if let Some(validators) = validators {
                    tracked.validators = validators;
                }
                tracked.parts = parts;
                tracked.last_seen = now;
                tracked.next_look = next_look(&tracked, now);
                tracked.trouble = trouble_of(&tracked.parts);
                tracked.doubt = None;
                self.tell_parts(&tracked);
                self.settle_present(tracked, fresh)
            }
            What::Trouble(trouble) => {
                self.trouble(&tracked, trouble.clone());
                tracked.trouble = Some(trouble);
                tracked.next_look = schedule::next_look_of(&tracked.id, tracked.known_since(), now);
                self.keep(Commit { tracked: vec![tracked], ..Commit::default() })
            }
            What::Doubted { doubt, evidence } => {
                self.trouble(&tracked, evidence.clone());
                tracked.trouble = Some(evidence);
                tracked.doubt = Some(doubt);
                tracked.next_look = schedule::next_look_for_missing(now);
                self.keep(Commit { tracked: vec![tracked], ..Commit::default() })
            }
            What::Edited { seen } => self.settle_edit(tracked, *seen),
            What::Replaced { seen } => self.settle_replaced(tracked, *seen),
            What::Gone => self.settle_gone(tracked, listed),
        }
    }

    /// A notice that is at its address with the words we know; it may have been away.
    fn settle_present(&mut self, mut tracked: Tracked, snapshots: Vec<Snapshot>) -> Result<()> {
        let was_told_gone = matches!(tracked.presence, Presence::Withdrawn { .. } | Presence::Moved { .. });
        tracked.presence = Presence::Present;
        let kind = ChangeKind::Restored { notice: tracked.id.clone(), version: tracked.versions };
        let changes = if was_told_gone { vec![self.change(kind)] } else { Vec::new() };
        self.keep(Commit { snapshots, tracked: vec![tracked], changes, ..Commit::default() })
    }

    fn settle_edit(&mut self, mut tracked: Tracked, seen: Seen) -> Result<()> {
        let now = self.now();
        self.tell_parts(&tracked);
        let was_told_gone = matches!(tracked.presence, Presence::Withdrawn { .. } | Presence::Moved { .. });
        let from = tracked.versions;
        tracked.versions += 1;
        tracked.fingerprint = read::fingerprint(&seen.reading.document);
        take_reading(&mut tracked, &seen);
        tracked.next_look = next_look(&tracked, now);
        tracked.presence = Presence::Present;
        let (version, snapshots) = version(&tracked, seen);
        let mut changes = Vec::new();
        if was_told_gone {
            changes.push(self.change(ChangeKind::Restored { notice: tracked.id.clone(), version: tracked.versions }));
        }
        changes.push(self.change(ChangeKind::Edited { notice: tracked.id.clone(), from, to: tracked.versions }));
        self.keep(Commit { snapshots, tracked: vec![tracked], versions: vec![version], changes, health: None })
    }

    /// What is wrong with the parts of a notice that was read: in the log and in the report, never an edit.
    fn tell_parts(&mut self, tracked: &Tracked) {
        for problem in tracked.parts.iter().filter_map(Watched::problem) {
            self.trouble(tracked, problem);
        }
    }

    /// Another notice now stands at this address: the old one is withdrawn, the new one begins a life of its own.
    fn settle_replaced(&mut self, mut old: Tracked, seen: Seen) -> Result<()> {
        let now = self.now();
        let (looks, last_seen) = (1, old.last_seen);
        let mut reuse = 1;
        while self.tracked(&NoticeId::of(&old.url, reuse))?.is_some() {
            reuse += 1;
        }
        let mut new = old.clone();
        new.id = NoticeId::of(&old.url, reuse);
        (new.first_seen, new.versions, new.presence, new.quiet) = (now, 0, Presence::Present, false);
        // One that was told to be gone or to stand elsewhere is not told to be withdrawn once more.
        let was_told_gone = matches!(old.presence, Presence::Withdrawn { .. } | Presence::Moved { .. });
        if !was_told_gone {
            old.presence = Presence::Withdrawn { since: now, looks };
        }
        // Its address belongs to another notice now: there is nothing left to look at.
        old.next_look = Timestamp::MAX;
        (old.trouble, old.doubt) = (None, None);
        let change = self.change(ChangeKind::Withdrawn { notice: old.id.clone(), last_seen, looks });
        // One commit: an old one that is gone at an address that is known would hide a new one that was not kept for ever.
        let mut commit = self.first_reading(new, seen)?;
        commit.tracked.insert(0, old);
        commit.changes.splice(..0, (!was_told_gone).then_some(change));
        self.keep(commit)
    }

    fn settle_gone(&mut self, mut tracked: Tracked, listed: &Listed) -> Result<()> {
        let now = self.now();
        tracked.validators = Validators::default();
        (tracked.trouble, tracked.doubt) = (None, None);
        tracked.next_look = schedule::next_look_for_missing(now);
        if let Some(twin) = self.moved_to(&tracked)? {
            let kind = ChangeKind::Moved { notice: tracked.id.clone(), to: twin.id.clone(), address: twin.url };
            tracked.presence = Presence::Moved { to: twin.id };
            let changes = vec![self.change(kind)];
            return self.keep(Commit { tracked: vec![tracked], changes, ..Commit::default() });
        }
        match judge::absent(&tracked.presence, self.is_listed(&tracked.url, listed), now) {
            Absence::Noted(presence) => {
                tracked.presence = presence;
                self.keep(Commit { tracked: vec![tracked], ..Commit::default() })
            }
            Absence::Proven(presence) => {
                let looks = match presence {
                    Presence::Withdrawn { looks, .. } => looks,
                    _ => 0,
                };
                let kind = ChangeKind::Withdrawn { notice: tracked.id.clone(), last_seen: tracked.last_seen, looks };
                tracked.presence = presence;
                let changes = vec![self.change(kind)];
                self.keep(Commit { tracked: vec![tracked], changes, ..Commit::default() })
            }
        }
    }

    /// The notice of this source that says the same and is where it should be.
    fn moved_to(&self, gone: &Tracked) -> Result<Option<Tracked>> {
        if gone.fingerprint == 0 || !matches!(gone.presence, Presence::Present | Presence::Missing { .. }) {
            return Ok(None);
        }
        let is_there = |twin: &Tracked| twin.id != gone.id && twin.source == gone.source && twin.presence == Presence::Present;
        Ok(self.twins(gone.fingerprint)?.into_iter().find(is_there))
    }

    pub(super) fn is_listed(&self, url: &Url, listed: &Listed) -> bool {
        let spellings = site::spellings(url);
        if listed.unchanged {
            // The entries of the listing as last read come first; those that have left it follow.
            let present = &self.health.recent[..self.health.recent.len().min(self.health.entries as usize)];
            return spellings.iter().any(|url| present.contains(&list::hash_of(url)));
        }
        listed.entries.iter().any(|entry| spellings.contains(&site::canonical(&entry.url)))
    }
}

/// What a good look tells about the notice as a whole.
fn take_reading(tracked: &mut Tracked, seen: &Seen) {
    if let Some(title) = &seen.reading.document.title {
        tracked.title.clone_from(title);
    }
    if let Some(published) = seen.reading.document.published {
        tracked.published = Some(published.date);
    }
    tracked.topic = Some(seen.reading.notice.topic);
    tracked.doubts.clone_from(&seen.reading.document.doubts);
    tracked.last_seen = seen.captured_at;
    if let Some(validators) = &seen.validators {
        tracked.validators.clone_from(validators);
    }
    tracked.parts.clone_from(&seen.parts);
    tracked.newest = Some(newest::of(&seen.snapshot, &seen.reading.document));
    tracked.gist = Some(follow::gist(&seen.reading.notice, tracked));
    (tracked.trouble, tracked.doubt) = (trouble_of(&tracked.parts), None);
}

fn trouble_of(parts: &[Watched]) -> Option<String> {
    parts.iter().find_map(Watched::problem)
}

/// A notice with a part that could not be had is looked at sooner.
fn next_look(tracked: &Tracked, now: Timestamp) -> Timestamp {
    let usual = schedule::next_look_of(&tracked.id, tracked.known_since(), now);
    let passes = |problem: &Problem| matches!(problem.name.as_str(), "unreachable" | "refused" | "page-for-file");
    let lacks = tracked.parts.iter().any(|part| part.trouble.as_ref().is_some_and(passes));
    if lacks { usual.min(schedule::next_look_for_unread(tracked.known_since(), now)) } else { usual }
}

/// The version that a look gives, and the bytes to keep with it.
fn version(tracked: &Tracked, seen: Seen) -> (Version, Vec<Snapshot>) {
    let version = Version {
        id: tracked.id.clone(),
        number: tracked.versions,
        snapshot: seen.snapshot,
        captured_at: seen.captured_at,
        revision: extract::REVISION,
        document: seen.reading.document,
        notice: seen.reading.notice,
    };
    (version, seen.fresh)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets looks come in order, `true` for one that finds a change, and compares what is certain on the way with the last word.
    #[track_caller]
    fn check(looks: &[bool], held_since: Option<Timestamp>, accept_mass: bool) -> Option<usize> {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(30);
        let mut findings = Findings::of_looks(looks.len(), accept_mass, now);
        let mut certain = None;
        for (number, is_affected) in looks.iter().enumerate() {
            (findings.looked, findings.answered) = (number + 1, number + 1);
            findings.affected += usize::from(*is_affected);
            certain = certain.or(findings.is_held(held_since).map(|is_held| (is_held, number + 1)));
        }
        let last = judge::mass_change(findings.affected, findings.answered, held_since, now);
        let is_held = matches!(last, Mass::Hold { .. }) && !accept_mass;
        assert!(certain.is_none_or(|(certain, _)| certain == is_held), "{looks:?}: {certain:?}, and at last {last:?}");
        certain.map(|(_, after)| after)
    }

    #[test]
    fn what_is_certain_on_the_way_is_the_verdict_in_the_end() {
        let hour = |hour| Some(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour));
        for held_since in [None, hour(20), hour(1)] {
            for pattern in 0_u32..1 << 12 {
                let looks: Vec<bool> = (0..12).map(|look| pattern >> look & 1 == 1).collect();
                check(&looks, held_since, false);
                check(&looks, held_since, true);
            }
        }
        assert_eq!(check(&[true; 50], None, false), Some(10), "no more than a fifth of the readings waits for the verdict");
        assert_eq!(check(&[true; 50], hour(1), false), Some(1), "what has stood for a day waits for none");
        assert_eq!(check(&[true, true, false, false], None, false), None);
    }
}
