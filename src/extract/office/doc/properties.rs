//! What is said of characters and paragraphs: formatted disk pages (FKP) and single modifiers (Prl), MS-DOC 2.6 and 2.9.

use super::super::binary::{i32_at, size_at, slice_at, u8_at, u16_at, u32_at};
use super::fib::{Fib, Structure};

const PAGE: usize = 512;

/// Runs of bytes of the file, sorted by where they begin, each with its modifiers.
#[derive(Debug, Default)]
pub struct Properties<'a> {
    characters: Vec<Run<'a>>,
    paragraphs: Vec<Run<'a>>,
}

#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    from: usize,
    to: usize,
    /// The paragraph's style; 0 for characters.
    pub style: u16,
    pub modifiers: &'a [u8],
}

impl<'a> Properties<'a> {
    pub fn of(word: &'a [u8], table: &[u8], fib: &Fib) -> Self {
        let read = |bins, reader: fn(&'a [u8], &mut Vec<Run<'a>>) -> Option<()>| {
            let mut runs = Vec::new();
            for page in fib.structure(table, bins).map(pages).unwrap_or_default() {
                if let Some(page) = page.checked_mul(PAGE).and_then(|at| slice_at(word, at, PAGE)) {
                    // A page that is damaged gives the runs before the damage.
                    let _ = reader(page, &mut runs);
                }
            }
            runs.sort_by_key(|run| run.from);
            runs
        };
        Self { characters: read(Structure::CharacterBins, character_page), paragraphs: read(Structure::ParagraphBins, paragraph_page) }
    }

    pub fn character(&self, offset: usize) -> &'a [u8] {
        find(&self.characters, offset).map_or(&[], |run| run.modifiers)
    }

    pub fn paragraph(&self, offset: usize) -> Option<Run<'a>> {
        find(&self.paragraphs, offset)
    }
}

fn find<'a>(runs: &[Run<'a>], offset: usize) -> Option<Run<'a>> {
    let after = runs.partition_point(|run| run.from <= offset);
    runs[..after].last().filter(|run| offset < run.to).copied()
}

/// Numbers of the pages, behind the offsets at which they begin.
fn pages(bins: &[u8]) -> Vec<usize> {
    let count = bins.len().saturating_sub(4) / 8;
    (0..count).filter_map(|number| size_at(bins, (count + 1) * 4 + number * 4)).map(|page| page & 0x3f_ffff).collect()
}

fn character_page<'a>(page: &'a [u8], runs: &mut Vec<Run<'a>>) -> Option<()> {
    let count = usize::from(u8_at(page, PAGE - 1)?);
    for number in 0..count {
        let (from, to) = (size_at(page, number * 4)?, size_at(page, number * 4 + 4)?);
        let at = usize::from(u8_at(page, (count + 1) * 4 + number)?) * 2;
        let modifiers = if at == 0 { &[] } else { slice_at(page, at + 1, usize::from(u8_at(page, at)?)).unwrap_or_default() };
        runs.push(Run { from, to, style: 0, modifiers });
    }
    Some(())
}

fn paragraph_page<'a>(page: &'a [u8], runs: &mut Vec<Run<'a>>) -> Option<()> {
    let count = usize::from(u8_at(page, PAGE - 1)?);
    for number in 0..count {
        let (from, to) = (size_at(page, number * 4)?, size_at(page, number * 4 + 4)?);
        let at = usize::from(u8_at(page, (count + 1) * 4 + number * 13)?) * 2;
        let words = usize::from(u8_at(page, at)?);
        // A first byte of zero: the length stands in the next one.
        let (at, length) = if words == 0 { (at + 2, usize::from(u8_at(page, at + 1)?) * 2) } else { (at + 1, words * 2 - 1) };
        let bytes = slice_at(page, at, length).unwrap_or_default();
        runs.push(Run { from, to, style: u16_at(bytes, 0).unwrap_or(0), modifiers: bytes.get(2..).unwrap_or_default() });
    }
    Some(())
}

/// Calls for every modifier with its code and operand. A modifier whose length cannot be told ends the list.
pub fn each_modifier(modifiers: &[u8], mut take: impl FnMut(u16, &[u8])) {
    let mut at = 0;
    while let Some(code) = u16_at(modifiers, at) {
        let start = at + 2;
        // Bits 13 to 15 tell the operand's size; sprmTDefTable counts its length in two bytes, sprmPChgTabs has one in 255.
        let (skipped, length) = match (code >> 13, code) {
            (0 | 1, _) => (0, 1),
            (2 | 4 | 5, _) => (0, 2),
            (3, _) => (0, 4),
            (7, _) => (0, 3),
            (_, 0xd608) => (2, usize::from(u16_at(modifiers, start).unwrap_or(1)).saturating_sub(1)),
            _ => (1, usize::from(u8_at(modifiers, start).unwrap_or(0))),
        };
        let Some(operand) = slice_at(modifiers, start + skipped, length) else { return };
        take(code, operand);
        at = start + skipped + length;
    }
}

/// A number of one, two or four bytes.
pub fn number(operand: &[u8]) -> i32 {
    match operand.len() {
        1 => i32::from(operand[0]),
        2 => u16_at(operand, 0).map_or(0, i32::from),
        4 => i32_at(operand, 0).unwrap_or(0),
        _ => u32_at(operand, 0).map_or(0, u32::cast_signed),
    }
}
