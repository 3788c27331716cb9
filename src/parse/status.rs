//! What became of a problem, where the notice marks it: (已完成), 整改状态:正在整改, 未完成,持续整改中。
//!
//! The word 完成 in prose is no mark. The last clause that tells a status decides (已完成,并长期坚持 is standing).

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::Status;

use super::dates::pattern;
use super::text::Line;

/// A mark and what it says; `range` is the mark without its brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub range: Range<usize>,
    /// `None` where it tells a date or a plan, but no status.
    pub status: Option<Status>,
}

const OPEN: &str = r"(?:尚|仍|暂|还|目前)?未(?:能)?(?:全部|完全)?(?:整改)?(?:完成|到位|销号|办结)(?:整改)?(?:到位|完成)?|(?:正在|持续|继续|仍在|抓紧|稳步|有序|长期)?(?:整改|推进)中|(?:已?(?:经)?(?:完成|整改)(?:整改|到位)?)?(?:并|将|仍|仍需|还需|正在|持续|继续|仍在|抓紧|加快|有序|稳步)*(?:正在|持续|继续|仍在|抓紧|加快|有序|稳步)(?:整改|推进|推动|实施|落实|办理|进行)(?:整改|落实|当中|之中|中)*|(?:部分|阶段性)未(?:完成|整改)|整改推进中|未整改";
const PARTIAL: &str = r"(?:已)?基本(?:上)?(?:完成|整改|到位)(?:整改)?(?:任务|到位|完成)*|(?:已)?(?:取得|有)(?:了)?(?:明显|一定|初步|较好)?(?:的)?(?:阶段性?|初步)(?:整改)?(?:成效|成果|进展|效果)|已?完成(?:了)?阶段性(?:整改)?(?:任务|目标|工作)|(?:已)?(?:部分|阶段性)(?:完成|整改)(?:整改|到位)*|(?:取得|达到)(?:明显|初步)(?:成效|效果)";
const STANDING: &str = r"(?:已完成(?:整改)?)?(?:并|需|需要|将|已|将继续|继续)*(?:长期|持续|长久|常态化|始终)(?:性)?(?:地)?(?:坚持|巩固|深化|保持|抓好|加强|推进整改|坚持整改|整改坚持)(?:整改|落实|推进|提升|执行|下去|成果|成效|深化|巩固|坚持)*|(?:并|已|现)*(?:转入|进入|纳入|转为|建立)(?:长效|长期|常态化?)(?:整改|坚持|机制|管理|推进|化)*|长期整改|持续深化整改|(?:已完成)?(?:并)?长期坚持|常态化(?:推进|开展|坚持|落实|整改)";
const DONE: &str = r"(?:均|都|现|已经?|全部|按期|按时|提前|如期)*(?:全部|全面|按期|按时|如期)?(?:整改|销号|办结|完成)(?:整改|销号|到位|完成|完毕|办结|结束|任务|问题)+(?:并)?(?:销号)?|(?:均|都|现|全部)*已(?:经)?(?:全部|全面|按期|按时|如期)*(?:完成|整改|销号|办结)|完成|(?:立行立改|即知即改|立整立改)(?:已|并)?(?:经)?(?:整改|完成)(?:整改|到位)*|已(?:全部|全面)?(?:整改|落实)(?:到位|完成|完毕)?|整改(?:到位|完毕)";

const STATUSES: [(&str, &str, Status); 4] = [
    ("open", OPEN, Status::Open),
    ("partial", PARTIAL, Status::Partial),
    ("standing", STANDING, Status::Standing),
    ("done", DONE, Status::Done),
];

/// A clause that is nothing but one of these words with what may stand around them.
fn clause(words: &str) -> Regex {
    let before = r"(?:截[至止]目前|目前|现|该(?:问题|项|事项|任务)?|此(?:问题|项|事项)|本(?:问题|项)|(?:问题)?整改(?:状态|情况|进度|结果|任务|工作|措施)?|(?:该|此)?(?:项)?问题|(?:整改)?完成(?:情况|状态)|状态|进度|销号情况)?(?:为|是|:)?";
    let day = r"(?:20[0-9]{2}年)?(?:[0-9]{1,2}月)?(?:[0-9]{1,2}[日号])?(?:底|份|初|上旬|中旬|下旬)?";
    let date = format!("(?:已(?:于|在){day}前?|(?:于|在)?{day})?");
    pattern(&format!(r"^{before}{date}(?:{words})(?:[(][^()]*[)])?$"))
}

/// To match is much cheaper than to say which part of a pattern matched: that is asked only where two fit.
static EACH: LazyLock<[(Status, Regex); 4]> = LazyLock::new(|| STATUSES.map(|(_, words, status)| (status, clause(words))));
static ANY: LazyLock<Regex> = LazyLock::new(|| clause(&STATUSES.map(|(_, words, _)| words).join("|")));
static WHICH: LazyLock<Regex> = LazyLock::new(|| clause(&STATUSES.map(|(name, words, _)| format!("(?P<{name}>{words})")).join("|")));

static NEUTRAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:(?:计划|预计|力争|拟|将|完成时间|完成时限|整改时限|时限|整改期限|时间)*(?:于|在)?(?:为|是|:)?(?:20[0-9]{2}年)?(?:[0-9]{1,2}月)?(?:[0-9]{1,2}[日号])?(?:底|末|份|上旬|中旬|下旬)?(?:前|以前|之前)?(?:全部|全面)?(?:完成|整改|整改到位|到位|落实|办结|完成整改|销号)?|立行立改|立整立改|即知即改|立即整改|边查边改|整改时限.{0,14})$",
    )
});

/// Characters of the longest mark.
const MARK_CHARACTERS_MAX: usize = 60;

/// A text that is nothing but a mark.
pub(super) fn mark(text: &str, range: Range<usize>) -> Option<Mark> {
    read(text, range, |_| None)
}

/// A text that stands where marks stand, in brackets or after a label; it may go on to say why: 未完成,受资金影响.
pub(super) fn explained(text: &str, range: Range<usize>) -> Option<Mark> {
    let begins_or_ends = |clauses: &[&str]| clauses.first().is_some_and(|clause| clause_status(clause).is_some());
    let clauses: Vec<&str> = clauses(&text[range.clone()]).collect();
    if !begins_or_ends(&clauses) {
        return mark(text, range);
    }
    read(text, range, |clause| Some(STILL_OPEN.is_match(clause).then_some(Status::Open)))
}

/// 剩余1个项目正在整改: the rest is open.
static STILL_OPEN: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?:{OPEN})$")));

fn clauses(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', '、', '。', '/']).filter(|clause| !clause.is_empty())
}

/// The last clause that tells a status decides; `otherwise` judges a clause that is neither status nor date.
fn read(text: &str, range: Range<usize>, otherwise: impl Fn(&str) -> Option<Option<Status>>) -> Option<Mark> {
    let range = range.end - text[range.clone()].trim_start_matches(['√', '✓', '✔', '☑']).len()..range.end;
    let inner = &text[range.clone()];
    if inner.is_empty() || inner.chars().count() > MARK_CHARACTERS_MAX {
        return None;
    }
    let (mut status, mut tells) = (None, false);
    for clause in clauses(inner) {
        if let Some(found) = clause_status(clause) {
            (status, tells) = (Some(found), true);
        } else if NEUTRAL.is_match(clause) {
            tells |= clause.chars().any(|c| c.is_ascii_digit()) || clause.starts_with('立');
        } else {
            status = otherwise(clause)?.or(status);
        }
    }
    tells.then_some(Mark { range, status })
}

fn clause_status(clause: &str) -> Option<Status> {
    if !ANY.is_match(clause) {
        return None;
    }
    let mut told = EACH.iter().filter(|(_, words)| words.is_match(clause)).map(|(status, _)| *status);
    if let (Some(only), None) = (told.next(), told.next()) {
        return Some(only);
    }
    let found = WHICH.captures(clause)?;
    STATUSES.iter().find(|(name, ..)| found.name(name).is_some()).map(|(.., status)| *status)
}

/// The mark in brackets that ends a stretch of text; its brackets are left out of the stretch that remains.
pub(super) fn trailing(line: &Line, range: Range<usize>) -> Option<(Mark, Range<usize>)> {
    let text = &line.text;
    let trimmed = range.start + text[range.clone()].trim_end_matches(['。', ';', ',', '.', ':']).len();
    let close = text[range.start..trimmed].chars().next_back().filter(|c| matches!(c, ')' | ']'))?;
    let open = if close == ')' { '(' } else { '[' };
    let opens = range.start + text[range.start..trimmed].rfind(open)?;
    let mark = explained(text, opens + 1..trimmed - 1)?;
    Some((mark, range.start..opens))
}

/// Every mark in brackets, where it may stand: 一是…(已完成)二是…(正在推进).
pub(super) fn in_brackets(text: &str, range: Range<usize>) -> Vec<Mark> {
    static BRACKETS: LazyLock<Regex> = LazyLock::new(|| pattern(r"[(\[](?P<inner>[^()\[\]]{2,40})[)\]]"));
    let inner = BRACKETS.captures_iter(&text[range.clone()]).filter_map(|found| found.name("inner"));
    inner
        .filter_map(|inner| mark(text, range.start + inner.start()..range.start + inner.end()))
        .filter(|mark| mark.status.is_some())
        .collect()
}

/// What stands after 整改状态: or in its column.
pub(super) fn labelled(text: &str, range: Range<usize>) -> Option<Mark> {
    let inner = text[range.clone()].trim_end_matches(['。', ';', '!']);
    explained(text, range.start..range.start + inner.len()).filter(|mark| mark.status.is_some())
}

/// The sentence that is nothing but a mark, first or last of a rectification: 未完成,持续整改中。
pub(super) fn sentence(text: &str, range: Range<usize>) -> Option<Mark> {
    let inner = text[range.clone()].trim_end_matches(['。', ';', '!']);
    mark(text, range.start..range.start + inner.len()).filter(|mark| mark.status.is_some())
}

static OF_THE_PROBLEM: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"[,;](?P<clause>(?:目前|现)?(?:该|此|本)(?:项)?(?:问题|事项|整改任务)[^,;。]{2,20})[。;]?$"));

/// …,该问题正在整改。: the last clause says it of the problem by name.
pub(super) fn of_the_problem(text: &str, range: Range<usize>) -> Option<Mark> {
    let clause = OF_THE_PROBLEM.captures(&text[range.clone()])?.name("clause")?;
    mark(text, range.start + clause.start()..range.start + clause.end()).filter(|mark| mark.status.is_some())
}

#[cfg(test)]
mod tests {
    use super::mark;
    use crate::model::Status::{self, Done, Open, Partial, Standing};

    #[track_caller]
    fn check(text: &str, expected: Option<Status>) {
        assert_eq!(mark(text, 0..text.len()).and_then(|mark| mark.status), expected, "in {text:?}");
    }

    #[test]
    fn marks_are_told_by_their_last_clause() {
        check("已完成", Some(Done));
        check("已完成整改", Some(Done));
        check("整改完成", Some(Done));
        check("已于2024年6月完成", Some(Done));
        check("已全部完成", Some(Done));
        check("已整改到位", Some(Done));
        check("该问题已完成整改", Some(Done));
        check("完成整改并销号", Some(Done));
        check("未完成", Some(Open));
        check("未完成,持续整改中", Some(Open));
        check("正在整改", Some(Open));
        check("持续整改", Some(Open));
        check("正在推进,2025年6月底前完成", Some(Open));
        check("未完成,计划2025年6月底前完成", Some(Open));
        check("基本完成", Some(Partial));
        check("取得阶段性成效", Some(Partial));
        check("取得阶段性成效,转入长效整改", Some(Standing));
        check("已完成,并长期坚持", Some(Standing));
        check("已完成并长期坚持", Some(Standing));
        check("长期坚持", Some(Standing));
        check("完成整改,长期坚持", Some(Standing));
        check("整改已完成", Some(Done));
        check("已完成整改任务", Some(Done));
        check("已整改", Some(Done));
        check("已销号", Some(Done));
        check("2024年5月已完成", Some(Done));
        check("已于2024年3月底前完成", Some(Done));
        check("立行立改,已完成", Some(Done));
        check("立行立改已完成", Some(Done));
        check("立行立改", None);
        check("已落实", Some(Done));
        check("完成", Some(Done));
        check("√已完成", Some(Done));
        check("整改状态:已完成", Some(Done));
        check("已按期完成", Some(Done));
        check("已完成(2024年6月)", Some(Done));
        check("持续推进", Some(Open));
        check("持续推进中", Some(Open));
        check("正在推进", Some(Open));
        check("整改中", Some(Open));
        check("未整改到位", Some(Open));
        check("尚未完成", Some(Open));
        check("正在推进,预计2025年6月完成", Some(Open));
        check("已完成,持续推进", Some(Open));
        check("完成并持续推进", Some(Open));
        check("基本完成整改,将持续推进", Some(Open));
        check("该问题基本完成整改,计划2024年8月底前全部到位", Some(Partial));
        check("部分完成", Some(Partial));
        check("阶段性完成", Some(Partial));
        check("已取得阶段性成效", Some(Partial));
        check("基本完成,持续整改", Some(Open));
        check("已完成阶段性整改任务,长期坚持", Some(Standing));
        check("已完成,持续坚持", Some(Standing));
        check("已完成,持续巩固深化", Some(Standing));
        check("已完成并持续坚持", Some(Standing));
        check("需长期坚持", Some(Standing));
        check("已完成,转入常态化", Some(Standing));
        check("常态化推进", Some(Standing));
        check("2025年6月底前完成", None);
        check("计划于2025年完成", None);
    }

    #[test]
    fn prose_is_no_mark() {
        check("相关手续已完成", None);
        check("2024年修订版", None);
        check("完成整治搬迁5家", None);
        check("第三期", None);
        check("试行", None);
        check("总商会", None);
        check("已完成换届", None);
        check("含3家直属单位", None);
        check("完成率100%", None);
        check("下同", None);
        check("整改", None);
        check("落实", None);
        check("其中已完成12个", None);
        check("2023年", None);
        check("党组书记", None);
        check("制度执行中", None);
    }
}
