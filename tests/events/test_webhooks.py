"""Webhooks: signed so that the reference library believes them, whatever receivers do."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.event_children import PATIENT, QUICK, deliver, happen, subscribe
from kit.receivers import (
    OK,
    drip,
    flood,
    free_port,
    hang,
    lie,
    promise_more,
    receive_and_hang,
    receiving,
    status,
)
from standardwebhooks import Webhook

from moderation.events.delivering import AT_ONCE, send_test
from moderation.events.schedule import JITTER, WAITS, wait_after
from moderation.store import Register


def test_a_signature_is_verified_by_the_reference_library(register, receiver) -> None:
    """The body says what happened to which note, and its place in the order."""
    one = subscribe(register, receiver.url)
    (event_id,) = happen(register, "n81")
    assert deliver(register).received == 1
    ((headers, body),) = receiver.came
    verified = Webhook(register.endpoint(one).secret).verify(body, headers)
    assert verified["type"] == "verdict.finalized"
    assert verified["data"] == {
        "note_id": "n81",
        "decision": "pass",
        "revision": 1,
        "text": "猫",
        "sequence": event_id,
    }
    assert verified["timestamp"].endswith("Z")
    assert register.delivery_counts(register.endpoint(one).created_at).pending == 0


def test_the_id_stays_while_attempts_are_repeated(register, receiver) -> None:
    """What failed comes again with the same id and body."""
    subscribe(register, receiver.url)
    happen(register, "a")
    receiver.answer = status(500, b"sorry")
    assert deliver(register).failed == 1
    receiver.answer = OK
    assert deliver(register, until=10).received == 1
    first, second = receiver.came
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[1] == second[1]


BAD = {
    "500": (status(500, b"sorry"), "answered 500: sorry"),
    "redirect": (status(302, Location="http://127.0.0.1:1/"), "answered 302"),
    "hangs": (hang, "no answer"),
    "drips": (drip, "no answer within"),
    "no-http": (lie, "RemoteProtocolError"),
    "floods": (flood, "answered 500: xxx"),
    "steers-terminals": (status(400, b"\x1b[2Jno\r\n\x00"), "answered 400: [2Jno"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_receipt_becomes_a_dead_letter(register, receiver, name: str) -> None:
    """After the last attempt, with what the receiver did; and the loop goes on."""
    receiver.answer, wanted = BAD[name]
    one = subscribe(register, receiver.url)
    happen(register, "a")
    deliver(register, pace=PATIENT, until=20)
    (letter,) = register.dead_letters(endpoint_id=one)
    assert letter.attempts == len(PATIENT.waits) == len(receiver.came)
    assert letter.first_error.startswith(wanted)
    assert len(letter.last_error) <= 500


def test_nobody_there(register) -> None:
    one = subscribe(register, f"http://127.0.0.1:{free_port()}/")
    happen(register, "a")
    deliver(register, until=10)
    (letter,) = register.dead_letters(endpoint_id=one)
    assert letter.last_error.startswith("ConnectError")


@pytest.mark.parametrize("answer", [promise_more, receive_and_hang])
def test_a_receipt_is_one_whatever_the_rest_of_the_answer_is(register, receiver, answer) -> None:
    """Also where the body is not there when the attempt's time is over."""
    receiver.answer = answer
    subscribe(register, receiver.url)
    happen(register, "a")
    assert deliver(register).received == 1


def test_who_is_gone_is_not_asked_again(register, receiver) -> None:
    """410 disables the endpoint; what was pending is dead, not lost."""
    receiver.answer = status(410)
    one = subscribe(register, receiver.url)
    happen(register, "a", "a")
    assert deliver(register).dead == 1
    assert register.endpoint(one).disabled_why == "answered 410"
    assert len(register.dead_letters(endpoint_id=one)) == 2
    assert len(receiver.came) == 1


def test_one_that_hangs_holds_up_nobody_else(register, receiver) -> None:
    """While more is under way to it than it is given, the others are served."""
    with receiving(hang) as hanging:
        subscribe(register, hanging.url)
        subscribe(register, receiver.url)
        notes = [f"n{i}" for i in range(3 * AT_ONCE)]
        happen(register, *notes)
        slow = replace(QUICK, attempt_s=2.0, lease=timedelta(seconds=9))
        deliver(register, until=1.5, pace=slow)
        assert len(receiver.came) == len(notes)
        assert len(hanging.came) == AT_ONCE


def test_a_note_is_told_in_order_while_its_first_event_fails(register, receiver) -> None:
    """The second event of `a` waits until the first one is received; `b` does not wait."""
    subscribe(register, receiver.url)
    a1, a2, b1 = happen(register, "a", "a", "b")
    receiver.answer = status(503)
    deliver(register)
    assert sorted(receiver.sequences) == [a1, b1]
    receiver.answer = OK
    deliver(register, until=10)
    times = receiver.sequences
    assert times.index(a2) > times.index(a1, times.index(b1))
    assert times.count(a2) == 1


def test_a_test_event_leaves_no_trace(place, register, receiver) -> None:
    one = subscribe(register, receiver.url)
    assert send_test(register.endpoint(one)).received
    (body,) = receiver.bodies
    assert (body["type"], body["data"]) == ("webhook.test", {"sequence": 0})
    receiver.answer = status(500)
    assert send_test(register.endpoint(one)).error == "answered 500"
    assert deliver(register).received == 0


def test_an_idle_loop_ends_when_it_is_told(register) -> None:
    started = time.monotonic()
    deliver(register, until=0.1)
    assert time.monotonic() - started < 1


def test_the_register_may_be_busy_for_a_while(tmp_path, receiver) -> None:
    """The outbox waits, and repeats what it could not record."""
    with (
        Register.open(tmp_path, busy_timeout_s=0.05) as register,
        Register.open(tmp_path) as other,
    ):
        subscribe(register, receiver.url)
        happen(register, "a")

        def busy(handler) -> None:
            lock = other.transaction()
            lock.__enter__()
            OK(handler)
            time.sleep(0.3)
            lock.__exit__(None, None, None)

        receiver.answer = busy
        assert deliver(register, until=10).received == 1


@given(failed=st.integers(1, 7), chance=st.floats(0, 1))
def test_the_schedule_is_that_of_the_standard(failed: int, chance: float) -> None:
    """Eight attempts; each wait is at least what was said, and at most a fifth more."""
    wait = wait_after(failed, chance)
    assert wait is not None
    assert WAITS[failed] <= wait <= WAITS[failed] * (1 + JITTER)
    assert wait_after(8, chance) is None
    assert [wait.total_seconds() for wait in WAITS] == [
        *(0, 5, 300, 1_800),
        *(7_200, 18_000, 36_000, 36_000),
    ]
