//! Retention: what goes when its time is over, what stays, and that nobody takes it for damage or for news.

use huitoukan::config::Config;
use huitoukan::extract;
use huitoukan::flow::prune;
use huitoukan::model::{Keep, Kind, Presence};
use huitoukan::store::{Commit, Pruned};
use jiff::SignedDuration;

use crate::world::{BODY, World};

const PATH: &str = "/n/1.htm";
const TITLE: &str = "鲤城区工商联关于巡察整改进展情况的通报";
const OTHER: &str = "/n/2.htm";

/// A first visit has been, and a notice was published and told after it.
async fn settled(keep: Keep) -> World {
    let mut world = World::with(|config| config.keep.notices = keep).await.restart_with(|config| take_over(config, keep));
    world.publishes(OTHER, "鲤城区财政局关于巡察整改进展情况的通报", &BODY.replace("工商联", "财政局"));
    world.hour().await;
    world.publishes(PATH, TITLE, BODY);
    world.days(2).await;
    world
}

fn take_over(config: &mut Config, keep: Keep) {
    config.sources.iter_mut().for_each(|source| source.keep = keep);
}

fn edited(times: u32) -> String {
    BODY.replace("83个", &format!("{}个", 83 + times))
}

fn pruned(world: &World) -> Pruned {
    let setup = world.house.setup();
    let plan = prune::plan(&world.house, &setup).unwrap();
    let would = world.house.store.would_prune(&plan.expired).unwrap();
    let done = prune::carry_out(&world.house, &plan).unwrap();
    assert_eq!(would, done, "a rehearsal says what is done");
    assert_eq!(world.house.store.verify(None).unwrap().problems, Vec::<String>::new());
    done
}

fn goes_by(world: &World, days: i64) {
    world.house.clock.jump_to(world.house.clock.now() + SignedDuration::from_hours(24 * days));
}

#[tokio::test]
async fn old_versions_go_and_the_newest_stays_with_its_page() {
    let mut world = settled(Keep { versions_days: Some(100), ..Keep::default() }).await;
    for times in 1..=3 {
        world.publishes(PATH, TITLE, &edited(times));
        world.day().await;
        goes_by(&world, 59);
    }
    // The first two versions have been superseded for 120 and 180 days.
    assert_eq!(pruned(&world), Pruned { versions: 2, pages: 2, ..Pruned::default() });
    assert!(pruned(&world).is_nothing());
    let notice = world.notice(PATH);
    assert_eq!(notice.versions, 4);
    let kept = |number| world.house.store.version(&notice.id, number).unwrap();
    assert!(kept(1).is_none() && kept(2).is_none() && kept(3).is_some());
    assert!(world.house.store.snapshot(&kept(4).unwrap().snapshot).unwrap().is_some());

    // It goes on as if nothing had been.
    let kinds = world.kinds();
    let mut world = world.restart();
    world.publishes(PATH, TITLE, &edited(9));
    goes_by(&world, 31);
    world.day().await;
    assert_eq!(world.kinds(), [&kinds[..], &[Kind::Edited]].concat());
    assert!(world.last_mail().text.contains("第 5 版"), "{}", world.last_mail().text);
}

#[tokio::test]
async fn a_page_that_the_site_still_serves_stays_however_old_it_is() {
    let world = settled(Keep { snapshots_days: Some(90), ..Keep::default() }).await;
    world.days(3).await;
    goes_by(&world, 200);
    world.day().await;
    assert!(pruned(&world).is_nothing());
}

#[tokio::test]
async fn an_upgrade_after_the_pages_went_alarms_nobody() {
    let mut world = settled(Keep { snapshots_days: Some(90), ..Keep::default() }).await;
    world.withdraws(PATH);
    world.days(5).await;
    goes_by(&world, 89);
    assert_eq!(pruned(&world), Pruned { pages: 1, ..Pruned::default() });
    let notice = world.notice(PATH);
    let version = world.house.store.version(&notice.id, 1).unwrap().unwrap();
    assert_eq!(world.house.store.pruned_page(&version.snapshot).unwrap(), Some(world.house.clock.now()));

    // Older code had read it, and quite differently.
    let mut older = version.clone();
    older.revision = extract::REVISION - 1;
    older.document.blocks.truncate(4);
    world.house.store.commit(&Commit { versions: vec![older], ..Commit::default() }).unwrap();
    let kinds = world.kinds();
    world.publishes(PATH, TITLE, BODY);
    world.days(3).await;
    assert_eq!(world.kinds(), [&kinds[..], &[Kind::Restored]].concat());
    let now = world.house.store.version(&notice.id, 1).unwrap().unwrap();
    assert_eq!((now.revision, now.document.blocks), (extract::REVISION, version.document.blocks));
    assert_eq!(world.notice(PATH).versions, 1);
    assert!(world.house.store.snapshot(&now.snapshot).unwrap().is_some(), "its page is kept again");
    assert_eq!(world.house.store.verify(None).unwrap().problems, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_withdrawn_goes_after_its_time_and_what_stands_does_not() {
    let mut world = settled(Keep { withdrawn_days: Some(60), ..Keep::default() }).await;
    world.withdraws(PATH);
    world.days(5).await;
    goes_by(&world, 50);
    let notice = world.notice(PATH);
    assert!(matches!(notice.presence, Presence::Withdrawn { .. }), "{:?}", notice.presence);
    assert!(pruned(&world).is_nothing(), "its time is not over");
    goes_by(&world, 20);
    let changes = world.house.store.last_change().unwrap();
    assert_eq!(pruned(&world), Pruned { notices: 1, versions: 1, pages: 1, ..Pruned::default() });
    assert_eq!(world.house.store.tracked(&notice.id).unwrap(), None);
    assert_eq!(world.house.store.last_change().unwrap(), changes, "no number is missing");
    assert!(world.house.store.tracked_at(&world.site.url(OTHER)).unwrap().is_some());

    // Unlike what was forgotten it is collected again where it is published again.
    world.publishes(PATH, TITLE, BODY);
    world.days(2).await;
    assert_eq!(world.notice(PATH).id, notice.id);
    assert_eq!(world.kinds().last(), Some(&Kind::Published));
    assert_eq!(world.house.store.verify(None).unwrap().problems, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_subscriber_has_still_to_be_told_of_waits() {
    let mut world = settled(Keep { withdrawn_days: Some(30), versions_days: Some(90), snapshots_days: None }).await;
    // Whoever is told once a year.
    let mut world = {
        world = world.restart_with(|config| config.subscribers[0].digest = "0 0 8 1 10 *".to_owned());
        world.publishes(OTHER, "鲤城区财政局关于巡察整改进展情况的通报", &edited(5).replace("工商联", "财政局"));
        world.withdraws(PATH);
        world
    };
    world.house.store.owe(&due_in_october(&world), &[]).unwrap();
    world.days(10).await;
    goes_by(&world, 120);
    world.day().await;
    assert_eq!(pruned(&world), Pruned::default(), "{:?} {:?}", world.kinds(), world.house.store.cursor("office"));
    world = world.restart_with(|config| config.subscribers[0].digest = "0 0 8 * * *".to_owned());
    world.house.store.owe(&huitoukan::model::Cursor { due: None, ..due_in_october(&world) }, &[]).unwrap();
    world.days(2).await;
    assert!(world.last_mail().text.contains("撤下"), "{}", world.last_mail().text);
    let done = pruned(&world);
    assert_eq!((done.notices, done.versions), (1, 2), "{done:?}");
}

fn due_in_october(world: &World) -> huitoukan::model::Cursor {
    let cursor = world.house.store.cursor("office").unwrap().unwrap();
    huitoukan::model::Cursor { due: Some(crate::world::timestamp("2027-10-01T08:00:00+08:00")), ..cursor }
}

#[tokio::test]
async fn a_source_may_keep_for_longer_or_shorter_than_the_house() {
    let mut world = settled(Keep { withdrawn_days: Some(365), ..Keep::default() }).await;
    world.withdraws(PATH);
    world.days(5).await;
    goes_by(&world, 60);
    assert!(pruned(&world).is_nothing());
    let world = world.restart_with(|config| take_over(config, Keep { withdrawn_days: Some(30), ..Keep::default() }));
    assert_eq!(pruned(&world).notices, 1);
}

#[tokio::test]
async fn it_is_due_once_a_day_at_the_quiet_hour_and_not_after_the_clock_jumped() {
    let world = settled(Keep { withdrawn_days: Some(30), ..Keep::default() }).await;
    let due = || prune::is_due(&world.house, &world.house.setup()).unwrap();
    let day = || goes_by(&world, 1);
    assert!(!due(), "the first hour is still to come");
    day();
    assert!(due() && !due());
    goes_by(&world, 3);
    assert!(due() && !due(), "made up once");
    goes_by(&world, 3_650);
    assert!(!due(), "ten years at once are no time that went by");
    for _ in 0..6 {
        day();
        assert!(!due());
    }
    day();
    assert!(due());
    let world = world.restart_with(|config| take_over(config, Keep::default()));
    let setup = world.house.setup();
    assert!(setup.config.keep.notices != Keep::default());
    goes_by(&world, 1);
    assert!(prune::is_due(&world.house, &setup).unwrap(), "the house's own time still holds");
    let world = world.restart_with(|config| config.keep.notices = Keep::default());
    goes_by(&world, 1);
    assert!(!prune::is_due(&world.house, &world.house.setup()).unwrap(), "everything is kept for good");
}

#[tokio::test]
async fn words_of_mails_and_what_hosts_were_asked_go_after_their_time() {
    let world = settled(Keep::default()).await;
    let world = world.restart_with(|config| (config.keep.messages_days, config.keep.impact_days) = (Some(30), Some(31)));
    assert!(!world.mail().is_empty());
    goes_by(&world, 75);
    let sent = world.mail().len();
    let done = pruned(&world);
    assert_eq!((done.messages, done.months), (sent as u64, 1), "{done:?}");
    let said = world.mail();
    assert_eq!(said.len(), sent, "that they were sent stays");
    assert!(said.iter().all(|message| message.text == "内容已按保存期限删除" && message.html.is_empty()), "{said:?}");
    assert!(pruned(&world).is_nothing());
}
