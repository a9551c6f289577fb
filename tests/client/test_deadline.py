"""No call takes longer than its deadline and a stated margin, whatever the service does."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from kit import rude_service as rude
from kit.rude_service import nobody_accepts, nobody_there, note, problem, rude_service, say

from moderation import NoteImage
from moderation.client import AsyncClient, Breaker, Client, Source, Tripping, Trouble
from moderation.client.calls import MARGIN_S
from moderation.errors import ServiceUnavailable
from moderation.note import Note

DEADLINE_MS = 400
STARVED_S = 0.35
"""On top of the margin: tests share their processors with others."""
SURE = Tripping(failures=10**6)


@contextmanager
def _service(behaviour: rude.Behaviour) -> Iterator[str]:
    with rude_service() as service:
        yield service.will(behaviour).url


@contextmanager
def _nobody() -> Iterator[str]:
    yield nobody_there()


def _two_and_a_hang(status: int, code: str) -> Callable[[], Any]:
    @contextmanager
    def place() -> Iterator[str]:
        with rude_service() as service:
            stumble = problem(status, code, retryable=True)
            yield service.will(stumble, stumble, rude.hang).url

    return place


PLACES: dict[str, tuple[Callable[[], Any], set[Trouble]]] = {
    "hangs-in-connect": (nobody_accepts, {Trouble.UNREACHABLE, Trouble.TIMEOUT}),
    "nobody-there": (_nobody, {Trouble.UNREACHABLE}),
    "hangs-in-headers": (lambda: _service(rude.hang), {Trouble.TIMEOUT}),
    "drips-headers": (lambda: _service(rude.drip_headers), {Trouble.TIMEOUT}),
    "drips-body": (lambda: _service(rude.drip_body), {Trouble.TIMEOUT}),
    "always-in-flight": (lambda: _service(problem(409, "in_flight")), {Trouble.TIMEOUT}),
    "always-503": (
        lambda: _service(problem(503, "overloaded", retry_after=0)),
        {Trouble.OVERLOADED, Trouble.TIMEOUT},
    ),
    "hangs-later": (_two_and_a_hang(503, "overloaded"), {Trouble.TIMEOUT, Trouble.OVERLOADED}),
}


@pytest.mark.parametrize(("place", "causes"), PLACES.values(), ids=PLACES.keys())
def test_threads_leave_in_time(place: Callable[[], Any], causes: set[Trouble]) -> None:
    """A drip is not waited for, though each of its bytes comes soon."""
    with place() as url, Client(url, breaker=Breaker(SURE), verify=False) as client:
        start = time.perf_counter()
        checked = client.check(note(), deadline_ms=DEADLINE_MS)
        took = time.perf_counter() - start
        assert checked.source is Source.FALLBACK
        assert checked.why.cause in causes
        assert took <= DEADLINE_MS / 1000 + MARGIN_S + STARVED_S
        start = time.perf_counter()
        with pytest.raises(ServiceUnavailable):
            client.commit("n1", 1, timeout_ms=DEADLINE_MS)
        assert time.perf_counter() - start <= DEADLINE_MS / 1000 + MARGIN_S + STARVED_S


@pytest.mark.parametrize(("place", "causes"), PLACES.values(), ids=PLACES.keys())
def test_tasks_leave_in_time(place: Callable[[], Any], causes: set[Trouble]) -> None:
    """Twenty at once, and the loop stays free for others."""

    async def ask(url: str) -> tuple[list[Any], float, int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        async with AsyncClient(url, breaker=Breaker(SURE), verify=False) as client:
            clock = asyncio.create_task(tick())
            start = time.perf_counter()
            calls = [client.check(note(), deadline_ms=DEADLINE_MS) for _ in range(20)]
            found = await asyncio.gather(*calls)
            took = time.perf_counter() - start
            clock.cancel()
            return found, took, ticks

    with place() as url:
        found, took, ticks = asyncio.run(ask(url))
    assert {checked.why.cause for checked in found} <= causes
    assert took <= DEADLINE_MS / 1000 + MARGIN_S + STARVED_S
    assert ticks >= 2


def test_a_name_that_is_looked_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name lookup knows no time limit; the client does."""
    lookup = socket.getaddrinfo

    def slow(host: Any, *arguments: Any, **named: Any) -> Any:
        if host != "127.0.0.1":
            time.sleep(1)
        return lookup("127.0.0.1", *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with Client("http://moderation.example", breaker=Breaker(SURE), verify=False) as client:
        start = time.perf_counter()
        checked = client.check(note(), deadline_ms=DEADLINE_MS)
        assert time.perf_counter() - start <= DEADLINE_MS / 1000 + MARGIN_S + STARVED_S
        assert checked.source is Source.FALLBACK


def test_a_picture_that_is_read_for_ever(tmp_path: Path) -> None:
    """A file on a disk that hangs; here a pipe that nobody writes to."""
    import os

    pipe = tmp_path / "picture.jpg"
    os.mkfifo(pipe)
    with rude_service() as service, Client(service.url, breaker=Breaker(SURE)) as client:
        start = time.perf_counter()
        checked = client.check(Note(id="n1", images=[NoteImage(path=pipe)]), deadline_ms=200)
        took = time.perf_counter() - start
        os.close(os.open(pipe, os.O_WRONLY))
    assert checked.why.cause is Trouble.TIMEOUT
    assert took <= 0.2 + MARGIN_S + STARVED_S
    assert not service.seen


def test_many_hanging_calls_leave_nothing_behind() -> None:
    """Their connections are given back: the hundred-and-first call gets one."""
    with rude_service() as service, ExitStack() as stack:
        service.will(*[rude.hang] * 30, say(200, rude.verdict_row()))
        client = stack.enter_context(
            Client(service.url, breaker=Breaker(SURE), connections=10, verify=False)
        )
        hung = [client.check(note(), deadline_ms=25) for _ in range(30)]
        assert {checked.source for checked in hung} == {Source.FALLBACK}
        while len(service.seen) < 30:  # those that were cut off before they were sent
            client.check(note(), deadline_ms=25)
        assert client.check(note(), deadline_ms=5_000).source is Source.SERVICE


def test_the_service_is_told_how_long_it_has() -> None:
    """Less with every try, and less than the caller has, for the way home."""
    with rude_service() as service:
        service.will(problem(503, "overloaded", retry_after=0), say(200, rude.verdict_row()))
        with Client(service.url, breaker=Breaker(SURE), verify=False) as client:
            client.check(note(), deadline_ms=2_000)
    first, second = (int(seen.headers["x-deadline-ms"]) for seen in service.seen)
    assert 1 <= second <= first <= 1_950


def test_a_cut_that_was_too_short_blames_nobody() -> None:
    """A caller in a hurry opens the circuit for no one else; a real wait does."""
    with rude_service() as service:
        service.will(rude.hang)
        breaker = Breaker(Tripping(failures=2))
        with Client(service.url, breaker=breaker, verify=False) as client:
            for _ in range(5):
                assert not client.check(note(), deadline_ms=40).why.circuit_open
            for _ in range(2):
                assert not client.check(note(), deadline_ms=200).why.circuit_open
            time.sleep(0.05)
            last = client.check(note(), deadline_ms=200).why
            assert last.circuit_open
            assert last.cause is Trouble.TIMEOUT
