"""A gate whose register lies on a server: the same answers, and an index on each machine."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit import pictures
from kit.notes import photo, showing
from kit.postgres import Server

from moderation import Decision, Gate
from moderation.errors import BadSetting, StoreUnreachable
from moderation.gate.index.place import index_place
from moderation.store import Register
from moderation.verdict import Registration

CAT, CUP = photo("chelsea"), photo("coffee")


@pytest.fixture
def url(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("MODERATION_CACHE", str(tmp_path / "cache"))
    with server.database() as url:
        yield url


def test_answers_are_those_of_a_folder(url: str, tmp_path: Path) -> None:
    """Verdict for verdict, apart from the times at which they were given."""
    notes = [
        showing(CAT),
        showing(pictures.mirrored(CAT), id="n2", author="bob", hours=1),
        showing(pictures.cropped(CAT, 0.85), id="n3", author="carol", hours=2),
        showing(CUP, id="n4", author="bob", hours=3, text="现货包邮，要的加V：cup_2046"),
        showing(CAT, id="n1", hours=0, revision=2),
    ]
    with Gate.open(url) as there, Gate.open(tmp_path / "register") as here:
        for note in notes:
            wanted = here.check(note).to_json()
            assert there.check(note).to_json() == wanted
        assert there.verify().ok
        assert there.stats() == here.stats()


def test_one_gate_sees_at_once_what_another_did(url: str) -> None:
    """Registered, found; forgotten, gone; with indexes that know nothing of each other."""
    with Gate.open(url, index=None) as one, Gate.open(url) as other:
        assert one.check(showing(CAT)).decision is Decision.PASS
        assert [match.note_id for match in other.find_copies(CAT)] == ["n1"]
        other.forget(note_id="n1")
        assert one.find_copies(CAT) == []
        again = one.check(showing(CAT, id="n2", author="bob"))
        assert (again.decision, again.registration) == (Decision.PASS, Registration.REGISTERED)


def test_the_index_lies_in_the_cache_for_its_owner_alone(url: str, tmp_path: Path) -> None:
    """In a folder that tells the register, and opens again from there."""
    with Gate.open(url) as gate:
        gate.check(showing(CAT))
        gate.compact()
        place = gate.index_folder
    assert place == tmp_path / "cache" / "index" / place.name
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    with Gate.open(url) as gate:
        assert gate.verify().ok
        assert not gate.verify().rebuilt
        assert len(gate.find_copies(CAT)) == 1


def test_a_database_made_anew_under_its_name_has_another_index(server: Server, url: str) -> None:
    """What the first one held is not looked for in the second."""
    with Register.open(url) as register:
        before = index_place(register)
    name = url.partition("@/")[2].partition("?")[0]
    server.admin(f"DROP DATABASE {name}", f"CREATE DATABASE {name} OWNER notes TEMPLATE template0")
    with Register.open(url) as register:
        assert index_place(register) != before


def test_where_the_cache_is(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named, else the user's; a relative XDG folder is no answer, and nobody's home is an error."""
    with Register.open(url) as register, Register.open(tmp_path / "r") as folder:
        key = Path("index") / register.key()
        assert index_place(register, {"MODERATION_CACHE": "/a"}) == Path("/a") / key
        assert index_place(register, {"XDG_CACHE_HOME": "/x"}) == Path("/x/notegate") / key
        for environment in ({}, {"XDG_CACHE_HOME": "x"}):
            assert index_place(register, environment) == Path.home() / ".cache/notegate" / key
        assert index_place(folder, {"MODERATION_CACHE": "/a"}) == tmp_path / "r" / "index"

        def nobody() -> Path:
            raise RuntimeError

        monkeypatch.setattr(Path, "home", nobody)
        with pytest.raises(BadSetting, match="no home"):
            index_place(register, {})


def test_a_gate_goes_on_after_the_server_was_away(server: Server, url: str) -> None:
    """Nothing passes unchecked meanwhile, and nothing acknowledged is lost."""
    with Gate.open(url) as gate:
        gate.check(showing(CAT))
        server.stop()
        try:
            with pytest.raises(StoreUnreachable):
                gate.check(showing(CUP, id="n2", author="bob", hours=1))
        finally:
            server.start()
        copy = gate.check(showing(CAT, id="n3", author="carol", hours=2))
        assert copy.decision is Decision.BLOCK
        assert gate.check(showing(CUP, id="n2", author="bob", hours=1)).findings == ()
