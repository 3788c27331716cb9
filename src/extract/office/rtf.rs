//! RTF 1.9 to paragraphs and rows. Numbers stand in the file as they are shown (`\listtext`).
//!
//! Bytes are read by the code page of their font. Tables of fonts, styles and lists, pictures, fields' codes, headers, footers,
//! deleted and hidden text are not shown.

use std::collections::HashMap;

use encoding_rs::{Encoding, GB18030, WINDOWS_1252};

use super::TRACKED;
use super::rows::Flow;
use super::shape::{Draft, Look, Piece};
use crate::model::{Block, Unreadable};

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

#[derive(Debug, Clone, Copy, Default)]
struct Paragraph {
    look: Look,
    in_table: bool,
    depth: usize,
    is_listed: bool,
}

/// The body, a note, or a text box.
#[derive(Debug, Default)]
struct Sink {
    flow: Flow,
    line: Vec<u16>,
    lines: Vec<String>,
    size: Option<u16>,
    has_number: bool,
    /// Text boxes that stand after the open paragraph.
    boxes: Vec<Piece>,
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

    fn control(&mut self) {
        let Some(first) = self.next() else { return };
        if !first.is_ascii_alphabetic() {
            return self.symbol(first);
        }
        let start = self.at - 1;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_alphabetic) {
            self.at += 1;
        }
        let word = std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or_default();
        let digits = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) && self.at - digits < 12 {
            self.at += 1;
        }
        let value = std::str::from_utf8(&self.bytes[digits..self.at]).unwrap_or_default().parse::<i32>().ok();
        if self.bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        if word == "bin" {
            self.at = self.at.saturating_add(usize::try_from(value.unwrap_or(0)).unwrap_or(0));
            return;
        }
        if word == "u" {
            return self.unicode(value.unwrap_or(0));
        }
        if self.to_skip > 0 {
            self.to_skip -= 1;
            return;
        }
        self.flush();
        let is_optional = std::mem::take(&mut self.is_optional);
        if self.destination(word) {
            return;
        }
        if is_optional {
            self.group.destination = Destination::Ignored;
            return;
        }
        self.word(word, value);
    }

    fn symbol(&mut self, symbol: u8) {
        match symbol {
            b'\'' => {
                let digits = self.bytes.get(self.at..self.at + 2).and_then(|digits| std::str::from_utf8(digits).ok());
                if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                    self.at += 2;
                    self.byte(byte);
                }
            }
            b'*' => self.is_optional = true,
            b'\\' | b'{' | b'}' => self.byte(symbol),
            b'~' => self.text(" "),
            b'_' => self.text("-"),
            b'\r' | b'\n' => self.word("par", None),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.flush();
        if self.is_shown() {
            self.push(text);
        }
    }

    fn unicode(&mut self, value: i32) {
        self.flush();
        if self.is_shown() {
            let code = u16::try_from(value.rem_euclid(0x1_0000)).unwrap_or(0xfffd);
            match char::from_u32(u32::from(code)) {
                Some(character) => self.push(character.encode_utf8(&mut [0; 4])),
                // Half of a character beyond the first plane.
                None => self.sinks[self.group.sink].line.push(code),
            }
        }
        self.to_skip = self.group.skipped_after_unicode;
    }

    /// Groups that are no text of the place where they stand. Whether the word is a destination at all.
    fn destination(&mut self, word: &str) -> bool {
        let destination = match word {
            "fonttbl" => Destination::Fonts,
            "listtext" | "pntext" => {
                self.has_numbers = true;
                Destination::ListText
            }
            "shptxt" | "footnote" => {
                if self.group.destination == Destination::Text || word == "shptxt" {
                    self.open_sink(word == "footnote");
                }
                return true;
            }
            "shpinst" => Destination::Ignored,
            "nesttableprops" => return true,
            "colortbl" | "stylesheet" | "info" | "pict" | "objdata" | "header" | "headerl" | "headerr" | "headerf" | "footer"
            | "footerl" | "footerr" | "footerf" | "annotation" | "fldinst" | "listtable" | "listoverridetable" | "themedata"
            | "datastore" | "nonshppict" | "shprslt" | "nonesttables" | "upr" | "tc" | "xe" | "revtbl" | "pn" | "bkmkstart" | "bkmkend"
            | "sn" | "sv" => Destination::Ignored,
            _ => return false,
        };
        // What lies in an ignored group stays ignored, but for the text of a shape.
        if self.group.destination != Destination::Ignored {
            self.group.destination = destination;
        }
        true
    }

    fn open_sink(&mut self, is_note: bool) {
        if self.sinks.len() >= NOTES_MAX {
            self.group.destination = Destination::Ignored;
            return;
        }
        self.sinks.push(Sink::default());
        if is_note {
            self.notes.push(self.sinks.len() - 1);
            let mark = format!("[{}]", self.notes.len());
            self.sinks[self.group.sink].line.extend(mark.encode_utf16());
        }
        self.group.sink = self.sinks.len() - 1;
        self.group.destination = Destination::Text;
        self.group.paragraph = Paragraph::default();
    }

    fn word(&mut self, word: &str, value: Option<i32>) {
        let is_on = value != Some(0);
        match word {
            "ansicpg" => self.code_page = code_page(value.unwrap_or(1252)),
            "deff" => self.default_font = value.unwrap_or(0),
            "f" => self.group.font = value.unwrap_or(0),
            "fcharset" if self.group.destination == Destination::Fonts => {
                if let Some(encoding) = of_charset(value.unwrap_or(0)) {
                    self.fonts.insert(self.group.font, encoding);
                }
            }
            "uc" => self.group.skipped_after_unicode = usize::try_from(value.unwrap_or(1)).unwrap_or(0).min(100),
            "plain" => {
                (self.group.is_hidden, self.group.is_deleted) = (false, false);
                (self.group.font, self.group.size) = (self.default_font, 24);
            }
            "fs" => self.group.size = u16::try_from(value.unwrap_or(24)).unwrap_or(0),
            "v" => self.group.is_hidden = is_on,
            "deleted" => {
                self.group.is_deleted = is_on;
                self.is_tracked |= is_on;
            }
            "revised" => self.is_tracked |= is_on,
            _ if self.is_shown() => self.shown(word, value),
            _ => {}
        }
    }

    fn shown(&mut self, word: &str, value: Option<i32>) {
        let paragraph = &mut self.group.paragraph;
        match word {
            "par" | "sect" => self.end_paragraph(),
            "line" | "softline" => self.break_line(),
            "tab" if self.group.destination == Destination::ListText => self.sinks[self.group.sink].line.push(0x09),
            "tab" | "emspace" | "enspace" | "qmspace" => self.text(" "),
            "cell" | "nestcell" => {
                if !paragraph.in_table {
                    paragraph.in_table = true;
                }
                self.end_paragraph();
                self.sinks[self.group.sink].flow.end_cell();
            }
            "row" | "nestrow" => {
                let depth = if word == "row" { 1 } else { self.group.paragraph.depth() };
                let flow = &mut self.sinks[self.group.sink].flow;
                flow.at_depth(depth);
                flow.end_row();
            }
            "pard" => *paragraph = Paragraph::default(),
            "intbl" => paragraph.in_table = true,
            "itap" => paragraph.depth = usize::try_from(value.unwrap_or(0)).unwrap_or(0),
            "qc" => paragraph.look.is_centred = true,
            "ql" | "qr" | "qj" => paragraph.look.is_centred = false,
            "outlinelevel" => paragraph.look.heading = value.and_then(|level| u8::try_from(level + 1).ok()).filter(|level| *level <= 9),
            "ls" => paragraph.is_listed = value.is_some_and(|list| list > 0),
            "emdash" => self.text("—"),
            "endash" => self.text("–"),
            "lquote" => self.text("‘"),
            "rquote" => self.text("’"),
            "ldblquote" => self.text("“"),
            "rdblquote" => self.text("”"),
            "bullet" => self.text("•"),
            _ => {}
        }
    }

    fn break_line(&mut self) {
        self.sinks[self.group.sink].break_line();
    }

    fn end_paragraph(&mut self) {
        self.end_paragraph_of(self.group.sink, self.group.paragraph);
    }

    fn end_paragraph_of(&mut self, sink: usize, mut paragraph: Paragraph) {
        let sink = &mut self.sinks[sink];
        sink.break_line();
        let lines = std::mem::take(&mut sink.lines);
        let has_text = lines.iter().any(|line| !line.trim().is_empty());
        if paragraph.is_listed && !std::mem::take(&mut sink.has_number) && has_text {
            self.lost_numbers += 1;
        }
        paragraph.look.size = sink.size.take().unwrap_or(0);
        sink.flow.at_depth(paragraph.depth());
        sink.flow.push_lines(lines, paragraph.look);
        for boxed in std::mem::take(&mut sink.boxes) {
            sink.flow.push(boxed);
        }
    }

    fn finish(mut self) -> Draft {
        self.flush();
        for sink in 0..self.sinks.len() {
            if !self.sinks[sink].line.is_empty() || !self.sinks[sink].boxes.is_empty() {
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

impl Paragraph {
    fn depth(&self) -> usize {
        if self.in_table { self.depth.max(1) } else { 0 }
    }
}

impl Sink {
    fn break_line(&mut self) {
        let line = String::from_utf16_lossy(&self.line);
        self.line.clear();
        self.lines.push(line);
    }
}

fn is_bullet(character: char) -> bool {
    matches!(character, '•' | '·' | '●' | '○' | '■' | '□' | '◆' | '◇' | '➢' | '✓' | '\u{e000}'..='\u{f8ff}' | '▪' | 'o' | 'l' | 'n' | 'u')
}

/// The Windows code pages of `\ansicpg`.
fn code_page(number: i32) -> &'static Encoding {
    let label = match number {
        936 | 54936 => return GB18030,
        950 => "big5",
        932 => "shift_jis",
        949 => "euc-kr",
        65001 => "utf-8",
        1250..=1258 => return Encoding::for_label(format!("windows-{number}").as_bytes()).unwrap_or(WINDOWS_1252),
        _ => return WINDOWS_1252,
    };
    Encoding::for_label(label.as_bytes()).unwrap_or(WINDOWS_1252)
}

/// `\fcharset`: the numbers of Windows' LOGFONT; `None` where it says nothing of a code page.
fn of_charset(number: i32) -> Option<&'static Encoding> {
    match number {
        0 => Some(WINDOWS_1252),
        134 => Some(GB18030),
        136 => Some(code_page(950)),
        128 => Some(code_page(932)),
        129 => Some(code_page(949)),
        204 => Some(code_page(1251)),
        238 => Some(code_page(1250)),
        _ => None,
    }
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
