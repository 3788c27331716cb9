//! One host: its due sources, one after the other. One source: its listing, its new notices, the known ones that are due.

use jiff::Timestamp;
use url::Url;

use super::house::{House, Setup, host_of};
use super::list::Listed;
use super::log;
use super::look::{self, Failure, Look};
use super::reread::{self, Means};
use super::settle::Findings;
use super::waiting::Waiting;
use super::{list, newest};
use crate::fetch::Session;
use crate::model::{Change, ChangeKind, Entry, Health, NoticeId, Presence, Problem, Source, SourceId, Tracked, Validators};
use crate::store::{Commit, Result};
use crate::{schedule, site};

/// Known notices looked at again in one visit, at most; the rest wait for the next one.
const LOOKS_MAX: usize = 60;
/// Requests in a row that the host refuses or leaves unanswered before the visit ends.
const REFUSALS_MAX: u32 = 3;

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
    pub(super) setup: &'a Setup,
    pub(super) source: &'a Source,
    session: Session<'a>,
    pub(super) health: Health,
    pub(super) report: Report,
    waiting: Waiting,
    /// Refusals in a row.
    pub(super) refusals: u32,
    /// The host asked to be left alone for so long.
    pub(super) stay_away: Option<std::time::Duration>,
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
        Ok(Self {
            house,
            setup,
            source,
            session,
            health,
            report,
            waiting: Waiting::default(),
            refusals: 0,
            stay_away: None,
            pages_problem: None,
        })
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
            let mut tracked = self.newly_tracked(entry, url);
            if self.must_stop() {
                // Not fetched in this visit, but known from now on: it cannot fall off the listing unseen.
                self.keep(Commit { tracked: vec![tracked], ..Commit::default() })?;
                continue;
            }
            let look = self.look(listed, &mut tracked).await?;
            self.settle_first(tracked, look)?;
        }
        Ok(())
    }

    /// What was forgotten on request is known too: it is not collected again.
    fn is_known(&self, url: &Url) -> Result<bool> {
        for spelling in site::spellings(url) {
            if self.waiting.stands_at(&spelling)
                || self.house.store.tracked_at(&spelling)?.is_some()
                || self.house.store.is_forgotten(&spelling, 0)?
            {
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
            newest: None,
        }
    }

    pub(super) fn must_stop(&self) -> bool {
        self.refusals >= REFUSALS_MAX || self.stay_away.is_some()
    }

    /// Stop 4 for known notices: looks at those that are due, then keeps what was found, unless it is a mass change.
    async fn look_again(&mut self, listed: &Listed, accept_mass: bool) -> Result<()> {
        let now = self.now();
        self.flush()?;
        let mut due = self.house.store.all_tracked(Some(&self.source.id))?;
        // One whose address belongs to another notice now is never looked at again.
        due.retain(|tracked| tracked.next_look < Timestamp::MAX);
        // Seen in the future: the clock stood wrong, and so does the next look.
        due.retain(|tracked| tracked.last_seen > now || !schedule::is_ahead(tracked.next_look, now, schedule::LOOK_WAIT_MAX));
        due.sort_by_key(|tracked| tracked.next_look);
        due.truncate(LOOKS_MAX);
        let mut findings = Findings::of_looks(due.len(), accept_mass, now);
        for mut tracked in due {
            if self.must_stop() {
                break;
            }
            // The present code may know of parts that older code did not: they are asked for with the page.
            let is_present = tracked.newest.as_ref().is_some_and(|newest| newest::is_present(newest, &self.health.furniture));
            if tracked.versions > 0 && !is_present {
                reread::newest(self.means(), &mut tracked).await?;
            }
            let look = self.look(listed, &mut tracked).await?;
            match tracked.newest {
                None => self.settle_first(tracked, look)?,
                Some(_) => {
                    let found = self.weigh(tracked, look).await?;
                    self.settle(found, &mut findings, listed)?;
                }
            }
        }
        self.report.looked = findings.looked;
        self.settle_rest(findings, listed)
    }

    /// Looks at a notice: at what the listing itself brought of it, else at its page.
    async fn look(&self, listed: &Listed, tracked: &mut Tracked) -> Result<Look> {
        let article = listed.article(&tracked.url, self.now());
        look::at(self.means(), &self.session, tracked, article).await
    }

    pub(super) fn means(&self) -> Means<'_> {
        Means { house: self.house, source: self.source, furniture: &self.health.furniture }
    }

    /// A host that refuses files is not asked for much more; its pages were well, so that the source does not ail.
    pub(super) fn note_parts(&mut self, failures: &[Failure]) {
        for failure in failures {
            self.stay_away = self.stay_away.max(failure.after);
            self.refusals += 1;
        }
    }

    /// Keeps it with what else is found, before the visit ends.
    pub(super) fn keep(&mut self, commit: Commit) -> Result<()> {
        self.report.changes.extend(commit.changes.iter().map(|change| change.kind.clone()));
        self.waiting.add(commit, self.now());
        if self.waiting.is_due(self.now()) { self.flush() } else { Ok(()) }
    }

    /// Keeps what waits.
    pub(super) fn flush(&mut self) -> Result<()> {
        match self.waiting.take() {
            Some(commit) => self.house.store.commit(&commit).map(drop),
            None => Ok(()),
        }
    }

    /// What is known of a notice by now.
    pub(super) fn tracked(&self, notice: &NoticeId) -> Result<Option<Tracked>> {
        match self.waiting.tracked(notice) {
            Some(tracked) => Ok(Some(tracked.clone())),
            None => self.house.store.tracked(notice),
        }
    }

    /// The notices whose newest version has this fingerprint.
    pub(super) fn twins(&self, fingerprint: u64) -> Result<Vec<Tracked>> {
        let mut twins: Vec<Tracked> = self.waiting.twins(fingerprint).cloned().collect();
        for id in self.house.store.twins(fingerprint)? {
            if self.waiting.tracked(&id).is_none() {
                twins.extend(self.house.store.tracked(&id)?);
            }
        }
        Ok(twins)
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
