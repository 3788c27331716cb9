//! Rows by the selectors in a source's file.

use scraper::{ElementRef, Html, Selector};

use super::row::{Reader, Surroundings};
use crate::model::{Entry, Rules, Unlisted};

/// The listing part of [`Rules`], compiled.
#[derive(Default)]
pub(super) struct Selectors {
    pub rows: Option<Selector>,
    pub link: Option<Selector>,
    pub date: Option<Selector>,
    pub next: Option<Selector>,
}

impl Selectors {
    /// # Errors
    /// [`Unlisted::BadSelector`]: a person must mend the source's file.
    pub fn of(rules: &Rules) -> Result<Self, Unlisted> {
        Ok(Self { rows: compiled(&rules.rows)?, link: compiled(&rules.link)?, date: compiled(&rules.date)?, next: compiled(&rules.next)? })
    }
}

fn compiled(selector: &Option<String>) -> Result<Option<Selector>, Unlisted> {
    let Some(selector) = selector else { return Ok(None) };
    Selector::parse(selector).map(Some).map_err(|_| Unlisted::BadSelector { selector: selector.clone() })
}

/// One entry per element that matches, in the page's order.
pub(super) fn entries(html: &Html, rows: &Selector, reader: &Reader<'_>) -> Vec<Entry> {
    html.select(rows).filter_map(|row: ElementRef<'_>| reader.entry(&[*row], Surroundings::default())).collect()
}
