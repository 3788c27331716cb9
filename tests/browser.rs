//! Pages rendered by the real Chromium, on sites on loopback: what it shows is found, and nothing gets past the house's rules.
//!
//! Wants Chromium (`tests/run` installs it) and is never skipped.

#[path = "support/world.rs"]
#[allow(dead_code)]
mod world;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use huitoukan::browser::{Asked, Browser, BrowserError, Carrier, Limits, Rendered};
use huitoukan::demo::{Served, Site};
use huitoukan::model::{Kind, Render, Snapshot};
use world::{BODY, LISTING, World, page};

const TITLE: &str = "鲤城区工商联关于巡察整改进展情况的通报";
const PATH: &str = "/zwgk/202611/t20261101_1.htm";

/// A listing whose rows a script makes from data that it asks for.
const SHELL: &str = r#"<!DOCTYPE html><html><head><meta charset="gbk"><title>Tongzhi</title></head>
<body><div class="nav"><a href="/">Home</a></div><ul id="rows"></ul><script src="/js/list.js"></script></body></html>"#;
const SCRIPT: &str = r#"fetch('/api/rows', {method: 'POST', body: 'page=1'}).then(answer => answer.json()).then(rows => {
  document.getElementById('rows').innerHTML = rows.map(row => `<li><a href="${row.u}">${row.t}</a><span>${row.d}</span></li>`).join('');
});"#;

async fn shown_by_script() -> World {
    let world = World::with(|config| config.sources[0].render = Render::Browser).await;
    let rows = format!(
        r#"[{{"u":"{PATH}","t":"{TITLE}","d":"2026-11-01"}},{{"u":"/n/2.htm","t":"关于开展安全生产检查的公告","d":"2026-10-20"}},
            {{"u":"/n/3.htm","t":"2026年部门预算公开目录","d":"2026-10-12"}}]"#
    );
    world.site.put(LISTING, SHELL);
    world.site.answer("/js/list.js", Served::of("application/javascript; charset=utf-8", SCRIPT));
    world.site.answer("POST /api/rows page=1", Served::of("application/json", rows));
    world.site.put(PATH, page(TITLE, BODY));
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_a_script_makes_are_found_and_their_notices_kept() {
    let world = shown_by_script().await;
    let reports = world.hour().await;
    assert_eq!((reports[0].entries, reports[0].problem.clone()), (Some(3), None));
    assert_eq!(world.kinds(), [Kind::Baseline]);
    assert_eq!(world.notice(PATH).title, TITLE);
    let asked: Vec<String> = world.site.take_hits().into_iter().map(|hit| hit.path).collect();
    assert_eq!(asked, ["/robots.txt", LISTING, "/js/list.js", "POST /api/rows page=1", PATH]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_robots_txt_does_not_want_is_not_fetched_for_a_script_either() {
    let world = shown_by_script().await;
    world.site.answer("/robots.txt", Served::of("text/plain", "User-agent: *\nDisallow: /api/\n"));
    let reports = world.hour().await;
    assert_eq!(reports[0].problem.as_ref().map(|problem| problem.name.as_str()), Some("no-entries"));
    assert!(world.site.take_hits().iter().all(|hit| !hit.path.contains("/api/")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_stays_a_challenge() {
    let world = shown_by_script().await;
    let wall = "<html><script>var arg1='0123456789ABCDEF0123';document.cookie='acw_sc__v2=1';location.reload();</script><script src='/js/list.js'></script></html>";
    world.site.put(LISTING, wall);
    let reports = world.hour().await;
    assert_eq!(reports[0].problem.as_ref().map(|problem| problem.name.as_str()), Some("acw-sc-v2"));
    let asked: Vec<String> = world.site.take_hits().into_iter().map(|hit| hit.path).collect();
    assert_eq!(asked, ["/robots.txt", LISTING], "its script was neither fetched nor run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_reaches_no_other_host_and_no_other_port() {
    let other = Site::start().await.unwrap();
    let world = shown_by_script().await;
    let at = |path: &str| other.url(path).to_string();
    let socket = at("/socket").replace("http", "ws");
    let page = format!(
        r#"<!DOCTYPE html><html><head><title>x</title><link rel="stylesheet" href="{css}"><link rel="preconnect" href="{css}"><script src="{js}"></script></head><body>
<img src="{img}"><iframe src="{frame}"></iframe><iframe src="http://169.254.169.254/latest/meta-data/"></iframe><video src="{img}" autoplay></video>
<ul><li><a href="{PATH}">{TITLE}</a><span>2026-11-01</span></li></ul><p id="log"></p><script>
const done = what => document.getElementById('log').append(what + ' ');
fetch('{data}').then(() => done('REACHED')).catch(() => done('refused'));
fetch('{data}', {{mode: 'no-cors', method: 'PUT', body: 'x'}}).then(() => done('REACHED')).catch(() => done('refused'));
navigator.sendBeacon('{data}', 'x'); new WebSocket('{socket}').onopen = () => done('REACHED');
new Worker(URL.createObjectURL(new Blob(["fetch('{data}')"]))); window.open('{data}'); new EventSource('{data}');
</script></body></html>"#,
        css = at("/a.css"),
        js = at("/a.js"),
        img = at("/a.png"),
        frame = at("/frame"),
        data = at("/data"),
    );
    world.site.put(LISTING, page);
    let reports = world.hour().await;
    assert_eq!((reports[0].entries, reports[0].problem.clone()), (Some(1), None));
    assert_eq!(other.take_hits(), [], "the other server heard of nothing");
    let asked: Vec<String> = world.site.take_hits().into_iter().map(|hit| hit.path).collect();
    assert_eq!(asked, ["/robots.txt", LISTING, PATH]);
}

/// What a page asks for, from memory; remembers what it was.
#[derive(Default)]
struct Shelf {
    pages: HashMap<String, String>,
    asked: Mutex<Vec<String>>,
}

impl Carrier for Shelf {
    fn carry<'a>(&'a self, asked: &'a Asked) -> Pin<Box<dyn Future<Output = Option<Snapshot>> + Send + 'a>> {
        self.asked.lock().unwrap().push(asked.url.path().to_owned());
        let found = self.pages.get(asked.url.path()).map(|text| snapshot(asked.url.as_str(), text));
        Box::pin(async move { found })
    }
}

fn snapshot(url: &str, html: &str) -> Snapshot {
    Snapshot::of_body(url.parse().unwrap(), Some("text/html; charset=utf-8"), html.as_bytes().to_vec(), jiff::Timestamp::UNIX_EPOCH)
}

fn small() -> Limits {
    Limits {
        whole: Duration::from_secs(20),
        after_load: Duration::from_secs(2),
        quiet: Duration::from_millis(300),
        requests_max: 5,
        bytes_max: 100_000,
        html_bytes_max: 50_000,
        memory_mib: 600,
        // More than the wall clock allows, so that always the same limit ends a page.
        cpu_s: 120,
    }
}

async fn rendered(html: &str, shelf: &Shelf) -> Result<Rendered, BrowserError> {
    rendered_within(small(), html, shelf).await
}

async fn rendered_within(limits: Limits, html: &str, shelf: &Shelf) -> Result<Rendered, BrowserError> {
    let begun = Instant::now();
    let outcome = Browser::new(limits).render(&snapshot("https://www.x.gov.cn/list.html", html), shelf).await;
    assert!(begun.elapsed() < Duration::from_secs(40), "it ended after {:?}", begun.elapsed());
    let left = std::fs::read_dir(std::env::temp_dir())
        .unwrap()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&format!("huitoukan-browser-{}-", std::process::id())));
    // Other tests of this process may be at work: what is left must at least not pile up.
    assert!(left.count() <= 8, "profiles are taken away");
    outcome
}

#[track_caller]
fn check_broken(outcome: Result<Rendered, BrowserError>, words: &str) {
    match outcome {
        Err(BrowserError::Page(why)) if why.contains(words) => {}
        other => panic!("{words:?} expected, and it was {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_loops_for_ever_ends() {
    check_broken(rendered("<p>a</p><script>while (true) {}</script>", &Shelf::default()).await, "not rendered within 20 s");
    let later = "<p>a</p><script>onload = () => setTimeout(() => { while (true) {} }, 50)</script>";
    check_broken(rendered(later, &Shelf::default()).await, "scripts run on and on");
    // A machine that is busy with other things gives it less than that within the time: both ends are fine, hanging is none.
    let hurried = Limits { cpu_s: 2, whole: Duration::from_secs(30), ..small() };
    match rendered_within(hurried, "<p>a</p><script>while (true) {}</script>", &Shelf::default()).await {
        Err(BrowserError::Page(why)) => assert!(why.contains("too much memory or time") || why.contains("not rendered within"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_wants_all_memory_is_ended_or_refused_it() {
    let hungry = "<p id=a>a</p><script>const hoard = []; try { for (;;) hoard.push(new Uint8Array(5e7).fill(1)); } catch (e) { document.title = 'refused'; }</script>";
    let outcome = rendered(hungry, &Shelf::default()).await;
    let held = matches!(&outcome, Err(BrowserError::Page(_))) || outcome.as_ref().is_ok_and(|page| page.html.contains("<title>refused"));
    assert!(held, "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_never_stops_asking_is_taken_as_it_is_within_its_bounds() {
    let shelf = Shelf { pages: HashMap::from([("/tick".to_owned(), "1".to_owned())]), ..Shelf::default() };
    let page = rendered("<ul><li>row</li></ul><script>setInterval(() => fetch('/tick'), 20)</script>", &shelf).await.unwrap();
    assert!(page.html.contains("<li>row</li>"));
    assert_eq!(shelf.asked.lock().unwrap().len(), 4, "five requests, its own among them");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_and_html_have_their_limits_and_dialogs_and_downloads_hold_nothing_up() {
    let shelf = Shelf { pages: HashMap::from([("/big".to_owned(), "x".repeat(200_000))]), ..Shelf::default() };
    let page =
        rendered("<p id=a></p><script>fetch('/big').catch(() => { a.textContent = 'refused' }); alert(1); confirm(2)</script>", &shelf)
            .await;
    assert!(page.unwrap().html.contains("refused"));
    check_broken(rendered("<p id=a></p><script>a.textContent = 'x'.repeat(60000)</script>", &shelf).await, "larger than 50000 bytes");
    let download = "<p>here</p><a id=a download=x.exe href='data:application/octet-stream,MZ'>x</a><script>a.click()</script>";
    assert!(rendered(download, &shelf).await.unwrap().html.contains("here"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_may_lead_on_but_only_to_what_is_carried() {
    let shelf = Shelf { pages: HashMap::from([("/next.html".to_owned(), "<p>arrived</p>".to_owned())]), ..Shelf::default() };
    let page = rendered("<script>location.href = '/next.html'</script>", &shelf).await.unwrap();
    assert_eq!((page.url.path(), page.html.contains("arrived")), ("/next.html", true));
    check_broken(rendered("<script>location.href = '/nowhere.html'</script>", &shelf).await, "led on to an address that is not fetched");
}
