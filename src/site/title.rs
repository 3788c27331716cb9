//! Titles to verdicts: which entries of a column are rectification notices (巡视巡察整改情况通报).
//!
//! Reads nothing but the title; whether the page keeps what its title promises is for the parser to say.

use regex::{Regex, RegexBuilder};

use super::text;
use crate::model::{TitleRule, Topic};

/// A compiled [`TitleRule`].
#[derive(Debug, Clone)]
pub struct TitleFilter {
    take: Vec<Regex>,
    skip: Vec<Regex>,
    /// What the built-in rule takes; never empty.
    topics: Vec<Topic>,
}

/// What a title is to a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Notice,
    /// Not taken, for this reason, but worth showing to whoever sets up a source.
    NearMiss(&'static str),
    Other,
}

/// Largest compiled pattern, in bytes; a pattern that needs more is a mistake.
const PATTERN_BYTES_MAX: usize = 1 << 20;

impl TitleFilter {
    /// # Errors
    /// A pattern that is no regular expression, with the reason.
    pub fn new(rule: &TitleRule) -> Result<Self, String> {
        let compiled = |patterns: &[String]| patterns.iter().map(|pattern| compiled(pattern)).collect::<Result<Vec<_>, _>>();
        let topics = if rule.topics.is_empty() { vec![Topic::Rectification] } else { rule.topics.clone() };
        Ok(Self { take: compiled(&rule.take)?, skip: compiled(&rule.skip)?, topics })
    }

    fn built_in(&self, title: &str, is_cut: bool) -> Verdict {
        let wants = |topic: Topic| self.topics.contains(&topic);
        match judge(title, is_cut) {
            Verdict::Notice if wants(Topic::Rectification) || (wants(Topic::Summary) && is_of_a_round(title)) => Verdict::Notice,
            Verdict::Notice => Verdict::NearMiss("整改情况通报，但 topics 未列 rectification"),
            _ if other_topic(title).is_some_and(wants) => Verdict::Notice,
            verdict => verdict,
        }
    }

    pub fn judge(&self, title: &str) -> Verdict {
        let plain = plain(title);
        let any = |patterns: &[Regex]| patterns.iter().any(|pattern| pattern.is_match(title) || pattern.is_match(&plain));
        if any(&self.skip) {
            return Verdict::NearMiss("合于 skip 规则，不取");
        }
        let built_in = self.built_in(&plain, text::is_cut(title));
        match (self.take.is_empty(), any(&self.take), built_in) {
            (true, _, verdict) => verdict,
            (false, true, _) => Verdict::Notice,
            (false, false, Verdict::Notice) => Verdict::NearMiss("内置规则会取，但不合于 take 规则"),
            (false, false, _) => Verdict::Other,
        }
    }
}

fn compiled(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES_MAX)
        .build()
        .map_err(|problem| format!("{pattern:?} is not a regular expression: {problem}"))
}

/// What a title is of that announces no rectification notice, for sources that ask for more; `None` for news of meetings and plans.
///
/// Findings are mostly told as the news of the meeting that fed them back, so a 反馈会 counts.
fn other_topic(title: &str) -> Option<Topic> {
    const NEWS: [&str; 14] =
        ["动员", "部署", "推进会", "座谈", "调度", "督查", "学习", "培训", "研究", "审议", "听取", "进驻", "撤离", "方案"];
    let inspects = has(title, &["巡视", "巡察"]);
    let reports = has(title, &["情况", "进展", "通报", "报告", "公告", "公示", "结果", "落实", "销号", "完成"]);
    if has(title, &NEWS) {
        return None;
    }
    if inspects && title.contains("反馈") && !title.contains("整改") {
        return Some(Topic::Feedback);
    }
    if inspects || !title.contains("整改") || !reports {
        return None;
    }
    if has(title, &["环保督察", "环境保护督察", "生态环境保护督察", "生态环境督察", "环境督察"]) {
        return Some(Topic::Environment);
    }
    title.contains("审计").then_some(Topic::Audit)
}

/// 县委第五轮巡察18个单位党组织整改情况: a whole round at once.
fn is_of_a_round(title: &str) -> bool {
    let of_many = has(title, &["个单位", "家单位", "个党组织", "家党组织", "个部门", "各单位", "各党组织"]);
    of_many && !has(title, &["党组关于", "党委关于"])
}

/// The built-in rule: 巡视 or 巡察, and 整改, and a word for a report; unless the title is of a meeting, a plan or a check.
fn judge(title: &str, is_cut: bool) -> Verdict {
    // A 巡视员 is a rank, not an inspection.
    let title = title.replace("巡视员", "");
    let inspects = has(&title, &["巡视", "巡察"]);
    let rectifies = title.contains("整改");
    let reports = has(&title, &["情况", "进展", "通报", "报告", "公告", "公示", "结果"]);
    match (inspects, rectifies) {
        (true, true) => match other_kind(&title, is_cut) {
            Some(reason) => Verdict::NearMiss(reason),
            None if reports || is_cut => Verdict::Notice,
            None => Verdict::NearMiss("提到巡视巡察整改，但不是情况通报"),
        },
        (true, false) => inspection_without_rectification(&title, is_cut),
        (false, true) => rectification_without_inspection(&title, reports || is_cut),
        (false, false) if is_cut && has(&title, &["党组关于", "党委关于", "党工委关于", "党总支关于"]) => {
            Verdict::NearMiss("标题被截断，看不出是不是整改通报")
        }
        (false, false) => Verdict::Other,
    }
}

/// What a title with all the right words is about instead. In a title of the full form only what follows 关于 counts,
/// so that 县委督查室 and 调度中心 may publish notices too.
fn other_kind(title: &str, is_cut: bool) -> Option<&'static str> {
    const MEETINGS: [&str; 14] = [
        "反馈会",
        "动员会",
        "动员部署会",
        "部署会",
        "通报会",
        "汇报会",
        "推进会",
        "座谈会",
        "专题会",
        "调度会",
        "工作会",
        "见面会",
        "培训班",
        "培训会",
    ];
    const CHECKS: [&str; 6] = ["督查", "调度", "督导", "约谈", "回访", "评估"];
    const NEWS: [&str; 20] = [
        "召开",
        "会议",
        "动员",
        "部署",
        "进驻",
        "撤离",
        "座谈",
        "学习",
        "培训",
        "听取",
        "研究",
        "审议",
        "调研",
        "传达",
        "督办",
        "检查",
        "心得",
        "综述",
        "解读",
        "专题片",
    ];
    let full = has_full_form(title);
    let about = if full { title.split_once("关于").map_or(title, |(_, about)| about) } else { title };
    if has(about, &["民主生活会", "主题教育", "组织生活会"]) {
        return Some("民主生活会或主题教育整改");
    }
    if has(about, &MEETINGS) || !full && about.contains("动员") {
        return Some("会议消息");
    }
    if has(&about.replace("检查评估", ""), &CHECKS) {
        return Some("督查督导消息");
    }
    if about.contains("方案") && !has(about, &["方案落实", "方案执行", "方案完成", "方案的落实"])
        || has(about, &["台账", "工作办法", "暂行办法", "制度汇编", "任务分解"])
    {
        return Some("整改方案或办法");
    }
    if !full && !is_cut && about.ends_with("通知") {
        return Some("工作通知");
    }
    (!full && has(about, &NEWS)).then_some("会议或工作消息")
}

/// `…关于…整改…情况的通报`, the end of the title but for a bracketed remark.
fn has_full_form(title: &str) -> bool {
    let title = title.trim_end_matches([')', '）', '】', '」']);
    let bare = title
        .rsplit_once(['(', '（', '【'])
        .filter(|(head, remark)| head.contains("整改") && remark.chars().count() <= 16)
        .map_or(title, |(head, _)| head);
    bare.contains("关于") && ["通报", "报告", "公告", "公示", "情况"].iter().any(|end| bare.ends_with(end))
}

fn inspection_without_rectification(title: &str, is_cut: bool) -> Verdict {
    if title.contains("反馈") && !is_cut {
        return Verdict::NearMiss("巡视巡察反馈，不是整改通报");
    }
    if has(title, &["进驻", "撤离", "动员", "会议", "召开", "部署", "学习", "座谈", "公告栏", "工作人员", "招聘"])
    {
        return Verdict::NearMiss("巡视巡察的工作消息");
    }
    if is_cut {
        return Verdict::Notice;
    }
    Verdict::NearMiss("提到巡视巡察，但没有整改")
}

fn rectification_without_inspection(title: &str, reports: bool) -> Verdict {
    if title.contains("巡查") {
        return Verdict::NearMiss("巡查整改，不是巡视巡察");
    }
    if title.contains("审计") {
        return Verdict::NearMiss("审计整改");
    }
    if has(title, &["环保", "环境", "督察", "生态", "河湖", "土地", "自然资源"]) {
        return Verdict::NearMiss("环保或其他督察整改");
    }
    if has(title, &["民主生活会", "组织生活会", "主题教育"]) {
        return Verdict::NearMiss("民主生活会或主题教育整改");
    }
    if reports { Verdict::NearMiss("整改情况，但不是巡视巡察") } else { Verdict::Other }
}

fn has(title: &str, words: &[&str]) -> bool {
    words.iter().any(|word| title.contains(word))
}

/// A title without white space, in simplified characters as far as the rule's words go, half-width.
fn plain(title: &str) -> String {
    const TRADITIONAL: &str = "視況報進開會動員駐離關於組織黨專項環審計醫學習導調談實結題話評議養機構務區縣鎮鄉衛體製彙滙訪約檢辦處責領監紀應屆輪續將標準內類後佈佈告";
    const SIMPLIFIED: &str = "视况报进开会动员驻离关于组织党专项环审计医学习导调谈实结题话评议养机构务区县镇乡卫体制汇汇访约检办处责领监纪应届轮续将标准内类后布布告";
    debug_assert_eq!(TRADITIONAL.chars().count(), SIMPLIFIED.chars().count());
    title
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200b}' | '\u{feff}'))
        .map(|c| match c {
            '！'..='～' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            other => TRADITIONAL.chars().position(|old| old == other).and_then(|at| SIMPLIFIED.chars().nth(at)).unwrap_or(other),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(title: &str) -> Verdict {
        TitleFilter::new(&TitleRule::default()).unwrap().judge(title)
    }

    #[track_caller]
    fn check_notice(title: &str) {
        assert_eq!(judged(title), Verdict::Notice, "{title}");
    }

    #[track_caller]
    fn check_near(title: &str) {
        assert!(matches!(judged(title), Verdict::NearMiss(_)), "{title} is {:?}", judged(title));
    }

    #[test]
    fn a_notice_is_taken_in_every_form_of_its_title() {
        for title in [
            "关于十五届省委第三轮巡视整改情况的通报",
            "中共厦门市湖里区卫生健康局党组关于巡察整改进展情况的通报",
            "关于市委矿产资源领域专项巡察整改进展情况的通报",
            "关于区委巡察一组巡察区教育局党组反馈意见整改进展情况的报告",
            "湘潭市雨湖区工商业联合会关于巡察整改进展情况的通报",
            "处罚5569人!湖北省卫健委通报巡视整改进展",
            "关于巡视“回头看”整改落实情况的公告",
            "中共某县委关于巡察 整改\n情况的公示",
            "中共某局党组关于巡察集中整改情况的通报（2024年度）",
            "中共某县委督查室党组关于县委第一巡察组反馈意见整改情况的通报",
            "某市应急指挥调度中心党委关于巡察整改落实情况的通报",
            "十四届市委第五轮巡察整改情况公告",
            "關於巡視整改情況的通報",
            "中共某委員會關於巡察整改進展情況的通報",
            "关于巡察整改方案落实情况的报告",
        ] {
            check_notice(title);
        }
    }

    #[test]
    fn a_title_that_the_page_cut_is_given_the_benefit_of_the_doubt() {
        check_notice("中共泉州市鲤城区工商业联合会党组关于巡察整改…");
        check_notice("中共厦门市某局党组关于区委第三巡察组巡察...");
        check_near("中共厦门市某局党组关于...");
        check_near("某局召开巡察整改动员部署会暨…");
    }

    #[test]
    fn what_only_looks_like_a_notice_is_a_near_miss() {
        for title in [
            "县委第三巡察组向县教育局党组反馈巡察情况",
            "市委第二巡察组巡察市水利局党组工作动员会召开",
            "县委第一巡察组进驻公告",
            "某局召开巡察整改推进会",
            "某学院召开巡视整改情况通报会",
            "关于做好巡察整改情况公开工作的通知",
            "某局巡察整改工作方案",
            "区委巡察办督查巡察整改进展情况",
            "关于开展巡察整改督查情况的通报",
            "关于巡视整改专题民主生活会情况的通报",
            "某局传达学习巡视整改情况通报精神",
            "关于2023年度预算执行审计查出问题整改情况的公告",
            "关于中央生态环境保护督察反馈问题整改情况的公示",
            "某医院关于大型医院巡查整改情况的通报",
            "关于党史学习教育民主生活会整改情况的通报",
            "以巡察整改推动高质量发展",
        ] {
            check_near(title);
        }
    }

    #[test]
    fn the_rest_of_a_column_is_of_no_interest() {
        for title in ["关于停水的公告", "一级巡视员张某调研", "2024年公务员招录公告", "整改", ""] {
            assert_eq!(judged(title), Verdict::Other, "{title}");
        }
    }

    #[test]
    fn patterns_of_the_user_replace_the_rule() {
        let rule = TitleRule { take: vec!["审计.*整改".into()], skip: vec!["征求意见".into()], ..TitleRule::default() };
        let filter = TitleFilter::new(&rule).unwrap();
        assert_eq!(filter.judge("关于审计查出问题整改情况的公告"), Verdict::Notice);
        assert!(matches!(filter.judge("审计整改办法（征求意见稿）"), Verdict::NearMiss(_)));
        assert!(matches!(filter.judge("关于巡察整改情况的通报"), Verdict::NearMiss(_)));
        assert_eq!(filter.judge("停水公告"), Verdict::Other);
    }

    #[test]
    fn a_source_takes_the_topics_it_asks_for_and_no_meeting_news() {
        let judged = |topics: &[Topic], title: &str| {
            TitleFilter::new(&TitleRule { topics: topics.to_vec(), ..TitleRule::default() }).unwrap().judge(title)
        };
        let all = Topic::RECORDED;
        for title in [
            "县委第三巡察组向县教育局党组反馈巡察情况",
            "市委巡察组召开巡察市水利局党组情况反馈会",
            "关于2023年度预算执行审计查出问题整改情况的公告",
            "关于中央生态环境保护督察反馈问题整改情况的公示",
            "第二轮中央环保督察整改任务验收销号公示",
            "县委第五轮巡察18个单位党组织整改情况",
            "关于巡察整改情况的通报",
        ] {
            assert_eq!(judged(&all, title), Verdict::Notice, "{title}");
        }
        for title in ["市委巡察组进驻公告", "某局召开审计整改推进会", "市审计整改工作方案", "传达学习巡察反馈会议精神"]
        {
            assert_ne!(judged(&all, title), Verdict::Notice, "{title}");
        }
        assert!(matches!(judged(&[Topic::Feedback], "关于巡察整改情况的通报"), Verdict::NearMiss(_)));
        assert_eq!(judged(&[Topic::Summary], "县委第五轮巡察18个单位党组织整改情况"), Verdict::Notice);
    }

    #[test]
    fn a_pattern_that_is_none_is_named() {
        let rule = TitleRule { take: vec!["(".into()], ..TitleRule::default() };
        assert!(TitleFilter::new(&rule).err().unwrap().contains("\"(\""));
    }
}
