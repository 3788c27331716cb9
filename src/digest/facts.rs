//! A notice to three lines of facts: who was inspected by whom and when, what was found and done, who was dealt with.
//!
//! Says only what the notice states; what is a conclusion of ours is marked.

use jiff::civil::Date;

use super::clean::clean;
use super::discreet::Discreet;
use crate::model::{Inspection, InspectionKind, Item, Notice, Stated, Status, Topic, Word};

pub(super) const INFERRED: &str = "（年份为推断）";
/// How many unfinished matters and outcomes are named.
const OPEN_MAX: usize = 2;
const OUTCOMES_MAX: usize = 6;

pub(super) fn facts(notice: &Notice, discreet: &Discreet) -> Vec<String> {
    [
        inspection(&notice.inspection, discreet),
        problems(notice, discreet),
        unfinished(notice, discreet),
        claims(notice),
        outcomes(notice, discreet),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The fewest words: 问题 27，未完成 1.
pub(super) fn short(notice: &Notice) -> Option<String> {
    let problems = Some(notice.items.len() as u32).filter(|&count| count > 0);
    let problems = problems.or_else(|| notice.claims.problems.as_ref().map(|stated| stated.value))?;
    let open = notice.items.iter().filter(|item| status(item) == Some(Status::Open)).count();
    Some(if open > 0 { format!("问题 {problems}，未完成 {open}") } else { format!("问题 {problems}") })
}

fn inspection(inspection: &Inspection, discreet: &Discreet) -> Option<String> {
    let team = inspection.team.as_ref().map(|team| discreet.line(&team.value.as_written, 40)).unwrap_or_default();
    let target = inspection.target.as_ref().map(|target| discreet.line(&target.value, 40)).unwrap_or_default();
    let mut dates = Dates::default();
    let from = inspection.from.as_ref().map(|date| dates.say(date));
    let to = inspection.to.as_ref().map(|date| dates.say(date));
    let when = match (from, to) {
        (Some(from), Some(to)) => format!(" {from} 至 {to} "),
        (Some(from), None) => format!(" {from} 起"),
        (None, Some(to)) => format!(" 至 {to} "),
        (None, None) => String::new(),
    };
    let visit = match team.is_empty() && target.is_empty() && when.is_empty() {
        true => String::new(),
        false => format!("{team}{when}{}{target}", verb(inspection)),
    };
    let feedback = inspection.feedback.as_ref().map(|date| format!("{} 反馈", dates.say(date)));
    let parts: Vec<String> = [Some(visit.trim().to_owned()).filter(|visit| !visit.is_empty()), feedback].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("，"))
}

fn verb(inspection: &Inspection) -> String {
    let word = match inspection.word.as_ref().map(|word| word.value) {
        Some(Word::Xunshi) => "巡视",
        Some(Word::Xuncha) => "巡察",
        None => "巡视巡察",
    };
    match inspection.kind.as_ref().map(|kind| kind.value) {
        Some(InspectionKind::Routine) => format!("常规{word}"),
        Some(InspectionKind::Special) => format!("专项{word}"),
        Some(InspectionKind::Mobile) => format!("机动{word}"),
        Some(InspectionKind::LookBack) => format!("{word}“回头看”"),
        None => word.to_owned(),
    }
}

/// Dates of one line: the year is said once.
#[derive(Default)]
struct Dates {
    year: Option<i16>,
}

impl Dates {
    fn say(&mut self, date: &Stated<Date>) -> String {
        let said = match self.year == Some(date.value.year()) {
            true => date.value.strftime("%m-%d").to_string(),
            false => date.value.to_string(),
        };
        self.year = Some(date.value.year());
        if date.inferred { said + INFERRED } else { said }
    }
}

fn status(item: &Item) -> Option<Status> {
    item.status.as_ref().map(|status| status.value)
}

/// What is printed, problem by problem.
fn problems(notice: &Notice, discreet: &Discreet) -> Option<String> {
    let total = Some(notice.items.len()).filter(|&total| total > 0)?;
    if notice.topic == Topic::Feedback {
        return Some(format!("指出问题 {total}"));
    }
    let count = |wanted: Option<Status>| notice.items.iter().filter(|item| status(item) == wanted).count();
    if count(None) == total {
        return Some(format!("所列问题 {total}，均未标注完成情况"));
    }
    let mut parts = Vec::new();
    for wanted in [Some(Status::Done), Some(Status::Partial), Some(Status::Standing), Some(Status::Open), None] {
        let word = wanted.map_or("未标注", Status::chinese);
        let detail = if wanted == Some(Status::Open) { open(&notice.items, discreet) } else { String::new() };
        parts.extend(Some(count(wanted)).filter(|&count| count > 0).map(|count| format!("{word} {count}{detail}")));
    }
    Some(format!("所列问题 {total}：{}", parts.join("，")))
}

fn open(items: &[Item], discreet: &Discreet) -> String {
    let open: Vec<&Item> = items.iter().filter(|item| status(item) == Some(Status::Open)).collect();
    let named = open.iter().take(OPEN_MAX).map(|item| {
        let deadline =
            item.deadline.as_ref().map(|deadline| format!("，时限 {}{}", deadline.value, if deadline.inferred { INFERRED } else { "" }));
        discreet.line(&bare(&item.heading.value), 40) + deadline.as_deref().unwrap_or_default()
    });
    let rest = if open.len() > OPEN_MAX { "等" } else { "" };
    let named = named.collect::<Vec<_>>().join("；");
    if named.is_empty() { named } else { format!("（{named}{rest}）") }
}

/// What the notice tells of as unfinished at its end, where no problem is marked so.
fn unfinished(notice: &Notice, discreet: &Discreet) -> Option<String> {
    let is_marked = notice.items.iter().any(|item| status(item) == Some(Status::Open));
    let total = Some(notice.unfinished.len()).filter(|&total| total > 0 && !is_marked)?;
    let named = notice.unfinished.iter().take(OPEN_MAX).map(|matter| {
        let deadline = matter.deadline.as_ref();
        let deadline = deadline.map(|day| format!("，时限 {}{}", day.value, if day.inferred { INFERRED } else { "" }));
        discreet.line(&bare(&matter.problem.value), 40) + deadline.as_deref().unwrap_or_default()
    });
    let rest = if total > OPEN_MAX { "等" } else { "" };
    Some(format!("列为未完成 {total}（{}{rest}）", named.collect::<Vec<_>>().join("；")))
}

/// A heading without the words that frame every heading: 针对指导基层商会换届不及时的问题 is 指导基层商会换届不及时.
pub(super) fn bare(heading: &str) -> String {
    let heading = clean(heading);
    let framed = heading.strip_prefix("针对").or_else(|| heading.strip_prefix("关于"));
    framed.and_then(|inner| inner.strip_suffix("的问题").or_else(|| inner.strip_suffix("问题"))).unwrap_or(&heading).to_owned()
}

/// What the notice says of itself, kept apart from what it prints.
fn claims(notice: &Notice) -> Option<String> {
    let claims = &notice.claims;
    let number = |word: &str, stated: &Option<Stated<u32>>| stated.as_ref().map(|stated| format!("{word} {}", stated.value));
    let found = [
        number("方面", &claims.aspects),
        number("问题", &claims.problems),
        number("措施", &claims.measures),
        number("制度", &claims.rules),
    ];
    let rate = claims.rate.as_ref().map(|rate| format!("完成率 {}%", rate.value));
    let done = [number("已完成", &claims.done), number("未完成", &claims.open), rate];
    let as_of = claims.as_of.as_ref().map(|date| format!("（截至 {}{}）", date.value, if date.inferred { INFERRED } else { "" }));
    let said: Vec<String> = found.into_iter().chain(done).flatten().collect();
    (!said.is_empty()).then(|| format!("自述：{}{}", said.join("，"), as_of.unwrap_or_default()))
}

/// Discipline and money as printed, totals only.
fn outcomes(notice: &Notice, discreet: &Discreet) -> Option<String> {
    let totals: Vec<String> = notice
        .outcomes
        .iter()
        .filter(|outcome| outcome.part_of.is_none())
        .map(|outcome| {
            let approximate = outcome.approximate.as_deref().unwrap_or_default();
            let (before, after) = if matches!(approximate, "余" | "多" | "以上") { ("", approximate) } else { (approximate, "") };
            discreet.line(&format!("{} {before}{}{after}{}", outcome.what, outcome.count, outcome.unit), 40)
        })
        .collect();
    let rest = if totals.len() > OUTCOMES_MAX { format!("等 {} 项", totals.len()) } else { String::new() };
    let said = totals.iter().take(OUTCOMES_MAX).map(String::as_str).collect::<Vec<_>>().join("，");
    (!said.is_empty()).then(|| format!("处理与成效：{said}{rest}"))
}
