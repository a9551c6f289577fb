"""What a moderator may choose: what becomes of the note, and whether the machine was right.

Both are asked, as they are different questions: a picture may be a copy and be allowed. What the
machine learns from is the second (`moderation.store.reviews`); what readers see is the first.
"""

from __future__ import annotations

from dataclasses import dataclass

from moderation.errors import BadNote
from moderation.store import Answer
from moderation.verdict import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One way to decide a case; its words are `moderation.explain.choice_name`."""

    code: str
    """Stored, and never changed once released."""
    decision: Decision
    """What becomes of the note."""
    answer: Answer
    """Whether what the machine found is so."""
    needs_words: bool = False
    """True where it says nothing by itself."""


CHOICES: tuple[Choice, ...] = (
    Choice(code="mistaken", decision=Decision.PASS, answer=Answer.OVERTURNED),
    Choice(code="permitted", decision=Decision.PASS, answer=Answer.CONFIRMED),
    Choice(code="trifle", decision=Decision.PASS, answer=Answer.CONFIRMED),
    Choice(code="mark", decision=Decision.LABEL, answer=Answer.CONFIRMED),
    Choice(code="copied", decision=Decision.BLOCK, answer=Answer.CONFIRMED),
    Choice(code="disguised", decision=Decision.BLOCK, answer=Answer.CONFIRMED),
    Choice(code="other", decision=Decision.BLOCK, answer=Answer.CONFIRMED, needs_words=True),
)
"""In the order of their keys, from 1."""
_BY_CODE = {choice.code: choice for choice in CHOICES}


def choice_named(code: str) -> Choice:
    """The choice with this code.

    Raises:
        BadNote: there is none.
    """
    if code not in _BY_CODE:
        known = ", ".join(f"`{choice}`" for choice in _BY_CODE)
        raise BadNote(f"a decision needs a reason, got `{code:.40}`", hint=f"choose one of {known}")
    return _BY_CODE[code]
