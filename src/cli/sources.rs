use std::io::Write;

use super::catalogue::CatalogueArgs;
use super::rows::{FormArgs, Layout};
use super::table::{printable, table, time};
use super::{Exit, Output};
use crate::flow::house::House;
use crate::flow::status::{self, SourceStatus, State};

/// How each source is doing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  huitoukan sources --ailing\n  huitoukan sources --catalogue --region 福建")]
pub struct SourcesArgs {
    /// Only those that need a person
    #[arg(long)]
    ailing: bool,
    #[command(flatten)]
    pub form: FormArgs,
    #[command(flatten)]
    pub catalogue: CatalogueArgs,
}

const HEADINGS: &[&str] = &["来源", "名称", "地区", "类型", "状态", "通报", "上次成功", "下次访问"];
/// Keys of the JSON that a table of sources has room for.
const COLUMNS: &[&str] = &[
    "id",
    "name",
    "region",
    "sector",
    "family",
    "state",
    "notices",
    "failures",
    "problem",
    "last_success",
    "next_visit",
    "robots_ignored",
    "purpose",
    "listing",
];

impl SourcesArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let mut sources = status::sources(house, &house.setup())?;
        let ails = |source: &SourceStatus| !matches!(source.state, State::Well | State::New);
        let exit = if sources.iter().any(ails) { Exit::NeedsPerson } else { Exit::Well };
        if self.ailing {
            sources.retain(ails);
        }
        if !self.form.is_table() {
            let layout = Layout { columns: COLUMNS, headings: HEADINGS, row: |_| Vec::new() };
            self.form.print(&sources, &layout, output)?;
            return Ok(exit);
        }
        let now = house.clock.now();
        let rows = sources.iter().map(|source| row(source, now)).collect();
        if sources.is_empty() {
            let why = if self.ailing { "no source needs a person" } else { super::check::NO_SOURCE };
            writeln!(output.err, "{why}")?;
            return Ok(exit);
        }
        writeln!(output.out, "{}", table(HEADINGS, rows, output.width))?;
        for source in sources.iter().filter(|source| ails(source)) {
            let id = output.painted(&source.id, "31");
            let problem = source.problem.as_deref().unwrap_or("not read well for three days");
            writeln!(output.out, "\n{id}: {}", printable(problem))?;
        }
        for (source, partial) in sources.iter().filter_map(|source| Some((source, source.partial.as_ref()?))) {
            writeln!(output.out, "\n{}: older entries cannot be reached: {}", source.id, printable(partial))?;
        }
        for source in &sources {
            if let Some(reason) = &source.robots_ignored {
                writeln!(output.out, "\n{}: 不遵守 robots.txt,理由:{}", source.id, printable(reason))?;
            }
            if let Some(until) = source.asked_to_wait_until {
                writeln!(output.out, "\n{}: 对方要求 {} 之前不要访问 (Retry-After)", source.id, time(until, now))?;
            }
            for (url, trouble) in &source.troubles {
                writeln!(output.out, "\n{}: {url}\n    {}", source.id, printable(trouble))?;
            }
        }
        Ok(exit)
    }
}

fn row(source: &SourceStatus, now: jiff::Timestamp) -> Vec<String> {
    vec![
        source.id.clone(),
        source.name.clone(),
        source.region.to_string(),
        source.family.clone().unwrap_or_default(),
        source.state.chinese().to_owned(),
        source.notices.to_string(),
        source.last_success.map(|at| time(at, now)).unwrap_or_default(),
        source.next_visit.map(|at| time(at, now)).unwrap_or_default(),
    ]
}
