//! Readers of what servers, operators and child processes write, and the writer of mails.

use std::fs;

use huitoukan::fetch::{Robots, robots_allow};
use huitoukan::model::{Delivery, DeliveryState, Document, Message, Unreadable};
use huitoukan::{channel, config, diff, schedule, site};

use super::{sound, words};

/// The last line is the address that is asked about.
pub fn robots(bytes: &[u8]) {
    let (rules, asked) = words::halves(bytes);
    let asked = String::from_utf8_lossy(asked);
    let address: url::Url = "https://www.example.gov.cn/".parse().expect("it is an address");
    let Ok(url) = address.join(asked.trim()) else { return };
    let allowed = robots_allow(rules, "huitoukan", &url);
    assert_eq!(allowed, robots_allow(rules, "huitoukan", &url), "asked twice");
    assert_eq!(allowed, Robots::read(rules, "huitoukan").allows(url.as_str()), "two ways to ask");
    assert!(robots_allow(b"", "huitoukan", &url), "what forbids nothing");
}

/// Subject, text and HTML of a mail, with a line of `====` between.
pub fn mail(bytes: &[u8]) {
    let (subject, rest) = words::halves(bytes);
    let (text, html) = words::halves(rest);
    let text_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let delivery = Delivery {
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        subscriber: "s".to_owned(),
        recipient: "reader@example.org".to_owned(),
        created_at: jiff::Timestamp::UNIX_EPOCH,
        message: Message { subject: text_of(subject), text: text_of(text), html: text_of(html) },
        state: DeliveryState::Sent { at: jiff::Timestamp::UNIX_EPOCH },
    };
    let sender = channel::Sender::from("回头看 <robot@example.org>");
    let mail = channel::eml(&delivery, &sender).expect("its addresses are addresses");
    assert_eq!(mail, channel::eml(&delivery, &sender).expect("its addresses are addresses"), "written twice");
    let mail = String::from_utf8(mail).expect("a mail is ASCII");
    assert!(mail.is_ascii(), "a mail is ASCII");
    let (head, _) = mail.split_once("\r\n\r\n").expect("a mail has a head");
    const FIELDS: [&str; 10] =
        ["Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "Precedence", "List-Id", "MIME-Version", "Content-Type"];
    for line in head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])) {
        let name = line.split(':').next().unwrap_or_default();
        assert!(FIELDS.contains(&name), "a header of its own: {line:?}");
    }
    for line in mail.split("\r\n") {
        assert!(line.len() <= 998 && !line.contains(['\r', '\n', '\0']), "a line that no server takes: {line:?}");
    }
    // Whoever may write a recipient or a sender: what is taken is written as it was taken.
    if let Ok(address) = channel::address(&text_of(subject)) {
        assert_eq!(channel::address(address.as_ref()), Ok(address.clone()));
    }
}

/// The folder of the operator: main file, subscribers and one source, with a line of `====` between.
pub fn config(bytes: &[u8]) {
    let folder = std::env::temp_dir().join(format!("huitoukan-fuzz-{}-{:?}", std::process::id(), std::thread::current().id()));
    let (main, rest) = words::halves(bytes);
    let (subscribers, source) = words::halves(rest);
    fs::create_dir_all(folder.join("sources")).expect("the folder of temporary files can be written");
    for (name, content) in [("huitoukan.toml", main), ("subscribers.toml", subscribers), ("sources/one.toml", source)] {
        fs::write(folder.join(name), content).expect("the folder of temporary files can be written");
    }
    let families: Vec<&str> = site::family_names().collect();
    let known = config::Known { families: &families, cron: schedule::check };
    let told = |problems: Vec<config::Problem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>();
    match (config::load(&folder, &known), config::load(&folder, &known)) {
        (Ok(one), Ok(other)) => assert_eq!(one.sources, other.sources),
        (Err(one), Err(other)) => {
            assert!(!one.is_empty(), "refused without a word");
            assert!(one.iter().all(|problem| !problem.text.trim().is_empty()), "{one:?}");
            assert_eq!(told(one), told(other), "refused twice");
        }
        _ => panic!("loaded once and refused once"),
    }
    let _ = fs::remove_dir_all(&folder);
}

/// What the child that reads files answers, should it be the file's and no longer ours.
pub fn answer(bytes: &[u8]) {
    let Ok(reply) = serde_json::from_slice::<Result<Document, Unreadable>>(bytes) else { return };
    let document = match reply {
        Ok(document) => document,
        Err(unreadable) => return assert!(!unreadable.to_string().is_empty()),
    };
    sound::understood(&document);
    assert!(document.body().len() <= document.blocks.len());
    assert_eq!(document.files().len(), document.attachments.len());
    let version = words::version(document.clone());
    assert_eq!(diff::compare(&version, &document, &version.notice), None, "an answer is unlike itself");
}
