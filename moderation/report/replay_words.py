"""Words of the page about a replay, in Chinese and English."""

from __future__ import annotations

from types import SimpleNamespace

from moderation.explain import Lang

_WORDS = {
    "title": ("策略重放", "Replay of a policy"),
    "policy": ("策略", "Policy"),
    "recorded": ("各结论所记录的策略", "the policy that each verdict names"),
    "as_of": ("规则日期", "Rules as of"),
    "now": ("现在", "now"),
    "then": ("各结论作出之时", "each verdict's own day"),
    "since": ("起", "Since"),
    "until": ("止", "Until"),
    "judged": ("重新审核的笔记", "notes judged again"),
    "flips": ("结论改变", "decided otherwise"),
    "stricter": ("更严", "stricter"),
    "milder": ("更宽", "milder"),
    "reviews": ("需人工审核（此前 → 此后）", "cases for a person, before → after"),
    "hours": ("{:+,.1f} 小时", "{:+,.1f} hours"),
    "assumed": (
        "其中 {} 条结论未记录笔记类型与品牌，按普通笔记处理。",
        "The verdicts of {} notes do not say what they were; taken for ordinary notes without a "
        "brand.",
    ),
    "model": ("重新阅读文字的模型", "Words read anew by"),
    "instead_of": ("代替", "in place of"),
    "nobody": ("（当时无人阅读）", "nobody"),
    "words": ("文字是否重新阅读", "Words read anew"),
    "read": ("已重新阅读", "read anew"),
    "words_alone": ("仅作者文字，图中文字未知", "the author's words, not what pictures say"),
    "from_pictures": (
        "否：原发现来自未知的图中文字",
        "no: findings came from unknown words in pictures",
    ),
    "edited": ("否：文字与当时审核的不同", "no: the words are not those that were judged"),
    "absent": ("否：所给档案中没有该笔记", "no: the note was not given"),
    "exceeded": ("超出限制", "Beyond the limit"),
    "decisions": ("结论", "Decisions"),
    "rules": ("说法改变的规则", "Rules that say another word"),
    "reasons": ("原因", "Reasons"),
    "months": ("按月", "By month"),
    "languages": ("按语言", "By language"),
    "author_sizes": ("按作者在此的笔记数", "By how many notes of the author are here"),
    "before": ("此前", "Before"),
    "after": ("此后", "After"),
    "notes": ("笔记数", "Notes"),
    "examples": ("示例", "Examples"),
    "rule": ("规则", "Rule"),
    "reason": ("原因", "Reason"),
    "unknown": ("未注明", "not said"),
    "caution": (
        "只重新应用规则：谁在先、多少作者展示过同一图片，均按当时的统计；限流与刷屏处置两边都不计。",
        "Rules alone are applied again. Who was first, and how many authors show a picture, stay "
        "as they were counted then; brake and flood are left out on both sides.",
    ),
}


def replay_words_of(lang: Lang) -> SimpleNamespace:
    """Every word of the page by its name."""
    column = 0 if lang == "zh" else 1
    return SimpleNamespace(**{name: pair[column] for name, pair in _WORDS.items()})
