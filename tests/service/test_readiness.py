"""`/readyz`: what it asks, of whom, and what it tells to anybody."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.asking import Asking

from moderation import Gate
from moderation.errors import ModelNotFound, StoreUnwritable
from moderation.gate.looking import inside
from moderation.gate.looking.inside import PictureReader, Pixels, Read
from moderation.service import readiness, state
from moderation.service.app import create_app
from moderation.service.settings import MAIN_TENANT, Settings
from moderation.service.state import Service
from moderation.service.tenants import OpenDoor, Tenants


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that happens now and then happens at once."""
    monkeypatch.setattr(state, "SWEEP_EVERY_S", 0.01)
    monkeypatch.setattr(readiness, "TRY_EVERY_S", 0.01)
    monkeypatch.setattr(readiness, "FAILS_FOR_S", 0.0)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Service]:
    """A service with a tenant beside the main one."""
    places = {name: str(tmp_path / name) for name in (MAIN_TENANT, "hush")}
    tenants = Tenants({name: Gate.open(place, threads=1) for name, place in places.items()})
    settings = Settings.read(
        register_at=places[MAIN_TENANT], tenants={"hush": places["hush"]}, auth=False
    )
    yield Service(settings, tenants, OpenDoor(tenants))
    tenants.close()


def until(service: Service, holds: Callable[[list[str]], bool]) -> list[str]:
    """The reasons against a service that runs, as soon as they are so."""

    async def look() -> list[str]:
        app = create_app(service)
        async with app.router.lifespan_context(app):
            end = time.monotonic() + 20
            while not holds(reasons := (await service.reasons_against())[0]):
                assert time.monotonic() < end, reasons
                await asyncio.sleep(0.02)
            return reasons

    return asyncio.run(look())


def test_who_looks_at_the_same_time_gets_the_same_answer(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A balancer and a supervisor do not make it unready for each other."""
    gate, asked = service.tenants.main.gate, []

    def slow() -> int:
        asked.append(1)
        time.sleep(0.2)
        return 0

    monkeypatch.setattr(gate, "lag", slow)

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(service.reasons_against() for _ in range(5)))

    assert asyncio.run(all_at_once()) == [([], {"main": 0})] * 5
    assert len(asked) == 1


def test_it_never_names_the_tenants(two: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may look; that one of them has trouble is told."""
    ask = Asking(two)
    assert ask("GET", "/readyz").json()["index_lag"] == {"main": 0, "others": 0}

    def broken() -> int:
        raise StoreUnwritable("the disk is full", hint="free some space")

    monkeypatch.setattr(two.tenants.named("hush").gate, "lag", broken)  # type: ignore[union-attr]
    told = ask("GET", "/readyz")
    assert told.status_code == 503
    assert told.json()["reasons"] == ["register of another tenant: store_unwritable"]
    assert "hush" not in told.text


@pytest.mark.usefixtures("quick")
def test_a_register_that_cannot_be_written_is_no_ready_one(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although it can be read."""

    def broken() -> None:
        raise StoreUnwritable("the disk is full", hint="free some space")

    monkeypatch.setattr(service.tenants.main.gate, "sweep", broken)
    assert until(service, bool) == ["register of `main`: store_unwritable"]


@pytest.mark.usefixtures("quick")
def test_one_that_stalls_does_not_keep_the_others_from_being_swept(
    two: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a thread of its own."""
    go, swept = threading.Event(), []
    other = two.tenants.named("hush")
    assert other is not None
    settle = other.gate.sweep
    monkeypatch.setattr(two.tenants.main.gate, "sweep", lambda: go.wait(60))
    monkeypatch.setattr(other.gate, "sweep", lambda: [swept.append(1), settle()][1])
    try:
        until(two, lambda _: len(swept) > 2)
    finally:
        go.set()


@pytest.mark.usefixtures("quick")
def test_detectors_are_tried(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is gone is told, whatever it was for."""

    def gone(pixels: Pixels, number: int, of: int) -> Read:
        raise ModelNotFound("no model", hint="install it")

    reader = PictureReader(detector="lettering@1", off=lambda: None, read=gone)
    monkeypatch.setattr(inside, "READERS", (reader,))
    (reason,) = until(service, bool)
    assert reason == "detectors of `main`: `lettering` failed"


@pytest.mark.usefixtures("quick")
def test_detectors_that_hang_are_told(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found before they hung does not count."""
    monkeypatch.setattr(readiness, "TRY_WITHIN_S", 0.1)
    monkeypatch.setattr(service.tenants.main.gate, "check", lambda *_, **__: time.sleep(1))
    assert until(service, bool) == ["detectors of `main`: no answer in 0.1 s"]


@pytest.mark.usefixtures("quick")
def test_detectors_that_answer_are_ready(service: Service) -> None:
    """With all models as they are shipped; nothing is kept of the try."""
    gate, tried = service.tenants.main.gate, []
    gate.observe_steps(lambda step, _: tried.append(step))
    seen = until(service, lambda reasons: bool(reasons) or (len(tried) > 4 and nothing_kept(gate)))
    assert seen == []


def nothing_kept(gate: Gate) -> bool:
    stats = gate.stats()
    return stats.pictures == stats.verdicts == 0
