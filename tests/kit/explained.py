"""A typical finding of every kind, to be explained, and what no explanation may say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

from moderation.explain import Lang
from moderation.finding import Finding, FindingKind, Span
from moderation.match import Match

LANGS: tuple[Lang, ...] = get_args(Lang)
ACCUSING = ("theft", "thief", "steal", "stole", "owner", "fraud", "pirat", "盗", "偷", "窃", "抄袭")

SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
MATCH = Match(
    note_id="n1",
    image_number=0,
    author_id="u9",
    published_at=datetime(2026, 5, 1, 8, tzinfo=UTC),
    score=0.97,
    share_of_query=0.82,
    share_of_original=0.64,
    transform=None,
    region_query=SQUARE,
    region_original=SQUARE,
    inliers=143,
    distance_bits=6,
)
COPY = Finding(
    kind=FindingKind.IMAGE_COPY,
    score=0.97,
    raw_score=0.97,
    image_number=0,
    match=MATCH,
    detector="copies@1",
)
SPAN = Span(code="V1", field="text", start=3, end=9, text="加 薇 abc", normalised="加微abc")


DETAILS: dict[FindingKind, dict[str, str | int | float | bool]] = {
    FindingKind.IMAGE_WATERMARK_OF_OTHER: {
        "text": "小红书号：9582310",
        "handle": "9582310",
        "confidence": 0.97,
    },
    FindingKind.IMAGE_AI_GENERATED_UNDECLARED: {
        "place": "xmp",
        "said": "trainedAlgorithmicMedia",
        "signed": "absent",
    },
    FindingKind.IMAGE_QR: {"class": "group", "host": "weixin.qq.com", "codes": 1},
    FindingKind.TEXT_TEMPLATE_TWIN: {
        "twin_note": "n17",
        "holder": "u3",
        "claimed_at": "2026-03-01T08:00:00+00:00",
        "share_of_caption": 0.93,
        "share_of_twin": 0.88,
    },
}


def of_kind(kind: FindingKind) -> Finding:
    """A typical finding of a kind: copies come with a match, texts with spans."""
    if kind in DETAILS and kind.value.startswith("image."):
        return replace(COPY, kind=kind, match=None, detail=DETAILS[kind])
    if kind in (FindingKind.IMAGE_COPY, FindingKind.IMAGE_COPY_PARTIAL):
        return replace(COPY, kind=kind)
    if kind.value.startswith("image."):
        return replace(COPY, kind=kind, match=None)
    return Finding(
        kind=kind,
        score=0.9,
        raw_score=0.9,
        spans=(SPAN,),
        detail=DETAILS.get(kind, {}),
        detector="text_rules@1",
    )


def placeholders(text: str) -> list[str]:
    """Names of the values that a phrase takes."""
    return sorted(re.findall(r"{(\w+)", text))
