//! The real program on real sites on loopback: what a person types, what it prints, and how it ends.

#[path = "support/mime.rs"]
#[allow(dead_code)]
mod mime;
#[path = "support/program.rs"]
#[allow(dead_code)]
mod program;

use std::fs;

use huitoukan::demo::{BODIES, PublicBody, Served, Site};
use mime::Part;
use program::{Program, files};

/// A site that publishes as these bodies do, and a program that has been told of each by `add`.
async fn watching(bodies: &[&PublicBody]) -> (Site, Program) {
    let site = Site::start().await.unwrap();
    let program = Program::new();
    for body in bodies {
        body.list(&site, true);
        body.publish(&site, &body.paragraphs());
        let url = site.url(body.listing);
        program.well(&["add", url.as_str(), "--id", body.id, "--name", body.name, "--region", body.region, "--sector", "工商联"]);
    }
    (site, program)
}

/// The same after the first visit.
async fn visited(bodies: &[&PublicBody]) -> (Site, Program) {
    let (site, program) = watching(bodies).await;
    program.well(&["--now", FIRST_VISIT, "check"]);
    (site, program)
}

/// Just after the weekly digest of `program::SUBSCRIBERS`, and two days later: time to look at a known notice again.
const FIRST_VISIT: &str = "2026-11-23T09:00:00+08:00";
const SECOND_LOOK: &str = "2026-11-25T09:00:00+08:00";

fn licheng() -> &'static PublicBody {
    &BODIES[3]
}

/// The notice's name as `notices` prints it.
fn name_of(program: &Program, body: &PublicBody) -> String {
    let notices = program.notices();
    let notice = notices.iter().find(|notice| notice["title"] == body.title).unwrap_or_else(|| panic!("{} in {notices:#?}", body.title));
    notice["id"].as_str().unwrap().to_owned()
}

/// The site edits, and a later visit finds it.
fn edit(site: &Site, program: &Program, body: &PublicBody, from: &str, to: &str) {
    let paragraphs: Vec<String> = body.paragraphs().iter().map(|paragraph| paragraph.replace(from, to)).collect();
    assert_ne!(paragraphs, body.paragraphs(), "{from} stands in the text");
    body.publish(site, &paragraphs);
    program.well(&["--now", SECOND_LOOK, "check"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_gets_from_nothing_to_the_first_mail() {
    let site = Site::start().await.unwrap();
    let program = Program::bare();
    program.run(&["sources"]).ends(1).says("huitoukan init config");
    program.well(&["init", "config"]).says("fill in `contact`").says("huitoukan add ADDRESS");
    program.run(&["check-config"]).ends(3).says("contact");
    let main = program.read("huitoukan.toml").replace("contact = \"\"", "contact = \"me@example.org\"");
    let main = main
        .replace("# pause = \"2s\"", "pause = \"10ms\"")
        .replace("# allow_private = [\"10.1.0.0/16\"]", "allow_private = [\"127.0.0.0/8\"]");
    program.write("huitoukan.toml", &main);
    program.write("subscribers.toml", &program.read("subscribers.toml").replace("regions = ", "# regions = "));
    program.well(&["check-config"]).says("0 sources, 2 subscribers: fine");
    program.well(&["sources"]).says("huitoukan add");
    program.well(&["notices"]).says("huitoukan add");
    program.well(&["digest"]).says("huitoukan add");
    program.run(&["check"]).ends(1).says("huitoukan add");

    for body in &BODIES {
        body.list(&site, true);
        body.publish(&site, &body.paragraphs());
        program.well(&["add", site.url(body.listing).as_str()]).prints(body.title).says("huitoukan check").says("region");
    }
    program.well(&["check-config"]).says("5 sources");
    program.well(&["notices"]).says("huitoukan check");
    let checked = program.well(&["check"]).prints("1 notice(s) recorded by the first visit");
    assert_eq!(checked.out.lines().count(), 5, "{}", checked.out);
    checked.says("office will be told at").says("首次收录").says("huitoukan digest --send office");
    assert_eq!(program.notices().len(), 5);
    program.well(&["digest", "office"]).prints("主题 【回头看】");
    assert_eq!(program.mails().len(), 0, "a preview sends nothing");
    program.well(&["digest", "--send", "office"]).says("config/outbox");
    let [(_, mail)] = program.mails().try_into().unwrap();
    assert_eq!(Part::read(&mail).header("To"), "office@example.org");
    program.well(&["digest", "--send", "office"]).says("nothing has changed since the last digest");
    assert_eq!(program.mails().len(), 1, "it is not told twice");
    program.well(&["status"]).prints("已发 1,待发 0,搁置 0").prints("正常 5");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_family_of_the_demo_is_recognised_by_add() {
    let all: Vec<&PublicBody> = BODIES.iter().collect();
    let (_site, program) = watching(&all).await;
    let family = |id: &str| {
        let text = program.read(&format!("sources/{id}.toml"));
        text.lines().find_map(|line| line.strip_prefix("family  = ")).map(|name| name.trim_matches('"').to_owned())
    };
    let families: Vec<Option<String>> = BODIES.iter().map(|body| family(body.id)).collect();
    let families: Vec<Option<&str>> = families.iter().map(Option::as_deref).collect();
    assert_eq!(families, [Some("vsb"), Some("asp"), Some("trs"), Some("content_id"), Some("jpage")]);
    let text = program.read("sources/licheng-jw.toml");
    assert!(text.contains("name    = \"鲤城区纪委监委 巡视巡察\"") && text.contains("region  = \"福建/泉州/鲤城\""), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn add_writes_nothing_where_nothing_can_be_watched() {
    let (site, program) = watching(&[licheng()]).await;
    let written = files(&program.config().join("sources"));
    let add = |path: &str, more: &[&str]| {
        let url = site.url(path);
        program.run(&[&["add", url.as_str()], more].concat()).ends(1)
    };
    add(licheng().listing, &[]).says("source licheng-jw watches this address already");
    add("/nowhere/", &[]).says("gone").says("Is the address written right?");
    add(licheng().address, &["--id", "notice"]).says("cannot be watched").says("column (栏目) that lists it");
    site.answer("/wall/", Served::html("<html><head><title>提示</title></head><body>访问频繁,请稍后再试</body></html>"));
    add("/wall/", &[]).says("with a browser");
    BODIES[2].list(&site, true);
    add(BODIES[2].listing, &["--id", "../evil"]).says("letters, digits");
    add(BODIES[2].listing, &["--id", "licheng-jw"]).says("give another name with --id");
    add(BODIES[2].listing, &["--region", "福建//鲤城"]).says("nothing was written");
    program.run(&["add", "http://127.0.0.1:9/"]).ends(1).says("unreachable").says("Try again later");
    program.run(&["add", "http://10.0.0.1/"]).ends(1).says("allow_private");
    program.run(&["add", "nonsense"]).ends(2).says("URL");
    assert_eq!(files(&program.config().join("sources")), written);
    let dry = program.well(&["add", site.url(BODIES[2].listing).as_str(), "--dry-run"]);
    dry.prints("family  = \"trs\"");
    assert_eq!(files(&program.config().join("sources")), written, "a dry run writes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn add_says_what_it_means_that_no_row_is_a_notice() {
    let site = Site::start().await.unwrap();
    let program = Program::new();
    BODIES[2].list(&site, false);
    let url = site.url(BODIES[2].listing);
    program.well(&["add", url.as_str(), "--id", "all"]).says("0 of them rectification notices").says("one is taken when it appears");
    program.well(&["check"]).prints("all:").prints_not("PROBLEM");
}

#[tokio::test(flavor = "multi_thread")]
async fn try_shows_what_a_visit_would_record_and_records_nothing() {
    let (site, program) = watching(&[licheng()]).await;
    let body = licheng();
    let tried = program.well(&["try", "licheng-jw"]).prints("通报").prints(body.title).says("1 of them rectification notices");
    assert!(tried.out.contains("2024-09-12"), "{}", tried.out);
    let listing = program.well(&["try", site.url(body.listing).as_str(), "--json"]).json();
    assert!(listing["entries"].as_array().unwrap().iter().any(|entry| entry["title"] == body.title && entry["verdict"] == "notice"));
    let notice = site.url(body.address);
    let tried = program.well(&["try", notice.as_str()]).prints(body.title).prints("发布 2024-09-12").prints("判断 通报").prints("(未完成)");
    let first: Vec<&str> = tried.out.lines().take(3).collect();
    assert!(first[0].starts_with("标题") && first[1].starts_with("判断"), "what matters comes first: {first:#?}");
    let value = program.well(&["try", notice.as_str(), "--json"]).json();
    assert_eq!(value["document"]["title"], body.title);

    program.run(&["try", site.url("/nowhere.htm").as_str()]).ends(3).says("nothing would be recorded: gone");
    site.answer("/wall.htm", Served::html("<html><body>访问频繁,请稍后再试</body></html>"));
    program.run(&["try", site.url("/wall.htm").as_str()]).ends(3).says("nothing would be recorded").says("访问频繁");
    let value = program.run(&["try", site.url("/wall.htm").as_str(), "--json"]).ends(3).json();
    assert!(value["problem"]["name"].is_string(), "{value}");
    program.run(&["try", "licheng"]).ends(1).says("did you mean licheng-jw?");
    assert!(!program.store().exists(), "nothing is recorded, not even a store");
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_are_found_by_each_filter() {
    let (_site, program) = visited(&[&BODIES[1], &BODIES[2], licheng()]).await;
    let found = |filter: &[&str]| program.well(&[&["notices", "--json"], filter].concat()).lines().len();
    assert_eq!(found(&[]), 3);
    assert_eq!(found(&["--region", "福建"]), 1);
    assert_eq!(found(&["--region", "福"]), 0, "a place is not a beginning of letters");
    assert_eq!(found(&["--source", "luoyang-gsl"]), 1);
    assert_eq!(found(&["--since", "2024-04-22"]), 2, "洛阳 of that day, and 鲤城");
    assert_eq!(found(&["--since", "2024-04-23"]), 1);
    assert_eq!(found(&["--match", "雨湖"]), 1, "by title");
    assert_eq!(found(&["--match", "鲤城.{0,40}挂图作战|挂图作战"]), 1, "by text");
    assert_eq!(found(&["--region", "河南", "--match", "鲤城区工商联关于"]), 0);
    program.well(&["notices", "--region", "西藏"]).says("none of the 3 recorded notices fits");
    program.well(&["notices"]).prints("编号").prints("鲤城区工商联关于巡察整改进展情况的通报").says("3 notice(s)");
    program.run(&["notices", "--source", "luoyang"]).ends(1).says("did you mean luoyang-gsl?");
    program.run(&["notices", "--match", "整改("]).ends(1).says("--match").says("整改(");
    program.run(&["notices", "--since", "gestern"]).ends(2).says("gestern");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_shown_as_read_as_served_and_as_json() {
    let (site, program) = visited(&[&BODIES[1], licheng()]).await;
    let body = licheng();
    let name = name_of(&program, body);
    let shown = program.well(&["show", &name[..4].to_lowercase()]).prints(body.title).prints("福建/泉州/鲤城").prints("发布 2024-09-12");
    for paragraph in body.paragraphs().iter().map(|paragraph| paragraph.trim()).filter(|paragraph| !paragraph.is_empty()) {
        assert!(shown.out.contains(paragraph), "{paragraph} in {}", shown.out);
    }
    assert!(!shown.out.contains("\x1b["), "no colours without a terminal");
    program.well(&["show", site.url(body.address).as_str()]).prints(body.title);
    let value = program.well(&["show", &name, "--json"]).json();
    assert_eq!((value["title"].as_str(), value["version"]["number"].as_u64()), (Some(body.title), Some(1)));

    let gbk = name_of(&program, &BODIES[1]);
    let raw = program.well(&["show", &gbk, "--raw"]);
    let served = site.page(BODIES[1].address).expect("it is published").body;
    assert!(raw.bytes == served, "the bytes as served, in GBK");
    assert!(String::from_utf8(raw.bytes).is_err(), "which is not UTF-8");

    edit(&site, &program, body, "27条", "28条");
    program.well(&["show", &name]).prints("28条措施").prints("第 2 版,共 2 版");
    program.well(&["show", &name, "--version", "1"]).prints("27条措施").prints("第 1 版,共 2 版");
    program.run(&["show", &name, "--version", "3"]).ends(1).says("has no version 3; it has 1 to 2");
    program.run(&["show", "ZZZZ"]).ends(1).says("no notice is named ZZZZ; `huitoukan notices` lists all");
    program.run(&["show", "http://127.0.0.1/none"]).ends(1).says("no notice at http://127.0.0.1/none is known");
    program.run(&["show", ""]).ends(1).says("give more letters");
}

#[tokio::test(flavor = "multi_thread")]
async fn history_and_diff_tell_what_happened_to_the_character() {
    let (site, program) = visited(&[licheng()]).await;
    let body = licheng();
    let name = name_of(&program, body);
    program.run(&["diff", &name]).ends(1).says("has only one version");
    program.well(&["history", &name]).prints("第 1 版").prints("首次访问时已在");
    edit(&site, &program, body, "27条", "28条");
    program.well(&["history", &name]).prints("第 2 版").prints("修改 第 1 版 → 第 2 版");
    let history = program.well(&["history", &name, "--json"]).json();
    assert_eq!(history["versions"].as_array().unwrap().len(), 2);
    assert_eq!(history["changes"][0]["kind"]["what"], "edited");

    let differs = program.well(&["diff", &name]).prints("制定[删 27][增 28]条措施");
    assert!(!differs.out.contains("\x1b["), "{}", differs.out);
    program.well(&["diff", &name, "2", "1"]).prints("制定[删 28][增 27]条措施");
    program.well(&["diff", &name, "1", "1"]).prints("两版文字相同");
    program.run(&["diff", &name, "1"]).ends(1).says("write the newer version too");
    program.run(&["diff", &name, "1", "9"]).ends(1).says("has no version 9");
    let value = program.well(&["diff", &name, "--json"]).json();
    assert_eq!((value["older"].as_u64(), value["newer"].as_u64()), (Some(1), Some(2)));
    assert!(value["difference"].to_string().contains("deleted"), "{value}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_is_shown_as_text_html_and_json_and_sent_when_asked() {
    let (site, program) = visited(&[licheng()]).await;
    program.well(&["digest", "--send"]);
    program.well(&["digest"]).says("office: nothing to tell; nothing has changed since the last digest");
    edit(&site, &program, licheng(), "(未完成)", "(已完成)");
    program.well(&["digest"]).prints("主题 【回头看】修改1").prints("未完成 → 已完成").prints("不是官方文本");
    program.well(&["digest", "office@example.org", "--html"]).prints("<html").prints("已完成");
    let value = program.well(&["digest", "office", "--json"]).json();
    assert!(value["message"]["subject"].as_str().unwrap().contains("修改1"), "{value}");
    program.run(&["digest", "offices"]).ends(1).says("did you mean office?");
    let before = program.mails().len();
    let sent = program.well(&["digest", "--send", "--json"]).json();
    assert_eq!((sent["owed"].as_u64(), sent["sent"].as_u64()), (Some(1), Some(1)));
    let mails = program.mails();
    assert_eq!(mails.len(), before + 1);
    let mail = Part::read(&mails.last().unwrap().1);
    assert!(mail.header("Subject").contains("【回头看】修改1"), "{:?}", mail.headers);
    assert!(mail.parts()[0].text().contains("未完成 → 已完成"));
    assert!(mails.last().unwrap().0.with_extension("html").exists(), "its page lies beside it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_says_why_it_is_empty() {
    let (_site, program) = watching(&[licheng()]).await;
    program.well(&["digest"]).says("no notice is recorded yet, `huitoukan check` visits the sources now");
    program.write("subscribers.toml", "[[subscriber]]\nid = \"zj\"\nto = [\"zj@example.org\"]\nregions = [\"浙江\"]\n");
    program.well(&["check"]);
    program.well(&["digest"]).says("zj: nothing to tell; 1 change(s) since the last digest, none of them of what it asks for");
    program.write("subscribers.toml", "");
    program.run(&["digest"]).ends(1).says("there is no subscriber yet").says("subscribers.toml");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_that_cannot_be_written_is_said_and_nothing_is_lost() {
    let (_site, program) = visited(&[licheng()]).await;
    program.write("outbox", "a file where the folder should be");
    program.run(&["digest", "--send"]).ends(3).says("1 still owed").says("cannot write the mail to").says("office@example.org");
    program.well(&["status"]).prints("待发 1");
    fs::remove_file(program.config().join("outbox")).unwrap();
    program.well(&["digest", "--send"]).says("mail: 1 laid into");
    assert_eq!(program.mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ailing_source_ends_with_three_and_is_named() {
    let (site, program) = visited(&[licheng(), &BODIES[2]]).await;
    program.well(&["sources"]).prints("正常").prints("licheng-jw").prints("content_id");
    site.answer(licheng().listing, Served::html("<html><body>访问频繁,请稍后再试</body></html>"));
    let check = |arguments: &[&str]| program.run(&[&["--now", SECOND_LOOK, "check"], arguments].concat());
    check(&["licheng-jw"]).ends(3).prints("licheng-jw: PROBLEM").prints("访问频繁").prints_not("yuhu-gsl");
    program.run(&["sources"]).ends(3).prints("故障").prints("访问频繁");
    program.run(&["sources", "--ailing"]).ends(3).prints("licheng-jw").prints_not("yuhu-gsl");
    program.run(&["status"]).ends(3).prints("需要留意 1").prints("licheng-jw");
    let states: Vec<_> = program.run(&["sources", "--json"]).ends(3).lines().iter().map(|source| source["state"].clone()).collect();
    assert_eq!(states, ["ailing", "well"]);
    let status = program.run(&["status", "--json"]).ends(3).json();
    assert_eq!(status["alarms"].as_array().unwrap().len(), 1);
    let report = check(&["licheng-jw", "--json"]).ends(3).json();
    assert_eq!(report["source"], "licheng-jw");
    check(&["licheng"]).ends(1).says("there is no source licheng; did you mean licheng-jw?");
    licheng().list(&site, true);
    check(&[]).ends(0);
    program.well(&["sources", "--ailing"]).says("no source needs a person");
}

#[tokio::test(flavor = "multi_thread")]
async fn reread_reads_what_is_stored_and_alarms_nobody() {
    let (_site, program) = visited(&[licheng()]).await;
    program.well(&["digest", "--send"]);
    program.well(&["reread"]).says("0 version(s) read again");
    let reread = program.well(&["reread", "--all", "--json"]).json();
    assert_eq!((reread["versions"].as_u64(), reread["different"].as_u64()), (Some(1), Some(0)));
    program.well(&["digest"]).says("nothing has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn now_sets_the_time_of_a_command() {
    let (_site, program) = watching(&[licheng()]).await;
    program.well(&["--now", "2026-11-23T07:00:00+08:00", "check"]).says("office will be told at 11-23 08:00");
    program.well(&["check", "--now", "2026-11-23T08:00:30+08:00"]).says("mail: 1 laid into");
    let [(path, _)] = program.mails().try_into().unwrap();
    assert!(path.file_name().unwrap().to_str().unwrap().starts_with("20261123-00003"), "{path:?}");
    let first = program.notices()[0]["first_seen"].as_str().unwrap().to_owned();
    assert!(first.starts_with("2026-11-22T23:00:"), "{first}");
    let at = program.well(&["status", "--now", "2026-11-23T09:00:00+08:00", "--json"]).json()["at"].as_str().unwrap().to_owned();
    assert!(at.starts_with("2026-11-23T01:00:"), "{at}");
    program.run(&["sources", "--now", "2026-12-01T09:00:00+08:00"]).ends(3).prints("超期");
    program.run(&["status", "--now", "morgen"]).ends(2).says("morgen");
}

#[test]
fn pages_are_read_from_files_without_net_or_store() {
    let program = Program::bare();
    let folder = program.folder.path();
    let rows = "<ul><li><a href='a.htm'>甲区关于巡察整改情况的通报</a> 2026-11-01</li><li><a href='b.htm'>乙区关于巡察整改情况的通报</a> 2026-10-01</li><li><a href='c.htm'>放假通知</a> 2026-09-30</li></ul>";
    fs::write(folder.join("list.html"), format!("<html><body>{rows}</body></html>")).unwrap();
    let listing = program.well(&["listing", "list.html", "--url", "https://x.gov.cn/tzgg/", "--json"]).json();
    assert_eq!(
        listing["entries"][0],
        serde_json::json!({"url": "https://x.gov.cn/tzgg/a.htm", "title": "甲区关于巡察整改情况的通报", "date": "2026-11-01"})
    );
    fs::write(folder.join("empty.html"), "<html><body></body></html>").unwrap();
    let none = program.run(&["listing", "empty.html", "--url", "https://x.gov.cn/", "--json"]).ends(1).json();
    assert_eq!(none["entries"], serde_json::json!([]));

    fs::write(folder.join("notice.txt"), BODIES[3].paragraphs().join("\n")).unwrap();
    let page = format!(
        "<html><body><h1>{}</h1><div class=\"TRS_Editor\"><p>{}</p></div></body></html>",
        BODIES[3].title,
        BODIES[3].paragraphs().join("</p><p>")
    );
    fs::write(folder.join("notice.html"), page).unwrap();
    let extracted = program.run(&["extract", "notice.html", "empty.html", "--json"]);
    let lines = extracted.lines();
    assert_eq!((lines.len(), &lines[0]["title"]), (2, &serde_json::json!(BODIES[3].title)));
    assert!(lines[1]["problem"].is_string(), "{}", lines[1]);
    let parsed = program.well(&["parse", "notice.html", "--json"]);
    assert_eq!(parsed.lines().len(), 1);

    fs::write(folder.join("robots.txt"), "User-agent: *\nDisallow: /zwgk/\n").unwrap();
    let robots = |url: &str| program.well(&["robots", "robots.txt", "--agent", "huitoukan", "--url", url]).out;
    assert_eq!(robots("https://x.gov.cn/zwgk/1.htm"), "disallowed\n");
    assert_eq!(robots("https://x.gov.cn/tzgg/"), "allowed\n");
    for command in ["listing", "extract", "parse", "robots"] {
        let missing: &[&str] = match command {
            "listing" => &["--url", "https://x.gov.cn/"],
            "robots" => &["--agent", "huitoukan", "--url", "https://x.gov.cn/"],
            _ => &[],
        };
        let ran = program.run(&[&[command, "missing.html"], missing].concat());
        assert_ne!(ran.code, 0, "{command}: {ran:?}");
        assert!(ran.err.contains("missing.html") || ran.out.contains("missing.html"), "{command}: {ran:?}");
    }
}

#[test]
fn scripts_schemas_and_help_are_printed() {
    let program = Program::bare();
    for (shell, mark) in [("bash", "complete -F"), ("zsh", "#compdef huitoukan"), ("fish", "complete -c huitoukan")] {
        program.well(&["completions", shell]).prints(mark).prints("check-config");
    }
    program.run(&["completions", "tcsh"]).ends(2).says("tcsh");
    for file in ["main", "subscribers", "source"] {
        let schema: serde_json::Value = serde_json::from_str(&program.well(&["schema", file]).out).unwrap();
        assert!(schema["$schema"].is_string(), "{schema}");
    }
    let help = program.well(&["--help"]).prints("Exit codes").out;
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| line.split_whitespace().next())
        .filter(|word| !word.is_empty())
        .collect();
    assert!(commands.len() >= 20, "{commands:?}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        program.well(&[command, "--help"]).prints("Usage: huitoukan").prints("Example");
    }
    program.well(&["--version"]).prints(env!("CARGO_PKG_VERSION"));
    program.run(&[]).ends(2);
    program.run(&["chekc"]).ends(2).says("check");
}

#[test]
fn what_is_wrong_with_the_configuration_is_said_with_file_and_line() {
    let program = Program::new();
    program.write("sources/a.toml", "name = \"甲\"\nlisting = \"https://x.gov.cn/\"\nregoin = \"福建\"\n");
    program.run(&["check-config"]).ends(3).says("sources/a.toml:3").says("region");
    let problems: serde_json::Value = serde_json::from_str(&program.run(&["check-config", "--json"]).ends(3).out).unwrap();
    assert_eq!(problems[0]["line"], 3, "{problems}");
    for command in ["check", "run", "sources", "try"] {
        let arguments: &[&str] = if command == "try" { &["try", "a"] } else { &[command] };
        program.run(arguments).ends(1).says("sources/a.toml:3");
    }
    program
        .run(&["--config", "elsewhere", "status"])
        .ends(1)
        .says("there is no configuration folder elsewhere; `huitoukan init elsewhere` writes one");
    let by_environment = program.command(&["status"]).env("HUITOUKAN_CONFIG", "elsewhere").output().unwrap();
    assert!(String::from_utf8_lossy(&by_environment.stderr).contains("configuration folder elsewhere"));
    program.run(&["init", "config"]).ends(1).says("nothing was written");
    fs::write(program.folder.path().join("file"), "").unwrap();
    program.run(&["init", "file/config"]).ends(1).says("cannot make the folder file/config");
}

#[test]
fn a_store_that_cannot_be_used_is_said() {
    let program = Program::new();
    program.write("store", "a file where the folder should be");
    program.run(&["status"]).ends(1).says("store");
    fs::remove_file(program.store()).unwrap();
    program.well(&["status"]);
    let lock = fs::File::open(program.store().join("lock")).unwrap();
    lock.lock().unwrap();
    program.run(&["status"]).ends(1).says("is in use by pid").says("no daemon that answers");
    program.run(&["run"]).ends(1).says("is in use by another process (pid");
    program.run(&["health"]).ends(1).says("no daemon answers");
}

#[test]
fn a_column_is_taken_from_the_catalogue_without_asking_anybody() {
    let program = Program::new();
    let listed = program.well(&["sources", "--catalogue", "--region", "福建/厦门", "--json"]).lines();
    let ids: Vec<&str> = listed.iter().filter_map(|column| column["id"].as_str()).collect();
    assert_eq!(ids, ["xiamen-health", "xiamen-huli", "xiamen-siming"]);
    program.well(&["add", "--from-catalogue", "xiamen-health", "putian-discipline"]).says("sources/putian-discipline.toml");
    program.well(&["sources"]).prints("厦门市卫生健康委员会").prints("莆田市纪委监委");
    let again = program.run(&["add", "--from-catalogue", "xiamen-huli", "xiamen-health"]).ends(1);
    again.says("source xiamen-health watches https://hfpc.xm.gov.cn/xwzx/tzgg/ already; nothing was written");
    program.run(&["add", "--from-catalogue", "xiamen-hui"]).ends(1).says("the catalogue has no xiamen-hui; did you mean xiamen-huli?");
    program.well(&["sources"]).prints_not("湖里");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_page_gives_no_entries_what_could_be_written_is_said() {
    let site = Site::start().await.unwrap();
    let program = Program::new();
    let cases = [
        (
            "/app/",
            "text/html",
            "<html><head><title>公告</title></head><body><div id=app>正在加载列表,请耐心等待页面完成加载</div><script src=/app.js></script></body></html>",
            "render = \"browser\"",
        ),
        (
            "/frame/",
            "text/html",
            "<html><head><title>公告</title></head><body><p>通知公告栏目列表如下,请点击标题查看</p><iframe src=/inner/list.htm></iframe></body></html>",
            "/inner/list.htm",
        ),
        (
            "/api",
            "application/json",
            "{\"d\":[{\"nid\":7,\"mc\":\"关于巡察整改情况的通报\",\"sj\":\"2024-09-12\"}]}",
            "title = \"mc\"\nurl = \"/…{nid}…\"\ndate = \"sj\"",
        ),
    ];
    for (path, kind, text, words) in cases {
        site.answer(path, Served::of(kind, text));
        program.run(&["add", site.url(path).as_str()]).ends(1).says(words).says("huitoukan try NAME");
    }
}
