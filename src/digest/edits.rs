//! A [`Difference`] to what a reader is shown: values first, then each changed passage with a little around its marks.

use super::clean::{clean, clean_piece, clip};
use super::discreet::Discreet;
use super::facts::bare;
use crate::model::{Difference, FieldChange, ItemChange, ItemDifference, Passage, Piece, Status};

/// Characters shown around a mark, and how far from that a pause may be to cut there.
const AROUND: usize = 18;
const AROUND_SLACK: usize = 6;
/// Characters of a removed or added stretch that are shown.
const MARKED_MAX: usize = 240;
const VALUE_MAX: usize = 120;
const UNDER_MAX: usize = 40;
const NOT_STATED: &str = "未注明";

/// One value or one problem that is different now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) label: String,
    pub(super) turns: Vec<Turn>,
}

/// `未完成 → 已完成`; without an arrow where there was or is nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Turn {
    /// What changed, where the line's label does not say it: 时限, 措施; or all there is to say.
    pub(super) word: &'static str,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// A passage as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shown {
    /// The heading, where the passage before did not stand under it.
    pub(super) under: Option<String>,
    /// What happened to the whole block: 新增整段, 删去整段, 移到此处.
    pub(super) whole: Option<&'static str>,
    pub(super) marks: Vec<Mark>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    Same(String),
    Deleted(String),
    Inserted(String),
    /// Our words, not the notice's.
    Note(String),
}

pub(super) fn lines(difference: &Difference, discreet: &Discreet) -> Vec<Line> {
    let mut lines: Vec<Line> = difference.fields.iter().map(|field| field_line(field, discreet)).collect();
    for item in &difference.items {
        let line = item_line(item, discreet);
        match lines.last_mut().filter(|last| last.label == line.label) {
            Some(last) => last.turns.extend(line.turns),
            None => lines.push(line),
        }
    }
    lines
}

fn field_line(field: &FieldChange, discreet: &Discreet) -> Line {
    let shown = |value: &Option<String>| value.as_ref().map(|value| discreet.line(value, VALUE_MAX));
    let (before, after) = (shown(&field.before), shown(&field.after));
    let turn = match before.is_some() && before == after {
        true => Turn { word: if field.name == "contact.phones" { "号码有改动" } else { "有改动" }, before: None, after: None },
        false => Turn { word: "", before, after },
    };
    Line { label: discreet.line(&field.label, UNDER_MAX), turns: vec![turn] }
}

fn item_line(item: &ItemChange, discreet: &Discreet) -> Line {
    let status = |value: &Option<Status>, written: &Option<String>| {
        let written = written.as_ref().map(|written| discreet.line(written, UNDER_MAX));
        Some(written.or_else(|| value.map(|value| value.chinese().to_owned())).unwrap_or_else(|| "未标注".to_owned()))
    };
    let date = |date: &Option<jiff::civil::Date>| Some(date.map_or_else(|| NOT_STATED.to_owned(), |date| date.to_string()));
    let (word, before, after) = match &item.what {
        ItemDifference::Added => ("新增的问题", None, None),
        ItemDifference::Removed => ("已删去", None, None),
        ItemDifference::Status { before, after, before_as_written, after_as_written } => {
            ("", status(before, before_as_written), status(after, after_as_written))
        }
        ItemDifference::Deadline { before, after } => ("时限", date(before), date(after)),
        ItemDifference::Measures { before, after } => ("措施", Some(before.to_string()), Some(after.to_string())),
    };
    let label = format!("{} {}", discreet.line(&item.label, UNDER_MAX), discreet.line(&bare(&item.heading), UNDER_MAX));
    Line { label: label.trim().to_owned(), turns: vec![Turn { word, before, after }] }
}

impl Line {
    /// `3(2) 指导基层商会换届不及时：未完成 → 已完成；时限 2025-06-30 → 2025-12-31`.
    pub(super) fn text(&self) -> String {
        format!("{}：{}", self.label, self.turns.iter().map(Turn::text).collect::<Vec<_>>().join("；"))
    }
}

impl Turn {
    /// As a sentence goes on after the label.
    pub(super) fn text(&self) -> String {
        let gap = if self.word.is_empty() || (self.before.is_none() && self.after.is_none()) { "" } else { " " };
        let values = match (&self.before, &self.after) {
            (Some(before), Some(after)) => format!("{before} → {after}"),
            (None, Some(after)) => format!("{after}（新增）"),
            (Some(before), None) => format!("{before}（已删去）"),
            (None, None) => String::new(),
        };
        format!("{}{gap}{values}", self.word)
    }
}

/// At most `most` passages as they are shown, in order.
pub(super) fn passages(difference: &Difference, discreet: &Discreet, most: usize) -> Vec<Shown> {
    let mut above: Option<&str> = None;
    let mut all = Vec::new();
    for passage in difference.passages.iter().take(most) {
        let under = passage.under.as_deref();
        let marks = marks(passage, discreet);
        all.push(Shown {
            under: under.filter(|_| under != above).map(|under| discreet.line(under, UNDER_MAX)),
            whole: whole(passage),
            marks,
        });
        above = under;
    }
    all
}

fn whole(passage: &Passage) -> Option<&'static str> {
    match (passage.before, passage.after, passage.pieces.as_slice()) {
        (None, _, _) => Some("新增整段"),
        (_, None, _) => Some("删去整段"),
        (_, _, [Piece::Same(_)]) => Some("移到此处，文字未改"),
        _ => None,
    }
}

fn marks(passage: &Passage, discreet: &Discreet) -> Vec<Mark> {
    let pieces = discreet.pieces(&passage.pieces);
    if let [Piece::Same(text)] = pieces.as_slice() {
        return vec![Mark::Same(clip(&clean(text), 2 * AROUND))];
    }
    let mut marks: Vec<Mark> = Vec::with_capacity(pieces.len() + 1);
    let last = pieces.len().saturating_sub(1);
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Same(text) => marks.push(Mark::Same(around(&clean_piece(text), index > 0, index < last))),
            Piece::Deleted(text) => marks.push(Mark::Deleted(bounded(&clean_piece(text)))),
            Piece::Inserted(text) => match marks.last() {
                Some(Mark::Deleted(gone)) if *gone == bounded(&clean_piece(text)) => {
                    let word = if gone.contains('*') { "号码有改动" } else { "有改动" };
                    let shown = gone.clone();
                    marks.pop();
                    marks.extend([Mark::Same(shown), Mark::Note(word.to_owned())]);
                }
                _ => marks.push(Mark::Inserted(bounded(&clean_piece(text)))),
            },
        }
    }
    marks.retain(|mark| !matches!(mark, Mark::Same(text) if text.is_empty()));
    marks
}

/// A stretch that stayed, as far as it helps to understand the marks on either side of it.
fn around(text: &str, mark_before: bool, mark_after: bool) -> String {
    let characters: Vec<char> = text.chars().collect();
    let whole_max = (AROUND + AROUND_SLACK) * (usize::from(mark_before) + usize::from(mark_after));
    if characters.len() <= whole_max {
        return text.to_owned();
    }
    let head = if mark_before { head(&characters) } else { 0 };
    let tail = if mark_after { tail(&characters) } else { characters.len() };
    format!("{}…{}", characters[..head].iter().collect::<String>(), characters[tail..].iter().collect::<String>())
}

/// Where to stop after a mark: at the pause nearest to the wanted length, else between two words.
fn head(characters: &[char]) -> usize {
    let places = AROUND - AROUND_SLACK..=AROUND + AROUND_SLACK;
    let pause = places.filter(|&place| is_pause(characters[place])).min_by_key(|&place| place.abs_diff(AROUND));
    pause.unwrap_or_else(|| (0..=AROUND).rev().find(|&place| !splits_run(characters, place)).unwrap_or(AROUND))
}

/// Where to start before a mark.
fn tail(characters: &[char]) -> usize {
    let wanted = characters.len() - AROUND;
    let places = wanted - AROUND_SLACK..=wanted + AROUND_SLACK;
    let pause = places.filter(|&place| is_pause(characters[place - 1])).min_by_key(|&place| place.abs_diff(wanted));
    pause.unwrap_or_else(|| (wanted..characters.len()).find(|&place| !splits_run(characters, place)).unwrap_or(wanted))
}

fn is_pause(character: char) -> bool {
    matches!(character, '。' | '、' | ';' | ',' | ':' | '!' | '?' | '；' | '，' | '：' | '！' | '？')
}

fn splits_run(characters: &[char], place: usize) -> bool {
    let in_run = |character: char| character.is_ascii_alphanumeric() || character == '.';
    place > 0 && place < characters.len() && in_run(characters[place - 1]) && in_run(characters[place])
}

fn bounded(text: &str) -> String {
    let total = text.chars().count();
    if total <= MARKED_MAX { text.to_owned() } else { format!("{}（共 {total} 字）", clip(text, MARKED_MAX)) }
}

impl Shown {
    /// What stands above the marks: the heading, and what happened to the whole.
    pub(super) fn heading(&self) -> Option<String> {
        let parts: Vec<&str> = self.under.as_deref().into_iter().chain(self.whole).collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }

    /// One line of plain text: `收集困难和问题83个，仅解决[删 21][增 35]个`.
    pub(super) fn text(&self) -> String {
        let whole = self.whole.map(|whole| format!("{whole}：")).unwrap_or_default();
        self.marks.iter().fold(whole, |line, mark| match mark {
            Mark::Same(text) => line + text,
            Mark::Deleted(text) => format!("{line}[删 {text}]"),
            Mark::Inserted(text) => format!("{line}[增 {text}]"),
            Mark::Note(text) => format!("{line}（{text}）"),
        })
    }
}

/// A difference as plain text, as mails tell it: values and problems, then passages under their headings; private numbers masked.
pub fn difference_text(difference: &Difference) -> String {
    let discreet = Discreet::of(None, Some(difference));
    let mut text = String::new();
    for line in lines(difference, &discreet) {
        text += &format!("{}\n", line.text());
    }
    text + &passages_of(difference, &discreet)
}

/// The passages alone.
pub fn passages_text(difference: &Difference) -> String {
    passages_of(difference, &Discreet::of(None, Some(difference)))
}

fn passages_of(difference: &Difference, discreet: &Discreet) -> String {
    let mut text = String::new();
    for shown in passages(difference, discreet, usize::MAX) {
        text += &shown.under.as_ref().map(|under| format!("{under}\n")).unwrap_or_default();
        text += &format!("  {}\n", shown.text());
    }
    text
}
