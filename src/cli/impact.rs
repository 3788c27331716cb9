use jiff::Span;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::rows::{FormArgs, Layout};
use super::{Exit, Output};
use crate::flow::house::House;
use crate::model::Traffic;

/// Tells what each host was asked on each day: requests and bytes, those for robots.txt, redirects and retries included.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan impact --days 7\n  huitoukan impact --host www.example.gov.cn --csv\n\n\
A day is one in the zone of the configuration. Bytes are those of answers as they came over the wire, header lines included.")]
pub struct ImpactArgs {
    /// So many days back, today included
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// Only this host, with its port where that is not the scheme's own
    #[arg(long)]
    host: Option<String>,
    #[command(flatten)]
    form: FormArgs,
}

#[derive(Debug, Serialize)]
struct Row {
    day: String,
    host: String,
    requests: u64,
    unanswered: u64,
    bytes: u64,
}

const LAYOUT: Layout<Row> =
    Layout {
        columns: &["day", "host", "requests", "unanswered", "bytes"], headings: &["日期", "主机", "请求", "无应答", "字节"], row
    };

fn row(row: &Row) -> Vec<String> {
    vec![row.day.clone(), row.host.clone(), row.requests.to_string(), row.unanswered.to_string(), row.bytes.to_string()]
}

impl ImpactArgs {
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let zone = TimeZone::get(&house.setup().config.zone).unwrap_or(TimeZone::UTC);
        let today = zone.to_datetime(house.clock.now()).date();
        let since = today.saturating_sub(Span::new().days(self.days - 1));
        let is_wanted = |traffic: &Traffic| self.host.as_ref().is_none_or(|host| traffic.host == *host);
        let rows: Vec<Row> = house.store.traffic(since)?.into_iter().filter(is_wanted).map(Row::from).collect();
        self.form.print(&rows, &LAYOUT, output)
    }
}

impl From<Traffic> for Row {
    fn from(Traffic { day, host, requests, unanswered, bytes }: Traffic) -> Self {
        Self { day: day.to_string(), host, requests, unanswered, bytes }
    }
}
