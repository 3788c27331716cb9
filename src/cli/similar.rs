use std::io::Write;

use anyhow::{anyhow, bail};

use super::rows::{FormArgs, Layout};
use super::table::printable;
use super::{Exit, Output};
use crate::flow::ask::similar::{Alike, Copied, Sample, Scope, Share, copies, problems, sample};
use crate::flow::house::House;
use crate::model::{ItemId, Region};

/// Lists problems alike across bodies, or measures that are nearly the same text.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huitoukan similar 商会换届不及时\n  huitoukan similar 7K3Q9M2D-4F7Q2K --sector 工商联\n  huitoukan similar 7K3Q9M2D-4F7Q2K --measures"
)]
pub struct SimilarArgs {
    /// The name of a problem, as `huitoukan items` prints it, or a text
    #[arg(value_name = "ITEM|TEXT")]
    meant: String,
    /// Measures that are nearly the same text as those of the problem, or as the text
    #[arg(long)]
    measures: bool,
    /// Most rows
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// In this place
    #[arg(long)]
    region: Option<String>,
    /// Of bodies of this sector, as the sources' files name it
    #[arg(long)]
    sector: Option<String>,
    #[command(flatten)]
    form: FormArgs,
}

const PROBLEMS: Layout<Alike> = Layout {
    columns: &[
        "likeness",
        "same",
        "item_id",
        "notice",
        "version",
        "region",
        "sector",
        "sector_with",
        "sector_bodies",
        "source",
        "issuer",
        "title",
        "item",
        "problem",
        "status",
        "status_as_written",
        "withdrawn",
        "url",
    ],
    headings: &["相似", "编号", "地区", "单位", "问题", "状态"],
    row: problem_row,
};

const MEASURES: Layout<Copied> = Layout {
    columns: &[
        "likeness",
        "of",
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
        "number",
        "measure",
        "withdrawn",
        "url",
    ],
    headings: &["相似", "编号", "单位", "问题", "措施"],
    row: measure_row,
};

fn problem_row(alike: &Alike) -> Vec<String> {
    let status = alike.status_as_written.clone().or_else(|| alike.status.map(|status| status.chinese().to_owned()));
    vec![
        format!("{:.2}{}", alike.likeness, if alike.same { "" } else { "?" }),
        alike.item_id.to_string(),
        alike.origin.region.to_string(),
        alike.origin.shown().to_owned(),
        format!("{} {}", alike.item, alike.problem),
        status.unwrap_or_else(|| "未标注".to_owned()),
    ]
}

fn measure_row(copied: &Copied) -> Vec<String> {
    vec![
        format!("{:.2}", copied.likeness),
        copied.item_id.to_string(),
        copied.origin.shown().to_owned(),
        format!("{} {}", copied.item, copied.problem),
        copied.measure.clone(),
    ]
}

impl SimilarArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let sample = self.sample(house)?;
        let scope = Scope { region: self.region.clone().map(Region), sector: self.sector.clone(), limit: usize::try_from(self.limit)? };
        if self.measures {
            let rows = copies(house, &sample, &scope)?;
            return self.form.print(&rows, &MEASURES, output);
        }
        let (rows, shares) = problems(house, &sample, &scope)?;
        if self.form.is_table() {
            shares.iter().try_for_each(|share| writeln!(output.out, "{}", printable(&sentence(share))))?;
            if !shares.is_empty() && !rows.is_empty() {
                writeln!(output.out)?;
            }
        }
        let exit = self.form.print(&rows, &PROBLEMS, output)?;
        if self.form.is_table() && rows.iter().any(|row| !row.same) {
            writeln!(output.err, "? alike, and perhaps another problem: not counted above")?;
        }
        Ok(exit)
    }

    fn sample(&self, house: &House) -> anyhow::Result<Sample> {
        let name = ItemId(self.meant.trim().to_ascii_uppercase());
        let looks_like_a_name = name.notice().is_some() && name.0.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if looks_like_a_name {
            let known = sample(house, &name)?;
            return known.ok_or_else(|| anyhow!("no problem is named {name}; `huitoukan items` lists all with their names"));
        }
        if crate::alike::statements(&self.meant).is_empty() {
            bail!("{:?} has no words to look for: write a problem, such as 商会换届不及时, or the name of one", self.meant);
        }
        Ok(Sample::Text(self.meant.clone()))
    }
}

fn sentence(share: &Share) -> String {
    let per_cent = f64::from(share.with) * 100.0 / f64::from(share.bodies.max(1));
    format!("{}:{} 家单位中 {} 家有同类问题({per_cent:.0}%)", share.sector, share.bodies, share.with)
}
