"""The demo keeps what it promises: every verdict, a page complete in itself, files to play on."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from moderation import Gate, Note
from moderation.archive import read_notes
from moderation.demo import run_demo
from moderation.verdict import Decision


class Listener:
    """An audience that remembers."""

    def __init__(self):
        self.told, self.shown, self.commands = [], [], []

    def tell(self, text):
        self.told.append(text)

    def show(self, outcome):
        self.shown.append(outcome)

    def suggest(self, purpose, command):
        self.commands.append((purpose, command))


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The story, told once in Chinese."""
    folder = tmp_path_factory.mktemp("demo")
    audience = Listener()
    result = run_demo(folder / "register", folder / "report", lang="zh", audience=audience)
    return result, audience


def test_every_verdict_is_the_promised_one(played):
    """Copies are found, allowed ones and look-alikes pass, sales are told from honest notes."""
    result, audience = played
    assert [outcome for outcome in result.outcomes if not outcome.as_expected] == []
    assert tuple(audience.shown) == result.outcomes
    assert {outcome.decision for outcome in result.outcomes} == set(Decision)
    assert result.as_expected


def test_everything_shown_has_its_words(played):
    """What the note is, what was decided and why."""
    for outcome in played[1].shown:
        assert all((outcome.what, outcome.verdict, outcome.why, outcome.expected))


def test_the_page_shows_every_note_with_its_pictures(played):
    """Also those in which nothing was found, and the registered ones that were matched."""
    page = played[0].page.read_text(encoding="utf-8")
    headings = re.findall(r"<bdi>([\w-]+)</bdi></a></h2>", page)
    incoming = [row for row in read_notes(played[0].incoming) if isinstance(row, Note)]
    assert sorted(headings) == sorted(note.id for note in incoming)
    for note in incoming:
        shown = f'"待审图片: {note.id}, 第 1 张"' in page
        assert shown == (bool(note.images) and note.id != "broken-upload")
    for original in ("slow-coffee", "first-dahlia", "rocket-dusk", "lake-pavilion"):
        assert f'"在先图片: {original}, 第 1 张"' in page


def test_the_page_refers_to_nothing_outside_itself(played):
    """No address to load from, in whatever attribute or style."""
    page = played[0].page.read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href|action|poster|data)\s*=\s*[\"']?(?!data:|#)[^\"'\s>]", page)
    assert not re.search(r"url\(|@import|\bfetch\(|XMLHttpRequest|WebSocket|https?://", page)


def test_the_photographs_are_credited(played):
    """Some are free to show only with their makers' names."""
    named = (played[0].page.parent / "CREDITS.txt").read_text(encoding="utf-8")
    assert "danielbuechele, CC BY 2.0" in named
    assert "vultilion, CC BY 2.0" in named


def test_judging_the_files_again_gives_the_same_verdicts(played):
    """Whoever plays on meets the same notes, and the story's own notes are not held against it."""
    result, _ = played
    with Gate.open(result.register, create=False) as gate:
        again = [
            verdict.decision
            for verdict in gate.check_many(read_notes(result.incoming), register=False)
        ]
    assert again == [outcome.decision for outcome in result.outcomes]


@pytest.mark.slow
def test_a_second_run_starts_afresh(tmp_path):
    """In the folders of the first, in another language, with the same outcome."""
    register, report = tmp_path / "register", tmp_path / "report"
    left_over = report / "archive" / "left-over.txt"
    stats = []
    for lang in ("zh", "en"):
        result = run_demo(register, report, lang=lang, audience=Listener())
        assert result.as_expected
        assert not left_over.exists()
        left_over.touch()
        with Gate.open(register, create=False) as gate:
            stats.append(gate.stats())
    assert stats[0] == stats[1]


@pytest.mark.slow
def test_the_suggested_commands_work(tmp_path):
    """In their order: the appeal in them lets the filtered dahlia pass."""
    audience = Listener()
    run_demo(tmp_path / "r", tmp_path / "report of today", lang="en", audience=audience)
    answers = []
    for _, command in audience.commands:
        name, *arguments = shlex.split(command)
        assert name == "moderation"
        answers.append(
            subprocess.run(
                [sys.executable, "-m", "moderation", *arguments, "--json"],
                capture_output=True,
                check=True,
                text=True,
            ).stdout
        )
    verdicts = [json.loads(line) for line in answers[-1].splitlines()]
    decisions = {row["note_id"]: row["decision"] for row in verdicts if "decision" in row}
    assert decisions["dahlia-filtered"] == "pass"
    assert decisions["cat-mirrored"] == "block"


@pytest.mark.parametrize("package", ["skimage", "sklearn", "matplotlib"])
def test_missing_photographs_name_the_extra(tmp_path, package):
    """And nothing is made or deleted."""
    code = f"""
import sys
sys.modules[{package!r}] = None
from pathlib import Path
from moderation.demo import run_demo
from moderation.errors import MissingExtra

class Silent:
    tell = show = suggest = lambda self, *said: None

try:
    run_demo(Path("register"), Path("report"), lang="en", audience=Silent())
except MissingExtra as error:
    print(error.message)
    print(error.hint)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True, text=True
    )
    message, hint = done.stdout.splitlines()
    assert f"`{package}`" in message
    assert "pip install notegate[demo]" in hint
    assert list(Path(tmp_path).iterdir()) == []
