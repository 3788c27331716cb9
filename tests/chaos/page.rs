//! One notice of a site with everything that ever stood of it: its page, and the file that some pages link to.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::world::{BODY, page};

/// What stood there for a while, by digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stood {
    pub page: String,
    pub file: Option<String>,
}

/// One notice at one address. Another one may take its place there.
#[derive(Debug, Clone)]
pub struct Page {
    pub path: String,
    pub title: String,
    body: String,
    file: Option<Attached>,
    /// What stands there now.
    now: Option<Vec<u8>>,
    /// Everything that ever stood there, in order.
    pub history: Vec<Stood>,
    /// From when to when nothing of it stood there, in the program's time.
    pub absences: Vec<(Timestamp, Option<Timestamp>)>,
    pub has_moved: bool,
    /// Another notice stands at its address: it never comes back.
    pub was_replaced: bool,
    /// Somebody has asked the program to forget it; the site leaves it where it is.
    pub is_to_be_forgotten: bool,
}

#[derive(Debug, Clone)]
struct Attached {
    path: String,
    lines: Vec<String>,
}

impl Page {
    /// The notice of this number, from a body that only it tells of.
    pub fn new(column: &str, serial: u32, has_file: bool) -> Self {
        let body = format!("{column}第{serial}号工商联");
        let title = format!("{body}关于巡察整改进展情况的通报");
        let mut text = BODY.replace("区工商联", &body).replace("83个", &format!("{}个", 100 + serial));
        let file = has_file.then(|| Attached {
            path: format!("/f/{serial}.rtf"),
            lines: vec!["巡察整改台账".to_owned(), format!("{body}共列整改措施{}项,逐项明确责任人和完成时限。", 200 + serial)],
        });
        if let Some(Attached { path, .. }) = &file {
            text.push_str(&format!("\n附件:<a href=\"{path}\">整改台账.rtf</a>"));
        }
        Self::standing(format!("/n/{serial}.htm"), title, text, file)
    }

    /// A notice that has no sentence in common with the one whose address it takes.
    pub fn in_place_of(other: &Self, column: &str, serial: u32) -> Self {
        let office = format!("{column}第{serial}号水务站");
        let title = format!("{office}党支部关于落实省委专项巡视意见整改结果的公告");
        let text = OTHER_BODY.replace("水务站", &office).replace("47处", &format!("{}处", 1000 + serial));
        Self::standing(other.path.clone(), title, text, None)
    }

    /// Whether it is one of those. They differ from one another by a number only: where one took the place of another, that would
    /// look like an edit to anybody.
    pub fn took_a_place(&self) -> bool {
        self.body.contains("水务站")
    }

    /// The same words at another address.
    pub fn moved_to(&self, path: String) -> Self {
        Self::standing(path, self.title.clone(), self.body.clone(), self.file.clone())
    }

    fn standing(path: String, title: String, body: String, file: Option<Attached>) -> Self {
        let (has_moved, was_replaced, is_to_be_forgotten) = (false, false, false);
        let (history, absences) = (Vec::new(), Vec::new());
        let mut page = Self { path, title, body, file, now: None, history, absences, has_moved, was_replaced, is_to_be_forgotten };
        page.stands();
        page
    }

    pub fn is_there(&self) -> bool {
        self.now.is_some()
    }

    /// Whether it may come back to its address.
    pub fn is_away(&self) -> bool {
        self.now.is_none() && !self.has_moved && !self.was_replaced
    }

    /// What stands there now.
    pub fn truth(&self) -> Option<&Stood> {
        self.now.as_ref().and(self.history.last())
    }

    /// The bytes at a path, of the page itself or of its file.
    pub fn serves(&self, path: &str) -> Option<Vec<u8>> {
        let page = self.now.as_ref()?;
        let file = self.file.as_ref().filter(|file| file.path == path);
        if path == self.path { Some(page.clone()) } else { file.map(Attached::bytes) }
    }

    /// Each edit leaves words that never stood there before: in the page, or in the file where it has one and `in_file`.
    pub fn reads_anew(&mut self, in_file: bool) {
        let edit = self.history.len() + 1;
        let words = format!("第{edit}次补充:经研究,另有{edit}项措施已经建立台账,由专人负责。");
        match self.file.as_mut().filter(|_| in_file) {
            Some(file) => file.lines.push(words),
            None => self.body = format!("{}\n{words}", self.body),
        }
        self.stands();
    }

    pub fn comes_back(&mut self, now: Timestamp) {
        self.now = Some(page(&self.title, &self.body).into_bytes());
        if let Some((_, until)) = self.absences.last_mut() {
            *until = Some(now);
        }
    }

    pub fn goes(&mut self, now: Timestamp) {
        self.now = None;
        self.absences.push((now, None));
    }

    fn stands(&mut self) {
        let html = page(&self.title, &self.body).into_bytes();
        self.history.push(Stood { page: digest(&html), file: self.file.as_ref().map(|file| digest(&file.bytes())) });
        self.now = Some(html);
    }
}

impl Attached {
    /// As RTF: a text format with an escape for each Chinese character, which needs no library to be written.
    fn bytes(&self) -> Vec<u8> {
        let mut rtf = "{\\rtf1\\ansi\\ansicpg936\\uc1\\deff0{\\fonttbl{\\f0 SimSun;}}\\f0\n".to_owned();
        for line in &self.lines {
            for letter in line.encode_utf16() {
                match u8::try_from(letter) {
                    Ok(letter) => rtf.push(char::from(letter)),
                    Err(_) => rtf.push_str(&format!("\\u{}?", letter.cast_signed())),
                }
            }
            rtf.push_str("\\par\n");
        }
        rtf.push('}');
        rtf.into_bytes()
    }
}

pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

const OTHER_BODY: &str =
    "2025年5月至7月,省委第八巡视组进驻水务站,就河湖治理开展专项检查。9月18日书面意见送达后,党支部逐条认领,如今把办理结果向社会公布。
一、防洪堤坝
意见指出堤防隐患排查不细。我们邀请设计院对城区段重新测量,发现渗漏点47处,汛前全部灌浆封堵,验收报告存于档案室。
二、农村饮水
意见指出偏远村组夏季断水。新打机井六眼,铺设管道十一公里,水质按月送检,结果张贴在村务栏。
三、采砂管理
意见指出夜间巡查空白。会同公安、海事建立联合值班,查扣船只四艘,移送线索两件,罚没款足额上缴国库。
四、廉政风险
意见指出招标代理长期固定。改为随机抽取,重要标段请纪检人员旁站,合同文本统一由法制科审核。
来信请寄江滨路九号,邮编二一四〇〇〇,邮箱shuiwu@example.org。
水务站党支部
二〇二六年十月二十九日";
