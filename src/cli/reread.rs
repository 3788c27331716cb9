use std::io::Write;
use std::sync::Arc;

use super::{Exit, Output};
use crate::flow::house::House;
use crate::flow::reread;

/// Reads stored snapshots again, after the reading code or a source's selectors changed. Alarms nobody.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan reread --all")]
pub struct RereadArgs {
    /// Also those that the present code has read: after a change of selectors
    #[arg(long)]
    all: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl RereadArgs {
    pub async fn run(&self, house: &Arc<House>, output: &mut Output) -> anyhow::Result<Exit> {
        let reread::Reread { versions, different, pageless } = reread::everything(house, self.all).await?;
        if self.json {
            output.json(&serde_json::json!({"versions": versions, "different": different, "pageless": pageless}))?;
        } else {
            writeln!(output.err, "{versions} version(s) read again, {different} of them read differently now")?;
            if pageless > 0 {
                writeln!(output.err, "{pageless} keep the reading they have: their pages went by the time for keeping ([keep] snapshots)")?;
            }
        }
        Ok(Exit::Well)
    }
}
