//! Two notices to the single values that differ: those of the notice, and title, date, source line and attachments of the page.

use super::changed::Changed;
use super::parts;
use super::words::{same_words, words};
use crate::model::{Document, Field, FieldChange, Notice, Published};

/// What differs, page first, in the order of [`Notice::fields`].
pub(super) fn changes(before: (&Document, &Notice), after: (&Document, &Notice), changed: &Changed) -> Vec<FieldChange> {
    let (old, new) = (before.1.fields(), after.1.fields());
    let (old_title, new_title) = (title(before.0, &old), title(after.0, &new));
    let mut changes: Vec<FieldChange> =
        [restated("title", "标题", old_title, new_title), published(before.0, after.0), source(before.0, after.0)]
            .into_iter()
            .flatten()
            .collect();
    changes.extend(parts::attachments(before.0, after.0));
    let inner = |field: &&Field| field.name != "title";
    for field in new.iter().filter(inner) {
        let partner = old.iter().find(|old| old.name == field.name);
        changes.extend(value(partner, Some(field), changed));
    }
    for field in old.iter().filter(inner).filter(|old| !new.iter().any(|field| field.name == old.name)) {
        changes.extend(value(Some(field), None, changed));
    }
    changes
}

fn title<'a>(document: &'a Document, fields: &'a [Field]) -> Option<&'a str> {
    fields.iter().find(|field| field.name == "title").map(|field| field.text.as_str()).or(document.title.as_deref())
}

/// A value of the page around the body: that a page does not state it is a matter of its layout.
fn restated(name: &str, label: &str, before: Option<&str>, after: Option<&str>) -> Option<FieldChange> {
    let (before, after) = (before?, after?);
    (!same_words(before, after)).then(|| change(name, label, Some(before), Some(after)))
}

fn published(before: &Document, after: &Document) -> Option<FieldChange> {
    let (before, after) = (before.published?, after.published?);
    let shown = |published: Published| match before.date == after.date {
        true => published.to_string(),
        false => published.date.to_string(),
    };
    let differs = before.date != after.date || (before.time != after.time && before.time.is_some() && after.time.is_some());
    differs.then(|| change("published", "发布时间", Some(&shown(before)), Some(&shown(after))))
}

fn source(before: &Document, after: &Document) -> Option<FieldChange> {
    restated("source", "来源", before.source.as_deref(), after.source.as_deref())
}

/// A value of the body, as far as the words that it rests on differ; of one without a span, as far as it is stated both times.
fn value(before: Option<&Field>, after: Option<&Field>, changed: &Changed) -> Option<FieldChange> {
    let (before_text, after_text) = (before.map(|field| field.text.as_str()), after.map(|field| field.text.as_str()));
    if words(before_text.unwrap_or_default()) == words(after_text.unwrap_or_default()) {
        return None;
    }
    let spans = |field: Option<&Field>| [field.and_then(|field| field.span)];
    let outside = |field: Option<&Field>| field.is_some_and(|field| field.span.is_none());
    let real = changed.either(&spans(before), &spans(after)) || (outside(before) && outside(after));
    let field = after.or(before).filter(|_| real)?;
    Some(change(field.name, field.label, before_text, after_text))
}

fn change(name: &str, label: &str, before: Option<&str>, after: Option<&str>) -> FieldChange {
    FieldChange { name: name.to_owned(), label: label.to_owned(), before: before.map(str::to_owned), after: after.map(str::to_owned) }
}
