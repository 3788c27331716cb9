//! Readers of what was kept: rows, records of the archive, whole backups.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use huitoukan::model::{
    Change, Cursor, Delivery, DeliveryState, Gate, Health, Message, Reminder, Snapshot, SnapshotId, Tracked, Traffic, Version,
};
use huitoukan::store::row::{self, Form, Table};
use huitoukan::store::warc::{self, At};
use huitoukan::store::{self, Half, Manifest, Settings, Sled, Store, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::{files, sound, words};

/// The first byte says which kind of record the rest is, in an envelope whose checksum is right; and the rest alone as a row.
pub fn row(bytes: &[u8]) {
    let Some((first, payload)) = bytes.split_first() else { return };
    const KINDS: [fn(&[u8]); 13] = [
        |payload| written_again::<Tracked>(Table::Notices, payload),
        |payload| written_again::<Health>(Table::State, payload),
        |payload| written_again::<Cursor>(Table::State, payload),
        |payload| written_again::<Reminder>(Table::State, payload),
        |payload| written_again::<u64>(Table::State, payload),
        |payload| written_again::<Version>(Table::Versions, payload),
        |payload| written_again::<Change>(Table::Changes, payload),
        |payload| written_again::<Delivery>(Table::Deliveries, payload),
        |payload| written_again::<DeliveryState>(Table::Deliveries, payload),
        |payload| written_again::<Message>(Table::Deliveries, payload),
        |payload| written_again::<Gate>(Table::State, payload),
        |payload| written_again::<Traffic>(Table::State, payload),
        |payload| written_again::<Manifest>(Table::State, payload),
    ];
    KINDS[usize::from(*first) % KINDS.len()](payload);
    for table in Table::ALL {
        match row::unseal(table, b"key", payload) {
            Ok((form, content)) => assert_eq!(row::seal(table, b"key", form, content), payload, "another row says the same"),
            Err(refused) => damaged(&refused),
        }
    }
}

fn written_again<T: Serialize + DeserializeOwned>(table: Table, payload: &[u8]) {
    let sealed = row::seal(table, b"key", Form::Json, payload);
    assert_eq!(row::unseal(table, b"key", &sealed).expect("it was sealed by us"), (Form::Json, payload));
    assert!(row::unseal(table, b"another", &sealed).is_err(), "a row is read under another key");
    let value: T = match row::from_json(table, b"key", &sealed) {
        Ok(value) => value,
        Err(refused) => return damaged(&refused),
    };
    let written = row::to_json(table, b"key", &value).expect("what was read can be written");
    let again: T = row::from_json(table, b"key", &written).expect("what was written can be read");
    assert_eq!(row::to_json(table, b"key", &again).expect("it was written before"), written, "written again, it is another record");
}

fn damaged(refused: &StoreError) {
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
    assert!(!refused.to_string().contains('\n'), "not one line: {refused}");
}

/// A record as it stands in a member, and as a member; then a page whose fields and body are the input's.
pub fn warc(bytes: &[u8]) {
    let member = packed(bytes);
    members(&member);
    members(bytes);
    let body = bytes.windows(4).rposition(|window| window == b"\r\n\r\n").map_or(bytes, |end| &bytes[end + 4..]);
    for id in [SnapshotId::of(body), SnapshotId::of(bytes), SnapshotId::of(b"")] {
        if let Ok(snapshot) = warc::read(&member, &id) {
            assert_eq!(snapshot.id(), id, "it is not the page that was asked for");
            kept(&snapshot);
        }
    }
    let (fields, body) = words::halves(bytes);
    let fields = String::from_utf8_lossy(fields).into_owned();
    let headers = fields.lines().filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    kept(&Snapshot { headers: headers.collect(), status: 200, ..sound::snapshot(None, body) });
}

fn members(bytes: &[u8]) {
    let whole = warc::whole_members(bytes);
    assert!(whole <= bytes.len());
    assert_eq!(warc::whole_members(&bytes[..whole]), whole, "what is whole is not");
    let mut rest = bytes;
    if warc::about(&mut rest).is_ok() {
        assert!(rest.len() < bytes.len(), "a member without a byte");
    }
}

/// Written and read, a page is what it was, but for what no header field can hold.
fn kept(snapshot: &Snapshot) {
    let id = snapshot.id();
    let record = warc::name(At { file: "huitoukan-000001.warc.gz", offset: 0 }, "answer");
    let member = warc::response(snapshot, &id, &record);
    assert_eq!(warc::whole_members(&member), member.len());
    let mut rest = &member[..];
    let about = warc::about(&mut rest).expect("what was written can be read");
    assert_eq!((rest.len(), about.date, about.page), (0, Some(snapshot.fetched_at), Some(id.clone())));
    let again = warc::read(&member, &id).expect("what was written can be read");
    assert_eq!(
        (&again.url, again.status, again.fetched_at, &again.body),
        (&snapshot.url, snapshot.status, snapshot.fetched_at, &snapshot.body)
    );
    assert!(again.headers.len() <= snapshot.headers.len(), "a field of a body's making");
    let third = warc::read(&warc::response(&again, &id, &record), &id).expect("what was written can be read");
    assert_eq!(third, again, "kept twice");
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut member = GzEncoder::new(Vec::new(), Compression::fast());
    member.write_all(bytes).and_then(|()| member.finish()).expect("writing to memory does not fail")
}

/// A backup by somebody who knows the checksums: parts, each after a line `====name`. A row is named by its table and its key in
/// hexadecimal digits, a record of the archive `warc`; `@1.offset@` and `@1.bytes@` in a row are where the first of them lies.
/// Other names are files of the backup. Bytes that do not begin so are the file itself.
pub fn backup(bytes: &[u8]) {
    let place = Place::new();
    let file = files::parts(bytes).map(|parts| tar_of(&parts));
    let settings = Settings { ballast_bytes: 0, ..Settings::at(place.0.join("store")) };
    match store::restore(&settings, &mut file.as_deref().unwrap_or(bytes)) {
        Ok((_, verdict)) => {
            assert_eq!(verdict.problems, Vec::<String>::new(), "restored with problems");
            let store = Sled::open(&settings).expect("what was just restored can be opened");
            everything(&store).expect("what was found well can be read");
            assert_eq!(store.verify(None).expect("it was looked at before").problems, Vec::<String>::new());
        }
        Err(refused) => {
            assert!(!refused.to_string().trim().is_empty());
            assert!(!settings.path.exists(), "refused, and something is there: {refused}");
            in_spite_of_it(&place.0.join("store.restoring"));
        }
    }
    let left: Vec<_> = fs::read_dir(&place.0).expect("it is there").flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| name == "store" || name == "store.restoring"), "it wrote elsewhere: {left:?}");
}

/// A store that a look found wanting: whatever is asked of it, it answers or refuses.
fn in_spite_of_it(path: &Path) {
    let settings = Settings { ballast_bytes: 0, ..Settings::at(path) };
    if !path.exists() {
        return;
    }
    let Ok(store) = Sled::open(&settings) else { return };
    let _ = everything(&store);
    if store.repair().is_ok() {
        let _ = store.verify(None);
        let _ = everything(&store);
    }
}

fn everything(store: &dyn Store) -> Result<(), StoreError> {
    for tracked in store.all_tracked(None)? {
        store.tracked_at(&tracked.url)?;
        store.twins(tracked.fingerprint)?;
        store.changes_of(&tracked.id)?;
        store.health(&tracked.source)?;
        for number in 1..=tracked.versions.min(100) {
            if let Some(version) = store.version(&tracked.id, number)? {
                store.snapshot(&version.snapshot)?;
            }
        }
    }
    store.changes(0, 1_000)?;
    store.deliveries(1_000)?;
    store.unsent()?;
    store.cursor("office")?;
    store.reminders("office")?;
    store.underived()?;
    store.derived(Half::Problems)?;
    store.counts().map(drop)
}

/// A folder that goes away with this.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let place = std::env::temp_dir().join(format!("huitoukan-fuzz-{}-{:?}", std::process::id(), std::thread::current().id()));
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).expect("the folder of temporary files can be written");
        Self(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const RECORDS_HEAD: &[u8] = b"huitoukan records 1\n";
/// Of what lies in pieces, as the store cuts it.
const PIECE_BYTES: usize = 4096;

fn tar_of(parts: &[(String, &[u8])]) -> Vec<u8> {
    let mut archive = vec![Vec::new()];
    archive.extend(parts.iter().filter(|(name, _)| name == "warc").map(|(_, record)| packed(record)));
    let mut records = RECORDS_HEAD.to_vec();
    let (mut rows, mut members) = (0_u64, Vec::new());
    for (name, content) in parts {
        match table_and_key(name) {
            Some((table, key)) => rows += put(&mut records, table, &key, &placed(content, &archive)),
            None if name == "warc" => {}
            None => members.push((name.as_str(), content.to_vec())),
        }
    }
    if archive.len() > 1 {
        members.insert(0, ("warc/huitoukan-000001.warc.gz", archive.concat()));
    }
    members.insert(0, ("records", records));
    let hashes: BTreeMap<_, _> = members.iter().map(|(name, content)| ((*name).to_owned(), hex(&Sha256::digest(content)))).collect();
    let manifest = Manifest { format: 1, made_at: jiff::Timestamp::UNIX_EPOCH, made_by: "huitoukan".to_owned(), rows, members: hashes };
    if !members.iter().any(|(name, _)| *name == "manifest.json") {
        members.push(("manifest.json", serde_json::to_vec(&manifest).expect("a manifest is data")));
    }
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        // As it is written, also where it leads out of the folder.
        let length = name.len().min(99);
        header.as_old_mut().name[..length].copy_from_slice(&name.as_bytes()[..length]);
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.append(&header, content.as_slice()).expect("writing to memory does not fail");
    }
    tar.into_inner().expect("writing to memory does not fail")
}

fn table_and_key(name: &str) -> Option<(Table, Vec<u8>)> {
    let (table, key) = name.split_once(' ')?;
    let table = Table::ALL.into_iter().find(|known| known.name() == table)?;
    let digits: Option<Vec<u8>> = key.trim_end().chars().map(|digit| Some(digit.to_digit(16)? as u8)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some((table, digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()))
}

/// The row, or the pieces, that hold this under that key; how many rows they are.
fn put(records: &mut Vec<u8>, table: Table, key: &[u8], content: &[u8]) -> u64 {
    let zstd = || [&[0], zstd::bulk::compress(content, 1).expect("memory can be compressed").as_slice()].concat();
    let sealed = match table {
        Table::Index => content.to_vec(),
        Table::Versions | Table::Sketches => {
            row::seal(table, key, Form::Whole, &if table == Table::Versions { zstd() } else { content.to_vec() })
        }
        Table::Deliveries if key.ends_with(b"/") => row::seal(table, key, Form::Whole, &zstd()),
        _ => row::seal(table, key, Form::Json, content),
    };
    if !(matches!(table, Table::Versions | Table::Sketches) || table == Table::Deliveries && key.ends_with(b"/")) {
        put_row(records, table, key, &sealed);
        return 1;
    }
    let mut pieces = 0;
    for (number, piece) in sealed.chunks(PIECE_BYTES).enumerate() {
        let length = if number == 0 { (sealed.len() as u32).to_be_bytes().to_vec() } else { Vec::new() };
        put_row(records, table, &[key, &(number as u16).to_be_bytes()].concat(), &[&length, piece].concat());
        pieces += 1;
    }
    pieces
}

fn put_row(records: &mut Vec<u8>, table: Table, key: &[u8], row: &[u8]) {
    records.push(table as u8);
    records.extend((key.len() as u32).to_be_bytes());
    records.extend((row.len() as u32).to_be_bytes());
    records.extend(key);
    records.extend(row);
}

/// With the places of the archive's records written in.
fn placed(content: &[u8], archive: &[Vec<u8>]) -> Vec<u8> {
    let Ok(mut text) = std::str::from_utf8(content).map(str::to_owned) else { return content.to_vec() };
    if text.contains('@') {
        let mut offset = 0;
        for (number, member) in archive.iter().enumerate() {
            text = text
                .replace(&format!("@{number}.offset@"), &offset.to_string())
                .replace(&format!("@{number}.bytes@"), &member.len().to_string());
            offset += member.len();
        }
        text = text.replace("@end@", &offset.to_string());
    }
    text.into_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
