//! What belongs together over time: a body's rounds, copies at other addresses, and what became of a promise.
//!
//! Says what follows from the records; tells nobody, keeps nothing.

mod gist;
mod late;
mod matters;
mod relatives;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use jiff::civil::Date;

pub use self::gist::gist;
pub use self::late::{USUAL_DAYS, late, usual_days};
pub use self::matters::{Open, open_matters};
pub use self::relatives::{copied, relatives};
use super::ask::today;
use crate::model::{Gist, NoticeId, Presence, Tracked, Version};
use crate::store::{Result, Store};

/// Every notice that was read, with its gist, as it is known at one moment.
pub struct Archive<'a> {
    store: &'a dyn Store,
    pub notices: Vec<Known>,
    /// By the key of the body, in the order of time.
    of_body: BTreeMap<String, Vec<usize>>,
    versions: HashMap<NoticeId, Option<Rc<Version>>>,
}

/// One notice of the archive.
#[derive(Debug, Clone)]
pub struct Known {
    pub tracked: Tracked,
    pub gist: Gist,
}

impl Known {
    /// When it was published, else when it was first seen.
    pub fn day(&self) -> Date {
        self.tracked.published.unwrap_or_else(|| today(self.tracked.first_seen))
    }

    /// Whether it stands at its address, as far as is proven.
    pub fn stands(&self) -> bool {
        matches!(self.tracked.presence, Presence::Present | Presence::Missing { .. })
    }
}

impl<'a> Archive<'a> {
    /// # Errors
    /// Only the store's.
    pub fn of(store: &'a dyn Store) -> Result<Self> {
        let mut notices = Vec::new();
        for tracked in store.all_tracked(None)? {
            if tracked.versions == 0 || matches!(tracked.presence, Presence::Moved { .. }) {
                continue;
            }
            let gist = of(store, &tracked)?;
            notices.push(Known { tracked, gist });
        }
        notices.sort_by_key(|known: &Known| (known.day(), known.tracked.first_seen, known.tracked.id.clone()));
        let mut of_body: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, known) in notices.iter().enumerate() {
            known.gist.bodies.iter().for_each(|body| of_body.entry(body.key.clone()).or_default().push(place));
        }
        Ok(Self { store, notices, of_body, versions: HashMap::new() })
    }

    /// Every body that is told of, with its notices in the order of time.
    pub fn bodies(&self) -> impl Iterator<Item = (&str, Vec<&Known>)> {
        self.of_body.iter().map(|(key, places)| (key.as_str(), places.iter().map(|place| &self.notices[*place]).collect()))
    }

    /// The other notices of the same bodies, in the order of time.
    fn kin(&self, place: usize) -> Vec<usize> {
        let keys = self.notices[place].gist.bodies.iter().filter_map(|body| self.of_body.get(&body.key));
        let mut kin: Vec<usize> = keys.flatten().copied().filter(|other| *other != place).collect();
        kin.sort_unstable();
        kin.dedup();
        kin
    }

    fn version(&mut self, place: usize) -> Result<Option<Rc<Version>>> {
        let tracked = &self.notices[place].tracked;
        if let Some(version) = self.versions.get(&tracked.id) {
            return Ok(version.clone());
        }
        let version = self.store.version(&tracked.id, tracked.versions)?.map(Rc::new);
        self.versions.insert(tracked.id.clone(), version.clone());
        Ok(version)
    }
}

/// A notice's gist; made now of one that was read before gists were kept.
///
/// # Errors
/// Only the store's.
pub fn of(store: &dyn Store, tracked: &Tracked) -> Result<Gist> {
    if let Some(gist) = &tracked.gist {
        return Ok(gist.clone());
    }
    let version = store.version(&tracked.id, tracked.versions)?;
    Ok(version.map(|version| gist(&version.notice, tracked)).unwrap_or_default())
}

/// Whether two notices tell of one inspection, as far as they state when it was.
pub fn is_same_round(one: &Gist, other: &Gist) -> bool {
    match (one.feedback, other.feedback) {
        (Some(one), Some(other)) => one == other,
        _ => one.from.is_some() && one.to.is_some() && (one.from, one.to) == (other.from, other.to),
    }
}
