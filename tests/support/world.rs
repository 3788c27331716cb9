//! One small site, one source, one subscriber, and a virtual clock: stories are told through it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use huitoukan::channel::{self, Sender};
use huitoukan::config::{Config, Keep, Log, PerAddress};
use huitoukan::demo::{Served, Site};
use huitoukan::fetch;
use huitoukan::flow::clock::Clock;
use huitoukan::flow::crawl::Report;
use huitoukan::flow::house::{House, Setup};
use huitoukan::flow::{daemon, notify};
use huitoukan::model::{Kind, Message, Region, Source, SourceId, Subscriber, Tracked, Visit};
use huitoukan::sandbox;
use huitoukan::store::{self, Store};
use jiff::{SignedDuration, Timestamp};

pub const LISTING: &str = "/zwgk/tzgg/index.html";

pub struct World {
    pub site: Site,
    pub house: Arc<House>,
    pub folder: tempfile::TempDir,
    notices: Vec<(String, String)>,
    config: Config,
}

impl World {
    /// Monday, 2 November 2026, 07:00 in Beijing; the digest is due at eight every day.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let site = Site::start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(&site, folder.path());
        change(&mut config);
        let clock = Clock::virtual_from("2026-11-02T07:00:00+08:00".parse().unwrap());
        let house = open(&config, clock);
        Self { site, house, folder, notices: Vec::new(), config }
    }

    /// Stops the program and starts it again on the same store.
    pub fn restart(self) -> Self {
        let clock = self.house.clock.clone();
        self.restart_at(clock)
    }

    /// The same, with another clock.
    pub fn restart_at(mut self, clock: Clock) -> Self {
        let config = self.config.clone();
        drop(std::mem::replace(&mut self.house, open_memory(&config, clock.clone())));
        self.house = open(&config, clock);
        self
    }

    /// Restarts on a disk that has so many bytes free.
    pub fn restart_on_disk(mut self, free: Arc<AtomicU64>) -> Self {
        let (config, clock) = (self.config.clone(), self.house.clock.clone());
        drop(std::mem::replace(&mut self.house, open_memory(&config, clock.clone())));
        self.house = open_on(&config, clock, store::Free::Given(free));
        self
    }

    /// Restarts with another configuration.
    pub fn restart_with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self.restart()
    }

    /// The site publishes a notice (or changes it) and lists it first.
    pub fn publishes(&mut self, path: &str, title: &str, body: &str) {
        self.site.put(path, page(title, body));
        if !self.notices.iter().any(|(known, _)| known == path) {
            self.notices.insert(0, (path.to_owned(), title.to_owned()));
        }
        self.lists();
    }

    /// The site takes a notice off its address and its listing.
    pub fn withdraws(&mut self, path: &str) {
        self.site.remove(path);
        self.notices.retain(|(known, _)| known != path);
        self.lists();
    }

    pub fn lists(&self) {
        let rows: String = self
            .notices
            .iter()
            .map(|(path, title)| format!(r#"<li><a href="{path}" title="{title}">{title}</a><span>2026-11-01</span></li>"#))
            .collect();
        self.site.put(
            LISTING,
            format!(
                r#"<html><head><title>通知公告</title></head><body><div class="nav"><a href="/">首页</a> <a href="/jgzn/">机构职能</a></div>
<ul class="list">{rows}<li><a href="/other/1.html">关于国庆节放假安排的通知</a><span>2026-09-25</span></li>
<li><a href="/other/2.html">关于开展安全生产检查的公告</a><span>2026-09-20</span></li>
<li><a href="/other/3.html">2026年部门预算公开目录</a><span>2026-09-12</span></li></ul></body></html>"#
            ),
        );
    }

    /// Lets an hour go by, then makes one pass.
    pub async fn hour(&self) -> Vec<Report> {
        self.after(SignedDuration::from_hours(1)).await
    }

    /// Lets a day go by, then makes one pass.
    pub async fn day(&self) -> Vec<Report> {
        self.after(SignedDuration::from_hours(24)).await
    }

    pub async fn after(&self, by: SignedDuration) -> Vec<Report> {
        self.house.clock.jump_to(self.house.clock.now() + by);
        daemon::once(&self.house).await.unwrap().0
    }

    /// Days go by with two passes each.
    pub async fn days(&self, days: u32) {
        for _ in 0..days * 2 {
            self.after(SignedDuration::from_hours(12)).await;
        }
    }

    /// Every message the subscriber got so far.
    pub fn mail(&self) -> Vec<Message> {
        let mut deliveries = self.house.store.deliveries(1_000).unwrap();
        deliveries.reverse();
        deliveries.into_iter().map(|delivery| delivery.message).collect()
    }

    pub fn last_mail(&self) -> Message {
        self.mail().pop().expect("there is mail")
    }

    pub fn notice(&self, path: &str) -> Tracked {
        self.house.store.tracked_at(&self.site.url(path)).unwrap().expect("the notice is known")
    }

    pub fn kinds(&self) -> Vec<Kind> {
        self.house.store.changes(0, 1_000).unwrap().iter().map(|change| change.kind.kind()).collect()
    }
}

fn config(site: &Site, folder: &std::path::Path) -> Config {
    let visit = Visit { cron: "0 0 * * * *".to_owned(), zone: "Asia/Shanghai".to_owned() };
    let mut source = Source::new(SourceId("licheng".to_owned()), site.url(LISTING));
    source.name = "鲤城区工商联 公告栏".to_owned();
    source.region = Region("福建/泉州/鲤城".to_owned());
    source.visit = visit.clone();
    let subscriber = Subscriber {
        id: "office".to_owned(),
        to: vec!["office@example.org".to_owned()],
        digest: "0 0 8 * * *".to_owned(),
        zone: "Asia/Shanghai".to_owned(),
        regions: Vec::new(),
        sources: Vec::new(),
        sectors: Vec::new(),
        patterns: Vec::new(),
        kinds: Kind::ALL.to_vec(),
        urgent: Vec::new(),
        remind: Some(0),
        late: false,
        checks: false,
    };
    Config {
        folder: folder.to_owned(),
        store: folder.join("store"),
        fetch: fetch::Settings {
            contact: "mailto:watch@example.org".to_owned(),
            allow_private: vec!["127.0.0.0/8".to_owned()],
            timeout: Duration::from_secs(10),
            body_bytes_max: 20 << 20,
            attempts_max: 2,
        },
        files: sandbox::Settings { program: env!("CARGO_BIN_EXE_huitoukan").into(), ..sandbox::Settings::default() },
        mail: channel::Settings::Memory { from: sender() },
        pause_ms: 0,
        per_address: PerAddress::default(),
        hold_after_s: 14 * 24 * 3600,
        hosts_max: 4,
        zone: visit.zone,
        visit: visit.cron,
        log: Log::Text,
        keep: Keep { at: "0 30 3 * * *".to_owned(), ..Keep::default() },
        purpose: None,
        sources: vec![source],
        subscribers: vec![subscriber],
        also: Vec::new(),
        secrets: Vec::new(),
    }
}

fn sender() -> Sender {
    Sender { mailbox: "回头看 <huitoukan@example.org>".to_owned(), reply_to: None, unsubscribe: None, dkim: None }
}

fn open(config: &Config, clock: Clock) -> Arc<House> {
    open_on(config, clock, store::Free::Disk)
}

fn open_on(config: &Config, clock: Clock, free: store::Free) -> Arc<House> {
    let settings = store::Settings { free, ..store::Settings::at(&config.store) };
    let store: Arc<dyn Store> = store::open(&settings).unwrap().into();
    let house = Arc::new(House::new(Setup::new(config.clone()).unwrap(), store, clock));
    notify::begin(&house, &house.setup()).unwrap();
    house
}

fn open_memory(config: &Config, clock: Clock) -> Arc<House> {
    Arc::new(House::new(Setup::new(config.clone()).unwrap(), Arc::new(store::Memory::default()), clock))
}

/// A notice's page as a district site prints it.
pub fn page(title: &str, body: &str) -> String {
    let paragraphs: String = body.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("<p>{line}</p>\n")).collect();
    format!(
        r#"<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}_鲤城区人民政府</title>
<meta name="ArticleTitle" content="{title}"><meta name="PubDate" content="2026-11-01 09:52"><meta name="ContentSource" content="鲤城区工商联"></head>
<body><div class="nav"><a href="/">首页</a> <a href="/zwgk/">政务公开</a></div><div class="crumb">当前位置:首页 &gt; 通知公告</div>
<h1>{title}</h1><div class="info">来源:鲤城区工商联 发布时间:2026-11-01 09:52 浏览次数:<span>17</span></div>
<div class="TRS_Editor">{paragraphs}</div>
<div class="foot">版权所有:鲤城区人民政府 闽ICP备05000000号</div></body></html>"#
    )
}

/// A notice's text with an item that is not finished.
pub const BODY: &str = "根据区委巡察工作统一部署,2026年1月4日至2月2日,区委巡察一组对区工商联开展了巡察,并于2026年3月20日反馈了巡察意见。按照党务公开原则和巡察工作有关要求,现将巡察整改进展情况予以公布。
一、加强领导,把巡察整改作为首要政治任务抓好
针对巡察反馈问题制定27条措施,并建立整改台账两周一报制度,实行挂图作战、对账销号。
二、巡察反馈问题的整改进展情况
(一)聚焦贯彻落实党的理论路线方针政策方面
1.关于服务民营经济不够有力的问题
(1)针对走访企业走过场的问题。
整改进展情况:一是收集企业各类困难和问题83个,仅解决21个,其余正在协调。二是建立走访台账,每月通报一次。(已完成)
(2)针对指导基层商会换届不及时的问题。
整改进展情况:一是摸清到期商会底数。二是分类指导换届。(未完成)
欢迎广大干部群众对巡察整改落实情况进行监督。联系电话:0595-22355925;通信地址:泉州市鲤城区庄府巷24号;邮政编码:362000。
鲤城区工商联
2026年10月30日";

pub fn timestamp(time: &str) -> Timestamp {
    time.parse().unwrap()
}

pub fn wall(text: &str) -> Served {
    Served::html(text.to_owned())
}
