//! A notice's files, further pages and frames: asked for under the page's own politeness, or taken from the archive; then joined.
//!
//! Whatever cannot be had or read this time keeps the text that it last had. Nothing is kept here.

use std::collections::HashMap;

use jiff::SignedDuration;
use url::Url;

use super::house::House;
use super::look::{self, Failure};
use super::read;
use crate::extract::{self, Gathered};
use crate::fetch::{self, FetchError, Fetched, Session};
use crate::model::{
    Document, Elsewhere, Furniture, Part, PartKind, PartText, Problem, Request, Snapshot, SnapshotId, Source, Validators, Version, Watched,
};
use crate::store::Result;
use crate::{diff, site};

/// Files looked at per notice; the largest notices seen have nine.
const FILES_MAX: usize = 20;
/// Further pages and frames followed per notice.
const PAGES_MAX: usize = 20;
/// Largest file, in bytes; scanned volumes reach 80 MB.
const FILE_BYTES_MAX: u64 = 100 << 20;
/// And all parts of one notice together: they are in memory at once.
const BYTES_MAX: u64 = 200 << 20;
/// A server that gives nothing to ask "has it changed?" with is asked for the whole file once a day at most.
const BARE_ASKED_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Requests in a row that come to nothing before the rest waits for the next look.
const FAILURES_MAX: usize = 2;

/// One look at the parts of one notice.
pub struct Parts<'a> {
    pub house: &'a House,
    pub source: &'a Source,
    /// The notice's address.
    pub page: &'a Url,
    /// `None`: nothing is asked for, the archive must do.
    pub session: Option<&'a Session<'a>>,
    /// The version before, and what is remembered since.
    pub version: Option<&'a Version>,
    pub watched: &'a [Watched],
    /// Bytes that are not in the archive yet; what was fetched is added.
    pub fresh: Vec<Snapshot>,
    /// How this look went, by address.
    seen: HashMap<Url, Seen>,
    /// What is to be remembered, in the order in which it was looked at.
    pub remembered: Vec<Watched>,
    pub failures: Vec<Failure>,
    bytes: u64,
}

#[derive(Clone)]
enum Seen {
    /// The bytes are those that were known.
    Same,
    New(SnapshotId),
    Missing(Problem),
}

/// What is wanted: an address, and what stands there.
pub type Wanted = (PartKind, Url, String);

impl<'a> Parts<'a> {
    pub fn new(house: &'a House, source: &'a Source, page: &'a Url) -> Self {
        Self {
            house,
            source,
            page,
            session: None,
            version: None,
            watched: &[],
            fresh: Vec::new(),
            seen: HashMap::new(),
            remembered: Vec::new(),
            failures: Vec::new(),
            bytes: 0,
        }
    }

    /// Looks at every part that the version before names; says whether any of them has bytes that are not known.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn any_new(&mut self, known: &[Wanted]) -> Result<bool> {
        let mut is_new = false;
        for wanted in known {
            is_new |= matches!(self.look(wanted).await?, Seen::New(_));
        }
        Ok(is_new)
    }

    /// Joins a page and all that belongs to it.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn whole(&mut self, mut page: Document) -> Result<Document> {
        let mut gathered = self.pages(&mut page).await?;
        let mut files = page.attachments.clone();
        for more in gathered.iter().filter_map(|part| part.reading.as_ref().ok()) {
            files.extend(more.attachments.iter().filter(|file| !page.attachments.contains(file)).cloned());
        }
        files.retain(|file| file.url != *self.page);
        for (place, file) in files.into_iter().enumerate() {
            let wanted = (PartKind::File, file.url, file.name);
            let part = match place < FILES_MAX {
                true => self.gather(&wanted).await?,
                false => missing(wanted, problem("too-many", format!("only the first {FILES_MAX} files are read"))),
            };
            gathered.push(part);
        }
        let joined = read::apart(move || extract::whole(page, gathered, &diff::likeness)).await;
        Ok(joined.unwrap_or_else(|problem| Document { doubts: vec![problem.to_string()], ..Document::default() }))
    }

    /// The frames and further pages, each of which may name the next.
    async fn pages(&mut self, page: &mut Document) -> Result<Vec<Gathered>> {
        let mut gathered: Vec<Gathered> = Vec::new();
        let mut waiting: std::collections::VecDeque<Elsewhere> = std::mem::take(&mut page.elsewhere).into();
        while let Some(elsewhere) = waiting.pop_front() {
            let (kind, url) = match elsewhere {
                Elsewhere::Next(url) => (PartKind::Page, url),
                Elsewhere::Frame(url) => (PartKind::Frame, url),
            };
            if url == *self.page || gathered.len() >= PAGES_MAX || gathered.iter().any(|part| part.url == url) {
                continue;
            }
            let name = match kind {
                PartKind::Frame => "正文框架".to_owned(),
                _ => format!("正文第 {} 页", gathered.len() + 2),
            };
            let part = self.gather(&(kind, url, name)).await?;
            if let Ok(more) = &part.reading {
                waiting.extend(more.elsewhere.iter().cloned());
            }
            gathered.push(part);
        }
        Ok(gathered)
    }

    /// One part with what it says: newly read, else as last read.
    async fn gather(&mut self, wanted: &Wanted) -> Result<Gathered> {
        let (kind, url, name) = wanted.clone();
        let seen = self.look(wanted).await?;
        let problem = match &seen {
            Seen::New(id) => match self.read(kind, &url, id).await? {
                Ok(reading) => return Ok(Gathered { kind, url, name, snapshot: Some(id.clone()), reading: Ok(reading) }),
                Err(problem) => {
                    self.remember_unread(&url, id, &problem);
                    problem
                }
            },
            Seen::Missing(problem) => problem.clone(),
            Seen::Same => self.unread_of(&url).unwrap_or_else(not_fetched),
        };
        if let Some((snapshot, reading)) = self.known(kind, &url).await? {
            return Ok(Gathered { kind, url, name, snapshot: Some(snapshot), reading: Ok(reading) });
        }
        let snapshot = match seen {
            Seen::New(id) => Some(id),
            _ => self.version.and_then(|version| version.document.part(&url)?.snapshot.clone()),
        };
        Ok(Gathered { kind, url, name, snapshot, reading: Err(problem) })
    }

    /// What the part said when it was last read, and in which bytes. Where our code is a newer one, those bytes are read again.
    async fn known(&self, kind: PartKind, url: &Url) -> Result<Option<(SnapshotId, Document)>> {
        let version = self.version.filter(|version| version.document.part(url).is_some());
        if let Some((version, part)) = version.and_then(|version| Some((version, version.document.part(url)?))) {
            let Some(id) = part.snapshot.clone() else { return Ok(None) };
            let is_present = version.revision == extract::REVISION && self.session.is_some();
            if is_present && kind == PartKind::File {
                return Ok(part_document(version, part).map(|document| (id, document)));
            }
            let again = self.read(kind, url, &id).await?.ok();
            // What can no longer be read keeps the reading it has.
            let kept = || (kind == PartKind::File).then(|| part_document(version, part)).flatten();
            return Ok(again.or_else(kept).map(|document| (id, document)));
        }
        let watched = self.watched.iter().find(|watched| watched.url == *url);
        let Some(id) = watched.and_then(|watched| watched.snapshot.clone()) else { return Ok(None) };
        Ok(self.read(kind, url, &id).await?.ok().map(|document| (id, document)))
    }

    /// Reads bytes that were fetched or are in the archive.
    async fn read(&self, kind: PartKind, url: &Url, id: &SnapshotId) -> Result<Result<Document, Problem>> {
        let fresh = self.fresh.iter().find(|snapshot| snapshot.id() == *id).cloned();
        let Some(mut snapshot) = (match fresh {
            Some(snapshot) => Some(snapshot),
            None => self.house.store.snapshot(id)?,
        }) else {
            return Ok(Err(problem("not-archived", format!("the archive holds no snapshot {id}"))));
        };
        if kind != PartKind::File {
            snapshot.url = url.clone();
        }
        let (rules, sandbox) = (self.source.rules.clone(), self.house.setup().sandbox.clone());
        let read = read::apart(move || match kind {
            PartKind::File => read::linked_file(&snapshot, &sandbox),
            PartKind::Page | PartKind::Frame => {
                read::alone(&snapshot, &rules, &Furniture::default(), &sandbox).map(|page| page.document).map_err(|unread| match unread {
                    read::Unread::SaysGone(found) => read::named(&found),
                    read::Unread::Problem(problem) => problem,
                })
            }
        });
        Ok(read.await.unwrap_or_else(Err))
    }

    fn unread_of(&self, url: &Url) -> Option<Problem> {
        let part = self.version?.document.part(url)?;
        match &part.text {
            PartText::Unread(problem) => Some(problem.clone()),
            _ => None,
        }
    }

    fn remember_unread(&mut self, url: &Url, id: &SnapshotId, why: &Problem) {
        let is_wall = !is_of_format(why);
        if is_wall {
            // No file at all: nothing of it is worth keeping, and it is asked for again.
            self.fresh.retain(|snapshot| snapshot.id() != *id);
        }
        let before = self.watched.iter().find(|watched| watched.url == *url);
        let Some(remembered) = self.remembered.iter_mut().find(|watched| watched.url == *url) else { return };
        if is_wall {
            *remembered = before.cloned().unwrap_or_else(|| bare(url, &remembered.name));
            remembered.trouble = Some(why.clone());
        } else {
            remembered.unread = Some(why.clone());
        }
    }

    /// Asks for a part once, if it is time.
    async fn look(&mut self, (kind, url, name): &Wanted) -> Result<Seen> {
        if let Some(seen) = self.seen.get(url) {
            return Ok(seen.clone());
        }
        let mut remembered = self.watched.iter().find(|watched| watched.url == *url).cloned().unwrap_or_else(|| bare(url, name));
        remembered.name.clone_from(name);
        let seen = match self.session {
            Some(session) => self.ask(session, *kind, &mut remembered).await?,
            None if remembered.snapshot.is_some() || self.version.is_some_and(|v| v.document.part(url).is_some()) => Seen::Same,
            None => Seen::Missing(not_fetched()),
        };
        let seen = match seen {
            // Bytes that are in the archive, and that nothing but our own machine keeps from being read: tried again.
            Seen::Same if remembered.unread.as_ref().is_some_and(is_ours) => {
                remembered.unread = None;
                remembered.snapshot.clone().map_or(Seen::Same, Seen::New)
            }
            seen => seen,
        };
        if let Seen::Missing(problem) = &seen {
            remembered.trouble = Some(problem.clone());
        }
        self.remembered.push(remembered);
        self.seen.insert(url.clone(), seen.clone());
        Ok(seen)
    }

    async fn ask(&mut self, session: &Session<'_>, kind: PartKind, remembered: &mut Watched) -> Result<Seen> {
        let now = self.house.clock.now();
        let is_had = remembered.snapshot.is_some() && remembered.trouble.is_none();
        let was_asked = remembered.looked_at.is_some_and(|at| at <= now && now.duration_since(at) < BARE_ASKED_AFTER);
        if is_had && remembered.validators.is_empty() && was_asked {
            return Ok(Seen::Same);
        }
        // Who asks to be left alone is left alone: the turnstile would wait as long as it takes.
        if self.failures.len() >= FAILURES_MAX || self.failures.iter().any(|failure| failure.after.is_some()) {
            return Ok(Seen::Missing(problem("unreachable", "not asked for after others had failed".to_owned())));
        }
        let Some(url) = address(self.page, &remembered.url, self.source) else {
            let host = remembered.url.host_str().unwrap_or("?");
            let why = format!("it lies at another host, {host}; if that belongs to the source, add it to `follow` in the source's file");
            return Ok(Seen::Missing(problem("cross-host", why)));
        };
        let bytes_max = match kind {
            PartKind::File => FILE_BYTES_MAX.min(BYTES_MAX - self.bytes.min(BYTES_MAX)),
            PartKind::Page | PartKind::Frame => session.client.page_bytes_max(),
        };
        let validators = if remembered.snapshot.is_some() { remembered.validators.clone() } else { Validators::default() };
        let (snapshot, validators) = match session.get_within(&Request::get(url), &validators, bytes_max).await {
            Ok(Fetched::NotModified) => {
                (remembered.looked_at, remembered.trouble) = (Some(now), None);
                return Ok(Seen::Same);
            }
            Ok(Fetched::Fresh { snapshot, validators }) => (snapshot, validators),
            Err(FetchError::Gone { status }) => return Ok(Seen::Missing(problem("gone", format!("not there ({status})")))),
            Err(error) => {
                let failure = look::failure(error);
                let problem = failure.problem.clone();
                self.failures.extend(failure.of_host.then_some(failure));
                return Ok(Seen::Missing(problem));
            }
        };
        let id = snapshot.id();
        let is_same = remembered.snapshot.as_ref() == Some(&id);
        self.bytes += snapshot.body.len() as u64;
        (remembered.looked_at, remembered.trouble, remembered.validators) = (Some(now), None, validators);
        if is_same {
            return Ok(Seen::Same);
        }
        (remembered.snapshot, remembered.unread) = (Some(id.clone()), None);
        self.fresh.push(snapshot);
        Ok(Seen::New(id))
    }
}

/// What a version names as its parts, read or not: a version that older code read names its files only.
pub fn known_parts(document: &Document) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> =
        document.parts.iter().filter(|part| !is_beyond(part)).map(|part| (part.kind, part.url.clone(), part.name.clone())).collect();
    let files = document.attachments.iter().filter(|file| document.part(&file.url).is_none()).take(FILES_MAX);
    wanted.extend(files.map(|file| (PartKind::File, file.url.clone(), file.name.clone())));
    wanted
}

fn is_beyond(part: &Part) -> bool {
    matches!(&part.text, PartText::Unread(problem) if problem.name == "too-many")
}

/// The file as it was read, out of the version that it is part of.
fn part_document(version: &Version, part: &Part) -> Option<Document> {
    let blocks = part.blocks(&version.document)?.to_vec();
    let doubts = version.document.doubts.iter().filter_map(|doubt| Some(doubt.strip_prefix(&part.name)?.strip_prefix(": ")?.to_owned()));
    Some(Document { title: part.title.clone(), blocks, doubts: doubts.collect(), ..Document::default() })
}

/// Where a part is asked for, if it may be: on the page's host or site, or where the source's file allows it. A page that came
/// safely is not followed by files that come openly.
fn address(page: &Url, part: &Url, source: &Source) -> Option<Url> {
    let mut url = part.clone();
    if page.scheme() == "https" && url.scheme() == "http" && url.port().is_none() {
        let _ = url.set_scheme("https");
    }
    (site::is_one_site(page, &url) || fetch::may_lead(page, &url, &source.reach)).then_some(url)
}

/// Whether bytes came that are a file of some sort, and only cannot be read.
fn is_of_format(problem: &Problem) -> bool {
    matches!(
        problem.name.as_str(),
        "unknown-format" | "encrypted" | "scanned" | "no-body" | "too-complex" | "too-costly" | "reader-failed" | "file-unread" | "damaged"
    )
}

/// Whether a reader was missing or broke: another day it may read the same bytes.
pub fn is_ours(problem: &Problem) -> bool {
    matches!(problem.name.as_str(), "reader-failed" | "file-unread")
}

fn bare(url: &Url, name: &str) -> Watched {
    Watched {
        url: url.clone(),
        name: name.to_owned(),
        validators: Validators::default(),
        snapshot: None,
        looked_at: None,
        unread: None,
        trouble: None,
    }
}

fn missing((kind, url, name): Wanted, problem: Problem) -> Gathered {
    Gathered { kind, url, name, snapshot: None, reading: Err(problem) }
}

fn problem(name: &str, evidence: String) -> Problem {
    Problem { name: name.to_owned(), evidence }
}

fn not_fetched() -> Problem {
    problem(Problem::NOT_FETCHED, "not asked for yet".to_owned())
}

/// Parts that have a text now, and had none although the version before names them: no doing of the site's.
pub fn read_for_the_first_time<'d>(before: &Document, after: &'d Document) -> Vec<&'d Part> {
    let was_named = |url: &Url| before.attachments.iter().any(|file| file.url == *url) || before.part(url).is_some();
    let had_text = |url: &Url| before.part(url).is_some_and(Part::is_read);
    after.parts.iter().filter(|part| part.is_read() && was_named(&part.url) && !had_text(&part.url)).collect()
}
