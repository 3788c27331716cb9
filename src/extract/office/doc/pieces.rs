//! The piece table: which bytes hold which characters (MS-DOC 2.8.35, 2.9.38, 2.9.73).

use super::super::binary::{size_at, slice_at, u8_at, u16_at, u32_at};
use super::fib::{Fib, Structure};

pub struct Pieces<'a> {
    word: &'a [u8],
    pieces: Vec<Piece>,
    /// Properties that a fast save added to pieces.
    prcs: Vec<&'a [u8]>,
    /// Some pieces lie outside of the file.
    pub is_short: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct Piece {
    /// First character, and the one after the last.
    from: usize,
    to: usize,
    offset: usize,
    /// One byte a character, in Windows-1252.
    is_narrow: bool,
    prc: Option<usize>,
}

/// A character and where it stands in the file.
#[derive(Debug, Clone, Copy)]
pub struct Unit {
    /// UTF-16.
    pub code: u16,
    pub offset: usize,
    pub prc: Option<usize>,
}

impl<'a> Pieces<'a> {
    pub fn of(word: &'a [u8], table: &'a [u8], fib: &Fib) -> Option<Self> {
        let clx = fib.structure(table, Structure::Pieces)?;
        let mut prcs = Vec::new();
        let mut at = 0;
        while u8_at(clx, at)? == 1 {
            let length = usize::from(u16_at(clx, at + 1)?);
            prcs.push(slice_at(clx, at + 3, length)?);
            at += 3 + length;
        }
        if u8_at(clx, at)? != 2 {
            return None;
        }
        let length = size_at(clx, at + 1)?.min(clx.len().saturating_sub(at + 5));
        let table = slice_at(clx, at + 5, length)?;
        let count = table.len().checked_sub(4)? / 12;
        let mut pieces = Vec::new();
        let mut is_short = false;
        for number in 0..count {
            let from = size_at(table, number * 4)?;
            let to = size_at(table, number * 4 + 4)?;
            let descriptor = (count + 1) * 4 + number * 8;
            let place = u32_at(table, descriptor + 2)?;
            let is_narrow = place & 0x4000_0000 != 0;
            let place = usize::try_from(place & 0x3fff_ffff).ok()?;
            let offset = if is_narrow { place / 2 } else { place };
            let bytes = to.saturating_sub(from).saturating_mul(if is_narrow { 1 } else { 2 });
            if offset.saturating_add(bytes) > word.len() {
                is_short = true;
            }
            // Bit 0 set: the other bits are an index of a Prc.
            let prm = u16_at(table, descriptor + 6)?;
            let prc = (prm & 1 == 1).then_some(usize::from(prm >> 1));
            if from < to {
                pieces.push(Piece { from, to, offset, is_narrow, prc });
            }
        }
        // Pieces that overlap would let a small file hold any amount of text.
        let in_order = pieces.windows(2).all(|pair| pair[0].to <= pair[1].from);
        (in_order && !pieces.is_empty()).then_some(Self { word, pieces, prcs, is_short })
    }

    /// The character at a position; `None` where the file has none.
    pub fn at(&self, position: usize) -> Option<Unit> {
        let index = self.pieces.partition_point(|piece| piece.to <= position);
        let piece = self.pieces.get(index).filter(|piece| piece.from <= position)?;
        let offset = piece.offset + (position - piece.from) * if piece.is_narrow { 1 } else { 2 };
        let code = if piece.is_narrow { narrow(u8_at(self.word, offset)?) } else { u16_at(self.word, offset)? };
        Some(Unit { code, offset, prc: piece.prc })
    }

    pub fn prc(&self, index: usize) -> &'a [u8] {
        self.prcs.get(index).copied().unwrap_or_default()
    }

    /// Behind the last character.
    pub fn end(&self) -> usize {
        self.pieces.last().map_or(0, |piece| piece.to)
    }
}

fn narrow(byte: u8) -> u16 {
    if (0x80..0xa0).contains(&byte) {
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(std::slice::from_ref(&byte));
        return text.encode_utf16().next().unwrap_or(u16::from(b'?'));
    }
    u16::from(byte)
}
