//! A name of a public body to [`Body`]: 市工商联, 洛阳市工商业联合会 and 中共洛阳市工商业联合会党组 are one.
//!
//! Never joins two bodies: where the place is not sure, the body belongs to its source alone. A body that was renamed
//! (教育局, 教育体育局) is two here; only spellings and abbreviations are one.
//! To add a department: one line in `units.rs`.

mod place;
mod units;

use std::sync::LazyLock;

use regex::Regex;

use self::place::{Level, Split};
use self::units::Unit;
use super::dates::pattern;
use super::text::folded;
use crate::model::{Body, Notice, Region, SourceId, Topic};

/// Longest name that is believed to be one body's, in characters.
const NAME_MAX: usize = 60;

/// The source that a name was read at: what it leaves out, the source supplies.
#[derive(Debug, Clone, Copy)]
pub struct Home<'a> {
    pub region: &'a Region,
    pub source: &'a SourceId,
}

/// Whose rectification or inspection a notice tells of, in the order of their naming; empty where it names nobody.
pub fn bodies(notice: &Notice, home: Home<'_>) -> Vec<Body> {
    let target = notice.inspection.target.as_ref().map(|target| named_in(&target.value, home)).unwrap_or_default();
    let issuer = notice.issuer.as_ref().and_then(|issuer| body(&issuer.value, home));
    // Findings are told by those who inspect; what was done about them by those who were inspected.
    let Some(issuer) = issuer.filter(|_| notice.topic != Topic::Feedback) else { return target };
    let says_more = |target: &&Body| !target.key.starts_with('@') && unit_of(&target.key) == unit_of(&issuer.key);
    let known = target.iter().find(says_more).filter(|_| issuer.key.starts_with('@'));
    vec![known.cloned().unwrap_or(issuer)]
}

fn unit_of(key: &str) -> &str {
    key.split_once('·').map_or(key, |(_, unit)| unit)
}

static BETWEEN: LazyLock<Regex> = LazyLock::new(|| pattern(r"、|,|;|以及|(?:党组|党委|党工委|党总支|支部|委员会)[和及]"));

/// Several bodies in one breath: 区文旅局党组、区体育局党组.
fn named_in(names: &str, home: Home<'_>) -> Vec<Body> {
    let names = without_asides(&folded(names));
    let mut found: Vec<Body> = Vec::new();
    let mut start = 0;
    let mut ends: Vec<(usize, usize)> = BETWEEN.find_iter(&names).map(|mark| (mark.start(), mark.end())).collect();
    ends.push((names.len(), names.len()));
    for (end, next) in ends {
        let stem_end = if next > end && names[end..next].contains(['党', '支', '员']) { next - '和'.len_utf8() } else { end };
        found.extend(names.get(start..stem_end).and_then(|name| body(name, home)));
        start = next;
    }
    found.dedup_by(|one, other| one.key == other.key);
    found
}

/// `None` of what is no body's name: 我局, 巡察组, a sentence.
pub fn body(name: &str, home: Home<'_>) -> Option<Body> {
    let name = in_order(&tidied(name));
    let (bare, of_party) = without_party(&name);
    let length = bare.chars().count();
    if !(2..=NAME_MAX).contains(&length) || NO_NAME.is_match(bare) {
        return None;
    }
    if let Some(unit) = units::nationwide(bare) {
        return Some(Body {
            key: format!("中国·{}", unit.name),
            name: bare.to_owned(),
            region: Region("中央".into()),
            sector: unit.sector(),
        });
    }
    let home_chain = place::chain_of(home.region);
    // The place as it is written out first; a place without 市 or 区 only before what is known to be a department.
    let splits = place::splits(bare, &home_chain);
    let known = splits.iter().find_map(|split| units::standard(split.rest, split.level, of_party).map(|unit| (split, unit)));
    let (split, unit) = known.or_else(|| {
        let written_out = splits.first()?;
        Some((written_out, units::other(written_out.rest, written_out.level)?))
    })?;
    Some(placed(bare, split, &unit, &home_chain, home))
}

fn placed(name: &str, split: &Split<'_>, unit: &Unit, home_chain: &[String], home: Home<'_>) -> Body {
    let resolved = place::resolve(split, home_chain).or_else(|| {
        let says_nothing = split.chain.is_empty() && split.level.is_none();
        (says_nothing && unit.is_of_home && !home_chain.is_empty()).then(|| home_chain.to_vec())
    });
    match resolved.filter(|chain| !unit.is_local || chain.len() >= place::county_depth(chain)) {
        Some(chain) => {
            let region = chain.join("/");
            Body { key: format!("{region}·{}", unit.name), name: name.to_owned(), region: Region(region), sector: unit.sector() }
        }
        None => {
            let written: String = split.chain.iter().map(|(name, _)| name.as_str()).chain(split.level.map(Level::word)).collect();
            let between = if written.is_empty() { "" } else { "·" };
            let key = format!("@{}·{written}{between}{}", home.source, unit.name);
            Body { key, name: name.to_owned(), region: home.region.clone(), sector: unit.sector() }
        }
    }
}

fn tidied(name: &str) -> String {
    let name = without_asides(&folded(name));
    name.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
}

static LEAGUE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:中国)?共(?:产主义)?青(?:年)?团(?P<of>[\p{Han}]+?)(?:委员会|委)$"));
static CONFERENCE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^中国人民政治协商会议(?P<of>[\p{Han}]+?)委员会$"));
static LEAGUE_OF: LazyLock<Regex> = LazyLock::new(|| pattern(r"^团(?P<of>自治区|[省市区县州旗盟])委$"));

/// Names that put the place in the middle: 团市委, 共青团泉州市委员会, 国家税务总局泉州市税务局.
fn in_order(name: &str) -> String {
    let without_organ = name.strip_suffix("党组").or_else(|| name.strip_suffix("党支部")).unwrap_or(name);
    if let Some(found) = LEAGUE.captures(without_organ).or_else(|| LEAGUE_OF.captures(without_organ)) {
        return format!("{}团委", &found["of"]);
    }
    if let Some(found) = CONFERENCE.captures(without_organ) {
        return format!("{}政协", &found["of"]);
    }
    let below = name.strip_prefix("国家税务总局").filter(|rest| rest.contains("税务局"));
    // 教育工作委员会 and 教育工委 are one, and a body of its own.
    below.unwrap_or(name).replace("工作委员会", "工委").replace("巡察工作领导小组办公室", "巡察办")
}

static ASIDE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\([^()]*\)|\[[^\[\]]*\]|〔[^〕]*〕"));

/// 区体育局党组(含区少体校、区游泳馆) is one body's name.
fn without_asides(name: &str) -> String {
    ASIDE.replace_all(name, "").into_owned()
}

static BEFORE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:原|关于|对)?(?:中国共产党|中共)?原?"));
static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:(?:机关|直属|临时|系统)*(?:党组|分党组|党委|党工委|党总支部?|总支部|总支|党支部|联合支部)(?:理论学习中心组|领导)?(?:领导班子|班子)?(?:书记|成员)?|领导班子)$",
    )
});
/// 中共鲤城区教育局委员会, 中共凤阳路小学总支部委员会: of the party only where the name begins with it.
static COMMITTEE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:机关|直属|临时)?(?:总支部|支部)?委员会$"));

/// The name without what says that its party organ is meant, and whether anything said so.
fn without_party(name: &str) -> (&str, bool) {
    let before = BEFORE.find(name).map_or(0, |found| found.end());
    let says_party = name[..before].contains('共');
    let mut bare = &name[before..];
    let mut is_of_party = false;
    // 开发区工委, 街道工委: the party's organ of a place; 教育工委 and 直属机关工委 are bodies.
    if let Some(stem) = bare.strip_suffix("工委").filter(|stem| stem.ends_with(['区', '道', '镇', '乡', '城'])) {
        bare = stem;
        is_of_party = true;
    }
    while let Some(found) = AFTER.find(bare).filter(|found| found.start() > 0 && !units::is_whole(bare)) {
        bare = &bare[..found.start()];
        is_of_party = true;
    }
    if says_party
        && !is_of_party
        && !units::ends_in_department(bare)
        && let Some(found) = COMMITTEE.find(bare).filter(|found| found.start() > 0)
    {
        return (&bare[..found.start()], true);
    }
    (bare, says_party || is_of_party)
}

static NO_NAME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"巡[视察](?:组|工作|反馈|整改|[一二三四五六七八九十]组)|^(?:我|本|该|各|全|贵|你|被)|党组织$|整改|反馈|问题|情况|^(?:党组|党委|党工委|机关|上级|省|市|区|县|集团|学校|学院|公司|医院|单位|部门)$|[0-9]{4}年",
    )
});

#[cfg(test)]
mod tests;
