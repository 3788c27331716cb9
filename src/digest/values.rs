//! The problems and values of a [`Difference`] to lines: `3(2) 指导基层商会换届不及时：未完成 → 已完成`.

use super::discreet::Discreet;
use super::facts::bare;
use crate::model::{Difference, FieldChange, ItemChange, ItemDifference, Status};

const VALUE_MAX: usize = 120;
const LABEL_MAX: usize = 40;
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

pub(super) fn lines(difference: &Difference, discreet: &Discreet) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for item in &difference.items {
        let line = item_line(item, discreet);
        match lines.last_mut().filter(|last| last.label == line.label) {
            Some(last) => last.turns.extend(line.turns),
            None => lines.push(line),
        }
    }
    lines.extend(difference.fields.iter().map(|field| field_line(field, discreet)));
    lines
}

fn field_line(field: &FieldChange, discreet: &Discreet) -> Line {
    let shown = |value: &Option<String>| value.as_ref().map(|value| discreet.line(value, VALUE_MAX));
    let (before, after) = (shown(&field.before), shown(&field.after));
    let turn = match before.is_some() && before == after {
        true => Turn { word: if field.name == "contact.phones" { "号码有改动" } else { "有改动" }, before: None, after: None },
        false => Turn { word: "", before, after },
    };
    Line { label: discreet.line(&field.label, LABEL_MAX), turns: vec![turn] }
}

fn item_line(item: &ItemChange, discreet: &Discreet) -> Line {
    let status = |value: &Option<Status>, written: &Option<String>| {
        let written = written.as_ref().map(|written| discreet.line(written, LABEL_MAX));
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
        ItemDifference::ResponsibleUnit { before, after } => ("责任单位", name(before, discreet), name(after, discreet)),
        ItemDifference::ResponsiblePerson { before, after } => ("责任人", name(before, discreet), name(after, discreet)),
        ItemDifference::SplitFrom { label } => ("拆分自", None, Some(discreet.line(label, LABEL_MAX))),
        ItemDifference::MergedInto { label } => ("并入", None, Some(discreet.line(label, LABEL_MAX))),
        ItemDifference::Measures { before, after } => ("措施", Some(before.to_string()), Some(after.to_string())),
    };
    let label = format!("{} {}", discreet.line(&item.label, LABEL_MAX), discreet.line(&bare(&item.heading), LABEL_MAX));
    Line { label: label.trim().to_owned(), turns: vec![Turn { word, before, after }] }
}

fn name(name: &Option<String>, discreet: &Discreet) -> Option<String> {
    Some(name.as_ref().map_or_else(|| NOT_STATED.to_owned(), |name| discreet.line(name, LABEL_MAX)))
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
            (None, Some(after)) if self.word.is_empty() => format!("{after}（新增）"),
            (None, Some(after)) => after.clone(),
            (Some(before), None) => format!("{before}（已删去）"),
            (None, None) => String::new(),
        };
        format!("{}{gap}{values}", self.word)
    }
}
