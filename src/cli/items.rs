use clap::ValueEnum;

use super::rows::{FormArgs, Layout, WhichArgs};
use super::{Exit, Output};
use crate::flow::ask::items::{Fate, ItemRow, items};
use crate::flow::house::House;
use crate::model::Status;

/// Lists the problems that the notices tell of, and what became of each.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan items --status open --region 福建 --match 商会")]
pub struct ItemsArgs {
    /// Only of this notice: the beginning of its name, or its address
    notice: Option<String>,
    /// Only those with this status
    #[arg(long)]
    status: Option<Wanted>,
    /// Only those whose own deadline has passed and that are not said to be done
    #[arg(long)]
    overdue: bool,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    form: FormArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Wanted {
    Done,
    Partial,
    Open,
    Standing,
    NotStated,
}

impl Wanted {
    fn status(self) -> Option<Status> {
        match self {
            Self::Done => Some(Status::Done),
            Self::Partial => Some(Status::Partial),
            Self::Open => Some(Status::Open),
            Self::Standing => Some(Status::Standing),
            Self::NotStated => None,
        }
    }
}

const LAYOUT: Layout<ItemRow> = Layout {
    columns: &[
        "item_id",
        "notice",
        "version",
        "region",
        "sector",
        "source",
        "issuer",
        "title",
        "item",
        "path",
        "heading",
        "problem",
        "status",
        "status_as_written",
        "deadline",
        "overdue",
        "withdrawn",
        "sentence",
        "url",
    ],
    headings: &["编号", "地区", "单位", "序号", "问题", "状态", "时限"],
    row,
};

fn row(item: &ItemRow) -> Vec<String> {
    let status = item.status_as_written.clone().or_else(|| item.status.map(|status| status.chinese().to_owned()));
    let deadline = item.deadline.map(|day| day.to_string()).unwrap_or_default();
    vec![
        item.item_id.to_string(),
        item.origin.region.to_string(),
        item.origin.issuer.clone().unwrap_or_else(|| item.origin.title.clone()),
        item.item.clone(),
        item.problem.clone().unwrap_or_else(|| item.heading.clone()),
        status.unwrap_or_else(|| "未标注".to_owned()),
        if item.overdue { format!("{deadline} 已过") } else { deadline },
    ]
}

impl ItemsArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let fate = Fate { status: self.status.map(Wanted::status), overdue: self.overdue };
        let rows = items(house, &self.which.which(house, self.notice.as_deref())?, &fate)?;
        self.form.print(&rows, &LAYOUT, output)
    }
}
