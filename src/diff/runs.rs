//! Two sequences to the stretches in which they differ, at a cost that is bounded for any input.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use imara_diff::{Algorithm, Diff, Token};

/// Longer stretches between two anchors are taken as wholly different: the algorithms below are quadratic at worst.
pub(super) const STRETCH_MAX: usize = 4_096;

/// A stretch of the older sequence that became one of the newer; one of them may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) before: Range<usize>,
    pub(super) after: Range<usize>,
}

/// What differs, in order. Anchored on what stands exactly once on either side, so that long sequences cost little more than sorting.
pub(super) fn hunks<T: Eq + Hash>(before: &[T], after: &[T]) -> Vec<Hunk> {
    let (start, end) = common_ends(before, after);
    let (inner_before, inner_after) = (&before[start..before.len() - end], &after[start..after.len() - end]);
    let mut hunks = Vec::new();
    let mut from = (0, 0);
    let last = (inner_before.len(), inner_after.len());
    for anchor in anchors(inner_before, inner_after).into_iter().chain([last]) {
        stretch(inner_before, inner_after, from.0..anchor.0, from.1..anchor.1, &mut hunks);
        from = (anchor.0 + 1, anchor.1 + 1);
    }
    for hunk in &mut hunks {
        hunk.before = hunk.before.start + start..hunk.before.end + start;
        hunk.after = hunk.after.start + start..hunk.after.end + start;
    }
    merge_touching(hunks)
}

/// The same without anchors, for words inside a paragraph, where what stands once says little about order. `slide` scores the words
/// before which and after which a mark may begin and end.
pub(super) fn word_hunks<T: Eq + Hash>(before: &[T], after: &[T], slide: impl Fn(&T) -> u32) -> Vec<Hunk> {
    if before.len().max(after.len()) > STRETCH_MAX {
        return hunks(before, after);
    }
    let mut names = Names::default();
    let (before_names, after_names) = (names.of(before), names.of(after));
    let mut diff = Diff::default();
    diff.compute_with(Algorithm::Histogram, &before_names, &after_names, names.count());
    let scores: Vec<u32> = names.list.iter().map(|word| slide(word)).collect();
    diff.postprocess_with(&before_names, &after_names, |tokens: &[Token], hunk: Range<u32>, earliest_end: u32| {
        best_end(tokens, &hunk, earliest_end, &scores)
    });
    diff.hunks().map(|hunk| Hunk { before: usizes(&hunk.before), after: usizes(&hunk.after) }).collect()
}

/// Of all the places that an insertion may slide to, the one that begins after and ends with the strongest pause.
fn best_end(tokens: &[Token], hunk: &Range<u32>, earliest_end: u32, scores: &[u32]) -> u32 {
    let length = hunk.end - hunk.start;
    let pause = |index: Option<u32>| index.map_or(3, |index| scores[tokens[index as usize].0 as usize]);
    let earliest = earliest_end.max(hunk.end.saturating_sub(200)).max(length);
    (earliest..=hunk.end).max_by_key(|&end| pause((end - length).checked_sub(1)) + pause(Some(end - 1))).unwrap_or(hunk.end)
}

/// How many values are the same at the start and, of the rest, at the end.
pub(super) fn common_ends<T: Eq>(before: &[T], after: &[T]) -> (usize, usize) {
    let start = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    let end = before[start..].iter().rev().zip(after[start..].iter().rev()).take_while(|(one, other)| one == other).count();
    (start, end)
}

/// Pairs of places that hold what stands once on either side; the longest series that rises on both.
fn anchors<T: Eq + Hash>(before: &[T], after: &[T]) -> Vec<(usize, usize)> {
    let mut seen: HashMap<&T, (u32, usize, u32, usize)> = HashMap::with_capacity(before.len());
    for (index, value) in before.iter().enumerate() {
        let entry = seen.entry(value).or_default();
        (entry.0, entry.1) = (entry.0 + 1, index);
    }
    for (index, value) in after.iter().enumerate() {
        if let Some(entry) = seen.get_mut(value) {
            (entry.2, entry.3) = (entry.2 + 1, index);
        }
    }
    let unique = before.iter().filter_map(|value| seen.get(value)).filter(|entry| entry.0 == 1 && entry.2 == 1);
    longest_rising(&unique.map(|entry| (entry.1, entry.3)).collect::<Vec<_>>())
}

/// Of pairs that rise on the left, the longest series that rises on the right as well.
fn longest_rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut previous = vec![None; pairs.len()];
    for (index, pair) in pairs.iter().enumerate() {
        let place = ends.partition_point(|&end| pairs[end].1 < pair.1);
        previous[index] = place.checked_sub(1).map(|place| ends[place]);
        if place == ends.len() {
            ends.push(index);
        } else {
            ends[place] = index;
        }
    }
    let mut series: Vec<_> = std::iter::successors(ends.last().copied(), |&index| previous[index]).map(|index| pairs[index]).collect();
    series.reverse();
    series
}

fn stretch<T: Eq + Hash>(before: &[T], after: &[T], left: Range<usize>, right: Range<usize>, hunks: &mut Vec<Hunk>) {
    if left.is_empty() && right.is_empty() {
        return;
    }
    if left.is_empty() || right.is_empty() || left.len().max(right.len()) > STRETCH_MAX {
        hunks.push(Hunk { before: left, after: right });
        return;
    }
    let mut names = Names::default();
    let (before_names, after_names) = (names.of(&before[left.clone()]), names.of(&after[right.clone()]));
    let mut diff = Diff::default();
    diff.compute_with(Algorithm::Histogram, &before_names, &after_names, names.count());
    hunks.extend(diff.hunks().map(|hunk| {
        let (inner_left, inner_right) = (usizes(&hunk.before), usizes(&hunk.after));
        Hunk {
            before: left.start + inner_left.start..left.start + inner_left.end,
            after: right.start + inner_right.start..right.start + inner_right.end,
        }
    }));
}

fn merge_touching(hunks: Vec<Hunk>) -> Vec<Hunk> {
    let mut merged: Vec<Hunk> = Vec::with_capacity(hunks.len());
    for hunk in hunks {
        match merged.last_mut() {
            Some(last) if last.before.end == hunk.before.start && last.after.end == hunk.after.start => {
                last.before.end = hunk.before.end;
                last.after.end = hunk.after.end;
            }
            _ => merged.push(hunk),
        }
    }
    merged
}

fn usizes(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// Numbers given to values in the order they are met, so that nothing depends on a hash's seed.
struct Names<'a, T> {
    numbers: HashMap<&'a T, u32>,
    list: Vec<&'a T>,
}

impl<T> Default for Names<'_, T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), list: Vec::new() }
    }
}

impl<'a, T: Eq + Hash> Names<'a, T> {
    fn of(&mut self, values: &'a [T]) -> Vec<Token> {
        values
            .iter()
            .map(|value| {
                let next = self.list.len() as u32;
                let number = *self.numbers.entry(value).or_insert(next);
                if number == next {
                    self.list.push(value);
                }
                Token(number)
            })
            .collect()
    }

    fn count(&self) -> u32 {
        self.list.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::{Hunk, hunks};

    #[track_caller]
    fn check(before: &str, after: &str, expected: &[(&str, &str)]) {
        let (before, after): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
        let text = |characters: &[char]| characters.iter().collect::<String>();
        let found: Vec<_> =
            hunks(&before, &after).into_iter().map(|Hunk { before: b, after: a }| (text(&before[b]), text(&after[a]))).collect();
        let expected: Vec<_> = expected.iter().map(|&(b, a)| (b.to_owned(), a.to_owned())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn differences_come_in_order_and_whole() {
        check("abcdef", "abcdef", &[]);
        check("abcdef", "abXdef", &[("c", "X")]);
        check("abcdef", "Zabdefg", &[("", "Z"), ("c", ""), ("", "g")]);
        check("", "ab", &[("", "ab")]);
        check("abc", "xyz", &[("abc", "xyz")]);
    }
}
