//! Clocks that stand wrong: set ahead and back, by an hour, a day, ten years.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Instant;

use huitoukan::flow::clock::Clock;
use jiff::{SignedDuration, Timestamp};

use crate::program::{Program, until};
use crate::world::{BODY, LISTING, World, timestamp};
use crate::{Part, path, publishes, title};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A world whose first visit and first digest are done: Tuesday 09:00 in Beijing.
async fn settled() -> World {
    let mut world = World::new().await;
    publishes(&mut world, "区工商联");
    world.hour().await;
    world.hour().await;
    world.after(DAY).await;
    world
}

fn set(world: World, now: Timestamp) -> World {
    world.restart_at(Clock::virtual_from(now))
}

fn told(world: &World, body: &str) -> usize {
    world.mail().iter().filter(|mail| mail.text.contains(&title(body))).count()
}

#[tokio::test]
async fn whatever_a_clock_does_each_notice_is_told_once_and_soon() {
    for jump in [HOUR, -HOUR, DAY, -DAY, DAY * 3, DAY * 3650, -DAY * 3650] {
        let mut world = settled().await;
        let right = world.house.clock.now();
        publishes(&mut world, "甲街道");
        world = set(world, right + jump);
        world.after(SignedDuration::from_mins(5)).await;
        publishes(&mut world, "乙街道");
        world.after(HOUR).await;
        // And back to the right time, as a time server does it.
        world = set(world, right + HOUR * 2);
        publishes(&mut world, "丙街道");
        for _ in 0..3 * 24 {
            world.hour().await;
        }
        for body in ["甲街道", "乙街道", "丙街道"] {
            assert_eq!(told(&world, body), 1, "{body} after a jump by {jump:#}: {:#?}", world.mail());
        }
        world.publishes(&path("甲街道"), &title("甲街道"), &BODY.replace("区工商联", "甲街道").replace("21个", "35个"));
        for _ in 0..3 * 24 {
            world.hour().await;
        }
        assert_eq!(told(&world, "甲街道"), 2, "an edit is found within three days after a jump by {jump:#}");
    }
}

#[tokio::test]
async fn a_clock_set_back_past_a_digest_hour_does_not_serve_it_again() {
    for back in [SignedDuration::from_mins(1), HOUR, HOUR * 23] {
        let mut world = settled().await;
        publishes(&mut world, "甲街道");
        world = set(world, timestamp("2026-11-04T08:00:05+08:00"));
        world.after(SignedDuration::ZERO).await;
        assert_eq!(told(&world, "甲街道"), 1);
        let mails = world.mail().len();
        world = set(world, timestamp("2026-11-04T08:00:05+08:00") - back);
        publishes(&mut world, "乙街道");
        world.after(back + SignedDuration::from_mins(30)).await;
        assert_eq!(world.mail().len(), mails, "the hour was served before the clock went back by {back:#}");
        world.after(DAY).await;
        assert_eq!((world.mail().len(), told(&world, "乙街道")), (mails + 1, 1));
    }
}

#[tokio::test]
async fn three_days_asleep_are_made_up_once() {
    let mut world = settled().await;
    let mails = world.mail().len();
    publishes(&mut world, "甲街道");
    world.after(DAY * 3).await;
    for _ in 0..20 {
        world.after(SignedDuration::from_mins(1)).await;
    }
    assert_eq!((world.mail().len(), told(&world, "甲街道")), (mails + 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_program_gets_over_a_clock_that_was_ten_years_ahead() {
    let mut world = World::new().await;
    publishes(&mut world, "区工商联");
    let program = Program::new();
    program.write("sources/jia.toml", &format!("name = \"甲\"\nlisting = \"{}\"\n", world.site.url(LISTING)));
    program.write("subscribers.toml", "[[subscriber]]\nto = [\"office@example.org\"]\ndigest = \"0 0 8 * * *\"\n");
    let check = |now: &str| drop(program.well(&["--now", now, "check"]));
    check("2026-11-02T09:00:00+08:00");
    publishes(&mut world, "甲街道");
    check("2036-11-03T09:00:00+08:00");
    publishes(&mut world, "乙街道");
    world.publishes(&path("区工商联"), &title("区工商联"), &BODY.replace("21个", "35个"));
    for day in 3..7 {
        check(&format!("2026-11-{day:02}T09:00:00+08:00"));
    }
    let told = |words: &str| program.mails().iter().filter(|(_, mail)| Part::read(mail).parts()[0].text().contains(words)).count();
    assert_eq!((told(&title("甲街道")), told(&title("乙街道")), told("[删 21][增 35]")), (1, 1, 1));
}

/// libfaketime, which sets the clock of a program while it runs; without it the test says so aloud, or fails where
/// `HUITOUKAN_TEST_ALL` is set.
fn faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let found = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|library| library.exists());
    if found.is_none() {
        eprintln!("SKIPPED: libfaketime is not installed (Debian: faketime)");
        assert!(std::env::var_os("HUITOUKAN_TEST_ALL").is_none(), "libfaketime is not installed (Debian: faketime)");
    }
    found
}

/// The real daemon, whose wall clock is set by a file and whose stopwatch is not.
struct Faked {
    program: Program,
    column: World,
    daemon: Child,
}

impl Faked {
    async fn start(library: &Path, now: &str) -> Self {
        let mut column = World::new().await;
        publishes(&mut column, "区工商联");
        let program = Program::new();
        program.write("huitoukan.toml", &format!("visit = \"* * * * * *\"\n{}", crate::program::MAIN));
        program.write("sources/jia.toml", &format!("name = \"甲\"\nlisting = \"{}\"\n", column.site.url(LISTING)));
        program.write("subscribers.toml", "[[subscriber]]\nto = [\"office@example.org\"]\ndigest = \"0 0 8 * * *\"\n");
        let clock = program.folder.path().join("clock");
        fs::write(&clock, ahead_of_the_machine(now)).unwrap();
        let log = fs::File::create(program.folder.path().join("log")).unwrap();
        let mut command = program.command(&["run"]);
        command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", &clock);
        command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        let daemon = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut faked = Self { program, column, daemon };
        faked.is_visited(2);
        faked
    }

    /// Sets the clock, while it runs.
    fn set(&mut self, now: &str) {
        let (clock, new) = (self.program.folder.path().join("clock"), self.program.folder.path().join("clock.new"));
        fs::write(&new, ahead_of_the_machine(now)).unwrap();
        fs::rename(&new, &clock).unwrap();
        self.is_visited(1);
    }

    /// So many visits from now on: whatever the clock says, they come at the pace of the stopwatch. After the second one all
    /// is known that stood there.
    #[track_caller]
    fn is_visited(&mut self, times: usize) {
        self.column.site.take_hits();
        let (mut visits, begun) = (0, Instant::now());
        until("visits", || {
            assert!(self.daemon.try_wait().unwrap().is_none(), "the daemon ended: {}", self.log());
            visits += self.column.site.take_hits().iter().filter(|hit| hit.path == LISTING).count();
            (visits >= times).then_some(())
        });
        assert!(begun.elapsed().as_secs() < 60, "visits stopped for {:?}: {}", begun.elapsed(), self.log());
    }

    #[track_caller]
    fn is_told(&self, body: &str) {
        until(&format!("{body} to be told"), || (self.told(body) > 0).then_some(()));
    }

    fn told(&self, body: &str) -> usize {
        self.program.mails().iter().filter(|(_, mail)| Part::read(mail).parts()[0].text().contains(&title(body))).count()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.program.folder.path().join("log")).unwrap()
    }
}

impl Drop for Faked {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
        if std::thread::panicking() {
            eprintln!("the daemon's log:\n{}", self.log());
        }
    }
}

/// As libfaketime reads it: seconds that the clock is ahead.
fn ahead_of_the_machine(now: &str) -> String {
    format!("{:+}\n", timestamp(now).duration_since(Timestamp::now()).as_secs())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_daemon_tells_each_notice_once_whatever_its_clock_is_set_to() {
    let Some(library) = faketime() else { return };
    let mut faked = Faked::start(&library, "2026-11-03T07:59:40+08:00").await;
    publishes(&mut faked.column, "甲街道");
    faked.is_visited(2);
    faked.set("2026-11-03T07:59:58+08:00");
    faked.is_told("甲街道");
    // Back by an hour, and to the same hour once more: it was served.
    faked.set("2026-11-03T07:00:05+08:00");
    publishes(&mut faked.column, "乙街道");
    faked.is_visited(2);
    let mails = faked.program.mails().len();
    faked.set("2026-11-03T07:59:58+08:00");
    faked.set("2026-11-03T08:00:30+08:00");
    assert_eq!(faked.program.mails().len(), mails, "the hour was served before the clock went back");
    // Ahead by a day, asleep at the hour: made up at once, and once.
    faked.set("2026-11-04T09:00:00+08:00");
    faked.is_told("乙街道");
    // Back by a day, and ahead by an hour, a day, ten years.
    faked.set("2026-11-03T09:00:00+08:00");
    publishes(&mut faked.column, "丙街道");
    faked.is_visited(2);
    faked.set("2026-11-04T10:00:00+08:00");
    faked.set("2026-11-05T10:00:00+08:00");
    faked.is_told("丙街道");
    publishes(&mut faked.column, "丁街道");
    faked.is_visited(2);
    faked.set("2036-11-05T10:00:00+08:00");
    faked.is_told("丁街道");
    // Back by ten years: what comes then is told within days of that clock.
    faked.set("2026-11-06T10:00:00+08:00");
    publishes(&mut faked.column, "戊街道");
    faked.is_visited(2);
    for day in 7..10 {
        faked.set(&format!("2026-11-{day:02}T08:00:10+08:00"));
    }
    faked.is_told("戊街道");
    faked.is_visited(2);
    for body in ["甲街道", "乙街道", "丙街道", "丁街道", "戊街道"] {
        assert_eq!(faked.told(body), 1, "{body}: {}", faked.log());
    }
    assert!(!faked.log().contains("asked to be left alone"), "{}", faked.log());
}
