use std::io::Write;

use anyhow::Context;
use regex::Regex;

use super::table::printable;
use super::{Exit, Output, desk};
use crate::flow::house::House;
use crate::model::Tracked;

/// Removes a notice for good: every version, its pages, its words in messages sent; it is not collected again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan forget 7K3Q --yes\n  huitoukan forget --match 张某某\n\n\
Without --yes it only lists what would be removed. What stays are hashes, by which the notice is not collected again, and that \
something was told of it when. Copies of the store (backups, exports, mails received) are not reached: remove them yourself.")]
pub struct ForgetArgs {
    /// The beginning of a notice's name, or its address
    #[arg(required_unless_present = "pattern")]
    notice: Option<String>,
    /// Every notice whose title or text, in any version, matches this regular expression
    #[arg(long = "match", value_name = "PATTERN", conflicts_with = "notice")]
    pattern: Option<String>,
    /// Remove it; there is no way back
    #[arg(long)]
    yes: bool,
}

impl ForgetArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let meant = self.meant(house)?;
        for tracked in &meant {
            writeln!(output.out, "{}  {}  {}", tracked.id, printable(&tracked.title), tracked.url)?;
        }
        if meant.is_empty() {
            writeln!(output.err, "没有符合的通报,什么也没有删除")?;
            return Ok(Exit::Well);
        }
        if !self.yes {
            writeln!(output.err, "以上 {} 件将被永久删除,不可恢复;确定要删,请加 --yes", meant.len())?;
            return Ok(Exit::NeedsPerson);
        }
        let ids: Vec<_> = meant.into_iter().map(|tracked| tracked.id).collect();
        let forgotten = house.store.forget(&ids)?;
        writeln!(
            output.err,
            "已删除 通报 {},版本 {},快照 {};清空已发摘要 {} 封。记录文件在下次打开存储时重写,此前旧字节仍在磁盘上",
            forgotten.notices, forgotten.versions, forgotten.pages, forgotten.messages
        )?;
        Ok(Exit::Well)
    }

    fn meant(&self, house: &House) -> anyhow::Result<Vec<Tracked>> {
        let Some(pattern) = &self.pattern else {
            return Ok(vec![desk::notice(house, self.notice.as_deref().unwrap_or_default())?]);
        };
        let pattern = Regex::new(pattern).with_context(|| format!("--match {pattern:?} cannot be read"))?;
        let mut meant = Vec::new();
        for tracked in house.store.all_tracked(None)? {
            if says(house, &tracked, &pattern)? {
                meant.push(tracked);
            }
        }
        Ok(meant)
    }
}

/// Whether any version of it says so.
fn says(house: &House, tracked: &Tracked, pattern: &Regex) -> anyhow::Result<bool> {
    if pattern.is_match(&tracked.title) {
        return Ok(true);
    }
    for number in 1..=tracked.versions {
        let version = house.store.version(&tracked.id, number)?;
        if version.is_some_and(|version| version.document.blocks.iter().any(|block| pattern.is_match(&block.text()))) {
            return Ok(true);
        }
    }
    Ok(false)
}
