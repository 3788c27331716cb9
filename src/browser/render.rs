//! One page in the browser: loaded from bytes that we have, its requests carried one after the other, taken when it is quiet.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout};
use url::Url;

use super::pipe::{Closed, Pipe};
use super::{Asked, Carrier, Limits, Rendered};
use crate::model::Snapshot;

/// Why a page came to nothing.
#[derive(Debug)]
pub enum Broken {
    /// The browser is gone.
    Closed,
    Page(String),
}

impl From<Closed> for Broken {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

/// What carrying one request came to, with the request's name in the protocol.
type Carrying<'c> = Pin<Box<dyn Future<Output = (String, Option<Snapshot>)> + Send + 'c>>;

/// Renders a page in a browser that speaks over the pipe; [`super::Browser::render`] starts and ends one.
///
/// # Errors
/// See [`Broken`].
pub async fn page(pipe: &mut Pipe, page: &Snapshot, carrier: &dyn Carrier, limits: &Limits) -> Result<Rendered, Broken> {
    let by = pipe.ask(None, "Browser.getVersion", json!({})).await?["product"].as_str().unwrap_or("a browser").to_owned();
    pipe.ask(None, "Browser.setDownloadBehavior", json!({ "behavior": "deny" })).await?;
    let target = pipe.ask(None, "Target.createTarget", json!({ "url": "about:blank" })).await?["targetId"].clone();
    let session = pipe.ask(None, "Target.attachToTarget", json!({ "targetId": target, "flatten": true })).await?;
    let session = session["sessionId"].as_str().ok_or(Broken::Closed)?.to_owned();
    let session = session.as_str();
    pipe.ask(Some(session), "Fetch.enable", json!({ "patterns": [{ "urlPattern": "*" }] })).await?;
    pipe.ask(Some(session), "Network.enable", json!({})).await?;
    pipe.ask(Some(session), "Network.setBypassServiceWorker", json!({ "bypass": true })).await?;
    pipe.ask(Some(session), "Page.enable", json!({})).await?;
    pipe.send(Some(session), "Page.navigate", json!({ "url": page.url.as_str() })).await?;
    let mut load = Load { page, limits, carried: 0, bytes: 0, waiting: VecDeque::new(), loaded_at: None, quiet_since: Instant::now() };
    load.settle(pipe, session, carrier).await?;
    take(pipe, session, limits, by).await
}

/// A page that is loading.
struct Load<'l> {
    page: &'l Snapshot,
    limits: &'l Limits,
    carried: u32,
    bytes: u64,
    waiting: VecDeque<(String, Asked)>,
    loaded_at: Option<Instant>,
    quiet_since: Instant,
}

impl Load<'_> {
    /// Serves the page until it is quiet, or has had its time.
    async fn settle(&mut self, pipe: &mut Pipe, session: &str, carrier: &dyn Carrier) -> Result<(), Broken> {
        let mut carrying: Option<Carrying<'_>> = None;
        loop {
            if carrying.is_none()
                && let Some((name, asked)) = self.waiting.pop_front()
            {
                carrying = Some(Box::pin(async move {
                    let found = carrier.carry(&asked).await;
                    (name, found)
                }));
            }
            let ends = match self.loaded_at {
                Some(loaded) if carrying.is_none() => (self.quiet_since + self.limits.quiet).min(loaded + self.limits.after_load),
                Some(loaded) => loaded + self.limits.after_load,
                None => Instant::now() + self.limits.whole,
            };
            let carried = async {
                match carrying.as_mut() {
                    Some(carrying) => carrying.await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                message = pipe.next() => self.hear(pipe, session, message?).await?,
                (name, found) = carried => {
                    carrying = None;
                    self.quiet_since = Instant::now();
                    self.bring(pipe, session, &name, found).await?;
                }
                () = sleep_until(ends) => return Ok(()),
            }
        }
    }

    async fn hear(&mut self, pipe: &mut Pipe, session: &str, message: Value) -> Result<(), Broken> {
        match message["method"].as_str() {
            Some("Fetch.requestPaused") => {
                self.quiet_since = Instant::now();
                self.paused(pipe, session, &message["params"]).await?;
            }
            Some("Page.loadEventFired") => {
                self.loaded_at.get_or_insert(Instant::now());
                self.quiet_since = Instant::now();
            }
            Some("Page.javascriptDialogOpening") => {
                pipe.send(Some(session), "Page.handleJavaScriptDialog", json!({ "accept": false })).await?;
            }
            Some("Inspector.targetCrashed") => {
                return Err(Broken::Page(format!("{} broke the browser, or wanted too much memory or time", self.page.url)));
            }
            _ => {}
        }
        Ok(())
    }

    /// Answers a request of the page from what we have, puts it into the queue, or refuses it.
    async fn paused(&mut self, pipe: &mut Pipe, session: &str, event: &Value) -> Result<(), Broken> {
        let name = event["requestId"].as_str().unwrap_or_default().to_owned();
        let request = &event["request"];
        let Some(asked) =
            asked(request).filter(|_| matches!(event["resourceType"].as_str(), Some("Document" | "Script" | "XHR" | "Fetch")))
        else {
            return self.refuse(pipe, session, &name).await;
        };
        if self.carried == 0 && asked.url == self.page.url {
            self.carried = 1;
            let page = self.page;
            return self.fulfil(pipe, session, &name, page).await;
        }
        if self.carried >= self.limits.requests_max || self.bytes >= self.limits.bytes_max {
            return self.refuse(pipe, session, &name).await;
        }
        self.carried += 1;
        self.waiting.push_back((name, asked));
        Ok(())
    }

    async fn bring(&mut self, pipe: &mut Pipe, session: &str, name: &str, found: Option<Snapshot>) -> Result<(), Broken> {
        match found {
            Some(found) if self.bytes + found.body.len() as u64 <= self.limits.bytes_max => {
                self.bytes += found.body.len() as u64;
                self.fulfil(pipe, session, name, &found).await
            }
            _ => self.refuse(pipe, session, name).await,
        }
    }

    async fn fulfil(&self, pipe: &mut Pipe, session: &str, name: &str, page: &Snapshot) -> Result<(), Broken> {
        let kind = page.content_type().unwrap_or("text/html");
        // A host that the source's file names may be asked by the page too, whatever it says of other origins itself.
        let headers = json!([{ "name": "content-type", "value": kind }, { "name": "access-control-allow-origin", "value": "*" }]);
        let body = STANDARD.encode(&page.body);
        let answer = json!({ "requestId": name, "responseCode": page.status, "responseHeaders": headers, "body": body });
        pipe.send(Some(session), "Fetch.fulfillRequest", answer).await?;
        Ok(())
    }

    async fn refuse(&self, pipe: &mut Pipe, session: &str, name: &str) -> Result<(), Broken> {
        pipe.send(Some(session), "Fetch.failRequest", json!({ "requestId": name, "errorReason": "BlockedByClient" })).await?;
        Ok(())
    }
}

fn asked(request: &Value) -> Option<Asked> {
    let url: Url = request["url"].as_str()?.parse().ok()?;
    let form = match request["method"].as_str()? {
        "GET" => None,
        "POST" => Some(request["postData"].as_str().unwrap_or_default().to_owned()),
        _ => return None,
    };
    matches!(url.scheme(), "http" | "https").then_some(Asked { url, form })
}

/// The page as it stands now.
async fn take(pipe: &mut Pipe, session: &str, limits: &Limits, by: String) -> Result<Rendered, Broken> {
    let expression = format!(
        "(() => {{ const html = document.documentElement ? document.documentElement.outerHTML : ''; \
         return JSON.stringify([location.href, html.length > {} ? null : html]); }})()",
        limits.html_bytes_max
    );
    let question = pipe.ask(Some(session), "Runtime.evaluate", json!({ "expression": expression, "returnByValue": true }));
    let answer = match timeout(limits.after_load, question).await {
        Ok(answer) => answer?,
        Err(_) => return Err(Broken::Page("the page's scripts run on and on; it could not be taken".to_owned())),
    };
    let text = answer["result"]["value"].as_str().unwrap_or_default();
    let (href, html): (String, Option<String>) =
        serde_json::from_str(text).map_err(|_| Broken::Page("the browser could not say what became of the page".to_owned()))?;
    let url: Url = href
        .parse()
        .ok()
        .filter(|url: &Url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| Broken::Page(format!("the page led on to an address that is not fetched ({href})")))?;
    let html = html.ok_or_else(|| Broken::Page(format!("the page became larger than {} bytes", limits.html_bytes_max)))?;
    Ok(Rendered { url, html: format!("<!DOCTYPE html>\n{html}"), by })
}
