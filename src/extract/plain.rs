//! Plain text to [`Document`]: one paragraph a line; what page breaks and narrow columns cut is joined again.
//!
//! List marks (`- `) and bold marks (`**`) of converters are dropped. Never reads what a paragraph means beyond its place
//! as title, information line or remark below the text.

use std::sync::LazyLock;

use jiff::civil::{Date, Time};
use regex::Regex;

use crate::model::{Block, Document, Published};

/// A document and where its paragraphs were joined.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plain {
    pub document: Document,
    /// Block number and the characters of it that stand before the cut, in the order of the text.
    pub cuts: Vec<(usize, usize)>,
}

pub fn document(text: &str) -> Plain {
    let is_indented: Vec<bool> = kept(text).map(|line| line.starts_with(['\u{3000}', '\t']) || line.starts_with("  ")).collect();
    let lines: Vec<String> = kept(text).map(cleaned).collect();
    let mut plain = Plain::default();
    let head = head(&lines, &mut plain.document);
    let tail = lines.iter().rposition(|line| !EDITOR.is_match(line)).map_or(head, |last| last + 1).max(head);
    let column = Column::of(&lines[head..tail], &is_indented[head..tail]);
    let mut paragraphs: Vec<String> = Vec::new();
    for number in head..tail {
        let line = &lines[number];
        let goes_on = paragraphs.last().is_some_and(|before| match &column {
            Some(column) => number > head && column.continues(&lines[number - 1], line, is_indented[number]),
            None => continues(before, line),
        });
        if goes_on {
            plain.cuts.push((paragraphs.len() - 1, joined(&mut paragraphs, line)));
        } else {
            paragraphs.push(line.clone());
        }
    }
    plain.document.blocks = paragraphs.into_iter().map(block).collect();
    plain
}

/// The line below a table's head: |---|---|
static RULE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\|[-:|\s]+\|$"));

/// | a | b | is a row of a table, as converters write it.
fn block(paragraph: String) -> Block {
    match paragraph.strip_prefix('|').and_then(|inner| inner.strip_suffix('|')) {
        Some(inner) => Block::Row(inner.split('|').map(|cell| cell.trim().to_owned()).collect()),
        None => Block::Paragraph(paragraph),
    }
}

/// The lines that say something.
fn kept(text: &str) -> impl Iterator<Item = &str> {
    text.trim_start_matches('\u{feff}').lines().filter(|line| {
        let line = cleaned(line);
        !line.is_empty() && !RULE.is_match(&line)
    })
}

fn joined(paragraphs: &mut [String], line: &str) -> usize {
    let Some(before) = paragraphs.last_mut() else { return 0 };
    let at = before.chars().count();
    let between_words = before.ends_with(|c: char| c.is_ascii_alphabetic()) && line.starts_with(|c: char| c.is_ascii_alphabetic());
    if between_words {
        before.push(' ');
    }
    before.push_str(line);
    at
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}

static LIST_MARK: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:[-*•·●▪◆■►▲]\s+|#{1,6}\s+|>\s*|[\u{e000}-\u{f8ff}]\s*)+"));

fn cleaned(line: &str) -> String {
    let bare = line.replace("**", "");
    let bare = LIST_MARK.replace(bare.trim(), "");
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

static TITLE_END: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:[通公]\s*[报告报告示報]|报\s*告|報\s*告|情况|情況|进展|進展|方案|公开|反馈|会议?|函|通知|[”\x22）)])$"));
static TITLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"整改|巡[视察視]|通报|通報|公告|公示|反馈|督察|审计"));
static INFORMATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:[【\[（(]?\s*)?(?:信息来源|文章来源|稿件来源|内容来源|来源|來源|发布时间|发布日期|发文日期|時間|时间|日期|作者|发布机构|浏览|点击|阅读|字号|字体|编辑)\s*[:：】]|^[\[【（(]?20[0-9]{2}[-./年][0-9]{1,2}[-./月][0-9]{1,2}日?[\s0-9:]*(?:来源|浏览|点击|阅读|$)",
    )
});
static SOURCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:信息来源|文章来源|稿件来源|内容来源|来源|來源)\s*[:：]\s*(?P<source>[^\s:：]{2,40}?)(?:\s|发布|时间|日期|作者|浏览|点击|阅读|字[号体]|责任编辑|】|$)",
    )
});
static PUBLISHED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?P<year>20[0-9]{2})\s*[-./年]\s*(?P<month>[0-9]{1,2})\s*[-./月]\s*(?P<day>[0-9]{1,2})\s*日?(?:\s*(?P<hour>[0-9]{1,2})[:：](?P<minute>[0-9]{2}))?",
    )
});
static EDITOR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^[【\[（(]?\s*(?:责任编辑|责编|编辑|审核|校对|初审|复审|终审|打印|关闭|分享|上一篇|下一篇|扫一扫|浏览次数)\s*[:：】\]）)]?.{0,40}$",
    )
});
/// Lines at the top that may be title and information.
const HEAD_LINES_MAX: usize = 6;

/// How many lines are title and information line; they go into the document's fields.
fn head(lines: &[String], document: &mut Document) -> usize {
    let titled = title(lines);
    if let Some((title, _)) = &titled {
        document.title = Some(title.clone());
    }
    let mut at = titled.map_or(0, |(_, lines)| lines);
    while at < lines.len().min(HEAD_LINES_MAX) && lines[at].chars().count() < 120 && INFORMATION.is_match(&lines[at]) {
        if let Some(source) = SOURCE.captures(&lines[at]).and_then(|found| found.name("source")) {
            document.source = document.source.take().or_else(|| Some(source.as_str().to_owned()));
        }
        document.published = document.published.or_else(|| published(&lines[at]));
        at += 1;
    }
    at
}

/// The title: the first line, or the first lines where it is wrapped.
fn title(lines: &[String]) -> Option<(String, usize)> {
    let mut title = String::new();
    for (number, line) in lines.iter().take(3).enumerate() {
        let is_text = line.contains(['。', '；']) || line.chars().count() > 90 || INFORMATION.is_match(line) || NUMBER.is_match(line);
        if is_text {
            break;
        }
        title.push_str(line);
        if TITLE_END.is_match(line) && TITLE.is_match(&title) && title.chars().count() >= 8 {
            return Some((title, number + 1));
        }
    }
    let first = lines.first().filter(|line| {
        line.chars().count() >= 6 && TITLE.is_match(line) && !line.contains(['。', '；', '，', ',']) && !NUMBER.is_match(line)
    })?;
    let next = lines.get(1).is_some_and(|next| next.contains('。') || INFORMATION.is_match(next));
    (next && first.chars().count() <= 90).then(|| (first.clone(), 1))
}

fn published(line: &str) -> Option<Published> {
    let narrow: String = line
        .chars()
        .map(|c| if ('０'..='９').contains(&c) || c == '－' || c == '：' { char::from_u32(c as u32 - 0xfee0).unwrap_or(c) } else { c })
        .collect();
    let found = PUBLISHED.captures(&narrow)?;
    let number = |name: &str| found.name(name).and_then(|part| part.as_str().parse::<i16>().ok());
    let small = |name: &str| number(name).and_then(|number| i8::try_from(number).ok());
    let date = Date::new(number("year")?, small("month")?, small("day")?).ok()?;
    let time = small("hour").zip(small("minute")).and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
    Some(Published { date, time })
}

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:第?[一二三四五六七八九十]{1,3}[、.．]|[（(\[【]?[一二三四五六七八九十]{1,3}[)）\]】]|[0-9０-９]{1,3}[.．、)）](?:[^0-9]|20[0-9]{2}年)|[（(][0-9０-９]{1,3}[)）]|[①-⑳⑴-⒇㈠-㈩]|问题\s?[0-9一二三四五六七八九十]+[:：、])",
    )
});
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:[【\[]|(?:整改|反[馈饋]|存在|具[体體]|[责責]任|[牵牽][头頭]|完成|未完成|下一步|[进進]展|落[实實])[^，。；：:]{0,12}[:：]|欢迎广大|[联聯][系繫係](?:[电電][话話]|方式|人)[:：])",
    )
});
static OPENER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:[【\[]|[一二三四五六七八九十]{1,2}是|(?:整改|反[馈饋]|存在|具[体體]|[责責]任|[牵牽][头頭]|完成|未完成|下一步|[进進]展|落[实實])[^，。；：:]{0,12}[:：]|针对[“\x22].{4,}[”\x22]|欢迎|下一步[,，]|联系(?:电话|方式|人)|(?:通[信讯])?地址|邮[编箱政]|电子邮箱|20[0-9]{2}\s*年\s*[0-9]{1,2}\s*月\s*[0-9]{1,2}\s*日$)",
    )
});

/// Whether `line` goes on with the sentence that `before` left open.
fn continues(before: &str, line: &str) -> bool {
    let is_row = line.starts_with('|') || before.ends_with('|');
    if is_row || NUMBER.is_match(line) || OPENER.is_match(line) || INFORMATION.is_match(line) {
        return false;
    }
    if ends_sentence(before) || CONTACT_LINE.is_match(before) {
        return false;
    }
    // A line without any stop is a signature, a name, a heading: nothing that a sentence goes on with.
    let has_stop = line.contains(['。', '，', ',', '；', ';', '、', '：', ':', '》', '）', ')', '”']);
    if !has_stop && !is_open(before) {
        return false;
    }
    let is_numbered_heading = NUMBER.is_match(before) && !before.contains(['。', '；']);
    let is_sentence = before.contains(['。', '，', ',', '；', ';', '：', ':']) && !is_numbered_heading;
    is_sentence || is_open(before)
}

fn ends_sentence(text: &str) -> bool {
    let text = text.trim_end_matches(['”', '"', '）', ')', '】', ']', '’']);
    text.ends_with(['。', '！', '？', '!', '?', '；', ';', '：', ':', '…']) || CLOSED.is_match(text)
}

/// 邮编:410005 alone in its line.
static CONTACT_LINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(?:联系|监督|举报)?(?:电话|人|方式|地址)[:：]|^(?:通[信讯])?地址[:：]|^邮[政编箱]|^电子邮[箱件][:：]|^电话")
});

/// (已完成 at a paragraph's end: the mark in brackets after the last full stop.
static CLOSED: LazyLock<Regex> = LazyLock::new(|| pattern(r"[。；][（(\[【][^）)\]】]{2,30}$|问题$|方面$|情况$"));

/// A quotation or bracket was opened and not closed.
fn is_open(text: &str) -> bool {
    let count = |character: char| text.matches(character).count();
    count('"') % 2 == 1 || count('“') > count('”') || count('《') > count('》') || count('（') + count('(') > count('）') + count(')')
}

/// The width at which a text's lines were broken.
struct Column {
    width: usize,
    characters: usize,
    /// Paragraphs begin with white space, and other lines do not.
    is_indented: bool,
}

/// Lines that fill the column but for so much are full: marks may not begin a line.
const SLACK: usize = 3;

impl Column {
    /// Where most lines are broken in the middle of a sentence, and none is longer than a page is wide.
    fn of(lines: &[String], is_indented: &[bool]) -> Option<Self> {
        let widest = lines.iter().map(|line| width(line)).max()?;
        let characters = lines.iter().map(|line| line.chars().count()).max()?;
        let indented = is_indented.iter().filter(|is_indented| **is_indented).count();
        let column = Self { width: widest, characters, is_indented: indented * 20 > lines.len() && indented * 10 < lines.len() * 9 };
        let full = lines.iter().filter(|line| column.is_full(line)).count();
        let open = lines.iter().filter(|line| column.is_full(line) && !ends_sentence(line)).count();
        (lines.len() >= 12 && (16..=60).contains(&widest) && full * 5 >= lines.len() * 2 && open * 2 >= full).then_some(column)
    }

    fn is_full(&self, line: &str) -> bool {
        width(line) + SLACK >= self.width || line.chars().count() + 1 >= self.characters
    }

    fn continues(&self, before: &str, line: &str, is_indented: bool) -> bool {
        let begins = if self.is_indented { is_indented } else { NUMBER.is_match(line) || LABEL.is_match(line) };
        // An indented line is as wide as its indent says, which is gone.
        let is_open = self.is_full(before) || (self.is_indented && !ends_sentence(before));
        is_open && !begins && !line.starts_with('|')
    }
}

/// In Chinese characters: a Latin letter or digit is half of one.
fn width(line: &str) -> usize {
    line.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum::<usize>().div_ceil(2)
}
