//! ZIPs that say more than they hold, hold more than they say, or name places outside: written byte by byte, as no writer would.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::program::Program;

const SENTENCE: &str = "根据统一部署,现将整改情况予以公布。";

/// A member as its two headers tell of it.
#[derive(Clone)]
struct Member {
    name: Vec<u8>,
    packed: Vec<u8>,
    checksum: u32,
    /// What the headers say that it unpacks to.
    said_bytes: u32,
    is_encrypted: bool,
    /// Where the directory says that it begins, if not where it does.
    said_offset: Option<u32>,
}

impl Member {
    fn of(name: impl AsRef<[u8]>, content: &[u8]) -> Self {
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
        packer.write_all(content).unwrap();
        let mut sum = flate2::Crc::new();
        sum.update(content);
        let (name, packed, checksum) = (name.as_ref().to_vec(), packer.finish().unwrap(), sum.sum());
        Self { name, packed, checksum, said_bytes: content.len() as u32, is_encrypted: false, said_offset: None }
    }
}

/// The archive (APPNOTE 6.3.10, 4.3.6): members one after the other, then the directory of them.
fn zip(members: &[Member]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let flags: u16 = if member.is_encrypted { 1 } else { 0 };
        let mut shared = vec![20, 0];
        shared.extend(flags.to_le_bytes());
        shared.extend([8, 0, 0, 0, 0, 0]);
        shared.extend(member.checksum.to_le_bytes());
        shared.extend((member.packed.len() as u32).to_le_bytes());
        shared.extend(member.said_bytes.to_le_bytes());
        shared.extend((member.name.len() as u16).to_le_bytes());
        shared.extend([0, 0]);
        let offset = member.said_offset.unwrap_or(bytes.len() as u32);
        directory.extend([b"PK\x01\x02\x14\x00", shared.as_slice(), &[0; 10], &offset.to_le_bytes(), &member.name].concat());
        bytes.extend([b"PK\x03\x04", shared.as_slice(), &member.name, &member.packed].concat());
    }
    let count = (members.len().min(0xffff) as u16).to_le_bytes();
    let (length, place) = ((directory.len() as u32).to_le_bytes(), (bytes.len() as u32).to_le_bytes());
    bytes.extend(directory);
    bytes.extend([b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &length, &place, &[0, 0]].concat());
    bytes
}

/// What the command says of a file, for people: the text, or the problem, and the doubts.
fn shown(program: &Program, bytes: &[u8]) -> String {
    let path = program.folder.path().join("file.zip");
    fs::write(&path, bytes).unwrap();
    let ran = program.run(&["extract", path.to_str().unwrap()]);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    ran.out
}

#[track_caller]
fn check(what: &str, members: &[Member], expected: &str) {
    let shown = shown(&Program::new(), &zip(members));
    assert!(shown.contains(expected), "{what}: {shown}");
}

#[test]
fn an_archive_is_read_up_to_its_limits_and_the_limit_is_named() {
    let text = Member::of("a.txt", SENTENCE.as_bytes());
    check("one that is as it should be", std::slice::from_ref(&text), SENTENCE);
    let folder = Member::of("", b"");
    let many: Vec<Member> = (0..10_001).map(|number| Member { name: format!("{number}/").into_bytes(), ..folder.clone() }).collect();
    check("ten thousand folders", &many, "over 10000 members");
    let many: Vec<Member> = (0..101).map(|number| Member { name: format!("{number}.txt").into_bytes(), ..text.clone() }).collect();
    check("a hundred files", &many, "a ZIP of over 100 files");
    check("zeros", &[Member::of("a.txt", &vec![0; 8 << 20])], "unpacks to over 1");
    let inner = zip(&[Member::of("b.zip", &zip(&[Member::of("a.zip", &zip(std::slice::from_ref(&text)))]))]);
    check("three in one another", &[Member::of("c.zip", &inner)], "over 2 deep");
    check("two in one another", &[Member::of("b.zip", &zip(std::slice::from_ref(&text)))], SENTENCE);
    let lies = Member { said_bytes: 1, ..Member::of("a.txt", SENTENCE.as_bytes()) };
    check("one that says it is small", &[lies], "a member cannot be unpacked");
    let lies = Member { said_bytes: u32::MAX - 1, ..text.clone() };
    assert!(shown(&Program::new(), &zip(&[lies])).lines().count() < 20, "one that says it is large");
    check(
        "bytes that are two members",
        &[text.clone(), Member { name: b"b.txt".to_vec(), said_offset: Some(0), ..text.clone() }],
        "share their bytes",
    );
    let quine = Member { said_offset: Some(2), ..Member::of("b.txt", SENTENCE.as_bytes()) };
    let refused = shown(&Program::new(), &zip(&[text.clone(), quine]));
    assert!(refused.contains("damaged") || refused.contains("share their bytes"), "{refused}");
    check("one with a password", &[Member { is_encrypted: true, ..text }], "encrypted");
}

/// A member of so many MiB that shrink to about a hundredth: more than honest text, less than a bomb of zeros.
fn large(mebibytes: usize) -> Member {
    let mut seed = 1_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    let mut block: Vec<u8> = (0..10 << 10).map(|_| next()).collect();
    block.resize(1 << 20, 0);
    // A block that repeats the one before it repeats its packed form.
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
    let mut flushed = Vec::new();
    for _ in 0..3 {
        packer.write_all(&block).unwrap();
        packer.flush().unwrap();
        flushed.push(packer.get_ref().len());
    }
    let whole = packer.finish().unwrap();
    let again = &whole[flushed[1]..flushed[2]];
    let packed = [&whole[..flushed[2]], &again.repeat(mebibytes - 3), &whole[flushed[2]..]].concat();
    let mut sum = flate2::Crc::new();
    (0..mebibytes).for_each(|_| sum.update(&block));
    Member { packed, checksum: sum.sum(), said_bytes: (mebibytes << 20) as u32, ..Member::of("", b"") }
}

#[test]
fn what_all_members_unpack_to_is_limited_together() {
    let large = large(60);
    assert!(large.packed.len() * 200 > 60 << 20, "not refused for its ratio");
    let mut members = vec![Member::of("a.txt", SENTENCE.as_bytes())];
    members.extend((0..6).map(|number| Member { name: format!("b{number}.bin").into_bytes(), ..large.clone() }));
    let shown = shown(&Program::new(), &zip(&members));
    assert!(shown.contains(SENTENCE), "what is well is read: {shown}");
    // 256 MiB in all: four of them and some.
    assert_eq!(shown.matches("unpacks to over").count(), 2, "{shown}");
    assert_eq!(shown.matches("binary data is not a format").count(), 4, "{shown}");
}

#[test]
fn no_path_is_ever_taken_from_an_archive() {
    let program = Program::new();
    let names: [&[u8]; 12] = [
        b"../../../outside1.txt",
        b"/tmp/huitoukan-outside2.txt",
        b"..\\..\\outside3.txt",
        b"C:\\outside4.txt",
        b"a/../../outside5.txt",
        b"outside6.txt\0.pdf",
        b"CON",
        b"aux.txt",
        "outside7\u{202e}txt.exe".as_bytes(),
        b"outside8\r\nSubject: x.txt",
        b"\x1b[2Joutside9.txt",
        &[b'x'; 5_000],
    ];
    let members: Vec<Member> = names.iter().map(|name| Member::of(name, SENTENCE.as_bytes())).collect();
    let before = below(program.folder.path());
    let shown = shown(&program, &zip(&members));
    let written: Vec<PathBuf> = below(program.folder.path()).difference(&before).cloned().collect();
    assert_eq!(written, [program.folder.path().join("file.zip")], "nothing is unpacked");
    for place in ["/tmp/huitoukan-outside2.txt", "/outside1.txt", "/tmp/outside1.txt", "../outside1.txt", "../../outside3.txt"] {
        assert!(!Path::new(place).exists(), "{place}");
    }
    assert_eq!(shown.matches(SENTENCE).count(), names.len(), "all are read: {shown}");
    let headings: Vec<&str> = shown.lines().filter(|line| line.contains("outside")).collect();
    assert!(headings.len() >= 9, "{headings:?}");
    for line in shown.lines() {
        let is_plain = |c: char| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(line.chars().all(is_plain) && line.chars().count() <= 200, "{line:?}");
        assert!(!line.contains("..") && !line.starts_with("C:") && (!line.contains('/') || line.starts_with("==")), "a place: {line:?}");
    }
}

fn below(folder: &Path) -> BTreeSet<PathBuf> {
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            all.extend(below(&entry));
        }
        all.insert(entry);
    }
    all
}
