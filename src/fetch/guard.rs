//! Which addresses we connect to: web ports of global addresses, and the private networks that the operator wrote down.
//!
//! Three checks, because none alone holds: the address as written at every hop (a literal address never reaches a resolver),
//! the addresses that a name resolves to, in the resolver that the connection itself uses (so nothing can change in between),
//! and the address that answered.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::FetchError;

/// A range of addresses: `10.1.0.0/16`, `fd00:12::/32`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && masked(address, self.bits) == self.first
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no network; write one like \"10.1.0.0/16\", \"fd00:12::/32\" or \"127.0.0.1\"");
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => width,
            Some(bits) => bits.parse::<u8>().ok().filter(|bits| *bits <= width).ok_or_else(wrong)?,
        };
        let first = masked(address, bits);
        if first != address {
            return Err(format!("{text:?} names an address inside a network; the network is \"{first}/{bits}\""));
        }
        Ok(Self { first, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            Ipv4Addr::from_bits(v4.to_bits() & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
    }
}

/// Whether an address belongs to somebody on the public internet.
///
/// IPv6 addresses that carry an IPv4 one (mapped, NAT64, 6to4, Teredo) never do: what lies behind them cannot be told.
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_global_v4(v4),
        IpAddr::V6(v6) => is_global_v6(v6),
    }
}

/// The ranges of the IANA special-purpose registry (RFC 6890) that are not reachable from everywhere.
fn is_global_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, d] = address.octets();
    match a {
        0 | 10 | 127 | 224..=255 => false,
        100 => b & 0xC0 != 64,
        169 => b != 254,
        172 => b & 0xF0 != 16,
        192 => !matches!((b, c), (0, 0 | 2) | (88, 99) | (168, _)),
        198 => !(matches!(b, 18 | 19) || (b, c) == (51, 100)),
        203 => (b, c) != (0, 113),
        // Looks public, and is the metadata service inside every machine of one cloud.
        168 => (b, c, d) != (63, 129, 16),
        _ => true,
    }
}

/// Only 2000::/3 is given out; the exceptions lie inside it: 2001::/23 (Teredo, ORCHID), documentation, 6to4.
fn is_global_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    match a {
        0x2001 => b >= 0x0200 && b != 0x0DB8,
        0x2002 => false,
        0x3FFF => b >= 0x1000,
        _ => a & 0xE000 == 0x2000,
    }
}

/// What the operator allows besides the public internet.
#[derive(Debug, Clone, Default)]
pub(super) struct Guard {
    private: Arc<[Network]>,
}

impl Guard {
    /// # Errors
    /// The first entry that is no network, with what to write instead.
    pub(super) fn new(allow_private: &[String]) -> Result<Self, String> {
        let private = allow_private.iter().map(|entry| entry.parse()).collect::<Result<Vec<Network>, _>>();
        private.map(|private| Self { private: private.into() }).map_err(|why| format!("allow_private: {why}"))
    }

    pub(super) fn allows(&self, address: IpAddr) -> bool {
        is_global(address) || self.private.iter().any(|network| network.contains(address))
    }

    /// Checks an address as written, before anything is asked. `ports` are allowed besides 80 and 443.
    pub(super) fn check(&self, url: &Url, ports: &[u16]) -> Result<(), FetchError> {
        let never = |why| Err(FetchError::Never { name: "address", why });
        if !matches!(url.scheme(), "http" | "https") {
            return never(format!("{}: addresses cannot be fetched, only http: and https:", url.scheme()));
        }
        let Some(host) = url.host() else { return never(format!("{url} names no host")) };
        let port = url.port_or_known_default().unwrap_or(0);
        if !matches!(port, 80 | 443) && !ports.contains(&port) {
            let why =
                format!("{host}:{port} is no web port of this source; only 80, 443 and the port of the source's own address are used");
            return Err(FetchError::Denied { name: "port", why });
        }
        match host {
            Host::Ipv4(v4) => self.check_address(&host.to_string(), v4.into()),
            Host::Ipv6(v6) => self.check_address(&host.to_string(), v6.into()),
            // Always this machine (RFC 6761, 6.3), or a proxy's own, whatever a resolver would say.
            Host::Domain(name)
                if is_local(name) && !self.allows(Ipv4Addr::LOCALHOST.into()) && !self.allows(Ipv6Addr::LOCALHOST.into()) =>
            {
                Err(private(name, None))
            }
            Host::Domain(_) => Ok(()),
        }
    }

    pub(super) fn check_address(&self, host: &str, address: IpAddr) -> Result<(), FetchError> {
        if self.allows(address) { Ok(()) } else { Err(private(host, Some(address))) }
    }
}

fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

/// The refusal of a host that lies in a private network.
pub(super) fn private(host: &str, address: Option<IpAddr>) -> FetchError {
    let at = address.filter(|address| !host.contains(&address.to_string())).map(|address| format!(" ({address})")).unwrap_or_default();
    let why = format!("{host}{at} lies in a private network and is not asked; if it is meant, write its network into allow_private");
    FetchError::Denied { name: "private-address", why }
}

/// Resolves names for the connections themselves and keeps back every address that the guard does not allow.
impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(found) => found.collect(),
                Err(_) => return Err(Unresolved::Unknown.into()),
            };
            let Some(first) = found.first().map(SocketAddr::ip) else { return Err(Unresolved::Unknown.into()) };
            let allowed: Vec<_> = found.into_iter().filter(|address| guard.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(Unresolved::Private(first).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Why a name gave no address to connect to.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(super) enum Unresolved {
    #[error("the name is not known")]
    Unknown,
    #[error("the name leads to {0}, a private address")]
    Private(IpAddr),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: bool) {
        assert_eq!(is_global(address.parse().unwrap()), expected, "{address}");
    }

    #[test]
    fn the_edges_of_every_private_range_are_known() {
        for (first, last, before, after) in [
            ("0.0.0.0", "0.255.255.255", None, Some("1.0.0.0")),
            ("10.0.0.0", "10.255.255.255", Some("9.255.255.255"), Some("11.0.0.0")),
            ("100.64.0.0", "100.127.255.255", Some("100.63.255.255"), Some("100.128.0.0")),
            ("127.0.0.0", "127.255.255.255", Some("126.255.255.255"), Some("128.0.0.0")),
            ("169.254.0.0", "169.254.255.255", Some("169.253.255.255"), Some("169.255.0.0")),
            ("172.16.0.0", "172.31.255.255", Some("172.15.255.255"), Some("172.32.0.0")),
            ("192.0.0.0", "192.0.0.255", Some("191.255.255.255"), Some("192.0.1.0")),
            ("192.0.2.0", "192.0.2.255", Some("192.0.1.255"), Some("192.0.3.0")),
            ("192.88.99.0", "192.88.99.255", Some("192.88.98.255"), Some("192.88.100.0")),
            ("192.168.0.0", "192.168.255.255", Some("192.167.255.255"), Some("192.169.0.0")),
            ("198.18.0.0", "198.19.255.255", Some("198.17.255.255"), Some("198.20.0.0")),
            ("198.51.100.0", "198.51.100.255", Some("198.51.99.255"), Some("198.51.101.0")),
            ("203.0.113.0", "203.0.113.255", Some("203.0.112.255"), Some("203.0.114.0")),
            ("224.0.0.0", "255.255.255.255", Some("223.255.255.255"), None),
        ] {
            check(first, false);
            check(last, false);
            before.into_iter().chain(after).for_each(|outside| check(outside, true));
        }
        check("168.63.129.16", false);
        check("168.63.129.17", true);
    }

    #[test]
    fn ipv6_is_global_only_where_it_is_given_out_and_hides_no_other_address() {
        for inside in ["2400:3200::1", "240e:ff:f101::1", "2001:200::1", "2001:4860:4860::8888", "2a00:1450::1", "3fff:1000::"] {
            check(inside, true);
        }
        for outside in [
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
        ] {
            check(outside, false);
        }
    }

    #[test]
    fn a_network_holds_its_own_addresses_and_no_others() {
        let contains = |network: &str, address: &str| network.parse::<Network>().unwrap().contains(address.parse().unwrap());
        assert!(contains("10.1.0.0/16", "10.1.255.255") && !contains("10.1.0.0/16", "10.2.0.0"));
        assert!(contains("127.0.0.1", "127.0.0.1") && !contains("127.0.0.1", "127.0.0.2"));
        assert!(contains("fd00::/8", "fdff::1") && !contains("fd00::/8", "fe00::1"));
        assert!(contains("0.0.0.0/0", "255.255.255.255") && !contains("0.0.0.0/0", "::1"));
        assert!(!contains("127.0.0.0/8", "::ffff:127.0.0.1"));
    }

    #[test]
    fn a_wrong_network_is_refused_with_what_to_write() {
        for wrong in ["", "localhost", "10.1.0.0/33", "10.1.0.0/", "10.1.0.0/x", "::/129", "10.1.0/16"] {
            let why = wrong.parse::<Network>().unwrap_err();
            assert!(why.contains("is no network; write one like \"10.1.0.0/16\""), "{wrong}: {why}");
        }
        assert!("10.1.2.3/16".parse::<Network>().unwrap_err().ends_with("the network is \"10.1.0.0/16\""));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_a_private_address_is_not_resolved() {
        let resolve = |guard: Guard| guard.resolve("localhost".parse().unwrap());
        let refused = resolve(Guard::default()).await.err().unwrap();
        assert!(matches!(refused.downcast_ref(), Some(Unresolved::Private(address)) if address.is_loopback()), "{refused}");
        let found: Vec<_> = resolve(Guard::new(&["127.0.0.1".to_owned()]).unwrap()).await.unwrap().collect();
        assert!(found.iter().all(|address| address.ip() == Ipv4Addr::LOCALHOST) && !found.is_empty(), "{found:?}");
    }
}
