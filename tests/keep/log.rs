//! The log under floods: once per source and problem, the end with its count, and thousands of failures at once in a few lines.

use huitoukan::demo::Site;

use crate::program::{MAIN, Program, until};
use crate::world::{BODY, page};

const EVERY_SECOND: &str = "visit = \"* * * * * *\"\nhosts_max = 64\n";
const TITLE: &str = "鲤城区工商联关于巡察整改进展情况的通报";

fn listing() -> String {
    let other = |number: usize| format!(r#"<li><a href="/o/{number}.htm">关于放假安排的通知第{number}号</a><span>2026-09-20</span></li>"#);
    let others: String = (1..=5).map(other).collect();
    format!(r#"<html><body><ul><li><a href="/n/1.htm" title="{TITLE}">{TITLE}</a><span>2026-11-01</span></li>{others}</ul></body></html>"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_again_and_again_is_said_once_and_its_end_with_the_count() {
    let site = Site::start().await.unwrap();
    site.put("/list.html", "<title>网站维护中</title><body>网站维护中,请稍后访问".to_owned());
    let program = Program::new();
    program.write("huitoukan.toml", &format!("{EVERY_SECOND}{MAIN}"));
    program.write("sources/jia.toml", &format!("name = \"甲\"\nlisting = \"{}\"\n", site.url("/list.html")));
    let asked = |site: &Site| until("a visit", || site.take_hits().iter().any(|hit| hit.path == "/list.html").then_some(()));
    let mut logs = Vec::new();
    for day in 0..3 {
        let daemon = program.daemon(&["--now", &format!("+{}h", day * 26), "run"]);
        asked(&site);
        if day == 0 {
            daemon.logs("source jia ails: waiting-room");
        }
        until("the visit to be kept", || {
            program.run(&["sources", "--json"]).lines().iter().any(|source| source["failures"] == day + 1).then_some(())
        });
        logs.push(daemon.log());
        daemon.terminate();
    }
    let said: usize = logs.iter().map(|log| log.matches("source jia ails").count()).sum();
    assert_eq!(said, 1, "{logs:#?}");
    site.put("/list.html", listing());
    site.put("/n/1.htm", page(TITLE, BODY));
    let daemon = program.daemon(&["--now", "+100h", "run"]);
    daemon.logs("source jia is well again: waiting-room is over after 3 visit(s)");
    daemon.terminate();
}

#[test]
fn hundreds_of_failures_at_once_are_a_hundred_lines_and_a_count() {
    const SOURCES: usize = 220;
    let program = Program::new();
    program.write("huitoukan.toml", &format!("{EVERY_SECOND}{MAIN}"));
    for number in 0..SOURCES {
        let address = format!("http://127.0.{}.{}:9/list/", 1 + number / 200, 1 + number % 200);
        program.write(&format!("sources/s{number}.toml"), &format!("name = \"{number}\"\nlisting = \"{address}\"\n"));
    }
    let daemon = program.daemon(&["run"]);
    daemon.logs("similar line(s) left out, such as: source s");
    until("most to be visited", || {
        let sources = program.run(&["sources", "--json"]).lines();
        (sources.iter().filter(|source| source["failures"] == 1).count() > 160).then_some(())
    });
    let log = daemon.log();
    let said = log.lines().filter(|line| line.contains(" WARN ") && line.contains(" ails: unreachable")).count();
    assert!((100..=115).contains(&said), "{said} of {SOURCES}:\n{log}");
    let (_, left_out) = log.split_once(" similar line(s) left out").map(|(before, _)| before.rsplit_once(' ').unwrap()).unwrap();
    assert!(left_out.parse::<usize>().is_ok_and(|number| number > 0), "{left_out}");
    assert!(log.lines().count() < 130, "{log}");
    daemon.terminate();
}
