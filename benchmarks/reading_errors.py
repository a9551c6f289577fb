"""How well lines were read: edits between what was drawn and what came back."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from moderation.image.watermark.handles import edits

LineErrors = tuple[tuple[int, int], ...]
"""Per drawn line: characters wrong, and characters."""


def characters(posters: Sequence[LineErrors], draws: int = 1000) -> dict[str, Any]:
    """Share of characters that are right, with a bootstrap interval over posters."""
    wrong, letters = (
        np.array([sum(line[part] for line in lines) for lines in posters]) for part in (0, 1)
    )
    pick = np.random.default_rng(0).integers(0, len(posters), (draws, len(posters)))
    right = 1 - wrong[pick].sum(axis=1) / letters[pick].sum(axis=1)
    low, high = np.quantile(right, (0.025, 0.975))
    return {
        "n": int(letters.sum()),
        "right": round(1 - float(wrong.sum() / letters.sum()), 4),
        "ci95": [round(float(low), 4), round(float(high), 4)],
    }


def line_errors(drawn: Sequence[str], read: Sequence[str]) -> LineErrors:
    """Per drawn line: edits to the one read that is nearest, and characters."""
    lines = [plain(line) for line in read] or [""]
    return tuple(
        (min(len(line), *(edits(line, other, len(line)) for other in lines)), len(line))
        for line in map(plain, drawn)
    )


def plain(text: str) -> str:
    """Without blanks, width and case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()
