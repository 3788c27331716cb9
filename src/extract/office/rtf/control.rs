//! Control words and symbols (`\fs24`, `\'d5`) to what they do to a group, a paragraph or the text.

use super::charset::{code_page, of_charset};
use super::sink::{Paragraph, Sink};
use super::{Destination, NOTES_MAX, Reader};

impl Reader<'_> {
    pub(super) fn control(&mut self) {
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
            "par" | "sect" => self.end_paragraph_of(self.group.sink, self.group.paragraph),
            "line" | "softline" => self.sinks[self.group.sink].break_line(),
            "tab" if self.group.destination == Destination::ListText => self.sinks[self.group.sink].line.push(0x09),
            "tab" | "emspace" | "enspace" | "qmspace" => self.text(" "),
            "cell" | "nestcell" => {
                if !paragraph.in_table {
                    paragraph.in_table = true;
                }
                self.end_paragraph_of(self.group.sink, self.group.paragraph);
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
            "outlinelevel" => {
                paragraph.look.heading = value.and_then(|level| u8::try_from(level.checked_add(1)?).ok()).filter(|level| *level <= 9)
            }
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
}
