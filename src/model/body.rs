use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{NoticeId, Region, Topic};

/// A public body (单位) however it is spelled: 市工商联, 市工商业联合会, 中共洛阳市工商业联合会党组.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Body {
    /// Equal for two names of one body, and for no two bodies: `河南/洛阳·工商联`; of a body whose place is not known for
    /// sure it holds the source, `@licheng·机电学院`, so that namesakes stay apart.
    pub key: String,
    /// As written, without 中共 and 党组.
    pub name: String,
    /// Where it is, as far as it is known.
    pub region: Region,
    /// 工商联, 教育, 高校, 乡镇街道 …; `None` of a body of no known kind.
    pub sector: Option<String>,
}

/// What a notice's newest version says in short, so that what belongs together is found without reading every version.
///
/// Derived: made again whenever the version is read again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gist {
    /// Whose rectification, or inspection, it tells of.
    pub bodies: Vec<Body>,
    pub topic: Topic,
    /// First and last day of the inspection, and the day its findings were fed back.
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub feedback: Option<Date>,
    /// Problems that it claims, else that it prints.
    pub problems: Option<u32>,
    /// Problems printed that are marked neither done nor standing.
    pub open: u32,
    /// Whether any matter that is not done has a day set.
    pub has_deadlines: bool,
}

/// A notice that belongs to another: of the same body, or in the same words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Relative {
    pub notice: NoticeId,
    pub title: String,
    pub url: Url,
    /// When its findings were fed back, else when it was published.
    pub date: Option<Date>,
    pub problems: Option<u32>,
    /// Of a copy: passages, values and problems that differ.
    pub differences: Option<usize>,
}

/// What belongs to a notice. A list is in the order of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Relatives {
    /// 同文: the same words, or nearly, at other addresses.
    pub copies: Vec<Relative>,
    /// 同一轮: other notices on the same inspection, as 集中整改 and then 整改进展.
    pub same_round: Vec<Relative>,
    /// 上一轮: the body's last notice on an earlier inspection.
    pub earlier: Option<Relative>,
    /// 此后: the body's notices on later inspections.
    pub later: Vec<Relative>,
    /// 反馈: what was fed back, as another notice tells it.
    pub feedback: Vec<Relative>,
}

impl Relatives {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
