//! Whether there is room for what is to be kept, asked before anything is written: a write that fails in the middle leaves
//! sled unable to go on until it is opened again, one that is refused beforehand costs nothing and may be tried again.
//!
//! The `ballast` is a file that gives its room to what must not wait: opening the store, and marking as sent what
//! was sent. It is left behind empty then, and until there is room for it again nothing new is kept: its room is not for that.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Result, StoreError, errors};

/// Where the free bytes are asked for.
#[derive(Debug, Clone, Default)]
pub enum Free {
    /// The file system that the store lies on.
    #[default]
    Disk,
    /// This number: for rehearsals of a full disk.
    Given(Arc<AtomicU64>),
}

/// Room that is left and room that is needed, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    pub path: String,
    pub free: u64,
    pub needed: u64,
}

impl Room {
    /// Too little to keep anything new.
    pub fn is_full(&self) -> bool {
        self.free < self.needed
    }
}

/// What stays free whatever is kept: sled appends by 512 KiB, and a visit brings up to a few pages at once.
const RESERVE_BYTES: u64 = 8 << 20;
/// For a mark of some bytes: sled's next half megabyte.
const MARK_BYTES: u64 = 1 << 20;
/// What is kept of a page, at most, by its own size: the page, its blocks, its text.
const BYTES_PER_BYTE: u64 = 3;

#[derive(Debug)]
pub(super) struct Space {
    store: PathBuf,
    free: Free,
    ballast_bytes: u64,
}

impl Space {
    /// Takes the ballast off a full disk, so that the store can be opened, and puts it on one that has room.
    pub(super) fn at(store: &Path, free: Free, ballast_bytes: u64) -> Self {
        let space = Self { store: store.to_owned(), free, ballast_bytes };
        if space.is_below(RESERVE_BYTES) {
            space.throw_ballast();
        } else {
            space.take_ballast();
        }
        space
    }

    /// # Errors
    /// [`StoreError::Full`] where there is no room for a commit that brings so many bytes.
    pub(super) fn for_pages(&self, bytes: u64) -> Result<()> {
        self.for_bytes(self.needed().saturating_add(bytes.saturating_mul(BYTES_PER_BYTE)))
    }

    /// # Errors
    /// [`StoreError::Full`] where not even a mark can be made.
    pub(super) fn for_mark(&self) -> Result<()> {
        if self.is_below(MARK_BYTES) {
            self.throw_ballast();
        }
        self.for_bytes(MARK_BYTES)
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_below(self.needed())
    }

    /// What must be free before anything new is kept.
    fn needed(&self) -> u64 {
        let is_thrown = fs::metadata(self.ballast()).is_ok_and(|file| file.len() != self.ballast_bytes);
        if is_thrown { self.ballast_bytes.saturating_add(2 * RESERVE_BYTES) } else { RESERVE_BYTES }
    }

    pub(super) fn room(&self) -> Room {
        let (free, needed) = (self.free().unwrap_or(u64::MAX), self.needed());
        if free >= needed {
            self.take_ballast();
        }
        Room { path: self.store.display().to_string(), free, needed }
    }

    fn for_bytes(&self, needed: u64) -> Result<()> {
        match self.is_below(needed) {
            true => Err(StoreError::Full { path: self.store.display().to_string() }),
            false => Ok(()),
        }
    }

    /// What cannot be asked is not held against the disk: the write itself will tell.
    fn is_below(&self, needed: u64) -> bool {
        self.free().is_some_and(|free| free < needed)
    }

    fn free(&self) -> Option<u64> {
        match &self.free {
            Free::Given(bytes) => Some(bytes.load(Ordering::SeqCst)),
            Free::Disk => rustix::fs::statvfs(&self.store).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
        }
    }

    fn ballast(&self) -> PathBuf {
        self.store.join("ballast")
    }

    fn throw_ballast(&self) {
        let is_heavy = fs::metadata(self.ballast()).is_ok_and(|file| file.len() > 0);
        let thrown = || OpenOptions::new().write(true).open(self.ballast()).and_then(|file| file.set_len(0));
        if is_heavy && thrown().is_ok() {
            tracing::warn!(
                "the disk at {} is full; the ballast of {} MiB was taken off it",
                self.store.display(),
                self.ballast_bytes >> 20
            );
        }
    }

    /// Only where much more is free than the ballast takes.
    fn take_ballast(&self) {
        let path = self.ballast();
        let is_there = fs::metadata(&path).is_ok_and(|file| file.len() == self.ballast_bytes);
        if is_there || self.ballast_bytes == 0 || self.is_below(self.ballast_bytes.saturating_add(2 * RESERVE_BYTES)) {
            return;
        }
        if let Err(error) = reserve(&path, self.ballast_bytes) {
            let _ = fs::remove_file(&path);
            tracing::warn!("no ballast for a full disk: {}", errors::from_io(&error, &path));
        }
    }
}

/// Takes the room for real: a sparse file has none.
fn reserve(path: &Path, bytes: u64) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    if rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes).is_ok() {
        return Ok(());
    }
    // Not every file system can reserve.
    let zeros = vec![0; 1 << 20];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(zeros.len() as u64);
        file.write_all(&zeros[..now as usize])?;
        left -= now;
    }
    Ok(())
}
