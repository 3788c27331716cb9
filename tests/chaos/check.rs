//! What was acknowledged against what is kept, what is kept against what the site says, and how the site was asked.

use std::collections::{BTreeMap, BTreeSet};

use huitoukan::model::{Change, ChangeKind, NoticeId, Presence, Tracked, Version};
use huitoukan::store::Store;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::life::{Past, past};
use super::page::{Page, Stood};
use super::site::{Column, Hit, Site};

/// Time stamps of the site and of the program are taken in different threads, and rounded.
const ROUNDING: SignedDuration = SignedDuration::from_millis(2);
/// A withdrawal is found in a visit, which may begin this much before it is kept.
const VISIT_MAX: SignedDuration = SignedDuration::from_mins(10);

/// Everything that was seen to be kept, or said to be.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    versions: BTreeMap<(NoticeId, u32), Stood>,
    changes: Vec<Change>,
    heads: Vec<String>,
    /// Versions of a notice as `notices` told them.
    heard: BTreeMap<String, u64>,
    /// What `forget` said to be gone, and how many mails had been taken by then.
    said_forgotten: BTreeMap<Url, usize>,
    /// What was seen to be gone on request.
    pub forgotten: BTreeMap<NoticeId, Gone>,
    gaps: usize,
    gaps_over_restarts: usize,
}

/// A notice that was forgotten on request.
#[derive(Debug, Clone)]
pub struct Gone {
    pub url: Url,
    pub title: String,
    /// No mail after so many may tell of it.
    pub untold_after: usize,
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

    pub fn hears_that_it_is_forgotten(&mut self, url: &Url, mails: usize) {
        self.said_forgotten.entry(url.clone()).or_insert(mails);
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
        problems.extend(self.forgotten_of(store, site)?);
        let all = store.all_tracked(None).map_err(|error| vec![error.to_string()])?;
        problems.extend(self.vanished(&all));
        for tracked in &all {
            problems.extend(self.versions_of(store, tracked)?);
            let heard = self.heard.get(&tracked.id.0).copied().unwrap_or_default();
            if u64::from(tracked.versions) < heard {
                problems.push(format!("{} had {heard} versions, said `notices`, and has {} now", tracked.id, tracked.versions));
            }
            let column = site.columns().find(|column| column.id == tracked.source.0);
            let first = self.versions.get(&(tracked.id.clone(), 1)).map(|stood| stood.page.as_str());
            match column.as_ref().and_then(|column| column.page_of(tracked.url.path(), first)) {
                Some(page) => problems.extend(self.against_the_past(page, tracked)),
                None => problems.push(format!("{} ({}) was never on the site", tracked.url, tracked.title)),
            }
        }
        problems.extend(self.kept_twice(&all));
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Notices of one address that began with the very same page.
    fn kept_twice(&self, all: &[Tracked]) -> Option<String> {
        let mut seen = BTreeSet::new();
        let begins = |tracked: &Tracked| self.versions.get(&(tracked.id.clone(), 1)).map(|stood| (tracked.url.clone(), stood.page.clone()));
        let twice = all.iter().find(|tracked| begins(tracked).is_some_and(|begins| !seen.insert(begins)))?;
        Some(format!("{} ({}) is kept as two notices", twice.url, twice.title))
    }

    /// What was forgotten is known no more, and stays so although the site goes on showing it.
    fn forgotten_of(&mut self, store: &dyn Store, site: &Site) -> Result<Vec<String>, Vec<String>> {
        let mut problems = Vec::new();
        for column in site.columns() {
            for page in column.pages.values().filter(|page| page.is_to_be_forgotten) {
                let (url, id) = (column.url(page), NoticeId::of(&column.url(page), 0));
                let is_forgotten = store.is_forgotten(&url, 0).map_err(|error| vec![error.to_string()])?;
                let said = self.said_forgotten.get(&url).copied();
                if is_forgotten {
                    let untold_after = said.unwrap_or(usize::MAX);
                    self.versions.retain(|(notice, _), _| *notice != id);
                    self.heard.remove(&id.0);
                    self.forgotten.insert(id.clone(), Gone { url: url.clone(), title: page.title.clone(), untold_after });
                }
                let is_known = store.tracked(&id).map_err(|error| vec![error.to_string()])?.is_some();
                let was_forgotten = said.is_some() || self.forgotten.contains_key(&id);
                if was_forgotten && (is_known || !is_forgotten) {
                    problems.push(format!("{url} was forgotten, and is known again"));
                }
            }
        }
        Ok(problems)
    }

    /// Notices that were known and are not; those that were forgotten are left out of the ledger before.
    fn vanished(&self, all: &[Tracked]) -> Vec<String> {
        let there: BTreeSet<&str> = all.iter().map(|tracked| tracked.id.0.as_str()).collect();
        let known = self.versions.keys().map(|(notice, _)| notice.0.as_str()).chain(self.heard.keys().map(String::as_str));
        let gone: BTreeSet<&str> = known.filter(|notice| !there.contains(notice)).collect();
        gone.into_iter().map(|notice| format!("notice {notice} was known and is gone")).collect()
    }

    fn changes_of(&mut self, store: &dyn Store) -> Result<Vec<String>, Vec<String>> {
        let changes = store.changes(0, usize::MAX).map_err(|error| vec![error.to_string()])?;
        let mut problems = self.begins(&changes);
        let numbers = (1..).zip(&changes).find(|(number, change)| *number != change.number);
        problems.extend(numbers.map(|(number, change)| format!("change {number} is numbered {}", change.number)));
        self.changes = changes;
        Ok(problems)
    }

    pub fn begins(&self, changes: &[Change]) -> Vec<String> {
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
                    let now = stood(&version);
                    let known = self.versions.entry((tracked.id.clone(), number)).or_insert_with(|| now.clone());
                    // A file that could not be had with its page may come later, once.
                    known.file = known.file.take().or_else(|| now.file.clone());
                    if *known != now {
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
        let places: Vec<Option<(usize, usize)>> = versions.map(|version| place_in(page, version)).collect();
        let follow = |one: &Option<(usize, usize)>, other: &Option<(usize, usize)>| match (one, other) {
            (Some((page, file)), Some((later, later_file))) => page <= later && file <= later_file && (page, file) != (later, later_file),
            _ => false,
        };
        if places.iter().any(Option::is_none) || !places.is_sorted_by(follow) {
            problems.push(format!("the versions of {} never stood there in this order: {places:?}", tracked.url));
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
        let all = store.all_tracked(None).unwrap_or_default();
        for column in site.columns() {
            for page in column.pages.values() {
                let url = column.url(page);
                if self.forgotten.values().any(|gone| gone.url == url) {
                    continue;
                }
                let said_this = |tracked: &&Tracked| {
                    let first = self.versions.get(&(tracked.id.clone(), 1));
                    first.is_some_and(|first| page.history.iter().any(|stood| stood.page == first.page))
                };
                let tracked = all.iter().filter(|tracked| tracked.url == url).find(said_this);
                missing.extend(self.differs(page, tracked).map(|what| format!("{url} ({}) {what}", page.title)));
            }
        }
        let waiting = store.unsent().map_or(0, |waiting| waiting.len());
        missing.extend((waiting > 0).then(|| format!("{waiting} mails still wait")));
        missing
    }

    fn differs(&self, page: &Page, tracked: Option<&Tracked>) -> Option<String> {
        let last = tracked.and_then(|tracked| self.versions.get(&(tracked.id.clone(), tracked.versions)));
        match (page.truth(), tracked) {
            (Some(_), None) => Some("is not known".to_owned()),
            (Some(truth), Some(tracked)) if last != Some(truth) => {
                Some(format!("is not known as it reads now: {} versions, {:?}", tracked.versions, tracked.trouble))
            }
            (Some(_), Some(tracked)) if tracked.presence != Presence::Present => {
                Some(format!("is there and said to be {:?}", tracked.presence))
            }
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
    pub fn too_soon(&mut self, columns: &[Column], lives: &[Past]) -> Vec<String> {
        let mut problems = Vec::new();
        for column in columns {
            for pair in column.hits.windows(2) {
                let [before, after] = pair else { continue };
                if before.life == after.life {
                    self.gaps += 1;
                    problems.extend(within_a_life(column, before, after));
                } else if let Some(problem) = over_a_restart(column, before, after, lives) {
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

/// The page and the file that a version was read from.
fn stood(version: &Version) -> Stood {
    let file = version.document.parts.iter().find_map(|part| part.snapshot.as_ref());
    Stood { page: version.snapshot.0.clone(), file: file.map(|file| file.0.clone()) }
}

/// Since when the page of a version stood there, and since when its file did: the two are fetched one after the other. A file
/// that was not had counts as the first.
fn place_in(page: &Page, version: &Stood) -> Option<(usize, usize)> {
    let of_page = page.history.iter().position(|stood| stood.page == version.page)?;
    let of_file = match &version.file {
        Some(file) => page.history.iter().position(|stood| stood.file.as_ref() == Some(file))?,
        None => 0,
    };
    Some((of_page, of_file))
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
