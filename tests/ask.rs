//! Questions over what was understood: items, deadlines, checks — through the seeds and notices made for one fact each.

#[path = "support/program.rs"]
#[allow(dead_code)]
mod program;
#[path = "support/world.rs"]
#[allow(dead_code)]
mod world;

use huitoukan::demo::{BODIES, PublicBody, Site};
use huitoukan::flow::ask::checks::{Name, checks};
use huitoukan::flow::ask::deadlines::deadlines;
use huitoukan::flow::ask::items::{Fate, items};
use huitoukan::flow::ask::{Which, understood};
use huitoukan::model::{Region, SourceId, Status};
use program::Program;
use world::World;

const NOW: &str = "2026-11-23T09:00:00+08:00";
const FIRST: &str = "/zwgk/tzgg/202611/t20261101_1.html";
const SECOND: &str = "/zwgk/tzgg/202611/t20261101_2.html";
const TITLE: &str = "鲤城区工商联关于巡察整改进展情况的通报";

/// A program that has visited sites which publish these seeds, their words changed by `edit`.
async fn visited(bodies: &[&PublicBody], edit: impl Fn(String) -> String) -> (Site, Program) {
    let site = Site::start().await.unwrap();
    let program = Program::new();
    for body in bodies {
        body.list(&site, true);
        let paragraphs: Vec<String> = body.paragraphs().into_iter().map(|paragraph| edit(paragraph.to_string())).collect();
        body.publish(&site, &paragraphs);
        let url = site.url(body.listing);
        program.well(&["add", url.as_str(), "--id", body.id, "--name", body.name, "--region", body.region, "--sector", "工商联"]);
    }
    program.well(&["--now", NOW, "check"]);
    (site, program)
}

fn json(program: &Program, arguments: &[&str]) -> Vec<serde_json::Value> {
    let ran = program.well(&[&["--now", NOW], arguments, &["--json"]].concat());
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seeds_answer_on_the_command_line() {
    let (_site, program) = visited(&[&BODIES[3], &BODIES[4]], |words| words).await;
    let [overdue] = json(&program, &["items", "--overdue"]).try_into().unwrap();
    assert_eq!((&overdue["item"], &overdue["status"], &overdue["deadline"]), (&"3(2)".into(), &"open".into(), &"2025-06-30".into()));
    assert_eq!(overdue["problem"], "指导基层商会换届不及时");
    let [due] = json(&program, &["deadlines", "--within", "30d"]).try_into().unwrap();
    assert_eq!(due["days_over"], 511, "from 2025-06-30 to 2026-11-23, told once though the notice tells of it twice");
    assert!(due["sentence"].as_str().unwrap().contains("6月") && due["days_left"].is_null(), "{due}");
    assert_eq!(json(&program, &["items", "--status", "not-stated"]).len(), 1 + 8);
    assert_eq!(json(&program, &["items", "--region", "福建", "--status", "done"]).len(), 24);
    assert_eq!(json(&program, &["items", "--match", "指导基层商会换届不及时", "--sector", "工商联"]).len(), 1);
    assert_eq!(json(&program, &["items", "--sector", "卫生健康"]).len(), 0);
    assert_eq!(json(&program, &["items", "--source", BODIES[4].id]).len(), 8);

    let claims = json(&program, &["checks", "--source", BODIES[4].id]);
    let counted = ["sum-differs", "problems-differ", "measures-differ"];
    let is_counted = |check: &serde_json::Value| counted.iter().any(|name| check["check"] == *name);
    assert!(!claims.iter().any(is_counted), "its sums hold, and its eight headings stand for 27 problems: {claims:#?}");
    let name = overdue["notice"].as_str().unwrap();
    assert!(json(&program, &["checks", name]).iter().all(|check| check["notice"] == name));

    program.well(&["--now", NOW, "items", "--status", "open"]).prints("未完成").prints("2025-06-30 已过");
    program.well(&["--now", NOW, "deadlines"]).prints("已过 511 天");
    program.run(&["items", "--source", "nobody"]).ends(1).says("there is no source nobody");
    program.run(&["items", "--match", "("]).ends(1).says("cannot be read");
    program.run(&["deadlines", "--within=-3d"]).ends(1).says("looks ahead");
    program.run(&["items", "--csv", "--json"]).ends(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_has_a_header_and_no_cell_that_a_spreadsheet_would_run() {
    let formula = |words: String| words.replace("指导基层商会换届不及时", "=HYPERLINK(\"http://x\",\"看\")");
    let (_site, program) = visited(&[&BODIES[3]], formula).await;
    let csv = program.well(&["--now", NOW, "items", "--csv"]).out;
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert!(
        lines[0].starts_with("item_id,notice,version,region,sector,source,issuer,title,item,path,heading,problem,status,"),
        "{}",
        lines[0]
    );
    assert_eq!(lines.len(), 1 + 27 + 1, "a header, a line each, and the last line is ended too");
    assert!(csv.contains(",\"'=HYPERLINK(\"\"http://x\"\",\"\"看\"\")\","), "{csv}");
    assert!(!csv.contains(",=") && !csv.contains(",\"="));
}

fn which() -> Which {
    Which::default()
}

/// A notice that says of itself what `claim` says, with one item that is done and one that is open.
fn body(claim: &str, done: &str, open: &str) -> String {
    format!(
        "2026年1月4日至2月2日,区委巡察一组对区工商联开展了巡察,并于2026年3月20日反馈了巡察意见。现将巡察整改进展情况予以公布。
一、加强领导,把巡察整改抓好
{claim}
二、巡察反馈问题的整改进展情况
(一)聚焦贯彻落实党的理论路线方针政策方面
1.关于服务民营经济不够有力的问题
(1)针对走访企业走过场的问题。
整改进展情况:{done}
(2)针对指导基层商会换届不及时的问题。
整改进展情况:{open}
鲤城区工商联
2026年10月30日"
    )
}

const DONE: &str = "一是建立走访台账,每月通报一次。(已完成)";
const OPEN: &str = "一是摸清到期商会底数。(未完成)";
const PLAIN: &str = "健全工作机制,压实整改责任。";

async fn published(text: &str) -> World {
    let mut world = World::new().await;
    world.publishes(FIRST, TITLE, text);
    world.hour().await;
    assert_eq!(understood(&world.house, &which()).unwrap().len(), 1, "the notice was read");
    world
}

fn told(world: &World) -> Vec<(Name, String, String)> {
    checks(&world.house, &which()).unwrap().into_iter().map(|check| (check.check, check.fact, check.sentence)).collect()
}

#[track_caller]
fn check(told: &[(Name, String, String)], name: Name, fact: &str, sentence: &str) {
    assert!(told.contains(&(name, fact.to_owned(), sentence.to_owned())), "{told:#?}");
}

#[tokio::test]
async fn a_sum_that_does_not_hold_is_told_and_one_that_holds_is_not() {
    let claim = "反馈的162个问题,已完成整改155个,基本完成3个,正在推进4个,未完成4个。";
    let world = published(&body(claim, DONE, OPEN)).await;
    check(&told(&world), Name::SumDiffers, "“问题”写明162,所列分项为155+3+4+4=166,相差4。", claim);
    let world = published(&body(&claim.replace("162", "166"), DONE, OPEN)).await;
    assert!(told(&world).iter().all(|(name, ..)| *name != Name::SumDiffers), "{:#?}", told(&world));
}

/// Three problems that are numbered through two sections, each with two measures and its mark.
fn numbered(claim: &str) -> String {
    format!(
        "2026年3月2日至4月30日,区委第一巡察组对区工商联党组开展了巡察,6月8日反馈了意见。现将整改情况予以公布。
一、组织整改情况
{claim}
二、聚焦履职方面
问题1:走访企业走过场。整改情况:一是建立台账。二是每月通报。(已完成)
问题2:指导换届不及时。整改情况:一是摸清底数。二是列出计划。(已完成)
三、聚焦队伍方面
问题3:干部结构老化。整改情况:一是招录两人。二是轮岗三人。(未完成)
鲤城区工商联
2026年10月30日"
    )
}

#[tokio::test]
async fn counts_are_compared_only_where_the_notice_lets_them_be() {
    let facts = async |claim: &str| {
        let world = published(&numbered(claim)).await;
        let told = told(&world).into_iter().filter(|(name, ..)| *name != Name::DoneButUnderWay);
        told.map(|(name, fact, sentence)| (name, fact, sentence == claim)).collect::<Vec<_>>()
    };
    assert_eq!(facts("针对反馈的3个问题,制定6条整改措施,已完成2个,正在整改1个,整改完成率66.7%。").await, []);
    assert_eq!(
        facts("针对巡察反馈的4个问题,制定9条整改措施。").await,
        [(Name::ProblemsDiffer, "通报称问题数为4,正文问题连续编号至3。".to_owned(), true)],
        "with a problem that is not printed nothing is known of all measures"
    );
    assert_eq!(
        facts("针对巡察反馈的3个问题,制定9条整改措施。").await,
        [(Name::MeasuresDiffer, "通报称整改措施数为9,各问题下逐条列出的措施共6。".to_owned(), true)]
    );
    let told = facts("巡察反馈的3个问题已完成整改3个,整改完成率98%。").await;
    assert_eq!(
        told.iter().map(|(name, fact, _)| (*name, fact.as_str())).collect::<Vec<_>>(),
        [
            (Name::ProgressDiffers, "通报称已完成3个,逐项标注为已完成的问题2个。"),
            (Name::RateDiffers, "通报称完成率98%,而3个问题完成3个,应为100.0%。")
        ]
    );
    let world = published(&body("针对巡察反馈的27个问题制定99条措施。", DONE, OPEN)).await;
    assert!(
        told_names(&world).iter().all(|name| !matches!(name, Name::ProblemsDiffer | Name::MeasuresDiffer)),
        "headings may stand for several"
    );
}

fn told_names(world: &World) -> Vec<Name> {
    told(world).into_iter().map(|(name, ..)| name).collect()
}

#[tokio::test]
async fn an_outcome_that_changed_between_versions_is_told() {
    let text = body(PLAIN, DONE, OPEN).replace("鲤城区工商联\n", "三、处理情况\n在整改中,给予党纪处分3人。\n鲤城区工商联\n");
    let mut world = published(&text).await;
    let edited = text.replace("党纪处分3人", "党纪处分2人");
    world.publishes(FIRST, TITLE, &edited);
    world.days(2).await;
    check(&told(&world), Name::FigureChanged, "党纪处分第1版为3人,第2版为2人。", "在整改中,给予党纪处分2人。");
}

#[tokio::test]
async fn done_beside_words_of_what_is_under_way_is_told() {
    let done = "一是建立走访台账。二是其余困难正在推进解决。(已完成)";
    let world = published(&body(PLAIN, done, OPEN)).await;
    let fact = "1(1)“走访企业走过场”标为“已完成”,整改情况中又有“正在推进”。";
    let all = told(&world);
    assert!(
        all.iter().any(|(name, told, sentence)| *name == Name::DoneButUnderWay
            && told == fact
            && sentence.contains("二是其余困难正在推进解决。")),
        "{all:#?}"
    );
    let world = published(&body(PLAIN, "一是规范公务接待,提高工作人员待遇。(已完成)", "正在推进换届。(未完成)")).await;
    assert!(told(&world).iter().all(|(name, ..)| *name != Name::DoneButUnderWay), "{:#?}", told(&world));
}

#[tokio::test]
async fn all_done_beside_open_matters_is_told_and_a_wish_is_not() {
    let claim = "截至目前,反馈问题已全部完成整改,群众满意度明显提升。";
    let world = published(&body(claim, DONE, OPEN)).await;
    let fact = "通报称“反馈问题已全部完成整改”,又列有未完成事项1项:1(2)“指导基层商会换届不及时”。";
    check(&told(&world), Name::AllDoneButOpen, fact, claim);
    for claim in ["确保反馈问题全部完成整改。", "反馈问题尚未全部完成整改。", "下一步,二是扎实完成全部整改任务。"]
    {
        let world = published(&body(claim, DONE, OPEN)).await;
        assert!(told(&world).iter().all(|(name, ..)| *name != Name::AllDoneButOpen), "{claim} {:#?}", told(&world));
    }
    let world = published(&body(claim, DONE, "一是摸清底数。(已完成)")).await;
    assert!(told(&world).iter().all(|(name, ..)| *name != Name::AllDoneButOpen), "nothing is open");
}

#[tokio::test]
async fn a_figure_that_changed_between_versions_is_told() {
    let claim = "针对巡察反馈问题制定27条措施,并建立整改台账。";
    let mut world = published(&body(claim, DONE, OPEN)).await;
    assert!(told(&world).iter().all(|(name, ..)| *name != Name::FigureChanged));
    let edited = claim.replace("27", "28");
    world.publishes(FIRST, TITLE, &body(&edited, DONE, OPEN));
    world.days(2).await;
    assert_eq!(world.notice(FIRST).versions, 2);
    check(&told(&world), Name::FigureChanged, "整改措施数第1版为27,第2版为28。", &edited);
}

#[tokio::test]
async fn deadlines_come_in_order_with_the_days_left_and_without_what_is_done() {
    let mut world =
        published(&body(PLAIN, "一是建立台账。(已完成)\n完成时限:2026年1月31日", "一是摸清底数。(未完成)\n完成时限:2026年12月2日")).await;
    world.publishes(SECOND, &TITLE.replace("工商联", "卫健局"), &body(PLAIN, DONE, "一是摸清底数。(未完成)\n完成时限:2026年11月1日"));
    world.days(1).await;
    let all = |within: Option<&str>| {
        let found = deadlines(&world.house, &which(), within.map(|within| within.parse().unwrap())).unwrap();
        found.into_iter().map(|due| (due.deadline.to_string(), due.days_left, due.days_over)).collect::<Vec<_>>()
    };
    let (over, left) = (("2026-11-01".to_owned(), None, Some(2)), ("2026-12-02".to_owned(), Some(29), None));
    assert_eq!(all(None), [over.clone(), left.clone()]);
    assert_eq!(all(Some("30d")), [over.clone(), left]);
    assert_eq!(all(Some("1 week")), [over]);
}

#[tokio::test]
async fn filters_leave_out_what_is_not_meant() {
    let world = published(&body(PLAIN, DONE, OPEN)).await;
    let count = |which: Which, fate: Fate| items(&world.house, &which, &fate).unwrap().len();
    let all = Fate::default();
    assert_eq!(count(which(), all.clone()), 2);
    assert_eq!(count(which(), Fate { status: Some(Some(Status::Open)), ..all.clone() }), 1);
    assert_eq!(count(which(), Fate { status: Some(None), ..all.clone() }), 0);
    assert_eq!(count(which(), Fate { overdue: true, ..all.clone() }), 0, "no deadline, not overdue");
    assert_eq!(count(Which { region: Some(Region("浙江".to_owned())), ..which() }, all.clone()), 0);
    assert_eq!(count(Which { source: Some(SourceId("licheng".to_owned())), ..which() }, all.clone()), 2);
    assert_eq!(count(Which { pattern: Some("换届".parse().unwrap()), ..which() }, all), 1);
}

#[tokio::test]
async fn a_withdrawn_notice_still_answers_and_says_so() {
    let mut world = published(&body(PLAIN, DONE, OPEN)).await;
    world.withdraws(FIRST);
    world.publishes(SECOND, &TITLE.replace("工商联", "卫健局"), &body(PLAIN, DONE, "另行部署。(未完成)"));
    world.days(10).await;
    let rows = items(&world.house, &Which { pattern: Some("摸清到期商会底数".parse().unwrap()), ..which() }, &Fate::default()).unwrap();
    assert_eq!(rows.iter().map(|row| row.origin.withdrawn).collect::<Vec<_>>(), [true]);
}
