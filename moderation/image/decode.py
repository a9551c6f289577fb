"""Bytes, file or array → Picture: sRGB pixels, upright, with the digest of the source.

Size limits are compared with the header, before any pixel is allocated, and
large JPEGs are decoded at the scale that is needed.
"""

from __future__ import annotations

import hashlib
import io
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, JpegImagePlugin, TiffImagePlugin

from moderation.errors import ImageTooLarge, UnreadableImage
from moderation.image.colour import srgb
from moderation.image.formats import plugin_for
from moderation.image.scaling import scaled
from moderation.note import NoteImage
from moderation.picture_file import PictureFile

MAX_SIDE_PX = 1536
"""Long side to which pictures are brought; enough for a collage cell to keep its detail."""
MIN_SHORT_SIDE_PX = 512
"""Never scaled below this short side: PDQ reads 512 × 512, and long screenshots stay legible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeLimits:
    """What a picture may be at most; all three are compared with the header."""

    bytes: int = 40_000_000
    """Length of the source."""
    pixels: int = 50_000_000
    """Width × height. Pillow keeps up to 4 bytes a pixel twice: about 400 MB at this limit."""
    side: int = 30_000
    """Width or height in pixels."""


DEFAULT_LIMITS = DecodeLimits()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """Decoded pixels and where they came from."""

    pixels: NDArray[np.uint8]
    """uint8 [H, W, 3], RGB in sRGB, upright, read-only."""
    sha256: str
    """Hex digest of the source bytes; of shape and pixels where the source was an array."""
    source_size: tuple[int, int]
    """Width and height of the upright source, before any scaling."""

    @property
    def width(self) -> int:
        """Width of `pixels`."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height of `pixels`."""
        return int(self.pixels.shape[0])


def decode(
    source: bytes | str | Path | NDArray[np.uint8] | NoteImage,
    *,
    limits: DecodeLimits = DEFAULT_LIMITS,
    max_side: int | None = MAX_SIDE_PX,
) -> Picture:
    """Decode a picture: JPEG, PNG, WebP, GIF (first frame), AVIF, HEIC, BMP or TIFF.

    Args:
        source: Bytes, path of a regular file, RGB array uint8 [H, W, 3], or image of a note.
        limits: Refused above; checked before allocation.
        max_side: Long side to scale down to, unless the short side would fall below
            `MIN_SHORT_SIDE_PX`; None keeps every pixel.

    Raises:
        UnreadableImage: Not a complete picture, not a readable file, or not the promised digest.
        ImageTooLarge: Above one of the limits.
        UnsupportedFormat: Of a format that is not read here, such as SVG or PDF.
        MissingExtra: HEIC without `pillow-heif`.
    """
    return decode_keeping(source, limits=limits, max_side=max_side)[0]


def decode_keeping(
    source: bytes | str | Path | NDArray[np.uint8] | NoteImage,
    *,
    limits: DecodeLimits = DEFAULT_LIMITS,
    max_side: int | None = MAX_SIDE_PX,
) -> tuple[Picture, bytes | None]:
    """As `decode`, and the bytes too, which say what pixels no longer do; None for an array."""
    promised = None
    if isinstance(source, NoteImage):
        promised = source.sha256
        if source.file is not None:
            source = _read_stored(source.file, limits)
        else:
            source = next(x for x in (source.path, source.data, source.array) if x is not None)
    if isinstance(source, np.ndarray):
        picture = _from_array(source, limits, max_side)
        _check_digest(picture.sha256, promised)
        return picture, None
    data = source if isinstance(source, bytes) else _read_file(source, limits)
    if len(data) > limits.bytes:
        raise _too_many_bytes(len(data), limits)
    digest = hashlib.sha256(data).hexdigest()
    _check_digest(digest, promised)
    return _from_bytes(data, digest, limits, max_side), data


def _read_file(path: str | Path, limits: DecodeLimits) -> bytes:
    path = Path(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe or device might never end
            raise UnreadableImage(
                f"`{path.name}` is not a regular file", hint="give the path of a picture file"
            )
        if status.st_size > limits.bytes:
            raise _too_many_bytes(status.st_size, limits)
        with path.open("rb") as file:
            return file.read(limits.bytes + 1)  # one more, so that a file grown since is seen
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableImage(
            f"cannot read `{path.name}`: {reason}", hint="check the path and its permissions"
        ) from error


def _read_stored(file: PictureFile, limits: DecodeLimits) -> bytes:
    name = Path(file.path).name
    try:
        return file.read(limits.bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableImage(
            f"cannot read `{name}`: {reason}", hint="check the path and its permissions"
        ) from error


def _check_digest(found: str, promised: str | None) -> None:
    if promised is not None and promised.lower() != found:
        raise UnreadableImage(
            f"the picture's sha256 is {found}, the note promises {promised}",
            hint="send the file that belongs to the note, or correct its `sha256`",
        )


def _from_array(array: NDArray[np.uint8], limits: DecodeLimits, max_side: int | None) -> Picture:
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
        raise UnreadableImage(
            f"an array must be uint8 [H, W, 3], got {array.dtype} {list(array.shape)}",
            hint="convert the picture to 8-bit RGB",
        )
    height, width = array.shape[:2]
    _check_size(width, height, limits)
    array = np.ascontiguousarray(array)
    digest = hashlib.sha256(f"{height}x{width}:".encode() + array.tobytes()).hexdigest()
    pixels = _shrunk(array, _target_size(width, height, max_side))
    return _picture(pixels.copy() if pixels is array else pixels, digest, (width, height))


def _from_bytes(data: bytes, digest: str, limits: DecodeLimits, max_side: int | None) -> Picture:
    plugin = plugin_for(data)
    # A hostile file can make a decoder raise nearly anything (struct.error, KeyError,
    # MemoryError, …), and none of it says more than "this is not a picture".
    try:
        image = plugin(io.BytesIO(data))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels("more than 89", limits) from error  # Pillow's own limit
    except Exception as error:
        raise _unreadable(error) from error
    width, height = image.size
    _check_size(width, height, limits)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        _check_size(*_tile_size(image), limits)
    try:
        target = _target_size(width, height, max_side)
        if isinstance(image, JpegImagePlugin.JpegImageFile):
            image.draft(image.mode, target)  # the inverse DCT gives 1/2, 1/4, 1/8 for less work
        image.load()
        turn = _orientation(image)
        pixels = _shrunk(srgb(image, target), target)
    except Exception as error:
        raise _unreadable(error) from error
    upright = np.ascontiguousarray(_TURNS[turn](pixels))
    if turn >= 5:
        width, height = height, width
    return _picture(upright, digest, (width, height))


def _picture(pixels: NDArray[np.uint8], digest: str, size: tuple[int, int]) -> Picture:
    pixels.flags.writeable = False
    return Picture(pixels=pixels, sha256=digest, source_size=size)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1–8; 1 where it is absent, broken or already applied."""
    try:
        turn = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a broken EXIF block does not make the picture unreadable
        return 1
    return turn if isinstance(turn, int) and 1 <= turn <= 8 else 1


# EXIF orientation → what makes stored rows and columns upright.
_TURNS: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: p.transpose(1, 0, 2)[:, ::-1],
    7: lambda p: p.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda p: p.transpose(1, 0, 2)[::-1],
}


def _check_size(width: int, height: int, limits: DecodeLimits) -> None:
    if width < 1 or height < 1:
        raise UnreadableImage(
            f"the picture is {width} × {height} pixels, at least 1 × 1 is needed",
            hint="upload a picture with pixels",
        )
    if max(width, height) > limits.side:
        raise ImageTooLarge(
            f"got a side of {max(width, height):,} px, limit {limits.side:,} px",
            hint="scale the picture down before uploading",
        )
    if width * height > limits.pixels:
        raise _too_many_pixels(f"{width * height / 1e6:.1f}", limits)


def _tile_size(image: TiffImagePlugin.TiffImageFile) -> tuple[int, int]:
    """Width and height of a tile, which is allocated whole however small the picture is."""
    tags = TiffImagePlugin
    sides = (image.tag_v2.get(tag, 1) for tag in (tags.TILEWIDTH, tags.TILELENGTH))
    width, height = (side if isinstance(side, int) else 0 for side in sides)
    return width, height


def _target_size(width: int, height: int, max_side: int | None) -> tuple[int, int]:
    if max_side is None:
        return width, height
    scale = max(max_side / max(width, height), MIN_SHORT_SIDE_PX / min(width, height))
    if scale >= 1:
        return width, height
    return max(1, round(width * scale)), max(1, round(height * scale))


def _shrunk(pixels: NDArray[np.uint8], target: tuple[int, int]) -> NDArray[np.uint8]:
    if pixels.shape[1] <= target[0] and pixels.shape[0] <= target[1]:
        return pixels
    return scaled(pixels, target)


def _too_many_bytes(got: int, limits: DecodeLimits) -> ImageTooLarge:
    return ImageTooLarge(
        f"got {got / 1e6:.1f} MB, limit {limits.bytes / 1e6:.1f} MB",
        hint="save the picture smaller before uploading",
    )


def _too_many_pixels(got_mpx: str, limits: DecodeLimits) -> ImageTooLarge:
    return ImageTooLarge(
        f"got {got_mpx} Mpx, limit {limits.pixels / 1e6:.1f} Mpx",
        hint="scale the picture down before uploading",
    )


def _unreadable(error: Exception) -> UnreadableImage:
    return UnreadableImage(
        f"the picture is damaged or incomplete ({type(error).__name__})",
        hint="export the picture again and upload the whole file",
    )
