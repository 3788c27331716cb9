use std::io::Write;

use super::rows::{FormArgs, Layout, WhichArgs};
use super::{Exit, Output};
use crate::flow::ask::late::late;
use crate::flow::house::House;
use crate::model::Late;

/// Lists bodies that had findings fed back and of which no rectification notice was seen after the usual time.
///
/// Only what the watched sources show counts; it needs a source that takes feedback notices (巡察反馈).
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan late --region 福建")]
pub struct LateArgs {
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    form: FormArgs,
}

const LAYOUT: Layout<Late> = Layout {
    columns: &["body", "name", "region", "sector", "feedback", "days", "usual_days", "usual_from", "notice", "title", "url"],
    headings: &["单位", "地区", "反馈", "已过天数", "反馈通报", "标题"],
    row,
};

fn row(late: &Late) -> Vec<String> {
    vec![
        late.name.clone(),
        late.region.to_string(),
        late.feedback.to_string(),
        late.days.to_string(),
        late.notice.to_string(),
        late.title.clone(),
    ]
}

impl LateArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let found = late(house, &self.which.which(house, None)?)?;
        let (days, from) = found.usual_days;
        let basis = match from {
            0 => "the median of a sample of 27; the archive's own from 30 notices on".to_owned(),
            count => format!("the median of {count} notices of this archive"),
        };
        writeln!(output.err, "usual time from feedback to notice: {days} days ({basis}); {} feedback notice(s) are kept", found.feedbacks)?;
        self.form.print(&found.bodies, &LAYOUT, output)
    }
}
