"""Words read in a picture → the words that rules read, with the way back. Pure.

A reader of letters errs in its own ways: a glyph that it does not know becomes a box or is lost (a
heart after 薇 above all), a stroke is taken for its neighbour (`O` for `0`), handles are torn at
blanks and ends of lines. What is mended here is mended for words read in pictures only; the
author's own text never passes through. Each mend asks for a contact word or a number's shape
beside it, and keeps the place that it stands for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A text with its mends. Every character knows the piece of the original it stands for."""

    text: str
    starts: tuple[int, ...]
    """Per character of `text`: first character of the original."""
    ends: tuple[int, ...]
    """Per character of `text`: end (excluded) in the original."""


def is_read_in_picture(field: str) -> bool:
    """Whether a field was read letter by letter in a picture: `image[i].ocr`."""
    return field.startswith("image[") and field.endswith("].ocr")


def mend(text: str) -> Mended:
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
    draft = _Draft(text)
    for pattern, mending in _MENDS:
        draft.rewrite(pattern, mending)
    return Mended(text=draft.text, starts=tuple(draft.starts), ends=tuple(draft.ends))


def unmended(text: str) -> Mended:
    """A text as it is."""
    return Mended(text=text, starts=tuple(range(len(text))), ends=tuple(range(1, len(text) + 1)))


_Mend = Callable[[re.Match[str]], str]


class _Draft:
    """Text under mending, with its map."""

    def __init__(self, original: str) -> None:
        self.text = original
        self.starts = list(range(len(original)))
        self.ends = [i + 1 for i in self.starts]

    def rewrite(self, pattern: re.Pattern[str], mend: _Mend) -> None:
        """Replace matches; equally long ones keep the map, others share the whole interval."""
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            start, end = match.span()
            new = mend(match)
            if new == match.group():
                continue
            pieces += (self.text[done:start], new)
            starts += self.starts[done:start]
            ends += self.ends[done:start]
            if len(new) == end - start:
                starts += self.starts[start:end]
                ends += self.ends[start:end]
            else:
                starts += [self.starts[start]] * len(new)
                ends += [self.ends[end - 1]] * len(new)
            done = end
        self.text = "".join((*pieces, self.text[done:]))
        self.starts = starts + self.starts[done:]
        self.ends = ends + self.ends[done:]


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


def _to(plain: str) -> _Mend:
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


_MENDS: tuple[tuple[re.Pattern[str], _Mend], ...] = tuple(
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
