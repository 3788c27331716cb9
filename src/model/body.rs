use serde::{Deserialize, Serialize};

use super::Region;

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
