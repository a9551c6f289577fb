"""Whoever is forgotten is nowhere in the folder of a scan, and the rest can be scanned again."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from kit.notes import photo
from kit.pictures import recompressed, scene
from kit.told_archive import QUICK, row, written

from moderation.archive import read_results
from moderation.errors import BadNote, StoreBusy
from moderation.finding import ItemFailure
from moderation.policy import Policy
from moderation.scan import forget_in_scan, judge, observe, pair
from moderation.scan.observing import observed_place
from moderation.scan.place import alone_in
from moderation.verdict import Verdict

ROWS = [
    row("first", "ann", 0, photo("coffee"), scene(1, 300, 400)),
    row("copied", "ben", 1, recompressed(photo("coffee"), 60)),
    row("again", "cat", 2, recompressed(photo("coffee"), 40)),
    row("other", "ann", 3, scene(2, 300, 400)),
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return written(tmp_path / "archive", ROWS)


@pytest.fixture
def out(source: Path, tmp_path: Path) -> Path:
    whole(source, tmp_path / "out")
    return tmp_path / "out"


def whole(source: Path, out: Path) -> dict[str, Verdict | ItemFailure]:
    """Note, or code of a failure → what came of it."""
    observe(source, out, workers=1, without=QUICK, shard_rows=3)
    pair(source, out, workers=1, without=QUICK)
    found = judge(out, Policy.default(), as_of="then", without=QUICK)
    return {
        one.note_id if isinstance(one, Verdict) else one.code: one
        for one in read_results(found.verdicts)
    }


def everything(out: Path) -> str:
    """All that is written there, uncompressed."""
    tables = [pq.read_table(path).to_pylist() for path in out.rglob("*.parquet")]
    files = [p.read_bytes() for p in out.rglob("*") if p.is_file() and p.suffix != ".parquet"]
    return f"{tables} {files}"


def test_nothing_of_an_author_is_left(source: Path, out: Path) -> None:
    """Nor in the evidence of others; and a second run does not bring it back."""
    assert "ann" in everything(out)
    found = forget_in_scan(out, author_id="ann")
    assert (found.notes, found.pictures, found.removed) == (2, 3, ("paired", "judged"))
    for word in ("ann", "first", "other"):
        assert f"'{word}'" not in everything(out), word
    results = whole(source, out)
    for word in ("ann", "first", "other"):
        assert f"'{word}'" not in everything(out), word
    assert results.keys() == {"copied", "again", "forgotten"}
    again = results["again"]
    assert isinstance(again, Verdict)
    assert [finding.detail["holder"] for finding in again.findings] == ["ben"]  # the first by now


def test_one_note_is_forgotten(source: Path, out: Path) -> None:
    """The author's others stay, at their places."""
    assert forget_in_scan(out, note_id="first").notes == 1
    assert whole(source, out).keys() == {"copied", "again", "other", "forgotten"}


def test_whom_nobody_knows(out: Path) -> None:
    """Nothing is removed for nothing."""
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    assert forget_in_scan(out, author_id="nobody").notes == 0
    assert before == {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    assert (out / "judged").is_dir()


def test_killed_between_table_and_receipt(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run again, it finds its own; the shard's receipt does not fit until then."""
    from moderation.scan.place import Place

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Place, "receive", die)
        with pytest.raises(KeyboardInterrupt):
            forget_in_scan(out, author_id="ben")
    place = observed_place(out, QUICK)
    assert place.receipt(0) is None
    forget_in_scan(out, author_id="ben")
    observe(source, out, workers=1, without=QUICK, shard_rows=3)
    assert forget_in_scan(out, author_id="ben").notes == 1


def test_not_while_a_scan_writes(out: Path) -> None:
    with observed_place(out, QUICK).held(), pytest.raises(StoreBusy):
        forget_in_scan(out, author_id="ann")


@pytest.mark.parametrize("step", ["write", "receive"])
def test_killed_in_the_middle_nothing_of_them_survives_the_next_try(
    out: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whatever was written by halves, in tables, in evidence of others, in a shard cut short."""
    from moderation.scan.place import Place

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Place, step, die)
        with pytest.raises(KeyboardInterrupt):
            forget_in_scan(out, author_id="ann")
    assert not (out / "judged").exists()
    forget_in_scan(out, author_id="ann")
    for word in ("ann", "first", "other"):
        assert f"'{word}'" not in everything(out), word


@pytest.mark.parametrize("stage", ["paired", "judged"])
def test_not_while_something_is_made_of_it(out: Path, stage: str) -> None:
    """And nothing is touched."""
    before = everything(out)
    (folder,) = (out / stage).iterdir()
    with alone_in(folder), pytest.raises(StoreBusy, match="another scan"):
        forget_in_scan(out, author_id="ann")
    assert everything(out) == before


@pytest.mark.parametrize("named", [{}, {"note_id": "first", "author_id": "ann"}])
def test_one_of_both_is_named(out: Path, named: dict[str, str]) -> None:
    with pytest.raises(BadNote, match="exactly one"):
        forget_in_scan(out, **named)
