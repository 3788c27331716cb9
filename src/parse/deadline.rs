//! The day by which a notice says that a problem will be solved: 整改时限:2025年6月30日, 2024年底前完成.
//!
//! 立行立改 and 长期坚持 are no days. A day without a year takes the first that comes after the feedback.

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
