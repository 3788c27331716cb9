//! The body of a DOCX to pieces: paragraphs with their numbers, tables, text boxes, notes.

use super::super::lists::Lists;
use super::super::shape::{Draft, Look, Piece};
use super::super::xml::Element;
use super::super::{TRACKED, rows};
use super::inline::{Fields, Inline, Mark, Walk};
use super::numbering;
use super::styles::{self, Styles};
use crate::model::{Block, Unreadable};

/// The roots of the other parts.
#[derive(Debug, Default)]
pub struct Parts<'a> {
    pub styles: Option<&'a Element>,
    pub numbering: Option<&'a Element>,
    pub footnotes: Option<&'a Element>,
    pub endnotes: Option<&'a Element>,
}

/// # Errors
/// [`Unreadable::Damaged`] without a body.
pub fn read(document: &Element, parts: &Parts<'_>) -> Result<Draft, Unreadable> {
    let body = document.child("body").ok_or_else(|| Unreadable::Damaged { what: "its document has no body".to_owned() })?;
    let mut reader = Reader {
        styles: Styles::of(parts.styles),
        lists: numbering::of(parts.numbering),
        fields: Fields::default(),
        marks: Vec::new(),
        open: None,
        is_tracked: false,
        unknown_symbols: 0,
        linked_parts: 0,
    };
    let mut pieces = Vec::new();
    reader.blocks(body, &mut pieces);
    reader.notes(parts, &mut pieces);
    let mut draft = Draft { pieces, doubts: Vec::new() };
    if reader.is_tracked {
        draft.doubt(TRACKED);
    }
    if reader.unknown_symbols > 0 {
        draft.doubt(format!("{} signs of a symbol font have no character and are left out", reader.unknown_symbols));
    }
    if reader.linked_parts > 0 {
        draft.doubt("a part in another format (altChunk) is not read");
    }
    Ok(draft)
}

struct Reader {
    styles: Styles,
    lists: Lists,
    fields: Fields,
    marks: Vec<Mark>,
    /// A paragraph whose mark was deleted: the next one goes on with it.
    open: Option<(Vec<String>, Look)>,
    is_tracked: bool,
    unknown_symbols: usize,
    linked_parts: usize,
}

impl Reader {
    fn blocks(&mut self, parent: &Element, pieces: &mut Vec<Piece>) {
        for child in parent.elements() {
            match &*child.name {
                "p" => self.paragraph(child, pieces),
                "tbl" => self.table(child, pieces),
                "del" | "moveFrom" => self.is_tracked = true,
                "ins" | "moveTo" => {
                    self.is_tracked = true;
                    self.blocks(child, pieces);
                }
                "sdt" => child.children_named("sdtContent").for_each(|content| self.blocks(content, pieces)),
                // Word 2003 XML wraps sections and headings.
                "customXml" | "smartTag" | "sect" | "sub-section" => self.blocks(child, pieces),
                "AlternateContent" => {
                    if let Some(branch) = child.child("Choice").or_else(|| child.child("Fallback")) {
                        self.blocks(branch, pieces);
                    }
                }
                "altChunk" => self.linked_parts += 1,
                _ => {}
            }
        }
        if let Some((lines, look)) = self.open.take() {
            push_lines(lines, look, pieces);
        }
    }

    fn paragraph(&mut self, paragraph: &Element, pieces: &mut Vec<Piece>) {
        let properties = paragraph.child("pPr");
        let style = properties.and_then(|properties| properties.child("pStyle")).and_then(Element::val);
        let is_hidden = self.styles.ask(style, |style| style.is_hidden).unwrap_or(false);
        let mut walk = Walk {
            styles: &self.styles,
            fields: &mut self.fields,
            marks: &mut self.marks,
            inline: Inline { lines: vec![String::new()], ..Inline::default() },
            is_hidden,
        };
        walk.children(paragraph);
        let inline = walk.inline;
        self.is_tracked |= inline.is_tracked;
        self.unknown_symbols += inline.unknown_symbols;
        let mark = properties.and_then(|properties| properties.child("rPr"));
        let is_deleted = mark.is_some_and(|mark| mark.child("del").is_some() || mark.child("moveFrom").is_some());
        self.is_tracked |= is_deleted || mark.is_some_and(|mark| mark.child("ins").is_some());
        let look = self.look(properties, style, inline.size);
        let (mut lines, look) = match self.open.take() {
            Some((mut open, look)) => {
                let mut lines = inline.lines.into_iter();
                if let (Some(last), Some(first)) = (open.last_mut(), lines.next()) {
                    last.push_str(&first);
                }
                open.extend(lines);
                (open, look)
            }
            None => {
                let mut lines = inline.lines;
                let is_gone = is_deleted && lines.iter().all(|line| line.trim().is_empty());
                let number = if is_gone { String::new() } else { self.number(properties, style) };
                if let Some(first) = lines.first_mut() {
                    first.insert_str(0, &number);
                }
                (lines, look)
            }
        };
        if is_deleted {
            self.open = Some((std::mem::take(&mut lines), look));
        } else {
            push_lines(lines, look, pieces);
        }
        for text_box in inline.boxes {
            self.blocks(text_box, pieces);
        }
    }

    fn look(&self, properties: Option<&Element>, style: Option<&str>, size: Option<u16>) -> Look {
        Look {
            is_title: self.styles.is_title(style),
            heading: properties.and_then(styles::outline).or_else(|| self.styles.heading(style)).filter(|level| *level <= 9),
            is_centred: properties
                .and_then(styles::is_centred)
                .or_else(|| self.styles.ask(style, |style| style.is_centred))
                .unwrap_or(false),
            size: size.or_else(|| self.styles.ask(style, |style| style.size)).unwrap_or(0),
        }
    }

    fn number(&mut self, properties: Option<&Element>, style: Option<&str>) -> String {
        // Word 2003 XML writes what is shown beside the list's name.
        let listed = properties.and_then(|properties| properties.child("listPr"));
        if let Some(shown) = listed.and_then(|list| list.child("t")).and_then(Element::val) {
            return format!("{shown}\t");
        }
        let own = properties.and_then(styles::number);
        let by_style = self.styles.ask(style, |style| style.number);
        let id = own.and_then(|(id, _)| id).or_else(|| by_style.and_then(|(id, _)| id));
        let Some(id) = id.filter(|id| *id > 0) else { return String::new() };
        let of_style = || self.lists.level_of_style(id, self.styles.chain(style).into_iter().map(|(id, _)| id));
        let level = own.and_then(|(_, level)| level).or_else(of_style).or_else(|| by_style.and_then(|(_, level)| level));
        self.lists.next(id, level.unwrap_or(0))
    }

    fn table(&mut self, table: &Element, pieces: &mut Vec<Piece>) {
        let mut grid = Vec::new();
        self.rows(table, &mut grid);
        rows::push(grid, pieces);
    }

    fn rows(&mut self, parent: &Element, grid: &mut Vec<Vec<rows::Cell>>) {
        for child in parent.elements() {
            match &*child.name {
                "tr" => {
                    let properties = child.child("trPr");
                    let has = |name: &str| properties.is_some_and(|properties| properties.child(name).is_some());
                    self.is_tracked |= has("del") || has("ins");
                    if !has("del") {
                        let mut cells = Vec::new();
                        self.cells(child, &mut cells);
                        grid.push(cells);
                    }
                }
                "sdt" => child.children_named("sdtContent").for_each(|content| self.rows(content, grid)),
                "customXml" | "ins" => self.rows(child, grid),
                _ => {}
            }
        }
    }

    fn cells(&mut self, row: &Element, cells: &mut Vec<rows::Cell>) {
        for child in row.elements() {
            match &*child.name {
                "tc" => {
                    let properties = child.child("tcPr");
                    let merged = |name: &str| properties.and_then(|properties| properties.child(name));
                    let goes_on = |name: &str| merged(name).is_some_and(|merge| merge.val().is_none_or(|val| val == "continue"));
                    let span = merged("gridSpan").and_then(Element::val).and_then(|span| span.parse().ok()).unwrap_or(1);
                    let mut pieces = Vec::new();
                    self.blocks(child, &mut pieces);
                    let goes_on = goes_on("vMerge") || goes_on("vmerge") || goes_on("hMerge");
                    cells.push(if goes_on { rows::Cell::default() } else { rows::Cell { pieces, span } });
                }
                "sdt" => child.children_named("sdtContent").for_each(|content| self.cells(content, cells)),
                "customXml" => self.cells(child, cells),
                _ => {}
            }
        }
    }

    /// What the marks `[1]` in the text stand for. Notes of notes are not followed.
    fn notes(&mut self, parts: &Parts<'_>, pieces: &mut Vec<Piece>) {
        let marks = std::mem::take(&mut self.marks);
        for (at, mark) in marks.into_iter().enumerate() {
            let (root, name, id) = match mark {
                Mark::Footnote(id) => (parts.footnotes, "footnote", id),
                Mark::Endnote(id) => (parts.endnotes, "endnote", id),
            };
            let is_it = |note: &&Element| note.attribute("id").and_then(|known| known.parse().ok()) == Some(id);
            let Some(note) = root.and_then(|root| root.children_named(name).find(is_it)) else { continue };
            let mut own = Vec::new();
            self.blocks(note, &mut own);
            let text = own.iter().map(|piece| piece.block.text().trim().to_owned()).collect::<Vec<_>>().join(" ");
            if !text.trim().is_empty() {
                pieces.push(Piece { block: Block::Paragraph(format!("[{}] {text}", at + 1)), look: Look::default() });
            }
        }
    }
}

fn push_lines(lines: Vec<String>, look: Look, pieces: &mut Vec<Piece>) {
    for line in lines {
        let block = if look.heading.is_some() { Block::Heading(line) } else { Block::Paragraph(line) };
        pieces.push(Piece { block, look });
    }
}
