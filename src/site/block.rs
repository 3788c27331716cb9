//! Recognises a page that is no content: a wall, a challenge, a log-in, a soft 404. Gives it a name and its evidence.
//!
//! Marks only name what positive criteria reject elsewhere: a notice or a list that merely mentions such a word has
//! substance (sentences or dated rows) and is never flagged.

use std::sync::LazyLock;

use regex::Regex;

use super::face::{Face, SUBSTANCE_CHARS_MIN};
use super::opened::Opened;
use crate::model::{NoContent, Page, Snapshot};

/// Names of what a page can be instead of content; they do not change.
pub mod kind {
    pub const RUISHU: &str = "ruishu";
    pub const JSL: &str = "jsl";
    pub const ACW: &str = "acw-sc-v2";
    pub const C3VK: &str = "c3vk";
    pub const HOY_TR: &str = "hoy-tr";
    pub const COOKIE_LOOP: &str = "cookie-loop";
    pub const COOKIE_SHELL: &str = "cookie-shell";
    pub const UA_FILTER: &str = "ua-filter";
    pub const IP_FENCE: &str = "ip-fence";
    pub const FORBIDDEN: &str = "forbidden";
    pub const WAF: &str = "waf";
    pub const ABNORMAL: &str = "access-abnormal";
    pub const TOO_FREQUENT: &str = "too-frequent";
    pub const WAITING: &str = "waiting-room";
    pub const CAPTCHA: &str = "captcha";
    pub const LOGIN: &str = "login";
    pub const MAINTENANCE: &str = "maintenance";
    pub const PARKED: &str = "parked-domain";
    pub const CDN_ERROR: &str = "cdn-error";
    pub const HALF_PAGE: &str = "half-page";
    pub const REDIRECT_SHELL: &str = "redirect-shell";
    pub const SCRIPT_SHELL: &str = "script-shell";
    pub const EMPTY: &str = "empty";
}

/// Most visible characters of a page that is nothing but a script.
const SHELL_CHARS_MAX: usize = 120;
/// Most visible characters of a soft error with its site's frame around it.
const ERROR_CHARS_MAX: usize = 2_000;

/// Recognises a page that is no content: a wall, a challenge, a log-in, a maintenance page, a soft 404.
pub fn no_content(snapshot: &Snapshot, page: &Page) -> Option<NoContent> {
    if snapshot.body.starts_with(b"%PDF") || snapshot.body.starts_with(b"PK\x03\x04") || snapshot.body.starts_with(b"\xD0\xCF\x11\xE0") {
        return None;
    }
    if let Some(wall) = by_answer(snapshot, page) {
        return Some(wall);
    }
    if snapshot.body.iter().all(u8::is_ascii_whitespace) {
        return found(kind::EMPTY, format!("status {} and an empty body", snapshot.status));
    }
    let face = readable(page);
    let face = face.as_ref();
    let named = face.and_then(|face| named_by_text(page, face)).or_else(|| by_status(snapshot, page));
    named.or_else(|| face.and_then(|face| shell(&page.text, face))).or_else(|| half_page(snapshot, page))
}

/// Recognises what the page's text alone gives away.
pub(super) fn by_text(page: &Page) -> Option<NoContent> {
    let face = readable(page)?;
    named_by_text(page, &face).or_else(|| shell(&page.text, &face))
}

/// Recognises a page whose title says that it is an error, whatever stands in its frame.
pub(super) fn by_title(page: &Page) -> Option<NoContent> {
    if !ERROR_TITLE.is_match(&Face::title_of(&page.text)) {
        return None;
    }
    readable(page).and_then(|face| names_itself(&face))
}

fn named_by_text(page: &Page, face: &Face) -> Option<NoContent> {
    let leads_on = || face.lines.iter().any(|line| line.contains("跳转")).then(|| shell(&page.text, face)).flatten();
    challenge(&page.text, face).or_else(|| names_itself(face)).or_else(leads_on).or_else(|| worded(&page.text, face))
}

/// What a reader sees, of a page that is for readers.
fn readable(page: &Page) -> Option<Face> {
    let is_data = Opened::new(page).is_data() || page.text.trim_start().starts_with("<datastore") || is_file(page);
    (!is_data).then(|| Face::of(&page.text))
}

/// A file of text, a script or a feed is no page that could be a wall.
fn is_file(page: &Page) -> bool {
    let declared = page.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    ["json", "xml", "pdf", "msword", "officedocument", "octet-stream", "zip"].iter().any(|kind| declared.contains(kind))
        && !declared.contains("xhtml")
}

fn found(kind: &str, evidence: impl Into<String>) -> Option<NoContent> {
    Some(NoContent { kind: kind.to_owned(), evidence: evidence.into() })
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a valid regular expression")
}

/// Walls that show in the status and header fields.
fn by_answer(snapshot: &Snapshot, page: &Page) -> Option<NoContent> {
    let status = snapshot.status;
    if (300..400).contains(&status) {
        let to = snapshot.header("location").and_then(|to| snapshot.url.join(to).ok());
        let loops = to.as_ref().is_some_and(|to| super::canonical(to) == super::canonical(&snapshot.url))
            && snapshot.header("set-cookie").is_some();
        return loops.then(|| NoContent {
            kind: kind::COOKIE_LOOP.to_owned(),
            evidence: format!("status {status} to the same address with a cookie"),
        });
    }
    if matches!(status, 412 | 202) && (page.text.contains("$_ts") || page.text.contains("r='m'") || page.text.contains("r=\"m\"")) {
        return found(kind::RUISHU, format!("status {status} with $_ts"));
    }
    if status == 521 {
        return found(kind::JSL, "status 521");
    }
    if status == 404 || status == 410 {
        return found(NoContent::SOFT_404, format!("status {status}"));
    }
    (status == 429).then(|| NoContent { kind: kind::TOO_FREQUENT.to_owned(), evidence: "status 429".to_owned() })
}

/// Refusals that neither their text nor a challenge names.
fn by_status(snapshot: &Snapshot, page: &Page) -> Option<NoContent> {
    static AGENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)user-?agent|爬虫|robot|浏览器版本|非浏览器|请(?:使用|用).{0,8}浏览器"));
    static FENCE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)您的\s*IP|IP\s*地址|境外|所在地区|地区.{0,6}(?:限制|无法)|访问受限|ip\s*address|region|country"));
    match snapshot.status {
        401 => found(kind::LOGIN, "status 401"),
        403 if FENCE.is_match(&page.text) && !AGENT.is_match(&page.text) => found(kind::IP_FENCE, "status 403 that speaks of the address"),
        403 if AGENT.is_match(&page.text) || is_bare_refusal(page) => found(kind::UA_FILTER, "status 403"),
        403 | 405 | 406 => found(kind::FORBIDDEN, format!("status {}", snapshot.status)),
        412 => found(kind::RUISHU, "status 412"),
        status @ 500..=599 => found(kind::CDN_ERROR, format!("status {status}")),
        _ => None,
    }
}

/// A server's own 403 page says nothing but 403 Forbidden: it refuses the visitor, whatever was asked for.
fn is_bare_refusal(page: &Page) -> bool {
    page.text.len() < 1_000 && page.text.contains("403") && page.text.to_ascii_lowercase().contains("forbidden")
}

/// Challenges: pages that are a script which sets a cookie and comes again.
fn challenge(html: &str, face: &Face) -> Option<NoContent> {
    if face.is_content() || face.chars > ERROR_CHARS_MAX {
        return None;
    }
    static META: LazyLock<Regex> =
        LazyLock::new(|| pattern(r#"<meta\s+id=["'][^"']{4,40}["']\s+content=["'][^"']{20,}["']\s+r=["']m["']"#));
    static GO: LazyLock<Regex> = LazyLock::new(|| pattern(r#"go\(\{\s*"bts""#));
    static ARGUMENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"var\s+arg1\s*=\s*['\x22][0-9A-Fa-f]{16,}['\x22]"));
    let has = |mark: &str| html.contains(mark);
    if has("$_ts") && face.chars <= SHELL_CHARS_MAX || META.is_match(html) {
        return found(kind::RUISHU, "$_ts");
    }
    if has("__jsl_clearance") || GO.is_match(html) || has("__jsluid") && has("document.cookie") {
        return found(kind::JSL, "__jsl_clearance");
    }
    if ARGUMENT.is_match(html) || has("acw_sc__v2") {
        return found(kind::ACW, "acw_sc__v2");
    }
    if has("aliyun_waf") {
        return found(kind::WAF, "aliyun_waf");
    }
    if has("C3VK=") {
        return found(kind::C3VK, "C3VK cookie by script");
    }
    if has("HOY_TR") {
        return found(kind::HOY_TR, "HOY_TR cookie by script");
    }
    let comes_again = has("location.reload") || has("location.href") || has("location=") || has("location.replace");
    if has("document.cookie") && comes_again && face.chars <= SHELL_CHARS_MAX {
        return found(kind::COOKIE_SHELL, "a script that sets a cookie and loads again");
    }
    None
}

/// One kind that a page names in words, with the most visible characters such a page has.
struct Worded {
    kind: &'static str,
    words: LazyLock<Regex>,
    chars_max: usize,
}

macro_rules! worded {
    ($kind:expr, $chars_max:expr, $words:literal) => {
        Worded { kind: $kind, words: LazyLock::new(|| pattern($words)), chars_max: $chars_max }
    };
}

/// The more particular first: a page of a security wall says 404 somewhere, hardly ever the other way round.
static WORDED: [Worded; 12] = [
    worded!(
        kind::PARKED,
        6_000,
        r"(?i)域名(?:正在|可)?出售|此域名.{0,8}(?:出售|转让)|域名已(?:过期|到期)|domain\s+(?:name\s+)?(?:is|may be)\s+for\s+sale|buy this domain|域名停靠|parked (?:free|domain)|该域名未(?:备案|绑定)|没有找到站点|未(?:将|绑定)此?域名|(?:网站|域名)未.{0,16}(?:进行)?备案|网站未备案"
    ),
    worded!(
        kind::TOO_FREQUENT,
        1_000,
        r"(?i)(?:访问|操作|请求)(?:过于|太|太过|过)?频繁|too many requests|rate limit exceeded|请求次数过多|访问次数过多"
    ),
    worded!(kind::ABNORMAL, 3_000, r"访问异常|异常访问|访问出现异常|请求异常|检测到异常"),
    worded!(
        kind::CAPTCHA,
        1_500,
        r"(?i)请(?:输入|完成).{0,6}验证|安全验证|人机验证|滑动验证|拖动(?:下方)?滑块|拼图验证|点击完成验证|图形验证码|captcha|verify you are human"
    ),
    worded!(
        kind::WAITING,
        600,
        r"(?i)^.{0,12}请稍[候后等](?:[^再]|$)|just a moment|checking your browser|正在(?:进行)?安全检[查测]|浏览器安全检查"
    ),
    worded!(
        kind::WAF,
        2_500,
        r"(?i)请求.{0,10}(?:威胁|拦截|非法|攻击)|web应用防火墙|网站防火墙|(?:云|网站)安全防护|访问(?:被|已被)(?:拦截|阻断|拒绝)|access denied|request blocked|您的访问.{0,6}(?:拦截|拒绝)|error 1020"
    ),
    worded!(
        kind::IP_FENCE,
        1_500,
        r"您(?:的|所在).{0,10}(?:IP|地区|区域).{0,16}(?:限制|禁止|不允许|无法访问|不在)|禁止境外|境外.{0,6}(?:限制|禁止|无法)访问"
    ),
    worded!(
        kind::CDN_ERROR,
        2_000,
        r"(?i)\b50[0234]\s+(?:bad gateway|service (?:temporarily )?unavailable|gateway time-?out|internal server error)|bad gateway|gateway time-?out|the requested url could not be retrieved|回源(?:失败|超时)|源站.{0,8}(?:错误|异常|超时|不可用)|服务器(?:内部)?错误|runtime error|http status 500|服务器繁忙|系统繁忙|whitelabel error page"
    ),
    worded!(
        kind::MAINTENANCE,
        1_500,
        r"(?:维护|升级|改版|建设|迁移|检修)(?:中(?:\P{Han}|$|请|敬|给|暂)|期间)|系统维护|停机维护|升级改版|网站(?:改版|升级|关停|已关闭|暂停服务)|暂停(?:服务|访问)|临时关闭|网站整合"
    ),
    worded!(
        NoContent::SOFT_404,
        ERROR_CHARS_MAX,
        r"(?i)\b404\b|(?:页面|网页|文件|内容|信息|文章|资源|地址|栏目)(?:已)?(?:不存在|未找到|找不到|已?被?删除|已失效|已下[线架]|已撤[稿销下]|未(?:审核|发布)|丢失|走丢|已过期)|(?:找不到|未找到|无法找到)(?:您|该|此|要|所|网页|页面|文件|相关|请求|对象|资源)|没有找到.{0,10}(?:页面|网页|内容|信息)|错误页面|页面(?:出错|错误|无法显示)|您(?:访问|浏览|请求|查看)的(?:页面|网页|内容|信息|文章|链接|资源|地址).{0,12}(?:不存在|删除|失效|找不到|错误|出错|移除|撤)|page (?:not|cannot be) found|not found|非法参数|参数错误"
    ),
    worded!(
        kind::LOGIN,
        1_000,
        r"(?i)统一身份认证|用户登[录陆]|请(?:先)?登[录陆]|登[录陆](?:系统|超时|已过期)|会话(?:已)?(?:超时|过期|失效)|账号登[录陆]|^登[录陆]$|sign in to"
    ),
    worded!(
        kind::SCRIPT_SHELL,
        300,
        r"(?i)(?:请|需要?)(?:开启|启用|打开|允许)\s*(?:浏览器)?(?:的)?\s*javascript|enable javascript|doesn't work properly without javascript"
    ),
];

fn worded(html: &str, face: &Face) -> Option<NoContent> {
    if face.is_content() {
        return None;
    }
    let asks_password =
        html.to_ascii_lowercase().contains("type=\"password\"") || html.contains("type='password'") || html.contains("type=password");
    WORDED.iter().filter(|worded| face.chars <= worded.chars_max).find_map(|worded| {
        let words = face.says(&worded.words)?;
        let is_log_in = worded.kind == kind::LOGIN;
        // A site's frame has a log-in link of its own; a log-in page asks for the password or says little else.
        let fits = !is_log_in || asks_password || face.chars <= 200;
        fits.then(|| NoContent { kind: worded.kind.to_owned(), evidence: words.chars().take(80).collect() })
    })
}

/// Titles of pages that are the error.
static ERROR_TITLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\W*(?:404|错误页面|页面(?:不存在|未找到|找不到|出错)|找不到(?:页面|网页|文件)|无法找到(?:页面|网页|该页)|网页不存在|您访问的页面不存在|not found|page not found)",
    )
});

/// A page whose title is the error: it stays one with a side list of dated news in its frame.
fn names_itself(face: &Face) -> Option<NoContent> {
    let is_error = ERROR_TITLE.is_match(&face.title) && face.substance < 2 * SUBSTANCE_CHARS_MIN && face.chars <= ERROR_CHARS_MAX;
    is_error.then(|| NoContent { kind: NoContent::SOFT_404.to_owned(), evidence: format!("titled {:?}", face.title) })
}

/// Pages that only lead elsewhere.
fn shell(html: &str, face: &Face) -> Option<NoContent> {
    static REFRESH: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r#"(?i)<meta[^>]{0,80}http-equiv\s*=\s*["']?refresh["']?[^>]{0,80}content\s*=\s*["']?\s*(\d{1,3})\s*[;,]\s*url\s*=\s*([^"'>\s]{1,300})"#,
        )
    });
    static LOCATION: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r#"(?:window|document|self|top|parent|this)?\.?location(?:\.href)?\s*=\s*["'`]([^"'`]{1,300})|location\.(?:replace|assign)\s*\(\s*["'`]([^"'`]{1,300})"#,
        )
    });
    if face.is_content() || face.chars > SHELL_CHARS_MAX {
        return None;
    }
    if let Some(refresh) = REFRESH.captures(html).filter(|refresh| refresh[1].parse().is_ok_and(|seconds: u32| seconds <= 30)) {
        return found(kind::REDIRECT_SHELL, format!("meta refresh to {}", &refresh[2]));
    }
    if let Some(location) = LOCATION.captures(html) {
        let to = location.get(1).or_else(|| location.get(2)).map_or("", |to| to.as_str());
        return found(kind::REDIRECT_SHELL, format!("script that goes to {to}"));
    }
    let is_html = html.to_ascii_lowercase().contains("<html") || html.to_ascii_lowercase().contains("<body");
    (is_html
        && face.chars == 0
        && !html.contains("<img")
        && !html.contains("<iframe")
        && !html.contains("<frame")
        && !html.contains("<record"))
    .then(|| NoContent { kind: kind::EMPTY.to_owned(), evidence: "no visible text".to_owned() })
}

/// A body that ends before its end: shorter than announced and without `</html>`.
fn half_page(snapshot: &Snapshot, page: &Page) -> Option<NoContent> {
    let announced: usize = snapshot.header("content-length")?.trim().parse().ok()?;
    let lower = page.text.to_ascii_lowercase();
    let is_cut = snapshot.header("content-encoding").is_none()
        && snapshot.body.len() < announced
        && lower.contains("<html")
        && !lower.contains("</html>");
    is_cut.then(|| NoContent {
        kind: kind::HALF_PAGE.to_owned(),
        evidence: format!("{} of {announced} bytes and no </html>", snapshot.body.len()),
    })
}
