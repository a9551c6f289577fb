"""Who asks: a bearer token (RFC 6750), looked up in the main register.

A token that was found good is good for 5 seconds more, so that a lookup does not stand before
every verdict; a revocation therefore counts within 5 seconds, in every worker. When a token ends by
itself, it ends at that moment.

What is shown is never logged or repeated: lines of the log have the id of the token.
"""

from __future__ import annotations

import ipaddress
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.requests import Request

from moderation.errors import StoreBusy
from moderation.service.calls import Calls
from moderation.service.limits import Limits, Taken
from moderation.service.problems import Refused
from moderation.service.tenants import Tenant, Tenants
from moderation.store import Scope, Token
from moderation.store.service.tokens import digest_of

FRESH_S = 5.0
"""How long a token is not looked up again; within it a revocation counts everywhere."""
LOOKUP_S = 2.0
"""How long a lookup may take, before it is said that the register does not answer."""
LOOKUPS, MOST_LOOKUPS = 4, 128
"""At a time, and with those that wait; while a register stalls, no more than that stall with it."""
MOST_KNOWN = 10_000
"""Tokens that a worker remembers."""
REALM = "notegate"
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/=-]+) *", re.IGNORECASE)


class KnownTokens:
    """Tokens that were found good, by the digest of their text; never the text."""

    def __init__(
        self, *, most: int = MOST_KNOWN, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._clock = clock
        self._known: OrderedDict[str, tuple[Token, float]] = OrderedDict()

    def fresh(self, digest: str) -> Token | None:
        """The token, if it was looked up within the last 5 seconds."""
        token, at = self._known.get(digest, (None, 0.0))
        return token if self._clock() - at < FRESH_S else None

    def was_good(self, digest: str) -> bool:
        """Whether it was good when it was looked up last."""
        return digest in self._known

    def keep(self, digest: str, token: Token | None, asked_at: float) -> None:
        """Remember what a lookup, begun at that time, has found; None forgets."""
        self._known.pop(digest, None)
        if token is not None:
            self._known[digest] = (token, asked_at)
        while len(self._known) > self._most:
            self._known.popitem(last=False)


class TokenDoor:
    """Lets in who shows a live token: as its tenant, for its scopes, within the limits.

    For the event loop alone; only the lookup runs in a thread.
    """

    def __init__(
        self,
        tenants: Tenants,
        *,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._tenants = tenants
        self._limits = limits
        self._clock = clock
        self._now = now
        self._known = KnownTokens(clock=clock)
        self._lookups = Calls(LOOKUPS, MOST_LOOKUPS, name="token")

    async def admit(self, request: Request, scope: Scope) -> Tenant:
        """The tenant that a request is from.

        What a route asks again, for a further scope, is not counted again.

        Args:
            request: its headers are read, nothing of its body.
            scope: what is needed.

        Raises:
            Refused: 401 without a live token, 403 where it does not allow this, 429 where too
                many requests came under it.
            StoreError: it cannot be looked up now.
        """
        token: Token | None = getattr(request.state, "token", None)
        if token is None:
            token = request.state.token = await self._token_of(request)
            request.state.token_id = token.token_id  # for the log
            self.charge(request, 1)
        tenant = self._tenants.named(token.tenant)
        if tenant is None:
            raise Refused(
                403,
                "unknown_tenant",
                f"this service has no tenant `{token.tenant}`",
                hint="add it to the settings, or make a token for another tenant",
            )
        if not token.allows(scope):
            raise _challenge(
                403,
                "insufficient_scope",
                f"the token does not allow `{scope}`",
                hint="ask for a token with that scope",
                scope=scope,
            )
        return tenant

    def charge(self, request: Request, cost: int) -> None:
        """Take from the quotas of a request that was admitted, as for the notes of a batch.

        Raises:
            Refused: 429; nothing was taken.
        """
        if cost < 1:
            return
        token: Token = request.state.token
        before: int = getattr(request.state, "charged", 0)
        taken = self._limits.take(token.token_id, token.tenant, cost, taken=before)
        request.state.answer_headers = taken.headers()
        if taken.wait_s > 0:
            raise _too_many(taken, cost, before)
        request.state.charged = before + cost

    async def _token_of(self, request: Request) -> Token:
        shown = _shown(request)
        digest = digest_of(shown)
        token = self._known.fresh(digest)
        if token is None:
            address = address_of(request)
            # Who has shown a good token before is not kept out by others behind the same address.
            wait_s = self._limits.wait_after_failures_s(address)
            if wait_s > 0 and not self._known.was_good(digest):
                raise Refused(
                    429,
                    "rate_limited",
                    "too many bad tokens came from this address: more than "
                    f"{self._limits.failures_a_minute} a minute",
                    hint="wait for `Retry-After`, then show a good one",
                    retry_after_s=wait_s,
                )
            token = await self._look_up(shown, digest)
            if token is None:
                self._limits.failed(address)
        if token is None or not token.is_live(self._now()):
            raise _challenge(
                401,
                "invalid_token",
                "the token is unknown, revoked or at its end",
                hint="show a live token; the operator makes one with `moderation token create`",
            )
        return token

    async def _look_up(self, shown: str, digest: str) -> Token | None:
        register = self._tenants.main.gate.register
        asked_at = self._clock()
        try:
            # Not the framework's threads: those are waited for, however late.
            found = await self._lookups.run(lambda: register.find_token(shown), within_s=LOOKUP_S)
        except Refused as refused:
            if refused.code != "late":
                raise
            raise StoreBusy(
                f"the register did not answer in {LOOKUP_S:.0f} s",
                hint="submit again after `Retry-After`",
            ) from None
        live = found if found is not None and found.is_live(self._now()) else None
        self._known.keep(digest, live, asked_at)
        return live


def address_of(request: Request) -> str:
    """Where a request comes from: an IPv4 address, or the /64 that one IPv6 customer has.

    Behind a proxy it is the proxy's: no header is believed that anybody can send.
    """
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))


def _shown(request: Request) -> str:
    """The token in the header; never one in the URL, which proxies log (RFC 6750, 5.3)."""
    given = request.headers.getlist("authorization")
    if not given:
        raise _challenge(
            401,
            "not_authenticated",
            "the request shows no token",
            hint="send `Authorization: Bearer`",
        )
    found = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
    if found is None:
        raise _challenge(
            401,
            "not_authenticated",
            "the `Authorization` header is not one `Bearer` and a token",
            hint="send `Authorization: Bearer`, a space, and the token",
        )
    return found[1]


def _challenge(status: int, code: str, message: str, *, hint: str, scope: str = "") -> Refused:
    """A refusal with what RFC 6750 wants to be told; nothing where no token was shown."""
    told = f'Bearer realm="{REALM}"'
    if code != "not_authenticated":
        told += f', error="{code}", error_description="{message.replace("`", "")}"'
    if scope:
        told += f', scope="{scope}"'
    return Refused(status, code, message, hint=hint, headers={"WWW-Authenticate": told})


def _too_many(taken: Taken, cost: int, before: int) -> Refused:
    fullest = max(taken.standings, key=lambda standing: standing.wait_s(cost, taken=before))
    left = max(0, math.floor(fullest.level))
    return Refused(
        429,
        "rate_limited",
        f"{cost} asked for, {left} left of the quota of this {fullest.quota.name}: "
        f"{fullest.quota.a_minute} a minute",
        hint="wait for `Retry-After`",
        retry_after_s=math.ceil(taken.wait_s),
    )
