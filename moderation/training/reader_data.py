"""Labelled notes from four places as rows of one kind, and which of them measure each other.

Real notes lie in a data folder that is no part of this repository; labels of a second reading
are joined to them by digest; written notes lie in `datasets/written_notes`; what moderators
answered is exported from a register (`moderation review export`). Words of a trade do not carry
over to another trade, so what measures is always a whole source or a whole file, never rows of
one that was learnt from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from moderation.archive.json_lines import open_source, read_json_lines
from moderation.errors import BadSetting, InputError, ModerationError
from moderation.finding import Span
from moderation.note import Note
from moderation.text.reading import COMMERCIAL, DISCLOSURES, INTENTS

NOTES = "notes.jsonl.gz"
SECOND_READING = Path("note_labels/second_reading.jsonl")
WRITTEN = Path("written_notes")
DIGEST_DIGITS = 32

REAL_TRADES = {
    "kaitohh_2018": "beauty skincare makeup hair perfume",
    "vivian_2023": "study secondary school exam study abroad tutoring",
    "imxjh_cattax_2025": "cultural exchange",
    "uooobarry": "comic fairs",
}
"""What the real notes of a source are mostly about, in the words of written notes."""
WRITTEN_CONFIDENCE = 0.95
"""A written note was meant as it is labelled; few are misread."""
MODERATOR_CONFIDENCE = 0.9
"""Where a row does not say."""
SHINGLE = 4
SAME_SHARE = 0.5
"""Shared four-character pieces over all pieces of both notes, from which two count as one."""
SHORTEST_COMPARED = 12
"""Notes of fewer pieces may say the same by chance."""
_COMMON = 200
"""A piece that more notes have leads to no candidates; it is counted all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledNote:
    """A note, what somebody read in it, and with what it belongs together."""

    note: Note
    intent: str
    """One of `INTENTS`."""
    disclosure: str
    """One of `DISCLOSURES`."""
    confidence: float
    """Of the label: 0.5 (could go either way) to 1."""
    origin: str
    """`first reading`, `second reading`, `moderator` or `written`."""
    group: str
    """Source of a real note, file of a written or exported one: held out as a whole."""
    family: str
    """Notes on one subject in the same words that differ in intent; empty for real notes."""
    trade: str
    """What it is about, roughly; of real notes what their source is about."""
    lang: str
    violations: tuple[Span, ...] | None = None
    """What it breaks, and where; None where nobody has marked it."""

    @property
    def commercial(self) -> bool:
        """Whether somebody wants to sell, recruit or promote."""
        return self.intent in COMMERCIAL

    @property
    def weight(self) -> float:
        """How much the label counts in learning: 0.1 for a guess, 1 for certainty."""
        return max(0.1, 2 * self.confidence - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """What measures, and what may be learnt from for it; places in the list of all rows."""

    held: str
    """The group that measures."""
    learnt: tuple[int, ...]
    measured: tuple[int, ...]


def labelled_notes(
    data: Path | None, datasets: Path | None, moderators: Sequence[Path] = ()
) -> list[LabelledNote]:
    """All labelled notes, of near-duplicates only the first.

    Args:
        data: folder with `notes.jsonl.gz`; None leaves real notes out.
        datasets: folder with `written_notes/` and `note_labels/`; None leaves these out.
        moderators: files that `moderation review export` wrote; real notes with labels of people.

    Raises:
        BadSetting: there is no labelled note, or a file or a label is damaged.
    """
    rows: list[LabelledNote] = []
    if data is not None:
        second = {} if datasets is None else _labels_by_digest(datasets / SECOND_READING)
        rows.extend(_real_notes(data / NOTES, second))
    if datasets is not None:
        for file in sorted((datasets / WRITTEN).glob("*.jsonl")):
            rows.extend(_written_notes(file))
    for file in moderators:
        rows.extend(_moderators_notes(file))
    if not rows:
        raise BadSetting(
            f"0 labelled notes in `{data}` and `{datasets}`, at least 1 needed",
            hint=f"name a folder with `{NOTES}`, or one with `{WRITTEN}/*.jsonl`",
        )
    # Careful labels first: of two notes that say the same, the first stays.
    rows.sort(key=lambda row: (row.origin == "written", row.origin, -row.confidence))
    return without_repetitions(rows)


def digest_of(title: str, text: str) -> str:
    """Name of a real note in lists of labels: SHA-256 of title, line end and text."""
    return hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()[:DIGEST_DIGITS]


def without_repetitions(rows: Sequence[LabelledNote]) -> list[LabelledNote]:
    """Leave out what repeats an earlier row of another family, in the order given.

    Siblings of a family may be nearly the same: their difference is what there is to learn.
    """
    pieces = [shingles(row.note) for row in rows]
    holders: dict[int, list[int]] = {}
    kept = []
    for i, row in enumerate(rows):
        shared: dict[int, int] = {}
        for piece in pieces[i]:
            for other in holders.get(piece, ())[:_COMMON]:
                shared[other] = shared.get(other, 0) + 1
        if any(_same(row, rows[j], pieces[i], pieces[j]) for j in shared):
            continue
        kept.append(row)
        for piece in pieces[i]:
            holders.setdefault(piece, []).append(i)
    return kept


def shingles(note: Note) -> frozenset[int]:
    """Digests of all pieces of four characters of title and text, blanks left out."""
    whole = "".join((note.title + note.text).split())
    return frozenset(hash(whole[n : n + SHINGLE]) for n in range(len(whole) - SHINGLE + 1))


def folds(rows: Sequence[LabelledNote], least: int = 10) -> list[Fold]:
    """One fold for each group that has enough commercial and enough other notes."""
    result = []
    for group in sorted({row.group for row in rows}):
        selling = [row.commercial for row in rows if row.group == group]
        if least <= sum(selling) <= len(selling) - least:
            result.append(fold_without(rows, [group]))
    return result


def fold_without(rows: Sequence[LabelledNote], groups: Iterable[str]) -> Fold:
    """These groups measure; learnt from is every other group, without their trades.

    A note whose trade shares a word with a trade of the groups is left out, so what is measured
    is a trade never seen. Where the groups have so many trades that less than half of the other
    notes would be left, that is given up.
    """
    held = frozenset(groups)
    measured = [i for i, row in enumerate(rows) if row.group in held]
    trades = frozenset(word for i in measured for word in trade_words(rows[i].trade))
    others = [i for i, row in enumerate(rows) if row.group not in held]
    unseen = [i for i in others if not trades & trade_words(rows[i].trade)]
    learnt = unseen if 2 * len(unseen) >= len(others) else others
    return Fold(held=" + ".join(sorted(held)), learnt=tuple(learnt), measured=tuple(measured))


def fold_of_seen(rows: Sequence[LabelledNote], part: int = 4) -> Fold:
    """One in `part` notes of every group measures, families whole: new notes of known sources."""
    measured: list[int] = []
    learnt: list[int] = []
    for i, row in enumerate(rows):
        named = f"{row.group} {row.family}" if row.family else digest_of("", row.note.text)
        drawn = hashlib.sha256(named.encode()).digest()[0] % part == 0
        (measured if drawn else learnt).append(i)
    return Fold(held="seen sources", learnt=tuple(learnt), measured=tuple(measured))


def trade_words(trade: str) -> frozenset[str]:
    """Words that name a trade: `study abroad` and `abroad study` are one."""
    words = trade.casefold().replace("-", " ").replace("_", " ").split()
    return frozenset(word.rstrip("s") for word in words if word not in _LINKING)


_LINKING = frozenset({"and", "of", "on", "for", "the", "goods", "lessons", "services"})


def _same(
    row: LabelledNote, other: LabelledNote, mine: frozenset[int], theirs: frozenset[int]
) -> bool:
    if row.note.title == other.note.title and row.note.text == other.note.text:
        return True
    if row.family and row.family == other.family and row.group == other.group:
        return False
    if min(len(mine), len(theirs)) < SHORTEST_COMPARED:
        return False
    shared = len(mine & theirs)
    return shared > SAME_SHARE * (len(mine) + len(theirs) - shared)


def _real_notes(file: Path, second: Mapping[str, dict[str, Any]]) -> Iterator[LabelledNote]:
    for number, row in _objects(file):
        at = f"{file.name}:{number}"
        title, text = row.get("title") or "", row.get("text") or ""
        first = row.get("label")
        label = first or second.get(digest_of(title, text))
        if label is None:
            continue
        yield _labelled(
            at,
            row | {"title": title, "text": text},
            label,
            confidence=label.get("confidence", 0.8),
            origin="first reading" if first else "second reading",
            group=str(row.get("source", file.stem)),
            trade=REAL_TRADES.get(str(row.get("source")), ""),
        )


def _written_notes(file: Path) -> Iterator[LabelledNote]:
    for number, row in _objects(file):
        at = f"{file.name}:{number}"
        yield _labelled(
            at,
            row,
            row,
            confidence=WRITTEN_CONFIDENCE,
            origin="written",
            group=file.stem,
            trade=str(row.get("trade") or ""),
        )


def _moderators_notes(file: Path) -> Iterator[LabelledNote]:
    for number, row in _objects(file):
        yield _labelled(
            f"{file.name}:{number}",
            row,
            row,
            confidence=row.get("confidence", MODERATOR_CONFIDENCE),
            origin="moderator",
            group=file.stem,
            trade=str(row.get("trade") or ""),
        )


def _labelled(
    at: str,
    row: dict[str, Any],
    label: dict[str, Any],
    *,
    confidence: Any,
    origin: str,
    group: str,
    trade: str,
) -> LabelledNote:
    """A row as its file has it.

    Raises:
        BadSetting: the note or its label is not as it should be.
    """
    intent, disclosure = label.get("intent"), label.get("disclosure")
    try:
        if intent not in INTENTS or disclosure not in DISCLOSURES:
            raise ValueError(f"got intent `{intent}` and disclosure `{disclosure}`")
        note = Note(
            id=at,
            title=row["title"],
            text=row["text"],
            tags=tuple(row.get("tags") or ()),
        )
        sure = float(confidence)
        marked = label.get("violations")
        violations = None if marked is None else tuple(spans_of(note, marked))
    except (KeyError, TypeError, ValueError, ModerationError) as error:
        raise BadSetting(
            f"`{at}` is no labelled note: {error}",
            hint="mend the line; the label guide names the values that are allowed",
        ) from None
    return LabelledNote(
        note=note,
        intent=cast("str", intent),
        disclosure=cast("str", disclosure),
        confidence=min(1.0, max(0.5, sure)),
        origin=origin,
        group=group,
        family=str(row.get("family") or ""),
        trade=trade,
        lang=str(row.get("lang") or ""),
        violations=violations,
    )


def spans_of(note: Note, violations: Iterable[dict[str, object]]) -> Iterator[Span]:
    """Labelled violations with their places; words that stand in several places are each of them.

    Raises:
        KeyError, TypeError, ValueError: a label names neither a place nor words of the note.
    """
    fields = dict(note.text_fields())
    for one in violations:
        code = str(one["code"])
        if "span" not in one:
            field, start, end = str(one["field"]), int(str(one["start"])), int(str(one["end"]))
            if not 0 <= start < end <= len(fields.get(field, "")):
                raise ValueError(f"{code} at {start} to {end} of `{field}` is outside the note")
            words = fields[field][start:end]
            yield Span(code=code, field=field, start=start, end=end, text=words)
            continue
        words = str(one["span"])
        for field, written in fields.items():
            start = written.find(words) if words else -1
            while start >= 0:
                end = start + len(words)
                yield Span(code=code, field=field, start=start, end=end, text=words)
                start = written.find(words, end)


def _labels_by_digest(file: Path) -> dict[str, dict[str, Any]]:
    if not file.is_file():
        return {}
    return {str(row.get("note")): row for _, row in _objects(file)}


def _objects(file: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    """Number and object of each line.

    Raises:
        BadSetting: the file cannot be read, or a line is no object.
    """
    try:
        with open_source(file) as stream:
            for number, row in read_json_lines(stream):
                if isinstance(row, InputError):
                    raise row
                yield number, row
    except InputError as error:
        raise BadSetting(f"`{file}` holds no notes: {error}", hint=error.hint) from None
