"""What the commands on banks and templates say to people, in both languages."""

from __future__ import annotations

from moderation.explain.names import Phrase
from moderation.store import Ground, ProposalState

HEAD_BANK = Phrase("Bank", "名单")
HEAD_PICTURES = Phrase("Pictures", "图片")
HEAD_IN_FORCE = Phrase("In force", "生效中")
HEAD_ENTRY = Phrase("Entry", "条目")
HEAD_TITLE = Phrase("Picture", "图片")
HEAD_UNTIL = Phrase("Until (UTC)", "截止 (UTC)")
HEAD_REASON = Phrase("Reason", "理由")
HEAD_BY = Phrase("By", "经办人")
HEAD_WORKS = Phrase("Works", "作品")
HEAD_WORK = Phrase("Work", "作品")
HEAD_STATE = Phrase("State", "状态")
HEAD_GROUND = Phrase("Ground", "依据")
HEAD_AUTHORS = Phrase("Authors", "作者数")
HEAD_ATTEMPTS = Phrase("Attempts", "尝试数")
HEAD_SEE = Phrase("See", "查看")
HEAD_WHEN = Phrase("When (UTC)", "时间 (UTC)")
HEAD_ACTION = Phrase("Action", "操作")
HEAD_SUBJECT = Phrase("Subject", "对象")
HEAD_DETAIL = Phrase("Detail", "详情")
FOR_GOOD = Phrase("no end", "无截止")

NO_BANKS = Phrase("no bank in this register", "此登记库中没有名单")
BANKED = Phrase(
    "{bank}: {title} is entry {entry}, free to show{until}",
    "{bank}：{title} 为第 {entry} 条，可自由使用{until}",
)
BANKED_AGAIN = Phrase(
    "{bank}: {title} was entry {entry} already; reason and end are now those given{until}",
    "{bank}：{title} 已是第 {entry} 条；理由与截止日期已更新{until}",
)
CONFLICT = Phrase(
    "conflict: {author} proved work {work} ({proof}), which shows the same picture; the proof wins",
    "冲突：{author} 已对作品 {work} 提供外部证明（{proof}），该作品与此图相同；以证明为准",
)
EXPIRED = Phrase(
    "{bank}: free until {at} only (pictures: {pictures:,}); the audit stays",
    "{bank}：{pictures:,} 张图片仅可自由使用至 {at}；审核记录保留",
)
TAKEN_OUT = Phrase(
    "{bank}: taken out (pictures: {pictures:,}); the audit stays",
    "{bank}：已移出 {pictures:,} 张图片；审核记录保留",
)
IMPORTED = Phrase("{bank}: taken in (pictures: {pictures:,})", "{bank}：已导入 {pictures:,} 张图片")
EXPORTED = Phrase(
    "{bank}: written to {path} (pictures: {pictures:,})",
    "{bank}：已将 {pictures:,} 张图片写入 {path}",
)

STATES = {
    ProposalState.PROPOSED: Phrase("proposed", "待认定"),
    ProposalState.ACCEPTED: Phrase("accepted", "已认定"),
    ProposalState.REJECTED: Phrase("rejected", "已驳回"),
    ProposalState.CONTESTED: Phrase("contested", "有争议"),
}
PROTECTED = Phrase("proposed again (protected)", "再次待认定（受保护）")
GROUNDS = {
    Ground.SHOWINGS: Phrase("shown by many", "多人发布"),
    Ground.ATTEMPTS: Phrase("tried by many", "多人尝试"),
    Ground.EXEMPTION: Phrase("exempt, then proven", "豁免后出现证明"),
}
NO_PROPOSALS = Phrase("nothing waits for a decision", "没有待认定的提议")
NO_RULINGS = Phrase("nothing was decided yet", "尚无认定记录")
ACCEPTED = Phrase(
    "work {work} is a template: everybody may show it{until}",
    "作品 {work} 已认定为公用模板：所有人均可使用{until}",
)
REJECTED = Phrase(
    "work {work} is no template: it stays protected, however many show it",
    "作品 {work} 不是公用模板：无论多少人发布，均继续受保护",
)
FOUND = Phrase("newly proposed works: {works:,}", "新提议的作品：{works:,}")
CONTESTED = Phrase(
    "work {work} was exempt: the proof ends that; decide again with `templates accept` or `reject`",
    "作品 {work} 此前已豁免：该证明使豁免终止；请用 `templates accept` 或 `reject` 重新认定",
)
