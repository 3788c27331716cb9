//! Street offices, their sites, and what is true of them: what is published, edited and withdrawn, and when a site is at fault.

use huitoukan::demo::Site;
use url::Url;

use crate::world::{BODY, page, wall};

const LISTING: &str = "/list.html";

/// Numbers from a seed (splitmix64).
pub struct Chance(pub u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// One body's site, and what it truly says.
pub struct Body {
    pub site: Site,
    pub number: usize,
    pub notices: Vec<Truth>,
    /// Steps until the present fault ends.
    fault: u32,
}

pub struct Truth {
    pub title: String,
    pub edits: u32,
    pub withdrawn: bool,
}

impl Body {
    pub async fn new(number: usize) -> Self {
        let mut body = Self { site: Site::start().await.unwrap(), number, notices: Vec::new(), fault: 0 };
        (0..4).for_each(|_| body.publishes());
        body
    }

    pub fn listing(&self) -> Url {
        self.site.url(LISTING)
    }

    pub fn path(place: usize) -> String {
        format!("/n/t20261101_{place}.htm")
    }

    fn publishes(&mut self) {
        let title = format!("第{}街道第{}轮关于巡察整改情况的通报", self.number, self.notices.len());
        self.notices.push(Truth { title, edits: 0, withdrawn: false });
        self.serves(self.notices.len() - 1);
    }

    fn edits(&mut self, place: usize) {
        self.notices[place].edits += 1;
        self.serves(place);
    }

    fn withdraws(&mut self, place: usize) {
        self.notices[place].withdrawn = true;
        self.site.remove(&Self::path(place));
        self.lists();
    }

    fn serves(&self, place: usize) {
        self.site.put(&Self::path(place), page(&self.notices[place].title, &self.text(place)));
        self.lists();
    }

    /// No two notices say the same, or they would be copies of one another.
    fn text(&self, place: usize) -> String {
        let own: String = (0..12)
            .map(|line| {
                format!("{line}.第{}街道在第{place}轮中就第{}号问题逐项对账销号。\n", self.number, line * 7 + place * 31 + self.number * 57)
            })
            .collect();
        let body =
            BODY.replace("区工商联", &format!("第{}街道", self.number)).replace("仅解决21个", &format!("仅解决{}个", self.solved(place)));
        format!("{body}\n{own}")
    }

    pub fn solved(&self, place: usize) -> u32 {
        21 + self.notices[place].edits
    }

    fn lists(&self) {
        let present = self.notices.iter().enumerate().rev().filter(|(_, truth)| !truth.withdrawn);
        let rows: String = present
            .map(|(place, truth)| {
                format!(r#"<li><a href="{}" title="{1}">{1}</a><span>2026-11-01</span></li>"#, Self::path(place), truth.title)
            })
            .collect();
        let others = r#"<li><a href="/o/1.html">关于国庆节放假安排的通知</a><span>2026-09-25</span></li><li><a href="/o/2.html">关于开展安全生产检查的公告</a><span>2026-09-20</span></li>"#;
        self.site.put(LISTING, format!("<html><head><title>公告</title></head><body><ul>{rows}{others}</ul></body></html>"));
    }

    /// Six hours of a body's life.
    pub fn lives(&mut self, chance: &mut Chance) {
        if chance.once_in(12) {
            self.publishes();
        }
        let place = usize::try_from(chance.below(self.notices.len() as u64)).unwrap();
        if !self.notices[place].withdrawn {
            match chance.below(60) {
                0..=4 => self.edits(place),
                5 if self.notices.len() > 5 => self.withdraws(place),
                _ => {}
            }
        }
        self.fault = self.fault.saturating_sub(1);
        if self.fault == 0 {
            self.site.instead(None);
            if chance.once_in(25) {
                self.fault = 1 + u32::try_from(chance.below(8)).unwrap();
                self.site.instead(Some(match chance.below(6) {
                    0 => wall("busy").with_status(503),
                    1 => wall("<html><head><script>$_ts=window['$_ts'];</script></head><body></body></html>").with_status(412),
                    2 => wall("404 Not Found").with_status(404),
                    3 => wall(""),
                    4 => wall("网站维护中,请稍后再试"),
                    _ => wall("Internal Server Error").with_status(500),
                }));
            }
        }
    }
}
