//! A PDF's bytes to [`Pages`], where no program is installed that knows PDF better.
//!
//! Only for the process that reads files apart: hostile bytes may cost it all of its memory and time. Text and its places are read,
//! nothing is drawn. What a code means is told by the file's own tables; those of Adobe, which poppler-data has, are not here, and
//! what they alone could tell is left as unknown characters, with a doubt.

mod actual;
mod content;
mod encoding;
mod font;
mod matrix;
mod names;
mod words;

use hayro_syntax::page::Page as Sheet;
use hayro_syntax::{LoadPdfError, Pdf};

use super::{Page, Pages, PdfText, UNKNOWN_SHARE};
use crate::model::Unreadable;
use content::Reading;
use font::Fonts;

/// Reads PDFs by itself.
pub struct Direct;

/// What to do where this reader does not suffice.
const ADVICE: &str = "install poppler-utils and poppler-data";
/// Pages read at most; a notice has fewer than a hundred.
const PAGES_MAX: usize = 5_000;
/// Glyphs of a file at most; the longest notice has 200 000.
const GLYPHS_MAX: usize = 3_000_000;
/// Turned text is told of above one character in so many; stamps and binding lines have fewer, and are no body.
const TURNED_SHARE: usize = 4;
/// Where a file's last words stand, in bytes before its end (ISO 32000-1, annex H.3, note 19).
const END_BYTES: usize = 1024;

impl PdfText for Direct {
    fn text(&self, bytes: &[u8]) -> Result<Pages, Unreadable> {
        let pdf = Pdf::new(bytes.to_vec()).map_err(refused)?;
        let mut fonts = Fonts::default();
        let mut seen = Seen::default();
        let mut pages = Pages::default();
        for sheet in pdf.pages().iter().take(PAGES_MAX) {
            pages.pages.push(seen.page(sheet, &mut fonts));
        }
        if pages.pages.is_empty() {
            return Err(Unreadable::Failed {
                what: format!("the PDF is damaged: no page was found in it; poppler may find one: {ADVICE}"),
            });
        }
        // Pages without a text are taken for pictures, which these may not be.
        if pages.is_scanned() && seen.unread_pages > 0 {
            return Err(Unreadable::Failed { what: seen.lost() });
        }
        if pdf.pages().len() > PAGES_MAX {
            pages.doubts.push(format!("only the first {PAGES_MAX} pages were read"));
        }
        let end = &bytes[bytes.len().saturating_sub(END_BYTES)..];
        if !end.windows(b"%%EOF".len()).any(|window| window == b"%%EOF") {
            pages.doubts.push("the PDF is damaged; what could be read of it may not be all".to_owned());
        }
        pages.doubts.extend(seen.doubts());
        Ok(pages)
    }
}

fn refused(error: LoadPdfError) -> Unreadable {
    match error {
        LoadPdfError::Decryption(_) => Unreadable::Encrypted,
        LoadPdfError::Invalid => {
            Unreadable::Failed { what: format!("the PDF is damaged: no page was found in it; poppler may find one: {ADVICE}") }
        }
    }
}

/// What was met on the pages so far.
#[derive(Default)]
struct Seen {
    glyphs: usize,
    unknown: usize,
    turned: usize,
    unread_pages: usize,
    is_cut: bool,
}

impl Seen {
    fn page<'a>(&mut self, sheet: &Sheet<'a>, fonts: &mut Fonts<'a>) -> Page {
        let (width, height) = sheet.render_dimensions();
        let has_contents = sheet.raw().contains_key("Contents");
        let Some(stream) = sheet.page_stream() else {
            self.unread_pages += usize::from(has_contents);
            return Page { width: width.into(), height: height.into(), lines: Vec::new() };
        };
        let mut reading = Reading::new(fonts, GLYPHS_MAX.saturating_sub(self.glyphs));
        reading.run(stream, sheet.resources(), sheet.initial_transform(true).as_coeffs());
        self.is_cut |= reading.is_cut;
        self.unread_pages += usize::from(reading.has_lost);
        self.turned += reading.turned;
        self.glyphs += reading.glyphs.len() + reading.turned;
        self.unknown += reading.glyphs.iter().filter(|glyph| glyph.text.contains(char::REPLACEMENT_CHARACTER)).count();
        Page { width: width.into(), height: height.into(), lines: words::lines(reading.glyphs) }
    }

    fn lost(&self) -> String {
        format!("the PDF is damaged or unusual: {} pages were not understood, or not wholly; {ADVICE}", self.unread_pages)
    }

    fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        if self.unknown * UNKNOWN_SHARE > self.glyphs {
            doubts.push(format!("{} characters mean nothing without the tables of poppler; {ADVICE}", self.unknown));
        }
        if self.turned * TURNED_SHARE > self.glyphs {
            doubts.push(format!("{} characters that stand upright or askew were left out", self.turned));
        }
        if self.unread_pages > 0 {
            doubts.push(self.lost());
        }
        if self.is_cut {
            doubts.push(format!("only the first {GLYPHS_MAX} characters were read"));
        }
        doubts
    }
}
