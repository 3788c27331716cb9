//! When a life ends: drawn by lot, and waited for.

use std::fs::{self, File};
use std::process::{Child, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use url::Url;

use super::Event;
use super::life::{Chaos, Outcome};
use super::mail::Point;
use super::process::signal;

type Words = &'static [&'static str];

/// When a life ends.
#[derive(Debug, Clone)]
pub enum Moment {
    /// So many milliseconds after it was started.
    Start(u64),
    Later(u64),
    /// After so many requests, and a bit.
    Asked(u64, u64),
    Mail(Point, u64),
    /// After the configuration was changed, or broken.
    Reload(u64),
    /// While it does what somebody at a terminal asked for.
    Command(Words, u64),
    /// After it was asked to stop.
    Shutdown(u64),
    /// No daemon: a command that has the store for itself.
    Alone(Words, u64),
    /// While it forgets the notice at this address, asked by somebody or with the store for itself.
    Forget(Url, bool, u64),
    /// While it makes again what something is found by and what was lost.
    Repair(u64),
    /// After no file could grow by more than so many bytes: a disk that fills up in the middle of anything.
    Full(u64, u64),
}

/// How a life may end before it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MayEnd {
    Never,
    /// With these exit codes.
    Well(&'static [i32]),
    /// Because nothing more can be kept, which it says.
    Full,
}

const COMMANDS: [Words; 12] = [
    &["check"],
    &["digest", "--send"],
    &["reread", "--all"],
    &["notices", "--json"],
    &["verify", "--json"],
    &["backup", "copy.tar"],
    &["backup", "copy.tar"],
    &["backup", "copy.tar"],
    &["export", "tables"],
    &["repair"],
    &["outbox", "retry", "--all"],
    &["check", "jia"],
];
const ALONE: [Words; 6] = [
    &["check"],
    &["digest", "--send"],
    &["reread", "--all"],
    &["backup", "copy.tar"],
    &["export", "tables"],
    &["outbox", "retry", "--all"],
];

/// How long a moment is waited for that perhaps does not come.
const PATIENCE: Duration = Duration::from_secs(2);

impl Chaos {
    /// Half of the kills come within 150 ms of a start.
    pub fn moment(&mut self) -> Moment {
        if self.dice.one_in(2) {
            return Moment::Start(self.dice.below(150));
        }
        let points = [Point::Mail, Point::Data, Point::Dot, Point::Told];
        match self.dice.below(20) {
            0 | 1 => Moment::Later(150 + self.dice.below(1_500)),
            2..=5 => Moment::Asked(1 + self.dice.below(12), self.dice.below(30)),
            6..=8 => Moment::Mail(points[self.dice.below(4) as usize], self.dice.below(4)),
            9 => Moment::Reload(self.dice.below(2_000)),
            10..=12 => Moment::Command(COMMANDS[self.dice.below(COMMANDS.len() as u64) as usize], self.dice.below(400)),
            13 => Moment::Shutdown(self.dice.below(120)),
            14 | 15 => Moment::Alone(ALONE[self.dice.below(ALONE.len() as u64) as usize], self.dice.below(1_500)),
            16 | 17 => match self.site.gives_up(&mut self.dice) {
                Some(url) => Moment::Forget(url, self.dice.one_in(2), self.dice.below(400)),
                None => Moment::Start(self.dice.below(1_000)),
            },
            18 => Moment::Repair(self.dice.below(400)),
            _ => Moment::Full(self.dice.below(800_000), 500 + self.dice.below(2_000)),
        }
    }

    /// Starts what is to be killed at this moment.
    pub fn begins(&self, moment: &Moment) -> Child {
        match moment {
            Moment::Alone(words, _) => self.start(words),
            Moment::Forget(url, true, _) => self.start(&["forget", url.as_str(), "--yes"]),
            Moment::Repair(_) => self.start(&["repair"]),
            Moment::Full(more, _) => {
                let log = fs::metadata(self.records().join("db")).map_or(0, |file| file.len());
                self.start_within(log + more, &["run"])
            }
            _ => self.start(&["run"]),
        }
    }

    /// Waits for the moment; what it was, and how the program may have ended by itself then.
    pub fn until(&mut self, moment: &Moment, child: &mut Child) -> Result<(&'static str, MayEnd), Vec<String>> {
        let wait = |ms: u64| std::thread::sleep(Duration::from_millis(ms));
        let mut may_end = MayEnd::Never;
        let phase = match moment {
            Moment::Start(ms) => {
                wait(*ms);
                "within 150 ms of a start"
            }
            Moment::Later(ms) => {
                wait(ms / 2);
                self.acts();
                wait(ms / 2);
                "at some moment"
            }
            Moment::Asked(times, ms) => {
                let came = (0..*times).all(|_| self.comes(|event| event == Event::Asked));
                wait(*ms);
                if came { "during a visit" } else { "while nothing was due" }
            }
            Moment::Mail(point, ms) => self.until_mail(child, *point, *ms)?,
            Moment::Reload(ms) => {
                self.ready(child)?;
                self.configure(true);
                wait(*ms);
                "during a reload"
            }
            Moment::Command(words, ms) => {
                self.ready(child)?;
                let (ended, out) = self.asks(words, *ms);
                if ended.is_some_and(|status| status.success()) {
                    self.acknowledged(words, &out)?;
                }
                if words[0] == "backup" { "during a backup" } else { "during a command" }
            }
            Moment::Forget(url, false, ms) => {
                self.ready(child)?;
                let (ended, _) = self.asks(&["forget", url.as_str(), "--yes"], *ms);
                if ended.is_some_and(|status| status.success()) {
                    self.ledger.hears_that_it_is_forgotten(url, self.server.count());
                }
                "during forget"
            }
            Moment::Shutdown(ms) => {
                self.ready(child)?;
                self.comes(|event| event == Event::Asked);
                signal("-TERM", child.id());
                wait(*ms);
                may_end = MayEnd::Well(&[0]);
                "during a shutdown"
            }
            Moment::Alone(_, ms) => {
                wait(*ms);
                may_end = MayEnd::Well(&[0, 3]);
                "during a command alone"
            }
            // It is refused while a mail that tells of the notice waits, or where the notice is not known yet.
            Moment::Forget(_, true, ms) => {
                wait(*ms);
                may_end = MayEnd::Well(&[0, 1]);
                "during forget"
            }
            Moment::Repair(ms) => {
                wait(*ms);
                may_end = MayEnd::Well(&[0]);
                "during repair"
            }
            Moment::Full(_, ms) => {
                wait(ms / 2);
                self.acts();
                wait(ms / 2);
                may_end = MayEnd::Full;
                "on a disk that filled up"
            }
        };
        Ok((phase, may_end))
    }

    fn until_mail(&mut self, child: &mut Child, point: Point, ms: u64) -> Result<&'static str, Vec<String>> {
        self.ready(child)?;
        self.server.holds_back(point == Point::Dot);
        // Sources that ail are not due for long: somebody asks for a visit, and so for what there is to tell.
        let mut asked = self.command(&["check"]);
        let mut asked = asked.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program can be started");
        let came = self.comes(|event| event == Event::Mail(point));
        std::thread::sleep(Duration::from_millis(ms));
        let _ = asked.kill();
        asked.wait().expect("a killed child ends");
        self.server.holds_back(false);
        Ok(if came { "during SMTP" } else { "while nothing was due" })
    }

    /// Whether such an event comes in time.
    fn comes(&self, wanted: impl Fn(Event) -> bool) -> bool {
        let begun = Instant::now();
        while let Some(rest) = PATIENCE.checked_sub(begun.elapsed()) {
            match self.events.recv_timeout(rest) {
                Ok(event) if wanted(event) => return true,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
            }
        }
        false
    }

    /// What a command has said must hold from then on.
    fn acknowledged(&mut self, words: &[&str], out: &str) -> Outcome {
        match words[0] {
            "notices" => self.ledger.hears_of_notices(out),
            "verify" => self.ledger.hears_of_a_head(out),
            "backup" => {
                self.backups += 1;
                let folder = self.program.folder.path();
                fs::rename(folder.join("copy.tar"), folder.join("whole.tar"))
                    .map_err(|error| vec![format!("a backup that was made is not there: {error}")])
            }
            "export" => match File::open(self.program.folder.path().join("tables/datapackage.json")) {
                Ok(_) => Ok(()),
                Err(error) => Err(vec![format!("an export that was made is not whole: {error}")]),
            },
            _ => Ok(()),
        }
    }
}
