"""How many re-used captions are found, and how many strangers' captions look re-used.

    python benchmarks/caption_twins.py --data DIR

DIR (or $MODERATION_DATA) holds `text/notes.jsonl.gz`. Notes fall into two halves by where they
were collected; thresholds were set on `tuning`, and `held` is measured. The edits are ours, see
`caption_edits.py`. Authors of the notes are not known: pairs that score high were looked at by
hand, and the result tells what they were. It holds counts only.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from caption_edits import EDITS, Edit, edited
from harness import HERE, data_folder, parser, quantiles_ms, share, table, write
from numpy.typing import NDArray
from scipy import sparse

from moderation import Author, Note
from moderation.store import NewCaption, Register
from moderation.text.captions import (
    RECIPE,
    Caption,
    keys_of,
    read_caption,
    shingles_from_bytes,
    shingles_to_bytes,
)
from moderation.text.twins import MIN_RAW_SCORE, likeness

TUNING = frozenset({"kaitohh_2018", "trumpmax_2025"})
THRESHOLD = 0.5
"""Of the shipped policy."""
GRID = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
STEPS = (MIN_RAW_SCORE, THRESHOLD, 0.6)
LONG = 60
"""Pieces: some sixty characters."""
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SAME_TEXT = "published again"
SERIES = "a series of one author"
JUDGED = HERE / "caption_pairs.txt"
"""Digest of the two note ids, and what the pair is."""


@dataclass(frozen=True, slots=True)
class Known:
    """A note of the data with its caption."""

    note: Note
    source: str
    caption: Caption


def main() -> None:
    """Measure both halves."""
    options = parser(__doc__)
    options.add_argument("--edited", type=int, default=300, help="notes edited in each half")
    options.add_argument("--register", type=int, default=20_000, help="captions in the register")
    options.add_argument("--show", action="store_true", help="print the pairs to be judged")
    args = options.parse_args()
    folder = data_folder(args, "text")
    if folder is None:
        print("no `text/` in the data folder: nothing to measure", file=sys.stderr)
        raise SystemExit(2)
    rng = random.Random(args.seed)
    notes = list(_notes(folder / "notes.jsonl.gz"))
    known, times = _captions(notes)
    results: dict[str, Any] = {
        "notes": len(notes),
        "long_enough": len(known),
        "recipe": RECIPE,
        "threshold": THRESHOLD,
        "finding_from": MIN_RAW_SCORE,
        "read_ms": quantiles_ms(times),
    }
    halves = {
        "tuning": [k for k in known if k.source in TUNING],
        "held": [k for k in known if k.source not in TUNING],
    }
    for name, half in halves.items():
        print(f"\n{name}: {len(half)} captions")
        results[name] = {
            "sources": sorted({k.source for k in half}),
            "captions": len(half),
            "pairs": _pairs(half, show=args.show),
            **_recall(half, rng, args),
        }
    write("caption_twins", args, results)


def _notes(path: Path) -> Sequence[tuple[Note, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        (
            Note(
                id=row["id"],
                author=Author(id=row["id"]),
                title=row["title"] or "",
                text=row["text"] or "",
            ),
            row["source"],
        )
        for row in rows
    ]


def _captions(notes: Sequence[tuple[Note, str]]) -> tuple[list[Known], list[float]]:
    read_caption(notes[0][0])  # imports
    known, times = [], []
    for note, source in notes:
        start = time.perf_counter()
        caption = read_caption(note)
        times.append(1e3 * (time.perf_counter() - start))
        if caption is not None:
            known.append(Known(note, source, caption))
    return known, times


def _pairs(half: Sequence[Known], *, show: bool) -> dict[str, Any]:
    """All pairs of captions, exactly: how many reach which score, and what they are."""
    total = len(half) * (len(half) - 1) // 2
    one, other, shared, sizes = _shared_pieces(half)
    jaccard = shared / (sizes[one] + sizes[other] - shared)
    containment = shared / np.minimum(sizes[one], sizes[other])
    scores = (jaccard + containment) / 2 * shared / (shared + 8)
    likely = np.flatnonzero(scores >= MIN_RAW_SCORE)
    for i in likely[:50]:  # the fast sum above against the code that is shipped
        exact = likeness(half[one[i]].caption.shingles, half[other[i]].caption.shingles)
        assert abs(exact.score - scores[i]) < 1e-9
    judged: dict[float, Counter[str]] = {at: Counter() for at in STEPS}
    lines = JUDGED.read_text(encoding="utf-8").splitlines()
    known_pairs = dict(line.split(" ", 1) for line in lines if not line.startswith("#"))
    meets = 0
    for i in likely[np.argsort(-scores[likely])]:
        a, b = half[one[i]], half[other[i]]
        what = known_pairs.get(_digest(a, b), "not judged")
        for at, counted in judged.items():
            counted[what] += int(scores[i] >= at)
        meets += bool(set(a.caption.keys) & set(b.caption.keys))
        if show:
            print(f"{scores[i]:.2f} {_digest(a, b)} {a.source} {what}")
            for k in (a, b):
                print("    ", " ".join((k.note.title + "|" + k.note.text).split())[:160])
    return {
        "all": total,
        "at": {
            f"{at:g}": share(int((scores >= at).sum()), total)
            | {"per_million": round(1e6 * float((scores >= at).sum()) / total, 1)}
            for at in GRID
        },
        "strangers": {
            f"{at:g}": share(counted.total() - counted[SAME_TEXT] - counted[SERIES], total)
            for at, counted in judged.items()
        },
        "what_they_are": {f"{at:g}": dict(+counted) for at, counted in judged.items()},
        "met_by_keys": share(meets, len(likely)),
    }


def _shared_pieces(
    half: Sequence[Known],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    sizes = np.array([len(k.caption.shingles) for k in half])
    pieces = np.concatenate([k.caption.shingles for k in half])
    _, columns = np.unique(pieces, return_inverse=True)
    rows = np.repeat(np.arange(len(half)), sizes)
    ones = np.ones(len(pieces), np.int32)
    matrix = sparse.csr_matrix((ones, (rows, columns)))
    pairs = sparse.triu(matrix @ matrix.T, 1).tocoo()
    return pairs.row.astype(int), pairs.col.astype(int), pairs.data.astype(int), sizes


def _digest(one: Known, other: Known) -> str:
    ids = "+".join(sorted((one.note.id, other.note.id)))
    return hashlib.sha256(ids.encode()).hexdigest()[:10]


def _recall(half: Sequence[Known], rng: random.Random, args: Any) -> dict[str, Any]:
    """Edited captions looked up in a real register that holds the half and filling."""
    chosen = rng.sample(list(half), min(args.edited, len(half)))
    found: dict[str, Any] = {}
    looked: list[float] = []
    with tempfile.TemporaryDirectory() as folder, Register.open(folder) as register:
        kept_ms = _fill(register, half, args)
        for name, edit in EDITS.items():
            scores: dict[str, list[float]] = {"short": [], "long": []}
            exactly: list[float] = []
            for k in chosen:
                length = "long" if len(k.caption.shingles) >= LONG else "short"
                score, exact = _scores_of_edited(k, edit, rng, register, looked)
                scores[length].append(score)
                exactly.append(exact)
            scores |= {"all": scores["short"] + scores["long"], "all, without keys": exactly}
            found[name] = {
                length: {f"{at:g}": share(sum(s >= at for s in some), len(some)) for at in GRID}
                for length, some in scores.items()
            }
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    shown = ("short", "long", "all", "all, without keys")
    head = [f"{length} >= {at:g}" for length in shown for at in STEPS]
    table(
        ("edit", *head),
        (
            (
                name,
                *(f"{f[x][f'{at:g}']['share']:.2f}" for x in shown for at in STEPS),
            )
            for name, f in found.items()
        ),
    )
    held = max(args.register, len(half))
    return {
        "found": found,
        "captions_in_register": held,
        "bytes_a_caption": round(size / held),
        "look_up_ms": quantiles_ms(looked),
        "keep_ms": round(kept_ms, 3),
    }


def _scores_of_edited(
    k: Known, edit: Edit, rng: random.Random, register: Register, looked: list[float]
) -> tuple[float, float]:
    """As the register finds it, and as it would be if keys missed nothing."""
    title = edited(k.note.title, edit, rng) if k.note.title else ""
    caption = read_caption(Note(id="copy", title=title, text=edited(k.note.text, edit, rng)))
    if caption is None:
        return 0.0, 0.0
    start = time.perf_counter()
    near = register.captions_near(caption.keys)
    looked.append(1e3 * (time.perf_counter() - start))
    of_note = [shingles_from_bytes(s.shingles) for s in near if s.note_id == k.note.id]
    exact = likeness(caption.shingles, k.caption.shingles).score
    return max((likeness(caption.shingles, x).score for x in of_note), default=0.0), exact


def _fill(register: Register, half: Sequence[Known], args: Any) -> float:
    rows = [(k.note.id, k.caption.shingles, k.caption.keys) for k in half]
    drawn = np.random.default_rng(args.seed)
    for i in range(args.register - len(half)):
        size = len(half[i % len(half)].caption.shingles)
        shingles = np.unique(drawn.integers(0, 2**32, size, np.uint32))
        rows.append((f"filling-{i}", shingles, keys_of(shingles)))
    start = time.perf_counter()
    for first in range(0, len(rows), 500):
        with register.transaction() as now:
            for note_id, shingles, keys in rows[first : first + 500]:
                caption = NewCaption(
                    note_id=note_id,
                    revision=1,
                    author_id=note_id,
                    published_at=NOON,
                    recipe=RECIPE,
                    shingles=shingles_to_bytes(shingles),
                )
                now.keep_caption(caption, keys)
    return 1e3 * (time.perf_counter() - start) / len(rows)


if __name__ == "__main__":
    main()
