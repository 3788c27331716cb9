//! What can fail: kinds of calls to the system with the errors they end with, and the library that makes the n-th one fail.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::io::Errno;

/// Calls of these kinds are counted together, and the n-th ends with this error.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// As `faults.c` names them.
    pub calls: &'static str,
    pub error: Error,
    /// From the n-th on all of them: a disk that stays full, or is gone.
    pub stays: bool,
}

#[derive(Debug, Clone, Copy)]
pub enum Error {
    System(Errno),
    /// The other end hangs up.
    Closed,
    /// The other end never answers again.
    Silent,
}

const fn once(calls: &'static str, error: Errno) -> Fault {
    Fault { calls, error: Error::System(error), stays: false }
}

const fn from_then_on(calls: &'static str, error: Errno) -> Fault {
    Fault { calls, error: Error::System(error), stays: true }
}

const CHANGING: &str = "create,write,sync,rename,remove,make,truncate";
const TAKING_ROOM: &str = "create,write,make,truncate,rename";
const ALL_OF_FILES: &str = "open,create,stat,list,read,write,sync,rename,remove,make,truncate,lock";

/// Each row is counted together, n = 1, 2, 3 …, with one of its errors after the other.
pub const ROWS: [&[Fault]; 17] = [
    &[once("open", Errno::IO), once("open", Errno::MFILE), once("open", Errno::ACCESS)],
    &[once("create", Errno::NOSPC), once("create", Errno::ROFS), once("create", Errno::MFILE)],
    &[once("stat", Errno::IO), once("stat", Errno::ACCESS)],
    &[once("list", Errno::IO), once("list", Errno::MFILE)],
    &[once("read", Errno::IO)],
    &[once("write", Errno::NOSPC), once("write", Errno::IO), once("write", Errno::DQUOT)],
    &[once("sync", Errno::IO), once("sync", Errno::NOSPC)],
    &[once("rename", Errno::IO), once("rename", Errno::NOSPC)],
    &[once("remove", Errno::IO), once("remove", Errno::ROFS)],
    &[once("make", Errno::NOSPC), once("make", Errno::ROFS)],
    &[once("truncate", Errno::IO), once("truncate", Errno::NOSPC)],
    &[once("lock", Errno::NOLCK)],
    &[from_then_on(TAKING_ROOM, Errno::NOSPC), from_then_on(CHANGING, Errno::ROFS), from_then_on(ALL_OF_FILES, Errno::IO)],
    &[once("socket", Errno::MFILE)],
    &[once("connect", Errno::CONNREFUSED), once("connect", Errno::TIMEDOUT), once("connect", Errno::NETUNREACH)],
    &[once("send", Errno::CONNRESET), once("send", Errno::PIPE), once("send", Errno::TIMEDOUT)],
    &[
        once("receive", Errno::CONNRESET),
        once("receive", Errno::TIMEDOUT),
        Fault { calls: "receive", error: Error::Closed, stays: false },
        Fault { calls: "receive", error: Error::Silent, stays: false },
    ],
];

impl Fault {
    /// How many points there are of it, by how often each kind of call is made.
    pub fn points(&self, calls: &BTreeMap<String, u64>) -> u64 {
        self.calls.split(',').filter_map(|kind| calls.get(kind)).sum()
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds = match self.calls {
            CHANGING => "any change of a file",
            TAKING_ROOM => "anything that takes room",
            ALL_OF_FILES => "anything with files",
            one => one,
        };
        match self.error {
            Error::System(error) => write!(f, "{kinds}: {error}")?,
            Error::Closed => write!(f, "{kinds}: hung up")?,
            Error::Silent => write!(f, "{kinds}: silence")?,
        }
        f.write_str(if self.stays { " from then on" } else { "" })
    }
}

/// The library, built.
pub struct Library {
    path: PathBuf,
}

impl Library {
    /// # Errors
    /// There is no C compiler, or it finds something wrong.
    pub fn build(folder: &Path) -> Result<Self, String> {
        let path = folder.join("faults.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nth/faults.c");
        let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-Wall", "-o"]).arg(&path).arg(source).arg("-ldl").output();
        let built = built.map_err(|error| format!("no C compiler (cc), which Rust needs too: {error}"))?;
        if built.status.success() { Ok(Self { path }) } else { Err(String::from_utf8_lossy(&built.stderr).into_owned()) }
    }

    /// Has the n-th call fail in this command, as far as it is about files below the folder, or the net.
    pub fn strike(&self, command: &mut Command, below: &Path, log: &Path, fault: &Fault, at: u64) {
        let error = match fault.error {
            Error::System(error) => error.raw_os_error(),
            Error::Closed => 0,
            Error::Silent => -1,
        };
        command.env("LD_PRELOAD", &self.path).env("FAULT_BELOW", below).env("FAULT_LOG", log);
        command.env("FAULT_CALLS", fault.calls).env("FAULT_AT", at.to_string()).env("FAULT_ERROR", error.to_string());
        if fault.stays {
            command.env("FAULT_STAYS", "yes");
        }
    }

    /// Has nothing fail, and every call counted.
    pub fn count(&self, command: &mut Command, below: &Path, log: &Path) {
        self.strike(command, below, log, &ROWS[0][0], 0);
    }
}

/// What failed, or how many calls there were of each kind; empty where nothing failed.
pub fn log(path: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| line.split_once(' ')).map(|(kind, what)| (kind.to_owned(), what.to_owned())).collect()
}
