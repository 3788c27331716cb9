//! Readers of what servers and a browser answer: codings, header fields, the DevTools protocol.

use std::future::{self, Future};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use huitoukan::browser::{self, Asked, Broken, Carrier, Limits, Pipe};
use huitoukan::fetch::{self, Undecoded};
use huitoukan::model::Snapshot;
use huitoukan::{extract, site};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::sound;

/// Largest body that is decoded here.
const BODY_BYTES_MAX: u64 = 4 << 20;

/// The first line is the Content-Encoding, the rest the body.
pub fn codings(bytes: &[u8]) {
    let (named, body) = first_line(bytes);
    let named = String::from_utf8_lossy(named);
    let fields: Vec<&str> = named.split(';').collect();
    let decoded = fetch::decode(body.to_vec(), &fields, BODY_BYTES_MAX);
    assert_eq!(decoded, fetch::decode(body.to_vec(), &fields, BODY_BYTES_MAX), "decoded twice");
    match decoded {
        Ok(plain) => {
            assert!(plain.len() as u64 <= BODY_BYTES_MAX, "{} bytes", plain.len());
            let bytes_max = (body.len() * 200).max(1 << 20);
            assert!(plain.len() <= bytes_max, "{} bytes of {}", plain.len(), body.len());
            if !plain.is_empty() {
                let less = fetch::decode(body.to_vec(), &fields, plain.len() as u64 - 1);
                assert!(matches!(less, Err(Undecoded::TooLarge | Undecoded::Bomb)) || plain == body, "a limit that may be passed");
            }
        }
        Err(Undecoded::Unknown(name)) => assert!(name.chars().count() <= 40, "{name}"),
        Err(Undecoded::TooLarge | Undecoded::Bomb | Undecoded::Broken) => {}
    }
}

/// Status and header fields, a line each, an empty line, and the body.
pub fn header(bytes: &[u8]) {
    let end = bytes.windows(2).position(|window| window == b"\n\n").unwrap_or(bytes.len());
    let (head, body) = (&bytes[..end], bytes.get(end + 2..).unwrap_or_default());
    let (status, lines) = first_line(head);
    let status = String::from_utf8_lossy(status).trim().parse().unwrap_or(200);
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n').take(1_000) {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = HeaderValue::from_bytes(line.get(colon + 1..).unwrap_or_default().trim_ascii());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(&line[..colon]), value) {
            headers.append(name, value);
        }
    }
    let at = "2026-11-22T08:00:00Z".parse().expect("it is a time");
    let wait = fetch::retry_after(&headers, at);
    assert!(wait.is_none_or(|wait| wait <= Duration::from_secs(24 * 3600)), "{wait:?}");
    let snapshot = Snapshot { headers: fetch::fields(&headers), status, ..sound::snapshot(None, body) };
    if let Some(to) = fetch::redirect_target(&snapshot.url, status, &headers) {
        assert!(to.fragment().is_none() && to.password().is_none() && to.username().is_empty(), "{to}");
        assert_eq!(fetch::may_lead(&snapshot.url, &to, &Default::default()), fetch::may_lead(&snapshot.url, &to, &Default::default()));
    }
    let page = extract::decode(&snapshot);
    assert_eq!(page, extract::decode(&snapshot), "decoded twice");
    assert_eq!(extract::is_page(&snapshot), extract::is_page(&snapshot));
    assert_eq!(site::no_content(&snapshot, &page), site::no_content(&snapshot, &page));
    sound::same_twice(|| extract::document(&snapshot, &Default::default()), body.len().saturating_mul(1_000));
}

fn first_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    (&bytes[..end], bytes.get(end + 1..).unwrap_or_default())
}

const REQUESTS_MAX: u32 = 20;
const HTML_BYTES_MAX: usize = 1 << 16;

/// What a browser says, a message a line, whatever it is told.
pub fn browser(bytes: &[u8]) {
    let said: Vec<u8> = bytes.iter().map(|byte| if *byte == b'\n' { 0 } else { *byte }).collect();
    let limits = Limits {
        whole: Duration::from_secs(1),
        after_load: Duration::ZERO,
        quiet: Duration::ZERO,
        requests_max: REQUESTS_MAX,
        bytes_max: 1 << 16,
        html_bytes_max: HTML_BYTES_MAX,
        ..Limits::default()
    };
    let carried = Carried::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a thread without threads");
    let rendered = runtime.block_on(async {
        let mut pipe = Pipe::new(tokio::io::sink(), std::io::Cursor::new(said));
        browser::page(&mut pipe, &sound::snapshot(Some("text/html"), b"<p>1"), &carried, &limits).await
    });
    assert!(carried.0.into_inner() <= REQUESTS_MAX, "more was asked for than is allowed");
    match rendered {
        Ok(rendered) => assert!(matches!(rendered.url.scheme(), "http" | "https"), "{} is no page", rendered.url),
        Err(Broken::Page(why)) => assert!(!why.trim().is_empty()),
        Err(Broken::Closed) => {}
    }
}

#[derive(Default)]
struct Carried(AtomicU32);

impl Carrier for Carried {
    fn carry<'a>(&'a self, asked: &'a Asked) -> Pin<Box<dyn Future<Output = Option<Snapshot>> + Send + 'a>> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        assert!(matches!(asked.url.scheme(), "http" | "https"), "{} is not fetched", asked.url);
        Box::pin(future::ready(number.is_multiple_of(2).then(|| sound::snapshot(Some("text/javascript"), b"1"))))
    }
}
