use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::diff::marked;
use super::notices::{json, presence};
use super::table::{printable, time};
use super::{Exit, Output, desk, relatives};
use crate::diff;
use crate::flow::follow;
use crate::flow::house::House;
use crate::model::{Block, Document, PartKind, PartText, Tracked, Version};

/// Shows one notice: what is known of it, what it states, and its text.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan show 7K3Q --version 1\n  huitoukan show 7K3Q --file 清单 --output files")]
pub struct ShowArgs {
    /// Beginning of its name, or its address
    notice: String,
    /// This version of it; the newest where none is given
    #[arg(long, value_name = "N")]
    version: Option<u32>,
    /// Print the page's bytes as they were served, or with --file those of a file of it
    #[arg(long, conflicts_with = "json")]
    raw: bool,
    /// The bytes of this file of the notice: its number as it is listed, or a part of its name
    #[arg(long, value_name = "N|NAME", conflicts_with = "json")]
    pub file: Option<String>,
    /// Write what --raw or --file would print into this folder, under the file's own name made harmless
    #[arg(long, value_name = "FOLDER", conflicts_with = "json")]
    pub output: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl ShowArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let tracked = desk::notice(house, &self.notice)?;
        let version = version(house, &tracked, self.version.unwrap_or(tracked.versions))?;
        if self.raw || self.file.is_some() || self.output.is_some() {
            let (name, bytes) = self.bytes(house, &tracked, &version)?;
            let out = output.out.exact();
            if self.output.is_some() {
                writeln!(out, "{name}")?;
            }
            out.write_all(&bytes)?;
        } else if self.json {
            let mut value = json(&tracked);
            value["version"] = serde_json::to_value(&version)?;
            value["bodies"] = serde_json::to_value(follow::of(&*house.store, &tracked)?.bodies)?;
            value["relatives"] = serde_json::to_value(follow::relatives(&*house.store, &tracked, &version)?)?;
            output.json(&value)?;
        } else {
            print(house, &tracked, &version, output)?;
        }
        Ok(Exit::Well)
    }
}

/// A version of a notice.
///
/// # Errors
/// There is none of this number.
pub fn version(house: &House, tracked: &Tracked, number: u32) -> anyhow::Result<Version> {
    if tracked.versions == 0 {
        bail!("{} has not been read yet: {}", tracked.id, tracked.trouble.as_deref().unwrap_or("it was only listed"));
    }
    if let Some(version) = house.store.version(&tracked.id, number)? {
        return Ok(version);
    }
    match house.store.pruned_version(&tracked.id, number)? {
        Some(at) => bail!("version {number} of {} went on {}, by the time for keeping ([keep] versions)", tracked.id, day(house, at)),
        None => bail!("{} has no version {number}; it has 1 to {}", tracked.id, tracked.versions),
    }
}

/// The day in the house's zone.
pub fn day(house: &House, at: Timestamp) -> Date {
    TimeZone::get(&house.setup().config.zone).unwrap_or(TimeZone::UTC).to_datetime(at).date()
}

fn print(house: &House, tracked: &Tracked, version: &Version, output: &mut Output) -> anyhow::Result<()> {
    let now = house.clock.now();
    let title = version.document.title.as_deref().unwrap_or(&tracked.title);
    let title = output.painted(title, "1");
    writeln!(output.out, "{title}\n{} · 第 {} 版,共 {} 版 · {}", tracked.id, version.number, tracked.versions, presence(tracked))?;
    let setup = house.setup();
    let source = setup.source(&tracked.source).map_or(tracked.source.0.as_str(), |source| &source.name);
    writeln!(output.out, "{} · {source}", printable(&tracked.region.0))?;
    if let Some(published) = version.document.published {
        writeln!(output.out, "发布 {published}")?;
    }
    if let Some(source) = &version.document.source {
        writeln!(output.out, "来源 {}", printable(source))?;
    }
    let went = match house.store.pruned_page(&version.snapshot)? {
        Some(at) if house.store.snapshot(&version.snapshot)?.is_none() => format!(" 已于 {} 按保存期限删除,不能重读", day(house, at)),
        _ => String::new(),
    };
    writeln!(output.out, "原文 {}\n采集 {}\n快照 {}{went}", tracked.url, time(version.captured_at, now), version.snapshot)?;
    for doubt in &version.document.doubts {
        writeln!(output.out, "{} {}", output.painted("存疑", "31"), printable(doubt))?;
    }
    for field in version.notice.fields().iter().filter(|field| field.name != "title") {
        writeln!(output.out, "{} {}{}", field.label, printable(&field.text), if field.inferred { "(推断)" } else { "" })?;
    }
    relatives::print(&tracked.id, &follow::relatives(&*house.store, tracked, version)?, output)?;
    writeln!(output.out)?;
    text(&version.document, output)
}

/// The text of a notice, the files that belong to it, and how they differ from it.
///
/// # Errors
/// The output cannot be written.
pub fn text(document: &Document, output: &mut Output) -> anyhow::Result<()> {
    blocks(document.body(), output)?;
    for part in &document.parts {
        if let (PartText::Annex(_), Some(annex)) = (&part.text, part.blocks(document)) {
            writeln!(output.out, "\n{}", output.painted(&format!("附件 {}", part.shown_name()), "1"))?;
            blocks(annex, output)?;
        }
    }
    if !document.attachments.is_empty() {
        writeln!(output.out)?;
    }
    for ((file, said), number) in document.attachments.iter().zip(document.files()).zip(1..) {
        writeln!(output.out, "附件 {number} {said} {}", file.url)?;
        let Some(part) = document.part(&file.url) else { continue };
        for passage in diff::copy_differs(document, part) {
            writeln!(output.out, "  与正文不同:{}", marked(&passage, output))?;
        }
    }
    for part in document.parts.iter().filter(|part| part.kind != PartKind::File && !part.is_read()) {
        writeln!(output.out, "{} {}", part.said(document), part.url)?;
    }
    Ok(())
}

fn blocks(blocks: &[Block], output: &mut Output) -> anyhow::Result<()> {
    for block in blocks {
        match block {
            Block::Heading(text) => writeln!(output.out, "{}", output.painted(text, "1"))?,
            block => writeln!(output.out, "{}", printable(&block.text()))?,
        }
    }
    Ok(())
}
