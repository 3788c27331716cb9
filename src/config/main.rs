//! `huitoukan.toml` to all that concerns no single source or subscriber.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::section::Section;
use super::{Config, Environment, Keep, Log, PerAddress, Problem, mail};
use crate::sandbox;
use crate::{fetch, model};

/// A shorter pause only where a private network is allowed: public hosts are never asked faster.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// Where there is no [mail] at all, as the table of keys says it.
const HOLD_AFTER: Duration = Duration::from_secs(14 * 24 * 3600);

pub fn read(section: &Section, folder: &Path, environment: Environment<'_>, problems: &mut Vec<Problem>) -> Config {
    let nothing = Section::default();
    let requests = section.table("fetch").unwrap_or(&nothing);
    let pause = section.duration("pause").unwrap_or(PAUSE_MIN);
    if pause < PAUSE_MIN && !requests.has("allow_private") {
        let text = "`pause` is below 1s, which only hosts in networks of fetch.allow_private may be asked at; write \"2s\"";
        problems.push(section.problem("pause", text));
    }
    let files = section.table("files").unwrap_or(&nothing);
    let mut also = Vec::new();
    let mail = mail::read(section.table("mail"), folder, environment, &mut also, problems);
    Config {
        folder: folder.to_owned(),
        store: folder.join(section.text("store").unwrap_or_default()),
        fetch: fetch_settings(section, requests),
        mail,
        files: files_settings(files, folder),
        pause_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
        per_address: per_address(requests),
        hold_after_s: section.table("mail").and_then(|mail| mail.duration("hold_after")).unwrap_or(HOLD_AFTER).as_secs(),
        hosts_max: section.whole("hosts_max").and_then(|number| usize::try_from(number).ok()).unwrap_or(1),
        zone: section.text("zone").unwrap_or_default(),
        log: if section.text("log").as_deref() == Some("json") { Log::Json } else { Log::Text },
        keep: keep(section.table("keep").unwrap_or(&nothing)),
        purpose: section.text("purpose"),
        visit: section.text("visit").unwrap_or_default(),
        sources: Vec::new(),
        subscribers: Vec::new(),
        also,
        secrets: secrets(section.table("mail"), folder),
    }
}

/// When it is done where there is no [keep] at all, as the table of keys says it.
const KEEP_AT: &str = "0 30 3 * * *";

fn keep(section: &Section) -> Keep {
    Keep {
        notices: keep_of(section, model::Keep::default()),
        messages_days: days(section, "messages", None),
        impact_days: days(section, "impact", None),
        at: section.text("at").unwrap_or_else(|| KEEP_AT.to_owned()),
    }
}

/// What a [keep] says of notices; what it does not say is as `usual`.
pub fn keep_of(section: &Section, usual: model::Keep) -> model::Keep {
    model::Keep {
        snapshots_days: days(section, "snapshots", usual.snapshots_days),
        versions_days: days(section, "versions", usual.versions_days),
        withdrawn_days: days(section, "withdrawn", usual.withdrawn_days),
    }
}

fn days(section: &Section, key: &str, usual: Option<u32>) -> Option<u32> {
    if !section.has(key) {
        return usual;
    }
    // "forever" is no number.
    section.whole(key).and_then(|days| u32::try_from(days).ok())
}

fn secrets(mail: Option<&Section>, folder: &Path) -> Vec<PathBuf> {
    let smtp = mail.and_then(|mail| mail.table("smtp"));
    let key = smtp.and_then(|smtp| smtp.table("dkim")).and_then(|dkim| dkim.text("key_file"));
    let files = [smtp.and_then(|smtp| smtp.text("password_file")), key];
    files.into_iter().flatten().map(|file| folder.join(file)).collect()
}

fn per_address(requests: &Section) -> PerAddress {
    let Some(section) = requests.table("per_address") else { return PerAddress::default() };
    let pause_ms = section.duration("pause").map(|pause| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
    let at_once = section.whole("at_once").and_then(|number| usize::try_from(number).ok());
    PerAddress { pause_ms, at_once }
}

fn fetch_settings(section: &Section, requests: &Section) -> fetch::Settings {
    fetch::Settings {
        contact: section.text("contact").unwrap_or_default(),
        allow_private: requests.texts("allow_private"),
        timeout: requests.duration("timeout").unwrap_or_default(),
        body_bytes_max: requests.whole("body_max").unwrap_or_default(),
        attempts_max: requests.whole("attempts_max").and_then(|number| u32::try_from(number).ok()).unwrap_or_default(),
    }
}

fn files_settings(files: &Section, folder: &Path) -> sandbox::Settings {
    let usual = sandbox::Settings::default();
    let limits = sandbox::Limits {
        memory_bytes: files.whole("memory").unwrap_or(usual.limits.memory_bytes),
        time: files.duration("time").unwrap_or(usual.limits.time),
        ocr_time: files.duration("ocr_time").unwrap_or(usual.limits.ocr_time),
        output_bytes: files.whole("output_max").unwrap_or(usual.limits.output_bytes),
    };
    let named = files.text("pdftotext").map_or(usual.tools.pdftotext, PathBuf::from);
    // A bare name is looked for in PATH, a path is seen from the configuration.
    let pdftotext = if named.components().count() > 1 { folder.join(named) } else { named };
    let ocr = if files.text("ocr").as_deref() == Some("tesseract") { sandbox::Ocr::Tesseract } else { sandbox::Ocr::Off };
    sandbox::Settings { limits, tools: sandbox::Tools { pdftotext, ocr }, ..usual }
}
