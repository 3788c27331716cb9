//! Whether the checker bites: each fault is made in a copy of what was just found well, and must be found by its name. A check
//! that was never seen to fail proves nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use huitoukan::model::{Change, NoticeId, Tracked};
use huitoukan::store::{self, Commit, Store};
use jiff::SignedDuration;

use super::check::{Gone, Ledger};
use super::life::{Chaos, Outcome, Past};
use super::mail::Taken;
use super::page::Page;
use super::remains::remains;
use super::site::{Column, Hit};
use super::told;

/// What must be said when a fault of this name is there.
type Fault = (&'static str, &'static str, fn(&Chaos) -> Vec<String>);

const FAULTS: [Fault; 17] = [
    ("a version that is lost", "is missing", |chaos| looks_without(chaos, last_version)),
    ("a notice that is lost", "was known and is gone", |chaos| looks_without(chaos, some_notice)),
    ("a version that is altered", "was altered", altered_version),
    ("a change that is lost at the end", "are left", |chaos| looks_without(chaos, |store| change(last_change(store)))),
    ("a gap in the numbers of changes", "is numbered", |chaos| looks_without(chaos, |store| change(last_change(store) / 2))),
    ("a change that is altered", "a change was altered", altered_change),
    ("a backup of other changes", "are not those of the store", other_backup),
    ("a forgotten notice that is back", "is known again", forgotten_and_back),
    ("words that were to be forgotten", "is still in", words_that_stay),
    ("a mail that tells of what was forgotten", "had been forgotten by then", told_although_forgotten),
    ("a change told in two messages", "and was told 2 times", |chaos| judged(chaos, told_in_another)),
    ("a change told to nobody", "and was told 0 times", |chaos| judged(chaos, told_to_nobody)),
    ("a message that comes again", "and came again", |chaos| judged(chaos, comes_again)),
    ("two messages of one name", "two different messages are named", |chaos| judged(chaos, two_of_a_name)),
    ("messages in the wrong order", "came after later ones", |chaos| judged(chaos, in_another_order)),
    ("a pause too short", "after its last answer", |chaos| too_soon(chaos, |before, after| before.life == after.life)),
    ("a pause too short over a restart", "after a request of an earlier life", |chaos| {
        too_soon(chaos, |before, after| before.life != after.life)
    }),
];

/// # Errors
/// The faults that were made and not found.
pub fn checker(chaos: &mut Chaos) -> Outcome {
    happens(chaos)?;
    let mut blind: Vec<String> = FAULTS
        .iter()
        .filter(|(_, said, made)| !made(chaos).iter().any(|problem| problem.contains(said)))
        .map(|(fault, said, _)| format!("{fault} was made, and nothing said that it {said:?}"))
        .collect();
    // Last, since it is made in the store itself, by the program itself.
    let told = told_again_by_the_program(chaos)?;
    if !told.iter().any(|problem| problem.contains("and was told 2 times")) {
        blind.push("the program told everything again, and nothing said so".to_owned());
    }
    println!("chaos: {} of {} faults made for the checker were found", FAULTS.len() + 1 - blind.len(), FAULTS.len() + 1);
    if blind.is_empty() { Ok(()) } else { Err(blind) }
}

/// Something is published, edited and told: a short run may have seen none of it.
fn happens(chaos: &mut Chaos) -> Outcome {
    chaos.site.columns().take(1).for_each(|mut jia| jia.publishes());
    chaos.one_day()?;
    chaos.one_day()?;
    chaos.looks()?;
    chaos.judges()
}

/// A copy of the store, to be spoilt; its records are open to nobody.
fn copy(chaos: &Chaos) -> PathBuf {
    let place = chaos.program.folder.path().join("spoilt");
    let _ = fs::remove_dir_all(&place);
    copy_folder(&chaos.program.store(), &place);
    place
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a store is a folder").flatten().map(|entry| entry.path()) {
        let place = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            copy_folder(&entry, &place);
        } else if entry.is_file() && !entry.ends_with("ballast") {
            fs::copy(&entry, &place).expect("a file can be copied");
        }
    }
}

fn open(place: &Path) -> Box<dyn Store> {
    store::open(&store::Settings { ballast_bytes: 0, ..store::Settings::at(place) }).expect("a copy of a store opens")
}

fn look(chaos: &Chaos, ledger: &mut Ledger, place: &Path) -> Vec<String> {
    ledger.looks(&*open(place), &chaos.site).err().unwrap_or_default()
}

/// A row, by its tree and the beginning of its key.
type Row = (&'static str, Vec<u8>);

/// The look at a store that has lost this row.
fn looks_without(chaos: &Chaos, which: fn(&dyn Store) -> Row) -> Vec<String> {
    let place = copy(chaos);
    let (tree, key) = which(&*open(&place));
    {
        let records = sled::Config::new().path(place.join("records")).flush_every_ms(None).open().expect("sled opens");
        let tree = records.open_tree(tree).expect("sled opens its trees");
        let keys: Vec<_> = tree.scan_prefix(key).keys().filter_map(Result::ok).collect();
        keys.iter().for_each(|key| drop(tree.remove(key).expect("a row can be removed")));
        records.flush().expect("and that is kept");
    }
    look(chaos, &mut chaos.ledger.clone(), &place)
}

fn read(store: &dyn Store) -> Vec<Tracked> {
    let mut all = store.all_tracked(None).expect("a store tells its notices");
    all.retain(|tracked| tracked.versions > 0);
    all
}

fn last_version(store: &dyn Store) -> Row {
    let all = read(store);
    let tracked = all.iter().max_by_key(|tracked| tracked.versions).expect("something was read");
    ("versions", [tracked.id.0.as_bytes(), b"/", &tracked.versions.to_be_bytes()].concat())
}

fn some_notice(store: &dyn Store) -> Row {
    ("notices", read(store).first().expect("something was read").id.0.clone().into_bytes())
}

fn last_change(store: &dyn Store) -> u64 {
    store.last_change().expect("a store counts its changes")
}

fn change(number: u64) -> Row {
    ("changes", number.max(1).to_be_bytes().to_vec())
}

/// The bytes of one notice under the name of another.
fn altered_version(chaos: &Chaos) -> Vec<String> {
    let place = copy(chaos);
    {
        let store = open(&place);
        let all = read(&*store);
        let version = |tracked: &Tracked| store.version(&tracked.id, 1).ok().flatten().expect("version 1 is there");
        let (mut one, other) = (version(&all[0]), version(&all[1]));
        one.snapshot = other.snapshot;
        store.commit(&Commit { versions: vec![one], ..Commit::default() }).expect("it is kept");
    }
    look(chaos, &mut chaos.ledger.clone(), &place)
}

fn changes(chaos: &Chaos) -> Vec<Change> {
    let store = store::open(&store::Settings::at(chaos.program.store())).expect("the store opens");
    store.changes(0, usize::MAX).expect("a store tells its changes")
}

fn altered_change(chaos: &Chaos) -> Vec<String> {
    let mut changes = changes(chaos);
    changes[0].at -= SignedDuration::from_secs(1);
    chaos.ledger.begins(&changes)
}

fn other_backup(chaos: &Chaos) -> Vec<String> {
    let mut changes = changes(chaos);
    changes[0].at -= SignedDuration::from_secs(1);
    chaos.ledger.begins_with(&changes)
}

/// A notice that is known, and was said to be forgotten.
fn forgotten_and_back(chaos: &Chaos) -> Vec<String> {
    let mut ledger = chaos.ledger.clone();
    let url = {
        let mut columns: Vec<_> = chaos.site.columns().collect();
        let stands = |page: &Page| page.path.starts_with("/n/") && page.is_there() && !page.is_to_be_forgotten;
        let known = |column: &Column| column.pages.values().position(stands);
        let (column, place) = columns.iter_mut().find_map(|column| known(column).map(|place| (column, place))).expect("a page stands");
        let number = *column.pages.keys().nth(place).expect("it was just found");
        let page = column.pages.get_mut(&number).expect("it was just found");
        page.is_to_be_forgotten = true;
        let page = page.clone();
        column.url(&page)
    };
    ledger.hears_that_it_is_forgotten(&url, 0);
    look(chaos, &mut ledger, &chaos.program.store())
}

fn words_that_stay(chaos: &Chaos) -> Vec<String> {
    let store = open(&chaos.program.store());
    let title = read(&*store)[0].title.clone();
    remains(&chaos.program.store(), &*store, &[&title])
}

fn told_although_forgotten(chaos: &Chaos) -> Vec<String> {
    let (taken, tracked) = (chaos.server.taken(), read(&*open(&chaos.program.store())));
    let told = tracked.iter().find(|tracked| taken.iter().any(|mail| mail.text.contains(&tracked.title))).expect("something was told");
    let gone = Gone { url: told.url.clone(), title: told.title.clone(), untold_after: 0 };
    verdict(chaos, &taken, &BTreeMap::from([(told.id.clone(), gone)]))
}

/// What is said of other mails than those that were taken.
fn judged(chaos: &Chaos, spoil: fn(&mut Vec<Taken>)) -> Vec<String> {
    let mut taken = chaos.server.taken();
    spoil(&mut taken);
    verdict(chaos, &taken, &chaos.ledger.forgotten)
}

fn verdict(chaos: &Chaos, taken: &[Taken], forgotten: &BTreeMap<NoticeId, Gone>) -> Vec<String> {
    let store = open(&chaos.program.store());
    told::judge(&*store, &told::Seen { taken, refused: &[] }, &chaos.lives, forgotten)
}

/// A mail that tells of something new, in a mailbox where none is refused.
fn news(taken: &[Taken]) -> usize {
    taken.iter().position(|mail| mail.to == "jia@example.org" && mail.text.contains("\n新增\n")).expect("something new was told")
}

fn told_in_another(taken: &mut Vec<Taken>) {
    let other = Taken { id: "<another@example.org>".to_owned(), ..taken[news(taken)].clone() };
    taken.push(other);
}

fn told_to_nobody(taken: &mut Vec<Taken>) {
    let id = taken[news(taken)].id.clone();
    taken.retain(|mail| mail.id != id);
}

fn comes_again(taken: &mut Vec<Taken>) {
    // As the mail after a later one that the server had said it had.
    let again = taken[news(taken)].clone();
    taken.push(Taken { told: true, ..again });
}

fn two_of_a_name(taken: &mut Vec<Taken>) {
    let mut other = taken[news(taken)].clone();
    other.wire.push(b'!');
    taken.push(other);
}

fn in_another_order(taken: &mut Vec<Taken>) {
    let mail = taken[news(taken)].clone();
    let (id, date) = ("<late@example.org>".to_owned(), mail.date - SignedDuration::from_hours(1));
    taken.push(Taken { id, date, text: String::new(), ..mail });
}

/// A request that came when half of the pause was over.
fn too_soon(chaos: &Chaos, is_such: fn(&Hit, &Hit) -> bool) -> Vec<String> {
    let mut columns: Vec<Column> = chaos.site.columns().map(|column| column.clone()).collect();
    let mut lives: Vec<Past> = chaos.lives.clone();
    for column in &mut columns {
        let pair = column.hits.windows(2).position(|pair| is_such(&pair[0], &pair[1]));
        let Some(place) = pair else { continue };
        let (before, after) = (column.hits[place].clone(), &mut column.hits[place + 1]);
        after.begun = before.ended.unwrap_or(before.begun) + column.pause / 2;
        // As where the first life was killed just after its request, and the machine was idle.
        let ahead = lives[before.life].ahead;
        lives[before.life].ended = lives[before.life].ended.max(before.begun);
        for life in [before.life, after.life] {
            (lives[life].ahead, lives[life].lag_ms) = (ahead, 0);
        }
    }
    chaos.ledger.clone().too_soon(&columns, &lives)
}

/// Moves a subscriber's cursor back to the beginning, as a store would that lost it, and lets the program live on with that.
fn told_again_by_the_program(chaos: &mut Chaos) -> Result<Vec<String>, Vec<String>> {
    {
        let store = open(&chaos.program.store());
        let cursor = store.cursor("jia").ok().flatten().expect("jia was told of something");
        store.owe(&huitoukan::model::Cursor { up_to: 0, ..cursor }, &[]).expect("a cursor can be moved");
    }
    let before = chaos.server.count();
    // Mails go out while sources are visited, so that a second day makes sure.
    for _ in 0..2 {
        chaos.one_day()?;
    }
    if chaos.server.count() == before {
        return Err(vec!["a cursor was moved back, and the program mailed nothing".to_owned()]);
    }
    Ok(verdict(chaos, &chaos.server.taken(), &chaos.ledger.forgotten))
}
