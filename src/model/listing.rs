use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use url::Url;

use super::document::NoContent;

/// What to ask a server for: a GET, or a POST where `form` is given. It goes as `application/x-www-form-urlencoded`, or as
/// JSON where it is JSON: begins with `{` or `[`, as no form does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Request {
    pub url: Url,
    pub form: Option<String>,
}

impl Request {
    pub fn get(url: Url) -> Self {
        Self { url, form: None }
    }
}

/// One row of a listing: the link to a page, its title and date as the row prints them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Absolute, canonical (see `site::canonical`), on the listing's own host.
    pub url: Url,
    /// Whole, not as cut by the page, wherever the page holds the whole one.
    pub title: String,
    /// As printed in the row; `None` where the row prints none or none that can be trusted.
    pub date: Option<Date>,
}

/// The links of one listing page, in the site's order. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The family that read it; `unknown` where the rows were found by structure alone.
    pub family: &'static str,
    pub entries: Vec<Entry>,
    pub next: Option<Request>,
    /// Why older entries cannot be reached although the site has them.
    pub partial: Option<String>,
    /// Pages of entries whose articles came with the listing, as HTML, by their addresses.
    pub articles: BTreeMap<Url, String>,
}

/// Why a page gave no listing. The caller reports the source and keeps what it knew.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unlisted {
    /// A wall, a challenge, a maintenance page: nothing that could be a listing.
    #[error("the page is no listing but {0}")]
    NoContent(NoContent),
    /// A page without a row by rule. A listing is never empty: the layout changed, or the rule is wrong.
    #[error("no entry found ({saw})")]
    NoEntries {
        /// What was seen instead, in one line, to help whoever mends the rule.
        saw: String,
    },
    /// A selector in the source's file that is not CSS.
    #[error("the selector {selector:?} is not valid CSS")]
    BadSelector { selector: String },
}
