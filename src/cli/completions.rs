use std::io::Write;
use std::process::ExitCode;

/// Prints a completion script for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan completions bash > ~/.local/share/bash-completion/completions/huitoukan")]
pub struct CompletionsArgs {
    /// Which shell
    shell: clap_complete::Shell,
}

impl CompletionsArgs {
    pub fn run(&self, mut command: clap::Command) -> anyhow::Result<ExitCode> {
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        std::io::stdout().write_all(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
