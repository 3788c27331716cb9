//! Commands that need the store: run here when it is free, by the daemon when that has it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use jiff::{SignedDuration, Timestamp};

use super::{Cli, Command, Exit, Output, remote};
use crate::config::{self, Config, Known};
use crate::flow::clock::Clock;
use crate::flow::house::{House, Setup};
use crate::model::{NoticeId, Tracked};
use crate::sandbox::Sandbox;
use crate::store::{self, StoreError};
use crate::{schedule, site};

/// How long another command is waited for.
const OTHERS_END: Duration = Duration::from_secs(3);

/// Which configuration, and which time it is.
#[derive(Debug, Clone)]
pub struct Folder {
    pub config: PathBuf,
    pub now: Option<Clock>,
}

impl Folder {
    pub fn clock(&self) -> Clock {
        self.now.clone().unwrap_or_else(Clock::machine)
    }

    /// # Errors
    /// Every problem of the configuration, one a line.
    pub fn load(&self) -> anyhow::Result<Config> {
        load(&self.config)
    }

    /// How files are read, by all that can be told from a configuration that need not be there.
    pub fn sandbox(&self) -> Sandbox {
        if !self.config.join("huitoukan.toml").exists() {
            return Sandbox::default();
        }
        match self.load() {
            Ok(config) => Sandbox::new(config.files),
            Err(problems) => {
                eprintln!("files are read by the usual settings, since the configuration cannot be used: {problems:#}");
                Sandbox::default()
            }
        }
    }

    /// Where the store lies by all that can be told from a configuration that is perhaps broken.
    pub fn store(&self) -> PathBuf {
        let main = std::fs::read_to_string(self.config.join("huitoukan.toml")).unwrap_or_default();
        let table: toml::Table = main.parse().unwrap_or_default();
        self.config.join(table.get("store").and_then(toml::Value::as_str).unwrap_or("store"))
    }

    pub fn setup(&self) -> anyhow::Result<Setup> {
        Setup::new(self.load()?).map_err(|problem| anyhow!(problem))
    }

    /// The house with its store.
    ///
    /// # Errors
    /// The configuration's or the store's.
    pub fn open(&self) -> anyhow::Result<Arc<House>> {
        let setup = self.setup()?;
        let store = store::open(&store::Settings::at(&setup.config.store))?;
        Ok(Arc::new(House::new(setup, store.into(), self.clock())))
    }
}

/// The clock that `--now` asks for. A time begins to run when it is read; what is so much later stays so much later, from
/// one start to the next.
///
/// # Errors
/// It is neither, with examples.
pub fn clock(now: &str) -> Result<Clock, String> {
    let read = match now.strip_prefix('+') {
        Some(ahead) => ahead.parse::<SignedDuration>().map(|ahead| Clock::Machine { ahead }),
        None => now.parse::<Timestamp>().map(Clock::machine_from),
    };
    read.map_err(|error| format!("{error}; write a time such as 2026-11-22T08:00:00+08:00, or how much later, such as +26h"))
}

/// # Errors
/// Every problem of the configuration, one a line.
pub fn load(folder: &Path) -> anyhow::Result<Config> {
    match std::fs::metadata(folder) {
        Ok(it) if it.is_dir() => {}
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            bail!("{}: it cannot be read: {error}; look at the disk, and at who may read there", folder.display())
        }
        _ => bail!("there is no configuration folder {}; `huitoukan init {}` writes one", folder.display(), folder.display()),
    }
    config::load(folder, &known()).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow!("the configuration has {} problem(s):\n{}", lines.len(), lines.join("\n"))
    })
}

/// What the configuration cannot know of the other parts.
pub fn known() -> Known<'static> {
    static FAMILIES: LazyLock<Vec<&'static str>> = LazyLock::new(|| site::family_names().collect());
    Known { families: &FAMILIES, cron: schedule::check }
}

/// Runs a command that needs the store.
///
/// # Errors
/// The command's.
pub async fn answered(cli: &Cli, output: &mut Output) -> anyhow::Result<Exit> {
    let folder = cli.folder();
    let setup = match folder.setup() {
        Ok(setup) => setup,
        Err(problems) => {
            // A daemon that is at work goes on with the configuration it has, and so do the commands it answers.
            let Some(stream) = remote::connect(&folder.store()).await else { return Err(problems) };
            output.say_error(&problems);
            writeln!(output.err, "the running daemon answers, with the configuration that it took over last")?;
            return remote::ask(stream, std::env::args().skip(1).collect(), output).await;
        }
    };
    let patience = Instant::now();
    loop {
        match store::open(&store::Settings::at(&setup.config.store)) {
            Ok(store) => return at(&cli.command, &Arc::new(House::new(setup, store.into(), folder.clock())), output).await,
            Err(StoreError::Locked { path, by }) => {
                if let Some(stream) = remote::connect(&setup.config.store).await {
                    if cli.now.is_some() {
                        bail!("a daemon is running here, and has a clock of its own: leave --now out, or stop it first");
                    }
                    return remote::ask(stream, std::env::args().skip(1).collect(), output).await;
                }
                if patience.elapsed() > OTHERS_END {
                    let by = by.unwrap_or_else(|| "another process".to_owned());
                    bail!("the store {path} is in use by {by}, which is no daemon that answers; wait until it ends, or stop it");
                }
            }
            Err(error) => return Err(error.into()),
        }
        // Another command, which mostly ends at once, or a daemon that has just been started.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Runs a command at a house that is already open.
///
/// # Errors
/// The command's; a command that does not belong at a running daemon.
pub(super) async fn at(command: &Command, house: &Arc<House>, output: &mut Output) -> anyhow::Result<Exit> {
    match command {
        Command::Check(args) => args.run(house, output).await,
        Command::Sources(args) => args.run(house, output),
        Command::Notices(args) => args.run(house, output),
        Command::Show(args) => args.run(house, output),
        Command::History(args) => args.run(house, output),
        Command::Diff(args) => args.run(house, output),
        Command::Items(args) => args.run(house, output),
        Command::Deadlines(args) => args.run(house, output),
        Command::Bodies(args) => args.run(house, output),
        Command::Late(args) => args.run(house, output),
        Command::Checks(args) => args.run(house, output),
        Command::Similar(args) => args.run(house, output),
        Command::Export(args) => args.run(house, output),
        Command::Digest(args) => args.run(house, output).await,
        Command::Outbox(args) => args.run(house, output).await,
        Command::Impact(args) => args.run(house, output),
        Command::Status(args) => args.run(house, output),
        Command::Reread(args) => args.run(house, output).await,
        Command::Repair(args) => args.run(house, output),
        Command::Prune(args) => args.run(house, output),
        Command::Forget(args) => args.run(house, output),
        Command::Backup(args) => args.write(house, output),
        Command::Verify(args) => args.run(house, output),
        _ => bail!("this command does not need the store"),
    }
}

/// The notice that a person means: by the beginning of its name, or by its address.
///
/// # Errors
/// There is none, or more than one.
pub fn notice(house: &House, meant: &str) -> anyhow::Result<Tracked> {
    if meant.contains("://") {
        let url = meant.parse().with_context(|| format!("{meant} is not an address"))?;
        let found = house.store.tracked_at(&crate::site::canonical(&url))?;
        return found.ok_or_else(|| anyhow!("no notice at {meant} is known; `huitoukan notices` lists all"));
    }
    let prefix = meant.to_ascii_uppercase();
    let named = house.store.named(&prefix)?;
    match named.as_slice() {
        [] => bail!("no notice is named {meant}; `huitoukan notices` lists all"),
        [id] => house.store.tracked(id)?.ok_or_else(|| anyhow!("notice {id} is gone from the store")),
        several => {
            let names: Vec<&str> = several.iter().map(|NoticeId(name)| name.as_str()).collect();
            bail!("{meant} may be {}: give more letters", names.join(" or "))
        }
    }
}
