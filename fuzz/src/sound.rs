//! What holds of everything that was read, whatever it was read from.

use huitoukan::model::{Block, Document, Rules, Snapshot, Span, Unreadable};
use huitoukan::{diff, extract, parse};
use serde_json::Value;

/// Text that a document may hold for each byte of input: two bytes of GB18030 are three of UTF-8, and lists repeat their numbers.
const TEXT_PER_BYTE: usize = 16;
/// Text that a document may hold whatever its input: what a child process may answer, `sandbox::Limits::output_bytes`.
const TEXT_BYTES: usize = 8 << 20;

pub fn snapshot(content_type: Option<&str>, body: &[u8]) -> Snapshot {
    let address = "https://www.example.gov.cn/zwgk/tzgg/202409/t20240912_1.htm".parse().expect("it is an address");
    Snapshot::of_body(address, content_type, body.to_vec(), jiff::Timestamp::UNIX_EPOCH)
}

/// Reads bytes as any file is read, twice, and checks what was read.
pub fn file(content_type: Option<&str>, bytes: &[u8]) {
    let snapshot = snapshot(content_type, bytes);
    let read = || extract::document(&snapshot, &Rules::default());
    same_twice(read, bytes.len());
}

/// Checks what a reader of `length` bytes says, and that it says it again.
pub fn same_twice(read: impl Fn() -> Result<Document, Unreadable>, length: usize) {
    let reading = read();
    assert_eq!(reading, read(), "read twice, it says something else");
    if let Ok(found) = &reading {
        document(found, length);
    }
    let json = serde_json::to_string(&reading).expect("a reading is data");
    assert_eq!(serde_json::from_str::<Result<Document, Unreadable>>(&json).expect("it was written by us"), reading, "kept and taken out");
}

/// What `model::Document` promises, and that it can be understood.
pub fn document(document: &Document, length: usize) {
    assert!(!document.blocks.is_empty() || !document.attachments.is_empty() || !document.elsewhere.is_empty(), "a document of nothing");
    let mut text = 0;
    for block in &document.blocks {
        self::block(block);
        text += block.text().len();
    }
    assert!(text <= TEXT_BYTES.max(length * TEXT_PER_BYTE), "{text} bytes of text from {length} bytes");
    for line in document.title.iter().chain(&document.source).chain(&document.column).chain(&document.site) {
        assert!(!line.trim().is_empty(), "an empty line beside the body");
    }
    understood(document);
    assert_eq!(diff::likeness(document, document).to_bits(), 1_f64.to_bits(), "a document unlike itself");
}

/// Never empty, inner white space single, ends trimmed; of a row the cells may be empty, but not all.
fn block(block: &Block) {
    let tidy = |text: &str| {
        assert_eq!(text, text.trim(), "ends are not trimmed");
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let doubled = character.is_whitespace() && characters.peek().is_some_and(|next| next.is_whitespace());
            assert!(!doubled, "white space is not single in {text:?}");
        }
    };
    match block {
        Block::Paragraph(text) | Block::Heading(text) => tidy(text),
        Block::Row(cells) => cells.iter().for_each(|cell| tidy(cell)),
    }
    assert!(!block.text().is_empty(), "an empty block: {block:?}");
}

/// Parsing never fails, says the same twice, and rests on characters that are there.
pub fn understood(document: &Document) {
    let notice = parse::notice(document);
    assert_eq!(notice, parse::notice(document), "understood twice, it says something else");
    assert!(notice.contact.phones.len() <= 100, "{} telephones: what is found is looked at again and again", notice.contact.phones.len());
    let lengths: Vec<usize> = document.blocks.iter().map(|block| block.text().chars().count()).collect();
    spans(&serde_json::to_value(&notice).expect("a notice is data"), &lengths);
    for span in notice.fields().into_iter().filter_map(|field| field.span) {
        inside(span, &lengths);
        let sentence = parse::sentence_around(document, span);
        assert!(sentence.start <= span.start && span.end <= sentence.end, "{sentence:?} is not around {span:?}");
        inside(sentence, &lengths);
    }
}

fn spans(value: &Value, lengths: &[usize]) {
    match value {
        Value::Object(object) => {
            if let Ok(span) = serde_json::from_value::<Span>(value.clone()) {
                inside(span, lengths);
            }
            object.values().for_each(|value| spans(value, lengths));
        }
        Value::Array(values) => values.iter().for_each(|value| spans(value, lengths)),
        _ => {}
    }
}

/// `lengths` are those of the blocks, in characters.
fn inside(span: Span, lengths: &[usize]) {
    let length = *lengths.get(span.block as usize).unwrap_or_else(|| panic!("{span:?} names no block"));
    assert!(span.start <= span.end && span.end as usize <= length, "{span:?} leaves its block of {length} characters");
}
