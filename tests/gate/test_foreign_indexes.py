"""Snapshots that are whole and still wrong: of another register, of an undone history, of a few
flipped bits. Digests are named in the log, and the register decides."""

from __future__ import annotations

import json
import logging
import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from kit.notes import photo, showing
from kit.pictures import scene

from moderation import Gate
from moderation.gate.index.place import INDEX_FOLDER
from moderation.image.feature_index import FEATURE_KEYS
from moderation.image.mapped import Shape, stored
from moderation.store.registry import FILE_NAME

FOLDERS = ("pdq256_v1", "descriptors", FEATURE_KEYS.name)


def register(folder: Path, *seeds: int) -> Path:
    """A register of drawn pictures, with snapshots of its indexes."""
    with Gate.open(folder) as gate:
        gate.register_many([showing(scene(s, 240, 320), id=f"n{s}") for s in seeds])
        gate.compact()
    return folder


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("damage", ["flipped", "cut"])
def test_both_digests_are_logged_and_the_index_rebuilt(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, folder: str, damage: str
) -> None:
    """Whichever of the three: what was promised, what was found, and what is done about it."""
    register(tmp_path, 1, 2)
    files = (tmp_path / INDEX_FOLDER / folder).glob("*-*")
    file = max(files, key=lambda path: path.stat().st_size)
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data if damage == "flipped" else data[:-1])
    with caplog.at_level(logging.WARNING), Gate.open(tmp_path) as gate:
        assert gate.verify().ok
        assert gate.verify().rebuilt
        assert [m.note_id for m in gate.find_copies(scene(2, 240, 320))] == ["n2"]
    assert "made anew from the register" in caplog.text
    assert len(re.findall(r"\b[0-9a-f]{64}\b", caplog.text)) == 2
    assert re.search(r"has [\d,]+ bytes, wanted [\d,]+", caplog.text)


@pytest.mark.parametrize("foreign", [FOLDERS, *((name,) for name in FOLDERS)], ids="+".join)
@pytest.mark.parametrize("seeds", [(5, 6, 7), (5, 6)], ids=["same-length", "shorter"])
def test_indexes_of_another_register_are_not_trusted(
    tmp_path: Path, foreign: tuple[str, ...], seeds: tuple[int, ...]
) -> None:
    """All of them, or one that was copied over; even where the logs are of one length."""
    mine, other = register(tmp_path / "mine", 1, 2, 3), register(tmp_path / "other", *seeds)
    for name in foreign:
        shutil.rmtree(mine / INDEX_FOLDER / name)
        shutil.copytree(other / INDEX_FOLDER / name, mine / INDEX_FOLDER / name)
    with Gate.open(mine) as gate:
        assert [m.note_id for m in gate.find_copies(scene(3, 240, 320))] == ["n3"]
        assert gate.find_copies(scene(5, 240, 320)) == []
        assert (gate.verify().ok, gate.verify().rebuilt) == (True, True)
    with Gate.open(mine) as gate:
        assert (gate.verify().ok, gate.verify().rebuilt) == (True, False)


def test_descriptors_of_the_older_form_are_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder from when they had one byte a number: whole, and no longer what is searched."""
    register(tmp_path, 1, 2)
    folder = tmp_path / INDEX_FOLDER / "descriptors"
    manifest = folder / "manifest.json"
    row = json.loads(manifest.read_text())
    (part,) = row["parts"]
    halves = np.fromfile(folder / part.pop("halves")["name"], np.float16).reshape(2, -1)
    codes = np.clip(np.rint(halves * np.float16(406)), -127, 127)
    shape = Shape(dtype="i1", width=codes.shape[1])
    part["codes"] = stored(folder, "codes", shape, [codes.astype(np.int8)]).to_json()
    manifest.write_text(json.dumps(row))
    with caplog.at_level(logging.WARNING), Gate.open(tmp_path) as gate:
        assert (gate.verify().ok, gate.verify().rebuilt) == (True, True)
        assert [m.note_id for m in gate.find_copies(scene(2, 240, 320))] == ["n2"]
    assert "a part of codes, dead, ids" in caplog.text


def add(gate: Gate) -> None:
    gate.register_many([showing(photo("coffee"), id="later"), showing(photo("chelsea"), id="on")])


def remove(gate: Gate) -> None:
    gate.remove("n2")
    gate.register_many([showing(photo("coffee"), id="later")])


@pytest.mark.parametrize("undone", [add, remove])
def test_a_backup_that_has_grown_past_the_snapshot_is_searched_anew(
    tmp_path: Path, undone: Callable[[Gate], object]
) -> None:
    """Nobody had the restored register open with its index while its log was the shorter one."""
    folder = register(tmp_path / "register", 1, 2)
    shutil.copy(folder / FILE_NAME, tmp_path / "backup")
    with Gate.open(folder) as gate:
        undone(gate)
        gate.compact()
    shutil.copy(tmp_path / "backup", folder / FILE_NAME)
    with Gate.open(folder, index=tmp_path / "elsewhere") as gate:
        gate.register_many([showing(scene(s, 240, 320), id=f"n{s}") for s in (8, 9, 10)])
    with Gate.open(folder) as gate:
        assert gate.find_copies(photo("coffee")) == []
        assert [m.note_id for m in gate.find_copies(scene(2, 240, 320))] == ["n2"]
        assert (gate.verify().ok, gate.verify().rebuilt) == (True, True)


def test_a_snapshot_of_this_register_is_trusted_while_others_write(tmp_path: Path) -> None:
    """What is added between two questions is no reason to rebuild."""
    register(tmp_path, *range(1, 9))
    stop = threading.Event()

    def write() -> None:
        with Gate.open(tmp_path, index=tmp_path / "elsewhere") as gate:
            number = 100
            while not stop.is_set():
                gate.register_many([showing(scene(number, 120, 160), id=f"n{number}")])
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(12):
            with Gate.open(tmp_path) as gate:
                assert not gate.verify().rebuilt
    finally:
        stop.set()
        writer.join()
