//! What stands in one table of a file, by the names of its keys.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;

use super::Problem;
use super::value::Scalar;

/// A table of a file as far as it makes sense.
///
/// What was refused reads like an empty value: its problem is noted, and with a problem nothing is loaded.
#[derive(Debug, Default)]
pub struct Section {
    pub file: PathBuf,
    pub line: usize,
    pub(super) values: BTreeMap<&'static str, Value>,
}

#[derive(Debug)]
pub(super) struct Value {
    pub line: usize,
    /// `false`: this is what not writing it means.
    pub written: bool,
    pub content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Scalar(Scalar),
    List(Vec<(usize, String)>),
    Table(Section),
    Tables(Vec<Section>),
    /// Written, but not to be understood.
    Refused,
}

impl Section {
    /// Whether the key is written.
    pub fn has(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(|value| value.written)
    }

    pub fn line_of(&self, key: &str) -> usize {
        self.values.get(key).map_or(self.line, |value| value.line)
    }

    pub fn text(&self, key: &str) -> Option<String> {
        match self.content(key)? {
            Content::Scalar(Scalar::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    pub fn whole(&self, key: &str) -> Option<u64> {
        match self.content(key)? {
            Content::Scalar(Scalar::Whole(number)) => Some(*number),
            _ => None,
        }
    }

    pub fn duration(&self, key: &str) -> Option<Duration> {
        match self.content(key)? {
            Content::Scalar(Scalar::Duration(duration)) => Some(*duration),
            _ => None,
        }
    }

    pub fn truth(&self, key: &str) -> Option<bool> {
        match self.content(key)? {
            Content::Scalar(Scalar::Truth(truth)) => Some(*truth),
            _ => None,
        }
    }

    pub fn date(&self, key: &str) -> Option<Date> {
        match self.content(key)? {
            Content::Scalar(Scalar::Date(date)) => Some(*date),
            _ => None,
        }
    }

    /// Each with its line; empty where the key is not written.
    pub fn list(&self, key: &str) -> &[(usize, String)] {
        match self.content(key) {
            Some(Content::List(list)) => list,
            _ => &[],
        }
    }

    pub fn texts(&self, key: &str) -> Vec<String> {
        self.list(key).iter().map(|(_, text)| text.clone()).collect()
    }

    pub fn table(&self, key: &str) -> Option<&Section> {
        match self.content(key)? {
            Content::Table(section) => Some(section),
            _ => None,
        }
    }

    pub fn tables(&self, key: &str) -> &[Section] {
        match self.content(key) {
            Some(Content::Tables(sections)) => sections,
            _ => &[],
        }
    }

    pub fn problem(&self, key: &str, text: impl Into<String>) -> Problem {
        Problem { file: self.file.clone(), line: Some(self.line_of(key)), text: text.into() }
    }

    fn content(&self, key: &str) -> Option<&Content> {
        self.values.get(key).map(|value| &value.content)
    }
}
