//! `huitoukan extract`: what is read in saved pages, one after the other. Touches neither net nor store.

use std::io::{Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use super::desk::Folder;
use super::{Output, output};
use crate::flow::file;
use crate::model::{Document, Elsewhere, Rules, Snapshot};
use crate::sandbox::Sandbox;

/// Read saved pages and files: title, date, source line, body, attachments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  huitoukan extract saved.html --url https://www.qzlc.gov.cn/zwgk/t20240912_1.htm
  curl -s URL | huitoukan extract - --url URL --json
  huitoukan extract notice.pdf --json")]
pub struct ExtractArgs {
    /// Saved pages or files (PDF and others); `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// The address that the pages came from, to resolve links against
    #[arg(long, default_value = "http://localhost/")]
    url: Url,
    /// The Content-Type that the server sent; recognised from the bytes where not given
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// CSS selector of the element that holds the body
    #[arg(long, value_name = "CSS")]
    body: Option<String>,
    /// One JSON object per file
    #[arg(long)]
    json: bool,
}

impl ExtractArgs {
    /// Exit code 1 only where no file at all could be read; a file's problem stands on its own line.
    pub fn run(&self, folder: &Folder) -> anyhow::Result<ExitCode> {
        let sandbox = folder.sandbox();
        let mut out = std::io::BufWriter::new(Output::of_terminal().out);
        let mut problems = 0;
        for file in &self.files {
            let reading = Reading::of(file, self.read(file, &sandbox));
            problems += usize::from(reading.problem.is_some());
            if self.json {
                writeln!(out, "{}", output::json(&reading)?)?;
            } else {
                reading.show(&mut out)?;
            }
        }
        out.flush()?;
        Ok(if problems < self.files.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn read(&self, file: &str, sandbox: &Sandbox) -> Result<Document, String> {
        let mut body = Vec::new();
        if file == "-" {
            std::io::stdin().lock().read_to_end(&mut body).map_err(|problem| problem.to_string())?;
        } else {
            body = std::fs::read(file).map_err(|problem| problem.to_string())?;
        }
        let snapshot = Snapshot::of_body(self.url.clone(), self.content_type.as_deref(), body, Timestamp::UNIX_EPOCH);
        let rules = Rules { body: self.body.clone(), ..Rules::default() };
        let reading = catch_unwind(AssertUnwindSafe(|| file::open(&snapshot, &rules, sandbox)));
        let reading =
            reading.map_err(|_| "the reader broke on this page; please report it".to_owned())?.map_err(|problem| problem.to_string())?;
        match reading.elsewhere.first() {
            Some(Elsewhere::Frame(url)) if reading.blocks.is_empty() => {
                Err(format!("no body found: the page shows {url} in a frame; save that page and read it"))
            }
            _ => Ok(reading),
        }
    }
}

/// One file's line of JSON.
#[derive(Debug, Default, Serialize)]
struct Reading<'a> {
    file: &'a str,
    title: Option<String>,
    published: Option<String>,
    source: Option<String>,
    body: Vec<String>,
    attachments: Vec<Link>,
    problem: Option<String>,
    /// Only on the page for people.
    #[serde(skip)]
    doubts: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Link {
    url: Url,
    name: String,
}

impl<'a> Reading<'a> {
    fn of(file: &'a str, document: Result<Document, String>) -> Self {
        match document {
            Ok(document) => Self {
                file,
                body: document.blocks.iter().map(|block| block.text().into_owned()).collect(),
                title: document.title,
                published: document.published.map(|published| published.to_string()),
                source: document.source,
                attachments: document.attachments.into_iter().map(|file| Link { url: file.url, name: file.name }).collect(),
                problem: None,
                doubts: document.doubts,
            },
            Err(problem) => Self { file, problem: Some(problem), ..Self::default() },
        }
    }

    fn show(&self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        writeln!(out, "== {}", self.file)?;
        if let Some(problem) = &self.problem {
            return writeln!(out, "{problem}\n");
        }
        let stated = |value: &Option<String>| value.clone().unwrap_or_else(|| "—".to_owned());
        writeln!(out, "标题  {}\n发布  {}\n来源  {}\n", stated(&self.title), stated(&self.published), stated(&self.source))?;
        for paragraph in &self.body {
            writeln!(out, "{paragraph}")?;
        }
        for link in &self.attachments {
            writeln!(out, "附件  {}  {}", link.name, link.url)?;
        }
        for doubt in &self.doubts {
            writeln!(out, "存疑  {doubt}")?;
        }
        writeln!(out)
    }
}

#[cfg(test)]
mod tests {
    use super::Reading;
    use crate::model::{Block, Document};

    #[test]
    fn a_reading_is_one_object_with_every_field_and_null_where_nothing_is_stated() {
        let row = Block::Row(vec!["1".to_owned(), String::new(), "已完成".to_owned()]);
        let document = Document { blocks: vec![Block::Heading("一、情况".to_owned()), row], ..Document::default() };
        let line = serde_json::to_string(&Reading::of("-", Ok(document))).unwrap();
        let expected =
            r#"{"file":"-","title":null,"published":null,"source":null,"body":["一、情况","1 已完成"],"attachments":[],"problem":null}"#;
        assert_eq!(line, expected);
    }

    #[test]
    fn a_problem_stands_on_its_files_line() {
        let line = serde_json::to_string(&Reading::of("a.html", Err("no body found".to_owned()))).unwrap();
        assert!(line.starts_with(r#"{"file":"a.html","title":null"#) && line.ends_with(r#""problem":"no body found"}"#), "{line}");
    }
}
