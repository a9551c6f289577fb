"""Indexes of every kind over one register, asked the same questions by number.

A question names a drawn picture; whoever is asked draws it. So an index in another process needs
to be sent a number only.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from kit.pictures import scene
from kit.postgres import Server
from kit.register_rows import a_claim, a_picture

from moderation.gate.index.followed import FollowedIndex
from moderation.gate.index.nominated import Nominated, Sought
from moderation.gate.index.opening import open_index
from moderation.gate.index.search_index import SearchIndex
from moderation.gate.index.verification import Verification
from moderation.image.decode import decode
from moderation.image.descriptor import to_bytes
from moderation.image.hashing import recipe_named
from moderation.image.local_features import LocalFeatures
from moderation.image.query import Query
from moderation.store import NewPicture, Register

TOKEN = "the token of the shards of these tests"
LENGTH = 16
MODEL = "model_v1"
WAIT_S = 60.0
PATIENT = "?deadline_ms=20000"
"""For shards on a machine that does much else."""


# What is registered, and what is asked


def vector(number: int, *, near: int | None = None) -> np.ndarray:
    """A unit vector, another one for each number; or one that is near that of a number."""
    found = np.random.default_rng(number).standard_normal(LENGTH).astype(np.float32)
    if near is not None:
        found = vector(near) + found / 12
    return found / np.linalg.norm(found)


class Answering:
    """A describer that gives a number's vector for the first view, and others for the rest."""

    recipe, dimensions = MODEL, LENGTH

    def __init__(self, number: int) -> None:
        self.number = number

    def describe(self, views: list[np.ndarray]) -> np.ndarray:
        return np.stack([vector(self.number + 1000 * place) for place in range(len(views))])


@cache
def query(number: int) -> Query:
    """A drawn picture under check; two in one, so that it has several views."""
    pixels = scene(number, 200, 260)
    if number % 2:
        pixels = np.concatenate([pixels, scene(number + 1, 200, 260)], axis=1)
    found = Query.of(decode(pixels))
    found.describe(Answering(number))  # type: ignore[arg-type]
    return found


def known(number: int, *, turned_bits: int = 0, recipe: str = "pdq256_v1") -> NewPicture:
    """The picture of a question as it is registered, its hash with some bits turned."""
    asked = query(number)
    code = asked.codes_for(recipe_named(recipe))[0].copy()
    bits = np.zeros(len(code) * 8, np.uint8)
    bits[np.random.default_rng(turned_bits).permutation(len(bits))[:turned_bits]] = 1
    features = asked.fingerprint().features
    assert features is not None
    return a_picture(
        f"n{number}-{turned_bits}-{recipe}",
        recipe=recipe,
        code=(code ^ np.packbits(bits)).tobytes(),
        features=features.to_bytes() if recipe == "pdq256_v1" else b"",
        descriptor=to_bytes(vector(number + turned_bits, near=number)),
        descriptor_recipe=MODEL,
    )


def stranger(number: int, *, sharing: int | None = None) -> NewPicture:
    """A picture of nothing; it may share some local features with the picture of a question."""
    rng = np.random.default_rng(number)
    descriptors = rng.integers(0, 16, (6, 128), dtype=np.uint8)
    if sharing is not None:
        theirs = query(sharing).verifiable().features.descriptors
        descriptors = theirs[rng.permutation(len(theirs))[: 2 + number % 40]]
    count = len(descriptors)
    features = LocalFeatures(
        points=np.zeros((count, 2), np.float32),
        scales=np.ones(count, np.float32),
        angles=np.zeros(count, np.float32),
        descriptors=descriptors,
        size=(10, 10),
    )
    return a_picture(
        f"s{number}",
        code=rng.integers(0, 256, 32, dtype=np.uint8).tobytes(),
        features=features.to_bytes(),
        descriptor=to_bytes(vector(number)) if number % 5 else None,
        descriptor_recipe=MODEL if number % 5 else None,
    )


def registered(register: Register, *pictures: NewPicture) -> list[int]:
    """Their numbers; all in one transaction."""
    numbers = []
    with register.transaction() as now:
        for picture in pictures:
            work = now.add_work()
            numbers.append(now.add_picture(picture, work))
            now.add_claim(a_claim(work, note_id=picture.note_id))
    return numbers


def removed(register: Register, *numbers: int) -> None:
    with register.transaction() as now:
        now.remove_pictures(numbers)


# Kinds of indexes


class Kind(Protocol):
    """An index that follows a register, wherever it lies."""

    def look_up(self, number: int, sought: Sought = Sought.ALL) -> Nominated:
        """Catch up, and ask."""

    def verify(self) -> Verification: ...

    def keep(self) -> None:
        """Let it write its snapshots."""

    def restart(self) -> None:
        """End whatever runs, and start it again."""

    def folders(self) -> list[Path]:
        """Of its snapshots."""

    def close(self) -> None: ...


class Here:
    """In this process, or elsewhere by an address."""

    def __init__(self, register: Register, index: str | Path) -> None:
        self.register, self.address = register, index
        self.index: SearchIndex = self.opened()

    def opened(self) -> SearchIndex:
        return open_index(
            self.address, self.register, os.environ | {"MODERATION_INDEX_TOKEN": TOKEN}
        )

    def look_up(self, number: int, sought: Sought = Sought.ALL) -> Nominated:
        self.index.catch_up(self.register)
        return self.index.look_up(query(number), sought)

    def verify(self) -> Verification:
        return self.index.verify(self.register)

    def keep(self) -> None:
        self.index.compact(self.register)

    def restart(self) -> None:
        self.index.close()
        self.index = self.opened()

    def folders(self) -> list[Path]:
        return [Path(self.address)]

    def close(self) -> None:
        self.index.close()


class Replica:
    """Complete, in another process with a folder of its own, as on another machine."""

    def __init__(self, register: str, folder: Path) -> None:
        self._register, self._folder = register, folder
        self.restart()

    def restart(self) -> None:
        self.close()
        context = multiprocessing.get_context("spawn")
        self._here, there = context.Pipe()
        self._process = context.Process(
            target=follow_and_answer, args=(there, self._register, self._folder), daemon=True
        )
        self._process.start()
        there.close()

    def _ask(self, *what: Any) -> Any:
        self._here.send(what)
        assert self._here.poll(WAIT_S), "the replica does not answer"
        return self._here.recv()

    def look_up(self, number: int, sought: Sought = Sought.ALL) -> Nominated:
        return self._ask("look_up", number, sought)

    def verify(self) -> Verification:
        return self._ask("verify")

    def keep(self) -> None:
        self._ask("keep")

    def folders(self) -> list[Path]:
        return [self._folder]

    def close(self) -> None:
        if hasattr(self, "_process"):
            self._here.close()  # it ends where nobody can ask any more
            self._process.join(WAIT_S)


def follow_and_answer(pipe: Any, register: str, folder: Path) -> None:
    """The other process of a `Replica`."""
    with Register.open(register) as opened, contextlib.suppress(EOFError):
        kind = Here(opened, folder)
        while True:
            what, *arguments = pipe.recv()
            pipe.send(getattr(kind, what)(*arguments))


class Shards(Here):
    """Several processes, each with its share."""

    def __init__(self, register: Register, place: str | Path, folder: Path, count: int) -> None:
        self._place, self.folder, self.count = place, folder, count
        self.processes: dict[int, subprocess.Popen[str]] = {}
        self._ports = dict.fromkeys(range(1, count + 1), 0)
        self.start(*self._ports)
        super().__init__(register, f"shards://{','.join(self.hosts())}{PATIENT}")

    def hosts(self) -> list[str]:
        return [f"127.0.0.1:{port}" for port in self._ports.values()]

    def start(self, *numbers: int) -> None:
        """Start shards, and wait until they answer."""
        for number in numbers:
            command = [sys.executable, "-m", "moderation", "index", "serve", "--json"]
            command += ["--register", str(self._place), "--snapshots", str(self.folder)]
            command += ["--shard", f"{number}/{self.count}"]
            command += ["--listen", f"127.0.0.1:{self._ports[number]}"]
            environment = os.environ | {"MODERATION_INDEX_TOKEN": TOKEN, "OMP_NUM_THREADS": "1"}
            log = (self.folder.parent / f"shard-{number}.log").open("a")
            with log:
                self.processes[number] = subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
                )
        for number in numbers:
            told = self.processes[number].stdout
            assert told is not None
            self._ports[number] = int(json.loads(told.readline())["listening"].rpartition(":")[2])

    def stop(self, *numbers: int, how: signal.Signals = signal.SIGTERM) -> None:
        for number in numbers:
            self.processes[number].send_signal(how)
        for number in numbers:
            process = self.processes.pop(number)
            process.wait(WAIT_S)
            assert process.stdout is not None
            process.stdout.close()

    def restart(self) -> None:
        self.stop(*self._ports)
        self.start(*self._ports)
        super().restart()

    def folders(self) -> list[Path]:
        return sorted(self.folder.glob("shard-*"))

    def close(self) -> None:
        super().close()
        self.stop(*self.processes, how=signal.SIGKILL)


class InMilvus(Here):
    """Embedded."""

    def folders(self) -> list[Path]:
        return []


# A register that changes behind its log


def behind_the_log(server: Server | None, place: str | Path, *statements: str) -> None:
    """Change tables as no gate would, so that no index can know of it."""
    if isinstance(place, str):
        assert server is not None
        database = place.partition("@/")[2].partition("?")[0]
        server.admin(*statements, database=database)
        return
    with contextlib.closing(sqlite3.connect(Path(place) / "register.sqlite3")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def damaged(folders: list[Path]) -> None:
    """Flip a bit of the largest file of each folder of a snapshot."""
    for folder in folders:
        for manifest in folder.rglob("manifest.json"):
            files = manifest.parent.glob("*-*.bin")
            file = max(files, key=lambda path: path.stat().st_size)
            data = bytearray(file.read_bytes())
            if data:
                data[len(data) // 2] ^= 1
                file.write_bytes(data)


@contextlib.contextmanager
def standing_still(process: subprocess.Popen[str]) -> Iterator[None]:
    """A process that hangs, and comes back."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def reference(register: Register, folder: Path) -> FollowedIndex:
    """One index that holds everything and has forgotten what is gone: made anew from the log."""
    shutil.rmtree(folder, ignore_errors=True)
    index = FollowedIndex(folder)
    index.catch_up(register)
    return index
