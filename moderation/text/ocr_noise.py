"""Words read in a picture → the words that rules read, with the way back. Pure.

A reader of letters errs in its own ways: a glyph that it does not know becomes a box or is lost (a
heart after 薇 above all), a stroke is taken for its neighbour (`O` for `0`), handles are torn at
blanks and ends of lines. What is mended here is mended for words read in pictures only; the
author's own text never passes through. Each mend asks for a contact word or a number's shape
beside it, and keeps the place that it stands for.
"""

from __future__ import annotations

import re

from moderation.text.rewriting import Draft, Normalised, Rewrite


def is_read_in_picture(field: str) -> bool:
    """Whether a field was read letter by letter in a picture: `image[i].ocr`."""
    return field.startswith("image[") and field.endswith("].ocr")


def mend(text: str) -> Normalised:
    r"""Undo what a reader of letters commonly does to handles and numbers.

    Args:
        text: rows that were read, parted by line breaks.

    >>> mend("加薇口abc_123456").text
    '加薇信abc_123456'
    >>> mend("加V：abc_\n2046").text
    '加V：abc_2046'
    >>> mend("紫薇口味的茶").text
    '紫薇口味的茶'
    """
    draft = Draft(text)
    for pattern, mending in _MENDS:
        draft.rewrite(pattern, mending)
    return draft.done()


_WEI = "微薇威徽溦葳维喂"
_WORDS = ("蔷薇", "紫薇", "轻微", "细微", "显微", "思维", "纤维", "权威")
_NO_WORD = "".join(f"(?<!{word})" for word in _WORDS)
_UNKNOWN = "口囗□▢◻⬜☐ロ？?"
"""What an unknown glyph is read as."""
_CONTACT = rf"(?:[{_WEI}vVwW][信❤xX]|[vV](?=[:：])|[qQ]{{2}}|扣扣|微信号?|[+加]\s?[vVqQ薇微])"
_HANDLE_START = r"[\s:：号]{0,3}[A-Za-z0-9]"
_DIGIT_LIKE = "OoQDIl|ZzSsBb"
_DIGITS = str.maketrans(_DIGIT_LIKE, "0000111225588")
_LEAST_DIGITS = 7


def _to(plain: str) -> Rewrite:
    return lambda _: plain


def _with_xin(match: re.Match[str]) -> str:
    return match[1] + "信" + match[2]


def _torn(match: re.Match[str]) -> str:
    """A handle without the blanks at its joints."""
    return match[1] + re.sub(r"\s*([_-])\s*", r"\1", match[2])


def _parted(match: re.Match[str]) -> str:
    """Letters and the digits that a blank has parted from them."""
    return match[1] + match[2] + match[3]


def _as_digits(match: re.Match[str]) -> str:
    sure = sum(c.isdigit() for c in match.group())
    return match.group().translate(_DIGITS) if sure >= _LEAST_DIGITS else match.group()


_MENDS: tuple[tuple[re.Pattern[str], Rewrite], ...] = tuple(
    (re.compile(pattern), mend)
    for pattern, mend in (
        # 薇❤ abc → 薇口abc
        (rf"{_NO_WORD}(?<=[{_WEI}])[{_UNKNOWN}](?={_HANDLE_START})", _to("信")),
        (rf"(?<=[加+十➕][{_WEI}])[{_UNKNOWN.replace('？?', '')}](?![红味碑腔罩感气])", _to("信")),
        # 信 without one of its halves
        (rf"{_NO_WORD}(?<=[{_WEI}vV])[言倍偣佶](?={_HANDLE_START})", _to("信")),
        # 薇❤abc_123 → 薇abc_123: the glyph is gone
        (
            r"((?:^|(?<=[\s加+十➕:：]))[微薇威徽溦葳])"
            r"(\s?(?=[A-Za-z_-]{0,19}[0-9])[A-Za-z][A-Za-z0-9_-]{5,19}(?![A-Za-z0-9_-]))",
            _with_xin,
        ),
        # √: abc → V: abc
        (
            r"(?<=[加+十➕])\s?[√∨Ⅴν](?=[\s:：号信A-Za-z0-9])|[√∨Ⅴν](?=[:：][\sA-Za-z0-9])",
            _to("V"),
        ),
        # abc_ 2046, abc -2046, and one that runs over the end of a line
        (
            rf"({_CONTACT}[\s:：号]{{0,4}})([A-Za-z0-9]{{1,20}}(?:\s?[_-]\s?[A-Za-z0-9]{{1,20}})+)",
            _torn,
        ),
        # V：abc 2046
        (
            rf"({_CONTACT}[\s:：号]{{0,4}})([A-Za-z]{{2,12}}) ([0-9]{{2,8}})(?![A-Za-z0-9])",
            _parted,
        ),
        # 138OO138OOO
        (rf"(?<![A-Za-z0-9])[1Il|][3-9][0-9{_DIGIT_LIKE}]{{9}}(?![A-Za-z0-9])", _as_digits),
    )
)
