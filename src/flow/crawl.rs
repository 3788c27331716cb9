//! One host: its due sources, one after the other. One source: its listing, its new notices, the known ones that are due.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::house::{House, Setup, host_of};
use super::list::{self, Listed};
use super::log;
use super::look::{self, Failure, Look};
use super::reread::Means;
use super::settle::{Found, What, weigh_reading};
use crate::fetch::Session;
use crate::model::{
    Change, ChangeKind, Entry, Health, NoticeId, Part, PartText, Presence, Problem, Source, SourceId, Tracked, Validators, Version,
};
use crate::store::{Commit, Result};
use crate::{schedule, site};

/// Known notices looked at again in one visit, at most; the rest wait for the next one.
const LOOKS_MAX: usize = 60;
/// Requests in a row that the host refuses or leaves unanswered before the visit ends.
const REFUSALS_MAX: u32 = 3;
/// Visits in a row without a listing before subscribers who asked are told that a source ails.
const TOLD_AFTER_FAILURES: u32 = 3;

/// What a visit did, for whoever asked for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub source: SourceId,
    /// Entries on the listing pages read; `None` where the listing has not changed.
    pub entries: Option<usize>,
    pub looked: usize,
    pub changes: Vec<ChangeKind>,
    /// Notices recorded by a first visit.
    pub baseline: u32,
    pub problem: Option<Problem>,
    /// Pages that gave nothing, with the reason.
    pub troubles: Vec<(Url, String)>,
}

/// Visits the sources of one host, one after the other (rule 5).
///
/// # Errors
/// Only the store's: what a site does is in the reports.
pub async fn host(house: &House, setup: &Setup, sources: &[Source], accept_mass: bool) -> Result<Vec<Report>> {
    let Some(first) = sources.first() else { return Ok(Vec::new()) };
    let _turn = house.turn(&host_of(&first.listing).unwrap_or_default()).await;
    let mut reports = Vec::new();
    for source in sources {
        reports.push(visit(house, setup, source, accept_mass).await?);
    }
    Ok(reports)
}

/// Visits one source. `accept_mass` believes at once a mass change that would be held back.
///
/// # Errors
/// Only the store's.
#[tracing::instrument(skip_all, fields(source.id = %source.id))]
pub async fn visit(house: &House, setup: &Setup, source: &Source, accept_mass: bool) -> Result<Report> {
    let mut visit = Visit::begin(house, setup, source)?;
    if let Some(until) = host_of(&source.listing).and_then(|host| house.gates.shut_until(&host)) {
        return visit.put_off(until);
    }
    let health = visit.health.clone();
    match list::fetch(&setup.browser, &visit.session, source, &health).await {
        Ok(listed) => {
            visit.take_new(&listed).await?;
            visit.look_again(&listed, accept_mass).await?;
            visit.finish(&listed)
        }
        Err(failure) => visit.finish_ailing(&failure),
    }
}

pub(super) struct Visit<'a> {
    pub(super) house: &'a House,
    setup: &'a Setup,
    pub(super) source: &'a Source,
    session: Session<'a>,
    pub(super) health: Health,
    report: Report,
    /// Refusals in a row.
    pub(super) refusals: u32,
    /// The host asked to be left alone for so long.
    stay_away: Option<std::time::Duration>,
    /// Problem found at the notices' pages while the listing was well.
    pub(super) pages_problem: Option<Problem>,
}

impl<'a> Visit<'a> {
    fn begin(house: &'a House, setup: &'a Setup, source: &'a Source) -> Result<Self> {
        let health = house.store.health(&source.id)?.unwrap_or_else(|| Health::new(source.id.clone(), house.clock.now()));
        let health = of_this_listing(health, source);
        let report = Report {
            source: source.id.clone(),
            entries: None,
            looked: 0,
            changes: Vec::new(),
            baseline: 0,
            problem: None,
            troubles: Vec::new(),
        };
        let session = setup.client.session(&source.reach, &house.gates);
        Ok(Self { house, setup, source, session, health, report, refusals: 0, stay_away: None, pages_problem: None })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.house.clock.now()
    }

    /// Stop 4 of the walk, for entries never seen: oldest first, so that changes are numbered in the site's order.
    async fn take_new(&mut self, listed: &Listed) -> Result<()> {
        for entry in listed.entries.iter().rev() {
            let url = site::canonical(&entry.url);
            if !look::is_notice(self.setup, self.source, &entry.title) || self.is_known(&url)? {
                continue;
            }
            let tracked = self.newly_tracked(entry, url);
            if self.must_stop() {
                // Not fetched in this visit, but known from now on: it cannot fall off the listing unseen.
                self.keep(Commit { tracked: vec![tracked], ..Commit::default() })?;
                continue;
            }
            let look = self.look(listed, &tracked, None).await?;
            self.settle_first(tracked, look)?;
        }
        Ok(())
    }

    /// What was forgotten on request is known too: it is not collected again.
    fn is_known(&self, url: &Url) -> Result<bool> {
        for spelling in site::spellings(url) {
            if self.house.store.tracked_at(&spelling)?.is_some() || self.house.store.is_forgotten(&spelling, 0)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn newly_tracked(&self, entry: &Entry, url: Url) -> Tracked {
        let now = self.now();
        let announced = match (self.health.baseline, self.source.announce_since, entry.date) {
            (true, ..) => true,
            (false, Some(since), Some(date)) => date >= since,
            (false, ..) => false,
        };
        Tracked {
            id: NoticeId::of(&url, 0),
            url,
            source: self.source.id.clone(),
            region: self.source.region.clone(),
            sector: self.source.sector.clone(),
            title: entry.title.clone(),
            published: entry.date,
            first_seen: now,
            last_seen: now,
            versions: 0,
            presence: Presence::Present,
            validators: Validators::default(),
            next_look: now,
            fingerprint: 0,
            copy_of: None,
            trouble: Some("not yet read".to_owned()),
            topic: None,
            quiet: !announced,
            doubt: None,
            parts: Vec::new(),
            doubts: Vec::new(),
            gist: None,
        }
    }

    fn must_stop(&self) -> bool {
        self.refusals >= REFUSALS_MAX || self.stay_away.is_some()
    }

    /// Stop 4 for known notices: looks at those that are due, then keeps what was found, unless it is a mass change.
    async fn look_again(&mut self, listed: &Listed, accept_mass: bool) -> Result<()> {
        let now = self.now();
        let mut due = self.house.store.all_tracked(Some(&self.source.id))?;
        // Seen in the future: the clock stood wrong, and so does the next look.
        due.retain(|tracked| tracked.last_seen > now || !schedule::is_ahead(tracked.next_look, now, schedule::LOOK_WAIT_MAX));
        due.sort_by_key(|tracked| tracked.next_look);
        let mut found = Vec::new();
        for mut tracked in due.into_iter().take(LOOKS_MAX) {
            if self.must_stop() {
                break;
            }
            // The present code may know of parts that older code did not: they are asked for with the page.
            let known = match self.house.store.version(&tracked.id, tracked.versions)? {
                Some(known) => Some(super::reread::with_present_means(self.means(), &tracked, known).await?),
                None => None,
            };
            if let Some(known) = &known {
                tracked.fingerprint = super::read::fingerprint(&known.document);
            }
            let look = self.look(listed, &tracked, known.as_ref()).await?;
            match known {
                None => self.settle_first(tracked, look)?,
                Some(known) => found.push(self.weigh(tracked, known, look).await?),
            }
        }
        self.report.looked = found.len();
        self.settle(found, listed, accept_mass)
    }

    /// Looks at a notice: at what the listing itself brought of it, else at its page.
    async fn look(&self, listed: &Listed, tracked: &Tracked, known: Option<&Version>) -> Result<Look> {
        let article = listed.article(&tracked.url, self.now());
        look::at(self.house, &self.session, self.source, tracked, known, &self.health.furniture, article).await
    }

    /// Compares what a look found with what was known.
    async fn weigh(&mut self, mut tracked: Tracked, known: Version, look: Look) -> Result<Found> {
        let (now, what) = (self.now(), look);
        let what = match what {
            Look::Same { validators, parts, failures } => {
                self.note_parts(&failures);
                What::Same { validators, parts, fresh: Vec::new() }
            }
            Look::Gone => What::Gone,
            Look::Failed(failure) => {
                self.note(&failure);
                What::Trouble(failure.problem.to_string())
            }
            Look::Read(seen) => {
                self.refusals = 0;
                self.note_parts(&seen.failures);
                let known = self.completed(&tracked, known, &seen).await?;
                let known = super::reread::comparable(self.means(), &tracked, known, &seen)?;
                tracked.fingerprint = super::read::fingerprint(&known.document);
                weigh_reading(&tracked, known, *seen, now)
            }
        };
        Ok(Found { tracked, what })
    }

    fn means(&self) -> Means<'_> {
        Means { house: self.house, source: self.source, furniture: &self.health.furniture }
    }

    /// A part that is read for the first time stood at the site before: the last version gets its text, and nothing was edited.
    async fn completed(&mut self, tracked: &Tracked, known: Version, seen: &look::Seen) -> Result<Version> {
        let first = super::parts::read_for_the_first_time(&known.document, &seen.reading.document);
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
        super::reread::completed(self.means(), tracked, known, &first, &seen.fresh, changes).await
    }

    /// A host that refuses files is not asked for much more; its pages were well, so that the source does not ail.
    pub(super) fn note_parts(&mut self, failures: &[Failure]) {
        for failure in failures {
            self.stay_away = self.stay_away.max(failure.after);
            self.refusals += 1;
        }
    }

    /// The listing was well: keeps the source's health, its validators only if all that it named was read.
    fn finish(mut self, listed: &Listed) -> Result<Report> {
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

    fn finish_ailing(mut self, failure: &Failure) -> Result<Report> {
        self.stay_away = failure.after;
        log::source(&self.source.id, self.health.problem.as_ref(), self.health.failures, Some(&failure.problem));
        self.health.failures += 1;
        let changes = self.take_problem(Some(failure.problem.clone()));
        self.schedule();
        self.keep_health(changes.into_iter().collect())
    }

    /// The host has asked to be left alone: nothing is asked, and nothing is held against the source.
    fn put_off(mut self, until: Timestamp) -> Result<Report> {
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
        Ok(self.report)
    }

    pub(super) fn keep(&mut self, commit: Commit) -> Result<()> {
        let is_empty = commit.health.is_none() && commit.tracked.is_empty() && commit.versions.is_empty() && commit.changes.is_empty();
        if is_empty {
            return Ok(());
        }
        self.house.store.commit(&commit)?;
        self.report.changes.extend(commit.changes.into_iter().map(|change| change.kind));
        Ok(())
    }

    pub(super) fn change(&self, kind: ChangeKind) -> Change {
        Change { number: 0, at: self.now(), source: self.source.id.clone(), kind }
    }

    pub(super) fn note(&mut self, failure: &Failure) {
        self.stay_away = self.stay_away.max(failure.after);
        if failure.of_host {
            self.refusals += 1;
            self.pages_problem = Some(failure.problem.clone());
        }
    }

    pub(super) fn trouble(&mut self, tracked: &Tracked, trouble: String) {
        log::notice(&*self.house.store, tracked, &trouble);
        self.report.troubles.push((tracked.url.clone(), trouble));
    }
}

/// A source that was given another listing is visited for the first time again: what stands there is no news.
fn of_this_listing(health: Health, source: &Source) -> Health {
    let listing = site::canonical(&source.listing);
    let is_another = health.listing.as_ref().is_some_and(|known| !site::spellings(&site::canonical(known)).contains(&listing));
    if !is_another {
        return health;
    }
    Health { baseline: false, recent: Vec::new(), entries: 0, validators: Validators::default(), listing: None, ..health }
}

/// Sources that are due, by host: one list per host, in the order of their due times; the host that has waited longest first,
/// so that none waits for ever behind others.
///
/// # Errors
/// Only the store's.
pub fn due(house: &House, setup: &Setup) -> Result<Vec<(String, Vec<Source>)>> {
    let now = house.clock.now();
    let mut hosts: std::collections::BTreeMap<String, Vec<(Timestamp, Source)>> = std::collections::BTreeMap::new();
    for source in &setup.config.sources {
        let health = house.store.health(&source.id)?;
        let due = health.as_ref().map_or(Timestamp::MIN, |health| health.next_visit);
        // A visit in the future was made while the clock stood wrong, and so was its due time.
        let is_of_wrong_clock = health.and_then(|health| health.last_visit).is_some_and(|last| last > now);
        if let Some(host) = host_of(&source.listing).filter(|_| due <= now || is_of_wrong_clock) {
            hosts.entry(host).or_default().push((due, source.clone()));
        }
    }
    let mut hosts: Vec<(String, Vec<(Timestamp, Source)>)> = hosts.into_iter().collect();
    hosts.iter_mut().for_each(|(_, sources)| sources.sort_by_key(|(due, _)| *due));
    hosts.sort_by_key(|(_, sources)| sources.first().map(|(due, _)| *due));
    Ok(hosts.into_iter().map(|(host, sources)| (host, sources.into_iter().map(|(_, source)| source).collect())).collect())
}
