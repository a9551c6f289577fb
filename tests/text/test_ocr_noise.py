"""What a reader of letters does to handles is mended, in words of pictures only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.fields import join_named
from moderation.text.normalise import normalise
from moderation.text.ocr_noise import mend

MENDED = {
    "a glyph read as a box": ("加薇口abc_123456", "加薇信abc_123456"),
    "a glyph read as a question mark": ("薇?abc_123456", "薇信abc_123456"),
    "a glyph read as a full-width one": ("徽？：abc_123456", "徽信：abc_123456"),
    "a box without a handle": ("喜欢的加微口聊", "喜欢的加微信聊"),
    "a glyph that is gone": ("加薇abc_123456", "加薇信abc_123456"),
    "half a character": ("微言abc2046", "微信abc2046"),
    "a V read as a root": ("加√：abc_2046", "加V：abc_2046"),
    "a blank beside a stroke": ("V：abc_ 2046", "V：abc_2046"),
    "a blank between letters and digits": ("微信 abc 2046", "微信 abc2046"),
    "a handle over the end of a line": ("加V：abc_\n2046 欢迎", "加V：abc_2046 欢迎"),
    "letters in a telephone number": ("电话 138OO13B0O0", "电话 13800138000"),
}
LEFT_ALONE = {
    "a rose": "紫薇口味的茶 蔷薇abc12345",
    "a mouth": "微口红 加口罩",
    "a unit": "维生素C 1000mg",
    "a question": "加微?",
    "opening hours": "open 10 - 22",
    "a model": "显微abc12345镜",
    "a word of eleven letters": "BOOBSBOOBSB",
    "a price list": "玻尿酸 0.5ml 298元\n光子嫩肤 399",
}


@pytest.mark.parametrize(("read", "meant"), MENDED.values(), ids=MENDED.keys())
def test_noise_of_reading_is_undone(read: str, meant: str) -> None:
    """Beside a contact word, or in a number's shape."""
    assert mend(read).text == meant


@pytest.mark.parametrize("text", LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_other_words_are_left_alone(text: str) -> None:
    """A mend asks for its surroundings."""
    assert mend(text).text == text


NOISY = st.lists(
    st.one_of(
        st.sampled_from([read for read, _ in MENDED.values()]),
        st.text("加微薇V信口?_- \n13OlSabc√：", max_size=12),
        st.text(max_size=8),
    ),
    max_size=8,
).map("".join)


@given(text=NOISY)
def test_every_character_knows_where_it_stood(text: str) -> None:
    """In rising order, inside the original, and itself where nothing was mended."""
    mended = mend(text)
    assert len(mended.text) == len(mended.starts) == len(mended.ends)
    assert list(mended.starts) == sorted(mended.starts)
    assert list(mended.ends) == sorted(mended.ends)
    for start, end in zip(mended.starts, mended.ends, strict=True):
        assert 0 <= start < end <= len(text)
    if mended.text == text:
        assert mended.starts == tuple(range(len(text)))


@given(title=NOISY, read=NOISY, text=NOISY)
def test_the_author_s_own_text_is_never_loosened(title: str, read: str, text: str) -> None:
    """Fields that are not lettering read as they always did, whatever stands in the pictures."""
    own = [("title", title), ("image[0].qr", text)]
    assert join_named(own).normalised == normalise(f"{title}\n{text}")
    joined = join_named([*own, ("image[0].ocr", read)])
    alone = normalise(f"{title}\n{text}\n{mend(read).text}")
    assert joined.text == alone.text


@given(text=NOISY, read=NOISY)
def test_places_lead_back_to_what_was_read(text: str, read: str) -> None:
    """Every normalised character of a picture's field to a piece of it, in code points."""
    joined = join_named([("text", text), ("image[0].ocr", read)])
    starts, ends = joined.normalised.starts, joined.normalised.ends
    assert list(starts) == sorted(starts)
    assert list(ends) == sorted(ends)
    for at in range(len(joined.text)):
        for span in joined.spans("V1", at, at + 1):
            field = {"text": text, "image[0].ocr": read}[span.field]
            assert field[span.start : span.end] == span.text


def test_a_mended_handle_is_quoted_as_it_was_read() -> None:
    """The span shows what stands in the picture, and beside it how it was understood."""
    joined = join_named([("title", "花开了"), ("image[0].ocr", "喜欢的\n加薇口abc_ 2046")])
    start = joined.text.index("薇信")
    (span,) = joined.spans("V1", start, len(joined.text))
    assert span.text == "薇口abc_ 2046"
    assert span.normalised == "薇信abc_2046"


def test_a_page_of_noise_takes_no_time() -> None:
    """Patterns have bounded repeats."""
    for piece in ("微", "V:a_", "1O", "加薇口", "微信 a _ "):
        assert len(mend(piece * 20_000).text) <= 20_000 * len(piece) * 2
