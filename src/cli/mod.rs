//! The command line: one file per command. Reads the clock, prints, and decides nothing that `flow` could decide.
//!
//! To add a command: a file with its arguments and `run`, one variant of [`Command`], one arm in [`run`].
//! JSON and text that was asked for go to standard output, everything else to standard error.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::flow::clock::Clock;

mod add;
mod backup;
mod bodies;
mod catalogue;
mod check;
mod check_config;
mod checks;
mod completions;
mod deadlines;
mod demo;
mod desk;
mod diff;
mod digest;
mod export;
mod extract;
mod forget;
mod health;
mod history;
mod impact;
mod init;
mod items;
mod late;
pub mod listing;
mod log;
mod mail;
mod notices;
mod outbox;
mod output;
mod parcel;
mod parse;
mod prune;
mod raw;
mod read_file;
mod relatives;
mod remote;
mod repair;
mod reread;
mod restore;
mod robots;
mod rows;
mod run;
mod runtime;
mod schema;
mod show;
mod similar;
mod sources;
mod status;
mod table;
mod tryout;
mod verify;

pub use output::{Exit, Output};
pub use read_file::child;
pub use remote::{ask, serve};

/// 回头看: watches public bodies' pages for rectification notices (整改情况通报), keeps every version, mails what changed.
#[derive(Debug, Parser)]
#[command(name = "huitoukan", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// Folder of the configuration
    #[arg(long, global = true, value_name = "DIR", default_value = "config", env = "HUITOUKAN_CONFIG")]
    config: PathBuf,
    /// Pretend that it is this time now, such as 2026-11-22T08:00:00+08:00, or so much later than it is, such as +26h: for
    /// rehearsals and tests
    #[arg(long, global = true, value_name = "TIME", value_parser = desk::clock)]
    now: Option<Clock>,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 all is well · 1 it failed, standard error says why · 2 the command line is wrong · \
3 it worked, and found something that needs a person (an ailing source, a configuration with problems)";

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays three weeks of five small sites in seconds, without internet
    Demo(demo::DemoArgs),
    /// Writes a commented starting configuration
    Init(init::InitArgs),
    /// Recognises a listing page, and writes a source's file for it
    Add(add::AddArgs),
    /// Shows what a visit would record, and records nothing
    Try(tryout::TryArgs),
    /// Makes one pass now: visits, owes what is due, mails it
    Check(check::CheckArgs),
    /// Runs for good: the daemon
    Run(run::RunArgs),
    /// How each source is doing
    Sources(sources::SourcesArgs),
    /// Lists notices
    Notices(notices::NoticesArgs),
    /// Shows one notice
    Show(show::ShowArgs),
    /// Lists the versions of a notice and what happened to it
    History(history::HistoryArgs),
    /// Shows what differs between two versions of a notice, or between two notices
    Diff(diff::DiffArgs),
    /// Lists the problems that the notices tell of, and what became of each
    Items(items::ItemsArgs),
    /// Lists what bodies set themselves a day for and have not done
    Deadlines(deadlines::DeadlinesArgs),
    /// Lists the bodies that notices tell of, however they are spelled
    Bodies(bodies::BodiesArgs),
    /// Lists bodies that had findings fed back and have not published what they did
    Late(late::LateArgs),
    /// Lists what is worth a second look, as facts with their sentences
    Checks(checks::ChecksArgs),
    /// Lists problems alike across bodies, or measures that are nearly the same text
    Similar(similar::SimilarArgs),
    /// Writes all that is kept and understood as tables with a codebook, for researchers
    Export(export::ExportArgs),
    /// Shows what a subscriber would be told now, or sends it
    Digest(digest::DigestArgs),
    /// Lists the mails that have not gone out; tries them again, or takes them out
    Outbox(outbox::OutboxArgs),
    /// Tells what each host was asked on each day
    Impact(impact::ImpactArgs),
    /// How the whole is doing
    Status(status::StatusArgs),
    /// Asks the running daemon whether it is well: for supervisors
    Health(health::HealthArgs),
    /// Reads stored snapshots again, after the reading code changed
    Reread(reread::RereadArgs),
    /// Makes again what can be made of the rest: indexes and counts
    Repair(repair::RepairArgs),
    /// Removes what has been kept for its time
    Prune(prune::PruneArgs),
    /// Removes a notice for good, and does not collect it again
    Forget(forget::ForgetArgs),
    /// Writes everything that is kept into one file, also while the daemon runs
    Backup(backup::BackupArgs),
    /// Makes the store of a backup, and checks all of it
    Restore(restore::RestoreArgs),
    /// Checks everything that is kept, and changes nothing
    Verify(verify::VerifyArgs),
    /// Checks the configuration and says every problem of it
    CheckConfig(check_config::CheckConfigArgs),
    /// Prints the JSON Schema of a configuration file, for editors
    Schema(schema::SchemaArgs),
    /// Prints a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Reads a listing page from a file
    Listing(listing::ListingArgs),
    /// Reads notice pages from files
    Extract(extract::ExtractArgs),
    /// Understands notices from files
    Parse(parse::ParseArgs),
    /// Says whether a robots.txt allows an address
    Robots(robots::RobotsArgs),
}

/// Runs the program's command line.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let mut output = Output::of_terminal();
    let outcome = cli.run_at_once(&mut output).unwrap_or_else(|| runtime::wait_for(cli.run_waiting(&mut output)));
    outcome.unwrap_or_else(|error| {
        // A reader that closed the pipe (`| head`) has all it wanted.
        if error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)) {
            return ExitCode::SUCCESS;
        }
        output.say_error(&error);
        ExitCode::FAILURE
    })
}

impl Cli {
    /// What reads and prints only, and so needs no thread besides this one; nothing where the command is another.
    fn run_at_once(&self, output: &mut Output) -> Option<anyhow::Result<ExitCode>> {
        let outcome = match &self.command {
            Command::Init(args) => args.run(),
            Command::Sources(args) if args.catalogue.catalogue => args.catalogue.run(&self.folder(), args.form.json, output),
            Command::CheckConfig(args) => args.run(&self.config),
            Command::Schema(args) => args.run(),
            Command::Completions(args) => args.run(Self::command()),
            Command::Listing(args) => args.run(),
            Command::Extract(args) => args.run(&self.folder()),
            Command::Parse(args) => args.run(&self.folder()),
            Command::Robots(args) => args.run(),
            _ => return None,
        };
        Some(outcome)
    }

    /// What waits for sites, the mail server, the store or a running daemon.
    async fn run_waiting(&self, output: &mut Output) -> anyhow::Result<ExitCode> {
        match &self.command {
            Command::Demo(args) => args.run().await,
            Command::Add(args) => args.run(&self.folder()).await,
            Command::Try(args) => args.run(&self.folder()).await,
            Command::Run(args) => args.run(&self.folder()).await,
            Command::Backup(args) => args.run(self, output).await,
            Command::Restore(args) => args.run(&self.folder(), output).map(ExitCode::from),
            Command::Health(args) => args.run(&self.folder(), output).await,
            Command::Show(args) if args.writes() => args.receive(self, output).await.map(ExitCode::from),
            Command::Export(args) => args.receive(self, output).await.map(ExitCode::from),
            _ => desk::answered(self, output).await.map(ExitCode::from),
        }
    }

    fn folder(&self) -> desk::Folder {
        desk::Folder { config: self.config.clone(), now: self.now.clone() }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in super::Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Example"), "{} shows none", command.get_name());
        }
    }
}
