//! One request over the wire to one [`Reply`], within limits of time and size.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue};
use reqwest::{Request, Response};
use tokio::time::{Instant, timeout, timeout_at};

use super::decode::{Undecoded, decode, decode_begin};
use super::fault::{Fault, of_request};
use super::{FetchError, Patience};

/// Largest head of an answer, in bytes. Servers themselves refuse requests of more than 8 to 16 KB.
const HEADER_BYTES_MAX: usize = 64 * 1024;
/// Body kept of an answer that is no page, in bytes: enough to name the wall.
const EVIDENCE_BYTES_MAX: u64 = 64 * 1024;
/// Room made for a body before it comes, at most, in bytes.
const ROOM_BYTES_MAX: u64 = 256 * 1024;

/// What is read of a body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Appetite {
    /// All of it; more than this many bytes are a failure.
    Whole(u64),
    /// Its beginning; what follows is of no interest.
    Beginning(u64),
}

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// Decoded.
    pub(super) body: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) timeout: Duration,
    pub(super) patience: Patience,
}

/// Sends a request and reads the answer. `host` is how the host is called in texts; `received` counts the bytes
/// that come, also of an answer that fails; `checked` sees the answer's head first, and may refuse it.
pub(super) async fn exchange(
    http: &reqwest::Client,
    host: &str,
    request: Request,
    appetite: Appetite,
    limits: &Limits,
    received: &AtomicU64,
    checked: impl FnOnce(&Response) -> Result<(), FetchError>,
) -> Result<Reply, Fault> {
    let whole = async {
        let mut response = http.execute(request).await.map_err(|error| of_request(host, &error))?;
        checked(&response)?;
        receive(host, &mut response, appetite, &limits.patience, received).await
    };
    match timeout(limits.timeout, whole).await {
        Ok(result) => result,
        Err(_) => {
            let seconds = limits.timeout.as_secs_f32();
            Err(Fault::later(format!("{host} did not finish its answer within {seconds} s; it is tried again at the next visit")))
        }
    }
}

async fn receive(
    host: &str,
    response: &mut Response,
    appetite: Appetite,
    patience: &Patience,
    received: &AtomicU64,
) -> Result<Reply, Fault> {
    let status = response.status();
    let head: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    received.fetch_add(head as u64, Ordering::Relaxed);
    if head > HEADER_BYTES_MAX {
        let why = format!("{host} sends {head} bytes of header lines, and {HEADER_BYTES_MAX} are the most that is read");
        return Err(FetchError::TooLarge { why }.into());
    }
    let (body, is_evidence) = if status.is_success() {
        (read(host, response, appetite, patience, received).await?, false)
    } else {
        (read_evidence(response, patience, received).await, true)
    };
    let headers = std::mem::take(response.headers_mut());
    let codings: Vec<&str> = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok()).collect();
    let body = match (is_evidence, appetite) {
        _ if codings.is_empty() => body,
        (true, _) => decode_begin(body, &codings, EVIDENCE_BYTES_MAX).0,
        (false, Appetite::Beginning(bytes)) => decode_begin(body, &codings, bytes).0,
        (false, Appetite::Whole(bytes_max)) => decode(body, &codings, bytes_max).map_err(|fault| undecoded(host, fault, bytes_max))?,
    };
    Ok(Reply { status: status.as_u16(), headers, body })
}

async fn read(
    host: &str,
    response: &mut Response,
    appetite: Appetite,
    patience: &Patience,
    received: &AtomicU64,
) -> Result<Vec<u8>, Fault> {
    let (Appetite::Whole(bytes_max) | Appetite::Beginning(bytes_max)) = appetite;
    let declared = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok()).unwrap_or(0);
    if declared > bytes_max && matches!(appetite, Appetite::Whole(_)) {
        return Err(too_large(host, bytes_max).into());
    }
    let mut body = Vec::with_capacity(usize::try_from(declared.min(ROOM_BYTES_MAX)).unwrap_or(0));
    let mut window = Window::open(patience, 0);
    loop {
        match timeout_at(window.end, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                received.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                body.extend_from_slice(&chunk);
            }
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(error)) => return Err(of_body(host, &error, body.len(), declared)),
            Err(_) => {}
        }
        if body.len() as u64 > bytes_max {
            match appetite {
                Appetite::Whole(_) => return Err(too_large(host, bytes_max).into()),
                Appetite::Beginning(_) => body.truncate(usize::try_from(bytes_max).unwrap_or(usize::MAX)),
            }
            return Ok(body);
        }
        if Instant::now() >= window.end {
            if ((body.len() - window.bytes) as u64) < patience.bytes_min() {
                let rate = patience.bytes_per_s_min;
                let why = format!("{host} sends less than {rate} bytes a second; the page was left and is tried again at the next visit");
                return Err(Fault::later(why));
            }
            window = Window::open(patience, body.len());
        }
    }
}

/// As much of the body as comes without trouble; the status has already said what matters.
async fn read_evidence(response: &mut Response, patience: &Patience, received: &AtomicU64) -> Vec<u8> {
    let mut body = Vec::new();
    let end = Instant::now() + patience.window;
    while let Ok(Ok(Some(chunk))) = timeout_at(end, response.chunk()).await {
        received.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        let room = usize::try_from(EVIDENCE_BYTES_MAX).unwrap_or(0) - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() >= room {
            break;
        }
    }
    body
}

/// A stretch of time in which a minimum of bytes must come.
struct Window {
    end: Instant,
    /// Bytes that had come when it opened.
    bytes: usize,
}

impl Window {
    fn open(patience: &Patience, bytes: usize) -> Self {
        Self { end: Instant::now() + patience.window, bytes }
    }
}

fn of_body(host: &str, error: &reqwest::Error, came: usize, declared: u64) -> Fault {
    if declared > came as u64 {
        return Fault::passing(format!("{host} cut off a page after {came} of {declared} bytes; it is tried again"));
    }
    let mut fault = of_request(host, error);
    if let FetchError::Later { why, .. } = &mut fault.error {
        *why = format!("{host} cut off a page after {came} bytes; it is tried again");
    }
    fault
}

fn too_large(host: &str, bytes_max: u64) -> FetchError {
    let why =
        format!("{host} sends a page or file of more than {bytes_max} bytes, the most that is read; raise body_max if it is a notice");
    FetchError::TooLarge { why }
}

fn undecoded(host: &str, fault: Undecoded, bytes_max: u64) -> Fault {
    match fault {
        Undecoded::TooLarge => too_large(host, bytes_max).into(),
        Undecoded::Bomb => {
            FetchError::TooLarge { why: format!("{host} sends a page that unpacks to more than 200 times its size; it was not read") }
                .into()
        }
        Undecoded::Broken => Fault::passing(format!("{host} sends a compressed page that is broken or cut off; it is tried again")),
        Undecoded::Unknown(coding) => {
            let why = format!("{host} compresses its pages in a way that this program does not know ({coding}) and was not asked for");
            FetchError::Never { name: "coding", why }.into()
        }
    }
}

/// A header value's text: UTF-8 where it is, else byte by byte, so that nothing is lost.
pub(super) fn text(value: &HeaderValue) -> String {
    let bytes = value.as_bytes();
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|byte| char::from(*byte)).collect(), str::to_owned)
}
