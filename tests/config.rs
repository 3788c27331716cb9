//! A folder of configuration: what is loaded, and what is said about mistakes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use huitoukan::channel::{Security, Settings};
use huitoukan::config::{self, Config, Known, Log, PerAddress, Problem};
use huitoukan::model::{Keep, Kind, RobotsRule, Tls};
use huitoukan::schedule;

const KNOWN: Known<'_> = Known { families: &["trs", "jpage", "vsb"], cron: schedule::check };

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = Self(std::env::temp_dir().join(format!("huitoukan-config-{}-{number}", std::process::id())));
        fs::create_dir_all(folder.0.join("sources")).unwrap();
        files.iter().for_each(|(name, text)| folder.write(name, text));
        folder
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("it lies in the folder")).unwrap();
        fs::write(path, text).unwrap();
    }

    #[track_caller]
    fn load(&self) -> Config {
        config::load(&self.0, &KNOWN).unwrap_or_else(|problems| panic!("{}", read_aloud(&problems)))
    }

    #[track_caller]
    fn problems(&self) -> Vec<Problem> {
        config::load(&self.0, &KNOWN).expect_err("the folder has a problem")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read_aloud(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

const CONTACT: &str = "contact = \"office@example.org\"\n";
const SOURCE: &str = "name = \"公告栏\"\nlisting = \"https://www.example.org/ggl/\"\n";

/// One problem in the main file, said with these words, in this line.
#[track_caller]
fn main_file(text: &str, line: usize, words: &str) {
    one_problem(&[("huitoukan.toml", text)], "huitoukan.toml", line, words);
}

#[track_caller]
fn source_file(text: &str, line: usize, words: &str) {
    one_problem(&[("huitoukan.toml", CONTACT), ("sources/a.toml", text)], "sources/a.toml", line, words);
}

#[track_caller]
fn subscribers_file(text: &str, line: usize, words: &str) {
    one_problem(&[("huitoukan.toml", CONTACT), ("sources/abc.toml", SOURCE), ("subscribers.toml", text)], "subscribers.toml", line, words);
}

#[track_caller]
fn one_problem(files: &[(&str, &str)], file: &str, line: usize, words: &str) {
    let problems = Folder::new(files).problems();
    let [problem] = problems.as_slice() else { panic!("not one problem:\n{}", read_aloud(&problems)) };
    assert!(problem.file.ends_with(file), "{problem}");
    assert_eq!(problem.line, Some(line), "{problem}");
    assert!(problem.text.contains(words), "{problem}\nlacks {words}");
}

#[test]
fn a_contact_is_all_that_must_be_said() {
    let folder = Folder::new(&[("huitoukan.toml", CONTACT)]);
    let config = folder.load();
    assert_eq!(config.zone, "Asia/Shanghai");
    assert_eq!(config.store, folder.0.join("store"));
    assert_eq!((config.pause_ms, config.hosts_max, config.log), (2000, 8, Log::Text));
    assert_eq!(config.fetch.timeout, Duration::from_secs(60));
    assert_eq!((config.fetch.body_bytes_max, config.fetch.attempts_max), (20 * 1024 * 1024, 3));
    let Settings::Folder { path, from } = config.mail else { panic!("mail is laid into a folder until there is a server") };
    assert_eq!((path, from.mailbox.as_str()), (folder.0.join("outbox"), "huitoukan@localhost"));
    assert!(config.sources.is_empty() && config.subscribers.is_empty());
}

#[test]
fn every_key_of_the_main_file_arrives() {
    let folder = Folder::new(&[
        (
            "huitoukan.toml",
            r#"
contact = "https://example.org/about"
zone = "Europe/Berlin"
store = "/var/lib/huitoukan"
visit = "0 0 9 * * *"
pause = "1500ms"
hosts_max = 2
log = "json"
purpose = "研究"
[keep]
snapshots = "2 years"
versions = "18 months"
withdrawn = "90 days"
messages = "2w"
impact = "forever"
at = "0 0 4 * * *"
[fetch]
timeout = "1 min 30s"
body_max = "500 KiB"
attempts_max = 1
allow_private = ["10.1.0.0/16", "fd00::/8"]
per_address = { pause = "3s", at_once = 4 }
[mail]
hold_after = "30 days"
from = "回头看 <robot@example.org>"
reply_to = "office@example.org"
unsubscribe = "stop@example.org"
[mail.smtp]
host = "mail.example.org"
security = "tls"
user = "robot"
password_file = "password"
timeout = "20s"
"#,
        ),
        ("password", "s3cret\n"),
    ]);
    let config = folder.load();
    assert_eq!((config.zone.as_str(), config.store.as_path()), ("Europe/Berlin", Path::new("/var/lib/huitoukan")));
    assert_eq!((config.visit.as_str(), config.pause_ms, config.hosts_max, config.log), ("0 0 9 * * *", 1500, 2, Log::Json));
    assert_eq!(config.fetch.contact, "https://example.org/about");
    assert_eq!((config.fetch.timeout, config.fetch.body_bytes_max, config.fetch.attempts_max), (Duration::from_secs(90), 512_000, 1));
    assert_eq!(config.fetch.allow_private, ["10.1.0.0/16", "fd00::/8"]);
    assert_eq!(config.per_address, PerAddress { pause_ms: Some(3_000), at_once: Some(4) });
    assert_eq!(config.hold_after_s, 30 * 24 * 3600);
    let notices = Keep { snapshots_days: Some(2 * 366), versions_days: Some(18 * 31), withdrawn_days: Some(90) };
    let keep = config::Keep { notices, messages_days: Some(14), impact_days: None, at: "0 0 4 * * *".to_owned() };
    assert_eq!((config.keep.clone(), config.purpose.as_deref()), (keep, Some("研究")));
    let Settings::Smtp { server, from } = &config.mail else { panic!("a server is set") };
    assert_eq!((from.reply_to.as_deref(), from.unsubscribe.as_deref()), (Some("office@example.org"), Some("stop@example.org")));
    assert_eq!((server.host.as_str(), server.port, server.security), ("mail.example.org", 465, Security::Tls));
    assert_eq!(server.timeout, Duration::from_secs(20));
    let (user, password) = server.login.clone().unwrap();
    assert_eq!((user.as_str(), password.reveal()), ("robot", "s3cret"));
    assert_eq!(config.also, [folder.0.join("password")]);
    assert!(!format!("{config:?}").contains("s3cret"), "a password must not show in debug output");
}

#[test]
fn every_key_of_a_source_arrives() {
    let source = r##"
name = "公告栏"
listing = "https://www.qzlc.gov.cn/zwgk/qzbm/jyj/ggl/"
region = "福建/泉州/鲤城"
sector = "工商联"
family = "trs"
visit = "0 0 9 * * Mon"
zone = "UTC"
depth = 5
announce_since = 2026-01-31
pause = "5s"
follow = ["static.example.org"]
proxy = "socks5://10.0.0.1:1080"
tls = { pin = "AB:01:23456789abcdef0123456789abcdef0123456789abcdef0123456789abcd" }
robots = { ignore = "agreed with the office on 2026-03-01" }
render = "browser"
purpose = "工商联如何整改"
[keep]
snapshots = "91 days"
withdrawn = "forever"
[json]
rows = "data.list"
url = "/detail?id={id}"
request = "page={page}"
first = 0
[rules]
rows = "ul.list > li"
body = "#zoom"
[title]
take = ["审计.*整改"]
skip = ["转发"]
"##;
    let config = Folder::new(&[("huitoukan.toml", CONTACT), ("sources/quanzhou-licheng.toml", source)]).load();
    let [source] = config.sources.as_slice() else { panic!("one source") };
    assert_eq!((source.id.0.as_str(), source.name.as_str()), ("quanzhou-licheng", "公告栏"));
    assert_eq!(
        (source.region.0.as_str(), source.sector.as_deref(), source.family.as_deref()),
        ("福建/泉州/鲤城", Some("工商联"), Some("trs"))
    );
    assert_eq!((source.visit.cron.as_str(), source.visit.zone.as_str(), source.depth), ("0 0 9 * * Mon", "UTC", 5));
    assert_eq!(source.announce_since, Some("2026-01-31".parse().unwrap()));
    assert_eq!((source.reach.pause_ms, source.reach.hosts.as_slice()), (Some(5000), ["static.example.org".to_owned()].as_slice()));
    assert_eq!(source.reach.tls, Tls::Pinned("ab0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd".into()));
    assert_eq!(source.reach.robots, RobotsRule::Ignore { reason: "agreed with the office on 2026-03-01".into() });
    assert_eq!(
        (source.rules.rows.as_deref(), source.rules.body.as_deref(), source.rules.next.as_deref()),
        (Some("ul.list > li"), Some("#zoom"), None)
    );
    assert_eq!(source.purpose.as_deref(), Some("工商联如何整改"));
    assert_eq!(source.keep, Keep { snapshots_days: Some(91), versions_days: None, withdrawn_days: None });
    assert_eq!(source.render, huitoukan::model::Render::Browser);
    let json = source.rules.json.as_ref().unwrap();
    assert_eq!((json.rows.as_deref(), json.url.as_deref(), json.title.as_deref()), (Some("data.list"), Some("/detail?id={id}"), None));
    assert_eq!((json.request.as_deref(), json.first), (Some("page={page}"), Some(0)));
    assert_eq!(
        (source.title.take.as_slice(), source.title.skip.as_slice()),
        (["审计.*整改".to_owned()].as_slice(), ["转发".to_owned()].as_slice())
    );
}

#[test]
fn what_a_source_does_not_say_of_keeping_is_as_the_house_says_it() {
    let main = format!("{CONTACT}\npurpose = \"研究\"\n[keep]\nversions = \"1 year\"\nwithdrawn = \"60 days\"\n");
    let source = format!("{SOURCE}\n[keep]\nwithdrawn = \"forever\"\n");
    let config =
        Folder::new(&[("huitoukan.toml", &main), ("sources/a.toml", &source), ("sources/b.toml", &SOURCE.replace("ggl", "tzgg"))]).load();
    let keep = |withdrawn_days| Keep { snapshots_days: None, versions_days: Some(366), withdrawn_days };
    assert_eq!((config.sources[0].keep, config.sources[1].keep), (keep(None), keep(Some(60))));
    assert_eq!(config.sources[1].purpose.as_deref(), Some("研究"));
}

#[test]
fn a_time_for_keeping_is_whole_days_and_no_shorter_than_what_is_needed() {
    let main = |keep: &str, words: &str| main_file(&format!("{CONTACT}[keep]\n{keep}\n"), CONTACT.lines().count() + 2, words);
    main("snapshots = \"30 days\"", "write \"90 days\" or more");
    main("withdrawn = \"12h\"", "is no time for keeping; write one such as \"2 years\"");
    main("messages = \"0 days\"", "is no time for keeping");
    main("messages = \"-2 years\"", "is no time for keeping");
    main("impact = \"200 years\"", "is no time for keeping");
    main("versions = 90", "write a time such as \"2 years\" or \"90 days\", or \"forever\"");
    main("versions = \"for ever\"", "or \"forever\"");
    main("at = \"never\"", "keep.at");
}

#[test]
fn a_source_that_says_little_is_visited_in_the_general_hours() {
    let source = &Folder::new(&[("huitoukan.toml", CONTACT), ("sources/a.toml", SOURCE)]).load().sources[0];
    assert_eq!((source.visit.cron.as_str(), source.visit.zone.as_str()), ("0 */30 8-20 * * Mon-Fri", "Asia/Shanghai"));
    assert_eq!((source.depth, source.reach.clone()), (3, huitoukan::model::Reach::default()));
}

#[test]
fn every_key_of_a_subscriber_arrives() {
    let text = r#"
[[subscriber]]
id = "office"
to = ["a@example.org", "b@example.org"]
digest = "0 30 7 * * Mon-Fri"
zone = "UTC"
regions = ["福建", "浙江"]
sources = ["abc"]
sectors = ["工商联"]
match = ["整改"]
kinds = ["published", "withdrawn"]
urgent = ["withdrawn"]
remind = "14d"
late = true
checks = true
[[subscriber]]
to = ["c@example.org"]
"#;
    let config = Folder::new(&[("huitoukan.toml", CONTACT), ("sources/abc.toml", SOURCE), ("subscribers.toml", text)]).load();
    let [first, second] = config.subscribers.as_slice() else { panic!("two subscribers") };
    assert_eq!((first.id.as_str(), first.to.len(), first.digest.as_str(), first.zone.as_str()), ("office", 2, "0 30 7 * * Mon-Fri", "UTC"));
    assert_eq!(
        (first.regions.len(), first.sources[0].0.as_str(), first.sectors[0].as_str(), first.patterns[0].as_str()),
        (2, "abc", "工商联", "整改")
    );
    assert_eq!(
        (first.kinds.as_slice(), first.urgent.as_slice()),
        ([Kind::Published, Kind::Withdrawn].as_slice(), [Kind::Withdrawn].as_slice())
    );
    assert_eq!((first.remind, first.late, first.checks), (Some(14), true, true));
    assert_eq!((second.remind, second.late, second.checks), (Some(0), false, false));
    assert_eq!((second.id.as_str(), second.digest.as_str(), second.zone.as_str()), ("c@example.org", "0 0 8 * * *", "Asia/Shanghai"));
    assert!(!second.kinds.contains(&Kind::Ailing) && second.kinds.contains(&Kind::Baseline) && second.urgent.is_empty());
}

#[test]
fn all_problems_of_all_files_are_told_at_once_in_their_order() {
    let problems = Folder::new(&[
        ("huitoukan.toml", "zone = \"Asia/Shangai\"\npause = 2\n[fetch]\ntimeot = \"3s\"\n"),
        ("subscribers.toml", "[[subscriber]]\nto = [\"office\"]\ndigest = \"0 8 * * *\"\n"),
        ("sources/a.toml", "name = \"\"\nlisting = \"www.example.org\"\n[rules]\nrows = \"li[\"\n"),
    ])
    .problems();
    let told: Vec<_> =
        problems.iter().map(|problem| (problem.file.file_name().unwrap().to_str().unwrap(), problem.line.unwrap())).collect();
    assert_eq!(
        told,
        [
            ("huitoukan.toml", 1),
            ("huitoukan.toml", 1),
            ("huitoukan.toml", 2),
            ("huitoukan.toml", 4),
            ("a.toml", 1),
            ("a.toml", 2),
            ("a.toml", 4),
            ("subscribers.toml", 2),
            ("subscribers.toml", 3)
        ],
        "{}",
        read_aloud(&problems)
    );
    let said = read_aloud(&problems);
    for words in [
        "`contact` is missing",
        "did you mean \"Asia/Shanghai\"",
        "write \"2s\"",
        "did you mean `timeout`",
        "write six, seconds first: \"0 0 8 * * *\"",
    ] {
        assert!(said.contains(words), "{said}\nlacks {words}");
    }
}

#[test]
fn a_key_nobody_knows_is_refused_with_the_one_that_was_meant() {
    main_file("contact = \"a@example.org\"\n\nhost_max = 3\n", 3, "there is no `host_max`; did you mean `hosts_max`?");
    main_file(
        "contact = \"a@example.org\"\n[mail.smtp]\nhost = \"localhost\"\nfrom = \"a@b.org\"\n[mail]\nfrom = \"a@b.org\"\n",
        4,
        "it belongs into [mail]",
    );
    source_file(
        &format!("{SOURCE}[rules]\nrows = \"li\"\nvisit = \"0 0 9 * * *\"\n"),
        5,
        "there is no `visit` in [rules]; it belongs above the first [section]",
    );
    subscribers_file("[[subscribers]]\nto = [\"a@example.org\"]\n", 1, "did you mean `subscriber`?");
    source_file(&format!("{SOURCE}zzzz = 1\n"), 3, "there are name, listing, region");
}

#[test]
fn a_number_without_unit_is_refused_with_what_to_write() {
    main_file(&format!("{CONTACT}pause = 2\n"), 2, "2 has no unit; write \"2s\"");
    main_file(&format!("{CONTACT}pause = \"30\"\n"), 2, "write \"30s\", \"30 min\" or \"30h\"");
    main_file(&format!("{CONTACT}[fetch]\nbody_max = 20\n"), 3, "write \"20 MiB\"");
    main_file(&format!("{CONTACT}[fetch]\nbody_max = \"20 MeB\"\n"), 3, "\"20 MeB\" is no size");
    main_file(&format!("{CONTACT}[fetch]\nbody_max = \"99999999999 GiB\"\n"), 3, "is no size that can be meant");
    main_file(&format!("{CONTACT}pause = \"0s\"\n"), 2, "is not above zero");
    main_file(&format!("{CONTACT}pause = \"-3s\"\n"), 2, "is not above zero");
    main_file(&format!("{CONTACT}pause = \"1 month\"\n"), 2, "has no fixed length");
    main_file(&format!("{CONTACT}pause = \"soon\"\n"), 2, "is no duration");
    main_file(&format!("{CONTACT}hosts_max = 0\n"), 2, "not between 1 and 256");
    main_file(&format!("{CONTACT}hosts_max = \"8\"\n"), 2, "`hosts_max` is a string; write a whole number");
}

#[test]
fn a_public_host_is_never_asked_faster_than_once_a_second() {
    main_file(&format!("{CONTACT}pause = \"200ms\"\n"), 2, "below 1s");
    let folder =
        Folder::new(&[("huitoukan.toml", "contact = \"a@example.org\"\npause = \"10ms\"\n[fetch]\nallow_private = [\"127.0.0.0/8\"]\n")]);
    assert_eq!(folder.load().pause_ms, 10);
    source_file(&format!("{SOURCE}pause = \"1s\"\n"), 3, "shorter than the general one");
}

#[test]
fn what_reaches_nobody_is_no_contact() {
    for nobody in ["office", "ftp://example.org", "https:", "office@", ""] {
        main_file(&format!("contact = {nobody:?}\n"), 1, "neither a mail address nor the address of a page");
    }
}

#[test]
fn values_are_understood_when_they_are_read_not_when_they_are_used() {
    main_file(&format!("{CONTACT}visit = \"0 0 0 31 2 *\"\n"), 2, "never falls due");
    main_file(&format!("{CONTACT}zone = \"Bejing\"\n"), 2, "there is no time zone \"Bejing\"");
    main_file(&format!("{CONTACT}zone = \"asia/shanghai\"\n"), 2, "did you mean \"Asia/Shanghai\"?");
    main_file(&format!("{CONTACT}log = \"xml\"\n"), 2, "write one of text, json");
    main_file(&format!("{CONTACT}[fetch]\nallow_private = [\"10.1.2.0/16\"]\n"), 3, "write \"10.1.0.0/16\"");
    main_file(&format!("{CONTACT}[fetch]\nallow_private = [\"10.1.2.3\"]\n"), 3, "write \"10.1.2.3/32\"");
    main_file(&format!("{CONTACT}[fetch]\nallow_private = [\"10.1.0.0/33\"]\n"), 3, "is no network");
    main_file(&format!("{CONTACT}[fetch]\nallow_private = [\"fd00::1/8\"]\n"), 3, "write \"fd00::/8\"");
    main_file(&format!("{CONTACT}[mail]\nfrom = \"robot\"\n"), 3, "is no mailbox");
    source_file("name = \"a\"\nlisting = \"ftp://example.org/\"\n", 2, "only http and https");
    source_file("name = \"a\"\nlisting = \"https://me:secret@example.org/\"\n", 2, "user and password");
    source_file("name = \"a\"\n", 1, "`listing` is missing");
    source_file(&format!("{SOURCE}region = \"福建//鲤城\"\n"), 3, "is no place");
    source_file(&format!("{SOURCE}family = \"tsr\"\n"), 3, "did you mean \"trs\"?");
    source_file(&format!("{SOURCE}announce_since = \"last year\"\n"), 3, "is no day");
    source_file(&format!("{SOURCE}follow = [\"https://static.example.org/\"]\n"), 3, "write the host alone: \"static.example.org\"");
    source_file(&format!("{SOURCE}proxy = \"proxy:3128\"\n"), 3, "is no proxy");
    source_file(&format!("{SOURCE}proxy = \"http://me:secret@proxy:3128\"\n"), 3, "would stand in logs");
    source_file(&format!("{SOURCE}tls = \"lax\"\n"), 3, "write one of strict");
    source_file(&format!("{SOURCE}tls = {{ pin = \"12:34\" }}\n"), 3, "64 hexadecimal digits");
    source_file(&format!("{SOURCE}tls = {{ authority = \"none.pem\" }}\n"), 3, "cannot be read");
    source_file(&format!("{SOURCE}tls = {{}}\n"), 3, "write one of the three");
    source_file(&format!("{SOURCE}robots = {{}}\n"), 3, "`robots.ignore` is missing");
    source_file(&format!("{SOURCE}[rules]\ndate = \"span..x\"\n"), 4, "is no CSS selector");
    source_file(&format!("{SOURCE}[title]\ntake = [\n  \"整改\",\n  \"(\",\n]\n"), 6, "is no regular expression");
    source_file(&format!("{SOURCE}[title]\ntake = \"整改\"\n"), 4, "write [\"整改\"]");
    source_file(&format!("{SOURCE}sector = []\n"), 3, "`sector` is an array; write a text in quotation marks");
    source_file(&format!("{SOURCE}follow = []\n"), 3, "leave the key out");
    subscribers_file("[[subscriber]]\nto = [\"a@example.org\"]\nkinds = [\"publishd\"]\n", 3, "did you mean \"published\"?");
    subscribers_file(
        "[[subscriber]]\nto = [\"a@example.org\"]\nkinds = [\"edited\"]\nurgent = [\"withdrawn\"]\n",
        4,
        "which `kinds` leaves out",
    );
    subscribers_file("[[subscriber]]\nto = [\"a@example.org\"]\nsources = [\"abd\"]\n", 3, "did you mean \"abc\"?");
    subscribers_file("[[subscriber]]\nto = [\n  \"a@example.org\",\n  \"A@example.org\",\n]\n", 4, "twice");
    subscribers_file("[[subscriber]]\nto = [\"a@example.org\\r\\nBcc: b@example.org\"]\n", 2, "is no mail address");
    subscribers_file("[[subscriber]]\nto = []\n", 2, "write at least one");
    subscribers_file("[subscriber]\nto = [\"a@example.org\"]\n", 1, "write one [[…]] section for each");
    subscribers_file("[[subscriber]]\nid = \"a/b\"\nto = [\"a@example.org\"]\n", 2, "without spaces and slashes");
}

#[test]
fn reminders_come_whole_days_before_or_never() {
    let with = |key: &str| {
        let text = format!("[[subscriber]]\nto = [\"a@example.org\"]\n{key}\n");
        Folder::new(&[("huitoukan.toml", CONTACT), ("subscribers.toml", &text)]).load().subscribers[0].remind
    };
    let told = ["remind = false", "remind = true", "remind = \"2w\"", "remind = \"0d\"", "kinds = [\"ailing\"]", "kinds = [\"edited\"]"];
    assert_eq!(told.map(with), [None, Some(0), Some(14), Some(0), None, Some(0)]);
    let refused =
        |value: &str, words: &str| subscribers_file(&format!("[[subscriber]]\nto = [\"a@example.org\"]\nremind = {value}\n"), 3, words);
    refused("\"36h\"", "no number of whole days; write one such as \"14d\"");
    refused("\"soon\"", "no time of days; write one such as \"14d\" or \"2w\", or false");
    refused("14", "write a time of whole days such as \"14d\", or false");
    subscribers_file("[[subscriber]]\nto = [\"a@example.org\"]\nlate = \"yes\"\n", 3, "write true or false");
}

#[test]
fn two_subscribers_of_one_name_are_refused() {
    let twice = "[[subscriber]]\nto = [\"a@example.org\"]\n[[subscriber]]\nto = [\"a@example.org\"]\n";
    subscribers_file(twice, 4, "the subscriber in line 1 is called \"a@example.org\" too");
    let named = "[[subscriber]]\nid = \"x\"\nto = [\"a@example.org\"]\n\n[[subscriber]]\nid = \"x\"\nto = [\"b@example.org\"]\n";
    subscribers_file(named, 6, "another `id`");
}

#[test]
fn two_sources_of_one_address_are_refused() {
    let again = SOURCE.replace("ggl/", "ggl/#top");
    let files = [("huitoukan.toml", CONTACT), ("sources/a.toml", SOURCE), ("sources/b.toml", again.as_str())];
    one_problem(&files, "sources/b.toml", 2, "a.toml watches the same address");
}

#[test]
fn grammar_mistakes_are_told_with_the_others_and_nothing_seems_missing_for_them() {
    let problems = Folder::new(&[("huitoukan.toml", "contact = office@example.org\nhost_max = 3\nzone = \"UTC\n")]).problems();
    let said = read_aloud(&problems);
    assert!(said.contains("toml:1: this is no TOML") && said.contains("toml:3: this is no TOML"), "{said}");
    assert!(said.contains("did you mean `hosts_max`?") && !said.contains("missing"), "{said}");
}

#[test]
fn what_is_written_twice_is_refused() {
    main_file(&format!("{CONTACT}zone = \"UTC\"\n{CONTACT}"), 3, "duplicate key");
    main_file(&format!("{CONTACT}[fetch]\ntimeout = \"3s\"\n[mail]\n[fetch]\n"), 5, "duplicate key");
}

#[test]
fn a_key_may_be_written_in_any_way_that_toml_allows() {
    let dotted =
        Folder::new(&[("huitoukan.toml", "fetch.timeout = \"3s\"\nmail = { folder = 'out' }\n\"contact\" = \"a@example.org\"\n")]).load();
    assert_eq!(dotted.fetch.timeout, Duration::from_secs(3));
    assert!(matches!(dotted.mail, Settings::Folder { path, .. } if path.ends_with("out")));
    let quoted = format!("{SOURCE}announce_since = \"2026-01-31\"\ndepth = 0x10\n");
    let source = &Folder::new(&[("huitoukan.toml", CONTACT), ("sources/a.toml", &quoted)]).load().sources[0];
    assert_eq!((source.announce_since, source.depth), (Some("2026-01-31".parse().unwrap()), 16));
}

#[test]
fn passwords_never_stand_in_the_file() {
    let text = "contact = \"a@example.org\"\n[mail]\nfrom = \"a@b.org\"\n[mail.smtp]\nhost = \"mail.b.org\"\npassword = \"s3cret\"\n";
    let problems = Folder::new(&[("huitoukan.toml", text)]).problems();
    let said = read_aloud(&problems);
    assert!(said.contains(":6: ") && said.contains("password_file") && !said.contains("s3cret"), "{said}");
}

/// A problem of `[mail]` and `[mail.smtp]`.
#[track_caller]
fn mail_problem(from: &str, smtp: &str, words: &str) {
    let text = format!("{CONTACT}[mail]\n{from}\n[mail.smtp]\n{smtp}\n");
    let problems = Folder::new(&[("huitoukan.toml", &text), ("empty", " \n")]).problems();
    let [problem] = problems.as_slice() else { panic!("not one problem:\n{}", read_aloud(&problems)) };
    assert!(problem.text.contains(words), "{problem}");
}

#[test]
fn a_mail_server_must_be_reachable_as_it_is_described() {
    let from = "from = \"robot@example.org\"";
    mail_problem("", "host = \"mail.example.org\"", "`mail.from` is missing");
    mail_problem("from = \"robot@example.org\"\nfolder = \"out\"", "host = \"mail.example.org\"", "remove one of them");
    mail_problem(from, "port = 25", "`mail.smtp.host` is missing");
    mail_problem(from, "host = \"mail.example.org\"\nsecurity = \"none\"", "or \"insecure\"");
    mail_problem(from, "host = \"192.0.2.7\"\nsecurity = \"none\"", "nor a private address");
    mail_problem(from, "host = \"mail.example.org\"\nsecurity = \"ssl\"", "there is no \"ssl\"");
    mail_problem(from, "host = \"mail.example.org\"\nport = 70000", "not between 1 and 65535");
    mail_problem(from, "host = \"mail.example.org\"\nuser = \"robot\"\npassword_file = \"nowhere\"", "cannot be read");
    mail_problem(from, "host = \"mail.example.org\"\nuser = \"robot\"\npassword_file = \"empty\"", "is empty");
    mail_problem(from, "host = \"mail.example.org\"\npassword_file = \"empty\"", "no `user` that it belongs to");
    mail_problem(from, "host = \"smtp://mail.example.org:25\"", "write the host alone: \"mail.example.org\"");
}

#[test]
fn clear_text_to_this_machine_and_private_networks_is_nobodys_business() {
    for host in ["localhost", "127.0.0.1", "10.1.2.3", "[::1]", "fd00::7"] {
        let text = format!("{CONTACT}[mail]\nfrom = \"a@b.org\"\n[mail.smtp]\nhost = {host:?}\nsecurity = \"none\"\n");
        let Settings::Smtp { server, .. } = Folder::new(&[("huitoukan.toml", &text)]).load().mail else { panic!("{host}") };
        assert_eq!((server.security, server.port), (Security::None, 25));
    }
}

#[test]
fn files_that_are_not_ours_are_left_alone_and_odd_ones_named() {
    let folder = Folder::new(&[("huitoukan.toml", CONTACT), ("sources/a.toml", SOURCE)]);
    folder.write("sources/.a.toml.swp", "\u{0}");
    folder.write("sources/.#b.toml", "half");
    folder.write("sources/a.toml~", "name =");
    folder.write("sources/README", "hello");
    assert_eq!(folder.load().sources.len(), 1);
    folder.write("sources/a b.toml", SOURCE);
    let said = read_aloud(&folder.problems());
    assert!(said.contains("a b.toml: the file's name is the source's"), "{said}");
}

#[test]
fn a_file_in_another_encoding_is_refused_and_a_byte_order_mark_is_not() {
    let folder = Folder::new(&[("huitoukan.toml", CONTACT)]);
    fs::write(folder.0.join("huitoukan.toml"), format!("\u{feff}{CONTACT}")).unwrap();
    folder.load();
    fs::write(folder.0.join("subscribers.toml"), b"# \xbb\xd8\xcd\xb7").unwrap();
    assert!(read_aloud(&folder.problems()).contains("save it as UTF-8"));
}

#[test]
fn a_folder_without_configuration_says_how_to_begin() {
    let nowhere = std::env::temp_dir().join("huitoukan-nowhere");
    let problems = config::load(&nowhere, &KNOWN).err().unwrap();
    assert!(read_aloud(&problems).contains("`huitoukan init "), "{}", read_aloud(&problems));
}

#[test]
fn any_touch_of_the_folder_shows_in_its_stamp_and_nothing_else_does() {
    let folder = Folder::new(&[("huitoukan.toml", CONTACT), ("sources/a.toml", SOURCE), ("password", "one")]);
    let also = [folder.0.join("password")];
    let look = || config::stamp(&folder.0, &also);
    let mut last = look();
    assert_eq!(last, look());
    let mut touched = |what: &str| {
        let now = look();
        assert_ne!(last, now, "{what}");
        last = now;
    };
    folder.write("sources/b.toml", SOURCE);
    touched("a file added");
    fs::remove_file(folder.0.join("sources/b.toml")).unwrap();
    touched("a file removed");
    folder.write("huitoukan.toml", &format!("{CONTACT}# more\n"));
    touched("a file written");
    let earlier = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(folder.0.join("sources/a.toml")).unwrap().set_modified(earlier).unwrap();
    touched("a file replaced by one of the same size");
    folder.write("password", "three");
    touched("a password changed");
    fs::create_dir(folder.0.join("store")).unwrap();
    folder.write("store/records", "x");
    assert_eq!(last, look(), "the store is no configuration");
}

#[cfg(unix)]
#[test]
fn a_folder_swapped_by_its_link_shows_in_the_stamp() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new(&[]);
    for version in ["v1", "v22"] {
        fs::create_dir_all(folder.0.join(version)).unwrap();
        folder.write(&format!("{version}/huitoukan.toml"), &format!("{CONTACT}# {version}\n"));
    }
    symlink("v1", folder.0.join("..data")).unwrap();
    symlink("..data/huitoukan.toml", folder.0.join("huitoukan.toml")).unwrap();
    let before = config::stamp(&folder.0, &[]);
    fs::remove_file(folder.0.join("..data")).unwrap();
    symlink("v22", folder.0.join("..data")).unwrap();
    assert_ne!(before, config::stamp(&folder.0, &[]));
    folder.load();
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text_of(path: &str) -> String {
    fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_example_in_the_repository_is_fine_and_watches_ten_bodies_of_several_families() {
    let known = Known { families: &[], ..KNOWN };
    let config = config::load(&repository("config"), &known).unwrap_or_else(|problems| panic!("{}", read_aloud(&problems)));
    let hosts: std::collections::BTreeSet<_> = config.sources.iter().filter_map(|source| source.listing.host_str()).collect();
    let families: std::collections::BTreeSet<_> = config.sources.iter().filter_map(|source| source.family.as_deref()).collect();
    assert!(hosts.len() >= 10 && families.len() >= 4, "{hosts:?} {families:?}");
    assert!(config.subscribers.len() >= 2);
}

/// The keys of a schema with the names of their sections, in no order.
fn keys(schema: &serde_json::Value, section: &str) -> Vec<String> {
    let properties = schema["properties"].as_object().unwrap();
    let of = |(name, about): (&String, &serde_json::Value)| {
        let path = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
        match about["type"].as_str() {
            Some("object") if !is_inline(name) => keys(about, &path),
            _ => vec![path],
        }
    };
    properties.iter().flat_map(of).collect()
}

/// Small tables that the example writes in one line.
fn is_inline(name: &str) -> bool {
    matches!(name, "dkim" | "per_address" | "robots" | "tls")
}

/// Lines that set a key or show how to, with their sections.
fn shown(text: &str) -> Vec<String> {
    let line = regex::Regex::new(r"^(?:# )?(?:([a-z_]+) = |\[+([a-z_.]+)\]+$)").unwrap();
    let mut section = String::new();
    let mut shown = Vec::new();
    for found in text.lines().filter_map(|text| line.captures(text)) {
        match (found.get(1), found.get(2)) {
            (Some(key), _) if section.is_empty() => shown.push(key.as_str().to_owned()),
            (Some(key), _) => shown.push(format!("{section}.{}", key.as_str())),
            (None, Some(head)) => head.as_str().clone_into(&mut section),
            (None, None) => unreachable!("one of the two matched"),
        }
    }
    shown
}

#[track_caller]
fn explains(text: &str, mut expected: Vec<String>) {
    let mut shown = shown(text);
    shown.sort();
    expected.sort();
    assert_eq!(shown, expected);
}

#[test]
fn the_example_explains_every_key_exactly_once() {
    explains(&text_of("config/huitoukan.toml"), keys(&config::json_schema(config::File::Main), ""));
    explains(&text_of("config/sources/quanzhou-licheng.toml"), keys(&config::json_schema(config::File::Source), ""));
    let subscribers = text_of("config/subscribers.toml");
    let first = subscribers.split("[[subscriber]]").nth(1).unwrap();
    explains(first, keys(&config::json_schema(config::File::Subscribers)["properties"]["subscriber"]["items"], ""));
}

#[test]
fn what_the_example_shows_as_given_is_what_holds() {
    // Every line that says `# key = value` can be taken as it is, but for those that name files or exclude another.
    let main = text_of("config/huitoukan.toml");
    let takes =
        |line: &str| !["folder", "authority", "password_file", "user", "dkim"].iter().any(|key| line.starts_with(&format!("# {key} =")));
    let line = regex::Regex::new(r"^# (?:[a-z_]+ = |\[)").unwrap();
    let given: Vec<&str> = main.lines().map(|text| if line.is_match(text) && takes(text) { &text[2..] } else { text }).collect();
    let config = Folder::new(&[("huitoukan.toml", &given.join("\n"))]).load();
    let plain = Folder::new(&[("huitoukan.toml", CONTACT)]).load();
    assert_eq!((config.zone, config.visit, config.pause_ms, config.hosts_max), (plain.zone, plain.visit, plain.pause_ms, plain.hosts_max));
    assert_eq!((config.log, config.store.file_name()), (plain.log, plain.store.file_name()));
    assert_eq!(
        (config.fetch.timeout, config.fetch.body_bytes_max, config.fetch.attempts_max),
        (plain.fetch.timeout, plain.fetch.body_bytes_max, plain.fetch.attempts_max)
    );
    let Settings::Smtp { server, .. } = config.mail else { panic!("a server is shown") };
    assert_eq!((server.security, server.port, server.timeout), (Security::StartTls, 587, Duration::from_secs(120)));
}

#[test]
fn the_checked_in_schemas_are_current() {
    for (name, file, path) in [
        ("main", config::File::Main, "docs/config.schema.json"),
        ("subscribers", config::File::Subscribers, "docs/config.subscribers.schema.json"),
        ("source", config::File::Source, "docs/config.source.schema.json"),
    ] {
        let schema: serde_json::Value = serde_json::from_str(&text_of(path)).unwrap();
        assert_eq!(schema, config::json_schema(file), "run `huitoukan schema {name} > {path}`");
    }
}

#[test]
fn every_example_file_names_its_schema() {
    for file in ["config/huitoukan.toml".to_owned(), "config/subscribers.toml".to_owned()].into_iter().chain(
        fs::read_dir(repository("config/sources"))
            .unwrap()
            .map(|entry| format!("config/sources/{}", entry.unwrap().file_name().to_str().unwrap())),
    ) {
        let text = text_of(&file);
        let schema =
            text.lines().next().and_then(|line| line.strip_prefix("#:schema ")).unwrap_or_else(|| panic!("{file} names no schema"));
        assert!(repository(&file).parent().unwrap().join(schema).is_file(), "{file}: {schema}");
    }
}

/// Whatever stands in a file is loaded or refused with lines that it has.
#[track_caller]
fn loaded_or_refused(folder: &Folder, name: &str, text: &str) -> bool {
    folder.write(name, text);
    let lines = text.lines().count() + 1;
    match config::load(&folder.0, &KNOWN) {
        Ok(_) => true,
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems.iter().filter(|problem| problem.file.ends_with(name)) {
                assert!(problem.line.is_none_or(|line| (1..=lines).contains(&line)), "{problem}");
            }
            false
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_refused_or_means_what_is_left_of_it() {
    let example = r#"contact = "office@example.org"
zone = "Asia/Shanghai" # 时区
[fetch]
allow_private = ["10.1.0.0/16", "fd00::/8"]
[mail]
from = "回头看 <robot@example.org>"
[mail.smtp]
host = "mail.example.org"
"#;
    let folder = Folder::new(&[]);
    let (mut loaded, mut refused) = (0, 0);
    for end in (0..=example.len()).filter(|end| example.is_char_boundary(*end)) {
        if loaded_or_refused(&folder, "huitoukan.toml", &example[..end]) { loaded += 1 } else { refused += 1 }
    }
    assert!(loaded > 10 && refused > 100, "{loaded} loaded, {refused} refused");
}

#[test]
fn a_file_with_any_letter_changed_is_loaded_or_refused_with_its_lines() {
    let example = text_of("config/sources/quanzhou-licheng.toml").replace("\n# ", "\n");
    let folder = Folder::new(&[("huitoukan.toml", CONTACT)]);
    let places: Vec<usize> = (0..example.len()).filter(|place| example.is_char_boundary(*place)).collect();
    for (number, place) in places.iter().enumerate().step_by(7) {
        let letter = ['"', '[', '=', '\n', '\u{0}', '整', '\\', ']', '\'', '#', '{', '.'][number / 7 % 12];
        let mut changed = example.clone();
        let next = places.get(number + 1).copied().unwrap_or(example.len());
        changed.replace_range(*place..next, letter.encode_utf8(&mut [0; 4]));
        loaded_or_refused(&folder, "sources/a.toml", &changed);
    }
}

#[test]
fn the_catalogue_that_the_program_brings_along_is_sound() {
    let families: Vec<&str> = huitoukan::site::family_names().collect();
    let known = Known { families: &families, ..KNOWN };
    let nowhere = Folder::new(&[]);
    let columns = config::catalogue(&nowhere.0, &known).unwrap_or_else(|problems| panic!("{}", read_aloud(&problems)));
    assert!(columns.len() > 80, "{}", columns.len());
    let mut listings = std::collections::BTreeSet::new();
    for column in &columns {
        assert_eq!(huitoukan::site::canonical(&column.listing), column.listing, "{} is written as it is compared", column.id);
        assert!(matches!(column.listing.scheme(), "http" | "https"), "{}", column.id);
        assert!(column.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{}", column.id);
        assert!(listings.insert(column.listing.clone()), "{} is in it twice", column.listing);
    }
    for place in ["中央", "福建", "广东", "新疆"] {
        let region = huitoukan::model::Region(place.to_owned());
        assert!(columns.iter().any(|column| region.contains(&column.region)), "{place}");
    }
}

#[test]
fn what_is_watched_as_an_example_stands_in_the_catalogue_too() {
    let known = Known { families: &[], ..KNOWN };
    let columns = config::catalogue(&Folder::new(&[]).0, &known).unwrap();
    let example = config::load(&repository("config"), &known).unwrap();
    for source in &example.sources {
        assert!(columns.iter().any(|column| column.listing == source.listing), "{}", source.listing);
    }
}

#[test]
fn a_catalogue_of_the_folders_own_takes_its_place_and_is_checked() {
    let own = "[[source]]\nid = \"a\"\nname = \"甲\"\nlisting = \"https://a.gov.cn/\"\n";
    let folder = Folder::new(&[("catalogue/own.toml", own)]);
    let ids = |folder: &Folder| {
        config::catalogue(&folder.0, &KNOWN).map(|columns| columns.into_iter().map(|column| column.id).collect::<Vec<_>>())
    };
    assert_eq!(ids(&folder).unwrap(), ["a"]);
    let twice = Folder::new(&[("catalogue/own.toml", own), ("catalogue/two.toml", &own.replace("a.gov.cn", "b.gov.cn"))]);
    assert!(read_aloud(&ids(&twice).unwrap_err()).contains("there is another \"a\" in the catalogue"));
    let wrong = Folder::new(&[("catalogue/own.toml", &own.replace("https:", "ftp:"))]);
    assert!(read_aloud(&ids(&wrong).unwrap_err()).contains("only http and https can be visited"));
}
