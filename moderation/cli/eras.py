"""Eras: stretches of time over which a policy says the same; to judge by the rules of then."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from moderation.finding import ItemFailure
from moderation.note import Note
from moderation.policy import Policy

if TYPE_CHECKING:
    from moderation.gate import Gate
    from moderation.verdict import Verdict


class Eras:
    """The instants at which a policy changes, and what lies between them."""

    def __init__(self, policy: Policy) -> None:
        terms = policy.terms
        windows = [rule.window for rule in terms.rules]
        windows += [allowance.window for allowance in terms.allowances]
        windows += [one.window for one in terms.template_proposals]
        ends = {window.start for window in windows} | {window.end for window in windows}
        self._changes = sorted(at for at in ends if at is not None)

    def number(self, at: datetime) -> int:
        """Which era an instant lies in, from 0."""
        return bisect_right(self._changes, at)


def check_by_rules_of_then(
    notes: Iterable[Note | ItemFailure],
    policy: Policy,
    open_gate: Callable[[datetime], Gate],
    *,
    register: bool,
) -> Iterator[Verdict | ItemFailure]:
    """Judge each note by the rules in force when it was published, in the order given.

    Args:
        notes: an archive, with its bad rows in place.
        policy: whose dates count.
        open_gate: opens the register with the rules of an instant; once per era that is met.
        register: as for `Gate.check_many`.
    """
    eras = Eras(policy)
    gates: dict[int, Gate] = {}
    with ExitStack() as stack:
        for (era, at), some in groupby(_dated(notes, eras), key=lambda dated: dated[0]):
            if era not in gates:
                gates[era] = stack.enter_context(open_gate(at))
            yield from gates[era].check_many((item for _, item in some), register=register)


def _dated(
    notes: Iterable[Note | ItemFailure], eras: Eras
) -> Iterator[tuple[tuple[int, datetime], Note | ItemFailure]]:
    """Each note with its era and the first instant met in that era; a bad row stays where it is."""
    now = datetime.now(UTC)
    first_of: dict[int, datetime] = {}
    era = eras.number(now)
    for item in notes:
        if isinstance(item, Note):
            at = item.published_at or now
            era = eras.number(at)
            first_of.setdefault(era, at)
        yield (era, first_of.get(era, now)), item
