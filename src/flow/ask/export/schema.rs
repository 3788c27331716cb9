//! What each table of an export holds. A column is never renamed, and never means something else.

use crate::table::{Column, Kind, Table};

/// What an export is, a paragraph each.
pub const ABOUT: &[&str] = &[
    "Rectification notices (整改情况通报) that public bodies of China published, every version of each, as captured and understood by 回头看 (huitoukan). This is not the official text: the original at each notice's address is. What was understood may be wrong; every value names the characters it rests on.",
    "A cell is empty where the notice does not state it: nothing is invented, and what is inferred is marked. Spans count Unicode characters from 0, within a block of the version's body (table blocks). Days are those of China; moments are in UTC. Private persons' mobile, identity and bank card numbers are masked by asterisks and names of contact persons by 某, character for character, unless the export was made with --unmasked. Of notices that were withdrawn (撤下) there is the row in notices and what happened, and no text, unless it was made with --withdrawn.",
    "In CSV a cell that a spreadsheet would take for a formula begins with an apostrophe. The same store gives the same bytes; datapackage.json (Frictionless Data) holds the length and SHA-256 of every file.",
];

pub const TABLES: &[&Table] =
    &[&NOTICES, &VERSIONS, &BLOCKS, &FIELDS, &CLAIMS, &ITEMS, &MEASURES, &UNFINISHED, &OUTCOMES, &SUMS, &CHANGES, &PASSAGES];

pub(super) const NOTICES: Table = Table {
    name: "notices",
    about: "one address at which a notice stands or stood.",
    chinese: "通报",
    key: &["notice"],
    columns: &[
        column("notice", Kind::Text, "name of the notice: the same on every machine"),
        column("url", Kind::Text, "official address (link to the original)"),
        column("source", Kind::Text, "watched column, as the configuration names it"),
        column("region", Kind::Text, "place from large to small, separated by /"),
        column("sector", Kind::Text, "kind of body (工商联, 卫生健康), as the configuration says"),
        column("title", Kind::Prose, "title as last read, else as listed"),
        column("published", Kind::Day, "day of publication as the page gives it, else as the listing does; not the day of signature"),
        column("first_seen", Kind::Moment, "when it was first seen listed"),
        column("last_seen", Kind::Moment, "when its address last answered well"),
        column("versions", Kind::Integer, "how many versions are kept; 0 where it was never read"),
        column("presence", Kind::Text, "present, missing (not yet proven), withdrawn (proven), moved"),
        column("since", Kind::Moment, "since when it is missing or withdrawn"),
        column("moved_to", Kind::Text, "notice that says the same now, of a moved one"),
        column("copy_of", Kind::Text, "notice that said the same earlier, at another address"),
    ],
};

pub(super) const VERSIONS: Table = Table {
    name: "versions",
    about: "what a notice said from one capture on, as one revision of the reading code understood it; it can be rebuilt from the archived page.",
    chinese: "版本",
    key: &["notice", "version"],
    columns: &[
        column("notice", Kind::Text, "name of the notice: the same on every machine"),
        column("version", Kind::Integer, "number of the version, 1, 2, 3 … by what the site did"),
        column("newest", Kind::Truth, "whether it is the newest version"),
        column("url", Kind::Text, "official address"),
        column("captured_at", Kind::Moment, "when the page was captured"),
        column("snapshot", Kind::Text, "SHA-256 of the page's bytes as archived (WARC)"),
        column("revision", Kind::Integer, "revision of the reading code"),
        column("topic", Kind::Text, "kind of document: rectification, feedback, audit, environment, summary …"),
        column("title", Kind::Prose, "title as the notice gives it"),
        column("issuer", Kind::Prose, "whose notice it is, as named in the title, else in the signature"),
        column("characters", Kind::Integer, "characters of the body without white space"),
        column("items", Kind::Integer, "problems found"),
        column("measures", Kind::Integer, "measures found in them"),
    ],
};

pub(super) const BLOCKS: Table = Table {
    name: "blocks",
    about: "one paragraph, heading or table row of a version's body; spans of other tables count its characters.",
    chinese: "正文段落",
    key: &["notice", "version", "block"],
    columns: &[
        column("notice", Kind::Text, "name of the notice: the same on every machine"),
        column("version", Kind::Integer, "number of the version, 1, 2, 3 … by what the site did"),
        column("block", Kind::Integer, "number of the block, from 0"),
        column("kind", Kind::Text, "paragraph, heading, row"),
        column("text", Kind::Prose, "its text; cells of a row that are not empty are joined by one space"),
    ],
};

pub(super) const FIELDS: Table = Table {
    name: "fields",
    about: "one single-valued field that a version states; fields that it does not state have no row.",
    chinese: "字段",
    key: &["notice", "version", "field"],
    columns: &[
        column("notice", Kind::Text, "name of the notice: the same on every machine"),
        column("version", Kind::Integer, "number of the version, 1, 2, 3 … by what the site did"),
        column("field", Kind::Text, "stable name of the field"),
        column("label", Kind::Text, "its Chinese name"),
        column("value", Kind::Prose, "as understood; days as YYYY-MM-DD"),
        column("inferred", Kind::Truth, "part of the value is a conclusion of ours, such as a year"),
        column("block", Kind::Integer, "block that it rests on (table blocks); empty where it comes from outside the body"),
        column("start", Kind::Integer, "first character in that block, from 0, in Unicode characters"),
        column("end", Kind::Integer, "character after the last one"),
        column("sentence", Kind::Prose, "sentence that states it"),
    ],
};

pub(super) const CLAIMS: Table = Table {
    name: "claims",
    about: "one figure that a version states of itself (问题数, 措施数, 完成率); never mixed with what it prints.",
    chinese: "自述数字",
    key: &["notice", "version", "field"],
    columns: &[
        column("notice", Kind::Text, "name of the notice: the same on every machine"),
        column("version", Kind::Integer, "number of the version, 1, 2, 3 … by what the site did"),
        column("field", Kind::Text, "stable name of the field"),
        column("label", Kind::Text, "its Chinese name"),
        column("value", Kind::Prose, "as understood; days as YYYY-MM-DD"),
        column("inferred", Kind::Truth, "part of the value is a conclusion of ours, such as a year"),
        column("block", Kind::Integer, "block that it rests on (table blocks); empty where it comes from outside the body"),
        column("start", Kind::Integer, "first character in that block, from 0, in Unicode characters"),
        column("end", Kind::Integer, "character after the last one"),
        column("sentence", Kind::Prose, "sentence that states it"),
    ],
};

pub(super) const ITEMS: Table = Table {
    name: "items",
    about: "one problem of a version, at the finest level at which a problem stands with its rectification.",
    chinese: "问题",
    key: &["notice", "version", "item_id"],
    columns: &[
        column("notice", Kind::Text, "name of the notice: the same on every machine"),
        column("version", Kind::Integer, "number of the version, 1, 2, 3 … by what the site did"),
        column("item_id", Kind::Text, "name of the problem, made from its words: a new numbering never changes it"),
        column("ordinal", Kind::Integer, "place among the items of the version, from 1"),
        column("item", Kind::Text, "number as a reader says it: 3(2); not unique where the notice misnumbers"),
        column("path", Kind::Text, "numbers along the way as printed, separated by one space"),
        column("heading", Kind::Prose, "heading of the item"),
        column("problem", Kind::Prose, "problem as quoted in it"),
        column("rectification", Kind::Prose, "all that is told of the rectification"),
        column("measures", Kind::Integer, "how many measures are told"),
        column("status", Kind::Text, "done, partial, open, standing; empty where the notice marks none"),
        column("status_as_written", Kind::Prose, "the mark as printed"),
        column("responsible_unit", Kind::Prose, "unit responsible, where stated"),
        column("responsible_person", Kind::Prose, "person responsible, where stated"),
        column("deadline", Kind::Day, "day that the notice itself sets"),
        column("deadline_inferred", Kind::Truth, "part of that day is a conclusion of ours"),
        column("heading_block", Kind::Integer, "block that it rests on (table blocks); empty where it comes from outside the body"),
        column("heading_start", Kind::Integer, "first character in that block, from 0, in Unicode characters"),
        column("heading_end", Kind::Integer, "character after the last one"),
        column("problem_block", Kind::Integer, "block that it rests on (table blocks); empty where it comes from outside the body"),
        column("problem_start", Kind::Integer, "first character in that block, from 0, in Unicode characters"),
        column("problem_end", Kind::Integer, "character after the last one"),
        column("status_block", Kind::Integer, "block that it rests on (table blocks); empty where it comes from outside the body"),
        column("status_start", Kind::Integer, "first character in that block, from 0, in Unicode characters"),
        column("status_end", Kind::Integer, "character after the last one"),
        column("deadline_block", Kind::Integer, "block that it rests on (table blocks); empty where it comes from outside the body"),
        column("deadline_start", Kind::Integer, "first character in that block, from 0, in Unicode characters"),
        column("deadline_end", Kind::Integer, "character after the last one"),
    ],
};

pub(super) const MEASURES: Table = Table {
    name: "measures",
    about: "one measure of a problem (一是, 二是 …); a rectification without marks is one measure.",
    chinese: "措施",
    key: &["notice", "version", "item_id", "number"],
    columns: &[
        column("notice", Kind::Text, "name of the notice: the same on every machine"),
        column("version", Kind::Integer, "number of the version, 1, 2, 3 … by what the site did"),
        column("item_id", Kind::Text, "problem that it belongs to"),
        column("number", Kind::Integer, "place among the measures of the problem, from 1"),
        column("text", Kind::Prose, "its text"),
        column("block", Kind::Integer, "block that it rests on (table blocks); empty where it comes from outside the body"),
        column("start", Kind::Integer, "first character in that block, from 0, in Unicode characters"),
        column("end", Kind::Integer, "character after the last one"),
    ],
};

pub(super) const UNFINISHED: Table = Table {
    name: "unfinished",
    about: "one matter that a version itself says is not finished.",
    chinese: "未完成事项",
    key: &["notice", "version", "ordinal"],
    columns: &[
        column("notice", Kind::Text, "name of the notice: the same on every machine"),
        column("version", Kind::Integer, "number of the version, 1, 2, 3 … by what the site did"),
        column("ordinal", Kind::Integer, "place, from 1"),
        column("item_id", Kind::Text, "name of the matter; that of the problem where it is told in the same words"),
        column("problem", Kind::Prose, "the matter"),
        column("reason", Kind::Prose, "why it is not finished, where stated"),
        column("next_steps", Kind::Prose, "what comes next, where stated"),
        column("deadline", Kind::Day, "day that the notice itself sets"),
        column("deadline_inferred", Kind::Truth, "part of that day is a conclusion of ours"),
        column("block", Kind::Integer, "block that it rests on (table blocks); empty where it comes from outside the body"),
        column("start", Kind::Integer, "first character in that block, from 0, in Unicode characters"),
        column("end", Kind::Integer, "character after the last one"),
    ],
};

pub(super) const OUTCOMES: Table = Table {
    name: "outcomes",
    about: "one figure of discipline, accountability or money for the rectification as a whole.",
    chinese: "处理结果",
    key: &["notice", "version", "ordinal"],
    columns: &[
        column("notice", Kind::Text, "name of the notice: the same on every machine"),
        column("version", Kind::Integer, "number of the version, 1, 2, 3 … by what the site did"),
        column("ordinal", Kind::Integer, "place, from 1"),
        column("what", Kind::Prose, "what is counted: 党纪处分, 挽回资金损失"),
        column("count", Kind::Number, "as printed, never converted: 6.94 of 6.94万元"),
        column("unit", Kind::Text, "人, 人次, 项, 万元"),
        column("approximate", Kind::Text, "近, 余, 约, 多 where printed"),
        column("part_of", Kind::Prose, "the outcome that it is a part of"),
        column("sentence", Kind::Prose, "sentence that states it"),
        column("block", Kind::Integer, "block that it rests on (table blocks); empty where it comes from outside the body"),
        column("start", Kind::Integer, "first character in that block, from 0, in Unicode characters"),
        column("end", Kind::Integer, "character after the last one"),
    ],
};

pub(super) const SUMS: Table = Table {
    name: "sums",
    about: "one total that a version prints with its parts.",
    chinese: "合计",
    key: &["notice", "version", "ordinal"],
    columns: &[
        column("notice", Kind::Text, "name of the notice: the same on every machine"),
        column("version", Kind::Integer, "number of the version, 1, 2, 3 … by what the site did"),
        column("ordinal", Kind::Integer, "place, from 1"),
        column("total", Kind::Prose, "what is totalled"),
        column("count", Kind::Number, "the total as printed"),
        column("parts", Kind::Text, "its parts, separated by one space"),
        column("holds", Kind::Truth, "whether the parts make the total; parts named by way of example need not"),
        column("sentence", Kind::Prose, "sentence that states it"),
        column("block", Kind::Integer, "block that it rests on (table blocks); empty where it comes from outside the body"),
        column("start", Kind::Integer, "first character in that block, from 0, in Unicode characters"),
        column("end", Kind::Integer, "character after the last one"),
    ],
};

pub(super) const CHANGES: Table = Table {
    name: "changes",
    about: "one thing that a site did, in the order in which it was found out.",
    chinese: "变动",
    key: &["change"],
    columns: &[
        column("change", Kind::Integer, "number, 1, 2, 3 … in the order of discovery"),
        column("at", Kind::Moment, "when it was found out"),
        column("kind", Kind::Text, "published, edited, withdrawn, restored, moved, baseline, ailing, recovered"),
        column("source", Kind::Text, "watched column"),
        column("notice", Kind::Text, "notice that it happened to; empty of what happened to a source"),
        column("from", Kind::Integer, "version before an edit"),
        column("to", Kind::Integer, "version after it, or the version published or restored"),
        column("moved_to", Kind::Text, "notice at the new address, of a move"),
        column("last_seen", Kind::Moment, "when a withdrawn notice last answered"),
        column("looks", Kind::Integer, "looks that proved the withdrawal"),
    ],
};

pub(super) const PASSAGES: Table = Table {
    name: "passages",
    about: "one difference between two versions that follow each other: a field, an item, or a passage of text.",
    chinese: "改动处",
    key: &["notice", "to", "ordinal"],
    columns: &[
        column("notice", Kind::Text, "name of the notice"),
        column("from", Kind::Integer, "version before"),
        column("to", Kind::Integer, "version after"),
        column("ordinal", Kind::Integer, "place among the differences of the two, from 1"),
        column("what", Kind::Text, "field, item, passage"),
        column("name", Kind::Prose, "field's name; item's number and heading; heading that the passage stands under"),
        column(
            "change",
            Kind::Text,
            "changed, added, removed; of items also status, deadline, measures, responsible_unit, responsible_person, split_from, merged_into",
        ),
        column("before", Kind::Prose, "what it said; empty where it was added"),
        column("after", Kind::Prose, "what it says; empty where it was removed"),
    ],
};

const fn column(name: &'static str, kind: Kind, about: &'static str) -> Column {
    Column { name, kind, about }
}
