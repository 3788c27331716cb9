//! What went wrong on the wire to a [`FetchError`] that a person can read. Told by the types of the causes, never by their texts.

use std::error::Error;
use std::io::{self, ErrorKind};

use super::guard::{Unresolved, private};
use super::{FetchError, tls};

/// A failure, and whether another attempt within the visit may help.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) error: FetchError,
    pub(super) again: bool,
}

impl Fault {
    /// Passing, and worth another attempt at once.
    pub(super) fn passing(why: String) -> Self {
        Self { error: FetchError::Later { after: None, why }, again: true }
    }

    /// Passing, but another attempt now would only be a burden.
    pub(super) fn later(why: String) -> Self {
        Self { error: FetchError::Later { after: None, why }, again: false }
    }
}

impl From<FetchError> for Fault {
    fn from(error: FetchError) -> Self {
        Self { error, again: false }
    }
}

/// The failure of a request that got no answer, or no whole one.
pub(super) fn of_request(host: &str, error: &reqwest::Error) -> Fault {
    let found = causes(error).find_map(|cause| of_cause(host, cause));
    found.unwrap_or_else(|| {
        if error.is_timeout() {
            Fault::later(format!("{host} did not take the connection in time; it is tried again at the next visit"))
        } else if error.is_connect() {
            Fault::passing(format!("no connection to {host} came about; is the network up, and the proxy if one is set?"))
        } else {
            Fault::passing(format!("the connection to {host} broke off; it is tried again"))
        }
    })
}

fn of_cause(host: &str, cause: &(dyn Error + 'static)) -> Option<Fault> {
    if let Some(unresolved) = cause.downcast_ref::<Unresolved>() {
        return Some(match unresolved {
            Unresolved::Private(address) => private(host, Some(*address)).into(),
            Unresolved::Unknown => {
                Fault::passing(format!("the name {host} is not known (DNS); is it written right, and is the network up?"))
            }
        });
    }
    if let Some(fault) = cause.downcast_ref::<rustls::Error>() {
        return Some(match tls::advice(host, fault) {
            Some(why) => FetchError::Never { name: "tls", why }.into(),
            None => Fault::passing(format!("{host} broke off while the encrypted connection was made; it is tried again")),
        });
    }
    if let Some(fault) = cause.downcast_ref::<hyper::Error>() {
        return if fault.is_parse_too_large() {
            let why = format!("{host} sends more header lines than any page needs; it was left at that");
            Some(FetchError::TooLarge { why }.into())
        } else if fault.is_parse() {
            Some(Fault::passing(format!("{host} answered something that is no HTTP; it is tried again")))
        } else if fault.is_incomplete_message() {
            Some(Fault::passing(format!("{host} closed the connection before the answer was whole; it is tried again")))
        } else {
            None
        };
    }
    cause.downcast_ref::<io::Error>().and_then(|fault| of_io(host, fault.kind()))
}

fn of_io(host: &str, kind: ErrorKind) -> Option<Fault> {
    Some(match kind {
        ErrorKind::ConnectionRefused => Fault::passing(format!("{host} refuses connections; is its web server down?")),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            Fault::passing(format!("{host} cut the connection; some sites do so to programs that they do not know"))
        }
        ErrorKind::UnexpectedEof => Fault::passing(format!("{host} closed the connection before the answer was whole; it is tried again")),
        ErrorKind::TimedOut => Fault::later(format!("{host} did not take the connection in time; it is tried again at the next visit")),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown | ErrorKind::AddrNotAvailable => {
            Fault::passing(format!("no way leads to {host}; is the network up?"))
        }
        _ => return None,
    })
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause: &&'a (dyn Error + 'static)| {
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            // An io::Error names as its source what lies behind its content, not the content.
            Some(content) => Some(content as &(dyn Error + 'static)),
            None => cause.source(),
        }
    })
}
