use std::io::Write;

use super::table::printable;
use super::{Exit, Output};
use crate::flow::house::House;
use crate::flow::status::{self, Status};

/// How the whole is doing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan status --json")]
pub struct StatusArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl StatusArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let status = status::whole(house, &house.setup())?;
        let exit = match (&status.read_only, status.alarms.is_empty()) {
            (Some(_), _) => Exit::Failed,
            (None, true) => Exit::Well,
            (None, false) => Exit::NeedsPerson,
        };
        if self.json {
            output.json(&status)?;
        } else {
            print(&status, output)?;
        }
        Ok(exit)
    }
}

fn print(status: &Status, output: &mut Output) -> anyhow::Result<()> {
    let Status { sources, well, ailing, notices, versions, snapshots, changes, .. } = status;
    writeln!(output.out, "来源 {sources}:正常 {well},需要留意 {ailing}")?;
    writeln!(output.out, "通报 {notices},版本 {versions},快照 {snapshots},变动 {changes}")?;
    if status.attachments_unread > 0 {
        writeln!(output.out, "附件 {} 个未能读取(见 huitoukan sources)", status.attachments_unread)?;
    }
    if status.doubtful > 0 {
        writeln!(output.out, "读取存疑 {}:huitoukan notices --doubtful", status.doubtful)?;
    }
    writeln!(output.out, "存储 {:.1} MiB", status.store_bytes as f64 / f64::from(1 << 20))?;
    writeln!(output.out, "摘要 已发 {},待发 {},搁置 {}", status.digests_sent, status.digests_pending, status.digests_held)?;
    if status.asked_to_wait > 0 {
        writeln!(output.out, "应对方要求暂停访问 (Retry-After) {},详见 huitoukan sources", status.asked_to_wait)?;
    }
    for alarm in &status.alarms {
        writeln!(output.out, "{} {}", output.painted("!", "31"), printable(alarm))?;
    }
    Ok(())
}
