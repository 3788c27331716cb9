//! What is understood of texts, and what is told of two of them.

use huitoukan::model::{Block, Difference, Document, NoticeId, Piece, Region, SnapshotId, SourceId, Version};
use huitoukan::{diff, digest, parse};

use super::sound;

/// The line between the two parts of an input.
const BETWEEN: &[u8] = b"\n====\n";

/// What stands before the first line of `====` and behind it.
pub fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        Some(at) => (&bytes[..at], &bytes[at + BETWEEN.len()..]),
        None => (bytes, b""),
    }
}

pub fn notice(bytes: &[u8]) {
    let document = document(bytes);
    sound::understood(&document);
    let notice = parse::notice(&document);
    let home = parse::Home { region: &Region("福建/泉州".to_owned()), source: &SourceId("a".to_owned()) };
    assert_eq!(parse::bodies(&notice, home), parse::bodies(&notice, home));
    assert_eq!(parse::explain(&document).len(), parse::explain(&document).len());
}

/// Two texts, the older one first.
pub fn compare(bytes: &[u8]) {
    let (before, after) = halves(bytes);
    let (before, after) = (document(before), document(after));
    let version = version(before.clone());
    assert_eq!(diff::compare(&version, &before, &version.notice), None, "a text is unlike itself");
    let notice = parse::notice(&after);
    let difference = diff::compare(&version, &after, &notice);
    assert_eq!(difference, diff::compare(&version, &after, &notice), "compared twice");
    if let Some(difference) = &difference {
        sound_difference(difference, &before, &after);
    }
    let likeness = diff::likeness(&before, &after);
    assert!((0.0..=1.0).contains(&likeness), "likeness of {likeness}");
}

fn sound_difference(difference: &Difference, before: &Document, after: &Document) {
    assert!(!difference.is_empty(), "a difference of nothing");
    let mut said = 0;
    for passage in &difference.passages {
        assert!(passage.before.is_some() || passage.after.is_some(), "a passage of neither: {passage:?}");
        assert!(passage.before.is_none_or(|at| at < before.blocks.len()), "{passage:?}");
        assert!(passage.after.is_none_or(|at| at < after.blocks.len()), "{passage:?}");
        assert!(!passage.pieces.is_empty(), "a passage without words: {passage:?}");
        for piece in &passage.pieces {
            let (Piece::Same(text) | Piece::Deleted(text) | Piece::Inserted(text)) = piece;
            said += text.len();
        }
    }
    let length = |document: &Document| document.blocks.iter().map(|block| block.text().len() + 1).sum::<usize>();
    let held = length(before) + length(after);
    assert!(said <= 2 * held, "{said} bytes are told of {held}");
    assert!(!digest::difference_text(difference).trim().is_empty(), "a difference that is not told");
}

/// A line is a paragraph, one that begins with `#` a heading, one with tabs a row.
fn document(bytes: &[u8]) -> Document {
    let text = String::from_utf8_lossy(bytes);
    let tidy = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let block = |line: &str| {
        let block = match line.strip_prefix('#') {
            Some(heading) => Block::Heading(tidy(heading)),
            None if line.contains('\t') => Block::Row(line.split('\t').map(tidy).collect()),
            None => Block::Paragraph(tidy(line)),
        };
        (!block.text().is_empty()).then_some(block)
    };
    Document { blocks: text.lines().filter_map(block).collect(), ..Document::default() }
}

pub fn version(document: Document) -> Version {
    Version {
        id: NoticeId("a/1".to_owned()),
        number: 1,
        snapshot: SnapshotId::of(b""),
        captured_at: jiff::Timestamp::UNIX_EPOCH,
        revision: 1,
        notice: parse::notice(&document),
        document,
    }
}
