"""How many notes that lead readers off the site are found, and how many honest notes are flagged.

    python benchmarks/diversion.py --data DIR [--show A]

A note diverts where its labels hold any of V1–V6; it is found where the reading holds any of them.
Families of written notes fall into two halves by digest: rules may be corrected after reading
errors of half A (`--show A` prints them), half B and the held-out file are only counted.
Real notes count towards the half that `text_reading.py` gives them; `DIR/text/notes.jsonl.gz` is
no part of this repository. Single spans are measured beside whole notes:
a span is found where a violation of any of the codes overlaps it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from disguises import DIVERSION_CODES
from harness import data_folder, parser, share, table, write
from text_reading import SETS, rows_of

from moderation import Note
from moderation.finding import Span
from moderation.text.rule_reading import read_by_rules
from moderation.text.signals import RULES
from moderation.training.lead_learner import family_half, real_half
from moderation.training.reader_data import SECOND_READING, digest_of

DATASETS = Path(__file__).parent.parent / "datasets"
RED_TEAM = DATASETS / "held_out" / "red_team.jsonl"
NATIVE = ("N0", "N1")
PARTS = ("written A", "written B", "red team", "real A", "real B")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A labelled note and what the reading found in it."""

    part: str
    row: dict[str, Any]
    wanted: tuple[dict[str, Any], ...]
    """Labelled violations V1–V6."""
    found: tuple[Span, ...]
    """Read violations V1–V6."""

    @property
    def native(self) -> bool:
        """Nobody sells and nobody diverts."""
        return self.row["intent"] in NATIVE and not self.wanted


# ── notes ─────────────────────────────────────────────────────────────────────────────────────


def written_rows(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(part, note) of all written notes."""
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield f"written {family_half(file.name, row['family'])}", row


def red_team_rows() -> Iterator[tuple[str, dict[str, Any]]]:
    """(part, note) of the notes that no rule was ever corrected after."""
    for line in RED_TEAM.read_text(encoding="utf-8").splitlines():
        yield "red team", json.loads(line)


def real_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(part, note) of the real notes with a label of either reading."""
    lines = (DATASETS / SECOND_READING).read_text(encoding="utf-8").splitlines()
    second = {label["note"]: label for label in map(json.loads, lines)}
    for row in rows_of(path):
        label = row.get("label") or second.get(digest_of(row.get("title") or "", row["text"]))
        if label:
            yield (
                f"real {real_half(row['source'], row['id'])}",
                {**row, **label, "title": row.get("title") or ""},
            )


def read_case(part: str, row: dict[str, Any]) -> Case:
    """Read one note."""
    note = Note(id="n", title=row["title"], text=row["text"], tags=tuple(row.get("tags") or ()))
    return Case(
        part=part,
        row=row,
        wanted=tuple(v for v in row["violations"] if v["code"] in DIVERSION_CODES),
        found=tuple(s for s in read_by_rules(note).violations if s.code in DIVERSION_CODES),
    )


# ── numbers ───────────────────────────────────────────────────────────────────────────────────


def measure(cases: Sequence[Case]) -> dict[str, Any]:
    """Notes found, natives flagged; per code and per language."""
    diverting = [case for case in cases if case.wanted]
    natives = [case for case in cases if case.native]
    others = [case for case in cases if not case.wanted and not case.native]
    return {
        "recall": _share(diverting),
        "natives_flagged": _share(natives),
        "other_notes_without_diversion_flagged": _share(others),
        "by_language": {
            lang: {"recall": _share(_in(lang, diverting)), "flagged": _share(_in(lang, natives))}
            for lang in sorted({case.row["lang"] for case in cases})
        },
        "by_role": {
            role: {"recall": _share(_as(role, diverting)), "flagged": _share(_as(role, natives))}
            for role in sorted({case.row.get("role", "") for case in cases} - {""})
        },
        "by_code": {code: _of_code(code, cases) for code in sorted(DIVERSION_CODES)},
        "spans": _spans(cases),
    }


def _share(cases: Sequence[Case]) -> dict[str, Any]:
    return share(sum(bool(case.found) for case in cases), len(cases))


def _in(lang: str, cases: Iterable[Case]) -> list[Case]:
    return [case for case in cases if case.row["lang"] == lang]


def _as(role: str, cases: Iterable[Case]) -> list[Case]:
    return [case for case in cases if case.row.get("role") == role]


def _of_code(code: str, cases: Sequence[Case]) -> dict[str, Any]:
    """Notes with this code: found by any code, by this code; natives flagged with this code."""
    notes = [case for case in cases if any(v["code"] == code for v in case.wanted)]
    natives = [case for case in cases if case.native]
    same = [any(s.code == code for s in case.found) for case in notes]
    flagged = [any(s.code == code for s in case.found) for case in natives]
    return {
        "found": _share(notes),
        "with_this_code": share(sum(same), len(notes)),
        "natives_flagged": share(sum(flagged), len(natives)),
    }


def _spans(cases: Sequence[Case]) -> dict[str, Any]:
    """Labelled spans that some violation V1–V6 overlaps, and those of the right code."""
    overlaps = [
        [s.code for s in case.found if _overlap(case.row, wanted, s)]
        for case in cases
        for wanted in case.wanted
    ]
    codes = [wanted["code"] for case in cases for wanted in case.wanted]
    right = sum(code in found for code, found in zip(codes, overlaps, strict=True))
    return {
        "overlapped": share(sum(map(bool, overlaps)), len(codes)),
        "with_this_code": share(right, len(codes)),
    }


def _overlap(row: dict[str, Any], wanted: dict[str, Any], found: Span) -> bool:
    if "span" not in wanted:  # labels of a second reading hold offsets instead of words
        same = wanted["field"] == found.field
        return bool(same and found.start < wanted["end"] and wanted["start"] < found.end)
    fields = {"title": row["title"], "text": row["text"]}
    fields |= {f"tags[{i}]": tag for i, tag in enumerate(row.get("tags") or ())}
    whole = fields.get(found.field, "")
    start = whole.find(wanted["span"])
    while start >= 0:
        if found.start < start + len(wanted["span"]) and start < found.end:
            return True
        start = whole.find(wanted["span"], start + 1)
    return False


# ── the run ───────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    """Measure, print, write."""
    options = parser(__doc__)
    options.add_argument("--show", choices=("A",), help="print the errors of this half, and stop")
    args = options.parse_args()
    folder = data_folder(args, "text")
    rows = list(written_rows(DATASETS / "written_notes"))
    if folder is not None and (folder / SETS["notes"]).exists():
        rows += real_rows(folder / SETS["notes"])
    else:
        print("no real notes: their part is left out")
    if args.show:
        show_errors(read_case(*row) for row in rows if row[0].endswith(args.show))
        return
    rows += red_team_rows()
    results = read_and_measure(rows)
    with patch("moderation.text.signals.judged", lambda _, found: list(found)):
        alone = read_and_measure(rows)
    print("rules alone")
    show(alone)
    print("\nwith the decision on leads")
    show(results)
    write("diversion", args, {"detector": RULES, **results, "rules_alone": alone})


def read_and_measure(rows: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Part → its numbers."""
    parts: dict[str, list[Case]] = defaultdict(list)
    for part, row in rows:
        parts[part].append(read_case(part, row))
    return {name: measure(parts[name]) for name in PARTS if parts[name]}


def show_errors(cases: Iterable[Case]) -> None:
    """Print what was missed and what was flagged wrongly."""
    for case in cases:
        row = case.row
        if bool(case.found) == bool(case.wanted) or not (case.wanted or case.native):
            continue
        kind = "MISSED" if case.wanted else "FLAGGED"
        print(f"\n{kind} {case.part} {row.get('family', '')} {row['lang']} {row['intent']}")
        print("  |", row["title"], "|", row["text"].replace("\n", " ⏎ "), "|", row.get("tags"))
        for wanted in case.wanted:
            print("  wanted", wanted)
        for span in case.found:
            print("  found ", span.code, span.field, repr(span.text))


def show(results: dict[str, Any]) -> None:
    """One row per part, then per code."""
    head = ("part", "recall", "natives flagged", "others flagged", "spans", "spans, same code")
    table(
        head,
        [
            (
                part,
                _words(one["recall"]),
                _words(one["natives_flagged"]),
                _words(one["other_notes_without_diversion_flagged"]),
                _words(one["spans"]["overlapped"]),
                _words(one["spans"]["with_this_code"]),
            )
            for part, one in results.items()
        ],
    )
    for group, key in (("by_code", "found"), ("by_language", "recall")):
        print()
        flags = "natives_flagged" if group == "by_code" else "flagged"
        names = sorted({name for one in results.values() for name in one[group]})
        table(
            ("", *(f"{part}" for part in results)),
            [
                (name, *(_both(one[group].get(name), key, flags) for one in results.values()))
                for name in names
            ],
        )


def _both(one: dict[str, Any] | None, key: str, flags: str) -> str:
    if one is None:
        return ""
    return f"{one[key]['hits']}/{one[key]['n']} +{one[flags]['hits']}/{one[flags]['n']}"


def _words(one: dict[str, Any]) -> str:
    low, high = one["ci95"]
    return f"{one['hits']}/{one['n']} {one['share']} [{low}–{high}]"


if __name__ == "__main__":
    main()
