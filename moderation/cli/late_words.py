"""Words about what is told late, appeals, and what is forgotten, in both languages."""

from __future__ import annotations

from moderation.explain.names import Phrase
from moderation.store import Reach

FOLLOWED = Phrase(
    "verdicts that follow: {freed:,} freed, {referred:,} to a person, {same:,} as before",
    "随之变更的结论：解除 {freed:,} 条，转人工 {referred:,} 条，维持不变 {same:,} 条",
)
WOULD_FOLLOW = Phrase(
    "nothing was written; verdicts would follow: {freed:,} freed, {referred:,} to a person, "
    "{same:,} as before",
    "未写入任何内容；将变更的结论：解除 {freed:,} 条，转人工 {referred:,} 条，维持不变 {same:,} 条",
)
UNJUDGED = Phrase(
    "{number:,} notes of an archive show it without a verdict: `moderation check --dry-run` or a "
    "scan says what becomes of them",
    "另有 {number:,} 篇归档笔记展示该作品但没有结论：可用 `moderation check --dry-run` 或扫描查看",
)
LEFT = Phrase(
    "{number:,} would be harder and were left: what was told accuses nobody; a scan finds them",
    "{number:,} 条本应更严但未改动：此次登记不指责任何人；可由扫描发现",
)
UNKNOWN_POLICY = Phrase(
    "{number:,} were left: the register does not keep the policy that they name",
    "{number:,} 条未改动：登记库未保存其所依据的策略",
)
WITHDRAWN = Phrase(
    "{author} no longer holds the claim ({basis}) to {note} #{number}",
    "{author} 对 {note} #{number} 的登记（{basis}）已撤回",
)
HEAD_BEFORE = Phrase("Before", "原结论")
HEAD_AFTER = Phrase("Now", "现结论")

APPEAL = Phrase(
    "a_{number}: {author} on {note}, verdict v_{verdict} ({decision}), {at}",
    "a_{number}：{author}，笔记 {note}，结论 v_{verdict}（{decision}），{at}",
)
NO_APPEALS = Phrase("no appeal waits", "没有待处理的申诉")
APPEAL_UPHELD = Phrase(
    "a_{number} decided by {by}: the verdict on {note} stands",
    "a_{number} 已由 {by} 裁定：{note} 的结论维持",
)
APPEAL_OVERTURNED = Phrase(
    "a_{number} decided by {by}: {note} is now {decision} (v_{verdict})",
    "a_{number} 已由 {by} 裁定：{note} 现为{decision}（v_{verdict}）",
)
COUNTER_EXAMPLES = Phrase(
    "{pairs:,} pairs of pictures that people told apart, written to {path}",
    "已写入 {pairs:,} 对经人工区分的图片：{path}",
)

REACH = {
    Reach.REACHED: Phrase("gone", "已删除"),
    Reach.NOT_REACHED: Phrase("NOT reached: {hint}", "未触及：{hint}"),
    Reach.REPLAYED: Phrase(
        "still holds it until it expires; whoever restores it forgets again first",
        "在到期前仍含有该数据；恢复时会先再次删除",
    ),
}
PLACE = Phrase("{kind} {place}: {state}", "{kind} {place}：{state}")
REPLAYED = Phrase(
    "forgotten again: {number:,} of {lines:,} on the list",
    "已再次删除：名单 {lines:,} 项中的 {number:,} 项",
)
LIST_WRITTEN = Phrase(
    "{path}: {lines:,} receipts, no names",
    "{path}：{lines:,} 份回执，不含名称",
)
