use std::borrow::Cow;
use std::fmt;

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Part, PartText, file_name};

/// Content without format: what a page or file says, in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    pub title: Option<String>,
    /// When the site says it published this (发布时间); not the date of signature.
    pub published: Option<Published>,
    /// The source line (来源, 信息来源) without its label.
    pub source: Option<String>,
    /// The column (栏目) the page stands in.
    pub column: Option<String>,
    /// The site's name.
    pub site: Option<String>,
    /// The body, then what its annexes say. Never holds page noise, empty blocks or the title line.
    pub blocks: Vec<Block>,
    /// In the order of their links.
    pub attachments: Vec<Attachment>,
    /// Where the rest of the body stands; empty once it was joined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Elsewhere>,
    /// Files, further pages and frames that belong to the notice, and where their text stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// Why the reading may be wrong; shown to the operator, never a reason to lose it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
    /// [`super::Furniture::generation`] of what was known of the source's pages when this was read; `None` where nothing that
    /// is known of them could make a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub furniture: Option<u32>,
}

impl Document {
    /// The notice itself, without its annexes.
    pub fn body(&self) -> &[Block] {
        let annexes = self.parts.iter().filter_map(|part| match &part.text {
            PartText::Annex(range) => Some(range.start as usize),
            _ => None,
        });
        &self.blocks[..annexes.min().unwrap_or(self.blocks.len()).min(self.blocks.len())]
    }

    pub fn part(&self, url: &Url) -> Option<&Part> {
        self.parts.iter().find(|part| part.url == *url)
    }

    /// One line for each file of the notice: its name, and whether its text is here.
    pub fn files(&self) -> Vec<String> {
        let said = |attachment: &Attachment| match self.part(&attachment.url) {
            Some(part) => part.said(self),
            None => file_name(&attachment.name),
        };
        self.attachments.iter().map(said).collect()
    }

    /// Characters of the body's text, without white space.
    pub fn characters(&self) -> usize {
        self.blocks.iter().map(|block| block.text().chars().filter(|c| !c.is_whitespace()).count()).sum()
    }

    /// The body's text without any white space: equal for two layouts of the same words.
    pub fn words(&self) -> String {
        let mut words = String::new();
        for block in &self.blocks {
            words.extend(block.text().chars().filter(|c| !c.is_whitespace()));
        }
        words
    }
}

/// One paragraph, heading or table row of a body; never empty, inner white space single, ends trimmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    Paragraph(String),
    Heading(String),
    /// A table row's cells from left to right; a cell may be empty.
    Row(Vec<String>),
}

impl Block {
    /// The block as one line; a row's cells that are not empty, joined by one space.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Paragraph(text) | Self::Heading(text) => Cow::Borrowed(text),
            Self::Row(cells) => Cow::Owned(cells.iter().filter(|cell| !cell.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")),
        }
    }
}

/// A publication date, with the time of day where the page gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Published {
    pub date: Date,
    pub time: Option<Time>,
}

impl fmt::Display for Published {
    /// `2024-09-12` or `2024-09-12 09:52`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.time {
            Some(time) => write!(f, "{} {}", self.date, time.strftime("%H:%M")),
            None => write!(f, "{}", self.date),
        }
    }
}

/// A file that a page links to as part of what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub url: Url,
    /// As the page names it; display text only, never a path.
    pub name: String,
}

/// Where a page says that more of its body stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Elsewhere {
    /// The body goes on at this page.
    Next(Url),
    /// The article is shown in a frame.
    Frame(Url),
}

/// A page that is no content: a wall, a challenge, a log-in, a maintenance page, a soft 404.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoContent {
    /// Its name in logs and reports: `ruishu`, `jsl`, `captcha`, `soft-404`, `maintenance` …
    pub kind: String,
    /// What it was recognised by, in one line.
    pub evidence: String,
}

impl NoContent {
    /// Whether the page says that what was asked for is not there (a soft 404), rather than keeping us out.
    pub fn says_gone(&self) -> bool {
        self.kind == Self::SOFT_404
    }

    pub const SOFT_404: &'static str = "soft-404";
}

impl fmt::Display for NoContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.kind, self.evidence)
    }
}

/// Why bytes gave no document. Unreadable is not edited: the caller reports it and keeps the last version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreadable {
    #[error("the page is no content but {0}")]
    NoContent(NoContent),
    #[error("no body found ({saw})")]
    NoBody {
        /// What was seen instead, in one line.
        saw: String,
    },
    #[error("{format} is not a format that can be read")]
    Format { format: String },
    /// Markup made to be slow: too deep, too many attributes or open elements.
    #[error("too complex to read: {limit}")]
    TooComplex { limit: String },
    /// A file that opens only with a password.
    #[error("the file is encrypted and opens only with a password; ask who published it for one that is not")]
    Encrypted,
    /// A file of pictures of pages.
    #[error("scanned, no text: {pages} pages are pictures; ocr = \"tesseract\" under [files] reads them where tesseract is installed")]
    Scanned { pages: usize },
    /// Reading was stopped: the file is made to be slow or large, or larger than the settings foresee.
    #[error("reading was stopped at its limit of {limit}; if the file is harmless, raise the limit under [files]")]
    Limits { limit: String },
    /// The file is damaged, or the program that reads it failed or is missing.
    #[error("{what}")]
    Failed { what: String },
    /// Cut short, or not what its first bytes say.
    #[error("the file is damaged: {what}")]
    Damaged { what: String },
}
