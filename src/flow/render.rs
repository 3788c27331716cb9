//! A source's page as it is served, or, where the source says so, as a browser shows it.
//!
//! What the browser asks for goes through the visit's own session: its robots.txt, its pauses, its guard, its limits.

use std::future::Future;
use std::pin::Pin;

use super::look::{self, Failure};
use crate::browser::{Asked, Browser, BrowserError, Carrier};
use crate::extract;
use crate::fetch::{Fetched, Session};
use crate::model::{Problem, Render, Request, Snapshot, Source, Validators};
use crate::site;

/// Header field of a kept page that no server sent as it is.
const MADE: &str = "x-huitoukan-made";

/// Asks for a page of a source.
///
/// # Errors
/// What the fetch or the browser came to, as the source's problem.
pub async fn get(
    browser: &Browser,
    session: &Session<'_>,
    source: &Source,
    request: &Request,
    validators: &Validators,
) -> Result<Fetched, Failure> {
    if source.render != Render::Browser {
        return session.get(request, validators).await.map_err(look::failure);
    }
    // What a page shows may change while the page itself does not: "not modified" would say nothing.
    let validators = Validators::default();
    let Fetched::Fresh { snapshot, .. } = session.get(request, &validators).await.map_err(look::failure)? else {
        return Ok(Fetched::NotModified);
    };
    if request.form.is_some() || !is_to_be_rendered(&snapshot) {
        return Ok(Fetched::Fresh { snapshot, validators });
    }
    let carrier = ByVisit { session, source };
    let rendered = browser.render(&snapshot, &carrier).await.map_err(failure)?;
    // The mark of UTF-8 goes before whatever the page's own meta element still says.
    let body = format!("\u{feff}{}", rendered.html).into_bytes();
    let mut made = Snapshot::of_body(rendered.url, Some("text/html; charset=utf-8"), body, snapshot.fetched_at);
    made.headers.push((MADE.to_owned(), format!("rendered by {}", rendered.by)));
    Ok(Fetched::Fresh { snapshot: made, validators })
}

/// Pages of HTML; a wall is left as it is, for a browser must not get over it.
fn is_to_be_rendered(snapshot: &Snapshot) -> bool {
    let is_html = snapshot.content_type().is_none_or(|kind| kind.to_ascii_lowercase().contains("html"));
    let shell = [site::kind::SCRIPT_SHELL, site::kind::EMPTY, site::kind::REDIRECT_SHELL];
    is_html && site::no_content(snapshot, &extract::decode(snapshot)).is_none_or(|found| shell.contains(&found.kind.as_str()))
}

/// Carries what a page asks for, on the source's own hosts.
struct ByVisit<'v> {
    session: &'v Session<'v>,
    source: &'v Source,
}

impl Carrier for ByVisit<'_> {
    fn carry<'a>(&'a self, asked: &'a Asked) -> Pin<Box<dyn Future<Output = Option<Snapshot>> + Send + 'a>> {
        Box::pin(async move {
            let host = asked.url.host_str()?;
            let is_own = Some(host) == self.source.listing.host_str() || self.source.reach.hosts.iter().any(|other| other == host);
            if !is_own {
                return None;
            }
            let request = Request { url: asked.url.clone(), form: asked.form.clone() };
            match self.session.get(&request, &Validators::default()).await {
                Ok(Fetched::Fresh { snapshot, .. }) => Some(snapshot),
                Ok(Fetched::NotModified) => None,
                Err(error) => {
                    tracing::debug!(source.id = %self.source.id, "the page asked for {} in vain: {error}", asked.url);
                    None
                }
            }
        })
    }
}

fn failure(error: BrowserError) -> Failure {
    let name = match error {
        BrowserError::Missing(_) => "no-browser",
        BrowserError::Page(_) => "not-rendered",
    };
    Failure { problem: Problem { name: name.to_owned(), evidence: error.to_string() }, after: None, of_host: false, says_gone: false }
}
