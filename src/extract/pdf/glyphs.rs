//! Characters as fonts name them to characters as people write them.

/// The 214 Kangxi radicals (U+2F00…) as the characters that they look like. Where a font has one glyph for a radical and a
/// character, PDFs often name the radical. 户 and 青 as they are printed in China, not as Unicode decomposes them.
const KANGXI: &str = "一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山巛工己巾干幺广廴廾弋弓彐\
彡彳心戈户手支攴文斗斤方无日曰月木欠止歹殳毋比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿目矛矢石示禸禾穴立竹米糸缶网羊羽老而\
耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛辰辵邑酉釆里金長門阜隶隹雨青非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚\
鳥鹵鹿麥麻黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠";

/// Of the supplement (U+2E80…) those that are characters of their own.
const SUPPLEMENT: [(char, char); 39] = [
    ('⺁', '厂'),
    ('⺇', '几'),
    ('⺈', '刀'),
    ('⺋', '卩'),
    ('⺝', '月'),
    ('⺟', '母'),
    ('⺠', '民'),
    ('⺢', '水'),
    ('⺬', '示'),
    ('⺮', '竹'),
    ('⺷', '羊'),
    ('⺼', '肉'),
    ('⻁', '虎'),
    ('⻄', '西'),
    ('⻅', '见'),
    ('⻆', '角'),
    ('⻉', '贝'),
    ('⻊', '足'),
    ('⻋', '车'),
    ('⻑', '長'),
    ('⻓', '长'),
    ('⻔', '门'),
    ('⻗', '雨'),
    ('⻘', '青'),
    ('⻙', '韦'),
    ('⻚', '页'),
    ('⻛', '风'),
    ('⻜', '飞'),
    ('⻝', '食'),
    ('⻢', '马'),
    ('⻣', '骨'),
    ('⻤', '鬼'),
    ('⻥', '鱼'),
    ('⻦', '鸟'),
    ('⻨', '麦'),
    ('⻩', '黄'),
    ('⻬', '齐'),
    ('⻮', '齿'),
    ('⻰', '龙'),
];

/// Forms of marks for vertical lines (U+FE10…, U+FE30…) and ligatures of Latin letters.
const FORMS: [(char, &str); 31] = [
    ('︐', "，"),
    ('︑', "、"),
    ('︒', "。"),
    ('︓', "："),
    ('︔', "；"),
    ('︕', "！"),
    ('︖', "？"),
    ('︗', "〖"),
    ('︘', "〗"),
    ('︙', "…"),
    ('︱', "—"),
    ('︵', "（"),
    ('︶', "）"),
    ('︷', "｛"),
    ('︸', "｝"),
    ('︹', "〔"),
    ('︺', "〕"),
    ('︻', "【"),
    ('︼', "】"),
    ('︽', "《"),
    ('︾', "》"),
    ('︿', "〈"),
    ('﹀', "〉"),
    ('﹁', "「"),
    ('﹂', "」"),
    ('ﬀ', "ff"),
    ('ﬁ', "fi"),
    ('ﬂ', "fl"),
    ('ﬃ', "ffi"),
    ('ﬄ', "ffl"),
    ('⻳', "龟"),
];

/// Appends a word's characters as people write them. Marks of direction, soft hyphens and controls go.
pub(super) fn append(text: &str, to: &mut String) {
    for character in text.chars() {
        match character {
            '\u{2F00}'..='\u{2FD5}' => to.extend(KANGXI.chars().nth(character as usize - 0x2F00)),
            '\u{2E80}'..='\u{2EF2}' => {
                to.push(SUPPLEMENT.iter().find(|(form, _)| *form == character).map_or(character, |(_, plain)| *plain))
            }
            '\u{FE10}'..='\u{FE19}' | '\u{FE30}'..='\u{FE44}' | '\u{FB00}'..='\u{FB04}' | '⻳' => {
                match FORMS.iter().find(|(form, _)| *form == character) {
                    Some((_, plain)) => to.push_str(plain),
                    None => to.push(character),
                }
            }
            '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}' => {}
            _ if character.is_control() => {}
            _ => to.push(character),
        }
    }
}

/// Whether a font kept for itself what this character is: private use, or nothing at all.
pub(super) fn is_unknown(character: char) -> bool {
    matches!(character, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFD}' | '\u{FFFD}')
}

/// As wide as it is high: Chinese characters and the marks between them.
pub(super) fn is_wide(character: char) -> bool {
    matches!(character, '\u{1100}'..='\u{115F}' | '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}' | '\u{FF01}'..='\u{FF60}' | '\u{FFE0}'..='\u{FFE6}' | '\u{20000}'..='\u{3FFFD}'
        | '“' | '”' | '‘' | '’' | '…' | '—' | '①'..='⓿' | '\u{E000}'..='\u{F8FF}')
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut plain = String::new();
        super::append(text, &mut plain);
        assert_eq!(plain, expected, "{text:?}");
    }

    #[test]
    fn radicals_are_written_as_characters() {
        check("⼀⽅⾯⽤⼾⻘⺠⻓⿓⿕", "一方面用户青民长龍龠");
        assert_eq!(super::KANGXI.chars().count(), 214);
    }

    #[test]
    fn forms_of_vertical_lines_and_ligatures_are_undone_and_full_width_marks_stay() {
        check("︵一︶ﬁnal，（２０２４）", "（一）final，（２０２４）");
    }

    #[test]
    fn what_nobody_sees_is_dropped() {
        check("整\u{200b}改\u{ad}\u{202e}\u{1}", "整改");
    }
}
