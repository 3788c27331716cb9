//! Where other watchers were measured to fail: changes lost with the mail, texts garbled, walls taken for news.
//! Each through the whole program.

#[path = "support/mime.rs"]
#[allow(dead_code)]
mod mime;
#[path = "support/program.rs"]
#[allow(dead_code)]
mod program;
#[path = "support/smtp.rs"]
#[allow(dead_code)]
mod smtp;
#[path = "support/world.rs"]
#[allow(dead_code)]
mod world;

use std::net::SocketAddr;
use std::time::Duration;

use encoding_rs::GB18030;
use huitoukan::channel::{Security, Sender, Server as MailServer, Settings};
use huitoukan::config::Config;
use huitoukan::demo::Served;
use huitoukan::diff;
use huitoukan::flow::status;
use huitoukan::model::{DeliveryState, Kind, Piece};
use jiff::SignedDuration;
use mime::Part;
use program::{MAIN, Program, until};
use smtp::{ALWAYS, Act, Rule, Server, rule};
use world::{BODY, LISTING, World, page, wall};

const TITLE: &str = "鲤城区工商联关于巡察整改进展情况的通报";
const PATH: &str = "/zwgk/202611/t20261101_1.htm";

fn mailing_to(address: SocketAddr, config: &mut Config) {
    let server = MailServer {
        host: address.ip().to_string(),
        port: address.port(),
        security: Security::None,
        authority: None,
        login: None,
        timeout: Duration::from_secs(10),
    };
    config.mail = Settings::Smtp { server: Box::new(server), from: Sender::from("回头看 <huitoukan@example.org>") };
    config.subscribers[0].kinds = vec![Kind::Published, Kind::Edited, Kind::Withdrawn, Kind::Restored, Kind::Moved];
}

/// A world that mails to this address and has done its first visit.
async fn settled_at(address: SocketAddr, more: impl FnOnce(&mut Config)) -> World {
    let mut world = World::with(|config| {
        mailing_to(address, config);
        more(config);
    })
    .await;
    world.publishes(PATH, TITLE, BODY);
    world.hour().await;
    world.hour().await;
    world
}

fn street(name: &str) -> String {
    format!("{name}关于巡察整改情况的通报")
}

fn publishes(world: &mut World, name: &str) {
    let path = format!("/n/{}.htm", name.len() + name.bytes().map(usize::from).sum::<usize>());
    world.publishes(&path, &street(name), &BODY.replace("区工商联", name));
}

/// Message-ID and plain text of what the server took.
fn taken(server: &Server) -> Vec<(String, String)> {
    let read = |mail: &smtp::Taken| {
        let mail = Part::read(&mail.mail());
        (mail.header("Message-ID").to_owned(), mail.parts()[0].text())
    };
    server.taken().iter().map(read).collect()
}

fn told(server: &Server, words: &str) -> usize {
    taken(server).iter().filter(|(_, text)| text.contains(words)).count()
}

#[track_caller]
fn check_once(server: &Server, words: &str, trouble: &str) {
    assert_eq!(told(server, words), 1, "{words} after the mail server {trouble}: {:#?}", taken(server));
}

#[tokio::test]
async fn a_change_found_while_the_mail_server_is_in_trouble_is_mailed_afterwards_and_once() {
    let troubles: [(&str, Rule); 7] = [
        ("hung up", rule("", ALWAYS, Act::Close)),
        ("was not ready", rule("", ALWAYS, Act::Say("421 4.3.2 shutting down"))),
        ("said nothing", rule("", ALWAYS, Act::Hang)),
        ("greylisted", rule("RCPT", ALWAYS, Act::Say("451 4.7.1 come back later"))),
        ("was full", rule("MAIL", ALWAYS, Act::Say("452 4.3.1 no space"))),
        ("hung up after the text", rule(".", ALWAYS, Act::Close)),
        ("hung after the text", rule(".", ALWAYS, Act::Hang)),
    ];
    for (name, trouble) in troubles {
        let server = Server::start([]).await;
        let hasty = |config: &mut Config| {
            if let (Settings::Smtp { server, .. }, Act::Hang) = (&mut config.mail, &trouble.act) {
                server.timeout = Duration::from_secs(1);
            }
        };
        let mut world = settled_at(server.address, hasty).await;
        server.follow([trouble]);
        publishes(&mut world, "甲街道");
        world.day().await;
        world.hour().await;
        assert_eq!(server.taken().len(), 0, "{name}");
        server.follow([]);
        world.day().await;
        check_once(&server, &street("甲街道"), name);
        world.days(3).await;
        check_once(&server, &street("甲街道"), name);
    }
}

#[tokio::test]
async fn a_mail_server_that_is_not_there_at_all_loses_nothing_across_restarts() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut world = settled_at(nobody, |_| {}).await;
    publishes(&mut world, "甲街道");
    world.day().await;
    world = world.restart();
    publishes(&mut world, "乙街道");
    world.day().await;
    let server = Server::start([]).await;
    world = world.restart_with(|config| mailing_to(server.address, config));
    world.days(2).await;
    check_once(&server, &street("甲街道"), "was not there");
    check_once(&server, &street("乙街道"), "was not there");
}

/// The real program mails to this server every second.
fn mails_to(program: &Program, server: &Server) {
    let smtp = format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n", server.address.port());
    program.write("huitoukan.toml", &format!("visit = \"* * * * * *\"\n{MAIN}{smtp}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_mail_server_hangs_after_data_it_mails_after_the_restart() {
    let hanging = Server::start([rule(".", ALWAYS, Act::Hang)]).await;
    let mut world = World::new().await;
    world.publishes(PATH, TITLE, BODY);
    let program = Program::new();
    mails_to(&program, &hanging);
    let listing = world.site.url(LISTING);
    program.write("sources/licheng.toml", &format!("name = \"鲤城\"\nlisting = \"{listing}\"\nannounce_since = 2026-01-01\n"));
    program.write("subscribers.toml", "[[subscriber]]\nto = [\"office@example.org\"]\ndigest = \"* * * * * *\"\n");
    let daemon = program.daemon(&["run"]);
    until("the text on its way", || hanging.said().iter().any(|said| said == "DATA").then_some(()));
    daemon.kill();
    assert_eq!(hanging.taken().len(), 0);

    let server = Server::start([]).await;
    mails_to(&program, &server);
    let daemon = program.daemon(&["run"]);
    until("the mail", || (told(&server, TITLE) == 1).then_some(()));
    world.site.take_hits();
    until("another visit", || world.site.take_hits().iter().any(|hit| hit.path == LISTING).then_some(()));
    drop(daemon);
    assert_eq!(taken(&server).len(), 1, "and nothing twice: {:#?}", taken(&server));
}

#[tokio::test]
async fn the_one_possible_repeat_is_recognised_by_its_message_id() {
    let server = Server::start([]).await;
    let mut world = settled_at(server.address, |_| {}).await;
    // Takes the message and is gone before it says so: nobody can know.
    server.follow([rule(".", 1, Act::TakeAndClose)]);
    publishes(&mut world, "甲街道");
    world.days(4).await;
    let [(first, _), (second, _)] = taken(&server).try_into().expect("taken twice, and no more");
    assert_eq!(first, second);
}

/// A notice with letters of real people's names: 镕 and 喆 are in GBK, 䶮 only in GB18030, in four bytes.
const RARE: &str = "整改工作由李镕、王喆和张䶮三位同志负责,逐项对账销号,每月向区委巡察办报告一次进展。";

#[tokio::test]
async fn sixteen_of_sixteen_encodings_are_read_exactly() {
    let declarations = [
        ("header GBK", "text/html; charset=GBK", "", true),
        ("meta gbk", "text/html", "<meta charset=\"gbk\">", true),
        ("meta gb2312", "text/html", "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\">", true),
        ("header gb2312", "text/html; charset=gb2312", "", true),
        ("wrong header, meta gbk", "text/html; charset=ISO-8859-1", "<meta charset=\"gbk\">", true),
        ("nothing, GBK", "text/html", "", true),
        ("nothing, UTF-8", "text/html", "", false),
        ("meta UTF-8", "text/html", "<meta charset=\"utf-8\">", false),
    ];
    for (name, content_type, meta, is_gbk) in declarations {
        for body in [BODY.to_owned(), format!("{RARE}\n{BODY}")] {
            let html = page(TITLE, &body).replace("<meta charset=\"utf-8\">", meta);
            let bytes = if is_gbk { GB18030.encode(&html).0.into_owned() } else { html.into_bytes() };
            let mut world = World::new().await;
            world.publishes(PATH, TITLE, &body);
            world.site.answer(PATH, Served::of(content_type, bytes));
            world.hour().await;
            let notice = world.notice(PATH);
            let version = world.house.store.version(&notice.id, 1).unwrap().unwrap_or_else(|| panic!("{name}: {notice:?}"));
            let read: Vec<String> = version.document.blocks.iter().map(|block| block.text().into_owned()).collect();
            assert_eq!(read, body.lines().collect::<Vec<_>>(), "{name}");
            assert_eq!(version.document.title.as_deref(), Some(TITLE), "{name}");
        }
    }
}

#[tokio::test]
async fn awkward_answers_are_neither_edits_nor_withdrawals_nor_news_when_they_end() {
    let answers = [
        ("404", wall("<html><body>404 Not Found</body></html>").with_status(404)),
        ("412", wall("<html><head><script>$_ts=window['$_ts'];</script></head><body></body></html>").with_status(412)),
        ("200 访问频繁", wall("访问频繁,请稍后再试")),
        ("200 with nothing", wall("")),
    ];
    for (name, answer) in answers {
        let server = Server::start([]).await;
        let mut world = settled_at(server.address, |_| {}).await;
        for on_every_page in [true, false] {
            match on_every_page {
                true => world.site.instead(Some(answer.clone())),
                false => world.site.answer(PATH, answer.clone()),
            }
            world.days(2).await;
            world.site.instead(None);
            world.publishes(PATH, TITLE, BODY);
            world.days(3).await;
        }
        assert_eq!(taken(&server), [], "{name}");
        assert_eq!(world.notice(PATH).versions, 1, "{name}");
        publishes(&mut world, "甲街道");
        world.days(2).await;
        check_once(&server, &street("甲街道"), name);
    }
}

#[tokio::test]
async fn of_a_listing_with_one_new_entry_exactly_that_is_told() {
    let server = Server::start([]).await;
    let world = World::with(|config| mailing_to(server.address, config)).await;
    let streets = ["甲街道", "乙街道", "丙街道", "丁街道", "戊街道", "己街道"];
    let titles = streets.map(street);
    for (number, name) in streets.iter().enumerate() {
        world.site.put(&format!("/n/{number}.htm"), page(&titles[number], &BODY.replace("区工商联", name)));
    }
    // Five rows to the page: as one comes, the oldest falls off.
    let listing = |numbers: std::ops::Range<usize>| {
        let row =
            |number: usize| format!(r#"<li><a href="/n/{number}.htm">{}</a><span>2026-10-{:02}</span></li>"#, titles[number], 30 - number);
        format!("<html><body><ul>{}</ul></body></html>", numbers.map(row).collect::<String>())
    };
    world.site.put(LISTING, listing(1..6));
    world.hour().await;
    world.hour().await;
    world.site.put(LISTING, listing(0..5));
    world.days(5).await;
    let [(_, text)] = taken(&server).try_into().expect("one digest");
    assert!(text.contains(&titles[0]), "{text}");
    assert!(!titles[1..].iter().any(|title| text.contains(title.as_str())), "{text}");
}

#[tokio::test]
async fn what_robots_txt_disallows_is_never_asked_for() {
    let mut world = World::new().await;
    world.site.answer("/robots.txt", Served::of("text/plain", "User-agent: *\nDisallow: /\n"));
    world.publishes(PATH, TITLE, BODY);
    world.days(3).await;
    let hits = world.site.take_hits();
    assert!(!hits.is_empty() && hits.iter().all(|hit| hit.path == "/robots.txt"), "{hits:?}");
    assert_eq!(world.house.store.counts().unwrap().notices, 0);
}

#[tokio::test]
async fn of_a_sentence_of_53_characters_the_two_digits_that_changed_are_marked() {
    const BEFORE: &str = "三是走访联系企业一百余家次,收集企业各类困难和问题83个,仅解决21个,其余的正在协调有关部门抓紧推进中。";
    assert_eq!(BEFORE.chars().count(), 53);
    let server = Server::start([]).await;
    let body = |sentence: &str| format!("{BODY}\n{sentence}");
    let mut world = World::with(|config| mailing_to(server.address, config)).await;
    world.publishes(PATH, TITLE, &body(BEFORE));
    world.hour().await;
    world.publishes(PATH, TITLE, &body(&BEFORE.replace("21个", "35个")));
    world.days(2).await;
    let id = world.notice(PATH).id;
    let version = |number| world.house.store.version(&id, number).unwrap().unwrap();
    let difference = diff::compare(&version(1), &version(2).document, &version(2).notice).unwrap();
    let marked: Vec<&Piece> =
        difference.passages.iter().flat_map(|passage| &passage.pieces).filter(|piece| !matches!(piece, Piece::Same(_))).collect();
    assert_eq!(marked, [&Piece::Deleted("21".to_owned()), &Piece::Inserted("35".to_owned())]);
    assert_eq!(told(&server, "仅解决[删 21][增 35]个"), 1, "{:#?}", taken(&server));
}

#[tokio::test]
async fn a_recipient_refused_for_good_holds_up_nobody_else() {
    let server = Server::start([rule("RCPT TO:<gone@", ALWAYS, Act::Say("550 5.1.1 no such user"))]).await;
    let more =
        |config: &mut Config| config.subscribers[0].to = ["gone", "office", "third"].map(|name| format!("{name}@example.org")).to_vec();
    let mut world = settled_at(server.address, more).await;
    publishes(&mut world, "甲街道");
    world.day().await;
    let reached: Vec<Vec<String>> = server.taken().into_iter().map(|taken| taken.to).collect();
    assert_eq!(reached.concat().len(), 2, "{reached:?}");
    assert!(!reached.concat().contains(&"gone@example.org".to_owned()), "{reached:?}");
    let status = status::whole(&world.house, &world.house.setup()).unwrap();
    assert_eq!((status.digests_sent, status.digests_held, status.digests_pending), (2, 1, 0));
    assert!(status.alarms.iter().any(|alarm| alarm.contains("no such user")), "{:?}", status.alarms);
    publishes(&mut world, "乙街道");
    world.day().await;
    assert_eq!(server.taken().len(), 4, "and the next digest goes its way too");
}

#[tokio::test]
async fn a_week_without_a_mail_server_delays_and_loses_nothing_and_keeps_the_order() {
    let server = Server::start([rule("", ALWAYS, Act::Close)]).await;
    let recipients = ["office", "second"].map(|name| format!("{name}@example.org"));
    let mut world = settled_at(server.address, |config| config.subscribers[0].to = recipients.to_vec()).await;
    let streets = ["甲街道", "乙街道", "丙街道", "丁街道", "戊街道", "己街道", "庚街道"];
    for name in streets {
        publishes(&mut world, name);
        for _ in 0..4 {
            world.after(SignedDuration::from_hours(6)).await;
        }
    }
    let pending = world.house.store.counts().unwrap().pending;
    assert!(pending > 0 && server.taken().is_empty());
    let status = status::whole(&world.house, &world.house.setup()).unwrap();
    let [alarm] = status.alarms.as_slice() else { panic!("{:?}", status.alarms) };
    assert!(alarm.contains("wait to be mailed, the oldest since"), "{alarm}");
    let tried = server.connections();
    assert!(tried < 2 * 4 * 7 + 20, "it knocks, and does not hammer: {tried} connections in a week");
    server.follow([]);
    // The longest wait for the next attempt is some seven hours.
    for _ in 0..14 {
        world.after(SignedDuration::from_mins(30)).await;
    }
    assert_eq!(world.house.store.counts().unwrap().pending, 0);
    for recipient in &recipients {
        let texts: Vec<String> = server
            .taken()
            .iter()
            .filter(|taken| taken.to == [recipient.as_str()])
            .map(|taken| Part::read(&taken.mail()).parts()[0].text())
            .collect();
        let places: Vec<Vec<usize>> = streets
            .iter()
            .map(|name| texts.iter().enumerate().filter(|(_, text)| text.contains(&street(name))).map(|(place, _)| place).collect())
            .collect();
        assert!(places.iter().all(|places| places.len() == 1), "each told once to {recipient}: {places:?}");
        assert!(places.is_sorted(), "in order to {recipient}: {places:?}");
    }
    assert!(server.open_max() <= 2, "{} connections at the same time", server.open_max());
}

#[tokio::test]
async fn a_message_that_waits_holds_back_the_later_ones_of_its_recipient() {
    let server = Server::start([rule("RCPT", 1, Act::Say("451 4.7.1 come back later"))]).await;
    let mut world = settled_at(server.address, |config| config.subscribers[0].urgent = vec![Kind::Published]).await;
    publishes(&mut world, "甲街道");
    world.hour().await;
    assert_eq!(server.taken().len(), 0, "it waits");
    publishes(&mut world, "乙街道");
    world.after(SignedDuration::ZERO).await;
    let site = world.house.setup().config.sources[0].clone();
    huitoukan::flow::crawl::visit(&world.house, &world.house.setup(), &site, false).await.unwrap();
    world.after(SignedDuration::ZERO).await;
    assert_eq!(world.house.store.counts().unwrap().pending, 2);
    assert_eq!(server.taken().len(), 0, "the second could go, and stays behind the first");
    world.hour().await;
    let texts: Vec<String> = taken(&server).into_iter().map(|(_, text)| text).collect();
    assert!(texts.len() == 2 && texts[0].contains("甲街道") && texts[1].contains("乙街道"), "{texts:#?}");
    assert!(world.house.store.deliveries(9).unwrap().iter().all(|delivery| matches!(delivery.state, DeliveryState::Sent { .. })));
}

/// Headers, styles, the frame of text and HTML, title, link and context of one edited notice, in bytes.
const FRAME: usize = 5 * 1024;

#[tokio::test]
async fn a_digest_is_smaller_than_five_times_the_changed_text_and_a_frame() {
    let paragraph = |number: usize| {
        format!(
            "({number})针对第{number}项问题。整改进展情况:一是召开专题会议{number}次,研究制定整改方案和责任清单,明确牵头领导、责任部门和完成时限;二是建立走访台账,收集企业各类困难和问题{}个,逐项对账销号。(已完成)",
            number * 3
        )
    };
    let whole: Vec<String> = BODY.lines().map(str::to_owned).chain((1..=75).map(paragraph)).collect();
    assert!(whole.concat().len() > 20_000, "{}", whole.concat().len());
    for changed in [1, 10, 40] {
        let server = Server::start([]).await;
        let mut world = World::with(|config| mailing_to(server.address, config)).await;
        world.publishes(PATH, TITLE, &whole.join("\n"));
        world.hour().await;
        let edited: Vec<String> = whole
            .iter()
            .map(|line| match (1..=changed).any(|number| line.starts_with(&format!("({number})"))) {
                true => line.replace("研究制定整改方案和责任清单", "逐条研究并重新修订了整改落实方案"),
                false => line.clone(),
            })
            .collect();
        world.publishes(PATH, TITLE, &edited.join("\n"));
        world.days(2).await;
        let [mail] = server.taken().try_into().expect("one digest");
        let parts = Part::read(&mail.mail()).parts();
        let size: usize = parts.iter().map(|part| part.text().len()).sum();
        let text = changed * ("研究制定整改方案和责任清单".len() + "逐条研究并重新修订了整改落实方案".len());
        eprintln!("{changed} passages, {text} bytes of changed text: {size} bytes of text and HTML, {} as mail", mail.wire.len());
        assert!(size < 5 * text + FRAME, "{changed} passages, {text} bytes changed: a digest of {size} bytes");
    }
}
