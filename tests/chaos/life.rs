//! The lives of the program: started, given something to do, and killed at a moment drawn by lot.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use huitoukan::store;
use jiff::{SignedDuration, Timestamp};

use super::check::Ledger;
use super::dice::Dice;
use super::mail::{Point, Server};
use super::program::Program;
use super::site::{LISTING, Site};
use super::{Event, Life, Options, told};

/// Columns with their pause and the notices they list at most. The last one rests so long that a restart within its pause
/// is what mostly happens.
const COLUMNS: [(&str, SignedDuration, usize); 4] = [
    ("jia", SignedDuration::from_millis(20), 24),
    ("yi", SignedDuration::from_millis(20), 16),
    ("bing", SignedDuration::from_millis(60), 10),
    ("ding", SignedDuration::from_millis(1_000), 3),
];
/// How much time goes by for the program in all while it is killed: notices are looked at daily in their first 30 days.
const DAYS: i64 = 22;
/// How long something that must happen may take: only a failing run waits so long.
const DEADLINE: Duration = Duration::from_secs(180);
/// How long a moment is waited for that perhaps does not come.
const PATIENCE: Duration = Duration::from_secs(2);
/// Lives between two looks at the store.
const LOOK_EVERY: usize = 50;
/// Days of rest at most: a mass change is held for one, a withdrawal takes four.
const REST_DAYS_MAX: u32 = 20;

/// When a life ends.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So many milliseconds after it was started.
    Start(u64),
    Later(u64),
    /// After so many requests, and a bit.
    Asked(u64, u64),
    Mail(Point, u64),
    /// After the configuration was changed, or broken.
    Reload(u64),
    /// While it does what somebody at a terminal asked for.
    Command(&'static [&'static str], u64),
    /// After it was asked to stop.
    Shutdown(u64),
    /// No daemon: a command that has the store for itself.
    Alone(&'static [&'static str], u64),
}

const COMMANDS: [&[&str]; 8] = [
    &["check"],
    &["digest", "--send"],
    &["reread", "--all"],
    &["notices", "--json"],
    &["verify", "--json"],
    &["backup", "copy.tar"],
    &["backup", "copy.tar"],
    &["check", "jia"],
];
const ALONE: [&[&str]; 4] = [&["check"], &["digest", "--send"], &["reread", "--all"], &["backup", "copy.tar"]];

/// What is remembered of one life.
#[derive(Debug, Clone, Copy)]
pub struct Past {
    /// How far its clock is ahead of the machine's.
    pub ahead: SignedDuration,
    pub was_killed: bool,
    pub ended: Timestamp,
    /// Longest that the site's own threads were kept waiting, in milliseconds: what it saw may be so much late.
    pub lag_ms: u64,
}

pub struct Chaos {
    dice: Dice,
    program: Program,
    pub site: Site,
    pub server: Server,
    events: Receiver<Event>,
    lag_ms: Arc<AtomicU64>,
    ahead: SignedDuration,
    pub lives: Vec<Past>,
    pub ledger: Ledger,
    kills: u32,
    phases: BTreeMap<&'static str, u32>,
    backups: u32,
    kept: Option<PathBuf>,
}

type Outcome = Result<(), Vec<String>>;

impl Chaos {
    pub fn begin(options: &Options, runtime: &tokio::runtime::Runtime) -> Self {
        let (tell, events) = channel();
        let (site, server) = runtime.block_on(async { (Site::start(&COLUMNS, &tell).await, Server::start(options.seed, &tell).await) });
        let lag_ms = Arc::new(AtomicU64::new(0));
        runtime.spawn(heart(lag_ms.clone()));
        for mut column in site.columns() {
            (0..2).for_each(|_| column.publishes());
        }
        // The first life is number one: nought is said by nobody.
        let nobody = Past { ahead: SignedDuration::ZERO, was_killed: false, ended: Timestamp::UNIX_EPOCH, lag_ms: 0 };
        Self {
            dice: Dice(options.seed),
            program: Program::bare(),
            site,
            server,
            events,
            lag_ms,
            ahead: SignedDuration::ZERO,
            lives: vec![nobody],
            ledger: Ledger::default(),
            kills: 0,
            phases: BTreeMap::new(),
            backups: 0,
            kept: None,
        }
    }

    /// Life after life, each ended by a kill.
    ///
    /// # Errors
    /// What was found wrong on the way.
    pub fn kills(&mut self, options: &Options) -> Outcome {
        let begun = Instant::now();
        self.server.moody(true);
        // Some forty steps of time, however many kills there are.
        let seldom = options.kills.map_or(3, |kills| u64::from(kills) / 40).max(1);
        while options.kills.is_none_or(|kills| self.kills < kills) && begun.elapsed() < options.killing {
            if self.dice.one_in(seldom) && self.ahead < SignedDuration::from_hours(24 * DAYS) {
                let hours = [1, 7, 13, 25][self.dice.below(4) as usize];
                self.ahead += SignedDuration::from_hours(hours);
            }
            for _ in 0..self.dice.below(3) {
                self.acts();
            }
            let moment = self.moment();
            if let Moment::Mail(..) = moment {
                // So that there is something to mail.
                self.site.publishes(&mut self.dice);
            }
            self.live(moment)?;
            if self.lives.len().is_multiple_of(LOOK_EVERY) {
                self.looks()?;
                eprintln!("chaos: {} kills after {} s, {}", self.kills, begun.elapsed().as_secs(), self.ledger.tally());
            }
        }
        self.looks()
    }

    fn acts(&mut self) {
        let now = self.now();
        self.site.acts(&mut self.dice, now);
    }

    /// The program's time.
    fn now(&self) -> Timestamp {
        Timestamp::now() + self.ahead
    }

    /// Half of the kills come within 150 ms of a start.
    fn moment(&mut self) -> Moment {
        let dice = &mut self.dice;
        if dice.one_in(2) {
            return Moment::Start(dice.below(150));
        }
        let points = [Point::Mail, Point::Data, Point::Dot, Point::Told];
        match dice.below(14) {
            0 | 1 => Moment::Later(150 + dice.below(1_500)),
            2..=5 => Moment::Asked(1 + dice.below(12), dice.below(30)),
            6..=8 => Moment::Mail(points[dice.below(4) as usize], dice.below(4)),
            9 => Moment::Reload(dice.below(2_000)),
            10 | 11 => Moment::Command(COMMANDS[dice.below(COMMANDS.len() as u64) as usize], dice.below(400)),
            12 => Moment::Shutdown(dice.below(120)),
            _ => Moment::Alone(ALONE[dice.below(ALONE.len() as u64) as usize], dice.below(1_500)),
        }
    }

    fn live(&mut self, moment: Moment) -> Outcome {
        let _ = fs::remove_file(self.program.folder.path().join("copy.tar"));
        self.configure(false);
        self.lag_ms.store(0, Ordering::Relaxed);
        while self.events.try_recv().is_ok() {}
        let alone = if let Moment::Alone(words, _) = moment { Some(words) } else { None };
        let mut child = self.start(alone.unwrap_or(&["run"]));
        let (phase, may_end) = self.until(moment, &mut child)?;
        let had_ended = child.try_wait().expect("a child can be asked");
        kill(&mut child);
        if let Some(status) = had_ended.filter(|status| !may_end || status.code() == Some(1)) {
            return Err(vec![format!("in life {} ({moment:?}) the program ended by itself, {status}:\n{}", self.lives.len(), self.log())]);
        }
        self.dies(had_ended.is_none());
        *self.phases.entry(if had_ended.is_none() { phase } else { "ended before its kill" }).or_default() += 1;
        Ok(())
    }

    fn dies(&mut self, was_killed: bool) {
        self.kills += u32::from(was_killed);
        let (ahead, lag_ms) = (self.ahead, self.lag_ms.load(Ordering::Relaxed));
        self.lives.push(Past { ahead, was_killed, ended: Timestamp::now(), lag_ms });
    }

    /// Waits for the moment; what it was, and whether the program may have ended by itself then.
    fn until(&mut self, moment: Moment, child: &mut Child) -> Result<(&'static str, bool), Vec<String>> {
        let wait = |ms| std::thread::sleep(Duration::from_millis(ms));
        Ok(match moment {
            Moment::Start(ms) => {
                wait(ms);
                ("within 150 ms of a start", false)
            }
            Moment::Later(ms) => {
                wait(ms / 2);
                self.acts();
                wait(ms / 2);
                ("at some moment", false)
            }
            Moment::Asked(times, ms) => {
                let came = (0..times).all(|_| self.comes(|event| event == Event::Asked));
                wait(ms);
                (if came { "during a visit" } else { "while nothing was due" }, false)
            }
            Moment::Mail(point, ms) => {
                self.ready(child)?;
                self.server.holds_back(point == Point::Dot);
                // Sources that ail are not due for long: somebody asks for a visit, and so for what there is to tell.
                let mut asked = self.command(&["check"]);
                let mut asked = asked.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program can be started");
                let came = self.comes(|event| event == Event::Mail(point));
                wait(ms);
                let _ = asked.kill();
                asked.wait().expect("a killed child ends");
                self.server.holds_back(false);
                (if came { "during SMTP" } else { "while nothing was due" }, false)
            }
            Moment::Reload(ms) => {
                self.ready(child)?;
                self.configure(true);
                wait(ms);
                ("during a reload", false)
            }
            Moment::Command(words, ms) => {
                self.ready(child)?;
                let out = self.program.folder.path().join("out");
                let mut asked = self.command(words);
                asked.stdout(File::create(&out).expect("a file for the output")).stderr(Stdio::null());
                let mut asked = asked.spawn().expect("the program can be started");
                wait(ms);
                let ended = asked.try_wait().expect("a child can be asked");
                // First, or it would find the store free and go on by itself.
                kill(&mut asked);
                if ended.is_some_and(|status| status.success()) {
                    self.acknowledged(words, &fs::read_to_string(&out).unwrap_or_default())?;
                }
                (if words[0] == "backup" { "during a backup" } else { "during a command" }, false)
            }
            Moment::Shutdown(ms) => {
                self.ready(child)?;
                self.comes(|event| event == Event::Asked);
                signal("-TERM", child.id());
                wait(ms);
                ("during a shutdown", true)
            }
            Moment::Alone(_, ms) => {
                wait(ms);
                ("during a command alone", true)
            }
        })
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

    /// Waits until it has the store and answers commands.
    fn ready(&self, child: &mut Child) -> Outcome {
        self.wait_for("the program to be ready", child, |chaos| chaos.log().contains("watching "))
    }

    fn wait_for(&self, what: &str, child: &mut Child, done: impl Fn(&Self) -> bool) -> Outcome {
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

    /// What a command has said must hold from then on.
    fn acknowledged(&mut self, words: &[&str], out: &str) -> Outcome {
        match words[0] {
            "notices" => self.ledger.hears_of_notices(out),
            "verify" => self.ledger.hears_of_a_head(out),
            "backup" => {
                self.backups += 1;
                let (copy, whole) = ("copy.tar", "whole.tar");
                let folder = self.program.folder.path();
                fs::rename(folder.join(copy), folder.join(whole))
                    .map_err(|error| vec![format!("a backup that was made is not there: {error}")])
            }
            _ => Ok(()),
        }
    }

    /// Looks at the store itself, as a program that opens it next would find it.
    fn looks(&mut self) -> Outcome {
        let store = store::open(&store::Settings::at(self.program.store())).map_err(|error| vec![format!("after a kill: {error}")])?;
        self.ledger.looks(&*store, &self.site)
    }

    /// Nobody kills any more, the site is well: days go by until everything is known and told.
    ///
    /// # Errors
    /// It never is.
    pub fn rests(&mut self) -> Outcome {
        self.site.recovers();
        self.server.moody(false);
        let mut missing = Vec::new();
        let mut settled = false;
        for _ in 0..REST_DAYS_MAX {
            self.ahead += SignedDuration::from_hours(26);
            self.one_day()?;
            self.looks()?;
            let store = store::open(&store::Settings::at(self.program.store())).map_err(|error| vec![error.to_string()])?;
            missing = self.ledger.missing(&*store, &self.site);
            if missing.is_empty() && std::mem::replace(&mut settled, true) {
                return Ok(());
            }
            // One more day, in which the last of it is told.
            settled &= missing.is_empty();
        }
        missing.insert(0, format!("after {REST_DAYS_MAX} days of rest the store does not say what the site says"));
        Err(missing)
    }

    /// A life that nobody ends before every source was visited.
    fn one_day(&mut self) -> Outcome {
        self.configure(false);
        let begun_at = self.now();
        let mut child = self.start(&["run"]);
        self.ready(&mut child)?;
        self.wait_for("a day of rest to end", &mut child, |chaos| chaos.visited_since(begun_at))?;
        signal("-TERM", child.id());
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child can be asked") {
                break status;
            }
            if begun.elapsed() > DEADLINE {
                kill(&mut child);
                return Err(vec![format!("it does not stop:\n{}", self.log())]);
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        self.dies(false);
        if status.success() { Ok(()) } else { Err(vec![format!("it stopped with {status}:\n{}", self.log())]) }
    }

    /// Whether every source waits for its next visit, which all of them were late for.
    fn visited_since(&self, begun_at: Timestamp) -> bool {
        let said = self.program.run(&["sources", "--json"]).out;
        let is_later = |line: &str| {
            let source: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            source["next_visit"].as_str().and_then(|next| next.parse::<Timestamp>().ok()).is_some_and(|next| next > begun_at)
        };
        said.lines().count() == COLUMNS.len() && said.lines().all(is_later)
    }

    /// Compares site, store and mails.
    ///
    /// # Errors
    /// Everything that was lost, told twice, told wrongly, never told, or asked too soon.
    pub fn judges(&mut self) -> Outcome {
        let mut problems = Vec::new();
        {
            let store = store::open(&store::Settings::at(self.program.store())).map_err(|error| vec![error.to_string()])?;
            problems.extend(self.ledger.lost(&*store));
            problems.extend(told::judge(&*store, &self.server, &self.lives));
        }
        problems.extend(self.ledger.too_soon(&self.site, &self.lives));
        problems.extend(self.restored());
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The last backup that was acknowledged is a whole store of that time.
    fn restored(&self) -> Vec<String> {
        let Ok(mut file) = File::open(self.program.folder.path().join("whole.tar")) else { return Vec::new() };
        let elsewhere = self.program.folder.path().join("restored");
        let restored = store::restore(&store::Settings::at(&elsewhere), &mut file);
        match restored.and_then(|_| store::open(&store::Settings::at(&elsewhere))?.changes(0, usize::MAX)) {
            Ok(changes) => self.ledger.begins_with(&changes),
            Err(error) => vec![format!("a backup that was acknowledged cannot be restored: {error}")],
        }
    }

    /// What was done, in some lines.
    pub fn tally(&self, took: Duration) -> String {
        let phases: Vec<String> = self.phases.iter().map(|(phase, times)| format!("{phase} {times}")).collect();
        let requests: usize = self.site.columns().map(|column| column.hits.len()).sum();
        let (mails, distinct) = self.server.with_taken(|taken| {
            let ids: std::collections::BTreeSet<&str> = taken.iter().map(|taken| taken.id.as_str()).collect();
            (taken.len(), ids.len())
        });
        format!(
            "chaos: {} kills in {:.1} minutes ({})\nchaos: {} starts, {} days for the program, {requests} requests, {}, {} backups, \
             {mails} mails taken, {distinct} of them different",
            self.kills,
            took.as_secs_f64() / 60.0,
            phases.join(", "),
            self.lives.len() - 1,
            self.ahead.as_hours() / 24,
            self.ledger.tally(),
            self.backups,
        )
    }

    /// Keeps the folder for whoever looks into a failure.
    pub fn keeps(&mut self) -> PathBuf {
        if self.kept.is_none() {
            let empty = Program::bare();
            self.kept = Some(std::mem::replace(&mut self.program, empty).folder.keep());
        }
        self.kept.clone().unwrap_or_default()
    }

    fn start(&self, words: &[&str]) -> Child {
        let log = File::create(self.program.folder.path().join("log")).expect("a file for the log");
        let ahead = format!("+{}h", self.ahead.as_hours());
        let mut command = self.command(&[&["--now", &ahead], words].concat());
        command.stdout(Stdio::null()).stderr(log);
        command.spawn().expect("the program can be started")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.program.command(words);
        command.process_group(0);
        command
    }

    fn log(&self) -> String {
        fs::read_to_string(self.program.folder.path().join("log")).unwrap_or_default()
    }

    /// Writes the configuration of the next life; `anew` changes it, or breaks it.
    fn configure(&mut self, anew: bool) {
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
fn kill(child: &mut Child) {
    let _ = child.kill();
    signal("-KILL", child.id());
    child.wait().expect("a killed child ends");
}

/// To the whole group.
fn signal(name: &str, group: u32) {
    // A group that is gone already is what is wanted.
    let _ = Command::new("kill").args([name, "--", &format!("-{group}")]).stderr(Stdio::null()).status();
}

/// Beats every five milliseconds, and remembers by how much a beat was late.
async fn heart(lag_ms: Arc<AtomicU64>) {
    const BEAT: Duration = Duration::from_millis(5);
    loop {
        let begun = Instant::now();
        tokio::time::sleep(BEAT).await;
        let late = begun.elapsed().saturating_sub(BEAT).as_millis();
        lag_ms.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// What is remembered of a life; nought is nobody.
pub fn past(lives: &[Past], life: Life) -> Option<&Past> {
    lives.get(life).filter(|_| life > 0)
}
