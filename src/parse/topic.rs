//! What kind of document it is, with the reasons: rectification notices against their look-alikes.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Inspection, Topic};

use super::dates::pattern;
use super::outline::{Label, Part};
use super::text::Line;

/// One thing that speaks for or against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub speaks_for: bool,
    pub what: String,
}

/// Characters at the beginning that are read for the announcement.
const OPENING_CHARACTERS: usize = 1500;

macro_rules! patterns {
    ($($name:ident = $pattern:literal;)*) => { $(static $name: LazyLock<Regex> = LazyLock::new(|| pattern($pattern));)* };
}

patterns! {
    NOTICE_TITLE = r"(?:巡[视察]).*整改|整改.*(?:巡[视察])";
    STATE_WORDS = r"情况|进展|结果|成效|报告|通报|公告|公示";
    MEETING = r"反馈会|动员会?|部署会|推进会|推进整改|汇报会|座谈会|调度|督查|督导|进驻|撤离|通报会|民主生活会|学习|研讨|培训|约谈|回访|检查|召开|会议|专题会|工作会|方案|安排|举行|来我|赴|调研";
    ANNOUNCES = r"现(?:根据|按照)?[^。]{0,30}将[^。]{0,60}?(?:整改|整治)[^。]{0,30}?(?:公布|公开|通报|公告|报告|公示|如下)|(?:予以|向社会|向党内)(?:公布|公开|公告|公示)|通报如下|公告如下|报告如下";
    FED_BACK = r"反馈了?[^。]{0,20}?(?:意见|情况|问题)|反馈意见";
    AUDIT = r"审计";
    AUDIT_TITLE = r"审计[^。]{0,20}整改|整改[^。]{0,10}审计|审计(?:查出|发现|报告|工作报告)";
    ENVIRONMENT_TITLE = r"(?:环保|环境保护|生态环境)(?:保护)?督察|环保督察|(?:环境|长江|黄河)[^。]{0,20}(?:整改|销号)";
    ENVIRONMENT = r"(?:中央|省)?(?:生态环境保护|环保|环境保护)督察";
    LIFE_TITLE = r"民主生活会|组织生活会|主题教育";
    HOSPITAL = r"(?:大型)?医院巡查|行业作风.{0,6}巡查";
    SUMMARY_TITLE = r"(?:第[\p{Han}0-9]{1,4}轮|[0-9]+(?:家|个)(?:单位|党组织|部门)|各(?:单位|党组织)).{0,20}(?:巡[视察]).{0,10}整改";
    MANY_BODIES = r"(?:[0-9]+|[一二三四五六七八九十]+)(?:家|个)(?:被巡[视察])?(?:单位|党组织|部门|地区|县|区)(?:党组|党委|党组织)?(?:的)?(?:[^。]{0,40})(?:整改|反馈)";
    FEEDBACK_TITLE = r"反馈(?:意见|情况|会|问题|巡|专项)|(?:巡[视察])(?:[\p{Han}]{0,12})反馈|向[^。]{2,40}反馈";
    FOUND_ONLY = r"现将巡[视察](?:有关)?情况(?:通报|公布|反馈)|指出了?(?:[^。]{0,20})(?:存在)|(?:发现|存在)的?(?:一些)?(?:主要)?问题";
    TELLS_FOUND = r"现将[^。]{0,20}巡[视察](?:有关)?(?:情况|结果|发现的?问题)(?:通报|公布|反馈|公告|予以)";
    TEAM = r"巡[视察](?:组|工作|反馈|整改|意见|进驻|办)";
    STATIONED = r"进驻|值班电话|受理[^。]{0,20}(?:信访|来信来电)|意见箱";
    OTHER_WORDS = r"巡查|督察|督查|土地|河湖|创建|安全生产|政务督查|自然资源";
}

pub(super) fn classify(title: Option<&str>, lines: &[Line], parts: &[Part], inspection: &Inspection, items: usize) -> (Topic, Vec<Reason>) {
    let mut case = Case { reasons: Vec::new(), opening: opening(lines), title: title.unwrap_or_default() };
    let topic = case.topic(parts, inspection, items);
    (topic, case.reasons)
}

fn opening(lines: &[Line]) -> String {
    let mut opening = String::new();
    for line in lines {
        opening.push_str(&line.text);
        opening.push('\n');
        if opening.len() > OPENING_CHARACTERS * 3 {
            break;
        }
    }
    opening
}

struct Case<'a> {
    reasons: Vec<Reason>,
    opening: String,
    title: &'a str,
}

impl Case<'_> {
    fn say(&mut self, speaks_for: bool, what: impl Into<String>) {
        self.reasons.push(Reason { speaks_for, what: what.into() });
    }

    fn topic(&mut self, parts: &[Part], inspection: &Inspection, items: usize) -> Topic {
        if let Some(other) = self.other_rectification() {
            return other;
        }
        let labels = parts.iter().filter(|part| part.label.is_some_and(Label::is_rectification)).count();
        let in_title = NOTICE_TITLE.is_match(self.title) && STATE_WORDS.is_match(self.title);
        let announces = ANNOUNCES.is_match(&self.opening);
        let fed_back = inspection.feedback.is_some() || (FED_BACK.is_match(&self.opening) && inspection.team.is_some());
        let inspects = self.opening.contains("巡视") || self.opening.contains("巡察");
        let tells = items > 0 || labels > 0;
        if in_title {
            self.say(true, "the title names an inspection and its rectification");
        }
        if announces {
            self.say(true, "the opening announces what was rectified");
        }
        if fed_back {
            self.say(true, "the opening tells when the findings were fed back");
        }
        if tells {
            self.say(true, format!("{items} problems with what was done about them, {labels} labels such as 整改情况"));
        }
        let meeting = MEETING.find(self.title).map(|found| found.as_str().to_owned());
        if let Some(word) = &meeting {
            self.say(false, format!("the title says {word}"));
        }
        if TELLS_FOUND.is_match(&self.opening) && !self.title.contains("整改") {
            self.say(false, "it announces what was found, not what was done about it");
            return Topic::Feedback;
        }
        let aggregate = self.is_summary();
        let weight = usize::from(in_title) + usize::from(announces) + usize::from(fed_back) + usize::from(tells);
        if aggregate && items < 3 {
            self.say(false, "it tells of many bodies at once");
            return Topic::Summary;
        }
        if inspects && weight >= 3 && (meeting.is_none() || (in_title && announces && tells)) {
            return Topic::Rectification;
        }
        self.rest(inspects, tells, &meeting)
    }

    /// Rectification of something else than an inspection's findings.
    fn other_rectification(&mut self) -> Option<Topic> {
        let inspects = NOTICE_TITLE.is_match(self.title);
        let in_title: [(&Regex, Topic, &str); 4] = [
            (&AUDIT_TITLE, Topic::Audit, "审计"),
            (&ENVIRONMENT_TITLE, Topic::Environment, "生态环境保护督察"),
            (&LIFE_TITLE, Topic::DemocraticLifeMeeting, "民主生活会"),
            (&HOSPITAL, Topic::HospitalPatrol, "医院巡查"),
        ];
        for (pattern, topic, word) in in_title {
            if pattern.is_match(self.title) && !inspects {
                self.say(false, format!("the title says {word}"));
                return Some(topic);
            }
        }
        let has_inspection = self.opening.contains("巡视") || self.opening.contains("巡察");
        if has_inspection {
            return None;
        }
        for (pattern, topic, word) in [
            (&ENVIRONMENT, Topic::Environment, "生态环境保护督察"),
            (&HOSPITAL, Topic::HospitalPatrol, "医院巡查"),
            (&AUDIT, Topic::Audit, "审计"),
        ] {
            let announces = ANNOUNCES.is_match(&self.opening) || self.title.contains("整改");
            if announces && pattern.is_match(&self.opening) && self.opening.contains("整改") {
                self.say(false, format!("the opening tells of {word}, of no inspection (巡视, 巡察)"));
                return Some(topic);
            }
        }
        None
    }

    fn is_summary(&self) -> bool {
        SUMMARY_TITLE.is_match(self.title)
            && MANY_BODIES.is_match(&self.opening)
            && !self.title.contains("党组关于")
            && !self.title.contains("党委关于")
    }

    fn rest(&mut self, inspects: bool, tells: bool, meeting: &Option<String>) -> Topic {
        let is_subject = self.title.contains("巡视") || self.title.contains("巡察") || TEAM.find_iter(&self.opening).count() > 1;
        if !inspects || !is_subject {
            let word = OTHER_WORDS.find(&self.opening).map(|found| found.as_str().to_owned());
            self.say(
                false,
                word.map_or_else(
                    || "no inspection (巡视, 巡察) is told of".to_owned(),
                    |word| format!("it tells of {word}, of no inspection"),
                ),
            );
            return Topic::Other;
        }
        let feeds_back = FEEDBACK_TITLE.is_match(self.title) && !self.title.contains("整改");
        if feeds_back || (FOUND_ONLY.is_match(&self.opening) && !tells && meeting.is_none()) {
            self.say(false, "it tells what was found, not what was done about it");
            return Topic::Feedback;
        }
        if meeting.is_some() || STATIONED.is_match(&self.opening) {
            self.say(false, "it is news of a meeting or of a team's coming");
            return Topic::Mobilisation;
        }
        self.say(false, "too little of a rectification notice's shape");
        Topic::Other
    }
}
