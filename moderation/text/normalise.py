"""One text as a moderator would read it aloud, with a map back to what was written.

Two stages: every code point is folded on its own (`characters.fold`), then a few rewrites look at
neighbours: junk runs collapse, `si信` becomes 私信, `微-信` loses its separator, 二一五一八 becomes
digits, 十 in front of a contact word becomes +. Rewrites repeat until nothing changes, so the
result is a fixed point; each pass is linear and every pattern has bounded repeats.
"""

from __future__ import annotations

import re
from itertools import product

from pypinyin import lazy_pinyin

from moderation.text.characters import CHINESE_DIGITS, READ_WEI, READ_XIN, fold
from moderation.text.rewriting import Draft, Normalised, Rewrite

HAN = "\u3400-\u9fff"
_MAX_PASSES = 16  # three are enough for every text seen; the bound is against a cycle

# Words that sellers disguise by pinyin or by a separator between the characters.
_DISGUISED_WORDS = [
    "私信",
    "私聊",
    "私我",
    "微信",
    "薇信",
    "威信",
    "卫星",
    "购物",
    "购买",
    "代购",
    "代理",
    "公众号",
    "主页",
    "联系",
    "链接",
    "淘宝",
    "天猫",
    "京东",
    "抖音",
    "闲鱼",
    "二维码",
    "扫码",
    "电话",
    "手机",
    "下单",
    "咨询",
    "报名",
    "价格",
    "优惠",
    "简介",
    "置顶",
    "头像",
    "关注",
    "客服",
    "微商",
    "评论",
    "加群",
    "进群",
    "入群",
    "拉群",
    "群号",
    "加我",
    "加微",
    "加薇",
    "包邮",
    "批发",
    "现货",
    "扣扣",
    "企鹅",
    "广告",
    "合作",
    "朋友圈",
    "口令",
    "小程序",
    "拼多多",
]


def _pinyin_forms() -> dict[str, list[tuple[str, str, str]]]:
    """Syllable → (character before, what it stands for, character after); "" is any."""
    forms: dict[str, list[tuple[str, str, str]]] = {}
    for word in _DISGUISED_WORDS:
        for i, syllable in enumerate(lazy_pinyin(word)):
            before, after = word[i - 1] if i else "", word[i + 1] if i + 1 < len(word) else ""
            forms.setdefault(syllable, []).append((before, word[i], after))
    return forms


_PINYIN_FORMS = _pinyin_forms()
_SPLIT_PAIRS = frozenset(
    {word[i : i + 2] for word in _DISGUISED_WORDS for i in range(len(word) - 1)}
) | frozenset(a + b for a, b in product(READ_WEI, READ_XIN))

_ENDS_IN_WEI = frozenset(("轻微", "细微", "略微", "稍微", "些微", "微微", "示威", "权威", "思维"))
"""Words whose last character is only a neighbour of what follows a comma."""

_DIGIT_LIKE = "0-9lio" + "".join(CHINESE_DIGITS)
_HEARTS = "❤♥💗💕💓💖💘💝🧡💛💚💙💜🖤🤍💌📩"

_RUN = re.compile(r"\s{2,}|([^\w\s/])\1+|([^\W\d])\2{4,}")
_PINYIN = re.compile(r"(?<![a-z])[a-z]{2,6}(?![a-z])")
_SEPARATED = re.compile(rf"(?<=[{HAN}])[^\w\n]{{1,2}}(?=[{HAN}])")
_SEPARATED_LATIN = re.compile(r"(?<![a-z0-9])([qvw])[^\w\n+]{1,2}([qx])(?![a-z0-9])")
# A run is entered at its first character only and never given back: linear on `1l1l1l…`.
_DIGITS = re.compile(
    rf"(?<![{_DIGIT_LIKE}])(?:(?<![a-z])|(?![lio]))[{_DIGIT_LIKE}]{{5,}}+(?![a-z])"
)
_SYMBOLS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (rf"(?<=[微薇威徽溦葳维喂v])(?<!蔷薇)(?<!紫薇)[{_HEARTS}]", "信"),
        (r"(?<=卫)[⭐🌟★☆✨]", "星"),
        (r"🍑(?=宝)", "淘"),
        (r"(?<=[闲咸黄])[🐟🐠]", "鱼"),
        (r"🐶(?=东)", "狗"),
        (r"[🟢💚](?=泡泡|色?软件)", "绿"),
        (r"(?<=v)[❌✖✕✗╳]", "x"),
        (r"🇻🇽", "vx"),
        (r"🇼🇽", "wx"),
        # Ten of something is left alone: 二十群, 前十, 第十.
        (
            rf"(?<![前第几数满{''.join(CHINESE_DIGITS)}0-9百千万])十"
            r"(?=[^\w\n]?(?:[qv](?![a-uw-z])|vx|wx|扣|微|薇|威|徽|溦|葳|群(?![人羊鸟孩众学])|裙|企鹅))",
            "+",
        ),
    )
)
_NUMERALS = str.maketrans({**CHINESE_DIGITS, "l": "1", "i": "1", "o": "0"})


def _collapsed(match: re.Match[str]) -> str:
    run = match.group()
    if run.isspace():
        return "\n" if "\n" in run else " "
    return run[0] if match.group(1) else run[:4]


def _decoded(match: re.Match[str]) -> str | None:
    start, end = match.span()
    before, after = match.string[start - 1 : start], match.string[end : end + 1]
    for needed_before, character, needed_after in _PINYIN_FORMS.get(match.group(), ()):
        # One neighbour that is written out is enough, two if the word has two.
        if needed_before in ("", before) and needed_after in ("", after):
            return character
    return None


def _joined(match: re.Match[str]) -> str | None:
    start, end = match.span()
    pair = match.string[start - 1] + match.string[end]
    if pair not in _SPLIT_PAIRS or match.string[max(0, start - 2) : start] in _ENDS_IN_WEI:
        return None
    return ""


def _as_digits(match: re.Match[str]) -> str | None:
    run = match.group()
    sure = sum(c.isdigit() or c in CHINESE_DIGITS for c in run)
    return run.translate(_NUMERALS) if 2 * sure >= len(run) else None


def _plain(symbol: str) -> Rewrite:
    return lambda _: symbol


def normalise(text: str) -> Normalised:
    """Undo disguises of characters; idempotent, and linear in the length of the text.

    Args:
        text: anything a string can hold, lone surrogates included; any length.

    Returns:
        Lower case, simplified, half width, without invisible characters; see the module.
    """
    draft = Draft(map(fold, text))
    for _ in range(_MAX_PASSES):
        before = draft.text
        draft.rewrite(_RUN, _collapsed)
        draft.rewrite(_PINYIN, _decoded)
        draft.rewrite(_SEPARATED, _joined)
        draft.rewrite(_SEPARATED_LATIN, lambda match: match[1] + match[2])
        draft.rewrite(_DIGITS, _as_digits)
        for pattern, plain in _SYMBOLS:
            draft.rewrite(pattern, _plain(plain))
        if draft.text == before:
            break
    return draft.done()
