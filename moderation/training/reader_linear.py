"""The plain way to read notes: weights of short pieces of text, with or without the rules.

A reader that learns more than this must beat it on notes of sources it has not seen; the shipped
one is the mean of both, which measures better than either.

Among real notes few sell, among written ones more than half. Whatever tells the one kind from the
other would therefore pass for a reason: a level of its own for real notes takes that up while the
weights are learnt, and reading leaves it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.errors import MissingExtra
from moderation.note import Note
from moderation.text.calibration import softmax
from moderation.text.grams import BUCKETS, Grams
from moderation.text.reading import COMMERCIAL, DISCLOSURES, INTENTS
from moderation.text.whole_text import text_of
from moderation.training.reader_calibration import evened
from moderation.training.reader_data import LabelledNote
from moderation.training.reader_signals import SignalTable, readings_of

Probabilities = NDArray[np.float64]

_STRENGTH = 3.0
"""Inverse of the penalty on weights."""
_LEAST_NOTES = 2
"""A bucket that fewer notes use tells nothing."""
_NEVER = -9.0
"""Score of an answer that an expert has never seen, so that the other may still give it."""
_LEVEL = 3.0
"""What marks a real note while levels are learnt: so large that the penalty hardly holds it."""
_SIGNAL_SCALE = 0.5
"""A piece's weight in a note is about a tenth; signals may count more, but not for everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Of each note, over intents and over disclosures."""

    intent: Probabilities
    """float64 [n, 5] in the order of `INTENTS`; each row sums to 1."""
    disclosure: Probabilities
    """float64 [n, 5] in the order of `DISCLOSURES`."""

    @property
    def commercial(self) -> Probabilities:
        """float64 [n]: probability of any commercial intent."""
        return self.intent[:, [INTENTS.index(name) for name in COMMERCIAL]].sum(axis=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearWeights:
    """Scores of both answers as sums; the first five columns are intents."""

    rarity: NDArray[np.float32]
    """[buckets]."""
    grams: NDArray[np.float64]
    """[buckets, 10]."""
    signals: NDArray[np.float64]
    """[signals, 10]."""
    offset: NDArray[np.float64]
    """[10]."""


class LinearReader:
    """Logistic regressions over grams of one to three characters."""

    def __init__(self, *, signals: bool, grams: bool = True, levels: bool = False) -> None:
        """What it reads.

        Args:
            signals: what the rules saw.
            grams: of the text.
            levels: learn how common each answer is among real and among written notes apart, both
                kinds counting the same; reading is at the level of the written ones, where every
                answer is common, and a calibration has to follow.
        """
        self._signals, self._grams, self._levels = signals, grams, levels
        self._rarity = np.zeros(BUCKETS, np.float32)
        self._coefficients: list[NDArray[np.float64]] = []
        self._offsets: list[NDArray[np.float64]] = []
        self._table = SignalTable(names=())

    def learn(
        self,
        rows: Sequence[LabelledNote],
        table: SignalTable | None = None,
        rarity: NDArray[np.float32] | None = None,
    ) -> LinearReader:
        """Fit both answers.

        Args:
            rows: to learn from.
            table: columns of the signals; None for those that these rows have.
            rarity: of each bucket; None for that in these rows.

        Raises:
            MissingExtra: scikit-learn is not installed.
        """
        try:
            from sklearn.linear_model import LogisticRegression
        except ImportError as error:
            raise MissingExtra(
                "the linear reader needs `scikit-learn`, which is not installed",
                hint="install the extra: `pip install notegate[train]`",
            ) from error
        notes = [row.note for row in rows]
        if self._signals:
            self._table = table or SignalTable.of(readings_of(notes))
        found = [Grams.of(text_of(note)) for note in notes] if self._grams else []
        if self._grams:
            self._rarity = rarity_of(found) if rarity is None else rarity
        columns = self._columns(notes, found)
        width, weights = columns.shape[1], np.array([row.weight for row in rows])
        real = np.array([row.origin != "written" for row in rows])
        if self._levels and 0 < real.sum() < len(rows):
            columns, weights = _beside(columns, _LEVEL * real), evened(rows)
        for names, labels in (
            (INTENTS, [row.intent for row in rows]),
            (DISCLOSURES, [row.disclosure for row in rows]),
        ):
            model = LogisticRegression(C=_STRENGTH, max_iter=200)
            model.fit(columns, labels, sample_weight=weights)
            coefficients, offsets = all_classes(model, names)
            self._coefficients.append(coefficients[:, :width])
            self._offsets.append(offsets)
        return self

    def scores(self, notes: Sequence[Note]) -> NDArray[np.float64]:
        """float64 [n, 10] of notes: intents, then disclosures."""
        found = [Grams.of(text_of(note)) for note in notes] if self._grams else []
        columns = self._columns(notes, found)
        both = [
            columns @ coefficients.T + offsets
            for coefficients, offsets in zip(self._coefficients, self._offsets, strict=True)
        ]
        return np.concatenate(both, axis=1)

    def read(self, notes: Sequence[Note]) -> Answers:
        """Probabilities of notes."""
        return answers_of(self.scores(notes))

    def weights(self) -> LinearWeights:
        """What was learnt, in columns of the original amounts."""
        coefficients = np.concatenate(self._coefficients).T.copy()
        grams = coefficients[:BUCKETS] if self._grams else np.zeros((BUCKETS, 10))
        return LinearWeights(
            rarity=self._rarity,
            grams=grams,
            signals=_SIGNAL_SCALE * coefficients[BUCKETS if self._grams else 0 :],
            offset=np.concatenate(self._offsets),
        )

    def _columns(self, notes: Sequence[Note], found: Sequence[Grams]) -> Any:
        from scipy.sparse import csr_matrix, hstack

        parts = []
        if self._grams:
            rows = [grams.row(self._rarity) for grams in found]
            ends = np.cumsum([0, *(len(used) for used, _ in rows)])
            used = np.concatenate([used for used, _ in rows])
            values = np.concatenate([values for _, values in rows])
            parts.append(csr_matrix((values, used, ends), shape=(len(rows), BUCKETS)))
        if self._signals:
            parts.append(csr_matrix(_SIGNAL_SCALE * self._table.rows(readings_of(notes))))
        return hstack(parts).tocsr()


def answers_of(scores: NDArray[np.float64]) -> Answers:
    """[n, 10] scores of intents and disclosures → probabilities."""
    intent, disclosure = np.split(scores, [len(INTENTS)], axis=1)
    return Answers(intent=softmax(intent), disclosure=softmax(disclosure))


def rarity_of(found: Sequence[Grams]) -> NDArray[np.float32]:
    """float32 [buckets]: 1 + ln((n + 1) / (notes with it + 1)); 0 where hardly a note has it."""
    notes = np.zeros(BUCKETS)
    for grams in found:
        notes[np.unique(grams.buckets)] += 1
    rarity = 1 + np.log((len(found) + 1) / (notes + 1))
    return np.where(notes >= _LEAST_NOTES, rarity, 0).astype(np.float32)


def _beside(columns: Any, one: NDArray[np.float64]) -> Any:
    """Sparse [n, m] and [n] → sparse [n, m + 1]."""
    from scipy.sparse import csr_matrix, hstack

    return hstack([columns, csr_matrix(one[:, None])]).tocsr()


def all_classes(
    model: Any, names: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients [5, m] and offsets [5] of a logistic regression, in the order of `names`."""
    coefficients = np.zeros((len(names), model.coef_.shape[1]))
    offsets = np.full(len(names), _NEVER)
    known = [*model.classes_]
    if len(known) == 2:  # one row of differences
        pairs = [(known[0], -model.coef_[0] / 2, -model.intercept_[0] / 2)]
        pairs += [(known[1], model.coef_[0] / 2, model.intercept_[0] / 2)]
    else:
        pairs = list(zip(known, model.coef_, model.intercept_, strict=True))
    for name, row, offset in pairs:
        coefficients[names.index(name)] = row
        offsets[names.index(name)] = offset
    return coefficients, offsets
