"""Archives into the register, without judging them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from moderation.archive import HashRow
from moderation.finding import Finding, ItemFailure
from moderation.gate.deciding.captions import register_caption, words_since
from moderation.gate.deciding.conclusion import sight
from moderation.gate.deciding.registration import known_hashes, register_hash, register_pictures
from moderation.gate.looking.examination import Examination
from moderation.note import ClaimBasis
from moderation.store import HashTerms, Register
from moderation.verdict import Registration

_NOTES_AT_ONCE = 32  # in one transaction: quick, and lets others in between
HASHES_AT_ONCE = 2_000

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What an import put into the register."""

    notes: int
    pictures: int
    failures: tuple[ItemFailure, ...]
    """Bad rows, and pictures that could not be read; everything else is registered."""

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation register add --json` writes it."""
        return {
            "notes": self.notes,
            "pictures": self.pictures,
            "failures": [failure.to_json() for failure in self.failures],
        }


def import_notes(
    examined: Iterable[Examination | ItemFailure],
    register: Register,
    *,
    after: Callable[[int], None],
) -> Registered:
    """Register examined notes, a portion in each transaction; `after` is told how many so far."""
    notes = pictures = 0
    failures: list[ItemFailure] = []
    for portion in portioned(examined, _NOTES_AT_ONCE):
        good = [item for item in portion if isinstance(item, Examination)]
        failures += [item for item in portion if isinstance(item, ItemFailure)]
        failures += [failure for one in good for failure in unreadable(one)]
        with register.transaction() as now:
            received = datetime.now(UTC)
            for one in good:
                at = one.note.published_at or received
                sighted, unproven = sight(one, now, at, index=None)
                failures += unproven
                pictures += register_pictures(
                    now,
                    one.note,
                    one.pictures,
                    sighted,
                    at=at,
                    state=Registration.REGISTERED,
                    basis=ClaimBasis.REGISTERED,
                )
                since = words_since(one, now, at=at, edited=None)
                register_caption(now, one.note, one.caption, since)
        notes += len(good)
        after(notes)
    return Registered(notes=notes, pictures=pictures, failures=tuple(failures))


def import_hashes(
    rows: Iterable[HashRow | ItemFailure], register: Register, *, after: Callable[[int], None]
) -> Registered:
    """Register hashes made elsewhere, likewise, each with the list that it came on."""
    done = 0
    failures: list[ItemFailure] = []
    for portion in portioned(rows, HASHES_AT_ONCE):
        good = [row for row in portion if isinstance(row, HashRow)]
        failures += [row for row in portion if isinstance(row, ItemFailure)]
        with register.transaction() as now:
            received = datetime.now(UTC)
            known = known_hashes(now, good)
            came: list[tuple[int, HashTerms]] = []
            for row in good:
                number = register_hash(now, row, received=received, known=known)
                if number is not None:
                    came.append((number, HashTerms(source=row.source, licence=row.licence)))
            now.list_hashes(came, at=received)
        done += len(good)
        after(done)
    return Registered(notes=done, pictures=done, failures=tuple(failures))


def unreadable(examination: Examination) -> Iterator[ItemFailure]:
    """What an import could not take from a note."""
    yield from examination.failures
    for finding in examination.findings:
        yield _as_failure(finding, examination.note.id)


def portioned(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Items in lists of so many, in order."""
    stream = iter(items)
    while portion := list(islice(stream, size)):
        yield portion


def _as_failure(finding: Finding, note_id: str) -> ItemFailure:
    return ItemFailure(
        code=str(finding.detail["code"]),
        message=str(finding.detail["message"]),
        hint=str(finding.detail["hint"]),
        detector=finding.detector.partition("@")[0],
        note_id=note_id,
        image_number=finding.image_number,
    )
