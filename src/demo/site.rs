use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use axum::{Router, serve};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

/// Longest form read, in bytes.
const FORM_BYTES_MAX: usize = 1 << 20;

/// A small web site on loopback whose pages can be changed while it runs, and which remembers what was asked of it.
pub struct Site {
    address: SocketAddr,
    pages: Arc<Mutex<Pages>>,
    server: JoinHandle<()>,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Served {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Whether it comes with an ETag, so that who knows it is answered 304.
    pub has_validators: bool,
    etag: Option<String>,
}

/// One request that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Path with its query; of a form that has a page of its own: `POST path form`.
    pub path: String,
    pub status: u16,
    pub user_agent: String,
}

#[derive(Default)]
struct Pages {
    by_path: HashMap<String, Served>,
    /// Answers everything while it is there: an outage, a wall.
    instead: Option<Served>,
    hits: Vec<Hit>,
}

impl Served {
    /// A page of HTML in UTF-8.
    pub fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::of("text/html; charset=utf-8", body)
    }

    pub fn of(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
            has_validators: true,
            etag: None,
        }
    }

    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn without_validators(mut self) -> Self {
        self.has_validators = false;
        self
    }

    /// With this ETag instead of one made from the body.
    pub fn with_etag(mut self, etag: &str) -> Self {
        self.etag = Some(etag.to_owned());
        self
    }

    fn etag(&self) -> String {
        if let Some(etag) = &self.etag {
            return etag.clone();
        }
        let digest = Sha256::digest(&self.body);
        format!("\"{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}\"", digest[0], digest[1], digest[2], digest[3], digest[4], digest[5])
    }
}

impl Site {
    /// Starts on a free port of the loopback address.
    ///
    /// # Errors
    /// The port cannot be had.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let pages = Arc::new(Mutex::new(Pages::default()));
        let router = Router::new().fallback(answer).with_state(pages.clone());
        let server = tokio::spawn(async move {
            // Ends with the program: the listener of a site that nobody asks any more costs nothing.
            let _ = serve(listener, router).await;
        });
        Ok(Self { address, pages, server })
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}", self.address)).and_then(|home| home.join(path)).expect("a socket address and a path make a URL")
    }

    /// Serves this page of HTML from now on.
    pub fn put(&self, path: &str, html: impl Into<Vec<u8>>) {
        self.answer(path, Served::html(html));
    }

    pub fn answer(&self, path: &str, served: Served) {
        self.pages().by_path.insert(path.to_owned(), served);
    }

    /// The page is gone: 404.
    pub fn remove(&self, path: &str) {
        self.pages().by_path.remove(path);
    }

    /// What is served at a path.
    pub fn page(&self, path: &str) -> Option<Served> {
        self.pages().by_path.get(path).cloned()
    }

    /// Answers everything with this until told otherwise; `None` ends it.
    pub fn instead(&self, served: Option<Served>) {
        self.pages().instead = served;
    }

    /// What was asked since the last call.
    pub fn take_hits(&self) -> Vec<Hit> {
        std::mem::take(&mut self.pages().hits)
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(pages): State<Arc<Mutex<Pages>>>, request: Request) -> Response {
    let path = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let (parts, body) = request.into_parts();
    let form = if parts.method == Method::POST { to_bytes(body, FORM_BYTES_MAX).await.unwrap_or_default() } else { Bytes::new() };
    let posted = (parts.method == Method::POST).then(|| format!("POST {path} {}", String::from_utf8_lossy(&form)));
    let mut pages = pages.lock().unwrap_or_else(PoisonError::into_inner);
    let missing = || Served::html("<html><head><title>404</title></head><body>404 Not Found</body></html>").with_status(404);
    let asked = posted.filter(|posted| pages.by_path.contains_key(posted)).unwrap_or(path);
    let served = pages.instead.clone().or_else(|| pages.by_path.get(&asked).cloned()).unwrap_or_else(missing);
    let response = respond(&parts.method, &parts.headers, &served);
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    pages.hits.push(Hit { path: asked, status: response.status().as_u16(), user_agent });
    response
}

/// As a static file server does: an ETag on what is there, 304 to who knows it.
fn respond(method: &Method, headers: &HeaderMap, served: &Served) -> Response {
    let mut response = Response::builder();
    let etag = (served.has_validators && served.status == 200 && method == Method::GET).then(|| served.etag());
    let is_known =
        etag.as_ref().is_some_and(|etag| headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()));
    if let Some(etag) = &etag {
        response = response.header(header::ETAG, etag);
    }
    if is_known {
        return response.status(304).body(Body::empty()).unwrap_or_default();
    }
    for (name, value) in &served.headers {
        response = response.header(name, value);
    }
    response.status(served.status).body(Body::from(Bytes::copy_from_slice(&served.body))).unwrap_or_default()
}
