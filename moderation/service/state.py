"""What a process of the service holds: settings, gates, threads, and whether it is about to end."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from moderation.desk import Desk
from moderation.service.bodies import Room
from moderation.service.calls import Calls
from moderation.service.metrics import Metrics
from moderation.service.readiness import Readiness
from moderation.service.settings import Settings
from moderation.service.tenants import Door, Tenant, Tenants

SWEEP_EVERY_S = 2.0
PROOFS_INSIDE = 16
"""Proofs of appeals that wait or are read at a time, for each tenant; one more is refused."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Calls:
    """Threads of one tenant: where its database stalls, the others do not wait."""

    verdicts: Calls
    others: Calls
    proofs: Calls
    sweeps: Calls

    @classmethod
    def of(cls, settings: Settings) -> _Calls:
        """Threads begin when they are needed."""
        return cls(
            verdicts=Calls(settings.threads, settings.most_inside, name="verdict"),
            others=Calls(8, settings.most_inside, name="other"),
            # One at a time: at the limit its pixels take some 400 MB, and nobody waits for it.
            proofs=Calls(1, PROOFS_INSIDE, name="proof"),
            sweeps=Calls(1, 1, name="sweep"),
        )

    def close(self) -> None:
        """Give up what waits."""
        for calls in (self.verdicts, self.others, self.proofs, self.sweeps):
            calls.close()


class Service:
    """One process; made before it listens, closed after it has stopped."""

    def __init__(self, settings: Settings, tenants: Tenants, door: Door) -> None:
        self.settings = settings
        self.tenants = tenants
        self.door = door
        self.metrics = Metrics(tenants)
        self._calls = {tenant.name: _Calls.of(settings) for tenant in tenants}
        self._readiness = Readiness(tenants, most_lag=settings.most_lag)
        self.room = Room(settings.most_bodies_bytes)
        self.draining = False
        self._keepers: list[asyncio.Task[None]] = []

    def verdicts(self, tenant: Tenant) -> Calls:
        """Threads for submissions to a tenant's gate."""
        return self._calls[tenant.name].verdicts

    def others(self, tenant: Tenant) -> Calls:
        """Threads for all else that its register is asked."""
        return self._calls[tenant.name].others

    def proofs(self, tenant: Tenant) -> Calls:
        """The thread for files that authors send with appeals to a tenant."""
        return self._calls[tenant.name].proofs

    async def start(self) -> None:
        """Begin to look after what is overdue, and to try the detectors."""
        kept = [self._keep(tenant) for tenant in self.tenants]
        work = [*kept, self._readiness.keep_trying()]
        self._keepers = [asyncio.create_task(one) for one in work]

    async def end(self) -> None:
        """Finish what is owed, within the time that is set, and close."""
        self.draining = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        left = await run_in_threadpool(self._drain)
        if left:
            log.warning("final verdicts left to other processes: %d", left)
        for calls in self._calls.values():
            calls.close()
        self._readiness.close()
        await run_in_threadpool(self.tenants.close)

    async def reasons_against(self) -> tuple[list[str], dict[str, int]]:
        """Why no request should be sent here; and how far each index is behind."""
        reasons, lags = await self._readiness.reasons_against()
        return (["draining"] if self.draining else []) + reasons, lags

    async def _keep(self, tenant: Tenant) -> None:
        """Every two seconds: what is overdue is settled, what others registered is read.

        So is what moderators decided and can no longer undo.
        """
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            failed: Exception | None = None
            try:
                # However long it takes: nobody waits, and other tenants have threads of their own.
                await self._calls[tenant.name].sweeps.run(
                    lambda: self._sweep(tenant), within_s=3600
                )
            except Exception as error:
                failed = error
                log.warning("sweeping `%s` failed", tenant.name, exc_info=True)
            self._readiness.settled(tenant, failed)

    def _sweep(self, tenant: Tenant) -> None:
        gate = tenant.gate
        swept = gate.sweep()
        self.metrics.swept(tenant, swept)
        self.metrics.sample(tenant)
        Desk(gate.register).settle()  # whoever decided it: their console may have died since
        gate.follow()

    def _drain(self) -> int:
        until = time.monotonic() + self.settings.drain_s  # for all tenants together
        return sum(t.gate.drain(max(0.0, until - time.monotonic())) for t in self.tenants)
