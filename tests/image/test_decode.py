"""Bytes, file or array → Picture: every format upright and in sRGB, every bad file refused."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import pictures
from kit.hostile import hostile_files, png
from PIL import Image, ImageCms

from moderation.errors import (
    ImageTooLarge,
    InputError,
    MissingExtra,
    UnreadableImage,
    UnsupportedFormat,
)
from moderation.image.decode import DEFAULT_LIMITS, DecodeLimits, Picture, decode
from moderation.note import NoteImage

SCENE = pictures.scene(1, 120, 160)
FORMATS = {
    "jpeg": ("JPEG", {"quality": 95}),
    "jpeg_progressive": ("JPEG", {"quality": 95, "progressive": True}),
    "png": ("PNG", {}),
    "webp": ("WEBP", {"lossless": True}),
    "avif": ("AVIF", {"quality": 95}),
    "bmp": ("BMP", {}),
    "tiff": ("TIFF", {}),
    "tiff_lzw": ("TIFF", {"compression": "tiff_lzw"}),
}


def of_image(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def difference(picture: Picture, wanted: np.ndarray) -> float:
    assert picture.pixels.shape == wanted.shape
    return float(np.abs(picture.pixels.astype(int) - wanted).mean())


# Formats


@pytest.mark.parametrize("name", FORMATS)
def test_format_is_read_by_content(name: str) -> None:
    """Pixels, size and digest of the source are those that were written."""
    kind, options = FORMATS[name]
    data = pictures.encoded(SCENE, kind, **options)
    picture = decode(data)
    assert difference(picture, SCENE) < 8  # fine grain is what a codec leaves out
    assert (picture.width, picture.height) == picture.source_size == (120, 160)
    assert picture.sha256 == hashlib.sha256(data).hexdigest()


def test_heic_is_read() -> None:
    """The camera format of many phones."""
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(SCENE)).save(buffer, quality=95)
    assert difference(decode(buffer.getvalue()), SCENE) < 5


def test_heic_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not called damaged."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingExtra) as caught:
        decode(b"\0\0\0\x1cftypheic\0\0\0\0mif1heic" + bytes(99))
    assert caught.value.hint == "pip install notegate[heic]"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "AVIF", "PNG", "TIFF"])
def test_first_frame_of_an_animation_counts(kind: str) -> None:
    """It is what the feed shows."""
    frames = [Image.fromarray(pictures.flat((c, c, c), 64, 64)) for c in (200, 20, 90)]
    data = of_image(frames[0], kind, save_all=True, append_images=frames[1:])
    assert difference(decode(data), pictures.flat((200, 200, 200), 64, 64)) < 3


def test_wrong_name_does_not_matter(tmp_path: Path) -> None:
    """A PNG that calls itself a JPEG is a PNG."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(pictures.encoded(SCENE, "PNG"))
    assert difference(decode(path), SCENE) == 0
    assert difference(decode(str(path)), SCENE) == 0


# Upright


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_exif_orientation_is_applied(kind: str, turn: int) -> None:
    """White stands top left and black top right in every one of the eight cases."""
    upright = np.full((96, 64, 3), 120, np.uint8)
    upright[:32, :32], upright[:32, 32:] = 255, 0
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: np.rot90(upright, 2).swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[turn]
    exif = Image.Exif()
    exif[0x0112] = turn
    data = pictures.encoded(np.ascontiguousarray(stored), kind, exif=exif)
    picture = decode(data)
    assert difference(picture, upright) < 3
    assert picture.source_size == (64, 96)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # Pillow says so
def test_broken_exif_does_not_spoil_the_picture() -> None:
    """Pixels are what counts."""
    block = b"Exif\0\0II*\0\x08\0\0\0\xff\xff\1\2\3"
    data = pictures.encoded(SCENE, "JPEG", exif=block)
    assert decode(data).source_size == (120, 160)


# Modes and colours


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    """Half black, half white, in whatever a file may hold."""
    grey = np.zeros((64, 64), np.uint8)
    grey[:, 32:] = 255
    if mode in ("I;16", "I", "F"):
        wide = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        image = Image.fromarray(grey.astype(wide) * (257 if mode == "I;16" else 1))
    else:
        image = Image.fromarray(grey).convert("RGB" if mode == "YCbCr" else "L").convert(mode)
    picture = decode(of_image(image, "PNG" if mode in ("I;16", "LA") else "TIFF"))
    assert difference(picture, np.repeat(grey[..., None], 3, axis=2)) < 2


def test_16_bit_png_keeps_its_brightness() -> None:
    """The upper byte counts, not a clipped lower one."""
    values = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    picture = decode(of_image(Image.fromarray(values), "PNG"))
    assert difference(picture, np.repeat((values >> 8)[..., None], 3, axis=2)) <= 1


def test_inverted_cmyk_of_adobe_is_read_as_meant() -> None:
    """JPEGs from print programs store ink upside down."""
    ink = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    assert difference(decode(of_image(ink, "JPEG")), pictures.flat((255, 0, 0), 64, 64)) < 4


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_transparency_is_laid_on_white(kind: str) -> None:
    """So that hidden pixels cannot decide a hash."""
    layer = np.zeros((64, 64, 4), np.uint8)
    layer[:, 32:] = (255, 0, 0, 128)
    wanted = pictures.flat((255, 255, 255), 64, 64)
    wanted[:, 32:] = (255, 127, 127)
    assert difference(decode(pictures.encoded(layer, kind, lossless=True)), wanted) < 3


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_transparent_palette_colour_is_laid_on_white(kind: str) -> None:
    """A palette can hide pixels too."""
    image = Image.new("P", (64, 64), 0)
    image.putpalette([10, 20, 30, 0, 0, 0])
    data = of_image(image, kind, transparency=0)
    assert difference(decode(data), pictures.flat((255, 255, 255), 64, 64)) == 0


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_srgb_profile_changes_nothing() -> None:
    """Most files carry one."""
    data = pictures.encoded(SCENE, "PNG", icc_profile=srgb_profile())
    assert difference(decode(data), SCENE) == 0


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_profile_is_converted_to_srgb_whatever_its_name(kind: str) -> None:
    """This one calls itself sRGB, and means blue where it says red."""
    swapped = srgb_profile().replace(b"rXYZ", b"tmp!").replace(b"bXYZ", b"rXYZ")
    profile = swapped.replace(b"tmp!", b"bXYZ")
    data = pictures.encoded(pictures.flat((200, 60, 20), 64, 64), kind, icc_profile=profile)
    assert difference(decode(data), pictures.flat((20, 60, 200), 64, 64)) < 4


@pytest.mark.parametrize("profile", [b"", b"nonsense", b"\0" * 200], ids=["empty", "text", "zeros"])
def test_broken_profile_is_ignored(profile: bytes) -> None:
    """As viewers do."""
    assert difference(decode(pictures.encoded(SCENE, "PNG", icc_profile=profile)), SCENE) == 0


# Scaling


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        pytest.param((1080, 1440), (1080, 1440), id="platform_size_is_kept"),
        pytest.param((3000, 4000), (1152, 1536), id="large_is_scaled"),
        pytest.param((1000, 8000), (512, 4096), id="long_screenshot_keeps_a_legible_short_side"),
        pytest.param((300, 9000), (300, 9000), id="narrow_is_kept"),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_long_side_is_bounded(kind: str, size, wanted) -> None:
    """The size of the source is remembered."""
    data = pictures.encoded(pictures.flat((90, 120, 30), *size), kind)
    picture = decode(data)
    assert (picture.width, picture.height) == wanted
    assert picture.source_size == size
    assert difference(picture, pictures.flat((90, 120, 30), *wanted)) < 3


def test_every_pixel_can_be_had() -> None:
    """`max_side=None` scales nothing."""
    data = pictures.encoded(pictures.flat(width=2000, height=1700), "JPEG")
    assert decode(data, max_side=None).pixels.shape == (1700, 2000, 3)


# Arrays and images of notes


def test_array_is_taken_as_it_is() -> None:
    """But copied, so that the caller's later edits change nothing."""
    array = SCENE.copy()
    picture = decode(array)
    array[:] = 0
    assert difference(picture, SCENE) == 0
    assert not picture.pixels.flags.writeable


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.zeros((9, 9), np.uint8), id="grey"),
        pytest.param(np.zeros((9, 9, 4), np.uint8), id="four_channels"),
        pytest.param(np.zeros((9, 9, 3), np.float32), id="float"),
        pytest.param(np.zeros((0, 9, 3), np.uint8), id="empty"),
    ],
)
def test_array_of_another_shape_is_refused(array: np.ndarray) -> None:
    """What came and what is needed are both named."""
    with pytest.raises(UnreadableImage, match=r"uint8 \[H, W, 3\], got"):
        decode(array)


def test_arrays_of_one_buffer_and_two_shapes_differ_in_digest() -> None:
    """The shape is part of the digest."""
    wide = np.zeros((4, 8, 3), np.uint8)
    assert decode(wide).sha256 != decode(wide.reshape(8, 4, 3)).sha256


def test_image_of_a_note_is_decoded(tmp_path: Path) -> None:
    """By path, bytes or array."""
    data = pictures.encoded(SCENE)
    (tmp_path / "a.png").write_bytes(data)
    for image in (NoteImage(path=tmp_path / "a.png"), NoteImage(data=data), NoteImage(array=SCENE)):
        assert difference(decode(image), SCENE) == 0


def test_other_bytes_than_the_note_promises_are_refused(tmp_path: Path) -> None:
    """Both digests are named; upper case does not matter."""
    data = pictures.encoded(SCENE)
    digest = hashlib.sha256(data).hexdigest()
    assert decode(NoteImage(data=data, sha256=digest.upper())).sha256 == digest
    with pytest.raises(InputError, match=f"{digest}, the note promises {'0' * 64}"):
        decode(NoteImage(data=data, sha256="0" * 64))


# Bad input


@pytest.mark.parametrize(
    ("data", "error"),
    [
        pytest.param(b"", UnreadableImage, id="zero_bytes"),
        pytest.param(b"\xff\xd8\xff", UnreadableImage, id="three_bytes"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", UnsupportedFormat, id="svg"),
        pytest.param(b"%PDF-1.7 and more of it", UnsupportedFormat, id="pdf"),
        pytest.param("这是一篇笔记，不是图片".encode(), UnsupportedFormat, id="text"),
        pytest.param(bytes(5000), UnsupportedFormat, id="zeros"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n", UnsupportedFormat, id="eps"),
        pytest.param(b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", UnsupportedFormat, id="video"),
        pytest.param(png(0, 10), UnreadableImage, id="no_width"),
    ],
)
def test_what_is_no_picture_gets_its_own_error(data: bytes, error: type[Exception]) -> None:
    """With a hint at what to do."""
    with pytest.raises(error) as caught:
        decode(data)
    assert caught.value.hint


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
@pytest.mark.parametrize("name", [*FORMATS, "gif"])
def test_truncated_file_is_unreadable(name: str, share: float) -> None:
    """Half a picture must not be hashed as if the rest were grey."""
    kind, options = FORMATS.get(name, ("GIF", {}))
    data = pictures.encoded(pictures.scene(3, 300, 400), kind, **options)
    with pytest.raises(UnreadableImage):
        decode(data[: int(len(data) * share)])


@given(data=st.data(), name=st.sampled_from([*FORMATS, "gif"]))
@settings(max_examples=150, deadline=None)
def test_damaged_file_is_a_picture_or_a_typed_error(data: st.DataObject, name: str) -> None:
    """Whatever a decoder raises inside, nothing else comes out."""
    kind, options = FORMATS.get(name, ("GIF", {}))
    file = bytearray(pictures.encoded(pictures.scene(2, 40, 30), kind, **options))
    places = st.integers(0, len(file) - 1)
    for at, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=12)):
        file[at] = value
    end = data.draw(st.just(len(file)) | places)
    with contextlib.suppress(InputError):
        assert decode(bytes(file[:end])).pixels.dtype == np.uint8


@pytest.mark.parametrize("what", ["missing", "folder", "pipe", "nul", "too_long"])
def test_path_that_cannot_be_read_is_unreadable(tmp_path: Path, what: str) -> None:
    """Nothing is waited for: a pipe is refused before it is opened."""
    os.mkfifo(tmp_path / "pipe")
    path = {"folder": tmp_path, "nul": "a\0b.jpg", "too_long": "a" * 5000}.get(
        what, tmp_path / what
    )
    with pytest.raises(UnreadableImage) as caught:
        decode(path)
    assert caught.value.hint


# Limits


def test_limits_are_told_with_both_numbers(tmp_path: Path) -> None:
    """Bytes, sides and pixels, for files, bytes and arrays."""
    data = pictures.encoded(SCENE)
    (tmp_path / "a.png").write_bytes(data)
    for source in (data, tmp_path / "a.png"):
        with pytest.raises(ImageTooLarge, match=r"got 0\.\d MB, limit 0\.0 MB"):
            decode(source, limits=DecodeLimits(bytes=len(data) - 1))
    for source in (data, SCENE):
        with pytest.raises(ImageTooLarge, match="got a side of 160 px, limit 159 px"):
            decode(source, limits=DecodeLimits(side=159))
        with pytest.raises(ImageTooLarge, match=r"got 0\.0 Mpx, limit 0\.0 Mpx"):
            decode(source, limits=DecodeLimits(pixels=120 * 160 - 1))
    exact = DecodeLimits(bytes=len(data), side=160, pixels=120 * 160)
    assert decode(data, limits=exact).source_size == (120, 160)


CHILD = """
import json, sys
from pathlib import Path
from moderation.errors import ModerationError
from moderation.image.decode import decode
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        outcome = list(decode(path).source_size)
    except ModerationError as error:
        outcome = error.code
    # Not `ru_maxrss`, which a child inherits from the process that started it.
    status = Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps([path.name, outcome, peak]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_hostile_files_are_judged_in_little_memory(tmp_path: Path) -> None:
    """A few kilobytes cannot take the machine: 600 MB at most, at the limit of 50 Mpx."""
    for name, data in hostile_files().items():
        assert len(data) < DEFAULT_LIMITS.bytes
        (tmp_path / name).write_bytes(data)
    child = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHILD, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [json.loads(line) for line in child.stdout.splitlines()]
    assert {name: outcome for name, outcome, _ in rows} == {
        "png_50000": "image_too_large",
        "png_profile_bomb": "unreadable_image",
        "png_text_bomb": "unreadable_image",
        "png_many_texts": "unreadable_image",
        "png_alpha_48_mpx": [7000, 6900],
        "jpeg_65000": "image_too_large",
        "jpeg_progressive_48_mpx": [7000, 6900],
        "gif_frame_65000": "image_too_large",
        "webp_canvas_16000": "image_too_large",
        "tiff_60000": "image_too_large",
        "tiff_tile_60000": "image_too_large",
    }
    assert max(peak for _, _, peak in rows) < 600


def test_threads_decode_as_one_does() -> None:
    """No setting of a library is changed on the way."""
    limit = Image.MAX_IMAGE_PIXELS
    files = [pictures.encoded(SCENE, kind, **options) for kind, options in FORMATS.values()] * 4
    alone = [decode(file).pixels.tobytes() for file in files]
    with ThreadPoolExecutor(4) as pool:
        assert [p.pixels.tobytes() for p in pool.map(decode, files)] == alone
    assert limit == Image.MAX_IMAGE_PIXELS
