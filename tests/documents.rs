//! The documents say what is so: every file, function, test and command that they name exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use huitoukan::config::{self, Known};
use huitoukan::schedule;

const READMES: [&str; 2] = ["README.md", "README.zh-CN.md"];
const ALL: [&str; 6] = ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/promises.md", "docs/fuzzing.md"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text_of(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands between single backticks, code blocks left out.
fn in_backticks(document: &str) -> Vec<String> {
    let text = text_of(document);
    let prose: String = text.split("```").step_by(2).collect();
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Lines of the code blocks.
fn in_blocks(document: &str) -> Vec<String> {
    let text = text_of(document);
    text.split("```").skip(1).step_by(2).flat_map(|block| block.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn code_in(folder: &str) -> String {
    fn read(folder: &Path, all: &mut String) {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                read(&path, all);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                all.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut all = String::new();
    let folder: PathBuf = root().join(folder);
    if folder.is_dir() {
        read(&folder, &mut all)
    } else {
        all = fs::read_to_string(folder.with_extension("rs")).unwrap_or_default()
    }
    all
}

fn defines(code: &str, name: &str) -> bool {
    ["fn", "struct", "enum", "trait", "mod", "static", "const"].iter().any(|word| {
        let defined = format!("{word} {name}");
        code.match_indices(&defined).any(|(at, _)| !code[at + defined.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

#[test]
fn every_file_that_is_named_exists() {
    for document in ALL {
        for name in in_backticks(document) {
            let is_path = ["src/", "tests/", "docs/", "deploy/", "config/", ".ci/"].iter().any(|folder| name.starts_with(folder));
            if is_path && !name.contains(['<', '*', ' ', 'X']) {
                assert!(root().join(&name).exists(), "{document} names {name}");
            }
        }
    }
}

#[test]
fn every_link_leads_somewhere() {
    for document in ALL {
        for rest in text_of(document).split("](").skip(1) {
            let target = rest.split([')', '#']).next().unwrap();
            let is_ours = !target.is_empty() && !target.contains("://");
            assert!(!is_ours || root().join(target).exists(), "{document} links to {target}");
        }
    }
}

/// The table of families names folders of the corpus, and tests where a page cannot show it.
#[test]
fn every_fixture_of_a_family_exists() {
    let code = code_in("src") + &code_in("tests");
    let text = text_of("docs/families.md");
    let last_cells = text.lines().filter_map(|line| line.strip_suffix(" |")?.rsplit_once(" | ")).map(|(_, cell)| cell);
    let mut named = 0;
    for name in last_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)) {
        let is_folder = |kind: &&str| root().join("tests/corpus").join(kind).join(name).is_dir();
        let exists = ["listing", "nocontent", "reading"].iter().any(is_folder) || defines(&code, name);
        assert!(exists, "docs/families.md names {name}");
        named += 1;
    }
    assert!(named > 100, "{named}");
}

/// A test is a sentence, so a name of three underscores or more in backticks is one.
#[test]
fn every_test_that_is_named_exists() {
    let code = code_in("src") + &code_in("tests");
    for document in ALL {
        for name in in_backticks(document) {
            let is_test = name.matches('_').count() >= 3 && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            assert!(!is_test || defines(&code, &name), "{document} names the test {name}");
        }
    }
}

#[test]
fn every_rule_names_a_test_that_shows_it() {
    let text = text_of("ARCHITECTURE.md");
    let rules = text.split("\n## ").find(|section| section.starts_with("The ten rules")).unwrap();
    let rules: Vec<&str> = rules.split("\n\n").flat_map(|part| part.split_inclusive("`\n")).filter(|part| part.contains("**")).collect();
    assert_eq!(rules.len(), 10, "{rules:#?}");
    for rule in rules {
        assert!(rule.split('`').any(|name| name.matches('_').count() >= 2), "{rule}");
    }
}

/// `flow::crawl::visit` is defined somewhere in `src/flow`.
#[test]
fn every_item_that_is_named_by_its_path_exists() {
    for document in ALL {
        for name in in_backticks(document) {
            let is_path = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
            let parts: Vec<&str> = name.split("::").filter(|_| is_path).collect();
            let [part, .., item] = parts.as_slice() else { continue };
            let code = code_in(&format!("src/{part}"));
            assert!(!code.is_empty() && defines(&code, item), "{document} names {name}");
        }
    }
}

/// Commands of ours in the code blocks, as their words.
fn commands(document: &str) -> Vec<Vec<String>> {
    let lines = in_blocks(document).into_iter().map(|line| line.split(" #").next().unwrap().trim().to_owned());
    let ours = lines.filter_map(|line| {
        let line = line.strip_prefix("sudo -u huitoukan ").unwrap_or(&line);
        let line = line.strip_prefix("cargo run --release -- ").or_else(|| line.strip_prefix("huitoukan "))?;
        Some(line.split_whitespace().map(str::to_owned).collect())
    });
    ours.collect()
}

/// The command's name and what follows it, without the options that stand before it.
fn command_of(words: &[String]) -> (&str, impl Iterator<Item = &str>) {
    let is_general = |word: &String| matches!(word.as_str(), "--config" | "--now");
    let general = words.chunks(2).take_while(|pair| is_general(&pair[0])).count() * 2;
    let command = words.get(general).unwrap_or_else(|| panic!("no command in {words:?}"));
    (command, words[general + 1..].iter().map(String::as_str))
}

fn help(command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_huitoukan")).args([command, "--help"]).output().unwrap();
    assert!(output.status.success(), "there is no command {command}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_command_that_is_shown_is_understood() {
    for document in READMES {
        let commands = commands(document);
        assert!(commands.len() >= 15, "{document} shows {} commands", commands.len());
        for words in commands {
            let (command, rest) = command_of(&words);
            let help = help(command);
            for option in rest.filter(|word| word.starts_with("--")) {
                assert!(
                    help.contains(&format!("{option} ")) || help.contains(&format!("{option}\n")),
                    "{command} has no {option}, which {document} shows"
                );
            }
        }
    }
}

#[test]
fn both_languages_show_the_same_commands() {
    let [english, chinese] = READMES.map(|document| commands(document).into_iter().collect::<BTreeSet<_>>());
    assert_eq!(english, chinese);
}

/// Every command is in the READMEs, so that nobody has to find it by chance.
#[test]
fn every_command_is_shown() {
    let output = Command::new(env!("CARGO_BIN_EXE_huitoukan")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names: Vec<&str> = list
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() > 15, "{names:?}");
    for document in READMES {
        let commands = commands(document);
        let mentioned = in_backticks(document);
        for name in names.iter().filter(|name| **name != "help") {
            let is_shown = commands.iter().any(|words| command_of(words).0 == *name);
            let is_mentioned = mentioned.iter().any(|words| words.split_whitespace().any(|word| word == *name));
            assert!(is_shown || is_mentioned, "{document} does not show {name}");
        }
    }
}

/// The configuration in the READMEs is one that can be copied.
#[test]
fn the_configuration_that_is_shown_is_fine() {
    for document in READMES {
        let text = text_of(document);
        let subscribers = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let main =
            "contact = \"office@example.org\"\nstore = \"/var/lib/huitoukan/store\"\n[mail]\nfolder = \"/var/lib/huitoukan/outbox\"\n";
        fs::write(folder.path().join("huitoukan.toml"), main).unwrap();
        fs::write(folder.path().join("subscribers.toml"), subscribers).unwrap();
        let known = Known { families: &[], cron: schedule::check };
        let config = config::load(folder.path(), &known).unwrap_or_else(|problems| panic!("{document}: {problems:?}"));
        assert_eq!(config.subscribers.len(), 2);
        assert_eq!(config.store, Path::new("/var/lib/huitoukan/store"), "a store elsewhere than the configuration");
    }
}
