use super::rows::{FormArgs, Layout, WhichArgs};
use super::{Exit, Output};
use crate::flow::ask::bodies::{BodyRow, bodies};
use crate::flow::house::House;

/// Lists the bodies that notices tell of, however they are spelled: their notices, rounds, copies and what is open.
///
/// A key that begins with @ is of a body whose place is not sure: it is kept apart from namesakes at other sources.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan bodies --region 福建 --sector 工商联\n  huitoukan bodies --match 卫生健康 --json")]
pub struct BodiesArgs {
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    form: FormArgs,
}

const LAYOUT: Layout<BodyRow> = Layout {
    columns: &[
        "body",
        "name",
        "names",
        "region",
        "sector",
        "notices",
        "rounds",
        "copies",
        "feedbacks",
        "open_items",
        "deadlines",
        "overdue",
        "last_published",
        "last_seen",
        "ids",
    ],
    headings: &["单位", "地区", "类别", "通报", "轮次", "同文", "反馈", "未完成", "已过时限", "最近发布", "编号"],
    row,
};

fn row(body: &BodyRow) -> Vec<String> {
    let count = |count: usize| if count == 0 { String::new() } else { count.to_string() };
    vec![
        body.name.clone(),
        body.region.to_string(),
        body.sector.clone().unwrap_or_default(),
        count(body.notices),
        count(body.rounds),
        count(body.copies),
        count(body.feedbacks),
        count(body.open_items as usize),
        count(body.overdue),
        body.last_published.map(|day| day.to_string()).unwrap_or_default(),
        body.ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    ]
}

impl BodiesArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let rows = bodies(house, &self.which.which(house, None)?)?;
        self.form.print(&rows, &LAYOUT, output)
    }
}
