"""One verdict, given again: the findings and failures of the audit under another policy. Pure.

What the register counted under the policy of the day stays as it was: who was first, how many
authors show a picture, brake and flood.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.finding import Finding, ItemFailure
from moderation.note import Author, Note, NoteImage, NoteKind
from moderation.policy import Policy, decide
from moderation.store import JudgedAs, LastVerdict
from moderation.verdict import BRAKE, FLOOD, Decision, Reason

ORDINARY = JudgedAs(
    kind=NoteKind.NOTE.value, brand_partner=None, lang=None, published_at=None, as_of=None
)
"""What is assumed of a note whose audit row says nothing of it."""

_SOME_PICTURE = NoteImage(path="not looked at")
_NO_SPANS: Mapping[str, Any] = {"spans": ()}  # no policy reads them


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A decision, and by which rules."""

    decision: Decision
    rules: Mapping[str, Decision]
    """Rule → its strongest word."""
    codes: frozenset[str]
    """Codes of the reasons, as `image.copy`."""


NOTHING = Words(decision=Decision.PASS, rules={}, codes=frozenset())


def words_then(row: LastVerdict) -> Words:
    """What the policy of the day said of the findings, whatever brake and flood made of it."""
    if not row.body["reasons"]:
        return NOTHING
    reasons = [Reason.from_json(reason) for reason in row.body["reasons"]]
    return _words(reason for reason in reasons if reason.code not in (BRAKE, FLOOD))


def words_under(row: LastVerdict, policy: Policy, as_of: datetime) -> Words:
    """What another policy says of the same findings and failures.

    Args:
        row: of the audit.
        policy: to decide by.
        as_of: aware instant whose rules apply.
    """
    body = row.body
    if not body["findings"] and not body["failures"]:
        return NOTHING  # no rule of any policy hears silence
    verdict = decide(
        policy,
        _note(row),
        [Finding.from_json(finding | _NO_SPANS) for finding in body["findings"]],
        [ItemFailure.from_json(failure) for failure in body["failures"]],
        as_of=as_of,
    )
    return _words(verdict.reasons)


def _note(row: LastVerdict) -> Note:
    """As much of the note as a policy reads."""
    said: Mapping[str, Any] = row.body.get("summary") or {}
    known = row.judged_as or ORDINARY
    return Note(
        id=row.body["note_id"],
        author=Author(id=row.author_id, brand_partner=known.brand_partner),
        kind=NoteKind(known.kind),
        images=[_SOME_PICTURE] * said.get("pictures", 0),
    )


def _words(reasons: Iterable[Reason]) -> Words:
    rules: dict[str, Decision] = {}
    codes = set()
    for reason in reasons:
        word = reason.instead_of or reason.decision
        rules[reason.rule] = max(word, rules.get(reason.rule, word))
        codes.add(reason.code)
    decision = max(rules.values(), default=Decision.PASS)
    return Words(decision=decision, rules=rules, codes=frozenset(codes))
