use std::path::PathBuf;
use std::time::Duration;

use super::{Secret, address, mailbox};

/// Where mail goes, and whom it comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Settings {
    Smtp {
        server: Box<Server>,
        from: Sender,
    },
    /// The default until a server is configured.
    Folder {
        path: PathBuf,
        from: Sender,
    },
    /// Kept for a test to look at.
    Memory {
        from: Sender,
    },
}

impl Settings {
    pub fn sender(&self) -> &Sender {
        match self {
            Self::Smtp { from, .. } | Self::Folder { from, .. } | Self::Memory { from } => from,
        }
    }
}

/// Whom mail comes from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sender {
    /// A mailbox: `robot@example.org` or `回头看 <robot@example.org>`.
    pub mailbox: String,
    /// A mail address.
    pub reply_to: Option<String>,
    /// The mail address that takes notice of who wants no more mail.
    pub unsubscribe: Option<String>,
    pub dkim: Option<Dkim>,
}

impl Sender {
    pub(super) fn check(&self) -> Result<(), String> {
        mailbox(&self.mailbox)?;
        for one in [&self.reply_to, &self.unsubscribe].into_iter().flatten() {
            address(one)?;
        }
        self.dkim.as_ref().map_or(Ok(()), Dkim::check)
    }
}

impl From<String> for Sender {
    fn from(mailbox: String) -> Self {
        Self { mailbox, ..Self::default() }
    }
}

impl From<&str> for Sender {
    fn from(mailbox: &str) -> Self {
        mailbox.to_owned().into()
    }
}

/// A mail server that takes our mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Certificates in PEM that count besides the machine's authorities.
    pub authority: Option<Vec<u8>>,
    /// User and password.
    pub login: Option<(String, Secret)>,
    /// For getting a connection ready, and again for each message.
    pub timeout: Duration,
}

/// How the conversation is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Begun in clear and then encrypted, or not continued.
    StartTls,
    Tls,
    /// Clear text; for this machine and private networks.
    None,
}

/// How mails are signed (RFC 6376).
#[derive(Debug, Clone, PartialEq)]
pub struct Dkim {
    pub selector: String,
    pub domain: String,
    /// An RSA key in PEM (PKCS #1).
    pub key: Secret,
}

impl Dkim {
    #[cfg(feature = "dkim")]
    fn check(&self) -> Result<(), String> {
        super::mime::signing_key(self).map(|_| ())
    }

    #[cfg(not(feature = "dkim"))]
    fn check(&self) -> Result<(), String> {
        Err("this program was built without DKIM; build it with `--features dkim`, or let the mail server sign".to_owned())
    }
}
