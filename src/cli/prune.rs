use std::io::Write;

use super::table::printable;
use super::{Exit, Output};
use crate::flow::house::House;
use crate::flow::prune;
use crate::store::Pruned;

/// Removes what has been kept for as long as [keep] in the configuration says; the daemon does it by itself once a day.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan prune --dry-run\n\n\
What stays are hashes, the log of changes and every number. A notice that went and is published again is collected again; use \
`forget` where that must not be. Copies of the store (backups, exports, mails received) are not reached.")]
pub struct PruneArgs {
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl PruneArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let setup = house.setup();
        let plan = prune::plan(house, &setup)?;
        let pruned = if self.dry_run { house.store.would_prune(&plan.expired)? } else { prune::carry_out(house, &plan)? };
        if self.json {
            let mut value = serde_json::to_value(pruned)?;
            value["dry_run"] = self.dry_run.into();
            output.json(&value)?;
            return Ok(Exit::Well);
        }
        if setup.config.keep.is_for_good(&setup.config.sources) {
            writeln!(output.err, "everything is kept for good: write [keep] into huitoukan.toml to have it otherwise")?;
            return Ok(Exit::Well);
        }
        for tracked in &plan.notices {
            writeln!(output.out, "{}  {}  {}", tracked.id, printable(&tracked.title), tracked.url)?;
        }
        let Pruned { notices, versions, pages, messages, months } = pruned;
        let done = if self.dry_run { "将删除" } else { "已删除" };
        writeln!(
            output.out,
            "{done} 撤下的通报 {notices} 件,版本 {versions} 个,快照 {pages} 份;清空邮件内容 {messages} 封;访问记录 {months} 个月"
        )?;
        if !self.dry_run && !pruned.is_nothing() {
            writeln!(output.err, "记录文件在下次打开存储时重写,此前旧字节仍在磁盘上")?;
        }
        Ok(Exit::Well)
    }
}
