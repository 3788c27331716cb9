//! What is told to whom: reasons and purposes in reports, withdrawn texts and private numbers not in exports.

use std::fs;

use huitoukan::demo::Site;

use crate::program::{MAIN, Program};
use crate::world::{BODY, page};

const TITLE: &str = "鲤城区工商联关于巡察整改进展情况的通报";
const OTHER: &str = "鲤城区财政局关于巡察整改进展情况的通报";

fn lists(site: &Site, titles: &[(&str, &str)]) {
    let row = |(path, title): &(&str, &str)| format!(r#"<li><a href="{path}" title="{title}">{title}</a><span>2026-11-01</span></li>"#);
    let other = |number: usize| format!(r#"<li><a href="/o/{number}.htm">关于放假安排的通知第{number}号</a><span>2026-09-20</span></li>"#);
    let rows: String = titles.iter().map(row).chain((1..=5).map(other)).collect();
    site.put("/list.html", format!("<html><body><ul>{rows}</ul></body></html>"));
}

async fn watched(more: &str) -> (Site, Program) {
    let site = Site::start().await.unwrap();
    site.put("/1.htm", page(TITLE, BODY));
    site.put("/2.htm", page(OTHER, &format!("{}\n退款账户6222021001116245702。", BODY.replace("工商联", "财政局"))));
    lists(&site, &[("/1.htm", TITLE), ("/2.htm", OTHER)]);
    let program = Program::new();
    program.write("huitoukan.toml", &format!("purpose = \"研究整改\"\n{MAIN}"));
    program.write("sources/jia.toml", &format!("name = \"甲\"\nlisting = \"{}\"\n{more}", site.url("/list.html")));
    (site, program)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_for_setting_robots_txt_aside_stands_in_every_report() {
    const REASON: &str = "2026年11月2日与该办商定";
    let (site, program) = watched(&format!("robots = {{ ignore = \"{REASON}\" }}\n")).await;
    site.put("/robots.txt", "User-agent: *\nDisallow: /\n".to_owned());
    program.well(&["try", "jia"]).says(REASON);
    program.well(&["check"]).prints(&format!("robots.txt set aside: {REASON}"));
    assert_eq!(program.well(&["check", "--json"]).json()["robots_ignored"], REASON);
    program.well(&["sources"]).prints(REASON);
    let source = program.well(&["sources", "--json"]).json();
    assert_eq!((source["robots_ignored"].as_str(), source["purpose"].as_str()), (Some(REASON), Some("研究整改")));
    program.write("sources/jia.toml", &format!("name = \"甲\"\nlisting = \"{}\"\nrobots = {{ ignore = \" \" }}\n", site.url("/list.html")));
    program.run(&["check"]).ends(1).says("it is empty; leave the key out instead");
    program.write("sources/jia.toml", &format!("name = \"甲\"\nlisting = \"{}\"\n", site.url("/list.html")));
    assert_eq!(program.run(&["check", "--json"]).json()["robots_ignored"], serde_json::Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_leaves_out_what_was_withdrawn_and_private_numbers_unless_it_is_told() {
    let (site, program) = watched("").await;
    program.well(&["--now", "2026-11-03T09:00:00+08:00", "check"]);
    site.remove("/1.htm");
    lists(&site, &[("/2.htm", OTHER)]);
    // The subscriber is told on Mondays.
    for day in 5..=11 {
        program.well(&["--now", &format!("2026-11-{day:02}T10:00:00+08:00"), "check"]);
    }
    let presence = |title: &str| program.notices().into_iter().find(|notice| notice["title"] == title).unwrap()["presence"]["is"].clone();
    assert_eq!((presence(TITLE), presence(OTHER)), ("withdrawn".into(), "present".into()));
    let texts = |arguments: &[&str]| {
        let folder = program.folder.path().join("tables");
        program.well(&[&["export", "tables"][..], arguments].concat());
        let read = |table: &str| fs::read_to_string(folder.join(format!("{table}.jsonl"))).unwrap();
        (read("notices"), read("blocks") + &read("items") + &read("fields") + &read("versions"))
    };
    let (notices, text) = texts(&[]);
    assert!(notices.contains(TITLE) && notices.contains("withdrawn"), "that it was there and was withdrawn is told");
    let id = program.notices().into_iter().find(|notice| notice["title"] == TITLE).unwrap()["id"].as_str().unwrap().to_owned();
    let told: Vec<&str> = text.lines().filter(|line| line.contains(&id) || line.contains(TITLE)).collect();
    assert!(told.is_empty() && text.contains("财政局"), "{told:#?}");
    assert!(!text.contains("6222021001116245702") && text.contains("6222***********5702"), "{text}");
    let (_, text) = texts(&["--withdrawn", "--unmasked"]);
    assert!(text.contains(&id) && text.contains("6222021001116245702"));
    program.well(&["show", &id]).prints("撤下");

    // By the time for keeping it goes wholly, and the daemon's command says so beforehand.
    program.write("huitoukan.toml", &MAIN.replace("[fetch]", "[keep]\nwithdrawn = \"30 days\"\n[fetch]"));
    program
        .well(&["--now", "2027-01-05T09:00:00+08:00", "prune", "--dry-run"])
        .prints(&id)
        .prints("将删除 撤下的通报 1 件,版本 1 个,快照 1 份");
    program.well(&["show", &id]);
    assert_eq!(program.well(&["--now", "2027-01-05T09:00:00+08:00", "prune", "--json"]).json()["notices"], 1);
    program.run(&["show", &id]).ends(1).says("no notice is named");
    program.well(&["verify"]).prints("完好");
    program.well(&["prune"]).prints("已删除 撤下的通报 0 件");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_without_its_page_says_so_and_is_no_damage() {
    let (site, program) = watched("").await;
    program.well(&["--now", "2026-11-03T09:00:00+08:00", "check"]);
    site.put("/1.htm", page(TITLE, &BODY.replace("83个", "93个")));
    program.well(&["--now", "2026-11-05T09:00:00+08:00", "check"]);
    let id = program.notices().into_iter().find(|notice| notice["title"] == TITLE).unwrap()["id"].as_str().unwrap().to_owned();
    let keep = |what: &str| program.write("huitoukan.toml", &MAIN.replace("[fetch]", &format!("[keep]\n{what} = \"90 days\"\n[fetch]")));
    keep("snapshots");
    // The other notice is no news; who has still to be told of the edit holds up this one.
    program.well(&["--now", "2027-02-10T09:00:00+08:00", "prune"]).prints("快照 1 份");
    program.well(&["--now", "2027-02-10T09:00:00+08:00", "digest", "--send"]);
    // The notices were last seen on the fifth; their newest pages are as old as that by now.
    program.well(&["--now", "2027-02-10T09:00:00+08:00", "prune"]).prints("版本 0 个,快照 2 份");
    program.well(&["show", &id, "--version", "1"]).prints("按保存期限删除,不能重读");
    program.run(&["show", &id, "--version", "1", "--raw"]).ends(1).says("by the time for keeping ([keep] snapshots)");
    program.well(&["diff", &id]).prints("93");
    program.well(&["reread", "--all"]).says("3 keep the reading they have");
    program.well(&["verify"]).prints("按保存期限已删除 版本 0,快照 3(不是损坏)").prints("完好");
    keep("versions");
    program.well(&["--now", "2027-02-10T09:00:00+08:00", "prune"]).prints("版本 1 个,快照 0 份");
    program.run(&["show", &id, "--version", "1"]).ends(1).says("by the time for keeping ([keep] versions)");
    program.run(&["diff", &id]).ends(1).says("by the time for keeping");
    program.well(&["history", &id]).prints("按保存期限删除").prints("第 2 版");
    program.well(&["verify"]).prints("版本 1,快照").prints("完好");
    program.write("huitoukan.toml", MAIN);
    program.well(&["prune"]).says("everything is kept for good");

    // What is served again is kept again, and nothing of all that is news.
    program.well(&["--now", "2027-02-12T09:00:00+08:00", "check"]);
    assert_eq!(program.well(&["history", &id, "--json"]).json()["changes"].as_array().unwrap().len(), 1);
    let backup = program.folder.path().join("store.tar");
    program.well(&["backup", backup.to_str().unwrap()]);
    fs::rename(program.store(), program.config().join("old")).unwrap();
    program.well(&["restore", backup.to_str().unwrap()]);
    program.well(&["verify"]).prints("版本 1,快照").prints("完好");
    program.well(&["impact", "--days", "30000"]).prints("127.0.0.1");
}
