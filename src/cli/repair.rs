use std::io::Write;

use super::{Exit, Output};
use crate::flow::house::House;
use crate::store::Repaired;

/// Makes again what `verify` found missing and what can be made of the rest: indexes and counts.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan verify || huitoukan repair\n\n\
Notices, versions, pages, changes and deliveries are never touched: what is damaged there comes back from a backup only. \
The records as they were lie in the store's quarantine afterwards.")]
pub struct RepairArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl RepairArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let repaired = house.store.repair()?;
        let left = house.store.verify(None)?.problems;
        if self.json {
            output.json(&repaired)?;
        } else if repaired.is_nothing() {
            writeln!(output.out, "没有可以修补的")?;
        } else {
            let Repaired { found_again, led_nowhere, counts, lines_left_out } = repaired;
            writeln!(
                output.out,
                "已修补 补建索引 {found_again},去除无主索引 {led_nowhere},更正计数 {counts},去除读不出的访问记录 {lines_left_out} 行;原记录在存储的 quarantine 里"
            )?;
        }
        for problem in &left {
            writeln!(output.err, "! {problem}")?;
        }
        Ok(if left.is_empty() { Exit::Well } else { Exit::NeedsPerson })
    }
}
