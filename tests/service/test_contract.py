"""Whatever is sent, no operation answers with an error of its own but a declared 503."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from moderation import Gate
from moderation.service.app import create_app
from moderation.service.settings import MAIN_TENANT, Settings
from moderation.service.state import Service
from moderation.service.tenants import OpenDoor, Tenants

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@asynccontextmanager
async def _nothing(app: object) -> AsyncIterator[None]:
    yield


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseSchema]:
    """The document of a service around a register of its own."""
    place: Path = tmp_path_factory.mktemp("contract")
    with Gate.open(place) as gate:
        tenants = Tenants({MAIN_TENANT: gate})
        slow = {"ceiling_ms": 30_000, "deadline_ms": 9_000}
        chosen = Settings.read(register_at=str(place), auth=False, **slow)
        app = create_app(Service(chosen, tenants, OpenDoor(tenants)))
        # Each question begins and ends the application: that must not end the service.
        app.router.lifespan_context = _nothing
        yield schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_operation_keeps_its_promises(document: BaseSchema, mode: GenerationMode) -> None:
    """Bodies, headers and parameters that fit, and those that do not."""
    asked = set()
    for found in document.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=8,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def keeps_them(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=CHECKS)
            asked.add(case.operation.label)

        with suppress(Unsatisfiable):  # nothing about it can be wrong
            keeps_them()
    assert {"POST /v1/verdicts", "POST /v1/appeals"} <= asked
