//! The real daemon as a process of its own, in real time: what it does by itself, what it does when asked, and how it ends.

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

use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use huitoukan::config::Config;
use huitoukan::demo::{Served, Site};
use huitoukan::flow::clock::Clock;
use huitoukan::flow::daemon::{self, Surroundings};
use huitoukan::flow::house::Setup;
use huitoukan::flow::status;
use mime::Part;
use program::{Daemon, MAIN, Program, Ran, until};
use smtp::{ALWAYS, Act, Server, rule};
use world::{BODY, World, page};

const LISTING: &str = "/zwgk/tzgg/index.html";
const EVERY_SECOND: &str = "visit = \"* * * * * *\"\n";

/// A column whose notices come one by one.
struct Column {
    site: Site,
    rows: Vec<String>,
}

impl Column {
    async fn empty() -> Self {
        let column = Self { site: Site::start().await.unwrap(), rows: Vec::new() };
        column.list();
        column
    }

    /// 甲街道, with a text of its own.
    fn publishes(&mut self, street: &str) {
        let (path, title) = (path(street), title(street));
        self.rows.insert(0, format!(r#"<li><a href="{path}" title="{title}">{title}</a><span>2026-11-01</span></li>"#));
        self.edits(street, |body| body);
        self.list();
    }

    fn edits(&self, street: &str, change: impl FnOnce(String) -> String) {
        self.site.put(&path(street), page(&title(street), &change(BODY.replace("区工商联", street))));
    }

    fn list(&self) {
        let rows = self.rows.concat();
        self.site.put(
            LISTING,
            format!(
                r#"<html><head><title>通知公告</title></head><body><ul class="list">{rows}<li><a href="/other/1.html">关于国庆节放假安排的通知</a><span>2026-09-25</span></li>
<li><a href="/other/2.html">关于开展安全生产检查的公告</a><span>2026-09-20</span></li>
<li><a href="/other/3.html">2026年部门预算公开目录</a><span>2026-09-12</span></li></ul></body></html>"#
            ),
        );
    }

    /// Waits until the site is asked for a path so many times from now on.
    #[track_caller]
    fn is_asked(&self, path: &str, times: usize) {
        self.site.take_hits();
        let mut asked = 0;
        until(&format!("{times} requests for {path}"), || {
            asked += self.site.take_hits().iter().filter(|hit| hit.path == path).count();
            (asked >= times).then_some(())
        });
    }
}

fn path(street: &str) -> String {
    format!("/n/{:x}.htm", street.bytes().fold(7_u64, |hash, byte| hash.wrapping_mul(31) ^ u64::from(byte)))
}

fn title(street: &str) -> String {
    format!("{street}关于巡察整改进展情况的通报")
}

fn source(site: &Site) -> String {
    format!("name = \"甲区 通知公告\"\nlisting = \"{}\"\nregion = \"福建/泉州/甲区\"\n", site.url(LISTING))
}

/// Visits every second, and tells every second.
fn eager(site: &Site) -> Program {
    let program = Program::new();
    program.write("huitoukan.toml", &format!("{EVERY_SECOND}{MAIN}"));
    program.write("subscribers.toml", "[[subscriber]]\nid = \"office\"\nto = [\"office@example.org\"]\ndigest = \"* * * * * *\"\n");
    program.write("sources/jia.toml", &source(site));
    program
}

/// Subjects and texts of the mails in the outbox.
fn told(program: &Program) -> Vec<(String, String)> {
    let read = |bytes: Vec<u8>| {
        let mail = Part::read(&bytes);
        (mail.header("Subject").to_owned(), mail.parts()[0].text())
    };
    program.mails().into_iter().map(|(_, bytes)| read(bytes)).collect()
}

#[track_caller]
fn is_told(program: &Program, subject: &str) -> String {
    until(&format!("a mail about {subject}"), || told(program).into_iter().find(|(found, _)| found.contains(subject)).map(|(_, text)| text))
}

/// Started, and through its first visit.
#[track_caller]
fn started(program: &Program, column: &Column) -> Daemon {
    let daemon = program.daemon(&["run"]);
    column.is_asked(LISTING, 2);
    daemon
}

#[tokio::test(flavor = "multi_thread")]
async fn it_finds_what_is_new_and_what_was_edited_and_mails_both() {
    let mut column = Column::empty().await;
    let program = eager(&column.site);
    let daemon = started(&program, &column);
    column.publishes("甲街道");
    let text = is_told(&program, "新增1");
    assert!(text.contains(&title("甲街道")) && text.contains(column.site.url(&path("甲街道")).as_str()), "{text}");
    let (_, code) = daemon.terminate();
    assert_eq!(code, Some(0));

    column.edits("甲街道", |body| body.replace("仅解决21个", "仅解决35个"));
    // Known notices are looked at daily.
    let daemon = program.daemon(&["--now", "2036-11-25T09:00:00+08:00", "run"]);
    let text = is_told(&program, "修改1");
    assert!(text.contains("[删 21][增 35]"), "{text}");
    drop(daemon);
    assert_eq!(told(&program).len(), 2, "and nothing else: {:#?}", told(&program));
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_answered_while_it_runs() {
    let mut column = Column::empty().await;
    column.publishes("甲街道");
    let program = eager(&column.site);
    program.write("subscribers.toml", program::SUBSCRIBERS);
    program.run(&["health"]).ends(1).says("no daemon answers");
    let daemon = started(&program, &column);
    until("the notice", || (program.notices().len() == 1).then_some(()));
    program.well(&["health"]).prints("来源 1:正常 1");
    program.well(&["notices"]).prints(&title("甲街道")).says("1 notice(s)");
    program.well(&["show", column.site.url(&path("甲街道")).as_str()]).prints("仅解决21个");
    program.well(&["sources", "--json"]).json();
    program.well(&["status"]).prints("来源 1");
    program.well(&["reread"]).says("0 version(s)");
    program.run(&["show", "ZZZZ"]).ends(1).says("no notice is named ZZZZ");
    program.run(&["diff", column.site.url(&path("甲街道")).as_str()]).ends(1).says("has only one version");
    program.well(&["check", "jia"]).prints("jia:");
    program.run(&["check", "jai"]).ends(1).says("did you mean jia?");
    program.run(&["--now", "2030-01-01T00:00:00Z", "status"]).ends(1).says("leave --now out");
    program.well(&["digest"]).prints("首次收录");
    program.well(&["digest", "--send"]).says("mail: 1 laid into");
    assert_eq!(told(&program).len(), 1);
    let raw = program.well(&["show", column.site.url(&path("甲街道")).as_str(), "--raw"]);
    assert_eq!(raw.bytes, column.site.page(&path("甲街道")).unwrap().body);
    assert!(program.config().join("huitoukan.toml").exists());
    drop(daemon);
    program.run(&["health"]).ends(1).says("no daemon answers");
    program.well(&["notices"]).prints(&title("甲街道"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_daemon_is_restored_elsewhere() {
    let mut column = Column::empty().await;
    column.publishes("甲街道");
    column.publishes("乙街道");
    let program = eager(&column.site);
    let daemon = started(&program, &column);
    until("the notices", || (program.notices().len() == 2).then_some(()));
    program.well(&["backup", "copy.tar"]).says("备份完成:copy.tar");
    program.run(&["backup", "copy.tar"]).ends(1).says("a backup is never overwritten");
    let head = program.well(&["verify", "--json"]).json()["head"].as_str().unwrap().to_owned();
    program.well(&["verify", "--head", &head]).prints("完好");
    program.run(&["verify", "--head", &"0".repeat(64)]).ends(3).prints("no change has the head");
    program.run(&["verify", "--head", "12"]).ends(1).says("64 hexadecimal digits");
    drop(daemon);

    let elsewhere = Program::new();
    elsewhere.write("sources/jia.toml", &source(&column.site));
    let copy = program.folder.path().join("copy.tar");
    let copy = copy.to_str().unwrap();
    elsewhere.well(&["restore", copy]).says("通报 2");
    elsewhere.run(&["restore", copy]).ends(1).says("is not empty");
    elsewhere.run(&["restore", "none.tar"]).ends(1).says("none.tar cannot be read");
    assert_eq!(elsewhere.well(&["notices", "--json"]).out, program.well(&["notices", "--json"]).out);
    let raw = elsewhere.well(&["show", column.site.url(&path("甲街道")).as_str(), "--raw"]);
    assert_eq!(raw.bytes, column.site.page(&path("甲街道")).unwrap().body);
    elsewhere.well(&["verify", "--head", &head]).prints("完好");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forgotten_on_request_is_not_collected_again() {
    let mut column = Column::empty().await;
    column.publishes("甲街道");
    column.publishes("乙街道");
    let program = eager(&column.site);
    program.well(&["check"]);
    program.run(&["forget", "--match", "甲街道"]).ends(3).prints(&title("甲街道")).says("请加 --yes");
    assert_eq!(program.notices().len(), 2, "nothing goes without --yes");
    program.run(&["forget"]).ends(2);
    program.well(&["forget", "--match", "无此街道", "--yes"]).says("什么也没有删除");
    let daemon = started(&program, &column);
    program.well(&["forget", column.site.url(&path("甲街道")).as_str(), "--yes"]).says("已删除 通报 1");
    column.is_asked(LISTING, 2);
    drop(daemon);
    program.well(&["check"]);
    assert_eq!(program.notices().len(), 1);
    program.well(&["verify"]).prints("完好");
}

/// A daemon without a configuration folder and without a supervisor.
struct Alone;

impl Surroundings for Alone {
    fn changed(&mut self) -> Option<Setup> {
        None
    }

    fn alive(&mut self) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_it_goes_on_answering_and_works_again_when_there_is_room() {
    let free = Arc::new(AtomicU64::new(u64::MAX));
    let clock = Clock::machine();
    let every_second = |config: &mut Config| {
        config.sources[0].visit.cron = "* * * * * *".to_owned();
        config.subscribers[0].digest = "* * * * * *".to_owned();
    };
    let mut world = World::with(every_second).await.restart_at(clock).restart_on_disk(free.clone());
    world.publishes("/1.htm", &title("甲街道"), BODY);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(daemon::run(world.house.clone(), Alone, async { drop(stopped.await) }));
    until("the first visit", || (!world.mail().is_empty()).then_some(()));

    free.store(0, Ordering::SeqCst);
    let before = world.kinds();
    world.publishes("/2.htm", &title("乙街道"), &BODY.replace("区工商联", "乙街道"));
    let status = until("the disk to be found full", || {
        let status = status::whole(&world.house, &world.house.setup()).unwrap();
        status.read_only.clone().map(|_| status)
    });
    assert!(status.read_only.as_ref().is_some_and(|why| why.contains("8388608 are needed")), "{status:?}");
    assert!(world.house.store.tracked_at(&world.site.url("/1.htm")).unwrap().is_some(), "what is kept is read");
    assert_eq!(world.kinds(), before);

    free.store(u64::MAX, Ordering::SeqCst);
    until("the second notice", || world.mail().iter().any(|mail| mail.text.contains(&title("乙街道"))).then_some(()));
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
}

/// Runs a command at a terminal of so many columns; `None` where this machine has no `script` to make one.
fn at_a_terminal(program: &Program, columns: u16, arguments: &str) -> Option<Ran> {
    let line = format!("stty rows 24 cols {columns}; exec {} {arguments}", env!("CARGO_BIN_EXE_huitoukan"));
    let mut command = Command::new("script");
    command
        .args(["-qec", &line, "/dev/null"])
        .current_dir(program.folder.path())
        .env_remove("COLUMNS")
        .env_remove("NO_COLOR")
        .env("TERM", "xterm");
    match command.stdin(Stdio::null()).output() {
        Ok(output) => Some(Ran::of(output)),
        Err(_) => {
            eprintln!("skipped: there is no `script` on this machine to make a terminal");
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_gets_colours_and_its_width_also_through_the_daemon() {
    let mut column = Column::empty().await;
    column.publishes("甲街道");
    let program = eager(&column.site);
    program.well(&["check"]);
    let widest =
        |ran: &Ran| ran.out.lines().map(|line| line.trim_end().chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>()).max();
    let Some(alone) = at_a_terminal(&program, 60, "notices") else { return };
    assert!(alone.code == 0 && widest(&alone) <= Some(60), "{alone:#?}");
    let show = format!("show {}", column.site.url(&path("甲街道")));
    assert!(at_a_terminal(&program, 80, &show).unwrap().out.contains("\x1b[1m"));
    let checked = at_a_terminal(&program, 80, "check").unwrap();
    let last = checked.out.rsplit("\x1b[2K").next().unwrap_or_default();
    assert!(checked.code == 0 && last.contains("jia:") && !last.contains("source(s) at"), "the bar is gone: {checked:#?}");

    let _daemon = started(&program, &column);
    let through = at_a_terminal(&program, 60, "notices").unwrap();
    assert!(widest(&through) <= Some(60), "{through:#?}");
    assert_eq!(through.out, alone.out);
    assert!(at_a_terminal(&program, 80, &show).unwrap().out.contains("\x1b[1m"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_configuration_is_taken_over_and_a_broken_one_is_not() {
    let mut column = Column::empty().await;
    column.publishes("甲街道");
    let program = eager(&column.site);
    let daemon = started(&program, &column);

    program.write("sources/yi.toml", "name = \"乙区\"\nlisting = \"http://127.0.0.1:9/\"\nregoin = \"福建\"\n");
    daemon.logs("the old one stays");
    column.is_asked(LISTING, 2);
    let complaints = |daemon: &Daemon| daemon.log().matches("the old one stays").count();
    assert_eq!(complaints(&daemon), 1, "said once, and the old one is at work:\n{}", daemon.log());
    assert!(daemon.log().contains("yi.toml:3"), "{}", daemon.log());

    // Half of a file, as an editor that is interrupted leaves it.
    program.write("sources/yi.toml", "name = \"乙区\"\nlisting = \"http://127.0.");
    until("the second complaint", || (complaints(&daemon) == 2).then_some(()));
    column.is_asked(LISTING, 1);
    assert_eq!(program.well(&["sources", "--json"]).says("this is no TOML").says("the running daemon answers").lines().len(), 1);
    program.well(&["health"]);

    program.write("sources/yi.toml", "name = \"乙区\"\nlisting = \"http://127.0.0.1:9/\"\n");
    daemon.logs("watching 2 source(s) now");
    until("both sources", || (program.run(&["sources", "--json"]).lines().len() == 2).then_some(()));
    assert_eq!(complaints(&daemon), 2);

    std::fs::remove_file(program.config().join("sources/jia.toml")).unwrap();
    daemon.logs("watching 1 source(s) now");
    assert_eq!(program.run(&["sources", "--json"]).lines()[0]["id"], "yi");
    program.well(&["notices", "--source", "jia"]).prints(&title("甲街道"));
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_that_are_brought_forward_count_at_once() {
    let column = Column::empty().await;
    let program = eager(&column.site);
    let yearly = MAIN.replace("[fetch]", "visit = \"0 0 3 1 1 *\"\n[fetch]");
    program.write("huitoukan.toml", &yearly);
    let daemon = program.daemon(&["run"]);
    column.is_asked(LISTING, 1);
    until("the end of the first visit", || program.well(&["sources"]).out.contains("正常").then_some(()));
    program.write("huitoukan.toml", &format!("{EVERY_SECOND}{MAIN}"));
    daemon.logs("the configuration changed");
    column.is_asked(LISTING, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_daemon_is_refused_and_told_who_runs() {
    let column = Column::empty().await;
    let program = eager(&column.site);
    let daemon = started(&program, &column);
    program.run(&["run"]).ends(1).says(&format!("pid {}", daemon.id())).says("in use");
    column.is_asked(LISTING, 1);
    program.well(&["health"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_in_time_while_a_site_hangs() {
    let column = Column::empty().await;
    let program = eager(&column.site);
    let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
    let listing = format!("http://{}/tzgg/", hanging.local_addr().unwrap());
    program.write("sources/slow.toml", &format!("name = \"慢\"\nlisting = \"{listing}\"\n"));
    let daemon = program.daemon(&["run"]);
    let _connection = accepted(&hanging);
    column.is_asked(LISTING, 2);
    let (took, code) = daemon.terminate();
    assert!(took < Duration::from_secs(10) && code == Some(0), "{took:?} {code:?}");
    program.well(&["sources", "--json"]);
}

/// The connection to a server that never says anything.
#[track_caller]
fn accepted(listener: &TcpListener) -> std::net::TcpStream {
    listener.set_nonblocking(true).unwrap();
    until("a connection", || listener.accept().ok()).0
}

fn by_smtp(program: &Program, port: u16, more: &str) {
    let main = format!("{EVERY_SECOND}{MAIN}[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n{more}");
    program.write("huitoukan.toml", &main);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_in_time_while_the_mail_server_hangs_and_mails_later() {
    let mut column = Column::empty().await;
    column.publishes("甲街道");
    let program = eager(&column.site);
    let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
    by_smtp(&program, hanging.local_addr().unwrap().port(), "");
    let daemon = program.daemon(&["run"]);
    let _connection = accepted(&hanging);
    let (took, code) = daemon.terminate();
    assert!(took < Duration::from_secs(10) && code == Some(0), "{took:?} {code:?}");

    let server = Server::start([]).await;
    by_smtp(&program, server.address.port(), "");
    let _daemon = started(&program, &column);
    until("the mail", || (server.taken().len() == 1).then_some(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_being_taken_when_it_stops_does_not_come_again() {
    let mut column = Column::empty().await;
    column.publishes("甲街道");
    let program = eager(&column.site);
    let server = Server::start([rule(".", 1, Act::TakeAndWait)]).await;
    by_smtp(&program, server.address.port(), "");
    let daemon = program.daemon(&["run"]);
    until("the first mail", || (server.taken().len() == 1).then_some(()));
    assert!(Command::new("kill").args(["-TERM", &daemon.id().to_string()]).status().unwrap().success());
    daemon.logs("stopping");
    server.goes_on();
    daemon.logs("stopped");
    drop(daemon);

    column.publishes("乙街道");
    let _daemon = started(&program, &column);
    until("the next mail", || (server.taken().len() == 2).then_some(()));
    let mails: Vec<Part> = server.taken().iter().map(|taken| Part::read(&taken.mail())).collect();
    assert_ne!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_it_loses_nothing_and_tells_nothing_twice() {
    let mut column = Column::empty().await;
    let program = eager(&column.site);
    drop(started(&program, &column));
    let streets = ["甲街道", "乙街道", "丙街道", "丁街道", "戊街道"];
    for (round, street) in streets.iter().enumerate() {
        column.publishes(street);
        let mails = program.mails().len();
        let daemon = program.daemon(&["run"]);
        match round % 3 {
            0 => column.is_asked(&path(street), 1),
            1 => until("a file in the outbox", || (program::files(&program.config().join("outbox")).len() > 2 * mails).then_some(())),
            _ => column.is_asked(LISTING, 1),
        }
        daemon.kill();
    }
    let daemon = program.daemon(&["run"]);
    let times = |street: &str| told(&program).iter().filter(|(_, text)| text.contains(&title(street))).count();
    for street in streets {
        until(street, || (times(street) > 0).then_some(()));
    }
    column.is_asked(LISTING, 2);
    assert_eq!(streets.map(times), [1; 5]);
    assert_eq!(program.notices().len(), streets.len());
    drop(daemon);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_and_commands_at_the_same_time_tell_nothing_twice() {
    let mut column = Column::empty().await;
    let program = eager(&column.site);
    let daemon = started(&program, &column);
    for street in ["甲街道", "乙街道", "丙街道"] {
        column.publishes(street);
        let commands: [&[&str]; 5] = [&["check"], &["check", "jia"], &["digest", "--send"], &["reread", "--all"], &["digest", "--send"]];
        let mut children: Vec<_> = commands
            .iter()
            .map(|arguments| program.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
            .collect();
        for child in &mut children {
            assert_eq!(child.wait().unwrap().code(), Some(0));
        }
    }
    is_told(&program, "新增");
    let times = |street: &str| told(&program).iter().filter(|(_, text)| text.contains(&title(street))).count();
    for street in ["甲街道", "乙街道", "丙街道"] {
        until(street, || (times(street) > 0).then_some(()));
        let history = program.well(&["history", column.site.url(&path(street)).as_str(), "--json"]).json();
        let changes = history["changes"].as_array().unwrap();
        assert!(changes.len() == 1 && history["versions"].as_array().unwrap().len() == 1, "{history:#}");
    }
    column.is_asked(LISTING, 2);
    assert_eq!(["甲街道", "乙街道", "丙街道"].map(times), [1; 3]);
    drop(daemon);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_holds_no_secrets_and_each_failure_once() {
    const PASSWORD: &str = "canary-31415";
    let mut column = Column::empty().await;
    column.publishes("甲街道");
    let program = eager(&column.site);
    let server = Server::start([rule("AUTH", ALWAYS, Act::Say("535 5.7.8 wrong"))]).await;
    by_smtp(&program, server.address.port(), "user = \"robot\"\npassword_file = \"password\"\n");
    program.write("password", PASSWORD);
    program.write("sources/dead.toml", "name = \"不通\"\nlisting = \"http://127.0.0.1:9/tzgg/?token=canary-27182\"\n");
    let daemon = program.daemon(&["run"]);
    daemon.logs("stays owed");
    daemon.logs("source dead ails");
    column.is_asked(LISTING, 2);
    let log = daemon.log();
    assert_eq!((log.matches("stays owed").count(), log.matches("source dead ails").count()), (1, 1), "{log}");
    assert!(log.contains("refused user or password"), "{log}");
    assert!(!log.contains("canary") && !log.contains("office@example.org"), "{log}");
    assert!(!log.contains("\x1b["), "a file is no terminal: {log}");

    // Another password is taken over without a restart.
    server.follow([]);
    program.write("password", "canary-16180");
    daemon.logs("the configuration changed");
    program.run(&["digest", "--send"]).ends(0).says("mail: 1 handed to 127.0.0.1");
    // In base64 as AUTH PLAIN says it: "\0robot\0canary-16180".
    assert!(server.said().iter().any(|said| said == "AUTH PLAIN AHJvYm90AGNhbmFyeS0xNjE4MA=="), "{:?}", server.said());
    daemon.terminate();
    server.follow([rule("AUTH", ALWAYS, Act::Say("535 5.7.8 wrong"))]);
    program.write("password", PASSWORD);
    column.publishes("乙街道");

    // Not even where everything is logged.
    let log = std::fs::File::create(program.folder.path().join("trace")).unwrap();
    let connections = server.connections();
    let mut everything = program
        .command(&["--now", "2036-11-25T09:00:00+08:00", "run", "--json"])
        .env("HUITOUKAN_LOG", "trace")
        .stderr(log)
        .spawn()
        .unwrap();
    until("a log-in", || (server.connections() > connections).then_some(()));
    column.is_asked(LISTING, 2);
    everything.kill().unwrap();
    everything.wait().unwrap();
    let log = std::fs::read_to_string(program.folder.path().join("trace")).unwrap();
    let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
    assert!(whole.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{whole}");
    // In base64 as AUTH PLAIN says it: "\0robot\0canary-31415".
    assert!(!log.contains(PASSWORD) && !log.contains("AHJvYm90AGNhbmFyeS0zMTQxNQ"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_supervisor_is_told_when_it_is_ready_alive_and_stopping() {
    let column = Column::empty().await;
    let program = eager(&column.site);
    let socket = program.folder.path().join("notify");
    let supervisor = UnixDatagram::bind(&socket).unwrap();
    supervisor.set_nonblocking(true).unwrap();
    let mut child = program.command(&["run"]).env("NOTIFY_SOCKET", &socket).stderr(Stdio::null()).spawn().unwrap();
    let hears = |wanted: &str| {
        until(wanted, || {
            let mut bytes = [0; 256];
            let length = supervisor.recv(&mut bytes).ok()?;
            String::from_utf8_lossy(&bytes[..length]).contains(wanted).then_some(())
        });
    };
    hears("READY=1");
    hears("WATCHDOG=1");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    hears("STOPPING=1");
    until("the end", || child.try_wait().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_asks_for_rest_gets_it_and_keeps_no_other_waiting() {
    let mut column = Column::empty().await;
    let program = eager(&column.site);
    let busy = Site::start().await.unwrap();
    let rest = Served::html("").with_status(503).with_header("retry-after", "80000");
    for path in ["/1/", "/2/"] {
        busy.answer(path, rest.clone());
    }
    program.write("huitoukan.toml", &format!("hosts_max = 1\n{EVERY_SECOND}{MAIN}"));
    for number in 1..=2 {
        let listing = busy.url(&format!("/{number}/"));
        program.write(&format!("sources/busy-{number}.toml"), &format!("name = \"忙{number}\"\nlisting = \"{listing}\"\n"));
    }
    let _daemon = started(&program, &column);
    until("both to ail or wait", || {
        let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(20);
        let waits =
            |source: &serde_json::Value| source["next_visit"].as_str().is_some_and(|next| next.parse::<jiff::Timestamp>().unwrap() > later);
        (program.run(&["sources", "--json"]).lines().iter().filter(|source| waits(source)).count() == 2).then_some(())
    });
    column.publishes("甲街道");
    is_told(&program, "新增1");
    let hits = busy.take_hits();
    assert_eq!(hits.iter().filter(|hit| hit.path != "/robots.txt").count(), 1, "it is left alone: {hits:?}");
    let report = program.run(&["check", "busy-1", "--json"]).ends(3).json();
    assert_eq!(report["problem"]["name"], "asked-to-wait");
}
