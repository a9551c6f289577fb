"""Marks of AI in a file and what the author declared → a finding, or nothing. Pure.

A mark is somebody's statement in the file, and the finding repeats it. That a file has no mark,
or no metadata at all, leads to nothing.
"""

from __future__ import annotations

from moderation.finding import Difference, Finding, FindingKind
from moderation.image.provenance.record import AiMark, Answer, Provenance, Strength

DETECTOR = "provenance@1"

SCORES = {
    Strength.GENERATED: 0.95,
    Strength.COMPOSITE: 0.8,
    Strength.POSSIBLE: 0.7,
    Strength.SUSPECTED: 0.65,
}
"""How plainly the mark speaks, not how probable it is that a model made the picture: a mark is
read, not estimated. All four ask for a label, as the labelling measures of 1 September 2025 do."""
VERIFIED_SCORE = 0.99
BROKEN_SEAL_SCORE = 0.5
"""Of a statement inside a credential that fails its check: told, and below every step."""


def ai_finding(
    provenance: Provenance, *, image_number: int, declared: bool, declared_in: str = ""
) -> Finding | None:
    """What to tell of a picture that a mark in its file calls made with AI.

    Args:
        provenance: as read from the file.
        image_number: of the picture, from 0.
        declared: the note says itself that AI helped.
        declared_in: where: `declared_ai`, or the field whose words say so.

    Returns:
        The finding, with score 0 where the note declares it; None where there is no mark.
    """
    if not provenance.marks:
        return None
    mark = max(provenance.marks, key=mark_score)
    detail: dict[str, str | int | float | bool] = {
        "place": mark.place.value,
        "said": mark.said,
        "strength": mark.strength.value,
        "signed": mark.signed.value,
        "marks": len(provenance.marks),
    }
    if mark.producer:
        detail["producer"] = mark.producer
    if declared:
        detail["declared_in"] = declared_in
    raw = mark_score(mark)
    return Finding(
        kind=FindingKind.IMAGE_AI_GENERATED_UNDECLARED,
        score=0.0 if declared else raw,
        raw_score=raw,
        difference=Difference.DECLARED if declared else None,
        image_number=image_number,
        detail=detail,
        detector=DETECTOR,
    )


def mark_score(mark: AiMark) -> float:
    """0–1."""
    if mark.signed is Answer.INVALID:
        return BROKEN_SEAL_SCORE
    if mark.signed is Answer.VERIFIED and mark.strength is Strength.GENERATED:
        return VERIFIED_SCORE
    return SCORES[mark.strength]
