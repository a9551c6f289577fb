"""Does every event arrive, while receivers hang, lie or answer 500, and those who deliver die?

`moderation serve` judges notes and their edits (`faulted_load.py`), two processes of
`moderation deliver` send what happens to four webhooks on one receiver. One webhook is good. At
the others the first attempt of a share of all events fails: one hangs until it is given up, one
answers 500, one lies (no HTTP, a redirect, half an answer; or a receipt with a wrong length, which
is one). Meanwhile a deliverer is killed (`kill -9`) now and then, and another one started.

Promises: each event in the outbox is received by each webhook, at least once; of each note in
order; never an event before the earlier one of its note was received; each attempt carries a good
signature; nothing arrives that is not in the outbox. Exits 1 where one is broken. Told as well:
how late events are at the good webhook, and how many come twice.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from callers import quantiles
from faulted_load import Load, settled
from harness import WORK, parser, table, write
from served import served
from sqlalchemy import func, select
from standardwebhooks import Webhook, WebhookVerificationError

from moderation.store import Register
from moderation.store.service.tables import EVENTS

WEBHOOKS = ("good", "hangs", "answers 500", "lies")
FAILING = 0.3
HANG_S = 20.0
DELIVERERS = 2
DELIVERED_WITHIN_S = 400.0
"""Normally a lease of somebody who died, an attempt that hangs and a retry after 5 s; where that
fails as well, since cores are busy, the next comes after 5 minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """As the receiver saw it."""

    webhook: str
    note_id: str
    sequence: int
    at: float
    received: bool
    """It answered 2xx."""
    signed: bool


class Receiver:
    """Four webhooks on a free port of the loopback."""

    def __init__(self, seed: int) -> None:
        self.attempts: list[Attempt] = []
        self.secrets: dict[str, str] = {}
        self._chance = random.Random(seed)
        self._failed: set[tuple[str, int]] = set()
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.hear(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, webhook: str) -> str:
        """Of one of the four."""
        return f"http://127.0.0.1:{self._server.server_port}/{WEBHOOKS.index(webhook)}"

    def hear(self, request: BaseHTTPRequestHandler) -> None:
        """Take one attempt, in good or bad faith."""
        said = request.rfile.read(int(request.headers["Content-Length"]))
        webhook = WEBHOOKS[int(request.path.strip("/"))]
        data = json.loads(said)["data"]
        try:
            Webhook(self.secrets[webhook]).verify(said, dict(request.headers))
            signed = True
        except WebhookVerificationError:
            signed = False
        key = (webhook, data["sequence"])
        with self._lock:
            fails = webhook != "good" and key not in self._failed
            fails = fails and self._chance.random() < FAILING
            self._failed.add(key)
            how = self._chance.choice(["no HTTP", "redirect", "half", "length"]) if fails else ""
            received = not fails or (webhook == "lies" and how == "length")
            self.attempts.append(
                Attempt(
                    webhook=webhook,
                    note_id=data["note_id"],
                    sequence=data["sequence"],
                    at=time.time(),
                    received=received,
                    signed=signed,
                )
            )
        request.close_connection = True
        if not fails:
            request.wfile.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        elif webhook == "hangs":
            time.sleep(HANG_S)
        elif webhook == "answers 500":
            request.wfile.write(
                b"HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            )
        else:
            request.wfile.write(_LIES[how])

    def close(self) -> None:
        """End it."""
        self._server.shutdown()


_REFUSAL = b"HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_LIES = {
    "no HTTP": b"thanks, got it\r\n\r\n",
    "redirect": b"HTTP/1.1 307 No\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
    "half": b"HTTP/1.1 20",
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nok",
}


class Deliverers:
    """Processes of `moderation deliver`, kept at their number."""

    def __init__(self, register: Path, folder: Path) -> None:
        self._register = register
        self._log = (folder / "deliver.log").open("wb")
        self._processes = [self._started() for _ in range(DELIVERERS)]

    def kill_one(self, chance: random.Random) -> None:
        """At once, and start another one."""
        place = chance.randrange(DELIVERERS)
        self._processes[place].kill()
        self._processes[place].wait()
        self._processes[place] = self._started()

    def died(self) -> int:
        """How many have ended by themselves."""
        return sum(process.poll() is not None for process in self._processes)

    def close(self) -> None:
        """End them in good order."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        self._log.close()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*_MODERATION, "deliver", "--register", str(self._register)],
            stdout=self._log,
            stderr=self._log,
        )


_MODERATION = (sys.executable, "-P", "-m", "moderation")


def main() -> None:
    """Measure, print, write; fail where a promise is broken."""
    args = options().parse_args()
    if args.quick:
        args.seconds, args.kills = 15.0, 1
    WORK.mkdir(exist_ok=True)
    chance = random.Random(args.seed)
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder = Path(name)
        register_at = folder / "register"
        with receiving(args.seed) as receiver:
            for webhook in WEBHOOKS:
                receiver.secrets[webhook] = added(register_at, receiver.url(webhook))
            deliverers = Deliverers(register_at, folder)
            with served(register_at, folder, workers=2) as service:
                with Load(service=service, seed=args.seed) as load:
                    for _ in range(args.kills + 1):
                        time.sleep(args.seconds / (args.kills + 1) * chance.uniform(0.6, 1.4))
                        deliverers.kill_one(chance)
                with Register.open(register_at) as register:
                    settled(register)
                    arrived_s = arrived(register, receiver)
                    results = told(register, receiver, load, deliverers) | {
                        "kills_of_deliverers": args.kills + 1,
                        "all_arrived_after_s": arrived_s,
                    }
            deliverers.close()
    report(results)
    write("service_events", args, results)
    if any(results["broken"].values()):
        raise SystemExit(1)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--seconds", type=float, default=60.0, help="of load")
    command.add_argument("--kills", type=int, default=5, help="of deliverers, and one more")
    command.add_argument("--quick", action="store_true", help="a trial")
    return command


@contextmanager
def receiving(seed: int) -> Iterator[Receiver]:
    """A receiver, until the block ends."""
    receiver = Receiver(seed)
    try:
        yield receiver
    finally:
        receiver.close()


def added(register: Path, url: str) -> str:
    """Subscribe a webhook; returns its secret."""
    command = [*_MODERATION, "webhook", "add", url, "--register", str(register)]
    done = subprocess.run(
        [*command, "--json"], capture_output=True, text=True, check=False, env=os.environ
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return str(json.loads(done.stdout)["secret"])


def arrived(register: Register, receiver: Receiver) -> float:
    """Wait until every webhook has received every event; seconds it took, or what was allowed."""
    started = time.monotonic()
    with register._connected() as connection:
        events = connection.execute(select(func.count()).select_from(EVENTS)).scalar_one()
    while time.monotonic() < started + DELIVERED_WITHIN_S:
        found = {(a.webhook, a.sequence) for a in list(receiver.attempts) if a.received}
        if len(found) >= events * len(WEBHOOKS):
            break
        time.sleep(0.2)
    return round(time.monotonic() - started, 1)


def told(
    register: Register, receiver: Receiver, load: Load, deliverers: Deliverers
) -> dict[str, Any]:
    """What arrived, held against the outbox."""
    with register._connected() as connection:
        rows = connection.execute(select(EVENTS.c.event_id, EVENTS.c.note_id, EVENTS.c.at)).all()
    at: dict[int, datetime] = {row.event_id: row.at for row in rows}
    of_note: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        of_note[row.note_id].append(row.event_id)
    by_webhook: dict[str, Any] = {}
    broken: Counter[str] = Counter()
    for webhook in WEBHOOKS:
        attempts = [a for a in receiver.attempts if a.webhook == webhook]
        receipts = [a for a in attempts if a.received]
        first: dict[int, float] = {}
        for attempt in receipts:
            first.setdefault(attempt.sequence, attempt.at)
        late = [1000 * (when - at[n].timestamp()) for n, when in first.items() if n in at]
        by_webhook[webhook] = {
            "attempts": len(attempts),
            "received": len(first),
            "twice": len(receipts) - len(first),
            "late_ms": quantiles(late),
        }
        broken["never received"] += len(at.keys() - first.keys())
        broken["not in the outbox"] += len({a.sequence for a in attempts} - at.keys())
        broken["signature wrong"] += sum(not a.signed for a in attempts)
        for attempt in attempts:
            earlier = [n for n in of_note[attempt.note_id] if n < attempt.sequence]
            waited = all(first.get(n, float("inf")) <= attempt.at for n in earlier)
            broken["sent before an earlier one was received"] += not waited
    broken["a deliverer ended by itself"] = deliverers.died()
    return {
        "events": len(at),
        "notes": len(of_note),
        "revisions_acknowledged": sum(told.verdict_id is not None for told in load.told),
        "webhooks": by_webhook,
        "broken": dict(broken),
    }


def report(results: dict[str, Any]) -> None:
    """Print."""
    table(
        (f"{results['events']} events", "attempts", "received", "twice", "late p50 ms", "p99"),
        (
            (name, w["attempts"], w["received"], w["twice"], *(w["late_ms"][q] for q in _SHOWN))
            for name, w in results["webhooks"].items()
        ),
    )
    print(f"all had arrived {results['all_arrived_after_s']} s after the last verdict")
    table(("promise broken", "cases"), list(results["broken"].items()))


_SHOWN = ("p50", "p99")


if __name__ == "__main__":
    main()
