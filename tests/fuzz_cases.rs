//! Every input that fuzzing ever broke a reader with, fed to every reader: it stays mended, and what broke one breaks no other.
//!
//! How they are found is told in `docs/fuzzing.md`; a case is a file of `tests/corpus/fuzz`, called by its reader and what it shows.

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::fs;
use std::path::PathBuf;

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir("tests/corpus/fuzz").unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_none_or(|end| end != "md"));
    cases.sort();
    cases
}

#[test]
fn what_broke_one_reader_once_breaks_none() {
    let cases = cases();
    assert!(!cases.is_empty(), "no cases in tests/corpus/fuzz");
    for case in cases {
        let bytes = fs::read(&case).unwrap();
        for (name, _) in fuzz::READERS {
            println!("{} by {name}", case.display());
            fuzz::read(name, &bytes);
        }
    }
}

#[test]
fn every_case_is_called_by_its_reader() {
    for case in cases() {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let (reader, _) = name.split_once('-').unwrap_or_else(|| panic!("{name} is not called READER-what_it_shows"));
        assert!(fuzz::READERS.iter().any(|(known, _)| *known == reader), "{name}: no reader is called {reader}");
    }
}

#[test]
fn every_reader_has_its_target() {
    let manifest = fs::read_to_string("fuzz/Cargo.toml").unwrap();
    let document = fs::read_to_string("docs/fuzzing.md").unwrap();
    for (name, _) in fuzz::READERS {
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"targets/{name}.rs\"")), "fuzz/Cargo.toml builds no target {name}");
        let target = fs::read_to_string(format!("fuzz/targets/{name}.rs")).unwrap();
        assert!(target.contains(&format!("huitoukan_fuzz::read(\"{name}\", bytes)")), "fuzz/targets/{name}.rs feeds another reader");
        assert!(
            document.lines().any(|line| line.starts_with("| `") && line.contains(&format!("`{name}`"))),
            "docs/fuzzing.md has no line for {name}"
        );
    }
}

#[test]
fn every_seed_is_read_by_its_reader() {
    for folder in fs::read_dir("fuzz/seeds").unwrap().map(|entry| entry.unwrap().path()) {
        let reader = folder.file_name().unwrap().to_string_lossy().into_owned();
        for seed in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            println!("{} by {reader}", seed.display());
            fuzz::read(&reader, &fs::read(&seed).unwrap());
        }
    }
}

/// Without coverage to lead it, what fuzzing does: `ROUNDS=10000 READER=browser cargo test --test fuzz_cases broken` does more of it.
#[test]
fn seeds_broken_at_random_break_no_reader() {
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20);
    let only = std::env::var("READER").ok();
    let mut state = 0x2026_1122_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % limit.max(1) as u64) as usize
    };
    for folder in fs::read_dir("fuzz/seeds").unwrap().map(|entry| entry.unwrap().path()) {
        let reader = folder.file_name().unwrap().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| *only != reader) {
            continue;
        }
        let mut seeds: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        seeds.sort();
        for seed in seeds {
            let whole = fs::read(&seed).unwrap();
            println!("{} by {reader}", seed.display());
            for _ in 0..rounds {
                let mut bytes = whole.clone();
                for _ in 0..=below(4) {
                    let (at, end) = (below(bytes.len()), below(40));
                    let end = (at + end).min(bytes.len());
                    match below(4) {
                        0 => drop(bytes.drain(at..end)),
                        1 => bytes[at..end].iter_mut().for_each(|byte| *byte = byte.wrapping_add(1)),
                        2 => drop(bytes.splice(at..at, whole[..end.min(whole.len())].iter().copied().take(60))),
                        _ => drop(
                            bytes.splice(at..end, [b"\"\"".as_slice(), b"[]", b"-1", b"null", b"99999999999"][below(5)].iter().copied()),
                        ),
                    }
                }
                fuzz::read(&reader, &bytes);
            }
        }
    }
}
