//! Stored snapshots read again after our reading code changed: a new reading, never a change (rule 1).

use super::follow;
use super::house::{House, host_of};
use super::look::Seen;
use super::newest;
use super::parts::Parts;
use super::read::{self, Reading};
use crate::diff;
use crate::extract;
use crate::model::{Change, Furniture, Part, PartText, Problem, Snapshot, Source, Tracked, Version};
use crate::store::{Commit, Result};

/// What reading again needs besides the version.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    pub house: &'a House,
    pub source: &'a Source,
    /// What is known of the source's pages by now.
    pub furniture: &'a Furniture,
}

/// The newest version as the present code reads its snapshot, knowing what is known of the source's pages by now; kept in place
/// of the older reading. `tracked` tells of it then. `None` where there is none.
///
/// A snapshot that can no longer be read keeps the reading it has. Where a notice is a file that nothing but our own machine kept
/// from being read, it is tried again.
///
/// # Errors
/// Only the store's.
pub async fn newest(means: Means<'_>, tracked: &mut Tracked) -> Result<Option<Version>> {
    let Some(version) = means.house.store.version(&tracked.id, tracked.versions)? else {
        tracked.newest = None;
        return Ok(None);
    };
    let version = match is_present(means, &version) && !newest::is_to_be_tried(&version.document) {
        true => version,
        false => again(means, tracked, version).await?.0,
    };
    tracked.newest = Some(newest::of_version(&version, means.furniture));
    Ok(Some(version))
}

/// Whether the present code read it, knowing what is known of the source's pages by now.
fn is_present(means: Means<'_>, version: &Version) -> bool {
    version.revision == extract::REVISION && !learned_of(version, means.furniture)
}

/// Whether anything in the version is known by now to be the source's pages' own. Only lines that are known can be taken off.
fn learned_of(version: &Version, furniture: &Furniture) -> bool {
    let knew_less = version.document.furniture.is_some_and(|generation| generation != furniture.generation);
    knew_less && version.document.blocks.iter().any(|block| furniture.is_known(&block.text()))
}

/// Reads one version's snapshots again, and says whether it reads differently.
///
/// # Errors
/// Only the store's.
pub async fn again(means: Means<'_>, tracked: &mut Tracked, version: Version) -> Result<(Version, bool)> {
    let before = version.clone();
    let Some(reading) = read_again(means, tracked, &version, &[]).await? else { return Ok((version, false)) };
    let differs = diff::compare(&before, &reading.document, &reading.notice).is_some();
    Ok((replaced(means, tracked, version, reading, Vec::new(), Vec::new())?, differs))
}

/// The version with the text of parts that are read for the first time, kept in place: they stood at the site already.
///
/// # Errors
/// Only the store's.
pub async fn completed(
    means: Means<'_>,
    tracked: &mut Tracked,
    version: Version,
    first: &[&Part],
    fresh: &[Snapshot],
    changes: Vec<Change>,
) -> Result<Version> {
    let mut named = version.clone();
    for part in first {
        let unread =
            Part { text: PartText::Unread(Problem { name: Problem::NOT_FETCHED.to_owned(), evidence: String::new() }), ..(*part).clone() };
        match named.document.parts.iter_mut().find(|known| known.url == part.url) {
            Some(known) => *known = unread,
            None => named.document.parts.push(unread),
        }
    }
    let wanted = |snapshot: &&Snapshot| first.iter().any(|part| part.snapshot.as_ref() == Some(&snapshot.id()));
    let snapshots: Vec<Snapshot> = fresh.iter().filter(wanted).cloned().collect();
    let Some(reading) = read_again(means, tracked, &named, &snapshots).await? else { return Ok(version) };
    replaced(means, tracked, version, reading, snapshots, changes)
}

/// The version as it can be compared with what was just seen: where older code read it and its page has gone by its time, like
/// cannot be compared with like, and the present reading takes its place without being a change.
///
/// # Errors
/// Only the store's.
pub(super) fn comparable(means: Means<'_>, tracked: &mut Tracked, version: Version, seen: &Seen) -> Result<Version> {
    let house = means.house;
    if is_present(means, &version)
        || house.store.pruned_page(&version.snapshot)?.is_none()
        || house.store.snapshot(&version.snapshot)?.is_some()
    {
        return Ok(version);
    }
    let number = version.number;
    tracing::info!(notice.id = %tracked.id, "version {number} of {} can no longer be read again; what stands there now takes its place", tracked.id);
    let version = Version { snapshot: seen.snapshot.clone(), captured_at: seen.captured_at, ..version };
    replaced(means, tracked, version, seen.reading.clone(), seen.fresh.clone(), Vec::new())
}

async fn read_again(means: Means<'_>, tracked: &Tracked, version: &Version, fresh: &[Snapshot]) -> Result<Option<Reading>> {
    let Means { house, source, furniture } = means;
    let Some(mut snapshot) = house.store.snapshot(&version.snapshot)? else { return Ok(None) };
    // The same bytes at two addresses are kept once, under the address that they were first captured at.
    snapshot.url = tracked.url.clone();
    let (rules, sandbox) = (source.rules.clone(), house.setup().sandbox.clone());
    let (known, furniture) = (furniture.clone(), furniture.clone());
    let mut reading = None;
    if let Ok(Ok(page)) = read::apart(move || read::alone(&snapshot, &rules, &known, &sandbox)).await {
        let mut parts = Parts::new(house, source, &tracked.url);
        (parts.version, parts.watched, parts.fresh) = (Some(version), &tracked.parts, fresh.to_vec());
        let whole = parts.whole(page.document).await?;
        let title = tracked.title.clone();
        reading = read::apart(move || read::understood(whole, &title, &furniture)).await.ok().and_then(Result::ok);
    }
    if reading.is_none() {
        tracing::warn!(notice.id = %tracked.id, "version {} of {} cannot be read by the present code; its reading is kept", version.number, tracked.id);
    }
    Ok(reading)
}

/// Keeps a new reading under the number of the old one.
fn replaced(
    means: Means<'_>,
    tracked: &mut Tracked,
    version: Version,
    reading: Reading,
    snapshots: Vec<Snapshot>,
    changes: Vec<Change>,
) -> Result<Version> {
    let number = version.number;
    let version = Version { revision: extract::REVISION, document: reading.document, notice: reading.notice, ..version };
    let mut commit = Commit { snapshots, versions: vec![version.clone()], changes, ..Commit::default() };
    if number == tracked.versions {
        tracked.fingerprint = read::fingerprint(&version.document);
        tracked.doubts.clone_from(&version.document.doubts);
        tracked.topic = Some(version.notice.topic);
        tracked.gist = Some(follow::gist(&version.notice, tracked));
        tracked.newest = Some(newest::of(&version.snapshot, &version.document));
        commit.tracked.push(tracked.clone());
    }
    means.house.store.commit(&commit)?;
    Ok(version)
}

/// How much was read again, and how much of it reads differently now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reread {
    pub versions: u32,
    pub different: u32,
    /// Versions whose pages have gone by their time: they keep the reading they have.
    pub pageless: u32,
}

/// Reads every version that older code read; with `all`, every version.
///
/// # Errors
/// Only the store's.
pub async fn everything(house: &House, all: bool) -> Result<Reread> {
    let setup = house.setup();
    let mut done = Reread::default();
    for tracked in house.store.all_tracked(None)? {
        let source = setup.source(&tracked.source);
        let unknown = || Source::new(tracked.source.clone(), tracked.url.clone());
        let of_notice = source.cloned().unwrap_or_else(unknown);
        let _turn = house.turn(&host_of(source.map_or(&tracked.url, |source| &source.listing)).unwrap_or_default()).await;
        for number in 1..=tracked.versions {
            let Some(version) = house.store.version(&tracked.id, number)? else { continue };
            if version.revision == extract::REVISION && !all {
                continue;
            }
            if house.store.pruned_page(&version.snapshot)?.is_some() && house.store.snapshot(&version.snapshot)?.is_none() {
                done.pageless += 1;
                continue;
            }
            let mut present = house.store.tracked(&tracked.id)?.unwrap_or_else(|| tracked.clone());
            let furniture = house.store.health(&tracked.source)?.map(|health| health.furniture).unwrap_or_default();
            let (_, differs) = again(Means { house, source: &of_notice, furniture: &furniture }, &mut present, version).await?;
            done.versions += 1;
            done.different += u32::from(differs);
        }
    }
    Ok(done)
}
