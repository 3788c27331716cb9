//! Notices read as a careful inspector would: the five real ones as their gold says, and one made-up notice per shape.
//!
//! `corpus/notices/shapes/NAME.txt` stands with `NAME.json`: the fields that matter in that shape. An object is compared
//! by the keys it gives, a list entry by entry, `null` must be null. A new case is two files and no code.

use std::fs;
use std::path::{Path, PathBuf};

use huitoukan::diff;
use huitoukan::extract::plain;
use huitoukan::model::{Block, Document, ItemDifference, Notice, NoticeId, SnapshotId, Span, Topic, Version};
use huitoukan::parse;
use huitoukan::parse::json::object;
use serde_json::Value;

fn corpus(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/notices").join(folder)
}

fn texts(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(corpus(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    found.sort();
    found
}

fn document(path: &Path) -> Document {
    plain::document(&fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).document
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let plain = plain::document(&text);
    let notice = parse::notice(&plain.document);
    Value::Object(object("", &plain.document, &notice, &plain.cuts))
}

fn expected(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What differs, one line per value, by the keys that `expected` gives.
fn differences(found: &Value, expected: &Value, path: &str, told: &mut Vec<String>) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            for (key, value) in expected {
                differences(found.get(key).unwrap_or(&Value::String("no such key".to_owned())), value, &format!("{path}.{key}"), told);
            }
        }
        (Value::Array(found), Value::Array(expected)) => {
            if found.len() != expected.len() {
                told.push(format!("{path}: {} entries instead of {}: {}", found.len(), expected.len(), Value::from(found.clone())));
            }
            for (number, (found, expected)) in found.iter().zip(expected).enumerate() {
                differences(found, expected, &format!("{path}[{number}]"), told);
            }
        }
        _ if bare(found) == bare(expected) => {}
        _ => told.push(format!("{path}: {found} instead of {expected}")),
    }
}

fn bare(value: &Value) -> Value {
    match value.as_str() {
        Some(text) => Value::String(text.chars().filter(|c| !c.is_whitespace()).collect()),
        None => value.clone(),
    }
}

#[track_caller]
fn check_seed(number: &str, form: &str) {
    let mut gold = expected(&corpus("seeds").join(format!("{number}.json")));
    let gold = gold.as_object_mut().expect("an object");
    gold.remove("file");
    if form == "clean" {
        gold.remove("cut_paragraphs");
    }
    let found = read(&corpus("seeds").join(format!("{number}.{form}.txt")));
    let mut told = Vec::new();
    differences(&found, &Value::Object(gold.clone()), number, &mut told);
    assert!(told.is_empty(), "{}", told.join("\n"));
    assert_eq!(found["is_notice"], true);
}

#[test]
fn a_real_notice_reads_as_its_gold_says_in_every_field() {
    for number in ["000", "001", "002", "003", "004"] {
        check_seed(number, "clean");
    }
}

#[test]
fn a_notice_cut_by_page_breaks_reads_the_same() {
    for number in ["000", "001", "002", "003", "004"] {
        check_seed(number, "raw");
    }
}

#[test]
fn every_shape_reads_as_written_beside_it() {
    let mut told = Vec::new();
    let shapes = texts("shapes");
    assert!(shapes.len() >= 30, "only {} shapes", shapes.len());
    for path in shapes {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        differences(&read(&path), &expected(&path.with_extension("json")), &name, &mut told);
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// Every value with a span, and every span alone, anywhere in a notice.
fn spans(value: &Value, found: &mut Vec<(Option<String>, Span)>) {
    match value {
        Value::Object(object) => {
            if let Ok(span) = serde_json::from_value::<Span>(value.clone()) {
                found.push((None, span));
            } else if let (Some(text), Some(span)) =
                (object.get("value"), object.get("span").and_then(|span| serde_json::from_value::<Span>(span.clone()).ok()))
            {
                found.push((text.as_str().map(str::to_owned), span));
            } else {
                object.values().for_each(|value| spans(value, found));
            }
        }
        Value::Array(values) => values.iter().for_each(|value| spans(value, found)),
        _ => {}
    }
}

/// The text of a body by its spans: a string value with a span is what stands there, unless it is a code or a day.
#[track_caller]
fn check_spans(document: &Document, notice: &Notice, what: &str) {
    let mut found = Vec::new();
    spans(&serde_json::to_value(notice).expect("a notice is data"), &mut found);
    let codes = [
        "巡视",
        "巡察",
        "routine",
        "special",
        "mobile",
        "look_back",
        "central",
        "province",
        "city",
        "county",
        "done",
        "partial",
        "open",
        "standing",
    ];
    for (value, span) in found {
        let block = document.blocks.get(span.block as usize).unwrap_or_else(|| panic!("{what}: {span:?} names no block"));
        let length = block.text().chars().count();
        assert!(span.start <= span.end && span.end as usize <= length, "{what}: {span:?} leaves its block of {length} characters");
        if let Some(value) = value.filter(|value| !codes.contains(&value.as_str()) && value.parse::<jiff::civil::Date>().is_err()) {
            assert_eq!(parse::quote(document, span), value, "{what}: {span:?}");
        }
    }
}

#[test]
fn every_span_lies_in_the_text_and_quotes_it() {
    for path in texts("seeds").into_iter().chain(texts("shapes")) {
        let document = document(&path);
        check_spans(&document, &parse::notice(&document), &path.display().to_string());
    }
}

/// A small generator that gives the same texts every time (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).expect("less than sides")
    }
}

const SCRAPS: [&str; 62] = [
    "一、",
    "（√已完成）",
    "【☑未完成】",
    "（一）",
    "(二）",
    "1.",
    "１．",
    "（1）",
    "②",
    "⑶",
    "㈠",
    "问题3：",
    "一是",
    "二是",
    "十一是",
    "关于“",
    "”问题",
    "针对",
    "的问题",
    "整改情况：",
    "整改措施:",
    "反馈问题：",
    "责任人：",
    "整改时限：",
    "（已完成）",
    "【未完成】",
    "(",
    ")",
    "”",
    "“",
    "《",
    "》",
    "。",
    "；",
    "，",
    "2024年2月30日",
    "13月45日",
    "二〇二四年",
    "2024年1月4日至2月2日",
    "99999999999999999999个问题",
    "省委第九九九巡视组",
    "市委巡察组",
    "对",
    "开展了",
    "反馈",
    "给予党纪处分94人",
    "（党内警告",
    "共",
    "万元",
    "联系电话：0571—87051527",
    "邮编",
    "@",
    "a@b.c",
    "\u{200b}",
    "\u{e003}",
    "𠀀",
    "🙂",
    "\u{0301}",
    " ",
    "　",
    "**",
    "|",
];

#[test]
fn any_text_is_read_without_panic_and_with_true_spans() {
    let mut dice = Dice(20_240_912);
    let seeds: Vec<Vec<char>> = texts("seeds").iter().map(|path| fs::read_to_string(path).expect("a seed").chars().collect()).collect();
    for round in 0..300 {
        let mut document = Document::default();
        for _ in 0..=dice.roll(8) {
            let mut text = String::new();
            for _ in 0..=dice.roll(14) {
                if dice.roll(3) == 0 {
                    let seed = &seeds[dice.roll(seeds.len())];
                    let start = dice.roll(seed.len());
                    text.extend(seed[start..].iter().take(dice.roll(60)).filter(|c| **c != '\n'));
                } else {
                    text.push_str(SCRAPS[dice.roll(SCRAPS.len())]);
                }
            }
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            document.blocks.push(match dice.roll(6) {
                0 => Block::Heading(text),
                1 => Block::Row(text.split('|').map(str::to_owned).collect()),
                _ => Block::Paragraph(text),
            });
        }
        check_spans(&document, &parse::notice(&document), &format!("round {round}: {:?}", document.blocks));
        let flat = document.blocks.iter().map(|block| block.text().into_owned()).collect::<Vec<_>>().join("\n");
        let read_again = plain::document(&flat).document;
        check_spans(&read_again, &parse::notice(&read_again), &format!("round {round} as plain text"));
    }
}

#[test]
fn removing_an_item_removes_just_that_item() {
    let mut removed = 0;
    for path in texts("seeds").into_iter().chain(texts("shapes")) {
        let document = document(&path);
        let notice = parse::notice(&document);
        for (number, item) in notice.items.iter().enumerate() {
            let (Some(heading), Some((_, last))) = (item.heading.span, item.rectification) else { continue };
            let mark = item.status.as_ref().and_then(|status| status.span).map_or(0, |span| span.block);
            let blocks = heading.block..=last.block.max(mark);
            let is_shared = notice
                .items
                .iter()
                .enumerate()
                .any(|(other, item)| other != number && item.heading.span.is_some_and(|span| blocks.contains(&span.block)));
            let siblings = notice
                .items
                .iter()
                .filter(|other| {
                    !item.path.is_empty()
                        && other.path.len() == item.path.len()
                        && other.path[..other.path.len() - 1] == item.path[..item.path.len() - 1]
                })
                .count();
            if is_shared || siblings < 2 || notice.topic != Topic::Rectification {
                continue;
            }
            let mut without = document.clone();
            without.blocks = document
                .blocks
                .iter()
                .enumerate()
                .filter(|(at, _)| !blocks.contains(&u32::try_from(*at).expect("few blocks")))
                .map(|(_, block)| block.clone())
                .collect();
            let told = |notice: &Notice| -> Vec<String> {
                notice
                    .items
                    .iter()
                    .map(|item| {
                        format!(
                            "{:?} {} {:?} {}",
                            item.path,
                            item.problem.as_ref().unwrap_or(&item.heading).value,
                            item.status.as_ref().map(|status| status.value),
                            item.measures.len()
                        )
                    })
                    .collect()
            };
            let mut expected = told(&notice);
            expected.remove(number);
            assert_eq!(told(&parse::notice(&without)), expected, "{} without {:?}", path.display(), item.path);
            removed += 1;
        }
    }
    assert!(removed > 100, "only {removed} items were removed");
}

/// The part of JSON Schema that `docs/notice.schema.json` uses.
fn violations(value: &Value, schema: &Value, path: &str, told: &mut Vec<String>) {
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        let fits = |choice: &&Value| {
            let mut told = Vec::new();
            violations(value, choice, path, &mut told);
            told.is_empty()
        };
        if choices.iter().filter(fits).count() != 1 {
            told.push(format!("{path}: {value} is none of the choices"));
        }
        return;
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array).filter(|allowed| !allowed.contains(value)) {
        told.push(format!("{path}: {value} is not in {allowed:?}"));
    }
    let names = match schema.get("type") {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    let is_of = |name: &String| match name.as_str() {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        _ => value.is_object(),
    };
    if !names.is_empty() && !names.iter().any(is_of) {
        told.push(format!("{path}: {value} is no {names:?}"));
    }
    for (number, entry) in value.as_array().into_iter().flatten().enumerate() {
        violations(entry, &schema["items"], &format!("{path}[{number}]"), told);
    }
    let Some(object) = value.as_object() else { return };
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(key) {
            told.push(format!("{path}: {key} is missing"));
        }
    }
    for (key, value) in object {
        match (schema["properties"].get(key), &schema["additionalProperties"]) {
            (Some(known), _) => violations(value, known, &format!("{path}.{key}"), told),
            (None, Value::Bool(false)) => told.push(format!("{path}: {key} is not in the schema")),
            (None, other) => violations(value, other, &format!("{path}.{key}"), told),
        }
    }
}

#[test]
fn what_is_printed_has_the_published_shape() {
    let schema = expected(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/notice.schema.json"));
    let mut told = Vec::new();
    for path in texts("seeds").into_iter().chain(texts("shapes")) {
        violations(&read(&path), &schema, &path.file_name().expect("a name").to_string_lossy(), &mut told);
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
    let mut told = Vec::new();
    violations(&serde_json::json!({"file": 3, "surprise": null}), &schema, "", &mut told);
    assert!(told.len() > 20, "the schema refuses too little: {told:?}");
}

#[test]
fn topics_are_called_in_configuration_as_they_are_in_the_records() {
    for topic in Topic::RECORDED.into_iter().chain([Topic::Mobilisation, Topic::DemocraticLifeMeeting, Topic::HospitalPatrol, Topic::Other])
    {
        assert_eq!(serde_json::to_value(topic).expect("a name"), topic.name());
        assert_eq!(Topic::of_name(topic.name()), Some(topic));
    }
    assert_eq!(Topic::of_name("weather"), None);
}

#[test]
fn a_title_that_stands_only_in_the_body_is_read_there() {
    let title = "中共白茅县文化和旅游局党组关于县委巡察整改情况的通报";
    let document = Document {
        blocks: vec![Block::Heading(title.to_owned()), Block::Paragraph("现将整改情况通报如下。".to_owned())],
        ..Document::default()
    };
    let notice = parse::notice(&document);
    assert_eq!(notice.title.map(|title| (title.value, title.span)), Some((title.to_owned(), Some(Span { block: 0, start: 0, end: 26 }))));
    assert_eq!(notice.issuer.map(|issuer| issuer.value).as_deref(), Some("中共白茅县文化和旅游局党组"));
}

/// The days, the claims and the items of a text, a line each.
fn told(text: &str) -> Vec<String> {
    let notice = parse::notice(&plain::document(text).document);
    let items = notice.items.iter().map(|item| {
        let status = item.status.as_ref().map(|status| status.value);
        let deadline = item.deadline.as_ref().map(|day| day.value);
        format!("{:?} {status:?} {} {deadline:?}", item.path, item.measures.len())
    });
    let fields = notice.fields().into_iter().filter(|field| field.name.starts_with("claims") || field.name.starts_with("inspection.f"));
    fields.map(|field| format!("{} {}", field.name, field.text)).chain(items).collect()
}

/// Lines of `width` characters, each paragraph's first indented, as narrow columns have them.
fn broken(text: &str, width: usize) -> String {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let indented: Vec<char> = format!("\u{3000}\u{3000}{paragraph}").chars().collect();
        lines.extend(indented.chunks(width).map(|line| line.iter().collect::<String>()));
    }
    lines.join("\n")
}

#[test]
fn a_text_broken_into_narrow_columns_reads_the_same() {
    for number in ["000", "001", "002", "003", "004"] {
        let text = fs::read_to_string(corpus("seeds").join(format!("{number}.clean.txt"))).expect("a seed");
        for width in [28, 35, 42] {
            assert_eq!(told(&broken(&text, width)), told(&text), "{number} in columns of {width}");
        }
    }
}

#[test]
fn full_width_digits_spaces_and_corner_brackets_change_nothing() {
    let forms: [fn(&str) -> String; 3] = [
        |text| {
            text.chars()
                .map(|c| if c.is_ascii_digit() || "(),:;".contains(c) { char::from_u32(c as u32 + 0xfee0).unwrap_or(c) } else { c })
                .collect()
        },
        |text| text.chars().flat_map(|c| if c.is_ascii_digit() { vec![' ', c] } else { vec![c] }).collect(),
        |text| text.replace('“', "「").replace('”', "」"),
    ];
    for path in texts("seeds") {
        let text = fs::read_to_string(&path).expect("a seed");
        for form in forms {
            assert_eq!(told(&form(&text)), told(&text), "{}", path.display());
        }
    }
}

/// Simplified characters of the genre with their traditional forms, to write a notice the other way.
const TRADITIONAL: &str = "视視组組党黨问問题題况況进進开開对對于於为為关關个個条條项項联聯电電话話邮郵编編码碼单單责責时時报報给給处處纪紀务務谈談\
书書长長转轉阶階现現将將专專机機动動县縣区區镇鎮应應与與达達领領导導实實际際无無从從历歷据據贯貫彻徹认認识識总總监監检檢议議记記过過职職级級误誤\
还還缴繳损損亿億万萬资資产產继繼续續强強干幹部部门門号號证證调調离離籍籍训訓评評见見规規则則标標准準间間网網点點类類层層针針该該张張计計划劃\
环環护護学學习習团團质質业業构構东東态態师師厅廳员員卫衛华華广廣结結约約余餘两兩馈饋布佈众眾";

fn traditional(text: &str) -> String {
    let characters: Vec<char> = TRADITIONAL.chars().filter(|c| !c.is_whitespace()).collect();
    let pairs: std::collections::HashMap<char, char> = characters.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    text.chars().map(|c| pairs.get(&c).copied().unwrap_or(c)).collect()
}

#[test]
fn traditional_characters_read_alike() {
    for path in texts("seeds").into_iter().chain(texts("shapes")) {
        let text = fs::read_to_string(&path).expect("a text");
        // The page's own line of information is the extractor's to read.
        let other: Vec<String> =
            text.lines().map(|line| if line.contains("发布时间") { line.to_owned() } else { traditional(line) }).collect();
        assert_eq!(told(&other.join("\n")), told(&text), "{}", path.display());
    }
}

/// White space where typesetting puts it: before and after each line, between lines, and between a character and a figure.
fn spaced(text: &str) -> String {
    let mut spaced = String::new();
    for line in text.lines() {
        spaced.push_str("\u{3000}\u{3000}");
        let mut last = ' ';
        for character in line.chars() {
            if character.is_ascii_digit() && !last.is_ascii() {
                spaced.push(' ');
            }
            spaced.push(character);
            last = character;
        }
        spaced.push_str(" \u{a0}\n");
    }
    spaced
}

#[test]
fn white_space_around_lines_and_figures_changes_nothing() {
    for path in texts("shapes") {
        let text = fs::read_to_string(&path).expect("a text");
        assert_eq!(told(&spaced(&text)), told(&text), "{}", path.display());
    }
}

/// What a reader would be told of two texts of one notice: problems first, then values.
fn told_between(before: &str, after: &str) -> Vec<String> {
    let [before, after] = [before, after].map(|text| plain::document(text).document);
    let notice = parse::notice(&before);
    let version = Version {
        id: NoticeId("7K3Q9M2D".to_owned()),
        number: 1,
        snapshot: SnapshotId::of(b""),
        captured_at: jiff::Timestamp::UNIX_EPOCH,
        revision: 1,
        document: before,
        notice,
    };
    let Some(difference) = diff::compare(&version, &after, &parse::notice(&after)) else { return Vec::new() };
    let word = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let item = |what: ItemDifference| match what {
        ItemDifference::Added => "added".to_owned(),
        ItemDifference::Removed => "removed".to_owned(),
        ItemDifference::Status { before_as_written, after_as_written, .. } => {
            format!("{} → {}", word(before_as_written), word(after_as_written))
        }
        ItemDifference::Deadline { before, after } => {
            format!("时限 {} → {}", word(before.map(|day| day.to_string())), word(after.map(|day| day.to_string())))
        }
        ItemDifference::Measures { before, after } => format!("措施 {before} → {after}"),
        ItemDifference::ResponsibleUnit { before, after } => format!("单位 {} → {}", word(before), word(after)),
        ItemDifference::ResponsiblePerson { before, after } => format!("责任人 {} → {}", word(before), word(after)),
        ItemDifference::SplitFrom { label } => format!("split from {label}"),
        ItemDifference::MergedInto { label } => format!("merged into {label}"),
    };
    let items = difference.items.into_iter().map(|change| format!("{} {}: {}", change.label, change.heading, item(change.what)));
    let fields = difference.fields.into_iter().map(|change| format!("{}: {} → {}", change.label, word(change.before), word(change.after)));
    items.chain(fields).collect()
}

const LEDGER: &str = "某局党组关于县委巡察整改情况的通报
2023年3月1日至4月30日，县委第五巡察组对某局党组开展了常规巡察，5月31日反馈了巡察意见，共反馈4个问题，制定整改措施12条。现将整改情况公布如下。
一、聚焦基层治理方面
1.环境整治有死角；垃圾分类推进缓慢。
整改措施：一是清理垃圾。二是增设站点。
责任单位：治理办
责任人：陈某
整改时限：2023年9月30日
整改状态：未完成
2.合同管理不规范。
整改措施：一是清理合同。二是追回租金。
责任单位：经管站
责任人：林某
整改时限：2023年12月31日
整改状态：已完成
3.自建房排查不彻底。
整改措施：一是逐户排查。
责任单位：村建站
责任人：黄某
整改时限：2023年10月31日
整改状态：已完成
二、处理情况
在整改中，给予党纪处分3人，批评教育5人。
联系电话：0591-83333333
某局党组
2023年8月1日";

#[track_caller]
fn check_between(edit: impl Fn(&str) -> String, expected: &[&str]) {
    let after = edit(LEDGER);
    assert_ne!(after, LEDGER, "the edit edits nothing");
    assert_eq!(told_between(LEDGER, &after), expected);
}

#[test]
fn an_edit_is_told_problem_by_problem() {
    check_between(
        |text| text.replace("整改状态：未完成", "整改状态：已完成"),
        &["问题1 环境整治有死角；垃圾分类推进缓慢: 未完成 → 已完成"],
    );
    check_between(
        |text| text.replace("2023年9月30日", "2023年12月30日").replace("责任人：陈某", "责任人：郑某").replace("治理办", "执法队"),
        &[
            "问题1 环境整治有死角；垃圾分类推进缓慢: 时限 2023-09-30 → 2023-12-30",
            "问题1 环境整治有死角；垃圾分类推进缓慢: 单位 治理办 → 执法队",
            "问题1 环境整治有死角；垃圾分类推进缓慢: 责任人 陈某 → 郑某",
        ],
    );
    check_between(|text| text.replace("二是追回租金。", "二是追回租金。三是公开招租。"), &["问题2 合同管理不规范: 措施 2 → 3"]);
}

#[test]
fn claims_outcomes_and_contacts_are_told_by_their_kind() {
    check_between(|text| text.replace("措施12条", "措施13条"), &["整改措施数: 12 → 13"]);
    check_between(|text| text.replace("党纪处分3人，", "党纪处分2人，"), &["党纪处分: 3人 → 2人"]);
    check_between(|text| text.replace("，批评教育5人", ""), &["批评教育: 5人 → -"]);
    check_between(|text| text.replace("联系电话：0591-83333333\n", ""), &["联系电话: 0591-83333333 → -"]);
    check_between(
        |text| text.replace("二、处理情况\n在整改中，给予党纪处分3人，批评教育5人。\n", ""),
        &["党纪处分: 3人 → -", "批评教育: 5人 → -", "章节: 处理情况 → -"],
    );
}

#[test]
fn numbers_that_moved_on_are_no_edit_and_splits_and_merges_are_told_as_such() {
    let renumbered = |text: &str| text.replace("3.自建房", "4.自建房").replace("2.合同", "3.合同").replace("1.环境", "2.环境");
    let told = told_between(LEDGER, &renumbered(LEDGER));
    assert!(told.iter().all(|line| line.starts_with("编号")), "{told:?}");
    let split = |text: &str| {
        let second =
            "2.垃圾分类推进缓慢。\n整改措施：一是增设站点。\n责任单位：治理办\n责任人：陈某\n整改时限：2023年9月30日\n整改状态：未完成\n";
        renumbered(text).replace("2.环境整治有死角；垃圾分类推进缓慢。", "1.环境整治有死角。").replace("3.合同", &format!("{second}3.合同"))
    };
    let told = told_between(LEDGER, &split(LEDGER));
    assert!(told.contains(&"问题2 垃圾分类推进缓慢: split from 问题1".to_owned()), "{told:#?}");
    assert!(!told.iter().any(|line| line.ends_with("added") || line.ends_with("removed")), "{told:#?}");
    let told = told_between(&split(LEDGER), LEDGER);
    assert!(told.contains(&"问题2 垃圾分类推进缓慢: merged into 问题1".to_owned()), "{told:#?}");
}

#[test]
fn a_redesign_that_changes_no_words_is_nothing() {
    let joined = LEDGER.replace("\n责任人", "责任人").replace("（", "(").replace('，', ",");
    assert_eq!(told_between(LEDGER, &joined), [] as [&str; 0]);
    assert_eq!(told_between(LEDGER, &broken(LEDGER, 30)), [] as [&str; 0]);
}
