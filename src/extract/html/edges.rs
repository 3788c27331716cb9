//! What templates put around a body inside its own container: taken off at the head and at the tail, never from the middle.
//!
//! Contact lines, signature and date belong to a notice; 【责任编辑】, counters, sharing, neighbours and related links do not.

use std::sync::LazyLock;

use regex::Regex;

use super::header;
use super::lines::Line;
use super::title::is_title;
use super::words::same_form;

/// How many lines a header inside the body's container may have.
const HEAD_LINES: usize = 10;

/// The lines without the page's own words at either end.
pub fn trim(mut lines: Vec<Line>, title: Option<&str>) -> Vec<Line> {
    let title = title.map(same_form).unwrap_or_default();
    lines.drain(..head_end(&lines, &title));
    if let Some(at) = cut_at(&lines) {
        lines.truncate(at);
    }
    while lines.last().is_some_and(|line| is_linked(line) || is_noise(&line.text)) {
        lines.pop();
    }
    lines
}

/// Where the text begins: below the last title, info or tool line that stands before the first sentence.
fn head_end(lines: &[Line], title: &str) -> usize {
    let mut end = 0;
    for (at, line) in lines.iter().enumerate().take(HEAD_LINES) {
        let is_title = !title.is_empty() && is_title(&line.text, title);
        let noise =
            is_title || header::is_info(&line.text) || header::is_moment(&line.text) || is_linked(line) || HEAD.is_match(&line.text);
        if noise {
            end = at + 1;
        } else if line.marks > 0 && line.text.ends_with(SENTENCE_ENDS) || line.characters > 60 {
            break;
        }
    }
    end
}

/// Whether a line above a text is the page's and not the text's.
pub fn is_head_noise(text: &str) -> bool {
    header::is_info(text) || header::is_moment(text) || HEAD.is_match(text)
}

const SENTENCE_ENDS: [char; 6] = ['\u{3002}', '\u{ff01}', '\u{ff1f}', '\u{201d}', '\u{ff1a}', ':'];

/// Where related links, comments or sharing begin, if no prose follows.
fn cut_at(lines: &[Line]) -> Option<usize> {
    let at = lines.iter().position(is_boundary)?;
    let (before, after) = lines.split_at(at);
    let marks = |lines: &[Line]| lines.iter().filter(|line| line.linked * 2 < line.characters).map(|line| line.marks).sum::<usize>();
    (marks(after) * 4 < marks(before)).then_some(at)
}

/// Whether a line heads what follows a body: related links, comments, sharing, disclaimers.
pub fn is_boundary(line: &Line) -> bool {
    line.text.chars().count() <= 40 && AFTER.is_match(&line.text)
}

/// Whether a line is what a site prints under every page.
pub fn is_boilerplate(text: &str) -> bool {
    BOILERPLATE.is_match(text)
}

/// Whether a last line is the page's and not the notice's.
pub fn is_noise(text: &str) -> bool {
    text.chars().count() <= 80 && (TAIL.is_match(text) || header::is_info(text) && !BY.is_match(text)) || is_boilerplate(text)
}

/// Wholly a link, and not to a file that belongs to the notice.
fn is_linked(line: &Line) -> bool {
    line.characters > 0 && line.linked * 10 >= line.characters * 9 && !FILE.is_match(&line.text)
}

static FILE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)附件|附表|\.(?:pdf|docx?|wps|xlsx?|et|pptx?|zip|rar|7z|ofd|txt|jpg|png)\b"));

/// (作者:…系北京大学教授) at the end of an article belongs to it.
static BY: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[(\u{ff08}]?(?:本文)?(?:作者|资料来源|图片来源)"));

static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)^(?:(?:当前|您的|您所在的|所在)?位置\s*[:\u{ff1a}] | 您?(?:现在)?(?:所在)?的位置
        | [【\[\u{ff3b}(\u{ff08}]?\s*(?:字体|字型|字号|字級|字號|调整字|調整字|打印|关闭|收藏|分享|朗读|复制链接|列印|轉寄|大小\s*[:\u{ff1a}])
        | 扫一扫 | (?:大|中|小)(?:\s*(?:大|中|小))*$ | [(\u{ff08}]?原标题 | (?:浏览|点击|阅读)(?:次数|量|数)?\s*[:\u{ff1a}] | 我要(?:评论|分享|纠错|留言)
        | 返回首页 | 首页 | 语音播报 | (?:字号)?\s*T\s*\|\s*T | 背景色 | 视力保护 | https?://\S+$ | 作者\s*[:\u{ff1a}\u{fe31}|] | [【\[]?[糾纠][错錯] )",
    )
});

static TAIL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi)^[\s【\[\u{ff3b}(\u{ff08}<\u{3008}*\u{25a0}\u{25cf}>]*(?:
        (?:责任|責任|网络|网站|值班|本文|实习|见习)?\s*(?:编辑|編輯|责编)\s*(?:[:\u{ff1a}/\s]|$) | 编辑 | 编审 | 审核 | 审签 | 校对 | 初审 | 复审 | 终审 | 一审 | 二审 | 三审 | 监制 | 录入 | 上传
        | (?:稿件|信息|文章|新闻)?来源\s*[:\u{ff1a}] | 原标题 | 原標題 | 原题 | 打印 | 列印 | 关闭 | 關閉 | 收藏 | 分享 | 扫一扫 | 扫描 | 返回 | 上一[篇条頁页] | 下一[篇条頁页]
        | 浏览 | 点击 | 阅读次数 | 阅读量 | 访问量 | 字体 | 字号 | 我要 | 纠错 | 糾錯 | 顶部 | 主办 | 版权 | 版權 | 本文(?:来源|来自|网址|地址|链接) | 更多 | 推荐 | 推薦 | 评论 | 網友
        | 网友评论 | 举报 | 点赞 | 声明\s*[:\u{ff1a}] | 免责声明 | 特别声明 | 郑重声明 | 您访问的链接 | 关键[词字] | 關鍵[詞字] | 标签 | 標籤 | tags?\s*[:\u{ff1a}] | 进入【 | 相关 | 相關 | 热门 | 熱門
        | (?:出品|作者|监制|策划|撰文|文|图)\s*[\u{fe31}|\u{4e28}] | 支持键盘翻页 | 本篇新闻 | (?:[^\s]{0,6})最新\s*[:\u{ff1a}] | null$ | \[?\s*\d+(?:[\s\]\[|]*\d+)*[\s\]]*(?:下一[页頁]|>+)
        | [|/\\\-_=*·\s>]+$ )",
    )
});

static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)^[\s【\[\u{ff3b}\u{25a0}\u{25cf}>|·]*(?:
        (?:相关|相關)(?:链接|新闻|阅读|报道|文章|文档|信息|稿件|专题|推荐|解读|内容|图片|评论|搜索|新聞|報導|報道|文章|連結|專題|閱讀) | 延伸阅读 | 延伸閱讀 | 推荐阅读 | 推荐新闻 | 推薦閱讀
        | 猜你喜欢 | 热门(?:推荐|文章|新闻|评论) | 热点(?:推荐|新闻) | 更多(?:新闻|相关|精彩|文章|关于|分享) | 上一篇 | 上一条 | 下一篇 | 下一条 | 扫一扫 | 手机扫一扫 | 分享到 | 分享至 | 分享此
        | 网友评论 | 網友評論 | 我来说两句 | 发表评论 | 發表評論 | 最新评论 | 我要评论 | 责任编辑 | 責任編輯 | 免责声明 | 版权与免责声明 | 版权声明 | 版权所有 | 特别声明 | 打印本页 | 关闭窗口 | 返回顶部
        | 您访问的链接 | 關鍵字\s*[:\u{ff1a}] | 关键字\s*[:\u{ff1a}] | 這篇新聞讓您 | 最多人看 | 看完这篇 | 新闻排行 | 点击排行 | 本网声明 | 声明\s*[:\u{ff1a}]$ )",
    )
});

static BOILERPLATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)免责声明|免責聲明|违法和不良信息举报|^\W*(?:本站|本网)?(?:郑重|严正|特别)?[声聲][明申]|严正申明|版权所有|版權所有|ICP备|ICP证|ICP備|公网安备|网安备|(?:京|沪|粤|津|渝)ICP
        |凡(?:本网|本站|注明)|未经(?:书面)?授权|(?:本网|本站|本報|本网站)(?:不承担|对此不|仅提供)|不代表本(?:网|站)|Copyright|All\s+Rights\s+Reserved|您访问的链接即将离开|建议使用.{0,20}分辨率|粉絲(?:專頁|團)|Facebook",
    )
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is written right here and compiled by every test")
}
