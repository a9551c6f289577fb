"""Recall over the strength of an attack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from moderation.training.evaluation.asking import Answer
from moderation.training.evaluation.counting import Scored, scored, share
from moderation.training.strengths import Dial


def strength_curves(
    answers: Sequence[Answer], dials: Sequence[Dial], thresholds: Mapping[str, float | None]
) -> list[dict[str, Any]]:
    """For each dial the share found at each value, mildest first.

    Args:
        answers: to questions of `Bank.curve`.
        dials: in the order of the report.
        thresholds: name → lowest score that counts.
    """
    by_attack: dict[str, list[Scored]] = defaultdict(list)
    for one in scored(answers):
        by_attack[one.answer.question.attack].append(one)
    rows = []
    for dial in dials:
        members = [by_attack[dial.at(value).name] for value in dial.values]
        rows.append(
            {
                "name": dial.name,
                "unit": dial.unit,
                "values": list(dial.values),
                "found": {
                    level: [share(sum(one.is_found(at) for one in of), len(of)) for of in members]
                    for level, at in thresholds.items()
                },
            }
        )
    return rows
