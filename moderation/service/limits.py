"""How much may be asked: by one token, by one tenant, and by one address with bad tokens.

Token buckets: so much at once, and so much a minute in the long run. They lie in the memory of one
process. Each of several workers therefore gives out its share alone, `quota // workers`, and the
headers speak of that share: a caller that keeps one connection open talks to one worker and gets
one share, and never do all callers together get more than the quota. Machines know nothing of each
other; a limit over all of them belongs into the proxy in front.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MINUTE_S = 60.0
MOST_BUCKETS = 20_000
"""Of each quota: some 5 MB. Beyond that the one unused for longest is forgotten, and full again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """So much at once, and so much a minute."""

    name: str
    a_minute: int

    def share(self, workers: int) -> Quota:
        """What one of several workers gives out; at least 1."""
        return Quota(name=self.name, a_minute=max(1, self.a_minute // workers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a bucket stands."""

    quota: Quota
    level: float
    """What may still be taken; below 0 after something larger than the whole quota."""

    def wait_s(self, cost: int, *, taken: int = 0) -> float:
        """Seconds until so much may be taken; 0 where it may be now.

        What is larger than the whole quota may be taken from a full bucket, and is paid off
        afterwards; it would otherwise never be allowed.

        Args:
            cost: to be taken.
            taken: by the same request before, so that no bucket can be full.
        """
        lacking = min(cost, self.quota.a_minute - taken) - self.level
        return max(0.0, lacking) * MINUTE_S / self.quota.a_minute

    @property
    def policy(self) -> str:
        """Item of `RateLimit-Policy`."""
        return f'"{self.quota.name}";q={self.quota.a_minute};w={MINUTE_S:.0f}'

    @property
    def state(self) -> str:
        """Item of `RateLimit`: what is left, and the seconds until all of it is there again."""
        full_s = (self.quota.a_minute - self.level) * MINUTE_S / self.quota.a_minute
        left = max(0, math.floor(self.level))
        return f'"{self.quota.name}";r={left};t={math.ceil(full_s)}'


class Buckets:
    """The buckets of one quota, by whom they are for; never more than so many."""

    def __init__(
        self,
        quota: Quota,
        *,
        most: int = MOST_BUCKETS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.quota = quota
        self._most = most
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Level, and when it was that."""
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._levels)

    def standing(self, key: str) -> Standing:
        """How it stands now; nothing is taken, nor remembered."""
        with self._lock:
            return Standing(quota=self.quota, level=self._level(key, self._clock()))

    def take(self, key: str, cost: int) -> Standing:
        """Take so much, whether it is there or not; how it stands afterwards."""
        with self._lock:
            now = self._clock()
            level = self._level(key, now) - cost
            self._levels[key] = (level, now)
            self._levels.move_to_end(key)
            while len(self._levels) > self._most:
                self._levels.popitem(last=False)
        return Standing(quota=self.quota, level=level)

    def _level(self, key: str, now: float) -> float:
        capacity = float(self.quota.a_minute)
        level, at = self._levels.get(key, (capacity, now))
        return min(capacity, level + max(0.0, now - at) * capacity / MINUTE_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of asking several buckets."""

    standings: tuple[Standing, ...]
    wait_s: float
    """0 where it was taken; else nothing was, and after so many seconds it may be asked again."""

    def headers(self) -> dict[str, str]:
        """`RateLimit` and `RateLimit-Policy`, draft-ietf-httpapi-ratelimit-headers-11."""
        return {
            "RateLimit-Policy": ", ".join(standing.policy for standing in self.standings),
            "RateLimit": ", ".join(standing.state for standing in self.standings),
        }


def take_from_all(asked: Sequence[tuple[Buckets, str]], cost: int, *, taken: int = 0) -> Taken:
    """Take from each of several buckets, or from none.

    Args:
        asked: buckets, with the key in each.
        cost: a request is 1, a batch as many as it has notes.
        taken: by the same request before.
    """
    before = tuple(buckets.standing(key) for buckets, key in asked)
    wait_s = max(standing.wait_s(cost, taken=taken) for standing in before)
    if wait_s > 0:
        return Taken(standings=before, wait_s=wait_s)
    after = tuple(buckets.take(key, cost) for buckets, key in asked)
    return Taken(standings=after, wait_s=0.0)


class Limits:
    """All limits of one worker."""

    def __init__(
        self,
        *,
        token_a_minute: int = 6_000,
        tenant_a_minute: int = 30_000,
        failures_a_minute: int = 30,
        workers: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        def buckets(name: str, a_minute: int) -> Buckets:
            return Buckets(Quota(name=name, a_minute=a_minute).share(workers), clock=clock)

        self._tokens = buckets("token", token_a_minute)
        self._tenants = buckets("tenant", tenant_a_minute)
        self._failures = buckets("failures", failures_a_minute)

    def take(self, token_id: str, tenant: str, cost: int, *, taken: int = 0) -> Taken:
        """Take from the token's and the tenant's quota, or from none."""
        asked = ((self._tokens, token_id), (self._tenants, tenant))
        return take_from_all(asked, cost, taken=taken)

    @property
    def failures_a_minute(self) -> int:
        """How many bad tokens an address may show."""
        return self._failures.quota.a_minute

    def wait_after_failures_s(self, address: str) -> float:
        """Seconds until an address may show an unknown token again."""
        return self._failures.standing(address).wait_s(1)

    def failed(self, address: str) -> None:
        """Somebody at an address has shown a bad token."""
        self._failures.take(address, 1)
