//! Pages, feeds and sitemaps that are made to cost: each is read or refused in a moment by the real program.

use std::fs;
use std::time::{Duration, Instant};

use crate::program::Program;

/// Longest that a page may take in a build without optimisation on a busy machine, the program's own start included. What
/// is quadratic takes minutes at these sizes.
const MOMENT: Duration = Duration::from_secs(20);

fn laughs() -> String {
    let mut entities = String::from("<!ENTITY a0 \"ha\">");
    for level in 1..12 {
        let inside = format!("&a{};", level - 1).repeat(10);
        entities.push_str(&format!("<!ENTITY a{level} \"{inside}\">"));
    }
    format!("<?xml version=\"1.0\"?><!DOCTYPE rss [{entities}]>{}", feed("&a11;"))
}

fn feed(title: &str) -> String {
    let item = format!("<item><title>{title}</title><link>https://www.example.gov.cn/1.htm</link></item>");
    format!("<rss version=\"2.0\"><channel><title>x</title>{item}</channel></rss>")
}

fn declared(declaration: &str, entity: &str) -> String {
    format!("<?xml version=\"1.0\"?><!DOCTYPE rss [{declaration}]>{}", feed(entity))
}

fn sitemap(entries: usize) -> String {
    let urls: String = (0..entries).map(|number| format!("<url><loc>https://www.example.gov.cn/n/{number}.htm</loc></url>")).collect();
    format!("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{urls}</urlset>")
}

#[test]
fn no_feed_sitemap_or_page_costs_more_than_a_moment() {
    let program = Program::bare();
    let secret = program.folder.path().join("secret.txt");
    fs::write(&secret, "canary-31415").unwrap();
    let file = format!("<!ENTITY f SYSTEM \"file://{}\">", secret.display());
    let quadratic = format!("<!ENTITY q \"{}\">", "a".repeat(100_000));
    let cases: [(&str, String); 16] = [
        ("billion laughs", laughs()),
        ("quadratic", declared(&quadratic, &"&q;".repeat(10_000))),
        ("external entity", declared(&file, "&f;")),
        ("parameter entity", declared(&format!("<!ENTITY % p SYSTEM \"file://{}\"> %p;", secret.display()), "x")),
        ("deep feed", format!("<rss><channel>{}</channel></rss>", "<a>".repeat(100_000))),
        ("deep sitemap", format!("<urlset>{}</urlset>", "<url>".repeat(100_000))),
        ("long sitemap", sitemap(60_000)),
        ("index of itself", format!("<sitemapindex>{}</sitemapindex>", "<sitemap><loc>/sitemap.xml</loc></sitemap>".repeat(15_000))),
        ("unclosed", format!("<rss><channel>{}", "<item><title>x".repeat(20_000))),
        ("deep page", "<div>".repeat(100_000)),
        ("deep tables", "<table><tr><td>".repeat(30_000)),
        ("misnested", "<b><i><p>".repeat(12_000)),
        ("attributes", format!("<a {}>x</a>", (0..100_000).map(|n| format!("a{n}=1 ")).collect::<String>())),
        ("one line", format!("<p>{}</p>", "整改".repeat(500_000))),
        ("links", "<li><a href=/n/1.htm>关于巡察整改情况的通报</a></li>".repeat(12_000)),
        ("entities", format!("<p>{}", "&amp".repeat(100_000))),
    ];
    let mut slow = Vec::new();
    for (name, text) in cases {
        let path = program.folder.path().join("page");
        fs::write(&path, &text).unwrap();
        for command in ["listing", "extract"] {
            let begun = Instant::now();
            let ran = program.run(&[command, path.to_str().unwrap(), "--url", "https://www.example.gov.cn/list/", "--json"]);
            let took = begun.elapsed();
            eprintln!("{name} by {command}: {} KB in {took:.1?}, exit code {}", text.len() / 1024, ran.code);
            if took > MOMENT {
                slow.push(format!("{name} by {command} took {took:?}"));
            }
            assert!((0..=3).contains(&ran.code), "{name} by {command}: {ran:?}");
            assert!(!ran.out.contains("canary") && !ran.err.contains("panicked"), "{name} by {command}: {}", &ran.err);
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
