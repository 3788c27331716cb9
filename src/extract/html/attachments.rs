//! Files that a notice links to: in its body, or right after it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::outline::{Kind, Outline, is_frame};
use super::words::tidy;
use crate::model::Attachment;

/// How many nodes after the body still count as right after it; a box of files stands there, the footer does not.
const NODES_AFTER: usize = 250;

/// The files linked in the stretches and right after them, once each, in the order of their links.
pub fn attachments(outline: &Outline, ranges: &[Range<usize>], base: &Url) -> Vec<Attachment> {
    let mut found: Vec<Attachment> = Vec::new();
    let end = ranges.iter().map(|range| range.end).max().unwrap_or(0);
    let after = end..(end + NODES_AFTER).min(outline.nodes.len());
    for index in ranges.iter().cloned().flatten().chain(after) {
        let Some(url) = links(outline, index).into_iter().find_map(|link| file(link, base)) else { continue };
        if found.iter().any(|other| other.url == url) {
            continue;
        }
        let name = name(outline, index, &url);
        found.push(Attachment { url, name });
    }
    found
}

/// What a node may name a file by: a link, a click, a viewer in a frame or a script.
fn links<'a>(outline: &Outline<'a>, index: usize) -> Vec<&'a str> {
    let names: &[&str] = match outline.nodes[index].kind {
        Kind::Element(element) if is_frame(element) => &["src", "data"],
        Kind::Element(_) => &["href", "onclick"],
        Kind::Comment(text) if text.contains("showVsbpdfIframe") => return vec![text],
        Kind::Comment(_) | Kind::Text(_) => return Vec::new(),
    };
    names.iter().filter_map(|name| outline.element(index)?.attr(name)).collect()
}

/// The address of a linked file: `./P0202.pdf`, `javascript:down3('<uuid>.PDF')`, `/download?file=a.docx`.
fn file(link: &str, base: &Url) -> Option<Url> {
    let link = link.trim();
    let script = link.len() >= 11 && link.is_char_boundary(11) && link[..11].eq_ignore_ascii_case("javascript:");
    let address = if let Some((_, inner)) = link.split_once("viewer.html?file=") {
        Some(inner).filter(|inner| is_file(inner))?
    } else if script || link.contains('(') && link.contains(')') && link.contains(['\'', '"']) {
        QUOTED.captures_iter(link).map(|found| found.get(1).map_or("", |part| part.as_str())).find(|part| is_file(part))?
    } else {
        Some(link).filter(|link| is_file(link))?
    };
    let url = base.join(address).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

fn is_file(address: &str) -> bool {
    FILE.is_match(address)
}

static FILE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\.(?:pdf|docx?|wps|xlsx?|et|pptx?|dps|zip|rar|7z|ofd|rtf|ceb|csv)(?:$|[?#&])|/download\.jsp\?|[?&]wbfileid=")
});
static QUOTED: LazyLock<Regex> = LazyLock::new(|| pattern(r#"['"]([^'"]+)['"]"#));

/// What the page calls the file: the link's text, its title, else the last part of its address.
fn name(outline: &Outline, index: usize, url: &Url) -> String {
    let element = outline.element(index);
    let title = element.and_then(|element| element.attr("title").or(element.attr("download"))).map(tidy).unwrap_or_default();
    let text = outline.text(index);
    let last = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default().to_owned();
    [text, title, last].into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| url.to_string())
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is written right here and compiled by every test")
}
