"""Both clients against a service that answers, and one that does everything else."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import inspect
import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kit import rude_service as rude
from kit.rude_service import (
    RudeService,
    nobody_there,
    note,
    problem,
    rude_service,
    say,
    verdict_row,
)

from moderation import Note, NoteImage
from moderation.client import (
    AsyncClient,
    Breaker,
    Checked,
    Client,
    FailPolicy,
    Source,
    State,
    Tripping,
    Trouble,
)
from moderation.errors import (
    BadNote,
    BadSetting,
    HoldSettled,
    ImageTooLarge,
    InputError,
    KeyReused,
    ModerationError,
    NotAllowed,
    ServiceUnavailable,
    UnknownSubject,
    UnreadableImage,
    UnsupportedFormat,
)
from moderation.finding import Cause
from moderation.verdict import Decision

SURE = Tripping(failures=10**6)
"""Never opens."""


class InALoop:
    """`AsyncClient` with the calls of `Client`, for tests that ask both."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncClient(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not inspect.iscoroutinefunction(found):
            return found
        return lambda *arguments, **named: self._runner.run(found(*arguments, **named))

    def __enter__(self) -> InALoop:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._client.close())
        self._runner.close()


@pytest.fixture
def service() -> Iterator[RudeService]:
    with rude_service() as service:
        yield service


@pytest.fixture(params=[Client, InALoop], ids=["threads", "asyncio"])
def door(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return partial(request.param, verify=False)  # reading certificates takes longer than the rest


@pytest.fixture
def client(door: Callable[..., Any], service: RudeService) -> Iterator[Any]:
    with door(service.url, token="t0ken", breaker=Breaker(SURE)) as client:
        yield client


def test_the_verdict_of_the_service(client: Any, service: RudeService) -> None:
    """Read into the same words as the gate's."""
    degraded = [{"detector": "copies", "cause": "timeout", "fallback": "review"}]
    hold = {"state": "held", "expires_at": "2026-11-22T08:00:00+00:00"}
    row = verdict_row("review", final=False, hold=hold, degraded=degraded, replayed=True)
    service.will(say(200, row))
    checked = client.check(note(), register="hold")
    assert (checked.decision, checked.source, checked.why) == (
        Decision.REVIEW,
        Source.SERVICE,
        None,
    )
    assert checked.verdict.decision is Decision.REVIEW
    assert (checked.verdict_id, checked.final, checked.replayed) == ("v_42", False, True)
    assert checked.hold_until.isoformat() == "2026-11-22T08:00:00+00:00"
    (detector,) = checked.degraded
    assert (detector.detector, detector.cause) == ("copies", Cause.TIMEOUT)
    assert detector.fallback is Decision.REVIEW
    assert checked.answer == row
    assert client.counts == {"service": 1}


def test_what_is_sent(client: Any, service: RudeService, tmp_path: Path) -> None:
    """Pictures inside, the key, the deadline, the token and what is passed through; no paths."""
    path = tmp_path / "secret-folder" / "1.jpg"
    path.parent.mkdir()
    path.write_bytes(b"first")
    images = (NoteImage(path=path), NoteImage(data=b"second", declared_ai=True))
    asked = Note(id="n1", text="好", images=images, published_at=note().published_at)
    client.check(asked, traceparent="00-abc-def-01", request_id="r7", deadline_ms=700)
    (seen,) = service.seen
    assert (seen.method, seen.path) == ("POST", "/v1/verdicts")
    assert "idempotency-key" not in seen.headers  # the service makes it of note and revision
    assert seen.headers["authorization"] == "Bearer t0ken"
    assert seen.headers["traceparent"] == "00-abc-def-01"
    assert seen.headers["x-request-id"] == "r7"
    assert 300 < int(seen.headers["x-deadline-ms"]) <= 700
    first, second = seen.json["images"]
    assert base64.b64decode(first["data"]) == b"first"
    assert base64.b64decode(second["data"]) == b"second"
    assert second["sha256"] == hashlib.sha256(b"second").hexdigest()
    assert second["declared_ai"] is True
    assert (seen.json["id"], seen.json["text"], seen.json["register"]) == ("n1", "好", "on_pass")
    assert b"secret-folder" not in seen.body


def test_a_key_of_ones_own(client: Any, service: RudeService) -> None:
    """And one that cannot stand in a header is refused before anything is sent."""
    client.check(note(), key="k-1")
    with pytest.raises(InputError, match="`key` cannot stand in a header"):
        client.check(note(), key="k\r\nX-Admin: 1")
    with pytest.raises(InputError, match="`request_id` cannot stand"):
        client.check(note(), request_id="r 1")
    assert [seen.headers["idempotency-key"] for seen in service.seen] == ["k-1"]


@pytest.mark.parametrize(
    ("behaviours", "tries"),
    [
        pytest.param([rude.reset], 2, id="reset"),
        pytest.param([rude.hang_up], 2, id="hang-up"),
        pytest.param([rude.break_off], 2, id="half-an-answer"),
        pytest.param([problem(503, "overloaded", retryable=True)], 2, id="503"),
        pytest.param([problem(429, "over_quota", retry_after=0)], 2, id="429"),
        pytest.param([say(502, b"<html>")], 2, id="proxy"),
        pytest.param([problem(409, "in_flight", retry_after=1)] * 3, 4, id="in-flight"),
    ],
)
def test_what_passes_is_asked_again(
    client: Any, service: RudeService, behaviours: list[rude.Behaviour], tries: int
) -> None:
    """With the same key and the same bytes, within the deadline."""
    service.will(*behaviours, say(200, verdict_row(replayed=True)))
    checked = client.check(note(), key="k-1", deadline_ms=3_000)
    assert checked.source is Source.SERVICE
    assert len(service.seen) == tries
    same = {(seen.body, seen.headers["idempotency-key"], seen.path) for seen in service.seen}
    assert len(same) == 1
    assert len({seen.headers["x-request-id"] for seen in service.seen}) == 1


def test_a_kept_connection_that_was_closed_meanwhile(client: Any, service: RudeService) -> None:
    """Asking again is not the caller's business."""

    def answer_and_go(connection: Any, seen: rude.Seen) -> bool:
        say(200, verdict_row())(connection, seen)
        return False

    service.will(answer_and_go)
    for _ in range(5):
        assert client.check(note()).source is Source.SERVICE


@pytest.mark.parametrize(
    ("behaviour", "cause", "tries"),
    [
        pytest.param(problem(500, "bug"), Trouble.REFUSED, 1, id="500"),
        pytest.param(problem(503, "overloaded", retry_after=9), Trouble.OVERLOADED, 1, id="503"),
        pytest.param(problem(429, "quota", retry_after=9), Trouble.OVERLOADED, 1, id="429"),
        pytest.param(problem(503, "bad_policy", retryable=False), Trouble.REFUSED, 1, id="lasting"),
        pytest.param(say(504, b""), Trouble.TIMEOUT, 1, id="504"),
        pytest.param(say(307, b"", Location="http://x/"), Trouble.REFUSED, 1, id="redirect"),
        pytest.param(say(200, b"<html>"), Trouble.REFUSED, 1, id="html"),
        pytest.param(say(200, b""), Trouble.REFUSED, 1, id="nothing"),
        pytest.param(say(204, b""), Trouble.REFUSED, 1, id="204"),
        pytest.param(say(200, b"[" * 100_000), Trouble.REFUSED, 1, id="deep"),
        pytest.param(say(200, b'{"x":' + b"9" * 5_000 + b"}"), Trouble.REFUSED, 1, id="number"),
        pytest.param(say(200, {"decision": "pass"}), Trouble.REFUSED, 1, id="bare-pass"),
        pytest.param(say(200, verdict_row() | {"decision": "ok"}), Trouble.REFUSED, 1, id="word"),
        pytest.param(say(200, verdict_row(note_id="n2")), Trouble.REFUSED, 1, id="other-note"),
        pytest.param(say(200, verdict_row(revision=2)), Trouble.REFUSED, 1, id="other-revision"),
        pytest.param(say(200, verdict_row(final="yes")), Trouble.REFUSED, 1, id="final"),
        pytest.param(say(200, verdict_row(hold="held")), Trouble.REFUSED, 1, id="hold"),
        pytest.param(say(200, verdict_row(degraded=[7])), Trouble.REFUSED, 1, id="degraded"),
        pytest.param(say(200, b"x" * (17 << 20)), Trouble.REFUSED, 1, id="huge"),
        pytest.param(
            say(200, b"\x1f\x8b", Content_Encoding="gzip"), Trouble.REFUSED, 1, id="packed"
        ),
        pytest.param(rude.raw(b"SSH-2.0-OpenSSH\r\n"), Trouble.UNREACHABLE, 5, id="not-http"),
        pytest.param(rude.raw(b"HTTP/1.1 200 OK\r\n: \r\n"), Trouble.UNREACHABLE, 5, id="header"),
        pytest.param(rude.reset, Trouble.UNREACHABLE, 5, id="reset"),
    ],
)
def test_the_fail_policy_says_so(
    client: Any,
    service: RudeService,
    caplog: pytest.LogCaptureFixture,
    behaviour: rude.Behaviour,
    cause: Trouble,
    tries: int,
) -> None:
    """Whatever comes back that is no verdict is `review`, told, logged and counted."""
    service.will(behaviour)
    with caplog.at_level(logging.WARNING, "moderation.client"):
        checked = client.check(note(), deadline_ms=4_000, request_id="r7")
    assert (checked.decision, checked.source) == (Decision.REVIEW, Source.FALLBACK)
    assert checked.why.cause is cause
    assert checked.why.tries == len(service.seen) == tries
    assert (checked.verdict, checked.verdict_id, checked.final) == (None, None, False)
    assert client.counts == {f"fallback.{cause}": 1}
    assert "nobody judged note 'n1'" in caplog.text
    assert "r7" in caplog.text
    assert "t0ken" not in caplog.text


def test_a_newer_service_is_understood_as_far_as_possible(
    client: Any, service: RudeService, caplog: pytest.LogCaptureFixture
) -> None:
    """A decision stands, though a finding of a kind unknown here cannot be read."""
    service.will(say(200, verdict_row("block", findings=[{"kind": "image.of_the_future"}])))
    checked = client.check(note())
    assert (checked.decision, checked.source) == (Decision.BLOCK, Source.SERVICE)
    assert checked.verdict is None
    assert "unknown here" in caplog.text


def test_each_cause_has_its_word(door: Callable[..., Any], service: RudeService) -> None:
    """Also a pass, where somebody wrote it down; it is never silent."""
    policy = FailPolicy(unreachable="pass", overloaded=Decision.BLOCK)
    told: list[Checked] = []
    options = {"fail_policy": policy, "on_fallback": told.append, "breaker": Breaker(SURE)}
    with door(nobody_there(), **options) as client:
        assert client.check(note(), deadline_ms=300).decision is Decision.PASS
    service.will(problem(503, "overloaded", retry_after=60), problem(500, "bug"))
    with door(service.url, **options) as client:
        assert client.check(note()).decision is Decision.BLOCK
        assert client.check(note()).decision is Decision.REVIEW
    assert [checked.why.cause.value for checked in told] == ["unreachable", "overloaded", "refused"]
    with pytest.raises(ValueError, match="perhaps"):
        FailPolicy(timeout="perhaps")


def test_a_callback_that_fails_does_no_harm(
    door: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The decision is what the pipeline waits for."""

    def fail(checked: Checked) -> None:
        raise RuntimeError("pager is down")

    with door(nobody_there(), on_fallback=fail, breaker=Breaker(SURE)) as client:
        assert client.check(note(), deadline_ms=200).decision is Decision.REVIEW
    assert "pager is down" in caplog.text


@pytest.mark.parametrize(
    ("behaviour", "raised"),
    [
        pytest.param(problem(400, "malformed"), InputError, id="400"),
        pytest.param(problem(401, "invalid_token"), NotAllowed, id="401"),
        pytest.param(problem(403, "insufficient_scope"), NotAllowed, id="403"),
        pytest.param(problem(404, "not_found"), UnknownSubject, id="404"),
        pytest.param(problem(413, "body_too_large"), ImageTooLarge, id="413"),
        pytest.param(problem(415, "unsupported_media_type"), UnsupportedFormat, id="415"),
        pytest.param(problem(422, "bad_note"), BadNote, id="422-note"),
        pytest.param(problem(422, "key_reused"), KeyReused, id="422-key"),
        pytest.param(say(404, b"<html>"), UnknownSubject, id="proxy"),
    ],
)
def test_what_the_caller_did_is_raised(
    client: Any, service: RudeService, behaviour: rude.Behaviour, raised: type[ModerationError]
) -> None:
    """Once, and never turned into a decision; the service is not blamed."""
    service.will(behaviour)
    with pytest.raises(raised) as caught:
        client.check(note())
    assert type(caught.value) is raised
    assert len(service.seen) == 1
    assert client.counts == {}
    assert client.breaker.state is State.CLOSED


def test_the_service_words_reach_the_caller(client: Any, service: RudeService) -> None:
    """Message, hint, place and request."""
    service.will(problem(422, "bad_note", pointer="/text", request_id="r9"))
    with pytest.raises(BadNote) as caught:
        client.check(note())
    assert (caught.value.message, caught.value.hint) == ("it is so", "act")
    assert caught.value.__notes__ == ["at /text", "request r9"]


def test_pictures_that_cannot_be_sent(client: Any, service: RudeService, tmp_path: Path) -> None:
    """Arrays, missing files and giants: nothing is asked."""
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(40_000_001)
    pixels = np.zeros((2, 2, 3), np.uint8)
    for image, raised in (
        (NoteImage(array=pixels), BadNote),
        (NoteImage(path=tmp_path / "none.jpg"), UnreadableImage),
        (NoteImage(path=tmp_path), UnreadableImage),
        (NoteImage(path="nul\0.jpg"), UnreadableImage),
        (NoteImage(path=large), ImageTooLarge),
        (NoteImage(data=bytes(40_000_001)), ImageTooLarge),
    ):
        with pytest.raises(raised) as refused:
            client.check(Note(id="n1", images=[image]))
        if raised is ImageTooLarge:
            told = "`images[0]` has 40,000,001 bytes, limit 40,000,000"
            assert refused.value.message == told
    assert not service.seen


@pytest.mark.parametrize("deadline_ms", [0, -1, float("nan"), float("inf"), True, "800", None])
def test_a_deadline_is_a_time(client: Any, service: RudeService, deadline_ms: Any) -> None:
    """Nothing is asked without one."""
    with pytest.raises(InputError, match="milliseconds above 0"):
        client.check(note(), deadline_ms=deadline_ms)
    with pytest.raises(InputError, match="milliseconds above 0"):
        client.commit("n1", 1, timeout_ms=deadline_ms)
    assert not service.seen


def test_a_word_that_is_not_known(client: Any) -> None:
    """`register` is one of three."""
    with pytest.raises(InputError, match="unknown `register` 'maybe'"):
        client.check(note(), register="maybe")


@pytest.mark.parametrize(
    "url",
    ["ftp://x", "moderation.example", "", "http://", "http://u:p@x", "http://x?y", "http://x:y"],
)
def test_an_address_is_plain(door: Callable[..., Any], url: str) -> None:
    """Refused at once, without repeating a password."""
    with pytest.raises(BadSetting, match="no plain http") as caught:
        door(url)
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize("token", ["t0ken\n", "two words", "t\r\nX-Admin: 1", "密"])
def test_a_token_is_one_word(door: Callable[..., Any], service: RudeService, token: str) -> None:
    """Said at once, without repeating it."""
    with pytest.raises(BadSetting, match="the token holds") as caught:
        door(service.url, token=token)
    assert token not in str(caught.value)


def test_both_clients_have_the_same_calls() -> None:
    """Who knows one knows the other."""

    def calls(client: type) -> dict[str, Any]:
        public = {k: v for k, v in vars(client).items() if k[0] != "_" and inspect.isfunction(v)}
        return {name: inspect.signature(call) for name, call in public.items()}

    assert calls(Client) == calls(AsyncClient)
    assert len(calls(Client)) == 11


def test_what_a_service_says_forges_no_line_of_the_log(
    client: Any, service: RudeService, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does a note's id."""
    service.will(problem(500, "x\nWARNING all is well"))
    client.check(note(id="n1\nWARNING all is well"))
    assert len(caplog.messages) == 1
    assert "\n" not in caplog.messages[0]


def test_a_path_in_front(door: Callable[..., Any], service: RudeService) -> None:
    """Behind a proxy."""
    with door(service.url + "/moderation/", breaker=Breaker(SURE)) as client:
        client.check(note())
    assert service.seen[0].path == "/moderation/v1/verdicts"


HOLD = {"note_id": "n1", "revision": 1, "verdict_id": "v_42", "state": "committed"} | {
    "expires_at": "2026-11-22T08:00:00+00:00",
    "settled_at": "2026-11-21T09:00:00+00:00",
}
RECEIPT = {"receipt_id": 3, "at": "2026-11-21T09:00:00Z", "subject": "note", "counts": {"notes": 1}}
APPEAL = {"appeal_id": "a_1", "verdict_id": "v_42", "note_id": "n1", "at": "2026-11-21T09:00:00Z"}
Calls = tuple[Callable[[Any], Any], str, str, Any]
CALLS: dict[str, Calls] = {
    "commit": (
        lambda c: c.commit("a/b 1", 2)[0].state == "committed",
        *("POST", "/v1/notes/a%2Fb%201/revisions/2:commit", {"holds": [HOLD]}),
    ),
    "abort": (
        lambda c: c.abort("n1", 1)[0].verdict_id == "v_42",
        *("POST", "/v1/notes/n1/revisions/1:abort", {"holds": [HOLD]}),
    ),
    "forget_note": (
        lambda c: c.forget_note("n1").counts == {"notes": 1},
        *("DELETE", "/v1/notes/n1", RECEIPT | {"digest": "sha256:0"}),
    ),
    "forget_author": (
        lambda c: c.forget_author("u?1").receipt_id == 3,
        *("DELETE", "/v1/authors/u%3F1", RECEIPT | {"digest": "sha256:0"}),
    ),
    "appeal": (
        lambda c: c.appeal("v_42", author_id="alice", statement="mine").state == "open",
        *("POST", "/v1/appeals", APPEAL | {"state": "open"}),
    ),
}


@pytest.mark.parametrize(("call", "method", "path", "row"), CALLS.values(), ids=CALLS.keys())
def test_other_calls(
    client: Any,
    service: RudeService,
    call: Callable[[Any], Any],
    method: str,
    path: str,
    row: Any,
) -> None:
    """Ask once, and read what was answered; what cannot be read is no answer."""
    service.will(say(200, row), say(200, {}))
    assert call(client)
    (seen,) = service.seen
    assert (seen.method, seen.path) == (method, path)
    assert seen.headers["authorization"] == "Bearer t0ken"
    with pytest.raises(ServiceUnavailable, match="cannot be read"):
        call(client)


def test_a_verdict_by_its_name(client: Any, service: RudeService) -> None:
    """As it stands now; what cannot be read is no verdict."""
    service.will(say(200, verdict_row("block")), say(200, {}))
    assert client.verdict("v_42").decision is Decision.BLOCK
    assert service.seen[0].path == "/v1/verdicts/v_42"
    with pytest.raises(ServiceUnavailable, match="cannot be read"):
        client.verdict("v_42")


def test_other_calls_have_no_fail_policy(client: Any, service: RudeService) -> None:
    """They raise: what is not known cannot be decided."""
    service.will(problem(500, "bug"))
    with pytest.raises(ServiceUnavailable, match="refused, status 500, `bug`") as caught:
        client.commit("n1", 1)
    assert caught.value.__notes__[0].startswith("request ")
    service.will(problem(409, "hold_settled"))
    with pytest.raises(HoldSettled):
        client.abort("n1", 1)
    for name in ("", ".", ".."):
        with pytest.raises(InputError, match="no id"):
            client.forget_note(name)


def test_an_appeal_is_not_sent_twice(client: Any, service: RudeService) -> None:
    """Once it may have been taken; a connection that never came about is another matter."""
    service.will(rude.reset)
    with pytest.raises(ServiceUnavailable, match="unreachable"):
        client.appeal("v_42", author_id="alice", statement="mine")
    assert len(service.seen) == 1


TAKEN = {
    "appeal_id": "a_7",
    "proof_id": 3,
    "kind": "file",
    "name": "IMG_1.jpg",
    "at": "2026-11-21T08:00:00+00:00",
    "sha256": "ab" * 32,
    "bytes": 4,
    "facts": {"type": "jpeg"},
}


def test_a_proof_is_a_file_or_a_link(client: Any, service: RudeService, tmp_path: Path) -> None:
    """Of a path its last part is the name; it may be sent again, and is taken once."""
    path = tmp_path / "IMG_1.jpg"
    path.write_bytes(b"abcd")
    service.will(rude.reset, say(201, TAKEN))
    taken = client.add_proof("a_7", author_id="ben", file=path)
    assert (taken.proof_id, taken.name, taken.sha256, taken.facts) == (
        *(3, "IMG_1.jpg", "ab" * 32),
        {"type": "jpeg"},
    )
    first, again = service.seen
    assert first.body == again.body
    assert (first.method, first.path) == ("POST", "/v1/appeals/a_7/proofs")
    data = base64.b64encode(b"abcd").decode()
    named = {"author_id": "ben", "file": {"name": "IMG_1.jpg", "data": data}}
    assert again.json == named
    service.will(say(200, TAKEN))
    client.add_proof("a_7", author_id="ben", file=b"abcd", name="a.psd")
    assert service.seen[-1].json == named | {"file": {"name": "a.psd", "data": data}}
    service.will(say(201, TAKEN | {"kind": "link", "sha256": None, "facts": {}}))
    linked = client.add_proof("a_7", author_id="ben", link="https://example.org/2024/cat")
    assert (linked.kind, linked.sha256) == ("link", None)
    wanted = {"author_id": "ben", "link": "https://example.org/2024/cat"}
    assert service.seen[-1].json == wanted


@pytest.mark.parametrize(
    ("given", "raised", "said"),
    [
        ({}, InputError, "one file or one link"),
        ({"file": b"x", "name": "a", "link": "https://a"}, InputError, "one file or one link"),
        ({"file": b"x"}, InputError, "needs a name"),
        ({"file": "/nowhere/a.jpg"}, UnreadableImage, "FileNotFoundError"),
        ({"file": "/"}, UnreadableImage, "IsADirectoryError"),
        ({"file": b"x" * 50_000_001, "name": "a"}, ImageTooLarge, "50,000,001 bytes"),
    ],
    ids=["neither", "both", "no name", "no file", "a folder", "too large"],
)
def test_what_is_no_proof_is_not_sent(
    client: Any, service: RudeService, given: Any, raised: type[Exception], said: str
) -> None:
    """Nothing goes out."""
    with pytest.raises(raised, match=said):
        client.add_proof("a_7", author_id="ben", **given)
    assert service.seen == []


def test_a_proof_has_its_time(client: Any, service: RudeService) -> None:
    service.will(rude.hang)
    with pytest.raises(ServiceUnavailable, match="timeout"):
        client.add_proof("a_7", author_id="ben", file=b"x", name="a.jpg", timeout_ms=200)


def test_the_open_circuit_answers_at_once(door: Callable[..., Any], service: RudeService) -> None:
    """With the word for what opened it; the service is left alone until it may be asked again."""
    now = [0.0]
    breaker = Breaker(Tripping(failures=3, window_s=10, open_s=5), clock=lambda: now[0])
    policy = FailPolicy(refused="block")
    with door(service.url, breaker=breaker, fail_policy=policy) as client:
        service.will(problem(500, "bug"))
        for _ in range(3):
            assert not client.check(note()).why.circuit_open
        start = time.perf_counter()
        checked = client.check(note())
        assert time.perf_counter() - start < 0.2
        assert checked.why.circuit_open
        assert (checked.why.cause, checked.why.tries) == (Trouble.REFUSED, 0)
        assert checked.decision is Decision.BLOCK
        with pytest.raises(ServiceUnavailable, match="the circuit is open"):
            client.commit("n1", 1)
        assert len(service.seen) == 3
        now[0] = 5
        service.will(say(200, verdict_row()))
        assert client.check(note()).source is Source.SERVICE
        assert breaker.state is State.CLOSED


def test_clients_of_one_address_share_a_breaker(service: RudeService) -> None:
    """What one has found out the others need not."""
    with Client(service.url) as one, Client(service.url + "/") as other:
        assert one.breaker is other.breaker
        with Client(nobody_there()) as elsewhere:
            assert elsewhere.breaker is not one.breaker


def test_many_threads_share_a_client(service: RudeService) -> None:
    """Each gets the answer to its own note."""

    def own(connection: Any, seen: rude.Seen) -> bool:
        return say(200, verdict_row(note_id=seen.json["id"]))(connection, seen)

    service.will(own)
    names = [f"n{number}" for number in range(60)]
    with Client(service.url, breaker=Breaker(SURE)) as client, ThreadPoolExecutor(8) as pool:
        checked = list(pool.map(lambda name: client.check(note(id=name), deadline_ms=9_000), names))
    assert [(one.note_id, one.source.value) for one in checked] == [(n, "service") for n in names]
    assert client.counts == {"service": 60}


def test_many_tasks_share_a_client(service: RudeService) -> None:
    """One that is cancelled takes none of the others along."""

    async def ask() -> list[Any]:
        async with AsyncClient(service.url, breaker=Breaker(SURE)) as client:
            tasks = [
                asyncio.create_task(client.check(note(), deadline_ms=9_000)) for _ in range(20)
            ]
            await asyncio.sleep(0)
            tasks[3].cancel()
            return await asyncio.gather(*tasks, return_exceptions=True)

    found = asyncio.run(ask())
    assert isinstance(found.pop(3), asyncio.CancelledError)
    assert all(one.source is Source.SERVICE for one in found)


def test_a_cancelled_probe_gives_its_place_back(service: RudeService) -> None:
    """Else nobody would ever find out that the service is back."""
    now = [0.0]
    breaker = Breaker(Tripping(failures=1, open_s=5), clock=lambda: now[0])

    async def ask() -> Checked:
        async with AsyncClient(service.url, breaker=breaker) as client:
            service.will(problem(500, "bug"), rude.hang, say(200, verdict_row()))
            await client.check(note())
            now[0] = 5
            probe = asyncio.create_task(client.check(note(), deadline_ms=9_000))
            while len(service.seen) < 2:
                await asyncio.sleep(0.01)
            assert (await client.check(note())).why.circuit_open
            probe.cancel()
            await asyncio.sleep(0.1)
            return await client.check(note())

    assert asyncio.run(ask()).source is Source.SERVICE


def test_a_client_outlives_a_fork(service: RudeService) -> None:
    """The child makes connections of its own, and leaves those of its parent alone."""
    with Client(service.url, breaker=Breaker(SURE)) as client:
        assert client.check(note()).source is Source.SERVICE
        with warnings.catch_warnings():  # newer Pythons warn of threads; this is about them
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            done = 1
            try:
                done = 0 if client.check(note()).source is Source.SERVICE else 2
                client.close()
            finally:
                os._exit(done)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert client.check(note()).source is Source.SERVICE


def test_a_forgotten_client_ends_its_thread(service: RudeService) -> None:
    """Whoever does not close it leaks nothing."""

    def use() -> None:
        Client(service.url, breaker=Breaker(SURE)).check(note())

    use()
    for _ in range(100):
        left = [t for t in threading.enumerate() if t.name == "moderation-client"]
        if not left:
            return
        time.sleep(0.02)
    pytest.fail(f"still there: {left}")
