"""The door: who shows what gets in where, and what everybody else is told."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.testclient import TestClient

from moderation.errors import ModerationError
from moderation.gate import Gate
from moderation.service.auth import (
    FRESH_S,
    LOOKUPS,
    KnownTokens,
    TokenDoor,
    address_of,
)
from moderation.service.limits import Limits
from moderation.service.problems import Refused, response_of
from moderation.service.settings import MAIN_TENANT
from moderation.service.tenants import OpenDoor, Tenant, Tenants
from moderation.store import NewToken, Register, Scope

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """Both clocks; they go on when they are told to."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def __call__(self) -> float:
        return 1_000.0 + self.passed_s

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed_s)


class Desk:
    """A tiny service behind the door, and what an operator does at the register."""

    def __init__(self, tenants: Tenants) -> None:
        self.tenants = tenants
        self.clock = Clock()
        self.register = tenants.main.gate.register
        self.bound(Limits(clock=self.clock))

    def bound(self, limits: Limits) -> None:
        """Put the service behind a new door with these limits."""
        door = TokenDoor(self.tenants, limits=limits, clock=self.clock, now=self.clock.now)
        self.client = TestClient(app_behind(door), raise_server_exceptions=False)

    def token(self, *scopes: Scope, **values: Any) -> str:
        new = {"name": "t", "scopes": scopes or (Scope.CHECK,), "created_at": NOON} | values
        with self.register.transaction() as now:
            return now.create_token(NewToken(**new))[1]

    def revoke(self, token: str) -> None:
        with self.register.transaction() as now:
            now.revoke_token(token, self.clock.now())

    def ask(self, token: str | None = None, *, path: str = "/check", **headers: str) -> Any:
        shown = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.client.get(path, headers=shown | headers)


def app_behind(door: TokenDoor) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(Refused)
    @app.exception_handler(ModerationError)
    async def problem(request: Request, error: Exception) -> JSONResponse:
        response = response_of(error, "r1")
        response.headers.update(getattr(request.state, "answer_headers", {}))
        return response

    def guarded(scope: Scope) -> Any:
        async def admitted(request: Request) -> Tenant:
            return await door.admit(request, scope)

        return Depends(admitted)

    def route(scope: Scope) -> None:
        needed = guarded(scope)

        @app.get(f"/{scope.value}")
        async def answer(tenant: Tenant = needed) -> dict[str, str]:
            return {"tenant": tenant.name}

    for scope in Scope:
        route(scope)

    to_check = guarded(Scope.CHECK)

    @app.get("/both")
    async def both(request: Request, tenant: Tenant = to_check) -> dict[str, str]:
        await door.admit(request, Scope.REGISTER)
        return request.state.answer_headers

    @app.get("/batch/{notes}")
    async def batch(request: Request, notes: int, tenant: Tenant = to_check) -> dict[str, str]:
        door.charge(request, notes - 1)
        return request.state.answer_headers

    return app


@pytest.fixture(scope="module")
def tenants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    folder = tmp_path_factory.mktemp("tenants")
    tenants = Tenants({name: Gate.open(folder / name) for name in (MAIN_TENANT, "eu")})
    yield tenants
    tenants.close()


@pytest.fixture
def desk(tenants: Tenants) -> Desk:
    return Desk(tenants)


@pytest.mark.parametrize("own", list(Scope))
def test_a_token_opens_what_its_scope_implies(desk: Desk, own: Scope) -> None:
    """And nothing else: 403, with the scope that is lacking (RFC 6750, 3.1)."""
    token = desk.token(own)
    for asked in Scope:
        answer = desk.ask(token, path=f"/{asked.value}")
        if asked in own.implied:
            assert answer.status_code == 200
            continue
        assert answer.status_code == 403
        assert answer.json()["code"] == "insufficient_scope"
        challenge = answer.headers["www-authenticate"]
        assert 'error="insufficient_scope"' in challenge
        assert f'scope="{asked.value}"' in challenge


def test_a_token_opens_the_register_of_its_tenant(desk: Desk) -> None:
    """Whatever it asks for; one whose tenant is gone opens none."""
    assert desk.ask(desk.token(tenant="eu")).json() == {"tenant": "eu"}
    assert desk.ask(desk.token()).json() == {"tenant": "main"}
    gone = desk.ask(desk.token(Scope.ADMIN, tenant="us"))
    assert (gone.status_code, gone.json()["code"]) == (403, "unknown_tenant")


BAD_HEADERS = (
    "",
    "Bearer",
    "Bearer ",
    "Basic {token}",
    "{token}",
    "Bearer {token} {token}",
    "Bearer {token},Bearer {token}",
    "Bearer\t{token}",
    'Bearer "{token}"',
    "Bearer \xff{token}",
)


@pytest.mark.parametrize("header", BAD_HEADERS)
def test_a_header_of_another_form_opens_nothing(desk: Desk, header: str) -> None:
    """401 with a challenge that blames no token, since none was shown."""
    shown = header.format(token=desk.token()).encode("latin-1")
    answer = desk.client.get("/check", headers={"Authorization": shown})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="notegate"'
    assert desk.ask().status_code == 401


def test_two_headers_open_nothing(desk: Desk) -> None:
    """Proxy and service could each believe another one."""
    good = ("Authorization", f"Bearer {desk.token()}")
    for other in ("Bearer x", good[1]):
        answer = desk.client.get("/check", headers=[good, ("Authorization", other)])
        assert answer.status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_has_no_case(desk: Desk, scheme: str) -> None:
    """RFC 9110, 11.1."""
    shown = {"Authorization": f"{scheme}  {desk.token()} "}
    assert desk.client.get("/check", headers=shown).status_code == 200


def test_a_token_in_the_url_opens_nothing(desk: Desk) -> None:
    """Proxies write URLs into their logs."""
    token = desk.token()
    for name in ("access_token", "token", "authorization"):
        assert desk.ask(path=f"/check?{name}={token}").status_code == 401


def test_unknown_expired_and_revoked_look_alike(desk: Desk) -> None:
    """Whoever holds a dead token learns no more of it than of none."""
    dead = [
        desk.token(expires_at=NOON + timedelta(seconds=1)),
        desk.token(),
        f"ngt_000000000000_{'0' * 64}",
        "x",
    ]
    desk.revoke(dead[1])
    desk.clock.passed_s = 1
    answers = [desk.ask(token) for token in dead]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert 'error="invalid_token"' in answers[0].headers["www-authenticate"]
    assert not [token for token in dead[:3] if token in answers[0].text]


def test_a_revocation_counts_within_five_seconds(desk: Desk) -> None:
    """Until then a lookup is saved, afterwards the token is dead for good."""
    token = desk.token()
    assert desk.ask(token).status_code == 200
    desk.revoke(token)
    desk.clock.passed_s = FRESH_S - 0.01
    assert desk.ask(token).status_code == 200
    desk.clock.passed_s = FRESH_S
    assert desk.ask(token).status_code == 401
    assert FRESH_S <= 5


def test_an_end_counts_at_once(desk: Desk) -> None:
    """Also for a token that was looked up just before."""
    token = desk.token(expires_at=NOON + timedelta(seconds=2))
    desk.clock.passed_s = 1.99
    assert desk.ask(token).status_code == 200
    desk.clock.passed_s = 2
    assert desk.ask(token).status_code == 401


def test_one_lookup_serves_five_seconds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only of good tokens: a new one may be made at any time."""
    asked: list[str] = []
    find = Register.find_token

    def counting(register: Register, shown: str) -> Any:
        asked.append(shown)
        return find(register, shown)

    monkeypatch.setattr(Register, "find_token", counting)
    token = desk.token()
    for _ in range(5):
        desk.ask(token)
    assert asked == [token]
    for _ in range(3):
        desk.ask("x")
    assert asked == [token, "x", "x", "x"]


def test_no_more_tokens_are_remembered_than_there_is_room_for(desk: Desk) -> None:
    """Good ones only, and nothing of their text."""
    known = KnownTokens(most=2, clock=desk.clock)
    token = desk.register.find_token(desk.token())
    for digest in "abcb":
        known.keep(digest, token, desk.clock())
    assert [known.was_good(digest) for digest in "abc"] == [False, True, True]
    known.keep("b", None, desk.clock())
    assert known.fresh("b") is None


def test_an_address_with_bad_tokens_has_to_wait(desk: Desk, monkeypatch: Any) -> None:
    """429 before the register is asked; who was good before comes in from there all the same."""
    desk.bound(Limits(failures_a_minute=3, clock=desk.clock))
    good, newcomer = desk.token(), desk.token()
    assert desk.ask(good).status_code == 200
    assert [desk.ask(f"x{n}").status_code for n in range(5)] == [401, 401, 401, 429, 429]
    refused = desk.ask(newcomer)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["retry-after"] == "20"
    desk.clock.passed_s = FRESH_S + 1
    assert desk.ask(good).status_code == 200
    desk.clock.passed_s = 21
    assert desk.ask(newcomer).status_code == 200


def test_a_token_that_was_good_waits_once_it_is_revoked(desk: Desk) -> None:
    """It is no way around the limit of its address."""
    desk.bound(Limits(failures_a_minute=2, clock=desk.clock))
    token = desk.token()
    desk.ask(token)
    desk.revoke(token)
    desk.clock.passed_s = FRESH_S
    assert [desk.ask(token).status_code for _ in range(4)] == [401, 401, 429, 429]


def test_a_quota_that_is_used_up(desk: Desk) -> None:
    """429 with `Retry-After`; good answers tell what is left; other tokens have their own."""
    desk.bound(Limits(token_a_minute=3, tenant_a_minute=5, clock=desk.clock))
    one, two, elsewhere = desk.token(), desk.token(), desk.token(tenant="eu")
    assert [desk.ask(one).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = desk.ask(one)
    assert refused.headers["retry-after"] == "20"
    assert refused.headers["ratelimit"].startswith('"token";r=0;t=60')
    assert "token" in refused.json()["detail"]
    assert [desk.ask(two).status_code for _ in range(3)] == [200, 200, 429]
    assert "tenant" in desk.ask(two).json()["detail"]
    assert desk.ask(elsewhere).status_code == 200
    desk.clock.passed_s = 20
    assert desk.ask(one).status_code == 200


def test_a_batch_counts_as_many_as_it_has_notes(desk: Desk) -> None:
    """From the same quotas, once it is known how many these are."""
    desk.bound(Limits(token_a_minute=10, tenant_a_minute=100, clock=desk.clock))
    token = desk.token()
    told = desk.ask(token, path="/batch/8").json()
    assert told["RateLimit"] == '"token";r=2;t=48, "tenant";r=92;t=5'
    assert desk.ask(token, path="/batch/8").status_code == 429
    said = desk.ask(token, path="/batch/8").json()["detail"]
    assert said == "7 asked for, 0 left of the quota of this token: 10 a minute"


def test_a_batch_larger_than_the_whole_quota_has_its_turn(desk: Desk) -> None:
    """From a full bucket, and then nothing for as long as it takes to pay it off."""
    desk.bound(Limits(token_a_minute=5, tenant_a_minute=100, clock=desk.clock))
    token = desk.token()
    assert desk.ask(token, path="/batch/8").status_code == 200
    desk.clock.passed_s = 36
    assert desk.ask(token).status_code == 429
    desk.clock.passed_s = 97
    assert desk.ask(token, path="/batch/8").status_code == 200


def test_a_second_scope_is_asked_for_and_counted_once(desk: Desk) -> None:
    """As by a route that needs more for some of what it does."""
    told = desk.ask(desk.token(Scope.REGISTER), path="/both")
    assert told.json()["RateLimit"].startswith('"token";r=5999;')
    assert desk.ask(desk.token(Scope.CHECK), path="/both").status_code == 403


def test_a_register_that_hangs_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """503: nobody is let in unseen, nobody waits for ever, and no thread hangs for each of them."""
    monkeypatch.setattr("moderation.service.auth.LOOKUP_S", 0.05)
    on, hanging = threading.Event(), []

    def hang(register: Register, shown: str) -> None:
        hanging.append(shown)
        on.wait(30)

    monkeypatch.setattr(Register, "find_token", hang)
    token, started = desk.token(), time.monotonic()
    try:
        answer = desk.ask(token)
        assert time.monotonic() - started < 5
        assert {desk.ask(token).status_code for _ in range(10)} == {503}
        assert len(hanging) == LOOKUPS
    finally:
        on.set()
    assert (answer.status_code, answer.json()["code"]) == (503, "store_busy")
    assert answer.headers["retry-after"] == "1"


def test_many_at_once_are_let_in(desk: Desk) -> None:
    """Each as its own tenant, however they are mixed."""
    shown = [desk.token(), desk.token(tenant="eu")] * 20

    async def ask() -> list[str]:
        transport = httpx.ASGITransport(app=desk.client.app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://gate") as client:
            answers = await asyncio.gather(
                *(client.get("/check", headers={"Authorization": f"Bearer {t}"}) for t in shown)
            )
        return [answer.json()["tenant"] for answer in answers]

    assert asyncio.run(ask()) == ["main", "eu"] * 20


def asking(client: tuple[str, int] | None = ("10.0.0.1", 5), **headers: str) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "client": client, "headers": raw})


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_where_a_request_comes_from(host: str, address: str) -> None:
    """One customer has a whole /64 of IPv6, and would else never run out of addresses."""
    assert address_of(asking((host, 1))) == address
    assert address_of(asking(None)) == ""


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080"])
def test_without_tokens_the_loopback_is_answered(tenants: Tenants, host: str) -> None:
    """By each of its names, as the main tenant."""
    admitted = OpenDoor(tenants).admit(asking(host=host), Scope.ADMIN)
    assert asyncio.run(admitted) is tenants.main


@pytest.mark.parametrize(
    "host", ["", "evil.example", "localhost.evil.example", "10.0.0.1", "[::1", "127.0.0.1@evil.com"]
)
def test_without_tokens_no_other_name_is(tenants: Tenants, host: str) -> None:
    """A page whose name was pointed to this machine sends its own."""
    with pytest.raises(Refused, match="loopback"):
        asyncio.run(OpenDoor(tenants).admit(asking(host=host), Scope.CHECK))


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example"]
)
def test_without_tokens_no_page_of_another_site_is(tenants: Tenants, origin: str) -> None:
    """Its browser sends a plain POST to the loopback without asking; `:abort` needs no more."""
    asked = asking(host="localhost:8080", origin=origin)
    with pytest.raises(Refused, match="loopback"):
        asyncio.run(OpenDoor(tenants).admit(asked, Scope.REGISTER))
    own = asking(host="localhost:8080", origin="http://localhost:3000")
    assert asyncio.run(OpenDoor(tenants).admit(own, Scope.REGISTER)) is tenants.main
