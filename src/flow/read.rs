use super::file;
use crate::model::{Attachment, Document, NoContent, Notice, Problem, Rules, Snapshot, Unreadable};
use crate::sandbox::Sandbox;
use crate::{diff, extract, parse, site};

/// Fewest characters of a body without attachments that is believed to be a notice.
/// The shortest real one seen has over 1,000; walls and error texts that no mark names have under 60.
const BODY_CHARACTERS_MIN: usize = 80;

/// Fewest characters by which another notice with the same words is believed to be the same notice: "see the attachment"
/// (详见附件) is the whole body of many.
const TWIN_CHARACTERS_MIN: usize = 200;

/// What a page says.
#[derive(Debug, Clone)]
pub struct Reading {
    pub document: Document,
    pub notice: Notice,
}

/// Why a page that answered says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// The page itself says that the notice is not there.
    SaysGone(NoContent),
    /// Anything else: health, never an edit, never a withdrawal.
    Problem(Problem),
}

/// Reads a notice's page: stops 5 of the walk. `listed_title` stands in where the page shows no title.
///
/// Runs for milliseconds on a processor, and for seconds where a file is read: call it through [`apart`].
pub fn page(snapshot: &Snapshot, rules: &Rules, listed_title: &str, sandbox: &Sandbox) -> Result<Reading, Unread> {
    let is_page = extract::is_page(snapshot);
    let decoded = extract::decode(snapshot);
    if let Some(found) = site::no_content(snapshot, &decoded).filter(|_| is_page) {
        return Err(if found.says_gone() { Unread::SaysGone(found) } else { Unread::Problem(named(&found)) });
    }
    let read = if is_page { extract::document_of(snapshot, &decoded, rules) } else { file::open(snapshot, rules, sandbox) };
    let mut document = match read {
        Ok(document) => document,
        // A listing may link to a file: the notice is recorded with the file as its attachment, so that it is not missed.
        Err(Unreadable::Format { format }) if is_file(&format) => {
            unread_file(snapshot, format!("the text of this file ({format}) is not read"))
        }
        Err(unreadable @ (Unreadable::Encrypted | Unreadable::Scanned { .. })) => unread_file(snapshot, unreadable.to_string()),
        Err(unreadable) => return Err(Unread::Problem(unread(&unreadable))),
    };
    let characters = document.characters();
    if document.attachments.is_empty() && characters < BODY_CHARACTERS_MIN {
        let evidence = format!("only {characters} characters of text");
        return Err(Unread::Problem(Problem { name: "no-body".to_owned(), evidence }));
    }
    if document.title.is_none() && !listed_title.is_empty() {
        document.title = Some(listed_title.to_owned());
    }
    Ok(understood(document))
}

/// A file as the notice that it must be by its listed title, where its text could not be read: for who has never read it. Whoever
/// has keeps what was read.
pub fn bare_file(snapshot: &Snapshot, listed_title: &str, why: &Problem) -> Option<Reading> {
    let title = Some(listed_title.to_owned()).filter(|title| !title.is_empty());
    let read = || understood(Document { title, ..unread_file(snapshot, why.evidence.clone()) });
    (!extract::is_page(snapshot)).then(read)
}

fn understood(document: Document) -> Reading {
    let notice = parse::notice(&document);
    Reading { document, notice }
}

/// [`diff::fingerprint`]; 0 where a body says too little to know it by.
pub fn fingerprint(document: &Document) -> u64 {
    if document.characters() < TWIN_CHARACTERS_MIN { 0 } else { diff::fingerprint(document) }
}

/// Whether bytes of this format, as `extract` names it, can be a notice: papers and packed papers, but no pictures.
fn is_file(format: &str) -> bool {
    matches!(format, "zip" | "doc, xls or wps" | "rar" | "7z" | "rtf")
}

/// A notice that is a file whose text cannot be read yet.
fn unread_file(snapshot: &Snapshot, why: String) -> Document {
    let path = snapshot.url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let attachment = Attachment { url: snapshot.url.clone(), name: path.to_owned() };
    Document { attachments: vec![attachment], doubts: vec![why], ..Document::default() }
}

pub fn named(found: &NoContent) -> Problem {
    Problem { name: found.kind.clone(), evidence: found.evidence.clone() }
}

fn unread(unreadable: &Unreadable) -> Problem {
    let name = match unreadable {
        Unreadable::NoContent(found) => return named(found),
        Unreadable::NoBody { .. } => "no-body",
        Unreadable::Format { .. } => "unknown-format",
        Unreadable::TooComplex { .. } => "too-complex",
        Unreadable::Encrypted => "encrypted",
        Unreadable::Damaged { .. } => "damaged",
        Unreadable::Scanned { .. } => "scanned",
        Unreadable::Limits { .. } => "too-costly",
        Unreadable::Failed { .. } => "file-unread",
    };
    Problem { name: name.to_owned(), evidence: unreadable.to_string() }
}

/// Runs a reader away from the threads that move bytes. A reader that panics is the page's problem, not the program's.
pub async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem {
        name: "reader-failed".to_owned(),
        evidence: format!("our reader stopped: {error}; please report the page"),
    })
}
