use std::io::Write;

use anyhow::bail;

use super::show::version;
use super::table::{printable, time};
use super::{Exit, Output, desk};
use crate::diff;
use crate::flow::house::House;
use crate::model::{Difference, ItemChange, ItemDifference, Passage, Piece, Tracked};

/// Shows what differs between two versions of a notice, or between two notices, to the character.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  huitoukan diff 7K3Q        the last two versions\n  huitoukan diff 7K3Q 1 3    the first against the third\n  huitoukan diff 7K3Q 9M2D   two notices, such as a copy at another address"
)]
pub struct DiffArgs {
    /// Beginning of its name, or its address
    notice: String,
    /// The older version, or the beginning of another notice's name
    #[arg(value_name = "OLDER|NOTICE")]
    older: Option<String>,
    /// The newer version
    newer: Option<u32>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl DiffArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let tracked = desk::notice(house, &self.notice)?;
        let (older, newer) = match (self.older.as_deref().map(meant), self.newer) {
            (Some(Meant::Notice(other)), None) => return self.notices(house, &tracked, other, output),
            (Some(Meant::Notice(other)), Some(_)) => bail!("{other} is no version; write two numbers, or two notices"),
            (Some(Meant::Version(older)), Some(newer)) => (older, newer),
            (Some(Meant::Version(older)), None) => {
                bail!("write the newer version too: huitoukan diff {} {older} {}", tracked.id, tracked.versions)
            }
            _ if tracked.versions < 2 => bail!("{} has only one version: nothing to compare", tracked.id),
            _ => (tracked.versions - 1, tracked.versions),
        };
        let (older, newer) = (version(house, &tracked, older)?, version(house, &tracked, newer)?);
        let difference = diff::compare(&older, &newer.document, &newer.notice).unwrap_or_default();
        if self.json {
            output
                .json(&serde_json::json!({"notice": tracked.id, "older": older.number, "newer": newer.number, "difference": difference}))?;
            return Ok(Exit::Well);
        }
        let now = house.clock.now();
        writeln!(output.out, "{}", output.painted(&tracked.title, "1"))?;
        writeln!(
            output.out,
            "第 {} 版({}) → 第 {} 版({})\n",
            older.number,
            time(older.captured_at, now),
            newer.number,
            time(newer.captured_at, now)
        )?;
        print(&difference, output, "两版文字相同")
    }

    /// The newest versions of two notices.
    fn notices(&self, house: &House, one: &Tracked, other: &str, output: &mut Output) -> anyhow::Result<Exit> {
        let other = desk::notice(house, other)?;
        let (before, after) = (version(house, one, one.versions)?, version(house, &other, other.versions)?);
        let difference = diff::compare(&before, &after.document, &after.notice).unwrap_or_default();
        if self.json {
            output.json(&serde_json::json!({"notice": one.id, "other": other.id, "difference": difference}))?;
            return Ok(Exit::Well);
        }
        for tracked in [one, &other] {
            writeln!(output.out, "{} {}\n{}", tracked.id, output.painted(&tracked.title, "1"), tracked.url)?;
        }
        writeln!(output.out)?;
        print(&difference, output, "两件文字相同")
    }
}

enum Meant<'a> {
    Version(u32),
    Notice(&'a str),
}

/// A name of digits alone has eight of them; no notice has so many versions.
fn meant(text: &str) -> Meant<'_> {
    const NAME_CHARACTERS: usize = 8;
    let number = text.parse().ok().filter(|_| text.len() < NAME_CHARACTERS);
    number.map_or(Meant::Notice(text), Meant::Version)
}

fn print(difference: &Difference, output: &mut Output, same: &str) -> anyhow::Result<Exit> {
    if difference.is_empty() {
        writeln!(output.out, "{same}")?;
        return Ok(Exit::Well);
    }
    for item in &difference.items {
        writeln!(output.out, "{}", printable(&format!("问题 {} {}: {}", item.label, item.heading, fate(item))))?;
    }
    for field in &difference.fields {
        let (before, after) = (field.before.as_deref().unwrap_or("未载明"), field.after.as_deref().unwrap_or("未载明"));
        writeln!(output.out, "{}: {} → {}", field.label, output.painted(before, "31"), output.painted(after, "32"))?;
    }
    for passage in &difference.passages {
        writeln!(output.out)?;
        if let Some(under) = &passage.under {
            writeln!(output.out, "{}", output.painted(under, "2"))?;
        }
        writeln!(output.out, "{}", marked(passage, output))?;
    }
    Ok(Exit::Well)
}

fn fate(item: &ItemChange) -> String {
    match &item.what {
        ItemDifference::Added => "新增".to_owned(),
        ItemDifference::Removed => "删去".to_owned(),
        ItemDifference::Status { before_as_written, after_as_written, .. } => {
            format!("{} → {}", before_as_written.as_deref().unwrap_or("未标注"), after_as_written.as_deref().unwrap_or("未标注"))
        }
        ItemDifference::Deadline { before, after } => {
            let day = |date: &Option<jiff::civil::Date>| date.map_or_else(|| "未载明".to_owned(), |date| date.to_string());
            format!("时限 {} → {}", day(before), day(after))
        }
        ItemDifference::ResponsibleUnit { before, after } => format!("责任单位 {} → {}", stated(before), stated(after)),
        ItemDifference::ResponsiblePerson { before, after } => format!("责任人 {} → {}", stated(before), stated(after)),
        ItemDifference::SplitFrom { label } => format!("由原 {label} 拆分而来"),
        ItemDifference::MergedInto { label } => format!("并入 {label}"),
        ItemDifference::Measures { before, after } => format!("措施 {before} → {after}"),
    }
}

fn stated(name: &Option<String>) -> &str {
    name.as_deref().unwrap_or("未载明")
}

/// Deleted text in red, inserted text in green; in brackets where there is no colour.
pub fn marked(passage: &Passage, output: &Output) -> String {
    passage
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Same(text) => printable(text),
            Piece::Deleted(text) if output.colour => output.painted(text, "9;31"),
            Piece::Inserted(text) if output.colour => output.painted(text, "4;32"),
            Piece::Deleted(text) => format!("[删 {}]", printable(text)),
            Piece::Inserted(text) => format!("[增 {}]", printable(text)),
        })
        .collect()
}
