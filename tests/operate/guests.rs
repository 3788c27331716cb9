//! Guests that mean harm: what a site, a file name or a fault says reaches nobody's network, screen, log or folder as more
//! than text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;

use huitoukan::demo::Site;
use serde_json::Value;

use crate::private::trap;
use crate::program::{Program, until};
use crate::smtp::{ALWAYS, Act, Server, rule};
use crate::world::{BODY, LISTING, World, page, wall};
use crate::{Part, publishes, title};

/// A program that a test needs; without it the test says so aloud, or fails where `HUITOUKAN_TEST_ALL` is set.
pub fn is_there(program: &str) -> bool {
    let is_there = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !is_there {
        eprintln!("{program} is not installed; nothing is checked");
        assert!(std::env::var_os("HUITOUKAN_TEST_ALL").is_none(), "{program} is not installed");
    }
    is_there
}

/// Marks that a browser would act on, each with a trap of its own.
fn payloads(port: u16) -> Vec<String> {
    let fire = format!("document.title='fired';new Image().src='http://127.0.0.1:{port}/'");
    vec![
        format!("<script>{fire}</script>"),
        format!("\"><img src=x onerror=\"{fire}\">"),
        format!("'><svg onload=\"{fire}\">"),
        format!("</title></style></textarea><script>{fire}</script>"),
        format!("<img src=http://127.0.0.1:{port}/pixel>"),
        format!("<link rel=stylesheet href=http://127.0.0.1:{port}/x.css>"),
        format!("<style>@import url(http://127.0.0.1:{port}/y.css);*{{background:url(http://127.0.0.1:{port}/z)}}</style>"),
        format!("<meta http-equiv=refresh content='0;url=http://127.0.0.1:{port}/'>"),
        format!("<iframe srcdoc=\"<script>{fire}</script>\"></iframe>"),
        format!("<base href=http://127.0.0.1:{port}/><a href=x>x</a>"),
        format!("--><script>{fire}</script><!--"),
        format!("{{{{7*7}}}}${{{fire}}}"),
    ]
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What a page shows in the end, as Chromium made it.
fn opened_in_chromium(folder: &Path, html: &str) -> String {
    let file = folder.join("opened.html");
    fs::write(&file, html).unwrap();
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"])
        .args([&profile, "--virtual-time-budget=4000", "--dump-dom"])
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A notice's text with something in a sentence of it, and a file of that name.
fn words(number: usize, in_a_sentence: &str, file: &str) -> String {
    let body = BODY.replace("区工商联", &format!("第{number}街道"));
    let body = body.replace("其余正在协调", &format!("其余正在{in_a_sentence}协调"));
    format!("{body}\n<a href=\"/f/{number}.pdf\">附件:{file}.pdf</a>")
}

/// A site whose titles, bodies, file names and faults are all payloads, read and mailed by the real program.
async fn mailed_payloads(port: u16) -> Program {
    let site = Site::start().await.unwrap();
    let payloads = payloads(port);
    let mut rows = String::new();
    for (number, payload) in payloads.iter().enumerate() {
        let title = format!("{}{}", title(&format!("第{number}街道")), escaped(payload));
        rows.push_str(&format!(r#"<li><a href="/n/{number}.htm" title="{title}">{title}</a><span>2026-11-01</span></li>"#));
        site.put(&format!("/n/{number}.htm"), page(&title, &words(number, "", &escaped(payload))));
    }
    site.put("/list.html", format!("<html><body><ul>{rows}</ul></body></html>"));
    let program = Program::new();
    let kinds = "kinds = [\"published\", \"edited\", \"ailing\", \"recovered\", \"baseline\"]";
    program.write("subscribers.toml", &format!("[[subscriber]]\nto = [\"office@example.org\"]\ndigest = \"0 0 8 * * *\"\n{kinds}\n"));
    let listing = site.url("/list.html");
    program.write("sources/jia.toml", &format!("name = \"甲\"\nlisting = \"{listing}\"\nannounce_since = 2026-01-01\n"));
    let ailing = Site::start().await.unwrap();
    ailing.instead(Some(
        wall(&format!("<html><head><title>403 {0}</title></head><body>{0}</body></html>", escaped(&payloads[0]))).with_status(403),
    ));
    let url = ailing.url("/list.html");
    program.write("sources/yi.toml", &format!("name = \"<img src=x onerror=alert(1)>\"\nlisting = \"{url}\"\n"));
    for day in 2..8 {
        if day == 5 {
            for (number, payload) in payloads.iter().enumerate() {
                let body = words(number, &escaped(payload), &escaped(payload));
                site.put(&format!("/n/{number}.htm"), page(&title(&format!("第{number}街道")), &body));
            }
        }
        program.run(&["--now", &format!("2026-11-{day:02}T09:00:00+08:00"), "check"]);
    }
    program
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_fires_when_a_digest_of_payloads_is_opened_in_a_browser() {
    if !is_there("chromium") {
        return;
    }
    let (port, sprung) = trap("127.0.0.1:0");
    let program = mailed_payloads(port).await;
    let mails = program.mails();
    let parts: Vec<Vec<Part>> = mails.iter().map(|(_, bytes)| Part::read(bytes).parts()).collect();
    let told = parts.iter().any(|parts| parts[0].text().contains("<svg onload=") && parts[0].text().contains(&title("第3街道")));
    assert!(told, "the payloads are in the mails as text: {}", parts.iter().map(|parts| parts[0].text()).collect::<String>());
    for parts in &parts {
        let shown = opened_in_chromium(program.folder.path(), &parts[1].text());
        assert!(shown.contains("回头看") && !shown.contains("<title>fired"), "{shown}");
    }
    assert_eq!(sprung.load(Ordering::SeqCst), 0, "something was loaded");
    // What the traps are worth: unescaped, they spring.
    let raw = format!("<html><head><title>x</title></head><body>{}</body></html>", payloads(port).concat());
    opened_in_chromium(program.folder.path(), &raw);
    assert!(sprung.load(Ordering::SeqCst) > 0, "the traps do not work");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_of_payloads_has_exactly_its_headers_and_one_recipient_to_pythons_eyes_too() {
    if !is_there("python3") {
        return;
    }
    let program = mailed_payloads(9).await;
    let script = "import email, email.policy, json, sys\n\
        mail = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)\n\
        lines = open(sys.argv[1], 'rb').read().split(b'\\n')\n\
        print(json.dumps({'names': sorted(mail.keys()), 'to': [str(a.addr_spec) for a in mail['To'].addresses],\n\
        'longest': max(map(len, lines)), 'defects': [str(d) for d in mail.defects], 'parts': [p.get_content_type() for p in mail.walk()]}))";
    let mails = program.mails();
    assert!(!mails.is_empty());
    let mut sets = Vec::new();
    for (file, _) in &mails {
        let output = Command::new("python3").args(["-c", script]).arg(file).output().unwrap();
        let read: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(read["to"], serde_json::json!(["office@example.org"]));
        assert_eq!(read["defects"], serde_json::json!([]));
        assert!(read["longest"].as_u64().unwrap() <= 998, "{read}");
        assert_eq!(read["parts"], serde_json::json!(["multipart/alternative", "text/plain", "text/html"]));
        sets.push(read["names"].clone());
    }
    sets.dedup();
    assert_eq!(sets.len(), 1, "every mail has the same headers: {sets:#?}");
    assert!(!sets[0].to_string().contains("Bcc"), "{sets:#?}");
}

/// Text that would make lines of its own, or colours, or a bell, where it is printed as it is.
const LOUD: &str = "\u{1b}[31m红\u{7}\r\n2026-11-02T00:00:00Z  INFO forged: all is well\u{9b}2J";

#[tokio::test(flavor = "multi_thread")]
async fn a_site_writes_no_line_of_its_own_into_log_or_terminal() {
    let site = Site::start().await.unwrap();
    let loud = LOUD.replace('\r', "&#13;").replace('\n', "&#10;");
    let row = format!(r#"<li><a href="/n/1.htm" title="{0}{1}">{0}{1}</a><span>2026-11-01</span></li>"#, title("甲街道"), loud);
    let others: String = ["放假安排的通知", "安全生产检查的公告", "部门预算公开目录"]
        .iter()
        .enumerate()
        .map(|(number, name)| format!(r#"<li><a href="/o/{number}.htm">关于{name}</a><span>2026-09-20</span></li>"#))
        .collect();
    site.put("/list.html", format!("<html><body><ul>{row}{others}</ul></body></html>"));
    site.answer("/n/1.htm", wall(&format!("<title>访问频繁{loud}</title><body>访问频繁{loud}")));
    let ailing = Site::start().await.unwrap();
    ailing.put("/list.html", format!("<title>网站维护中{loud}</title><body>网站维护中{loud}"));
    let program = Program::new();
    program.write("huitoukan.toml", &format!("visit = \"* * * * * *\"\n{}", crate::program::MAIN));
    for (name, site) in [("jia", &site), ("yi", &ailing)] {
        program.write(&format!("sources/{name}.toml"), &format!("name = \"{name}\"\nlisting = \"{}\"\n", site.url("/list.html")));
    }
    for json in [false, true] {
        let arguments: &[&str] = if json { &["run", "--json"] } else { &["run"] };
        let daemon = program.daemon(arguments);
        daemon.logs(if json { "watching" } else { "source yi ails" });
        if !json {
            daemon.logs("could not be read");
        }
        let log = daemon.log();
        let is_whole =
            |line: &str| if json { serde_json::from_str::<Value>(line).is_ok() } else { line.starts_with("20") && line.contains('Z') };
        assert!(log.lines().all(is_whole), "{log}");
        assert!(!log.lines().any(|line| line.starts_with("2026-11-02T00:00:00Z")), "{log}");
        assert!(!log.contains(|c: char| c.is_control() && c != '\n'), "{log:?}");
        for command in [&["sources"][..], &["notices"], &["status"], &["check"], &["digest"]] {
            let ran = program.run(command);
            let printed = format!("{}{}", ran.out, ran.err);
            assert!(!printed.contains(['\u{1b}', '\u{7}', '\r', '\u{9b}']), "{command:?}: {printed:?}");
            assert!(!printed.lines().any(|line| line.trim_start().starts_with("2026-11-02T00")), "{command:?}: {printed}");
        }
    }
}

/// Every file below a folder.
fn all_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_else(|_| Vec::new());
    entries.into_iter().flat_map(|path: PathBuf| if path.is_dir() { all_files(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_found_anywhere_but_where_it_was_put() {
    let mut world = World::new().await;
    publishes(&mut world, "甲街道");
    let server = Server::start([rule("AUTH", ALWAYS, Act::Say("535 5.7.8 wrong: canary-password"))]).await;
    let program = Program::new();
    let smtp = format!(
        "[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nuser = \"robot\"\npassword_file = \"password\"\n",
        server.address.port()
    );
    program.write("huitoukan.toml", &format!("visit = \"* * * * * *\"\n{}{smtp}", crate::program::MAIN));
    program.write("password", "canary-31415\n");
    program.write("subscribers.toml", "[[subscriber]]\nto = [\"office@example.org\"]\ndigest = \"* * * * * *\"\n");
    let listing = world.site.url(LISTING);
    program.write("sources/jia.toml", &format!("name = \"甲\"\nlisting = \"{listing}\"\nannounce_since = 2026-01-01\n"));
    let said = program.well(&["check-config"]).says("is open to others").says("chmod 600");
    let mut printed = said.err;
    let daemon = program.daemon(&["run"]);
    daemon.logs("is open to others");
    daemon.logs("stays owed");
    let commands: &[&[&str]] = &[
        &["status", "--json"],
        &["sources", "--json"],
        &["outbox", "--json"],
        &["outbox", "retry", "--all"],
        &["digest", "--send"],
        &["health"],
        &["impact"],
        &["backup", "all.tar"],
        &["verify"],
        &["schema", "main"],
    ];
    for command in commands {
        let ran = program.run(command);
        printed.push_str(&ran.out);
        printed.push_str(&ran.err);
    }
    // Configurations that carry one where none belongs are refused, without repeating it.
    for (file, text) in [
        ("sources/bad.toml", "name = \"x\"\nlisting = \"https://user:canary-31415@example.org/\"\n"),
        ("sources/bad.toml", "name = \"x\"\nlisting = \"https://example.org/\"\nproxy = \"http://user:canary-31415@10.0.0.1:3128\"\n"),
    ] {
        program.write(file, text);
        printed.push_str(&program.run(&["check-config"]).ends(3).err);
    }
    printed.push_str(&daemon.log());
    drop(daemon);
    assert!(!printed.contains("canary-31415"), "{printed}");
    let password = program.config().join("password");
    let bad = program.config().join("sources/bad.toml");
    for file in all_files(program.folder.path()).into_iter().filter(|file| *file != password && *file != bad) {
        let bytes = fs::read(&file).unwrap_or_default();
        assert!(!bytes.windows(12).any(|part| part == b"canary-31415"), "{}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_writes_below_its_store_and_its_outbox_and_nowhere_else() {
    if !is_there("strace") {
        return;
    }
    let mut world = World::new().await;
    publishes(&mut world, "甲街道");
    let program = Program::new();
    program.write("huitoukan.toml", &format!("visit = \"* * * * * *\"\n{}", crate::program::MAIN));
    program.write("subscribers.toml", "[[subscriber]]\nto = [\"office@example.org\"]\ndigest = \"* * * * * *\"\n");
    let listing = world.site.url(LISTING);
    program.write("sources/jia.toml", &format!("name = \"甲\"\nlisting = \"{listing}\"\nannounce_since = 2026-01-01\n"));
    let trace = program.folder.path().join("trace");
    let run = program.command(&["run"]);
    let mut traced = Command::new("strace")
        .args(["-f", "-qq", "-y", "-s", "4096", "-e", "trace=%file", "-o"])
        .arg(&trace)
        .arg(run.get_program())
        .args(run.get_args())
        .current_dir(program.folder.path())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("a mail", || (!program.mails().is_empty()).then_some(()));
    program.run(&["status"]);
    let daemon = fs::read_to_string(&trace).unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(Command::new("kill").args(["-TERM", &daemon]).status().unwrap().success());
    until("it to stop", || traced.try_wait().unwrap());
    let calls = fs::read_to_string(&trace).unwrap();
    let writes: Vec<&str> = calls
        .lines()
        // The end of a call that another thread's came between; its beginning names the path.
        .filter(|line| !line.contains(" = -1 ") && !line.contains(" resumed>"))
        .filter(|line| {
            let opens = line.contains("open") && ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| line.contains(flag));
            opens
                || ["mkdir", "rename", "unlink", "link(", "symlink", "chmod", "truncate", "mknod"]
                    .iter()
                    .any(|call| line.contains(&format!(" {call}")))
        })
        .collect();
    assert!(writes.len() > 10, "{writes:#?}");
    let (store, outbox) = (program.store(), program.config().join("outbox"));
    // The configuration folder is named relative to where it was started.
    let own = [
        "config/store",
        "config/outbox",
        &store.display().to_string(),
        &outbox.display().to_string(),
        "/dev/null",
        "/dev/tty",
        "/proc/self",
    ];
    let elsewhere: Vec<&&str> = writes
        .iter()
        .filter(|line| {
            let named = line.split('"').nth(1).unwrap_or_default();
            !own.iter().any(|own| named.starts_with(own)) && !own.iter().any(|own| line.contains(&format!("<{}", Path::new(own).display())))
        })
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}
