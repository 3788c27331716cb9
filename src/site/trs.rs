//! TRS WCM (拓尔思): `index.html`, `index_1.html` …, the number of pages only in a script; rows sometimes written by one.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::opened::Opened;
use super::{Family, address, linked_next};
use crate::model::Request;

pub(super) struct Trs;

/// `…/202409/t20240912_123.htm`
static ARTICLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"/t(?:19|20)\d{6}_\d+\.s?html?$").expect("the pattern is a valid regular expression"));

impl Family for Trs {
    fn name(&self) -> &'static str {
        "trs"
    }

    fn recognises(&self, opened: &Opened<'_>) -> bool {
        opened.has("createPageHTML") || opened.has("pagination_script_config") || opened.rows_match(|url| ARTICLE.is_match(url.path()))
    }

    fn next(&self, opened: &Opened<'_>) -> Option<Request> {
        linked_next(opened).or_else(|| counted_next(opened).map(Request::get))
    }
}

/// What the paging script says: pages in all, the present one counted from 0, the pages' name and extension.
#[derive(Debug, PartialEq)]
struct Paging {
    pages: u32,
    current: u32,
    name: Option<String>,
    extension: Option<String>,
}

fn counted_next(opened: &Opened<'_>) -> Option<Url> {
    let text = opened.text();
    let paging = called(text).or_else(|| configured(text))?;
    let (name, number, extension) = own_name(opened.url());
    let name = paging.name.unwrap_or(name);
    let after = number.unwrap_or(paging.current) + 1;
    let extension = paging.extension.or(extension).unwrap_or_else(|| index_extension(text));
    if after >= paging.pages {
        return None;
    }
    address::resolve(opened.url(), opened.url(), &format!("{name}_{after}.{extension}"))
}

/// `createPageHTML(20, 0, "index", "html")`, with a leading element id, or with the records counted first:
/// `createPageHTML(386, 20, 0, "index", "shtml")`.
fn called(text: &str) -> Option<Paging> {
    static CALL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(function\s+)?createPageHTML\s*\(([^()]{1,200})\)").expect("the pattern is a valid regular expression")
    });
    CALL.captures_iter(text).filter(|call| call.get(1).is_none()).find_map(|call| {
        let values: Vec<String> = call[2].split(',').map(|word| value_of(text, word)).collect();
        let is_number = |value: &&String| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        let numbers: Vec<u32> =
            values.iter().skip_while(|value| !is_number(value)).take_while(is_number).filter_map(|value| value.parse().ok()).collect();
        let (pages, current) = pages_and_current(&numbers)?;
        let mut names =
            values.iter().skip_while(|value| !is_number(value)).skip_while(is_number).map(String::as_str).filter(|name| is_plain(name));
        Some(Paging { pages, current, name: names.next().map(str::to_owned), extension: names.next().map(str::to_owned) })
    })
}

/// Pages in all and the present one, in whichever order the site's script takes them.
fn pages_and_current(numbers: &[u32]) -> Option<(u32, u32)> {
    match *numbers {
        [current, pages] if current < pages && current == 0 => Some((pages, current)),
        [pages, current] if current < pages => Some((pages, current)),
        [current, pages] if current < pages => Some((pages, current)),
        [pages, current] => Some((pages, current)),
        [records, pages, current, ..] if pages > current && records >= pages => Some((pages, current)),
        [pages, current, ..] if pages > current => Some((pages, current)),
        [_, pages, current, ..] => Some((pages, current)),
        _ => None,
    }
}

/// A literal's value, or that of the variable of this name: `countPage` where the page says `var countPage = 20`.
fn value_of(text: &str, word: &str) -> String {
    let word = word.trim();
    if let Some(literal) = word.strip_prefix(['"', '\'']).and_then(|word| word.strip_suffix(['"', '\''])) {
        return literal.to_owned();
    }
    if word.is_empty() || word.len() > 40 || !word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')) {
        return String::new();
    }
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return word.to_owned();
    }
    variable(text, word).unwrap_or_default()
}

fn variable(text: &str, name: &str) -> Option<String> {
    text.match_indices(name).take(50).find_map(|(at, _)| {
        let rest = text[at + name.len()..].trim_start().strip_prefix(['=', ':'])?.trim_start();
        let rest = rest.trim_start_matches(['"', '\'']);
        let value: String = rest.chars().take_while(char::is_ascii_alphanumeric).take(12).collect();
        (!value.is_empty()).then_some(value)
    })
}

/// Hints without a call: `pagination_script_config = { pageNumber:'0', total:'9' }`, `var countPage = 9`, 共9页.
fn configured(text: &str) -> Option<Paging> {
    static TOTAL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"共\s*(?:<[^<>]{1,60}>)?\s*(\d{1,5})\s*(?:</[a-z]{1,6}>)?\s*页").expect("the pattern is a valid regular expression")
    });
    let number = |name: &str| variable(text, name).and_then(|value| value.parse::<u32>().ok());
    let of_config = || {
        let at = text.find("pagination_script_config")?;
        let config = &text[at..text.floor_char_boundary(at + 400)];
        variable(config, "total").and_then(|value| value.parse::<u32>().ok())
    };
    let printed = || TOTAL.captures(text).and_then(|found| found[1].parse().ok());
    let pages =
        of_config().or_else(|| number("countPage")).or_else(|| number("pageCount")).or_else(|| number("totalPage")).or_else(printed)?;
    let current = number("pageNumber").or_else(|| number("currentPage")).filter(|current| *current < pages).unwrap_or(0);
    Some(Paging { pages, current, name: None, extension: None })
}

/// A page's own name, number and extension: `index_3.shtml` is index, 3, shtml; a folder is its index.
fn own_name(url: &Url) -> (String, Option<u32>, Option<String>) {
    let file = url.path().rsplit('/').next().unwrap_or_default();
    let Some((stem, extension)) = file.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) else {
        return ("index".to_owned(), None, None);
    };
    match stem.rsplit_once('_').and_then(|(name, number)| Some((name, number.parse().ok()?))) {
        Some((name, number)) => (name.to_owned(), Some(number), Some(extension.to_owned())),
        None => (stem.to_owned(), None, Some(extension.to_owned())),
    }
}

/// The extension that a page's links to indexes have; TRS names all its indexes alike.
fn index_extension(text: &str) -> String {
    static INDEX: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"index(?:_\d+)?\.(s?html?)\b").expect("the pattern is a valid regular expression"));
    INDEX.captures(text).map_or_else(|| "html".to_owned(), |found| found[1].to_owned())
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= 60 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(script: &str, address: &str, expected: Option<&str>) {
        let page = crate::model::Page {
            url: address.parse().unwrap(),
            content_type: None,
            text: script.to_owned(),
            charset: "utf-8",
            replaced: 0,
        };
        assert_eq!(counted_next(&Opened::new(&page)).map(String::from).as_deref(), expected, "{script} at {address}");
    }

    #[test]
    fn the_next_page_is_counted_in_every_order_of_arguments() {
        let next = Some("http://a.gov.cn/tzgg/index_1.html");
        check(r#"createPageHTML(3, 0, "index", "html");"#, "http://a.gov.cn/tzgg/", next);
        check(r#"createPageHTML('page_div', 3, 0, 'index', 'html', 20);"#, "http://a.gov.cn/tzgg/", next);
        check(r#"createPageHTML(58, 3, 0, "index", "html");"#, "http://a.gov.cn/tzgg/index.html", next);
        check(r#"createPageHTML(0, 3, "index", "html");"#, "http://a.gov.cn/tzgg/", next);
        check(
            r#"var countPage = 3; var currentPage = 0; createPageHTML(countPage, currentPage, "index", "html");"#,
            "http://a.gov.cn/tzgg/",
            next,
        );
        check("pagination_script_config = { pageNumber:'0', total:'4' }", "http://a.gov.cn/tzgg/index.html", next);
        check("<span>共 4 页</span>", "http://a.gov.cn/tzgg/index.html", next);
    }

    #[test]
    fn the_last_page_has_none_after_it() {
        check(r#"createPageHTML(3, 2, "index", "html");"#, "http://a.gov.cn/tzgg/index_2.html", None);
        check(r#"createPageHTML(1, 0, "index", "html");"#, "http://a.gov.cn/tzgg/", None);
        check(r#"function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){}"#, "http://a.gov.cn/tzgg/", None);
    }

    #[test]
    fn the_address_says_which_page_it_is() {
        check(
            r#"createPageHTML(9, 4, "index", "shtml");"#,
            "http://a.gov.cn/tzgg/index_4.shtml",
            Some("http://a.gov.cn/tzgg/index_5.shtml"),
        );
        check(r#"createPageHTML(9, 0, "list", "htm");"#, "http://a.gov.cn/tzgg/list.htm", Some("http://a.gov.cn/tzgg/list_1.htm"));
    }
}
