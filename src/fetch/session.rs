//! One visit: from a request to what came back, hop by hop. Every request waits for the turnstile and asks robots.txt first.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::cookie::{CookieStore, Jar};
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, SET_COOKIE};
use reqwest::{Body, Method};
use tokio::time::Instant;
use url::Url;

use super::answer::{retry_after, settled, sorted};
use super::exchange::{Appetite, Limits, Reply, exchange};
use super::fault::Fault;
use super::redirect::{self, REDIRECTS_MAX};
use super::robots::{ROBOTS_BYTES_MAX, Robots};
use super::{Answer, Client, FetchError, Fetched, PRODUCT_TOKEN, Pass, Turnstile};
use crate::model::{Reach, Request, RobotsRule, Validators};

/// Cookies taken from one answer; no site seen sets more than nine.
const COOKIES_MAX: usize = 50;
/// Longest Cookie line sent, in bytes; servers refuse longer ones.
const COOKIE_BYTES_MAX: usize = 8 * 1024;

/// Timeouts of a page that a file may take.
const FILE_TIMEOUTS: u32 = 5;

/// One visit to one source: its cookies live and die with it.
pub struct Session<'a> {
    pub client: &'a Client,
    reach: &'a Reach,
    turnstile: &'a dyn Turnstile,
    cookies: Jar,
    http: OnceLock<reqwest::Client>,
    /// Allowed besides 80 and 443.
    ports: OnceLock<Vec<u16>>,
}

/// One request of a chain of redirects.
struct Hop<'r> {
    url: Url,
    form: Option<&'r str>,
    validators: Option<&'r Validators>,
    appetite: Appetite,
}

impl<'a> Session<'a> {
    pub(super) fn new(client: &'a Client, reach: &'a Reach, turnstile: &'a dyn Turnstile) -> Self {
        Self { client, reach, turnstile, cookies: Jar::default(), http: OnceLock::new(), ports: OnceLock::new() }
    }

    /// Asks for a page and follows where it leads. A [`Pass`] may be given back unused: robots.txt forbade the page.
    ///
    /// # Errors
    /// See [`FetchError`]; retries within the visit are already made.
    pub async fn get(&self, request: &Request, validators: &Validators) -> Result<Fetched, FetchError> {
        self.get_within(request, validators, self.client.settings.body_bytes_max).await
    }

    /// The same with a limit of its own, in bytes: files are larger than pages, and may take longer.
    ///
    /// # Errors
    /// As [`Session::get`].
    pub async fn get_within(&self, request: &Request, validators: &Validators, bytes_max: u64) -> Result<Fetched, FetchError> {
        self.begin(&request.url)?;
        let mut hop = Hop {
            url: redirect::tidy(request.url.clone()),
            form: request.form.as_deref(),
            validators: (request.form.is_none() && !validators.is_empty()).then_some(validators),
            appetite: Appetite::Whole(bytes_max),
        };
        self.check(&hop.url)?;
        let mut trail = Vec::new();
        loop {
            let (reply, at) = self.ask(&hop).await?;
            let Some(to) = redirect::target(&hop.url, reply.status, &reply.headers) else {
                let keeps_validators = hop.form.is_none() && redirect::is_same_page(&request.url, &hop.url);
                return sorted(hop.url, reply, at, hop.validators.is_some(), keeps_validators);
            };
            self.check(&to)?;
            redirect::permitted(&hop.url, &to, self.reach)?;
            if trail.is_empty() {
                trail.push(Step { url: hop.url.clone(), cookies: None, is_form: hop.form.is_some() });
            }
            // As browsers do: only 307 and 308 repeat a form.
            hop.form = hop.form.filter(|_| matches!(reply.status, 307 | 308));
            go_on(&mut trail, Step { url: to.clone(), cookies: self.cookie_line(&to), is_form: hop.form.is_some() })?;
            // Validators speak of one page; another page would answer "not modified" by its own dates.
            hop.validators = hop.validators.filter(|_| redirect::is_same_page(&request.url, &to));
            hop.url = to;
        }
    }

    fn begin(&self, url: &Url) -> Result<(), FetchError> {
        self.ports.get_or_init(|| url.port().into_iter().chain(redirect::ports(self.reach)).collect());
        if self.http.get().is_none() {
            let http = self.client.http(self.reach)?;
            self.http.get_or_init(|| http);
        }
        Ok(())
    }

    fn check(&self, url: &Url) -> Result<(), FetchError> {
        self.client.guard.check(url, self.ports.get().map_or(&[], Vec::as_slice))
    }

    /// Asks for one hop, several times if that may help.
    async fn ask(&self, hop: &Hop<'_>) -> Result<(Reply, Timestamp), FetchError> {
        let mut attempt = 1;
        loop {
            let (pass, crawl_delay) = self.admitted(&hop.url).await?;
            let at = pass.at;
            let result = self.knock(hop, pass, |_| crawl_delay).await;
            match result.and_then(|reply| settled(host(&hop.url), reply, at)) {
                Ok(reply) => return Ok((reply, at)),
                Err(fault) if !fault.again || attempt >= self.client.settings.attempts_max => return Err(fault.error),
                Err(_) => attempt += 1,
            }
        }
    }

    /// Waits for leave to ask for a page, from the turnstile and from the host's robots.txt.
    async fn admitted(&self, url: &Url) -> Result<(Pass, Option<Duration>), FetchError> {
        let pass = self.turnstile.pass(&gate(url)).await;
        if let RobotsRule::Ignore { .. } = self.reach.robots {
            return Ok((pass, None));
        }
        let (pass, says) = match self.client.robots.recall(url, pass.at) {
            Some(says) => (Some(pass), says),
            None => (None, self.learn_robots(url, pass).await?),
        };
        let robots = says.map_err(|why| FetchError::Later {
            after: None,
            why: format!("{why} (asked for its robots.txt, without which nothing else is read there)"),
        })?;
        if !robots.allows(url.as_str()) {
            let why = format!("the robots.txt of {} does not want {} to be read by programs; it was not read", host(url), url.path());
            return Err(FetchError::Denied { name: "robots", why });
        }
        let pass = match pass {
            Some(pass) => pass,
            None => self.turnstile.pass(&gate(url)).await,
        };
        Ok((pass, robots.crawl_delay))
    }

    /// Asks an origin for its robots.txt; the pass is for the first request.
    async fn learn_robots(&self, url: &Url, pass: Pass) -> Result<Result<Arc<Robots>, Arc<str>>, FetchError> {
        let now = pass.at;
        let says = match self.ask_robots(url, pass).await {
            Ok(robots) => Ok(robots),
            Err(FetchError::Later { why, .. } | FetchError::TooLarge { why }) => Err(why),
            // The page itself would fail in the same way.
            Err(error) => return Err(error),
        };
        Ok(self.client.robots.learn(url, says, now))
    }

    async fn ask_robots(&self, url: &Url, pass: Pass) -> Result<Robots, FetchError> {
        let (mut pass, mut attempt, mut hops) = (Some(pass), 1, 0);
        let mut url = url.join("/robots.txt").map_err(|_| FetchError::Never { name: "address", why: format!("{url} has no root") })?;
        url.set_query(None);
        loop {
            let admitted = match pass.take() {
                Some(pass) => pass,
                None => self.turnstile.pass(&gate(&url)).await,
            };
            let at = admitted.at;
            let hop = Hop { url: url.clone(), form: None, validators: None, appetite: Appetite::Beginning(ROBOTS_BYTES_MAX as u64) };
            let result = self.knock(&hop, admitted, |reply| rules(reply?).crawl_delay).await;
            let reply = match result.and_then(|reply| settled(host(&url), reply, at)) {
                Ok(reply) => reply,
                Err(fault) if fault.again && attempt < self.client.settings.attempts_max => {
                    attempt += 1;
                    continue;
                }
                // Where it moved to, we may not go: then there is none; or cannot get through: then it cannot be had.
                Err(Fault { error: FetchError::Denied { .. }, .. }) if hops > 0 => return Ok(Robots::default()),
                Err(fault) if hops > 0 => return Err(FetchError::Later { after: None, why: fault.error.to_string() }),
                Err(fault) => return Err(fault.error),
            };
            let Some(to) = redirect::target(&url, reply.status, &reply.headers) else { return Ok(rules(&reply)) };
            hops += 1;
            // A robots.txt that lies where we do not go is none at all (RFC 9309, 2.3.1.2 and 2.3.1.3).
            if hops > REDIRECTS_MAX || redirect::permitted(&url, &to, self.reach).is_err() || self.check(&to).is_err() {
                return Ok(Robots::default());
            }
            url = to;
        }
    }

    /// Sends one request and tells the turnstile how it was answered. The host is held until then.
    async fn knock(&self, hop: &Hop<'_>, pass: Pass, crawl_delay: impl FnOnce(Option<&Reply>) -> Option<Duration>) -> Result<Reply, Fault> {
        let begun = Instant::now();
        let (mut took, mut address) = (None, None);
        let received = AtomicU64::new(0);
        let http = self.http.get().expect("begin() comes before the first request");
        let name = match &self.reach.proxy {
            Some(_) => format!("{} (by way of the proxy)", host(&hop.url)),
            None => host(&hop.url).to_owned(),
        };
        let result = exchange(http, &name, self.request(hop), hop.appetite, &self.limits(hop.appetite), &received, |response| {
            took = Some(begun.elapsed());
            address = response.remote_addr().map(|address| address.ip()).filter(|_| self.reach.proxy.is_none());
            address.map_or(Ok(()), |address| self.client.guard.check_address(host(&hop.url), address))
        })
        .await;
        let took = took.unwrap_or_else(|| begun.elapsed());
        let crawl_delay = crawl_delay(result.as_ref().ok());
        let bytes = received.into_inner();
        let mut answer = Answer { took, status: None, retry_after: None, crawl_delay, bytes, address };
        if let Ok(reply) = &result {
            self.cookies.set_cookies(&mut reply.headers.get_all(SET_COOKIE).iter().take(COOKIES_MAX), &hop.url);
            answer.status = Some(reply.status);
            answer.retry_after = retry_after(&reply.headers, pass.at);
        }
        self.turnstile.answered(&gate(&hop.url), answer);
        drop(pass);
        result
    }

    /// What may be larger than a page may take longer than one; how slowly it may come stays the same.
    fn limits(&self, appetite: Appetite) -> Limits {
        let limits = self.client.limits;
        match appetite {
            Appetite::Whole(bytes_max) if bytes_max > self.client.settings.body_bytes_max => {
                Limits { timeout: limits.timeout * FILE_TIMEOUTS, ..limits }
            }
            _ => limits,
        }
    }

    fn request(&self, hop: &Hop<'_>) -> reqwest::Request {
        let method = if hop.form.is_some() { Method::POST } else { Method::GET };
        let mut request = reqwest::Request::new(method, hop.url.clone());
        if let Some(form) = hop.form {
            *request.body_mut() = Some(Body::from(form.to_owned()));
            let kind = if form.starts_with(['{', '[']) { "application/json" } else { "application/x-www-form-urlencoded" };
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        if let Some(cookies) = self.cookie_line(&hop.url) {
            request.headers_mut().insert(COOKIE, cookies);
        }
        if let Some(validators) = hop.validators {
            put(request.headers_mut(), IF_NONE_MATCH, validators.etag.as_deref());
            put(request.headers_mut(), IF_MODIFIED_SINCE, validators.last_modified.as_deref());
        }
        request
    }

    fn cookie_line(&self, url: &Url) -> Option<HeaderValue> {
        self.cookies.cookies(url).filter(|line| line.len() <= COOKIE_BYTES_MAX)
    }
}

/// What tells a loop from a site that sets a cookie and leads to itself, or answers a form with a redirect to the same address.
#[derive(PartialEq)]
struct Step {
    url: Url,
    cookies: Option<HeaderValue>,
    is_form: bool,
}

fn go_on(trail: &mut Vec<Step>, next: Step) -> Result<(), FetchError> {
    let is_loop = trail.contains(&next);
    if is_loop || trail.len() > REDIRECTS_MAX {
        let how = if is_loop { "in a circle" } else { "on and on" };
        let why = format!("{} leads {how} (after {} redirects to {}); the site may want a browser", trail[0].url, trail.len(), next.url);
        return Err(FetchError::Never { name: "redirect-loop", why });
    }
    trail.push(next);
    Ok(())
}

fn rules(reply: &Reply) -> Robots {
    // Whatever is no file is no rule either (RFC 9309, 2.3.1.3); "later" was sorted out before.
    if (200..300).contains(&reply.status) { Robots::read(&reply.body, PRODUCT_TOKEN) } else { Robots::default() }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: Option<&str>) {
    if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
        headers.insert(name, value);
    }
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// The host as the turnstile knows it: with its port where that is not the scheme's own.
fn gate(url: &Url) -> String {
    url.port().map_or_else(|| host(url).to_owned(), |port| format!("{}:{port}", host(url)))
}
