//! A name to the places it begins with and the rest: 湘潭市雨湖区工商联 to 湘潭, 雨湖 and 工商联.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::model::Region;
use crate::parse::dates::pattern;
use crate::parse::places::is_county_level_city;

/// How high a place stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Province,
    Prefecture,
    County,
}

/// A level without a name: 市 of 市工商联.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Province,
    AutonomousRegion,
    City,
    Prefecture,
    District,
    County,
}

impl Level {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Province => "省",
            Self::AutonomousRegion => "自治区",
            Self::City => "市",
            Self::Prefecture => "州",
            Self::District => "区",
            Self::County => "县",
        }
    }
}

/// One way to take a name apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Split<'a> {
    /// Names without 省, 市, 区, from large to small.
    pub(super) chain: Vec<(String, Rank)>,
    pub(super) level: Option<Level>,
    pub(super) rest: &'a str,
}

/// Provinces, each with its prefectures, as of 2024.
const PREFECTURES: &str = "河北:石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水
山西:太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁
内蒙古:呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布 兴安 锡林郭勒 阿拉善
辽宁:沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛
吉林:长春 吉林 四平 辽源 通化 白山 松原 白城 延边
黑龙江:哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化 大兴安岭
江苏:南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁
浙江:杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水
安徽:合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城
福建:福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德
江西:南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶
山东:济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽
河南:郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店
湖北:武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施
湖南:长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 湘西
广东:广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮
广西:南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左
海南:海口 三亚 三沙 儋州
四川:成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 阿坝 甘孜 凉山
贵州:贵阳 六盘水 遵义 安顺 毕节 铜仁 黔西南 黔东南 黔南
云南:昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 楚雄 红河 文山 西双版纳 大理 德宏 怒江 迪庆
西藏:拉萨 日喀则 昌都 林芝 山南 那曲 阿里
陕西:西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛
甘肃:兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南 临夏 甘南
青海:西宁 海东 海北 黄南 海南 果洛 玉树 海西
宁夏:银川 石嘴山 吴忠 固原 中卫
新疆:乌鲁木齐 克拉玛依 吐鲁番 哈密 昌吉 博尔塔拉 巴音郭楞 阿克苏 克孜勒苏 喀什 和田 伊犁 塔城 阿勒泰
北京:
天津:
上海:
重庆:";

pub(super) const MUNICIPALITIES: [&str; 4] = ["北京", "天津", "上海", "重庆"];
const AUTONOMOUS: [&str; 5] = ["内蒙古", "广西", "西藏", "宁夏", "新疆"];

static PROVINCES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| PREFECTURES.lines().filter_map(|line| Some(line.split_once(':')?.0)).collect());

/// Every prefecture with the provinces that have one of this name: 海南 is a province too, and a prefecture of 青海.
static PROVINCES_OF: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for (province, prefectures) in PREFECTURES.lines().filter_map(|line| line.split_once(':')) {
        prefectures.split_whitespace().for_each(|name| found.entry(name).or_default().push(province));
    }
    found
});

static PEOPLES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:(?:维吾尔|哈萨克|柯尔克孜|蒙古|鄂温克|鄂伦春|达斡尔|土家|布依|塔吉克|锡伯|拉祜|哈尼|傈僳|纳西|景颇|布朗|仫佬|毛南|仡佬|撒拉|保安|东乡|裕固|朝鲜|各|回|藏|壮|满|苗|彝|侗|瑶|白|黎|傣|佤|畲|羌|水|土|怒|独龙|普米|德昂|阿昌)族?)+自治(?:区|州|县|旗)$|自治(?:区|州|县|旗)$",
    )
});

/// A place's name without its rank: 泉州市 to 泉州, 孟村回族自治县 to 孟村; a name of one character keeps it.
pub(super) fn bare(name: &str) -> String {
    let name = PEOPLES.find(name).filter(|found| found.start() > 0).map_or(name, |found| &name[..found.start()]);
    let stem = ["新区", "省", "市", "区", "县", "州", "盟", "旗", "地区"].iter().filter_map(|end| name.strip_suffix(end));
    let stem = stem.filter(|stem| stem.chars().count() >= 2 && *stem != "自治").min_by_key(|stem| stem.len());
    match stem {
        // 泉州 is a name; 延边州 is one with its rank.
        Some(stem) if name.ends_with('州') && !PROVINCES_OF.contains_key(stem) => name.to_owned(),
        Some(stem) => stem.to_owned(),
        None => name.to_owned(),
    }
}

/// A region's places, from large to small.
pub(super) fn chain_of(region: &Region) -> Vec<String> {
    region.0.split('/').map(str::trim).filter(|part| !part.is_empty()).map(bare).collect()
}

/// How many places name a county for sure.
pub(super) fn county_depth(chain: &[String]) -> usize {
    if chain.first().is_some_and(|first| MUNICIPALITIES.contains(&first.as_str())) { 2 } else { 3 }
}

/// The ways to take a name apart, the one that takes only written-out places first.
pub(super) fn splits<'a>(name: &'a str, home: &[String]) -> Vec<Split<'a>> {
    let (chain, rest) = places(name, home, false);
    let mut found = vec![Split { chain: chain.clone(), level: None, rest }];
    if let Some((level, rest)) = level(rest) {
        let split = Split { chain, level: Some(level), rest };
        if !COMMON_WORD.is_match(found[0].rest) { found.insert(0, split) } else { found.push(split) }
    }
    let (chain, rest) = places(name, home, true);
    found.push(Split { chain, level: None, rest });
    found
}

/// Words that begin with 市 or 区 and name no level.
static COMMON_WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:市场|市政|市容|市民|区域|区块|县域|省域|州域|旗帜|盟友)"));

fn level(rest: &str) -> Option<(Level, &str)> {
    const LEVELS: [(&str, Level); 9] = [
        ("自治区", Level::AutonomousRegion),
        ("自治州", Level::Prefecture),
        ("省", Level::Province),
        ("市", Level::City),
        ("州", Level::Prefecture),
        ("盟", Level::Prefecture),
        ("区", Level::District),
        ("县", Level::County),
        ("旗", Level::County),
    ];
    LEVELS.iter().find_map(|(word, level)| Some((*level, rest.strip_prefix(word)?))).filter(|(_, rest)| !rest.is_empty())
}

/// The places that a name begins with. `loose`: also without 省, 市, 区, as 泉州 of 泉州工商联.
fn places<'a>(name: &'a str, home: &[String], loose: bool) -> (Vec<(String, Rank)>, &'a str) {
    let mut chain: Vec<(String, Rank)> = Vec::new();
    let mut rest = name;
    while let Some((place, rank, length)) = one_place(rest, chain.last().map(|(_, rank)| *rank), home, loose) {
        // 鲤城区 alone is the body itself: 中共鲤城区委 leaves 委, and 鲤城区 nothing.
        chain.push((place, rank));
        rest = &rest[length..];
    }
    (chain, rest)
}

fn one_place(rest: &str, above: Option<Rank>, home: &[String], loose: bool) -> Option<(String, Rank, usize)> {
    let fits = |rank: Rank| above.is_none_or(|above| above < rank);
    [province(rest, loose), prefecture(rest, loose), county(rest, home)].into_iter().flatten().find(|(_, rank, _)| fits(*rank))
}

fn province(rest: &str, loose: bool) -> Option<(String, Rank, usize)> {
    let name = PROVINCES.iter().find(|name| rest.starts_with(**name))?;
    let after = &rest[name.len()..];
    let rank = if MUNICIPALITIES.contains(name) { "市" } else { "省" };
    let end = [rank, "壮族自治区", "回族自治区", "维吾尔自治区", "维吾尔族自治区", "自治区"].into_iter().find(|end| after.starts_with(end));
    // 海南州 and 吉林市 are prefectures.
    let is_other = after.starts_with(['州', '市']) && rank != "市" || after.starts_with("藏族自治州");
    (!is_other && (end.is_some() || loose)).then(|| ((*name).to_owned(), Rank::Province, name.len() + end.map_or(0, str::len)))
}

static PREFECTURE_END: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:市|地区|盟|州|[\p{Han}]{1,12}?族?自治州)"));

fn prefecture(rest: &str, loose: bool) -> Option<(String, Rank, usize)> {
    let name = PROVINCES_OF.keys().filter(|name| rest.starts_with(**name)).max_by_key(|name| name.len())?;
    let after = &rest[name.len()..];
    let end = PREFECTURE_END.find(after).map_or(0, |found| found.end());
    // 大理市 is the county of 大理州; 临夏 and others have both.
    let is_county = after.starts_with('市') && is_county_level_city(&rest[..name.len() + '市'.len_utf8()]);
    let is_county = is_county || after.starts_with(['县', '区', '旗']);
    ((end > 0 || loose) && !is_county).then(|| ((*name).to_owned(), Rank::Prefecture, name.len() + end))
}

/// What ends in 区, 市 or 县 and is no place of that rank, or a zone (园区, 开发区) that is a body itself.
static NO_PLACE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:社|园|景|灾|辖|校|院|库|牧|军|片|小|街|开发|高新|产业|保税|名胜|示范|自贸|自由贸易|工业|度假|合作|集聚|商务|保护|试验|实验|技术|功能|管理|加工|自治|中心城)区$|(?:中心城|小城|各城|大都)市$|(?:各|全|本|该|我|贫困|几个)(?:区|市|县|旗)$|委|局|党|会|院|办|联",
    )
});

/// The shortest beginning that ends as a county does, or one that the source itself is in.
fn county(rest: &str, home: &[String]) -> Option<(String, Rank, usize)> {
    const LONGEST: usize = 18;
    for (place, (at, mark)) in rest.char_indices().take(LONGEST).enumerate() {
        if !matches!(mark, '区' | '市' | '县' | '旗') || place == 0 {
            continue;
        }
        let end = at + mark.len_utf8();
        let written = &rest[..end];
        let name = bare(written);
        let is_home = home.get(1..).is_some_and(|below| below.contains(&name));
        // 津市市 and 沙县区 go one character further.
        if rest[end..].starts_with(['市', '区']) && is_county_level_city(&rest[..end + mark.len_utf8()]) {
            continue;
        }
        // 福建泉州鲤城区 begins with places of its own, which the other way to read it finds.
        if !is_home && begins_with_another(written) {
            return None;
        }
        let is_long_enough = place >= 2 || mark == '县' || is_home;
        if is_long_enough && (is_home || !NO_PLACE.is_match(written)) {
            let is_own_city = home.len() == 2 && home[1] == name && mark == '市' && !is_county_level_city(written);
            return Some((name, if is_own_city { Rank::Prefecture } else { Rank::County }, end));
        }
        if place >= 2 && NO_PLACE.is_match(written) {
            return None;
        }
    }
    None
}

fn begins_with_another(county: &str) -> bool {
    const REST_MIN: usize = 3;
    let known = PROVINCES.iter().chain(PROVINCES_OF.keys());
    known.filter_map(|name| county.strip_prefix(*name)).any(|rest| rest.chars().count() >= REST_MIN)
}

/// The whole way from the province to the place, where it is sure.
pub(super) fn resolve(split: &Split<'_>, home: &[String]) -> Option<Vec<String>> {
    let named: Vec<String> = split.chain.iter().map(|(name, _)| name.clone()).collect();
    let Some((first, rank)) = split.chain.first() else { return split.level.and_then(|level| of_level(level, home)) };
    let whole = match rank {
        Rank::Province => is_whole(&split.chain).then_some(named),
        Rank::Prefecture => {
            let provinces = PROVINCES_OF.get(first.as_str()).map(Vec::as_slice).unwrap_or_default();
            let province = match (home, provinces) {
                ([province, prefecture, ..], _) if prefecture == first => province.clone(),
                ([province, ..], known) if known.contains(&province.as_str()) => province.clone(),
                (_, [province]) => (*province).to_owned(),
                _ => return None,
            };
            Some(std::iter::once(province).chain(named).collect())
        }
        Rank::County => {
            let depth = depth_below_province(home) - 1;
            let place = home.iter().skip(depth).position(|name| name == first).map(|place| place + depth);
            match (place, home) {
                (Some(place), _) => Some(home[..=place].to_vec()),
                (None, [municipality]) if MUNICIPALITIES.contains(&municipality.as_str()) => {
                    Some(vec![municipality.clone(), first.clone()])
                }
                // A city's site tells of the counties in it.
                (None, [province, prefecture]) if !MUNICIPALITIES.contains(&province.as_str()) => {
                    Some(vec![province.clone(), prefecture.clone(), first.clone()])
                }
                _ => None,
            }
        }
    };
    // 泉州市区工商联 would be a place below that has no name.
    whole.filter(|_| split.level.is_none())
}

/// 福建省鲤城区 leaves out the city between: there may be two of that name.
fn is_whole(chain: &[(String, Rank)]) -> bool {
    match chain {
        [_] | [_, (_, Rank::Prefecture), ..] => true,
        [(province, _), (_, Rank::County), ..] => MUNICIPALITIES.contains(&province.as_str()),
        _ => false,
    }
}

/// 市工商联 read at a source of 福建/泉州/鲤城 is that of 福建/泉州.
fn of_level(level: Level, home: &[String]) -> Option<Vec<String>> {
    let province = home.first()?;
    let is_municipality = MUNICIPALITIES.contains(&province.as_str());
    let depth = match level {
        Level::Province => (!is_municipality).then_some(1)?,
        Level::AutonomousRegion => AUTONOMOUS.contains(&province.as_str()).then_some(1)?,
        Level::City if is_municipality => 1,
        // A county-level city's own site means its own 市.
        Level::City if home.len() == 3 && is_county_level_city(&format!("{}市", home[2])) => 3,
        Level::City | Level::Prefecture => 2,
        Level::District if home.len() == 1 && AUTONOMOUS.contains(&province.as_str()) => 1,
        Level::District | Level::County => depth_below_province(home),
    };
    home.get(..depth).map(<[String]>::to_vec)
}

/// How many places of a source's region name a county: 浙江/嵊州 leaves out the city between.
fn depth_below_province(home: &[String]) -> usize {
    let leaves_out = home.get(1).is_some_and(|second| !PROVINCES_OF.contains_key(second.as_str()));
    if leaves_out && home.len() == 2 { 2 } else { county_depth(home) }
}
