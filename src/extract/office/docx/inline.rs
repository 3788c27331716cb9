//! The inside of a paragraph to its lines: runs, breaks, fields, symbols, notes' marks; text boxes are handed back.

use super::super::xml::{Element, Node};
use super::styles::{self, Styles};

/// What a paragraph holds.
#[derive(Debug, Default)]
pub struct Inline<'a> {
    /// At least one; a line break (`w:br`) starts the next.
    pub lines: Vec<String>,
    /// Of the first text, in half points.
    pub size: Option<u16>,
    /// Contents of text boxes, in order.
    pub boxes: Vec<&'a Element>,
    /// Symbols that have no character of their own.
    pub unknown_symbols: usize,
    pub is_tracked: bool,
}

/// Which parts of a field are passed; fields may reach over paragraphs.
#[derive(Debug, Default)]
pub struct Fields {
    /// Of every open field, whether its result has begun.
    open: Vec<bool>,
}

impl Fields {
    fn is_code(&self) -> bool {
        self.open.iter().any(|in_result| !in_result)
    }
}

/// A note that the text marks.
#[derive(Debug, Clone, Copy)]
pub enum Mark {
    Footnote(i64),
    Endnote(i64),
}

pub struct Walk<'w, 'a> {
    pub styles: &'w Styles,
    pub fields: &'w mut Fields,
    /// In the order of the text.
    pub marks: &'w mut Vec<Mark>,
    pub inline: Inline<'a>,
    /// The paragraph's style hides its text.
    pub is_hidden: bool,
}

impl<'a> Walk<'_, 'a> {
    pub fn children(&mut self, parent: &'a Element) {
        parent.elements().for_each(|child| self.element(child));
    }

    fn element(&mut self, element: &'a Element) {
        match &*element.name {
            "r" => self.run(element),
            "del" | "moveFrom" => self.inline.is_tracked = true,
            "ins" | "moveTo" => {
                self.inline.is_tracked = true;
                self.children(element);
            }
            // What only describes: properties, comments, bookmarks.
            "pPr" | "rPr" | "sdtPr" | "sdtEndPr" | "commentRangeStart" | "commentRangeEnd" | "rt" => {}
            // Formulas: their letters in order.
            "oMath" | "oMathPara" => self.push_words(&element.text()),
            "AlternateContent" => self.alternate(element),
            _ => self.children(element),
        }
    }

    /// One of the branches: the first with text in it, so that a text box is read once.
    fn alternate(&mut self, element: &'a Element) {
        let mut boxes = Vec::new();
        for branch in element.elements().filter(|branch| matches!(&*branch.name, "Choice" | "Fallback")) {
            branch.find_all("txbxContent", &mut boxes);
            if !boxes.is_empty() {
                self.inline.boxes.append(&mut boxes);
                return;
            }
        }
        if let Some(branch) = element.child("Choice").or_else(|| element.child("Fallback")) {
            self.children(branch);
        }
    }

    fn run(&mut self, run: &'a Element) {
        let properties = run.child("rPr");
        let style = properties.and_then(|properties| properties.child("rStyle")).and_then(Element::val);
        let by_style = || style.and_then(|style| self.styles.ask(Some(style), |style| style.is_hidden));
        let is_hidden = properties.and_then(styles::is_hidden).or_else(by_style).unwrap_or(self.is_hidden);
        for child in run.elements() {
            match &*child.name {
                "fldChar" => self.field(child),
                "rPr" | "instrText" | "delText" | "delInstrText" | "annotationRef" | "footnoteRef" | "endnoteRef" | "commentReference" => {}
                _ if is_hidden || self.fields.is_code() => {}
                "t" => {
                    if self.inline.size.is_none() && !child.children.is_empty() {
                        let by_style = || style.and_then(|style| self.styles.ask(Some(style), |style| style.size));
                        self.inline.size = properties.and_then(styles::size).or_else(by_style);
                    }
                    self.text(child);
                }
                _ => self.special(child),
            }
        }
    }

    fn field(&mut self, mark: &Element) {
        match mark.attribute("fldCharType") {
            Some("begin") => self.fields.open.push(false),
            Some("separate") => {
                if let Some(last) = self.fields.open.last_mut() {
                    *last = true;
                }
            }
            Some("end") => {
                self.fields.open.pop();
            }
            _ => {}
        }
    }

    fn text(&mut self, element: &Element) {
        for node in &element.children {
            if let Node::Text(words) = node {
                self.push_words(words);
            }
        }
    }

    fn special(&mut self, element: &'a Element) {
        match &*element.name {
            "tab" | "ptab" => self.push_words("\t"),
            "noBreakHyphen" => self.push_words("-"),
            "cr" => self.inline.lines.push(String::new()),
            // Breaks of pages and columns are layout.
            "br" if element.attribute("type").is_none_or(|kind| kind == "textWrapping") => self.inline.lines.push(String::new()),
            "sym" => self.symbol(element),
            "footnoteReference" => self.note(element, true),
            "endnoteReference" => self.note(element, false),
            "AlternateContent" => self.alternate(element),
            "drawing" | "pict" | "object" => element.find_all("txbxContent", &mut self.inline.boxes),
            "ruby" => {
                if let Some(base) = element.child("rubyBase") {
                    self.children(base);
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, reference: &Element, is_footnote: bool) {
        let Some(id) = reference.attribute("id").and_then(|id| id.parse().ok()) else { return };
        self.marks.push(if is_footnote { Mark::Footnote(id) } else { Mark::Endnote(id) });
        let mark = format!("[{}]", self.marks.len());
        if !reference.attribute("customMarkFollows").is_some_and(|custom| matches!(custom, "1" | "true" | "on")) {
            self.push_words(&mark);
        }
    }

    fn symbol(&mut self, element: &Element) {
        let code = element.attribute("char").and_then(|code| u32::from_str_radix(code, 16).ok()).unwrap_or_default();
        match super::super::symbols::character(element.attribute("font").unwrap_or_default(), code) {
            Some(character) => self.push_words(character.encode_utf8(&mut [0; 4])),
            None => self.inline.unknown_symbols += 1,
        }
    }

    fn push_words(&mut self, words: &str) {
        if self.fields.is_code() {
            return;
        }
        match self.inline.lines.last_mut() {
            Some(line) => line.push_str(words),
            None => self.inline.lines.push(words.to_owned()),
        }
    }
}
