//! A month, or a slice of one, on the virtual clock: sites that publish, edit and withdraw, faults at random from a printed
//! seed, a mail server that is away for days, restarts. At the end the sites' truth, the store and the mails are held together,
//! and what the program held is held against what was predicted.
//!
//! `MONTH="30 200 7" cargo test --test operate a_month -- --nocapture` runs thirty days of two hundred sources from seed 7.

#[path = "month/apart.rs"]
mod apart;
#[path = "month/holdings.rs"]
mod holdings;
#[path = "month/streets.rs"]
mod streets;
#[path = "month/truth.rs"]
mod truth;

use std::fs;
use std::path::Path;

use huitoukan::store::{self, Counts};
use jiff::{SignedDuration, Timestamp};

use crate::smtp::{ALWAYS, Act, Rule, Server, rule};
use apart::Program;
use holdings::Held;
use streets::{Body, Chance};

const TEST: &str = "month::a_month_of_faults_tells_everything_once_and_holds_what_was_predicted";
/// Passes in a day.
const STEPS: u32 = 4;
/// Days at the end in which nothing more happens, so that all that is owed has gone out and all that is absent is proven.
const QUIET_DAYS: u32 = 8;
/// Passes on average between two restarts, in the first half; the second half is one life of the program.
const RESTARTS: u64 = 40;

const MAIN: &str = "\
contact = \"watch@example.org\"
pause = \"10ms\"
visit = \"0 0 * * * *\"
hosts_max = 8
[fetch]
allow_private = [\"127.0.0.0/8\"]
timeout = \"10s\"
attempts_max = 2
[mail]
from = \"回头看 <huitoukan@example.org>\"
[mail.smtp]
host = \"127.0.0.1\"
security = \"none\"
timeout = \"10s\"
";

const SUBSCRIBERS: &str = "\
[[subscriber]]
to = [\"office@example.org\"]
digest = \"0 0 8 * * *\"
kinds = [\"published\", \"edited\", \"withdrawn\", \"restored\", \"moved\"]
";

#[test]
fn a_month_of_faults_tells_everything_once_and_holds_what_was_predicted() {
    if apart::is_the_program() {
        return;
    }
    let given = std::env::var("MONTH").unwrap_or_else(|_| "6 12 20261101".to_owned());
    let numbers: Vec<u64> = given.split_whitespace().map(|number| number.parse().expect("MONTH is \"days sources seed\"")).collect();
    let [days, sources, seed] = numbers.try_into().expect("MONTH is \"days sources seed\"");
    eprintln!("{days} days, {sources} sources, seed {seed}");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut month = runtime.block_on(Month::begin(usize::try_from(sources).unwrap(), seed));
    let samples = month.goes_by(u32::try_from(days).unwrap());
    month.settles();
    month.stops();
    let Month { server, bodies, folder, .. } = month;
    let store = store::open(&store::Settings::at(folder.path().join("store"))).unwrap();
    truth::check_truth(&*store, &bodies);
    truth::check_mails(&*store, &server);
    holdings::check_holdings(&samples, bodies.len());
}

struct Month {
    folder: tempfile::TempDir,
    program: Option<Program>,
    server: Server,
    bodies: Vec<Body>,
    chance: Chance,
    now: Timestamp,
    kept: Counts,
    /// Requests for pages of notices.
    looks: u64,
    /// Times that the program was started.
    life: u32,
}

impl Month {
    async fn begin(sources: usize, seed: u64) -> Self {
        let mut bodies = Vec::new();
        for number in 1..=sources {
            bodies.push(Body::new(number).await);
        }
        let server = Server::start([]).await;
        let folder = tempfile::tempdir().unwrap();
        configure(folder.path(), &bodies, server.address.port());
        let program = Some(Program::start(folder.path(), TEST));
        let now = "2026-11-02T07:00:00+08:00".parse().unwrap();
        let mut month = Self { folder, program, server, bodies, chance: Chance(seed), now, kept: Counts::default(), looks: 0, life: 1 };
        month.pass(SignedDuration::ZERO);
        month
    }

    /// Time goes by, and one pass is made.
    fn pass(&mut self, by: SignedDuration) {
        self.now += by;
        let now = self.now;
        self.kept = self.program().pass_at(now);
        let hits = self.bodies.iter().flat_map(|body| body.site.take_hits());
        self.looks += hits.filter(|hit| hit.path.starts_with("/n/")).count() as u64;
    }

    /// Days of trouble, then quiet ones; what the program held at the end of each day of trouble.
    fn goes_by(&mut self, days: u32) -> Vec<Held> {
        let steps = days * STEPS;
        let (mut down, mut downs, mut restarts, mut samples) = (0_u32, 0, 0, Vec::new());
        for step in 0..steps + QUIET_DAYS * STEPS {
            if step < steps {
                self.bodies.iter_mut().for_each(|body| body.lives(&mut self.chance));
                if down == 0 && self.chance.once_in(30) {
                    down = 1 + u32::try_from(self.chance.below(u64::from(8 * STEPS))).unwrap();
                    downs += 1;
                    self.server.follow([trouble(&mut self.chance)]);
                }
                if self.chance.once_in(RESTARTS) && step < steps / 2 {
                    self.restarts();
                    restarts += 1;
                }
            } else {
                self.bodies.iter_mut().for_each(|body| body.site.instead(None));
                down = 1;
            }
            down = down.saturating_sub(1);
            if down == 0 {
                self.server.follow([]);
            }
            self.pass(SignedDuration::from_hours(24) / i32::try_from(STEPS).unwrap());
            if step < steps && step % STEPS == STEPS - 1 {
                samples.push(self.held());
            }
        }
        eprintln!("the mail server was away {downs} times; {restarts} restarts");
        samples
    }

    fn held(&mut self) -> Held {
        Held::by(self.program().id(), &self.folder.path().join("store"), &self.kept, self.looks, self.life)
    }

    fn restarts(&mut self) {
        self.life += 1;
        self.stops();
        self.program = Some(Program::start(self.folder.path(), TEST));
    }

    fn stops(&mut self) {
        self.program.take().expect("it runs").stop();
    }

    fn program(&mut self) -> &mut Program {
        self.program.as_mut().expect("it runs")
    }

    /// Days go by until nothing more is found out and all that is owed has gone out.
    fn settles(&mut self) {
        let mut quiet = 0;
        for _ in 0..60 {
            let before = self.kept.changes;
            self.pass(SignedDuration::from_hours(24));
            quiet = if self.kept.changes == before && self.kept.pending == 0 { quiet + 1 } else { 0 };
            if quiet == 4 {
                return;
            }
        }
        panic!("after sixty quiet days it still finds something new");
    }
}

fn trouble(chance: &mut Chance) -> Rule {
    match chance.below(4) {
        0 => rule("", ALWAYS, Act::Close),
        1 => rule("RCPT", ALWAYS, Act::Say("451 4.7.1 come back later")),
        2 => rule(".", ALWAYS, Act::Close),
        _ => rule("MAIL", ALWAYS, Act::Say("452 4.3.1 no space")),
    }
}

fn configure(folder: &Path, bodies: &[Body], port: u16) {
    fs::create_dir(folder.join("sources")).unwrap();
    fs::write(folder.join("huitoukan.toml"), format!("{MAIN}port = {port}\n")).unwrap();
    fs::write(folder.join("subscribers.toml"), SUBSCRIBERS).unwrap();
    for body in bodies {
        let (number, listing) = (body.number, body.listing());
        let text = format!("name = \"第{number}街道 公告栏\"\nlisting = \"{listing}\"\nregion = \"福建/泉州/鲤城\"\n");
        fs::write(folder.join(format!("sources/s{number}.toml")), text).unwrap();
    }
}
