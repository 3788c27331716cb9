//! Some older blocks and the newer ones in their place to groups: each older block and the text that stands for it now.
//!
//! Goes by words, not by blocks: a paragraph that was split, joined, or broken anew is followed through.

use std::ops::Range;

use super::blocks::Group;
use super::marks;
use super::words::{Token, Word, same_words, tokens};

/// Fewer letters in a row say nothing about what belongs together: every text holds 的问题.
const TELLING: usize = 3;
/// So many letters in a row across the end of a paragraph are the same text broken elsewhere.
const FLOWING: usize = 8;

/// The groups in order. Words that no other block shares by more than accident stand alone.
pub(super) fn groups(before: &[String], after: &[String]) -> Vec<Group> {
    let (old, new) = (Stream::of(before), Stream::of(after));
    let steps = steps(&old, &new);
    let mut groups = Vec::new();
    let mut from = (0, 0);
    for cut in cuts(&steps, &old, &new) {
        let (before, after) = (from.0..cut.0, from.1..cut.1);
        if !before.is_empty() || !after.is_empty() {
            groups.push(Group::of(old.blocks(&before), new.blocks(&after), old.slice(&before), new.slice(&after)));
        }
        from = cut;
    }
    groups
}

/// The words of some blocks as one sequence.
struct Stream {
    text: String,
    tokens: Vec<Token>,
    /// For each token the block it stands in; one more at the end.
    places: Vec<usize>,
}

impl Stream {
    fn of(blocks: &[String]) -> Self {
        let text = blocks.join("\n");
        let tokens = tokens(&text);
        let mut starts = blocks.iter().scan(0, |start, block| {
            *start += block.len() + 1;
            Some(*start)
        });
        let (mut place, mut end) = (0, starts.next().unwrap_or(0));
        let mut places = Vec::with_capacity(tokens.len() + 1);
        for token in &tokens {
            // where a token begins; the first one takes in what stands before it
            let at = token.range.end - text[token.range.clone()].trim_start().len();
            while at >= end {
                (place, end) = (place + 1, starts.next().unwrap_or(usize::MAX));
            }
            places.push(place);
        }
        places.push(blocks.len());
        Self { text, tokens, places }
    }

    /// Whether a block ends before this token.
    fn is_edge(&self, at: usize) -> bool {
        at == 0 || self.places[at] != self.places[at - 1]
    }

    fn edges(&self, range: Range<usize>) -> impl DoubleEndedIterator<Item = usize> + '_ {
        range.filter(|&at| self.is_edge(at))
    }

    fn blocks(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.places[range.start];
        if range.is_empty() { start..start } else { start..self.places[range.end - 1] + 1 }
    }

    fn slice(&self, range: &Range<usize>) -> String {
        match &self.tokens[range.clone()] {
            [] => String::new(),
            [first, ..] => self.text[first.range.start..self.tokens[range.end - 1].range.end].trim_end_matches('\n').to_owned(),
        }
    }

    fn letters(&self, range: Range<usize>) -> usize {
        let is_letter = |token: &&Token| !matches!(token.word, Word::Char(character) if !character.is_alphanumeric());
        self.tokens[range].iter().filter(is_letter).count()
    }
}

/// A stretch of both sequences that stayed or changed.
struct Step {
    before: Range<usize>,
    after: Range<usize>,
    stayed: Stayed,
}

#[derive(PartialEq)]
enum Stayed {
    Yes,
    /// The same words cut into other tokens: 2024 and 202 4.
    InOtherTokens,
    No,
}

fn steps(old: &Stream, new: &Stream) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut at = (0, 0);
    let end = runs_end(old, new);
    for hunk in marks::hunks(&old.tokens, &new.tokens).into_iter().map(|hunk| (hunk.before, hunk.after)).chain([end]) {
        steps.push(Step { before: at.0..hunk.0.start, after: at.1..hunk.1.start, stayed: Stayed::Yes });
        at = (hunk.0.end, hunk.1.end);
        let same = same_words(&old.slice(&hunk.0), &new.slice(&hunk.1));
        let stayed = if same { Stayed::InOtherTokens } else { Stayed::No };
        steps.push(Step { before: hunk.0, after: hunk.1, stayed });
    }
    steps.retain(|step| !step.before.is_empty() || !step.after.is_empty());
    if old.places[old.tokens.len()] > 1 || new.places[new.tokens.len()] > 1 {
        drop_accidents(&mut steps, old, new);
    }
    steps
}

fn runs_end(old: &Stream, new: &Stream) -> (Range<usize>, Range<usize>) {
    (old.tokens.len()..old.tokens.len(), new.tokens.len()..new.tokens.len())
}

/// Takes for changed what stayed by accident only: words shared by blocks that have little else in common.
fn drop_accidents(steps: &mut Vec<Step>, old: &Stream, new: &Stream) {
    let mut shared: Vec<((usize, usize), usize)> = Vec::new();
    for (pair, letters) in steps.iter().filter(|step| step.stayed == Stayed::Yes).flat_map(|step| stretches(step, old, new)) {
        match shared.last_mut() {
            Some(last) if last.0 == pair => last.1 += if letters >= TELLING { letters } else { 0 },
            _ => shared.push((pair, if letters >= TELLING { letters } else { 0 })),
        }
    }
    let (old_letters, new_letters) = (letters_by_block(old), letters_by_block(new));
    let linked = |pair: (usize, usize)| {
        let found = shared.binary_search_by_key(&pair, |(pair, _)| *pair);
        found.is_ok_and(|index| 2 * shared[index].1 >= old_letters[pair.0].min(new_letters[pair.1]).max(1))
    };
    for step in steps.iter_mut().filter(|step| step.stayed == Stayed::Yes) {
        let pairs = stretches(step, old, new);
        let turns = pairs.windows(2).any(|two| (two[0].0.0 == two[1].0.0) != (two[0].0.1 == two[1].0.1));
        let flows = turns && pairs.iter().map(|(_, letters)| letters).sum::<usize>() >= FLOWING;
        if !flows && !pairs.iter().any(|(pair, _)| linked(*pair)) {
            step.stayed = Stayed::No;
        }
    }
    let mut merged: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps.drain(..) {
        match merged.last_mut().filter(|last| last.stayed == Stayed::No && step.stayed == Stayed::No) {
            Some(last) => {
                last.before.end = step.before.end;
                last.after.end = step.after.end;
            }
            None => merged.push(step),
        }
    }
    *steps = merged;
}

/// What stayed, cut where either side begins a new block: the two blocks and the letters they share there.
fn stretches(step: &Step, old: &Stream, new: &Stream) -> Vec<((usize, usize), usize)> {
    let pair = |offset: usize| (old.places[step.before.start + offset], new.places[step.after.start + offset]);
    let mut stretches = Vec::new();
    let mut start = 0;
    for offset in 1..=step.before.len() {
        if offset == step.before.len() || pair(offset) != pair(start) {
            stretches.push((pair(start), old.letters(step.before.start + start..step.before.start + offset)));
            start = offset;
        }
    }
    stretches
}

fn letters_by_block(stream: &Stream) -> Vec<usize> {
    let mut letters = vec![0; stream.places[stream.tokens.len()]];
    for at in 0..stream.tokens.len() {
        letters[stream.places[at]] += stream.letters(at..at + 1);
    }
    letters
}

/// Where to cut both sequences so that older blocks stay whole, and what went or came as whole blocks stands alone.
fn cuts(steps: &[Step], old: &Stream, new: &Stream) -> Vec<(usize, usize)> {
    let mut cuts = Vec::new();
    for step in steps {
        match step.stayed {
            Stayed::Yes => {
                let ends = old.edges(step.before.start + 1..step.before.end + 1);
                cuts.extend(ends.map(|at| (at, step.after.start + at - step.before.start)));
            }
            Stayed::InOtherTokens => {}
            Stayed::No => cuts_in_change(step, old, new, &mut cuts),
        }
    }
    cuts.push((old.tokens.len(), new.tokens.len()));
    cuts
}

fn cuts_in_change(step: &Step, old: &Stream, new: &Stream, cuts: &mut Vec<(usize, usize)>) {
    let old_edges: Vec<usize> = old.edges(step.before.start..step.before.end + 1).collect();
    let new_edges: Vec<usize> = new.edges(step.after.start..step.after.end + 1).collect();
    let (Some(&first), Some(&last)) = (old_edges.first(), old_edges.last()) else { return };
    // new words that are no whole block go with the older block before them
    let first_new = new_edges.first().copied().unwrap_or(step.after.end);
    cuts.extend(old_edges.iter().map(|&at| (at.max(first), first_new)));
    cuts.extend(new_edges.iter().map(|&at| (last, at)));
}
