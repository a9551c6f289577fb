"""Callers that do not give up, and whether what they were promised was kept.

Each caller submits note after note: without a picture, with one or with two small ones, some with
a deadline that most pictures miss, so that final verdicts are owed; every fourth is edited once.
Where no answer comes, or 409 or 503, it asks again with the same key and the same body, as the
contract says; where that lasts, it goes on with the next note, and somebody else comes back to
this one until it is answered. Then what every caller was told is held against the register.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from callers import SENTENCES, body_of, post
from photographs import drawn, jpeg
from served import Served
from sqlalchemy import select

from moderation.gate.publishing.completing import LEASE
from moderation.gate.publishing.settling import FINALIZED
from moderation.store import AuditRow, Register
from moderation.store.service.tables import EVENTS
from moderation.verdict import Completeness, Registration

SIZE = (240, 320)
CALLERS = 6
TRY_WITHIN_S = 20.0
PATIENCE_S = 3.0
"""Then a caller goes on; an edit waits for what it edits."""
COME_BACK_S = 2.0
GIVE_UP_S = 120.0
SHORT_MS, LONG_MS = 120, 2_500
FINAL_WITHIN_S = 2 * LEASE.total_seconds()
SAMPLE = 200

BROKEN = (
    "acknowledged but not in the audit",
    "acknowledged otherwise than in the audit",
    "judged twice under one key",
    "completed twice",
    "without a final verdict",
    "final verdict too late",
    "pictures of a registered note missing",
    "another answer under the same key",
    "without exactly one event of its final verdict",
    "5xx other than 503",
)


@dataclass(slots=True, kw_only=True)
class Told:
    """One revision, and what its caller was told."""

    note_id: str
    revision: int
    pictures: int
    body: bytes
    key: str
    verdict_id: int | None = None
    decision: str = ""
    final: bool = False
    tries: int = 0
    began: float = 0.0
    waited_s: float = 0.0
    """From the first try to the answer."""


@dataclass(slots=True, kw_only=True)
class Load:
    """Callers in a thread of their own, until they are told to stop."""

    service: Served
    seed: int
    told: list[Told] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    answered_at: list[float] = field(default_factory=list)
    """When a 200 came, by `time.monotonic`."""
    _later: list[Told] = field(default_factory=list)
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Load:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Each caller first gets the answer it waits for."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def answers_after(self, moment: float, within_s: float) -> float | None:
        """Seconds from a moment until somebody was answered; None where nobody was."""
        while time.monotonic() < moment + within_s:
            later = [at for at in self.answered_at[-50:] if at > moment]
            if later:
                return round(min(later) - moment, 2)
            time.sleep(0.02)
        return None

    def longest_silence_s(self) -> float:
        """Between two answers."""
        gaps = np.diff(sorted(self.answered_at))
        return round(float(gaps.max()), 2) if len(gaps) else 0.0

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(self._call(number)) for number in range(CALLERS)]
            group.create_task(self._come_back(calls))

    async def _call(self, caller: int) -> None:
        rng = np.random.default_rng([self.seed, 11, caller])
        number = 0
        while not self._ending.is_set():
            number += 1
            for told in self._note(f"note {caller}-{number}", rng):
                self.told.append(told)
                told.began = time.monotonic()
                while told.verdict_id is None and time.monotonic() < told.began + PATIENCE_S:
                    if not await self._try(told):
                        await asyncio.sleep(float(rng.uniform(0.2, 0.6)))
                if told.verdict_id is None:
                    self._later.append(told)
                    break

    async def _come_back(self, calls: list[asyncio.Task[None]]) -> None:
        while self._later or not all(call.done() for call in calls):
            await asyncio.sleep(COME_BACK_S)
            for told in list(self._later):
                if await self._try(told) or time.monotonic() > told.began + GIVE_UP_S:
                    self._later.remove(told)

    def _note(self, name: str, rng: np.random.Generator) -> Iterator[Told]:
        pictures = int(rng.choice([0, 1, 2], p=[0.6, 0.3, 0.1]))
        shown = [jpeg(drawn(rng, SIZE)) for _ in range(pictures)]
        deadline_ms = SHORT_MS if rng.random() < 0.5 else LONG_MS
        for revision in (1, 2) if rng.random() < 0.25 else (1,):
            row = {
                "id": name,
                "revision": revision,
                "author": {"id": f"author of {name}"},
                "text": "".join(rng.permutation(SENTENCES)[: 2 + revision]),
                "deadline_ms": deadline_ms,
            }
            yield Told(
                note_id=name,
                revision=revision,
                pictures=pictures,
                body=body_of(row, shown),
                key=f"{name} {revision}",
            )

    async def _try(self, told: Told) -> bool:
        told.tries += 1
        status, row = await asked_again(self.service, told)
        self.statuses[status] += 1
        if row is None:
            return False
        now = time.monotonic()
        self.answered_at.append(now)
        told.waited_s = now - told.began
        told.verdict_id, told.decision = int(row["verdict_id"][2:]), row["decision"]
        told.final = row["final"]
        return True


async def asked_again(service: Served, told: Told) -> tuple[str, dict[str, Any] | None]:
    """One try: status with its code, and the answer where it is one."""
    try:
        async with asyncio.timeout(TRY_WITHIN_S):
            status, _, said = await post(
                service.host,
                service.port,
                "/v1/verdicts",
                told.body,
                [("Idempotency-Key", told.key)],
            )
            row = json.loads(said)
    except (TimeoutError, OSError, EOFError, ValueError) as error:
        return f"0 {type(error).__name__}", None
    if status == 200:
        return "200", row
    return f"{status} {row.get('code')}", None


def settled(register: Register) -> float:
    """Wait until no final verdict is owed; seconds it took."""
    started = time.monotonic()
    while register.count_debts() and time.monotonic() < started + FINAL_WITHIN_S + 10:
        time.sleep(0.2)
    return round(time.monotonic() - started, 1)


def judged(register: Register, load: Load) -> dict[str, Any]:
    """What was promised, held against audit, pictures and events."""
    broken = Counter(dict.fromkeys(BROKEN, 0))
    kinds: Counter[str] = Counter()
    slowest = 0.0
    notes: dict[str, list[AuditRow]] = {}
    events = events_of(register)
    last = {told.note_id: told.revision for told in load.told}
    for told in load.told:
        if told.note_id not in notes:
            notes[told.note_id] = register.verdicts(note_id=told.note_id)
        rows = [r for r in notes[told.note_id] if r.verdict.revision == told.revision]
        first = [row for row in rows if row.completes is None]
        finals = [row for row in rows if row.completes is not None]
        kinds["acknowledged" if told.verdict_id else "given up by its caller"] += 1
        broken["judged twice under one key"] += len(first) > 1
        broken["completed twice"] += len(finals) > 1
        if told.verdict_id is None:
            continue
        mine = [row for row in rows if row.verdict_id == told.verdict_id]
        if not mine:
            broken["acknowledged but not in the audit"] += 1
            continue
        same = mine[0].verdict.decision.value == told.decision
        broken["acknowledged otherwise than in the audit"] += not same
        if not told.final:
            kinds["final verdict later"] += 1
            if not finals:
                broken["without a final verdict"] += 1
                continue
            took = (finals[0].decided_at - mine[0].decided_at).total_seconds()
            slowest = max(slowest, took)
            broken["final verdict too late"] += took > FINAL_WITHIN_S
        final = finals[0] if finals else mine[0]
        heard = events[told.note_id, told.revision] == [f"v_{final.verdict_id}"]
        broken["without exactly one event of its final verdict"] += not heard
        if last[told.note_id] == told.revision and _is_kept(final):
            shown = len(register.pictures_of_note(told.note_id))
            broken["pictures of a registered note missing"] += shown != told.pictures
    broken["another answer under the same key"] = asyncio.run(_answers_that_differ(load))
    for status, count in load.statuses.items():
        broken["5xx other than 503"] += count * (status[0] == "5" and status[:3] != "503")
    return {
        "revisions": len(load.told),
        "kinds": dict(kinds),
        "tries": sum(told.tries for told in load.told),
        "statuses": dict(sorted(load.statuses.items())),
        "longest_silence_s": load.longest_silence_s(),
        "slowest_answer_s": round(max((told.waited_s for told in load.told), default=0.0), 1),
        "slowest_final_s": round(slowest, 1),
        "broken": dict(broken),
    }


def events_of(register: Register) -> dict[tuple[str, int], list[str]]:
    """Note and revision → final verdicts that were announced, in order."""
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    query = select(EVENTS.c.note_id, EVENTS.c.payload).where(EVENTS.c.type == FINALIZED)
    with register._connected() as connection:
        for note_id, payload in connection.execute(query.order_by(EVENTS.c.event_id)):
            found[note_id, payload["revision"]].append(payload["verdict_id"])
    return found


def _is_kept(row: AuditRow) -> bool:
    complete = row.verdict.completeness is Completeness.COMPLETE
    return complete and row.verdict.registration is not Registration.SKIPPED


async def _answers_that_differ(load: Load) -> int:
    known = [told for told in load.told if told.verdict_id is not None]
    picked = np.random.default_rng(load.seed).permutation(len(known))[:SAMPLE]
    differ = 0
    for number in picked.tolist():
        told = known[number]
        for _ in range(20):
            _, row = await asked_again(load.service, told)
            if row is not None:
                break
            await asyncio.sleep(0.5)
        again = None if row is None else (row["verdict_id"], row["decision"], row["replayed"])
        differ += again != (f"v_{told.verdict_id}", told.decision, True)
    return differ
