use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use super::table::printable;
use crate::model;

/// Where a command prints: a terminal, a pipe, or the socket of whoever asked the daemon to run it.
pub struct Output {
    /// What was asked for.
    pub out: Printer,
    /// Everything else.
    pub err: Printer,
    pub colour: bool,
    /// Columns of the terminal.
    pub width: u16,
    /// Whether somebody is watching, so that a progress bar makes sense.
    pub is_watched: bool,
    /// What our own colours are told by from those that a page would like to set.
    mark: String,
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
    pub fn new(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, colour: bool, width: u16, is_watched: bool) -> Self {
        let mark = format!("{MARK}{:016x}", RandomState::new().build_hasher().finish());
        let printer = |to| Printer { to, mark: mark.clone(), cut: Vec::new() };
        Self { out: printer(out), err: printer(err), colour, width, is_watched, mark }
    }

    pub fn of_terminal() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let colour = is_terminal && std::env::var_os("NO_COLOR").is_none();
        let width = if is_terminal { terminal_width() } else { 120 };
        Self::new(Box::new(io::stdout()), Box::new(io::stderr()), colour, width, io::stderr().is_terminal())
    }

    /// The same manner of printing, what was asked for going elsewhere.
    pub fn to(&self, out: Box<dyn Write + Send>) -> Self {
        Self::new(out, Box::new(io::stderr()), self.colour, self.width, self.is_watched)
    }

    /// Prints one JSON value on a line of its own.
    pub fn json(&mut self, value: &impl serde::Serialize) -> anyhow::Result<()> {
        writeln!(self.out, "{}", json(value)?)?;
        Ok(())
    }

    /// Says an error with its causes, as a person would.
    pub fn say_error(&mut self, error: &anyhow::Error) {
        let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
        let _ = writeln!(self.err, "huitoukan: {}", causes.join(": "));
    }

    /// Text as one line, in a terminal colour (SGR code) where colours are wanted.
    pub fn painted(&self, text: &str, code: &str) -> String {
        let (mark, text) = (&self.mark, printable(text));
        if self.colour { format!("{mark}{code}m{text}{mark}0m") } else { text }
    }
}

/// JSON that acts on no terminal: what would is escaped, and the value stays the same to the character.
pub fn json(value: &impl serde::Serialize) -> serde_json::Result<String> {
    let plain = serde_json::to_string(value)?;
    if !plain.contains(model::is_control) {
        return Ok(plain);
    }
    let mut escaped = String::with_capacity(plain.len() + 64);
    for c in plain.chars() {
        match model::is_control(c) {
            // Outside of texts there is none; all of them lie in the first plane.
            true => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => escaped.push(c),
        }
    }
    Ok(escaped)
}

/// Pages are strangers: no control character of theirs, which could move the cursor, and none that turns the direction of
/// writing passes through here. Line ends and tabs do, and the colours that [`Output::painted`] sets.
pub struct Printer {
    to: Box<dyn Write + Send>,
    mark: String,
    /// The beginning of a character whose end is still to come.
    cut: Vec<u8>,
}

/// A noncharacter, which no text interchanges (Unicode 23.7).
const MARK: char = '\u{fdd0}';
/// Of a character in UTF-8.
const CHARACTER_BYTES_MAX: usize = 4;

impl Printer {
    /// For what is wanted to the byte: a page as it was served, a backup, what a daemon has cleaned already.
    pub fn exact(&mut self) -> &mut (dyn Write + Send) {
        &mut *self.to
    }

    /// Sends what is printed from now on elsewhere, and returns where it went.
    pub fn redirect(&mut self, to: Box<dyn Write + Send>) -> Box<dyn Write + Send> {
        std::mem::replace(&mut self.to, to)
    }

    fn cleaned(&self, text: &str) -> String {
        let mut cleaned = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(code) = rest.strip_prefix(self.mark.as_str())
                && let Some(end) = code.find('m')
            {
                cleaned.push_str("\x1b[");
                cleaned.push_str(&code[..=end]);
                rest = &code[end + 1..];
                continue;
            }
            let is_line_end = matches!(c, '\n' | '\t') || rest.starts_with("\r\n");
            if is_line_end || !model::is_control(c) {
                cleaned.push(c);
            }
            rest = &rest[c.len_utf8()..];
        }
        cleaned
    }
}

impl Write for Printer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = std::mem::take(&mut self.cut);
        all.extend_from_slice(bytes);
        if let Err(error) = std::str::from_utf8(&all)
            && error.error_len().is_none()
            && all.len() - error.valid_up_to() < CHARACTER_BYTES_MAX
        {
            self.cut = all.split_off(error.valid_up_to());
        }
        let cleaned = self.cleaned(&String::from_utf8_lossy(&all));
        self.to.write_all(cleaned.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn terminal_width() -> u16 {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    said.or_else(|| terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| columns)).unwrap_or(120).max(40)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Taken(Arc<Mutex<Vec<u8>>>);

    impl Write for Taken {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[track_caller]
    fn check(print: impl Fn(&mut Output), expected: &str) {
        let taken = Taken::default();
        print(&mut Output::new(Box::new(taken.clone()), Box::new(io::sink()), true, 80, false));
        assert_eq!(String::from_utf8(taken.0.lock().unwrap().clone()).unwrap(), expected);
    }

    #[test]
    fn what_would_act_on_a_terminal_is_not_printed() {
        let loud = "整\u{1b}[31m改\u{7}\r\u{9b}2J\u{202e}报\u{2066}通\u{7f}\n\t尾";
        check(|output| write!(output.out, "{loud}").unwrap(), "整[31m改2J报通\n\t尾");
        check(|output| write!(output.out, "a,b\r\nc\r").unwrap(), "a,b\r\nc");
    }

    #[test]
    fn only_our_own_colours_pass() {
        let text = "\u{fdd0}0000000000000000\u{31}m红\u{1b}[1m";
        check(|output| write!(output.out, "{}", output.painted(text, "1")).unwrap(), "\x1b[1m\u{fdd0}00000000000000001m红[1m\x1b[0m");
    }

    #[test]
    fn a_character_in_two_pieces_is_whole() {
        let bytes = "整改\u{202e}报".as_bytes();
        for cut in 0..bytes.len() {
            check(
                |output| {
                    output.out.write_all(&bytes[..cut]).unwrap();
                    output.out.write_all(&bytes[cut..]).unwrap();
                },
                "整改报",
            );
        }
        check(|output| output.out.write_all(b"\xff\xfe!").unwrap(), "\u{fffd}\u{fffd}!");
    }

    #[test]
    fn json_says_the_same_and_acts_on_nothing() {
        let loud = "整\u{1b}\u{9b}\u{202e}\u{7f}\n改";
        let printed = json(&loud).unwrap();
        assert!(!printed.contains(model::is_control), "{printed:?}");
        assert_eq!(serde_json::from_str::<String>(&printed).unwrap(), loud);
    }
}
