use encoding_rs::GB18030;

use super::site::{Served, Site};

/// One of the five bodies of the demo: what it publishes, and how its kind of site does.
pub struct PublicBody {
    /// Name of its source.
    pub id: &'static str,
    pub name: &'static str,
    pub region: &'static str,
    pub title: &'static str,
    /// As the page prints it.
    pub published: &'static str,
    pub origin: &'static str,
    pub listing: &'static str,
    pub address: &'static str,
    /// As the listing's rows link to it.
    link: &'static str,
    text: &'static str,
    /// Lines of the text that are not body: the title and the information line.
    head_lines: usize,
    /// What it publishes instead of the text: the page only points to it.
    file: Option<File>,
    dress: Dress,
}

/// A file that a page points to.
struct File {
    name: &'static str,
    address: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    /// As the page links to it; `{{NAME}}` is its name.
    link: &'static str,
}

/// How a kind of site prints a listing's row and a notice's page.
struct Dress {
    list: &'static str,
    article: &'static str,
    row: fn(link: &str, title: &str, date: &str) -> String,
    paragraph: (&'static str, &'static str),
    is_gbk: bool,
}

pub const BODIES: [PublicBody; 5] = [
    PublicBody {
        id: "zhejiang-gsl",
        name: "浙江省工商联 通知公告",
        region: "浙江",
        title: "中共浙江省工商业联合会党组关于十五届省委第三轮巡视整改情况的通报",
        published: "2024-11-26",
        origin: "浙江省工商联",
        listing: "/tzgg.htm",
        address: "/info/1011/2654.htm",
        link: "info/1011/2654.htm",
        text: include_str!("seeds/000.txt"),
        head_lines: 1,
        file: Some(File {
            name: "中共浙江省工商业联合会党组关于十五届省委第三轮巡视整改情况的通报.pdf",
            address: "/system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner=1560447&wbfileid=2654001",
            content_type: "application/octet-stream",
            bytes: include_bytes!("seeds/000.pdf"),
            link: "<p>详见附件。</p><ul><li>附件【<a href=\"../../system/_content/download.jsp?urltype=news.DownloadAttachUrl&amp;owner=1560447&amp;wbfileid=2654001\" target=\"_blank\">{{NAME}}</a>】</li></ul>",
        }),
        dress: Dress {
            list: include_str!("chrome/vsb-list.html"),
            article: include_str!("chrome/vsb-article.html"),
            row: |link, title, date| format!(r#"<li id="line_u7_0"><span>{date}</span><a href="{link}"><em>{title}</em></a></li>"#),
            paragraph: ("<p style=\"text-indent:2em\"><span style=\"font-size:16px\">", "</span></p>"),
            is_gbk: false,
        },
    },
    PublicBody {
        id: "luoyang-gsl",
        name: "洛阳市工商联 公告",
        region: "河南/洛阳",
        title: "中共洛阳市工商业联合会党组关于市委巡察整改进展情况的通报",
        published: "2024-4-22 10:15:00",
        origin: "市工商联",
        listing: "/news.asp",
        address: "/show.asp?id=3631",
        link: "show.asp?id=3631",
        text: include_str!("seeds/001.txt"),
        head_lines: 1,
        file: Some(File {
            name: "整改情况通报.docx",
            address: "/UploadFile/2024422101500.docx",
            content_type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            bytes: include_bytes!("seeds/001.docx"),
            link: "附件:<a href=\"UploadFile/2024422101500.docx\">{{NAME}}</a><br>",
        }),
        dress: Dress {
            list: include_str!("chrome/asp-list.html"),
            article: include_str!("chrome/asp-article.html"),
            row: |link, title, date| {
                let day = date.split(' ').next().unwrap_or_default();
                format!(r#"<tr><td height="26">·<a href="{link}" title="{title}">{title}</a></td><td align="right">{day}</td></tr>"#)
            },
            paragraph: ("&nbsp;&nbsp;&nbsp;&nbsp;", "<br>"),
            is_gbk: true,
        },
    },
    PublicBody {
        id: "yuhu-gsl",
        name: "雨湖区人民政府 通知公告",
        region: "湖南/湘潭/雨湖",
        title: "湘潭市雨湖区工商业联合会关于巡察整改进展情况的通报",
        published: "2023-02-27 16:20",
        origin: "雨湖区工商联",
        listing: "/zwgk/tzgg/index.html",
        address: "/zwgk/tzgg/202302/t20230228_3390003.html",
        link: "./202302/t20230228_3390003.html",
        text: include_str!("seeds/002.txt"),
        head_lines: 1,
        file: None,
        dress: Dress {
            list: include_str!("chrome/trs-list.html"),
            article: include_str!("chrome/trs-article.html"),
            row: |link, title, date| {
                let cut: String = title.chars().take(16).collect();
                let day = date.split(' ').next().unwrap_or_default().replace('-', "/");
                format!(r#"<li><a href="{link}" title="{title}">{cut}…</a><span>{day}</span></li>"#)
            },
            paragraph: ("<p>", "</p>"),
            is_gbk: false,
        },
    },
    PublicBody {
        id: "licheng-jw",
        name: "鲤城区纪委监委 巡视巡察",
        region: "福建/泉州/鲤城",
        title: "鲤城区工商联关于巡察整改进展情况的通报",
        published: "2024-09-12 09:52",
        origin: "鲤城区工商联",
        listing: "/node_2.htm",
        address: "/content/2024-09/12/content_7118134.htm",
        link: "/content/2024-09/12/content_7118134.htm",
        text: include_str!("seeds/003.txt"),
        head_lines: 2,
        file: None,
        dress: Dress {
            list: include_str!("chrome/content-list.html"),
            article: include_str!("chrome/content-article.html"),
            row: |link, title, date| {
                let day = date.split(' ').next().unwrap_or_default();
                format!(r#"<li><a href="{link}">{title}</a><em>{day}</em></li>"#)
            },
            paragraph: ("<p>　　", "</p>"),
            is_gbk: false,
        },
    },
    PublicBody {
        id: "shengzhou",
        name: "嵊州市人民政府 公示公告",
        region: "浙江/绍兴/嵊州",
        title: "中共嵊州市委关于省委巡视整改进展情况的通报",
        published: "2025-06-10",
        origin: "中共嵊州市委",
        listing: "/col/col1282/index.html",
        address: "/art/2025/6/10/art_1282_59000123.html",
        link: "/art/2025/6/10/art_1282_59000123.html",
        text: include_str!("seeds/004.txt"),
        head_lines: 0,
        file: None,
        dress: Dress {
            list: include_str!("chrome/jpage-list.html"),
            article: include_str!("chrome/jpage-article.html"),
            row: |link, title, date| {
                let (month, day) = date.split_at(date.len() - 2);
                format!(
                    r#"<record><![CDATA[<li><a href="{link}" title="{title}">{title}</a><span class="time"> {month}{}{day} </span></li>]]></record>"#,
                    '\n'
                )
            },
            paragraph: ("<p style=\"margin-top:0\"><span style=\"font-family:仿宋\">", "</span></p>"),
            is_gbk: false,
        },
    },
];

impl PublicBody {
    /// The notice's paragraphs, without its title and information line.
    pub fn paragraphs(&self) -> Vec<String> {
        self.text.lines().skip(self.head_lines).filter(|line| !line.starts_with("【责任编辑")).map(str::to_owned).collect()
    }

    /// Publishes the listing; with `is_listed`, the notice stands in it.
    pub fn list(&self, site: &Site, is_listed: bool) {
        let row = if is_listed { (self.dress.row)(self.link, self.title, self.published) } else { String::new() };
        let list = self.dress.list.replace("{{ROWS}}", &row);
        let total = list.matches("<record>").count();
        site.answer(self.listing, self.served(&list.replace("{{TOTAL}}", &total.to_string())));
    }

    /// Publishes the notice with these paragraphs, or with its file.
    pub fn publish(&self, site: &Site, paragraphs: &[String]) {
        let (open, close) = self.dress.paragraph;
        let body: String = match &self.file {
            Some(file) => file.link.replace("{{NAME}}", file.name),
            None => paragraphs.iter().map(|paragraph| format!("{open}{paragraph}{close}\n")).collect(),
        };
        if let Some(file) = &self.file {
            site.answer(file.address, Served::of(file.content_type, file.bytes));
        }
        let page = self
            .dress
            .article
            .replace("{{TITLE}}", self.title)
            .replace("{{DATE}}", self.published)
            .replace("{{SOURCE}}", self.origin)
            .replace("{{BODY}}", &body);
        site.answer(self.address, self.served(&page));
    }

    /// Takes the notice off its address and off the listing.
    pub fn withdraw(&self, site: &Site) {
        site.remove(self.address);
        if let Some(file) = &self.file {
            site.remove(file.address);
        }
        self.list(site, false);
    }

    fn served(&self, page: &str) -> Served {
        if self.dress.is_gbk {
            // As old servers do: the bytes are GBK, and only the page says so.
            return Served::of("text/html", GB18030.encode(page).0.into_owned());
        }
        Served::html(page)
    }
}
