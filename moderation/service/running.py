"""Running: one listening socket, worker processes behind it, and a quiet end.

The socket is bound once and handed on, so that a connection which comes while a worker dies waits
for another one. A worker that ends is started again a second later. Where it ended before it could
serve, the pause doubles each time; not where it had served, or whoever finds a note that kills
workers could keep the service away. One that refuses to start (a policy that does not parse, a
register of a newer version) ends the whole, with its reason; but once one has served, a register
that is away is waited for, as those do that still serve.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from types import FrameType
from typing import NamedTuple, NoReturn

import structlog
import uvicorn

from moderation.errors import (
    ArtifactError,
    BadSetting,
    MissingExtra,
    ModerationError,
    RecipeMismatch,
    StoreError,
    WrongStoreVersion,
)
from moderation.listening import BACKLOG, is_loopback, listen_at, url_of
from moderation.service import logs
from moderation.service.app import create_app, open_service
from moderation.service.metrics import MULTIPROCESS, forget_process
from moderation.service.settings import Settings
from moderation.service.state import Service
from moderation.workers import give_memory_back

RESTART_AFTER_S, RESTART_AT_MOST_S = 1.0, 30.0
"""Pauses before a worker is started again: the first, and the longest."""
CLOSING_S = 9.0
"""How long it may take to close registers and end threads, beyond what is owed."""
_SPAWN = multiprocessing.get_context("spawn")  # threads and models do not survive a fork
log = structlog.stdlib.get_logger("moderation.service")


def serve(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Serve until the process is told to end (SIGTERM or SIGINT), then finish what is owed.

    Args:
        settings: as read.
        announce: told the URL, once connections are taken; answers follow when models are loaded.

    Raises:
        BadSetting: the address cannot be had.
        ModerationError: what the service stands on cannot be opened.
    """
    logs.set_up(settings.log_level)
    with listen(settings) as listening:
        announce(url_of(listening))
        if settings.workers == 1:
            work(settings, listening)
        else:
            _Workers(settings, listening).run()


def listen(settings: Settings) -> socket.socket:
    """The socket that all workers share.

    Raises:
        BadSetting: the port is taken, or the address is not of this machine.
    """
    listening = listen_at(settings.host, settings.port)
    listening.set_inheritable(True)
    return listening


def ends_within_s(settings: Settings) -> float:
    """How long a process takes at most from when it is told to end."""
    return _answering_s(settings) + settings.drain_s + CLOSING_S


def _answering_s(settings: Settings) -> int:
    return math.ceil((settings.ceiling_ms + settings.grace_ms) / 1000) + 1


def work(
    settings: Settings, listening: socket.socket, *, opened: Callable[[], None] = lambda: None
) -> None:
    """Answer requests in this process until it is told to end.

    Args:
        settings: as read.
        listening: where connections come in.
        opened: called when registers and models are there.

    Raises:
        ModerationError: what the service stands on cannot be opened.
    """
    give_memory_back()
    service = open_service(settings)
    opened()
    log.info("serving", pid=os.getpid(), auth=settings.auth, loopback=is_loopback(settings.host))
    config = uvicorn.Config(
        create_app(service),
        loop="asyncio",  # uvloop raises where a caller has hung up, which reads as a bug of ours
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_answering_s(settings),
    )
    _Server(config, service).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says that it is about to end before it does, and ends in time, with 0."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Told to end."""
        self._service.draining = True
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was asked and give what is owed; a register that stalls is left."""
        limit_s = ends_within_s(self._service.settings)
        log.info("draining", pid=os.getpid(), within_s=limit_s)
        # Not in this loop, and not stopped when it has ended: threads that hang are joined at exit.
        ender = threading.Timer(limit_s, _end_now, [limit_s])
        ender.daemon = True
        ender.start()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As the original, which would raise them again in the end."""
        handlers = {sig: signal.signal(sig, self.handle_exit) for sig in _ENDING}
        try:
            yield
        finally:
            for sig, handler in handlers.items():
                signal.signal(sig, handler)


_ENDING = (signal.SIGTERM, signal.SIGINT)


def _end_now(limit_s: float) -> NoReturn:
    log.error("not at an end in time, left as it is", pid=os.getpid(), limit_s=limit_s)
    os._exit(1)


def _worker(settings: Settings, listening: socket.socket, served: Event) -> None:
    logs.set_up(settings.log_level)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        work(settings, listening, opened=served.set)
    except ModerationError as error:
        log.error("refused to start", code=error.code, detail=error.message, hint=error.hint)
        raise SystemExit(_AWAY if _passes(error) else error.exit_code) from None
    except Exception:  # here, as what multiprocessing prints has not been through the net
        log.exception("bug")
        raise SystemExit(1) from None


def _passes(error: ModerationError) -> bool:
    """Whether it may be otherwise in a moment, without anybody's doing."""
    lasting = isinstance(error, RecipeMismatch | WrongStoreVersion)
    return isinstance(error, StoreError) and not lasting


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


class _Started(NamedTuple):
    process: BaseProcess
    opened: Event
    """Set once it could serve."""


class _Workers:
    """Worker processes, kept at their number."""

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._settings = settings
        self._listening = listening
        self._ending = False
        self._served = False
        """Whether any worker has."""
        self._alive: dict[int, _Started] = {}
        """By place."""
        self._due: dict[int, float] = {}
        """When those that have ended are started again."""
        self._failed: dict[int, int] = {}
        """How often in a row one has ended before it could serve."""

    def run(self) -> None:
        """Until told to end.

        Raises:
            ModerationError: a worker refused to start; the log has its reason.
        """
        for sig in _ENDING:
            signal.signal(sig, self._told_to_end)
        with tempfile.TemporaryDirectory(prefix="notegate-metrics-") as folder:
            os.environ[MULTIPROCESS] = folder
            for place in range(self._settings.workers):
                self._start(place)
            try:
                while not self._ending:
                    self._mend()
            finally:
                self._stop()

    def _start(self, place: int) -> None:
        opened = _SPAWN.Event()
        process = _SPAWN.Process(
            target=_worker,
            args=(self._settings, self._listening, opened),
            name=f"worker-{place}",
        )
        process.start()
        self._alive[place] = _Started(process, opened)

    def _mend(self) -> None:
        wait([process.sentinel for process, _ in self._alive.values()], timeout=0.5)
        now = time.monotonic()
        self._served |= any(opened.is_set() for _, opened in self._alive.values())
        for place, (process, opened) in list(self._alive.items()):
            if process.is_alive() or self._ending:
                continue
            process.join()
            _bury(process)
            del self._alive[place]
            self._refuse(process.exitcode)
            pause_s = self._pause_s(place, served=opened.is_set())
            self._due[place] = now + pause_s
            log.error(
                "a worker ended and is started again", exit_code=process.exitcode, in_s=pause_s
            )
        for place in [place for place, at in self._due.items() if at <= now]:
            del self._due[place]
            self._start(place)

    def _refuse(self, exit_code: int | None) -> None:
        if exit_code == _AWAY and self._served:
            return
        refusal = StoreError if exit_code == _AWAY else _REFUSALS.get(exit_code)
        if refusal is not None:
            raise refusal("a worker refused to start", hint="see its reason in the lines above")

    def _pause_s(self, place: int, *, served: bool) -> float:
        failed = 0 if served else self._failed.get(place, 0) + 1
        self._failed[place] = failed
        return min(RESTART_AT_MOST_S, RESTART_AFTER_S * 2.0 ** min(failed, 10))

    def _stop(self) -> None:
        processes = [process for process, _ in self._alive.values()]
        for process in processes:
            process.terminate()
        until = time.monotonic() + ends_within_s(self._settings) + 1
        for process in processes:
            process.join(max(0.0, until - time.monotonic()))
            if process.is_alive():
                log.error("a worker did not end in time and is killed", worker=process.pid)
                process.kill()
                process.join()

    def _told_to_end(self, sig: int, frame: FrameType | None) -> None:
        self._ending = True


def _bury(process: BaseProcess) -> None:
    if process.pid is not None:
        forget_process(process.pid)


_AWAY = 75
"""Exit code of a worker whose register is away; EX_TEMPFAIL of sysexits.h."""
_REFUSALS: Mapping[int | None, type[ModerationError]] = {
    kind.exit_code: kind for kind in (BadSetting, ArtifactError, StoreError, MissingExtra)
}
