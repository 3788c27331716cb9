//! Which notices are recorded, and where each stands.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::{Which, day, sector_of};
use crate::flow::house::House;
use crate::model::{NoticeId, Presence, Region, SourceId, Topic, Tracked};
use crate::store::Result;

/// One recorded notice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoticeRow {
    pub id: NoticeId,
    pub title: String,
    pub url: String,
    pub source: SourceId,
    pub region: Region,
    pub sector: Option<String>,
    pub published: Option<Date>,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub versions: u32,
    pub presence: Presence,
    pub topic: Option<Topic>,
    pub copy_of: Option<NoticeId>,
    pub trouble: Option<String>,
    /// Why the reading of its newest version may be wrong.
    pub doubts: Vec<String>,
    /// It was read with doubts, or a reading of it waits to be seen again.
    pub doubtful: bool,
}

/// Published last comes first; what was never read, or moved, is listed too.
///
/// # Errors
/// Only the store's.
pub fn notices(house: &House, which: &Which) -> Result<Vec<NoticeRow>> {
    let setup = house.setup();
    let mut found: Vec<(Date, NoticeRow)> = Vec::new();
    for tracked in house.store.all_tracked(which.source.as_ref())? {
        if which.admits(house, &setup, &tracked)? {
            found.push((day(&tracked), row(&tracked, sector_of(&setup, &tracked))));
        }
    }
    found.sort_by_key(|(day, _)| std::cmp::Reverse(*day));
    Ok(found.into_iter().map(|(_, row)| row).collect())
}

/// Whether its newest version was read with doubts, or a reading of it waits to be seen again.
pub fn is_doubtful(tracked: &Tracked) -> bool {
    !tracked.doubts.is_empty() || tracked.doubt.is_some()
}

/// A notice as it is listed; `sector` as its source's file says.
pub fn row(tracked: &Tracked, sector: Option<String>) -> NoticeRow {
    NoticeRow {
        id: tracked.id.clone(),
        title: tracked.title.clone(),
        url: tracked.url.to_string(),
        source: tracked.source.clone(),
        region: tracked.region.clone(),
        sector,
        published: tracked.published,
        first_seen: tracked.first_seen,
        last_seen: tracked.last_seen,
        versions: tracked.versions,
        presence: tracked.presence.clone(),
        topic: tracked.topic,
        copy_of: tracked.copy_of.clone(),
        trouble: tracked.trouble.clone(),
        doubts: tracked.doubts.clone(),
        doubtful: is_doubtful(tracked),
    }
}
