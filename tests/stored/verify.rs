//! What `verify` sees of what was altered, cut off or lost, and what `repair` makes again.

use super::*;

#[track_caller]
fn problems(folder: &Folder, head: Option<&str>) -> (Verdict, String) {
    let verdict = folder.open().unwrap().verify(head).unwrap();
    let problems = verdict.problems.join("\n");
    (verdict, problems)
}

#[test]
fn a_whole_store_is_found_well_and_its_head_again() {
    let folder = Folder::with(5);
    let (first, none) = problems(&folder, None);
    assert_eq!((none.as_str(), first.changes, first.linked_from), ("", 5, Some(2)));
    keep(&folder.open().unwrap(), 6);
    let (later, none) = problems(&folder, first.head.as_deref());
    assert_eq!((none.as_str(), later.knows_head, later.snapshots), ("", Some(true), 6));
    assert_ne!(later.head, first.head);
}

#[test]
fn a_change_altered_by_somebody_who_knows_the_checksums_shows() {
    let folder = Folder::with(5);
    let head = problems(&folder, None).0.head;
    // A row written by the store itself with another content, so that every checksum of it is right.
    let other = Folder::new();
    let store = other.open().unwrap();
    (1..=2).for_each(|number| keep(&store, number));
    let mut changed = published(3);
    changed.at = at(999);
    let commit = Commit { tracked: vec![tracked(3)], versions: vec![version(3, 1, &body(3))], changes: vec![changed], ..Commit::default() };
    store.commit(&commit).unwrap();
    drop(store);
    alter(&folder, "changes", &3u64.to_be_bytes(), Some(&row(&other, "changes", &3u64.to_be_bytes())));
    let (verdict, found) = problems(&folder, head.as_deref());
    assert!(found.contains("change 4 does not follow the change 3 that is kept"), "{found}");
    assert_eq!(verdict.knows_head, Some(true), "what came after is untouched");
}

#[test]
fn changes_cut_off_at_the_end_show_to_who_kept_the_head() {
    let folder = Folder::with(5);
    let head = problems(&folder, None).0.head;
    alter(&folder, "changes", &5u64.to_be_bytes(), None);
    let (_, found) = problems(&folder, head.as_deref());
    assert!(found.contains("no change has the head that was asked for"), "{found}");
    assert!(found.contains("the store says that it keeps 5 changes, and 4 are there"), "{found}");
}

#[test]
fn what_is_missing_or_points_nowhere_is_named() {
    let check = |tree: &str, key: &[u8], expected: &str| {
        let folder = Folder::with(3);
        alter(&folder, tree, key, None);
        let (_, found) = problems(&folder, None);
        assert!(found.contains(expected), "{tree} {}: {found}", key.escape_ascii());
    };
    let id = notice(2);
    let named = |prefix: &[u8]| [prefix, id.0.as_bytes()].concat();
    check("notices", id.0.as_bytes(), "change 2 tells of notice");
    check("notices", id.0.as_bytes(), "the index leads to a notice that is not there");
    check("versions", &[id.0.as_bytes(), b"/\0\0\0\x01\0\0"].concat(), &format!("version 1 of notice {id} is missing"));
    check("changes", &2u64.to_be_bytes(), "change 2 is missing");
    check("changes", &2u64.to_be_bytes(), "change 3 does not follow");
    check("index", &named(format!("source/{}\0", tracked(2).source).as_bytes()), &format!("notice {id} is not found by source/"));
    let digest = version(2, 1, &body(2)).snapshot;
    let key: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&digest.0[2 * at..2 * at + 2], 16).unwrap()).collect();
    check("snapshots", &key, &format!("page {digest} is not there, and version 1 of notice {id} was read from it"));
}

#[test]
fn a_page_that_is_no_longer_what_was_fetched_is_named() {
    let folder = Folder::with(3);
    let warc = folder.warc(1);
    let mut bytes = fs::read(&warc).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&warc, bytes).unwrap();
    let (_, found) = problems(&folder, None);
    assert!(found.contains("page ") && found.contains(&warc.display().to_string()), "{found}");
}

#[test]
fn what_can_be_made_of_the_rest_is_made_again() {
    let check = |tree: &str, key: &[u8], row: Option<&[u8]>| {
        let folder = Folder::with(3);
        folder
            .open()
            .unwrap()
            .owe(&Cursor { name: "office".into(), up_to: 1, due: None, since: None, told_at: None }, &[delivery(1, 0)])
            .unwrap();
        alter(&folder, tree, key, row);
        let store = folder.open().unwrap();
        assert!(!store.verify(None).unwrap().problems.is_empty(), "{tree} {}", key.escape_ascii());
        assert!(!store.repair().unwrap().is_nothing());
        assert_eq!(store.verify(None).unwrap().problems, Vec::<String>::new());
        assert!(store.repair().unwrap().is_nothing(), "once is enough");
        assert_eq!(folder.quarantine(), ["records-1"]);
        assert_eq!(store.due(at(9)).unwrap(), [delivery(1, 0)]);
        drop(store);
        check_all(&folder, 3);
    };
    let id = notice(2);
    let named = |prefix: &[u8]| [prefix, id.0.as_bytes()].concat();
    check("index", &named(format!("source/{}\0", tracked(2).source).as_bytes()), None);
    check("index", &named(&[b"words/".as_slice(), &tracked(2).fingerprint.to_be_bytes()].concat()), None);
    check("index", &[format!("source/{}\0", tracked(2).source).as_bytes(), b"ZZZZZZZZ"].concat(), Some(b""));
    let pending = {
        let folder = Folder::with(0);
        folder
            .open()
            .unwrap()
            .owe(&Cursor { name: "office".into(), up_to: 1, due: None, since: None, told_at: None }, &[delivery(1, 0)])
            .unwrap();
        let records = stored::open_records(&folder.0);
        records.open_tree("index").unwrap().scan_prefix("pending/").keys().next().unwrap().unwrap().to_vec()
    };
    check("index", &pending, None);
}

#[test]
fn what_cannot_be_made_again_is_left_as_it_is() {
    let folder = Folder::with(3);
    alter(&folder, "changes", &2u64.to_be_bytes(), Some(b"\x01\x00damaged"));
    let store = folder.open().unwrap();
    assert!(matches!(store.repair(), Err(StoreError::Damaged { .. })));
    assert_eq!(folder.quarantine(), Vec::<String>::new());
    check_kept(&store, 1);
}
