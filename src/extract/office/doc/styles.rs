//! The style sheet (STSH) to what each style says of its paragraphs: MS-DOC 2.9.271 and 2.9.260.

use super::super::binary::{slice_at, u16_at};
use super::fib::{Fib, Structure};
use super::walk::Paragraph;

/// `stiNormal` has 0, headings 1 to 9, the title this.
const TITLE: u16 = 0x3e;
const CHAIN_MAX: usize = 20;

#[derive(Debug, Default)]
pub struct Style<'a> {
    based_on: u16,
    /// The built-in style that it is.
    built_in: u16,
    pub paragraph: &'a [u8],
    pub character: &'a [u8],
}

#[derive(Debug, Default)]
pub struct Styles<'a> {
    styles: Vec<Style<'a>>,
    /// Of each style, whether its text is hidden; asked for every character.
    hidden: Vec<bool>,
}

/// The styles, as far as they can be read.
pub fn of<'a>(table: &'a [u8], fib: &Fib) -> Styles<'a> {
    let mut styles = Styles::default();
    if let Some(sheet) = fib.structure(table, Structure::Styles) {
        let _ = read(sheet, &mut styles.styles);
        styles.hidden = (0..styles.styles.len()).map(|style| styles.paragraph(style as u16).is_hidden).collect();
    }
    styles
}

impl Styles<'_> {
    /// What a paragraph of this style is before its own modifiers.
    pub fn paragraph(&self, style: u16) -> Paragraph {
        let mut chain = Vec::new();
        let mut next = style;
        while let Some(style) = self.styles.get(usize::from(next)).filter(|_| chain.len() < CHAIN_MAX) {
            chain.push(style);
            next = style.based_on;
        }
        let mut paragraph = Paragraph::default();
        for style in chain.into_iter().rev() {
            match style.built_in {
                level @ 1..=9 => paragraph.look.heading = u8::try_from(level).ok(),
                TITLE => paragraph.look.is_title = true,
                _ => {}
            }
            paragraph.apply(style.paragraph);
            paragraph.apply_characters(style.character);
        }
        paragraph
    }

    pub fn paragraph_is_hidden(&self, style: u16) -> bool {
        self.hidden.get(usize::from(style)).copied().unwrap_or(false)
    }

    pub fn character(&self, style: u16) -> &[u8] {
        self.styles.get(usize::from(style)).map_or(&[], |style| style.character)
    }
}

fn read<'a>(sheet: &'a [u8], styles: &mut Vec<Style<'a>>) -> Option<()> {
    let head = usize::from(u16_at(sheet, 0)?);
    let count = u16_at(sheet, 2)?;
    let base = usize::from(u16_at(sheet, 4)?);
    let mut at = 2 + head;
    for _ in 0..count {
        let length = usize::from(u16_at(sheet, at)?);
        let bytes = slice_at(sheet, at + 2, length)?;
        styles.push(style(bytes, base).unwrap_or_default());
        at += 2 + length;
    }
    Some(())
}

fn style(bytes: &[u8], base: usize) -> Option<Style<'_>> {
    let built_in = u16_at(bytes, 0)? & 0x0fff;
    let (kind, based_on) = (u16_at(bytes, 2)? & 0x000f, u16_at(bytes, 2)? >> 4);
    let name = usize::from(u16_at(bytes, base)?);
    let mut at = base + 2 + name * 2 + 2;
    let mut next = || {
        let length = usize::from(u16_at(bytes, at)?);
        let own = slice_at(bytes, at + 2, length)?;
        at += 2 + length + length % 2;
        Some(own)
    };
    // A paragraph's modifiers stand behind the style's own number.
    let paragraph = if kind == 1 { next()?.get(2..).unwrap_or_default() } else { &[] };
    let character = if matches!(kind, 1 | 2) { next().unwrap_or_default() } else { &[] };
    Some(Style { based_on, built_in: if kind == 1 { built_in } else { 0 }, paragraph, character })
}
