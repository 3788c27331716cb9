//! Readers of pages: charset, document, listing, feeds, mappings, pages that are no content.

use std::collections::BTreeSet;

use huitoukan::extract;
use huitoukan::model::{Furniture, JsonRule, Listing, Page, Rules, Unlisted};
use huitoukan::site::{self, TitleFilter};

use super::sound;

/// The first byte says how the server names the charset.
pub fn charset(bytes: &[u8]) {
    const NAMED: [Option<&str>; 8] = [
        None,
        Some("text/html"),
        Some("text/html; charset=gb2312"),
        Some("text/html;charset=\"utf-8\""),
        Some("text/html; charset=big5"),
        Some("text/html; charset=utf-16"),
        Some("text/html; charset=iso-2022-jp"),
        Some("text/html; charset=nonsense"),
    ];
    let Some((first, body)) = bytes.split_first() else { return };
    let snapshot = sound::snapshot(NAMED[usize::from(*first) % NAMED.len()], body);
    let page = extract::decode(&snapshot);
    assert_eq!(page, extract::decode(&snapshot), "decoded twice");
    assert!(page.text.len() <= body.len() * 3, "{} bytes of text from {}", page.text.len(), body.len());
    assert!(page.replaced <= page.text.matches('\u{fffd}').count(), "{} replaced", page.replaced);
    let encoding = encoding_rs::Encoding::for_label(page.charset.as_bytes()).expect("a charset has its standard's name");
    assert_eq!(encoding.name().to_lowercase(), page.charset);
    assert!(!page.text.starts_with('\u{feff}') || body.len() > 3, "the mark of order is no text");
}

pub fn html(bytes: &[u8]) {
    sound::file(Some("text/html; charset=utf-8"), bytes);
    // Known lines around the body take nothing from it that it does not have.
    let snapshot = sound::snapshot(Some("text/html; charset=utf-8"), bytes);
    let page = extract::decode(&snapshot);
    let Ok(first) = extract::reading(&snapshot, &page, &Rules::default(), &Furniture::default()) else { return };
    let mut furniture = Furniture::default();
    for title in ["一", "二", "三", "四"] {
        furniture.learn(title, &first.around, 2_000);
    }
    if let Ok(again) = extract::reading(&snapshot, &page, &Rules::default(), &furniture) {
        sound::document(&again.document, bytes.len());
        assert!(again.document.characters() <= first.document.characters(), "what is known of its source made a body longer");
    }
}

/// The first byte says by which family it is read.
pub fn listing(bytes: &[u8]) {
    let Some((first, text)) = bytes.split_first() else { return };
    let families: Vec<Option<&str>> = std::iter::once(None).chain(site::family_names().map(Some)).collect();
    listed(&page("text/html; charset=utf-8", text), &Rules::default(), families[usize::from(*first) % families.len()]);
}

/// Feeds and sitemaps, by every family that reads XML and by structure.
pub fn feed(bytes: &[u8]) {
    let page = page("text/xml; charset=utf-8", bytes);
    for family in [None, Some("feed"), Some("sitemap")] {
        listed(&page, &Rules::default(), family);
    }
}

/// Two parts: the mapping, a line for each key, and the answer that it is used on.
pub fn mapping(bytes: &[u8]) {
    let (rule, answer) = super::words::halves(bytes);
    let rule = String::from_utf8_lossy(rule);
    let value = |key: &str| rule.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::to_owned);
    let rule = JsonRule {
        rows: value("rows"),
        url: value("url"),
        title: value("title"),
        date: value("date"),
        body: value("body"),
        next: value("next"),
        total: value("total"),
        pages: value("pages"),
        request: value("request"),
        first: value("first").and_then(|first| first.parse().ok()),
    };
    let rules = Rules { json: Some(rule), ..Rules::default() };
    let page = page("application/json; charset=utf-8", answer);
    let asked = site::first_request(&page.url, &rules);
    assert_eq!(asked, site::first_request(&page.url, &rules));
    listed(&page, &rules, None);
    listed(&page, &Rules::default(), Some("json"));
}

pub fn no_content(bytes: &[u8]) {
    let snapshot = sound::snapshot(Some("text/html; charset=utf-8"), bytes);
    let page = extract::decode(&snapshot);
    let found = site::no_content(&snapshot, &page);
    assert_eq!(found, site::no_content(&snapshot, &page), "judged twice");
    if let Some(found) = found {
        assert!(!found.kind.is_empty() && found.kind.bytes().all(|byte| byte.is_ascii_graphic()), "no name: {found}");
        one_line(&found.evidence);
    }
    assert_eq!(site::is_past_the_end(&page), site::is_past_the_end(&page));
    let filter = TitleFilter::new(&huitoukan::model::TitleRule::default()).expect("the built-in rule holds");
    let title = page.text.lines().next().unwrap_or_default();
    assert_eq!(filter.judge(title), filter.judge(title));
}

fn page(content_type: &str, body: &[u8]) -> Page {
    extract::decode(&sound::snapshot(Some(content_type), body))
}

fn listed(page: &Page, rules: &Rules, family: Option<&str>) {
    let listing = site::listing(page, rules, family);
    assert_eq!(listing, site::listing(page, rules, family), "listed twice");
    match listing {
        Ok(listing) => sound_listing(&listing, page, rules.json.is_some()),
        Err(Unlisted::NoContent(found)) => one_line(&found.evidence),
        Err(Unlisted::NoEntries { saw }) => one_line(&saw),
        Err(Unlisted::BadSelector { selector }) => panic!("{selector} is nobody's selector"),
    }
    if let Some(suggestion) = site::suggested(page) {
        assert!(!suggestion.trim().is_empty(), "an empty suggestion");
    }
}

/// What `model::Listing` and `model::Entry` promise.
fn sound_listing(listing: &Listing, page: &Page, is_mapped: bool) {
    assert!(!listing.entries.is_empty(), "a listing of nothing");
    let mut seen = BTreeSet::new();
    for entry in &listing.entries {
        assert_eq!(site::canonical(&entry.url), entry.url, "an address that is not canonical");
        assert!(matches!(entry.url.scheme(), "http" | "https"), "{} is no page", entry.url);
        // A mapping is written by a person, who may know that the articles stand elsewhere.
        assert!(is_mapped || site::is_one_site(&page.url, &entry.url), "{} is another site's", entry.url);
        assert!(seen.insert(&entry.url), "{} twice", entry.url);
        assert!(!entry.title.trim().is_empty(), "{} has no title", entry.url);
        assert_eq!(entry.title, entry.title.trim());
    }
    let text: usize = listing.entries.iter().map(|entry| entry.title.len()).sum();
    assert!(text <= page.text.len() * 4 + 1024, "{text} bytes of titles from {}", page.text.len());
    for url in listing.articles.keys() {
        assert!(matches!(url.scheme(), "http" | "https"), "{url} is no page");
    }
    if let Some(next) = &listing.next {
        assert!(matches!(next.url.scheme(), "http" | "https"), "{} is no page", next.url);
        assert!(is_mapped || site::is_one_site(&page.url, &next.url), "the next page {} is another site's", next.url);
    }
}

/// What goes into a log or a report.
fn one_line(text: &str) {
    assert!(!text.contains('\n') && !text.contains('\r'), "not one line: {text:?}");
    assert!(text.len() <= 4096, "evidence of {} bytes", text.len());
}
