use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::{demo, sandbox};

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
        let house = demo::play(&self.folder, &sandbox::own_program(), &mut |act| eprintln!("{}", line(act))).await?;
        let counts = house.store.counts()?;
        let digests = demo::digests(&house)?;
        eprintln!("留存 通报 {} 份,版本 {} 个,网页快照 {} 份;发出摘要 {digests} 封", counts.notices, counts.versions, counts.snapshots);
        for trouble in unread(&house)? {
            eprintln!("{trouble}");
        }
        let outbox = self.folder.join("outbox");
        eprintln!(
            "\nThe digests lie in {} as .eml and .html. The one about the edit:\n  {}\nLook further:",
            outbox.display(),
            of_the_edit(&outbox)?.display()
        );
        let program = std::env::args().next().unwrap_or_else(|| "huitoukan".to_owned());
        for command in ["notices", "sources", "status", "history", "diff"] {
            let notice = if matches!(command, "history" | "diff") { edited(&house)? } else { String::new() };
            eprintln!("  {program} --config {}/config {command}{notice}", self.folder.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Files that this machine could not read, with what to install.
fn unread(house: &crate::flow::house::House) -> anyhow::Result<Vec<String>> {
    let tracked = house.store.all_tracked(None)?;
    Ok(tracked.iter().flat_map(|tracked| &tracked.parts).filter_map(crate::model::Watched::problem).collect())
}

/// What the sites did, and what was found out: 11-07 鲤城悄悄改稿 → 11-07 07:30 修改 1.
fn line(act: &demo::Act) -> String {
    let found: Vec<String> =
        act.found.iter().map(|(kind, count, at)| format!("{} {} {count}", at.strftime("%m-%d %H:%M"), kind.chinese())).collect();
    let found = if found.is_empty() { "无变动".to_owned() } else { found.join(",") };
    format!("{} {} → {found}", act.at.strftime("%m-%d"), act.text)
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

/// The page of the digest that tells of the edit.
fn of_the_edit(outbox: &Path) -> anyhow::Result<PathBuf> {
    let entries = fs::read_dir(outbox).with_context(|| format!("no digest was laid into {}", outbox.display()))?;
    let mut pages: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "html"))
        .collect();
    pages.sort();
    let tells_edit = |path: &&PathBuf| fs::read_to_string(path).is_ok_and(|page| page.contains("<ins"));
    pages.iter().find(tells_edit).or(pages.last()).cloned().with_context(|| format!("no digest was laid into {}", outbox.display()))
}

/// The notice that was edited, as an argument.
fn edited(house: &crate::flow::house::House) -> anyhow::Result<String> {
    let tracked = house.store.all_tracked(None)?;
    Ok(tracked.iter().find(|tracked| tracked.versions > 1).map(|tracked| format!(" {}", tracked.id)).unwrap_or_default())
}
