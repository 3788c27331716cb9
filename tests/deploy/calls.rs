//! What the program and the readers of files ask of the kernel, held against what the unit lets them ask.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use huitoukan::demo::{Served, Site};

use crate::program::{Program, until};
use crate::world::{BODY, page};
use crate::{is_there, settings};

const TITLE: &str = "鲤城区工商联关于巡察整改进展情况的通报";

/// The sets of system calls that systemd knows by a name.
fn sets() -> BTreeMap<String, Vec<String>> {
    let listed = Command::new("systemd-analyze").arg("syscall-filter").output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut sets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut present = String::new();
    for line in listed.lines().filter(|line| !line.trim_start().starts_with('#') && !line.is_empty()) {
        match line.strip_prefix(' ') {
            Some(member) => sets.entry(present.clone()).or_default().push(member.trim().to_owned()),
            None => present = line.trim().to_owned(),
        }
    }
    sets
}

fn calls_of(name: &str, sets: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    match sets.get(name) {
        Some(members) => members.iter().flat_map(|member| calls_of(member, sets)).collect(),
        None => [name.to_owned()].into(),
    }
}

/// What the unit's lines of `SystemCallFilter` leave, in their order; systemd allows the calls of `@default` besides.
fn allowed() -> BTreeSet<String> {
    let sets = sets();
    let mut allowed = calls_of("@default", &sets);
    for line in settings("SystemCallFilter") {
        let (names, is_denied) = line.strip_prefix('~').map_or((line.as_str(), false), |names| (names, true));
        for call in names.split_whitespace().flat_map(|name| calls_of(name, &sets)) {
            if is_denied {
                allowed.remove(&call)
            } else {
                allowed.insert(call)
            };
        }
    }
    allowed
}

/// A life of the daemon with everything in it but a browser: visits, a PDF and a Word file, mails, commands, a stop. The calls
/// that it and its children made, one a line.
async fn traced(program: &Program) -> String {
    let site = Site::start().await.unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/files");
    let names = ["关于国庆节放假安排的通知", "关于开展安全生产检查的公告", "2026年部门预算公开目录", TITLE];
    let rows: String =
        names.iter().map(|name| format!("<li><a href=\"/n/{}.htm\">{name}</a><span>2026-11-01</span></li>", name.len())).collect();
    let mut links = String::new();
    for (name, kind) in [("libreoffice-headed.pdf", "application/pdf"), ("everything.docx", "application/octet-stream")] {
        links.push_str(&format!("<p>附件:<a href=\"/f/{name}\">{name}</a></p>"));
        site.answer(&format!("/f/{name}"), Served::of(kind, fs::read(corpus.join(name)).unwrap()));
    }
    let links = format!("{links}</div>\n<div class=\"foot\">");
    site.put(&format!("/n/{}.htm", TITLE.len()), page(TITLE, BODY).replace("</div>\n<div class=\"foot\">", &links));
    site.put("/list.html", format!("<html><head><meta charset=\"utf-8\"></head><body><ul>{rows}</ul></body></html>"));
    program.write("huitoukan.toml", &format!("visit = \"* * * * * *\"\n{}", crate::program::MAIN));
    program.write("subscribers.toml", "[[subscriber]]\nto = [\"office@example.org\"]\ndigest = \"* * * * * *\"\n");
    let listing = format!("http://localhost:{}/list.html", site.url("/").port().unwrap());
    program.write("sources/jia.toml", &format!("name = \"甲\"\nlisting = \"{listing}\"\nannounce_since = 2026-01-01\n"));
    let trace = program.folder.path().join("trace");
    let run = program.command(&["run"]);
    let mut traced = Command::new("strace")
        .args(["-f", "-qq", "-s", "32", "-o"])
        .arg(&trace)
        .arg(run.get_program())
        .args(run.get_args())
        .current_dir(program.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(Traced)
        .unwrap();
    until("a mail", || (!program.mails().is_empty()).then_some(()));
    program.well(&["backup", "copy.tar"]);
    program.well(&["status"]);
    let daemon = fs::read_to_string(&trace).unwrap().split_whitespace().next().unwrap().to_owned();
    assert!(Command::new("kill").args(["-TERM", &daemon]).status().unwrap().success());
    until("it to stop", || traced.0.try_wait().unwrap());
    fs::read_to_string(&trace).unwrap()
}

/// strace at work; ended with its test, and the daemon with it.
struct Traced(Child);

impl Drop for Traced {
    fn drop(&mut self) {
        // strace passes this on.
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// Name and arguments of a line that strace wrote.
fn call_of(line: &str) -> Option<(&str, &str)> {
    let (name, arguments) = line.split_once(char::is_whitespace)?.1.trim_start().split_once('(')?;
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_').then_some((name, arguments))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unit_lets_everything_be_asked_that_is_asked_of_the_kernel() {
    if !is_there("strace") || !is_there("systemd-analyze") || !is_there("pdftotext") {
        return;
    }
    let program = Program::new();
    let trace = traced(&program).await;
    assert!(trace.contains("execve(") && trace.contains("pdftotext"), "a PDF was read apart");
    let allowed = allowed();
    assert!(allowed.contains("landlock_restrict_self") && !allowed.contains("mount") && !allowed.contains("ptrace"), "{allowed:?}");
    let calls: Vec<(&str, &str)> = trace.lines().filter_map(call_of).collect();
    let names: BTreeSet<&str> = calls.iter().map(|(name, _)| *name).collect();
    let refused: Vec<&&str> = names.iter().filter(|name| !allowed.contains(**name)).collect();
    assert!(refused.is_empty(), "calls that SystemCallFilter would refuse: {refused:?}");
    // MemoryDenyWriteExecute: no memory is written and run, or run after it was written.
    let made_to_run = |(name, arguments): &&(&str, &str)| {
        arguments.contains("PROT_EXEC") && (name.contains("mprotect") || (*name == "mmap" && arguments.contains("PROT_WRITE")))
    };
    assert_eq!(calls.iter().find(made_to_run), None);
    // RestrictNamespaces.
    assert_eq!(calls.iter().find(|(name, arguments)| name.starts_with("clone") && arguments.contains("CLONE_NEW")), None);
    // RestrictAddressFamilies: what glibc asks besides (netlink, for the order of addresses) it can do without.
    let families: BTreeSet<&str> =
        calls.iter().filter(|(name, _)| *name == "socket").filter_map(|(_, arguments)| arguments.split(',').next()).collect();
    let [known] = settings("RestrictAddressFamilies").try_into().unwrap();
    let others: Vec<&&str> = families.iter().filter(|family| !known.contains(**family) && **family != "AF_NETLINK").collect();
    assert!(others.is_empty() && families.contains("AF_INET"), "{families:?}");
    eprintln!("{} system calls, all of them allowed; sockets of {families:?}", names.len());
}
