//! The characters of a DOC, one after the other, to paragraphs and rows.

use std::collections::HashMap;
use std::ops::Range;

use super::super::binary::{size_at, u16_at};
use super::super::lists::Lists;
use super::super::shape::{Look, Piece};
use super::super::{rows, symbols};
use super::fib::{Fib, Structure};
use super::pieces::{Pieces, Unit};
use super::properties::{Properties, each_modifier, number};
use super::styles::Styles;
use crate::model::Block;

/// Tables in tables; real files have two.
const TABLES_MAX: usize = 32;

/// What is said of a paragraph.
#[derive(Debug, Clone, Copy, Default)]
pub struct Paragraph {
    pub look: Look,
    list: i32,
    level: u8,
    in_table: bool,
    depth: usize,
    ends_row: bool,
    ends_inner_cell: bool,
    ends_inner_row: bool,
    pub is_hidden: bool,
}

impl Paragraph {
    /// MS-DOC 2.6.2.
    pub fn apply(&mut self, modifiers: &[u8]) {
        each_modifier(modifiers, |code, operand| {
            let value = number(operand);
            let is_on = value != 0;
            match code {
                0x2403 | 0x2461 => self.look.is_centred = value == 1,
                0x2640 => self.look.heading = u8::try_from(value + 1).ok().filter(|level| *level <= 9),
                0x460b => self.list = value,
                0x260a => self.level = u8::try_from(value).unwrap_or(0),
                0x2416 => self.in_table = is_on,
                0x2417 => self.ends_row = is_on,
                0x6649 => self.depth = usize::try_from(value).unwrap_or(0),
                0x244b => self.ends_inner_cell = is_on,
                0x244c => self.ends_inner_row = is_on,
                _ => {}
            }
        });
    }

    /// What a style says of its characters.
    pub fn apply_characters(&mut self, modifiers: &[u8]) {
        let mut own = Character { is_hidden: self.is_hidden, size: self.look.size, ..Character::default() };
        own.apply(modifiers, self.is_hidden);
        (self.is_hidden, self.look.size) = (own.is_hidden, own.size);
    }

    fn depth(&self) -> usize {
        let depth = if self.in_table { self.depth.max(1) } else { self.depth };
        depth.min(TABLES_MAX)
    }
}

/// What is said of a character: MS-DOC 2.6.1.
#[derive(Debug, Clone, Copy, Default)]
struct Character {
    is_deleted: bool,
    is_inserted: bool,
    is_hidden: bool,
    is_special: bool,
    size: u16,
    style: u16,
    symbol: Option<u32>,
}

impl Character {
    fn apply(&mut self, modifiers: &[u8], hidden_by_style: bool) {
        each_modifier(modifiers, |code, operand| {
            let value = number(operand);
            match code {
                0x0800 => self.is_deleted = value != 0,
                0x0801 => self.is_inserted = value != 0,
                // 128 is what the style says, 129 the opposite.
                0x083c => {
                    self.is_hidden = match value {
                        0x80 => hidden_by_style,
                        0x81 => !hidden_by_style,
                        other => other != 0,
                    }
                }
                0x0855 => self.is_special = value != 0,
                0x4a43 => self.size = u16::try_from(value).unwrap_or(0),
                0x4a30 => self.style = u16::try_from(value).unwrap_or(0),
                0x6a09 => self.symbol = u16_at(operand, 2).map(u32::from),
                _ => {}
            }
        });
    }
}

/// Where notes are marked, and where their texts stand in their story.
#[derive(Debug, Default)]
pub struct Notes {
    footnotes: Vec<(usize, Range<usize>)>,
    endnotes: Vec<(usize, Range<usize>)>,
}

pub fn notes(table: &[u8], fib: &Fib) -> Notes {
    let of = |marks, texts, mark_bytes: usize| {
        let (marks, texts) = (fib.structure(table, marks).unwrap_or_default(), fib.structure(table, texts).unwrap_or_default());
        let count = marks.len().saturating_sub(4) / (4 + mark_bytes);
        let one = |at: usize| Some((size_at(marks, at * 4)?, size_at(texts, at * 4)?..size_at(texts, at * 4 + 4)?));
        (0..count).map_while(one).collect()
    };
    Notes {
        footnotes: of(Structure::FootnoteMarks, Structure::FootnoteTexts, 2),
        endnotes: of(Structure::EndnoteMarks, Structure::EndnoteTexts, 2),
    }
}

pub struct Walk<'a> {
    text: &'a Pieces<'a>,
    properties: &'a Properties<'a>,
    styles: &'a Styles<'a>,
    lists: Lists,
    notes: Notes,
    /// Where a note is marked to its number.
    marks: HashMap<usize, usize>,
    pub pieces: Vec<Piece>,
    tables: Vec<Table>,
    /// Of the open paragraph, UTF-16.
    line: Vec<u16>,
    lines: Vec<String>,
    size: Option<u16>,
    /// Of every open field, whether its result has begun.
    fields: Vec<bool>,
    pub is_tracked: bool,
    pub unknown_symbols: usize,
}

/// A table whose end was not met yet.
#[derive(Debug, Default)]
struct Table {
    rows: Vec<Vec<rows::Cell>>,
    row: Vec<rows::Cell>,
    cell: Vec<Piece>,
}

impl<'a> Walk<'a> {
    pub fn new(text: &'a Pieces<'a>, properties: &'a Properties<'a>, styles: &'a Styles<'a>, lists: Lists, notes: Notes) -> Self {
        let mut at: Vec<usize> = notes.footnotes.iter().chain(&notes.endnotes).map(|(at, _)| *at).collect();
        at.sort_unstable();
        let marks = at.into_iter().enumerate().map(|(number, at)| (at, number + 1)).collect();
        Self {
            text,
            properties,
            styles,
            lists,
            notes,
            marks,
            pieces: Vec::new(),
            tables: Vec::new(),
            line: Vec::new(),
            lines: Vec::new(),
            size: None,
            fields: Vec::new(),
            is_tracked: false,
            unknown_symbols: 0,
        }
    }

    /// Reads a stretch of characters to its end.
    pub fn story(&mut self, range: Range<usize>) {
        for position in range.start..range.end.min(self.text.end()) {
            let Some(unit) = self.text.at(position) else { continue };
            let character = self.character(unit);
            self.is_tracked |= character.is_deleted || character.is_inserted;
            if !character.is_deleted {
                self.unit(position, unit, character);
            }
        }
        if !self.line.is_empty() || !self.lines.is_empty() {
            self.end_paragraph(Paragraph::default());
        }
        self.close_tables(0);
        self.fields.clear();
    }

    pub fn notes_at_the_end(&mut self, fib: &Fib) {
        let notes = std::mem::take(&mut self.notes);
        let marks = std::mem::take(&mut self.marks);
        let footnotes = notes.footnotes.into_iter().map(|note| (note, fib.text));
        let endnotes = notes.endnotes.into_iter().map(|note| (note, fib.endnotes_from()));
        let mut all: Vec<_> = footnotes.chain(endnotes).collect();
        all.sort_by_key(|((mark, _), _)| *mark);
        for ((mark, range), from) in all {
            let before = std::mem::take(&mut self.pieces);
            self.story(from.saturating_add(range.start)..from.saturating_add(range.end));
            let note = std::mem::replace(&mut self.pieces, before);
            let text = note.iter().map(|piece| piece.block.text().trim().to_owned()).collect::<Vec<_>>().join(" ");
            let number = marks.get(&mark).copied().unwrap_or_default();
            if !text.trim().is_empty() {
                self.pieces.push(Piece { block: Block::Paragraph(format!("[{number}] {text}")), look: Look::default() });
            }
        }
    }

    fn character(&self, unit: Unit) -> Character {
        let paragraph = self.properties.paragraph(unit.offset);
        let hidden_by_style = paragraph.is_some_and(|run| self.styles.paragraph_is_hidden(run.style));
        let own = self.properties.character(unit.offset);
        let mut character = Character { is_hidden: hidden_by_style, ..Character::default() };
        character.apply(own, hidden_by_style);
        if character.style != 0 {
            let mut with_style = Character { is_hidden: hidden_by_style, ..Character::default() };
            with_style.apply(self.styles.character(character.style), hidden_by_style);
            with_style.apply(own, with_style.is_hidden);
            character = with_style;
        }
        if let Some(prc) = unit.prc {
            character.apply(self.text.prc(prc), hidden_by_style);
        }
        character
    }

    fn unit(&mut self, position: usize, unit: Unit, character: Character) {
        match unit.code {
            0x0d | 0x0c | 0x07 => {
                let paragraph = self.paragraph(unit);
                self.end(unit.code, paragraph);
            }
            0x13 => self.fields.push(false),
            0x14 => {
                if let Some(last) = self.fields.last_mut() {
                    *last = true;
                }
            }
            0x15 => {
                self.fields.pop();
            }
            _ if character.is_hidden || self.fields.iter().any(|in_result| !in_result) => {}
            0x0b | 0x0e => self.break_line(),
            0x09 => self.line.push(0x09),
            0x1e => self.line.push(u16::from(b'-')),
            0x1f => {}
            0x02 if character.is_special => {
                if let Some(number) = self.marks.get(&position) {
                    self.line.extend(format!("[{number}]").encode_utf16());
                }
            }
            _ if character.is_special && character.symbol.is_some() => self.symbol(character.symbol.unwrap_or_default()),
            // Pictures, drawn objects, separators of notes, marks of comments.
            0x00..=0x1f => {}
            code => {
                if character.size > 0 {
                    self.size.get_or_insert(character.size);
                }
                self.line.push(code);
            }
        }
    }

    /// The fonts' names are not asked for: a private code is one of Wingdings in practice.
    fn symbol(&mut self, code: u32) {
        let font = if (0xf000..=0xf0ff).contains(&code) { "Wingdings" } else { "" };
        match symbols::character(font, code) {
            Some(character) => self.line.extend(character.encode_utf16(&mut [0; 2]).iter()),
            None => self.unknown_symbols += 1,
        }
    }

    fn paragraph(&self, unit: Unit) -> Paragraph {
        let Some(run) = self.properties.paragraph(unit.offset) else { return Paragraph::default() };
        let mut paragraph = self.styles.paragraph(run.style);
        paragraph.apply(run.modifiers);
        if let Some(prc) = unit.prc {
            paragraph.apply(self.text.prc(prc));
        }
        paragraph
    }

    fn break_line(&mut self) {
        let line = String::from_utf16_lossy(&self.line);
        self.line.clear();
        self.lines.push(line);
    }

    fn end(&mut self, code: u16, paragraph: Paragraph) {
        let depth = paragraph.depth();
        let ends_row = paragraph.ends_row || paragraph.ends_inner_row;
        if depth > 0 && ends_row {
            self.open_tables(depth);
            (self.line.clear(), self.lines.clear());
            if let Some(table) = self.tables.last_mut() {
                let row = std::mem::take(&mut table.row);
                table.cell.clear();
                table.rows.push(row);
            }
            return;
        }
        self.open_tables(depth);
        self.end_paragraph(paragraph);
        let ends_cell = code == 0x07 || paragraph.ends_inner_cell;
        if let Some(table) = self.tables.last_mut().filter(|_| ends_cell) {
            let pieces = std::mem::take(&mut table.cell);
            table.row.push(rows::Cell { pieces, span: 1 });
        }
    }

    fn end_paragraph(&mut self, mut paragraph: Paragraph) {
        self.break_line();
        let mut lines = std::mem::take(&mut self.lines);
        if let Some(size) = self.size.take() {
            paragraph.look.size = size;
        }
        if paragraph.list > 0 {
            let number = self.lists.next(i64::from(paragraph.list), usize::from(paragraph.level));
            if let Some(first) = lines.first_mut() {
                first.insert_str(0, &number);
            }
        }
        let look = paragraph.look;
        let pieces = lines.into_iter().map(|line| {
            let block = if look.heading.is_some() { Block::Heading(line) } else { Block::Paragraph(line) };
            Piece { block, look }
        });
        self.tables.last_mut().map_or(&mut self.pieces, |table| &mut table.cell).extend(pieces);
    }

    fn open_tables(&mut self, depth: usize) {
        self.close_tables(depth);
        while self.tables.len() < depth {
            self.tables.push(Table::default());
        }
    }

    fn close_tables(&mut self, depth: usize) {
        while self.tables.len() > depth {
            let Some(mut table) = self.tables.pop() else { return };
            if !table.cell.is_empty() {
                table.row.push(rows::Cell { pieces: table.cell, span: 1 });
            }
            if !table.row.is_empty() {
                table.rows.push(table.row);
            }
            rows::push(table.rows, self.tables.last_mut().map_or(&mut self.pieces, |table| &mut table.cell));
        }
    }
}
