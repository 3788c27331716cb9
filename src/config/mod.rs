//! A folder of TOML files to a [`Config`]; all problems at once, each with file, line and what to write instead.
//!
//! The only place that reads the environment. Writes nothing, and never loads a part.

mod catalogue;
mod check;
mod files;
mod json;
mod mail;
mod main;
mod schema;
mod section;
mod sources;
mod stamp;
mod subscribers;
mod value;

use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::model::{self, Source, SourceId, Subscriber};
use crate::{channel, fetch, sandbox};

pub use catalogue::{Column, catalogue};
pub use json::{File, json_schema};
pub use sources::reading_of;
pub use stamp::{Stamp, stamp};

/// All that a folder says.
#[derive(Debug, Clone)]
pub struct Config {
    pub folder: PathBuf,
    /// Where the store lies.
    pub store: PathBuf,
    pub fetch: fetch::Settings,
    pub mail: channel::Settings,
    pub files: sandbox::Settings,
    /// Shortest pause between two requests to one host, in milliseconds.
    pub pause_ms: u64,
    pub per_address: PerAddress,
    /// How long a message may be tried in vain before it is held, in seconds.
    pub hold_after_s: u64,
    /// Hosts visited at the same time, at most.
    pub hosts_max: usize,
    /// Time zone of what names none.
    pub zone: String,
    /// Windows of the sources that name none: a cron expression of six fields.
    pub visit: String,
    pub log: Log,
    pub keep: Keep,
    /// What notices are collected for, where their source does not say it.
    pub purpose: Option<String>,
    pub sources: Vec<Source>,
    pub subscribers: Vec<Subscriber>,
    /// Files elsewhere that were read too, to be watched like the folder: passwords, certificates.
    pub also: Vec<PathBuf>,
    /// Those of them that hold a password or a key.
    pub secrets: Vec<PathBuf>,
}

impl Config {
    /// Files with secrets that others than their owner's own people may read or change, each in a sentence with what to do.
    pub fn exposed_secrets(&self) -> Vec<String> {
        let exposed = |path: &PathBuf| {
            let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
            let path = path.display();
            (mode & 0o027 != 0).then(|| format!("{path} holds a secret and is open to others (mode {mode:o}); run: chmod 600 {path}"))
        };
        self.secrets.iter().filter_map(exposed).collect()
    }
}

/// What the hosts of one address are asked together. What is not written follows from the pause of a host; then addresses in
/// private networks, which are the operator's own, have no such limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PerAddress {
    /// Shortest pause between two requests, in milliseconds.
    pub pause_ms: Option<u64>,
    /// Requests at the same time; at least 1.
    pub at_once: Option<usize>,
}

/// For how long things are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keep {
    /// Of sources that say nothing else.
    pub notices: model::Keep,
    /// The words of mails that went out, in days; `None` is for good.
    pub messages_days: Option<u32>,
    /// What hosts were asked, in days; `None` is for good.
    pub impact_days: Option<u32>,
    /// When what has been kept for its time goes: a cron expression of six fields.
    pub at: String,
}

impl Keep {
    /// Whether nothing ever goes.
    pub fn is_for_good(&self, sources: &[Source]) -> bool {
        let nothing = model::Keep::default();
        let of_sources = sources.iter().all(|source| source.keep == nothing);
        of_sources && self.notices == nothing && self.messages_days.is_none() && self.impact_days.is_none()
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    Text,
    Json,
}

/// One thing that is wrong, ready to be read aloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub file: PathBuf,
    pub line: Option<usize>,
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file.display(), self.text),
            None => write!(f, "{}: {}", self.file.display(), self.text),
        }
    }
}

/// What only other parts can judge; handed in, since configuration knows none of them.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Names of the families; any name is taken where there are none.
    pub families: &'a [&'a str],
    /// Whether a cron expression can be read in a zone and ever falls due: `schedule::check`.
    pub cron: fn(cron: &str, zone: &str) -> Result<(), String>,
}

/// # Errors
/// Every problem of every file; nothing is half loaded.
pub fn load(folder: &Path, known: &Known<'_>) -> Result<Config, Vec<Problem>> {
    load_in(folder, known, &|name| std::env::var_os(name).and_then(|value| value.into_string().ok()))
}

/// What the environment says to a name.
type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

fn load_in(folder: &Path, known: &Known<'_>, environment: Environment<'_>) -> Result<Config, Vec<Problem>> {
    let mut problems = Vec::new();
    let files = files::read(folder, &mut problems);
    let mut hold = |file: &files::Read, keys| check::check(&file.path, &file.text, keys, known, &mut problems);
    let main = files.main.as_ref().map(|file| hold(file, schema::MAIN));
    let people = files.subscribers.as_ref().map(|file| hold(file, schema::SUBSCRIBERS));
    let sources: Vec<_> = files.sources.iter().map(|(id, file)| (id.clone(), hold(file, schema::SOURCE))).collect();

    let mut config = main::read(&main.unwrap_or_default(), folder, environment, &mut problems);
    config.sources = sources::read(&sources, &mut config, &mut problems);
    let named: Vec<SourceId> = files.sources.into_keys().collect();
    config.subscribers = subscribers::read(&people.unwrap_or_default(), &config.zone, &named, &mut problems);
    if problems.is_empty() {
        return Ok(config);
    }
    problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Err(problems)
}

/// The name that was probably meant: at most a third of its letters wrong.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let near = names.map(|other| (distance(&name, &other.to_lowercase()), other)).min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, other)| *distance * 3 <= other.chars().count().max(3)).map(|(_, other)| other)
}

/// Letters to change, add, leave out or swap with their neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
