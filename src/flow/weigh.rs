//! Stop 6 of the walk: what a look found, compared with what was known. Keeps nothing but the text of parts that were missing before.

use jiff::Timestamp;

use super::crawl::Visit;
use super::judge::{self, Trust};
use super::look::{Look, Seen};
use super::read::Reading;
use super::{parts, reread};
use crate::diff;
use crate::model::{ChangeKind, Doubt, Part, PartText, Presence, Problem, Snapshot, Tracked, Validators, Version, Watched};
use crate::store::Result;

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
    pub fn is_affected(&self) -> bool {
        match self.what {
            What::Edited { .. } | What::Replaced { .. } | What::Doubted { .. } => true,
            What::Gone => matches!(self.tracked.presence, Presence::Present | Presence::Missing { .. }),
            What::Same { .. } | What::Trouble(_) => false,
        }
    }
}

impl Visit<'_> {
    /// Compares what a look found with what was known.
    pub(super) async fn weigh(&mut self, mut tracked: Tracked, look: Look) -> Result<Found> {
        let now = self.now();
        let what = match look {
            Look::Same { validators, parts, failures } => {
                self.note_parts(&failures);
                What::Same { validators, parts, fresh: Vec::new() }
            }
            Look::Gone => What::Gone,
            Look::Failed(failure) => {
                self.note(&failure);
                What::Trouble(failure.problem.to_string())
            }
            Look::Read(mut seen) => {
                self.refusals = 0;
                self.note_parts(&seen.failures);
                let known = seen.known.take().expect("what was read before has a version");
                let known = self.completed(&mut tracked, known, &seen).await?;
                let known = reread::comparable(self.means(), &mut tracked, known, &seen)?;
                weigh_reading(&tracked, &known, *seen, now)
            }
        };
        Ok(Found { tracked, what })
    }

    /// A part that is read for the first time stood at the site before: the last version gets its text, and nothing was edited.
    async fn completed(&mut self, tracked: &mut Tracked, known: Version, seen: &Seen) -> Result<Version> {
        let first = parts::read_for_the_first_time(&known.document, &seen.reading.document);
        if first.is_empty() {
            return Ok(known);
        }
        // Subscribers were told of the notice without this text; where it is our upgrade that reads it, they were told all there was.
        let was_missed = |part: &&&Part| {
            let before = known.document.part(&part.url).map(|part| &part.text);
            matches!(before, Some(PartText::Unread(problem)) if problem.name != Problem::NOT_FETCHED)
        };
        let is_told = !tracked.quiet && tracked.copy_of.is_none() && first.iter().any(|part| was_missed(&part));
        let kind = ChangeKind::Completed { notice: tracked.id.clone(), version: known.number };
        let changes = if is_told { vec![self.change(kind.clone())] } else { Vec::new() };
        self.report.changes.extend(is_told.then_some(kind));
        reread::completed(self.means(), tracked, known, &first, &seen.fresh, changes).await
    }
}

fn weigh_reading(tracked: &Tracked, known: &Version, seen: Seen, now: Timestamp) -> What {
    let reading = &seen.reading;
    let Some(difference) = diff::compare(known, &reading.document, &reading.notice) else {
        return What::Same { validators: seen.validators, parts: seen.parts, fresh: seen.fresh };
    };
    if let Some(evidence) = new_doubts(known, reading)
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
