//! One process per store: a lock that the kernel lets go when its holder dies, however it dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use rustix::io::Errno;

use super::{Result, StoreError, errors};

/// Held as long as it lives. The file stays behind; its words are for people, only the kernel's lock counts.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

pub(super) fn take(folder: &Path) -> Result<Lock> {
    let path = folder.join("lock");
    // Nothing else may be touched before it is held, not even to put it aside.
    let is_strange = match path.metadata() {
        Ok(there) => !there.is_file(),
        // A link that leads nowhere, or in a circle; the disk's own errors are told as such.
        Err(error) => {
            super::folder::is_there(&path)? && Errno::from_io_error(&error).is_some_and(|error| matches!(error, Errno::NOENT | Errno::LOOP))
        }
    };
    if is_strange {
        return Err(errors::other(format!(
            "{} is no file that can be read; see that no huitoukan runs here, and remove it: it is made again, and nothing is lost",
            path.display()
        )));
    }
    let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path).map_err(errors::at(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StoreError::Locked { path: folder.display().to_string(), by: holder(&mut file) }),
        Err(TryLockError::Error(error)) => return Err(errors::from_io(&error, &path)),
    }
    let words = format!("pid {} on {}\n", std::process::id(), host());
    // On a full disk the words are dispensable: the lock holds without them.
    let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(words.as_bytes()));
    Ok(Lock { _file: file })
}

fn holder(file: &mut File) -> Option<String> {
    let mut words = String::new();
    file.take(256).read_to_string(&mut words).ok()?;
    let words = words.trim();
    (!words.is_empty()).then(|| words.to_owned())
}

fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::fs::read_to_string("/etc/hostname"));
    name.ok().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "this machine".to_owned())
}
