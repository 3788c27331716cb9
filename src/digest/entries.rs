//! One [`Told`] to its numbered entry: whole, or in short where there are many.

use super::clean::{Link, link};
use super::discreet::Discreet;
use super::facts;
use super::passages::{self, Shown};
use super::relatives;
use super::time::Calendar;
use super::values::{self, Line};
use crate::model::{Difference, Kind, Told};

const TITLE_MAX: usize = 120;
const NAME_MAX: usize = 60;
/// Lines and passages of one edit that are shown; the rest is counted.
const LINES_MAX: usize = 24;
const PASSAGES_MAX: usize = 12;
/// Files of a notice that are named; the rest is counted.
const FILES_MAX: usize = 5;

/// One numbered entry.
#[derive(Default)]
pub(super) struct Entry {
    pub(super) number: usize,
    pub(super) title: String,
    /// Place, issuer, date.
    pub(super) about: Vec<String>,
    pub(super) facts: Vec<String>,
    pub(super) lines: Vec<Line>,
    pub(super) passages: Vec<Shown>,
    pub(super) notes: Vec<String>,
    pub(super) link: Option<Link>,
    /// What the link is called: 原文, 新址.
    pub(super) link_word: &'static str,
}

/// A title, a line and a link.
pub(super) fn short_entry(told: &Told, calendar: &Calendar) -> Entry {
    let discreet = Discreet::of(told.reading.as_ref(), told.difference.as_ref());
    let inner_place = told.region.0.splitn(3, '/').nth(2).map(|place| discreet.line(place, NAME_MAX));
    let said = match told.kind {
        Kind::Published => {
            let short = told.reading.as_ref().and_then(facts::short);
            [told.published.map(|date| date.to_string()), short]
        }
        Kind::Edited => [told.difference.as_ref().map(|difference| short_edit(difference, &discreet)), Some(diff_command(told))],
        Kind::Withdrawn => [Some(absence(told, calendar)), Some(format!("huitoukan show {}", told.notice))],
        _ => [Some(calendar.day(told.at)), None],
    };
    let twin = told.copy_of.as_ref().map(|twin| format!("与 {twin} 相同"));
    Entry {
        title: title(told, &discreet),
        about: [inner_place]
            .into_iter()
            .chain(said)
            .chain([twin, doubtful(told).then(|| "读取存疑".to_owned())])
            .flatten()
            .filter(|part| !part.is_empty())
            .collect(),
        link: link(told.moved_to.as_ref().unwrap_or(&told.url)),
        link_word: link_word(told),
        ..Entry::default()
    }
}

/// Whether the words told of may not be the page's: of a notice that is gone there is nothing to look at.
fn doubtful(told: &Told) -> bool {
    told.doubtful && matches!(told.kind, Kind::Published | Kind::Edited)
}

/// The first thing that is different, and how much more there is.
fn short_edit(difference: &Difference, discreet: &Discreet) -> String {
    let lines = values::lines(difference, discreet);
    let passages = format!("改动 {} 处", difference.passages.len());
    match lines.as_slice() {
        [] => passages,
        [first] => first.text(),
        [first, rest @ ..] => format!("{}；另 {} 项", first.text(), rest.len()),
    }
}

fn link_word(told: &Told) -> &'static str {
    if told.moved_to.is_some() { "新址" } else { "原文" }
}

/// Everything there is to say.
pub(super) fn entry(told: &Told, calendar: &Calendar) -> Entry {
    let discreet = Discreet::of(told.reading.as_ref(), told.difference.as_ref());
    let mut entry = Entry {
        title: title(told, &discreet),
        about: about(told, &discreet),
        link: link(told.moved_to.as_ref().unwrap_or(&told.url)),
        link_word: link_word(told),
        ..Entry::default()
    };
    match told.kind {
        Kind::Published => {
            entry.facts.extend(told.reading.iter().flat_map(|notice| facts::facts(notice, &discreet)));
            entry.facts.extend(files(told, &discreet));
        }
        Kind::Completed => {
            entry.notes.push("此前未能读取的附件现已读取；网站未改动。".to_owned());
            entry.facts.extend(told.reading.iter().flat_map(|notice| facts::facts(notice, &discreet)));
            entry.facts.extend(files(told, &discreet));
        }
        Kind::Edited => edited(told, calendar, &discreet, &mut entry),
        Kind::Withdrawn => entry.notes.push(withdrawn(told, calendar)),
        Kind::Restored => entry.notes.push(format!("{} 重新见于原址，文字与第 {} 版相同。", calendar.day(told.at), told.version)),
        Kind::Moved => entry.notes.push("文字未改，移到同站另一地址。".to_owned()),
        Kind::Baseline | Kind::Ailing | Kind::Recovered => {}
    }
    entry.notes.extend(doubtful(told).then(|| format!("程序读取此页存疑，请以原文为准；缘由可查：huitoukan show {}", told.notice)));
    entry.notes.extend(copy(told));
    entry.notes.extend(relatives::lines(told, &discreet));
    if entry.link.is_none() {
        entry.notes.push(format!("原址不便直接打开，可查：huitoukan show {}", told.notice));
    }
    entry
}

fn title(told: &Told, discreet: &Discreet) -> String {
    let title = discreet.line(&told.title, TITLE_MAX);
    if title.is_empty() { format!("（无标题）{}", told.notice) } else { title }
}

fn about(told: &Told, discreet: &Discreet) -> Vec<String> {
    let place = discreet.line(&told.region.0, NAME_MAX);
    let issuer = discreet.line(told.issuer.as_deref().unwrap_or(&told.source_name), NAME_MAX);
    let published = told.published.map(|date| format!("{date} 发布")).unwrap_or_default();
    [place, issuer, published].into_iter().filter(|part| !part.is_empty()).collect()
}

fn edited(told: &Told, calendar: &Calendar, discreet: &Discreet, entry: &mut Entry) {
    entry.facts.push(versions(told, calendar));
    let Some(difference) = &told.difference else {
        entry.notes.push(format!("内容有改动：{}", diff_command(told)));
        return;
    };
    entry.lines = values::lines(difference, discreet);
    entry.passages = passages::passages(difference, discreet, PASSAGES_MAX);
    let hidden = entry.lines.len().saturating_sub(LINES_MAX) + difference.passages.len().saturating_sub(PASSAGES_MAX);
    entry.lines.truncate(LINES_MAX);
    entry.notes.extend((hidden > 0).then(|| format!("另有 {hidden} 处改动：{}", diff_command(told))));
}

/// The notice's files, each with whether it was read.
fn files(told: &Told, discreet: &Discreet) -> Vec<String> {
    let shown = told.files.iter().take(FILES_MAX).map(|file| format!("附件：{}", discreet.line(file, TITLE_MAX)));
    let hidden = told.files.len().saturating_sub(FILES_MAX);
    let more = (hidden > 0).then(|| format!("另有附件 {hidden} 个：huitoukan show {}", told.notice));
    shown.chain(more).collect()
}

/// Which version this is and which the one before, by the day of capture; by the minute where both are of one day.
fn versions(told: &Told, calendar: &Calendar) -> String {
    let same_day = told.before.is_some_and(|(_, at)| calendar.date(at) == calendar.date(told.captured_at));
    let said = |at| if same_day { calendar.minute(at) } else { calendar.day(at) };
    let now = format!("第 {} 版采集于 {}", told.version, said(told.captured_at));
    match told.before {
        Some((number, at)) => format!("{now}；第 {number} 版采集于 {}", said(at)),
        None => now,
    }
}

fn diff_command(told: &Told) -> String {
    let versions = told.before.map(|(number, _)| format!(" {number} {}", told.version));
    format!("huitoukan diff {}{}", told.notice, versions.unwrap_or_default())
}

fn withdrawn(told: &Told, calendar: &Calendar) -> String {
    format!("{}，网站其他页面正常。存档可查：huitoukan show {}", absence(told, calendar), told.notice)
}

fn absence(told: &Told, calendar: &Calendar) -> String {
    let (last, days) = (calendar.day(told.last_seen), calendar.days(told.last_seen, told.at));
    let days = if days > 0 { format!("{days} 天 ") } else { String::new() };
    format!("最后见于 {last}；此后 {days}{} 次访问均已不在原址", told.looks.max(1))
}

fn copy(told: &Told) -> Option<String> {
    told.copy_of.as_ref().map(|twin| format!("与 {twin} 相同（另一地址的同一文字），可查：huitoukan show {twin}"))
}
