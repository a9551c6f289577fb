"""`moderation review letter`: what an author is told, as a page."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from moderation.store import Register
from moderation.store.schema import VERDICTS

from .conftest import objects, told


@pytest.fixture
def write(run, folder, tmp_path):
    """`write(note, …)` on a register that has judged the archive: (what is said, the page)."""
    register, page = tmp_path / "register", tmp_path / "letters" / "letter.html"
    # Exit code 8: two rows of the archive are bad on purpose.
    checked = run("check", folder / "notes.jsonl", "--register", register, "--json")
    assert checked.exit_code == 8, checked.output
    assert objects(checked.stdout)

    def command(note, *args, lang="en"):
        given = ("--register", register, "--out", page, "--lang", lang, *args)
        result = run("review", "letter", note, *given)
        return result, page.read_text(encoding="utf-8") if page.exists() else ""

    return command


def test_a_copy_is_shown_beside_the_earlier_picture(write, folder):
    """With its date, from the archive; neither note nor author is named."""
    result, page = write("n2", "--notes", folder / "good.jsonl")
    assert result.exit_code == 0, result.output
    assert page.count("data:image/jpeg") == 2
    assert "The earlier picture (2026-03-01)" in page
    assert "Yours is turned over, left to right." in page
    assert "alice" not in page
    assert not re.search(r"\bn1\b", re.sub(r"data:[^\"]+", "", page))
    assert result.stdout.startswith("Your note is not shown to readers: written to ")


def test_the_earlier_pictures_may_lie_elsewhere(write, folder):
    """Each archive is asked for what it is named for."""
    second, first = folder / "second.jsonl", folder / "first.jsonl"
    _, page = write("n2", "--notes", second)
    assert page.count("data:image/jpeg") == 1
    _, page = write("n2", "--notes", second, "--originals", first)
    assert page.count("data:image/jpeg") == 2


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("n1", "您的笔记没有问题"),
        ("n3", "<mark>加微信 abc12345</mark>"),
        ("n4", "第 1 张图片无法打开"),
    ],
)
def test_every_decision_has_its_letter(write, folder, note, said):
    """A pass, a contact, an unreadable picture; in Chinese."""
    result, page = write(note, "--notes", folder / "notes.jsonl", lang="zh")
    assert result.exit_code == 0, result.output
    assert '<html lang="zh-Hans">' in page
    assert said in page


def test_without_archives_the_words_of_the_verdict_are_told(write, folder):
    """And where the note is not in the archive, a remark says so."""
    result, page = write("n3")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "加微信 abc12345" in page
    result, _ = write("n3", "--notes", folder / "first.jsonl")
    assert "note n3 is not in that archive" in result.stderr


def test_machines_get_the_same_words(write, folder):
    """One object: number of the verdict, place of the page, and what stands there."""
    result, page = write("n2", "--notes", folder / "good.jsonl", "--json")
    row = json.loads(result.stdout)
    assert row["verdict_id"] == 2
    assert row["page"].endswith("letter.html")
    assert [reason["code"] for reason in row["reasons"]] == ["image.copy"]
    assert row["heading"] in page


def until(page):
    """The day that the page names for an appeal."""
    return re.search(r"You can do so until ([0-9-]{10})", page)[1]


def test_it_names_the_time_to_appeal(write, monkeypatch):
    """By the variable that the service reads, or as said here; nobody is sent in vain."""
    today = datetime.now(UTC)
    page = write("n2")[1]
    assert until(page) == f"{today + timedelta(days=30):%Y-%m-%d}"
    page = write("n2", "--appeal-days", "90")[1]
    assert until(page) == f"{today + timedelta(days=90):%Y-%m-%d}"
    monkeypatch.setenv("MODERATION_APPEAL_DAYS", "7")
    result, page = write("n2", "--json")
    assert until(page) == f"{today + timedelta(days=7):%Y-%m-%d}"
    assert until(" ".join(json.loads(result.stdout)["appeal"])) == until(page)
    told(write("n2", "--appeal-days", "0")[0], 2, "0")


def test_after_that_time_it_says_that_it_is_over(write, run, folder, tmp_path):
    """Of a verdict that was given before."""
    with (
        Register.open(tmp_path / "register", create=False) as register,
        register.transaction() as now,
    ):
        row = register.latest_verdict("n2")
        now._connection.execute(
            update(VERDICTS)
            .where(VERDICTS.c.verdict_id == row.verdict_id)
            .values(decided_at=row.decided_at - timedelta(days=31))
        )
    assert "The time for it ended on" in write("n2")[1]


def test_one_about_what_was_replaced_says_what_counts_now(write, folder, tmp_path, run):
    """In the page and for machines; of the verdict that stands nothing is said."""
    assert json.loads(write("n2", "--json")[0].stdout)["later"] is None
    run("check", folder / "second.jsonl", "--register", tmp_path / "register")
    result, page = write("n2", "--verdict", "2", "--json")
    row = json.loads(result.stdout)
    assert (row["verdict_id"], row["later"]["decision"]) == (2, "block")
    assert "another one took its place" in page
    assert row["later"]["words"] in page
    assert "another one took its place" not in write("n2")[1]
    assert "已于" in write("n2", "--verdict", "2", lang="zh")[1]


@pytest.mark.parametrize(
    ("args", "code", "piece"),
    [
        (("n9",), 3, "no such verdict"),
        (("n2", "--verdict", "1"), 3, "no such verdict"),
        (("n2", "--verdict", "99"), 3, "no such verdict"),
        (("n2", "--out", "letter.pdf"), 2, "no page"),
        (("n2", "--notes", "/nowhere.jsonl"), 3, "nowhere"),
    ],
    ids=["unknown", "another note's", "no number", "no page", "no archive"],
)
def test_what_cannot_be_written_is_told(write, args, code, piece):
    """In the house style, and no half page is left."""
    result, page = write(*args)
    told(result, code, piece)
    assert not page
