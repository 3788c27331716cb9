//! Columns on loopback that publish, edit, withdraw, restore, move and replace notices, and remember all of it: the truth,
//! and when who asked for what.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, serve};
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use url::Url;

use super::dice::Dice;
use super::page::{Page, digest};
use super::{Event, Life};

pub const LISTING: &str = "/zwgk/tzgg/index.html";
/// Most notices of a column that are asked to be forgotten: they go on taking a place in its listing.
const FORGOTTEN_MAX: usize = 2;

/// What a column shows of itself while it ails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Wall,
    Forbidden,
    Unavailable,
    Hangs,
}

/// One request, as the site saw it.
#[derive(Debug, Clone)]
pub struct Hit {
    pub life: Life,
    pub path: String,
    pub begun: Timestamp,
    /// Just before the answer was given; `None` where nobody waited for it.
    pub ended: Option<Timestamp>,
}

/// One source on a host of its own.
#[derive(Debug, Clone)]
pub struct Column {
    pub id: &'static str,
    pub address: SocketAddr,
    pub pause: SignedDuration,
    notices_max: usize,
    /// Numbers of the pages that are listed, newest first.
    rows: Vec<u32>,
    /// By number, in the order in which they were published.
    pub pages: BTreeMap<u32, Page>,
    pub hits: Vec<Hit>,
    trouble: Option<Trouble>,
    /// Requests that are still answered so.
    troubled: u32,
    serial: u32,
}

#[derive(Clone)]
pub struct Site {
    columns: Vec<Arc<Mutex<Column>>>,
}

impl Site {
    /// Columns by name, with the pause that their source asks for and the notices they list at most.
    pub async fn start(columns: &[(&'static str, SignedDuration, usize)], events: &Sender<Event>) -> Self {
        let mut all = Vec::new();
        for (id, pause, notices_max) in columns {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener.local_addr().expect("a bound port has an address");
            let (pages, rows, hits) = (BTreeMap::new(), Vec::new(), Vec::new());
            let column =
                Column { id, address, pause: *pause, notices_max: *notices_max, rows, pages, hits, trouble: None, troubled: 0, serial: 0 };
            let column = Arc::new(Mutex::new(column));
            let router = Router::new().fallback(answer).with_state((column.clone(), events.clone()));
            tokio::spawn(async move { serve(listener, router).await });
            all.push(column);
        }
        Self { columns: all }
    }

    pub fn columns(&self) -> impl Iterator<Item = MutexGuard<'_, Column>> {
        self.columns.iter().map(|column| column.lock().expect("no test thread panics while it holds a column"))
    }

    /// One of the columns does something; `now` is the program's time.
    pub fn acts(&self, dice: &mut Dice, now: Timestamp) {
        let at = dice.below(self.columns.len() as u64) as usize;
        if let Some(mut column) = self.columns().nth(at) {
            column.acts(dice, now);
        }
    }

    /// A notice that was not there before.
    pub fn publishes(&self, dice: &mut Dice) {
        let at = dice.below(self.columns.len() as u64) as usize;
        if let Some(mut column) = self.columns().nth(at) {
            column.publishes();
        }
    }

    /// Every column answers well from now on.
    pub fn recovers(&self) {
        self.columns().for_each(|mut column| column.trouble = None);
    }

    /// The address of a notice that was read and is now to be forgotten; `None` where there is none, or enough are.
    pub fn gives_up(&self, dice: &mut Dice) -> Option<Url> {
        let at = dice.below(self.columns.len() as u64) as usize;
        self.columns().nth(at)?.gives_up(dice)
    }
}

impl Column {
    /// The columns all have pages of their own: this is where one of them lies.
    pub fn url(&self, page: &Page) -> Url {
        format!("http://{}{}", self.address, page.path).parse().expect("an address and a path are a URL")
    }

    /// The notice whose pages these are: several may have stood at one address, one after the other.
    pub fn page_of(&self, path: &str, first_version: Option<&str>) -> Option<&Page> {
        let said_this = |page: &&Page| first_version.is_none_or(|digest| page.history.iter().any(|stood| stood.page == digest));
        self.pages.values().filter(|page| page.path == path).find(said_this)
    }

    fn acts(&mut self, dice: &mut Dice, now: Timestamp) {
        match dice.below(22) {
            0..=6 => self.publishes(),
            7..=12 => self.edits(dice),
            13 => self.withdraws(dice, now),
            14 => self.restores(dice, now),
            15 => self.moves(dice, now),
            // A column that ails is visited ever more seldom: it must be well more often than not, or nothing else happens.
            16 => {
                let trouble = if dice.one_in(2) { Trouble::Wall } else { Trouble::Forbidden };
                (self.trouble, self.troubled) = (Some(trouble), u32::MAX);
            }
            // These make the daemon ask ever more slowly, up to once in five minutes of real time.
            18 if dice.one_in(3) => {
                self.troubled = 1 + u32::from(dice.one_in(2));
                self.trouble = Some(if dice.one_in(3) { Trouble::Hangs } else { Trouble::Unavailable });
            }
            19 => self.replaces(dice, now),
            _ => self.trouble = None,
        }
    }

    pub fn publishes(&mut self) {
        if self.rows.len() >= self.notices_max {
            return;
        }
        // Every third has a file, but where a pause is so long that nothing else would happen.
        let has_file = self.serial.is_multiple_of(3) && self.pause < SignedDuration::from_millis(500);
        self.lists(Page::new(self.id, self.serial + 1, has_file));
    }

    fn lists(&mut self, page: Page) {
        self.serial += 1;
        self.pages.insert(self.serial, page);
        self.rows.insert(0, self.serial);
    }

    fn edits(&mut self, dice: &mut Dice) {
        let in_file = dice.one_in(2);
        if let Some(page) = dice.pick(&self.rows).and_then(|row| self.pages.get_mut(row)) {
            page.reads_anew(in_file);
        }
    }

    /// One that is listed and that nobody has asked to be forgotten.
    fn free(&self, dice: &mut Dice) -> Option<u32> {
        let row = *dice.pick(&self.rows)?;
        self.pages.get(&row).filter(|page| !page.is_to_be_forgotten).map(|_| row)
    }

    fn withdraws(&mut self, dice: &mut Dice, now: Timestamp) {
        // Three that vanish at once are a redesign, which is another story.
        if self.pages.values().filter(|page| page.is_away()).count() >= 2 {
            return;
        }
        if let Some(row) = self.free(dice) {
            self.goes(row, now);
        }
    }

    fn goes(&mut self, row: u32, now: Timestamp) -> Option<&mut Page> {
        self.rows.retain(|listed| *listed != row);
        let page = self.pages.get_mut(&row)?;
        page.goes(now);
        Some(page)
    }

    fn restores(&mut self, dice: &mut Dice, now: Timestamp) {
        let away: Vec<u32> = self.pages.iter().filter(|(_, page)| page.is_away()).map(|(number, _)| *number).collect();
        let Some(row) = dice.pick(&away) else { return };
        let Some(page) = self.pages.get_mut(row) else { return };
        page.comes_back(now);
        if dice.one_in(3) {
            page.reads_anew(false);
        }
        self.rows.insert(0, *row);
    }

    fn moves(&mut self, dice: &mut Dice, now: Timestamp) {
        let Some(row) = self.free(dice) else { return };
        let path = format!("/m/{}.htm", self.serial + 1);
        let Some(page) = self.goes(row, now) else { return };
        page.has_moved = true;
        let moved = page.moved_to(path);
        self.lists(moved);
    }

    /// Another notice takes the address, as where an editor writes over an old article.
    fn replaces(&mut self, dice: &mut Dice, now: Timestamp) {
        let (serial, id) = (self.serial + 1, self.id);
        let Some(row) = self.free(dice) else { return };
        if self.pages.get(&row).is_none_or(Page::took_a_place) {
            return;
        }
        let Some(page) = self.goes(row, now) else { return };
        page.was_replaced = true;
        let other = Page::in_place_of(page, id, serial);
        self.lists(other);
    }

    /// Of those that stood at one address for all their life, so that their title is nobody else's.
    fn gives_up(&mut self, dice: &mut Dice) -> Option<Url> {
        let was_read = |page: &Page| self.hits.iter().any(|hit| hit.path == page.path && hit.ended.is_some());
        let shared = |page: &Page| self.pages.values().filter(|other| other.path == page.path).count() > 1;
        let may_go = |page: &Page| page.path.starts_with("/n/") && page.is_there() && !shared(page) && was_read(page);
        let asked = self.pages.values().filter(|page| page.is_to_be_forgotten).count();
        let free: Vec<u32> = self.rows.iter().filter(|row| self.pages.get(row).is_some_and(may_go)).copied().collect();
        let row = *dice.pick(&free)?;
        let page = self.pages.get_mut(&row)?;
        if !page.is_to_be_forgotten && (asked >= FORGOTTEN_MAX || asked * 4 >= self.rows.len()) {
            return None;
        }
        page.is_to_be_forgotten = true;
        self.pages.get(&row).map(|page| self.url(page))
    }

    fn listing(&self) -> String {
        let rows: String = self
            .rows
            .iter()
            .filter_map(|row| {
                let Page { path, title, .. } = self.pages.get(row)?;
                Some(format!(r#"<li><a href="{path}" title="{title}">{title}</a><span>2026-11-01</span></li>"#))
            })
            .collect();
        format!(
            r#"<html><head><title>通知公告</title></head><body><ul class="list">{rows}<li><a href="/other/1.html">关于国庆节放假安排的通知</a><span>2026-09-25</span></li>
<li><a href="/other/2.html">关于开展安全生产检查的公告</a><span>2026-09-20</span></li>
<li><a href="/other/3.html">2026年部门预算公开目录</a><span>2026-09-12</span></li></ul></body></html>"#
        )
    }

    /// What this request is met with.
    fn mood(&mut self) -> Option<Trouble> {
        self.troubled = self.troubled.saturating_sub(1);
        let trouble = self.trouble;
        self.trouble = trouble.filter(|_| self.troubled > 0);
        trouble
    }

    fn serves(&self, path: &str, headers: &HeaderMap, trouble: Option<Trouble>) -> Response {
        match trouble {
            Some(Trouble::Wall) => return (StatusCode::OK, HTML, WALL).into_response(),
            Some(Trouble::Forbidden) => return (StatusCode::FORBIDDEN, HTML, "<html><body>403 Forbidden</body></html>").into_response(),
            Some(Trouble::Unavailable) => return (StatusCode::SERVICE_UNAVAILABLE, HTML, "busy").into_response(),
            Some(Trouble::Hangs) | None => {}
        }
        let body = match path {
            LISTING => Some(self.listing().into_bytes()),
            _ => self.pages.values().find_map(|page| page.serves(path)),
        };
        let Some(body) = body else {
            return (StatusCode::NOT_FOUND, HTML, "<html><head><title>404</title></head><body>404 Not Found</body></html>").into_response();
        };
        let etag = format!("\"{}\"", &digest(&body)[..16]);
        if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
            return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
        }
        let kind = if path.ends_with(".rtf") { "application/rtf" } else { HTML[0].1 };
        let mut response = (StatusCode::OK, [(header::CONTENT_TYPE, kind)], Body::from(body)).into_response();
        response.headers_mut().insert(header::ETAG, etag.parse().expect("hexadecimal digits in quotes"));
        response
    }
}

const HTML: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
const WALL: &str = "<html><head><title>网站维护</title></head><body><h1>网站正在维护中,请稍后访问</h1></body></html>";

async fn answer(State((column, events)): State<(Arc<Mutex<Column>>, Sender<Event>)>, request: Request) -> Response {
    let begun = Timestamp::now();
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let life = super::life_in(agent).unwrap_or_default();
    let path = request.uri().path().to_owned();
    let lock = || column.lock().expect("no test thread panics while it holds a column");
    let (number, trouble) = {
        let mut column = lock();
        column.hits.push(Hit { life, path: path.clone(), begun, ended: None });
        (column.hits.len() - 1, column.mood())
    };
    // Nobody listens while no moment is waited for.
    let _ = events.send(Event::Asked);
    if trouble == Some(Trouble::Hangs) {
        // Until the client gives up, which drops us here.
        tokio::time::sleep(Duration::from_secs(600)).await;
    }
    // Some answers take a moment, so that there is one to be killed in.
    if number % 7 == 3 {
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    let mut column = lock();
    let response = column.serves(&path, request.headers(), trouble);
    column.hits[number].ended = Some(Timestamp::now());
    response
}
