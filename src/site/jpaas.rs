//! Hanweb jpaas / JCMS 集约化平台: rows in the page, more of them as JSON with HTML inside from `build/unit`.
//!
//! From abroad the service gives page 1 for every page: whoever follows the pages must compare them.

use std::sync::LazyLock;

use regex::Regex;
use scraper::ElementRef;
use serde_json::{Value, json};
use url::Url;

use super::css::Selectors;
use super::opened::Opened;
use super::{Family, Found, address, linked_next, markup};
use crate::model::Request;

pub(super) struct Jpaas;

impl Family for Jpaas {
    fn name(&self) -> &'static str {
        "jpaas"
    }

    fn recognises(&self, opened: &Opened<'_>) -> bool {
        opened.url().path().contains("/jpaas-") || opened.has("jpaas-publish-server") || opened.has("bulidstatic")
    }

    fn read(&self, opened: &Opened<'_>, selectors: &Selectors) -> Found {
        let Some(answer) = opened.json() else {
            let entries = opened.entries(selectors);
            return Found { next: paged_next(opened.html(), opened.url()).or_else(|| linked_next(opened)), entries, ..Found::default() };
        };
        let Some(html) = answer["data"]["html"].as_str().or_else(|| answer["html"].as_str()) else { return Found::default() };
        let entries = opened.entries_packed(&listed(html), selectors);
        let inner = markup::too_complex(html).is_none().then(|| scraper::Html::parse_fragment(html));
        let next = match inner.as_ref().and_then(pagination) {
            Some(_) => inner.as_ref().and_then(|inner| paged_next(inner, opened.url())),
            None => counted_next(opened.url(), entries.len()),
        };
        Found { entries, next, ..Found::default() }
    }
}

/// Bare rows need a list around them to be siblings.
fn listed(html: &str) -> String {
    if html.trim_start().starts_with("<tr") { format!("<table><tbody>{html}</tbody></table>") } else { format!("<ul>{html}</ul>") }
}

fn pagination(html: &scraper::Html) -> Option<ElementRef<'_>> {
    html.root_element().descendent_elements().find(|element| element.value().attr("querydata").is_some())
}

/// `<div class="pagination" count="386" rows="15" pageNo="1" unitUrl="…" queryData="{'webId':'3185',…}">`
fn paged_next(html: &scraper::Html, page: &Url) -> Option<Request> {
    let element = pagination(html)?;
    let number = |name: &str| element.value().attr(name).and_then(|value| value.trim().parse::<u32>().ok());
    let (rows, present) = (number("rows").filter(|rows| *rows > 0).unwrap_or(15), number("pageno").unwrap_or(1).max(1));
    if number("count").is_some_and(|count| present.saturating_mul(rows) >= count) {
        return None;
    }
    let query = pairs(element.value().attr("querydata")?);
    let service = element.value().attr("uniturl").filter(|path| !path.is_empty());
    let service = service.unwrap_or("/api-gateway/jpaas-publish-server/front/page/build/unit");
    let mut url = address::resolve(page, page, service)?;
    url.query_pairs_mut().extend_pairs(query);
    url.query_pairs_mut().append_pair("paramJson", &json!({ "pageNo": present + 1, "pageSize": rows }).to_string());
    Some(Request::get(url))
}

/// The answer does not say which page it is, its address does.
fn counted_next(url: &Url, entries: usize) -> Option<Request> {
    let asked = url.query_pairs().find(|(name, _)| name == "paramJson").map(|(_, value)| value.into_owned())?;
    let asked: Value = serde_json::from_str(&asked).ok()?;
    let (page, size) = (asked["pageNo"].as_u64()?, asked["pageSize"].as_u64()?);
    if (entries as u64) < size {
        return None;
    }
    let after = json!({ "pageNo": page + 1, "pageSize": size }).to_string();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let mut next = url.clone();
    next.query_pairs_mut()
        .clear()
        .extend_pairs(pairs.into_iter().map(|(name, value)| if name == "paramJson" { (name, after.clone()) } else { (name, value) }));
    Some(Request::get(next))
}

/// The pairs of an object that is JSON but for its quotes, in their order: `{'webId':'3185','pageId':'…'}`.
fn pairs(query: &str) -> Vec<(String, String)> {
    static PAIR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"['"]?(\w+)['"]?\s*:\s*(?:['"]([^'"]*)['"]|([^,'"}\s]+))"#).expect("the pattern is a valid regular expression")
    });
    let value = |found: &regex::Captures<'_>| found.get(2).or(found.get(3)).map_or("", |value| value.as_str()).to_owned();
    PAIR.captures_iter(query).map(|found| (found[1].to_owned(), value(&found))).collect()
}
