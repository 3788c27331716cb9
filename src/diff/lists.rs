//! Two notices to what changed of their lists: outcomes by their kind, sections, and matters told as unfinished.
//!
//! An outcome is the same one by what it counts, its unit and the total it is a part of; a section or matter by its words. What stands
//! in words that did not change is left out.

use super::changed::Changed;
use super::likeness::Grams;
use super::words::words;
use crate::model::{FieldChange, Notice, Outcome, Section, Span, Stated, Unfinished};

/// How alike two headings must be to be one that was reworded, which its passage shows.
const REWORDED: f64 = 0.5;

pub(super) fn changes(before: &Notice, after: &Notice, changed: &Changed) -> Vec<FieldChange> {
    let mut found = outcomes(&before.outcomes, &after.outcomes, changed);
    let headings = |sections: &[Section]| sections.iter().map(|section| section.heading.clone()).collect::<Vec<_>>();
    found.extend(come_and_gone("sections", "章节", &headings(&before.sections), &headings(&after.sections), changed));
    let problems = |matters: &[Unfinished]| matters.iter().map(|matter| matter.problem.clone()).collect::<Vec<_>>();
    found.extend(come_and_gone("unfinished", "未完成事项", &problems(&before.unfinished), &problems(&after.unfinished), changed));
    found
}

/// 党纪处分 94人 → 95人; the same kind told twice is paired in order.
fn outcomes(before: &[Outcome], after: &[Outcome], changed: &Changed) -> Vec<FieldChange> {
    let kind = |outcome: &Outcome| (words(&outcome.what), outcome.unit.clone(), outcome.part_of.as_deref().map(words));
    let mut left: Vec<&Outcome> = before.iter().collect();
    let mut pairs: Vec<(Option<&Outcome>, Option<&Outcome>)> = Vec::new();
    for new in after {
        let same = left.iter().position(|old| kind(old) == kind(new) && figure(old) == figure(new));
        let same = same.or_else(|| left.iter().position(|old| kind(old) == kind(new)));
        pairs.push((same.map(|at| left.remove(at)), Some(new)));
    }
    pairs.extend(left.into_iter().map(|old| (Some(old), None)));
    let told = pairs.into_iter().filter(|(old, new)| old.map(figure) != new.map(figure)).filter(|(old, new)| {
        let span = |outcome: &Option<&Outcome>| [outcome.map(|outcome| outcome.sentence)];
        changed.either(&span(old), &span(new))
    });
    told.filter_map(|(old, new)| {
        let what = new.or(old)?;
        let label = what.part_of.as_ref().map_or_else(|| what.what.clone(), |total| format!("{total}·{}", what.what));
        Some(FieldChange { name: "outcomes".to_owned(), label, before: old.map(figure), after: new.map(figure) })
    })
    .collect()
}

/// As printed: 近86万元, 10余人.
fn figure(outcome: &Outcome) -> String {
    let approximate = outcome.approximate.as_deref().unwrap_or_default();
    let (before, after) = if matches!(approximate, "余" | "多" | "以上") { ("", approximate) } else { (approximate, "") };
    format!("{before}{}{after}{}", outcome.count, outcome.unit)
}

/// What is named only before, or only after, and is no rewording of the other.
fn come_and_gone(name: &str, label: &str, before: &[Stated<String>], after: &[Stated<String>], changed: &Changed) -> Vec<FieldChange> {
    let missing = |one: &Stated<String>, others: &[Stated<String>]| {
        let grams = Grams::of(&one.value, 2);
        !others.iter().any(|other| words(&other.value) == words(&one.value) || grams.likeness(&Grams::of(&other.value, 2)) >= REWORDED)
    };
    let change = |before: Option<&str>, after: Option<&str>| FieldChange {
        name: name.to_owned(),
        label: label.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    let span = |stated: &Stated<String>| -> [Option<Span>; 1] { [stated.span] };
    let gone = before.iter().filter(|old| missing(old, after) && changed.before(&span(old))).map(|old| change(Some(&old.value), None));
    let come = after.iter().filter(|new| missing(new, before) && changed.after(&span(new))).map(|new| change(None, Some(&new.value)));
    gone.chain(come).collect()
}
