//! The demo, played once: all of each seed comes through — found, extracted, understood, kept, mailed.

use huitoukan::demo::{self, BODIES, PublicBody};
use huitoukan::flow::house::House;
use huitoukan::model::{ChangeKind, Kind, SourceId, Topic, Tracked, Version};

#[tokio::test]
async fn all_of_each_seed_comes_through() {
    let folder = tempfile::tempdir().unwrap();
    let mut acts = 0;
    let house = demo::play(folder.path(), env!("CARGO_BIN_EXE_huitoukan").as_ref(), &mut |_| acts += 1).await.unwrap();
    assert_eq!(acts, 7);
    for body in &BODIES {
        let (tracked, version) = first_version(&house, body);
        assert_eq!(tracked.title, body.title);
        let paragraphs: Vec<String> = version.document.blocks.iter().map(|block| squeezed(&block.text())).collect();
        let expected: Vec<String> = body.paragraphs().iter().map(|paragraph| squeezed(paragraph)).collect();
        assert_eq!(paragraphs, expected, "{}", body.id);
        assert_eq!(version.document.source.as_deref(), Some(body.origin), "{}", body.id);
        assert_eq!(version.notice.topic, Topic::Rectification, "{}", body.id);
    }
    understood(&house);
    told(&house, folder.path());
}

/// Counts as the seeds' gold has them (../shared/seeds/gold/README.md): items, outcomes.
fn understood(house: &House) {
    for (body, items, outcomes) in [(0, 8, 2), (1, 11, 3), (2, 24, 0), (3, 27, 2), (4, 8, 17)] {
        let (_, version) = first_version(house, &BODIES[body]);
        let notice = &version.notice;
        assert_eq!((notice.items.len(), notice.outcomes.len()), (items, outcomes), "{}", BODIES[body].id);
    }
}

fn told(house: &House, folder: &std::path::Path) {
    let changes = house.store.changes(0, 100).unwrap();
    let count = |kind: Kind| changes.iter().filter(|change| change.kind.kind() == kind).count();
    let counts = Kind::ALL.map(|kind| (kind, count(kind)));
    let expected = [
        (Kind::Published, 2),
        (Kind::Edited, 1),
        (Kind::Completed, 0),
        (Kind::Withdrawn, 1),
        (Kind::Restored, 1),
        (Kind::Moved, 0),
        (Kind::Baseline, 3),
        (Kind::Ailing, 2),
        (Kind::Recovered, 2),
    ];
    assert_eq!(counts, expected);
    let withdrawn = changes.iter().find_map(|change| match &change.kind {
        ChangeKind::Withdrawn { notice, .. } => Some(notice.clone()),
        _ => None,
    });
    assert_eq!(withdrawn, Some(first_version(house, &BODIES[1]).0.id), "the one that was taken down, and no other");
    let mails = std::fs::read_dir(folder.join("outbox"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "eml"));
    assert_eq!(mails.count(), demo::digests(house).unwrap());
}

fn first_version(house: &House, body: &PublicBody) -> (Tracked, Version) {
    let tracked = house.store.all_tracked(Some(&SourceId(body.id.to_owned()))).unwrap().remove(0);
    let version = house.store.version(&tracked.id, 1).unwrap().unwrap();
    (tracked, version)
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
