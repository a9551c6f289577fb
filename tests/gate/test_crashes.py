"""What is left after kill -9, a damaged snapshot, a restored backup, a full or read-only disk."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kit import gate_children
from kit.gate_children import endless
from kit.notes import photo, showing
from kit.small_disk import SmallDisk, small_disk

from moderation import Gate
from moderation.errors import StoreError, StoreUnwritable
from moderation.gate.index.place import INDEX_FOLDER
from moderation.store.registry import FILE_NAME
from moderation.verdict import Registration

CAT, CUP, ROCKET = photo("chelsea"), photo("coffee"), photo("rocket")


def child(*arguments: str) -> subprocess.Popen[str]:
    tests = str(Path(gate_children.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-m", "kit.gate_children", *arguments],
        env=os.environ | {"PYTHONPATH": tests},
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_after(lines: int, process: subprocess.Popen[str], delay_s: float) -> list[str]:
    """Wait for some lines and a moment more, then kill -9; everything that was said."""
    assert process.stdout is not None
    said = [line for line, _ in zip(process.stdout, range(lines), strict=False)]
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    said += list(process.stdout)
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    return [line.strip() for line in said if line.endswith("\n")]


def assert_whole(gate: Gate) -> None:
    """Index and log agree, and every verdict's pictures are as its registration says."""
    assert gate.verify().ok
    held: Counter[str] = Counter()
    for row in gate.register.verdicts(limit=10_000):
        wanted = endless_images(row.verdict.note_id)
        there = len(gate.register.pictures_of_note(row.verdict.note_id))
        skipped = row.verdict.registration is Registration.SKIPPED
        assert there == (0 if skipped else wanted), row.verdict.note_id
        held[row.verdict.note_id] += there
    assert gate.stats().pictures == sum(held.values())
    assert max(held.values(), default=0) <= 2


def endless_images(note_id: str) -> int:
    return len(next(endless(int(note_id[1:]))).images)


def test_kill_9_leaves_no_half_note(tmp_path: Path) -> None:
    """Killed in the middle of checks: what was answered is there, what is there is whole."""
    rng = random.Random(5)
    answered: set[str] = set()
    for _ in range(3):
        process = child("check", str(tmp_path))
        answered.update(kill_after(rng.randint(2, 5), process, rng.uniform(0, 0.2)))
        with Gate.open(tmp_path) as gate:
            assert_whole(gate)
            known = {row.verdict.note_id for row in gate.register.verdicts(limit=10_000)}
            assert answered <= known
            registrations = {row.verdict.registration for row in gate.register.verdicts()}
    assert registrations == {Registration.REGISTERED, Registration.SKIPPED}


def test_kill_9_leaves_an_archive_half_read_but_no_note(tmp_path: Path) -> None:
    """Whole portions only; run again, the import goes on and changes nothing that is there."""
    process = child("import", str(tmp_path))
    told = kill_after(2, process, 0.3)
    done = max((int(line) for line in told if line != "open"), default=0)
    with Gate.open(tmp_path) as gate:
        assert gate.verify().ok
        stats = gate.stats()
        assert stats.notes >= done > 0
        assert stats.pictures == sum(endless_images(f"n{i}") for i in range(stats.notes))
        assert stats.claims == stats.pictures
        again = [note for note, _ in zip(endless(0), range(5), strict=False)]
        gate.register_many(again)
        assert gate.stats() == stats


def test_pictures_claims_and_verdict_are_written_together(tmp_path: Path) -> None:
    """A database that refuses the last of them keeps none."""
    with Gate.open(tmp_path) as gate:
        gate.check(showing(CUP, id="n998"))
        before = gate.stats()
        with closing(sqlite3.connect(tmp_path / FILE_NAME)) as database, database:
            database.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON verdicts "
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        with pytest.raises(StoreError):
            gate.check(showing(CAT, id="n999"))
        assert gate.stats() == before
        assert gate.find_copies(CAT) == []


# The snapshot of the index


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A register with the cat and the cup, and a snapshot of its index."""
    with Gate.open(tmp_path / "register") as gate:
        gate.check(showing(CAT))
        gate.check(showing(CUP, id="n2", author="bob"))
        gate.compact()
    return tmp_path / "register"


def codes_file(folder: Path) -> Path:
    (path,) = (folder / INDEX_FOLDER / "pdq256_v1").glob("codes-*.bin")
    return path


def flip(folder: Path) -> None:
    data = bytearray(codes_file(folder).read_bytes())
    data[-1] ^= 1
    codes_file(folder).write_bytes(bytes(data))


def change_manifest(folder: Path, **changes: object) -> None:
    for manifest in (folder / INDEX_FOLDER).glob("*/manifest.json"):
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | changes))


def lose_one(folder: Path) -> None:
    shutil.rmtree(next((folder / INDEX_FOLDER).glob("sift*")))


DAMAGES: dict[str, tuple[Callable[[Path], object], bool]] = {
    "untouched": (lambda folder: None, False),
    "one-bit": (flip, True),
    "cut-short": (lambda folder: os.truncate(codes_file(folder), 99), True),
    "file-gone": (lambda folder: codes_file(folder).unlink(), True),
    "all-gone": (lambda folder: shutil.rmtree(folder / INDEX_FOLDER), False),
    "one-index-gone": (lose_one, True),
    "foreign-recipe": (lambda folder: change_manifest(folder, recipe="phash64_v1"), True),
    "newer-format": (lambda folder: change_manifest(folder, format=99), True),
    "newer-than-the-database": (lambda folder: change_manifest(folder, seq=10**6), True),
    "no-json": (lambda folder: change_manifest(folder, parts="none"), True),
}


@pytest.mark.parametrize(("damage", "rebuilt"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_snapshot_that_is_of_no_use_is_made_anew(
    folder: Path, damage: Callable[[Path], object], rebuilt: bool
) -> None:
    """From the register, at once; and closing the gate mends it on the disk."""
    damage(folder)
    with Gate.open(folder) as gate:
        answer = gate.verify()
        assert (answer.ok, answer.rebuilt) == (True, rebuilt)
        assert [m.note_id for m in gate.find_copies(CAT)] == ["n1"]
        assert gate.find_copies(ROCKET) == []
    with Gate.open(folder) as gate:
        assert (gate.verify().ok, gate.verify().rebuilt) == (True, False)


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "killed"])
def test_a_restored_backup_is_not_searched_with_a_later_snapshot(
    folder: Path, closed: bool
) -> None:
    """Even where the log has grown again to the length that the snapshot knew."""
    backup = folder.parent / "backup"
    shutil.copy(folder / FILE_NAME, backup)
    with Gate.open(folder) as gate:
        gate.check(showing(ROCKET, id="n3", author="carol"))
        gate.compact()
    shutil.copy(backup, folder / FILE_NAME)
    gate = Gate.open(folder)
    assert gate.find_copies(ROCKET) == []
    assert gate.verify().rebuilt
    gate.check(showing(photo("astronaut"), id="n4", author="dan"))
    if closed:
        gate.close()
    else:  # the database is closed without the index being saved
        gate.register.close()
    with Gate.open(folder) as again:
        assert again.find_copies(ROCKET) == []
        assert [m.note_id for m in again.find_copies(photo("astronaut"))] == ["n4"]
        assert again.verify().ok


# Disks


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    with small_disk("1500k") as disk:
        yield disk


def test_files_that_may_not_grow_lose_no_note(tmp_path: Path) -> None:
    """The failing check is not there at all; with room again, work goes on."""
    process = child("limit", str(tmp_path), "800000")
    said, _ = process.communicate(timeout=120)
    assert said.split() == ["store_unwritable"]
    with Gate.open(tmp_path) as gate:
        assert_whole(gate)
        before = gate.stats()
        assert before.verdicts > 0
        gate.check(next(endless(before.verdicts)))
        assert gate.stats().verdicts == before.verdicts + 1


def test_a_full_disk_says_so_and_still_answers(disk: SmallDisk) -> None:
    """`StoreUnwritable` for checks, imports and forgetting; searches go on."""
    gate = Gate.open(disk.folder / "register")
    gate.check(showing(CAT, id="n999"))
    notes = (gate.register_many([note]) for note in endless(0))
    with pytest.raises(StoreUnwritable):
        deque(notes, maxlen=0)
    stats = gate.stats()
    with pytest.raises(StoreUnwritable):
        gate.check(showing(CUP, id="n998"))
    with pytest.raises(StoreUnwritable):
        gate.compact()
    assert [m.note_id for m in gate.find_copies(CAT)] == ["n999"]
    assert gate.check(showing(CAT, id="n997", author="eve", hours=1), register=False).findings
    assert gate.stats() == stats
    disk.mount("remount,size=20m")
    gate.check(showing(CUP, id="n998"))
    assert gate.verify().ok
    gate.close()


def test_a_read_only_disk_is_refused(disk: SmallDisk) -> None:
    """A register on it, and a new one there, both say `StoreUnwritable`."""
    Gate.open(disk.folder / "register").close()
    disk.mount("remount,ro")
    for name in ("register", "new"):
        with pytest.raises(StoreUnwritable):
            Gate.open(disk.folder / name)
