"""The audit under another policy, in several processes where it is long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from moderation.errors import BadPolicy
from moderation.policy import Policy
from moderation.replay.again import Periods, given_again
from moderation.replay.answers import NOT_GIVEN, Answer, answers_in
from moderation.replay.differences import Differences, joined
from moderation.store import LastVerdict, Register
from moderation.workers import Deadly, Workers

if TYPE_CHECKING:
    from moderation.replay.rereading import AnotherReader

AsOf = datetime | Literal["then"]
"""An aware instant; or that of each verdict, as it was when it was given."""

VERDICTS_AT_ONCE = 10_000
"""Numbers of the audit that one process takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    place: str
    policy: Policy | None
    as_of: AsOf
    since: datetime | None
    until: datetime | None
    examples: int
    after: int
    upto: int
    answers: Path | None
    """Folder of what another reader has answered; None where nobody was asked."""


def replay(
    register: str,
    policy: Policy | None,
    *,
    as_of: AsOf,
    since: datetime | None = None,
    until: datetime | None = None,
    examples: int = 5,
    workers: int = 1,
    progress: Callable[[int], None] | None = None,
    reader: AnotherReader | None = None,
) -> Differences:
    """Give the last verdict on each note again, and count what differs.

    Args:
        register: folder or URL; only read.
        policy: to decide by; None for the one that each verdict names, as the register keeps it.
        as_of: whose rules apply.
        since: only verdicts given then or later.
        until: only verdicts given before.
        examples: most flips to name for each change.
        workers: processes; a short audit is read by this one alone.
        progress: called with the number of verdicts that were looked through.
        reader: of texts, to be asked first. What it finds stands in place of what was found in the
            words of the notes that it is given; all else stays as it was found.

    Returns:
        What differs. It does not depend on `workers`.

    Raises:
        BadPolicy: a verdict names a policy that the register does not keep.
        StoreError: the register cannot be read.
        BadArchive: the notes for the reader cannot be read.
        ArtifactError: the reader cannot be used, or gives no answer.
    """
    with Register.open(register, create=False) as opened:
        last = opened.last_verdict_number()
    found: dict[int, Differences] = {}
    with _answers(reader, register, last, since, until, workers) as answers:
        parts = [
            _Part(
                place=register,
                policy=policy,
                as_of=as_of,
                since=since,
                until=until,
                examples=examples,
                after=after,
                upto=min(after + VERDICTS_AT_ONCE, last),
                answers=answers,
            )
            for after in range(0, last, VERDICTS_AT_ONCE)
        ]
        for part, differences in _counted(parts, min(workers, len(parts))):
            found[part.after] = differences
            if progress is not None:
                progress(min(len(found) * VERDICTS_AT_ONCE, last))
    return joined((found[part.after] for part in parts), examples=examples)


def _answers(
    reader: AnotherReader | None,
    register: str,
    upto: int,
    since: datetime | None,
    until: datetime | None,
    workers: int,
) -> AbstractContextManager[Path | None]:
    if reader is None:
        return nullcontext()
    from moderation.replay.rereading import Stretch, answers  # a policy alone needs no network

    stretch = Stretch(register=register, upto=upto, since=since, until=until, part=VERDICTS_AT_ONCE)
    return answers(reader, stretch, workers=workers)


def recorded_policies(register: Register) -> Callable[[str], Policy]:
    """Digest → the policy of that digest, as the register keeps it.

    Raises:
        BadPolicy: it keeps none of that digest.
    """
    known: dict[str, Policy] = {}

    def policy_of(digest: str) -> Policy:
        if digest not in known:
            said = register.policy_said(digest)
            if said is None:
                raise BadPolicy(
                    f"the register does not keep the policy `{digest:.80}`",
                    hint="give its file with `--policy`; verdicts from before policies were kept "
                    "name their digest only",
                )
            known[digest] = Policy.from_json(said)
        return known[digest]

    return policy_of


def _counted(parts: list[_Part], workers: int) -> Iterator[tuple[_Part, Differences]]:
    if not parts:
        return
    if workers <= 1:
        with _opened(parts[0].place) as register:
            yield from ((part, _replayed(part, register)) for part in parts)
        return
    with Workers[_Part, Differences](_replayed_in_worker, workers) as pool:
        for part, found in pool.done(parts):
            if isinstance(found, Deadly):  # nothing here is hostile: it wants memory
                with _opened(part.place) as register:
                    found = _replayed(part, register)
            yield part, found


def _opened(place: str) -> Register:
    return Register.open(place, create=False)


_opened_here = cache(_opened)
"""In a worker, which has it to itself and ends soon."""


def _replayed_in_worker(part: _Part) -> Differences:
    return _replayed(part, _opened_here(part.place))


def _replayed(part: _Part, register: Register) -> Differences:
    found = Differences(examples=part.examples)
    policy_of = recorded_policies(register)
    periods: dict[str, Periods] = {}
    answers = {} if part.answers is None else answers_in(part.answers, part.after)
    for row in register.last_verdicts(
        after=part.after, upto=part.upto, since=part.since, until=part.until
    ):
        digest = row.policy_digest if part.policy is None else part.policy.digest
        if digest not in periods:
            periods[digest] = Periods(part.policy or policy_of(digest))
        answer = NOT_GIVEN
        if part.answers is not None:
            answer = answers.get(row.verdict_id, NOT_GIVEN)
            found.add_answer(answer)
        _count(found, row, periods[digest], part.as_of, answer)
    return found


def _count(
    found: Differences, row: LastVerdict, policy: Periods, as_of: AsOf, answer: Answer
) -> None:
    known = row.judged_as
    found.assumed += known is None
    given = row.decided_at if known is None or known.as_of is None else known.as_of
    terms = policy.at(as_of if isinstance(as_of, datetime) else given)
    before, after = given_again(row, terms, answer.in_words)
    found.add(
        verdict_id=row.verdict_id,
        note_id=row.note_id,
        author_id=row.author_id,
        at=((known.published_at if known else None) or row.decided_at).astimezone(UTC),
        lang=known.lang if known else None,
        before=before,
        after=after,
    )
