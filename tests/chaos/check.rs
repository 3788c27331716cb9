//! What was acknowledged against what is kept, what is kept against what the site says, and how the site was asked.

use std::collections::BTreeMap;

use huitoukan::model::{Change, ChangeKind, NoticeId, Presence, SnapshotId, Tracked};
use huitoukan::store::Store;
use jiff::{SignedDuration, Timestamp};

use super::life::{Past, past};
use super::site::{Column, Hit, Page, Site};

/// Time stamps of the site and of the program are taken in different threads, and rounded.
const ROUNDING: SignedDuration = SignedDuration::from_millis(2);
/// A withdrawal is found in a visit, which may begin this much before it is kept.
const VISIT_MAX: SignedDuration = SignedDuration::from_mins(10);

/// Everything that was seen to be kept, or said to be.
#[derive(Default)]
pub struct Ledger {
    versions: BTreeMap<(NoticeId, u32), SnapshotId>,
    changes: Vec<Change>,
    heads: Vec<String>,
    /// Versions of a notice as `notices` told them.
    heard: BTreeMap<String, u64>,
    gaps: usize,
    gaps_over_restarts: usize,
}

type Outcome = Result<(), Vec<String>>;

impl Ledger {
    pub fn hears_of_notices(&mut self, out: &str) -> Outcome {
        for line in out.lines() {
            let notice: serde_json::Value = serde_json::from_str(line).map_err(|error| vec![format!("notices said {line:?}: {error}")])?;
            let name = notice["id"].as_str().unwrap_or_default().to_owned();
            let versions = self.heard.entry(name).or_default();
            *versions = notice["versions"].as_u64().unwrap_or_default().max(*versions);
        }
        Ok(())
    }

    pub fn hears_of_a_head(&mut self, out: &str) -> Outcome {
        let verdict: serde_json::Value = serde_json::from_str(out).map_err(|error| vec![format!("verify said {out:?}: {error}")])?;
        self.heads.extend(verdict["head"].as_str().map(str::to_owned));
        Ok(())
    }

    /// Takes down what is kept now; nothing that was kept before may be missing, altered, or against the site's past.
    pub fn looks(&mut self, store: &dyn Store, site: &Site) -> Outcome {
        let mut problems = Vec::new();
        let head = self.heads.last().map(String::as_str);
        let verdict = store.verify(head).map_err(|error| vec![error.to_string()])?;
        problems.extend(verdict.problems);
        problems.extend((verdict.knows_head == Some(false)).then(|| format!("the head {head:?} that was told is not in the chain")));
        self.heads.extend(verdict.head);
        problems.extend(self.changes_of(store)?);
        for tracked in store.all_tracked(None).map_err(|error| vec![error.to_string()])? {
            problems.extend(self.versions_of(store, &tracked)?);
            let heard = self.heard.get(&tracked.id.0).copied().unwrap_or_default();
            if u64::from(tracked.versions) < heard {
                problems.push(format!("{} had {heard} versions, said `notices`, and has {} now", tracked.id, tracked.versions));
            }
            let column = site.columns().find(|column| column.id == tracked.source.0);
            match column.as_ref().and_then(|column| column.pages.get(tracked.url.path())) {
                Some(page) => problems.extend(self.against_the_past(page, &tracked)),
                None => problems.push(format!("{} was never on the site", tracked.url)),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn changes_of(&mut self, store: &dyn Store) -> Result<Vec<String>, Vec<String>> {
        let changes = store.changes(0, usize::MAX).map_err(|error| vec![error.to_string()])?;
        let mut problems = self.begins(&changes);
        let numbers = (1..).zip(&changes).find(|(number, change)| *number != change.number);
        problems.extend(numbers.map(|(number, change)| format!("change {number} is numbered {}", change.number)));
        self.changes = changes;
        Ok(problems)
    }

    fn begins(&self, changes: &[Change]) -> Vec<String> {
        let pairs = self.changes.iter().zip(changes).find(|(before, now)| before != now);
        let altered = pairs.map(|(before, now)| format!("a change was altered: {before:?} is now {now:?}"));
        let lost = (changes.len() < self.changes.len()).then(|| format!("of {} changes {} are left", self.changes.len(), changes.len()));
        altered.into_iter().chain(lost).collect()
    }

    /// A backup holds the changes of its time and no others.
    pub fn begins_with(&self, changes: &[Change]) -> Vec<String> {
        let same = changes.len() <= self.changes.len() && changes.iter().zip(&self.changes).all(|(one, other)| one == other);
        if same { Vec::new() } else { vec!["the changes in the backup are not those of the store".to_owned()] }
    }

    fn versions_of(&mut self, store: &dyn Store, tracked: &Tracked) -> Result<Vec<String>, Vec<String>> {
        let mut problems = Vec::new();
        for number in 1..=tracked.versions {
            match store.version(&tracked.id, number).map_err(|error| vec![error.to_string()])? {
                None => problems.push(format!("version {number} of {} is missing", tracked.id)),
                Some(version) => {
                    let known = self.versions.entry((tracked.id.clone(), number)).or_insert_with(|| version.snapshot.clone());
                    if *known != version.snapshot {
                        problems.push(format!("version {number} of {} was altered", tracked.id));
                    }
                }
            }
        }
        Ok(problems)
    }

    /// Each version stood on the site, in this order; a withdrawal was told while nothing stood there.
    fn against_the_past(&self, page: &Page, tracked: &Tracked) -> Vec<String> {
        let mut problems = Vec::new();
        let versions = (1..=tracked.versions).filter_map(|number| self.versions.get(&(tracked.id.clone(), number)));
        let stood: Vec<Option<usize>> = versions.map(|version| page.history.iter().position(|digest| *digest == version.0)).collect();
        if stood.iter().any(Option::is_none) || !stood.is_sorted_by(|one, other| one < other) {
            problems.push(format!("the versions of {} never stood there in this order: {stood:?}", tracked.url));
        }
        let gone_at =
            |at: Timestamp| page.absences.iter().any(|(from, until)| *from <= at && until.is_none_or(|until| at <= until + VISIT_MAX));
        for change in &self.changes {
            match &change.kind {
                ChangeKind::Withdrawn { notice, .. } if *notice == tracked.id && !gone_at(change.at) => {
                    problems.push(format!("{} is said to be withdrawn at {}, and stood there", tracked.url, change.at));
                }
                ChangeKind::Moved { notice, .. } if *notice == tracked.id && !page.has_moved => {
                    problems.push(format!("{} is said to have moved, and never did", tracked.url));
                }
                _ => {}
            }
        }
        problems
    }

    /// What the store does not say although the site does; empty when the two agree.
    pub fn missing(&self, store: &dyn Store, site: &Site) -> Vec<String> {
        let mut missing = Vec::new();
        for column in site.columns() {
            for (path, page) in &column.pages {
                let address = format!("http://{}{path}", column.address);
                let tracked = address.parse().ok().and_then(|url| store.tracked_at(&url).ok()).flatten();
                missing.extend(self.differs(page, tracked.as_ref()).map(|what| format!("{address} {what}")));
            }
        }
        let waiting = store.due(Timestamp::MAX).map_or(0, |waiting| waiting.len());
        missing.extend((waiting > 0).then(|| format!("{waiting} mails still wait")));
        missing
    }

    fn differs(&self, page: &Page, tracked: Option<&Tracked>) -> Option<String> {
        let last = tracked.and_then(|tracked| self.versions.get(&(tracked.id.clone(), tracked.versions)));
        match (page.truth(), tracked) {
            (Some(_), None) => Some("is not known".to_owned()),
            (Some(truth), Some(tracked)) if last.is_none_or(|last| last.0 != *truth) => {
                Some(format!("is not known as it reads now: {} versions, {:?}", tracked.versions, tracked.trouble))
            }
            (Some(_), Some(tracked)) if tracked.presence != Presence::Present => {
                Some(format!("is there and said to be {:?}", tracked.presence))
            }
            // Gone before it was ever read.
            (None, Some(tracked)) if tracked.versions == 0 => None,
            (None, Some(tracked)) if !matches!(tracked.presence, Presence::Withdrawn { .. } | Presence::Moved { .. }) => {
                Some(format!("is gone and said to be {:?}", tracked.presence))
            }
            _ => None,
        }
    }

    /// Every head that was ever told must still stand in the chain.
    pub fn lost(&self, store: &dyn Store) -> Vec<String> {
        let is_lost = |head: &&String| !store.verify(Some(head)).is_ok_and(|verdict| verdict.knows_head == Some(true));
        // Each look reads everything: some of them will do.
        let some = self.heads.iter().step_by(self.heads.len() / 8 + 1);
        some.filter(is_lost).map(|head| format!("the head {head} that was told is not in the chain")).collect()
    }

    /// Requests that came together, or sooner after one another than the configuration allows, restarts or not.
    pub fn too_soon(&mut self, site: &Site, lives: &[Past]) -> Vec<String> {
        let mut problems = Vec::new();
        for column in site.columns() {
            for pair in column.hits.windows(2) {
                let [before, after] = pair else { continue };
                if before.life == after.life {
                    self.gaps += 1;
                    problems.extend(within_a_life(&column, before, after));
                } else if let Some(problem) = over_a_restart(&column, before, after, lives) {
                    self.gaps_over_restarts += 1;
                    problems.extend(problem);
                }
            }
            problems.extend(column.hits.iter().find(|hit| past(lives, hit.life).is_none()).map(|hit| format!("nobody asked {hit:?}")));
        }
        problems
    }

    pub fn tally(&self) -> String {
        format!(
            "{} notices, {} versions, {} changes, {} + {} pauses (within a life + over a restart)",
            self.versions.keys().map(|(notice, _)| notice).collect::<std::collections::BTreeSet<_>>().len(),
            self.versions.len(),
            self.changes.len(),
            self.gaps,
            self.gaps_over_restarts
        )
    }
}

/// The program counts from when it has the answer, which is later than when the site gave it: no slowness can shorten this.
fn within_a_life(column: &Column, before: &Hit, after: &Hit) -> Option<String> {
    let gap = after.begun.duration_since(before.ended.unwrap_or(before.begun));
    (gap + ROUNDING < column.pause)
        .then(|| format!("{} was asked for {} {gap:?} after its last answer: {before:?}, {after:?}", column.id, after.path))
}

/// `None` where it cannot be judged: time was put forward in between, or the site may have seen the request too late.
fn over_a_restart(column: &Column, before: &Hit, after: &Hit, lives: &[Past]) -> Option<Option<String>> {
    let (earlier, later) = (past(lives, before.life)?, past(lives, after.life)?);
    let lag = SignedDuration::from_millis(i64::try_from(earlier.lag_ms).ok()?);
    let allowed = column.pause / 4;
    if earlier.ahead != later.ahead || before.begun > earlier.ended || lag > allowed / 2 {
        return None;
    }
    let gap = after.begun.duration_since(before.begun);
    Some(
        (gap + allowed < column.pause)
            .then(|| format!("{} was asked {gap:?} after a request of an earlier life: {before:?}, {after:?}", column.id)),
    )
}
