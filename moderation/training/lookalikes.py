"""Different pictures on one layout: the pairs on which a proof of copying must fail.

Cards of one template with another text, full or nearly empty; shop posters of one layout with
another product; one app's screen around another picture. All drawn here; the picture inside a
poster or a screen is the caller's. Text is Chinese where the OpenCV at hand can draw it (5.0 can),
else Latin.
"""

from __future__ import annotations

import cv2
import numpy as np

from moderation.training.attacks import Pixels

_HAN = (
    "的一是不了人我在有他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学"
    "对可里后小么心多天而能好都然没日于起还发成事只作当想看文无开手用主行方又如前所本见经头面公"
    "同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部"
    "正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少"
)
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_PAPERS = ((250, 246, 238), (255, 240, 242), (238, 246, 250), (244, 250, 238), (252, 252, 252))


def write(
    canvas: Pixels,
    text: str,
    place: tuple[int, int],
    size_px: int,
    colour: tuple[int, int, int] = (40, 40, 40),
    weight: int = 400,
) -> None:
    """Text with its baseline at `place`, in a Chinese font if there is one."""
    face = getattr(cv2, "FontFace", None)
    if face is None:
        scale = size_px / 26
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 2, cv2.LINE_AA)
    else:
        cv2.putText(canvas, text, place, colour, face("uni"), size_px, weight)


def words(rng: np.random.Generator, length: int) -> str:
    """A line of random characters."""
    alphabet = _HAN if hasattr(cv2, "FontFace") else _LATIN
    return "".join(alphabet[int(i)] for i in rng.integers(0, len(alphabet), length))


def text_card(template: int, content: int, width: int = 900, height: int = 1200) -> Pixels:
    """A card: paper, art, header and footer by `template`; title and body by `content`."""
    look, own = np.random.default_rng([1, template]), np.random.default_rng([2, content])
    card = np.full((height, width, 3), _PAPERS[int(look.integers(len(_PAPERS)))], dtype=np.uint8)
    accent = _colour(look)
    style = int(look.integers(4))
    if style == 0:
        for y in range(150, height - 120, 46):  # ruled paper
            cv2.line(card, (40, y), (width - 40, y), (214, 214, 222), 1, cv2.LINE_AA)
    elif style == 1:
        for x in range(0, width, 30):  # squared paper
            cv2.line(card, (x, 0), (x, height), (228, 228, 232), 1)
        for y in range(0, height, 30):
            cv2.line(card, (0, y), (width, y), (228, 228, 232), 1)
    elif style == 2:
        _art(card, look, 14, 0.02, 0.09)
    cv2.rectangle(card, (24, 24), (width - 24, height - 24), accent, 3, cv2.LINE_AA)
    cv2.rectangle(card, (24, 24), (width - 24, 120), accent, -1)
    write(card, words(look, 8), (60, 92), 44, (255, 255, 255), 700)
    write(card, "@" + words(look, 5), (60, height - 52), 28, accent)
    _art(card[height - 130 : height - 40, width - 240 : width - 40], look, 5, 0.1, 0.3)

    size = int(look.integers(34, 60))
    write(card, words(own, int(own.integers(5, 10))), (70, 210), size + 22, (30, 30, 30), 700)
    across = max(4, (width - 150) // (size + 2))
    for y in range(300, height - 150, int(size * 1.6)):
        write(card, words(own, int(own.integers(across // 2, across))), (70, y), size)
    return card


def quiet_card(template: int, content: int, width: int = 900, height: int = 1200) -> Pixels:
    """Mostly empty: a saying, a ticket, a menu or a list; bar, labels and edge by `template`.

    Two of them differ in a few words, and their hashes hardly at all.
    """
    look, own = np.random.default_rng([5, template]), np.random.default_rng([6, content])
    card = np.full((height, width, 3), _PAPERS[int(look.integers(len(_PAPERS)))], dtype=np.uint8)
    accent, ink = _colour(look), (45, 42, 40)
    if look.random() < 0.7:
        cv2.rectangle(card, (30, 30), (width - 30, height - 30), accent, int(look.integers(2, 8)))
    bar = int(look.integers(110, 220))
    cv2.rectangle(card, (30, 30), (width - 30, bar), accent, -1)
    write(card, words(look, int(look.integers(4, 9))), (70, bar - 40), 50, (255, 255, 255), 600)
    write(card, str(int(own.integers(1, 365))), (width - 190, bar - 40), 50, (255, 255, 255), 600)
    style, top = int(look.integers(3)), bar + int(look.integers(90, 200))
    if style == 0:
        size = int(look.integers(64, 96))
        for i in range(int(look.integers(1, 4))):
            write(card, words(own, int(own.integers(3, 8))), (70, top + 120 * i), size, ink, 500)
        for i in range(2):
            place = (70, top + 480 + 60 * i)
            write(card, words(own, int(own.integers(6, 16))), place, 42, (110, 104, 96))
    else:
        for i in range(int(look.integers(4, 9))):
            y = top + i * int((height - top - 200) / 9)
            write(
                card, words(look if style == 1 else own, int(look.integers(2, 6))), (70, y), 40, ink
            )
            value = f"{int(own.integers(8, 400))}.{int(own.integers(0, 10))}0"
            write(card, value, (width - 260, y), 40, ink)
    write(card, words(look, 7), (70, height - 70), 34, accent)
    return card


def poster(
    layout: int, content: int, product: Pixels, width: int = 900, height: int = 1200
) -> Pixels:
    """A shop poster: banner, badges, seals by `layout`; product, name and price by `content`."""
    look, own = np.random.default_rng([3, layout]), np.random.default_rng([4, content])
    card = np.full((height, width, 3), _colour(look), dtype=np.uint8)
    _art(card, look, 22, 0.02, 0.12)
    box = (90, 250, width - 90, 860)
    card[box[1] : box[3], box[0] : box[2]] = cv2.resize(
        product, (box[2] - box[0], box[3] - box[1]), interpolation=cv2.INTER_AREA
    )
    write(card, words(look, 9), (80, 120), 72, (255, 255, 255), 800)
    write(card, words(own, 10), (80, 205), 48, (255, 250, 210), 600)
    price = f"{int(own.integers(9, 999))}.{int(own.integers(0, 99)):02d}"
    cv2.rectangle(card, (60, 920), (width - 60, 1130), (255, 255, 255), -1)
    write(card, price, (100, 1060), 110, (220, 40, 50), 800)
    write(card, words(own, 7), (470, 1000), 40)
    write(card, words(look, 7), (470, 1080), 40, (120, 120, 120))
    for x in (110, 260, 410):
        cv2.circle(card, (x, 1160), 24, (255, 255, 255), 3, cv2.LINE_AA)
        write(card, words(look, 1), (x - 14, 1172), 28, (255, 255, 255))
    return card


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    r, g, b = (int(c) for c in rng.integers(60, 215, 3))
    return r, g, b


def _art(canvas: Pixels, rng: np.random.Generator, count: int, least: float, most: float) -> None:
    """Dots, stars and leaves, as templates have them in corners and backgrounds."""
    height, width = canvas.shape[:2]
    for _ in range(count):
        place = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        size = max(3, int(rng.uniform(least, most) * min(width, height)))
        colour, kind = _colour(rng), int(rng.integers(3))
        if kind == 0:
            cv2.circle(canvas, place, size, colour, max(2, size // 5), cv2.LINE_AA)
        elif kind == 1:
            turn = float(rng.uniform(0, 360))
            cv2.ellipse(canvas, place, (size, size // 3), turn, 0, 360, colour, -1, cv2.LINE_AA)
        else:
            spokes = np.arange(10) * np.pi / 5 + rng.uniform(0, 1)
            reach = size * np.where(np.arange(10) % 2, 0.45, 1.0)
            star = np.stack([np.cos(spokes) * reach, np.sin(spokes) * reach], axis=1) + place
            cv2.fillPoly(canvas, [star.astype(np.int32)], colour, cv2.LINE_AA)
