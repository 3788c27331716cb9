//! Two lists of problems to what became of each: aligned by what they say and where they stand, so that a renumbering is no news.

use std::collections::{HashMap, HashSet};

use super::changed::Changed;
use super::likeness::Grams;
use super::words::{fold, words};
use crate::model::{Item, ItemChange, ItemDifference, Notice, Stated};

/// How alike two problems must be to be one, wherever they stand, and where both stand at the same number.
const ALIKE: f64 = 0.6;
const ALIKE_IN_PLACE: f64 = 0.25;
/// More pairs than this are aligned by equality alone.
const PAIRS_MAX: usize = 250_000;

/// What became of the problems, in the order of the newer notice, removed ones last.
pub(super) fn changes(before: &Notice, after: &Notice, changed: &Changed) -> Vec<ItemChange> {
    let partners = align(&before.items, &after.items);
    let kept: HashSet<usize> = partners.iter().flatten().copied().collect();
    let alone = before.items.len() + after.items.len() - 2 * kept.len();
    // Each without a partner is held against all that have one.
    let few = alone.saturating_mul(partners.len()) <= PAIRS_MAX;
    let mut changes = Vec::new();
    for (new, partner) in after.items.iter().zip(&partners) {
        let told = match partner.map(|index| &before.items[index]) {
            Some(old) => fate(old, new, changed),
            None if !changed.after(&[new.heading.span]) => Vec::new(),
            None if few => vec![origin(before, after, &partners, new)],
            None => vec![ItemDifference::Added],
        };
        if !told.is_empty() {
            let label = label(new, &after.items);
            changes.extend(told.into_iter().map(|what| ItemChange { label: label.clone(), heading: heading(new), what }));
        }
    }
    for (index, old) in before.items.iter().enumerate().filter(|(index, _)| !kept.contains(index)) {
        if changed.before(&[old.heading.span]) {
            let what = if few { end(before, after, &partners, index) } else { ItemDifference::Removed };
            changes.push(ItemChange { label: label(old, &before.items), heading: heading(old), what });
        }
    }
    changes
}

/// How much of an item's words another must hold, to have said them before or to say them now, and how little what it became.
const HELD: f64 = 0.8;
const NOT_HELD: f64 = 0.5;

/// Whether a problem without a partner was said in another before, which says it no more.
fn origin(before: &Notice, after: &Notice, partners: &[Option<usize>], new: &Item) -> ItemDifference {
    let grams = Grams::of(&said(new), 2);
    let split = partners.iter().zip(&after.items).find_map(|(partner, goes_on)| {
        let old = &before.items[(*partner)?];
        let was_held = grams.held_by(&Grams::of(&said(old), 2)) >= HELD;
        (was_held && grams.held_by(&Grams::of(&said(goes_on), 2)) < NOT_HELD).then(|| label(old, &before.items))
    });
    split.map_or(ItemDifference::Added, |label| ItemDifference::SplitFrom { label })
}

/// Whether a problem without a successor is said in another now, which did not say it before.
fn end(before: &Notice, after: &Notice, partners: &[Option<usize>], old: usize) -> ItemDifference {
    let grams = Grams::of(&said(&before.items[old]), 2);
    let merged = partners.iter().zip(&after.items).find_map(|(partner, new)| {
        let was = &before.items[(*partner)?];
        let is_held = grams.held_by(&Grams::of(&said(new), 2)) >= HELD;
        (is_held && grams.held_by(&Grams::of(&said(was), 2)) < NOT_HELD).then(|| label(new, &after.items))
    });
    merged.map_or(ItemDifference::Removed, |label| ItemDifference::MergedInto { label })
}

/// What is different about one problem, as far as the words it rests on are different.
fn fate(old: &Item, new: &Item, changed: &Changed) -> Vec<ItemDifference> {
    let mut told = Vec::new();
    let spans = |item: &Item| [item.status.as_ref().and_then(|status| status.span)];
    let values = |item: &Item| item.status.as_ref().map(|status| status.value);
    let written = |item: &Item| item.status_as_written.as_deref().map(words);
    if (values(old) != values(new) || written(old) != written(new)) && changed.either(&spans(old), &spans(new)) {
        told.push(ItemDifference::Status {
            before: values(old),
            after: values(new),
            before_as_written: old.status_as_written.clone(),
            after_as_written: new.status_as_written.clone(),
        });
    }
    let spans = |item: &Item| [item.deadline.as_ref().and_then(|deadline| deadline.span)];
    let deadline = |item: &Item| item.deadline.as_ref().map(|deadline| deadline.value);
    if deadline(old) != deadline(new) && changed.either(&spans(old), &spans(new)) {
        told.push(ItemDifference::Deadline { before: deadline(old), after: deadline(new) });
    }
    let spans = |item: &Item| item.measures.iter().map(|&measure| Some(measure)).collect::<Vec<_>>();
    if old.measures.len() != new.measures.len() && changed.either(&spans(old), &spans(new)) {
        told.push(ItemDifference::Measures { before: old.measures.len() as u32, after: new.measures.len() as u32 });
    }
    told.extend(responsible(old, new, changed));
    told
}

fn responsible(old: &Item, new: &Item, changed: &Changed) -> Vec<ItemDifference> {
    let differs = |old: &Option<Stated<String>>, new: &Option<Stated<String>>| {
        let said = |stated: &Option<Stated<String>>| stated.as_ref().map(|stated| words(&stated.value));
        let span = |stated: &Option<Stated<String>>| [stated.as_ref().and_then(|stated| stated.span)];
        let value = |stated: &Option<Stated<String>>| stated.as_ref().map(|stated| stated.value.clone());
        (said(old) != said(new) && changed.either(&span(old), &span(new))).then(|| (value(old), value(new)))
    };
    let unit = differs(&old.responsible_unit, &new.responsible_unit);
    let person = differs(&old.responsible_person, &new.responsible_person);
    let unit = unit.map(|(before, after)| ItemDifference::ResponsibleUnit { before, after });
    unit.into_iter().chain(person.map(|(before, after)| ItemDifference::ResponsiblePerson { before, after })).collect()
}

/// For each newer item the index of the older one that it is.
fn align(before: &[Item], after: &[Item]) -> Vec<Option<usize>> {
    let mut aligned = Aligned { partners: vec![None; after.len()], taken: vec![false; before.len()] };
    aligned.by_equality(before, after, |item| (said(item), item.path.clone()));
    aligned.by_equality(before, after, said);
    if aligned.open_pairs() <= PAIRS_MAX {
        aligned.by_likeness(before, after);
    }
    aligned.partners
}

struct Aligned {
    partners: Vec<Option<usize>>,
    taken: Vec<bool>,
}

impl Aligned {
    /// Pairs what has the same key, the first with the first.
    fn by_equality<K: Eq + std::hash::Hash>(&mut self, before: &[Item], after: &[Item], key: impl Fn(&Item) -> K) {
        let mut waiting: HashMap<K, Vec<usize>> = HashMap::new();
        for index in (0..before.len()).rev().filter(|&index| !self.taken[index]) {
            waiting.entry(key(&before[index])).or_default().push(index);
        }
        for (partner, item) in self.partners.iter_mut().zip(after).filter(|(partner, _)| partner.is_none()) {
            *partner = waiting.get_mut(&key(item)).and_then(Vec::pop);
            if let Some(index) = *partner {
                self.taken[index] = true;
            }
        }
    }

    fn open_pairs(&self) -> usize {
        let open = |flags: usize, all: usize| all - flags;
        open(self.taken.iter().filter(|taken| **taken).count(), self.taken.len())
            * open(self.partners.iter().flatten().count(), self.partners.len())
    }

    /// Pairs the most alike first. Standing at the same number counts, for what is hardly alike as well.
    fn by_likeness(&mut self, before: &[Item], after: &[Item]) {
        let old: Vec<(usize, Grams)> =
            (0..before.len()).filter(|&index| !self.taken[index]).map(|index| (index, Grams::of(&said(&before[index]), 2))).collect();
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for place in (0..after.len()).filter(|&place| self.partners[place].is_none()) {
            let new = Grams::of(&said(&after[place]), 2);
            pairs.extend(old.iter().filter_map(|(index, old)| {
                let likeness = old.likeness(&new);
                let in_place = before[*index].path == after[place].path;
                let enough = likeness >= if in_place { ALIKE_IN_PLACE } else { ALIKE };
                enough.then_some((likeness + f64::from(u8::from(in_place)) * 0.2, place, *index))
            }));
        }
        pairs.sort_by(|one, other| other.0.total_cmp(&one.0).then((one.1, one.2).cmp(&(other.1, other.2))));
        for (_, place, index) in pairs {
            if self.partners[place].is_none() && !self.taken[index] {
                self.partners[place] = Some(index);
                self.taken[index] = true;
            }
        }
    }
}

/// What an item is recognised by: its problem, else its heading.
fn said(item: &Item) -> String {
    words(item.problem.as_ref().map_or(&item.heading.value, |problem| &problem.value))
}

/// The heading without the number that stands in the label.
fn heading(item: &Item) -> String {
    let heading = item.heading.value.trim();
    let number = item.path.last().map(String::as_str).unwrap_or_default();
    let rest = heading.strip_prefix(number).unwrap_or(heading);
    rest.trim_start_matches(|c: char| fold(c).is_none_or(|c| matches!(c, '.' | '、' | ':' | ')'))).to_owned()
}

/// The number as a reader would say it: `3(2)`, `问题13`; with what stands above it where it would not be the only one.
pub fn label(item: &Item, all: &[Item]) -> String {
    let bracketed = |number: &String| number.chars().next().and_then(fold) == Some('(');
    let shortest = item.path.iter().rposition(|number| !bracketed(number)).unwrap_or(0);
    let others = |from: usize| {
        let tail = &item.path[from..];
        all.iter().filter(|other| other.path.ends_with(tail) && other.path != item.path).count()
    };
    let from = (0..=shortest).rev().find(|&from| others(from) == 0).unwrap_or(0);
    let label = item.path[from..].iter().enumerate().fold(String::new(), |label, (place, number)| {
        let dot = place > 0 && !bracketed(number) && label.chars().next_back().and_then(fold).is_none_or(|last| last != ')');
        label + if dot { "." } else { "" } + number
    });
    match label.chars().all(|c| c.is_ascii_digit()) && !label.is_empty() {
        true => format!("问题{label}"),
        false => label,
    }
}
