//! [`Digest`] to [`View`]: everything that stands in the mail, as clean text in order; both templates render the same view.

use super::calendar;
use super::discreet::Discreet;
use super::entries::{Entry, entry, short_entry};
use super::places::{Group, grouped};
use super::time::Calendar;
use crate::model::{Baseline, Digest, Kind, SourceNews, Told, Topic};

const NAME_MAX: usize = 60;
const EVIDENCE_MAX: usize = 200;
/// Alarms at the foot of a digest; `status` lists all.
const ALARMS_MAX: usize = 20;
/// A section with more entries than this is grouped by place and told in short.
const DETAILED_MAX: usize = 12;
/// Entries of a section that are listed; the rest is counted and a command given.
const LISTED_MAX: usize = 500;

pub(super) struct View {
    /// `新增3 修改1 撤下1`.
    pub(super) counts: Vec<(&'static str, usize)>,
    pub(super) day: String,
    pub(super) sections: Vec<Section>,
    /// Whether any passage is marked, so that the marks are explained.
    pub(super) marked: bool,
    pub(super) captured: Option<String>,
    /// What waits for a person; at the foot.
    pub(super) alarms: Vec<String>,
    /// Alarms beyond those listed.
    pub(super) alarms_more: usize,
}

pub(super) struct Section {
    pub(super) title: String,
    pub(super) count: usize,
    /// Told in short, by place.
    pub(super) brief: bool,
    pub(super) groups: Vec<Group<Entry>>,
    /// What is not listed, and how to see it.
    pub(super) more: Option<String>,
}

pub(super) fn view(digest: &Digest) -> View {
    let calendar = Calendar::of(&digest.zone, digest.composed_at);
    let mut number = 0;
    let mut sections = Vec::new();
    for kind in Kind::ALL {
        for topic in headings() {
            let told: Vec<&Told> = digest.told.iter().filter(|told| told.kind == kind && heading(told) == topic).collect();
            sections.extend((!told.is_empty()).then(|| told_section(kind, topic, &told, &calendar, &mut number)));
        }
    }
    sections.extend(reminders(digest, &calendar, &mut number));
    sections.extend(of_entries("应有未见", digest.late.iter().map(calendar::late).collect(), &mut number));
    sections.extend(of_entries("值得一看", calendar::second_looks(digest), &mut number));
    sections.extend(baselines(&digest.baselines, &mut number));
    sections.extend(sources(&digest.sources, &calendar, &mut number));
    View {
        counts: counts(digest),
        day: calendar.day(digest.composed_at),
        marked: sections
            .iter()
            .flat_map(|section| &section.groups)
            .flat_map(|group| &group.entries)
            .any(|entry| !entry.passages.is_empty()),
        sections,
        alarms: digest.alarms.iter().take(ALARMS_MAX).map(|alarm| plain(alarm, EVIDENCE_MAX)).collect(),
        alarms_more: digest.alarms.len().saturating_sub(ALARMS_MAX),
        captured: digest.captured_until.map(|until| format!("{}（{}）", calendar.minute(until), calendar.name())),
    }
}

/// How many there are of each kind, in telling order; none that are not there.
pub(super) fn counts(digest: &Digest) -> Vec<(&'static str, usize)> {
    let count = |kind: Kind| match kind {
        Kind::Baseline => digest.baselines.len(),
        Kind::Ailing => digest.sources.iter().filter(|news| news.problem.is_some()).count(),
        Kind::Recovered => digest.sources.iter().filter(|news| news.problem.is_none()).count(),
        _ => 0,
    };
    let told = |kind: Kind| digest.told.iter().filter(|told| told.kind == kind).count();
    let of_kinds = Kind::ALL.map(|kind| (kind.chinese(), told(kind) + count(kind)));
    let (changes, of_sources) = of_kinds.split_at(Kind::ALL.iter().position(|kind| *kind == Kind::Baseline).unwrap_or(0));
    let calendar = [("到期", digest.reminders.len()), ("应有未见", digest.late.len())];
    changes.iter().chain(&calendar).chain(of_sources).copied().filter(|(_, count)| *count > 0).collect()
}

/// Rectification notices, and what nothing is known of, stand under the change alone; the other topics each under their own heading.
fn headings() -> impl Iterator<Item = Option<Topic>> {
    std::iter::once(None).chain(Topic::RECORDED.into_iter().skip(1).map(Some))
}

fn heading(told: &Told) -> Option<Topic> {
    let topic = told.reading.as_ref().map(|notice| notice.topic)?;
    Topic::RECORDED.into_iter().skip(1).find(|recorded| *recorded == topic)
}

fn told_section(kind: Kind, topic: Option<Topic>, told: &[&Told], calendar: &Calendar, number: &mut usize) -> Section {
    let brief = told.len() > DETAILED_MAX;
    let since = told.iter().map(|told| told.at).min().map(|at| calendar.date(at).to_string()).unwrap_or_default();
    let hidden = told.len().saturating_sub(LISTED_MAX);
    let mut groups = grouped(
        told.iter().take(LISTED_MAX),
        |told| brief.then_some(&told.region),
        |told| match brief {
            true => short_entry(told, calendar),
            false => entry(told, calendar),
        },
    );
    for entry in groups.iter_mut().flat_map(|group| &mut group.entries) {
        *number += 1;
        entry.number = *number;
    }
    Section {
        title: topic.map_or_else(|| kind.chinese().to_owned(), |topic| format!("{} · {}", kind.chinese(), topic.chinese())),
        count: told.len(),
        brief,
        groups,
        more: (hidden > 0).then(|| format!("另有 {hidden} 件未列出，全部可查：huitoukan notices --since {since}")),
    }
}

fn baselines(baselines: &[Baseline], number: &mut usize) -> Option<Section> {
    let entries = baselines.iter().map(|baseline| {
        let span = match (baseline.oldest, baseline.newest) {
            (Some(oldest), Some(newest)) if oldest != newest => format!("，发布于 {oldest} 至 {newest}"),
            (Some(date), _) | (None, Some(date)) => format!("，发布于 {date}"),
            (None, None) => String::new(),
        };
        let found = format!("首次访问，收录已有通报 {} 件{span}；不逐件列出，今后有新增、修改、撤下再报。", baseline.notices);
        let found = match baseline.overdue {
            0 => found,
            overdue => format!("{found}其中 {overdue} 项自定时限此前已过而未见后续，可查：huitoukan deadlines --overdue"),
        };
        (plain(&baseline.source_name, NAME_MAX), plain(&baseline.region.0, NAME_MAX), found)
    });
    section("首次收录", entries.collect(), number)
}

fn sources(news: &[SourceNews], calendar: &Calendar, number: &mut usize) -> Option<Section> {
    let entries = news.iter().map(|news| {
        let last = news.last_success.map(|at| format!("最后一次正常：{}。", calendar.minute(at)));
        let said = match &news.problem {
            Some(problem) => {
                let evidence = plain(&problem.evidence, EVIDENCE_MAX);
                format!("自 {} 起{}（{evidence}）。{}", calendar.minute(news.at), trouble(&problem.name), last.unwrap_or_default())
            }
            None => format!("{} 恢复正常。", calendar.minute(news.at)),
        };
        (plain(&news.source_name, NAME_MAX), format!("来源 {}", plain(&news.source.0, NAME_MAX)), said)
    });
    section("来源状况", entries.collect(), number)
}

fn plain(text: &str, characters_max: usize) -> String {
    Discreet::default().line(text, characters_max)
}

/// The name of a problem in words; one without words goes by its name.
fn trouble(name: &str) -> String {
    match name {
        "unreachable" => "无法连接".to_owned(),
        "robots" => "被 robots.txt 谢绝".to_owned(),
        "no-entries" => "栏目页未见条目".to_owned(),
        "mass-change" => "大面积变动，疑为改版，暂不通报".to_owned(),
        "maintenance" => "网站维护".to_owned(),
        "captcha" | "ruishu" | "jsl" => "须经人机验证".to_owned(),
        other => format!("异常 {}", plain(other, NAME_MAX)),
    }
}

/// What has come or will; how many are open in all is said at the end.
fn reminders(digest: &Digest, calendar: &Calendar, number: &mut usize) -> Option<Section> {
    let (told, now) = (&digest.reminders, digest.composed_at);
    let newly = told.iter().filter(|matter| matter.deadline < calendar.date(now)).count();
    let hidden = told.len().saturating_sub(LISTED_MAX);
    let brief = told.len() > DETAILED_MAX;
    let entry = if brief { calendar::short_reminder } else { calendar::reminder };
    let entries = told.iter().take(LISTED_MAX).map(|matter| entry(matter, calendar, now)).collect();
    let said = format!("已过自定时限而未见后续的共 {} 项，全部可查：huitoukan deadlines --overdue", digest.overdue);
    let more = Some(said).filter(|_| digest.overdue > newly || hidden > 0);
    match of_entries("到期未见后续", entries, number) {
        Some(section) => Some(Section { count: told.len(), brief, more, ..section }),
        // Told before, and still open.
        None => more.map(|more| Section {
            title: "到期未见后续".to_owned(),
            count: digest.overdue,
            brief: false,
            groups: Vec::new(),
            more: Some(more),
        }),
    }
}

fn section(title: &'static str, entries: Vec<(String, String, String)>, number: &mut usize) -> Option<Section> {
    let entry = |(title, about, note): (String, String, String)| Entry {
        title,
        about: Vec::from_iter(Some(about).filter(|about| !about.is_empty())),
        notes: vec![note],
        ..Entry::default()
    };
    of_entries(title, entries.into_iter().map(entry).collect(), number)
}

fn of_entries(title: &'static str, mut entries: Vec<Entry>, number: &mut usize) -> Option<Section> {
    for entry in &mut entries {
        *number += 1;
        entry.number = *number;
    }
    let count = entries.len();
    (count > 0).then(|| Section {
        title: title.to_owned(),
        count,
        brief: false,
        groups: vec![Group { place: None, inner: None, entries }],
        more: None,
    })
}
