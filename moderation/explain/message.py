"""The message to an author: what was decided, on what, and how to mend it."""

from __future__ import annotations

from moderation.explain.names import Lang
from moderation.explain.sentences import explain_finding, explain_verdict
from moderation.verdict import Verdict

MOST_MENDS = 3


def message_to_author(verdict: Verdict, *, lang: Lang) -> str:
    """What an author is told of a verdict on their note, in whole sentences.

    Args:
        verdict: as given.
        lang: `zh` or `en`.
    """
    behind = [verdict.findings[r.finding] for r in verdict.reasons if r.finding is not None]
    mends = dict.fromkeys(explain_finding(finding, lang=lang).mend for finding in behind)
    said = explain_verdict(verdict, lang=lang)
    if lang == "zh":
        return "".join([f"{said}。", *list(mends)[:MOST_MENDS]])
    return " ".join([f"{said[:1].upper()}{said[1:]}.", *list(mends)[:MOST_MENDS]])
