"""Picture → perceptual hash: PDQ of our own, three 64-bit recipes of `imagehash`, exact distances.

PDQ follows the C++ program of facebook/ThreatExchange (`pdq/cpp`, BSD) on its 512-px path:
a picture with a side above 512 is first brought to 512 × 512, then luma, two passes of a box
filter each way, 64 × 64 samples, the DCT's rows and columns 1–16, one bit for each coefficient
above their median.

Pictures up to 512 × 512 give the reference's bits. Above, the reference takes the nearest pixel;
here areas are averaged and sampled `_EARLIER_PX` earlier, so that a scaled copy keeps its hash.
Measured in bits against the hashes published with the reference (quality 100): at most 8 from
those of the C++ program, 8 from those of the Python one, 4 from hashing without the step to 512.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moderation.errors import BadHash, RecipeMismatch

Pixels = NDArray[np.uint8]
"""uint8 [H, W, 3], RGB."""
Code = NDArray[np.uint8]
"""uint8 [bytes]: one packed hash, in the order of its published hex form."""

_HASHED_SIDE_PX = 512
_GRID = 64
_MIN_SIDE_PX = 5  # the reference gives the zero hash and quality 0 below
# Box windows at 512 px are 4 wide; an even window reaches one pixel further right than left, so
# two passes see 1.5 px to the right. At full size that is a smaller part of the picture.
_EARLIER_PX = 1
_FLAT = 1e-3  # grey levels; less is rounding, and its hash would be noise


@dataclass(frozen=True, slots=True, kw_only=True)
class HashRecipe:
    """What a code was made with. Codes of different recipes cannot be compared."""

    name: str
    """Ends in `_v<N>`; a change that moves bits is a new name."""
    bits: int

    @property
    def bytes(self) -> int:
        """Length of a packed code."""
        return self.bits // 8


PDQ256 = HashRecipe(name="pdq256_v1", bits=256)
PHASH64 = HashRecipe(name="phash64_v1", bits=64)
DHASH64 = HashRecipe(name="dhash64_v1", bits=64)
WHASH64 = HashRecipe(name="whash64_v1", bits=64)
RECIPES = MappingProxyType({r.name: r for r in (PDQ256, PHASH64, DHASH64, WHASH64)})


class Dihedral(StrEnum):
    """The eight ways to turn or mirror a picture, as the reference names them."""

    ORIGINAL = "original"
    ROTATE_90 = "rotate_90"
    """Counter-clockwise, `numpy.rot90`."""
    ROTATE_180 = "rotate_180"
    ROTATE_270 = "rotate_270"
    FLIP_X = "flip_x"
    """Upside down: mirrored at the x axis."""
    FLIP_Y = "flip_y"
    """Left to right: mirrored at the y axis."""
    TRANSPOSE = "transpose"
    """Rows become columns."""
    ANTI_TRANSPOSE = "anti_transpose"
    """Mirrored at the other diagonal."""

    @property
    def mirrored(self) -> bool:
        """True where no rotation gives the same."""
        return self in _MIRRORED

    def apply(self, pixels: Pixels) -> Pixels:
        """Turn pixels [H, W, …]; a view, not a copy."""
        return _TURN[self](pixels)


DIHEDRAL = tuple(Dihedral)
"""Order of the rows of `pdq_dihedral`."""
_MIRRORED = frozenset(DIHEDRAL[4:])
_TURN: dict[Dihedral, Callable[[Pixels], Pixels]] = {
    Dihedral.ORIGINAL: lambda p: p,
    Dihedral.ROTATE_90: lambda p: np.rot90(p, 1),
    Dihedral.ROTATE_180: lambda p: np.rot90(p, 2),
    Dihedral.ROTATE_270: lambda p: np.rot90(p, 3),
    Dihedral.FLIP_X: lambda p: p[::-1],
    Dihedral.FLIP_Y: lambda p: p[:, ::-1],
    Dihedral.TRANSPOSE: lambda p: p.swapaxes(0, 1),
    Dihedral.ANTI_TRANSPOSE: lambda p: np.rot90(p, 2).swapaxes(0, 1),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pdq:
    """A PDQ hash and how much detail it rests on."""

    bits: Code
    """uint8 [32]."""
    quality: int
    """0–100, the sum of significant gradients; below 50 the hash says little."""


def pdq(pixels: Pixels) -> Pdq:
    """PDQ hash and quality of uint8 [H, W, 3]."""
    spectrum, quality = _spectrum(pixels)
    return Pdq(bits=_packed(spectrum), quality=quality)


def pdq_dihedral(pixels: Pixels) -> tuple[NDArray[np.uint8], int]:
    """All eight hashes from one DCT, uint8 [8, 32] in the order of `DIHEDRAL`, and the quality.

    Turning the spectrum is not quite hashing the turned picture, whose box windows lie
    differently: on photographs the two agree within 12 bits above 512 px. Up to 512 px the
    reference's even windows count for more, and it can be twice that.
    """
    a, quality = _spectrum(pixels)
    t = a.T
    rows, columns = _ODD_FREQUENCIES[:, None], _ODD_FREQUENCIES[None, :]
    turned = (a, rows * t, rows * columns * a, columns * t)
    mirrored = (rows * a, columns * a, t, rows * columns * t)
    return np.stack([_packed(x) for x in turned + mirrored]), quality


# Mirroring a signal turns the sign of its odd frequencies 1, 3, …, at indices 0, 2, ….
_ODD_FREQUENCIES = np.where(np.arange(16) % 2 == 0, -1, 1).astype(np.float32)
_DCT = (
    np.sqrt(2 / _GRID)
    * np.cos(np.pi / (2 * _GRID) * np.outer(np.arange(1, 17), 2 * np.arange(_GRID) + 1))
).astype(np.float32)  # [16, 64], without the constant row


def _spectrum(pixels: Pixels) -> tuple[NDArray[np.float32], int]:
    """DCT float32 [16, 16] and quality 0–100."""
    height, width = pixels.shape[:2]
    if min(height, width) < _MIN_SIDE_PX:
        return np.zeros((16, 16), np.float32), 0
    if max(height, width) > _HASHED_SIDE_PX:
        # Rounding luma to 8 bits is lost in the average, and three times as fast.
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        grey = cv2.resize(grey, (_HASHED_SIDE_PX,) * 2, interpolation=cv2.INTER_AREA)
        luma, earlier = grey.astype(np.float32), _EARLIER_PX
    else:
        grey = cv2.cvtColor(pixels.astype(np.float32), cv2.COLOR_RGB2GRAY)
        luma, earlier = np.asarray(grey, dtype=np.float32), 0
    grid = _grid(luma, earlier)
    if np.ptp(grid) < _FLAT:
        return np.zeros((16, 16), np.float32), 0
    return _DCT @ grid @ _DCT.T, _quality(grid)


def _grid(luma: NDArray[np.float32], earlier: int) -> NDArray[np.float32]:
    """Filter luma [H, W] with a tent (a box, twice) and sample it: float32 [64, 64]."""
    height, width = luma.shape
    if height == width == _GRID:  # counts as sampled already
        return luma
    # A window of w reaches w // 2 pixels to the right, the rest to the left, both cut at the edge.
    # OpenCV rather than one matrix product: threads of BLAS stall for 60 ms on a busy machine.
    window = (-(-width // (2 * _GRID)), -(-height // (2 * _GRID)))
    left = ((window[0] - 1) // 2, (window[1] - 1) // 2)
    share = np.outer(_reciprocal_cover(height, window[1]), _reciprocal_cover(width, window[0]))
    for _ in range(2):
        luma = share * cv2.boxFilter(
            luma, -1, window, anchor=left, normalize=False, borderType=cv2.BORDER_CONSTANT
        )
    rows, columns = (((np.arange(_GRID) + 0.5) * n / _GRID).astype(int) for n in (height, width))
    return luma[np.ix_(rows - earlier, columns - earlier)]


def _reciprocal_cover(side: int, window: int) -> NDArray[np.float32]:
    """1 / number of pixels under a window at each place: float32 [side]."""
    at = np.arange(side)
    last, first = np.minimum(at + window // 2, side - 1), np.maximum(at - (window - 1) // 2, 0)
    return (1 / (last - first + 1)).astype(np.float32)


def _quality(grid: NDArray[np.float32]) -> int:
    # Truncation to whole percents is part of the measure: small gradients count nothing.
    steps = (np.diff(grid, axis=0), np.diff(grid, axis=1))
    return min(100, sum(int(np.abs(np.trunc(s * 100 / 255)).sum()) for s in steps) // 90)


def _packed(spectrum: NDArray[np.float32]) -> Code:
    # Torben's median of an even count is the lower one; the published hex has bit 0 last.
    flat = spectrum.ravel()
    return np.packbits((flat > np.partition(flat, 127)[127])[::-1])


_IMAGEHASH: dict[HashRecipe, Callable[[Image.Image], imagehash.ImageHash]] = {
    PHASH64: imagehash.phash,
    DHASH64: imagehash.dhash,
    WHASH64: imagehash.whash,
}


def hash_with(recipe: HashRecipe, pixels: Pixels) -> Code:
    """Code of uint8 [H, W, 3] under a recipe: uint8 [recipe.bytes]."""
    if recipe == PDQ256:
        return pdq(pixels).bits
    return np.packbits(_IMAGEHASH[recipe](Image.fromarray(pixels)).hash)


def recipe_named(name: str) -> HashRecipe:
    """Look a recipe up.

    Raises:
        RecipeMismatch: No recipe of that name.
    """
    if name not in RECIPES:
        known = ", ".join(f"`{known}`" for known in RECIPES)
        raise RecipeMismatch(f"unknown recipe `{name:.60}`", hint=f"use one of {known}")
    return RECIPES[name]


def parse_hex(recipe: HashRecipe, text: str) -> bytes:
    """Read a published hash; upper case and white space around or inside do not matter.

    Raises:
        BadHash: Not hexadecimal, or of another length than the recipe's.
    """
    digits = "".join(text.split())
    wanted = 2 * recipe.bytes
    hint = f"give a hash of `{recipe.name}` as {wanted} hexadecimal digits"
    if len(digits) != wanted:
        raise BadHash(f"got {len(digits)} digits, `{recipe.name}` has {wanted}", hint=hint)
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise BadHash(f"{digits!r:.80} is not hexadecimal", hint=hint) from None


def to_hex(code: Code | bytes) -> str:
    """Published form of a code: lower case, no spaces."""
    return bytes(code).hex()


def hamming(a: Code, b: Code) -> int:
    """Number of bits that differ between two codes uint8 [bytes]."""
    return int(np.bitwise_count(np.bitwise_xor(a, b)).sum())


def hamming_matrix(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Distances int32 [n, m] of codes uint8 [n, bytes] and [m, bytes]: the slow truth."""
    distances = np.empty((len(a), len(b)), np.int32)
    for row, code in zip(distances, a, strict=True):
        row[:] = np.bitwise_count(code ^ b).sum(axis=1)
    return distances
