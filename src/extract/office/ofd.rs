use super::container::Container;
use crate::model::{Document, Unreadable};

pub fn read(container: &mut Container<'_>) -> Result<Document, Unreadable> {
    let _ = container;
    Err(Unreadable::Format { format: "ofd".to_owned() })
}
