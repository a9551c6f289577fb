"""The service in this process: its application, asked without a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.asking import Asking

from moderation import Gate
from moderation.service.settings import MAIN_TENANT, Settings
from moderation.service.state import Service
from moderation.service.tenants import OpenDoor, Tenants

Make = Callable[..., Service]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """`make(**settings)`: a service around a new register, with time enough for a slow machine."""
    opened: list[Gate] = []

    def made(register: str | Path | None = None, **given: Any) -> Service:
        given = {"auth": False, "deadline_ms": 20_000, "ceiling_ms": 30_000} | given
        place = str(register or tmp_path / "register")
        settings = Settings.read(register_at=place, **given)
        gate = Gate.open(place, index=tmp_path / "index", threads=2)
        opened.append(gate)
        tenants = Tenants({MAIN_TENANT: gate})
        return Service(settings, tenants, OpenDoor(tenants))

    yield made
    for gate in opened:
        gate.close()


@pytest.fixture
def service(make: Make) -> Service:
    return make()


@pytest.fixture
def ask(service: Service) -> Asking:
    return Asking(service)
