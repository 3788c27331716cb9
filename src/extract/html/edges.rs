//! What templates put around a body inside its own container: taken off at the head and at the tail, never from the middle.
//!
//! Contact lines, signature and date belong to a notice; 【责任编辑】, counters, sharing, neighbours and related links do not.

use std::sync::LazyLock;

use regex::Regex;

use super::header;
use super::lines::Line;
use super::title::is_title;
use super::words::{pattern, same_form};
use crate::model::Block;

/// How many lines a header inside the body's container may have.
const HEAD_LINES: usize = 10;

/// The lines without the page's own words at either end.
///
/// Lines that are links are the page's too, unless an editor wrote them: mee.gov.cn ends weekly news with links to the whole texts.
pub fn trim(mut lines: Vec<Line>, title: Option<&str>, edited: bool) -> Vec<Line> {
    let title = title.map(same_form).unwrap_or_default();
    let is_linked = |line: &Line| !edited && is_linked(line);
    lines.drain(..head_end(&lines, &title, is_linked));
    lines.drain(..summary_end(&lines));
    if let Some(at) = cut_at(&lines) {
        lines.truncate(at);
    }
    let mut lines = without_boxes(lines, edited);
    while lines.last().is_some_and(|line| is_linked(line) || is_noise(&line.text)) {
        lines.pop();
    }
    if let Some(last) = lines.last_mut() {
        without_way_home(last);
    }
    lines
}

/// `…仍将持续。返回腾讯网首页>>`: a link that a portal sets behind the last sentence.
fn without_way_home(last: &mut Line) {
    let Some(found) = WAY_HOME.find(&last.text).filter(|found| found.start() > 0 && last.linked > 0) else { return };
    let text = last.text[..found.start() + "\u{3002}".len()].to_owned();
    if let Block::Paragraph(paragraph) = &mut last.block {
        paragraph.clone_from(&text);
        last.text = text;
    }
}

static WAY_HOME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"[\u{3002}\u{ff01}\u{ff1f}\u{201d}]\s*[\[【(\u{ff08}]?(?:返回|进入|點擊進入|点击进入)[^\u{3002}\u{ff0c}]{0,12}(?:首页|首頁|频道|專題|专题)[\s>\u{bb}\]】)\u{ff09}]*$",
    )
});

/// Where the text begins: below the last title, info or tool line that stands before the first sentence.
fn head_end(lines: &[Line], title: &str, is_linked: impl Fn(&Line) -> bool) -> usize {
    let mut end = 0;
    for (at, line) in lines.iter().enumerate().take(HEAD_LINES) {
        let is_title = !title.is_empty() && is_title(&line.text, title);
        if is_title || is_linked(line) || is_head_noise(&line.text) {
            end = at + 1;
        } else if line.marks > 0 && line.text.ends_with(SENTENCE_ENDS) || line.characters > 60 {
            break;
        }
    }
    end
}

/// Characters of a line that a text does not begin with twice by chance.
const SUMMARY: usize = 20;

/// 摘要: the first words of the text once more above it, whole or cut (PHPCMS and 织梦 print them between header and body).
fn summary_end(lines: &[Line]) -> usize {
    let [summary, rest @ ..] = lines else { return 0 };
    let summary = LEAD.replace(&summary.text, "");
    let summary = summary.trim_end_matches(['.', '\u{2026}', '[', ']', ' ']);
    let repeats = |line: &Line| line.text.starts_with(summary);
    usize::from(summary.chars().count() >= SUMMARY && rest.iter().take(3).any(repeats))
}

static LEAD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[\[【\u{ff3b}]?(?:摘要|导语|核心提示|内容提要|内容概览|简介)[\]】\u{ff3d}]?\s*[:\u{ff1a}]?\s*"));

/// Links in a row that no sentence has: a box that the template lays into the text.
const BOX_LINKS: usize = 3;

/// The lines without boxes of links (相关链接) and the words of players between them; prose stands below those.
fn without_boxes(lines: Vec<Line>, edited: bool) -> Vec<Line> {
    let mut kept: Vec<Line> = Vec::with_capacity(lines.len());
    let mut rest = lines.into_iter().peekable();
    while let Some(line) = rest.next() {
        if !edited && PLAYER.is_match(&line.text) {
            continue;
        }
        if !is_row_of_links(&line) {
            kept.push(line);
            continue;
        }
        let mut links = vec![line];
        while let Some(next) = rest.next_if(is_row_of_links) {
            links.push(next);
        }
        let is_headed = kept.last().is_some_and(is_boundary);
        if links.len() >= BOX_LINKS && (is_headed || !edited && kept.len() > 1) {
            kept.truncate(kept.len() - usize::from(is_headed));
        } else {
            kept.append(&mut links);
        }
    }
    kept
}

/// A line of a list of other pages: a link, perhaps with its date.
fn is_row_of_links(line: &Line) -> bool {
    matches!(line.block, Block::Paragraph(_)) && line.marks == 0 && line.linked * 2 >= line.characters && !FILE.is_match(&line.text)
}

/// What players and magnifiers write into a page while they wait.
static PLAYER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)^(?:(?:视频|音频|图片|页面|播放器|正在|努力|数据)*\s*加载中?[\s.\u{3002}\u{2026}]*|(?:抱歉\s*[,\u{ff0c}])?\s*您的浏览器(?:版本过低|暂?不支持).{0,30}|自动播放(?:开关.*)?|点击(?:查看|播放|放大|观看)(?:视频|大图|原图|图片|更多)?[\s>\u{bb}]*|[0-9]{1,2}:[0-9]{2}(?:\s*/\s*[0-9]{1,2}:[0-9]{2})?|倍速|听全文|语音播报
        |(?:转播|转帖|分享|转发|收藏)到[^\u{ff0c}\u{3002}]{2,8})$",
    )
});

/// Whether a line above a text is the page's and not the text's.
pub fn is_head_noise(text: &str) -> bool {
    header::is_info(text) || header::is_moment(text) || HEAD.is_match(text)
}

const SENTENCE_ENDS: [char; 6] = ['\u{3002}', '\u{ff01}', '\u{ff1f}', '\u{201d}', '\u{ff1a}', ':'];

/// Where related links, comments or sharing begin, if no prose follows.
fn cut_at(lines: &[Line]) -> Option<usize> {
    let marks = |line: &Line| if line.linked * 2 < line.characters { line.marks } else { 0 };
    // What a site prints under every page is no prose of the notice's.
    let own = lines.iter().position(|line| is_boilerplate(&line.text)).unwrap_or(lines.len());
    let (mut before, mut after) = (0, lines[..own].iter().map(marks).sum::<usize>());
    for (at, line) in lines.iter().enumerate() {
        if is_boundary(line) && after * 4 < before {
            return Some(at);
        }
        let marks = marks(line);
        before += marks;
        after = after.saturating_sub(marks);
    }
    None
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
    text.chars().count() <= 80 && (TAIL.is_match(text) || header::is_info_below(text) && !BY.is_match(text)) || is_boilerplate(text)
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
        r"(?x)^(?:
        (?:当前|您的|您所在的|所在)?位置\s*[:\u{ff1a}] | 您?(?:现在)?(?:所在)?的位置 | 返回首页 | 首页(?:$|[\s>\u{bb}\u{ff1e}/|])
        | [【\[\u{ff3b}(\u{ff08}]?\s*(?:字体|字型|字号|字級|字號|调整字[体号]|調整字[體號]|大小)(?:大小)?\s*(?:[:\u{ff1a}\s【\[(\u{ff08}大]|$)
        | [【\[\u{ff3b}(\u{ff08}]?\s*(?:打印|列印|关闭|收藏|分享|朗读|轉寄|复制链接)(?:本页|此页|窗口|文章|正文|全文|到|至)*(?:$|[\s:\u{ff1a}】\])\u{ff09}|【\[])
        | 扫一扫 | 语音播报 | 背景色 | 视力保护 | (?:大|中|小)(?:\s*(?:大|中|小))*$ | (?:字号)?\s*T\s*\|\s*T | https?://\S+$
        | [(\u{ff08}]?原标题 | 作者\s*[:\u{ff1a}\u{fe31}|] | (?:浏览|点击|阅读)(?:次数|量|数)?\s*[:\u{ff1a}] | 我要(?:评论|分享|纠错|留言) | [【\[]?[糾纠][错錯]
        | (?:記者|记者)[^\u{ff0c}\u{3002}]{2,16}[/\u{ff0f}\u{2571}][^\u{ff0c}\u{3002}]{0,4}(?:報導|报道|報道|报导)$ )",
    )
});

static TAIL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi)^[\s【\[\u{ff3b}(\u{ff08}<\u{3008}*\u{25a0}\u{25cf}>]*(?:
        (?:责任|責任|网络|网站|值班|本文|实习|见习|执行)?(?:编\s*辑|編輯|责\s*编|编\s*审|审\s*核|审\s*签|签\s*发|校\s*对|初\s*审|复\s*审|终\s*审|一\s*审|二\s*审|三\s*审
            |监\s*制|录\s*入|上\s*传|供\s*稿|撰\s*稿|核\s*稿|来\s*稿|复\s*核|信息员)
            (?:人员|人|员)?\s*(?:[:\u{ff1a}/|\u{4e28}\s)\u{ff09}\]】]|$)
        | [^\s:\u{ff1a}]{1,12}\s*(?:编辑|編輯|编译|撰稿)[)\u{ff09}]$ | (?:作者|文)\s*[:\u{ff1a}/]\s*[\u{4e00}-\u{9fff}]{2,4}[)\u{ff09}]?$
        | (?:出品|作者|监制|策划|撰文|文|图)\s*[\u{fe31}|\u{4e28}] | (?:稿件|信息|文章|新闻|内容|本文)?来\s*源\s*[:\u{ff1a}]
        | 本文(?:来自|网址|地址|链接) | 原标题 | 原標題 | (?:原题为?|题目)\s*[:\u{ff1a}《]
        | (?:打印|列印|关闭|關閉|收藏|返回|推荐|推薦|评论|举报|点赞|更多|纠错|糾錯|网友评论|網友評論|转发)
            (?:本页|本頁|此页|此文|本文|窗口|顶部|首页|列表|上页|上一页|文章|新闻|精彩|>)*[\s:\u{ff1a}】\])\u{ff09}|>\u{bb}(\u{ff08}0-9]*(?:$|[【\[\u{ff3b}])
        | (?:(?:关联|相关)(?:文件|文档|稿件|信息|解读|链接|附件)|文件下载|附件下载|政策解读|图片解读)\s*[:\u{ff1a}]?\s*$
        | 大\s*中\s*小\s*[】\])\u{ff09}] | 分享(?:到|至|给|让|$|[\s:\u{ff1a}】\]|]) | 扫一扫 | 扫描.{0,6}二维码 | 上一[篇条頁页] | 下一[篇条頁页] | 顶部$
        | (?:浏览|点击|阅读|访问)(?:次数|量|数)?\s*[:\u{ff1a}0-9(\u{ff08}\[] | (?:字体|字号|字號|字型)(?:大小)?\s*[:\u{ff1a}\s\[【(\u{ff08}大]
        | 我要(?:评论|分享|纠错|留言|打印|收藏|举报|投稿) | 版[权權](?:所有|声明|归|与) | 免责声明 | 特别声明 | 郑重声明\s*[:\u{ff1a}] | 您访问的链接
        | (?:关键[词字]|關鍵[詞字]|标签|標籤|tags?)\s*[:\u{ff1a}] | 进入【 | 支持键盘翻页 | 本篇新闻 | (?:[^\s]{0,6})最新\s*[:\u{ff1a}] | null$
        | \[?\s*[0-9]+(?:[\s\]\[|]*[0-9]+)*[\s\]]*(?:下一[页頁]|>+) | [|/\\\-_=*·\s>]+$ )",
    )
});

static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)^[\s【\[\u{ff3b}\u{25a0}\u{25cf}>|·]*(?: (?:
        (?:相关|相關)(?:链接|新闻|阅读|报道|文章|文档|信息|稿件|专题|推荐|解读|内容|图片|评论|搜索|新聞|報導|報道|連結|專題|閱讀)
        | 延伸阅读 | 延伸閱讀 | 推荐阅读 | 推荐新闻 | 推薦閱讀 | 猜你喜欢 | 热门(?:推荐|文章|新闻|评论) | 热点(?:推荐|新闻)
        | 更多(?:新闻|相关|精彩|文章|分享)(?:内容|新闻|信息|报道)? | 网友评论 | 網友評論 | 我来说两句 | 发表评论 | 發表評論 | 最新评论 | 我要评论
        | 免责声明 | 版权与免责声明 | 版权声明 | 特别声明 | 本网声明 | 声明 | 打印本页 | 关闭窗口 | 返回顶部 | 關鍵字 | 关键字 | 看完这篇 | 网站导航 | 您可能[^\u{ff0c}]{0,8}感兴趣(?:的[^\u{ff0c}]{0,4})? | 新闻排行 | 点击排行
        | 责任编辑 | 責任編輯
        ) (?:$|[^\u{4e00}-\u{9fff}])
        | 上一篇 | 上一条 | 下一篇 | 下一条 | 扫一扫 | 手机扫一扫 | 分享到 | 分享至 | 分享此 | 版权所有 | 您访问的链接 | 這篇新聞讓您 | 最多人看 | 更多关于 )",
    )
});

static BOILERPLATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)免责声明|免責聲明|违法和不良信息举报|严正申明|版权所有|版權所有|Copyright|All\s+Rights\s+Reserved
        |^[^\u{4e00}-\u{9fff}A-Za-z0-9]*(?:本站|本网)(?:郑重|严正|特别)?[声聲][明申]
        |^[^\u{4e00}-\u{9fff}A-Za-z0-9]*(?:郑重|严正|特别)?[声聲][明申]\s*[:\u{ff1a}]\s*(?:本|凡|此|该|文章|转载|以上|所有|所载|任何|未经)
        |ICP(?:备|備|证|證)(?:案号?)?[\s:\u{ff1a}]*[0-9]|网安备\s*[0-9]|网站标识码|凡(?:本网|本站|注明)|未经.{0,10}授权.{0,10}(?:转载|不得|禁止|使用|复制)|未经.{0,10}(?:允许|许可|同意).{0,6}转载
        |(?:本网|本站|本報|本网站)(?:不承担|对此不|仅提供)|不代表本(?:网|站)|您访问的链接即将离开
        |^主办(?:单位)?\s*[:\u{ff1a}].*(?:承办|版权|备案|维护)|建议使用.{0,20}分辨率|粉絲(?:專頁|團)",
    )
});

#[cfg(test)]
mod tests {
    use super::{is_boilerplate, is_head_noise, is_noise};

    #[track_caller]
    fn check(noise: bool, lines: &[&str], is: impl Fn(&str) -> bool) {
        for line in lines {
            assert_eq!(is(line), noise, "{line}");
        }
    }

    #[test]
    fn tools_and_trails_above_a_text_are_noise() {
        let noise = [
            "当前位置\u{ff1a}首页 > 通知公告",
            "【打印】 【字体\u{ff1a}大 中 小】",
            "字号\u{ff1a}T|T",
            "扫一扫在手机打开当前页",
            "大 中 小",
            "分享到\u{ff1a}",
        ];
        check(true, &noise, is_head_noise);
        check(false, &["关闭小煤矿情况", "分享经验不够", "打印设备采购问题", "首页错别字问题", "大力推进整改"], is_head_noise);
    }

    #[test]
    fn editors_counters_and_neighbours_below_a_text_are_noise() {
        let noise = [
            "【责任编辑:庄秀鹃】",
            "(责任编辑\u{ff1a}林某)",
            "审核\u{ff1a}王某 校对\u{ff1a}李某",
            "浏览次数\u{ff1a}208",
            "【打印】【关闭】",
            "上一篇\u{ff1a}关于…的通知",
            "分享到",
            "编辑 张三",
            "关键词\u{ff1a}巡察",
        ];
        check(true, &noise, is_noise);
    }

    #[test]
    fn contacts_signature_and_sentences_below_a_text_are_not() {
        let own = [
            "联系电话\u{ff1a}0595-22355925",
            "鲤城区工商联",
            "2024年9月11日",
            "编辑部已撤销。",
            "审核把关不严问题",
            "相关部门联系电话\u{ff1a}0591-12345678",
            "更多群众受益",
            "推荐先进典型3个",
            "(作者\u{ff1a}某某北京大学教授)",
            "附件\u{ff1a}整改清单",
        ];
        check(false, &own, is_noise);
        check(false, &["未办理ICP备案的网站已关停", "对未经授权的合同逐份清理"], is_boilerplate);
    }
}
