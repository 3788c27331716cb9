use std::ops::Range;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Block, Document, Problem, SnapshotId, Validators, file_name};

/// What belongs to a notice besides its page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub kind: PartKind,
    pub url: Url,
    /// As the page names it; display text only, never a path.
    pub name: String,
    /// The bytes that it was read from, or that could not be read; `None` where they were never had.
    #[serde(default)]
    pub snapshot: Option<SnapshotId>,
    /// What the file calls itself.
    #[serde(default)]
    pub title: Option<String>,
    pub text: PartText,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// A file that the page links to.
    File,
    /// A further page of the body.
    Page,
    /// A page shown inside the page, which holds the article.
    Frame,
}

/// Where the text of a part stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartText {
    /// Among the document's blocks, as part of the notice itself: a further page, or the file that a bare page points to.
    Body(Range<u32>),
    /// Among the document's blocks, behind the notice itself.
    Annex(Range<u32>),
    /// It says what the notice itself says already: here, and not among the document's blocks.
    Copy(Vec<Block>),
    /// It could not be had or read.
    Unread(Problem),
}

impl Part {
    /// Its blocks; `None` where it is unread.
    pub fn blocks<'a>(&'a self, document: &'a Document) -> Option<&'a [Block]> {
        match &self.text {
            PartText::Body(range) | PartText::Annex(range) => document.blocks.get(range.start as usize..range.end as usize),
            PartText::Copy(blocks) => Some(blocks),
            PartText::Unread(_) => None,
        }
    }

    pub fn is_read(&self) -> bool {
        !matches!(self.text, PartText::Unread(_))
    }

    /// The ending of its name or address in capitals, PDF; empty where neither has one.
    pub fn format(&self) -> String {
        let ending = |name: &str| {
            let (_, ending) = name.rsplit_once('.')?;
            let is_ending = (2..=4).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
            is_ending.then(|| ending.to_ascii_uppercase())
        };
        let last = self.url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
        let is_page = |ending: &String| matches!(ending.as_str(), "JSP" | "DO" | "ASPX" | "ASP" | "PHP" | "HTML" | "HTM" | "CN" | "COM");
        ending(self.name.trim()).or_else(|| ending(last)).filter(|ending| !is_page(ending)).unwrap_or_default()
    }

    /// Its name, harmless wherever it is shown.
    pub fn shown_name(&self) -> String {
        Some(file_name(&self.name)).filter(|name| !name.is_empty()).unwrap_or_else(|| "附件".to_owned())
    }

    /// The same to be written under: with its format's ending where the page gave it none.
    pub fn file_name(&self) -> String {
        let name = self.shown_name();
        let format = self.format().to_ascii_lowercase();
        let has_ending = name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case(&format));
        if format.is_empty() || has_ending || self.kind != PartKind::File { name } else { format!("{name}.{format}") }
    }

    /// One line for a reader: `整改清单.pdf（PDF，已读，12 段）`, or why it was not read.
    pub fn said(&self, document: &Document) -> String {
        let how = match &self.text {
            PartText::Body(range) | PartText::Annex(range) => format!("已读，{} 段", range.len()),
            PartText::Copy(_) => "已读，与正文相同".to_owned(),
            PartText::Unread(problem) => unread(problem),
        };
        let differs = match self.blocks(document) {
            Some(blocks) if matches!(self.text, PartText::Copy(_)) && !says_the_same(blocks, document.body()) => "，文字略有出入",
            _ => "",
        };
        let format = Some(self.format()).filter(|format| !format.is_empty()).map(|format| format!("{format}，")).unwrap_or_default();
        format!("{}（{format}{how}{differs}）", self.shown_name())
    }
}

/// Whether two texts have the same letters, digits and signs in whatever paragraphs.
fn says_the_same(one: &[Block], other: &[Block]) -> bool {
    let words = |blocks: &[Block]| -> String {
        blocks.iter().flat_map(|block| block.text().chars().filter(|c| c.is_alphanumeric()).collect::<Vec<_>>()).collect()
    };
    words(one) == words(other)
}

/// Why there is no text, for a reader.
fn unread(problem: &Problem) -> String {
    let why = match problem.name.as_str() {
        Problem::NOT_FETCHED => "尚未读取",
        "gone" => "链接已失效",
        "robots" => "robots.txt 不许读取",
        "cross-host" => "在其他网站，未读取",
        "too-large" => "文件过大，未读取",
        "too-many" => "附件过多，未读取",
        "unreachable" | "refused" => "暂时取不到",
        "page-for-file" => "打开的是网页，不是文件",
        "scanned" => "扫描件，无文字",
        "encrypted" => "已加密，未读取",
        "unknown-format" => "此格式暂不能读",
        "no-body" => "没有文字",
        "damaged" => "文件已损坏",
        "too-costly" => "读取超出限度",
        "too-complex" => "结构过于复杂，未读取",
        _ => "未能读取",
    };
    why.to_owned()
}

/// What is remembered of a part between two looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    pub url: Url,
    pub name: String,
    /// Of the bytes as last served.
    #[serde(default)]
    pub validators: Validators,
    /// The bytes as last served; `None` where they were never had.
    #[serde(default)]
    pub snapshot: Option<SnapshotId>,
    /// When they were last asked for with success.
    #[serde(default)]
    pub looked_at: Option<Timestamp>,
    /// Why these bytes have no text.
    #[serde(default)]
    pub unread: Option<Problem>,
    /// Why the last request gave nothing.
    #[serde(default)]
    pub trouble: Option<Problem>,
}

impl Watched {
    /// What is wrong with it, in one line.
    pub fn problem(&self) -> Option<String> {
        let problem = self.trouble.as_ref().or(self.unread.as_ref())?;
        Some(format!("attachment {}: {problem}", file_name(&self.name)))
    }
}
