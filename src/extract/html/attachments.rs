//! Files that a notice links to: in its body, or right after it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::edges;
use super::lines::Line;
use super::outline::{Kind, Outline, is_frame};
use super::words::{pattern, tidy};
use crate::model::Attachment;

/// How many nodes after the body still count as right after it; a box of files stands there, the footer does not.
const NODES_AFTER: usize = 250;

/// No notice has more files than this; a page with more is a listing.
const FILES: usize = 200;

/// Where what stands right after a body ends: at related links, neighbours, the footer.
fn end_of_after(outline: &Outline, lines: &[Line], body_end: usize) -> usize {
    let last = (body_end + NODES_AFTER).min(outline.nodes.len());
    let foreign = |line: &&Line| edges::is_boundary(line) || edges::is_boilerplate(&line.text);
    lines.iter().filter(|line| line.from >= body_end).find(foreign).map_or(last, |line| line.from.min(last))
}

/// The files linked in the stretches and right after them, once each, in the order of their links.
pub fn attachments(outline: &Outline, lines: &[Line], ranges: &[Range<usize>], base: &Url) -> Vec<Attachment> {
    let mut found: Vec<Attachment> = Vec::new();
    let end = ranges.iter().map(|range| range.end).max().unwrap_or(0);
    let after = end..end_of_after(outline, lines, end);
    for index in ranges.iter().cloned().flatten().chain(after) {
        let Some(url) = links(outline, index).into_iter().find_map(|link| file(link, base)) else { continue };
        if found.iter().any(|other| other.url == url) {
            continue;
        }
        if found.len() == FILES {
            break;
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
    let last = url.path_segments().and_then(|mut parts| parts.next_back()).map(decoded).unwrap_or_default();
    let names = [text, title, last];
    let telling = names.iter().find(|name| !name.is_empty() && !MUTE.is_match(name));
    telling.or(names.iter().find(|name| !name.is_empty())).cloned().unwrap_or_else(|| url.to_string())
}

/// Link texts that name no file.
static MUTE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^[\[【(\u{ff08}]?(?:点击|点此|请点击)?(?:这里|此处)?(?:下载|查看|浏览|打开)(?:附件|文件|全文)?[\]】)\u{ff09}]?$")
});

/// `%E9%99%84%E4%BB%B6.pdf` as people read it.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, tail @ ..] = rest {
        let byte = tail.get(..2).filter(|_| *first == b'%').and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    tidy(&String::from_utf8(bytes).unwrap_or_else(|_| part.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{decoded, file};

    #[track_caller]
    fn check(link: &str, expected: Option<&str>) {
        let base = "https://www.example.gov.cn/a/t1.htm".parse().unwrap();
        assert_eq!(file(link, &base).map(|url| url.to_string()).as_deref(), expected, "{link}");
    }

    #[test]
    fn files_are_told_from_pages_whatever_names_them() {
        check("./P1.pdf", Some("https://www.example.gov.cn/a/P1.pdf"));
        check("../b/清单.DOCX?v=2", Some("https://www.example.gov.cn/b/%E6%B8%85%E5%8D%95.DOCX?v=2"));
        check("down3('8c1f.PDF')", Some("https://www.example.gov.cn/a/8c1f.PDF"));
        check("javascript:openFile(\"/f/a.wps\", 1)", Some("https://www.example.gov.cn/f/a.wps"));
        check("/pdfjs/web/viewer.html?file=/f/a.pdf", Some("https://www.example.gov.cn/f/a.pdf"));
        check("t2.htm", None);
        check("javascript:window.print()", None);
        check("ftp://www.example.gov.cn/a.pdf", None);
    }

    #[test]
    fn names_in_addresses_are_decoded() {
        assert_eq!(decoded("%E9%99%84%E4%BB%B6.pdf"), "附件.pdf");
        assert_eq!(decoded("100%.pdf"), "100%.pdf");
        assert_eq!(decoded("%ff.pdf"), "%ff.pdf");
    }
}
