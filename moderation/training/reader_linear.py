"""The plain way to read notes: weights of short pieces of text, with or without the rules.

A reader that learns more than this must beat it on notes of sources it has not seen. Pieces of a
trade carry over badly, which is what the measure of left-out trades shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.errors import MissingExtra
from moderation.note import Note
from moderation.training.reader_data import DISCLOSURES, INTENTS, LabelledNote
from moderation.training.reader_signals import SignalTable, readings_of
from moderation.training.reader_tokens import text_of

Probabilities = NDArray[np.float64]

_PIECES = 200_000
_STRENGTH = 3.0
"""Inverse of the penalty on weights."""
_LEAST = 1e-4
"""Probability of an answer that an expert has never seen, so that the other may still give it."""
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
        return self.intent[:, [INTENTS.index(name) for name in ("C1", "C2", "C3")]].sum(axis=1)


class LinearReader:
    """Logistic regressions over pieces of one to three characters."""

    def __init__(self, *, signals: bool, pieces: bool = True, seed: int = 0) -> None:
        self._signals, self._pieces, self._seed = signals, pieces, seed
        self._models: list[Any] = []
        self._vectorizer: Any = None
        self._table: SignalTable | None = None

    def learn(self, rows: Sequence[LabelledNote]) -> LinearReader:
        """Fit both answers.

        Raises:
            MissingExtra: scikit-learn is not installed.
        """
        try:
            from sklearn.feature_extraction.text import TfidfVectorizer
            from sklearn.linear_model import LogisticRegression
        except ImportError as error:
            raise MissingExtra(
                "the linear reader needs `scikit-learn`, which is not installed",
                hint="install the extra: `pip install notegate[train]`",
            ) from error
        notes = [row.note for row in rows]
        if self._signals:
            self._table = SignalTable.of(readings_of(notes))
        if self._pieces:
            self._vectorizer = TfidfVectorizer(
                analyzer="char",
                ngram_range=(1, 3),
                min_df=2,
                sublinear_tf=True,
                max_features=_PIECES,
                dtype=np.float32,
            ).fit([text_of(note).lower() for note in notes])
        columns = self._columns(notes)
        weights = np.array([row.weight for row in rows])
        for labels in ([row.intent for row in rows], [row.disclosure for row in rows]):
            model = LogisticRegression(C=_STRENGTH, max_iter=200, random_state=self._seed)
            self._models.append(model.fit(columns, labels, sample_weight=weights))
        return self

    def read(self, notes: Sequence[Note]) -> Answers:
        """Probabilities of notes."""
        columns = self._columns(notes)
        intent, disclosure = (
            in_order(model.predict_proba(columns), model.classes_, names)
            for model, names in zip(self._models, (INTENTS, DISCLOSURES), strict=True)
        )
        return Answers(intent=intent, disclosure=disclosure)

    def _columns(self, notes: Sequence[Note]) -> Any:
        from scipy.sparse import csr_matrix, hstack

        parts = []
        if self._vectorizer is not None:
            parts.append(self._vectorizer.transform([text_of(note).lower() for note in notes]))
        if self._table is not None:
            parts.append(csr_matrix(_SIGNAL_SCALE * self._table.rows(readings_of(notes))))
        return hstack(parts).tocsr()


class TwoExperts:
    """One linear reader of real notes and one of written notes; their log odds are averaged.

    What tells a customer from a seller in the one partly misleads in the other: a mixed reader is
    worse at both.
    """

    def __init__(self, *, signals: bool, share: float = 0.5) -> None:
        self._signals, self._share = signals, share
        self._experts: list[LinearReader] = []

    def learn(self, rows: Sequence[LabelledNote]) -> TwoExperts:
        """Fit both; where one has nothing to learn from, the other reads alone."""
        for written in (False, True):
            mine = [row for row in rows if (row.origin == "written") == written]
            if len({row.commercial for row in mine}) == 2:
                self._experts.append(LinearReader(signals=self._signals).learn(mine))
        return self

    def read(self, notes: Sequence[Note]) -> Answers:
        """Probabilities of notes."""
        shares = (1 - self._share, self._share) if len(self._experts) == 2 else (1.0,)
        answers = [expert.read(notes) for expert in self._experts]
        return Answers(
            intent=averaged([a.intent for a in answers], shares),
            disclosure=averaged([a.disclosure for a in answers], shares),
        )


def averaged(found: Sequence[Probabilities], shares: Sequence[float]) -> Probabilities:
    """Weighted geometric mean, as probabilities."""
    logs = [share * np.log(one + _LEAST) for one, share in zip(found, shares, strict=True)]
    mean = np.exp(np.sum(logs, axis=0))
    return mean / mean.sum(axis=1, keepdims=True)


def in_order(found: Probabilities, names: Sequence[str], wanted: Sequence[str]) -> Probabilities:
    """Columns in the wanted order; a name that was never learnt has probability 0."""
    columns = np.zeros((len(found), len(wanted)))
    for column, name in zip(found.T, names, strict=True):
        columns[:, wanted.index(name)] = column
    return columns
