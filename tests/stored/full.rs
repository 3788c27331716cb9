//! A store on a disk that says how much of it is free.

use super::*;

const ROOM: u64 = 1 << 30;

/// The store on a disk that has so many bytes free.
fn on_disk(folder: &Folder, free: &Arc<AtomicU64>) -> Sled {
    Sled::open(&Settings { free: Free::Given(free.clone()), ..Settings::at(&folder.0) }).unwrap()
}

#[test]
fn a_full_disk_refuses_what_is_new_marks_what_was_sent_and_goes_on_when_there_is_room() {
    let (folder, free) = (Folder::new(), Arc::new(AtomicU64::new(ROOM)));
    let store = on_disk(&folder, &free);
    keep(&store, 1);
    store.owe(&Cursor { name: "office".into(), up_to: 1, due: None, since: None, told_at: None }, &[delivery(1, 0)]).unwrap();
    let new = Commit { tracked: vec![tracked(2)], changes: vec![published(2)], ..Commit::default() };
    for bytes in [7 << 20, 2 << 20] {
        free.store(bytes, Ordering::SeqCst);
        assert!(matches!(store.commit(&new), Err(StoreError::Full { .. })), "{bytes} bytes free");
        assert!(matches!(
            store.owe(&Cursor { name: "office".into(), up_to: 2, due: None, since: None, told_at: None }, &[]),
            Err(StoreError::Full { .. })
        ));
        assert!(store.room().is_full());
        check_kept(&store, 1);
    }
    store.settle(&delivery(1, 0).id, &DeliveryState::Sent { at: at(9) }).unwrap();
    free.store(ROOM, Ordering::SeqCst);
    assert!(!store.room().is_full());
    assert_eq!(store.commit(&new).unwrap(), [2], "nothing of what was refused was kept");
    assert_eq!((store.counts().unwrap().sent, store.verify(None).unwrap().changes), (1, 2));
}

#[test]
fn the_ballast_gives_its_room_to_what_must_not_wait() {
    let (folder, free) = (Folder::new(), Arc::new(AtomicU64::new(ROOM)));
    let ballast = folder.0.join("ballast");
    let on_disk_bytes = || std::os::unix::fs::MetadataExt::blocks(&fs::metadata(&ballast).unwrap()) * 512;
    let is_thrown = || fs::metadata(&ballast).unwrap().len() == 0;
    let store = on_disk(&folder, &free);
    assert!(on_disk_bytes() >= Settings::BALLAST_BYTES, "it takes its room for real");
    keep(&store, 1);
    store.owe(&Cursor { name: "office".into(), up_to: 1, due: None, since: None, told_at: None }, &[delivery(1, 0)]).unwrap();
    free.store(0, Ordering::SeqCst);
    assert!(store.settle(&delivery(1, 0).id, &DeliveryState::Sent { at: at(9) }).is_err());
    assert!(is_thrown(), "for the mark");
    free.store(Settings::BALLAST_BYTES, Ordering::SeqCst);
    store.settle(&delivery(1, 0).id, &DeliveryState::Sent { at: at(9) }).unwrap();
    assert!(store.room().is_full() && is_thrown(), "its room is not for what is new");
    drop(store);

    let store = on_disk(&folder, &free);
    check_kept(&store, 1);
    free.store(ROOM, Ordering::SeqCst);
    store.room();
    assert!(on_disk_bytes() >= Settings::BALLAST_BYTES, "it is back when there is room");
    drop(store);
    free.store(0, Ordering::SeqCst);
    check_kept(&on_disk(&folder, &free), 1);
    assert!(is_thrown(), "so that the store opens");
}
