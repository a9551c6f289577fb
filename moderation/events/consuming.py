"""Notes from a Redis stream to the gate: at least once, and none forgotten.

An entry is acknowledged when the register holds its verdict, or the dead letter stream the entry;
what a dead consumer had in hand, another one takes over. Redis counts how often an entry was taken:
one that was taken too often, since looking at it kills or fails, goes to a person as `review`. What
is no note at all goes to the stream `NAME:dead` with the reason, where nobody waits for a verdict.

A register that is busy or away does not count: the entry is kept in hand for as long as that takes,
and given back uncounted when the consumer is told to stop. Only who is killed meanwhile has tried.

What came of a note is told by events, not here.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import redis
from redis.exceptions import RedisError, ResponseError

from moderation.errors import InFlight, InputError, ModerationError, StoreError
from moderation.events.addresses import parse_stream
from moderation.events.inbound import Fields, read_entry
from moderation.finding import ItemFailure
from moderation.gate import Gate

SWEEP_EVERY_S = 10.0
POISON = "poison_note"
DEAD_MAXLEN = 100_000
"""About so many entries are kept that are no notes; the oldest go first."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """From where notes come, and how."""

    url: str
    """Of the Redis, with `stream`."""
    group: str = "notegate"
    name: str = "notegate"
    """Of this consumer, another one for each process."""
    tries: int = 3
    at_once: int = 4
    """Notes under way in this process."""
    idle_s: float = 60.0
    """After so long without a word a consumer is taken for dead; a living one says so thrice."""
    stuck_s: float = 900.0
    """A note that takes longer is left to another consumer, and counts as a failure."""
    look_every_s: float = 1.0
    after_trouble_s: float = 1.0
    media_root: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumed:
    """What one run has done."""

    judged: int = 0
    referred: int = 0
    """To a person, after too many tries."""
    dead: int = 0
    """No notes at all."""


@dataclass(slots=True, eq=False)
class _Entry:
    number: bytes
    fields: Fields
    taken: int
    """How often, this time included."""
    since: float
    """When this try began, by `time.monotonic`."""


class Consumer:
    """Takes notes from one stream until it is told to stop."""

    def __init__(self, gate: Gate, intake: Intake) -> None:
        """Args: gate stays the caller's to close.

        Raises:
            BadSetting: the URL cannot be read.
        """
        address = parse_stream(intake.url)
        self._gate = gate
        self._intake = intake
        self._stream = address.stream
        self._redis = redis.Redis.from_url(address.url, socket_timeout=15, socket_connect_timeout=5)
        self._under_way: dict[Future[str], _Entry] = {}
        self._to_tell: list[bytes] = []
        self._to_give_back: list[_Entry] = []
        self._done = Consumed()
        self._next_sweep = self._next_word = self._next_look = 0.0
        self._looked_to: bytes | str = "0-0"
        self._abandoned: _Entry | None = None
        self._opened = False
        self._stop = threading.Event()

    def run(self, stop: threading.Event, *, once: bool = False) -> Consumed:
        """Consume until told to stop; what is under way then is finished.

        Args:
            stop: set it to end.
            once: end when the stream has nothing that this consumer may take.

        Raises:
            RedisError: `once`, and the server does not answer. Otherwise it is waited for.
        """
        self._stop = stop
        pool = ThreadPoolExecutor(self._intake.at_once, "note")
        try:
            while not stop.is_set():
                try:
                    idle = self._turn(pool)
                except (RedisError, OSError) as error:
                    if once:
                        raise
                    log.warning("the stream has to wait for its server: %s", error)
                    self._opened = False
                    stop.wait(self._intake.after_trouble_s)
                    continue
                if once and idle and not self._under_way and not self._to_tell:
                    break
        finally:
            pool.shutdown()
            self._finish()
        return self._done

    def _turn(self, pool: ThreadPoolExecutor) -> bool:
        """One round; whether nothing came."""
        self._open_group()
        self._collect()
        self._acknowledge()
        self._say_alive()
        self._sweep()
        entries = self._next()
        for entry in entries:
            self._under_way[pool.submit(self._judge, entry)] = entry
        if self._under_way:
            wait(self._under_way, timeout=0.05, return_when=FIRST_COMPLETED)
        return not entries and self._abandoned is None

    def _next(self) -> list[_Entry]:
        """What there is room for. What was taken before is looked at alone, for it may kill."""
        if any(entry.taken > 1 for entry in self._under_way.values()):
            return []
        if self._abandoned is None:
            self._abandoned = self._take_over()
        if self._abandoned is not None:
            if self._under_way:
                return []
            alone, self._abandoned = self._abandoned, None
            return [alone]
        room = self._intake.at_once - len(self._under_way)
        return [*self._new(room, patient=not self._under_way)] if room else []

    def _judge(self, entry: _Entry) -> str:
        """What became of an entry; never raises.

        Returns:
            `judged`, `referred`, `dead`, `failed`, or `untried` where the register was not there.
        """
        while True:
            try:
                return self._judged(entry)
            except (StoreError, InFlight) as error:
                # Not the note's fault: keep it, and do not count.
                log.info("%s has to wait: %s", _text(entry.number), error)
                if self._stop.wait(self._intake.after_trouble_s):
                    return "untried"
                entry.since = time.monotonic()
            except InputError as error:
                return self._bury(entry, error)
            except Exception:
                log.exception("%s failed, try %d", _text(entry.number), entry.taken)
                return "failed"

    def _judged(self, entry: _Entry) -> str:
        submission = read_entry(entry.fields, self._intake.media_root)
        if entry.taken <= self._intake.tries:
            self._gate.submit(submission)
            return "judged"
        tries = self._intake.tries
        failure = ItemFailure(
            code=POISON,
            message=f"the note could not be judged in {tries} tries",
            hint="look at the note yourself, and report the log of `moderation consume` as a bug",
            note_id=submission.note.id,
        )
        log.error("%s goes to a person after %d tries", _text(entry.number), tries)
        self._gate.refer(submission, failure)
        return "referred"

    def _bury(self, entry: _Entry, error: ModerationError) -> str:
        reason = {"reason": f"{error.code}: {error.message}", "entry": entry.number}
        try:
            self._redis.xadd(
                f"{self._stream}:dead",
                cast("Any", dict(entry.fields) | reason),
                maxlen=DEAD_MAXLEN,
                approximate=True,
            )
        except (RedisError, OSError):
            log.warning("%s could not be buried", _text(entry.number), exc_info=True)
            return "failed"
        log.warning("%s is no note: %s", _text(entry.number), error.message)
        return "dead"

    def _collect(self) -> None:
        for future in [future for future in self._under_way if future.done()]:
            entry = self._under_way.pop(future)
            outcome = future.result()
            if outcome == "untried":
                self._to_give_back.append(entry)
            elif outcome != "failed":  # else it stays pending, and is taken again after a while
                done = self._done
                self._done = replace(done, **{outcome: getattr(done, outcome) + 1})
                self._to_tell.append(entry.number)

    def _acknowledge(self) -> None:
        if self._to_tell:
            self._redis.xack(self._stream, self._intake.group, *self._to_tell)
            self._to_tell.clear()

    def _give_back(self) -> None:
        """Let others take at once what was not tried, and do not count that it was taken."""
        intake = self._intake
        for entry in self._to_give_back:
            if self._times_taken(entry.number) == entry.taken:  # else another has it by now
                self._redis.xclaim(
                    self._stream,
                    intake.group,
                    intake.name,
                    0,
                    [entry.number],
                    idle=round(intake.idle_s * 1000),
                    retrycount=entry.taken - 1,
                    justid=True,
                )

    def _say_alive(self) -> None:
        """Keep what is under way from being taken over; this does not count as taking it."""
        now = time.monotonic()
        held = [*self._under_way.values(), *([self._abandoned] if self._abandoned else [])]
        mine: list[Any] = [e.number for e in held if now - e.since < self._intake.stuck_s]
        if mine and now >= self._next_word:
            self._next_word = now + self._intake.idle_s / 3
            self._redis.xclaim(
                self._stream, self._intake.group, self._intake.name, 0, mine, justid=True
            )

    def _sweep(self) -> None:
        now = time.monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_EVERY_S
            try:
                self._gate.sweep()
            except StoreError as error:
                log.info("the sweep has to wait: %s", error)

    def _take_over(self) -> _Entry | None:
        """An entry that nobody has spoken of for too long, perhaps this consumer's own."""
        now = time.monotonic()
        if now < self._next_look:
            return None
        intake = self._intake
        claimed: Any = self._redis.xautoclaim(
            self._stream,
            intake.group,
            intake.name,
            min_idle_time=round(intake.idle_s * 1000),
            start_id=self._looked_to,
            count=1,
        )
        # On from there: entries that were trimmed from the stream come as nothing at all.
        self._looked_to = claimed[0]
        if self._looked_to in (b"0-0", "0-0"):
            self._next_look = now + intake.look_every_s
        mine = {entry.number for entry in self._under_way.values()}
        for number, fields in claimed[1]:
            if fields and number not in mine:  # one that is stuck here may be another's next time
                return _Entry(number, fields, self._times_taken(number), now)
        return None

    def _times_taken(self, number: bytes) -> int:
        found: Any = self._redis.xpending_range(
            self._stream, self._intake.group, min=number, max=number, count=1
        )
        return int(found[0]["times_delivered"]) if found else 1

    def _new(self, room: int, *, patient: bool) -> Iterable[_Entry]:
        block = round(min(self._intake.look_every_s, 5.0) * 1000) if patient else None
        answer: Any = self._redis.xreadgroup(
            self._intake.group, self._intake.name, {self._stream: ">"}, count=room, block=block
        )
        for _, entries in answer or ():
            for number, fields in entries:
                yield _Entry(number, fields or {}, 1, time.monotonic())

    def _open_group(self) -> None:
        """Make stream and group where they are missing; from the first entry on."""
        if self._opened:
            return
        try:
            self._redis.xgroup_create(self._stream, self._intake.group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        self._opened = True

    def _finish(self) -> None:
        self._collect()
        if self._abandoned is not None:
            self._to_give_back.append(self._abandoned)
        try:
            self._acknowledge()
            self._give_back()
        except (RedisError, OSError) as error:  # asked again, they give the same answer
            log.warning("the last entries could not be acknowledged or given back: %s", error)
        self._redis.close()


def _text(number: bytes) -> str:
    return f"entry {number.decode('ascii', 'replace')}"
