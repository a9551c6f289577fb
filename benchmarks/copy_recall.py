"""How many copies does the gate find, and whom does it flag wrongly?

Photographs are registered among distractors, attacked in every way of
`moderation.training.attacks`, and looked up with `Gate.find_copies`. Only the half of the data
is used that the copy score was not fitted on (`half_of` in `moderation.training.copy_pairs`).
Looked up too are pictures of which no copy is registered: photographs left out, other members
of groups of look-alikes, and other texts on the templates of drawn cards. Whatever matches them
is a false match.

Without the data folder the photographs of Python packages stand in: few, so the intervals are
wide, and no look-alikes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from harness import data_folder, parser, quantiles_ms, share, table, write
from photographs import Pixels, jpeg, mixed, package_photographs, read

from moderation.gate import Gate
from moderation.image.hashing import hamming_matrix, pdq
from moderation.note import Author, Note, NoteImage
from moderation.training.attacks import ATTACKS
from moderation.training.copy_pairs import Album, half_of
from moderation.training.lookalikes import text_card

MEASURED_HALF = 1
THRESHOLDS = (0.5, 0.9)
SAME_BITS = 48  # unrelated photographs lie above 90
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Pictures:
    """What is registered and what is asked."""

    copied: dict[str, Pixels] = field(default_factory=dict)
    """Registered, and attacked."""
    others: list[Pixels] = field(default_factory=list)
    """Never registered: they fill the other cells of collages."""
    distractors: list[Path | Pixels] = field(default_factory=list)
    """Registered, never asked for."""
    look_alikes: dict[str, list[Pixels]] = field(default_factory=dict)
    """Group → pictures; the first is registered, the rest are asked."""
    unregistered: list[Pixels] = field(default_factory=list)


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    rng = np.random.default_rng(args.seed)
    pictures = gathered(args, rng)
    with tempfile.TemporaryDirectory() as folder, Gate.open(folder) as gate:
        started = time.perf_counter()
        registered = gate.register_many(notes(pictures))
        took = time.perf_counter() - started
        times: list[float] = []
        results = {
            "registered": registered.pictures,
            "register_ms_a_picture": round(1000 * took / registered.pictures, 1),
            "attacks": attacks(gate, pictures, args, times),
            "not_copies": not_copies(gate, pictures, args, times),
        }
    results["query_ms"] = quantiles_ms(times)
    report(results)
    write("copy_recall", args, results)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--per-attack", type=int, default=14, help="photographs for each attack")
    command.add_argument("--photos", type=int, default=200, help="registered and attacked")
    command.add_argument("--distractors", type=int, default=1500)
    command.add_argument("--not-copies", type=int, default=120, help="queries of each kind")
    command.add_argument("--cards", type=int, default=40, help="templates of drawn cards")
    return command


def gathered(args: argparse.Namespace, rng: np.random.Generator) -> Pictures:
    """From the data folder, or from packages."""
    folder = data_folder(args, "images")
    pictures = from_packages(args, rng) if folder is None else from_data(folder, args, rng)
    for template in range(args.cards):
        # Odd templates: the score was fitted on even ones.
        number = 2 * template + MEASURED_HALF
        cards = [text_card(number, content) for content in range(4)]
        pictures.look_alikes[f"card template {template}"] = cards
    return pictures


def from_data(folder: Path, args: argparse.Namespace, rng: np.random.Generator) -> Pictures:
    """Photographs by their source, look-alikes by their group."""
    album = Album(folder)
    photos = album.of_kind("photos")
    mine = [e for e in photos if half_of(e.source) == MEASURED_HALF]
    mine = [mine[i] for i in rng.permutation(len(mine))]
    rest = [e for e in photos if half_of(e.source) != MEASURED_HALF]
    groups: dict[str, list[Pixels]] = defaultdict(list)
    for entry in album.of_kind("lookalikes"):
        # Of one meme template the data has few, and of one potato heap many: by file there.
        if entry.subkind == "grocery_class" and half_of(entry.group) == MEASURED_HALF:
            groups[f"grocery {entry.group}"].append(read(folder / entry.file))
        if entry.subkind == "meme_template" and half_of(entry.group) == MEASURED_HALF:
            groups[f"meme {entry.group}"].append(read(folder / entry.file))
    known = [folder / e.file for e in (*photos, *album.of_kind("lookalikes"))]
    return Pictures(
        copied={e.file: read(folder / e.file) for e in mine[: args.photos]},
        others=[read(folder / rest[i].file) for i in rng.permutation(len(rest))[:60]],
        distractors=strangers(folder, known, args.distractors, rng),
        look_alikes={name: members for name, members in groups.items() if len(members) > 1},
        unregistered=[read(folder / e.file) for e in mine[args.photos :]],
    )


def strangers(
    folder: Path, known: list[Path], count: int, rng: np.random.Generator
) -> list[Path | Pixels]:
    """Training pictures, without those that are a known picture at another size.

    The folders of the data share some. A picture within `SAME_BITS` of a known one is left out,
    whatever geometry would say; nothing else is.
    """
    codes = np.stack([pdq(read(path)).bits for path in known])
    paths = sorted((folder / "train").iterdir())
    chosen: list[Path | Pixels] = []
    for i in rng.permutation(len(paths)):
        if len(chosen) == count:
            break
        if hamming_matrix(pdq(read(paths[i])).bits[None], codes).min() > SAME_BITS:
            chosen.append(paths[i])
    return chosen


def from_packages(args: argparse.Namespace, rng: np.random.Generator) -> Pictures:
    """Six photographs to copy, two real look-alikes, mixtures as distractors."""
    found = package_photographs()
    copied = {name: found[name] for name in list(found)[: args.photos]}
    sources = list(found.values())
    return Pictures(
        copied=copied,
        others=[mixed(rng, sources) for _ in range(12)],
        distractors=[mixed(rng, sources, (540, 720)) for _ in range(min(200, args.distractors))],
    )


def notes(pictures: Pictures) -> Iterator[Note]:
    """One for each registered picture; its id says what it is."""
    for name, pixels in pictures.copied.items():
        yield note(f"photo {name}", NoteImage(data=jpeg(pixels, 95)))
    for group, members in pictures.look_alikes.items():
        yield note(f"group {group}", NoteImage(data=jpeg(members[0], 92)))
    for i, picture in enumerate(pictures.distractors):
        image = NoteImage(path=picture) if isinstance(picture, Path) else NoteImage(array=picture)
        yield note(f"distractor {i}", image)


def note(note_id: str, image: NoteImage) -> Note:
    """Each by an author of its own."""
    return Note(
        id=note_id, author=Author(id=f"author of {note_id}"), published_at=LONG_AGO, images=[image]
    )


def attacks(
    gate: Gate, pictures: Pictures, args: argparse.Namespace, times: list[float]
) -> list[dict[str, Any]]:
    """A row for each attack."""
    rows = []
    names = list(pictures.copied)
    for number, attack in enumerate(ATTACKS):
        rng = np.random.default_rng([args.seed, number])
        chosen = [names[i] for i in rng.permutation(len(names))[: args.per_attack]]
        scores: list[float] = []
        first = wrong = 0
        for name in chosen:
            copy = attack.apply(pictures.copied[name], rng, some(pictures.others, rng))
            matches = asked(gate, jpeg(copy, 82), times)
            right = [m for m in matches if m.note_id == f"photo {name}"]
            scores.append(max((m.score for m in right), default=0.0))
            first += bool(matches) and matches[0].note_id == f"photo {name}"
            wrong += any(m.note_id != f"photo {name}" for m in matches)
        rows.append(
            {
                "attack": attack.name,
                "family": attack.family,
                **{
                    f"found_{t}": share(sum(s >= t for s in scores), len(scores))
                    for t in THRESHOLDS
                },
                "first": share(first, len(scores)),
                "wrong_note_too": share(wrong, len(scores)),
            }
        )
    return rows


def some(others: Sequence[Pixels], rng: np.random.Generator) -> list[Pixels]:
    """Nine for a collage."""
    return [others[int(i)] for i in rng.integers(len(others), size=9)]


def not_copies(
    gate: Gate, pictures: Pictures, args: argparse.Namespace, times: list[float]
) -> list[dict[str, Any]]:
    """A row for each kind of picture without a registered copy."""
    kinds: dict[str, list[Pixels]] = {"photographs left out": pictures.unregistered}
    for group, members in pictures.look_alikes.items():
        kinds.setdefault(f"same {group.split()[0]}", []).extend(members[1:])
    rows = []
    for kind, asked_for in kinds.items():
        rng = np.random.default_rng([args.seed, len(kind)])
        order = rng.permutation(len(asked_for))[: args.not_copies]
        scores = [best_score(gate, jpeg(asked_for[i], 88), times) for i in order]
        if scores:
            false = {
                f"false_{t}": share(sum(s >= t for s in scores), len(scores)) for t in THRESHOLDS
            }
            rows.append({"kind": kind, **false, "highest_score": round(max(scores), 3)})
    return rows


def best_score(gate: Gate, file: bytes, times: list[float]) -> float:
    """0 where nothing matches."""
    return max((m.score for m in asked(gate, file, times)), default=0.0)


def asked(gate: Gate, file: bytes, times: list[float]):
    """`find_copies`, timed."""
    started = time.perf_counter()
    matches = gate.find_copies(file)
    times.append(1000 * (time.perf_counter() - started))
    return matches


def report(results: dict[str, Any]) -> None:
    """Print."""
    head = ("attack", "n", *(f"score ≥ {t}" for t in THRESHOLDS), "95 % interval", "first", "wrong")
    rows = []
    for row in results["attacks"]:
        low, high = row[f"found_{THRESHOLDS[0]}"]["ci95"]
        rows.append(
            (
                row["attack"],
                row["first"]["n"],
                *(f"{row[f'found_{t}']['share']:.2f}" for t in THRESHOLDS),
                f"{low:.2f}–{high:.2f}",
                f"{row['first']['share']:.2f}",
                row["wrong_note_too"]["hits"],
            )
        )
    table(head, rows)
    total = {t: sum(r[f"found_{t}"]["hits"] for r in results["attacks"]) for t in THRESHOLDS}
    n = sum(r["first"]["n"] for r in results["attacks"])
    for t, hits in total.items():
        print(f"all attacks, score ≥ {t}: {hits} of {n}, {share(hits, n)['ci95']}")
    print()
    table(
        ("no copy registered", "n", *(f"score ≥ {t}" for t in THRESHOLDS), "highest"),
        (
            (
                r["kind"],
                r[f"false_{THRESHOLDS[0]}"]["n"],
                *(r[f"false_{t}"]["hits"] for t in THRESHOLDS),
                r["highest_score"],
            )
            for r in results["not_copies"]
        ),
    )
    q = results["query_ms"]
    print(
        f"\n{results['registered']} registered, {results['register_ms_a_picture']} ms each; ",
        end="",
    )
    print(f"{q['n']} queries: p50 {q['p50']} ms, p90 {q['p90']} ms, p99 {q['p99']} ms")


if __name__ == "__main__":
    main()
