//! A snapshot of any format to a document: pages here, files in a child process.

use std::io::{BufRead, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::poppler::Poppler;
use crate::extract;
use crate::model::{Document, Rules, Snapshot, Unreadable};
use crate::sandbox::{self, Letter, Reply, Sandbox};

/// Longest letter before a file's bytes; addresses are a few hundred bytes.
const LETTER_BYTES_MAX: u64 = 64 << 10;

/// Reads a snapshot of any format. May wait for a child process: call it on a thread that may wait.
///
/// # Errors
/// [`Unreadable`], with what was seen, or what became of the process that read it.
pub fn open(snapshot: &Snapshot, rules: &Rules, sandbox: &Sandbox) -> Result<Document, Unreadable> {
    if extract::is_page(snapshot) { extract::document(snapshot, rules) } else { sandbox.read(snapshot) }
}

/// The child's side: reads one letter and one file, and answers with one line.
///
/// # Errors
/// An input that no parent of ours would send, an output that nobody takes, limits that cannot be set.
pub fn in_child(mut input: impl BufRead, mut output: impl Write) -> std::io::Result<()> {
    let mut line = Vec::new();
    input.by_ref().take(LETTER_BYTES_MAX).read_until(b'\n', &mut line)?;
    let letter: Letter = serde_json::from_slice(&line)?;
    let missing = sandbox::raise(&letter.limits, &[&letter.tools.pdftotext])?;
    if let Some(missing) = missing {
        eprintln!("{missing}");
    }
    let mut body = Vec::new();
    input.read_to_end(&mut body)?;
    // A reader that panics has said on standard error where; the answer is that it did.
    let reply = catch_unwind(AssertUnwindSafe(|| read(letter, body)))
        .unwrap_or_else(|_| Err(Unreadable::Failed { what: "our reader broke on this file; please report it".to_owned() }));
    serde_json::to_writer(&mut output, &reply)?;
    output.flush()
}

fn read(letter: Letter, body: Vec<u8>) -> Reply {
    let mut snapshot = Snapshot::of_body(letter.url, letter.content_type.as_deref(), body, jiff::Timestamp::UNIX_EPOCH);
    snapshot.headers.extend(letter.disposition.map(|value| ("content-disposition".to_owned(), value)));
    extract::document_with(&snapshot, &Rules::default(), &Poppler { tools: letter.tools, limits: letter.limits })
}
