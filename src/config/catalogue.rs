//! The catalogue of known columns: files that are part of the program, or those in the folder's `catalogue/` instead.
//!
//! Nothing in it is watched by itself: a person takes an entry over into `sources/`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Serialize;
use url::Url;

use super::section::Section;
use super::{Known, Problem, check, schema};
use crate::model::Region;

/// One known column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Becomes the source's name; unique in the catalogue.
    pub id: String,
    pub name: String,
    pub listing: Url,
    pub region: Region,
    pub sector: Option<String>,
    pub family: Option<String>,
    /// What whoever takes it should know.
    pub note: Option<String>,
}

/// The catalogue that the program brings along, by file name.
const BUILT_IN: [(&str, &str); 4] = [
    ("central.toml", include_str!("../../config/catalogue/central.toml")),
    ("provinces.toml", include_str!("../../config/catalogue/provinces.toml")),
    ("discipline.toml", include_str!("../../config/catalogue/discipline.toml")),
    ("local.toml", include_str!("../../config/catalogue/local.toml")),
];

/// Name of the folder that takes the place of what the program brings along.
const FOLDER: &str = "catalogue";

/// The columns of the folder's own catalogue where it has one, else those that the program brings along.
///
/// # Errors
/// Every problem of every file.
pub fn catalogue(folder: &Path, known: &Known<'_>) -> Result<Vec<Column>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut columns: Vec<(Column, PathBuf, usize)> = Vec::new();
    for (path, text) in texts(&folder.join(FOLDER), &mut problems) {
        let section = check::check(&path, &text, schema::CATALOGUE, known, &mut problems);
        columns.extend(section.tables("source").iter().filter_map(|entry| Some((column(entry)?, path.clone(), entry.line))));
    }
    for (index, (column, path, line)) in columns.iter().enumerate() {
        if columns[..index].iter().any(|(other, ..)| other.id == column.id) {
            let text = format!("`id`: there is another {:?} in the catalogue; names are unique", column.id);
            problems.push(Problem { file: path.clone(), line: Some(*line), text });
        }
    }
    if problems.is_empty() { Ok(columns.into_iter().map(|(column, ..)| column).collect()) } else { Err(problems) }
}

fn column(section: &Section) -> Option<Column> {
    Some(Column {
        id: section.text("id")?,
        name: section.text("name")?,
        listing: section.text("listing")?.parse().ok()?,
        region: Region(section.text("region").unwrap_or_default()),
        sector: section.text("sector"),
        family: section.text("family"),
        note: section.text("note"),
    })
}

fn texts(folder: &Path, problems: &mut Vec<Problem>) -> Vec<(PathBuf, String)> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return BUILT_IN.iter().map(|(name, text)| (Path::new(FOLDER).join(name), (*text).to_owned())).collect();
        }
        Err(error) => {
            problems.push(Problem { file: folder.to_owned(), line: None, text: format!("the folder cannot be read: {error}") });
            return Vec::new();
        }
        Ok(entries) => entries,
    };
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    paths.sort();
    let mut texts = Vec::new();
    for path in paths {
        match fs::read_to_string(&path) {
            Ok(text) => texts.push((path, text)),
            Err(error) => problems.push(Problem { file: path, line: None, text: format!("it cannot be read: {error}") }),
        }
    }
    texts
}
