//! A version to what the next look must know of it, so that an unchanged page costs no reading of its version.

use super::parts;
use super::read;
use crate::extract;
use crate::model::{Document, Furniture, Newest, SnapshotId, Version};

/// What to remember of a reading by the present code.
pub fn of(snapshot: &SnapshotId, document: &Document) -> Newest {
    Newest {
        snapshot: snapshot.clone(),
        revision: extract::REVISION,
        furniture: document.furniture,
        parts: parts::known_parts(document),
        is_to_be_tried: is_to_be_tried(document),
    }
}

/// What to remember of a version that says the same as long as no more is known of its source's pages than `furniture` knows.
pub fn of_version(version: &Version, furniture: &Furniture) -> Newest {
    let known_up_to = version.document.furniture.map(|_| furniture.generation);
    Newest { revision: version.revision, furniture: known_up_to, ..of(&version.snapshot, &version.document) }
}

/// Whether the version is as the present code would read it, knowing what is known of the source's pages by now.
pub fn is_present(newest: &Newest, furniture: &Furniture) -> bool {
    newest.revision == extract::REVISION
        && newest.furniture.is_none_or(|generation| generation == furniture.generation)
        && !newest.is_to_be_tried
}

/// Whether nothing but our own machine kept the file that the notice is from being read.
pub fn is_to_be_tried(document: &Document) -> bool {
    read::unread_file(document).is_some_and(parts::is_ours)
}
