//! [`Document`] to [`Notice`]: what a rectification notice says. Parsing never fails; what is not stated is absent.
//!
//! One file per field of the notice. All of them work on `text::Line`s (a block as patterns can read it) and give back
//! values with the span of the block that states them. No clock, no file, no knowledge of any site.
//! To add a field: one file here, one line in `Notice::fields`.

mod body;
mod text;
mod numeral;
mod dates;
mod sentence;
mod outline;
mod shape;
mod tree;
mod title;
mod places;
mod header;
mod inspector;
mod items;
mod item;
mod tables;
mod measures;
mod status;
mod deadline;
mod unfinished;
mod claims;
mod outcomes;
mod sums;
mod contact;
mod signature;
mod topic;
mod feedback;

pub mod json;

use crate::model::{Document, Notice, Section, Span, Topic};

use deadline::Anchor;
use outline::{Part, Style};
use text::{Line, Place};
use tree::Tree;

pub use body::{Home, bodies, body};
pub use topic::Reason;

pub fn notice(document: &Document) -> Notice {
    let lines = text::lines(document);
    let title = title::line(document);
    let title_text = title.as_ref().map(|title| title.text.as_str());
    let signature = signature::signature(&lines);
    let end = signature.first_line.unwrap_or(lines.len());
    let tables = tables::tables(&lines[..end]);
    let parts = outline::parts(&lines[..end], |line| tables.iter().any(|table| table.holds(line)));
    let mut inspection = header::inspection(&lines, &parts, title_text);
    let tree = Tree::new(&lines, &parts);
    let feedback = inspection.feedback.as_ref().map(|day| day.value);
    let published = document.published.map(|published| published.date);
    let written = signature.signed_on.as_ref().map(|day| day.value).or(published);
    let found = items::items(&lines, &parts, &tree, &tables, Anchor { feedback, written });
    let outside = outside(&lines[..end], &parts, &found);
    let outcomes = outcomes::outcomes(&lines, &outside);
    let everywhere = sentences(&lines[..end]);
    let sums = sums::sums(&lines, &outcomes, &outside, &everywhere);
    let mut items: Vec<_> = found.into_iter().map(|found| found.item).collect();
    let unfinished = unfinished::unfinished(&lines, &parts, &tree, &items, feedback);
    unfinished::deadlines_to_items(&mut items, &unfinished);
    let (topic, _) = topic::classify(title_text, &lines, &parts, &inspection, items.len());
    if topic == Topic::Feedback {
        feedback::complete(&mut inspection, &lines, title.as_ref(), published);
        feedback::without_rectification(&mut items);
        let told = feedback::problems(&lines[..end]);
        if told.len() > items.len() {
            items = told;
        }
    }
    Notice {
        topic,
        title: title::title(title.as_ref(), document.title.is_none()),
        issuer: title::issuer(title.as_ref(), document.title.is_none(), signature.signed.as_ref()),
        inspection,
        claims: claims::claims(&lines, &outside),
        sections: sections(&lines, &parts, &tree),
        items,
        unfinished,
        outcomes: outcomes.into_iter().map(|found| found.outcome).collect(),
        sums,
        contact: contact::contact(&lines[..end]),
        signed: signature.signed,
        signed_on: signature.signed_on,
    }
}

/// The characters of a document that a span names, without the white space of their layout.
pub fn quote(document: &Document, span: Span) -> String {
    let Some(block) = document.blocks.get(span.block as usize) else { return String::new() };
    let length = span.end.saturating_sub(span.start) as usize;
    let characters: Vec<char> = block.text().chars().skip(span.start as usize).take(length).collect();
    text::tidy(&characters)
}

/// The whole sentences that a span touches, as one span.
pub fn sentence_around(document: &Document, span: Span) -> Span {
    let touches = |sentence: &Span| sentence.start < span.end && span.start < sentence.end;
    let touched: Vec<Span> = sentences_of(document, span.block).into_iter().filter(touches).collect();
    match touched.as_slice() {
        [] => span,
        [first, .., last] => Span { end: last.end, ..*first },
        [only] => *only,
    }
}

/// The sentences of one block.
pub fn sentences_of(document: &Document, block: u32) -> Vec<Span> {
    let Some(found) = document.blocks.get(block as usize) else { return Vec::new() };
    let line = Line::new(block as usize, found);
    sentence::sentences(&line.text, 0..line.text.len()).into_iter().map(|range| line.span(range)).collect()
}

/// A problem without the words around it: 指导基层商会换届不及时 of 针对指导基层商会换届不及时的问题.
pub fn core_of_problem(problem: &str) -> String {
    let problem: String = problem.chars().filter(|c| c.is_alphanumeric()).collect();
    let core = ["针对", "关于", "对于"].iter().find_map(|word| problem.strip_prefix(word)).unwrap_or(&problem);
    let core = ["等的问题", "的问题", "等问题", "问题"].iter().find_map(|word| core.strip_suffix(word)).unwrap_or(core);
    core.to_owned()
}

/// Why a document is or is not taken for a rectification notice, in the order of their weight.
pub fn explain(document: &Document) -> Vec<Reason> {
    let lines = text::lines(document);
    let title = title::line(document);
    let title_text = title.as_ref().map(|title| title.text.as_str());
    let tables = tables::tables(&lines);
    let parts = outline::parts(&lines, |line| tables.iter().any(|table| table.holds(line)));
    let inspection = header::inspection(&lines, &parts, title_text);
    let tree = Tree::new(&lines, &parts);
    let found = items::items(&lines, &parts, &tree, &tables, Anchor::default());
    topic::classify(title_text, &lines, &parts, &inspection, found.len()).1
}

/// The headings of the first level: 第一部分, else 一、二、三.
fn sections(lines: &[Line], parts: &[Part], tree: &Tree) -> Vec<Section> {
    let style = |node: &tree::Node| node.marker.as_ref().map(|marker| marker.style).filter(|style| *style <= Style::Section);
    let first = tree.nodes.iter().filter_map(style).min();
    let tops = tree.nodes.iter().filter(|node| style(node).is_some() && style(node) == first);
    tops.map(|node| {
        let part = &parts[node.part];
        let line = &lines[part.line];
        let heading = sentence::first_clause(&line.text, part.body.clone());
        let number = node.marker.as_ref().map_or_else(String::new, |marker| marker.name.clone());
        Section { number, heading: line.stated(line.trimmed(heading, &[], &['。', ':', ';'])) }
    })
    .collect()
}

/// The sentences that belong to no item.
fn outside(lines: &[Line], parts: &[Part], items: &[items::Found]) -> Vec<Place> {
    let mut inside = vec![false; parts.len()];
    items.iter().flat_map(|found| &found.parts).for_each(|&part| inside[part] = true);
    let mut places = Vec::new();
    for (part, _) in parts.iter().zip(inside).filter(|(_, inside)| !inside) {
        let found = sentence::sentences(&lines[part.line].text, part.range.clone());
        places.extend(found.into_iter().map(|range| Place { line: part.line, range }));
    }
    places
}

fn sentences(lines: &[Line]) -> Vec<Place> {
    let in_line = |(number, line): (usize, &Line)| {
        sentence::sentences(&line.text, 0..line.text.len()).into_iter().map(move |range| Place { line: number, range })
    };
    lines.iter().enumerate().flat_map(in_line).collect()
}
