//! The real program with its store on a small disk of its own that runs full: it goes on reading and mailing, keeps nothing
//! new, opens by its ballast, and works again by itself when there is room.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use huitoukan::demo::Site;
use huitoukan::store::Settings;

use crate::program::{Daemon, MAIN, Program, until};
use crate::smtp::{ALWAYS, Act, Server, rule};
use crate::world::{BODY, LISTING, page};
use crate::{Part, path, title};

/// Enough for a store with its ballast, and small enough to be filled in a moment.
const DISK_BYTES: u64 = 64 << 20;
/// Of `tmpfs`: it gives and takes room in these.
const PAGE_BYTES: u64 = 4096;
const INSIDE: &str = "HUITOUKAN_TEST_DISK";

/// Only in a mount namespace of its own may a test mount a disk, and whatever happens to it, the disk goes with it. `None`: here not
/// even that is allowed, which is said aloud.
fn on_a_small_disk(test: &str) -> Option<PathBuf> {
    if let Some(place) = std::env::var_os(INSIDE) {
        return Some(place.into());
    }
    let place = tempfile::tempdir().unwrap();
    let script = format!("mount -t tmpfs -o size={DISK_BYTES} tmpfs \"$1\" || exit 77; shift; exec \"$@\"");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"]).arg(place.path());
    command.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]).env(INSIDE, place.path());
    match command.status().map(|status| status.code()) {
        Ok(Some(0)) => {}
        // 1 is unshare's own: namespaces are forbidden here. A test that fails ends with 101.
        Ok(Some(1 | 77)) | Err(_) => {
            eprintln!("{test}: this machine lets nobody mount a disk in a namespace of its own; nothing is checked")
        }
        Ok(code) => panic!("{test} failed on its disk: {code:?}"),
    }
    None
}

struct House {
    program: Program,
    site: Site,
    server: Server,
    rows: Vec<String>,
    disk: PathBuf,
}

impl House {
    async fn on(disk: &Path) -> Self {
        let (program, site) = (Program::new(), Site::start().await.unwrap());
        let server = Server::start([]).await;
        let port = server.address.port();
        let mail = format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n");
        let store = disk.join("store");
        program.write("huitoukan.toml", &format!("store = \"{}\"\nvisit = \"* * * * * *\"\n{MAIN}{mail}", store.display()));
        program.write("subscribers.toml", "[[subscriber]]\nid = \"office\"\nto = [\"office@example.org\"]\ndigest = \"* * * * * *\"\n");
        program.write("sources/jia.toml", &format!("name = \"甲区\"\nlisting = \"{}\"\n", site.url(LISTING)));
        let house = Self { program, site, server, rows: Vec::new(), disk: disk.to_owned() };
        house.lists();
        house
    }

    fn publishes(&mut self, street: &str) {
        let (path, title) = (path(street), title(street));
        self.rows.insert(0, format!(r#"<li><a href="{path}" title="{title}">{title}</a><span>2026-11-01</span></li>"#));
        self.site.put(&path, page(&title, &BODY.replace("区工商联", street)));
        self.lists();
    }

    fn lists(&self) {
        let rows = self.rows.concat();
        let others = r#"<li><a href="/other/1.html">关于国庆节放假安排的通知</a><span>2026-09-25</span></li>
<li><a href="/other/2.html">关于开展安全生产检查的公告</a><span>2026-09-20</span></li><li><a href="/other/3.html">2026年部门预算公开目录</a></li>"#;
        self.site
            .put(LISTING, format!(r#"<html><head><title>通知公告</title></head><body><ul class="list">{rows}{others}</ul></body></html>"#));
    }

    fn daemon(&self) -> Daemon {
        let daemon = self.program.daemon(&["run"]);
        daemon.logs("watching ");
        daemon
    }

    /// Another program leaves only so many pages of the disk.
    fn fills(&self, pages_left: u64) {
        let mut filler = File::options().create(true).append(true).open(self.disk.join("filler")).unwrap();
        let zeros = vec![0; PAGE_BYTES as usize];
        while filler.write_all(&zeros).is_ok() {}
        let bytes = filler.metadata().unwrap().len();
        filler.set_len(bytes.saturating_sub(pages_left * PAGE_BYTES)).unwrap();
    }

    fn empties(&self) {
        fs::remove_file(self.disk.join("filler")).unwrap();
    }

    /// How many mails tell of it.
    fn told(&self, street: &str) -> usize {
        let taken = self.server.taken();
        taken.iter().filter(|mail| Part::read(&mail.mail()).parts()[0].text().contains(&title(street))).count()
    }

    #[track_caller]
    fn tells(&self, street: &str) {
        until(&format!("a mail about {street}"), || (self.told(street) > 0).then_some(()));
    }

    fn has_ballast(&self) -> bool {
        fs::metadata(self.disk.join("store/ballast")).is_ok_and(|file| file.len() > 0)
    }

    /// It says that it is full, where, and how much it needs, the room of a ballast that was thrown included; what is kept is read.
    #[track_caller]
    fn is_full(&self, kept: usize) {
        let needed = if self.has_ballast() { 8 << 20 } else { 32 << 20 };
        until("health to say so", || {
            let health = self.program.run(&["health"]);
            (health.code == 1 && health.out.contains("the disk is full at") && health.out.contains(&format!("{needed} are needed")))
                .then_some(())
        });
        let status = self.program.run(&["status", "--json"]).ends(1).json();
        let said = status["read_only"].as_str().unwrap();
        assert!(said.contains(&self.disk.join("store").display().to_string()) && said.contains("it goes on by itself"), "{said}");
        assert_eq!(self.program.notices().len(), kept);
        self.program.well(&["verify"]).prints("完好");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_disk_that_is_really_full_it_reads_mails_and_opens_and_works_again_by_itself() {
    let Some(disk) = on_a_small_disk("disk::on_a_disk_that_is_really_full_it_reads_mails_and_opens_and_works_again_by_itself") else {
        return;
    };
    for pages in [0, 1, 4, 16] {
        stays_well_with(&disk, pages).await;
        for entry in fs::read_dir(&disk).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() { fs::remove_dir_all(entry).unwrap() } else { fs::remove_file(entry).unwrap() }
        }
    }
}

async fn stays_well_with(disk: &Path, pages: u64) {
    let mut house = House::on(disk).await;
    house.publishes("甲街道");
    let daemon = house.daemon();
    until("the baseline to be told", || (!house.server.taken().is_empty()).then_some(()));
    house.server.follow([rule("RCPT", ALWAYS, Act::Say("451 4.7.1 come back later"))]);
    house.publishes("乙街道");
    daemon.logs("stays owed");
    let head = house.program.well(&["verify", "--json"]).json()["head"].as_str().unwrap().to_owned();
    assert!(house.has_ballast(), "with {pages} pages");

    house.fills(pages);
    house.publishes("丙街道");
    house.is_full(2);
    // What is owed is mailed, once, and marked with the ballast's room.
    house.server.follow([]);
    house.program.run(&["outbox", "retry", "--all"]);
    house.tells("乙街道");
    assert!(!house.has_ballast(), "with {pages} pages");
    house.is_full(2);
    daemon.kill();

    // The ballast's room is still there: killed, it opens again, and goes on reading.
    let daemon = house.daemon();
    house.is_full(2);
    assert_eq!((house.told("乙街道"), house.told("丙街道")), (1, 0), "with {pages} pages");

    house.empties();
    house.tells("丙街道");
    house.program.well(&["health"]);
    until("the ballast to be back", || house.has_ballast().then_some(()));
    let (_, code) = daemon.terminate();
    assert_eq!(code, Some(0), "the daemon that found the disk full is the one that went on");

    // Full before it starts: the ballast gives its room to the opening.
    house.fills(pages);
    let daemon = house.daemon();
    assert!(!house.has_ballast(), "with {pages} pages");
    house.is_full(3);
    daemon.kill();
    // Full to the brim, and nothing left to throw: it may not even open, says so, and loses nothing by that.
    house.fills(pages);
    let status = house.program.run(&["status"]).ends(1);
    assert!(status.err.contains("the disk is full at") || status.out.contains("the disk is full at"), "{status:?}");
    house.empties();
    house.program.well(&["verify", "--head", &head]).prints("完好");
    assert_eq!((house.told("乙街道"), house.told("丙街道")), (1, 1), "with {pages} pages");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_cannot_be_marked_as_sent_waits_and_does_not_come_again_and_again() {
    let Some(disk) = on_a_small_disk("disk::a_mail_that_cannot_be_marked_as_sent_waits_and_does_not_come_again_and_again") else {
        return;
    };
    let mut house = House::on(&disk).await;
    let daemon = house.daemon();
    house.publishes("甲街道");
    until("the first mail", || (!house.server.taken().is_empty()).then_some(()));
    house.server.follow([rule("RCPT", ALWAYS, Act::Say("451 4.7.1 come back later"))]);
    house.publishes("乙街道");
    daemon.logs("stays owed");
    // The ballast is used up too.
    house.fills(0);
    fs::write(disk.join("store/ballast"), []).unwrap();
    house.fills(0);
    house.server.follow([]);
    let before = house.server.connections();
    house.program.run(&["outbox", "retry", "--all"]).ends(1).says("the disk is full at");
    house.is_full(2);
    assert_eq!((house.server.connections(), house.told("乙街道")), (before, 0), "nothing is sent that could not be marked");
    house.empties();
    house.program.well(&["outbox", "retry", "--all"]);
    house.tells("乙街道");
    let (_, code) = daemon.terminate();
    assert_eq!((code, house.told("乙街道")), (Some(0), 1));
    let store = huitoukan::store::open(&Settings::at(disk.join("store"))).unwrap();
    assert_eq!(store.counts().unwrap().pending, 0);
}
