"""What a process of the service holds: settings, gates, threads, and whether it is about to end."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from starlette.concurrency import run_in_threadpool

from moderation.errors import StoreError
from moderation.service.bodies import Room
from moderation.service.calls import Calls
from moderation.service.metrics import Metrics
from moderation.service.settings import Settings
from moderation.service.tenants import Door, Tenant, Tenants

SWEEP_EVERY_S = 2.0
ASK_WITHIN_S = 2.0
"""How long `/readyz` waits for a register before it says that it does not answer."""
log = logging.getLogger(__name__)


class Service:
    """One process; made before it listens, closed after it has stopped."""

    def __init__(self, settings: Settings, tenants: Tenants, door: Door) -> None:
        self.settings = settings
        self.tenants = tenants
        self.door = door
        self.metrics = Metrics(tenants)
        self.verdicts = Calls(settings.threads, settings.most_inside, name="verdict")
        self.others = Calls(8, settings.most_inside, name="other")
        self._sweeps = Calls(1, 1, name="sweep")
        self._asked = {tenant.name: Calls(1, 1, name="ready") for tenant in tenants}
        self.room = Room(settings.most_bodies_bytes)
        self.draining = False
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look after what is overdue."""
        self._keeper = asyncio.create_task(self._keep())

    async def end(self) -> None:
        """Finish what is owed, within the time that is set, and close."""
        self.draining = True
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        left = await run_in_threadpool(self._drain)
        if left:
            log.warning("final verdicts left to other processes: %d", left)
        for calls in (self.verdicts, self.others, self._sweeps, *self._asked.values()):
            calls.close()
        await run_in_threadpool(self.tenants.close)

    async def reasons_against(self) -> tuple[list[str], dict[str, int]]:
        """Why no request should be sent here; and how far each index is behind."""
        reasons = ["draining"] if self.draining else []
        asked = [self._lag(tenant) for tenant in self.tenants]
        lags: dict[str, int] = {}
        for tenant, lag in zip(self.tenants, await asyncio.gather(*asked), strict=True):
            if isinstance(lag, str):
                reasons.append(f"register of `{tenant.name}`: {lag}")
                continue
            lags[tenant.name] = lag
            if lag > self.settings.most_lag:
                most = self.settings.most_lag
                reasons.append(f"index of `{tenant.name}`: {lag} entries behind, limit {most}")
        return reasons, lags

    async def _lag(self, tenant: Tenant) -> int | str:
        try:
            return await self._asked[tenant.name].run(tenant.gate.lag, within_s=ASK_WITHIN_S)
        except StoreError as error:
            return error.code
        except Exception:
            return "no answer"

    async def _keep(self) -> None:
        """Every two seconds: what is overdue is settled, what others registered is read."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            for tenant in self.tenants:
                try:
                    # However long it takes: there is one thread, and nobody waits.
                    await self._sweeps.run(lambda t=tenant: self._sweep(t), within_s=3600)  # type: ignore[misc]
                except Exception:
                    log.warning("sweeping `%s` failed", tenant.name, exc_info=True)

    def _sweep(self, tenant: Tenant) -> None:
        gate = tenant.gate
        swept = gate.sweep()
        self.metrics.swept(tenant, swept)
        self.metrics.sample(tenant)
        gate.follow()

    def _drain(self) -> int:
        return sum(tenant.gate.drain(self.settings.drain_s) for tenant in self.tenants)
