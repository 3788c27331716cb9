//! Which bodies should have published and have not, as far as the watched sources show.

use super::{Which, today};
use crate::flow::follow::{self, Archive};
use crate::flow::house::House;
use crate::model::Late;
use crate::store::Result;

/// What is usual, and who is beyond it.
#[derive(Debug, Clone, PartialEq)]
pub struct Lateness {
    /// Days from the feedback to the notice after which half had come, and how many notices of this archive that rests on.
    pub usual_days: (i32, usize),
    /// Notices of feedback that the archive holds: without any, nobody can be late.
    pub feedbacks: usize,
    /// The longest waiting first.
    pub bodies: Vec<Late>,
}

/// # Errors
/// Only the store's.
pub fn late(house: &House, which: &Which) -> Result<Lateness> {
    let archive = Archive::of(&*house.store)?;
    let mut bodies = follow::late(&archive, today(house.clock.now()));
    bodies.retain(|late| {
        let source = archive.notices.iter().find(|known| known.tracked.id == late.notice).map(|known| &known.tracked.source);
        which.region.as_ref().is_none_or(|region| region.contains(&late.region))
            && which.sector.as_ref().is_none_or(|sector| late.sector.as_ref() == Some(sector))
            && which.source.as_ref().is_none_or(|wanted| source == Some(wanted))
            && which.matches([late.name.as_str(), late.title.as_str()])
    });
    let feedbacks = archive.notices.iter().filter(|known| known.gist.topic == crate::model::Topic::Feedback).count();
    Ok(Lateness { usual_days: follow::usual_days(&archive), feedbacks, bodies })
}
