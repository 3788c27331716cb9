//! One problem from its parts: heading, problem, what was done, the mark that tells what became of it.
//!
//! Which parts make an item is decided in `items`. What no part states stays absent.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use crate::model::{Item, Stated, Status};

use super::dates::pattern;
use super::deadline::{self, Anchor};
use super::measures;
use super::outline::{Label, Part};
use super::sentence::{first_clause, sentences};
use super::shape;
use super::status::{self, Mark};
use super::text::{Line, Place};
use super::tree::is_problem_line;

pub(super) struct Reader<'a> {
    pub lines: &'a [Line],
    pub parts: &'a [Part],
    pub anchor: Anchor,
}

/// Characters of the longest name of a unit or person.
const NAME_CHARACTERS_MAX: usize = 80;

impl Reader<'_> {
    /// `parts` in the order of the text; `owns_heading` says that the first is the item's own heading.
    pub fn read(&self, path: Vec<String>, parts: &[usize], owns_heading: bool) -> Option<Item> {
        let heading_part = *parts.first()?;
        let problem = self.problem(parts);
        let heading = self.heading(heading_part, owns_heading, problem.as_ref());
        let (places, numbered) = self.rectification(parts, problem.as_ref());
        let marked = self.mark(parts, &places);
        let places = self.without_mark(places, marked.as_ref().map(|(place, _)| place));
        let span = |place: &Place| self.lines[place.line].span(place.range.clone());
        let status = marked.as_ref().and_then(|(place, mark)| Some((place, mark.status?)));
        let tags = self.tags(parts, status.map(|(_, status)| status));
        Some(Item {
            path,
            heading,
            problem: problem.map(|place| self.lines[place.line].stated(place.range)),
            rectification: places.first().map(span).zip(places.last().map(span)),
            measures: measures::measures(self.lines, &places, &numbered),
            status: status.map(|(place, status)| self.lines[place.line].value(status, place.range.clone())),
            status_as_written: status.map(|(place, _)| self.lines[place.line].quote(place.range.clone())),
            responsible_unit: tags.unit,
            responsible_person: tags.person,
            deadline: tags
                .deadline
                .or_else(|| self.promised(marked.as_ref()))
                .or_else(|| self.promised_in_prose(&places, status.map(|(_, status)| status))),
        })
    }

    /// The day in a mark that is still to come: 未完成,计划2025年6月底前完成.
    fn promised(&self, marked: Option<&(Place, Mark)>) -> Option<Stated<Date>> {
        let (place, _) = marked.filter(|(_, mark)| !matches!(mark.status, Some(Status::Done | Status::Standing)))?;
        deadline::promised(&self.lines[place.line], place.range.clone(), self.anchor.feedback)
    }

    /// 剩余8公里将于2025年5月底前完成: the last promise is kept when the item is done. What is done or standing promises nothing.
    fn promised_in_prose(&self, places: &[Place], status: Option<Status>) -> Option<Stated<Date>> {
        if matches!(status, Some(Status::Done | Status::Standing)) {
            return None;
        }
        let promises = places.iter().filter_map(|place| deadline::in_prose(&self.lines[place.line], place.range.clone(), self.anchor));
        promises.max_by_key(|promised| promised.value)
    }

    pub fn text(&self, part: usize) -> &str {
        let part = &self.parts[part];
        &self.lines[part.line].text[part.body.clone()]
    }

    /// 针对“…”等问题。 alone in its line.
    pub fn is_problem_line(&self, part: usize) -> bool {
        self.parts[part].label.is_none() && self.parts[part].marker.is_none() && is_problem_line(self.text(part))
    }

    /// The heading's line without its number, or the problem's first sentence where the line is more than a heading.
    fn heading(&self, part: usize, owns_heading: bool, problem: Option<&Place>) -> Stated<String> {
        let here = &self.parts[part];
        let line = &self.lines[here.line];
        if let Some(problem) = problem.filter(|_| !owns_heading || here.label == Some(Label::Problem)) {
            let line = &self.lines[problem.line];
            return line.stated(line.trimmed(first_clause(&line.text, problem.range.clone()), &[], &['。', ';', ':']));
        }
        if let Some(problem) = problem.filter(|problem| problem.line == here.line && line.text[problem.range.clone()].contains('。')) {
            let clause = first_clause(&line.text, here.body.clone());
            if clause.start < problem.range.start && problem.range.start < clause.end {
                return line.stated(first_clause(&line.text, problem.range.clone()));
            }
        }
        let clause = self.heading_range(part);
        let clause = status::trailing(line, clause.clone()).map_or(clause, |(_, rest)| rest);
        line.stated(line.trimmed(clause, &[], &['。', ':', ';', ',']))
    }

    fn problem(&self, parts: &[usize]) -> Option<Place> {
        let heading = *parts.first()?;
        if let Some(at) = parts.iter().position(|&part| self.parts[part].label == Some(Label::Problem)) {
            let body = parts[at..].iter().map(|&part| self.place(part)).find(|place| !place.range.is_empty())?;
            return Some(self.unquoted(body));
        }
        if let Some(place) = self.problem_in_heading(heading) {
            return Some(place);
        }
        if let Some(place) = parts.iter().skip(1).filter(|&&part| self.is_problem_line(part)).find_map(|&part| self.named_problem(part)) {
            return Some(place);
        }
        self.whole_heading(heading, parts)
    }

    /// “…” around the whole of a labelled problem is left out.
    fn unquoted(&self, place: Place) -> Place {
        let text = &self.lines[place.line].text;
        let inner = &text[place.range.clone()];
        match shape::quoted(&text[..place.range.end], place.range.start) {
            Some(quote) if inner.starts_with(['“', '"']) && text[quote.end..place.range.end].chars().count() <= 2 => {
                Place { line: place.line, range: quote }
            }
            _ => place,
        }
    }

    fn place(&self, part: usize) -> Place {
        Place { line: self.parts[part].line, range: self.parts[part].body.clone() }
    }

    fn named_problem(&self, part: usize) -> Option<Place> {
        let here = &self.parts[part];
        let found = shape::problem_within(&self.lines[here.line].text[here.body.clone()])?;
        Some(Place { line: here.line, range: here.body.start + found.start..here.body.start + found.end })
    }

    /// The problem named by the heading's first sentence, or by 针对…问题 after it.
    pub fn problem_in_heading(&self, part: usize) -> Option<Place> {
        if let Some(place) = self.named_problem(part) {
            return Some(place);
        }
        let here = &self.parts[part];
        here.marker.as_ref()?;
        let text = &self.lines[here.line].text;
        let first = first_clause(text, here.body.clone());
        let rest = first.end + "。".len();
        if rest >= here.body.end {
            return None;
        }
        let rest = rest..here.body.end;
        if !text[rest.clone()].starts_with("针对") || !is_problem_line(&text[rest.clone()]) {
            return None;
        }
        let found = shape::problem_within(&text[rest.clone()])?;
        Some(Place { line: here.line, range: rest.start + found.start..rest.start + found.end })
    }

    /// The heading itself, with the case text after it where a label follows that tells what was done.
    fn whole_heading(&self, part: usize, parts: &[usize]) -> Option<Place> {
        let here = &self.parts[part];
        let line = &self.lines[here.line];
        let clause = first_clause(&line.text, here.body.clone());
        let is_numbered = here.marker.is_some();
        let has_label = parts.iter().skip(1).any(|&part| self.parts[part].label.is_some_and(Label::is_rectification));
        let rest = clause.end + "。".len();
        let whole = if has_label && is_numbered && rest < here.body.end { here.body.clone() } else { clause };
        let whole = status::trailing(line, whole.clone()).map_or(whole, |(_, rest)| rest);
        // 理论学习走形式。整改情况:…: without a number, but told in one line.
        let is_told_here = here.opens_line && parts.get(1).is_some_and(|&next| self.parts[next].line == here.line) && has_label;
        ((is_numbered || is_told_here) && !whole.is_empty()).then_some(Place { line: here.line, range: whole })
    }

    /// What was done, place by place, and which of the places are numbered measures.
    fn rectification(&self, parts: &[usize], problem: Option<&Place>) -> (Vec<Place>, Vec<Place>) {
        let is_labelled = parts.iter().any(|&part| self.parts[part].label.is_some_and(Label::is_rectification));
        let has_measures_label = parts.iter().any(|&part| self.parts[part].label == Some(Label::Measures));
        let (mut places, mut numbered) = (Vec::new(), Vec::new());
        // Only numbers of the first style count: (一) with 1. 2. below it is one measure.
        let mut style = None;
        let mut label = None;
        for (at, &part) in parts.iter().enumerate() {
            let here = &self.parts[part];
            label = self.label_in_force(part, label);
            let is_heading = at == 0;
            let is_told = label.is_some_and(Label::is_rectification) || (!is_labelled && label.is_none());
            if !is_told {
                continue;
            }
            let place = if is_heading && here.label.is_none() { self.after_problem(part, problem) } else { self.whole(part) };
            let is_problem =
                !is_labelled && problem.is_some_and(|problem| problem.line == place.line && contains(&place.range, problem.range.start));
            if place.range.is_empty() || is_problem {
                continue;
            }
            let counts = here.label.is_none() && !is_heading && !(has_measures_label && label == Some(Label::Result));
            if let Some(marker) = here.marker.as_ref().filter(|marker| counts && style.is_none_or(|style| style == marker.style)) {
                style = Some(marker.style);
                numbered.push(place.clone());
            }
            places.push(place);
        }
        (places, numbered)
    }

    /// A numbered part with its number; a labelled one without its label.
    fn whole(&self, part: usize) -> Place {
        let here = &self.parts[part];
        let range = if here.label.is_some() { here.body.clone() } else { here.range.clone() };
        Place { line: here.line, range }
    }

    /// What the heading's part goes on to say after naming the problem.
    fn after_problem(&self, part: usize, problem: Option<&Place>) -> Place {
        let here = &self.parts[part];
        let text = &self.lines[here.line].text;
        let mut start = self.heading_range(part).end;
        if let Some(problem) =
            problem.filter(|problem| problem.line == here.line && contains(&here.body, problem.range.start) && problem.range.end > start)
        {
            start = first_clause(text, problem.range.end..here.body.end).end;
        }
        let rest = text[start..here.body.end].trim_start_matches(['。', ':', ';', ',']);
        Place { line: here.line, range: here.body.end - rest.len()..here.body.end }
    }

    /// The heading's words: up to the first full stop, or to the comma after 针对…问题,.
    fn heading_range(&self, part: usize) -> Range<usize> {
        let here = &self.parts[part];
        let text = &self.lines[here.line].text;
        let clause = first_clause(text, here.body.clone());
        let named =
            shape::problem_within(&text[here.body.clone()]).map(|problem| here.body.start + problem.end).filter(|end| *end <= clause.end);
        let goes_on = named.and_then(|end| NAMED_AND_ON.find(&text[end..clause.end]).map(|found| end + found.end() - ",".len()));
        goes_on.map_or(clause.clone(), |end| clause.start..end)
    }

    /// Labels rule until the next; one that tells a single value (责任人:X) rules its own line only.
    fn label_in_force(&self, part: usize, before: Option<Label>) -> Option<Label> {
        let here = &self.parts[part];
        match here.label {
            Some(label) => Some(label),
            None if here.opens_line
                && matches!(
                    before,
                    Some(Label::Unit | Label::Person | Label::Deadline | Label::Finished | Label::Status | Label::Other)
                ) =>
            {
                Some(Label::Rectification)
            }
            None => before.filter(|&label| label != Label::Problem || here.marker.is_none()).or(if before == Some(Label::Problem) {
                Some(Label::Rectification)
            } else {
                None
            }),
        }
    }

    /// The status mark: after its own label, in the label, in brackets at the end, after the heading, or as a sentence.
    fn mark(&self, parts: &[usize], places: &[Place]) -> Option<(Place, Mark)> {
        self.mark_of_labels(parts)
            .or_else(|| self.mark_in_brackets(places))
            .or_else(|| self.mark_after_tags(parts))
            .or_else(|| self.mark_of_heading(*parts.first()?))
            .or_else(|| self.mark_as_sentence(places))
    }

    fn mark_of_labels(&self, parts: &[usize]) -> Option<(Place, Mark)> {
        let labelled = |&part: &usize| {
            let here = &self.parts[part];
            let mark = status::labelled(&self.lines[here.line].text, here.body.clone()).filter(|_| here.label == Some(Label::Status))?;
            Some(at(here.line, mark))
        };
        // 整改情况(已完成):…
        let in_label = |&part: &usize| {
            let here = &self.parts[part];
            here.label?;
            let (mark, _) = status::trailing(&self.lines[here.line], here.range.start..here.body.start)?;
            Some(at(here.line, mark))
        };
        parts.iter().find_map(labelled).or_else(|| parts.iter().find_map(in_label))
    }

    /// The mark that ends the last paragraph; marks that differ are those of single measures and tell nothing of the whole.
    fn mark_in_brackets(&self, places: &[Place]) -> Option<(Place, Mark)> {
        let marks = || places.iter().rev().map(|place| Some((place, status::trailing(&self.lines[place.line], place.range.clone())?.0)));
        let (place, mark) = marks().next()??;
        let inside = places.iter().flat_map(|place| status::in_brackets(&self.lines[place.line].text, place.range.clone()));
        let agree = marks().flatten().map(|(_, other)| other).chain(inside).all(|other| other.status == mark.status);
        agree.then(|| at(place.line, mark))
    }

    /// …完成时限:2026年1月31日。(已完成): the mark ends the item behind who is responsible and until when.
    fn mark_after_tags(&self, parts: &[usize]) -> Option<(Place, Mark)> {
        let here = &self.parts[*parts.last()?];
        let label = here.label.filter(|label| label.is_tag())?;
        let line = &self.lines[here.line];
        // 整改时限:2022年6月底,已完成
        let beside_the_day =
            || status::labelled(&line.text, here.body.clone()).filter(|_| matches!(label, Label::Deadline | Label::Finished));
        let mark = status::trailing(line, here.body.clone()).map(|(mark, _)| mark).or_else(beside_the_day)?;
        Some(at(here.line, mark))
    }

    fn mark_of_heading(&self, part: usize) -> Option<(Place, Mark)> {
        let heading = &self.parts[part];
        let line = &self.lines[heading.line];
        let (mark, _) = status::trailing(line, first_clause(&line.text, heading.body.clone()))?;
        Some(at(heading.line, mark))
    }

    /// 未完成,持续整改中。 as the first sentence or the last; …,该问题正在整改。 as the last.
    fn mark_as_sentence(&self, places: &[Place]) -> Option<(Place, Mark)> {
        let (first, last) = (places.first()?, places.last()?);
        let text = |place: &Place| self.lines[place.line].text.as_str();
        let ending = sentences(text(last), last.range.clone()).pop()?;
        let mark = status::sentence(text(last), ending.clone()).or_else(|| status::of_the_problem(text(last), ending));
        if let Some(mark) = mark {
            return Some(at(last.line, mark));
        }
        let beginning = sentences(text(first), first.range.clone()).into_iter().next()?;
        status::sentence(text(first), beginning).map(|mark| at(first.line, mark))
    }

    /// A mark in brackets is no part of what was done.
    fn without_mark(&self, mut places: Vec<Place>, mark: Option<&Place>) -> Vec<Place> {
        let Some(mark) = mark else { return places };
        if let Some(place) = places.iter_mut().find(|place| place.line == mark.line && contains(&place.range, mark.range.start))
            && let Some((_, rest)) = status::trailing(&self.lines[place.line], place.range.clone())
        {
            place.range = rest;
        }
        places.retain(|place| !place.range.is_empty());
        places
    }

    fn tags(&self, parts: &[usize], status: Option<Status>) -> Tags {
        let mut tags = Tags::default();
        for &part in parts {
            let here = &self.parts[part];
            let line = &self.lines[here.line];
            let body = status::trailing(line, here.body.clone()).map_or(here.body.clone(), |(_, rest)| rest);
            let body = before_closing_bracket(&line.text, body);
            let value = || line.trimmed(body.clone(), &[], &['。', ';', ',', ':']);
            let stated = || {
                Some(line.stated(value())).filter(|stated| !stated.value.is_empty() && stated.value.chars().count() <= NAME_CHARACTERS_MAX)
            };
            match here.label {
                Some(Label::Unit) if tags.unit.is_none() => tags.unit = stated(),
                Some(Label::Person) if tags.person.is_none() => tags.person = stated(),
                // 完成时间 of what is done is the day it was done.
                Some(Label::Finished) if status == Some(Status::Done) => {}
                Some(Label::Deadline | Label::Finished) if tags.deadline.is_none() => {
                    tags.deadline = deadline::labelled(line, here.body.clone(), self.anchor.feedback)
                }
                _ => {}
            }
        }
        tags
    }
}

/// (责任单位:…;整改时限:…): the last label's text ends where the bracket does that opened before the first.
fn before_closing_bracket(text: &str, body: Range<usize>) -> Range<usize> {
    let inner = &text[body.clone()];
    let is_open = inner.matches('(').count() < inner.matches(')').count();
    inner.rfind(')').filter(|_| is_open).map_or(body.clone(), |at| body.start..body.start + at)
}

fn at(line: usize, mark: Mark) -> (Place, Mark) {
    (Place { line, range: mark.range.clone() }, mark)
}

/// 针对“…”问题,制定…: the problem and what was done stand in one sentence.
static NAMED_AND_ON: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^[”"]?(?:等|的)*(?:突出|具体)?问题,"#));

#[derive(Default)]
struct Tags {
    unit: Option<Stated<String>>,
    person: Option<Stated<String>>,
    deadline: Option<Stated<Date>>,
}

fn contains(range: &Range<usize>, at: usize) -> bool {
    range.start <= at && at < range.end
}
