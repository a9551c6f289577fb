"""Picture → Fingerprint: what the register keeps. No pixels.

A picture that was hashed elsewhere has a fingerprint too, without features: copies of it can be
suspected, never proven.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.image.hashing import Code, HashRecipe
from moderation.image.local_features import LocalFeatures


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fingerprint:
    """Hash, quality and local features of one picture, under a named recipe."""

    recipe: HashRecipe
    code: Code
    """uint8 [recipe.bytes]."""
    quality: int
    """PDQ's 0–100."""
    size: tuple[int, int]
    """Width and height of the upright source in pixels; (0, 0) if only a hash is known."""
    features: LocalFeatures | None
    """None where only a hash is known."""
    descriptor: NDArray[np.float32] | None = None
    """float32 [d], unit length; None where the picture was not described."""
    descriptor_recipe: str | None = None
    """Model that described it; descriptors of two models cannot be compared."""
    sha256: str = ""
    """Hex digest of the source; empty if only a hash is known."""
