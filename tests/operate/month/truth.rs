//! The sites' truth, the store and the mails held together.

use std::collections::{BTreeMap, BTreeSet};

use huitoukan::model::{ChangeKind, DeliveryState, Kind, Presence};
use huitoukan::store::Store;
use jiff::Timestamp;

use super::streets::Body;
use crate::smtp::Server;
use crate::taken;

/// The store says of each site what is true.
pub fn check_truth(store: &dyn Store, bodies: &[Body]) {
    let (mut notices, mut edits, mut withdrawn) = (0, 0, 0);
    for body in bodies {
        for (place, truth) in body.notices.iter().enumerate() {
            let url = body.site.url(&Body::path(place));
            let Some(tracked) = store.tracked_at(&url).unwrap() else {
                assert!(truth.withdrawn, "{} was never found", truth.title);
                continue;
            };
            let version = store.version(&tracked.id, tracked.versions).unwrap();
            if truth.withdrawn {
                assert!(tracked.presence != Presence::Present || tracked.versions == 0, "{}: {:?}", truth.title, tracked);
                withdrawn += 1;
                continue;
            }
            assert_eq!(tracked.presence, Presence::Present, "{}", truth.title);
            let text: String = version.expect("it was read").document.blocks.iter().map(|block| block.text().into_owned()).collect();
            assert!(text.contains(&format!("仅解决{}个", body.solved(place))), "{} as it now stands, not: {text}", truth.title);
            (notices, edits) = (notices + 1, edits + truth.edits);
        }
    }
    eprintln!("truth: {notices} notices stand, edited {edits} times; {withdrawn} withdrawn");
}

/// Each change of the store is in the digest that followed it, under its heading, in one message and no other.
pub fn check_mails(store: &dyn Store, server: &Server) {
    let mut deliveries = store.deliveries(usize::MAX).unwrap();
    deliveries.reverse();
    assert!(deliveries.iter().all(|delivery| matches!(delivery.state, DeliveryState::Sent { .. })), "all that was owed went out");
    let composed: Vec<Timestamp> = deliveries.iter().map(|delivery| delivery.created_at).collect();
    let mut per_digest: BTreeMap<(Timestamp, String), BTreeSet<Kind>> = BTreeMap::new();
    for change in store.changes(0, usize::MAX).unwrap() {
        let Some(notice) = change.kind.notice() else { continue };
        let title = store.tracked(notice).unwrap().unwrap().title;
        let Some(digest) = composed.iter().find(|composed| **composed >= change.at) else {
            panic!("{:?} of {title} was never told", change.kind);
        };
        per_digest.entry((*digest, title)).or_default().insert(change.kind.kind());
        assert!(!matches!(change.kind, ChangeKind::Moved { .. }), "nothing moved: {change:?}");
    }
    let mut expected: Vec<(Timestamp, String, Kind)> = Vec::new();
    for ((digest, title), mut kinds) in per_digest {
        // Published and edited within one digest is told as published.
        if kinds.contains(&Kind::Published) {
            kinds.remove(&Kind::Edited);
        }
        expected.extend(kinds.into_iter().map(|kind| (digest, title.clone(), kind)));
    }
    let mut mails = taken(server);
    let before = mails.len();
    mails.dedup_by(|one, other| one.1 == other.1);
    assert!(before - mails.len() <= 1, "repeats only where the server did not say that it took it");
    assert_eq!(mails.len(), deliveries.len());
    let mut told: Vec<(Timestamp, String, Kind)> = Vec::new();
    for ((_, _, text), composed) in mails.iter().zip(&composed) {
        told.extend(entries(text).into_iter().map(|(kind, title)| (*composed, title, kind)));
    }
    let key = |one: &(Timestamp, String, Kind)| (one.0, one.1.clone(), one.2.english());
    expected.sort_by_key(key);
    told.sort_by_key(key);
    let lost: Vec<_> = expected.iter().filter(|one| !told.contains(one)).collect();
    let extra: Vec<_> = told.iter().filter(|one| !expected.contains(one)).collect();
    assert!(lost.is_empty() && extra.is_empty(), "never told: {lost:#?}\ntold without cause: {extra:#?}");
    assert_eq!(told.len(), expected.len(), "each once");
    eprintln!("mails: {} digests tell {} changes, each in one message", mails.len(), told.len());
}

/// The titles of a digest's plain text, each under the kind that it stands under.
fn entries(text: &str) -> Vec<(Kind, String)> {
    let mut kind = None;
    let mut entries = Vec::new();
    for line in text.lines() {
        let heading = line.split('（').next().unwrap_or_default().trim();
        if let Some(known) = Kind::ALL.into_iter().find(|known| known.chinese() == heading) {
            kind = Some(known);
        }
        let is_entry = line.split("  ").next().is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
        if let (Some(kind), true, Some((_, title))) = (kind, is_entry, line.split_once("  ")) {
            entries.push((kind, title.trim().to_owned()));
        }
    }
    entries
}
