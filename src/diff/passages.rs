//! Blocks that differ to the passages that a reader is shown, each under its heading.

use std::ops::Range;

use super::blocks::Altered;
use super::numbers::{is_heading, opening};
use crate::model::{Block, Passage};

pub(super) fn passages(altered: Vec<Altered>, before: &[Block], after: &[Block]) -> Vec<Passage> {
    let (before_headings, after_headings) = (headings(before), headings(after));
    altered
        .into_iter()
        .map(|altered| Passage {
            under: stands_under(&after_headings, &altered.after).or_else(|| stands_under(&before_headings, &altered.before)),
            before: (!altered.before.is_empty()).then_some(altered.before.start),
            after: (!altered.after.is_empty()).then_some(altered.after.start),
            pieces: altered.pieces,
        })
        .collect()
}

fn stands_under(headings: &[Option<String>], blocks: &Range<usize>) -> Option<String> {
    headings.get(blocks.clone())?.first()?.clone()
}

/// For each block the heading that it stands under, which may be its own first sentence.
fn headings(blocks: &[Block]) -> Vec<Option<String>> {
    let mut above: Option<String> = None;
    let mut headings = Vec::with_capacity(blocks.len());
    for block in blocks {
        let text = block.text();
        let heading = is_heading(block);
        let own = if heading { None } else { opening(&text) };
        headings.push(own.or_else(|| above.clone()));
        if heading {
            above = Some(text.into_owned());
        }
    }
    headings
}
