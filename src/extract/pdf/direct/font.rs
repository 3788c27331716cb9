//! Fonts to what is needed of them: where codes end, what they mean, how wide and how high they are.

use std::collections::HashMap;
use std::rc::Rc;

use hayro_cmap::{BfString, CMap};
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream};

use super::encoding::{Code, Codes};

/// Widths of a font at most; there are no more glyphs in one.
const WIDTHS_MAX: usize = 1 << 17;
/// Widths and heights of fonts are in thousandths of their size.
const THOUSANDTH: f64 = 0.001;

pub(super) struct Font {
    codes: Codes,
    to_unicode: Option<CMap>,
    widths: HashMap<u32, f64>,
    /// Of what is not listed.
    usual_width: f64,
    /// Above and below the line, in sizes.
    pub ascent: f64,
    pub descent: f64,
    /// Its text runs from top to bottom.
    pub is_vertical: bool,
}

/// The fonts of a file that were met so far; a file's fonts are named on each of its pages again.
#[derive(Default)]
pub(super) struct Fonts<'a> {
    known: HashMap<Key<'a>, Rc<Font>>,
}

/// Where the font's dictionary lies, and what it says: the same words may stand in two places, the same place cannot say two things.
type Key<'a> = (usize, &'a [u8]);

impl<'a> Fonts<'a> {
    pub(super) fn of(&mut self, dict: &Dict<'a>) -> Rc<Font> {
        let key = (dict.data().as_ptr() as usize, dict.data());
        Rc::clone(self.known.entry(key).or_insert_with(|| Rc::new(Font::read(dict))))
    }
}

/// One code of a string.
pub(super) struct Shown {
    pub code: Code,
    /// `None`: nobody knows.
    pub text: Option<String>,
    /// In sizes.
    pub width: f64,
}

impl Font {
    pub(super) fn read(dict: &Dict<'_>) -> Self {
        let kind = dict.get::<Name<'_>>("Subtype");
        let descendant = dict.get::<Array<'_>>("DescendantFonts").and_then(|fonts| fonts.iter::<Dict<'_>>().next());
        let to_unicode = dict.get::<Stream<'_>>("ToUnicode").and_then(|stream| CMap::parse(&stream.decoded_data().ok()?, |_| None));
        let mut font = match &descendant {
            Some(descendant) => Self::composite(dict, descendant),
            None => Self::simple(dict, kind.as_ref().map(Name::as_str)),
        };
        font.to_unicode = to_unicode;
        font.measure(descendant.as_ref().unwrap_or(dict));
        font
    }

    /// ISO 32000-1, 9.7.
    fn composite(dict: &Dict<'_>, descendant: &Dict<'_>) -> Self {
        let (codes, is_vertical) = match dict.get::<Object<'_>>("Encoding") {
            Some(Object::Name(name)) => (Codes::predefined(name.as_str()).unwrap_or(Codes::Numbers), name.as_str().ends_with("-V")),
            Some(Object::Stream(stream)) => (own(&stream).unwrap_or(Codes::Numbers), stream.dict().get::<u8>("WMode") == Some(1)),
            _ => (Codes::Numbers, false),
        };
        let widths = descendant.get::<Array<'_>>("W").map(|widths| listed(&widths)).unwrap_or_default();
        let usual_width = descendant.get::<f64>("DW").unwrap_or(1000.0) * THOUSANDTH;
        Self { codes, to_unicode: None, widths, usual_width, ascent: 0.0, descent: 0.0, is_vertical }
    }

    /// ISO 32000-1, 9.6. Glyphs of Type 3 have a measure of their own.
    fn simple(dict: &Dict<'_>, kind: Option<&str>) -> Self {
        let scale = match dict.get::<Array<'_>>("FontMatrix").and_then(|matrix| matrix.iter::<f64>().next()) {
            Some(scale) if kind == Some("Type3") => scale.abs(),
            _ => THOUSANDTH,
        };
        let first = dict.get::<u32>("FirstChar").unwrap_or_default();
        let widths = dict.get::<Array<'_>>("Widths").map(|widths| widths.iter::<f64>().map(|width| width * scale).take(256).collect());
        let widths: Vec<f64> = widths.unwrap_or_default();
        // The fonts that every reader has come without widths (9.6.2.2); most of their letters are about as wide.
        let missing = if widths.is_empty() { 0.52 } else { 0.0 };
        let usual_width = dict
            .get::<Dict<'_>>("FontDescriptor")
            .and_then(|about| about.get::<f64>("MissingWidth"))
            .map_or(missing, |width| width * scale);
        let widths = widths.into_iter().enumerate().map(|(at, width)| (first.saturating_add(at as u32), width)).collect();
        Self { codes: single(dict), to_unicode: None, widths, usual_width, ascent: 0.0, descent: 0.0, is_vertical: false }
    }

    /// Heights, where the font states credible ones. As poppler has them: rows are told by the middle of their boxes.
    fn measure(&mut self, dict: &Dict<'_>) {
        let about = dict.get::<Dict<'_>>("FontDescriptor");
        let height = |name: &str| about.as_ref().and_then(|about| about.get::<f64>(name)).map_or(0.0, |height| height * THOUSANDTH);
        let (ascent, descent) = (height("Ascent"), -height("Descent").abs());
        self.ascent = if ascent > 0.0 { ascent.min(1.05) } else { 0.95 };
        self.descent = if descent < 0.0 { descent.max(-0.4) } else { -0.35 };
    }

    /// The codes of a string, one after the other.
    pub(super) fn shown(&self, bytes: &[u8]) -> Vec<Shown> {
        let mut rest = bytes;
        let mut shown = Vec::with_capacity(bytes.len() / 2);
        while let Some(code) = self.codes.first(rest) {
            let (bytes, after) = rest.split_at(code.bytes);
            let told = self.to_unicode.as_ref().and_then(|table| table.lookup_bf_string(code.value)).map(|text| match text {
                BfString::Char(character) => character.to_string(),
                BfString::String(text) => text,
            });
            // Some writers fill their tables with zeros where they do not know either.
            let told = told.filter(|text| text != "\0");
            let text = told.or_else(|| self.codes.character(code.value, bytes));
            let width = self.widths.get(&code.cid).copied().unwrap_or(self.usual_width);
            shown.push(Shown { code, text, width });
            rest = after;
        }
        shown
    }
}

fn own(stream: &Stream<'_>) -> Option<Codes> {
    let table = CMap::parse(&stream.decoded_data().ok()?, |_| None)?;
    Some(Codes::Own(Box::new(table)))
}

fn single(dict: &Dict<'_>) -> Codes {
    match dict.get::<Object<'_>>("Encoding") {
        Some(Object::Name(name)) => Codes::single(Some(name.as_str()), &[]),
        Some(Object::Dict(encoding)) => {
            let base = encoding.get::<Name<'_>>("BaseEncoding");
            let differences = encoding.get::<Array<'_>>("Differences").map(|list| differences(&list)).unwrap_or_default();
            Codes::single(base.as_ref().map(Name::as_str), &differences)
        }
        _ => Codes::single(None, &[]),
    }
}

/// A number, and the names of the glyphs that it and those behind it have.
fn differences(list: &Array<'_>) -> Vec<(u8, String)> {
    let mut code = 0_u32;
    let mut differences = Vec::new();
    for object in list.iter::<Object<'_>>().take(1024) {
        match object {
            Object::Number(number) => code = u32::try_from(number.as_i64()).unwrap_or(u32::MAX),
            Object::Name(name) => {
                differences.extend(u8::try_from(code).map(|code| (code, name.as_str().to_owned())));
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    differences
}

/// `first [width …]` or `first last width` (ISO 32000-1, 9.7.4.3).
fn listed(list: &Array<'_>) -> HashMap<u32, f64> {
    let mut widths = HashMap::new();
    let mut numbers: Vec<Number> = Vec::new();
    for object in list.iter::<Object<'_>>() {
        match object {
            Object::Number(number) => numbers.push(number),
            Object::Array(several) => {
                let first = numbers.pop().and_then(|number| u32::try_from(number.as_i64()).ok());
                let Some(first) = first else { continue };
                for (at, width) in several.iter::<f64>().enumerate().take(WIDTHS_MAX.saturating_sub(widths.len())) {
                    widths.insert(first.saturating_add(at as u32), width * THOUSANDTH);
                }
                numbers.clear();
            }
            _ => {}
        }
        if let [first, last, width] = numbers.as_slice() {
            let (first, last, width) = (first.as_i64(), last.as_i64(), width.as_f64());
            for cid in (first.max(0)..=last).take(WIDTHS_MAX.saturating_sub(widths.len())) {
                widths.insert(u32::try_from(cid).unwrap_or(u32::MAX), width * THOUSANDTH);
            }
            numbers.clear();
        }
    }
    widths
}
