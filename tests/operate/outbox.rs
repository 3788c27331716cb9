//! The outbox while mails cannot go, and when they can again.

use std::time::Duration;

use huitoukan::channel::{Security, Server as MailServer, Settings as MailSettings};
use huitoukan::config::Config;
use huitoukan::flow::{deliver, status};
use huitoukan::model::{DeliveryState, Kind};
use jiff::SignedDuration;

use crate::program::{MAIN, Program};
use crate::smtp::{ALWAYS, Act, Rule, Server, rule};
use crate::world::{BODY, LISTING, World};
use crate::{mailing_to, path, publishes, taken, title};

async fn settled(server: &Server, recipients: &[&str], urgent: &[Kind]) -> World {
    let mut world = World::with(|config| {
        mailing_to(server.address, config);
        config.subscribers[0].to = recipients.iter().map(|name| format!("{name}@example.org")).collect();
        config.subscribers[0].urgent = urgent.to_vec();
    })
    .await;
    publishes(&mut world, "区工商联");
    world.hour().await;
    world.hour().await;
    world
}

/// A way in which a mail server can be away: what it does, and how it is met.
struct Trouble {
    name: &'static str,
    rules: Vec<Rule>,
    met: fn(&mut MailServer),
}

fn troubles() -> Vec<Trouble> {
    let does = |name, at, act| Trouble { name, rules: vec![rule(at, ALWAYS, act)], met: |_| {} };
    let meets = |name, met| Trouble { name, rules: Vec::new(), met };
    // Waited out at every attempt of a week.
    let hangs = |name, at| Trouble { met: |server| server.timeout = Duration::from_millis(40), ..does(name, at, Act::Hang) };
    vec![
        does("hung up", "", Act::Close),
        does("was busy", "", Act::Say("421 4.3.2 too busy")),
        does("did not want the sender yet", "MAIL", Act::Say("452 4.3.1 no space")),
        does("greylisted", "RCPT", Act::Say("451 4.7.1 come back later")),
        does("did not want the text yet", ".", Act::Say("451 4.3.0 wait")),
        does("hung up after the text", ".", Act::Close),
        does("talked nonsense", "EHLO", Act::Say("HTTP/1.1 400 Bad Request")),
        hangs("said nothing", ""),
        hangs("said nothing after the text", "."),
        meets("refused connections", |server| server.port = closed_port()),
        meets("broke off encryption", |server| server.security = Security::StartTls),
        meets("had no encryption", |server| (server.security, server.timeout) = (Security::Tls, Duration::from_millis(40))),
    ]
}

/// A port that nobody listens at.
fn closed_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn meet(config: &mut Config, met: fn(&mut MailServer)) {
    let MailSettings::Smtp { server, .. } = &mut config.mail else { panic!("mails go by SMTP") };
    met(server);
}

#[tokio::test]
async fn a_week_without_a_mail_server_makes_no_queue_and_afterwards_all_is_told_once_in_order() {
    for Trouble { name, rules, met } in troubles() {
        let server = Server::start([]).await;
        let recipients = ["office", "second"];
        // What is told at once would make one mail for every notice.
        let world = settled(&server, &recipients, &[Kind::Published]).await;
        server.follow(rules);
        let mut world = world.restart_with(|config| meet(config, met));
        let streets: Vec<String> = (1..=14).map(|number| format!("第{number}街道")).collect();
        let mut waiting_max = 0;
        for street in &streets {
            publishes(&mut world, street);
            world.after(SignedDuration::from_hours(12)).await;
            waiting_max = waiting_max.max(world.house.store.counts().unwrap().pending);
        }
        assert!(waiting_max <= 2 * recipients.len() as u64, "{waiting_max} messages waited when the server {name}");
        assert!(taken(&server).is_empty(), "{name}");
        server.follow([]);
        let world = world.restart_with(|config| mailing_to(server.address, config));
        for _ in 0..20 {
            world.after(SignedDuration::from_mins(60)).await;
        }
        assert_eq!(world.house.store.counts().unwrap().pending, 0, "{name}");
        for recipient in recipients {
            let mut mails = taken(&server);
            mails.retain(|(to, ..)| to.starts_with(recipient));
            // A server that hears the last dot after it was given up may take a mail without a word: it comes again as the same.
            mails.dedup_by(|one, other| one.1 == other.1);
            let mails: Vec<String> = mails.into_iter().map(|(_, _, text)| text).collect();
            let places: Vec<Vec<usize>> =
                streets.iter().map(|street| (0..mails.len()).filter(|place| mails[*place].contains(&title(street))).collect()).collect();
            assert!(places.iter().all(|places| places.len() == 1), "each once to {recipient} after it {name}: {places:?}");
            assert!(places.is_sorted(), "in order to {recipient} after it {name}: {places:?}");
            assert!(mails.len() <= 4, "{} mails tell of a week", mails.len());
        }
        assert!(server.open_max() <= 2, "{} connections at the same time", server.open_max());
    }
}

#[tokio::test]
async fn a_queue_to_many_drains_over_two_connections_at_most() {
    let server = Server::start([]).await;
    let recipients: Vec<String> = (0..40).map(|number| format!("reader{number}")).collect();
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    let mut world = settled(&server, &recipients, &[]).await;
    server.follow([rule("", ALWAYS, Act::Close)]);
    publishes(&mut world, "甲街道");
    world.days(3).await;
    assert_eq!(world.house.store.counts().unwrap().pending, 40);
    // Some of them do not get through even now, and one mail is taken without a word.
    server.follow([
        rule("RCPT TO:<reader7@", ALWAYS, Act::Say("550 5.1.1 no such user")),
        rule("RCPT TO:<reader9@", ALWAYS, Act::Say("450 4.2.0 mailbox busy")),
        rule(".", 1, Act::TakeAndClose),
    ]);
    let before = server.connections();
    for _ in 0..3 {
        world.after(SignedDuration::from_hours(7)).await;
    }
    let counts = world.house.store.counts().unwrap();
    assert_eq!((counts.sent, counts.held, counts.pending), (38, 1, 1));
    let mut mails: Vec<(String, String)> = taken(&server).into_iter().map(|(to, id, _)| (to, id)).collect();
    assert_eq!(mails.len(), 39, "the one that was taken without a word came again");
    mails.sort();
    mails.dedup();
    assert_eq!(mails.len(), 38, "under the same Message-ID");
    assert!(server.open_max() <= 2, "{} connections at the same time", server.open_max());
    assert!(server.connections() - before < 10, "{} connections for 38 mails", server.connections() - before);
}

#[tokio::test]
async fn a_mail_that_nobody_takes_is_held_in_the_end_and_said_and_goes_out_when_a_person_asks() {
    let server = Server::start([rule("RCPT TO:<full@", ALWAYS, Act::Say("452 4.2.2 mailbox full"))]).await;
    let mut world = settled(&server, &["full", "office"], &[]).await;
    publishes(&mut world, "甲街道");
    for _ in 0..13 * 4 {
        world.after(SignedDuration::from_hours(6)).await;
    }
    let counts = world.house.store.counts().unwrap();
    assert_eq!((counts.pending, counts.held, counts.sent), (1, 0, 1), "for two weeks it is tried");
    world.days(3).await;
    let counts = world.house.store.counts().unwrap();
    assert_eq!((counts.pending, counts.held, counts.sent), (0, 1, 1));
    let status = status::whole(&world.house, &world.house.setup()).unwrap();
    let [alarm] = status.alarms.as_slice() else { panic!("{:?}", status.alarms) };
    assert!(alarm.contains("is held") && alarm.contains("over 14 days") && alarm.contains("mailbox full"), "{alarm}");

    server.follow([]);
    let held = world.house.store.unsent().unwrap();
    deliver::retry(&world.house, &held).unwrap();
    world.hour().await;
    assert_eq!(taken(&server).iter().filter(|(to, _, text)| to.starts_with("full") && text.contains(&title("甲街道"))).count(), 1);
    assert_eq!(world.house.store.counts().unwrap().held, 0);
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_does_not_make_a_mail_old() {
    let server = Server::start([rule("", ALWAYS, Act::Close)]).await;
    let mut world = settled(&server, &["office"], &[]).await;
    publishes(&mut world, "甲街道");
    world.day().await;
    world.after(SignedDuration::from_hours(24 * 3650)).await;
    let counts = world.house.store.counts().unwrap();
    assert_eq!((counts.pending, counts.held), (1, 0));
}

#[tokio::test]
async fn a_next_attempt_that_a_wrong_clock_put_far_ahead_is_made_at_once() {
    let server = Server::start([]).await;
    let mut world = settled(&server, &["office"], &[]).await;
    server.follow([rule("", ALWAYS, Act::Close)]);
    publishes(&mut world, "甲街道");
    world.day().await;
    let delivery = world.house.store.deliveries(1).unwrap().remove(0);
    let ahead = world.house.clock.now() + SignedDuration::from_hours(24 * 3650);
    let far = DeliveryState::Pending { attempts: 3, not_before: ahead, trouble: None };
    world.house.store.settle(&delivery.id, &far).unwrap();
    server.follow([]);
    world.hour().await;
    assert_eq!(taken(&server).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_is_listed_tried_again_and_emptied_from_the_command_line() {
    let server = Server::start([rule("RCPT TO:<gone@", ALWAYS, Act::Say("550 5.1.1 no such user"))]).await;
    let mut world = World::new().await;
    world.publishes(&path("甲街道"), &title("甲街道"), BODY);
    let program = Program::new();
    let smtp = format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n", server.address.port());
    program.write("huitoukan.toml", &format!("{MAIN}{smtp}"));
    let listing = world.site.url(LISTING);
    program.write("sources/jia.toml", &format!("name = \"甲\"\nlisting = \"{listing}\"\nannounce_since = 2026-01-01\n"));
    let people = "[[subscriber]]\nto = [\"gone@example.org\", \"office@example.org\"]\ndigest = \"0 0 8 * * *\"\n";
    program.write("subscribers.toml", people);
    program.well(&["outbox"]).says("nothing found");
    program.well(&["check"]);
    program.run(&["digest", "--send"]).ends(3);
    let listed = program.run(&["outbox"]).ends(3).prints("搁置").prints("gone@example.org").prints("no such user");
    assert!(!listed.out.contains("office@"), "{listed:?}");
    let mail = program.run(&["outbox", "--json"]).ends(3).json();
    assert_eq!((mail["state"].as_str(), mail["recipient"].as_str()), (Some("held"), Some("gone@example.org")));
    let id = &mail["id"].as_str().unwrap()[..8].to_owned();
    program.run(&["outbox", "retry", "zzzz"]).ends(1).says("no mail that waits or is held is named zzzz");
    program.run(&["outbox", "retry"]).ends(2);
    program.run(&["outbox", "retry", id]).ends(3).says("搁置 1");
    program.well(&["outbox", "drop", id]).says("已撤下 1 封");
    program.well(&["outbox"]).says("nothing found");
    let status = program.well(&["status", "--json"]).json();
    assert_eq!((status["digests_sent"].as_u64(), status["digests_dropped"].as_u64()), (Some(1), Some(1)));
    program.well(&["verify"]);
    assert_eq!(server.taken().len(), 1);
}
