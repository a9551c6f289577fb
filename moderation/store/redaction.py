"""Taking the name of a forgotten subject out of evidence about others. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moderation.finding import Finding
from moderation.store.records import SubjectKind
from moderation.summary import summarise

FORGOTTEN = "forgotten"
"""Stands in the evidence where the id of a forgotten subject stood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who or what is to be forgotten."""

    kind: SubjectKind
    id: str
    note_ids: frozenset[str]
    """Every note that goes."""
    author_ids: frozenset[str] = frozenset()
    """The author that goes; empty where only a note does."""

    def redact_text(self, text: str, *also: str) -> str:
        """Replace the ids, and those in `also`, where they stand alone: `u1` is not in `u12`."""
        ids = sorted({*self.note_ids, *self.author_ids, *also} - {""}, key=len, reverse=True)
        alone = rf"(?<![\w-])(?:{'|'.join(map(re.escape, ids))})(?![\w-])"
        return re.sub(alone, FORGOTTEN, text, flags=re.ASCII)


def redact_verdict(body: Mapping[str, Any], subject: Subject) -> dict[str, Any]:
    """A verdict's JSON without the subject; scores, geometry and decision stay as they were."""
    findings = [_redact_finding(finding, subject) for finding in body["findings"]]
    redacted = {**body, "findings": findings}
    if "summary" in body:  # made from the findings, so it names whom they name
        told = summarise(map(Finding.from_json, findings), pictures=body["summary"]["pictures"])
        redacted["summary"] = told.to_json()
    return redacted


def _redact_finding(finding: Mapping[str, Any], subject: Subject) -> dict[str, Any]:
    match = finding["match"]
    also: tuple[str, ...] = ()
    if match and (match["note_id"] in subject.note_ids or match["author_id"] in subject.author_ids):
        # A forgotten note no longer tells its author, nor a forgotten author the notes.
        also = (match["note_id"], match["author_id"])
        match = {**match, "note_id": FORGOTTEN, "author_id": FORGOTTEN, "published_at": None}
    twin = (finding["detail"].get("twin_note", ""), finding["detail"].get("holder", ""))
    if twin[0] and (twin[0] in subject.note_ids or twin[1] in subject.author_ids):
        also = twin
    detail = {
        key: subject.redact_text(value, *also) if isinstance(value, str) else value
        for key, value in finding["detail"].items()
    }
    if detail != finding["detail"] and "claimed_at" in detail:
        detail["claimed_at"] = FORGOTTEN  # the holder's own date would still point at them
    return {**finding, "match": match, "detail": detail}
