//! The text of a file, held against its table of keys: what stands there, and every problem with its line.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::schema::{Absent, Key};
use super::section::{Content, Section, Value};
use super::value::{Scalar, Shape};
use super::{Known, Problem, nearest};

/// Holds a file's text against its keys.
pub fn check(file: &Path, text: &str, keys: &'static [Key], known: &Known<'_>, problems: &mut Vec<Problem>) -> Section {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut checker = Checker { file, text, top: keys, known, problems, whole: errors.is_empty() };
    for error in &errors {
        let line = error.span().map_or(1, |span| checker.line(&span));
        checker.note(line, format!("this is no TOML: {}", error.message()));
    }
    checker.table(table.get_ref(), 1, keys, "")
}

struct Checker<'a> {
    file: &'a Path,
    text: &'a str,
    top: &'static [Key],
    known: &'a Known<'a>,
    problems: &'a mut Vec<Problem>,
    /// Of a file with errors of grammar only a part was read: what seems missing may be there.
    whole: bool,
}

impl Checker<'_> {
    fn table(&mut self, table: &DeTable<'_>, line: usize, keys: &'static [Key], path: &str) -> Section {
        let mut section = Section { file: self.file.to_owned(), line, values: BTreeMap::new() };
        for (name, value) in table {
            let line = self.line(&name.span());
            match keys.iter().find(|key| key.name == name.get_ref().as_ref()) {
                Some(key) => self.key(key, line, value, path, &mut section),
                None => self.unknown(name.get_ref(), line, keys, path),
            }
        }
        self.absent(keys, path, &mut section, table);
        section
    }

    fn key(&mut self, key: &'static Key, line: usize, value: &Spanned<DeValue<'_>>, path: &str, section: &mut Section) {
        let path = join(path, key.name);
        let content = self.content(&key.shape, value, line, &path).unwrap_or(Content::Refused);
        section.values.insert(key.name, Value { line, written: true, content });
    }

    fn content(&mut self, shape: &'static Shape, value: &Spanned<DeValue<'_>>, line: usize, path: &str) -> Option<Content> {
        match (shape, value.get_ref()) {
            (Shape::Table(keys) | Shape::WordOr(_, keys), DeValue::Table(table)) => {
                Some(Content::Table(self.table(table, line, keys, path)))
            }
            (Shape::Tables(keys), DeValue::Array(array)) => {
                let mut sections = Vec::new();
                for item in array.iter() {
                    let line = self.line(&item.span());
                    match item.get_ref() {
                        DeValue::Table(table) => sections.push(self.table(table, line, keys, path)),
                        _ => self.note(line, format!("`{path}` must be {}", shape.example())),
                    }
                }
                Some(Content::Tables(sections))
            }
            (Shape::List(of), DeValue::Array(array)) => {
                let mut list = Vec::new();
                for item in array.iter() {
                    let line = self.line(&item.span());
                    if let Some(Scalar::Text(text)) = self.scalar(of, item.get_ref(), line, path) {
                        list.push((line, text));
                    }
                }
                if array.is_empty() {
                    self.note(line, format!("`{path}` is empty; write at least one, or leave the key out"));
                }
                Some(Content::List(list))
            }
            (Shape::List(of), DeValue::String(text)) => {
                self.note(line, format!("`{path}` must be a list; write [{text:?}]"));
                self.scalar(of, value.get_ref(), line, path).map(|_| Content::List(Vec::new()))
            }
            _ => self.scalar(shape, value.get_ref(), line, path).map(Content::Scalar),
        }
    }

    fn scalar(&mut self, shape: &Shape, value: &DeValue<'_>, line: usize, path: &str) -> Option<Scalar> {
        let text = match (shape, value) {
            (Shape::Whole { .. } | Shape::Duration | Shape::Size, DeValue::Integer(number)) => Ok(decimal(number)),
            (Shape::Duration | Shape::Size, DeValue::Float(number)) => Ok(number.as_str().to_owned()),
            (Shape::Truth | Shape::DaysOrTruth, DeValue::Boolean(truth)) => Ok(truth.to_string()),
            (Shape::Date, DeValue::Datetime(date)) => Ok(date.to_string()),
            (Shape::Whole { .. } | Shape::Truth | Shape::Table(_) | Shape::Tables(_) | Shape::List(_), _) => Err(value.type_str()),
            (_, DeValue::String(text)) => Ok(text.to_string()),
            _ => Err(value.type_str()),
        };
        let read = match text {
            Ok(text) => shape.read(&text, self.known).map_err(|why| format!("`{path}`: {why}")),
            Err(kind) => Err(format!("`{path}` is {} {kind}; write {}", article(kind), shape.example())),
        };
        read.map_err(|problem| self.note(line, problem)).ok()
    }

    fn absent(&mut self, keys: &'static [Key], path: &str, section: &mut Section, table: &DeTable<'_>) {
        for key in keys.iter().filter(|key| !table.keys().any(|name| name.get_ref().as_ref() == key.name)) {
            match key.absent {
                Absent::Refused if self.whole => {
                    let help = key.help.trim_end_matches('.');
                    self.note(section.line, format!("`{}` is missing. {help}: write {}", join(path, key.name), key.shape.example()));
                }
                Absent::Means(text) => {
                    if let Ok(scalar) = key.shape.read(text, self.known) {
                        section.values.insert(key.name, Value { line: section.line, written: false, content: Content::Scalar(scalar) });
                    }
                }
                Absent::Fine => self.defaults(key, path, section),
                Absent::Refused => {}
            }
        }
    }

    /// A table that need not be written is there all the same, with what not writing its keys means.
    fn defaults(&mut self, key: &'static Key, path: &str, section: &mut Section) {
        let Shape::Table(keys) = key.shape else { return };
        if keys.iter().all(|key| !matches!(key.absent, Absent::Refused)) {
            let mut table = Section { file: section.file.clone(), line: section.line, values: BTreeMap::new() };
            self.absent(keys, &join(path, key.name), &mut table, &DeTable::new());
            section.values.insert(key.name, Value { line: section.line, written: false, content: Content::Table(table) });
        }
    }

    fn unknown(&mut self, name: &str, line: usize, keys: &[Key], path: &str) {
        let place = if path.is_empty() { String::new() } else { format!(" in [{path}]") };
        let advice = if name.contains("password") {
            "a password never stands in a file that is shown around; write it alone into a file and name that as password_file".to_owned()
        } else if let Some(near) = nearest(name, keys.iter().map(|key| key.name)) {
            format!("did you mean `{near}`?")
        } else if let Some(home) = home(name, self.top, "") {
            format!("it belongs {home}")
        } else {
            format!("there are {}", keys.iter().map(|key| key.name).collect::<Vec<_>>().join(", "))
        };
        self.note(line, format!("there is no `{name}`{place}; {advice}"));
    }

    fn note(&mut self, line: usize, text: String) {
        self.problems.push(Problem { file: self.file.to_owned(), line: Some(line), text });
    }

    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        before.bytes().filter(|byte| *byte == b'\n').count() + 1
    }
}

/// Where a key of this name belongs: a key written below a section's head is read as that section's.
fn home(name: &str, keys: &[Key], path: &str) -> Option<String> {
    for key in keys {
        if key.name == name {
            return Some(if path.is_empty() { "above the first [section]".to_owned() } else { format!("into [{path}]") });
        }
        if let Shape::Table(inner) | Shape::Tables(inner) | Shape::WordOr(_, inner) = key.shape
            && let Some(found) = home(name, inner, &join(path, key.name))
        {
            return Some(found);
        }
    }
    None
}

/// `0x10` and `1_000` as they would be said.
fn decimal(number: &DeInteger<'_>) -> String {
    let digits = number.as_str().replace('_', "");
    u64::from_str_radix(&digits, number.radix()).map_or(digits, |number| number.to_string())
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn article(kind: &str) -> &'static str {
    if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}
