use std::io::Write;

use super::show::day;
use super::table::{printable, table, time};
use super::{Exit, Output, desk};
use crate::flow::follow;
use crate::flow::house::House;
use crate::model::{Change, ChangeKind, Relatives, Tracked, Version};
use crate::table::csv_line;

/// Lists the versions of a notice and what happened to it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan history 7K3Q")]
pub struct HistoryArgs {
    /// Beginning of its name, or its address
    notice: String,
    /// Print one JSON object
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print what happened to it as CSV (UTF-8) with a header row
    #[arg(long)]
    csv: bool,
}

impl HistoryArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let tracked = desk::notice(house, &self.notice)?;
        let changes = house.store.changes_of(&tracked.id)?;
        let mut versions = Vec::new();
        for number in 1..=tracked.versions {
            versions.extend(house.store.version(&tracked.id, number)?);
        }
        let relatives = match versions.last() {
            Some(newest) => follow::relatives(&*house.store, &tracked, newest)?,
            None => Relatives::default(),
        };
        if self.json {
            let versions: Vec<_> = versions
                .iter()
                .map(|version| serde_json::json!({"number": version.number, "captured_at": version.captured_at, "snapshot": version.snapshot, "revision": version.revision}))
                .collect();
            let mut value = super::notices::json(&tracked);
            value["versions"] = versions.into();
            value["changes"] = serde_json::to_value(&changes)?;
            value["relatives"] = serde_json::to_value(relatives)?;
            output.json(&value)?;
            return Ok(Exit::Well);
        }
        if self.csv {
            return csv(&changes, output);
        }
        let now = house.clock.now();
        writeln!(
            output.out,
            "{} {}\n{}\n首次见到 {} · 最后见到 {}\n",
            tracked.id,
            printable(&tracked.title),
            tracked.url,
            time(tracked.first_seen, now),
            time(tracked.last_seen, now)
        )?;
        let mut rows = Vec::new();
        for number in 1..=tracked.versions {
            rows.extend(row(house, &tracked, number, versions.iter().find(|version| version.number == number))?);
        }
        writeln!(output.out, "{}", table(&["版本", "采集", "快照"], rows, output.width))?;
        if tracked.quiet {
            writeln!(output.out, "{}  首次访问时已在,只作收录,不单独告知", time(tracked.first_seen, now))?;
        }
        for change in &changes {
            writeln!(output.out, "{}  {}", time(change.at, now), sentence(change))?;
        }
        if !relatives.is_empty() {
            writeln!(output.out)?;
            super::relatives::print(&tracked.id, &relatives, output)?;
        }
        Ok(Exit::Well)
    }
}

/// What is kept of one version; `None` where it is missing and nothing says why.
fn row(house: &House, tracked: &Tracked, number: u32, version: Option<&Version>) -> anyhow::Result<Option<Vec<String>>> {
    let now = house.clock.now();
    let name = format!("第 {number} 版");
    let went = |at| format!("已于 {} 按保存期限删除", day(house, at));
    let Some(version) = version else {
        let at = house.store.pruned_version(&tracked.id, number)?;
        return Ok(at.map(|at| vec![name, String::new(), went(at)]));
    };
    let page: String = version.snapshot.0.chars().take(12).collect();
    let page = match house.store.pruned_page(&version.snapshot)? {
        Some(at) if house.store.snapshot(&version.snapshot)?.is_none() => format!("{page} {}", went(at)),
        _ => page,
    };
    Ok(Some(vec![name, time(version.captured_at, now), page]))
}

fn csv(changes: &[Change], output: &mut Output) -> anyhow::Result<Exit> {
    let line = |cells: [String; 6]| csv_line(cells.into_iter());
    write!(output.out, "{}", line(["change", "at", "kind", "notice", "source", "told"].map(str::to_owned)))?;
    for change in changes {
        let notice = change.kind.notice().map(ToString::to_string).unwrap_or_default();
        let kind = change.kind.kind().english().to_owned();
        let cells = [change.number.to_string(), change.at.to_string(), kind, notice, change.source.to_string(), sentence(change)];
        write!(output.out, "{}", line(cells))?;
    }
    Ok(Exit::Well)
}

/// A change of a notice as one line.
fn sentence(change: &Change) -> String {
    let word = change.kind.kind().chinese();
    match &change.kind {
        ChangeKind::Edited { from, to, .. } => format!("{word} 第 {from} 版 → 第 {to} 版"),
        ChangeKind::Completed { version, .. } => format!("{word} 第 {version} 版的附件文字"),
        ChangeKind::Withdrawn { looks, .. } => format!("{word} {looks} 次访问均已不在"),
        ChangeKind::Moved { address, .. } => format!("{word} {address}"),
        ChangeKind::Published { version, .. } | ChangeKind::Restored { version, .. } => format!("{word} 第 {version} 版"),
        ChangeKind::Baseline { .. } | ChangeKind::Ailing { .. } | ChangeKind::Recovered { .. } => word.to_owned(),
    }
}
