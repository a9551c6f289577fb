"""A real Ray cluster of two machines, both on this one: two raylets, each in a group of its own."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_TOKEN = secrets.token_hex(32)
_SMALL = ("--num-cpus", "1", "--object-store-memory", "80000000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """Head and second machine."""

    address: str
    head: subprocess.Popen[bytes]
    second: subprocess.Popen[bytes]

    def lose_second(self) -> None:
        """Its power is cut."""
        os.killpg(self.second.pid, signal.SIGKILL)
        self.second.wait()


def environment() -> dict[str, str]:
    """In which machines and drivers find this package and the kit."""
    here = Path(__file__).parents[1]
    paths = (str(here.parent), str(here), os.environ.get("PYTHONPATH", ""))
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": _TOKEN,  # else Ray keeps one at home
    }


@contextmanager
def two_machines() -> Iterator[Machines]:
    """Begin a cluster; end it and all that it left."""
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as name:
        address = f"127.0.0.1:{_free_port()}"
        begun = [
            _begun(
                "--head",
                "--include-dashboard=false",
                f"--port={address.rpartition(':')[2]}",
                f"--temp-dir={name}",
            )
        ]
        try:
            _wait_for(address)
            begun.append(_begun(f"--address={address}"))
            _wait_for(address, machines=2)
            yield Machines(address=address, head=begun[0], second=begun[1])
        finally:
            for one in reversed(begun):
                if one.poll() is None:
                    os.killpg(one.pid, signal.SIGKILL)
                    one.wait()


def _begun(*options: str) -> subprocess.Popen[bytes]:
    ray = Path(sys.executable).with_name("ray")
    return subprocess.Popen(
        [str(ray), "start", "--block", *_SMALL, *options],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


_ASKS = """
import sys, time, ray
for _ in range(120):
    try:
        ray.init(sys.argv[1], log_to_driver=False, logging_level="ERROR")
        break
    except Exception:
        time.sleep(0.5)
while sum(node["Alive"] for node in ray.nodes()) < int(sys.argv[2]):
    time.sleep(0.2)
"""


def _wait_for(address: str, machines: int = 1) -> None:
    subprocess.run(
        [sys.executable, "-c", _ASKS, address, str(machines)],
        env=environment(),
        check=True,
        capture_output=True,
        timeout=120,
    )


def _free_port() -> int:
    """Below those that the system gives to others while the head begins."""
    while True:
        port = secrets.choice(range(20_000, 32_000))
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port
