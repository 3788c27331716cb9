//! Parquet, column by column: text as STRING, days as DATE, moments as TIMESTAMP in microseconds of UTC; every column may be null.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::date;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::{Cell, Failed, Kind, Table};

/// Rows of one group: what is held in memory before it is written.
const GROUP_ROWS: usize = 10_000;
/// Text of one group, in bytes; long blocks end a group earlier.
const GROUP_BYTES: usize = 8 << 20;

pub(super) struct Rows {
    table: &'static Table,
    columns: Vec<Vec<Cell>>,
    bytes: usize,
    written: Written,
    file: SerializedFileWriter<Written>,
}

/// Where the file's bytes lie until they are taken away.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Rows {
    pub(super) fn new(table: &'static Table) -> Result<Self, Failed> {
        let fields = table.columns.iter().map(|column| field(column.name, column.kind).map(Arc::new)).collect::<Result<_, _>>()?;
        let schema = Type::group_type_builder(table.name).with_fields(fields).build()?;
        // Named so, and not by the library's version, a new release of the library does not change the head of every file.
        let properties = WriterProperties::builder()
            .set_created_by("huitoukan".to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .build();
        let written = Written::default();
        let file = SerializedFileWriter::new(written.clone(), Arc::new(schema), Arc::new(properties))?;
        Ok(Self { table, columns: vec![Vec::new(); table.columns.len()], bytes: 0, written, file })
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) -> Result<(), Failed> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            self.bytes += if let Cell::Text(text) = &cell { text.len() } else { 8 };
            column.push(cell);
        }
        let rows = self.columns.first().map_or(0, Vec::len);
        if rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES { self.group() } else { Ok(()) }
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut *self.written.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn length(&self) -> usize {
        self.written.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn end(mut self) -> Result<Vec<u8>, Failed> {
        self.group()?;
        self.file.finish()?;
        Ok(self.take())
    }

    fn group(&mut self) -> Result<(), Failed> {
        if self.columns.first().is_none_or(Vec::is_empty) {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for (column, cells) in self.table.columns.iter().zip(&mut self.columns) {
            let cells = std::mem::take(cells);
            let Some(mut writer) = group.next_column()? else { return Err("a table has more columns than its schema".into()) };
            let levels: Vec<i16> = cells.iter().map(|cell| i16::from(*cell != Cell::Nothing)).collect();
            let wrong = || format!("a cell of {}.{} is of another kind", self.table.name, column.name);
            let present = cells.into_iter().filter(|cell| *cell != Cell::Nothing);
            match writer.untyped() {
                ColumnWriter::ByteArrayColumnWriter(writer) => {
                    let texts =
                        present.map(|cell| if let Cell::Text(text) = cell { Ok(ByteArray::from(text.into_bytes())) } else { Err(wrong()) });
                    writer.write_batch(&texts.collect::<Result<Vec<_>, _>>()?, Some(&levels), None)?;
                }
                ColumnWriter::Int64ColumnWriter(writer) => {
                    let numbers = present.map(|cell| match cell {
                        Cell::Integer(number) => Ok(number),
                        Cell::Moment(moment) => Ok(moment.as_microsecond()),
                        _ => Err(wrong()),
                    });
                    writer.write_batch(&numbers.collect::<Result<Vec<_>, _>>()?, Some(&levels), None)?;
                }
                ColumnWriter::Int32ColumnWriter(writer) => {
                    let days =
                        present.map(|cell| if let Cell::Day(day) = cell { Ok((day - date(1970, 1, 1)).get_days()) } else { Err(wrong()) });
                    writer.write_batch(&days.collect::<Result<Vec<_>, _>>()?, Some(&levels), None)?;
                }
                ColumnWriter::DoubleColumnWriter(writer) => {
                    let numbers = present.map(|cell| if let Cell::Number(number) = cell { Ok(number) } else { Err(wrong()) });
                    writer.write_batch(&numbers.collect::<Result<Vec<_>, _>>()?, Some(&levels), None)?;
                }
                ColumnWriter::BoolColumnWriter(writer) => {
                    let truths = present.map(|cell| if let Cell::Truth(truth) = cell { Ok(truth) } else { Err(wrong()) });
                    writer.write_batch(&truths.collect::<Result<Vec<_>, _>>()?, Some(&levels), None)?;
                }
                _ => return Err(wrong().into()),
            }
            writer.close()?;
        }
        group.close()?;
        self.bytes = 0;
        Ok(())
    }
}

fn field(name: &str, kind: Kind) -> Result<Type, Failed> {
    let (physical, logical) = match kind {
        Kind::Text | Kind::Prose => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Integer => (Physical::INT64, None),
        Kind::Number => (Physical::DOUBLE, None),
        Kind::Truth => (Physical::BOOLEAN, None),
        Kind::Day => (Physical::INT32, Some(LogicalType::Date)),
        Kind::Moment => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
    };
    Ok(Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL).with_logical_type(logical).build()?)
}
