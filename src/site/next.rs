//! A listing page to the address of the one after it, as a link on the page says.
//!
//! Never computes an address: families that must do so by themselves.

use std::sync::LazyLock;

use regex::Regex;
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::{address, row, text};

/// Elements looked at; paging stands at the end of a page, so that the limit is generous.
const LINKS_MAX: usize = 20_000;

/// The next page by `<link rel=next>`, by a link that says so, or by the number after the present one.
pub(super) fn link(html: &Html, base: &Url, page: &Url) -> Option<Url> {
    let links: Vec<ElementRef<'_>> = html
        .root_element()
        .descendent_elements()
        .filter(|element| matches!(element.value().name(), "a" | "link" | "area") || element.value().attr("onclick").is_some())
        .take(LINKS_MAX)
        .collect();
    let by_words = links.iter().filter(|link| says_next(**link)).find_map(|link| leads_on(*link, base, page));
    by_words.or_else(|| links.iter().find_map(|link| follows_present_number(*link, base, page)))
}

/// The next page by a selector from a source's file.
pub(super) fn selected(html: &Html, selector: &Selector, base: &Url, page: &Url) -> Option<Url> {
    html.select(selector).find_map(|element| {
        let inner =
            || element.descendent_elements().find(|inner| inner.value().name() == "a").and_then(|inner| leads_on(inner, base, page));
        leads_on(element, base, page).or_else(inner)
    })
}

/// Whether a link's words, mark or role is "next page": 下一页, 下页>, [下一頁], next, ›.
pub(super) fn says_next(link: ElementRef<'_>) -> bool {
    const NEXT: [&str; 15] = [
        "下一页",
        "下页",
        "后一页",
        "后页",
        "下一頁",
        "下頁",
        "次页",
        "下一页次",
        "往后",
        "next",
        "nextpage",
        "nextpage",
        "下翻",
        "older",
        "向后",
    ];
    let value = link.value();
    if value.attr("rel").is_some_and(|rel| rel.split_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))) {
        return true;
    }
    if value.name() == "link" {
        return false;
    }
    let words = link.text().take(8).collect::<String>();
    let bare: String = words.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    if !bare.is_empty() {
        return NEXT.contains(&bare.as_str());
    }
    let title = value.attr("title").map(text::squeezed).unwrap_or_default().to_lowercase().replace(' ', "");
    let classes = || {
        value
            .classes()
            .any(|class| matches!(class.to_ascii_lowercase().as_str(), "next" | "nxt" | "page-next" | "nextpage" | "next-page" | "pgnext"))
    };
    let sign = matches!(words.trim(), ">" | "›" | "»" | "→");
    NEXT.contains(&title.as_str()) || classes() || sign && stands_among_numbers(link)
}

/// Whether numbered pages stand beside a link, so that its `>` is no breadcrumb.
fn stands_among_numbers(link: ElementRef<'_>) -> bool {
    let holder = link.parent().and_then(ElementRef::wrap);
    let row = holder.filter(|holder| holder.value().name() == "li").and_then(|item| item.parent()).and_then(ElementRef::wrap).or(holder);
    row.is_some_and(|row| row.text().take(60).any(|words| is_page_number(words).is_some()))
}

pub(super) fn is_page_number(words: &str) -> Option<u32> {
    let words = words.trim().trim_matches(['[', ']', '【', '】']);
    (!words.is_empty() && words.len() <= 5).then(|| words.parse().ok()).flatten()
}

/// A link to page n + 1 right after the mark of page n, which is no link or is marked as the present one.
fn follows_present_number(link: ElementRef<'_>, base: &Url, page: &Url) -> Option<Url> {
    let number = is_page_number(&link.text().take(3).collect::<String>())?;
    let item = link.parent().and_then(ElementRef::wrap).filter(|parent| parent.value().name() == "li");
    let mut before =
        item.unwrap_or(link).prev_siblings().filter(|node| node.value().as_text().is_none_or(|words| !words.trim().is_empty()));
    let before = before.next()?;
    if let Some(words) = before.value().as_text() {
        // The present page as bare text: 1 <a href="node_123_2.htm">2</a>.
        let last = words.split_whitespace().next_back().and_then(is_page_number);
        return if last.is_some_and(|last| last + 1 == number) { leads_on(link, base, page) } else { None };
    }
    let before = ElementRef::wrap(before)?;
    if is_page_number(&before.text().take(3).collect::<String>())? + 1 != number {
        return None;
    }
    let marked = before.descendent_elements().any(|element| {
        element.value().classes().any(|class| {
            matches!(
                class.to_ascii_lowercase().as_str(),
                "cur" | "curr" | "current" | "active" | "on" | "pageon" | "this" | "now" | "selected" | "thisclass" | "hover"
            )
        })
    });
    let linked = before.descendent_elements().any(|element| element.value().name() == "a" && row::target(element, base, page).is_some());
    if marked || !linked { leads_on(link, base, page) } else { None }
}

/// Where a paging link leads, unless it is switched off or leads to the page itself.
fn leads_on(link: ElementRef<'_>, base: &Url, page: &Url) -> Option<Url> {
    static PLAIN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[^\s'()<>{}]+$").expect("the pattern is a valid regular expression"));
    let is_off = link.value().classes().any(|class| matches!(class, "disabled" | "disable" | "p_next_d" | "layui-disabled"));
    if is_off {
        return None;
    }
    if let Some(url) = row::target(link, base, page) {
        return Some(url);
    }
    // Hanweb writes the address beside a dead link: <a href="javascript:void(0)" tagname="/col/col7/index.html?pageNum=2">.
    let written = ["tagname", "data-href", "data-url", "href"].into_iter().filter_map(|name| link.value().attr(name));
    let plain = written.filter(|value| PLAIN.is_match(value) && !value.starts_with("javascript") && value.contains(['/', '.', '?']));
    plain.filter_map(|value| address::resolve(base, page, value)).find(|url| *url != address::canonical(page))
}
