//! JSON of whatever service: the longest array of objects that have a title and an address.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Map, Value};
use url::Url;

use super::css::Selectors;
use super::opened::Opened;
use super::{Family, Found, address, dates, text};
use crate::model::{Entry, Page, Request};

pub(super) struct Json;

/// Keys in lower case without `_` and `-`, the likeliest first.
const TITLES: [&str; 14] = [
    "title",
    "doctitle",
    "articletitle",
    "infotitle",
    "newstitle",
    "contenttitle",
    "showtitle",
    "subject",
    "headline",
    "bt",
    "wzbt",
    "topic",
    "docname",
    "name",
];
const ADDRESSES: [&str; 17] = [
    "url",
    "docpuburl",
    "docurl",
    "articleurl",
    "infourl",
    "contenturl",
    "htmlurl",
    "pageurl",
    "weburl",
    "visiturl",
    "linkurl",
    "puburl",
    "jumpurl",
    "link",
    "href",
    "path",
    "urls",
];
const DATES: [&str; 29] = [
    "publishedtimestr",
    "publishedtimeformat",
    "displaypublishtime",
    "firstpublishtime",
    "firstpublishedtime",
    "publishedtime",
    "publishtime",
    "publishdate",
    "published",
    "pubdate",
    "pubtime",
    "docreltime",
    "docpubtime",
    "releasedate",
    "releasetime",
    "deploytime",
    "opentime",
    "infodate",
    "showtime",
    "showdate",
    "date",
    "time",
    "fbsj",
    "fbrq",
    "createtime",
    "createdate",
    "createdat",
    "inputtime",
    "addtime",
];

/// Values visited in one document; real answers have a few thousand.
const VALUES_MAX: usize = 300_000;

impl Family for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn recognises(&self, opened: &Opened<'_>) -> bool {
        opened.json().is_some()
    }

    fn read(&self, opened: &Opened<'_>, selectors: &Selectors) -> Found {
        let Some(value) = opened.json() else { return Found::default() };
        let mut entries = entries(value, opened);
        if entries.is_empty()
            && let Some(html) = markup_in(value)
        {
            entries = opened.entries_packed(&format!("<ul>{html}</ul>"), selectors);
        }
        Found { next: next(opened.url(), value, entries.len()).map(Request::get), entries, ..Found::default() }
    }
}

/// A document that is JSON, or wraps it: `callback({…})`, `var list = […];`.
pub(super) fn parse(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with(['{', '[']) {
        return serde_json::from_str(text).ok();
    }
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$' | '/' | '(' | ';')) {
        return None;
    }
    let start = text.find(['{', '['])?;
    let is_wrapper = text[..start].len() < 200 && text[..start].trim_end().ends_with(['(', '=']);
    let body = text[start..].trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ')' | ';'));
    if is_wrapper { serde_json::from_str(body).ok() } else { None }
}

/// Whether a page is a well-formed answer that says there are no rows: `{"success":true,"data":{"list":[]}}`.
pub(super) fn is_empty_answer(page: &Page) -> bool {
    let Some(value) = parse(&page.text) else { return false };
    let values = visited(&value);
    let has_empty_rows = values
        .iter()
        .any(|value| value.as_array().is_some_and(Vec::is_empty) || value["html"].as_str().is_some_and(|html| html.trim().is_empty()));
    has_empty_rows
        && values.iter().all(|value| {
            value.as_array().is_none_or(|rows| rows.iter().all(|row| row.as_object().is_none_or(|row| lookup(row, &TITLES).is_none())))
        })
}

/// The same where it is an array that is empty: markup that is none may be a service's way to refuse.
pub(super) fn has_no_rows(page: &Page) -> bool {
    let has_empty_array = |value: &Value| visited(value).iter().any(|value| value.as_array().is_some_and(Vec::is_empty));
    is_empty_answer(page) && parse(&page.text).as_ref().is_some_and(has_empty_array)
}

/// One entry per object of the longest array whose objects have a title and an address.
pub(super) fn entries(value: &Value, opened: &Opened<'_>) -> Vec<Entry> {
    let mut best: Vec<Entry> = Vec::new();
    for array in visited(value).into_iter().filter_map(Value::as_array) {
        if array.len() > best.len() {
            let rows: Vec<Entry> = array.iter().filter_map(|row| entry(row, opened)).collect();
            if rows.len() > best.len() {
                best = rows;
            }
        }
    }
    best
}

pub(super) fn entry(row: &Value, opened: &Opened<'_>) -> Option<Entry> {
    let outer = row.as_object()?;
    let holds = |fields: &&Map<String, Value>| lookup(fields, &TITLES).is_some() && lookup(fields, &ADDRESSES).is_some();
    // Search services wrap each row: {"_source": {…}}.
    let fields = Some(outer).filter(holds).or_else(|| outer.values().filter_map(Value::as_object).find(holds))?;
    let title = text::title(&without_tags(lookup(fields, &TITLES)?.as_str()?));
    let url = address::resolve(opened.url(), opened.url(), lookup(fields, &ADDRESSES)?.as_str()?)?;
    let date = dated(fields);
    (!title.is_empty()).then_some(Entry { url, title, date })
}

/// A row's date by the names that services commonly use.
pub(super) fn date_of(row: &Value) -> Option<Date> {
    row.as_object().and_then(dated)
}

fn dated(fields: &Map<String, Value>) -> Option<Date> {
    DATES.iter().find_map(|name| fields.iter().find(|(key, _)| plain_key(key) == *name).and_then(|(_, value)| day(value)))
}

/// The first field of these names that holds anything.
fn lookup<'v>(fields: &'v Map<String, Value>, names: &[&str]) -> Option<&'v Value> {
    names.iter().find_map(|name| {
        let field = fields.iter().find(|(key, _)| plain_key(key) == *name).map(|(_, value)| value);
        field.filter(|value| value.as_str().is_some_and(|text| !text.trim().is_empty()))
    })
}

fn plain_key(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

/// A day from a printed date or a count of seconds or milliseconds, by the clock of China.
pub(super) fn day(value: &Value) -> Option<Date> {
    let printed = value.as_str().unwrap_or_default().trim();
    if let Some(stamp) = Some(printed).filter(|printed| printed.ends_with('Z')).and_then(|printed| printed.parse::<Timestamp>().ok()) {
        return Some(in_china(stamp));
    }
    if let Some(date) = dates::find(printed).or_else(|| dates::exact(printed).and_then(|part| dates::joined(&[part]))) {
        return Some(date);
    }
    let count = value.as_i64().or_else(|| printed.parse().ok())?;
    let seconds = match count {
        500_000_000..=9_999_999_999 => count,
        500_000_000_000..=9_999_999_999_999 => count / 1000,
        _ => return None,
    };
    Timestamp::from_second(seconds).ok().map(in_china)
}

/// The day in China at a moment.
pub(super) fn in_china(stamp: Timestamp) -> Date {
    stamp.to_zoned(TimeZone::fixed(Offset::constant(8))).date()
}

pub(super) fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        match rest[at..].find('>').filter(|_| rest[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')) {
            Some(end) => rest = &rest[at + end + 1..],
            None => {
                out.push('<');
                rest = &rest[at + 1..];
            }
        }
    }
    out + rest
}

/// The longest string that is markup with links.
fn markup_in(value: &Value) -> Option<&str> {
    visited(value).into_iter().filter_map(Value::as_str).filter(|text| text.contains("<a ")).max_by_key(|text| text.len())
}

/// All values of a document, outer ones first.
pub(super) fn visited(value: &Value) -> Vec<&Value> {
    let mut values = vec![value];
    let mut at = 0;
    while at < values.len() && values.len() < VALUES_MAX {
        match values[at] {
            Value::Array(array) => values.extend(array),
            Value::Object(fields) => values.extend(fields.values()),
            _ => {}
        }
        at += 1;
    }
    values
}

/// The address with its page number raised, while the answer's totals or a full page say that there is more.
pub(super) fn next(url: &Url, value: &Value, entries: usize) -> Option<Url> {
    const PAGES: [&str; 9] = ["page", "pageno", "pagenum", "pagenumber", "pageindex", "currentpage", "curpage", "current", "pn"];
    const SIZES: [&str; 7] = ["pagesize", "size", "rows", "limit", "perpage", "per", "num"];
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let asked = |names: &[&str]| {
        pairs
            .iter()
            .find(|(name, _)| names.contains(&plain_key(name).as_str()))
            .and_then(|(name, number)| Some((name.clone(), number.parse::<u64>().ok()?)))
    };
    let (name, page) = asked(&PAGES)?;
    let size = asked(&SIZES).map(|(_, size)| size).filter(|size| *size > 0);
    let pages = total(value, &["totalpages", "totalpage", "pagecount", "pages", "lastpage"]);
    let records = total(
        value,
        &[
            "total",
            "totalcount",
            "totalrecords",
            "totalrecord",
            "totalrows",
            "totalrow",
            "totalelements",
            "recordcount",
            "rowcount",
            "count",
        ],
    );
    let done = page.max(1) * size.unwrap_or(entries as u64);
    let has_more = match (pages, records) {
        (Some(pages), _) => page.max(1) < pages,
        (None, Some(records)) => done < records,
        (None, None) => size.is_some_and(|size| entries as u64 >= size),
    };
    if entries == 0 || !has_more {
        return None;
    }
    let mut next = url.clone();
    let raised = pairs.iter().map(|(key, value)| (key.clone(), if *key == name { (page + 1).to_string() } else { value.clone() }));
    next.query_pairs_mut().clear().extend_pairs(raised);
    Some(next)
}

fn total(value: &Value, names: &[&str]) -> Option<u64> {
    let objects: Vec<&Map<String, Value>> = visited(value).into_iter().take(2_000).filter_map(Value::as_object).collect();
    names.iter().find_map(|name| {
        objects.iter().find_map(|fields| {
            let (_, value) = fields.iter().find(|(key, _)| plain_key(key) == *name)?;
            count(value)
        })
    })
}

/// A number, also one written as text.
pub(super) fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Value, expected: Option<&str>) {
        assert_eq!(day(&value).map(|date| date.to_string()).as_deref(), expected, "{value}");
    }

    #[test]
    fn a_day_is_read_however_services_write_it() {
        check("2024-09-12 10:00:00".into(), Some("2024-09-12"));
        check("2024-09-11T16:30:00.000Z".into(), Some("2024-09-12"));
        check("20240912".into(), Some("2024-09-12"));
        check(1_726_104_600.into(), Some("2024-09-12"));
        check("1726104600000".into(), Some("2024-09-12"));
        check(28.into(), None);
        check("".into(), None);
    }

    #[test]
    fn wrapped_json_is_unwrapped() {
        assert!(parse("callback({\"a\":[1]});").is_some());
        assert!(parse("var list = [1,2];").is_some());
        assert!(parse("<html>{}</html>").is_none());
        assert!(parse("某县 {}").is_none());
    }
}
