use std::io::Write;
use std::process::ExitCode;

use crate::config::{File, json_schema};

/// Prints the JSON Schema of a configuration file, for editors.
///
/// An editor with TOML support completes and explains keys where the first line of a file names its schema:
/// `#:schema config.schema.json`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan schema source > sources.schema.json")]
pub struct SchemaArgs {
    /// Which kind of file
    #[arg(value_enum, default_value = "main")]
    file: Which,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Which {
    /// huitoukan.toml
    Main,
    /// subscribers.toml
    Subscribers,
    /// sources/*.toml
    Source,
}

impl SchemaArgs {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let file = match self.file {
            Which::Main => File::Main,
            Which::Subscribers => File::Subscribers,
            Which::Source => File::Source,
        };
        let text = serde_json::to_string_pretty(&json_schema(file))?;
        writeln!(std::io::stdout(), "{text}")?;
        Ok(ExitCode::SUCCESS)
    }
}
