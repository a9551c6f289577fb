"""What one process of the service holds for each tenant."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from moderation import Gate
from moderation.service.problems import Refused
from moderation.service.settings import MAIN_TENANT, Settings
from moderation.service.state import Service
from moderation.service.tenants import OpenDoor, Tenants


def test_a_tenant_whose_register_stalls_stops_no_other(tmp_path: Path) -> None:
    """Its own requests are refused when its threads are all waiting."""
    places = {name: str(tmp_path / name) for name in (MAIN_TENANT, "stalls")}
    tenants = Tenants({name: Gate.open(place, threads=1) for name, place in places.items()})
    settings = Settings.read(
        register_at=places[MAIN_TENANT],
        tenants={"stalls": places["stalls"]},
        auth=False,
        threads=1,
        most_inside=1,
    )
    service = Service(settings, tenants, OpenDoor(tenants))
    stalls, let_go = tenants.named("stalls"), threading.Event()
    assert stalls is not None

    async def both() -> None:
        for of in (service.verdicts, service.others):
            waiting = asyncio.create_task(of(stalls).run(let_go.wait, within_s=20))
            while not of(stalls).inside:
                await asyncio.sleep(0.01)
            with pytest.raises(Refused):
                await of(stalls).run(lambda: None, within_s=20)
            assert await of(tenants.main).run(lambda: "answered", within_s=20) == "answered"
            let_go.set()
            assert await waiting
            let_go.clear()

    asyncio.run(both())
    asyncio.run(service.end())
