"""Shadow verdicts: what another policy would have said, beside what was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, insert, select, tuple_

from moderation.store.schema import VERDICTS
from moderation.store.service.connected import Connected, Writing
from moderation.store.service.tables import SHADOW_VERDICTS
from moderation.verdict import Decision, Verdict

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowReason:
    """A reason without its evidence, which is in the verdict itself."""

    code: str
    rule: str
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowVerdict:
    """What another policy would have decided on the same findings."""

    policy: str
    policy_digest: str
    decision: Decision
    reasons: tuple[ShadowReason, ...] = ()
    """Strongest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadowed:
    """A final verdict with what one other policy would have said."""

    verdict_id: int
    decided_at: datetime
    verdict: Verdict
    shadow: ShadowVerdict


class ShadowReading(Connected):
    """Questions about shadow verdicts."""

    def shadowed(
        self, *, policy: str | None = None, since: datetime | None = None, after: int = 0
    ) -> Iterator[Shadowed]:
        """Final verdicts with what other policies would have said, oldest first.

        A partial verdict that another one completes is left out, so a note that was answered at a
        deadline is told once.

        Args:
            policy: only of this name; None for all.
            since: only verdicts from then on.
            after: only verdicts with a higher number.
        """
        later = VERDICTS.alias()
        shadow = SHADOW_VERDICTS.c
        key = (shadow.verdict_id, shadow.policy_digest)
        query = (
            select(SHADOW_VERDICTS, VERDICTS.c.decided_at, VERDICTS.c.body)
            .join(VERDICTS, VERDICTS.c.verdict_id == shadow.verdict_id)
            .where(~exists().where(later.c.completes == VERDICTS.c.verdict_id))
            .order_by(*key)
            .limit(_AT_ONCE)
        )
        if policy is not None:
            query = query.where(shadow.policy == policy)
        if since is not None:
            query = query.where(VERDICTS.c.decided_at >= since)
        last: tuple[int, str] = (after + 1, "")
        while True:
            with self._connected() as connection:
                portion = connection.execute(query.where(tuple_(*key) > last)).all()
            if not portion:
                return
            for row in portion:
                yield Shadowed(
                    verdict_id=row.verdict_id,
                    decided_at=row.decided_at,
                    verdict=Verdict.from_json(row.body),
                    shadow=_shadow(row),
                )
            last = (portion[-1].verdict_id, portion[-1].policy_digest)


class ShadowWriting(ShadowReading, Writing):
    """What is written about shadow verdicts."""

    def record_shadows(self, verdict_id: int, shadows: Iterable[ShadowVerdict]) -> None:
        """Keep what other policies would have said in place of a verdict."""
        rows = [
            {
                "verdict_id": verdict_id,
                "policy": one.policy,
                "policy_digest": one.policy_digest,
                "decision": one.decision.value,
                "reasons": [
                    {"code": r.code, "rule": r.rule, "decision": r.decision.value}
                    for r in one.reasons
                ],
            }
            for one in shadows
        ]
        if rows:
            self._connection.execute(insert(SHADOW_VERDICTS), rows)


def _shadow(row: Row[Any]) -> ShadowVerdict:
    return ShadowVerdict(
        policy=row.policy,
        policy_digest=row.policy_digest,
        decision=Decision(row.decision),
        reasons=tuple(
            ShadowReason(code=r["code"], rule=r["rule"], decision=Decision(r["decision"]))
            for r in row.reasons
        ),
    )
