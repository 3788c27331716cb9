//! Text that a file gives in place of glyphs (`ActualText`, ISO 32000-1, 14.9.4).

use hayro_syntax::object::{Dict, Object, String as Bytes};
use hayro_syntax::page::Resources;

use super::encoding::text_string;
use super::words::Glyph;

/// Marked contents that lie in one another, at most; typesetters nest three.
const DEPTH_MAX: usize = 64;

/// The marked contents that are open.
#[derive(Default)]
pub(super) struct Marks {
    open: Vec<Option<Replacement>>,
    /// Of those that are not kept, since they lie too deep.
    beyond: usize,
}

struct Replacement {
    text: String,
    place: Option<Glyph>,
}

impl Marks {
    pub(super) fn begin(&mut self, properties: Option<&Object<'_>>, resources: &Resources<'_>) {
        if self.open.len() == DEPTH_MAX {
            self.beyond += 1;
            return;
        }
        let properties = match properties {
            Some(Object::Dict(dict)) => Some(dict.clone()),
            Some(Object::Name(name)) => resources.properties.get::<Dict<'_>>(name),
            _ => None,
        };
        let text = properties.and_then(|dict| dict.get::<Bytes<'_>>("ActualText")).map(|text| text_string(&text));
        self.open.push(text.map(|text| Replacement { text, place: None }));
    }

    /// The text that stands for the glyphs of the content that ends here.
    pub(super) fn end(&mut self) -> Option<Glyph> {
        if self.beyond > 0 {
            self.beyond -= 1;
            return None;
        }
        let replacement = self.open.pop()??;
        let glyph = replacement.place.map(|place| Glyph { text: replacement.text, ..place })?;
        self.take(glyph)
    }

    /// Gives a glyph back that nothing stands for.
    pub(super) fn take(&mut self, glyph: Glyph) -> Option<Glyph> {
        let Some(replacement) = self.open.iter_mut().rev().flatten().next() else { return Some(glyph) };
        match &mut replacement.place {
            Some(place) if (place.base - glyph.base).abs() < glyph.size => {
                place.left = place.left.min(glyph.left);
                place.right = place.right.max(glyph.right);
            }
            Some(_) => {}
            None => replacement.place = Some(glyph),
        }
        None
    }
}
