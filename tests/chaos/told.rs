//! What the mails say against what happened: each change told once to whoever wants it, in order, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use huitoukan::model::{Change, ChangeKind, Kind, NoticeId, Tracked};
use huitoukan::store::Store;
use jiff::{SignedDuration, Timestamp};

use super::Life;
use super::check::Gone;
use super::life::{Past, past};
use super::mail::{Refused, Taken};

pub const SUBSCRIBERS: &str = "\
[[subscriber]]
id = \"office\"
to = [\"office@example.org\", \"archive@example.org\"]
digest = \"* * * * * *\"
kinds = [\"published\", \"edited\", \"withdrawn\", \"restored\", \"moved\", \"baseline\", \"ailing\", \"recovered\"]
[[subscriber]]
id = \"jia\"
to = [\"jia@example.org\"]
digest = \"*/2 * * * * *\"
sources = [\"jia\"]
kinds = [\"published\", \"edited\", \"withdrawn\", \"restored\", \"moved\", \"baseline\"]
[[subscriber]]
id = \"desk\"
to = [\"desk@example.org\"]
digest = \"0 0 8 * * *\"
kinds = [\"published\", \"edited\", \"withdrawn\", \"restored\", \"moved\", \"ailing\", \"recovered\"]
urgent = [\"withdrawn\", \"restored\"]
";

const RECIPIENTS: [&str; 4] = ["office@example.org", "archive@example.org", "jia@example.org", "desk@example.org"];

/// Whether a recipient wants to hear of this, by the file above.
fn wants(recipient: &str, source: &str, kind: Kind) -> bool {
    match recipient {
        // Nobody asked to hear that a file could be read at last.
        _ if kind == Kind::Completed => false,
        "jia@example.org" => source == "jia" && !matches!(kind, Kind::Ailing | Kind::Recovered),
        "desk@example.org" => kind != Kind::Baseline,
        _ => true,
    }
}

/// One numbered entry of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    section: String,
    title: String,
    /// Where it points: the notice's address, or its new one.
    link: String,
    /// Of an edit: from which version to which.
    versions: Option<(u32, u32)>,
    date: Timestamp,
}

/// A notice as mails name it: several may have stood at one address.
type Name = (String, String);

/// What the mail server saw.
pub struct Seen<'a> {
    pub taken: &'a [Taken],
    pub refused: &'a [Refused],
}

/// Everything that the mails say wrongly, twice, too late or never.
pub fn judge(store: &dyn Store, seen: &Seen<'_>, lives: &[Past], forgotten: &BTreeMap<NoticeId, Gone>) -> Vec<String> {
    let Seen { taken, refused } = *seen;
    let changes = store.changes(0, usize::MAX).unwrap_or_default();
    let tracked = store.all_tracked(None).unwrap_or_default();
    let mut names: BTreeMap<&NoticeId, Name> = tracked.iter().map(|tracked| (&tracked.id, name(tracked))).collect();
    names.extend(forgotten.iter().map(|(id, gone)| (id, (gone.url.to_string(), gone.title.clone()))));
    let may_be_untold: BTreeSet<&str> = forgotten.values().map(|gone| gone.url.as_str()).collect();
    let mut problems = repeats(taken, lives);
    problems.extend(strangers(taken));
    problems.extend(forgotten.values().flat_map(|gone| told_of(gone, taken)));
    for recipient in RECIPIENTS {
        let mine = firsts(taken, recipient);
        problems.extend(out_of_order(&mine, recipient, refused));
        let entries: Vec<Entry> = mine.into_iter().flat_map(|(_, mail)| entries(mail)).collect();
        let wanted: Vec<&Change> = changes.iter().filter(|change| wants(recipient, &change.source.0, change.kind.kind())).collect();
        let told = counted(&entries);
        problems.extend(unequal(&told, &expected(&wanted, &names), &may_be_untold).map(|problem| format!("{recipient}: {problem}")));
        problems.extend(edits(&entries, &wanted, &names, &may_be_untold).map(|problem| format!("{recipient}: {problem}")));
    }
    problems
}

fn name(tracked: &Tracked) -> Name {
    (tracked.url.to_string(), tracked.title.clone())
}

fn strangers(taken: &[Taken]) -> Option<String> {
    let stranger = taken.iter().find(|mail| !RECIPIENTS.contains(&mail.to.as_str()))?;
    Some(format!("a mail went to {}", stranger.to))
}

/// Mails that tell of what was forgotten before they were taken.
fn told_of<'a>(gone: &'a Gone, taken: &'a [Taken]) -> impl Iterator<Item = String> + 'a {
    let later = taken.iter().skip(gone.untold_after).filter(|mail| mail.text.contains(&gone.title));
    later.map(|mail| format!("{} tells of {}, which had been forgotten by then", mail.id, gone.title))
}

/// A message that was refused for good is tried again when somebody asks for it, and lets the later ones pass; no other does.
fn out_of_order(mine: &[(usize, &Taken)], recipient: &str, refused: &[Refused]) -> Option<String> {
    let mut newest = None::<(jiff::Timestamp, usize)>;
    let mut overtaken = Vec::new();
    for (place, mail) in mine {
        match newest {
            Some((date, since)) if mail.date < date => overtaken.push(since),
            _ => newest = Some((mail.date, *place)),
        }
    }
    let refusals: Vec<usize> = refused.iter().filter(|refused| refused.to == recipient).map(|refused| refused.after).collect();
    let is_explained = overtaken.len() <= refusals.len() && overtaken.iter().all(|since| refusals.iter().any(|after| after <= since));
    (!is_explained)
        .then(|| format!("{} mails to {recipient} came after later ones, and {} were refused before", overtaken.len(), refusals.len()))
}

/// The first coming of each message to a recipient, in order, with its place among all.
fn firsts<'a>(taken: &'a [Taken], recipient: &str) -> Vec<(usize, &'a Taken)> {
    let mut seen = BTreeSet::new();
    taken.iter().enumerate().filter(|(_, mail)| mail.to == recipient && seen.insert(&mail.id)).collect()
}

/// The only repeat is of a message whose acceptance the program could not know, or could not write down before it was killed.
fn repeats(taken: &[Taken], lives: &[Past]) -> Vec<String> {
    let mut last_told: BTreeMap<Life, usize> = BTreeMap::new();
    let mut by_id: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, mail) in taken.iter().enumerate() {
        by_id.entry(&mail.id).or_default().push(number);
        if mail.told {
            last_told.insert(mail.life, number);
        }
    }
    let mut problems = Vec::new();
    for pair in by_id.values().flat_map(|numbers| numbers.windows(2)) {
        let (earlier, later) = (&taken[pair[0]], &taken[pair[1]]);
        if earlier.wire != later.wire || earlier.to != later.to {
            problems.push(format!("two different messages are named {}", earlier.id));
        }
        let was_cut = earlier.life < later.life
            && last_told.get(&earlier.life) == Some(&pair[0])
            && past(lives, earlier.life).is_some_and(|life| life.was_killed);
        if earlier.told && !was_cut {
            problems.push(format!("{} was told to be taken in life {} and came again in life {}", earlier.id, earlier.life, later.life));
        }
    }
    problems.extend(taken.iter().find(|mail| past(lives, mail.life).is_none()).map(|mail| format!("nobody sent {}", mail.id)));
    problems
}

/// The numbered entries of a mail, by section.
fn entries(mail: &Taken) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut section = String::new();
    for line in mail.text.lines() {
        if let Some(found) = heading(line) {
            section = found;
        } else if is_first_line(line) {
            let title = line.split_once("  ").unwrap_or_default().1.to_owned();
            entries.push(Entry { section: section.clone(), title, link: String::new(), versions: None, date: mail.date });
        }
        let Some(entry) = entries.last_mut().filter(|_| line.starts_with("   ")) else { continue };
        if let Some(link) = line.split_whitespace().next_back().filter(|word| word.starts_with("http://")) {
            entry.link = link.to_owned();
        }
        entry.versions = entry.versions.or_else(|| versions(line));
    }
    entries
}

/// `修改`, or `修改（14）` where there are many.
fn heading(line: &str) -> Option<String> {
    let name = line.split('（').next().unwrap_or_default();
    let is_known = name == "来源状况" || Kind::ALL.iter().any(|kind| kind.chinese() == name);
    (is_known && (name == line || line.ends_with('）'))).then(|| name.to_owned())
}

/// `12  甲街道关于…`
fn is_first_line(line: &str) -> bool {
    line.split_once("  ")
        .is_some_and(|(number, title)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && !title.is_empty())
}

/// `第 3 版采集于 …；第 2 版采集于 …`, or in short `huitoukan diff 7K3Q9M2D 2 3`.
fn versions(line: &str) -> Option<(u32, u32)> {
    if let Some((_, rest)) = line.split_once("huitoukan diff ") {
        let mut words = rest.split_whitespace().skip(1);
        return Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?));
    }
    let numbers: Vec<u32> = line
        .split('第')
        .filter_map(|rest| rest.trim_start().split_once(" 版采集于"))
        .filter_map(|(number, _)| number.trim().parse().ok())
        .collect();
    if let [to, from] = numbers.as_slice() { Some((*from, *to)) } else { None }
}

/// How often each thing was told. Edits may be told together and are counted elsewhere; news of sources point nowhere.
fn counted(entries: &[Entry]) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.section != Kind::Edited.chinese()) {
        *counts.entry((entry.section.clone(), entry.link.clone())).or_default() += 1;
    }
    counts
}

fn expected(wanted: &[&Change], names: &BTreeMap<&NoticeId, Name>) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for change in wanted.iter().filter(|change| change.kind.kind() != Kind::Edited) {
        let section = match change.kind.kind() {
            Kind::Ailing | Kind::Recovered => "来源状况",
            kind => kind.chinese(),
        };
        let link = match &change.kind {
            ChangeKind::Moved { address, .. } => address.to_string(),
            kind => kind.notice().and_then(|notice| names.get(notice)).map(|(url, _)| url.clone()).unwrap_or_default(),
        };
        *counts.entry((section.to_owned(), link)).or_default() += 1;
    }
    counts
}

fn unequal<'a>(
    told: &'a BTreeMap<(String, String), usize>,
    expected: &'a BTreeMap<(String, String), usize>,
    may_be_untold: &'a BTreeSet<&str>,
) -> impl Iterator<Item = String> + 'a {
    let all: BTreeSet<&(String, String)> = told.keys().chain(expected.keys()).collect();
    all.into_iter().filter_map(move |key| {
        let count = |counts: &BTreeMap<(String, String), usize>| counts.get(key).copied().unwrap_or_default();
        let (is, should) = (count(told), count(expected));
        let is_forgotten = may_be_untold.contains(key.1.as_str()) && is < should;
        (is != should && !is_forgotten).then(|| format!("{} {} happened {should} times and was told {is} times", key.0, key.1))
    })
}

/// Each edit is told once: by itself, with others of the same notice, or as part of its publication.
fn edits(
    entries: &[Entry],
    wanted: &[&Change],
    names: &BTreeMap<&NoticeId, Name>,
    may_be_untold: &BTreeSet<&str>,
) -> impl Iterator<Item = String> {
    let mut happened: BTreeMap<Name, Vec<(u32, Timestamp)>> = BTreeMap::new();
    for change in wanted {
        let ChangeKind::Edited { notice, to, .. } = &change.kind else { continue };
        happened.entry(names.get(notice).cloned().unwrap_or_default()).or_default().push((*to, change.at));
    }
    let is_of = |entry: &Entry, (url, title): &Name| entry.link == *url && entry.title == *title;
    let mut problems = Vec::new();
    let told = entries.iter().filter(|entry| entry.section == Kind::Edited.chinese());
    for entry in told.clone() {
        let known = |version: u32| happened.iter().any(|(name, edits)| is_of(entry, name) && edits.iter().any(|(to, _)| *to == version));
        if !entry.versions.is_some_and(|(from, to)| from < to && known(to)) {
            problems.push(format!("an edit was told that never happened: {entry:?}"));
        }
    }
    for (name, edits) in &happened {
        let may_be_untold = may_be_untold.contains(name.0.as_str());
        for (version, at) in edits {
            let holds = |entry: &&Entry| is_of(entry, name) && entry.versions.is_some_and(|(from, to)| from < *version && *version <= to);
            let by_itself = told.clone().filter(holds).count();
            // A mail's date has no fractions of a second.
            let with_its_publication = entries.iter().any(|entry| {
                entry.section == Kind::Published.chinese() && is_of(entry, name) && entry.date + SignedDuration::from_secs(1) >= *at
            });
            if by_itself > 1 || by_itself == 0 && !with_its_publication && !may_be_untold {
                problems.push(format!("the edit of {} to version {version} at {at} was told {by_itself} times", name.0));
            }
        }
    }
    problems.into_iter()
}
