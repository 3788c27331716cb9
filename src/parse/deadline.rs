//! The day by which a notice says that a problem will be solved: 整改时限:2025年6月30日, 2024年底前完成.
//!
//! 立行立改 and 长期坚持 are no days. A day without a year takes the first that comes after the feedback; one that is promised in
//! the middle of what was done (剩余8公里将于2025年5月底前完成) the first after the notice was written.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use crate::model::Stated;

use super::dates::{self, pattern};
use super::text::Line;

/// The day in a text that is known to state one.
pub(super) fn labelled(line: &Line, range: Range<usize>, after: Option<Date>) -> Option<Stated<Date>> {
    let mut bound = dates::bound(&line.text, range.clone())?;
    // 2024年3月-6月: the end counts.
    let rest = &line.text[bound.range.end..range.end];
    if let Some(to) = rest.strip_prefix(['至', '-']).and_then(|to| dates::bound(&line.text, range.end - to.len()..range.end)) {
        bound = dates::Bound { year: to.year.or(bound.year), ..to };
    }
    let span = line.span(bound.range.clone());
    if let Some(year) = bound.year {
        let is_inferred = bound.day.is_none() && !line.text[bound.range.clone()].ends_with(['底', '末']);
        return bound.in_year(year).map(|date| Stated { value: date, span: Some(span), inferred: is_inferred });
    }
    let after = after?;
    let date = [after.year(), after.year() + 1].into_iter().filter_map(|year| bound.in_year(year)).find(|date| *date >= after)?;
    Some(Stated { value: date, span: Some(span), inferred: true })
}

static PROMISED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:整改(?:完成)?时限|完成时限|整改期限|(?:计划|预计|力争|拟|确保|承诺)(?:于|在)?)(?:为|是|:|至|到)?(?P<day>(?:20[0-9]{2}年)?(?:[0-9]{1,2}月)?(?:[0-9]{1,2}[日号])?(?:底|末)?)(?:前|之前|以前)?|(?P<before>20[0-9]{2}年(?:[0-9]{1,2}月)?(?:[0-9]{1,2}[日号])?(?:底|末)?)(?:之|以)?前(?:全部|全面)?(?:完成|整改)",
    )
});

/// The day promised in a mark or sentence: 计划2025年6月底前完成.
pub(super) fn promised(line: &Line, range: Range<usize>, after: Option<Date>) -> Option<Stated<Date>> {
    let captures = PROMISED.captures(&line.text[range.clone()])?;
    let found = captures.name("day").filter(|day| !day.is_empty()).or(captures.name("before"))?;
    // One character more, so that 6月前 is seen as open.
    let end = line.text[range.start + found.end()..range.end].chars().next().map_or(0, char::len_utf8);
    labelled(line, range.start + found.start()..range.start + found.end() + end, after)
}

/// What a notice is dated by: deadlines of a plan follow the feedback, promises in prose follow the day it was written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Anchor {
    pub feedback: Option<Date>,
    /// The day of the signature, else of publication.
    pub written: Option<Date>,
}

static IN_PROSE: LazyLock<Regex> = LazyLock::new(|| {
    let day = r"(?P<year>20[0-9]{2}年|今年|明年|本年度?)?(?P<rest>[0-9]{1,2}月(?:[0-9]{1,2}[日号])?份?(?:底|末)?|年?(?:底|末))";
    pattern(&format!(
        r"(?:(?P<lead>将(?:于|在)|拟(?:于|在)?|(?:计划|预计|力争|争取|确保|承诺|预期)(?:将)?(?:于|在|到)?)|(?P<bare>^|[,;:、。]))(?P<day>{day})(?P<before>(?:之|以)?前)?(?P<then>[^,。;]{{0,24}})"
    ))
});
static COMES_TO_AN_END: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"完成|整改|销号|办结|到位|投用|投入使用|竣工|交付|建成|验收|解决|清零|化解|落地|出台|收回|结案"));
/// Told as what was, or as what somebody asked for.
static NO_PROMISE: LazyLock<Regex> = LazyLock::new(|| pattern(r"原(?:计划|定|拟)?$|曾$|本应$|要求[^,。;]{0,12}$|未能$|已(?:经)?$"));

/// The last day by which prose promises the end of what is still to do; never a day that lies before the notice.
///
/// A day alone (2025年6月底前完成) promises only where the notice is known to be older than it.
pub(super) fn in_prose(line: &Line, range: Range<usize>, anchor: Anchor) -> Option<Stated<Date>> {
    let text = &line.text[range.clone()];
    // Most texts name no month and no end of a year: they need no pattern.
    if !text.contains(['月', '底', '末']) {
        return None;
    }
    let promises = IN_PROSE.captures_iter(text).filter_map(|found| {
        let (whole, day, then) = (found.get(0)?, found.name("day")?, found.name("then")?.as_str());
        let is_led = found.name("lead").is_some();
        let says_end = COMES_TO_AN_END.is_match(then) || (is_led && found.name("before").is_some());
        let is_past = then.starts_with('已') || then.contains('了') || NO_PROMISE.is_match(&text[..whole.start()]);
        if !says_end || is_past || (!is_led && found.name("before").is_none()) {
            return None;
        }
        let promised = promised_day(line, range.start + day.start()..range.start + day.end(), &found, anchor.written)?;
        let lies_ahead = anchor.written.or(anchor.feedback).map(|written| promised.value >= written);
        lies_ahead.unwrap_or(is_led).then_some(promised).filter(|_| is_led || anchor.written.is_some())
    });
    promises.max_by_key(|promised| promised.value)
}

fn promised_day(line: &Line, range: Range<usize>, found: &regex::Captures<'_>, written: Option<Date>) -> Option<Stated<Date>> {
    let year = found.name("year").map_or("", |year| year.as_str());
    let rest = found.name("rest").map_or("", |rest| rest.as_str());
    let span = line.span(range.clone());
    if year.starts_with("20") {
        return labelled(line, range, written);
    }
    // 年底前, 今年10月底前: counted from the notice's own day.
    let written = written?;
    let of_year = written.year() + i16::from(year == "明年");
    let date = if rest.trim_start_matches('年').starts_with(['底', '末']) {
        Date::new(of_year, 12, 31).ok()?
    } else {
        let bound = dates::bound(&line.text, range)?;
        let next = || bound.in_year(of_year + 1).filter(|_| year.is_empty());
        bound.in_year(of_year).filter(|date| *date >= written).or_else(next)?
    };
    Some(Stated { value: date, span: Some(span), inferred: true })
}
