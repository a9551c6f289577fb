"""A line that was read → the account it names, and whether two names are the same account. Pure.

Only what is written as the apps write it counts: a platform's word with `号`, `ID` or `@`, or a
line that is nothing but `@name`. Brands, captions and slogans are none of these.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_TEXT_CHARS = 80
_LOGO_JUNK = 4
"""Characters that a logo before the words may be read as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """An account as a watermark names it."""

    platform: str
    """`xiaohongshu`, `douyin`, …; "" for a bare `@name`."""
    name: str
    """Account number or display name, as read."""


_PLATFORMS = {
    # A first letter lost at the edge, or one misread, leaves the word plain enough.
    "xiaohongshu": r"小?\w[书書](?=[号號])|小?[红紅][书書]|rednote|xiaohongshu|xhs",
    "douyin": r"\w音(?=[号號])|抖音|douyin",
    "kuaishou": r"快手|kuaishou|kwai",
    "weibo": r"微博|weibo",
    "wechat_channels": r"[视視][频頻](?=[号號])",
    "bilibili": r"b站|哔哩哔哩|嗶哩嗶哩|bilibili",
    "zhihu": r"知乎|zhihu",
    "tiktok": r"t?ik\s?tok",
    "instagram": r"instagram|insta|ig|ins",
}
_NAME = r"[\w.\-·]{2,30}"
_LATIN_NAME = r"[a-z0-9_.\-]+(?:[ ,][a-z0-9_.\-]+)?"  # a thin `_` or `.` is read as a gap
_END = r"[\s:.,;|]*$"
_NUMBER_WORD = r"(?:[号號]|id|账号|帳號)"
_LABELLED = tuple(
    (
        platform,
        re.compile(
            rf"^.{{0,{_LOGO_JUNK}}}?(?:{word})\s*"
            rf"(?:{_NUMBER_WORD}\s*[:.;]?\s*@?|:?\s*@)\s*(?P<name>{_LATIN_NAME}|{_NAME}){_END}",
            re.IGNORECASE,
        ),
    )
    for platform, word in _PLATFORMS.items()
)
_BARE = re.compile(rf"^\W{{0,2}}@\s*(?P<name>{_LATIN_NAME}|{_NAME}){_END}", re.IGNORECASE)
_ADDRESS = re.compile(
    rf"^\W{{0,2}}(?:www\.)?(weibo|instagram|tiktok)\.com/@?(?P<name>[\w.\-]{{2,30}}){_END}",
    re.IGNORECASE,
)


def handle_in(text: str) -> Handle | None:
    """The account that a line names; None where it names none in the way of the apps."""
    text = " ".join(unicodedata.normalize("NFKC", text).split())[:MAX_TEXT_CHARS]
    for platform, pattern in _LABELLED:
        found = pattern.match(text)
        if found is not None:
            return Handle(platform=platform, name=found["name"])
    found = _ADDRESS.match(text)
    if found is not None:
        return Handle(platform=found[1].lower(), name=found["name"])
    found = _BARE.match(text)
    if found is None or not any(c.isalpha() for c in found["name"]):  # `@ 9.9` is a price
        return None
    return Handle(platform="", name=found["name"])


_LOOK_ALIKE = str.maketrans(
    {"o": "0", "q": "0", "i": "1", "l": "1", "|": "1", "!": "1", "z": "2", "s": "5", "b": "8"}
)


def same_account(read: str, own: str) -> bool:
    """Whether a name that was read may be one of the author's own.

    Lenient on purpose: to miss a watermark costs less than to hold an author's own against them.
    Case, width, spaces and punctuation do not count, letters that look like digits are the digits,
    a quarter of the characters may be misread, and a name cut off at an edge still agrees.
    """
    a, b = _folded(read), _folded(own)
    if not a or not b:
        return False
    short, long = sorted((a, b), key=len)
    cut_off = len(short) >= 4 and len(short) >= 0.6 * len(long)
    if cut_off and (long.startswith(short) or long.endswith(short)):
        return True
    allowed = 0 if len(short) < 3 else max(1, len(long) // 4)
    return edits(a, b, allowed) <= allowed


def _folded(name: str) -> str:
    name = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in name if c.isalnum()).translate(_LOOK_ALIKE)


def edits(a: str, b: str, enough: int) -> int:
    """Levenshtein distance; anything above `enough` once it is sure to be above."""
    if abs(len(a) - len(b)) > enough:
        return enough + 1
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        current = [i]
        for j, y in enumerate(b, start=1):
            current.append(min(previous[j] + 1, current[-1] + 1, previous[j - 1] + (x != y)))
        previous = current
    return previous[-1]
