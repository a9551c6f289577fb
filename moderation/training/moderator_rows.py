"""Rows to learn from, out of what moderators answered: joined to the words by digest. Pure.

An answer is about the words that were judged. A note that was edited since is not labelled by it,
and where people disagree, or nobody said what the text is, there is no row: nothing is guessed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import reduce
from typing import Any

from moderation.finding import FindingKind
from moderation.note import Note
from moderation.store import Answer, Label, Review, answers_by_kind, possible_labels
from moderation.store.review_labels import COHERENT, is_native
from moderation.verdict import Verdict

ONE_PERSON = 0.9
"""Confidence of a label that one person gave; people err, and see what the gate had said."""
TWO_AGREE = 0.97
"""The same where a second person says nothing else."""

Row = dict[str, Any]
VerdictsOf = Callable[[Collection[int]], Mapping[int, Verdict]]
Stated = Callable[[Note], tuple[str, str]]


class LeftOut(StrEnum):
    """Why a text that people answered about gives no row."""

    MISSING = "missing"
    """No note of that id is in the archives."""
    EDITED = "edited"
    """The archives hold the note with other words than those judged."""
    DISAGREEMENT = "disagreement"
    """Two people say what cannot both be true, and nobody settled it."""
    INTENT_UNKNOWN = "intent_unknown"
    """The answers leave several intents, or speak of pictures only."""
    DISCLOSURE_UNKNOWN = "disclosure_unknown"
    """The intent is known; whether the interest is disclosed is not."""


def moderator_rows(
    reviews: Iterable[Review],
    notes: Iterable[Note],
    verdicts_of: VerdictsOf,
    stated: Stated,
) -> Iterator[Row | LeftOut]:
    """One row, or the reason why not, for each text that people answered about.

    Args:
        reviews: all answers, in any order, superseded ones too.
        notes: of archives; of the same words of a note the first counts.
        verdicts_of: verdicts by number, as the register holds them.
        stated: what the reader at hand says of a note's disclosure, and its name; asked only
            where nobody else tells, and believed only where it is the one that was confirmed.

    Yields:
        Rows in the order of the notes, then what found no note.
    """
    about: dict[tuple[str, str], list[Review]] = defaultdict(list)
    for review in reviews:
        about[review.about].append(review)
    ids = {note_id for note_id, _ in about}
    met: set[str] = set()
    for note in notes:
        if note.id not in ids:
            continue
        met.add(note.id)
        # Verdicts from before there was a digest of the words name the note by the whole.
        names = dict.fromkeys((note.text_digest(), note.digest()))
        mine = [review for name in names for review in about.pop((note.id, name), ())]
        if mine:
            verdicts = verdicts_of({review.verdict_id for review in mine})
            yield _row(note, standing(mine), verdicts, stated)
    for note_id, _ in about:
        yield LeftOut.EDITED if note_id in met else LeftOut.MISSING


def standing(reviews: Iterable[Review]) -> list[Review]:
    """What still counts of answers about one text: of each person the last, the latest last.

    An answer that settles a disagreement ends all before it.
    """
    stands: dict[str, Review] = {}
    for review in sorted(reviews, key=lambda review: (review.at, review.review_id)):
        if review.settles:
            stands.clear()
        stands.pop(review.by, None)
        stands[review.by] = review
    return list(stands.values())


def _row(
    note: Note, reviews: list[Review], verdicts: Mapping[int, Verdict], stated: Stated
) -> Row | LeftOut:
    known = [(r, verdicts[r.verdict_id]) for r in reviews if r.verdict_id in verdicts]
    if not known:  # forgotten meanwhile
        return LeftOut.MISSING
    answers = [answers_by_kind(review, verdict) for review, verdict in known]
    labels = [possible_labels(review, verdict) for review, verdict in known]
    left = reduce(frozenset.intersection, labels, COHERENT)
    if not left or _opposed(answers):
        return LeftOut.DISAGREEMENT
    intents = {label.intent for label in left}
    if len(intents) > 1:
        return LeftOut.INTENT_UNKNOWN
    verdict = known[-1][1]
    confirmed = {kind for some in answers for kind in some if some[kind] is Answer.CONFIRMED}
    disclosure = _disclosure(note, left, confirmed, verdict, stated)
    if disclosure is None:
        return LeftOut.DISCLOSURE_UNKNOWN
    (intent,) = intents
    speaking = sum(some != COHERENT for some in labels)
    return {
        "family": "",
        "role": "",
        "lang": note.lang or "",
        "trade": "",
        "title": note.title,
        "text": note.text,
        "tags": list(note.tags),
        "intent": intent,
        "disclosure": disclosure,
        "violations": [] if is_native(intent) else _violations(note, confirmed, verdict),
        "confidence": TWO_AGREE if speaking > 1 else ONE_PERSON,
        "origin": "moderator",
        "decision": verdict.decision.value,
    }


def _opposed(answers: Iterable[Mapping[FindingKind, Answer]]) -> bool:
    """True where two people answer a finding about the text in opposite ways."""
    given = {item for some in answers for item in some.items() if item[0].startswith("text.")}
    return len({kind for kind, _ in given}) < len(given)


def _disclosure(
    note: Note,
    left: Collection[Label],
    confirmed: Collection[FindingKind],
    verdict: Verdict,
    stated: Stated,
) -> str | None:
    """What is left, or what the gate had read where people confirmed the rest; None if unknown."""
    possible = {label.disclosure for label in left}
    if len(possible) == 1:
        return possible.pop()
    if "none_needed" in possible:  # only native notes have no need
        return "none_needed"
    if not {_HARD_SELL, _SOFT_AD} & {*confirmed}:
        return None
    for finding in verdict.findings:
        told = finding.detail.get("disclosure")
        if finding.kind is _SOFT_AD and told in possible:
            return str(told)
    said, reader = stated(note)
    readers = {f.detector for f in verdict.findings if f.kind is _HARD_SELL}
    return said if reader in readers and said in possible else None


_HARD_SELL = FindingKind.TEXT_HARD_SELL
_SOFT_AD = FindingKind.TEXT_SOFT_AD_UNDISCLOSED


def _violations(
    note: Note, confirmed: Collection[FindingKind], verdict: Verdict
) -> list[dict[str, str]]:
    """Confirmed marks in the author's own words, as written notes name them."""
    written = dict(note.text_fields())
    found = {
        (span.code, span.text)
        for finding in verdict.findings
        if finding.kind in confirmed
        for span in finding.spans
        if _VIOLATION.fullmatch(span.code)
        and span.text
        and span.text in written.get(span.field, "")
    }
    return [{"code": code, "span": text} for code, text in sorted(found)]


_VIOLATION = re.compile(r"V(?:[1-9]|10)")
