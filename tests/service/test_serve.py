"""`moderation serve`: real processes on a real port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from kit import postgres
from kit.asking import a_note
from kit.notes import photo

from moderation import Gate
from moderation.errors import BadSetting
from moderation.listening import url_of
from moderation.service.running import listen
from moderation.service.settings import Settings
from moderation.store import Register

CAT = photo("chelsea")
START_S = 60


class Served:
    """A service in a process of its own."""

    def __init__(self, register: Path | str, log: Path, *options: str, **environment: str) -> None:
        command = [sys.executable, "-m", "moderation", "serve"]
        environment = {"MODERATION_REGISTER": str(register)} | environment
        self._log = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [*command, "--port", "0", "--no-auth", "--json", *options],
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env=os.environ | environment,
            )
        assert self.process.stdout is not None
        self.told = json.loads(self.process.stdout.readline() or "{}")
        assert self.told, log.read_text()
        self.client = httpx.Client(base_url=self.told["url"], timeout=START_S)

    def ask(self, **row: Any) -> dict[str, Any]:
        answer = self.client.post("/v1/verdicts", json=row | {"deadline_ms": 3_000})
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def log(self) -> str:
        return self._log.read_text()

    def events(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == event]

    def processes(self) -> list[int]:
        """Those that this one has started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def workers(self) -> set[int]:
        return {line["pid"] for line in self.lines() if line["event"] == "serving"}

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + START_S
        while not holds():
            assert time.monotonic() < end, self._log.read_text()
            time.sleep(0.05)

    def end(self) -> int:
        self.client.close()
        self.process.send_signal(signal.SIGTERM)  # to one that has ended, nothing
        code = self.process.wait(START_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """`serve(*options)`: started, and ended whatever happens."""
    started: list[Served] = []

    def made(*options: str, **environment: str) -> Served:
        log = tmp_path / f"log{len(started)}"
        started.append(Served(tmp_path / "register", log, *options, **environment))
        return started[-1]

    yield made
    for served in started:
        served.end()


def test_one_process_answers_and_ends_in_peace(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    """A verdict, health, no banner; SIGTERM ends it with 0, and what it knew is there again."""
    served = serve()
    assert served.ask(**a_note(CAT, id="n1", author="ann"))["decision"] == "pass"
    ready = served.client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert "server" not in ready.headers
    assert served.end() == 0
    with Gate.open(tmp_path / "register", create=False) as gate:
        assert gate.stats().pictures == 1


@pytest.mark.slow
def test_workers_share_a_register_and_are_replaced(serve: Callable[..., Served]) -> None:
    """What one has registered, the other finds; one that is killed comes back; metrics add up."""
    served = serve("--workers", "2")
    served.until(lambda: len(served.workers()) == 2)
    # A connection for each, so that both workers are asked.
    urls = [str(served.client.base_url)] * 12
    decisions = []
    for number, url in enumerate(urls):
        row = a_note(CAT, id=f"n{number}", author=f"u{number}") | {"deadline_ms": 3_000}
        decisions.append(httpx.post(f"{url}/v1/verdicts", json=row, timeout=30).json()["decision"])
    assert decisions == ["pass"] + ["block"] * 11
    counted = served.client.get("/metrics").text
    assert (
        'notegate_verdicts_total{completeness="complete",decision="block",tenant="main"} 11'
        in counted
    )
    victim = min(served.workers())
    for _ in range(3):
        known = served.workers()
        os.kill(victim, signal.SIGKILL)
        served.until(lambda known=known: len(served.workers()) > len(known))
        (victim,) = served.workers() - known
    pauses = [line["in_s"] for line in served.events("a worker ended and is started again")]
    assert pauses == [1.0] * 3, "who kills what serves does not keep it away"
    answers = [httpx.get(f"{urls[0]}/readyz", timeout=30).status_code for _ in range(6)]
    assert answers == [200] * 6
    pids = served.workers()
    served.process.kill()  # with no time to tell its workers
    served.until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


@pytest.mark.slow
def test_a_register_that_goes_away_is_waited_for(tmp_path: Path) -> None:
    """A worker that dies meanwhile is tried again, each time later; nobody else is ended.

    The password is where nobody looks for it: not in lines, answers or arguments of processes.
    """
    with postgres.running() as server, server.database() as url:
        url += "&password=hush-hush"  # libpq takes the last one, and it does not hold
        url = url.replace("hush-hush", postgres.QUOTED)
        served = Served(url, tmp_path / "log", "--workers", "2")
        try:
            served.until(lambda: len(served.workers()) == 2)
            server.stop()
            os.kill(min(served.workers()), signal.SIGKILL)
            served.until(lambda: len(served.events("refused to start")) >= 2)
            pauses = [line["in_s"] for line in served.events("a worker ended and is started again")]
            assert pauses[:3] == sorted({*pauses[:3]})
            assert served.process.poll() is None
            ready = served.client.get("/readyz")
            assert (ready.status_code, ready.json()["ready"]) == (503, False)
            shown = [Path(f"/proc/{pid}/cmdline").read_text() for pid in served.processes()]
            server.start()
            served.until(lambda: len(served.workers()) == 3)
            served.until(lambda: served.client.get("/readyz").status_code == 200)
        finally:
            served.end()
        said = [served.log(), json.dumps(served.told), ready.text, *shown]
        assert len(shown) >= 2
        for secret in (postgres.PASSWORD, postgres.QUOTED):
            assert not [text for text in said if secret in text]


@pytest.mark.slow
def test_a_register_that_stalls_does_not_keep_a_process_from_ending(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    """It says how long it may take, and takes no longer."""
    quick = {"MODERATION_DRAIN_S": "0", "MODERATION_CEILING_MS": "800", "MODERATION_GRACE_MS": "0"}
    served = serve(MODERATION_BUSY_TIMEOUT_S="120", **quick)
    served.client.get("/livez")
    with Register.open(tmp_path / "register") as register, register.transaction():
        row = a_note(text="x") | {"deadline_ms": 200}
        assert served.client.post("/v1/verdicts", json=row).status_code == 503
        started = time.monotonic()
        assert served.end() == 1
        (told,) = served.events("draining")
        assert told["within_s"] <= time.monotonic() - started < told["within_s"] + 3
    assert served.events("not at an end in time, left as it is")


@pytest.mark.slow
def test_workers_that_refuse_to_start_end_the_service(tmp_path: Path) -> None:
    """With their exit code, and their reason in the log."""
    command = [sys.executable, "-m", "moderation", "serve", "--register", str(tmp_path)]
    options = ("--no-auth", "--port", "0", "--policy", "nope", "--workers", "2")
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=60)
    assert done.returncode == 4
    assert "no policy `nope`" in done.stderr
    assert "a worker refused to start" in done.stderr


def test_a_port_that_is_taken_is_said() -> None:
    """In words, with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadSetting, match=f"port {port}: address already in use"):
            listen(Settings.read(register_at="register", port=port))


@pytest.mark.parametrize(
    ("host", "url"), [("localhost", "http://127.0.0.1:"), ("::1", "http://[::1]:")]
)
def test_the_loopback_has_several_names(host: str, url: str) -> None:
    """Of both sorts."""
    try:
        with listen(Settings.read(register_at="register", host=host, port=0)) as listening:
            assert url_of(listening).startswith(url)
    except BadSetting:
        assert not socket.has_ipv6 or host == "::1"  # not every machine has the newer one
