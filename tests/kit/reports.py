"""Notes and verdicts that show every part of the report once, and ones that attack it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import cv2
import numpy as np
from kit.verdicts import a_copy, a_failure, a_match, a_span, a_text_finding, a_verdict

from moderation.finding import Difference, FindingKind, ItemFailure, Span
from moderation.match import Basis, Direction
from moderation.note import MAX_ID_CHARS, MAX_TAG_CHARS, MAX_TITLE_CHARS, Author, Note, NoteImage
from moderation.verdict import Completeness, Decision, Verdict

Results = list[Verdict | ItemFailure]

HOSTILE = "<script>alert(1)</script>\u202e\"'><img src=https://evil.example/x>\0&amp;{{ 7*7 }}"
TEXT = "姐妹们冲！全网最低价只要￥99，加薇❤ abc_123 领券"


def drawn(width: int = 240, height: int = 320, seed: int = 1) -> np.ndarray:
    """A picture that a test may hold: blots on paper."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 240, np.uint8)
    for _ in range(12):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        colour = tuple(int(c) for c in rng.integers(0, 255, 3))
        cv2.circle(picture, centre, int(rng.integers(8, 60)), colour, -1)
    return picture


def note(note_id: str, **changes: Any) -> Note:
    values: dict[str, Any] = {
        "author": Author(id="bob"),
        "published_at": datetime(2026, 5, 1, 9, 30, tzinfo=UTC),
        "title": "面霜推荐",
        "text": TEXT,
        "tags": ["护肤"],
    }
    return Note(id=note_id, **values | changes)


def the_fixed_set() -> tuple[Results, list[Note]]:
    """Every part of the page once: copy, spans, exemption, hash alone, failures, a clean note."""
    original = drawn()
    crop = original[80:240, 60:180].copy()
    corners = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
    crop_of = a_match(
        transform=(1, 0, 60, 0, 1, 80),
        region_original=corners,
        query_size=(120, 160),
        share_of_original=0.25,
        direction=Direction.QUERY_IN_ORIGINAL,
    )
    contact = a_span(TEXT, "加薇❤ abc_123", code="V5")
    notes = [
        note("first", author=Author(id="alice"), images=[NoteImage(array=original)]),
        note("n1", images=[NoteImage(array=crop)]),
        note("n2", author=Author(id="alice"), images=[NoteImage(array=original)]),
        note("n3", author=Author(id="dora", declared_ad=True, brand_partner="Acme"), text="hello"),
    ]
    gone = a_match(
        note_id="gone", basis=Basis.HASH_ONLY, transform=None, region_query=(), region_original=()
    )
    results: Results = [
        a_verdict(note_id="n3"),
        a_failure(),
        a_verdict(
            a_copy(match=crop_of),
            a_text_finding(
                FindingKind.TEXT_HARD_SELL,
                a_span(TEXT, "全网最低价", code="V2"),
                a_span(TEXT, "最低价只要￥99", code="V3"),
            ),
            a_text_finding(FindingKind.TEXT_DIVERSION_CONTACT, contact),
            decision=Decision.BLOCK,
        ),
        a_verdict(
            a_copy(score=0.0, difference=Difference.SAME_AUTHOR),
            note_id="n2",
            decision=Decision.PASS,
        ),
        a_verdict(
            a_copy(match=gone, score=0.5, difference=Difference.UNVERIFIED),
            note_id="n4",
            completeness=Completeness.PARTIAL,
            failures=(a_failure(code="unreadable_image", detector="copies", image_number=1),),
        ),
    ]
    return results, notes


def the_hostile_set(text: str) -> tuple[Results, list[Note]]:
    """That text in every field of note, match, finding, failure and policy."""
    known = text.replace("\0", "")[:MAX_ID_CHARS]  # others are refused when a note is made
    end = min(8, len(text))
    spans = (Span(code=text, field="text", start=0, end=end, text=text[:end], normalised=text),)
    finding = a_text_finding(FindingKind.TEXT_HARD_SELL, *spans, detail={"brand": text})
    copy = a_copy(match=a_match(note_id=text, author_id=text), detail={"holder": text, "why": text})
    failure = a_failure(message=text, hint=text, note_id=text, detector=text)
    results: Results = [
        a_verdict(
            finding,
            copy,
            note_id=known,
            policy=text,
            policy_digest=text,
            detectors={text: text},
            failures=(failure,),
        ),
        failure,
    ]
    author = Author(id=known, brand_partner=text[:MAX_ID_CHARS])
    return results, [
        note(
            known,
            author=author,
            title=text[:MAX_TITLE_CHARS],
            text=text,
            tags=[text[:MAX_TAG_CHARS]],
        )
    ]
