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
    pub versions: u64,
    /// Requests for pages of notices so far, by the sites' own logs.
    pub looks: u64,
    /// How often the program has been started.
    pub life: u32,
}

impl Held {
    pub fn by(process: u32, store: &Path, counts: &Counts, looks: u64, life: u32) -> Self {
        let of_process = Path::new("/proc").join(process.to_string());
        let status = fs::read_to_string(of_process.join("status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
        Self {
            memory_bytes: line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024,
            files: fs::read_dir(of_process.join("fd")).unwrap().count(),
            threads: fs::read_dir(of_process.join("task")).unwrap().count(),
            disk_bytes: bytes_below(store),
            versions: counts.versions,
            looks,
            life,
        }
    }
}

fn bytes_below(folder: &Path) -> u64 {
    // What the program takes away meanwhile takes no room.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.map(|path| if path.is_dir() { bytes_below(&path) } else { path.metadata().map_or(0, |file| file.len()) }).sum()
}

/// What the program takes in memory for a version that it has read and kept, in bytes, until `MEMORY_MAX` of it is taken: sled's
/// cache fills. None of our own tables grows with versions.
const MEMORY_OF_VERSION: u64 = 26 * 1024;
const MEMORY_MAX: u64 = 24 << 20;
/// What one more thread that reads pages takes: caches of its own for regular expressions.
const MEMORY_OF_THREAD: u64 = 4 << 20;
/// What a version takes on disk, page and record, in bytes.
const DISK_OF_VERSION: u64 = 15_500;
/// What a look at a notice leaves on disk, be it that nothing has changed, in bytes: sled writes its row anew, and gives back
/// what was there before only in part.
const DISK_OF_LOOK: u64 = 2_090;
/// Of the whole.
const TOLERANCE_PERCENT: u64 = 10;

impl Held {
    /// What is held when so much more has been kept and looked at in the same life.
    fn predicted(&self, later: &Self) -> (u64, u64) {
        let (versions, looks) = (later.versions - self.versions, later.looks - self.looks);
        let threads = later.threads.saturating_sub(self.threads) as u64;
        let memory = self.memory_bytes + (versions * MEMORY_OF_VERSION).min(MEMORY_MAX) + threads * MEMORY_OF_THREAD;
        (memory, self.disk_bytes + versions * DISK_OF_VERSION + looks * DISK_OF_LOOK)
    }
}

/// What was held at the end of each day is what was predicted at the end of the second day of that life: on the first one the
/// program is still reaching its size.
pub fn check_holdings(samples: &[Held], sources: usize) {
    let mut surprises = Vec::new();
    for (day, held) in samples.iter().enumerate() {
        let Some(second) = samples.iter().filter(|one| one.life == held.life).nth(1).filter(|second| second.looks <= held.looks) else {
            continue;
        };
        let (memory, disk) = second.predicted(held);
        eprintln!("day {}: predicted {memory} bytes of memory and {disk} of disk; {held:?}", day + 1);
        for (what, held, predicted) in [("memory", held.memory_bytes, memory), ("disk", held.disk_bytes, disk)] {
            if held.abs_diff(predicted) * 100 > predicted * TOLERANCE_PERCENT {
                surprises.push(format!("{what}: {held} bytes, where {predicted} were predicted"));
            }
        }
        let (files, threads) = (files_max(sources), threads_max());
        if held.files > files || held.threads > threads {
            surprises.push(format!("{} files of at most {files}, {} threads of at most {threads}", held.files, held.threads));
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

/// One idle connection to each host, and those of the store, the runtime and the mail server.
fn files_max(sources: usize) -> usize {
    sources + 24
}

/// One for each processor, eight for readers and name look-ups, and those of the store and of the test around it.
fn threads_max() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from) + 8 + 10
}
