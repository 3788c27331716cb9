//! A month, or a slice of one, on the virtual clock: sites that publish, edit and withdraw, faults at random from a printed
//! seed, a mail server that is away for days, restarts. At the end the sites' truth, the store and the mails are held together.
//!
//! `MONTH="30 200 7" cargo test --test operate a_month -- --nocapture` runs thirty days of two hundred sources from seed 7.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use huitoukan::demo::Site;
use huitoukan::flow::daemon;
use huitoukan::model::{ChangeKind, DeliveryState, Kind, Presence, Region, Source, SourceId, Visit};
use jiff::{SignedDuration, Timestamp};

use crate::smtp::{ALWAYS, Act, Server, rule};
use crate::world::{BODY, World, page, wall};
use crate::{mailing_to, taken};

const LISTING: &str = "/list.html";
/// Passes in a day.
const STEPS: u32 = 4;
/// Days at the end in which nothing more happens, so that all that is owed has gone out and all that is absent is proven.
const QUIET_DAYS: u32 = 8;

/// Numbers from a seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// One body's site, and what it truly says.
struct Body {
    site: Site,
    number: usize,
    notices: Vec<Truth>,
    /// Steps until the present fault ends.
    fault: u32,
}

struct Truth {
    title: String,
    edits: u32,
    withdrawn: bool,
}

impl Body {
    async fn new(number: usize) -> Self {
        let mut body = Self { site: Site::start().await.unwrap(), number, notices: Vec::new(), fault: 0 };
        (0..4).for_each(|_| body.publishes());
        body
    }

    fn path(place: usize) -> String {
        format!("/n/t20261101_{place}.htm")
    }

    fn publishes(&mut self) {
        let title = format!("第{}街道第{}轮关于巡察整改情况的通报", self.number, self.notices.len());
        self.notices.push(Truth { title, edits: 0, withdrawn: false });
        self.serves(self.notices.len() - 1);
    }

    fn edits(&mut self, place: usize) {
        self.notices[place].edits += 1;
        self.serves(place);
    }

    fn withdraws(&mut self, place: usize) {
        self.notices[place].withdrawn = true;
        self.site.remove(&Self::path(place));
        self.lists();
    }

    fn serves(&self, place: usize) {
        self.site.put(&Self::path(place), page(&self.notices[place].title, &self.text(place)));
        self.lists();
    }

    /// No two notices say the same, or they would be copies of one another.
    fn text(&self, place: usize) -> String {
        let own: String = (0..12)
            .map(|line| {
                format!("{line}.第{}街道在第{place}轮中就第{}号问题逐项对账销号。\n", self.number, line * 7 + place * 31 + self.number * 57)
            })
            .collect();
        let body =
            BODY.replace("区工商联", &format!("第{}街道", self.number)).replace("仅解决21个", &format!("仅解决{}个", self.solved(place)));
        format!("{body}\n{own}")
    }

    fn solved(&self, place: usize) -> u32 {
        21 + self.notices[place].edits
    }

    fn lists(&self) {
        let present = self.notices.iter().enumerate().rev().filter(|(_, truth)| !truth.withdrawn);
        let rows: String = present
            .map(|(place, truth)| {
                format!(r#"<li><a href="{}" title="{1}">{1}</a><span>2026-11-01</span></li>"#, Self::path(place), truth.title)
            })
            .collect();
        let others = r#"<li><a href="/o/1.html">关于国庆节放假安排的通知</a><span>2026-09-25</span></li><li><a href="/o/2.html">关于开展安全生产检查的公告</a><span>2026-09-20</span></li>"#;
        self.site.put(LISTING, format!("<html><head><title>公告</title></head><body><ul>{rows}{others}</ul></body></html>"));
    }

    /// Six hours of a body's life.
    fn lives(&mut self, chance: &mut Chance) {
        if chance.once_in(12) {
            self.publishes();
        }
        let place = usize::try_from(chance.below(self.notices.len() as u64)).unwrap();
        if !self.notices[place].withdrawn {
            match chance.below(60) {
                0..=4 => self.edits(place),
                5 if self.notices.len() > 5 => self.withdraws(place),
                _ => {}
            }
        }
        self.fault = self.fault.saturating_sub(1);
        if self.fault == 0 {
            self.site.instead(None);
            if chance.once_in(25) {
                self.fault = 1 + u32::try_from(chance.below(8)).unwrap();
                self.site.instead(Some(match chance.below(6) {
                    0 => wall("busy").with_status(503),
                    1 => wall("<html><head><script>$_ts=window['$_ts'];</script></head><body></body></html>").with_status(412),
                    2 => wall("404 Not Found").with_status(404),
                    3 => wall(""),
                    4 => wall("网站维护中,请稍后再试"),
                    _ => wall("Internal Server Error").with_status(500),
                }));
            }
        }
    }
}

/// What this process holds, test and site and mail server included.
#[derive(Debug, Clone, Copy)]
struct Held {
    memory_kib: u64,
    files: usize,
    threads: usize,
    disk: u64,
}

fn held(world: &World) -> Held {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    Held {
        memory_kib: line.split_whitespace().nth(1).unwrap().parse().unwrap(),
        files: fs::read_dir("/proc/self/fd").unwrap().count(),
        threads: fs::read_dir("/proc/self/task").unwrap().count(),
        disk: world.house.store.counts().unwrap().bytes,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_of_faults_tells_everything_once_and_holds_no_more_than_it_did() {
    let given = std::env::var("MONTH").unwrap_or_else(|_| "6 12 20261101".to_owned());
    let numbers: Vec<u64> = given.split_whitespace().map(|number| number.parse().expect("MONTH is \"days sources seed\"")).collect();
    let [days, sources, seed] = numbers.try_into().expect("MONTH is \"days sources seed\"");
    eprintln!("{days} days, {sources} sources, seed {seed}");
    let mut chance = Chance(seed);
    let mut bodies = Vec::new();
    for number in 0..usize::try_from(sources).unwrap() {
        bodies.push(Body::new(number + 1).await);
    }
    let server = Server::start([]).await;
    let mut world = World::with(|config| {
        mailing_to(server.address, config);
        config.sources = bodies.iter().map(source).collect();
        config.hosts_max = 8;
    })
    .await;
    daemon::once(&world.house).await.unwrap();

    let steps = u32::try_from(days).unwrap() * STEPS;
    let (mut down, mut downs, mut restarts, mut samples) = (0_u32, 0, 0, Vec::new());
    for step in 0..steps + QUIET_DAYS * STEPS {
        if step < steps {
            bodies.iter_mut().for_each(|body| body.lives(&mut chance));
            if down == 0 && chance.once_in(30) {
                down = 1 + u32::try_from(chance.below(u64::from(8 * STEPS))).unwrap();
                downs += 1;
                server.follow([match chance.below(4) {
                    0 => rule("", ALWAYS, Act::Close),
                    1 => rule("RCPT", ALWAYS, Act::Say("451 4.7.1 come back later")),
                    2 => rule(".", ALWAYS, Act::Close),
                    _ => rule("MAIL", ALWAYS, Act::Say("452 4.3.1 no space")),
                }]);
            }
            if chance.once_in(40) {
                world = world.restart();
                restarts += 1;
            }
        } else {
            bodies.iter_mut().for_each(|body| body.site.instead(None));
            down = 1;
        }
        down = down.saturating_sub(1);
        if down == 0 {
            server.follow([]);
        }
        world.after(SignedDuration::from_hours(24) / i32::try_from(STEPS).unwrap()).await;
        if step % STEPS == STEPS - 1 {
            samples.push(held(&world));
        }
    }
    settle(&world).await;
    eprintln!("the mail server was away {downs} times; {restarts} restarts; {:?}", world.house.store.counts().unwrap());
    check_truth(&world, &bodies);
    check_mails(&world, &server);
    check_holdings(&samples[..usize::try_from(days).unwrap()]);
}

/// Days go by until nothing more is found out and all that is owed has gone out.
async fn settle(world: &World) {
    let mut quiet = 0;
    for _ in 0..60 {
        let before = world.house.store.last_change().unwrap();
        world.day().await;
        let counts = world.house.store.counts().unwrap();
        quiet = if counts.changes == before && counts.pending == 0 { quiet + 1 } else { 0 };
        if quiet == 4 {
            return;
        }
    }
    panic!("after sixty quiet days it still finds something new");
}

fn source(body: &Body) -> Source {
    let mut source = Source::new(SourceId(format!("s{}", body.number)), body.site.url(LISTING));
    source.name = format!("第{}街道 公告栏", body.number);
    source.region = Region("福建/泉州/鲤城".to_owned());
    source.visit = Visit { cron: "0 0 * * * *".to_owned(), zone: "Asia/Shanghai".to_owned() };
    source
}

/// The store says of each site what is true.
fn check_truth(world: &World, bodies: &[Body]) {
    let (mut notices, mut edits, mut withdrawn) = (0, 0, 0);
    for body in bodies {
        for (place, truth) in body.notices.iter().enumerate() {
            let url = body.site.url(&Body::path(place));
            let Some(tracked) = world.house.store.tracked_at(&url).unwrap() else {
                assert!(truth.withdrawn, "{} was never found", truth.title);
                continue;
            };
            let version = world.house.store.version(&tracked.id, tracked.versions).unwrap();
            if truth.withdrawn {
                assert!(tracked.presence != Presence::Present || tracked.versions == 0, "{}: {:?}", truth.title, tracked);
                withdrawn += 1;
                continue;
            }
            assert_eq!(tracked.presence, Presence::Present, "{}", truth.title);
            let text: String = version.expect("it was read").document.blocks.iter().map(|block| block.text().into_owned()).collect();
            assert!(text.contains(&format!("仅解决{}个", body.solved(place))), "{} as it now stands, not: {text}", truth.title);
            (notices, edits) = (notices + 1, edits + truth.edits);
        }
    }
    eprintln!("truth: {notices} notices stand, edited {edits} times; {withdrawn} withdrawn");
}

/// Each change of the store is in the digest that followed it, under its heading, in one message and no other.
fn check_mails(world: &World, server: &Server) {
    let store = &world.house.store;
    let mut deliveries = store.deliveries(usize::MAX).unwrap();
    deliveries.reverse();
    assert!(deliveries.iter().all(|delivery| matches!(delivery.state, DeliveryState::Sent { .. })), "all that was owed went out");
    let composed: Vec<Timestamp> = deliveries.iter().map(|delivery| delivery.created_at).collect();
    let mut per_digest: BTreeMap<(Timestamp, String), BTreeSet<Kind>> = BTreeMap::new();
    for change in store.changes(0, usize::MAX).unwrap() {
        let Some(notice) = change.kind.notice() else { continue };
        let title = store.tracked(notice).unwrap().unwrap().title;
        let Some(digest) = composed.iter().find(|composed| **composed >= change.at) else {
            panic!("{:?} of {title} was never told", change.kind);
        };
        per_digest.entry((*digest, title)).or_default().insert(change.kind.kind());
        assert!(!matches!(change.kind, ChangeKind::Moved { .. }), "nothing moved: {change:?}");
    }
    let mut expected: Vec<(Timestamp, String, Kind)> = Vec::new();
    for ((digest, title), mut kinds) in per_digest {
        // Published and edited within one digest is told as published.
        if kinds.contains(&Kind::Published) {
            kinds.remove(&Kind::Edited);
        }
        expected.extend(kinds.into_iter().map(|kind| (digest, title.clone(), kind)));
    }
    let mut mails = taken(server);
    let before = mails.len();
    mails.dedup_by(|one, other| one.1 == other.1);
    assert!(before - mails.len() <= 1, "repeats only where the server did not say that it took it");
    assert_eq!(mails.len(), deliveries.len());
    let mut told: Vec<(Timestamp, String, Kind)> = Vec::new();
    for ((_, _, text), composed) in mails.iter().zip(&composed) {
        told.extend(entries(text).into_iter().map(|(kind, title)| (*composed, title, kind)));
    }
    let key = |one: &(Timestamp, String, Kind)| (one.0, one.1.clone(), one.2.english());
    expected.sort_by_key(key);
    told.sort_by_key(key);
    let lost: Vec<_> = expected.iter().filter(|one| !told.contains(one)).collect();
    let extra: Vec<_> = told.iter().filter(|one| !expected.contains(one)).collect();
    assert!(lost.is_empty() && extra.is_empty(), "never told: {lost:#?}\ntold without cause: {extra:#?}");
    assert_eq!(told.len(), expected.len(), "each once");
    eprintln!("mails: {} digests tell {} changes, each in one message", mails.len(), told.len());
}

/// The titles of a digest's plain text, each under the kind that it stands under.
fn entries(text: &str) -> Vec<(Kind, String)> {
    let mut kind = None;
    let mut entries = Vec::new();
    for line in text.lines() {
        let heading = line.split('（').next().unwrap_or_default().trim();
        if let Some(known) = Kind::ALL.into_iter().find(|known| known.chinese() == heading) {
            kind = Some(known);
        }
        let is_entry = line.split("  ").next().is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
        if let (Some(kind), true, Some((_, title))) = (kind, is_entry, line.split_once("  ")) {
            entries.push((kind, title.trim().to_owned()));
        }
    }
    entries
}

/// Files and threads stay as they were, memory settles, and the disk grows evenly.
fn check_holdings(samples: &[Held]) {
    let (first, last) = (samples[samples.len() / 3], samples[samples.len() - 1]);
    eprintln!("after a third: {first:?}\nat the end:    {last:?}");
    assert!(last.files <= first.files + 32, "open files: {} and then {}", first.files, last.files);
    assert!(last.threads <= first.threads + 8, "threads: {} and then {}", first.threads, last.threads);
    assert!(last.memory_kib <= first.memory_kib + 96 * 1024, "memory: {} KiB and then {} KiB", first.memory_kib, last.memory_kib);
    let days = (samples.len() - samples.len() / 3 - 1) as u64;
    let growth = last.disk.saturating_sub(first.disk) / days.max(1);
    eprintln!("the store grows by {} KiB a day", growth / 1024);
}
