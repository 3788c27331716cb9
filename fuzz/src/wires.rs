//! Readers of what servers, operators and child processes write, and the writer of mails.

use std::fs;
use std::sync::{Arc, LazyLock};

use huitoukan::cli::{self, Output};
use huitoukan::fetch::{Robots, robots_allow};
use huitoukan::flow::clock::Clock;
use huitoukan::flow::house::{House, Setup};
use huitoukan::model::{Change, Delivery, DeliveryState, Document, Health, Message, Tracked, Unreadable, Version};
use huitoukan::store::{Commit, Memory, Store as _};
use huitoukan::{channel, config, diff, schedule, site};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::runtime::Runtime;

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

/// What a terminal asks a daemon that has a small store, a line; then what a daemon answers to a terminal.
pub fn socket(bytes: &[u8]) {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        // Commands print from within asynchronous code.
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads can be started")
    });
    let (asked, answered) = words::halves(bytes);
    RUNTIME.block_on(async {
        let (daemon, mut terminal) = UnixStream::pair().expect("a pair of sockets");
        let asked = [asked, b"\n"].concat();
        let serving = tokio::spawn(async move { cli::serve(daemon, &house()).await.is_ok() });
        let mut frames = Vec::new();
        // The daemon may have seen enough before all is written.
        let _ = terminal.write_all(&asked).await;
        let _ = terminal.read_to_end(&mut frames).await;
        let is_served = serving.await.expect("a command broke the daemon's answer");
        assert!(!is_served || frames.ends_with(&[0]) || frames.len() >= 6 && frames[frames.len() - 6] == b'x', "no exit code");

        let (mut daemon, terminal) = UnixStream::pair().expect("a pair of sockets");
        let answered = answered.to_vec();
        tokio::spawn(async move { daemon.write_all(&answered).await });
        let mut output = Output::new(Box::new(Vec::new()), Box::new(Vec::new()), false, 80, false);
        let _ = cli::ask(terminal, vec!["status".to_owned()], &mut output).await;
    });
}

/// A house without sources and without readers, which no command leads out of.
fn house() -> Arc<House> {
    #[derive(Deserialize)]
    struct Kept {
        tracked: Vec<Tracked>,
        versions: Vec<Version>,
        changes: Vec<Change>,
        health: Health,
    }
    static CONFIG: LazyLock<config::Config> = LazyLock::new(|| {
        let folder = std::env::temp_dir().join(format!("huitoukan-fuzz-house-{}", std::process::id()));
        fs::create_dir_all(folder.join("sources")).expect("the folder of temporary files can be written");
        fs::write(folder.join("huitoukan.toml"), "contact = \"operator@example.org\"\n").expect("the folder was just made");
        let loaded = config::load(&folder, &config::Known { families: &[], cron: schedule::check });
        let _ = fs::remove_dir_all(&folder);
        loaded.unwrap_or_else(|problems| panic!("{problems:?}"))
    });
    let kept: Kept = serde_json::from_str(include_str!("../../tests/stored/0.1.0/kept.json")).expect("it was written by us");
    let store = Memory::default();
    let Kept { tracked, versions, changes, health } = kept;
    store.commit(&Commit { tracked, versions, changes, health: Some(health), snapshots: Vec::new() }).expect("memory takes it");
    let clock = Clock::virtual_from("2026-11-22T08:00:00Z".parse().expect("it is a time"));
    Arc::new(House::new(Setup::new(CONFIG.clone()).unwrap_or_else(|why| panic!("{why}")), Arc::new(store), clock))
}
