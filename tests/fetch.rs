//! What comes back from servers that misbehave: the right variant, in bounded time and memory, and no request past the turnstile.

mod support {
    pub mod badserver;
    pub mod http_tls;
    pub mod http_turnstile;
}

use std::net::TcpListener;
use std::time::Duration;

use huitoukan::fetch::{Client, FetchError, Fetched, Patience, Settings};
use huitoukan::model::{Reach, Request, RobotsRule, Snapshot, Tls, Validators};
use support::badserver::{Act, BadServer, PAGE, answer};
use support::http_tls::Authority;
use support::http_turnstile::Recorder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

fn settings() -> Settings {
    Settings {
        contact: "mailto:office@example.org".to_owned(),
        allow_private: vec!["127.0.0.1".to_owned()],
        timeout: Duration::from_secs(10),
        body_bytes_max: 2 * 1024 * 1024,
        attempts_max: 3,
    }
}

/// Waits a quarter of a second for bytes where the real one waits for 20 seconds.
fn client(settings: Settings) -> Client {
    Client::new(settings).unwrap().with_patience(Patience { bytes_per_s_min: 1024, window: Duration::from_millis(250) })
}

fn request(url: &str) -> Request {
    Request::get(Url::parse(url).unwrap())
}

/// A server, a client and a turnstile.
struct World {
    server: BadServer,
    client: Client,
    turnstile: Recorder,
    reach: Reach,
}

impl World {
    async fn new(settings: Settings) -> Self {
        Self { server: BadServer::start().await, client: client(settings), turnstile: Recorder::new(), reach: Reach::default() }
    }

    /// One visit that asks for one page.
    async fn get(&self, path: &str) -> Result<Fetched, FetchError> {
        self.get_if_changed(path, &Validators::default()).await
    }

    async fn get_if_changed(&self, path: &str, validators: &Validators) -> Result<Fetched, FetchError> {
        let session = self.client.session(&self.reach, &self.turnstile);
        session.get(&request(&self.server.url(path)), validators).await
    }

    /// Every request that the server saw had a pass of its own, and the turnstile heard of each.
    #[track_caller]
    fn assert_all_passed(&self) {
        assert_eq!(self.server.asked().len(), self.turnstile.passed().len(), "requests and passes");
        assert_eq!(self.server.asked().len(), self.turnstile.answered().len(), "requests and answers");
    }
}

/// What a behaviour must lead to.
#[derive(Debug)]
enum Expected {
    Page,
    Body(&'static str),
    NotModified,
    /// And the text says this.
    Later(&'static str),
    Gone(u16),
    Blocked(u16),
    Denied(&'static str),
    TooLarge,
    Never(&'static str),
}

#[track_caller]
fn check(behaviour: &str, came: Result<Fetched, FetchError>, expected: &Expected) {
    if let Err(surprise) = compare(behaviour, came, expected) {
        panic!("{surprise}");
    }
}

fn compare(behaviour: &str, came: Result<Fetched, FetchError>, expected: &Expected) -> Result<(), String> {
    let said = came.as_ref().err().map(ToString::to_string).unwrap_or_default();
    for debris in ["Some(", "Error {", "\\", "Err(", "hyper", "reqwest"] {
        if said.contains(debris) {
            return Err(format!("{behaviour}: {said:?} is not for people"));
        }
    }
    let is_expected = match (&came, expected) {
        (Ok(Fetched::Fresh { snapshot, .. }), Expected::Page) => snapshot.body == PAGE.as_bytes(),
        (Ok(Fetched::Fresh { snapshot, .. }), Expected::Body(body)) => snapshot.body == body.as_bytes(),
        (Ok(Fetched::NotModified), Expected::NotModified) => true,
        (Err(FetchError::Later { why, .. }), Expected::Later(words)) => why.contains(words),
        (Err(FetchError::Gone { status }), Expected::Gone(expected)) => status == expected,
        (Err(FetchError::Blocked { page }), Expected::Blocked(status)) => page.status == *status && page.body.len() <= 65536,
        (Err(FetchError::Denied { name, .. }), Expected::Denied(expected)) => name == expected,
        (Err(FetchError::TooLarge { .. }), Expected::TooLarge) => true,
        (Err(FetchError::Never { name, .. }), Expected::Never(expected)) => name == expected,
        _ => false,
    };
    let came = match &came {
        Ok(Fetched::Fresh { snapshot, .. }) => format!("{} with {} bytes", snapshot.status, snapshot.body.len()),
        Ok(Fetched::NotModified) => "not modified".to_owned(),
        Err(error) => format!("{error:?}").chars().take(300).collect(),
    };
    if is_expected { Ok(()) } else { Err(format!("{behaviour}: expected {expected:?}, came {came}")) }
}

#[tokio::test]
async fn every_behaviour_has_its_report() {
    use Expected::*;
    let world = World::new(settings()).await;
    let mut surprises = Vec::new();
    for (path, expected) in [
        ("/page", Page),
        ("/empty-200", Body("")),
        ("/no-content-204", Body("")),
        ("/no-length-then-close", Page),
        ("/http-1.0", Page),
        ("/chunked", Page),
        ("/length-too-long", Later("cut off")),
        ("/length-too-short", Body("<html>")),
        ("/length-beyond-limit", TooLarge),
        ("/lengths-that-differ", Later("no HTTP")),
        ("/chunks-cut-off", Later("cut off")),
        ("/chunk-of-nonsense", Later("cut off")),
        ("/chunk-extensions-endless", Later("cut off")),
        ("/body-endless", TooLarge),
        ("/body-drips", Later("less than 1024 bytes a second")),
        ("/body-hangs", Later("less than 1024 bytes a second")),
        ("/reset-mid-body", Later("cut off")),
        ("/cut-off-once", Page),
        ("/gzip", Page),
        ("/gzip-in-two-members", Page),
        ("/gzip-and-padding", Page),
        ("/gzip-twice", Page),
        ("/gzip-thrice", Never("coding")),
        ("/gzip-said-but-plain", Page),
        ("/gzip-cut-off", Later("broken or cut off")),
        ("/gzip-spoilt", Later("broken or cut off")),
        ("/gzip-bomb", TooLarge),
        ("/gzip-bomb-twice", TooLarge),
        ("/gzip-bomb-on-a-403", Blocked(403)),
        ("/deflate", Page),
        ("/deflate-without-header", Page),
        ("/deflate-cut-off", Later("broken or cut off")),
        ("/deflate-bomb", TooLarge),
        ("/brotli", Page),
        ("/brotli-cut-off", Later("broken or cut off")),
        ("/brotli-bomb", TooLarge),
        ("/zstd", Page),
        ("/zstd-cut-off", Later("broken or cut off")),
        ("/zstd-bomb", TooLarge),
        ("/coding-unknown", Never("coding")),
        ("/coding-is-a-charset", Page),
        ("/informational-then-page", Page),
        ("/headers-endless", TooLarge),
        ("/header-line-endless", TooLarge),
        ("/headers-of-80-KB", TooLarge),
        ("/header-lines-folded", Page),
        ("/header-lines-that-are-none", Page),
        ("/header-in-gb18030", Page),
        ("/no-http", Later("no HTTP")),
        ("/ssh", Later("no HTTP")),
        ("/closes-at-once", Later("closed the connection")),
        ("/resets-at-once", Later("cut the connection")),
        ("/always-304", Later("not asked")),
        ("/part-206", Later("only a part")),
        ("/status/400", Blocked(400)),
        ("/status/401", Blocked(401)),
        ("/status/403", Blocked(403)),
        ("/status/404", Gone(404)),
        ("/status/405", Blocked(405)),
        ("/status/406", Blocked(406)),
        ("/status/408", Later("408")),
        ("/status/410", Gone(410)),
        ("/status/412", Blocked(412)),
        ("/status/418", Blocked(418)),
        ("/status/429", Later("too often")),
        ("/status/451", Blocked(451)),
        ("/status/500", Later("fault of its own")),
        ("/status/503", Later("not available")),
        ("/status/504", Later("fault of its own")),
        ("/status/521", Blocked(521)),
        ("/status/599", Later("599")),
        ("/status/999", Blocked(999)),
        ("/wall-of-1-MB", Blocked(403)),
        ("/busy-then-page", Page),
        ("/chain/5", Page),
        ("/chain/6", Never("redirect-loop")),
        ("/circle/a", Never("redirect-loop")),
        ("/to-itself", Never("redirect-loop")),
        ("/to-itself-until-cookie", Page),
        ("/cookie-circle", Never("redirect-loop")),
        ("/to-another-host", Denied("cross-host")),
        ("/to-a-private-address", Denied("private-address")),
        ("/to-another-port", Denied("port")),
        ("/to-a-file", Never("address")),
        ("/to-javascript", Never("address")),
        ("/to-nowhere", Blocked(302)),
        ("/to-a-chinese-name", Page),
        ("/no-such-behaviour", Gone(404)),
    ] {
        surprises.extend(compare(path, world.get(path).await, &expected).err());
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    world.assert_all_passed();
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_in_time() {
    let world = World::new(Settings { timeout: Duration::from_millis(800), attempts_max: 1, ..settings() }).await;
    for path in ["/head-hangs", "/informational-flood"] {
        check(path, world.get(path).await, &Expected::Later("did not finish its answer"));
    }
    world.assert_all_passed();
}

#[tokio::test]
async fn one_host_is_asked_one_thing_at_a_time_whoever_asks() {
    let world = World::new(settings()).await;
    let visits = ["/page/1", "/chain/4", "/busy-then-page", "/to-itself-until-cookie", "/cut-off-once", "/status/403", "/gzip"];
    let (a, b, c, d, e, f, g) = tokio::join!(
        world.get(visits[0]),
        world.get(visits[1]),
        world.get(visits[2]),
        world.get(visits[3]),
        world.get(visits[4]),
        world.get(visits[5]),
        world.get(visits[6]),
    );
    for (path, came) in visits.into_iter().zip([a, b, c, d, e, f, g]) {
        check(path, came, if path == "/status/403" { &Expected::Blocked(403) } else { &Expected::Page });
    }
    assert_eq!(world.server.at_once_max(), 1);
    assert_eq!(world.server.asked().iter().filter(|asked| asked.path == "/robots.txt").count(), 1, "robots.txt is asked once");
    world.assert_all_passed();
}

#[tokio::test]
async fn a_visit_uses_one_connection() {
    let world = World::new(settings()).await;
    let session = world.client.session(&world.reach, &world.turnstile);
    for number in 0..5 {
        let came = session.get(&request(&world.server.url(&format!("/page/{number}"))), &Validators::default()).await;
        check("/page", came, &Expected::Page);
    }
    assert_eq!(world.server.connections(), 1);
}

#[tokio::test]
async fn a_request_says_who_asks_and_what_it_understands() {
    let world = World::new(settings()).await;
    check("/page", world.get("/page").await, &Expected::Page);
    let asked = world.server.asked().pop().unwrap();
    assert_eq!(asked.header("user-agent"), Some(concat!("huitoukan/", env!("CARGO_PKG_VERSION"), " (+mailto:office@example.org)")));
    assert_eq!(asked.header("accept-encoding"), Some("gzip, deflate, br, zstd"));
    assert!(asked.header("accept-language").unwrap().starts_with("zh-CN"));
    assert!(asked.header("accept").unwrap().starts_with("text/html"));
    assert_eq!((asked.header("referer"), asked.header("cookie"), asked.header("if-none-match")), (None, None, None));
}

#[track_caller]
fn fresh(came: Result<Fetched, FetchError>) -> (Snapshot, Validators) {
    match came {
        Ok(Fetched::Fresh { snapshot, validators }) => (snapshot, validators),
        Ok(Fetched::NotModified) => panic!("not modified"),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_snapshot_keeps_the_answer_as_it_came() {
    let world = World::new(settings()).await;
    let (snapshot, _) = fresh(world.get("/to-a-chinese-name").await);
    assert_eq!(snapshot.url.path(), "/page/%E9%80%9A%E6%8A%A5.html");
    assert_eq!(snapshot.content_type(), Some("text/html; charset=utf-8"));
    assert_eq!(snapshot.fetched_at, "2026-11-22T07:45:00Z".parse().unwrap());
    let (snapshot, _) = fresh(world.get("/gzip").await);
    assert_eq!(snapshot.header("content-encoding"), Some("gzip"), "headers speak of what was sent");
    let (snapshot, _) = fresh(world.get("/header-in-gb18030").await);
    assert_eq!(snapshot.header("x-name"), Some("\u{cd}\u{a8}\u{b1}\u{a8}"), "byte by byte");
}

#[tokio::test]
async fn an_unchanged_page_is_not_sent_again() {
    let world = World::new(settings()).await;
    let (_, validators) = fresh(world.get("/validators").await);
    assert_eq!(validators.etag.as_deref(), Some("\"v1\""));
    assert_eq!(validators.last_modified.as_deref(), Some("Thu, 12 Sep 2024 01:52:00 GMT"));
    check("/validators", world.get_if_changed("/validators", &validators).await, &Expected::NotModified);
    let other = Validators { etag: Some("\"v0\"".to_owned()), last_modified: None };
    check("/validators", world.get_if_changed("/validators", &other).await, &Expected::Page);
}

#[tokio::test]
async fn the_validators_of_one_page_are_not_shown_to_another() {
    let world = World::new(settings()).await;
    let (_, validators) = fresh(world.get("/with-validators-elsewhere").await);
    assert!(validators.is_empty(), "{validators:?}");
    let other = Validators { etag: Some("\"v1\"".to_owned()), last_modified: None };
    check("redirected", world.get_if_changed("/with-validators-elsewhere", &other).await, &Expected::Page);
}

#[tokio::test]
async fn a_form_is_sent_and_only_repeated_where_the_server_says_so() {
    let world = World::new(settings()).await;
    let session = world.client.session(&world.reach, &world.turnstile);
    let ask = |path: &str| Request { form: Some("columnid=282&unitid=7".to_owned()), ..request(&world.server.url(path)) };
    check("303", session.get(&ask("/form-then-redirect"), &Validators::default()).await, &Expected::Page);
    let (repeated, form) = (session.get(&ask("/form-repeated"), &Validators::default()).await, "POST columnid=282&unitid=7");
    check("307", repeated, &Expected::Body(form));
}

#[tokio::test]
async fn the_turnstile_hears_what_the_pace_needs() {
    let world = World::new(settings()).await;
    check("/busy-then-page", world.get("/busy-then-page").await, &Expected::Page);
    let answers: Vec<_> = world.turnstile.answered().into_iter().map(|(_, answer)| (answer.status, answer.retry_after)).collect();
    assert_eq!(answers, [(Some(404), None), (Some(429), Some(Duration::from_secs(7))), (Some(200), None)]);

    check("/resets-at-once", world.get("/resets-at-once").await, &Expected::Later("cut the connection"));
    let answered = world.turnstile.answered();
    assert_eq!(answered.len(), 6);
    assert!(answered[3..].iter().all(|(_, answer)| answer.status.is_none()));
}

#[tokio::test]
async fn a_server_that_asks_for_a_long_wait_is_left_at_once() {
    let world = World::new(settings()).await;
    for (path, expected) in [("/busy-until-tomorrow", 80_000), ("/busy-until-a-date", 4_500)] {
        let Err(FetchError::Later { after, .. }) = world.get(path).await else { panic!("{path}") };
        assert_eq!(after, Some(Duration::from_secs(expected)), "{path}");
        assert_eq!(world.server.asked().iter().filter(|asked| asked.path == path).count(), 1, "{path}");
    }
}

#[tokio::test]
async fn a_fault_is_tried_as_often_as_configured_and_no_more() {
    for attempts_max in [1, 3] {
        let world = World::new(Settings { attempts_max, ..settings() }).await;
        check("/always-500", world.get("/always-500").await, &Expected::Later("fault of its own (500)"));
        assert_eq!(world.server.asked().iter().filter(|asked| asked.path == "/always-500").count() as u32, attempts_max);
        world.assert_all_passed();
    }
}

#[tokio::test]
async fn another_host_is_followed_where_the_source_allows_it_and_asked_by_its_own_name() {
    let mut world = World::new(Settings { allow_private: vec!["127.0.0.0/8".to_owned(), "::1".to_owned()], ..settings() }).await;
    world.reach.hosts = vec!["localhost".to_owned()];
    let (snapshot, _) = fresh(world.get("/to-another-host").await);
    assert_eq!(snapshot.url.host_str(), Some("localhost"));
    let port = world.server.address.port();
    let (here, there) = (format!("127.0.0.1:{port}"), format!("localhost:{port}"));
    assert_eq!(world.turnstile.passed(), [here.as_str(), here.as_str(), there.as_str(), there.as_str()], "robots.txt of each host first");
    world.assert_all_passed();
}

#[tokio::test]
async fn a_dead_host_is_named_with_what_may_be_wrong() {
    let world = World::new(settings()).await;
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let session = world.client.session(&world.reach, &world.turnstile);
    let came = session.get(&request(&format!("http://{closed}/")), &Validators::default()).await;
    check("refused", came, &Expected::Later("127.0.0.1 refuses connections"));
    assert_eq!(world.turnstile.answered().len(), 3, "tried three times, with a pass each");
    let session = world.client.session(&world.reach, &world.turnstile);
    // A label of 64 letters is no name, so that no server needs to be asked.
    let name = format!("{}.invalid", "x".repeat(64));
    let came = session.get(&request(&format!("http://{name}/")), &Validators::default()).await;
    check("unknown name", came, &Expected::Later("is not known (DNS)"));
}

/// Serves a robots.txt and asks for pages: whether each was let through, and what was asked.
async fn obeying(robots: &'static str) -> World {
    let world = World::new(settings()).await;
    world.server.robots(move |_| answer("200 OK", "Content-Type: text/plain\r\n", robots.as_bytes()));
    world
}

#[tokio::test]
async fn what_robots_txt_forbids_is_not_asked_for() {
    let world = obeying("User-agent: *\nDisallow: /\n\nUser-agent: HuiTouKan\nDisallow: /page/secret\n").await;
    check("/page", world.get("/page/open").await, &Expected::Page);
    check("/page/secret", world.get("/page/secret").await, &Expected::Denied("robots"));
    let paths: Vec<_> = world.server.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(paths, ["/robots.txt", "/page/open"], "asked once, and not for the secret");
}

#[tokio::test]
async fn a_redirect_does_not_lead_past_robots_txt() {
    let world = obeying("User-agent: *\nDisallow: /chain/2\n").await;
    check("/chain/1", world.get("/chain/1").await, &Expected::Page);
    check("/chain/4", world.get("/chain/4").await, &Expected::Denied("robots"));
    assert!(world.server.asked().iter().all(|asked| asked.path != "/chain/2"));
}

#[tokio::test]
async fn robots_txt_is_asked_again_after_a_day() {
    let world = obeying("User-agent: *\nCrawl-delay: 12\n").await;
    let asked = || world.server.asked().iter().filter(|asked| asked.path == "/robots.txt").count();
    check("/page", world.get("/page").await, &Expected::Page);
    world.turnstile.set_now("2026-11-23T07:44:59Z".parse().unwrap());
    check("/page", world.get("/page").await, &Expected::Page);
    assert_eq!(asked(), 1);
    world.turnstile.set_now("2026-11-23T07:45:00Z".parse().unwrap());
    check("/page", world.get("/page").await, &Expected::Page);
    assert_eq!(asked(), 2);
    assert!(world.turnstile.answered().iter().all(|(_, answer)| answer.crawl_delay == Some(Duration::from_secs(12))));
}

#[tokio::test]
async fn a_crawl_delay_of_a_year_is_cut_to_an_hour() {
    let world = obeying("User-agent: *\nCrawl-delay: 31536000\n").await;
    check("/page", world.get("/page").await, &Expected::Page);
    assert_eq!(world.turnstile.answered().last().unwrap().1.crawl_delay, Some(Duration::from_secs(3600)));
}

#[tokio::test]
async fn without_robots_txt_a_site_is_open_and_with_a_broken_one_it_is_left_alone() {
    let status = |status: &'static str| answer(status, "", b"User-agent: *\nDisallow: /");
    for (status_line, expected) in [
        ("404 Not Found", Expected::Page),
        ("403 Forbidden", Expected::Page),
        ("410 Gone", Expected::Page),
        ("521 Wall", Expected::Page),
        ("204 No Content", Expected::Page),
        ("429 Too Many Requests", Expected::Later("robots.txt, without which nothing else is read there")),
        ("500 Internal Server Error", Expected::Later("robots.txt, without which nothing else is read there")),
        ("503 Service Unavailable", Expected::Later("robots.txt, without which nothing else is read there")),
    ] {
        let world = World::new(settings()).await;
        world.server.robots(move |_| match status_line {
            "204 No Content" => vec![Act::Send(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())],
            _ => status(status_line),
        });
        check(status_line, world.get("/page").await, &expected);
        world.assert_all_passed();
    }
    for broken in [|| vec![Act::Reset], || vec![Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nUser".to_vec()), Act::Close]] {
        let world = World::new(settings()).await;
        world.server.robots(move |_| broken());
        check("broken", world.get("/page").await, &Expected::Later("robots.txt, without which nothing else is read there"));
        check("broken", world.get("/page").await, &Expected::Later("robots.txt, without which nothing else is read there"));
        assert_eq!(world.server.asked().len(), 3, "three attempts, then ten minutes of peace");
    }
}

#[tokio::test]
async fn robots_txt_is_tried_again_and_followed_where_it_moved() {
    let world = World::new(settings()).await;
    world.server.robots(|asked| match asked.nth {
        0 => answer("503 Service Unavailable", "", b""),
        1 => answer("302 Found", "Location: /robots.txt\r\nSet-Cookie: CT6T=1\r\n", b""),
        _ => answer("200 OK", "", b"User-agent: *\nDisallow: /page"),
    });
    check("/page", world.get("/page").await, &Expected::Denied("robots"));
    let world = World::new(settings()).await;
    world.server.robots(|_| answer("302 Found", "Location: https://sso.example.org/login\r\n", b""));
    check("robots.txt at another host", world.get("/page").await, &Expected::Page);
    let world = World::new(settings()).await;
    world.server.robots(|_| answer("302 Found", "Location: /robots.txt\r\n", b""));
    check("robots.txt in a circle", world.get("/page").await, &Expected::Page);
    assert_eq!(world.server.asked().len(), 7, "the first, five redirects, the page");
}

#[tokio::test]
async fn only_the_beginning_of_an_endless_robots_txt_counts() {
    let world = World::new(settings()).await;
    world.server.robots(|_| {
        let head = b"HTTP/1.1 200 OK\r\n\r\nUser-agent: *\nDisallow: /page/secret\n".to_vec();
        vec![Act::Send(head), Act::Endless(b"Disallow: /\nAllow: /page\n".repeat(100))]
    });
    check("/page", world.get("/page").await, &Expected::Page);
    check("/page/secret", world.get("/page/secret").await, &Expected::Denied("robots"));
}

#[tokio::test]
async fn a_source_with_a_reason_ignores_robots_txt() {
    let mut world = obeying("User-agent: *\nDisallow: /\n").await;
    check("/page", world.get("/page").await, &Expected::Denied("robots"));
    world.reach.robots = RobotsRule::Ignore { reason: "the office asked us to watch it, letter of 2026-03-01".to_owned() };
    check("/page", world.get("/page").await, &Expected::Page);
}

/// Asks an address that must not be asked; the listeners would see it.
async fn refused(client: &Client, url: &str) -> Result<Fetched, FetchError> {
    let (turnstile, reach) = (Recorder::new(), Reach::default());
    client.session(&reach, &turnstile).get(&request(url), &Validators::default()).await
}

fn was_connected(listener: &TcpListener) -> bool {
    listener.set_nonblocking(true).unwrap();
    listener.accept().is_ok()
}

#[tokio::test]
async fn no_spelling_of_a_private_address_leads_to_a_connection() {
    let four = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = four.local_addr().unwrap().port();
    // The same port, where this machine speaks IPv6.
    let six = TcpListener::bind(("::1", port)).ok();
    let client = client(Settings { allow_private: Vec::new(), ..settings() });
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "127.255.255.254",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0177.0.0.01",
        "0x7f000001",
        "0x7F.1",
        "0x7f.0x0.0x0.0x1",
        "127.0.0.0x1",
        "00000177.1",
        "0",
        "0.0.0.0",
        "0x0",
        "127.0.0.1%2e",
        "%31%32%37.0.0.1",
        "127%2E0%2E0%2E1",
        "１２７.０.０.１",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "127．0．0．1",
        "２１３０７０６４３３",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::FFFF:7F00:0001]",
        "[::127.0.0.1]",
        "[::7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::1]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[fc00::1]",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "2852039166",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "ｌｏｃａｌｈｏｓｔ",
        "loc%61lhost",
        "user:password@127.0.0.1",
        "user@localhost",
    ] {
        let url = format!("http://{host}:{port}/");
        check(&url, refused(&client, &url).await, &Expected::Denied("private-address"));
    }
    for url in [
        format!("http:\\\\127.0.0.1:{port}"),
        format!("http:127.0.0.1:{port}"),
        format!("https://127.0.0.1:{port}/"),
        format!("http:///127.0.0.1:{port}/"),
    ] {
        check(&url, refused(&client, &url).await, &Expected::Denied("private-address"));
    }
    assert!(!was_connected(&four), "IPv4");
    assert!(!six.is_some_and(|six| was_connected(&six)), "IPv6");
}

#[tokio::test]
async fn only_the_web_is_fetched() {
    let client = client(Settings { allow_private: Vec::new(), ..settings() });
    for url in
        ["file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "data:text/html,x", "javascript:alert(1)", "mailto:a@b.cn"]
    {
        check(url, refused(&client, url).await, &Expected::Never("address"));
    }
}

#[tokio::test]
async fn a_redirect_to_a_private_network_leads_nowhere_even_if_the_source_names_the_host() {
    let inside = TcpListener::bind("127.0.0.2:0").unwrap();
    let port = inside.local_addr().unwrap().port();
    let mut world = World::new(settings()).await;
    world.reach.hosts = vec![format!("127.0.0.2:{port}")];
    world.server.robots(move |asked| match asked.nth {
        0 => answer("200 OK", "", b""),
        _ => vec![Act::Reset],
    });
    check("/to", world.get(&format!("/to?http://127.0.0.2:{port}/")).await, &Expected::Denied("private-address"));
    world.reach.hosts = vec![format!("localhost:{port}")];
    let strict = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let turnstile = Recorder::new();
    let none = client(Settings { allow_private: vec!["127.0.0.3".to_owned()], ..settings() });
    let came = none.session(&world.reach, &turnstile).get(&request(&format!("http://localhost:{port}/")), &Validators::default()).await;
    check("localhost", came, &Expected::Denied("private-address"));
    assert!(!was_connected(&inside) && !was_connected(&strict));
}

#[tokio::test]
async fn a_visit_keeps_to_the_ports_of_the_web_and_of_its_listing() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let world = World::new(settings()).await;
    let session = world.client.session(&world.reach, &world.turnstile);
    check("/page", session.get(&request(&world.server.url("/page")), &Validators::default()).await, &Expected::Page);
    let elsewhere = format!("http://{}/", other.local_addr().unwrap());
    check(&elsewhere, session.get(&request(&elsewhere), &Validators::default()).await, &Expected::Denied("port"));
    assert!(!was_connected(&other));
}

#[test]
fn settings_that_cannot_be_used_are_refused_with_what_to_write() {
    let refusal = |settings| Client::new(settings).err().unwrap_or_default();
    assert!(refusal(Settings { contact: " ".to_owned(), ..settings() }).contains("contact is empty"));
    assert!(refusal(Settings { contact: "a\r\nX: y".to_owned(), ..settings() }).contains("cannot stand in a header"));
    let why = refusal(Settings { allow_private: vec!["10.0.0.0/8".to_owned(), "intranet".to_owned()], ..settings() });
    assert_eq!(why, "allow_private: \"intranet\" is no network; write one like \"10.1.0.0/16\", \"fd00:12::/32\" or \"127.0.0.1\"");
}

/// Asks a TLS server as `host` with this way of checking its certificate.
async fn ask_tls(host: &str, port: u16, tls: Tls) -> Result<Fetched, FetchError> {
    let client = client(Settings { allow_private: vec!["127.0.0.0/8".to_owned(), "::1".to_owned()], ..settings() });
    let reach = Reach { tls, robots: RobotsRule::Ignore { reason: "a test".to_owned() }, ..Reach::default() };
    let turnstile = Recorder::new();
    client.session(&reach, &turnstile).get(&request(&format!("https://{host}:{port}/")), &Validators::default()).await
}

#[track_caller]
fn check_tls(what: &str, came: Result<Fetched, FetchError>, expected: Result<(), &str>) {
    match (came, expected) {
        (Ok(Fetched::Fresh { snapshot, .. }), Ok(())) => assert_eq!(snapshot.status, 200, "{what}"),
        (Err(FetchError::Never { name: "tls" | "reach", why }), Err(words)) => assert!(why.contains(words), "{what}: {why}"),
        (Err(error), _) => panic!("{what}: {error:?}"),
        (Ok(_), _) => panic!("{what}: let through"),
    }
}

#[tokio::test]
async fn a_certificate_is_checked_as_the_source_says() {
    let authority = Authority::new();
    let trusted = || Tls::ExtraAuthority(authority.path("authority.pem"));
    let pinned = |name: &str| Tls::Pinned(authority.fingerprint(name));
    authority.sign("good", "DNS:localhost", ("20200101", "20990101"));
    authority.sign("expired", "DNS:localhost", ("20200101", "20200201"));
    authority.sign("early", "DNS:localhost", ("20980101", "20990101"));
    authority.sign("elsewhere", "DNS:www.example.gov.cn", ("20200101", "20990101"));

    let good = authority.serve("good", "");
    check_tls(
        "unknown authority",
        ask_tls("localhost", good.port, Tls::Strict).await,
        Err("not from an authority that this machine knows"),
    );
    check_tls("known authority", ask_tls("localhost", good.port, trusted()).await, Ok(()));
    check_tls("pinned", ask_tls("localhost", good.port, pinned("good")).await, Ok(()));
    check_tls("pinned to another", ask_tls("localhost", good.port, pinned("expired")).await, Err("not the one whose fingerprint"));
    check_tls("no name", ask_tls("127.0.0.1", good.port, trusted()).await, Err("is for another name"));
    let expired = authority.serve("expired", "");
    check_tls("expired", ask_tls("localhost", expired.port, trusted()).await, Err("has expired"));
    check_tls("expired but pinned", ask_tls("127.0.0.1", expired.port, pinned("expired")).await, Ok(()));
    let early = authority.serve("early", "");
    check_tls("early", ask_tls("localhost", early.port, trusted()).await, Err("is not valid yet"));
    let elsewhere = authority.serve("elsewhere", "");
    check_tls("wrong name", ask_tls("localhost", elsewhere.port, trusted()).await, Err("is for another name"));
    check_tls("wrong name but pinned", ask_tls("localhost", elsewhere.port, pinned("elsewhere")).await, Ok(()));
    let old = authority.serve("good", "-tls1_1 -cipher ALL:@SECLEVEL=0");
    check_tls("old", ask_tls("localhost", old.port, trusted()).await, Err("no TLS in common"));

    check_tls("no file", ask_tls("localhost", good.port, Tls::ExtraAuthority(authority.path("none"))).await, Err("cannot be read"));
    check_tls("no PEM", ask_tls("localhost", good.port, Tls::ExtraAuthority(authority.path("ca.cnf"))).await, Err("holds no certificate"));
    check_tls("no digits", ask_tls("localhost", good.port, Tls::Pinned("ab".to_owned())).await, Err("64 hexadecimal digits"));
}

#[tokio::test]
async fn a_server_without_tls_is_named() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port").await.unwrap();
        }
    });
    check_tls("plain", ask_tls("127.0.0.1", port, Tls::Strict).await, Err("does not speak TLS"));
}

#[tokio::test]
async fn cookies_live_as_long_as_the_visit() {
    let world = World::new(settings()).await;
    let session = world.client.session(&world.reach, &world.turnstile);
    for path in ["/to-itself-until-cookie", "/page"] {
        check(path, session.get(&request(&world.server.url(path)), &Validators::default()).await, &Expected::Page);
    }
    check("/page", world.get("/page").await, &Expected::Page);
    let cookies: Vec<_> = world.server.asked().iter().map(|asked| asked.header("cookie").map(str::to_owned)).collect();
    let set = Some("CT6T=1".to_owned());
    assert_eq!(cookies, [None, None, set.clone(), set, None], "robots.txt, the redirect, the page, the next page, another visit");
}

#[tokio::test]
async fn a_proxy_is_used_and_literal_addresses_are_still_refused() {
    let mut world = World::new(settings()).await;
    world.reach.proxy = Some(format!("http://{}", world.server.address));
    let session = world.client.session(&world.reach, &world.turnstile);
    let session = &session;
    let ask = async |url: &str| session.get(&request(url), &Validators::default()).await;
    check("proxy", ask("http://www.example.gov.cn/page").await, &Expected::Page);
    assert_eq!(world.server.asked().pop().unwrap().header("host"), Some("www.example.gov.cn"));
    let asked = world.server.asked().len();
    check("proxy", ask("http://192.168.0.1/page").await, &Expected::Denied("private-address"));
    assert_eq!(world.server.asked().len(), asked);

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (proxy, expected) in [
        (format!("http://{closed}"), Expected::Later("(by way of the proxy) refuses connections")),
        ("not an address".to_owned(), Expected::Never("reach")),
    ] {
        let reach = Reach { proxy: Some(proxy), ..Reach::default() };
        let session = world.client.session(&reach, &world.turnstile);
        check("proxy", session.get(&request("http://www.example.gov.cn/"), &Validators::default()).await, &expected);
    }
}

#[tokio::test]
async fn a_socks_proxy_is_told_the_address_that_we_have_checked() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut world = World::new(settings()).await;
    world.reach.proxy = Some(format!("socks5://{}", listener.local_addr().unwrap()));
    let proxy = tokio::spawn(async move {
        let (mut inner, _) = listener.accept().await.unwrap();
        // RFC 1928: greeting, method 0, request to connect to an IPv4 address and port.
        inner.read_exact(&mut [0; 3]).await.unwrap();
        inner.write_all(&[5, 0]).await.unwrap();
        let mut wanted = [0; 10];
        inner.read_exact(&mut wanted).await.unwrap();
        inner.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        let mut outer = tokio::net::TcpStream::connect(("127.0.0.1", u16::from_be_bytes([wanted[8], wanted[9]]))).await.unwrap();
        tokio::io::copy_bidirectional(&mut inner, &mut outer).await.ok();
        wanted
    });
    let came = {
        let session = world.client.session(&world.reach, &world.turnstile);
        let url = format!("http://localhost:{}/page", world.server.address.port());
        session.get(&request(&url), &Validators::default()).await
    };
    check("socks", came, &Expected::Page);
    drop(world.client);
    assert_eq!(proxy.await.unwrap()[..8], [5, 1, 0, 1, 127, 0, 0, 1]);
}

#[tokio::test]
async fn a_visit_can_run_on_any_thread() {
    let world = std::sync::Arc::new(World::new(settings()).await);
    let visit = tokio::spawn(async move { world.get("/page").await });
    check("/page", visit.await.unwrap(), &Expected::Page);
}
