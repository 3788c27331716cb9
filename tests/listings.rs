//! Walks `tests/corpus/listing` and `tests/corpus/nocontent`: a page beside what it must be read as; no code per case.
//!
//! A case is a folder: `page.*`, `case.json` (`url`, and where needed `family`, `rules`, `asked`, `charset`,
//! `content_type`, `status`, `headers`), `expected.json`. `UPDATE=1` writes what was read, to be reviewed in the diff.

#[path = "support/chromes.rs"]
mod chromes;
#[path = "support/world.rs"]
#[allow(dead_code)]
mod world;

use std::fs;
use std::path::{Path, PathBuf};

use huitoukan::cli::listing::as_json;
use huitoukan::demo::Served;
use huitoukan::model::{Entry, JsonRule, Kind, Page, Request, Rules, Snapshot};
use huitoukan::site;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use world::{BODY, LISTING, World};

struct Case {
    folder: PathBuf,
    about: Value,
    snapshot: Snapshot,
    page: Page,
}

impl Case {
    fn name(&self) -> String {
        self.folder.file_name().unwrap().to_string_lossy().into_owned()
    }

    fn rules(&self) -> Rules {
        let rule = |name: &str| self.about["rules"][name].as_str().map(str::to_owned);
        Rules { rows: rule("rows"), link: rule("link"), date: rule("date"), next: rule("next"), json: self.json(), ..Rules::default() }
    }

    fn json(&self) -> Option<JsonRule> {
        let about = self.about["rules"]["json"].as_object()?;
        let path = |name: &str| about.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(JsonRule {
            rows: path("rows"),
            url: path("url"),
            title: path("title"),
            date: path("date"),
            body: path("body"),
            next: path("next"),
            total: path("total"),
            pages: path("pages"),
            request: path("request"),
            first: None,
        })
    }

    /// What was asked for the page: the first request where the case says nothing.
    fn asked(&self) -> Request {
        match self.about["asked"]["form"].as_str() {
            Some(form) => Request { url: self.page.url.clone(), form: Some(form.to_owned()) },
            None => site::first_request(&self.page.url, &self.rules()),
        }
    }
}

fn cases(kind: &str) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(kind);
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.into_iter().map(case).collect()
}

fn case(folder: PathBuf) -> Case {
    let about: Value =
        serde_json::from_slice(&fs::read(folder.join("case.json")).unwrap()).unwrap_or_else(|problem| panic!("{folder:?}: {problem}"));
    let file =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.file_stem().is_some_and(|stem| stem == "page"));
    let body = fs::read(file.unwrap_or_else(|| panic!("{folder:?} has no page"))).unwrap();
    let charset = encoding_rs::Encoding::for_label(about["charset"].as_str().unwrap_or("utf-8").as_bytes()).unwrap();
    let (text, _, _) = charset.decode(&body);
    let url: url::Url = about["url"].as_str().unwrap().parse().unwrap();
    let content_type = about["content_type"].as_str();
    let page =
        Page { url: url.clone(), content_type: content_type.map(str::to_owned), text: text.into_owned(), charset: "utf-8", replaced: 0 };
    let mut snapshot = Snapshot::of_body(url, content_type, body, Timestamp::UNIX_EPOCH);
    snapshot.status = about["status"].as_u64().map_or(200, |status| status.try_into().unwrap());
    for (name, value) in about["headers"].as_object().into_iter().flatten() {
        snapshot.headers.push((name.clone(), value.as_str().unwrap().to_owned()));
    }
    Case { folder, about, snapshot, page }
}

fn compare(case: &Case, read: &Value, failures: &mut Vec<String>) {
    let path = case.folder.join("expected.json");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, serde_json::to_string_pretty(read).unwrap() + "\n").unwrap();
    }
    let expected: Value = serde_json::from_slice(&fs::read(&path).unwrap_or_default()).unwrap_or_default();
    if expected != *read {
        failures.push(format!("== {}\nread     {read:#}\nexpected {expected:#}", case.name()));
    }
}

#[test]
fn every_saved_listing_is_read_as_it_was_made() {
    let mut failures = Vec::new();
    for case in cases("listing") {
        let listing = site::listing_of(&case.page, &case.asked(), &case.rules(), case.about["family"].as_str());
        compare(&case, &as_json(&listing), &mut failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_page_without_content_is_named_and_no_other() {
    let mut failures = Vec::new();
    for case in cases("nocontent") {
        let kind = site::no_content(&case.snapshot, &case.page).map(|wall| wall.kind);
        compare(&case, &json!({ "kind": kind }), &mut failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_real_listing_is_never_taken_for_a_wall() {
    for case in cases("listing").into_iter().filter(|case| site::listing(&case.page, &case.rules(), None).is_ok()) {
        assert_eq!(site::no_content(&case.snapshot, &case.page), None, "{}", case.name());
    }
}

#[test]
fn a_wall_is_never_taken_for_a_listing() {
    // Half a list is still one by its text; only the header fields tell.
    let is_wall = |case: &Case| site::no_content(&case.snapshot, &case.page).is_some_and(|wall| wall.kind != site::kind::HALF_PAGE);
    for case in cases("nocontent").into_iter().filter(is_wall) {
        let listing = site::listing(&case.page, &Rules::default(), None);
        assert!(listing.is_err(), "{}: {listing:?}", case.name());
    }
}

/// Structure alone must find what a family finds, wherever the page itself holds the rows.
#[test]
fn rows_are_found_without_any_hint_of_the_family() {
    let mut failures = Vec::new();
    for case in cases("listing").into_iter().filter(|case| case.about["packed"].is_null()) {
        let expected: Value = serde_json::from_slice(&fs::read(case.folder.join("expected.json")).unwrap()).unwrap();
        let read = as_json(&site::listing(&case.page, &Rules::default(), Some("unknown")));
        if read["entries"] != expected["entries"] {
            failures.push(format!("== {}\nread     {:#}", case.name(), read["entries"]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Pages cut anywhere, and pages with a piece taken out, give a listing or a reason, never a panic.
#[test]
fn no_damage_to_a_page_makes_reading_it_panic() {
    for case in cases("listing").into_iter().chain(cases("nocontent")) {
        let text = case.page.text.clone();
        let at = |share: usize| text.floor_char_boundary(text.len() * share / 4);
        let damaged = (0..4).flat_map(|share| {
            [text[..at(share)].to_owned(), format!("{}{}", &text[..at(share)], &text[text.floor_char_boundary(at(share) + 37)..])]
        });
        for text in damaged {
            let page = Page { text, ..case.page.clone() };
            let entries = site::listing(&page, &case.rules(), None).map(|listing| listing.entries.len());
            assert_ne!(entries, Ok(0), "{}: a listing is never empty", case.name());
            site::no_content(&case.snapshot, &page);
        }
    }
}

/// Real list pages; not ours to copy, so read from beside the repository where they are at hand.
#[test]
fn real_list_pages_are_read_by_their_structure_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/lists");
    let pages = [
        (
            "gerapy-dfa66_announcement.html",
            "https://www.dfa66.com/dfaets/news/infodisclosure/announcement/index.html",
            10,
            "2020-07-02",
            "2019-11-16",
            true,
        ),
        ("gerapy-hsqhfunds_announcement.html", "https://www.hsqhfunds.com/contentList_100186.jhtml", 20, "2020-07-02", "2020-05-21", false),
        ("gerapy-rtfund_xxpl.html", "http://www.rtfund.com/main/gyrt/xxpl/index.shtml", 15, "2020-07-09", "2020-07-06", false),
        ("gne-netease_forum-1.html", "https://n.netease.com/forum-9-1.html", 42, "2020-07-30", "2020-07-30", true),
    ];
    for (name, url, count, first, last, has_next) in pages {
        let Ok(text) = fs::read_to_string(folder.join(name)) else { continue };
        let page = Page { url: url.parse().unwrap(), content_type: None, text, charset: "utf-8", replaced: 0 };
        let listing = site::listing(&page, &Rules::default(), None).unwrap();
        let dates: Vec<String> = listing.entries.iter().map(|entry| entry.date.map(|date| date.to_string()).unwrap_or_default()).collect();
        let read = (listing.entries.len(), dates.first().map(String::as_str), dates.last().map(String::as_str), listing.next.is_some());
        assert_eq!(read, (count, Some(first), Some(last), has_next), "{name}");
    }
}

/// How well rows are found, over many pages.
#[derive(Default)]
struct Tally {
    pages: u32,
    perfect: u32,
    expected: u32,
    found: u32,
    right: u32,
    dates: u32,
    nexts: u32,
}

impl Tally {
    fn row(&self, name: &str) -> String {
        let share = |part: u32, of: u32| f64::from(part) / f64::from(of.max(1));
        format!(
            "| {name} | {} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} |",
            self.pages,
            share(self.right, self.found),
            share(self.right, self.expected),
            share(self.dates, self.right),
            share(self.nexts, self.pages),
            share(self.perfect, self.pages)
        )
    }

    /// Holds a reading by structure alone against the truth; gives what is wrong with it.
    fn add(&mut self, page: &Page, entries: &[(String, String, Option<Date>)], next: Option<&str>) -> Option<String> {
        let listing = site::listing(page, &Rules::default(), Some("unknown")).ok();
        let read = listing.as_ref().map_or(&[][..], |listing| &listing.entries);
        let truth = |entry: &Entry| entries.iter().find(|(url, title, _)| *url == entry.url.as_str() && *title == entry.title);
        let right: Vec<&Entry> = read.iter().filter(|entry| truth(entry).is_some()).collect();
        let dated = right.iter().filter(|entry| truth(entry).is_some_and(|(.., date)| *date == entry.date)).count();
        let has_next = listing.as_ref().and_then(|listing| listing.next.as_ref()).map(|next| next.url.as_str()) == next;
        let is_perfect = right.len() == entries.len() && read.len() == entries.len() && dated == entries.len() && has_next;
        let count = |count: usize| u32::try_from(count).unwrap();
        self.pages += 1;
        self.expected += count(entries.len());
        self.found += count(read.len());
        self.right += count(right.len());
        self.dates += count(dated);
        self.nexts += u32::from(has_next);
        self.perfect += u32::from(is_perfect);
        let first = || {
            read.iter()
                .find(|entry| truth(entry).is_none_or(|(.., date)| *date != entry.date))
                .map(|entry| format!("{} {:?} {}", entry.title, entry.date, entry.url))
        };
        (!is_perfect).then(|| {
            format!("{} read, {} right, {dated} dated of {}, next {has_next}; {:?}", read.len(), right.len(), entries.len(), first())
        })
    }
}

/// `cargo test --test listings rows_are_found_on_pages_nobody_described -- --nocapture` prints the table of
/// docs/measurements.md; with `EACH=1` what is wrong with each page too.
#[test]
fn rows_are_found_on_pages_nobody_described() {
    let mut made = Tally::default();
    for chrome in chromes::all() {
        let page = Page { url: chrome.url.parse().unwrap(), content_type: None, text: chrome.html, charset: "utf-8", replaced: 0 };
        let wrong = made.add(&page, &chrome.entries, chrome.next.as_deref());
        if let Some(wrong) = wrong.filter(|_| std::env::var_os("EACH").is_some()) {
            println!("{}: {wrong}", chrome.name);
        }
    }
    let mut saved = Tally::default();
    for case in cases("listing").into_iter().filter(|case| case.about["packed"].is_null()) {
        let expected: Value = serde_json::from_slice(&fs::read(case.folder.join("expected.json")).unwrap()).unwrap();
        let entries: Vec<_> = expected["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| {
                let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
                (text("url"), text("title"), entry["date"].as_str().map(|date| date.parse().unwrap()))
            })
            .collect();
        let listing = site::listing(&case.page, &Rules::default(), Some("unknown")).ok();
        // Where the next page is that only the family can tell, nothing else is asked of the structure.
        let next = listing.and_then(|listing| listing.next).map(|next| next.url.to_string());
        if !entries.is_empty() {
            saved.add(&case.page, &entries, next.as_deref());
        }
    }
    println!("| pages | number | precision | recall | dates | next page | whole page right |\n|---|---|---|---|---|---|---|");
    println!("{}\n{}", made.row("made: every form of row in every frame"), saved.row("saved fixtures, families switched off"));
    let floor = |tally: &Tally, precision: f64, recall: f64| {
        f64::from(tally.right) >= precision * f64::from(tally.found) && f64::from(tally.right) >= recall * f64::from(tally.expected)
    };
    assert!(floor(&made, 0.99, 0.98) && made.dates == made.right && made.nexts == made.pages, "{}", made.row("made"));
    assert!(floor(&saved, 1.0, 1.0), "{}", saved.row("saved"));
}

const TITLE: &str = "鲤城区工商联关于巡察整改进展情况的通报";
const PATH: &str = "/zwgk/202611/t20261101_1.htm";

/// Every wall there is, one after the other, in place of a whole site: each is told by its name, and none is believed.
#[tokio::test]
async fn no_page_without_content_becomes_a_version_or_a_withdrawal() {
    let mut world = World::new().await;
    world.publishes(PATH, TITLE, BODY);
    world.hour().await;
    let mut walls = 0;
    for case in cases("nocontent") {
        let expected: Value = serde_json::from_slice(&fs::read(case.folder.join("expected.json")).unwrap()).unwrap();
        // A loop of redirects and a body that ends before its end are the fetching side's: tests/fetch.rs.
        let Some(kind) = expected["kind"].as_str().filter(|kind| !matches!(*kind, "cookie-loop" | "half-page")) else { continue };
        let mut served = Served::of(case.about["content_type"].as_str().unwrap_or("text/html; charset=utf-8"), case.snapshot.body.clone());
        served = served.with_status(case.snapshot.status).without_validators();
        world.site.instead(Some(served));
        // Long enough for the host's own wish to be left alone to pass.
        let reports = world.after(jiff::SignedDuration::from_hours(30)).await;
        let problem = reports.first().and_then(|report| report.problem.clone()).unwrap_or_else(|| panic!("{}: no problem", case.name()));
        let by_status = matches!(case.snapshot.status, 404 | 410 | 429 | 500..=599);
        assert!(problem.name == kind || by_status, "{}: {kind} was told as {problem}", case.name());
        walls += 1;
    }
    assert!(walls > 60, "{walls}");
    world.site.instead(None);
    world.days(3).await;
    let of_notices: Vec<Kind> = world.kinds().into_iter().filter(|kind| !matches!(kind, Kind::Ailing | Kind::Recovered)).collect();
    assert_eq!(of_notices, [Kind::Baseline]);
    let notice = world.notice(PATH);
    assert_eq!((notice.versions, notice.title.as_str()), (1, TITLE));
}

/// A data service that is asked by POST, page by page, and brings the articles along: no page of theirs is fetched.
#[tokio::test]
async fn a_data_service_is_read_by_its_mapping_and_its_articles_are_not_fetched_again() {
    let rule = JsonRule {
        rows: Some("data.rows".to_owned()),
        url: Some("/detail/{id}.html".to_owned()),
        title: Some("name".to_owned()),
        date: Some("at".to_owned()),
        body: Some("text".to_owned()),
        pages: Some("data.pages".to_owned()),
        request: Some("column=9&page={page}".to_owned()),
        ..JsonRule::default()
    };
    let mut world = World::with(|config| {
        config.sources[0].rules.json = Some(rule);
        config.sources[0].depth = 5;
    })
    .await;
    let answer = |number: u32, id: u32, title: &str, body: &str| {
        let text: String = body.lines().map(|line| format!("<p>{line}</p>")).collect();
        let rows = json!([{ "id": id, "name": title, "at": "2026-11-01 09:52", "text": text }, { "id": id + 50, "name": "关于停水的公告", "at": 1_790_000_000_000_i64 }]);
        (format!("POST {LISTING} column=9&page={number}"), json!({ "data": { "pages": 2, "rows": rows } }).to_string())
    };
    let serve = |world: &World, (path, text): (String, String)| world.site.answer(&path, Served::of("application/json", text));
    serve(&world, answer(1, 1, TITLE, BODY));
    let second = "丰泽区工商联关于巡察整改情况的通报";
    serve(&world, answer(2, 2, second, &BODY.replace("区工商联", "丰泽区工商联")));
    world.hour().await;
    let asked: Vec<String> = world.site.take_hits().into_iter().map(|hit| hit.path).collect();
    assert_eq!(asked, ["/robots.txt".to_owned(), format!("POST {LISTING} column=9&page=1"), format!("POST {LISTING} column=9&page=2")]);
    assert_eq!(world.kinds(), [Kind::Baseline]);
    assert_eq!((world.notice("/detail/1.html").versions, world.notice("/detail/2.html").title.as_str()), (1, second));
    serve(&world, answer(1, 1, TITLE, &BODY.replace("仅解决21个", "仅解决35个")));
    world = world.restart();
    world.days(2).await;
    assert_eq!(world.kinds(), [Kind::Baseline, Kind::Edited]);
    assert!(world.site.take_hits().iter().all(|hit| !hit.path.contains("/detail/1")));
}

/// A service that never says how many pages it has is asked until it has no more rows: that is the end, and nothing is missing.
#[tokio::test]
async fn a_data_service_that_has_no_more_rows_is_read_to_its_end() {
    let rule = JsonRule { request: Some("channel=9&page={page}&size=2".to_owned()), ..JsonRule::default() };
    let world = World::with(|config| {
        config.sources[0].rules.json = Some(rule);
        config.sources[0].depth = 9;
    })
    .await;
    let row = |number: u32| json!({ "topic": format!("关于第{number}号事项的公告"), "infourl": format!("/n/{number}.html"), "pubtime": "2026-11-01 09:52" });
    for (page, rows) in [(1, vec![row(1), row(2)]), (2, vec![row(3), row(4)]), (3, vec![])] {
        let answer = json!({ "code": 200, "list": rows }).to_string();
        world.site.answer(&format!("POST {LISTING} channel=9&page={page}&size=2"), Served::of("application/json", answer));
    }
    let reports = world.hour().await;
    assert_eq!((reports[0].entries, reports[0].problem.clone()), (Some(4), None));
    let health = world.house.store.health(&huitoukan::model::SourceId("licheng".to_owned())).unwrap().unwrap();
    assert_eq!(health.partial, None);
}

/// An ASP.NET grid turns over by posting its view state back.
#[tokio::test]
async fn a_page_that_turns_over_by_post_back_is_followed() {
    let world = World::with(|config| config.sources[0].depth = 5).await;
    let page = |state: &str, rows: &str, pager: &str| {
        format!(
            r#"<html><head><title>公告</title></head><body><div class="nav"><a href="/">网站首页</a> <a href="/zwgk/">政务公开</a> <a href="/zwfw/">政务服务</a>
<a href="/hdjl/">互动交流</a> <a href="/ztzl/">专题专栏</a></div><div class="crumb">当前位置：<a href="/">首页</a> &gt; <a href="/zwgk/">政务公开</a> &gt; 公告</div>
<form method="post" action="index.html"><input type="hidden" name="__VIEWSTATE" value="{state}">
<table>{rows}</table><div>{pager}</div></form></body></html>"#
        )
    };
    let row = |id: u32, title: &str| format!("<tr><td><a href=\"show.aspx?id={id}\">{title}</a></td><td>2026-10-{id}</td></tr>");
    let others = format!("{}{}", row(20, "关于停水检修的公告"), row(19, "关于开展安全检查的通知"));
    let next = "<a href=\"javascript:__doPostBack('Pager','2')\">下一页</a>";
    world.site.put(LISTING, page("one==", &others, next));
    let posted = format!("POST {LISTING} __EVENTTARGET=Pager&__EVENTARGUMENT=2&__VIEWSTATE=one%3D%3D");
    world.site.put(&posted, page("two==", &format!("{}{}", row(12, TITLE), row(11, "2026年部门预算公开目录")), ""));
    world.site.put("/zwgk/tzgg/show.aspx?id=12", world::page(TITLE, BODY));
    let reports = world.hour().await;
    assert_eq!((reports[0].entries, reports[0].problem.clone()), (Some(4), None));
    assert_eq!(world.notice("/zwgk/tzgg/show.aspx?id=12").title, TITLE);
}

/// From abroad a jpaas service gives page 1 for every page: that is found out, and said.
#[tokio::test]
async fn a_jpaas_service_that_gives_page_1_for_every_page_is_told_as_a_partial_archive() {
    let world = World::with(|config| config.sources[0].depth = 50).await;
    let rows: String = (0..15).map(|number| format!("<li class=\"clearfix\"><a class=\"bt-left\" href=\"/art/2024/9/{0}/art_1_{0}.html\" title=\"关于第{0}号事项的公告\">关于第{0}号事项的公告</a><span class=\"bt-right\">2024-09-{0}</span></li>", 10 + number)).collect();
    let paging = r#"<div class="pagination" count="386" rows="15" pageNo="1" queryData="{'webId':'3185','pageId':'7','parseType':'bulidstatic','pageType':'column'}"></div>"#;
    let column = format!("<html><head><title>通知公告</title></head><body><ul>{rows}</ul>{paging}</body></html>");
    world.site.put(LISTING, column.clone());
    let page = Page { url: world.site.url(LISTING), content_type: None, text: column, charset: "utf-8", replaced: 0 };
    let next = site::listing(&page, &Rules::default(), None).unwrap().next.unwrap().url;
    let path = format!("{}?{}", next.path(), next.query().unwrap());
    let answer = json!({ "success": true, "data": { "html": rows } }).to_string();
    world.site.answer(&path, Served::of("application/json", answer.clone()));
    world.site.answer(&path.replace("%3A2%2C", "%3A3%2C"), Served::of("application/json", answer));
    world.hour().await;
    let asked = world.site.take_hits().into_iter().filter(|hit| hit.path.contains("build/unit")).count();
    assert_eq!(asked, 1, "page 2 was page 1, and page 3 was not asked for");
    let health = world.house.store.health(&huitoukan::model::SourceId("licheng".to_owned())).unwrap().unwrap();
    assert!(health.partial.is_some_and(|partial| partial.contains("repeats the pages before it")));
    assert_eq!(health.problem, None, "that is no illness");
}
