"""Check-and-register is one operation, whoever else is at it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kit.register_children import be_first, in_processes
from kit.register_rows import a_picture

from moderation.store import Register

ROUNDS = 20


def test_of_eight_processes_exactly_one_is_first(place: str | Path) -> None:
    """In every round, all eight pictures end in one work with one claim."""
    Register.open(place).close()
    won = in_processes(8, be_first, place, ROUNDS)
    assert [sum(firsts) for firsts in zip(*won, strict=True)] == [1] * ROUNDS
    with Register.open(place) as register:
        stats = register.stats()
        assert (stats.works, stats.claims, stats.pictures) == (ROUNDS, ROUNDS, 8 * ROUNDS)
        register.integrity_check()


def test_threads_share_one_register(place: str | Path) -> None:
    """More threads than pooled connections, reading and writing at once, lose nothing."""
    with Register.open(place) as register:

        def add(i: int) -> int:
            with register.transaction() as tx:
                picture_id = tx.add_picture(a_picture(f"n{i}"), tx.add_work())
            assert register.pictures([picture_id])[picture_id].note_id == f"n{i}"
            return picture_id

        with ThreadPoolExecutor(24) as pool:
            ids = list(pool.map(add, range(96)))
        assert sorted(ids) == list(range(1, 97))
