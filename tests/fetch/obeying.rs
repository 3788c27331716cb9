//! robots.txt as a site serves it, and what is asked for after it.

use std::time::Duration;

use huitoukan::model::RobotsRule;

use crate::badserver::Act;
use crate::badserver::answers::answer;
use crate::{Expected, World, check, settings};

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
