//! A file's bytes to what was read in them, by a child process that has limits of time, memory and output.
//!
//! Knows no format: the child is this same program, told by its first word ([`READ_FILE`]) to read one file from standard
//! input. Whatever happens to the child is a value, [`Unreadable`]; it never outlives the reading, nor this process.

mod child;
mod seats;
mod tool;
mod walls;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Document, Snapshot, Unreadable};
use seats::Seats;

pub use tool::{Done, become_tool, run_tool};
pub use walls::raise;

/// The child's first word: read a [`Letter`] and a file from standard input.
pub const READ_FILE: &str = "read-file";
/// The first word of the child's own children: become a program that ends with its parent.
pub const RUN_TOOL: &str = "run-tool";

/// Files read at the same time, at most: each may take all the memory of the settings.
const CHILDREN_MAX: usize = 2;

/// How files are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The program that reads, with [`READ_FILE`] as its first word.
    pub program: PathBuf,
    pub limits: Limits,
    pub tools: Tools,
}

/// Where the child is stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Of the child and of each program that it starts.
    pub memory_bytes: u64,
    /// From beginning to end, as a clock on the wall shows it, and on the processor.
    pub time: Duration,
    /// Time where pages have to be recognised from pictures.
    pub ocr_time: Duration,
    /// What was read, as JSON.
    pub output_bytes: u64,
}

/// Programs of others, by name or path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tools {
    /// `pdftotext` of poppler.
    pub pdftotext: PathBuf,
    pub ocr: Ocr,
}

/// What is done about files that are pictures of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ocr {
    Off,
    Tesseract,
}

impl Default for Settings {
    fn default() -> Self {
        Self { program: own_program(), limits: Limits::default(), tools: Tools::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 512 << 20, time: Duration::from_secs(20), ocr_time: Duration::from_mins(5), output_bytes: 8 << 20 }
    }
}

impl Default for Tools {
    fn default() -> Self {
        Self { pdftotext: PathBuf::from("pdftotext"), ocr: Ocr::Off }
    }
}

/// This very program, also where its file was replaced by a newer one meanwhile.
pub fn own_program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { running } else { std::env::current_exe().unwrap_or_else(|_| PathBuf::from("huitoukan")) }
}

/// What stands before the file's bytes on the child's standard input, as one line of JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    pub url: url::Url,
    pub content_type: Option<String>,
    /// As the server names the file, if it does: `Content-Disposition`.
    pub disposition: Option<String>,
    pub limits: Limits,
    pub tools: Tools,
}

/// What the child answers on its standard output.
pub type Reply = Result<Document, Unreadable>;

/// Reads files apart; cheap to clone, and all clones share the places for children.
#[derive(Debug, Clone, Default)]
pub struct Sandbox {
    settings: Arc<Settings>,
    seats: Arc<Seats>,
}

impl Sandbox {
    pub fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings), seats: Arc::default() }
    }

    /// Reads one file in a child process; waits for it, so call it on a thread that may wait.
    ///
    /// # Errors
    /// What the child says of the file, or what became of the child.
    pub fn read(&self, snapshot: &Snapshot) -> Reply {
        let _seat = self.seats.take(CHILDREN_MAX);
        let settings = &*self.settings;
        let letter = Letter {
            url: snapshot.url.clone(),
            content_type: snapshot.content_type().map(str::to_owned),
            disposition: snapshot.header("content-disposition").map(str::to_owned),
            limits: settings.limits.clone(),
            tools: settings.tools.clone(),
        };
        let mut line = serde_json::to_vec(&letter).map_err(|error| failed(&format!("the file's letter cannot be written: {error}")))?;
        line.push(b'\n');
        let ended = child::run(&settings.program, &[OsStr::new(READ_FILE)], &[&line, &snapshot.body], &self.child_limits())?;
        serde_json::from_slice(&ended)
            .map_err(|_| failed("the process that reads files answered something that is no answer; please report the file"))?
    }

    fn child_limits(&self) -> Limits {
        let limits = self.settings.limits.clone();
        match self.settings.tools.ocr {
            Ocr::Off => limits,
            Ocr::Tesseract => Limits { time: limits.time + limits.ocr_time, ..limits },
        }
    }
}

fn failed(what: &str) -> Unreadable {
    Unreadable::Failed { what: what.to_owned() }
}
