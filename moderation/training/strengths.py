"""Attacks with a dial: the same change from mild to severe, for curves of recall over strength.

Where a curve breaks off says more than any single number: it is the limit that a re-poster would
look for, and the first thing that a change of thresholds moves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from moderation.training import community_attacks as community
from moderation.training import layout_attacks as layout
from moderation.training import pixel_attacks as pixel
from moderation.training.attacks import (
    Attack,
    Pixels,
    collage,
    crop,
    noise,
    picture_in_picture,
    reencode,
    resize,
    tone,
    turn,
)

Turned = Callable[[Pixels, np.random.Generator, Sequence[Pixels], float], Pixels]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """One attack at several strengths."""

    name: str
    unit: str
    """What the values are, for the axis."""
    values: tuple[float, ...]
    """Mildest first; their order, not their size, is the strength."""
    apply: Turned
    """(pixels, generator, other pictures, value) → pixels."""

    def at(self, value: float) -> Attack:
        """The attack at one strength, named `blur at 2.5`."""
        return Attack(
            name=f"{self.name} at {value:g}",
            family=self.name,
            apply=lambda pixels, rng, others: self.apply(pixels, rng, others, value),
        )


def _plain(change: Callable[[Pixels, float], Pixels]) -> Turned:
    return lambda pixels, _rng, _others, value: change(pixels, value)


def _drawn(change: Callable[[Pixels, np.random.Generator, float], Pixels]) -> Turned:
    return lambda pixels, rng, _others, value: change(pixels, rng, value)


def _grid(
    pixels: Pixels, rng: np.random.Generator, others: Sequence[Pixels], value: float
) -> Pixels:
    return collage(pixels, rng, others, int(value), int(value))


def _either(rng: np.random.Generator, value: float) -> float:
    return value * float(rng.choice([-1, 1]))


DIALS: tuple[Dial, ...] = tuple(
    Dial(name=name, unit=unit, values=values, apply=apply)
    for name, unit, values, apply in (
        (
            "crop",
            "share of the area kept",
            (0.75, 0.5, 0.35, 0.25, 0.15, 0.1),
            _drawn(lambda p, r, v: crop(p, r, v)),
        ),
        (
            "blur",
            "σ in pixels",
            (1.0, 2.0, 3.0, 4.0, 6.0),
            _plain(lambda p, v: cv2.GaussianBlur(p, (0, 0), v)),
        ),
        (
            "jpeg",
            "quality",
            (60.0, 35.0, 20.0, 10.0, 5.0),
            _plain(lambda p, v: reencode(p, int(v))),
        ),
        (
            "thumbnail",
            "long side in pixels",
            (480.0, 360.0, 260.0, 190.0, 140.0),
            _plain(lambda p, v: pixel.thumbnail(p, int(v))),
        ),
        (
            "noise",
            "σ in grey levels",
            (8.0, 16.0, 24.0, 36.0, 50.0),
            _drawn(lambda p, r, v: noise(p, r, v)),
        ),
        (
            "salt and pepper",
            "share of the pixels",
            (0.01, 0.03, 0.06, 0.1, 0.18),
            _drawn(lambda p, r, v: pixel.speckle(p, r, v)),
        ),
        (
            "pixelise",
            "blocks over the long side",
            (256.0, 160.0, 112.0, 80.0, 56.0),
            _plain(lambda p, v: pixel.pixelise(p, int(v))),
        ),
        (
            "moiré",
            "grey levels",
            (8.0, 16.0, 28.0, 44.0, 64.0),
            _plain(lambda p, v: pixel.moire(p, v)),
        ),
        (
            "brightness",
            "grey levels added",
            (25.0, 50.0, 75.0, 100.0, 130.0),
            _plain(lambda p, v: tone(p, lift=v)),
        ),
        (
            "darkness",
            "grey levels taken",
            (25.0, 50.0, 75.0, 100.0, 130.0),
            _plain(lambda p, v: tone(p, lift=-v)),
        ),
        (
            "contrast",
            "gain",
            (0.7, 0.5, 0.35, 0.22, 0.12),
            _plain(lambda p, v: tone(p, gain=v)),
        ),
        (
            "beauty filter",
            "strength",
            (0.2, 0.4, 0.6, 0.8, 1.0),
            _plain(lambda p, v: pixel.beauty_filter(p, v)),
        ),
        (
            "slimming",
            "shift, share of the width",
            (0.03, 0.06, 0.1, 0.14, 0.2),
            _plain(lambda p, v: pixel.slim(p, v)),
        ),
        (
            "blend",
            "opacity over another picture",
            (0.85, 0.7, 0.6, 0.5, 0.4, 0.3),
            lambda p, r, o, v: layout.blend(p, r, o, v),
        ),
        (
            "cover text",
            "lines",
            (1.0, 2.0, 4.0, 6.0, 8.0),
            _drawn(lambda p, r, v: community.cover_text(p, r, int(v))),
        ),
        (
            "sticker pack",
            "share of the area",
            (0.1, 0.2, 0.35, 0.5, 0.65),
            _drawn(lambda p, r, v: community.sticker_pack(p, r, v)),
        ),
        (
            "picture pasted over",
            "share of the area",
            (0.15, 0.3, 0.45, 0.6, 0.75),
            lambda p, r, o, v: layout.overlay_picture(p, r, o, v),
        ),
        (
            "stripes",
            "share of the area",
            (0.2, 0.35, 0.5, 0.65, 0.8),
            _drawn(lambda p, r, v: layout.stripes(p, r, v)),
        ),
        (
            "rotation",
            "degrees, either way",
            (3.0, 8.0, 15.0, 25.0, 45.0),
            _drawn(lambda p, r, v: turn(p, _either(r, v))),
        ),
        (
            "stretch",
            "width over height",
            (1.15, 1.3, 1.5, 1.8, 2.2),
            _plain(lambda p, v: resize(p, float(np.sqrt(v)), float(np.sqrt(1 / v)))),
        ),
        (
            "skew",
            "shift, share of the width",
            (0.05, 0.12, 0.2, 0.3, 0.45),
            _drawn(lambda p, r, v: layout.skew(p, _either(r, v))),
        ),
        (
            "perspective",
            "one edge shorter by",
            (0.1, 0.2, 0.3, 0.45, 0.6),
            _drawn(lambda p, r, v: layout.perspective(p, r, v)),
        ),
        (
            "photo of a monitor",
            "strength",
            (0.2, 0.4, 0.6, 0.8, 1.0),
            _drawn(lambda p, r, v: community.desk_photo(p, r, v)),
        ),
        (
            "inset",
            "share of the width",
            (0.7, 0.5, 0.35, 0.25, 0.18),
            lambda p, r, o, v: picture_in_picture(p, r, o, v),
        ),
        ("collage", "n × n", (2.0, 3.0, 4.0, 5.0), _grid),
        (
            "grid cut",
            "n × n tiles",
            (2.0, 3.0, 4.0, 6.0),
            _plain(lambda p, v: community.grid_cut(p, int(v))),
        ),
        (
            "note page",
            "share of chrome",
            (0.2, 0.35, 0.5, 0.62, 0.7),
            _drawn(lambda p, r, v: community.note_page(p, r, v)),
        ),
    )
)
"""In the order of reports."""
