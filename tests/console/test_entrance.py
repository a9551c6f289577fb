"""Who comes in, and who does not: tokens, sessions, forms of other sites, proxies, the loopback."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from moderation.console.entrance import COOKIE, Proxy
from moderation.desk import Person, Role
from moderation.store import CaseState, Scope, Wanted

ALONE = Person(name="mia", role=Role.MODERATOR)
PROXY = Proxy(
    address="127.0.0.1",
    roles={"lookers": Role.VIEWER, "desk": Role.MODERATOR, "heads": Role.SENIOR},
)
HOUR = timedelta(hours=1)


def named(name, *groups):
    """What a proxy says of somebody."""
    return {"X-Forwarded-User": name.encode(), "X-Forwarded-Groups": ",".join(groups)}


@pytest.mark.parametrize("role", ["viewer", "moderator", "senior", "admin"])
def test_a_token_lets_in_with_its_role(served, role):
    """The page says who one is."""
    page = served.come("mia", role).get("/queue")
    assert page.status_code == 200
    assert f'<bdi>mia</bdi></b> <span class="chip">{role}</span>' in page.text


def test_the_door_is_closed_without_one(served):
    """Pages lead to the door; what is asked by a script is refused."""
    client = served.client()
    for path in ("/", "/queue", "/cases/1", "/cases/1/alike", "/settings", "/cases/999"):
        answer = client.get(path, follow_redirects=True)
        assert answer.url.path == "/login", path
        assert (answer.status_code, 'name="token"' in answer.text) == (200, True)
    assert client.get("/live").status_code == 401
    assert client.send("/next").status_code == 401
    assert client.http.post("/cases/1/take").status_code == 401
    assert all(case.holder is None for case in served.register.cases(Wanted()))


def test_bad_tokens_are_refused_and_told_nothing(served):
    """One answer for all that is wrong, a second later; no session begins."""
    now = datetime.now(UTC)
    revoked_id, revoked = served.token("rita")
    with served.register.transaction() as transaction:
        transaction.revoke_token(revoked_id, now)
    good = served.token("gus")[1]
    bad = {
        "unknown": "ngt_" + "0" * 12 + "_" + "0" * 64,
        "nonsense": "<script>\0",
        "empty": "",
        "half": good[:-1],
        "revoked": revoked,
        "expired": served.token(
            "eve", created_at=now - HOUR, expires_at=now - timedelta(seconds=1)
        )[1],
        "of the service": served.token("gate", scopes=[Scope.CHECK, Scope.REGISTER])[1],
    }
    with ThreadPoolExecutor(len(bad)) as pool:
        started = time.monotonic()
        answers = list(pool.map(lambda one: served.client().log_in(one), bad.values()))
        took_s = time.monotonic() - started
    assert [answer.status_code for answer in answers] == [403] * len(bad)
    assert len({answer.text for answer in answers}) == 1
    assert not any("set-cookie" in answer.headers for answer in answers)
    assert took_s >= 1.0
    assert served.client().log_in(f"  {good}\n").status_code == 303


def test_a_session_ends_with_its_token(served):
    """Revoked while somebody is at a case: the next thing they do leads to the door."""
    client, other = served.come("mia"), served.come("tom")
    case_id = served.cases()[0]
    client.send(f"/cases/{case_id}/take")
    token_id = next(t.token_id for t in served.register.tokens() if t.name == "mia")
    with served.register.transaction() as now:
        now.revoke_token(token_id, datetime.now(UTC))
    assert client.http.get("/queue").headers["location"] == "/login"
    assert client.send(f"/cases/{case_id}/decide", {"choice": "copied"}).status_code == 401
    assert served.register.case(case_id).state is CaseState.OPEN
    assert other.get("/queue").status_code == 200


def test_logging_out_ends_the_session(served):
    """Here and for whoever has copied the cookie; a form of another site cannot do it."""
    client = served.come()
    copied = client.cookies[COOKIE]
    forged = client.http.post("/logout", data={"csrf": "x"})
    assert forged.status_code == 403
    assert client.get("/queue").status_code == 200
    gone = client.send("/logout")
    assert (gone.status_code, gone.headers["location"]) == (303, "/login")
    again = served.client(cookies={COOKIE: copied})
    assert again.get("/queue").status_code == 303


@pytest.mark.parametrize(
    ("origin", "is_secure"),
    [("http://{host}", False), ("https://{host}", True), (None, False)],
    ids=["plain", "behind-tls", "unsaid"],
)
def test_the_cookie_stays_with_the_browser(served, origin, is_secure):
    """No script sees it, no other site sends it; behind a proxy with TLS it needs TLS."""
    host = served.url.removeprefix("http://")
    headers = {} if origin is None else {"Origin": origin.format(host=host)}
    token = served.token("mia")[1]
    answer = httpx.post(f"{served.url}/login", data={"token": token}, headers=headers)
    assert answer.status_code == 303
    name, _, flags = answer.headers["set-cookie"].partition("; ")
    said = {flag.lower() for flag in flags.split("; ")}
    assert name.startswith(f"{COOKIE}=")
    assert {"httponly", "samesite=strict", "path=/", "max-age=43200"} <= said
    assert ("secure" in said) == is_secure
    assert token not in answer.headers["set-cookie"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://[", "http://localhost"])
def test_nobody_is_logged_in_from_another_site(served, origin):
    """Else a stranger could let a moderator work under the stranger's name."""
    answer = httpx.post(
        f"{served.url}/login", data={"token": served.token("mia")[1]}, headers={"Origin": origin}
    )
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


FORMS = {
    "/next": {},
    "/cases/{case}/take": {},
    "/cases/{case}/leave": {},
    "/cases/{case}/skip": {},
    "/cases/{case}/undo": {},
    "/cases/{case}/escalate": {"words": "why"},
    "/cases/{case}/decide": {"choice": "copied", "words": "why"},
    "/cases/{case}/appeal": {"ruling": "upheld", "words": "why"},
    "/cases/{case}/alike": {"choice": "copied", "case": "{case}"},
    "/queue/filter": {"author": "x"},
    "/queue/saved": {"name": "x"},
    "/settings": {"lang": "zh"},
    "/settings/toggle": {"name": "blur", "on": "1"},
    "/logout": {},
}


def forged(client, other, path, fields):
    """The answers to a form without our word, with another's, and with ours from elsewhere."""
    for word, headers in (
        ({}, {}),
        ({"csrf": ""}, {}),
        ({"csrf": other.csrf}, {}),
        ({"csrf": client.csrf + "é"}, {}),
        ({"csrf": client.csrf}, {"Origin": "https://evil.example"}),
        ({"csrf": client.csrf}, {"Origin": "null"}),
    ):
        yield client.http.post(path, data=fields | word, headers=headers)


def test_forms_of_other_sites_change_nothing(served):
    """No word, a wrong one, another session's, or the right one from elsewhere."""
    client, case_id = served.come(), served.cases()[0]
    other = served.come("tom")
    for path, fields in FORMS.items():
        before = served.register.case(case_id), served.register.desk_mark()
        fields = {name: value.format(case=case_id) for name, value in fields.items()}
        for answer in forged(client, other, path.format(case=case_id), fields):
            assert answer.status_code == 403, path
        assert (served.register.case(case_id), served.register.desk_mark()) == before, path
        assert not served.register.desk_settings("mia"), path
    assert client.get("/queue").status_code == 200


def test_a_form_that_is_too_long_is_refused(served):
    """Before it is read to its end; likewise one with too many fields, and one that is none."""
    client, case_id = served.come(), served.cases()[0]
    path = f"/cases/{case_id}/decide"
    for fields in (
        {"choice": "copied", "words": "x" * (64 << 10)},
        {"choice": "copied"} | {f"f{i}": "" for i in range(2_001)},
    ):
        answer = client.send(path, fields)
        assert (answer.status_code, "data-page" in answer.text) == (422, True)
    assert client.http.post(path, content=b"\xff\xfe=\x00").status_code == 422
    assert served.register.case(case_id).state is CaseState.OPEN
    with httpx.Client(base_url=served.url) as stranger:
        assert stranger.post("/login", content=b"x" * (65 << 10)).status_code == 422


def test_alone_is_only_for_this_machine(serve):
    """A page of another site may have its name lead here, and a browser says so."""
    served = serve(alone=ALONE)
    client = served.client()
    assert client.get("/queue").status_code == 200
    assert client.send("/next").status_code == 303
    port = served.url.rpartition(":")[2]
    case_id = served.cases()[0]
    before = served.register.desk_mark()
    for headers in (
        {"Host": f"evil.example:{port}"},
        {"Host": "localhost.evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost@evil.example"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        for path in ("/queue", f"/cases/{case_id}", "/live", f"/cases/{case_id}/pictures/0.jpg"):
            assert client.http.get(path, headers=headers).status_code == 403, headers
        sent = client.http.post(
            f"/cases/{case_id}/decide",
            data={"csrf": client.csrf, "choice": "copied"},
            headers=headers,
        )
        assert sent.status_code == 403
    assert served.register.desk_mark() == before
    assert client.get("/queue", headers={"Host": f"localhost:{port}"}).status_code == 200
    assert client.log_in(served.token("tom", "admin")[1]).status_code == 403


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["lookers"], "viewer"),
        (["lookers", " heads ", "desk"], "senior"),
        (["unknown", "desk"], "moderator"),
        (["lookers;desk"], "moderator"),
    ],
    ids=["one", "the-highest", "beside-an-unknown-one", "semicolons"],
)
def test_a_proxy_vouches_for_people(serve, groups, role):
    """The highest of their groups counts; there is nothing to log in or out with."""
    served = serve(proxy=PROXY)
    client = served.client(headers=named("多拉", *groups))
    page = client.get("/queue").text
    assert f'<bdi>多拉</bdi></b> <span class="chip">{role}</span>' in page
    assert "/logout" not in page
    assert 'name="token"' not in client.get("/login").text
    sent = client.send("/queue/filter", {"author": "x"})
    assert sent.status_code == 303


def test_only_the_proxy_is_believed(serve):
    """From another address, without a name, or in no group that counts: 403, and nothing else."""
    served = serve(proxy=PROXY)
    people = [
        served.client(headers=named("mallory", "nobody")),
        served.client(headers=named("mallory")),
        served.client(headers=named("", "heads")),
        served.client(),
        served.client(
            headers=named("mallory", "heads") | {"X-Forwarded-For": "127.0.0.1"},
            transport=httpx.HTTPTransport(local_address="127.0.0.2"),
        ),
    ]
    for client in people:
        assert client.get("/queue").status_code == 403
        assert client.http.post("/next", data={"csrf": ""}).status_code == 403
        assert client.log_in(served.token("tom")[1]).status_code == 403
    # Nor does a token's console listen to such headers.
    plain = serve()
    assert plain.client(headers=named("mallory", "heads")).get("/queue").status_code == 303


def test_each_person_behind_the_proxy_has_a_word_of_their_own(serve):
    """One of them cannot let another one send a form."""
    served = serve(proxy=PROXY)
    mia, tom = (served.client(headers=named(name, "desk")) for name in ("mia", "tom"))
    mia.get("/queue")
    tom.get("/queue")
    assert mia.csrf != tom.csrf
    tom.csrf = mia.csrf
    assert tom.send("/next").status_code == 403
