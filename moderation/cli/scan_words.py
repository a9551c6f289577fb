"""What `moderation scan` says to people, in both languages."""

from __future__ import annotations

from moderation.explain.names import Phrase

OBSERVED = Phrase(
    "observed: {rows:,} rows ({new:,} of them now), {pictures:,} pictures",
    "已观测 {rows:,} 行（本次 {new:,} 行），图片 {pictures:,} 张",
)
UNDECODABLE = Phrase("pictures that cannot be read: {count:,}", "无法读取的图片：{count:,} 张")
UNANSWERED = Phrase(
    "answers that detectors owe: {count:,}; the column `failures` names them",
    "检测器未给出的结果：{count:,} 项，见 `failures` 列",
)
TIME_IS_UP = Phrase(
    "time was up before the archive was; run it again to go on",
    "时间已到，归档尚未全部处理；再次运行即可继续",
)
KEPT_IN = Phrase("kept in {folder}", "已保存到 {folder}")
LAYING_OUT = Phrase(
    "writing what is searched among; this takes a while",
    "正在写入用于检索的索引，请稍候",
)
PAIRED = Phrase(
    "paired: {pictures:,} pictures ({new:,} of them now)",
    "已比对图片 {pictures:,} 张（本次 {new:,} 张）",
)
SHOWING = Phrase(
    "{showing:,} show an earlier picture, of {tried:,} that had a candidate",
    "其中 {tried:,} 张有候选，{showing:,} 张确实包含更早发布的图片",
)
RECALL = Phrase(
    "descriptors: {found:,} of the {of:,} nearest of a sample are found ({share:.1%})",
    "描述子检索：抽样的 {of:,} 个最近邻中找到 {found:,} 个（{share:.1%}）",
)
NOT_SEARCHED = Phrase(
    "pictures that could not be compared: {count:,}; the column `failure` says why",
    "无法比对的图片：{count:,} 张，原因见 `failure` 列",
)
VERDICTS_IN = Phrase("verdicts: {file}", "判定结果：{file}")
JUDGED_IN = Phrase(
    "for `audit`, `review` and `replay`: {folder}", "可用于审计、复核与重放：{folder}"
)
REFERRED = Phrase(
    "serious: {serious:,}; brought before people: {referred:,}; left for later: {left:,}; "
    "waiting there already: {waiting:,}; answered: {answered:,}; edited since: {edited:,}",
    "需关注 {serious:,} 条：已提交人工 {referred:,}，留待以后 {left:,}，已在等待 {waiting:,}，"
    "已有人工结论 {answered:,}，之后已编辑 {edited:,}",
)
FORGOTTEN = Phrase(
    "forgotten: {notes:,} observed notes, {pictures:,} pictures",
    "已遗忘：观测笔记 {notes:,} 条，图片 {pictures:,} 张",
)
RUN_AGAIN = Phrase(
    "removed what was made of them: {removed}; run the scan again for what remains",
    "已移除由其得出的内容：{removed}；再次运行扫描即可重新得到其余部分",
)
NOT_KNOWN = Phrase(
    "the register may not be written, so it does not know of {place}: forget there by hand, with "
    "`moderation scan forget`",
    "登记库不可写，无法记录 {place}：如需删除请在该处运行 `moderation scan forget`",
)
