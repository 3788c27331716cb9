//! What went wrong below, told by what the reader of the message can do about it.

use std::io::{self, ErrorKind};
use std::path::Path;

use rustix::io::Errno;

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
        // Something else stands in a file's place.
        ErrorKind::IsADirectory | ErrorKind::NotADirectory => damaged(format!("{path}: {error}")),
        _ if Errno::from_io_error(error) == Some(Errno::LOOP) => damaged(format!("{path}: {error}")),
        _ => other(format!("{path}: {error}; {}", remedy(error))),
    }
}

/// What the operator can do about it.
fn remedy(error: &io::Error) -> &'static str {
    match Errno::from_io_error(error) {
        Some(Errno::ACCESS | Errno::PERM) => "the user that the program runs as must be allowed to read and write there",
        Some(Errno::ROFS) => "it can only be read there, often because the disk has failed: see `dmesg`, and mount it for writing again",
        Some(Errno::MFILE | Errno::NFILE) => "too many files are open: raise the limit (`ulimit -n`, or LimitNOFILE= of a service)",
        Some(Errno::NOLCK) => "locks are not to be had there, as on some network file systems: put the store on a local disk",
        Some(Errno::IO) => {
            "the disk failed: see `dmesg`, and copy the whole folder away while it can be read; nothing acknowledged is lost"
        }
        _ => "nothing acknowledged is lost: see to that, and start it again",
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
