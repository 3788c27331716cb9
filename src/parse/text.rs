//! A document's blocks as lines that patterns can be written for, each byte of them tied to the character it stands for.
//!
//! Folding drops white space and bold marks, makes full-width forms half-width, and reads the traditional forms of the
//! genre's own words as simplified ones. It never changes what is quoted: values are cut from the block itself.

use std::ops::Range;

use crate::model::{Block, Document, Span, Stated};

/// A folded block.
#[derive(Debug)]
pub(super) struct Line {
    block: u32,
    /// What patterns run on.
    pub text: String,
    /// For each byte of `text`, the character of the block that it comes from.
    origin: Vec<u32>,
    original: Vec<char>,
    /// For a table row, where its cells stand in `text`; an empty cell is an empty range.
    pub cells: Vec<Range<usize>>,
    /// The page itself marks it as a heading.
    pub heading: bool,
}

/// A place in the text: bytes of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub line: usize,
    pub range: Range<usize>,
}

pub(super) fn lines(document: &Document) -> Vec<Line> {
    document.blocks.iter().enumerate().map(|(number, block)| Line::new(number, block)).collect()
}

impl Line {
    pub fn new(number: usize, block: &Block) -> Self {
        let block_number = u32::try_from(number).unwrap_or(u32::MAX);
        let mut line = Self {
            block: block_number,
            text: String::new(),
            origin: Vec::new(),
            original: Vec::new(),
            cells: Vec::new(),
            heading: matches!(block, Block::Heading(_)),
        };
        match block {
            Block::Paragraph(text) | Block::Heading(text) => line.push(text),
            Block::Row(cells) => line.push_cells(cells),
        }
        line
    }

    /// Cells in the shape of [`Block::text`]: those that are not empty, joined by one space.
    fn push_cells(&mut self, cells: &[String]) {
        for cell in cells {
            if !cell.is_empty() && !self.original.is_empty() {
                self.push(" ");
            }
            let start = self.text.len();
            self.push(cell);
            self.cells.push(start..self.text.len());
        }
    }

    fn push(&mut self, text: &str) {
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let index = u32::try_from(self.original.len()).unwrap_or(u32::MAX);
            self.original.push(character);
            if character == '*' && characters.peek() == Some(&'*') {
                self.original.extend(characters.next());
                continue;
            }
            match character {
                '⑴'..='⒇' => self.push_folded(&format!("({})", character as u32 - '⑴' as u32 + 1), index),
                '⒈'..='⒛' => self.push_folded(&format!("{}.", character as u32 - '⒈' as u32 + 1), index),
                '㈠'..='㈩' => {
                    let numeral = "一二三四五六七八九十".chars().nth((character as u32 - '㈠' as u32) as usize);
                    self.push_folded(&format!("({})", numeral.unwrap_or_default()), index);
                }
                _ => {
                    if let Some(folded) = fold(character) {
                        self.push_folded(folded.encode_utf8(&mut [0; 4]), index);
                    }
                }
            }
        }
    }

    fn push_folded(&mut self, folded: &str, index: u32) {
        self.text.push_str(folded);
        self.origin.extend(std::iter::repeat_n(index, folded.len()));
    }

    pub fn span(&self, range: Range<usize>) -> Span {
        let start = self.origin.get(range.start).copied().unwrap_or(u32::try_from(self.original.len()).unwrap_or(u32::MAX));
        let end = if range.is_empty() { start } else { self.origin[range.end - 1] + 1 };
        Span { block: self.block, start, end }
    }

    /// The block's own characters, without the white space of its layout.
    pub fn quote(&self, range: Range<usize>) -> String {
        let span = self.span(range);
        tidy(&self.original[span.start as usize..span.end as usize])
    }

    pub fn stated(&self, range: Range<usize>) -> Stated<String> {
        Stated::at(self.quote(range.clone()), self.span(range))
    }

    pub fn value<T>(&self, value: T, range: Range<usize>) -> Stated<T> {
        Stated::at(value, self.span(range))
    }

    /// Whether white space or a bold mark stands before the byte at `at`.
    pub fn gap_before(&self, at: usize) -> bool {
        at > 0 && at < self.origin.len() && self.origin[at] > self.origin[at - 1] + 1
    }

    /// `range` without punctuation of these kinds at its ends.
    pub fn trimmed(&self, range: Range<usize>, leading: &[char], trailing: &[char]) -> Range<usize> {
        let text = &self.text[range.clone()];
        let start = range.start + (text.len() - text.trim_start_matches(leading).len());
        let end = range.end - (text.len() - text.trim_end_matches(trailing).len());
        start..end.max(start)
    }
}

/// A text in the form that patterns run on.
pub(super) fn folded(text: &str) -> String {
    Line::new(0, &Block::Paragraph(text.to_owned())).text
}

/// Text without the white space that typesetting puts between Chinese characters, digits and marks; a space between two
/// Latin words stays.
pub(super) fn tidy(characters: &[char]) -> String {
    let mut tidied = String::with_capacity(characters.len() * 3);
    let mut pending = false;
    let mut characters = characters.iter().copied().peekable();
    while let Some(character) = characters.next() {
        if is_blank(character) {
            pending = true;
        } else if character == '*' && characters.peek() == Some(&'*') {
            characters.next();
        } else {
            if pending && character.is_ascii_alphanumeric() && tidied.ends_with(|last: char| last.is_ascii_alphabetic()) {
                tidied.push(' ');
            }
            pending = false;
            tidied.push(character);
        }
    }
    tidied
}

/// White space, zero-width marks, and the private-use characters that Word lists leave behind.
pub(super) fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}' | '\u{2060}' | '\u{e000}'..='\u{f8ff}')
}

fn fold(character: char) -> Option<char> {
    if is_blank(character) {
        return None;
    }
    Some(match character {
        '「' | '『' | '〝' => '“',
        '」' | '』' | '〞' | '〟' => '”',
        '〔' | '【' | '〖' | '﹝' => '[',
        '〕' | '】' | '〗' | '﹞' => ']',
        '﹙' => '(',
        '﹚' => ')',
        '—' | '–' | '―' | '─' | '‐' | '‑' | '−' | '～' | '〜' | '~' => '-',
        '○' | '◯' | '零' => '〇',
        '﹑' => '、',
        '｡' => '。',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - 0xfee0).unwrap_or(character),
        _ => simplified(character),
    })
}

/// The words that the patterns look for, as traditional texts write them.
const TRADITIONAL: &str = "視视組组黨党問问題题況况進进開开對对於于為为關关個个條条項项聯联電电話话郵邮編编碼码單单責责時时\
報报給给處处紀纪務务誡诫談谈書书長长轉转階阶現现將将專专機机動动縣县區区鎮镇應应與与達达領领導导實实際际無无從从後后歷历\
據据貫贯徹彻認认識识總总監监督督檢检查查縮缩設设議议記记過过撤撤職职級级誤误歸归還还賠赔繳缴損损億亿萬万資资產产繼继續续強强\
幹干部部門门銷销號号檔档證证調调離离開开籍籍訓训評评見见規规則则標标準准間间網网傳传真真點点類类層层針针該该張张計计劃划審审\
醫医環环護护學学習习團团體体質质業业構构東东態态師师廳厅紅红來来員员雲云衛卫華华國国際际義义廣广陽阳寧宁瀋沈濟济貴贵遼辽\
蘇苏隴陇滬沪漢汉馬马龍龙鄉乡紹绍閩闽粵粤臺台灣湾結结約约談谈餘余兩两蘭兰圍围僅仅變变樣样覆复複复歲岁鑒鉴節节維维護护營营\
饋馈佈布眾众歡欢週周覈核準准農农糧粮鹽盐陝陕鄭郑徵征製制併并佔占獻献薦荐擔担樹树憑凭賬账帳账懲惩敗败違违錄录寫写讀读聲声嚴严肅肃緊紧緩缓鬆松軟软紮扎較较遲迟濫滥頒颁遺遗盡尽隊队園园橋桥務务餐餐費费補补貼贴獎奖採采購购標标築筑協协廉廉潔洁風风險险線线聽听取取舉举辦办難难釐厘錯错夠够術术權权類类係系據据顯显繫系";

fn simplified(character: char) -> char {
    use std::sync::LazyLock;
    const FIRST: usize = 0x4e00;
    const LAST: usize = 0x9fff;
    // Every character of every text comes by here: a place for each.
    static FORMS: LazyLock<Vec<char>> = LazyLock::new(|| {
        let mut forms: Vec<char> = ('\u{4e00}'..='\u{9fff}').collect();
        let characters: Vec<char> = TRADITIONAL.chars().filter(|c| !c.is_whitespace()).collect();
        characters.chunks_exact(2).for_each(|pair| forms[pair[0] as usize - FIRST] = pair[1]);
        forms
    });
    if (FIRST..=LAST).contains(&(character as usize)) { FORMS[character as usize - FIRST] } else { character }
}
