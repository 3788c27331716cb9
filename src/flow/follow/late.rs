//! Bodies whose findings were fed back, and of which nothing was seen after the usual time.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Archive, Known};
use crate::model::{Body, Late, Topic};

/// Days from the feedback to the notice after which half had come, of 27 notices read by hand.
pub const USUAL_DAYS: i32 = 281;
/// Fewest notices with both days that an archive's own median is believed from.
const PAIRS_MIN: usize = 30;

/// The median of the archive's notices with the number of them, else that of the sample with 0.
pub fn usual_days(archive: &Archive<'_>) -> (i32, usize) {
    let is_one = |known: &&Known| known.gist.topic == Topic::Rectification && known.tracked.copy_of.is_none();
    let mut days: Vec<i32> = archive
        .notices
        .iter()
        .filter(is_one)
        .filter_map(|known| Some((known.tracked.published? - known.gist.feedback?).get_days()))
        .filter(|days| *days > 0)
        .collect();
    if days.len() < PAIRS_MIN {
        return (USUAL_DAYS, 0);
    }
    days.sort_unstable();
    let middle = days.len() / 2;
    let median = if days.len() % 2 == 1 { days[middle] } else { (days[middle - 1] + days[middle]) / 2 };
    (median, days.len())
}

/// The longest waiting first. A body whose place is not sure is left out: its notice may have been seen under another key.
pub fn late(archive: &Archive<'_>, today: Date) -> Vec<Late> {
    let (usual_days, usual_from) = usual_days(archive);
    let mut found: BTreeMap<(Date, &str), Late> = BTreeMap::new();
    for known in archive.notices.iter().filter(|known| known.gist.topic == Topic::Feedback) {
        let feedback = known.gist.feedback.unwrap_or_else(|| known.day());
        let days = (today - feedback).get_days();
        for body in known.gist.bodies.iter().filter(|body| !body.key.starts_with('@')) {
            if days > usual_days && !is_answered(archive, body, feedback) {
                let late = Late {
                    body: body.key.clone(),
                    name: body.name.clone(),
                    region: body.region.clone(),
                    sector: body.sector.clone(),
                    feedback,
                    notice: known.tracked.id.clone(),
                    title: known.tracked.title.clone(),
                    url: known.tracked.url.clone(),
                    days,
                    usual_days,
                    usual_from,
                };
                found.entry((feedback, body.key.as_str())).or_insert(late);
            }
        }
    }
    found.into_values().collect()
}

/// Whether a rectification notice of the body names this feedback, or came after it and names no other.
fn is_answered(archive: &Archive<'_>, body: &Body, feedback: Date) -> bool {
    let places = archive.of_body.get(&body.key).map(Vec::as_slice).unwrap_or_default();
    places.iter().map(|place| &archive.notices[*place]).filter(|known| known.gist.topic == Topic::Rectification).any(|known| {
        match known.gist.feedback {
            // Days of feedback are told of loosely: the meeting, the letter.
            Some(other) => (other - feedback).get_days().abs() <= 31,
            None => known.day() >= feedback,
        }
    })
}
