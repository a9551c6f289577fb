"""Where hashes came from stays with them for as long as they stay, and not longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.register_rows import MORNING, a_picture, register_picture
from kit.service_rows import WITHOUT_HASH_LISTS
from sqlalchemy import func, select, text

from moderation.errors import BadNote
from moderation.store import HashTerms, ListedHash, NewPicture, Register
from moderation.store.hash_list_tables import HASH_LISTS
from moderation.store.schema import CLAIMS

PARTNER = HashTerms(source="partner", licence="CC-BY-4.0")
OTHER = HashTerms(source="other", licence="no redistribution")
SILENT = HashTerms()


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


def bare(note_id: str, author_id: str = "") -> NewPicture:
    """A hash of which nothing else is known."""
    nothing = {"features": b"", "descriptor": None, "descriptor_recipe": None, "sha256": ""}
    return a_picture(note_id, author_id=author_id, **nothing)


def put(register: Register, note_id: str, *terms: HashTerms, author_id: str = "") -> int:
    number, _ = register_picture(register, bare(note_id, author_id))
    with register.transaction() as now:
        now.list_hashes([(number, each) for each in terms], at=MORNING)
    return number


def lists_left(register: Register) -> int:
    with register._connected() as connection:
        return connection.execute(select(func.count()).select_from(HASH_LISTS)).scalar_one()


def test_a_hash_is_told_with_its_lists(register: Register) -> None:
    """Each with the time of its first import; again changes nothing."""
    one, two = put(register, "p1", PARTNER), put(register, "p2", PARTNER, OTHER)
    own, _ = register_picture(register, a_picture("own"))
    with register.transaction() as now:
        now.list_hashes([(one, PARTNER), (two, OTHER)], at=MORNING + timedelta(days=1))
    assert register.listed_hashes([one, two, own, 99]) == {
        one: [ListedHash(terms=PARTNER, imported_at=MORNING)],
        two: [ListedHash(terms=each, imported_at=MORNING) for each in (PARTNER, OTHER)],
    }
    assert register.hash_lists() == {PARTNER: 2, OTHER: 1}


@pytest.mark.parametrize("bad", ["x" * 257, "two\nlines", "\u202e"], ids=["long", "lines", "bidi"])
def test_words_that_nobody_can_read_are_refused(register: Register, bad: str) -> None:
    """And nothing of them is kept."""
    number, _ = register_picture(register, bare("p1"))
    for terms in (HashTerms(source=bad), HashTerms(licence=bad)):
        with pytest.raises(BadNote, match="does not print"), register.transaction() as now:
            now.list_hashes([(number, terms)], at=MORNING)
    assert lists_left(register) == 0


def test_a_list_is_forgotten_with_its_last_hash(register: Register) -> None:
    """By removal, by note or by author."""
    put(register, "p1", PARTNER)
    put(register, "p2", PARTNER, OTHER, author_id="gus")
    with register.transaction() as now:
        now.forget_note("p1")
    assert register.hash_lists() == {PARTNER: 1, OTHER: 1}
    with register.transaction() as now:
        now.forget_author("gus")
    assert (register.hash_lists(), lists_left(register)) == ({}, 0)
    number = put(register, "p3", SILENT)
    with register.transaction() as now:
        now.remove_pictures([number])
    assert lists_left(register) == 0


def test_whoever_is_forgotten_is_not_named_by_a_list(register: Register) -> None:
    """Two lists may then have the same words; what is imported next joins the first."""
    for name in ("ann", "ben"):
        put(register, f"p-{name}", HashTerms(source=f"{name}, by mail", licence=f"ask {name}"))
    for name in ("ann", "ben"):
        with register.transaction() as now:
            now.forget_author(name)
    left = HashTerms(source="forgotten, by mail", licence="ask forgotten")
    assert (register.hash_lists(), lists_left(register)) == ({left: 2}, 2)
    put(register, "p3", left)
    assert (register.hash_lists(), lists_left(register)) == ({left: 3}, 2)


def test_hashes_from_before_came_on_a_list_that_says_nothing(
    register: Register, place: str | Path
) -> None:
    """At the time of their claims; pictures of notes and of banks came on none."""
    old = put(register, "old")
    register_picture(register, a_picture("note"))
    register_picture(register, bare("bank:memes"))
    with register.transaction() as now:
        for statement in WITHOUT_HASH_LISTS:
            now._connection.execute(text(statement))
        now._connection.execute(text("UPDATE alembic_version SET version_num = '0010'"))
        (told,) = now._connection.execute(
            select(CLAIMS.c.recorded_at).where(CLAIMS.c.note_id == "old")
        )
    with Register.open(place) as again:
        assert again.listed_hashes([old])[old] == [
            ListedHash(terms=SILENT, imported_at=told.recorded_at)
        ]
        assert again.hash_lists() == {SILENT: 1}
        put(again, "new", PARTNER)
        assert again.hash_lists() == {SILENT: 1, PARTNER: 1}


TERMS = st.builds(HashTerms, source=st.sampled_from(["", "a", "b"]), licence=st.just("MIT"))
STEPS = st.lists(st.tuples(st.integers(0, 3), st.none() | TERMS), max_size=25)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_lists_are_what_plain_sets_say(tmp_path_factory: pytest.TempPathFactory, steps) -> None:
    """Hashes come, come again and go, in any order."""
    said: dict[str, set[HashTerms]] = defaultdict(set)
    with Register.open(tmp_path_factory.mktemp("register")) as register:
        for number, terms in steps:
            name = f"p{number}"
            if terms is None:
                said.pop(name, None)
                with register.transaction() as now:
                    now.remove_pictures(p.picture_id for p in now.pictures_of_note(name))
            else:
                said[name].add(terms)
                put(register, name, terms)
        counts = {
            t: sum(t in s for s in said.values()) for t in {t for s in said.values() for t in s}
        }
        assert register.hash_lists() == counts
        assert lists_left(register) == len(counts)
