//! Makes every call of the real program to files, net and mail server fail in turn, and then asks whether the story still
//! came out right: nothing lost, nothing told twice or never, nothing left lying about, and a clear word where it gave up.
//!
//! `cargo test --test nth -- --all` goes through all points: n = 1, 2, 3 … of each kind of call, with one of its errors after
//! the other, until a step of the story has no n-th call. Without arguments some of them, drawn by a seed that is printed,
//! are tried for half a minute, as continuous integration does.

mod bench;
mod faults;
mod tale;
mod verdict;

#[path = "../chaos/dice.rs"]
#[allow(dead_code)]
mod dice;
#[path = "../support/mime.rs"]
#[allow(dead_code)]
mod mime;
#[path = "../support/program.rs"]
#[allow(dead_code)]
mod program;
#[path = "../support/smtp.rs"]
#[allow(dead_code)]
mod smtp;
#[path = "../support/world.rs"]
#[allow(dead_code)]
mod world;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bench::{Bench, Struck};
use dice::Dice;
use faults::{Fault, ROWS};
use tale::{STEPS, Step};

struct Options {
    seed: u64,
    /// After this long no more points are tried.
    time: Option<Duration>,
    all: bool,
    step: Option<String>,
    calls: Option<String>,
    at: Option<u64>,
    shows: bool,
}

const USAGE: &str = "usage: cargo test --test nth -- [--all] [--seconds N] [--seed N] [--step NAME] [--calls KIND] [--at N] [--show]";
const SLICE: Duration = Duration::from_secs(30);
/// Points of each step, however slow the machine is.
const POINTS_MIN: usize = 2;

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        // Another test was asked for by name.
        Ok(None) => return ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if cfg!(not(target_os = "linux")) {
        println!("nth: nothing was tried: calls are made to fail on Linux only");
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads can be had");
    let mut tally = Tally::default();
    let outcome = Bench::new(&runtime).map_err(|problem| vec![problem]).and_then(|mut bench| tally.tells(&mut bench, &options));
    tally.says(&options);
    match outcome {
        Ok(()) if tally.failed == 0 => {
            println!("nth: all is well (seed {})", options.seed);
            ExitCode::SUCCESS
        }
        outcome => {
            println!("nth: FAILED (seed {}), {} point(s)", options.seed, tally.failed);
            outcome.err().unwrap_or_default().iter().for_each(|problem| println!("  {problem}"));
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Tally {
    begun: Option<Instant>,
    points: usize,
    failed: usize,
    by_fault: BTreeMap<String, usize>,
    by_code: BTreeMap<String, usize>,
    repeats: usize,
    left_out: u64,
}

impl Tally {
    /// The whole story, each step first with its faults and then without.
    fn tells(&mut self, bench: &mut Bench<'_>, options: &Options) -> Result<(), Vec<String>> {
        self.begun = Some(Instant::now());
        let struck: Vec<&Step> = STEPS.iter().filter(|step| is_meant(step, options)).collect();
        let mut dice = Dice(options.seed);
        let mut left = struck.len() as u32;
        for step in &STEPS {
            bench.begins(step);
            if is_meant(step, options) {
                self.strikes(bench, step, options, &mut dice, left);
                left -= 1;
            }
            if left == 0 {
                break;
            }
            bench.ends(step)?;
        }
        Ok(())
    }

    fn strikes(&mut self, bench: &Bench<'_>, step: &Step, options: &Options, dice: &mut Dice, left: u32) {
        let calls = bench.counts(step);
        eprintln!("nth: {} makes {calls:?}", step.name);
        let meant = |row: &&&[Fault]| options.calls.as_ref().is_none_or(|calls| row[0].calls.starts_with(calls.as_str()));
        let rows: Vec<&[Fault]> = ROWS.iter().filter(meant).copied().collect();
        let begun = Instant::now();
        let spent = self.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        // What is left of the time, shared among the steps that are left.
        let share = options.time.map(|time| time.saturating_sub(spent) / left.max(1));
        let is_over = || share.is_some_and(|share| begun.elapsed() > share);
        let points = |row: &[Fault]| row.iter().map(|fault| fault.points(&calls)).max().unwrap_or_default();
        let (all, before) = (rows.iter().map(|row| points(row)).sum::<u64>(), self.points);
        if let Some(at) = options.at {
            for fault in rows.iter().copied().flatten() {
                self.strike(bench, step, fault, at, options);
            }
        } else if options.all {
            rows.iter().for_each(|row| self.all_of(row, bench, step, options, &is_over));
        } else {
            while all > 0 && (!is_over() || self.points - before < POINTS_MIN) {
                // By row first: there are many more reads than renames.
                let row = rows[dice.below(rows.len() as u64) as usize];
                let Some(fault) = dice.pick(row).filter(|fault| fault.points(&calls) > 0) else { continue };
                self.strike(bench, step, fault, 1 + dice.below(fault.points(&calls)), options);
            }
        }
        if !options.all || is_over() {
            self.left_out += all.saturating_sub((self.points - before) as u64);
        }
    }

    /// n = 1, 2, 3 … until none of the row's kinds has an n-th call: there are a few more or less from run to run.
    fn all_of(&mut self, row: &[Fault], bench: &Bench<'_>, step: &Step, options: &Options, is_over: &dyn Fn() -> bool) {
        let mut missed = 0;
        for at in 1.. {
            let fault = &row[(at + options.seed) as usize % row.len()];
            missed = if self.strike(bench, step, fault, at, options) { 0 } else { missed + 1 };
            if missed >= row.len() || is_over() {
                return;
            }
        }
    }

    /// Whether there was such a call.
    fn strike(&mut self, bench: &Bench<'_>, step: &Step, fault: &Fault, at: u64, options: &Options) -> bool {
        let Struck { what, code, said, repeats, days, problems } = bench.strikes(step, fault, at);
        let Some((kind, name)) = &what else {
            if !problems.is_empty() {
                self.fails(step, fault, at, "nothing", &problems);
            }
            return false;
        };
        let of = format!("{kind} {name}");
        if options.shows {
            println!("{} {fault}, {at}: {of}; code {code:?}, {days} day(s), said: {}", step.name, said.trim());
        }
        self.points += 1;
        self.repeats += repeats;
        *self.by_fault.entry(fault.to_string()).or_default() += 1;
        *self.by_code.entry(code.map_or_else(|| "killed".to_owned(), |code| format!("code {code}"))).or_default() += 1;
        if !problems.is_empty() {
            self.fails(step, fault, at, &of, &problems);
        }
        true
    }

    fn fails(&mut self, step: &Step, fault: &Fault, at: u64, of: &str, problems: &[String]) {
        self.failed += 1;
        println!("nth: {} with {fault}, the {at}th ({of}): --step {} --calls {} --at {at}", step.name, step.name, fault.calls);
        problems.iter().for_each(|problem| println!("    {problem}"));
    }

    fn says(&self, options: &Options) {
        let minutes = self.begun.map_or(0.0, |begun| begun.elapsed().as_secs_f64() / 60.0);
        let listed =
            |counts: &BTreeMap<String, usize>| counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ");
        println!(
            "nth: seed {}, {} points in {minutes:.1} minutes, {} left out, {} mails came again",
            options.seed, self.points, self.left_out, self.repeats
        );
        println!("nth: struck lives ended with {}; {}", listed(&self.by_code), listed(&self.by_fault));
    }
}

fn is_meant(step: &Step, options: &Options) -> bool {
    step.is_struck && options.step.as_ref().is_none_or(|name| name == step.name)
}

/// `None`: this is not what was asked for.
fn options(mut words: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options { seed: 42, time: Some(SLICE), all: false, step: None, calls: None, at: None, shows: false };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("{word} wants a number"));
        match word.as_str() {
            "--all" => (options.all, options.time) = (true, None),
            "--seed" => options.seed = number(value()?)?,
            "--seconds" => options.time = Some(Duration::from_secs(number(value()?)?)),
            "--step" => options.step = Some(value()?),
            "--calls" => options.calls = Some(value()?),
            "--at" => options.at = Some(number(value()?)?),
            "--show" => options.shows = true,
            "--list" | "--ignored" => return Ok(None),
            // Of the test runner, and of no meaning here.
            option if option.starts_with("--") => {}
            name if "nth".contains(name) => {}
            _ => return Ok(None),
        }
    }
    Ok(Some(options))
}
