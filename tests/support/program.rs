//! The real program, run as a person or a supervisor runs it, in a folder of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub struct Program {
    pub folder: TempDir,
}

/// What a command did.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
    pub bytes: Vec<u8>,
}

/// A daemon under way; killed when it is dropped.
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

/// The house of most tests: loopback may be visited, and quickly.
pub const MAIN: &str = "\
contact = \"watch@example.org\"
pause = \"10ms\"
[fetch]
allow_private = [\"127.0.0.0/8\"]
timeout = \"20s\"
attempts_max = 1
[mail]
from = \"回头看 <huitoukan@example.org>\"
";

pub const SUBSCRIBERS: &str = "\
[[subscriber]]
id = \"office\"
to = [\"office@example.org\"]
digest = \"0 0 8 * * Mon\"
";

/// Longest wait for something that must come; only a failing test waits so long.
const DEADLINE: Duration = Duration::from_secs(120);

impl Program {
    /// In an empty folder.
    pub fn bare() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn new() -> Self {
        let program = Self::bare();
        program.write("huitoukan.toml", MAIN);
        program.write("subscribers.toml", SUBSCRIBERS);
        program
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    pub fn store(&self) -> PathBuf {
        self.config().join("store")
    }

    /// A file of the configuration.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.config().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.config().join(name)).unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_huitoukan"));
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null());
        for name in [
            "COLUMNS",
            "NO_COLOR",
            "HUITOUKAN_CONFIG",
            "HUITOUKAN_LOG",
            "HUITOUKAN_SMTP_PASSWORD",
            "CREDENTIALS_DIRECTORY",
            "NOTIFY_SOCKET",
        ] {
            command.env_remove(name);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Runs what must end well.
    #[track_caller]
    pub fn well(&self, arguments: &[&str]) -> Ran {
        self.run(arguments).ends(0)
    }

    /// Starts a daemon; its log goes to a file.
    pub fn daemon(&self, arguments: &[&str]) -> Daemon {
        let log = (0..).map(|number| self.folder.path().join(format!("log-{number}"))).find(|path| !path.exists()).unwrap();
        let child = self.command(arguments).stdout(Stdio::null()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        Daemon { child, log }
    }

    /// The mails that lie in the outbox, oldest first: path and bytes.
    pub fn mails(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut paths = files(&self.config().join("outbox"));
        paths.retain(|path| path.extension().is_some_and(|end| end == "eml"));
        paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    /// The notices as `notices --json` tells them.
    #[track_caller]
    pub fn notices(&self) -> Vec<serde_json::Value> {
        self.well(&["notices", "--json"]).lines()
    }
}

impl std::fmt::Debug for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit code {}, standard output:\n{}\nstandard error:\n{}", self.code, self.out, self.err)
    }
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr), bytes: output.stdout }
    }

    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "standard output:\n{}\nstandard error:\n{}", self.out, self.err);
        self
    }

    /// What was asked for holds this.
    #[track_caller]
    pub fn prints(self, text: &str) -> Self {
        assert!(self.out.contains(text), "no {text:?} in standard output:\n{}\nstandard error:\n{}", self.out, self.err);
        self
    }

    /// What was said besides holds this.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "no {text:?} in standard error:\n{}\nstandard output:\n{}", self.err, self.out);
        self
    }

    #[track_caller]
    pub fn prints_not(self, text: &str) -> Self {
        assert!(!self.out.contains(text), "{text:?} in standard output:\n{}", self.out);
        self
    }

    /// Standard output as JSON, one value a line and nothing else.
    #[track_caller]
    pub fn lines(&self) -> Vec<serde_json::Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line:?}"));
        self.out.lines().map(parse).collect()
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        let mut lines = self.lines();
        assert_eq!(lines.len(), 1, "{}\n{}", self.out, self.err);
        lines.remove(0)
    }
}

impl Daemon {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until the log holds this.
    #[track_caller]
    pub fn logs(&self, text: &str) {
        let begin = Instant::now();
        while !self.log().contains(text) {
            assert!(begin.elapsed() < DEADLINE, "waited in vain for the log to hold {text:?}; it holds:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// As the kernel's killer does it: no farewell.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As a supervisor does it; tells how long it took to end, and how it ended.
    #[track_caller]
    pub fn terminate(mut self) -> (Duration, Option<i32>) {
        let begin = Instant::now();
        assert!(Command::new("kill").args(["-TERM", &self.id().to_string()]).status().unwrap().success());
        let status = until("the daemon to stop", || self.child.try_wait().unwrap());
        (begin.elapsed(), status.code())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks until there is something.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < DEADLINE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The files of a folder in the order of their names; none where it is missing.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default();
    paths.sort();
    paths
}
