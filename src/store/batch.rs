//! The rows of one commit, gathered first and then applied wholly or not at all.
//!
//! Reads see what the batch itself has put already. Knows trees and rows, not what they mean.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use ::sled::transaction::{ConflictableTransactionError, TransactionError, Transactional as _};
use ::sled::{Db, Tree};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::row::{self, Table, key};
use super::{Result, errors};

/// Most bytes of a row: sled writes a leaf of up to 17 rows at once, and what passes 128 KiB into a file that it never syncs.
const PIECE_BYTES: usize = 4096;

/// A flush that takes longer is looked after.
const FLUSH_USUAL: Duration = Duration::from_secs(1);

/// All trees of an open database.
#[derive(Debug)]
pub(super) struct Trees {
    /// `None` only while it is let go of.
    db: Option<Db>,
    pub(super) path: PathBuf,
    trees: Vec<Tree>,
}

/// How much is kept, carried along by every commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) format: u32,
    pub(super) commits: u64,
    pub(super) changes: u64,
    pub(super) notices: u64,
    pub(super) versions: u64,
    pub(super) snapshots: u64,
    pub(super) pending: u64,
    pub(super) held: u64,
    pub(super) sent: u64,
    #[serde(default)]
    pub(super) dropped: u64,
}

/// Reading rows, out of the trees or as a batch will leave them.
pub(super) trait Rows {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>>;

    fn json<T: DeserializeOwned>(&self, table: Table, key: &[u8]) -> Result<Option<T>> {
        self.get(table, key)?.map(|row| row::from_json(table, key, &row)).transpose()
    }

    fn has_pieces(&self, table: Table, key: &[u8]) -> Result<bool> {
        Ok(self.get(table, &piece_key(key, 0))?.is_some())
    }

    /// A sealed row that was put in pieces, put together again.
    fn pieces(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let Some(first) = self.get(table, &piece_key(key, 0))? else { return Ok(None) };
        let Some((length, first)) = first.split_first_chunk::<4>() else { return Err(row::spoilt(table, key, "it is cut short")) };
        let length = u32::from_be_bytes(*length) as usize;
        let mut sealed = first.to_vec();
        for number in 1..length.div_ceil(PIECE_BYTES).max(1) {
            let piece = self.get(table, &piece_key(key, number as u16))?;
            sealed.extend(piece.ok_or_else(|| row::spoilt(table, key, "a piece of it is missing"))?);
        }
        match sealed.len() == length {
            true => Ok(Some(sealed)),
            false => Err(row::spoilt(table, key, "a piece of it is cut short")),
        }
    }
}

impl Trees {
    pub(super) fn of(db: Db, path: PathBuf) -> Result<Self> {
        let trees = Table::ALL.iter().map(|table| db.open_tree(table.name())).collect::<Result<_, _>>();
        let mut held = Self { db: Some(db), path, trees: Vec::new() };
        held.trees = trees.map_err(errors::sled_at(&held.path))?;
        Ok(held)
    }

    /// Has sled hand all of it to the system, which is not yet the disk.
    pub(super) fn flush(&self) -> Result<()> {
        let Some(db) = &self.db else { return Ok(()) };
        let (ended, ending) = mpsc::channel();
        let flushed = thread::scope(|scope| {
            // Without this thread it only hangs where the disk fails.
            let _ = thread::Builder::new().name("flushing".to_owned()).spawn_scoped(scope, move || wake_until(&ending, db));
            let flushed = db.flush();
            drop(ended);
            flushed
        });
        flushed.map(drop).map_err(errors::sled_at(&self.path))
    }

    pub(super) fn tree(&self, table: Table) -> &Tree {
        &self.trees[table as usize]
    }

    pub(super) fn state(&self) -> Result<Option<State>> {
        self.json(Table::State, key::STATE)
    }

    /// Keys and values that begin with `prefix`, in order.
    pub(super) fn scan(&self, table: Table, prefix: &[u8]) -> impl DoubleEndedIterator<Item = Result<(Vec<u8>, Vec<u8>)>> + '_ {
        let failed = errors::sled_at(&self.path);
        self.tree(table).scan_prefix(prefix).map(move |row| row.map(|(key, row)| (key.to_vec(), row.to_vec())).map_err(&failed))
    }

    /// What follows `prefix` in the keys that begin with it.
    pub(super) fn endings(&self, table: Table, prefix: &[u8]) -> impl DoubleEndedIterator<Item = Result<Vec<u8>>> + '_ {
        let length = prefix.len();
        self.scan(table, prefix).map(move |row| row.map(|(key, _)| key[length..].to_vec()))
    }
}

/// Where a thread of sled cannot write, it notes that and wakes nobody, and whoever waits for that write waits for ever
/// (sled 0.34, `exit_reservation`). Another flush meets the note, and wakes them.
fn wake_until(ending: &Receiver<()>, db: &Db) {
    let mut pause = FLUSH_USUAL;
    while let Err(RecvTimeoutError::Timeout) = ending.recv_timeout(pause) {
        let db = db.clone();
        let _ = thread::Builder::new().name("waking".to_owned()).spawn(move || db.flush().map(drop));
        pause = (2 * pause).min(FLUSH_USUAL * 60);
    }
}

impl Drop for Trees {
    fn drop(&mut self) {
        // What was acknowledged has been flushed; sled does it once more as it is let go of, and would wait for ever.
        let _ = self.flush();
        let held = (std::mem::take(&mut self.trees), self.db.take());
        // It also syncs once more, and panics where it cannot. What was acknowledged has been synced by us.
        if catch_unwind(AssertUnwindSafe(|| drop(held))).is_err() {
            tracing::warn!("the disk at {} failed while the store was closed; nothing acknowledged is lost", self.path.display());
        }
    }
}

impl Rows for Trees {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let row = self.tree(table).get(key).map_err(errors::sled_at(&self.path))?;
        Ok(row.map(|row| row.to_vec()))
    }
}

/// What a commit will put (`Some`) and remove (`None`).
#[derive(Debug)]
pub(super) struct Batch<'a> {
    trees: &'a Trees,
    rows: BTreeMap<Table, BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
    pub(super) state: State,
}

impl Rows for Batch<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.rows.get(&table).and_then(|rows| rows.get(key)) {
            Some(row) => Ok(row.clone()),
            None => self.trees.get(table, key),
        }
    }
}

impl<'a> Batch<'a> {
    pub(super) fn on(trees: &'a Trees) -> Result<Self> {
        let state = trees.state()?.ok_or_else(|| row::spoilt(Table::State, key::STATE, "it is missing"))?;
        Ok(Self { trees, rows: BTreeMap::new(), state })
    }

    /// As they are before the batch.
    pub(super) fn trees(&self) -> &'a Trees {
        self.trees
    }

    pub(super) fn put(&mut self, table: Table, key: Vec<u8>, row: Vec<u8>) {
        self.rows.entry(table).or_default().insert(key, Some(row));
    }

    pub(super) fn put_json<T: Serialize>(&mut self, table: Table, key: Vec<u8>, value: &T) -> Result<()> {
        let row = row::to_json(table, &key, value)?;
        self.put(table, key, row);
        Ok(())
    }

    pub(super) fn remove(&mut self, table: Table, key: Vec<u8>) {
        self.rows.entry(table).or_default().insert(key, None);
    }

    /// Puts a sealed row in as many pieces as it needs, and removes those that a longer one left.
    pub(super) fn put_pieces(&mut self, table: Table, key: &[u8], sealed: &[u8]) -> Result<()> {
        let length = u32::try_from(sealed.len()).map_err(|_| errors::other("a record of more than 4 GiB cannot be kept"))?;
        let pieces = sealed.len().div_ceil(PIECE_BYTES).max(1);
        if pieces > usize::from(u16::MAX) {
            return Err(errors::other(format!("a record of {length} bytes cannot be kept")));
        }
        self.remove_from(table, key, pieces)?;
        for (number, piece) in sealed.chunks(PIECE_BYTES).enumerate() {
            let head = if number == 0 { &length.to_be_bytes()[..] } else { &[] };
            self.put(table, piece_key(key, number as u16), [head, piece].concat());
        }
        Ok(())
    }

    pub(super) fn remove_pieces(&mut self, table: Table, key: &[u8]) -> Result<()> {
        self.remove_from(table, key, 0)
    }

    fn remove_from(&mut self, table: Table, key: &[u8], first: usize) -> Result<()> {
        for number in first..=usize::from(u16::MAX) {
            let old = piece_key(key, number as u16);
            if self.get(table, &old)?.is_none() {
                break;
            }
            self.remove(table, old);
        }
        Ok(())
    }

    /// One transaction over the trees that are touched.
    pub(super) fn apply(mut self) -> Result<State> {
        self.state.commits += 1;
        let state = self.state.clone();
        self.put_json(Table::State, key::STATE.to_vec(), &state)?;
        let touched: Vec<Tree> = self.rows.keys().map(|table| self.trees.tree(*table).clone()).collect();
        let rows: Vec<_> = self.rows.values().collect();
        let done = touched.as_slice().transaction(|trees| {
            for (tree, rows) in trees.iter().zip(&rows) {
                for (key, row) in rows.iter() {
                    match row {
                        Some(row) => tree.insert(key.as_slice(), row.as_slice())?,
                        None => tree.remove(key.as_slice())?,
                    };
                }
            }
            Ok::<_, ConflictableTransactionError<()>>(())
        });
        match done {
            Ok(()) => Ok(state),
            Err(TransactionError::Storage(error)) => Err(errors::sled_at(&self.trees.path)(error)),
            Err(TransactionError::Abort(())) => Err(errors::other("a commit was taken back although nothing asked for it")),
        }
    }
}

fn piece_key(key: &[u8], number: u16) -> Vec<u8> {
    [key, &number.to_be_bytes()].concat()
}
