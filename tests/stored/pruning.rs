//! What was kept for its time goes: every byte of it, and nothing else, whenever it is killed.

use super::*;
use crate::copies::restored;
use crate::forgetting::{bytes_below, holds, member_of, row_pieces};

/// Notices 1 to 3, the second of which has two versions.
fn with_an_old_version() -> Folder {
    let folder = Folder::with(3);
    let again = Commit {
        snapshots: vec![page(2, "现在这样写")],
        tracked: vec![model::Tracked { versions: 2, ..tracked(2) }],
        versions: vec![version(2, 2, "现在这样写")],
        ..Commit::default()
    };
    folder.open().unwrap().commit(&again).unwrap();
    folder
}

fn old_version() -> Expired {
    Expired { versions: vec![(notice(2), 1)], ..Expired::default() }
}

#[test]
fn what_was_kept_for_its_time_leaves_no_byte_and_what_stays_is_whole() {
    let folder = with_an_old_version();
    let row = row_pieces(&folder, folder.open().unwrap(), 2);
    let store = folder.open().unwrap();
    let warc = fs::read(folder.warc(1)).unwrap();
    // The request and the answer of the old version; those of the new one came from the same address.
    let member = member_of(&warc, url(2).as_str());
    assert!(holds(&bytes_below(&folder.0), &row) && holds(&bytes_below(&folder.0), &member));
    let pruned = store.prune(&old_version(), at(99)).unwrap();
    assert_eq!((pruned.versions, pruned.pages), (1, 1));
    drop(store);
    let store = folder.open().unwrap();
    let verdict = store.verify(None).unwrap();
    assert_eq!((verdict.problems, verdict.pruned_versions), (Vec::new(), 1));
    let newest = store.version(&notice(2), 2).unwrap().unwrap();
    assert_eq!(newest, version(2, 2, "现在这样写"), "it was kept as a difference from the one that went");
    assert_eq!(store.snapshot(&newest.snapshot).unwrap(), Some(page(2, "现在这样写")));
    [1, 3].into_iter().for_each(|number| check_kept(&store, number));
    keep(&store, 4);
    // A backup holds the store as it is now.
    let (restored, verdict) = restored(&backup(&store)).unwrap();
    assert_eq!((verdict.pruned_versions, verdict.versions), (1, 4));
    assert_eq!(restored.open().unwrap().pruned_version(&notice(2), 1).unwrap(), Some(at(99)));
    drop(store);
    let bytes = bytes_below(&folder.0);
    assert!(!holds(&bytes, &row), "the version's row");
    assert!(!holds(&bytes, &member), "the page in the archive");
    let requests = |warc: &[u8]| members(warc.to_vec().as_slice()).len();
    assert_eq!(requests(&fs::read(folder.warc(2)).unwrap()), requests(&warc) - 2 + 2, "one request and one answer went, another came");
}

#[test]
fn pruning_survives_a_kill_at_every_step() {
    let check = |what: &str, kill: &dyn Fn(&Folder)| {
        let folder = with_an_old_version();
        kill(&folder);
        let store = folder.open().unwrap();
        assert_eq!(store.verify(None).unwrap().problems, Vec::<String>::new(), "{what}");
        store.prune(&old_version(), at(99)).unwrap();
        drop(store);
        let store = folder.open().unwrap();
        assert_eq!(store.verify(None).unwrap().problems, Vec::<String>::new(), "{what}");
        assert_eq!(store.version(&notice(2), 1).unwrap(), None, "{what}");
        [1, 3].into_iter().for_each(|number| check_kept(&store, number));
        keep(&store, 4);
        drop(store);
        assert!(!folder.warc(1).exists() && !folder.0.join("rewriting").exists(), "{what}");
    };
    check("before anything", &|_| {});
    check("while a file of the archive is written anew", &|folder| {
        let warc = fs::read(folder.warc(1)).unwrap();
        fs::write(folder.warc(2), &warc[..warc.len() / 2]).unwrap();
        fs::write(folder.0.join("rewriting"), "copy\n").unwrap();
    });
    let pages = Expired { pages: vec![(notice(2), 1)], ..Expired::default() };
    check("after the pages went", &|folder| assert_eq!(folder.open().unwrap().prune(&pages, at(98)).unwrap().pages, 1));
    check("before the old file went", &|folder| {
        let warc = fs::read(folder.warc(1)).unwrap();
        folder.open().unwrap().prune(&pages, at(98)).unwrap();
        fs::write(folder.warc(1), warc).unwrap();
    });
    check("after all went", &|folder| assert_eq!(folder.open().unwrap().prune(&old_version(), at(98)).unwrap().versions, 1));
}

#[test]
fn a_page_that_is_met_again_while_old_ones_go_stays() {
    let folder = Folder::with(1);
    let store = folder.open().unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 2..=120 {
                // The words of an old version come back, word by word, at another address.
                let text = body(1);
                let commit = Commit {
                    snapshots: vec![page(number, &text)],
                    tracked: vec![model::Tracked { versions: number % 2 + 1, ..tracked(200 + number) }],
                    versions: (1..=number % 2 + 1).map(|of| version(200 + number, of, &text)).collect(),
                    ..Commit::default()
                };
                store.commit(&commit).unwrap();
            }
        });
        while !writer.is_finished() {
            let all = store.all_tracked(None).unwrap();
            let expired = Expired {
                pages: all.into_iter().map(|tracked| (tracked.id, 1)).collect(),
                strays_before: Some(at(9_999)),
                ..Expired::default()
            };
            store.prune(&expired, at(99)).unwrap();
        }
    });
    assert_eq!(store.verify(None).unwrap().problems, Vec::<String>::new());
}
