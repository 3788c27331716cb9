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
        Some(Errno::ROFS) => "disks that fail are often made so: see `dmesg`, and mount it for writing again",
        Some(Errno::MFILE | Errno::NFILE) => "raise the limit of the program (`ulimit -n`) or of its service (LimitNOFILE=)",
        Some(Errno::NOLCK) => "some network file systems have none: put the store on a local disk",
        Some(Errno::IO) => {
            "the disk failed: see `dmesg`, and copy the whole folder away while it can be read; nothing acknowledged is lost"
        }
        _ => "nothing acknowledged is lost: see to that, and start it again",
    }
}

/// sled hands an error of one of its threads on as a copy that holds nothing but how the first was printed for debugging.
fn as_it_was(error: io::Error) -> io::Error {
    let code = |words: &str| words.strip_prefix("Os { code: ")?.split(',').next()?.parse().ok();
    code(&error.to_string()).map_or(error, io::Error::from_raw_os_error)
}

/// For `map_err`: an error of sled, whose files are in `path`.
pub(super) fn sled_at(path: &Path) -> impl Fn(::sled::Error) -> StoreError {
    move |error| match error {
        ::sled::Error::Io(error) => from_io(&as_it_was(error), path),
        ::sled::Error::Corruption { at, .. } => damaged(match at {
            Some(at) => format!("the records in {} do not match their checksum at {at:?}", path.display()),
            None => format!("the records in {} do not match their checksum", path.display()),
        }),
        // Asks for settings or a version that we never used: its own files are not what it wrote.
        error => damaged(format!("the records in {}: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: io::Error, expected: &str) {
        let said = sled_at(Path::new("/srv/store/records"))(::sled::Error::Io(error)).to_string();
        assert!(said.contains(expected), "no {expected:?} in {said:?}");
    }

    #[test]
    fn an_error_of_the_disk_names_place_cause_and_remedy_also_as_sled_hands_it_on() {
        let handed_on = |code| io::Error::other(format!("{:?}", io::Error::from_raw_os_error(code)));
        for error in [io::Error::from_raw_os_error(5), handed_on(5)] {
            check(error, "/srv/store/records: Input/output error (os error 5); the disk failed: see `dmesg`");
        }
        check(handed_on(24), "raise the limit of the program");
        check(handed_on(122), "the disk is full at /srv/store/records");
        check(io::Error::other("lost"), "/srv/store/records: lost; nothing acknowledged is lost");
    }
}
