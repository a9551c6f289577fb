"""Cards drawn in code: a series on one template, and a sheet that everybody may use."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

from moderation.demo.drafts import PictureFile

_SIZE = (900, 1200)
_PAPER, _INK, _PALE = "#fbf7ef", "#2b2a28", "#d9cfbd"
_ACCENT = "#c8553d"
_MARGIN = 70


def phrase_card(day: int, sentence: tuple[str, ...], meaning: tuple[str, ...]) -> PictureFile:
    """One card of an English-a-day series: the same frame and bar, another sentence."""
    card = Image.new("RGB", _SIZE, _PAPER)
    pen = ImageDraw.Draw(card)
    pen.rectangle((30, 30, _SIZE[0] - 30, _SIZE[1] - 30), outline=_ACCENT, width=6)
    pen.rectangle((30, 30, _SIZE[0] - 30, 190), fill=_ACCENT)
    pen.text((_MARGIN, 78), "ONE LINE A DAY", fill=_PAPER, font=_font(54))
    pen.text((_SIZE[0] - _MARGIN, 78), f"DAY {day}", fill=_PAPER, font=_font(54), anchor="ra")
    for i, line in enumerate(sentence):
        pen.text((_MARGIN, 320 + 104 * i), line, fill=_INK, font=_font(84))
    for i, line in enumerate(meaning):
        pen.text((_MARGIN, 800 + 62 * i), line, fill="#6d675e", font=_font(44))
    pen.text((_MARGIN, _SIZE[1] - 120), "say it out loud, twice", fill=_ACCENT, font=_font(36))
    return _png(card)


def habit_sheet() -> PictureFile:
    """A blank sheet of thirty days to tick off."""
    sheet = Image.new("RGB", _SIZE, "#f3f6f1")
    pen = ImageDraw.Draw(sheet)
    pen.text((_MARGIN, 80), "MY 30 DAYS", fill="#3d5a45", font=_font(84))
    pen.text((_MARGIN, 190), "one habit, one tick a day", fill="#7a8c7f", font=_font(40))
    side, gap = 136, 20
    for day in range(30):
        left, top = _MARGIN - 6 + (day % 5) * (side + gap), 280 + (day // 5) * (side + gap - 10)
        pen.rounded_rectangle(
            (left, top, left + side, top + side - 10), radius=18, outline="#7fa387", width=4
        )
        pen.text((left + 16, top + 10), str(day + 1), fill="#7fa387", font=_font(34))
    return _png(sheet)


def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_px)


def _png(picture: Image.Image) -> PictureFile:
    sink = io.BytesIO()
    picture.save(sink, "PNG")
    return PictureFile(suffix=".png", data=sink.getvalue())
