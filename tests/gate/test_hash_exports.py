"""Hashes leave a register as they came, and only where the terms of their list let them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.register_rows import MORNING, a_picture, code_of, register_picture

from moderation.archive import HASH_DIGITS, HASH_FORMATS, HashRow, hash_list, read_hashes
from moderation.gate.hash_exports import PASSED_ON, Leaving
from moderation.gate.imports import import_hashes
from moderation.store import HashTerms, Register

PDQ = "pdq256_v1"
OPEN = HashTerms(source="partner", licence="cc-by-4.0")
CLOSED = HashTerms(source="police", licence="no redistribution")
SILENT = HashTerms()
OURS = HashTerms(source="us", licence="MIT")


def row(note_id: str, terms: HashTerms, **changes: object) -> HashRow:
    values = {
        "note_id": note_id,
        "author_id": "",
        "published_at": MORNING,
        "image_number": 0,
        "recipe": PDQ,
        "code": code_of(note_id),
        "quality": 90,
        "licence": terms.licence,
        "source": terms.source,
    }
    return HashRow(**values | changes)  # type: ignore[arg-type]


def take(register: Register, rows: Iterable[HashRow]) -> None:
    assert import_hashes(rows, register, after=lambda _: None).failures == ()


def left(register: Register, leaving: Leaving) -> list[tuple[str, HashTerms]]:
    return [
        (each.note_id, HashTerms(source=each.source, licence=each.licence))
        for each in leaving.rows(register, PDQ)
    ]


PRINTABLE = st.characters(exclude_categories=["C", "Z"]) | st.just(" ")
WORDS = st.text(PRINTABLE, max_size=20).map(str.strip)
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1))


@st.composite
def hash_rows(draw: st.DrawFn) -> HashRow:
    """Few ids and few hashes, so that the same come on several lists."""
    recipe = draw(st.sampled_from(sorted(HASH_DIGITS)))
    return HashRow(
        note_id=draw(st.sampled_from(["a", "b", "爱, “c”"])),
        author_id=draw(st.sampled_from(["", "gus & <co>"])),
        published_at=draw(MOMENTS).replace(tzinfo=UTC),
        image_number=draw(st.integers(0, 2)),
        recipe=recipe,
        code=bytes([draw(st.integers(0, 3))]) * (HASH_DIGITS[recipe] // 2),
        quality=draw(st.integers(0, 100)),
        licence=draw(WORDS | st.sampled_from(PASSED_ON)),
        source=draw(WORDS),
    )


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register to copy: to make one anew takes a second."""
    folder = tmp_path_factory.mktemp("empty")
    Register.open(folder).close()
    return folder


@pytest.mark.parametrize("form", HASH_FORMATS)
@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(hash_rows(), min_size=1, max_size=8))
def test_what_was_imported_is_exported(
    empty: Path, tmp_path_factory: pytest.TempPathFactory, form, rows: list[HashRow]
) -> None:
    """The very rows, and from the next register the very lines; twice is once."""
    folder = tmp_path_factory.mktemp("lists")
    for name in ("one", "two"):
        copytree(empty, folder / name)
    first: dict[tuple[object, ...], HashRow] = {}  # who comes first says author, time, quality
    wanted: dict[HashRow, None] = {}
    for each in rows:
        key = (each.note_id, each.image_number, each.recipe, each.code)
        known = first.setdefault(key, each)
        wanted[replace(known, licence=each.licence, source=each.source)] = None

    def exported(register: Register, name: str) -> bytes:
        leaving = Leaving(allowed={each.licence for each in rows})
        taken = [each for recipe in HASH_DIGITS for each in leaving.rows(register, recipe)]
        (folder / name).write_bytes(b"".join(hash_list(taken, form)))
        return (folder / name).read_bytes()

    with Register.open(folder / "one") as one, Register.open(folder / "two") as two:
        take(one, rows)
        take(one, rows)
        said = exported(one, "first")
        read = list(read_hashes(folder / "first"))
        assert Counter(read) == Counter(list(wanted))
        take(two, read)
        take(two, read)
        assert Counter(exported(two, "second").splitlines()) == Counter(said.splitlines())
        assert two.hash_lists() == one.hash_lists()
        assert two.stats() == one.stats()


@pytest.fixture
def register(tmp_path: Path) -> Iterable[Register]:
    with Register.open(tmp_path) as register:
        register_picture(register, a_picture("ours"))
        take(register, [row("o", OPEN), row("c", CLOSED), row("s", SILENT), row("m", CLOSED)])
        take(register, [row("m", OPEN)])
        yield register


def test_what_may_not_be_passed_on_stays(register: Register) -> None:
    """A licence that nobody knows, and none at all; what came on an open list, too, leaves."""
    leaving = Leaving(own=OURS)
    assert left(register, leaving) == [("ours", OURS), ("o", OPEN), ("m", OPEN)]
    assert leaving.withheld == {CLOSED: 1, SILENT: 1}


def test_whoever_names_a_licence_lets_it_out(register: Register) -> None:
    """Under its own terms, never under others."""
    leaving = Leaving(own=OURS, allowed=["no redistribution", ""])
    assert sorted(map(str, left(register, leaving))) == sorted(
        map(
            str,
            [
                *(("ours", OURS), ("o", OPEN), ("c", CLOSED)),
                *(("s", SILENT), ("m", CLOSED), ("m", OPEN)),
            ],
        )
    )
    assert not leaving.withheld
    assert left(register, Leaving(allowed=["No Redistribution"])) == left(register, Leaving())


def test_an_export_may_be_of_one_source(register: Register) -> None:
    """Without the register's own; what its licence keeps is counted."""
    assert left(register, Leaving(own=OURS, only=["partner"])) == [("o", OPEN), ("m", OPEN)]
    police = Leaving(own=OURS, only=["police"])
    assert (left(register, police), police.withheld) == ([], {CLOSED: 2})
    assert left(register, Leaving(only=["nobody"])) == []


def test_our_own_hash_stays_ours_when_it_comes_back(register: Register) -> None:
    """Nobody takes a picture of ours away by sending its hash with terms of theirs."""
    (ours,) = register.pictures_of_note("ours")
    take(register, [row("ours", CLOSED, code=ours.code)])
    assert ("ours", OURS) in left(register, Leaving(own=OURS))
    assert register.listed_hashes([ours.picture_id]) == {}
