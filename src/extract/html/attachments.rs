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

/// Longest address taken from an attribute or a text, in bytes.
const ADDRESS_BYTES_MAX: usize = 2_000;

/// Where what stands right after a body ends: at related links, neighbours, the footer.
fn end_of_after(outline: &Outline, lines: &[Line], body_end: usize) -> usize {
    let last = (body_end + NODES_AFTER).min(outline.nodes.len());
    let foreign = |line: &&Line| edges::is_boundary(line) || edges::is_boilerplate(&line.text);
    lines.iter().filter(|line| line.from >= body_end).find(foreign).map_or(last, |line| line.from.min(last))
}

/// The nodes of the stretches and right after them.
pub fn reach(outline: &Outline, lines: &[Line], ranges: &[Range<usize>]) -> impl Iterator<Item = usize> {
    let end = ranges.iter().map(|range| range.end).max().unwrap_or(0);
    let after = end..end_of_after(outline, lines, end);
    ranges.iter().cloned().flatten().chain(after)
}

/// The files linked in the stretches and right after them, once each, in the order of their links.
pub fn attachments(outline: &Outline, lines: &[Line], ranges: &[Range<usize>], base: &Url) -> Vec<Attachment> {
    let mut found: Vec<Attachment> = Vec::new();
    for index in reach(outline, lines, ranges) {
        let Some(url) = address(outline, index, base) else { continue };
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

/// The file that a node names, if any.
fn address(outline: &Outline, index: usize, base: &Url) -> Option<Url> {
    match outline.nodes[index].kind {
        Kind::Element(element) if is_frame(element) => ["src", "data"].iter().find_map(|name| file(element.attr(name)?, base)),
        Kind::Element(element) => {
            let by_address = ["href", "onclick"].iter().find_map(|name| file(element.attr(name)?, base));
            let by_data = || element.attrs().filter(|(name, _)| DATA.is_match(name)).find_map(|(_, value)| file(value, base));
            by_address.or_else(by_data).or_else(|| called_a_file(outline, index, base))
        }
        Kind::Comment(text) if text.contains("showVsbpdfIframe") => file(text, base),
        Kind::Comment(_) => None,
        Kind::Text(text) => written(text, base),
    }
}

/// A link whose address says nothing, but whose words or title are a file's name: `<a href="/api/f/8c1f">附件1.整改清单.docx</a>`.
fn called_a_file(outline: &Outline, index: usize, base: &Url) -> Option<Url> {
    let element = outline.element(index).filter(|element| element.name() == "a")?;
    let href = element.attr("href").map(str::trim).filter(|href| !href.is_empty() && !href.starts_with('#'))?;
    let names = [Some(outline.text(index)), element.attr("title").map(tidy), element.attr("download").map(tidy)];
    let is_called = names.into_iter().flatten().any(|name| ENDING.is_match(&name) || ATTACHED.is_match(&name) && !PAGE.is_match(href));
    let url = is_called.then(|| base.join(href).ok()).flatten()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// An address that stands in the text itself: 附件下载地址：https://…/a.pdf.
fn written(text: &str, base: &Url) -> Option<Url> {
    let found = WRITTEN.find(text).filter(|found| found.len() <= ADDRESS_BYTES_MAX)?;
    file(found.as_str(), base)
}

/// The address of a linked file: `./P0202.pdf`, `javascript:down3('<uuid>.PDF')`, `/download?file=a.docx`.
pub fn file(link: &str, base: &Url) -> Option<Url> {
    let link = link.trim();
    if link.len() > ADDRESS_BYTES_MAX {
        return None;
    }
    let script = link.len() >= 11 && link.is_char_boundary(11) && link[..11].eq_ignore_ascii_case("javascript:");
    let address = if let Some(viewed) = viewed(link) {
        viewed
    } else if script || link.contains('(') && link.contains(')') && link.contains(['\'', '"']) {
        let quoted = QUOTED.captures_iter(link).map(|found| found.get(1).map_or("", |part| part.as_str()));
        quoted.filter(|part| is_file(part)).map(str::to_owned).next()?
    } else {
        Some(link).filter(|link| is_file(link) && !link.contains(char::is_whitespace) || ENDING.is_match(link))?.to_owned()
    };
    let url = base.join(&address).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// The file that a viewer in the page shows: `/pdfjs/web/viewer.html?file=%2Ff%2Fa.pdf`, `…/preview?url=…`.
fn viewed(link: &str) -> Option<String> {
    let (_, value) = link.split_once("viewer.html?").or_else(|| link.split_once("viewer.htm?")).or_else(|| link.split_once("viewer?"))?;
    let value = value.split('&').find_map(|pair| pair.strip_prefix("file=").or_else(|| pair.strip_prefix("url=")))?;
    let value = value.split('#').next().unwrap_or_default();
    let plain = if value.contains("%2F") || value.contains("%2f") || value.contains("%3A") { decoded(value) } else { value.to_owned() };
    Some(plain).filter(|value| !value.is_empty())
}

fn is_file(address: &str) -> bool {
    FILE.is_match(address)
}

static FILE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi) \.(?:pdf|docx?|wps|xlsx?|et|pptx?|dps|zip|rar|7z|ofd|rtf|ceb|csv)(?:$|[?\#&])
        | /download\.jsp\? | [?&]wbfileid= | /(?:file)?down(?:load)?(?:file|attach(?:ment)?)?\.(?:do|action|ashx|aspx?|php|html?)\?
        | /(?:download|downloadfile|down)(?:/[\w-]+)?\?(?:[^\#]*&)?(?:file|fileid|fid|id|path|filepath|filename|name|attach\w*|uuid)=
        | /attach(?:ment|ments|files?)?/(?:[^?\#]*/)?[\w-]{8,}(?:$|[?\#]) | /(?:file|attach(?:ment)?)/(?:down(?:load)?|get)/[\w-]+",
    )
});
/// Attributes that hold addresses for scripts; data-title and the like hold names.
static DATA: LazyLock<Regex> = LazyLock::new(|| pattern(r"^data-(?:.*(?:url|href|src|path|link|uri|download)|file|pdf)$"));
/// Ends like a file's name.
static ENDING: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\.(?:pdf|docx?|wps|xlsx?|et|pptx?|zip|rar|7z|ofd|rtf|ceb)$"));
/// Words that name an attachment.
static ATTACHED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:附件|附表)(?:\s*[\d一二三四五六七八九十]{1,2})?\s*(?:[:\u{ff1a}.\u{ff0e}、]|$)"));
/// An address that is surely a page.
static PAGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^javascript:|\.s?html?(?:$|[?#])|/$"));
static WRITTEN: LazyLock<Regex> = LazyLock::new(|| pattern(r"https?://[\x21-\x7e]+?\.(?i:pdf|docx?|wps|xlsx?|et|zip|rar|7z|ofd|rtf)\b"));
static QUOTED: LazyLock<Regex> = LazyLock::new(|| pattern(r#"['"]([^'"]+)['"]"#));

/// What the page calls the file: the link's text, its title, else the last part of its address.
fn name(outline: &Outline, index: usize, url: &Url) -> String {
    let element = outline.element(index);
    let title = element.and_then(|element| element.attr("title").or(element.attr("download"))).map(tidy).unwrap_or_default();
    let text = if element.is_some() { outline.text(index) } else { String::new() };
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
        check(
            "/pdfjs/web/viewer.html?file=%2Ff%2F%E9%99%84%E4%BB%B6.pdf#page=1",
            Some("https://www.example.gov.cn/f/%E9%99%84%E4%BB%B6.pdf"),
        );
        check(
            "/module/download/downfile.jsp?classid=0&filename=8c1f.pdf",
            Some("https://www.example.gov.cn/module/download/downfile.jsp?classid=0&filename=8c1f.pdf"),
        );
        check("/downloadfile.do?id=8c1f", Some("https://www.example.gov.cn/downloadfile.do?id=8c1f"));
        check(
            "/system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner=1&wbfileid=2",
            Some("https://www.example.gov.cn/system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner=1&wbfileid=2"),
        );
        check("/download.html?fileId=77", Some("https://www.example.gov.cn/download.html?fileId=77"));
        check("/attach/0/8c1f4a2b9d.pdf", Some("https://www.example.gov.cn/attach/0/8c1f4a2b9d.pdf"));
        check("/attach/8c1f4a2b9d", Some("https://www.example.gov.cn/attach/8c1f4a2b9d"));
        check("/download/", None);
        check("/down/index.html", None);
        check("/attach/", None);
    }

    #[test]
    fn names_in_addresses_are_decoded() {
        assert_eq!(decoded("%E9%99%84%E4%BB%B6.pdf"), "附件.pdf");
        assert_eq!(decoded("100%.pdf"), "100%.pdf");
        assert_eq!(decoded("%ff.pdf"), "%ff.pdf");
    }
}
