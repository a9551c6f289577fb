"""Lettering: posters are read with their places, within a width; photographs cost a look."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.hostile_pictures import noise
from kit.photographs import PHOTOGRAPHS, photograph
from kit.posters import HEIGHT, WIDTH, poster, text_at
from kit.watermarks import marked

from moderation.finding import Unseen
from moderation.image import lettering
from moderation.image.lettering import Line, networks, read_lettering, read_px_for, rows_of
from moderation.image.lettering.places import MOST_CORES, lines_in
from moderation.image.lettering.presence import shows_lettering
from moderation.image.lettering.reading import READ_PX, READ_PX_OF_A_NOTE, smaller
from moderation.image.watermark import without_watermarks

pytestmark = pytest.mark.skipif(not lettering.installed(), reason="the extra `ocr` is missing")

LINES = ("夏日新款 大家都在问", "玻尿酸 0.5ml 298元", "加微信：abc_2046", "open 10:00-22:00")


def words(text: str) -> str:
    """Without blanks and width: readers disagree on them."""
    return "".join(text.split()).replace("：", ":").lower()


def test_a_poster_is_read_line_by_line() -> None:
    """Each line where it stands."""
    rows = rows_of(read_lettering(poster(*LINES, photo="coffee")).lines)
    assert [words(row.text) for row in rows] == [words(line) for line in LINES]
    for i, row in enumerate(rows):
        left, top, right, bottom = row.box
        assert left < 100 / WIDTH < right
        assert top < (180 + i * 99 - 20) / HEIGHT < bottom
        assert row.confidence > 0.8


def test_small_letters_on_a_photograph_are_seen() -> None:
    """A handle of 2 % of the height, wherever it stands."""
    page = cv2.resize(photograph("coffee"), (WIDTH, HEIGHT))
    for at in ((60, 300), (500, 720), (300, 1300)):
        drawn = page.copy()
        text_at(drawn, "加微信 abc_2046", (at[0] + 2, at[1] + 2), 30, (0, 0, 0))
        text_at(drawn, "加微信 abc_2046", at, 30, (255, 255, 255))
        (line,) = read_lettering(drawn).lines
        assert words(line.text) == "加微信abc_2046"


def test_writing_that_runs_aslant_or_down_is_read() -> None:
    """Straightened first."""
    page = poster("加微信 abc_2046")
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 12, 0.8)
    aslant = cv2.warpAffine(page, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    for pixels in (aslant, np.ascontiguousarray(np.rot90(page, -1))):
        (line,) = read_lettering(pixels).lines
        assert words(line.text) == "加微信abc_2046"


WITHOUT = ("astronaut", "coffee", "chelsea", "rocket")


@pytest.mark.parametrize("name", [name for name in WITHOUT if name in PHOTOGRAPHS])
def test_a_photograph_without_words_has_none(name: str) -> None:
    """Texture is not read as words."""
    assert read_lettering(photograph(name)).lines == ()


def test_what_is_too_much_is_counted() -> None:
    """The largest lines are read; the others are said to be left out."""
    page = poster("大字标题在最前面", *(f"第{i}行 今天的天气不错" for i in range(40)), px=16)
    text_at(page, "加微信 abc_2046", (80, 1300), 90)
    few = read_lettering(page, read_px=1_600)
    assert any("2046" in line.text for line in few.lines)
    assert few.unread > 20
    (skipped,) = few.skipped(3)
    assert (skipped.image_number, skipped.what) == (3, Unseen.LINES)
    assert (skipped.looked_at, skipped.left_out) == (few.looked_at, few.unread)
    everything = read_lettering(page)
    assert everything.looked_at + everything.unread == few.looked_at + few.unread
    assert set(few.lines) <= set(everything.lines)


@given(pictures=st.integers(0, 200))
def test_pictures_of_a_note_share_what_is_read(pictures: int) -> None:
    """A single one gets all that one may, eighteen get enough for a poster's main lines."""
    each = read_px_for(pictures)
    assert each <= READ_PX
    assert each >= 4_000
    assert each * pictures <= READ_PX_OF_A_NOTE or each == 4_000


def test_the_same_picture_gives_the_same_lines() -> None:
    """Bounded by pixels, not by clocks; whatever was read before."""
    page = poster(*LINES)
    first = read_lettering(page)
    read_lettering(poster("something else entirely", px=80))
    assert read_lettering(page) == first


SHAPES = {
    "one pixel": (1, 1),
    "a hair": (4000, 3),
    "a ribbon": (6000, 40),
    "a tower": (40, 6000),
    "noise": (640, 480),
    "large noise": (3000, 2000),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_odd_pictures_say_nothing(shape: tuple[int, int]) -> None:
    """Nor do they fail."""
    width, height = shape
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)
    assert read_lettering(pixels).lines == ()


def test_thousands_of_words_are_bounded() -> None:
    """A wall of tiny words costs what a full poster costs."""
    brick = np.full((40, 120, 3), 255, np.uint8)
    text_at(brick, "vx ab12", (4, 28), 24)
    wall = np.tile(brick, (100, 40, 1))
    read = read_lettering(wall)
    assert read.looked_at * 320 <= READ_PX
    assert read.looked_at == 0 or read.unread > 0


def test_a_map_full_of_cores_is_bounded() -> None:
    """Against a map no network would give: the largest are kept, the others counted."""
    likely = np.zeros((600, 600), np.float32)
    for y in range(2, 590, 12):
        for x in range(2, 580, 24):
            likely[y : y + 6, x : x + 16] = 0.9
    likely[2:10, 2:60] = 0.9
    quads, left_out = lines_in(likely)
    assert len(quads) == MOST_CORES
    assert left_out > 500
    assert quads[0][:, 0].max() - quads[0][:, 0].min() > 50 / 600


@given(x=st.integers(20, 60), y=st.integers(20, 80), w=st.integers(20, 90), h=st.integers(6, 14))
def test_a_core_grows_back_on_every_side(x: int, y: int, w: int, h: int) -> None:
    """By area over outline times 1.6, as the slow sum has it."""
    likely = np.zeros((160, 224), np.float32)
    likely[y : y + h, x : x + w] = 0.9
    ((quad,), left_out) = lines_in(likely)
    assert left_out == 0
    points = quad * (224, 160)
    # Contours run through the middles of places, and the mask is one place wider after dilation.
    wide, high = w, h
    grown = 1.6 * wide * high / (2 * (wide + high))
    assert np.allclose(
        points.max(axis=0) - points.min(axis=0), (wide + 2 * grown, high + 2 * grown), atol=1.5
    )


def line(text: str, left: float, top: float, right: float, bottom: float) -> Line:
    """Surely read."""
    return Line(text=text, confidence=0.9, box=(left, top, right, bottom), letter=0.04)


def test_rows_are_read_from_the_left() -> None:
    """Price lists have two columns."""
    lines = [
        line("298元", 0.6, 0.21, 0.8, 0.25),
        line("光子嫩肤", 0.1, 0.3, 0.4, 0.34),
        line("玻尿酸", 0.1, 0.2, 0.3, 0.24),
        line("399", 0.6, 0.3, 0.7, 0.34),
        line("价目表", 0.2, 0.05, 0.8, 0.12),
    ]
    assert [row.text for row in rows_of(lines)] == ["价目表", "玻尿酸 298元", "光子嫩肤 399"]
    assert rows_of(lines)[1].box == (0.1, 0.2, 0.8, 0.25)
    assert rows_of(reversed(lines)) == rows_of(lines)


def test_lines_aslant_are_rows_of_their_own() -> None:
    """Though their boxes share most of their height."""
    above = line("加我微信", 0.1, 0.20, 0.5, 0.40)
    below = line("abc_2046", 0.1, 0.26, 0.5, 0.46)
    assert [row.text for row in rows_of([below, above])] == ["加我微信", "abc_2046"]


def test_an_app_s_watermark_is_left_to_the_detector_of_watermarks() -> None:
    """It may be the author's own; other words near an edge stay."""
    read = read_lettering(marked("小红书号：9582310474"))
    assert any("9582310474" in line.text for line in read.lines)
    left = without_watermarks(read)
    assert not any("9582310474" in line.text for line in left.lines)
    contact = read_lettering(marked("加微信 abc_2046"))
    assert without_watermarks(contact) == contact


def test_the_cheap_look_sees_posters_and_passes_over_noise() -> None:
    """Before anything dear is done."""
    assert shows_lettering(smaller(poster(*LINES)))
    assert not shows_lettering(smaller(np.full((1440, 1080, 3), 200, np.uint8)))


def test_each_network_is_opened_once() -> None:
    """Whoever asks, and from whichever thread."""
    reader, finder = networks._open_reader(), networks._open_finder()
    read_lettering(poster(*LINES))
    assert networks._open_reader() is reader
    assert networks._open_finder() is finder


def test_noise_as_a_file_is_read_as_nothing() -> None:
    """The note image of the kit, decoded."""
    from moderation.image.decode import decode

    assert read_lettering(decode(noise(480, 640)).pixels).lines == ()
