"""Words that say AI made the pictures: they can declare, never accuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import Note
from moderation.text.ai_declaration import declared_in_words

SAYS_SO = [
    "本图由AI生成",
    "ＡＩ绘画练习第三天",
    "图片为人工智能生成",
    "AIGC作品",
    "these were made with AI",
    "AI-generated wallpapers",
    "created using Midjourney",
    "豆包生成的头像",
]
DOES_NOT = [
    "这不是AI生成的，是我拍的",
    "没有用AI修图",
    "非AI绘画",
    "怎么看出AI生成的图？",
    "是不是AI画的吗",
    "not AI generated, shot on film",
    "no AI art here",
    "I hate AI art",
    "今天去看海",
    "email me: ai@example.org",
    "Shanghai art week",
]


@pytest.mark.parametrize("text", SAYS_SO)
def test_plain_words_declare(text: str) -> None:
    """In title, text or tags."""
    assert declared_in_words(Note(id="n", text=text)) == "text"
    assert declared_in_words(Note(id="n", title=text)) == "title"


@pytest.mark.parametrize("text", DOES_NOT)
def test_denials_questions_and_other_words_do_not(text: str) -> None:
    """A denial beside a mark is exactly what readers should be told of."""
    assert declared_in_words(Note(id="n", text=text)) == ""


@pytest.mark.parametrize(
    ("tag", "field"),
    [("AI绘画", "tags[0]"), ("#aiart", "tags[0]"), ("AIGC", "tags[0]"), ("反AI", ""), ("noai", "")],
)
def test_a_tag_declares(tag: str, field: str) -> None:
    """Readers find notes by it."""
    assert declared_in_words(Note(id="n", tags=[tag])) == field


@given(text=st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    """Also surrogates' neighbours and marks of direction."""
    assert declared_in_words(Note(id="n", text=text)) in ("", "text")
