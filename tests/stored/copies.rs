//! Backups made at work, restored elsewhere, damaged, cut short.

use super::*;

pub fn restored(bytes: &[u8]) -> Result<(Folder, Verdict), StoreError> {
    let folder = Folder::new();
    let restored = huitoukan::store::restore(&Settings::at(&folder.0), &mut &*bytes);
    assert!(!folder.0.with_extension("restoring").exists());
    restored.map(|(_, verdict)| (folder, verdict))
}

#[test]
fn backups_made_while_others_write_are_whole_stores() {
    const NOTICES: u32 = 120;
    let folder = Folder::with(1);
    let store = folder.open().unwrap();
    let backups = std::thread::scope(|scope| {
        scope.spawn(|| (2..=NOTICES).for_each(|number| keep(&store, number)));
        let mut backups = Vec::new();
        while backups.len() < 4 {
            let acknowledged = store.last_change().unwrap() as u32;
            backups.push((acknowledged, backup(&store)));
        }
        backups
    });
    for (acknowledged, bytes) in &backups {
        let (folder, verdict) = restored(bytes).unwrap();
        assert!(verdict.changes >= u64::from(*acknowledged), "{verdict:?}");
        check_all(&folder, verdict.changes as u32);
    }
    let (folder, verdict) = restored(&backup(&store)).unwrap();
    assert_eq!(verdict.head, store.verify(None).unwrap().head);
    assert_eq!(folder.open().unwrap().deliveries(usize::MAX).unwrap(), store.deliveries(usize::MAX).unwrap());
}

#[test]
fn half_a_backup_or_a_damaged_one_is_refused_and_leaves_nothing() {
    let bytes = backup(&Folder::with(3).open().unwrap());
    let check = |bytes: &[u8], what: &str| match restored(bytes) {
        Err(StoreError::Damaged { what, advice }) => assert!(what.starts_with("the backup"), "{what}; {advice}"),
        other => panic!("{what}: {other:?}", other = other.map(|(_, verdict)| verdict)),
    };
    for sixteenth in 0..16 {
        // The last block of a tar file is padding.
        check(&bytes[..(bytes.len() - 1024) * sixteenth / 16], "cut");
    }
    for at in (0..bytes.len() - 1024).step_by(997).filter(|at| bytes[*at] != 0) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        if restored(&flipped).is_ok() {
            // The header fields that say when and by whom hold nothing of ours.
            let (block, field) = (at / 512, at % 512);
            panic!("a flipped byte at {at} (block {block}, byte {field}) was taken");
        }
    }
}

#[test]
fn a_store_that_is_there_is_never_overwritten_by_a_backup() {
    let (first, second) = (Folder::with(1), Folder::with(2));
    let bytes = backup(&second.open().unwrap());
    let refused = huitoukan::store::restore(&Settings::at(&first.0), &mut &*bytes).unwrap_err().to_string();
    assert!(refused.contains("is not empty"), "{refused}");
    check_all(&first, 1);
}

#[test]
fn what_hosts_were_asked_comes_back_with_a_backup() {
    let folder = Folder::with(1);
    let store = folder.open().unwrap();
    let day = |month| model::Traffic {
        day: jiff::civil::date(2026, month, 3),
        host: "www.qzlc.gov.cn".into(),
        requests: 3,
        unanswered: 1,
        bytes: 900,
    };
    (9..=11).for_each(|month| store.add_traffic(&day(month)).unwrap());
    let (restored, _) = restored(&backup(&store)).unwrap();
    assert_eq!(restored.open().unwrap().traffic(jiff::civil::Date::MIN).unwrap(), (9..=11).map(day).collect::<Vec<_>>());
}
