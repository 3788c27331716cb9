//! A notice with all its versions to rows.

use serde::Serialize;

use super::schema::{BLOCKS, CHANGES, CLAIMS, FIELDS, ITEMS, MEASURES, NOTICES, OUTCOMES, PASSAGES, SUMS, UNFINISHED, VERSIONS};
use super::{Sheets, Wanted, presence};
use crate::digest::Discreet;
use crate::flow::ask::sentence;
use crate::flow::house::House;
use crate::model::{Block, Change, ChangeKind, Difference, Item, ItemDifference, ItemId, Piece, Presence, Span, Stated, Tracked, Version};
use crate::store::Result;
use crate::table::Cell;
use crate::{diff, parse};

/// One notice on its way into the tables.
pub(super) struct Notice<'a> {
    pub(super) house: &'a House,
    pub(super) tracked: &'a Tracked,
    pub(super) sector: Option<String>,
}

impl Notice<'_> {
    pub(super) fn write(&self, wanted: &Wanted, sheets: &mut Sheets) -> Result<()> {
        let tracked = self.tracked;
        sheets.row(&NOTICES, self.row(), &Discreet::default())?;
        // Whoever publishes has taken it back: others get its text only where it is asked for.
        if matches!(tracked.presence, Presence::Withdrawn { .. }) && !wanted.withdrawn {
            return Ok(());
        }
        let mut before: Option<Version> = None;
        let first = if wanted.latest { tracked.versions.max(1) } else { 1 };
        for number in first..=tracked.versions {
            let Some(version) = self.house.store.version(&tracked.id, number)? else { continue };
            let page = Page { version: &version, discreet: Discreet::of(Some(&version.notice), None) };
            page.write(tracked, sheets)?;
            if let Some(before) = &before
                && let Some(difference) = diff::compare(before, &version.document, &version.notice)
            {
                passages(before, &version, &difference, sheets)?;
            }
            before = Some(version);
        }
        Ok(())
    }

    fn row(&self) -> Vec<Cell> {
        let tracked = self.tracked;
        let (since, moved_to) = match &tracked.presence {
            Presence::Missing { since, .. } | Presence::Withdrawn { since, .. } => (Some(*since), None),
            Presence::Moved { to } => (None, Some(to.0.clone())),
            Presence::Present => (None, None),
        };
        vec![
            tracked.id.0.clone().into(),
            tracked.url.as_str().into(),
            tracked.source.0.clone().into(),
            tracked.region.0.clone().into(),
            self.sector.clone().into(),
            tracked.title.clone().into(),
            tracked.published.into(),
            tracked.first_seen.into(),
            tracked.last_seen.into(),
            tracked.versions.into(),
            presence(&tracked.presence).into(),
            since.into(),
            moved_to.into(),
            tracked.copy_of.as_ref().map(|id| id.0.clone()).into(),
        ]
    }
}

/// A version on its way into the tables.
struct Page<'a> {
    version: &'a Version,
    discreet: Discreet,
}

impl Page<'_> {
    fn write(&self, tracked: &Tracked, sheets: &mut Sheets) -> Result<()> {
        let (version, notice) = (self.version, &self.version.notice);
        let measures: usize = notice.items.iter().map(|item| item.measures.len()).sum();
        sheets.row(
            &VERSIONS,
            self.with([
                (version.number == tracked.versions).into(),
                tracked.url.as_str().into(),
                version.captured_at.into(),
                version.snapshot.0.clone().into(),
                version.revision.into(),
                code(&notice.topic),
                words(notice.title.as_ref()),
                words(notice.issuer.as_ref()),
                version.document.characters().into(),
                notice.items.len().into(),
                measures.into(),
            ]),
            &self.discreet,
        )?;
        self.blocks(sheets)?;
        self.fields(sheets)?;
        for ((item, id), ordinal) in notice.items.iter().zip(notice.item_ids(&tracked.id)).zip(1_u32..) {
            self.item(item, &id, ordinal, sheets)?;
        }
        self.unfinished(sheets)?;
        self.figures(sheets)
    }

    /// The columns that every row of a version begins with, and then these.
    fn with(&self, cells: impl IntoIterator<Item = Cell>) -> Vec<Cell> {
        [self.version.id.0.clone().into(), self.version.number.into()].into_iter().chain(cells).collect()
    }

    fn blocks(&self, sheets: &mut Sheets) -> Result<()> {
        for (block, number) in self.version.document.blocks.iter().zip(0_u32..) {
            let kind = match block {
                Block::Paragraph(_) => "paragraph",
                Block::Heading(_) => "heading",
                Block::Row(_) => "row",
            };
            sheets.row(&BLOCKS, self.with([number.into(), kind.into(), block.text().into_owned().into()]), &self.discreet)?;
        }
        Ok(())
    }

    fn fields(&self, sheets: &mut Sheets) -> Result<()> {
        for field in self.version.notice.fields() {
            let table = if field.name.starts_with("claims.") { &CLAIMS } else { &FIELDS };
            let value = [field.name.into(), field.label.into(), field.text.into(), field.inferred.into()];
            let row = value.into_iter().chain(place(field.span)).chain([self.sentence(field.span)]);
            sheets.row(table, self.with(row), &self.discreet)?;
        }
        Ok(())
    }

    fn item(&self, item: &Item, id: &ItemId, ordinal: u32, sheets: &mut Sheets) -> Result<()> {
        let items = &self.version.notice.items;
        let told = item.rectification.map(|(first, last)| between(self.version, first, last));
        let value = [
            id.0.clone().into(),
            ordinal.into(),
            diff::label(item, items).into(),
            item.path.join(" ").into(),
            item.heading.value.clone().into(),
            words(item.problem.as_ref()),
            told.into(),
            item.measures.len().into(),
            item.status.as_ref().map_or(Cell::Nothing, |status| code(&status.value)),
            item.status_as_written.clone().into(),
            words(item.responsible_unit.as_ref()),
            words(item.responsible_person.as_ref()),
            item.deadline.as_ref().map(|day| day.value).into(),
            item.deadline.as_ref().map(|day| day.inferred).into(),
        ];
        let spans = place(item.heading.span)
            .into_iter()
            .chain(place(item.problem.as_ref().and_then(|problem| problem.span)))
            .chain(place(item.status.as_ref().and_then(|status| status.span)))
            .chain(place(item.deadline.as_ref().and_then(|day| day.span)));
        sheets.row(&ITEMS, self.with(value.into_iter().chain(spans)), &self.discreet)?;
        for (measure, number) in item.measures.iter().zip(1_u32..) {
            let text = [id.0.clone().into(), number.into(), exact(self.version, *measure).into()];
            sheets.row(&MEASURES, self.with(text.into_iter().chain(place(Some(*measure)))), &self.discreet)?;
        }
        Ok(())
    }

    fn unfinished(&self, sheets: &mut Sheets) -> Result<()> {
        let matters = &self.version.notice.unfinished;
        let named = matters.iter().zip(ItemId::of_unfinished(&self.version.id, matters));
        for ((matter, id), ordinal) in named.zip(1_u32..) {
            let value = [
                ordinal.into(),
                id.0.into(),
                matter.problem.value.clone().into(),
                words(matter.reason.as_ref()),
                words(matter.next_steps.as_ref()),
                matter.deadline.as_ref().map(|day| day.value).into(),
                matter.deadline.as_ref().map(|day| day.inferred).into(),
            ];
            sheets.row(&UNFINISHED, self.with(value.into_iter().chain(place(matter.problem.span))), &self.discreet)?;
        }
        Ok(())
    }

    fn figures(&self, sheets: &mut Sheets) -> Result<()> {
        let document = &self.version.document;
        for (outcome, ordinal) in self.version.notice.outcomes.iter().zip(1_u32..) {
            let value = [
                ordinal.into(),
                outcome.what.clone().into(),
                outcome.count.into(),
                outcome.unit.clone().into(),
                outcome.approximate.clone().into(),
                outcome.part_of.clone().into(),
                parse::quote(document, outcome.sentence).into(),
            ];
            sheets.row(&OUTCOMES, self.with(value.into_iter().chain(place(Some(outcome.sentence)))), &self.discreet)?;
        }
        for (sum, ordinal) in self.version.notice.sums.iter().zip(1_u32..) {
            let value = [
                ordinal.into(),
                sum.total.clone().into(),
                sum.count.into(),
                sum.parts.iter().map(f64::to_string).collect::<Vec<_>>().join(" ").into(),
                sum.holds().into(),
                parse::quote(document, sum.sentence).into(),
            ];
            sheets.row(&SUMS, self.with(value.into_iter().chain(place(Some(sum.sentence)))), &self.discreet)?;
        }
        Ok(())
    }

    fn sentence(&self, span: Option<Span>) -> Cell {
        span.map(|span| sentence(&self.version.document, span)).into()
    }
}

/// The characters of a span as they stand, blanks included.
fn exact(version: &Version, span: Span) -> String {
    let Some(block) = version.document.blocks.get(span.block as usize) else { return String::new() };
    block.text().chars().skip(span.start as usize).take(span.end.saturating_sub(span.start) as usize).collect()
}

/// The text from the beginning of one stretch to the end of another, blocks on lines of their own.
fn between(version: &Version, first: Span, last: Span) -> String {
    let length = |block: u32| version.document.blocks.get(block as usize).map_or(0, |block| block.text().chars().count() as u32);
    let lines = (first.block..=last.block).map(|block| {
        let start = if block == first.block { first.start } else { 0 };
        let end = if block == last.block { last.end } else { length(block) };
        exact(version, Span { block, start, end })
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn passages(before: &Version, after: &Version, difference: &Difference, sheets: &mut Sheets) -> Result<()> {
    let discreet = Discreet::of(Some(&after.notice), Some(difference));
    let mut ordinal = 0_u32;
    let mut row = |what: &str, name: Option<String>, change: &str, was: Option<String>, is: Option<String>| {
        ordinal += 1;
        let head = [after.id.0.clone().into(), before.number.into(), after.number.into(), ordinal.into()];
        let cells = head.into_iter().chain([what.into(), name.into(), change.into(), was.into(), is.into()]).collect();
        sheets.row(&PASSAGES, cells, &discreet)
    };
    for field in &difference.fields {
        let change = kind_of(field.before.is_some(), field.after.is_some());
        row("field", Some(field.name.clone()), change, field.before.clone(), field.after.clone())?;
    }
    for item in &difference.items {
        let name = format!("{} {}", item.label, item.heading);
        let (change, was, is) = fate(&item.what);
        row("item", Some(name), change, was, is)?;
    }
    for passage in &difference.passages {
        let (mut was, mut is) = (String::new(), String::new());
        for piece in &passage.pieces {
            match piece {
                Piece::Same(text) => {
                    was.push_str(text);
                    is.push_str(text);
                }
                Piece::Deleted(text) => was.push_str(text),
                Piece::Inserted(text) => is.push_str(text),
            }
        }
        let change = kind_of(passage.before.is_some(), passage.after.is_some());
        row("passage", passage.under.clone(), change, passage.before.map(|_| was), passage.after.map(|_| is))?;
    }
    Ok(())
}

fn kind_of(was: bool, is: bool) -> &'static str {
    match (was, is) {
        (false, _) => "added",
        (_, false) => "removed",
        _ => "changed",
    }
}

fn fate(what: &ItemDifference) -> (&'static str, Option<String>, Option<String>) {
    match what {
        ItemDifference::Added => ("added", None, None),
        ItemDifference::Removed => ("removed", None, None),
        ItemDifference::Status { before, after, before_as_written, after_as_written } => {
            let said = |written: &Option<String>, status: &Option<crate::model::Status>| {
                written.clone().or_else(|| status.map(|status| status.chinese().to_owned()))
            };
            ("status", said(before_as_written, before), said(after_as_written, after))
        }
        ItemDifference::Deadline { before, after } => ("deadline", before.map(|day| day.to_string()), after.map(|day| day.to_string())),
        ItemDifference::Measures { before, after } => ("measures", Some(before.to_string()), Some(after.to_string())),
        ItemDifference::ResponsibleUnit { before, after } => ("responsible_unit", before.clone(), after.clone()),
        ItemDifference::ResponsiblePerson { before, after } => ("responsible_person", before.clone(), after.clone()),
        ItemDifference::SplitFrom { label } => ("split_from", Some(label.clone()), None),
        ItemDifference::MergedInto { label } => ("merged_into", None, Some(label.clone())),
    }
}

pub(super) fn change(change: &Change, sheets: &mut Sheets) -> Result<()> {
    let (mut from, mut to, mut moved_to, mut seen, mut proof) = (None, None, None, None, None);
    match &change.kind {
        ChangeKind::Published { version, .. } | ChangeKind::Completed { version, .. } | ChangeKind::Restored { version, .. } => {
            to = Some(*version);
        }
        ChangeKind::Edited { from: before, to: after, .. } => (from, to) = (Some(*before), Some(*after)),
        ChangeKind::Withdrawn { last_seen, looks, .. } => (seen, proof) = (Some(*last_seen), Some(*looks)),
        ChangeKind::Moved { to, .. } => moved_to = Some(to.0.clone()),
        ChangeKind::Baseline { .. } | ChangeKind::Ailing { .. } | ChangeKind::Recovered { .. } => {}
    }
    let cells = vec![
        Cell::Integer(i64::try_from(change.number).unwrap_or(i64::MAX)),
        change.at.into(),
        change.kind.kind().english().into(),
        change.source.0.clone().into(),
        change.kind.notice().map(|notice| notice.0.clone()).into(),
        from.into(),
        to.into(),
        moved_to.into(),
        seen.into(),
        proof.into(),
    ];
    sheets.row(&CHANGES, cells, &Discreet::default())
}

fn words(stated: Option<&Stated<String>>) -> Cell {
    stated.map(|stated| stated.value.clone()).into()
}

/// A value by the word that it has in JSON.
fn code(value: &impl Serialize) -> Cell {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => code.into(),
        _ => Cell::Nothing,
    }
}

fn place(span: Option<Span>) -> [Cell; 3] {
    span.map_or([Cell::Nothing, Cell::Nothing, Cell::Nothing], |span| [span.block.into(), span.start.into(), span.end.into()])
}
