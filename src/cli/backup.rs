use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use super::{Cli, Exit, Output, desk};
use crate::flow::house::House;

/// Writes everything that is kept into one file, also while the daemon runs.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  huitoukan backup /mnt/backup/huitoukan-2026-11-22.tar\n  huitoukan backup - | zstd > huitoukan.tar.zst\n\n\
The file is a tar file that holds the pages as WARC files. The configuration is not in it: copy that folder too."
)]
pub struct BackupArgs {
    /// The file to write; - is standard output
    file: PathBuf,
}

impl BackupArgs {
    /// Where somebody typed it: the file is written here, whoever has the store.
    pub async fn run(&self, cli: &Cli, output: &mut Output) -> anyhow::Result<ExitCode> {
        if self.file == Path::new("-") {
            if std::io::stdout().is_terminal() {
                bail!("a backup is no text for a terminal: name a file, or send it on with a pipe");
            }
            return Ok(desk::answered(cli, output).await?.into());
        }
        if self.file.try_exists().with_context(|| format!("{} cannot be looked at", self.file.display()))? {
            bail!("{} is there already: a backup is never overwritten; give it another name", self.file.display());
        }
        let half = half(&self.file);
        let file = new(&half).with_context(|| format!("{} cannot be written", half.display()))?;
        let mut into = output.to(Box::new(BufWriter::new(file)));
        let exit = desk::answered(cli, &mut into).await;
        let written = into.out.flush();
        drop(into);
        match (exit, written) {
            (Ok(Exit::Well), Ok(())) => {
                put_in_place(&half, &self.file).with_context(|| format!("{} cannot be written", self.file.display()))?;
                writeln!(output.err, "备份完成:{}", self.file.display())?;
            }
            (exit, written) => {
                let _ = fs::remove_file(&half);
                written.with_context(|| format!("{} cannot be written", half.display()))?;
                return Ok(exit.with_context(|| format!("{} was not written", self.file.display()))?.into());
            }
        }
        Ok(Exit::Well.into())
    }

    /// Where the store is: the backup to standard output, what it holds to standard error.
    pub fn write(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let manifest = house.store.backup(house.clock.now(), &mut output.out.exact())?;
        output.out.flush()?;
        writeln!(output.err, "备份内容:记录 {} 条,文件 {} 个", manifest.rows, manifest.members.len())?;
        Ok(Exit::Well)
    }
}

/// The name of a file that is not yet written to its end.
fn half(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    file.with_file_name(name)
}

/// Readable for its owner only: subscribers' addresses are in it.
fn new(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Only a file that is on disk to its end has the name that was asked for.
fn put_in_place(half: &Path, file: &Path) -> std::io::Result<()> {
    File::open(half)?.sync_all()?;
    fs::rename(half, file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
