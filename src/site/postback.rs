//! ASP.NET pages that turn over by posting themselves: `__doPostBack('GridView1','Page$2')` to the form that it would send.
//!
//! The form's hidden fields, its view state among them, are sent back as they came. Nothing is computed: a page without
//! them is only reported.

use std::sync::LazyLock;

use regex::Regex;
use scraper::ElementRef;
use url::form_urlencoded::Serializer;

use super::address;
use super::next::{is_page_number, says_next};
use super::opened::Opened;
use crate::model::Request;

/// Largest form sent, in bytes. View states of real grids have some 20 to 200 KB.
const FORM_BYTES_MAX: usize = 1 << 20;

/// The next page by post back, if the page turns over so; or why it cannot be asked for.
pub(super) fn next(opened: &Opened<'_>) -> Option<Result<Request, String>> {
    if !opened.has("__doPostBack") {
        return None;
    }
    let links: Vec<ElementRef<'_>> =
        opened.html().root_element().descendent_elements().filter(|element| event(*element).is_some()).collect();
    let link = links.iter().find(|link| says_next(**link)).or_else(|| links.iter().find(|link| follows_present(**link)))?;
    let (target, argument) = event(*link)?;
    Some(posted(opened, *link, &target, &argument))
}

/// Target and argument of a link's event: `javascript:__doPostBack('pager','2')`, also with its quotes escaped.
fn event(link: ElementRef<'_>) -> Option<(String, String)> {
    static EVENT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"__doPostBack\(\s*['"]([^'"]{1,200})['"]\s*,\s*['"]([^'"]{0,200})['"]"#)
            .expect("the pattern is a valid regular expression")
    });
    let value = link.value();
    let is_off = value.attr("disabled").is_some() || value.classes().any(|class| class == "aspNetDisabled" || class == "disabled");
    let script = [value.attr("href"), value.attr("onclick")].into_iter().flatten().find_map(|script| EVENT.captures(script));
    script.filter(|_| !is_off && value.name() == "a").map(|found| (found[1].to_owned(), found[2].to_owned()))
}

/// Whether a link is number n + 1 right after the present page's n, which is the one without an event.
fn follows_present(link: ElementRef<'_>) -> bool {
    let number = |element: ElementRef<'_>| is_page_number(&element.text().take(3).collect::<String>());
    let cell = link.parent().and_then(ElementRef::wrap).filter(|parent| matches!(parent.value().name(), "td" | "li"));
    let before = cell.unwrap_or(link).prev_siblings().find_map(ElementRef::wrap);
    let is_present = |element: &ElementRef<'_>| element.descendent_elements().all(|inner| event(inner).is_none());
    before.filter(is_present).and_then(number).zip(number(link)).is_some_and(|(present, next)| present + 1 == next)
}

fn posted(opened: &Opened<'_>, link: ElementRef<'_>, target: &str, argument: &str) -> Result<Request, String> {
    let cannot = |why: &str| format!("the next page is asked for by a script (__doPostBack), and {why}");
    let form = link.ancestors().filter_map(ElementRef::wrap).find(|element| element.value().name() == "form");
    let form = form.ok_or_else(|| cannot("its form is not on the page"))?;
    let mut fields = Serializer::new(String::new());
    fields.append_pair("__EVENTTARGET", target).append_pair("__EVENTARGUMENT", argument);
    let mut has_state = false;
    for field in form.descendent_elements().filter(|element| element.value().name() == "input") {
        let of = |name: &str| field.value().attr(name);
        let Some(name) = of("name").filter(|name| !matches!(*name, "__EVENTTARGET" | "__EVENTARGUMENT")) else { continue };
        // A browser sends what is hidden or typed; a button only when it is pressed.
        if matches!(of("type").unwrap_or("text").to_ascii_lowercase().as_str(), "hidden" | "text" | "search") {
            fields.append_pair(name, of("value").unwrap_or_default());
            has_state |= name.starts_with("__VIEWSTATE") || name.starts_with("__EVENTVALIDATION") || name.starts_with("__VSTATE");
        }
    }
    if !has_state {
        return Err(cannot("the page holds no view state to send back"));
    }
    let body = fields.finish();
    if body.len() > FORM_BYTES_MAX {
        return Err(cannot(&format!("its form has {} bytes", body.len())));
    }
    let action = form.value().attr("action").filter(|action| !action.trim().is_empty()).unwrap_or(opened.url().as_str());
    let url = address::resolve(opened.base(), opened.url(), action).ok_or_else(|| cannot("its form leads to another site"))?;
    Ok(Request { url, form: Some(body) })
}
