//! What lies in a store's files behind the program's back: words that were forgotten, and rows to spoil.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use huitoukan::store::Store;
use regex::bytes::RegexSet;

use super::dice::Dice;

/// Titles that should be gone and are still found: in the bytes of any file, in the pages, or in a message.
pub fn remains(folder: &Path, store: &dyn Store, titles: &[&str]) -> Vec<String> {
    if titles.is_empty() {
        return Vec::new();
    }
    let wanted = RegexSet::new(titles.iter().map(|title| regex::escape(title))).expect("escaped text is a pattern");
    let mut found = Vec::new();
    for path in files(folder) {
        // Pages are compressed; nothing else is that holds a title.
        let bytes = if path.extension().is_some_and(|end| end == "gz") { unpacked(&path) } else { fs::read(&path).unwrap_or_default() };
        found.extend(wanted.matches(&bytes).into_iter().map(|title| (title, path.display().to_string())));
    }
    for delivery in store.deliveries(usize::MAX).unwrap_or_default() {
        let message = &delivery.message;
        let said = [&message.subject, &message.text, &message.html].map(String::as_str).join("\n");
        found.extend(wanted.matches(said.as_bytes()).into_iter().map(|title| (title, format!("the message {}", delivery.id))));
    }
    found.into_iter().map(|(title, place)| format!("{} was forgotten, and is still in {place}", titles[title])).collect()
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = File::open(path).expect("an archive file that was listed can be opened");
    // What is after the last whole member was never promised.
    let _ = flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes);
    bytes
}

/// Every file below, but for the ballast, which is empty.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.is_file() && !path.ends_with("ballast") {
            files.push(path);
        }
    }
    files
}

/// Takes away one row by which a notice, a change or a mail is found; `false` where there is none yet.
pub fn spoils_an_index(records: &Path, dice: &mut Dice) -> bool {
    let records = sled::Config::new().path(records).flush_every_ms(None).open().expect("sled opens what the store has closed");
    let index = records.open_tree("index").expect("sled opens its trees");
    let keys: Vec<_> = index.iter().keys().filter_map(Result::ok).collect();
    // Where a notice stood before cannot be made again.
    let made_again: Vec<_> = keys.iter().filter(|key| !key.starts_with(b"address/")).collect();
    let Some(key) = dice.pick(&made_again) else { return false };
    index.remove(key).expect("a row can be removed");
    records.flush().expect("and that is kept");
    true
}
