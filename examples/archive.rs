//! A store with an archive of many notices, and what a question over all of them costs.
//!
//! `cargo run --release --example archive -- 6400 FOLDER` makes a configuration with a store of 6,400 notices in FOLDER, which are some
//! 100,000 problems, unless there is one, and prints what comparing one problem and one measure with all of them takes. Then ask it
//! yourself: `time huitoukan --config FOLDER similar 商会换届不及时`.

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use huitoukan::alike::problems::{Query, THE_SAME, Weights};
use huitoukan::alike::{Lines, measures, measures_of, statements};
use huitoukan::demo::BODIES;
use huitoukan::flow::ask::similar;
use huitoukan::model::{Block, Document, NoticeId, Presence, Region, Snapshot, SourceId, Tracked, Validators, Version};
use huitoukan::store::{self, Commit, Derived, Half, Store};
use huitoukan::{extract, parse};
use jiff::Timestamp;

const AT_ONCE: usize = 100;

fn main() {
    let notices: usize = env::args().nth(1).and_then(|number| number.parse().ok()).unwrap_or(6_400);
    let folder = PathBuf::from(env::args().nth(2).expect("name a folder"));
    if !folder.exists() {
        fill(&folder, notices);
    }
    let began = Instant::now();
    let store = store::open(&store::Settings::at(folder.join("store"))).expect("the store opens");
    println!("{:>8.1} ms to open the store", ms(began));
    for round in ["first", "second"] {
        println!("{round} time:");
        ask(store.as_ref());
    }
    println!("{:>8.1} MB at most in memory", peak_mb());
}

fn ask(store: &dyn Store) {
    let began = Instant::now();
    let missing = store.underived().expect("the store works").len();
    println!("{:>8.1} ms to see that {missing} notices are not derived", ms(began));
    let began = Instant::now();
    let rows = store.derived(Half::Problems).expect("the store works");
    let bytes: usize = rows.iter().map(|(_, bytes)| bytes.len()).sum();
    println!("{:>8.1} ms to read the problems, {:.1} MB", ms(began), bytes as f64 / 1e6);
    let began = Instant::now();
    let sketches: Vec<Lines> = rows.iter().filter_map(|(_, bytes)| Lines::of(bytes)).collect();
    let weights = Weights::of(sketches.iter().flat_map(Lines::items).flat_map(|(_, statements)| statements));
    let query = Query::new(&statements("基层商会换届工作不及时;商会底数不清"), &weights);
    let scores: Vec<f32> =
        sketches.iter().flat_map(Lines::items).map(|(_, statements)| query.score(statements, &weights, THE_SAME)).collect();
    let same = scores.iter().filter(|score| **score >= THE_SAME).count();
    println!("{:>8.1} ms to compare with {} problems; {same} are the same", ms(began), scores.len());
    let began = Instant::now();
    let rows = store.derived(Half::Measures).expect("the store works");
    let bytes: usize = rows.iter().map(|(_, bytes)| bytes.len()).sum();
    println!("{:>8.1} ms to read the measures, {:.1} MB", ms(began), bytes as f64 / 1e6);
    let began = Instant::now();
    let signature = measures::Signature::of("联系社会组织管理部门,摸清所属商会底数,对僵尸型社会组织进行整治").expect("it is long enough");
    let all = || rows.iter().flat_map(|(_, bytes)| measures_of(bytes));
    let near = all().filter(|(_, _, other)| signature.is_worth_a_look(other).is_some()).count();
    println!("{:>8.1} ms to compare with {} measures; {near} are worth a look", ms(began), all().count());
}

/// Seeds with one Chinese character in eight replaced by a common one, so that no two notices say the same.
fn fill(folder: &Path, notices: usize) {
    fs::create_dir_all(folder).expect("a new folder");
    fs::write(folder.join("huitoukan.toml"), "contact = \"bench@example.org\"\n[mail]\nfolder = \"outbox\"\n").expect("a file");
    let store = store::open(&store::Settings::at(folder.join("store"))).expect("a new store");
    let seeds: Vec<Vec<String>> = BODIES.iter().map(|body| body.paragraphs().iter().map(ToString::to_string).collect()).collect();
    let common: Vec<char> = seeds.iter().flatten().flat_map(|text| text.chars()).filter(|c| is_chinese(*c)).collect();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize
    };
    let numbers: Vec<usize> = (0..notices).collect();
    for numbers in numbers.chunks(AT_ONCE) {
        let mut commit = Commit::default();
        let mut derived = Vec::new();
        for &number in numbers {
            let mut change = |c: char| if is_chinese(c) && next() % 8 == 0 { common[next() % common.len()] } else { c };
            let blocks: Vec<Block> =
                seeds[number % seeds.len()].iter().map(|text| Block::Paragraph(text.chars().map(&mut change).collect())).collect();
            let (tracked, version) = notice(number, Document { blocks, ..Document::default() });
            let (problems, measures) = similar::sketch(&tracked, &version).to_bytes();
            derived.push(Derived { notice: tracked.id.clone(), version: 1, problems, measures });
            commit.tracked.push(tracked);
            commit.versions.push(version);
        }
        store.commit(&commit).expect("the store keeps it");
        store.keep_derived(&derived).expect("the store keeps it");
    }
    println!("{notices} notices kept, {} MB on disk", store.counts().expect("the store counts").bytes / 1_000_000);
}

fn notice(number: usize, document: Document) -> (Tracked, Version) {
    let body = &BODIES[number % BODIES.len()];
    let url: url::Url = format!("https://www.example.org/{}/t{number}.html", number % 400).parse().expect("an address");
    let page = Snapshot::of_body(url.clone(), None, number.to_string().into_bytes(), Timestamp::UNIX_EPOCH);
    let notice = parse::notice(&document);
    let tracked = Tracked {
        id: NoticeId::of(&url, 0),
        url,
        source: SourceId(format!("s{}", number % 400)),
        region: Region(format!("{}/{}", body.region, number % 400)),
        sector: Some(["工商联", "卫生健康", "教育", "住建"][number % 4].to_owned()),
        title: body.name.to_owned(),
        published: None,
        first_seen: Timestamp::UNIX_EPOCH,
        last_seen: Timestamp::UNIX_EPOCH,
        versions: 1,
        presence: Presence::Present,
        validators: Validators::default(),
        next_look: Timestamp::UNIX_EPOCH,
        fingerprint: number as u64,
        copy_of: None,
        trouble: None,
        quiet: false,
        doubt: None,
        parts: Vec::new(),
        gist: None,
        newest: None,
        topic: None,
        doubts: Vec::new(),
    };
    let id = tracked.id.clone();
    let captured_at = Timestamp::UNIX_EPOCH;
    (tracked, Version { id, number: 1, snapshot: page.id(), captured_at, revision: extract::REVISION, document, notice })
}

fn is_chinese(character: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&character)
}

fn ms(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e3
}

fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()).unwrap_or(0.0) / 1e3
}
