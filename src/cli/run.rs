use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{desk, log, remote};
use crate::config::{self, Config, Log};
use crate::flow::daemon::{self, Surroundings};
use crate::flow::house::Setup;

/// How long work under way may take to stop before it is cut off.
const STOP_TIMEOUT: Duration = Duration::from_secs(8);

/// How long the configuration must lie untouched before it is read.
const SETTLED_AFTER: Duration = Duration::from_millis(500);

/// Runs for good. SIGTERM or Ctrl-C stops it within ten seconds; a changed configuration is picked up by itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan --config /etc/huitoukan run")]
pub struct RunArgs {
    /// Write logs as JSON, one object a line, whatever the configuration says
    #[arg(long)]
    json: bool,
}

impl RunArgs {
    pub async fn run(&self, folder: &desk::Folder) -> anyhow::Result<ExitCode> {
        let house = folder.open()?;
        let limit = log::start(self.json || house.setup().config.log == Log::Json);
        let listening = remote::listen(&house.setup().config.store, house.clone())?;
        let (sources, subscribers) = (house.setup().config.sources.len(), house.setup().config.subscribers.len());
        tracing::info!("watching {sources} source(s) for {subscribers} subscriber(s)");
        house.setup().config.exposed_secrets().iter().for_each(|warning| tracing::warn!("{warning}"));
        let surroundings = Folder::new(folder.config.clone(), &house.setup().config, limit)?;
        let outcome = daemon::run(house.clone(), surroundings, stopped()?).await;
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        listening.abort();
        outcome.context("the daemon stopped")?;
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

/// Ends at SIGTERM or Ctrl-C.
fn stopped() -> anyhow::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        // The last resort: whatever hangs must not outlive the supervisor's patience; what is committed is on disk.
        // A thread, for the runtime itself waits for work that it cannot interrupt, such as a name looked up.
        std::thread::spawn(|| {
            std::thread::sleep(STOP_TIMEOUT);
            tracing::warn!("work under way did not stop in time and is cut off; nothing acknowledged is lost");
            std::process::exit(0);
        });
    })
}

/// The configuration folder and the supervisor.
struct Folder {
    folder: PathBuf,
    store: PathBuf,
    also: Vec<PathBuf>,
    /// Of the configuration in force.
    taken: config::Stamp,
    /// As it is now, and since when: a file that was just touched is perhaps half written.
    seen: config::Stamp,
    seen_since: Instant,
    hang_up: Signal,
    told_ready: bool,
    limit: log::Limit,
}

impl Folder {
    fn new(folder: PathBuf, config: &Config, limit: log::Limit) -> anyhow::Result<Self> {
        let (store, also, seen_since) = (config.store.clone(), config.also.clone(), Instant::now());
        let stamp = config::stamp(&folder, &also);
        let hang_up = signal(SignalKind::hangup())?;
        Ok(Self { folder, store, also, taken: stamp, seen: stamp, seen_since, hang_up, told_ready: false, limit })
    }

    fn load(&self) -> anyhow::Result<Setup> {
        let config = desk::load(&self.folder)?;
        anyhow::ensure!(config.store == self.store, "the store cannot be moved while running; restart for that");
        Setup::new(config).map_err(anyhow::Error::msg)
    }
}

impl Surroundings for Folder {
    fn changed(&mut self) -> Option<Setup> {
        let was_hung_up = poll_now(&mut self.hang_up);
        let stamp = config::stamp(&self.folder, &self.also);
        if stamp != self.seen {
            (self.seen, self.seen_since) = (stamp, Instant::now());
        }
        let is_settled = self.seen_since.elapsed() >= SETTLED_AFTER;
        if !was_hung_up && (stamp == self.taken || !is_settled) {
            return None;
        }
        self.taken = stamp;
        match self.load() {
            Ok(setup) => {
                if self.also != setup.config.also {
                    self.also.clone_from(&setup.config.also);
                    self.taken = config::stamp(&self.folder, &self.also);
                }
                tracing::info!("the configuration changed: watching {} source(s) now", setup.config.sources.len());
                Some(setup)
            }
            Err(error) => {
                tracing::error!("the changed configuration is not taken over, the old one stays: {error:#}");
                None
            }
        }
    }

    fn alive(&mut self) {
        self.limit.report(Instant::now());
        let state: &[sd_notify::NotifyState] =
            if self.told_ready { &[sd_notify::NotifyState::Watchdog] } else { &[sd_notify::NotifyState::Ready] };
        self.told_ready = true;
        let _ = sd_notify::notify(state);
    }
}

/// Whether a signal has come since the last call.
fn poll_now(signal: &mut Signal) -> bool {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    signal.poll_recv(&mut context).is_ready()
}
