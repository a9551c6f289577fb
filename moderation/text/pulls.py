"""Why a network answered as it did: what each sentence and each kind of signal added.

The last layer of the note reader adds up: its scores are the sum of what every piece of text and
every signal contributes, and an offset. So this is no estimate of what mattered but the sum
itself, sorted by sentence; only the step from scores to log odds is taken at its slope. A piece
has been read in its context, so a sentence carries what its neighbours lend it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from moderation.text.calibration import commercial_slopes, sale_slopes
from moderation.text.reading import Pull
from moderation.text.whole_text import SENTENCE, WholeText

MOST = 12
"""A person reads no more."""
LEAST = 0.02
"""Log odds; less moves nothing."""


def pulls_of(
    text: WholeText,
    places: Sequence[tuple[int, int]],
    of_pieces: NDArray[np.float64],
    of_signals: Mapping[str, NDArray[np.float64]],
    scores: NDArray[np.float64],
) -> tuple[Pull, ...]:
    """Sentences and signals by what they added, strongest first.

    Args:
        text: the note.
        places: start and end of each piece in the whole text; equal for pieces without text.
        of_pieces: float64 [pieces, 5], added to the scores of the intents.
        of_signals: name → float64 [5] added.
        scores: float64 [5], the sum of all and an offset.
    """
    both = np.stack([commercial_slopes(scores), sale_slopes(scores)])
    found = []
    sentences = list(text.sentences())
    if sentences:
        sums = np.zeros((len(sentences), len(scores)))
        starts = np.array([start for start, *_ in sentences])
        middles = np.array([(start + end) / 2 for start, end in places])
        written = np.array([end > start for start, end in places], bool)
        of = np.clip(np.searchsorted(starts, middles, side="right") - 1, 0, None)
        np.add.at(sums, of[written], of_pieces[written])
        for (_, _, span), one in zip(sentences, sums, strict=True):
            commercial, sale = (both @ one).tolist()
            found.append(Pull(name=SENTENCE, commercial=commercial, hard_sell=sale, span=span))
    for name, one in of_signals.items():
        commercial, sale = (both @ one).tolist()
        found.append(Pull(name=name, commercial=commercial, hard_sell=sale))
    strong = [p for p in found if max(abs(p.commercial), abs(p.hard_sell)) >= LEAST]
    strong.sort(key=lambda p: -max(abs(p.commercial), abs(p.hard_sell)))
    return tuple(strong[:MOST])
