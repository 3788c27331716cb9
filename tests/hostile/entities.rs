//! Office files whose XML declares entities or nests without end, in every part of every kind that is XML.

use std::fs;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;

use super::program::Program;
use super::read_all;

type Parts = Vec<(String, Vec<u8>)>;

/// The parts of a file of Office's.
fn parts(name: &str) -> Parts {
    let bytes = fs::read(Path::new("tests/corpus/files").join(name)).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let count = archive.len();
    let part = |index| {
        let mut member = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        member.read_to_end(&mut content).unwrap();
        (String::from_utf8(member.name_raw().to_vec()).unwrap(), content)
    };
    (0..count).map(part).collect()
}

/// An OFD of two pages, as the seeds of fuzzing write it: each part after a line `====name`.
fn ofd() -> Parts {
    let text = fs::read_to_string("fuzz/seeds/ofd/two_pages.txt").unwrap();
    let part = |part: &str| part.split_once('\n').map(|(name, content)| (name.to_owned(), content.as_bytes().to_vec()));
    text.split("====").filter_map(part).collect()
}

fn packed(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The part with a document type before its first element, and `used` before its last end.
fn declared(content: &[u8], declarations: &str, used: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(content);
    let begin = text.find("?>").map_or(0, |end| end + 2);
    let end = text.rfind("</").unwrap_or(text.len());
    format!("{}<!DOCTYPE x [{declarations}]>{}{used}{}", &text[..begin], &text[begin..end.max(begin)], &text[end.max(begin)..]).into_bytes()
}

#[test]
fn no_office_file_has_an_entity_resolved_or_nests_without_end() {
    let program = Program::new();
    let secret = program.folder.path().join("secret.txt");
    fs::write(&secret, "canary-27182").unwrap();
    let laughs: String = (1..30).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    let laughs = format!("<!ENTITY l0 \"laugh\">{laughs}");
    let outside = format!("<!ENTITY f SYSTEM \"file://{}\"><!ENTITY % p SYSTEM \"file://{}\"> %p;", secret.display(), secret.display());
    let deep = "<w:p>".repeat(100_000);
    let mut files = Vec::new();
    for kind in [parts("everything.docx"), parts("table.xlsx"), ofd()] {
        let of_xml: Vec<usize> = (0..kind.len()).filter(|at| kind[*at].0.ends_with(".xml") || kind[*at].0.ends_with(".rels")).collect();
        assert!(of_xml.len() >= 3, "{} parts", of_xml.len());
        for at in of_xml {
            for (declarations, used) in [(laughs.as_str(), "&l29;"), (outside.as_str(), "&f;"), ("", deep.as_str())] {
                let mut kind = kind.clone();
                kind[at].1 = declared(&kind[at].1, declarations, used);
                files.push(packed(&kind));
            }
        }
    }
    let flat = fs::read("fuzz/seeds/mht/flat.txt").unwrap();
    files.extend([(laughs.as_str(), "&l29;"), (outside.as_str(), "&f;"), ("", deep.as_str())].map(|(one, two)| declared(&flat, one, two)));
    let readings = read_all(&program, &files);
    for line in &readings.lines {
        let said = line.to_string();
        assert!(!said.contains("canary") && !said.contains("laugh"), "an entity was resolved: {said}");
    }
    eprintln!("{} files: {:?}", files.len(), readings.counts());
    assert!(readings.problems().filter(|problem| problem.contains("document type") || problem.contains("deep")).count() > 0);
}
