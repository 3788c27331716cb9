//! The folder's files to their texts.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Problem;
use crate::model::SourceId;

pub const MAIN: &str = "huitoukan.toml";
pub const SUBSCRIBERS: &str = "subscribers.toml";
pub const SOURCES: &str = "sources";

/// Larger is no configuration, in bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

pub struct Files {
    pub main: Option<Read>,
    /// May be missing: then nobody is told.
    pub subscribers: Option<Read>,
    pub sources: BTreeMap<SourceId, Read>,
}

pub struct Read {
    pub path: PathBuf,
    pub text: String,
}

pub fn read(folder: &Path, problems: &mut Vec<Problem>) -> Files {
    let main = folder.join(MAIN);
    // A file that cannot be looked at is perhaps there: reading it says why.
    if let Ok(false) = main.try_exists() {
        let advice = format!("there is no {MAIN} here; `huitoukan init {}` writes one to begin with", folder.display());
        problems.push(Problem { file: folder.to_owned(), line: None, text: advice });
        return Files { main: None, subscribers: None, sources: BTreeMap::new() };
    }
    Files { main: file(main, problems), subscribers: file(folder.join(SUBSCRIBERS), problems), sources: sources(folder, problems) }
}

/// Files in `sources/` whose names end in `.toml`; hidden ones are the half-written ones of editors.
pub fn source_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder.join(SOURCES)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let mut files: Vec<_> = paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "toml") && !hidden(path)).collect();
    files.sort();
    Ok(files)
}

fn sources(folder: &Path, problems: &mut Vec<Problem>) -> BTreeMap<SourceId, Read> {
    let mut sources = BTreeMap::new();
    let paths = source_files(folder).unwrap_or_else(|error| {
        problems.push(Problem { file: folder.join(SOURCES), line: None, text: format!("the folder cannot be read: {error}") });
        Vec::new()
    });
    for path in paths {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if !is_id(&stem) {
            let text = "the file's name is the source's; use letters, digits, - and _ only".to_owned();
            problems.push(Problem { file: path, line: None, text });
        } else if let Some(read) = file(path, problems) {
            sources.insert(SourceId(stem), read);
        }
    }
    sources
}

fn is_id(stem: &str) -> bool {
    !stem.is_empty() && stem.len() <= 128 && !stem.starts_with('-') && stem.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

fn file(path: PathBuf, problems: &mut Vec<Problem>) -> Option<Read> {
    let text = match fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Ok(about) if about.len() > FILE_BYTES_MAX => Err("it is larger than 4 MiB, which no configuration is".to_owned()),
        Ok(_) => fs::read(&path).map_err(|error| format!("it cannot be read: {error}")).and_then(text),
        Err(error) => Err(format!("it cannot be read: {error}")),
    };
    match text {
        Ok(text) => Some(Read { path, text }),
        Err(text) => {
            problems.push(Problem { file: path, line: None, text });
            None
        }
    }
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    let text = String::from_utf8(bytes).map_err(|_| "it is not in UTF-8; save it as UTF-8".to_owned())?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
