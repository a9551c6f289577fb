"""The service in this process: its application, asked without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from moderation import Gate
from moderation.service.app import create_app
from moderation.service.settings import MAIN_TENANT, Settings
from moderation.service.state import Service
from moderation.service.tenants import OpenDoor, Tenants

Make = Callable[..., Service]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """`make(**settings)`: a service around a new register."""
    opened: list[Gate] = []

    def made(register: str | Path | None = None, **given: Any) -> Service:
        given = {"auth": False} | given
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
    """With the default settings, and time enough for a slow machine."""
    return make(deadline_ms=20_000, ceiling_ms=30_000)


@asynccontextmanager
async def asking(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application; what it raises is an error of the test."""
    transport = httpx.ASGITransport(app=create_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
