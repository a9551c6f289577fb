"""What the commands on moderators' answers say to people, in both languages."""

from __future__ import annotations

from moderation.explain.names import Phrase
from moderation.store import Answer
from moderation.training.moderator_rows import LeftOut

HEAD_NUMBER = Phrase("Answer", "答复")
HEAD_WHEN = Phrase("When (UTC)", "时间 (UTC)")
HEAD_NOTE = Phrase("Note", "笔记")
HEAD_GATE = Phrase("Gate", "机器结论")
HEAD_BY = Phrase("By", "经办人")
HEAD_SAYS = Phrase("Says", "意见")
HEAD_LABEL = Phrase("Label", "标注")
HEAD_REASON = Phrase("Reason", "理由")

ANSWERS = {
    Answer.CONFIRMED: Phrase("confirmed", "维持"),
    Answer.OVERTURNED: Phrase("overturned", "推翻"),
}
SETTLES = Phrase("settles", "终结分歧")
RECORDED = Phrase(
    "answer {number}: {by} on the verdict ({decision}) on {note}",
    "第 {number} 条答复：{by} 就 {note} 的结论（{decision}）",
)
RECORDED_MANY = Phrase("answers recorded: {number:,}", "已记录答复：{number:,}")
NO_REVIEWS = Phrase("no answer of that kind in this register", "此登记库中没有符合条件的答复")
MORE = Phrase("there may be more: --before {number}", "可能还有更多：--before {number}")

EXPORTED = Phrase(
    "written to {path}: {rows:,} rows of {texts:,} texts that people answered about",
    "已写入 {path}：人工答复过的 {texts:,} 条文本中的 {rows:,} 行",
)
BY_DECISION = Phrase(
    "what the gate had decided about the rows: {counts}", "这些行的机器结论：{counts}"
)
LEFT_OUT = {
    LeftOut.MISSING: Phrase(
        "left out, not in these archives: {number:,}", "略去，所给归档中没有：{number:,}"
    ),
    LeftOut.EDITED: Phrase(
        "left out, other words than those judged: {number:,}",
        "略去，文字与审核时不同：{number:,}",
    ),
    LeftOut.DISAGREEMENT: Phrase(
        "left out, people disagree: {number:,}; a third answer with --settles ends it",
        "略去，意见不一：{number:,}；再给出一条带 --settles 的答复即可终结",
    ),
    LeftOut.INTENT_UNKNOWN: Phrase(
        "left out, nobody says what the text is: {number:,}; answer again with --intent",
        "略去，无人说明文本意图：{number:,}；请带 --intent 重新答复",
    ),
    LeftOut.DISCLOSURE_UNKNOWN: Phrase(
        "left out, nobody says whether it is disclosed: {number:,}; answer again with --disclosure",
        "略去，无人说明是否申明利益关系：{number:,}；请带 --disclosure 重新答复",
    ),
}
UNREAD = Phrase(
    "rows of {source} that could not be read: {number:,}", "{source} 中无法读取的行：{number:,}"
)
NONE_PASSED = Phrase(
    "no row is of a note that the gate had let pass: a reader that only sees flagged notes learns "
    "a biased world; let people answer about a random sample of passes, too",
    "所有行都来自被机器拦下的笔记：只看这类笔记，学到的世界是偏的；"
    "请随机抽取一些已通过的笔记一并人工答复",
)
LETTER = Phrase("{heading}: written to {path}", "{heading}：已写入 {path}")
LETTER_NO_NOTE = Phrase(
    "note {note} is not in that archive: the page quotes the verdict alone",
    "归档中没有笔记 {note}：页面仅引用结论中的内容",
)
LETTER_REVISION = Phrase(
    "the note at hand is revision {at_hand}, the verdict is on revision {judged}: the page does "
    "not show it",
    "现有笔记为第 {at_hand} 版，结论针对第 {judged} 版：页面不予展示",
)
DECISIONS = Phrase(
    "written to {path}: {rows:,} decisions that are in force",
    "已写入 {path}：{rows:,} 条已生效的人工决定",
)
PSEUDONYMS = Phrase(
    "people and notes have pseudonyms, which this register alone can give; they are personal data "
    "for whoever has it",
    "人员与笔记均以代号表示，代号只有本登记库才能生成；对持有登记库的人而言仍属个人数据",
)
WITH_NAMES = Phrase(
    "the file names people, and holds what moderators wrote: delete it when it has served",
    "文件中有真实名称和审核员所写内容：用毕请删除",
)
PERSONAL = Phrase(
    "the file holds people's notes: delete it when you have learnt from it, and export anew "
    "after somebody was forgotten",
    "文件中是他人的笔记：训练完成后请删除；有人行使遗忘权之后请重新导出",
)
