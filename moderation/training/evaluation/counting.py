"""Answers → numbers: µAP, recall at a precision, families, false matches; all with intervals.

The right answers to a question are one picture, perhaps registered twice, so a question has one
right pair at most: its best-scored right answer. Doubtful answers are left out of every ranking
and counted apart. Everything else that is found is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.training.copy_metrics import (
    Interval,
    OperatingPoint,
    average_precision,
    bootstrap,
    exact_interval,
    per_million,
    precision_recall,
    recall_at_precision,
)
from moderation.training.evaluation.asking import Answer
from moderation.training.evaluation.questions import COPY

PRECISIONS = (0.999, 0.9999)
_CURVE_POINTS = 200

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One answer, sorted into right, doubtful and wrong."""

    answer: Answer
    right: float | None
    """Best score of a right name; None where none was found."""
    wrong: tuple[tuple[str, float], ...]
    """Best first."""
    doubtful: tuple[tuple[str, float], ...]

    @property
    def is_copy(self) -> bool:
        """Has it a right answer at all?"""
        return self.answer.question.kind == COPY

    @property
    def worst(self) -> float:
        """Highest wrong score; 0 where there is none."""
        return self.wrong[0][1] if self.wrong else 0.0

    def is_found(self, threshold: float | None) -> bool:
        """Is a right answer at or above the threshold?"""
        return self.right is not None and threshold is not None and self.right >= threshold

    def is_wrong(self, threshold: float | None) -> bool:
        """Is a wrong answer at or above the threshold?"""
        return bool(self.wrong) and threshold is not None and self.worst >= threshold


def scored(answers: Iterable[Answer]) -> list[Scored]:
    """Sort every answer."""
    return [_sorted(answer) for answer in answers]


def _sorted(answer: Answer) -> Scored:
    right, doubtful, wrong = [], [], []
    for name, score in sorted(answer.found, key=lambda pair: (-pair[1], pair[0])):
        if name in answer.question.right:
            right.append(score)
        elif name in answer.question.doubtful:
            doubtful.append((name, score))
        else:
            wrong.append((name, score))
    return Scored(
        answer=answer,
        right=right[0] if right else None,
        wrong=tuple(wrong),
        doubtful=tuple(doubtful),
    )


class Pairs:
    """All pairs that were found, as arrays; and how many there were to find."""

    def __init__(self, answers: Sequence[Scored]) -> None:
        scores: list[float] = []
        right: list[bool] = []
        owner: list[int] = []
        for number, one in enumerate(answers):
            if one.right is not None:
                scores.append(one.right)
                right.append(True)
                owner.append(number)
            for _, score in one.wrong:
                scores.append(score)
                right.append(False)
                owner.append(number)
        self.scores = np.array(scores, dtype=np.float64)
        self.right = np.array(right, dtype=np.bool_)
        self._owner = np.array(owner, dtype=np.intp)
        self._copies = np.array([one.is_copy for one in answers], dtype=np.int64)
        self._sources = [one.answer.question.source for one in answers]

    @property
    def positives(self) -> int:
        """Right pairs that there are."""
        return int(self._copies.sum())

    def average_precision(self, rng: np.random.Generator) -> Interval:
        """µAP, with an interval over the source pictures."""
        return self._over_sources(average_precision, rng)

    def recall_interval(self, precision: float, rng: np.random.Generator) -> Interval:
        """Recall at a precision, the threshold chosen anew in each draw."""
        return self._over_sources(
            lambda s, r, n: recall_at_precision(s, r, n, precision).recall if n else 0.0, rng
        )

    def at_precision(self, precision: float) -> OperatingPoint:
        """The threshold that finds most at this precision."""
        return recall_at_precision(self.scores, self.right, self.positives, precision)

    def curve(self) -> list[tuple[float, float, float]]:
        """(threshold, recall, precision), thinned to what a plot can show."""
        whole = precision_recall(self.scores, self.right, self.positives)
        step = max(1, len(whole) // _CURVE_POINTS)
        return [*whole[::step], *whole[-1:]] if len(whole) > 1 else whole

    def _over_sources(
        self,
        measure: Callable[[NDArray[np.float64], NDArray[np.bool_], int], float],
        rng: np.random.Generator,
    ) -> Interval:
        def drawn(chosen: NDArray[np.intp]) -> float:
            times = np.bincount(chosen, minlength=len(self._copies))
            each = times[self._owner]
            positives = int((times * self._copies).sum())
            return measure(np.repeat(self.scores, each), np.repeat(self.right, each), positives)

        return bootstrap(self._sources, drawn, rng)


def evaluation(
    answers: Sequence[Answer],
    *,
    registered: int,
    levels: Mapping[str, float],
    seed: int,
) -> Row:
    """Everything a report needs, as JSON.

    Args:
        answers: to all questions but those of curves.
        registered: pictures in the register.
        levels: name → threshold, such as `{"match": 0.5, "sure": 0.9}`.
        seed: of the bootstrap.
    """
    all_scored = scored(answers)
    copies = [one for one in all_scored if one.is_copy]
    others = [one for one in all_scored if not one.is_copy]
    pairs = Pairs(all_scored)
    rng = np.random.default_rng(seed)
    points = {f"{precision:g}": pairs.at_precision(precision) for precision in PRECISIONS}
    thresholds = dict(levels) | {f"precision {p}": at.threshold for p, at in points.items()}
    took = np.array([one.took_ms for one in answers]) if answers else np.zeros(1)
    return {
        "registered": registered,
        "questions": len(answers),
        "copies": len(copies),
        "average_precision": interval(pairs.average_precision(rng)),
        "at_precision": {
            f"{precision:g}": point(points[f"{precision:g}"], pairs.recall_interval(precision, rng))
            for precision in PRECISIONS
        },
        "families": _grouped(copies, lambda one: one.answer.question.family, thresholds),
        "attacks": _grouped(copies, lambda one: one.answer.question.attack, thresholds),
        "all": _found(copies, thresholds),
        "false_matches": _false(all_scored, registered, thresholds),
        "not_copies": _not_copies(others, thresholds),
        "siblings": _siblings(all_scored, thresholds),
        "doubtful": _doubtful(all_scored, thresholds),
        "precision_recall": [[round(x, 4) for x in at] for at in pairs.curve()],
        "query_ms": {
            name: round(float(np.quantile(took, q)), 1)
            for name, q in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))
        },
    }


def interval(of: Interval, digits: int = 4) -> Row:
    """As JSON."""
    return {
        "value": round(of.value, digits),
        "ci95": [round(of.low, digits), round(of.high, digits)],
    }


def point(at: OperatingPoint, recall: Interval) -> Row:
    """An operating point as JSON."""
    return {
        "threshold": None if at.threshold is None else round(at.threshold, 4),
        "recall": interval(recall),
        "right": at.right,
        "wrong": at.wrong,
        "precision_at_least": round(at.precision_low, 5),
    }


def share(hits: int, n: int) -> Row:
    """A share with its counts and Clopper and Pearson's interval, as JSON."""
    return {"hits": hits, "n": n} | interval(exact_interval(hits, n))


def _grouped(
    copies: Sequence[Scored],
    name: Callable[[Scored], str],
    thresholds: Mapping[str, float | None],
) -> list[Row]:
    groups: dict[str, list[Scored]] = defaultdict(list)
    for one in copies:
        groups[name(one)].append(one)
    return [{"name": of} | _found(members, thresholds) for of, members in groups.items()]


def _found(copies: Sequence[Scored], thresholds: Mapping[str, float | None]) -> Row:
    first = sum(one.right is not None and one.right > one.worst for one in copies)
    return {
        "found": {
            level: share(sum(one.is_found(at) for one in copies), len(copies))
            for level, at in thresholds.items()
        },
        "right_one_first": share(first, len(copies)),
    }


def _false(
    answers: Sequence[Scored], registered: int, thresholds: Mapping[str, float | None]
) -> Row:
    """Wrong pairs among all pairs, at each threshold."""
    pairs = 0
    for one in answers:
        question = one.answer.question
        pairs += registered - len(question.right) - len(question.doubtful)
    rows = {}
    for level, at in thresholds.items():
        wrong = sum(at is not None and s >= at for one in answers for _, s in one.wrong)
        rate = per_million(wrong, pairs)
        rows[level] = {
            "wrong": wrong,
            "questions_with_a_wrong_match": sum(one.is_wrong(at) for one in answers),
            "per_million": round(rate.value, 3),
            "per_million_at_most": round(rate.high, 3),
        }
    return {"pairs": pairs, "at": rows}


def _not_copies(others: Sequence[Scored], thresholds: Mapping[str, float | None]) -> list[Row]:
    groups: dict[str, list[Scored]] = defaultdict(list)
    for one in others:
        question = one.answer.question
        attacked = question.kind == "stranger" and question.attack != "not registered"
        groups["not registered, attacked" if attacked else question.attack].append(one)
    return [
        {
            "name": name,
            "false": {
                level: share(sum(one.is_wrong(at) for one in members), len(members))
                for level, at in thresholds.items()
            },
            "highest": round(max(one.worst for one in members), 4),
        }
        for name, members in groups.items()
    ]


def _siblings(answers: Sequence[Scored], thresholds: Mapping[str, float | None]) -> Row:
    """How often another work that looks like it is matched, or ranks above the right one."""
    with_siblings = [one for one in answers if one.answer.question.siblings]
    best = [
        max((s for n, s in one.wrong if n in one.answer.question.siblings), default=0.0)
        for one in with_siblings
    ]
    outranked = sum(
        one.is_copy and b >= (one.right or 0.0) and b > 0
        for one, b in zip(with_siblings, best, strict=True)
    )
    return {
        "questions": len(with_siblings),
        "outranks_the_right_one": share(outranked, sum(one.is_copy for one in with_siblings)),
        "matched": {
            level: share(sum(at is not None and b >= at and b > 0 for b in best), len(best))
            for level, at in thresholds.items()
        },
    }


def _doubtful(answers: Sequence[Scored], thresholds: Mapping[str, float | None]) -> Row:
    """Matches that are a matter of opinion: left out of every other number."""
    asked = [one for one in answers if one.answer.question.doubtful]
    return {
        "questions": len(asked),
        "matched": {
            level: sum(at is not None and s >= at for one in asked for _, s in one.doubtful)
            for level, at in thresholds.items()
        },
    }
