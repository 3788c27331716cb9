//! DOC and WPS, the binary files of Word 97 to 2003 (MS-DOC), to paragraphs and rows as Word shows them with all changes accepted.
//!
//! The text stands in pieces, one byte or two a character; what looks and hides it stands apart, by offsets. Notes and text
//! boxes stand at the end. Headers, footers, comments, field codes, deleted and hidden text are not read.

mod fib;
mod lists;
mod pieces;
mod properties;
mod styles;
mod walk;

use super::TRACKED;
use super::shape::Draft;
use crate::model::Unreadable;
use fib::Fib;
use pieces::Pieces;
use properties::Properties;
use walk::Walk;

/// Reads the streams `WordDocument` and the table stream that it names.
///
/// # Errors
/// [`Unreadable::Encrypted`], [`Unreadable::Format`] for files of Word 95 and older, [`Unreadable::Damaged`] where text or its
/// pieces lie outside of the file.
pub fn read(word: &[u8], table: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Draft, Unreadable> {
    let fib = Fib::of(word)?;
    let table = table(fib.table).ok_or_else(|| damaged("its table stream is missing"))?;
    let pieces = Pieces::of(word, &table, &fib).ok_or_else(|| damaged("the table of its text pieces cannot be read"))?;
    let properties = Properties::of(word, &table, &fib);
    let lists = lists::of(&table, &fib);
    let styles = styles::of(&table, &fib);
    let mut walk = Walk::new(&pieces, &properties, &styles, lists, walk::notes(&table, &fib));
    walk.story(0..fib.text);
    walk.notes_at_the_end(&fib);
    walk.story(fib.boxes());
    let mut draft = Draft { pieces: walk.pieces, doubts: Vec::new() };
    if walk.is_tracked {
        draft.doubt(TRACKED);
    }
    if walk.unknown_symbols > 0 {
        draft.doubt(format!("{} signs of a symbol font have no character and are left out", walk.unknown_symbols));
    }
    if pieces.is_short {
        draft.doubt("the file ends early: some of its text is missing");
    }
    Ok(draft)
}

fn damaged(what: &str) -> Unreadable {
    Unreadable::Damaged { what: what.to_owned() }
}
