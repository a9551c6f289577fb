"""A service of our own to measure: `moderation serve` as it is installed, in processes of its own.

Started on a free port of the loopback over a given register, with its log in a file. Its workers
are known from the log, their memory from `/proc`.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

START_WITHIN_S = 180.0
END_WITHIN_S = 90.0


class Served:
    """A service that runs."""

    def __init__(self, process: subprocess.Popen[str], url: str, workers: int, log: Path) -> None:
        self.process = process
        self.url = url
        self.workers = workers
        self.log = log
        address = urlsplit(url)
        self.host, self.port = str(address.hostname), int(address.port or 80)

    def ask(
        self, method: str, path: str, body: Any = None, *, timeout_s: float = 30.0
    ) -> tuple[int, Any]:
        """One question on a connection of its own: status, and JSON where it is some."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout_s)
        try:
            return asked(connection, method, path, body)
        finally:
            connection.close()

    def ready(self) -> bool:
        """Whether `/readyz` says yes."""
        try:
            return self.ask("GET", "/readyz", timeout_s=5)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def wait(self, within_s: float = START_WITHIN_S) -> None:
        """Until every worker serves."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise SystemExit(f"the service ended:\n{self.log.read_text()[-2000:]}")
            if len(self.serving()) == self.workers and self.ready():
                return
            time.sleep(0.2)
        raise SystemExit(f"the service did not start in {within_s:.0f} s")

    def serving(self) -> list[int]:
        """Ids of worker processes that live and have said that they serve."""
        return [pid for pid in self.ever_served() if _is_alive(pid)]

    def ever_served(self) -> list[int]:
        """Ids of all that have served, in the order of their start."""
        return [int(line["pid"]) for line in self.lines() if line.get("event") == "serving"]

    def lines(self) -> Iterator[dict[str, Any]]:
        """Of the log, without what is no JSON."""
        with self.log.open(encoding="utf-8") as log:
            for line in log:
                if line.startswith("{") and line.endswith("\n"):
                    yield json.loads(line)

    def bugs(self) -> dict[str, int]:
        """Errors in the log that nobody raised on purpose, by their type."""
        found: Counter[str] = Counter()
        for line in self.lines():
            if line.get("event") == "bug":
                found[_raised(line.get("exception") or [{}])] += 1
        return dict(found)

    def memory_mb(self) -> dict[int, dict[str, float]]:
        """Worker → what it holds itself (`own`) and with mapped files (`all`)."""
        return {pid: memory_mb(pid) for pid in self.serving()}

    def own_mb(self) -> float:
        """Memory of all workers, without mapped files."""
        return round(sum(m["own"] for m in self.memory_mb().values()), 1)

    def worker_of(self, connection: http.client.HTTPConnection) -> int | None:
        """Which worker has the other end of a connection."""
        own_port = connection.sock.getsockname()[1]
        wanted = f":{self.port:04X}", f":{own_port:04X}"
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if (fields[1][-5:], fields[2][-5:]) != wanted:
                continue
            for pid in self.serving():
                if f"socket:[{fields[9]}]" in _sockets(pid):
                    return pid
        return None

    def cpu_s(self) -> float:
        """Seconds of processor time that all workers have used."""
        return sum(cpu_s(pid) for pid in self.serving())


@contextmanager
def served(
    register: str | Path,
    folder: Path,
    *,
    workers: int,
    settings: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """A service over a register, until the block ends.

    Args:
        register: folder, or URL.
        folder: for its log.
        workers: processes.
        settings: further ones, as `deadline_ms`.
        environment: variables of its processes beside those of this one.
    """
    variables = {
        **os.environ,
        **(environment or {}),
        **{f"MODERATION_{name.upper()}": str(value) for name, value in (settings or {}).items()},
        # The URL may hold a password, which has no place among the arguments.
        "MODERATION_REGISTER": str(register),
    }
    command = [sys.executable, "-P", "-m", "moderation", "serve", "--no-auth", "--json"]
    command += ["--port", "0", "--workers", str(workers)]
    log = folder / f"service-{time.monotonic_ns()}.log"
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=variables
        )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        if not first:
            raise SystemExit(f"the service did not start:\n{log.read_text()[-2000:]}")
        running = Served(process, json.loads(first)["url"], workers, log)
        running.wait()
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def asked(
    connection: http.client.HTTPConnection, method: str, path: str, body: Any = None
) -> tuple[int, Any]:
    """One question on an open connection; `body` is JSON, or bytes of it."""
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    headers = {} if body is None else {"Content-Type": "application/json"}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    said = answer.read()
    is_json = "json" in (answer.headers.get("content-type") or "")
    return answer.status, json.loads(said) if is_json else said


def memory_mb(pid: int) -> dict[str, float]:
    """Of one process; zeros where it is gone."""
    found = {"VmRSS": 0.0, "RssAnon": 0.0}
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in found:
                found[name] = round(int(rest.split()[0]) / 1024, 1)
    except OSError:
        pass
    return {"own": found["RssAnon"], "all": found["VmRSS"]}


def cpu_s(pid: int) -> float:
    """Processor time of one process in seconds; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _raised(errors: list[dict[str, Any]]) -> str:
    """Type, place and words of an error; those that it came from stand behind it."""
    last = errors[0]
    frames = last.get("frames") or [{}]
    place = f"{Path(str(frames[-1].get('filename'))).name}:{frames[-1].get('lineno')}"
    return f"{last.get('exc_type')} in {place}: {last.get('exc_value')}"[:300]


def _is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _sockets(pid: int) -> set[str]:
    found = set()
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            try:
                found.add(str(link.readlink()))
            except OSError:
                continue
    except OSError:
        pass
    return found
