//! Every reader of outside bytes, each as a function that takes any bytes and panics where a promise is broken.
//!
//! The targets beside it feed them inputs made from coverage; `tests/fuzz_cases.rs` includes this file and feeds them every case
//! that was ever found. A reader here asks for more than to stay alive: read twice it says the same, what it says keeps the
//! promises of its type, and it says no more than its input can hold.

mod answers;
mod files;
mod kept;
mod pages;
mod sound;
mod wires;
mod words;

/// A reader's name, which is that of its target, and what feeds it.
pub type Reader = (&'static str, fn(&[u8]));

pub const READERS: [Reader; 29] = [
    ("charset", pages::charset),
    ("html", pages::html),
    ("listing", pages::listing),
    ("pdf", files::pdf),
    ("docx", files::docx),
    ("doc", files::doc),
    ("ofd", files::ofd),
    ("rtf", files::rtf),
    ("xls", files::xls),
    ("xlsx", files::xlsx),
    ("zip", files::zip),
    ("mht", files::mht),
    ("feed", pages::feed),
    ("mapping", pages::mapping),
    ("no_content", pages::no_content),
    ("notice", words::notice),
    ("compare", words::compare),
    ("robots", wires::robots),
    ("mail", wires::mail),
    ("config", wires::config),
    ("answer", wires::answer),
    ("socket", wires::socket),
    ("direct", files::direct),
    ("codings", answers::codings),
    ("header", answers::header),
    ("browser", answers::browser),
    ("row", kept::row),
    ("warc", kept::warc),
    ("backup", kept::backup),
];

/// Feeds the reader of that name.
///
/// # Panics
/// Where no reader has the name, and where the reader breaks a promise.
pub fn read(name: &str, bytes: &[u8]) {
    let (_, reader) = READERS.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no reader is called {name}"));
    reader(bytes);
}
