//! Files of other formats than pages: what is read in PDFs, and that a hostile one costs its limits and nothing else.

#[path = "support/program.rs"]
#[allow(dead_code)]
mod program;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use program::{Program, until};
use serde_json::Value;

/// A file that is refused at once takes no longer on a busy machine; the limits of the tests below are a second or two.
const PROMPT: Duration = Duration::from_secs(30);

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/files").join(name)
}

fn has(program: &str) -> bool {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(program).is_file());
    assert!(found || std::env::var_os("HUITOUKAN_TEST_ALL").is_none(), "{program} is not installed; tests/run installs it");
    if !found {
        eprintln!("SKIPPED: {program} is not installed");
    }
    found
}

#[track_caller]
fn extracted(program: &Program, path: &Path) -> Value {
    program.run(&["extract", path.to_str().unwrap(), "--json"]).json()
}

/// Title and body, one paragraph each.
fn paragraphs(reading: &Value) -> Vec<String> {
    let body = reading["body"].as_array().unwrap().iter();
    reading["title"].as_str().into_iter().chain(body.map(|block| block.as_str().unwrap())).map(str::to_owned).collect()
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

/// A program on a machine where poppler is not installed: it reads PDFs by itself.
fn without_poppler(files: &str) -> Program {
    let program = Program::new();
    let main = format!("contact = \"watch@example.org\"\n[files]\npdftotext = \"pdftotext-that-is-not-there\"\n{files}");
    program.write("huitoukan.toml", &main);
    program
}

/// The same with poppler, where it is installed, and without, always.
fn with_and_without_poppler(files: &str) -> Vec<(&'static str, Program)> {
    let mut programs = vec![("without poppler", without_poppler(files))];
    if has("pdftotext") {
        let program = Program::new();
        program.write("huitoukan.toml", &format!("contact = \"watch@example.org\"\n[files]\n{files}"));
        programs.push(("with poppler", program));
    }
    programs
}

#[track_caller]
fn check_typeset(name: &str) {
    for (whose, program) in with_and_without_poppler("") {
        let reading = extracted(&program, &fixture(name));
        assert_eq!(reading["problem"], Value::Null, "{name} {whose}");
        pretty(&paragraphs(&reading), &lines(&fixture("notice.txt")), &format!("{name} {whose}"));
    }
}

#[track_caller]
fn pretty(got: &[String], expected: &[String], name: &str) {
    for (got, expected) in got.iter().zip(expected) {
        assert_eq!(got, expected, "in {name}");
    }
    assert_eq!(got.len(), expected.len(), "paragraphs of {name}");
}

#[test]
fn a_notice_reads_the_same_whoever_typeset_it_and_whoever_reads_it() {
    for name in ["chromium-indented.pdf", "chromium-columns.pdf", "typst.pdf", "libreoffice-headed.pdf"] {
        check_typeset(name);
    }
}

#[test]
fn a_tables_rows_are_rows_though_their_cells_are_wrapped() {
    let expected = [
        "巡察反馈问题整改情况汇总表",
        "截至2025年12月，各项整改任务进展情况如下。",
        "序号 反馈问题 整改措施 责任单位 完成情况",
        "1 理论学习抓得不紧，党组理论学习中心组学习次数不够 制定年度学习计划，每季度至少集中学习1次 办公室 已完成",
        "2 民营经济服务机制不健全 印发《服务民营企业工作制度》，走访企业83家，收集问题21个，办结19个 经济股 已完成",
        "3 商会换届不及时 指导3家商会完成换届，其余2家正在推进 会员股 未完成，2026年6月底前完成",
        "4 财务报销审核把关不严 修订财务管理制度 办公室 已完成",
        "注：完成情况由县委巡察办核定。",
    ];
    for (whose, program) in with_and_without_poppler("") {
        assert_eq!(paragraphs(&extracted(&program, &fixture("chromium-table.pdf"))), expected, "{whose}");
    }
}

/// What LibreOffice did not put on the page: it loses a full stop that hangs over the margin (seed004), and a space at which it broke
/// a line leaves no trace (seed003).
fn as_printed(name: &str, text: &str) -> String {
    match name {
        "seed003" => text.replace("《共谋新发展 鲤城", "《共谋新发展鲤城"),
        "seed004" => text.replace("级工程21个。结合", "级工程21个结合"),
        _ => text.to_owned(),
    }
}

#[test]
fn notices_typeset_by_libreoffice_equal_their_texts_paragraph_by_paragraph() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/attachments/derived-from-seeds");
    if !corpus.is_dir() {
        eprintln!("SKIPPED notices_typeset_by_libreoffice_equal_their_texts_paragraph_by_paragraph: no corpus");
        return;
    }
    let programs = with_and_without_poppler("");
    for name in ["seed000", "seed001", "seed002", "seed003", "seed004"] {
        let expected: Vec<String> = lines(&corpus.join(name).with_extension("txt")).iter().map(|line| as_printed(name, line)).collect();
        // Where and when it was published is told apart, as of a page; who edited the page is no text.
        let expected: Vec<String> = expected.into_iter().filter(|line| !line.starts_with("【责任编辑")).collect();
        let (said, expected): (Vec<String>, Vec<String>) = expected.into_iter().partition(|line| line.starts_with("来源:"));
        for (whose, program) in &programs {
            let reading = extracted(program, &corpus.join(name).with_extension("pdf"));
            let told =
                reading["source"].as_str().map(|source| format!("来源:{source} 发布时间:{}", reading["published"].as_str().unwrap()));
            assert_eq!(told.into_iter().collect::<Vec<_>>(), said, "{name} {whose}");
            pretty(&paragraphs(&reading), &expected, &format!("{name} {whose}"));
        }
    }
}

#[test]
fn a_pdf_is_understood_as_a_page_is() {
    if !has("pdftotext") {
        return;
    }
    let program = Program::bare();
    let path = fixture("typst.pdf");
    let reading = extracted(&program, &path);
    let keys: Vec<&str> = reading.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys.len(), 7, "{keys:?}");
    let notice = program.well(&["parse", path.to_str().unwrap(), "--json"]).json();
    assert_eq!(notice["title"], reading["title"]);
    assert!(notice.to_string().contains("未完成"), "{notice}");
}

/// A program whose PDFs are read by this script, for a second or two at most.
fn with_reader(script: &str, settings: &str) -> Program {
    let program = Program::new();
    let path = program.folder.path().join("reader/pdftotext");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let main = format!("contact = \"watch@example.org\"\n[files]\npdftotext = {:?}\n{settings}\n", path.to_str().unwrap());
    program.write("huitoukan.toml", &main);
    program
}

fn write(program: &Program, bytes: &[u8]) -> PathBuf {
    let path = program.folder.path().join("file.pdf");
    fs::write(&path, bytes).unwrap();
    path
}

/// The problem that such a file is reported with; it comes promptly, on a line of JSON, and nothing panics.
#[track_caller]
fn problem(program: &Program, bytes: &[u8]) -> String {
    let path = write(program, bytes);
    let begin = Instant::now();
    let ran = program.run(&["extract", path.to_str().unwrap(), "--json"]);
    assert!(begin.elapsed() < PROMPT, "{:?}", begin.elapsed());
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    ran.json()["problem"].as_str().unwrap_or_default().to_owned()
}

#[track_caller]
fn check_reader(script: &str, settings: &str, expected: &str) {
    let problem = problem(&with_reader(script, settings), b"%PDF-1.7\n");
    assert!(problem.contains(expected), "{script:?} with {settings:?}: {problem:?}");
}

#[test]
fn every_way_a_reader_can_end_is_a_problem_with_advice() {
    check_reader("exec sleep 86400", "time = \"1s\"", "limit of 1 s");
    check_reader("while :; do :; done", "time = \"1s\"", "limit of 1 s");
    check_reader("exec yes '<page width=\"1\" height=\"1\">'", "time = \"15s\"", "limit of 96 MiB from");
    check_reader("yes complaint >&2", "time = \"1s\"", "limit of 1 s");
    check_reader("kill -SEGV $$", "", "limit of 512 MiB of memory");
    check_reader("exit 3", "", "its code is 3");
    check_reader("echo what is this", "", "finds no page");
    let one_word = "echo '<page width=\"500\" height=\"800\">'; echo '<word xMin=\"9\" yMin=\"9\" xMax=\"99\" yMax=\"19\">通报</word>'";
    check_reader(one_word, "", "scanned, no text: 1 pages");
    let long = "echo '<page width=\"5000\" height=\"800\">'; i=0; while test $i -lt 400; do i=$((i+1)); \
                echo \"<word xMin=\\\"9\\\" yMin=\\\"$i\\\" xMax=\\\"4999\\\" yMax=\\\"$i.5\\\">$(printf %01000d $i)</word>\"; done";
    check_reader(long, "output_max = \"64 KiB\"", "bytes of output");
}

#[test]
fn what_cannot_be_read_without_poppler_says_what_to_install() {
    let problem = problem(&without_poppler(""), b"%PDF-1.7\n");
    assert!(problem.contains("damaged") && problem.contains("poppler-utils and poppler-data"), "{problem}");
}

/// Processes whose command line holds these words.
fn processes(words: &str) -> Vec<u32> {
    let numbers = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse::<u32>().ok());
    let is_it = |number: &u32| {
        fs::read(format!("/proc/{number}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).replace('\0', " ").contains(words))
    };
    numbers.filter(is_it).collect()
}

#[test]
fn no_process_is_left_when_a_reader_hangs() {
    let seconds = format!("86{}", std::process::id());
    let program = with_reader(&format!("sleep {seconds} &\nsleep {seconds}"), "time = \"1s\"");
    assert!(problem(&program, b"%PDF-1.7\n").contains("limit of 1 s"));
    until("the readers to end", || processes(&format!("sleep {seconds}")).is_empty().then_some(()));
}

#[test]
fn readers_end_with_the_program_that_was_killed() {
    let seconds = format!("87{}", std::process::id());
    let program = with_reader(&format!("exec sleep {seconds}"), "time = \"1h\"");
    let path = write(&program, b"%PDF-1.7\n");
    let mut child = program.command(&["extract", path.to_str().unwrap()]).stdout(Stdio::null()).spawn().unwrap();
    until("the reader to begin", || (!processes(&format!("sleep {seconds}")).is_empty()).then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    until("the reader to end", || processes(&format!("sleep {seconds}")).is_empty().then_some(()));
}

#[test]
fn a_reader_sees_neither_the_configuration_nor_the_environment_and_writes_nothing() {
    let program = with_reader(
        "cat \"$(dirname \"$0\")/../secret/password\" /etc/passwd >&2 && exit 9\ntest -z \"$SECRET\" || exit 8\n\
        echo x > \"$(dirname \"$0\")/written\" 2>/dev/null && test -s \"$(dirname \"$0\")/written\" && exit 7\nexit 5",
        "",
    );
    let secret = program.folder.path().join("secret/password");
    fs::create_dir_all(secret.parent().unwrap()).unwrap();
    fs::write(&secret, "geheim").unwrap();
    let path = write(&program, b"%PDF-1.7\n");
    let output = program.command(&["extract", path.to_str().unwrap(), "--json"]).env("SECRET", "1").output().unwrap();
    let problem = program::Ran::of(output).json()["problem"].to_string();
    let has_landlock = fs::read_to_string("/sys/kernel/security/lsm").map_or(true, |list| list.contains("landlock"));
    // Without Landlock the file can be seen; the rest is refused by the limits.
    let expected = if has_landlock { "its code is 5" } else { "its code is" };
    assert!(problem.contains(expected) && !problem.contains("code is 8") && !problem.contains("code is 7"), "{problem}");
}

/// Numbers that look random and are the same every time (a linear congruence, Knuth's MMIX).
fn next(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap()
}

#[test]
fn a_damaged_pdf_is_read_in_part_or_named() {
    let whole = fs::read(fixture("typst.pdf")).unwrap();
    for (whose, program) in with_and_without_poppler("") {
        for sixteenth in 0..16 {
            problem(&program, &whole[..whole.len() * sixteenth / 16]);
        }
        let mut seed = 2026;
        for _ in 0..12 {
            let mut bytes = whole.clone();
            for _ in 0..200 {
                let at = next(&mut seed) % bytes.len();
                bytes[at] ^= 1 << (next(&mut seed) % 8);
            }
            problem(&program, &bytes);
        }
        assert!(problem(&program, &whole[..whole.len() / 16]).contains("damaged"), "{whose}");
    }
}

/// A PDF of these objects, numbered from 1; the first is its catalogue.
fn pdf(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n", number + 1).bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let table = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        bytes.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let trailer = trailer.replace("XREF", &table.to_string());
    bytes.extend(format!("trailer\n<< /Size {} /Root 1 0 R {trailer} >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1).bytes());
    bytes
}

fn one_page(contents: Vec<u8>, trailer: &str) -> Vec<u8> {
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F << /Type /Font \
          /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
            .to_vec(),
        contents,
    ];
    pdf(&objects, trailer)
}

/// A stream of so many MiB of one byte, packed.
fn packed(mebibytes: usize, byte: u8) -> Vec<u8> {
    use std::io::Write as _;
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let mut flushed = Vec::new();
    for _ in 0..3 {
        packer.write_all(&vec![byte; 1 << 20]).unwrap();
        packer.flush().unwrap();
        flushed.push(packer.get_ref().len());
    }
    // A block that repeats the one before it repeats its packed form.
    let mut stream = packer.get_ref().clone();
    let again = stream[flushed[1]..].to_vec();
    for _ in 3..mebibytes {
        stream.extend(&again);
    }
    let mut object = format!("<< /Length {} /Filter /FlateDecode >>\nstream\n", stream.len()).into_bytes();
    object.extend(stream);
    object.extend(b"\nendstream");
    object
}

#[test]
fn a_bomb_costs_its_limits() {
    let deep = [b"<< /Length 4000000 >>\nstream\n".to_vec(), vec![b'['; 4_000_000], b"\nendstream".to_vec()].concat();
    let many: Vec<Vec<u8>> = std::iter::once(b"<< /Type /Catalog /Pages 2 0 R >>".to_vec())
        .chain((0..1_000_000).map(|_| b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 9 >>".to_vec()))
        .collect();
    let bombs = [
        one_page(packed(1024, b' '), ""),
        one_page(packed(64, b'('), ""),
        one_page(deep, ""),
        one_page([vec![b'['; 1_000_000], b" 1".to_vec()].concat(), ""),
        one_page(b"<< >>".to_vec(), "/Prev XREF"),
        pdf(&many, ""),
    ];
    for (whose, program) in with_and_without_poppler("time = \"5s\"\nmemory = \"256 MiB\"\n") {
        for (number, bomb) in bombs.iter().enumerate() {
            assert_ne!(problem(&program, bomb), "", "bomb {number} {whose}");
        }
    }
}

#[test]
fn an_encrypted_pdf_is_called_so() {
    let key = "/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A> \
               /U <0000000000000000000000000000000000000000000000000000000000000000> >>";
    let file = one_page(b"<< /Length 0 >>\nstream\n\nendstream".to_vec(), key);
    for (whose, program) in with_and_without_poppler("") {
        let problem = problem(&program, &file);
        assert!(problem.contains("encrypted"), "{problem} {whose}");
    }
}

/// A page whose font is of the reader's own stock, in the charset that this table of Adobe's describes; `more` is further objects.
fn set_in(encoding: &str, drawing: &[u8], more: &[&[u8]]) -> Vec<u8> {
    let contents = [format!("<< /Length {} >>\nstream\n", drawing.len()).as_bytes(), drawing, b"\nendstream"].concat();
    let font = format!("<< /Type /Font /Subtype /Type0 /BaseFont /SimSun /Encoding /{encoding} /DescendantFonts [6 0 R] >>");
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> /XObject << /X 7 0 R >> >> >>"
            .to_vec(),
        contents,
        font.into_bytes(),
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /SimSun /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> \
          /DW 1000 /W [1 95 500 814 907 500] >>"
            .to_vec(),
    ];
    objects.extend(more.iter().map(|object| object.to_vec()));
    pdf(&objects, "")
}

/// 关于巡察整改进展情况的通报, 完成整改83个, and more, in GBK.
const DRAWING: &[u8] = b"BT /F 18 Tf 160 700 Td <B9D8D3DAD1B2B2ECD5FBB8C4BDF8D5B9C7E9BFF6B5C4CDA8B1A8> Tj ET \
    BT /F 12 Tf 1 0 0 1 114 660 Tm [<CDEAB3C9D5FBB8C4> 0 <3833B8F6> -20 <A3ACC6E4D3E0D5FDD4DACDC6BDF8A1A3>] TJ ET \
    BT /F 12 Tf 0 1 -1 0 40 300 Tm <C4DAB2BFD7CAC1CF> Tj ET \
    /Span << /ActualText <FEFF51764E2D> >> BDC BT /F 12 Tf 114 620 Td <B9D8D3DA> Tj ET EMC q 1 0 0 1 0 -40 cm /X Do Q";

#[test]
fn what_a_pdf_says_in_a_charset_is_read_without_poppler_and_its_tables() {
    let form = b"<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Length 64 >>\nstream\nBT /F 12 Tf 114 620 Td <D6C1BDF1C8D4CEB4CDEAB3C9B5C431CFEEA1A3> Tj ET \nendstream";
    let program = without_poppler("");
    let path = write(&program, &set_in("GBK-EUC-H", DRAWING, &[form]));
    let text = paragraphs(&extracted(&program, &path));
    assert_eq!(text.concat(), "关于巡察整改进展情况的通报完成整改83个，其余正在推进。其中至今仍未完成的1项。");
}

/// Numbers of glyphs that no table in the file explains are told as such, with what would help.
#[test]
fn characters_that_only_popplers_tables_explain_are_doubted() {
    let program = without_poppler("");
    let path = write(&program, &set_in("Identity-H", DRAWING, &[b"<< >>"]));
    let plain = program.run(&["extract", path.to_str().unwrap()]);
    assert!(plain.out.contains("mean nothing without the tables of poppler; install poppler-utils and poppler-data"), "{}", plain.out);
}

#[test]
fn text_whose_font_is_lost_is_no_scan() {
    let file = String::from_utf8(set_in("GBK-EUC-H", DRAWING, &[b"<< >>"])).unwrap().replace("/F 5 0 R", "/F 9 0 R");
    let problem = problem(&without_poppler(""), file.as_bytes());
    assert!(problem.contains("1 pages were not understood") && problem.contains("poppler-data"), "{problem}");
}

#[test]
fn forms_that_draw_themselves_end() {
    let form = b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 7 0 R >> >> /Length 11 >>\nstream\n/X Do /X Do\nendstream";
    let program = without_poppler("time = \"5s\"\n");
    let path = write(&program, &set_in("GBK-EUC-H", DRAWING, &[form]));
    assert_eq!(extracted(&program, &path)["title"], "关于巡察整改进展情况的通报");
}

#[test]
fn a_scan_is_named_and_recognised_only_when_asked_for() {
    if !has("pdftotext") || !has("pdftoppm") {
        return;
    }
    let scan = scanned();
    let program = Program::new();
    assert!(problem(&program, &scan).contains("scanned, no text: 1 pages"));
    if !has("tesseract") {
        return;
    }
    program.write("huitoukan.toml", "contact = \"watch@example.org\"\n[files]\nocr = \"tesseract\"\n");
    let path = write(&program, &scan);
    let text = paragraphs(&extracted(&program, &path)).concat();
    assert!(text.contains("整改") && text.contains("已完成"), "{text}");
}

/// The first page of a notice as a picture: what a scanner makes of it.
fn scanned() -> Vec<u8> {
    let arguments = ["-q", "-r", "150", "-gray", "-f", "1", "-l", "1"];
    let picture = std::process::Command::new("pdftoppm").args(arguments).arg(fixture("typst.pdf")).output().unwrap().stdout;
    let mut head = picture.splitn(4, |byte| *byte == b'\n');
    assert_eq!(head.next(), Some(b"P5".as_slice()));
    let size = String::from_utf8(head.next().unwrap().to_vec()).unwrap();
    let (width, height) = size.split_once(' ').unwrap();
    let pixels = head.nth(1).unwrap();
    let mut image = format!(
        "<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray /BitsPerComponent 8 /Length {} >>\nstream\n",
        pixels.len()
    )
    .into_bytes();
    image.extend(pixels);
    image.extend(b"\nendstream");
    let drawing = b"<< /Length 30 >>\nstream\nq 595 0 0 842 0 0 cm /I Do Q \nendstream".to_vec();
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>".to_vec(),
        drawing,
        image,
    ];
    pdf(&objects, "")
}
