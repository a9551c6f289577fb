"""Explain: findings, failures and verdicts in plain words, Chinese and English. Pure.

The reader is an author or a moderator. The words say what was seen and how to
mend it, and accuse nobody: to be first in the register is no proof of authorship.
"""

from moderation.explain.letter import Later, Letter, LetterReason, letter_of
from moderation.explain.message import message_to_author
from moderation.explain.names import (
    Lang,
    basis_name,
    beside_rules_name,
    choice_name,
    decision_word,
    difference_name,
    direction_name,
    kind_name,
    report_name,
    shown_score,
)
from moderation.explain.proofs import explain_proof
from moderation.explain.sentences import (
    Explanation,
    explain_failure,
    explain_finding,
    explain_reason,
    explain_verdict,
    picture_of,
)
from moderation.explain.skipped import explain_skipped
from moderation.explain.whole import explain_note

__all__ = [
    "Explanation",
    "Lang",
    "Later",
    "Letter",
    "LetterReason",
    "basis_name",
    "beside_rules_name",
    "choice_name",
    "decision_word",
    "difference_name",
    "direction_name",
    "explain_failure",
    "explain_finding",
    "explain_note",
    "explain_proof",
    "explain_reason",
    "explain_skipped",
    "explain_verdict",
    "kind_name",
    "letter_of",
    "message_to_author",
    "picture_of",
    "report_name",
    "shown_score",
]
