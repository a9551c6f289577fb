"""The whole attack suite, for measuring.

It has every family of AugLy that makes sense for a still picture, and the note community's own.

`ATTACKS` stays as it is, because scores were fitted on it; what is added here was never fitted
on, so it also shows how far the fit reaches. A family is what a report counts: several attacks
of one family are several strengths or forms of one idea.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from moderation.training import community_attacks as community
from moderation.training import layout_attacks as layout
from moderation.training import pixel_attacks as pixel
from moderation.training.attacks import (
    ATTACKS,
    Apply,
    Attack,
    Pixels,
    collage,
    noise,
    resize,
    screenshot,
    tone,
    watermark,
)


def _of(change: Callable[[Pixels, np.random.Generator], Pixels]) -> Apply:
    return lambda pixels, rng, _others: change(pixels, rng)


def _split(rows: int, columns: int) -> Callable[[Pixels, np.random.Generator], Pixels]:
    return lambda pixels, rng: layout.split_and_shuffle(pixels, rng, rows, columns)


def _square(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    return resize(pixels, 1.0, width / height)


ADDED: tuple[Attack, ...] = tuple(
    Attack(name=name, family=family, apply=apply)
    for name, family, apply in (
        # Values
        ("pixelised", "pixelise", _of(lambda p, _: pixel.pixelise(p, 128))),
        ("salt and pepper", "noise", _of(lambda p, r: pixel.speckle(p, r, 0.04))),
        ("strong noise", "noise", _of(lambda p, r: noise(p, r, 28))),
        ("pixels shuffled", "pixel shuffle", _of(lambda p, r: pixel.shuffle_pixels(p, r, 0.1))),
        ("sharpened", "sharpen", _of(lambda p, _: pixel.sharpen(p, 1.5))),
        ("hue turned", "colour", _of(lambda p, _: pixel.turn_hue(p, 60))),
        ("bright", "brightness", _of(lambda p, _: tone(p, lift=55))),
        ("contrast", "contrast", _of(lambda p, _: tone(p, gain=1.7))),
        ("gamma", "contrast", _of(lambda p, _: pixel.gamma(p, 1.8))),
        ("faded", "opacity", _of(lambda p, _: pixel.fade(p, 0.45))),
        ("thumbnail", "low resolution", _of(lambda p, _: pixel.thumbnail(p, 240))),
        ("saved five times", "generations", _of(lambda p, r: pixel.generations(p, r, 5))),
        ("film look", "film", _of(pixel.film)),
        ("moiré", "moiré", _of(lambda p, _: pixel.moire(p, 20))),
        ("mosaic", "mosaic", _of(lambda p, r: pixel.mosaic(p, r, 0.15))),
        ("beauty and slimming", "beauty", _of(lambda p, _: pixel.beauty_filter(p, 0.7))),
        # Layout
        ("split in two, swapped", "split and shuffle", _of(_split(2, 1))),
        ("split in four, shuffled", "split and shuffle", _of(_split(2, 2))),
        ("skewed", "skew", _of(lambda p, r: layout.skew(p, 0.2 * float(r.choice([-1, 1]))))),
        ("perspective", "perspective", _of(lambda p, r: layout.perspective(p, r, 0.25))),
        ("upside down", "mirror", _of(lambda p, _: np.ascontiguousarray(p[::-1]))),
        ("stripes", "stripes", _of(lambda p, r: layout.stripes(p, r, 0.35))),
        ("on another picture", "background", lambda p, r, o: layout.onto_background(p, r, o, 0.6)),
        (
            "half clear on another",
            "background",
            lambda p, r, o: layout.onto_background(p, r, o, 0.75, 0.7),
        ),
        (
            "picture pasted over",
            "overlay picture",
            lambda p, r, o: layout.overlay_picture(p, r, o, 0.3),
        ),
        ("blended", "blend", lambda p, r, o: layout.blend(p, r, o, 0.65)),
        (
            "masked composite",
            "masked composite",
            lambda p, r, o: layout.masked_composite(p, r, o, 0.4),
        ),
        ("meme", "meme", _of(layout.meme)),
        ("padded square", "border", _of(lambda p, _: layout.pad_square(p))),
        ("squashed square", "stretch", _of(lambda p, _: _square(p))),
        ("collage 3x1", "collage", lambda p, r, o: collage(p, r, o, 3, 1)),
        # The community's own
        ("blurred backdrop", "backdrop", _of(lambda p, _: layout.blurred_backdrop(p))),
        ("long picture", "long picture", lambda p, r, o: layout.long_picture(p, r, o, 3)),
        ("note page 3:4", "note page", _of(lambda p, r: community.note_page(p, r))),
        ("note page 3:4 dark", "note page", _of(lambda p, r: community.note_page(p, r, dark=True))),
        ("feed page", "feed page", community.feed_page),
        ("cover text", "cover text", _of(lambda p, r: community.cover_text(p, r, 3))),
        ("danmaku", "danmaku", _of(lambda p, r: community.danmaku(p, r, 14))),
        ("on a text card", "text card", _of(lambda p, r: community.on_text_card(p, r))),
        ("cut in nine", "grid cut", _of(lambda p, _: community.grid_cut(p, 3))),
        ("scrapbook", "scrapbook", community.scrapbook),
        ("sticker pack", "sticker pack", _of(lambda p, r: community.sticker_pack(p, r, 0.25))),
        ("relabelled", "watermark", _of(community.relabelled)),
        ("photo of a monitor", "screen", _of(lambda p, r: community.desk_photo(p, r, 0.7))),
        (
            "screenshot of a screenshot",
            "screenshot",
            _of(lambda p, r: community.note_page(screenshot(p, r), r, 0.2)),
        ),
        (
            "beauty + cover text + watermark",
            "combined",
            _of(lambda p, r: watermark(community.cover_text(pixel.beauty_filter(p, 0.5), r, 2), r)),
        ),
    )
)
"""Not in `ATTACKS`: only measured, never fitted on."""

SUITE: tuple[Attack, ...] = ATTACKS + ADDED
"""In the order of reports."""
