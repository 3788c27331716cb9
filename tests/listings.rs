//! Walks `tests/corpus/listing` and `tests/corpus/nocontent`: a page beside what it must be read as; no code per case.
//!
//! A case is a folder: `page.*`, `case.json` (`url`, and where needed `family`, `rules`, `asked`, `charset`,
//! `content_type`, `status`, `headers`), `expected.json`. `UPDATE=1` writes what was read, to be reviewed in the diff.

use std::fs;
use std::path::{Path, PathBuf};

use huitoukan::cli::listing::as_json;
use huitoukan::model::{JsonRule, Page, Request, Rules, Snapshot};
use huitoukan::site;
use jiff::Timestamp;
use serde_json::{Value, json};

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
