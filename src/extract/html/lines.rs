//! A stretch of the outline to lines: what a browser would start on a new line, in order, with where each came from.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::outline::{Kind, Outline};
use super::words::{pattern, tidy};
use crate::model::Block;

/// One paragraph, heading or table row, and the nodes it came from.
#[derive(Debug, Clone)]
pub struct Line {
    pub block: Block,
    pub text: String,
    /// First node of it.
    pub from: usize,
    /// The node after its last.
    pub to: usize,
    /// Characters (not white space) of it, and those in links.
    pub characters: usize,
    pub linked: usize,
    pub marks: usize,
}

/// All lines of the stretches, in order.
pub fn lines(outline: &Outline, ranges: &[Range<usize>]) -> Vec<Line> {
    let mut writer = Writer { outline, lines: Vec::new(), text: String::new(), from: 0, to: 0, heading: false, preformatted: false };
    for range in ranges {
        writer.preformatted = range.start < range.end && outline.ancestors(range.start).any(|node| outline.name(node) == "pre");
        writer.range(range.clone());
        writer.flush();
    }
    writer.lines
}

struct Writer<'o, 'a> {
    outline: &'o Outline<'a>,
    lines: Vec<Line>,
    text: String,
    from: usize,
    to: usize,
    heading: bool,
    /// Inside `pre`, where a line of the markup is a line of the page.
    preformatted: bool,
}

impl Writer<'_, '_> {
    /// Whole subtrees where they lie inside, the insides of those that do not.
    fn range(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            let end = self.outline.nodes[at].end;
            if end <= range.end {
                self.subtree(at);
                at = end;
            } else {
                if is_block(self.outline.name(at)) {
                    self.flush();
                }
                at += 1;
            }
        }
    }

    fn subtree(&mut self, index: usize) {
        match self.outline.nodes[index].kind {
            Kind::Text(text) => self.push(index, text),
            Kind::Comment(_) => {}
            Kind::Element(element) => match element.name() {
                "br" | "hr" => self.flush(),
                "table" => self.table(index),
                "pre" => self.preformatted(index),
                name if is_heading(name) => self.heading(index),
                name if is_block(name) => self.block(index),
                _ => self.children(index),
            },
        }
    }

    fn children(&mut self, index: usize) {
        for child in self.outline.children(index) {
            self.subtree(child);
        }
    }

    fn block(&mut self, index: usize) {
        self.flush();
        self.children(index);
        self.flush();
    }

    fn heading(&mut self, index: usize) {
        self.flush();
        self.heading = true;
        self.children(index);
        self.flush();
        self.heading = false;
    }

    fn preformatted(&mut self, index: usize) {
        let outer = std::mem::replace(&mut self.preformatted, true);
        self.block(index);
        self.preformatted = outer;
    }

    fn push(&mut self, index: usize, text: &str) {
        if self.preformatted {
            for (place, line) in text.split('\n').enumerate() {
                if place > 0 {
                    self.flush();
                }
                self.push_text(index, line);
            }
        } else {
            self.push_text(index, text);
        }
    }

    fn push_text(&mut self, index: usize, text: &str) {
        if self.text.is_empty() {
            self.from = index;
        }
        self.text.push_str(text);
        if !text.trim().is_empty() {
            self.to = index + 1;
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        for text in paragraphs(&text).map(tidy).filter(|text| !text.is_empty()) {
            let block = if self.heading { Block::Heading(text.clone()) } else { Block::Paragraph(text.clone()) };
            self.line(block, text, self.from, self.to);
        }
    }

    fn line(&mut self, block: Block, text: String, from: usize, to: usize) {
        let mass = self.outline.mass_between(from, to);
        self.lines.push(Line { block, text, from, to, characters: mass.characters, linked: mass.linked, marks: mass.marks });
    }

    /// A table of data gives rows; a table that only lays out the page gives its cells' lines.
    fn table(&mut self, table: usize) {
        self.flush();
        let rows = rows(self.outline, table);
        if is_layout(self.outline, table, &rows) {
            self.children(table);
            self.flush();
            return;
        }
        for caption in self.outline.children(table).filter(|child| self.outline.name(*child) == "caption") {
            self.block(caption);
        }
        for row in &rows {
            self.row(row);
        }
    }

    fn row(&mut self, row: &Row) {
        let cells: Vec<String> = row.cells.iter().map(|cell| self.cell(*cell)).collect();
        let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
        if filled == 0 {
            return;
        }
        if cells.len() == 1 {
            self.block(row.cells[0]);
            return;
        }
        let block = Block::Row(cells);
        let text = block.text().into_owned();
        self.line(block, text, row.index, self.outline.nodes[row.index].end);
    }

    fn cell(&self, cell: usize) -> String {
        let range = cell..self.outline.nodes[cell].end;
        let lines = lines(self.outline, std::slice::from_ref(&range));
        lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join(" ")
    }
}

/// Paragraphs that were joined when they were pasted: two full-width blanks after a sentence are the next one's indent.
///
/// linshu.gov.cn runs whole notices together like this.
fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let mut indents = INDENT.find_iter(text).fuse();
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let next = indents.next();
        done = next.is_none();
        // The sentence's own mark stays with it.
        let end = next.map_or(text.len(), |indent| indent.start() + "\u{3002}".len());
        let paragraph = &text[start..end];
        start = next.map_or(text.len(), |indent| indent.end());
        Some(paragraph)
    })
}

static INDENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\u{3002}\u{ff01}\u{ff1f}\u{ff1b}\u{ff1a}]\s*?\u{3000}\u{3000}"));

struct Row {
    index: usize,
    cells: Vec<usize>,
}

/// The rows of a table itself, not of tables in it.
fn rows(outline: &Outline, table: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut waiting: Vec<usize> = outline.children(table).collect::<Vec<_>>().into_iter().rev().collect();
    while let Some(index) = waiting.pop() {
        match outline.name(index) {
            "tbody" | "thead" | "tfoot" | "form" => waiting.extend(outline.children(index).collect::<Vec<_>>().into_iter().rev()),
            "tr" => {
                let cells = outline.children(index).filter(|child| matches!(outline.name(*child), "td" | "th")).collect();
                rows.push(Row { index, cells });
            }
            _ => {}
        }
    }
    rows
}

/// Layout: tables in it, a single filled row of long cells, or never more than one filled cell in a row.
///
/// linshu.gov.cn puts a whole notice into one cell; 2011's news pages put everything into tables.
fn is_layout(outline: &Outline, table: usize, rows: &[Row]) -> bool {
    let inner = table + 1..outline.nodes[table].end;
    if inner.clone().any(|index| outline.name(index) == "table" && outline.mass(index).characters > 0) {
        return true;
    }
    let filled = |row: &Row| row.cells.iter().filter(|cell| outline.mass(**cell).characters > 0).count();
    let filled_rows: Vec<&Row> = rows.iter().filter(|row| filled(row) > 0).collect();
    if filled_rows.iter().all(|row| filled(row) < 2) {
        return true;
    }
    let breaks = |cell: usize| {
        (cell..outline.nodes[cell].end).filter(|index| matches!(outline.name(*index), "p" | "div" | "br" | "li" | "h1" | "h2")).count()
    };
    filled_rows.len() == 1 && filled_rows[0].cells.iter().any(|cell| breaks(*cell) >= 3 && outline.mass(*cell).characters > 100)
}

fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// Elements that start a new line.
pub fn is_block(name: &str) -> bool {
    const BLOCKS: [&str; 38] = [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hgroup",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "th",
        "tr",
        "ul",
    ];
    BLOCKS.contains(&name)
}
