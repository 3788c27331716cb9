//! The shared HTTP clients: one for all sources, and one more for every other way (certificates, proxy) that a source asks for.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use reqwest::{ClientBuilder, Proxy, redirect, retry};
use url::{Host, Url};

use super::exchange::Limits;
use super::guard::{Guard, is_global};
use super::learned::Learned;
use super::{FetchError, Patience, Session, Settings, Turnstile, tls};
use crate::model::{Reach, Tls};

/// Time for a connection, TLS included; county servers behind several gates take up to five seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// An idle connection is kept for the next pages of the same visit, not until the next visit.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Further clients kept; each holds its certificates and connections.
const FURTHER_MAX: usize = 32;

/// The shared client.
pub struct Client {
    pub(super) settings: Settings,
    pub(super) limits: Limits,
    pub(super) guard: Guard,
    pub(super) robots: Learned,
    usual: reqwest::Client,
    further: Mutex<Vec<(Way, reqwest::Client)>>,
}

/// What clients differ in.
type Way = (Tls, Option<String>);

impl Client {
    /// # Errors
    /// A setting that cannot be used, with what to write instead.
    pub fn new(settings: Settings) -> Result<Self, String> {
        if settings.contact.trim().is_empty() {
            return Err("contact is empty; write a mail address or a page where the sites' operators can reach you".to_owned());
        }
        // Fails where a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Guard::new(&settings.allow_private)?;
        let usual = build(&settings, &guard, &(Tls::Strict, None))?;
        let limits = Limits { timeout: settings.timeout, patience: Patience::default() };
        Ok(Self { settings, limits, guard, robots: Learned::default(), usual, further: Mutex::default() })
    }

    /// Changes how slow a server may be.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.limits.patience = patience;
        self
    }

    /// Begins a visit to one source. The port of the first address asked for, the source's listing, is allowed from then on;
    /// everything else must be at the ports of the web.
    ///
    /// Behind an http or https proxy the proxy looks names up, not we: there only literal addresses, `localhost`, schemes and
    /// ports are checked. With socks5 all is checked as without a proxy.
    pub fn session<'a>(&'a self, reach: &'a Reach, turnstile: &'a dyn Turnstile) -> Session<'a> {
        Session::new(self, reach, turnstile)
    }

    /// Largest page, in bytes.
    pub fn page_bytes_max(&self) -> u64 {
        self.settings.body_bytes_max
    }

    /// Whether an address names a host in one of the private networks that the configuration allows: a literal address,
    /// or `localhost`. Such hosts are the operator's own, and may be asked faster than others.
    pub fn is_private(&self, url: &Url) -> bool {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain("localhost")) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            _ => return false,
        };
        !is_global(address) && self.guard.allows(address)
    }

    /// The HTTP client for a source: cheap, they are built once.
    pub(super) fn http(&self, reach: &Reach) -> Result<reqwest::Client, FetchError> {
        if reach.tls == Tls::Strict && reach.proxy.is_none() {
            return Ok(self.usual.clone());
        }
        let way = (reach.tls.clone(), reach.proxy.clone());
        let mut further = self.further.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = further.iter().find(|(known, _)| *known == way) {
            return Ok(client.clone());
        }
        let client = build(&self.settings, &self.guard, &way).map_err(|why| FetchError::Never { name: "reach", why })?;
        if further.len() >= FURTHER_MAX {
            further.remove(0);
        }
        further.push((way, client.clone()));
        Ok(client)
    }
}

fn build(settings: &Settings, guard: &Guard, (tls, proxy): &Way) -> Result<reqwest::Client, String> {
    let agent = format!("{}/{} (+{})", super::PRODUCT_TOKEN, env!("CARGO_PKG_VERSION"), settings.contact.trim());
    let agent = HeaderValue::from_str(&agent)
        .map_err(|_| format!("contact {:?} cannot stand in a header; use plain letters, digits and signs", settings.contact))?;
    let proxy = proxy.as_ref().map(Proxy::all).transpose().map_err(|_| {
        "the proxy is no address; write one like \"socks5://127.0.0.1:1080\" or \"http://proxy.example.org:3128\"".to_owned()
    })?;
    let builder = || {
        let builder = base(guard).user_agent(agent.clone()).no_proxy();
        proxy.iter().cloned().fold(builder, ClientBuilder::proxy)
    };
    tls::configure(builder(), tls)?
        .build()
        // A machine without certificate authorities can still read http: addresses; https: ones then say what they lack.
        .or_else(|_| builder().tls_certs_only([]).build())
        .map_err(|_| "TLS cannot be set up; install the package ca-certificates".to_owned())
}

fn base(guard: &Guard) -> ClientBuilder {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
    headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("zh-CN,zh;q=0.9,en;q=0.5"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, br, zstd"));
    reqwest::Client::builder()
        .default_headers(headers)
        .dns_resolver(Arc::new(guard.clone()))
        // Every hop and every attempt is a request of its own, for the turnstile to let through.
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(1)
        .http2_max_header_list_size(64 * 1024)
        // Old servers fold header lines, put blanks before colons, and send lines that are no headers at all.
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
}
