"""What people answered to verdicts, counted: how often it is so, and how often two agree. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from moderation.finding import FindingKind
from moderation.rates import Rate
from moderation.store import Answer, Review, answers_by_kind
from moderation.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How often people said that what the gate found is so.

    It says nothing of what nobody looked at: verdicts that passed or blocked without a person, and
    notes on which something was missed.
    """

    kind: FindingKind
    confirmed: Rate
    """Of verdicts with such a finding on which those who answered agree."""
    disputed: int
    """Verdicts on which they do not; in no rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often two people said the same of one finding of one verdict.

    Counted are pairs of people; answers that settle something are not, as those who give them know
    what others said. Two people who guess would agree on half of all.
    """

    kind: FindingKind
    same: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one person last said of one kind of finding of one verdict."""

    verdict_id: int
    kind: FindingKind
    by: str
    answer: Answer
    review_id: int
    settles: bool


def said_of(answers: Iterable[Review], verdicts: Mapping[int, Verdict]) -> list[Said]:
    """What each person said: of one person the last answer to a verdict and kind counts.

    Args:
        answers: in any order.
        verdicts: those that were answered as a whole, by number; an answer to one that is not among
            them counts for the findings alone that it names.
    """
    last: dict[tuple[int, FindingKind, str], Said] = {}
    for review in sorted(answers, key=lambda one: one.review_id):
        verdict = verdicts.get(review.verdict_id)
        told = dict(review.findings) if verdict is None else answers_by_kind(review, verdict)
        for kind, answer in told.items():
            last[review.verdict_id, kind, review.by] = Said(
                verdict_id=review.verdict_id,
                kind=kind,
                by=review.by,
                answer=answer,
                review_id=review.review_id,
                settles=review.settles,
            )
    return list(last.values())


def precision_of(answered: Iterable[Said]) -> tuple[Precision, ...]:
    """How often each kind of finding is so, in the order of the kinds.

    What settles a disagreement makes what was said before it count no longer.
    """
    together: dict[tuple[int, FindingKind], list[Said]] = defaultdict(list)
    for said in answered:
        together[said.verdict_id, said.kind].append(said)
    outcomes: dict[FindingKind, Counter[Answer | None]] = defaultdict(Counter)
    for (_, kind), some in together.items():
        settled = max((one.review_id for one in some if one.settles), default=0)
        words = {one.answer for one in some if one.review_id >= settled}
        outcomes[kind][words.pop() if len(words) == 1 else None] += 1
    return tuple(
        Precision(
            kind=kind,
            confirmed=Rate(
                outcomes[kind][Answer.CONFIRMED],
                outcomes[kind][Answer.CONFIRMED] + outcomes[kind][Answer.OVERTURNED],
            ),
            disputed=outcomes[kind][None],
        )
        for kind in FindingKind
        if kind in outcomes
    )


def agreement_of(answered: Iterable[Said]) -> tuple[Agreement, ...]:
    """How often pairs of people agree, in the order of the kinds."""
    together: dict[tuple[int, FindingKind], list[Answer]] = defaultdict(list)
    for said in answered:
        if not said.settles:
            together[said.verdict_id, said.kind].append(said.answer)
    counted: dict[FindingKind, Rate] = {}
    for (_, kind), answers in together.items():
        pairs = list(combinations(answers, 2))
        known = counted.get(kind, Rate(0, 0))
        same = sum(one is other for one, other in pairs)
        counted[kind] = Rate(known.hits + same, known.of + len(pairs))
    return tuple(
        Agreement(kind=kind, same=counted[kind])
        for kind in FindingKind
        if kind in counted and counted[kind].of
    )
