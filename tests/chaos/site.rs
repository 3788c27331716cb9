//! Columns on loopback that publish, edit, withdraw, restore and move notices, and remember all of it: the truth, and when
//! who asked for what.

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
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

use super::dice::Dice;
use super::world::{BODY, page};
use super::{Event, Life};

pub const LISTING: &str = "/zwgk/tzgg/index.html";

/// What a column shows of itself while it ails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Wall,
    Forbidden,
    Unavailable,
    Hangs,
}

/// One address of the site.
pub struct Page {
    pub title: String,
    body: String,
    /// What stands there now.
    now: Option<Vec<u8>>,
    /// Digests of everything that ever stood there, in order.
    pub history: Vec<String>,
    /// From when to when nothing stood there, in the program's time.
    pub absences: Vec<(Timestamp, Option<Timestamp>)>,
    pub has_moved: bool,
}

impl Page {
    /// Digest of what stands there now.
    pub fn truth(&self) -> Option<&String> {
        self.now.as_ref().and(self.history.last())
    }
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
pub struct Column {
    pub id: &'static str,
    pub address: SocketAddr,
    pub pause: SignedDuration,
    notices_max: usize,
    /// Paths as listed, newest first.
    rows: Vec<String>,
    pub pages: BTreeMap<String, Page>,
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
}

impl Column {
    fn acts(&mut self, dice: &mut Dice, now: Timestamp) {
        match dice.below(20) {
            0..=6 => self.publishes(),
            7..=12 => self.edits(dice),
            13 => self.withdraws(dice, now),
            14 => self.restores(dice, now),
            15 => self.moves(dice, now),
            16 => (self.trouble, self.troubled) = (Some(Trouble::Wall), u32::MAX),
            17 => (self.trouble, self.troubled) = (Some(Trouble::Forbidden), u32::MAX),
            // These make the daemon ask ever more slowly, up to once in five minutes of real time: few, or nothing else happens.
            18 if dice.one_in(3) => {
                self.troubled = 1 + u32::from(dice.one_in(2));
                self.trouble = Some(if dice.one_in(3) { Trouble::Hangs } else { Trouble::Unavailable });
            }
            _ => self.trouble = None,
        }
    }

    pub fn publishes(&mut self) {
        if self.rows.len() >= self.notices_max {
            return;
        }
        self.serial += 1;
        let body = format!("{}第{}号工商联", self.id, self.serial);
        let title = format!("{body}关于巡察整改进展情况的通报");
        let body = BODY.replace("区工商联", &body).replace("83个", &format!("{}个", 100 + self.serial));
        self.stands(&format!("/n/{}.htm", self.serial), title, body);
    }

    fn stands(&mut self, path: &str, title: String, body: String) {
        let html = page(&title, &body).into_bytes();
        let history = vec![digest(&html)];
        self.pages.insert(path.to_owned(), Page { title, body, now: Some(html), history, absences: Vec::new(), has_moved: false });
        self.rows.insert(0, path.to_owned());
    }

    /// Each edit leaves words that never stood there before.
    fn edits(&mut self, dice: &mut Dice) {
        let Some(path) = dice.pick(&self.rows).cloned() else { return };
        let Some(page) = self.pages.get_mut(&path) else { return };
        page.reads_anew();
    }

    fn withdraws(&mut self, dice: &mut Dice, now: Timestamp) {
        // Three that vanish at once are a redesign, which is another story.
        if self.pages.values().filter(|page| page.now.is_none() && !page.has_moved).count() >= 2 {
            return;
        }
        let Some(path) = dice.pick(&self.rows).cloned() else { return };
        self.goes(&path, now);
    }

    fn goes(&mut self, path: &str, now: Timestamp) {
        self.rows.retain(|row| row != path);
        if let Some(page) = self.pages.get_mut(path) {
            page.now = None;
            page.absences.push((now, None));
        }
    }

    fn restores(&mut self, dice: &mut Dice, now: Timestamp) {
        let away: Vec<String> =
            self.pages.iter().filter(|(_, page)| page.now.is_none() && !page.has_moved).map(|(path, _)| path.clone()).collect();
        let Some(path) = dice.pick(&away) else { return };
        let Some(page) = self.pages.get_mut(path) else { return };
        page.now = Some(super::world::page(&page.title, &page.body).into_bytes());
        if let Some((_, until)) = page.absences.last_mut() {
            *until = Some(now);
        }
        if dice.one_in(3) {
            page.reads_anew();
        }
        self.rows.insert(0, path.clone());
    }

    fn moves(&mut self, dice: &mut Dice, now: Timestamp) {
        let Some(path) = dice.pick(&self.rows).cloned() else { return };
        let Some(page) = self.pages.get_mut(&path) else { return };
        page.has_moved = true;
        let (title, body) = (page.title.clone(), page.body.clone());
        self.goes(&path, now);
        self.serial += 1;
        self.stands(&format!("/m/{}.htm", self.serial), title, body);
    }

    fn listing(&self) -> String {
        let rows: String = self
            .rows
            .iter()
            .filter_map(|path| {
                let title = &self.pages.get(path)?.title;
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
            _ => self.pages.get(path).and_then(|page| page.now.clone()),
        };
        let Some(body) = body else {
            return (StatusCode::NOT_FOUND, HTML, "<html><head><title>404</title></head><body>404 Not Found</body></html>").into_response();
        };
        let etag = format!("\"{}\"", &digest(&body)[..16]);
        if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
            return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
        }
        let mut response = (StatusCode::OK, HTML, Body::from(body)).into_response();
        response.headers_mut().insert(header::ETAG, etag.parse().expect("hexadecimal digits in quotes"));
        response
    }
}

const HTML: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
const WALL: &str = "<html><head><title>网站维护</title></head><body><h1>网站正在维护中,请稍后访问</h1></body></html>";

impl Page {
    fn reads_anew(&mut self) {
        let edit = self.history.len() + 1;
        self.body.push_str(&format!("\n第{edit}次补充:经研究,另有{edit}项措施已经建立台账,由专人负责。"));
        let html = page(&self.title, &self.body).into_bytes();
        self.history.push(digest(&html));
        self.now = Some(html);
    }
}

pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

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
