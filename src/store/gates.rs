//! The hosts' gates: set before every request, so kept cheaply, in a file of lines that are only ever added.
//!
//! A line reaches the kernel before the call returns and so outlives the process; it is never synced. A line that cannot
//! be read is left out: the loss of a gate costs one early request, and nothing is owed to anybody.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Result, StoreError, errors, lines};
use crate::model::Gate;

/// A file of this size is written anew with one line per host, in bytes.
const FILE_BYTES_MAX: u64 = 256 * 1024;

#[derive(Debug)]
pub(super) struct Gates {
    path: PathBuf,
    file: File,
    bytes: u64,
    gates: HashMap<String, Gate>,
}

impl Gates {
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("gates");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(errors::from_io(&error, &path)),
        };
        let (gates, unread) = lines::read(&bytes);
        let gates = gates.into_iter().map(|gate: Gate| (gate.host.clone(), gate)).collect();
        let file = append_to(&path)?;
        let mut gates = Self { path, file, bytes: bytes.len() as u64, gates };
        if unread > 0 {
            tracing::warn!("{unread} line(s) of {} could not be read: their hosts may be asked once too early", gates.path.display());
        }
        if unread > 0 || !bytes.is_empty() && !bytes.ends_with(b"\n") {
            // Half a line at the end would spoil the next one too. On a full disk that is less than not to start at all.
            match gates.write_anew() {
                Err(StoreError::Full { .. }) => {}
                done => done?,
            }
        }
        Ok(gates)
    }

    pub(super) fn get(&self, host: &str) -> Option<&Gate> {
        self.gates.get(host)
    }

    pub(super) fn set(&mut self, gate: &Gate) -> Result<()> {
        let line = lines::line(gate);
        self.gates.insert(gate.host.clone(), gate.clone());
        self.file.write_all(&line).map_err(errors::at(&self.path))?;
        self.bytes += line.len() as u64;
        if self.bytes > FILE_BYTES_MAX.max(2 * self.gates.len() as u64 * line.len() as u64) {
            self.write_anew()?;
        }
        Ok(())
    }

    fn write_anew(&mut self) -> Result<()> {
        let new = self.path.with_extension("new");
        let lines: Vec<u8> = self.gates.values().flat_map(lines::line).collect();
        fs::write(&new, &lines).and_then(|()| fs::rename(&new, &self.path)).map_err(errors::at(&new))?;
        (self.file, self.bytes) = (append_to(&self.path)?, lines.len() as u64);
        Ok(())
    }
}

fn append_to(path: &Path) -> Result<File> {
    OpenOptions::new().create(true).append(true).open(path).map_err(errors::at(path))
}

#[cfg(test)]
mod tests {
    use super::super::contract::Folder;
    use super::*;
    use crate::store::samples::at;

    #[test]
    fn gates_outlive_half_a_line_and_the_file_stays_small() {
        let folder = Folder::new();
        fs::create_dir_all(&folder.0).unwrap();
        let gate = |host: u32, pause_ms| Gate { host: format!("www{host}.gov.cn"), not_before: at(0), since: None, pause_ms };
        let mut gates = Gates::open(&folder.0).unwrap();
        (0..20_000).for_each(|pause| gates.set(&gate(pause % 7, u64::from(pause))).unwrap());
        gates.file.write_all(b"{\"host\":\"half").unwrap();
        let mut gates = Gates::open(&folder.0).unwrap();
        gates.set(&gate(8, 1)).unwrap();
        let gates = Gates::open(&folder.0).unwrap();
        assert_eq!(gates.get("www6.gov.cn"), Some(&gate(6, 19_998)));
        assert_eq!(gates.get("www8.gov.cn"), Some(&gate(8, 1)));
        assert!(fs::metadata(&gates.path).unwrap().len() <= FILE_BYTES_MAX);
    }
}
