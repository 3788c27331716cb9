//! Many bad sites at once, the real program among them: each is named for what it does, and the good ones notice nothing.

use std::collections::HashMap;
use std::fs;

use encoding_rs::Encoding;
use huitoukan::demo::{Served, Site};

use crate::badserver::BadServer;
use crate::badserver::answers::bombs;
use crate::http_tls::{Authority, TlsServer};
use crate::program::{Program, until};
use crate::world::{BODY, page};
use crate::{path, title};

const MAIN: &str = "\
contact = \"watch@example.org\"
pause = \"10ms\"
visit = \"* * * * * *\"
hosts_max = 128
[fetch]
allow_private = [\"127.0.0.0/8\"]
timeout = \"8s\"
attempts_max = 1
body_max = \"2 MiB\"
";

/// What each behaviour is called, as `huitoukan sources` tells it. All are served at the listing's address.
const CROWD: &[(&str, &str)] = &[
    ("empty-200", "empty"),
    ("length-too-long", "unreachable"),
    ("length-too-short", "empty"),
    ("length-beyond-limit", "too-large"),
    ("lengths-that-differ", "unreachable"),
    ("chunks-cut-off", "unreachable"),
    ("chunk-of-nonsense", "unreachable"),
    ("chunk-extensions-endless", "unreachable"),
    ("body-endless", "too-large"),
    ("body-drips", "unreachable"),
    ("body-hangs", "unreachable"),
    ("reset-mid-body", "unreachable"),
    ("gzip-thrice", "coding"),
    ("gzip-cut-off", "unreachable"),
    ("gzip-spoilt", "unreachable"),
    ("gzip-bomb", "too-large"),
    ("gzip-bomb-twice", "too-large"),
    ("gzip-bomb-on-a-403", "forbidden"),
    ("deflate-cut-off", "unreachable"),
    ("deflate-bomb", "too-large"),
    ("brotli-cut-off", "unreachable"),
    ("brotli-bomb", "too-large"),
    ("zstd-cut-off", "unreachable"),
    ("zstd-bomb", "too-large"),
    ("coding-unknown", "coding"),
    ("informational-flood", "unreachable"),
    ("headers-endless", "too-large"),
    ("header-line-endless", "too-large"),
    ("headers-of-80-KB", "too-large"),
    ("head-hangs", "unreachable"),
    ("no-http", "unreachable"),
    ("ssh", "unreachable"),
    ("closes-at-once", "unreachable"),
    ("resets-at-once", "unreachable"),
    ("always-304", "unreachable"),
    ("part-206", "unreachable"),
    ("always-500", "unreachable"),
    ("wall-of-1-MB", "forbidden"),
    ("chain/6", "redirect-loop"),
    ("circle/a", "redirect-loop"),
    ("to-itself", "redirect-loop"),
    ("cookie-circle", "redirect-loop"),
    ("to-another-host", "cross-host"),
    ("to-a-private-address", "cross-host"),
    ("to-another-port", "port"),
    ("to-a-file", "address"),
    ("to-javascript", "address"),
    ("to-nowhere", "redirect-shell"),
    ("headers-150-in-number", "too-large"),
    ("nul-in-a-header", "unreachable"),
    ("carriage-returns-alone", "unreachable"),
    ("status-of-two-digits", "unreachable"),
    ("status-line-endless", "too-large"),
    ("switches-101", "empty"),
    ("length-of-words", "unreachable"),
    ("trailers-endless", "unreachable"),
    ("chunk-beyond-numbers", "unreachable"),
    ("chunk-size-endless", "unreachable"),
    ("to-an-address-of-70-KB", "too-large"),
];

/// What is wrong with a server's TLS, and how `openssl s_server` is told to do it.
const TLS_CROWD: &[(&str, &str)] = &[
    ("expired", ""),
    ("early", ""),
    ("elsewhere", ""),
    ("itself", ""),
    ("unknown", ""),
    ("unknown", "-tls1_1 -cipher ALL:@SECLEVEL=0"),
    ("unknown", "-servername www.example.gov.cn -servername_fatal -cert2 elsewhere.pem -key2 elsewhere.key"),
    ("unknown", "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA"),
];

/// Good pages with a lie about their charset: what the bytes are, what the header says, what the page says.
const LIES: [(&str, &str, &str); 5] = [
    ("gb18030", "text/html; charset=utf-8", "utf-8"),
    ("utf-8", "text/html; charset=gb2312", "gbk"),
    ("utf-16le", "text/html", "utf-8"),
    ("gb18030", "text/html; charset=x-unknown", "iso-8859-1"),
    ("utf-8", "text/html; charset=iso-8859-1", "big5"),
];

fn lying(page: &str, (bytes, header, meta): (&str, &str, &str)) -> Served {
    let page = page.replace("charset=\"utf-8\"", &format!("charset=\"{meta}\""));
    let body = match bytes {
        "utf-16le" => format!("\u{feff}{page}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
        name => Encoding::for_label(name.as_bytes()).unwrap().encode(&page).0.into_owned(),
    };
    Served::of(header, body)
}

fn tls_servers(authority: &Authority) -> Vec<TlsServer> {
    authority.sign("expired", "DNS:localhost", ("20200101", "20200201"));
    authority.sign("early", "DNS:localhost", ("20980101", "20990101"));
    authority.sign("elsewhere", "DNS:www.example.gov.cn", ("20200101", "20990101"));
    authority.sign("unknown", "DNS:localhost", ("20200101", "20990101"));
    authority.sign_itself("itself", "DNS:localhost");
    TLS_CROWD.iter().map(|(name, further)| authority.serve(name, further)).collect()
}

async fn good_site(body: &str, lie: (&str, &str, &str)) -> Site {
    let site = Site::start().await.unwrap();
    let row = format!(r#"<li><a href="{}" title="{1}">{1}</a><span>2026-11-01</span></li>"#, path(body), title(body));
    let others: String = ["放假安排的通知", "安全生产检查的公告", "部门预算公开目录"]
        .iter()
        .enumerate()
        .map(|(number, name)| format!(r#"<li><a href="/other/{number}.html">关于{name}</a><span>2026-09-20</span></li>"#))
        .collect();
    let list = format!(r#"<html><head><meta charset="utf-8"></head><body><ul>{row}{others}</ul></body></html>"#);
    site.answer("/list.html", lying(&list, lie));
    site.answer(&path(body), lying(&page(&title(body), &BODY.replace("区工商联", body)), lie));
    site
}

/// Kilobytes of memory that a process had at most.
fn memory_peak(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn among_many_bad_sites_at_once_each_is_named_and_the_good_ones_are_told() {
    // Beforehand: they take this process longer than the program has patience.
    bombs();
    let program = Program::new();
    program.write("huitoukan.toml", MAIN);
    program.write("subscribers.toml", "[[subscriber]]\nto = [\"office@example.org\"]\ndigest = \"* * * * * *\"\n");
    let mut servers = Vec::new();
    for (number, (behaviour, _)) in CROWD.iter().enumerate() {
        let server = BadServer::start().await;
        let listing = server.url(&format!("/{behaviour}"));
        program.write(&format!("sources/bad-{number:02}.toml"), &format!("name = \"坏{number}\"\nlisting = \"{listing}\"\n"));
        servers.push(server);
    }
    let authority = Authority::new();
    let tls_servers = tls_servers(&authority);
    for (number, server) in tls_servers.iter().enumerate() {
        let listing = format!("https://localhost:{}/", server.port);
        program.write(&format!("sources/tls-{number}.toml"), &format!("name = \"密{number}\"\nlisting = \"{listing}\"\n"));
    }
    let bodies = ["甲街道", "乙街道", "丙街道", "丁街道", "戊街道"];
    let mut sites = Vec::new();
    for (number, body) in bodies.iter().enumerate() {
        let site = good_site(body, LIES[number]).await;
        let listing = site.url("/list.html");
        let text = format!("name = \"{body}\"\nlisting = \"{listing}\"\nannounce_since = 2026-01-01\n");
        program.write(&format!("sources/good-{number}.toml"), &text);
        sites.push(site);
    }
    let daemon = program.daemon(&["run"]);
    let told =
        |body: &str| program.mails().iter().filter(|(_, mail)| crate::Part::read(mail).parts()[0].text().contains(&title(body))).count();
    for (body, lie) in bodies.iter().zip(LIES) {
        until(&format!("{body}, {lie:?}, to be told"), || (told(body) == 1).then_some(()));
    }
    let states = until("every bad one to be visited", || {
        let states: HashMap<String, serde_json::Value> = program
            .run(&["sources", "--json"])
            .lines()
            .into_iter()
            .map(|source| (source["id"].as_str().unwrap().to_owned(), source))
            .collect();
        let visited = states.values().filter(|source| source["problem"].is_string()).count();
        (visited >= CROWD.len() + TLS_CROWD.len()).then_some(states)
    });
    let mut surprises = Vec::new();
    for (number, (behaviour, expected)) in CROWD.iter().enumerate() {
        let problem = states[&format!("bad-{number:02}")]["problem"].as_str().unwrap();
        if problem.split(':').next() != Some(expected) {
            surprises.push(format!("{behaviour}: {problem}, where {expected} was expected"));
        }
    }
    for (number, what) in TLS_CROWD.iter().enumerate() {
        let problem = states[&format!("tls-{number}")]["problem"].as_str().unwrap();
        if problem.split(':').next() != Some("tls") {
            surprises.push(format!("{what:?}: {problem}, where tls was expected"));
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    for number in 0..bodies.len() {
        assert_eq!(states[&format!("good-{number}")]["state"], "well");
    }
    assert_eq!(program.notices().len(), bodies.len(), "no bad page became a notice");
    let peak = memory_peak(daemon.id());
    eprintln!("{} bad sites at once: {} MiB at most", CROWD.len() + TLS_CROWD.len(), peak / 1024);
    assert!(peak < 256 * 1024, "{peak} KiB of memory");
    let (took, code) = daemon.terminate();
    assert!(code == Some(0) && took.as_secs() < 10, "{took:?} {code:?}");
    assert!(bodies.iter().all(|body| told(body) == 1), "and nothing twice");
}
