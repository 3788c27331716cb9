//! Deliveries over real conversations: what the mail server took, and what became of the rest.

#[path = "support/mime.rs"]
mod mime;
#[path = "support/smtp.rs"]
#[allow(dead_code)]
mod smtp;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use huitoukan::channel::{Channel, Secret, Security, SendError, Sender, Server as MailServer, Settings, eml};
use huitoukan::model::{Delivery, DeliveryState, Message};
use jiff::Timestamp;
use mime::Part;
use smtp::{ALWAYS, Act, Rule, Server, rule};
use tokio::task::JoinSet;

const ID: &str = "0123456789abcdef0123456789abcdef";

fn now() -> Timestamp {
    "2026-11-22T00:00:05Z".parse().unwrap()
}

fn delivery(recipient: &str) -> Delivery {
    Delivery {
        id: ID.into(),
        subscriber: "office".into(),
        recipient: recipient.into(),
        created_at: "2026-11-22T00:00:00Z".parse().unwrap(),
        message: Message {
            subject: "【回头看】新增1 修改1 撤下1 到期1 · 11月22日".into(),
            text: "新增\n1  关于巡察整改进展情况的通报\n".into(),
            html: "<p>新增</p>\n".into(),
        },
        state: DeliveryState::Pending { attempts: 0, not_before: now(), trouble: None },
    }
}

fn sender() -> Sender {
    Sender {
        mailbox: "回头看 <robot@example.org>".into(),
        reply_to: Some("office@example.org".into()),
        unsubscribe: Some("stop@example.org".into()),
        dkim: None,
    }
}

/// Long enough never to pass where the server answers.
const PATIENT: Duration = Duration::from_secs(30);
/// Short enough to wait out where it does not.
const HASTY: Duration = Duration::from_millis(150);

fn settings(address: SocketAddr, timeout: Duration) -> MailServer {
    MailServer { host: address.ip().to_string(), port: address.port(), security: Security::None, authority: None, login: None, timeout }
}

fn channel(server: MailServer) -> Channel {
    Channel::new(&Settings::Smtp { server: Box::new(server), from: sender() }).unwrap()
}

async fn send(channel: &Channel, recipient: &str) -> Result<(), SendError> {
    channel.send(&delivery(recipient), now()).await
}

/// The delivery stays owed, and the reason says so in these words.
#[track_caller]
fn later(result: Result<(), SendError>, words: &str) {
    assert!(matches!(&result, Err(SendError::Later(why)) if why.contains(words)), "{result:?}\nlacks {words}");
}

#[track_caller]
fn never(result: Result<(), SendError>, words: &str) {
    assert!(matches!(&result, Err(SendError::Never(why)) if why.contains(words)), "{result:?}\nlacks {words}");
}

/// A mail is one whose lines end in CRLF, hold at most 998 bytes, and nothing but ASCII.
#[track_caller]
fn well_formed(mail: &[u8]) {
    let text = std::str::from_utf8(mail).unwrap();
    assert!(mail.is_ascii(), "{text}");
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n', '\0']), "bare CR or LF: {text:?}");
    assert!(text.split("\r\n").all(|line| line.len() <= 998), "a line of more than 998 bytes");
}

const HEADERS: [&str; 12] = [
    "Message-ID",
    "Date",
    "From",
    "To",
    "Subject",
    "Auto-Submitted",
    "Precedence",
    "List-Id",
    "Reply-To",
    "List-Unsubscribe",
    "MIME-Version",
    "Content-Type",
];

#[tokio::test]
async fn a_digest_arrives_as_it_was_written_with_the_headers_a_robot_owes() {
    let server = Server::start([]).await;
    send(&channel(settings(server.address, PATIENT)), "office@example.org").await.unwrap();
    let [taken] = server.taken().try_into().unwrap();
    assert_eq!((taken.from.as_str(), taken.to.as_slice()), ("robot@example.org", ["office@example.org".to_owned()].as_slice()));
    well_formed(&taken.mail());
    let mail = Part::read(&taken.mail());
    assert_eq!(mail.names(), HEADERS);
    for (name, value) in [
        ("Message-ID", format!("<{ID}@example.org>").as_str()),
        ("Date", "Sun, 22 Nov 2026 00:00:00 +0000"),
        ("From", "回头看 <robot@example.org>"),
        ("To", "office@example.org"),
        ("Subject", "【回头看】新增1 修改1 撤下1 到期1 · 11月22日"),
        ("Auto-Submitted", "auto-generated"),
        ("Precedence", "bulk"),
        ("List-Id", "<huitoukan.example.org>"),
        ("Reply-To", "office@example.org"),
        ("List-Unsubscribe", "<mailto:stop@example.org?subject=unsubscribe>"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(mail.header(name), value, "{name}");
    }
    let [text, html] = mail.parts().try_into().unwrap();
    assert_eq!((text.header("Content-Type"), html.header("Content-Type")), ("text/plain; charset=utf-8", "text/html; charset=utf-8"));
    assert_eq!(text.text(), "新增\n1  关于巡察整改进展情况的通报");
    assert_eq!(html.text(), "<p>新增</p>");
}

#[tokio::test]
async fn the_same_delivery_is_the_same_mail_every_time() {
    let server = Server::start([]).await;
    let channel = channel(settings(server.address, PATIENT));
    send(&channel, "office@example.org").await.unwrap();
    send(&channel, "office@example.org").await.unwrap();
    let [first, second] = server.taken().try_into().unwrap();
    assert_eq!(first.wire, second.wire);
    assert_eq!(first.mail(), [eml(&delivery("office@example.org"), &sender()).unwrap().as_slice(), b"\r\n"].concat());
}

#[tokio::test]
async fn a_queue_goes_over_one_connection() {
    let server = Server::start([]).await;
    let channel = Arc::new(channel(settings(server.address, PATIENT)));
    let mut sends = JoinSet::new();
    for n in 0..10 {
        let channel = Arc::clone(&channel);
        sends.spawn(async move { send(&channel, &format!("reader{n}@example.org")).await });
    }
    while let Some(sent) = sends.join_next().await {
        sent.unwrap().unwrap();
    }
    assert_eq!((server.taken().len(), server.connections(), server.open_max()), (10, 1, 1));
    channel.close().await;
    assert_eq!(server.said().last().map(String::as_str), Some("QUIT"));
}

#[tokio::test]
async fn a_connection_that_the_server_dropped_meanwhile_is_opened_again() {
    let server = Server::start([]).await;
    let channel = channel(settings(server.address, PATIENT));
    send(&channel, "a@example.org").await.unwrap();
    server.follow([rule("NOOP", 1, Act::Close)]);
    send(&channel, "b@example.org").await.unwrap();
    assert_eq!((server.taken().len(), server.connections()), (2, 2));
}

#[tokio::test]
async fn nobody_listening_means_later() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    later(send(&channel(settings(address, PATIENT)), "a@example.org").await, "cannot be reached");
}

/// One delivery to a server with this script.
async fn against(rules: impl IntoIterator<Item = Rule>, timeout: Duration) -> (Result<(), SendError>, Server) {
    let server = Server::start(rules).await;
    let sent = send(&channel(settings(server.address, timeout)), "a@example.org").await;
    (sent, server)
}

#[tokio::test]
async fn what_may_pass_is_tried_again_later() {
    for (at, answer) in [
        ("", "421 4.3.2 too busy"),
        ("", "554 5.7.1 your network is not welcome"),
        ("EHLO", "550 5.7.1 no"),
        ("MAIL", "452 4.3.1 disk full"),
        ("RCPT", "450 4.2.0 mailbox busy"),
        ("DATA", "451 4.3.0 wait"),
        (".", "421 4.3.2 going down"),
        (".", "451 4.7.1 greylisted"),
        ("MAIL", "530 5.7.0 authentication required"),
    ] {
        let (sent, server) = against([rule(at, ALWAYS, Act::Say(answer))], PATIENT).await;
        later(sent, &answer[4..]);
        assert!(server.taken().is_empty(), "{at:?} {answer}");
    }
}

#[tokio::test]
async fn what_is_refused_for_good_needs_a_person() {
    for (at, answer) in [
        ("MAIL", "550 5.1.8 bad sender"),
        ("RCPT", "550 5.1.1 no such user"),
        ("DATA", "554 5.6.0 no"),
        (".", "554 5.7.1 looks like spam"),
        (".", "552 5.3.4 too large"),
    ] {
        let (sent, server) = against([rule(at, ALWAYS, Act::Say(answer))], PATIENT).await;
        never(sent, &answer[4..]);
        assert!(server.taken().is_empty(), "{at:?} {answer}");
    }
}

#[tokio::test]
async fn a_greylisted_delivery_goes_out_at_the_next_attempt() {
    let (sent, server) = against([rule("RCPT", 1, Act::Say("451 4.7.1 greylisted, come back"))], PATIENT).await;
    later(sent, "greylisted, come back");
    send(&channel(settings(server.address, PATIENT)), "a@example.org").await.unwrap();
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test]
async fn one_refused_recipient_holds_nobody_else_up() {
    let server = Server::start([rule("RCPT TO:<gone@example.org>", ALWAYS, Act::Say("550 5.1.1 no such user"))]).await;
    let channel = channel(settings(server.address, PATIENT));
    send(&channel, "first@example.org").await.unwrap();
    never(send(&channel, "gone@example.org").await, "no such user");
    send(&channel, "last@example.org").await.unwrap();
    let to: Vec<String> = server.taken().into_iter().flat_map(|taken| taken.to).collect();
    assert_eq!(to, ["first@example.org", "last@example.org"]);
}

#[tokio::test]
async fn a_server_that_hangs_or_hangs_up_is_tried_again_later() {
    for at in ["", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        let (sent, server) = against([rule(at, ALWAYS, Act::Hang)], HASTY).await;
        later(sent, "");
        assert!(server.taken().is_empty(), "hangs at {at:?}");
        let (sent, server) = against([rule(at, ALWAYS, Act::Close)], PATIENT).await;
        later(sent, "");
        assert!(server.taken().is_empty(), "closes at {at:?}");
    }
}

#[tokio::test]
async fn a_server_that_talks_nonsense_is_tried_again_later() {
    for at in ["", "EHLO", "RCPT", "."] {
        let (sent, _server) = against([rule(at, ALWAYS, Act::Say("HTTP/1.1 400 Bad Request"))], PATIENT).await;
        later(sent, "");
    }
}

#[tokio::test]
async fn a_mail_taken_without_a_word_comes_again_under_the_same_message_id() {
    let (sent, server) = against([rule(".", 1, Act::TakeAndClose)], PATIENT).await;
    later(sent, "");
    send(&channel(settings(server.address, PATIENT)), "a@example.org").await.unwrap();
    let ids: Vec<String> = server.taken().iter().map(|taken| Part::read(&taken.mail()).header("Message-ID").to_owned()).collect();
    assert_eq!(ids, [format!("<{ID}@example.org>"), format!("<{ID}@example.org>")]);
}

#[tokio::test]
async fn a_refused_login_holds_everything_back_and_says_why_but_not_the_password() {
    let server = Server::start([rule("AUTH", ALWAYS, Act::Say("535 5.7.8 bad credentials"))]).await;
    let login = Some(("robot".to_owned(), Secret::new("s3cret")));
    let channel = channel(MailServer { login: login.clone(), ..settings(server.address, PATIENT) });
    let refused = send(&channel, "a@example.org").await;
    assert!(!format!("{refused:?}").contains("s3cret"));
    later(refused, "refused user or password: permanent error (535): 5.7.8 bad credentials");
    server.follow([]);
    send(&channel, "a@example.org").await.unwrap();
    let plain = "AUTH PLAIN AHJvYm90AHMzY3JldA==";
    assert_eq!(server.said().iter().filter(|line| *line == plain).count(), 2, "{:?}", server.said());
}

#[tokio::test]
async fn encryption_that_fails_is_never_done_without() {
    let server = Server::start([]).await;
    let login = Some(("robot".to_owned(), Secret::new("s3cret")));
    for security in [Security::StartTls, Security::Tls] {
        let channel = channel(MailServer { security, login: login.clone(), ..settings(server.address, HASTY) });
        later(send(&channel, "a@example.org").await, "");
    }
    let not_offered = Server::start([rule("EHLO", ALWAYS, Act::Say("250 mail.example.org"))]).await;
    let channel = channel(MailServer { security: Security::StartTls, login, ..settings(not_offered.address, PATIENT) });
    later(send(&channel, "a@example.org").await, "STARTTLS is not supported");
    let said = [server.said(), not_offered.said()].concat();
    assert!(server.taken().is_empty() && not_offered.taken().is_empty());
    assert!(!said.iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{said:?}");
}

#[tokio::test]
async fn hostile_titles_and_names_make_no_headers_and_no_recipients() {
    let server = Server::start([]).await;
    let hostile = [
        "通报\r\nBcc: all@example.org\r\n\r\nbody",
        "通报\nX-Injected: 1",
        "x\r\n.\r\nMAIL FROM:<evil@example.org>",
        "a\u{0}b\u{7f}c\u{85}d\u{2028}e",
        "fdp.\u{202e}exe\u{2066}",
        "=?utf-8?B?QmNjOiBhbGxAZXhhbXBsZS5vcmc=?=",
        "",
        &"整改".repeat(3000),
        &"A".repeat(5000),
        &"a ".repeat(5000),
        "😀👨‍👩‍👧‍👦 e\u{301}",
    ];
    for subject in hostile {
        let mut delivery = delivery("office@example.org");
        delivery.message.subject = subject.to_owned();
        let from = Sender { mailbox: format!("{} <robot@example.org>", subject.replace(['<', '>'], "")), ..sender() };
        let channel = Channel::new(&Settings::Smtp { server: Box::new(settings(server.address, PATIENT)), from }).unwrap();
        channel.send(&delivery, now()).await.unwrap();
        let taken = server.taken().pop().unwrap();
        well_formed(&taken.mail());
        let mail = Part::read(&taken.mail());
        assert_eq!(mail.names(), HEADERS, "{subject:?}");
        assert_eq!((taken.from.as_str(), taken.to.as_slice()), ("robot@example.org", ["office@example.org".to_owned()].as_slice()));
        assert!(
            !mail.header("Subject").contains(|c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        );
        assert!(mail.header("Subject").chars().count() <= 201, "{subject:?}");
        assert!(
            mail.header("From").ends_with("<robot@example.org>") || mail.header("From") == "robot@example.org",
            "{:?}",
            mail.header("From")
        );
    }
    assert_eq!(server.taken().len(), hostile.len());
}

#[tokio::test]
async fn a_body_of_dots_and_odd_line_ends_arrives_whole() {
    let server = Server::start([]).await;
    let channel = channel(settings(server.address, PATIENT));
    for (text, arrives) in [
        (".\n..\n.\r\n.leading\nend.", ".\n..\n.\n.leading\nend."),
        ("a\rb\r\nc\nd", "a\nb\nc\nd"),
        ("x\r\n.\r\nQUIT\r\n", "x\n.\nQUIT"),
        ("nul\u{0} bell\u{7} tab\t.", "nul bell tab\t."),
        (&"long ".repeat(2000), "long ".repeat(2000).trim_end()),
        (&"整".repeat(4000), &"整".repeat(4000)),
        (&format!("--=_{ID}--\n"), &format!("--=_{ID}--")),
    ] {
        let mut delivery = delivery("office@example.org");
        delivery.message.text = text.to_owned();
        delivery.message.html = format!("<pre>{text}</pre>");
        channel.send(&delivery, now()).await.unwrap();
        let taken = server.taken().pop().unwrap();
        well_formed(&taken.mail());
        assert!(taken.wire.split(|byte| *byte == b'\n').all(|line| line != b".\r"), "a lone dot ends a message");
        let parts = Part::read(&taken.mail()).parts();
        assert_eq!((parts.len(), parts[0].text().as_str()), (2, arrives));
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_held_without_a_word_to_the_server() {
    let server = Server::start([]).await;
    let channel = channel(settings(server.address, PATIENT));
    for wrong in ["office", "a@b\r\nRCPT TO:<c@example.org>", "a@example.org, b@example.org", "<a@example.org>", ""] {
        never(send(&channel, wrong).await, "is no mail address");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn an_address_beyond_ascii_is_held_where_the_server_cannot_carry_it() {
    let (_, server) = against([], PATIENT).await;
    never(send(&channel(settings(server.address, PATIENT)), "用户@example.org").await, "SMTPUTF8");
}

/// An RSA key in PEM (PKCS #1), fresh from openssl.
#[cfg(feature = "dkim")]
fn signing_key() -> Option<String> {
    match std::process::Command::new("openssl").args(["genrsa", "-traditional", "2048"]).output() {
        Ok(output) if output.status.success() => Some(String::from_utf8(output.stdout).unwrap()),
        _ => skipped("openssl is not installed"),
    }
}

#[cfg(feature = "dkim")]
#[tokio::test]
async fn a_mail_is_signed_where_a_key_is_given() {
    use huitoukan::channel::Dkim;
    let Some(key) = signing_key() else { return };
    let dkim = |key: &str| Some(Dkim { selector: "huitoukan".into(), domain: "example.org".into(), key: Secret::new(key) });
    let channel = Channel::new(&Settings::Memory { from: Sender { dkim: dkim(&key), ..sender() } }).unwrap();
    channel.send(&delivery("a@example.org"), now()).await.unwrap();
    let mail = channel.kept().remove(0).mail;
    well_formed(&mail);
    let mail = Part::read(&mail);
    let signature = mail.header("DKIM-Signature");
    for tag in ["d=example.org", "s=huitoukan", "a=rsa-sha256", "b="] {
        assert!(signature.contains(tag), "{signature}");
    }
    let problem = Channel::new(&Settings::Memory { from: Sender { dkim: dkim("nonsense"), ..sender() } }).err().unwrap();
    assert!(problem.contains("RSA key in PEM"), "{problem}");
}

#[test]
fn a_channel_that_cannot_work_is_refused_at_once() {
    for (mailbox, words) in [("", "is no mailbox"), ("robot", "is no mailbox"), ("回头看 <robot>", "is no mailbox")] {
        let problem = Channel::new(&Settings::Memory { from: mailbox.into() }).err().unwrap();
        assert!(problem.contains(words), "{problem}");
    }
    let server =
        MailServer { authority: Some(b"nonsense".to_vec()), security: Security::Tls, ..settings(([127, 0, 0, 1], 1).into(), PATIENT) };
    assert!(Channel::new(&Settings::Smtp { server: Box::new(server), from: sender() }).is_err());
}

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("huitoukan-mail-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn files(&self) -> Vec<String> {
        let mut names: Vec<_> =
            std::fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_folder_holds_each_mail_once_beside_its_page() {
    let folder = Folder::new("once");
    let channel = Channel::new(&Settings::Folder { path: folder.0.clone(), from: sender() }).unwrap();
    for _ in 0..2 {
        channel.send(&delivery("office@example.org"), now()).await.unwrap();
    }
    let stem = "20261122-000000-office@example.org-01234567";
    assert_eq!(folder.files(), [format!("{stem}.eml"), format!("{stem}.html")]);
    let mail = std::fs::read(folder.0.join(format!("{stem}.eml"))).unwrap();
    well_formed(&mail);
    assert_eq!(Part::read(&mail).header("Message-ID"), format!("<{ID}@example.org>"));
    assert_eq!(std::fs::read_to_string(folder.0.join(format!("{stem}.html"))).unwrap(), "<p>新增</p>\n");
}

#[tokio::test]
async fn no_recipient_leads_out_of_the_folder() {
    let folder = Folder::new("inside");
    let channel = Channel::new(&Settings::Folder { path: folder.0.join("outbox"), from: sender() }).unwrap();
    let strange = "\"../../x\"@example.org";
    let result = channel.send(&delivery(strange), now()).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(folder.files(), ["outbox"]);
    assert!(
        std::fs::read_dir(folder.0.join("outbox")).unwrap().all(|entry| entry
            .unwrap()
            .file_name()
            .to_str()
            .unwrap()
            .starts_with("20261122-000000-"))
    );
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_means_later() {
    let folder = Folder::new("blocked");
    std::fs::write(&folder.0, "a file where the folder should be").unwrap();
    let channel = Channel::new(&Settings::Folder { path: folder.0.clone(), from: sender() }).unwrap();
    later(channel.send(&delivery("office@example.org"), now()).await, "cannot write the mail to");
    std::fs::remove_file(&folder.0).unwrap();
}

#[tokio::test]
async fn memory_keeps_what_it_was_given() {
    let channel = Channel::new(&Settings::Memory { from: "robot@example.org".into() }).unwrap();
    channel.send(&delivery("a@example.org"), now()).await.unwrap();
    never(channel.send(&delivery("nobody"), now()).await, "is no mail address");
    let [kept] = channel.kept().try_into().unwrap();
    assert_eq!((kept.delivery.recipient.as_str(), kept.at), ("a@example.org", now()));
    let names = Part::read(&kept.mail);
    assert!(!names.names().contains(&"List-Unsubscribe") && !names.names().contains(&"Reply-To"));
}

/// aiosmtpd, where it is installed; `None` says so aloud, or fails where `HUITOUKAN_TEST_ALL` is set.
struct Aiosmtpd {
    process: std::process::Child,
    lines: std::io::Lines<std::io::BufReader<std::process::ChildStdout>>,
    address: SocketAddr,
}

impl Aiosmtpd {
    #[track_caller]
    fn start(arguments: &[&std::path::Path]) -> Option<Self> {
        use std::io::BufRead;
        use std::process::{Command, Stdio};
        let pythons = [std::env::var("HUITOUKAN_TEST_PYTHON").ok(), Some("target/venv/bin/python".into()), Some("python3".into())];
        let has_it = |python: &String| {
            Command::new(python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
        };
        let Some(python) = pythons.into_iter().flatten().find(has_it) else {
            return skipped("aiosmtpd is not installed; `pip install -r tests/requirements.txt`");
        };
        let mut command = Command::new(python);
        command.arg("tests/support/aiosmtpd_server.py").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut lines = std::io::BufReader::new(process.stdout.take().unwrap()).lines();
        let port: u16 = lines.next().unwrap().unwrap().parse().unwrap();
        Some(Self { process, lines, address: ([127, 0, 0, 1], port).into() })
    }

    fn taken(&mut self) -> serde_json::Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }
}

impl Drop for Aiosmtpd {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn skipped<T>(why: &str) -> Option<T> {
    assert!(std::env::var_os("HUITOUKAN_TEST_ALL").is_none(), "{why}");
    eprintln!("SKIPPED: {why}");
    None
}

#[tokio::test]
async fn a_server_by_other_people_takes_the_same_mail() {
    let Some(mut server) = Aiosmtpd::start(&[]) else { return };
    let channel = channel(settings(server.address, PATIENT));
    let mut dotted = delivery("office@example.org");
    dotted.message.text = ".\n..\n.leading\nx\r\n.\r\nQUIT\r\n".into();
    for delivery in [delivery("office@example.org"), dotted] {
        channel.send(&delivery, now()).await.unwrap();
        let taken = server.taken();
        assert_eq!(
            (taken["from"].as_str(), taken["to"][0].as_str(), taken["to"].as_array().unwrap().len()),
            (Some("robot@example.org"), Some("office@example.org"), 1)
        );
        let mail = taken["mail"].as_str().unwrap();
        assert_eq!(mail.trim_end(), std::str::from_utf8(&eml(&delivery, &sender()).unwrap()).unwrap().trim_end());
        assert_eq!(Part::read(mail.as_bytes()).names(), HEADERS);
    }
    channel.close().await;
}

/// A certificate for 127.0.0.1 and its key, fresh from openssl.
fn certificate(folder: &Folder) -> Option<(PathBuf, PathBuf)> {
    std::fs::create_dir_all(&folder.0).unwrap();
    let (certificate, key) = (folder.0.join("certificate.pem"), folder.0.join("key.pem"));
    let words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE";
    let mut openssl = std::process::Command::new("openssl");
    openssl.args(words.split(' ')).arg("-keyout").arg(&key).arg("-out").arg(&certificate).stderr(std::process::Stdio::null());
    match openssl.status() {
        Ok(status) if status.success() => Some((certificate, key)),
        _ => skipped("openssl is not installed"),
    }
}

#[tokio::test]
async fn a_server_by_other_people_is_spoken_to_encrypted_and_only_if_its_certificate_is_right() {
    let folder = Folder::new("aiosmtpd");
    let Some((certificate, key)) = certificate(&folder) else { return };
    let Some(mut server) = Aiosmtpd::start(&[&certificate, &key]) else { return };
    let login = |password: &str| Some(("robot".to_owned(), Secret::new(password)));
    let encrypted = MailServer { security: Security::StartTls, login: login("s3cret"), ..settings(server.address, PATIENT) };
    let trusted = MailServer { authority: Some(std::fs::read(&certificate).unwrap()), ..encrypted.clone() };

    later(send(&channel(encrypted), "a@example.org").await, "did not begin encryption (STARTTLS)");
    later(send(&channel(MailServer { login: login("wrong"), ..trusted.clone() }), "a@example.org").await, "refused user or password");
    send(&channel(trusted), "a@example.org").await.unwrap();
    let taken = server.taken();
    assert_eq!((taken["encrypted"].as_bool(), taken["to"][0].as_str()), (Some(true), Some("a@example.org")));
}
