use std::io::Write;

use anyhow::{Context, anyhow};
use jiff::civil::Date;
use regex::Regex;

use super::table::table;
use super::{Exit, Output, check};
use crate::flow::house::House;
use crate::model::{Presence, Region, Topic, Tracked};

/// Lists notices, the newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan notices --region 福建 --since 2026-11-01 --match 商会")]
pub struct NoticesArgs {
    /// Published (or, where that is not known, first seen) on this day or later
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// In this place
    #[arg(long)]
    region: Option<String>,
    /// From this source
    #[arg(long)]
    source: Option<String>,
    /// Of this kind, such as feedback or audit; rectification notices are `rectification`
    #[arg(long, value_name = "TOPIC", value_parser = topic)]
    topic: Option<Topic>,
    /// Whose title or text matches this regular expression
    #[arg(long = "match", value_name = "PATTERN")]
    pattern: Option<String>,
    /// Print one JSON object per notice
    #[arg(long)]
    json: bool,
}

impl NoticesArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let pattern =
            self.pattern.as_deref().map(|pattern| Regex::new(pattern).with_context(|| format!("--match {pattern:?} cannot be read")));
        let pattern = pattern.transpose()?;
        let source = self.source.clone().map(crate::model::SourceId);
        let all = house.store.all_tracked(source.as_ref())?;
        if let Some(name) = source.as_ref().filter(|_| all.is_empty()) {
            // A source that is watched no more keeps its notices, so its name is as good as any.
            check::source(&house.setup(), &name.0)?;
        }
        let recorded = all.len();
        let mut found = Vec::new();
        for tracked in all {
            if self.wants(&tracked)? && matches(house, &tracked, pattern.as_ref())? {
                found.push(tracked);
            }
        }
        found.sort_by_key(|tracked| std::cmp::Reverse(day(tracked)));
        if self.json {
            for tracked in &found {
                output.json(&json(tracked))?;
            }
            return Ok(Exit::Well);
        }
        if found.is_empty() {
            writeln!(output.err, "{}", self.why_none(house, recorded))?;
            return Ok(Exit::Well);
        }
        let rows = found.iter().map(row).collect();
        let headings = ["编号", "发布", "地区", "标题", "版本", "状态", "类别"];
        writeln!(output.out, "{}", table(&headings, rows, output.width))?;
        writeln!(output.err, "{} notice(s)", found.len())?;
        Ok(Exit::Well)
    }

    fn why_none(&self, house: &House, recorded: usize) -> String {
        if recorded > 0 {
            format!("none of the {recorded} recorded notices fits")
        } else if house.setup().config.sources.is_empty() {
            check::NO_SOURCE.to_owned()
        } else {
            "no notice is recorded yet: `huitoukan check` visits the sources now, `huitoukan sources` tells how they are".to_owned()
        }
    }

    fn wants(&self, tracked: &Tracked) -> anyhow::Result<bool> {
        let day = day(tracked).ok_or_else(|| anyhow!("the date of {} is out of range", tracked.id))?;
        let in_region = self.region.as_ref().is_none_or(|region| Region(region.clone()).contains(&tracked.region));
        let of_topic = self.topic.is_none_or(|topic| tracked.topic == Some(topic));
        Ok(in_region && of_topic && self.since.is_none_or(|since| day >= since))
    }
}

fn topic(name: &str) -> Result<Topic, String> {
    Topic::of_name(name).ok_or_else(|| format!("no topic is called so; there are {}", Topic::RECORDED.map(Topic::name).join(", ")))
}

/// The day it was published, else the day it was first seen (in China).
fn day(tracked: &Tracked) -> Option<Date> {
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").ok()?;
    Some(tracked.published.unwrap_or_else(|| tracked.first_seen.to_zoned(zone).date()))
}

fn matches(house: &House, tracked: &Tracked, pattern: Option<&Regex>) -> anyhow::Result<bool> {
    let Some(pattern) = pattern else { return Ok(true) };
    if pattern.is_match(&tracked.title) {
        return Ok(true);
    }
    let version = house.store.version(&tracked.id, tracked.versions)?;
    Ok(version.is_some_and(|version| version.document.blocks.iter().any(|block| pattern.is_match(&block.text()))))
}

pub fn presence(tracked: &Tracked) -> &'static str {
    match (&tracked.presence, tracked.versions) {
        (_, 0) => "未读取",
        (Presence::Present, _) => "在原址",
        (Presence::Missing { .. }, _) => "暂未找到",
        (Presence::Withdrawn { .. }, _) => "已撤下",
        (Presence::Moved { .. }, _) => "已迁移",
    }
}

fn row(tracked: &Tracked) -> Vec<String> {
    vec![
        tracked.id.to_string(),
        day(tracked).map(|day| day.to_string()).unwrap_or_default(),
        tracked.region.to_string(),
        tracked.title.clone(),
        tracked.versions.to_string(),
        presence(tracked).to_owned(),
        tracked.topic.map_or("", Topic::chinese).to_owned(),
    ]
}

pub fn json(tracked: &Tracked) -> serde_json::Value {
    serde_json::json!({
        "id": tracked.id,
        "title": tracked.title,
        "url": tracked.url,
        "source": tracked.source,
        "region": tracked.region,
        "sector": tracked.sector,
        "published": tracked.published,
        "first_seen": tracked.first_seen,
        "last_seen": tracked.last_seen,
        "versions": tracked.versions,
        "presence": tracked.presence,
        "topic": tracked.topic,
        "copy_of": tracked.copy_of,
        "trouble": tracked.trouble,
    })
}
