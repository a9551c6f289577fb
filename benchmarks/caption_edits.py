"""What somebody does to another's caption before publishing it again. Deterministic for a seed.

No network and no language model: a caption that was rewritten sentence by sentence has other
pieces, and is not claimed to be found.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache

from opencc import OpenCC
from pypinyin import Style, lazy_pinyin

_SENTENCE = re.compile(r"(?:[^。！？!?；\n.]|\.(?! ))+(?:[。！？!?；\n]+|\. |$)")
_WORD = re.compile(r"[a-zA-Z]+|[0-9]|[\u2e80-\uffff]")
_EMOJI = "🌸✨❤🔥😂👍🌿☕🎀💡"
_COMMON = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产"
    "种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点"
    "从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看"
    "原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象"
    "员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几"
    "九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油"
)
_ENGLISH = ("time", "year", "way", "day", "thing", "world", "life", "hand", "part", "place", "week")
_SYNONYMS = (
    *(("好看", "漂亮"), ("漂亮", "好看"), ("喜欢", "钟意"), ("非常", "特别"), ("特别", "格外")),
    *(("真的", "确实"), ("大家", "各位"), ("可以", "能够"), ("因为", "由于"), ("但是", "不过")),
    *(("如果", "要是"), ("觉得", "感觉"), ("推荐", "安利"), ("便宜", "实惠"), ("开心", "高兴")),
    *(("然后", "接着"), ("一定", "务必"), ("需要", "得"), ("很多", "不少"), ("朋友", "伙伴")),
    *(("今天", "今儿"), ("时候", "那会儿"), ("美国", "米国"), ("中国", "华夏"), ("同学", "学生")),
    *(("知道", "了解"), ("问题", "疑问"), ("学习", "念书"), ("皮肤", "肌肤"), ("方法", "办法")),
    *(("分享", "晒"), ("简单", "容易"), ("效果", "成效"), ("使用", "用"), ("重要", "要紧")),
    *((" very ", " really "), (" good ", " great "), (" like ", " enjoy "), (" want ", " wish ")),
    *((" people ", " folks "), (" because ", " since "), (" big ", " large "), (" my ", " our ")),
)

_TAGS = re.compile(r"#\S+")

Edit = Callable[[str, random.Random], str]


def dropped(share: float) -> Edit:
    """Without this share of its sentences, at least one; of a single one the end is cut off."""

    def edit(text: str, rng: random.Random) -> str:
        parts = _SENTENCE.findall(text)
        if len(parts) < 2:
            return text[: max(1, round(len(text) * (1 - share)))]
        gone = set(rng.sample(range(len(parts)), max(1, round(len(parts) * share))))
        return "".join(part for i, part in enumerate(parts) if i not in gone)

    return edit


def reordered(text: str, rng: random.Random) -> str:
    """Sentences in another order; of a single one the halves change places."""
    parts = _SENTENCE.findall(text)
    if len(parts) < 2:
        return text[len(text) // 2 :] + text[: len(text) // 2]
    rng.shuffle(parts)
    return "".join(part if part[-1:] in "。！？!?；\n" else part + "。" for part in parts)


def replaced(share: float) -> Edit:
    """This share of the Han characters and of the Latin words replaced by common ones."""

    def edit(text: str, rng: random.Random) -> str:
        def other(match: re.Match[str]) -> str:
            if rng.random() >= share:
                return match.group()
            return rng.choice(_COMMON) if match.group() >= "\u2e80" else rng.choice(_ENGLISH)

        return _WORD.sub(other, text)

    return edit


def synonyms(text: str, rng: random.Random) -> str:
    """All words of a list replaced."""
    for word, other in _SYNONYMS:
        text = text.replace(word, other)
    return text


def with_emoji(text: str, rng: random.Random) -> str:
    """One after every third letter."""
    return "".join(c + rng.choice(_EMOJI) if i % 3 == 2 else c for i, c in enumerate(text))


def spaced(text: str, rng: random.Random) -> str:
    """A blank or an invisible character after every letter."""
    return "".join(c + rng.choice((" ", "\u200b", "·")) for c in text)


def traditional(text: str, rng: random.Random) -> str:
    """As OpenCC writes it."""
    return str(_converter().convert(text))


def homophones(share: float) -> Edit:
    """This share of the Han characters replaced by others that sound alike."""

    def edit(text: str, rng: random.Random) -> str:
        return "".join(
            rng.choice(_sounding_like(_sound(c)) or [c])
            if c >= "\u4e00" and rng.random() < share
            else c
            for c in text
        )

    return edit


def wrapped(share: float) -> Edit:
    """Words of the editor's own around it, this share of its length."""

    def edit(text: str, rng: random.Random) -> str:
        own = "".join(rng.choice(_COMMON) for _ in range(max(1, round(len(text) * share / 2))))
        return f"{own}。{text}。{own[::-1]}"

    return edit


def combined(text: str, rng: random.Random) -> str:
    """A quarter dropped, the rest reordered, traditional, and with emoji."""
    for edit in (dropped(0.25), reordered, traditional, with_emoji):
        text = edit(text, rng)
    return text


def edited(text: str, edit: Edit, rng: random.Random) -> str:
    """The words edited, the tags kept as they are: a tag with a blank in it leads nowhere."""
    return edit(_TAGS.sub("", text), rng) + " ".join(["", *_TAGS.findall(text)])


EDITS: dict[str, Edit] = {
    "the same": lambda text, rng: text,
    "emoji after every third letter": with_emoji,
    "blanks between letters": spaced,
    "traditional characters": traditional,
    "homophones, one in five": homophones(0.2),
    "synonyms of a list": synonyms,
    "sentences reordered": reordered,
    "a quarter dropped": dropped(0.25),
    "half dropped": dropped(0.5),
    "own words around, a third": wrapped(0.33),
    "own words around, as much again": wrapped(1.0),
    "one word in twenty replaced": replaced(0.05),
    "one word in ten replaced": replaced(0.1),
    "one word in five replaced": replaced(0.2),
    "combined": combined,
}


@cache
def _converter() -> OpenCC:
    return OpenCC("s2t")


@cache
def _sound(character: str) -> str:
    return lazy_pinyin(character, style=Style.NORMAL)[0]


@cache
def _by_sound() -> dict[str, list[str]]:
    sounds = defaultdict(list)
    for code in range(0x4E00, 0x9FA6):
        sounds[_sound(chr(code))].append(chr(code))
    return dict(sounds)


def _sounding_like(sound: str) -> list[str]:
    return _by_sound().get(sound, [])
