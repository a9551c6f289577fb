"""Watermarks and the author's own accounts → findings. Pure.

A watermark is another's only where the platform said which accounts are the author's, and none of
them agrees with any line of it. Where it did not say, the watermark is told and weighs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from moderation.finding import Difference, Finding, FindingKind
from moderation.image.watermark.handles import same_account
from moderation.image.watermark.reading import Watermark
from moderation.note import Author

DETECTOR = "watermark@1"

LABELLED_SHARE = 0.95
"""Of the recogniser's confidence, where the platform's word stands beside the handle."""
BARE_SHARE = 0.8
"""Where it is `@name` alone: people write such names for other reasons, too."""


def watermark_findings(
    watermarks: Iterable[Watermark], *, author: Author, image_number: int
) -> list[Finding]:
    """What to tell of the watermarks of one picture.

    Args:
        watermarks: as read.
        author: of the note; `handles` are compared, and the id, which may be the account number.
        image_number: of the picture, from 0.
    """
    return [_finding(watermark, author, image_number) for watermark in watermarks]


def _finding(watermark: Watermark, author: Author, image_number: int) -> Finding:
    difference = None
    if any(
        same_account(handle.name, own)
        for handle in watermark.handles
        for own in (*author.handles, author.id)
    ):
        difference = Difference.OWN_HANDLE
    elif not author.handles:
        difference = Difference.HANDLE_NOT_COMPARABLE
    platform = next((handle.platform for handle in watermark.handles if handle.platform), "")
    score = watermark.confidence * (LABELLED_SHARE if platform else BARE_SHARE)
    left, top, right, bottom = (round(float(side), 4) for side in watermark.box)
    return Finding(
        kind=FindingKind.IMAGE_WATERMARK_OF_OTHER,
        score=0.0 if difference else score,
        raw_score=score,
        difference=difference,
        image_number=image_number,
        detail={
            "text": watermark.text,
            "handle": " / ".join(dict.fromkeys(handle.name for handle in watermark.handles)),
            "platform": platform,
            "confidence": round(watermark.confidence, 4),
            "left": left,
            "top": top,
            "right": right,
            "bottom": bottom,
        },
        detector=DETECTOR,
    )
