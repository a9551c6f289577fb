"""Which leads divert: a weighted sum of named facts, learnt, that a person can read and redo.

Rules and wide leads propose places; their facts (`lead_context`) are looked up in one table of
weights and added; the logistic of the sum is the probability that the place leads readers away.
A lead above `ACCEPTED` becomes a mark, and a rule's mark below `DOUBTED` is only a hint: it is
told, asked or joked about. The table is `lead_weights.json`, made by
`python -m moderation.training.lead_learner --datasets datasets --data DIR --out FILE`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from moderation.text.lead_context import facts, note_facts, note_pieces
from moderation.text.leads import Lead, leads
from moderation.text.marks import WAYS_OUT, Mark

WEIGHTS = Path(__file__).with_name("lead_weights.json")
ACCEPTED = 0.75
"""Probability from which a lead alone is a mark."""
DOUBTED = 0.2
"""Probability below which a rule's mark is only a hint."""
CERTAIN = 0.9
"""Weight from which a rule's mark is not doubted, such as a handle beside its word: or whoever pads
an offer with stories would be let through."""
HINT = 0.25
"""Weight of a doubted mark: below that of any violation."""
BESIDE = 2
"""Characters from a rule's mark within which a lead says the same."""
SUREST = 0.88
"""No learnt decision alone is surer than this: it sends a note to a person, and blocks none."""


def judged(text: str, found: Sequence[Mark]) -> list[Mark]:
    """The marks of the rules in the light of their context, and the leads that divert.

    Args:
        text: as `normalise` gives it.
        found: all marks of all rules in this text.

    Returns:
        All of `found`, doubted ones with a lower weight, and a mark per accepted lead.
    """
    bias, table = weights()
    everything, shared = _described(text, found)
    base = bias + _sum(table, shared | note_pieces(text))
    rules = iter([mark for mark in found if mark.code in WAYS_OUT])
    lowered: dict[int, Mark] = {}
    accepted = []
    for lead in everything:
        probability = _logistic(base + _sum(table, facts(text, lead, everything, shared)))
        if lead.kind.startswith(_RULE):
            mark = next(rules)
            if probability < DOUBTED and mark.weight < CERTAIN:
                lowered[id(mark)] = replace(mark, weight=min(mark.weight, HINT))
        elif probability >= ACCEPTED:
            accepted.append(
                Mark(
                    name=lead.kind,
                    code=lead.code,
                    start=lead.start,
                    end=lead.end,
                    weight=min(probability, SUREST),
                )
            )
    weighed = [lowered.get(id(mark), mark) for mark in found]
    return [*weighed, *(mark for mark in accepted if not _known(mark, weighed))]


def _known(mark: Mark, weighed: Iterable[Mark]) -> bool:
    """Whether a rule shows the same place, with a span that was thought about."""
    low, high = mark.start - BESIDE, mark.end + BESIDE
    return any(
        one.code == mark.code and one.weight > HINT and one.start < high and low < one.end
        for one in weighed
    )


def described_leads(text: str, found: Sequence[Mark]) -> Iterator[tuple[Lead, dict[str, float]]]:
    """Every lead with all its facts, to learn from."""
    everything, shared = _described(text, found)
    whole = shared | note_pieces(text)
    for lead in everything:
        yield lead, facts(text, lead, everything, shared) | whole


_RULE = "rule "


def _described(text: str, found: Sequence[Mark]) -> tuple[list[Lead], dict[str, float]]:
    """Marks of the rules as leads first, in their order, then wide leads; facts of the note."""
    everything = [
        Lead(kind=_RULE + mark.name, code=mark.code, start=mark.start, end=mark.end)
        for mark in found
        if mark.code in WAYS_OUT
    ]
    everything += leads(text)
    return everything, note_facts(text, found, everything)


def _sum(table: Mapping[str, float], amounts: Mapping[str, float]) -> float:
    return math.fsum(table.get(name, 0.0) * amount for name, amount in amounts.items())


def _logistic(score: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, score))))


@cache
def weights() -> tuple[float, dict[str, float]]:
    """What is added for any lead, and fact → what is added per unit of it."""
    document = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return document["bias"], document["weights"]
