//! A block that went and one that came elsewhere to one block that moved.

use std::collections::{HashMap, HashSet};

use super::blocks::Group;
use super::likeness::Grams;
use super::words::words;

/// Blocks shorter than this, in characters, say too little to be recognised elsewhere.
const LENGTH_MIN: usize = 12;
/// How alike a block that went and one that came elsewhere must be to be told as one.
const LIKENESS_MIN: f64 = 0.8;
/// More pairs than this are compared by equality alone.
const PAIRS_MAX: usize = 4_096;

/// The groups, with what went and came back elsewhere joined where it stands now.
pub(super) fn joined(groups: Vec<Group>, by_likeness: bool) -> Vec<Group> {
    let of_length = |text: &str| Some(words(text)).filter(|words| words.chars().nth(LENGTH_MIN - 1).is_some());
    let list = |went: bool| {
        let sides = groups.iter().enumerate().filter_map(move |(index, group)| match went {
            true => (group.after_text.is_empty() && group.before.len() == 1).then(|| (index, of_length(&group.before_text))),
            false => (group.before_text.is_empty() && group.after.len() == 1).then(|| (index, of_length(&group.after_text))),
        });
        sides.filter_map(|(index, words)| words.map(|words| (index, words))).collect::<Vec<_>>()
    };
    let (mut went, mut came) = (list(true), list(false));
    let mut origins = equal(&mut went, &mut came);
    if by_likeness && went.len() * came.len() <= PAIRS_MAX {
        origins.extend(alike(&went, &came));
    }
    let left: HashSet<usize> = origins.values().copied().collect();
    let origins: HashMap<usize, Group> = origins.into_iter().map(|(to, from)| (to, groups[from].clone())).collect();
    let kept = groups.into_iter().enumerate().filter(|(index, _)| !left.contains(index));
    kept.map(|(index, group)| match origins.get(&index) {
        Some(origin) => Group { before: origin.before.clone(), before_text: origin.before_text.clone(), moved: true, ..group },
        None => group,
    })
    .collect()
}

/// Pairs of groups with the same words, taken out of both lists: where each that came is from.
fn equal(went: &mut Vec<(usize, String)>, came: &mut Vec<(usize, String)>) -> HashMap<usize, usize> {
    let mut waiting: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, words) in went.iter().rev() {
        waiting.entry(words).or_default().push(*index);
    }
    let origin = |(index, words): &(usize, String)| Some((*index, waiting.get_mut(words.as_str())?.pop()?));
    let origins: HashMap<usize, usize> = came.iter().filter_map(origin).collect();
    let left: HashSet<usize> = origins.values().copied().collect();
    went.retain(|(index, _)| !left.contains(index));
    came.retain(|(index, _)| !origins.contains_key(index));
    origins
}

fn alike(went: &[(usize, String)], came: &[(usize, String)]) -> Vec<(usize, usize)> {
    let old: Vec<(usize, Grams)> = went.iter().map(|(index, words)| (*index, Grams::of(words, 2))).collect();
    let mut taken = HashSet::new();
    let mut origins = Vec::new();
    for (place, words) in came {
        let new = Grams::of(words, 2);
        let likely = old.iter().filter(|(index, _)| !taken.contains(index)).map(|(index, old)| (*index, old.likeness(&new)));
        let best = likely.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)));
        if let Some((index, _)) = best.filter(|&(_, likeness)| likeness >= LIKENESS_MIN) {
            taken.insert(index);
            origins.push((*place, index));
        }
    }
    origins
}
