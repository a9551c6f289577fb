"""How many verdicts a minute are given again by another policy?

An audit of `--verdicts` rows is filled once and kept in `work/`: notes of `datasets/written_notes`
are read and judged, some with a picture that another one showed before; their verdicts are then
recorded again and again under new ids, at times over two years, in the shares of `MIX`: most notes
of a community have nothing to be found in them.

Measured is `replay` by its Python function on a register in SQLite, with 1 process and with 2 in
turns, from the call to the answer: start of the processes, reading, deciding and counting. Beside
it `recorded` policies as of then, where nothing may differ: exits 1 where something does.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from harness import HERE, WORK, parser, table, write

from moderation.note import Author, Note, NoteImage
from moderation.policy import Policy
from moderation.replay import replay
from moderation.store import Register
from moderation.verdict import Decision, Verdict

NOTES = HERE.parent / "datasets" / "written_notes"
SOURCES = 400
MIX = {"nothing found": 0.7, "something found": 0.3}
AT_ONCE = 2_000
FIRST = datetime(2024, 11, 1, tzinfo=UTC)
DAYS = 730
OTHER = """
extends = "default"
title = "Half of the blocks go to a person"
[[rule]]
name = "copy"
kind = "image.copy"
steps = [{ at = 0.4, decision = "review" }]
[[rule]]
name = "hard-sell"
kind = "text.hard_sell"
steps = [{ at = 0.5, decision = "label" }, { at = 0.8, decision = "review" }]
"""

Judged = tuple[Note, Verdict]


def main() -> None:
    """Measure, print, write; fail where a recorded policy says something else."""
    args = options().parse_args()
    if args.quick:
        args.verdicts, args.rounds = 5_000, 1
    WORK.mkdir(exist_ok=True)
    register = filled(args)
    other = Policy.parse(OTHER, name="other")
    runs: list[dict[str, Any]] = []
    for _ in range(args.rounds):
        for workers in (1, 2):
            started = time.perf_counter()
            found = replay(str(register), other, as_of=datetime.now(UTC), workers=workers)
            took = time.perf_counter() - started
            runs.append(
                {
                    "workers": workers,
                    "verdicts": found.all.judged,
                    "flips": found.flipped,
                    "seconds": round(took, 2),
                    "verdicts_a_minute": round(60 * found.all.judged / took),
                }
            )
            print(runs[-1], flush=True)
    own = replay(str(register), None, as_of="then", workers=2)
    rates = {
        str(workers): float(
            np.median([run["verdicts_a_minute"] for run in runs if run["workers"] == workers])
        )
        for workers in (1, 2)
    }
    results = {
        "verdicts": args.verdicts,
        "mix": MIX,
        "bytes_a_verdict": round((register / "register.sqlite3").stat().st_size / args.verdicts),
        "runs": runs,
        "verdicts_a_minute": rates,
        "recorded": {"judged": own.all.judged, "differ": own.flipped},
    }
    table(("processes", "verdicts a minute"), list(rates.items()))
    print(f"by recorded policies: {own.all.judged:,} judged, {own.flipped} differ")
    write("replay", args, results)
    if own.flipped or own.all.judged != args.verdicts:
        raise SystemExit(1)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--verdicts", type=int, default=300_000, help="in the audit")
    command.add_argument("--rounds", type=int, default=2, help="of one process and two, in turns")
    command.add_argument("--quick", action="store_true", help="a trial: small, and says nothing")
    return command


def filled(args: argparse.Namespace) -> Path:
    """Folder of the register; made unless `work/` has it."""
    place = WORK / f"replay-{args.verdicts}-{args.seed}"
    done = place.with_suffix(".done")
    if done.exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    policy = Policy.default()
    silent, found = judged(args, policy)
    rng = np.random.default_rng(args.seed)
    with Register.open(place) as register:
        with register.transaction() as now:
            now.keep_policy(policy.digest, policy.to_json, at=FIRST)
        number = 0
        while number < args.verdicts:
            with register.transaction() as now:
                for _ in range(min(AT_ONCE, args.verdicts - number)):
                    some = silent if rng.random() < MIX["nothing found"] else found
                    note, verdict = some[int(rng.integers(len(some)))]
                    at = FIRST + timedelta(days=DAYS * number / args.verdicts)
                    name = f"n{number}"
                    now.record_verdict(
                        replace(verdict, note_id=name),
                        note=replace(note, id=name, published_at=at),
                        decided_at=at,
                        as_of=NOW,
                    )
                    number += 1
    print(f"filled {place.name}", flush=True)
    done.touch()
    return place


NOW = datetime(2026, 11, 1, tzinfo=UTC)
"""Whose rules the verdicts were given by."""


def judged(args: argparse.Namespace, policy: Policy) -> tuple[list[Judged], list[Judged]]:
    """Notes and verdicts: those with nothing found, and the others."""
    from moderation.gate import Gate  # here, since each process of a replay imports this file anew

    folder = WORK / "replay-sources"
    shutil.rmtree(folder, ignore_errors=True)
    with Gate.open(folder, policy=policy, as_of=NOW) as gate:
        both = [(note, gate.check(note)) for note in sources(args)]
    shutil.rmtree(folder)
    silent = [one for one in both if not one[1].findings and not one[1].failures]
    found = [one for one in both if one[1].findings or one[1].failures]
    words = {word.value: sum(v.decision is word for _, v in both) for word in Decision}
    print(f"{len(silent)} with nothing found, {len(found)} with something: {words}", flush=True)
    return silent, found


def sources(args: argparse.Namespace) -> Iterator[Note]:
    """Notes of the repository; every eighth shows a photograph, which others show too."""
    from photographs import package_photographs  # likewise

    rows = [
        json.loads(line)
        for path in sorted(NOTES.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    rng = np.random.default_rng([args.seed, 1])
    photographs = list(package_photographs().values())
    for number, place in enumerate(rng.permutation(len(rows))[:SOURCES].tolist()):
        row = rows[place]
        shown = [photographs[number // 8 % len(photographs)]] if number % 8 == 0 else []
        yield Note(
            id=f"source {number}",
            author=Author(id=f"author {number}"),
            published_at=NOW,
            title=row["title"],
            text=row["text"],
            tags=row.get("tags", []),
            lang=row.get("lang"),
            images=[NoteImage(array=pixels) for pixels in shown],
        )


if __name__ == "__main__":
    main()
