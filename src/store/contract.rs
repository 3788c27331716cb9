//! What every store promises, told as stories; each runs on every backend, and on the one on disk it is closed and opened
//! again wherever a story says so.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::{Date, date};

use super::samples::{at, delivery, notice, page, pending, published, tracked, url, version};
use super::{Commit, Derived, Expired, Half, Memory, Pruned, Settings, Sled, Store, StoreError};
use crate::model::{
    Body, Change, Cursor, Delivery, DeliveryState, Gate, Gist, Health, ItemId, NoticeId, Region, Reminder, ReminderOf, Snapshot,
    SnapshotId, SourceId, Tracked, Traffic, Version,
};

/// A store and what is needed to open it again.
struct Bench {
    store: Option<Box<dyn Store>>,
    folder: Option<Folder>,
}

impl Bench {
    fn in_memory() -> Self {
        Self { store: Some(Box::new(Memory::new())), folder: None }
    }

    fn on_disk() -> Self {
        let folder = Folder::new();
        Self { store: Some(Box::new(folder.open().unwrap())), folder: Some(folder) }
    }

    fn again(mut self) -> Self {
        if let Some(folder) = &self.folder {
            drop(self.store.take());
            self.store = Some(Box::new(folder.open().unwrap()));
        }
        self
    }
}

impl std::ops::Deref for Bench {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        self.store.as_deref().unwrap()
    }
}

/// A folder of a test's own, removed after it.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("huitoukan-store-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    pub(super) fn open(&self) -> Result<Sled, StoreError> {
        Sled::open(&Settings::at(&self.0))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

macro_rules! contract {
    ($($story:ident)*) => {
        mod memory { $(#[test] fn $story() { super::$story(super::Bench::in_memory()); })* }
        mod sled { $(#[test] fn $story() { super::$story(super::Bench::on_disk()); })* }
    };
}

contract! {
    an_empty_store_knows_nothing
    a_commit_is_there_when_the_store_is_opened_again
    changes_are_numbered_in_the_order_of_their_commits
    a_notice_is_found_by_every_name_it_has
    a_notice_that_went_to_another_source_is_found_there_only
    a_notice_is_the_twin_of_those_whose_newest_version_says_the_same
    an_address_used_again_leads_to_the_notice_that_stands_there_now
    a_version_read_again_replaces_the_old_reading_and_leaves_its_successors
    a_snapshot_comes_back_with_its_header_fields_in_order
    the_same_bytes_met_again_are_one_snapshot
    a_gate_is_kept
    a_notice_is_found_by_the_bodies_that_its_newest_version_tells_of
    a_reminder_is_kept_with_its_debt
    what_hosts_were_asked_is_summed_by_day
    a_debt_and_its_cursor_are_one
    what_is_due_comes_oldest_first_and_not_before_its_time
    a_settled_delivery_leaves_the_outbox
    a_delivery_unknown_cannot_be_settled
    counts_are_what_was_kept
    what_was_derived_stays_until_a_version_is_kept
    what_was_kept_for_its_time_goes_and_nothing_else
}

fn an_empty_store_knows_nothing(store: Bench) {
    assert_eq!(store.last_change().unwrap(), 0);
    assert_eq!(store.changes(0, 10).unwrap(), []);
    assert_eq!(store.all_tracked(None).unwrap(), []);
    assert_eq!(store.tracked(&notice(1)).unwrap(), None);
    assert_eq!(store.tracked_at(&url(1)).unwrap(), None);
    assert_eq!(store.version(&notice(1), 1).unwrap(), None);
    assert_eq!(store.snapshot(&SnapshotId::of(b"")).unwrap(), None);
    assert_eq!(store.health(&SourceId("a".into())).unwrap(), None);
    assert_eq!(store.gate("a.gov.cn").unwrap(), None);
    assert_eq!(store.cursor("office").unwrap(), None);
    assert_eq!(store.due(at(0)).unwrap(), []);
    assert_eq!(store.deliveries(10).unwrap(), []);
}

fn a_commit_is_there_when_the_store_is_opened_again(store: Bench) {
    let (health, tracked, version) = (Health::new(SourceId("licheng".into()), at(0)), tracked(1), version(1, 1, "整改情况"));
    let commit = Commit {
        snapshots: vec![page(1, "<p>整改情况</p>")],
        health: Some(health.clone()),
        tracked: vec![tracked.clone()],
        versions: vec![version.clone()],
        changes: vec![published(1)],
    };
    assert_eq!(store.commit(&commit).unwrap(), [1]);
    let store = store.again();
    assert_eq!(store.snapshot(&commit.snapshots[0].id()).unwrap().as_ref(), Some(&commit.snapshots[0]));
    assert_eq!(store.health(&health.source).unwrap(), Some(health));
    assert_eq!(store.tracked(&tracked.id).unwrap(), Some(tracked));
    assert_eq!(store.version(&version.id, 1).unwrap(), Some(version));
    assert_eq!(store.changes(0, 10).unwrap(), [Change { number: 1, ..published(1) }]);
}

fn changes_are_numbered_in_the_order_of_their_commits(store: Bench) {
    assert_eq!(store.commit(&Commit { changes: vec![published(1), published(2)], ..Commit::default() }).unwrap(), [1, 2]);
    assert_eq!(store.commit(&Commit::default()).unwrap(), [0; 0]);
    let store = store.again();
    assert_eq!(store.commit(&Commit { changes: vec![published(300), published(1)], ..Commit::default() }).unwrap(), [3, 4]);
    assert_eq!(numbers(&store.changes(1, 2).unwrap()), [2, 3]);
    assert_eq!(numbers(&store.changes(0, 100).unwrap()), [1, 2, 3, 4]);
    assert_eq!(numbers(&store.changes(4, 100).unwrap()), [0; 0]);
    assert_eq!(numbers(&store.changes(u64::MAX, 100).unwrap()), [0; 0]);
    assert_eq!(numbers(&store.changes_of(&notice(1)).unwrap()), [1, 4]);
    assert_eq!(numbers(&store.changes_of(&notice(3)).unwrap()), [0; 0]);
    assert_eq!(store.last_change().unwrap(), 4);
}

fn a_notice_is_found_by_every_name_it_has(store: Bench) {
    track(&store, (0..30).map(tracked));
    let moved = Tracked { url: url(99), ..tracked(3) };
    track(&store, [moved.clone()]);
    assert_eq!(store.tracked_at(&url(99)).unwrap(), Some(moved.clone()));
    assert_eq!(store.tracked_at(&url(3)).unwrap(), Some(moved), "its old address still leads to it");
    let all = store.all_tracked(None).unwrap();
    assert_eq!(all.len(), 30);
    assert_eq!(all[0].id, notice(29), "newest first");
    assert!(all.windows(2).all(|pair| pair[0].first_seen >= pair[1].first_seen));
    let id = notice(7);
    assert_eq!(store.named(&id.0).unwrap().first(), Some(&id));
    assert_eq!(store.named(&id.0.to_lowercase()).unwrap(), [id]);
    assert_eq!(store.named("").unwrap().len(), 10);
    assert_eq!(store.named("?").unwrap(), []);
}

fn a_notice_that_went_to_another_source_is_found_there_only(store: Bench) {
    // `a` begins the name of the other source.
    let source = |name: &str| SourceId(name.into());
    track(&store, [Tracked { source: source("a"), ..tracked(1) }, Tracked { source: source("ab"), ..tracked(2) }]);
    assert_eq!(ids(&store.all_tracked(Some(&source("a"))).unwrap()), [notice(1)]);
    track(&store, [Tracked { source: source("ab"), ..tracked(1) }]);
    assert_eq!(ids(&store.all_tracked(Some(&source("a"))).unwrap()), []);
    assert_eq!(ids(&store.all_tracked(Some(&source("ab"))).unwrap()), [notice(2), notice(1)]);
}

fn a_notice_is_the_twin_of_those_whose_newest_version_says_the_same(store: Bench) {
    let unread = Tracked { versions: 0, fingerprint: 5, ..tracked(3) };
    track(&store, [Tracked { fingerprint: 5, ..tracked(1) }, Tracked { fingerprint: 5, ..tracked(2) }, unread]);
    let mut twins = store.twins(5).unwrap();
    twins.sort();
    let mut expected = [notice(1), notice(2)];
    expected.sort();
    assert_eq!(twins, expected);
    track(&store, [Tracked { fingerprint: 6, ..tracked(1) }]);
    assert_eq!(store.twins(5).unwrap(), [notice(2)]);
    assert_eq!(store.twins(6).unwrap(), [notice(1)]);
}

fn an_address_used_again_leads_to_the_notice_that_stands_there_now(store: Bench) {
    let second = Tracked { id: NoticeId::of(&url(1), 1), first_seen: at(100), ..tracked(1) };
    track(&store, [tracked(1), second.clone()]);
    track(&store, [tracked(1)]);
    assert_eq!(store.tracked_at(&url(1)).unwrap(), Some(second));
}

fn a_version_read_again_replaces_the_old_reading_and_leaves_its_successors(store: Bench) {
    for number in 1..=20 {
        let text = format!("{}第{number}次修改", "整改情况通报。".repeat(300));
        store.commit(&Commit { versions: vec![version(1, number, &text)], ..Commit::default() }).unwrap();
    }
    let reread = |number| Version { revision: 2, ..version(1, number, &format!("另一种读法{number}")) };
    store.commit(&Commit { versions: vec![reread(1), reread(2), reread(12)], ..Commit::default() }).unwrap();
    store.commit(&Commit { versions: vec![reread(9)], ..Commit::default() }).unwrap();
    let store = store.again();
    for number in 1..=20 {
        let kept = store.version(&notice(1), number).unwrap().unwrap();
        match [1, 2, 9, 12].contains(&number) {
            true => assert_eq!(kept, reread(number)),
            false => assert!(kept.document.words().ends_with(&format!("第{number}次修改")), "version {number}"),
        }
    }
    assert_eq!(store.counts().unwrap().versions, 20);
}

fn a_snapshot_comes_back_with_its_header_fields_in_order(store: Bench) {
    let fields = [
        ("content-type", "text/html; charset=gb2312"),
        ("set-cookie", "a=1"),
        ("content-encoding", "gzip"),
        ("content-length", "17"),
        ("set-cookie", "b=2: 3"),
        ("x-empty", ""),
        ("x-name", "整改"),
        ("x-archive-orig-server", "nginx"),
    ];
    let headers: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let body: Vec<u8> = (0..100_000_u32).map(|byte| (byte.wrapping_mul(byte) >> 7) as u8).collect();
    let fetched_at = "2026-11-22T07:58:01.123456789Z".parse().unwrap();
    let snapshot = Snapshot { url: url(1), status: 404, headers, fetched_at, body };
    let empty = Snapshot { body: Vec::new(), status: 200, ..snapshot.clone() };
    store.commit(&Commit { snapshots: vec![snapshot.clone(), empty.clone()], ..Commit::default() }).unwrap();
    let store = store.again();
    assert_eq!(store.snapshot(&snapshot.id()).unwrap(), Some(snapshot));
    assert_eq!(store.snapshot(&empty.id()).unwrap(), Some(empty));
}

fn the_same_bytes_met_again_are_one_snapshot(store: Bench) {
    let (first, again) = (page(1, "same"), page(2, "same"));
    store.commit(&Commit { snapshots: vec![first.clone(), again.clone()], ..Commit::default() }).unwrap();
    store.commit(&Commit { snapshots: vec![again], ..Commit::default() }).unwrap();
    let store = store.again();
    assert_eq!(store.snapshot(&first.id()).unwrap(), Some(first));
    assert_eq!(store.counts().unwrap().snapshots, 1);
}

fn a_gate_is_kept(store: Bench) {
    let gate = Gate { host: "a.gov.cn".into(), not_before: at(9), since: None, pause_ms: 2000 };
    store.set_gate(&gate).unwrap();
    let store = store.again();
    assert_eq!(store.gate("a.gov.cn").unwrap(), Some(gate));
    assert_eq!(store.gate("a.gov.cn:8080").unwrap(), None);
}

fn what_hosts_were_asked_is_summed_by_day(store: Bench) {
    let on = |day: i8, host: &str| Traffic { day: date(2026, 11, day), host: host.into(), requests: 1, unanswered: 0, bytes: 100 };
    for traffic in [on(2, "b.gov.cn"), on(1, "a.gov.cn"), on(2, "a.gov.cn"), on(2, "b.gov.cn"), on(3, "a.gov.cn")] {
        store.add_traffic(&traffic).unwrap();
    }
    let store = store.again();
    let twice = Traffic { requests: 2, bytes: 200, ..on(2, "b.gov.cn") };
    assert_eq!(store.traffic(date(2026, 11, 2)).unwrap(), [on(2, "a.gov.cn"), twice, on(3, "a.gov.cn")]);
}

fn a_debt_and_its_cursor_are_one(store: Bench) {
    let cursor = Cursor { name: "office".into(), up_to: 7, due: Some(at(60)), since: Some(at(5)), told_at: Some(at(6)) };
    store.owe(&cursor, &[delivery(1, 0)]).unwrap();
    store.settle(&delivery(1, 0).id, &DeliveryState::Sent { at: at(1) }).unwrap();
    store.owe(&Cursor { up_to: 8, ..cursor.clone() }, &[delivery(1, 0), delivery(2, 0)]).unwrap();
    let store = store.again();
    assert_eq!(store.cursor("office").unwrap(), Some(Cursor { up_to: 8, ..cursor }));
    assert_eq!(store.due(at(0)).unwrap(), [delivery(2, 0)], "a delivery already sent is not owed again");
}

fn a_notice_is_found_by_the_bodies_that_its_newest_version_tells_of(store: Bench) {
    let body = |key: &str| Body { key: key.into(), name: key.into(), region: Region::default(), sector: None };
    let telling = |number: u32, keys: &[&str]| Tracked {
        gist: Some(Gist { bodies: keys.iter().map(|key| body(key)).collect(), ..Gist::default() }),
        ..tracked(number)
    };
    track(&store, [telling(1, &["泉州·工商联", "泉州·残联"]), telling(2, &["泉州·工商联"]), tracked(3)]);
    track(&store, [telling(2, &["泉州·工商联分会"])]);
    let store = store.again();
    assert_eq!(store.of_body("泉州·工商联").unwrap(), [notice(1)], "one that begins another's key is not that one");
    assert_eq!(store.of_body("泉州·残联").unwrap(), [notice(1)]);
    assert_eq!(store.of_body("泉州·工商联分会").unwrap(), [notice(2)]);
    assert_eq!(store.of_body("").unwrap(), []);
}

fn a_reminder_is_kept_with_its_debt(store: Bench) {
    let reminder = |subscriber: &str, item: &str, day: i8| Reminder {
        subscriber: subscriber.into(),
        of: ReminderOf::Deadline { item: ItemId(item.into()), deadline: jiff::civil::date(2025, 6, day) },
        about: "指导基层商会换届不及时".into(),
        told_at: at(1),
    };
    let (first, moved, other) = (reminder("office", "A-1", 1), reminder("office", "A-1", 2), reminder("office2", "A-1", 1));
    store.owe_reminding(&cursor(1), &[delivery(1, 0)], &[first.clone(), other.clone()]).unwrap();
    store.owe_reminding(&cursor(2), &[], &[first.clone(), moved.clone()]).unwrap();
    store.owe(&cursor(3), &[]).unwrap();
    let store = store.again();
    assert_eq!(store.reminders("office").unwrap(), [first, moved]);
    assert_eq!(store.reminders("office2").unwrap(), [other]);
    assert_eq!(store.reminders("off").unwrap(), []);
    assert_eq!(store.due(at(0)).unwrap().len(), 1);
}

fn what_is_due_comes_oldest_first_and_not_before_its_time(store: Bench) {
    let later = Delivery { state: pending(at(50)), ..delivery(1, 1) };
    store.owe(&cursor(1), &[delivery(4, 9), delivery(3, 2), later.clone(), delivery(2, 2)]).unwrap();
    let due = store.due(at(10)).unwrap();
    assert_eq!(due, [delivery(2, 2), delivery(3, 2), delivery(4, 9)]);
    assert_eq!(store.due(at(50)).unwrap()[0], later);
    let newest: Vec<_> = store.deliveries(3).unwrap().into_iter().map(|delivery| delivery.id).collect();
    assert_eq!(newest, [delivery(4, 9).id, delivery(3, 2).id, delivery(2, 2).id]);
}

fn a_settled_delivery_leaves_the_outbox(store: Bench) {
    store.owe(&cursor(1), &[delivery(1, 0), delivery(2, 0), delivery(3, 0)]).unwrap();
    let held = DeliveryState::Held { at: at(1), reason: "550 no such user".into() };
    store.settle(&delivery(1, 0).id, &DeliveryState::Sent { at: at(1) }).unwrap();
    store.settle(&delivery(2, 0).id, &held).unwrap();
    store.settle(&delivery(3, 0).id, &pending(at(500))).unwrap();
    let store = store.again();
    assert_eq!(store.due(at(499)).unwrap(), []);
    assert_eq!(store.due(at(500)).unwrap().len(), 1);
    let counts = store.counts().unwrap();
    assert_eq!((counts.pending, counts.held, counts.sent), (1, 1, 1));
    let unsent = |store: &Bench| store.unsent().unwrap().into_iter().map(|delivery| delivery.id).collect::<Vec<_>>();
    assert_eq!(unsent(&store), [delivery(2, 0).id, delivery(3, 0).id]);
    store.settle(&delivery(2, 0).id, &pending(at(0))).unwrap();
    assert_eq!(store.due(at(0)).unwrap(), [delivery(2, 0)], "what was held can be tried again");
    store.settle(&delivery(2, 0).id, &DeliveryState::Dropped { at: at(2) }).unwrap();
    let counts = store.counts().unwrap();
    assert_eq!((unsent(&store), counts.pending, counts.dropped), (vec![delivery(3, 0).id], 1, 1));
}

fn a_delivery_unknown_cannot_be_settled(store: Bench) {
    assert!(store.settle("0000", &DeliveryState::Sent { at: at(1) }).is_err());
    assert_eq!(store.deliveries(1).unwrap(), []);
}

fn counts_are_what_was_kept(store: Bench) {
    for number in [1, 2, 1] {
        let commit = Commit {
            snapshots: vec![page(number, &number.to_string())],
            tracked: vec![tracked(number)],
            versions: vec![version(number, 1, "一"), version(number, 2, "二")],
            changes: vec![published(number)],
            health: None,
        };
        store.commit(&commit).unwrap();
    }
    let store = store.again();
    let counts = store.counts().unwrap();
    assert_eq!((counts.notices, counts.versions, counts.snapshots, counts.changes), (2, 4, 2, 3));
    assert!(counts.bytes > 0);
}

fn what_was_derived_stays_until_a_version_is_kept(store: Bench) {
    track(&store, [tracked(1), tracked(2), Tracked { versions: 0, ..tracked(3) }]);
    let derived =
        |number: u32, bytes: usize| Derived { notice: notice(number), version: 1, problems: vec![7; bytes], measures: vec![8; 2 * bytes] };
    let all = |store: &Bench, half| -> Vec<(NoticeId, usize)> {
        store.derived(half).unwrap().into_iter().map(|(notice, bytes)| (notice, bytes.len())).collect()
    };
    let sorted = |mut rows: Vec<(NoticeId, usize)>| {
        rows.sort();
        rows
    };
    assert_eq!(store.underived().unwrap().len(), 3);
    store.keep_derived(&[derived(1, 9_000), derived(2, 0), Derived { version: 2, ..derived(3, 1) }]).unwrap();
    let store = store.again();
    assert_eq!(all(&store, Half::Problems), sorted(vec![(notice(1), 9_000), (notice(2), 0)]));
    assert_eq!(all(&store, Half::Measures), sorted(vec![(notice(1), 18_000), (notice(2), 0)]));
    assert_eq!(store.underived().unwrap(), [notice(3)], "it was derived from a version that is not the newest");
    store.keep_derived(&[derived(1, 5)]).unwrap();
    assert_eq!(all(&store, Half::Measures), sorted(vec![(notice(1), 10), (notice(2), 0)]), "the longer row left nothing behind");
    store.commit(&Commit { versions: vec![version(1, 1, "另一种读法")], ..Commit::default() }).unwrap();
    assert_eq!(all(&store, Half::Problems), [(notice(2), 0)]);
    assert_eq!(all(&store, Half::Measures), [(notice(2), 0)]);
}

fn what_was_kept_for_its_time_goes_and_nothing_else(store: Bench) {
    let text = |number: u32| format!("第 {number} 版");
    for number in 1..=10 {
        let commit = Commit {
            snapshots: vec![page(1, &text(number))],
            tracked: vec![Tracked { versions: number, ..tracked(1) }],
            versions: vec![version(1, number, &text(number))],
            changes: vec![published(1)],
            ..Commit::default()
        };
        store.commit(&commit).unwrap();
    }
    // Another notice says what the third version of the first one said.
    let other = Commit { tracked: vec![tracked(2)], versions: vec![version(2, 1, &text(3))], ..Commit::default() };
    store.commit(&other).unwrap();
    store.commit(&Commit { snapshots: vec![page(3, "谁也不用")], ..Commit::default() }).unwrap();
    store.owe(&cursor(1), &[delivery(1, 0), delivery(2, 0)]).unwrap();
    store.settle(&delivery(1, 0).id, &DeliveryState::Sent { at: at(10) }).unwrap();
    store.add_traffic(&traffic(date(2024, 1, 31))).unwrap();
    store.add_traffic(&traffic(date(2024, 2, 1))).unwrap();
    assert_eq!(store.told_before(at(11)).unwrap(), [delivery(1, 0).id]);
    assert!(store.told_before(at(10)).unwrap().is_empty());
    let expired = Expired {
        versions: (1..=10).filter(|number| [1, 3, 9, 10].contains(number)).map(|number| (notice(1), number)).collect(),
        pages: vec![(notice(1), 2), (notice(1), 3)],
        strays_before: Some(at(100)),
        messages: store.told_before(at(11)).unwrap(),
        impact_before: Some(date(2024, 2, 15)),
        ..Expired::default()
    };
    let would = store.would_prune(&expired).unwrap();
    assert_eq!(store.counts().unwrap().versions, 11, "a look changes nothing");
    // The newest stays, and so does a page that another notice needs.
    let pruned = Pruned { notices: 0, versions: 3, pages: 4, messages: 1, months: 1 };
    assert_eq!((would, store.prune(&expired, at(200)).unwrap()), (pruned, pruned));
    assert_eq!(store.would_prune(&expired).unwrap(), Pruned { messages: would.messages, versions: 0, ..Pruned::default() });
    let store = store.again();
    for number in 1..=10 {
        let is_gone = [1, 3, 9].contains(&number);
        assert_eq!(store.version(&notice(1), number).unwrap(), (!is_gone).then(|| version(1, number, &text(number))), "{number}");
        assert_eq!(store.pruned_version(&notice(1), number).unwrap(), is_gone.then(|| at(200)), "{number}");
        let page = SnapshotId::of(text(number).as_bytes());
        let is_gone = [1, 2, 9].contains(&number);
        assert_eq!(store.snapshot(&page).unwrap().is_none(), is_gone, "{number}");
        assert_eq!(store.pruned_page(&page).unwrap(), is_gone.then(|| at(200)), "{number}");
    }
    assert_eq!(store.snapshot(&SnapshotId::of("谁也不用".as_bytes())).unwrap(), None);
    assert_eq!((store.counts().unwrap().versions, store.counts().unwrap().snapshots, store.last_change().unwrap()), (8, 7, 10));
    let told: Vec<String> = store.deliveries(10).unwrap().into_iter().map(|delivery| delivery.message.text).collect();
    assert_eq!(told, [delivery(2, 0).message.text, "内容已按保存期限删除".to_owned()]);
    assert!(store.told_before(at(11)).unwrap().is_empty());
    assert_eq!(store.traffic(Date::MIN).unwrap(), [traffic(date(2024, 2, 1))]);
    assert_eq!(store.verify(None).unwrap().problems, Vec::<String>::new());

    store.prune(&Expired { notices: vec![notice(1)], ..Expired::default() }, at(300)).unwrap();
    let store = store.again();
    assert_eq!(store.tracked(&notice(1)).unwrap(), None);
    assert_eq!((store.counts().unwrap().notices, store.counts().unwrap().versions, store.last_change().unwrap()), (1, 1, 10));
    assert!(!store.is_forgotten(&url(1), tracked(1).fingerprint).unwrap(), "it may be collected again");
    // It is back at its address.
    let again = Commit {
        snapshots: vec![page(1, &text(1))],
        tracked: vec![tracked(1)],
        versions: vec![version(1, 1, &text(1))],
        ..Commit::default()
    };
    store.commit(&again).unwrap();
    assert_eq!(store.version(&notice(1), 1).unwrap(), Some(version(1, 1, &text(1))));
    assert_eq!(store.verify(None).unwrap().problems, Vec::<String>::new());
}

fn traffic(day: Date) -> Traffic {
    Traffic { day, host: "www.qzlc.gov.cn".into(), requests: 1, unanswered: 0, bytes: 100 }
}

fn cursor(up_to: u64) -> Cursor {
    Cursor { name: "office".into(), up_to, due: None, since: None, told_at: None }
}

fn track(store: &Bench, tracked: impl IntoIterator<Item = Tracked>) {
    store.commit(&Commit { tracked: tracked.into_iter().collect(), ..Commit::default() }).unwrap();
}

fn numbers(changes: &[Change]) -> Vec<u64> {
    changes.iter().map(|change| change.number).collect()
}

fn ids(tracked: &[Tracked]) -> Vec<NoticeId> {
    tracked.iter().map(|tracked| tracked.id.clone()).collect()
}
