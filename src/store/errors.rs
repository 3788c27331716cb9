//! What went wrong below, told by what the reader of the message can do about it.

use std::io::{self, ErrorKind};
use std::path::Path;

use super::StoreError;

/// What to do about a damaged record; the records are the smaller part, and the pages outlive them.
pub(super) const ADVICE: &str = "nothing was thrown away: stop the program, copy the whole folder away, and put back your last copy of it; \
    every page ever fetched is still in the folder's warc/*.warc.gz, which any WARC reader opens";

pub(super) fn damaged(what: impl Into<String>) -> StoreError {
    StoreError::Damaged { what: what.into(), advice: ADVICE.to_owned() }
}

pub(super) fn other(what: impl Into<String>) -> StoreError {
    StoreError::Other(what.into().into())
}

pub(super) fn unknown_delivery(id: &str) -> StoreError {
    other(format!("no delivery has the id {id}"))
}

/// For `map_err`: an error of the file system at `path`.
pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> StoreError {
    move |error| from_io(&error, path)
}

pub(super) fn from_io(error: &io::Error, path: &Path) -> StoreError {
    let path = path.display().to_string();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => StoreError::Full { path },
        _ => other(format!("{path}: {error}")),
    }
}

/// For `map_err`: an error of sled, whose files are in `path`.
pub(super) fn sled_at(path: &Path) -> impl Fn(::sled::Error) -> StoreError {
    move |error| match error {
        ::sled::Error::Io(error) => from_io(&error, path),
        ::sled::Error::Corruption { at, .. } => damaged(match at {
            Some(at) => format!("the records in {} do not match their checksum at {at:?}", path.display()),
            None => format!("the records in {} do not match their checksum", path.display()),
        }),
        // Asks for settings or a version that we never used: its own files are not what it wrote.
        error => damaged(format!("the records in {}: {error}", path.display())),
    }
}
