//! A power cut, replayed: the system calls of a process that keeps things, as strace saw them, and at every moment of them
//! the files as a disk may have them that lost all that was not synced by then.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a process did to files, in the order in which the kernel was done with it.
#[derive(Debug)]
pub enum Step {
    Open {
        file: i64,
        path: PathBuf,
        create: bool,
        truncate: bool,
    },
    Seek {
        file: i64,
        to: u64,
    },
    Write {
        file: i64,
        path: PathBuf,
        bytes: Vec<u8>,
        at: Option<u64>,
    },
    Truncate {
        path: PathBuf,
        bytes: u64,
    },
    /// Begun; what is written later need not be on disk when it ends.
    SyncBegins {
        path: PathBuf,
        id: usize,
    },
    Synced {
        path: PathBuf,
        id: usize,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove {
        path: PathBuf,
    },
}

const CALLS: &str = "trace=openat,write,pwrite64,lseek,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat";

/// Runs the command to its end under strace, and returns what it did; writes to standard output among it (file 1).
pub fn steps(command: &mut Command, log: &Path) -> Vec<Step> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-y", "-xx", "-s", "4194304", "-e", CALLS, "-o"]).arg(log);
    strace.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        strace.env(name, value.unwrap());
    }
    let output = strace.output().expect("strace is installed (Debian: strace)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(log).unwrap();
    let mut steps = Vec::new();
    let (mut unfinished, mut syncs): (HashMap<&str, (String, usize)>, usize) = (HashMap::new(), 0);
    for line in text.lines() {
        let Some((process, call)) = line.split_once(char::is_whitespace) else { continue };
        let call = call.trim_start();
        if let Some(begun) = call.strip_suffix(" <unfinished ...>") {
            syncs += 1;
            steps.extend(sync_begins(begun, syncs));
            unfinished.insert(process, (begun.to_owned(), syncs));
        } else if let Some((_, rest)) = call.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
            let (begun, id) = unfinished.remove(process).unwrap_or_default();
            steps.extend(step(&format!("{begun}{rest}"), id));
        } else {
            syncs += 1;
            steps.extend(sync_begins(call, syncs));
            steps.extend(step(call, syncs));
        }
    }
    steps
}

fn sync_begins(call: &str, id: usize) -> Option<Step> {
    let rest = call.strip_prefix("fsync(").or_else(|| call.strip_prefix("fdatasync("))?;
    Some(Step::SyncBegins { path: file(rest)?.1, id })
}

fn step(call: &str, id: usize) -> Option<Step> {
    let (head, result) = call.rsplit_once(" = ")?;
    let result: i64 = result.split(['<', ' ']).next()?.parse().ok()?;
    if result < 0 {
        return None;
    }
    let (name, rest) = head.split_once('(')?;
    let rest = rest.trim_end().strip_suffix(')')?;
    let strings: Vec<Vec<u8>> = rest.split('"').skip(1).step_by(2).map(unescape).collect();
    let path = |at: usize| strings.get(at).map(|bytes| PathBuf::from(String::from_utf8_lossy(bytes).into_owned()));
    let last = || rest.rsplit(", ").next()?.parse::<u64>().ok();
    match name {
        "openat" => Some(Step::Open { file: result, path: path(0)?, create: rest.contains("O_CREAT"), truncate: rest.contains("O_TRUNC") }),
        "lseek" => Some(Step::Seek { file: file(rest)?.0, to: result as u64 }),
        "write" | "pwrite64" => {
            let (file, path) = file(rest)?;
            let mut bytes = strings.first().cloned().unwrap_or_default();
            bytes.truncate(result as usize);
            Some(Step::Write { file, path, bytes, at: if name == "pwrite64" { last() } else { None } })
        }
        "ftruncate" => Some(Step::Truncate { path: file(rest)?.1, bytes: last()? }),
        "fsync" | "fdatasync" => Some(Step::Synced { path: file(rest)?.1, id }),
        "rename" | "renameat" | "renameat2" => Some(Step::Rename { from: path(0)?, to: path(1)? }),
        "unlink" | "unlinkat" => Some(Step::Remove { path: path(0)? }),
        _ => None,
    }
}

/// `5</a/b>, …` to number and path.
fn file(arguments: &str) -> Option<(i64, PathBuf)> {
    let (number, rest) = arguments.split_once('<')?;
    let (path, _) = rest.split_once('>')?;
    Some((number.parse().ok()?, PathBuf::from(String::from_utf8_lossy(&unescape(path)).into_owned())))
}

/// `\x2f\x61` to bytes; what is not escaped stands for itself.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match after {
            [b'x', high, low, after @ ..] if *first == b'\\' => {
                let digit = |digit: &u8| char::from(*digit).to_digit(16).unwrap_or_default() as u8;
                bytes.push(digit(high) << 4 | digit(low));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

/// A disk below one folder: what its files hold now, and what of that would survive a power cut.
#[derive(Debug, Default)]
pub struct Disk {
    contents: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    synced_names: BTreeMap<PathBuf, usize>,
    positions: HashMap<i64, u64>,
    syncing: HashMap<usize, Vec<u8>>,
}

#[derive(Debug, Default, Clone)]
struct Content {
    now: Vec<u8>,
    synced: Vec<u8>,
}

impl Disk {
    pub fn take(&mut self, step: &Step) {
        match step {
            Step::Open { file, path, create, truncate } => {
                self.positions.insert(*file, 0);
                // What is only looked into may be a folder.
                if *create {
                    let content = self.content(path);
                    content.now.truncate(if *truncate { 0 } else { usize::MAX });
                }
            }
            Step::Seek { file, to } => drop(self.positions.insert(*file, *to)),
            Step::Write { file, path, bytes, at } => {
                let from = at.unwrap_or_else(|| self.positions.get(file).copied().unwrap_or_default()) as usize;
                let content = &mut self.content(path).now;
                content.resize(content.len().max(from + bytes.len()), 0);
                content[from..from + bytes.len()].copy_from_slice(bytes);
                if at.is_none() {
                    self.positions.insert(*file, (from + bytes.len()) as u64);
                }
            }
            Step::Truncate { path, bytes } => self.content(path).now.resize(*bytes as usize, 0),
            Step::SyncBegins { path, id } => {
                if let Some(number) = self.names.get(path) {
                    self.syncing.insert(*id, self.contents[*number].now.clone());
                }
            }
            Step::Synced { path, id } => self.synced(path, *id),
            Step::Rename { from, to } => {
                if let Some(number) = self.names.remove(from) {
                    self.names.insert(to.clone(), number);
                }
            }
            Step::Remove { path } => drop(self.names.remove(path)),
        }
    }

    fn content(&mut self, path: &Path) -> &mut Content {
        let next = self.contents.len();
        let number = *self.names.entry(path.to_owned()).or_insert(next);
        if number == next {
            self.contents.push(Content::default());
        }
        &mut self.contents[number]
    }

    /// A file's content, or the names in a folder: POSIX promises a name only where its folder was synced.
    fn synced(&mut self, path: &Path, id: usize) {
        match (self.names.get(path), self.syncing.remove(&id)) {
            (Some(number), Some(synced)) => self.contents[*number].synced = synced,
            _ => {
                self.synced_names.retain(|name, _| name.parent() != Some(path));
                let here = self.names.iter().filter(|(name, _)| name.parent() == Some(path));
                self.synced_names.extend(here.map(|(name, number)| (name.clone(), *number)));
            }
        }
    }

    /// Writes what survives to `to`; `keeps` says of which files also what was not synced happened to reach the disk.
    pub fn cut(&self, folder: &Path, to: &Path, keeps: impl Fn(&Path) -> bool) {
        let names = self.synced_names.iter().filter_map(|(name, number)| Some((name.strip_prefix(folder).ok()?, number)));
        for (name, number) in names {
            let content = &self.contents[*number];
            let place = to.join(name);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, if keeps(name) { &content.now } else { &content.synced }).unwrap();
        }
    }
}
