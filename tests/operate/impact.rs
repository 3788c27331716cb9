//! What hosts were asked: counted as they themselves count it, and shared where one machine serves several.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use huitoukan::demo::Served;
use huitoukan::fetch::{Answer, Turnstile};
use huitoukan::flow::clock::Clock;
use huitoukan::flow::daemon;
use huitoukan::model::{Source, SourceId};
use huitoukan::store::Store;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::program::Program;
use crate::world::{LISTING, World, wall};
use crate::{publishes, title};

fn sum(store: &dyn Store) -> (u64, u64) {
    let traffic = store.traffic(Date::MIN).unwrap();
    (traffic.iter().map(|one| one.requests).sum(), traffic.iter().map(|one| one.bytes).sum())
}

#[tokio::test]
async fn every_request_is_counted_as_the_site_itself_counts_it() {
    let mut world = World::new().await;
    // Its robots.txt has moved, one page fails and is tried again, one leads elsewhere.
    world.site.answer("/robots.txt", wall("").with_status(301).with_header("location", "/robots-2.txt"));
    world.site.answer("/robots-2.txt", Served::of("text/plain", "User-agent: *\nDisallow: /secret\n"));
    ["甲街道", "乙街道", "丙街道"].iter().for_each(|body| publishes(&mut world, body));
    world.site.answer(&crate::path("乙街道"), wall("busy").with_status(500));
    world.site.answer(&crate::path("丙街道"), wall("").with_status(302).with_header("location", &crate::path("甲街道")));
    let mut hits = Vec::new();
    for _ in 0..5 {
        world.day().await;
        hits.extend(world.site.take_hits());
    }
    let bodies: usize =
        hits.iter().filter(|hit| hit.status == 200).filter_map(|hit| world.site.page(&hit.path)).map(|page| page.body.len()).sum();
    let (requests, bytes) = sum(&*world.house.store);
    assert_eq!(requests, hits.len() as u64, "{hits:#?}");
    assert!(hits.iter().any(|hit| hit.path == "/robots-2.txt") && hits.iter().any(|hit| hit.status == 302), "{hits:#?}");
    assert!(bytes > bodies as u64 && bytes < (bodies + 1_000 * hits.len()) as u64, "{bytes} bytes counted, {bodies} of them bodies");
    let days: Vec<Date> = world.house.store.traffic(Date::MIN).unwrap().iter().map(|one| one.day).collect();
    assert_eq!(days.len(), 5, "one line per host and day: {days:?}");
    // A restart forgets nothing.
    let world = world.restart();
    assert_eq!(sum(&*world.house.store), (requests, bytes));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tells_it_by_day_and_host() {
    let mut world = World::new().await;
    publishes(&mut world, "甲街道");
    let program = Program::new();
    program.write("sources/jia.toml", &format!("name = \"甲\"\nlisting = \"{}\"\n", world.site.url(LISTING)));
    program.write("sources/dead.toml", "name = \"乙\"\nlisting = \"http://127.0.0.1:1/list.html\"\n");
    let now = |day: u32| format!("2026-11-{day:02}T09:00:00+08:00");
    program.run(&["--now", &now(2), "check"]).ends(3);
    program.run(&["--now", &now(3), "check"]).ends(3);
    let rows = program.well(&["--now", &now(3), "impact", "--json"]).lines();
    let of = |host: &str, key: &str| -> u64 { rows.iter().filter(|row| row["host"] == host).map(|row| row[key].as_u64().unwrap()).sum() };
    let host = world.site.url("/").authority().to_owned();
    assert_eq!(of(&host, "requests"), world.site.take_hits().len() as u64);
    assert_eq!((of(&host, "unanswered"), of("127.0.0.1:1", "bytes")), (0, 0));
    assert!(of("127.0.0.1:1", "unanswered") >= 2, "{rows:#?}");
    let today = program.well(&["--now", &now(3), "impact", "--days", "1", "--host", &host, "--csv"]);
    let lines: Vec<&str> = today.out.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2, "day,host,requests,unanswered,bytes"));
    assert!(lines[1].starts_with("2026-11-03,127.0.0.1:"), "{lines:?}");
    program.well(&["--now", &now(3), "impact"]).prints("无应答").prints(&host);
    program.run(&["impact", "--days", "0"]).ends(2);
}

fn answered_from(address: &str) -> Answer {
    Answer {
        took: Duration::ZERO,
        status: Some(200),
        retry_after: None,
        crawl_delay: None,
        bytes: 1,
        address: Some(address.parse().unwrap()),
    }
}

#[tokio::test]
async fn hosts_that_one_machine_serves_wait_for_one_another_and_others_do_not() {
    let world = World::with(|config| {
        config.per_address.pause_ms = Some(5_000);
        config.per_address.at_once = Some(1);
    })
    .await;
    let (gates, clock) = (&world.house.gates, &world.house.clock);
    for (host, address) in [("a.gov.cn", "61.154.11.191"), ("b.gov.cn", "61.154.11.191"), ("c.gov.cn", "61.154.11.192")] {
        drop(gates.pass(host).await);
        gates.answered(host, answered_from(address));
    }
    clock.jump_to(clock.now() + SignedDuration::from_mins(1));
    let first = gates.pass("a.gov.cn").await;
    let mut second = gates.pass("b.gov.cn");
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(second.as_mut().poll(&mut context), Poll::Pending), "one at a time at one address");
    let elsewhere = gates.pass("c.gov.cn").await;
    assert_eq!(elsewhere.at, first.at, "another machine is asked meanwhile");
    let began = first.at;
    drop(first);
    let second = second.await;
    assert!(second.at.duration_since(began) >= SignedDuration::from_secs(5), "{began} and {}", second.at);
}

/// A site of one empty listing that writes down, by the house's clock, when it was asked.
async fn tells_when_asked(host: &str, times: Arc<Mutex<Vec<Timestamp>>>, clock: Arc<Mutex<Option<Clock>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (times, clock) = (times.clone(), clock.clone());
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                while stream.read(&mut asked).await.is_ok_and(|bytes| bytes > 0) {
                    let now = clock.lock().unwrap().as_ref().map(Clock::now);
                    times.lock().unwrap().extend(now);
                    let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    format!("http://{host}:{port}/list.html")
}

#[tokio::test]
async fn a_machine_under_many_names_is_asked_as_if_it_were_one() {
    let (times, clock) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(None)));
    let mut listings = Vec::new();
    for name in ["127.0.0.1", "localhost", "127.0.0.1", "localhost", "127.0.0.1"] {
        listings.push(tells_when_asked(name, times.clone(), clock.clone()).await);
    }
    let world = World::with(|config| {
        config.per_address.pause_ms = Some(10_000);
        config.per_address.at_once = Some(1);
        config.sources = listings
            .iter()
            .enumerate()
            .map(|(number, listing)| Source::new(SourceId(format!("s{number}")), listing.parse().unwrap()))
            .collect();
    })
    .await;
    *clock.lock().unwrap() = Some(world.house.clock.clone());
    daemon::once(&world.house).await.unwrap();
    let first_visit = times.lock().unwrap().len();
    world.after(SignedDuration::from_hours(30)).await;
    let times = times.lock().unwrap()[first_visit..].to_vec();
    assert!(times.len() >= listings.len(), "{times:?}");
    let gaps: Vec<SignedDuration> = times.windows(2).map(|two| two[1].duration_since(two[0])).collect();
    assert!(gaps.iter().all(|gap| *gap >= SignedDuration::from_secs(10)), "{gaps:?}");
}

#[tokio::test]
async fn a_host_that_asks_for_rest_is_shown_as_such() {
    let mut world = World::new().await;
    publishes(&mut world, "甲街道");
    world.site.answer("/robots.txt", wall("busy").with_status(503).with_header("retry-after", "7200"));
    world.hour().await;
    let status = huitoukan::flow::status::sources(&world.house, &world.house.setup()).unwrap();
    let until = status[0].asked_to_wait_until.expect("a host that asked to be left alone");
    assert!(until.duration_since(world.house.clock.now()) > SignedDuration::from_mins(100), "{until}");
    assert_eq!(huitoukan::flow::status::whole(&world.house, &world.house.setup()).unwrap().asked_to_wait, 1);
    world.site.take_hits();
    world.hour().await;
    assert_eq!(world.site.take_hits(), [], "and it is left alone; {}", title(""));
}
