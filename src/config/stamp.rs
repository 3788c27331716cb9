//! A cheap look at the folder that tells whether anything in it was touched.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::files::{MAIN, SUBSCRIBERS, source_files};

/// Equal as long as no file was added, removed, replaced or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp([u8; 32]);

/// Names, sizes, times and inodes of the folder's files, and of those elsewhere that it names ([`super::Config::also`]).
///
/// Symbolic links are followed: a mounted ConfigMap changes by one link that is pointed elsewhere. A file may be seen
/// half written, so load when two looks in a row are equal to each other and not to the one loaded from.
pub fn stamp(folder: &Path, also: &[PathBuf]) -> Stamp {
    let mut hash = Sha256::new();
    let sources = source_files(folder).unwrap_or_default();
    let files = [folder.join(MAIN), folder.join(SUBSCRIBERS)];
    for path in files.iter().chain(&sources).chain(also) {
        hash.update(path.as_os_str().as_encoded_bytes());
        let about = fs::metadata(path).map(|about| (about.ino(), about.len(), about.modified().ok()));
        hash.update(format!("\n{about:?}\n"));
    }
    Stamp(hash.finalize().into())
}
