//! Where a page says it stands: the column in its breadcrumb (当前位置), the site in its `title` element.

use std::sync::LazyLock;

use regex::Regex;

use super::lines::Line;
use super::meta::Meta;
use super::words::{pattern, same_form};

/// The column: the tag's, else the last step of the breadcrumb that is neither the page nor a word for it.
pub fn column(meta: &Meta, lines: &[Line], title: Option<&str>) -> Option<String> {
    if meta.column.is_some() {
        return meta.column.clone();
    }
    let title = title.map(same_form).unwrap_or_default();
    let trail = lines.iter().map(|line| &line.text).find(|text| text.chars().count() <= 200 && TRAIL.is_match(text))?;
    let trail = TRAIL.replace(trail, "");
    let steps = trail.split(['>', '\u{bb}', '\u{203a}', '\u{ff1e}', '/', '\u{2192}']).map(str::trim).filter(|step| !step.is_empty());
    let places = steps.filter(|step| {
        !PAGE.is_match(step) && (title.is_empty() || !title.starts_with(&same_form(step.trim_end_matches(['.', '\u{2026}']))))
    });
    let places: Vec<&str> = places.collect();
    // The first step is the site's home page.
    places.last().filter(|_| places.len() >= 2).filter(|place| place.chars().count() <= 20).map(|place| (*place).to_owned())
}

/// The site's name: the tag's, else what the `title` element adds to the title.
pub fn site(meta: &Meta, title: Option<&str>) -> Option<String> {
    if meta.site.is_some() {
        return meta.site.clone();
    }
    let rest = meta.page_title.as_deref()?.trim().strip_prefix(title?)?;
    let name = rest.rsplit(['_', '-', '|', '\u{2014}', '\u{ff5c}']).map(str::trim).next()?;
    (rest.starts_with(|first: char| !first.is_alphanumeric()) && (2..=30).contains(&name.chars().count())).then(|| name.to_owned())
}

static TRAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^.{0,6}(?:所在|当前|您的|现在)?的?位置\s*(?:[:\u{ff1a}>]|是)\s*"));
static PAGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:正文|内容|详情|详细内容|文章内容|内容页|查看信息|信息内容|浏览文章|列表)$"));

#[cfg(test)]
mod tests {
    use super::{Meta, column, site};
    use crate::extract::html::lines::Line;
    use crate::model::Block;

    #[track_caller]
    fn check(trail: &str, expected: Option<&str>) {
        let block = Block::Paragraph(trail.to_owned());
        let line = Line { block, text: trail.to_owned(), from: 0, to: 1, characters: 9, linked: 9, marks: 0 };
        assert_eq!(column(&Meta::default(), &[line], Some("关于巡察整改情况的通报")).as_deref(), expected);
    }

    #[test]
    fn the_column_is_the_last_place_of_the_breadcrumb() {
        check("当前位置: 首页 > 政务公开 > 通知公告", Some("通知公告"));
        check("您的位置:网站首页>通知公告>正文", Some("通知公告"));
        check("当前位置: 首页 » 通知公告 » 关于巡察整改…", Some("通知公告"));
        check("当前位置: 首页", None);
        check("巡察整改 > 正文", None);
    }

    #[test]
    fn the_site_is_what_the_title_element_adds() {
        let meta = Meta { page_title: Some("通报_部门动态_某市人民政府".to_owned()), ..Meta::default() };
        assert_eq!(site(&meta, Some("通报")).as_deref(), Some("某市人民政府"));
        assert_eq!(site(&meta, Some("公告")), None);
    }
}
