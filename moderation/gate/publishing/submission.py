"""What the publish pipeline asks of the gate, and what it is answered."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from moderation.note import Note
from moderation.store import ShadowVerdict
from moderation.verdict import Verdict

HOLD_FOR = timedelta(hours=24)
"""How long a hold waits for `commit` or `abort`."""
KEY_FOR = timedelta(hours=72)
"""How long an answer is kept for whoever asks again under its key."""


class Registering(StrEnum):
    """What becomes of the pictures; wire strings."""

    ON_PASS = "on_pass"
    """As the policy says: registered, held while a person decides, or not at all."""
    HOLD = "hold"
    """Reserved until the pipeline commits or aborts the revision."""
    NEVER = "never"
    """Judged only: nothing is registered and nothing recorded."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Submission:
    """One note, and how it is to be answered."""

    note: Note
    registering: Registering = Registering.ON_PASS
    hold_for: timedelta = HOLD_FOR
    within_s: float | None = None
    """Seconds from `received` until an answer is due; None waits for all detectors."""
    received: float = field(default_factory=time.monotonic)
    """When it came in, by `time.monotonic`: what it waited before anybody looked counts."""
    key: str = ""
    """Idempotency key; empty for none."""
    body_digest: str = ""
    """`sha256:…` of all that was asked under the key."""

    @property
    def due(self) -> float | None:
        """When the answer is due, by `time.monotonic`."""
        return None if self.within_s is None else self.received + self.within_s


def key_of(note: Note, own: str | None = None) -> str:
    """The key that a note is asked under: the caller's own, or else that of its revision.

    The two never meet, whatever a note or a caller is called.
    """
    return f"note:{note.id}:{note.revision}" if own is None else f"key:{own}"


def digest_of(note: Note, registering: Registering) -> str:
    """`sha256:…` of what is asked under a key; of pictures the bytes, whatever is said of them."""
    seen = [hashlib.sha256(image.data or b"").hexdigest() for image in note.images]
    whole = json.dumps([note.to_json(), seen, registering.value], sort_keys=True)
    return f"sha256:{hashlib.sha256(whole.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A verdict, and what it means for the pipeline."""

    verdict: Verdict
    verdict_id: int | None
    """Number in the audit; None where nothing was recorded."""
    final: bool
    """False where some detectors were not waited for: the final verdict follows as an event."""
    hold_until: datetime | None = None
    """When the hold lapses; None without one."""
    replayed: bool = False
    """The answer of an earlier request under the same key."""
    shadows: tuple[Mapping[str, Any], ...] = ()
    """What other policies would have decided: `policy`, `policy_digest`, `decision`, `differs`."""

    @classmethod
    def again(cls, verdict: Verdict, verdict_id: int, kept: Mapping[str, Any]) -> Answer:
        """The answer of an earlier request, from what was kept of it."""
        until = kept.get("hold_until")
        return cls(
            verdict=verdict,
            verdict_id=verdict_id,
            final=bool(kept.get("final", True)),
            hold_until=datetime.fromisoformat(until) if until else None,
            replayed=True,
            shadows=tuple(kept.get("shadows") or ()),
        )

    def beside_the_verdict(self) -> dict[str, Any]:
        """JSON of all but the verdict, as it is kept for replays."""
        return {
            "final": self.final,
            "hold_until": self.hold_until.isoformat() if self.hold_until else None,
            "shadows": [dict(shadow) for shadow in self.shadows],
        }


def beside(verdict: Verdict, shadows: Iterable[ShadowVerdict]) -> tuple[Mapping[str, Any], ...]:
    """What other policies would have said, as `Answer.shadows` tells it."""
    return tuple(
        {
            "policy": shadow.policy,
            "policy_digest": shadow.policy_digest,
            "decision": shadow.decision.value,
            "differs": shadow.decision is not verdict.judged,
        }
        for shadow in shadows
    )
