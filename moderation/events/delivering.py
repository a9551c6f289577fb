"""The loop that delivers: take what is due, send it, record what became of it.

    while not told to stop:
        one transaction: record what has ended, take as much as there is room for
        send, each endpoint with connections and a limit of its own
        wait until something ends, or for a moment

Any number of processes may run it on one register. One that dies leaves its leases to end, and the
others send again what it had in hand; see `store.service.deliveries`.
"""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from moderation.errors import MissingExtra, ModerationError, StoreError, UnknownSubject
from moderation.events.addresses import kind_of, shown
from moderation.events.message import Outcome
from moderation.events.schedule import WAITS, wait_after
from moderation.store import Delivery, Endpoint, Register, Transaction

AT_ONCE = 8
"""Deliveries under way to one endpoint."""
LEASE = timedelta(seconds=60)
"""More than an attempt and its record may take."""
UPKEEP_EVERY = timedelta(hours=1)
_Answer = TypeVar("_Answer")
log = logging.getLogger(__name__)


class Sender(Protocol):
    """What sends to one endpoint."""

    async def send(self, delivery: Delivery) -> Outcome:
        """One attempt."""

    async def close(self) -> None:
        """Close connections."""


def now_utc() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast, how often and how long; tests are quicker."""

    waits: Sequence[timedelta] = WAITS
    lease: timedelta = LEASE
    attempt_s: float = 15.0
    """What one attempt may take."""
    look_every_s: float = 0.5
    after_trouble_s: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What one run has done."""

    received: int = 0
    failed: int = 0
    """Attempts that will be made again."""
    dead: int = 0


class Deliverer:
    """Delivers the events of one register."""

    def __init__(
        self,
        register: Register,
        *,
        pace: Pace | None = None,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Args: register stays the caller's to close."""
        self._register = register
        self._pace = pace or Pace()
        self._clock = clock
        self._senders: dict[tuple[int, str], Sender] = {}
        self._under_way: dict[asyncio.Task[Outcome | None], Delivery] = {}
        self._ended: list[tuple[Delivery, Outcome | None]] = []
        self._done = Delivered()
        self._upkeep_at = clock()
        # A thread of its own: names are looked up in the others, and may hang there.
        self._thread = ThreadPoolExecutor(1, "store")

    async def run(self, stop: asyncio.Event, *, once: bool = False) -> Delivered:
        """Deliver until told to stop; what is under way then is waited for and recorded.

        Args:
            stop: set it to end.
            once: end as soon as nothing is due.

        Raises:
            StoreError: `once`, and the register cannot be used. Otherwise it is waited for.
        """
        try:
            while not stop.is_set():
                try:
                    taken = await self._in_thread(self._turn)
                except StoreError as error:
                    if once:
                        raise
                    log.warning("the outbox has to wait for the register: %s", error)
                    await self._wait(stop, self._pace.after_trouble_s)
                    continue
                for delivery in taken:
                    self._under_way[asyncio.create_task(self._attempt(delivery))] = delivery
                if once and not (taken or self._under_way or self._ended):
                    break
                await self._wait(stop, self._pace.look_every_s)
        finally:
            await self._finish()
        return self._done

    def _turn(self) -> list[Delivery]:
        """Record what has ended, and take what is due."""
        now = self._clock()
        busy = Counter(delivery.endpoint_id for delivery in self._under_way.values())
        ended, taken = tuple(self._ended), list[Delivery]()
        # What has ended may have been waited for by a later event of its note.
        due = {*self._register.endpoints_due(now), *(d.endpoint_id for d, _ in ended)}
        rooms = {n: AT_ONCE - busy[n] for n in sorted(due) if busy[n] < AT_ONCE}
        upkeep = now >= self._upkeep_at
        old = self._register.prunable_events(now) if upkeep else []
        if ended or rooms or upkeep:
            done = self._done
            # What a loss of power takes away here is sent again.
            with self._register.transaction(durable=False) as tx:
                for delivery, outcome in ended:
                    done = self._record(tx, delivery, outcome, done, now)
                if upkeep:
                    tx.mend_times(now)
                    tx.drop_events(old)
                taken = tx.claim_deliveries(rooms, now, now + self._pace.lease)
            self._done = done
            del self._ended[: len(ended)]
            if upkeep:
                self._upkeep_at = now + (UPKEEP_EVERY if not old else timedelta(seconds=1))
        return taken

    def _record(
        self,
        tx: Transaction,
        delivery: Delivery,
        outcome: Outcome | None,
        done: Delivered,
        now: datetime,
    ) -> Delivered:
        if outcome is None:
            tx.give_back([delivery])
            return done
        if outcome.received:
            tx.delivered(delivery)
            return replace(done, received=done.received + 1)
        failed = delivery.attempts + 1
        wait = None if outcome.gone else wait_after(failed, _chance(), waits=self._pace.waits)
        tx.not_delivered(delivery, outcome.error, None if wait is None else now + wait)
        log.log(
            logging.WARNING if wait is None else logging.INFO,
            "event %d to %s: %s; %s",
            delivery.event_id,
            shown(delivery.url),
            outcome.error,
            "a dead letter" if wait is None else f"again in {wait.total_seconds():.0f} s",
        )
        if outcome.gone:
            try:
                tx.disable_endpoint(delivery.endpoint_id, outcome.error, now)
            except UnknownSubject:
                log.info("endpoint %d was removed meanwhile", delivery.endpoint_id)
        if wait is None:
            return replace(done, dead=done.dead + 1)
        return replace(done, failed=done.failed + 1)

    async def _attempt(self, delivery: Delivery) -> Outcome | None:
        """What became of it; None where it was not sent, since others may have it by now."""
        left = delivery.lease_until - self._clock()
        if left < timedelta(seconds=self._pace.attempt_s):  # we were asleep
            return None
        try:
            return await self._sender(delivery).send(delivery)
        except ModerationError as error:
            return Outcome(error=f"{error.message}; {error.hint}")
        except Exception as error:  # a fault of ours must not stop the others
            log.exception("event %d could not be sent", delivery.event_id)
            return Outcome(error=f"a fault of ours: {type(error).__name__}")

    def _sender(self, delivery: Delivery) -> Sender:
        key = (delivery.endpoint_id, delivery.url)
        if key not in self._senders:
            self._senders[key] = _new_sender(delivery.url, self._clock, self._pace.attempt_s)
        return self._senders[key]

    async def _wait(self, stop: asyncio.Event, seconds: float) -> None:
        """Until an attempt ends, until told to stop, or for so long."""
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait(
            {stopped, *self._under_way}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        stopped.cancel()
        self._collect()

    def _collect(self) -> None:
        for task in [task for task in self._under_way if task.done()]:
            self._ended.append((self._under_way.pop(task), task.result()))

    async def _finish(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=self._pace.attempt_s + 1)
        self._collect()
        try:
            await self._in_thread(self._record_all)
        except StoreError as error:
            log.warning("what was sent last will be sent again: %s", error)
        for task in self._under_way:
            task.cancel()
        for sender in self._senders.values():
            await sender.close()
        self._thread.shutdown()

    def _record_all(self) -> None:
        if self._ended:
            with self._register.transaction() as tx:
                for delivery, outcome in self._ended:
                    self._done = self._record(tx, delivery, outcome, self._done, self._clock())
            self._ended.clear()

    async def _in_thread(self, act: Callable[[], _Answer]) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)


def send_test(endpoint: Endpoint, *, clock: Callable[[], datetime] = now_utc) -> Outcome:
    """Send an event of type `webhook.test`, once; nothing of it is recorded.

    Raises:
        MissingExtra: a library is not installed.
        BadSetting: the endpoint's URL cannot be read.
    """
    now = clock()
    event = Delivery(
        event_id=0,
        endpoint_id=endpoint.endpoint_id,
        message_id=f"msg_{uuid.uuid4().hex}",
        type="webhook.test",
        note_id="",
        at=now,
        payload={},
        attempts=0,
        url=endpoint.url,
        secret=endpoint.secret,
        lease_until=now,
    )

    async def send() -> Outcome:
        sender = _new_sender(endpoint.url, clock, Pace().attempt_s)
        try:
            return await sender.send(event)
        finally:
            await sender.close()

    return asyncio.run(send())


def _new_sender(url: str, clock: Callable[[], datetime], attempt_s: float) -> Sender:
    if kind_of(url) == "stream":
        try:
            from moderation.events.streams import StreamSender
        except ModuleNotFoundError as error:
            raise _missing(error, "redis") from error
        return StreamSender(url, total_s=attempt_s)
    try:
        from moderation.events.webhooks import WebhookSender
    except ModuleNotFoundError as error:
        raise _missing(error, "service") from error
    return WebhookSender(clock, total_s=attempt_s)


def _missing(error: ModuleNotFoundError, extra: str) -> MissingExtra:
    return MissingExtra(f"`{error.name}` is not installed", hint=f"pip install 'notegate[{extra}]'")


def _chance() -> float:
    return random.random()  # noqa: S311 - jitter is no secret
