//! The problems (问题) that a notice prints, each with what was done about it.
//!
//! An item is the finest heading that names a problem, or the finest one with a label (整改情况:, 反馈问题:) of its own.
//! A heading with items below it is a group and no item; matters told only as not finished are none.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use crate::model::{Item, Stated};

use super::dates::pattern;
use super::deadline;
use super::measures;
use super::outline::{Label, Part, Style};
use super::sentence::{first_clause, sentences};
use super::shape::{self, Class};
use super::status::{self, Mark};
use super::text::{Line, Place};
use super::tree::{Tree, is_problem_line};

/// An item and the parts it was read from.
pub(super) struct Found {
    pub item: Item,
    pub parts: Vec<usize>,
}

pub(super) fn items(lines: &[Line], parts: &[Part], tree: &Tree, feedback: Option<Date>) -> Vec<Found> {
    let reader = Reader { lines, parts, tree, feedback };
    let mut found = Vec::new();
    for node in reader.item_nodes() {
        for group in reader.split(node) {
            found.extend(reader.read(node, group));
        }
    }
    found
}

struct Reader<'a> {
    lines: &'a [Line],
    parts: &'a [Part],
    tree: &'a Tree,
    feedback: Option<Date>,
}

impl Reader<'_> {
    fn text(&self, part: usize) -> &str {
        let part = &self.parts[part];
        &self.lines[part.line].text[part.body.clone()]
    }

    /// The nodes that are items, in the order of the text.
    fn item_nodes(&self) -> Vec<usize> {
        let nodes = &self.tree.nodes;
        let mut is_problem: Vec<bool> = (0..nodes.len()).map(|node| self.is_told(node) && self.names_problem(node)).collect();
        self.add_negative_children(&mut is_problem);
        self.add_negative_leaves(&mut is_problem);
        let is_group: Vec<bool> =
            (0..nodes.len()).map(|node| self.tree.below(node).iter().any(|&below| below != node && is_problem[below])).collect();
        (0..nodes.len()).filter(|&node| is_problem[node] && !is_group[node]).collect()
    }

    /// Whether a node stands where problems and their rectification are told.
    fn is_told(&self, node: usize) -> bool {
        let top = &self.tree.nodes[self.tree.top(node)];
        if top.is_closing {
            return false;
        }
        match top.class {
            Class::Unfinished | Class::Outcome => {
                top.marker.is_none() || node_is_labelled_problem(self, node) && top.class == Class::Outcome
            }
            Class::Next => false,
            _ => true,
        }
    }

    fn names_problem(&self, node: usize) -> bool {
        let node = &self.tree.nodes[node];
        let heading = &self.parts[node.part];
        if heading.marker.as_ref().is_some_and(|marker| marker.style == Style::Problem) || heading.label == Some(Label::Problem) {
            return true;
        }
        if shape::is_problem(self.text(node.part)) || self.problem_in_heading(node.part).is_some() {
            return true;
        }
        let labels = |wanted: fn(Label) -> bool| node.content.iter().any(|&part| self.parts[part].label.is_some_and(wanted));
        let is_problem_below = labels(|label| label == Label::Problem) || node.content.iter().any(|&part| self.is_problem_line(part));
        let is_section = matches!(node.marker.as_ref().map(|marker| marker.style), Some(Style::Section));
        is_problem_below || (labels(Label::is_rectification) && (!is_section || shape::is_negative(self.text(node.part))))
    }

    fn is_problem_line(&self, part: usize) -> bool {
        self.parts[part].label.is_none() && self.parts[part].marker.is_none() && is_problem_line(self.text(part))
    }

    /// 1.关于…的问题 > (1)学习不深入。一是…: the finer headings are the items where most of them read as problems.
    fn add_negative_children(&self, is_problem: &mut [bool]) {
        for node in 0..self.tree.nodes.len() {
            let children = &self.tree.nodes[node].children;
            let numbered: Vec<usize> = children.iter().copied().filter(|&child| self.tree.nodes[child].marker.is_some()).collect();
            if numbered.is_empty() || !self.is_told(node) {
                continue;
            }
            let strict = numbered.iter().filter(|&&child| is_problem[child]).count();
            let negative =
                numbered.iter().filter(|&&child| !is_problem[child] && shape::is_negative(self.text(self.tree.nodes[child].part))).count();
            if (strict > 0 || is_problem[node]) && negative > 0 && (strict + negative) * 5 >= numbered.len() * 3 {
                for child in numbered {
                    is_problem[child] |= shape::is_negative(self.text(self.tree.nodes[child].part));
                }
            }
        }
    }

    /// Sections without any labelled problem: their finest numbered headings that read as problems.
    fn add_negative_leaves(&self, is_problem: &mut [bool]) {
        let tops: Vec<usize> = (0..self.tree.nodes.len()).filter(|&node| self.tree.nodes[node].parent.is_none()).collect();
        for top in tops {
            let below = self.tree.below(top);
            let class = self.tree.nodes[top].class;
            if below.iter().any(|&node| is_problem[node]) || matches!(class, Class::Organisation) || !self.is_told(top) {
                continue;
            }
            for node in below {
                let current = &self.tree.nodes[node];
                let is_low = current.marker.as_ref().is_some_and(|marker| marker.style > Style::Section || class != Class::Unknown);
                is_problem[node] = is_low && shape::is_negative(self.text(current.part));
            }
        }
    }

    /// One node may tell several problems, each after its own label; then each is an item.
    fn split(&self, node: usize) -> Vec<Vec<usize>> {
        let parts = self.tree.parts_of(node);
        let begins = |&part: &usize| {
            part != self.tree.nodes[node].part && (self.parts[part].label == Some(Label::Problem) || self.is_problem_line(part))
        };
        let starts: Vec<usize> = (0..parts.len()).filter(|&at| begins(&parts[at])).collect();
        if starts.len() < 2 {
            return vec![parts];
        }
        let ends = starts.iter().skip(1).copied().chain([parts.len()]);
        starts.iter().zip(ends).map(|(&start, end)| parts[start..end].to_vec()).collect()
    }

    fn read(&self, node: usize, parts: Vec<usize>) -> Option<Found> {
        let heading_part = *parts.first()?;
        let owns_heading = heading_part == self.tree.nodes[node].part;
        let problem = self.problem(&parts);
        let heading = self.heading(heading_part, owns_heading, problem.as_ref());
        let (places, numbered) = self.rectification(&parts, problem.as_ref());
        let mark = self.mark(&parts, &places);
        let places = self.without_mark(places, mark.as_ref().map(|(mark, _)| mark));
        let tags = self.tags(&parts);
        let first = places.first().map(|place| self.lines[place.line].span(place.range.clone()));
        let last = places.last().map(|place| self.lines[place.line].span(place.range.clone()));
        let in_mark = mark.as_ref().and_then(|(place, _)| deadline::promised(&self.lines[place.line], place.range.clone(), self.feedback));
        let item = Item {
            path: self.path(node),
            heading,
            problem: problem.map(|place| self.lines[place.line].stated(place.range)),
            rectification: first.zip(last),
            measures: measures::measures(self.lines, &places, &numbered),
            status: mark.as_ref().and_then(|(place, mark)| Some(self.lines[place.line].value(mark.status?, place.range.clone()))),
            status_as_written: mark
                .as_ref()
                .filter(|(_, mark)| mark.status.is_some())
                .map(|(place, _)| self.lines[place.line].quote(place.range.clone())),
            responsible_unit: tags.unit,
            responsible_person: tags.person,
            deadline: tags.deadline.or(in_mark),
        };
        Some(Found { item, parts })
    }

    fn path(&self, node: usize) -> Vec<String> {
        let mut path: Vec<String> = std::iter::once(node)
            .chain(self.tree.ancestors(node))
            .filter_map(|node| self.tree.nodes[node].marker.as_ref().map(|marker| marker.name.clone()))
            .collect();
        path.reverse();
        path
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
        let clause = first_clause(&line.text, here.body.clone());
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
        match shape::quoted(text, place.range.start) {
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
    fn problem_in_heading(&self, part: usize) -> Option<Place> {
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
        (is_numbered && !whole.is_empty()).then_some(Place { line: here.line, range: whole })
    }

    /// What was done, place by place, and which of the places are numbered measures.
    fn rectification(&self, parts: &[usize], problem: Option<&Place>) -> (Vec<Place>, Vec<Place>) {
        let is_labelled = parts.iter().any(|&part| self.parts[part].label.is_some_and(Label::is_rectification));
        let has_measures_label = parts.iter().any(|&part| self.parts[part].label == Some(Label::Measures));
        let (mut places, mut numbered) = (Vec::new(), Vec::new());
        let mut label = None;
        for (at, &part) in parts.iter().enumerate() {
            let here = &self.parts[part];
            label = self.label_in_force(part, label);
            let is_heading = at == 0;
            let is_told = label.is_some_and(Label::is_rectification) || (!is_labelled && label.is_none());
            if !is_told {
                continue;
            }
            let place = if is_heading && here.label.is_none() { self.after_problem(part, problem) } else { self.whole(part, is_labelled) };
            let is_problem =
                !is_labelled && problem.is_some_and(|problem| problem.line == place.line && contains(&place.range, problem.range.start));
            if place.range.is_empty() || is_problem {
                continue;
            }
            let counts = here.marker.is_some() && here.label.is_none() && !is_heading;
            if counts && !(has_measures_label && label == Some(Label::Result)) && self.is_outermost(&numbered, part) {
                numbered.push(place.clone());
            }
            places.push(place);
        }
        (places, self.places_of(numbered))
    }

    fn places_of(&self, places: Vec<Place>) -> Vec<Place> {
        places
    }

    /// Only numbers of the first style count: (一) with 1. 2. below it is one measure.
    fn is_outermost(&self, numbered: &[Place], part: usize) -> bool {
        let style = |part: &Part| part.marker.as_ref().map(|marker| marker.style);
        let first = numbered
            .first()
            .and_then(|place| self.parts.iter().find(|part| part.line == place.line && part.range.start == place.range.start));
        first.is_none_or(|first| style(first) == style(&self.parts[part]))
    }

    /// A numbered part with its number; a labelled one without its label.
    fn whole(&self, part: usize, _is_labelled: bool) -> Place {
        let here = &self.parts[part];
        let range = if here.label.is_some() { here.body.clone() } else { here.range.clone() };
        Place { line: here.line, range }
    }

    /// What the heading's part goes on to say after naming the problem.
    fn after_problem(&self, part: usize, problem: Option<&Place>) -> Place {
        let here = &self.parts[part];
        let text = &self.lines[here.line].text;
        let clause = first_clause(text, here.body.clone());
        let problem_end = problem
            .filter(|problem| problem.line == here.line && contains(&here.body, problem.range.start))
            .map_or(0, |problem| problem.range.end);
        let mut start = clause.end.max(here.body.start);
        if problem_end > start {
            start = first_clause(text, problem_end..here.body.end).end;
        }
        let rest = text[start.min(here.body.end)..here.body.end].trim_start_matches(['。', ':', ';']);
        Place { line: here.line, range: here.body.end - rest.len()..here.body.end }
    }

    /// Labels rule until the next; one that tells a single value (责任人:X) rules its own line only.
    fn label_in_force(&self, part: usize, before: Option<Label>) -> Option<Label> {
        let here = &self.parts[part];
        match here.label {
            Some(label) => Some(label),
            None if here.opens_line
                && matches!(before, Some(Label::Unit | Label::Person | Label::Deadline | Label::Status | Label::Other)) =>
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

    /// The status mark: in brackets after the heading or at the end, after its own label, or as a sentence of its own.
    fn mark(&self, parts: &[usize], places: &[Place]) -> Option<(Place, Mark)> {
        let at = |line: usize, mark: Mark| (Place { line, range: mark.range.clone() }, mark);
        for &part in parts.iter().filter(|&&part| self.parts[part].label == Some(Label::Status)) {
            let here = &self.parts[part];
            if let Some(mark) = status::sentence(&self.lines[here.line].text, here.body.clone()) {
                return Some(at(here.line, mark));
            }
        }
        for place in places.iter().rev() {
            if let Some((mark, _)) = status::trailing(&self.lines[place.line], place.range.clone()) {
                return Some(at(place.line, mark));
            }
        }
        let heading = &self.parts[*parts.first()?];
        let line = &self.lines[heading.line];
        let clause = first_clause(&line.text, heading.body.clone());
        if let Some((mark, _)) = status::trailing(line, clause) {
            return Some(at(heading.line, mark));
        }
        let ends = [places.last(), places.first()];
        for (is_last, place) in ends.into_iter().enumerate().filter_map(|(number, place)| Some((number == 0, place?))) {
            let text = &self.lines[place.line].text;
            let sentences = sentences(text, place.range.clone());
            let sentence = if is_last { sentences.last() } else { sentences.first() };
            if let Some(mark) = sentence.and_then(|sentence| status::sentence(text, sentence.clone())) {
                return Some(at(place.line, mark));
            }
        }
        None
    }

    /// A mark in brackets is no part of what was done.
    fn without_mark(&self, mut places: Vec<Place>, mark: Option<&Place>) -> Vec<Place> {
        let Some(mark) = mark else { return places };
        for place in &mut places {
            if place.line == mark.line
                && contains(&place.range, mark.range.start)
                && status::trailing(&self.lines[place.line], place.range.clone()).is_some()
            {
                place.range.end = mark.range.start - 1;
            }
        }
        places.retain(|place| !place.range.is_empty());
        places
    }

    fn tags(&self, parts: &[usize]) -> Tags {
        let mut tags = Tags::default();
        for &part in parts {
            let here = &self.parts[part];
            let line = &self.lines[here.line];
            let value = || line.trimmed(here.body.clone(), &[], &['。', ';', ',', ':']);
            let stated = || Some(line.stated(value())).filter(|stated| !stated.value.is_empty() && stated.value.chars().count() <= 80);
            match here.label {
                Some(Label::Unit) if tags.unit.is_none() => tags.unit = stated(),
                Some(Label::Person) if tags.person.is_none() => tags.person = stated(),
                Some(Label::Deadline) if tags.deadline.is_none() => {
                    tags.deadline = deadline::labelled(line, here.body.clone(), self.feedback)
                }
                _ => {}
            }
        }
        tags
    }
}

#[derive(Default)]
struct Tags {
    unit: Option<Stated<String>>,
    person: Option<Stated<String>>,
    deadline: Option<Stated<Date>>,
}

fn node_is_labelled_problem(reader: &Reader, node: usize) -> bool {
    reader.tree.nodes[node].content.iter().any(|&part| reader.parts[part].label.is_some_and(Label::is_rectification))
}

fn contains(range: &Range<usize>, at: usize) -> bool {
    range.start <= at && at < range.end
}

#[allow(dead_code)]
static UNUSED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^$"));
