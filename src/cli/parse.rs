//! `huitoukan parse`: what files say, understood; one JSON object per file.
//!
//! Touches neither net nor store. The shape is described in `docs/notice.schema.json`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Value, json};
use url::Url;

use super::desk::Folder;
use super::{Output, output};
use crate::extract::{self, plain};
use crate::flow::file as files;
use crate::model::{Notice, Rules, Snapshot};
use crate::parse;
use crate::sandbox::Sandbox;

/// Understand notices in files: pages (HTML), papers (PDF and others) or plain text, one paragraph a line
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan parse notice.txt page.html --url https://www.qzlc.gov.cn/zwgk/t20240912_1.htm --json")]
pub struct ParseArgs {
    /// Files to read; `-` is standard input, as plain text
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The address that the files stand for
    #[arg(long)]
    url: Option<Url>,
    /// The media type of the files, where their names do not tell
    #[arg(long)]
    content_type: Option<String>,
    /// One JSON object per line instead of a summary
    #[arg(long)]
    json: bool,
    /// Tell why a file is or is not taken for a rectification notice
    #[arg(long)]
    explain: bool,
}

impl ParseArgs {
    pub fn run(&self, folder: &Folder) -> anyhow::Result<ExitCode> {
        let sandbox = folder.sandbox();
        let mut code = ExitCode::SUCCESS;
        for file in &self.files {
            match self.read(file, &sandbox) {
                Ok(read) => self.print(file, &read)?,
                Err(error) => {
                    writeln!(Output::of_terminal().err, "{}: {error:#}", file.display())?;
                    code = ExitCode::FAILURE;
                }
            }
        }
        Ok(code)
    }

    fn read(&self, file: &Path, sandbox: &Sandbox) -> anyhow::Result<plain::Plain> {
        let bytes = if file == Path::new("-") {
            std::io::read_to_string(std::io::stdin()).context("standard input cannot be read")?.into_bytes()
        } else {
            std::fs::read(file).context("the file cannot be read")?
        };
        let url = self.url.clone().unwrap_or_else(|| Url::parse("file:///").expect("a constant address"));
        if self.is_plain(file, &bytes) {
            let snapshot = Snapshot::of_body(url, self.content_type.as_deref(), bytes, jiff::Timestamp::UNIX_EPOCH);
            return Ok(plain::document(&extract::decode(&snapshot).text));
        }
        let snapshot = Snapshot::of_body(url, self.content_type.as_deref(), bytes, jiff::Timestamp::UNIX_EPOCH);
        let document = files::open(&snapshot, &Rules::default(), sandbox)?;
        Ok(plain::Plain { document, cuts: Vec::new() })
    }

    /// By the given type, else by the name, else by the first bytes.
    fn is_plain(&self, file: &Path, bytes: &[u8]) -> bool {
        if let Some(content_type) = &self.content_type {
            return content_type.starts_with("text/plain");
        }
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("txt" | "text" | "md") => true,
            Some(_) => false,
            None => std::str::from_utf8(bytes).is_ok_and(|text| !text.trim_start().starts_with('<')),
        }
    }

    fn print(&self, file: &Path, read: &plain::Plain) -> std::io::Result<()> {
        let mut out = Output::of_terminal().out;
        let notice = parse::notice(&read.document);
        if self.json {
            let mut object = parse::json::object(&file.display().to_string(), &read.document, &notice, &read.cuts);
            if self.explain {
                let reasons = parse::explain(&read.document);
                let reasons = reasons.iter().map(|reason| json!({"speaks_for": reason.speaks_for, "what": reason.what})).collect();
                object.insert("reasons".to_owned(), Value::Array(reasons));
            }
            return writeln!(out, "{}", output::json(&Value::Object(object))?);
        }
        writeln!(out, "{}", summary(&file.display().to_string(), &notice))?;
        if self.explain {
            for reason in parse::explain(&read.document) {
                writeln!(out, "  {} {}", if reason.speaks_for { '+' } else { '-' }, reason.what)?;
            }
        }
        Ok(())
    }
}

/// For reading on a terminal: the stated fields and one line per item.
fn summary(file: &str, notice: &Notice) -> String {
    let mut text = format!("{file}: {}", parse::json::topic_name(notice.topic));
    for field in notice.fields() {
        let _ = write!(text, "\n  {}: {}{}", field.label, field.text, if field.inferred { " (推定)" } else { "" });
    }
    for item in &notice.items {
        let status = item.status.as_ref().map_or("未标注", |status| status.value.chinese());
        let _ = write!(text, "\n  {} {} · {status} · 措施 {}", item.path.join(" "), item.heading.value, item.measures.len());
    }
    text
}
