//! The dumb tick: asks the store what is due and starts it. Due times are stored, so a restart loses nothing, and a tick
//! that was missed is made up once. The cron scheduler only rings the bell on time.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use super::clock::Stopwatch;
use super::crawl::{self, Report};
use super::deliver::{self, Delivered};
use super::house::{House, Setup, host_of};
use super::{notify, prune};
use crate::model::{Health, Problem, Source, Visit};
use crate::schedule;
use crate::store::{Commit, StoreError};

/// Longest time between two ticks: retries and looks that no cron expression announces start within it.
const TICK: Duration = Duration::from_secs(5);
/// How long a message that is being handed over is waited for when the daemon stops.
const LAST_MESSAGE: Duration = Duration::from_secs(4);
/// How long a host is left alone after our own code failed at it.
const AFTER_PANIC: SignedDuration = SignedDuration::from_hours(1);
/// How long a disk that was full is left alone: at first, and in the end where it takes nothing although it says it has room.
const FULL_REST_MIN: SignedDuration = SignedDuration::from_secs(5);
const FULL_REST_MAX: SignedDuration = SignedDuration::from_mins(10);

/// Why a daemon ends although nobody asked it to.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the scheduler of hours cannot be started: {0}")]
    Hours(#[from] JobSchedulerError),
}

/// What the daemon asks its surroundings at every tick.
pub trait Surroundings {
    /// The new setup when the configuration has changed and is sound; a broken one is reported there, and the old one stays.
    fn changed(&mut self) -> Option<Setup>;
    /// Told once all is set up, and at every tick after that.
    fn alive(&mut self);
}

/// Runs until `stop` ends; then stops within seconds, between two commits.
///
/// # Errors
/// The store's: the supervisor restarts us.
pub async fn run(house: Arc<House>, mut surroundings: impl Surroundings, stop: impl Future<Output = ()>) -> Result<(), DaemonError> {
    let (bell, mut rung) = mpsc::channel(1);
    let mut hours = ring_hours(&house.setup(), bell.clone()).await?;
    notify::begin(&house, &house.setup())?;
    bring_forward(&house)?;
    let mut work = Work::default();
    let mut stop = pin!(stop);
    loop {
        if let Some(setup) = surroundings.changed() {
            house.change_setup(setup);
            hours.shutdown().await?;
            hours = ring_hours(&house.setup(), bell.clone()).await?;
            bring_forward(&house)?;
        }
        surroundings.alive();
        let started = work.start_due(&house);
        work.or_full(&house, started)?;
        tokio::select! {
            () = &mut stop => break,
            _ = rung.recv() => {}
            Some(done) = work.tasks.join_next_with_id(), if !work.tasks.is_empty() => {
                let finished = work.finish(&house, done);
                work.or_full(&house, finished)?;
            }
            () = tokio::time::sleep(TICK) => {}
        }
    }
    house.end_of_mail(LAST_MESSAGE).await;
    work.tasks.shutdown().await;
    hours.shutdown().await?;
    Ok(())
}

/// One whole pass: visits every source that is due, owes what is due, and drains the outbox once.
///
/// # Errors
/// Only the store's.
pub async fn once(house: &Arc<House>) -> Result<(Vec<Report>, Delivered), StoreError> {
    let setup = house.setup();
    notify::begin(house, &setup)?;
    let reports = visit_all(house, crawl::due(house, &setup)?, false).await?;
    notify::everyone(house, &setup)?;
    let delivered = deliver::outbox(house, &setup).await?;
    Ok((reports, delivered))
}

/// Visits these hosts at the same time, as many as the configuration allows.
///
/// # Errors
/// Only the store's.
pub async fn visit_all(house: &Arc<House>, hosts: Vec<(String, Vec<Source>)>, accept_mass: bool) -> Result<Vec<Report>, StoreError> {
    let setup = house.setup();
    let in_flight = Arc::new(Semaphore::new(setup.config.hosts_max));
    let mut tasks = JoinSet::new();
    for (host, sources) in hosts {
        let (house, setup, in_flight) = (house.clone(), setup.clone(), in_flight.clone());
        tasks.spawn(async move {
            let _place = in_flight.acquire().await;
            tracing::debug!(host, "visiting {host}");
            crawl::host(&house, &setup, &sources, accept_mass).await
        });
    }
    let mut reports = Vec::new();
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok(visited) => reports.extend(visited?),
            Err(error) => tracing::error!("a visit failed in our own code: {error}"),
        }
    }
    reports.sort_by(|one, other| one.source.cmp(&other.source));
    Ok(reports)
}

/// What is under way.
#[derive(Default)]
struct Work {
    tasks: JoinSet<Result<(), StoreError>>,
    running: HashMap<Id, Vec<Source>>,
    hosts: HashSet<String>,
    host_of: HashMap<Id, String>,
    outbox: Option<Id>,
    pruning: Option<Id>,
    /// The disk was full at the last try: nothing is visited and nothing new is owed until then, what is owed is still sent.
    full: Option<(SignedDuration, Stopwatch)>,
    /// How long that lasts at least.
    rest: SignedDuration,
}

impl Work {
    /// A full disk stops the work and not the program, which goes on answering and looks again soon. One that says it has room and
    /// takes nothing, by a quota or for want of inodes, is tried ever more seldom: the sites would be asked in vain each time.
    fn or_full(&mut self, house: &House, outcome: Result<(), StoreError>) -> Result<(), StoreError> {
        match outcome {
            Err(error @ StoreError::Full { .. }) => {
                if self.full.is_none() {
                    tracing::error!("{error}; nothing is visited until there is room again");
                    self.rest = (self.rest * 2).clamp(FULL_REST_MIN, FULL_REST_MAX);
                    let stopwatch = Stopwatch::beside(house.clock.clone());
                    self.full = Some((stopwatch.read() + self.rest, stopwatch));
                }
                Ok(())
            }
            outcome => outcome,
        }
    }

    fn start_due(&mut self, house: &Arc<House>) -> Result<(), StoreError> {
        let setup = house.setup();
        let has_rested = self.full.as_ref().is_some_and(|(until, stopwatch)| stopwatch.read() >= *until);
        if has_rested && !house.store.room().is_full() {
            tracing::info!("there is room on the disk again");
            self.full = None;
        }
        if self.full.is_none() {
            self.start_visits(house, &setup)?;
            notify::everyone(house, &setup)?;
        }
        if self.full.is_none() && self.pruning.is_none() && prune::is_due(house, &setup)? {
            let (house, setup) = (house.clone(), setup.clone());
            let pruning = self.tasks.spawn_blocking(move || prune::daily(&house, &setup));
            self.pruning = Some(pruning.id());
        }
        if self.outbox.is_none() && !deliver::ready(house)?.is_empty() {
            let house = house.clone();
            self.outbox = Some(self.tasks.spawn(async move { deliver::outbox(&house, &setup).await.map(drop) }).id());
        }
        Ok(())
    }

    fn start_visits(&mut self, house: &Arc<House>, setup: &Arc<Setup>) -> Result<(), StoreError> {
        for (host, sources) in crawl::due(house, setup)? {
            let is_full = self.hosts.len() >= setup.config.hosts_max || house.gates.is_crowded(&host, &self.hosts);
            if is_full || !self.hosts.insert(host.clone()) {
                continue;
            }
            let task = {
                let (house, setup, sources) = (house.clone(), setup.clone(), sources.clone());
                self.tasks.spawn(async move { crawl::host(&house, &setup, &sources, false).await.map(drop) })
            };
            self.running.insert(task.id(), sources);
            self.host_of.insert(task.id(), host);
        }
        Ok(())
    }

    fn finish(&mut self, house: &House, done: Result<(Id, Result<(), StoreError>), JoinError>) -> Result<(), StoreError> {
        let id = match &done {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let sources = self.running.remove(&id).unwrap_or_default();
        if let Some(host) = self.host_of.remove(&id) {
            self.hosts.remove(&host);
        }
        for one in [&mut self.outbox, &mut self.pruning] {
            one.take_if(|running| *running == id);
        }
        if !sources.is_empty() && matches!(done, Ok((_, Ok(())))) {
            self.rest = SignedDuration::ZERO;
        }
        match done {
            Ok((_, outcome)) => outcome,
            Err(error) => leave_alone(house, &sources, &error),
        }
    }
}

/// Our own code failed at these sources: they are left alone for a while, so that the others are served.
fn leave_alone(house: &House, sources: &[Source], error: &JoinError) -> Result<(), StoreError> {
    let now = house.clock.now();
    for source in sources {
        tracing::error!(source.id = %source.id, "our own code failed at source {}: {error}; please report it", source.id);
        let mut health = house.store.health(&source.id)?.unwrap_or_else(|| Health::new(source.id.clone(), now));
        health.failures += 1;
        health.next_visit = now.saturating_add(AFTER_PANIC).unwrap_or(now);
        health.problem = Some(Problem { name: "our-fault".to_owned(), evidence: error.to_string() });
        house.store.commit(&Commit { health: Some(health), ..Commit::default() })?;
    }
    Ok(())
}

/// Hours that the configuration has brought forward count at once; what waits after failures goes on waiting.
fn bring_forward(house: &House) -> Result<(), StoreError> {
    let now = house.clock.now();
    for source in &house.setup().config.sources {
        // A visit under way takes the new hours itself when it ends.
        let Some(_turn) = house.turn_if_free(&host_of(&source.listing).unwrap_or_default()) else { continue };
        let Some(health) = house.store.health(&source.id)?.filter(|health| health.failures == 0) else { continue };
        let next_visit = schedule::next_visit(&source.visit, &source.id, 0, now);
        if next_visit < health.next_visit {
            house.store.commit(&Commit { health: Some(Health { next_visit, ..health }), ..Commit::default() })?;
        }
    }
    Ok(())
}

/// One job per distinct expression and zone, which does nothing but ring: what is due stands in the store.
async fn ring_hours(setup: &Setup, bell: mpsc::Sender<()>) -> Result<JobScheduler, DaemonError> {
    let hours = JobScheduler::new().await?;
    for Visit { cron, zone } in schedule::distinct_expressions(&setup.config.sources, &setup.config.subscribers) {
        let bell = bell.clone();
        // An unknown zone was refused when the configuration was loaded.
        let zone: chrono_tz::Tz = zone.parse().unwrap_or(chrono_tz::Asia::Shanghai);
        let job = Job::new_tz(cron.as_str(), zone, move |_, _| {
            // A full channel means that the bell has already rung.
            let _ = bell.try_send(());
        })?;
        hours.add(job).await?;
    }
    hours.start().await?;
    Ok(hours)
}
