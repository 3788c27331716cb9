//! A robots.txt file, a crawler's name and an address to "allowed" or "disallowed". Touches neither net nor store.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::fetch::Robots;

/// Says whether a robots.txt file lets a crawler read an address
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan robots robots.txt --agent huitoukan --url https://www.example.gov.cn/zwgk/\n\n\
                        The address is taken as it stands, so it should be percent-encoded. Exit code 0 in both cases.")]
pub struct RobotsArgs {
    /// The robots.txt file
    file: PathBuf,
    /// The crawler's name (product token)
    #[arg(long, default_value = crate::fetch::PRODUCT_TOKEN)]
    agent: String,
    /// The address to be read
    #[arg(long)]
    url: String,
    /// Print JSON: {"allowed":true,"crawl_delay_s":null}
    #[arg(long)]
    json: bool,
}

impl RobotsArgs {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let file = std::fs::read(&self.file).with_context(|| format!("{} cannot be read", self.file.display()))?;
        let robots = Robots::read(&file, &self.agent);
        let allowed = robots.allows(&self.url);
        if self.json {
            let crawl_delay_s = robots.crawl_delay.map(|delay| delay.as_secs_f64());
            println!("{}", serde_json::json!({ "allowed": allowed, "crawl_delay_s": crawl_delay_s }));
        } else {
            println!("{}", if allowed { "allowed" } else { "disallowed" });
        }
        Ok(ExitCode::SUCCESS)
    }
}
