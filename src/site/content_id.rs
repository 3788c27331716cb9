//! The `content_ID` systems of discipline-inspection sites: `/content/2021-12/03/content_7118134.htm` (qzcdi.gov.cn).

use std::sync::LazyLock;

use regex::Regex;

use super::Family;
use super::opened::Opened;

pub(super) struct ContentId;

static ARTICLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"/(?:content_|c_)\d+\.s?html?$").expect("the pattern is a valid regular expression"));

impl Family for ContentId {
    fn name(&self) -> &'static str {
        "content_id"
    }

    fn recognises(&self, opened: &Opened<'_>) -> bool {
        opened.rows_match(|url| ARTICLE.is_match(url.path()))
    }
}
