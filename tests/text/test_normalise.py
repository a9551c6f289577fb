"""The plain form of a text: a fixed point, with a map that always leads back into the original."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.characters import fold
from moderation.text.normalise import normalise
from moderation.text.rewriting import Normalised

# The pieces that rewrites look for, so that random texts meet them side by side.
_PIECES = st.sampled_from(
    [
        *"微薇信心私主页zhu十＋+vqx加群裙扣一二三零〇两lIoO0189①Ⅷ½㎏℡ﷺ…~～--··，。 \t\n\r\u3000İßﬁ",
        *("\u200b", "\u202e", "\ufeff", "\u0301", "\ud800", "\udfff", "\U0001d407"),
        *("❤️", "🇻🇽", "👨\u200d👩", "🍑宝", "卫⭐", "蔷薇", "二一五一八", "企鹅", "私訊"),
        *("si信", "微-信", "q-q", "aaaaaa", "!!!!"),
    ]
)
texts = st.text(st.characters(), max_size=60) | st.lists(_PIECES, max_size=30).map("".join)
"""Any code points, lone surrogates included."""


def check_map(plain: Normalised, original: str) -> None:
    """Every character has a place; places lie inside the original and never step back."""
    assert len(plain.starts) == len(plain.ends) == len(plain.text)
    for start, end in zip(plain.starts, plain.ends, strict=True):
        assert 0 <= start < end <= len(original)
    assert all(a <= b for a, b in pairwise(plain.starts))
    assert all(a <= b for a, b in pairwise(plain.ends))


@given(texts)
def test_map_is_total_rising_and_inside_the_original(text: str) -> None:
    """Whatever a string can hold, each plain character knows where it came from."""
    check_map(normalise(text), text)


@given(texts)
def test_plain_form_is_a_fixed_point(text: str) -> None:
    """Normalising twice says nothing new."""
    once = normalise(text).text
    assert normalise(once).text == once


@given(st.characters())
def test_folding_one_character_is_a_fixed_point(character: str) -> None:
    """Each code point ends as something that stays as it is."""
    once = fold(character)
    assert "".join(map(fold, once)) == once


@given(texts, st.data())
def test_interval_of_the_original_holds_its_characters(text: str, data: st.DataObject) -> None:
    """Any interval of the plain text leads to an interval of the original, wider for wider."""
    plain = normalise(text)
    size = len(plain.text)
    low = data.draw(st.integers(0, size))
    high = data.draw(st.integers(low, size))
    start, end = plain.original_span(low, high)
    assert 0 <= start <= end <= len(text)
    assert (start < end) == (low < high)
    if low < high:
        whole_start, whole_end = plain.original_span(0, size)
        assert whole_start <= start
        assert end <= whole_end


@given(st.text("abcdefg hij", max_size=40).filter(lambda s: "  " not in s))
def test_plain_english_is_left_as_it_is(text: str) -> None:
    """What carries no disguise keeps its characters one to one (case and runs aside)."""
    plain = normalise(text)
    if not any(c * 5 in text for c in set(text)):
        assert plain.text == text
        assert plain.starts == tuple(range(len(text)))


DISGUISES = {
    "full_width": ("ＶＸ：ａｂｃ", "vx:abc"),
    "mathematical": ("𝐇𝕌𝐗𝟜𝟝𝟟", "hux457"),
    "cyrillic": ("рlаnt", "plant"),
    "circled_digits": ("②④⑥⑧", "2468"),
    "keycaps": ("2️⃣4️⃣", "24"),
    "black_squares": ("🆅🆇", "vx"),
    "flags": ("🇻🇽", "vx"),
    "zero_width": ("微\u200b信\u2060", "微信"),
    "bidi": ("\u202e微\u202c信", "微信"),
    "variation_selector": ("微❤️", "微信"),
    "separator": ("微-信", "微信"),
    "pinyin": ("si信我", "私信我"),
    "pinyin_both_sides": ("公zhong号", "公众号"),
    "chinese_digits": ("二一五一八六零九", "21518609"),
    "formal_digits": ("贰肆陆捌壹叁伍", "2468135"),
    "letters_for_digits": ("llo30046", "11030046"),
    "ten_as_plus": ("十v", "+v"),
    "heavy_plus": ("➕薇", "+薇"),
    "traditional": ("歡迎私訊", "欢迎私讯"),
    "money_bag": ("💰48", "¥48"),
    "star": ("卫⭐", "卫星"),
    "peach": ("🍑宝", "淘宝"),
    "junk_run": ("☎☎☎☎139", "☎139"),
    "line_breaks": ("a\r\n\u2028b", "a\nb"),
}


@pytest.mark.parametrize(("text", "plain"), DISGUISES.values(), ids=DISGUISES.keys())
def test_disguise_is_undone(text: str, plain: str) -> None:
    """The plain form is what a reader understands, and the map still holds."""
    read = normalise(text)
    assert read.text == plain
    check_map(read, text)


LEFT_ALONE = {
    "twenty": "二十群",
    "first_ten": "前十v",
    "slight_then_letter": "轻微，信很薄",
    "pinyin_lesson": "si和shi",
    "english_word": "sixin is a name",
    "roses": "蔷薇",
    "word_with_l_and_o": "hello lol oil",
    "short_numerals": "一二三",
}


@pytest.mark.parametrize("text", LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_ordinary_writing_is_not_rewritten(text: str) -> None:
    """Rewrites need a disguised word, not a likeness."""
    assert normalise(text).text == text.replace("，", ",")


def test_interval_covers_what_was_dropped_inside() -> None:
    """Invisible characters within a word belong to its span; those outside do not."""
    text = "\u200b加\u200b微\u200d信\u200b"
    plain = normalise(text)
    assert plain.text == "加微信"
    assert plain.original_span(0, 3) == (1, 6)
