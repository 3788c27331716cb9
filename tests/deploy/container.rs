//! The real program as the container runs it: process 1 of its own, nobody in particular, no rights, a file system that cannot
//! be written but for one volume. By bubblewrap, which makes the same walls of the same kernel's parts as a container engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use huitoukan::demo::{Served, Site};

use crate::mime::Part;
use crate::program::{Ran, files, until};
use crate::world::page;
use crate::{instructions, is_there};

const TITLE: &str = "鲤城区工商联关于巡察整改进展情况的通报";
/// As the README writes it for the container, and quick.
const MAIN: &str = "\
contact = \"watch@example.org\"
pause = \"10ms\"
visit = \"* * * * * *\"
store = \"/var/lib/huitoukan/store\"
[fetch]
allow_private = [\"127.0.0.0/8\"]
[mail]
folder = \"/var/lib/huitoukan/outbox\"
";

/// A container's walls around this machine's own programs and libraries.
struct Box {
    folder: tempfile::TempDir,
    user: String,
}

impl Box {
    fn new(main: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("config/sources")).unwrap();
        fs::create_dir(folder.path().join("volume")).unwrap();
        let [user] = crate::at_last("USER").try_into().unwrap();
        let made = Self { folder, user };
        made.write("huitoukan.toml", main);
        made.write("subscribers.toml", "[[subscriber]]\nto = [\"office@example.org\"]\ndigest = \"* * * * * *\"\n");
        made
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join("config").join(name), text).unwrap();
    }

    fn volume(&self) -> PathBuf {
        self.folder.path().join("volume")
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let (user, group) = self.user.split_once(':').unwrap();
        let mut command = Command::new("bwrap");
        command.args(["--unshare-all", "--share-net", "--die-with-parent", "--as-pid-1", "--new-session", "--clearenv"]);
        command.args(["--uid", user, "--gid", group, "--cap-drop", "ALL", "--setenv", "PATH", "/usr/bin"]);
        command.args(["--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib"]);
        command.args(["--symlink", "usr/lib64", "/lib64", "--ro-bind-try", "/etc/ssl", "/etc/ssl", "--proc", "/proc", "--dev", "/dev"]);
        command.args(["--ro-bind", env!("CARGO_BIN_EXE_huitoukan"), "/opt/huitoukan"]);
        command.arg("--ro-bind").arg(self.folder.path().join("config")).arg("/etc/huitoukan");
        command.arg("--bind").arg(self.volume()).arg("/var/lib/huitoukan");
        command.args(["--remount-ro", "/", "--remount-ro", "/dev", "--chdir", "/var/lib/huitoukan", program]).args(arguments);
        command.stdin(Stdio::null());
        command
    }

    /// A command as `docker exec` gives it.
    fn run(&self, arguments: &[&str]) -> Ran {
        let whole = [&["--config", "/etc/huitoukan"], arguments].concat();
        Ran::of(self.command("/opt/huitoukan", &whole).output().unwrap())
    }

    fn mails(&self) -> Vec<String> {
        let mails = files(&self.volume().join("outbox")).into_iter().filter(|path| path.extension().is_some_and(|end| end == "eml"));
        mails.map(|path| Part::read(&fs::read(path).unwrap()).parts()[0].text()).collect()
    }
}

/// A column with one notice, whose text stands in a PDF.
async fn column() -> Site {
    let site = Site::start().await.unwrap();
    let rows = ["/o/1.htm\">关于国庆节放假安排的通知", "/o/2.htm\">关于开展安全生产检查的公告", "/o/3.htm\">2026年部门预算公开目录"];
    let rows: String = rows.iter().map(|row| format!("<li><a href=\"{row}</a><span>2026-09-25</span></li>")).collect();
    let row = format!("<li><a href=\"/n/1.htm\">{TITLE}</a><span>2026-11-01</span></li>");
    site.put("/list.html", format!("<html><head><meta charset=\"utf-8\"></head><body><ul>{row}{rows}</ul></body></html>"));
    let link = "<p>附件:<a href=\"/f/1.pdf\">整改通报.pdf</a></p></div>\n<div class=\"foot\">";
    site.put("/n/1.htm", page(TITLE, "详见附件。").replace("</div>\n<div class=\"foot\">", link));
    let pdf = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/files/libreoffice-headed.pdf")).unwrap();
    site.answer("/f/1.pdf", Served::of("application/pdf", pdf));
    site
}

/// The daemon under way in its box; ended with its test.
struct Running(Child);

impl Running {
    /// The process that is number 1 inside.
    fn id(&self) -> String {
        let outer = self.0.id();
        let children = until("the daemon to be started", || {
            let children = fs::read_to_string(format!("/proc/{outer}/task/{outer}/children")).unwrap_or_default();
            (!children.trim().is_empty()).then_some(children)
        });
        children.trim().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_box_like_the_containers_it_watches_reads_mails_is_backed_up_and_stops() {
    if !is_there("bwrap") || !is_there("pdftotext") {
        return;
    }
    let site = column().await;
    let made = Box::new(MAIN);
    made.write("sources/jia.toml", &format!("name = \"甲\"\nlisting = \"{}\"\nannounce_since = 2026-01-01\n", site.url("/list.html")));
    is_a_box(&made);
    let log = made.folder.path().join("log");
    let mut command = made.command("/opt/huitoukan", &["--config", "/etc/huitoukan", "run"]);
    let mut daemon = Running(command.stdout(Stdio::null()).stderr(fs::File::create(&log).unwrap()).spawn().unwrap());
    let said = || fs::read_to_string(&log).unwrap();
    until("a mail", || {
        assert!(daemon.0.try_wait().unwrap().is_none(), "{}", said());
        made.mails().iter().any(|mail| mail.contains(TITLE)).then_some(())
    });
    made.run(&["health"]).ends(0).prints("正常");
    let notice = made.run(&["notices", "--json"]).ends(0).json();
    let id = notice["id"].as_str().unwrap().to_owned();
    let shown = made.run(&["show", &id]).ends(0);
    assert!(shown.out.contains("巡察") && shown.out.chars().count() > 300, "the PDF was read: {shown:?}");
    made.run(&["backup", "/var/lib/huitoukan/copy.tar"]).ends(0);
    made.run(&["backup", "/tmp/copy.tar"]).ends(1).says("/tmp/copy.tar");
    made.run(&["check"]).ends(0);
    made.run(&["verify"]).ends(0).prints("完好");

    let id = daemon.id();
    let zombies = Command::new("ps").args(["--ppid", &id, "-o", "stat="]).output().unwrap().stdout;
    assert!(!String::from_utf8_lossy(&zombies).contains('Z'), "ended processes that nobody buried");
    let begun = Instant::now();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let code = until("the daemon to stop", || daemon.0.try_wait().unwrap()).code();
    assert!(code == Some(0) && begun.elapsed().as_secs() < 10, "{code:?} after {:?}: {}", begun.elapsed(), said());
    for word in ["Read-only", "read-only", "Permission denied", "Operation not permitted", "panicked"] {
        assert!(!said().contains(word), "{word}: {}", said());
    }
    made.run(&["verify"]).ends(0).prints("完好");
}

/// The walls stand: nothing but the volume can be written, and there are no rights to change that.
#[track_caller]
fn is_a_box(made: &Box) {
    let script = "id -u; grep -E '^(NoNewPrivs|CapEff|CapBnd)' /proc/self/status; \
        for place in / /etc /etc/huitoukan /usr /tmp /var /var/lib /dev /opt /root /run; do \
        touch $place/probe 2>/dev/null && echo WRITABLE $place; done; touch /var/lib/huitoukan/probe && rm /var/lib/huitoukan/probe && echo volume";
    let ran = Ran::of(made.command("/usr/bin/sh", &["-c", script]).output().unwrap()).ends(0);
    let lines: Vec<String> = ran.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let user = made.user.split_once(':').unwrap().0;
    assert_eq!(lines, [user, "CapEff: 0000000000000000", "CapBnd: 0000000000000000", "NoNewPrivs: 1", "volume"], "{ran:?}");
}

/// Process 1 is asked to bury whoever lost its parent: readers that were ended leave such children, and engines do it with
/// `--init`, which both READMEs must say.
#[test]
fn the_readme_starts_the_container_as_the_box_is_made() {
    assert!(instructions().iter().any(|(name, _)| name == "VOLUME"));
    for readme in ["README.md", "README.zh-CN.md"] {
        let text = crate::text_of(readme);
        for option in ["--init", "--read-only", "--cap-drop ALL", "--security-opt no-new-privileges", "--pids-limit", "--memory"] {
            assert!(text.contains(option), "{option} in {readme}");
        }
    }
}
