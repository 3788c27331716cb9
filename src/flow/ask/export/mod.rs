//! All that is kept and understood, as tables for researchers.
//!
//! The order is that of names and numbers, never of the clock, so that two exports of one store are equal byte for byte. Files are
//! pieces of bytes given away as they are made; who writes them is not known here.

mod schema;
mod tables;

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

pub use schema::{ABOUT, TABLES};

use self::tables::Notice;
use super::Which;
use crate::flow::house::House;
use crate::model::{NoticeId, Presence};
use crate::store::{Result, StoreError};
use crate::table::{Cell, File, Format, Kind, Table, Writer, codebook, data_package};

/// What is exported, and how.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub format: Format,
    /// Only the newest version of each notice.
    pub latest: bool,
    /// Also the texts of notices that were withdrawn.
    pub withdrawn: bool,
    /// Private persons' numbers and names as they are printed.
    pub unmasked: bool,
}

/// Name that a Data Package of ours bears, by which a folder is known to be an export.
pub const PACKAGE: &str = "huitoukan-export";

/// Takes a piece of the file of this name; the next piece of a file follows the last one.
pub type Take<'a> = dyn FnMut(&str, &[u8]) -> std::io::Result<()> + 'a;

/// Gives away every file of an export; returns how many rows each table has.
///
/// # Errors
/// The store's; what `take` says.
pub fn export(house: &House, which: &Which, wanted: &Wanted, take: &mut Take<'_>) -> Result<Vec<File>> {
    let mut sheets = Sheets::new(wanted)?;
    let mut all = house.store.all_tracked(which.source.as_ref())?;
    all.sort_by(|one, other| one.id.cmp(&other.id));
    let setup = house.setup();
    let mut notices = BTreeSet::new();
    for tracked in all {
        if !which.admits(house, &setup, &tracked)? {
            continue;
        }
        notices.insert(tracked.id.clone());
        let sector = setup.source(&tracked.source).and_then(|source| source.sector.clone()).or_else(|| tracked.sector.clone());
        Notice { house, tracked: &tracked, sector }.write(wanted, &mut sheets)?;
        sheets.give(take)?;
    }
    changes(house, which, &notices, &mut sheets, take)?;
    let files = sheets.end(take)?;
    let package = data_package(PACKAGE, "回头看: rectification notices of public bodies (整改情况通报)", ABOUT, wanted.format, &files);
    let mut package = serde_json::to_vec_pretty(&package).map_err(failed)?;
    package.push(b'\n');
    take("CODEBOOK.md", written_codebook().as_bytes()).map_err(failed)?;
    // Last: a folder that has it is a whole export.
    take("datapackage.json", &package).map_err(failed)?;
    Ok(files)
}

/// What happened to these notices; of sources only where nothing narrows what is meant further than to one of them.
fn changes(house: &House, which: &Which, notices: &BTreeSet<NoticeId>, sheets: &mut Sheets, take: &mut Take<'_>) -> Result<()> {
    /// Changes read at once.
    const AT_ONCE: usize = 1000;
    let sources_too = Which { source: None, ..which.clone() }.is_everything();
    let mut after = 0;
    loop {
        let changes = house.store.changes(after, AT_ONCE)?;
        let Some(last) = changes.last() else { return Ok(()) };
        after = last.number;
        for change in &changes {
            let of_source = || sources_too && which.source.as_ref().is_none_or(|source| *source == change.source);
            if change.kind.notice().map_or_else(of_source, |notice| notices.contains(notice)) {
                tables::change(change, sheets)?;
            }
        }
        sheets.give(take)?;
    }
}

/// The codebook of this release.
pub fn written_codebook() -> String {
    codebook(ABOUT, TABLES)
}

/// The tables while they grow.
struct Sheets {
    unmasked: bool,
    sheets: Vec<Sheet>,
}

struct Sheet {
    table: &'static Table,
    writer: Writer,
    file: Given,
}

/// What was given away of a file.
struct Given {
    path: String,
    digest: Sha256,
    bytes: u64,
    rows: u64,
}

impl Sheets {
    fn new(wanted: &Wanted) -> Result<Self> {
        let mut sheets = Vec::new();
        for table in TABLES.iter().copied() {
            let writer = Writer::new(table, wanted.format).map_err(StoreError::Other)?;
            let path = format!("{}.{}", table.name, wanted.format.ending());
            sheets.push(Sheet { table, writer, file: Given { path, digest: Sha256::new(), bytes: 0, rows: 0 } });
        }
        Ok(Self { unmasked: wanted.unmasked, sheets })
    }

    /// Adds a row; words of the notice are masked unless they are wanted as they are.
    fn row(&mut self, table: &'static Table, cells: Vec<Cell>, discreet: &crate::digest::Discreet) -> Result<()> {
        let masked = cells.into_iter().zip(table.columns).map(|(cell, column)| match (cell, column.kind) {
            (Cell::Text(text), Kind::Prose) if !self.unmasked => Cell::Text(discreet.text(&text)),
            (cell, _) => cell,
        });
        let masked = masked.collect();
        let sheet = self.sheets.iter_mut().find(|sheet| sheet.table.name == table.name).expect("every table has its sheet");
        sheet.file.rows += 1;
        sheet.writer.row(masked).map_err(StoreError::Other)
    }

    fn give(&mut self, take: &mut Take<'_>) -> Result<()> {
        /// Smaller pieces wait for more.
        const PIECE_BYTES: usize = 64 * 1024;
        for sheet in &mut self.sheets {
            let bytes = sheet.writer.take_if(PIECE_BYTES);
            sheet.file.give(&bytes, take)?;
        }
        Ok(())
    }

    fn end(self, take: &mut Take<'_>) -> Result<Vec<File>> {
        let mut files = Vec::new();
        for Sheet { table, writer, mut file } in self.sheets {
            file.give(&writer.end().map_err(StoreError::Other)?, take)?;
            let digest: String = file.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            files.push(File { table, path: file.path, bytes: file.bytes, digest, rows: file.rows });
        }
        Ok(files)
    }
}

impl Given {
    fn give(&mut self, bytes: &[u8], take: &mut Take<'_>) -> Result<()> {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        take(&self.path, bytes).map_err(failed)
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Other(error.into())
}

/// The word for where a notice stands.
fn presence(presence: &Presence) -> &'static str {
    match presence {
        Presence::Present => "present",
        Presence::Missing { .. } => "missing",
        Presence::Withdrawn { .. } => "withdrawn",
        Presence::Moved { .. } => "moved",
    }
}
