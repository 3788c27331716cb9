//! How well pages are read: our own small pages case by case, the five seeds on their sites' chrome, and the corpus of real pages.
//!
//! The corpus (`../shared/corpus`) is not part of the repository. Where it is not at hand its tests say so and check nothing.

#[path = "corpus/score.rs"]
mod score;

use std::path::{Path, PathBuf};

use huitoukan::extract;
use huitoukan::model::{Block, Document, Furniture, Rules, Snapshot, Unreadable};
use score::{Gold, Score};

const ADDRESS: &str = "https://www.example.gov.cn/zwgk/tzgg/202409/t20240912_1.htm";

fn read(bytes: Vec<u8>, rules: &Rules) -> Result<Document, Unreadable> {
    let snapshot = Snapshot::of_body(ADDRESS.parse().unwrap(), None, bytes, jiff::Timestamp::UNIX_EPOCH);
    extract::document(&snapshot, rules)
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A block as the expectations write it: `# heading`, `| cell | cell`, or the paragraph itself.
fn written(block: &Block) -> String {
    match block {
        Block::Heading(text) => format!("# {text}"),
        Block::Paragraph(text) => text.clone(),
        Block::Row(cells) => format!("| {}", cells.join(" | ")),
    }
}

#[test]
fn every_reading_case_reads_as_expected() {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(here("tests/corpus/reading")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 50, "{} cases", cases.len());
    let failures: Vec<String> = cases.iter().filter_map(|case| difference(case)).collect();
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

/// What a case's reading says differently from its `expected.json`.
fn difference(case: &Path) -> Option<String> {
    let expected: serde_json::Value = serde_json::from_slice(&std::fs::read(case.join("expected.json")).unwrap()).unwrap();
    let rules = Rules { body: expected["rules_body"].as_str().map(str::to_owned), ..Rules::default() };
    let document = match (read(std::fs::read(case.join("page.html")).unwrap(), &rules), expected["problem"].as_str()) {
        (Ok(document), None) => document,
        (Err(problem), Some(named)) if problem.to_string().contains(named) => return None,
        (other, named) => return Some(format!("{}: expected problem {named:?}, got {other:?}", case.display())),
    };
    let found = serde_json::json!({
        "title": document.title,
        "published": document.published.map(|published| published.to_string()),
        "source": document.source,
        "column": document.column,
        "site": document.site,
        "body": document.blocks.iter().map(written).collect::<Vec<_>>(),
        "attachments": document.attachments.iter().map(|file| serde_json::json!({"url": file.url, "name": file.name})).collect::<Vec<_>>(),
    });
    let differing = found.as_object().unwrap().iter().filter(|(key, value)| {
        // What a page says of its site and column is expected only where the case is about that.
        !(matches!(key.as_str(), "column" | "site") && expected[*key].is_null()) && expected[*key] != **value
    });
    let lines: Vec<String> =
        differing.map(|(key, value)| format!("  {key}\n    expected {}\n    found    {value}", expected[key])).collect();
    (!lines.is_empty()).then(|| format!("{}\n{}", case.file_name().unwrap().to_string_lossy(), lines.join("\n")))
}

/// Page, seed, title, published, source, and how many of the seed's lines at head and tail are not body.
const SEEDS: [(&str, &str, &str, &str, &str, usize, usize); 5] = [
    ("own_000", "000", "中共浙江省工商业联合会党组关于十五届省委第三轮巡视整改情况的通报", "2024-11-26 16:30", "省工商联机关党委", 1, 0),
    ("own_001", "001", "中共洛阳市工商业联合会党组关于市委巡察整改进展情况的通报", "2024-04-19 10:12", "洛阳市工商联", 1, 0),
    ("trs", "002", "湘潭市雨湖区工商业联合会关于巡察整改进展情况的通报", "2023-01-10 15:26", "雨湖区工商联", 1, 0),
    ("content_id", "003", "鲤城区工商联关于巡察整改进展情况的通报", "2024-09-12 09:52", "鲤城区工商联", 2, 1),
    ("jpage", "004", "中共嵊州市委关于十五届省委第四轮巡视整改情况的通报", "2025-06-10 17:08", "嵊州市委办公室", 0, 0),
];

#[test]
fn the_seeds_are_read_exactly_from_the_chrome_of_their_own_sites() {
    for (page, seed, title, published, source, head, tail) in SEEDS {
        let document = read(std::fs::read(here(&format!("tests/corpus/seeds/{page}.html"))).unwrap(), &Rules::default()).unwrap();
        assert_eq!(document.title.as_deref(), Some(title), "{page}");
        assert_eq!(document.published.map(|published| published.to_string()).as_deref(), Some(published), "{page}");
        assert_eq!(document.source.as_deref(), Some(source), "{page}");
        assert_eq!(document.doubts, Vec::<String>::new(), "{page}");
        let Ok(text) = std::fs::read_to_string(here(&format!("../shared/seeds/texts/{seed}.txt"))) else {
            eprintln!("body of {page} not compared: ../shared/seeds is not at hand");
            continue;
        };
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let body: Vec<String> = document.blocks.iter().map(|block| block.text().into_owned()).collect();
        let attached = document.attachments.len();
        assert_eq!(score::squeezed(&body[..body.len() - attached]), score::squeezed(&lines[head..lines.len() - tail]), "{page}");
    }
}

/// Floors of a set of the corpus: body F1, exact bodies, exact paragraphs, titles, dates, sources.
struct Floors {
    f1: f64,
    exact: f64,
    paragraphs: f64,
    title: f64,
    date: f64,
    source: f64,
}

#[test]
fn real_pages_with_gold_made_by_hand_stay_above_their_floors() {
    check_set("hand", |_| true, &Floors { f1: 0.995, exact: 0.92, paragraphs: 0.92, title: 1.0, date: 1.0, source: 0.95 });
}

#[test]
fn real_government_pages_stay_above_their_floors() {
    check_set("hand", |kind| kind == "gov", &Floors { f1: 0.99, exact: 1.0, paragraphs: 1.0, title: 1.0, date: 1.0, source: 1.0 });
}

#[test]
fn the_seeds_in_real_chrome_are_read_exactly() {
    check_set("semi", |_| true, &Floors { f1: 1.0, exact: 1.0, paragraphs: 1.0, title: 1.0, date: 1.0, source: 1.0 });
}

#[test]
fn old_news_pages_stay_above_their_floors() {
    check_set("daniel", |_| true, &Floors { f1: 0.96, exact: 0.49, paragraphs: 0.49, title: 0.95, date: 0.0, source: 0.0 });
}

/// Every page of a site with several is read once more, knowing what the site's other pages share.
#[test]
fn what_a_sites_other_pages_teach_makes_no_reading_worse() {
    let folder = here("../shared/corpus");
    let Ok(lines) = std::fs::read_to_string(folder.join("gold/daniel.jsonl")) else {
        eprintln!("not run: the corpus is not at hand in {}", folder.display());
        return;
    };
    let mut sites: std::collections::BTreeMap<String, Vec<(Gold, Snapshot)>> = std::collections::BTreeMap::new();
    for gold in lines.lines().filter(|line| !line.trim().is_empty()).map(|line| serde_json::from_str::<Gold>(line).unwrap()) {
        let host = gold.file.split('_').nth(1).unwrap_or_default().to_owned();
        let body = std::fs::read(folder.join(&gold.file)).unwrap();
        let snapshot = Snapshot::of_body(ADDRESS.parse().unwrap(), None, body, jiff::Timestamp::UNIX_EPOCH);
        sites.entry(host).or_default().push((gold, snapshot));
    }
    let reading = |snapshot: &Snapshot, known: &Furniture| extract::reading(snapshot, &extract::decode(snapshot), &Rules::default(), known);
    let (mut pages, mut changed, mut alone, mut knowing) = (0, 0, 0.0, 0.0);
    for site in sites.into_values().filter(|site| site.len() > 3) {
        let readings: Vec<_> = site.iter().map(|(_, snapshot)| reading(snapshot, &Furniture::default()).unwrap()).collect();
        for (place, (gold, snapshot)) in site.into_iter().enumerate() {
            let mut known = Furniture::default();
            for (_, other) in readings.iter().enumerate().filter(|(other, _)| *other != place) {
                known.learn(other.document.title.as_deref().unwrap_or_default(), &other.around, other.document.characters());
            }
            let again = reading(&snapshot, &known).unwrap();
            let before = score::score(&gold, Some(readings[place].document.clone())).f1;
            let after = score::score(&gold, Some(again.document.clone())).f1;
            assert!(after >= before - 1e-9, "{}: {before} without, {after} with what the site's other pages share", gold.file);
            changed += usize::from(again.document.blocks != readings[place].document.blocks);
            (pages, alone, knowing) = (pages + 1, alone + before, knowing + after);
        }
    }
    eprintln!(
        "{pages} pages of sites with four and more: F1 {:.4} alone, {:.4} knowing; {changed} differ",
        alone / pages as f64,
        knowing / pages as f64
    );
}

#[track_caller]
fn check_set(set: &str, wanted: impl Fn(&str) -> bool, floors: &Floors) {
    let folder = here("../shared/corpus");
    let Ok(lines) = std::fs::read_to_string(folder.join(format!("gold/{set}.jsonl"))) else {
        eprintln!("not run: the corpus is not at hand in {}", folder.display());
        return;
    };
    let golds: Vec<Gold> = lines.lines().filter(|line| !line.trim().is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect();
    let golds = golds.into_iter().filter(|gold| wanted(&gold.kind));
    let scores: Vec<Score> =
        golds.map(|gold| score::score(&gold, read(std::fs::read(folder.join(&gold.file)).unwrap(), &Rules::default()).ok())).collect();
    let mean = |value: fn(&Score) -> Option<f64>| {
        let values: Vec<f64> = scores.iter().filter_map(value).collect();
        if values.is_empty() { 1.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
    };
    let measured = [
        ("F1", mean(|score| Some(score.f1)), floors.f1),
        ("exact", mean(|score| Some(score.exact)), floors.exact),
        ("paragraphs", mean(|score| Some(score.paragraphs)), floors.paragraphs),
        ("title", mean(|score| score.title), floors.title),
        ("date", mean(|score| score.date), floors.date),
        ("source", mean(|score| score.source), floors.source),
    ];
    eprintln!("{set}, {} pages: {}", scores.len(), measured.map(|(name, value, _)| format!("{name} {value:.3}")).join(", "));
    for (name, value, floor) in measured {
        assert!(value + 1e-9 >= floor, "{set}: {name} {value:.4} fell below its floor {floor}");
    }
}

/// Chromes of different sites around one body: none of their words may reach the document.
#[test]
fn the_chrome_around_a_body_does_not_change_it() {
    let notice = [
        "根据市委统一部署，市委第三巡察组对市水利局党组开展了巡察，现将整改情况予以公布。",
        "一、主要做法",
        "局党组召开专题会议6次，明确整改措施41条；逐条销号。",
        "某市水利局",
        "2024年9月12日",
    ];
    let paragraphs: String = notice.iter().map(|line| format!("<p>{line}</p>")).collect();
    let navigation = "<ul><li><a href='/'>首页</a></li><li><a href='/x/'>新闻中心</a></li></ul>";
    let chromes = [
        ("", ""),
        (navigation, "<p>版权所有：某市水利局　备案号：闽ICP备12345678号</p>"),
        ("<p>今天是2026年11月22日</p>", "<p>【打印】【关闭】</p><p>责任编辑：林某</p>"),
        ("<table><tr><td>", "</td></tr></table><div>相关链接<ul><li><a href='1.html'>市水利局召开巡察整改推进会</a></li></ul></div>"),
        ("<div><div><div>", "</div><div style='display:none'><p>您访问的链接即将离开，是否继续？</p></div></div></div>"),
    ];
    for container in ["TRS_Editor", "v_news_content", "x12"] {
        for (before, after) in chromes {
            let page = format!(
                "<html><head><meta charset=utf-8><title>巡察整改情况的通报</title></head><body>{before}<h1>巡察整改情况的通报</h1>\
                 <p>来源：某市水利局 发布时间：2024-09-12</p><div class='{container}'>{paragraphs}</div>{after}</body></html>"
            );
            let document = read(page.into_bytes(), &Rules::default()).unwrap();
            let blocks: Vec<String> = document.blocks.iter().map(written).collect();
            assert_eq!(blocks, notice, "{container} in {before:?} … {after:?}");
        }
    }
}

#[test]
fn reading_twice_gives_the_same_document() {
    for (page, ..) in SEEDS {
        let bytes = std::fs::read(here(&format!("tests/corpus/seeds/{page}.html"))).unwrap();
        assert_eq!(read(bytes.clone(), &Rules::default()), read(bytes, &Rules::default()), "{page}");
    }
}

/// Bytes of real markup cut, doubled and overwritten at random places.
#[test]
fn damaged_pages_never_panic() {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize % limit.max(1)
    };
    let mut pages: Vec<Vec<u8>> = Vec::new();
    for entry in std::fs::read_dir(here("tests/corpus/reading")).unwrap() {
        pages.push(std::fs::read(entry.unwrap().path().join("page.html")).unwrap());
    }
    for page in &pages {
        for _ in 0..20 {
            let mut damaged = page.clone();
            for _ in 0..1 + random(8) {
                let (from, length) = (random(damaged.len()), random(60));
                let to = (from + length).min(damaged.len());
                match random(4) {
                    0 => drop(damaged.drain(from..to)),
                    1 => damaged[from..to].iter_mut().for_each(|byte| *byte = random(256) as u8),
                    2 => {
                        let part = damaged[from..to].to_vec();
                        let at = random(damaged.len());
                        damaged.splice(at..at, part);
                    }
                    _ => damaged.truncate(to),
                }
            }
            if let Ok(document) = read(damaged, &Rules::default()) {
                assert!(!document.blocks.is_empty() || !document.attachments.is_empty() || !document.elsewhere.is_empty());
                assert!(document.blocks.iter().all(|block| !block.text().trim().is_empty()));
            }
        }
    }
}

/// Refuses a bomb that stands behind a notice; html5ever alone takes 7 to 45 seconds for each (servo/html5ever #788).
#[track_caller]
fn refused(bomb: &str) {
    let page = format!("<html><body><p>现将整改情况予以公布，欢迎监督。</p>{bomb}</body></html>");
    let reading = read(page.into_bytes(), &Rules::default());
    assert!(matches!(reading, Err(Unreadable::TooComplex { .. })), "{reading:?}");
}

#[test]
fn fifty_thousand_nested_elements_are_refused() {
    refused(&"<div>".repeat(50_000));
    refused(&"<table><tr><td>".repeat(20_000));
    refused(&"<svg><style>".repeat(20_000));
}

#[test]
fn thirty_two_thousand_nested_lists_are_refused() {
    refused(&"<ul><li>".repeat(32_000));
}

#[test]
fn a_hundred_thousand_attributes_are_refused() {
    let attributes: String = (0..100_000).map(|number| format!(" a{number}=''")).collect();
    refused(&format!("<p{attributes}>x</p>"));
}

#[test]
fn two_thousand_misnested_formatting_elements_are_refused() {
    refused(&format!("{}{}", "<b><i>".repeat(2_000), "</b></i>".repeat(2_000)));
    refused(&(0..2_000).map(|number| format!("<b id={number}><i id={number}>")).collect::<String>());
}

#[test]
fn deep_pages_below_the_limit_are_read() {
    let page = format!("<h1>整改情况的通报</h1>{}<p>现将整改情况予以公布，欢迎监督。</p>{}", "<div>".repeat(490), "</div>".repeat(490));
    assert_eq!(read(page.into_bytes(), &Rules::default()).unwrap().words(), "现将整改情况予以公布，欢迎监督。");
}

/// Whether a page is doubted for a reason that holds these words.
#[track_caller]
fn doubted(page: &str, words: &str) {
    let document = read(page.as_bytes().to_vec(), &Rules::default()).unwrap();
    assert!(document.doubts.iter().any(|doubt| doubt.contains(words)), "{document:?}");
}

#[test]
fn a_second_reader_that_sees_more_text_elsewhere_is_a_doubt() {
    let elsewhere = "<p>局党组坚持把整改作为政治任务，先后召开专题会议研究部署，逐条制定措施，逐项明确责任，逐一推动落实。</p>".repeat(6);
    doubted(
        &format!(
            "<h1>关于巡察整改情况的通报</h1><div class=TRS_Editor><p>现将整改情况公布如下，欢迎监督。</p></div><div class=y>{elsewhere}</div>"
        ),
        "another part of the page",
    );
}

#[test]
fn a_body_of_pictures_is_doubted() {
    let pictures = "<p><img src='./W020240912.jpg' width=800></p>".repeat(3);
    doubted(
        &format!("<h1>关于巡察整改情况的通报</h1><div class=TRS_Editor><p>现将整改情况公布如下，欢迎监督。</p>{pictures}</div>"),
        "3 pictures",
    );
}

#[test]
fn a_hidden_text_that_nothing_names_is_read_with_a_doubt() {
    let text = "<p>局党组坚持把整改作为政治任务，先后召开专题会议研究部署，逐条制定措施，逐项明确责任，逐一推动落实。</p>".repeat(6);
    doubted(&format!("<h1>关于巡察整改情况的通报</h1><div style='display: none' class=y>{text}</div><p>加载中</p>"), "markup hides it");
}

#[test]
fn a_page_with_many_damaged_characters_is_doubted() {
    let mut page = "<h1>整改情况的通报</h1>".to_owned().into_bytes();
    page.extend("<p>现将整改情况予以公布，欢迎监督。</p>".repeat(20).into_bytes());
    for place in (30..page.len()).step_by(40) {
        page[place] = 0xff;
    }
    let document = read(page, &Rules::default()).unwrap();
    assert!(document.doubts.iter().any(|doubt| doubt.contains("could not be decoded")), "{document:?}");
}
