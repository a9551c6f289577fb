"""From a request to the gate's answer: key, digest, deadline, and what is said of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moderation.gate import Gate
from moderation.gate.publishing.submission import Answer, Registering, Submission, digest_of, key_of
from moderation.note import Note
from moderation.service.answers import verdict_json
from moderation.service.problems import Refused
from moderation.service.requests import AskedVerdict
from moderation.service.settings import Settings

MOST_RECEIVING = 0.5
"""Most of the time that is given that receiving the body may take, as a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the headers of a request say beside its body."""

    began: float
    """When it began to come in, by `time.monotonic`."""
    there: float
    """When its body was there."""
    deadline_ms: int | None = None
    due: float | None = None
    """When all of a batch is to be answered, by `time.monotonic`."""
    key: str | None = None

    def received(self, within_s: float) -> float:
        """From when its time counts: from its beginning, but a slow line takes half at most."""
        return max(self.began, self.there - MOST_RECEIVING * within_s)


def within_s(asked: AskedVerdict, terms: Terms, settings: Settings) -> float:
    """Seconds until the answer is due: what the header says, or the body, or the settings."""
    ms = terms.deadline_ms or asked.deadline_ms or settings.deadline_ms
    seconds = min(ms, settings.ceiling_ms) / 1000
    return seconds if terms.due is None else min(seconds, terms.due - terms.there)


def submit(
    gate: Gate, asked: AskedVerdict, terms: Terms, settings: Settings, *, pointer: str = ""
) -> dict[str, Any]:
    """The answer to one note, as JSON. Blocks until it is due.

    Raises:
        Refused: a picture is not there, or another policy is expected.
        ModerationError: see `Gate.submit`.
    """
    started = time.monotonic()
    _refuse_other_policy(gate, asked, pointer)
    note = asked.to_note(settings.media_root, most_pictures=settings.most_pictures, pointer=pointer)
    submission = submission_of(asked, note, terms, settings)
    answer = gate.submit(submission)
    row = told(gate, answer, note, settings)
    ended = time.monotonic()
    row["timing_ms"] = {
        "total": round((ended - submission.received) * 1000, 1),
        "queue": round((started - submission.received) * 1000, 1),
    }
    return row


def submission_of(asked: AskedVerdict, note: Note, terms: Terms, settings: Settings) -> Submission:
    """What the gate is asked."""
    registering = Registering.NEVER if asked.judges_only else Registering(asked.register_)
    given_s = within_s(asked, terms, settings)
    return Submission(
        note=note,
        registering=registering,
        hold_for=timedelta(hours=settings.hold_hours),
        within_s=given_s,
        received=terms.received(given_s),
        key=key_of(note, terms.key),
        body_digest=digest_of(note, registering),
    )


def told(gate: Gate, answer: Answer, note: Note, settings: Settings) -> dict[str, Any]:
    """The answer as JSON, without its timing."""
    decided_at = _decided_at(gate, answer)
    hold: Mapping[str, Any] | None = None
    if answer.hold_until is not None:
        hold = {"state": "held", "expires_at": answer.hold_until.isoformat()}
    return verdict_json(
        answer.verdict,
        verdict_id=answer.verdict_id,
        decided_at=decided_at,
        appeal_for=timedelta(days=settings.appeal_days),
        lang=note.lang,
        final=answer.final,
        hold=hold,
    ) | {
        "decided_at": decided_at.isoformat(),
        "replayed": answer.replayed,
        "shadow": [dict(shadow) for shadow in answer.shadows],
    }


def _decided_at(gate: Gate, answer: Answer) -> datetime:
    """As in the audit, so that the time to appeal ends when it is said to."""
    number = answer.verdict_id
    row = None if number is None else gate.register.verdicts_numbered([number]).get(number)
    return datetime.now(UTC) if row is None else row.decided_at


def _refuse_other_policy(gate: Gate, asked: AskedVerdict, pointer: str) -> None:
    policy = gate.policy_for(asked.id)
    if asked.policy not in (None, policy.name, policy.digest):
        raise Refused(
            422,
            "other_policy",
            f"`policy` is `{policy.name}` for this note, not `{asked.policy:.80}`",
            hint="leave `policy` out, or ask a service that runs the other one",
            pointer=f"{pointer}/policy",
        )
