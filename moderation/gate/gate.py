"""Gate: the one place where picture, text, register and policy meet.

Everything slow (decoding, hashing, search, proof, reading) happens without the register's lock.
Then, inside one transaction, the gate looks at what others have registered since, decides, and
writes pictures, claims and the verdict: of two simultaneous uploads exactly one is the first.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from moderation.archive import HashRow
from moderation.errors import BadSetting, InputError, StoreError
from moderation.finding import ItemFailure
from moderation.gate.ahead import examined_ahead
from moderation.gate.deciding.conclusion import caught_up, conclude, judge
from moderation.gate.deciding.shadow import Shadow, checked
from moderation.gate.imports import Registered, import_hashes, import_notes
from moderation.gate.index.nominated import unreachable
from moderation.gate.index.opening import open_index
from moderation.gate.index.search_index import SearchIndex
from moderation.gate.looking.detector_pool import DetectorPool
from moderation.gate.looking.examination import Examination, Looking
from moderation.gate.looking.search import prove
from moderation.gate.looking.underway import Underway
from moderation.gate.publishing.answering import Publishing
from moderation.gate.publishing.settling import Swept
from moderation.gate.rights.claims import Rights
from moderation.gate.upkeep import Upkeep
from moderation.image.decode import DEFAULT_LIMITS, DecodeLimits, decode
from moderation.image.descriptor import Describer
from moderation.image.provenance.credentials import trust_from_environment
from moderation.image.query import Query
from moderation.match import Match
from moderation.note import Note, NoteImage
from moderation.policy import Policy
from moderation.store import BUSY_TIMEOUT_S, Register
from moderation.verdict import Verdict

log = logging.getLogger(__name__)
SWEPT_AT_ONCE = 1_000
"""Verdicts that follow something told late in one sweep."""


class Gate(Publishing, Upkeep, Rights):
    """A register with its index, a policy, and the detectors. Safe to use from many threads.

    Several processes may open the same register; each sees what the others registered or
    deleted at its next query. Open a gate anew in a forked process.
    """

    def __init__(
        self,
        register: Register,
        index: SearchIndex,
        policy: Policy,
        *,
        as_of: datetime | None,
        limits: DecodeLimits,
        describer: Describer | None,
        threads: int | None,
        shadows: Sequence[Shadow],
        canary: Shadow | None,
    ) -> None:
        """For `open`, which everybody else should call."""
        super().__init__()
        self.register = register
        """For questions: audit, works, statistics."""
        self.policy = policy
        self.shadows = tuple(shadows)
        self.canary = canary
        self._index = index
        self._as_of = as_of
        self._limits = limits
        self._describer = describer
        self._opening = threading.Lock()
        self._closed = False
        self._detectors = DetectorPool(threads)

    @classmethod
    def open(
        cls,
        register: str | Path,
        *,
        index: str | Path | None = None,
        policy: Policy | str | Path | None = None,
        as_of: datetime | None = None,
        create: bool = True,
        limits: DecodeLimits = DEFAULT_LIMITS,
        descriptor: str | Path | None = None,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        threads: int | None = None,
        shadows: Sequence[Shadow] = (),
        canary: Shadow | None = None,
    ) -> Gate:
        """Open a register, made if it is missing, and its index.

        Args:
            register: folder, or URL of a PostgreSQL database (`postgresql://USER@HOST/DATABASE`).
            index: folder for the index's snapshots; None for one inside `register`, or for a URL
                in the user's cache, see `moderation.gate.index.place`. Or the address of an index
                elsewhere: `shards://HOST:PORT,HOST:PORT` or `milvus://HOST:PORT/NAME`, see
                `moderation.gate.index.opening`.
            policy: a `Policy`, the name of a shipped one, or a file; None for today's default.
            as_of: aware instant whose rules apply; None for the time of each check.
            create: False refuses a folder or a database without a register.
            limits: for pictures.
            descriptor: folder of the model that describes pictures; None for the one that comes
                with this package, opened when the first picture is to be read.
            busy_timeout_s: how long a write waits for the register's lock, in seconds.
            threads: that look at pictures and words; None for one a core.
            shadows: other policies that judge the same findings for their share of the notes; what
                they would have said is kept beside the verdict, and nothing follows from it.
            canary: another policy that acts for its share of the notes.

        Raises:
            ArtifactError: `descriptor` cannot be used.
            RecipeMismatch: the register's pictures were described by another model.
            BadPolicy: the policy cannot be read.
            BadSetting: `register` is a URL of another kind, `as_of` has no time zone, the trusted
                signers named by `MODERATION_C2PA_TRUST` cannot be read, two shadows say the
                same, or the canary has a reader.
            MissingExtra: `register` is a URL, and the driver is not installed.
            StoreError: the register cannot be opened, see `Register.open`.
        """
        if as_of is not None and as_of.tzinfo is None:
            raise BadSetting(
                f"`as_of` {as_of.isoformat()} has no time zone",
                hint="add the offset, as in 2021-08-02T00:00:00+08:00",
            )
        shadows = checked(shadows, canary)
        trust_from_environment()  # a mistake is told now, not by every note that has a credential
        if not isinstance(policy, Policy):
            policy = Policy.default() if policy is None else Policy.load(policy)
        opened = Register.open(register, create=create, busy_timeout_s=busy_timeout_s)
        try:
            describer = None if descriptor is None else _described_by(Path(descriptor), opened)
            found = open_index(index, opened)
            found.catch_up(opened)
        except BaseException:
            opened.close()
            raise
        return cls(
            opened,
            found,
            policy,
            as_of=as_of,
            limits=limits,
            describer=describer,
            threads=threads,
            shadows=shadows,
            canary=canary,
        )

    def check(self, note: Note, *, register: bool = True) -> Verdict:
        """Judge a note and register it by policy, free of races with other processes.

        Args:
            note: as submitted.
            register: False only judges: nothing is written, not even the audit.

        Raises:
            StoreError: the register cannot be used; nothing was half-written.
        """
        underway = self._underway(note)
        underway.start(self._detectors)
        underway.wait()
        return self._conclude(underway.so_far(), register=register)

    def check_many(
        self, notes: Iterable[Note | ItemFailure], *, register: bool = True
    ) -> Iterator[Verdict | ItemFailure]:
        """Verdicts in the order of the notes, the same as `check` gives one by one.

        Notes are examined ahead on all cores; what the earlier ones register counts for the
        later ones. Failures among the notes pass through in their place.
        """
        for item in examined_ahead(notes, self._examine, self._detectors.executor):
            yield item if isinstance(item, ItemFailure) else self._conclude(item, register=register)

    def register_many(
        self,
        notes: Iterable[Note | ItemFailure],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> Registered:
        """Register an archive without judging it; of each picture the earliest note counts.

        Args:
            notes: in any order; failures pass through to the result.
            progress: told the number of notes done so far.

        Raises:
            StoreError: the register cannot be used; what is done stays, and registering the
                same notes again changes nothing.
        """
        examined = examined_ahead(notes, self._examine_for_archive, self._detectors.executor)
        registered = import_notes(examined, self.register, after=self._saving(progress))
        self.find_templates()
        return registered

    def register_hashes(
        self,
        rows: Iterable[HashRow | ItemFailure],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> Registered:
        """Register hashes made elsewhere; what they match stays unverified.

        Args:
            rows: see `moderation.archive.read_hashes`; failures pass through to the result.
            progress: told the number of rows done so far.

        Raises:
            StoreError: the register cannot be used; what is done stays.
        """
        registered = import_hashes(rows, self.register, after=self._saving(progress))
        self.find_templates()
        return registered

    def find_copies(
        self, image: bytes | str | Path | NDArray[np.uint8] | NoteImage, limit: int = 10
    ) -> list[Match]:
        """Where the register shows a picture, or parts of it. Read only.

        Args:
            image: bytes, path, or RGB array uint8 [H, W, 3].
            limit: most matches to return, at least 1.

        Returns:
            Proven matches, best first.

        Raises:
            InputError: the picture cannot be read, or `limit` is below 1.
            ArtifactError: the model that describes pictures cannot be used.
            StoreError: the register, or some part of the index, cannot be used.
        """
        if limit < 1:
            raise InputError(f"`limit` must be at least 1, got {limit}", hint="raise `limit`")
        query = Query.of(decode(image, limits=self._limits))
        query.describe(self._describing())
        self._index.catch_up(self.register)
        found = self._index.look_up(query)
        if found.absent:
            raise unreachable(found.absent)
        candidates = [*found.near, *found.others]
        return list(prove(query, candidates, self.register).matches[:limit])

    def remove(self, note_id: str) -> int:
        """Take a note's pictures and caption out of the search; the audit stays.

        Returns:
            How many pictures.
        """
        with self.register.transaction() as now:
            now.remove_captions(note_id)
            removed = now.remove_pictures(p.picture_id for p in now.pictures_of_note(note_id))
        self._index.catch_up(self.register)
        return removed

    def sweep(self) -> Swept:
        """As `Completing.sweep`; what was told late is followed, too, some verdicts at a time."""
        swept = super().sweep()
        self.follow_late(most=SWEPT_AT_ONCE)
        return swept

    def observe_steps(self, told: Callable[[str, float], None]) -> None:
        """Be told the name of each step of a detector that ends, and its seconds; for metrics."""
        self._detectors.observe = told

    def close(self) -> None:
        """Save what is worth it and close, once. A gate is of no use afterwards."""
        if not self._closed:
            self._closed = True
            self._detectors.shutdown()
            self._completing.shutdown(cancel_futures=True)
            self._save_if_worth_it()
            self._index.close()
            self.register.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _clear(self) -> None:
        """Take deleted rows out of the index and off the disk, while others work."""
        self._index.compact(self.register)
        self.register.scrub(thoroughly=False)

    def _describing(self) -> Describer:
        with self._opening:
            if self._describer is None:
                self._describer = _described_by(None, self.register)
            return self._describer

    def _underway(self, note: Note, *, for_archive: bool = False) -> Underway:
        beside = [s.reader for s in self.shadows if s.reader is not None and s.takes(note.id)]
        looking = Looking(
            register=self.register,
            index=self._index,
            limits=self._limits,
            describing=self._describing,
            beside=tuple({reader.detector: reader for reader in beside}.values()),
        )
        return Underway(note, looking, for_archive=for_archive)

    def _examine(self, note: Note) -> Examination:
        return self._underway(note).run()

    def _examine_for_archive(self, note: Note) -> Examination:
        return self._underway(note, for_archive=True).run()

    def _conclude(self, examined: Examination, *, register: bool) -> Verdict:
        policy, as_of = self.policy_for(examined.note.id), self._as_of
        if not register:
            received = datetime.now(UTC)
            return judge(
                examined, self.register, self._index, policy, received=received, as_of=as_of
            )[0]
        examined = caught_up(examined, self.register, self._index)
        with self.register.transaction() as now:
            filed = conclude(now, examined, self._index, policy, as_of=as_of, shadows=self.shadows)
        self._save_if_worth_it()
        return filed.verdict

    def _saving(self, progress: Callable[[int], None] | None) -> Callable[[int], None]:
        def after(done: int) -> None:
            self._save_if_worth_it()
            if progress is not None:
                progress(done)

        return after

    def _save_if_worth_it(self) -> None:
        if self._index.is_worth_saving():
            try:
                self._index.save(self.register)
            except StoreError:  # what was registered is safe
                log.warning("the index snapshot could not be saved; the log will do", exc_info=True)


def _described_by(model: Path | None, register: Register) -> Describer:
    describer = Describer.open(model)
    register.refuse_other_descriptors(describer.recipe)
    return describer
