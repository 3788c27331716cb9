//! Two bodies to the blocks that differ: which went, came, moved, or became which.

use std::ops::Range;

use super::align;
use super::marks;
use super::moves;
use super::runs;
use super::words::{same_words, words};
use crate::model::{Block, Piece};

/// Texts are compared by words as long as those that differ are no longer than this in all, in bytes; beyond it by whole blocks.
pub(super) const WORDS_MAX: usize = 1 << 20;

/// Blocks that became others. One side may be empty.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Altered {
    /// Older blocks, and where among them the group stands.
    pub(super) before: Range<usize>,
    pub(super) place: usize,
    /// Newer blocks that the group touches; where paragraphs were split or joined it need not hold all of their words.
    pub(super) after: Range<usize>,
    pub(super) pieces: Vec<Piece>,
}

/// Older blocks and the newer text that stands for them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) before: Range<usize>,
    pub(super) place: usize,
    pub(super) after: Range<usize>,
    pub(super) before_text: String,
    pub(super) after_text: String,
    /// Taken from elsewhere.
    pub(super) moved: bool,
}

/// What differs, in the order of the newer body, removed blocks where they stood.
pub(super) fn altered(before: &[Block], after: &[Block]) -> Vec<Altered> {
    let (start, end) = runs::common_ends(before, after);
    let (before, after) = (texts(&before[start..before.len() - end]), texts(&after[start..after.len() - end]));
    let keys = |texts: &[String]| texts.iter().map(|text| words(text)).collect::<Vec<_>>();
    let hunks = runs::hunks(&keys(&before), &keys(&after));
    let bytes = |texts: &[String], range: &Range<usize>| texts[range.clone()].iter().map(String::len).sum::<usize>();
    let differing: usize = hunks.iter().map(|hunk| bytes(&before, &hunk.before) + bytes(&after, &hunk.after)).sum();
    let by_words = differing <= WORDS_MAX;
    let mut groups = Vec::new();
    for hunk in hunks {
        let (old, new) = (&before[hunk.before.clone()], &after[hunk.after.clone()]);
        match by_words && !old.is_empty() && !new.is_empty() {
            true => groups.extend(align::groups(old, new).into_iter().map(|group| group.shifted(hunk.before.start, hunk.after.start))),
            false => groups.extend(apart(old, new).map(|group| group.shifted(hunk.before.start, hunk.after.start))),
        }
    }
    let groups = moves::joined(groups, by_words).into_iter().map(|group| group.shifted(start, start));
    groups.filter_map(|group| told(group, by_words)).collect()
}

fn texts(blocks: &[Block]) -> Vec<String> {
    blocks.iter().map(|block| block.text().into_owned()).collect()
}

/// Every block on its own, those that went before those that came.
fn apart<'a>(before: &'a [String], after: &'a [String]) -> impl Iterator<Item = Group> + 'a {
    let end = before.len();
    let gone = before.iter().enumerate().map(|(index, text)| Group::of(index..index + 1, 0..0, text.clone(), String::new()));
    let came = after.iter().enumerate().map(move |(index, text)| Group::of(end..end, index..index + 1, String::new(), text.clone()));
    gone.chain(came)
}

impl Group {
    pub(super) fn of(before: Range<usize>, after: Range<usize>, before_text: String, after_text: String) -> Self {
        Self { place: before.start, before, after, before_text, after_text, moved: false }
    }

    fn shifted(self, before: usize, after: usize) -> Self {
        let shift = |range: &Range<usize>, by: usize| range.start + by..range.end + by;
        Self { before: shift(&self.before, before), place: self.place + before, after: shift(&self.after, after), ..self }
    }
}

/// `None` where only the layout differs.
fn told(group: Group, by_words: bool) -> Option<Altered> {
    let pieces = match same_words(&group.before_text, &group.after_text) {
        true if !group.moved => return None,
        true => vec![Piece::Same(group.after_text)],
        false if by_words => marks::pieces(&group.before_text, &group.after_text),
        false => marks::whole(&group.before_text, &group.after_text),
    };
    Some(Altered { before: group.before, place: group.place, after: group.after, pieces })
}
