"""What `model evaluate note-reader` says, in both languages."""

from __future__ import annotations

from moderation.explain.names import Phrase

HEAD_MEASURE = Phrase("measure", "指标")
HEAD_VALUE = Phrase("value", "数值")
HEAD_INTERVAL = Phrase("95 % interval", "95% 区间")
HEAD_GROUP = Phrase("notes", "笔记分组")
HEAD_NOTES = Phrase("number", "篇数")
HEAD_AUC = Phrase("AUC", "AUC")
HEAD_WRONGLY = Phrase("natives called commercial", "原生笔记被判为商业")

COMMERCIAL_AUC = Phrase("commercial or not, AUC", "是否商业，AUC")
COMMERCIAL_F1 = Phrase("commercial or not, F1", "是否商业，F1")
SALE_AUC = Phrase("hard sell or not, AUC", "是否硬广，AUC")
SALE_F1 = Phrase("hard sell, F1", "硬广，F1")
CLEAR_F1 = Phrase("clear disclosure, F1", "清楚申明，F1")

AT_ONE_PERCENT = Phrase(
    "Commercial: with 1 % of the others flagged, {recall} are found (from {threshold} on); where 1 "
    "in 100 notes is commercial, {precision} of the flags are right.",
    "商业笔记：误报率 1% 时召回 {recall}（阈值 {threshold}）；若每百篇有 1 篇商业笔记，"
    "标记的正确率为 {precision}。",
)
SALE_AT_ONE_PERCENT = Phrase(
    "Hard sell: with 1 % of the others flagged, {recall} are found (from {threshold} on); where 1 "
    "in 100 notes is one, {precision} of the flags are right.",
    "硬广：误报率 1% 时召回 {recall}（阈值 {threshold}）；若每百篇有 1 篇硬广，"
    "标记的正确率为 {precision}。",
)
CALIBRATION = Phrase(
    "Probabilities of commercial are wrong by {error} on average.",
    "商业概率的平均校准误差为 {error}。",
)
READ = Phrase("{notes} notes read by {reader}", "已由 {reader} 阅读 {notes} 篇笔记")
WAYS_OUT = Phrase(
    "Of {notes} notes that lead readers away {found} are found; of {natives} natives that do not, "
    "{flagged} are flagged",
    "{notes} 篇引流笔记中找到 {found} 篇；{natives} 篇不引流的原生笔记中误标 {flagged} 篇",
)
LEFT_OUT = Phrase(
    "{number} lines have no label that is known here", "{number} 行没有可识别的标签，已略过"
)
