//! The second gate: hosts that one machine serves share what that machine is asked.
//!
//! Which address a host has shows with its first answer, and may change with any other; before that a host has its own gate
//! only. Waits for nobody: [`super::gates`] does.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::fetch::is_global;

/// Requests to one address at the same time where the configuration says nothing.
const AT_ONCE: usize = 2;
/// Hosts whose address is remembered; a house of that many sources is none that one process serves.
const HOSTS_MAX: usize = 100_000;

/// What an address may be asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct PerAddress {
    pub pause: Duration,
    pub at_once: Option<usize>,
    /// Whether addresses in private networks have a limit too: only where the operator wrote one down.
    pub also_private: bool,
}

pub(super) struct Addresses {
    known: Mutex<Known>,
    slots: Mutex<()>,
}

struct Known {
    budget: PerAddress,
    hosts: HashMap<String, IpAddr>,
    places: HashMap<IpAddr, Arc<Semaphore>>,
}

impl Addresses {
    pub(super) fn new(budget: PerAddress) -> Self {
        Self { known: Mutex::new(Known { budget, hosts: HashMap::new(), places: HashMap::new() }), slots: Mutex::default() }
    }

    pub(super) fn set_budget(&self, budget: PerAddress) {
        let mut known = self.known();
        if known.budget.at_once != budget.at_once {
            // Who has a place keeps it; for the moment both numbers count.
            known.places.clear();
        }
        known.budget = budget;
    }

    pub(super) fn learn(&self, host: &str, address: IpAddr) {
        let mut known = self.known();
        if known.hosts.len() >= HOSTS_MAX {
            known.hosts.clear();
            known.places.clear();
        }
        known.hosts.insert(host.to_owned(), address.to_canonical());
    }

    /// The address of a host, its places and its pause; `None` where none is known or it has no limit.
    pub(super) fn of(&self, host: &str) -> Option<(IpAddr, Arc<Semaphore>, Duration)> {
        let mut known = self.known();
        let address = *known.hosts.get(host)?;
        let PerAddress { pause, at_once, also_private } = known.budget;
        if !also_private && !is_global(address) {
            return None;
        }
        let places = known.places.entry(address).or_insert_with(|| Arc::new(Semaphore::new(at_once.unwrap_or(AT_ONCE).max(1))));
        Some((address, places.clone(), pause))
    }

    /// Whether as many hosts of the same address are at work as it takes at once: another would only wait there.
    pub(super) fn is_crowded(&self, host: &str, at_work: &HashSet<String>) -> bool {
        let Some((address, ..)) = self.of(host) else { return false };
        let known = self.known();
        let there = at_work.iter().filter(|other| known.hosts.get(*other) == Some(&address)).count();
        there >= known.budget.at_once.unwrap_or(AT_ONCE)
    }

    /// Held while an address's next moment is taken.
    pub(super) fn alone(&self) -> MutexGuard<'_, ()> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(budget: PerAddress, address: &str, expected: Option<usize>) {
        let addresses = Addresses::new(budget);
        assert!(addresses.of("www.example.gov.cn").is_none(), "nothing is known before the first answer");
        addresses.learn("www.example.gov.cn", address.parse().unwrap());
        let places = addresses.of("www.example.gov.cn").map(|(_, places, _)| places.available_permits());
        assert_eq!(places, expected, "{address}");
    }

    #[test]
    fn a_public_address_has_a_limit_and_a_private_one_only_where_it_was_written() {
        let (usual, written) = (PerAddress::default(), PerAddress { also_private: true, at_once: Some(5), ..PerAddress::default() });
        check(usual, "61.154.11.191", Some(AT_ONCE));
        check(usual, "::ffff:61.154.11.191", Some(AT_ONCE));
        check(usual, "127.0.0.1", None);
        check(usual, "10.1.2.3", None);
        check(written, "127.0.0.1", Some(5));
    }

    #[test]
    fn hosts_of_one_address_share_its_places() {
        let addresses = Addresses::new(PerAddress::default());
        for host in ["a.gov.cn", "b.gov.cn"] {
            addresses.learn(host, "61.154.11.191".parse().unwrap());
        }
        let (_, one, _) = addresses.of("a.gov.cn").unwrap();
        let (_, other, _) = addresses.of("b.gov.cn").unwrap();
        assert!(Arc::ptr_eq(&one, &other));
    }

    #[test]
    fn a_platform_of_many_sites_takes_no_more_visits_than_it_can_be_asked() {
        let addresses = Addresses::new(PerAddress::default());
        for number in 0..9 {
            addresses.learn(&format!("{number}.gov.cn"), "61.154.11.191".parse().unwrap());
        }
        let at_work = |hosts: &[&str]| hosts.iter().map(|host| (*host).to_owned()).collect::<HashSet<String>>();
        assert!(!addresses.is_crowded("3.gov.cn", &at_work(&["1.gov.cn", "elsewhere.gov.cn"])));
        assert!(addresses.is_crowded("3.gov.cn", &at_work(&["1.gov.cn", "2.gov.cn"])));
        assert!(!addresses.is_crowded("elsewhere.gov.cn", &at_work(&["1.gov.cn", "2.gov.cn"])));
    }
}
