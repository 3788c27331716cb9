//! Old dynamic sites: `show.asp?id=3631`, `/Home/detail?menuid=3060&newid=151007`, `ReadNews.asp?NewsID=12`.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use super::Family;
use super::opened::Opened;

pub(super) struct Asp;

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:^|&)(?:[a-z]*id|sbm|bh|no)=[0-9a-z-]+(?:&|$)").expect("the pattern is a valid regular expression")
});

impl Family for Asp {
    fn name(&self) -> &'static str {
        "asp"
    }

    fn recognises(&self, opened: &Opened<'_>) -> bool {
        opened.rows_match(is_article)
    }
}

fn is_article(url: &Url) -> bool {
    url.query().is_some_and(|query| NUMBER.is_match(query))
}
