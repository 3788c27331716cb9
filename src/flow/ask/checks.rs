//! What is worth a second look, stated as facts with the sentences they rest on; whether anything is wrong is the reader's to judge.

mod counts;

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::{Origin, Understood, Which, sentence, understood};
use crate::flow::house::House;
use crate::model::{FieldChange, Item, Span, Status, Sum, Version};
use crate::store::Result;
use crate::{diff, parse};

/// One fact about a notice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    #[serde(flatten)]
    pub origin: Origin,
    pub check: Name,
    /// The check in Chinese words.
    pub name: &'static str,
    pub fact: String,
    pub sentence: String,
}

/// Stable names of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    SumDiffers,
    ProblemsDiffer,
    MeasuresDiffer,
    ProgressDiffers,
    RateDiffers,
    DoneButUnderWay,
    AllDoneButOpen,
    FigureChanged,
}

impl Name {
    pub fn chinese(self) -> &'static str {
        match self {
            Self::SumDiffers => "分项合计不等",
            Self::ProblemsDiffer => "问题数与所列不等",
            Self::MeasuresDiffer => "措施数与所列不等",
            Self::ProgressDiffers => "完成数与所标不等",
            Self::RateDiffers => "完成率与数字不合",
            Self::DoneButUnderWay => "标已完成又有未尽用语",
            Self::AllDoneButOpen => "全部完成而仍有未完成",
            Self::FigureChanged => "数字改动",
        }
    }
}

type Facts = Vec<(Name, String, String)>;

/// # Errors
/// Only the store's.
pub fn checks(house: &House, which: &Which) -> Result<Vec<Check>> {
    let mut found = Vec::new();
    for told in understood(house, which)? {
        let mut facts = of_version(&told.version);
        facts.extend(between_versions(house, &told)?);
        let facts = facts.into_iter().filter(|(_, fact, sentence)| which.matches([fact.as_str(), sentence.as_str()]));
        found.extend(facts.map(|(check, fact, sentence)| Check { origin: told.origin(), check, name: check.chinese(), fact, sentence }));
    }
    Ok(found)
}

/// What one version says beside itself.
pub fn of_version(version: &Version) -> Facts {
    let mut facts: Facts = version.notice.sums.iter().filter_map(|sum| sum_differs(version, sum)).collect();
    facts.extend(counts::differ(version));
    facts.extend(version.notice.items.iter().filter_map(|item| done_but_under_way(version, item)));
    facts.extend(all_done_but_open(version));
    facts
}

/// Parts introduced by 其中 or ended by 等 need not be all of the total, and neither need a single one: only more than it is a fact.
fn sum_differs(version: &Version, sum: &Sum) -> Option<(Name, String, String)> {
    let quoted = parse::quote(&version.document, sum.sentence);
    let parts: f64 = sum.parts.iter().sum();
    let is_partial = sum.parts.len() < 2 || quoted.contains("其中") || quoted.contains('等');
    if sum.holds() || (is_partial && parts < sum.count) {
        return None;
    }
    let listed = sum.parts.iter().map(f64::to_string).collect::<Vec<_>>().join("+");
    // One person may be punished more than once, and printed parts then exceed the persons.
    let times = if quoted.contains("人次") { "(句中另有人次,一人可能计入多次)" } else { "" };
    let listed = if sum.parts.len() > 1 { format!("{listed}={parts}") } else { listed };
    Some((
        Name::SumDiffers,
        format!("“{}”写明{},所列分项为{listed},相差{}{times}。", sum.total, sum.count, (parts - sum.count).abs()),
        quoted,
    ))
}

/// 待 as a word of its own, not in 接待, 对待, 待遇.
static UNDER_WAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"正在(?:推进|整改|协调|办理|落实)|下一步|力争|(?:^|[^接招对等看善优期厚款亏怠虐交担以相慢薄有留])待(?:[^遇业人产岗客建办命]|$)",
    )
});

fn done_but_under_way(version: &Version, item: &Item) -> Option<(Name, String, String)> {
    let status = item.status.as_ref().filter(|status| status.value == Status::Done)?;
    let (first, last) = item.rectification?;
    let sentences = (first.block..=last.block).flat_map(|block| parse::sentences_of(&version.document, block));
    let inside = sentences.filter(|sentence| {
        (sentence.block, sentence.end) > (first.block, first.start) && (sentence.block, sentence.start) < (last.block, last.end)
    });
    let (word, quoted) = inside.map(|sentence| parse::quote(&version.document, sentence)).find_map(|quoted| {
        let word = UNDER_WAY.find(&quoted)?.as_str().to_owned();
        Some((if word.contains('待') { "待".to_owned() } else { word }, quoted))
    })?;
    let written = item.status_as_written.as_deref().unwrap_or(status.value.chinese());
    let label = diff::label(item, &version.notice.items);
    Some((Name::DoneButUnderWay, format!("{label}“{}”标为“{written}”,整改情况中又有“{word}”。", shown(item)), quoted))
}

static ALL_DONE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"全部(?:已)?(?:得到|予以|进行)?(?:整改(?:到位|完成|完毕|结束|。?$)|完成|销号|办结|落实到位)|(?:已|均)(?:经)?(?:完成|整改)(?:了)?(?:全部|所有)[^,，。;；]{0,8}(?:问题|任务|措施|整改)",
    )
});
static OF_THE_WHOLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"问题|措施|任务|事项"));
/// What is planned, asked for or denied is no claim: 扎实完成全部整改任务 stands under what comes next (鲤城, 2024-09).
static NO_CLAIM: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"未|确保|力争|争取|推动|努力|务必|要求|直至|直到|待|将|尽快|保证|下一步|今后"));

fn all_done_but_open(version: &Version) -> Facts {
    let notice = &version.notice;
    let open = notice.items.iter().filter(|item| item.status.as_ref().is_some_and(|status| status.value == Status::Open));
    let mut open: Vec<String> = open.map(|item| format!("{}“{}”", diff::label(item, &notice.items), shown(item))).collect();
    if open.is_empty() {
        open = notice.unfinished.iter().map(|matter| format!("“{}”", matter.problem.value)).collect();
    }
    if open.is_empty() {
        return Vec::new();
    }
    let in_items =
        |span: &Span| {
            notice.items.iter().filter_map(|item| item.rectification).any(|(first, last)| {
                (span.block, span.end) > (first.block, first.start) && (span.block, span.start) < (last.block, last.end)
            })
        };
    let blocks = 0..u32::try_from(version.document.body().len()).unwrap_or(u32::MAX);
    let outside = blocks.flat_map(|block| parse::sentences_of(&version.document, block)).filter(|sentence| !in_items(sentence));
    let claims = outside.map(|sentence| parse::quote(&version.document, sentence)).filter_map(|quoted| {
        let claim = quoted
            .split(['，', ',', '；', ';'])
            .find(|clause| ALL_DONE.is_match(clause) && OF_THE_WHOLE.is_match(clause) && !NO_CLAIM.is_match(clause))?;
        let claim = claim.trim_end_matches('。').to_owned();
        Some((Name::AllDoneButOpen, format!("通报称“{claim}”,又列有未完成事项{}项:{}。", open.len(), open.join("、")), quoted))
    });
    claims.collect()
}

fn shown(item: &Item) -> &str {
    &item.problem.as_ref().unwrap_or(&item.heading).value
}

/// Figures that the notice stated otherwise before, over all its versions.
fn between_versions(house: &House, told: &Understood) -> Result<Facts> {
    let mut facts = Vec::new();
    let mut before: Option<Version> = None;
    for number in 1..=told.tracked.versions {
        let Some(after) = house.store.version(&told.tracked.id, number)? else { continue };
        facts.extend(before.as_ref().map(|before| figures_changed(before, &after)).unwrap_or_default());
        before = Some(after);
    }
    Ok(facts)
}

fn figures_changed(before: &Version, after: &Version) -> Facts {
    let difference = diff::compare(before, &after.document, &after.notice).unwrap_or_default();
    let figures = difference.fields.into_iter().filter(|field| field.name.starts_with("claims.") || field.name == "outcomes");
    let told = figures.filter_map(|change| {
        let value = change.before.as_ref()?;
        let now = change.after.as_ref().map_or_else(|| "不再写明".to_owned(), |after| format!("为{after}"));
        let fact = format!("{}第{}版为{value},第{}版{now}。", change.label, before.number, after.number);
        let quoted = if change.name == "outcomes" { quoted_outcome } else { quoted_field };
        let quoted = quoted(after, &change).or_else(|| quoted(before, &change));
        Some((Name::FigureChanged, fact, quoted.unwrap_or_default()))
    });
    told.collect()
}

fn quoted_outcome(version: &Version, change: &FieldChange) -> Option<String> {
    let outcome = version.notice.outcomes.iter().find(|outcome| change.label.ends_with(&outcome.what))?;
    Some(parse::quote(&version.document, outcome.sentence))
}

fn quoted_field(version: &Version, change: &FieldChange) -> Option<String> {
    let field = version.notice.fields().into_iter().find(|field| field.name == change.name)?;
    Some(sentence(&version.document, field.span?))
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is fixed and tested")
}
