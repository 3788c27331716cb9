//! The info line between title and body (来源、发布时间、浏览次数 …) to its parts.
//!
//! Shapes seen: `来源:X 发布时间:Y` · `时间:Y 浏览量:n` · `信息来源:X 发布时间:Y 阅读次数:` · `日期:Y H:M:S 来源:X` · `Y  点击数:` ·
//! bare `Y H:M 来源`. The parts often stand in elements of their own, so that a label and its value are neighbours, not one text.

use std::sync::LazyLock;

use jiff::civil::{Date, Time};
use regex::Regex;

use super::outline::{Kind, Outline};
use super::words::{is_blank, pattern, tidy};
use crate::model::Published;

/// What one line of a page's header says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Info {
    pub published: Option<Published>,
    /// Whether the date stands behind a word that says so (发布时间).
    pub labelled: bool,
    /// Behind 来源 or a word like it.
    pub source: Option<String>,
    /// A name that stands alone beside the date.
    pub bare_source: Option<String>,
}

/// Words that label a value on an info line, longest first where one begins another.
const LABELS: &str = "信息来源|文章来源|稿件来源|新闻来源|内容来源|来源单位|来源于|来源自|来源|來源|稿源|出处|信息提供|发布机构|发布单位|供稿单位|\
    发布时间|发布日期|发布于|发表时间|发表日期|发文时间|发稿时间|发稿日期|公开日期|公开时间|公布日期|上传时间|更新时间|更新日期|录入时间|添加时间|\
    编辑时间|信息时间|新闻时间|入库时间|创建时间|成文日期|印发日期|生成日期|生效日期|时间|日期|作者|通讯员|摄影|撰稿|投稿|供稿|撰文|文章作者|责任编辑|责编|编辑|编审|\
    审核|审签|签发|校对|初审|复审|终审|一审|二审|三审|监制|发布者|发布人|录入|上传|浏览次数|浏览量|浏览数|浏览|点击次数|点击数|点击量|点击|阅读次数|阅读量|阅读数|阅读|\
    访问次数|访问量|访问|人气|字体大小|字体|字号|视力保护色|保护视力色|背景色|打印|关闭|分享到|分享|收藏|评论|栏目|分类|关键词|索引号|文号|已有|共有";

static LABEL: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"(?:{LABELS})\s*[:\u{{ff1a}}]")));
static SOURCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:信息来源|文章来源|稿件来源|新闻来源|内容来源|来源单位|来源于|来源自|来源|來源|稿源|出处)\s*(?:[:\u{ff1a}]|$)")
});
static ISSUER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:信息提供|发布机构|发布单位|供稿单位|发布者|发布部门)\s*(?:[:\u{ff1a}]|$)"));
/// Labels that stand on info lines and hardly anywhere else.
static PUBLISHING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:来源|來源|稿源|发布(?:时间|日期|机构|单位|者|人|于)|发[表文稿](?:时间|日期)|(?:时间|日期)\s*[:\u{ff1a}]\s*(?:19|20)[0-9][0-9]\s*[-./]|更新时间|浏览|点击|阅读|访问|字体|字号|人气|责任编辑|编辑|作者)",
    )
});
static VALUE_END: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"[\s\u{ff08}(|]+(?:作者|记者|编辑|责编|责任编辑|打印|字号|字体|浏览|点击|阅读|分享|发布时间|发布日期|时间|日期|我要|评论|收藏|责任)|[\[\u{3010}\u{3002}]",
    )
});
/// What follows a label without being its value.
static NOT_A_VALUE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)^(?:null|undefined|打印|关闭|分享|无|大|中|小|字体|字号|[^\u{4e00}-\u{9fff}A-Za-z0-9]*)$|[:\u{ff1a}]$|\u{3002}")
});
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"((?:19|20)[0-9][0-9])\s*(?:[-/.\u{ff0d}]|年)\s*([0-9]{1,2})\s*(?:[-/.\u{ff0d}]|月)\s*([0-9]{1,2})日?(?:[\sT,\u{a0}|]*(?:星期.|周.)?[\s|]*([0-9]{1,2})\s*[:\u{ff1a}时点]\s*([0-9]{2}))?",
    )
});
static DATE_LABEL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:发布|发表|发文|发稿|公开|公布|上传|更新|录入|添加|编辑|信息|新闻|入库|创建)?(?:时间|日期)\s*[:\u{ff1a}\[\u{3010}]*\s*$|发布于\s*[:\u{ff1a}]?\s*$",
    )
});
/// Dates of other things than publication.
static OTHER_DATE_LABEL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:成文|印发|生成|生效|施行|实施|失效|截止|有效|今天是)[^\s]{0,4}\s*[:\u{ff1a}]?\s*$"));
static NOT_A_SOURCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^[0-9\s./:\-年月日()\u{ff08}\u{ff09}+]*$|https?:|javascript|打印|关闭|分享|收藏|字体|字号|评论|浏览|点击|阅读|访问|扫一扫|微信|微博|手机|QQ|空间|朋友圈|首页|返回|纠错|编辑|作者|记者|责编|我要|订阅|关注|举报|^(?:发布于|发表于|由|admin|administrator|管理员|佚名|大|中|小|A[+-]?|T|更多|无|null|本站|原创|转载|推荐|下载|点赞|来源|投稿|朗读|语音|播放|听|参与|跟贴)$|星期",
    )
});

/// A stretch of a page's header as short texts: cut wherever an element begins or ends or the page leaves a wide gap.
pub fn segments(outline: &Outline, from: usize, to: usize) -> Vec<String> {
    let mut segments = Vec::new();
    let mut text = String::new();
    let mut ends: Vec<usize> = Vec::new();
    let mut cut = |text: &mut String| {
        segments.extend(text.split('\u{1}').map(tidy).filter(|segment| !segment.is_empty() && segment != "|"));
        text.clear();
    };
    for (index, node) in outline.nodes.iter().enumerate().take(to).skip(from) {
        while ends.last().is_some_and(|end| *end <= index) {
            ends.pop();
            cut(&mut text);
        }
        match node.kind {
            Kind::Text(part) => mark_gaps(part, &mut text),
            Kind::Element(_) => {
                cut(&mut text);
                ends.push(node.end);
            }
            Kind::Comment(_) => {}
        }
    }
    cut(&mut text);
    segments
}

/// Two or more blanks in a row part two values, one stands inside a value; a bar parts them too.
fn mark_gaps(part: &str, text: &mut String) {
    let mut blanks = 0;
    for character in part.chars() {
        if character == '\n' || character == '\r' {
            blanks = blanks.max(1);
        } else if is_blank(character) {
            blanks += if character == '\u{3000}' { 2 } else { 1 };
        } else {
            if blanks > 0 {
                text.push(if blanks > 1 { '\u{1}' } else { ' ' });
            }
            blanks = 0;
            text.push(if matches!(character, '|' | '\u{ff5c}' | '\u{2502}') { '\u{1}' } else { character });
        }
    }
    if blanks > 0 {
        text.push(if blanks > 1 { '\u{1}' } else { ' ' });
    }
}

/// What the segments of a header say, labelled values first.
pub fn read(segments: &[String]) -> Info {
    let (published, labelled) = date_in(segments);
    let source = labelled_source(segments);
    let bare_source = published.filter(|_| source.is_none()).and_then(|_| bare_source(segments));
    Info { published, labelled, source, bare_source }
}

/// Only what is labelled: for places where other dates and names stand as well.
pub fn read_labelled(segments: &[String]) -> Info {
    let (published, labelled) = date_in(segments);
    Info { published: published.filter(|_| labelled), labelled, source: labelled_source(segments), bare_source: None }
}

/// The publication date: a labelled one, else one with a time of day, else the first.
fn date_in(segments: &[String]) -> (Option<Published>, bool) {
    let mut best: Option<(u32, Published)> = None;
    for (index, segment) in segments.iter().enumerate() {
        for found in DATE.captures_iter(segment) {
            let whole = found.get(0).expect("a match has a whole");
            let mut before = last_characters(&segment[..whole.start()]);
            if before.is_empty() && index > 0 {
                before = last_characters(&segments[index - 1]);
            }
            let next = segments.get(index + 1).map_or("", String::as_str);
            let Some(published) = published(&found, next) else { continue };
            // 2026年11月22日 星期日 at the top of a page is today.
            let today = published.time.is_none() && segment[whole.end()..].trim_start().starts_with("星期");
            if today || OTHER_DATE_LABEL.is_match(&before) {
                continue;
            }
            let rank = if DATE_LABEL.is_match(&before) { 4 } else { 0 } + u32::from(published.time.is_some()) + 1;
            if best.is_none_or(|(other, _)| rank > other) {
                best = Some((rank, published));
            }
        }
    }
    (best.map(|(_, published)| published), best.is_some_and(|(rank, _)| rank > 4))
}

/// As much of a text's end as a label may take.
fn last_characters(text: &str) -> String {
    let end: Vec<char> = text.trim_end().chars().rev().take(16).collect();
    end.into_iter().rev().collect()
}

/// The first date of a text: a meta tag's value.
pub fn date(text: &str) -> Option<Published> {
    DATE.captures(text).and_then(|found| published(&found, ""))
}

fn published(found: &regex::Captures, next: &str) -> Option<Published> {
    let number = |index: usize| found.get(index).and_then(|part| part.as_str().parse::<i16>().ok());
    let date = Date::new(number(1)?, number(2)? as i8, number(3)? as i8).ok()?;
    let clock = |hour: Option<i16>, minute: Option<i16>| Time::new(hour? as i8, minute? as i8, 0, 0).ok();
    let time = clock(number(4), number(5)).or_else(|| {
        let found = CLOCK.captures(next)?;
        clock(found[1].parse().ok(), found[2].parse().ok())
    });
    Some(Published { date, time })
}

static CLOCK: LazyLock<Regex> = LazyLock::new(|| pattern(r"^([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?$"));

/// The value behind 来源 or a word like it; behind 发布机构 only where there is none.
fn labelled_source(segments: &[String]) -> Option<String> {
    let value_of = |label: &Regex| {
        segments.iter().enumerate().find_map(|(index, segment)| {
            let label = label.find(segment)?;
            let value = value(&segment[label.end()..]);
            if !value.is_empty() {
                return acceptable(value);
            }
            let next = segments.get(index + 1)?;
            acceptable(self::value(next))
        })
    };
    value_of(&SOURCE).or_else(|| value_of(&ISSUER))
}

fn acceptable(value: &str) -> Option<String> {
    let length = value.chars().count();
    ((1..=40).contains(&length) && !NOT_A_VALUE.is_match(value)).then(|| value.to_owned())
}

/// A value ends where the next label, a date, a bracket or a sentence begins.
fn value(text: &str) -> &str {
    let end = [LABEL.find(text), DATE.find(text), VALUE_END.find(text)].into_iter().flatten().map(|found| found.start()).min();
    let value = &text[..end.unwrap_or(text.len())];
    let value = value.trim_matches(|c: char| {
        is_blank(c) || matches!(c, '|' | '\u{ff5c}' | ']' | '\u{3011}' | '(' | '\u{ff08}' | ',' | '\u{ff0c}' | '/' | ';')
    });
    // `(来源:某市日报)`: the bracket was opened before the label.
    if value.contains(['(', '\u{ff08}']) { value } else { value.trim_end_matches([')', '\u{ff09}']) }
}

/// A name that stands alone beside the date: `2019-11-25 18:57  参考消息`.
fn bare_source(segments: &[String]) -> Option<String> {
    let dated = segments.iter().position(|segment| DATE.is_match(segment))?;
    let rest = DATE.replace(&segments[dated], "\u{1}");
    let mut candidates: Vec<&str> = rest.split('\u{1}').map(str::trim).collect();
    // What follows the date is the likelier name.
    candidates.reverse();
    candidates.extend(segments.iter().skip(dated + 1).take(2).map(String::as_str));
    candidates.extend(segments[..dated].iter().rev().take(2).map(String::as_str));
    candidates.into_iter().map(|candidate| candidate.trim_start_matches(|c: char| matches!(c, ':' | '0'..='9' | ' ')).trim()).find_map(
        |candidate| {
            let length = candidate.chars().count();
            let named = (2..=16).contains(&length) && !LABEL.is_match(candidate) && !NOT_A_SOURCE.is_match(candidate);
            (named && !candidate.contains(['\u{3002}', '\u{ff0c}', '\u{ff01}', '\u{ff1f}', '>', '\u{bb}'])).then(|| candidate.to_owned())
        },
    )
}

/// Whether a line holds a date with a time of day, which a text's first lines do not.
pub fn is_moment(text: &str) -> bool {
    let sentence = text.contains(['\u{ff0c}', '\u{3002}', '\u{ff1b}']);
    !sentence && DATE.captures(text).is_some_and(|found| found.get(4).is_some() && text.chars().count() <= 44 + found[0].chars().count())
}

/// Whether a line is an info line: short, no sentence, and made of what only info lines hold.
///
/// One label alone must begin the line: 成交日期 and 公示时间 are the text's own.
pub fn is_info(text: &str) -> bool {
    let length = text.chars().count();
    if length > 160 || text.ends_with('\u{3002}') || !PUBLISHING.is_match(text) {
        return false;
    }
    let start = text.len() - text.trim_start_matches(|c: char| !c.is_alphanumeric()).len();
    let begins = |pattern: &Regex| pattern.find(text).is_some_and(|found| found.start() <= start);
    match LABEL.find_iter(text).count() {
        0 => false,
        1 => (begins(&LABEL) || begins(&DATE)) && length <= if DATE.is_match(text) { 90 } else { 40 },
        labels => length <= 60 + 30 * labels,
    }
}

/// Whether a line below a text is an info line: a date with one label may be the signature's.
pub fn is_info_below(text: &str) -> bool {
    is_info(text) && LABEL.find_iter(text).count() >= 2
}

#[cfg(test)]
mod tests {
    use super::{Info, date, is_info, read};

    #[track_caller]
    fn check(segments: &[&str], published: &str, source: Option<&str>) {
        let segments: Vec<String> = segments.iter().map(|&segment| segment.to_owned()).collect();
        let Info { published: found, source: named, bare_source, .. } = read(&segments);
        let named = named.or(bare_source);
        assert_eq!(found.map(|published| published.to_string()).as_deref().unwrap_or(""), published, "{segments:?}");
        assert_eq!(named.as_deref(), source, "{segments:?}");
    }

    #[test]
    fn every_header_shape_is_read() {
        check(&["来源:鲤城区工商联 发布时间:2024-09-12 09:52"], "2024-09-12 09:52", Some("鲤城区工商联"));
        check(
            &["来源\u{ff1a}", "福建省纪委监委网站", "发布时间\u{ff1a}", "2025-12-25 10:54"],
            "2025-12-25 10:54",
            Some("福建省纪委监委网站"),
        );
        check(&["时间:2023-02-27 16:20", "浏览量:17"], "2023-02-27 16:20", None);
        check(&["信息来源:区卫健局 发布时间:2024年9月12日 阅读次数:", "33"], "2024-09-12", Some("区卫健局"));
        check(&["日期:2024-09-12 09:52:11 来源:市工商联"], "2024-09-12 09:52", Some("市工商联"));
        check(&["2024-09-12", "点击数:", "12"], "2024-09-12", None);
        check(&["2019-11-25 18:57", "参考消息"], "2019-11-25 18:57", Some("参考消息"));
        check(&["成文日期:2024-09-01", "发布日期:2024-09-12"], "2024-09-12", None);
    }

    #[test]
    fn a_date_is_a_date_only_where_the_calendar_has_it() {
        assert_eq!(date("2026-02-00018"), None);
        assert_eq!(date("2026-02-30"), None);
        assert_eq!(date("2026-09-28-21:50:00").unwrap().to_string(), "2026-09-28");
    }

    #[test]
    fn info_lines_are_told_from_text() {
        assert!(is_info("来源:鲤城区工商联 发布时间:2024-09-12 09:52"));
        assert!(is_info("发布日期: 2025-12-25 08:50"));
        assert!(!is_info("现将整改情况予以公布。时间:2024年1月4日至2月2日。"));
        assert!(!is_info("2024年9月11日"));
        assert!(!is_info("成交日期:2021-06-10"));
        assert!(!is_info("公示时间:2024年5月1日至5月8日"));
    }
}
