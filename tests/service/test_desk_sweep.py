"""What moderators decided takes effect wherever the service runs."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import pytest
from kit.desk_rows import AT_ONCE, MIA, opened

from moderation import Decision, Gate
from moderation.desk import Desk
from moderation.service import state
from moderation.service.settings import MAIN_TENANT, Settings
from moderation.service.state import Service
from moderation.service.tenants import OpenDoor, Tenants
from moderation.store import CaseState, Register


def test_a_decision_needs_no_console_to_take_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sweeps settle every tenant's register; what can still be undone stays as it is."""
    monkeypatch.setattr(state, "SWEEP_EVERY_S", 0.05)
    places = {name: str(tmp_path / name) for name in (MAIN_TENANT, "eu")}
    for place in places.values():  # a console that is gone since
        with Register.open(place) as register:
            due, young = opened(register), opened(register, "n2", "cy")
            Desk(register, undo_for=AT_ONCE).decide([due.case_id], MIA, "copied")
            Desk(register, undo_for=timedelta(hours=1)).decide([young.case_id], MIA, "copied")
    tenants = Tenants({name: Gate.open(place, threads=1) for name, place in places.items()})
    settings = Settings.read(
        register_at=places[MAIN_TENANT], tenants={"eu": places["eu"]}, auth=False, threads=1
    )
    service = Service(settings, tenants, OpenDoor(tenants))
    registers = [tenant.gate.register for tenant in tenants]

    async def run() -> None:
        await service.start()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if all(one.case(due.case_id).state is CaseState.CLOSED for one in registers):
                break
            await asyncio.sleep(0.05)
        for register in registers:
            assert register.verdicts("n1")[-1].verdict.decision is Decision.BLOCK
            assert register.case(young.case_id).state is CaseState.DECIDED
            assert register.verdicts("n2")[-1].verdict.decision is Decision.REVIEW
        await service.end()

    asyncio.run(run())
