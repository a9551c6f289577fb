"""Judge an archive: every note, in order of publication, as the gate would judge it.

It is judged in a register of the scan's own, a copy of the real one or a new one. A note finds
there what was published before it, and all that the real register holds; then its own pictures,
claims and words join, as those of an archive that is registered. So who was first, licences, proof,
free pictures and twins of texts count as they do at the gate.

Each note brings one verdict to the audit of that register: how many there are says how far it has
come, whatever killed it.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from moderation.archive import whole_file, write_results
from moderation.archive.results import Result
from moderation.image.durable import said_if_unwritable
from moderation.policy import Policy
from moderation.scan.inputs import Inputs, opened
from moderation.scan.judged_note import Rules, judge_note
from moderation.scan.observed_notes import ObservedNotes
from moderation.scan.place import alone_in, labelled
from moderation.store import Register
from moderation.verdict import Decision

Day = Literal["now", "then"]
NOW: Day = "now"
THEN: Day = "then"
AsOf = datetime | Day
"""Whose rules apply: those of an aware instant, of the day the judging began, or of each note's own
time of publication."""

_NOTES_AT_ONCE = 64  # in one transaction; as many are judged again by whoever was killed
_VERDICTS_AT_ONCE = 1_000
_BEGUN = "begun.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How far judging has come."""

    folder: Path
    notes: int = 0
    """That have a verdict now."""
    known: int = 0
    """Of these, notes that an earlier run has judged."""
    failed: int = 0
    """Rows of the archive that are no notes."""
    decisions: Counter[Decision] = field(default_factory=Counter)

    @property
    def verdicts(self) -> Path:
        """Verdicts in order of publication, then failures, as `moderation check` writes them."""
        return self.folder / "verdicts.jsonl"

    @property
    def register(self) -> Path:
        """In which the archive was judged: for audit, review and replay."""
        return self.folder / "register"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """What a judgement was begun with; the same for whoever goes on with it."""

    inputs: str
    at: datetime
    """Time of the verdicts, and of notes that have none."""
    verdicts: int
    """That the real register's copy held before."""
    rights: str
    """What the real register said of who may show what; empty without one."""


def judge(
    out: Path,
    policy: Policy,
    *,
    register: str | None = None,
    as_of: AsOf,
    without: Collection[str] = (),
    progress: Callable[[Judged], None] | None = None,
) -> Judged:
    """Give a verdict on every note of an archive that was observed and paired.

    Args:
        out: folder of the scan.
        policy: to decide by.
        register: folder or URL whose claims and pictures count, as the archive was paired; copied.
        as_of: whose rules apply.
        without: as the archive was observed.
        progress: called after each portion.

    Returns:
        What there is. A second run finds all of it done.

    Raises:
        BadArchive: the archive was not paired to its end.
        StoreBusy: another scan writes there.
        StoreUnwritable: the disk is full or fails; what was done stays.
        StoreError: the register cannot be read.
    """
    inputs = Inputs.of(out, without, register)
    notes = ObservedNotes.of(inputs)
    said = {
        "paired": inputs.place.folder.name,
        "policy": policy.digest,
        "as_of": as_of.astimezone(UTC).isoformat() if isinstance(as_of, datetime) else as_of,
    }
    begins = Judged(
        folder=labelled(out, "judged", "by", said),
        failed=sum(receipt.counts["failed"] for receipt in inputs.receipts),
    )
    with alone_in(begins.folder):
        begun = _begun(begins, inputs, len(notes), None if as_of != NOW else policy)
        rules = Rules(
            policy=policy,
            held_before=inputs.held_before,
            begun=begun.at,
            as_of=as_of if isinstance(as_of, datetime) else begun.at if as_of == NOW else None,
        )
        now = begins
        with Register.open(begins.register, create=False) as beside:
            for now in _judged(begins, notes, beside, begun, rules):
                if progress is not None:
                    progress(now)
            if not now.verdicts.exists():
                write_results(_results(beside, begun, notes), now.verdicts, format="jsonl")
    return now


def _judged(
    so_far: Judged,
    notes: ObservedNotes,
    beside: Register,
    begun: _Begun,
    rules: Rules,
) -> Iterator[Judged]:
    """How far it is, first of all and after each portion."""
    done = beside.last_verdict_number() - begun.verdicts
    decisions = Counter(beside.decisions(after=begun.verdicts))
    so_far = replace(so_far, notes=done, known=done, decisions=decisions)
    yield so_far
    rest = notes.after(done)
    while portion := list(islice(rest, _NOTES_AT_ONCE)):
        with beside.transaction(unhurried=True) as now:
            now.keep_policy(rules.policy.digest, rules.policy.to_json, at=begun.at)
            given = Counter(judge_note(note, now, rules).decision for note in portion)
        so_far = replace(
            so_far, notes=so_far.notes + len(portion), decisions=so_far.decisions + given
        )
        yield so_far


def _begun(so_far: Judged, inputs: Inputs, notes: int, todays: Policy | None) -> _Begun:
    """What was begun there, or begins now: the copy of the register first, then the word of it.

    Args:
        so_far: where it lies.
        inputs: what it must have been begun with.
        notes: how many there are to judge.
        todays: policy whose rules of today must be those that it was begun with; None where it
            has no part in it.
    """
    today = datetime.now(UTC)
    known = _read(so_far.folder / _BEGUN)
    if (
        known is not None
        and known.inputs == inputs.digest
        and (todays is None or todays.terms.at(known.at) == todays.terms.at(today))
        and (_is_under_way(so_far, known, notes) or known.rights == _rights(inputs))
    ):
        return known
    with said_if_unwritable(so_far.folder):
        (so_far.folder / _BEGUN).unlink(missing_ok=True)
        so_far.verdicts.unlink(missing_ok=True)
        shutil.rmtree(so_far.register, ignore_errors=True)
    rights = _rights(inputs)
    with Register.open(so_far.register) as beside, opened(inputs.register) as register:
        if register is not None:
            register.copy_to(beside)
        verdicts = beside.last_verdict_number()
    begun = _Begun(inputs=inputs.digest, at=today, verdicts=verdicts, rights=rights)
    with whole_file(so_far.folder / _BEGUN, private=True) as sink:
        sink.write(json.dumps(asdict(begun) | {"at": begun.at.isoformat()}).encode() + b"\n")
    return begun


def _is_under_way(so_far: Judged, begun: _Begun, notes: int) -> bool:
    """Whether some notes are judged and some are not: who goes on asks nobody anew."""
    with Register.open(so_far.register, create=False) as beside:
        return beside.last_verdict_number() - begun.verdicts < notes


def _rights(inputs: Inputs) -> str:
    with opened(inputs.register) as register:
        return "" if register is None else register.digest_of_rights()


def _read(file: Path) -> _Begun | None:
    try:
        row: dict[str, Any] = json.loads(file.read_bytes())
        return _Begun(**row | {"at": datetime.fromisoformat(row["at"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _results(beside: Register, begun: _Begun, notes: ObservedNotes) -> Iterator[Result]:
    after = begun.verdicts
    while rows := beside.verdicts(after=after, limit=_VERDICTS_AT_ONCE):
        yield from (row.verdict for row in rows)
        after = rows[-1].verdict_id
    yield from notes.failures()
