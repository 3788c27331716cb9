//! A notice to those it belongs to: copies, the same round's, the body's rounds before and after.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Known, is_same_round, of};
use crate::diff;
use crate::model::{NoticeId, Presence, Relative, Relatives, Topic, Tracked, Version};
use crate::store::{Result, Store};

/// How alike two notices on one inspection are when one is a copy of the other.
const COPY: f64 = 0.8;
/// The same where neither says when the inspection was.
const COPY_UNDATED: f64 = 0.9;
/// Most notices of one body that are looked at.
const KIN_MAX: usize = 200;

/// # Errors
/// Only the store's.
pub fn relatives(store: &dyn Store, tracked: &Tracked, version: &Version) -> Result<Relatives> {
    let own = Known { tracked: tracked.clone(), gist: of(store, tracked)? };
    let mut found = Relatives::default();
    let mut kin = Vec::new();
    for id in candidates(store, &own)? {
        let Some(other) = store.tracked(&id)?.filter(|other| other.versions > 0 && !matches!(other.presence, Presence::Moved { .. }))
        else {
            continue;
        };
        let gist = of(store, &other)?;
        kin.push(Known { tracked: other, gist });
    }
    kin.sort_by_key(|known| (time(known), known.tracked.first_seen));
    for other in &kin {
        sort_in(store, &own, version, other, &mut found)?;
    }
    Ok(found)
}

fn candidates(store: &dyn Store, own: &Known) -> Result<BTreeSet<NoticeId>> {
    let mut ids: BTreeSet<NoticeId> = own.tracked.copy_of.iter().cloned().collect();
    if own.tracked.fingerprint != 0 {
        ids.extend(store.twins(own.tracked.fingerprint)?);
    }
    for body in &own.gist.bodies {
        ids.extend(store.of_body(&body.key)?.into_iter().take(KIN_MAX));
    }
    ids.remove(&own.tracked.id);
    Ok(ids)
}

fn sort_in(store: &dyn Store, own: &Known, version: &Version, other: &Known, found: &mut Relatives) -> Result<()> {
    let relative = Relative {
        notice: other.tracked.id.clone(),
        title: other.tracked.title.clone(),
        url: other.tracked.url.clone(),
        date: other.gist.feedback.or(other.tracked.published),
        problems: other.gist.problems,
        differences: None,
    };
    if let Some(differences) = copied(store, own, version, other)? {
        found.copies.push(Relative { differences: Some(differences), date: other.tracked.published, ..relative });
        return Ok(());
    }
    let is_kin = other.gist.bodies.iter().any(|body| own.gist.bodies.iter().any(|own| own.key == body.key));
    if !is_kin {
        return Ok(());
    }
    match (own.gist.topic, other.gist.topic) {
        (Topic::Rectification, Topic::Feedback) | (Topic::Feedback, Topic::Rectification) if is_of_one_feedback(own, other) => {
            found.feedback.push(relative);
        }
        (Topic::Rectification, Topic::Rectification) if is_same_round(&own.gist, &other.gist) => found.same_round.push(relative),
        (Topic::Rectification, Topic::Rectification) if time(other) < time(own) => found.earlier = Some(relative),
        (Topic::Rectification, Topic::Rectification) => found.later.push(relative),
        _ => {}
    }
    Ok(())
}

fn is_of_one_feedback(one: &Known, other: &Known) -> bool {
    let day = |known: &Known| known.gist.feedback.or(Some(known.day()).filter(|_| known.gist.topic == Topic::Feedback));
    matches!((day(one), day(other)), (Some(one), Some(other)) if (one - other).get_days().abs() <= 31)
}

/// In how many places a copy differs; `None` of what is no copy.
pub fn copied(store: &dyn Store, own: &Known, version: &Version, other: &Known) -> Result<Option<usize>> {
    if own.tracked.fingerprint != 0 && own.tracked.fingerprint == other.tracked.fingerprint {
        return Ok(Some(0));
    }
    let same_round = is_same_round(&own.gist, &other.gist);
    let (undated, own_undated) = (is_undated(other), is_undated(own));
    if own.gist.topic != other.gist.topic || !(same_round || (undated && own_undated)) {
        return Ok(None);
    }
    let Some(twin) = store.version(&other.tracked.id, other.tracked.versions)? else { return Ok(None) };
    if diff::likeness(&version.document, &twin.document) < if same_round { COPY } else { COPY_UNDATED } {
        return Ok(None);
    }
    let difference = diff::compare(&twin, &version.document, &version.notice).unwrap_or_default();
    Ok(Some(if difference.passages.is_empty() { difference.fields.len() + difference.items.len() } else { difference.passages.len() }))
}

fn is_undated(known: &Known) -> bool {
    known.gist.feedback.is_none() && known.gist.from.is_none()
}

/// When the round was: by its feedback, else by what came after.
fn time(known: &Known) -> Date {
    known.gist.feedback.or(known.gist.to).unwrap_or_else(|| known.day())
}
