//! Clocks that stand wrong: set ahead and back, by an hour, a day, ten years.

use huitoukan::flow::clock::Clock;
use jiff::{SignedDuration, Timestamp};

use crate::program::Program;
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
