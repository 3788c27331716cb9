//! What a heading says by its shape: that it names a problem, or what kind of section it opens.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::dates::pattern;
use super::sentence::first_clause;

/// What a section is about, by its heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// How the work was organised.
    Organisation,
    /// What was done about the problems.
    Rectification,
    /// What is not finished.
    Unfinished,
    /// Discipline, leads (问题线索), handling.
    Outcome,
    /// What is to come.
    Next,
    Unknown,
}

static UNFINISHED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"未(?:能)?(?:全部|完全|按期)?(?:完成|整改|销号)|(?:需要?|还需)(?:进一步|长期|持续|继续)(?:整改|推进|坚持|落实|解决)|正在(?:整改|推进)|(?:持续|长期|继续)整改(?:的)?(?:问题|事项|任务)|(?:正在|持续)推进(?:的)?(?:问题|事项|任务)",
    )
});
static OUTCOME: LazyLock<Regex> = LazyLock::new(|| pattern(r"线索|追责|问责|处分|执纪|信访|处理情况|案件|移交"));
static GROUP: LazyLock<Regex> = LazyLock::new(|| pattern(r"^聚焦|方面(?:的|存在)?(?:问题)?|反馈(?:的)?(?:意见|问题|具体问题)|具体问题"));
static ORGANISATION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"组织|领导|负责人|主体责任|站位|总体|基本情况|部署|认识|扛|压实|责任落实|思想|工作开展|主要做法"));
static NEXT: LazyLock<Regex> = LazyLock::new(|| pattern(r"下一步|下步|下阶段|今后|后续|巩固|长效|标本兼治|努力方向|接下来|^坚持|^持续"));
static RECTIFICATION: LazyLock<Regex> = LazyLock::new(|| pattern(r"整改|问题|进展|落实情况"));

/// A heading over several problems: 聚焦…方面.
pub(super) fn is_group(heading: &str) -> bool {
    GROUP.is_match(heading)
}

pub(super) fn class(heading: &str) -> Class {
    if is_problem(heading) {
        return Class::Rectification;
    }
    if UNFINISHED.is_match(heading) {
        return Class::Unfinished;
    }
    if OUTCOME.is_match(heading) {
        return Class::Outcome;
    }
    if NEXT.is_match(heading) {
        return Class::Next;
    }
    if GROUP.is_match(heading) {
        return Class::Rectification;
    }
    if ORGANISATION.is_match(heading) {
        return Class::Organisation;
    }
    if RECTIFICATION.is_match(heading) { Class::Rectification } else { Class::Unknown }
}

static NAMED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?P<lead>(?:关于|针对|对于|就)?(?:反馈(?:意见)?(?:中)?(?:指出|提出|的)*)?(?:存在)?)"));

/// 理论学习不深入问题整改情况: named before the word, without 关于.
static TAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:的)?问题(?:(?:的)?整改(?:工作)?(?:落实|进展|完成)?(?:情况)?)?$"));

/// 巡察反馈问题, 存在问题: words for problems in general, which name none.
static GENERAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:对|对照|以上|上述|这些|此类|该|其他|相关|有关|各类|所有)?(?:(?:中央|[省市区县州盟旗]委|本轮|此次|本次|党委|党组|内部|专项)?(?:第[一二三四五六七八九十0-9]+)?(?:轮)?(?:提级)?(?:巡视|巡察|检查|审计)?(?:组|工作|监督|整改|期间)?)?(?:[选用人意识形态工作责任制巡视巡察和、及]*专项检查)?(?:反馈|指出|发现|移交|交办|提出)?(?:的|意见|和|中|整改|情况)*(?:具体|主要|突出|共性|个性|重点)*(?:反馈)?$",
    )
});

/// Whether a part's text begins by naming a problem: 关于…的问题, 针对“…”, …问题整改情况.
pub(super) fn is_problem(text: &str) -> bool {
    problem_within(text).is_some()
}

/// Where the problem stands in a text that begins by naming one.
pub(super) fn problem_within(text: &str) -> Option<Range<usize>> {
    let clause = &text[first_clause(text, 0..text.len())];
    if clause.starts_with("针对性") {
        return None;
    }
    let lead = NAMED.find(clause).map_or(0, |lead| lead.end());
    let range = in_quotation(text, clause, lead).or_else(|| in_words(clause, lead))?;
    let is_general = GENERAL.is_match(&text[range.clone()]);
    (!is_general && text[range.clone()].chars().count() >= 3).then_some(range)
}

/// 关于“…”的问题; without 关于 the word 问题 or 整改 must follow, and a group (聚焦“…”方面) is no problem.
fn in_quotation(text: &str, clause: &str, lead: usize) -> Option<Range<usize>> {
    if !clause[lead..].starts_with(['“', '"']) {
        return None;
    }
    let inner = quoted(text, lead)?;
    let rest = &text[inner.end..];
    let goes_on = !CLOSES.is_match(rest) && clause[lead..].contains("问题");
    ((lead > 0 && !goes_on) || AFTER_QUOTE.is_match(rest)).then_some(inner)
}

static CLOSES: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^[”"](?:[。:;,]|$|等|的|问题|整改|方面|情况)"#));

/// 关于…的问题, 针对…问题; or what reads as a fault before 问题整改情况.
fn in_words(clause: &str, lead: usize) -> Option<Range<usize>> {
    if lead == 0 {
        let before = &clause[..TAIL.find(clause)?.start()];
        return (is_negative(before) && !UNFINISHED.is_match(clause)).then_some(0..before.len());
    }
    let end = last_problem(clause, lead)?;
    let named = clause[lead..end].trim_end_matches('的');
    let named = named.strip_suffix('等').unwrap_or(named);
    Some(lead..lead + named.len())
}

static AFTER_QUOTE: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^[”"](?:等|这一|的|方面)*(?:突出|具体)?(?:问题|整改)"#));

/// The word 问题 that closes the naming: the last one in the clause, but none after a comma that follows 的问题.
fn last_problem(clause: &str, from: usize) -> Option<usize> {
    let first_stop = clause[from..].find("问题,").map(|at| from + at);
    first_stop.or_else(|| clause[from..].rfind("问题").map(|at| from + at))
}

/// The inside of the quotation that opens at `open`; quotations may stand in one another.
pub(super) fn quoted(text: &str, open: usize) -> Option<Range<usize>> {
    let mark = text[open..].chars().next()?;
    let start = open + mark.len_utf8();
    if mark == '"' {
        return straight(text, start);
    }
    let mut depth = 1;
    for (offset, character) in text[start..].char_indices() {
        match character {
            '“' => depth += 1,
            '”' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(start..start + offset);
        }
    }
    // An inner quotation that was never closed: the last closing mark of the first sentence ends it.
    text[start..].rfind('”').map(|offset| start..start + offset)
}

/// Straight marks do not say which opens: the one before 问题 or 整改 closes, else the next.
fn straight(text: &str, start: usize) -> Option<Range<usize>> {
    let mut first = None;
    for (offset, _) in text[start..].match_indices('"') {
        if AFTER_QUOTE.is_match(&text[start + offset..]) {
            return Some(start..start + offset);
        }
        first = first.or(Some(offset));
    }
    first.map(|offset| start..start + offset)
}

/// Endings that tell a fault whatever verb stands before: 推动改革不够有力, 加强学习存在不足.
static FAULT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:不[\p{Han}]{1,4}|未[\p{Han}]{1,10}|没有[\p{Han}]{1,10}|存在[\p{Han}]{0,6}(?:不足|差距|短板|弱项|偏差|漏洞|薄弱环节|问题|风险|现象)|有[\p{Han}]{0,3}(?:差距|短板|偏差|漏洞|欠缺|不足|遗漏)|欠缺|缺失|缺位|薄弱|滞后|弱化|虚化|淡化|边缘化|混乱|淡薄|较低|偏低|较少|偏少|较弱|偏弱|较差|偏慢|较慢|单一|缓慢|迟缓|有待[\p{Han}]{1,6}|亟[需待][\p{Han}]{1,6}|欠[\p{Han}]{1,3}|走过场|宽松软|松懈|松散|粗放|乏力|失之于[\p{Han}]{1,3}|压而不实|流于形式|问题(?:较|仍|依然|比较)?(?:突出|严重|多发)|时有发生|屡禁不止|反弹|多发|突出|打折扣|缺乏[\p{Han}]{0,8}|缺少[\p{Han}]{0,8}|短缺|不足|依赖[\p{Han}]{1,6}|违规[\p{Han}]{1,8}|重[\p{Han}]{1,4}轻[\p{Han}]{1,4}|形式主义[\p{Han}]{0,4}|上热中温下冷)(?:的)?(?:现象|情况|问题|等)*(?:存在|突出|明显|严重|多发|较多|较大|时有发生)?$",
    )
});
/// Endings that a verb may have as its object: 补齐短板, 防范风险.
static OBJECT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:偏差|差距|短板|弱项|问题|形式|漏洞|隐患|风险|随意|不足)(?:突出|明显|严重|较多|较大)?$"));
static WORK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:切实|着力|全面|扎实|深入|持续|进一步|严格|认真|大力|积极|坚决|坚持|全力|有效|集中|开展|推动|推进|加强|强化|完善|健全|建立|规范|提升|提高|增强|深化|优化|落实|严肃|严控|解决|防范|整治|压实|抓|制定|修订|组织|召开|及时|不断|聚焦|锚定|紧盯|突出|坚定|从严|严把|补齐|堵塞|消除|纠治|杜绝|防止|对|针对|已|要求|督促|明确)",
    )
});
/// What is fought, and what is promised not to be done: no faults.
static FOUGHT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^[\p{Han}]{0,6}?(?:纠治|整治|防止|杜绝|消除|克服|破解|解决|防范|治理|查处|严查|补齐|堵塞|根治|纠正|避免)|(?:不放松|不松劲|不走样|不动摇|不停步|不懈|不断|不走过场|不打折扣|不缺位|死角|空白|不反弹|不折不扣|不含糊|不手软|不掉线|不松懈|不停歇|不变|不越线|不止步|不停顿|不出事)$",
    )
});

/// Whether a heading that names no problem by its words still reads as one: 理论学习不够深入.
pub(super) fn is_negative(heading: &str) -> bool {
    let clause = &heading[first_clause(heading, 0..heading.len())];
    let clause = clause.trim_end_matches(['。', ';', ',', ':', '”', ')']);
    let count = clause.chars().count();
    let is_fault = FAULT.is_match(clause) || (OBJECT.is_match(clause) && !WORK.is_match(clause));
    (4..=80).contains(&count) && is_fault && !is_fought(clause)
}

/// 整治不作为 is work; 整治腐败力度不够 and 政治理论学习不深入 are faults.
fn is_fought(clause: &str) -> bool {
    FOUGHT.is_match(&clause.replace("政治理论", "理论")) && !FOUGHT_BADLY.is_match(clause)
}

static FOUGHT_BADLY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^[\p{Han}“”]{0,8}?(?:治理|整治|防范|查处|纠治|破解|化解)[^,;]*(?:力度不[大够足]|不力|不彻底|不够(?:有力|深入|到位|坚决|有效|彻底)|不到位|有差距|存在差距|滞后|缓慢)$",
    )
});
