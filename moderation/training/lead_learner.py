"""Learns how much each fact about a lead says: the weights of `moderation.text.lead_decision`.

    python -m moderation.training.lead_learner --datasets datasets [--data DIR] --out FILE

A lead is right where it overlaps a labelled violation V1–V6. Learnt from are the families of
written notes in half A (see `family_half`) and, with `--data`, half A of the real notes; half B
and the held-out file only measure (`benchmarks/diversion.py`). The fit is a logistic regression
with a penalty on squared weights, solved without chance, so the same notes give the same file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from moderation.archive.json_lines import open_source, read_json_lines
from moderation.errors import InputError, MissingExtra
from moderation.note import Note
from moderation.text.fields import Joined, join_fields
from moderation.text.lead_decision import described_leads
from moderation.text.marks import WAYS_OUT
from moderation.text.signals import marks_of
from moderation.training.reader_data import DIGEST_DIGITS, NOTES, SECOND_READING, WRITTEN

HALVED_SOURCE = "kaitohh_2018"
HELD_SOURCES = frozenset(("vivian_2023", "uooobarry"))
STRENGTH = 0.3
"""Inverse of the penalty on weights."""
LEAST_LEADS = 10
"""A fact that fewer leads have is not learnt."""
KEPT = 4_000
"""Facts in the file: those that move the decision most over all leads."""
BESIDE = 0.3
"""A lead beside the labelled ones of a note that diverts may be right too: it counts less."""
ALONE = 0.4
"""A line alone counts less than the note."""
SHORTEST_LINE = 4
_LINE_END = re.compile(r"(?<=[。！？!?\n])")
REAL_RIGHT = 4.0
"""Right leads of real notes are few and count more."""


def family_half(file: str, family: str) -> str:
    """A or B, for all written notes of a family together."""
    return "AB"[hashlib.sha256(f"{file}/{family}".encode()).digest()[0] % 2]


def real_half(source: str, name: str) -> str:
    """A or B of a real note: by source, and the largest source by the digest of the id."""
    if source == HALVED_SOURCE:
        return "AB"[hashlib.sha256(name.encode()).digest()[0] % 2]
    return "B" if source in HELD_SOURCES else "A"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One lead: what is known about it, whether it diverts, how much it counts."""

    facts: dict[str, float]
    right: bool
    weight: float


def rows_to_learn(datasets: Path, data: Path | None) -> Iterator[tuple[bool, dict[str, Any]]]:
    """(is it real, note with labels) of half A."""
    for file in sorted((datasets / WRITTEN).glob("*.jsonl")):
        for row in _lines(file):
            if family_half(file.name, row["family"]) == "A":
                yield False, row
    if data is not None:
        second = {label["note"]: label for label in _lines(datasets / SECOND_READING)}
        for row in _lines(data / NOTES):
            title = row.get("title") or ""
            digest = hashlib.sha256(f"{title}\n{row['text']}".encode()).hexdigest()
            label = row.get("label") or second.get(digest[:DIGEST_DIGITS])
            if label and real_half(row["source"], row["id"]) == "A":
                yield True, {**row, **label, "title": title}


def lines_alone(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each line that somebody might write or print without the rest, with its own labels."""
    wanted = [v for v in row["violations"] if v["code"] in WAYS_OUT]
    if any("span" not in one for one in wanted):
        return
    for line in (row["title"], *_LINE_END.split(row["text"])):
        inside = [one for one in wanted if one["span"] in line]
        if len(line) > SHORTEST_LINE and (inside or not wanted):
            yield {**row, "title": "", "text": line, "tags": [], "violations": inside}


def examples(rows: Iterable[tuple[bool, dict[str, Any]]]) -> Iterator[Example]:
    """All leads of notes with labels, and of their lines alone."""
    for real, row in rows:
        yield from _examples(real, row)
        if not real:
            for line in lines_alone(row):
                for one in _examples(real, line):
                    yield replace(one, weight=ALONE * one.weight)


def _examples(real: bool, row: dict[str, Any]) -> Iterator[Example]:
    wanted = [v for v in row["violations"] if v["code"] in WAYS_OUT]
    note = Note(id="n", title=row["title"], text=row["text"], tags=tuple(row.get("tags") or ()))
    joined = join_fields(note)
    for lead, facts in described_leads(joined.text, marks_of(joined)):
        right = _right(joined, row, (lead.start, lead.end), wanted)
        weight = REAL_RIGHT if real and right else BESIDE if wanted and not right else 1.0
        yield Example(facts=facts, right=right, weight=weight)


def learn(rows: Sequence[Example]) -> dict[str, Any]:
    """Weights as `lead_decision` reads them.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    try:
        import numpy as np
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingExtra(
            "learning needs `scikit-learn`", hint="pip install 'notegate[train]'"
        ) from error

    counts = Counter(fact for row in rows for fact in row.facts)
    kept = {fact for fact, count in counts.items() if count >= LEAST_LEADS}
    right = np.array([row.right for row in rows])
    weight = np.array([row.weight for row in rows])
    for last in (False, True):
        table = [{fact: x for fact, x in row.facts.items() if fact in kept} for row in rows]
        vectorizer = DictVectorizer()
        matrix = vectorizer.fit_transform(table)
        matrix.indices, matrix.indptr = (
            x.astype(np.int32) for x in (matrix.indices, matrix.indptr)
        )
        model = LogisticRegression(C=STRENGTH, solver="liblinear", max_iter=1000, random_state=0)
        model.fit(matrix, right, sample_weight=weight)
        names, values = vectorizer.get_feature_names_out(), model.coef_[0]
        if not last:
            moved = np.abs(values) * np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=0))[0])
            order = sorted(zip(-moved, names, strict=True))
            kept = {str(name) for _, name in order[:KEPT]}
    weights = {str(n): round(float(v), 3) for n, v in zip(names, values, strict=True)}
    return {
        "bias": round(float(model.intercept_[0]), 4),
        "weights": {name: value for name, value in sorted(weights.items()) if value},
    }


def _right(
    joined: Joined, row: dict[str, Any], place: tuple[int, int], wanted: list[dict[str, Any]]
) -> bool:
    fields = {"title": row["title"], "text": row["text"]}
    fields |= {f"tags[{i}]": tag for i, tag in enumerate(row.get("tags") or ())}
    for span in joined.spans("", *place):
        for one in wanted:
            if "span" not in one:  # labels of a second reading hold offsets instead of words
                at = [one["start"]] if one["field"] == span.field else []
                length = one["end"] - one["start"]
            else:
                length = len(one["span"])
                at = _places(fields.get(span.field, ""), one["span"])
            if any(span.start < start + length and start < span.end for start in at):
                return True
    return False


def _places(whole: str, part: str) -> list[int]:
    places = []
    start = whole.find(part)
    while start >= 0:
        places.append(start)
        start = whole.find(part, start + 1)
    return places


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with open_source(path) as lines:
        for _, row in read_json_lines(lines):
            if isinstance(row, InputError):
                raise row
            yield row


def main() -> None:
    """Learn and write."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    options.add_argument("--datasets", type=Path, required=True)
    options.add_argument("--data", type=Path, help=f"folder with `{NOTES}`")
    options.add_argument("--out", type=Path, required=True)
    args = options.parse_args()
    rows = list(examples(rows_to_learn(args.datasets, args.data)))
    table = learn(rows)
    learnt = {"leads": len(rows), "right": sum(row.right for row in rows)}
    text = json.dumps({"learnt_from": learnt, **table}, ensure_ascii=False, indent=0)
    args.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{learnt}, {len(table['weights'])} weights\n")


if __name__ == "__main__":
    main()
