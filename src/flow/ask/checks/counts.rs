//! What a notice says of itself against what it prints, only where its own structure lets the two be compared.
//!
//! A gap by itself is normal: plans are finer or coarser than what is told of them, and one heading may stand for several problems.
//! So problems are counted where their numbers run on from 1 to the last, and measures, marks and rates where every problem that is
//! claimed is printed, too.

use super::super::sentence;
use super::{Facts, Name};
use crate::model::{Item, Stated, Status, Version};
use crate::parse;

pub(super) fn differ(version: &Version) -> Facts {
    [problems(version), measures(version), progress(version, Status::Done), progress(version, Status::Open), rate(version)]
        .into_iter()
        .flatten()
        .collect()
}

type Fact = (Name, String, String);

/// 反馈27个问题 beside problems numbered 1 to 26.
fn problems(version: &Version) -> Option<Fact> {
    let claimed = version.notice.claims.problems.as_ref()?;
    let printed = last_running_number(&version.notice.items)?;
    let fact = format!("通报称问题数为{},正文问题连续编号至{printed}。", claimed.value);
    (claimed.value != printed).then(|| (Name::ProblemsDiffer, fact, quoted(version, claimed)))
}

/// The number of problems where their own numbers count 1, 2, 3 … to the last, through all sections.
fn last_running_number(items: &[Item]) -> Option<u32> {
    let number = |item: &Item| {
        let digits: String = item.path.last()?.chars().filter(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    };
    let runs_on = items.iter().zip(1..).all(|(item, expected)| number(item) == Some(expected));
    // Below one heading alone numbers always run on; whether that heading is all there is stays open.
    let sections: std::collections::HashSet<&[String]> =
        items.iter().filter_map(|item| item.path.split_last()).map(|(_, above)| above).collect();
    let is_named = items.first().is_some_and(|item| item.path.last().is_some_and(|name| name.contains("问题")));
    (runs_on && items.len() > 2 && (sections.len() > 1 || is_named)).then(|| u32::try_from(items.len()).ok())?
}

/// Whether every problem that is claimed is printed.
fn prints_all(version: &Version) -> bool {
    let claimed = version.notice.claims.problems.as_ref();
    claimed.is_some_and(|claimed| claimed.value as usize == version.notice.items.len())
}

/// 制定65条措施 beside 66 that are enumerated, where every problem enumerates its own.
fn measures(version: &Version) -> Option<Fact> {
    let claimed = version.notice.claims.measures.as_ref()?;
    let is_enumerated = |item: &Item| {
        let first = item.measures.first().map(|first| parse::quote(&version.document, *first)).unwrap_or_default();
        let number = ["一是", "1", "１", "（一）", "(一)", "（1）", "(1)", "①", "第一"];
        number.iter().any(|number| first.starts_with(number))
    };
    let printed: usize = version.notice.items.iter().map(|item| item.measures.len()).sum();
    let is_comparable = prints_all(version) && version.notice.items.iter().all(is_enumerated);
    let fact = format!("通报称整改措施数为{},各问题下逐条列出的措施共{printed}。", claimed.value);
    (is_comparable && claimed.value as usize != printed).then(|| (Name::MeasuresDiffer, fact, quoted(version, claimed)))
}

/// 已完成24个 beside 23 problems that are marked so, where every one is marked.
fn progress(version: &Version, status: Status) -> Option<Fact> {
    let (items, claims) = (&version.notice.items, &version.notice.claims);
    let claimed = if status == Status::Done { &claims.done } else { &claims.open }.as_ref()?;
    let is_marked = |item: &Item| item.status.is_some();
    let marked = items.iter().filter(|item| item.status.as_ref().is_some_and(|found| found.value == status)).count();
    // 已完成并长期坚持 is both to those who count.
    let is_both = |item: &Item| item.status_as_written.as_ref().is_some_and(|written| written.contains("完成")) && !is_plain(item);
    let mixed = items.iter().filter(|item| is_both(item)).count();
    let fits = (marked..=marked + mixed).contains(&(claimed.value as usize));
    let fact = format!("通报称{}{}个,逐项标注为{}的问题{marked}个。", status.chinese(), claimed.value, status.chinese());
    (prints_all(version) && items.iter().all(is_marked) && !fits).then(|| (Name::ProgressDiffers, fact, quoted(version, claimed)))
}

fn is_plain(item: &Item) -> bool {
    item.status.as_ref().is_some_and(|status| matches!(status.value, Status::Done | Status::Open))
}

/// 25个问题,已完成19个,完成率80%: the rate that both make is another; rounded and cut figures count as the same.
fn rate(version: &Version) -> Option<Fact> {
    let claims = &version.notice.claims;
    let (problems, done, rate) = (claims.problems.as_ref()?, claims.done.as_ref()?, claims.rate.as_ref()?);
    if problems.value == 0 || quoted(version, done) != quoted(version, rate) {
        return None;
    }
    let computed = f64::from(done.value) * 100.0 / f64::from(problems.value);
    let decimals = rate.value.to_string().split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let unit = 10f64.powi(-i32::try_from(decimals).unwrap_or(0));
    let fact =
        format!("通报称完成率{}%,而{}个问题完成{}个,应为{:.*}%。", rate.value, problems.value, done.value, decimals.max(1), computed);
    ((computed - rate.value).abs() >= unit).then(|| (Name::RateDiffers, fact, quoted(version, rate)))
}

fn quoted<T>(version: &Version, stated: &Stated<T>) -> String {
    stated.span.map(|span| sentence(&version.document, span)).unwrap_or_default()
}
