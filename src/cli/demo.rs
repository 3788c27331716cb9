use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::demo;

/// Plays three weeks of five small sites in seconds, without internet: the real daemon code on a virtual clock.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan demo")]
pub struct DemoArgs {
    /// Folder for its configuration, store and digests; one of an earlier demo is replaced
    #[arg(default_value = "demo")]
    folder: PathBuf,
}

impl DemoArgs {
    pub async fn run(&self) -> anyhow::Result<ExitCode> {
        make_room(&self.folder)?;
        let house = demo::play(&self.folder, &mut |told| {
            eprintln!("{}  {}", told.at.strftime("%m-%d %H:%M"), told.text);
        })
        .await?;
        let digests = demo::digests(&house)?;
        let folder = self.folder.display();
        let outbox = self.folder.join("outbox");
        let newest = newest_html(&outbox)?;
        eprintln!("\n{digests} digests lie in {} as .eml and .html, such as\n  {}\nLook further:", outbox.display(), newest.display());
        let config = format!("--config {folder}/config");
        for command in ["notices", "sources", "status", "history", "diff"] {
            let notice = if matches!(command, "history" | "diff") { edited(&house)? } else { String::new() };
            eprintln!("  huitoukan {config} {command}{notice}");
        }
        Ok(ExitCode::SUCCESS)
    }
}

const MARK: &str = ".huitoukan-demo";

/// Clears the folder of an earlier demo, and touches no other.
fn make_room(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        let is_ours = folder.join(MARK).exists();
        let is_empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
        if !is_ours && !is_empty {
            bail!("{} holds something else; name another folder", folder.display());
        }
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(folder.join(MARK), "").with_context(|| format!("cannot write in {}", folder.display()))
}

fn newest_html(outbox: &Path) -> anyhow::Result<PathBuf> {
    let entries = fs::read_dir(outbox).with_context(|| format!("no digest was laid into {}", outbox.display()))?;
    let pages = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|ending| ending == "html"));
    pages.max().with_context(|| format!("no digest was laid into {}", outbox.display()))
}

/// The notice that was edited, as an argument.
fn edited(house: &crate::flow::house::House) -> anyhow::Result<String> {
    let tracked = house.store.all_tracked(None)?;
    Ok(tracked.iter().find(|tracked| tracked.versions > 1).map(|tracked| format!(" {}", tracked.id)).unwrap_or_default())
}
