"""An author's text as HTML: spans marked, nothing hidden left hidden.

The text is hostile: it may hold markup, characters that turn the reading
direction, and characters that show nothing. Every character of the original is
on the page exactly once, either as itself or as a label that names it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, pairwise

from markupsafe import Markup, escape

from moderation.finding import Span

_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks by category that draw nothing."""
_SHORT_NAMES = {
    "\0": "NUL",
    "\t": "TAB",
    "\n": "LF",
    "\r": "CR",
    " ": "SP",
    "\u00ad": "SHY",
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2060": "WJ",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\ufeff": "BOM",
}
_ZWJ = "\u200d"


def marked(text: str, spans: Iterable[Span], *, title_of: Callable[[Span], str] | None) -> Markup:
    """HTML of `text` with a `<mark>` around every span; overlaps become pieces of their own.

    Args:
        text: the original field, or its beginning.
        spans: pieces of it; what lies beyond the end of `text` is left out.
        title_of: tooltip of a span; None for marks that say neither that nor their code.
    """
    known = [span for span in spans if 0 <= span.start < min(span.end, len(text))]
    edges = {0, len(text)}
    for span in known:
        edges |= {span.start, min(span.end, len(text))}
    places = sorted(edges)
    pieces = []
    for start, end in pairwise(places):
        covering = [span for span in known if span.start <= start and end <= span.end]
        piece = _visible(text, start, end)
        if covering and title_of is None:
            piece = Markup("<mark>{}</mark>").format(piece)
        elif covering and title_of is not None:
            titles = " | ".join(dict.fromkeys(visible_plain(title_of(span)) for span in covering))
            ending = (span.code for span in covering if min(span.end, len(text)) == end)
            codes = " ".join(dict.fromkeys(visible_plain(code) for code in ending))
            piece = Markup('<mark title="{}" data-codes="{}">{}</mark>').format(
                titles, codes, piece
            )
        pieces.append(piece)
    return Markup("").join(pieces)


def fits(text: str, span: Span) -> bool:
    """False where `text` is not the one in which the span was found."""
    return span.start < span.end and text[span.start : span.end] == span.text


def visible(text: str) -> Markup:
    """HTML of `text` without marks."""
    return _visible(text, 0, len(text))


def visible_plain(text: str) -> str:
    """`text` for places that hold no markup, such as attributes."""
    parts = _runs(text, 0, len(text))
    return "".join(f"⟨{_label(run)}⟩" if hidden else run for hidden, run in parts)


def _visible(text: str, start: int, end: int) -> Markup:
    return Markup("").join(
        Markup('<span class="unseen" data-char="{:X}" data-count="{}" title="{}">{}</span>').format(
            ord(run[0]), len(run), _long_name(run[0]), _label(run)
        )
        if hidden
        else escape(run)
        for hidden, run in _runs(text, start, end)
    )


def _runs(text: str, start: int, end: int) -> Iterator[tuple[bool, str]]:
    """Stretches to show as they are, and runs of one hidden character: floods stay short."""
    # Blanks alone show nothing, and a name made of them would be a link that nobody finds.
    blank = text.isspace()

    def kind(i: int) -> str:
        return text[i] if blank or _is_hidden(text, i) else ""

    for char, places in groupby(range(start, end), key=kind):
        yield bool(char), "".join(text[i] for i in places)


def _is_hidden(text: str, i: int) -> bool:
    char = text[i]
    if char in "\n\t":
        return False
    if char == _ZWJ:
        return not _joins_emoji(text, i)
    category = unicodedata.category(char)
    return category in ("Cc", "Cf", "Cs", "Zl", "Zp") or char in _BLANK_LETTERS


def _joins_emoji(text: str, i: int) -> bool:
    if not 0 < i < len(text) - 1:
        return False
    before, after = unicodedata.category(text[i - 1]), unicodedata.category(text[i + 1])
    return before in ("So", "Sk", "Mn") and after == "So"


def _label(run: str) -> str:
    name = _SHORT_NAMES.get(run[0], f"U+{ord(run[0]):04X}")
    return f"{name}×{len(run)}" if len(run) > 1 else name


def _long_name(char: str) -> str:
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()
