use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A document understood: what a rectification notice (整改情况通报) says, every value with the text it rests on.
///
/// What the text does not state is `None` or empty; nothing is invented (rule 8).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    pub topic: Topic,
    pub title: Option<Stated<String>>,
    /// Whose notice it is, as named in the title, else in the signature.
    pub issuer: Option<Stated<String>>,
    pub inspection: Inspection,
    pub claims: Claims,
    pub sections: Vec<Section>,
    /// Every problem printed, in order, at the finest level at which a problem stands with its rectification.
    pub items: Vec<Item>,
    pub unfinished: Vec<Unfinished>,
    pub outcomes: Vec<Outcome>,
    pub sums: Vec<Sum>,
    pub contact: Contact,
    pub signed: Option<Stated<String>>,
    pub signed_on: Option<Stated<Date>>,
}

/// A stretch of a document's text: characters `start..end` of block `block` (both from 0, in characters, not bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    pub block: u32,
    pub start: u32,
    pub end: u32,
}

/// A value and where the text states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stated<T> {
    pub value: T,
    /// `None` only where the value comes from outside the body: the page's title or information line.
    pub span: Option<Span>,
    /// Part of the value is a conclusion of ours, such as the year of a date printed without one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inferred: bool,
}

impl<T> Stated<T> {
    pub fn at(value: T, span: Span) -> Self {
        Self { value, span: Some(span), inferred: false }
    }
}

/// What kind of document it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A rectification notice.
    Rectification,
    /// 巡察反馈: what was found, nothing yet of what was done.
    Feedback,
    /// 动员, 进驻, 推进会: news of meetings.
    Mobilisation,
    /// 审计整改.
    Audit,
    /// 环保督察整改.
    Environment,
    /// 民主生活会整改.
    DemocraticLifeMeeting,
    /// 医院巡查整改.
    HospitalPatrol,
    /// 轮次汇总: many bodies, rates only.
    Summary,
    #[default]
    Other,
}

impl Topic {
    /// The topics that a source may be asked to record, rectification notices first.
    pub const RECORDED: [Self; 5] = [Self::Rectification, Self::Feedback, Self::Audit, Self::Environment, Self::Summary];

    /// The word for it in mails and tables.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Rectification => "巡视巡察整改",
            Self::Feedback => "巡视巡察反馈",
            Self::Mobilisation => "巡视巡察动态",
            Self::Audit => "审计整改",
            Self::Environment => "环保督察整改",
            Self::DemocraticLifeMeeting => "民主生活会整改",
            Self::HospitalPatrol => "医院巡查整改",
            Self::Summary => "整改汇总",
            Self::Other => "其他",
        }
    }

    /// The word for it in configuration, commands and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rectification => "rectification",
            Self::Feedback => "feedback",
            Self::Mobilisation => "mobilisation",
            Self::Audit => "audit",
            Self::Environment => "environment",
            Self::DemocraticLifeMeeting => "democratic_life_meeting",
            Self::HospitalPatrol => "hospital_patrol",
            Self::Summary => "summary",
            Self::Other => "other",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        const OTHERS: [Topic; 4] = [Topic::Mobilisation, Topic::DemocraticLifeMeeting, Topic::HospitalPatrol, Topic::Other];
        Self::RECORDED.into_iter().chain(OTHERS).find(|topic| topic.name() == name)
    }
}

/// 巡视 (by centre and provinces) or 巡察 (by cities and counties).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Word {
    #[serde(rename = "巡视")]
    Xunshi,
    #[serde(rename = "巡察")]
    Xuncha,
}

/// 常规, 专项, 机动, 回头看.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InspectionKind {
    Routine,
    Special,
    Mobile,
    LookBack,
}

/// Level of the inspecting committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Central,
    Province,
    City,
    County,
}

/// Who inspected whom, and when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inspection {
    pub word: Option<Stated<Word>>,
    pub kind: Option<Stated<InspectionKind>>,
    pub level: Option<Stated<Level>>,
    pub team: Option<Stated<Team>>,
    /// The body inspected, as written in the opening sentence.
    pub target: Option<Stated<String>>,
    pub from: Option<Stated<Date>>,
    pub to: Option<Stated<Date>>,
    pub feedback: Option<Stated<Date>>,
}

/// 区委巡察一组, 区委第一巡察组: the same team, number 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    pub as_written: String,
    pub number: Option<u32>,
}

/// What the notice says of itself; never mixed with what it prints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Claims {
    /// N个方面.
    pub aspects: Option<Stated<u32>>,
    /// M个问题.
    pub problems: Option<Stated<u32>>,
    pub measures: Option<Stated<u32>>,
    /// Rules (制度) made or mended.
    pub rules: Option<Stated<u32>>,
    pub done: Option<Stated<u32>>,
    pub open: Option<Stated<u32>>,
    /// Completion rate in per cent, as printed.
    pub rate: Option<Stated<f64>>,
    /// The day the counts hold for.
    pub as_of: Option<Stated<Date>>,
    /// The sentences that the above rest on.
    pub statements: Vec<Stated<String>>,
}

/// A top-level heading: 一、二、三.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    pub number: String,
    pub heading: Stated<String>,
}

/// One problem (问题) and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Numbers along the way as printed, brackets in half width: 二, (一), 1, (1). Not unique: notices misnumber.
    pub path: Vec<String>,
    pub heading: Stated<String>,
    pub problem: Option<Stated<String>>,
    /// First and last stretch of the rectification; the text between them belongs to it.
    pub rectification: Option<(Span, Span)>,
    /// The measures (一是, 二是 …) in order; a rectification without marks is one measure.
    pub measures: Vec<Span>,
    pub status: Option<Stated<Status>>,
    pub status_as_written: Option<String>,
    pub responsible_unit: Option<Stated<String>>,
    pub responsible_person: Option<Stated<String>>,
    pub deadline: Option<Stated<Date>>,
}

/// 已完成, 取得阶段性成效, 未完成, 长期坚持.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Done,
    Partial,
    Open,
    Standing,
}

impl Status {
    /// The word for it in mails and tables.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Done => "已完成",
            Self::Partial => "基本完成",
            Self::Open => "未完成",
            Self::Standing => "长期坚持",
        }
    }
}

/// A matter that the notice itself says is not finished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unfinished {
    pub problem: Stated<String>,
    pub reason: Option<Stated<String>>,
    pub next_steps: Option<Stated<String>>,
    pub deadline: Option<Stated<Date>>,
}

/// A figure of discipline, accountability or money for the rectification as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// 党纪处分, 挽回资金损失.
    pub what: String,
    /// As printed, never converted: 6.94 of 6.94万元.
    pub count: f64,
    /// 人, 人次, 项, 万元.
    pub unit: String,
    /// 近, 余, 约, 多, where printed.
    pub approximate: Option<String>,
    /// The `what` of the outcome it is a part of.
    pub part_of: Option<String>,
    pub sentence: Span,
}

/// A total with its parts, as the notice gives them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sum {
    pub total: String,
    pub count: f64,
    pub parts: Vec<f64>,
    pub sentence: Span,
}

impl Sum {
    /// Whether the parts make the total.
    pub fn holds(&self) -> bool {
        (self.parts.iter().sum::<f64>() - self.count).abs() < 1e-6
    }
}

/// Whom to tell what one thinks of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact {
    pub phones: Vec<Stated<String>>,
    pub address: Option<Stated<String>>,
    pub postcode: Option<Stated<String>>,
    pub email: Option<Stated<String>>,
    /// A person's name; private, masked in what is sent out.
    pub person: Option<Stated<String>>,
    /// First and last day of the time for comments (公示期).
    pub from: Option<Stated<Date>>,
    pub until: Option<Stated<Date>>,
    pub sentence: Option<Stated<String>>,
}

/// One value of a notice as text, for everything that walks over all of them: comparing, telling, showing.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Stable name: `title`, `inspection.feedback`, `claims.measures`.
    pub name: &'static str,
    /// The word for it in mails: 标题, 反馈日期, 整改措施数.
    pub label: &'static str,
    pub text: String,
    pub span: Option<Span>,
    pub inferred: bool,
}

impl Notice {
    /// Every single-valued field that is stated, in the order a reader would ask for them.
    ///
    /// To add a field: one line here, and one parser; comparing and telling follow.
    pub fn fields(&self) -> Vec<Field> {
        let (inspection, claims, contact) = (&self.inspection, &self.claims, &self.contact);
        let phones = contact.phones.iter().map(|phone| phone.value.as_str()).collect::<Vec<_>>().join(", ");
        let phones = contact.phones.first().map(|first| Stated { value: phones, ..first.clone() });
        [
            field("title", "标题", self.title.as_ref(), String::clone),
            field("issuer", "发布单位", self.issuer.as_ref(), String::clone),
            field("inspection.team", "巡视巡察组", inspection.team.as_ref(), |team| team.as_written.clone()),
            field("inspection.target", "被巡视巡察对象", inspection.target.as_ref(), String::clone),
            field("inspection.from", "进驻日期", inspection.from.as_ref(), Date::to_string),
            field("inspection.to", "结束日期", inspection.to.as_ref(), Date::to_string),
            field("inspection.feedback", "反馈日期", inspection.feedback.as_ref(), Date::to_string),
            field("claims.aspects", "问题方面数", claims.aspects.as_ref(), u32::to_string),
            field("claims.problems", "问题数", claims.problems.as_ref(), u32::to_string),
            field("claims.measures", "整改措施数", claims.measures.as_ref(), u32::to_string),
            field("claims.rules", "制度数", claims.rules.as_ref(), u32::to_string),
            field("claims.done", "已完成数", claims.done.as_ref(), u32::to_string),
            field("claims.open", "未完成数", claims.open.as_ref(), u32::to_string),
            field("claims.rate", "完成率(%)", claims.rate.as_ref(), f64::to_string),
            field("claims.as_of", "截至日期", claims.as_of.as_ref(), Date::to_string),
            field("contact.phones", "联系电话", phones.as_ref(), String::clone),
            field("contact.address", "通信地址", contact.address.as_ref(), String::clone),
            field("contact.postcode", "邮政编码", contact.postcode.as_ref(), String::clone),
            field("contact.email", "电子邮箱", contact.email.as_ref(), String::clone),
            field("contact.person", "联系人", contact.person.as_ref(), String::clone),
            field("contact.from", "公示开始", contact.from.as_ref(), Date::to_string),
            field("contact.until", "公示截止", contact.until.as_ref(), Date::to_string),
            field("signed", "落款单位", self.signed.as_ref(), String::clone),
            field("signed_on", "落款日期", self.signed_on.as_ref(), Date::to_string),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn field<T>(name: &'static str, label: &'static str, stated: Option<&Stated<T>>, text: impl Fn(&T) -> String) -> Option<Field> {
    stated.map(|stated| Field { name, label, text: text(&stated.value), span: stated.span, inferred: stated.inferred })
}
