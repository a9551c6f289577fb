"""Which pictures the copy descriptor learns from, and which are kept for measuring.

A training folder may hold anything; of what lies in it directly or in `train/`, three in ten
pictures, by a digest of their names, are never learnt from. Where it has the `manifest.csv` of
`copy_pairs`, the fitting half of the pictures named there is added. Nothing is learnt from that
is nearly the same as a picture kept for measuring.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.errors import BadSetting
from moderation.image.decode import decode
from moderation.image.hashing import hamming_matrix, pdq_dihedral
from moderation.training.attacks import Pixels
from moderation.training.copy_pairs import Album, half_of
from moderation.training.lookalikes import text_card

SAME_BITS = 48
"""PDQ distance up to which, in any of eight orientations, two pictures count as one."""
SHORT_SIDE_PX = 240
LONGEST = 4
"""Most that a training picture's long side is of its short side; the middle is kept."""
_KINDS = ("photos", "lookalikes", "posters", "screenshots", "xhs")
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def held_out(name: str) -> bool:
    """Whether a training folder's picture of this file name is kept for measuring."""
    return hashlib.sha256(name.encode()).digest()[2] % 10 < 3


def training_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """Pictures to learn from and pictures to keep apart, each in the order of their paths.

    Raises:
        BadSetting: the folder has no picture.
    """
    flat = folder / "train" if (folder / "train").is_dir() else folder
    found = sorted(p for p in flat.iterdir() if p.suffix.lower() in _SUFFIXES)
    learnt = [path for path in found if not held_out(path.name)]
    apart = [path for path in found if held_out(path.name)]
    if (folder / "manifest.csv").is_file():
        album = Album(folder)
        for entry in (e for kind in _KINDS for e in album.of_kind(kind)):
            halved_by = {"photos": entry.source, "lookalikes": entry.group}.get(entry.kind)
            half = half_of(halved_by or entry.file)
            (apart if half else learnt).append(folder / entry.file)
    if not learnt:
        raise BadSetting(
            f"`{folder}` has {len(found)} pictures, none to learn from",
            hint="name a folder of JPEG, PNG or WebP files; some thousands are needed",
        )
    return learnt, apart


def training_pictures(
    folder: Path, cards: int = 0, most: int | None = None
) -> tuple[list[str], list[Pixels]]:
    """Pictures to learn from, short side at most 240 px, no two nearly the same, and their names.

    Args:
        folder: see above.
        cards: drawn text cards to add, four of a template, with different texts; a tenth of the
            pictures at most.
        most: leave out the pictures beyond this number.
    """
    learnt, apart = training_files(folder)
    kept: list[Pixels] = []
    names: list[str] = []
    codes = np.stack([_codes(read_small(path))[0] for path in apart]) if apart else _no_codes()
    known = np.zeros((len(codes) + len(learnt), 32), np.uint8)
    known[: len(codes)] = codes
    count = len(codes)
    for path in learnt if most is None else learnt[:most]:
        pixels = read_small(path)
        mine = _codes(pixels)
        if count and hamming_matrix(mine, known[:count]).min() <= SAME_BITS:
            continue
        known[count] = mine[0]
        count += 1
        kept.append(pixels)
        names.append(path.relative_to(folder).as_posix())
    for i in range(min(cards, len(kept) // 10)):
        kept.append(small(text_card(2 * (i // 4), i)))  # odd templates are measured on
        names.append(f"card {i}")
    return names, kept


def read_small(path: Path) -> Pixels:
    """Decode and reduce."""
    return small(decode(path).pixels)


def small(pixels: Pixels) -> Pixels:
    """Short side at most 240 px, long side at most four times that."""
    height, width = pixels.shape[:2]
    longest = LONGEST * min(height, width)
    y, x = max(0, height - longest) // 2, max(0, width - longest) // 2
    pixels = pixels[y : y + longest, x : x + longest]
    ratio = SHORT_SIDE_PX / min(pixels.shape[:2])
    if ratio < 1:
        size = (round(pixels.shape[1] * ratio), round(pixels.shape[0] * ratio))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(pixels)


def fillers(names: Sequence[str]) -> list[int]:
    """Numbers of pictures that only fill other pictures' collages.

    Were they learnt from as well, a collage would be told to be unlike what it shows.
    """
    return [i for i, name in enumerate(names) if hashlib.sha256(name.encode()).digest()[3] < 16]


def _codes(pixels: Pixels) -> NDArray[np.uint8]:
    return pdq_dihedral(pixels)[0]


def _no_codes() -> NDArray[np.uint8]:
    return np.zeros((0, 32), np.uint8)
