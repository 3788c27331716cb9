//! A page, its further pages, frames and files to one [`Document`]: which of them is the notice itself, what stands behind it,
//! and what only says the same again.
//!
//! The page keeps its title. What cannot be read is named in its place; nothing is fetched here.

use std::sync::LazyLock;

use regex::Regex;

use super::html::plain::tidy;
use crate::model::{Block, Document, Part, PartKind, PartText, Problem, SnapshotId};
use url::Url;

/// A body of fewer characters (not white space) that names files is no notice by itself: the file is.
const POINTER_CHARACTERS_MAX: usize = 300;
/// Two texts at least so alike (`diff::likeness`) are one text, issued twice.
const COPY_LIKENESS_MIN: f64 = 0.8;
/// A paragraph that a page breaks is at least so long; shorter ones without a full stop are headings.
const BROKEN_CHARACTERS_MIN: usize = 20;

/// One part and what it says, or why nothing is known of it.
#[derive(Debug, Clone)]
pub struct Gathered {
    pub kind: PartKind,
    pub url: Url,
    pub name: String,
    pub snapshot: Option<SnapshotId>,
    pub reading: Result<Document, Problem>,
}

/// Joins them, pages and frames first, in the order given. `alike` says how alike two texts are, from 0 to 1.
pub fn whole(mut page: Document, gathered: Vec<Gathered>, alike: &dyn Fn(&Document, &Document) -> f64) -> Document {
    page.elsewhere.clear();
    let (files, pages): (Vec<_>, Vec<_>) = gathered.into_iter().partition(|part| part.kind == PartKind::File);
    for part in pages {
        join(&mut page, part);
    }
    let main = is_pointer(&page).then(|| main_file(&page, &files, alike)).flatten();
    if main.is_some() {
        let names: Vec<String> = files.iter().map(|file| letters(&file.name)).collect();
        page.blocks.retain(|block| !only_points(&block.text(), &names));
    }
    let mut order: Vec<(usize, Gathered)> = files.into_iter().enumerate().collect();
    // The notice itself stands before its annexes, which keep their order.
    order.sort_by_key(|(at, _)| Some(*at) != main);
    let mut parts: Vec<(usize, Part)> = Vec::new();
    for (at, file) in order {
        let part = file_part(&mut page, file, Some(at) == main, alike);
        parts.push((at, part));
    }
    parts.sort_by_key(|(at, _)| *at);
    page.parts.extend(parts.into_iter().map(|(_, part)| part));
    page
}

/// Adds a further page or a frame to the body.
fn join(page: &mut Document, part: Gathered) {
    let Gathered { kind, url, name, snapshot, reading } = part;
    let text = match reading {
        Err(problem) => PartText::Unread(problem),
        Ok(mut more) => {
            more.attachments.retain(|new| !page.attachments.iter().any(|known| known.url == new.url));
            page.attachments.append(&mut more.attachments);
            page.doubts.append(&mut more.doubts);
            if page.title.is_none() || kind == PartKind::Frame && page.blocks.is_empty() && more.published.is_some() {
                page.title = more.title.take().or(page.title.take());
            }
            page.published = page.published.or(more.published);
            page.source = page.source.take().or(more.source.take());
            let from = page.blocks.len();
            if kind == PartKind::Page {
                mend(&mut page.blocks, &mut more.blocks);
            }
            page.blocks.append(&mut more.blocks);
            PartText::Body(span(from, page.blocks.len()))
        }
    };
    page.parts.push(Part { kind, url, name, snapshot, title: None, text });
}

fn span(from: usize, to: usize) -> std::ops::Range<u32> {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    number(from)..number(to)
}

/// A sentence that the border between two pages cut is one again.
fn mend(before: &mut [Block], after: &mut Vec<Block>) {
    let (Some(Block::Paragraph(last)), Some(Block::Paragraph(first))) = (before.last_mut(), after.first()) else { return };
    let is_cut = !last
        .ends_with(['\u{3002}', '\u{ff01}', '\u{ff1f}', '\u{ff1b}', '\u{ff1a}', ':', ';', '.', '\u{201d}', ')', '\u{ff09}', '】'])
        && last.chars().count() >= BROKEN_CHARACTERS_MIN
        && !BEGINNING.is_match(first);
    if is_cut {
        last.push_str(first);
        after.remove(0);
    }
}

/// What begins a paragraph of its own: a number, a label, a date.
static BEGINNING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:[(\u{ff08}]?[一二三四五六七八九十\d]{1,3}(?:[)\u{ff09}、\u{ff0e}．.]|是)|第[一二三四五六七八九十]+|[①-⑳]|(?:问题|整改|责任|联系|附件)[^\u{3002}]{0,12}[:\u{ff1a}]|20\d\d年\d)",
    )
});

/// Whether a page says too little to be a notice, and has files that may.
fn is_pointer(page: &Document) -> bool {
    !page.attachments.is_empty() && page.characters() < POINTER_CHARACTERS_MAX
}

/// The file that is the notice: called like one, and no list; of several the longest. A file that could not be read keeps its
/// place, unless another is called as well: better no text than the wrong one.
fn main_file(page: &Document, files: &[Gathered], alike: &dyn Fn(&Document, &Document) -> f64) -> Option<usize> {
    let title = page.title.as_deref().map(letters).unwrap_or_default();
    let rank = |file: &Gathered| {
        let own = file.reading.as_ref().ok().and_then(|reading| reading.title.as_deref()).unwrap_or_default();
        let (name, own) = (letters(&file.name), letters(own));
        let is_title = |text: &String| !text.is_empty() && !title.is_empty() && (text.contains(&title) || *text == title);
        if is_title(&own) || is_title(&name) {
            3
        } else if LIST.is_match(&file.name) || LIST.is_match(&own) {
            0
        } else {
            1 + u8::from(NOTICE.is_match(&file.name) || NOTICE.is_match(&own))
        }
    };
    let best = files.iter().map(rank).max()?;
    let candidates = files.iter().enumerate().filter(|(_, file)| rank(file) == best);
    let readable = candidates.filter_map(|(at, file)| Some((at, file.reading.as_ref().ok()?)));
    let chosen = readable.max_by_key(|(at, reading)| (reading.characters(), std::cmp::Reverse(*at)));
    // The same text in two formats: the first of them.
    chosen.map(|(chosen, longest)| {
        let same = |file: &Gathered| file.reading.as_ref().is_ok_and(|reading| alike(reading, longest) >= COPY_LIKENESS_MIN);
        files[..chosen].iter().position(|file| rank(file) == best && same(file)).unwrap_or(chosen)
    })
}

static LIST: LazyLock<Regex> = LazyLock::new(|| pattern("台账|清单|一览表|明细|汇总表|统计表|分工|登记表|名单"));
static NOTICE: LazyLock<Regex> = LazyLock::new(|| pattern("整改.{0,12}(?:通报|报告|情况|公告|公示)|通报"));

/// Puts a file's text where it belongs.
fn file_part(page: &mut Document, file: Gathered, is_main: bool, alike: &dyn Fn(&Document, &Document) -> f64) -> Part {
    let Gathered { kind, url, name, snapshot, reading } = file;
    let reading = match reading {
        Ok(reading) => reading,
        Err(problem) => return Part { kind, url, name, snapshot, title: None, text: PartText::Unread(problem) },
    };
    page.doubts.extend(reading.doubts.iter().map(|doubt| format!("{name}: {doubt}")));
    let title = reading.title.clone();
    let text = if is_main {
        PartText::Body(take_body(page, reading))
    } else if is_copy(page, &reading, alike) {
        PartText::Copy(reading.blocks)
    } else {
        let from = page.blocks.len();
        page.blocks.extend(reading.blocks);
        PartText::Annex(span(from, page.blocks.len()))
    };
    Part { kind, url, name, snapshot, title, text }
}

/// The file becomes the body; what the page said beside it stays before it, unless the file says that too.
fn take_body(page: &mut Document, mut file: Document) -> std::ops::Range<u32> {
    let said: Vec<String> = file.blocks.iter().map(|block| letters(&block.text())).collect();
    page.blocks.retain(|block| !said.contains(&letters(&block.text())));
    page.published = page.published.or(file.published);
    page.source = page.source.take().or(file.source.take());
    match (&page.title, file.title.take()) {
        (None, own) => page.title = own,
        (Some(title), Some(own)) if !letters(title).contains(&letters(&own)) => page.blocks.push(Block::Heading(own)),
        (Some(_), _) => {}
    }
    let from = page.blocks.len();
    page.blocks.append(&mut file.blocks);
    span(from, page.blocks.len())
}

fn is_copy(page: &Document, file: &Document, alike: &dyn Fn(&Document, &Document) -> f64) -> bool {
    let body = Document { blocks: page.body().to_vec(), ..Document::default() };
    let annexes = page.blocks.len() - body.blocks.len();
    let (own, other) = (body.characters(), file.characters());
    let is_like = |one: &Document| one.characters() > 0 && alike(one, file) >= COPY_LIKENESS_MIN;
    own * 2 > other && other * 2 > own && is_like(&body)
        || annexes > 0 && is_like(&Document { blocks: page.blocks[body.blocks.len()..].to_vec(), ..Document::default() })
}

/// Whether a line only says that there is a file: 详见附件, 附件：1. …, a file's name, 点击下载.
fn only_points(text: &str, names: &[String]) -> bool {
    let letters = letters(text);
    letters.is_empty() || names.contains(&letters) || POINTER.is_match(&tidy(text))
}

static POINTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^[(\u{ff08}【\[]?(?:[^\u{3002}\u{ff1b}\d]{0,40}(?:详|请|可|具体|内容|情况)(?:见|参见|查看|点击|下载|查阅)[^\u{3002}]{0,12}(?:附件|附后|全文|下载|文件|链接)[^\u{3002}]{0,10}|(?:见|参见|查看|点击|下载)(?:附件|全文|文件)|附件(?:下载|列表)?\s*[:\u{ff1a}\d一二三四五六七八九十(\u{ff08}].{0,120}|附件(?:下载)?|点击(?:此处|这里)?(?:下载|查看)[^\u{3002}]{0,12}|[^\u{3002}]{1,80}\.(?i:pdf|docx?|wps|xlsx?|et|ofd|rtf|zip|rar))[)\u{ff09}】\]\u{3002}.!]?$",
    )
});

/// The letters, figures and Chinese characters of a text: what stays the same however it is laid out.
fn letters(text: &str) -> String {
    let name = text.trim();
    let stem =
        name.rsplit_once('.').filter(|(_, ending)| (2..=4).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric()));
    stem.map_or(name, |(stem, _)| stem).chars().filter(|character| character.is_alphanumeric()).collect()
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern stands in our code and is compiled by every test")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Attachment;

    const LONG: &str = "针对走访企业走过场的问题,一是收集企业各类困难和问题83个,解决21个,其余正在协调;二是建立走访台账,每月通报一次,并由区委督查室抽查;三是把走访情况纳入年度考核,对走过场的严肃问责。";

    fn document(lines: &[&str]) -> Document {
        Document { blocks: lines.iter().map(|line| Block::Paragraph((*line).to_owned())).collect(), ..Document::default() }
    }

    fn page(title: &str, lines: &[&str], files: &[&str]) -> Document {
        let attachments = files.iter().map(|name| Attachment { url: url(name), name: (*name).to_owned() }).collect();
        Document { title: Some(title.to_owned()), attachments, ..document(lines) }
    }

    fn url(name: &str) -> Url {
        Url::parse("https://www.example.gov.cn/a/").unwrap().join(name).unwrap()
    }

    fn part(kind: PartKind, name: &str, reading: Result<Document, Problem>) -> Gathered {
        Gathered { kind, url: url(name), name: name.to_owned(), snapshot: None, reading }
    }

    fn file(name: &str, lines: &[&str]) -> Gathered {
        part(PartKind::File, name, Ok(document(lines)))
    }

    fn same(one: &Document, other: &Document) -> f64 {
        if one.words() == other.words() { 1.0 } else { 0.0 }
    }

    fn lines(document: &Document) -> Vec<String> {
        document.blocks.iter().map(|block| block.text().into_owned()).collect()
    }

    #[track_caller]
    fn check_pointer(lines_of_page: &[&str], expected: &[&str]) {
        let page = page("关于巡察整改情况的通报", lines_of_page, &["通报.pdf"]);
        let whole = whole(page, vec![file("通报.pdf", &[LONG])], &same);
        assert_eq!(lines(&whole), expected, "{lines_of_page:?}");
        assert_eq!(whole.title.as_deref(), Some("关于巡察整改情况的通报"));
        assert!(matches!(whole.parts[0].text, PartText::Body(_)));
    }

    #[test]
    fn a_page_that_only_points_takes_its_files_text_as_its_body() {
        check_pointer(&[], &[LONG]);
        check_pointer(&["详见附件。"], &[LONG]);
        check_pointer(&["附件:通报.pdf"], &[LONG]);
        check_pointer(&["整改情况详见附件", "通报.pdf"], &[LONG]);
        check_pointer(&["(点击下载)"], &[LONG]);
        check_pointer(&["现将巡察整改情况予以公布。", "具体内容见附件。"], &["现将巡察整改情况予以公布。", LONG]);
    }

    #[test]
    fn of_several_files_the_one_called_like_a_notice_is_the_body() {
        let page = page("关于巡察整改情况的通报", &["详见附件"], &["附件1整改清单.xlsx", "附件2整改情况报告.docx"]);
        let files = vec![file("附件1整改清单.xlsx", &[LONG, LONG, "第一项"]), file("附件2整改情况报告.docx", &[LONG])];
        let whole = whole(page, files, &same);
        assert_eq!(lines(&whole), [LONG, LONG, LONG, "第一项"]);
        assert_eq!(whole.parts[0].text, PartText::Annex(1..4));
        assert_eq!(whole.parts[1].text, PartText::Body(0..1));
        assert_eq!(whole.body().len(), 1);
    }

    #[test]
    fn a_list_does_not_stand_in_for_the_notice_that_could_not_be_read() {
        let page = page("关于巡察整改情况的通报", &["详见附件"], &["整改清单.xlsx", "整改情况的通报.pdf"]);
        let problem = Problem { name: "scanned".to_owned(), evidence: "8 pages".to_owned() };
        let files = vec![file("整改清单.xlsx", &[LONG]), part(PartKind::File, "整改情况的通报.pdf", Err(problem))];
        let whole = whole(page, files, &same);
        assert!(matches!(whole.parts[0].text, PartText::Annex(_)), "{:?}", whole.parts);
        assert_eq!(whole.parts[1].said(&whole), "整改情况的通报.pdf（PDF，扫描件，无文字）");
    }

    #[test]
    fn what_a_page_and_its_file_both_say_is_said_once() {
        let text = [LONG, LONG, LONG, LONG];
        let whole = whole(page("通报", &text, &["通报.pdf", "通报.docx"]), vec![file("通报.pdf", &text), file("通报.docx", &text)], &same);
        assert_eq!(lines(&whole).len(), 4);
        assert!(whole.parts.iter().all(|part| matches!(part.text, PartText::Copy(_))), "{:?}", whole.parts);
        assert_eq!(whole.files(), ["通报.pdf（PDF，已读，与正文相同）", "通报.docx（DOCX，已读，与正文相同）"]);
    }

    #[track_caller]
    fn check_mended(last: &str, first: &str, expected: &[&str]) {
        let whole = whole(page("通报", &[last], &[]), vec![part(PartKind::Page, "t_1.html", Ok(document(&[first])))], &same);
        assert_eq!(lines(&whole), expected);
    }

    #[test]
    fn a_sentence_cut_by_the_border_of_two_pages_is_one() {
        let cut = "一是收集企业各类困难和问题83个,已经解决21个,其余";
        check_mended(cut, "正在协调。", &["一是收集企业各类困难和问题83个,已经解决21个,其余正在协调。"]);
        check_mended(LONG, "二、其他问题", &[LONG, "二、其他问题"]);
        check_mended(cut, "二是建立台账。", &[cut, "二是建立台账。"]);
        check_mended("(一)聚焦贯彻落实方面", "针对问题整改。", &["(一)聚焦贯彻落实方面", "针对问题整改。"]);
    }
}
