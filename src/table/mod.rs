//! Rows of typed cells to the bytes of JSON Lines, CSV or Parquet, and the codebook that explains them.
//!
//! The same rows always give the same bytes. Never opens a file, and does not know what a notice is.
//! To add a format: copy a member file, one variant and its arms here.

mod csv;
mod jsonl;
mod package;
mod parquet;

use jiff::Timestamp;
use jiff::civil::Date;

pub use csv::csv_line;
pub use package::{File, codebook, data_package};

/// What a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    /// One row is …
    pub about: &'static str,
    pub chinese: &'static str,
    /// Columns that name a row, first ones first.
    pub key: &'static [&'static str],
    pub columns: &'static [Column],
}

/// One column. Its name is a promise; a cell may be empty where the source is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub about: &'static str,
}

/// What a column's cells are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name, a code, an address.
    Text,
    /// Words of a notice, in which private persons may stand.
    Prose,
    Integer,
    Number,
    Truth,
    Day,
    /// In UTC.
    Moment,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Nothing,
    Text(String),
    Integer(i64),
    Number(f64),
    Truth(bool),
    Day(Date),
    Moment(Timestamp),
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Jsonl,
    /// With a byte order mark at its head where `bom`, which Excel needs to see UTF-8.
    Csv {
        bom: bool,
    },
    Parquet,
}

impl Format {
    pub fn ending(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv { .. } => "csv",
            Self::Parquet => "parquet",
        }
    }
}

/// Writes one table; its bytes are taken away while it grows.
pub struct Writer {
    table: &'static Table,
    kind: Written,
}

enum Written {
    Jsonl(Vec<u8>),
    Csv(Vec<u8>),
    Parquet(Box<parquet::Rows>),
}

/// Why a table could not be written: a fault of ours, which the caller reports.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;

impl Writer {
    pub fn new(table: &'static Table, format: Format) -> Result<Self, Failed> {
        let kind = match format {
            Format::Jsonl => Written::Jsonl(Vec::new()),
            Format::Csv { bom } => Written::Csv(csv::head(table, bom)),
            Format::Parquet => Written::Parquet(Box::new(parquet::Rows::new(table)?)),
        };
        Ok(Self { table, kind })
    }

    /// # Errors
    /// The row does not fit the table.
    pub fn row(&mut self, cells: Vec<Cell>) -> Result<(), Failed> {
        if cells.len() != self.table.columns.len() {
            return Err(format!("a row of {} has {} cells", self.table.name, cells.len()).into());
        }
        match &mut self.kind {
            Written::Jsonl(bytes) => jsonl::row(self.table, &cells, bytes)?,
            Written::Csv(bytes) => bytes.extend(csv_line(cells.iter().map(csv::text)).into_bytes()),
            Written::Parquet(rows) => rows.row(cells)?,
        }
        Ok(())
    }

    /// The bytes that are finished so far; the writer forgets them.
    pub fn take(&mut self) -> Vec<u8> {
        match &mut self.kind {
            Written::Jsonl(bytes) | Written::Csv(bytes) => std::mem::take(bytes),
            Written::Parquet(rows) => rows.take(),
        }
    }

    /// The bytes that end the table.
    ///
    /// # Errors
    /// As [`Writer::row`].
    pub fn end(mut self) -> Result<Vec<u8>, Failed> {
        match self.kind {
            Written::Parquet(rows) => rows.end(),
            _ => Ok(self.take()),
        }
    }

    /// As [`Writer::take`], but nothing where there is less than this.
    pub fn take_if(&mut self, bytes_min: usize) -> Vec<u8> {
        let length = match &self.kind {
            Written::Jsonl(bytes) | Written::Csv(bytes) => bytes.len(),
            Written::Parquet(rows) => rows.length(),
        };
        if length < bytes_min { Vec::new() } else { self.take() }
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Integer(i64::from(number))
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Cell {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl From<Date> for Cell {
    fn from(day: Date) -> Self {
        Self::Day(day)
    }
}

impl From<Timestamp> for Cell {
    /// In microseconds, which every format can hold.
    fn from(moment: Timestamp) -> Self {
        Self::Moment(Timestamp::from_microsecond(moment.as_microsecond()).unwrap_or(moment))
    }
}
