"""Popularity: when so many unrelated authors have shown a work that a copy accuses nobody. Pure.

Only showings that stand are counted, and nothing else about an author: not followers, not fame.
The number of authors alone would be cheap to fake with accounts made for the purpose, so of each
stretch of days one author counts. Whatever a person has decided, and whatever is proven, wins
over any number. Reasons: `docs/why/templates.md`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from moderation.image.ownership import Sighting, accounts_of, held_by, is_proven
from moderation.note import Author, Claim, ClaimBasis

AGAIN = 2
"""A rejected work is proposed again once so many times as many authors have shown it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """A note of a known author shows a work."""

    author_id: str
    at: datetime
    linked_ids: tuple[str, ...] = ()
    """Accounts that the platform links with the author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PopularityRule:
    """From when on a work counts as widely shown."""

    authors: int
    apart: timedelta
    """Of each stretch of this length one author counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Popularity:
    """How many unrelated authors have shown a work."""

    authors: int
    """People or companies: accounts that are linked are one."""
    counted: int
    """Most of them that can be counted with no two in one stretch; at most what the rule asks."""


def popularity(
    showings: Iterable[Showing],
    *,
    rule: PopularityRule,
    until: datetime | None = None,
    without: Collection[str] = (),
) -> Popularity:
    """Count the unrelated authors of showings.

    Args:
        showings: in any order, several of one author are fine.
        rule: of each of its stretches one author counts; nobody counts beyond its number.
        until: later showings are left out; None counts all on record.
        without: accounts that do not count, nor does who is linked with them.
    """
    standing = [s for s in showings if s.author_id and (until is None or s.at <= until)]
    stretches: dict[str, set[int]] = defaultdict(set)
    groups = _groups(standing)
    left_out = {groups[account] for account in without if account in groups}
    for showing in standing:
        group = groups[showing.author_id]
        if group not in left_out:
            stretches[group].add((showing.at - _EPOCH) // rule.apart)
    return Popularity(
        authors=len(stretches), counted=_assignable(list(stretches.values()), rule.authors)
    )


def is_protected(claims: Iterable[Claim]) -> bool:
    """True where somebody proved or declared the work: it never becomes a template by counting.

    An archive claims in passing, without a word; a declared registration has one.
    """
    return any(
        is_proven(claim) or (claim.basis is ClaimBasis.REGISTERED and claim.proof)
        for claim in claims
    )


def related(claims: Iterable[Claim]) -> frozenset[str]:
    """Accounts whose showings say nothing about who else may: the holder's, and licensees'."""
    claims = list(claims)
    holder = held_by(claims)
    licensees = [claim for claim in claims if claim.basis is ClaimBasis.LICENSED]
    return frozenset(
        account
        for claim in ([holder, *licensees] if holder else licensees)
        for account in (claim.author_id, *claim.linked_ids)
        if account
    )


def counted(
    sighting: Sighting,
    showings: Iterable[Showing],
    *,
    author: Author,
    at: datetime,
    rule: PopularityRule,
) -> Sighting:
    """Say in a sighting by how many its work was shown, where that is enough to accuse nobody.

    Args:
        sighting: of the work in the picture under check.
        showings: of the work, that stand.
        author: who submits; neither they nor their accounts count.
        at: time of the check; what was shown later does not count.
        rule: how many are enough.
    """
    if is_protected(sighting.claims):
        return sighting
    found = popularity(
        showings,
        rule=rule,
        until=at,
        without=related(sighting.claims) | accounts_of(author),
    )
    if found.counted < rule.authors:
        return sighting
    return replace(sighting, shown_by=found.authors)


def _groups(showings: Sequence[Showing]) -> dict[str, str]:
    """Account → one account that stands for all that are linked with it, by whatever chain."""
    parent: dict[str, str] = {}

    def root(account: str) -> str:
        parent.setdefault(account, account)
        while parent[account] != account:
            parent[account] = parent[parent[account]]
            account = parent[account]
        return account

    for showing in showings:
        mine = root(showing.author_id)
        for linked in showing.linked_ids:
            parent[root(linked)] = mine
    return {account: root(account) for account in parent}


def _assignable(groups: Sequence[set[int]], enough: int) -> int:
    """Most groups that can be given a stretch of their own, out of those each has shown in.

    A greedy count could fall when a showing is added; a maximum matching cannot (Kuhn 1955).
    Ends at `enough`.
    """
    taken_by: dict[int, int] = {}
    for group in range(len(groups)):
        if len(taken_by) >= enough:
            break
        came_by: dict[int, tuple[int, int | None]] = {}
        waiting: deque[tuple[int, int | None]] = deque([(group, None)])
        while waiting:
            at, last = waiting.popleft()
            fresh = groups[at] - came_by.keys()
            came_by |= dict.fromkeys(fresh, (at, last))
            free: int | None = next((s for s in fresh if s not in taken_by), None)
            if free is None:
                waiting.extend((taken_by[stretch], stretch) for stretch in fresh)
                continue
            while free is not None:  # everybody on the way moves on by one
                taken_by[free], free = came_by[free]
            break
    return len(taken_by)
