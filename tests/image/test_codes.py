"""Codes in pictures: read in many states, seen where they cannot be read, and never a flood."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from kit.codes import laid, qr, symbol, wall
from kit.hostile_pictures import checkerboard, halftone, noise, text_wall
from kit.photographs import photograph
from kit.pictures import Pixels
from PIL import Image

from moderation.boxes import area
from moderation.finding import FindingKind, Unseen
from moderation.image.codes import (
    PayloadClass,
    Scan,
    code_findings,
    codes_in,
    installed,
    scan,
    scanning,
)
from moderation.image.codes.finders import code_places, patterns_in
from moderation.image.codes.judgement import (
    ACCUSED,
    HINT,
    MOST_CODES,
    MOST_WORDS_CHARS,
    SCORES,
    VIOLATION,
)
from moderation.image.codes.payload import MAX_SHOWN_CHARS
from moderation.image.codes.scanning import Code

pytestmark = pytest.mark.skipif(not installed(), reason="needs the extra `ocr`")

CHAT = "https://u.wechat.com/kLmN0p?from=poster"


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Saved and opened."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return np.array(Image.open(buffer))


def turned(pixels: Pixels, degrees: float) -> Pixels:
    """About the middle of the code at (60, 80)."""
    turn = cv2.getRotationMatrix2D((180, 200), degrees, 1)
    size = (pixels.shape[1], pixels.shape[0])
    return cv2.warpAffine(pixels, turn, size, borderMode=cv2.BORDER_REPLICATE)


def faint(code: Pixels) -> Pixels:
    """Grey on grey."""
    return (140 + code.astype(np.float32) * 0.1).astype(np.uint8)


def bare(code: Pixels) -> Pixels:
    """Without its quiet zone."""
    edge = int(np.flatnonzero(code.min(axis=(1, 2)) == 0)[0])
    return code[edge:-edge, edge:-edge]


def damaged(code: Pixels) -> Pixels:
    """The finder patterns whole, the middle painted over."""
    code = code.copy()
    side = len(code)
    code[side // 3 : 2 * side // 3, side // 3 :] = 255
    return code


STATES = {
    "plain": lambda: laid(qr(CHAT)),
    "small": lambda: laid(qr(CHAT, 76)),
    "turned": lambda: turned(laid(qr(CHAT)), 33),
    "inverted": lambda: laid(255 - qr(CHAT)),
    "faint": lambda: laid(faint(qr(CHAT))),
    "jpeg 40": lambda: jpeg(laid(qr(CHAT)), 40),
    "mirrored": lambda: np.ascontiguousarray(laid(qr(CHAT))[:, ::-1]),
    "no quiet zone": lambda: laid(bare(qr(CHAT)), photo="chelsea"),
    "out of focus": lambda: cv2.GaussianBlur(laid(qr(CHAT)), (0, 0), 3.4),
}


@pytest.mark.parametrize("state", STATES)
def test_a_code_is_read_where_it_stands(state: str) -> None:
    """And its box covers its middle."""
    found = scan(STATES[state]())
    (code,) = found.codes
    assert code.text == CHAT
    assert code.symbology.startswith("QRCode")
    assert found.unread == ()
    left, top, right, bottom = code.box
    x, y = {"mirrored": (960 - 180, 200), "small": (98, 118)}.get(state, (170, 190))
    middle = x / 960, y / 720
    assert left < middle[0] < right
    assert top < middle[1] < bottom
    assert area(code.box) < 0.3


def test_two_codes_of_one_picture_are_both_read() -> None:
    """The larger first; a plain one hides none that is hard to read."""
    page = laid(faint(qr("https://t.me/a", 160)), at=(600, 300))
    page[80:320, 60:300] = qr(CHAT)
    assert [code.text for code in scan(page).codes] == [CHAT, "https://t.me/a"]


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("EAN13", "4006381333931"),
        ("DataMatrix", "batch 7"),
        ("Aztec", "ticket"),
        ("Code128", "AB12345678"),
        ("MicroQRCode", "12345"),
    ],
)
def test_other_symbols_are_read(name: str, payload: str) -> None:
    """With their names, by which bar codes of products are told."""
    (code,) = scan(laid(symbol(payload, name))).codes
    assert code.text == payload
    assert name in code.symbology


def test_a_code_that_nobody_can_read_is_seen() -> None:
    """With its place, and it accuses nobody."""
    found = scan(laid(damaged(qr(CHAT))))
    assert found.codes == ()
    ((left, top, right, bottom),) = found.unread
    assert left < 180 / 960 < right
    assert top < 200 / 720 < bottom
    seen = codes_in(found)
    assert code_findings(seen, image_number=0) == []
    (skipped,) = seen.skipped(4)
    assert (skipped.image_number, skipped.what) == (4, Unseen.CODES)
    assert (skipped.looked_at, skipped.left_out) == (0, 1)


def test_opencv_is_asked_about_a_code_that_the_first_decoder_misses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It reads by other means; here the first one reads nothing at all."""
    monkeypatch.setattr(scanning, "_read", lambda *_: [])
    for code in (qr(CHAT), 255 - qr(CHAT)):
        found = scan(laid(code))
        assert [code.text for code in found.codes] == [CHAT]
        assert found.unread == ()


PLAIN = {
    **{name: lambda name=name: photograph(name) for name in ("astronaut", "coffee", "rocket")},
    "noise": lambda: noise(640, 480),
    "coarse noise": lambda: cv2.resize(noise(160, 120), (1280, 960), interpolation=0),
    "checkerboard": lambda: checkerboard(480, 640),
    "fine checkerboard": lambda: checkerboard(480, 640, cell_px=2),
    "halftone": lambda: halftone(800, 800),
    "words": text_wall,
    "one pixel": lambda: np.zeros((1, 1, 3), np.uint8),
    "a hair": lambda: np.full((3, 4000, 3), 255, np.uint8),
    "a ribbon": lambda: noise(4000, 24),
    "a tower": lambda: noise(42, 9000),
    "black": lambda: np.zeros((400, 300, 3), np.uint8),
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_holds_no_code_gives_none(name: str) -> None:
    """Photographs, textures and shapes that ask for much; nor is one said to be there."""
    assert scan(PLAIN[name]()) == Scan()


def test_the_same_picture_gives_the_same_codes() -> None:
    """Bounded by counts and pixels, not by clocks."""
    page = laid(damaged(qr(CHAT)))
    page[400:640, 600:840] = qr("https://t.me/a")
    assert scan(page) == scan(page)


def test_a_finder_pattern_is_found_by_cutting_rows_as_by_trying_every_pixel() -> None:
    """A slow search over all middles and sizes agrees with the fast one."""
    page = np.zeros((120, 150), bool)
    drawn = {(30, 28, 3), (100, 40, 4), (60, 90, 5)}
    for x, y, module in drawn:
        for half, dark in ((3.5, True), (2.5, False), (1.5, True)):
            r = int(half * module)
            page[y - r : y + r + 1, x - r : x + r + 1] = dark
    found = {(round(x), round(y), round(m)) for x, y, m in patterns_in(page)}
    slow = set()
    for module in range(2, 7):
        for y in range(3 * module + 3, 120 - 3 * module - 3):
            for x in range(3 * module + 3, 150 - 3 * module - 3):
                if all(_fits(page, x, y, module, along) for along in ((1, 0), (0, 1))):
                    slow.add((x, y, module))
    assert len(found) == len(drawn)
    for x, y, module in drawn:
        assert any(abs(x - a) < 2 and abs(y - b) <= m and abs(m - module) < 2 for a, b, m in found)
    for x, y, _ in found:
        assert any(abs(x - a) < 3 and abs(y - b) <= 6 for a, b, _ in slow)


def _fits(page: np.ndarray, x: int, y: int, module: int, along: tuple[int, int]) -> bool:
    steps = [(k, k not in (-2, 2)) for k in range(-3, 4)]
    return all(
        bool(page[y + k * module * along[1], x + k * module * along[0]]) == dark
        for k, dark in steps
    )


def test_places_of_codes_do_not_depend_on_the_angle() -> None:
    """A code turned by any angle is still three patterns at a right angle."""
    page = laid(qr(CHAT))
    for degrees in range(0, 360, 15):
        grey = cv2.cvtColor(turned(page, degrees), cv2.COLOR_RGB2GRAY)
        (left, top, right, bottom), *more = code_places(grey)
        assert more == []
        assert left < 180 / 960 < right
        assert top < 200 / 720 < bottom


# ── many codes, much text ─────────────────────────────────────────────────────────────────────


def test_a_wall_of_codes_neither_floods_nor_hides_the_one_that_counts() -> None:
    """Of 200, twelve are kept, and the one that leads away is among them."""
    seen = codes_in(scan(wall(200, harmful_last="https://u.wechat.com/k")))
    assert len(seen.codes) == MOST_CODES
    (finding,) = code_findings(seen, image_number=3)
    assert finding.detail["class"] == "messenger"
    (skipped,) = seen.skipped(3)
    assert (skipped.what, skipped.looked_at) == (Unseen.CODES, MOST_CODES)
    assert skipped.left_out > 150


def coded(*texts: str, symbology: str = "QRCodeModel2") -> Scan:
    """As if read, one below the other."""
    codes = [
        Code(text=text, symbology=symbology, box=(0.1, i / 50, 0.3, (i + 1) / 50))
        for i, text in enumerate(texts)
    ]
    return Scan(codes=tuple(codes))


def test_the_same_code_twice_is_one() -> None:
    """Nothing is left out by it."""
    seen = codes_in(coded(CHAT, "https://t.me/a", CHAT))
    assert [one.code.text for one in seen.codes] == [CHAT, "https://t.me/a"]
    assert seen.left_out == 0
    assert seen.codes[0].code.box[1] == 0


def test_words_in_a_code_come_first_in_its_field() -> None:
    """So that their offsets hold for who reads the words alone; each code knows its place."""
    seen = codes_in(coded(CHAT, "加微信 abc_2046", "menu", "WIFI:S:a;;"))
    assert [one.text for one in seen.words] == ["加微信 abc_2046", "menu"]
    assert seen.field_text.startswith("加微信 abc_2046\nmenu\n")
    for one in seen.codes:
        assert seen.field_text[one.start :].startswith(one.text)


def test_long_words_are_bounded_together_and_what_is_left_out_is_said() -> None:
    """Each code may be full; the rules do not read twelve of them."""
    seen = codes_in(coded(*(f"{i}" + "字" * 2000 for i in range(5))))
    assert len(seen.field_text) <= MOST_WORDS_CHARS
    assert len(seen.words) == 2
    assert seen.left_out == 3
    assert all(len(one.payload.shown) <= MAX_SHOWN_CHARS for one in seen.codes)


SAID = {
    PayloadClass.GROUP: "https://weixin.qq.com/g/AbC",
    PayloadClass.MESSENGER: CHAT,
    PayloadClass.SHOP: "https://m.tb.cn/h.abc",
    PayloadClass.MINI_PROGRAM: "https://mp.weixin.qq.com/a/~abc",
    PayloadClass.CONTACT: "MECARD:N:Li;TEL:13800000000;;",
    PayloadClass.SOCIAL: "https://v.douyin.com/abc",
    PayloadClass.PAYMENT: "wxp://f2f0abc",
    PayloadClass.SHORT_LINK: "https://t.cn/abc",
    PayloadClass.WEB: "https://museum.example/room",
    PayloadClass.WIFI: "WIFI:T:WPA;S:cafe;P:secret;;",
    PayloadClass.OWN: "https://www.xiaohongshu.com/explore/1",
    PayloadClass.TEXT: "table 12",
    PayloadClass.PRODUCT: "https://id.gs1.org/01/1",
}


@pytest.mark.parametrize("kind", PayloadClass)
def test_the_class_decides_what_a_code_leads_to(kind: PayloadClass) -> None:
    """Doors out break a rule, pages are hints, the rest is nothing."""
    seen = codes_in(coded(SAID[kind]))
    findings = code_findings(seen, image_number=1)
    assert len(findings) == (kind in SCORES)
    for finding in findings:
        assert finding.kind is FindingKind.IMAGE_QR
        assert finding.detail["class"] == kind.value
        assert finding.image_number == 1
        (span,) = finding.spans
        assert span.code == (VIOLATION if finding.score >= ACCUSED else HINT)
        assert seen.field_text[span.start : span.end] == span.text
        assert span.field == "image[1].qr"
        assert span.box == seen.codes[0].code.box
    mere = {PayloadClass.WEB, PayloadClass.SHORT_LINK, PayloadClass.WIFI}
    assert (SCORES.get(kind, 0) >= ACCUSED) == (kind in SCORES.keys() - mere)


def test_bar_codes_of_products_and_parcels_accuse_nobody() -> None:
    """Whatever their digits may look like."""
    for symbology in ("EAN13", "UPCA", "EAN8", "Code128", "ITF14"):
        seen = codes_in(coded("4006381333931", "weixin.qq.com", symbology=symbology))
        assert code_findings(seen, image_number=0) == []
        assert seen.words == ()
