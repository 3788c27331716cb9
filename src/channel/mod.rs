//! Deliveries out of the house: over SMTP, or as `.eml` files into a folder.
//!
//! At least once, never silently not: what could not be sent comes back as a [`SendError`] and stays owed.
//! Decides nothing about when to try again.

mod folder;
mod memory;
mod mime;
mod secret;
mod settings;
mod smtp;

use jiff::Timestamp;

use crate::model::Delivery;

pub use memory::Kept;
pub use mime::{address, eml, mailbox};
pub use secret::Secret;
pub use settings::{Dkim, Security, Sender, Server, Settings};

/// Why a delivery did not go out, named by what the caller does next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Greylisted, full, unreachable: the delivery stays owed.
    #[error("{0}")]
    Later(String),
    /// The address does not exist or the message is refused: a person must look.
    #[error("{0}")]
    Never(String),
}

/// A way out of the house.
pub enum Channel {
    Smtp(Box<smtp::Smtp>),
    Folder(folder::Folder),
    Memory(memory::Memory),
}

impl Channel {
    /// # Errors
    /// A setting that cannot be used, with what to write instead.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        settings.sender().check()?;
        Ok(match settings {
            Settings::Smtp { server, from } => Self::Smtp(Box::new(smtp::Smtp::new(server, from)?)),
            Settings::Folder { path, from } => Self::Folder(folder::Folder::new(path, from)),
            Settings::Memory { from } => Self::Memory(memory::Memory::new(from)),
        })
    }

    /// Sends one delivery; of a delivery sent before, the recipient's mail program sees the same Message-ID again.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send(&self, delivery: &Delivery, now: Timestamp) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.send(delivery).await,
            Self::Folder(folder) => folder.send(delivery).await,
            Self::Memory(memory) => memory.send(delivery, now),
        }
    }

    /// Takes leave of the mail server, where one was spoken to.
    pub async fn close(&self) {
        if let Self::Smtp(smtp) = self {
            smtp.close().await;
        }
    }

    /// What a channel into memory was given, in order; nothing of the others.
    pub fn kept(&self) -> Vec<Kept> {
        match self {
            Self::Memory(memory) => memory.kept(),
            Self::Smtp(_) | Self::Folder(_) => Vec::new(),
        }
    }
}
