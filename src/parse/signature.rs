//! Who signed, and when: the last lines, 中共嵊州市委 and 2025年6月10日, in one line or two.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use crate::model::Stated;

use super::dates::{mentions, pattern};
use super::text::Line;

#[derive(Debug, Default)]
pub(super) struct Signature {
    pub signed: Option<Stated<String>>,
    pub signed_on: Option<Stated<Date>>,
    /// The first of its lines: the text ends before it.
    pub first_line: Option<usize>,
}

/// Lines from the end that may hold it; below it may stand attachments and remarks.
const LINES_MAX: usize = 12;
const UNIT_CHARACTERS_MAX: usize = 50;

static REMARK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[(\[]?(?:责任编辑|编辑|审核|来源|此件|附件|附:|校对|初审|复审|终审|供稿|撰稿|主动公开|公开方式)"));

pub(super) fn signature(lines: &[Line]) -> Signature {
    let from = lines.len().saturating_sub(LINES_MAX);
    for number in (from..lines.len()).rev() {
        let line = &lines[number];
        let text = &line.text;
        if REMARK.is_match(text) {
            continue;
        }
        let days = mentions(text, 0..text.len());
        let Some(day) = days.last().filter(|day| day.range.end + 3 >= text.len() && day.date().is_some()) else { continue };
        let before = text[..day.range.start].trim_end_matches([':', ',', '(']);
        let signed_on = day.date().map(|date| line.value(date, day.range.clone()));
        if before.is_empty() {
            let unit = number.checked_sub(1).filter(|&above| is_unit(&lines[above].text));
            // The day above the name: 2024年4月1日, then 某村党总支.
            let below = lines.get(number + 1).filter(|below| unit.is_none() && is_unit(&below.text) && UNIT.is_match(&below.text));
            let signed = unit.map(|above| &lines[above]).or(below).map(unit_of);
            return Signature { signed, signed_on, first_line: Some(unit.unwrap_or(number)) };
        }
        if is_unit(before) {
            let range = 0..before.len();
            return Signature { signed: Some(line.stated(range)), signed_on, first_line: Some(number) };
        }
        if let Some(range) = unit_after_text(line, before) {
            return Signature { signed: Some(line.stated(range)), signed_on, first_line: None };
        }
    }
    unit_alone(lines)
}

/// …邮政编码:362000。 某局党组 2023年1月9日: the lines of the page were joined to one.
fn unit_after_text(line: &Line, before: &str) -> Option<Range<usize>> {
    let start = before.rfind('。')? + '。'.len_utf8();
    let unit = &before[start..];
    (line.gap_before(start) && is_unit(unit) && UNIT.is_match(unit)).then_some(start..before.len())
}

/// The unit without a date: the last line, and short.
fn unit_alone(lines: &[Line]) -> Signature {
    let last = lines.iter().rposition(|line| !REMARK.is_match(&line.text));
    let Some(number) = last.filter(|&number| number > 2 && is_unit(&lines[number].text) && UNIT.is_match(&lines[number].text)) else {
        return Signature::default();
    };
    Signature { signed: Some(unit_of(&lines[number])), signed_on: None, first_line: Some(number) }
}

fn unit_of(line: &Line) -> Stated<String> {
    line.stated(line.trimmed(0..line.text.len(), &['(', '['], &[')', ']', '。']))
}

static UNIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:党组|党委|委员会|[省市区县州盟旗工]委|局|厅|院|大学|公司|集团|联合会|联|办公室|支部|总支|政府|管委会|党工委|中心)[)\]]?$")
});

/// A line that can be a body's name: short, and without the stops of a sentence.
fn is_unit(text: &str) -> bool {
    let count = text.chars().count();
    (2..=UNIT_CHARACTERS_MAX).contains(&count)
        && !text.contains(['。', ';', ',', ':', '?', '!', '、', '“'])
        && !text.contains("关于")
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
        && !text.contains("情况")
}
