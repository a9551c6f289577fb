"""A copy that is taken while others write, and what is left where it fails."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from kit import register_children
from kit.register_children import PICTURES_PER_COMMIT
from kit.register_rows import a_picture, register_picture
from kit.small_disk import small_disk

from moderation.errors import BadSetting, StoreError, StoreUnwritable, WrongStoreVersion
from moderation.store import Register, back_up
from moderation.store.registry import FILE_NAME


def child(*arguments: str) -> subprocess.Popen[str]:
    tests = str(Path(register_children.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-m", "kit.register_children", *arguments],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([tests, *sys.path])},
        stdout=subprocess.PIPE,
        text=True,
    )


def restored(copy: Path, folder: Path) -> Register:
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(copy.read_bytes())
    return Register.open(folder, create=False)


def test_a_copy_taken_while_another_process_writes_holds_whole_commits(tmp_path: Path) -> None:
    """Of every commit all or nothing; all that was acknowledged before, and the writer goes on."""
    place = tmp_path / "register"
    writer = child("write", str(place))
    assert writer.stdout is not None
    said = iter(writer.stdout)
    taken = []
    try:
        for number in range(5):
            acknowledged = -1
            for line in said:
                if line.startswith("done") and int(line.split()[1]) > 3 * number:
                    acknowledged = int(line.split()[1])
                    break
            copy = tmp_path / f"{number}.sqlite3"
            taken.append((acknowledged, copy, back_up(place, copy)))
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.stdout.close()
        writer.wait()
    for acknowledged, copy, told in taken:
        with restored(copy, tmp_path / f"restored-{acknowledged}") as register:
            register.integrity_check()
            stats = register.stats()
            assert stats.pictures == stats.claims == stats.last_seq == told.last_seq
            assert stats.pictures == stats.notes * PICTURES_PER_COMMIT
            assert stats.notes > acknowledged


def test_what_is_committed_in_the_middle_of_a_copy_is_not_in_it(tmp_path: Path) -> None:
    """One snapshot, though the file grows between two pages of the copy."""
    place = tmp_path / "register"
    with Register.open(place) as register:
        register_picture(register, a_picture("before", features=os.urandom(9_000_000)))
        steps: list[int] = []

        def meanwhile(pages: int) -> None:
            steps.append(pages)
            added = (register, a_picture(f"during-{len(steps)}"))
            thread = threading.Thread(target=register_picture, args=added)
            thread.start()
            thread.join()

        told = back_up(place, tmp_path / "copy", progress=meanwhile)
        assert len(steps) > 2
        assert register.stats().notes == 1 + len(steps)
    assert told.last_seq == 1
    with restored(tmp_path / "copy", tmp_path / "restored") as copy:
        assert [p.note_id for p in copy.latest_pictures(9)] == ["before"]


def test_a_restored_copy_goes_on_as_the_register_did(tmp_path: Path) -> None:
    """With the write-ahead log, for its owner only, and with numbers that go on."""
    place = tmp_path / "register"
    with Register.open(place) as register:
        register_picture(register, a_picture("n1"))
    told = back_up(place, tmp_path / "copy")
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    assert told.bytes == (tmp_path / "copy").stat().st_size
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy", "register"]
    with restored(tmp_path / "copy", tmp_path / "restored") as copy:
        register_picture(copy, a_picture("n2"))
        assert copy.last_seq() == 2
        with sqlite3.connect(tmp_path / "restored" / FILE_NAME) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.close()


def test_a_copy_never_replaces_anything(tmp_path: Path) -> None:
    """Neither a file, nor what a link points to."""
    Register.open(tmp_path / "register").close()
    there, link = tmp_path / "there", tmp_path / "link"
    there.write_text("precious")
    link.symlink_to(tmp_path / "nowhere")
    for target in (there, link):
        with pytest.raises(StoreUnwritable, match="there already"):
            back_up(tmp_path / "register", target)
    assert there.read_text() == "precious"


def test_a_target_that_appears_in_the_meantime_is_kept(tmp_path: Path) -> None:
    """Two backups under one name: the first to be whole has it."""
    place, target = tmp_path / "register", tmp_path / "copy"
    with Register.open(place) as register:
        register_picture(register, a_picture("n1"))
    with pytest.raises(StoreUnwritable, match="there already"):
        back_up(place, target, progress=lambda _: target.write_text("precious") and None)
    assert target.read_text() == "precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy", "register"]


def test_kill_9_in_the_middle_leaves_no_half_file(tmp_path: Path) -> None:
    """Nothing has the name; the register is as it was, and the next copy works."""
    place, target = tmp_path / "register", tmp_path / "copy"
    with Register.open(place) as register:
        register_picture(register, a_picture("n1", features=os.urandom(9_000_000)))
    copier = child("backup", str(place), str(target))
    assert copier.stdout is not None
    assert copier.stdout.readline().startswith("pages")
    copier.send_signal(signal.SIGKILL)
    assert copier.wait() == -signal.SIGKILL
    copier.stdout.close()
    assert not target.exists()
    with Register.open(place) as register:
        register.integrity_check()
    assert back_up(place, target).last_seq == 1


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    """The error names the target, not the register."""
    with Register.open(tmp_path / "register") as register:
        register_picture(register, a_picture("n1", features=os.urandom(3_000_000)))
    with small_disk("1m") as disk:
        with pytest.raises(StoreUnwritable, match="copy"):
            back_up(tmp_path / "register", disk.folder / "copy")
        assert not list(disk.folder.iterdir())


def test_what_is_no_register_is_not_copied(tmp_path: Path) -> None:
    """A stranger's file, a folder without one, a server, a folder that is not there."""
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    connection = sqlite3.connect(stranger / FILE_NAME)
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    with pytest.raises(WrongStoreVersion):
        back_up(stranger, tmp_path / "copy")
    with pytest.raises(StoreError, match="no register"):
        back_up(tmp_path / "nowhere", tmp_path / "copy")
    with pytest.raises(BadSetting, match="server"):
        back_up("postgresql://me:hush@there/notes", tmp_path / "copy")
    Register.open(tmp_path / "register").close()
    with pytest.raises(StoreUnwritable):
        back_up(tmp_path / "register", tmp_path / "no folder" / "copy")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["register", "stranger"]


def test_a_damaged_register_gives_no_copy(tmp_path: Path) -> None:
    """The copy is read again before it has its name."""
    place = tmp_path / "register"
    with Register.open(place) as register:
        for number in range(50):
            register_picture(register, a_picture(f"n{number}"))
    file = place / FILE_NAME
    bytes_ = bytearray(file.read_bytes())
    for at in range(4096 * 8, len(bytes_) - 4096, 4096):
        bytes_[at : at + 64] = b"\xff" * 64
    file.write_bytes(bytes_)
    with pytest.raises(StoreError, match="damaged"):
        back_up(place, tmp_path / "copy")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["register"]
