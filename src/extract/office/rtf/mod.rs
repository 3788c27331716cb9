//! RTF 1.9 to paragraphs and rows. Numbers stand in the file as they are shown (`\listtext`).
//!
//! Bytes are read by the code page of their font. Tables of fonts, styles and lists, pictures, fields' codes, headers, footers,
//! deleted and hidden text are not shown.

mod charset;
mod control;
mod sink;

use std::collections::HashMap;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::TRACKED;
use super::shape::{Draft, Look, Piece};
use crate::model::{Block, Unreadable};
use sink::{Paragraph, Sink};

/// Real files nest some twenty groups.
const GROUPS_MAX: usize = 1000;
const NOTES_MAX: usize = 10_000;

/// # Errors
/// [`Unreadable::TooComplex`] with groups too deep.
pub fn read(bytes: &[u8]) -> Result<Draft, Unreadable> {
    let mut reader = Reader::new(bytes);
    reader.run()?;
    Ok(reader.finish())
}

/// What holds until the end of a group.
#[derive(Debug, Clone, Copy)]
struct Group {
    destination: Destination,
    /// Which of the reader's sinks takes the text.
    sink: usize,
    font: i32,
    /// How many characters stand after `\u` for readers without Unicode.
    skipped_after_unicode: usize,
    is_hidden: bool,
    is_deleted: bool,
    size: u16,
    paragraph: Paragraph,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Destination {
    Text,
    /// The number of a list entry.
    ListText,
    Fonts,
    Ignored,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    group: Group,
    outer: Vec<Group>,
    sinks: Vec<Sink>,
    notes: Vec<usize>,
    /// `\fN` to the code page of its `\fcharset`.
    fonts: HashMap<i32, &'static Encoding>,
    default_font: i32,
    code_page: &'static Encoding,
    /// Bytes that were not decoded yet, and how many characters to pass over.
    pending: Vec<u8>,
    to_skip: usize,
    /// `\*` was met: what follows may be ignored by who does not know it.
    is_optional: bool,
    is_tracked: bool,
    lost_numbers: usize,
    /// Some number stands in the file: then those of the others are not shown.
    has_numbers: bool,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let group = Group {
            destination: Destination::Text,
            sink: 0,
            font: 0,
            skipped_after_unicode: 1,
            is_hidden: false,
            is_deleted: false,
            size: 24,
            paragraph: Paragraph::default(),
        };
        Self {
            bytes,
            at: 0,
            group,
            outer: Vec::new(),
            sinks: vec![Sink::default()],
            notes: Vec::new(),
            fonts: HashMap::new(),
            default_font: 0,
            code_page: WINDOWS_1252,
            pending: Vec::new(),
            to_skip: 0,
            is_optional: false,
            is_tracked: false,
            lost_numbers: 0,
            has_numbers: false,
        }
    }

    fn run(&mut self) -> Result<(), Unreadable> {
        while let Some(byte) = self.next() {
            match byte {
                b'{' => {
                    self.flush();
                    if self.outer.len() >= GROUPS_MAX {
                        return Err(Unreadable::TooComplex { limit: format!("RTF with over {GROUPS_MAX} groups in one another") });
                    }
                    self.outer.push(self.group);
                    (self.is_optional, self.to_skip) = (false, 0);
                }
                b'}' => self.close(),
                b'\\' => self.control(),
                b'\r' | b'\n' | 0 => {}
                other => self.byte(other),
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn close(&mut self) {
        self.flush();
        self.to_skip = 0;
        let Some(outer) = self.outer.pop() else { return };
        let inner = std::mem::replace(&mut self.group, outer);
        if inner.sink == outer.sink {
            return;
        }
        // A text box ends: its paragraphs stand after the one that it is anchored to. Notes wait for the end.
        if !self.notes.contains(&inner.sink) {
            self.end_paragraph_of(inner.sink, Paragraph::default());
            let boxed = std::mem::take(&mut self.sinks[inner.sink]).flow.finish();
            self.sinks[outer.sink].boxes.extend(boxed);
        }
    }

    fn byte(&mut self, byte: u8) {
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else if self.is_shown() {
            self.pending.push(byte);
        }
    }

    fn is_shown(&self) -> bool {
        matches!(self.group.destination, Destination::Text | Destination::ListText) && !self.group.is_hidden && !self.group.is_deleted
    }

    /// Decodes what was gathered, by the code page of the font.
    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let by_font = self.fonts.get(&self.group.font).copied();
        // A Latin font says nothing of Chinese bytes in a Chinese file.
        let encoding = by_font.filter(|encoding| *encoding != WINDOWS_1252).unwrap_or(self.code_page);
        let text = encoding.decode_without_bom_handling(&self.pending).0.into_owned();
        self.pending.clear();
        self.push(&text);
    }

    fn push(&mut self, text: &str) {
        let (is_number, size) = (self.group.destination == Destination::ListText, self.group.size);
        let sink = &mut self.sinks[self.group.sink];
        sink.has_number |= is_number;
        // A bullet is no word of the text.
        if is_number && text.chars().all(|character| is_bullet(character) || character.is_whitespace()) {
            return;
        }
        sink.size.get_or_insert(size);
        sink.line.extend(text.encode_utf16());
    }

    fn end_paragraph_of(&mut self, sink: usize, paragraph: Paragraph) {
        self.lost_numbers += usize::from(self.sinks[sink].end_paragraph(paragraph));
    }

    fn finish(mut self) -> Draft {
        self.flush();
        for sink in 0..self.sinks.len() {
            if self.sinks[sink].is_open() {
                self.end_paragraph_of(sink, Paragraph::default());
            }
        }
        let mut pieces = std::mem::take(&mut self.sinks[0]).flow.finish();
        for (number, note) in self.notes.iter().enumerate() {
            let note = std::mem::take(&mut self.sinks[*note]).flow.finish();
            let text = note.iter().map(|piece| piece.block.text().trim().to_owned()).collect::<Vec<_>>().join(" ");
            if !text.trim().is_empty() {
                pieces.push(Piece { block: Block::Paragraph(format!("[{}] {text}", number + 1)), look: Look::default() });
            }
        }
        let mut draft = Draft { pieces, doubts: Vec::new() };
        if self.is_tracked {
            draft.doubt(TRACKED);
        }
        if self.lost_numbers > 0 && !self.has_numbers {
            draft.doubt(format!("the numbers of {} paragraphs do not stand in the file", self.lost_numbers));
        }
        draft
    }
}

fn is_bullet(character: char) -> bool {
    matches!(character, '•' | '·' | '●' | '○' | '■' | '□' | '◆' | '◇' | '➢' | '✓' | '\u{e000}'..='\u{f8ff}' | '▪' | 'o' | 'l' | 'n' | 'u')
}

#[cfg(test)]
mod tests {
    use super::super::shape;
    use super::read;

    #[track_caller]
    fn check(rtf: &str, expected: &[&str]) {
        let document = shape::document(read(rtf.as_bytes()).unwrap()).unwrap();
        let lines: Vec<String> = document.title.into_iter().chain(document.blocks.iter().map(|block| block.text().into_owned())).collect();
        assert_eq!(lines, expected, "{rtf}");
    }

    #[test]
    fn bytes_are_read_by_the_code_page_and_unicode_skips_its_stand_in() {
        check(r"{\rtf1\ansi\ansicpg936 \'d5\'fb\'b8\'c4\'a1\'a3\par}", &["整改。"]);
        check(r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset134 B;}}\f1 \'d5\'fb\'b8\'c4\'a1\'a3}", &["整改。"]);
        check(r"{\rtf1\ansi\uc1\u25972?\u25913 ?\'a1\u12290?}", &["整改\u{a1}。"]);
        check(r"{\rtf1\ansi\uc2\u25972\'d5\'fb\u25913\'b8\'c4\uc0\u12290}", &["整改。"]);
    }

    #[test]
    fn what_is_not_shown_is_not_read() {
        check(r"{\rtf1{\stylesheet{\s1 heading;}}{\*\generator X;}{\info{\title T}}{\header H\par}a{\v b}{\deleted c}d.\par}", &["ad."]);
        check(r"{\rtf1 a{\field{\*\fldinst HYPERLINK x}{\fldrslt link}}{\pict\bin3 }}}}.}", &["alink."]);
    }

    #[test]
    fn cells_and_rows_are_rows() {
        check(
            r"{\rtf1 \trowd\cellx1\cellx2\pard\intbl a\cell b\cell\row\trowd c\cell\intbl d\cell\row\pard after.\par}",
            &["a b", "c d", "after."],
        );
    }
}
