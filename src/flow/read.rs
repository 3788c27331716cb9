use crate::model::{Attachment, Document, Furniture, NoContent, Notice, Problem, Rules, Snapshot, Unreadable};
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

/// Reads a notice's page: stops 5 of the walk. `listed_title` stands in where the page shows no title.
///
/// Runs for milliseconds on a processor: call it through [`apart`].
pub fn page(snapshot: &Snapshot, rules: &Rules, listed_title: &str, furniture: &Furniture) -> Result<Reading, Unread> {
    let decoded = extract::decode(snapshot);
    if let Some(found) = site::no_content(snapshot, &decoded) {
        return Err(if found.says_gone() { Unread::SaysGone(found) } else { Unread::Problem(named(&found)) });
    }
    let extract::Reading { mut document, around } = match extract::reading(snapshot, &decoded, rules, furniture) {
        Ok(reading) => reading,
        // A listing may link to a file: the notice is recorded with the file as its attachment, so that it is not missed.
        Err(Unreadable::Format { format }) if is_file(&format) => extract::Reading { document: file(snapshot, format), around: Vec::new() },
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
    document.doubts.extend(shorter_than_usual(&document, furniture));
    let notice = parse::notice(&document);
    Ok(Reading { document, notice, around })
}

/// A body of less than this share, in percent, of its source's usual one may have lost most of its text.
const USUAL_SHARE_PERCENT: usize = 10;

fn shorter_than_usual(document: &Document, furniture: &Furniture) -> Option<String> {
    let (characters, usual) = (document.characters(), furniture.usual_characters()?);
    (document.attachments.is_empty() && characters * 100 < usual * USUAL_SHARE_PERCENT)
        .then(|| format!("{characters} characters, where this source's notices usually have {usual}"))
}

/// [`diff::fingerprint`]; 0 where a body says too little to know it by.
pub fn fingerprint(document: &Document) -> u64 {
    if document.characters() < TWIN_CHARACTERS_MIN { 0 } else { diff::fingerprint(document) }
}

/// Whether bytes of this format, as `extract` names it, can be a notice: papers and packed papers, but no pictures.
fn is_file(format: &str) -> bool {
    matches!(format, "pdf" | "zip" | "doc, xls or wps" | "rar" | "7z" | "rtf")
}

/// A notice that is a file whose text cannot be read yet.
fn file(snapshot: &Snapshot, format: String) -> Document {
    let path = snapshot.url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let attachment = Attachment { url: snapshot.url.clone(), name: path.to_owned() };
    Document { attachments: vec![attachment], doubts: vec![format!("the text of this file ({format}) is not read")], ..Document::default() }
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
