"""Builders of verdicts as the gate would give them; every argument has a plain default."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moderation.errors import BadNote
from moderation.finding import Difference, Finding, FindingKind, ItemFailure, Span
from moderation.match import Match
from moderation.verdict import Completeness, Decision, Reason, Registration, Verdict

FULL = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def a_match(**changes: Any) -> Match:
    """A full copy of picture 0 of note `first`."""
    values: dict[str, Any] = {
        "note_id": "first",
        "image_number": 0,
        "author_id": "alice",
        "published_at": datetime(2026, 3, 1, 8, tzinfo=UTC),
        "score": 0.98,
        "share_of_query": 1.0,
        "share_of_original": 1.0,
        "transform": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
        "region_query": FULL,
        "region_original": FULL,
        "inliers": 120,
        "distance_bits": 6,
        "query_size": (240, 320),
        "original_size": (240, 320),
    }
    return Match(**values | changes)


def a_copy(**changes: Any) -> Finding:
    """A finding with `a_match` as its proof."""
    values: dict[str, Any] = {
        "kind": FindingKind.IMAGE_COPY,
        "score": 0.98,
        "raw_score": 0.98,
        "image_number": 0,
        "match": a_match(),
        "detector": "copies@1",
    }
    return Finding(**values | changes)


def a_text_finding(kind: FindingKind, *spans: Span, score: float = 0.9, **changes: Any) -> Finding:
    """A finding of the text rules with its spans."""
    values: dict[str, Any] = {
        "kind": kind,
        "score": score,
        "raw_score": score,
        "spans": spans,
        "detector": "text_rules@1",
    }
    return Finding(**values | changes)


def a_span(text: str, piece: str, *, code: str = "V1", field: str = "text") -> Span:
    """The first place of `piece` in `text`."""
    start = text.index(piece)
    return Span(
        code=code, field=field, start=start, end=start + len(piece), text=piece, normalised=piece
    )


def a_failure(**changes: Any) -> ItemFailure:
    """A bad line of an archive."""
    values: dict[str, Any] = {
        "code": BadNote.code,
        "message": "`published_at` is missing",
        "hint": "add `published_at` to the note",
        "line": 7,
    }
    return ItemFailure(**values | changes)


def a_verdict(*findings: Finding, **changes: Any) -> Verdict:
    """A verdict in which every finding without a `difference` is a reason."""
    decision = changes.get("decision", Decision.REVIEW if findings else Decision.PASS)
    reasons = tuple(
        Reason(
            code=finding.kind.value,
            decision=decision,
            rule=finding.kind.value,
            score=finding.score,
            threshold=0.5,
            finding=i,
        )
        for i, finding in enumerate(findings)
        if finding.difference in (None, Difference.UNVERIFIED)
    )
    values: dict[str, Any] = {
        "note_id": "n1",
        "revision": 1,
        "decision": decision,
        "reasons": reasons,
        "findings": findings,
        "failures": (),
        "completeness": Completeness.COMPLETE,
        "policy": "default",
        "policy_digest": "sha256:" + "ab" * 32,
        "detectors": {"copies": "1", "text_rules": "1"},
        "register_seq": 42,
        "registration": Registration.HELD,
    }
    return Verdict(**values | changes)
