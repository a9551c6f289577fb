"""Does the author say in words that AI made the pictures? Pure.

Read only where a mark in a picture's file asks for it, and only to the author's good: words can
declare, never accuse. Questions, denials and talk about AI in general declare nothing.
"""

from __future__ import annotations

import re
import unicodedata

from moderation.note import Note
from moderation.text.marks import hits, rule

_MADE = r"(?:生成|绘图|绘画|作图|作画|制图|出图|画图|画的|做的|创作|合成|制作|辅助|修图|写真|图)"
_NOT_STATED = (
    r"(?:不是|并非|非|没有?用?|未|不|别|拒绝|是不是|以为|怀疑|像|如何|怎么|教程|反对|抵制|"
    r"\bnot |\bno |n't |\bnon[- ]?|\bhate |\bagainst |\bwithout |\bhow to )[^，,。.\n]{0,6}$"
)

DECLARATION = rule(
    "declaration.ai",
    0.9,
    rf"(?<![a-z])ai(?![a-z])\s*{_MADE}|(?<![a-z])aigc(?![a-z])|(?:人工智能|智能)生成"
    r"|\bai[- ]?(?:generated|made|art|assisted|artwork|images?|drawn)\b"
    r"|\b(?:made|generated|drawn|created|painted) (?:with|by|using) (?:an? )?"
    r"(?:ai|midjourney|stable diffusion|dall[- ]?e)\b"
    r"|\b(?:midjourney|stable ?diffusion|comfyui)\b|即梦|豆包(?:生成|画)|文心一格",
    not_after=_NOT_STATED,
    not_before=r"[^，,。.\n]{0,4}[吗么嘛?？]",
)
_TAG = re.compile(r"#?(?:ai\w{0,8}|aigc|midjourney|stablediffusion)")
_NOT_A_TAG = re.compile(r"#?(?:反|非|no|not|anti)")


def declared_in_words(note: Note) -> str:
    """Name of the first field that says so; "" where none does."""
    for field, original in note.text_fields():
        text = unicodedata.normalize("NFKC", original).casefold()
        if field.startswith("tags["):
            if _TAG.fullmatch(text.replace(" ", "")) and not _NOT_A_TAG.match(text):
                return field
        elif next(hits(text, DECLARATION), None) is not None:
            return field
    return ""
