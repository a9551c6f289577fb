"""Every kind of index gives the same answers: in this process, in others, in shards, in Milvus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from kit import indexes
from kit.indexes import Kind, known, query, registered, removed, stranger

from moderation.gate.index.followed import FollowedIndex
from moderation.gate.index.nominated import Nominated, Sought
from moderation.store import Register

ASKED = (2, 3, 4, 5)
"""Questions whose pictures are in the register; odd ones show two pictures."""
UNKNOWN = 30
NEW = count(100)


@dataclass
class Setting:
    """A register and an index that follows it."""

    register: Register
    place: str | Path
    kind: Kind
    folder: Path

    def reference(self) -> FollowedIndex:
        """What holds everything in one."""
        return indexes.reference(self.register, self.folder / "reference")


def a_milvus(register: Register, place: str | Path, folder: Path) -> Kind:
    pytest.importorskip("pymilvus", reason="pip install 'notegate[milvus]'")
    pytest.importorskip("milvus_lite", reason="pip install 'notegate[test]'")
    return indexes.InMilvus(register, f"milvus://{folder / 'milvus.db'}")


KINDS: dict[str, tuple[str, Callable[[Register, str | Path, Path], Kind]]] = {
    "local": ("sqlite", lambda register, _, folder: indexes.Here(register, folder / "index")),
    "replica": ("postgresql", lambda _, place, folder: indexes.Replica(str(place), folder / "r")),
    "shards-1": ("sqlite", lambda r, place, folder: indexes.Shards(r, place, folder / "i", 1)),
    "shards-2": ("sqlite", lambda r, place, folder: indexes.Shards(r, place, folder / "i", 2)),
    "shards-3": ("postgresql", lambda r, place, folder: indexes.Shards(r, place, folder / "i", 3)),
    "milvus": ("sqlite", a_milvus),
}


@pytest.fixture(scope="module", params=KINDS, ids=list(KINDS))
def setting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Setting]:
    """One of each kind, with some hundred pictures of which the index knows from the log."""
    database, made = KINDS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    if database == "sqlite":
        yield from _set(folder / "register", made, folder)
    else:
        with request.getfixturevalue("server").database() as url:
            yield from _set(url, made, folder)


def _set(
    place: str | Path, made: Callable[[Register, str | Path, Path], Kind], folder: Path
) -> Iterator[Setting]:
    with Register.open(place) as register, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODERATION_CACHE", str(folder / "cache"))
        registered(
            register,
            *(known(n, turned_bits=bits) for n in ASKED for bits in (0, 3, 40, 79, 90)),
            *(known(n, recipe="phash64_v1") for n in ASKED[:2]),
            *(stranger(n) for n in range(200, 320)),
            *(stranger(n, sharing=ASKED[n % 4]) for n in range(320, 440)),
        )
        kind = made(register, place, folder)
        try:
            yield Setting(register=register, place=place, kind=kind, folder=folder)
        finally:
            kind.close()


def assert_same(found: Nominated, wanted: Nominated) -> None:
    """The same candidates in the same order, every distance, vote and cosine to the last bit."""
    assert found.absent == ()
    assert list(found.near) == list(wanted.near)
    assert list(found.others) == list(wanted.others)


@pytest.mark.parametrize("number", [*ASKED, UNKNOWN])
@pytest.mark.parametrize("sought", Sought, ids=lambda s: s.name.lower())
def test_candidates_are_those_of_one_index(setting: Setting, number: int, sought: Sought) -> None:
    """By hash, by shared features, by descriptor, for pictures of one view and of several."""
    wanted = setting.reference().look_up(query(number), sought)
    assert_same(setting.kind.look_up(number, sought), wanted)
    if number != UNKNOWN:
        assert bool(wanted.near) == (sought is not Sought.DETAILS)
        assert bool(wanted.others) == (sought is not Sought.HASHES)


def test_what_is_registered_is_found_by_the_next_question(setting: Setting) -> None:
    """Each of many, right after it was registered."""
    for _ in range(4):
        number = next(NEW)
        (added,) = registered(setting.register, known(number))
        found = setting.kind.look_up(number)
        assert added in {candidate.picture_id for candidate in found.near}
        assert added in {candidate.picture_id for candidate in found.others}


def test_what_is_removed_is_found_by_no_question(setting: Setting) -> None:
    """By nothing, from the next question on, and nothing else has changed."""
    number = next(NEW)
    gone, stays = registered(setting.register, known(number), known(number, turned_bits=5))
    setting.kind.look_up(number)
    removed(setting.register, gone)
    found = setting.kind.look_up(number)
    nominated = {candidate.picture_id for candidate in (*found.near, *found.others)}
    assert (gone in nominated, stays in nominated) == (False, True)
    assert_same(found, setting.reference().look_up(query(number)))


def test_a_restart_keeps_everything(setting: Setting) -> None:
    """What was kept is read again, and what came meanwhile from the log."""
    setting.kind.keep()
    number = next(NEW)
    registered(setting.register, known(number))
    setting.kind.restart()
    for asked in (*ASKED, number):
        assert_same(setting.kind.look_up(asked), setting.reference().look_up(query(asked)))
    assert setting.kind.verify().ok


def test_a_damaged_snapshot_is_made_anew(setting: Setting) -> None:
    """From the register, and says so."""
    setting.kind.keep()
    if not setting.kind.folders():
        pytest.skip("it keeps its own files")
    indexes.damaged(setting.kind.folders())
    setting.kind.restart()
    assert_same(setting.kind.look_up(ASKED[0]), setting.reference().look_up(query(ASKED[0])))
    found = setting.kind.verify()
    assert (found.ok, found.rebuilt) == (True, True)


def test_verify_finds_what_the_log_does_not_tell(
    setting: Setting, request: pytest.FixtureRequest
) -> None:
    """Another hash in the register, a picture less, a picture more."""
    server = request.getfixturevalue("server") if isinstance(setting.place, str) else None
    before = setting.kind.verify()
    assert before.ok
    assert before.pictures == setting.register.recipes()
    (number,) = registered(setting.register, known(next(NEW)))
    setting.kind.look_up(ASKED[0])
    old = setting.register.pictures([number])[number].code
    for code, different in ((bytes(32), 1), (old, 0)):
        literal = f"'\\x{code.hex()}'" if server else f"x'{code.hex()}'"
        statement = f"UPDATE pictures SET code = {literal} WHERE picture_id = {number}"
        indexes.behind_the_log(server, setting.place, statement)
        found = setting.kind.verify()
        assert (found.missing, found.surplus, found.different) == (0, 0, different)
