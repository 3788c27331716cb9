use std::path::Path;
use std::process::ExitCode;

use super::desk::known;
use crate::channel::Channel;
use crate::config::{self, Config, Problem};

/// Exit code where the configuration needs a person.
const NEEDS_PERSON: u8 = 3;

/// Checks the configuration and says every problem of it, with file and line.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan check-config\n  huitoukan --config /etc/huitoukan check-config --json")]
pub struct CheckConfigArgs {
    /// Print the problems as JSON: [{"file", "line", "text"}]
    #[arg(long)]
    json: bool,
}

impl CheckConfigArgs {
    pub fn run(&self, folder: &Path) -> anyhow::Result<ExitCode> {
        let loaded = config::load(folder, &known()).and_then(usable);
        let problems = loaded.as_ref().err().map(Vec::as_slice).unwrap_or_default();
        if self.json {
            let lines: Vec<_> = problems
                .iter()
                .map(|problem| serde_json::json!({ "file": problem.file, "line": problem.line, "text": problem.text }))
                .collect();
            println!("{}", serde_json::to_string_pretty(&lines)?);
        }
        match &loaded {
            Ok(config) => {
                config.exposed_secrets().iter().for_each(|warning| eprintln!("warning: {warning}"));
                eprintln!("{} sources, {} subscribers: fine", config.sources.len(), config.subscribers.len());
                Ok(ExitCode::SUCCESS)
            }
            Err(problems) => {
                if !self.json {
                    problems.iter().for_each(|problem| eprintln!("{problem}"));
                }
                let (count, noun) = (problems.len(), if problems.len() == 1 { "problem" } else { "problems" });
                eprintln!("{count} {noun}; nothing is taken over before all are gone");
                Ok(ExitCode::from(NEEDS_PERSON))
            }
        }
    }
}

/// What shows only when the parts are put together: a certificate that is none, a key that cannot sign.
fn usable(config: Config) -> Result<Config, Vec<Problem>> {
    match Channel::new(&config.mail) {
        Ok(_) => Ok(config),
        Err(text) => Err(vec![Problem { file: config.folder.join("huitoukan.toml"), line: None, text: format!("[mail]: {text}") }]),
    }
}
