"""Idempotency keys: one attempt at a time answers for a key, and only one of them ever does.

An attempt holds its key for as long as its answer may take. Whoever asks again meanwhile waits;
where the process has died, the next one goes on as soon as the lease is over. An attempt that was
merely slow finds its key gone, under the lock, and writes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from moderation.errors import InFlight, KeyReused, StoreError
from moderation.gate.publishing.submission import KEY_FOR, Answer, Submission
from moderation.store import Begun, NewSubmission, Register, Transaction

PATIENCE = timedelta(seconds=5)
"""How long after it was due an answer may come, before its process is taken for dead."""
UNHURRIED = timedelta(seconds=60)
"""The same where no answer is due."""
log = logging.getLogger(__name__)


def once(
    register: Register,
    submission: Submission,
    answered: Callable[[Submission, NewSubmission | None], Answer],
) -> Answer:
    """The answer that the key of a submission has already, or a new one.

    Args:
        register: where keys are kept.
        submission: one without a key is answered each time.
        answered: gives the answer; in its transaction it asks `refuse_if_lost` first and calls
            `keep_answer` in the end.

    Raises:
        InFlight: another attempt is at work.
        KeyReused: the key was used for another body.
        StoreError: the register cannot be used.
    """
    if not submission.key:
        return answered(submission, None)
    attempt = take(register, submission)
    if isinstance(attempt, Answer):
        return attempt
    try:
        return answered(submission, attempt)
    except BaseException:
        _give_back(register, attempt)
        raise


def take(register: Register, submission: Submission) -> NewSubmission | Answer:
    """The attempt that holds the key from now on, or the answer that the key has already.

    Raises:
        InFlight, KeyReused, StoreError: see `once`.
    """
    now = datetime.now(UTC)
    within = submission.within_s
    lease = UNHURRIED if within is None else timedelta(seconds=within) + PATIENCE
    attempt = NewSubmission(
        key=submission.key,
        body_digest=submission.body_digest,
        note_id=submission.note.id,
        author_id=submission.note.author.id,
        started_at=now,
        lease_until=now + lease,
        expires_at=now + KEY_FOR,
    )
    with register.transaction(durable=False) as tx:  # the answer is what must last
        found = tx.begin_submission(attempt)
        if found.begun is Begun.NEW:
            return attempt
        if found.begun is Begun.OTHER_BODY:
            raise KeyReused(
                f"the key `{submission.key:.80}` was used for another body",
                hint="submit an edit as a new revision, or send another key",
            )
        if found.begun is Begun.IN_FLIGHT or found.verdict_id is None:
            raise _in_flight(submission.key)
        row = tx.verdicts_numbered([found.verdict_id])[found.verdict_id]
    return Answer.again(row.verdict, found.verdict_id, found.answer or {})


def refuse_if_lost(now: Transaction, attempt: NewSubmission | None) -> None:
    """Stop an attempt whose lease was too short, before it writes anything.

    Raises:
        InFlight: another one was at work meanwhile, has answered, or the note was forgotten.
    """
    if attempt is not None and not now.is_mine(attempt):
        raise _in_flight(attempt.key)


def keep_answer(now: Transaction, attempt: NewSubmission | None, answer: Answer) -> None:
    """Keep an answer for whoever asks again under its key."""
    if attempt is not None and answer.verdict_id is not None:
        now.answer_submission(attempt.key, answer.verdict_id, answer.beside_the_verdict())


def _give_back(register: Register, attempt: NewSubmission) -> None:
    """Let others try at once; never raises, since the lease ends by itself."""
    try:
        with register.transaction(durable=False) as tx:
            tx.drop_submission(attempt)
    except StoreError:
        log.warning("a key could not be given back", exc_info=True)


def _in_flight(key: str) -> InFlight:
    return InFlight(
        f"another request under `{key:.80}` is at work",
        hint="ask again in a second: its answer will be given to you",
    )
