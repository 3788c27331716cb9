//! One look at one notice's address: fetch, read, and say what was found. Keeps nothing.

use url::Url;

use super::house::Setup;
use super::read::{self, Reading, Unread};
use super::render;
use crate::browser::Browser;
use crate::fetch::{FetchError, Fetched, Session};
use crate::model::{Problem, Request, Snapshot, Source, Validators};
use crate::site;

/// What one look found.
pub enum Look {
    /// Nothing changed: the server says so (304), or the bytes are the ones we know.
    Same {
        validators: Option<Validators>,
    },
    Read(Box<Seen>),
    /// Not there, by the server's or the page's own word.
    Gone,
    /// Neither read nor proven to be gone.
    Failed(Failure),
}

/// A page that answered and was read.
pub struct Seen {
    pub snapshot: Snapshot,
    pub validators: Validators,
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

/// Looks at a notice's page. `known` is the last snapshot's id: the same bytes are not read again.
///
/// # Errors
/// None: whatever a site does is a value.
pub async fn at(
    browser: &Browser,
    session: &Session<'_>,
    source: &Source,
    url: &Url,
    title: &str,
    validators: &Validators,
    known: Option<&crate::model::SnapshotId>,
) -> Look {
    let (snapshot, validators) = match render::get(browser, session, source, &Request::get(url.clone()), validators).await {
        Ok(Fetched::NotModified) => return Look::Same { validators: None },
        Ok(Fetched::Fresh { snapshot, validators }) => (snapshot, validators),
        Err(failure) if failure.says_gone => return Look::Gone,
        Err(failure) => return Look::Failed(failure),
    };
    if leads_home(&snapshot.url, url, source) {
        return Look::Gone;
    }
    page(source, title, snapshot, validators, known).await
}

/// Looks at a page that is at hand, as [`at`] does at one that it fetched.
pub async fn page(
    source: &Source,
    title: &str,
    snapshot: Snapshot,
    validators: Validators,
    known: Option<&crate::model::SnapshotId>,
) -> Look {
    if known.is_some_and(|known| *known == snapshot.id()) {
        return Look::Same { validators: Some(validators) };
    }
    let (rules, title) = (source.rules.clone(), title.to_owned());
    let read = read::apart(move || {
        let reading = read::page(&snapshot, &rules, &title);
        (snapshot, reading)
    });
    match read.await {
        Ok((snapshot, Ok(reading))) => Look::Read(Box::new(Seen { snapshot, validators, reading })),
        Ok((_, Err(Unread::SaysGone(_)))) => Look::Gone,
        Ok((_, Err(Unread::Problem(problem)))) => Look::Failed(Failure { problem, after: None, of_host: false, says_gone: false }),
        Err(problem) => Look::Failed(Failure { problem, after: None, of_host: false, says_gone: false }),
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
