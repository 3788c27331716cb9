use std::io::Write;

use super::table::{printable, table, time};
use super::{Exit, Output};
use crate::flow::house::House;
use crate::flow::status::{self, SourceStatus, State};

/// How each source is doing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan sources --ailing")]
pub struct SourcesArgs {
    /// Only those that need a person
    #[arg(long)]
    ailing: bool,
    /// Print one JSON object per source
    #[arg(long)]
    json: bool,
}

impl SourcesArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let mut sources = status::sources(house, &house.setup())?;
        let ails = |source: &SourceStatus| !matches!(source.state, State::Well | State::New);
        let exit = if sources.iter().any(ails) { Exit::NeedsPerson } else { Exit::Well };
        if self.ailing {
            sources.retain(ails);
        }
        if self.json {
            for source in &sources {
                output.json(source)?;
            }
            return Ok(exit);
        }
        let now = house.clock.now();
        let rows = sources.iter().map(|source| row(source, now)).collect();
        if sources.is_empty() {
            let why = if self.ailing { "no source needs a person" } else { super::check::NO_SOURCE };
            writeln!(output.err, "{why}")?;
            return Ok(exit);
        }
        let headings = ["来源", "名称", "地区", "类型", "状态", "通报", "上次成功", "下次访问"];
        writeln!(output.out, "{}", table(&headings, rows, output.width))?;
        for source in sources.iter().filter(|source| ails(source)) {
            let id = output.painted(&source.id, "31");
            let problem = source.problem.as_deref().unwrap_or("not read well for three days");
            writeln!(output.out, "\n{id}: {}", printable(problem))?;
        }
        for source in &sources {
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
