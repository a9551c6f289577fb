"""Links, commands and words of the documentation exist."""

from __future__ import annotations

import inspect
import re
from enum import StrEnum
from pathlib import Path

import click
import pytest
from kit.pages import ROOT, anchors, blocks, commands, headings, links, name_of, pages

import moderation
from moderation.cli import program
from moderation.client import Source, Trouble
from moderation.finding import Cause, Difference
from moderation.match import Basis, Direction
from moderation.note import ClaimBasis, NoteKind
from moderation.verdict import Completeness, Decision, Registration

GLOSSARY = ROOT / "docs" / "glossary.md"
IN_TWO_LANGUAGES = ("README", "docs/for-moderators")
WORDS_OF_VALUES = (
    Basis,
    Cause,
    ClaimBasis,
    Completeness,
    Decision,
    Difference,
    Direction,
    NoteKind,
    Registration,
    Source,
    Trouble,
)


@pytest.mark.parametrize("page", pages(generated=True), ids=name_of)
def test_a_link_leads_somewhere(page: Path) -> None:
    """Relative links name a file that exists, and a heading in it."""
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name_of(page)}: `{link}` leads nowhere"
        assert target.is_relative_to(ROOT), f"{name_of(page)}: `{link}` leaves the checkout"
        if anchor:
            assert anchor in anchors(target), f"{name_of(page)}: no heading for `{link}`"


def test_every_page_can_be_reached() -> None:
    """From the README and the index one finds every page, generated ones included."""
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        relative = (link.partition("#")[0] for link in links(page) if "://" not in link)
        waiting += [(page.parent / path).resolve() for path in relative if path]
    missed = set(pages(generated=True)) - reached
    assert not missed, sorted(name_of(page) for page in missed)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_a_command_exists(page: Path) -> None:
    """Every `moderation …` names a command that there is, with options that it has."""
    for words in commands(page):
        at, rest = find_command(words[1:])
        assert at is not None, f"{name_of(page)}: no command `{' '.join(words)}`"
        known = {name for p in at.params for name in p.opts} | {"--help", "-h", "--version"}
        for word in rest:
            if word.startswith("--"):
                option = word.partition("=")[0]
                assert option in known, f"{name_of(page)}: `{' '.join(words)}` has no `{option}`"


def find_command(words: list[str]) -> tuple[click.Command | None, list[str]]:
    at: click.Command = program
    context = click.Context(program)
    while words and isinstance(at, click.Group) and not words[0].startswith("-"):
        found = at.get_command(context, words[0])
        if found is None:
            return None, words
        at, words = found, words[1:]
    return at, words


@pytest.mark.parametrize("stem", IN_TWO_LANGUAGES)
def test_both_languages_have_the_same_sections(stem: str) -> None:
    """As many headings of each level in the same order, and code that does the same."""
    english, chinese = ROOT / f"{stem}.md", ROOT / f"{stem}.zh-CN.md"
    levels = [[level for level, _ in headings(page)] for page in (english, chinese)]
    assert levels[0] == levels[1]
    codes = [
        [bare(b.text) for b in blocks(page) if b.lang in ("sh", "bash", "python", "toml")]
        for page in (english, chinese)
    ]
    assert codes[0] == codes[1]


def bare(code: str) -> str:
    """Code without its remarks, which are translated."""
    without = re.sub(r"(^|  )#.*", "", code, flags=re.MULTILINE).replace(" --lang zh", "")
    return without.strip()


@pytest.mark.parametrize("name", [n for n in moderation.__all__ if n[0].isupper()])
def test_the_glossary_holds_a_public_name(name: str) -> None:
    """Whoever meets a class finds its word."""
    value = getattr(moderation, name)
    if inspect.isclass(value):
        assert f"`{name}`" in GLOSSARY.read_text(encoding="utf-8")


@pytest.mark.parametrize("words", WORDS_OF_VALUES, ids=lambda w: w.__name__)
def test_the_glossary_holds_every_value(words: type[StrEnum]) -> None:
    """Wire strings are words too."""
    text = GLOSSARY.read_text(encoding="utf-8")
    missing = [value for value in words if f"`{value}`" not in text]
    assert not missing


def test_a_word_has_one_meaning() -> None:
    """No word of the glossary is explained twice."""
    text = GLOSSARY.read_text(encoding="utf-8")
    terms = re.findall(r"^\| \*\*(.+?)\*\*", text, re.MULTILINE)
    assert len(terms) > 20
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_nobody_is_accused(page: Path) -> None:
    """The register shows who was first in it; what a person concludes is theirs to say."""
    accusing = re.compile(r"\b(?:thief|thieves|theft|stolen|plagiaris\w+)\b|小偷|盗图|盗用|剽窃")
    found = accusing.search(page.read_text(encoding="utf-8").lower())
    assert found is None or name_of(page) in SPEAK_OF_THE_WORD, f"{name_of(page)}: {found}"


SPEAK_OF_THE_WORD = ("CONTRIBUTING.md", "docs/glossary.md")
"""They say which words are not used."""
