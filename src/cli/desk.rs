//! Commands that need the store: run here when it is free, by the daemon when that has it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use anyhow::{Context, anyhow, bail};
use jiff::Timestamp;

use super::{Cli, Command, Exit, Output, remote};
use crate::config::{self, Config, Known};
use crate::flow::clock::Clock;
use crate::flow::house::{House, Setup};
use crate::model::{NoticeId, Tracked};
use crate::store::{self, StoreError};
use crate::{schedule, site};

/// Which configuration, and which time it is.
#[derive(Debug, Clone)]
pub struct Folder {
    pub config: PathBuf,
    pub now: Option<Timestamp>,
}

impl Folder {
    pub fn clock(&self) -> Clock {
        self.now.map_or_else(Clock::machine, Clock::machine_from)
    }

    /// # Errors
    /// Every problem of the configuration, one a line.
    pub fn load(&self) -> anyhow::Result<Config> {
        load(&self.config)
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

/// # Errors
/// Every problem of the configuration, one a line.
pub fn load(folder: &Path) -> anyhow::Result<Config> {
    if !folder.is_dir() {
        bail!("there is no configuration folder {}; `huitoukan init {}` writes one", folder.display(), folder.display());
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
pub async fn run(cli: &Cli, output: &mut Output) -> anyhow::Result<Exit> {
    let folder = cli.folder();
    let setup = folder.setup()?;
    let house = match store::open(&store::Settings::at(&setup.config.store)) {
        Ok(store) => Arc::new(House::new(setup, store.into(), folder.clock())),
        Err(locked @ StoreError::Locked { .. }) => {
            if cli.now.is_some() {
                bail!("{locked}; --now cannot be given to a running daemon, which has a clock of its own");
            }
            let arguments = std::env::args().skip(1).collect();
            return remote::ask(&setup.config.store, arguments, output).await.with_context(|| locked.to_string());
        }
        Err(error) => return Err(error.into()),
    };
    at(&cli.command, &house, output).await
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
        Command::Digest(args) => args.run(house, output).await,
        Command::Status(args) => args.run(house, output),
        Command::Reread(args) => args.run(house, output).await,
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
