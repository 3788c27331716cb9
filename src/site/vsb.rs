//! 博达 VSB: `info/1011/2654.htm`, paging counted backwards (page 2 of 140 is `tzgg/139.htm`), so that 下页 is followed,
//! never computed.

use std::sync::LazyLock;

use regex::Regex;

use super::Family;
use super::opened::Opened;

pub(super) struct Vsb;

static ARTICLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"/info/\d{3,6}/\d+\.htm$").expect("the pattern is a valid regular expression"));
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"id=["']?line_?u\d|_showDynClick|Visual SiteBuilder|class=["']p_(?:next|no|pages|last)\b"#)
        .expect("the pattern is a valid regular expression")
});

impl Family for Vsb {
    fn name(&self) -> &'static str {
        "vsb"
    }

    fn recognises(&self, opened: &Opened<'_>) -> bool {
        MARK.is_match(opened.text()) || opened.rows_match(|url| ARTICLE.is_match(url.path()))
    }
}
