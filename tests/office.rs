//! Office files to documents: the seeds as Word wrote them, and files of other writers against what LibreOffice itself shows.

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};

use huitoukan::extract;
use huitoukan::model::{Block, Document, Rules, Snapshot, Unreadable};

const SEEDS: &str = "../shared/corpus/attachments/derived-from-seeds";

fn read_bytes(bytes: Vec<u8>) -> Result<Document, Unreadable> {
    let url = "http://localhost/file".parse().unwrap();
    extract::document(&Snapshot::of_body(url, None, bytes, jiff::Timestamp::UNIX_EPOCH), &Rules::default())
}

fn read(path: impl AsRef<Path>) -> Document {
    let path = path.as_ref();
    read_bytes(std::fs::read(path).unwrap()).unwrap_or_else(|problem| panic!("{}: {problem}", path.display()))
}

/// The title and every block, a line each.
fn lines(document: &Document) -> Vec<String> {
    document.title.iter().cloned().chain(document.blocks.iter().map(|block| block.text().into_owned())).collect()
}

#[track_caller]
fn reads_like_its_text(format: &str) {
    if !Path::new(SEEDS).exists() {
        eprintln!("no corpus at {SEEDS}: nothing is checked");
        return;
    }
    for number in 0..5 {
        let path = PathBuf::from(format!("{SEEDS}/seed00{number}.{format}"));
        let (expected, read) = (read(path.with_extension("txt")), read(&path));
        assert_eq!(lines(&read), lines(&expected), "{}", path.display());
        assert_eq!((&read.title, &read.source, read.published), (&expected.title, &expected.source, expected.published));
        assert!(read.doubts.is_empty(), "{:?}", read.doubts);
    }
}

#[test]
fn the_seeds_as_docx_read_like_their_texts() {
    reads_like_its_text("docx");
}

#[test]
fn the_seeds_as_doc_read_like_their_texts() {
    reads_like_its_text("doc");
}

const FILES: &str = "tests/corpus/files";

/// What LibreOffice shows of `everything.fodt` (`soffice --convert-to txt:Text`), with changes accepted, hidden text left out, a table's
/// row in one line and the note at the end.
const EVERYTHING: [&str; 22] = [
    "中共某县委员会关于巡察整改进展情况的通报",
    "根据统一部署,2024年1月4日至2月2日,县委巡察一组开展了巡察[1]。现予以公布。",
    "一、组织落实情况",
    "（一）提高站位。召开会议3次。",
    "（二）压实责任。",
    "1.针对学习不深入的问题。已完成。",
    "2.针对换届不及时的问题。已经完成。",
    "①制定方案。",
    "②按期换届。",
    "二、反馈问题整改情况",
    "（一）聚焦主责主业方面。",
    "序号 问题 整改情况",
    "1 学习不深入 制定计划。 已完成",
    "2 长期坚持",
    "合计 2项",
    "c) third entry",
    "d) fourth entry",
    "带项目符号的一段。",
    "三、下一步打算",
    "第一行",
    "换行之后。软 制表,链接文字。",
    "框所在的段落。",
];

#[track_caller]
fn reads_everything(format: &str) {
    let document = read(format!("{FILES}/everything.{format}"));
    let lines = lines(&document);
    assert_eq!(lines[..22], EVERYTHING, "{format}");
    let mut rest: Vec<&str> = lines[22..].iter().map(String::as_str).collect();
    // Where a text box stands depends on the format: at its anchor, or after everything.
    let boxed = rest.iter().position(|line| *line == "文本框里的字。").expect("the text box");
    rest.remove(boxed);
    assert_eq!(rest, ["联系电话:0595-22355000。", "2024年9月11日", "[1] 指县委第三轮巡察。"], "{format}");
    assert!(document.doubts.iter().any(|doubt| doubt.contains("修订")), "{:?}", document.doubts);
}

#[test]
fn a_docx_reads_as_word_shows_it() {
    reads_everything("docx");
}

#[test]
fn a_doc_reads_as_word_shows_it() {
    reads_everything("doc");
}

#[test]
fn an_rtf_reads_as_word_shows_it() {
    reads_everything("rtf");
}

#[test]
fn a_workbook_reads_as_excel_shows_it() {
    for format in ["xlsx", "xls"] {
        let document = read(format!("{FILES}/table.{format}"));
        let expected = [
            "某局巡察整改台账",
            "整改台账",
            "序号 问题 完成时限 完成率 金额(元)",
            "1 学习不深入 不系统 2024年9月11日 85.5% 1,234,567.50",
            "2 换届不及时 长期坚持 100.0%",
            "说明",
            "数据截至2024年9月。",
        ];
        assert_eq!(lines(&document), expected, "{format}");
        assert_eq!(document.doubts, ["the sheet 底稿 is hidden and not read"]);
        let row = document.blocks.iter().find_map(|block| if let Block::Row(cells) = block { Some(cells.len()) } else { None });
        assert_eq!(row, Some(5), "the empty column is left out");
    }
}

/// A ZIP of these members.
fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const PARAGRAPH: &[u8] = "根据统一部署,现将整改情况予以公布。".as_bytes();

#[test]
fn a_zip_reads_its_files_in_the_order_of_their_names() {
    let doc = std::fs::read(format!("{FILES}/everything.doc")).unwrap();
    let inner = zip(&[("说明.txt", PARAGRAPH)]);
    let bytes = zip(&[("附件/2.zip", &inner), ("附件/1.doc", &doc), ("3.rar", b"Rar!\x1a\x07\x00"), ("__MACOSX/._1.doc", b"x")]);
    let document = read_bytes(bytes).unwrap();
    let lines = lines(&document);
    assert_eq!((lines[0].as_str(), lines[1].as_str()), ("1.doc", EVERYTHING[0]));
    assert_eq!(lines[lines.len() - 2..], ["2.zip", "根据统一部署,现将整改情况予以公布。"]);
    assert!(document.doubts.iter().any(|doubt| doubt.starts_with("3.rar: rar is not a format")), "{:?}", document.doubts);
}

#[test]
fn a_zip_of_one_file_is_that_file_and_names_may_be_gbk() {
    let document = read_bytes(zip(&[("a.docx", &std::fs::read(format!("{FILES}/everything.docx")).unwrap())])).unwrap();
    assert_eq!(document.title.as_deref(), Some(EVERYTHING[0]));
    // Windows in Chinese writes names in GBK without saying so: 通报.txt and 整改.txt, put in the place of names as long.
    let mut bytes = zip(&[("AAAA.txt", PARAGRAPH), ("BBBB.txt", PARAGRAPH)]);
    for (name, gbk) in [(b"AAAA", b"\xcd\xa8\xb1\xa8"), (b"BBBB", b"\xd5\xfb\xb8\xc4")] {
        while let Some(at) = bytes.windows(4).position(|window| window == name) {
            bytes[at..at + 4].copy_from_slice(gbk);
        }
    }
    let lines = lines(&read_bytes(bytes).unwrap());
    assert_eq!((lines[0].as_str(), lines[2].as_str()), ("整改.txt", "通报.txt"));
}

#[track_caller]
fn refused(bytes: Vec<u8>, expected: fn(&Unreadable) -> bool) {
    let problem = read_bytes(bytes).expect_err("a file that must be refused");
    assert!(expected(&problem), "{problem}");
}

#[test]
fn bombs_are_refused_at_a_limit() {
    let too_complex = |problem: &Unreadable| matches!(problem, Unreadable::TooComplex { .. });
    let zeros = vec![b' '; 40 << 20];
    refused(zip(&[("[Content_Types].xml", b"<a/>"), ("word/document.xml", &zeros)]), too_complex);
    refused(zip(&[("a.txt", &zeros)]), too_complex);
    let deep = zip(&[("c.zip", &zip(&[("b.zip", &zip(&[("a.txt", PARAGRAPH)]))]))]);
    refused(deep, too_complex);
    let laughs = b"<!DOCTYPE w [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><w:document><w:body><w:p>&b;</w:p></w:body></w:document>";
    refused(zip(&[("[Content_Types].xml", b"<a/>"), ("word/document.xml", laughs)]), too_complex);
    let nested = format!("<w:document><w:body>{}", "<w:tbl><w:tr><w:tc>".repeat(5000));
    refused(zip(&[("[Content_Types].xml", b"<a/>"), ("word/document.xml", nested.as_bytes())]), too_complex);
    refused(format!("{{\\rtf1{}", "{".repeat(100_000)).into_bytes(), too_complex);
    let many: Vec<String> = (0..200).map(|number| format!("{number}.txt")).collect();
    refused(zip(&many.iter().map(|name| (name.as_str(), PARAGRAPH)).collect::<Vec<_>>()), too_complex);
}

/// Cells name their texts in a table: a small workbook could show any amount, sheet after sheet.
#[test]
fn a_text_that_many_cells_show_is_read_up_to_a_limit() {
    let text = "整改".repeat(10_000);
    let strings = format!("<sst><si><t>{text}</t></si></sst>");
    let cells: String = (1..=100).map(|row| format!("<row r=\"{row}\"><c t=\"s\"><v>0</v></c></row>")).collect();
    let sheet = format!("<worksheet><sheetData>{cells}</sheetData></worksheet>");
    let sheets: String = (0..3).map(|number| format!("<sheet name=\"{number}\" r:id=\"r\"/>")).collect();
    let workbook = format!("<workbook xmlns:r=\"r\"><sheets>{sheets}</sheets></workbook>");
    let rels = "<Relationships><Relationship Id=\"r\" Target=\"sheet.xml\"/></Relationships>";
    let members = [
        ("[Content_Types].xml", "<Types/>"),
        ("xl/workbook.xml", &workbook),
        ("xl/_rels/workbook.xml.rels", rels),
        ("xl/sharedStrings.xml", &strings),
        ("xl/sheet.xml", &sheet),
    ];
    let document = read_bytes(zip(&members.map(|(name, text)| (name, text.as_bytes())))).unwrap();
    let shown: usize = document.blocks.iter().map(|block| block.text().len()).sum();
    assert!(shown > text.len() * 100 && shown <= 8 << 20, "{shown} bytes");
    assert_eq!(document.doubts, ["only the first 8388608 bytes of the workbook's text were read"]);
}

/// Two members of the directory that name the same bytes: how a small ZIP becomes a large one without nesting.
#[test]
fn members_that_share_their_bytes_are_refused() {
    let mut bytes = zip(&[("a.txt", PARAGRAPH), ("b.txt", PARAGRAPH)]);
    let entry = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    bytes[entry + 42..entry + 46].copy_from_slice(&0u32.to_le_bytes());
    refused(bytes, |problem| matches!(problem, Unreadable::TooComplex { limit } if limit.contains("share")));
}

fn ole(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (name, bytes) in streams {
        file.create_stream(format!("/{name}")).unwrap().write_all(bytes).unwrap();
    }
    file.into_inner().into_inner()
}

#[test]
fn encrypted_files_are_named_so() {
    let encrypted = |problem: &Unreadable| *problem == Unreadable::Encrypted;
    refused(ole(&[("EncryptedPackage", b"x"), ("EncryptionInfo", b"x")]), encrypted);
    let mut word = vec![0; 1024];
    word[..4].copy_from_slice(&[0xec, 0xa5, 0xc1, 0x00]);
    word[0x0b] = 0x01;
    refused(ole(&[("WordDocument", &word)]), encrypted);
    let book = [&[0x09, 0x08, 4, 0, 0, 6, 5, 0][..], &[0x2f, 0, 2, 0, 0, 0]].concat();
    refused(ole(&[("Workbook", &book)]), encrypted);
    let mut packed = zip(&[("a.txt", PARAGRAPH)]);
    for (mark, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = packed.windows(4).position(|window| window == mark).unwrap();
        packed[at + flags] |= 1;
    }
    refused(packed, encrypted);
}

#[test]
fn a_page_saved_as_a_word_file_is_a_page() {
    let page = "<html><head><title>整改通报</title></head><body><h1>某局关于巡察整改情况的通报</h1><div class=\"TRS_Editor\"><p>根据统一部署，县委巡察组开展了巡察，现将整改情况予以公布。</p><p>问题一：学习不深入，不系统。已完成整改，并长期坚持。</p></div></body></html>";
    let mut encoded = String::new();
    for byte in page.bytes() {
        encoded.push_str(&format!("={byte:02X}"));
    }
    let mhtml = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n boundary=\"x\"\r\n\r\n--x\r\nContent-Type: text/html; charset=\"utf-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{encoded}\r\n--x--\r\n"
    );
    let url: url::Url = "http://localhost/a.doc".parse().unwrap();
    for body in [page.as_bytes(), mhtml.as_bytes()] {
        let snapshot = Snapshot::of_body(url.clone(), Some("application/msword"), body.to_vec(), jiff::Timestamp::UNIX_EPOCH);
        let document = extract::document(&snapshot, &Rules::default()).unwrap();
        assert_eq!(document.blocks.len(), 2, "{document:?}");
    }
}

/// An OFD as converters write it: lines of a page's width with their distances, a page number below, a template with a running head.
fn ofd(paragraphs: &[&str]) -> Vec<u8> {
    let mut lines: Vec<(f64, String)> = Vec::new();
    for paragraph in paragraphs {
        let characters: Vec<char> = paragraph.chars().collect();
        let (first, rest) = characters.split_at(characters.len().min(26));
        lines.push((28.0 + 2.0 * 5.6, first.iter().collect()));
        lines.extend(rest.chunks(28).map(|line| (28.0, line.iter().collect())));
    }
    let text = |left: f64, top: f64, line: &str| {
        let escaped = line.replace('&', "&amp;").replace('<', "&lt;");
        let count = line.chars().count();
        let deltas = if count > 1 { format!(" DeltaX=\"g {} 5.6\"", count - 1) } else { String::new() };
        format!(
            "<ofd:TextObject ID=\"9\" Boundary=\"{left} {top} {} 5.6\" Font=\"1\" Size=\"5.6\"><ofd:TextCode X=\"0\" Y=\"4.8\"{deltas}>{escaped}</ofd:TextCode></ofd:TextObject>",
            count as f64 * 5.6
        )
    };
    let page = |content: String| {
        format!(
            "<ofd:Page xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:Template TemplateID=\"2\"/><ofd:Content><ofd:Layer ID=\"3\">{content}</ofd:Layer></ofd:Content></ofd:Page>"
        )
    };
    let mut members = vec![
        ("OFD.xml".to_owned(), "<ofd:OFD><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>".to_owned()),
        ("Doc_0/Tpls/Tpl_0/Content.xml".to_owned(), page(text(28.0, 12.0, "某市人民政府公报"))),
    ];
    let mut pages = String::new();
    for (number, lines) in lines.chunks(22).enumerate() {
        let placed = lines.iter().enumerate().map(|(at, (left, line))| text(*left, 37.0 + at as f64 * 10.0, line));
        let foot = text(100.0, 275.0, &format!("—{}—", number + 1));
        members.push((format!("Doc_0/Pages/Page_{number}/Content.xml"), page(placed.collect::<String>() + &foot)));
        pages.push_str(&format!("<ofd:Page ID=\"{}\" BaseLoc=\"Pages/Page_{number}/Content.xml\"/>", number + 10));
    }
    let document = format!(
        "<ofd:Document><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea><ofd:TemplatePage ID=\"2\" BaseLoc=\"/Doc_0/Tpls/Tpl_0/Content.xml\"/></ofd:CommonData><ofd:Pages>{pages}</ofd:Pages></ofd:Document>"
    );
    members.push(("Doc_0/Document.xml".to_owned(), document));
    zip(&members.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect::<Vec<_>>())
}

#[test]
fn the_seeds_as_ofd_read_like_their_texts() {
    if !Path::new(SEEDS).exists() {
        eprintln!("no corpus at {SEEDS}: nothing is checked");
        return;
    }
    for number in 0..5 {
        let expected = read(format!("{SEEDS}/seed00{number}.txt"));
        let blocks: Vec<String> = expected.blocks.iter().map(|block| block.text().into_owned()).collect();
        let document = read_bytes(ofd(&blocks.iter().map(String::as_str).collect::<Vec<_>>())).unwrap();
        let squeezed = |lines: &[String]| lines.iter().map(|line| line.split_whitespace().collect::<String>()).collect::<Vec<_>>();
        assert_eq!(squeezed(&lines(&document)), squeezed(&blocks), "seed {number}");
    }
}

/// Whatever happens to a file on its way, it is read or refused; nothing panics and nothing hangs.
#[test]
fn damaged_files_are_read_or_refused() {
    let mut files: Vec<Vec<u8>> = ["everything.docx", "everything.doc", "everything.rtf", "table.xlsx", "table.xls"]
        .iter()
        .map(|name| std::fs::read(format!("{FILES}/{name}")).unwrap())
        .collect();
    files.push(ofd(&["根据统一部署,现将整改情况予以公布。"; 30]));
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let mut read = 0;
    for file in &files {
        for round in 0..100 {
            let mut damaged = file.clone();
            for _ in 0..=round % 8 {
                let at = random(damaged.len());
                damaged[at] = [0, 0xff, 0x7f, random(256) as u8][random(4)];
            }
            if round % 5 == 0 {
                damaged.truncate(random(damaged.len()));
            }
            read += usize::from(read_bytes(damaged).is_ok());
        }
    }
    // Members of ZIPs have checksums: their own damage is done before they are packed.
    for file in files.iter().filter(|file| file.starts_with(b"PK")) {
        for _ in 0..60 {
            let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
            let mut members: Vec<(String, Vec<u8>)> = Vec::new();
            for index in 0..archive.len() {
                let mut member = archive.by_index(index).unwrap();
                let mut bytes = Vec::new();
                member.read_to_end(&mut bytes).unwrap();
                members.push((String::from_utf8_lossy(member.name_raw()).into_owned(), bytes));
            }
            let part = random(members.len());
            let bytes = &mut members[part].1;
            for _ in 0..4 {
                let (from, to, at) = (random(bytes.len()), random(bytes.len()), random(bytes.len()));
                let moved = bytes[from.min(to)..from.max(to).min(from.min(to) + 200)].to_vec();
                bytes.splice(at..at, moved);
                let at = random(bytes.len());
                bytes[at] = b"<>\"/09&"[random(7)];
            }
            read += usize::from(
                read_bytes(zip(&members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect::<Vec<_>>())).is_ok(),
            );
        }
    }
    assert!(read > 100, "only {read} of the damaged files were read at all: the test does not reach the readers");
}

#[test]
fn the_command_reads_office_files() {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_huitoukan"))
        .args(["extract", "--json", &format!("{FILES}/everything.docx"), &format!("{FILES}/table.xls")])
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let readings: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(readings[0]["title"], EVERYTHING[0]);
    assert_eq!(readings[1]["body"][1], "序号 问题 完成时限 完成率 金额(元)");
}
