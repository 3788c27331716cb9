//! What went wrong below, told by what the reader of the message can do about it.

use std::io::{self, ErrorKind};
use std::path::Path;

use super::StoreError;

/// What to do about a damaged record; the records are the smaller part, and the pages outlive them.
pub(super) const ADVICE: &str = "nothing was thrown away: stop the program, move the whole folder away (do not delete it), and restore your \
    last backup in its place (huitoukan restore FILE); every page ever fetched is still in that folder's warc/*.warc.gz, which any WARC \
    reader opens";

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
        // Something else stands in a file's place, or the disk itself gives up.
        ErrorKind::IsADirectory | ErrorKind::NotADirectory => damaged(format!("{path}: {error}")),
        _ if matches!(error.raw_os_error(), Some(EIO | ELOOP)) => damaged(format!("{path}: {error}")),
        ErrorKind::PermissionDenied => {
            other(format!("{path}: {error}; whoever runs this program must be able to read and write everything in the store"))
        }
        _ => other(format!("{path}: {error}")),
    }
}

/// Of Linux; they have no kind of their own.
const EIO: i32 = 5;
const ELOOP: i32 = 40;

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
