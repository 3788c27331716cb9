//! What each pure stage costs on one notice: `cargo bench`.

use std::fs;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use huitoukan::alike::problems::{Query, THE_SAME, Weights};
use huitoukan::model::{Block, Document, NoticeId, Rules, Snapshot, Version};
use huitoukan::{diff, extract, parse, site};
use jiff::Timestamp;

/// A notice of 25 KB on a page of its family, and the same after a silent edit.
const PAGE: &str = "tests/corpus/seeds/content_id.html";

fn snapshot(edit: impl Fn(String) -> String) -> Snapshot {
    let page = edit(fs::read_to_string(PAGE).expect("the page stands in tests/corpus/seeds"));
    let url = "https://www.example.org/content/2024-09/12/content_7118134.htm".parse().expect("an address");
    Snapshot::of_body(url, Some("text/html; charset=utf-8"), page.into_bytes(), Timestamp::UNIX_EPOCH)
}

fn stages(criterion: &mut Criterion) {
    let before = snapshot(|page| page);
    let after = snapshot(|page| page.replace("未完成", "已完成").replace("27条", "28条"));
    let decoded = extract::decode(&before);
    let rules = Rules::default();
    let document = extract::document(&before, &rules).expect("the page has a body");
    let edited = extract::document(&after, &rules).expect("the page has a body");
    let (notice, edited_notice) = (parse::notice(&document), parse::notice(&edited));
    let version = Version {
        id: NoticeId::of(&before.url, 0),
        number: 1,
        snapshot: before.id(),
        captured_at: Timestamp::UNIX_EPOCH,
        revision: extract::REVISION,
        document: document.clone(),
        notice: notice.clone(),
    };

    let mut group = criterion.benchmark_group("one notice");
    group.throughput(Throughput::Bytes(before.body.len() as u64));
    group.bench_function("decode", |bench| bench.iter(|| extract::decode(black_box(&before))));
    group.bench_function("no content?", |bench| bench.iter(|| site::no_content(black_box(&before), &decoded)));
    group.bench_function("extract", |bench| bench.iter(|| extract::document(black_box(&before), &rules)));
    group.bench_function("parse", |bench| bench.iter(|| parse::notice(black_box(&document))));
    group.bench_function("compare, same", |bench| bench.iter(|| diff::compare(black_box(&version), &document, &notice)));
    group.bench_function("compare, edited", |bench| bench.iter(|| diff::compare(black_box(&version), &edited, &edited_notice)));
    group.bench_function("fingerprint", |bench| bench.iter(|| diff::fingerprint(black_box(&document))));
    group.bench_function("listing", |bench| bench.iter(|| site::listing(black_box(&decoded), &rules, None)));
    group.finish();
}

/// One problem against 100,000 others, as the store keeps them.
fn alike(criterion: &mut Criterion) {
    let page = snapshot(|page| page);
    let document = extract::document(&page, &Rules::default()).expect("the page has a body");
    let problems: Vec<String> = parse::notice(&document).items.iter().flat_map(|item| huitoukan::alike::statements(item.words())).collect();
    // Every problem is the beginning of one of the notice and the end of another, so that they share some and differ.
    let cut = |text: &str, number: usize| text.chars().skip(number % 3).collect::<String>();
    let archive: Vec<String> = (0..100_000)
        .map(|number| [&problems[number % problems.len()], &problems[number / 7 % problems.len()]].map(|text| cut(text, number)).concat())
        .collect();
    let mut group = criterion.benchmark_group("100,000 problems");
    group.sample_size(20);
    group.bench_function("compare one with all", |bench| {
        bench.iter(|| {
            let weights = Weights::of(archive.iter().map(String::as_str));
            let query = Query::new(&huitoukan::alike::statements(black_box("基层商会换届不及时")), &weights);
            archive.iter().filter(|problem| query.score(std::iter::once(problem.as_str()), &weights, THE_SAME) >= THE_SAME).count()
        });
    });
    group.finish();
}

/// Twice the text, twice the work: one throughput for every size, whatever the text.
fn sizes(criterion: &mut Criterion) {
    let page = extract::document(&snapshot(|page| page), &Rules::default()).expect("the page has a body");
    let lines = |line: &str, count: usize| Document { blocks: vec![Block::Paragraph(line.to_owned()); count], ..Document::default() };
    let texts: [(&str, &dyn Fn(usize) -> Document); 4] = [
        ("notices", &|times| Document {
            blocks: std::iter::repeat_n(&page.blocks, times).flatten().cloned().collect(),
            ..Document::default()
        }),
        ("one line", &|times| lines(&page.words().repeat(times), 1)),
        ("problems without numbers", &|times| lines("学习不深入。整改情况:一是加强学习。", 500 * times)),
        ("quotations never closed", &|times| lines(&"关于“".repeat(4000 * times), 1)),
    ];
    let mut group = criterion.benchmark_group("parse by size");
    group.sample_size(10);
    for (name, text) in texts {
        for times in [1, 2, 4] {
            let document = text(times);
            group.throughput(Throughput::Elements(document.characters() as u64));
            group.bench_function(format!("{name}, {times}x"), |bench| bench.iter(|| parse::notice(black_box(&document))));
        }
    }
    group.finish();
}

criterion_group!(benches, stages, alike, sizes);
criterion_main!(benches);
