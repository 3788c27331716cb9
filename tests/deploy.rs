//! What runs the program for good: the systemd unit and the container, as far as they can be judged without either running.

#[path = "deploy/calls.rs"]
mod calls;
#[path = "deploy/container.rs"]
mod container;
#[path = "support/mime.rs"]
#[allow(dead_code)]
mod mime;
#[path = "support/program.rs"]
#[allow(dead_code)]
mod program;
#[path = "support/world.rs"]
#[allow(dead_code)]
mod world;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const UNIT: &str = "deploy/huitoukan.service";

/// The daemon ticks at least this often (`flow::daemon`), and every tick tells systemd that it is alive.
const TICK_S: u64 = 5;
/// The daemon cuts off what does not stop in this time (`cli::run`).
const STOP_S: u64 = 8;

fn text_of(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A program that a test needs; without it the test says so aloud, or fails where `HUITOUKAN_TEST_ALL` is set.
fn is_there(program: &str) -> bool {
    let is_there = Command::new(program).arg("--version").output().is_ok();
    if !is_there {
        eprintln!("SKIPPED: {program} is not installed");
        assert!(std::env::var_os("HUITOUKAN_TEST_ALL").is_none(), "{program} is not installed");
    }
    is_there
}

/// Values of a key of the unit, in order.
fn settings(key: &str) -> Vec<String> {
    let unit = text_of(UNIT);
    unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=').map(str::to_owned)).collect()
}

#[track_caller]
fn check_setting(key: &str, expected: &str) {
    assert_eq!(settings(key), [expected], "{key} in {UNIT}");
}

/// systemd's own judgement, 0 (tight) to 10; needs no running systemd.
#[test]
fn the_unit_is_tight_by_systemds_own_measure() {
    let judged = Command::new("systemd-analyze").args(["security", "--offline=true", "--threshold=20", UNIT]).output();
    let Ok(judged) = judged else {
        eprintln!("SKIPPED the_unit_is_tight_by_systemds_own_measure: systemd-analyze is not at hand");
        return;
    };
    let report = String::from_utf8_lossy(&judged.stdout).into_owned() + &String::from_utf8_lossy(&judged.stderr);
    assert!(report.contains("Overall exposure level"), "{report}");
    assert!(judged.status.success(), "an exposure above 2.0: {report}");
}

#[test]
fn the_unit_knows_every_setting_that_it_uses() {
    let Ok(verified) = Command::new("systemd-analyze").args(["verify", UNIT]).output() else {
        eprintln!("SKIPPED the_unit_knows_every_setting_that_it_uses: systemd-analyze is not at hand");
        return;
    };
    let report = String::from_utf8_lossy(&verified.stdout).into_owned() + &String::from_utf8_lossy(&verified.stderr);
    let complaints: Vec<&str> = report.lines().filter(|line| line.contains("huitoukan.service:")).collect();
    let others: Vec<&&str> = complaints.iter().filter(|line| !line.contains("is not executable")).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn the_watchdog_is_fed_in_time_and_a_stop_is_waited_for() {
    check_setting("Type", "notify");
    let seconds = |key: &str| settings(key).concat().parse::<u64>().unwrap();
    assert!(TICK_S * 2 < seconds("WatchdogSec"), "a tick may be late by as much again");
    assert!(STOP_S < seconds("TimeoutStopSec"));
    let daemon = text_of("src/flow/daemon.rs");
    assert!(daemon.contains(&format!("const TICK: Duration = Duration::from_secs({TICK_S});")), "the daemon ticks at another pace");
    let run = text_of("src/cli/run.rs");
    assert!(run.contains(&format!("const STOP_TIMEOUT: Duration = Duration::from_secs({STOP_S});")), "the daemon stops at another pace");
}

/// Files are read by a child with limits of its own: the unit must leave it room, let it lock itself in, and outlive it.
#[test]
fn the_unit_lets_files_be_read_apart() {
    let [memory] = settings("MemoryMax").try_into().unwrap();
    let mebibytes: u64 = memory.trim_end_matches('M').parse().unwrap();
    assert!(mebibytes << 20 >= 2 * huitoukan::sandbox::Limits::default().memory_bytes, "{memory}");
    check_setting("OOMPolicy", "continue");
    assert!(settings("SystemCallFilter").iter().any(|calls| calls.contains("landlock_restrict_self")));
}

#[test]
fn the_password_comes_under_the_name_that_the_configuration_looks_for() {
    let [credential] = settings("LoadCredential").try_into().unwrap();
    let (name, source) = credential.split_once(':').unwrap();
    assert!(text_of("src/config/mail.rs").contains(&format!("const CREDENTIAL: &str = {name:?};")), "{credential}");
    assert!(!source.starts_with('/'), "systemd refuses to start without a file given by its whole path; {source} may be missing");
}

/// Instructions of the Dockerfile, continued lines joined, in order.
fn instructions() -> Vec<(String, String)> {
    let text = text_of("Dockerfile").replace("\\\n", " ");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap()).map(|(name, rest)| (name.to_owned(), rest.trim().to_owned())).collect()
}

/// Values of an instruction in the last stage, which is what runs.
fn at_last(name: &str) -> Vec<String> {
    let instructions = instructions();
    let last = instructions.iter().rposition(|(name, _)| name == "FROM").unwrap();
    instructions[last..].iter().filter(|(other, _)| other == name).map(|(_, value)| value.clone()).collect()
}

#[test]
fn the_container_runs_as_nobody_in_particular() {
    let [user] = at_last("USER").try_into().unwrap();
    let ids: Vec<u32> = user.split(':').map(|id| id.parse().unwrap()).collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| *id >= 10_000), "{user}");
}

#[test]
fn the_container_has_one_volume_a_health_check_and_no_shell_to_start_it() {
    assert_eq!(at_last("VOLUME"), ["/var/lib/huitoukan"]);
    let [check] = at_last("HEALTHCHECK").try_into().unwrap();
    let (_, command) = check.split_once("CMD ").unwrap();
    let command: Vec<String> = serde_json::from_str(command).unwrap();
    assert_eq!(command.last().map(String::as_str), Some("health"));
    for name in ["ENTRYPOINT", "CMD"] {
        let [value] = at_last(name).try_into().unwrap();
        assert!(serde_json::from_str::<Vec<String>>(&value).is_ok(), "{name} {value} would be run by a shell");
    }
    let [installed] = at_last("RUN").try_into().unwrap();
    assert!(installed.contains("--no-install-recommends poppler-utils poppler-data"), "{installed}");
    assert!(at_last("ADD").is_empty(), "what runs is copied");
}

#[test]
fn every_image_is_named_with_its_release() {
    for (_, image) in instructions().into_iter().filter(|(name, _)| name == "FROM") {
        let name = image.split(' ').next().unwrap();
        let tag = name.split_once(':').map(|(_, tag)| tag);
        assert!(tag.is_some_and(|tag| tag != "latest"), "{name}");
    }
    let rust = text_of("Cargo.toml").lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"').to_owned();
    assert!(instructions()[0].1.starts_with(&format!("rust:{rust}-")), "built with another Rust than Cargo.toml asks for");
}

/// What the program is built from must not be left out of the container's build by `.dockerignore`.
#[test]
fn the_container_is_built_from_everything_that_the_code_includes() {
    let ignore = text_of(".dockerignore");
    let kept: BTreeSet<&str> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut included = BTreeSet::new();
    for file in rust_files(&root.join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        for marker in ["include_str!(\"", "include_bytes!(\""] {
            for rest in text.split(marker).skip(1) {
                let name = rest.split('"').next().unwrap();
                let path =
                    file.parent().unwrap().join(name).canonicalize().unwrap_or_else(|_| panic!("{} includes {name}", file.display()));
                included.insert(path.strip_prefix(root.canonicalize().unwrap()).unwrap().to_owned());
            }
        }
    }
    assert!(!included.is_empty());
    // What lies under tests/ is included by tests only.
    for path in included.iter().filter(|path| !path.starts_with("tests")) {
        let top = path.components().next().unwrap().as_os_str().to_str().unwrap();
        assert!(kept.contains(top), "{} is left out of the build", path.display());
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect()
}
