//! robots.txt by RFC 9309, and where it is silent as its reference parser reads it.

use std::process::Command;
use std::time::Duration;

use huitoukan::fetch::{Robots, robots_allow};
use url::Url;

const SITE: &str = "http://www.example.gov.cn";

/// `allowed` and `disallowed` are paths.
#[track_caller]
fn check(robots_txt: impl AsRef<[u8]>, agent: &str, allowed: &[&str], disallowed: &[&str]) {
    let robots_txt = robots_txt.as_ref();
    let robots = Robots::read(robots_txt, agent);
    let shown = String::from_utf8_lossy(&robots_txt[..robots_txt.len().min(400)]);
    for (paths, expected) in [(allowed, true), (disallowed, false)] {
        for path in paths {
            assert_eq!(robots.allows(&format!("{SITE}{path}")), expected, "{agent} at {path} by\n{shown}");
        }
    }
}

#[test]
fn without_rules_everything_is_open() {
    for robots_txt in
        ["", "\n\n\n", "# nothing", "User-agent: *\n", "User-agent: *\nDisallow:\n", "<html><body>404</body></html>", "Disallow: /\n"]
    {
        check(robots_txt, "FooBot", &["/", "/x/y"], &[]);
    }
}

#[test]
fn a_line_is_read_however_it_is_written() {
    for line in [
        "User-agent: FooBot\nDisallow: /x/",
        "user-agent: FooBot\ndisallow: /x/",
        "USER-AGENT: FOOBOT\nDISALLOW: /x/",
        "  user-agent :   FooBot  \n\tdisallow\t:\t/x/\t",
        "user-agent FooBot\ndisallow /x/",
        "useragent: FooBot\ndisalow: /x/",
        "user agent: FooBot\ndissallow: /x/",
        "User-agent: FooBot # ours\nDisallow: /x/ # and no further",
        "User-agent: FooBot\rDisallow: /x/\r",
        "User-agent: FooBot\r\nDisallow: /x/\r\n",
        "User-agent: FooBot\n\n\nDisallow: /x/",
        "User-agent: FooBot\n\u{0}Disallow: /x/",
        "\u{feff}User-agent: FooBot\nDisallow: /x/",
    ] {
        check(line, "FooBot", &["/", "/x", "/y"], &["/x/", "/x/y", "/x/?z"]);
    }
    // Not the names of any field, or more words than one without a colon.
    for line in ["foo: FooBot\nbar: /x/", "User-agent: FooBot\nDesallow: /x/", "User-agent: FooBot\nDisallow /x/ /y/"] {
        check(line, "FooBot", &["/x/y"], &[]);
    }
}

#[test]
fn byte_order_marks_are_skipped_even_torn_ones() {
    for mark in [&b"\xEF\xBB\xBF"[..], b"\xEF\xBB", b"\xEF"] {
        check([mark, b"User-agent: foo\nDisallow: /"].concat(), "foo", &[], &["/x"]);
    }
    check(b"\xEF\x11\xBFUser-agent: foo\nDisallow: /", "foo", &["/x"], &[]);
    let text = "User-agent: foo\r\nDisallow: /通报";
    let little: Vec<u8> = [0xFEFF_u16].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = [0xFEFF_u16].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    check(little, "foo", &["/x"], &["/%E9%80%9A%E6%8A%A5/1"]);
    check(big, "foo", &["/x"], &["/%E9%80%9A%E6%8A%A5/1"]);
}

#[test]
fn a_group_is_for_all_agents_named_before_its_first_rule() {
    let robots_txt = "allow: /foo/bar/\n\n\
        user-agent: FooBot\ndisallow: /\nallow: /x/\n\
        user-agent: BarBot\ndisallow: /\nallow: /y/\n\n\n\
        allow: /w/\n\
        user-agent: BazBot\n\n\
        user-agent: FooBot\nallow: /z/\ndisallow: /\n";
    check(robots_txt, "FooBot", &["/x/b", "/z/d"], &["/y/c", "/w/a", "/foo/bar/"]);
    check(robots_txt, "BarBot", &["/y/c", "/w/a"], &["/x/b", "/z/d", "/foo/bar/"]);
    check(robots_txt, "BazBot", &["/z/d"], &["/x/b", "/y/c", "/w/a", "/foo/bar/"]);
}

#[test]
fn other_lines_neither_end_a_group_nor_begin_one() {
    for line in ["Sitemap: https://foo.bar/sitemap", "Invalid-Unknown-Line: unknown", "Crawl-delay: 10", "Host: foo.bar", "nonsense"] {
        let robots_txt = format!("User-agent: BarBot\n{line}\nUser-agent: *\nDisallow: /\n");
        check(&robots_txt, "FooBot", &[], &["/"]);
        check(&robots_txt, "BarBot", &[], &["/"]);
        let robots_txt = format!("User-agent: FooBot\nDisallow: /x\n{line}\nAllow: /x/y\n");
        check(&robots_txt, "FooBot", &["/x/y", "/z"], &["/x/z"]);
    }
}

#[test]
fn groups_that_name_the_agent_count_together_and_shut_out_those_for_everybody() {
    let robots_txt = "user-agent: *\ndisallow: /\n\nuser-agent: FooBot\nallow: /a\n\nuser-agent: FooBot\ndisallow: /b\n";
    check(robots_txt, "FooBot", &["/a", "/c"], &["/b"]);
    check(robots_txt, "BarBot", &[], &["/a", "/b", "/c"]);
    check("user-agent: *\ndisallow: /x\n\nuser-agent: BarBot\nallow: /x\n\nuser-agent: *\ndisallow: /y", "FooBot", &["/z"], &["/x", "/y"]);
    check("user-agent: FooBot\n\nuser-agent: *\ndisallow: /", "FooBot", &[], &["/x"]);
    check("user-agent: FooBot\ndisallow:\n\nuser-agent: *\ndisallow: /", "FooBot", &["/x"], &[]);
    check("user-agent: *\nuser-agent: FooBot\ndisallow: /x", "BarBot", &["/y"], &["/x"]);
}

#[test]
fn an_agent_is_its_product_token_in_any_case() {
    for line in ["huitoukan", "HuiTouKan", "HUITOUKAN", "huitoukan/0.1", "huitoukan bot", "huitoukan (+http://x.cn)"] {
        let robots_txt = format!("User-agent: {line}\nDisallow: /");
        check(&robots_txt, "huitoukan", &[], &["/"]);
        check(&robots_txt, "huitoukan/0.1.0", &[], &["/"]);
        check(&robots_txt, "huitou", &["/"], &[]);
        check(&robots_txt, "huitoukan-image", &["/"], &[]);
    }
    for line in ["huitou", "huitoukan-image", "huitoukan_image", "xhuitoukan", "", "回头看"] {
        check(format!("User-agent: {line}\nDisallow: /"), "huitoukan", &["/"], &[]);
    }
    check("User-agent: bot360\nDisallow: /", "bot360", &[], &["/"]);
    check("User-agent: bot360\nDisallow: /", "bot36", &["/"], &[]);
    // A name with a blank in it is never met: the file's names end at the blank.
    let robots_txt = "User-Agent: *\nDisallow: /\nUser-Agent: Foo Bar\nAllow: /x/\nDisallow: /\n";
    check(robots_txt, "Foo", &["/x/y"], &["/y"]);
    check(robots_txt, "Foo Bar", &[], &["/x/y"]);
    check("User-agent: * and nobody else\nDisallow: /", "FooBot", &[], &["/"]);
    check("User-agent: *bot\nDisallow: /", "FooBot", &["/"], &[]);
}

#[test]
fn the_longest_rule_wins_and_allow_wins_a_tie() {
    for (rules, allowed, disallowed) in [
        ("disallow: /x/page.html\nallow: /x/", &["/x/", "/x/other.html"][..], &["/x/page.html"][..]),
        ("allow: /x/page.html\ndisallow: /x/", &["/x/page.html"], &["/x/", "/x/other.html"]),
        ("disallow: \nallow: ", &["/x"], &[]),
        ("disallow: /\nallow: /", &["/x"], &[]),
        ("disallow: /x\nallow: /x/", &["/x/", "/x/y", "/y"], &["/x", "/xy"]),
        ("disallow: /x/page.html\nallow: /x/page.html", &["/x/page.html"], &[]),
        ("allow: /page\ndisallow: /*.html", &["/page"], &["/page.html"]),
        ("allow: /x/page.\ndisallow: /*.html", &["/x/page.html"], &["/x/y.html"]),
        ("allow: /p\ndisallow: /", &["/page", "/p"], &["/x"]),
        ("allow: /folder\ndisallow: /folder", &["/folder/page"], &[]),
        ("allow: /page\ndisallow: /*.ph", &["/page", "/page.php5"], &["/x.php5"]),
        ("allow: /$\ndisallow: /", &["/"], &["/page.htm"]),
    ] {
        check(format!("user-agent: FooBot\n{rules}\n"), "FooBot", allowed, disallowed);
    }
}

#[test]
fn patterns_match_from_the_root_and_by_case() {
    for (rule, matching, other) in [
        (
            "/fish",
            &["/fish", "/fish.html", "/fish/salmon.html", "/fishheads", "/fish.php?id=anything"][..],
            &["/Fish.asp", "/catfish", "/?id=fish"][..],
        ),
        ("/fish*", &["/fish", "/fish.html", "/fishheads/yummy.html"], &["/Fish.asp", "/catfish", "/desert/fish"]),
        ("/fish/", &["/fish/", "/fish/?id=anything", "/fish/salmon.htm"], &["/fish", "/fish.html", "/animals/fish/"]),
        (
            "/*.php",
            &["/filename.php", "/folder/filename.php?parameters", "/folder/any.php.file.html", "/filename.php/"],
            &["/", "/windows.PHP"],
        ),
        ("/*.php$", &["/filename.php", "/folder/filename.php"], &["/filename.php?parameters", "/filename.php/", "/filename.php5"]),
        ("/fish*.php", &["/fish.php", "/fishheads/catfish.php?parameters"], &["/Fish.PHP", "/fish"]),
        ("/a*b*c$", &["/abc", "/aXbYc", "/abcbc"], &["/abcd", "/acb", "/ab"]),
        ("/a$b", &["/a$b", "/a$bc"], &["/a", "/ab"]),
        ("/x?y=*", &["/x?y=", "/x?y=1&z=2"], &["/x?z=2&y=1", "/x"]),
        ("*", &["/", "/x"], &[]),
        ("*/x", &["/x", "/y/x/z"], &["/", "/y"]),
        ("x", &[], &["/x", "/"]),
        ("/x**y", &["/xy", "/x12y"], &["/x", "/y"]),
        ("/*/*/x", &["/a/b/x", "/a/b/c/x"], &["/a/x", "/x"]),
    ] {
        check(format!("user-agent: *\ndisallow: {rule}\n"), "FooBot", other, matching);
    }
}

#[test]
fn letting_an_index_page_in_lets_its_folder_in() {
    let robots_txt = "User-Agent: *\nAllow: /allowed-slash/index.html\nDisallow: /\n";
    check(
        robots_txt,
        "FooBot",
        &["/allowed-slash/", "/allowed-slash/index.html"],
        &["/allowed-slash/index.htm", "/anyother-url", "/allowed-slash/x"],
    );
}

#[test]
fn letters_beyond_ascii_are_compared_as_they_stand_in_addresses() {
    let robots_txt = "User-agent: FooBot\nDisallow: /\nAllow: /foo/bar/ツ\n";
    check(robots_txt, "FooBot", &["/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84"], &["/foo/bar/x", "/foo/bar/ツ"]);
    assert!(robots_allow(robots_txt.as_bytes(), "FooBot", &Url::parse("http://a.cn/foo/bar/ツ").unwrap()));
    check("User-agent: FooBot\nDisallow: /foo/%e3%83%84\n", "FooBot", &[], &["/foo/%E3%83%84"]);
    check("User-agent: FooBot\nDisallow: /a%2Fb\n", "FooBot", &["/a/b"], &["/a%2fb"]);
    // Encoded letters stay what they are, as with the reference parser; so does a percent sign that encodes nothing.
    check("User-agent: FooBot\nDisallow: /\nAllow: /foo/bar/%62%61%7A\n", "FooBot", &["/foo/bar/%62%61%7A"], &["/foo/bar/baz"]);
    check("User-agent: FooBot\nDisallow: /100%\nDisallow: /通%3", "FooBot", &["/100"], &["/100%", "/%E9%80%9A%3"]);
    // 通报 in GB18030, byte by byte.
    check(b"User-agent: *\nDisallow: /\xCD\xA8\xB1\xA8", "FooBot", &[], &["/%CD%A8%B1%A8/1.html"]);
}

#[test]
fn the_path_is_what_follows_the_host() {
    let robots = Robots::read(b"User-agent: *\nDisallow: /?a\nDisallow: /b#c\nDisallow: /d;e", "FooBot");
    for (url, allowed) in [
        ("http://a.cn?a=1", false),
        ("a.cn/?a=1", false),
        ("http://a.cn/x?a=http://b.cn/?a", true),
        ("http://a.cn/b#c", false),
        ("http://a.cn/d;e=1", false),
        ("http://a.cn#/?a", true),
        ("//a.cn/d;e", false),
        ("", true),
    ] {
        assert_eq!(robots.allows(url), allowed, "{url}");
    }
    assert!(!Robots::read(b"user-agent: FooBot\ndisallow: /", "FooBot").allows(""), "no address is the root");
    assert!(Robots::read(b"user-agent: FooBot\ndisallow: /", "").allows("http://a.cn/"));
}

#[test]
fn lines_are_read_up_to_eight_old_addresses() {
    let longest = 2083 * 8;
    let path = |letter: &str, rule: &str| format!("/x/{}", letter.repeat(longest - rule.len() - 5));
    let (a, b) = (path("a", "allow: "), path("b", "allow: "));
    let robots_txt = format!("user-agent: FooBot\ndisallow: /\nallow: {a}/qux\nallow: {b}/qux\n");
    check(&robots_txt, "FooBot", &[&format!("{a}/qux"), &format!("{b}/fux")], &["/"]);
    let a = path("a", "disallow: ");
    check(format!("user-agent: FooBot\ndisallow: {a}/qux\n"), "FooBot", &["/fux"], &[&format!("{a}/fux")]);
    check(format!("user-agent: FooBot\ndisallow: /{}\nallow: /y\ndisallow: /y/z", "通".repeat(10_000)), "FooBot", &["/y/"], &["/y/z"]);
}

#[test]
fn what_lies_beyond_500_kib_does_not_count() {
    let filler = "# nothing to see here\n".repeat(500 * 1024 / 22);
    check(format!("User-agent: *\nDisallow: /a\n{filler}\n\nDisallow: /b\n"), "FooBot", &["/b"], &["/a"]);
}

#[test]
fn hostile_patterns_take_linear_time() {
    // A matcher that tries again from every place needs 2^8000 steps for the first, 10^11 for the second.
    let path = format!("/{}", "a".repeat(16_000));
    let stars = "*a".repeat(8_000);
    check(format!("User-agent: *\nDisallow: /{stars}b\nDisallow: /{stars}$"), "FooBot", &[&format!("{path}c")], &[&path]);
    let rules: String = (0..9_000).map(|n| format!("Disallow: /*a*a*{n}b\n")).collect();
    check(format!("User-agent: *\n{rules}"), "FooBot", &[&path], &["/aa8999b"]);
}

#[test]
fn any_bytes_are_a_robots_txt() {
    let words = b"User-agent: *\nDisallow: /$*%\xEF\xBB\xBF\xFF\xFE\x00\r\n#\xE9";
    let mut state = 7_u32;
    for length in 0..600 {
        let noise = (0..length).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            words[(state >> 16) as usize % words.len()]
        });
        let noise: Vec<u8> = noise.collect();
        let closed = [&noise[..], b"\nUser-agent: FooBot\nDisallow: /\n"].concat();
        // Torn UTF-16 turns all that follows into other letters.
        if !matches!(noise[..], [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
            check(closed, "FooBot", &[], &["/"]);
        }
    }
}

#[test]
fn a_crawl_delay_is_that_of_the_agents_group() {
    let delay = |robots_txt: &str, agent: &str| Robots::read(robots_txt.as_bytes(), agent).crawl_delay;
    let seconds = |seconds: f64| Some(Duration::from_secs_f64(seconds));
    let robots_txt = "User-agent: mybot\nCrawl-delay: 10\nUser-agent: yourbot\nDisallow: /private/\n\nUser-agent: *\nCrawl-delay: 30\n";
    assert_eq!(delay(robots_txt, "mybot"), seconds(10.0));
    assert_eq!(delay(robots_txt, "yourbot"), None);
    assert_eq!(delay(robots_txt, "otherbot"), seconds(30.0));
    check(robots_txt, "mybot", &["/"], &["/private/x"]);
    for (written, read) in [
        ("0.5", seconds(0.5)),
        ("86400", seconds(3600.0)),
        ("1e300", seconds(3600.0)),
        ("-1", None),
        ("NaN", None),
        ("inf", seconds(3600.0)),
        ("soon", None),
        ("", None),
    ] {
        assert_eq!(delay(&format!("User-agent: *\ncrawl-delay: {written}\n"), "FooBot"), read, "{written}");
    }
}

/// Runs the command on a robots.txt: what it prints.
#[track_caller]
fn run(robots_txt: &str, arguments: &[&str]) -> String {
    let file = std::env::temp_dir().join(format!("huitoukan-robots-{}.txt", std::process::id()));
    std::fs::write(&file, robots_txt).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_huitoukan")).arg("robots").arg(&file).args(arguments).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_command_prints_one_word_or_json() {
    let robots_txt = "User-agent: FooBot\nDisallow: /x\nCrawl-delay: 1.5\n";
    assert_eq!(run(robots_txt, &["--agent", "FooBot", "--url", "http://a.cn/x"]), "disallowed\n");
    assert_eq!(run(robots_txt, &["--agent", "BarBot", "--url", "http://a.cn/x"]), "allowed\n");
    assert_eq!(run(robots_txt, &["--agent", "", "--url", ""]), "allowed\n");
    let json = |agent| {
        serde_json::from_str::<serde_json::Value>(&run(robots_txt, &["--agent", agent, "--url", "http://a.cn/x", "--json"])).unwrap()
    };
    assert_eq!(json("FooBot"), serde_json::json!({ "allowed": false, "crawl_delay_s": 1.5 }));
    assert_eq!(json("BarBot"), serde_json::json!({ "allowed": true, "crawl_delay_s": null }));
}
