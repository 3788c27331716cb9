//! A page that answered to the HTML that its scripts make of it, by a real browser in a child process.
//!
//! The browser touches no net: every request of the page is handed to a [`Carrier`], which fetches it (or not) by the rules
//! of the house, and everything else leads into an empty network. Never fills anything in, never clicks, never solves a
//! challenge; the caller hands over no page that is one. In reading order: `render` is one page, `launch` the process and its
//! limits, `pipe` the DevTools protocol on the process's own pipes.

mod render;
mod launch;
mod pipe;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use url::Url;

use crate::model::Snapshot;

pub use pipe::{Closed, Pipe};
pub use render::{Broken, page};

/// How far a page may go.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest time for one page, the pauses between its requests included.
    pub whole: Duration,
    /// A page that has loaded is taken as it is after so long, however busy it keeps itself.
    pub after_load: Duration,
    /// A page is settled that asks for nothing for so long.
    pub quiet: Duration,
    /// Requests carried for one page, at most.
    pub requests_max: u32,
    /// Bytes carried for one page, at most.
    pub bytes_max: u64,
    /// Largest HTML taken, in bytes.
    pub html_bytes_max: usize,
    /// Memory of each of the browser's processes, in MiB.
    pub memory_mib: u32,
    /// Processor time of each of the browser's processes, in seconds.
    pub cpu_s: u32,
}

impl Default for Limits {
    /// A listing with twenty scripts at two seconds each, and some.
    fn default() -> Self {
        Self {
            whole: Duration::from_secs(150),
            after_load: Duration::from_secs(20),
            quiet: Duration::from_millis(800),
            requests_max: 60,
            bytes_max: 32 << 20,
            html_bytes_max: 20 << 20,
            memory_mib: 1_500,
            cpu_s: 60,
        }
    }
}

/// Something that a page asks for besides itself: a script, data, a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub url: Url,
    /// What it posts; a GET where `None`.
    pub form: Option<String>,
}

/// Carries what a page asks for. Implemented by `flow`, over the session of the visit; `None` where it is not to be had.
pub trait Carrier: Send + Sync {
    fn carry<'a>(&'a self, asked: &'a Asked) -> Pin<Box<dyn Future<Output = Option<Snapshot>> + Send + 'a>>;
}

/// What a page became.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// Where it ended; scripts may lead on, as far as the carrier goes along.
    pub url: Url,
    pub html: String,
    /// The browser's name and version.
    pub by: String,
}

/// Why a page was not rendered, named by what the caller does next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrowserError {
    /// No browser on this machine, or one that may not run here: a person must look.
    #[error("{0}")]
    Missing(String),
    /// The page did not come to an end, or was too much: the next visit may go better.
    #[error("{0}")]
    Page(String),
}

/// Renders pages, a few at a time: a browser costs some hundred megabytes.
#[derive(Debug, Clone)]
pub struct Browser {
    limits: Limits,
    turns: Arc<Semaphore>,
}

/// Browsers at the same time.
const BROWSERS_MAX: usize = 2;

impl Default for Browser {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Browser {
    pub fn new(limits: Limits) -> Self {
        Self { limits, turns: Arc::new(Semaphore::new(BROWSERS_MAX)) }
    }

    /// Renders a page that was fetched.
    ///
    /// # Errors
    /// See [`BrowserError`]; nothing is left behind, neither process nor profile.
    pub async fn render(&self, page: &Snapshot, carrier: &dyn Carrier) -> Result<Rendered, BrowserError> {
        let _turn = self.turns.acquire().await.map_err(|_| BrowserError::Page("the program is ending".to_owned()))?;
        let mut process = launch::start(&self.limits)?;
        let outcome = tokio::time::timeout(self.limits.whole, render::page(&mut process.pipe, page, carrier, &self.limits)).await;
        let said = process.end().await;
        match outcome {
            Ok(Ok(rendered)) => Ok(rendered),
            Ok(Err(render::Broken::Page(why))) => Err(BrowserError::Page(why)),
            Ok(Err(render::Broken::Closed)) => Err(launch::why_it_ended(&said)),
            Err(_) => Err(BrowserError::Page(format!("{} was not rendered within {} s", page.url, self.limits.whole.as_secs()))),
        }
    }
}
