//! What becomes of promises over the weeks, and what belongs together: through the real code, with a virtual clock.

#[path = "support/program.rs"]
#[allow(dead_code)]
mod program;
#[path = "support/world.rs"]
#[allow(dead_code)]
mod world;

use huitoukan::demo::Site;
use huitoukan::flow::ask::{Which, bodies, deadlines, late};
use huitoukan::flow::follow;
use huitoukan::model::{Kind, Region, Relatives, Source, SourceId, Tracked};
use program::Program;
use world::{BODY, World, page};

const TITLE: &str = "鲤城区工商联关于巡察整改进展情况的通报";
const PATH: &str = "/zwgk/202611/t20261105_1.htm";

/// The notice with a matter that is open and has a day set.
fn body(deadline: &str) -> String {
    BODY.replace("二是分类指导换届。(未完成)", &format!("二是分类指导换届。整改时限:{deadline}。(未完成)"))
}

fn done() -> String {
    BODY.replace("二是分类指导换届。(未完成)", "二是分类指导换届。(已完成)")
}

/// The same notice of another inspection.
fn of_round(text: &str, from: &str, feedback: &str) -> String {
    text.replace("2026年1月4日至2月2日", from).replace("2026年3月20日", feedback)
}

/// A world whose first visit is over: what comes now is news.
async fn settled() -> World {
    settled_with(|_| {}).await
}

async fn settled_with(change: impl FnOnce(&mut huitoukan::config::Config)) -> World {
    let mut world = World::with(change).await;
    world.publishes("/old/1.htm", "开元街道关于巡察整改情况的通报", &BODY.replace("区工商联", "开元街道"));
    world.hour().await;
    world.hour().await;
    world
}

/// Subjects of the mails since the first `told`.
fn subjects(world: &World, told: usize) -> Vec<String> {
    world.mail().into_iter().skip(told).map(|mail| mail.subject).collect()
}

#[tokio::test]
async fn a_deadline_is_reminded_of_once_and_counted_until_it_is_closed() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, &body("2026年11月10日"));
    world.day().await;
    let told = world.mail().len();
    world.days(6).await;
    assert_eq!(subjects(&world, told), [""; 0], "the day has not come");
    world.days(2).await;
    let mail = world.last_mail();
    assert_eq!(subjects(&world, told), ["【回头看】到期1 · 11月10日"], "{}", mail.text);
    for said in ["指导基层商会换届不及时", "自定时限 2026-11-10", "整改时限:2026年11月10日", world.site.url(PATH).as_str()]
    {
        assert!(mail.text.contains(said), "{said} is not in {}", mail.text);
    }
    let mut world = world.restart();
    world.days(10).await;
    assert_eq!(world.mail().len(), told + 1, "once, also after a restart");

    world.publishes("/n/2.htm", "丰泽街道关于巡察整改情况的通报", &BODY.replace("区工商联", "丰泽街道"));
    world.day().await;
    assert!(world.last_mail().text.contains("已过自定时限而未见后续的共 1 项"), "{}", world.last_mail().text);
    assert_eq!(deadlines::deadlines(&world.house, &Which::default(), None).unwrap().len(), 1);

    world.publishes(PATH, TITLE, &done());
    world.days(4).await;
    world.publishes("/n/3.htm", "临江街道关于巡察整改情况的通报", &BODY.replace("区工商联", "临江街道"));
    world.day().await;
    assert!(!world.last_mail().text.contains("未见后续"), "{}", world.last_mail().text);
    assert_eq!(deadlines::deadlines(&world.house, &Which::default(), None).unwrap(), []);
}

#[tokio::test]
async fn a_subscriber_may_be_reminded_before_the_day_or_never() {
    let mut world = settled_with(|config| {
        let mut silent = config.subscribers[0].clone();
        (silent.id, silent.to, silent.remind) = ("silent".to_owned(), vec!["silent@example.org".to_owned()], None);
        config.subscribers[0].remind = Some(7);
        config.subscribers.push(silent);
    })
    .await;
    world.publishes(PATH, TITLE, &body("2026年11月20日"));
    world.day().await;
    let told = world.mail().len();
    world.days(30).await;
    let mails = world.mail();
    assert_eq!(mails.len(), told + 1, "one of two subscribers, once");
    assert_eq!(mails[told].subject, "【回头看】到期1 · 11月13日");
    assert!(mails[told].text.contains("还有 7 天"), "{}", mails[told].text);
}

#[tokio::test]
async fn a_deadline_that_an_edit_moved_is_reminded_of_again() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, &body("2026年11月10日"));
    world.days(10).await;
    let told = world.mail().len();
    assert!(world.last_mail().subject.contains("到期1"), "{}", world.last_mail().subject);
    world.publishes(PATH, TITLE, &body("2026年11月25日"));
    world.days(8).await;
    assert!(!subjects(&world, told).iter().any(|subject| subject.contains("到期")), "{:?}", subjects(&world, told));
    world.days(10).await;
    let reminded: Vec<_> = subjects(&world, told).into_iter().filter(|subject| subject.contains("到期1")).collect();
    assert_eq!(reminded, ["【回头看】到期1 · 11月25日"]);
}

#[tokio::test]
async fn a_problem_that_is_reworded_is_not_reminded_of_again() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, &body("2026年11月10日"));
    world.days(10).await;
    let told = world.mail().len();
    world.publishes(PATH, TITLE, &body("2026年11月10日").replace("针对指导基层商会换届不及时", "针对指导基层商会换届工作不够及时"));
    world.days(10).await;
    assert!(world.kinds().contains(&Kind::Edited));
    assert!(!subjects(&world, told).iter().any(|subject| subject.contains("到期")), "{:?}", subjects(&world, told));
}

#[tokio::test]
async fn what_a_withdrawn_notice_promised_is_not_reminded_of() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, &body("2026年11月25日"));
    world.day().await;
    world.withdraws(PATH);
    world.days(30).await;
    assert!(world.kinds().contains(&Kind::Withdrawn));
    assert!(!world.mail().iter().any(|mail| mail.subject.contains("到期")), "{:?}", subjects(&world, 0));
}

#[tokio::test]
async fn a_first_visit_counts_what_had_passed_and_reminds_of_what_comes() {
    let mut world = World::new().await;
    let names = ["工商联", "残联", "妇联"];
    for (number, name) in names.iter().enumerate() {
        let text = body("2025年6月30日").replace("区工商联", &format!("区{name}"));
        world.publishes(&format!("/n/{number}.htm"), &format!("鲤城区{name}关于巡察整改情况的通报"), &text);
    }
    let text = body("2026年11月20日").replace("区工商联", "区科协");
    world.publishes("/n/9.htm", "鲤城区科协关于巡察整改情况的通报", &text);
    world.hour().await;
    world.hour().await;
    assert_eq!(subjects(&world, 0), ["【回头看】首次收录1 · 11月2日"]);
    assert!(world.last_mail().text.contains("其中 3 项自定时限此前已过而未见后续"), "{}", world.last_mail().text);
    world.days(25).await;
    assert_eq!(subjects(&world, 1), ["【回头看】到期1 · 11月20日"]);
}

#[tokio::test]
async fn a_new_subscriber_is_not_reminded_of_what_had_come_before() {
    let mut world = settled().await;
    world.publishes(PATH, TITLE, &body("2026年11月10日"));
    world.days(20).await;
    let world = world.restart_with(|config| {
        let mut late = config.subscribers[0].clone();
        (late.id, late.to) = ("late".to_owned(), vec!["late@example.org".to_owned()]);
        config.subscribers.push(late);
    });
    world.days(10).await;
    let deliveries = world.house.store.deliveries(100).unwrap();
    assert!(!deliveries.iter().any(|delivery| delivery.subscriber == "late"));
}

/// A second site, that of the city's discipline inspection, beside the district's.
struct Two {
    world: World,
    other: Site,
}

const OTHER_LISTING: &str = "/tzgg/index.html";

async fn two() -> Two {
    two_with(|_| {}).await
}

async fn two_with(change: impl FnOnce(&mut huitoukan::config::Config)) -> Two {
    let other = Site::start().await.unwrap();
    lists(&other, &[]);
    let listing = other.url(OTHER_LISTING);
    let world = settled_with(|config| {
        let mut source = Source::new(SourceId("discipline".to_owned()), listing);
        source.name = "泉州市纪委监委 巡察公告".to_owned();
        source.region = Region("福建/泉州".to_owned());
        source.visit = config.sources[0].visit.clone();
        source.title.take = vec!["巡察.*整改".to_owned(), "巡察.*反馈".to_owned(), "反馈巡察".to_owned()];
        config.sources.push(source);
        change(config);
    })
    .await;
    Two { world, other }
}

fn lists(site: &Site, notices: &[(&str, &str)]) {
    let rows: String = notices
        .iter()
        .map(|(path, title)| format!(r#"<li><a href="{path}" title="{title}">{title}</a><span>2026-11-01</span></li>"#))
        .collect();
    let old = "漳平市残联关于巡察整改情况的通报";
    site.put("/old/0.htm", page(old, &BODY.replace("区工商联", "漳平市残联")));
    site.put(
        OTHER_LISTING,
        format!(
            r#"<html><head><title>巡察公告</title></head><body><ul class="list">{rows}<li><a href="/old/0.htm" title="{old}">{old}</a><span>2026-09-25</span></li>
<li><a href="/other/2.html">关于开展安全生产检查的公告</a><span>2026-09-20</span></li>
<li><a href="/other/3.html">2026年部门预算公开目录</a><span>2026-09-12</span></li></ul></body></html>"#
        ),
    );
}

impl Two {
    /// The city's site publishes a notice on a day, such as 2026-11-20.
    fn publishes(&self, path: &str, title: &str, text: &str, day: &str) {
        self.other.put(path, page(title, text).replace("2026-11-01 09:52", &format!("{day} 10:00")));
        lists(&self.other, &[(path, title)]);
    }

    fn notice(&self, path: &str) -> Tracked {
        self.world.house.store.tracked_at(&self.other.url(path)).unwrap().expect("the notice is known")
    }

    fn relatives(&self, tracked: &Tracked) -> Relatives {
        let store = &*self.world.house.store;
        follow::relatives(store, tracked, &store.version(&tracked.id, tracked.versions).unwrap().unwrap()).unwrap()
    }
}

#[tokio::test]
async fn a_later_notice_of_the_same_body_on_another_host_closes_the_matter() {
    let mut two = two().await;
    two.world.publishes(PATH, TITLE, &body("2026年11月25日"));
    two.world.day().await;
    two.publishes("/a/1.htm", "中共泉州市鲤城区工商业联合会党组关于巡察集中整改情况的通报", &done(), "2026-11-20");
    two.world.days(30).await;
    assert!(two.world.kinds().iter().filter(|kind| **kind == Kind::Published).count() == 2, "{:?}", two.world.kinds());
    assert!(!two.world.mail().iter().any(|mail| mail.subject.contains("到期")), "{:?}", subjects(&two.world, 0));
    assert_eq!(deadlines::deadlines(&two.world.house, &Which::default(), None).unwrap(), []);
}

#[tokio::test]
async fn a_notice_of_another_countys_department_closes_nothing_and_is_no_kin() {
    let mut two = two().await;
    two.world.publishes(PATH, TITLE, &body("2026年11月25日"));
    two.world.day().await;
    two.publishes("/a/1.htm", "洛江区工商联关于巡察整改情况的通报", &done(), "2026-11-20");
    two.world.days(30).await;
    assert!(two.world.mail().iter().any(|mail| mail.subject.contains("到期1")), "{:?}", subjects(&two.world, 0));
    assert_eq!(two.relatives(&two.notice("/a/1.htm")), Relatives::default());
}

#[tokio::test]
async fn a_later_notice_that_sets_a_later_day_carries_the_matter_on() {
    let mut two = two().await;
    two.world.publishes(PATH, TITLE, &body("2026年11月25日"));
    two.world.day().await;
    two.publishes("/a/1.htm", "鲤城区工商联关于巡察整改情况的通报", &body("2026年12月10日"), "2026-11-20");
    two.world.days(60).await;
    let reminded: Vec<_> = subjects(&two.world, 0).into_iter().filter(|subject| subject.contains("到期")).collect();
    assert_eq!(reminded, ["【回头看】到期1 · 12月10日"]);
}

#[tokio::test]
async fn a_copy_on_another_host_is_linked_with_its_differences_and_promises_nothing_anew() {
    let mut two = two().await;
    two.world.publishes(PATH, TITLE, &body("2026年11月25日"));
    two.world.day().await;
    let copy = body("2026年11月25日").replace("仅解决21个", "仅解决35个").replace("实行挂图作战、对账销号", "实行对账销号");
    two.publishes("/a/1.htm", "鲤城区工商业联合会关于巡察整改进展情况的通报", &copy, "2026-11-06");
    two.world.day().await;
    let relatives = two.relatives(&two.notice("/a/1.htm"));
    assert_eq!(relatives.copies.len(), 1, "{relatives:?}");
    assert_eq!(relatives.copies[0].differences, Some(2));
    let mail = two.world.last_mail();
    let (one, other) = (two.world.notice(PATH).id, two.notice("/a/1.htm").id);
    assert!(mail.text.contains("2 处不同") && mail.text.contains(&format!("huitoukan diff {one} {other}")), "{}", mail.text);
    two.world.days(30).await;
    let reminded: Vec<_> = subjects(&two.world, 0).into_iter().filter(|subject| subject.contains("到期")).collect();
    assert_eq!(reminded, ["【回头看】到期1 · 11月25日"], "the copy promises nothing anew");
}

#[tokio::test]
async fn the_last_rounds_notice_is_named_however_the_body_is_spelled() {
    let two = two().await;
    let earlier = of_round(&done(), "2021年1月4日至2月2日", "2021年3月5日").replace("区工商联", "鲤城区工商业联合会党组");
    two.publishes("/a/1.htm", "中共鲤城区工商业联合会党组关于巡察整改情况的通报", &earlier, "2021-12-01");
    two.world.day().await;
    let mut two = two;
    two.world.publishes(PATH, TITLE, BODY);
    two.world.day().await;
    let relatives = two.relatives(&two.world.notice(PATH));
    let earlier = relatives.earlier.expect("the earlier round is known");
    assert_eq!((earlier.notice, earlier.date), (two.notice("/a/1.htm").id, Some("2021-03-05".parse().unwrap())));
    assert!(two.world.last_mail().text.contains("上一轮：2021-03-05，2 项"), "{}", two.world.last_mail().text);
    assert_eq!(two.relatives(&two.notice("/a/1.htm")).later.len(), 1);

    let rows = bodies::bodies(&two.world.house, &Which::default()).unwrap();
    let row = rows.iter().find(|row| row.body == "福建/泉州/鲤城·工商联").unwrap_or_else(|| panic!("{rows:?}"));
    assert_eq!((row.notices, row.rounds, row.names.len()), (2, 2, 2));
}

const FEEDBACK: &str = "根据区委统一部署,2025年9月1日至10月30日,区委第二巡察组对洛江区教育局党组开展了常规巡察。2026年2月10日,区委第二巡察组向洛江区教育局党组反馈了巡察意见。现将巡察情况通报如下:巡察发现,区教育局党组存在一些问题:一是学习贯彻新思想不够深入,二是校园安全责任压得不够实,三是工程建设领域廉洁风险较高。巡察组提出了意见建议。";

#[tokio::test]
async fn a_body_that_is_late_is_told_once_and_gone_when_its_notice_comes() {
    let two = two_with(|config| config.subscribers[0].late = true).await;
    two.publishes("/a/1.htm", "区委第二巡察组向洛江区教育局党组反馈巡察情况", FEEDBACK, "2026-02-11");
    two.world.day().await;
    let told = two.world.mail().len();
    let find = |two: &Two| late::late(&two.world.house, &Which::default()).unwrap().bodies;
    assert_eq!(find(&two), [], "281 days are not over");
    two.world.days(30).await;
    let mails: Vec<_> = two.world.mail().into_iter().skip(told).collect();
    assert_eq!(mails.len(), 1, "{:?}", subjects(&two.world, told));
    assert!(mails[0].subject.contains("应有未见1") && mails[0].text.contains("洛江区教育局"), "{}", mails[0].text);
    assert_eq!(find(&two).len(), 1);

    let notice = of_round(&done(), "2025年9月1日至10月30日", "2026年2月10日").replace("区工商联", "洛江区教育局党组");
    two.publishes("/a/2.htm", "中共洛江区教育局党组关于巡察整改情况的通报", &notice, "2026-12-01");
    two.world.days(2).await;
    assert_eq!(find(&two), [], "it has come");
}

#[tokio::test]
async fn what_is_worth_a_second_look_is_told_to_those_who_ask() {
    let mut world = settled_with(|config| {
        let mut curious = config.subscribers[0].clone();
        (curious.id, curious.to, curious.checks) = ("curious".to_owned(), vec!["curious@example.org".to_owned()], true);
        config.subscribers.push(curious);
    })
    .await;
    let text = BODY.replace("一是收集企业各类困难", "一是共整改问题10个,其中已完成5个、未完成9个。目前正在推进后续工作,收集企业各类困难");
    world.publishes(PATH, TITLE, &text);
    world.day().await;
    let deliveries = world.house.store.deliveries(2).unwrap();
    let of = |name: &str| deliveries.iter().find(|delivery| delivery.subscriber == name).unwrap().message.text.clone();
    assert!(of("curious").contains("值得一看") && of("curious").contains("正在推进"), "{}", of("curious"));
    assert!(!of("office").contains("值得一看"), "{}", of("office"));
}

const NOW: &str = "2026-11-23T09:00:00+08:00";

/// The real program has visited a city's site with two spellings of one body, a copy, and a feedback without an answer.
async fn visited() -> (Site, Program) {
    let site = Site::start().await.unwrap();
    let earlier = of_round(&done(), "2021年1月4日至2月2日", "2021年3月5日");
    let copy = body("2025年6月30日").replace("仅解决21个", "仅解决35个");
    let notices = [
        ("/n/1.htm", "中共鲤城区工商业联合会党组关于巡察整改情况的通报", earlier, "2021-12-01"),
        ("/n/2.htm", TITLE, body("2025年6月30日"), "2026-10-30"),
        ("/n/3.htm", "鲤城区工商业联合会关于巡察整改进展情况的通报", copy, "2026-10-31"),
        ("/n/4.htm", "区委第二巡察组向洛江区教育局党组反馈巡察情况", FEEDBACK.replace("2026年2月10日", "2025年2月10日"), "2025-02-11"),
    ];
    for (path, title, text, day) in &notices {
        site.put(path, page(title, text).replace("2026-11-01 09:52", &format!("{day} 10:00")));
    }
    let listed: Vec<(&str, &str)> = notices.iter().map(|(path, title, ..)| (*path, *title)).collect();
    lists(&site, &listed);
    let program = Program::new();
    let source = format!(
        "name = \"泉州市巡察公告\"\nlisting = \"{}\"\nregion = \"福建/泉州\"\n[title]\ntake = [\"巡察.*整改\", \"反馈巡察\"]\n",
        site.url(OTHER_LISTING)
    );
    program.write("sources/quanzhou.toml", &source);
    program.well(&["--now", NOW, "check"]);
    (site, program)
}

fn rows(program: &Program, arguments: &[&str]) -> Vec<serde_json::Value> {
    let ran = program.well(&[&["--now", NOW], arguments, &["--json"]].concat());
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_late_ones_and_relatives_are_answered_on_the_command_line() {
    let (site, program) = visited().await;
    let found = rows(&program, &["bodies", "--region", "福建/泉州/鲤城"]);
    let [body] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((&body["body"], &body["sector"]), (&"福建/泉州/鲤城·工商联".into(), &"工商联".into()));
    assert_eq!((&body["notices"], &body["copies"], &body["rounds"], &body["overdue"]), (&2.into(), &1.into(), &2.into(), &1.into()));
    assert_eq!(body["ids"].as_array().unwrap().len(), 3);
    assert_eq!(rows(&program, &["bodies", "--sector", "教育"]).len(), 1);
    assert_eq!(rows(&program, &["bodies", "--match", "鲤城区工商业联合会"]).len(), 1);
    program.well(&["--now", NOW, "bodies"]).prints("洛江区教育局").prints("漳平市残联");
    program.well(&["--now", NOW, "bodies", "--csv"]).prints("body,name,names,region");

    let [late] = rows(&program, &["late"]).try_into().unwrap();
    assert_eq!((&late["name"], &late["days"], &late["usual_days"]), (&"洛江区教育局".into(), &651.into(), &281.into()));
    program.well(&["--now", NOW, "late"]).prints("洛江区教育局").says("281 days");
    assert_eq!(rows(&program, &["late", "--region", "浙江"]).len(), 0);

    let name = |path: &str| {
        let notices = program.notices();
        let url = site.url(path).to_string();
        notices.iter().find(|notice| notice["url"] == url.as_str()).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (newest, copy) = (name("/n/2.htm"), name("/n/3.htm"));
    program.well(&["show", &newest]).prints("上一轮 2021-03-05 · 问题 2").prints(&format!("同文 {copy}")).prints("1 处不同");
    program.well(&["history", &newest]).prints("上一轮 2021-03-05");
    let shown: serde_json::Value = program.well(&["show", &newest, "--json"]).json();
    assert_eq!(shown["relatives"]["copies"][0]["differences"], 1);
    program.well(&["diff", &newest, &copy]).prints("[删 21][增 35]");
    program.run(&["diff", &newest, &copy, "2"]).ends(1).says("write two numbers, or two notices");
    assert_eq!(rows(&program, &["deadlines", "--overdue"]).len(), 1, "the copy promises nothing anew");
}
