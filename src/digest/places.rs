//! Entries to groups by place, so that a burst stays readable: 福建 first, in it 泉州, then what lies directly in 福建.

use super::clean::{clean, clip};
use crate::model::Region;

const NOWHERE: &str = "地区未注明";

/// Entries of one place; the outer place is named where it begins.
pub(super) struct Group<E> {
    /// The outermost place with its number of entries, on the first of its groups.
    pub(super) place: Option<(String, usize)>,
    /// The next place inside it.
    pub(super) inner: Option<String>,
    pub(super) entries: Vec<E>,
}

/// Entries by the next place inside a place.
type Inner<E> = Vec<(String, Vec<E>)>;

/// Groups in the order in which their places first come, what lies directly in a place before what lies in its parts; one group without a
/// name where `region` gives none.
pub(super) fn grouped<'a, T: 'a, E>(
    told: impl Iterator<Item = &'a T>,
    region: impl Fn(&'a T) -> Option<&'a Region>,
    entry: impl Fn(&'a T) -> E,
) -> Vec<Group<E>> {
    let mut outer: Vec<(String, Inner<E>)> = Vec::new();
    for value in told {
        let (place, inner) = region(value).map(places).unwrap_or_default();
        let found = outer.iter().position(|(name, _)| *name == place);
        let at = found.unwrap_or_else(|| {
            outer.push((place, Vec::new()));
            outer.len() - 1
        });
        let inners = &mut outer[at].1;
        match inners.iter_mut().find(|(name, _)| *name == inner) {
            Some((_, entries)) => entries.push(entry(value)),
            None => inners.push((inner, vec![entry(value)])),
        }
    }
    outer.sort_by_key(|(place, _)| place == NOWHERE);
    outer.into_iter().flat_map(|(place, inners)| named(place, inners)).collect()
}

fn named<E>(place: String, mut inners: Inner<E>) -> Vec<Group<E>> {
    inners.sort_by_key(|(inner, _)| !inner.is_empty());
    let total = inners.iter().map(|(_, entries)| entries.len()).sum();
    let mut place = Some((place, total)).filter(|(place, _)| !place.is_empty());
    let group =
        |(inner, entries): (String, Vec<E>)| Group { place: place.take(), inner: Some(inner).filter(|inner| !inner.is_empty()), entries };
    inners.into_iter().map(group).collect()
}

/// The outermost place and the next; of a region without a name, that it has none.
fn places(region: &Region) -> (String, String) {
    const PLACE_MAX: usize = 20;
    let mut parts = region.0.split('/').map(|part| clip(&clean(part), PLACE_MAX)).filter(|part| !part.is_empty());
    (parts.next().unwrap_or_else(|| NOWHERE.to_owned()), parts.next().unwrap_or_default())
}
