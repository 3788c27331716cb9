//! One visit's listing: its pages fetched and read until the known entries begin.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use url::Url;

use super::look::Failure;
use super::{read, render};
use crate::browser::Browser;
use crate::fetch::{Fetched, Session};
use crate::model::{Entry, Health, Listing, Problem, Request, Snapshot, Source, Unlisted, Validators};
use crate::{extract, site};

/// Entries remembered from one visit to the next: some five pages of a listing.
pub const RECENT_MAX: usize = 100;
/// Listing pages followed on a later visit when no known entry turns up: a month's absence at a busy column.
const LATER_PAGES_MAX: u32 = 20;

/// What a listing said.
pub struct Listed {
    /// From all pages read, in the site's order; empty when the server says that nothing changed.
    pub entries: Vec<Entry>,
    pub family: Option<&'static str>,
    pub validators: Validators,
    /// Why older entries were not reached although they may be there.
    pub partial: Option<String>,
    /// A page after the first failed: what lies beyond must be looked for again.
    pub incomplete: Option<Problem>,
    pub unchanged: bool,
    /// Articles that came with the listing, by their addresses.
    pub articles: BTreeMap<Url, String>,
}

impl Listed {
    /// The page of an entry whose article came with the listing.
    pub fn article(&self, url: &Url, now: Timestamp) -> Option<Snapshot> {
        let html = self.articles.get(url)?;
        let mut snapshot = Snapshot::of_body(url.clone(), Some("text/html; charset=utf-8"), html.clone().into_bytes(), now);
        snapshot.headers.push((FROM_LISTING.to_owned(), "article taken from the listing's answer".to_owned()));
        Some(snapshot)
    }
}

/// Header field of a kept page that no server sent as it is.
const FROM_LISTING: &str = "x-huitoukan-made";

/// Fetches and reads the listing of a source.
///
/// # Errors
/// The first page gave no listing: the source ails, and what we know of its notices stays as it is.
pub async fn fetch(browser: &Browser, session: &Session<'_>, source: &Source, health: &Health) -> Result<Listed, Failure> {
    let first = site::first_request(&source.listing, &source.rules);
    let validators = if health.baseline && health.problem.is_none() { health.validators.clone() } else { Validators::default() };
    let (listing, validators) = match page(browser, session, source, &first, &validators).await? {
        Some(read) => read,
        None => return Ok(unchanged(health)),
    };
    let mut listed = Listed {
        entries: listing.entries,
        family: Some(listing.family),
        validators,
        partial: listing.partial,
        incomplete: None,
        unchanged: false,
        articles: listing.articles,
    };
    let pages_max = if health.baseline { source.depth.max(LATER_PAGES_MAX) } else { source.depth };
    follow(browser, session, source, health, listing.next, pages_max, &mut listed).await;
    Ok(listed)
}

fn unchanged(health: &Health) -> Listed {
    let validators = health.validators.clone();
    Listed { entries: Vec::new(), family: None, validators, partial: None, incomplete: None, unchanged: true, articles: BTreeMap::new() }
}

/// Follows the listing's next pages until known entries are met.
async fn follow(
    browser: &Browser,
    session: &Session<'_>,
    source: &Source,
    health: &Health,
    mut next: Option<Request>,
    pages_max: u32,
    listed: &mut Listed,
) {
    let mut asked = HashSet::from([site::first_request(&source.listing, &source.rules)]);
    let mut newest_page = listed.entries.clone();
    for _ in 1..pages_max {
        let Some(request) = next.take() else { return };
        if health.baseline && meets_known(&newest_page, &health.recent) || !asked.insert(request.clone()) {
            return;
        }
        let listing = match page(browser, session, source, &request, &Validators::default()).await {
            Ok(Some((listing, _))) => listing,
            Ok(None) => return,
            // Deep pages are often broken stubs (国家医保局's are 54 bytes long, seen 2026-11): the archive ends there for us.
            Err(failure) if matches!(failure.problem.name.as_str(), "no-entries" | "gone") => {
                listed.partial.get_or_insert(format!("{} holds no entries", request.url));
                return;
            }
            Err(failure) => {
                listed.incomplete = Some(failure.problem);
                return;
            }
        };
        let known: HashSet<&Url> = listed.entries.iter().map(|entry| &entry.url).collect();
        let fresh: Vec<Entry> = listing.entries.iter().filter(|entry| !known.contains(&entry.url)).cloned().collect();
        if fresh.is_empty() {
            listed.partial = Some(format!("{} repeats the pages before it", request.url));
            return;
        }
        listed.articles.extend(listing.articles);
        newest_page = listing.entries;
        listed.entries.extend(fresh);
        next = listing.next;
    }
}

/// One listing page; `None` when it has not changed, or when a data service says that there are no more rows.
async fn page(
    browser: &Browser,
    session: &Session<'_>,
    source: &Source,
    request: &Request,
    validators: &Validators,
) -> Result<Option<(Listing, Validators)>, Failure> {
    let (snapshot, validators) = match render::get(browser, session, source, request, validators).await? {
        Fetched::NotModified => return Ok(None),
        Fetched::Fresh { snapshot, validators } => (snapshot, validators),
    };
    let (rules, family) = (source.rules.clone(), source.family.clone());
    let asked = request.clone();
    let is_first = asked == site::first_request(&source.listing, &source.rules);
    let listing = read::apart(move || {
        let decoded = extract::decode(&snapshot);
        if !is_first && site::says_no_more(&decoded) {
            return Ok(None);
        }
        if !is_first && site::is_past_the_end(&decoded) {
            return Err(Unlisted::NoEntries { saw: "a page past the end of the archive".to_owned() });
        }
        match site::no_content(&snapshot, &decoded) {
            Some(found) => Err(Unlisted::NoContent(found)),
            None => site::listing_of(&decoded, &asked, &rules, family.as_deref()).map(Some),
        }
    })
    .await
    .map_err(of_page)?
    .map_err(|unlisted| of_page(problem(&unlisted)))?;
    Ok(listing.map(|listing| (listing, validators)))
}

fn of_page(problem: Problem) -> Failure {
    Failure { problem, after: None, of_host: false, says_gone: false }
}

fn problem(unlisted: &Unlisted) -> Problem {
    let name = match unlisted {
        Unlisted::NoContent(found) => return read::named(found),
        Unlisted::NoEntries { .. } => "no-entries",
        Unlisted::BadSelector { .. } => "bad-selector",
    };
    Problem { name: name.to_owned(), evidence: unlisted.to_string() }
}

/// Whether the known entries have begun on this page. Pinned rows (置顶) stay on top for months and prove nothing,
/// so the last row counts, or half of all.
fn meets_known(page: &[Entry], recent: &[u64]) -> bool {
    let is_known = |entry: &Entry| recent.contains(&hash_of(&entry.url));
    page.last().is_some_and(is_known) || page.iter().filter(|entry| is_known(entry)).count() * 2 >= page.len()
}

/// What [`Health::recent`] remembers of an entry: FNV-1a, for the standard library's hash may change with its release.
pub fn hash_of(url: &Url) -> u64 {
    url.as_str().bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The entries to remember after a visit: the newest of this one, then those of the last.
pub fn recent(entries: &[Entry], before: &[u64]) -> Vec<u64> {
    let mut recent: Vec<u64> = entries.iter().map(|entry| hash_of(&entry.url)).collect();
    let now: HashSet<u64> = recent.iter().copied().collect();
    recent.extend(before.iter().filter(|hash| !now.contains(hash)));
    recent.truncate(RECENT_MAX);
    recent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(numbers: impl IntoIterator<Item = u32>) -> Vec<Entry> {
        numbers
            .into_iter()
            .map(|number| Entry { url: format!("https://x.gov.cn/{number}").parse().unwrap(), title: String::new(), date: None })
            .collect()
    }

    #[test]
    fn known_entries_begin_where_the_last_row_is_known_and_pinned_rows_prove_nothing() {
        let recent = recent(&entries(10..30), &[]);
        assert!(meets_known(&entries(5..15), &recent));
        assert!(!meets_known(&entries([29, 28, 1, 2, 3, 4, 5, 6, 7, 8]), &recent), "two pinned rows above eight new ones");
        assert!(meets_known(&entries([29, 28, 27, 26, 1, 2]), &recent), "half are known");
    }
}
