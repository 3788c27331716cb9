use super::rows::{FormArgs, Layout, WhichArgs};
use super::{Exit, Output, check};
use crate::flow::ask::notices::{self as ask, NoticeRow};
use crate::flow::ask::today;
use crate::flow::house::House;
use crate::model::{Presence, Topic, Tracked};

/// Lists notices, the newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan notices --region 福建 --since 2026-11-01 --match 商会")]
pub struct NoticesArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// Whose reading may be wrong, or whose last look waits to be confirmed
    #[arg(long)]
    doubtful: bool,
    #[command(flatten)]
    form: FormArgs,
}

const LAYOUT: Layout<NoticeRow> = Layout {
    columns: &[
        "id",
        "published",
        "first_seen",
        "last_seen",
        "region",
        "sector",
        "source",
        "title",
        "versions",
        "presence",
        "topic",
        "copy_of",
        "trouble",
        "doubtful",
        "url",
    ],
    headings: &["编号", "发布", "地区", "标题", "版本", "状态", "类别"],
    row,
};

fn row(notice: &NoticeRow) -> Vec<String> {
    vec![
        notice.id.to_string(),
        notice.published.unwrap_or_else(|| today(notice.first_seen)).to_string(),
        notice.region.to_string(),
        notice.title.clone(),
        notice.versions.to_string(),
        format!("{}{}", standing(&notice.presence, notice.versions), if notice.doubtful { ",存疑" } else { "" }),
        notice.topic.map_or("", Topic::chinese).to_owned(),
    ]
}

/// Where a notice stands, as one word.
pub fn presence(tracked: &Tracked) -> &'static str {
    standing(&tracked.presence, tracked.versions)
}

/// A notice as one JSON object.
pub fn json(tracked: &Tracked) -> serde_json::Value {
    serde_json::to_value(ask::row(tracked, tracked.sector.clone())).expect("a row has no keys but text")
}

fn standing(presence: &Presence, versions: u32) -> &'static str {
    match (presence, versions) {
        (_, 0) => "未读取",
        (Presence::Present, _) => "在原址",
        (Presence::Missing { .. }, _) => "暂未找到",
        (Presence::Withdrawn { .. }, _) => "已撤下",
        (Presence::Moved { .. }, _) => "已迁移",
    }
}

impl NoticesArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let mut rows = ask::notices(house, &self.which.which(house, None)?)?;
        rows.retain(|notice| !self.doubtful || notice.doubtful);
        self.form.print_or_say(&rows, &LAYOUT, ("notice(s)", &why_none(house)?), output)
    }
}

fn why_none(house: &House) -> anyhow::Result<String> {
    let recorded = house.store.counts()?.notices;
    Ok(if recorded > 0 {
        format!("none of the {recorded} recorded notices fits")
    } else if house.setup().config.sources.is_empty() {
        check::NO_SOURCE.to_owned()
    } else {
        "no notice is recorded yet: `huitoukan check` visits the sources now, `huitoukan sources` tells how they are".to_owned()
    })
}
