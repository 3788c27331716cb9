//! What takes the text: the body, a note or a text box, in which lines become paragraphs, cells and rows.

use super::super::rows::Flow;
use super::super::shape::{Look, Piece};

/// What holds for the paragraph that is open.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Paragraph {
    pub(super) look: Look,
    pub(super) in_table: bool,
    pub(super) depth: usize,
    pub(super) is_listed: bool,
}

#[derive(Debug, Default)]
pub(super) struct Sink {
    pub(super) flow: Flow,
    pub(super) line: Vec<u16>,
    lines: Vec<String>,
    /// Of the characters that the open paragraph begins with, in half points.
    pub(super) size: Option<u16>,
    pub(super) has_number: bool,
    /// Text boxes that stand after the open paragraph.
    pub(super) boxes: Vec<Piece>,
}

impl Paragraph {
    pub(super) fn depth(&self) -> usize {
        if self.in_table { self.depth.max(1) } else { 0 }
    }
}

impl Sink {
    pub(super) fn break_line(&mut self) {
        let line = String::from_utf16_lossy(&self.line);
        self.line.clear();
        self.lines.push(line);
    }

    /// Whether it is an entry of a list whose number does not stand in the file.
    pub(super) fn end_paragraph(&mut self, mut paragraph: Paragraph) -> bool {
        self.break_line();
        let lines = std::mem::take(&mut self.lines);
        let has_text = lines.iter().any(|line| !line.trim().is_empty());
        let has_lost = paragraph.is_listed && !std::mem::take(&mut self.has_number) && has_text;
        paragraph.look.size = self.size.take().unwrap_or(0);
        self.flow.at_depth(paragraph.depth());
        self.flow.push_lines(lines, paragraph.look);
        for boxed in std::mem::take(&mut self.boxes) {
            self.flow.push(boxed);
        }
        has_lost
    }

    pub(super) fn is_open(&self) -> bool {
        !self.line.is_empty() || !self.boxes.is_empty()
    }
}
