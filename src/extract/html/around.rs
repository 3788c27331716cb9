//! Lines around a body: what a page can teach about its source's other pages, and what was learned taken off a body's ends.
//!
//! Only lines that stood outside the bodies of several pages are taken off, only at the head and at the tail, and never what
//! looks like a notice's own end: contacts, a date, who signs.

use std::sync::LazyLock;

use regex::Regex;

use super::body::Found;
use super::density;
use super::lines::Line;
use super::outline::Outline;
use super::words::pattern;
use crate::model::Furniture;

/// Lines above and below a body that are learned from; what is further away does not get into bodies.
const LINES_ABOVE: usize = 12;
const LINES_BELOW: usize = 30;
/// Lines at a body's head and tail that may be the page's.
const HEAD: usize = 4;
const TAIL: usize = 10;
/// Characters of a line that templates print; longer ones are texts.
const SHORT: usize = 100;

/// The short lines around the body, and those at its ends that stand beside the element that holds its prose.
pub fn around(outline: &Outline, all: &[Line], found: &Found, body: &[Line]) -> Vec<u32> {
    let (Some(first), Some(last)) = (body.first(), body.last()) else { return Vec::new() };
    let above = all.partition_point(|line| line.to <= first.from);
    let below = all.partition_point(|line| line.from < last.to);
    let outside = all[above.saturating_sub(LINES_ABOVE)..above].iter().chain(all[below..].iter().take(LINES_BELOW));
    let beside: Vec<&Line> = if found.is_edited() { Vec::new() } else { beside(outline, body) };
    let lines = outside.chain(beside).filter(|line| line.characters <= SHORT && !is_own(&line.text));
    lines.map(|line| Furniture::hash(&line.text)).collect()
}

/// Percent of a body's sentence marks that its own element holds; what stands below it has some too.
const MOST: usize = 75;

/// Lines at the ends of a body outside the smallest element that holds nearly all of its prose.
fn beside<'l>(outline: &Outline, body: &'l [Line]) -> Vec<&'l Line> {
    let (Some(first), Some(last)) = (body.iter().position(|line| line.marks > 0), body.iter().rposition(|line| line.marks > 0)) else {
        return Vec::new();
    };
    let core = density::core(outline, body, &(body[first].from..body[last].to), MOST);
    let is_outside = |line: &&Line| line.from < core.start || line.from >= core.end;
    let head = body.iter().take(HEAD).filter(is_outside);
    head.chain(body.iter().skip(HEAD.max(body.len().saturating_sub(TAIL))).filter(is_outside)).collect()
}

/// Takes the lines off both ends that are known to be the source's pages' own.
pub fn take_off(body: &mut Vec<Line>, furniture: &Furniture) {
    let is_known = |line: &Line| line.characters <= SHORT && furniture.is_known(&line.text) && !is_own(&line.text);
    if furniture.generation == 0 {
        return;
    }
    let head = body.iter().take(HEAD).rposition(&is_known).map_or(0, |at| at + 1);
    // Prose above a known line keeps it in its place.
    let head = if body[..head].iter().all(|line| is_known(line) || line.marks == 0 && line.characters < 30) { head } else { 0 };
    body.drain(..head);
    let tail = body.len().saturating_sub(TAIL);
    if let Some(at) = (tail..body.len()).find(|at| body[*at..].iter().all(&is_known)) {
        body.truncate(at);
    }
}

/// What a notice itself ends with, on every notice of one body: contacts, a date, who signs.
fn is_own(text: &str) -> bool {
    OWN.is_match(text)
}

static OWN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)联系|电话|传真|邮编|邮箱|信箱|地址|监督|举报|@|[0-9][0-9-]{6,}|年.{1,3}月.{0,4}日?|附件
        |(?:委员会|党组|党委|党工委|党总支|支部|纪委|监委|局|厅|办|办公室|工商联|联合会|总会|法院|检察院|医院|学院|大学|中学|小学|学校|公司|集团|政府|中心|协会|学会|银行|大队|支队|部|站|所|院|社|馆|处|组)[)\u{ff09}]?$",
    )
});

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn what_a_notice_ends_with_is_its_own_however_often_it_is_seen() {
        for own in ["中共某市水利局党组", "2024年9月12日", "联系电话:0591-12345678", "邮政信箱:某路1号", "某县工商联"]
        {
            assert!(is_own(own), "{own}");
        }
        for other in ["我要纠错", "手机浏览本页", "欢迎关注某市发布", "政策问答平台"] {
            assert!(!is_own(other), "{other}");
        }
    }
}
