"""What a person's answer says of a text: which intents and disclosures are left. Pure.

An answer rules out labels. A confirmed `text.hard_sell` leaves one intent, an overturned one
leaves four: nothing is guessed between these.
"""

from __future__ import annotations

from typing import NamedTuple

from moderation.finding import Difference, FindingKind
from moderation.store.review_records import DISCLOSURES, INTENTS, Answer, NewReview, Review
from moderation.verdict import Verdict


class Label(NamedTuple):
    """What somebody reads in a text."""

    intent: str
    """One of `INTENTS`."""
    disclosure: str
    """One of `DISCLOSURES`."""


def is_native(intent: str) -> bool:
    """True where nobody wants to sell, recruit or promote."""
    return intent.startswith("N")


COHERENT = frozenset(
    Label(intent, disclosure)
    for intent in INTENTS
    for disclosure in DISCLOSURES
    # Native notes have nothing to hide, commercial ones have something to say.
    if disclosure not in (("buried", "absent") if is_native(intent) else ("none_needed",))
)
"""Labels that do not contradict themselves, as in `datasets/written_notes`."""


def answers_by_kind(review: NewReview | Review, verdict: Verdict) -> dict[FindingKind, Answer]:
    """Kind of finding → answer; that to the whole verdict holds for all that it rests on."""
    answered: dict[FindingKind, Answer] = {}
    if review.answer is not None:
        answered |= dict.fromkeys(verdict.reason_kinds(), review.answer)
    return answered | dict(review.findings)


def possible_labels(review: NewReview | Review, verdict: Verdict) -> frozenset[Label]:
    """Labels that agree with an answer to a verdict; none where it contradicts itself."""
    answered = answers_by_kind(review, verdict)
    disclosed = any(
        finding.kind is _SOFT_AD and finding.difference is Difference.DISCLOSED
        for finding in verdict.findings
    )

    def agrees(label: Label) -> bool:
        said = {kind: _says(kind, label, disclosed=disclosed) for kind in _LABELLING & {*answered}}
        wrong = any(said[kind] for kind in said if answered[kind] is Answer.OVERTURNED)
        right = [kind for kind in said if answered[kind] is Answer.CONFIRMED]
        # A note has one intent: of two that are confirmed either may be it.
        intents = [said[kind] for kind in right if kind is not _BURIED]
        return (
            review.intent in (None, label.intent)
            and review.disclosure in (None, label.disclosure)
            and not wrong
            and (not intents or any(intents))
            and (_BURIED not in right or said[_BURIED])
        )

    return frozenset(filter(agrees, COHERENT))


_HARD_SELL = FindingKind.TEXT_HARD_SELL
_SOFT_AD = FindingKind.TEXT_SOFT_AD_UNDISCLOSED
_BURIED = FindingKind.TEXT_DISCLOSURE_BURIED
_LABELLING = {_HARD_SELL, _SOFT_AD, _BURIED}
"""Kinds that say something of intent or disclosure; a contact or a claim may stand in any note."""


def _says(kind: FindingKind, label: Label, *, disclosed: bool) -> bool:
    """True where a finding of the kind would be right about a text with that label."""
    if kind is _HARD_SELL:
        return label.intent == "C2"
    if kind is _BURIED:
        return label.disclosure == "buried"
    return label.intent == "C1" and (label.disclosure == "clear") is disclosed
