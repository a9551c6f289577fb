"""JSON of the words: what is written can be read, and is really JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import given
from kit import strategies as some

from moderation.finding import Finding, ItemFailure, Span
from moderation.match import Match
from moderation.note import Author, Note, NoteImage
from moderation.verdict import Verdict


def through_text(row: dict[str, Any]) -> dict[str, Any]:
    """As a file or a wire would hand it over."""
    return json.loads(json.dumps(row, allow_nan=False))


@given(some.notes)
def test_a_note_survives(note: Note) -> None:
    """All fields, and so the digest."""
    again = Note.from_json(through_text(note.to_json()))
    assert again.to_json() == note.to_json()
    assert again.digest() == note.digest()


@given(some.matches)
def test_a_match_survives(match: Match) -> None:
    """Equal after the journey; `verified` follows from the basis."""
    assert Match.from_json(through_text(match.to_json())) == match


@given(some.spans)
def test_a_span_survives(span: Span) -> None:
    """Offsets and both texts."""
    assert Span.from_json(through_text(span.to_json())) == span


@given(some.findings)
def test_a_finding_survives(finding: Finding) -> None:
    """Proof, raw and final score and their difference."""
    assert Finding.from_json(through_text(finding.to_json())) == finding


@given(some.failures)
def test_a_failure_survives(failure: ItemFailure) -> None:
    """And it can be told from a verdict."""
    row = through_text(failure.to_json())
    assert row["failed"] is True
    assert ItemFailure.from_json(row) == failure


@given(some.verdicts)
def test_a_verdict_survives(verdict: Verdict) -> None:
    """With everything needed to explain and to replay it."""
    row = through_text(verdict.to_json())
    assert row["decision"] in ("pass", "label", "review", "block")
    assert "failed" not in row
    assert Verdict.from_json(row) == verdict


def test_pictures_are_named_by_digest_and_never_embedded() -> None:
    """Two notes with other bytes have other digests; no pixel gets into the JSON."""
    rows = []
    for value in (b"one", b"two"):
        note = Note(id="n1", author=Author(id="u1"), images=[NoteImage(data=value)])
        rows.append(through_text(note.to_json())["images"][0])
    assert rows[0].keys() == {"sha256"}
    assert rows[0] != rows[1]
    pixels = NoteImage(array=np.zeros((2, 2, 3), np.uint8)).to_json()
    assert pixels.keys() == {"sha256"}


def test_a_lone_surrogate_does_not_break_a_digest() -> None:
    """JSON can carry half a pair; the note keeps it as it came."""
    note = Note.from_json(
        {
            "id": "n1",
            "author": {"id": "u1"},
            "published_at": "2026-11-21T08:00:00Z",
            "text": json.loads(r'"a\ud800b"'),
        }
    )
    assert note.text == "a\ud800b"
    assert Note.from_json(through_text(note.to_json())).digest() == note.digest()
