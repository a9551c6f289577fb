"""The implicit label of GB 45438-2025: JSON that says a picture was made with AI.

The mandatory Chinese standard (in force 1 September 2025, annex E) puts seven fields under the key
`AIGC` into a file's metadata: `Label` (1 is, 2 may be, 3 is suspected to be generated),
`ContentProducer`, `ProduceID`, `ReservedCode1`, `ContentPropagator`, `PropagateID`,
`ReservedCode2`. The practice guide TC260-PG-20258A names the places in pictures: XMP
(`TC260:AIGC`), the user comment of EXIF, and a PNG text chunk with the keyword `AIGC`. Both a bare
object and one wrapped as `{"AIGC": {…}}` are in use.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moderation.image.provenance.record import AiMark, Place, Strength, clean

KEYWORD = "AIGC"
MAX_LABEL_CHARS = 65_536

_STRENGTHS = {"1": Strength.GENERATED, "2": Strength.POSSIBLE, "3": Strength.SUSPECTED}
_COMPANIONS = ("ContentProducer", "ProduceID", "ContentPropagator", "PropagateID")


class UnreadableLabel(ValueError):
    """It claims to be the label, and is not."""


def mark_from_text(text: str, place: Place, *, certain: bool) -> AiMark | None:
    """Read a label.

    Args:
        text: JSON, perhaps.
        place: where it stands.
        certain: the place is for this label alone; else text that is something else is no fault.

    Raises:
        UnreadableLabel: it must be a label, and cannot be read.
    """
    certain = certain or f'"{KEYWORD}"' in text[:MAX_LABEL_CHARS]
    try:
        if len(text) > MAX_LABEL_CHARS:
            raise UnreadableLabel(f"got {len(text):,} characters, limit {MAX_LABEL_CHARS:,}")
        fields = _fields(text)
    except (ValueError, RecursionError) as error:
        if certain:
            reason = error if isinstance(error, UnreadableLabel) else "is not JSON of a label"
            raise UnreadableLabel(f"the AIGC label: {reason}") from error
        return None
    if not certain and not any(name in fields for name in _COMPANIONS):
        return None  # an object with a `Label` may be anything
    return mark_from_fields(fields, place)


def mark_from_fields(fields: Mapping[str, Any], place: Place) -> AiMark:
    """Read a label whose fields are at hand.

    Raises:
        UnreadableLabel: `Label` is none of 1, 2 and 3.
    """
    label = fields.get("Label")
    said = label if isinstance(label, str) else str(label) if type(label) is int else ""
    if said.strip() not in _STRENGTHS:
        raise UnreadableLabel(f"the AIGC label: `Label` is {clean(repr(label), 40)}, not 1, 2 or 3")
    producer = fields.get("ContentProducer") or fields.get("ContentPropagator")
    return AiMark(
        place=place,
        said=f"Label {said.strip()}",
        strength=_STRENGTHS[said.strip()],
        producer=clean(producer),
    )


def _fields(text: str) -> Mapping[str, Any]:
    fields = json.loads(text)
    if isinstance(fields, dict) and isinstance(fields.get(KEYWORD), str):
        fields = json.loads(fields[KEYWORD])  # the object once more as a string
    elif isinstance(fields, dict) and KEYWORD in fields:
        fields = fields[KEYWORD]
    if not isinstance(fields, dict):
        raise UnreadableLabel("is not an object")
    return fields
