//! A site does something, a subscriber reads about it: through the real code, with a virtual clock.
//! Each rule of ARCHITECTURE.md has at least one story here.

#[path = "support/world.rs"]
#[allow(dead_code)]
mod world;

use huitoukan::config::Config;
use huitoukan::demo::Served;
use huitoukan::extract;
use huitoukan::flow::{daemon, notify};
use huitoukan::model::{Block, Kind, Presence, Topic};
use huitoukan::store::Commit;
use jiff::SignedDuration;
use world::{BODY, LISTING, World, page, timestamp, wall};

const TITLE: &str = "鲤城区工商联关于巡察整改进展情况的通报";
const PATH: &str = "/zwgk/202611/t20261101_1.htm";

/// A world whose first visit has found one notice and whose baseline has been told.
async fn settled() -> World {
    let mut world = World::new().await;
    world.publishes(PATH, TITLE, BODY);
    world.hour().await;
    world.hour().await;
    world
}

#[tokio::test]
async fn a_first_visit_is_a_baseline_told_in_one_line() {
    let mut world = World::new().await;
    for number in 1..=5 {
        world.publishes(
            &format!("/n/{number}.htm"),
            &format!("第{number}街道关于巡察整改情况的通报"),
            &BODY.replace("区工商联", &format!("第{number}街道")),
        );
    }
    world.hour().await;
    assert_eq!(world.kinds(), [Kind::Baseline]);
    world.hour().await;
    let mail = world.mail();
    assert_eq!(mail.len(), 1, "one digest at eight");
    assert!(mail[0].text.contains('5'), "it says how many: {}", mail[0].text);
    assert!(!mail[0].text.contains("第3街道"), "and names none: {}", mail[0].text);
    world.days(3).await;
    assert_eq!(world.mail().len(), 1, "and it is said once");
}

#[tokio::test]
async fn a_source_may_announce_recent_notices_of_its_first_visit() {
    let mut world = World::with(|config| config.sources[0].announce_since = Some("2026-10-01".parse().unwrap())).await;
    world.publishes(PATH, TITLE, BODY);
    world.hour().await;
    assert_eq!(world.kinds(), [Kind::Published]);
}

#[tokio::test]
async fn a_new_notice_is_in_the_next_digest_once() {
    let mut world = settled().await;
    world.publishes("/n/2.htm", "洛江区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "洛江区工商联"));
    world.day().await;
    let mail = world.last_mail();
    assert!(mail.subject.contains("新增1"), "{}", mail.subject);
    assert!(mail.text.contains("洛江区工商联关于巡察整改情况的通报"), "{}", mail.text);
    assert!(mail.text.contains(world.site.url("/n/2.htm").as_str()), "with the official link: {}", mail.text);
    assert!(mail.text.contains("不是官方文本"), "{}", mail.text);
    let told = world.mail().len();
    world.days(5).await;
    assert_eq!(world.mail().len(), told);
}

const FOUND: &str =
    "2026年9月7日至10月16日,区委巡察二组对区红十字会党组开展了巡察。11月1日,区委巡察二组向区红十字会党组反馈了巡察意见,指出3个方面9个问题。
会议指出,存在的主要问题有:一是政治理论学习不深入。二是捐赠款物管理不规范。三是基层组织建设薄弱。
会议要求,要压实整改责任。";

#[tokio::test]
async fn findings_are_recorded_and_told_under_their_own_heading_where_a_source_asks_for_them() {
    let asked = |config: &mut Config| config.sources[0].title.topics = vec![Topic::Rectification, Topic::Feedback];
    let title = "区委巡察二组向区红十字会党组反馈巡察情况";
    for asks in [true, false] {
        let mut world = if asks { World::with(asked).await } else { World::new().await };
        world.publishes(PATH, TITLE, BODY);
        world.hour().await;
        world.publishes("/n/5.htm", title, FOUND);
        world.publishes("/n/6.htm", "洛江区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "洛江区工商联"));
        world.day().await;
        let mail = world.last_mail();
        assert_eq!(mail.text.contains(title), asks, "{}", mail.text);
        if asks {
            let (rectified, found) = (mail.text.find("\n新增\n").unwrap(), mail.text.find("\n新增 · 巡视巡察反馈\n").unwrap());
            assert!(rectified < found && mail.text[found..].contains("指出问题 3"), "{}", mail.text);
            assert!(
                mail.text[found..].contains("区委巡察二组 2026-09-07 至 10-16 巡察区红十字会党组，11-01（年份为推断） 反馈"),
                "{}",
                mail.text
            );
            assert_eq!(world.notice("/n/5.htm").topic, Some(Topic::Feedback));
            assert_eq!(world.notice(PATH).topic, Some(Topic::Rectification));
        }
    }
}

#[tokio::test]
async fn other_announcements_of_the_column_are_not_taken() {
    let world = settled().await;
    let hits = world.site.take_hits();
    assert!(hits.iter().any(|hit| hit.path == PATH));
    assert!(!hits.iter().any(|hit| hit.path.starts_with("/other/")), "{hits:?}");
}

#[tokio::test]
async fn a_silent_edit_is_told_to_the_character() {
    let mut world = settled().await;
    let edited = BODY.replace("仅解决21个", "仅解决35个").replace("二是分类指导换届。(未完成)", "二是分类指导换届。(已完成)");
    world.publishes(PATH, TITLE, &edited);
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Edited]);
    let mail = world.last_mail();
    assert!(mail.subject.contains("修改1"), "{}", mail.subject);
    assert!(mail.text.contains("[删 21][增 35]"), "two digits are marked, no more: {}", mail.text);
    assert!(mail.text.contains("未完成 → 已完成"), "the item's fate comes first: {}", mail.text);
    assert_eq!(world.notice(PATH).versions, 2);
}

#[tokio::test]
async fn a_new_layout_with_the_same_words_is_no_news() {
    let mut world = settled().await;
    let paragraphs: String = BODY.lines().map(|line| format!("<div><span>{line}</span></div>")).collect();
    world.site.put(
        PATH,
        format!(
            "<html><head><title>{TITLE}</title><meta name=ArticleTitle content=\"{TITLE}\"><meta name=PubDate content=\"2026-11-01 09:52\"><meta name=ContentSource content=\"鲤城区工商联\"></head><body><h2>{TITLE}</h2><div id=\"zoom\">{paragraphs}</div><div>浏览次数:99</div></body></html>"
        ),
    );
    world.days(3).await;
    assert_eq!(world.kinds(), [Kind::Baseline]);
    assert_eq!(world.notice(PATH).versions, 1);
    let told = world.mail().len();
    world.publishes("/n/9.htm", "丰泽区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "丰泽区工商联"));
    world.day().await;
    assert_eq!(world.mail().len(), told + 1);
}

#[tokio::test]
async fn a_counter_that_runs_is_no_news() {
    let world = settled().await;
    for count in 18..22 {
        world.site.put(PATH, page(TITLE, BODY).replace("<span>17</span>", &format!("<span>{count}</span>")));
        world.day().await;
    }
    assert_eq!(world.kinds(), [Kind::Baseline]);
}

#[tokio::test]
async fn our_upgrade_makes_a_new_reading_and_never_a_change() {
    let mut world = settled().await;
    let tracked = world.notice(PATH);
    let mut version = world.house.store.version(&tracked.id, 1).unwrap().unwrap();
    version.revision = extract::REVISION - 1;
    version.document.blocks.insert(0, Block::Paragraph("当前位置:首页 > 通知公告,旧代码误读的一行".to_owned()));
    world.house.store.commit(&Commit { versions: vec![version], ..Commit::default() }).unwrap();

    // The page's bytes change, its words do not: with the old reading this would look like an edit.
    world.site.put(PATH, page(TITLE, BODY).replace("<span>17</span>", "<span>18</span>"));
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline]);
    let reread = world.house.store.version(&tracked.id, 1).unwrap().unwrap();
    assert_eq!(reread.revision, extract::REVISION);
    assert!(!reread.document.words().contains("旧代码误读"));

    world.publishes(PATH, TITLE, &BODY.replace("仅解决21个", "仅解决35个"));
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Edited]);
    assert!(!world.last_mail().text.contains("旧代码误读"), "{}", world.last_mail().text);
}

#[tokio::test]
async fn an_unchanged_page_costs_no_reading_of_its_version() {
    let mut world = settled().await;
    // A version that would be read again at once, if anybody looked at it.
    let mut version = world.house.store.version(&world.notice(PATH).id, 1).unwrap().unwrap();
    version.revision = extract::REVISION - 1;
    let id = version.id.clone();
    world.house.store.commit(&Commit { versions: vec![version], ..Commit::default() }).unwrap();
    let revision = |world: &World| world.house.store.version(&id, 1).unwrap().unwrap().revision;
    world.site.take_hits();
    world.day().await;
    world.site.answer(PATH, Served::html(page(TITLE, BODY)).without_validators());
    world.day().await;
    assert!(world.site.take_hits().iter().any(|hit| hit.path == PATH), "it was looked at");
    assert_eq!(revision(&world), extract::REVISION - 1, "neither a 304 nor the same bytes need it");
    world.publishes(PATH, TITLE, &BODY.replace("仅解决21个", "仅解决35个"));
    world.day().await;
    assert_eq!((revision(&world), world.kinds()), (extract::REVISION, vec![Kind::Baseline, Kind::Edited]));
}

#[tokio::test]
async fn what_an_older_release_kept_of_a_notice_is_completed_at_the_next_look() {
    let mut world = settled().await;
    let known = world.notice(PATH).newest.expect("it was read");
    let of_older = huitoukan::model::Tracked { newest: None, ..world.notice(PATH) };
    world.house.store.commit(&Commit { tracked: vec![of_older], ..Commit::default() }).unwrap();
    world.day().await;
    assert_eq!(world.notice(PATH).newest, Some(known));
    world.publishes(PATH, TITLE, &BODY.replace("仅解决21个", "仅解决35个"));
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Edited]);
    let newest = world.house.store.version(&world.notice(PATH).id, 2).unwrap().unwrap();
    assert_eq!(world.notice(PATH).newest.unwrap().snapshot, newest.snapshot);
}

#[tokio::test]
async fn a_first_visit_keeps_many_notices_in_few_commits_and_sees_those_that_still_wait() {
    let mut world = World::new().await;
    // Before its checksum.
    let commits =
        |world: &World| -> u64 { std::fs::read_to_string(world.folder.path().join("store/mark")).unwrap()[..20].parse().unwrap() };
    let before = commits(&world);
    for number in 1..=20 {
        let body = BODY.replace("区工商联", &format!("第{number}街道"));
        world.publishes(&format!("/n/{number}.htm"), &format!("第{number}街道关于巡察整改情况的通报"), &body);
    }
    world.publishes("/again/20.htm", "第20街道关于巡察整改情况的通报", &BODY.replace("区工商联", "第20街道"));
    world.hour().await;
    assert!(commits(&world) - before <= 8, "{} commits", commits(&world) - before);
    assert_eq!(world.house.store.counts().unwrap().versions, 21);
    assert_eq!(world.kinds(), [Kind::Baseline]);
    let copies = (1..=20).map(|number| world.notice(&format!("/n/{number}.htm"))).chain([world.notice("/again/20.htm")]);
    let copies: Vec<_> = copies.filter_map(|notice| notice.copy_of).collect();
    assert_eq!(copies.len(), 1, "the one that says what another says was found although neither was kept yet");
}

/// The page with some of its characters damaged on the way, as a broken proxy or a half-written file does it.
fn damaged(page: &str) -> Vec<u8> {
    let (whole, wound) = ("整改".as_bytes(), b"\xff\xfe".as_slice());
    let mut bytes = Vec::new();
    let mut rest = page.as_bytes();
    while let Some(at) = rest.windows(whole.len()).position(|window| window == whole) {
        bytes.extend_from_slice(&rest[..at]);
        bytes.extend_from_slice(wound);
        rest = &rest[at + whole.len()..];
    }
    bytes.extend_from_slice(rest);
    bytes
}

fn doubtful(world: &World) -> usize {
    huitoukan::flow::status::whole(&world.house, &world.house.setup()).unwrap().doubtful
}

#[tokio::test]
async fn an_edit_read_with_doubts_is_told_only_when_it_stays() {
    let mut world = settled().await;
    let edited = page(TITLE, &BODY.replace("仅解决21个", "仅解决35个"));
    world.site.put(PATH, damaged(&edited));
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline], "seen once");
    assert_eq!(doubtful(&world), 1, "but the operator can see it");
    world.site.put(PATH, page(TITLE, BODY));
    world.days(2).await;
    assert_eq!(world.kinds(), [Kind::Baseline], "it was nothing");
    assert_eq!(doubtful(&world), 0);

    world.site.put(PATH, damaged(&edited));
    world.days(2).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Edited], "it has stood for a day");
    assert!(world.last_mail().text.contains("存疑"), "{}", world.last_mail().text);
    world.publishes(PATH, TITLE, BODY);
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Edited, Kind::Edited], "a reading without doubts is believed at once");
}

#[tokio::test]
async fn a_new_notice_read_with_doubts_is_told_at_once_and_the_digest_says_so() {
    let mut world = settled().await;
    let (title, body) = ("洛江区工商联关于巡察整改情况的通报", BODY.replace("区工商联", "洛江区工商联"));
    world.publishes("/n/2.htm", title, &body);
    world.site.put("/n/2.htm", damaged(&page(title, &body)).as_slice());
    world.day().await;
    let mail = world.last_mail();
    assert!(mail.subject.contains("新增1"), "{}", mail.subject);
    assert!(mail.text.contains("存疑"), "{}", mail.text);
    assert_eq!(doubtful(&world), 1);
}

/// What this site prints below every text, in the words of a text.
const FURNITURE: &str = "本页面由某区融媒体中心制作维护,欢迎您关注我区政务新媒体矩阵,以便获取更多更全的资讯。";

/// A page of a system that nobody knows.
fn unknown(title: &str, body: &str, count: u32) -> String {
    page(title, body)
        .replace("class=\"TRS_Editor\"", "class=\"x1\"")
        .replace("<div class=\"foot\">", &format!("<div class=\"x2\"><p>{FURNITURE}</p></div><div class=\"foot\">"))
        .replace("<span>17</span>", &format!("<span>{count}</span>"))
}

#[tokio::test]
async fn what_a_sources_pages_share_is_learned_and_never_an_edit() {
    let mut world = World::new().await;
    let notice = |number: u32| {
        let office = ["甲", "乙", "丙", "丁", "戊"][number as usize];
        (format!("/n/{number}.htm"), format!("{office}街道关于巡察整改情况的通报"), BODY.replace("区工商联", &format!("{office}街道")))
    };
    let show = |world: &mut World, number: u32, body: &str, count: u32| {
        let (path, title, _) = notice(number);
        world.publishes(&path, &title, body);
        world.site.put(&path, unknown(&title, body, count));
    };
    for number in 0..4 {
        show(&mut world, number, &notice(number).2, 1);
    }
    world.hour().await;
    let words = |world: &World, number: u32| {
        let tracked = world.notice(&notice(number).0);
        world.house.store.version(&tracked.id, tracked.versions).unwrap().unwrap().document.words()
    };
    let has_it = |world: &World| (0..4).filter(|number| words(world, *number).contains("融媒体中心")).count();
    assert_eq!(has_it(&world), 3, "three pages taught it, the fourth was read without it");
    assert!(words(&world, 3).ends_with("丁街道2026年10月30日"), "contacts, signature and date are the notices' own: {}", words(&world, 3));

    for number in 0..4 {
        show(&mut world, number, &notice(number).2, 2);
    }
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline], "what we learned is no edit");

    show(&mut world, 0, &notice(0).2.replace("仅解决21个", "仅解决35个"), 2);
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Edited]);
    let mail = world.last_mail().text;
    assert!(mail.contains("35") && !mail.contains("融媒体"), "{mail}");
    let restarted = world.restart();
    assert!(
        restarted.house.store.health(&restarted.notice(&notice(0).0).source).unwrap().unwrap().furniture.is_known(FURNITURE),
        "it is kept"
    );
}

/// Walls and half answers that sites put in the way; each for two days, on every address and on the notice alone.
fn walls() -> Vec<(&'static str, Served)> {
    vec![
        ("412 with a script", wall("<html><head><meta id=\"9DhefwqGPrzGxEp9hPaoag\" content=\"abc\" r='m'><script>$_ts=window['$_ts'];</script></head><body></body></html>").with_status(412)),
        ("521 with a cookie", wall("<script>document.cookie='__jsl_clearance_s=1';location.href=location.pathname</script>").with_status(521)),
        ("403", wall("<html><body>403 Forbidden</body></html>").with_status(403)),
        ("200 that asks to come later", wall("<html><head><title>提示</title></head><body>访问频繁,请稍后再试</body></html>")),
        ("200 with nothing", wall("")),
        ("200 with an acw challenge", wall("<html><script>var arg1='3FA2B4C5D6E7F8091A2B3C4D5E6F708192A3B4C5';</script><script>acw_sc__v2</script></html>")),
        ("a captcha", wall("<html><head><title>安全验证</title></head><body><div>请完成安全验证后继续访问</div><div class=\"captcha\">拖动滑块</div></body></html>")),
        ("maintenance", wall("<html><head><title>系统维护中</title></head><body><h1>网站正在升级改版,请稍后访问</h1></body></html>")),
        ("a log-in page", wall("<html><head><title>用户登录</title></head><body><form><input type=password name=p><button>登录</button></form></body></html>")),
        ("500", wall("<html><body>Internal Server Error</body></html>").with_status(500)),
        ("503", wall("<html><body>Service Unavailable</body></html>").with_status(503)),
    ]
}

#[tokio::test]
async fn blocked_is_not_withdrawn_and_unreadable_is_not_edited() {
    for (name, served) in walls() {
        let mut world = settled().await;
        world.site.instead(Some(served.clone()));
        world.days(5).await;
        world.site.instead(None);
        world.days(2).await;
        let notice_changes =
            world.kinds().into_iter().filter(|kind| !matches!(kind, Kind::Baseline | Kind::Ailing | Kind::Recovered)).count();
        assert_eq!(notice_changes, 0, "{name} on every address");
        assert_eq!(world.notice(PATH).presence, Presence::Present, "{name}");

        world.site.answer(PATH, served);
        world.days(5).await;
        world.publishes(PATH, TITLE, BODY);
        world.days(2).await;
        let notice_changes =
            world.kinds().into_iter().filter(|kind| !matches!(kind, Kind::Baseline | Kind::Ailing | Kind::Recovered)).count();
        assert_eq!(notice_changes, 0, "{name} at the notice alone");
        assert_eq!(world.notice(PATH).versions, 1, "{name}");
    }
}

#[tokio::test]
async fn validators_of_what_could_not_be_read_are_not_kept() {
    // thp/urlwatch 292: the ETag was saved although reading failed, the next answer was 304, and the edit was lost for ever.
    let mut world = settled().await;
    let wall = wall("<html><body><p>访问过于频繁,请稍后再试</p></body></html>").with_header("etag", "\"edited\"");
    world.site.answer(PATH, wall.without_validators());
    world.days(2).await;
    assert_eq!(world.notice(PATH).versions, 1);
    let edited = BODY.replace("仅解决21个", "仅解决35个");
    world.publishes(PATH, TITLE, &edited);
    let page = world.site.page(PATH).unwrap();
    // From now on the site says 304 to whoever names the ETag that came with the wall.
    world.site.answer(PATH, page.with_etag("\"edited\""));
    world.days(2).await;
    assert_eq!(world.notice(PATH).versions, 2);
    assert!(world.mail().iter().any(|mail| mail.text.contains("[删 21][增 35]")));
}

#[tokio::test]
async fn an_outage_is_told_once_and_its_end_once() {
    let world = settled().await;
    world.site.instead(Some(wall("").with_status(503)));
    world.days(6).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Ailing]);
    world.site.instead(None);
    world.days(3).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Ailing, Kind::Recovered]);
    let about_sources = world.mail().iter().filter(|mail| mail.text.contains("来源")).count();
    assert!(about_sources >= 2, "{:#?}", world.mail());
}

#[tokio::test]
async fn a_withdrawal_is_told_when_it_is_proven_and_not_before() {
    let mut world = settled().await;
    world.withdraws(PATH);
    world.day().await;
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline], "two looks prove nothing");
    world.days(4).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Withdrawn]);
    let mail = world.last_mail();
    assert!(mail.subject.contains("撤下1"), "{}", mail.subject);
    assert!(mail.text.contains(TITLE), "{}", mail.text);
    assert!(mail.text.contains("最后见于"), "{}", mail.text);
    world.days(10).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Withdrawn], "it is told once");

    world.publishes(PATH, TITLE, BODY);
    world.days(8).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Withdrawn, Kind::Restored]);
}

#[tokio::test]
async fn a_notice_that_comes_back_in_time_was_never_away() {
    let mut world = settled().await;
    world.withdraws(PATH);
    world.days(2).await;
    world.publishes(PATH, TITLE, BODY);
    world.days(10).await;
    assert_eq!(world.kinds(), [Kind::Baseline]);
}

#[tokio::test]
async fn a_redirect_to_the_home_page_is_an_absence_like_any_other() {
    let mut world = settled().await;
    world.withdraws(PATH);
    world.site.put("/", "<html><body><h1>鲤城区人民政府</h1></body></html>");
    world.site.answer(PATH, wall("").with_status(302).with_header("location", "/"));
    world.days(6).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Withdrawn]);
}

#[tokio::test]
async fn a_notice_that_is_still_listed_is_not_withdrawn() {
    let world = settled().await;
    world.site.remove(PATH);
    world.days(10).await;
    assert_eq!(world.kinds(), [Kind::Baseline]);
}

#[tokio::test]
async fn a_notice_at_a_new_address_has_moved_and_is_not_new() {
    let mut world = settled().await;
    world.withdraws(PATH);
    world.publishes("/new/1.htm", TITLE, BODY);
    world.days(2).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Moved]);
    let mail = world.last_mail();
    assert!(mail.text.contains("/new/1.htm"), "{}", mail.text);
    world.days(10).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Moved]);
}

#[tokio::test]
async fn a_repost_of_the_same_words_is_not_new() {
    let mut world = settled().await;
    world.publishes("/again/1.htm", TITLE, BODY);
    world.days(3).await;
    assert_eq!(world.kinds(), [Kind::Baseline]);
    assert_eq!(world.notice("/again/1.htm").copy_of, Some(world.notice(PATH).id));
}

#[tokio::test]
async fn a_redesign_is_held_back_and_the_operator_told() {
    let mut world = World::new().await;
    for number in 1..=6 {
        world.publishes(
            &format!("/n/{number}.htm"),
            &format!("第{number}街道关于巡察整改情况的通报"),
            &BODY.replace("区工商联", &format!("第{number}街道")),
        );
    }
    world.hour().await;
    world.hour().await;
    for number in 1..=6 {
        let body = BODY.replace("区工商联", &format!("第{number}街道")).replace("整改", "整治");
        world.publishes(&format!("/n/{number}.htm"), &format!("第{number}街道关于巡察整改情况的通报"), &body);
    }
    world.days(1).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Ailing], "six of six at once: held");
    assert!(world.last_mail().text.contains("鲤城区工商联 公告栏"), "{}", world.last_mail().text);
    world.days(3).await;
    let edited = world.kinds().into_iter().filter(|kind| *kind == Kind::Edited).count();
    assert_eq!(edited, 6, "it has stood for a day: {:?}", world.kinds());
}

#[tokio::test]
async fn a_redesign_that_is_mended_is_forgotten() {
    let mut world = World::new().await;
    let bodies: Vec<String> = (1..=6).map(|number| BODY.replace("区工商联", &format!("第{number}街道"))).collect();
    let title = |number: usize| format!("第{number}街道关于巡察整改情况的通报");
    for (index, body) in bodies.iter().enumerate() {
        world.publishes(&format!("/n/{index}.htm"), &title(index), body);
    }
    world.hour().await;
    world.hour().await;
    for (index, body) in bodies.iter().enumerate() {
        world.publishes(&format!("/n/{index}.htm"), &title(index), &body.replace("整改", "整治"));
    }
    world.days(1).await;
    for (index, body) in bodies.iter().enumerate() {
        world.publishes(&format!("/n/{index}.htm"), &title(index), body);
    }
    world.days(4).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Ailing, Kind::Recovered]);
}

#[tokio::test]
async fn a_page_that_could_not_be_read_is_read_later_although_the_listing_did_not_change() {
    let mut world = settled().await;
    world.publishes("/n/2.htm", "洛江区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "洛江区工商联"));
    world.site.answer("/n/2.htm", wall("<html><body>数据加载中</body></html>"));
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline]);
    world.publishes("/n/2.htm", "洛江区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "洛江区工商联"));
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
}

#[tokio::test]
async fn what_is_known_survives_a_restart_and_nothing_is_told_again() {
    let mut world = settled().await;
    let told = world.mail().len();
    world = world.restart();
    world.days(2).await;
    assert_eq!(world.mail().len(), told);
    world.publishes(PATH, TITLE, &BODY.replace("27条", "28条"));
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Edited]);
    assert!(world.last_mail().text.contains("27"), "{}", world.last_mail().text);
}

#[tokio::test]
async fn a_missed_digest_hour_is_made_up_once() {
    let mut world = settled().await;
    world.publishes("/n/2.htm", "洛江区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "洛江区工商联"));
    let told = world.mail().len();
    // The machine sleeps over four digest hours.
    world.after(SignedDuration::from_hours(4 * 24)).await;
    assert_eq!(world.mail().len(), told + 1);
    world.hour().await;
    assert_eq!(world.mail().len(), told + 1);
}

#[tokio::test]
async fn urgent_kinds_are_told_at_once_and_not_again_in_the_digest() {
    let mut world = World::with(|config| config.subscribers[0].urgent = vec![Kind::Published]).await;
    world.publishes(PATH, TITLE, BODY);
    world.hour().await;
    world.publishes("/n/2.htm", "洛江区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "洛江区工商联"));
    world.after(SignedDuration::from_hours(3)).await;
    let urgent = world.last_mail();
    assert!(urgent.subject.contains("新增1"), "{}", urgent.subject);
    let told = world.mail().len();
    world.days(2).await;
    assert_eq!(world.mail().len(), told);
}

#[tokio::test]
async fn subscribers_hear_of_their_places_and_words_only() {
    let mut world = World::with(|config| {
        let mut elsewhere = config.subscribers[0].clone();
        (elsewhere.id, elsewhere.to) = ("zhejiang".to_owned(), vec!["zj@example.org".to_owned()]);
        elsewhere.regions = vec![huitoukan::model::Region("浙江".to_owned())];
        let mut word = config.subscribers[0].clone();
        (word.id, word.to) = ("chambers".to_owned(), vec!["chambers@example.org".to_owned()]);
        word.patterns = vec!["基层商会换届".to_owned()];
        let mut other_word = word.clone();
        (other_word.id, other_word.to) = ("water".to_owned(), vec!["water@example.org".to_owned()]);
        other_word.patterns = vec!["河长制".to_owned()];
        config.subscribers.extend([elsewhere, word, other_word]);
    })
    .await;
    world.hour().await;
    world.publishes(PATH, TITLE, BODY);
    world.lists();
    world.day().await;
    world.publishes("/n/2.htm", "洛江区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "洛江区工商联"));
    world.day().await;
    let deliveries = world.house.store.deliveries(100).unwrap();
    let heard = |name: &str| {
        deliveries.iter().filter(|delivery| delivery.subscriber == name && delivery.message.text.contains("洛江区工商联")).count()
    };
    assert_eq!((heard("office"), heard("chambers"), heard("zhejiang"), heard("water")), (1, 1, 0, 0));
}

#[tokio::test]
async fn a_new_subscriber_is_not_told_the_whole_archive() {
    let mut world = settled().await;
    world.publishes("/n/2.htm", "洛江区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "洛江区工商联"));
    world.day().await;
    world = world.restart_with(|config| {
        let mut late = config.subscribers[0].clone();
        (late.id, late.to) = ("late".to_owned(), vec!["late@example.org".to_owned()]);
        config.subscribers.push(late);
    });
    world.days(2).await;
    assert!(!world.house.store.deliveries(100).unwrap().iter().any(|delivery| delivery.subscriber == "late"));
}

#[tokio::test]
async fn what_was_edited_and_edited_back_within_a_day_is_not_told() {
    let mut world = settled().await;
    let told = world.mail().len();
    world.after(SignedDuration::from_hours(12)).await;
    world.publishes(PATH, TITLE, &BODY.replace("仅解决21个", "仅解决35个"));
    world.house.store.commit(&Commit { tracked: vec![due_now(&world)], ..Commit::default() }).unwrap();
    world.after(SignedDuration::from_hours(2)).await;
    world.publishes(PATH, TITLE, BODY);
    world.house.store.commit(&Commit { tracked: vec![due_now(&world)], ..Commit::default() }).unwrap();
    world.after(SignedDuration::from_hours(2)).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Edited, Kind::Edited]);
    world.days(2).await;
    assert_eq!(world.mail().len(), told);
}

fn due_now(world: &World) -> huitoukan::model::Tracked {
    let mut tracked = world.notice(PATH);
    tracked.next_look = world.house.clock.now();
    tracked
}

#[tokio::test]
async fn an_address_that_bears_another_notice_is_a_new_notice() {
    let world = settled().await;
    bears_another(&world);
    world.days(12).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Withdrawn, Kind::Published], "and each is told once");
}

#[tokio::test]
async fn a_notice_that_was_told_to_be_gone_is_not_told_so_again_when_another_takes_its_address() {
    let mut world = settled().await;
    world.withdraws(PATH);
    world.days(8).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Withdrawn]);
    bears_another(&world);
    world.days(12).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Withdrawn, Kind::Published]);
}

/// Another notice is written over the one that stands, or stood, at the address.
fn bears_another(world: &World) {
    let other = "按照省委统一部署,省委第三巡视组对省水利厅党组开展了常规巡视。现将巡视整改情况予以公布。一、提高政治站位,扛起主体责任。厅党组先后召开十二次会议研究部署,逐项对账销号。二、聚焦水库除险加固资金使用不规范问题,追回资金八十六万元,修订管理办法三项,并对五座水库开展专项检查。三、河湖长制落实不到位的问题已经整改完成,巡河次数较上年翻了一番。";
    world.site.put(PATH, page("省水利厅党组关于巡视整改情况的通报", other).replace("2026-11-01 09:52", "2026-11-03 10:00"));
}

#[tokio::test]
async fn robots_txt_is_obeyed() {
    let mut world = World::new().await;
    world.site.answer("/robots.txt", Served::of("text/plain", "User-agent: *\nDisallow: /zwgk/\n"));
    world.publishes(PATH, TITLE, BODY);
    let reports = world.hour().await;
    assert!(reports[0].problem.as_ref().is_some_and(|problem| problem.name.starts_with("robots")), "{reports:?}");
    assert!(world.site.take_hits().iter().all(|hit| hit.path == "/robots.txt"));
}

#[tokio::test]
async fn a_robots_txt_that_fails_keeps_us_away() {
    let mut world = World::new().await;
    world.site.answer("/robots.txt", wall("").with_status(500));
    world.publishes(PATH, TITLE, BODY);
    world.hour().await;
    assert!(world.site.take_hits().iter().all(|hit| hit.path == "/robots.txt"));
}

#[tokio::test]
async fn we_say_who_we_are_and_ask_for_unchanged_pages_only_once() {
    let world = settled().await;
    world.site.take_hits();
    world.day().await;
    let hits = world.site.take_hits();
    assert!(hits.iter().all(|hit| hit.user_agent.contains("huitoukan/") && hit.user_agent.contains("watch@example.org")), "{hits:?}");
    assert!(hits.iter().filter(|hit| hit.path == LISTING || hit.path == PATH).all(|hit| hit.status == 304), "{hits:?}");
}

#[tokio::test]
async fn first_visits_follow_the_paging_and_later_ones_stop_at_what_is_known() {
    let mut world = World::with(|config| config.sources[0].depth = 3).await;
    let listing = |numbers: std::ops::Range<u32>, page: u32| {
        let rows: String = numbers
            .map(|number| {
                format!(
                    r#"<li><a href="/n/{number}.htm">第{number}街道关于巡察整改情况的通报</a><span>2026-10-{:02}</span></li>"#,
                    30 - number
                )
            })
            .collect();
        format!(r#"<html><body><ul class="list">{rows}</ul><script>createPageHTML(4, {page}, "index", "html");</script></body></html>"#)
    };
    for number in 0..28 {
        world.site.put(
            &format!("/n/{number}.htm"),
            page(&format!("第{number}街道关于巡察整改情况的通报"), &BODY.replace("区工商联", &format!("第{number}街道"))),
        );
    }
    world.site.put(LISTING, listing(1..8, 0));
    world.site.put("/zwgk/tzgg/index_1.html", listing(8..15, 1));
    world.site.put("/zwgk/tzgg/index_2.html", listing(15..22, 2));
    world.site.put("/zwgk/tzgg/index_3.html", listing(22..28, 3));
    let reports = world.hour().await;
    assert_eq!(reports[0].baseline, 21, "three pages of seven");
    world.site.take_hits();
    world.site.put(LISTING, listing(0..7, 0));
    world.day().await;
    let hits = world.site.take_hits();
    assert!(hits.iter().any(|hit| hit.path == "/n/0.htm"), "{hits:?}");
    assert!(!hits.iter().any(|hit| hit.path.contains("index_")), "known entries stand on the first page: {hits:?}");
    world = world.restart();
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
}

#[tokio::test]
async fn a_digest_can_be_asked_for_at_any_hour() {
    let mut world = settled().await;
    world.publishes("/n/2.htm", "洛江区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "洛江区工商联"));
    world.after(SignedDuration::from_hours(3)).await;
    let setup = world.house.setup();
    let subscriber = &setup.config.subscribers[0];
    let preview = notify::preview(&world.house, &setup, subscriber).unwrap().expect("there is something to tell");
    assert!(preview.subject.contains("新增1"), "{}", preview.subject);
    assert_eq!(notify::now(&world.house, &setup, subscriber).unwrap(), 1);
    assert_eq!(notify::preview(&world.house, &setup, subscriber).unwrap(), None);
    let told = world.mail().len();
    world.days(2).await;
    assert_eq!(world.mail().len(), told, "and it is not told again at eight");
}

#[tokio::test]
async fn one_dead_site_does_not_stop_the_others() {
    let mut world = World::with(|config| {
        let mut dead = config.sources[0].clone();
        dead.id = huitoukan::model::SourceId("dead".to_owned());
        dead.listing = "http://127.0.0.1:9/tzgg/".parse().unwrap();
        config.sources.insert(0, dead);
    })
    .await;
    world.publishes(PATH, TITLE, BODY);
    let reports = world.hour().await;
    assert_eq!(reports.len(), 2);
    assert!(reports.iter().any(|report| report.source.0 == "licheng" && report.baseline == 1), "{reports:?}");
    assert!(reports.iter().any(|report| report.source.0 == "dead" && report.problem.is_some()), "{reports:?}");
}

#[tokio::test]
async fn time_comes_from_outside() {
    let world = settled().await;
    let version = world.house.store.version(&world.notice(PATH).id, 1).unwrap().unwrap();
    let late = version.captured_at.duration_since(timestamp("2026-11-02T08:00:00+08:00"));
    assert!(late.abs() < SignedDuration::from_secs(1), "the virtual hour of the first visit, not the machine's: {}", version.captured_at);
    let (reports, _) = daemon::once(&world.house).await.unwrap();
    assert!(reports.is_empty(), "nothing is due twice in one hour: {reports:?}");
}

#[tokio::test]
async fn a_listing_that_links_to_a_file_is_told_with_the_file() {
    let mut world = settled().await;
    world.publishes("/files/2026.pdf", "洛江区工商联关于巡察整改情况的通报", "");
    world.site.answer("/files/2026.pdf", Served::of("application/pdf", b"%PDF-1.4 binary".to_vec()));
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
    assert!(world.last_mail().text.contains("洛江区工商联"), "{}", world.last_mail().text);
}

#[tokio::test]
async fn a_clock_that_stood_wrong_does_not_stop_the_visits() {
    let mut world = settled().await;
    let clock = world.house.clock.clone();
    // Ten years ahead for one pass, and back again.
    let wrong = huitoukan::flow::clock::Clock::virtual_from(timestamp("2036-11-02T12:00:00+08:00"));
    world = world.restart_at(wrong);
    world.hour().await;
    world = world.restart_at(clock);
    world.publishes("/n/2.htm", "洛江区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "洛江区工商联"));
    world.hour().await;
    assert!(world.kinds().contains(&Kind::Published), "{:?}", world.kinds());
}

#[tokio::test]
async fn a_listing_whose_second_page_never_comes_still_announces_what_is_new() {
    let mut world = World::with(|config| config.sources[0].depth = 3).await;
    world.publishes(PATH, TITLE, BODY);
    let paged = |world: &World| {
        let page = String::from_utf8(world.site.page(LISTING).unwrap().body).unwrap();
        world.site.put(LISTING, page.replace("</body>", "<a href=\"/zwgk/tzgg/index_1.html\">下一页</a></body>"));
    };
    paged(&world);
    world.site.answer("/zwgk/tzgg/index_1.html", wall("").with_status(503));
    world.days(4).await;
    assert!(world.kinds().contains(&Kind::Baseline), "{:?}", world.kinds());
    world.publishes("/n/2.htm", "洛江区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "洛江区工商联"));
    paged(&world);
    world.days(3).await;
    assert!(world.kinds().contains(&Kind::Published), "{:?}", world.kinds());
}

#[tokio::test]
async fn two_notices_that_only_point_at_their_files_are_two() {
    let mut world = settled().await;
    let pointing = "现将巡察整改进展情况予以公布,详见附件。欢迎广大干部群众对巡察整改落实情况进行监督,如有意见建议请及时向我们反映,联系电话和通信地址见附件末尾,来信来访请注明真实姓名和联系方式。";
    world.publishes("/n/2.htm", "洛江区工商联关于巡察整改情况的通报", pointing);
    world.day().await;
    world.publishes("/n/3.htm", "丰泽区工商联关于巡察整改情况的通报", pointing);
    world.day().await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published, Kind::Published]);
}

#[tokio::test]
async fn words_that_come_back_at_another_address_after_a_withdrawal_are_news() {
    let mut world = settled().await;
    world.withdraws(PATH);
    world.days(6).await;
    world.publishes("/back/1.htm", TITLE, BODY);
    world.days(2).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Withdrawn, Kind::Published]);
}

#[tokio::test]
async fn a_source_that_is_given_another_listing_is_visited_for_the_first_time_again() {
    let mut world = settled().await;
    world.publishes("/n/7.htm", "洛江区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "洛江区工商联"));
    let listing = world.site.page(LISTING).unwrap();
    world.publishes("/n/8.htm", "丰泽区工商联关于巡察整改情况的通报", &BODY.replace("区工商联", "丰泽区工商联"));
    world.site.answer("/gsgg/index.html", world.site.page(LISTING).unwrap());
    world.site.answer(LISTING, listing);
    let elsewhere = world.site.url("/gsgg/index.html");
    world = world.restart_with(|config| config.sources[0].listing = elsewhere);
    world.days(2).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Baseline]);
}

#[tokio::test]
async fn a_server_that_gives_page_1_for_every_page_is_found_out() {
    let mut world = World::with(|config| config.sources[0].depth = 50).await;
    world.publishes(PATH, TITLE, BODY);
    let page_1 = String::from_utf8(world.site.page(LISTING).unwrap().body).unwrap();
    for number in 0..50 {
        let path = if number == 0 { LISTING.to_owned() } else { format!("/zwgk/tzgg/index_{number}.html") };
        world.site.put(&path, page_1.replace("</body>", &format!("<a href=\"/zwgk/tzgg/index_{}.html\">下一页</a></body>", number + 1)));
    }
    world.hour().await;
    let asked = world.site.take_hits().into_iter().filter(|hit| hit.path.contains("index")).count();
    assert_eq!(asked, 2, "page 1 and the page that repeats it");
    assert_eq!(world.kinds(), [Kind::Baseline]);
}

#[tokio::test]
async fn a_sitemap_names_no_titles_so_its_addresses_are_matched() {
    let mut world = World::with(|config| config.sources[0].title.take = vec!["/t[0-9]{8}_".to_owned()]).await;
    let sitemap = |paths: &[&str]| {
        let places: String = paths.iter().map(|path| format!("<url><loc>{}</loc></url>", world.site.url(path))).collect();
        Served::of(
            "application/xml",
            format!("<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{places}</urlset>"),
        )
    };
    let (before, after) = (sitemap(&["/", "/jgzn/"]), sitemap(&["/", "/jgzn/", PATH]));
    world.site.answer(LISTING, before);
    world.hour().await;
    world.site.put(PATH, page(TITLE, BODY));
    world.site.answer(LISTING, after);
    world.hour().await;
    world.hour().await;
    assert_eq!(world.kinds(), [Kind::Published]);
    assert_eq!(world.notice(PATH).title, TITLE);
    world = world.restart();
    assert!(world.site.take_hits().iter().all(|hit| hit.path != "/jgzn/"));
}

#[tokio::test]
async fn a_notice_that_is_a_pdf_is_read() {
    let mut world = settled().await;
    let pdf = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/files/typst.pdf")).unwrap();
    let has_reader = std::process::Command::new("pdftotext").arg("-v").output().is_ok();
    assert!(has_reader || std::env::var_os("HUITOUKAN_TEST_ALL").is_none(), "pdftotext is not installed; tests/run installs it");
    let path = "/zwgk/202611/P020261101.pdf";
    world.publishes(path, TITLE, "");
    world.site.answer(path, Served::of("application/pdf", pdf));
    world.day().await;
    if !has_reader {
        eprintln!("SKIPPED a_notice_that_is_a_pdf_is_read: pdftotext is not installed");
        return;
    }
    let notice = world.notice(path);
    let version = world.house.store.version(&notice.id, notice.versions).unwrap().expect("the PDF gave a version");
    assert_eq!(version.document.title.as_deref(), Some("中共安平县教育局党组关于十四届县委第五轮巡察整改进展情况的通报"));
    assert!(version.document.blocks.contains(&Block::Paragraph("三、下一步工作打算".to_owned())), "{:?}", version.document.blocks);
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Published]);
}
