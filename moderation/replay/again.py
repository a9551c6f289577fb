"""One verdict, given again: the findings and failures of the audit under another policy. Pure.

What the register counted under the policy of the day stays as it was: who was first, how many
authors show a picture, brake and flood.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.finding import Finding, ItemFailure
from moderation.note import Author, Note, NoteImage, NoteKind
from moderation.policy import Policy, Terms, reasons_under
from moderation.replay.answers import comes_from_words
from moderation.store import JudgedAs, LastVerdict
from moderation.verdict import NOT_OF_THE_POLICY, Decision

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


class Periods:
    """The terms of a policy by instant, each stretch between two changes worked out once."""

    def __init__(self, policy: Policy) -> None:
        """Of a policy."""
        self._terms = policy.terms
        self._changes = policy.terms.changes()
        self._known: dict[int, Terms] = {}

    def at(self, as_of: datetime) -> Terms:
        """As `Terms.at`."""
        number = bisect_right(self._changes, as_of)
        if number not in self._known:
            self._known[number] = self._terms.at(as_of)
        return self._known[number]


def given_again(
    row: LastVerdict, terms: Terms, in_words: Sequence[Mapping[str, Any]] | None = None
) -> tuple[Words, Words]:
    """What the policy of the day said, whatever brake, flood or a person made of it, and others.

    Args:
        row: of the audit.
        terms: in force, of another policy; they hear the same findings and failures.
        in_words: findings as JSON that another reader has in place of the reader's of the day.

    Returns:
        Before and after.
    """
    if row.silent and not in_words:
        return NOTHING, NOTHING  # no rule of any policy hears silence
    body = row.body()
    before = _then(body["reasons"])
    if in_words is not None:
        kept = [one for one in body["findings"] if not comes_from_words(one)]
        failed = [one for one in body["failures"] if not comes_from_words(one)]
        body |= {"findings": [*kept, *in_words], "failures": failed}
    return before, _under(row, body, terms)


def _then(reasons: Iterable[Mapping[str, Any]]) -> Words:
    return _words(
        (reason["rule"], Decision(reason.get("instead_of") or reason["decision"]), reason["code"])
        for reason in reasons
        if reason["code"] not in NOT_OF_THE_POLICY
    )


def _under(row: LastVerdict, body: Mapping[str, Any], terms: Terms) -> Words:
    reasons = reasons_under(
        terms,
        _note(row, body),
        [Finding.from_json(finding | _NO_SPANS) for finding in body["findings"]],
        [ItemFailure.from_json(failure) for failure in body["failures"]],
    )
    return _words((reason.rule, reason.decision, reason.code) for reason in reasons)


def _note(row: LastVerdict, body: Mapping[str, Any]) -> Note:
    """As much of the note as a policy reads."""
    said: Mapping[str, Any] = body.get("summary") or {}
    known = row.judged_as or ORDINARY
    return Note(
        id=row.note_id,
        author=Author(id=row.author_id, brand_partner=known.brand_partner),
        kind=NoteKind(known.kind),
        images=[_SOME_PICTURE] * said.get("pictures", 0),
    )


def _words(said: Iterable[tuple[str, Decision, str]]) -> Words:
    """Of reasons: rule, word and code."""
    rules: dict[str, Decision] = {}
    codes = set()
    for rule, word, code in said:
        known = rules.get(rule)
        rules[rule] = word if known is None else max(word, known)
        codes.add(code)
    decision = max(rules.values(), default=Decision.PASS)
    return Words(decision=decision, rules=rules, codes=frozenset(codes))
