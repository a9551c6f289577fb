"""Banks: named lists of pictures that are free to show, with an end and an audit.

A bank's picture is registered like any other, so it is found in crops and collages too; it belongs
to no note, and nobody claims it. What a list frees is decided in `moderation.image.ownership`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moderation.archive import BankRow, rows_to_json
from moderation.errors import BadHash, BadNote, IndexCorrupt, UnknownSubject
from moderation.finding import ItemFailure
from moderation.gate.deciding.conclusion import sight
from moderation.gate.deciding.registration import new_picture
from moderation.gate.imports import unreadable
from moderation.gate.looking.examination import Examination
from moderation.image.local_features import LocalFeatures
from moderation.image.ownership import Sighting, is_proven, shows_work
from moderation.note import MAX_ID_CHARS, Note, NoteImage
from moderation.store import (
    BankEntry,
    NewBankEntry,
    NewPicture,
    Register,
    Ruling,
    StoredPicture,
    Transaction,
)
from moderation.store.banks import BANK_NOTE_PREFIX
from moderation.verdict import Registration


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A list wants to free what somebody proved; the proof wins."""

    work_id: int
    author_id: str
    """Who proved it."""
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Banked:
    """What came of putting one picture into a bank."""

    entry: BankEntry
    is_new: bool
    """False where the bank had this file: it has got the reason and end given now."""
    conflicts: tuple[Conflict, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation register bank add --json` writes it."""
        conflicts = [
            {"work_id": c.work_id, "author_id": c.author_id, "proof": c.proof}
            for c in self.conflicts
        ]
        return self.entry.to_json() | {"is_new": self.is_new, "conflicts": conflicts}


class Banks:
    """Lists of pictures that are free to show; got from `Gate.banks`."""

    def __init__(self, register: Register, examine: Callable[[Note], Examination]) -> None:
        """For `Gate`."""
        self._register = register
        self._examine = examine

    def entries(self, bank: str | None = None) -> list[BankEntry]:
        """Pictures of one bank or of all, ended ones too, in the order of their adding.

        Raises:
            UnknownSubject: there is no bank of that name.
        """
        found = self._register.bank_entries(bank)
        if bank is not None and not found:
            raise _unknown(bank)
        return found

    def add(
        self,
        bank: str,
        images: Mapping[str, NoteImage],
        *,
        reason: str,
        until: datetime | None = None,
        by: str = "",
    ) -> list[Banked | ItemFailure]:
        """Put pictures into a bank, which is made if it is new.

        Works of the register that show the same picture are free with it, as far as nobody
        proved them to be theirs.

        Args:
            bank: name of the list.
            images: what people call each picture → the picture.
            reason: why everybody may show them.
            until: end, excluded (aware); None for no end.
            by: who decides.

        Returns:
            What became of each picture, in order.

        Raises:
            BadNote: the bank's name is empty, too long or does not print.
            StoreError: the register cannot be used; what is done stays.
        """
        note_id = _note_id(bank)
        results: list[Banked | ItemFailure] = []
        for title, image in images.items():
            examined = self._examine(Note(id=note_id, images=[image]))
            failures = [replace(f, note_id=title, image_number=None) for f in unreadable(examined)]
            if failures:
                results += failures
                continue
            with self._register.transaction() as now:
                at = datetime.now(UTC)
                entry = NewBankEntry(
                    bank=bank,
                    picture_id=0,
                    title=title,
                    reason=reason,
                    until=until,
                    added_at=at,
                    added_by=by,
                )
                results.append(_put(now, examined, entry))
                detail = {"picture": title, "until": _date(until)}
                _rule(now, "bank.add", bank, by, reason, detail)
        return results

    def expire(
        self,
        bank: str,
        *,
        at: datetime | None = None,
        entry_ids: Sequence[int] = (),
        reason: str = "",
        by: str = "",
    ) -> int:
        """End what a bank frees, at a time or now; pictures and audit stay. Returns how many.

        Args:
            bank: name of the list.
            at: the end (aware), excluded: for notes from then on, the usual rules hold again.
            entry_ids: of some pictures only; empty for all.
            reason: for the audit.
            by: who decides.

        Raises:
            UnknownSubject: there is no such bank, or no such entry in it.
        """
        end = at or datetime.now(UTC)
        with self._register.transaction() as now:
            entries = _chosen(now, bank, entry_ids)
            now.end_bank_entries([entry.entry_id for entry in entries], end)
            detail = {"pictures": len(entries), "until": _date(end)}
            _rule(now, "bank.expire", bank, by, reason, detail)
        return len(entries)

    def remove(
        self, bank: str, *, entry_ids: Sequence[int] = (), reason: str = "", by: str = ""
    ) -> int:
        """Take pictures out of a bank and of the search, as if they had never been in it.

        What was shown while they were free gives nobody a claim afterwards. Returns how many.

        Raises:
            UnknownSubject: there is no such bank, or no such entry in it.
        """
        with self._register.transaction() as now:
            entries = _chosen(now, bank, entry_ids)
            works = now.works(work_id for entry in entries for work_id in entry.works)
            end = datetime.now(UTC)
            for entry in entries:
                for work_id in entry.works:
                    if not works[work_id].claims:
                        now.exempt_work(work_id, entry.reason, end)
            now.remove_pictures(entry.picture_id for entry in entries)
            _rule(now, "bank.remove", bank, by, reason, {"pictures": len(entries)})
        return len(entries)

    def export(self, bank: str, *, with_features: bool = False) -> dict[str, Any]:
        """A bank as JSON: hashes, and the details that a proof needs where asked for.

        Raises:
            UnknownSubject: there is no bank of that name.
        """
        entries = self.entries(bank)
        pictures = self._register.pictures(entry.picture_id for entry in entries)
        rows = [
            _row(entry, pictures[entry.picture_id], with_features)
            for entry in entries
            if entry.picture_id in pictures
        ]
        return rows_to_json(bank, rows)

    def take(
        self, bank: str, rows: Iterable[BankRow | ItemFailure], *, by: str = ""
    ) -> list[Banked | ItemFailure]:
        """Put what another register exported into a bank, with its reasons and ends.

        Pictures that came as a bare hash free nothing that geometry proves: a hash can be forged.

        Raises:
            BadNote: the bank's name is empty, too long or does not print.
        """
        note_id = _note_id(bank)
        results: list[Banked | ItemFailure] = []
        with self._register.transaction() as now:
            at = datetime.now(UTC)
            for row in rows:
                if isinstance(row, ItemFailure):
                    results.append(row)
                    continue
                entry = NewBankEntry(
                    bank=bank,
                    picture_id=0,
                    title=row.title,
                    reason=row.reason,
                    until=row.until,
                    added_at=at,
                    added_by=by,
                )
                try:
                    picture = _picture_of(row, note_id, at)
                except BadHash as error:
                    failure = ItemFailure(
                        code=error.code, message=error.message, hint=error.hint, note_id=row.title
                    )
                    results.append(failure)
                else:
                    results.append(_store(now, picture, entry, works=()))
            added = sum(isinstance(result, Banked) for result in results)
            _rule(now, "bank.import", bank, by, "", {"pictures": added})
        return results


def _rule(
    now: Transaction,
    action: str,
    bank: str,
    by: str,
    reason: str,
    detail: Mapping[str, str | int | None],
) -> None:
    now.record_ruling(Ruling(action=action, subject=bank, by=by, reason=reason, detail=detail))


def _put(now: Transaction, examined: Examination, entry: NewBankEntry) -> Banked:
    (picture,) = examined.pictures
    sighted, _ = sight(examined, now, entry.added_at, index=None)
    seen: Sequence[Sighting] = sighted.get(picture.number, ())
    same = sorted({s.work_id for s in seen if shows_work(s)})
    works = now.works(same)
    conflicts = [
        Conflict(work_id=work_id, author_id=claim.author_id, proof=claim.proof)
        for work_id in same
        for claim in works[work_id].claims
        if is_proven(claim)
    ]
    proven = {conflict.work_id for conflict in conflicts}
    new = new_picture(examined.note, picture, entry.added_at, Registration.REGISTERED)
    banked = _store(now, new, entry, works=[work for work in same if work not in proven])
    return replace(banked, conflicts=tuple(conflicts))


def _store(
    now: Transaction, picture: NewPicture, entry: NewBankEntry, *, works: Iterable[int]
) -> Banked:
    pictures = now.pictures_of_note(picture.note_id)
    known = [p.picture_id for p in pictures if (p.sha256, p.code) == (picture.sha256, picture.code)]
    entries = now.bank_entries(entry.bank)
    again = [e.entry_id for e in entries if e.picture_id in known]
    if again:
        now.end_bank_entries(again, entry.until, reason=entry.reason)
        entry_id = again[0]
    else:
        number = 1 + max((p.image_number for p in pictures), default=-1)
        own = now.add_work()
        picture_id = now.add_picture(replace(picture, image_number=number), own)
        entry_id = now.add_bank_entry(replace(entry, picture_id=picture_id), [own, *works])
    (stored,) = (e for e in now.bank_entries(entry.bank) if e.entry_id == entry_id)
    return Banked(entry=stored, is_new=not again)


def _chosen(now: Transaction, bank: str, entry_ids: Sequence[int]) -> list[BankEntry]:
    entries = now.bank_entries(bank)
    if not entries:
        raise _unknown(bank)
    if unknown := sorted(set(entry_ids) - {entry.entry_id for entry in entries}):
        raise UnknownSubject(
            f"bank `{bank}` has no entry {unknown[0]}",
            hint="see the numbers with `moderation register bank show`",
        )
    return [entry for entry in entries if not entry_ids or entry.entry_id in entry_ids]


def _unknown(bank: str) -> UnknownSubject:
    return UnknownSubject(
        f"there is no bank `{bank}`", hint="see the names with `moderation register bank list`"
    )


def _note_id(bank: str) -> str:
    limit = MAX_ID_CHARS - len(BANK_NOTE_PREFIX)
    if not bank.strip() or not bank.isprintable() or len(bank) > limit:
        raise BadNote(
            f"{bank!r:.60} cannot name a bank: it has {len(bank)} characters, limit {limit}, and "
            "must hold a letter and nothing that does not print",
            hint="choose a short name, as `memes-2026`",
        )
    return BANK_NOTE_PREFIX + bank


def _date(until: datetime | None) -> str | None:
    return until.isoformat() if until else None


def _row(entry: BankEntry, picture: StoredPicture, with_features: bool) -> BankRow:
    return BankRow(
        title=entry.title,
        reason=entry.reason,
        until=entry.until,
        recipe=picture.recipe,
        code=picture.code,
        quality=picture.quality,
        width=picture.width,
        height=picture.height,
        features=picture.features if with_features else b"",
    )


def _picture_of(row: BankRow, note_id: str, at: datetime) -> NewPicture:
    if row.features:
        try:
            size = LocalFeatures.from_bytes(row.features).size
        except IndexCorrupt as error:
            raise BadHash(error.message, hint="export the bank again") from None
        if min(*size, row.width, row.height) < 1:
            raise BadHash(
                f"the picture is {row.width} × {row.height} px, its features {size[0]} × {size[1]}",
                hint="export the bank again",
            )
    return NewPicture(
        note_id=note_id,
        revision=1,
        image_number=0,
        author_id="",
        published_at=at,
        recipe=row.recipe,
        code=row.code,
        quality=row.quality,
        width=row.width,
        height=row.height,
        features=row.features,
        sha256="",
        state=Registration.REGISTERED.value,
    )


def images_of(paths: Iterable[Path]) -> dict[str, NoteImage]:
    """Pictures by the names of their files; of two of one name the later gets its folder too."""
    images: dict[str, NoteImage] = {}
    for path in paths:
        title = path.name if path.name not in images else str(path)
        images[title] = NoteImage(path=path)
    return images
