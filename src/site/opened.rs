//! A page parsed at most once per format, for all the families that look at it.

use std::cell::OnceCell;

use scraper::Html;
use serde_json::Value;
use url::Url;

use super::css::{self, Selectors};
use super::row::Reader;
use super::{discover, json, markup, script};
use crate::model::{Entry, Page};

pub(super) struct Opened<'a> {
    pub page: &'a Page,
    html: OnceCell<Html>,
    base: OnceCell<Url>,
    json: OnceCell<Option<Value>>,
    rows: OnceCell<Vec<Entry>>,
}

impl<'a> Opened<'a> {
    pub fn new(page: &'a Page) -> Self {
        Self { page, html: OnceCell::new(), base: OnceCell::new(), json: OnceCell::new(), rows: OnceCell::new() }
    }

    pub fn text(&self) -> &'a str {
        &self.page.text
    }

    pub fn url(&self) -> &'a Url {
        &self.page.url
    }

    /// The page as HTML, with the rows that its regular scripts write; empty where it is none or too complex to be parsed.
    pub fn html(&self) -> &Html {
        self.html.get_or_init(|| match markup::too_complex(self.text()) {
            None if !self.is_data() => Html::parse_document(&script::unfolded(self.text())),
            _ => Html::parse_document(""),
        })
    }

    /// What links are relative to: `<base href>`, else the page itself.
    pub fn base(&self) -> &Url {
        self.base.get_or_init(|| {
            let base = self
                .html()
                .root_element()
                .descendent_elements()
                .take(200)
                .find(|element| element.value().name() == "base" && element.value().attr("href").is_some());
            let href = base.and_then(|base| base.value().attr("href"));
            href.and_then(|href| self.url().join(href.trim()).ok())
                .filter(|url| !url.cannot_be_a_base())
                .unwrap_or_else(|| self.url().clone())
        })
    }

    /// The page as JSON, also wrapped in a callback or assigned to a variable.
    pub fn json(&self) -> Option<&Value> {
        self.json.get_or_init(|| json::parse(self.text())).as_ref()
    }

    /// Whether the page is JSON or XML rather than HTML.
    pub fn is_data(&self) -> bool {
        let text = self.text().trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
        text.starts_with(['{', '['])
            || text.starts_with("<?xml") && !text[..text.floor_char_boundary(600)].to_ascii_lowercase().contains("<html")
    }

    /// The rows of the page itself, found by structure.
    pub fn rows(&self) -> &[Entry] {
        self.rows.get_or_init(|| self.entries_in(self.html(), &Selectors::default()))
    }

    /// The rows by the source's selectors, else by structure.
    pub fn entries(&self, selectors: &Selectors) -> Vec<Entry> {
        if selectors.rows.is_none() && selectors.link.is_none() && selectors.date.is_none() {
            return self.rows().to_vec();
        }
        self.entries_in(self.html(), selectors)
    }

    /// The rows of HTML that came packed inside the page.
    pub fn entries_packed(&self, html: &str, selectors: &Selectors) -> Vec<Entry> {
        match markup::too_complex(html) {
            None => self.entries_in(&Html::parse_document(html), selectors),
            Some(_) => Vec::new(),
        }
    }

    fn entries_in(&self, html: &Html, selectors: &Selectors) -> Vec<Entry> {
        let reader = Reader { base: self.base(), page: self.url(), link: selectors.link.as_ref(), date: selectors.date.as_ref() };
        match &selectors.rows {
            Some(rows) => css::entries(html, rows, &reader),
            None => discover::entries(html, &reader),
        }
    }

    /// Whether at least half of the rows' addresses, and one at least, are of a shape.
    pub fn rows_match(&self, is_of_shape: impl Fn(&Url) -> bool) -> bool {
        let rows = self.rows();
        let matching = rows.iter().filter(|entry| is_of_shape(&entry.url)).count();
        matching > 0 && matching * 2 >= rows.len()
    }

    /// Whether the page's source holds a piece of markup that a system leaves behind.
    pub fn has(&self, mark: &str) -> bool {
        self.text().contains(mark)
    }
}
