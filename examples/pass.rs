//! What a pass costs: N notice pages of 60 KB on loopback, visited through the real code with durable storage.
//!
//! `cargo run --release --example pass [-- PAGES]` prints CPU milliseconds per page and peak memory of each pass, and the
//! disk that five versions of each notice take. The site runs in a process of its own, so that its work is not counted.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, io};

use huitoukan::channel::{self, Sender};
use huitoukan::config::{Config, Log, PerAddress};
use huitoukan::demo::{Served, Site};
use huitoukan::flow::clock::Clock;
use huitoukan::flow::house::{House, Setup};
use huitoukan::flow::{crawl, daemon};
use huitoukan::model::{Source, SourceId, Visit};
use huitoukan::{fetch, store};
use jiff::{SignedDuration, Timestamp};

/// Notices in one source's listing: fewer than a visit looks at again.
const PAGES_OF_SOURCE: usize = 50;
const VERSIONS: usize = 5;

#[tokio::main]
async fn main() {
    let argument = env::args().nth(1);
    if argument.as_deref() == Some("serve") {
        return serve(env::args().nth(2).and_then(|pages| pages.parse().ok()).unwrap_or(1_000)).await;
    }
    let pages: usize = argument.and_then(|pages| pages.parse().ok()).unwrap_or(1_000);
    let mut site = Remote::start(pages);
    let folder = tempfile::tempdir().expect("a folder for the store");
    let house = open(&site, folder.path(), pages);
    println!("{pages} pages of {:.0} KB, {} sources", page(0, 1).len() as f64 / 1e3, pages.div_ceil(PAGES_OF_SOURCE));
    println!("{:<24} {:>12} {:>12}", "pass", "CPU ms/page", "peak MB");
    pass("first read", &house, pages).await;
    pass("unchanged, 304", &house, pages).await;
    site.say("plain");
    pass("unchanged, 200", &house, pages).await;
    for version in 2..=VERSIONS {
        site.say(&format!("version {version}"));
        pass(&format!("changed, version {version}"), &house, pages).await;
    }
    let counts = house.store.counts().expect("the store counts");
    assert_eq!(counts.versions, (pages * VERSIONS) as u64, "every edit became a version");
    let (records, archive) = (bytes_of(folder.path(), "records"), bytes_of(folder.path(), "warc"));
    println!("{} versions, {} snapshots", counts.versions, counts.snapshots);
    println!(
        "records {:.1} KB a notice ({VERSIONS} versions), archive {:.1} KB a snapshot",
        records as f64 / 1e3 / pages as f64,
        archive as f64 / 1e3 / counts.snapshots as f64
    );
}

async fn pass(name: &str, house: &Arc<House>, pages: usize) {
    // Far enough for every source and every notice to be due, early enough for the young ones' daily look.
    house.clock.jump_to(house.clock.now() + SignedDuration::from_hours(26));
    reset_peak();
    let before = cpu_ms();
    let due = crawl::due(house, &house.setup()).expect("the store works");
    // Every notice changes at once here, which would be held back as a redesign.
    let reports = daemon::visit_all(house, due, true).await.expect("the store works");
    let cpu = cpu_ms() - before;
    let problems: Vec<_> = reports.iter().filter_map(|report| report.problem.as_ref()).collect();
    assert!(problems.is_empty(), "{problems:?}");
    println!("{name:<24} {:>12.2} {:>12.1}", cpu / pages as f64, peak_mb());
}

fn open(site: &Remote, folder: &std::path::Path, pages: usize) -> Arc<House> {
    let visit = Visit { cron: "0 0 * * * *".to_owned(), zone: "Asia/Shanghai".to_owned() };
    let sources = (0..pages.div_ceil(PAGES_OF_SOURCE))
        .map(|number| {
            let mut source =
                Source::new(SourceId(format!("s{number}")), format!("{}/list/{number}/", site.home).parse().expect("an address"));
            source.visit = visit.clone();
            source
        })
        .collect();
    let config = Config {
        folder: folder.to_owned(),
        store: folder.join("store"),
        fetch: fetch::Settings {
            contact: "bench@example.org".to_owned(),
            allow_private: vec!["127.0.0.0/8".to_owned()],
            timeout: Duration::from_secs(20),
            body_bytes_max: 20 << 20,
            attempts_max: 1,
        },
        files: huitoukan::sandbox::Settings::default(),
        mail: channel::Settings::Memory {
            from: Sender { mailbox: "bench@example.org".to_owned(), reply_to: None, unsubscribe: None, dkim: None },
        },
        pause_ms: 0,
        per_address: PerAddress::default(),
        hold_after_s: 14 * 24 * 3600,
        hosts_max: 4,
        zone: visit.zone,
        visit: visit.cron,
        log: Log::Text,
        keep: huitoukan::config::Keep::default(),
        purpose: None,
        sources,
        subscribers: Vec::new(),
        also: Vec::new(),
        secrets: Vec::new(),
    };
    let store = store::open(&store::Settings::at(&config.store)).expect("a new store");
    let begin: Timestamp = "2026-11-02T07:00:00+08:00".parse().expect("a time");
    Arc::new(House::new(Setup::new(config).expect("the setup is sound"), store.into(), Clock::virtual_from(begin)))
}

/// The site in its own process; it changes its pages when told to over its standard input.
struct Remote {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<std::process::ChildStdout>,
    home: String,
}

impl Remote {
    fn start(pages: usize) -> Self {
        let mut child = Command::new(env::current_exe().expect("our own path"))
            .args(["serve", &pages.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the site starts");
        let orders = child.stdin.take().expect("its input");
        let mut answers = BufReader::new(child.stdout.take().expect("its output"));
        let mut home = String::new();
        answers.read_line(&mut home).expect("the site says where it is");
        Self { child, orders, answers, home: home.trim().to_owned() }
    }

    fn say(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("the site listens");
        let mut done = String::new();
        self.answers.read_line(&mut done).expect("the site answers");
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn serve(pages: usize) {
    let site = Site::start().await.expect("a free port");
    put(&site, pages, 1, true);
    println!("{}", site.url("/").as_str().trim_end_matches('/'));
    for order in io::stdin().lines().map_while(Result::ok) {
        match order.split_once(' ') {
            Some((_, version)) => put(&site, pages, version.parse().expect("a number"), false),
            None => put(&site, pages, 1, false),
        }
        println!("done");
    }
}

fn put(site: &Site, pages: usize, version: usize, validators: bool) {
    let served = |html: String| if validators { Served::html(html) } else { Served::html(html).without_validators() };
    for number in 0..pages {
        site.answer(&format!("/n/{number}.htm"), served(page(number, version)));
    }
    for list in 0..pages.div_ceil(PAGES_OF_SOURCE) {
        let rows: String = (list * PAGES_OF_SOURCE..((list + 1) * PAGES_OF_SOURCE).min(pages))
            .map(|number| {
                format!("<li><a href=\"/n/{number}.htm\">第{number}街道党工委关于巡察整改进展情况的通报</a><span>2026-10-20</span></li>\n")
            })
            .collect();
        site.answer(&format!("/list/{list}/"), served(format!("<html><body><ul class=\"list\">{rows}</ul></body></html>")));
    }
}

/// 60 KB, 20 KB of it the notice's text; each version changes one figure and adds a paragraph of forty characters.
fn page(number: usize, version: usize) -> String {
    let text = include_str!("../src/demo/seeds/003.txt");
    let chrome: String = (0..210).map(|link| format!("<li class=\"nav-item\"><a href=\"/zwgk/lanmu{link}/index.html\" target=\"_blank\" title=\"栏目{link}\">栏目{link}</a></li>\n")).collect();
    let script = "function show(a,b){return document.getElementById(a).style.display=b;}\n".repeat(200);
    let mut body = String::new();
    let mut length = 0;
    for line in text.lines().skip(2) {
        if length + line.len() > 20_000 {
            break;
        }
        length += line.len();
        body.push_str(&format!("<p>{}</p>\n", line.replace("27条", &format!("{}条", 26 + version))));
    }
    for extra in 2..=version {
        body.push_str(&format!("<p>第{extra}次更新:经研究补充说明第{number}街道有关问题整改的最新进展情况如下所述内容。</p>\n"));
    }
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>第{number}街道党工委关于巡察整改进展情况的通报</title>\n<meta name=\"ArticleTitle\" content=\"第{number}街道党工委关于巡察整改进展情况的通报\"><meta name=\"PubDate\" content=\"2026-10-20 09:00\"><script>{script}</script></head>\n<body><ul class=\"nav\">{chrome}</ul><h1>第{number}街道党工委关于巡察整改进展情况的通报</h1><div class=\"TRS_Editor\"><p>第{number}街道党工委公布如下。</p>{body}</div></body></html>"
    )
}

/// Processor time of this process so far, in milliseconds.
fn cpu_ms() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = [11, 12].iter().filter_map(|field| fields.get(*field)?.parse::<f64>().ok()).sum();
    ticks * 10.0
}

fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or_default() / 1e3
}

/// Makes the kernel forget the highest memory so far (proc(5), clear_refs).
fn reset_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Bytes under the store that belong to the archive, or to everything else.
fn bytes_of(folder: &std::path::Path, what: &str) -> u64 {
    fn walk(folder: &std::path::Path, is_archive: bool, wanted: bool) -> u64 {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .map(|entry| {
                let path = entry.path();
                let is_archive = is_archive || path.file_name().is_some_and(|name| name == "warc");
                if path.is_dir() {
                    walk(&path, is_archive, wanted)
                } else if is_archive == wanted {
                    entry.metadata().map_or(0, |data| data.len())
                } else {
                    0
                }
            })
            .sum()
    }
    walk(&folder.join("store"), false, what == "warc")
}
