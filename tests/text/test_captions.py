"""Captions as pieces and keys: blind to disguise, exact, and the same on every machine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kit.captions import CAPTION, ENGLISH, OTHER, SENTENCES, caption_of
from numpy.typing import NDArray

from moderation import Note
from moderation.errors import IndexCorrupt
from moderation.text.captions import (
    BANDS,
    MIN_WEIGHT,
    ROWS,
    keys_of,
    read_caption,
    shingles_from_bytes,
    shingles_to_bytes,
)
from moderation.text.twins import likeness

NOISE = st.sampled_from(["\u200b", " ", "\n", "🌸", "✨", "，", "。", "～", "\u3000", "❗", "~"])


@settings(deadline=None)  # the first caption imports half of SciPy
@given(st.lists(st.tuples(st.integers(0, len(CAPTION)), NOISE), max_size=60))
def test_blanks_and_emoji_change_nothing(noise: list[tuple[int, str]]) -> None:
    """Wherever they are put in, and how many."""
    text = CAPTION
    for place, character in sorted(noise, reverse=True):
        text = text[:place] + character + text[place:]
    plain, noisy = caption_of(CAPTION), caption_of(text)
    assert noisy.shingles.tolist() == plain.shingles.tolist()
    assert noisy.keys == plain.keys


DISGUISES = {
    "traditional": (
        "周末和邻居一起去了城北的旧书市场，逛到中午才想起来还没吃早饭，然后回家",
        "周末和鄰居一起去了城北的舊書市場，逛到中午才想起來還沒吃早飯，然後回家",
    ),
    "homophones": (
        "真的很喜欢这家店的番茄牛腩面，汤底酸得刚刚好，下次带爸妈来",
        "真滴很喜歡這家店的翻茄牛楠面，湯底酸得剛剛好，下次戴爸媽來",
    ),
    "full width": (ENGLISH, ENGLISH.upper().replace("O", "Ｏ").replace("E", "ｅ")),
    "tags": (CAPTION, CAPTION + " #旧书市场[话题]# #周末去哪儿 @小红薯1234 [害羞R]"),
    "greetings": (CAPTION, "姐妹们！" + CAPTION + "图片来自网络，侵删～喜欢记得点赞收藏"),
    "a link": (CAPTION, CAPTION + "https://example.org/a/b?c=1"),
}


@pytest.mark.parametrize(("plain", "disguised"), DISGUISES.values(), ids=DISGUISES.keys())
def test_disguised_words_are_the_same_words(plain: str, disguised: str) -> None:
    """Nearly all pieces agree."""
    assert likeness(caption_of(plain).shingles, caption_of(disguised).shingles).jaccard > 0.75


SHORT = {
    "two characters": "好看",
    "nineteen characters": "今天的晚霞真的太好看了吧我在桥上看了好",
    "emoji only": "🌸" * 500,
    "tags only": "#旧书 #市场 #周末 #好去处 #植物图鉴 #银杏叶 #番茄牛腩面 #布袋 #零钱 #河对岸",
    "phrases only": "大家好！喜欢的姐妹们记得点赞收藏关注我，图片来自网络侵删，仅代表个人观点",
    "english greeting": "good morning everyone, have a nice day!",
    "nothing": "",
}


@pytest.mark.parametrize("text", SHORT.values(), ids=SHORT.keys())
def test_short_captions_do_not_count(text: str) -> None:
    """Two people say the same in a few words, and nobody took it from anybody."""
    assert read_caption(Note(id="n1", text=text)) is None


def test_twenty_characters_count() -> None:
    """The limit is where it is said to be."""
    text = "今天的晚霞真的太好看了吧我在桥上看了好久"
    assert 3 * len(text) == MIN_WEIGHT
    assert len(caption_of(text).shingles) == len(text) - 2


def test_the_title_belongs_to_it_and_tags_and_links_do_not() -> None:
    """Title and text are one; tags and links are shared by thousands."""
    whole = caption_of(CAPTION)
    split = caption_of("".join(SENTENCES[1:5]), title=SENTENCES[0])
    assert split.keys == whole.keys
    tagged = caption_of(CAPTION, tags=[OTHER[:50]], links=["https://example.org"])
    assert tagged.keys == whole.keys


def test_keys_and_pieces_are_the_same_everywhere(golden: Callable[[str, str], None]) -> None:
    """A change here is a new recipe: registers hold these numbers."""
    lines = []
    for text in (CAPTION, ENGLISH):
        caption = caption_of(text)
        lines += [f"{len(caption.shingles)} {caption.shingles[:4].tolist()}", str(caption.keys[:3])]
    golden("caption_minhash_v1", "\n".join(lines))


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_shared_keys_estimate_what_is_shared(shared: int, left: int, right: int) -> None:
    """Against the exact share: equal captions share all keys, strangers none, most of the time."""
    assume(shared + left and shared + right)
    one, other = _drawn(0, shared, left), _drawn(0, shared, right, apart=1_000)
    jaccard = likeness(one, other).jaccard
    assert jaccard == pytest.approx(len(set(one) & set(other)) / len(set(one) | set(other)))
    both = len(set(keys_of(one)) & set(keys_of(other)))
    expected = BANDS * jaccard**ROWS
    # 24 keys made of independent values: six standard deviations are never seen.
    slack = 6 * (BANDS * jaccard**ROWS * (1 - jaccard**ROWS)) ** 0.5 + 2
    assert abs(both - expected) <= slack


def _drawn(start: int, shared: int, own: int, apart: int = 0) -> NDArray[np.uint32]:
    numbers = [*range(start, start + shared), *range(5_000 + apart, 5_000 + apart + own)]
    mixed = (np.array(numbers, np.uint64) * 2654435761) % 2**32
    return np.unique(mixed.astype(np.uint32))


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, unique=True))
def test_pieces_survive_storage(values: list[int]) -> None:
    """Sorted, little-endian."""
    shingles = np.array(sorted(values), np.uint32)
    assert shingles_from_bytes(shingles_to_bytes(shingles)).tolist() == sorted(values)


DAMAGED = {
    "empty": b"",
    "cut off": b"12345",
    "unsorted": b"\2\0\0\0\1\0\0\0",
    "double": b"\1\0\0\0" * 2,
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_pieces_are_refused(data: bytes) -> None:
    """Bytes of a register may have been written by somebody else."""
    with pytest.raises(IndexCorrupt):
        shingles_from_bytes(data)


HOSTILE = {
    "long": "旧书市场" * 50_000,
    "hashes": "#" * 200_000,
    "brackets": "[" * 200_000,
    "mentions": "@a" * 100_000,
    "links": "https://" * 20_000,
    "surrogates": "\ud800" * 500 + CAPTION,
    "marks": "e\u0301\u0302\u0303" * 20_000,
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_takes_no_longer(text: str) -> None:
    """Linear, and read up to a limit."""
    caption = read_caption(Note(id="n1", text=text[:200_000]))
    assert caption is None or len(caption.shingles) <= 4_000
