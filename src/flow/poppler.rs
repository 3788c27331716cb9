//! The programs that know PDF, asked in the child process: `pdftotext` (our own reader where it is not installed), and `pdftoppm` with `tesseract` for pictures of pages.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::extract::pdf::{Direct, Pages, PdfText};
use crate::model::Unreadable;
use crate::sandbox::{self, Done, Limits, Ocr, Tools};

/// Dots per inch at which characters of 12 points are some 33 dots high, as tesseract likes them.
const OCR_DPI: &str = "200";
/// Pages recognised at most; 20 seconds each on a slow machine.
const OCR_PAGES_MAX: usize = 50;

pub struct Poppler {
    pub tools: Tools,
    pub limits: Limits,
}

impl PdfText for Poppler {
    fn text(&self, bytes: &[u8]) -> Result<Pages, Unreadable> {
        let arguments = ["-q", "-bbox-layout", "-enc", "UTF-8", "-", "-"].map(OsStr::new);
        let pages = match sandbox::run_tool(&self.tools.pdftotext, &arguments, bytes)? {
            Some(done) => self.written(bytes, &done)?,
            None => Direct.text(bytes)?,
        };
        if self.tools.ocr == Ocr::Tesseract && pages.is_scanned() {
            return self.recognised(bytes, pages);
        }
        Ok(pages)
    }
}

/// Why pdftotext wrote no page. An encrypted file names its key in the clear, however the rest is packed (ISO 32000-1, 7.6.1).
fn refused(bytes: &[u8], code: Option<i32>, limits: &Limits) -> Unreadable {
    let names_key = bytes.windows(b"/Encrypt".len()).any(|window| window == b"/Encrypt");
    match code {
        None => Unreadable::Limits { limit: format!("{} MiB of memory", limits.memory_bytes >> 20) },
        Some(1 | 3) if names_key => Unreadable::Encrypted,
        Some(code) => Unreadable::Failed { what: format!("the PDF is damaged: pdftotext finds no page in it (its code is {code})") },
    }
}

impl Poppler {
    /// What pdftotext wrote.
    fn written(&self, bytes: &[u8], done: &Done) -> Result<Pages, Unreadable> {
        if done.was_slow {
            return Err(Unreadable::Limits { limit: format!("{} s", self.limits.time.as_secs()) });
        }
        let mut pages = Pages::of_bbox(&done.output);
        if pages.pages.is_empty() {
            return Err(refused(bytes, done.code, &self.limits));
        }
        if done.code != Some(0) {
            pages.doubts.push("the PDF is damaged; what could be read of it may not be all".to_owned());
        }
        Ok(pages)
    }

    /// The pages as tesseract sees them, each made into a picture first.
    fn recognised(&self, bytes: &[u8], pages: Pages) -> Result<Pages, Unreadable> {
        let mut seen = Pages::default();
        for (number, page) in pages.pages.iter().enumerate().take(OCR_PAGES_MAX) {
            let number = (number + 1).to_string();
            let arguments = ["-q", "-r", OCR_DPI, "-gray", "-f", &number, "-l", &number, "-"].map(OsStr::new);
            let picture = self.tool(&self.beside("pdftoppm"), &arguments, bytes)?;
            let arguments = ["-", "-", "-l", "chi_sim", "--dpi", OCR_DPI, "tsv"].map(OsStr::new);
            let words = self.tool(Path::new("tesseract"), &arguments, &picture)?;
            seen.pages.push(page.of_tesseract(&String::from_utf8_lossy(&words), OCR_DPI.parse().unwrap_or(200.0)));
        }
        seen.doubts.push(format!("the text of {} scanned pages was recognised by tesseract, and holds mistakes", seen.pages.len()));
        if pages.pages.len() > OCR_PAGES_MAX {
            seen.doubts.push(format!("only the first {OCR_PAGES_MAX} of {} scanned pages were recognised", pages.pages.len()));
        }
        Ok(seen)
    }

    fn tool(&self, program: &Path, arguments: &[&OsStr], input: &[u8]) -> Result<Vec<u8>, Unreadable> {
        match sandbox::run_tool(program, arguments, input)? {
            Some(done) if done.code == Some(0) => Ok(done.output),
            Some(done) => {
                Err(Unreadable::Failed { what: format!("{} failed on a scanned page: {}", program.display(), done.complaint.trim()) })
            }
            None => Err(Unreadable::Failed {
                what: format!(
                    "{} is not installed; install poppler-utils, tesseract-ocr and tesseract-ocr-chi-sim, or set ocr = false",
                    program.display()
                ),
            }),
        }
    }

    /// A program that comes with pdftotext.
    fn beside(&self, name: &str) -> PathBuf {
        self.tools.pdftotext.with_file_name(name)
    }
}
