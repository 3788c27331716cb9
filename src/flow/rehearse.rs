//! What a visit would record, without recording it: for `try` and `add`.

use url::Url;

use super::house::{House, Setup};
use super::parts::Parts;
use super::read::{self, Reading, Unread};
use super::render;
use crate::fetch::{Fetched, Session};
use crate::model::{Furniture, Listing, Problem, Request, Rules, Snapshot, Source, Validators};
use crate::sandbox::Sandbox;
use crate::{extract, site};

/// What stands at an address.
pub enum Rehearsal {
    Listing(Listing),
    Notice(Box<Reading>),
    Nothing(Problem),
}

/// What to take a page for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    Listing,
    Notice,
    /// Whatever it looks like.
    Either,
}

/// Fetches one address and reads it as a visit would.
pub async fn address(house: &House, setup: &Setup, source: &Source, url: &Url, wanted: As) -> Rehearsal {
    let session = setup.client.session(&source.reach, &house.gates);
    let request = if *url == source.listing { site::first_request(url, &source.rules) } else { Request::get(url.clone()) };
    let snapshot = match render::get(&setup.browser, &session, source, &request, &Validators::default()).await {
        Ok(Fetched::Fresh { snapshot, .. }) => snapshot,
        Ok(Fetched::NotModified) => return nothing("not-modified", "the server answered 304 although nothing was asked for"),
        Err(failure) => return Rehearsal::Nothing(failure.problem),
    };
    let (rules, family, sandbox) = (source.rules.clone(), source.family.clone(), setup.sandbox.clone());
    match read::apart(move || page(&snapshot, &rules, family.as_deref(), wanted, &sandbox)).await {
        Ok(Rehearsal::Notice(reading)) => with_parts(house, &session, source, url, *reading).await,
        Ok(rehearsal) => rehearsal,
        Err(problem) => Rehearsal::Nothing(problem),
    }
}

/// The notice with its files, further pages and frames, as a visit would read it.
async fn with_parts(house: &House, session: &Session<'_>, source: &Source, url: &Url, reading: Reading) -> Rehearsal {
    let mut parts = Parts::new(house, source, url);
    parts.session = Some(session);
    let Ok(whole) = parts.whole(reading.document).await else { return nothing("store", "the store in memory failed") };
    match read::apart(move || read::understood(whole, "", &Furniture::default())).await {
        Ok(Ok(reading)) => Rehearsal::Notice(Box::new(reading)),
        Ok(Err(Unread::SaysGone(found))) => Rehearsal::Nothing(read::named(&found)),
        Ok(Err(Unread::Problem(problem))) | Err(problem) => Rehearsal::Nothing(problem),
    }
}

fn page(snapshot: &Snapshot, rules: &Rules, family: Option<&str>, wanted: As, sandbox: &Sandbox) -> Rehearsal {
    let decoded = extract::decode(snapshot);
    if let Some(found) = site::no_content(snapshot, &decoded).filter(|_| extract::is_page(snapshot)) {
        return Rehearsal::Nothing(read::named(&found));
    }
    let listing = site::listing(&decoded, rules, family);
    let notice = read::page(snapshot, rules, "", &Furniture::default(), sandbox);
    match (wanted, listing, notice) {
        (As::Listing, Ok(listing), _) | (As::Either, Ok(listing), Err(_)) => Rehearsal::Listing(listing),
        (As::Notice, _, Ok(reading)) | (As::Either, Err(_), Ok(reading)) => Rehearsal::Notice(Box::new(reading)),
        (As::Either, Ok(listing), Ok(reading)) if is_listing(&listing, &reading) => Rehearsal::Listing(listing),
        (As::Either, Ok(_), Ok(reading)) => Rehearsal::Notice(Box::new(reading)),
        (As::Listing | As::Either, Err(unlisted), _) => {
            let suggested = site::suggested(&decoded).map(|lines| format!("\nTry {lines}")).unwrap_or_default();
            nothing("no-entries", &format!("{unlisted}{suggested}"))
        }
        (As::Notice, _, Err(read::Unread::SaysGone(found))) => Rehearsal::Nothing(read::named(&found)),
        (As::Notice, _, Err(read::Unread::Problem(problem))) => Rehearsal::Nothing(problem),
    }
}

/// A listing's rows carry dates; a notice's page carries one, in its information line, and its list is a sidebar.
fn is_listing(listing: &Listing, reading: &Reading) -> bool {
    let dated = listing.entries.iter().filter(|entry| entry.date.is_some()).count();
    let has_article_marks = reading.document.published.is_some() && reading.document.characters() > 400;
    dated >= 3 && !has_article_marks
}

fn nothing(name: &str, evidence: &str) -> Rehearsal {
    Rehearsal::Nothing(Problem { name: name.to_owned(), evidence: evidence.to_owned() })
}
