//! `subscribers.toml` to [`Subscriber`]s.

use std::collections::{BTreeMap, BTreeSet};

use super::section::Section;
use super::{Problem, nearest};
use crate::model::{Kind, Region, SourceId, Subscriber};

pub fn read(file: &Section, zone: &str, named: &[SourceId], problems: &mut Vec<Problem>) -> Vec<Subscriber> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut subscribers = Vec::new();
    for section in file.tables("subscriber") {
        addresses_once(section, problems);
        sources_exist(section, named, problems);
        let Some(subscriber) = subscriber(section, zone, problems) else { continue };
        if let Some(line) = seen.insert(subscriber.id.clone(), section.line) {
            let text = format!("the subscriber in line {line} is called {:?} too; give this one another `id`", subscriber.id);
            problems.push(section.problem(if section.has("id") { "id" } else { "to" }, text));
        }
        subscribers.push(subscriber);
    }
    subscribers
}

fn subscriber(section: &Section, zone: &str, problems: &mut Vec<Problem>) -> Option<Subscriber> {
    let to = section.texts("to");
    let kinds = if section.has("kinds") { kinds(section, "kinds") } else { for_everybody() };
    let urgent = kinds_urgent(section, &kinds, problems);
    // Who looks after the house alone did not ask for what notices promise.
    let reads_notices = kinds.iter().any(|kind| matches!(kind, Kind::Published | Kind::Edited));
    Some(Subscriber {
        id: section.text("id").or_else(|| to.first().cloned())?,
        to,
        digest: section.text("digest")?,
        zone: section.text("zone").unwrap_or_else(|| zone.to_owned()),
        regions: section.texts("regions").into_iter().map(Region).collect(),
        sources: section.texts("sources").into_iter().map(SourceId).collect(),
        sectors: section.texts("sectors"),
        patterns: section.texts("match"),
        kinds,
        urgent,
        remind: match (section.whole("remind"), section.truth("remind")) {
            (Some(days), _) => Some(u32::try_from(days).unwrap_or(u32::MAX)),
            (None, Some(false)) => None,
            (None, Some(true)) => Some(0),
            (None, None) => reads_notices.then_some(0),
        },
        late: section.truth("late").unwrap_or(false),
        checks: section.truth("checks").unwrap_or(false),
    })
}

/// All but what concerns operators.
fn for_everybody() -> Vec<Kind> {
    Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Ailing | Kind::Recovered)).collect()
}

fn kinds(section: &Section, key: &str) -> Vec<Kind> {
    let named: BTreeSet<String> = section.texts(key).into_iter().collect();
    Kind::ALL.into_iter().filter(|kind| named.contains(kind.english())).collect()
}

fn kinds_urgent(section: &Section, kinds_wanted: &[Kind], problems: &mut Vec<Problem>) -> Vec<Kind> {
    let urgent = kinds(section, "urgent");
    for kind in urgent.iter().filter(|kind| !kinds_wanted.contains(kind)) {
        let name = kind.english();
        problems.push(section.problem("urgent", format!("`urgent` names {name:?}, which `kinds` leaves out; add it to `kinds`")));
    }
    urgent
}

fn addresses_once(section: &Section, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (line, address) in section.list("to") {
        if !seen.insert(address.to_lowercase()) {
            let text = format!("`to` names {address} twice; one mail is enough");
            problems.push(Problem { file: section.file.clone(), line: Some(*line), text });
        }
    }
}

fn sources_exist(section: &Section, named: &[SourceId], problems: &mut Vec<Problem>) {
    for (line, name) in section.list("sources") {
        if named.iter().any(|id| id.0 == *name) {
            continue;
        }
        let advice = match nearest(name, named.iter().map(|id| id.0.as_str())) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("there is no sources/{name}.toml"),
        };
        problems.push(Problem {
            file: section.file.clone(),
            line: Some(*line),
            text: format!("`sources`: there is no {name:?}; {advice}"),
        });
    }
}
