//! PDFs as broken writers, bad lines and ill will make them: every way of breaking that the collections of PDF readers hold, many
//! times, on files of three typesetters.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::program::Program;
use super::{Random, read_all};

/// Of the limit of one file, with which the program is run here, many times over on a busy machine.
const PATIENCE: Duration = Duration::from_mins(10);
/// How many each reader gets; `MUTANTS=1000 cargo test --test hostile_files malformed -- --nocapture` gives it more.
const MUTANTS: usize = 120;

#[test]
fn malformed_pdfs_by_the_hundred_are_read_or_named() {
    let wholes: Vec<Vec<u8>> = ["typst.pdf", "libreoffice-headed.pdf", "chromium-table.pdf"]
        .map(|name| fs::read(Path::new("tests/corpus/files").join(name)).unwrap())
        .into_iter()
        .chain([small()])
        .collect();
    let mutants: usize = std::env::var("MUTANTS").ok().and_then(|number| number.parse().ok()).unwrap_or(MUTANTS);
    let mut random = Random(0x2026_1122);
    let files: Vec<Vec<u8>> = (0..mutants).map(|number| broken(&wholes, number, &mut random)).collect();
    for (whose, pdftotext) in [("with poppler where it is installed", "pdftotext"), ("by our own reader", "pdftotext-that-is-not-there")] {
        let program = Program::new();
        program
            .write("huitoukan.toml", &format!("contact = \"watch@example.org\"\n[files]\npdftotext = \"{pdftotext}\"\ntime = \"10s\"\n"));
        let begin = Instant::now();
        let readings = read_all(&program, &files);
        assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
        eprintln!("{whose}: {} files in {} s: {:?}", files.len(), begin.elapsed().as_secs(), readings.counts());
        assert!(readings.read() * 10 > mutants, "hardly one was read at all: the test does not reach the reader");
        assert!(readings.problems().count() * 10 > mutants, "hardly one was broken");
    }
}

/// Changes a file; the others are there to be taken parts of.
type Way = fn(&mut Vec<u8>, &[Vec<u8>], &mut Random);

/// One of so many ways, several times over.
fn broken(wholes: &[Vec<u8>], number: usize, random: &mut Random) -> Vec<u8> {
    const WAYS: [Way; 12] = [
        |bytes, _, random| cut(bytes, random),
        |bytes, _, random| flip(bytes, random),
        |bytes, _, random| swap_references(bytes, random),
        |bytes, _, random| lie_of_lengths(bytes, random),
        |bytes, _, random| rename_filters(bytes, random),
        |bytes, _, random| no_table(bytes, random),
        |bytes, _, random| no_ends(bytes, random),
        |bytes, _, random| huge_numbers(bytes, random),
        |bytes, _, random| nest(bytes, random),
        join,
        |bytes, _, random| unbalance(bytes, random),
        |bytes, _, random| shuffle(bytes, random),
    ];
    let mut bytes = wholes[random.below(wholes.len())].clone();
    for _ in 0..=random.below(3) {
        WAYS[number % WAYS.len()](&mut bytes, wholes, random);
    }
    if number % 5 == 4 {
        random.of(&WAYS)(&mut bytes, wholes, random);
    }
    // What comes before the mark is no business of a reader of PDFs.
    if bytes.starts_with(b"%PDF-") { bytes } else { [b"%PDF-1.7\n", bytes.as_slice()].concat() }
}

fn cut(bytes: &mut Vec<u8>, random: &mut Random) {
    bytes.truncate(random.below(bytes.len()));
}

fn flip(bytes: &mut [u8], random: &mut Random) {
    for _ in 0..50 {
        let at = random.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << random.below(8);
        }
    }
}

/// References to themselves, to each other, to nothing: trees of pages become circles.
fn swap_references(bytes: &mut [u8], random: &mut Random) {
    let to = [1, 2, 3, 4, 5, 0, 99_999][random.below(7)];
    replace(bytes, b" 0 R", random, |before| {
        let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        (digits, format!("{to:0digits$}").into_bytes())
    });
}

fn lie_of_lengths(bytes: &mut Vec<u8>, random: &mut Random) {
    let lie = random.of(&["0", "-1", "99999999999999999999", "4 0 R", "(x)", "1e9"]);
    replace_word(bytes, b"/Length ", format!("/Length {lie} /L ").as_bytes(), random);
}

fn rename_filters(bytes: &mut Vec<u8>, random: &mut Random) {
    let chain = format!("/Filter [{}] /F ", "/FlateDecode ".repeat(60));
    let other = random.of(&["/LZWDecode", "/ASCIIHexDecode", "/ASCII85Decode", "/RunLengthDecode", "/DCTDecode", "/JBIG2Decode", "/Crypt"]);
    let other = if random.below(6) == 0 { chain } else { format!("/Filter {other} /F ") };
    replace_word(bytes, b"/Filter", other.as_bytes(), random);
}

fn no_table(bytes: &mut Vec<u8>, random: &mut Random) {
    for word in [b"startxref".as_slice(), b"xref", b"trailer", b"/XRef", b"/Root"] {
        if random.below(2) == 0 {
            replace_word(bytes, word, &vec![b' '; word.len()], random);
        }
    }
}

fn no_ends(bytes: &mut Vec<u8>, random: &mut Random) {
    let word: &[u8] = random.of(&[b"endobj".as_slice(), b"endstream", b"%%EOF", b">>", b" obj"]);
    for _ in 0..3 {
        replace_word(bytes, word, b"", random);
    }
}

fn huge_numbers(bytes: &mut Vec<u8>, random: &mut Random) {
    let key: &[u8] =
        random.of(&[b"/Count ".as_slice(), b"/MediaBox", b"/W ", b"/Size ", b"/N ", b"/First ", b"/Index", b"/Rotate ", b"/Widths"]);
    let value = random.of(&[
        "2147483647",
        "-2147483648",
        "1e999",
        "--5",
        "[ 0 0 1e38 -1e38 ]",
        "[ 999999999 [ 1 ] ]",
        "null",
        "0.0000000000000001",
    ]);
    replace_word(bytes, key, &[key, b" ", value.as_bytes(), b" /X"].concat(), random);
}

fn nest(bytes: &mut Vec<u8>, random: &mut Random) {
    let opening: &[u8] = random.of(&[b"[".as_slice(), b"<<", b"(", b"<</K "]);
    let at = random.below(bytes.len());
    bytes.splice(at..at, opening.repeat(10_000));
}

/// Two files in one: objects twice, tables of another file.
fn join(bytes: &mut Vec<u8>, wholes: &[Vec<u8>], random: &mut Random) {
    let other = &wholes[random.below(wholes.len())];
    let from = random.below(other.len());
    let at = random.below(bytes.len());
    bytes.splice(at..at, other[from..].iter().copied().take(20_000));
}

fn unbalance(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..20 {
        let at = random.below(bytes.len());
        let signs: &[u8] = random.of(&[b"(".as_slice(), b")", b"<", b">>", b"\\", b"BT", b" ET", b" Tj", b"\0", b"%"]);
        bytes.splice(at..at, signs.iter().copied());
    }
}

fn shuffle(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..4 {
        let (from, to) = (random.below(bytes.len()), random.below(bytes.len()));
        let moved: Vec<u8> = bytes.iter().skip(from).take(random.below(2_000)).copied().collect();
        let end = (to + moved.len()).min(bytes.len());
        bytes.splice(to.min(end)..end, moved);
    }
}

/// Puts `by` in the place of one `word`, wherever it stands.
fn replace_word(bytes: &mut Vec<u8>, word: &[u8], by: &[u8], random: &mut Random) {
    let places: Vec<usize> = places(bytes, word);
    if !places.is_empty() {
        let at = random.of(&places);
        bytes.splice(at..at + word.len(), by.iter().copied());
    }
}

/// Changes what stands before one `word`: how many bytes of it, and to what.
fn replace(bytes: &mut [u8], word: &[u8], random: &mut Random, change: impl Fn(&[u8]) -> (usize, Vec<u8>)) {
    let places = places(bytes, word);
    for _ in 0..8.min(places.len()) {
        let at = random.of(&places);
        let (length, by) = change(&bytes[..at]);
        if by.len() == length {
            bytes[at - length..at].copy_from_slice(&by);
        }
    }
}

fn places(bytes: &[u8], word: &[u8]) -> Vec<usize> {
    bytes.windows(word.len()).enumerate().filter(|(_, window)| *window == word).map(|(at, _)| at).collect()
}

/// One whose objects all lie open, so that what is broken is structure and not what is packed.
fn small() -> Vec<u8> {
    let text: String = (0..30).map(|line| format!("({line} rectification was completed and accepted.) Tj T*\n")).collect();
    let stream = format!("BT /F 12 Tf 14 TL 60 780 Td\n{text}ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R 6 0 R] /Count 2 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FirstChar 32 /Widths [278 278] >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate 0 /Contents [4 0 R 4 0 R] /Resources << /Font << /F 5 0 R >> >> >>"
            .to_owned(),
    ];
    let mut file = "%PDF-1.7\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let place = file.len();
    file.push_str(&format!("{table}trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{place}\n%%EOF\n", objects.len() + 1));
    file.into_bytes()
}
