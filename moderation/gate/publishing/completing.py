"""Final verdicts that are owed, and given by whoever is alive when they can be."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from moderation.errors import ModerationError, StoreError
from moderation.finding import Cause
from moderation.gate.deciding.conclusion import caught_up, conclude
from moderation.gate.deciding.shadow import Shadow
from moderation.gate.index.search_index import SearchIndex
from moderation.gate.looking.underway import Underway
from moderation.gate.publishing.settling import (
    GIVEN_UP,
    Swept,
    announce,
    hold_as_filed,
    is_superseded,
    own_hold,
    settle_debt_of_the_dead,
)
from moderation.policy import Policy
from moderation.store import HoldState, Register
from moderation.verdict import Registration

LEASE = timedelta(seconds=60)
"""After so long without a word a process is taken for dead; a living one extends it."""
_TRIES = 4
log = logging.getLogger(__name__)


class Completing(ABC):
    """The part of a gate that keeps what was promised; see `Gate`."""

    register: Register
    policy: Policy
    shadows: Sequence[Shadow]
    """Other policies, which are asked and never act."""
    canary: Shadow | None
    """Acts for its share of the notes in place of `policy`."""
    _as_of: datetime | None
    _index: SearchIndex

    def __init__(self) -> None:
        self._owed: dict[int, Underway] = {}
        self._owing = threading.Condition()
        self._completing = ThreadPoolExecutor(2, thread_name_prefix="completing")

    @abstractmethod
    def _save_if_worth_it(self) -> None:
        """Write the index's snapshot where the log has become long."""

    def policy_for(self, note_id: str) -> Policy:
        """By which policy a note is judged: the canary's for its share, else the live one."""
        canary = self.canary
        return canary.policy if canary is not None and canary.takes(note_id) else self.policy

    def sweep(self) -> Swept:
        """Settle what is overdue: holds, debts of dead processes, old rows, the index's snapshot.

        To be called every few seconds by each process that serves.
        """
        now = datetime.now(UTC)
        with self._owing:
            mine = set(self._owed)
        due = [debt for debt in self.register.debts_due(now + LEASE / 2) if debt.verdict_id in mine]
        dead = [debt for debt in self.register.debts_due(now) if debt.verdict_id not in mine]
        lapsed = self.register.holds_due(now)
        told = self.register.prunable_events(now)
        if due:
            with self.register.transaction() as tx:
                for debt in due:
                    tx.extend_debt(debt.verdict_id, now + LEASE)
        for debt in dead:
            with self.register.transaction() as tx:
                policy = self.policy_for(debt.note_id)
                settle_debt_of_the_dead(tx, debt.verdict_id, policy, now, as_of=self._as_of)
        for hold in lapsed:
            with self.register.transaction() as tx:
                tx.settle_hold(hold, HoldState.LAPSED, now)
        with self.register.transaction(durable=False) as tx:
            expired = tx.drop_expired_submissions(now)
            tx.drop_old_counts(now)
            tx.drop_events(told)
        self._save_if_worth_it()  # here, as nobody waits for it
        return Swept(lapsed=len(lapsed), settled=len(dead), expired=expired)

    @property
    def owed(self) -> int:
        """How many final verdicts this process is at work on."""
        with self._owing:
            return len(self._owed)

    def drain(self, within_s: float) -> int:
        """Wait for the final verdicts that are owed; returns how many are left to others."""
        until = time.monotonic() + within_s
        with self._owing:
            while self._owed and (rest := until - time.monotonic()) > 0:
                self._owing.wait(rest)
            return len(self._owed)

    def _owe(self, underway: Underway, verdict_id: int, *, hold: bool) -> None:
        """Complete a partial verdict as soon as its detectors have answered."""
        with self._owing:
            self._owed[verdict_id] = underway
        underway.afterwards(lambda: self._complete_soon(underway, verdict_id, hold=hold))

    def _complete_soon(self, underway: Underway, verdict_id: int, *, hold: bool) -> None:
        # Not in the detector's thread: the register may be away for a while.
        try:
            self._completing.submit(self._complete, underway, verdict_id, hold=hold)
        except RuntimeError:  # the gate is closing: another process settles the debt
            with self._owing:
                self._owed.pop(verdict_id, None)
                self._owing.notify_all()

    def _complete(self, underway: Underway, verdict_id: int, *, hold: bool) -> None:
        """Give the final verdict that is owed; never raises, since nobody would hear it."""
        try:
            for attempt in range(_TRIES):
                try:
                    self._give_final(underway, verdict_id, hold=hold)
                    break
                except StoreError:
                    log.warning("the final verdict has to wait for the register", exc_info=True)
                    time.sleep(2.0**attempt / 4)
        except Exception:
            # The debt stays, and whoever sweeps next settles it.
            log.exception("the final verdict that completes %d failed", verdict_id)
        finally:
            with self._owing:
                self._owed.pop(verdict_id, None)
                self._owing.notify_all()

    def _give_final(self, underway: Underway, verdict_id: int, *, hold: bool) -> None:
        try:
            examined = underway.so_far(Cause.ERROR)
        except ModerationError:
            log.exception("what was late could not be looked at")
            with self.register.transaction() as now:
                policy = self.policy_for(underway.note.id)
                at = datetime.now(UTC)
                settle_debt_of_the_dead(now, verdict_id, policy, at, as_of=self._as_of)
            return
        note = examined.note
        examined = caught_up(examined, self.register, self._index)
        with self.register.transaction() as now:
            if not now.settle_debt(verdict_id):
                return  # another process took this one for dead, or the note was forgotten
            before = now.verdicts_numbered([verdict_id])[verdict_id].verdict
            place = (note.id, note.author.id, note.revision)
            known = own_hold(now, *place)
            state = None if known is None else known.state
            keeps = state not in GIVEN_UP and not is_superseded(now, *place)
            filed = conclude(
                now,
                examined,
                self._index,
                self.policy_for(note.id),
                as_of=self._as_of,
                shadows=self.shadows,
                keep_as=_kept_as(state, hold=hold),
                keeps=keeps,
                completes=verdict_id,
            )
            waits = state is HoldState.HELD and filed.verdict.registration is Registration.HELD
            if keeps and not waits:  # else the hold goes on, for as long as it was to
                hold_as_filed(now, filed, author_id=note.author.id, until=None)
            announce(now, filed, author_id=note.author.id, before=before)


def _kept_as(state: HoldState | None, *, hold: bool) -> Registration | None:
    """How pictures are kept at the final verdict; None as the policy says."""
    if state is HoldState.COMMITTED:
        return Registration.REGISTERED
    return Registration.HELD if hold else None
