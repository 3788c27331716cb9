//! The story that must come out right whatever fails in it: what the site does at each step, what is done with the program,
//! and what has truly happened by then.

use std::collections::BTreeMap;

use huitoukan::demo::Site;
use huitoukan::model::Kind;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::world::{BODY, LISTING, page};

pub const MATTER: &str = "/n/1.htm";
const GOING: &str = "/n/2.htm";
const NEW: &str = "/n/3.htm";
const LAST: &str = "/n/4.htm";

/// One thing that is done with the program.
#[derive(Clone, Copy)]
pub struct Step {
    pub name: &'static str,
    /// The program's time.
    pub at: &'static str,
    pub site: fn(&mut Tale),
    pub does: Does,
    /// Whether calls are made to fail in it; otherwise it only leads to the next.
    pub is_struck: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    Check,
    /// Runs until all is done, and is asked to stop.
    Daemon,
    Backup,
    /// Where no store is.
    Restore,
    Forget,
    /// Opens the store, which has something to end from the step before.
    Open,
}

pub const STEPS: [Step; 14] = [
    step("first-visit", "2026-11-02T07:00:00+08:00", Tale::begins, Does::Check),
    step("edit-and-mail", "2026-11-03T09:00:00+08:00", Tale::edits_and_publishes, Does::Check),
    calm("gone-1", "2026-11-04T10:00:00+08:00", Tale::withdraws),
    calm("gone-2", "2026-11-05T11:00:00+08:00", Tale::rests),
    calm("gone-3", "2026-11-06T12:00:00+08:00", Tale::rests),
    step("withdrawal", "2026-11-07T13:00:00+08:00", Tale::has_withdrawn, Does::Check),
    calm("quiet", "2026-11-08T09:00:00+08:00", Tale::rests),
    // Found before the hour of the digest, so that the daemon has something to mail at once, besides something to find.
    calm("found", "2026-11-08T14:00:00+08:00", Tale::edits),
    step("daemon", "2026-11-09T09:00:00+08:00", Tale::publishes_another, Does::Daemon),
    calm("told", "2026-11-10T15:00:00+08:00", Tale::rests),
    step("backup", "2026-11-10T16:00:00+08:00", Tale::rests, Does::Backup),
    step("restore", "2026-11-10T17:00:00+08:00", Tale::rests, Does::Restore),
    step("forget", "2026-11-10T18:00:00+08:00", Tale::forgets, Does::Forget),
    step("open", "2026-11-10T19:00:00+08:00", Tale::rests, Does::Open),
];

/// Only leads to the next.
const fn calm(name: &'static str, at: &'static str, site: fn(&mut Tale)) -> Step {
    Step { is_struck: false, ..step(name, at, site, Does::Check) }
}

const fn step(name: &'static str, at: &'static str, site: fn(&mut Tale), does: Does) -> Step {
    Step { name, at, site, does, is_struck: true }
}

impl Step {
    pub fn at(&self) -> Timestamp {
        self.at.parse().expect("times are written by hand")
    }
}

/// One address of the site.
pub struct Page {
    pub title: String,
    body: String,
    /// Digests of all that stood there, in order.
    pub history: Vec<String>,
    pub stands: bool,
    /// On request: nothing of it may be kept.
    pub is_forgotten: bool,
}

pub struct Tale {
    pub site: Site,
    pub pages: BTreeMap<&'static str, Page>,
    /// What the program must have found out, in any order.
    pub happened: Vec<(Kind, &'static str)>,
}

impl Tale {
    pub fn on(site: Site) -> Self {
        Self { site, pages: BTreeMap::new(), happened: Vec::new() }
    }

    fn begins(&mut self) {
        self.publishes(MATTER, "甲区工商联");
        self.publishes(GOING, "乙区工商联");
        self.happened.push((Kind::Baseline, ""));
    }

    fn edits_and_publishes(&mut self) {
        self.edits();
        self.publishes(NEW, "丙区工商联");
        self.happened.push((Kind::Published, NEW));
    }

    fn publishes_another(&mut self) {
        self.publishes(LAST, "丁区工商联");
        self.happened.push((Kind::Published, LAST));
    }

    fn withdraws(&mut self) {
        self.site.remove(GOING);
        self.pages.get_mut(GOING).expect("published at the beginning").stands = false;
        self.lists();
    }

    /// It is gone since three days.
    fn has_withdrawn(&mut self) {
        self.happened.push((Kind::Withdrawn, GOING));
    }

    fn rests(&mut self) {}

    fn forgets(&mut self) {
        self.pages.get_mut(MATTER).expect("published at the beginning").is_forgotten = true;
    }

    fn edits(&mut self) {
        let page = self.pages.get_mut(MATTER).expect("published at the beginning");
        let edit = page.history.len();
        page.body.push_str(&format!("\n第{edit}次补充:经研究,另有{edit}项措施已经建立台账,由专人负责。"));
        self.happened.push((Kind::Edited, MATTER));
        self.serves(MATTER);
    }

    fn publishes(&mut self, path: &'static str, who: &str) {
        let (title, body) = (format!("{who}关于巡察整改进展情况的通报"), BODY.replace("区工商联", who));
        self.pages.insert(path, Page { title, body, history: Vec::new(), stands: true, is_forgotten: false });
        self.serves(path);
        self.lists();
    }

    fn serves(&mut self, path: &'static str) {
        let known = self.pages.get_mut(path).expect("only what was published is served");
        let html = page(&known.title, &known.body).into_bytes();
        known.history.push(digest(&html));
        self.site.put(path, html);
    }

    fn lists(&self) {
        let standing = self.pages.iter().rev().filter(|(_, page)| page.stands);
        let rows: String = standing
            .map(|(path, Page { title, .. })| format!(r#"<li><a href="{path}" title="{title}">{title}</a><span>2026-11-01</span></li>"#))
            .collect();
        self.site.put(
            LISTING,
            format!(
                r#"<html><head><title>通知公告</title></head><body><ul class="list">{rows}<li><a href="/other/1.html">关于国庆节放假安排的通知</a><span>2026-09-25</span></li>
<li><a href="/other/2.html">关于开展安全生产检查的公告</a><span>2026-09-20</span></li>
<li><a href="/other/3.html">2026年部门预算公开目录</a><span>2026-09-12</span></li></ul></body></html>"#
            ),
        );
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
