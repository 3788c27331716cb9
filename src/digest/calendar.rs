//! What the calendar did, and what is worth a second look, to numbered entries: 到期未见后续, 应有未见, 值得一看.

use jiff::Timestamp;
use jiff::civil::Date;

use super::clean::link;
use super::discreet::Discreet;
use super::entries::Entry;
use super::facts::{INFERRED, bare};
use super::time::Calendar;
use crate::model::{Digest, Fact, Late, Matter};

const NAME_MAX: usize = 60;
const PROBLEM_MAX: usize = 80;
const SENTENCE_MAX: usize = 200;
/// Facts of one notice that are told; the rest is counted.
const FACTS_MAX: usize = 8;

/// A deadline that a body set itself: 自定时限 2025-06-30，已过 145 天.
pub(super) fn reminder(matter: &Matter, calendar: &Calendar, now: Timestamp) -> Entry {
    let discreet = Discreet::default();
    let body = discreet.line(matter.issuer.as_deref().unwrap_or(&matter.title), NAME_MAX);
    let problem = discreet.line(&bare(&matter.problem), PROBLEM_MAX);
    let label = matter.label.as_deref().map(|label| format!("{} ", discreet.line(label, NAME_MAX))).unwrap_or_default();
    let written = matter.status_as_written.as_deref().map(|written| discreet.line(written, NAME_MAX));
    let written = written.or_else(|| matter.status.map(|status| status.chinese().to_owned()));
    let said = written.map_or_else(|| "通报未标注是否完成".to_owned(), |written| format!("通报标为“{written}”"));
    let inferred = if matter.inferred { INFERRED } else { "" };
    let day = format!("自定时限 {}{inferred}，{}；{said}", matter.deadline, how_long(matter.deadline, calendar.date(now)));
    let title = discreet.line(&matter.title, NAME_MAX * 2);
    Entry {
        title: format!("{body} · {label}{problem}"),
        about: [discreet.line(&matter.region.0, NAME_MAX), title].into_iter().filter(|part| !part.is_empty()).collect(),
        facts: vec![day],
        notes: quoted(&matter.sentence, &discreet).into_iter().chain([format!("可查：huitoukan show {}", matter.notice)]).collect(),
        link: link(&matter.url),
        link_word: "原文",
        ..Entry::default()
    }
}

/// A title, a line and a link, where there are many.
pub(super) fn short_reminder(matter: &Matter, calendar: &Calendar, now: Timestamp) -> Entry {
    let Entry { title, link, link_word, .. } = reminder(matter, calendar, now);
    let day = format!("时限 {}{}", matter.deadline, if matter.inferred { INFERRED } else { "" });
    let about = [Discreet::default().line(&matter.region.0, NAME_MAX), day, how_long(matter.deadline, calendar.date(now))];
    Entry { title, about: about.into_iter().filter(|part| !part.is_empty()).collect(), link, link_word, ..Entry::default() }
}

fn how_long(deadline: Date, today: Date) -> String {
    match (today - deadline).get_days() {
        0 => "今天到期".to_owned(),
        days if days > 0 => format!("已过 {days} 天"),
        days => format!("还有 {} 天", -days),
    }
}

fn quoted(sentence: &str, discreet: &Discreet) -> Option<String> {
    let sentence = discreet.line(sentence, SENTENCE_MAX);
    (!sentence.is_empty()).then(|| format!("“{}”", sentence.trim_end_matches(['。', '.'])))
}

/// A body of which nothing was seen: 2025-01-10 反馈，至今 316 天.
pub(super) fn late(late: &Late) -> Entry {
    let discreet = Discreet::default();
    let basis = match late.usual_from {
        0 => "27 份通报的中位数".to_owned(),
        count => format!("本库 {count} 份通报的中位数"),
    };
    Entry {
        title: discreet.line(&late.name, NAME_MAX),
        about: [discreet.line(&late.region.0, NAME_MAX), discreet.line(&late.title, NAME_MAX * 2)]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect(),
        facts: vec![format!(
            "{} 反馈，至今 {} 天，在所看的来源中未见整改通报；通常 {} 天（{basis}）",
            late.feedback, late.days, late.usual_days
        )],
        notes: vec![format!("反馈通报：huitoukan show {}", late.notice)],
        link: link(&late.url),
        link_word: "反馈原文",
        ..Entry::default()
    }
}

/// The facts of one notice each, in the order of the notices.
pub(super) fn second_looks(digest: &Digest) -> Vec<Entry> {
    let mut entries: Vec<(&Fact, Entry)> = Vec::new();
    for fact in &digest.facts {
        let told = digest.told.iter().find(|told| told.notice == fact.notice);
        let discreet = Discreet::of(told.and_then(|told| told.reading.as_ref()), None);
        let mut lines = vec![format!("· {}", discreet.line(&fact.fact, SENTENCE_MAX))];
        lines.extend(quoted(&fact.sentence, &discreet).map(|quoted| format!("  {quoted}")));
        match entries.last_mut().filter(|(first, _)| first.notice == fact.notice) {
            Some((_, entry)) => entry.facts.extend(lines),
            None => {
                let entry = Entry {
                    title: discreet.line(&fact.title, NAME_MAX * 2),
                    facts: lines,
                    link: link(&fact.url),
                    link_word: "原文",
                    ..Entry::default()
                };
                entries.push((fact, entry));
            }
        }
    }
    entries.into_iter().map(|(fact, entry)| shortened(fact, entry)).collect()
}

fn shortened(fact: &Fact, mut entry: Entry) -> Entry {
    let heads: Vec<usize> = (0..entry.facts.len()).filter(|at| entry.facts[*at].starts_with('·')).collect();
    if let Some(end) = heads.get(FACTS_MAX) {
        entry.facts.truncate(*end);
        entry.notes.push(format!("另有 {} 处：huitoukan checks {}", heads.len() - FACTS_MAX, fact.notice));
    }
    entry
}
