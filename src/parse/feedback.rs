//! An inspection's findings as they are fed back (巡察反馈): to whom, on which day, and the problems named; nothing was done yet.
//!
//! Problems are read from headings, or after a sentence that announces them (主要问题是:一是…). What is asked for is no problem.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use crate::model::{Inspection, Item, Stated};

use super::dates::{mentions, pattern};
use super::sentence::{first_clause, sentences};
use super::shape;
use super::text::Line;

/// What the announcement of findings says beside the opening: whom they were fed back to, and the day, whose year the page's date tells.
pub(super) fn complete(inspection: &mut Inspection, lines: &[Line], title: Option<&Line>, published: Option<Date>) {
    if inspection.target.is_none() {
        let in_title = || title.and_then(told_to).map(|target| Stated { span: None, ..target });
        inspection.target = lines.iter().find_map(told_to).or_else(in_title);
    }
    if inspection.feedback.is_none() {
        inspection.feedback = published.and_then(|published| lines.iter().find_map(|line| day(line, published)));
    }
}

static TOLD_TO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"向(?P<target>[^,。;:向《]{2,60}?)(?:领导班子(?:成员)?|主要负责(?:人|同志)|党员(?:领导)?干部|(?:集中|分别|专题|正式|书面|进行|通报))*(?:了)?反馈",
    )
});
/// 10个单位党组织 names no body.
static SEVERAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"[0-9一二三四五六七八九十]+[个家]|各|有关|被巡[视察]|全体|党中央"));

fn told_to(line: &Line) -> Option<Stated<String>> {
    let names = TOLD_TO.captures_iter(&line.text).filter_map(|found| found.name("target"));
    let name = names.into_iter().find(|name| !SEVERAL.is_match(name.as_str()))?;
    Some(line.stated(name.range()))
}

/// 6月20日,…反馈了巡察意见: without a year, the last such day before the page's own date.
fn day(line: &Line, published: Date) -> Option<Stated<Date>> {
    let told = sentences(&line.text, 0..line.text.len()).into_iter().find(|range| line.text[range.clone()].contains("反馈"))?;
    let word = told.start + line.text[told.clone()].find("反馈")?;
    let mention = mentions(&line.text, told.start..word).pop()?;
    let date = match mention.date() {
        Some(date) => Some(date),
        None => [published.year(), published.year() - 1].into_iter().filter_map(|year| mention.in_year(year)).find(|day| *day <= published),
    };
    date.map(|date| Stated { value: date, span: Some(line.span(mention.range.clone())), inferred: mention.year.is_none() })
}

/// Announces problems that follow: 发现的主要问题有:, 存在以下问题。
static ANNOUNCES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:发现|指出|存在|反映|反馈)[^。;]{0,60}?(?:问题|不足|差距|薄弱环节)(?:[,]?(?:主要|突出|集中)?(?:是|有|表现|体现|包括|如下)*(?:在)?(?:以下[\p{Han}]{0,6})?)(?:[:。,]|$)",
    )
});
/// What follows is no problem any more: what is asked for, promised or handed over.
static TURNS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"意见(?:建议)?:|建议|要求|表示|表态|提出(?:了)?[^。]{0,12}意见|线索|整改意见|希望|强调"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?P<is>[一二三四五六七八九十]{1,2})是|[(](?P<bracketed>[一二三四五六七八九十]{1,2}|[0-9]{1,2})[)]|(?P<digit>[0-9]{1,2})[.、]")
});

/// The problems that prose names after announcing them, in order.
pub(super) fn problems(lines: &[Line]) -> Vec<Item> {
    let mut found = Vec::new();
    let mut tells = false;
    for line in lines {
        for range in sentences(&line.text, 0..line.text.len()) {
            let text = &line.text[range.clone()];
            let announced = ANNOUNCES.find(text).map(|announced| range.start + announced.end());
            if announced.is_none() && TURNS.is_match(text) {
                tells = false;
            }
            tells |= announced.is_some();
            if tells {
                let entries = entries(line, announced.unwrap_or(range.start)..range.end, announced.is_some());
                found.extend(entries.into_iter().filter_map(|(path, range)| item(line, path, range)));
            }
        }
    }
    found
}

/// The numbered stretches; in the sentence of the announcement itself also those between semicolons.
fn entries(line: &Line, range: Range<usize>, is_announced: bool) -> Vec<(Vec<String>, Range<usize>)> {
    let text = &line.text[range.clone()];
    let begins = |at: usize| at == 0 || text[..at].ends_with([';', ':', ',', '。']);
    let numbers: Vec<_> = NUMBER.captures_iter(text).filter(|found| found.get(0).is_some_and(|whole| begins(whole.start()))).collect();
    if numbers.is_empty() {
        let stretches = || {
            text.split_inclusive(';').scan(range.start, |at, stretch| {
                Some((*at, {
                    *at += stretch.len();
                    *at
                }))
            })
        };
        return if is_announced { stretches().map(|(start, end)| (Vec::new(), start..end)).collect() } else { Vec::new() };
    }
    let starts: Vec<(usize, usize, Vec<String>)> = numbers
        .iter()
        .filter_map(|found| {
            let whole = found.get(0)?;
            let name = match (found.name("is"), found.name("bracketed"), found.name("digit")) {
                (Some(number), ..) | (.., Some(number)) => number.as_str().to_owned(),
                (_, Some(number), _) => format!("({})", number.as_str()),
                _ => return None,
            };
            Some((whole.start(), whole.end(), vec![name]))
        })
        .collect();
    let ends = starts.iter().skip(1).map(|(start, ..)| *start).chain([text.len()]);
    starts.iter().zip(ends).map(|((_, start, path), end)| (path.clone(), range.start + start..range.start + end)).collect()
}

/// An entry that reads as a fault.
fn item(line: &Line, path: Vec<String>, range: Range<usize>) -> Option<Item> {
    let range = line.trimmed(range, &[';', ',', ':'], &['。', ';', ',', ':']);
    let text = &line.text[range.clone()];
    let is_fault = text.split([',', ';', '。']).any(shape::is_negative) && !TURNS.is_match(text);
    is_fault.then(|| Item {
        path,
        heading: line.stated(line.trimmed(first_clause(&line.text, range.clone()), &[], &['。', ';', ':'])),
        problem: Some(line.stated(range)),
        rectification: None,
        measures: Vec::new(),
        status: None,
        status_as_written: None,
        responsible_unit: None,
        responsible_person: None,
        deadline: None,
    })
}

/// A problem that was fed back has no rectification yet; what stands below its heading tells its cases.
pub(super) fn without_rectification(items: &mut [Item]) {
    for item in items {
        item.rectification = None;
        item.measures.clear();
        (item.status, item.status_as_written, item.deadline) = (None, None, None);
    }
}
