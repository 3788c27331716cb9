use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use jiff::{SignedDuration, Zoned};

use super::bodies::{BODIES, PublicBody};
use super::site::{Served, Site};
use crate::config::{self, Known};
use crate::flow::clock::Clock;
use crate::flow::daemon;
use crate::flow::house::{House, Setup};
use crate::model::{Change, DeliveryState, Kind};
use crate::{schedule, store};

/// Monday morning: the first visit.
const BEGIN: &str = "2026-11-02T06:30:00+08:00[Asia/Shanghai]";
const DAYS: i64 = 21;

/// What the sites did one morning, and what came of it until they did something else.
pub struct Act {
    pub at: Zoned,
    pub text: &'static str,
    /// Kinds of change found out, how many, and when the first of them was.
    pub found: Vec<(Kind, u32, Zoned)>,
}

/// Plays the three weeks in `folder`, which gets a configuration, a store and an outbox. `program` is this program, which
/// reads files in a process apart.
///
/// # Errors
/// The folder cannot be written, a port cannot be had, or the store fails.
pub async fn play(folder: &Path, program: &Path, tell: &mut dyn FnMut(&Act)) -> anyhow::Result<Arc<House>> {
    let mut sites = Vec::new();
    for _ in &BODIES {
        sites.push(Site::start().await?);
    }
    write_configuration(folder, &sites)?;
    let begin: Zoned = BEGIN.parse()?;
    let house = open(folder, program, &begin)?;
    let mut acts: Vec<Act> = Vec::new();
    let mut told = 0;
    for day in 0..DAYS {
        let morning = begin.checked_add(SignedDuration::from_hours(24 * day))?;
        if let Some(text) = happens(day, &sites) {
            acts.last().into_iter().for_each(&mut *tell);
            acts.push(Act { at: morning.clone(), text, found: Vec::new() });
        }
        for hour in 1..=12 {
            house.clock.jump_to(morning.timestamp().checked_add(SignedDuration::from_hours(hour))?);
            daemon::once(&house).await?;
            for change in house.store.changes(told, 1_000)? {
                told = change.number;
                if let Some(act) = acts.last_mut() {
                    act.find(&change, &begin);
                }
            }
        }
    }
    acts.last().into_iter().for_each(tell);
    Ok(house)
}

impl Act {
    fn find(&mut self, change: &Change, begin: &Zoned) {
        let kind = change.kind.kind();
        match self.found.iter_mut().find(|(known, ..)| *known == kind) {
            Some((_, count, _)) => *count += 1,
            None => self.found.push((kind, 1, change.at.to_zoned(begin.time_zone().clone()))),
        }
    }
}

/// What the sites do on a day, seen from outside; day 0 is the first.
fn happens(day: i64, sites: &[Site]) -> Option<&'static str> {
    let [_, luoyang, _, licheng, shengzhou] = &BODIES;
    match day {
        0 => {
            for (body, site) in BODIES.iter().zip(sites) {
                body.list(site, true);
                body.publish(site, &body.paragraphs());
            }
            licheng.withdraw(&sites[3]);
            shengzhou.withdraw(&sites[4]);
            Some("五个网站,三个已登出通报")
        }
        2 => {
            for (body, site) in [(licheng, &sites[3]), (shengzhou, &sites[4])] {
                body.publish(site, &body.paragraphs());
                body.list(site, true);
            }
            Some("鲤城、嵊州登出通报")
        }
        5 => {
            licheng.publish(&sites[3], &edited(licheng));
            Some("鲤城悄悄改稿:一项未完成改为已完成,一个数字改动,一段删去")
        }
        8 => {
            sites[2].instead(Some(wall()));
            sites[0].instead(Some(Served::html("").with_status(503)));
            Some("雨湖立起拦截页,浙江宕机")
        }
        11 => {
            sites[2].instead(None);
            sites[0].instead(None);
            Some("雨湖、浙江恢复")
        }
        12 => {
            luoyang.withdraw(&sites[1]);
            Some("洛阳撤下通报")
        }
        18 => {
            luoyang.publish(&sites[1], &luoyang.paragraphs());
            luoyang.list(&sites[1], true);
            Some("洛阳重新登出通报")
        }
        _ => None,
    }
}

/// A status becomes 已完成, a figure changes, a paragraph goes.
fn edited(body: &PublicBody) -> Vec<String> {
    let mut paragraphs = body.paragraphs();
    for paragraph in &mut paragraphs {
        *paragraph = paragraph.replace("(未完成)", "(已完成)").replace("制定27条措施", "制定28条措施");
    }
    paragraphs.retain(|paragraph| !paragraph.starts_with("未完成整改原因"));
    paragraphs
}

/// A wall as the 瑞数 product puts it up: 412, a script, no content.
fn wall() -> Served {
    Served::html(
        r#"<!DOCTYPE html><html><head><meta id="9DhefwqGPrzGxEp9hPaoag" content="q_5kS0rQ" r='m'><script src="/4QbVtADbnLVIc/d.FxJzG50F.dfe1675.js" r='m'></script><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=12345;</script></head><body></body></html>"#,
    )
    .with_status(412)
}

fn write_configuration(folder: &Path, sites: &[Site]) -> anyhow::Result<()> {
    let sources = folder.join("config").join("sources");
    fs::create_dir_all(&sources).with_context(|| format!("cannot write in {}", folder.display()))?;
    let main = "\
contact = \"demo@example.org\"
store = \"../store\"
visit = \"0 0 7,12,17 * * *\"
pause = \"10ms\"
hosts_max = 8
[fetch]
allow_private = [\"127.0.0.0/8\"]
[mail]
from = \"回头看 <huitoukan@example.org>\"
folder = \"../outbox\"
";
    let subscribers = "\
[[subscriber]]
id = \"office\"
to = [\"office@example.org\"]
[[subscriber]]
id = \"operator\"
to = [\"operator@example.org\"]
kinds = [\"ailing\", \"recovered\"]
";
    fs::write(folder.join("config/huitoukan.toml"), main)?;
    fs::write(folder.join("config/subscribers.toml"), subscribers)?;
    for (body, site) in BODIES.iter().zip(sites) {
        let (name, listing, region) = (body.name, site.url(body.listing), body.region);
        let text = format!("name = \"{name}\"\nlisting = \"{listing}\"\nregion = \"{region}\"\nsector = \"工商联\"\n");
        fs::write(sources.join(format!("{}.toml", body.id)), text)?;
    }
    Ok(())
}

fn open(folder: &Path, program: &Path, begin: &Zoned) -> anyhow::Result<Arc<House>> {
    let known = Known { families: &[], cron: schedule::check };
    let mut config = config::load(&folder.join("config"), &known).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow!("{}", lines.join("\n"))
    })?;
    config.files.program = program.to_owned();
    let store = store::open(&store::Settings::at(&config.store))?;
    let setup = Setup::new(config).map_err(|problem| anyhow!(problem))?;
    Ok(Arc::new(House::new(setup, store.into(), Clock::virtual_from(begin.timestamp()))))
}

/// How many digests lie in the outbox.
pub fn digests(house: &House) -> anyhow::Result<usize> {
    let deliveries = house.store.deliveries(1_000)?;
    Ok(deliveries.iter().filter(|delivery| matches!(delivery.state, DeliveryState::Sent { .. })).count())
}
