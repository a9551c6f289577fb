"""What `moderation replay` says to people, in both languages."""

from __future__ import annotations

from moderation.explain.names import Phrase
from moderation.replay.answers import How

RECORDED = Phrase("the policy that each verdict names", "各结论所记录的策略")
JUDGED = Phrase(
    "notes judged again: {judged:,}, by {policy}", "重新审核笔记：{judged:,}，依据 {policy}"
)
DIFFER = Phrase(
    "decided otherwise: {flips:,} ({share}), stricter {stricter:,}, milder {milder:,}",
    "结论改变：{flips:,}（{share}），更严 {stricter:,}，更宽 {milder:,}",
)
ASSUMED = Phrase(
    "taken for ordinary notes without a brand, as their verdicts do not say: {count:,}",
    "结论未记录笔记类型与品牌、按普通笔记处理：{count:,}",
)
REVIEWS = Phrase(
    "cases for a person: {before:,} before, {after:,} after ({hours:+,.1f} h)",
    "需人工审核：此前 {before:,}，此后 {after:,}（{hours:+,.1f} 小时）",
)
HEAD_BEFORE = Phrase("Before", "此前")
HEAD_AFTER = Phrase("After", "此后")
HEAD_NOTES = Phrase("Notes", "笔记数")
HEAD_EXAMPLES = Phrase("Examples", "示例")
HEAD_RULE = Phrase("Rule", "规则")
EXCEEDED = Phrase("beyond the limit: {limit}", "超出限制：{limit}")
MODEL = Phrase("read anew by {detector}", "由 {detector} 重新阅读")
INSTEAD_OF = Phrase("in place of {reader}: {notes:,}", "代替 {reader}：{notes:,}")
NOBODY = Phrase("nobody", "（当时无人阅读）")
HOW = {
    How.READ: Phrase("words read anew: {notes:,}", "文字已重新阅读：{notes:,}"),
    How.WORDS_ALONE: Phrase(
        "of these notes the author's words alone, not what their pictures say: {notes:,}",
        "仅重新阅读作者文字、图中文字未知：{notes:,}",
    ),
    How.FROM_PICTURES: Phrase(
        "not read anew, since findings came from unknown words in pictures: {notes:,}",
        "未重新阅读，原发现来自未知的图中文字：{notes:,}",
    ),
    How.EDITED: Phrase(
        "not read anew, since the words are not those that were judged: {notes:,}",
        "未重新阅读，文字与当时审核的不同：{notes:,}",
    ),
    How.ABSENT: Phrase(
        "not read anew, since the note was not given: {notes:,}",
        "未重新阅读，所给档案中没有该笔记：{notes:,}",
    ),
}
