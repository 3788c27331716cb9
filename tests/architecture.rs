//! Who imports whom, and what stages must not touch: the layer rules of `src/lib.rs`, checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each part may import of ours, besides itself.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("site", &["model"]),
    ("extract", &["model"]),
    ("parse", &["model"]),
    ("diff", &["model"]),
    ("alike", &["model"]),
    ("digest", &["model"]),
    ("schedule", &["model"]),
    ("table", &["model"]),
    ("fetch", &["model"]),
    ("browser", &["model"]),
    ("store", &["model"]),
    ("channel", &["model"]),
    ("sandbox", &["model"]),
    ("config", &["model", "fetch", "store", "channel", "sandbox"]),
    (
        "flow",
        &[
            "model", "site", "extract", "parse", "diff", "alike", "digest", "schedule", "table", "fetch", "browser", "store", "channel",
            "sandbox", "config",
        ],
    ),
    (
        "demo",
        &[
            "model", "site", "extract", "parse", "diff", "alike", "digest", "schedule", "table", "fetch", "browser", "store", "channel",
            "sandbox", "config", "flow",
        ],
    ),
    (
        "cli",
        &[
            "model", "site", "extract", "parse", "diff", "alike", "digest", "schedule", "table", "fetch", "browser", "store", "channel",
            "sandbox", "config", "flow", "demo",
        ],
    ),
];

/// Parts that are pure: values in, values out.
const STAGES: &[&str] = &["model", "site", "extract", "parse", "diff", "alike", "digest", "schedule", "table"];

/// What would make a stage impure.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env::",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "tokio::",
    "reqwest::",
    "sled::",
    "lettre::",
    "tracing::",
];

#[test]
fn parts_import_only_what_their_layer_allows() {
    for (part, allowed) in MAY_IMPORT {
        for (file, text) in files_of(part) {
            for imported in imports(&text) {
                let is_allowed = imported == *part || allowed.contains(&imported.as_str());
                assert!(is_allowed, "{} imports crate::{imported}; {part} may import {allowed:?}", file.display());
            }
        }
    }
}

#[test]
fn every_part_of_the_house_has_its_rule() {
    let lib = fs::read_to_string("src/lib.rs").unwrap();
    let parts: BTreeSet<&str> = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let ruled: BTreeSet<&str> = MAY_IMPORT.iter().map(|(part, _)| *part).collect();
    assert_eq!(parts, ruled);
}

#[test]
fn stages_touch_no_clock_file_net_or_environment() {
    for part in STAGES {
        for (file, text) in files_of(part) {
            let code = squeezed(&without_tests(&text));
            for impure in IMPURE {
                assert!(!code.contains(&squeezed(impure)), "{} uses {impure}", file.display());
            }
        }
    }
}

#[test]
fn there_is_no_drawer() {
    for (file, _) in files_of("") {
        let name = file.file_stem().unwrap().to_str().unwrap();
        assert!(!["util", "utils", "common", "helpers", "helper", "types", "misc"].contains(&name), "{} is a drawer", file.display());
    }
}

fn files_of(part: &str) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    collect(&Path::new("src").join(part), &mut files);
    assert!(!files.is_empty(), "src/{part} holds no file");
    files
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") && path.file_stem().is_none_or(|name| name != "tests") {
            let text = fs::read_to_string(&path).unwrap();
            files.insert(path, text);
        }
    }
}

/// Names that follow `crate::`, also within braces; white space does not matter, for rustfmt splits imports over lines.
fn imports(text: &str) -> BTreeSet<String> {
    let code = squeezed(&without_comments(text));
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(group) => top_level(group),
            None => vec![rest],
        };
        for name in names {
            let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !name.is_empty() {
                found.insert(name);
            }
        }
    }
    found
}

/// The members of a braced import group, without looking into inner groups.
fn top_level(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut members) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(&group[start..at]);
                return members;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    members
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn without_tests(text: &str) -> String {
    without_comments(text.split("#[cfg(test)]").next().unwrap_or_default())
}
