"""Picture → perceptual hash: PDQ of our own, three 64-bit recipes of `imagehash`, exact distances.

PDQ follows the C++ program of facebook/ThreatExchange (`pdq/cpp`, BSD) on its 512-px path:
a picture with a side above 512 is first brought to 512 × 512, then luma, two passes of a box
filter each way, 64 × 64 samples, the DCT's rows and columns 1–16, one bit for each coefficient
above their median.

Pictures up to 512 × 512 give the reference's bits. Above, the reference takes the nearest pixel;
here areas are averaged and sampled `_EARLIER_PX` earlier, so that a scaled copy keeps its hash.
`benchmarks/pdq_conformance.py` measures the distance from the published hashes (8 bits at most
where quality is 80 or more) and from the C++ code at full size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moderation.errors import BadHash, RecipeMismatch
from moderation.image.scaling import scaled

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
    field = _field(pixels, part=False)
    return Pdq(bits=_packed(field.spectrum()), quality=field.quality())


def pdq_dihedral(pixels: Pixels, *, part: bool = False) -> tuple[NDArray[np.uint8], int]:
    """Hashes of a picture turned and mirrored in all eight ways, for little more than one.

    Each is what `pdq` says of the turned pixels: on photographs 0 bits away in the median and 2
    at most; up to 18 where a side is below 257 px, as a window is cut at another edge there.

    Args:
        pixels: uint8 [H, W, 3]; or of a part [H, W], in grey levels, for it may be one of many.
        part: Cut out of a picture, so the original was larger in all likelihood: brought to
            512 × 512 even from below. Scaled down to 300 px, photographs of 1440 px are then 2
            bits away from themselves in the median and 6 at most, instead of 8 and 26.

    Returns:
        Codes uint8 [8, 32] in the order of `DIHEDRAL`; quality 0–100.
    """
    field = _field(pixels, part=part)
    a, x = field.spectrum(), field.spectrum(flip_x=True)
    y, both = field.spectrum(flip_y=True), field.spectrum(flip_x=True, flip_y=True)
    turned = (a, y.T, both, x.T)  # `numpy.rot90` is to mirror, then to transpose
    mirrored = (x, y, a.T, both.T)
    return np.stack([_packed(s) for s in turned + mirrored]), field.quality()


_DCT = (
    np.sqrt(2 / _GRID)
    * np.cos(np.pi / (2 * _GRID) * np.outer(np.arange(1, 17), 2 * np.arange(_GRID) + 1))
).astype(np.float32)  # [16, 64], without the constant row


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Field:
    """Filtered luma and where to sample it."""

    luma: NDArray[np.float32]
    """float32 [H, W]."""
    rows: NDArray[np.intp]
    """int [2, 64]: rows sampled; then those of the flipped picture, in its order."""
    columns: NDArray[np.intp]

    def spectrum(self, *, flip_x: bool = False, flip_y: bool = False) -> NDArray[np.float32]:
        """DCT float32 [16, 16] of the picture, or of its mirror image at an axis."""
        grid = self._grid(flip_x, flip_y)
        if np.ptp(grid) < _FLAT:
            return np.zeros((16, 16), np.float32)
        return _DCT @ grid @ _DCT.T

    def quality(self) -> int:
        """The sum of significant gradients, 0–100."""
        grid = self._grid(False, False)
        # Truncation to whole percents is part of the measure: small gradients count nothing.
        steps = (np.diff(grid, axis=0), np.diff(grid, axis=1))
        return min(100, sum(int(np.abs(np.trunc(s * 100 / 255)).sum()) for s in steps) // 90)

    def _grid(self, flip_x: bool, flip_y: bool) -> NDArray[np.float32]:
        return self.luma[np.ix_(self.rows[int(flip_x)], self.columns[int(flip_y)])]


def _field(pixels: Pixels, *, part: bool) -> _Field:
    height, width = pixels.shape[:2]
    if min(height, width) < _MIN_SIDE_PX:
        nothing = np.zeros((2, _GRID), np.intp)
        return _Field(luma=np.zeros((1, 1), np.float32), rows=nothing, columns=nothing)
    if part or max(height, width) > _HASHED_SIDE_PX:
        # Rounding luma to 8 bits is lost in the average, and three times as fast.
        grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        grey = scaled(grey, (_HASHED_SIDE_PX,) * 2)
        luma, earlier = grey.astype(np.float32), _EARLIER_PX
    else:
        grey = cv2.cvtColor(pixels.astype(np.float32), cv2.COLOR_RGB2GRAY)
        luma, earlier = np.asarray(grey, dtype=np.float32), 0
    height, width = luma.shape
    if height == width == _GRID:  # counts as sampled already
        every = np.stack([np.arange(_GRID), np.arange(_GRID)[::-1]])
        return _Field(luma=luma, rows=every, columns=every)
    window = (_window(width), _window(height))
    return _Field(
        luma=_filtered(luma, window),
        rows=_places(height, window[1], earlier),
        columns=_places(width, window[0], earlier),
    )


def _window(side: int) -> int:
    return -(-side // (2 * _GRID))


def _filtered(luma: NDArray[np.float32], window: tuple[int, int]) -> NDArray[np.float32]:
    """A tent filter: a box of `window` (width, height), twice."""
    # A window of w reaches w // 2 pixels to the right, the rest to the left, both cut at the edge.
    # OpenCV rather than one matrix product: threads of BLAS stall for 60 ms on a busy machine.
    left = ((window[0] - 1) // 2, (window[1] - 1) // 2)
    height, width = luma.shape
    share = _share((height, width), window)
    for _ in range(2):
        luma = share * cv2.boxFilter(
            luma, -1, window, anchor=left, normalize=False, borderType=cv2.BORDER_CONSTANT
        )
    return luma


def _places(side: int, window: int, earlier: int) -> NDArray[np.intp]:
    """Where 64 samples lie along a side, and where those of its mirror image do: int [2, 64]."""
    places = ((np.arange(_GRID) + 0.5) * side / _GRID).astype(np.intp) - earlier
    # An even window reaches one pixel further right; in the mirror image, twice, further left.
    mirrored = side - 1 - places - (2 if window % 2 == 0 else 0)
    return np.stack([places, np.maximum(mirrored, 0)])


@lru_cache(maxsize=4)  # nearly all pictures are 512 × 512 here
def _share(shape: tuple[int, int], window: tuple[int, int]) -> NDArray[np.float32]:
    """1 / number of pixels under a window (width, height) at each place: float32 [H, W]."""
    down, across = _reciprocal_cover(shape[0], window[1]), _reciprocal_cover(shape[1], window[0])
    return np.outer(down, across)


def _reciprocal_cover(side: int, window: int) -> NDArray[np.float32]:
    """1 / number of pixels under a window at each place: float32 [side]."""
    at = np.arange(side)
    last, first = np.minimum(at + window // 2, side - 1), np.maximum(at - (window - 1) // 2, 0)
    return (1 / (last - first + 1)).astype(np.float32)


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
