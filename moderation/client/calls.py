"""The calls of the service, for one event loop: what `Client` and `AsyncClient` share."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from moderation.client.checked import UNREADABLE, Checked, Source, checked_from, fallen_back
from moderation.client.exchange import Exchange, NoAnswer, Progress
from moderation.client.fallback import FailPolicy, Trouble, Why
from moderation.client.requests import (
    Passed,
    Request,
    check_request,
    passed_headers,
    takes_long,
)
from moderation.errors import InputError, ServiceUnavailable
from moderation.note import Note

log = logging.getLogger(__name__)

DEADLINE_MS = 800
OTHER_CALLS_MS = 5_000
FORGET_MS = 60_000
"""Bytes are removed from the service's disk, too."""
PROOF_MS = 60_000
"""Up to 50 MB are sent, and compared with what is disputed."""
MARGIN_S = 0.05
"""A call takes at most this much longer than its deadline, on a machine that is not starved."""
T = TypeVar("T")


class Calls:
    """Every call, with its deadline."""

    def __init__(self, exchange: Exchange, fail_policy: FailPolicy) -> None:
        self._exchange = exchange
        self._fail_policy = fail_policy

    async def close(self) -> None:
        """Drop the connections."""
        await self._exchange.close()

    async def check(
        self,
        note: Note,
        *,
        start: float,
        due: float,
        register: str,
        key: str | None,
        passed: Passed,
    ) -> Checked:
        """The service's answer, or the fail policy's."""
        headers = passed_headers(passed)
        request_id = headers["X-Request-Id"]

        async def work(progress: Progress) -> Checked:
            build = partial(check_request, note, register=register, key=key, headers=headers)
            # A thread costs less than a millisecond, and files and large pictures cost more.
            request = await asyncio.to_thread(build) if takes_long(note) else build()
            row = await self._exchange.send(request, due, progress)
            return _read(row, note, request_id, progress)

        try:
            return await self._exchange.within(due, work, start)
        except NoAnswer as none:
            return fallen_back(note.id, note.revision, none.why, self._fail_policy, request_id)

    async def other(
        self,
        request: Request,
        understand: Callable[[Mapping[str, Any]], T],
        timeout_ms: float,
        body: Callable[[], bytes] | None = None,
    ) -> T:
        """What the service answers, as `understand` reads it.

        Args:
            request: what is asked.
            understand: reads the answer.
            timeout_ms: milliseconds until there is one.
            body: of the request, where making it takes long; it is made in a thread.

        Raises:
            ServiceUnavailable: nothing usable came in time.
        """
        start, due = time_limit(timeout_ms)

        async def work(progress: Progress) -> T:
            made = request.body if body is None else await asyncio.to_thread(body)
            row = await self._exchange.send(replace(request, body=made), due, progress)
            try:
                return understand(row)
            except UNREADABLE as error:
                raise NoAnswer(_unreadable(error, progress)) from None

        try:
            return await self._exchange.within(due, work, start)
        except NoAnswer as none:
            raise unavailable(none.why, request) from None


def left_behind(note: Note, policy: FailPolicy, passed: Passed) -> Checked:
    """For a check that this process had no time for, not even to leave it at its deadline."""
    why = Why(cause=Trouble.TIMEOUT, detail="this process is busy", tries=0)
    return fallen_back(note.id, note.revision, why, policy, passed.get("request_id", ""))


def unavailable(why: Why, request: Request) -> ServiceUnavailable:
    """For calls that no fail policy can answer."""
    error = ServiceUnavailable(
        f"the publish service did not answer `{request.method} {request.path}`: "
        f"{why.cause.value}, {why.detail}",
        hint="try again later; sent twice it is done once"
        if request.resend
        else "look whether it was done before trying again",
    )
    error.add_note(f"request {request.headers.get('X-Request-Id', '')}")
    return error


def _read(row: Mapping[str, Any], note: Note, request_id: str, progress: Progress) -> Checked:
    try:
        checked = checked_from(row, request_id=request_id)
        if (checked.note_id, checked.revision) != (note.id, note.revision):
            raise ValueError(f"it answers for {checked.note_id!r:.80}, {checked.revision!r:.20}")
    except UNREADABLE as error:
        raise NoAnswer(_unreadable(error, progress)) from None
    return checked


def _unreadable(error: Exception, progress: Progress) -> Why:
    detail = f"an answer that cannot be read: {error!r}"[:300]
    return Why(cause=Trouble.REFUSED, detail=detail, tries=progress.tries)


def time_limit(milliseconds: float) -> tuple[float, float]:
    """(start, due) by `time.monotonic`.

    Raises:
        InputError: no time at all, or not a number.
    """
    number = isinstance(milliseconds, int | float) and not isinstance(milliseconds, bool)
    if not number or not math.isfinite(milliseconds) or milliseconds <= 0:
        raise InputError(
            f"a deadline must be a number of milliseconds above 0, got {milliseconds!r:.40}",
            hint="give the time that the publish queue can wait, as 800",
        )
    start = time.monotonic()
    return start, start + milliseconds / 1000


class Record:
    """What a client's checks came to: counted, logged and told. Safe for threads."""

    def __init__(self, on_fallback: Callable[[Checked], object] | None) -> None:
        self._on_fallback = on_fallback
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def counts(self) -> Mapping[str, int]:
        """`service` and `fallback.CAUSE` → checks since the client was made."""
        with self._lock:
            return dict(self._counts)

    def add(self, checked: Checked) -> Checked:
        """Take note of an outcome, and hand it back."""
        why = checked.why
        with self._lock:
            self._counts[f"fallback.{why.cause.value}" if why else checked.source.value] += 1
        if checked.source is Source.SERVICE or why is None:
            return checked
        log.warning(
            "nobody judged note %r, revision %d: %s by the fail policy, as the service was %s (%s)"
            " [request %s]",
            *(checked.note_id, checked.revision, checked.decision.value, why.cause.value),
            *(why.detail, checked.request_id),
        )
        if self._on_fallback is not None:
            try:
                self._on_fallback(checked)
            except Exception:
                log.exception("`on_fallback` failed")
        return checked
