//! What is kept, mailed and left lying about, against what has truly happened.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use huitoukan::model::{Change, ChangeKind, Kind, Presence, Tracked};
use huitoukan::store::Store;

use super::mime::Part;
use super::smtp::Taken;
use super::tale::{Page, Tale};

pub const RECIPIENTS: [&str; 2] = ["office@example.org", "archive@example.org"];

/// A mail that the server took.
#[derive(Debug, Clone)]
pub struct Mail {
    id: String,
    to: String,
    text: String,
    wire: Vec<u8>,
}

impl Mail {
    pub fn of(taken: &Taken) -> Self {
        let mail = Part::read(&taken.mail());
        let (id, text) = (mail.header("Message-ID").to_owned(), mail.parts()[0].text());
        Self { id, to: taken.to.join(","), text, wire: taken.wire.clone() }
    }
}

/// Everything that the store does not say as it was; `before` was acknowledged earlier.
///
/// # Errors
/// The store's.
pub fn of_store(store: &dyn Store, tale: &Tale, before: &[Change]) -> Result<Vec<String>, String> {
    let failed = |error: huitoukan::store::StoreError| error.to_string();
    let mut problems = store.verify(None).map_err(failed)?.problems;
    let changes = store.changes(0, usize::MAX).map_err(failed)?;
    if changes.len() < before.len() || before.iter().zip(&changes).any(|(before, now)| before != now) {
        problems.push("changes that were acknowledged are gone, or altered".to_owned());
    }
    let tracked = store.all_tracked(None).map_err(failed)?;
    for (path, page) in &tale.pages {
        let known = tracked.iter().find(|tracked| tracked.url == tale.site.url(path));
        problems.extend(of_page(store, page, known)?.map(|problem| format!("{path} {problem}")));
    }
    let named = |change: &Change| {
        let notice = change.kind.notice().and_then(|id| tracked.iter().find(|tracked| tracked.id == *id));
        (change.kind.kind(), notice.map(|tracked| tracked.url.path().to_owned()).unwrap_or_default())
    };
    let is_news_of_sources = |change: &&Change| matches!(change.kind, ChangeKind::Ailing { .. } | ChangeKind::Recovered { .. });
    let kept = counted(changes.iter().filter(|change| !is_news_of_sources(change)).map(named));
    let is_forgotten = |path: &str| tale.pages.get(path).is_some_and(|page| page.is_forgotten);
    let happened = counted(tale.happened.iter().map(|(kind, path)| (*kind, if is_forgotten(path) { "" } else { path }.to_owned())));
    if kept != happened {
        problems.push(format!("the change log says {kept:?} and not {happened:?}"));
    }
    let cursor = store.cursor("office").map_err(failed)?.map_or(0, |cursor| cursor.up_to);
    if cursor != changes.len() as u64 {
        problems.push(format!("of {} changes {cursor} were told", changes.len()));
    }
    let waiting = store.unsent().map_err(failed)?.len();
    problems.extend((waiting > 0).then(|| format!("{waiting} mails still wait")));
    Ok(problems)
}

fn of_page(store: &dyn Store, page: &Page, known: Option<&Tracked>) -> Result<Option<String>, String> {
    let tracked = match (page.is_forgotten, known) {
        (true, None) => return Ok(None),
        (true, Some(_)) => return Ok(Some("was to be forgotten".to_owned())),
        (false, None) => return Ok(Some("is not known".to_owned())),
        (false, Some(tracked)) => tracked,
    };
    let mut versions = Vec::new();
    for number in 1..=tracked.versions {
        let version = store.version(&tracked.id, number).map_err(|error| error.to_string())?;
        let Some(version) = version else { return Ok(Some(format!("has lost its version {number}"))) };
        match store.snapshot(&version.snapshot) {
            Ok(Some(_)) => versions.push(version.snapshot.0),
            other => return Ok(Some(format!("has lost the page of its version {number}: {other:?}"))),
        }
    }
    if versions != page.history {
        return Ok(Some(format!("has {} versions and stood there in {}, {:?}", versions.len(), page.history.len(), tracked.trouble)));
    }
    let is_right = matches!((page.stands, &tracked.presence), (true, Presence::Present) | (false, Presence::Withdrawn { .. }));
    // Between its going and the proof of it nothing is judged.
    let is_going = !page.stands && matches!(tracked.presence, Presence::Missing { .. });
    Ok((!is_right && !is_going).then(|| format!("is said to be {:?}", tracked.presence)))
}

/// Everything that the mails tell wrongly, twice or never.
pub fn of_mails(mails: &[Mail], tale: &Tale) -> Vec<String> {
    let mut problems = Vec::new();
    let mut by_id: BTreeMap<(&str, &str), &Mail> = BTreeMap::new();
    for mail in mails {
        let first = by_id.entry((&mail.id, &mail.to)).or_insert(mail);
        if first.wire != mail.wire {
            problems.push(format!("two different messages are named {}", mail.id));
        }
    }
    let strangers: BTreeSet<&str> = mails.iter().map(|mail| mail.to.as_str()).filter(|to| !RECIPIENTS.contains(to)).collect();
    problems.extend(strangers.iter().map(|to| format!("a mail went to {to}")));
    let title = |path: &str| tale.pages.get(path).map(|page| page.title.clone()).unwrap_or_default();
    let happened = counted(tale.happened.iter().map(|(kind, path)| (kind.chinese().to_owned(), title(path))));
    for recipient in RECIPIENTS {
        let mine = by_id.values().filter(|mail| mail.to == recipient);
        let told = counted(mine.flat_map(|mail| entries(&mail.text)));
        if told != happened {
            problems.push(format!("{recipient} was told {told:?} and not {happened:?}"));
        }
    }
    problems
}

/// The numbered entries of a mail: section and title, the title of a source left out.
fn entries(text: &str) -> Vec<(String, String)> {
    let (mut entries, mut section) = (Vec::new(), String::new());
    for line in text.lines() {
        if Kind::ALL.iter().any(|kind| kind.chinese() == line) {
            section = line.to_owned();
        } else if let Some((number, title)) = line.split_once("  ")
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            let is_source = section == Kind::Baseline.chinese();
            entries.push((section.clone(), if is_source { String::new() } else { title.to_owned() }));
        }
    }
    entries
}

/// How many mails came more than once.
pub fn repeats(mails: &[Mail]) -> usize {
    mails.len() - mails.iter().map(|mail| (&mail.id, &mail.to)).collect::<BTreeSet<_>>().len()
}

/// What nobody needs any more and nobody has put away.
pub fn of_folder(folder: &Path) -> Vec<String> {
    let mut left = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_left = [".new", ".part", ".tmp", ".generating", ".restoring"].iter().any(|end| name.ends_with(end))
            || name.starts_with("backup.records-")
            || name == "rewriting";
        left.extend(is_left.then(|| format!("{} was left lying about", entry.path().display())));
        left.extend(of_folder(&entry.path()));
    }
    left
}

fn counted<T: Ord>(all: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    all.for_each(|one| *counts.entry(one).or_default() += 1);
    counts
}
