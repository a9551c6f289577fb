"""No question that a check asks reads a whole table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kit.notes import photo, showing
from kit.register_rows import MORNING
from sqlalchemy import Engine, event

from moderation import Gate
from moderation.store import NewEvent, Register
from moderation.store.registry import FILE_NAME
from moderation.store.schema import METADATA


@pytest.fixture
def asked() -> Iterator[list[tuple[str, Any]]]:
    """Statements that go to the database, with their values."""
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _ctx: Any, many: bool) -> None:
        statements.append((statement, values[0] if many else values))

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)


def scans(folder: Path, statements: list[tuple[str, Any]]) -> set[str]:
    """Steps of the plans that read all of a table or of an index."""
    found = set()
    with closing(sqlite3.connect(folder / FILE_NAME)) as database:
        for statement, values in dict.fromkeys((s, tuple(v)) for s, v in statements):
            if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
                for *_, step in database.execute(f"EXPLAIN QUERY PLAN {statement}", values):
                    named = step.startswith("SCAN ") and step.split()[1] in METADATA.tables
                    if named:
                        found.add(f"{step}: {statement}")
    return found


def test_a_check_scans_no_table(tmp_path: Path, asked: list[tuple[str, Any]]) -> None:
    """Neither with a copy nor without, with a caption and linked accounts, again and withdrawn."""
    words = (
        "Three days by the lake with my sister: we swam, we read, we burnt every single pancake."
    )
    with Gate.open(tmp_path) as gate:
        gate.register_many([showing(photo("coffee"), id="first", author="ann", text=words)])
        gate.link_authors("ann", ["anna"])
        asked.clear()
        gate.check(showing(photo("coffee"), id="copy", author="bob", hours=3, text=words))
        gate.check(showing(photo("chelsea"), id="own", author="cy", hours=4, text=words[::-1]))
        gate.check(showing(photo("chelsea"), id="own", author="cy", hours=4))
        gate.find_copies(photo("rocket"))
        assert len(asked) > 20
        assert scans(tmp_path, asked) == set()


def test_the_search_for_templates_reads_an_index_alone(
    tmp_path: Path, asked: list[tuple[str, Any]]
) -> None:
    """It runs at the end of every import: rows of pictures are long, entries of an index short."""
    with Gate.open(tmp_path) as gate:
        asked.clear()
        gate.register.often_shown(8)
        steps = scans(tmp_path, asked)
    assert len(steps) == 1
    assert all("COVERING INDEX" in step for step in steps)


def test_who_delivers_reads_no_delivered_events(
    tmp_path: Path, asked: list[tuple[str, Any]]
) -> None:
    """A month of them lies there; only endpoints, which are few, are read one by one."""
    with Register.open(tmp_path) as register:
        with register.transaction() as now:
            one = now.add_endpoint("https://example.org", secret="", types=(), at=MORNING)
            event = NewEvent(type="t", note_id="a", author_id="ann", at=MORNING)
            now.add_event(event)
        asked.clear()
        assert register.endpoints_due(MORNING) == [one]
        register.delivery_counts(MORNING)
        register.dead_letters()
        with register.transaction() as now:
            (taken,) = now.claim_deliveries({one: 1}, MORNING, MORNING)
            now.not_delivered(taken, "no", MORNING)
            now.delivered(taken)
            now.replay_dead_letters(MORNING)
        read = {step.split(":")[0] for step in scans(tmp_path, asked)}
    assert read <= {"SCAN endpoints"}
