"""Gate: the one place where picture, text, register and policy meet.

Everything slow (decoding, hashing, search, proof, reading) happens without the register's lock.
Then, inside one transaction, the gate looks at what others have registered since, decides, and
writes pictures, claims and the verdict: of two simultaneous uploads exactly one is the first.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from moderation.archive import HashRow
from moderation.errors import BadNote, BadSetting, StoreUnwritable, UnknownSubject
from moderation.finding import ItemFailure
from moderation.gate.examination import DETECTORS, Examination, examine
from moderation.gate.followed_index import FollowedIndex, Verification, candidates_among
from moderation.gate.imports import Registered, portions, unreadable
from moderation.gate.registration import register_hash, register_pictures, withdraw_pictures
from moderation.gate.search import prove, sightings
from moderation.image.decode import DEFAULT_LIMITS, DecodeLimits, decode
from moderation.image.ownership import Sighting, copy_findings
from moderation.image.query import Query
from moderation.match import Match
from moderation.note import Claim, ClaimBasis, Note, NoteImage
from moderation.policy import Policy, decide
from moderation.store import Receipt, Register, RegisterStats, StoredPicture, Transaction
from moderation.store.reading import Reading
from moderation.verdict import Registration, Verdict

INDEX_FOLDER = "index"
"""Folder of the index's snapshots inside the register's folder."""
_NOTES_AT_ONCE = 32  # of an import, in one transaction: quick, and lets others in between
_HASHES_AT_ONCE = 2_000

Sighted = dict[int, list[Sighting]]
"""Picture number → where the register shows it."""

log = logging.getLogger(__name__)


class Gate:
    """A register with its index, a policy, and the detectors. Safe to use from many threads.

    Several processes may open the same register; each sees what the others registered or
    deleted at its next query. Open a gate anew in a forked process.
    """

    def __init__(
        self,
        register: Register,
        index: FollowedIndex,
        policy: Policy,
        *,
        as_of: datetime | None,
        limits: DecodeLimits,
    ) -> None:
        """For `open`, which everybody else should call."""
        self.register = register
        """For questions: audit, works, statistics."""
        self.policy = policy
        self._index = index
        self._as_of = as_of
        self._limits = limits
        self._pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="gate")

    @classmethod
    def open(
        cls,
        register: str | Path,
        *,
        policy: Policy | str | Path | None = None,
        as_of: datetime | None = None,
        create: bool = True,
        limits: DecodeLimits = DEFAULT_LIMITS,
    ) -> Gate:
        """Open the register in a folder, made if it is missing, and its index.

        Args:
            register: folder.
            policy: a `Policy`, the name of a shipped one, or a file; None for today's default.
            as_of: aware instant whose rules apply; None for the time of each check.
            create: False refuses a folder without a register.
            limits: for pictures.

        Raises:
            BadPolicy: the policy cannot be read.
            BadSetting: `register` is a URL, or `as_of` has no time zone.
            StoreError: the register cannot be opened, see `Register.open`.
        """
        if "://" in str(register):
            raise BadSetting(
                f"`{str(register).partition('://')[0]}` is no kind of register known here",
                hint="give a folder",
            )
        if as_of is not None and as_of.tzinfo is None:
            raise BadSetting(
                f"`as_of` {as_of.isoformat()} has no time zone",
                hint="add the offset, as in 2021-08-02T00:00:00+08:00",
            )
        if not isinstance(policy, Policy):
            policy = Policy.default() if policy is None else Policy.load(policy)
        opened = Register.open(register, create=create)
        try:
            index = FollowedIndex(opened.folder / INDEX_FOLDER)
            index.catch_up(opened)
        except BaseException:
            opened.close()
            raise
        return cls(opened, index, policy, as_of=as_of, limits=limits)

    def check(self, note: Note, *, register: bool = True) -> Verdict:
        """Judge a note and register it by policy, free of races with other processes.

        Args:
            note: as submitted.
            register: False only judges: nothing is written, not even the audit.

        Raises:
            StoreError: the register cannot be used; nothing was half-written.
        """
        return self._conclude(self._examine(note, pool=self._pool), register=register)

    def check_many(
        self, notes: Iterable[Note | ItemFailure], *, register: bool = True
    ) -> Iterator[Verdict | ItemFailure]:
        """Verdicts in the order of the notes, the same as `check` gives one by one.

        Notes are examined ahead on all cores; what the earlier ones register counts for the
        later ones. Failures among the notes pass through in their place.
        """
        for item in self._ahead(notes, for_archive=False):
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
        notes_done = pictures = 0
        failures: list[ItemFailure] = []
        for portion in portions(self._ahead(notes, for_archive=True), _NOTES_AT_ONCE):
            examined = [item for item in portion if isinstance(item, Examination)]
            failures += [item for item in portion if isinstance(item, ItemFailure)]
            failures += [failure for one in examined for failure in unreadable(one)]
            with self.register.transaction() as now:
                received = datetime.now(UTC)
                for one in examined:
                    at = one.note.published_at or received
                    pictures += register_pictures(
                        now,
                        one.note,
                        one.pictures,
                        self._sighted(one, now, at),
                        at=at,
                        state=Registration.REGISTERED,
                        basis=ClaimBasis.REGISTERED,
                    )
            notes_done += len(examined)
            self._save_if_worth_it()
            if progress is not None:
                progress(notes_done)
        return Registered(notes=notes_done, pictures=pictures, failures=tuple(failures))

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
        done = 0
        failures: list[ItemFailure] = []
        for portion in portions(rows, _HASHES_AT_ONCE):
            good = [row for row in portion if isinstance(row, HashRow)]
            failures += [row for row in portion if isinstance(row, ItemFailure)]
            with self.register.transaction() as now:
                received = datetime.now(UTC)
                for row in good:
                    register_hash(now, row, received=received)
            done += len(good)
            self._save_if_worth_it()
            if progress is not None:
                progress(done)
        return Registered(notes=done, pictures=done, failures=tuple(failures))

    def find_copies(
        self, image: bytes | str | Path | NDArray[np.uint8] | NoteImage, limit: int = 10
    ) -> list[Match]:
        """Where the register shows a picture, or parts of it. Read only.

        Args:
            image: bytes, path, or RGB array uint8 [H, W, 3].
            limit: most matches to return.

        Returns:
            Proven matches, best first.

        Raises:
            InputError: the picture cannot be read.
            StoreError: the register cannot be used.
        """
        query = Query.of(decode(image, limits=self._limits))
        self._index.catch_up(self.register)
        return prove(query, self._index.candidates(query), self.register)[:limit]

    def claim(
        self,
        note_id: str,
        image_number: int = 0,
        *,
        author_id: str,
        basis: ClaimBasis | str,
        at: datetime | None = None,
        proof: str = "",
    ) -> Claim:
        """Record a licence, or proof from outside that somebody else showed the work earlier.

        Args:
            note_id: a registered note that shows the work.
            image_number: of the picture in that note, from 0.
            author_id: who claims.
            basis: `licensed` or `external_proof`, or another basis.
            at: date that the proof shows; None for now.
            proof: reference, as text.

        Raises:
            UnknownSubject: no such picture in the register.
            BadNote: no author, a basis that is none, or a time without zone.
        """
        if not author_id:
            raise BadNote("`author_id` is empty", hint="name the author who claims the work")
        try:
            basis = ClaimBasis(basis)
        except ValueError:
            known = ", ".join(f"`{known}`" for known in ClaimBasis)
            raise BadNote(f"unknown basis {basis!r:.40}", hint=f"use one of {known}") from None
        with self.register.transaction() as now:
            claim = Claim(
                work_id=_picture(now, note_id, image_number).work_id,
                author_id=author_id,
                at=at or datetime.now(UTC),
                basis=basis,
                note_id=note_id,
                image_number=image_number,
                proof=proof,
            )
            now.add_claim(claim)
        return claim

    def link_authors(self, author_id: str, linked_ids: Iterable[str]) -> None:
        """Record that accounts belong together, in both directions."""
        with self.register.transaction() as now:
            now.link_authors(author_id, linked_ids)

    def exempt(
        self, note_id: str, image_number: int = 0, *, reason: str, until: datetime | None = None
    ) -> None:
        """Let everybody show a work: a template, a meme, a brand's asset.

        Raises:
            UnknownSubject: no such picture in the register.
        """
        with self.register.transaction() as now:
            now.exempt_work(_picture(now, note_id, image_number).work_id, reason, until)

    def remove(self, note_id: str) -> int:
        """Take a note's pictures out of the search; the audit stays. Returns how many."""
        with self.register.transaction() as now:
            removed = now.remove_pictures(p.picture_id for p in now.pictures_of_note(note_id))
        self._index.catch_up(self.register)
        return removed

    def forget(self, *, note_id: str | None = None, author_id: str | None = None) -> Receipt:
        """Delete all that a note or an author brought, from tables, index and disk.

        Raises:
            BadNote: not exactly one of the two is given.
            StoreError: the register cannot be used.
        """
        if (note_id is None) == (author_id is None):
            raise BadNote(
                "`forget` needs exactly one of `note_id` and `author_id`",
                hint="name the note or the author",
            )
        with self.register.transaction() as now:
            if note_id is not None:
                receipt = now.forget_note(note_id)
            else:
                receipt = now.forget_author(author_id or "")
        self.compact()
        return receipt

    def stats(self) -> RegisterStats:
        """How much the register holds."""
        return self.register.stats()

    def verify(self) -> Verification:
        """Prove that index and log agree, and that the file is sound.

        Raises:
            StoreError: the register's file is damaged.
        """
        self.register.integrity_check()
        return self._index.verify(self.register)

    def compact(self) -> None:
        """Remove the bytes of all that was deleted, from snapshots and database.

        Raises:
            StoreBusy: another process is at work for too long; try again later.
            StoreUnwritable: there is not enough space.
        """
        self._index.catch_up(self.register)
        self._index.compact()
        self.register.scrub()

    def close(self) -> None:
        """Save what is worth it and close. A gate is of no use afterwards."""
        self._pool.shutdown(cancel_futures=True)
        with suppress(StoreUnwritable):  # a snapshot only saves time
            self._save_if_worth_it()
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

    def _examine(
        self, note: Note, *, pool: ThreadPoolExecutor | None = None, for_archive: bool = False
    ) -> Examination:
        return examine(
            note,
            self.register,
            self._index,
            limits=self._limits,
            pool=pool,
            for_archive=for_archive,
        )

    def _ahead(
        self, notes: Iterable[Note | ItemFailure], *, for_archive: bool
    ) -> Iterator[Examination | ItemFailure]:
        """Examine notes on all cores, a few ahead of the caller, in their order."""
        waiting: deque[Future[Examination] | ItemFailure] = deque()
        room = 2 * (os.cpu_count() or 1)
        try:
            for note in notes:
                if isinstance(note, ItemFailure):
                    waiting.append(note)
                else:
                    waiting.append(self._pool.submit(self._examine, note, for_archive=for_archive))
                while len(waiting) >= room:
                    yield _result(waiting.popleft())
            while waiting:
                yield _result(waiting.popleft())
        finally:
            for left in waiting:
                if isinstance(left, Future):
                    left.cancel()

    def _conclude(self, examined: Examination, *, register: bool) -> Verdict:
        if not register:
            return self._decide(examined, self.register, datetime.now(UTC))[0]
        note = examined.note
        with self.register.transaction() as now:
            received = datetime.now(UTC)  # inside the lock: times follow the order of registration
            verdict, sighted = self._decide(examined, now, received)
            if verdict.registration is Registration.SKIPPED:
                withdraw_pictures(now, note)
            else:
                register_pictures(
                    now,
                    note,
                    examined.pictures,
                    sighted,
                    at=note.published_at or received,
                    state=verdict.registration,
                    basis=ClaimBasis.FIRST_SEEN,
                )
            now.record_verdict(verdict, note=note, decided_at=received)
        self._save_if_worth_it()
        return verdict

    def _decide(
        self, examined: Examination, now: Reading, received: datetime
    ) -> tuple[Verdict, Sighted]:
        note = examined.note
        at = note.published_at or received
        sighted = self._sighted(examined, now, at)
        copies = [
            finding
            for number, seen in sighted.items()
            for finding in copy_findings(seen, image_number=number, author=note.author, at=at)
        ]
        verdict = decide(
            self.policy,
            note,
            [*examined.findings, *copies],
            examined.failures,
            as_of=self._as_of or received,
            detectors=DETECTORS,
            register_seq=now.last_seq(),
        )
        return verdict, sighted

    def _sighted(self, examined: Examination, now: Reading, at: datetime) -> Sighted:
        """Matches found without the lock, and those among what was registered since."""
        since = now.log_after(examined.seq)
        found: Sighted = {}
        for picture in examined.pictures:
            fresh = candidates_among(picture.query, since)
            more = prove(picture.query, fresh, now, note=examined.note) if fresh else []
            found[picture.number] = sightings([*picture.matches, *more], now, at=at)
        return found

    def _save_if_worth_it(self) -> None:
        if self._index.is_worth_saving():
            try:
                self._index.save()
            except StoreUnwritable:
                log.warning("the index snapshot could not be saved; the log will do", exc_info=True)


def _result(waiting: Future[Examination] | ItemFailure) -> Examination | ItemFailure:
    return waiting if isinstance(waiting, ItemFailure) else waiting.result()


def _picture(now: Transaction, note_id: str, image_number: int) -> StoredPicture:
    for picture in now.pictures_of_note(note_id):
        if picture.image_number == image_number:
            return picture
    raise UnknownSubject(
        f"picture {image_number} of note `{note_id}` is not in the register",
        hint="check both numbers with `moderation register history`",
    )
