//! One look at one notice's address: fetch, read, and say what was found. Keeps nothing.

use jiff::Timestamp;
use url::Url;

use super::house::Setup;
use super::parts::Parts;
use super::read::{self, Reading, Unread};
use super::render;
use super::reread::{self, Means};
use crate::extract;
use crate::fetch::{FetchError, Fetched, Session};
use crate::model::{Presence, Problem, Request, Snapshot, SnapshotId, Source, Tracked, Validators, Version, Watched};
use crate::site;
use crate::store::Result;

/// What one look found.
pub enum Look {
    /// Nothing changed: the server says so (304), or the bytes are the ones we know, of the page and of all its parts.
    Same {
        validators: Option<Validators>,
        parts: Vec<Watched>,
        /// As of [`Seen`].
        failures: Vec<Failure>,
    },
    Read(Box<Seen>),
    /// Not there, by the server's or the page's own word.
    Gone,
    /// Neither read nor proven to be gone.
    Failed(Failure),
}

/// A page that was read, with its parts.
pub struct Seen {
    /// The version before, as the present code reads it.
    pub known: Option<Version>,
    /// The page's bytes.
    pub snapshot: SnapshotId,
    /// When the newest of the bytes came.
    pub captured_at: Timestamp,
    /// Bytes that the archive does not have.
    pub fresh: Vec<Snapshot>,
    /// `None`: those that are known still hold.
    pub validators: Option<Validators>,
    pub parts: Vec<Watched>,
    /// Parts that could not be asked for, because of their host.
    pub failures: Vec<Failure>,
    pub reading: Reading,
}

/// Why a request came to nothing.
#[derive(Debug, Clone)]
pub struct Failure {
    pub problem: Problem,
    /// The server asks to stay away for so long.
    pub after: Option<std::time::Duration>,
    /// The host is in trouble or refuses us: asking for more pages now would not help.
    pub of_host: bool,
    /// The server's own word that the page is not there.
    pub says_gone: bool,
}

/// Looks at a notice's page and at all that belongs to it. Its last version is read only where something changed;
/// `article` is the page where the listing itself brought it.
///
/// # Errors
/// Only the store's: whatever a site does is a value.
pub async fn at(means: Means<'_>, session: &Session<'_>, tracked: &mut Tracked, article: Option<Snapshot>) -> Result<Look> {
    let Means { house, source, furniture } = means;
    let (setup, url, watched) = (house.setup(), &tracked.url.clone(), tracked.parts.clone());
    let fetched = match article {
        Some(article) => Some((article.id(), article, Validators::default())),
        None => match render::get(&setup.browser, session, source, &Request::get(url.clone()), &tracked.validators).await {
            Ok(Fetched::NotModified) => None,
            Ok(Fetched::Fresh { snapshot, validators }) => Some((snapshot.id(), snapshot, validators)),
            Err(failure) if failure.says_gone => return Ok(Look::Gone),
            Err(failure) => return Ok(Look::Failed(failure)),
        },
    };
    if fetched.as_ref().is_some_and(|(_, snapshot, _)| leads_home(&snapshot.url, url, source)) {
        return Ok(Look::Gone);
    }
    let mut parts = Parts::new(house, source, url);
    (parts.session, parts.watched) = (Some(session), &watched);
    let is_there = tracked.presence == Presence::Present;
    let is_known = |id: &SnapshotId| tracked.newest.as_ref().is_some_and(|newest| is_there && newest.snapshot == *id);
    let is_same = fetched.as_ref().is_none_or(|(id, ..)| is_known(id));
    let (snapshot, page, validators) = match (fetched, &tracked.newest) {
        (fetched, Some(newest)) if is_same => {
            let validators = fetched.map(|(.., validators)| validators);
            let page = match parts.any_new(&newest.parts).await? {
                true => house.store.snapshot(&newest.snapshot)?,
                false => None,
            };
            let Some(mut page) = page else {
                let Parts { remembered, failures, .. } = parts;
                return Ok(Look::Same { validators, parts: remembered, failures });
            };
            // The same bytes at two addresses are kept once, under the address that they were first captured at.
            page.url = url.clone();
            (newest.snapshot.clone(), page, validators)
        }
        (Some((id, page, validators)), _) => {
            parts.fresh.push(page.clone());
            (id, page, Some(validators))
        }
        (None, _) => return Ok(Look::Same { validators: None, parts: watched, failures: Vec::new() }),
    };
    let known = reread::newest(means, tracked).await?;
    parts.version = known.as_ref();
    let (rules, sandbox, known_furniture) = (source.rules.clone(), setup.sandbox.clone(), furniture.clone());
    let extract::Reading { document, around } = match read::apart(move || read::alone(&page, &rules, &known_furniture, &sandbox)).await {
        Ok(Ok(reading)) => reading,
        Ok(Err(unread)) => return Ok(unsaid(unread)),
        Err(problem) => return Ok(Look::Failed(Failure { problem, after: None, of_host: false, says_gone: false })),
    };
    if let Some(problem) = read::unread_file(&document).filter(|_| known.as_ref().is_some_and(|known| !known.document.blocks.is_empty())) {
        return Ok(Look::Failed(Failure { problem: problem.clone(), after: None, of_host: false, says_gone: false }));
    }
    let whole = parts.whole(document).await?;
    let (title, furniture) = (tracked.title.clone(), furniture.clone());
    match read::apart(move || read::understood(whole, &title, &furniture)).await {
        Ok(Ok(reading)) => {
            let reading = Reading { around, ..reading };
            let captured_at = parts.fresh.iter().map(|snapshot| snapshot.fetched_at).max().unwrap_or_else(|| house.clock.now());
            let Parts { fresh, remembered, failures, .. } = parts;
            Ok(Look::Read(Box::new(Seen { known, snapshot, captured_at, fresh, validators, parts: remembered, failures, reading })))
        }
        Ok(Err(unread)) => Ok(unsaid(unread)),
        Err(problem) => Ok(Look::Failed(Failure { problem, after: None, of_host: false, says_gone: false })),
    }
}

fn unsaid(unread: Unread) -> Look {
    match unread {
        Unread::SaysGone(_) => Look::Gone,
        Unread::Problem(problem) => Look::Failed(Failure { problem, after: None, of_host: false, says_gone: false }),
    }
}

/// A redirect to the home page or the listing is how many sites say that a page is not there.
fn leads_home(answered: &Url, asked: &Url, source: &Source) -> bool {
    let answered = site::canonical(answered);
    let home = answered.path() == "/" && answered.query().is_none() || answered == site::canonical(&source.listing);
    home && answered != site::canonical(asked)
}

/// A fetch error as the source's problem, by name, with its evidence.
pub fn failure(error: FetchError) -> Failure {
    let evidence = error.to_string();
    let says_gone = matches!(error, FetchError::Gone { .. });
    let (name, after, of_host) = match error {
        FetchError::Later { after, .. } => ("unreachable".to_owned(), after, true),
        FetchError::Gone { .. } => ("gone".to_owned(), None, false),
        FetchError::Blocked { page } => return blocked(&page),
        FetchError::Denied { name, .. } => (name.to_owned(), None, false),
        FetchError::TooLarge { .. } => ("too-large".to_owned(), None, false),
        FetchError::Never { name, .. } => (name.to_owned(), None, true),
    };
    Failure { problem: Problem { name, evidence }, after, of_host, says_gone }
}

fn blocked(page: &Snapshot) -> Failure {
    let decoded = crate::extract::decode(page);
    let problem = site::no_content(page, &decoded).filter(|found| !found.says_gone()).map_or_else(
        || Problem {
            name: "refused".to_owned(),
            evidence: format!("{} answered {}: {}", host(&page.url), page.status, first_words(&decoded.text)),
        },
        |found| read::named(&found),
    );
    Failure { problem, after: None, of_host: true, says_gone: false }
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or("the host")
}

/// The first 80 characters of a page on one line, as evidence.
fn first_words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect()
}

/// The setup's filter says whether a listed title is a notice.
pub fn is_notice(setup: &Setup, source: &Source, title: &str) -> bool {
    setup.filter(&source.id).is_some_and(|filter| matches!(filter.judge(title), site::Verdict::Notice))
}
