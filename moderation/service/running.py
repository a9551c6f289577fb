"""Running: one listening socket, worker processes behind it, and a quiet end.

The socket is bound once and handed on, so that a connection which comes while a worker dies waits
for another one. A worker that ends is started again; one that refuses to start (a policy that does
not parse, a register of a newer version) ends the whole, with its reason.
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
from types import FrameType

import structlog
import uvicorn

from moderation.errors import (
    ArtifactError,
    BadSetting,
    MissingExtra,
    ModerationError,
    StoreError,
)
from moderation.service import logs
from moderation.service.app import create_app, open_service
from moderation.service.metrics import MULTIPROCESS, forget_process
from moderation.service.settings import Settings, is_loopback
from moderation.service.state import Service

BACKLOG = 2048
RESTART_AFTER_S = 1.0
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
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, settings.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        why = (error.strerror or str(error)).lower()
        raise BadSetting(
            f"cannot listen on `{host}` port {settings.port}: {why}",
            hint="choose another `--port`, or `--port 0` for a free one",
        ) from None
    listening.set_inheritable(True)
    return listening


def url_of(listening: socket.socket) -> str:
    """Where the service is found."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def work(settings: Settings, listening: socket.socket) -> None:
    """Answer requests in this process until it is told to end.

    Raises:
        ModerationError: what the service stands on cannot be opened.
    """
    service = open_service(settings)
    log.info("serving", pid=os.getpid(), auth=settings.auth, loopback=is_loopback(settings.host))
    config = uvicorn.Config(
        create_app(service),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=math.ceil((settings.ceiling_ms + settings.grace_ms) / 1000) + 1,
    )
    _Server(config, service).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says that it is about to end before it does, and ends with 0."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Told to end."""
        self._service.draining = True
        super().handle_exit(sig, frame)

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


def _worker(settings: Settings, listening: socket.socket) -> None:
    logs.set_up(settings.log_level)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        work(settings, listening)
    except ModerationError as error:
        log.error("refused to start", code=error.code, detail=error.message, hint=error.hint)
        raise SystemExit(error.exit_code) from None


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


class _Workers:
    """Worker processes, kept at their number."""

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._settings = settings
        self._listening = listening
        self._ending = False
        self._alive: dict[int, tuple[BaseProcess, float]] = {}

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
        process = _SPAWN.Process(
            target=_worker, args=(self._settings, self._listening), name=f"worker-{place}"
        )
        process.start()
        self._alive[place] = (process, time.monotonic())

    def _mend(self) -> None:
        wait([process.sentinel for process, _ in self._alive.values()], timeout=0.5)
        for place, (process, started) in list(self._alive.items()):
            if process.is_alive() or self._ending:
                continue
            process.join()
            _bury(process)
            if process.exitcode in _REFUSALS:
                raise _REFUSALS[process.exitcode](
                    "a worker refused to start", hint="see its reason in the lines above"
                )
            log.error("a worker ended and is started again", exit_code=process.exitcode)
            time.sleep(max(0.0, started + RESTART_AFTER_S - time.monotonic()))
            self._start(place)

    def _stop(self) -> None:
        processes = [process for process, _ in self._alive.values()]
        for process in processes:
            process.terminate()
        until = time.monotonic() + self._settings.drain_s + 15
        for process in processes:
            process.join(max(0.0, until - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()

    def _told_to_end(self, sig: int, frame: FrameType | None) -> None:
        self._ending = True


def _bury(process: BaseProcess) -> None:
    if process.pid is not None:
        forget_process(process.pid)


_REFUSALS: Mapping[int | None, type[ModerationError]] = {
    kind.exit_code: kind for kind in (BadSetting, ArtifactError, StoreError, MissingExtra)
}
