//! XLS and ET, the binary workbooks of Excel 97 to 2003 (MS-XLS, BIFF8), to the rows that are shown; hidden sheets, rows and
//! columns are left out.

use std::collections::{HashMap, HashSet};

use super::binary::{size_at, slice_at, u8_at, u16_at, u32_at};
use super::cells;
use super::shape::Draft;
use super::sheet::{self, Room, SHEETS_MAX, Sheet};
use crate::model::Unreadable;

/// BIFF8, since Excel 97.
const VERSION: u16 = 0x0600;

/// # Errors
/// [`Unreadable::Encrypted`], [`Unreadable::Format`] for files of Excel 95 and older, [`Unreadable::Damaged`].
pub fn read(stream: &[u8]) -> Result<Draft, Unreadable> {
    let mut book = Book::default();
    let mut records = Records { stream, at: 0 };
    let first = records.next().ok_or_else(|| Unreadable::Damaged { what: "its workbook is empty".to_owned() })?;
    if first.kind != BOF || u16_at(first.body, 0) != Some(VERSION) {
        return Err(Unreadable::Format { format: "a workbook of Excel 95 or older".to_owned() });
    }
    while let Some(record) = records.next() {
        match record.kind {
            EOF => break,
            FILEPASS => return Err(Unreadable::Encrypted),
            SST => book.strings = strings(&record, &mut records),
            _ => {
                let _ = book.global(&record);
            }
        }
    }
    let mut draft = Draft::default();
    let (mut sheets, mut room) = (Vec::new(), Room::default());
    for (name, offset, is_hidden) in std::mem::take(&mut book.sheets).into_iter().take(SHEETS_MAX) {
        if is_hidden {
            draft.doubt(format!("the sheet {name} is hidden and not read"));
            continue;
        }
        let sheet = book.sheet(name, Records { stream, at: offset }, room);
        room = sheet.room;
        sheets.push(sheet);
    }
    sheet::push(sheets, room, &mut draft);
    Ok(draft)
}

// MS-XLS 2.3.1.
const BOF: u16 = 0x0809;
const EOF: u16 = 0x000a;
const FILEPASS: u16 = 0x002f;
const SST: u16 = 0x00fc;
const CONTINUE: u16 = 0x003c;

struct Record<'a> {
    kind: u16,
    body: &'a [u8],
}

struct Records<'a> {
    stream: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    fn next(&mut self) -> Option<Record<'a>> {
        let kind = u16_at(self.stream, self.at)?;
        let length = usize::from(u16_at(self.stream, self.at + 2)?);
        let body = slice_at(self.stream, self.at + 4, length)?;
        self.at += 4 + length;
        Some(Record { kind, body })
    }

    /// The bodies of the records that continue the last one.
    fn continued(&mut self) -> Vec<&'a [u8]> {
        let mut bodies = Vec::new();
        while u16_at(self.stream, self.at) == Some(CONTINUE) {
            let Some(record) = self.next() else { break };
            bodies.push(record.body);
        }
        bodies
    }
}

#[derive(Debug, Default)]
struct Book {
    /// Name, offset in the stream, whether it is hidden.
    sheets: Vec<(String, usize, bool)>,
    strings: Vec<String>,
    /// Number of a format to its code.
    formats: HashMap<u16, String>,
    /// The format of each style of cells.
    styles: Vec<u16>,
    from_1904: bool,
}

impl Book {
    fn global(&mut self, record: &Record<'_>) -> Option<()> {
        let body = record.body;
        match record.kind {
            // BoundSheet8: only worksheets (kind 0) hold cells.
            0x0085 if u8_at(body, 5)? == 0 => {
                let name = short_string(body, 6)?;
                self.sheets.push((name, size_at(body, 0)?, u8_at(body, 4)? & 3 != 0));
            }
            0x041e => {
                let text = string(&mut Parts::new(body.get(2..)?, Vec::new()))?;
                self.formats.insert(u16_at(body, 0)?, text);
            }
            0x00e0 => self.styles.push(u16_at(body, 2)?),
            0x0022 => self.from_1904 = u16_at(body, 0)? == 1,
            _ => {}
        }
        Some(())
    }

    fn sheet(&self, name: String, mut records: Records<'_>, room: Room) -> Sheet {
        let mut sheet = Sheet { name, room, ..Sheet::default() };
        let mut hidden = Hidden::default();
        let mut awaited = None;
        // Charts in a sheet are streams in the stream.
        let mut depth = 0;
        while let Some(record) = records.next() {
            match record.kind {
                BOF => depth += 1,
                EOF if depth <= 1 => break,
                EOF => depth -= 1,
                _ if depth > 1 => {}
                _ => {
                    let _ = self.record(&record, &mut sheet, &mut hidden, &mut awaited);
                }
            }
            if sheet.room.is_full() {
                break;
            }
        }
        let is_seen =
            |row: &u32, column: &u32| !hidden.rows.contains(row) && !hidden.columns.iter().any(|(from, to)| (*from..=*to).contains(column));
        sheet.cells.retain(|(row, column), _| is_seen(row, column));
        sheet
    }

    /// `awaited` is the cell of a formula whose text follows in a record of its own.
    fn record(&self, record: &Record<'_>, sheet: &mut Sheet, hidden: &mut Hidden, awaited: &mut Option<(u32, u32)>) -> Option<()> {
        let body = record.body;
        let at = || Some((u32::from(u16_at(body, 0)?), u32::from(u16_at(body, 2)?)));
        let style = || u16_at(body, 4);
        match record.kind {
            // LabelSst, Label, RString.
            0x00fd => {
                sheet.put(at()?, self.strings.get(size_at(body, 6)?)?.clone());
            }
            0x0204 | 0x00d6 => {
                sheet.put(at()?, string(&mut Parts::new(body.get(6..)?, Vec::new()))?);
            }
            // Number, RK, MulRk.
            0x0203 => {
                sheet.put(at()?, self.shown(float_at(body, 6)?, style()?));
            }
            0x027e => {
                sheet.put(at()?, self.shown(packed_number(u32_at(body, 6)?), style()?));
            }
            0x00bd => {
                let (row, first) = at()?;
                for (number, cell) in body.get(4..body.len().checked_sub(2)?)?.chunks_exact(6).enumerate() {
                    let shown = self.shown(packed_number(u32_at(cell, 2)?), u16_at(cell, 0)?);
                    sheet.put((row, first + number as u32), shown);
                }
            }
            // BoolErr.
            0x0205 => {
                sheet.put(at()?, truth_or_error(u8_at(body, 6)?, u8_at(body, 7)? == 1).to_owned());
            }
            // Formula: its last result is a number, or by its first byte text, a truth value, an error, or empty.
            0x0006 if u16_at(body, 12)? != 0xffff => {
                sheet.put(at()?, self.shown(float_at(body, 6)?, style()?));
            }
            0x0006 => match u8_at(body, 6)? {
                0 => *awaited = Some(at()?),
                kind @ (1 | 2) => {
                    sheet.put(at()?, truth_or_error(u8_at(body, 8)?, kind == 2).to_owned());
                }
                _ => {}
            },
            0x0207 => {
                sheet.put(awaited.take()?, string(&mut Parts::new(body, Vec::new()))?);
            }
            // Row and ColInfo: hidden ones.
            0x0208 if u16_at(body, 12)? & 0x20 != 0 => {
                hidden.rows.insert(u32::from(u16_at(body, 0)?));
            }
            0x007d if u16_at(body, 8)? & 1 != 0 && hidden.columns.len() < 1000 => {
                hidden.columns.push((u32::from(u16_at(body, 0)?), u32::from(u16_at(body, 2)?)))
            }
            // MergeCells: first row, last row, first column, last column.
            0x00e5 => {
                for range in body.get(2..)?.chunks_exact(8) {
                    let number = |at| u16_at(range, at).map(u32::from);
                    sheet.merged.push((number(0)?, number(4)?, number(2)?, number(6)?));
                }
            }
            _ => {}
        }
        Some(())
    }

    fn shown(&self, value: f64, style: u16) -> String {
        let format = self.styles.get(usize::from(style)).copied().unwrap_or(0);
        let code = self.formats.get(&format).map_or_else(|| cells::built_in(format), String::as_str);
        cells::show(value, code, self.from_1904)
    }
}

/// MS-XLS 2.5.10.
fn truth_or_error(code: u8, is_error: bool) -> &'static str {
    match code {
        _ if !is_error => ["FALSE", "TRUE"][usize::from(code == 1)],
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        0x2a => "#N/A",
        _ => "#VALUE!",
    }
}

#[derive(Debug, Default)]
struct Hidden {
    rows: HashSet<u32>,
    columns: Vec<(u32, u32)>,
}

fn float_at(body: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(slice_at(body, at, 8)?.try_into().ok()?))
}

/// RkNumber: 30 bits of a float or an integer, perhaps in hundredths. MS-XLS 2.5.217.
fn packed_number(bits: u32) -> f64 {
    let number = if bits & 2 != 0 { f64::from(bits.cast_signed() >> 2) } else { f64::from_bits(u64::from(bits & !3) << 32) };
    if bits & 1 != 0 { number / 100.0 } else { number }
}

/// A string with a length of one byte.
fn short_string(body: &[u8], at: usize) -> Option<String> {
    let count = usize::from(u8_at(body, at)?);
    let is_wide = u8_at(body, at + 1)? & 1 == 1;
    let bytes = slice_at(body, at + 2, if is_wide { count * 2 } else { count })?;
    let codes: Vec<u16> = if is_wide {
        bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
    } else {
        bytes.iter().map(|byte| u16::from(*byte)).collect()
    };
    Some(String::from_utf16_lossy(&codes))
}

/// The body of a record and of those that continue it.
struct Parts<'a> {
    part: &'a [u8],
    rest: std::vec::IntoIter<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn new(first: &'a [u8], rest: Vec<&'a [u8]>) -> Self {
        Self { part: first, rest: rest.into_iter() }
    }

    fn byte(&mut self) -> Option<u8> {
        while self.part.is_empty() {
            self.part = self.rest.next()?;
        }
        let (byte, part) = self.part.split_first()?;
        self.part = part;
        Some(*byte)
    }

    fn number(&mut self, bytes: usize) -> Option<usize> {
        (0..bytes).try_fold(0, |number, at| Some(number | usize::from(self.byte()?) << (8 * at)))
    }

    fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > self.part.len() {
            count -= self.part.len();
            self.part = self.rest.next()?;
        }
        self.part = &self.part[count..];
        Some(())
    }
}

/// XLUnicodeRichExtendedString. Where a record ends in the characters, the next begins with a byte that says how wide they are.
fn string(parts: &mut Parts<'_>) -> Option<String> {
    let count = parts.number(2)?;
    let flags = parts.byte()?;
    let runs = if flags & 8 != 0 { parts.number(2)? } else { 0 };
    let extra = if flags & 4 != 0 { parts.number(4)? } else { 0 };
    let mut is_wide = flags & 1 == 1;
    let mut codes: Vec<u16> = Vec::new();
    while codes.len() < count {
        if parts.part.is_empty() {
            parts.part = parts.rest.next()?;
            is_wide = parts.byte()? & 1 == 1;
        }
        codes.push(u16::try_from(parts.number(if is_wide { 2 } else { 1 })?).unwrap_or(0xfffd));
    }
    parts.skip(runs * 4)?;
    parts.skip(extra)?;
    Some(String::from_utf16_lossy(&codes))
}

/// The workbook's table of strings, as far as it can be read.
fn strings(record: &Record<'_>, records: &mut Records<'_>) -> Vec<String> {
    let count = size_at(record.body, 4).unwrap_or(0);
    let mut parts = Parts::new(record.body.get(8..).unwrap_or_default(), records.continued());
    let mut strings = Vec::new();
    while strings.len() < count {
        let Some(text) = string(&mut parts) else { break };
        strings.push(text);
    }
    strings
}
