"""A picture under check, ready to be searched for: views, their hashes, descriptors, features.

Hashes are made at once, descriptors where a model is at hand. The fine features cost more than all
the rest together, so they are made when the first candidate asks.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from moderation.image.decode import Picture
from moderation.image.descriptor import Describer
from moderation.image.fingerprint import Fingerprint
from moderation.image.hashing import DIHEDRAL, PDQ256, HashRecipe, hash_with
from moderation.image.local_features import stored_features
from moderation.image.rereading import QueryPicture
from moderation.image.views import MOST_VIEWS, View, ViewName, Views, hash_views, looked_over

MIN_QUALITY = 20
"""Of a view; flatter ones hash to noise and would meet every other flat picture."""
MANY_PANELS = 4
"""A collage of so many pictures is read finer."""
MOST_DESCRIBED = 6
"""Views of one picture that are described, the whole one included: each costs some 10 ms."""


@dataclass(slots=True, kw_only=True, eq=False)
class Query:
    """What is searched for. Safe to share between threads."""

    picture: Picture
    views: tuple[View, ...]
    """Worth searching for; the whole picture first, whatever its quality."""
    codes: NDArray[np.uint8]
    """uint8 [views × 8, 32]: PDQ of each view in its eight dihedral forms, `DIHEDRAL` order."""
    quality: int
    """PDQ quality of the whole picture, 0–100."""
    found: Views
    """All views that were found, flat ones included, and what was left out."""
    descriptors: NDArray[np.float32] | None = None
    """float32 [n, d], unit rows, of the whole picture and of its likeliest parts; None where they
    were not asked for."""
    descriptor_recipe: str | None = None
    """Model that made them."""
    _verifiable: QueryPicture | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, picture: Picture, *, whole_only: bool = False) -> Query:
        """Find the views and hash them.

        Args:
            picture: decoded.
            whole_only: leave out frames, panels and crops; enough to group an archive by work.
        """
        found = looked_over(picture.pixels, most=1 if whole_only else MOST_VIEWS)
        views = found.kept
        codes, qualities = hash_views(picture.pixels, views)
        quality = int(qualities[0])
        kept = [i for i, q in enumerate(qualities) if i == 0 or q >= MIN_QUALITY]
        return cls(
            picture=picture,
            views=tuple(views[i] for i in kept),
            codes=codes[kept].reshape(-1, PDQ256.bytes),
            quality=quality,
            found=found,
        )

    def describe(self, describer: Describer) -> None:
        """Add the descriptors, all in one batch."""
        chosen = [view for view in self.views if view.name is not ViewName.CROP][:MOST_DESCRIBED]
        parts = [self.picture.pixels[y0:y1, x0:x1] for x0, y0, x1, y1 in (v.box for v in chosen)]
        self.descriptors = describer.describe(parts)
        self.descriptor_recipe = describer.recipe

    def telling_descriptors(self) -> NDArray[np.float32]:
        """Those that are worth a search: float32 [n, d]; a flat picture's is like every other's."""
        if self.descriptors is None:
            return np.empty((0, 0), np.float32)
        return self.descriptors[int(self.quality < MIN_QUALITY) :]

    def cosine_to(self, known: Fingerprint) -> float | None:
        """Highest cosine of any described view, rounded; None without descriptors of one model."""
        if self.descriptors is None or known.descriptor is None:
            return None
        if self.descriptor_recipe != known.descriptor_recipe:
            return None
        return round(float((self.descriptors @ known.descriptor).max()), 3)

    def verifiable(self) -> QueryPicture:
        """The picture with its fine features, made once."""
        with self._lock:
            if self._verifiable is None:
                parts = [view.box for view in self.views[1:] if view.name is not ViewName.CROP]
                self._verifiable = QueryPicture.of(
                    self.picture.pixels,
                    self.picture.source_size,
                    parts,
                    collage=sum(v.name is ViewName.PANEL for v in self.views) >= MANY_PANELS,
                )
            return self._verifiable

    def fingerprint(self) -> Fingerprint:
        """What the register would keep of the picture; reads its features anew at each call."""
        return Fingerprint(
            recipe=PDQ256,
            code=self.codes[0],
            quality=self.quality,
            size=self.picture.source_size,
            features=stored_features(self.picture.pixels, self.picture.source_size),
            descriptor=None if self.descriptors is None else self.descriptors[0],
            descriptor_recipe=self.descriptor_recipe,
            sha256=self.picture.sha256,
        )

    def codes_for(self, recipe: HashRecipe) -> NDArray[np.uint8]:
        """Codes to search for among those of `recipe`: uint8 [n, recipe.bytes].

        The 64-bit recipes of archives hashed elsewhere are asked for the whole picture, upright
        and mirrored.
        """
        if recipe == PDQ256:
            return self.codes
        pixels = self.picture.pixels
        mirror = np.ascontiguousarray(pixels[:, ::-1])
        return np.stack([hash_with(recipe, pixels), hash_with(recipe, mirror)])

    def origin_of(self, recipe: HashRecipe, row: int) -> tuple[int, bool]:
        """(number of the view, mirrored or not) behind `codes_for(recipe)[row]`."""
        if recipe == PDQ256:
            return row // len(DIHEDRAL), DIHEDRAL[row % len(DIHEDRAL)].mirrored
        return 0, row == 1
