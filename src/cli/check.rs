use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use indicatif::{ProgressBar, ProgressStyle};

use super::table::printable;
use super::{Exit, Output, mail};
use crate::config;
use crate::flow::crawl::Report;
use crate::flow::house::{House, Setup, host_of};
use crate::flow::{daemon, deliver, notify};
use crate::model::{Kind, Source, SourceId};

/// What to do where nothing is watched.
pub const NO_SOURCE: &str = "nothing is watched yet: `huitoukan add ADDRESS` adds a source, give it the address of a list of notices";

/// Makes one pass now: visits the sources, owes what is due, mails it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan check quanzhou-licheng")]
pub struct CheckArgs {
    /// Sources to visit, due or not; all of them where none is named
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Believe a mass change that is held back as a possible redesign
    #[arg(long)]
    accept: bool,
    /// Print one JSON object per source
    #[arg(long)]
    json: bool,
}

impl CheckArgs {
    pub async fn run(&self, house: &Arc<House>, output: &mut Output) -> anyhow::Result<Exit> {
        let setup = house.setup();
        if setup.config.sources.is_empty() {
            bail!(NO_SOURCE);
        }
        notify::begin(house, &setup)?;
        let hosts = by_host(self.chosen(&setup)?);
        let reports = self.visit(house, hosts, output).await?;
        let owed = notify::everyone(house, &setup)?;
        let delivered = deliver::outbox(house, &setup).await?;
        for report in &reports {
            let robots = setup.source(&report.source).and_then(|source| source.reach.robots.reason());
            if self.json {
                output.json(&json(report, robots))?;
            } else {
                writeln!(output.out, "{}", line(report))?;
                if let Some(reason) = robots {
                    writeln!(output.out, "    robots.txt set aside: {}", printable(reason))?;
                }
                for (url, trouble) in &report.troubles {
                    writeln!(output.out, "    {url}: {}", printable(trouble))?;
                }
            }
        }
        if !self.json {
            mail::say(house, &setup, owed, delivered, output)?;
            if owed == 0 && delivered.sent == 0 {
                mail::say_when(house, &setup, output)?;
            }
        }
        let ails = reports.iter().any(|report| report.problem.is_some());
        Ok(if ails { Exit::NeedsPerson } else { Exit::Well })
    }

    fn chosen(&self, setup: &Setup) -> anyhow::Result<Vec<Source>> {
        if self.sources.is_empty() {
            return Ok(setup.config.sources.clone());
        }
        self.sources.iter().map(|name| source(setup, name).cloned()).collect()
    }

    async fn visit(&self, house: &Arc<House>, hosts: Vec<(String, Vec<Source>)>, output: &mut Output) -> anyhow::Result<Vec<Report>> {
        let visiting = daemon::visit_all(house, hosts.clone(), self.accept);
        if !output.is_watched {
            return Ok(visiting.await?);
        }
        let total = hosts.iter().map(|(_, sources)| sources.len()).sum::<usize>();
        let bar = ProgressBar::new(total as u64).with_style(style());
        bar.set_message(format!("{total} source(s) at {} host(s)", hosts.len()));
        bar.enable_steady_tick(Duration::from_millis(120));
        let reports = visiting.await;
        bar.finish_and_clear();
        Ok(reports?)
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {elapsed} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// The source of this name.
///
/// # Errors
/// There is none; the nearest names are given.
pub fn source<'a>(setup: &'a Setup, name: &str) -> anyhow::Result<&'a Source> {
    if let Some(source) = setup.source(&SourceId(name.to_owned())) {
        return Ok(source);
    }
    bail!("there is no source {name}; {}", instead(name, setup.config.sources.iter().map(|source| source.id.0.as_str())))
}

/// What to give instead of a name that is not there: the nearest one, else all of a few.
pub fn instead<'a>(name: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    let all: Vec<&str> = names.clone().collect();
    let begun = all.iter().copied().find(|other| !name.is_empty() && other.starts_with(name));
    match (config::nearest(name, names).or(begun), all.len()) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, 0) => "there is none yet".to_owned(),
        (None, 1..=20) => format!("there are: {}", all.join(", ")),
        (None, count) => format!("there are {count}, see `huitoukan sources`"),
    }
}

fn by_host(sources: Vec<Source>) -> Vec<(String, Vec<Source>)> {
    let mut hosts: BTreeMap<String, Vec<Source>> = BTreeMap::new();
    for source in sources {
        hosts.entry(host_of(&source.listing).unwrap_or_default()).or_default().push(source);
    }
    hosts.into_iter().collect()
}

fn counts(report: &Report) -> Vec<(Kind, usize)> {
    let count = |kind| report.changes.iter().filter(|change| change.kind() == kind).count();
    Kind::ALL.into_iter().map(|kind| (kind, count(kind))).filter(|(_, count)| *count > 0).collect()
}

fn line(report: &Report) -> String {
    let mut parts = Vec::new();
    match (report.entries, &report.problem) {
        (Some(entries), _) => parts.push(format!("{entries} entries")),
        (None, None) => parts.push("listing unchanged".to_owned()),
        (None, Some(_)) => {}
    }
    if report.looked > 0 {
        parts.push(format!("{} known notices looked at again", report.looked));
    }
    if report.baseline > 0 {
        parts.push(format!("{} notice(s) recorded by the first visit", report.baseline));
    }
    parts.extend(
        counts(report).into_iter().filter(|(kind, _)| *kind != Kind::Baseline).map(|(kind, count)| format!("{} {count}", kind.chinese())),
    );
    parts.extend(report.problem.as_ref().map(|problem| format!("PROBLEM {}", printable(&problem.to_string()))));
    format!("{}: {}", report.source, parts.join(", "))
}

fn json(report: &Report, robots: Option<&str>) -> serde_json::Value {
    serde_json::json!({
        "source": report.source,
        "entries": report.entries,
        "looked": report.looked,
        "baseline": report.baseline,
        "changes": report.changes,
        "problem": report.problem,
        "robots_ignored": robots,
        "troubles": report.troubles.iter().map(|(url, trouble)| serde_json::json!({"url": url, "trouble": trouble})).collect::<Vec<_>>(),
    })
}
