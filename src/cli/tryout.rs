use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use url::Url;

use super::check::instead;
use super::output::{Exit, Output};
use super::table::printable;
use super::{desk::Folder, table};
use crate::config::Config;
use crate::flow::house::{House, Setup};
use crate::flow::read::Reading;
use crate::flow::rehearse::{self, As, Rehearsal};
use crate::model::{Listing, Source, SourceId};
use crate::site::{TitleFilter, Verdict};
use crate::store::Memory;

/// Shows what a visit would record at an address or a source, and records nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  huitoukan try https://www.qzlc.gov.cn/zwgk/qzbm/jyj/ggl/\n  huitoukan try quanzhou-licheng --json")]
pub struct TryArgs {
    /// An address (http, https), or the name of a source
    #[arg(value_name = "URL|SOURCE")]
    meant: String,
    /// Take the page for a listing or for a notice, whatever it looks like
    #[arg(long = "as", value_name = "KIND", value_parser = ["listing", "notice"])]
    wanted: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl TryArgs {
    pub async fn run(&self, folder: &Folder) -> anyhow::Result<ExitCode> {
        let config = folder.load()?;
        let (source, url, default) = match config.sources.iter().find(|source| source.id.0 == self.meant) {
            Some(source) => (source.clone(), source.listing.clone(), As::Listing),
            None => {
                let names = config.sources.iter().map(|source| source.id.0.as_str());
                let nothing = || format!("{} is neither an address (http://…) nor a source; {}", self.meant, instead(&self.meant, names));
                let url = Url::parse(&self.meant).ok().with_context(nothing)?;
                (source_of(&config, &url), url, As::Either)
            }
        };
        let wanted = match self.wanted.as_deref() {
            Some("listing") => As::Listing,
            Some(_) => As::Notice,
            None => default,
        };
        let (house, filter) = rehearsal_house(folder, config, &source)?;
        if let Some(reason) = source.reach.robots.reason() {
            eprintln!("robots.txt set aside: {}", printable(reason));
        }
        let rehearsal = rehearse::address(&house, &house.setup(), &source, &url, wanted).await;
        let mut output = Output::of_terminal();
        self.print(&rehearsal, &filter, &mut output).map(ExitCode::from)
    }

    fn print(&self, rehearsal: &Rehearsal, filter: &TitleFilter, output: &mut Output) -> anyhow::Result<Exit> {
        match rehearsal {
            Rehearsal::Listing(listing) if self.json => output.json(&listing_json(listing, filter))?,
            Rehearsal::Listing(listing) => print_listing(listing, filter, output)?,
            Rehearsal::Notice(reading) if self.json => {
                output.json(&serde_json::json!({"document": reading.document, "notice": reading.notice}))?
            }
            Rehearsal::Notice(reading) => print_notice(reading, filter, output)?,
            Rehearsal::Nothing(problem) if self.json => output.json(&serde_json::json!({"problem": problem}))?,
            Rehearsal::Nothing(problem) => writeln!(output.err, "nothing would be recorded: {}", printable(&problem.to_string()))?,
        }
        Ok(if matches!(rehearsal, Rehearsal::Nothing(_)) { Exit::NeedsPerson } else { Exit::Well })
    }
}

/// A house whose store is in memory: for looking at sites without recording anything.
///
/// # Errors
/// A setting that cannot be used.
pub fn rehearsal_house(folder: &Folder, mut config: Config, source: &Source) -> anyhow::Result<(Arc<House>, TitleFilter)> {
    let filter = TitleFilter::new(&source.title).map_err(|error| anyhow!(error))?;
    config.sources = vec![source.clone()];
    let setup = Setup::new(config).map_err(|problem| anyhow!(problem))?;
    Ok((Arc::new(House::new(setup, Arc::new(Memory::default()), folder.clock())), filter))
}

/// The source that an address belongs to, by its host; else one with nothing special.
pub fn source_of(config: &Config, url: &Url) -> Source {
    let same_host = config.sources.iter().find(|source| source.listing.host_str() == url.host_str());
    let mut source = same_host.cloned().unwrap_or_else(|| Source::new(SourceId("try".to_owned()), url.clone()));
    source.listing = url.clone();
    source
}

/// What stands in the column of a listed title.
pub fn verdict(filter: &TitleFilter, title: &str) -> String {
    match filter.judge(title) {
        Verdict::Notice => "通报".to_owned(),
        Verdict::NearMiss(reason) => format!("近似:{reason}"),
        Verdict::Other => String::new(),
    }
}

fn listing_json(listing: &Listing, filter: &TitleFilter) -> serde_json::Value {
    let entries: Vec<_> = listing
        .entries
        .iter()
        .map(|entry| {
            let (verdict, reason) = match filter.judge(&entry.title) {
                Verdict::Notice => ("notice", None),
                Verdict::NearMiss(reason) => ("near_miss", Some(reason)),
                Verdict::Other => ("other", None),
            };
            serde_json::json!({"url": entry.url, "title": entry.title, "date": entry.date, "verdict": verdict, "reason": reason})
        })
        .collect();
    serde_json::json!({"family": listing.family, "entries": entries, "next": listing.next, "partial": listing.partial})
}

pub fn print_listing(listing: &Listing, filter: &TitleFilter, output: &mut Output) -> anyhow::Result<()> {
    let rows = listing
        .entries
        .iter()
        .map(|entry| {
            let date = entry.date.map(|date| date.to_string()).unwrap_or_default();
            vec![date, verdict(filter, &entry.title), entry.title.clone()]
        })
        .collect();
    writeln!(output.out, "{}", table::table(&["日期", "判断", "标题"], rows, output.width))?;
    let count = |wanted: fn(&Verdict) -> bool| listing.entries.iter().filter(|entry| wanted(&filter.judge(&entry.title))).count();
    let taken = count(|verdict| matches!(verdict, Verdict::Notice));
    let near = count(|verdict| matches!(verdict, Verdict::NearMiss(_)));
    let family = if listing.family == "unknown" { "family unknown, rows found by their structure" } else { listing.family };
    let entries = listing.entries.len();
    writeln!(output.err, "{family}: {entries} entries, {taken} of them rectification notices by their titles, {near} nearly")?;
    if taken == 0 {
        writeln!(output.err, "none at present is usual where a column lists everything: one is taken when it appears. For other titles")?;
        writeln!(output.err, "write patterns into the source's file, such as: [title] take = [\"审计.{{0,10}}整改\"]")?;
    }
    match &listing.next {
        Some(next) => writeln!(output.err, "next page: {}{}", next.url, if next.form.is_some() { " (POST)" } else { "" })?,
        None => writeln!(output.err, "no next page")?,
    }
    if let Some(partial) = &listing.partial {
        writeln!(output.err, "older entries cannot be reached: {}", printable(partial))?;
    }
    Ok(())
}

fn print_notice(reading: &Reading, filter: &TitleFilter, output: &mut Output) -> anyhow::Result<()> {
    let document = &reading.document;
    let title = document.title.as_deref();
    writeln!(output.out, "标题 {}", title.map_or_else(|| "未找到".to_owned(), |title| output.painted(title, "1")))?;
    let judged = title.map(|title| verdict(filter, title)).filter(|verdict| !verdict.is_empty());
    writeln!(output.out, "判断 {}", judged.as_deref().unwrap_or("标题不像整改通报,访问时不会收录"))?;
    writeln!(output.out, "发布 {}", document.published.map_or_else(|| "未找到".to_owned(), |published| published.to_string()))?;
    writeln!(output.out, "来源 {}", document.source.as_deref().map_or_else(|| "未找到".to_owned(), printable))?;
    for field in reading.notice.fields().iter().filter(|field| field.name != "title") {
        writeln!(output.out, "{} {}{}", field.label, printable(&field.text), if field.inferred { "(推断)" } else { "" })?;
    }
    writeln!(output.out, "正文 {} 段\n", document.body().len())?;
    super::show::text(document, output)?;
    for doubt in &document.doubts {
        writeln!(output.err, "doubtful: {}", printable(doubt))?;
    }
    Ok(())
}
