//! What a page says about itself in its head: the national meta tags of government sites, and what stands in for them.
//!
//! The tags of 国办发〔2017〕47号: SiteName, ColumnName, ArticleTitle, PubDate, ContentSource. Names vary in case; values may be
//! empty or the word "null". Party sites are outside that standard.

use std::sync::LazyLock;

use regex::Regex;
use scraper::{Html, Node};

use super::words::{pattern, tidy};

/// Characters of a value; longer ones are no titles and no names.
const LONGEST: usize = 500;

#[derive(Debug, Default)]
pub struct Meta {
    pub title: Option<String>,
    pub published: Option<String>,
    pub source: Option<String>,
    pub column: Option<String>,
    pub site: Option<String>,
    /// The `title` element, with whatever the site adds to it.
    pub page_title: Option<String>,
    /// `og:title` and the like: the title as given to others.
    pub shared_title: Option<String>,
    pub base: Option<String>,
}

impl Meta {
    pub fn of(page: &Html) -> Self {
        let mut meta = Self::default();
        for node in page.tree.nodes() {
            let Node::Element(element) = node.value() else { continue };
            match element.name() {
                "meta" => {
                    let name = element.attr("name").or(element.attr("property")).or(element.attr("itemprop"));
                    if let (Some(name), Some(content)) = (name, element.attr("content")) {
                        meta.take(&name.trim().to_ascii_lowercase(), content);
                    }
                }
                "title" if meta.page_title.is_none() => {
                    let text: String = node.children().filter_map(|child| child.value().as_text().map(|text| &**text)).collect();
                    meta.page_title = value(&text);
                }
                "base" if meta.base.is_none() => meta.base = element.attr("href").map(str::to_owned),
                _ => {}
            }
        }
        // Some templates print the article's title for the site's name (awakeningtw.com).
        if meta.shared_title.is_some() && meta.site == meta.shared_title {
            meta.site = None;
        }
        meta
    }

    fn take(&mut self, name: &str, content: &str) {
        let place = match name {
            "articletitle" => &mut self.title,
            "pubdate" | "publishdate" | "article:published_time" | "firstpublishedtime" | "og:release_date" | "datepublished" => {
                &mut self.published
            }
            "contentsource" => &mut self.source,
            "columnname" => &mut self.column,
            "sitename" | "og:site_name" => &mut self.site,
            "og:title" | "twitter:title" => &mut self.shared_title,
            _ => return,
        };
        if place.is_none() {
            *place = value(content);
        }
    }
}

/// What a value says, if anything: templates print `null`, `undefined` or their own placeholders where a field is empty.
fn value(content: &str) -> Option<String> {
    // Editors put `<br>` into titles, and templates print it as text.
    let content: String = tidy(&TAG.replace_all(content, "")).chars().take(LONGEST).collect();
    let nothing = matches!(content.to_ascii_lowercase().as_str(), "" | "null" | "undefined" | "none" | "nan" | "-" | "/");
    (!nothing && !content.contains("{{") && !content.contains("$")).then_some(content)
}

static TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"</?[a-zA-Z][^<>]*>"));
