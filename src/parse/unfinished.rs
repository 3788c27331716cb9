//! Matters that the notice itself says are not finished: reason, next steps, deadline.

use std::collections::HashMap;

use jiff::civil::Date;

use crate::model::{Item, Stated, Status, Unfinished};

use super::deadline;
use super::outline::{Label, Part, Style};
use super::sentence::first_clause;
use super::shape::{self, Class};
use super::text::{Line, Place};
use super::tree::{Tree, is_problem_line};

pub(super) fn unfinished(lines: &[Line], parts: &[Part], tree: &Tree, items: &[Item], feedback: Option<Date>) -> Vec<Unfinished> {
    let mut found = Vec::new();
    for node in 0..tree.nodes.len() {
        let is_outermost =
            tree.nodes[node].class == Class::Unfinished && !tree.ancestors(node).any(|above| tree.nodes[above].class == Class::Unfinished);
        if !is_outermost || tree.nodes[tree.top(node)].is_closing {
            continue;
        }
        let below = tree.parts_of(node);
        for entry in entries(lines, parts, &below) {
            found.extend(read(lines, parts, &entry, feedback));
        }
    }
    for item in items {
        if let (Some(Status::Open), Some(deadline), Some(problem)) =
            (item.status.as_ref().map(|status| status.value), &item.deadline, &item.problem)
            && found.is_empty()
        {
            found.push(Unfinished { problem: problem.clone(), reason: None, next_steps: None, deadline: Some(deadline.clone()) });
        }
    }
    found
}

/// The section's parts, cut where an entry names its problem.
fn entries(lines: &[Line], parts: &[Part], below: &[usize]) -> Vec<Vec<usize>> {
    let text = |part: usize| &lines[parts[part].line].text[parts[part].body.clone()];
    let names_problem = |&part: &usize| {
        let here = &parts[part];
        let is_numbered = here.marker.as_ref().is_some_and(|marker| marker.style != Style::Section) && here.label.is_none();
        here.label == Some(Label::Problem)
            || is_problem_line(text(part))
            || (here.marker.is_none() && here.opens_line && here.label.is_none() && shape::is_problem(text(part)))
            || (is_numbered && (shape::is_problem(text(part)) || shape::is_negative(text(part))))
    };
    let starts: Vec<usize> = (1..below.len()).filter(|&at| names_problem(&below[at])).collect();
    let ends = starts.iter().skip(1).copied().chain([below.len()]);
    starts.iter().zip(ends).map(|(&start, end)| below[start..end].to_vec()).collect()
}

fn read(lines: &[Line], parts: &[Part], entry: &[usize], feedback: Option<Date>) -> Option<Unfinished> {
    let first = &parts[*entry.first()?];
    let line = &lines[first.line];
    let text = &line.text[first.body.clone()];
    let problem = match shape::problem_within(text) {
        Some(range) => first.body.start + range.start..first.body.start + range.end,
        None => line.trimmed(first_clause(&line.text, first.body.clone()), &[], &['。', ';', ':']),
    };
    let labelled = |label: Label| {
        let at = entry.iter().position(|&part| parts[part].label == Some(label))?;
        let place = entry[at..]
            .iter()
            .map(|&part| Place { line: parts[part].line, range: parts[part].body.clone() })
            .find(|place| !place.range.is_empty())?;
        Some(place)
    };
    let stated = |place: Place| -> Stated<String> { lines[place.line].stated(place.range) };
    let deadline = labelled(Label::Deadline).and_then(|place| deadline::labelled(&lines[place.line], place.range, feedback));
    let promised = || entry.iter().find_map(|&part| deadline::promised(&lines[parts[part].line], parts[part].range.clone(), feedback));
    Some(Unfinished {
        problem: line.stated(problem),
        reason: labelled(Label::Reason).map(stated),
        next_steps: labelled(Label::Next).map(stated),
        deadline: deadline.or_else(promised),
    })
}

/// A deadline told in the section on unfinished matters is also that of the item it names.
pub(super) fn deadlines_to_items(items: &mut [Item], unfinished: &[Unfinished]) {
    let stated = unfinished.iter().filter_map(|matter| Some((matter.problem.value.as_str(), matter.deadline.as_ref()?)));
    let deadlines: HashMap<&str, &Stated<Date>> = stated.collect();
    for item in items.iter_mut().filter(|item| item.deadline.is_none()) {
        let named = item.problem.as_ref().and_then(|problem| deadlines.get(problem.value.as_str()));
        item.deadline = named.map(|deadline| (*deadline).clone());
    }
}
