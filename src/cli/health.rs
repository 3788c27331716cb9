use std::process::ExitCode;

use super::{Output, desk::Folder, remote};

/// Asks the running daemon whether it is well: exit code 0, or 1 where it does not answer.
///
/// An ailing source is no reason to restart the daemon: see `status` for those.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan health || systemctl restart huitoukan")]
pub struct HealthArgs {}

impl HealthArgs {
    pub async fn run(&self, folder: &Folder, output: &mut Output) -> anyhow::Result<ExitCode> {
        let config = folder.load()?;
        remote::ask(&config.store, vec!["status".to_owned()], output).await?;
        Ok(ExitCode::SUCCESS)
    }
}
