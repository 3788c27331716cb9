//! Keeps what the looks of one visit found: first readings, edits, absences, and what did not change.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::crawl::Visit;
use super::follow;
use super::judge::{self, Absence, Mass, Trust};
use super::list::{self, Listed};
use super::look::{Look, Seen};
use super::read::{self, Reading};
use crate::model::{ChangeKind, Doubt, NoticeId, Presence, Problem, Snapshot, Tracked, Validators, Version, Watched};
use crate::store::{Commit, Result};
use crate::{diff, extract, schedule, site};

/// How long what says forgotten words is left alone; by then something else may stand there.
const FORGOTTEN_LOOK: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A known notice and what a look at it found.
pub(super) struct Found {
    pub tracked: Tracked,
    pub what: What,
}

pub(super) enum What {
    Same {
        validators: Option<Validators>,
        parts: Vec<Watched>,
        /// Bytes that say nothing new.
        fresh: Vec<Snapshot>,
    },
    Edited {
        seen: Box<Seen>,
    },
    /// Another notice stands at the address.
    Replaced {
        seen: Box<Seen>,
    },
    Doubted {
        doubt: Doubt,
        evidence: String,
    },
    Gone,
    Trouble(String),
}

impl Found {
    /// Whether it counts towards a mass change: an edit, or a notice that has just vanished.
    fn is_affected(&self) -> bool {
        match self.what {
            What::Edited { .. } | What::Replaced { .. } | What::Doubted { .. } => true,
            What::Gone => matches!(self.tracked.presence, Presence::Present | Presence::Missing { .. }),
            What::Same { .. } | What::Trouble(_) => false,
        }
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
    fn twin(&self, tracked: &Tracked) -> Result<Option<NoticeId>> {
        if tracked.fingerprint == 0 {
            return Ok(None);
        }
        let can_be_copied = |twin: &Tracked| twin.id != tracked.id && matches!(twin.presence, Presence::Present | Presence::Missing { .. });
        for id in self.house.store.twins(tracked.fingerprint)? {
            let Some(mut twin) = self.house.store.tracked(&id)?.filter(can_be_copied) else { continue };
            if twin.source == tracked.source && twin.presence == Presence::Present {
                twin.next_look = self.now();
                self.house.store.commit(&Commit { tracked: vec![twin], ..Commit::default() })?;
            }
            return Ok(Some(id));
        }
        Ok(None)
    }

    /// Keeps the findings of one visit, unless they are a mass change.
    pub(super) fn settle(&mut self, found: Vec<Found>, listed: &Listed, accept_mass: bool) -> Result<()> {
        let now = self.now();
        let answered = found.iter().filter(|found| !matches!(found.what, What::Trouble(_))).count();
        let affected = found.iter().filter(|found| found.is_affected()).count();
        let mass = match judge::mass_change(affected, answered, self.health.held_since, now) {
            Mass::Hold { .. } if accept_mass => Mass::Believe,
            mass => mass,
        };
        let hold = match mass {
            Mass::Hold { since } => {
                self.health.held_since = Some(since);
                let evidence = format!(
                    "{affected} of {answered} notices changed or vanished at once; held back since {since}. If it is so: huitoukan check {} --accept",
                    self.source.id
                );
                self.pages_problem = Some(Problem { name: "mass-change".to_owned(), evidence });
                true
            }
            Mass::Ordinary | Mass::Believe => {
                if !found.is_empty() {
                    self.health.held_since = None;
                }
                false
            }
        };
        let mut quiet = Commit::default();
        for found in found {
            if hold && found.is_affected() {
                let mut tracked = found.tracked;
                tracked.next_look = now.saturating_add(SignedDuration::from_hours(6)).unwrap_or(now);
                tracked.trouble = Some("changed together with many others; held back".to_owned());
                quiet.tracked.push(tracked);
            } else {
                self.settle_one(found, listed, &mut quiet)?;
            }
        }
        self.keep(quiet)
    }

    /// Keeps one finding: at once where something changed, else with the others that did not.
    fn settle_one(&mut self, found: Found, listed: &Listed, quiet: &mut Commit) -> Result<()> {
        let now = self.now();
        let Found { mut tracked, what } = found;
        match what {
            What::Same { validators, parts, fresh } => {
                if let Some(validators) = validators {
                    tracked.validators = validators;
                }
                quiet.snapshots.extend(fresh);
                tracked.parts = parts;
                tracked.last_seen = now;
                tracked.next_look = next_look(&tracked, now);
                tracked.trouble = trouble_of(&tracked.parts);
                tracked.doubt = None;
                self.tell_parts(&tracked);
                self.settle_present(tracked, quiet)
            }
            What::Trouble(trouble) => {
                self.trouble(&tracked, trouble.clone());
                tracked.trouble = Some(trouble);
                tracked.next_look = schedule::next_look_of(&tracked.id, tracked.known_since(), now);
                quiet.tracked.push(tracked);
                Ok(())
            }
            What::Doubted { doubt, evidence } => {
                self.trouble(&tracked, evidence.clone());
                tracked.trouble = Some(evidence);
                tracked.doubt = Some(doubt);
                tracked.next_look = schedule::next_look_for_missing(now);
                quiet.tracked.push(tracked);
                Ok(())
            }
            What::Edited { seen } => self.settle_edit(tracked, *seen),
            What::Replaced { seen } => self.settle_replaced(tracked, *seen),
            What::Gone => self.settle_gone(tracked, listed, quiet),
        }
    }

    /// A notice that is at its address with the words we know; it may have been away.
    fn settle_present(&mut self, mut tracked: Tracked, quiet: &mut Commit) -> Result<()> {
        let was_told_gone = matches!(tracked.presence, Presence::Withdrawn { .. } | Presence::Moved { .. });
        tracked.presence = Presence::Present;
        if !was_told_gone {
            quiet.tracked.push(tracked);
            return Ok(());
        }
        let kind = ChangeKind::Restored { notice: tracked.id.clone(), version: tracked.versions };
        let changes = vec![self.change(kind)];
        self.keep(Commit { tracked: vec![tracked], changes, ..Commit::default() })
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
        while self.house.store.tracked(&NoticeId::of(&old.url, reuse))?.is_some() {
            reuse += 1;
        }
        let mut new = old.clone();
        new.id = NoticeId::of(&old.url, reuse);
        (new.first_seen, new.versions, new.presence, new.quiet) = (now, 0, Presence::Present, false);
        old.presence = Presence::Withdrawn { since: now, looks };
        // Its address belongs to another notice now: there is nothing left to look at.
        old.next_look = Timestamp::MAX;
        (old.trouble, old.doubt) = (None, None);
        let change = self.change(ChangeKind::Withdrawn { notice: old.id.clone(), last_seen, looks });
        // One commit: an old one that is gone at an address that is known would hide a new one that was not kept for ever.
        let mut commit = self.first_reading(new, seen)?;
        commit.tracked.insert(0, old);
        commit.changes.insert(0, change);
        self.keep(commit)
    }

    fn settle_gone(&mut self, mut tracked: Tracked, listed: &Listed, quiet: &mut Commit) -> Result<()> {
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
                quiet.tracked.push(tracked);
                Ok(())
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
        for id in self.house.store.twins(gone.fingerprint)? {
            let twin = self.house.store.tracked(&id)?;
            let is_there = |twin: &Tracked| twin.id != gone.id && twin.source == gone.source && twin.presence == Presence::Present;
            if let Some(twin) = twin.filter(is_there) {
                return Ok(Some(twin));
            }
        }
        Ok(None)
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

/// Stop 6 of the walk.
pub(super) fn weigh_reading(tracked: &Tracked, known: Version, seen: Seen, now: Timestamp) -> What {
    let reading = &seen.reading;
    let Some(difference) = diff::compare(&known, &reading.document, &reading.notice) else {
        return What::Same { validators: seen.validators, parts: seen.parts, fresh: seen.fresh };
    };
    if let Some(evidence) = new_doubts(&known, reading)
        && let Trust::Doubted(doubt) = judge::seen_again(diff::fingerprint(&reading.document), tracked.doubt.as_ref(), now)
    {
        return What::Doubted { doubt, evidence };
    }
    let (before, after) = (known.document.characters(), reading.document.characters());
    let (deleted, inserted) = difference.extent();
    if deleted * 2 <= before && inserted * 2 <= after {
        // Most of the words still stand: nothing to doubt, and likeness is dear to compute.
        return What::Edited { seen: Box::new(seen) };
    }
    let share_kept = if before == 0 { 1.0 } else { after as f64 / before as f64 };
    let likeness = if before == 0 || after == 0 { 1.0 } else { diff::likeness(&known.document, &reading.document) };
    match judge::trust(share_kept, likeness, diff::fingerprint(&reading.document), tracked.doubt.as_ref(), now) {
        Trust::Doubted(doubt) => {
            let evidence = format!("reads quite differently ({before} characters before, {after} now); waits to be seen again");
            What::Doubted { doubt, evidence }
        }
        Trust::Believed if likeness < 0.2 && reading.document.title != known.document.title => What::Replaced { seen: Box::new(seen) },
        Trust::Believed => What::Edited { seen: Box::new(seen) },
    }
}

/// Why an edit is not told yet: our reading of it may be wrong, and that of the last version was not as doubtful.
fn new_doubts(known: &Version, reading: &Reading) -> Option<String> {
    let (before, after) = (&known.document.doubts, &reading.document.doubts);
    (after.len() > before.len()).then(|| format!("the reading is doubtful ({}); waits to be seen again", after.join("; ")))
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
