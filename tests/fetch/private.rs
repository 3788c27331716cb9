//! Nothing leads into the operator's own network: the listeners there would see it.

use std::net::TcpListener;

use huitoukan::fetch::{Client, FetchError, Fetched, Settings};
use huitoukan::model::{Reach, Validators};

use crate::badserver::Act;
use crate::badserver::answers::answer;
use crate::http_turnstile::Recorder;
use crate::{Expected, World, check, client, request, settings};

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
