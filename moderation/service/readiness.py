"""Readiness: whether requests should be sent here, asked of registers, indexes and detectors.

- The register is asked by whoever looks. One thread for each tenant asks, and who looks meanwhile
  waits for the same answer, so a register that stalls costs one thread, and no answer is older
  than the question.
- What is overdue is settled every few seconds, which writes; where that fails for a while, no
  verdict could be filed either.
- Detectors are tried with a note of our own, that nothing is kept of, now and then: it takes as
  long as any note.

Nobody who looks needs a token, so of the tenants only the main one is named; the log names all.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from moderation.errors import ModerationError
from moderation.gate import Gate
from moderation.note import Note, NoteImage
from moderation.service.problems import Refused
from moderation.service.settings import MAIN_TENANT
from moderation.service.tenants import Tenant

ASK_WITHIN_S = 2.0
"""How long a register is waited for before it is said that it does not answer."""
FAILS_FOR_S = 10.0
"""For how long what is overdue cannot be settled before that counts: another may hold the lock."""
TRY_EVERY_S = 10.0
"""From one try of the detectors to the next; tenants take turns."""
TRY_WITHIN_S = 30.0
"""How long detectors may take for a try: much may be waiting for them."""
OTHERS = "others"
"""In place of the names of all tenants but the main one."""
log = logging.getLogger(__name__)


class Readiness:
    """Of one process."""

    def __init__(self, tenants: Iterable[Tenant], *, most_lag: int) -> None:
        self._watches = {tenant.name: _Watch(tenant, most_lag=most_lag) for tenant in tenants}

    async def reasons_against(self) -> tuple[list[str], dict[str, int]]:
        """Why no request should be sent here; and how far indexes are behind.

        Of all tenants but the main one only the index that is furthest behind is told.
        """
        watches = self._watches.values()
        told = await asyncio.gather(*(watch.look() for watch in watches))
        reasons = [reason for reasons, _ in told for reason in reasons]
        lags: dict[str, int] = {}
        for watch, (_, lag) in zip(watches, told, strict=True):
            if lag is not None:
                lags[watch.name] = max(lag, lags.get(watch.name, 0))
        return list(dict.fromkeys(reasons)), lags

    def settled(self, tenant: Tenant, error: Exception | None = None) -> None:
        """What was overdue was settled, or could not be."""
        self._watches[tenant.name].settled(error)

    async def keep_trying(self) -> None:
        """Try the detectors of each tenant in turn; who fails is tried until it does not."""
        while True:
            for watch in self._watches.values():
                await asyncio.sleep(TRY_EVERY_S)
                while not await watch.tried():
                    await asyncio.sleep(TRY_EVERY_S)

    def close(self) -> None:
        """Ask no more; what runs is not waited for."""
        for watch in self._watches.values():
            watch.close()


class _Watch:
    """What the gate of one tenant can do now."""

    def __init__(self, tenant: Tenant, *, most_lag: int) -> None:
        is_main = tenant.name == MAIN_TENANT
        self.name = tenant.name if is_main else OTHERS
        self._whose = f"`{tenant.name}`" if is_main else "another tenant"
        self._tenant = tenant
        self._most_lag = most_lag
        self._asks = ThreadPoolExecutor(1, thread_name_prefix="ready")
        self._tries = ThreadPoolExecutor(1, thread_name_prefix="try")
        self._asking: Future[int | str] | None = None
        self._failing: tuple[float, str] | None = None
        """Since when nothing can be settled, and why."""
        self._trying_since: float | None = None
        self._tried = ""
        """What was wrong with the detectors when they were tried last."""
        self._said: list[str] = []

    async def look(self) -> tuple[list[str], int | None]:
        """Reasons against, and how far the index is behind where the register says so."""
        lag, now = await self._lag(), time.monotonic()
        reasons = []
        if isinstance(lag, str):
            reasons.append(f"register of {self._whose}: {lag}")
        elif self._failing is not None and now - self._failing[0] >= FAILS_FOR_S:
            reasons.append(f"register of {self._whose}: {self._failing[1]}")
        if isinstance(lag, int) and lag > self._most_lag:
            told = f"{lag} entries behind, limit {self._most_lag}"
            reasons.append(f"index of {self._whose}: {told}")
        if self._trying_since is not None and now - self._trying_since >= TRY_WITHIN_S:
            reasons.append(f"detectors of {self._whose}: no answer in {TRY_WITHIN_S:g} s")
        elif self._tried:
            reasons.append(f"detectors of {self._whose}: {self._tried}")
        self._tell(reasons)
        return reasons, lag if isinstance(lag, int) else None

    async def _lag(self) -> int | str:
        if self._asking is None or self._asking.done():
            self._asking = self._asks.submit(_lag_of, self._tenant.gate)
        asked = asyncio.wrap_future(self._asking)
        # Not `wait_for`, which would cancel what others wait for, too.
        await asyncio.wait({asked}, timeout=ASK_WITHIN_S)
        return asked.result() if asked.done() else "no answer"

    async def tried(self) -> bool:
        """Whether a note of our own gets a verdict with nothing missing."""
        self._trying_since = time.monotonic()
        found = await asyncio.wrap_future(self._tries.submit(_try, self._tenant.gate))
        self._trying_since, self._tried = None, found
        return not found

    def settled(self, error: Exception | None) -> None:
        if error is None:
            self._failing = None
        elif self._failing is None:
            self._failing = (time.monotonic(), _code_of(error))

    def close(self) -> None:
        for threads in (self._asks, self._tries):
            threads.shutdown(wait=False, cancel_futures=True)

    def _tell(self, reasons: list[str]) -> None:
        if reasons != self._said:
            said = "; ".join(reasons) or "ready"
            log.warning("readiness of tenant `%s`: %s", self._tenant.name, said)
            self._said = reasons


def _lag_of(gate: Gate) -> int | str:
    try:
        return gate.lag()
    except Exception as error:
        return _code_of(error)


def _try(gate: Gate) -> str:
    """What is wrong; empty where nothing is."""
    pixels = np.full((256, 256, 3), 255, np.uint8)
    pixels[64:192, 64:192] = 0
    note = Note(id="readiness", text="今天天气很好", images=[NoteImage(array=pixels)])
    try:
        failures = gate.check(note, register=False).failures
    except Exception as error:
        return _code_of(error)
    return ", ".join(sorted({f"`{failure.detector}` failed" for failure in failures}))


def _code_of(error: Exception) -> str:
    if isinstance(error, ModerationError | Refused):
        return error.code
    log.error("a look at readiness met a bug", exc_info=error)
    return "bug"
