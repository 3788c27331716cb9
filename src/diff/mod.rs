//! Two readings to what a reader would notice between them: fields, problems, passages.
//!
//! The same words in another layout are no difference. Nothing here knows what a change means or whether anybody is told.

mod align;
mod blocks;
mod changed;
mod fields;
mod items;
mod likeness;
mod lists;
mod marks;
mod moves;
mod numbers;
mod parts;
mod passages;
mod runs;
#[cfg(test)]
mod tests;
mod words;

pub use items::label;
pub use likeness::{alike, fingerprint, likeness};
pub use parts::copy_differs;

use crate::model::{Difference, Document, Notice, Version};

/// What a reader would notice; `None` when the same words stand in another layout.
///
/// A passage is an older block and the newer text that stands for it; where paragraphs were split or joined, line feeds stand in it, and
/// `after` is the first newer block it touches. What stayed is given as the newer version writes it. A block that only moved is a passage
/// of one [`Same`](crate::model::Piece::Same) piece. Several blocks of which nothing but the number changed are one field, `numbering`.
/// Files are compared as the body is; one that came or went is told by its name, not by its text.
/// A value that reads differently although the words it rests on are the same is our reading's doing and left out.
pub fn compare(before: &Version, document: &Document, notice: &Notice) -> Option<Difference> {
    let altered = parts::without_whole(blocks::altered(&before.document.blocks, &document.blocks), &before.document, document);
    let changed = changed::Changed::of(&altered);
    let (altered, renumbered) = numbers::renumbered(altered, &before.document.blocks, &document.blocks);
    let mut fields = fields::changes((&before.document, &before.notice), (document, notice), &changed);
    fields.extend(lists::changes(&before.notice, notice, &changed));
    fields.extend(renumbered);
    let mut passages = passages::passages(altered, &before.document.blocks, &document.blocks);
    parts::name(&mut passages, &before.document, document);
    passages.extend(parts::of_copies(&passages, &before.document, document));
    let difference = Difference { fields, items: items::changes(&before.notice, notice, &changed), passages };
    (!difference.is_empty()).then_some(difference)
}
