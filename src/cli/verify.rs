use std::io::Write;

use anyhow::bail;

use super::{Exit, Output};
use crate::flow::house::House;
use crate::store::Verdict;

/// Checks everything that is kept: checksums, references, every page against its digest, the chain of changes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  huitoukan verify\n  huitoukan verify --head 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n\n\
Keep the head that it prints somewhere else: with --head a later look proves that no change before it was altered."
)]
pub struct VerifyArgs {
    /// A head that an earlier look printed: it must still stand in the chain of changes
    #[arg(long, value_name = "SHA-256")]
    head: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl VerifyArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let head = self.head.as_deref().map(str::to_ascii_lowercase);
        if let Some(head) = head.as_deref().filter(|head| head.len() != 64 || !head.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            bail!("{head} is no head: a head has 64 hexadecimal digits, as `huitoukan verify` prints it");
        }
        let verdict = house.store.verify(head.as_deref())?;
        if self.json {
            output.json(&verdict)?;
        } else {
            print(&verdict, output)?;
        }
        Ok(if verdict.problems.is_empty() { Exit::Well } else { Exit::NeedsPerson })
    }
}

fn print(verdict: &Verdict, output: &mut Output) -> anyhow::Result<()> {
    let Verdict { notices, versions, snapshots, changes, deliveries, .. } = verdict;
    writeln!(output.out, "查过 通报 {notices},版本 {versions},快照 {snapshots},变动 {changes},投递 {deliveries}")?;
    if verdict.pruned_versions + verdict.pruned_pages > 0 {
        writeln!(output.out, "按保存期限已删除 版本 {},快照 {}(不是损坏)", verdict.pruned_versions, verdict.pruned_pages)?;
    }
    match (&verdict.head, verdict.linked_from) {
        (Some(head), Some(1 | 2)) => writeln!(output.out, "变动链首尾相接,链头 {head}")?,
        (Some(head), Some(first)) => writeln!(output.out, "变动链自第 {first} 条起相接,链头 {head}")?,
        (Some(head), None) => writeln!(output.out, "链头 {head}")?,
        (None, _) => {}
    }
    for problem in &verdict.problems {
        writeln!(output.out, "{} {problem}", output.painted("!", "31"))?;
    }
    match verdict.problems.len() {
        0 => writeln!(output.out, "完好")?,
        number => writeln!(
            output.out,
            "有 {number} 处不对;先停下程序,把整个存储目录另存一份,再试 huitoukan repair;仍不对的用备份恢复(huitoukan restore)"
        )?,
    }
    Ok(())
}
