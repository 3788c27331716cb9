//! The program as a process: configured, started, asked, waited for and killed.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::life::{Chaos, Outcome};
use super::site::LISTING;
use super::{program, told};

/// How long something that must happen may take: only a failing run waits so long.
const DEADLINE: Duration = Duration::from_secs(180);

impl Chaos {
    pub fn start(&self, words: &[&str]) -> Child {
        self.spawn(self.command(&[&["--now", &self.clock()], words].concat()))
    }

    /// None of its files may grow past this size: the write that does fails, half-way if need be, as on a full disk.
    pub fn start_within(&self, bytes: u64, words: &[&str]) -> Child {
        let whole = self.command(&[&["--now", &self.clock()], words].concat());
        let mut command = Command::new("sh");
        // The signal that comes with such a failure would end the program, which a full disk does not.
        command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", "prlimit", &format!("--fsize={bytes}")]);
        command.arg(whole.get_program()).args(whole.get_args()).process_group(0).stdin(Stdio::null());
        command.current_dir(self.program.folder.path()).envs(whole.get_envs().filter_map(|(name, value)| Some((name, value?))));
        self.spawn(command)
    }

    fn spawn(&self, mut command: Command) -> Child {
        let log = File::create(self.program.folder.path().join("log")).expect("a file for the log");
        command.stdout(Stdio::null()).stderr(log);
        command.spawn().expect("the program can be started")
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.program.command(words);
        command.process_group(0);
        command
    }

    pub fn clock(&self) -> String {
        format!("+{}h", self.ahead.as_hours())
    }

    /// Asks the running program for something, and kills who asked; how it ended, if it did, and what it printed.
    pub fn asks(&self, words: &[&str], ms: u64) -> (Option<ExitStatus>, String) {
        let out = self.program.folder.path().join("out");
        let mut asked = self.command(words);
        asked.stdout(File::create(&out).expect("a file for the output")).stderr(Stdio::null());
        let mut asked = asked.spawn().expect("the program can be started");
        std::thread::sleep(Duration::from_millis(ms));
        let ended = asked.try_wait().expect("a child can be asked");
        // Before the daemon is, or it would find the store free and go on by itself.
        kill(&mut asked);
        (ended, fs::read_to_string(&out).unwrap_or_default())
    }

    /// Waits until it has the store and answers commands.
    pub fn ready(&self, child: &mut Child) -> Outcome {
        self.wait_for("the program to be ready", child, |chaos| chaos.log().contains("watching "))
    }

    pub fn wait_for(&self, what: &str, child: &mut Child, done: impl Fn(&Self) -> bool) -> Outcome {
        let begun = Instant::now();
        while !done(self) {
            let ended = child.try_wait().expect("a child can be asked");
            if ended.is_some() || begun.elapsed() > DEADLINE {
                kill(child);
                return Err(vec![format!("waited in vain for {what} ({ended:?}):\n{}", self.log())]);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// As a supervisor ends it.
    pub fn stops(&self, child: &mut Child) -> Outcome {
        signal("-TERM", child.id());
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("a child can be asked") {
                return if status.success() { Ok(()) } else { Err(vec![format!("it stopped with {status}:\n{}", self.log())]) };
            }
            if begun.elapsed() > DEADLINE {
                kill(child);
                return Err(vec![format!("it does not stop:\n{}", self.log())]);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// A command that must end well.
    pub fn well(&self, words: &[&str]) -> Outcome {
        let program::Ran { code, out, err, .. } = self.program.run(&[&["--now", &self.clock()], words].concat());
        if code == 0 { Ok(()) } else { Err(vec![format!("{words:?} ended with {code}:\n{out}\n{err}")]) }
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.program.folder.path().join("log")).unwrap_or_default()
    }

    pub fn records(&self) -> PathBuf {
        self.program.store().join("records")
    }

    /// Writes the configuration of the next life; `anew` changes it, or breaks it.
    pub fn configure(&mut self, anew: bool) {
        let (life, port) = (self.lives.len(), self.server.address.port());
        let hosts_max = if anew { 2 + self.dice.below(3) } else { 4 };
        let broken = if anew && self.dice.one_in(3) { "pause = half a\n" } else { "" };
        self.program.write(
            "huitoukan.toml",
            &format!(
                "{broken}contact = \"life-{life}@example.org\"\nvisit = \"* * * * * *\"\npause = \"20ms\"\nhosts_max = {hosts_max}\n\
             [fetch]\nallow_private = [\"127.0.0.0/8\"]\ntimeout = \"4s\"\nattempts_max = 1\n\
             [mail]\nfrom = \"回头看 <huitoukan@example.org>\"\n\
             [mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nuser = \"life-{life}\"\npassword_file = \"password\"\n"
            ),
        );
        self.program.write("password", "secret");
        self.program.write("subscribers.toml", told::SUBSCRIBERS);
        for column in self.site.columns() {
            let (address, pause) = (column.address, column.pause.as_millis());
            self.program.write(
                &format!("sources/{}.toml", column.id),
                &format!("name = \"{}\"\nlisting = \"http://{address}{LISTING}\"\npause = \"{pause}ms\"\n", column.id),
            );
        }
    }
}

/// As the kernel's killer does it, and whatever it has started with it.
pub fn kill(child: &mut Child) {
    let _ = child.kill();
    signal("-KILL", child.id());
    child.wait().expect("a killed child ends");
}

/// To the whole group.
pub fn signal(name: &str, group: u32) {
    // A group that is gone already is what is wanted.
    let _ = Command::new("kill").args([name, "--", &format!("-{group}")]).stderr(Stdio::null()).status();
}

/// Beats every five milliseconds, and remembers by how much a beat was late.
pub async fn heart(lag_ms: std::sync::Arc<AtomicU64>) {
    const BEAT: Duration = Duration::from_millis(5);
    loop {
        let begun = Instant::now();
        tokio::time::sleep(BEAT).await;
        let late = begun.elapsed().saturating_sub(BEAT).as_millis();
        lag_ms.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}
