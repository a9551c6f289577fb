"""Two pictures side by side, without a register."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation.image.decode import decode
from moderation.image.hashing import PDQ256, hamming_matrix
from moderation.image.matching import Candidate, KnownPicture, match
from moderation.image.query import Query
from moderation.match import Match
from moderation.note import NoteImage

Source = bytes | str | Path | NDArray[np.uint8] | NoteImage


def compare(image_a: Source, image_b: Source) -> Match | None:
    """Whether picture A shows picture B, or part of it, as the gate would judge with B registered.

    Args:
        image_a: the picture under check: bytes, path, or RGB array uint8 [H, W, 3].
        image_b: the earlier picture.

    Returns:
        The match, with empty ids; None where nothing proves one.

    Raises:
        InputError: one of the pictures cannot be read.
    """
    query = Query.of(decode(image_a))
    original = KnownPicture(fingerprint=Query.of(decode(image_b), whole_only=True).fingerprint())
    return match(query, original, _nearest_view(query, original))


def _nearest_view(query: Query, original: KnownPicture) -> Candidate:
    code = original.fingerprint.code[np.newaxis]
    distances = hamming_matrix(query.codes, code)[:, 0]
    row = int(distances.argmin())
    view, mirrored = query.origin_of(PDQ256, row)
    return Candidate(picture_id=0, distance_bits=int(distances[row]), view=view, mirrored=mirrored)
