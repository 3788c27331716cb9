//! A page's operators to glyphs with their places (ISO 32000-1, 9.4). Only those that place text are followed.

use std::collections::HashMap;
use std::rc::Rc;

use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction as Operator;
use hayro_syntax::object::{Array, Dict, Name, Number, Object};
use hayro_syntax::page::Resources;

use super::actual::Marks;
use super::font::{Font, Fonts};
use super::matrix::Matrix;
use super::words::Glyph;

/// Forms that lie in one another, at most; typesetters nest two or three.
const FORMS_MAX: usize = 12;
/// States that are saved at the same time, at most (28 in annex C of the standard, which nobody keeps to).
const STATES_MAX: usize = 1_000;

/// What is read of one page.
pub(super) struct Reading<'a, 'f> {
    fonts: &'f mut Fonts<'a>,
    pub glyphs: Vec<Glyph>,
    /// Glyphs that were left out, since they do not stand on a level line.
    pub turned: usize,
    /// Text was shown in a font that is not there or makes no sense.
    pub has_lost: bool,
    /// There were more glyphs than anybody reads.
    pub is_cut: bool,
    glyphs_max: usize,
    marks: Marks,
    depth: usize,
}

/// What operators change and `Q` brings back.
#[derive(Clone)]
struct State {
    page: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    character_space: f64,
    word_space: f64,
    /// Horizontal stretch; 1 is none.
    stretch: f64,
    leading: f64,
    rise: f64,
    /// Where the next glyph goes, and where its line begins.
    text: Matrix,
    line: Matrix,
}

impl State {
    fn at(page: Matrix) -> Self {
        let (text, line) = (Matrix::IDENTITY, Matrix::IDENTITY);
        Self { page, font: None, size: 0.0, character_space: 0.0, word_space: 0.0, stretch: 1.0, leading: 0.0, rise: 0.0, text, line }
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line = Matrix::moved(x, y).then(self.line);
        self.text = self.line;
    }

    fn advance(&mut self, x: f64) {
        self.text = Matrix::moved(x, 0.0).then(self.text);
    }

    fn parameter(&mut self, operator: &Operator<'_, '_>) {
        match operator {
            Operator::CharacterSpacing(space) => self.character_space = space.0.as_f64(),
            Operator::WordSpacing(space) => self.word_space = space.0.as_f64(),
            Operator::HorizontalScaling(percent) => self.stretch = percent.0.as_f64() / 100.0,
            Operator::TextLeading(leading) => self.leading = leading.0.as_f64(),
            Operator::TextRise(rise) => self.rise = rise.0.as_f64(),
            Operator::BeginText(_) => (self.text, self.line) = (Matrix::IDENTITY, Matrix::IDENTITY),
            Operator::NextLine(by) => self.next_line(by.0.as_f64(), by.1.as_f64()),
            Operator::NextLineAndSetLeading(by) => {
                self.leading = -by.1.as_f64();
                self.next_line(by.0.as_f64(), by.1.as_f64());
            }
            Operator::NextLineUsingLeading(_) => self.next_line(0.0, -self.leading),
            Operator::SetTextMatrix(m) => {
                self.line = matrix([m.0, m.1, m.2, m.3, m.4, m.5]);
                self.text = self.line;
            }
            _ => {}
        }
    }
}

fn matrix(numbers: [Number; 6]) -> Matrix {
    Matrix(numbers.map(|number| number.as_f64()))
}

impl<'a, 'f> Reading<'a, 'f> {
    pub(super) fn new(fonts: &'f mut Fonts<'a>, glyphs_max: usize) -> Self {
        Self { fonts, glyphs: Vec::new(), turned: 0, has_lost: false, is_cut: false, glyphs_max, marks: Marks::default(), depth: 0 }
    }

    /// Follows a stream of operators, with `page` from its measure to points below the page's upper left corner.
    pub(super) fn run(&mut self, stream: &[u8], resources: &Resources<'a>, page: [f64; 6]) {
        let mut state = State::at(Matrix(page));
        let mut saved: Vec<State> = Vec::new();
        // Asked for at every change of the font, and each time it would be read in the file again.
        let mut named: HashMap<Vec<u8>, Option<Rc<Font>>> = HashMap::new();
        let mut operators = TypedIter::new(stream);
        while let Some(operator) = operators.next() {
            match operator {
                Operator::SaveState(_) if saved.len() < STATES_MAX => saved.push(state.clone()),
                Operator::RestoreState(_) => state = saved.pop().unwrap_or(state),
                Operator::Transform(m) => state.page = matrix([m.0, m.1, m.2, m.3, m.4, m.5]).then(state.page),
                Operator::TextFont(font) => {
                    let find = || resources.get_font(font.0).map(|dict| self.fonts.of(&dict));
                    state.font = named.entry(font.0.to_vec()).or_insert_with(find).clone();
                    state.size = font.1.as_f64();
                }
                Operator::ShowText(text) => self.show(&mut state, text.0),
                Operator::ShowTexts(parts) => self.show_parts(&mut state, parts.0),
                Operator::NextLineAndShowText(text) => {
                    state.next_line(0.0, -state.leading);
                    self.show(&mut state, text.0);
                }
                Operator::ShowTextWithParameters(text) => {
                    (state.word_space, state.character_space) = (text.0.as_f64(), text.1.as_f64());
                    state.next_line(0.0, -state.leading);
                    self.show(&mut state, text.2);
                }
                Operator::XObject(name) => self.form(name.0, resources, &state),
                Operator::BeginMarkedContent(_) => self.marks.begin(None, resources),
                Operator::BeginMarkedContentWithProperties(mark) => self.marks.begin(Some(mark.1), resources),
                Operator::EndMarkedContent(_) => {
                    let replaced = self.marks.end();
                    self.glyphs.extend(replaced);
                }
                other => state.parameter(&other),
            }
            if self.is_cut {
                return;
            }
        }
    }

    /// Contents that a page names and that may be drawn many times.
    fn form(&mut self, name: &Name<'_>, resources: &Resources<'a>, state: &State) {
        let Some(stream) = resources.get_x_object(name).filter(|_| self.depth < FORMS_MAX) else { return };
        if stream.dict().get::<Name<'_>>("Subtype").is_none_or(|kind| kind.as_str() != "Form") {
            return;
        }
        let Ok(data) = stream.decoded_data() else { return };
        let placed = stream.dict().get::<[f64; 6]>("Matrix").map_or(Matrix::IDENTITY, Matrix);
        let own = stream.dict().get::<Dict<'a>>("Resources").map(Resources::new);
        self.depth += 1;
        self.run(&data, own.as_ref().unwrap_or(resources), placed.then(state.page).0);
        self.depth -= 1;
    }

    /// Strings, and the thousandths of a size by which the next one stands further left.
    fn show_parts(&mut self, state: &mut State, parts: &Array<'_>) {
        for part in parts.iter::<Object<'_>>() {
            match part {
                Object::String(text) => self.show(state, &text),
                Object::Number(back) => state.advance(-back.as_f64() / 1000.0 * state.size * state.stretch),
                _ => {}
            }
        }
    }

    fn show(&mut self, state: &mut State, bytes: &[u8]) {
        let Some(font) = state.font.clone() else {
            self.has_lost = true;
            return;
        };
        for shown in font.shown(bytes) {
            if self.glyphs.len() + self.turned >= self.glyphs_max {
                self.is_cut = true;
                return;
            }
            let is_space = shown.code.bytes == 1 && shown.code.value == 0x20;
            let space = state.character_space + if is_space { state.word_space } else { 0.0 };
            let width = shown.width * state.size;
            let text = shown.text.unwrap_or_else(|| char::REPLACEMENT_CHARACTER.to_string());
            let to_page = Matrix([state.stretch, 0.0, 0.0, 1.0, 0.0, state.rise]).then(state.text).then(state.page);
            match placed(text, &font, to_page, width, state.size) {
                Some(glyph) => {
                    let kept = self.marks.take(glyph);
                    self.glyphs.extend(kept);
                }
                None => self.turned += 1,
            }
            state.advance((width + space) * state.stretch);
        }
    }
}

/// `None`: it does not stand on a level line from left to right.
fn placed(text: String, font: &Font, to_page: Matrix, width: f64, size: f64) -> Option<Glyph> {
    // A negative size with a matrix that turns it back is as good as none of both.
    let upright = if size < 0.0 { Matrix([-1.0, 0.0, 0.0, -1.0, 0.0, 0.0]).then(to_page) } else { to_page };
    if font.is_vertical || !upright.is_level() {
        return None;
    }
    let ((left, base), (right, _)) = (to_page.at(0.0, 0.0), to_page.at(width, 0.0));
    let (_, top) = to_page.at(0.0, font.ascent * size);
    let (_, bottom) = to_page.at(0.0, font.descent * size);
    let is_sound = [left, right, base, top, bottom].iter().all(|place| place.abs() < 1e6);
    is_sound.then(|| Glyph {
        text,
        left: left.min(right),
        right: right.max(left),
        top,
        bottom,
        base,
        size: (bottom - top) / (font.ascent - font.descent),
    })
}
