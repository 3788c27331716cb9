//! Stored snapshots read again after our reading code changed: a new reading, never a change (rule 1).

use super::follow;
use super::house::{House, host_of};
use super::read;
use crate::extract;
use crate::model::{Rules, Source, Tracked, Version};
use crate::store::{Commit, Result};
use crate::{diff, model};

/// The version as the present code reads its snapshot; kept in place of the older reading.
///
/// A snapshot that can no longer be read keeps the reading it has.
///
/// # Errors
/// Only the store's.
pub async fn with_present_code(house: &House, source: &Source, tracked: &Tracked, version: Version) -> Result<Version> {
    if version.revision == extract::REVISION {
        return Ok(version);
    }
    again(house, &source.rules, tracked, version).await.map(|(version, _)| version)
}

/// Reads one version's snapshot again, and says whether it reads differently.
///
/// # Errors
/// Only the store's.
pub async fn again(house: &House, rules: &Rules, tracked: &Tracked, version: Version) -> Result<(Version, bool)> {
    let Some(mut snapshot) = house.store.snapshot(&version.snapshot)? else { return Ok((version, false)) };
    // The same bytes at two addresses are kept once, under the address that they were first captured at.
    snapshot.url = tracked.url.clone();
    let (rules, title) = (rules.clone(), tracked.title.clone());
    let reading = match read::apart(move || read::page(&snapshot, &rules, &title)).await {
        Ok(Ok(reading)) => reading,
        Ok(Err(_)) | Err(_) => {
            tracing::warn!(notice.id = %tracked.id, "version {} of {} cannot be read by the present code; its reading is kept", version.number, tracked.id);
            return Ok((version, false));
        }
    };
    let differs = diff::compare(&version, &reading.document, &reading.notice).is_some();
    let number = version.number;
    let version = Version { revision: extract::REVISION, document: reading.document, notice: reading.notice, ..version };
    let mut commit = Commit { versions: vec![version.clone()], ..Commit::default() };
    if number == tracked.versions {
        let gist = Some(follow::gist(&version.notice, tracked));
        commit.tracked.push(Tracked { fingerprint: read::fingerprint(&version.document), gist, ..tracked.clone() });
    }
    house.store.commit(&commit)?;
    Ok((version, differs))
}

/// How much was read again, and how much of it reads differently now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reread {
    pub versions: u32,
    pub different: u32,
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
        let rules = source.map(|source| source.rules.clone()).unwrap_or_default();
        let _turn = house.turn(&host_of(source.map_or(&tracked.url, |source| &source.listing)).unwrap_or_default()).await;
        for number in 1..=tracked.versions {
            let Some(version) = house.store.version(&tracked.id, number)? else { continue };
            if version.revision == extract::REVISION && !all {
                continue;
            }
            let present: model::Tracked = house.store.tracked(&tracked.id)?.unwrap_or_else(|| tracked.clone());
            let (_, differs) = again(house, &rules, &present, version).await?;
            done.versions += 1;
            done.different += u32::from(differs);
        }
    }
    Ok(done)
}
