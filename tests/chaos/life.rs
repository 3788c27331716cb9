//! The lives of the program: started, given something to do, and killed; at the end days of rest, and a judgement.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use huitoukan::store::{self, Store};
use jiff::{SignedDuration, Timestamp};

use super::check::Ledger;
use super::dice::Dice;
use super::mail::Server;
use super::moment::{MayEnd, Moment};
use super::process::{heart, kill};
use super::program::Program;
use super::remains::{remains, spoils_an_index};
use super::site::Site;
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
/// Lives between two looks at the store.
const LOOK_EVERY: usize = 50;
/// Days of rest at most: a mass change is held for one, a withdrawal takes four.
const REST_DAYS_MAX: u32 = 20;

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
    pub dice: Dice,
    pub program: Program,
    pub site: Site,
    pub server: Server,
    pub events: Receiver<Event>,
    lag_ms: Arc<AtomicU64>,
    pub ahead: SignedDuration,
    pub lives: Vec<Past>,
    pub ledger: Ledger,
    kills: u32,
    phases: BTreeMap<&'static str, u32>,
    pub backups: u32,
    kept: Option<PathBuf>,
}

pub type Outcome = Result<(), Vec<String>>;

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
        // Some eighty steps of time, however many kills there are: with each of them something falls due.
        let seldom = options.kills.map_or(3, |kills| u64::from(kills) / 80).max(1);
        while options.kills.is_none_or(|kills| self.kills < kills) && begun.elapsed() < options.killing {
            if self.dice.one_in(seldom) && self.ahead < SignedDuration::from_hours(24 * DAYS) {
                let hours = [1, 3, 7, 13][self.dice.below(4) as usize];
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
            self.live(&moment)?;
            if self.lives.len().is_multiple_of(LOOK_EVERY) {
                self.looks()?;
                eprintln!("chaos: {} kills after {} s, {}", self.kills, begun.elapsed().as_secs(), self.ledger.tally());
            }
        }
        self.looks()
    }

    pub fn acts(&mut self) {
        let now = self.now();
        self.site.acts(&mut self.dice, now);
    }

    /// The program's time.
    fn now(&self) -> Timestamp {
        Timestamp::now() + self.ahead
    }

    fn live(&mut self, moment: &Moment) -> Outcome {
        let _ = fs::remove_file(self.program.folder.path().join("copy.tar"));
        self.configure(false);
        self.lag_ms.store(0, Ordering::Relaxed);
        while self.events.try_recv().is_ok() {}
        let is_spoilt = matches!(moment, Moment::Repair(_)) && self.spoils()?;
        let mut child = self.begins(moment);
        let (phase, may_end) = self.until(moment, &mut child)?;
        let had_ended = child.try_wait().expect("a child can be asked");
        kill(&mut child);
        if let Some(status) = had_ended.filter(|status| !is_allowed(may_end, status.code(), &self.log())) {
            return Err(vec![format!("in life {} ({moment:?}) the program ended by itself, {status}:\n{}", self.lives.len(), self.log())]);
        }
        if let (Moment::Forget(url, true, _), Some(0)) = (moment, had_ended.and_then(|status| status.code())) {
            self.ledger.hears_that_it_is_forgotten(url, self.server.count());
        }
        self.dies(had_ended.is_none());
        *self.phases.entry(if had_ended.is_none() { phase } else { "ended before its kill" }).or_default() += 1;
        if is_spoilt {
            // Killed on the way, it must be able to end what it began.
            self.well(&["repair"])?;
            self.looks()?;
        }
        Ok(())
    }

    /// Takes something away that `repair` can make again; `false` where nothing is kept yet.
    fn spoils(&mut self) -> Result<bool, Vec<String>> {
        if !self.records().join("db").exists() {
            return Ok(false);
        }
        // What the last kill left behind is for the program to mend first.
        drop(self.store()?);
        Ok(spoils_an_index(&self.records(), &mut self.dice))
    }

    fn dies(&mut self, was_killed: bool) {
        self.kills += u32::from(was_killed);
        let (ahead, lag_ms) = (self.ahead, self.lag_ms.load(Ordering::Relaxed));
        self.lives.push(Past { ahead, was_killed, ended: Timestamp::now(), lag_ms });
    }

    /// Looks at the store itself, as a program that opens it next would find it.
    pub fn looks(&mut self) -> Outcome {
        let store = self.store()?;
        self.ledger.looks(&*store, &self.site)?;
        let titles: Vec<&str> = self.ledger.forgotten.values().map(|gone| gone.title.as_str()).collect();
        let left = remains(&self.program.store(), &*store, &titles);
        if left.is_empty() { Ok(()) } else { Err(left) }
    }

    fn store(&self) -> Result<Box<dyn Store>, Vec<String>> {
        store::open(&store::Settings::at(self.program.store())).map_err(|error| vec![format!("the store: {error}")])
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
            self.one_day()?;
            self.looks()?;
            missing = self.ledger.missing(&*self.store()?, &self.site);
            if missing.is_empty() && std::mem::replace(&mut settled, true) {
                return Ok(());
            }
            // One more day, in which the last of it is told.
            settled &= missing.is_empty();
        }
        missing.insert(0, format!("after {REST_DAYS_MAX} days of rest the store does not say what the site says"));
        Err(missing)
    }

    /// A life that nobody ends before every source was visited, and what was refused for good was tried once more.
    pub fn one_day(&mut self) -> Outcome {
        self.ahead += SignedDuration::from_hours(26);
        self.configure(false);
        self.well(&["outbox", "retry", "--all"])?;
        let begun_at = self.now();
        let mut child = self.start(&["run"]);
        self.ready(&mut child)?;
        self.wait_for("a day of rest to end", &mut child, |chaos| chaos.visited_since(begun_at))?;
        let stopped = self.stops(&mut child);
        self.dies(false);
        stopped
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
        let mut problems = {
            let store = self.store()?;
            let (taken, refused) = (self.server.taken(), self.server.refused());
            let seen = told::Seen { taken: &taken, refused: &refused };
            let told = told::judge(&*store, &seen, &self.lives, &self.ledger.forgotten);
            [self.ledger.lost(&*store), told].concat()
        };
        let columns: Vec<_> = self.site.columns().map(|column| column.clone()).collect();
        problems.extend(self.ledger.too_soon(&columns, &self.lives));
        problems.extend(self.restored());
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// The last backup that was acknowledged is a whole store of that time.
    fn restored(&self) -> Vec<String> {
        let Ok(mut file) = File::open(self.program.folder.path().join("whole.tar")) else { return Vec::new() };
        let elsewhere = self.program.folder.path().join("restored");
        let _ = fs::remove_dir_all(&elsewhere);
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
        let taken = self.server.taken();
        let different = taken.iter().map(|taken| taken.id.as_str()).collect::<std::collections::BTreeSet<_>>().len();
        format!(
            "chaos: {} kills in {:.1} minutes ({})\nchaos: {} starts, {} days for the program, {requests} requests, {}, {} backups, \
             {} mails taken, {different} of them different, {} refused for good, {} greylisted",
            self.kills,
            took.as_secs_f64() / 60.0,
            phases.join(", "),
            self.lives.len() - 1,
            self.ahead.as_hours() / 24,
            self.ledger.tally(),
            self.backups,
            taken.len(),
            self.server.refused().len(),
            self.server.greylisted(),
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
}

fn is_allowed(may_end: MayEnd, code: Option<i32>, log: &str) -> bool {
    match may_end {
        MayEnd::Never => false,
        MayEnd::Well(codes) => code.is_some_and(|code| codes.contains(&code)),
        MayEnd::Full => code == Some(1) && log.contains("disk") && log.contains("full"),
    }
}

/// What is remembered of a life; nought is nobody.
pub fn past(lives: &[Past], life: Life) -> Option<&Past> {
    lives.get(life).filter(|_| life > 0)
}
