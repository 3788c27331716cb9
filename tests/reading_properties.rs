//! What holds for every page, tried on generated ones: the seeds' words in any markup and any chrome are read exactly, what a
//! browser would not show differently is not read differently, and no bytes break the reader.
//!
//! Pages come from a fixed seed, so a failure comes again; its number is in the message.

use std::time::{Duration, Instant};

use huitoukan::extract;
use huitoukan::model::{Document, Rules, Snapshot, Unreadable};

const TITLE: &str = "中共某县水利局党组关于县委巡察整改进展情况的通报";

/// Bodies: the notices of the demonstration, without the title lines that some begin with.
fn bodies() -> Vec<Vec<&'static str>> {
    let seeds = [
        (include_str!("../src/demo/seeds/000.txt"), 1),
        (include_str!("../src/demo/seeds/001.txt"), 1),
        (include_str!("../src/demo/seeds/002.txt"), 1),
        (include_str!("../src/demo/seeds/003.txt"), 2),
    ];
    let lines = |text: &'static str, head| text.lines().map(str::trim).filter(|line| !line.is_empty()).skip(head).take(24).collect();
    seeds.into_iter().map(|(text, head)| lines(text, head)).collect()
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit.max(1)
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

fn read(bytes: impl Into<Vec<u8>>) -> Result<Document, Unreadable> {
    let address = "https://www.example.gov.cn/zwgk/tzgg/202409/t20240912_1.htm".parse().unwrap();
    let snapshot = Snapshot::of_body(address, None, bytes.into(), jiff::Timestamp::UNIX_EPOCH);
    extract::document(&snapshot, &Rules::default())
}

fn words(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

fn paragraphs(document: &Document) -> Vec<String> {
    document.blocks.iter().map(|block| words(&block.text())).collect()
}

/// The lines in one of the ways that editors leave them behind.
fn marked_up(lines: &[&str], markup: &str) -> String {
    let each = |before: &str, after: &str| lines.iter().map(|line| format!("{before}{line}{after}\n")).collect::<String>();
    match markup {
        "p" => each("<p style=\"text-indent:2em\">", "</p>"),
        "div" => each("<div>", "</div>"),
        "section" => each("<section><section><p>", "</p></section></section>"),
        "word" => {
            each("<p class=\"MsoNormal\"><span style=\"font-family:仿宋\"><span lang=\"EN-US\">&nbsp;</span>", "<o:p></o:p></span></p>")
        }
        "unclosed" => each("<p>", ""),
        "br" => lines.join("<br>\n　　"),
        "cell" => format!("<table width=\"100%\"><tr><td>{}</td></tr></table>", each("<p>", "</p>")),
        "empty between" => each("<p>", "</p><p>&nbsp;</p>"),
        other => unreachable!("{other} is no markup"),
    }
}

const MARKUPS: [&str; 8] = ["p", "div", "section", "word", "unclosed", "br", "cell", "empty between"];

/// A page around the body, of parts that real templates have.
fn page(random: &mut Random, body: &str) -> String {
    let links = |count: usize| -> String {
        (0..count)
            .map(|number| format!("<li><a href=\"/a/{number}.html\">某县召开巡察整改工作推进会，部署第{number}季度工作</a></li>"))
            .collect()
    };
    let element = random.of(&["_某县人民政府", " - 通知公告 - 某县水利局", "-某县水利局", ""]);
    let meta = random.of(&[
        "",
        "<meta name=\"ArticleTitle\" content=\"中共某县水利局党组关于县委巡察整改进展情况的通报\"><meta name=\"PubDate\" content=\"2024-09-12 10:21\">",
    ]);
    let before = random.of(&[
        "",
        "<div class=\"pop\"><p>尊敬的用户，为了更好地为您服务，我们升级了网站，请使用新版浏览器访问，谢谢。</p></div>",
        "<table><tr><td>今天是2026年11月22日 星期日</td></tr></table>",
        "<div class=\"side\"><h3>机构简介</h3><p>县水利局主管全县水利工作，负责水资源开发、利用、保护，承担防汛抗旱等职责。</p></div>",
    ]);
    let crumbs = random.of(&["", "<div>当前位置：<a href=\"/\">首页</a> &gt; <a href=\"/tzgg/\">通知公告</a> &gt; 正文</div>"]);
    let heading = random.of(&["h1", "h2", "h3"]);
    let info = random.of(&[
        "<p>来源：县水利局 发布时间：2024-09-12 10:21</p>",
        "<div><span>发布日期：2024-09-12</span><span>信息来源：县水利局</span><span>浏览次数：<i>208</i></span></div>",
        "<div>时间：2024-09-12 10:21　来源：县水利局　【字体：<a>大</a> <a>中</a> <a>小</a>】</div>",
    ]);
    let container = random.of(&[
        "class=\"TRS_Editor\"",
        "class=\"v_news_content\"",
        "id=\"zoom\"",
        "id=\"UCAP-CONTENT\"",
        "class=\"pages_content\"",
        "class=\"x12 cf\"",
        "class=\"nr\"",
        "",
    ]);
    let after: String = (0..random.below(4))
        .map(|_| {
            random.of(&[
                "<div>责任编辑：林某</div>",
                "<p>【打印】【关闭】</p>",
                "<div class=\"bdshare\">分享到：<a href=\"#\">微信</a> <a href=\"#\">微博</a></div>",
                "<p>扫一扫在手机打开当前页</p>",
                "<div>上一篇：<a href=\"1.html\">关于汛期安全的通知</a></div>",
                "<p>（一审：张某　二审：李某　三审：王某）</p>",
            ])
        })
        .collect();
    let related =
        if random.below(2) == 0 { format!("<div class=\"xg\"><h3>相关链接</h3><ul>{}</ul></div>", links(4)) } else { String::new() };
    let footer = random.of(&[
        "<div class=\"foot\"><p>主办：某县水利局　版权所有：某县水利局</p><p>闽ICP备12345678号</p></div>",
        "<div><p>主办单位：某县水利局　承办：某县信息中心</p><p>地址：某县建设路12号　邮编：438000　电话：0713-7200000</p></div>",
        "<div style=\"display:none\"><p>您访问的链接即将离开“某县人民政府”门户网站，是否继续？</p></div>",
    ]);
    let navigation = links(random.below(6)).replace("，部署", "");
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{TITLE}{element}</title>{meta}</head><body>{before}<ul>{navigation}</ul>{crumbs}\
         <div class=\"main\"><{heading}>{TITLE}</{heading}>{info}<div {container}>{body}</div>{after}</div>{related}{footer}</body></html>"
    )
}

#[test]
fn a_body_is_read_exactly_whatever_its_markup_and_the_chrome_around_it() {
    let bodies = bodies();
    for number in 1..=120_u64 {
        let mut random = Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let lines = &bodies[random.below(bodies.len())];
        let markup = MARKUPS[random.below(MARKUPS.len())];
        let page = page(&mut random, &marked_up(lines, markup));
        let document = read(page.clone()).unwrap_or_else(|problem| panic!("page {number}: {problem}\n{page}"));
        let expected: Vec<String> = lines.iter().map(|line| words(line)).collect();
        assert_eq!(paragraphs(&document), expected, "page {number} ({markup})\n{page}");
        assert_eq!(document.title.as_deref(), Some(TITLE), "page {number}\n{page}");
        assert_eq!(document.published.map(|published| published.date.to_string()).as_deref(), Some("2024-09-12"), "page {number}\n{page}");
        assert_eq!(document.source.as_deref(), Some("县水利局"), "page {number}\n{page}");
        assert_eq!(document.doubts, Vec::<String>::new(), "page {number}\n{page}");
    }
}

/// Asserts that a change which no browser shows changes nothing that is read.
#[track_caller]
fn check_same(change: impl Fn(&mut Random, &str, &str) -> Vec<u8>) {
    let bodies = bodies();
    for number in 1..=10_u64 {
        let mut random = Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let body = marked_up(&bodies[random.below(bodies.len())], MARKUPS[random.below(MARKUPS.len())]);
        let page = page(&mut random, &body);
        let changed = change(&mut random, &page, &body);
        assert_eq!(read(changed.clone()), read(page.clone()), "page {number}\n{}", String::from_utf8_lossy(&changed));
        assert_eq!(read(changed.clone()), read(changed), "twice");
    }
}

#[test]
fn elements_that_only_wrap_the_body_change_nothing() {
    check_same(|random, page, body| {
        let depth = 1 + random.below(4);
        let wrapped = format!("{}{body}{}", "<div class=\"w\">".repeat(depth), "</div>".repeat(depth));
        page.replace(body, &wrapped).into_bytes()
    });
}

#[test]
fn scripts_styles_and_comments_change_nothing() {
    let unseen = ["<!-- 页面注释，不显示。 -->", "<script>var a='脚本，不显示。';</script>", "<style>.a{color:red}</style>"];
    check_same(|random, page, _| {
        let mut changed = String::new();
        for (place, part) in page.split_inclusive("</div>").enumerate() {
            changed.push_str(part);
            // Behind the end of the document they would be moved by the parser.
            if place % 2 == 0 && !page.ends_with(part) {
                changed.push_str(random.of(&unseen));
            }
        }
        changed.into_bytes()
    });
}

#[test]
fn attributes_and_the_case_of_tags_change_nothing() {
    check_same(|_, page, _| page.replace("<p>", "<P data-v-1f=\"7\" onclick=\"a()\">").replace("</p>", "</P>").into_bytes());
}

#[test]
fn white_space_between_blocks_changes_nothing() {
    check_same(|_, page, _| page.replace("</p>", "</p>\r\n\t  ").replace("<div", "\n   <div").into_bytes());
}

#[test]
fn characters_written_as_entities_change_nothing() {
    check_same(|_, page, body| {
        let entities: String = body
            .chars()
            .map(|character| if character.is_ascii() { character.to_string() } else { format!("&#x{:X};", u32::from(character)) })
            .collect();
        // Inside of attributes too: those are decoded as well.
        page.replace(body, &entities).into_bytes()
    });
}

#[test]
fn the_charset_changes_nothing() {
    let with_meta = |page: &str, name: &str| page.replace("charset=\"utf-8\"", &format!("charset=\"{name}\""));
    let encoded = |page: &str, encoding: &'static encoding_rs::Encoding| {
        let (bytes, _, is_lossy) = encoding.encode(page);
        assert!(!is_lossy, "{} has every character of the seeds", encoding.name());
        bytes.into_owned()
    };
    check_same(|_, page, _| [b"\xef\xbb\xbf".as_slice(), page.as_bytes()].concat());
    check_same(|_, page, _| encoded(&with_meta(page, "gb2312"), encoding_rs::GB18030));
    check_same(|_, page, _| encoded(&with_meta(page, "gb18030"), encoding_rs::GB18030));
    check_same(|_, page, _| [0xfeff_u16].into_iter().chain(page.encode_utf16()).flat_map(u16::to_le_bytes).collect());
    check_same(|_, page, _| [0xfeff_u16].into_iter().chain(page.encode_utf16()).flat_map(u16::to_be_bytes).collect());
    // A page in UTF-8 that says that it is something else.
    check_same(|_, page, _| with_meta(page, "gb2312").into_bytes());
}

#[test]
fn a_page_in_big5_reads_as_the_same_page_in_utf8() {
    let page = |charset: &str| {
        format!(
            "<html><head><meta charset={charset}><title>關於巡察整改情況的通報</title></head><body><h1>關於巡察整改情況的通報</h1><div>{}</div></body></html>",
            "<p>根據市委統一部署，巡察組對市水利局黨組開展了巡察，現將整改情況予以公布。</p><p>歡迎廣大群眾對整改情況進行監督，及時反映意見。</p>".repeat(3)
        )
    };
    let traditional = page("big5");
    let (bytes, _, is_lossy) = encoding_rs::BIG5.encode(&traditional);
    assert!(!is_lossy);
    assert_eq!(read(bytes.into_owned()), read(page("utf-8")));
}

/// No page may hold the reader up: the worst of these take a tenth of this in a build without optimisation.
const LONGEST: Duration = Duration::from_secs(20);

#[test]
fn any_bytes_and_any_tags_are_read_or_refused_in_bounded_time() {
    const PARTS: [&str; 24] = [
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<b>",
        "</b>",
        "<a href=x>",
        "</a>",
        "<br>",
        "<ul><li>",
        "</ul>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "<div style='display:none' id=js_content>",
        "整改情况，予以公布。",
        "来源：县水利局 2024-09-12",
        "\u{0}",
        "&#xD800;&amp;&",
    ];
    for number in 1..=100_u64 {
        let mut random = Random(number.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1);
        let mut bytes = Vec::new();
        let length = 1 << (4 + random.below(12));
        while bytes.len() < length {
            if number % 4 == 0 {
                bytes.push(random.below(256) as u8);
            } else {
                bytes.extend(random.of(&PARTS).bytes());
            }
        }
        let begun = Instant::now();
        let reading = read(bytes.clone());
        assert!(begun.elapsed() < LONGEST, "page {number} of {length} bytes took {:?}", begun.elapsed());
        assert_eq!(reading, read(bytes), "page {number}: twice");
        if let Ok(document) = reading {
            assert!(!document.blocks.is_empty() || !document.attachments.is_empty(), "page {number}: an empty document");
        }
    }
}
