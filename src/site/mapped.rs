//! The JSON answer of a data service to a listing, by the paths in a source's file (`[json]`).
//!
//! Never runs anything: a path names fields, a template puts their values into an address. What is asked next follows from
//! what was asked, so that paging needs no memory.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use url::Url;

use super::opened::Opened;
use super::{Found, address, json, text};
use crate::model::{Entry, JsonRule, Request, Unlisted};

/// Where the page's number stands in an address or a request.
const PAGE: &str = "{page}";
/// Arrays of rows told of where a path leads nowhere.
const ARRAYS_TOLD_MAX: usize = 3;
/// Fields told of each of them.
const FIELDS_TOLD_MAX: usize = 12;

/// What to ask for the first page of a listing.
pub(super) fn first_request(listing: &Url, rule: &JsonRule) -> Request {
    Request { url: listing.clone(), form: rule.request.as_ref().map(|request| numbered(request, first(rule))) }
}

/// # Errors
/// [`Unlisted::NoEntries`] with what the answer holds instead.
pub(super) fn read(opened: &Opened<'_>, asked: &Request, rule: &JsonRule) -> Result<Found, Unlisted> {
    let nothing = |saw: String| Err(Unlisted::NoEntries { saw });
    let Some(answer) = opened.json() else {
        return nothing("the source says [json], and the page is no JSON; give the address of the data, or take [json] away".to_owned());
    };
    let rows = match &rule.rows {
        Some(path) => match at(answer, path).and_then(Value::as_array) {
            Some(rows) => rows.clone(),
            None => return nothing(format!("json.rows {path:?} leads to no array; {}", holds(answer))),
        },
        None => longest(answer, opened, rule),
    };
    let mut articles = BTreeMap::new();
    let mut entries = Vec::new();
    for row in &rows {
        let Some(entry) = entry(row, opened, rule) else { continue };
        if let Some(body) = rule.body.as_ref().and_then(|path| at(row, path)).and_then(Value::as_str).filter(|body| !body.trim().is_empty())
        {
            articles.insert(entry.url.clone(), article(&entry, body));
        }
        entries.push(entry);
    }
    if entries.is_empty() && !rows.is_empty() {
        return nothing(format!("{} rows, and none has a title and an address by json.title and json.url; {}", rows.len(), holds(answer)));
    }
    let next = next(opened, asked, rule, answer, rows.len());
    Ok(Found { entries, next, partial: None, articles })
}

/// The array of which most objects are rows.
fn longest(answer: &Value, opened: &Opened<'_>, rule: &JsonRule) -> Vec<Value> {
    let fitting = |array: &Vec<Value>| array.iter().filter(|row| entry(row, opened, rule).is_some()).count();
    let arrays = json::visited(answer).into_iter().filter_map(Value::as_array);
    arrays
        .map(|array| (fitting(array), array))
        .filter(|(count, _)| *count > 0)
        .max_by_key(|(count, _)| *count)
        .map_or(Vec::new(), |(_, array)| array.clone())
}

fn entry(row: &Value, opened: &Opened<'_>, rule: &JsonRule) -> Option<Entry> {
    let usual = || json::entry(row, opened);
    let title = match &rule.title {
        Some(path) => text::title(&json::without_tags(&printed(at(row, path)?)?)),
        None => usual()?.title,
    };
    let url = match &rule.url {
        Some(template) => located(&filled(template, row)?, opened.url(), template)?,
        None => usual()?.url,
    };
    let date = match &rule.date {
        Some(path) => at(row, path).and_then(json::day),
        None => json::date_of(row),
    };
    (!title.is_empty()).then_some(Entry { url, title, date })
}

/// An address of the listing's own site, or of the host that the source's file itself writes down.
fn located(written: &str, page: &Url, template: &str) -> Option<Url> {
    match template.split('{').next().and_then(|start| start.parse::<Url>().ok()).filter(Url::has_host) {
        Some(own) => address::resolve(&own, &own, written),
        None => address::resolve(page, page, written),
    }
}

/// A path's value, or a template with the values of its paths: `/detail?id={id}`.
fn filled(template: &str, row: &Value) -> Option<String> {
    if !template.contains('{') {
        return printed(at(row, template)?);
    }
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (path, after) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(&printed(at(row, path)?)?);
        rest = after;
    }
    Some(out + rest)
}

fn printed(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The value that a path leads to; a name is taken as it is before its dots mean anything.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return Some(value);
    }
    if let Some(found) = value.get(path) {
        return Some(found);
    }
    path.split('.').try_fold(value, |value, name| match value {
        Value::Array(rows) => rows.get(name.parse::<usize>().ok()?),
        _ => value.get(name),
    })
}

/// The article of a row as a page of its own, for whoever reads pages.
fn article(entry: &Entry, body: &str) -> String {
    let title = text::escaped(&entry.title);
    let date = entry.date.map(|date| format!("<meta name=\"PubDate\" content=\"{date}\">")).unwrap_or_default();
    let body = if body.contains('<') {
        body.to_owned()
    } else {
        body.lines().filter(|line| !line.trim().is_empty()).fold(String::new(), |mut lines, line| {
            let _ = write!(lines, "<p>{}</p>", text::escaped(line.trim()));
            lines
        })
    };
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{title}</title><meta name=\"ArticleTitle\" content=\"{title}\">{date}</head>\
         <body><div id=\"zoom\">{body}</div></body></html>"
    )
}

fn next(opened: &Opened<'_>, asked: &Request, rule: &JsonRule, answer: &Value, rows: usize) -> Option<Request> {
    if rows == 0 {
        return None;
    }
    let is_template = rule.next.as_ref().is_some_and(|next| next.contains(PAGE));
    if let Some(path) = rule.next.as_ref().filter(|_| !is_template) {
        let url = address::resolve(opened.url(), opened.url(), &printed(at(answer, path)?)?)?;
        return Some(Request { url, form: asked.form.clone() });
    }
    if !is_template && !rule.request.as_ref().is_some_and(|request| request.contains(PAGE)) {
        return json::next(opened.url(), answer, rows).map(Request::get);
    }
    let present = present(asked, rule).unwrap_or(first(rule));
    let done = u64::from(present.saturating_sub(first(rule)) + 1);
    let count = |path: &Option<String>| path.as_ref().and_then(|path| at(answer, path)).and_then(json::count);
    let is_last = match (count(&rule.pages), count(&rule.total)) {
        (Some(pages), _) => done >= pages,
        (None, Some(total)) => done * rows as u64 >= total,
        (None, None) => false,
    };
    let after = present + 1;
    let url = match rule.next.as_ref().filter(|_| is_template) {
        Some(template) => address::resolve(opened.url(), opened.url(), &numbered(template, after))?,
        None => asked.url.clone(),
    };
    (!is_last).then(|| Request { url, form: rule.request.as_ref().map(|request| numbered(request, after)) })
}

/// The number of the page that was asked for, from where the template has it.
fn present(asked: &Request, rule: &JsonRule) -> Option<u32> {
    let by_form = rule.request.as_ref().zip(asked.form.as_ref()).and_then(|(template, form)| number_in(template, form));
    by_form.or_else(|| {
        let (before, _) = rule.next.as_ref()?.split_once(PAGE)?;
        // Templates may be relative: what stands right before the number is enough to find it.
        let mark = before.rsplit(['/', '?']).next().filter(|mark| !mark.is_empty()).unwrap_or(before);
        let address = asked.url.as_str();
        let rest = &address[address.rfind(mark)? + mark.len()..];
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
    })
}

fn number_in(template: &str, text: &str) -> Option<u32> {
    let (before, after) = template.split_once(PAGE)?;
    text.strip_prefix(before)?.strip_suffix(after)?.parse().ok()
}

fn numbered(template: &str, number: u32) -> String {
    template.replacen(PAGE, &number.to_string(), 1)
}

fn first(rule: &JsonRule) -> u32 {
    rule.first.unwrap_or(1)
}

/// What an answer holds that could be rows, for whoever writes the paths.
pub(super) fn holds(answer: &Value) -> String {
    let arrays = arrays(answer);
    if arrays.is_empty() {
        return "the answer holds no array of objects".to_owned();
    }
    let told = arrays.iter().take(ARRAYS_TOLD_MAX).map(|(path, rows)| {
        let fields = rows[0].as_object().map(|row| row.keys().take(FIELDS_TOLD_MAX).cloned().collect::<Vec<_>>()).unwrap_or_default();
        format!("{} with {} objects of {}", named(path), rows.len(), fields.join(", "))
    });
    format!("the answer holds {}", told.collect::<Vec<_>>().join("; "))
}

/// `[json]` as it could be written for an answer, from its longest array of objects: a guess for a person to mend.
pub(super) fn suggested(answer: &Value) -> Option<String> {
    let (path, rows) = arrays(answer).into_iter().next()?;
    let row = rows[0].as_object()?;
    let chars = |value: &Value| value.as_str().map_or(0, |text| text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count());
    let is_line = |value: &Value| value.as_str().is_some_and(|text| text.len() < 400 && !text.contains('<'));
    let title = row.iter().filter(|(_, value)| is_line(value)).max_by_key(|(_, value)| chars(value));
    let title = title.filter(|(_, value)| chars(value) >= 4).map(|(name, _)| name.as_str());
    let is_address = |value: &Value| value.as_str().is_some_and(|text| text.starts_with('/') || text.starts_with("http"));
    let url = row.iter().find(|(_, value)| is_address(value)).map(|(name, _)| name.clone());
    let id = || row.keys().find(|name| name.to_ascii_lowercase().ends_with("id")).map(|name| format!("/…{{{name}}}…"));
    let date = row.iter().find(|(name, value)| Some(name.as_str()) != title && json::day(value).is_some()).map(|(name, _)| name.as_str());
    let quoted = |text: &str| format!("{text:?}");
    Some(format!(
        "[json]\nrows = {}\ntitle = {}\nurl = {}\ndate = {}",
        quoted(&path),
        quoted(title.unwrap_or("…")),
        quoted(&url.or_else(id).unwrap_or_else(|| "…".to_owned())),
        quoted(date.unwrap_or("…"))
    ))
}

fn named(path: &str) -> &str {
    if path.is_empty() { "(the whole)" } else { path }
}

/// Arrays of objects with their paths, the longest first.
fn arrays(answer: &Value) -> Vec<(String, &Vec<Value>)> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), answer)];
    let mut visited = 0;
    while let Some((path, value)) = open.pop() {
        visited += 1;
        if visited > 2_000 {
            break;
        }
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value {
            Value::Array(rows) if rows.first().is_some_and(Value::is_object) => found.push((path, rows)),
            Value::Array(rows) => open.extend(rows.iter().take(20).enumerate().map(|(index, row)| (below(&index.to_string()), row))),
            Value::Object(fields) => open.extend(fields.iter().map(|(name, value)| (below(name), value))),
            _ => {}
        }
    }
    found.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Page;

    const ROWS: &str = r#"{"code":0,"payload":{"total":3,"items":[
        {"_source":{"bt":"关于区委巡察整改进展情况的通报","nid":71,"fb":1726104600000,"nr":"<p>第一段</p>"}},
        {"_source":{"bt":"关于停水的公告","nid":70,"fb":"2024-09-01"}}]}}"#;

    fn rule() -> JsonRule {
        JsonRule {
            rows: Some("payload.items".into()),
            url: Some("/detail?id={_source.nid}".into()),
            title: Some("_source.bt".into()),
            date: Some("_source.fb".into()),
            body: Some("_source.nr".into()),
            total: Some("payload.total".into()),
            request: Some(r#"{"channel":9,"page":{page},"size":2}"#.into()),
            ..JsonRule::default()
        }
    }

    fn page(text: &str) -> Page {
        Page { url: "http://a.gov.cn/api/list".parse().unwrap(), content_type: None, text: text.into(), charset: "utf-8", replaced: 0 }
    }

    #[track_caller]
    fn check(rule: &JsonRule, asked: &Request, expected: Option<(&str, Option<&str>)>) {
        let page = page(ROWS);
        let found = read(&Opened::new(&page), asked, rule).unwrap();
        assert_eq!(found.next.as_ref().map(|next| (next.url.as_str(), next.form.as_deref())), expected);
    }

    #[test]
    fn rows_dates_and_articles_are_where_the_paths_say() {
        let page = page(ROWS);
        let found = read(&Opened::new(&page), &first_request(&page.url, &rule()), &rule()).unwrap();
        let read: Vec<_> = found.entries.iter().map(|entry| format!("{} {} {}", entry.url, entry.title, entry.date.unwrap())).collect();
        assert_eq!(
            read,
            [
                "http://a.gov.cn/detail?id=71 关于区委巡察整改进展情况的通报 2024-09-12",
                "http://a.gov.cn/detail?id=70 关于停水的公告 2024-09-01"
            ]
        );
        assert_eq!(found.articles.len(), 1);
        assert!(found.articles[&found.entries[0].url].contains("<p>第一段</p>"));
    }

    #[test]
    fn the_page_after_the_one_that_was_asked_for_is_asked_next_until_all_rows_were_seen() {
        let url = "http://a.gov.cn/api/list";
        let first = first_request(&url.parse().unwrap(), &rule());
        assert_eq!(first.form.as_deref(), Some(r#"{"channel":9,"page":1,"size":2}"#));
        check(&rule(), &first, Some((url, Some(r#"{"channel":9,"page":2,"size":2}"#))));
        let second = Request { form: Some(r#"{"channel":9,"page":2,"size":2}"#.into()), ..first.clone() };
        check(&rule(), &second, None);
        let from_zero = JsonRule { first: Some(0), pages: Some("code".into()), request: Some("p={page}".into()), ..rule() };
        check(&from_zero, &first_request(&first.url, &from_zero), None);
        let by_address = JsonRule { request: None, total: None, next: Some("/api/list/{page}.json".into()), ..rule() };
        check(
            &by_address,
            &Request::get("http://a.gov.cn/api/list/4.json".parse().unwrap()),
            Some(("http://a.gov.cn/api/list/5.json", None)),
        );
        let by_field = JsonRule { next: Some("payload.total".into()), request: None, ..rule() };
        check(&by_field, &Request::get(first.url), Some(("http://a.gov.cn/api/3", None)));
    }

    #[test]
    fn a_path_that_leads_nowhere_is_told_with_what_is_there() {
        let page = page(ROWS);
        let wrong = JsonRule { rows: Some("data.list".into()), ..rule() };
        let told = read(&Opened::new(&page), &Request::get(page.url.clone()), &wrong).err().unwrap().to_string();
        assert!(told.contains("\"data.list\" leads to no array; the answer holds payload.items with 2 objects of _source"), "{told}");
    }

    #[test]
    fn a_mapping_is_suggested_from_the_answer_itself() {
        let answer = json!({"data": {"records": [{"docId": 7, "theme": "关于巡察整改情况的通报", "when": "2024-09-12"}]}});
        assert_eq!(
            suggested(&answer).unwrap(),
            "[json]\nrows = \"data.records\"\ntitle = \"theme\"\nurl = \"/…{docId}…\"\ndate = \"when\""
        );
    }
}
