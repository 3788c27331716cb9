//! The store on disk against what happens to disks and processes: kills, leftovers, damage, old releases, other readers.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use huitoukan::model;
use huitoukan::model::{Cursor, DeliveryState, Snapshot};
use huitoukan::store::{Commit, Expired, Free, Settings, Sled, Store, StoreError, Verdict};

#[path = "../src/store/samples.rs"]
mod samples;
#[path = "stored/copies.rs"]
mod copies;
#[path = "stored/damage.rs"]
mod damage;
#[path = "stored/forgetting.rs"]
mod forgetting;
#[path = "stored/full.rs"]
mod full;
#[path = "stored/mod.rs"]
mod stored;
#[path = "stored/power.rs"]
mod power;
#[path = "stored/pruning.rs"]
mod pruning;
#[path = "stored/verify.rs"]
mod verify;

use samples::{at, delivery, notice, page, published, reading, tracked, url, version};

/// A folder of a test's own, removed after it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("store-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    /// One in which notices 1 to `notices` are kept, each in a commit of its own.
    fn with(notices: u32) -> Self {
        let folder = Self::new();
        let store = folder.open().unwrap();
        (1..=notices).for_each(|number| keep(&store, number));
        folder
    }

    fn open(&self) -> Result<Sled, StoreError> {
        Sled::open(&Settings::at(&self.0))
    }

    fn warc(&self, number: u32) -> PathBuf {
        self.0.join(format!("warc/huitoukan-{number:06}.warc.gz"))
    }

    fn records(&self, beginning: &str) -> Vec<PathBuf> {
        let names = fs::read_dir(self.0.join("records")).unwrap().map(|entry| entry.unwrap().path());
        names.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(beginning)).collect()
    }

    fn quarantine(&self) -> Vec<String> {
        fs::read_dir(self.0.join("quarantine")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn keep(store: &dyn Store, number: u32) {
    let commit = Commit {
        snapshots: vec![page(number, &body(number))],
        health: None,
        tracked: vec![tracked(number)],
        versions: vec![version(number, 1, &body(number))],
        changes: vec![published(number)],
    };
    store.commit(&commit).unwrap();
}

fn body(number: u32) -> String {
    format!("关于巡察整改进展情况的通报 {number} {}", noise(u64::from(number), 600))
}

/// Letters that hardly compress, the same for the same seed.
fn noise(seed: u64, letters: usize) -> String {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from_u32(0x4e00 + (state >> 40) as u32 % 8000).unwrap()
    };
    (0..letters).map(|_| letter()).collect()
}

/// Everything that [`keep`] kept for this notice is there.
#[track_caller]
fn check_kept(store: &dyn Store, number: u32) {
    assert_eq!(store.tracked(&notice(number)).unwrap(), Some(tracked(number)), "notice {number}");
    let kept = store.version(&notice(number), 1).unwrap().unwrap_or_else(|| panic!("version 1 of notice {number}"));
    assert_eq!(kept, version(number, 1, &body(number)));
    assert_eq!(store.snapshot(&kept.snapshot).unwrap(), Some(page(number, &body(number))), "snapshot of notice {number}");
    assert_eq!(store.changes_of(&notice(number)).unwrap().len(), 1, "changes of notice {number}");
}

#[track_caller]
fn check_all(folder: &Folder, notices: u32) {
    let store = folder.open().unwrap();
    (1..=notices).for_each(|number| check_kept(&store, number));
    assert_eq!(store.counts().unwrap().notices, u64::from(notices));
    keep(&store, notices + 1);
    check_kept(&store, notices + 1);
}

#[test]
fn a_second_process_is_told_who_has_the_store() {
    let folder = Folder::with(1);
    let store = folder.open().unwrap();
    match folder.open() {
        Err(StoreError::Locked { by: Some(by), .. }) => assert!(by.contains(&std::process::id().to_string()), "{by}"),
        other => panic!("{other:?}"),
    }
    drop(store);
    folder.open().unwrap();
}

#[test]
fn what_was_acknowledged_survives_kills_at_any_moment() {
    const KILLS: u64 = 30;
    let folder = Folder::with(0);
    let mut acknowledged: Vec<u32> = Vec::new();
    for kill in 0..KILLS {
        let mut child = writer(&folder);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().ends_with("opening")));
        // Every third is killed while it opens the store, the others after some commits, all a random moment later.
        let commits = if kill % 3 == 0 { 0 } else { kill * 7 % 23 };
        for _ in 0..commits {
            acknowledged.push(lines.next().unwrap().unwrap().parse().unwrap());
        }
        (0..noise(kill, 1).chars().map(|c| c as u32).sum::<u32>() % 4000).for_each(|_| std::thread::yield_now());
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(lines.map_while(Result::ok).filter_map(|line| line.parse::<u32>().ok()));
    }
    assert!(acknowledged.len() > 100, "{} commits were acknowledged", acknowledged.len());
    let store = folder.open().unwrap();
    let last = store.last_change().unwrap() as u32;
    assert!(acknowledged.iter().all(|number| *number <= last), "{last} kept");
    (1..=last).for_each(|number| check_kept(&store, number));
    let numbers: Vec<u64> = store.changes(0, usize::MAX).unwrap().iter().map(|change| change.number).collect();
    assert_eq!(numbers, (1..=u64::from(last)).collect::<Vec<_>>());
    let deliveries = store.deliveries(usize::MAX).unwrap();
    let sent: BTreeSet<&str> = deliveries.iter().filter(|delivery| is_sent(&delivery.state)).map(|delivery| &*delivery.id).collect();
    assert!(acknowledged.iter().all(|number| sent.contains(&*delivery(*number, 0).id)), "what was sent is known to be sent");
    assert_eq!(store.verify(None).unwrap().problems, Vec::<String>::new());
    let counts = store.counts().unwrap();
    assert_eq!(counts.versions, u64::from(last));
    assert_eq!((counts.sent, counts.pending), (sent.len() as u64, (deliveries.len() - sent.len()) as u64));
    assert_eq!(store.due(at(0)).unwrap().len() as u64, counts.pending);
}

fn is_sent(state: &DeliveryState) -> bool {
    matches!(state, DeliveryState::Sent { .. })
}

fn writer(folder: &Folder) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "the_process_that_is_killed", "--nocapture"]).env("STORE", &folder.0);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
#[ignore = "run by the test that kills it"]
fn the_process_that_is_killed() {
    let folder = std::env::var("STORE").unwrap();
    let mut output = std::io::stdout();
    writeln!(output, "\nopening").unwrap();
    let store = Sled::open(&Settings { warc_bytes_max: 64 * 1024, ..Settings::at(folder) }).unwrap();
    let commits: u32 = std::env::var("COMMITS").map_or(u32::MAX, |commits| commits.parse().unwrap());
    while store.last_change().unwrap() < u64::from(commits) {
        let number = store.last_change().unwrap() as u32 + 1;
        keep(&store, number);
        let cursor = Cursor { name: "office".into(), up_to: u64::from(number), due: None, since: None, told_at: None };
        store.owe(&cursor, &[delivery(number, 0)]).unwrap();
        store.settle(&delivery(number, 0).id, &DeliveryState::Sent { at: at(1) }).unwrap();
        writeln!(output, "{number}").unwrap();
    }
}

#[test]
fn two_writers_take_numbers_without_gaps() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let commit = |number| Commit { changes: vec![published(number), published(number)], ..Commit::default() };
    let mut numbers: Vec<u64> = std::thread::scope(|scope| {
        let writer = |number| {
            let store = &store;
            scope.spawn(move || (0..40).flat_map(|_| store.commit(&commit(number)).unwrap()).collect::<Vec<_>>())
        };
        let writers = [writer(1), writer(2), writer(3)];
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=240).collect::<Vec<_>>());
    assert_eq!(store.changes(0, 1000).unwrap().iter().map(|change| change.number).collect::<Vec<_>>(), numbers);
    assert_eq!(store.changes_of(&notice(2)).unwrap().len(), 80);
}

#[test]
fn readers_see_whole_versions_while_they_are_replaced() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let long = |seed| version(1, 1, &noise(seed, 20_000));
    store.commit(&Commit { versions: vec![long(0), reading(1, 2, |_| ())], ..Commit::default() }).unwrap();
    std::thread::scope(|scope| {
        let store = &store;
        let writer = scope.spawn(move || {
            (1..60).for_each(|seed| drop(store.commit(&Commit { versions: vec![long(seed)], ..Commit::default() }).unwrap()));
        });
        let mut seen = 0;
        while !writer.is_finished() || seen == 0 {
            assert!(store.version(&notice(1), 1).unwrap().is_some());
            assert_eq!(store.version(&notice(1), 2).unwrap(), Some(reading(1, 2, |_| ())));
            seen += 1;
        }
    });
}

#[test]
fn a_snapshot_of_sled_that_a_kill_left_half_made_is_no_damage() {
    let folder = Folder::with(5);
    fs::write(folder.0.join("records/snap.0000000000000FFF.generating"), b"half").unwrap();
    check_all(&folder, 5);
    assert!(folder.records("snap.").iter().all(|path| path.extension().is_none_or(|extension| extension != "generating")));
}

#[test]
fn a_damaged_snapshot_of_sled_is_set_aside_and_made_again() {
    let folder = Folder::with(5);
    // sled writes them when it opens.
    drop(folder.open().unwrap());
    let snapshots = folder.records("snap.");
    assert!(!snapshots.is_empty());
    for path in snapshots {
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x40;
        fs::write(&path, bytes).unwrap();
    }
    check_all(&folder, 5);
    assert_eq!(folder.quarantine(), ["records-1"]);
}

#[test]
fn settings_that_a_full_disk_cut_short_before_anything_was_kept_are_made_again() {
    let folder = Folder::with(0);
    let settings = folder.records("conf").remove(0);
    let whole = fs::read(&settings).unwrap();
    fs::write(&settings, &whole[..whole.len() / 2]).unwrap();
    fs::remove_file(folder.records("db").remove(0)).unwrap();
    folder.records("snap.").iter().for_each(|path| fs::remove_file(path).unwrap());
    // As it was when the disk was full: the store was not marked as one yet.
    fs::remove_file(folder.0.join("format")).unwrap();
    drop(folder.open().unwrap());
    assert_eq!(folder.quarantine(), ["records-1"]);
}

#[test]
fn half_a_page_at_the_end_of_the_archive_is_cut_off_and_set_aside() {
    let folder = Folder::with(3);
    let whole = fs::read(folder.warc(1)).unwrap();
    let mut file = OpenOptions::new().append(true).open(folder.warc(1)).unwrap();
    // A commit that never was: one whole member, which may stay, and half of one, which may not.
    let members = members(&whole);
    file.write_all(members[1]).unwrap();
    file.write_all(&members[2][..members[2].len() / 2]).unwrap();
    drop(file);
    check_all(&folder, 3);
    assert_eq!(folder.quarantine().len(), 1);
    let mended = fs::read(folder.warc(1)).unwrap();
    assert!(mended.starts_with(&[&whole, members[1]].concat()));
    assert_eq!(self::members(&mended).concat(), mended);
}

/// The gzip members of a file; what follows the last whole one is left out.
fn members(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut members = Vec::new();
    while !bytes.is_empty() {
        let mut member = flate2::bufread::GzDecoder::new(bytes);
        if std::io::copy(&mut member, &mut std::io::sink()).is_err() {
            break;
        }
        let rest = member.into_inner();
        members.push(&bytes[..bytes.len() - rest.len()]);
        bytes = rest;
    }
    members
}

/// Five notices are kept, something happens to the folder, and it is opened: never an empty store.
#[track_caller]
fn check_damage(what: &str, happens: impl FnOnce(&Folder), is_mended: bool) {
    let folder = Folder::with(5);
    happens(&folder);
    match folder.open() {
        Ok(store) => {
            assert!(is_mended, "{what}: opened");
            (1..=5).for_each(|number| check_kept(&store, number));
        }
        Err(StoreError::Damaged { what: seen, advice }) => {
            assert!(!is_mended, "{what}: {seen}");
            assert!(advice.contains("huitoukan restore"), "{advice}");
        }
        Err(error) => assert!(!is_mended && error.to_string().contains("newer release"), "{what}: {error}"),
    }
}

fn truncate(path: &Path, bytes: impl FnOnce(u64) -> u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(bytes(file.metadata().unwrap().len())).unwrap();
}

#[test]
fn a_store_that_lost_something_is_never_an_empty_one() {
    let remove = |path: PathBuf| fs::remove_file(path).unwrap();
    check_damage("nothing", |_| (), true);
    check_damage("log deleted", |folder| remove(folder.0.join("records/db")), false);
    check_damage("log emptied", |folder| truncate(&folder.0.join("records/db"), |_| 0), false);
    check_damage("log cut", |folder| truncate(&folder.0.join("records/db"), |bytes| bytes / 2), false);
    check_damage("log zeroed", |folder| fs::write(folder.0.join("records/db"), vec![0; 524_288]).unwrap(), false);
    check_damage("records deleted", |folder| fs::remove_dir_all(folder.0.join("records")).unwrap(), false);
    check_damage("sled's settings deleted", |folder| remove(folder.0.join("records/conf")), true);
    check_damage("sled's settings spoilt", |folder| fs::write(folder.0.join("records/conf"), [b'x'; 62]).unwrap(), true);
    check_damage("sled's snapshots deleted", |folder| folder.records("snap.").into_iter().for_each(remove), true);
    check_damage("marker deleted", |folder| remove(folder.0.join("format")), true);
    check_damage("marker spoilt", |folder| fs::write(folder.0.join("format"), [0xff, 0]).unwrap(), true);
    check_damage("newer", |folder| fs::write(folder.0.join("format"), "huitoukan store, format 99\n").unwrap(), false);
    check_damage("mark deleted", |folder| remove(folder.0.join("mark")), true);
    check_damage("commits lost", |folder| fs::write(folder.0.join("mark"), format!("{:020}\n", 99)).unwrap(), false);
    check_damage("archive deleted", |folder| remove(folder.warc(1)), false);
    check_damage("archive cut", |folder| truncate(&folder.warc(1), |bytes| bytes - 1), false);
    check_damage("marker and records deleted", |folder| (remove(folder.0.join("format")), remove(folder.0.join("records/db"))).1, false);
}

#[test]
fn a_flipped_byte_is_named_and_never_read_as_something_else() {
    for flip in 0..24 {
        let folder = Folder::with(5);
        let path = if flip % 3 == 0 { folder.warc(1) } else { folder.0.join("records/db") };
        let mut bytes = fs::read(&path).unwrap();
        let written = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        let place = written * (flip + 1) / 25;
        bytes[place] ^= 1 << (flip % 8);
        fs::write(&path, bytes).unwrap();
        let Ok(store) = folder.open() else { continue };
        for number in 1..=5 {
            if let Ok(kept) = store.tracked(&notice(number)) {
                assert_eq!(kept, Some(tracked(number)), "byte {place} of {}", path.display());
            }
            if let Ok(kept) = store.version(&notice(number), 1) {
                assert_eq!(kept, Some(version(number, 1, &body(number))), "byte {place} of {}", path.display());
            }
            if let Ok(kept) = store.snapshot(&version(number, 1, &body(number)).snapshot) {
                assert_eq!(kept, Some(page(number, &body(number))), "byte {place} of {}", path.display());
            }
        }
    }
}

#[test]
fn five_versions_of_a_notice_cost_little_more_than_one() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let edits: [fn(&mut Vec<String>); 5] = [
        |_| (),
        |lines| lines[20] = lines[20].replacen('的', "之", 1),
        |lines| drop(lines.remove(30)),
        |lines| lines.insert(10, "关于指导基层商会换届不及时的问题,已于2025年6月30日前整改完成。".into()),
        |lines| *lines.last_mut().unwrap() = "2026年11月22日".into(),
    ];
    for number in 1..=5 {
        let edited = reading(1, number, |lines| edits[..number as usize].iter().for_each(|edit| edit(lines)));
        let seen = tracked(1);
        store.commit(&Commit { versions: vec![edited], tracked: vec![seen], changes: vec![published(1)], ..Commit::default() }).unwrap();
    }
    assert_eq!(store.version(&notice(1), 5).unwrap().unwrap().document.blocks.last().unwrap().text(), "2026年11月22日");
    drop(store);
    let bytes = record_bytes(&folder);
    assert!(bytes <= 12 * 1024, "{bytes} bytes of records");
}

/// Keys and values of all records.
fn record_bytes(folder: &Folder) -> usize {
    let records = stored::open_records(&folder.0);
    let trees = records.tree_names().into_iter().map(|name| records.open_tree(name).unwrap());
    trees.flat_map(|tree| tree.iter().map(|row| row.map(|(key, value)| key.len() + value.len()).unwrap()).collect::<Vec<_>>()).sum()
}

#[test]
fn what_is_large_is_kept_without_spilling_out_of_the_log() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let giant = |seed| version(1, seed, &noise(u64::from(seed), 300_000));
    let mut digest = delivery(1, 0);
    digest.message.html = noise(9, 200_000);
    store.commit(&Commit { versions: vec![giant(1), giant(2)], ..Commit::default() }).unwrap();
    store.commit(&Commit { versions: vec![version(1, 1, "短")], ..Commit::default() }).unwrap();
    store.owe(&Cursor { name: "office".into(), up_to: 1, due: None, since: None, told_at: None }, std::slice::from_ref(&digest)).unwrap();
    drop(store);
    let store = folder.open().unwrap();
    assert_eq!(store.version(&notice(1), 1).unwrap(), Some(version(1, 1, "短")));
    assert_eq!(store.version(&notice(1), 2).unwrap(), Some(giant(2)));
    assert_eq!(store.due(at(0)).unwrap(), [digest]);
    assert_eq!(fs::read_dir(folder.0.join("records/blobs")).unwrap().count(), 0);
}

#[test]
fn a_full_archive_file_is_followed_by_a_new_one() {
    let folder = Folder::new();
    for _ in 0..2 {
        let store = Sled::open(&Settings { warc_bytes_max: 4000, ..Settings::at(&folder.0) }).unwrap();
        let first = store.last_change().unwrap() as u32 + 1;
        (first..first + 6).for_each(|number| keep(&store, number));
    }
    check_all(&folder, 12);
    let files = (1..).take_while(|number| folder.warc(*number).exists()).count();
    assert!((4..=12).contains(&files), "{files} files");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_look_into_a_store() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::with(1);
    for path in [folder.0.clone(), folder.0.join("records"), folder.0.join("warc"), folder.0.join("quarantine")] {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700, "{}", path.display());
    }
}

#[test]
fn records_of_every_release_stay_readable() {
    if std::env::var_os("UPDATE").is_some() {
        stored::write_samples();
    }
    let releases = stored::releases();
    assert!(!releases.is_empty());
    for release in releases {
        let folder = Folder::new();
        stored::restore(&release, &folder.0);
        let store = folder.open().unwrap();
        stored::check(&store, &release);
    }
}

/// Reads the archive with the archivists' own program; says so where that is not installed.
#[test]
fn the_archive_is_read_by_others() {
    let Some(python) = python_with_warcio() else {
        eprintln!("SKIPPED the_archive_is_read_by_others: warcio is not installed (pip install -r tests/requirements.txt)");
        return;
    };
    let folder = Folder::new();
    let headers = [("content-type", "text/html; charset=utf-8"), ("content-encoding", "gzip"), ("transfer-encoding", "chunked")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let encoded = Snapshot { headers, ..page(1, &body(1)) };
    let pages = [encoded.clone(), page(2, ""), Snapshot { url: url(3), fetched_at: at(9), ..encoded.clone() }, page(4, &body(4))];
    let store = Sled::open(&Settings { warc_bytes_max: 5000, ..Settings::at(&folder.0) }).unwrap();
    pages.iter().for_each(|page| drop(store.commit(&Commit { snapshots: vec![page.clone()], ..Commit::default() }).unwrap()));
    drop(store);
    let files: Vec<PathBuf> = (1..).map(|number| folder.warc(number)).take_while(|path| path.exists()).collect();
    let checked = Command::new(&python).args(["-m", "warcio.cli", "check", "-v"]).args(&files).output().unwrap();
    let report = String::from_utf8_lossy(&checked.stdout).into_owned() + &String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{report}");
    assert_eq!(report.matches("digest pass").count(), 4 + 3 + files.len(), "{report}");
    assert_eq!(report.matches("(revisit)").count(), 1, "{report}");
    let read = Command::new(&python).args(["-c", READ_WITH_WARCIO]).args(&files).output().unwrap();
    let expected = format!(
        "warcinfo None\nrequest {0}\nresponse {0} {1}\nrequest {2}\nresponse {2} 0\nrequest {3}\nrevisit {3} of {0}\nrequest {4}\nresponse {4} {1}\n",
        url(1),
        body(1).len(),
        url(2),
        url(3),
        url(4)
    );
    assert_eq!(String::from_utf8_lossy(&read.stdout), expected, "{}", String::from_utf8_lossy(&read.stderr));
}

const READ_WITH_WARCIO: &str = r#"
import sys
from warcio.archiveiterator import ArchiveIterator
for name in sys.argv[1:]:
    for record in ArchiveIterator(open(name, "rb")):
        line = record.rec_type + " " + str(record.rec_headers.get_header("WARC-Target-URI"))
        if record.rec_type == "response":
            body = record.content_stream().read()
            assert record.http_headers.get_header("Content-Length") == str(len(body))
            line += " " + str(len(body))
        if record.rec_type == "revisit":
            line += " of " + record.rec_headers.get_header("WARC-Refers-To-Target-URI")
        print(line)
"#;

/// `PYTHON`, else `python3`, where it has warcio.
fn python_with_warcio() -> Option<String> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python).args(["-c", "import warcio"]).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success()).then_some(python)
}

/// Alters records behind the store's back, each sealed again as its writer would.
fn alter(folder: &Folder, tree: &str, key: &[u8], row: Option<&[u8]>) {
    let records = stored::open_records(&folder.0);
    let tree = records.open_tree(tree).unwrap();
    match row {
        Some(row) => tree.insert(key, row).unwrap(),
        None => tree.remove(key).unwrap(),
    };
    records.flush().unwrap();
}

fn row(folder: &Folder, tree: &str, key: &[u8]) -> Vec<u8> {
    stored::open_records(&folder.0).open_tree(tree).unwrap().get(key).unwrap().unwrap().to_vec()
}

fn backup(store: &dyn Store) -> Vec<u8> {
    let mut bytes = Vec::new();
    store.backup(at(1), &mut bytes).unwrap();
    bytes
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_at_any_moment() {
    let (folder, log) = (Folder::new(), Folder::new());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "the_process_that_is_killed", "--nocapture"]).env("STORE", &folder.0).env("COMMITS", "12");
    let steps = power::steps(&mut command, &log.0);
    let _ = fs::remove_file(&log.0);
    let (mut disk, mut acknowledged, mut cuts) = (power::Disk::default(), 0, 0);
    for (number, step) in steps.iter().enumerate() {
        disk.take(step);
        let mut is_news = false;
        if let power::Step::Write { file: 1, bytes, .. } = step
            && let Ok(commit) = String::from_utf8_lossy(bytes).trim().parse::<u32>()
        {
            (acknowledged, is_news) = (commit, true);
        }
        // Right after every word given, and at other moments too.
        if is_news || acknowledged > 0 && number % 17 == 0 {
            cuts += 1;
            check_cut(&disk, &folder, acknowledged, &|_| false);
            check_cut(&disk, &folder, acknowledged, &|name| (number + name.as_os_str().len()) % 2 == 0);
        }
    }
    assert_eq!(acknowledged, 12);
    assert!(cuts > 20, "{cuts} cuts of {} steps", steps.len());
}

#[track_caller]
fn check_cut(disk: &power::Disk, folder: &Folder, acknowledged: u32, keeps: &dyn Fn(&Path) -> bool) {
    let after = Folder::new();
    fs::create_dir_all(&after.0).unwrap();
    disk.cut(&folder.0, &after.0, keeps);
    let store = after.open().unwrap_or_else(|error| panic!("after {acknowledged} commits: {error}"));
    (1..=acknowledged).for_each(|number| check_kept(&store, number));
    let verdict = store.verify(None).unwrap();
    assert_eq!(verdict.problems, Vec::<String>::new());
    assert!(verdict.changes >= u64::from(acknowledged));
}
