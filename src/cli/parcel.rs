//! Files that come as one stream of bytes: `name, tab, length, line end, that many bytes`, piece by piece; and the folder they go into.
//!
//! Nothing in the folder changes before all of them have come; a folder that holds anything else is never written into.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, bail};

use crate::flow::ask::export::PACKAGE;

/// Where files grow until all have come.
const UNFINISHED: &str = ".export-unfinished";
const DESCRIPTOR: &str = "datapackage.json";

pub fn send(out: &mut dyn Write, name: &str, bytes: &[u8]) -> io::Result<()> {
    writeln!(out, "{name}\t{}", bytes.len())?;
    out.write_all(bytes)
}

/// Takes the stream.
#[derive(Clone)]
pub struct Parcel(Arc<Mutex<Received>>);

struct Received {
    folder: PathBuf,
    files: BTreeMap<String, File>,
    /// The head of the next piece, as far as it has come.
    head: Vec<u8>,
    /// The file and how many bytes of the present piece are still to come.
    piece: Option<(String, usize)>,
}

impl Parcel {
    /// # Errors
    /// The folder holds something else than an export.
    pub fn for_folder(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let mut others = false;
        for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
            others |= entry?.file_name() != UNFINISHED;
        }
        if others && earlier(folder).is_none() {
            bail!("{} is not empty, and what it holds is no export: name a new folder, or an earlier export to replace", folder.display());
        }
        let unfinished = folder.join(UNFINISHED);
        let _ = fs::remove_dir_all(&unfinished);
        fs::create_dir(&unfinished).with_context(|| format!("{} cannot be made", unfinished.display()))?;
        let received = Received { folder: folder.to_owned(), files: BTreeMap::new(), head: Vec::new(), piece: None };
        Ok(Self(Arc::new(Mutex::new(received))))
    }

    fn received(&self) -> MutexGuard<'_, Received> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the files in their place, in that of an earlier export, the descriptor last.
    ///
    /// # Errors
    /// Not all has come, or the disk's.
    pub fn unpack(&self) -> anyhow::Result<()> {
        let mut received = self.received();
        let Received { folder, files, head, piece } = &mut *received;
        if piece.is_some() || !head.is_empty() || !files.contains_key(DESCRIPTOR) {
            bail!("the export broke off; what was in {} is as it was", folder.display());
        }
        for (name, file) in files.iter() {
            file.sync_all().with_context(|| format!("{name} cannot be written"))?;
        }
        let old = earlier(folder).unwrap_or_default();
        let names = files.keys().filter(|name| *name != DESCRIPTOR).map(String::as_str).chain([DESCRIPTOR]);
        for name in names {
            fs::rename(folder.join(UNFINISHED).join(name), folder.join(name))
                .with_context(|| format!("{name} cannot be put in its place"))?;
        }
        for name in old.iter().filter(|name| !files.contains_key(*name)) {
            let _ = fs::remove_file(folder.join(name));
        }
        fs::remove_dir(folder.join(UNFINISHED))?;
        Ok(())
    }

    pub fn throw_away(&self) {
        let folder = self.received().folder.clone();
        let _ = fs::remove_dir_all(folder.join(UNFINISHED));
        // Only where we made it, or it was empty before.
        let _ = fs::remove_dir(folder);
    }
}

/// The tables' files of the export that a folder holds; `None` where it holds none.
fn earlier(folder: &Path) -> Option<Vec<String>> {
    let descriptor: serde_json::Value = serde_json::from_slice(&fs::read(folder.join(DESCRIPTOR)).ok()?).ok()?;
    if descriptor["name"] != PACKAGE {
        return None;
    }
    let paths = descriptor["resources"].as_array()?.iter().filter_map(|resource| resource["path"].as_str());
    Some(paths.filter(|path| is_plain(path)).map(str::to_owned).collect())
}

/// A file's name and nothing that leads elsewhere.
fn is_plain(name: &str) -> bool {
    !name.starts_with('.') && !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

impl Write for Parcel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut received = self.received();
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = received.take(rest)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Received {
    /// Takes some of the bytes and returns the others.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> io::Result<&'a [u8]> {
        if let Some((name, missing)) = &mut self.piece {
            let (now, rest) = bytes.split_at(bytes.len().min(*missing));
            if let Some(file) = self.files.get_mut(name) {
                file.write_all(now)?;
            }
            *missing -= now.len();
            if *missing == 0 {
                self.piece = None;
            }
            return Ok(rest);
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (now, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
        self.head.extend_from_slice(now);
        if end.is_some() {
            let head = std::mem::take(&mut self.head);
            self.begin(&String::from_utf8_lossy(&head))?;
        }
        Ok(rest)
    }

    fn begin(&mut self, head: &str) -> io::Result<()> {
        let strange = || io::Error::new(io::ErrorKind::InvalidData, "the daemon speaks another language; is it of the same version?");
        let (name, length) = head.trim_end().split_once('\t').ok_or_else(strange)?;
        let length = length.parse().map_err(|_| strange())?;
        if !is_plain(name) {
            return Err(strange());
        }
        if !self.files.contains_key(name) {
            let file = File::create(self.folder.join(UNFINISHED).join(name))?;
            self.files.insert(name.to_owned(), file);
        }
        self.piece = (length > 0).then(|| (name.to_owned(), length));
        Ok(())
    }
}
