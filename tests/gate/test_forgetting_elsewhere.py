"""Forgetting reaches backups by their list, and the receipt says what is left to do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kit import register_children
from kit.notes import photo, showing

from moderation import Decision, Gate
from moderation.errors import RestoredCopy, StoreError
from moderation.store import Reach, Register, SubjectKind, back_up
from moderation.store.elsewhere import SCAN, Elsewhere
from moderation.store.forgotten_list import LIST_NAME
from moderation.store.registry import FILE_NAME

CAT, CUP = photo("chelsea"), photo("coffee")


def filled(folder: Path) -> None:
    with Gate.open(folder) as gate:
        gate.check(showing(CAT, id="no-1", author="ava"))
        gate.check(showing(CUP, id="no-2", author="ben"))


def restored(backup: Path, folder: Path) -> Path:
    folder.mkdir()
    shutil.copyfile(backup, folder / FILE_NAME)
    return folder


def test_a_restored_backup_forgets_again_before_anything_is_found(tmp_path: Path) -> None:
    """Where the register is gone, by the list beside the backups; without it nobody opens it."""
    place, backups = tmp_path / "register", tmp_path / "backups"
    backups.mkdir()
    filled(place)
    back_up(place, backups / "old.sqlite3")
    with Gate.open(place) as gate:
        receipt = gate.forget(author_id="ava")
    told = {(p.kind, p.state): p for p in receipt.places}
    assert told[("backup", Reach.REPLAYED)].place == str(backups / "old.sqlite3")
    assert told[("backup", Reach.REPLAYED)].at is not None
    assert [p.counts for p in receipt.places if p.kind == "list"] == [{"lines": 1}, {"lines": 1}]
    text = (backups / LIST_NAME).read_text()
    assert "ava" not in text
    assert "no-1" not in text
    shutil.rmtree(place)
    there = restored(backups / "old.sqlite3", tmp_path / "restored")
    with pytest.raises(RestoredCopy, match="a backup of"):
        Register.open(there)
    shutil.copy(backups / LIST_NAME, there)
    with Gate.open(there) as gate:
        assert gate.register.replayed == (1, 1)
        assert gate.find_copies(CAT) == []
        assert len(gate.find_copies(CUP)) == 1
        assert gate.register.receipts(SubjectKind.AUTHOR, "ava")
        assert gate.verify().ok
    assert b"ava" not in (there / FILE_NAME).read_bytes()
    with Register.open(there) as again:  # a register like any other now
        assert again.replayed is None


def test_a_backup_from_after_says_nothing_and_finds_its_list_by_itself(tmp_path: Path) -> None:
    place = tmp_path / "register"
    filled(place)
    with Gate.open(place) as gate:
        gate.forget(note_id="no-1")
    back_up(place, tmp_path / "new.sqlite3")
    with Register.open(restored(tmp_path / "new.sqlite3", tmp_path / "restored")) as register:
        assert register.replayed == (0, 1)
        assert register.stats().notes == 1


def test_nothing_was_forgotten_must_be_said(tmp_path: Path) -> None:
    place = tmp_path / "register"
    filled(place)
    back_up(place, tmp_path / "copy.sqlite3")
    shutil.rmtree(place)
    there = restored(tmp_path / "copy.sqlite3", tmp_path / "restored")
    with Register.open(there, forgotten=()) as register:
        assert register.stats().notes == 2
    with Register.open(there) as register:
        assert register.stats().notes == 2


def test_a_list_of_another_register_is_refused(tmp_path: Path) -> None:
    for name in ("one", "other"):
        filled(tmp_path / name)
        with Gate.open(tmp_path / name) as gate:
            gate.forget(note_id="no-1")
    back_up(tmp_path / "one", tmp_path / "copy.sqlite3")
    there = restored(tmp_path / "copy.sqlite3", tmp_path / "restored")
    with pytest.raises(StoreError, match="another register"):
        Register.open(there, forgotten=[tmp_path / "other" / LIST_NAME])
    (there / LIST_NAME).write_text("[]\n")
    with pytest.raises(StoreError, match="no list"):
        Register.open(there, forgotten=[there / LIST_NAME])


def test_an_expired_backup_is_named_no_more(tmp_path: Path) -> None:
    """And a list goes on where it lies, though an older register lost its receipts."""
    place, copy = tmp_path / "register", tmp_path / "copy.sqlite3"
    filled(place)
    back_up(place, copy)
    with Gate.open(place) as gate:
        assert [p.kind for p in gate.forget(note_id="no-1").places].count("backup") == 1
        copy.unlink()
        assert [p.kind for p in gate.forget(note_id="no-2").places].count("backup") == 0
    assert len((tmp_path / LIST_NAME).read_text().splitlines()) == 2
    assert len((place / LIST_NAME).read_text().splitlines()) == 3


def test_a_scan_that_was_not_reached_is_named(tmp_path: Path) -> None:
    place, scan = tmp_path / "register", tmp_path / "scan"
    scan.mkdir()
    filled(place)
    with Gate.open(place) as gate:
        with gate.register.transaction() as now:
            now.know_elsewhere(Elsewhere(kind=SCAN, place=str(scan), at=datetime.now(UTC)))
        (told,) = [p for p in gate.forget(note_id="no-1").places if p.kind == "scan"]
    assert (told.place, told.state) == (str(scan), Reach.NOT_REACHED)
    assert "moderation scan forget" in told.hint


@pytest.mark.parametrize("step", ["rows", "index", "disk", "list"])
def test_kill_9_between_two_steps_is_made_good_by_the_next(tmp_path: Path, step: str) -> None:
    """Rows gone first; then said again, everything is done, and the receipt is finished."""
    place = tmp_path / "register"
    filled(place)
    back_up(place, tmp_path / "copy.sqlite3")
    tests = str(Path(register_children.__file__).parents[1])
    child = subprocess.run(
        [sys.executable, "-m", "kit.forget_children", str(place), step],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([tests, *sys.path])},
        check=False,
    )
    assert child.returncode == -signal.SIGKILL
    with Register.open(place) as register:
        (first,) = register.all_receipts(unfinished=True)
        assert first.counts["pictures"] == 1
    with Gate.open(place) as gate:
        again = gate.forget(author_id="ava")
        assert gate.register.all_receipts(unfinished=True) == []
        assert again.counts["pictures"] == 0
        assert gate.find_copies(CAT) == []
        assert gate.check(showing(CAT, id="c1", author="cy")).decision is Decision.PASS
    held = b"".join(p.read_bytes() for p in place.rglob("*") if p.is_file())
    assert b"ava" not in held
    lines = [json.loads(line) for line in (tmp_path / LIST_NAME).read_text().splitlines()]
    assert [line["digest"] for line in lines[1:]] == [first.digest]
