//! What a status says, in the terms of what the caller does next. Pure.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use reqwest::header::{ETAG, HeaderMap, HeaderName, LAST_MODIFIED, RETRY_AFTER};
use url::Url;

use super::exchange::{Reply, text};
use super::fault::Fault;
use super::{FetchError, Fetched};
use crate::model::{Snapshot, Validators};

/// Longest wait that a server is taken at its word for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);
/// Longest wait within a visit; what asks for more is left to a later one.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Longest validator kept, in bytes.
const VALIDATOR_BYTES_MAX: usize = 1024;

/// Lets every answer pass but those that say "later".
pub(super) fn settled(host: &str, reply: Reply, at: Timestamp) -> Result<Reply, Fault> {
    let status = reply.status;
    // 521 is no failure but the wall of one protection service (加速乐), and its page is wanted as evidence.
    if !matches!(status, 408 | 425 | 429 | 500..=520 | 522..=599) {
        return Ok(reply);
    }
    let after = retry_after(&reply.headers, at);
    let why = match (status, after) {
        (429, _) => format!("{host} says that we ask too often (429); it is asked less often from now on"),
        (_, Some(after)) => format!("{host} asks to come back after {} s ({status})", after.as_secs()),
        (408 | 425, None) => format!("{host} did not take the request ({status}); it is tried again"),
        (503, None) => format!("{host} is not available at present (503), perhaps for maintenance"),
        (_, None) => format!("{host} has a fault of its own ({status}); it is tried again"),
    };
    Err(Fault { error: FetchError::Later { after, why }, again: after.is_none_or(|after| after <= WAIT_MAX) })
}

/// A number of seconds or a date (RFC 9110, 10.2.3).
pub fn retry_after(headers: &HeaderMap, at: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(value).ok()?.duration_since(SystemTime::from(at)).unwrap_or_default(),
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// Sorts a settled answer. `asked_whether_changed`: the request had validators; `keeps_validators`: the page that answered is the
/// page that was asked for, so that its validators may be sent with the same request again.
pub(super) fn sorted(
    url: Url,
    reply: Reply,
    at: Timestamp,
    asked_whether_changed: bool,
    keeps_validators: bool,
) -> Result<Fetched, FetchError> {
    let host = url.host_str().unwrap_or_default();
    match reply.status {
        304 if asked_whether_changed => Ok(Fetched::NotModified),
        304 => Err(FetchError::Later { after: None, why: format!("{host} says \"not modified\" although it was not asked (304)") }),
        // Part of a page, although the whole was asked for.
        206 => Err(FetchError::Later { after: None, why: format!("{host} sends only a part of the page (206)") }),
        200..=299 => {
            let validators = if keeps_validators { validators(&reply.headers) } else { Validators::default() };
            Ok(Fetched::Fresh { snapshot: snapshot(url, reply, at), validators })
        }
        status @ (404 | 410) => Err(FetchError::Gone { status }),
        _ => Err(FetchError::Blocked { page: Box::new(snapshot(url, reply, at)) }),
    }
}

fn validators(headers: &HeaderMap) -> Validators {
    let field = |name: HeaderName| headers.get(name).map(text).filter(|value| !value.is_empty() && value.len() <= VALIDATOR_BYTES_MAX);
    Validators { etag: field(ETAG), last_modified: field(LAST_MODIFIED) }
}

/// The headers stay as they came, so `content-encoding` and `content-length` speak of the body as it was sent, not as it
/// is kept; whoever writes both into one archive record has to rename them there.
fn snapshot(url: Url, reply: Reply, at: Timestamp) -> Snapshot {
    Snapshot { url, status: reply.status, headers: fields(&reply.headers), fetched_at: at, body: reply.body }
}

/// Header fields as a [`Snapshot`] keeps them: names in lower case, bytes that are no UTF-8 taken for Latin 1.
pub fn fields(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
