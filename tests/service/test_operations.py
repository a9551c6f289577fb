"""Holds, deletions, appeals, policies and health."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from kit.asking import Asking, a_note, problem
from kit.notes import photo
from kit.subscribers import listen
from sqlalchemy import select, update

from moderation import Gate
from moderation.note import Author, Note
from moderation.policy import Policy
from moderation.service.state import Service
from moderation.store.schema import VERDICTS
from moderation.store.service.tables import EVENTS

CAT = photo("chelsea")


def events(service: Service) -> list[tuple[str, dict[str, Any]]]:
    with service.tenants.main.gate.register._connected() as connection:
        query = select(EVENTS.c.type, EVENTS.c.payload).order_by(EVENTS.c.event_id)
        return [(row.type, row.payload) for row in connection.execute(query)]


def test_the_whole_way_on_either_database(make: Any, place: str | Path) -> None:
    """Registered, found, held, appealed, forgotten."""
    ask = Asking(make(register=place))
    assert ask.submit(a_note(CAT, id="n1", author="ann")).json()["decision"] == "pass"
    assert ask.submit(a_note(CAT, id="n1", author="ann")).json()["replayed"]
    blocked = ask.submit(a_note(CAT, id="n2", author="ben")).json()
    assert blocked["decision"] == "block"
    row = {"verdict_id": blocked["verdict_id"], "author_id": "ben", "statement": "我拍的"}
    assert ask("POST", "/v1/appeals", json=row).status_code == 201
    ask.submit(a_note(photo("coffee"), id="n3", author="cho", register="hold"))
    (hold,) = ask("POST", "/v1/notes/n3/revisions/1:commit").json()["holds"]
    assert hold["state"] == "committed"
    assert ask("DELETE", "/v1/authors/ben").json()["counts"]["appeals"] == 1
    assert ask("GET", f"/v1/verdicts/{blocked['verdict_id']}").status_code == 404
    assert ask("GET", "/readyz").json()["ready"]


def test_a_hold_is_committed_once_and_for_all(ask: Asking) -> None:
    """Again changes nothing; the contrary is refused."""
    held = ask.submit(a_note(CAT, id="a/b", register="hold")).json()
    assert held["hold"]["state"] == "held"
    assert held["registration"] == "held"
    at = "/v1/notes/a%2Fb/revisions/1"
    for _ in range(2):
        (hold,) = ask("POST", f"{at}:commit").json()["holds"]
        assert (hold["note_id"], hold["state"]) == ("a/b", "committed")
    problem(ask("POST", f"{at}:abort"), 409, "hold_settled")
    assert ask("GET", f"/v1/verdicts/{held['verdict_id']}").json()["hold"]["state"] == "committed"


def test_what_was_aborted_was_never_there(ask: Asking) -> None:
    """The next one with the picture is the first."""
    ask.submit(a_note(CAT, id="n1", author="ann", register="hold"))
    assert ask.submit(a_note(CAT, id="n2", author="ben")).json()["decision"] == "block"
    assert ask("POST", "/v1/notes/n1/revisions/1:abort").json()["holds"][0]["state"] == "aborted"
    assert ask.submit(a_note(CAT, id="n3", author="ben")).json()["decision"] == "pass"


@pytest.mark.parametrize("verb", ["commit", "abort"])
def test_what_is_not_held_is_unknown(ask: Asking, verb: str) -> None:
    """404; and a number that is none, 422."""
    problem(ask("POST", f"/v1/notes/n9/revisions/1:{verb}"), 404, "unknown_subject")
    problem(ask("POST", f"/v1/notes/n9/revisions/0:{verb}"), 422, "bad_request")
    problem(ask("POST", f"/v1/notes/n9/revisions/{10**30}:{verb}"), 422, "bad_request")
    problem(ask("POST", f"/v1/notes/n9/revisions/x:{verb}"), 422, "bad_request")


def test_what_was_forgotten_is_not_found(ask: Asking) -> None:
    """Note and author, with a receipt that names neither; again is no error."""
    ask.submit(a_note(CAT, id="n1", author="ann"))
    receipt = ask("DELETE", "/v1/notes/n1").json()
    assert (receipt["subject"], receipt["counts"]["pictures"]) == ("note", 1)
    assert "n1" not in receipt["digest"]
    problem(ask("GET", "/v1/verdicts/v_1"), 404, "unknown_subject")
    assert ask.submit(a_note(CAT, id="n2", author="ben")).json()["decision"] == "pass"
    assert ask("DELETE", "/v1/authors/ben").json()["counts"]["verdicts"] == 1
    assert ask("DELETE", "/v1/authors/ben").json()["counts"]["verdicts"] == 0


@pytest.mark.parametrize("note_id", ["a/b", "a\nb", "笔记 1", "a%2Fb", "..", "x?y#z"])
def test_any_id_can_be_named_in_a_path(ask: Asking, note_id: str) -> None:
    """With escapes, as URLs have them."""
    ask.submit(a_note(CAT, id=note_id))
    path = f"/v1/notes/{quote(note_id, safe='').replace('.', '%2E')}"
    assert ask("DELETE", path).json()["counts"]["pictures"] == 1


def test_an_author_appeals_once(ask: Asking, service: Service) -> None:
    """A person hears of it; the second waits; others learn nothing."""
    listen(service.tenants.main.gate.register)
    ask.submit(a_note(CAT, id="n1", author="ann"))
    blocked = ask.submit(a_note(CAT, id="n2", author="ben")).json()
    row = {"verdict_id": blocked["verdict_id"], "author_id": "ben", "statement": "我拍的"}
    answer = ask("POST", "/v1/appeals", json=row)
    assert (answer.status_code, answer.json()["state"]) == (201, "open")
    kind, payload = events(service)[-1]
    assert (kind, payload["appeal_id"]) == ("appeal.opened", answer.json()["appeal_id"])
    assert "statement" not in payload
    problem(ask("POST", "/v1/appeals", json=row), 409, "appeal_open")
    stranger = ask("POST", "/v1/appeals", json=row | {"author_id": "cho"})
    nowhere = ask("POST", "/v1/appeals", json=row | {"verdict_id": "v_999"})
    problem(stranger, 404, "unknown_subject")
    problem(nowhere, 404, "unknown_subject")
    passed = ask("POST", "/v1/appeals", json=row | {"verdict_id": "v_1", "author_id": "ann"})
    problem(passed, 409, "nothing_to_appeal")


def test_an_appeal_comes_in_time(ask: Asking, service: Service) -> None:
    """As the verdict has said."""
    ask.submit(a_note(CAT, id="n1", author="ann"))
    blocked = ask.submit(a_note(CAT, id="n2", author="ben")).json()
    with service.tenants.main.gate.register.transaction() as now:
        long_ago = datetime.now(UTC) - timedelta(days=31)
        now._connection.execute(update(VERDICTS).values(decided_at=long_ago))
    row = {"verdict_id": blocked["verdict_id"], "author_id": "ben", "statement": "x"}
    problem(ask("POST", "/v1/appeals", json=row), 409, "appeal_too_late")
    told = ask("GET", f"/v1/verdicts/{blocked['verdict_id']}").json()["appeal"]
    assert not told["allowed"]
    assert datetime.fromisoformat(told["until"]) < datetime.now(UTC)


@pytest.mark.parametrize(
    "change",
    [{"statement": ""}, {"statement": "x" * 4_001}, {"verdict_id": "42"}, {"verdict_id": "v_0"}],
    ids=["nothing", "too-long", "no-prefix", "zero"],
)
def test_an_appeal_has_its_form(ask: Asking, change: dict[str, str]) -> None:
    """422."""
    row = {"verdict_id": "v_1", "author_id": "ben", "statement": "x"} | change
    problem(ask("POST", "/v1/appeals", json=row), 422, "bad_request")


def test_a_policy_is_known_by_its_digest(ask: Asking) -> None:
    """The live one and those that are shipped."""
    digest = ask.submit(a_note(text="x")).json()["policy"]["digest"]
    assert ask("GET", f"/v1/policies/{digest}").json() == Policy.default().to_json()
    problem(ask("GET", "/v1/policies/sha256:" + "0" * 64), 404, "unknown_subject")
    problem(ask("GET", "/v1/policies/default"), 422, "bad_request")


def test_a_policy_that_decided_once_is_known_for_good(make: Any, tmp_path: Path) -> None:
    """Also where the service runs another one by now."""
    place = tmp_path / "register"
    before = Policy.parse('title = "of then"\n[fail.default]\non_error = "label"\n', name="then")
    with Gate.open(place, policy=before, threads=1) as gate:
        gate.check(Note(id="n1", author=Author(id="ann"), text="x"))
    answer = Asking(make(place))("GET", f"/v1/policies/{before.digest}")
    assert answer.json() == before.to_json()


def test_it_says_when_it_is_ready(make: Any) -> None:
    """And why not: about to end, an index that is behind, a register that does not answer."""
    service = make(most_lag=1)
    ask, gate = Asking(service), service.tenants.main.gate
    assert ask("GET", "/livez").json() == {"alive": True}
    assert ask("GET", "/readyz").json() == {
        "ready": True,
        "reasons": [],
        "index_lag": {"main": 0},
    }
    with type(gate).open(gate.register.folder, index=gate.index_folder.parent / "other") as other:
        other.check(Note(id="n1", author=Author(id="ann"), images=a_picture(2)))
        other.check(Note(id="n2", author=Author(id="ann"), images=a_picture(1)))
    told = ask("GET", "/readyz")
    assert (told.status_code, told.json()["index_lag"]) == (503, {"main": 3})
    assert told.json()["reasons"] == ["index of `main`: 3 entries behind, limit 1"]
    gate.follow()
    service.draining = True
    assert ask("GET", "/readyz").json()["reasons"] == ["draining"]
    assert ask("GET", "/livez").status_code == 200
    problem(ask.submit(a_note(text="x")), 503, "draining")


def a_picture(number: int) -> list[Any]:
    from moderation import NoteImage

    return [NoteImage(array=photo(name)) for name in ("chelsea", "coffee")[:number]]


def test_a_register_that_hangs_makes_it_unready(
    ask: Asking, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked by one thread at most, however often somebody looks."""
    go, asked = threading.Event(), []

    def hanging() -> int:
        asked.append(1)
        go.wait(30)
        return 0

    monkeypatch.setattr("moderation.service.readiness.ASK_WITHIN_S", 0.05)
    monkeypatch.setattr(service.tenants.main.gate, "lag", hanging)
    for _ in range(3):
        told = ask("GET", "/readyz")
        assert told.json()["reasons"] == ["register of `main`: no answer"]
    go.set()
    assert len(asked) == 1


def test_what_is_not_there_is_a_problem(ask: Asking) -> None:
    """404 and 405 as all others, with a hint."""
    problem(ask("GET", "/v2/verdicts"), 404, "not_found")
    answer = ask("PUT", "/v1/verdicts")
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


def test_an_appeal_is_decided_and_others_follow(make: Any, place: str | Path) -> None:
    """By a person who may; once; and what rests on the work follows in the sweeps."""
    service = make(register=place)
    ask = Asking(service)
    listen(service.tenants.main.gate.register)
    ask.submit(a_note(CAT, id="n1", author="ann"))
    blocked = ask.submit(a_note(CAT, id="n2", author="ben")).json()
    row = {"verdict_id": blocked["verdict_id"], "author_id": "ben", "statement": "我拍的"}
    opened = ask("POST", "/v1/appeals", json=row).json()
    (waiting,) = ask("GET", "/v1/appeals").json()["appeals"]
    told = {"author_id": "ben", "statement": "我拍的", "decision": "block", "proofs": []}
    assert waiting == opened | told
    first = {"author_id": "ben", "at": "2020-01-01T00:00:00Z", "proof": "raw file"}
    ruling = {"state": "overturned", "by": "mia", "first": first}
    at = f"/v1/appeals/{opened['appeal_id']}:decide"
    told = ask("POST", at, json=ruling).json()
    assert (told["before"], told["after"], told["state"]) == ("block", "pass", "overturned")
    problem(ask("POST", at, json=ruling), 409, "appeal_settled")
    problem(ask("POST", "/v1/appeals/a_99:decide", json=ruling), 404, "unknown_subject")
    problem(ask("POST", at, json={"state": "maybe", "by": "mia"}), 422, "bad_request")
    assert ask("GET", "/v1/appeals").json() == {"appeals": []}
    for _ in range(3):
        service.tenants.main.gate.sweep()
    heard = [(kind, row["note_id"], row["decision"]) for kind, row in events(service)]
    assert heard[-3:] == [
        ("verdict.changed", "n2", "pass"),
        ("appeal.decided", "n2", "pass"),
        ("verdict.changed", "n1", "review"),
    ]
