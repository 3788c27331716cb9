use anyhow::bail;
use jiff::Span;

use super::rows::{FormArgs, Layout, WhichArgs};
use super::{Exit, Output};
use crate::flow::ask::deadlines::{Deadline, deadlines};
use crate::flow::house::House;

/// Lists what bodies set themselves a day for and have not done, the earliest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan deadlines --within 30d")]
pub struct DeadlinesArgs {
    /// Only of this notice: the beginning of its name, or its address
    notice: Option<String>,
    /// Only what is due in this time, such as 30d or 2mo, and what is overdue
    #[arg(long, value_name = "TIME")]
    within: Option<Span>,
    /// Only what is overdue
    #[arg(long, conflicts_with = "within")]
    overdue: bool,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    form: FormArgs,
}

const LAYOUT: Layout<Deadline> = Layout {
    columns: &[
        "deadline",
        "days_left",
        "days_over",
        "item_id",
        "notice",
        "version",
        "region",
        "sector",
        "source",
        "issuer",
        "title",
        "item",
        "problem",
        "status",
        "inferred",
        "withdrawn",
        "sentence",
        "url",
    ],
    headings: &["时限", "天数", "编号", "单位", "事项", "依据", "原文"],
    row,
};

fn row(due: &Deadline) -> Vec<String> {
    let days = match (due.days_left, due.days_over) {
        (_, Some(over)) => format!("已过 {over} 天"),
        (left, None) => format!("还有 {} 天", left.unwrap_or_default()),
    };
    let day = if due.inferred { format!("{}(推断)", due.deadline) } else { due.deadline.to_string() };
    let matter = due.item.as_ref().map_or_else(|| due.problem.clone(), |item| format!("{item} {}", due.problem));
    let issuer = due.origin.issuer.clone().unwrap_or_else(|| due.origin.title.clone());
    vec![day, days, due.item_id.to_string(), issuer, matter, due.sentence.clone(), due.origin.url.clone()]
}

impl DeadlinesArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        if self.within.is_some_and(|within| within.is_negative()) {
            bail!("--within looks ahead: write a time such as 30d");
        }
        let mut rows = deadlines(house, &self.which.which(house, self.notice.as_deref())?, self.within)?;
        rows.retain(|due| !self.overdue || due.days_over.is_some());
        self.form.print(&rows, &LAYOUT, output)
    }
}
