"""notegate: content moderation and authenticity for a note community.

The public names are loaded on first use, so that `import moderation` is cheap.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# ONNX Runtime reports its use to its maker, and reads this when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from moderation.errors import ModerationError
    from moderation.finding import Finding, FindingKind, ItemFailure, Span
    from moderation.gate import Gate, compare
    from moderation.match import Match
    from moderation.note import Author, Claim, ClaimBasis, Note, NoteImage
    from moderation.policy import Policy
    from moderation.text.assess import assess_text
    from moderation.text.reading import TextReading
    from moderation.verdict import Decision, Verdict

_HOMES = {
    "Author": "note",
    "Claim": "note",
    "ClaimBasis": "note",
    "Decision": "verdict",
    "Finding": "finding",
    "FindingKind": "finding",
    "Gate": "gate",
    "ItemFailure": "finding",
    "Match": "match",
    "ModerationError": "errors",
    "Note": "note",
    "NoteImage": "note",
    "Policy": "policy",
    "Span": "finding",
    "TextReading": "text.reading",
    "Verdict": "verdict",
    "assess_text": "text.assess",
    "compare": "gate",
}

__all__ = [
    "Author",
    "Claim",
    "ClaimBasis",
    "Decision",
    "Finding",
    "FindingKind",
    "Gate",
    "ItemFailure",
    "Match",
    "ModerationError",
    "Note",
    "NoteImage",
    "Policy",
    "Span",
    "TextReading",
    "Verdict",
    "__version__",
    "assess_text",
    "compare",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `moderation` has no attribute `{name}`")
    value = getattr(importlib.import_module(f"moderation.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
