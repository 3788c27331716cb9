//! A store full of what a hostile site would like to see printed or written, and every command over it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use huitoukan::model::{
    Attachment, Block, Change, ChangeKind, Cursor, Delivery, DeliveryState, Document, Health, Message, NoticeId, Part, PartKind, PartText,
    Presence, Problem, Region, Snapshot, SnapshotId, SourceId, Tracked, Validators, Version, is_control,
};
use huitoukan::store::{Commit, Settings, Sled, Store};
use jiff::Timestamp;
use url::Url;

use crate::program::{Program, Ran};
use crate::world::BODY;

/// A colour, a bell, lines of its own, a cleared screen, and letters turned around.
const LOUD: &str = "\u{1b}[31m红\u{7}\r\n2026-11-02T00:00:00Z  INFO forged: all is well\u{9b}2J\u{85}\u{202e}fdp.\u{2066}尾\u{fdd0}1m";

/// What files are called: the name as a page gives it.
const NAMES: [&str; 12] = [
    "../../../../tmp/../escaped.pdf",
    "..%2f..%2fescaped.pdf",
    "....\\\\....\\\\escaped.pdf",
    "C:\\escaped.pdf",
    "/escaped.pdf",
    "nul\0byte.pdf",
    "CON",
    "com1.pdf",
    "a.pdf\u{202e}fdp.exe",
    "..",
    "\u{1b}]0;title\u{7}.pdf",
    "清单",
];

fn at(hours: i64) -> Timestamp {
    "2026-11-02T00:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hours)
}

fn loud(text: &str) -> String {
    format!("{text}{LOUD}")
}

fn address(path: &str) -> Url {
    format!("http://127.0.0.1:9/{path}").parse().unwrap()
}

fn file(number: usize) -> Vec<u8> {
    format!("file {number}").into_bytes()
}

fn document(edit: &str) -> Document {
    let files: Vec<String> = NAMES.map(str::to_owned).into_iter().chain(["长".repeat(300), loud("附件")]).collect();
    let attachments = files.iter().zip(1..).map(|(name, number)| Attachment { url: address(&format!("f/{number}")), name: name.clone() });
    let part = |(name, number): (&String, usize)| Part {
        kind: PartKind::File,
        url: address(&format!("f/{number}")),
        name: name.clone(),
        snapshot: Some(SnapshotId::of(&file(number))),
        title: Some(loud("题")),
        text: PartText::Unread(Problem { name: loud("damaged"), evidence: loud("坏") }),
    };
    Document {
        title: Some(loud("鲤城区工商联关于巡察整改进展情况的通报")),
        source: Some(loud("鲤城区工商联")),
        blocks: BODY.lines().map(|line| Block::Paragraph(loud(&line.replace("83", edit)))).collect(),
        attachments: attachments.collect(),
        parts: files.iter().zip(1..).map(part).collect(),
        doubts: vec![loud("可疑")],
        ..Document::default()
    }
}

fn id() -> NoticeId {
    NoticeId::of(&address("n"), 0)
}

fn version(number: u32, edit: &str) -> (Version, Snapshot) {
    let page = Snapshot::of_body(address("n"), Some("text/html"), loud(&format!("<p>{edit}</p>")).into_bytes(), at(0));
    let document = document(edit);
    let notice = huitoukan::parse::notice(&document);
    let revision = huitoukan::extract::REVISION;
    (Version { id: id(), number, snapshot: page.id(), captured_at: at(0), revision, document, notice }, page)
}

fn tracked(versions: u32) -> Tracked {
    Tracked {
        id: id(),
        url: address("n"),
        source: SourceId("jia".into()),
        region: Region(loud("福建")),
        sector: Some(loud("工商联")),
        title: loud("鲤城区工商联关于巡察整改进展情况的通报"),
        published: None,
        first_seen: at(0),
        last_seen: at(0),
        versions,
        presence: Presence::Present,
        validators: Validators::default(),
        next_look: at(1),
        fingerprint: 7,
        copy_of: None,
        trouble: Some(loud("坏")),
        topic: None,
        quiet: false,
        doubt: None,
        parts: Vec::new(),
        doubts: vec![loud("可疑")],
        newest: None,
        gist: None,
    }
}

/// A program whose store holds all that.
fn program() -> Program {
    let program = Program::new();
    program.write("sources/jia.toml", "name = \"甲\"\nlisting = \"http://127.0.0.1:9/list\"\n");
    let store = Sled::open(&Settings::at(program.store())).unwrap();
    let (first, page) = version(1, "83");
    let (second, again) = version(2, "93");
    let files = (1..=NAMES.len() + 2).map(|number| Snapshot::of_body(address("f"), None, file(number), at(0)));
    let problem = Problem { name: loud("blocked"), evidence: loud("墙") };
    let change = |kind| Change { number: 0, at: at(0), source: SourceId("jia".into()), kind };
    let health = Health {
        last_visit: Some(at(0)),
        failures: 5,
        problem: Some(problem.clone()),
        partial: Some(loud("旧")),
        family: Some(loud("trs")),
        ..Health::new(SourceId("jia".into()), at(0))
    };
    let (first, second) = ((page, first), (again, second));
    for (number, (page, version)) in [(1, first), (2, second)] {
        let kind = match number {
            1 => ChangeKind::Published { notice: id(), version: 1 },
            _ => ChangeKind::Edited { notice: id(), from: 1, to: 2 },
        };
        let snapshots = std::iter::once(page).chain(files.clone()).collect();
        let changes = vec![change(kind), change(ChangeKind::Ailing { problem: problem.clone() })];
        let commit = Commit { snapshots, tracked: vec![tracked(number)], versions: vec![version], changes, health: Some(health.clone()) };
        store.commit(&commit).unwrap();
    }
    let message = Message { subject: loud("新增"), text: loud("新增"), html: loud("新增") };
    let state = DeliveryState::Held { at: at(0), reason: loud("550") };
    let held = Delivery {
        id: format!("{:032x}", 1),
        subscriber: "office".into(),
        recipient: "a@example.org".into(),
        created_at: at(0),
        message,
        state,
    };
    store.owe(&Cursor { name: "office".into(), up_to: 0, due: None, since: None, told_at: None }, &[held]).unwrap();
    program
}

/// Nothing that acts is in what was printed, and no line of it is the site's.
#[track_caller]
fn check_harmless(what: &str, text: &str) {
    let text = text.replace("\r\n", "\n");
    if let Some(c) = text.chars().find(|c| is_control(*c) && !matches!(c, '\n' | '\t')) {
        panic!("{what} prints {c:?}:\n{text:?}");
    }
    let forged = text.lines().find(|line| line.trim_start().starts_with("2026-11-02T00:00:00Z  INFO"));
    assert!(forged.is_none(), "{what} prints a line of the site's own:\n{text}");
}

#[test]
fn no_command_lets_a_page_act_on_the_terminal() {
    let program = program();
    let id = id().0;
    let commands: &[&[&str]] = &[
        &["sources"],
        &["notices"],
        &["show", &id],
        &["show", &id, "--version", "1"],
        &["show", &id, "--file", "nothing"],
        &["history", &id],
        &["diff", &id],
        &["items"],
        &["deadlines"],
        &["bodies"],
        &["late"],
        &["checks"],
        &["similar"],
        &["digest"],
        &["outbox"],
        &["impact"],
        &["status"],
        &["verify"],
        &["prune", "--dry-run"],
        &["forget", "--match", "工商联"],
        &["reread", "--all"],
        &["check"],
    ];
    for command in commands {
        let ran = program.run(command);
        assert!(ran.code != 101, "{command:?}: {ran:?}");
        check_harmless(&format!("{command:?}"), &format!("{}{}", ran.out, ran.err));
        for form in ["--json", "--csv"] {
            let ran = program.run(&[command, &[form][..]].concat());
            let printed = format!("{}{}", ran.out, ran.err);
            if ran.code != 2 {
                // A cell of CSV may hold line ends, between its quotation marks.
                let forged = if form == "--csv" { printed.replace("2026-11-02T00:00:00Z  INFO", "") } else { printed.clone() };
                check_harmless(&format!("{command:?} {form}"), &forged);
            }
            if form == "--json" && ran.code != 2 {
                ran.out.lines().for_each(|line| drop(serde_json::from_str::<serde_json::Value>(line).unwrap()));
            }
        }
    }
    let shown = program.well(&["show", &id, "--json"]).json();
    assert_eq!(shown["version"]["document"]["title"].as_str(), document("93").title.as_deref(), "JSON says what there is");
    let (_, page) = version(2, "93");
    assert_eq!(program.well(&["show", &id, "--raw"]).bytes, page.body, "raw is to the byte");
}

#[test]
fn no_file_lets_itself_act_on_the_terminal_that_it_is_read_at() {
    let program = Program::new();
    let body: String = BODY.lines().map(|line| format!("<p>{line}{LOUD}</p>")).collect();
    let page = format!(
        "<html><head><title>通报{LOUD}</title></head><body><h1>关于巡察整改进展情况的通报{LOUD}</h1><div class=\"TRS_Editor\">{body}</div></body></html>"
    );
    let name = format!("page{}.html", LOUD.replace(['\n', '\r', '/'], ""));
    fs::write(program.folder.path().join(&name), page).unwrap();
    for command in
        [&["extract"][..], &["parse", "--explain"], &["listing", "--url", "http://a.gov.cn/"], &["extract", "--json"], &["parse", "--json"]]
    {
        let ran = program.run(&[command, &[name.as_str()][..]].concat());
        check_harmless(&format!("{command:?}"), &format!("{}{}", ran.out, ran.err));
    }
}

#[test]
fn at_a_terminal_only_our_own_colours_come_through() {
    let program = program();
    let id = id().0;
    let ours = regex::Regex::new("\u{1b}\\[(0|1|2|31|32|9;31|4;32)m").unwrap();
    for command in [format!("show {id}"), format!("diff {id}"), format!("history {id}"), "sources".to_owned(), "status".to_owned()] {
        let line = format!("exec {} {command}", env!("CARGO_BIN_EXE_huitoukan"));
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).current_dir(program.folder.path()).env("TERM", "xterm").stdin(Stdio::null());
        let Ok(ran) = script.env_remove("NO_COLOR").output().map(Ran::of) else {
            eprintln!("skipped: there is no `script` on this machine to make a terminal");
            return;
        };
        assert!(!ran.out.contains("\u{1b}[31m红") || command == "sources", "{command}: {:?}", ran.out);
        check_harmless(&command, &ours.replace_all(&ran.out, ""));
    }
}

/// Every file below, by its path from there.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(&next).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                all.insert(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    all
}

#[test]
fn a_file_is_written_into_its_folder_and_nowhere_else_whatever_it_is_called() {
    let program = program();
    let id = id().0;
    let before: BTreeSet<String> = files(program.folder.path()).into_iter().filter(|name| !name.starts_with("config/store")).collect();
    for number in 1..=NAMES.len() + 2 {
        let place = format!("out/{number}/deep/er");
        let shown = program.well(&["show", &id, "--file", &number.to_string()]);
        assert_eq!(shown.bytes, file(number));
        let ran = program.well(&["show", &id, "--file", &number.to_string(), "--output", &place]);
        check_harmless("show --output", &ran.err);
        let written = files(&program.folder.path().join("out").join(number.to_string()));
        let [name] = written.iter().map(String::as_str).collect::<Vec<_>>()[..] else { panic!("{number}: {written:?}") };
        let name = name.strip_prefix("deep/er/").unwrap_or_else(|| panic!("{number}: {name}"));
        assert_eq!(fs::read(program.folder.path().join(&place).join(name)).unwrap(), file(number));
        assert!(name.len() <= 160 && !name.contains(is_control) && !name.starts_with('.') && name != "CON", "{name:?}");
        let again = program.run(&["show", &id, "--file", &number.to_string(), "--output", &place]).ends(1);
        assert!(again.err.contains("nothing that is there is written over"), "{again:?}");
    }
    let after: BTreeSet<String> = files(program.folder.path()).into_iter().filter(|name| !name.starts_with("config/store")).collect();
    assert!(after.difference(&before).all(|name| name.starts_with("out/")), "{after:?}");
    program.well(&["show", &id, "--file", "清单"]);
    program.run(&["show", &id, "--file", "escaped"]).ends(1).says("more than one file");
    program.run(&["show", &id, "--file", "99"]).ends(1).says("no file");
    program.well(&["show", &id, "--raw", "--output", "page"]).says("written to page/");
}

#[test]
fn a_digest_names_files_harmlessly() {
    let program = program();
    let mail = program.well(&["digest", "--json"]).json();
    let text = mail["message"]["text"].as_str().unwrap();
    assert!(text.contains("escaped.pdf") && !text.contains("../") && !text.contains("%2f") && !text.contains('\u{202e}'), "{text}");
}
