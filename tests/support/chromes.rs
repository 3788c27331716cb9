//! List pages as sites that nobody described might build them: every form of row in every frame, with what must be read.

use jiff::ToSpan as _;
use jiff::civil::Date;

/// A page and its truth.
pub struct Chrome {
    pub name: String,
    pub url: String,
    pub html: String,
    /// Address path, title, date as far as the page tells it.
    pub entries: Vec<(String, String, Option<Date>)>,
    pub next: Option<String>,
}

/// One entry to be printed.
pub struct Row {
    pub href: String,
    pub title: &'static str,
    pub date: Date,
}

const TITLES: [&str; 12] = [
    "关于区委巡察整改进展情况的通报",
    "2024年第三季度供水水质监测结果公示",
    "关于公布2024年秋季义务教育招生划片范围的通知",
    "中共区工商业联合会党组关于巡察整改进展情况的通报",
    "停水公告",
    "某街道办事处2024年公开招聘编外工作人员公告",
    "关于十五届省委第三轮巡视整改情况的通报",
    "行政处罚决定书送达公告（〔2024〕17号）",
    "关于市委巡察“回头看”整改落实情况的通报",
    "区卫生健康局2023年度部门决算公开说明",
    "关于拟推荐全国三八红旗手候选人的公示",
    "人事任免",
];
const NEWS: [&str; 10] = [
    "我区召开安全生产工作会议部署近期重点工作",
    "区领导调研重点项目建设情况",
    "文旅融合发展论坛在我区举行",
    "我区三项成果入选省级典型案例",
    "区人大常委会召开主任会议",
    "国庆假期文旅市场运行平稳有序",
    "全区经济运行情况分析会召开",
    "老旧小区改造工程全面启动",
    "区图书馆新馆正式向公众开放",
    "我区多措并举保障秋粮颗粒归仓",
];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

type Form = (&'static str, fn(&[Row]) -> String, Told);

/// Whether the form prints whole dates.
#[derive(Clone, Copy, PartialEq)]
pub enum Told {
    Date,
    Nothing,
}

fn each(rows: &[Row], row: impl Fn(&Row) -> String) -> String {
    rows.iter().map(row).collect()
}

fn link(row: &Row) -> String {
    format!("<a href=\"{}\">{}</a>", row.href, row.title)
}

fn english(date: Date) -> &'static str {
    MONTHS[date.month() as usize - 1]
}

/// Rows under a heading of their month.
fn by_month(rows: &[Row], heading: impl Fn(Date) -> String, row: impl Fn(&Row) -> String) -> String {
    let mut out = String::new();
    let mut month = None;
    for entry in rows {
        let own = (entry.date.year(), entry.date.month());
        if month != Some(own) {
            if month.is_some() {
                out += "</ul>";
            }
            out += &heading(entry.date);
            out += "<ul>";
            month = Some(own);
        }
        out += &row(entry);
    }
    out + "</ul>"
}

pub const FORMS: &[Form] = &[
    ("li span", |r| format!("<ul>{}</ul>", each(r, |r| format!("<li>{}<span>{}</span></li>", link(r), r.date))), Told::Date),
    ("li, date first", |r| format!("<ul>{}</ul>", each(r, |r| format!("<li><i>{}</i>{}</li>", r.date, link(r)))), Told::Date),
    (
        "li, [MM-DD] and a year in a heading",
        |r| format!("<h3>2024年</h3><ul>{}</ul>", each(r, |r| format!("<li>{}<span>[{}]</span></li>", link(r), r.date.strftime("%m-%d")))),
        Told::Date,
    ),
    (
        "li, [MM-DD] and no year",
        |r| format!("<ul>{}</ul>", each(r, |r| format!("<li>{}<span>[{}]</span></li>", link(r), r.date.strftime("%m-%d")))),
        Told::Nothing,
    ),
    ("li, no date", |r| format!("<ul>{}</ul>", each(r, |r| format!("<li>{}</li>", link(r)))), Told::Nothing),
    ("table", |r| format!("<table>{}</table>", each(r, |r| format!("<tr><td>{}</td><td>{}</td></tr>", link(r), r.date))), Told::Date),
    (
        "table with head and number",
        |r| {
            format!(
                "<table><tr><th>序号</th><th>标题</th><th>发布日期</th></tr>{}</table>",
                each(r, |r| format!("<tr><td>1</td><td>{}</td><td>{}</td></tr>", link(r), r.date.strftime("%Y/%-m/%-d")))
            )
        },
        Told::Date,
    ),
    (
        "table, date first",
        |r| format!("<table>{}</table>", each(r, |r| format!("<tr><td>{}</td><td>{}</td></tr>", r.date.strftime("%Y.%m.%d"), link(r)))),
        Told::Date,
    ),
    (
        "table in table",
        |r| {
            format!(
                "<table><tr><td><table>{}</table></td></tr></table>",
                each(r, |r| format!("<tr><td>·</td><td>{}</td><td>({})</td></tr>", link(r), r.date))
            )
        },
        Told::Date,
    ),
    ("table per row", |r| each(r, |r| format!("<table><tr><td>{}</td><td>{}</td></tr></table>", link(r), r.date)), Told::Date),
    ("dl dt dd", |r| format!("<dl>{}</dl>", each(r, |r| format!("<dt>{}</dt><dd>{}</dd>", link(r), r.date))), Told::Date),
    ("dl dd a and span", |r| format!("<dl>{}</dl>", each(r, |r| format!("<dd>{}<span>{}</span></dd>", link(r), r.date))), Told::Date),
    (
        "cards with summary",
        |r| {
            each(r, |r| {
                format!(
                    "<div><h3>{}</h3><p>2023年1月3日至3月5日，区委第一巡察组对区教育局开展了巡察，现将有关情况公布。</p><span>发布时间：{}</span></div>",
                    link(r),
                    r.date
                )
            })
        },
        Told::Date,
    ),
    (
        "cards with picture",
        |r| {
            each(r, |r| {
                format!(
                    "<div class=\"item\"><a href=\"{}\"><img src=\"/i.png\"></a><div><h4>{}</h4><em>{}</em></div></div>",
                    r.href,
                    link(r),
                    r.date
                )
            })
        },
        Told::Date,
    ),
    ("link around block", |r| each(r, |r| format!("<a href=\"{}\"><h4>{}</h4><em>{}</em></a>", r.href, r.title, r.date)), Told::Date),
    (
        "link around block in li",
        |r| format!("<ul>{}</ul>", each(r, |r| format!("<li><a href=\"{}\"><div>{}</div><div>{}</div></a></li>", r.href, r.title, r.date))),
        Told::Date,
    ),
    (
        "date in title attribute",
        |r| format!("<ul>{}</ul>", each(r, |r| format!("<li>{}<span title=\"{} 09:52\">3天前</span></li>", link(r), r.date))),
        Told::Date,
    ),
    (
        "day over year and month",
        |r| {
            format!(
                "<ul>{}</ul>",
                each(r, |r| format!(
                    "<li><div><b>{}</b><span>{}</span></div>{}</li>",
                    r.date.strftime("%d"),
                    r.date.strftime("%Y-%m"),
                    link(r)
                ))
            )
        },
        Told::Date,
    ),
    (
        "day over 2024年09月",
        |r| {
            format!(
                "<ul>{}</ul>",
                each(r, |r| format!("<li><p>{}</p><p>{}</p><h5>{}</h5></li>", r.date.strftime("%d"), r.date.strftime("%Y年%m月"), link(r)))
            )
        },
        Told::Date,
    ),
    (
        "month and day over year",
        |r| each(r, |r| format!("<div><div>{}</div><div>{}</div>{}</div>", r.date.strftime("%m-%d"), r.date.strftime("%Y"), link(r))),
        Told::Date,
    ),
    (
        "English month over day and year",
        |r| each(r, |r| format!("<div><b>{}</b><i>{}</i><u>{}</u>{}</div>", english(r.date), r.date.day(), r.date.year(), link(r))),
        Told::Date,
    ),
    (
        "Sep 12, 2024",
        |r| {
            format!(
                "<ul>{}</ul>",
                each(r, |r| format!("<li>{}<span>{} {}, {}</span></li>", link(r), english(r.date), r.date.day(), r.date.year()))
            )
        },
        Told::Date,
    ),
    (
        "12 Sep 2024",
        |r| {
            format!(
                "<ul>{}</ul>",
                each(r, |r| format!("<li><span>{} {} {}</span>{}</li>", r.date.day(), english(r.date), r.date.year(), link(r)))
            )
        },
        Told::Date,
    ),
    (
        "months as headings, days in rows",
        |r| by_month(r, |d| format!("<h4>{}</h4>", d.strftime("%Y年%m月")), |r| format!("<li><b>{}日</b>{}</li>", r.date.day(), link(r))),
        Told::Date,
    ),
    (
        "months as headings, whole dates",
        |r| by_month(r, |d| format!("<h4>{}</h4>", d.strftime("%Y年%m月")), |r| format!("<li>{}<b>{}</b></li>", link(r), r.date)),
        Told::Date,
    ),
    (
        "lists in items",
        |r| {
            format!(
                "<ul>{}</ul>",
                r.chunks(4)
                    .map(|some| format!("<li><ul>{}</ul></li>", each(some, |r| format!("<li>{}<span>{}</span></li>", link(r), r.date))))
                    .collect::<String>()
            )
        },
        Told::Date,
    ),
    ("paragraphs", |r| each(r, |r| format!("<p>·{} {}</p>", link(r), r.date.strftime("%Y-%m-%d %H:%M"))), Told::Date),
    ("bare lines", |r| format!("<div>{}</div>", each(r, |r| format!("{}　{}<br>", link(r), r.date))), Told::Date),
    ("bare lines, date first", |r| format!("<div>{}</div>", each(r, |r| format!("{} {}<br>", r.date, link(r)))), Told::Date),
    ("date on a line of its own", |r| format!("<div>{}</div>", each(r, |r| format!("{}<br>{}<br><br>", link(r), r.date))), Told::Date),
    (
        "pictures between",
        |r| format!("<ul>{}</ul>", each(r, |r| format!("<li>{}<span>{}</span></li><li><img src=\"/line.gif\"></li>", link(r), r.date))),
        Told::Date,
    ),
    (
        "lines between blocks of five",
        |r| {
            r.chunks(5)
                .map(|some| format!("<ul>{}</ul><hr>", each(some, |r| format!("<li>{}<span>{}</span></li>", link(r), r.date))))
                .collect()
        },
        Told::Date,
    ),
    (
        "pinned rows",
        |r| {
            format!(
                "<ul>{}</ul>",
                r.iter()
                    .enumerate()
                    .map(|(n, r)| format!(
                        "<li{}>{}{}<span>{}</span></li>",
                        if n < 2 { " class=\"top\"" } else { "" },
                        if n < 2 { "<em>置顶</em>" } else { "" },
                        link(r),
                        r.date
                    ))
                    .collect::<String>()
            )
        },
        Told::Date,
    ),
    (
        "column before title",
        |r| format!("<ul>{}</ul>", each(r, |r| format!("<li><a href=\"../\">[通知公告]</a>{}<span>{}</span></li>", link(r), r.date))),
        Told::Date,
    ),
    (
        "detail link after title",
        |r| each(r, |r| format!("<div><h4>{}</h4><span>日期：{}</span><a href=\"{}\">查看详情</a></div>", link(r), r.date, r.href)),
        Told::Date,
    ),
    (
        "tag soup",
        |r| {
            format!(
                "<UL>{}</UL>",
                each(r, |r| format!("<LI><A HREF={}>{}</A><FONT>({})</FONT>", r.href, r.title, r.date.strftime("%Y-%-m-%-d")))
            )
        },
        Told::Date,
    ),
    (
        "sections with time element",
        |r| {
            each(r, |r| {
                format!("<article><h2>{}</h2><time datetime=\"{}\">{}</time></article>", link(r), r.date, r.date.strftime("%-m月%-d日"))
            })
        },
        Told::Date,
    ),
    (
        "file beside the title",
        |r| {
            format!(
                "<ul>{}</ul>",
                each(r, |r| format!(
                    "<li>{}<a href=\"/files/{}.pdf\">下载附件</a><span>{}</span></li>",
                    link(r),
                    r.title.len() * 1000,
                    r.date
                ))
            )
        },
        Told::Date,
    ),
    (
        "issuer, number and two dates",
        |r| {
            format!(
                "<table><tr><th>标题</th><th>发文机关</th><th>成文日期</th><th>发布日期</th></tr>{}</table>",
                each(r, |r| format!(
                    "<tr><td>{}</td><td>某区人民政府办公室</td><td>{}</td><td>{}</td></tr>",
                    link(r),
                    r.date - 3.days(),
                    r.date
                ))
            )
        },
        Told::Date,
    ),
    (
        "day, month and year apart",
        |r| {
            each(r, |r| {
                format!("<div><p><b>{}</b><i>{}月</i><i>{}</i></p><p>{}</p></div>", r.date.day(), r.date.month(), r.date.year(), link(r))
            })
        },
        Told::Date,
    ),
    (
        "cut title, whole in its attribute",
        |r| {
            format!(
                "<ul>{}</ul>",
                each(r, |r| format!(
                    "<li><a href=\"{}\" title=\"{}\">{}…</a><span>{}</span></li>",
                    r.href,
                    r.title,
                    r.title.chars().take(3).collect::<String>(),
                    r.date
                ))
            )
        },
        Told::Date,
    ),
    (
        "numbered",
        |r| {
            format!(
                "<div>{}</div>",
                r.iter()
                    .enumerate()
                    .map(|(n, r)| format!("<div><span>{}</span>{}<span>{}</span></div>", n + 1, link(r), r.date))
                    .collect::<String>()
            )
        },
        Told::Date,
    ),
    (
        "with weekday and source",
        |r| format!("<ul>{}</ul>", each(r, |r| format!("<li><div>{}</div><div>来源：区纪委监委　{} 星期四</div></li>", link(r), r.date))),
        Told::Date,
    ),
    (
        "date behind the title in the link",
        |r| format!("<ul>{}</ul>", each(r, |r| format!("<li><a href=\"{}\">{} ({})</a></li>", r.href, r.title, r.date))),
        Told::Date,
    ),
    (
        "date before the title in the link",
        |r| format!("<ul>{}</ul>", each(r, |r| format!("<li><a href=\"{}\">[{}] {}</a></li>", r.href, r.date, r.title))),
        Told::Date,
    ),
    (
        "headings and paragraphs flat",
        |r| format!("<div>{}</div>", each(r, |r| format!("<h3>{}</h3><p>发布日期：{} 浏览次数：17</p>", link(r), r.date))),
        Told::Date,
    ),
    (
        "icon link and title link",
        |r| {
            format!(
                "<ul>{}</ul>",
                each(r, |r| format!(
                    "<li><a href=\"{}\"><i></i></a>{}<em>{}</em><a href=\"{}\">详情&gt;&gt;</a></li>",
                    r.href,
                    link(r),
                    r.date,
                    r.href
                ))
            )
        },
        Told::Date,
    ),
    (
        "two columns of a table",
        |r| {
            format!(
                "<table>{}</table>",
                r.chunks(2)
                    .map(|pair| format!("<tr>{}</tr>", each(pair, |r| format!("<td>{} <span>{}</span></td>", link(r), r.date))))
                    .collect::<String>()
            )
        },
        Told::Date,
    ),
];

fn news(prefix: &str, dated: bool) -> String {
    NEWS.iter()
        .enumerate()
        .map(|(n, title)| {
            let date = if dated { format!("<span>2024-10-{:02}</span>", 20 - n) } else { String::new() };
            format!("<li><a href=\"{prefix}{}.html\">{title}</a>{date}</li>", 88_000 + n)
        })
        .collect()
}

type Frame = (&'static str, fn(&str) -> String);

const NAV: &str = "<div class=\"nav\"><ul><li><a href=\"/\">网站首页</a></li><li><a href=\"/xwzx/\">新闻中心</a></li><li><a href=\"/zwgk/\">政务公开</a></li><li><a href=\"/zwfw/\">政务服务</a></li><li><a href=\"/hdjl/\">互动交流</a></li></ul></div><div class=\"crumb\">当前位置：<a href=\"/\">首页</a> &gt; <a href=\"./\">通知公告</a></div>";
const FOOT: &str = "<div class=\"footer\"><a href=\"/wzdt/\">网站地图</a> <a href=\"/gywm/\">关于我们</a> <a href=\"https://www.gov.cn/\">中国政府网</a><p>主办单位：某区人民政府 备案号：闽ICP备05000001号 2024-01-01</p></div>";

pub const FRAMES: &[Frame] = &[
    ("bare", |list| list.to_owned()),
    ("plain", |list| format!("{NAV}<div class=\"main\">{list}</div>{FOOT}")),
    ("hot list left", |list| {
        format!(
            "{NAV}<div class=\"left\"><h3>热点新闻</h3><ul>{}</ul></div><div class=\"right\"><h2>通知公告</h2>{list}</div>{FOOT}",
            news("/xwzx/", true)
        )
    }),
    ("latest right", |list| {
        format!(
            "{NAV}<div class=\"l\">{list}</div><div class=\"r\"><div><b>最新动态</b></div><ul>{}</ul></div>{FOOT}",
            news("/xwzx/", true)
        )
    }),
    ("recommended right, undated", |list| {
        format!("{NAV}<div>{list}</div><div><h4>推荐阅读</h4><ul>{}</ul></div>{FOOT}", news("/xwzx/", false))
    }),
    ("carousel on top", |list| {
        format!("{NAV}<div class=\"focus swiper\"><ul>{}</ul></div><div class=\"list\">{list}</div>{FOOT}", news("/xwzx/", true))
    }),
    ("menu of departments", |list| {
        let menu: String = (0..24).map(|n| format!("<li><a href=\"/zwgk/bm{n}/\">区政府第{n}工作部门信息公开目录</a></li>")).collect();
        format!("{NAV}<div><ul>{menu}</ul></div><div>{list}</div>{FOOT}")
    }),
    ("tab of news hidden", |list| {
        format!(
            "{NAV}<div class=\"tabs\"><span>通知公告</span><span>政务要闻</span></div><div><div class=\"panel\">{list}</div><div class=\"panel\" style=\"display:none\"><ul>{}</ul></div></div>{FOOT}",
            news("/xwzx/", true)
        )
    }),
    ("box of news of the same build", |list| {
        format!(
            "{NAV}<div class=\"box\"><h3>政务要闻</h3><ul>{}</ul></div><div class=\"box\"><h3>通知公告</h3>{list}</div>{FOOT}",
            news("/xwzx/", true)
        )
    }),
    ("sub-columns in the own folder", |list| {
        let tree: String = (0..15).map(|n| format!("<li><a href=\"./lm{n}/\">第{n}类政府信息公开事项目录</a></li>")).collect();
        format!("{NAV}<div><ul>{tree}</ul></div><div>{list}</div>{FOOT}")
    }),
    ("archive of months", |list| {
        let months: String = (1..=12).map(|n| format!("<li><a href=\"./2024{n:02}/\">2024年{n:02}月归档</a></li>")).collect();
        format!("{NAV}<div>{list}</div><div><h4>归档</h4><ul>{months}</ul></div>{FOOT}")
    }),
    ("three newest on top of every page", |list| {
        let newest: String =
            NEWS[..3].iter().map(|title| format!("<a href=\"/xwzx/{}.html\">{title} 2024-10-20</a>", title.len())).collect();
        format!("<div class=\"marquee\">{newest}</div>{NAV}<div>{list}</div>{FOOT}")
    }),
    ("whole page in a table", |list| {
        format!(
            "<table><tr><td colspan=2>{NAV}</td></tr><tr><td><ul>{}</ul></td><td>{list}</td></tr><tr><td colspan=2>{FOOT}</td></tr></table>",
            news("/xwzx/", false)
        )
    }),
    ("questions and answers below", |list| {
        let asked: String = NEWS
            .iter()
            .map(|title| format!("<dl><dt>问：{title}？</dt><dd>答：<a href=\"/hd/{}\">查看答复内容</a> 2024-10-01</dd></dl>", title.len()))
            .collect();
        format!("{NAV}<div>{list}</div><div><h4>互动交流</h4>{asked}</div>{FOOT}")
    }),
    ("years to choose from, friend links", |list| {
        let years: String = (2015..2025).map(|year| format!("<a href=\"./?year={year}\">{year}年</a>")).collect();
        let links: String = (0..30).map(|n| format!("<a href=\"http://b{n}.gov.cn/\">某某部门网站第{n}号</a>")).collect();
        format!("{NAV}<div>{years}</div><div>{list}</div><div class=\"links\">友情链接：{links}</div>{FOOT}")
    }),
];

type Dialect = (&'static str, fn(usize, Date) -> String);

pub const DIALECTS: &[Dialect] = &[
    ("VSB", |n, _| format!("../info/1011/{}.htm", 26_540 + n)),
    ("t-date", |n, d| format!("./{}/t{}_{}.htm", d.strftime("%Y%m"), d.strftime("%Y%m%d"), 4_000 + n)),
    ("query", |n, _| format!("show.asp?id={}", 3_600 + n)),
    ("word", |n, _| format!("/detail/{}", ["ax", "bq", "cm", "dw", "ee", "fz", "gh", "hk", "ij", "jp", "kr", "lt"][n])),
];

/// Every form in every frame, with addresses of one dialect after the other.
pub fn all() -> impl Iterator<Item = Chrome> {
    FORMS.iter().enumerate().flat_map(|(form_number, form)| {
        FRAMES.iter().enumerate().map(move |(frame_number, frame)| chrome(form, frame, form_number + frame_number))
    })
}

fn chrome(form: &Form, frame: &Frame, number: usize) -> Chrome {
    let (dialect, address) = DIALECTS[number % DIALECTS.len()];
    let url = "http://www.x.gov.cn/zwgk/tzgg/";
    let newest = Date::constant(2024, 9, 12);
    let rows: Vec<Row> = TITLES
        .iter()
        .enumerate()
        .map(|(n, title)| {
            let date = newest - (n as i64 * 9).days();
            Row { href: address(n, date), title, date }
        })
        .collect();
    let next = number.is_multiple_of(2).then(|| "http://www.x.gov.cn/zwgk/tzgg/index_2.html".to_owned());
    let paging = if next.is_some() {
        "<div>共5页 <span>首页</span> <a href=\"index_2.html\">下一页</a> <a href=\"index_5.html\">尾页</a></div>"
    } else {
        ""
    };
    let list = frame.1(&format!("{}{paging}", form.1(&rows)));
    let html =
        format!("<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>通知公告_某区人民政府</title></head><body>{list}</body></html>");
    let base: url::Url = url.parse().unwrap();
    // A date of month and day alone is whole where the address agrees with it.
    let is_told =
        |row: &Row| form.2 == Told::Date || form.0.contains("[MM-DD]") && row.href.contains(&row.date.strftime("%Y%m%d").to_string());
    let entries = rows
        .iter()
        .map(|row| (base.join(&row.href).unwrap().to_string(), row.title.to_owned(), is_told(row).then_some(row.date)))
        .collect();
    Chrome { name: format!("{} / {} / {dialect}", form.0, frame.0), url: url.to_owned(), html, entries, next }
}
