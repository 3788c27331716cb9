//! The corpus' own metrics (`evaluate.py` there): body by character 4-grams and exactly, title, date and source in a lenient form.

use std::collections::HashMap;

use huitoukan::model::Document;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Gold {
    pub file: String,
    #[serde(default)]
    pub kind: String,
    title: Option<String>,
    published: Option<String>,
    source: Option<String>,
    #[serde(default)]
    body: Vec<String>,
}

/// 1 for right, 0 for wrong; `None` where the gold says nothing.
pub struct Score {
    pub f1: f64,
    pub exact: f64,
    pub paragraphs: f64,
    pub title: Option<f64>,
    pub date: Option<f64>,
    pub source: Option<f64>,
}

pub fn score(gold: &Gold, read: Option<Document>) -> Score {
    let read = read.unwrap_or_default();
    let title = gold.title.as_deref().map(form).unwrap_or_default();
    let expected = without_title(squeezed(&gold.body), &title);
    let blocks: Vec<String> = read.blocks.iter().map(|block| block.text().into_owned()).collect();
    let found = without_title(squeezed(&blocks), &title);
    let right = |condition: bool| f64::from(u8::from(condition));
    let stated = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    Score {
        f1: f1(&expected.concat(), &found.concat()),
        exact: right(expected.concat() == found.concat()),
        paragraphs: right(expected == found),
        title: stated(&gold.title).map(|_| right(title == read.title.as_deref().map(form).unwrap_or_default())),
        date: stated(&gold.published).map(|date| right(read.published.is_some_and(|published| published.date.to_string() == date[..10]))),
        source: stated(&gold.source).map(|source| right(squeeze(&source) == squeeze(read.source.as_deref().unwrap_or_default()))),
    }
}

/// The lines without any white space or invisible characters, empty ones left out.
pub fn squeezed<S: AsRef<str>>(lines: &[S]) -> Vec<String> {
    lines.iter().map(|line| squeeze(line.as_ref())).filter(|line| !line.is_empty()).collect()
}

fn squeeze(text: &str) -> String {
    let invisible = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{feff}' | '\u{ad}');
    text.chars().filter(|character| !character.is_whitespace() && !invisible(*character)).collect()
}

fn form(text: &str) -> String {
    let squeezed = squeeze(text);
    let unified = squeezed.chars().map(|character| match character {
        '\u{201c}' | '\u{201d}' => '"',
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{ff01}' | '\u{ff08}' | '\u{ff09}' | '\u{ff0c}' | '\u{ff0d}' | '\u{ff1a}' | '\u{ff1f}' => {
            char::from_u32(character as u32 - 0xfee0).unwrap()
        }
        '\u{2013}'..='\u{2015}' => '-',
        '\u{2022}' | '\u{30fb}' => '\u{b7}',
        other => other,
    });
    unified.collect::<String>().trim_matches(['_', '-', '|']).to_owned()
}

fn without_title(lines: Vec<String>, title: &str) -> Vec<String> {
    lines.into_iter().skip_while(|line| !title.is_empty() && form(line) == title).collect()
}

/// Of the multisets of character 4-grams.
fn f1(expected: &str, found: &str) -> f64 {
    let (expected, found) = (grams(expected), grams(found));
    let common: usize = expected.iter().map(|(gram, count)| *count.min(found.get(gram).unwrap_or(&0))).sum();
    let (precision, recall) = (common as f64 / total(&found), common as f64 / total(&expected));
    if common == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
}

fn total(grams: &HashMap<Vec<char>, usize>) -> f64 {
    grams.values().sum::<usize>().max(1) as f64
}

fn grams(text: &str) -> HashMap<Vec<char>, usize> {
    let characters: Vec<char> = text.chars().collect();
    let mut grams = HashMap::new();
    for gram in characters.windows(4.min(characters.len().max(1))) {
        *grams.entry(gram.to_vec()).or_default() += 1;
    }
    grams
}
