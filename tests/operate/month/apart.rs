//! The program in a process of its own, which holds nothing but a house: what it takes is the program's and not the test's.
//!
//! The process is this test program again. It is told by lines which time it is, makes one pass at each, and says how much
//! is kept then.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::{env, io};

use huitoukan::config::{self, Known};
use huitoukan::flow::clock::Clock;
use huitoukan::flow::daemon;
use huitoukan::flow::house::{House, Setup};
use huitoukan::store::{self, Counts};
use huitoukan::{schedule, site};
use jiff::Timestamp;

/// In the environment of the program's process: the folder of its configuration.
const FOLDER: &str = "HUITOUKAN_MONTH_FOLDER";
/// Lines that begin so are meant for the test; libtest writes lines of its own.
const KEPT: &str = "kept ";
/// As many as the real program has.
const BLOCKING_THREADS_MAX: usize = 8;

pub struct Program {
    child: Child,
    told: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl Program {
    /// Starts it on the configuration of a folder; `test` is the name of the test that calls [`is_the_program`] first.
    pub fn start(folder: &Path, test: &str) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args([test, "--exact", "--nocapture"]).env(FOLDER, folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (told, says) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, told, says }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// It becomes this time there, and one pass is made.
    #[track_caller]
    pub fn pass_at(&mut self, now: Timestamp) -> Counts {
        writeln!(self.told, "{now}").unwrap();
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.says.read_line(&mut line).unwrap() > 0, "the program has ended");
            let Some((_, numbers)) = line.split_once(KEPT) else { continue };
            let numbers: Vec<u64> = numbers.split_whitespace().map(|number| number.parse().unwrap()).collect();
            let [notices, versions, changes, pending] = numbers.try_into().unwrap();
            return Counts { notices, versions, changes, pending, ..Counts::default() };
        }
    }

    /// Ends it in good order.
    pub fn stop(self) {
        let Self { mut child, told, says } = self;
        drop(told);
        let _ = io::copy(&mut { says }, &mut io::sink());
        assert!(child.wait().unwrap().success(), "the program did not end well");
    }
}

/// Whether this process is the program. If so it has run, and there is nothing left to do.
pub fn is_the_program() -> bool {
    let Some(folder) = env::var_os(FOLDER) else { return false };
    let families: Vec<&str> = site::family_names().collect();
    let config = config::load(Path::new(&folder), &Known { families: &families, cron: schedule::check }).unwrap();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.enable_all().max_blocking_threads(BLOCKING_THREADS_MAX).build().unwrap();
    let clock = Clock::virtual_from(Timestamp::UNIX_EPOCH);
    let store = store::open(&store::Settings::at(&config.store)).unwrap();
    let house = Arc::new(House::new(Setup::new(config).unwrap(), store.into(), clock));
    for line in io::stdin().lines() {
        house.clock.jump_to(line.unwrap().parse().unwrap());
        runtime.block_on(daemon::once(&house)).unwrap();
        let Counts { notices, versions, changes, pending, .. } = house.store.counts().unwrap();
        println!("{KEPT}{notices} {versions} {changes} {pending}");
    }
    true
}
