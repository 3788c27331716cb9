//! Kills the real program at any moment, a thousand times over, and then asks whether anything was lost, told twice or never.
//!
//! `cargo test --release --test chaos -- --kills 1000 --seed 42`. Without arguments it kills for twenty seconds, as
//! continuous integration does. Every choice follows from the seed that is printed; how far the program has come when it is
//! killed depends on the machine, the verdict does not: nothing in it is a matter of speed.

#[path = "../support/mime.rs"]
#[allow(dead_code)]
mod mime;
#[path = "../support/program.rs"]
#[allow(dead_code)]
mod program;
#[path = "../support/world.rs"]
#[allow(dead_code)]
mod world;

mod bites;
mod check;
mod dice;
mod life;
mod mail;
mod moment;
mod page;
mod process;
mod remains;
mod site;
mod told;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use life::Chaos;

/// Which start of the program: every one has its own contact address and its own user at the mail server.
pub type Life = usize;

/// Something that the site or the mail server saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Asked,
    Mail(mail::Point),
}

/// The life in a name such as `life-17@example.org`.
pub fn life_in(text: &str) -> Option<Life> {
    let (_, rest) = text.split_once("life-")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

pub struct Options {
    pub kills: Option<u32>,
    pub seed: u64,
    /// After this long no more kills are made.
    pub killing: Duration,
}

const USAGE: &str = "usage: cargo test --release --test chaos -- [--kills N] [--seconds N] [--seed N]";

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
    println!("chaos: seed {}", options.seed);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads can be had");
    let begun = Instant::now();
    let mut chaos = Chaos::begin(&options, &runtime);
    let outcome = chaos.kills(&options).and_then(|()| chaos.rests()).and_then(|()| chaos.judges());
    println!("{}", chaos.tally(begun.elapsed()));
    let outcome = outcome.and_then(|()| bites::checker(&mut chaos));
    match outcome {
        Ok(()) => {
            println!("chaos: all is well (seed {})", options.seed);
            ExitCode::SUCCESS
        }
        Err(problems) => {
            println!(
                "chaos: FAILED (seed {}), {} problem(s); everything lies in {}",
                options.seed,
                problems.len(),
                chaos.keeps().display()
            );
            problems.iter().for_each(|problem| println!("  {problem}"));
            ExitCode::FAILURE
        }
    }
}

/// `None`: this is not what was asked for.
fn options(mut words: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options { kills: None, seed: 42, killing: Duration::from_secs(20) };
    let mut seconds = None;
    while let Some(word) = words.next() {
        let mut number = || {
            let number = words.next().and_then(|number| number.parse::<u64>().ok());
            number.ok_or_else(|| format!("{word} wants a number"))
        };
        match word.as_str() {
            "--kills" => options.kills = Some(u32::try_from(number()?).map_err(|_| "so many kills take for ever".to_owned())?),
            "--seed" => options.seed = number()?,
            "--seconds" => seconds = Some(number()?),
            "--list" | "--ignored" => return Ok(None),
            // Of the test runner, and of no meaning here.
            option if option.starts_with("--") => {}
            name if "chaos".contains(name) => {}
            _ => return Ok(None),
        }
    }
    // An hour bounds what was counted in kills.
    let default = if options.kills.is_some() { 3600 } else { 20 };
    options.killing = Duration::from_secs(seconds.unwrap_or(default));
    Ok(Some(options))
}
