"""Words of the page of a letter in Chinese and English; what it says is `moderation.explain`."""

from __future__ import annotations

from types import SimpleNamespace

from moderation.explain import Lang
from moderation.report.words import words_of

_WORDS = {
    "letter": ("关于您的笔记", "About your note"),
    "your_note": ("笔记", "Your note"),
    "published": ("发布于", "published"),
    "what_was_seen": ("原因与依据", "What was seen"),
    "how_sure": ("把握程度", "How sure"),
    "how_to_mend": ("您可以这样处理", "What you can do"),
    "own_picture": ("您的第 {} 张图片", "Your picture {}"),
    "earlier_picture": ("更早笔记中的图片", "The earlier picture"),
    "earlier_picture_of": ("更早笔记中的图片（{}）", "The earlier picture ({})"),
    "lines_are": ("框线标出相同的部分", "The lines show what looks the same"),
    "more_of_it": ("另有 {} 处同类情况未逐一列出", "{} more of the kind are not shown one by one"),
    "your_words": ("您的文字（相关处已标出）", "Your words, with the places marked"),
    "not_held": ("以下内容不会对您不利", "What is not held against you"),
    "appeal": ("如有异议", "If you disagree"),
    "helps": ("有助于申诉的材料", "What helps"),
    "footer": (
        "本页自成一体，不访问网络。最早在本平台登记并不等于作者身份。",
        "This page is complete in itself and uses no network. "
        "To have shown something first here is not proof of having made it.",
    ),
    "footer_served": (
        "最早在本平台登记并不等于作者身份。",
        "To have shown something first here is not proof of having made it.",
    ),
}


def letter_words(lang: Lang) -> SimpleNamespace:
    """Every word of the page, and of the reports whose parts it shares, by its name."""
    column = 0 if lang == "zh" else 1
    own = {name: pair[column] for name, pair in _WORDS.items()}
    return SimpleNamespace(**vars(words_of(lang)) | own)
