"""`POST /v1/verdicts`: one answer for one key, within the deadline, whatever happens."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from kit.asking import Asking, a_note, problem
from kit.notes import photo

from moderation.gate.looking import inside
from moderation.gate.looking.detector_pool import Load
from moderation.gate.looking.inside import PictureReader, Pixels, Read
from moderation.note import MAX_TITLE_CHARS
from moderation.service import bodies
from moderation.service.state import Service

CAT, CUP = photo("chelsea"), photo("coffee")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A reader of pictures that answers when this is set."""
    go = threading.Event()

    def read(pixels: Pixels, number: int, of: int) -> Read:
        assert go.wait(30)
        return Read()

    reader = PictureReader(detector="lettering@1", off=lambda: None, read=read)
    monkeypatch.setattr(inside, "READERS", (reader,))
    yield go
    go.set()


def test_a_copy_is_blocked_with_words_for_the_author(ask: Asking) -> None:
    """The first passes; the second is told why, how to mend it, and how to appeal."""
    first = ask.submit(a_note(CAT, id="n1", author="ann"))
    assert (first.status_code, first.json()["decision"]) == (200, "pass")
    assert first.json()["user_message"] is None
    assert first.json()["appeal"] == {"allowed": False, "until": None}
    second = ask.submit(a_note(CAT, id="n2", author="ben", lang="en")).json()
    assert second["decision"] == "block"
    assert second["findings"][0]["match"]["note_id"] == "n1"
    message = second["user_message"]
    assert (message["key"], message["locale"]) == ("block.image.copy", "en")
    assert message["text"]["en"].startswith("Block: picture already registered. Use a picture")
    assert message["text"]["zh"].startswith("拦截：图片已有登记。请改用")
    assert second["appeal"]["allowed"]
    stored = ask("GET", f"/v1/verdicts/{second['verdict_id']}").json()
    assert (stored["decided_at"], stored["appeal"]) == (second["decided_at"], second["appeal"])
    days = datetime.fromisoformat(stored["appeal"]["until"]) - datetime.fromisoformat(
        stored["decided_at"]
    )
    assert days == timedelta(days=30)


def test_a_verdict_is_explained_to_its_author(ask: Asking) -> None:
    """In one language, with how to mend it and how to appeal; nothing of whom it is a copy."""
    ask.submit(a_note(CAT, id="n1", author="ann"))
    blocked = ask.submit(a_note(CAT, id="n2", author="ben")).json()
    at = f"/v1/verdicts/{blocked['verdict_id']}/explanation"
    told = ask("GET", f"{at}?lang=en").json()
    assert (told["verdict_id"], told["decision"], told["lang"]) == ("v_2", "block", "en")
    assert told["message"] == blocked["user_message"]["text"]["en"]
    (reason,) = told["reasons"]
    assert reason["code"] == "image.copy"
    assert reason["words"].startswith("Picture 1 of your note looks the same as a picture in")
    assert "Show a picture of your own in its place." in reason["mend"]
    appeal = told["appeal"]
    assert {name: appeal[name] for name in ("allowed", "until")} == blocked["appeal"]
    assert appeal["words"]
    assert appeal["helps"]
    answered = json.dumps(told)
    assert "ann" not in re.findall(r"\w+", answered)
    assert "n1" not in re.findall(r"\w+", answered)
    assert ask("GET", at).json()["heading"] == "您的笔记未予展示"
    passed = ask("GET", "/v1/verdicts/v_1/explanation?lang=en").json()
    assert (passed["reasons"], passed["appeal"]["words"]) == ([], [])
    assert passed["appeal"]["allowed"] is False
    problem(ask("GET", "/v1/verdicts/v_9/explanation"), 404, "unknown_subject")
    problem(ask("GET", f"{at}?lang=fr"), 422, "bad_request")


def test_an_explanation_says_what_counts_now(ask: Asking) -> None:
    """Of a verdict on what was edited since; the one that stands says nothing of others."""
    ask.submit(a_note(CAT, id="n1", author="ann"))
    ask.submit(a_note(CAT, id="n2", author="ben"))
    ask.submit(a_note(id="n2", author="ben", revision=2))
    told = ask("GET", "/v1/verdicts/v_2/explanation?lang=en").json()
    later = told["later"]
    assert (later["verdict_id"], later["decision"]) == ("v_3", "pass")
    assert "before you edited it" in later["words"]
    assert told["appeal"]["words"] == []
    assert ask("GET", "/v1/verdicts/v_3/explanation?lang=en").json()["later"] is None


def test_the_same_key_gives_the_same_answer(ask: Asking) -> None:
    """The key is the revision; another body under it is refused; an edit is a revision."""
    row = a_note(CAT, text="猫")
    first, again = ask.submit(row), ask.submit(row)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    apart = ("replayed", "timing_ms")
    assert {k: v for k, v in first.json().items() if k not in apart} == {
        k: v for k, v in again.json().items() if k not in apart
    }
    assert first.headers["location"] == again.headers["location"] == "/v1/verdicts/v_1"
    told = problem(ask.submit(row | {"text": "狗"}), 422, "key_reused")
    assert not told["retryable"]
    assert ask.submit(row | {"text": "狗", "revision": 2}).status_code == 200


def test_a_key_of_the_caller_stands_beside_those_of_revisions(ask: Asking) -> None:
    """The same string is not the same key."""
    assert ask.submit(a_note(text="a")).status_code == 200
    mine = ask.submit(a_note(text="b", id="n2"), Idempotency_Key="n1:1")
    assert mine.json()["note_id"] == "n2"
    assert ask.submit(a_note(text="b", id="n2"), Idempotency_Key="n1:1").json()["replayed"]


def test_the_names_of_the_platform_are_understood(ask: Asking) -> None:
    """And mean the same."""
    theirs = {
        "note_id": "n1",
        "revision": 1,
        "action": "create",
        "author": {"id": "ann", "registered_at": "2020-01-01T00:00:00Z"},
        "created_at": "2026-11-21T08:00:00Z",
        "body": "加V：abc_2046",
        "hashtags": ["咖啡"],
        "media": [],
        "context": {"surface": "app"},
    }
    ours = a_note(text="加V：abc_2046", tags=["咖啡"], published_at="2026-11-21T08:00:00Z")
    first = ask.submit(theirs).json()
    assert first["decision"] == "review" or first["findings"]
    assert ask.submit(ours).json()["replayed"]


@pytest.mark.parametrize(
    "how", [{"register": "never"}, {"mode": "shadow"}], ids=["never", "shadow"]
)
def test_judging_only_leaves_nothing_behind(ask: Asking, service: Service, how: Any) -> None:
    """No number, no picture, no event; and the same note can be submitted afterwards."""
    answer = ask.submit(a_note(CAT, **how))
    assert answer.json()["verdict_id"] is None
    assert "location" not in answer.headers
    stats = service.tenants.main.gate.stats()
    assert (stats.pictures, stats.verdicts) == (0, 0)
    assert ask.submit(a_note(CAT)).json()["verdict_id"] == "v_1"


def test_what_is_late_is_named_and_completed(ask: Asking, slow: threading.Event) -> None:
    """Partial in time, with the policy's word for the silence; the final verdict follows."""
    started = time.monotonic()
    answer = ask.submit(a_note(CAT), X_Deadline_Ms="1000")
    assert time.monotonic() - started < 2
    row = answer.json()
    assert (answer.status_code, row["final"], row["completeness"]) == (200, False, "partial")
    assert {"detector": "lettering", "cause": "timeout"}.items() <= row["degraded"][0].items()
    assert row["degraded"][0]["fallback"] in ("pass", "label", "review", "block")
    at = answer.headers["location"]
    partial = ask("GET", at).json()
    assert (partial["final"], partial["completed_by"]) == (False, None)
    slow.set()
    until = time.monotonic() + 20
    while (partial := ask("GET", at).json())["completed_by"] is None:
        assert time.monotonic() < until
        time.sleep(0.05)
    final = ask("GET", f"/v1/verdicts/{partial['completed_by']}").json()
    assert (final["final"], final["completeness"]) == (True, "complete")
    assert final["completes"] == row["verdict_id"]


def test_who_does_not_want_to_wait_gets_202(ask: Asking, slow: threading.Event) -> None:
    """With the place to look; where all is done at once, 200."""
    answer = ask.submit(a_note(CAT), Prefer="respond-async")
    assert (answer.status_code, answer.json()["final"]) == (202, False)
    assert answer.headers["preference-applied"] == "respond-async"
    assert answer.headers["location"] == f"/v1/verdicts/{answer.json()['verdict_id']}"


@pytest.mark.parametrize(
    "prefer", ["respond-async", "wait=5, Respond-Async;x=1"], ids=["alone", "among-others"]
)
def test_to_answer_later_is_done_or_refused(ask: Asking, prefer: str) -> None:
    """What is only judged cannot be asked for later, nor can a batch; another preference can."""
    headers = {"Prefer": prefer}
    told = problem(ask.submit(a_note(register="never"), **headers), 422, "no_respond_async")
    assert told["pointer"] == "header:prefer"
    batch = ask("POST", "/v1/verdicts:batch", json={"items": [a_note()]}, headers=headers)
    problem(batch, 422, "no_respond_async")
    assert ask.submit(a_note(text="x"), **headers).status_code in (200, 202)
    assert ask.submit(a_note(register="never"), Prefer="no-respond-async").status_code == 200


def test_what_would_wait_too_long_is_refused_at_once(
    ask: Asking, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the time to wait; never a pass."""
    busy = Load(steps=100, wait_s=4.2)
    gate = service.tenants.main.gate
    monkeypatch.setattr(type(gate), "load", lambda self: busy)
    answer = ask.submit(a_note(text="x"), X_Deadline_Ms="800")
    assert problem(answer, 503, "overloaded")["retryable"]
    assert answer.headers["retry-after"] == "5"
    assert ask.submit(a_note(text="x"), X_Deadline_Ms="20000").status_code == 200


def test_the_time_that_pictures_take_to_be_parsed_is_part_of_the_deadline(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As is all else that happens to the body."""
    parse = bodies.parse

    def slowly(body: bytes) -> object:
        time.sleep(0.3)
        return parse(body)

    monkeypatch.setattr(bodies, "parse", slowly)
    timing = ask.submit(a_note()).json()["timing_ms"]
    assert timing["total"] >= timing["queue"] >= 300


@pytest.mark.parametrize(("slow_s", "counted_ms"), [(0.3, (300, 2_000)), (1.5, (1_000, 1_450))])
def test_what_a_body_takes_to_come_in_counts_up_to_half(
    ask: Asking, monkeypatch: pytest.MonkeyPatch, slow_s: float, counted_ms: tuple[float, float]
) -> None:
    """A caller counts from when he began to send; but a slow line is not our slowness."""
    read_within = bodies.read_within

    async def slowly(*arguments: Any) -> bytearray:
        await asyncio.sleep(slow_s)
        return await read_within(*arguments)

    monkeypatch.setattr(bodies, "read_within", slowly)
    answer = ask.submit(a_note(), X_Deadline_Ms="2000").json()
    assert counted_ms[0] <= answer["timing_ms"]["queue"] <= counted_ms[1]


def test_a_register_that_stalls_is_not_waited_for(make: Any) -> None:
    """503 soon after the deadline; the work goes on, and its key gives the answer."""
    service = make(grace_ms=100, most_inside=2)
    ask, gate = Asking(service), service.tenants.main.gate
    gate.warm_up()
    with gate.register.transaction():
        started = time.monotonic()
        late = ask.submit(a_note(text="x"), X_Deadline_Ms="200")
        assert time.monotonic() - started < 1.5
        assert problem(late, 503, "late")["retryable"]
        assert "same key" in late.json()["hint"]
        ask.submit(a_note(text="y", id="n2"), X_Deadline_Ms="50")
        # Both are still inside, so the next is not even begun.
        problem(ask.submit(a_note(text="z", id="n3")), 503, "overloaded")
        # So are their bodies, although their callers have an answer.
        assert service.room.taken_bytes >= 2 * len(json.dumps(a_note(text="x")))
    until = time.monotonic() + 20
    while service.verdicts(service.tenants.main).inside or service.room.taken_bytes:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert ask.submit(a_note(text="x")).status_code == 200


def test_two_at_once_under_one_key_are_one(ask: Asking, slow: threading.Event) -> None:
    """The second waits for its turn, or hears that the first is at work; one verdict in the end."""

    async def both() -> list[Any]:
        async with ask.client() as client:
            asked = [
                client.post("/v1/verdicts", json=a_note(CAT), headers={"X-Deadline-Ms": "1500"})
                for _ in range(2)
            ]
            return await asyncio.gather(*asked)

    first, second = sorted(asyncio.run(both()), key=lambda answer: answer.status_code)
    assert first.status_code == 200
    assert problem(second, 409, "in_flight")["retryable"]
    assert ask.submit(a_note(CAT)).json()["verdict_id"] == first.json()["verdict_id"]


WRONG = {
    "no-author": ({"author": None}, "/author"),
    "no-id": ({"id": ""}, "/id"),
    "long-id": ({"id": "x" * 257}, "/id"),
    "surrogate": ({"title": "\ud800"}, "/title"),
    "number-for-text": ({"text": 3}, "/text"),
    "revision-as-text": ({"revision": "3"}, "/revision"),
    "revision-true": ({"revision": True}, "/revision"),
    "revision-0": ({"revision": 0}, "/revision"),
    "revision-big": ({"revision": 2**31}, "/revision"),
    "no-zone": ({"published_at": "2026-11-21T08:00:00"}, "/published_at"),
    "epoch": ({"published_at": 1763712000}, "/published_at"),
    "no-date": ({"published_at": "yesterday"}, "/published_at"),
    "kind": ({"kind": "advert"}, "/kind"),
    "register": ({"register": "always"}, "/register"),
    "deadline": ({"deadline_ms": 1}, "/deadline_ms"),
    "policy": ({"policy": "another"}, "/policy"),
    "linked": ({"author": {"id": "a", "linked_ids": ["b", 3]}}, "/author/linked_ids/1"),
    "callback": ({"callback": {"url": "https://example.org"}}, ""),
}


@pytest.mark.parametrize(("change", "pointer"), WRONG.values(), ids=WRONG.keys())
def test_what_does_not_hold_is_named(ask: Asking, change: Any, pointer: str) -> None:
    """422, with the place, and without repeating what was sent."""
    answer = ask.submit(a_note() | change)
    assert answer.status_code == 422, answer.text
    assert answer.json()["pointer"] == pointer
    assert not answer.json()["retryable"]


def test_ids_that_no_database_holds_are_refused(ask: Asking) -> None:
    """A NUL passes every schema."""
    assert ask.submit(a_note(id="a\0b")).json()["code"] == "bad_note"


def test_a_batch_answers_for_each_note(ask: Asking) -> None:
    """In order: the first counts for the next, and one that is wrong stops nobody."""
    items = [
        a_note(CAT, id="n1", author="ann"),
        {"id": "n2"},
        a_note(CAT, id="n3", author="ben"),
        a_note(id="n4") | {"images": [{"url": "http://example.org/"}]},
        a_note(id="n1", text="other"),
    ]
    got = ask("POST", "/v1/verdicts:batch", json={"items": items}).json()["items"]
    assert [item["status"] for item in got] == [200, 422, 200, 422, 422]
    assert [item["verdict"] and item["verdict"]["decision"] for item in got][:3] == [
        "pass",
        None,
        "block",
    ]
    assert got[1]["problem"]["pointer"] == "/items/1/author"
    assert got[3]["problem"]["pointer"] == "/items/3/images/0"
    assert got[4]["problem"]["code"] == "key_reused"
    again = ask("POST", "/v1/verdicts:batch", json={"items": items}).json()["items"]
    assert again[0]["verdict"]["replayed"]


@pytest.mark.parametrize("items", [[], [{}] * 101, "x"], ids=["none", "too-many", "text"])
def test_a_batch_has_its_bounds(ask: Asking, items: Any) -> None:
    """1–100."""
    problem(ask("POST", "/v1/verdicts:batch", json={"items": items}), 422, "bad_request")


def test_a_batch_has_one_deadline(ask: Asking, slow: threading.Event) -> None:
    """Whoever's turn comes in time is answered; the others are told so, and can be sent again."""
    items = [a_note(CAT, id=f"n{n}", author="ann", register="never") for n in range(8)]
    started = time.monotonic()
    answer = ask(
        "POST", "/v1/verdicts:batch", json={"items": items}, headers={"X-Deadline-Ms": "600"}
    )
    assert time.monotonic() - started < 2
    got = answer.json()["items"]
    assert got[0]["status"] == 200
    assert (got[-1]["status"], got[-1]["problem"]["code"]) == (503, "late")
    assert got[-1]["problem"]["retryable"]


def test_a_bug_with_one_note_of_a_batch_takes_no_other_with_it(
    ask: Asking,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What was filed before is told; the trace is in the log, wherever that goes by now."""
    gate = service.tenants.main.gate
    submit = gate.submit

    def broken(submission: Any) -> Any:
        if submission.note.id == "n2":
            raise ZeroDivisionError
        return submit(submission)

    monkeypatch.setattr(gate, "submit", broken)
    items = [a_note(id=f"n{n}", text="x") for n in (1, 2, 3)]
    got = ask("POST", "/v1/verdicts:batch", json={"items": items}).json()["items"]
    assert [item["status"] for item in got] == [200, 500, 200]
    assert got[1]["problem"]["code"] == "bug"
    assert "ZeroDivisionError" in capsys.readouterr().out + caplog.text


def test_the_limits_of_a_note_hold_in_a_batch(make: Any) -> None:
    """Each by itself, with both numbers."""
    ask = Asking(make(most_pictures=1))
    items = [a_note(CAT, CUP, id="n1"), a_note(CAT, id="n2"), a_note(id="n3", title="x" * 9_999)]
    got = ask("POST", "/v1/verdicts:batch", json={"items": items}).json()["items"]
    assert [item["status"] for item in got] == [422, 200, 422]
    assert got[0]["problem"]["detail"] == "the note has 2 pictures, limit 1"
    assert got[2]["problem"]["detail"].endswith("characters, not 9999")
    assert f"at most {MAX_TITLE_CHARS}" in got[2]["problem"]["detail"]
