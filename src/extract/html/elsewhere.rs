//! Where the rest of a body stands: further pages of a long article, and a frame that shows the article itself.
//!
//! Only what is surely the article's own: the next page is called as this one is, with a number more, in the same folder; a frame
//! counts only where the page around it has no text.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::attachments::reach;
use super::body::Found;
use super::lines::Line;
use super::outline::{Kind, Outline};
use super::words::pattern;
use crate::model::Elsewhere;

/// A page with more text of its own than this is no mere frame.
const AROUND_CHARACTERS_MAX: usize = 120;
/// Frames tried; a page that shows more is a portal.
const FRAMES_MAX: usize = 2;

/// The page that the body goes on at: by the paging script of TRS, or by a link 下一页 in the article or right below it.
pub fn next(outline: &Outline, lines: &[Line], found: &Found, text: &str, page: &Url, base: &Url) -> Option<Elsewhere> {
    counted(text, page).or_else(|| linked(outline, lines, &found.ranges, page, base)).map(Elsewhere::Next)
}

/// `createPageHTML(3, 0, "t20240912_1", "html")`: pages in all, the present one from 0, and the article's own name.
fn counted(text: &str, page: &Url) -> Option<Url> {
    CALL.captures_iter(text).find_map(|call| {
        let number = |at: usize| call.get(at)?.as_str().parse::<u32>().ok();
        let (pages, present, name, ending) = (number(1)?, number(2)?, &call[3], &call[4]);
        let is_own = stem(file_of(page)) == name;
        let url = page.join(&format!("{name}_{}.{ending}", present + 1)).ok()?;
        (is_own && present + 1 < pages && is_beside(page, &url)).then_some(url)
    })
}

/// Nothing is counted that any script's letters may be: eighty of them in a row would be a pattern of megabytes.
static CALL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"createPageHTML\s*\(\s*(?:["'][^"']*["']\s*,\s*)?([0-9]{1,3})\s*,\s*([0-9]{1,3})\s*,\s*["']([^"']+)["']\s*,\s*["'](s?html?)["']"#,
    )
});

fn linked(outline: &Outline, lines: &[Line], ranges: &[Range<usize>], page: &Url, base: &Url) -> Option<Url> {
    let says_next = |index: &usize| {
        let words: String = outline.text(*index).chars().filter(|c| c.is_alphanumeric()).collect();
        matches!(words.as_str(), "下一页" | "下页" | "下一頁" | "下頁" | "后一页" | "NextPage" | "Next" | "next")
    };
    let links = reach(outline, lines, ranges).filter(|index| outline.name(*index) == "a").filter(says_next);
    let urls = links.filter_map(|index| base.join(outline.element(index)?.attr("href")?.trim()).ok());
    urls.filter(|url| is_beside(page, url)).find(|url| goes_on(page, url))
}

/// Whether an address is a later page of the same article: `2654.htm` and `2654_2.htm`, `show.asp?id=1` and `show.asp?id=1&page=2`.
fn goes_on(page: &Url, next: &Url) -> bool {
    let number = |url: &Url| numbered(file_of(url)).map_or(0, |(_, number)| number);
    if page.path() == next.path() {
        let at = |url: &Url| url.query_pairs().find_map(|(name, value)| PAGE.is_match(&name).then(|| value.parse::<u32>().ok())?);
        let rest = |url: &Url| {
            let pairs = url.query_pairs().filter(|(name, _)| !PAGE.is_match(name));
            pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect::<Vec<_>>()
        };
        return rest(page) == rest(next) && at(next) > Some(at(page).unwrap_or(0));
    }
    // Two articles in one folder may be called 12_1 and 12_2: the later page's number is the next one, or the second of all.
    let (own, other) = (number(page), number(next));
    let is_next = match stem(file_of(page)) == file_stem(file_of(page)) {
        true => (1..=2).contains(&other),
        false => other == own + 1,
    };
    is_next && numbered(file_of(next)).is_some_and(|(name, _)| name == stem(file_of(page)))
}

static PAGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^(?:page|pageno|pageindex|pagenum|p|pn|curpage|currentpage)$"));

/// On the same host and in the same folder.
fn is_beside(page: &Url, other: &Url) -> bool {
    let folder = |url: &Url| url.path().rsplit_once('/').map(|(folder, _)| folder.to_owned());
    page.host() == other.host() && page.port_or_known_default() == other.port_or_known_default() && folder(page) == folder(other)
}

fn file_of(url: &Url) -> &str {
    url.path().rsplit('/').next().unwrap_or_default()
}

fn file_stem(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// An article's name without its page's number: `t20240912_1` of `t20240912_1_2.html`, of `t20240912_1.html` too.
fn stem(file: &str) -> &str {
    match numbered(file) {
        // TRS: a date, the article's number, and only then the page's.
        Some((name, _)) if !DATED.is_match(name) => name,
        _ => file_stem(file),
    }
}

static DATED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^t?(?:19|20)\d{6}$"));

/// `2654_2.htm` is 2654 and 2; a long number is an article's, not a page's.
fn numbered(file: &str) -> Option<(&str, u32)> {
    let (name, number) = file_stem(file).rsplit_once(['_', '-'])?;
    (number.len() <= 3).then(|| number.parse().ok()).flatten().map(|number| (name, number))
}

/// The frames that may show the article, where the page itself says nothing.
pub fn frames(outline: &Outline, characters: usize, page: &Url, base: &Url) -> Vec<Elsewhere> {
    if characters > AROUND_CHARACTERS_MAX {
        return Vec::new();
    }
    let mut frames = Vec::new();
    for node in &outline.nodes {
        let Kind::Element(element) = node.kind else { continue };
        let source =
            matches!(element.name(), "iframe" | "object" | "embed").then(|| element.attr("src").or(element.attr("data"))).flatten();
        let Some(source) = source.map(str::trim).filter(|source| !source.is_empty()) else { continue };
        let small = |name: &str| {
            element.attr(name).and_then(|size| size.trim().trim_end_matches("px").parse::<u32>().ok()).is_some_and(|size| size < 50)
        };
        if super::attachments::file(source, base).is_some() || small("width") || small("height") || FURNITURE.is_match(source) {
            continue;
        }
        let Ok(url) = base.join(source) else { continue };
        let is_page = matches!(url.scheme(), "http" | "https") && url != *page;
        if is_page && is_same_site(page, &url) && frames.len() < FRAMES_MAX {
            frames.push(Elsewhere::Frame(url));
        }
    }
    frames
}

fn is_same_site(page: &Url, other: &Url) -> bool {
    let bare = |url: &Url| url.host_str().unwrap_or_default().trim_start_matches("www.").to_owned();
    let (own, other) = (bare(page), bare(other));
    own == other || other.ends_with(&format!(".{own}"))
}

static FURNITURE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:about:|javascript:|data:)|(?:^|[/_.-])(?:top|head|header|foot|footer|bottom|nav|menu|left|right|side|sidebar|banner|ads?|share|search|login|comment|player|video|weather|tianqi|map|tongji|stat|count|counter|hits|link|links|pinglun)(?:[/_.?-]|$)",
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse("https://www.example.gov.cn/a/").unwrap().join(text).unwrap()
    }

    #[track_caller]
    fn check_counted(script: &str, page: &str, expected: Option<&str>) {
        assert_eq!(counted(script, &url(page)), expected.map(url), "{script} on {page}");
    }

    #[test]
    fn the_paging_script_counts_only_for_the_article_that_it_names() {
        let script = |present| format!(r#"createPageHTML(3, {present}, "t20240912_1", "html");"#);
        check_counted(&script(0), "t20240912_1.html", Some("t20240912_1_1.html"));
        check_counted(&script(1), "t20240912_1_1.html", Some("t20240912_1_2.html"));
        check_counted(&script(2), "t20240912_1_2.html", None);
        check_counted(r#"createPageHTML(20, 0, "index", "html");"#, "t20240912_1.html", None);
        check_counted(r#"createPageHTML("page", 2, 0, "t20240912_1", "htm");"#, "t20240912_1.htm", Some("t20240912_1_1.htm"));
        check_counted(r#"createPageHTML(1, 0, "t20240912_1", "html");"#, "t20240912_1.html", None);
    }

    #[track_caller]
    fn check_goes_on(page: &str, next: &str, expected: bool) {
        assert_eq!(goes_on(&url(page), &url(next)), expected, "{page} to {next}");
    }

    #[test]
    fn a_later_page_is_called_as_the_article_is_with_a_number_more() {
        check_goes_on("2654.htm", "2654_2.htm", true);
        check_goes_on("2654_2.htm", "2654_3.htm", true);
        check_goes_on("2654_2.htm", "2654_1.htm", false);
        check_goes_on("2654.htm", "2655.htm", false);
        check_goes_on("t20240912_1.html", "t20240912_2.html", false);
        check_goes_on("t20240912_123.html", "t20240912_123_1.html", true);
        check_goes_on("show.asp?id=1", "show.asp?id=1&page=2", true);
        check_goes_on("show.asp?id=1&page=2", "show.asp?id=1&page=1", false);
        check_goes_on("show.asp?id=1", "show.asp?id=2", false);
    }
}
