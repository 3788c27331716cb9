//! `huitoukan listing`: a saved listing page to its entries, without net or store.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::{Output, desk, output};
use crate::config;
use crate::extract;
use crate::model::{Listing, Rules, Snapshot, Unlisted};
use crate::site;

/// Prints the entries of a saved listing page: all rows, whatever their titles
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  huitoukan listing saved.html --url https://www.qzlc.gov.cn/zwgk/tzgg/ --json\n\nExit code 1 where no entry is found."
)]
pub struct ListingArgs {
    /// The saved page
    pub file: PathBuf,
    /// The address that the page was served from
    #[arg(long)]
    pub url: Url,
    /// The Content-Type header that it was served with
    #[arg(long, value_name = "T")]
    pub content_type: Option<String>,
    /// Read it as this family's rather than the one that recognises it
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(site::family_names()))]
    pub family: Option<String>,
    /// Read it by the family, selectors and mapping of this source's file
    #[arg(long, value_name = "FILE", conflicts_with = "family")]
    pub source: Option<PathBuf>,
    /// Print JSON: {"family","entries":[{"url","title","date"}],"next"}
    #[arg(long)]
    pub json: bool,
}

impl ListingArgs {
    /// # Errors
    /// A file that cannot be read.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let body = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let snapshot = Snapshot::of_body(self.url.clone(), self.content_type.as_deref(), body, Timestamp::UNIX_EPOCH);
        let page = extract::decode(&snapshot);
        let (family, rules) = match &self.source {
            Some(file) => config::reading_of(file, &desk::known()).map_err(|problems| {
                let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
                anyhow::anyhow!("{}", lines.join("\n"))
            })?,
            None => (self.family.clone(), Rules::default()),
        };
        let listing = match site::listing(&page, &rules, family.as_deref()) {
            Err(Unlisted::NoEntries { saw }) => match site::no_content(&snapshot, &page) {
                Some(wall) => Err(Unlisted::NoContent(wall)),
                None => Err(Unlisted::NoEntries { saw }),
            },
            listing => listing,
        };
        match &listing {
            _ if self.json => writeln!(Output::of_terminal().out, "{}", output::json(&as_json(&listing))?)?,
            Ok(listing) => print_rows(listing)?,
            Err(problem) => {
                let mut err = Output::of_terminal().err;
                writeln!(err, "{problem}")?;
                if let Some(lines) = site::suggested(&page).filter(|_| matches!(problem, Unlisted::NoEntries { .. })) {
                    writeln!(err, "Try {lines}")?;
                }
            }
        }
        Ok(if listing.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What programs read; tests compare it with what stands beside the saved pages.
pub fn as_json(listing: &Result<Listing, Unlisted>) -> Value {
    let listing = match listing {
        Ok(listing) => listing,
        Err(problem) => return json!({ "family": null, "entries": [], "next": null, "problem": problem.to_string() }),
    };
    let entries: Vec<Value> =
        listing.entries.iter().map(|entry| json!({ "url": entry.url, "title": entry.title, "date": entry.date })).collect();
    let mut value = json!({ "family": listing.family, "entries": entries, "next": listing.next.as_ref().map(|next| &next.url) });
    if let Some(form) = listing.next.as_ref().and_then(|next| next.form.as_ref()) {
        value["form"] = json!(form);
    }
    if !listing.articles.is_empty() {
        value["articles"] = json!(listing.articles.len());
    }
    if let Some(partial) = &listing.partial {
        value["partial"] = json!(partial);
    }
    value
}

fn print_rows(listing: &Listing) -> std::io::Result<()> {
    let mut out = Output::of_terminal().out;
    writeln!(out, "family {}, {} entries", listing.family, listing.entries.len())?;
    for entry in &listing.entries {
        let date = entry.date.map_or_else(|| "----------".to_owned(), |date| date.to_string());
        writeln!(out, "{date}  {}\n            {}", entry.title, entry.url)?;
    }
    if !listing.articles.is_empty() {
        writeln!(out, "{} articles came with the listing", listing.articles.len())?;
    }
    if let Some(partial) = &listing.partial {
        writeln!(out, "older entries cannot be reached: {partial}")?;
    }
    if let Some(next) = &listing.next {
        writeln!(out, "next {}{}", next.url, next.form.as_ref().map(|form| format!(" with {form}")).unwrap_or_default())?;
    }
    Ok(())
}
