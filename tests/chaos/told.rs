//! What the mails say against what happened: each change told once to whoever wants it, in order, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use huitoukan::model::{Change, ChangeKind, Kind, NoticeId, Tracked};
use huitoukan::store::Store;
use jiff::{SignedDuration, Timestamp};

use super::Life;
use super::life::{Past, past};
use super::mail::{Server, Taken};

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
        "jia@example.org" => source == "jia" && !matches!(kind, Kind::Ailing | Kind::Recovered),
        "desk@example.org" => kind != Kind::Baseline,
        _ => true,
    }
}

/// One numbered entry of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    section: String,
    /// Where it points: the notice's address, or its new one.
    link: String,
    /// Of an edit: from which version to which.
    versions: Option<(u32, u32)>,
    date: Timestamp,
}

/// Everything that the mails say wrongly, twice, too late or never.
pub fn judge(store: &dyn Store, server: &Server, lives: &[Past]) -> Vec<String> {
    let changes = store.changes(0, usize::MAX).unwrap_or_default();
    let tracked = store.all_tracked(None).unwrap_or_default();
    let notices: BTreeMap<&NoticeId, &Tracked> = tracked.iter().map(|tracked| (&tracked.id, tracked)).collect();
    server.with_taken(|taken| {
        let mut problems = repeats(taken, lives);
        let strangers = taken.iter().find(|mail| !RECIPIENTS.contains(&mail.to.as_str()));
        problems.extend(strangers.map(|mail| format!("a mail went to {}", mail.to)));
        for recipient in RECIPIENTS {
            let mine = firsts(taken, recipient);
            let in_order = mine.is_sorted_by_key(|mail| mail.date);
            problems.extend((!in_order).then(|| format!("the mails to {recipient} came in another order than they were written")));
            let entries: Vec<Entry> = mine.into_iter().flat_map(entries).collect();
            let wanted: Vec<&Change> = changes.iter().filter(|change| wants(recipient, &change.source.0, change.kind.kind())).collect();
            let told = counted(&entries).into_iter();
            problems.extend(unequal(told, &expected(&wanted, &notices)).map(|problem| format!("{recipient}: {problem}")));
            problems.extend(edits(&entries, &wanted, &notices).map(|problem| format!("{recipient}: {problem}")));
        }
        problems
    })
}

/// The first coming of each message to a recipient, in order.
fn firsts<'a>(taken: &'a [Taken], recipient: &str) -> Vec<&'a Taken> {
    let mut seen = BTreeSet::new();
    taken.iter().filter(|mail| mail.to == recipient && seen.insert(&mail.id)).collect()
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
            entries.push(Entry { section: section.clone(), link: String::new(), versions: None, date: mail.date });
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

fn expected(wanted: &[&Change], notices: &BTreeMap<&NoticeId, &Tracked>) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for change in wanted.iter().filter(|change| change.kind.kind() != Kind::Edited) {
        let section = match change.kind.kind() {
            Kind::Ailing | Kind::Recovered => "来源状况",
            kind => kind.chinese(),
        };
        let link = match &change.kind {
            ChangeKind::Moved { address, .. } => address.to_string(),
            kind => kind.notice().and_then(|notice| notices.get(notice)).map(|tracked| tracked.url.to_string()).unwrap_or_default(),
        };
        *counts.entry((section.to_owned(), link)).or_default() += 1;
    }
    counts
}

fn unequal(
    told: impl Iterator<Item = ((String, String), usize)>,
    expected: &BTreeMap<(String, String), usize>,
) -> impl Iterator<Item = String> {
    let told: BTreeMap<(String, String), usize> = told.collect();
    let all: BTreeSet<(String, String)> = told.keys().chain(expected.keys()).cloned().collect();
    let expected = expected.clone();
    all.into_iter().filter_map(move |key| {
        let count = |counts: &BTreeMap<(String, String), usize>| counts.get(&key).copied().unwrap_or_default();
        let (is, should) = (count(&told), count(&expected));
        (is != should).then(|| format!("{} {} happened {should} times and was told {is} times", key.0, key.1))
    })
}

/// Each edit is told once: by itself, with others of the same notice, or as part of its publication.
fn edits(entries: &[Entry], wanted: &[&Change], notices: &BTreeMap<&NoticeId, &Tracked>) -> impl Iterator<Item = String> {
    let mut happened: BTreeMap<String, Vec<(u32, Timestamp)>> = BTreeMap::new();
    for change in wanted {
        let ChangeKind::Edited { notice, to, .. } = &change.kind else { continue };
        let url = notices.get(notice).map(|tracked| tracked.url.to_string()).unwrap_or_default();
        happened.entry(url).or_default().push((*to, change.at));
    }
    let mut problems = Vec::new();
    let told = entries.iter().filter(|entry| entry.section == Kind::Edited.chinese());
    for entry in told.clone() {
        let known = |version: u32| happened.get(&entry.link).is_some_and(|edits| edits.iter().any(|(to, _)| *to == version));
        if !entry.versions.is_some_and(|(from, to)| from < to && known(to)) {
            problems.push(format!("an edit was told that never happened: {entry:?}"));
        }
    }
    for (url, edits) in &happened {
        for (version, at) in edits {
            let holds = |entry: &&Entry| entry.link == *url && entry.versions.is_some_and(|(from, to)| from < *version && *version <= to);
            let by_itself = told.clone().filter(holds).count();
            // A mail's date has no fractions of a second.
            let with_its_publication = entries.iter().any(|entry| {
                entry.section == Kind::Published.chinese() && entry.link == *url && entry.date + SignedDuration::from_secs(1) >= *at
            });
            if by_itself > 1 || by_itself == 0 && !with_its_publication {
                problems.push(format!("the edit of {url} to version {version} at {at} was told {by_itself} times"));
            }
        }
    }
    problems.into_iter()
}
