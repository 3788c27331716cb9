//! What the program holds, and what it was predicted to hold.

use std::fs;
use std::path::Path;

use huitoukan::store::Counts;

/// What the process of the program and its store hold at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    pub memory_bytes: u64,
    pub files: usize,
    pub threads: usize,
    pub disk_bytes: u64,
    pub notices: u64,
    pub versions: u64,
}

impl Held {
    pub fn by(process: u32, store: &Path, counts: &Counts) -> Self {
        let of_process = Path::new("/proc").join(process.to_string());
        let status = fs::read_to_string(of_process.join("status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
        Self {
            memory_bytes: line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024,
            files: fs::read_dir(of_process.join("fd")).unwrap().count(),
            threads: fs::read_dir(of_process.join("task")).unwrap().count(),
            disk_bytes: bytes_below(store),
            notices: counts.notices,
            versions: counts.versions,
        }
    }
}

fn bytes_below(folder: &Path) -> u64 {
    // What the program takes away meanwhile takes no room.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.map(|path| if path.is_dir() { bytes_below(&path) } else { path.metadata().map_or(0, |file| file.len()) }).sum()
}
