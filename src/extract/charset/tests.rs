use encoding_rs::{Encoding, GB18030};

use super::{decode, named};
use crate::model::{Page, Snapshot};

const PLAIN: &str = "中共某某区委关于巡察整改进展情况的通报。根据区委统一部署,对照反馈意见,逐条整改。";
/// 镕 and 喆 are in GBK, 䶮 only in GB18030: letters of real people's names.
const RARE: &str = "组长:朱镕喆、䶮氏;现将巡察整改情况予以公布,欢迎监督。";

fn page(body: Vec<u8>, content_type: Option<&str>) -> Page {
    let url = "https://www.example.gov.cn/a.htm".parse().unwrap();
    decode(&Snapshot::of_body(url, content_type, body, jiff::Timestamp::UNIX_EPOCH))
}

fn html(meta: &str, text: &str) -> String {
    format!("<html><head>{meta}<title>通报</title></head><body><p>{text}</p></body></html>")
}

#[track_caller]
fn check(what: &str, body: Vec<u8>, content_type: Option<&str>, charset: &str, text: &str) {
    let page = page(body, content_type);
    assert_eq!((page.charset, page.replaced), (charset, 0), "{what}");
    assert!(page.text.contains(text), "{what}: {}", page.text);
}

fn gb18030(text: &str) -> Vec<u8> {
    GB18030.encode(text).0.into_owned()
}

#[test]
fn all_sixteen_ways_to_declare_a_charset_give_the_exact_text() {
    for text in [PLAIN, RARE] {
        let gbk = |meta: &str| gb18030(&html(meta, text));
        check("header GBK", gbk(""), Some("text/html; charset=GBK"), "gb18030", text);
        check("meta gbk", gbk("<meta charset=gbk>"), None, "gb18030", text);
        let meta = r#"<meta http-equiv="Content-Type" content="text/html; charset=gb2312" />"#;
        check("meta gb2312", gbk(meta), Some("text/html"), "gb18030", text);
        check("header gb2312", gbk(""), Some("text/html;charset=gb2312"), "gb18030", text);
        check("wrong header, meta gbk", gbk("<meta charset=gbk>"), Some("text/html; charset=ISO-8859-1"), "gb18030", text);
        check("nothing, GBK bytes", gbk(""), None, "gb18030", text);
        check("nothing, UTF-8 bytes", html("", text).into_bytes(), None, "utf-8", text);
        check("meta, UTF-8 bytes", html("<meta charset=utf-8>", text).into_bytes(), None, "utf-8", text);
    }
}

#[test]
fn every_label_of_the_gbk_line_reads_gb18030() {
    for label in ["gbk", "GB2312", "x-gbk", "cp936", "windows-936", "gb18030", "chinese", "csGB2312", "GB_2312-80"] {
        check(label, gb18030(&html("", RARE)), Some(&format!("text/html; charset={label}")), "gb18030", RARE);
        check(label, gb18030(&html(&format!("<meta charset='{label}'>"), RARE)), None, "gb18030", RARE);
    }
}

#[test]
fn valid_utf8_beats_a_declared_gb2312() {
    check("header", html("", RARE).into_bytes(), Some("text/html; charset=gb2312"), "utf-8", RARE);
    check("meta", html("<meta charset=gb2312>", RARE).into_bytes(), None, "utf-8", RARE);
}

#[test]
fn a_wrong_latin_header_on_gb18030_bytes_is_seen_through_even_without_a_meta() {
    check("latin", gb18030(&html("", RARE)), Some("text/html; charset=ISO-8859-1"), "gb18030", RARE);
}

#[test]
fn a_real_latin_page_stays_latin() {
    let (bytes, ..) = encoding_rs::WINDOWS_1252.encode("<p>Café à la carte, déjà vu, señor, Straße über Brücken.</p>");
    let url = "https://www.example.fr/".parse().unwrap();
    let snapshot = Snapshot::of_body(url, Some("text/html; charset=iso-8859-1"), bytes.into_owned(), jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(decode(&snapshot).charset, "windows-1252");
}

#[test]
fn gb18030_bytes_declared_as_utf8_are_gb18030() {
    check("header", gb18030(&html("", PLAIN)), Some("text/html; charset=utf-8"), "gb18030", PLAIN);
    check("meta", gb18030(&html("<meta charset=utf-8>", PLAIN)), None, "gb18030", PLAIN);
}

#[test]
fn byte_order_marks_decide() {
    let mut utf8 = b"\xEF\xBB\xBF".to_vec();
    utf8.extend(html("<meta charset=gbk>", RARE).into_bytes());
    check("utf-8", utf8, Some("text/html; charset=gbk"), "utf-8", RARE);
    let utf16 = [0xFF, 0xFE].into_iter().chain(html("", RARE).encode_utf16().flat_map(u16::to_le_bytes)).collect();
    check("utf-16", utf16, None, "utf-16le", RARE);
}

#[test]
fn big5_pages_are_big5_declared_or_not() {
    let text = "醫師表示,可能因身體抵抗力減弱且感冒者增多,有多名患者感染,未立即治療。";
    let bytes = || encoding_rs::BIG5.encode(&html("", text)).0.into_owned();
    check("declared", bytes(), Some("text/html; charset=big5"), "big5", text);
    let url = "http://www.example.com.tw/".parse().unwrap();
    assert_eq!(decode(&Snapshot::of_body(url, None, bytes(), jiff::Timestamp::UNIX_EPOCH)).charset, "big5");
}

#[test]
fn the_xml_declaration_counts() {
    let body = format!("<?xml version=\"1.0\" encoding=\"gb2312\"?><html><body>{RARE}</body></html>");
    check("xml", gb18030(&body), None, "gb18030", RARE);
}

#[test]
fn a_truncated_last_character_and_a_damaged_byte_are_counted_not_fatal() {
    let mut cut = html("", PLAIN).into_bytes();
    cut.truncate(cut.len() - "</p></body></html>".len() - 1);
    let cut = page(cut, Some("text/html; charset=gbk"));
    assert_eq!((cut.charset, cut.replaced), ("utf-8", 1));
    let mut damaged = html("", &PLAIN.repeat(5)).into_bytes();
    let at = damaged.windows(3).position(|three| three == "整".as_bytes()).unwrap();
    damaged[at + 1] = b'?';
    let damaged = page(damaged, None);
    assert_eq!(damaged.charset, "utf-8");
    assert!(damaged.replaced > 0 && damaged.replaced < 5);
}

#[test]
fn any_bytes_decode() {
    let mut state = 88_172_645_463_325_252_u64;
    for length in 0..400 {
        let bytes = (0..length * 3)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 24) as u8
            })
            .collect();
        page(bytes, None);
    }
}

/// html5lib's cases: `#data`, then the page, then `#encoding` and the encoding's name.
#[test]
fn html5libs_encoding_cases_agree() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/suites/encoding");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("not run: {} is not at hand", folder.display());
        return;
    };
    let mut cases = 0;
    for file in files.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "dat")) {
        let bytes = std::fs::read(&file).unwrap();
        for case in split(&bytes, b"#data\n").into_iter().skip(1) {
            let parts = split(case, b"\n#encoding\n");
            let label = std::str::from_utf8(parts[1]).unwrap().trim();
            let expected = Encoding::for_label(label.as_bytes()).unwrap();
            let expected = if expected == encoding_rs::GBK { GB18030 } else { expected };
            assert_eq!(named(parts[0]), expected, "{}: {}", file.display(), String::from_utf8_lossy(parts[0]));
            cases += 1;
        }
    }
    assert!(cases > 50, "{cases} cases");
}

#[test]
fn a_damaged_page_is_still_what_it_says_it_is() {
    let text = "根据市委统一部署,市委第三巡察组对市水利局党组开展了巡察。".repeat(20);
    let mut bytes = format!("<meta charset=utf-8><p>{text}").into_bytes();
    for place in (40..bytes.len()).step_by(45) {
        bytes[place] = 0xff;
    }
    let page = page(bytes, None);
    assert_eq!(page.charset, "utf-8");
    assert!(page.replaced > 0);
}

#[test]
fn every_gb18030_pointer_decodes_as_the_standard_says() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/suites/encoding/gb18030");
    let (Ok(bytes), Ok(expected)) = (std::fs::read(folder.join("gb18030_in.txt")), std::fs::read(folder.join("gb18030_in_ref.txt"))) else {
        eprintln!("not run: {} is not at hand", folder.display());
        return;
    };
    let page = page(bytes, Some("text/plain; charset=gb2312"));
    assert_eq!(page.charset, "gb18030");
    assert_eq!(page.text.trim_start_matches('\u{feff}'), String::from_utf8(expected).unwrap().trim_start_matches('\u{feff}'));
}

fn split<'a>(bytes: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(separator.len()).position(|window| window == separator) {
        parts.push(&rest[..at]);
        rest = &rest[at + separator.len()..];
    }
    parts.push(rest);
    parts
}
