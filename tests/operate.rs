//! A house in daily work: the outbox while mails cannot go, what hosts were asked, clocks that stand wrong, many bad sites at
//! once, and a whole month.

#[path = "support/badserver.rs"]
#[allow(dead_code)]
mod badserver;
#[path = "operate/bombs.rs"]
mod bombs;
#[path = "operate/clocks.rs"]
mod clocks;
#[path = "operate/crowd.rs"]
mod crowd;
#[path = "operate/disk.rs"]
mod disk;
#[path = "operate/guests.rs"]
mod guests;
#[path = "support/http_tls.rs"]
#[allow(dead_code)]
mod http_tls;
#[path = "operate/impact.rs"]
mod impact;
#[path = "support/mime.rs"]
#[allow(dead_code)]
mod mime;
#[path = "operate/month.rs"]
mod month;
#[path = "operate/outbox.rs"]
mod outbox;
#[path = "operate/private.rs"]
mod private;
#[path = "support/program.rs"]
#[allow(dead_code)]
mod program;
#[path = "operate/rebinding.rs"]
mod rebinding;
#[path = "support/smtp.rs"]
#[allow(dead_code)]
mod smtp;
#[path = "support/world.rs"]
#[allow(dead_code)]
mod world;

use std::net::SocketAddr;
use std::time::Duration;

use huitoukan::channel::{Security, Sender, Server as MailServer, Settings};
use huitoukan::config::Config;
use huitoukan::model::Kind;
use mime::Part;
use world::{BODY, World};

/// Mails go to this address, and tell of notices only.
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

fn title(body: &str) -> String {
    format!("{body}关于巡察整改情况的通报")
}

fn path(body: &str) -> String {
    let letters: String = body.chars().map(|letter| format!("{:x}", letter as u32)).collect();
    format!("/n/t20261101_{letters}.htm")
}

fn publishes(world: &mut World, body: &str) {
    world.publishes(&path(body), &title(body), &BODY.replace("区工商联", body));
}

/// Recipient, Message-ID and plain text of what a mail server took, in order.
fn taken(server: &smtp::Server) -> Vec<(String, String, String)> {
    let read = |mail: &smtp::Taken| {
        let part = Part::read(&mail.mail());
        (mail.to.join(","), part.header("Message-ID").to_owned(), part.parts()[0].text())
    };
    server.taken().iter().map(read).collect()
}
