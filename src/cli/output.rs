use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Where a command prints: a terminal, a pipe, or the socket of whoever asked the daemon to run it.
pub struct Output {
    /// What was asked for.
    pub out: Box<dyn Write + Send>,
    /// Everything else.
    pub err: Box<dyn Write + Send>,
    pub colour: bool,
    /// Columns of the terminal.
    pub width: u16,
    /// Whether somebody is watching, so that a progress bar makes sense.
    pub is_watched: bool,
}

/// How a command ended, as its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Well,
    Failed,
    /// It worked, and found something that needs a person.
    NeedsPerson,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Failed => 1,
            Self::NeedsPerson => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Output {
    pub fn of_terminal() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        Self {
            out: Box::new(std::io::stdout()),
            err: Box::new(std::io::stderr()),
            colour: is_terminal && std::env::var_os("NO_COLOR").is_none(),
            width: if is_terminal { terminal_width() } else { 120 },
            is_watched: std::io::stderr().is_terminal(),
        }
    }

    /// Prints one JSON value on a line of its own.
    pub fn json(&mut self, value: &impl serde::Serialize) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        writeln!(self.out)?;
        Ok(())
    }

    /// Says an error with its causes, as a person would.
    pub fn say_error(&mut self, error: &anyhow::Error) {
        let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
        let _ = writeln!(self.err, "huitoukan: {}", causes.join(": "));
    }

    /// Text in a terminal colour (SGR code), where colours are wanted.
    pub fn painted(&self, text: &str, code: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn terminal_width() -> u16 {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    said.or_else(|| terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| columns)).unwrap_or(120).max(40)
}
