use super::file;
use crate::model::{Attachment, Document, Furniture, NoContent, Notice, Part, PartKind, PartText, Problem, Rules, Snapshot, Unreadable};
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
    /// What the page can teach about its source's other pages.
    pub around: Vec<u32>,
}

/// Why a page that answered says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// The page itself says that the notice is not there.
    SaysGone(NoContent),
    /// Anything else: health, never an edit, never a withdrawal.
    Problem(Problem),
}

/// Reads a notice's page without what belongs to it. `listed_title` stands in where the page shows no title.
///
/// Runs for milliseconds on a processor, and for seconds where a file is read: call it through [`apart`].
pub fn page(snapshot: &Snapshot, rules: &Rules, listed_title: &str, furniture: &Furniture, sandbox: &Sandbox) -> Result<Reading, Unread> {
    let extract::Reading { document, around } = alone(snapshot, rules, furniture, sandbox)?;
    Ok(Reading { around, ..understood(document, listed_title, furniture)? })
}

/// The page by itself, not yet joined with its parts, not yet understood.
pub fn alone(snapshot: &Snapshot, rules: &Rules, furniture: &Furniture, sandbox: &Sandbox) -> Result<extract::Reading, Unread> {
    let bare = |document| extract::Reading { document, around: Vec::new() };
    if !extract::is_page(snapshot) {
        // A listing may link to a file: it is the notice itself. One that cannot be read is recorded as its own attachment, so
        // that it is not missed.
        return file::open(snapshot, rules, sandbox).map(bare).map_err(|unreadable| unread(&unreadable)).or_else(|problem| {
            match problem.name.as_str() {
                "no-body" => Err(Unread::Problem(problem)),
                _ => Ok(bare(as_file(snapshot, &problem))),
            }
        });
    }
    let decoded = extract::decode(snapshot);
    if let Some(found) = site::no_content(snapshot, &decoded) {
        return Err(if found.says_gone() { Unread::SaysGone(found) } else { Unread::Problem(named(&found)) });
    }
    match extract::reading(snapshot, &decoded, rules, furniture) {
        Ok(reading) => Ok(reading),
        Err(Unreadable::Format { format }) if is_paper(&format) => Ok(bare(as_file(snapshot, &unread(&Unreadable::Format { format })))),
        Err(unreadable) => Err(Unread::Problem(unread(&unreadable))),
    }
}

/// Reads a file that a page links to. A page that comes instead of the file is no file.
pub fn linked_file(snapshot: &Snapshot, sandbox: &Sandbox) -> Result<Document, Problem> {
    if snapshot.body[..snapshot.body.len().min(64)].contains(&b'<') {
        let decoded = extract::decode(snapshot);
        if is_markup(&decoded.text) {
            return Err(site::no_content(snapshot, &decoded).map_or_else(
                || Problem { name: "page-for-file".to_owned(), evidence: "a web page came instead of the file".to_owned() },
                |found| named(&found),
            ));
        }
    }
    file::open(snapshot, &Rules::default(), sandbox).map_err(|unreadable| unread(&unreadable))
}

/// Whether a text is a web page. What Word saves as one and calls .doc is a file.
fn is_markup(text: &str) -> bool {
    let head: String = text.trim_start_matches('\u{feff}').trim_start().chars().take(2_000).collect::<String>().to_ascii_lowercase();
    let is_page =
        head.starts_with("<!doctype html") || head.starts_with("<html") || head.starts_with("<script") || head.starts_with("<head");
    is_page && !head.contains("urn:schemas-microsoft-com:office")
}

/// Stop 5 of the walk, when all parts are joined: whether it is a notice at all, and what it says.
pub fn understood(mut document: Document, listed_title: &str, furniture: &Furniture) -> Result<Reading, Unread> {
    let characters = document.characters();
    if document.attachments.is_empty() && document.elsewhere.is_empty() && characters < BODY_CHARACTERS_MIN {
        let unread = document.parts.iter().find_map(|part| match &part.text {
            PartText::Unread(problem) => Some(format!("; {} was not read: {problem}", part.url)),
            _ => None,
        });
        let evidence = format!("only {characters} characters of text{}", unread.unwrap_or_default());
        return Err(Unread::Problem(Problem { name: "no-body".to_owned(), evidence }));
    }
    if document.title.is_none() && !listed_title.is_empty() {
        document.title = Some(listed_title.to_owned());
    }
    document.doubts.extend(shorter_than_usual(&document, characters, furniture));
    // Annexes are compared and shown; what they say is not what the notice says of itself.
    let body = document.body().len();
    let notice = if body == document.blocks.len() {
        parse::notice(&document)
    } else {
        parse::notice(&Document { blocks: document.body().to_vec(), title: document.title.clone(), ..Document::default() })
    };
    Ok(Reading { document, notice, around: Vec::new() })
}

/// A body of less than this share, in percent, of its source's usual one may have lost most of its text.
const USUAL_SHARE_PERCENT: usize = 10;

fn shorter_than_usual(document: &Document, characters: usize, furniture: &Furniture) -> Option<String> {
    let usual = furniture.usual_characters()?;
    (document.attachments.is_empty() && characters * 100 < usual * USUAL_SHARE_PERCENT)
        .then(|| format!("{characters} characters, where this source's notices usually have {usual}"))
}

/// [`diff::fingerprint`]; 0 where a body says too little to know it by.
pub fn fingerprint(document: &Document) -> u64 {
    if document.characters() < TWIN_CHARACTERS_MIN { 0 } else { diff::fingerprint(document) }
}

/// Whether bytes of this format, as `extract` names it, can be a notice: papers and packed papers, but no pictures.
fn is_paper(format: &str) -> bool {
    matches!(format, "pdf" | "zip" | "doc, xls or wps" | "rar" | "7z" | "rtf")
}

/// Why a page that is a file itself has no text.
pub fn unread_file(document: &Document) -> Option<&Problem> {
    match document.parts.as_slice() {
        [Part { text: PartText::Unread(problem), .. }] if document.blocks.is_empty() => Some(problem),
        _ => None,
    }
}

/// A notice that is a file whose text cannot be read.
fn as_file(snapshot: &Snapshot, why: &Problem) -> Document {
    let path = snapshot.url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let attachment = Attachment { url: snapshot.url.clone(), name: path.to_owned() };
    let part = Part {
        kind: PartKind::File,
        url: snapshot.url.clone(),
        name: path.to_owned(),
        snapshot: Some(snapshot.id()),
        title: None,
        text: PartText::Unread(why.clone()),
    };
    Document {
        attachments: vec![attachment],
        parts: vec![part],
        doubts: vec![format!("the text of this file is not read: {why}")],
        ..Document::default()
    }
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
        Unreadable::Scanned { .. } => "scanned",
        Unreadable::Limits { .. } => "too-costly",
        Unreadable::Failed { .. } => "file-unread",
        Unreadable::Damaged { .. } => "damaged",
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
