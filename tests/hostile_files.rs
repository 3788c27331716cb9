//! Malformed PDFs and hostile archives by the hundred, through the real program: each is read or named, promptly, and nothing breaks.

#[path = "support/program.rs"]
#[allow(dead_code)]
mod program;
#[path = "hostile/archives.rs"]
mod archives;
#[path = "hostile/entities.rs"]
mod entities;
#[path = "hostile/pdfs.rs"]
mod pdfs;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use program::Program;
use serde_json::Value;

/// What became of files that one run of `extract` was given.
struct Readings {
    /// A line of JSON for each, in their order.
    lines: Vec<Value>,
}

/// Numbers that look random and are the same every time (xorshift, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// Reads all the files in one run; none of them may break anything, and each has its line.
#[track_caller]
fn read_all(program: &Program, files: &[Vec<u8>]) -> Readings {
    let folder = program.folder.path().join("files");
    fs::create_dir_all(&folder).unwrap();
    let paths: Vec<PathBuf> = (0..files.len()).map(|number| folder.join(format!("{number:04}"))).collect();
    paths.iter().zip(files).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    let mut arguments = vec!["extract", "--json"];
    arguments.extend(paths.iter().map(|path| path.to_str().unwrap()));
    let ran = program.run(&arguments);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), files.len(), "{}", ran.err);
    for (line, path) in lines.iter().zip(&paths) {
        assert_eq!(line["file"].as_str(), path.to_str());
        let problem = line["problem"].as_str().unwrap_or_default();
        if problem.contains("please report") {
            // What broke it is kept to be looked at.
            let kept = std::env::temp_dir().join(format!("huitoukan-{}-{}", std::process::id(), path.file_name().unwrap().display()));
            fs::copy(path, &kept).unwrap();
            panic!("a reader broke on {}: {problem}", kept.display());
        }
        assert!(!problem.is_empty() || line["body"].as_array().is_some_and(|body| !body.is_empty()), "neither read nor named: {line}");
    }
    Readings { lines }
}

impl Readings {
    fn problems(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| line["problem"].as_str())
    }

    fn read(&self) -> usize {
        self.lines.len() - self.problems().count()
    }

    /// How many have which problem, told without its figures.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::from([("read".to_owned(), self.read())]);
        for problem in self.problems() {
            let kind: String = problem.chars().filter(|c| !c.is_ascii_digit()).take(60).collect();
            *counts.entry(kind).or_default() += 1;
        }
        counts
    }
}

#[test]
fn a_page_of_ten_megabytes_on_one_line_is_read() {
    let sentence = "根据统一部署,现将整改情况予以公布。";
    let line = sentence.repeat((10 << 20) / sentence.len());
    let page = format!(
        "<html><head><title>关于巡察整改情况的通报</title></head><body><div class=\"TRS_Editor\"><p>{line}</p></div></body></html>"
    );
    let readings = read_all(&Program::new(), &[page.into_bytes()]);
    assert_eq!(readings.lines[0]["body"][0].as_str().map(str::len), Some(line.len()));
}
