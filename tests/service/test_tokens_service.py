"""The whole service behind its tokens: nothing without one, and no tenant sees another."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kit.asking import Asking, a_note, problem
from kit.notes import photo

from moderation import Gate
from moderation.errors import BadSetting
from moderation.service import logs
from moderation.service.auth import TokenDoor
from moderation.service.limits import Limits
from moderation.service.settings import MAIN_TENANT, Settings
from moderation.service.state import Service
from moderation.service.tenants import Tenants
from moderation.store import NewToken, Scope

CAT = photo("chelsea")


class Platform:
    """Two tenants behind one service, and a token of each kind for both."""

    def __init__(self, folder: Path) -> None:
        places = {name: str(folder / name) for name in (MAIN_TENANT, "eu")}
        self.tenants = Tenants({name: Gate.open(at, threads=1) for name, at in places.items()})
        settings = Settings.read(
            register_at=places[MAIN_TENANT],
            tenants={"eu": places["eu"]},
            deadline_ms=20_000,
            ceiling_ms=30_000,
        )
        self.door = TokenDoor(self.tenants, limits=Limits())
        self.ask = Asking(Service(settings, self.tenants, self.door))

    def token(self, scope: Scope, tenant: str = MAIN_TENANT) -> str:
        new = NewToken(name="t", scopes=[scope], tenant=tenant, created_at=datetime.now(UTC))
        with self.tenants.main.gate.register.transaction() as now:
            return now.create_token(new)[1]

    def shown(self, scope: Scope, tenant: str = MAIN_TENANT) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(scope, tenant)}"}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    made = Platform(tmp_path_factory.mktemp("platform"))
    yield made
    made.tenants.close()


OPEN = {"/livez", "/readyz"}


def test_every_operation_asks_for_a_token(platform: Platform) -> None:
    """Whatever the document names; before its body is looked at, and before it is found missing."""
    document = platform.ask.app.openapi()
    asked = [
        (method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if path not in OPEN
    ]
    assert len(asked) > 8
    for method, path, operation in asked:
        there = re.sub(r"\{[^}]*\}", "1", path)
        problem(platform.ask(method, there, content=b"{"), 401, "not_authenticated")
        assert operation["security"] == [{"token": []}], path
        assert {"401", "403", "429"} <= operation["responses"].keys(), path
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path in OPEN:
        assert platform.ask("GET", path).status_code == 200


def test_to_register_needs_the_scope(platform: Platform) -> None:
    """A token that may check gets a verdict, and nothing is registered through it."""
    shown = platform.shown(Scope.CHECK)
    note = a_note(text="a walk by the lake")
    checked = platform.ask("POST", "/v1/verdicts", json=note | {"register": "never"}, headers=shown)
    assert checked.status_code == 200
    for row in (note, note | {"register": "hold"}):
        refused = platform.ask("POST", "/v1/verdicts", json=row, headers=shown)
        problem(refused, 403, "insufficient_scope")
        assert 'scope="register"' in refused.headers["www-authenticate"]
    problem(platform.ask("DELETE", "/v1/notes/n1", headers=shown), 403, "insufficient_scope")
    report = {"reader_id": "rae", "reason": "copy"}
    refused = platform.ask("POST", "/v1/notes/n1/reports", json=report, headers=shown)
    problem(refused, 403, "insufficient_scope")


def test_tenants_do_not_see_each_other(platform: Platform) -> None:
    """Neither pictures, verdicts, holds nor deletions of the other; numbers are each one's own."""
    here, there = platform.shown(Scope.REGISTER), platform.shown(Scope.REGISTER, "eu")

    def submit(shown: dict[str, str], **note: Any) -> dict[str, Any]:
        response = platform.ask("POST", "/v1/verdicts", json=a_note(CAT, **note), headers=shown)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    first = submit(here, id="cat", author="ann")
    assert first["decision"] == "pass"
    assert submit(there, id="other-cat", author="ben", register="hold")["decision"] == "pass"
    assert submit(here, id="copy", author="cy")["decision"] == "block"
    told = [
        platform.ask("GET", "/v1/verdicts/v_1", headers=shown).json() for shown in (here, there)
    ]
    assert [answer["note_id"] for answer in told] == ["cat", "other-cat"]
    problem(platform.ask("GET", "/v1/verdicts/v_2", headers=there), 404, "unknown_subject")
    at = "/v1/notes/other-cat/revisions/1:commit"
    problem(platform.ask("POST", at, headers=here), 404, "unknown_subject")
    platform.ask("DELETE", "/v1/authors/ann", headers=there)
    assert platform.ask("GET", "/v1/verdicts/v_1", headers=here).status_code == 200


def test_proofs_are_for_the_own_tenant_and_need_the_scope(platform: Platform) -> None:
    """An appeal of another tenant is as one that is not there."""
    here, there = platform.shown(Scope.REGISTER), platform.shown(Scope.REGISTER, "eu")
    cup = photo("coffee")
    for id_, author in (("cup", "dan"), ("cup-copy", "eve")):
        row = a_note(cup, id=id_, author=author)
        judged = platform.ask("POST", "/v1/verdicts", json=row, headers=here).json()
    row = {"verdict_id": judged["verdict_id"], "author_id": "eve", "statement": "x"}
    opened = platform.ask("POST", "/v1/appeals", json=row, headers=here).json()
    at = f"/v1/appeals/{opened['appeal_id']}/proofs"
    link = {"author_id": "eve", "link": "https://example.org/a"}
    for scope in (Scope.CHECK, Scope.VIEW):
        refused = platform.ask("POST", at, json=link, headers=platform.shown(scope))
        problem(refused, 403, "insufficient_scope")
    problem(platform.ask("POST", at, json=link, headers=there), 404, "unknown_subject")
    assert platform.ask("POST", at, json=link, headers=here).status_code == 201


def test_metrics_are_for_the_main_admin(platform: Platform) -> None:
    """They count all tenants."""
    assert platform.ask("GET", "/metrics", headers=platform.shown(Scope.ADMIN)).status_code == 200
    for shown in (platform.shown(Scope.ADMIN, "eu"), platform.shown(Scope.REGISTER)):
        problem(platform.ask("GET", "/metrics", headers=shown), 403, "insufficient_scope")


def test_a_batch_is_counted_note_by_note(platform: Platform) -> None:
    """And every good answer says what is left."""
    rows = [{"id": f"b{n}", "author": {"id": "ann"}, "text": "x"} for n in range(3)]
    response = platform.ask(
        "POST", "/v1/verdicts:batch", json={"items": rows}, headers=platform.shown(Scope.REGISTER)
    )
    assert response.status_code == 200
    assert response.headers["ratelimit"].startswith('"token";r=5997;')
    assert response.headers["ratelimit-policy"].startswith('"token";q=6000;w=60, "tenant"')


def test_the_log_names_the_token_and_never_shows_it(
    platform: Platform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where something breaks with the token in its hands; no variable of ours is shown."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    level = root.level
    logs.set_up("info")
    token = platform.token(Scope.CHECK)
    shown = {"Authorization": f"Bearer {token}"}

    def broken(self: Any, note_text: str) -> None:
        raise RuntimeError(f"cannot go on with {token}")

    try:
        platform.ask("GET", "/v1/verdicts/v_9", headers=shown)
        monkeypatch.setattr(TokenDoor, "admit", lambda self, request, scope: broken(self, "secret"))
        bug = platform.ask("GET", "/v1/verdicts/v_9", headers=shown)
    finally:
        root.setLevel(level)
    assert (bug.status_code, token in bug.text) == (500, False)
    said = capsys.readouterr().err
    lines = [json.loads(line) for line in said.splitlines()]
    assert token[-64:] not in said
    assert "note_text" not in said
    requests = [line for line in lines if line["event"] == "request"]
    assert requests[0]["token_id"] == token.split("_")[1]
    assert requests[0]["tenant"] == "main"
    assert any("RuntimeError" in json.dumps(line) for line in lines)


@pytest.mark.parametrize(
    ("tenants", "said"),
    [
        ({"EU": "other"}, "no name of a tenant"),
        ({"../eu": "other"}, "no name of a tenant"),
        ({"main": "other"}, "`main`"),
        ({"eu": "here"}, "same register"),
        ({"eu": "other/../here"}, "same register"),
        ({"eu": "there", "us": "there/"}, "same register"),
        ({"eu": "postgresql:///a", "us": "postgresql:///a"}, "same register"),
    ],
)
def test_tenants_that_would_mix_are_refused(
    tenants: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is opened."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadSetting, match=said):
        Settings.read(register_at="here", tenants=tenants)


def test_many_at_once_stay_apart(platform: Platform) -> None:
    """However requests of both tenants are mixed."""
    here, there = platform.shown(Scope.CHECK), platform.shown(Scope.CHECK, "eu")

    async def ask() -> list[int]:
        async with platform.ask.client() as client:
            rows = await asyncio.gather(
                *(
                    client.get("/v1/verdicts/v_999", headers=here if n % 2 else there)
                    for n in range(40)
                )
            )
        return [row.status_code for row in rows]

    assert asyncio.run(ask()) == [404] * 40
