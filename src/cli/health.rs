use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};

use super::{Exit, Output, desk::Folder, remote};

/// How long a daemon that is well may take to say so.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks the running daemon whether it is well: exit code 0, or 1 where it does not answer or can keep nothing (a full disk).
///
/// An ailing source is no reason to restart the daemon: see `status` for those.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan health || systemctl restart huitoukan")]
pub struct HealthArgs {}

impl HealthArgs {
    pub async fn run(&self, folder: &Folder, output: &mut Output) -> anyhow::Result<ExitCode> {
        // A configuration that was broken while the daemon runs is no reason to restart it.
        let store = folder.store();
        let Some(stream) = remote::connect(&store).await else { bail!("no daemon answers at the store {}", store.display()) };
        let asked = remote::ask(stream, vec!["status".to_owned()], output);
        let exit = tokio::time::timeout(TIMEOUT, asked).await.context("the daemon was asked and says nothing")??;
        Ok(if exit == Exit::Failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
