"""The publish pipeline at the gate: an answer when it is due, one for each key, and none forgotten.

    begin      the key is taken, or its answer is given again
    look       as far as the time allows
    answer     verdict, pictures, hold, key and event in one transaction
    complete   what was late is looked at behind the answer; the final verdict follows

A partial answer is a debt, written with the answer. Whoever deletes the debt gives the final
verdict: this process when the last detector has answered, or any other when this one has died.
"""

from __future__ import annotations

import logging
import time
from abc import abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from moderation.errors import (
    HoldSettled,
    Overloaded,
    UnknownSubject,
)
from moderation.finding import Cause, ItemFailure
from moderation.gate.deciding.conclusion import caught_up, conclude, judge
from moderation.gate.deciding.shadow import judged_in_shadow
from moderation.gate.index.search_index import SearchIndex
from moderation.gate.looking.detector_pool import DetectorPool, Load
from moderation.gate.looking.examination import Examination
from moderation.gate.looking.underway import Underway
from moderation.gate.publishing import keys
from moderation.gate.publishing.completing import LEASE, Completing
from moderation.gate.publishing.referring import refer
from moderation.gate.publishing.settling import announce, hold_as_filed, is_superseded
from moderation.gate.publishing.submission import Answer, Registering, Submission, beside
from moderation.note import Note, NoteImage
from moderation.policy import Policy
from moderation.store import (
    AuditRow,
    Debt,
    Hold,
    HoldState,
    NewSubmission,
    Register,
)
from moderation.verdict import Registration

RESERVE_S = 0.06
"""Least of the time that is given that is kept to decide, to write and to answer."""
MOST_WAITED = 0.5
"""Most of the time that is given that a note may wait before it is looked at, as a share: what is
hardly looked at would only go to a person."""
MOST_RESERVED = 0.4
"""Most of the time that is given that is kept so, as a share."""
_REMEMBERED = 0.95  # of the longest that deciding and writing took, from one note to the next
_ROOM = 1.2  # for one that takes longer still
LONGEST_FILING_S = 0.4
"""More is a register that stalled, and no measure of the notes to come."""
FINISH_WITHIN_S = 30.0
"""Where more work than that stands behind answers, what is late is left out for good."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Look:
    """What was seen of a note while there was time."""

    underway: Underway
    examined: Examination
    late: bool
    """Whether the rest follows."""
    stopped: float
    """When looking stopped, by `time.monotonic`: what comes now is deciding and writing."""


class Publishing(Completing):
    """The part of a gate that the publish pipeline talks to; see `Gate`."""

    register: Register
    policy: Policy
    _as_of: datetime | None
    _index: SearchIndex
    _detectors: DetectorPool

    _filing_s: float = RESERVE_S / 2

    @abstractmethod
    def _underway(self, note: Note) -> Underway:
        """A note about to be examined."""

    def submit(self, submission: Submission) -> Answer:
        """Answer for one note when it is due, whatever happens, and once for each key.

        Where some detectors have not answered by then, the policy says what their silence leads
        to, the answer says so, and the final verdict follows: in the audit, and as the event
        `verdict.finalized`.

        Raises:
            Overloaded: so much is waiting that nobody would look at the note in time.
            InFlight: the first request under this key is still at work.
            KeyReused: the key was used for another body.
            StoreError: the register cannot be used; nothing was half-written.
            ArtifactError: a model is missing.
        """
        self._refuse_what_would_wait(submission)
        if submission.registering is Registering.NEVER:
            return self._judged(submission)
        return keys.once(self.register, submission, self._answered)

    def refer(self, submission: Submission, failure: ItemFailure) -> Answer:
        """Send a note to a person without looking at it, since looking has failed too often.

        Raises:
            InFlight: somebody is at work on it.
            KeyReused: the key was used for another body.
            StoreError: the register cannot be used; nothing was half-written.
        """

        def referred(submission: Submission, attempt: NewSubmission | None) -> Answer:
            policy = self.policy_for(submission.note.id)
            with self.register.transaction() as now:
                keys.refuse_if_lost(now, attempt)
                answer = refer(now, submission, failure, policy, as_of=self._as_of)
                keys.keep_answer(now, attempt, answer)
                return answer

        return keys.once(self.register, submission, referred)

    def commit(self, note_id: str, revision: int) -> list[Hold]:
        """The pipeline has published a revision: its held pictures are registered.

        Saying so again changes nothing.

        Raises:
            UnknownSubject: there is no hold of this revision.
            HoldSettled: it was aborted or has lapsed: submit the note again.
        """
        return self._settled(note_id, revision, HoldState.COMMITTED)

    def abort(self, note_id: str, revision: int) -> list[Hold]:
        """The pipeline has not published a revision: its pictures leave the register.

        Raises:
            UnknownSubject: there is no hold of this revision.
            HoldSettled: it was committed: forget the note, or submit a new revision.
        """
        return self._settled(note_id, revision, HoldState.ABORTED)

    def answer(self, verdict_id: int) -> tuple[AuditRow, int | None]:
        """A verdict as it was given, and the number of the final one that completed it.

        Raises:
            UnknownSubject: there is no such verdict, or its note was forgotten.
        """
        row = self.register.verdicts_numbered([verdict_id]).get(verdict_id)
        if row is None:
            raise UnknownSubject(
                f"there is no verdict {verdict_id}", hint="check the number, or submit the note"
            )
        return row, self.register.completion_of(verdict_id)

    def warm_up(self) -> None:
        """Load every model before the first note comes, which would wait for it past its time."""
        pixels = np.full((256, 256, 3), 255, np.uint8)
        pixels[64:192, 64:192] = 0
        note = Note(id="warm-up", text="今天天气很好", images=[NoteImage(array=pixels)])
        underway = self._underway(note)
        underway.start(self._detectors)
        underway.wait()
        underway.so_far()

    def load(self) -> Load:
        """What is waiting for a detector in this process."""
        return self._detectors.load()

    def _refuse_what_would_wait(self, submission: Submission) -> None:
        if submission.due is None:
            return
        wait_s, left_s = self._detectors.load().wait_s, submission.due - time.monotonic()
        if wait_s > MOST_WAITED * left_s or left_s <= 0:
            raise Overloaded(
                f"a detector is free in about {max(wait_s, 0):.1f} s, and the answer is due in "
                f"{max(left_s, 0):.1f} s",
                hint="submit the note again a little later, or give more time",
            )

    def _looked(self, submission: Submission) -> _Look:
        """The examination as far as the time allowed."""
        underway = self._underway(submission.note)
        due = submission.due
        until = None if due is None else due - self._reserve_s(submission)
        underway.start(self._detectors, due=until)
        late = not underway.wait(until)
        stopped = time.monotonic()
        cause = Cause.TIMEOUT
        if late and self._detectors.load().late_s > FINISH_WITHIN_S:
            underway.give_up()
            late, cause = False, Cause.OVERLOAD
        examined = underway.so_far(cause)
        return _Look(underway=underway, examined=examined, late=late, stopped=stopped)

    def _reserve_s(self, submission: Submission) -> float:
        """What deciding and writing takes on a busy machine, by the longest that it took lately."""
        most = MOST_RESERVED * (submission.within_s or 0)
        return max(RESERVE_S, min(most, _ROOM * self._filing_s))

    def _judged(self, submission: Submission) -> Answer:
        look = self._looked(submission)
        examined = look.examined
        if look.late:  # nobody completes this one, so nothing may pass in the hope of it
            look.underway.give_up()
            examined = look.underway.so_far(Cause.OVERLOAD)
        note, received = submission.note, datetime.now(UTC)
        policy, as_of = self.policy_for(note.id), self._as_of
        verdict, _ = judge(
            examined, self.register, self._index, policy, received=received, as_of=as_of
        )
        others = judged_in_shadow(self.shadows, examined, verdict, as_of=as_of or received)
        return Answer(verdict=verdict, verdict_id=None, final=True, shadows=beside(verdict, others))

    def _answered(self, submission: Submission, attempt: NewSubmission | None) -> Answer:
        look = self._looked(submission)
        note, hold = submission.note, submission.registering is Registering.HOLD
        examined = caught_up(look.examined, self.register, self._index)
        with self.register.transaction() as now:
            keys.refuse_if_lost(now, attempt)
            keeps = not is_superseded(now, note.id, note.author.id, note.revision)
            filed = conclude(
                now,
                examined,
                self._index,
                self.policy_for(note.id),
                as_of=self._as_of,
                shadows=self.shadows,
                keep_as=Registration.HELD if hold else None,
                keeps=keeps,
            )
            until = filed.at + submission.hold_for if hold else None
            if keeps:
                hold_as_filed(now, filed, author_id=note.author.id, until=until)
            answer = Answer(
                verdict=filed.verdict,
                verdict_id=filed.verdict_id,
                final=not look.late,
                hold_until=until if filed.verdict.registration is Registration.HELD else None,
                shadows=beside(filed.verdict, filed.shadows),
            )
            if look.late:
                now.owe_final(
                    Debt(
                        verdict_id=filed.verdict_id,
                        note_id=note.id,
                        author_id=note.author.id,
                        lease_until=filed.at + LEASE,
                    )
                )
            else:
                announce(now, filed, author_id=note.author.id)
            keys.keep_answer(now, attempt, answer)
        took = min(time.monotonic() - look.stopped, LONGEST_FILING_S)
        self._filing_s = max(took, _REMEMBERED * self._filing_s)
        if look.late:
            self._owe(look.underway, filed.verdict_id, hold=hold)
        return answer

    def _settled(self, note_id: str, revision: int, state: HoldState) -> list[Hold]:
        with self.register.transaction() as now:
            holds = now.holds(note_id, revision)
            if not holds:
                raise UnknownSubject(
                    f"there is no hold of revision {revision} of note `{note_id:.80}`",
                    hint="submit the note with `register` set to `hold` first",
                )
            for hold in holds:
                if hold.state is HoldState.HELD:
                    now.settle_hold(hold, state, datetime.now(UTC))
                elif hold.state is not state:
                    raise HoldSettled(
                        f"the hold of revision {revision} of note `{note_id:.80}` is "
                        f"{hold.state.value}, not held",
                        hint="submit a new revision of the note",
                    )
            return now.holds(note_id, revision)
