use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;

/// SHA-256 of a snapshot's body, as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SnapshotId(pub String);

impl SnapshotId {
    pub fn of(body: &[u8]) -> Self {
        use std::fmt::Write as _;
        Self(Sha256::digest(body).iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }))
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a server answered at one address at one time: the ground truth that everything else can be rebuilt from.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The address that answered, after redirects.
    pub url: Url,
    pub status: u16,
    /// Header fields in the order they came, names in lower case.
    pub headers: Vec<(String, String)>,
    pub fetched_at: Timestamp,
    /// The body after content decoding (gzip and the like), before charset decoding.
    pub body: Vec<u8>,
}

impl Snapshot {
    /// A snapshot of a body that came from elsewhere than a server: a file, a test.
    pub fn of_body(url: Url, content_type: Option<&str>, body: Vec<u8>, fetched_at: Timestamp) -> Self {
        let headers = content_type.map(|value| ("content-type".to_owned(), value.to_owned())).into_iter().collect();
        Self { url, status: 200, headers, fetched_at, body }
    }

    pub fn id(&self) -> SnapshotId {
        SnapshotId::of(&self.body)
    }

    /// The first header field of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub fn content_type(&self) -> Option<&str> {
        self.header("content-type")
    }
}

/// What a server gave to ask "has it changed?" with (RFC 9110, 8.8). Stored only together with what was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

impl Validators {
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// A snapshot's text: its body decoded by the charset that it is really in.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub url: Url,
    pub content_type: Option<String>,
    pub text: String,
    /// The charset's name by the Encoding Standard, in lower case: `utf-8`, `gb18030`.
    pub charset: &'static str,
    /// Characters that had to be replaced (U+FFFD) because the bytes make no sense in the charset.
    pub replaced: usize,
}
