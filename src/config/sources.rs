//! `sources/*.toml` to [`Source`]s.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use url::Url;

use super::section::Section;
use super::{Config, Known, Problem, check, main, schema};
use crate::model::{JsonRule, Reach, Region, Render, RobotsRule, Rules, Source, SourceId, TitleRule, Tls, Topic, Visit};

pub fn read(sections: &[(SourceId, Section)], config: &mut Config, problems: &mut Vec<Problem>) -> Vec<Source> {
    let mut seen: BTreeMap<String, &SourceId> = BTreeMap::new();
    let mut sources = Vec::new();
    for (id, section) in sections {
        let Some(source) = source(id, section, config, problems) else { continue };
        let mut listing = source.listing.clone();
        listing.set_fragment(None);
        if let Some(other) = seen.insert(listing.into(), id) {
            problems.push(section.problem("listing", format!("`listing`: {other}.toml watches the same address; remove one of the two")));
        }
        sources.push(source);
    }
    sources
}

/// The family, selectors and mapping that one source's file writes down, for reading saved pages by them.
///
/// # Errors
/// Every problem of the file.
pub fn reading_of(file: &Path, known: &Known<'_>) -> Result<(Option<String>, Rules), Vec<Problem>> {
    let problem = |text: String| vec![Problem { file: file.to_owned(), line: None, text }];
    let text = fs::read_to_string(file).map_err(|error| problem(format!("it cannot be read: {error}")))?;
    let mut problems = Vec::new();
    let section = check::check(file, &text, schema::SOURCE, known, &mut problems);
    if problems.is_empty() { Ok((section.text("family"), rules_in(&section))) } else { Err(problems) }
}

fn rules_in(section: &Section) -> Rules {
    Rules { json: section.table("json").and_then(json), ..section.table("rules").map(rules).unwrap_or_default() }
}

/// `None` where its problem is already noted.
fn source(id: &SourceId, section: &Section, config: &mut Config, problems: &mut Vec<Problem>) -> Option<Source> {
    let reach = reach(section, config, problems);
    Some(Source {
        id: id.clone(),
        name: section.text("name")?,
        listing: section.text("listing")?.parse::<Url>().ok()?,
        region: Region(section.text("region").unwrap_or_default()),
        sector: section.text("sector"),
        family: section.text("family"),
        rules: rules_in(section),
        title: TitleRule { topics: topics(section), ..section.table("title").map(title).unwrap_or_default() },
        visit: Visit {
            cron: section.text("visit").unwrap_or_else(|| config.visit.clone()),
            zone: section.text("zone").unwrap_or_else(|| config.zone.clone()),
        },
        depth: section.whole("depth").and_then(|depth| u32::try_from(depth).ok())?,
        announce_since: section.date("announce_since"),
        reach,
        keep: section.table("keep").map_or(config.keep.notices, |keep| main::keep_of(keep, config.keep.notices)),
        purpose: section.text("purpose").or_else(|| config.purpose.clone()),
        render: if section.text("render").as_deref() == Some("browser") { Render::Browser } else { Render::AsServed },
    })
}

fn reach(section: &Section, config: &mut Config, problems: &mut Vec<Problem>) -> Reach {
    let pause_ms = section.duration("pause").map(|pause| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
    if pause_ms.is_some_and(|pause| pause < config.pause_ms) {
        let general = config.pause_ms;
        problems.push(
            section.problem("pause", format!("`pause` is shorter than the general one ({general} ms), which holds anyway; leave it out")),
        );
    }
    let robots = section.table("robots").and_then(|robots| robots.text("ignore"));
    Reach {
        hosts: section.texts("follow"),
        tls: section.table("tls").map_or(Tls::Strict, |table| tls(section, table, config, problems)),
        proxy: section.text("proxy"),
        robots: robots.map_or(RobotsRule::Obey, |reason| RobotsRule::Ignore { reason }),
        pause_ms,
    }
}

fn tls(section: &Section, table: &Section, config: &mut Config, problems: &mut Vec<Problem>) -> Tls {
    match (table.text("authority"), table.text("pin")) {
        (Some(file), None) => {
            let path = config.folder.join(file);
            let holds = fs::read_to_string(&path).map(|text| text.contains("-----BEGIN CERTIFICATE-----"));
            match holds {
                Ok(true) => {}
                Ok(false) => {
                    problems.push(table.problem("authority", format!("`tls.authority`: {} holds no certificate in PEM", path.display())))
                }
                Err(error) => {
                    problems.push(table.problem("authority", format!("`tls.authority`: {} cannot be read: {error}", path.display())))
                }
            }
            config.also.push(path.clone());
            Tls::ExtraAuthority(path)
        }
        (None, Some(pin)) => Tls::Pinned(pin.replace(':', "").to_ascii_lowercase()),
        (None, None) if table.has("pin") || table.has("authority") => Tls::Strict,
        _ => {
            problems.push(
                section.problem("tls", "`tls` is \"strict\", or { authority = \"file.pem\" }, or { pin = \"…\" }; write one of the three"),
            );
            Tls::Strict
        }
    }
}

fn rules(section: &Section) -> Rules {
    let [rows, link, date, next, body] = ["rows", "link", "date", "next", "body"].map(|key| section.text(key));
    Rules { rows, link, date, next, body, json: None }
}

/// `None` where none of its keys is written: the example shows them all behind `# `.
fn json(section: &Section) -> Option<JsonRule> {
    let [rows, url, title, date, body] = ["rows", "url", "title", "date", "body"].map(|key| section.text(key));
    let [next, total, pages, request] = ["next", "total", "pages", "request"].map(|key| section.text(key));
    let first = section.whole("first").and_then(|first| u32::try_from(first).ok()).filter(|_| section.has("first"));
    let rule = JsonRule { rows, url, title, date, body, next, total, pages, request, first };
    (rule != JsonRule::default()).then_some(rule)
}

fn title(section: &Section) -> TitleRule {
    TitleRule { take: section.texts("take"), skip: section.texts("skip"), topics: Vec::new() }
}

fn topics(section: &Section) -> Vec<Topic> {
    section.texts("topics").iter().filter_map(|name| Topic::of_name(name)).collect()
}
