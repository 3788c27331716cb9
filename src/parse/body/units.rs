//! What stands after the place to the unit it names: 工商业联合会 and 工商联, 卫生健康局 and 卫健委.

use std::sync::LazyLock;

use regex::Regex;

use super::place::Level;
use crate::parse::dates::pattern;

/// A unit within a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) name: String,
    sector: &'static str,
    /// A department that every place has one of: where no place is named, that of the source is meant.
    pub(super) is_of_home: bool,
    /// Its name is common: nobody knows it by, but in its county.
    pub(super) is_local: bool,
}

impl Unit {
    pub(super) fn sector(&self) -> Option<String> {
        (!self.sector.is_empty()).then(|| self.sector.to_owned())
    }
}

/// How a department's name may end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// 局, 委, 委员会, 厅: the same office at other times and levels.
    Organ,
    /// As written.
    Whole,
}

use Ends::{Organ, Whole};

/// Sector, the name kept, the spellings. Spellings of one line are one body; what was renamed stands on two lines.
const DEPARTMENTS: &[(&str, Ends, &str, &[&str])] = &[
    ("工商联", Whole, "工商联", &["工商联", "工商业联合会", "工商联合会", "工商联总商会", "工商业联合会总商会"]),
    ("残联", Whole, "残联", &["残联", "残疾人联合会"]),
    ("妇联", Whole, "妇联", &["妇联", "妇女联合会"]),
    ("共青团", Whole, "团委", &["团委", "共青团委员会", "共青团委", "团工委"]),
    ("总工会", Whole, "总工会", &["总工会"]),
    ("科协", Whole, "科协", &["科协", "科学技术协会"]),
    ("文联", Whole, "文联", &["文联", "文学艺术界联合会", "文学艺术联合会"]),
    ("社科联", Whole, "社科联", &["社科联", "社会科学界联合会", "社会科学联合会"]),
    ("侨联", Whole, "侨联", &["侨联", "归国华侨联合会"]),
    ("红十字会", Whole, "红十字会", &["红十字会"]),
    ("计生协", Whole, "计生协", &["计生协", "计划生育协会"]),
    ("贸促会", Whole, "贸促会", &["贸促会", "国际贸易促进委员会"]),
    ("供销", Whole, "供销社", &["供销社", "供销合作社", "供销联社", "供销合作总社", "供销合作社联合社", "供销合作联社"]),
    ("发展改革", Organ, "发改", &["发改", "发展改革", "发展和改革", "发展与改革"]),
    ("教育", Organ, "教育", &["教育", "教"]),
    ("教育", Organ, "教体", &["教体", "教育体育", "教育和体育", "教育与体育"]),
    ("科技", Organ, "科技", &["科技", "科学技术"]),
    ("工业信息化", Organ, "工信", &["工信", "工业和信息化", "工业与信息化", "工业信息化"]),
    ("工业信息化", Organ, "经信", &["经信", "经济和信息化", "经济与信息化", "经济信息化"]),
    ("民族宗教", Organ, "民宗", &["民宗", "民族宗教", "民族宗教事务", "民族与宗教事务", "民族和宗教事务"]),
    ("民族宗教", Organ, "民族事务", &["民族事务", "民"]),
    ("公安", Organ, "公安", &["公安"]),
    ("民政", Organ, "民政", &["民政"]),
    ("司法", Organ, "司法", &["司法"]),
    ("财政", Organ, "财政", &["财政"]),
    ("人力资源社会保障", Organ, "人社", &["人社", "人力社保", "人力资源社会保障", "人力资源和社会保障", "人力资源与社会保障"]),
    ("自然资源", Organ, "自然资源", &["自然资源"]),
    ("自然资源", Organ, "资规", &["资规", "自规", "资源规划", "自然资源规划", "自然资源和规划", "自然资源与规划"]),
    ("生态环境", Organ, "生态环境", &["生态环境"]),
    ("生态环境", Organ, "环保", &["环保", "环境保护"]),
    ("住房城乡建设", Organ, "住建", &["住建", "住房城乡建设", "住房和城乡建设", "住房与城乡建设"]),
    ("城市管理", Organ, "城管", &["城管", "城市管理"]),
    ("城市管理", Organ, "城管执法", &["城管执法", "城市管理执法", "城市管理综合执法", "城市管理和综合执法", "城市管理综合行政执法"]),
    ("交通运输", Organ, "交通运输", &["交通运输", "交通"]),
    ("水利", Organ, "水利", &["水利"]),
    ("水利", Organ, "水务", &["水务"]),
    ("农业农村", Organ, "农业农村", &["农业农村"]),
    ("农业农村", Organ, "农牧", &["农牧"]),
    ("商务", Organ, "商务", &["商务"]),
    ("文化旅游", Organ, "文旅", &["文旅", "文化旅游", "文化和旅游", "文化与旅游"]),
    ("文化旅游", Organ, "文体旅", &["文体旅", "文体旅游", "文体和旅游", "文化体育旅游", "文化体育和旅游", "文化体育与旅游"]),
    ("文化旅游", Organ, "文广旅", &["文广旅", "文化广电旅游", "文化广电和旅游"]),
    ("文化旅游", Organ, "文广旅体", &["文广旅体", "文化广电旅游体育", "文化广电旅游和体育"]),
    ("卫生健康", Organ, "卫健", &["卫健", "卫生健康"]),
    ("卫生健康", Organ, "卫计", &["卫计", "卫生计生", "卫生和计划生育", "卫生与计划生育"]),
    ("退役军人事务", Organ, "退役军人", &["退役军人", "退役军人事务"]),
    ("应急管理", Organ, "应急", &["应急", "应急管理"]),
    ("审计", Organ, "审计", &["审计"]),
    ("国有资产", Organ, "国资", &["国资", "国有资产监督管理", "国有资产管理"]),
    ("市场监管", Organ, "市场监管", &["市场监管", "市场监督管理", "市监"]),
    ("体育", Organ, "体育", &["体育"]),
    ("统计", Organ, "统计", &["统计"]),
    ("医疗保障", Organ, "医保", &["医保", "医疗保障"]),
    ("机关事务", Organ, "机关事务", &["机关事务", "机关事务管理", "机关管理"]),
    ("机关事务", Whole, "机关事务中心", &["机关事务中心", "机关事务服务中心"]),
    ("信访", Organ, "信访", &["信访"]),
    ("林业", Organ, "林业", &["林业"]),
    ("林业", Organ, "林草", &["林草", "林业和草原", "林业草原"]),
    ("海洋渔业", Organ, "海洋渔业", &["海洋渔业", "海洋与渔业", "海洋和渔业", "海渔"]),
    ("粮食物资储备", Organ, "粮储", &["粮储", "粮食和储备", "粮食和物资储备", "粮食与物资储备", "粮食物资储备"]),
    ("乡村振兴", Organ, "乡村振兴", &["乡村振兴"]),
    ("广播电视", Organ, "广电", &["广电", "广播电视"]),
    ("药品监管", Organ, "药监", &["药监", "药品监督管理"]),
    ("税务", Organ, "税务", &["税务"]),
    ("烟草", Organ, "烟草", &["烟草", "烟草专卖"]),
    ("气象", Organ, "气象", &["气象"]),
    ("行政审批", Organ, "行政审批", &["行政审批", "行政审批服务"]),
    ("政务服务", Organ, "数据", &["数据", "大数据", "数据管理", "大数据管理"]),
    ("园林", Organ, "园林", &["园林", "园林绿化"]),
    ("金融", Organ, "金融", &["金融", "地方金融", "地方金融监督管理"]),
    ("金融", Whole, "金融办", &["金融办", "金融工作办公室"]),
    ("国防动员", Whole, "国动办", &["国动办", "国防动员办公室"]),
    ("人民防空", Whole, "人防办", &["人防办", "人民防空办公室"]),
    ("外事", Whole, "外事办", &["外事办", "外办", "外事办公室", "人民政府外事办公室", "政府外事办公室"]),
    ("政府办", Whole, "政府办", &["政府办", "府办", "人民政府办", "政府办公室", "政府办公厅", "人民政府办公室", "人民政府办公厅"]),
    ("党委办", Whole, "党委办", &["委办", "委办公室", "委办公厅", "党委办公室"]),
    ("纪检监察", Whole, "纪委监委", &["纪委", "纪委监委", "纪律检查委员会", "纪委机关", "纪委监委机关"]),
    ("组织", Whole, "组织部", &["组织部", "委组织部"]),
    ("宣传", Whole, "宣传部", &["宣传部", "委宣传部"]),
    ("统战", Whole, "统战部", &["统战部", "委统战部", "委统一战线工作部", "统一战线工作部"]),
    ("政法", Whole, "政法委", &["政法委", "委政法委", "政法委员会", "委政法委员会"]),
    ("机构编制", Whole, "编办", &["编办", "委编办", "机构编制委员会办公室", "委机构编制委员会办公室"]),
    ("网信", Whole, "网信办", &["网信办", "委网信办", "互联网信息办公室", "委网络安全和信息化委员会办公室"]),
    ("老干部", Whole, "老干部局", &["老干部局", "委老干部局", "老干局", "委老干局"]),
    (
        "机关工委",
        Whole,
        "直属机关工委",
        &["直属机关工委", "直工委", "机关工委", "委直属机关工委", "直属机关工作委员会", "委直属机关工作委员会", "直机关工委"],
    ),
    ("党校", Whole, "党校", &["党校", "委党校", "委党校行政学院", "党校行政学院"]),
    ("巡察办", Whole, "巡察办", &["巡察办", "委巡察办", "委巡察工作领导小组办公室"]),
    ("人大", Whole, "人大", &["人大", "人大常委会", "人大常委会机关", "人大机关", "人民代表大会常务委员会"]),
    ("政协", Whole, "政协", &["政协", "政协机关", "政协办公室"]),
    ("法院", Whole, "法院", &["法院", "人民法院"]),
    ("法院", Whole, "中院", &["中院", "中级法院", "中级人民法院"]),
    ("法院", Whole, "高院", &["高院", "高级法院", "高级人民法院"]),
    ("检察院", Whole, "检察院", &["检察院", "人民检察院"]),
    ("党委", Whole, "党委", &["委", "委员会", "党委", "委常委会"]),
    ("政府", Whole, "政府", &["政府", "人民政府"]),
];

/// Universities and companies have them too: without a place or a level they are only their source's.
const IN_ANY_HOUSE: &[&str] = &[
    "共青团",
    "总工会",
    "科协",
    "侨联",
    "红十字会",
    "纪检监察",
    "组织",
    "宣传",
    "统战",
    "网信",
    "老干部",
    "机关工委",
    "党校",
    "巡察办",
    "党委办",
    "党委",
    "政府",
];

const ORGAN_ENDS: [&str; 4] = ["局", "委员会", "委", "厅"];

/// A department that every place has, in any of its spellings.
pub(super) fn standard(rest: &str, level: Option<Level>, of_party: bool) -> Option<Unit> {
    // 市人民政府国有资产监督管理委员会 is one of the government's departments, as all are.
    let rest = rest.strip_prefix("人民政府").filter(|rest| rest.ends_with("委员会")).unwrap_or(rest);
    for (sector, ends, name, spellings) in DEPARTMENTS {
        let is_it = match ends {
            Whole => spellings.contains(&rest),
            Organ => ORGAN_ENDS.iter().filter_map(|end| rest.strip_suffix(end)).any(|core| spellings.contains(&core)),
        };
        if is_it {
            return Some(Unit { name: (*name).to_owned(), sector, is_of_home: !IN_ANY_HOUSE.contains(sector), is_local: false });
        }
    }
    // 中共嵊州市委 leaves nothing after the place when its 委员会 is taken for the party's.
    (rest.is_empty() && level.is_none() && of_party).then(|| Unit {
        name: "党委".to_owned(),
        sector: "党委",
        is_of_home: false,
        is_local: false,
    })
}

/// Whether a name that ends in 委员会 is a department's.
pub(super) fn ends_in_department(name: &str) -> bool {
    name.strip_suffix("委员会").is_some_and(|core| {
        DEPARTMENTS.iter().any(|(_, ends, _, spellings)| match ends {
            Organ => spellings.iter().any(|spelling| spelling.chars().count() > 1 && core.ends_with(spelling)),
            Whole => spellings
                .iter()
                .filter_map(|spelling| spelling.strip_suffix("委员会"))
                .any(|stem| !stem.is_empty() && stem != "委" && core.ends_with(stem)),
        }) || core.ends_with("管理")
    })
}

static WHOLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:中共)?[\p{Han}]{0,12}(?:省|市|区|县|州|旗|镇|乡)党委$"));

/// 鲤城区党委 is a body, and no body's organ.
pub(super) fn is_whole(name: &str) -> bool {
    WHOLE.is_match(name) && !name.ends_with(['镇', '乡']) && !TOWN.is_match(name)
}

static NATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:国家税务总局$|国家[\p{Han}]{2,}(?:局|总局|委员会|委|署|集团|公司|银行|院|中心)|中国[\p{Han}]{2,}|中央[\p{Han}]{2,}|最高人民(?:法院|检察院)|全国[\p{Han}]{2,}(?:会|社|联)|[\p{Han}]{2,12}大学$)",
    )
});
static OF_A_PLACE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:老年|开放|电视|广播电视|职工|社区|夜|农民|党员|干部)大学$|[省市区县旗盟][\p{Han}]{0,4}大学$|(?:街道|镇|乡|村|社区|中学|小学)$|^国家级|^国家税务总局.+|^国家统计局.+|^中国共产[党主]|某",
    )
});

/// A body that there is once in the country: 国家知识产权局, 华侨大学, 中国移动通信集团福建有限公司.
pub(super) fn nationwide(name: &str) -> Option<Unit> {
    if !NATION.is_match(name) || OF_A_PLACE.is_match(name) || name.chars().count() < 4 {
        return None;
    }
    let sector = if name.ends_with("大学") { "高校" } else { kind(name) };
    Some(Unit { name: company(name).to_owned(), sector, is_of_home: false, is_local: false })
}

static TOWN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?P<name>[\p{Han}]{1,8}?(?:镇|乡|街道|苏木))(?:人民政府|政府|办事处|党工委|党委|工委|委)?$"));
static VILLAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?P<town>[\p{Han}]{1,8}?(?:镇|乡|街道))?(?P<name>[\p{Han}]{1,8}?(?:村|社区|嘎查))(?:村民委员会|居民委员会|村委会|居委会|委员会|两委)?$",
    )
});
static ORGAN: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[^区园校院分]{2,}(?:局|厅)$"));

/// Any other body, by its whole name.
pub(super) fn other(rest: &str, level: Option<Level>) -> Option<Unit> {
    let unit = |name: &str, sector, is_of_home, is_local| Some(Unit { name: name.to_owned(), sector, is_of_home, is_local });
    if rest.is_empty() && level.is_none() {
        return unit("全域", "党委", false, false);
    }
    if let Some(found) = TOWN.captures(rest) {
        return unit(&found["name"], "乡镇街道", true, true);
    }
    if let Some(found) = VILLAGE.captures(rest) {
        // Villages of one name lie in many towns of one county.
        let town = found.name("town").map(|town| town.as_str());
        return unit(&format!("{}{}", town.unwrap_or_default(), &found["name"]), "村社区", town.is_some(), true)
            .filter(|_| town.is_some() || level.is_none());
    }
    let name = company(rest);
    (name.chars().count() >= 2).then(|| Unit {
        name: name.to_owned(),
        sector: kind(rest),
        is_of_home: ORGAN.is_match(rest),
        is_local: false,
    })
}

/// 粮食集团有限责任公司 is 粮食集团; 股份有限公司 stays, for a group and its listed company are two.
fn company(name: &str) -> &str {
    let stem = if name.ends_with("股份有限公司") {
        None
    } else {
        ["有限责任公司", "有限公司"].iter().find_map(|end| name.strip_suffix(end))
    };
    match stem.or_else(|| name.strip_suffix("公司").filter(|stem| stem.ends_with("集团"))) {
        Some(stem) if stem.chars().count() >= 2 => stem,
        // The zone and its administration are one.
        _ => ["管理委员会", "管委会"].iter().find_map(|end| name.strip_suffix(end)).filter(|zone| zone.ends_with('区')).unwrap_or(name),
    }
}

fn kind(name: &str) -> &'static str {
    const KINDS: [(&str, &[&str]); 6] = [
        ("医院", &["医院", "卫生院", "保健院"]),
        ("国企", &["集团", "公司", "银行", "信用社"]),
        ("高校", &["大学", "学院", "高等专科学校"]),
        ("学校", &["中学", "小学", "学校", "幼儿园"]),
        ("科研", &["研究院", "科学院", "研究所"]),
        ("开发区", &["开发区", "园区", "新区", "高新区", "经开区"]),
    ];
    KINDS.iter().find(|(_, ends)| ends.iter().any(|end| name.ends_with(end))).map_or("", |(sector, _)| sector)
}
