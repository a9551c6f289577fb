"""Decisions that need two people: who came first, and whether the two differ.

first    its decision is kept with the case, which goes on waiting; nobody else is shown it
second   says the same: it is decided; says something else: a senior decides alone
"""

from __future__ import annotations

from sqlalchemy import select

from moderation.store.desk.records import NOBODY, Act, Case, CaseState
from moderation.store.desk.tables import CASE_LOG, CASES
from moderation.store.service.connected import Connected


class TwoPeopleReading(Connected):
    """Questions about them."""

    def first_deciders(self, case_id: int) -> set[str]:
        """People who have decided a case as one of two, and may not do so again."""
        query = (
            select(CASE_LOG.c.by, CASE_LOG.c.act)
            .where(
                CASE_LOG.c.case_id == case_id,
                CASE_LOG.c.act.in_([Act.FIRST.value, Act.UNDID.value, Act.OVERTAKEN.value]),
            )
            .order_by(CASE_LOG.c.entry_id)
        )
        found: set[str] = set()
        with self._connected() as connection:
            for by, act in connection.execute(query):
                if act == Act.FIRST:
                    found.add(by)
                elif act == Act.UNDID:
                    found.discard(by)
                else:  # another verdict stands, and nobody has decided about that one
                    found.clear()
        return found

    def one_of_two_on(self, note_id: str) -> set[str]:
        """People who have decided a case of a note as one of two, whoever had the last word."""
        query = (
            select(CASE_LOG.c.by)
            .join(CASES, CASES.c.case_id == CASE_LOG.c.case_id)
            .where(CASES.c.note_id == note_id, CASE_LOG.c.act == Act.FIRST.value)
            .distinct()
        )
        with self._connected() as connection:
            return set(connection.execute(query).scalars())

    def words_of_first(self, case_id: int, by: str) -> str:
        """Why somebody decided a case as they did, as one of two; empty where they did not say."""
        query = (
            select(CASE_LOG.c.words)
            .where(
                CASE_LOG.c.case_id == case_id,
                CASE_LOG.c.act == Act.FIRST.value,
                CASE_LOG.c.by == by,
            )
            .order_by(CASE_LOG.c.entry_id.desc())
            .limit(1)
        )
        with self._connected() as connection:
            return connection.execute(query).scalar() or ""

    def two_differ(self, case: Case) -> bool:
        """True where a case waits for somebody more experienced as two people differed."""
        if case.state is not CaseState.ESCALATED:
            return False
        query = (
            select(CASE_LOG.c.by)
            .where(CASE_LOG.c.case_id == case.case_id, CASE_LOG.c.act == Act.ESCALATED.value)
            .order_by(CASE_LOG.c.entry_id.desc())
            .limit(1)
        )
        with self._connected() as connection:
            return connection.execute(query).scalar() == NOBODY
