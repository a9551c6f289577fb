"""Which gate a request means: one register each, so that tenants cannot see each other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol, Self

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from moderation.gate import Gate, Shadow
from moderation.listening import are_of_this_machine
from moderation.policy import Policy
from moderation.service.problems import Refused
from moderation.service.settings import MAIN_TENANT, Settings
from moderation.store import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """Whom a request is from."""

    name: str
    gate: Gate


class Tenants:
    """The gates of this process by the names of their tenants."""

    def __init__(self, gates: Mapping[str, Gate]) -> None:
        self._tenants = {name: Tenant(name=name, gate=gate) for name, gate in gates.items()}

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the register of each tenant.

        Raises:
            ModerationError: see `Gate.open`; those that were opened are closed again.
        """
        gates: dict[str, Gate] = {}
        shadows, canary = _others(settings.shadows), _others(settings.canary)
        try:
            for name, register in settings.registers().items():
                gates[name] = Gate.open(
                    register,
                    index=settings.index if name == MAIN_TENANT else None,
                    policy=settings.policy,
                    shadows=shadows,
                    canary=next(iter(canary), None),
                    busy_timeout_s=settings.busy_timeout_s,
                    threads=settings.detector_threads or cores_for_each(settings.workers),
                )
        except BaseException:
            for gate in gates.values():
                gate.close()
            raise
        return cls(gates)

    @property
    def main(self) -> Tenant:
        """The tenant of the main register."""
        return self._tenants[MAIN_TENANT]

    def named(self, name: str) -> Tenant | None:
        """A tenant by name; None where there is none (any more)."""
        return self._tenants.get(name)

    def __iter__(self) -> Iterator[Tenant]:
        return iter(self._tenants.values())

    def close(self) -> None:
        """Close all gates."""
        for tenant in self:
            tenant.gate.close()


def _others(named: Mapping[str, float]) -> tuple[Shadow, ...]:
    return tuple(Shadow(policy=Policy.load(name), share=share) for name, share in named.items())


def cores_for_each(workers: int) -> int:
    """Threads for detectors where the cores are shared out among the processes."""
    return max(1, (os.cpu_count() or 1) // workers)


class Door(Protocol):
    """Who may come in, and as whom."""

    async def admit(self, request: Request, scope: Scope) -> Tenant:
        """The tenant that a request is from.

        Asked several times for one request: before its body is read, by its route, and for the
        scope that its body turns out to need. It counts once.

        Raises:
            Refused: 401 without a good token, 403 where it does not allow this, 429 where too
                many requests came under it.
        """

    def charge(self, request: Request, cost: int) -> None:
        """Count so many requests more for one that was admitted, as for the notes of a batch.

        Raises:
            Refused: 429.
        """


class OpenDoor:
    """Everybody comes in, as the main tenant: for the loopback.

    But no page of another site: a browser on this machine reaches the loopback for it, and tells
    where the page is from (`Origin`), or the name that the page had point to here (`Host`).
    """

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants

    async def admit(self, request: Request, scope: Scope) -> Tenant:
        """The main tenant.

        Raises:
            Refused: 403, for a page of another site.
        """
        from_where = [f"//{request.headers.get('host', '')}", *request.headers.getlist("origin")]
        if not are_of_this_machine(from_where):
            raise Refused(
                403,
                "foreign_host",
                "without tokens this service answers to the loopback alone",
                hint="ask `localhost` or `127.0.0.1`, or start the service with tokens",
            )
        return self._tenants.main

    def charge(self, request: Request, cost: int) -> None:
        """Nothing is counted."""


_TOKEN = HTTPBearer(
    scheme_name="token",
    bearerFormat="ngt_…",
    description="Made with `moderation token create`; says whose register is meant, and what for.",
    auto_error=False,
)
"""For the document alone: the door reads the header itself."""


def allowed(scope: Scope) -> object:
    """A dependency of a route: the tenant, where the request may do this."""

    async def admitted(request: Request, _: Annotated[object, Depends(_TOKEN)]) -> Tenant:
        tenant: Tenant = await request.app.state.service.door.admit(request, scope)
        request.state.tenant = tenant.name
        return tenant

    return admitted
