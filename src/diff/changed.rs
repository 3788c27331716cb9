//! Which blocks differ, and so which values may: a value that changed while the words it rests on did not is our reading's doing.

use std::ops::Range;

use super::blocks::Altered;
use crate::model::Span;

/// The blocks of either body that differ.
pub(super) struct Changed {
    before: Vec<bool>,
    after: Vec<bool>,
}

impl Changed {
    pub(super) fn of(altered: &[Altered]) -> Self {
        let before = altered.iter().map(|altered| &altered.before);
        Self { before: flags(before), after: flags(altered.iter().map(|altered| &altered.after)) }
    }

    /// Whether one of the spans lies in what was removed or altered.
    pub(super) fn before(&self, spans: &[Option<Span>]) -> bool {
        lies_in(&self.before, spans)
    }

    /// Whether one of the spans lies in what was added or altered.
    pub(super) fn after(&self, spans: &[Option<Span>]) -> bool {
        lies_in(&self.after, spans)
    }

    pub(super) fn either(&self, before: &[Option<Span>], after: &[Option<Span>]) -> bool {
        self.before(before) || self.after(after)
    }
}

fn flags<'a>(ranges: impl Iterator<Item = &'a Range<usize>>) -> Vec<bool> {
    let mut flags = Vec::new();
    for range in ranges {
        flags.resize(flags.len().max(range.end), false);
        flags[range.clone()].fill(true);
    }
    flags
}

fn lies_in(flags: &[bool], spans: &[Option<Span>]) -> bool {
    spans.iter().flatten().any(|span| flags.get(span.block as usize).copied().unwrap_or(false))
}
