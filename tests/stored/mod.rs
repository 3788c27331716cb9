//! Samples of the records of every release, one folder each: what that release wrote must stay readable.
//!
//! `rows.txt` holds a row a line (tree, key and value, the last two in hexadecimal digits), `kept.json` what was kept. After
//! a release that writes records differently: raise the version in Cargo.toml, then `UPDATE=1 cargo test --test store`.

use std::fs;
use std::path::{Path, PathBuf};

use huitoukan::model::{Change, Cursor, Delivery, DeliveryState, Health, SourceId, Tracked, Version};
use huitoukan::store::{Commit, Settings, Sled, Store};
use serde::{Deserialize, Serialize};

use crate::samples::{at, delivery, page, published, reading, tracked, url};

/// What is kept in a sample.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    tracked: Vec<Tracked>,
    versions: Vec<Version>,
    changes: Vec<Change>,
    health: Health,
    cursor: Cursor,
    deliveries: Vec<Delivery>,
    /// Body of the snapshot of version 1.
    page: String,
}

pub fn releases() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

/// Makes a store of a release's rows.
pub fn restore(release: &Path, store: &Path) {
    copy(&release.join("warc"), &store.join("warc"));
    fs::copy(release.join("format"), store.join("format")).unwrap();
    let records = open_records(store);
    for line in fs::read_to_string(release.join("rows.txt")).unwrap().lines() {
        let [tree, key, value]: [&str; 3] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        records.open_tree(tree).unwrap().insert(bytes(key), bytes(value)).unwrap();
    }
    records.flush().unwrap();
}

pub fn check(store: &dyn Store, release: &Path) {
    let expected: Kept = serde_json::from_slice(&fs::read(release.join("kept.json")).unwrap()).unwrap();
    assert_eq!(kept(store), expected, "{}", release.display());
}

/// Writes the sample of the present release.
pub fn write_samples() {
    let release = folder().join(env!("CARGO_PKG_VERSION"));
    let _ = fs::remove_dir_all(&release);
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sample");
    let _ = fs::remove_dir_all(&place);
    let store = Sled::open(&Settings::at(&place)).unwrap();
    keep(&store);
    fs::create_dir_all(&release).unwrap();
    fs::write(release.join("kept.json"), serde_json::to_vec(&kept(&store)).unwrap()).unwrap();
    drop(store);
    copy(&place.join("warc"), &release.join("warc"));
    fs::copy(place.join("format"), release.join("format")).unwrap();
    let records = open_records(&place);
    let mut rows = String::new();
    for name in records.tree_names() {
        let tree = String::from_utf8(name.to_vec()).unwrap();
        for row in records.open_tree(name).unwrap().iter().map(Result::unwrap) {
            rows.push_str(&format!("{tree} {} {}\n", hex(&row.0), hex(&row.1)));
        }
    }
    fs::write(release.join("rows.txt"), rows).unwrap();
}

/// The database of a store that is closed, as sled gives it.
pub fn open_records(store: &Path) -> sled::Db {
    sled::Config::new().path(store.join("records")).flush_every_ms(None).open().unwrap()
}

fn keep(store: &dyn Store) {
    let page = page(1, "<p>整改情况通报</p>");
    let short = |number: u32| Version {
        snapshot: page.id(),
        ..reading(1, number, |lines| {
            lines.truncate(12);
            lines.push(format!("第{number}次修改"));
        })
    };
    let commit = Commit {
        snapshots: vec![page.clone()],
        health: Some(Health::new(SourceId("licheng".into()), at(0))),
        tracked: vec![tracked(1), tracked(2)],
        versions: vec![short(1), short(2), short(3)],
        changes: vec![published(1), published(2)],
    };
    store.commit(&commit).unwrap();
    let cursor = Cursor { name: "office".into(), up_to: 2, due: Some(at(60)), since: None, told_at: None };
    store.owe(&cursor, &[delivery(1, 0), delivery(2, 0), delivery(3, 0)]).unwrap();
    store.settle(&delivery(1, 0).id, &DeliveryState::Sent { at: at(1) }).unwrap();
    store.settle(&delivery(2, 0).id, &DeliveryState::Held { at: at(1), reason: "550".into() }).unwrap();
}

fn kept(store: &dyn Store) -> Kept {
    let notice = store.tracked_at(&url(1)).unwrap().unwrap().id;
    let versions: Vec<Version> = (1..=3).map(|number| store.version(&notice, number).unwrap().unwrap()).collect();
    let page = store.snapshot(&versions[0].snapshot).unwrap().unwrap();
    Kept {
        tracked: store.all_tracked(None).unwrap(),
        changes: store.changes(0, 10).unwrap(),
        health: store.health(&SourceId("licheng".into())).unwrap().unwrap(),
        cursor: store.cursor("office").unwrap().unwrap(),
        deliveries: store.deliveries(10).unwrap(),
        page: String::from_utf8(page.body).unwrap(),
        versions,
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}
