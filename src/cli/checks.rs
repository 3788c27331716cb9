use super::rows::{FormArgs, Layout, WhichArgs};
use super::{Exit, Output};
use crate::flow::ask::checks::{Check, checks};
use crate::flow::house::House;

/// Lists what is worth a second look, as facts with the sentences they rest on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan checks 7K3Q\n  huitoukan checks --region 福建 --csv")]
pub struct ChecksArgs {
    /// Only of this notice: the beginning of its name, or its address
    notice: Option<String>,
    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    form: FormArgs,
}

const LAYOUT: Layout<Check> = Layout {
    columns: &[
        "notice",
        "version",
        "region",
        "sector",
        "source",
        "issuer",
        "title",
        "check",
        "name",
        "fact",
        "withdrawn",
        "sentence",
        "url",
    ],
    headings: &["编号", "单位", "事由", "事实", "依据"],
    row,
};

fn row(check: &Check) -> Vec<String> {
    let issuer = check.origin.issuer.clone().unwrap_or_else(|| check.origin.title.clone());
    vec![check.origin.notice.to_string(), issuer, check.name.to_owned(), check.fact.clone(), check.sentence.clone()]
}

impl ChecksArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let rows = checks(house, &self.which.which(house, self.notice.as_deref())?)?;
        self.form.print(&rows, &LAYOUT, output)
    }
}
