//! What a site says, in whatever place and spelling, leads to no connection into the operator's own network.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use huitoukan::demo::{Served, Site};
use huitoukan::model::{JsonRule, Render, Source, SourceId};

use crate::guests::is_there;
use crate::title;
use crate::world::{BODY, World, page, wall};

/// Counts connections that nobody should make.
pub fn trap(address: &str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(address).unwrap();
    let port = listener.local_addr().unwrap().port();
    let sprung = Arc::new(AtomicUsize::new(0));
    let count = sprung.clone();
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, sprung)
}

fn source(id: &str, listing: &url::Url, follow: &[&str]) -> Source {
    let mut source = Source::new(SourceId(id.to_owned()), listing.clone());
    source.reach.hosts = follow.iter().map(|host| (*host).to_owned()).collect();
    source.announce_since = Some("2026-01-01".parse().unwrap());
    source
}

#[tokio::test]
async fn nothing_that_a_site_says_leads_into_the_operators_own_network() {
    let site = Site::start().await.unwrap();
    let port = site.url("/").port().unwrap();
    // The same port, so that the check of ports does not help.
    let (_, sprung) = trap(&format!("127.0.0.2:{port}"));
    let inside = |path: &str| format!("http://127.0.0.2:{port}{path}");
    let spellings = ["127.0.0.2", "2130706434", "0x7f000002", "0177.0.0.2", "127.2", "[::ffff:127.0.0.2]", "１２７.０.０.２"];
    let rows: String = spellings
        .iter()
        .map(|host| format!("http://{host}:{port}/n/1.htm"))
        .chain((0..3).map(|number| format!("/n/{number}.htm")))
        .enumerate()
        .map(|(number, href)| format!(r#"<li><a href="{href}">{}</a><span>2026-11-01</span></li>"#, title(&format!("第{number}街道"))))
        .collect();
    let next = format!(r#"<div class="page"><a href="{}">下一页</a></div>"#, inside("/list-2.html"));
    site.put("/list.html", format!("<html><body><ul>{rows}</ul>{next}</body></html>"));
    site.answer("/n/0.htm", wall("").with_status(302).with_header("location", &inside("/n/0.htm")));
    let attachment = format!(r#"<p><a href="{}">附件:整改清单.pdf</a></p><img src="{}">"#, inside("/a.pdf"), inside("/b.png"));
    site.put("/n/1.htm", page(&title("第8街道"), &format!("{BODY}\n{attachment}")));
    let refresh = format!(r#"<html><head><meta http-equiv="refresh" content="0;url={}"></head></html>"#, inside("/n/2.htm"));
    site.put("/n/2.htm", refresh);
    // Other ways to begin: a listing that leads there, a robots.txt that does, a sitemap that names it.
    site.answer("/moved.html", wall("").with_status(301).with_header("location", &inside("/list.html")));
    let map = format!("<?xml version=\"1.0\"?><sitemapindex><sitemap><loc>{}</loc></sitemap></sitemapindex>", inside("/map.xml"));
    site.answer("/sitemap.xml", Served::of("application/xml", map));
    site.answer("/robots.txt", wall("").with_status(302).with_header("location", &inside("/robots.txt")));
    let world = World::with(|config| {
        config.fetch.allow_private = vec!["127.0.0.1/32".to_owned()];
        config.sources =
            ["/list.html", "/moved.html", "/sitemap.xml"].iter().map(|path| source(&path[1..3], &site.url(path), &["127.0.0.2"])).collect();
    })
    .await;
    world.days(3).await;
    assert!(site.take_hits().iter().any(|hit| hit.path == "/n/1.htm"), "the site itself is read");
    assert_eq!(sprung.load(Ordering::SeqCst), 0, "connections into the operator's own network");
}

/// A listing of one notice beside others, with this before the end of its body.
fn listing(path: &str, more: &str) -> String {
    let row = format!(r#"<li><a href="{path}">{}</a><span>2026-11-01</span></li>"#, title("第1街道"));
    let others: String = ["放假安排的通知", "安全生产检查的公告", "部门预算公开目录"]
        .iter()
        .enumerate()
        .map(|(number, name)| format!(r#"<li><a href="/o/{number}.htm">关于{name}</a><span>2026-09-20</span></li>"#))
        .collect();
    format!(r#"<html><head><meta charset="utf-8"></head><body><ul>{row}{others}</ul>{more}</body></html>"#)
}

/// A site whose every part names the inside network, and the sources that begin at each.
fn parts_that_lead_inside(site: &Site, inside: &dyn Fn(&str) -> String) -> Vec<Source> {
    // A frame that holds the article, further pages of a body, a base that bends every relative address.
    let frame = format!(r#"<html><body><h1>{}</h1><iframe src="{}"></iframe></body></html>"#, title("第1街道"), inside("/frame.htm"));
    site.put("/frame/1.htm", frame);
    site.put("/frame.html", listing("/frame/1.htm", ""));
    let paged = page(&title("第1街道"), BODY).replace("<body>", &format!(r#"<base href="{}"><body>"#, inside("/")));
    let script = r#"<script>createPageHTML(3, 0, "1", "htm");</script></body>"#;
    site.put("/paged/1.htm", paged.replace("</body>", script));
    site.put("/paged.html", listing("/paged/1.htm", &format!(r#"<a href="{}">下一页</a>{script}"#, inside("/paged_1.html"))));
    let feed = |path: &str| {
        let item = format!("<item><title>{}</title><link>{}</link></item>", title("第1街道"), inside(path));
        format!(r#"<rss version="2.0"><channel><title>x</title><link>{}</link>{item}</channel></rss>"#, inside("/"))
    };
    site.answer("/feed.xml", Served::of("application/rss+xml", feed("/n/feed.htm")));
    let rows = format!(r#"{{"rows":[{{"u":"{}","t":"{}"}}],"next":"{}"}}"#, inside("/n/json.htm"), title("第1街道"), inside("/rows?2"));
    site.answer("/rows", Served::of("application/json", rows));
    let mut sources: Vec<Source> = ["/frame.html", "/paged.html", "/feed.xml", "/rows"]
        .iter()
        .map(|path| source(&path[1..4], &site.url(path), &["127.0.0.2"]))
        .collect();
    let path = |name: &str| Some(name.to_owned());
    sources[3].rules.json =
        Some(JsonRule { rows: path("rows"), url: path("u"), title: path("t"), next: path("next"), ..JsonRule::default() });
    sources
}

#[tokio::test(flavor = "multi_thread")]
async fn no_frame_further_page_feed_data_service_or_script_leads_inside_either() {
    let site = Site::start().await.unwrap();
    let port = site.url("/").port().unwrap();
    let (_, sprung) = trap(&format!("127.0.0.2:{port}"));
    let inside = |path: &str| format!("http://127.0.0.2:{port}{path}");
    let mut sources = parts_that_lead_inside(&site, &inside);
    let has_chromium = is_there("chromium");
    if has_chromium {
        let script = format!(
            "<script>fetch('{0}');new Image().src='{0}';new WebSocket('{1}');new EventSource('{0}');navigator.sendBeacon('{0}');\
             document.write('<iframe src={0}></iframe><link rel=stylesheet href={0}><link rel=prefetch href={0}>')</script>",
            inside("/x"),
            inside("/ws").replace("http:", "ws:"),
        );
        site.put("/shown.html", listing("/n/1.htm", &script));
        site.put("/n/1.htm", page(&title("第1街道"), BODY));
        sources.push(Source { render: Render::Browser, ..source("shown", &site.url("/shown.html"), &["127.0.0.2"]) });
    }
    let number = sources.len();
    let world = World::with(|config| {
        config.fetch.allow_private = vec!["127.0.0.1/32".to_owned()];
        config.sources = sources;
    })
    .await;
    world.days(2).await;
    let asked: Vec<String> = site.take_hits().into_iter().map(|hit| hit.path).collect();
    for path in ["/frame/1.htm", "/paged/1.htm", "/feed.xml", "/rows"] {
        assert!(asked.iter().any(|asked| asked == path), "{path} itself is read: {asked:?}");
    }
    assert_eq!(asked.iter().any(|asked| asked == "/n/1.htm"), has_chromium, "{number} sources: {asked:?}");
    assert_eq!(sprung.load(Ordering::SeqCst), 0, "connections into the operator's own network");
}
