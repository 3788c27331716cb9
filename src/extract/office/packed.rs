//! A ZIP of files to one document: its files in the order of their names, each under its name as a heading.
//!
//! Files that cannot be read are named in the doubts. Archives in the archive are opened once.

use super::Nested;
use super::container::Container;
use crate::model::{Block, Document, Snapshot, Unreadable};

/// Files that are read; an annex with more is no notice.
const FILES_MAX: usize = 100;
/// A ZIP in a ZIP is opened; one in that is not.
const DEPTH_MAX: usize = 2;

/// # Errors
/// The problem of its only file, [`Unreadable::NoBody`] where none of several can be read, [`Unreadable::TooComplex`] above the limit.
pub fn read(container: &mut Container<'_>, snapshot: &Snapshot, depth: usize, nested: Nested<'_>) -> Result<Document, Unreadable> {
    if depth >= DEPTH_MAX {
        return Err(Unreadable::TooComplex { limit: format!("archives in archives, over {DEPTH_MAX} deep") });
    }
    let mut files: Vec<(usize, String)> = container.names().iter().cloned().enumerate().filter(|(_, name)| is_file(name)).collect();
    if files.len() > FILES_MAX {
        return Err(Unreadable::TooComplex { limit: format!("a ZIP of over {FILES_MAX} files") });
    }
    files.sort_by(|(_, one), (_, other)| one.cmp(other));
    let mut document = Document::default();
    let mut problems = Vec::new();
    let count = files.len();
    for (index, name) in files {
        let name = shown(&name);
        let read = container.member(index).and_then(|bytes| nested(&member(snapshot, bytes)));
        match read {
            Ok(file) => take(&mut document, &name, file, count == 1),
            Err(problem) => problems.push((name, problem)),
        }
    }
    if document.blocks.is_empty() && document.attachments.is_empty() {
        return Err(match <[_; 1]>::try_from(problems) {
            Ok([(_, problem)]) => problem,
            Err(problems) if problems.iter().any(|(_, problem)| *problem == Unreadable::Encrypted) => Unreadable::Encrypted,
            Err(problems) => nothing(&problems),
        });
    }
    document.doubts.extend(problems.into_iter().map(|(name, problem)| format!("{name}: {problem}")));
    Ok(document)
}

fn nothing(problems: &[(String, Unreadable)]) -> Unreadable {
    let named: Vec<String> = problems.iter().take(5).map(|(name, problem)| format!("{name}: {problem}")).collect();
    Unreadable::NoBody { saw: if named.is_empty() { "an empty ZIP".to_owned() } else { named.join("; ") } }
}

/// A single file is the document itself; of several, each one's title and name stand before its text.
fn take(document: &mut Document, name: &str, file: Document, is_only: bool) {
    if is_only {
        let doubts = file.doubts.iter().map(|doubt| format!("{name}: {doubt}")).collect();
        *document = Document { doubts, ..file };
        return;
    }
    document.blocks.push(Block::Heading(name.to_owned()));
    document.blocks.extend(file.title.map(Block::Heading));
    document.blocks.extend(file.blocks);
    document.attachments.extend(file.attachments);
    document.doubts.extend(file.doubts.into_iter().map(|doubt| format!("{name}: {doubt}")));
}

/// No folders, and not what macOS and Windows leave beside the files.
fn is_file(name: &str) -> bool {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    !last.is_empty()
        && !name.starts_with("__MACOSX/")
        && !last.starts_with("._")
        && !matches!(last, ".DS_Store" | "Thumbs.db" | "desktop.ini")
}

/// A name as text: never a path, no control or direction marks, and not long.
fn shown(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = super::super::html::plain::tidy(last).chars().take(100).collect();
    if shown.is_empty() { "?".to_owned() } else { shown }
}

fn member(snapshot: &Snapshot, bytes: Vec<u8>) -> Snapshot {
    Snapshot::of_body(snapshot.url.clone(), None, bytes, snapshot.fetched_at)
}
