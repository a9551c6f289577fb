"""What is left after kill -9, a full disk, a read-only disk."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit import register_children
from kit.register_children import PICTURES_PER_COMMIT, fill
from kit.register_rows import a_picture, register_picture
from kit.small_disk import SmallDisk, small_disk

from moderation.errors import StoreUnwritable
from moderation.store import Register
from moderation.store.registry import FILE_NAME

ROUNDS = 12


def child(*arguments: str) -> subprocess.Popen[str]:
    tests = str(Path(register_children.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-m", "kit.register_children", *arguments],
        env=os.environ | {"PYTHONPATH": tests},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    with small_disk("1m") as disk:
        yield disk


def test_kill_9_loses_nothing_committed_and_leaves_nothing_half(tmp_path: Path) -> None:
    """Killed a dozen times within a write transaction, the register holds whole commits only."""
    rng = random.Random(9)
    for _ in range(ROUNDS):
        writer = child("write", str(tmp_path))
        assert writer.stdout is not None
        acknowledged = -1
        wanted = rng.randint(1, 4)
        for line in writer.stdout:
            word, batch = line.split()
            if word == "done":
                acknowledged = int(batch)
            else:
                wanted -= 1
            if not wanted:
                break
        time.sleep(rng.uniform(0, 0.004))
        writer.send_signal(signal.SIGKILL)
        for line in writer.stdout:
            if line.startswith("done ") and line.endswith("\n"):  # else it was cut by the kill
                acknowledged = int(line.split()[1])
        writer.stdout.close()
        assert writer.wait() == -signal.SIGKILL
        with Register.open(tmp_path) as register:
            register.integrity_check()
            stats = register.stats()
            assert stats.pictures == stats.claims == stats.works == stats.last_seq
            assert stats.pictures == stats.notes * PICTURES_PER_COMMIT
            assert stats.notes > acknowledged


@pytest.mark.parametrize(
    "limit_bytes",
    [
        pytest.param(6_000, id="while-opening"),
        pytest.param(80_000, id="while-migrating"),
        pytest.param(2_000_000, id="while-writing"),
    ],
)
def test_a_file_that_may_not_grow_leaves_a_whole_register(tmp_path: Path, limit_bytes: int) -> None:
    """The failing commit is not there at all; with room again, work goes on."""
    writer = child("fill", str(tmp_path), str(limit_bytes))
    said, _ = writer.communicate(timeout=60)
    assert said.split() == ["store_unwritable"]
    with Register.open(tmp_path) as register:
        register.integrity_check()
        stats = register.stats()
        assert stats.pictures == stats.claims == stats.works == stats.last_seq
        register_picture(register, a_picture("after"))


def test_a_full_disk_leaves_a_readable_register(disk: SmallDisk) -> None:
    """`StoreUnwritable` on writing and scrubbing; everything committed stays readable."""
    with Register.open(disk.folder / "register") as register:
        with pytest.raises(StoreUnwritable, match=FILE_NAME):
            fill(register)
        before = register.stats()
        assert before.pictures == before.claims == before.works == before.last_seq > 0
        with pytest.raises(StoreUnwritable):
            register.scrub()
        register.integrity_check()
        assert register.stats() == before
        disk.mount("remount,size=8m")
        register_picture(register, a_picture("after"))
        assert register.stats().pictures == before.pictures + 1


def test_a_read_only_disk_is_refused(disk: SmallDisk) -> None:
    """A register on a read-only disk, and a new one there, both say `StoreUnwritable`."""
    with Register.open(disk.folder / "register") as register:
        register_picture(register, a_picture())
    disk.mount("remount,ro")
    for name in ("register", "new"):
        with pytest.raises(StoreUnwritable):
            Register.open(disk.folder / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    """Without the right to write into the folder, no register is made there."""
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreUnwritable):
            Register.open(tmp_path)
    finally:
        tmp_path.chmod(0o700)
