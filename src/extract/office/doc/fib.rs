//! The file information block (FIB) at the start of `WordDocument`: MS-DOC 2.5.

use std::ops::Range;

use super::super::binary::{size_at, u16_at};
use super::damaged;
use crate::model::Unreadable;

/// `nFib` of Word 97, the oldest with this layout.
const WORD_97: u16 = 0x00c1;

/// Lengths are in characters; the stories follow one another in this order.
#[derive(Debug)]
pub struct Fib {
    /// Name of the table stream.
    pub table: &'static str,
    pub text: usize,
    pub footnotes: usize,
    headers: usize,
    macros: usize,
    comments: usize,
    pub endnotes: usize,
    boxes: usize,
    /// Offset and length of each structure in the table stream.
    structures: Vec<(usize, usize)>,
}

/// Places in the table of structures: MS-DOC 2.5.6 to 2.5.10.
#[derive(Debug, Clone, Copy)]
pub enum Structure {
    Styles = 1,
    FootnoteMarks = 2,
    FootnoteTexts = 3,
    CharacterBins = 12,
    ParagraphBins = 13,
    Pieces = 33,
    EndnoteMarks = 46,
    EndnoteTexts = 47,
    Lists = 73,
    Numbers = 74,
}

impl Fib {
    pub fn of(word: &[u8]) -> Result<Self, Unreadable> {
        let short = || damaged("its first block is cut short");
        let version = u16_at(word, 2).ok_or_else(short)?;
        let flags = u16_at(word, 0x0a).ok_or_else(short)?;
        if !matches!(u16_at(word, 0), Some(0xa5ec | 0xa5dc)) {
            return Err(damaged("its first block is none of Word's"));
        }
        if flags & 0x0100 != 0 {
            return Err(Unreadable::Encrypted);
        }
        if version < WORD_97 {
            return Err(Unreadable::Format { format: "a document of Word 95 or older".to_owned() });
        }
        let count = |at: usize| size_at(word, at).filter(|count| *count <= word.len()).unwrap_or(0);
        let structures = usize::from(u16_at(word, 0x98).ok_or_else(short)?);
        let pair = |at: usize| Some((size_at(word, 0x9a + at * 8)?, size_at(word, 0x9e + at * 8)?));
        Ok(Self {
            table: if flags & 0x0200 == 0 { "0Table" } else { "1Table" },
            text: count(0x4c),
            footnotes: count(0x50),
            headers: count(0x54),
            macros: count(0x58),
            comments: count(0x5c),
            endnotes: count(0x60),
            boxes: count(0x64),
            structures: (0..structures.max(93)).map_while(pair).collect(),
        })
    }

    /// A structure's bytes in the table stream; `None` where the file has none.
    pub fn structure<'a>(&self, table: &'a [u8], structure: Structure) -> Option<&'a [u8]> {
        let (offset, length) = self.range(structure)?;
        table.get(offset..offset.checked_add(length)?).filter(|bytes| !bytes.is_empty())
    }

    /// Offset and length; what belongs to some structures stands right after them.
    pub fn range(&self, structure: Structure) -> Option<(usize, usize)> {
        self.structures.get(structure as usize).copied().filter(|(_, length)| *length > 0)
    }

    pub fn endnotes_from(&self) -> usize {
        self.text + self.footnotes + self.headers + self.macros + self.comments
    }

    /// The text boxes of the body.
    pub fn boxes(&self) -> Range<usize> {
        let from = self.endnotes_from() + self.endnotes;
        from..from + self.boxes
    }
}
