//! A notice as JSON, in the published shape: `docs/notice.schema.json`.
//!
//! Keys are only ever added. Never leaves a value out: what is not stated is null or an empty list.

use serde_json::{Map, Value, json};

use crate::model::{Document, Item, Notice, Span, Stated, Topic};

use super::quote;

/// The published shape of a notice: `docs/notice.schema.json`.
pub fn object(file: &str, document: &Document, notice: &Notice, cuts: &[(usize, usize)]) -> Map<String, Value> {
    let mut spans = Spans::default();
    let inspection = &notice.inspection;
    let is_notice = notice.topic == Topic::Rectification;
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| {
        object.insert(key.to_owned(), value);
    };
    put("file", json!(file));
    put("is_notice", json!(is_notice));
    put("topic", json!(topic_name(notice.topic)));
    put("title", spans.text("title", notice.title.as_ref()));
    put("issuer", spans.text("issuer", notice.issuer.as_ref()));
    put("source", json!(document.source));
    put("published", json!(document.published.map(|published| published.date.to_string())));
    put(
        "inspection",
        json!({
            "word": spans.json("inspection.word", inspection.word.as_ref()),
            "kind": spans.json("inspection.kind", inspection.kind.as_ref()),
            "level": spans.json("inspection.level", inspection.level.as_ref()),
            "team": spans.json("inspection.team", inspection.team.as_ref()),
            "target": spans.text("inspection.target", inspection.target.as_ref()),
            "from": spans.json("inspection.from", inspection.from.as_ref()),
            "to": spans.json("inspection.to", inspection.to.as_ref()),
            "feedback": spans.json("inspection.feedback", inspection.feedback.as_ref()),
            "feedback_year_inferred": inspection.feedback.as_ref().is_some_and(|feedback| feedback.inferred),
        }),
    );
    put("claims", claims(notice, &mut spans));
    put("sections", notice.sections.iter().enumerate().map(|(at, section)| json!({"no": section.number, "heading": spans.text(&format!("sections[{at}].heading"), Some(&section.heading))})).collect());
    put("items", notice.items.iter().enumerate().map(|(at, one)| item(at, one, document, &mut spans)).collect());
    put("unfinished", unfinished(notice, &mut spans));
    put("outcomes", outcomes(notice, document, &mut spans));
    put("sums", sums(notice, document, &mut spans));
    put("contacts", contacts(notice, &mut spans));
    put("signed", spans.text("signed", notice.signed.as_ref()));
    put("signed_on", spans.json("signed_on", notice.signed_on.as_ref()));
    put("body_paragraphs", json!(body_paragraphs(document, notice)));
    put("cut_paragraphs", cuts.iter().map(|cut| around(document, *cut)).collect());
    put("inferred", json!(spans.inferred));
    put("spans", Value::Object(spans.found));
    object
}

/// Spans under the path of the value they belong to: `items[3].status`.
#[derive(Default)]
struct Spans {
    found: Map<String, Value>,
    inferred: Vec<String>,
}

impl Spans {
    fn add(&mut self, path: &str, span: Option<Span>) {
        if let Some(span) = span {
            self.found.insert(path.to_owned(), json!(span));
        }
    }

    fn json<T: serde::Serialize>(&mut self, path: &str, stated: Option<&Stated<T>>) -> Value {
        let Some(stated) = stated else { return Value::Null };
        self.add(path, stated.span);
        if stated.inferred {
            self.inferred.push(path.to_owned());
        }
        json!(stated.value)
    }

    fn text(&mut self, path: &str, stated: Option<&Stated<String>>) -> Value {
        self.json(path, stated)
    }
}

fn claims(notice: &Notice, spans: &mut Spans) -> Value {
    let claims = &notice.claims;
    let statements: Vec<Value> =
        claims.statements.iter().enumerate().map(|(at, one)| spans.text(&format!("claims.statements[{at}]"), Some(one))).collect();
    json!({
        "aspects": spans.json("claims.aspects", claims.aspects.as_ref()),
        "problems": spans.json("claims.problems", claims.problems.as_ref()),
        "measures": spans.json("claims.measures", claims.measures.as_ref()),
        "rules": spans.json("claims.rules", claims.rules.as_ref()),
        "done": spans.json("claims.done", claims.done.as_ref()),
        "open": spans.json("claims.open", claims.open.as_ref()),
        "rate": spans.json("claims.rate", claims.rate.as_ref()),
        "as_of": spans.json("claims.as_of", claims.as_of.as_ref()),
        "statements": statements,
    })
}

/// Characters of a rectification's first and last words.
const ENDS_CHARACTERS: usize = 15;

fn item(at: usize, item: &Item, document: &Document, spans: &mut Spans) -> Value {
    let path = |name: &str| format!("items[{at}].{name}");
    let (first, last) = item.rectification.map_or((None, None), |(first, last)| (Some(first), Some(last)));
    spans.add(&path("rectification_starts"), first);
    spans.add(&path("rectification_ends"), last);
    for (number, measure) in item.measures.iter().enumerate() {
        spans.add(&path(&format!("measures[{number}]")), Some(*measure));
    }
    json!({
        "path": item.path,
        "heading": spans.text(&path("heading"), Some(&item.heading)),
        "problem": spans.text(&path("problem"), item.problem.as_ref()),
        "rectification_starts": item.rectification.map(|(first, last)| starts(document, first, last)),
        "rectification_ends": item.rectification.map(|(first, last)| ends(document, first, last)),
        "measures": item.measures.len(),
        "status": spans.json(&path("status"), item.status.as_ref()),
        "status_as_written": item.status_as_written,
        "responsible_unit": spans.text(&path("responsible_unit"), item.responsible_unit.as_ref()),
        "responsible_person": spans.text(&path("responsible_person"), item.responsible_person.as_ref()),
        "deadline": spans.json(&path("deadline"), item.deadline.as_ref()),
    })
}

fn unfinished(notice: &Notice, spans: &mut Spans) -> Value {
    let all = notice.unfinished.iter().enumerate().map(|(at, matter)| {
        let path = |name: &str| format!("unfinished[{at}].{name}");
        let start = |text: Value| text.as_str().map(|text| text.chars().take(ENDS_CHARACTERS).collect::<String>());
        json!({
            "problem": spans.text(&path("problem"), Some(&matter.problem)),
            "reason_starts": start(spans.text(&path("reason_starts"), matter.reason.as_ref())),
            "next_steps_start": start(spans.text(&path("next_steps_start"), matter.next_steps.as_ref())),
            "deadline": spans.json(&path("deadline"), matter.deadline.as_ref()),
        })
    });
    all.collect()
}

fn outcomes(notice: &Notice, document: &Document, spans: &mut Spans) -> Value {
    let all = notice.outcomes.iter().enumerate().map(|(at, outcome)| {
        spans.add(&format!("outcomes[{at}].sentence"), Some(outcome.sentence));
        json!({
            "what": outcome.what,
            "count": number(outcome.count),
            "unit": outcome.unit,
            "approximate": outcome.approximate,
            "part_of": outcome.part_of,
            "sentence": quote(document, outcome.sentence),
        })
    });
    all.collect()
}

fn sums(notice: &Notice, document: &Document, spans: &mut Spans) -> Value {
    let all = notice.sums.iter().enumerate().map(|(at, sum)| {
        spans.add(&format!("sums[{at}].sentence"), Some(sum.sentence));
        json!({
            "total": sum.total,
            "count": number(sum.count),
            "parts": sum.parts.iter().copied().map(number).collect::<Vec<_>>(),
            "holds": sum.holds(),
            "sentence": quote(document, sum.sentence),
        })
    });
    all.collect()
}

/// A whole number without the point that a float is written with.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 { json!(value as i64) } else { json!(value) }
}

fn contacts(notice: &Notice, spans: &mut Spans) -> Value {
    let contact = &notice.contact;
    let phones: Vec<Value> =
        contact.phones.iter().enumerate().map(|(at, phone)| spans.text(&format!("contacts.phones[{at}]"), Some(phone))).collect();
    json!({
        "phones": phones,
        "address": spans.text("contacts.address", contact.address.as_ref()),
        "postcode": spans.text("contacts.postcode", contact.postcode.as_ref()),
        "email": spans.text("contacts.email", contact.email.as_ref()),
        "person": spans.text("contacts.person", contact.person.as_ref()),
        "from": spans.json("contacts.from", contact.from.as_ref()),
        "until": spans.json("contacts.until", contact.until.as_ref()),
        "sentence": spans.text("contacts.sentence", contact.sentence.as_ref()),
    })
}

fn starts(document: &Document, first: Span, last: Span) -> String {
    let mut found: Vec<char> = Vec::with_capacity(ENDS_CHARACTERS);
    for span in stretch(document, first, last) {
        found.extend(quote(document, span).chars().filter(|c| !c.is_whitespace()).take(ENDS_CHARACTERS - found.len()));
        if found.len() == ENDS_CHARACTERS {
            break;
        }
    }
    found.into_iter().collect()
}

fn ends(document: &Document, first: Span, last: Span) -> String {
    let mut found: Vec<char> = Vec::with_capacity(ENDS_CHARACTERS);
    for span in stretch(document, first, last).rev() {
        found.extend(quote(document, span).chars().rev().filter(|c| !c.is_whitespace()).take(ENDS_CHARACTERS - found.len()));
        if found.len() == ENDS_CHARACTERS {
            break;
        }
    }
    found.into_iter().rev().collect()
}

/// The text from the beginning of `first` to the end of `last`, block by block.
fn stretch(document: &Document, first: Span, last: Span) -> impl DoubleEndedIterator<Item = Span> + '_ {
    (first.block..=last.block).map(move |block| {
        let length = document.blocks.get(block as usize).map_or(0, |block| block.text().chars().count());
        let start = if block == first.block { first.start } else { 0 };
        let end = if block == last.block { last.end } else { u32::try_from(length).unwrap_or(u32::MAX) };
        Span { block, start, end }
    })
}

/// Paragraphs without those of the signature.
fn body_paragraphs(document: &Document, notice: &Notice) -> usize {
    let mut signature: Vec<u32> = [notice.signed.as_ref().and_then(|unit| unit.span), notice.signed_on.as_ref().and_then(|day| day.span)]
        .into_iter()
        .flatten()
        .map(|span| span.block)
        .collect();
    signature.dedup();
    document.blocks.len() - signature.len().min(document.blocks.len())
}

/// Characters shown on either side of a place where a page break cut a sentence.
const CUT_CHARACTERS: usize = 12;

fn around(document: &Document, (block, at): (usize, usize)) -> Value {
    let text: Vec<char> = document.blocks[block].text().chars().collect();
    let bare = |characters: &[char]| characters.iter().filter(|c| !c.is_whitespace()).copied().collect::<Vec<char>>();
    let (before, after) = (bare(&text[..at.min(text.len())]), bare(&text[at.min(text.len())..]));
    let before: String = before[before.len().saturating_sub(CUT_CHARACTERS)..].iter().collect();
    let after: String = after.iter().take(CUT_CHARACTERS).collect();
    json!({"before": before, "after": after})
}

/// The code of a topic: `rectification`.
pub fn topic_name(topic: Topic) -> String {
    topic.name().to_owned()
}
