"""What `moderation shadow` says to people, in both languages."""

from __future__ import annotations

from moderation.explain.names import Phrase

NO_SHADOWS = Phrase(
    "no other policy has judged anything here in the shadow", "此处没有任何影子策略的判定记录"
)
JUDGED = Phrase(
    "judged in the shadow: {judged:,}, of these different: {differ:,} ({share}); {first} to {last} "
    "(UTC)",
    "影子判定 {judged:,} 次，其中结论不同 {differ:,} 次（{share}）；{first} 至 {last}（UTC）",
)
BESIDE = Phrase("beside {live}, {digest}", "对照生效策略 {live}，{digest}")
HEAD_RULE = Phrase("Rule", "规则")
HEAD_LIVE = Phrase("Live", "现行")
HEAD_SHADOW = Phrase("Shadow", "影子")
HEAD_VERDICTS = Phrase("Verdicts", "判定数")
HEAD_EXAMPLES = Phrase("Examples", "示例")
