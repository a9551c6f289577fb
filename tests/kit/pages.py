"""Pages of the documentation: their code blocks, headings, links and commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "docs" / "reference"

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")
_INLINE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced code block."""

    lang: str
    text: str
    line: int
    """Of its first line of text, from 1."""
    answers: bool
    """Nothing but blank lines stands between it and the block before."""


def pages(*, generated: bool = False) -> list[Path]:
    """All pages that people write, and on request the generated ones."""
    found = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
    return [page for page in found if generated or GENERATED not in page.parents]


def name_of(page: Path) -> str:
    """Path from the top of the checkout, as an id of a test."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """Code blocks in their order, without the indent of a list."""
    text = page.read_text(encoding="utf-8")
    found = []
    end = None
    for match in _FENCE.finditer(text):
        indent, lang, body = match.groups()
        body = re.sub(rf"^{indent}", "", body, flags=re.MULTILINE)
        line = text.count("\n", 0, match.start()) + 2
        answers = end is not None and not text[end : match.start()].strip()
        found.append(Block(lang=lang, text=body, line=line, answers=answers))
        end = match.end()
    return found


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def headings(page: Path) -> list[tuple[int, str]]:
    """(level, words) in their order."""
    return [(len(marks), words) for marks, words in _HEADING.findall(prose(page))]


def anchors(page: Path) -> set[str]:
    """What `#…` can name in a page, as GitHub makes it from headings."""
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for _, heading in headings(page))
    return {word.replace(" ", "-") for word in words}


def links(page: Path) -> list[str]:
    """Targets of links and pictures."""
    return _LINK.findall(_INLINE.sub("", prose(page)))


def commands(page: Path) -> Iterator[list[str]]:
    """Every call of `moderation` in the page, in blocks and in running text, as words."""
    lines = [
        line
        for block in blocks(page)
        if block.lang in ("bash", "sh")
        for line in block.text.replace("\\\n", " ").splitlines()
    ]
    for line in [*lines, *_INLINE.findall(prose(page))]:
        if line.startswith("moderation "):
            call = re.split(r" (?:\||\|\||&&|;|>|<|2>) ?", line)[0]
            yield shlex.split(call, comments=True)
