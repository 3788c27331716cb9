//! The catalogue of known columns, as `sources --catalogue` lists it and `add --from-catalogue` takes from it.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{anyhow, bail};

use super::add::write_new;
use super::check::instead;
use super::desk::{self, Folder};
use super::output::{Exit, Output};
use super::table::table;
use crate::config::{self, Column};
use crate::model::Region;
use crate::site;

/// Which columns are listed.
#[derive(Debug, clap::Args)]
pub struct CatalogueArgs {
    /// List the catalogue of known columns instead, from which `add --from-catalogue` takes
    #[arg(long, conflicts_with = "ailing")]
    pub catalogue: bool,
    /// Only columns of this place: 福建, 福建/泉州
    #[arg(long, requires = "catalogue")]
    pub region: Option<String>,
    /// Only columns whose sector or name holds this word: 纪检监察, 卫生
    #[arg(long, requires = "catalogue")]
    pub sector: Option<String>,
}

impl CatalogueArgs {
    /// Prints the catalogue; wants no store, and no configuration either.
    ///
    /// # Errors
    /// A catalogue of the folder's own that has problems.
    pub fn run(&self, folder: &Folder, json: bool, output: &mut Output) -> anyhow::Result<ExitCode> {
        let mut columns = columns(&folder.config)?;
        let all = columns.len();
        if let Some(region) = &self.region {
            let region = Region(region.clone());
            columns.retain(|column| region.contains(&column.region));
        }
        if let Some(word) = &self.sector {
            columns.retain(|column| {
                column.sector.as_ref().is_some_and(|sector| sector.contains(word.as_str())) || column.name.contains(word.as_str())
            });
        }
        if json {
            columns.iter().try_for_each(|column| output.json(column))?;
            return Ok(Exit::Well.into());
        }
        if columns.is_empty() {
            writeln!(
                output.err,
                "none of the {all} columns of the catalogue is of that place and sector; without --region and --sector all are listed"
            )?;
            return Ok(Exit::Well.into());
        }
        let rows = columns.iter().map(row).collect();
        writeln!(output.out, "{}", table(&["目录名", "名称", "地区", "领域", "类型", "地址"], rows, output.width))?;
        writeln!(
            output.err,
            "{} of {all} known columns. None was reachable from where they were written down, so look before you take one:\n  \
             huitoukan try ADDRESS\n  huitoukan add --from-catalogue 目录名",
            columns.len()
        )?;
        Ok(Exit::Well.into())
    }
}

fn row(column: &Column) -> Vec<String> {
    vec![
        column.id.clone(),
        column.name.clone(),
        column.region.to_string(),
        column.sector.clone().unwrap_or_default(),
        column.family.clone().unwrap_or_default(),
        column.listing.to_string(),
    ]
}

/// # Errors
/// Every problem of the folder's own catalogue, one a line.
fn columns(folder: &Path) -> anyhow::Result<Vec<Column>> {
    config::catalogue(folder, &desk::known()).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow!("the catalogue has {} problem(s):\n{}", lines.len(), lines.join("\n"))
    })
}

/// Writes a source's file for each of these columns; all or none. Asks no site anything.
///
/// # Errors
/// A name that is not in the catalogue, with the one that was perhaps meant; one that is watched already.
pub fn take(folder: &Folder, names: &[String], dry_run: bool) -> anyhow::Result<ExitCode> {
    let config = folder.load()?;
    let columns = columns(&folder.config)?;
    let mut files = Vec::new();
    for name in names {
        let Some(column) = columns.iter().find(|column| column.id == *name) else {
            let near = instead(name, columns.iter().map(|column| column.id.as_str()))
                .replace("`huitoukan sources`", "`huitoukan sources --catalogue`");
            bail!("the catalogue has no {name}; {near}");
        };
        let watches = |listing: &url::Url| site::spellings(listing).contains(&site::canonical(&column.listing));
        if let Some(known) = config.sources.iter().find(|source| source.id.0 == *name || watches(&source.listing)) {
            bail!("source {} watches {} already; nothing was written", known.id, known.listing);
        }
        let path = folder.config.join("sources").join(format!("{name}.toml"));
        if path.exists() {
            bail!("{} exists; nothing was written", path.display());
        }
        if files.iter().any(|(other, _)| *other == path) {
            bail!("{name} is named twice; nothing was written");
        }
        files.push((path, text(column)));
    }
    let mut output = Output::of_terminal();
    if dry_run {
        for (path, text) in &files {
            writeln!(output.out, "# {}\n{text}", path.display())?;
        }
        return Ok(Exit::Well.into());
    }
    let written = files.iter().try_for_each(|(path, text)| write_new(path, text)).and_then(|()| folder.load().map(|_| ()));
    if let Err(problem) = written {
        for (path, _) in &files {
            let _ = fs::remove_file(path);
        }
        return Err(problem.context("nothing was written"));
    }
    for (path, _) in &files {
        writeln!(output.err, "written to {}", path.display())?;
    }
    writeln!(output.err, "`huitoukan try NAME` shows what a visit would find; a running daemon picks them up by itself")?;
    Ok(Exit::Well.into())
}

fn text(column: &Column) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut text = String::from("# From the catalogue.");
    if let Some(note) = &column.note {
        let _ = write!(text, " Note: {note}.");
    }
    let _ = write!(text, "\nname    = {}\nlisting = {}\n", quoted(&column.name), quoted(column.listing.as_str()));
    let optional = [
        ("region ", Some(&column.region.0).filter(|region| !region.is_empty())),
        ("sector ", column.sector.as_ref()),
        ("family ", column.family.as_ref()),
    ];
    for (key, value) in optional {
        if let Some(value) = value {
            let _ = writeln!(text, "{key} = {}", quoted(value));
        }
    }
    text
}
