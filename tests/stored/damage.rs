//! Every file of a store, damaged in every way: what comes of it is the same data, or a refusal whose advice works.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use huitoukan::model::{Cursor, DeliveryState, Gate, Traffic};
use huitoukan::store::{Settings, Store, StoreError, restore};
use jiff::civil::date;

use crate::samples::{at, delivery, notice, page, published, tracked, version};
use crate::{Folder, backup, body, check_kept, keep, noise};

const NOTICES: u32 = 5;

/// What is done to a file.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Emptied,
    Halved,
    LastByteLost,
    Deleted,
    /// One bit of it, at a place drawn from this seed.
    Flipped(u64),
    FolderInItsPlace,
    /// A link that leads to itself: what cannot be opened by anybody, root included.
    Unreadable,
}

const DAMAGES: [Damage; 12] = [
    Damage::Emptied,
    Damage::Halved,
    Damage::LastByteLost,
    Damage::Deleted,
    Damage::Flipped(1),
    Damage::Flipped(2),
    Damage::Flipped(3),
    Damage::Flipped(4),
    Damage::Flipped(5),
    Damage::Flipped(6),
    Damage::FolderInItsPlace,
    Damage::Unreadable,
];

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// It opens, all is there, and nothing is to be done.
    Same,
    /// It does not open before what stands in the file's place was removed; then all is there.
    Removed,
    /// It opens and says what of it is wrong; `repair` makes it whole again.
    Repaired,
    /// It opens, says which records or pages are damaged, and never gives anything else for them; a backup brings them back. What
    /// only the archive's other readers look at, such as the request of a page, counts too.
    NamedAndRestored,
    /// It does not open, says why and what to do; a backup brings all of it back.
    RefusedAndRestored,
}

impl Damage {
    fn happens_to(self, path: &Path) {
        let bytes = fs::read(path).unwrap();
        match self {
            Self::Emptied => cut(path, 0),
            Self::Halved => cut(path, bytes.len() / 2),
            Self::LastByteLost => cut(path, last_written(&bytes)),
            Self::Deleted => fs::remove_file(path).unwrap(),
            Self::Flipped(seed) => {
                let mut bytes = bytes;
                if !bytes.is_empty() {
                    let place = noise(seed, 3).bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(131).wrapping_add(usize::from(byte)))
                        % (last_written(&bytes) + 1);
                    bytes[place] ^= 1 << (seed % 8);
                }
                fs::write(path, bytes).unwrap();
            }
            Self::FolderInItsPlace => {
                fs::remove_file(path).unwrap();
                fs::create_dir(path).unwrap();
            }
            Self::Unreadable => {
                fs::remove_file(path).unwrap();
                symlink(path, path).unwrap();
            }
        }
    }
}

fn cut(path: &Path, bytes: usize) {
    OpenOptions::new().write(true).open(path).unwrap().set_len(bytes as u64).unwrap();
}

/// Of the bytes that are no zeros: sled takes room ahead.
fn last_written(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0)
}

/// A store with something in each of its files, and its backup.
fn lived_in() -> (Folder, Vec<u8>) {
    let folder = Folder::with(NOTICES);
    let store = folder.open().unwrap();
    store
        .owe(&Cursor { name: "office".into(), up_to: 2, due: None, since: None, told_at: None }, &[delivery(1, 0), delivery(2, 0)])
        .unwrap();
    store.settle(&delivery(1, 0).id, &DeliveryState::Sent { at: at(1) }).unwrap();
    store.set_gate(&Gate { host: "www.qzlc.gov.cn".into(), not_before: at(0), since: None, pause_ms: 2_000 }).unwrap();
    let traffic = Traffic { day: date(2026, 11, 22), host: "www.qzlc.gov.cn".into(), requests: 1, unanswered: 0, bytes: 100 };
    store.add_traffic(&traffic).unwrap();
    let copy = backup(&store);
    drop(store);
    // sled writes its snapshot when it opens.
    drop(folder.open().unwrap());
    (folder, copy)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// All that was kept is read as it was, or named as damaged; never as missing or as something else. `false`: something is damaged.
#[track_caller]
fn reads_the_same(store: &dyn Store, what: &str) -> bool {
    let mut is_whole = true;
    let mut check = |same: Result<bool, StoreError>| match same {
        Ok(same) => assert!(same, "{what}: read as something else"),
        Err(StoreError::Damaged { .. }) => is_whole = false,
        Err(error) => panic!("{what}: {error}"),
    };
    for number in 1..=NOTICES {
        let (id, page) = (notice(number), page(number, &body(number)));
        check(store.tracked(&id).map(|kept| kept == Some(tracked(number))));
        check(store.version(&id, 1).map(|kept| kept == Some(version(number, 1, &body(number)))));
        check(store.snapshot(&page.id()).map(|kept| kept == Some(page)));
    }
    check(store.all_tracked(None).map(|all| all.len() == NOTICES as usize));
    let changes = store.changes(0, usize::MAX).map(|all| {
        let kinds = (1..=NOTICES).map(|number| published(number).kind);
        all.into_iter().map(|change| change.kind).eq(kinds)
    });
    check(changes);
    check(store.due(at(9)).map(|due| due == [delivery(2, 0)]));
    check(store.deliveries(9).map(|all| all.len() == 2));
    check(store.cursor("office").map(|cursor| cursor.is_some_and(|cursor| cursor.up_to == 2)));
    is_whole
}

/// Damages one file of a store, opens it, and does what it says.
#[track_caller]
fn outcome(file: &str, damage: Damage) -> (Outcome, String) {
    let what = format!("{file} {damage:?}");
    let (folder, copy) = lived_in();
    let path = if file == "snap" { folder.records("snap.").remove(0) } else { folder.0.join(file) };
    damage.happens_to(&path);
    let store = match folder.open() {
        Ok(store) => store,
        Err(StoreError::Damaged { what: seen, advice }) => {
            assert!(advice.contains("huitoukan restore"), "{what}: {seen}; {advice}");
            restores(&folder, &copy, &what);
            return (Outcome::RefusedAndRestored, seen);
        }
        // Only of the lock, which nothing may touch that does not hold it.
        Err(error) if error.to_string().contains("remove it: it is made again") => {
            fs::remove_file(&path).or_else(|_| fs::remove_dir(&path)).unwrap();
            assert!(reads_the_same(&folder.open().unwrap(), &what));
            goes_on(&folder, &what);
            return (Outcome::Removed, error.to_string());
        }
        Err(error) => panic!("{what}: refused without advice: {error}"),
    };
    let is_whole = reads_the_same(&store, &what);
    let problems = store.verify(None).unwrap_or_else(|error| panic!("{what}: verify ended with {error}")).problems;
    if problems.is_empty() {
        assert!(is_whole, "{what}: verify does not see it");
        drop(store);
        goes_on(&folder, &what);
        return (Outcome::Same, String::new());
    }
    let said = problems.join("; ");
    let is_mended = store.repair().is_ok() && store.verify(None).unwrap().problems.is_empty();
    if is_mended {
        assert!(reads_the_same(&store, &what), "{what}: {said}");
        drop(store);
        goes_on(&folder, &what);
        return (Outcome::Repaired, said);
    }
    drop(store);
    restores(&folder, &copy, &what);
    (Outcome::NamedAndRestored, said)
}

/// What was kept before and what is kept now are there when it is opened again.
#[track_caller]
fn goes_on(folder: &Folder, what: &str) {
    keep(&folder.open().unwrap_or_else(|error| panic!("{what}: {error}")), NOTICES + 1);
    let store = folder.open().unwrap_or_else(|error| panic!("{what}: {error}"));
    (1..=NOTICES + 1).for_each(|number| check_kept(&store, number));
}

/// As the advice says: the damaged store is moved away, and its backup restored in its place.
#[track_caller]
fn restores(folder: &Folder, copy: &[u8], what: &str) {
    let aside = folder.0.with_extension("damaged");
    fs::rename(&folder.0, &aside).unwrap();
    restore(&Settings::at(&folder.0), &mut &*copy).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(reads_the_same(&folder.open().unwrap(), what));
    fs::remove_dir_all(aside).unwrap();
}

/// The outcome of every damage to a file, in the order of [`DAMAGES`].
#[track_caller]
fn check(file: &str, allowed: &[Outcome]) {
    for damage in DAMAGES {
        let (outcome, said) = outcome(file, damage);
        println!("{file:30} {:18} {outcome:?} {said}", format!("{damage:?}"));
        assert!(allowed.contains(&outcome), "{file} {damage:?}: {outcome:?} {said}");
    }
}

use Outcome::{NamedAndRestored, RefusedAndRestored, Removed, Repaired, Same};

#[test]
fn no_file_of_a_store_is_left_out_of_these_tests() {
    let (folder, _) = lived_in();
    let name = |path: PathBuf| {
        let name = path.strip_prefix(&folder.0).unwrap().display().to_string();
        if name.starts_with("records/snap.") { "snap".to_owned() } else { name }
    };
    let names: Vec<String> = files(&folder.0).into_iter().map(name).collect();
    let tested = [
        "ballast",
        "format",
        "gates",
        "impact/2026-11",
        "lock",
        "mark",
        "records/conf",
        "records/db",
        "snap",
        "warc/huitoukan-000001.warc.gz",
    ];
    assert_eq!(names, tested);
}

#[test]
fn records_that_are_damaged_are_named_and_never_read_as_something_else() {
    check("records/db", &[Same, Repaired, NamedAndRestored, RefusedAndRestored]);
}

#[test]
fn what_sled_can_make_again_is_made_again() {
    check("records/conf", &[Same]);
    check("snap", &[Same]);
}

#[test]
fn pages_that_are_damaged_are_named_and_come_back_from_a_backup() {
    check("warc/huitoukan-000001.warc.gz", &[Same, NamedAndRestored, RefusedAndRestored]);
}

#[test]
fn what_a_store_says_of_itself_beside_its_records_can_be_lost() {
    check("format", &[Same]);
    check("mark", &[Same]);
    check("lock", &[Same, Removed]);
    check("ballast", &[Same]);
}

#[test]
fn what_hosts_were_asked_can_be_lost_and_that_is_said() {
    check("gates", &[Same, Repaired]);
    check("impact/2026-11", &[Same, Repaired]);
}
