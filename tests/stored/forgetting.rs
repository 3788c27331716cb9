//! A notice that is removed for good: every byte of it, and nothing else, whenever it is killed.

use super::*;

/// Every byte below a folder, with gzip members and zstd rows left as they lie.
pub fn bytes_below(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => bytes.extend(bytes_below(&entry)),
            false => bytes.extend(fs::read(&entry).unwrap()),
        }
    }
    bytes
}

pub fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_forgotten_notice_leaves_no_byte_of_its_text_and_no_other_notice_suffers() {
    let folder = Folder::with(6);
    let mut told = delivery(9, 0);
    told.message.text = format!("一件通报 {}", url(3));
    let store = folder.open().unwrap();
    store.owe(&Cursor { name: "office".into(), up_to: 1, due: None, since: None, told_at: None }, &[told.clone()]).unwrap();
    // Held ones too: a person may send them yet, and emptied they would tell nobody of what else is in them.
    for state in [told.state.clone(), DeliveryState::Held { at: at(4), reason: "550".into() }] {
        store.settle(&told.id, &state).unwrap();
        let refused = store.forget(&[notice(3)]).unwrap_err().to_string();
        assert!(refused.contains("1 message(s) that tell of it wait in the outbox"), "{refused}");
    }
    store.settle(&told.id, &DeliveryState::Sent { at: at(5) }).unwrap();

    // The rows and the members as they lie on disk: compressed, and found again only if they are still there.
    let row = row_pieces(&folder, store, 3);
    let store = folder.open().unwrap();
    let warc = fs::read(folder.warc(1)).unwrap();
    let member = member_of(&warc, url(3).as_str());
    assert!(holds(&bytes_below(&folder.0), &row) && holds(&bytes_below(&folder.0), &member));
    let forgotten = store.forget(&[notice(3)]).unwrap();
    assert_eq!((forgotten.notices, forgotten.versions, forgotten.pages, forgotten.messages), (1, 1, 1, 1));
    assert_eq!(store.tracked(&notice(3)).unwrap(), None);
    assert_eq!(store.tracked_at(&url(3)).unwrap(), None);
    assert!(store.is_forgotten(&url(3), 0).unwrap() && store.is_forgotten(&url(99), tracked(3).fingerprint).unwrap());
    assert!(!store.is_forgotten(&url(4), tracked(4).fingerprint).unwrap());
    [1, 2, 4, 5, 6].into_iter().for_each(|number| check_kept(&store, number));
    keep(&store, 7);
    drop(store);

    let store = folder.open().unwrap();
    assert_eq!(store.verify(None).unwrap().problems, Vec::<String>::new());
    [1, 2, 4, 5, 6, 7].into_iter().for_each(|number| check_kept(&store, number));
    let counts = store.counts().unwrap();
    assert_eq!((counts.notices, counts.versions, counts.snapshots, counts.changes), (6, 6, 6, 7));
    drop(store);
    let bytes = bytes_below(&folder.0);
    assert!(!holds(&bytes, &row), "the version's row");
    assert!(!holds(&bytes, &member), "the page in the archive");
    assert!(!holds(&bytes, url(3).as_str().as_bytes()), "its address");
}

/// The piece of a version as it lies in the database.
pub fn row_pieces(folder: &Folder, store: Sled, number: u32) -> Vec<u8> {
    drop(store);
    let row = row(folder, "versions", &[notice(number).0.as_bytes(), b"/\0\0\0\x01\0\0"].concat());
    row[12..60].to_vec()
}

/// Some bytes of the member that holds a response from this address.
pub fn member_of(warc: &[u8], address: &str) -> Vec<u8> {
    let mut rest = warc;
    while !rest.is_empty() {
        let mut member = flate2::bufread::GzDecoder::new(rest);
        let mut record = Vec::new();
        std::io::Read::read_to_end(&mut member, &mut record).unwrap();
        let after = member.into_inner();
        let record = String::from_utf8_lossy(&record).into_owned();
        if record.contains("WARC-Type: response") && record.contains(address) {
            return rest[..rest.len() - after.len()].to_vec();
        }
        rest = after;
    }
    panic!("no response from {address}");
}

#[test]
fn records_that_are_written_anew_survive_a_kill_at_every_step() {
    let check = |what: &str, kill: &dyn Fn(&Path)| {
        let folder = Folder::with(3);
        folder.open().unwrap().forget(&[notice(2)]).unwrap();
        kill(&folder.0);
        let store = folder.open().unwrap();
        assert_eq!(store.verify(None).unwrap().problems, Vec::<String>::new(), "{what}");
        [1, 3].into_iter().for_each(|number| check_kept(&store, number));
        keep(&store, 4);
        drop(store);
        assert!(!folder.0.join("rewriting").exists() && !folder.0.join("records.new").exists(), "{what}");
    };
    check("before anything", &|_| {});
    check("while the rows are copied", &|store| {
        fs::create_dir(store.join("records.new")).unwrap();
        fs::write(store.join("records.new/db"), "half").unwrap();
    });
    let copy = |store: &Path| {
        fs::create_dir_all(store.join("records.new")).unwrap();
        for entry in fs::read_dir(store.join("records")).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_file()) {
            fs::copy(entry.path(), store.join("records.new").join(entry.file_name())).unwrap();
        }
        fs::write(store.join("rewriting"), "swap\n").unwrap();
    };
    check("before the old ones go", &copy);
    check("after the old ones went", &|store| {
        copy(store);
        fs::remove_dir_all(store.join("records")).unwrap();
    });
    check("after the new ones took their place", &|store| fs::write(store.join("rewriting"), "swap\n").unwrap());
}

#[test]
fn an_old_archive_file_that_a_kill_left_behind_goes_when_the_store_is_opened() {
    let folder = Folder::with(3);
    let old = fs::read(folder.warc(1)).unwrap();
    folder.open().unwrap().forget(&[notice(2)]).unwrap();
    assert!(!folder.warc(1).exists() && folder.warc(2).exists());
    fs::write(folder.warc(1), old).unwrap();
    [1, 3].into_iter().for_each(|number| check_kept(&folder.open().unwrap(), number));
    assert!(!folder.warc(1).exists());
}
