//! What comes back from servers that misbehave: the right variant, in bounded time and memory, and no request past the turnstile.

#[path = "support/badserver.rs"]
mod badserver;
#[path = "fetch/behaviours.rs"]
mod behaviours;
#[path = "support/http_tls.rs"]
mod http_tls;
#[path = "support/http_turnstile.rs"]
mod http_turnstile;
#[path = "fetch/obeying.rs"]
mod obeying;
#[path = "fetch/private.rs"]
mod private;
#[path = "fetch/proxy.rs"]
mod proxy;
#[path = "fetch/tls.rs"]
mod tls;

use std::net::TcpListener;
use std::time::Duration;

use badserver::{BadServer, PAGE};
use http_turnstile::Recorder;
use huitoukan::fetch::{Client, FetchError, Fetched, Patience, Settings};
use huitoukan::model::{Reach, Request, Snapshot, Validators};
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

#[test]
fn settings_that_cannot_be_used_are_refused_with_what_to_write() {
    let refusal = |settings| Client::new(settings).err().unwrap_or_default();
    assert!(refusal(Settings { contact: " ".to_owned(), ..settings() }).contains("contact is empty"));
    assert!(refusal(Settings { contact: "a\r\nX: y".to_owned(), ..settings() }).contains("cannot stand in a header"));
    let why = refusal(Settings { allow_private: vec!["10.0.0.0/8".to_owned(), "intranet".to_owned()], ..settings() });
    assert_eq!(why, "allow_private: \"intranet\" is no network; write one like \"10.1.0.0/16\", \"fd00:12::/32\" or \"127.0.0.1\"");
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
async fn a_visit_can_run_on_any_thread() {
    let world = std::sync::Arc::new(World::new(settings()).await);
    let visit = tokio::spawn(async move { world.get("/page").await });
    check("/page", visit.await.unwrap(), &Expected::Page);
}
