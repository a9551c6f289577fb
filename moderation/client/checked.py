"""What a check came to: the service's verdict, or what the fail policy says in its place."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from moderation.client.fallback import FailPolicy, Why
from moderation.finding import Cause
from moderation.verdict import Completeness, Decision, Verdict

log = logging.getLogger(__name__)

UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading JSON of another shape raises."""


class Source(StrEnum):
    """Who decided."""

    SERVICE = "service"
    """The service, in time."""
    FALLBACK = "fallback"
    """The client's fail policy: nobody has judged the note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Degraded:
    """A detector that was not waited for, or failed, and what the policy said in its place."""

    detector: str
    cause: Cause
    fallback: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The answer for one note. There always is a decision; `source` says whose it is."""

    note_id: str
    revision: int
    decision: Decision
    source: Source
    verdict: Verdict | None
    """None from the fail policy, and where the service is newer and speaks of things unknown
    here; the decision stands all the same."""
    verdict_id: str | None = None
    """Name in the audit, as `v_42`; None where nothing was recorded."""
    final: bool = False
    """False where something is still to come: the event `verdict.finalized` follows, or, from the
    fail policy, nothing; ask again."""
    hold_until: datetime | None = None
    """When the hold lapses unless it is committed or aborted; None without one."""
    replayed: bool = False
    """The answer of an earlier request under the same key."""
    degraded: tuple[Degraded, ...] = ()
    why: Why | None = None
    """Why the fail policy answered; None where the service did."""
    request_id: str = ""
    """As in the service's log."""
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """All that the service sent; empty from the fail policy."""


def fallen_back(
    note_id: str, revision: int, why: Why, policy: FailPolicy, request_id: str
) -> Checked:
    """What the fail policy answers."""
    return Checked(
        note_id=note_id,
        revision=revision,
        decision=policy.decision(why.cause),
        source=Source.FALLBACK,
        verdict=None,
        why=why,
        request_id=request_id,
    )


def checked_from(row: Mapping[str, Any], *, request_id: str) -> Checked:
    """Read the service's answer.

    Raises:
        UNREADABLE: it is not one.
    """
    hold = row.get("hold") or {}
    expires = hold.get("expires_at") if hold.get("state") == "held" else None
    final = row["final"]
    if not isinstance(final, bool):
        raise TypeError(f"`final` is {final!r}")
    verdict_id = row.get("verdict_id")
    return Checked(
        note_id=row["note_id"],
        revision=row["revision"],
        decision=Decision(row["decision"]),
        source=Source.SERVICE,
        verdict=_verdict(row),
        verdict_id=None if verdict_id is None else str(verdict_id),
        final=final,
        hold_until=datetime.fromisoformat(expires) if expires else None,
        replayed=row.get("replayed") is True,
        degraded=tuple(map(_degraded, row.get("degraded") or ())),
        request_id=request_id,
        answer=row,
    )


def _verdict(row: Mapping[str, Any]) -> Verdict | None:
    Completeness(row["completeness"])  # not even that: no answer of ours
    try:
        return Verdict.from_json(row)
    except UNREADABLE as error:
        log.warning("verdict of note %r holds what is unknown here: %r", row.get("note_id"), error)
        return None


def _degraded(row: Mapping[str, Any]) -> Degraded:
    return Degraded(
        detector=str(row["detector"]),
        cause=Cause(row["cause"]),
        fallback=Decision(row["fallback"]),
    )
