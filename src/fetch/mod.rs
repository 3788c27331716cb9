//! Addresses to [`Snapshot`]s over HTTP: one shared client, every hop checked, every body limited. Decides nothing else.
//!
//! In reading order: [`Session::get`] follows one request hop by hop; `exchange` is one hop on the wire; `answer` and `redirect`
//! say what a status means, `fault` what a failure means; `guard`, `robots` and `tls` say where we may go.
//! Never sleeps: pauses are the [`Turnstile`]'s, which lets every single request through, those for robots.txt and retries included.

mod client;
mod session;
mod exchange;
mod answer;
mod redirect;
mod fault;
mod decode;
mod guard;
mod tls;
mod robots;
mod learned;

use std::any::Any;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Snapshot, Validators};

pub use answer::{fields, retry_after};
pub use client::Client;
pub use decode::{Undecoded, decode};
pub use guard::{Network, is_global};
pub use redirect::{may_lead, target as redirect_target};
pub use robots::{Robots, robots_allow};
pub use session::Session;

/// Our name in robots.txt files and, with version and contact, in the User-Agent.
pub const PRODUCT_TOKEN: &str = "huitoukan";

/// How we present ourselves and how far we go.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who to talk to about our visits: a mail address or a page. Stands in the User-Agent; never empty.
    pub contact: String,
    /// Networks that count as reachable although they are private: `10.1.0.0/16`, `127.0.0.0/8`.
    pub allow_private: Vec<String>,
    pub timeout: Duration,
    pub body_bytes_max: u64,
    /// Attempts at one request within a visit; at least 1.
    pub attempts_max: u32,
}

/// How slow a server may be, besides the total time of a request.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// At least so much must come ...
    pub bytes_per_s_min: u64,
    /// ... in every stretch of this length.
    pub window: Duration,
}

impl Default for Patience {
    /// A page of 60 KB in a minute: slower than the slowest line, faster than a server that feigns to send.
    fn default() -> Self {
        Self { bytes_per_s_min: 1024, window: Duration::from_secs(20) }
    }
}

impl Patience {
    fn bytes_min(&self) -> u64 {
        (self.window.as_secs_f64() * self.bytes_per_s_min as f64) as u64
    }
}

/// Lets requests through, one at a time per host with a pause between. Implemented by `flow`, which keeps the gates.
pub trait Turnstile: Send + Sync {
    /// Waits until a request to this host (with its port where that is not the scheme's own) may be sent.
    fn pass<'a>(&'a self, host: &'a str) -> Pin<Box<dyn Future<Output = Pass> + Send + 'a>>;

    /// Hears how the host answered the request that it let through last.
    fn answered(&self, host: &str, answer: Answer);
}

/// Leave to send one request; the host is ours until it is dropped. Dropped without an answer: nothing was sent.
pub struct Pass {
    pub at: Timestamp,
    pub guard: Box<dyn Any + Send>,
}

/// How a host answered, for its pace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    pub took: Duration,
    /// `None`: no answer.
    pub status: Option<u16>,
    pub retry_after: Option<Duration>,
    /// The host's robots.txt asks for this pause between requests.
    pub crawl_delay: Option<Duration>,
    /// Of the answer, as it came over the wire; so far as it came.
    pub bytes: u64,
    /// Who answered; `None` behind a proxy, which answers for everybody.
    pub address: Option<IpAddr>,
}

/// What came back.
#[allow(clippy::large_enum_variant, reason = "taken apart at once, never kept in numbers")]
pub enum Fetched {
    NotModified,
    /// A 2xx answer.
    Fresh {
        snapshot: Snapshot,
        validators: Validators,
    },
}

/// Why nothing came back, named by what the caller does next.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Unreachable, 5xx, 429, too slow: try at a later visit, not before `after` where given.
    #[error("{why}")]
    Later { after: Option<Duration>, why: String },
    /// 404 or 410: it is not there.
    #[error("not there ({status})")]
    Gone { status: u16 },
    /// 401, 403, 412, 521 and other refusals; the page names the wall.
    #[error("refused with {}", page.status)]
    Blocked { page: Box<Snapshot> },
    /// We may not: robots.txt, a private address, a redirect to a host that the source does not allow.
    #[error("{why}")]
    Denied { name: &'static str, why: String },
    #[error("{why}")]
    TooLarge { why: String },
    /// It cannot work: no such scheme, a certificate that does not check, a redirect loop. A person must look.
    #[error("{why}")]
    Never { name: &'static str, why: String },
}
