"""Query pixels + stored features → Proof that the query shows the original, or nothing.

First an alignment is found on local features (`align`) and, where it leaves a doubt, made surer
(`look_again`). Then the query is laid over the original's frame and every stored feature is read
again at its own place (`Reading`). In a copy the details agree wherever nothing was pasted over; in
a second photograph of the same shelf, or in another text on the same template,
the background agrees and the subject does not. The original's pixels are not
needed, so a proof can be repeated years later.

The score is a logistic regression over what was measured, fitted by
`moderation.training.copy_score`; its card is `docs/why/copy-score.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from moderation.image.alignment import Alignment, align
from moderation.image.hashing import Code
from moderation.image.local_features import LocalFeatures
from moderation.image.rereading import QueryPicture, Reading, read_again
from moderation.image.second_look import look_again

MIN_FEATURES = 16
"""A picture with fewer stored features has too little detail for a geometric proof."""

_CLEAR = 0.95  # no need to look again
_FEW = 16  # agreeing details: as many as a status bar and a row of buttons have
_BARE_CELLS = 12  # of 64 that hold detail: photographs fill 24 and more, an empty page 9
_UNSURE = 0.89  # with so little, a person should look before anything is blocked
_OTHER_BITS = 90  # of a frame's hash: pictures that have nothing in common begin here
_WHOLE = 0.9  # of the original: all of its frame is seen
PAGE = 0.5
"""From so much flat ground on, a picture is a page: a few words or lines, and little else."""
_SAME_WORDS = 0.975  # of a page's details must agree: a price of three digits has three of them
_MOST, _NEARLY_ALL = 0.6, 0.9  # of a page's details must be in sight and large enough to be read
_NO_MATCH = 0.45


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proof:
    """An alignment with what speaks for and against it."""

    alignment: Alignment
    reading: Reading
    score: float
    """Calibrated 0–1."""
    ceiling: float
    """What the score could not have passed, 1 where nothing held it down."""


def verify(query: QueryPicture, original: LocalFeatures, code: Code) -> Proof | None:
    """Prove that `query` shows what `original` was read from.

    Args:
        query: the picture under check.
        original: stored features of the registered picture.
        code: its PDQ hash, uint8 [32].

    Returns:
        The proof with its score, however low; None where nothing aligns or too few details can
        be read again.
    """
    rough = align(query.features, original)
    if rough is None:
        return None
    proof = _proof(query, original, code, rough)
    if proof is not None and proof.score >= _CLEAR:
        return proof
    closer = look_again(query, original, rough)
    second = None if closer is None else _proof(query, original, code, closer)
    return max((p for p in (proof, second) if p is not None), key=lambda p: p.score, default=None)


def _proof(
    query: QueryPicture, original: LocalFeatures, code: Code, alignment: Alignment
) -> Proof | None:
    reading = read_again(query, original, alignment, code)
    if reading is None:
        return None
    ceiling = _ceiling(original, reading)
    score = min(_score(alignment, reading), ceiling)
    return Proof(alignment=alignment, reading=reading, score=score, ceiling=ceiling)


def _ceiling(original: LocalFeatures, reading: Reading) -> float:
    """What the score may not pass, however well the rest agrees.

    Two pages of one template differ in a few words, and those are the work: a page needs its words
    to agree, and to be in sight.
    """
    if _is_page(reading) and (reading.read < _MOST or reading.same < _SAME_WORDS):
        return _NO_MATCH
    if _is_other_page(reading) or reading.agreeing < _FEW or _is_bare(original):
        return _UNSURE
    return 1.0


def _is_page(reading: Reading) -> bool:
    return reading.flat > PAGE


def _is_other_page(reading: Reading) -> bool:
    """A page of which some detail is not known to be the same."""
    return _is_page(reading) and (reading.same < 1 or reading.read < _NEARLY_ALL)


def _is_bare(original: LocalFeatures) -> bool:
    """All detail lies in a bar or two: what any other page of the same app has too."""
    cells = (original.points * 8 / np.maximum(original.size, 1)).astype(np.intp)
    return len(np.unique(cells[:, 0] + 64 * cells[:, 1])) < _BARE_CELLS


# The score


def measurements(alignment: Alignment, reading: Reading) -> tuple[float, ...]:
    """The numbers that the score weighs; more of each speaks for a copy.

    Each is cut off where more of it says nothing new.
    """
    return (
        _clip(4 * min(reading.agreement - 0.97, 0) - 5 * reading.contradiction, -4, 0),
        -4 * reading.contradiction_outside,
        _clip(reading.sharpness_bits - 6, -1, 1),
        _clip(math.log2(max(alignment.share_of_hull, 1e-3) / 0.05), -3, 1),
        _clip(math.log2(max(reading.coverage, 1e-3) / 0.25), -2, 1),
        _clip(-math.log2(max(alignment.residual, 1e-6) / 0.001), -3, 1),
        _clip(5 * (alignment.inlier_share - 0.35), -1.6, 0.5),
        _frame_agrees(alignment, reading),
    )


def _frame_agrees(alignment: Alignment, reading: Reading) -> float:
    """Twelve bits nearer than other pictures is 1.

    Of a part of the frame only likeness counts, and of a page not even that unless all its words
    are the same: all pages of one template are alike.
    """
    likeness = _clip((_OTHER_BITS - reading.frame_bits) / 12, -2, 5)
    if likeness < 0:
        return likeness if alignment.share_of_original >= _WHOLE else 0.0
    return 0.0 if _is_other_page(reading) else likeness


_BIAS = -2.96
_WEIGHTS = (1.05, 0.93, 2.66, 0.89, 0.76, 2.08, 0.61, 0.97)
"""Of agreement inside the hull, no contradiction outside, sharpness, area of the hull, its share
of what is seen, small residual, share of inliers, likeness of the frame."""


def _score(alignment: Alignment, reading: Reading) -> float:
    values = measurements(alignment, reading)
    logit = _BIAS + sum(w * v for w, v in zip(_WEIGHTS, values, strict=True))
    return 1 / (1 + math.exp(-_clip(logit, -30, 30)))


def _clip(value: float, least: float, most: float) -> float:
    return max(least, min(most, value))
