use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{Exit, Output, desk};
use crate::store;

/// Makes the store of a backup, where none is yet, and checks all of it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  huitoukan restore /mnt/backup/huitoukan-2026-11-22.tar\n  zstd -d < huitoukan.tar.zst | huitoukan restore -\n\n\
The store is made where the configuration says (store = ...); a store that is there is never overwritten: move it away first."
)]
pub struct RestoreArgs {
    /// The file that `huitoukan backup` wrote; - is standard input
    file: PathBuf,
}

impl RestoreArgs {
    pub fn run(&self, folder: &desk::Folder, output: &mut Output) -> anyhow::Result<Exit> {
        let settings = store::Settings::at(folder.load()?.store);
        let mut content: Box<dyn Read> = if self.file == Path::new("-") {
            Box::new(std::io::stdin().lock())
        } else {
            Box::new(BufReader::new(File::open(&self.file).with_context(|| format!("{} cannot be read", self.file.display()))?))
        };
        let (manifest, verdict) = store::restore(&settings, &mut content)?;
        writeln!(output.err, "已恢复到 {}:{} 于 {} 所备份", settings.path.display(), manifest.made_by, manifest.made_at)?;
        let store::Verdict { notices, versions, snapshots, changes, deliveries, .. } = verdict;
        writeln!(output.err, "查过 通报 {notices},版本 {versions},快照 {snapshots},变动 {changes},投递 {deliveries};完好")?;
        Ok(Exit::Well)
    }
}
