//! Lines to parts: the stretches that a number (一、 (一) 1. (1) ① 问题1:) or a label (整改情况:) begins.
//!
//! Numbers are taken as printed, whether they restart, run on or are misprinted; what they mean is decided in `tree`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::dates::pattern;
use super::numeral;
use super::status;
use super::text::Line;

/// How a number is written; the order is the usual nesting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Style {
    /// 第一部分
    Division,
    /// 一、
    Section,
    /// (一)
    Bracketed,
    /// A.
    Letter,
    /// 1.
    Digit,
    /// 1.1
    Decimal,
    /// 问题1:
    Problem,
    /// (1)
    BracketedDigit,
    /// ①
    Circled,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    pub style: Style,
    pub ordinal: u32,
    /// As it stands in a path: 二, (一), 1, (1), 问题1.
    pub name: String,
}

/// What a label says of the text after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// 反馈问题, 存在问题
    Problem,
    /// 整改措施
    Measures,
    /// 整改情况, 整改进展情况, 整改落实情况
    Rectification,
    /// 整改成效
    Result,
    /// 完成情况, 整改状态
    Status,
    /// 责任单位
    Unit,
    /// 责任人
    Person,
    /// 整改时限
    Deadline,
    /// 完成时间: a deadline, or the day it was done
    Finished,
    /// 未完成原因
    Reason,
    /// 下一步整改措施
    Next,
    /// A label that tells nothing we keep, such as 整改目标
    Other,
}

impl Label {
    /// Whether the text after it is what was done about the problem.
    pub fn is_rectification(self) -> bool {
        matches!(self, Self::Measures | Self::Rectification | Self::Result)
    }

    /// Whether it says who or until when, and nothing of what was done.
    pub fn is_tag(self) -> bool {
        matches!(self, Self::Unit | Self::Person | Self::Deadline | Self::Finished)
    }
}

/// A stretch of one line up to the next number or label.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub line: usize,
    /// The whole stretch, number and label included.
    pub range: Range<usize>,
    /// Without them.
    pub body: Range<usize>,
    pub marker: Option<Marker>,
    pub label: Option<Label>,
    /// The part begins its line.
    pub opens_line: bool,
}

static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:\[?(?P<problem>(?:反馈|具体|整改)?问题[(]?(?P<problem_no>[0-9]{1,3}|[一二三四五六七八九十]{1,3})[)]?)(?:[:、.,\]]+)|第(?P<division>[一二三四五六七八九十]{1,3})部分[、:.,]?|第?(?P<section>[一二三四五六七八九十百]{1,4})(?:、|\.)|(?P<letter>[A-Z])[.、]|(?P<hyphened>[0-9]{1,2}-[0-9]{1,2})[.、]?|[(\[]?(?P<bracketed>[一二三四五六七八九十]{1,3})[)\]]、?|(?P<decimal>[0-9]{1,2}(?:\.[0-9]{1,2}){1,2})(?P<decimal_end>[.、)]?)|(?P<digit>[0-9]{1,3})[.、,:]|[(\[]?(?P<bracketed_digit>[0-9]{1,3})[)\]]、?|(?P<circled>[①-⑳]))",
    )
});

/// The number at the beginning of `text`, and its length in bytes.
fn marker(text: &str) -> Option<(Marker, usize)> {
    let captures = MARKER.captures(text)?;
    let length = captures.get(0)?.end();
    let rest = &text[length..];
    let found = |style, number: &str, name: String| numeral::whole(number).map(|ordinal| (Marker { style, ordinal, name }, length));
    if let Some(number) = captures.name("problem_no") {
        return found(Style::Problem, number.as_str(), captures["problem"].to_owned());
    }
    if let Some(number) = captures.name("division") {
        return found(Style::Division, number.as_str(), number.as_str().to_owned());
    }
    if let Some(letter) = captures.name("letter") {
        let ordinal = u32::from(letter.as_str().as_bytes()[0] - b'A') + 1;
        return Some((Marker { style: Style::Letter, ordinal, name: letter.as_str().to_owned() }, length));
    }
    if let Some(number) = captures.name("hyphened") {
        // 1-1 counts as 1.1 does; 3-5家 and 2-3月 are quantities.
        let last = number.as_str().rsplit('-').next().unwrap_or_default();
        return if HEADS_DECIMAL.is_match(rest) { found(Style::Decimal, last, number.as_str().to_owned()) } else { None };
    }
    if let Some(number) = captures.name("section") {
        return found(Style::Section, number.as_str(), number.as_str().to_owned());
    }
    if let Some(number) = captures.name("bracketed") {
        return found(Style::Bracketed, number.as_str(), format!("({})", number.as_str()));
    }
    if let Some(number) = captures.name("decimal") {
        // 1.5万元 is no number of a heading, and neither is a day such as 9.12.
        let heads = HEADS_DECIMAL.is_match(rest);
        let last = number.as_str().rsplit('.').next().unwrap_or_default();
        return if heads { found(Style::Decimal, last, number.as_str().to_owned()) } else { first_level(number.as_str(), rest) };
    }
    if let Some(number) = captures.name("digit") {
        let is_quantity =
            captures.get(0).is_some_and(|whole| whole.as_str().ends_with([',', ':'])) && rest.starts_with(|c: char| c.is_ascii_digit());
        return if is_quantity { None } else { found(Style::Digit, number.as_str(), number.as_str().to_owned()) };
    }
    if let Some(number) = captures.name("bracketed_digit") {
        return found(Style::BracketedDigit, number.as_str(), format!("({})", number.as_str()));
    }
    let circled = captures.name("circled")?.as_str();
    let ordinal = circled.chars().next()? as u32 - '①' as u32 + 1;
    Some((Marker { style: Style::Circled, ordinal, name: circled.to_owned() }, length))
}

static HEADS_DECIMAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:关于|针对|聚焦|反馈|问题|[\p{Han}“]{6})"));

/// 1.2024年3月…: the first measure begins with a year.
fn first_level(number: &str, rest: &str) -> Option<(Marker, usize)> {
    let (first, second) = number.split_once('.')?;
    if second.contains('.') || !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let ordinal = numeral::whole(first)?;
    Some((Marker { style: Style::Digit, ordinal, name: first.to_owned() }, first.len() + 1))
}

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    let words = [
        r"(?P<reason>(?:整改)?(?:未|尚未)(?:能)?(?:完成|整改)(?:整改|到位)*(?:的)?(?:主要)?原因|未整改到位(?:的)?原因|原因(?:分析|说明)?)",
        r"(?P<next>(?:下一步|下步|后续|今后|继续)(?:的)?(?:整改|工作|推进)*(?:措施|打算|计划|安排|举措|思路|工作|整改)?)",
        r"(?P<finished>(?:整改)?(?:完成|办结)时间|整改时间)",
        r"(?P<deadline>(?:整改|完成|计划|预计|承诺|办结)+(?:完成|整改)?(?:的)?(?:时限|期限|时间)|时限(?:要求)?|期限)",
        r"(?P<unit>(?:整改)?(?:牵头|责任|主责|承办|落实)+(?:单位|部门|科室|处室|股室|机构)(?:及责任人)?)",
        r"(?P<person>(?:整改)?(?:第一|直接|主要)?(?:责任|牵头|分管|包案)(?:人|领导|人员)|整改责任人)",
        r"(?P<status>(?:整改)?(?:完成|销号|办结)(?:状态|情况|进度|与否)|整改(?:状态|进度|结论)|是否(?:完成|销号)(?:整改)?|(?:整改)?状态)",
        r"(?P<measures>(?:具体|主要|已?采取的?|制定的?)*(?:整改|工作)?(?:措施|举措)(?:[及和与、](?:整改)?成效)?|主要做法)",
        r"(?P<result>(?:整改|工作|取得的?|阶段性?)+(?:成效|成果|效果|结果)|成效)",
        r"(?P<other>整改目标|整改要求|配合(?:单位|部门)|督导单位|责任分工|整改类型|问题类型|问题性质)",
        r"(?P<rectification>(?:具体|目前|主要|当前)?整改(?:的)?(?:落实|进展|完成|具体|工作|推进|措施|阶段性)*(?:情况)?(?:[及和与、](?:成效|进展|效果))?|(?:工作)?(?:进展|落实|办理|推进)情况|整改过程|目前(?:进展|整改)(?:情况)?)",
        r"(?P<problem>(?:巡[视察])?(?:组)?(?:反馈|存在|发现|指出)?(?:的)?(?:具体|主要|突出)?问题(?:描述|表述|表现|内容|原文|摘要|事项|清单)?)",
    ];
    pattern(&format!(r"^\[?(?:{})(?:[(][^()]{{2,20}}[)])?(?P<end>\]:?|:|-(?:-)|。|$)", words.join("|")))
});

/// The label at the beginning of `text`, and its length in bytes with its colon.
fn label(text: &str) -> Option<(Label, usize)> {
    let captures = LABEL.captures(text)?;
    let end = captures.name("end")?;
    let opened = text.starts_with('[');
    if opened != end.as_str().starts_with(']') {
        return None;
    }
    const NAMES: [(&str, Label); 12] = [
        ("reason", Label::Reason),
        ("next", Label::Next),
        ("finished", Label::Finished),
        ("deadline", Label::Deadline),
        ("unit", Label::Unit),
        ("person", Label::Person),
        ("status", Label::Status),
        ("measures", Label::Measures),
        ("result", Label::Result),
        ("other", Label::Other),
        ("rectification", Label::Rectification),
        ("problem", Label::Problem),
    ];
    let label = NAMES.iter().find(|(name, _)| captures.name(name).is_some()).map(|(_, label)| *label)?;
    Some((label, end.end()))
}

/// What a table's cell says as the name of its column.
pub(super) fn label_of(cell: &str) -> Option<Label> {
    label(cell).filter(|(_, length)| *length == cell.len()).map(|(label, _)| label)
}

/// 整改情况 一是…: a label whose colon is missing.
static BARE_LABEL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^整改(?:进展|落实|完成)?情况(?:[,;.])?一是"));

fn bare_label(text: &str) -> Option<(Label, usize)> {
    BARE_LABEL.find(text).map(|found| (Label::Rectification, found.end() - "一是".len()))
}

/// Where a part may begin inside a line: after the end of a sentence, a number with the words of a heading, or a label.
static INSIDE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"[一二三四五六七八九十]{1,3}、[\p{Han}“\x22]{3}|[(\[][一二三四五六七八九十]{1,3}[)\]]|[0-9]{1,2}[.、]|[(\[][0-9]{1,2}[)\]]",
        r"|-(?:[(\[]?[一二三四五六七八九十]{1,3}[)\]、]|[(\[]?[0-9]{1,2}[.、)\]]|问题)",
        r"|(?:反馈|具体)?问题[0-9]{1,3}[:、.]",
        r"|\[?(?:整改|反馈|存在|具体|责任|牵头|完成|计划|预计|未完成|下一步|下步|后续|采取|主要|进展|落实|配合|原因)[\p{Han}]{0,10}(?::|\])",
    ))
});

/// The parts of all lines but those that `skipped` says are read otherwise.
pub(super) fn parts(lines: &[Line], skipped: impl Fn(usize) -> bool) -> Vec<Part> {
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        if line.text.is_empty() || skipped(number) {
            continue;
        }
        match labelled_row(number, line) {
            Some(part) => found.push(part),
            None => split_line(number, line, &mut found),
        }
    }
    found
}

/// | 整改措施 | … |: a row of two cells whose first is a label.
fn labelled_row(number: usize, line: &Line) -> Option<Part> {
    let [name, body] = line.cells.as_slice() else { return None };
    let label = label_of(&line.text[name.clone()])?;
    Some(Part { line: number, range: 0..line.text.len(), body: body.clone(), marker: None, label: Some(label), opens_line: true })
}

fn split_line(number: usize, line: &Line, found: &mut Vec<Part>) {
    let mut starts = vec![0];
    let mut counted: Vec<(Style, u32)> = Vec::new();
    for candidate in INSIDE.find_iter(&line.text) {
        let at = candidate.start();
        let last = starts.last().copied().unwrap_or_default();
        let follows_number = marker(&line.text[last..]).is_some_and(|(_, length)| last + length == at);
        let text = line.text[at..].trim_start_matches('-');
        let number = marker(text).map(|(marker, _)| marker);
        let is_next = number.as_ref().is_some_and(|number| counts_on(line, at, number, &mut counted));
        if at > 0
            && !follows_number
            && (is_next
                || ((line.text[at..].starts_with('-') || NAMES.is_match(text))
                    && begins_anew(line, at)
                    && (number.is_some() || label(text).is_some())))
        {
            starts.push(at);
        }
    }
    starts.push(line.text.len());
    for window in starts.windows(2) {
        // The bracket that opens before a label is nobody's text.
        let end = window[1] - usize::from(line.text[window[0]..window[1]].ends_with('('));
        push_parts(number, line, window[0]..end, found);
    }
}

/// …整改情况(一)….(二)…: a series that begins right after a heading and counts on after full stops.
fn counts_on(line: &Line, at: usize, marker: &Marker, counted: &mut Vec<(Style, u32)>) -> bool {
    let before = &line.text[..at];
    let begins = marker.ordinal == 1 && HEADING_ENDS.iter().any(|end| before.ends_with(end));
    let goes_on = before.ends_with(['。', ';', ')', ']']) && counted.contains(&(marker.style, marker.ordinal.wrapping_sub(1)));
    if begins || goes_on {
        counted.retain(|(style, _)| *style != marker.style);
        counted.push((marker.style, marker.ordinal));
    }
    begins || goes_on
}

/// What may begin a part by itself, as against a number that only counts on.
static NAMES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^(?:[一二三四五六七八九十]{1,3}、|(?:[(\[][一二三四五六七八九十]{1,3}[)\]]|[0-9]{1,2}[.、]|[(\[][0-9]{1,2}[)\]])(?:关于|针对|聚焦|问题)",
        r"|(?:反馈|具体)?问题|\[?(?:整改|反馈|存在|具体|责任|牵头|完成|计划|预计|未完成|下一步|下步|后续|采取|主要|进展|落实|配合|原因))",
    ))
});

fn begins_anew(line: &Line, at: usize) -> bool {
    // A list mark of the text's former layout: … - (一)….
    if line.text[at..].starts_with('-') {
        return line.gap_before(at) && line.gap_before(at + 1);
    }
    let is_section = SECTION_INSIDE.is_match(&line.text[at..]);
    if is_section {
        return line.text[..at].ends_with(['。', ')', ']', '!']);
    }
    line.gap_before(at)
        || line.text[..at].ends_with(['。', ';', ')', ']', '!', '”'])
        || HEADING_ENDS.iter().any(|end| line.text[..at].ends_with(end))
        // …有死角。(责任单位:…;整改时限:…)
        || (line.text[..at].ends_with('(') && label(&line.text[at..]).is_some_and(|(label, _)| label.is_tag()))
}

static SECTION_INSIDE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[一二三四五六七八九十]{1,3}、"));
const HEADING_ENDS: [&str; 5] = ["方面", "的问题", "整改情况", "进展情况", "落实情况"];

/// 完成情况:一是…二是… tells what was done, not how far it is.
fn tells_more_than_status(line: &Line, label: Label, body: &Range<usize>) -> bool {
    let text = &line.text[body.clone()];
    label == Label::Status
        && (text.is_empty() || (text.chars().count() >= STATUS_CHARACTERS && status::labelled(&line.text, body.clone()).is_none()))
}

/// A text shorter than this after 完成情况: is some status, if none we know: 100%.
const STATUS_CHARACTERS: usize = 12;

/// One part, or two where a label follows the number (1.整改措施:…): then the number belongs to the label.
fn push_parts(number: usize, line: &Line, range: Range<usize>, found: &mut Vec<Part>) {
    let text = &line.text[range.clone()];
    let text = text.trim_start_matches(['-', '•', '·', '●', '■', '◆', '▲', '>', '#']);
    let start = range.end - text.len();
    let (marker, after_marker) = marker(text).map_or((None, 0), |(marker, length)| (Some(marker), length));
    let (label, after_label) = label(&text[after_marker..])
        .or_else(|| bare_label(&text[after_marker..]))
        .map_or((None, 0), |(label, length)| (Some(label), length));
    // 二、整改情况 is a section, not a label.
    let is_section = marker.as_ref().is_some_and(|marker| marker.style <= Style::Section);
    let (label, after_label) = if is_section { (None, 0) } else { (label, after_label) };
    let body = start + after_marker + after_label..range.end;
    let label = label.map(|label| if tells_more_than_status(line, label, &body) { Label::Rectification } else { label });
    found.push(Part { line: number, range: start..range.end, body, marker, label, opens_line: range.start == 0 });
}
