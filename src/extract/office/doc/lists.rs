//! `PlfLst` and `PlfLfo` to [`Lists`]: MS-DOC 2.9.131, 2.9.148, 2.9.150.

use super::super::binary::{i32_at, size_at, slice_at, u8_at, u16_at, u32_at};
use super::super::lists::{LEVELS, Level, List, Lists, Number, Part};
use super::super::numerals::Format;
use super::fib::{Fib, Structure};

/// The lists, as far as they can be read: what is damaged numbers nothing.
pub fn of(table: &[u8], fib: &Fib) -> Lists {
    let mut lists = Lists::default();
    let _ = read_lists(table, fib, &mut lists);
    let _ = read_numbers(table, fib, &mut lists);
    lists
}

/// The levels of all lists stand one after the other right behind the lists themselves.
fn read_lists(table: &[u8], fib: &Fib, lists: &mut Lists) -> Option<()> {
    let (offset, length) = fib.range(Structure::Lists)?;
    let count = usize::from(u16_at(table, offset)?);
    let mut at = offset.checked_add(length)?;
    for number in 0..count {
        let head = offset + 2 + number * 28;
        let id = i64::from(i32_at(table, head)?);
        let is_simple = u8_at(table, head + 26)? & 1 == 1;
        let mut list = List::default();
        for number in 0..if is_simple { 1 } else { LEVELS } {
            let (level, end) = level(table, at)?;
            list.levels.insert(number, level);
            at = end;
        }
        lists.lists.insert(id, list);
    }
    Some(())
}

/// What paragraphs name, counted from 1; what each changes stands behind all of them.
fn read_numbers(table: &[u8], fib: &Fib, lists: &mut Lists) -> Option<()> {
    let (offset, _) = fib.range(Structure::Numbers)?;
    let count = size_at(table, offset)?;
    let mut at = offset.checked_add(4)?.checked_add(count.checked_mul(16)?)?;
    let heads = slice_at(table, offset + 4, count * 16)?;
    for (index, head) in heads.chunks_exact(16).enumerate() {
        let list = i64::from(i32_at(head, 0)?);
        lists.numbers.insert(index as i64 + 1, Number { list, ..Number::default() });
    }
    for (index, head) in heads.chunks_exact(16).enumerate() {
        at += 4;
        for _ in 0..u8_at(head, 12)? {
            let (start, flags) = (u32_at(table, at)?, u32_at(table, at + 4)?);
            at += 8;
            let level_at = (flags & 0xf) as usize;
            let number = lists.numbers.get_mut(&(index as i64 + 1))?;
            if flags & 0x20 != 0 {
                let (level, end) = level(table, at)?;
                at = end;
                number.starts.insert(level_at, level.start);
                number.levels.insert(level_at, level);
            } else if flags & 0x10 != 0 {
                number.starts.insert(level_at, start);
            }
        }
    }
    Some(())
}

/// LVL: numbers, modifiers of paragraph and characters, and the text with codes 0 to 8 in the place of numbers.
fn level(table: &[u8], at: usize) -> Option<(Level, usize)> {
    let flags = u8_at(table, at + 5)?;
    let characters = usize::from(u8_at(table, at + 24)?);
    let paragraph = usize::from(u8_at(table, at + 25)?);
    let text_at = at + 28 + characters + paragraph;
    let count = usize::from(u16_at(table, text_at)?);
    let codes = slice_at(table, text_at + 2, count * 2)?;
    let codes = codes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let text = char::decode_utf16(codes).map(|character| match character.unwrap_or(char::REPLACEMENT_CHARACTER) {
        level @ '\u{0}'..='\u{8}' => Part::Level(level as usize),
        other => Part::Text(other),
    });
    let level = Level {
        start: u32_at(table, at)?,
        format: Format::of_code(u8_at(table, at + 4)?),
        text: text.collect(),
        style: None,
        is_legal: flags & 0x04 != 0,
        restart: (flags & 0x08 != 0).then(|| usize::from(u8_at(table, at + 26).unwrap_or(0))),
        joint: if u8_at(table, at + 15)? == 2 { "" } else { "\t" },
    };
    Some((level, text_at + 2 + count * 2))
}
