//! What each host was asked on each day: one file of lines per month, that are only ever added to and now and then summed up.
//!
//! As with gates, a line reaches the kernel before the call returns and is never synced, and one that cannot be read is left
//! out. Nothing of it lies in memory. It is the proof of how little was asked: a month goes only when that is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::{Result, errors, lines};
use crate::model::Traffic;

/// A month's file that has grown by this much since it was last summed up is summed up again, in bytes.
const GROWTH_BYTES_MAX: u64 = 256 * 1024;

#[derive(Debug)]
pub(super) struct Months {
    folder: PathBuf,
    open: Option<Month>,
}

#[derive(Debug)]
struct Month {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// Its size at which it is summed up.
    bytes_max: u64,
}

impl Months {
    pub(super) fn below(store: &Path) -> Self {
        Self { folder: store.join("impact"), open: None }
    }

    pub(super) fn add(&mut self, traffic: &Traffic) -> Result<()> {
        let path = self.folder.join(traffic.day.strftime("%Y-%m").to_string());
        let month = match self.open.take().filter(|month| month.path == path) {
            Some(month) => month,
            None => Month::open(&self.folder, path)?,
        };
        self.open.insert(month).add(traffic)
    }

    pub(super) fn since(&self, day: Date) -> Result<Vec<Traffic>> {
        let first = month_of(day);
        let mut all = Vec::new();
        for name in months(&self.folder)?.range(first..) {
            all.extend(summed(&self.folder.join(name))?.0.into_iter().filter(|traffic| traffic.day >= day));
        }
        Ok(all)
    }

    /// Months of which lines cannot be read, and how many.
    pub(super) fn unread(&self) -> Result<Vec<(PathBuf, usize)>> {
        let mut unread = Vec::new();
        for name in months(&self.folder)? {
            let path = self.folder.join(name);
            let (_, lines) = summed(&path)?;
            unread.extend((lines > 0).then_some((path, lines)));
        }
        Ok(unread)
    }

    /// Writes such months anew without those lines; how many lines that were.
    pub(super) fn repair(&mut self) -> Result<u64> {
        self.open = None;
        let mut left_out = 0;
        for (path, lines) in self.unread()? {
            Month::sum_up(path)?;
            left_out += lines as u64;
        }
        Ok(left_out)
    }

    /// The months that ended before this day, by name.
    pub(super) fn over_before(&self, day: Date) -> Result<Vec<String>> {
        Ok(months(&self.folder)?.range(..month_of(day)).cloned().collect())
    }

    pub(super) fn remove(&mut self, month: &str) -> Result<()> {
        let path = self.folder.join(month);
        self.open.take_if(|open| open.path == path);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(errors::from_io(&error, &path)),
            _ => super::folder::sync(&self.folder),
        }
    }
}

fn month_of(day: Date) -> String {
    day.strftime("%Y-%m").to_string()
}

/// Whether a file in `impact` bears the name of a month.
pub(super) fn is_month(name: &str) -> bool {
    name.len() == 7 && format!("{name}-01").parse::<Date>().is_ok()
}

/// Names of the months that a folder holds; none where there is no such folder.
pub(super) fn months(folder: &Path) -> Result<BTreeSet<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(errors::from_io(&error, folder)),
    };
    Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| is_month(name)).collect())
}

impl Month {
    fn open(folder: &Path, path: PathBuf) -> Result<Self> {
        fs::create_dir_all(folder).map_err(errors::at(folder))?;
        Self::sum_up(path)
    }

    /// Writes the file anew with one line per day and host; half a line that a power cut left goes with that.
    fn sum_up(path: PathBuf) -> Result<Self> {
        let lines: Vec<u8> = summed(&path)?.0.iter().flat_map(lines::line).collect();
        let new = path.with_extension("new");
        fs::write(&new, &lines).and_then(|()| fs::rename(&new, &path)).map_err(errors::at(&new))?;
        let file = OpenOptions::new().append(true).open(&path).map_err(errors::at(&path))?;
        let bytes = lines.len() as u64;
        Ok(Self { path, file, bytes, bytes_max: 2 * bytes + GROWTH_BYTES_MAX })
    }

    fn add(&mut self, traffic: &Traffic) -> Result<()> {
        let line = lines::line(traffic);
        self.file.write_all(&line).map_err(errors::at(&self.path))?;
        self.bytes += line.len() as u64;
        if self.bytes > self.bytes_max {
            *self = Self::sum_up(self.path.clone())?;
        }
        Ok(())
    }
}

/// One entry per day and host, in this order, and how many lines could not be read; nothing where there is no such file.
fn summed(path: &Path) -> Result<(Vec<Traffic>, usize)> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        Err(error) => return Err(errors::from_io(&error, path)),
    };
    let mut days: BTreeMap<(Date, String), Traffic> = BTreeMap::new();
    let (lines, unread) = lines::read::<Traffic>(&bytes);
    for traffic in lines {
        days.entry((traffic.day, traffic.host.clone())).and_modify(|known| known.add(&traffic)).or_insert(traffic);
    }
    Ok((days.into_values().collect(), unread))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::contract::Folder;
    use super::*;

    fn one(day: Date, host: u32) -> Traffic {
        Traffic { day, host: format!("www{host}.gov.cn"), requests: 1, unanswered: 0, bytes: 100 }
    }

    #[test]
    fn a_month_stays_small_and_outlives_half_a_line() {
        let folder = Folder::new();
        let mut months = Months::below(&folder.0);
        (0..20_000).for_each(|number| months.add(&one(date(2026, 11, 1 + (number % 3) as i8), number % 7)).unwrap());
        months.add(&one(date(2026, 12, 1), 0)).unwrap();
        let path = folder.0.join("impact/2026-11");
        assert!(fs::metadata(&path).unwrap().len() < 2 * GROWTH_BYTES_MAX);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"day\":\"2026-11-").unwrap();
        let mut months = Months::below(&folder.0);
        months.add(&one(date(2026, 11, 3), 6)).unwrap();
        let all = months.since(date(2026, 11, 2)).unwrap();
        assert_eq!(all.len(), 2 * 7 + 1, "{all:?}");
        assert!(all.is_sorted_by_key(|traffic| (traffic.day, traffic.host.clone())), "{all:?}");
        let november: u64 = months.since(Date::MIN).unwrap().iter().map(|traffic| traffic.requests).sum();
        assert_eq!(november, 20_002);
    }
}
