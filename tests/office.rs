//! Office files to documents: the seeds as Word wrote them, and files of other writers against what LibreOffice itself shows.

use std::path::{Path, PathBuf};

use huitoukan::extract;
use huitoukan::model::{Document, Rules, Snapshot, Unreadable};

const SEEDS: &str = "../shared/corpus/attachments/derived-from-seeds";

fn read_bytes(bytes: Vec<u8>) -> Result<Document, Unreadable> {
    let url = "http://localhost/file".parse().unwrap();
    extract::document(&Snapshot::of_body(url, None, bytes, jiff::Timestamp::UNIX_EPOCH), &Rules::default())
}

fn read(path: impl AsRef<Path>) -> Document {
    let path = path.as_ref();
    read_bytes(std::fs::read(path).unwrap()).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
}

/// The title and every block, a line each.
fn lines(document: &Document) -> Vec<String> {
    document.title.iter().cloned().chain(document.blocks.iter().map(|block| block.text().into_owned())).collect()
}

#[track_caller]
fn reads_like_its_text(format: &str) {
    if !Path::new(SEEDS).exists() {
        eprintln!("no corpus at {SEEDS}: nothing is checked");
        return;
    }
    for number in 0..5 {
        let path = PathBuf::from(format!("{SEEDS}/seed00{number}.{format}"));
        let (expected, read) = (read(path.with_extension("txt")), read(&path));
        assert_eq!(lines(&read), lines(&expected), "{}", path.display());
        assert_eq!((&read.title, &read.source, read.published), (&expected.title, &expected.source, expected.published));
        assert!(read.doubts.is_empty(), "{:?}", read.doubts);
    }
}

#[test]
fn the_seeds_as_docx_read_like_their_texts() {
    reads_like_its_text("docx");
}

#[test]
fn the_seeds_as_doc_read_like_their_texts() {
    reads_like_its_text("doc");
}
