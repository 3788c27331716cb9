//! Pages to [`Listing`]s: which entries a listing holds, which of them are notices, which pages are no content.
//!
//! Knows nothing of the net, the store or the clock: the same page gives the same listing. Most families share one
//! reader, rows found by structure (`discover`) or by selectors (`css`), and add what structure cannot tell: where the
//! next page is, or how rows are packed inside the page.
//!
//! To add a family: one file with its [`Family`], one line in [`FAMILIES`], one folder in `tests/corpus/listing`.

mod address;
mod asp;
mod block;
mod blocks;
mod caption;
mod content_id;
mod css;
mod dates;
mod discover;
mod face;
mod feed;
mod gkmlpt;
mod jpaas;
mod jpage;
mod json;
mod mapped;
mod markup;
mod next;
mod opened;
mod outline;
mod postback;
mod row;
mod rows;
mod script;
mod sitemap;
mod suggest;
mod text;
mod title;
mod trs;
mod ucap;
mod vsb;
mod yeecms;
mod zhuzhou;

use std::collections::{BTreeMap, HashSet};

use crate::model::{Entry, Listing, Page, Request, Rules, Unlisted};
use css::Selectors;
use opened::Opened;

pub use address::{canonical, is_one_site, spellings};
pub use block::{kind, no_content};
pub use title::{TitleFilter, Verdict};

/// Most entries taken from one page; the longest real list page seen prints 500.
const ENTRIES_MAX: usize = 2_000;

/// What one content management system has in common wherever it is installed.
trait Family: Sync {
    /// Its name in a source's file, in reports and in the store; does not change.
    fn name(&self) -> &'static str;

    /// Whether a page is this family's by marks that other systems do not leave.
    fn recognises(&self, opened: &Opened<'_>) -> bool;

    /// What the page lists. Finding nothing is no error here: another family or the page's structure may do better.
    fn read(&self, opened: &Opened<'_>, selectors: &Selectors) -> Found {
        let entries = opened.entries(selectors);
        Found { next: self.next(opened), entries, ..Found::default() }
    }

    /// The page after this one; a link that says so where the family does not know better.
    fn next(&self, opened: &Opened<'_>) -> Option<Request> {
        linked_next(opened)
    }
}

/// What a family found on a page.
#[derive(Default)]
struct Found {
    entries: Vec<Entry>,
    next: Option<Request>,
    /// Why older entries cannot be reached.
    partial: Option<String>,
    /// Articles that came with their rows.
    articles: BTreeMap<url::Url, String>,
}

/// Every family, the surest marks first; a page that none recognises is read by its structure.
static FAMILIES: [&dyn Family; 14] = [
    &feed::Feed,
    &sitemap::Sitemap,
    &jpage::Jpage,
    &jpaas::Jpaas,
    &gkmlpt::Gkmlpt,
    &ucap::Ucap,
    &json::Json,
    &vsb::Vsb,
    &trs::Trs,
    &content_id::ContentId,
    &yeecms::Yeecms,
    &zhuzhou::Zhuzhou,
    &asp::Asp,
    &Unknown,
];

/// A page nobody described, read by its structure alone.
struct Unknown;

impl Family for Unknown {
    fn name(&self) -> &'static str {
        "unknown"
    }

    fn recognises(&self, _: &Opened<'_>) -> bool {
        true
    }
}

/// Names that a source's file may give as its family.
pub fn family_names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|family| family.name())
}

/// Reads a listing page by the named family, else by the one that recognises it, else by its structure.
///
/// # Errors
/// [`Unlisted`] when no entry is found: the layout changed or the page is no listing. The caller keeps what it knew.
pub fn listing(page: &Page, rules: &Rules, family: Option<&str>) -> Result<Listing, Unlisted> {
    listing_of(page, &first_request(&page.url, rules), rules, family)
}

/// What to ask for the first page of a source's listing.
pub fn first_request(listing: &url::Url, rules: &Rules) -> Request {
    rules.json.as_ref().map_or_else(|| Request::get(listing.clone()), |rule| mapped::first_request(listing, rule))
}

/// As [`listing`], of a page that was `asked` for: an answer to a form does not tell its number by its address.
///
/// # Errors
/// As [`listing`].
pub fn listing_of(page: &Page, asked: &Request, rules: &Rules, family: Option<&str>) -> Result<Listing, Unlisted> {
    let selectors = Selectors::of(rules)?;
    if let Some(wall) = block::by_title(page) {
        return Err(Unlisted::NoContent(wall));
    }
    let opened = Opened::new(page);
    if let Some(rule) = &rules.json {
        let mut found = mapped::read(&opened, asked, rule)?;
        tidy(&mut found.entries);
        if found.entries.is_empty() {
            return Err(Unlisted::NoEntries { saw: "an empty array of rows, which ends the paging".to_owned() });
        }
        let Found { entries, next, partial, articles } = found;
        return Ok(Listing { family: json::Json.name(), entries, next, partial, articles });
    }
    let named = FAMILIES.iter().filter(|member| Some(member.name()) == family);
    let recognised = FAMILIES.iter().filter(|member| Some(member.name()) != family && member.recognises(&opened));
    for member in named.chain(recognised) {
        let mut found = member.read(&opened, &selectors);
        tidy(&mut found.entries);
        if found.entries.is_empty() {
            continue;
        }
        if let Some(selector) = &selectors.next {
            found.next = next::selected(opened.html(), selector, opened.base(), opened.url()).map(Request::get);
        }
        let mut next = found.next.filter(|request| request.form.is_some() || request.url != canonical(opened.url()));
        let mut partial = found.partial;
        if next.is_none() && selectors.next.is_none() {
            match postback::next(&opened) {
                Some(Ok(request)) => next = Some(request),
                Some(Err(why)) => partial = partial.or(Some(why)),
                None => {}
            }
        }
        return Ok(Listing { family: member.name(), entries: found.entries, next, partial, articles: found.articles });
    }
    match block::by_text(page).filter(|_| gkmlpt::hint(&opened).is_none()) {
        Some(wall) => Err(Unlisted::NoContent(wall)),
        None => Err(Unlisted::NoEntries { saw: saw(&opened) }),
    }
}

/// What could be written into the source's file of a page that gave no entries, for a person to try; `None` where the page
/// gives no hint.
pub fn suggested(page: &Page) -> Option<String> {
    suggest::of(&Opened::new(page))
}

/// Whether a page answers "no more" to a request for a page after the last: a stub or an empty record set.
/// Such an answer ends the paging; it does not say that the listing is empty.
pub fn is_past_the_end(page: &Page) -> bool {
    // The last rows of a data service may be as short, and are rows.
    let is_data = Opened::new(page).is_data() || page.text.contains("<record>");
    let is_stub = page.text.trim().len() < STUB_BYTES_MAX && !is_data;
    let is_wall = || block::by_text(page).is_some_and(|wall| !wall.says_gone() && wall.kind != kind::EMPTY);
    jpage::is_empty_answer(page) || json::is_empty_answer(page) || is_stub && !is_wall()
}

/// Whether a data service answers in good order that there are no more rows: the archive ends there, nothing is missing.
pub fn says_no_more(page: &Page) -> bool {
    json::has_no_rows(page)
}

/// Longest stub that servers answer for a page after the last (TRS `index_9.html`: 300 to 400 bytes).
const STUB_BYTES_MAX: usize = 600;

/// Each address once, at most [`ENTRIES_MAX`] of them, in the site's order.
fn tidy(entries: &mut Vec<Entry>) {
    let mut seen = HashSet::new();
    entries.retain(|entry| !entry.title.is_empty() && seen.insert(entry.url.clone()));
    entries.truncate(ENTRIES_MAX);
}

fn linked_next(opened: &Opened<'_>) -> Option<Request> {
    next::link(opened.html(), opened.base(), opened.url()).map(Request::get)
}

/// What stands on a page without entries, in one line, for whoever mends the rule.
fn saw(opened: &Opened<'_>) -> String {
    if opened.text().trim().is_empty() {
        return "an empty page".to_owned();
    }
    if jpage::is_empty_answer(opened.page) {
        return "an empty record set, which ends the paging".to_owned();
    }
    if let Some(limit) = markup::too_complex(opened.text()) {
        return limit;
    }
    if let Some(hint) = gkmlpt::hint(opened) {
        return hint;
    }
    if opened.is_data() {
        let holds = opened.json().map(|answer| format!("; {}", mapped::holds(answer))).unwrap_or_default();
        return format!("data without a row that has a title and an address{holds}");
    }
    let links = opened.html().root_element().descendent_elements().filter(|element| element.value().name() == "a").count();
    let frame = opened.html().root_element().descendent_elements().find(|element| matches!(element.value().name(), "iframe" | "frame"));
    let frame = frame.and_then(|frame| frame.value().attr("src")).and_then(|src| address::resolve(opened.base(), opened.url(), src));
    let frame = frame.map(|url| format!("; the rows may stand in its frame {url}")).unwrap_or_default();
    let written = if script::writes_rows(opened) { "; the rows are written by a script: no links by rule" } else { "" };
    let title = opened.html().root_element().descendent_elements().find(|element| element.value().name() == "title");
    let title = title.map(|title| text::squeezed(&title.text().collect::<String>())).unwrap_or_default();
    let elsewhere = elsewhere(opened).map(|(host, count)| format!("; {count} links lead to {host}")).unwrap_or_default();
    format!("{links} links, titled {:?}{elsewhere}{written}{frame}", title.chars().take(60).collect::<String>())
}

/// The other host that most links lead to, where it could hold the entries.
fn elsewhere(opened: &Opened<'_>) -> Option<(String, usize)> {
    let mut hosts: BTreeMap<String, usize> = BTreeMap::new();
    let links = opened.html().root_element().descendent_elements().filter(|element| element.value().name() == "a");
    for url in links.filter_map(|link| opened.base().join(link.value().attr("href")?).ok()) {
        if let Some(host) = url.host_str().filter(|_| !address::is_same_site(&url, opened.url())) {
            *hosts.entry(host.to_owned()).or_default() += 1;
        }
    }
    hosts.into_iter().max_by_key(|(_, count)| *count).filter(|(_, count)| *count >= 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(address: &str, text: &str) -> Page {
        Page { url: address.parse().unwrap(), content_type: None, text: text.to_owned(), charset: "utf-8", replaced: 0 }
    }

    #[test]
    fn the_answer_after_the_last_page_is_told_from_a_page() {
        let is_past = |text: &str| is_past_the_end(&page("http://a.gov.cn/x", text));
        assert!(is_past("<datastore><recordset></recordset></datastore>"));
        assert!(is_past(r#"{"success":true,"data":{"html":""}}"#));
        assert!(is_past("<html><body>stub</body></html>"));
        let says_no_more = |text: &str| says_no_more(&page("http://a.gov.cn/x", text));
        assert!(says_no_more(r#"{"code":200,"data":{"list":[]}}"#));
        assert!(!says_no_more(r#"{"success":true,"data":{"html":""}}"#), "what the whole world outside is given");
        assert!(!says_no_more(r#"{"code":500,"msg":"系统异常"}"#));
        assert!(!is_past(&format!(r#"{{"data":{{"list":[{{"title":"关于通报","url":"/1.html"}}],"x":"{}"}}}}"#, "y".repeat(600))));
        assert!(!is_past("<html><script>$_ts=1</script></html>"));
        assert!(!is_past(r#"{"list":[{"title":"关于巡察整改情况的通报","url":"/1.html"}]}"#));
        assert!(!is_past("<datastore><recordset><record><![CDATA[<li><a href=/1.html>通报</a></li>]]></record></recordset></datastore>"));
    }

    #[test]
    fn a_family_of_that_name_reads_even_what_it_does_not_recognise() {
        let text = "<ul><li><a href=/a/1001.html>关于巡察整改情况的通报</a>2024-09-12</li><li><a href=/a/1002.html>关于停水的公告</a>2024-09-11</li></ul>";
        let page = page("http://a.gov.cn/x", text);
        assert_eq!(listing(&page, &Rules::default(), Some("vsb")).unwrap().family, "vsb");
        assert_eq!(listing(&page, &Rules::default(), None).unwrap().family, "unknown");
    }

    #[test]
    fn every_family_has_a_name_of_its_own() {
        let names: HashSet<&str> = family_names().collect();
        assert_eq!(names.len(), FAMILIES.len());
        assert_eq!(FAMILIES.last().map(|family| family.name()), Some("unknown"), "the one that takes every page comes last");
    }
}
