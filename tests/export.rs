//! What researchers take away: tables in three formats, the same bytes every time, safe in a spreadsheet, and never over other files.

#[path = "support/program.rs"]
#[allow(dead_code)]
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use huitoukan::demo::{BODIES, Site};
use huitoukan::flow::ask::export::{TABLES, written_codebook};
use huitoukan::table::Kind;
use program::Program;
use serde_json::Value;

const NOW: &str = "2026-11-23T09:00:00+08:00";

/// A program that visited two seeds, and one of them again after an edit.
async fn visited() -> (Site, Program) {
    let site = Site::start().await.unwrap();
    let program = Program::new();
    for body in [&BODIES[3], &BODIES[2]] {
        body.list(&site, true);
        publish(&site, body, |words| words);
        let url = site.url(body.listing);
        program.well(&["add", url.as_str(), "--id", body.id, "--name", body.name, "--region", body.region, "--sector", "工商联"]);
    }
    program.well(&["--now", NOW, "check"]);
    publish(&site, &BODIES[3], |words| {
        words.replace("(未完成)", "(已完成)").replace("采购手续不齐全", "=HYPERLINK(\"http://x\",\"采购\")")
    });
    program.well(&["--now", "2026-11-25T09:00:00+08:00", "check"]);
    (site, program)
}

fn publish(site: &Site, body: &huitoukan::demo::PublicBody, edit: impl Fn(String) -> String) {
    let paragraphs: Vec<String> = body.paragraphs().iter().map(|paragraph| edit(paragraph.to_string())).collect();
    body.publish(site, &paragraphs);
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
}

fn lines(folder: &Path, table: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(format!("{table}.jsonl"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_written_with_all_versions_and_its_spans_quote_the_blocks() {
    let (_site, program) = visited().await;
    program.well(&["export", "tables"]).says("written to tables");
    let folder = program.folder.path().join("tables");
    let names: BTreeSet<String> = contents(&folder).into_keys().collect();
    let expected = TABLES.iter().map(|table| format!("{}.jsonl", table.name)).chain(["CODEBOOK.md".into(), "datapackage.json".into()]);
    assert_eq!(names, expected.collect());
    for table in TABLES {
        let mut keys = BTreeSet::new();
        for row in lines(&folder, table.name) {
            let columns: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(columns.len(), table.columns.len());
            assert!(table.columns.iter().all(|column| columns.contains(&column.name)), "{row}");
            let key: Vec<String> = table.key.iter().map(|column| row[*column].to_string()).collect();
            assert!(!key.contains(&"null".to_owned()) && keys.insert(key), "the key of {} does not name its row: {row}", table.name);
        }
    }
    assert_eq!(lines(&folder, "notices").len(), 2);
    let versions = lines(&folder, "versions");
    assert_eq!(versions.len(), 3, "the edited notice has two");
    let versions_of = |notice: &Value| versions.iter().filter(|version| version["notice"] == *notice).count();
    assert!(
        versions
            .iter()
            .all(|version| version["url"].as_str().unwrap().starts_with("http") && version["snapshot"].as_str().unwrap().len() == 64)
    );
    let blocks: BTreeMap<(String, u64, u64), String> =
        lines(&folder, "blocks").iter().map(|row| (place(row, "block"), row["text"].as_str().unwrap().to_owned())).collect();
    let mut quoted = 0;
    for measure in lines(&folder, "measures") {
        let block: Vec<char> = blocks[&place(&measure, "block")].chars().collect();
        let (start, end) = (measure["start"].as_u64().unwrap() as usize, measure["end"].as_u64().unwrap() as usize);
        assert_eq!(block[start..end].iter().collect::<String>(), measure["text"].as_str().unwrap());
        quoted += 1;
    }
    assert!(quoted > 100);
    let passages = lines(&folder, "passages");
    let status = passages.iter().find(|row| row["what"] == "item" && row["change"] == "status").unwrap();
    assert_eq!((&status["before"], &status["after"]), (&"未完成".into(), &"已完成".into()));
    assert_eq!(versions_of(&status["notice"]), 2);
    let kinds: Vec<Value> = lines(&folder, "changes").iter().map(|change| change["kind"].clone()).collect();
    assert_eq!(kinds, ["baseline", "baseline", "edited"]);

    program.well(&["export", "--latest", "newest"]);
    assert_eq!(lines(&program.folder.path().join("newest"), "versions").len(), 2);
    program.well(&["export", "--region", "湖南", "some"]);
    assert_eq!(lines(&program.folder.path().join("some"), "notices").len(), 1);
    assert!(lines(&program.folder.path().join("some"), "changes").is_empty(), "nothing happened to it but its baseline");
}

fn place(row: &Value, block: &str) -> (String, u64, u64) {
    (row["notice"].as_str().unwrap().to_owned(), row["version"].as_u64().unwrap(), row[block].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_store_gives_the_same_bytes_and_other_files_are_never_written_over() {
    let (_site, program) = visited().await;
    let folder = program.folder.path();
    for format in ["jsonl", "csv", "parquet"] {
        let (one, two) = (format!("{format}-1"), format!("{format}-2"));
        program.well(&["export", "--format", format, &one]);
        program.well(&["export", "--format", format, &two]);
        assert!(contents(&folder.join(&one)) == contents(&folder.join(&two)), "{format}");
        let descriptor: Value = serde_json::from_slice(&contents(&folder.join(&one))["datapackage.json"]).unwrap();
        for resource in descriptor["resources"].as_array().unwrap() {
            let file = &contents(&folder.join(&one))[resource["path"].as_str().unwrap()];
            assert_eq!(resource["bytes"], file.len());
            assert_eq!(resource["hash"], format!("sha256:{}", huitoukan::model::SnapshotId::of(file).0));
        }
    }
    program.well(&["export", "--format", "jsonl", "csv-1"]);
    assert!(contents(&folder.join("csv-1")) == contents(&folder.join("jsonl-1")), "an earlier export is replaced, of whatever format");
    fs::create_dir(folder.join("thesis")).unwrap();
    fs::write(folder.join("thesis/chapter.txt"), "一").unwrap();
    program.run(&["export", "thesis"]).ends(1).says("is not empty, and what it holds is no export");
    assert_eq!(contents(&folder.join("thesis")).len(), 1);
    program.run(&["export", "--match", "(", "fresh"]).ends(1).says("cannot be read");
    assert!(!folder.join("fresh").exists(), "an export that failed leaves nothing");
    program.run(&["export", "--bom", "fresh"]).ends(1).says("--bom is for CSV");
}

/// A reader as strict as RFC 4180.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut characters = text.chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match (character, quoted) {
            ('"', true) if characters.peek() == Some(&'"') => cell.push(characters.next().unwrap()),
            ('"', _) => {
                assert!(quoted || cell.is_empty(), "a quote inside a cell that is not quoted");
                quoted = !quoted;
            }
            (',', false) => record.push(std::mem::take(&mut cell)),
            ('\r', false) => {
                assert_eq!(characters.next(), Some('\n'));
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            ('\n', false) => panic!("a bare line end"),
            (other, _) => cell.push(other),
        }
    }
    assert!(!quoted && record.is_empty() && cell.is_empty(), "the last line is ended");
    records
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_is_strict_and_no_cell_is_a_formula() {
    let (_site, program) = visited().await;
    program.well(&["export", "--format", "csv", "--bom", "tables"]);
    let mut guarded = 0;
    for table in TABLES {
        let text = fs::read_to_string(program.folder.path().join(format!("tables/{}.csv", table.name))).unwrap();
        let records = records(text.strip_prefix('\u{feff}').expect("Excel needs the mark"));
        assert!(records.iter().all(|record| record.len() == table.columns.len()), "{}", table.name);
        assert!(records[0].iter().zip(table.columns).all(|(cell, column)| cell == column.name));
        for cell in records.iter().flatten() {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{cell}");
            guarded += usize::from(cell.starts_with("'="));
        }
    }
    assert!(guarded > 0, "the seed was given a formula");
}

#[tokio::test(flavor = "multi_thread")]
async fn private_numbers_are_masked_unless_they_are_wanted_as_printed() {
    let (_site, program) = visited().await;
    program.well(&["export", "masked"]);
    program.well(&["export", "--unmasked", "plain"]);
    let all = |name: &str| {
        contents(&program.folder.path().join(name)).into_values().map(|bytes| String::from_utf8(bytes).unwrap()).collect::<String>()
    };
    let (masked, plain) = (all("masked"), all("plain"));
    let phone = mobile(&plain).expect("a seed prints a mobile number");
    assert!(!masked.contains(&phone), "{phone}");
    assert!(masked.contains(&format!("{}****{}", &phone[..3], &phone[7..])));
}

fn mobile(text: &str) -> Option<String> {
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let runs = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| run.len() == 11 && digits(run) && run.starts_with('1'));
    runs.map(str::to_owned).next()
}

/// Parquet read by its own library, and by others' where Python has one.
#[tokio::test(flavor = "multi_thread")]
async fn parquet_says_what_the_json_says() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let (_site, program) = visited().await;
    program.well(&["export", "json"]);
    program.well(&["export", "--format", "parquet", "parquet"]);
    let folder = program.folder.path();
    for table in TABLES {
        let file = fs::File::open(folder.join(format!("parquet/{}.parquet", table.name))).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows: Vec<Value> = reader.get_row_iter(None).unwrap().map(|row| plain(&row.unwrap(), table)).collect();
        assert_eq!(rows, lines(&folder.join("json"), table.name), "{}", table.name);
    }
    let python = std::env::var("HUITOUKAN_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = "\
import duckdb, sys
query = \"select count(*), count(distinct item_id), min(captured_at)::varchar from '{0}/items.parquet' join '{0}/versions.parquet' using (notice, version)\"
print(duckdb.connect().execute(query.format(sys.argv[1])).fetchone()[0])";
    match Command::new(&python).args(["-c", script]).arg(folder.join("parquet")).output() {
        Ok(ran) if ran.status.success() => {
            let count = String::from_utf8(ran.stdout).unwrap();
            assert_eq!(count.trim(), lines(&folder.join("json"), "items").len().to_string());
        }
        ran if std::env::var_os("HUITOUKAN_TEST_ALL").is_some() => panic!("{python} has no duckdb, or cannot read the file: {ran:?}"),
        _ => println!("{python} has no duckdb: Parquet was read by its own library only"),
    }
}

fn plain(row: &parquet::record::Row, table: &huitoukan::table::Table) -> Value {
    use parquet::record::Field;
    let cells = row.get_column_iter().zip(table.columns).map(|((name, field), column)| {
        assert_eq!(name, column.name);
        let value = match field {
            Field::Null => Value::Null,
            Field::Str(text) => text.clone().into(),
            Field::Long(number) => (*number).into(),
            Field::Double(number) => (*number).into(),
            Field::Bool(truth) => (*truth).into(),
            Field::Date(days) => jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(*days)).unwrap().to_string().into(),
            Field::TimestampMicros(moment) => jiff::Timestamp::from_microsecond(*moment).unwrap().to_string().into(),
            other => panic!("{name} is {other:?}"),
        };
        assert!(column.kind != Kind::Integer || value.is_null() || value.is_i64());
        (name.clone(), value)
    });
    Value::Object(cells.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_has_the_store_sends_the_files_to_whoever_asks() {
    let (_site, program) = visited().await;
    program.well(&["export", "before"]);
    let daemon = program.daemon(&["run"]);
    let asked = program.folder.path().join("elsewhere");
    let mut tries = 0;
    loop {
        let ran = program.run(&["export", asked.to_str().unwrap()]);
        if ran.code == 0 || tries == 20 {
            ran.ends(0);
            break;
        }
        tries += 1;
    }
    let versions = |folder: &Path| fs::read(folder.join("items.jsonl")).unwrap();
    assert!(versions(&asked) == versions(&program.folder.path().join("before")));
    drop(daemon);
}

#[test]
fn the_codebook_in_docs_is_that_of_the_code() {
    let path = "docs/codebook.md";
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, written_codebook()).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap_or_default(), written_codebook(), "UPDATE=1 cargo test --test export codebook writes it");
}
