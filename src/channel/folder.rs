//! A delivery to a pair of files: `20261122-000000-office@example.org-0123abcd.eml`, and its HTML part beside it.
//!
//! A file is whole or not there; a delivery sent again lies in the same place.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{SendError, Sender, eml};
use crate::model::Delivery;

/// Of the recipient in a file name, in characters; a whole name must stay below 255 bytes.
const NAME_CHARACTERS_MAX: usize = 80;

pub struct Folder {
    path: PathBuf,
    sender: Sender,
}

impl Folder {
    pub(super) fn new(path: &Path, sender: &Sender) -> Self {
        Self { path: path.to_owned(), sender: sender.clone() }
    }

    pub(super) async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        let mail = eml(delivery, &self.sender).map_err(SendError::Never)?;
        let (folder, stem, html) = (self.path.clone(), stem(delivery), delivery.message.html.clone());
        let written = tokio::task::spawn_blocking(move || {
            fs::create_dir_all(&folder)?;
            // The mail comes last: where it lies, its page does too.
            write(&folder, &format!("{stem}.html"), html.as_bytes())?;
            write(&folder, &format!("{stem}.eml"), &mail)
        });
        let later = |why: String| SendError::Later(format!("cannot write the mail to {}: {why}", self.path.display()));
        written.await.map_err(|error| later(error.to_string()))?.map_err(|error| later(error.to_string()))
    }
}

fn stem(delivery: &Delivery) -> String {
    let time = delivery.created_at.strftime("%Y%m%d-%H%M%S");
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '-' | '_' | '+') { c } else { '_' };
    let recipient: String = delivery.recipient.chars().map(plain).take(NAME_CHARACTERS_MAX).collect();
    let id: String = delivery.id.chars().map(plain).take(8).collect();
    format!("{time}-{recipient}-{id}")
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let unfinished = folder.join(format!(".{name}.tmp"));
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(name))?;
    File::open(folder)?.sync_all()
}
