"""What people decided, as rows to take away: by pseudonyms, unless names are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from moderation.archive.tables import Cell, Sort
from moderation.store import ClosedCase, ClosedEnd, Named, Pseudonyms, Register

COLUMNS: Mapping[str, Sort] = MappingProxyType(
    {
        "case": "number",
        "reason": "text",
        "lang": "text",
        "opened_at": "time",
        "decided_at": "time",
        "in_force_at": "time",
        "took_s": "seconds",
        "before": "text",
        "after": "text",
        "choice": "text",
        "mistaken": "text",
        "moderator": "text",
        "author": "text",
        "note": "text",
    }
)
"""Column → what it holds. A column is never renamed."""
WORDS = "words"
"""The column that comes with names: what people write of a note can name anybody."""
_AT_ONCE = 1_000


def columns_of(*, names: bool) -> Mapping[str, Sort]:
    """The columns of rows with names, or of those without."""
    return {**COLUMNS, WORDS: "text"} if names else COLUMNS


def decision_rows(
    register: Register,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    names: bool = False,
) -> Iterator[dict[str, Cell]]:
    """A row for each case whose decision took effect, the last first, read in portions.

    Args:
        register: only read.
        since: took effect at this aware time or later; None for all.
        until: took effect before; None for all.
        names: with people, notes and words as they are. Otherwise each person and note has a
            pseudonym that is the same in every export of this register, and words are left out.
    """
    pseudonyms = None if names else register.pseudonyms()
    after: ClosedEnd | None = None
    while some := register.closed_cases(since=since, until=until, after=after, limit=_AT_ONCE):
        yield from (_row(case, pseudonyms) for case in some)
        after = some[-1].end


def _row(case: ClosedCase, pseudonyms: Pseudonyms | None) -> dict[str, Cell]:
    def named(sort: Named, name: str) -> str:
        return name if pseudonyms is None else pseudonyms.of(sort, name)

    row: dict[str, Cell] = {
        "case": case.case_id,
        "reason": case.reason,
        "lang": case.lang,
        "opened_at": case.opened_at,
        "decided_at": case.decided_at,
        "in_force_at": case.closed_at,
        "took_s": (case.decided_at - case.opened_at).total_seconds(),
        "before": case.before.value,
        "after": case.after.value,
        "choice": case.choice,
        "mistaken": " ".join(kind.value for kind in case.mistaken),
        "moderator": named(Named.MODERATOR, case.decided_by),
        "author": named(Named.AUTHOR, case.author_id),
        "note": named(Named.NOTE, case.note_id),
    }
    return row if pseudonyms is not None else row | {WORDS: case.words}
