"""What the tests of the gate let other processes do; importable, so that these can find it."""

from __future__ import annotations

import itertools
import random
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kit import pictures
from kit.notes import photo, portrait, showing
from kit.pictures import Pixels

from moderation import Gate, Note, Policy
from moderation.errors import StoreError

ROUNDS = 6

EDITS: tuple[Callable[[Pixels], Pixels], ...] = (
    lambda p: p,
    lambda p: pictures.cropped(p, 0.95),
    lambda p: pictures.recompressed(p, 50),
    lambda p: pictures.filtered(p, 0.8, 1.0),
    lambda p: pictures.filtered(p, 1.25, 1.0),
    lambda p: pictures.scaled(p, 0.8),
    lambda p: pictures.cropped(p, 0.95, 0.0, 0.0),
    lambda p: pictures.recompressed(pictures.filtered(p, 0.9), 70),
)
"""One for each process: all of one picture, no two of the same bytes."""


def original(number: int) -> Pixels:
    """The picture of a round: photographs, then drawn ones."""
    names = ("chelsea", "coffee", "rocket", "astronaut")
    return portrait(names[number]) if number < 4 else pictures.scene(number, 300, 400)


def be_first(barrier: Any, i: int, place: str | Path) -> list[dict[str, Any]]:
    """Check a near-duplicate of everybody else's picture, at the same instant, each round."""
    verdicts = []
    with Gate.open(place) as gate:
        for number in range(ROUNDS):
            pixels = EDITS[(i + number) % len(EDITS)](original(number))
            note = showing(pixels, id=f"r{number}p{i}", author=f"author{i}", hours=None)
            barrier.wait()
            verdicts.append(gate.check(note).to_json())
    return verdicts


def write_the_same(barrier: Any, i: int, folder: Path) -> list[dict[str, Any]]:
    """Publish nearly the same words as everybody else, at the same instant, each round."""
    verdicts = []
    with Gate.open(folder) as gate:
        for number in range(ROUNDS):
            words = random.Random(number)
            text = "".join(chr(words.randint(0x4E00, 0x9000)) for _ in range(80)) + "🌸" * i
            note = showing(text=text, id=f"r{number}p{i}", author=f"author{i}", hours=None)
            barrier.wait()
            verdicts.append(gate.check(note).to_json())
    return verdicts


def forget_or_search(barrier: Any, i: int, place: str | Path, rounds: int) -> list[list[int]]:
    """Two processes register and forget a picture each, a third one searches for both.

    Returns:
        For the searcher, how many copies it found at each search, a list for each round and
        picture; the last entry of each comes after the forgetting.
    """
    names = ("chelsea", "coffee")
    counts: list[list[int]] = []
    with Gate.open(place) as gate:
        for number in range(rounds):
            if i < 2:
                note_id = f"r{number}p{i}"
                gate.check(showing(portrait(names[i]), id=note_id, author=note_id))
            barrier.wait()
            if i < 2:
                gate.forget(note_id=note_id)
                barrier.wait()
            else:
                found = [[len(gate.find_copies(portrait(n))) for n in names] for _ in range(4)]
                barrier.wait()
                found.append([len(gate.find_copies(portrait(name))) for name in names])
                counts += [list(of_picture) for of_picture in zip(*found, strict=True)]
            barrier.wait()
    return counts


ATTEMPTS_EACH = 3
ATTEMPTS_POLICY = """
title = "t"
[[rule]]
name = "copy"
kind = "image.copy"
steps = [{ at = 0.9, decision = "block" }]
[[template_proposal]]
authors = 8
days_apart = 1
attempts = 12
undecided = "review"
"""
"""As many attempts as four processes make together, not one less."""


def try_together(barrier: Any, i: int, place: str | Path) -> list[str]:
    """Show Alice's cat from accounts of this process, at the same instant as the others do."""
    decisions = []
    with Gate.open(place, policy=Policy.parse(ATTEMPTS_POLICY, name="t")) as gate:
        for number in range(ATTEMPTS_EACH):
            day = i * ATTEMPTS_EACH + number + 1
            name = f"p{i}n{number}"
            barrier.wait()
            verdict = gate.check(showing(photo("chelsea"), id=name, author=name, hours=24 * day))
            decisions.append(verdict.decision.value)
    return decisions


BRAKED_AT = 3
BLOCKS_EACH = 3
BRAKE_POLICY = f"""
title = "t"
[[rule]]
name = "copy"
kind = "image.copy"
steps = [{{ at = 0.5, decision = "block" }}]
[[rule]]
name = "copy-partial"
kind = "image.copy_partial"
steps = [{{ at = 0.5, decision = "block" }}]
[[brake]]
blocks_per_hour = 100
each_rule = {BRAKED_AT}
"""
"""Lets a rule block fewer notes than the processes show together."""


def block_together(barrier: Any, i: int, place: str | Path) -> list[str]:
    """Show Alice's cat from accounts of this process, at the same instant as the others do."""
    decisions = []
    with Gate.open(place, policy=Policy.parse(BRAKE_POLICY, name="t")) as gate:
        for number in range(BLOCKS_EACH):
            name = f"p{i}n{number}"
            note = showing(photo("chelsea"), id=name, author=name, hours=None)
            barrier.wait()
            decisions.append(gate.check(note).decision.value)
    return decisions


FLOOD_AFTER = 3
FLOOD_POLICY = f"""
title = "t"
[[rule]]
name = "copy"
kind = "image.copy"
steps = [{{ at = 0.5, decision = "label" }}]
[[flood]]
authors_per_hour = {FLOOD_AFTER}
quarantine_hours = 1
"""


def flood_together(barrier: Any, i: int, place: str | Path) -> list[str]:
    """Show Alice's cat from accounts of this process, at the same instant as the other does."""
    decisions = []
    with Gate.open(place, policy=Policy.parse(FLOOD_POLICY, name="t")) as gate:
        for number in range(FLOOD_AFTER):
            name = f"p{i}n{number}"
            note = showing(photo("chelsea"), id=name, author=name, hours=None)
            barrier.wait()
            decisions.append(gate.check(note).decision.value)
    return decisions


def endless(start: int) -> Iterator[Note]:
    """Notes of one or two pictures; every third one is another's copy of the note before."""
    for number in itertools.count(start):
        shown = number - 1 if number % 3 == 2 else number
        some = [pictures.scene(1000 + shown + k, 150, 200) for k in (0, 500)]
        author = f"author{number}"
        yield showing(*some[: 1 + shown % 2], id=f"n{number}", author=author, hours=number)


def check_until_killed(folder: Path) -> None:
    """Check note after note, saying so after each."""
    with Gate.open(folder) as gate:
        for note in endless(gate.stats().verdicts):
            gate.check(note)
            print(note.id, flush=True)


def import_until_killed(folder: Path) -> None:
    """Register an archive without end, saying how far it got."""
    with Gate.open(folder) as gate:
        print("open", flush=True)
        gate.register_many(endless(0), progress=lambda done: print(done, flush=True))


def check_under_limit(folder: Path, limit_bytes: int) -> None:
    """Check notes into files that may not grow beyond a limit; prints the error's code."""
    with Gate.open(folder) as gate:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
        try:
            for note in endless(0):
                gate.check(note)
        except StoreError as error:
            print(error.code, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "check":
        check_until_killed(Path(sys.argv[2]))
    elif sys.argv[1] == "import":
        import_until_killed(Path(sys.argv[2]))
    else:
        check_under_limit(Path(sys.argv[2]), int(sys.argv[3]))
