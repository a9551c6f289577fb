"""Provenance: what the file of a picture says of where it came from, and of AI.

- `record`: the values
- `reading`: file → record
- `containers`: where in a file the blocks lie
- `exif`, `xmp`, `aigc`, `credentials`: one kind of block each
- `undeclared`: from marks of AI to a finding

Read from the bytes, before they are decoded and dropped; pixels alone have no provenance.
"""

from __future__ import annotations

from moderation.image.provenance.reading import read_provenance
from moderation.image.provenance.record import (
    NOTHING_SAID,
    AiMark,
    Answer,
    CameraRecord,
    Credential,
    Place,
    Provenance,
    Strength,
)
from moderation.image.provenance.undeclared import ai_finding

__all__ = [
    "NOTHING_SAID",
    "AiMark",
    "Answer",
    "CameraRecord",
    "Credential",
    "Place",
    "Provenance",
    "Strength",
    "ai_finding",
    "read_provenance",
]
